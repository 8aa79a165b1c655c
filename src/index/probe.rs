//! What is looked up of one value of an event, and the rules that this finds. Reads no event and
//! evaluates no condition.

use crate::hir::pattern::Network;
use crate::json::document::{Datum, Value};
use crate::text::case_fold::fold_char;

use super::access_key::{Op, class, class_of};
use super::key_hash;
use super::key_hash::{Edges, mix};
use super::range;
use super::range::Ranges;
use super::source::ValueSourceId;
use super::table::{Proof, Table, both};
use super::text::Texts;
use super::{Posting, TypeScope};

/// One source of one scope: which keys rules are filed under there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    pub(crate) source: ValueSourceId,
    /// A bit for each [`Op`] there is.
    pub(super) ops: u16,
    /// The kinds of value that rules are filed under.
    pub(super) classes: u16,
    /// Of beginnings and ends, plain and folded, and of networks: which lengths there are.
    pub(super) begins: Span,
    pub(super) begins_folded: Span,
    pub(super) ends: Span,
    pub(super) ends_folded: Span,
    pub(super) networks: Span,
    /// By kind.
    pub(super) ranges: [Option<u32>; 3],
    pub(super) texts: Option<u32>,
    pub(super) texts_folded: Option<u32>,
    /// Whether the source is a path of the event's data, and rules are filed under nothing but values,
    /// beginnings and ends.
    pub(super) is_plain: bool,
    /// Whether the source is a path of the event's data.
    pub(super) is_path: bool,
}

impl Probe {
    pub(crate) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Whether the source is a path of the event's data, not made of one or from elsewhere.
    pub(crate) const fn is_path(&self) -> bool {
        self.is_path
    }

    /// Whether rules are filed under the value's not being there.
    pub(crate) const fn finds_missing(&self) -> bool {
        self.classes & class::MISSING != 0
    }
}

/// A stretch of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) until: u32,
}

/// Everything that values are looked up in.
#[derive(Clone, Debug, Default)]
pub(super) struct Structures {
    pub(super) table: Table,
    /// The lengths of the probes' spans, each span in order.
    pub(super) lengths: Box<[u32]>,
    pub(super) ranges: Box<[Ranges]>,
    pub(super) texts: Box<[Texts]>,
    /// Where the second of two keys is looked for.
    pub(super) forms: Box<[Form]>,
}

/// What of a value makes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Form {
    pub(super) source: ValueSourceId,
    /// Whether it is its beginning, or its end; `None`: it is the value.
    pub(super) edge: Option<bool>,
    pub(super) length: u32,
}

impl Form {
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
        let mut edges = Edges::of(bytes);
        let hash = match begins {
            true => edges.beginning(length),
            false => edges.ending(length),
        };
        Some(edge(self.length, hash))
    }
}

/// The rules that were found for one event, and the memory for finding them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hits {
    /// Filed under one key, so offered once.
    pub(crate) once: Vec<Posting>,
    /// Filed under several: may stand here more than once.
    pub(crate) several: Vec<Posting>,
    /// How many keys were looked up.
    pub(crate) lookups: u64,
    /// Keys under which more is filed together with a second key, the form of that one,
    /// and whether the first is proven.
    splits: Vec<(u64, u32, bool)>,
    /// By form: the look behind and the hash that the event has there.
    seconds: Vec<(u32, Option<u64>)>,
    looks: u32,
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
    /// Makes ready for another look at that many forms.
    fn look_again(&mut self, forms: usize) {
        if self.seconds.len() < forms {
            self.seconds = vec![(0, None); forms];
        }
        self.looks = match self.looks.checked_add(1) {
            Some(looks) => looks,
            None => {
                self.seconds = vec![(0, None); self.seconds.len()];
                1
            }
        };
    }
}

/// The key of a value at a source, before it is told apart by scope.
pub(super) const fn key(source: ValueSourceId, op: Op, hash: u64) -> u64 {
    mix(((source.0 as u64) << 8) | op as u64, hash)
}

pub(super) const fn scoped(scope: TypeScope, key: u64) -> u64 {
    mix(key, scope.0 as u64)
}

/// The hash of an edge of a text of so many bytes.
pub(super) const fn edge(length: u32, hash: u64) -> u64 {
    mix(hash, length as u64)
}

/// The hash of a network, and how its length is noted.
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

pub(super) const fn bit(op: Op) -> u16 {
    1 << op as u16
}

/// What the bytes of a text alone tell.
pub(super) const PLAIN: u16 = bit(Op::Equal) | bit(Op::Begins) | bit(Op::Ends);

/// One look at one value.
struct Look<'a> {
    structures: &'a Structures,
    scope: TypeScope,
    probe: &'a Probe,
    hits: &'a mut Hits,
}

