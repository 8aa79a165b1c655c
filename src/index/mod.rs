//! Finds the rules that may match an event.
//!
//! The index evaluates no condition. It may return rules that do not match, but never misses one
//! that does.
//!
//! # How rules are posted
//!
//! `access_key` derives from each condition the *keys* by which its rule can be found: if the
//! condition is true, or may be true once the host has answered, the event has at least one of
//! them. A key belongs to a *source*: a path of the event, or a count, number or timestamp computed
//! from one. It is a value, a prefix or suffix, a network, a list element, a class of values, a
//! range or a substring. `and` offers a choice of keys, `or` needs the keys of all its arms, and
//! `not` is pushed down to the tests.
//!
//! `build` counts how many rules share each key and each family of keys, and posts a rule under the
//! key that the fewest events are expected to have (for an `or`, under one such key per arm). If
//! many rules share a key anyway, a *secondary key* divides their list. A rule without a key goes
//! to a list that is considered for every event; [`Cost`] counts these rules.
//!
//! A *scope* is one event type or, for rules on `*`, all types. A rule on several types is posted
//! in each of them. If it also has many keys, it goes to the unconditional list of each type
//! instead, so the number of entries stays linear in the length of the rules.
//!
//! # Where keys are stored
//!
//! | keys | structure |
//! | --- | --- |
//! | values, elements, classes, networks, prefixes, suffixes | one open-addressing hash table for the whole engine, keyed by the hash of scope, source, operator and value; prefixes, suffixes and networks are looked up once per length in use, with hashes computed in one pass over the text |
//! | ranges of numbers, texts and timestamps | blocks of order-preserving 64-bit keys, each with a list of all ranges that overlap it |
//! | substrings | an Aho-Corasick automaton |
//!
//! Only short key texts are stored. A rule found by its stored text, or strictly inside a range,
//! needs no further check of that test; otherwise a hash collision returns a rule too many. A key
//! with a single rule is stored with the rule in one cache line (`bucket`), because with many rules
//! memory latency dominates.
//!
//! Nothing grows with the product of rules. Building sorts the postings and is linear otherwise. A
//! lookup costs time in proportion to the values of the event and the rules found. The event is
//! walked once, along the tree of paths that rules read (`path_trie`). If it was read with the
//! engine's own projection, its members are numbered and no key is compared.
//!
//! # How hits are evaluated
//!
//! `condition` stores each condition as a compact program over tests; equal tests of different
//! rules are one test. The caller provides the truth of each test, computed once per event and
//! usually without reading the rule (`compiled_test`). The result is that the condition is true, is
//! not, or has to be evaluated in its original form (if it depends on answers of the host or has
//! quantifiers). The order of rules (priority, then position) is a separate table.

mod access_key;
mod bucket;
mod build;
mod compiled_test;
mod condition;
mod cost;
mod key_hash;
mod names;
mod path_trie;
mod probe;
mod range;
mod source;
mod table;
mod text;
mod windows;

use crate::hir::{RuleId, RuleSet, TypeId};
use crate::json::document::{Datum, Value};
use crate::time::Timestamp;

pub(crate) use self::condition::{ConditionResult, ConditionStart, Conditions, TestId};
pub use self::cost::Cost;
pub(crate) use self::path_trie::{PathTrie, SlotMap};
pub(crate) use self::probe::{Hits, Probe};
pub(crate) use self::source::{ValueSourceId, ValueSources};

use self::names::TypeNames;
use self::probe::Structures;
use self::windows::Windows;

/// The rules of an engine by event type and by access key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    types: TypeNames,
    /// Indexed by type: its rules, without those on `*`, in order.
    by_type: Vec<Vec<RuleId>>,
    /// The rules on `*`, in order.
    any: Vec<RuleId>,
    /// Indexed by rule: its position by priority, then by place in the source. A separate table, so that
    /// changing one priority changes no other entry. Empty if all rules have the same priority.
    rank: Vec<u32>,
    sources: ValueSources,
    /// The paths of all sources.
    path_trie: PathTrie,
    conditions: Conditions,
    structures: Structures,
    /// Indexed by type; the last plan is for rules on `*`.
    plans: Vec<LookupPlan>,
    cost: Cost,
}

/// The lookups for events of one scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct LookupPlan {
    /// Sorted by source.
    pub(crate) probes: Box<[Probe]>,
    /// Indexes of the probes that find rules if the value is missing.
    pub(crate) missed: Box<[u32]>,
    /// Indexes of the probes whose source is not based on the event's data.
    pub(crate) elsewhere: Box<[u32]>,
    /// Rules that are considered for every event: those without a condition or without a key.
    pub(crate) always: Box<[Posting]>,
    windows: Windows,
}

/// An event type, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeScope(u32);

impl TypeScope {
    const ANY: Self = Self(u32::MAX);
}

