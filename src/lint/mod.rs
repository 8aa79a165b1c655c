//! Rules that work, and probably not as meant: contradictions, rules that no event reaches, repetitions,
//! things never used. Says nothing where it is not certain.

pub(crate) mod unindexed;

use std::borrow::Cow;
use std::hash::BuildHasher;

use crate::collections::fixed_hash::Fixed;
use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault};
use crate::hir::{
    Action, Expr, On, Requirement, Rule, RuleId, TemplateId, TemplateOwner, TemplateSource, TypeId,
    Window,
};
use crate::lower::{Lowered, texts};

/// Adds the warnings that need the whole rule set.
pub(crate) fn lint(lowered: &Lowered, faults: &mut Vec<Fault>) {
    unreachable(lowered, faults);
    duplicates(lowered, faults);
    // A declaration that could not be read may use or be what seems to be missing.
    if lowered.complete {
        unused(lowered, faults);
        company(lowered, faults);
    }
}

/// Finds rules behind a `final` one that takes all their events.
fn unreachable(lowered: &Lowered, faults: &mut Vec<Fault>) {
    let rules = &lowered.rules.rules;
    if !rules.iter().any(|rule| rule.is_final) {
        return;
    }
    let mut order: Vec<(usize, &Rule)> = rules.iter().map(|rule| &**rule).enumerate().collect();
    order.sort_by_key(|(at, rule)| (std::cmp::Reverse(rule.priority), *at));
    let mut finals = Finals::default();
    for (at, rule) in order {
        let id = RuleId(crate::text::span::clamp(at));
        match finals.hiding(rule) {
            Some(by) => report_unreachable(lowered, rule, id, by, faults),
            None if rule.is_final && rule.requirements.is_empty() => finals.add(rule, id),
            None => {}
        }
    }
}

/// A type (none for `on *`) and a filter's number (none where there is no filter).
type Taken = (Option<TypeId>, Option<usize>);

/// The `final` rules so far that accept whatever their filter lets through.
#[derive(Debug, Default)]
struct Finals<'a> {
    filters: Table<&'a Expr, usize>,
    by: Table<Taken, Vec<(Window, RuleId)>>,
}

impl<'a> Finals<'a> {
    /// Windows kept of one type and filter: enough for what people write, and no more work for more.
    const MOST: usize = 16;

    fn add(&mut self, rule: &'a Rule, id: RuleId) {
        let count = self.filters.len();
        let filter = rule.when.as_ref();
        let filter = filter.map(|filter| *self.filters.or_insert_with(filter, || count));
        let mut add = |event_type| {
            let windows = self.by.or_insert_with((event_type, filter), Vec::new);
            if windows.len() < Self::MOST {
                windows.push((rule.active, id));
            }
        };
        match &rule.on {
            On::All => add(None),
            On::Types(types) => types.iter().for_each(|id| add(Some(*id))),
        }
    }

    /// A final rule that takes all of the rule's events; of several, the one for its first type.
    fn hiding(&self, rule: &Rule) -> Option<RuleId> {
        if self.by.is_empty() {
            return None;
        }
        let mut filters: Vec<Option<usize>> = vec![None];
        if let Some(when) = &rule.when {
            // Also what holds whenever the whole holds.
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
                "rule `{}` is never reached: `{name}` goes before it and takes all its events",
                rule.name
            ),
        )
        .label(*first, "this rule is `final`")
        .help("give it a higher `priority`, or the other a filter"),
    );
}

/// What makes two rules do the same for the same events.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Deed<'a> {
    types: Option<Cow<'a, [TypeId]>>,
    active: Window,
    when: Option<&'a Expr>,
    requirements: &'a [Requirement],
    actions: Cow<'a, [Action]>,
}

impl<'a> Deed<'a> {
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

/// Finds rules that listen, filter, require and act alike.
fn duplicates(lowered: &Lowered, faults: &mut Vec<Fault>) {
    let rules = &lowered.rules.rules;
    let same = same_templates(&lowered.templates);
    let hasher = Fixed::default();
    // Most rules are like no other, which their hashes tell; only the rest is held to one another.
    let mut hashes: Vec<(u64, usize)> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| (hasher.hash_one(Deed::new(rule, &same)), at))
        .collect();
    hashes.sort_unstable();
    for alike in hashes.chunk_by(|(one, _), (other, _)| one == other) {
        if alike.len() < 2 {
            continue;
        }
        let mut seen: Table<Deed<'_>, usize> = Table::new();
        for (_, at) in alike {
            if let Some(rule) = rules.get(*at) {
                let first = *seen.or_insert_with(Deed::new(rule, &same), || *at);
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
            "rule `{}` does the same as `{}`: both act",
            rule.name, other.name
        );
        faults.push(
            Fault::new(Code::DuplicateRule, *place, message).label(*first_place, "the other rule"),
        );
    }
}

/// For every template the first one of the same text that renders alike.
fn same_templates(templates: &[TemplateSource]) -> Vec<TemplateId> {
    let mut first: Table<(&str, bool), TemplateId> = Table::new();
    let id_of = |at: usize| TemplateId(crate::text::span::clamp(at));
    let each = templates.iter().enumerate();
    each.map(|(at, source)| match &source.owner {
        TemplateOwner::Declaration { .. } => id_of(at),
        TemplateOwner::Rule { blank, .. } => {
            *first.or_insert_with((&source.text, *blank), || id_of(at))
        }
    })
    .collect()
}

/// The rule's actions with each template replaced by the one that `same` gives for it.
fn with_templates<'a>(rule: &'a Rule, same: &[TemplateId]) -> Cow<'a, [Action]> {
    let first = |id: TemplateId| same.get(id.0 as usize).copied().unwrap_or(id);
    let mut as_it_is = true;
    rule.visit_templates(&mut |id| as_it_is &= first(id) == id);
    let mut actions = Cow::Borrowed(&*rule.actions);
    if !as_it_is {
        for action in actions.to_mut() {
            action.visit_templates_mut(&mut |id| *id = first(*id));
        }
    }
    actions
}

/// Finds constants and templates that nothing uses.
fn unused(lowered: &Lowered, faults: &mut Vec<Fault>) {
    for constant in lowered.constants.iter().filter(|constant| !constant.used) {
        faults.push(Fault::new(
            Code::UnusedConstant,
            constant.place,
            format!("constant `{}` is never used", constant.name),
        ));
    }
    let mut used: Table<&str, ()> = Table::new();
    for source in &lowered.templates {
        for name in texts::included(&source.text) {
            // One that includes itself is a cycle, and no use.
            let own =
                matches!(&source.owner, TemplateOwner::Declaration { name: own } if **own == *name);
            if !own {
                used.insert(name, ());
            }
        }
    }
    for source in &lowered.templates {
        if let TemplateOwner::Declaration { name } = &source.owner
            && !used.contains(&**name)
        {
            faults.push(Fault::new(
                Code::UnusedTemplate,
                source.place,
                format!("template `{name}` is never used"),
            ));
        }
    }
}

/// Says that results will have no `resource_url`.
fn company(lowered: &Lowered, faults: &mut Vec<Fault>) {
    if lowered.rules.company.is_none()
        && let Some(first) = lowered.rule_places.first()
    {
        faults.push(
            Fault::new(
                Code::NoCompany,
                *first,
                "no company is given: results will have no `resource_url`",
            )
            .help("add `company \"KEY\"`, once in all the sources"),
        );
    }
}