impl Structures {
    /// The same for a text, where rules are filed under nothing but values, beginnings and ends.
    #[inline]
    pub(super) fn lookup_text(
        &self,
        scope: TypeScope,
        probe: &Probe,
        text: &[u8],
        hits: &mut Hits,
    ) {
        let mut look = Look {
            structures: self,
            scope,
            probe,
            hits,
        };
        if probe.ops & bit(Op::Equal) != 0 {
            look.up_with(Op::Equal, key_hash::text(text), Proof::Text(text));
        }
        look.edges(Op::Begins, text, probe.begins);
        look.edges(Op::Ends, text, probe.ends);
    }

    /// Offers the rules that are filed under what `datum` has.
    pub(super) fn lookup(
        &self,
        scope: TypeScope,
        probe: &Probe,
        datum: &Datum<'_>,
        hits: &mut Hits,
    ) {
        let mut look = Look {
            structures: self,
            scope,
            probe,
            hits,
        };
        if probe.ops & bit(Op::Equal) != 0
            && let Some(hash) = key_hash::datum(datum)
        {
            let proof = match datum {
                Datum::Text(text) => Proof::Text(text.as_bytes()),
                _ => Proof::None,
            };
            look.up_with(Op::Equal, hash, proof);
        }
        look.further(datum);
    }

    /// Looks up what is filed under two keys, the first of which was found.
    pub(super) fn lookup_second_keys<'a>(
        &self,
        value: impl Fn(ValueSourceId) -> Option<Value<'a>>,
        hits: &mut Hits,
    ) {
        if hits.splits.is_empty() {
            return;
        }
        hits.look_again(self.forms.len());
        let Hits {
            splits,
            seconds,
            looks,
            lookups,
            once,
            several,
            ..
        } = hits;
        for (first, place, is_proven) in &*splits {
            let (Some(form), Some(second)) = (
                self.forms.get(*place as usize),
                seconds.get_mut(*place as usize),
            ) else {
                continue;
            };
            if second.0 != *looks {
                *second = (
                    *looks,
                    value(form.source).and_then(|value| form.hash(value)),
                );
            }
            let Some(second) = second.1 else {
                continue;
            };
            *lookups = lookups.saturating_add(1);
            let key = both(*first, *place, second);
            self.table.under(key, Proof::First(*first), &mut |posting| {
                // The list of another key that looks like this one may be divided.
                if posting.as_split().is_none() {
                    let whole = posting.whole();
                    offer(once, several, if *is_proven { posting } else { whole });
                }
            });
        }
    }

    pub(super) fn bytes(&self) -> [(&'static str, usize); 5] {
        let sum = |all: &mut dyn Iterator<Item = usize>| all.fold(0, usize::saturating_add);
        [
            ("table", self.table.bytes()),
            ("lengths", size_of_val(&*self.lengths)),
            ("forms", size_of_val(&*self.forms)),
            ("ranges", sum(&mut self.ranges.iter().map(Ranges::bytes))),
            ("texts", sum(&mut self.texts.iter().map(Texts::bytes))),
        ]
    }
}

