//! Returns what rules can read and ask, for any event.

use std::collections::BTreeSet;

use crate::hir::{Action, Requirement, Rule};
use crate::lookup::question::PossibleQuestion;
use crate::outcome::message::PartName;

use super::Rules;

/// Returns the questions that rules of a type can ask, without duplicates, in the order of
/// [`PossibleQuestion`].
pub(crate) fn possible_questions(rules: &Rules, folded_type: &str) -> Vec<PossibleQuestion> {
    let mut found = BTreeSet::new();
    for id in rules.candidates(folded_type) {
        if let Some(rule) = rules.rule(id) {
            collect_questions(rules, rule, &mut found);
        }
    }
    found.into_iter().collect()
}

fn collect_questions(rules: &Rules, rule: &Rule, found: &mut BTreeSet<PossibleQuestion>) {
    for requirement in &rule.requirements {
        found.extend(match requirement {
            Requirement::Person => Some(PossibleQuestion::Person),
            Requirement::Subscribed(list) => Some(PossibleQuestion::Subscribed(list.clone())),
            Requirement::CarrierSms | Requirement::CarrierMms => Some(PossibleQuestion::Carrier),
            Requirement::Holds { .. } => None,
        });
    }
    if rule.actions.iter().any(sends_media) {
        found.insert(PossibleQuestion::Media);
    }
    let mut add = |person, carrier| {
        found.extend(bool::then_some(person, PossibleQuestion::Person));
        found.extend(bool::then_some(carrier, PossibleQuestion::Carrier));
    };
    let programs = &rules.programs;
    rule.visit_paths(&mut |path| add(path.needs_person(), path.needs_carrier()));
    rule.visit_templates(&mut |id| add(programs.reads_person(id), programs.reads_carrier(id)));
    rule.visit_templates(&mut |id| {
        let pools = programs.pools(id).iter();
        found.extend(pools.map(|pool| PossibleQuestion::Code(pool.clone())));
    });
}

/// Recurses as deep as rules nest `first`, which is limited.
fn sends_media(action: &Action) -> bool {
    match action {
        Action::Send(send) => send.parts.iter().any(|(name, _)| *name == PartName::Media),
        Action::Do(_) => false,
        Action::First(alternatives) => alternatives.iter().any(sends_media),
    }
}
