//! Builds the index: counts how many rules share each key, chooses keys for every rule and posts
//! the rule under them.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::collections::map::Map;
use crate::hir::{Expr, On, Rule, RuleId, RuleSet, TypeId, Window};

use super::access_key::{Access, AccessKey, KeyKind, KeyOp, access, class};
use super::condition::{Conditions, Interner};
use super::cost::{Cost, size_of_parts};
use super::key_hash;
use super::key_hash::{FixedState, mix};
use super::names::TypeNames;
use super::path_trie::PathTrie;
use super::probe::{
    LengthRange, PLAIN_OPS, Probe, SecondaryKey, Structures, bit, edge, key, network, scoped,
};
use super::range;
use super::range::{RangeBounds, RangeKind, Ranges};
use super::source::{SourceOrigin, ValueSourceId, ValueSources};
use super::table::{KeyTable, KeyTexts, LONGEST_TEXT, NewPosting};
use super::text::SubstringSet;
use super::windows::Windows;
use super::{ConditionStart, Index, LookupPlan, Posting, TypeScope};

/// A rule on more types than this is posted in each type under at most [`FEW_KEYS`] keys, or else
/// in their lists of unindexed rules.
const MANY_TYPES: usize = 8;
const FEW_KEYS: usize = 64;

/// The price of a key that every event has. Other keys cost the expected share of events that have
/// them.
const EVERY_EVENT: u64 = 1 << 24;

/// A list of at least this many rules is split by a secondary key.
const LONG_LIST: usize = 8;

pub(super) fn build(set: &RuleSet) -> Index {
    let rules = || {
        (0_u32..)
            .map(RuleId)
            .zip(set.rules.iter().map(|rule| &**rule))
    };
    let mut index = listen(set);
    let mut sources = ValueSources::default();
    let mut interner = Interner::new(set.rules.len());
    let mut counts = Counts {
        shared: Map::with_capacity(set.rules.len()),
        ..Counts::default()
    };
    for (id, rule) in rules() {
        interner.add(id, rule, &mut sources);
        let Some(when) = &rule.when else { continue };
        let accesses = access(when, true, &mut sources);
        let scopes = Scopes::of(rule);
        if !scopes.are_too_many_for(&accesses) {
            for scope in scopes {
                counts.add(scope, &accesses);
            }
        }
    }
    let (conditions, rule_counts) = interner.finish();
    index.conditions = conditions;
    counts.sort();
    let mut builder = IndexBuilder::new(set.types.len());
    for (id, rule) in rules() {
        let scopes = Scopes::of(rule);
        let Some(when) = &rule.when else {
            builder.cost.unconditional = builder.cost.unconditional.saturating_add(1);
            let posting = entry(&index.conditions, id, rule);
            scopes.for_each(|scope| builder.always(scope, posting));
            continue;
        };
        let accesses = access(when, true, &mut sources);
        let mut is_keyed = true;
        let too_many = scopes.are_too_many_for(&accesses);
        let whole = entry(&index.conditions, id, rule);
        let mut unproven = UnprovenPart::new(when);
        for scope in scopes {
            let mut chosen = Vec::new();
            if !too_many && counts.choose(scope, &accesses, &mut chosen) {
                let mut posting = whole;
                posting.start =
                    unproven.after_keys(&chosen, &mut index.conditions, whole.start, &mut sources);
                let secondary = counts.secondary(scope, &accesses, &chosen, &sources);
                builder.file(scope, posting, &chosen, secondary);
            } else {
                is_keyed = false;
                builder.always(scope, whole);
            }
        }
        if !is_keyed {
            builder.cost.unkeyed = builder.cost.unkeyed.saturating_add(1);
        }
    }
    drop(counts);
    index.conditions.arrange(&rule_counts);
    builder.finish(set, index, sources)
}

/// The part of a rule's condition that its keys do not prove.
struct UnprovenPart<'w, 'r> {
    parts: &'r [Expr],
    /// The result for the previous keys: most types of a rule get the same ones.
    last: Option<(Vec<&'w AccessKey<'r>>, ConditionStart)>,
}