/// A rule in a list of the index, and the part of its condition that the list's key does not prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting {
    rule: u32,
    pub(crate) start: ConditionStart,
}

impl Posting {
    /// Flag: the last entry of its list.
    const LAST: u32 = 1 << 31;
    /// Flag: the rule is posted under several keys.
    const SEVERAL_KEYS: u32 = 1 << 30;
    /// Flag: the rule has an active window.
    const WINDOW: u32 = 1 << 29;
    const FLAGS: u32 = Self::LAST | Self::SEVERAL_KEYS | Self::WINDOW;

    /// INVARIANT: an engine has fewer than 2^29 rules, as more would exceed any memory.
    const fn new(rule: RuleId, start: ConditionStart) -> Self {
        Self {
            rule: rule.0 & !Self::FLAGS,
            start,
        }
    }

    /// Creates an entry that is not a rule: further rules are posted under this key together with a
    /// secondary key of this form.
    const fn split(form: u32) -> Self {
        Self {
            rule: form & !Self::FLAGS,
            start: ConditionStart::SPLIT,
        }
    }

    /// Creates a header that is not a rule; `start` says which.
    const fn other(length: u32, start: ConditionStart) -> Self {
        Self {
            rule: length,
            start,
        }
    }

    /// Creates an entry that holds eight bytes.
    const fn raw(bytes: [u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            rule: u32::from_le_bytes([a, b, c, d]),
            start: ConditionStart::raw(u32::from_le_bytes([e, f, g, h])),
        }
    }

    const fn bytes(self) -> [u8; 8] {
        let [a, b, c, d] = self.rule.to_le_bytes();
        let [e, f, g, h] = self.start.bits().to_le_bytes();
        [a, b, c, d, e, f, g, h]
    }

    const fn words(self) -> [u32; 2] {
        [self.rule, self.start.bits()]
    }

    const fn of_words([rule, start]: [u32; 2]) -> Self {
        Self {
            rule,
            start: ConditionStart::raw(start),
        }
    }

    /// Returns the rule with its complete condition.
    const fn whole(self) -> Self {
        Self {
            rule: self.rule,
            start: ConditionStart::WHOLE,
        }
    }

    /// Returns the entry for a list whose key may belong to several texts.
    fn unproven(self) -> Self {
        match self.start {
            ConditionStart::SPLIT => self.with(Self::SEVERAL_KEYS, true),
            _ => self.whole(),
        }
    }

    /// Returns the form of the secondary key, and whether the primary key is proven, if this entry
    /// is not a rule.
    fn as_split(self) -> Option<(u32, bool)> {
        let is_proven = self.rule & Self::SEVERAL_KEYS == 0;
        (self.start == ConditionStart::SPLIT).then_some((self.rule & !Self::FLAGS, is_proven))
    }

    const fn with(self, flag: u32, on: bool) -> Self {
        let flag = if on { flag } else { 0 };
        Self {
            rule: self.rule | flag,
            start: self.start,
        }
    }

    const fn as_last(self) -> Self {
        self.with(Self::LAST, true)
    }

    const fn is_last(self) -> bool {
        self.rule & Self::LAST != 0
    }

    const fn is_one_of_several(self) -> bool {
        self.rule & Self::SEVERAL_KEYS != 0
    }

    /// Returns the entry without the position flag, so that hits from different lists compare
    /// equal.
    const fn as_hit(self) -> Self {
        Self {
            rule: self.rule & !Self::LAST,
            start: self.start,
        }
    }

    pub(crate) const fn has_window(self) -> bool {
        self.rule & Self::WINDOW != 0
    }

    pub(crate) const fn rule(self) -> RuleId {
        RuleId(self.rule & !Self::FLAGS)
    }
}

impl Index {
    pub(crate) fn build(set: &RuleSet) -> Self {
        build::build(set)
    }

    /// Returns the id of a lower-case type name, if the type is declared or a rule names it.
    pub(crate) fn type_of(&self, folded: &str) -> Option<TypeId> {
        self.types.id(folded)
    }

