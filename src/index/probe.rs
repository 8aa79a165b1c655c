//! Looks up the keys of one value and collects the rules posted under them.

use crate::hir::pattern::Network;
use crate::json::document::{Datum, Value};
use crate::text::case_fold::fold_char;

use super::access_key::{KeyOp, class, class_of};
use super::key_hash;
use super::key_hash::{Edges, mix};
use super::range;
use super::range::Ranges;
use super::source::ValueSourceId;
use super::table::{KeyProof, KeyTable, combined_key};
use super::text::SubstringSet;
use super::{Posting, TypeScope};

/// The kinds of keys that exist for one source in one scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    pub(crate) source: ValueSourceId,
    /// One bit per [`KeyOp`] in use.
    pub(super) ops: u16,
    /// The value classes in use.
    pub(super) classes: u16,
    /// The lengths in use of prefixes and suffixes, exact and folded, and of networks.
    pub(super) prefixes: LengthRange,
    pub(super) folded_prefixes: LengthRange,
    pub(super) suffixes: LengthRange,
    pub(super) folded_suffixes: LengthRange,
    pub(super) networks: LengthRange,
    /// Indexed by kind of range: index into [`Structures::ranges`].
    pub(super) ranges: [Option<u32>; 3],
    pub(super) texts: Option<u32>,
    pub(super) texts_folded: Option<u32>,
    /// True if the source is a path of the event's data with no other keys than values, prefixes
    /// and suffixes.
    pub(super) is_plain: bool,
    /// True if the source is a path of the event's data.
    pub(super) is_path: bool,
}

impl Probe {
    pub(crate) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Returns whether the source is a path of the event's data, neither computed from one nor from
    /// elsewhere.
    pub(crate) const fn is_path(&self) -> bool {
        self.is_path
    }

    /// Returns whether a missing value finds rules.
    pub(crate) const fn finds_missing(&self) -> bool {
        self.classes & class::MISSING != 0
    }
}

/// A range of [`Structures::lengths`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LengthRange {
    pub(super) from: u32,
    pub(super) until: u32,
}

/// All lookup structures of an index.
#[derive(Clone, Debug, Default)]
pub(super) struct Structures {
    pub(super) table: KeyTable,
    /// The lengths in use, sorted within each range.
    pub(super) lengths: Box<[u32]>,
    pub(super) ranges: Box<[Ranges]>,
    pub(super) texts: Box<[SubstringSet]>,
    /// The secondary keys in use.
    pub(super) secondary_keys: Box<[SecondaryKey]>,
}

/// The property of a value that is used as a secondary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SecondaryKey {
    pub(super) source: ValueSourceId,
    /// `Some(true)` for the prefix, `Some(false)` for the suffix, `None` for the whole value.
    pub(super) edge: Option<bool>,
    pub(super) length: u32,
}

impl SecondaryKey {
    fn hash(&self, value: Value<'_>) -> Option<u64> {
        let datum = value.datum();
        let Some(begins) = self.edge else {
            return key_hash::datum(&datum);
        };
        let Datum::Text(text) = datum else {
            return None;
        };
        let (bytes, length) = (text.as_bytes(), self.length as usize);
        if length > bytes.len() {
            return None;
        }
        let mut edge_hashes = Edges::of(bytes);
        let hash = match begins {
            true => edge_hashes.beginning(length),
            false => edge_hashes.ending(length),
        };
        Some(edge(self.length, hash))
    }
}

/// The rules found for one event, and scratch memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hits {
    /// Posted under one key, so each rule occurs once.
    pub(crate) once: Vec<Posting>,
    /// Posted under several keys, so a rule may occur repeatedly.
    pub(crate) several: Vec<Posting>,
    /// The number of keys looked up.
    pub(crate) lookups: u64,
    /// Keys whose list is split: the key, the index of the secondary key, and whether the primary
    /// key is proven.
    splits: Vec<(u64, u32, bool)>,
    /// Indexed by secondary key: the generation, and the hash of the event's value.
    second_hashes: Vec<(u32, Option<u64>)>,
    generation: u32,
    folded: String,
    hits: Vec<u32>,
    keys: Vec<u64>,
}