impl<'w, 'r> UnprovenPart<'w, 'r> {
    const fn new(when: &'r Expr) -> Self {
        Self {
            parts: match when {
                Expr::And(parts) => parts,
                expr => std::slice::from_ref(expr),
            },
            last: None,
        }
    }

    /// Inside a range, all parts that require a range of the same value are true. If a text is
    /// found, the part that requires it is true.
    fn after_keys(
        &mut self,
        chosen: &[&'w AccessKey<'r>],
        conditions: &mut Conditions,
        whole: ConditionStart,
        sources: &mut ValueSources,
    ) -> ConditionStart {
        let Some(first) = chosen.first() else {
            return whole;
        };
        let range = match first.what {
            KeyKind::Range(kind, ..) if chosen.len() == 1 => Some(kind),
            _ if chosen.iter().all(|key| is_proven(key)) => None,
            _ => return whole,
        };
        let is_last = |last: &[&AccessKey<'_>]| {
            let mut pairs = last.iter().zip(chosen);
            last.len() == chosen.len() && pairs.all(|(one, other)| std::ptr::eq(*one, *other))
        };
        if let Some((last, start)) = &self.last
            && is_last(last)
        {
            return *start;
        }
        let is_known = |part: &Expr, sources: &mut ValueSources| {
            let Access::Keys(keys) = access(part, true, sources) else {
                return false;
            };
            let is_same = |(key, chosen): (&AccessKey<'_>, &&AccessKey<'_>)| {
                (key.source, &key.text) == (chosen.source, &chosen.text)
                    && table_key(TypeScope::ANY, key) == table_key(TypeScope::ANY, chosen)
            };
            match (range, &*keys) {
                (Some(kind), [key]) => {
                    key.source == first.source
                        && matches!(key.what, KeyKind::Range(other, ..) if other == kind)
                }
                (Some(_), _) => false,
                (None, keys) => keys.len() == chosen.len() && keys.iter().zip(chosen).all(is_same),
            }
        };
        let places: Vec<usize> = (0_usize..)
            .zip(self.parts)
            .filter(|(_, part)| is_known(part, sources))
            .map(|(position, _)| position)
            .collect();
        let start = match self.parts {
            [_] if places.len() == 1 => ConditionStart::HOLDS,
            [_] => whole,
            parts => conditions.without(whole, parts.len(), &places),
        };
        self.last = Some((chosen.to_vec(), start));
        start
    }
}

/// Returns whether the key's text is stored with its postings.
fn is_proven(key: &AccessKey<'_>) -> bool {
    key.text
        .as_ref()
        .is_some_and(|text| text.len() <= LONGEST_TEXT)
}

fn entry(conditions: &Conditions, id: RuleId, rule: &Rule) -> Posting {
    let has_window = rule.active != Window::default();
    Posting::new(id, conditions.start(id)).with(Posting::WINDOW, has_window)
}

/// Creates an index with the rules by event type, in order.
fn listen(set: &RuleSet) -> Index {
    let mut order: Vec<(RuleId, &Rule)> = (0_u32..)
        .map(RuleId)
        .zip(set.rules.iter().map(|rule| &**rule))
        .collect();
    // Stable: rules of equal priority keep their order in the rule set.
    order.sort_by_key(|(_, rule)| Reverse(rule.priority));
    let mut index = Index {
        types: TypeNames::build(set.types.iter().map(|ty| &*ty.name)),
        by_type: vec![Vec::new(); set.types.len()],
        rank: vec![0; set.rules.len()],
        ..Index::default()
    };
    for (rank, (id, rule)) in (0_u32..).zip(order) {
        if let Some(place) = index.rank.get_mut(id.0 as usize) {
            *place = rank;
        }
        match &rule.on {
            On::All => index.any.push(id),
            On::Types(types) => {
                for ty in types.iter() {
                    if let Some(rules) = index.by_type.get_mut(ty.0 as usize) {
                        rules.push(id);
                    }
                }
            }
        }
    }
    for rules in &mut index.by_type {
        rules.shrink_to_fit();
    }
    if index.rank.iter().is_sorted() {
        // The rank of every rule is its id.
        index.rank = Vec::new();
    }
    index
}

