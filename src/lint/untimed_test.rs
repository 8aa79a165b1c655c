//! Reports tests that need `at`: one of their events can reach a rule that reads the current time.

use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault};
use crate::hir::{On, Rule, TypeId};
use crate::lower::{Lowered, ReachableRules};
use crate::template::Programs;

/// Adds an error for every test that needs a time and has none.
pub(super) fn check(lowered: &Lowered, programs: &Programs, faults: &mut Vec<Fault>) {
    if lowered.untimed_tests.is_empty() {
        return;
    }
    let mut reading = RulesReadingNow::default();
    for rule in lowered.rules.rules.iter() {
        if programs.rule_reads_now(rule) {
            reading.add(rule);
        }
    }
    for test in &lowered.untimed_tests {
        if let Some(rule) = test.events.iter().find_map(|event| reading.reached(*event)) {
            faults.push(
                Fault::new(
                    Code::NotGiven,
                    test.place,
                    format!("the test needs `at`: rule `{rule}` reads the time"),
                )
                .help("add `at \"2026-01-31T09:00Z\"`"),
            );
        }
    }
}

/// The names of the first rules that read the current time, by the events they listen to.
#[derive(Default)]
struct RulesReadingNow<'a> {
    any: Option<&'a str>,
    /// With `on *`.
    all_types: Option<&'a str>,
    by_type: Table<TypeId, &'a str>,
}

impl<'a> RulesReadingNow<'a> {
    fn add(&mut self, rule: &'a Rule) {
        let name = &*rule.name;
        self.any.get_or_insert(name);
        match &rule.on {
            On::All => {
                self.all_types.get_or_insert(name);
            }
            On::Types(types) => {
                for id in types.iter() {
                    self.by_type.or_insert_with(*id, || name);
                }
            }
        }
    }

    fn reached(&self, event: ReachableRules) -> Option<&'a str> {
        match event {
            ReachableRules::Any => self.any,
            ReachableRules::Type(id) => self.by_type.value(&id).copied().or(self.all_types),
            ReachableRules::UnknownType => self.all_types,
        }
    }
}
