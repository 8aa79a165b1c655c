//! One rule on its own, against declarations that are known already. Knows no other rule.

use std::sync::Arc;

use super::declare::Declared;
use super::source::{Sink, Site};
use super::{declared_templates_reading_now, nearby_type, reads_now, rule, texts};
use crate::collections::map::Table;
use crate::diagnostic::Fault;
use crate::hir::{Rule, TemplateOwner, TemplateSource};
use crate::syntax::ast;
use crate::text::span::SourceId;

/// A rule and the templates that it needs, numbered from 0.
#[derive(Debug)]
pub(crate) struct One {
    /// None where it has errors, which are reported.
    pub(crate) rule: Option<Rule>,
    /// Its own, then the declared ones that they include.
    pub(crate) templates: Vec<TemplateSource>,
    /// Whether a declared template is among them.
    pub(crate) includes: bool,
    pub(crate) reads_now: bool,
}

/// Makes the event types known that a rule names.
pub(crate) fn intern_types(
    rule: &ast::RuleDeclaration,
    declaration: &ast::Declaration,
    source: SourceId,
    declared: &mut Arc<Declared>,
    faults: &mut Vec<Fault>,
) {
    let site = Site::new(source, declaration);
    for name in rule::names_of_types(rule) {
        if declared.type_id(&name.text).is_none() {
            let declared = Arc::make_mut(declared);
            declared.intern_type(&name.text);
            let mut sink = Sink::new(faults, &declared.limits);
            nearby_type(&name.text, site.place(name.at), declared, &mut sink);
        }
    }
}

/// The rule's meaning. `templates` are those declared.
pub(crate) fn lower_one(
    written: &ast::RuleDeclaration,
    declaration: &ast::Declaration,
    source: SourceId,
    declared: &Declared,
    templates: &[TemplateSource],
    faults: &mut Vec<Fault>,
) -> One {
    let mut sink = Sink::new(faults, &declared.limits);
    let site = Site::new(source, declaration);
    let rule = rule::lower(written, declaration, declared, site, &mut sink);
    let mut needed = sink.templates;
    let own = needed.len();
    include(&mut needed, templates);
    let with_now = declared_templates_reading_now(&needed);
    let reads_now = |rule: &Rule| reads_now(rule, &needed, &with_now);
    One {
        reads_now: rule.as_ref().is_some_and(reads_now),
        includes: own < needed.len(),
        rule,
        templates: needed,
    }
}

/// Adds what the templates include, and what that includes.
fn include(needed: &mut Vec<TemplateSource>, templates: &[TemplateSource]) {
    let includes = |source: &TemplateSource| texts::included(&source.text).next().is_some();
    if templates.is_empty() || !needed.iter().any(includes) {
        return;
    }
    let mut by_name: Table<&str, usize> = Table::new();
    for (at, source) in templates.iter().enumerate() {
        if let TemplateOwner::Declaration { name } = &source.owner {
            by_name.or_insert_with(name, || at);
        }
    }
    let mut wanted = vec![false; templates.len()];
    let mut open: Vec<usize> = Vec::new();
    let mut find = |text: &str, open: &mut Vec<usize>| {
        for name in texts::included(text) {
            match by_name.value(name) {
                Some(at) => {
                    if let Some(wanted) = wanted.get_mut(*at)
                        && !std::mem::replace(wanted, true)
                    {
                        open.push(*at);
                    }
                }
                // It may be meant for any of them.
                None => {
                    wanted.fill(true);
                }
            }
        }
    };
    for source in needed.iter() {
        find(&source.text, &mut open);
    }
    while let Some(at) = open.pop() {
        if let Some(source) = templates.get(at) {
            find(&source.text, &mut open);
        }
    }
    let each = templates.iter().zip(wanted);
    needed.extend(
        each.filter(|(_, wanted)| *wanted)
            .map(|(source, _)| source.clone()),
    );
}
