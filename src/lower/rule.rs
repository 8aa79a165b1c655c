//! Lowers one rule and checks which clauses are repeated or missing.

use std::sync::Arc;

use super::declare;
use super::declare::Declared;
use super::names::RuleScope;
use super::source::{Collector, DeclarationSite};
use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault};
use crate::hir::{Action, Expr, On, Requirement, Rule, TypeId, Window};
use crate::syntax::ast;
use crate::syntax::ast::ClauseKind;
use crate::text::percent;
use crate::text::truncate::truncate;

/// Lowers a rule. Returns `None` after reporting an error.
///
/// INVARIANT: the result depends only on the rule and on the entries of `declared` it refers to.
pub(super) fn lower<'a>(
    rule: &'a ast::RuleDeclaration,
    declaration: &'a ast::Declaration,
    declared: &'a Declared,
    site: DeclarationSite<'a>,
    collector: &mut Collector<'_>,
) -> Option<Rule> {
    let before = collector.errors();
    let types = collector.same_types(listened(rule, declared));
    let blank = rule
        .clauses
        .iter()
        .any(|clause| matches!(clause.kind, ClauseKind::Missing { blank: true }));
    let mut scope = RuleScope::new(declared, site, collector, &rule.name.text, types, blank);
    let mut clauses = RuleClauses::default();
    for clause in &rule.clauses {
        scope.check_repeated(clause, &mut clauses);
        scope.clause(clause, &mut clauses);
    }
    scope.check_given(rule, &clauses);
    scope.check_conditions(rule);
    let on = match scope.types.is_empty() {
        true => On::All,
        false => On::Types(Arc::clone(&scope.types)),
    };
    if collector.errors() != before {
        return None;
    }
    Some(Rule {
        name: (*rule.name.text).into(),
        description: declare::description(declaration.description.as_deref()),
        own_id: clauses.id,
        on,
        active: clauses.active,
        priority: clauses.priority,
        when: clauses.when,
        requirements: clauses.requirements.into(),
        is_final: clauses.is_final,
        actions: clauses.actions.into(),
    })
}

/// Returns the event types a rule names, in source order; none for `on *`.
pub(super) fn names_of_types(rule: &ast::RuleDeclaration) -> impl Iterator<Item = &ast::Name> {
    rule.clauses.iter().flat_map(|clause| match &clause.kind {
        ClauseKind::On(names) => names.as_slice(),
        _ => &[],
    })
}

#[derive(Debug, Default)]
struct RuleClauses {
    seen: Vec<(&'static str, ast::At)>,
    id: Option<Box<str>>,
    active: Window,
    priority: i64,
    when: Option<Expr>,
    requirements: Vec<Requirement>,
    is_final: bool,
    actions: Vec<Action>,
}

/// Returns the ids of the rule's event types without repetitions, in source order.
fn listened(rule: &ast::RuleDeclaration, declared: &Declared) -> Vec<TypeId> {
    let mut ids = names_of_types(rule).filter_map(|name| declared.type_id(&name.text));
    let Some(first) = ids.next() else {
        return Vec::new();
    };
    let mut types = vec![first];
    let mut seen: Table<TypeId, ()> = Table::new();
    for id in ids {
        if id != first && seen.insert(id, ()).is_none() {
            types.push(id);
        }
    }
    types
}

impl<'a> RuleScope<'a, '_, '_> {
    fn clause(&mut self, clause: &'a ast::Clause, clauses: &mut RuleClauses) {
        match &clause.kind {
            ClauseKind::OnAll | ClauseKind::Missing { .. } => {}
            ClauseKind::On(names) => self.check_listed_twice(names),
            ClauseKind::Id(id) => clauses.id = self.id(id),
            ClauseKind::Active { from, until } => {
                clauses.active = self.window(from.as_ref(), until.as_ref(), clause.at);
            }
            ClauseKind::Priority(number) => match number.text.parse() {
                Ok(priority) => clauses.priority = priority,
                Err(_) => {
                    let message = format!("`{}` is not a 64-bit integer", truncate(&number.text));
                    self.fault(Code::InvalidPriority, number.at, message);
                }
            },
            ClauseKind::When(expr) => clauses.when = self.condition(expr),
            ClauseKind::Require(requirement) => {
                clauses.requirements.extend(self.requirement(requirement));
            }
            ClauseKind::Final => clauses.is_final = true,
            ClauseKind::Action(action) => clauses.actions.extend(self.action(action, false)),
        }
    }