impl Hits {
    pub(crate) fn clear(&mut self) {
        self.once.clear();
        self.several.clear();
        self.splits.clear();
        self.lookups = 0;
    }
}

impl Hits {
    /// Starts a new generation for this number of secondary keys.
    fn next_generation(&mut self, secondary_keys: usize) {
        if self.second_hashes.len() < secondary_keys {
            self.second_hashes = vec![(0, None); secondary_keys];
        }
        self.generation = match self.generation.checked_add(1) {
            Some(generation) => generation,
            None => {
                self.second_hashes = vec![(0, None); self.second_hashes.len()];
                1
            }
        };
    }
}

/// Returns the key of a value at a source, before the scope is mixed in.
pub(super) const fn key(source: ValueSourceId, op: KeyOp, hash: u64) -> u64 {
    mix(((source.0 as u64) << 8) | op as u64, hash)
}

pub(super) const fn scoped(scope: TypeScope, key: u64) -> u64 {
    mix(key, scope.0 as u64)
}

/// Returns the hash of a prefix or suffix of this length.
pub(super) const fn edge(length: u32, hash: u64) -> u64 {
    mix(hash, length as u64)
}

/// Returns the hash of a network and the code of its length.
pub(super) fn network(network: Network) -> (u64, u32) {
    let (bits, family) = match network.address() {
        std::net::IpAddr::V4(address) => (u128::from(address.to_bits()), 0),
        std::net::IpAddr::V6(address) => (address.to_bits(), 256),
    };
    let length = family | u32::from(network.prefix());
    let [low, high] = [bits, bits >> 64].map(|half| u64::try_from(half & u128::from(u64::MAX)));
    let bits = mix(low.unwrap_or_default(), high.unwrap_or_default());
    (mix(bits, u64::from(length)), length)
}

pub(super) const fn bit(op: KeyOp) -> u16 {
    1 << op as u16
}

/// The operators that a plain probe supports.
pub(super) const PLAIN_OPS: u16 = bit(KeyOp::Equal) | bit(KeyOp::Begins) | bit(KeyOp::Ends);

/// The lookup of one value.
struct ValueLookup<'a> {
    structures: &'a Structures,
    scope: TypeScope,
    probe: &'a Probe,
    hits: &'a mut Hits,
}

impl Structures {
    /// As [`Structures::lookup`], for a text and a plain probe.
    #[inline]
    pub(super) fn lookup_text(
        &self,
        scope: TypeScope,
        probe: &Probe,
        text: &[u8],
        hits: &mut Hits,
    ) {
        let mut look = ValueLookup {
            structures: self,
            scope,
            probe,
            hits,
        };
        if probe.ops & bit(KeyOp::Equal) != 0 {
            look.lookup_with_proof(KeyOp::Equal, key_hash::text(text), KeyProof::Text(text));
        }
        look.edge_hashes(KeyOp::Begins, text, probe.prefixes);
        look.edge_hashes(KeyOp::Ends, text, probe.suffixes);
    }

    /// Adds the rules posted under the keys of `datum`.
    pub(super) fn lookup(
        &self,
        scope: TypeScope,
        probe: &Probe,
        datum: &Datum<'_>,
        hits: &mut Hits,
    ) {
        let mut look = ValueLookup {
            structures: self,
            scope,
            probe,
            hits,
        };
        if probe.ops & bit(KeyOp::Equal) != 0
            && let Some(hash) = key_hash::datum(datum)
        {
            let proof = match datum {
                Datum::Text(text) => KeyProof::Text(text.as_bytes()),
                _ => KeyProof::None,
            };
            look.lookup_with_proof(KeyOp::Equal, hash, proof);
        }
        look.lookup_other_keys(datum);
    }

