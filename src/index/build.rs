//! Files rules: counts what they share, chooses a key for each, and lays the index out. Looks nothing up.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::collections::map::Map;
use crate::hir::{Expr, On, Rule, RuleId, RuleSet, TypeId, Window};

use super::access_key::{Access, Key, Op, What, access, class};
use super::condition::{Conditions, Interner};
use super::cost::Cost;
use super::key_hash;
use super::key_hash::{FixedState, mix};
use super::names::Names;
use super::path_trie::PathTrie;
use super::probe::{Form, PLAIN, Probe, Span, Structures, bit, edge, key, network, scoped};
use super::range;
use super::range::{Ends, Kind, Ranges};
use super::source::{From, Sources, ValueSourceId};
use super::table::{Draft, LONGEST, Table, Words};
use super::text::Texts;
use super::windows::Windows;
use super::{Index, Plan, Posting, Start, TypeScope};

/// A rule on more types than this is filed in each under few keys, or kept in their lists.
const MANY_TYPES: usize = 8;
const FEW_KEYS: usize = 64;

/// The price of a key that every event has; of others, the part of events that is likely to have it.
const EVERY: u64 = 1 << 24;

/// From how many rules on a list is divided by a second key.
const CROWD: usize = 8;

pub(super) fn build(set: &RuleSet) -> Index {
    let rules = || {
        (0_u32..)
            .map(RuleId)
            .zip(set.rules.iter().map(|rule| &**rule))
    };
    let mut index = listen(set);
    let mut sources = Sources::default();
    let mut interner = Interner::new(set.rules.len());
    let mut counts = Counts {
        shared: Map::with_capacity(set.rules.len()),
        ..Counts::default()
    };
    for (id, rule) in rules() {
        interner.add(id, rule, &mut sources);
        let Some(when) = &rule.when else { continue };
        let ways = access(when, true, &mut sources);
        let scopes = Scopes::of(rule);
        if !scopes.are_too_many_for(&ways) {
            for scope in scopes {
                counts.add(scope, &ways);
            }
        }
    }
    let (conditions, uses) = interner.finish();
    index.conditions = conditions;
    counts.sort();
    let mut filing = Filing::new(set.types.len());
    for (id, rule) in rules() {
        let scopes = Scopes::of(rule);
        let Some(when) = &rule.when else {
            filing.cost.unconditional = filing.cost.unconditional.saturating_add(1);
            let posting = entry(&index.conditions, id, rule);
            scopes.for_each(|scope| filing.always(scope, posting));
            continue;
        };
        let ways = access(when, true, &mut sources);
        let mut is_keyed = true;
        let too_many = scopes.are_too_many_for(&ways);
        let whole = entry(&index.conditions, id, rule);
        let mut rests = Rests::new(when);
        for scope in scopes {
            let mut chosen = Vec::new();
            if !too_many && counts.choose(scope, &ways, &mut chosen) {
                let mut posting = whole;
                posting.start =
                    rests.behind(&chosen, &mut index.conditions, whole.start, &mut sources);
                let second = counts.second(scope, &ways, &chosen, &sources);
                filing.file(scope, posting, &chosen, second);
            } else {
                is_keyed = false;
                filing.always(scope, whole);
            }
        }
        if !is_keyed {
            filing.cost.unkeyed = filing.cost.unkeyed.saturating_add(1);
        }
    }
    drop(counts);
    index.conditions.arrange(&uses);
    filing.finish(set, index, sources)
}

/// What is left of a rule's condition behind its keys.
struct Rests<'w, 'r> {
    parts: &'r [Expr],
    /// That of the last keys: the same are chosen for most of a rule's types.
    last: Option<(Vec<&'w Key<'r>>, Start)>,
}

impl<'w, 'r> Rests<'w, 'r> {
    const fn new(when: &'r Expr) -> Self {
        Self {
            parts: match when {
                Expr::And(parts) => parts,
                expr => std::slice::from_ref(expr),
            },
            last: None,
        }
    }