/// The type scopes of a rule.
#[derive(Clone)]
struct Scopes<'r> {
    any: bool,
    types: &'r [TypeId],
}

impl<'r> Scopes<'r> {
    fn of(rule: &'r Rule) -> Self {
        match &rule.on {
            On::All => Self {
                any: true,
                types: &[],
            },
            On::Types(types) => Self { any: false, types },
        }
    }

    fn are_too_many_for(&self, accesses: &Access<'_>) -> bool {
        self.types.len() > MANY_TYPES && key_count(accesses) > FEW_KEYS
    }
}

impl Iterator for Scopes<'_> {
    type Item = TypeScope;

    fn next(&mut self) -> Option<TypeScope> {
        if self.any {
            self.any = false;
            return Some(TypeScope::ANY);
        }
        let (first, rest) = self.types.split_first()?;
        self.types = rest;
        Some(TypeScope(first.0))
    }
}

fn key_count(accesses: &Access<'_>) -> usize {
    match accesses {
        Access::Unindexed => 0,
        Access::Keys(keys) => keys.len(),
        Access::AnyOf(accesses) | Access::AllOf(accesses) => accesses
            .iter()
            .map(key_count)
            .fold(0, usize::saturating_add),
    }
}

/// Returns the hash table key in one scope, `None` for ranges, classes and substrings, which are
/// looked up elsewhere.
fn table_key(scope: TypeScope, one: &AccessKey<'_>) -> Option<u64> {
    let (op, hash) = match &one.what {
        KeyKind::Table(op, hash) => (*op, *hash),
        KeyKind::Edge(op, length, hash) => (*op, edge(*length, *hash)),
        KeyKind::Network(of) => (KeyOp::Network, network(*of).0),
        KeyKind::Classes(_) | KeyKind::Range(..) | KeyKind::Within(..) => return None,
    };
    Some(scoped(scope, key(one.source, op, hash)))
}

/// Returns an id for all keys of a family. A value has at most a few of them: what distinguishes
/// them is the value.
fn family_key(scope: TypeScope, one: &AccessKey<'_>) -> u64 {
    let (op, length) = match &one.what {
        KeyKind::Table(op, _) => (*op, 0),
        KeyKind::Edge(op, length, _) => (*op, *length),
        KeyKind::Network(of) => (KeyOp::Network, network(*of).1),
        // The length distinguishes these from classes.
        KeyKind::Within(folded, _) => (KeyOp::Class, if *folded { 2 } else { 1 }),
        KeyKind::Classes(_) | KeyKind::Range(..) => (KeyOp::Class, 0),
    };
    scoped(scope, key(one.source, op, u64::from(length)))
}

/// The number of rules that share each key.
#[derive(Debug, Default)]
struct Counts {
    shared: Map<u64, u32, FixedState>,
    /// The number of rules that share each family of keys.
    family_counts: Map<u64, u32, FixedState>,
    bounds: Map<(TypeScope, ValueSourceId, RangeKind), usize, FixedState>,
    all_bounds: Vec<RangeBounds>,
}

/// A secondary key, for primary keys with too many rules, and its hash.
#[derive(Clone, Copy, Debug)]
struct SecondaryChoice {
    form: SecondaryKey,
    hash: u64,
}

impl Counts {
    fn add(&mut self, scope: TypeScope, accesses: &Access<'_>) {
        match accesses {
            Access::Unindexed => {}
            Access::AnyOf(accesses) | Access::AllOf(accesses) => {
                for access_part in accesses {
                    self.add(scope, access_part);
                }
            }
            Access::Keys(keys) => {
                for key in keys {
                    self.count(scope, key);
                }
            }
        }
    }

    fn count(&mut self, scope: TypeScope, key: &AccessKey<'_>) {
        if let KeyKind::Range(kind, low, high) = key.what {
            let all = &mut self.all_bounds;
            let at = *self.bounds.or_insert_with((scope, key.source, kind), || {
                all.push(RangeBounds::default());
                all.len().saturating_sub(1)
            });
            if let Some(bounds) = all.get_mut(at) {
                bounds.add(low, high);
            }
        } else if let Some(table_key) = table_key(scope, key).or_else(|| substring_key(scope, key))
        {
            let count = self.shared.or_insert_with(table_key, || 0);
            *count = count.saturating_add(1);
            let count = self
                .family_counts
                .or_insert_with(family_key(scope, key), || 0);
            *count = count.saturating_add(1);
        }
    }