impl Look<'_> {
    /// What is filed under anything but values.
    fn further(&mut self, datum: &Datum<'_>) {
        let probe = self.probe;
        if probe.classes != 0 {
            let class = class_of(datum);
            if probe.classes & class != 0 {
                self.up(Op::Class, u64::from(class));
            }
        }
        if probe.ranges != [None; 3]
            && let Some((kind, key)) = range::key(datum)
            && let Some(Some(ranges)) = probe.ranges.get(kind.place())
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
    fn up(&mut self, op: Op, hash: u64) {
        self.up_with(op, hash, Proof::None);
    }

    fn up_with(&mut self, op: Op, hash: u64, proof: Proof<'_>) {
        let key = scoped(self.scope, key(self.probe.source, op, hash));
        self.under(key, proof);
    }

    #[inline]
    fn under(&mut self, key: u64, proof: Proof<'_>) {
        self.hits.lookups = self.hits.lookups.saturating_add(1);
        let Hits {
            once,
            several,
            splits,
            ..
        } = &mut *self.hits;
        self.structures
            .table
            .under(key, proof, &mut |posting| match posting.as_split() {
                Some((form, is_proven)) => splits.push((key, form, is_proven)),
                None => offer(once, several, posting),
            });
    }

    const fn has(&self, op: Op) -> bool {
        self.probe.ops & bit(op) != 0
    }

    fn ranges(&mut self, place: u32, key: u64) {
        if let Some(ranges) = self.structures.ranges.get(place as usize) {
            let Hits { once, several, .. } = &mut *self.hits;
            ranges.around(key, &mut |posting, inside| {
                offer(
                    once,
                    several,
                    if inside { posting } else { posting.whole() },
                );
            });
        }
    }

    fn text(&mut self, text: &str) {
        let probe = self.probe;
        self.edges(Op::Begins, text.as_bytes(), probe.begins);
        self.edges(Op::Ends, text.as_bytes(), probe.ends);
        self.within(probe.texts, text);
        if self.has(Op::Network)
            && let Ok(address) = text.parse::<std::net::IpAddr>()
        {
            self.networks(address);
        }
        let folding = bit(Op::EqualFolded) | bit(Op::BeginsFolded) | bit(Op::EndsFolded);
        if probe.ops & folding != 0 || probe.texts_folded.is_some() {
            let mut folded = std::mem::take(&mut self.hits.folded);
            folded.clear();
            folded.extend(text.chars().map(fold_char));
            let bytes = folded.as_bytes();
            if self.has(Op::EqualFolded) {
                self.up(Op::EqualFolded, key_hash::text(bytes));
            }
            self.edges(Op::BeginsFolded, bytes, probe.begins_folded);
            self.edges(Op::EndsFolded, bytes, probe.ends_folded);
            self.within(probe.texts_folded, &folded);
            self.hits.folded = folded;
        }
    }

    fn within(&mut self, place: Option<u32>, text: &str) {
        if let Some(texts) = place.and_then(|place| self.structures.texts.get(place as usize)) {
            let Hits {
                once,
                several,
                hits,
                ..
            } = &mut *self.hits;
            texts.within(text, hits, &mut |posting| offer(once, several, posting));
        }
    }

    /// All beginnings (or ends) of the lengths in use.
    #[inline]
    fn edges(&mut self, op: Op, text: &[u8], lengths: Span) {
        if lengths.from < lengths.until {
            self.all_edges(op, text, lengths);
        }
    }

    fn all_edges(&mut self, op: Op, text: &[u8], lengths: Span) {
        let structures = self.structures;
        let begins = matches!(op, Op::Begins | Op::BeginsFolded);
        let mut edges = Edges::of(text);
        for length in structures.lengths(lengths) {
            let Some(left) = text.len().checked_sub(*length as usize) else {
                return;
            };
            let (hash, proof) = match begins {
                true => (
                    edges.beginning(*length as usize),
                    text.get(..*length as usize),
                ),
                false => (edges.ending(*length as usize), text.get(left..)),
            };
            let proof = proof.map_or(Proof::None, Proof::Text);
            self.up_with(op, edge(*length, hash), proof);
        }
    }

    fn networks(&mut self, address: std::net::IpAddr) {
        let structures = self.structures;
        for length in structures.lengths(self.probe.networks) {
            if (*length >= 256) == address.is_ipv6()
                && let Ok(prefix) = u8::try_from(length & 255)
            {
                let (hash, _) = network(Network::of(address, prefix));
                self.up(Op::Network, hash);
            }
        }
    }

    /// The elements of a list, equal ones once: what is filed under one is offered once.
    fn members(&mut self, list: Value<'_>) {
        let members = bit(Op::Member) | bit(Op::MemberFolded) | bit(Op::MemberList);
        if self.probe.ops & members == 0 {
            return;
        }
        let mut keys = std::mem::take(&mut self.hits.keys);
        keys.clear();
        let key = |op, hash| scoped(self.scope, key(self.probe.source, op, hash));
        for element in list.elements() {
            let datum = element.datum();
            if self.has(Op::Member)
                && let Some(hash) = key_hash::datum(&datum)
            {
                keys.push(key(Op::Member, hash));
            }
            match datum {
                Datum::Text(text) if self.has(Op::MemberFolded) => {
                    let folded = &mut self.hits.folded;
                    folded.clear();
                    folded.extend(text.chars().map(fold_char));
                    keys.push(key(Op::MemberFolded, key_hash::text(folded.as_bytes())));
                }
                Datum::Node(value) if self.has(Op::MemberList) && value.is_list() => {
                    keys.push(key(Op::MemberList, 0));
                }
                _ => {}
            }
        }
        keys.sort_unstable();
        keys.dedup();
        for key in &keys {
            self.under(*key, Proof::None);
        }
        self.hits.keys = keys;
    }
}

impl Structures {
    fn lengths(&self, span: Span) -> &[u32] {
        let range = span.from as usize..span.until as usize;
        self.lengths.get(range).unwrap_or_default()
    }
}

fn offer(once: &mut Vec<Posting>, several: &mut Vec<Posting>, posting: Posting) {
    if posting.is_one_of_several() {
        several.push(posting.offered());
    } else {
        once.push(posting.offered());
    }
}