    /// Returns the rules that name a type, in order.
    pub(crate) fn own(&self, ty: TypeId) -> &[RuleId] {
        self.by_type.get(ty.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Returns the rules that listen to a type, including those on `*`, in the order in which they
    /// are considered.
    pub(crate) fn candidates(&self, ty: Option<TypeId>) -> Candidates<'_> {
        Candidates {
            rank: &self.rank,
            own: ty.map_or(&[], |ty| self.own(ty)),
            any: &self.any,
        }
    }

    /// Returns whether any rule listens to the type at that time.
    pub(crate) fn listens(&self, ty: Option<TypeId>, now: Timestamp) -> bool {
        self.plans(ty).any(|(_, plan)| plan.windows.hold(now))
    }

    /// Returns the lookups for events of a type: those of the type, and those for `*`.
    pub(crate) fn plans(
        &self,
        ty: Option<TypeId>,
    ) -> impl Iterator<Item = (TypeScope, &LookupPlan)> {
        let own = ty.and_then(|ty| Some((TypeScope(ty.0), self.plans.get(ty.0 as usize)?)));
        let any = self.plans.last().map(|plan| (TypeScope::ANY, plan));
        [own, any].into_iter().flatten()
    }

    /// Adds the rules posted under the keys of `datum`, a value of the probe's source.
    pub(crate) fn lookup(
        &self,
        scope: TypeScope,
        probe: &Probe,
        datum: &Datum<'_>,
        hits: &mut Hits,
    ) {
        self.structures.lookup(scope, probe, datum, hits);
    }

    /// As [`Index::lookup`], for the bytes of a text and a plain probe.
    #[inline]
    pub(crate) fn lookup_text(
        &self,
        scope: TypeScope,
        probe: &Probe,
        text: &[u8],
        hits: &mut Hits,
    ) {
        self.structures.lookup_text(scope, probe, text, hits);
    }

    /// Adds the rules posted under a secondary key whose primary key was found. Call it after all
    /// other lookups; `value` returns the value of a source.
    pub(crate) fn lookup_second_keys<'a>(
        &self,
        value: impl Fn(ValueSourceId) -> Option<Value<'a>>,
        hits: &mut Hits,
    ) {
        self.structures.lookup_second_keys(value, hits);
    }

    pub(crate) const fn sources(&self) -> &ValueSources {
        &self.sources
    }

    pub(crate) const fn path_trie(&self) -> &PathTrie {
        &self.path_trie
    }

    pub(crate) const fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// Returns the rule's position in the order in which rules are considered.
    pub(crate) fn rank(&self, id: RuleId) -> u32 {
        rank(&self.rank, id)
    }

    /// Returns, for each event type and last for rules on `*`, the number of rules that have a
    /// condition but no key, and the first of them.
    pub(crate) fn unindexed(&self) -> impl Iterator<Item = (usize, Option<RuleId>)> {
        self.plans.iter().map(|plan| {
            let open = || {
                plan.always
                    .iter()
                    .filter(|rule| rule.start != ConditionStart::HOLDS)
            };
            (open().count(), open().next().map(|posting| posting.rule()))
        })
    }

    pub(crate) const fn cost(&self) -> &Cost {
        &self.cost
    }
}

/// Merges two ordered lists of rules.
#[derive(Clone, Debug)]
pub(crate) struct Candidates<'a> {
    rank: &'a [u32],
    own: &'a [RuleId],
    any: &'a [RuleId],
}

fn rank(ranks: &[u32], id: RuleId) -> u32 {
    ranks.get(id.0 as usize).copied().unwrap_or(id.0)
}

impl Iterator for Candidates<'_> {
    type Item = RuleId;

    fn next(&mut self) -> Option<RuleId> {
        let own_first = match (self.own.first(), self.any.first()) {
            (Some(own), Some(any)) => rank(self.rank, *own) < rank(self.rank, *any),
            (own, _) => own.is_some(),
        };
        let list = if own_first {
            &mut self.own
        } else {
            &mut self.any
        };
        let (first, rest) = list.split_first()?;
        *list = rest;
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hir::{EventType, On, Rule, Window};
    use std::sync::Arc;

    fn rule(name: &str, on: On, priority: i64) -> Arc<Rule> {
        Arc::new(Rule {
            name: name.into(),
            description: None,
            own_id: None,
            on,
            active: Window::default(),
            priority,
            when: None,
            requirements: Box::new([]),
            is_final: false,
            actions: Box::new([]),
        })
    }

    #[test]
    fn rules_are_ordered_by_priority_then_position() {
        let ty = |name: &str| EventType {
            name: name.into(),
            declaration: None,
        };
        let on = |types: &[u32]| On::Types(types.iter().copied().map(TypeId).collect());
        let set = RuleSet {
            company: None,
            types: Arc::new(vec![ty("a"), ty("b")]),
            rules: Arc::new(vec![
                rule("r0", on(&[0]), 0),
                rule("r1", On::All, 5),
                rule("r2", on(&[0, 1]), 9),
                rule("r3", On::All, 0),
                rule("r4", on(&[0]), 5),
                rule("r5", on(&[1]), -1),
            ]),
            tests: Arc::default(),
        };
        let index = Index::build(&set);
        let of = |ty: &str| -> Vec<u32> {
            index
                .candidates(index.type_of(ty))
                .map(|rule| rule.0)
                .collect()
        };
        assert_eq!(of("a"), [2, 1, 4, 0, 3]);
        assert_eq!(of("b"), [2, 1, 3, 5]);
        assert_eq!(of("c"), [1, 3]);
    }
}
