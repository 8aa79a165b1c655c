//! From an event to the rules that may take it. Evaluates no condition and reads no event: it may offer
//! too many rules, never too few.
//!
//! # How rules are filed
//!
//! Of each rule's condition `access` tells by what it can be found: keys of which at least one is there
//! wherever the condition is true, or may be once the host has answered. A key is something that a
//! *source* has (a path of the event, or a count, number or moment made of one): a value, a beginning or
//! an end, a network, an element, a kind of value, a place in a range, a text within. `and` offers a
//! choice of keys, `or` takes those of all its arms, `not` goes down to the tests. `build` counts how
//! many rules share each key, and each family of keys, and files a rule under the key that the fewest
//! events are likely to have (or, for an `or`, such a one of each arm). Where many rules are filed under
//! one value all the same, a second key divides them. What has no key is kept in a list that is looked
//! at always, and counted.
//!
//! A *scope* is an event type or, for the rules of `on *`, all of them. Rules on many types are filed in
//! each, unless they have many keys as well: then they are kept in each type's list. So entries are
//! linear in the text of the rules.
//!
//! # Where keys are kept
//!
//! | keys | structure |
//! | --- | --- |
//! | values, elements, kinds of value, networks, beginnings, ends | one open hash table for the whole engine: the hash of scope, source, operator and value; beginnings, ends and networks by the lengths that are in use, hashed in one go over the text: a trie whose edges are in the table |
//! | ranges of numbers, texts, moments | by 64-bit keys that keep the order: blocks, each with the list of all ranges that reach into it |
//! | texts within | an Aho-Corasick automaton |
//!
//! Of keys only short texts are stored, with the rules: what was found by such a text, or lies inside of a
//! range, is not asked once more. Else a collision offers a rule too many. A key of one rule stands with
//! it in one line of memory (`bucket`), for with many rules it is the waiting for memory that takes the
//! time. Nothing is a product of rules: building sorts what is filed and is linear otherwise, and a lookup costs by the event's values and by
//! the rules that it finds. The event is walked once, along the tree of the paths that rules read
//! (`path_trie`); where it was read for these very rules its members have numbers, and no key is compared.
//!
//! # What is done with the rules found
//!
//! `condition` keeps each rule's condition as words over tests; equal tests of different rules are one
//! test. Who routes gives the truths, each worked out once for an event (most of them without a look at the rule, by
//! `quick`), and learns whether the rule
//! holds, does not, or has to be evaluated as it is written (where it hangs on the host's answers, or
//! has quantifiers). The order of rules (priority, then place) is a table of its own.

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

pub(crate) use self::condition::{ConditionResult, Conditions, Start, TestId};
pub use self::cost::Cost;
pub(crate) use self::path_trie::{PathTrie, SlotMap};
pub(crate) use self::probe::{Hits, Probe};
pub(crate) use self::source::{Sources, ValueSourceId};

use self::names::Names;
use self::probe::Structures;
use self::windows::Windows;

/// The rules by what they listen to and by what their conditions look for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    types: Names,
    /// By type: its rules without those of `on *`, in order.
    by_type: Vec<Vec<RuleId>>,
    /// The rules of `on *`, in order.
    any: Vec<RuleId>,
    /// By rule: its place among all of them, by priority and then by place. A table of its own, so that
    /// no other entry changes when one priority does. Empty where all have one priority.
    rank: Vec<u32>,
    sources: Sources,
    /// The way to all sources.
    path_trie: PathTrie,
    conditions: Conditions,
    structures: Structures,
    /// By type, then `on *`.
    plans: Vec<Plan>,
    cost: Cost,
}

/// What is looked up for the events of a scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// By source.
    pub(crate) probes: Box<[Probe]>,
    /// Those of them that find rules where the value is missing.
    pub(crate) missed: Box<[u32]>,
    /// Those of them whose source is no path of event data, nor made of one.
    pub(crate) elsewhere: Box<[u32]>,
    /// Rules that are looked at always: without a condition, or with one that has no key.
    pub(crate) always: Box<[Posting]>,
    windows: Windows,
}

/// An event type, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeScope(u32);

impl TypeScope {
    const ANY: Self = Self(u32::MAX);
}

/// A rule as an entry of a list, and what is left of its condition where it is found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting {
    rule: u32,
    pub(crate) start: Start,
}

impl Posting {
    /// The list ends here.
    const CLOSES: u32 = 1 << 31;
    /// The rule is filed under several keys.
    const SEVERAL: u32 = 1 << 30;
    /// The rule listens at times only.
    const WINDOW: u32 = 1 << 29;
    const FLAGS: u32 = Self::CLOSES | Self::SEVERAL | Self::WINDOW;

    /// INVARIANT: an engine has fewer than 2^29 rules; they would not fit any memory.
    const fn new(rule: RuleId, start: Start) -> Self {
        Self {
            rule: rule.0 & !Self::FLAGS,
            start,
        }
    }