    /// Looks up secondary keys for each primary key found.
    pub(super) fn lookup_second_keys<'a>(
        &self,
        value: impl Fn(ValueSourceId) -> Option<Value<'a>>,
        hits: &mut Hits,
    ) {
        if hits.splits.is_empty() {
            return;
        }
        hits.next_generation(self.secondary_keys.len());
        let Hits {
            splits,
            second_hashes,
            generation,
            lookups,
            once,
            several,
            ..
        } = hits;
        for (first, index, is_proven) in &*splits {
            let (Some(form), Some(second)) = (
                self.secondary_keys.get(*index as usize),
                second_hashes.get_mut(*index as usize),
            ) else {
                continue;
            };
            if second.0 != *generation {
                *second = (
                    *generation,
                    value(form.source).and_then(|value| form.hash(value)),
                );
            }
            let Some(second) = second.1 else {
                continue;
            };
            *lookups = lookups.saturating_add(1);
            let key = combined_key(*first, *index, second);
            self.table
                .find(key, KeyProof::First(*first), &mut |posting| {
                    // The list of another key with the same hash may be split.
                    if posting.as_split().is_none() {
                        let whole = posting.whole();
                        add_hit(once, several, if *is_proven { posting } else { whole });
                    }
                });
        }
    }

    pub(super) fn bytes(&self) -> [(&'static str, usize); 5] {
        let sum = |all: &mut dyn Iterator<Item = usize>| all.fold(0, usize::saturating_add);
        [
            ("table", self.table.bytes()),
            ("lengths", size_of_val(&*self.lengths)),
            ("forms", size_of_val(&*self.secondary_keys)),
            ("ranges", sum(&mut self.ranges.iter().map(Ranges::bytes))),
            (
                "texts",
                sum(&mut self.texts.iter().map(SubstringSet::bytes)),
            ),
        ]
    }
}