    fn sort(&mut self) {
        self.all_bounds.iter_mut().for_each(RangeBounds::sort);
    }

    /// Returns the cost of indexing a rule this way, `None` if it cannot be indexed this way.
    fn cost_estimate(&self, scope: TypeScope, accesses: &Access<'_>) -> Option<u64> {
        match accesses {
            Access::Unindexed => None,
            Access::Keys(keys) => Some(
                keys.iter()
                    .map(|key| self.key_cost(scope, key))
                    .fold(0, u64::saturating_add),
            ),
            Access::AnyOf(accesses) => accesses
                .iter()
                .filter_map(|access_part| self.cost_estimate(scope, access_part))
                .min(),
            Access::AllOf(accesses) => accesses.iter().try_fold(0_u64, |sum, access_part| {
                Some(sum.saturating_add(self.cost_estimate(scope, access_part)?))
            }),
        }
    }

    /// Estimates the share of events that have the key. Assumes that events have the values that
    /// rules have, and a few more. Adds a little for lookups that are more expensive.
    fn key_cost(&self, scope: TypeScope, key: &AccessKey<'_>) -> u64 {
        let part = |sharing: u64, all: u64| {
            let all = all.saturating_add(1 << key.rarity);
            sharing
                .saturating_mul(EVERY_EVENT)
                .checked_div(all)
                .unwrap_or(EVERY_EVENT)
        };
        let shared = |table_key: Option<u64>| {
            let count = table_key.and_then(|table_key| self.shared.value(&table_key));
            let all = self.family_counts.value(&family_key(scope, key));
            let one = |count: Option<&u32>| u64::from(count.copied().unwrap_or(1));
            part(one(count), one(all))
        };
        let (part, dearer) = match &key.what {
            KeyKind::Table(..) => (shared(table_key(scope, key)), 0),
            KeyKind::Network(_) => (shared(table_key(scope, key)), 2),
            KeyKind::Edge(_, length, _) => (
                shared(table_key(scope, key)),
                if *length < 4 { 3 } else { 2 },
            ),
            KeyKind::Range(kind, low, high) => {
                let at = self.bounds.value(&(scope, key.source, *kind));
                let bounds = at.and_then(|at| self.all_bounds.get(*at));
                let (sharing, all) = bounds.map_or((1, 1), |bounds| bounds.shared(*low, *high));
                let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
                (part(count(sharing), count(all)), 3)
            }
            KeyKind::Within(_, text) => (
                shared(substring_key(scope, key)),
                if text.len() < 4 { 6 } else { 4 },
            ),
            KeyKind::Classes(_) => (EVERY_EVENT, 5),
        };
        part.saturating_add(dearer)
    }

    /// Chooses the keys of a rule. Returns `false` if the rule is better considered for every
    /// event.
    fn choose<'w, 'r>(
        &self,
        scope: TypeScope,
        accesses: &'w Access<'r>,
        chosen: &mut Vec<&'w AccessKey<'r>>,
    ) -> bool {
        let worth = self.cost_estimate(scope, accesses);
        // A long `in` is still cheap: an event has at most one of its values.
        worth.is_some_and(|cost_estimate| {
            cost_estimate <= EVERY_EVENT.saturating_add(LONG_LIST as u64) || only_values(accesses)
        }) && self.collect(scope, accesses, chosen)
    }

    fn collect<'w, 'r>(
        &self,
        scope: TypeScope,
        accesses: &'w Access<'r>,
        chosen: &mut Vec<&'w AccessKey<'r>>,
    ) -> bool {
        match accesses {
            Access::Unindexed => false,
            Access::Keys(keys) => {
                chosen.extend(keys);
                true
            }
            Access::AnyOf(accesses) => {
                let priced = accesses.iter().filter_map(|access_part| {
                    Some((self.cost_estimate(scope, access_part)?, access_part))
                });
                let best = priced.min_by_key(|(cost_estimate, _)| *cost_estimate);
                best.is_some_and(|(_, access_part)| self.collect(scope, access_part, chosen))
            }
            Access::AllOf(accesses) => accesses
                .iter()
                .all(|access_part| self.collect(scope, access_part, chosen)),
        }
    }