    /// Inside of a range all parts are true that ask for a range of the same value; where a text is
    /// found, so is the part that asks for it or for others.
    fn behind(
        &mut self,
        chosen: &[&'w Key<'r>],
        conditions: &mut Conditions,
        whole: Start,
        sources: &mut Sources,
    ) -> Start {
        let Some(first) = chosen.first() else {
            return whole;
        };
        let range = match first.what {
            What::Range(kind, ..) if chosen.len() == 1 => Some(kind),
            _ if chosen.iter().all(|key| is_proven(key)) => None,
            _ => return whole,
        };
        let is_last = |last: &[&Key<'_>]| {
            let mut pairs = last.iter().zip(chosen);
            last.len() == chosen.len() && pairs.all(|(one, other)| std::ptr::eq(*one, *other))
        };
        if let Some((last, start)) = &self.last
            && is_last(last)
        {
            return *start;
        }
        let is_known = |part: &Expr, sources: &mut Sources| {
            let Access::Under(keys) = access(part, true, sources) else {
                return false;
            };
            let is_same = |(key, chosen): (&Key<'_>, &&Key<'_>)| {
                (key.source, &key.text) == (chosen.source, &chosen.text)
                    && place(TypeScope::ANY, key) == place(TypeScope::ANY, chosen)
            };
            match (range, &*keys) {
                (Some(kind), [key]) => {
                    key.source == first.source
                        && matches!(key.what, What::Range(other, ..) if other == kind)
                }
                (Some(_), _) => false,
                (None, keys) => keys.len() == chosen.len() && keys.iter().zip(chosen).all(is_same),
            }
        };
        let places: Vec<usize> = (0_usize..)
            .zip(self.parts)
            .filter(|(_, part)| is_known(part, sources))
            .map(|(place, _)| place)
            .collect();
        let start = match self.parts {
            [_] if places.len() == 1 => Start::HOLDS,
            [_] => whole,
            parts => conditions.without(whole, parts.len(), &places),
        };
        self.last = Some((chosen.to_vec(), start));
        start
    }
}

/// Whether its text stands with the list that is filed under it.
fn is_proven(key: &Key<'_>) -> bool {
    key.text.as_ref().is_some_and(|text| text.len() <= LONGEST)
}

fn entry(conditions: &Conditions, id: RuleId, rule: &Rule) -> Posting {
    let has_window = rule.active != Window::default();
    Posting::new(id, conditions.start(id)).with(Posting::WINDOW, has_window)
}

/// The rules by the types that they listen to, in order.
fn listen(set: &RuleSet) -> Index {
    let mut order: Vec<(RuleId, &Rule)> = (0_u32..)
        .map(RuleId)
        .zip(set.rules.iter().map(|rule| &**rule))
        .collect();
    // Stable: of equal priorities the place in the rule set decides.
    order.sort_by_key(|(_, rule)| Reverse(rule.priority));
    let mut index = Index {
        types: Names::build(set.types.iter().map(|ty| &*ty.name)),
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
        // Every rule has its own place.
        index.rank = Vec::new();
    }
    index
}