    /// No rule: more are filed under this key and one of that form.
    const fn split(form: u32) -> Self {
        Self {
            rule: form & !Self::FLAGS,
            start: Start::SPLIT,
        }
    }

    /// No rule: what `start` tells.
    const fn other(length: u32, start: Start) -> Self {
        Self {
            rule: length,
            start,
        }
    }

    /// No rule, but eight bytes.
    const fn raw(bytes: [u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            rule: u32::from_le_bytes([a, b, c, d]),
            start: Start::raw(u32::from_le_bytes([e, f, g, h])),
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
            start: Start::raw(start),
        }
    }

    /// The rule with its whole condition.
    const fn whole(self) -> Self {
        Self {
            rule: self.rule,
            start: Start::WHOLE,
        }
    }

    /// The same where the key may be another's.
    fn unproven(self) -> Self {
        match self.start {
            Start::SPLIT => self.with(Self::SEVERAL, true),
            _ => self.whole(),
        }
    }

    /// The form of a second key, where this is no rule, and whether the first is proven.
    fn as_split(self) -> Option<(u32, bool)> {
        let is_proven = self.rule & Self::SEVERAL == 0;
        (self.start == Start::SPLIT).then_some((self.rule & !Self::FLAGS, is_proven))
    }

    const fn with(self, flag: u32, on: bool) -> Self {
        let flag = if on { flag } else { 0 };
        Self {
            rule: self.rule | flag,
            start: self.start,
        }
    }

    const fn closing(self) -> Self {
        self.with(Self::CLOSES, true)
    }

    const fn closes(self) -> bool {
        self.rule & Self::CLOSES != 0
    }

    const fn is_one_of_several(self) -> bool {
        self.rule & Self::SEVERAL != 0
    }

    /// As it is offered: the same from whichever list.
    const fn offered(self) -> Self {
        Self {
            rule: self.rule & !Self::CLOSES,
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

    /// The type of that name, in lower case, if it is declared or a rule names it.
    pub(crate) fn type_of(&self, folded: &str) -> Option<TypeId> {
        self.types.id(folded)
    }

    /// The rules that name a type, in order.
    pub(crate) fn own(&self, ty: TypeId) -> &[RuleId] {
        self.by_type.get(ty.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The rules that listen to a type, those of `on *` among them, in the order in which they are
    /// considered.
    pub(crate) fn candidates(&self, ty: Option<TypeId>) -> Candidates<'_> {
        Candidates {
            rank: &self.rank,
            own: ty.map_or(&[], |ty| self.own(ty)),
            any: &self.any,
        }
    }

    /// Whether any rule listens to the type at that moment.
    pub(crate) fn listens(&self, ty: Option<TypeId>, now: Timestamp) -> bool {
        self.plans(ty).any(|(_, plan)| plan.windows.hold(now))
    }

    /// What is looked up for events of a type: that of the type, and that of `on *`.
    pub(crate) fn plans(&self, ty: Option<TypeId>) -> impl Iterator<Item = (TypeScope, &Plan)> {
        let own = ty.and_then(|ty| Some((TypeScope(ty.0), self.plans.get(ty.0 as usize)?)));
        let any = self.plans.last().map(|plan| (TypeScope::ANY, plan));
        [own, any].into_iter().flatten()
    }

    /// Offers the rules that are filed under what the value of a probe's source has.
    pub(crate) fn lookup(
        &self,
        scope: TypeScope,
        probe: &Probe,
        datum: &Datum<'_>,
        hits: &mut Hits,
    ) {
        self.structures.lookup(scope, probe, datum, hits);
    }

    /// The same for the bytes of a text, where the probe is plain.
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

    /// Offers the rules that are filed under two keys, of which the first was found: to be called once
    /// everything has been looked up, with a way to the values of sources.
    pub(crate) fn lookup_second_keys<'a>(
        &self,
        value: impl Fn(ValueSourceId) -> Option<Value<'a>>,
        hits: &mut Hits,
    ) {
        self.structures.lookup_second_keys(value, hits);
    }

    pub(crate) const fn sources(&self) -> &Sources {
        &self.sources
    }

    pub(crate) const fn path_trie(&self) -> &PathTrie {
        &self.path_trie
    }

    pub(crate) const fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// The rule's place in the order in which rules are considered.
    pub(crate) fn rank(&self, id: RuleId) -> u32 {
        rank(&self.rank, id)
    }

    /// Returns, for each event type and last for rules of every type, the number of rules that have a
    /// condition but no key to look up, and the first of them.
    pub(crate) fn unindexed(&self) -> impl Iterator<Item = (usize, Option<RuleId>)> {
        self.plans.iter().map(|plan| {
            let open = || plan.always.iter().filter(|rule| rule.start != Start::HOLDS);
            (open().count(), open().next().map(|posting| posting.rule()))
        })
    }

    pub(crate) const fn cost(&self) -> &Cost {
        &self.cost
    }
}

/// Two ordered lists, merged.
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
    fn rules_come_by_priority_then_by_place() {
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