    /// Returns the most selective remaining key, if it is selective enough and of a kind that can
    /// be a secondary key.
    fn secondary(
        &self,
        scope: TypeScope,
        accesses: &Access<'_>,
        chosen: &[&AccessKey<'_>],
        sources: &ValueSources,
    ) -> Option<SecondaryChoice> {
        let Access::AnyOf(accesses) = accesses else {
            return None;
        };
        let others = accesses.iter().filter_map(|access_part| match access_part {
            Access::Keys(keys) => match &**keys {
                [key] if !chosen.iter().any(|one| std::ptr::eq(*one, key)) => Some(key),
                _ => None,
            },
            _ => None,
        });
        let formed = others.filter_map(|key| {
            if sources.from(key.source) != SourceOrigin::Data {
                return None;
            }
            let (edge, length, hash) = match key.what {
                KeyKind::Table(KeyOp::Equal, hash) => (None, 0, hash),
                KeyKind::Edge(op @ (KeyOp::Begins | KeyOp::Ends), length, hash) => {
                    (Some(op == KeyOp::Begins), length, edge(length, hash))
                }
                _ => return None,
            };
            let form = SecondaryKey {
                source: key.source,
                edge,
                length,
            };
            Some((self.key_cost(scope, key), SecondaryChoice { form, hash }))
        });
        let best = formed.min_by_key(|(cost_estimate, _)| *cost_estimate);
        best.filter(|(cost_estimate, _)| *cost_estimate < EVERY_EVENT / 4)
            .map(|(_, secondary)| secondary)
    }
}

/// Returns whether all possible keys are single values and texts, regardless of their number.
fn only_values(accesses: &Access<'_>) -> bool {
    match accesses {
        Access::Unindexed => false,
        Access::Keys(keys) => keys
            .iter()
            .all(|key| !matches!(key.what, KeyKind::Classes(_) | KeyKind::Range(..))),
        Access::AnyOf(accesses) => accesses.iter().any(only_values),
        Access::AllOf(accesses) => accesses.iter().all(only_values),
    }
}

/// Returns the id under which a substring is counted.
fn substring_key(scope: TypeScope, one: &AccessKey<'_>) -> Option<u64> {
    match &one.what {
        KeyKind::Within(folded, text) => {
            let hash = mix(key_hash::text(text.as_bytes()), u64::from(*folded));
            // No other key of a source uses this operator.
            Some(scoped(scope, mix(key(one.source, KeyOp::Ends, hash), hash)))
        }
        _ => None,
    }
}

/// The rules posted so far.
#[derive(Debug)]
struct IndexBuilder<'r> {
    entries: Vec<NewPosting>,
    key_texts: KeyTexts,
    always: Vec<Vec<Posting>>,
    /// The secondary keys in use.
    secondary_keys: Vec<SecondaryKey>,
    known_secondary_keys: Map<SecondaryKey, u32, FixedState>,
    probe_drafts: Vec<ProbeDraft<'r>>,
    known: Map<(TypeScope, ValueSourceId), usize, FixedState>,
    cost: Cost,
}