/// The scopes of a rule.
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

    fn are_too_many_for(&self, ways: &Access<'_>) -> bool {
        self.types.len() > MANY_TYPES && key_count(ways) > FEW_KEYS
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

fn key_count(ways: &Access<'_>) -> usize {
    match ways {
        Access::Open => 0,
        Access::Under(keys) => keys.len(),
        Access::One(ways) | Access::Every(ways) => {
            ways.iter().map(key_count).fold(0, usize::saturating_add)
        }
    }
}

/// The key's place in the table, in one scope; `None` for ranges and texts within, which have none.
fn place(scope: TypeScope, one: &Key<'_>) -> Option<u64> {
    let (op, hash) = match &one.what {
        What::Table(op, hash) => (*op, *hash),
        What::Edge(op, length, hash) => (*op, edge(*length, *hash)),
        What::Network(of) => (Op::Network, network(*of).0),
        What::Classes(_) | What::Range(..) | What::Within(..) => return None,
    };
    Some(scoped(scope, key(one.source, op, hash)))
}

/// Keys of one family, of which no value has many: what they are found by besides a value.
fn family(scope: TypeScope, one: &Key<'_>) -> u64 {
    let (op, length) = match &one.what {
        What::Table(op, _) => (*op, 0),
        What::Edge(op, length, _) => (*op, *length),
        What::Network(of) => (Op::Network, network(*of).1),
        // Told apart from classes by the length.
        What::Within(folded, _) => (Op::Class, if *folded { 2 } else { 1 }),
        What::Classes(_) | What::Range(..) => (Op::Class, 0),
    };
    scoped(scope, key(one.source, op, u64::from(length)))
}

/// How many rules share each key.
#[derive(Debug, Default)]
struct Counts {
    shared: Map<u64, u32, FixedState>,
    /// The same of all keys of a family.
    families: Map<u64, u32, FixedState>,
    ends: Map<(TypeScope, ValueSourceId, Kind), usize, FixedState>,
    all_ends: Vec<Ends>,
}

/// A second key, for where too many rules share the first: where it is looked for, and what.
#[derive(Clone, Copy, Debug)]
struct Second {
    form: Form,
    hash: u64,
}

impl Counts {
    fn add(&mut self, scope: TypeScope, ways: &Access<'_>) {
        match ways {
            Access::Open => {}
            Access::One(ways) | Access::Every(ways) => {
                for way in ways {
                    self.add(scope, way);
                }
            }
            Access::Under(keys) => {
                for key in keys {
                    self.count(scope, key);
                }
            }
        }
    }

    fn count(&mut self, scope: TypeScope, key: &Key<'_>) {
        if let What::Range(kind, low, high) = key.what {
            let all = &mut self.all_ends;
            let at = *self.ends.or_insert_with((scope, key.source, kind), || {
                all.push(Ends::default());
                all.len().saturating_sub(1)
            });
            if let Some(ends) = all.get_mut(at) {
                ends.add(low, high);
            }
        } else if let Some(place) = place(scope, key).or_else(|| text_place(scope, key)) {
            let count = self.shared.or_insert_with(place, || 0);
            *count = count.saturating_add(1);
            let count = self.families.or_insert_with(family(scope, key), || 0);
            *count = count.saturating_add(1);
        }
    }

    fn sort(&mut self) {
        self.all_ends.iter_mut().for_each(Ends::sort);
    }

    /// What it costs to file a rule so; `None`: it cannot be filed so.
    fn price(&self, scope: TypeScope, ways: &Access<'_>) -> Option<u64> {
        match ways {
            Access::Open => None,
            Access::Under(keys) => Some(
                keys.iter()
                    .map(|key| self.price_of(scope, key))
                    .fold(0, u64::saturating_add),
            ),
            Access::One(ways) => ways.iter().filter_map(|way| self.price(scope, way)).min(),
            Access::Every(ways) => ways.iter().try_fold(0_u64, |sum, way| {
                Some(sum.saturating_add(self.price(scope, way)?))
            }),
        }
    }

    /// How many events are likely to have the key, if values come in events as often as in rules, and
    /// there are some more than rules write; and a little more where it is dearer to find.
    fn price_of(&self, scope: TypeScope, key: &Key<'_>) -> u64 {
        let part = |sharing: u64, all: u64| {
            let all = all.saturating_add(1 << key.rarity);
            sharing
                .saturating_mul(EVERY)
                .checked_div(all)
                .unwrap_or(EVERY)
        };
        let shared = |place: Option<u64>| {
            let count = place.and_then(|place| self.shared.value(&place));
            let all = self.families.value(&family(scope, key));
            let one = |count: Option<&u32>| u64::from(count.copied().unwrap_or(1));
            part(one(count), one(all))
        };
        let (part, dearer) = match &key.what {
            What::Table(..) => (shared(place(scope, key)), 0),
            What::Network(_) => (shared(place(scope, key)), 2),
            What::Edge(_, length, _) => {
                (shared(place(scope, key)), if *length < 4 { 3 } else { 2 })
            }
            What::Range(kind, low, high) => {
                let at = self.ends.value(&(scope, key.source, *kind));
                let ends = at.and_then(|at| self.all_ends.get(*at));
                let (sharing, all) = ends.map_or((1, 1), |ends| ends.shared(*low, *high));
                let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
                (part(count(sharing), count(all)), 3)
            }
            What::Within(_, text) => (
                shared(text_place(scope, key)),
                if text.len() < 4 { 6 } else { 4 },
            ),
            What::Classes(_) => (EVERY, 5),
        };
        part.saturating_add(dearer)
    }

    /// Chooses the keys to file a rule under; false where it is better looked at always.
    fn choose<'w, 'r>(
        &self,
        scope: TypeScope,
        ways: &'w Access<'r>,
        chosen: &mut Vec<&'w Key<'r>>,
    ) -> bool {
        let worth = self.price(scope, ways);
        // An `in` of many values costs little by being long: no event has more than one of them.
        worth.is_some_and(|price| price <= EVERY.saturating_add(CROWD as u64) || only_values(ways))
            && self.collect(scope, ways, chosen)
    }

    fn collect<'w, 'r>(
        &self,
        scope: TypeScope,
        ways: &'w Access<'r>,
        chosen: &mut Vec<&'w Key<'r>>,
    ) -> bool {
        match ways {
            Access::Open => false,
            Access::Under(keys) => {
                chosen.extend(keys);
                true
            }
            Access::One(ways) => {
                let priced = ways
                    .iter()
                    .filter_map(|way| Some((self.price(scope, way)?, way)));
                let best = priced.min_by_key(|(price, _)| *price);
                best.is_some_and(|(_, way)| self.collect(scope, way, chosen))
            }
            Access::Every(ways) => ways.iter().all(|way| self.collect(scope, way, chosen)),
        }
    }

    /// Of the other keys of a rule the one that the fewest events are likely to have, if that tells
    /// much and it is one that can be looked for behind another.
    fn second(
        &self,
        scope: TypeScope,
        ways: &Access<'_>,
        chosen: &[&Key<'_>],
        sources: &Sources,
    ) -> Option<Second> {
        let Access::One(ways) = ways else {
            return None;
        };
        let others = ways.iter().filter_map(|way| match way {
            Access::Under(keys) => match &**keys {
                [key] if !chosen.iter().any(|one| std::ptr::eq(*one, key)) => Some(key),
                _ => None,
            },
            _ => None,
        });
        let formed = others.filter_map(|key| {
            if sources.from(key.source) != From::Data {
                return None;
            }
            let (edge, length, hash) = match key.what {
                What::Table(Op::Equal, hash) => (None, 0, hash),
                What::Edge(op @ (Op::Begins | Op::Ends), length, hash) => {
                    (Some(op == Op::Begins), length, edge(length, hash))
                }
                _ => return None,
            };
            let form = Form {
                source: key.source,
                edge,
                length,
            };
            Some((self.price_of(scope, key), Second { form, hash }))
        });
        let best = formed.min_by_key(|(price, _)| *price);
        best.filter(|(price, _)| *price < EVERY / 4)
            .map(|(_, second)| second)
    }
}

/// Whether all that a rule could be filed under is single values and texts, however many.
fn only_values(ways: &Access<'_>) -> bool {
    match ways {
        Access::Open => false,
        Access::Under(keys) => keys
            .iter()
            .all(|key| !matches!(key.what, What::Classes(_) | What::Range(..))),
        Access::One(ways) => ways.iter().any(only_values),
        Access::Every(ways) => ways.iter().all(only_values),
    }
}

/// Where a text within is counted.
fn text_place(scope: TypeScope, one: &Key<'_>) -> Option<u64> {
    match &one.what {
        What::Within(folded, text) => {
            let hash = mix(key_hash::text(text.as_bytes()), u64::from(*folded));
            // No other key of a source has this operator.
            Some(scoped(scope, mix(key(one.source, Op::Ends, hash), hash)))
        }
        _ => None,
    }
}

/// Rules being filed.
#[derive(Debug)]
struct Filing<'r> {
    entries: Vec<Draft>,
    words: Words,
    always: Vec<Vec<Posting>>,
    /// Where second keys are looked for.
    forms: Vec<Form>,
    known_forms: Map<Form, u32, FixedState>,
    drafts: Vec<ProbeDraft<'r>>,
    known: Map<(TypeScope, ValueSourceId), usize, FixedState>,
    cost: Cost,
}

/// A probe being made.
#[derive(Debug)]
struct ProbeDraft<'r> {
    scope: TypeScope,
    source: ValueSourceId,
    ops: u16,
    classes: u16,
    begins: BTreeSet<u32>,
    begins_folded: BTreeSet<u32>,
    ends: BTreeSet<u32>,
    ends_folded: BTreeSet<u32>,
    networks: BTreeSet<u32>,
    ranges: [range::Draft; 3],
    texts: Vec<(Cow<'r, str>, Posting)>,
    texts_folded: Vec<(Cow<'r, str>, Posting)>,
}

impl<'r> Filing<'r> {
    fn new(types: usize) -> Self {
        Self {
            entries: Vec::new(),
            words: Words::default(),
            // One more for `on *`.
            always: vec![Vec::new(); types.saturating_add(1)],
            forms: Vec::new(),
            known_forms: Map::new(),
            drafts: Vec::new(),
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
        let drafts = &mut self.drafts;
        let at = *self.known.or_insert_with((scope, source), || {
            drafts.push(ProbeDraft::new(scope, source));
            drafts.len().saturating_sub(1)
        });
        drafts.get_mut(at)
    }

    fn file(&mut self, scope: TypeScope, rule: Posting, keys: &[&Key<'r>], second: Option<Second>) {
        let classes = |key: &&&Key<'_>| match key.what {
            What::Classes(mask) => mask.count_ones() as usize,
            _ => 1,
        };
        let count = keys.iter().map(|key| classes(&key)).sum::<usize>();
        self.cost.keys = self.cost.keys.saturating_add(count);
        let posting = rule.with(Posting::SEVERAL, count > 1);
        let second = second.map(|second| {
            let forms = &mut self.forms;
            let place = *self.known_forms.or_insert_with(second.form, || {
                forms.push(second.form);
                u32::try_from(forms.len().saturating_sub(1)).unwrap_or(u32::MAX)
            });
            (place, second.hash)
        });
        for one in keys {
            let table_place = place(scope, one);
            let Some(draft) = self.draft(scope, one.source) else {
                continue;
            };
            match &one.what {
                What::Table(op, _) => draft.ops |= bit(*op),
                What::Edge(op, length, _) => {
                    draft.ops |= bit(*op);
                    match op {
                        Op::Begins => draft.begins.insert(*length),
                        Op::BeginsFolded => draft.begins_folded.insert(*length),
                        Op::Ends => draft.ends.insert(*length),
                        _ => draft.ends_folded.insert(*length),
                    };
                }
                What::Network(of) => {
                    draft.ops |= bit(Op::Network);
                    draft.networks.insert(network(*of).1);
                }
                What::Range(kind, low, high) => {
                    if let Some(ranges) = draft.ranges.get_mut(kind.place()) {
                        ranges.push((*low, *high, posting));
                    }
                }
                What::Within(folded, text) => match folded {
                    true => draft.texts_folded.push((text.clone(), posting)),
                    false => draft.texts.push((text.clone(), posting)),
                },
                What::Classes(mask) => {
                    draft.classes |= mask;
                    for class in class::each(*mask) {
                        let key = key(one.source, Op::Class, u64::from(class));
                        self.entries.push(Draft {
                            key: scoped(scope, key),
                            posting,
                            text: None,
                            second: None,
                        });
                    }
                }
            }
            if let Some(place) = table_place {
                let text = one.text.as_deref().filter(|_| is_proven(one));
                self.entries.push(Draft {
                    key: place,
                    posting,
                    text: text.and_then(|text| self.words.add(text)),
                    second,
                });
            }
        }
    }

    fn finish(mut self, set: &RuleSet, mut index: Index, sources: Sources) -> Index {
        let (mut ranges, mut texts, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        let mut probes: Vec<Vec<Probe>> = vec![Vec::new(); self.always.len()];
        let last = probes.len().saturating_sub(1);
        for draft in self.drafts {
            let scope = draft.scope;
            let at = if scope == TypeScope::ANY {
                last
            } else {
                scope.0 as usize
            };
            if let Some(probes) = probes.get_mut(at) {
                let is_path = sources.from(draft.source) == From::Data;
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
                those.map(|(place, _)| place).collect()
            };
            let is_elsewhere = |probe: &Probe| sources.from(probe.source) == From::Elsewhere;
            index.plans.push(Plan {
                missed: those(&|probe| probe.finds_missing() && !is_elsewhere(probe)),
                elsewhere: those(&is_elsewhere),
                probes: probes.into(),
                always: always.into(),
                windows: Windows::merge(windows),
            });
        }
        index.structures = Structures {
            table: Table::build(self.entries, &self.words),
            lengths: lengths.into(),
            ranges: ranges.into(),
            texts: texts.into(),
            forms: self.forms.into(),
        };
        self.cost.rules = set.rules.len();
        self.cost.predicates = index.conditions.tests();
        self.cost.shared = index.conditions.memos();
        self.cost.sources = sources.len();
        index.path_trie = PathTrie::build(&sources);
        self.cost.parts = weigh(&index, &sources);
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
            begins: BTreeSet::new(),
            begins_folded: BTreeSet::new(),
            ends: BTreeSet::new(),
            ends_folded: BTreeSet::new(),
            networks: BTreeSet::new(),
            ranges: Default::default(),
            texts: Vec::new(),
            texts_folded: Vec::new(),
        }
    }

    fn finish(
        self,
        ranges: &mut Vec<Ranges>,
        texts: &mut Vec<Texts>,
        lengths: &mut Vec<u32>,
        is_path: bool,
    ) -> Probe {
        let length = |lengths: &Vec<u32>| u32::try_from(lengths.len()).unwrap_or(u32::MAX);
        let mut span = |set: BTreeSet<u32>| {
            let from = length(lengths);
            lengths.extend(set);
            Span {
                from,
                until: length(lengths),
            }
        };
        let mut text = |all: Vec<(Cow<'_, str>, Posting)>| {
            if all.is_empty() {
                return None;
            }
            texts.push(Texts::build(all));
            u32::try_from(texts.len().saturating_sub(1)).ok()
        };
        let range = |draft: range::Draft| {
            if draft.is_empty() {
                return None;
            }
            ranges.push(Ranges::build(draft));
            u32::try_from(ranges.len().saturating_sub(1)).ok()
        };
        let has_others = self.ranges.iter().any(|draft| !draft.is_empty())
            || !(self.texts.is_empty() && self.texts_folded.is_empty());
        Probe {
            is_plain: is_path && self.ops & !PLAIN == 0 && self.classes == 0 && !has_others,
            is_path,
            source: self.source,
            ops: self.ops,
            classes: self.classes,
            begins: span(self.begins),
            begins_folded: span(self.begins_folded),
            ends: span(self.ends),
            ends_folded: span(self.ends_folded),
            networks: span(self.networks),
            ranges: self.ranges.map(range),
            texts: text(self.texts),
            texts_folded: text(self.texts_folded),
        }
    }
}

/// The bytes of each part.
fn weigh(index: &Index, sources: &Sources) -> Vec<(&'static str, usize)> {
    let rules = |all: &[RuleId]| size_of_val(all);
    let plan = |plan: &Plan| {
        size_of::<Plan>()
            .saturating_add(size_of_val(&*plan.probes))
            .saturating_add(size_of_val(&*plan.missed))
            .saturating_add(size_of_val(&*plan.elsewhere))
            .saturating_add(size_of_val(&*plan.always))
            .saturating_add(plan.windows.bytes())
    };
    let own = |own: &Vec<RuleId>| size_of::<Vec<RuleId>>().saturating_add(rules(own));
    let order = index.by_type.iter().map(own).sum::<usize>();
    let order = order
        .saturating_add(rules(&index.any))
        .saturating_add(size_of_val(&*index.rank));
    let mut parts = vec![
        ("order", order),
        ("conditions", index.conditions.bytes()),
        ("sources", sources.bytes()),
        ("paths", index.path_trie.bytes()),
        ("plans", index.plans.iter().map(plan).sum()),
    ];
    parts.extend(index.structures.bytes());
    parts
}
