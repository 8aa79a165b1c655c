//! Warnings that need the whole rule set: unreachable and duplicate rules, unused declarations.
//!
//! A warning is only given if it is certain.

pub(crate) mod unindexed;
mod untimed_test;

use std::borrow::Cow;
use std::hash::BuildHasher;

use crate::collections::fixed_hash::FixedState;
use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault};
use crate::hir::{
    Action, Expr, On, Requirement, Rule, RuleId, TemplateId, TemplateOwner, TemplateSource, TypeId,
    Window,
};
use crate::lower::Lowered;
use crate::template::Programs;
use crate::text::span::saturating_u32;

/// Adds the warnings that need the whole rule set, and the errors of tests that lack a time.
pub(crate) fn lint(lowered: &Lowered, programs: &Programs, faults: &mut Vec<Fault>) {
    untimed_test::check(lowered, programs, faults);
    unreachable(lowered, faults);
    duplicates(lowered, faults);
    // A declaration with errors could use or provide what seems to be missing.
    if lowered.complete {
        unused(lowered, programs, faults);
        missing_company(lowered, faults);
    }
}

/// Reports rules after a `final` rule that accepts all their events.
fn unreachable(lowered: &Lowered, faults: &mut Vec<Fault>) {
    let rules = &lowered.rules.rules;
    if !rules.iter().any(|rule| rule.is_final) {
        return;
    }
    let mut order: Vec<(usize, &Rule)> = rules.iter().map(|rule| &**rule).enumerate().collect();
    order.sort_by_key(|(at, rule)| (std::cmp::Reverse(rule.priority), *at));
    let mut finals = Finals::default();
    for (at, rule) in order {
        let id = RuleId(saturating_u32(at));
        match finals.hiding(rule) {
            Some(by) => report_unreachable(lowered, rule, id, by, faults),
            None if rule.is_final && rule.requirements.is_empty() => finals.add(rule, id),
            None => {}
        }
    }
}

/// A type (`None` for `on *`) and the number of a filter (`None` without a filter).
type AcceptedEvents = (Option<TypeId>, Option<usize>);

/// The `final` rules so far that accept every event that passes their filter.
#[derive(Debug, Default)]
struct Finals<'a> {
    filters: Table<&'a Expr, usize>,
    by: Table<AcceptedEvents, Vec<(Window, RuleId)>>,
}

impl<'a> Finals<'a> {
    /// Windows stored per type and filter. More would make the search quadratic; hand-written rules have
    /// fewer.
    const MAX_WINDOWS: usize = 16;

    fn add(&mut self, rule: &'a Rule, id: RuleId) {
        let count = self.filters.len();
        let filter = rule.when.as_ref();
        let filter = filter.map(|filter| *self.filters.or_insert_with(filter, || count));
        let mut add = |event_type| {
            let windows = self.by.or_insert_with((event_type, filter), Vec::new);
            if windows.len() < Self::MAX_WINDOWS {
                windows.push((rule.active, id));
            }
        };
        match &rule.on {
            On::All => add(None),
            On::Types(types) => types.iter().for_each(|id| add(Some(*id))),
        }
    }

    /// Returns a final rule that accepts all events of `rule`; if several together do, the one for its
    /// first type.
    fn hiding(&self, rule: &Rule) -> Option<RuleId> {
        if self.by.is_empty() {
            return None;
        }
        let mut filters: Vec<Option<usize>> = vec![None];
        if let Some(when) = &rule.when {
            // Each part of an `and` is true whenever the whole is.
            let parts: &[Expr] = match when {
                Expr::And(parts) => parts,
                _ => &[],
            };
            let known = std::iter::once(when).chain(parts);
            let known = known.filter_map(|filter| self.filters.value(filter));
            filters.extend(known.map(|known| Some(*known)));
        }
        let of = |event_type: Option<TypeId>| {
            filters.iter().find_map(|filter| {
                let windows = self.by.value(&(event_type, *filter))?;
                let covering = windows
                    .iter()
                    .find(|(window, _)| covers(window, &rule.active));
                covering.map(|(_, id)| *id)
            })
        };
        if let Some(id) = of(None) {
            return Some(id);
        }
        match &rule.on {
            On::All => None,
            On::Types(types) => {
                let mut first = None;
                for event_type in types.iter() {
                    let id = of(Some(*event_type))?;
                    first = first.or(Some(id));
                }
                first
            }
        }
    }
}

fn covers(outer: &Window, inner: &Window) -> bool {
    let from = match (outer.from, inner.from) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => outer <= inner,
    };
    let until = match (outer.until, inner.until) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => outer >= inner,
    };
    from && until
}

fn report_unreachable(
    lowered: &Lowered,
    rule: &Rule,
    id: RuleId,
    by: RuleId,
    faults: &mut Vec<Fault>,
) {
    let places = &lowered.rule_places;
    let (Some(place), Some(first)) = (places.get(id.0 as usize), places.get(by.0 as usize)) else {
        return;
    };
    let hider = lowered.rules.rules.get(by.0 as usize);
    let name = hider.map_or("", |rule| &*rule.name);
    faults.push(
        Fault::new(
            Code::Unreachable,
            *place,
            format!(
                "rule `{}` is unreachable: `{name}` is evaluated first and accepts all its events",
                rule.name
            ),
        )
        .label(*first, "this rule is `final`")
        .help("give it a higher `priority`, or add a `when` to the other rule"),
    );
}