    fn check_repeated(&mut self, clause: &ast::Clause, clauses: &mut RuleClauses) {
        let name = match &clause.kind {
            ClauseKind::OnAll | ClauseKind::On(_) => "on",
            ClauseKind::Id(_) => "id",
            ClauseKind::Active { .. } => "active",
            ClauseKind::Priority(_) => "priority",
            ClauseKind::When(_) => "when",
            ClauseKind::Final => "final",
            ClauseKind::Missing { .. } => "missing",
            ClauseKind::Require(_) => return,
            ClauseKind::Action(_) => "",
        };
        match clauses.seen.iter().find(|(seen, _)| *seen == name) {
            Some((_, first)) if !name.is_empty() => {
                let first = self.site.place(*first);
                self.given_twice(name, clause.at, first);
            }
            Some(_) => {}
            None => clauses.seen.push((name, clause.at)),
        }
    }

    fn check_given(&mut self, rule: &ast::RuleDeclaration, clauses: &RuleClauses) {
        let seen = |name: &str| clauses.seen.iter().any(|(seen, _)| *seen == name);
        if !seen("on") {
            self.report(
                Fault::new(
                    Code::NotGiven,
                    self.site.place(rule.name.at),
                    format!("rule `{}` has no `on`", rule.name.text),
                )
                .help("add `on` with the event types it listens to, or `on *` for all"),
            );
        }
        if !seen("") {
            self.report(
                Fault::new(
                    Code::NotGiven,
                    self.site.place(rule.name.at),
                    format!("rule `{}` has no action", rule.name.text),
                )
                .help("add a `send` or a `do`"),
            );
        }
    }

    fn check_conditions(&mut self, rule: &ast::RuleDeclaration) {
        let most = self.declared.limits.rule_conditions;
        if self.conditions > most {
            let message = format!("rule `{}` has more than {most} conditions", rule.name.text);
            self.fault(Code::TooLong, rule.name.at, message);
        }
    }

    fn check_listed_twice(&mut self, names: &[ast::Name]) {
        if names.len() < 2 {
            return;
        }
        let mut seen: Table<Box<str>, ()> = Table::new();
        for name in names {
            if seen.insert(declare::fold_type(&name.text), ()).is_some() {
                let message = format!("`{}` is listed twice", name.text);
                self.fault(Code::NoEffect, name.at, message);
            }
        }
    }

    fn id(&mut self, id: &ast::StringLiteral) -> Option<Box<str>> {
        if id.value.trim().is_empty() {
            self.fault(Code::InvalidName, id.at, "an id cannot be empty");
            return None;
        }
        let mut segment = String::new();
        percent::push_segment(&mut segment, &id.value);
        Some(segment.into())
    }

    fn window(
        &mut self,
        from: Option<&ast::StringLiteral>,
        until: Option<&ast::StringLiteral>,
        at: ast::At,
    ) -> Window {
        let [from, until] = [from, until].map(|end| {
            let end = end?;
            declare::timestamp(&end.value, self.site.place(end.at), self.collector)
        });
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            self.report(
                Fault::new(
                    Code::EmptyWindow,
                    self.site.place(at),
                    "the rule is never active: `until` is not after `from`",
                )
                .help("`until` is exclusive: the rule stops at this time"),
            );
        }
        Window { from, until }
    }

    fn requirement(&mut self, requirement: &'a ast::Requirement) -> Option<Requirement> {
        Some(match requirement {
            ast::Requirement::Person => Requirement::Person,
            ast::Requirement::Subscribed(list) => Requirement::Subscribed(list.value.clone()),
            ast::Requirement::CarrierSms => Requirement::CarrierSms,
            ast::Requirement::CarrierMms => Requirement::CarrierMms,
            ast::Requirement::Holds { expr, otherwise } => Requirement::Holds {
                expr: self.condition(expr)?,
                otherwise: otherwise.value.clone(),
            },
        })
    }
}