impl ValueLookup<'_> {
    /// Looks up all keys that are not whole values.
    fn lookup_other_keys(&mut self, datum: &Datum<'_>) {
        let probe = self.probe;
        if probe.classes != 0 {
            let class = class_of(datum);
            if probe.classes & class != 0 {
                self.lookup_hash(KeyOp::Class, u64::from(class));
            }
        }
        if probe.ranges != [None; 3]
            && let Some((kind, key)) = range::key(datum)
            && let Some(Some(ranges)) = probe.ranges.get(kind.slot())
        {
            self.ranges(*ranges, key);
        }
        match datum {
            Datum::Text(text) => self.text(text),
            Datum::Node(value) if value.is_list() => self.members(*value),
            _ => {}
        }
    }

    #[inline]
    fn lookup_hash(&mut self, op: KeyOp, hash: u64) {
        self.lookup_with_proof(op, hash, KeyProof::None);
    }

    fn lookup_with_proof(&mut self, op: KeyOp, hash: u64, proof: KeyProof<'_>) {
        let key = scoped(self.scope, key(self.probe.source, op, hash));
        self.lookup_key(key, proof);
    }

    #[inline]
    fn lookup_key(&mut self, key: u64, proof: KeyProof<'_>) {
        self.hits.lookups = self.hits.lookups.saturating_add(1);
        let Hits {
            once,
            several,
            splits,
            ..
        } = &mut *self.hits;
        self.structures
            .table
            .find(key, proof, &mut |posting| match posting.as_split() {
                Some((form, is_proven)) => splits.push((key, form, is_proven)),
                None => add_hit(once, several, posting),
            });
    }

    const fn has(&self, op: KeyOp) -> bool {
        self.probe.ops & bit(op) != 0
    }

    fn ranges(&mut self, index: u32, key: u64) {
        if let Some(ranges) = self.structures.ranges.get(index as usize) {
            let Hits { once, several, .. } = &mut *self.hits;
            ranges.containing(key, &mut |posting, inside| {
                add_hit(
                    once,
                    several,
                    if inside { posting } else { posting.whole() },
                );
            });
        }
    }

    fn text(&mut self, text: &str) {
        let probe = self.probe;
        self.edge_hashes(KeyOp::Begins, text.as_bytes(), probe.prefixes);
        self.edge_hashes(KeyOp::Ends, text.as_bytes(), probe.suffixes);
        self.within(probe.texts, text);
        if self.has(KeyOp::Network)
            && let Ok(address) = text.parse::<std::net::IpAddr>()
        {
            self.networks(address);
        }
        let folding = bit(KeyOp::EqualFolded) | bit(KeyOp::BeginsFolded) | bit(KeyOp::EndsFolded);
        if probe.ops & folding != 0 || probe.texts_folded.is_some() {
            let mut folded = std::mem::take(&mut self.hits.folded);
            folded.clear();
            folded.extend(text.chars().map(fold_char));
            let bytes = folded.as_bytes();
            if self.has(KeyOp::EqualFolded) {
                self.lookup_hash(KeyOp::EqualFolded, key_hash::text(bytes));
            }
            self.edge_hashes(KeyOp::BeginsFolded, bytes, probe.folded_prefixes);
            self.edge_hashes(KeyOp::EndsFolded, bytes, probe.folded_suffixes);
            self.within(probe.texts_folded, &folded);
            self.hits.folded = folded;
        }
    }

    fn within(&mut self, index: Option<u32>, text: &str) {
        if let Some(texts) = index.and_then(|index| self.structures.texts.get(index as usize)) {
            let Hits {
                once,
                several,
                hits,
                ..
            } = &mut *self.hits;
            texts.within(text, hits, &mut |posting| add_hit(once, several, posting));
        }
    }

    /// Looks up all prefixes or suffixes of the lengths in use.
    #[inline]
    fn edge_hashes(&mut self, op: KeyOp, text: &[u8], lengths: LengthRange) {
        if lengths.from < lengths.until {
            self.lookup_edges(op, text, lengths);
        }
    }

    fn lookup_edges(&mut self, op: KeyOp, text: &[u8], lengths: LengthRange) {
        let structures = self.structures;
        let begins = matches!(op, KeyOp::Begins | KeyOp::BeginsFolded);
        let mut edge_hashes = Edges::of(text);
        for length in structures.lengths(lengths) {
            let Some(left) = text.len().checked_sub(*length as usize) else {
                return;
            };
            let (hash, proof) = match begins {
                true => (
                    edge_hashes.beginning(*length as usize),
                    text.get(..*length as usize),
                ),
                false => (edge_hashes.ending(*length as usize), text.get(left..)),
            };
            let proof = proof.map_or(KeyProof::None, KeyProof::Text);
            self.lookup_with_proof(op, edge(*length, hash), proof);
        }
    }

    fn networks(&mut self, address: std::net::IpAddr) {
        let structures = self.structures;
        for length in structures.lengths(self.probe.networks) {
            if (*length >= 256) == address.is_ipv6()
                && let Ok(prefix) = u8::try_from(length & 255)
            {
                let (hash, _) = network(Network::of(address, prefix));
                self.lookup_hash(KeyOp::Network, hash);
            }
        }
    }

    /// Looks up the elements of a list. Equal elements are looked up once, so a rule is found once
    /// per key.
    fn members(&mut self, list: Value<'_>) {
        let members = bit(KeyOp::Member) | bit(KeyOp::MemberFolded) | bit(KeyOp::MemberList);
        if self.probe.ops & members == 0 {
            return;
        }
        let mut keys = std::mem::take(&mut self.hits.keys);
        keys.clear();
        let key = |op, hash| scoped(self.scope, key(self.probe.source, op, hash));
        for element in list.elements() {
            let datum = element.datum();
            if self.has(KeyOp::Member)
                && let Some(hash) = key_hash::datum(&datum)
            {
                keys.push(key(KeyOp::Member, hash));
            }
            match datum {
                Datum::Text(text) if self.has(KeyOp::MemberFolded) => {
                    let folded = &mut self.hits.folded;
                    folded.clear();
                    folded.extend(text.chars().map(fold_char));
                    keys.push(key(KeyOp::MemberFolded, key_hash::text(folded.as_bytes())));
                }
                Datum::Node(value) if self.has(KeyOp::MemberList) && value.is_list() => {
                    keys.push(key(KeyOp::MemberList, 0));
                }
                _ => {}
            }
        }
        keys.sort_unstable();
        keys.dedup();
        for key in &keys {
            self.lookup_key(*key, KeyProof::None);
        }
        self.hits.keys = keys;
    }
}

impl Structures {
    fn lengths(&self, span: LengthRange) -> &[u32] {
        let range = span.from as usize..span.until as usize;
        self.lengths.get(range).unwrap_or_default()
    }
}

fn add_hit(once: &mut Vec<Posting>, several: &mut Vec<Posting>, posting: Posting) {
    if posting.is_one_of_several() {
        several.push(posting.as_hit());
    } else {
        once.push(posting.as_hit());
    }
}