/// The actions of a rule and the events they are for, without its name.
#[derive(Debug, PartialEq, Eq, Hash)]
struct RuleBehavior<'a> {
    types: Option<Cow<'a, [TypeId]>>,
    active: Window,
    when: Option<&'a Expr>,
    requirements: &'a [Requirement],
    actions: Cow<'a, [Action]>,
}

impl<'a> RuleBehavior<'a> {
    fn new(rule: &'a Rule, same: &[TemplateId]) -> Self {
        Self {
            types: match &rule.on {
                On::All => None,
                On::Types(types) if types.is_sorted() => Some(Cow::Borrowed(types)),
                On::Types(types) => {
                    let mut types = types.to_vec();
                    types.sort_unstable();
                    Some(Cow::Owned(types))
                }
            },
            active: rule.active,
            when: rule.when.as_ref(),
            requirements: &rule.requirements,
            actions: with_templates(rule, same),
        }
    }
}

/// Reports rules with the same behavior as an earlier one.
fn duplicates(lowered: &Lowered, faults: &mut Vec<Fault>) {
    let rules = &lowered.rules.rules;
    let same = same_templates(&lowered.templates);
    let hasher = FixedState::default();
    // Most rules have a unique hash; only the others are compared.
    let mut hashes: Vec<(u64, usize)> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| (hasher.hash_one(RuleBehavior::new(rule, &same)), at))
        .collect();
    hashes.sort_unstable();
    for alike in hashes.chunk_by(|(one, _), (other, _)| one == other) {
        if alike.len() < 2 {
            continue;
        }
        let mut seen: Table<RuleBehavior<'_>, usize> = Table::new();
        for (_, at) in alike {
            if let Some(rule) = rules.get(*at) {
                let first = *seen.or_insert_with(RuleBehavior::new(rule, &same), || *at);
                if first < *at {
                    report_duplicate(lowered, *at, first, faults);
                }
            }
        }
    }
}

fn report_duplicate(lowered: &Lowered, at: usize, first: usize, faults: &mut Vec<Fault>) {
    let (rules, places) = (&lowered.rules.rules, &lowered.rule_places);
    if let (Some(rule), Some(other)) = (rules.get(at), rules.get(first))
        && let (Some(place), Some(first_place)) = (places.get(at), places.get(first))
    {
        let message = format!(
            "rule `{}` does the same as `{}`, and both run",
            rule.name, other.name
        );
        faults.push(
            Fault::new(Code::DuplicateRule, *place, message).label(*first_place, "the other rule"),
        );
    }
}

/// Maps every template to the first one with the same text and the same handling of missing values.
fn same_templates(templates: &[TemplateSource]) -> Vec<TemplateId> {
    let mut first: Table<(&str, bool), TemplateId> = Table::new();
    let id_of = |at: usize| TemplateId(saturating_u32(at));
    let each = templates.iter().enumerate();
    each.map(|(at, source)| match &source.owner {
        TemplateOwner::Declaration { .. } => id_of(at),
        TemplateOwner::Rule { blank, .. } => {
            *first.or_insert_with((&source.text, *blank), || id_of(at))
        }
    })
    .collect()
}

/// Returns the rule's actions with each template replaced by its entry in `same`.
fn with_templates<'a>(rule: &'a Rule, same: &[TemplateId]) -> Cow<'a, [Action]> {
    let first = |id: TemplateId| same.get(id.0 as usize).copied().unwrap_or(id);
    let mut is_unchanged = true;
    rule.visit_templates(&mut |id| is_unchanged &= first(id) == id);
    let mut actions = Cow::Borrowed(&*rule.actions);
    if !is_unchanged {
        for action in actions.to_mut() {
            action.visit_templates_mut(&mut |id| *id = first(*id));
        }
    }
    actions
}

/// Reports constants and templates that nothing uses.
fn unused(lowered: &Lowered, programs: &Programs, faults: &mut Vec<Fault>) {
    for constant in lowered.constants.iter().filter(|constant| !constant.used) {
        faults.push(Fault::new(
            Code::UnusedConstant,
            constant.place,
            format!("constant `{}` is never used", constant.name),
        ));
    }
    // A tag that could not be read may include any template.
    let is_unreadable = |fault: &Fault| {
        matches!(
            fault.code,
            Code::TemplateSyntax | Code::TemplateUnsupported | Code::TemplateTooLarge
        )
    };
    if faults.iter().any(is_unreadable) {
        return;
    }
    let templates = || (0..).map(TemplateId).zip(&lowered.templates);
    let mut used: Table<TemplateId, ()> = Table::new();
    for (id, _) in templates() {
        // A template that includes only itself is a cycle, not a use.
        for included in programs.included(id).filter(|included| *included != id) {
            used.insert(included, ());
        }
    }
    for (id, source) in templates() {
        if let TemplateOwner::Declaration { name } = &source.owner
            && !used.contains(&id)
        {
            faults.push(Fault::new(
                Code::UnusedTemplate,
                source.place,
                format!("template `{name}` is never used"),
            ));
        }
    }
}

/// Reports that no company is declared.
fn missing_company(lowered: &Lowered, faults: &mut Vec<Fault>) {
    if lowered.rules.company.is_none()
        && let Some(first) = lowered.rule_places.first()
    {
        faults.push(
            Fault::new(
                Code::NoCompany,
                *first,
                "no `company` is declared, so results will have no `resource_url`",
            )
            .help("add `company \"KEY\"` to one of the sources"),
        );
    }
}