/// A probe under construction.
#[derive(Debug)]
struct ProbeDraft<'r> {
    scope: TypeScope,
    source: ValueSourceId,
    ops: u16,
    classes: u16,
    prefixes: BTreeSet<u32>,
    folded_prefixes: BTreeSet<u32>,
    suffixes: BTreeSet<u32>,
    folded_suffixes: BTreeSet<u32>,
    networks: BTreeSet<u32>,
    ranges: [range::RangeEntries; 3],
    texts: Vec<(Cow<'r, str>, Posting)>,
    texts_folded: Vec<(Cow<'r, str>, Posting)>,
}

impl<'r> IndexBuilder<'r> {
    fn new(types: usize) -> Self {
        Self {
            entries: Vec::new(),
            key_texts: KeyTexts::default(),
            // The last entry is for `on *`.
            always: vec![Vec::new(); types.saturating_add(1)],
            secondary_keys: Vec::new(),
            known_secondary_keys: Map::new(),
            probe_drafts: Vec::new(),
            known: Map::new(),
            cost: Cost::default(),
        }
    }

    fn always(&mut self, scope: TypeScope, rule: Posting) {
        let last = self.always.len().saturating_sub(1);
        let at = if scope == TypeScope::ANY {
            last
        } else {
            scope.0 as usize
        };
        if let Some(rules) = self.always.get_mut(at) {
            rules.push(rule);
        }
    }

    fn draft(&mut self, scope: TypeScope, source: ValueSourceId) -> Option<&mut ProbeDraft<'r>> {
        let probe_drafts = &mut self.probe_drafts;
        let at = *self.known.or_insert_with((scope, source), || {
            probe_drafts.push(ProbeDraft::new(scope, source));
            probe_drafts.len().saturating_sub(1)
        });
        probe_drafts.get_mut(at)
    }

    fn file(
        &mut self,
        scope: TypeScope,
        rule: Posting,
        keys: &[&AccessKey<'r>],
        secondary: Option<SecondaryChoice>,
    ) {
        let classes = |key: &&&AccessKey<'_>| match key.what {
            KeyKind::Classes(mask) => mask.count_ones() as usize,
            _ => 1,
        };
        let count = keys.iter().map(|key| classes(&key)).sum::<usize>();
        self.cost.keys = self.cost.keys.saturating_add(count);
        let posting = rule.with(Posting::SEVERAL_KEYS, count > 1);
        let secondary = secondary.map(|secondary| {
            let secondary_keys = &mut self.secondary_keys;
            let index = *self
                .known_secondary_keys
                .or_insert_with(secondary.form, || {
                    secondary_keys.push(secondary.form);
                    u32::try_from(secondary_keys.len().saturating_sub(1)).unwrap_or(u32::MAX)
                });
            (index, secondary.hash)
        });
        for one in keys {
            let hash_key = table_key(scope, one);
            let Some(draft) = self.draft(scope, one.source) else {
                continue;
            };
            match &one.what {
                KeyKind::Table(op, _) => draft.ops |= bit(*op),
                KeyKind::Edge(op, length, _) => {
                    draft.ops |= bit(*op);
                    match op {
                        KeyOp::Begins => draft.prefixes.insert(*length),
                        KeyOp::BeginsFolded => draft.folded_prefixes.insert(*length),
                        KeyOp::Ends => draft.suffixes.insert(*length),
                        _ => draft.folded_suffixes.insert(*length),
                    };
                }
                KeyKind::Network(of) => {
                    draft.ops |= bit(KeyOp::Network);
                    draft.networks.insert(network(*of).1);
                }
                KeyKind::Range(kind, low, high) => {
                    if let Some(ranges) = draft.ranges.get_mut(kind.slot()) {
                        ranges.push((*low, *high, posting));
                    }
                }
                KeyKind::Within(folded, text) => match folded {
                    true => draft.texts_folded.push((text.clone(), posting)),
                    false => draft.texts.push((text.clone(), posting)),
                },
                KeyKind::Classes(mask) => {
                    draft.classes |= mask;
                    for class in class::each(*mask) {
                        let key = key(one.source, KeyOp::Class, u64::from(class));
                        self.entries.push(NewPosting {
                            key: scoped(scope, key),
                            posting,
                            text: None,
                            secondary: None,
                        });
                    }
                }
            }
            if let Some(hash_key) = hash_key {
                let text = one.text.as_deref().filter(|_| is_proven(one));
                self.entries.push(NewPosting {
                    key: hash_key,
                    posting,
                    text: text.and_then(|text| self.key_texts.add(text)),
                    secondary,
                });
            }
        }
    }

    fn finish(mut self, set: &RuleSet, mut index: Index, sources: ValueSources) -> Index {
        let (mut ranges, mut texts, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        let mut probes: Vec<Vec<Probe>> = vec![Vec::new(); self.always.len()];
        let last = probes.len().saturating_sub(1);
        for draft in self.probe_drafts {
            let scope = draft.scope;
            let at = if scope == TypeScope::ANY {
                last
            } else {
                scope.0 as usize
            };
            if let Some(probes) = probes.get_mut(at) {
                let is_path = sources.from(draft.source) == SourceOrigin::Data;
                probes.push(draft.finish(&mut ranges, &mut texts, &mut lengths, is_path));
            }
        }
        for (at, (mut probes, always)) in probes.into_iter().zip(self.always).enumerate() {
            let rules = index.by_type.get(at).unwrap_or(&index.any);
            let windows = rules
                .iter()
                .filter_map(|id| set.rules.get(id.0 as usize))
                .map(|rule| rule.active);
            let windows: Vec<Window> = windows.collect();
            probes.sort_unstable_by_key(|probe| probe.source);
            let those = |which: &dyn Fn(&Probe) -> bool| -> Box<[u32]> {
                let places = (0_u32..).zip(&probes);
                let those = places.filter(|(_, probe)| which(probe));
                those.map(|(index, _)| index).collect()
            };
            let is_elsewhere = |probe: &Probe| sources.from(probe.source) == SourceOrigin::Other;
            index.plans.push(LookupPlan {
                missed: those(&|probe| probe.finds_missing() && !is_elsewhere(probe)),
                elsewhere: those(&is_elsewhere),
                probes: probes.into(),
                always: always.into(),
                windows: Windows::merge(windows),
            });
        }
        index.structures = Structures {
            table: KeyTable::build(self.entries, &self.key_texts),
            lengths: lengths.into(),
            ranges: ranges.into(),
            texts: texts.into(),
            secondary_keys: self.secondary_keys.into(),
        };
        self.cost.rules = set.rules.len();
        self.cost.predicates = index.conditions.tests();
        self.cost.shared = index.conditions.memos();
        self.cost.sources = sources.len();
        index.path_trie = PathTrie::build(&sources);
        self.cost.parts = size_of_parts(&index, &sources);
        index.sources = sources;
        index.cost = self.cost;
        index
    }
}

impl ProbeDraft<'_> {
    fn new(scope: TypeScope, source: ValueSourceId) -> Self {
        Self {
            scope,
            source,
            ops: 0,
            classes: 0,
            prefixes: BTreeSet::new(),
            folded_prefixes: BTreeSet::new(),
            suffixes: BTreeSet::new(),
            folded_suffixes: BTreeSet::new(),
            networks: BTreeSet::new(),
            ranges: Default::default(),
            texts: Vec::new(),
            texts_folded: Vec::new(),
        }
    }

    fn finish(
        self,
        ranges: &mut Vec<Ranges>,
        texts: &mut Vec<SubstringSet>,
        lengths: &mut Vec<u32>,
        is_path: bool,
    ) -> Probe {
        let length = |lengths: &Vec<u32>| u32::try_from(lengths.len()).unwrap_or(u32::MAX);
        let mut span = |set: BTreeSet<u32>| {
            let from = length(lengths);
            lengths.extend(set);
            LengthRange {
                from,
                until: length(lengths),
            }
        };
        let mut text = |all: Vec<(Cow<'_, str>, Posting)>| {
            if all.is_empty() {
                return None;
            }
            texts.push(SubstringSet::build(all));
            u32::try_from(texts.len().saturating_sub(1)).ok()
        };
        let range = |draft: range::RangeEntries| {
            if draft.is_empty() {
                return None;
            }
            ranges.push(Ranges::build(draft));
            u32::try_from(ranges.len().saturating_sub(1)).ok()
        };
        let has_others = self.ranges.iter().any(|draft| !draft.is_empty())
            || !(self.texts.is_empty() && self.texts_folded.is_empty());
        Probe {
            is_plain: is_path && self.ops & !PLAIN_OPS == 0 && self.classes == 0 && !has_others,
            is_path,
            source: self.source,
            ops: self.ops,
            classes: self.classes,
            prefixes: span(self.prefixes),
            folded_prefixes: span(self.folded_prefixes),
            suffixes: span(self.suffixes),
            folded_suffixes: span(self.folded_suffixes),
            networks: span(self.networks),
            ranges: self.ranges.map(range),
            texts: text(self.texts),
            texts_folded: text(self.texts_folded),
        }
    }
}
