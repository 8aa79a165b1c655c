//! Lowers a single rule against declarations that are already lowered.

use std::sync::Arc;

use super::declare::Declared;
use super::source::{Collector, DeclarationSite};
use super::{nearby_type, rule};
use crate::diagnostic::Fault;
use crate::hir::{Rule, TemplateSource};
use crate::syntax::ast;
use crate::text::span::SourceId;

/// Adds the event types that a rule names.
pub(crate) fn intern_types(
    rule: &ast::RuleDeclaration,
    declaration: &ast::Declaration,
    source: SourceId,
    declared: &mut Arc<Declared>,
    faults: &mut Vec<Fault>,
) {
    let site = DeclarationSite::new(source, declaration);
    for name in rule::names_of_types(rule) {
        if declared.type_id(&name.text).is_none() {
            let declared = Arc::make_mut(declared);
            declared.intern_type(&name.text);
            let mut collector = Collector::new(faults, &declared.limits);
            nearby_type(&name.text, site.place(name.at), declared, &mut collector);
        }
    }
}

/// Lowers one rule and returns its own templates with it, numbered from 0. The rule is `None` if it has
/// errors, which are reported.
pub(crate) fn lower_one(
    written: &ast::RuleDeclaration,
    declaration: &ast::Declaration,
    source: SourceId,
    declared: &Declared,
    faults: &mut Vec<Fault>,
) -> (Option<Rule>, Vec<TemplateSource>) {
    let mut collector = Collector::new(faults, &declared.limits);
    let site = DeclarationSite::new(source, declaration);
    let rule = rule::lower(written, declaration, declared, site, &mut collector);
    (rule, collector.templates)
}
