//! Ranges of numbers, texts and moments, and which of them a value lies in. Works on 64-bit keys that
//! keep the order and may join neighbours, so it may find a range too many, never one too few.

use crate::json::document::{Datum, Literal};
use crate::time::Timestamp;

use super::Posting;

/// What kinds of value have an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Number,
    Text,
    Time,
}

impl Kind {
    pub(super) const fn place(self) -> usize {
        match self {
            Self::Number => 0,
            Self::Text => 1,
            Self::Time => 2,
        }
    }
}

/// The place of a value in the order of its kind: never above that of a greater value.
pub(super) fn key(datum: &Datum<'_>) -> Option<(Kind, u64)> {
    match datum {
        Datum::Number(number) => Some((Kind::Number, number.place())),
        Datum::Text(text) => Some((Kind::Text, text_key(text))),
        Datum::Time(time) => Some((Kind::Time, time_key(*time))),
        _ => None,
    }
}

pub(super) fn literal_key(literal: &Literal) -> Option<(Kind, u64)> {
    key(&literal.datum())
}

/// By the first eight bytes.
fn text_key(text: &str) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}

/// By the second.
fn time_key(time: Timestamp) -> u64 {
    time.unix_seconds().cast_unsigned() ^ (1 << 63)
}

/// Closed ranges, each with the rule that is filed under it, in blocks: each block lists all ranges that
/// have a key of it. A new one begins where the list has grown past twice the ranges that still go on
/// there; so all lists together are at most twice as long as there are ranges, and a lookup looks at no
/// more than twice the ranges that it finds, and a few.
#[derive(Clone, Debug)]
pub(super) struct Ranges {
    /// By block: its lowest key, and where its list begins.
    blocks: Box<[(u64, u32)]>,
    lists: Box<[Range]>,
}

#[derive(Clone, Copy, Debug)]
struct Range {
    low: u64,
    high: u64,
    posting: Posting,
}

/// A block may always be so long.
const SHORT: usize = 12;

impl Ranges {
    pub(super) fn build(mut ranges: Vec<(u64, u64, Posting)>) -> Self {
        ranges.sort_unstable();
        ranges.dedup();
        let mut ends: Vec<u64> = ranges.iter().map(|(_, high, _)| *high).collect();
        ends.sort_unstable();
        let (mut begun, mut ended) = (ranges.iter().peekable(), ends.iter().peekable());
        let mut blocks = vec![(0, 0)];
        let mut lists: Vec<Range> = Vec::with_capacity(ranges.len());
        // Where the list of the last block begins, and how many of its ranges go on.
        let (mut start, mut live) = (0_usize, 0_usize);
        loop {
            // The next key at which a range begins, or behind which one ended.
            let next_low = begun.peek().map(|(low, _, _)| *low);
            let behind = ended.peek().and_then(|high| high.checked_add(1));
            let Some(at) = next_low.into_iter().chain(behind).min() else {
                break;
            };
            while ended.next_if(|high| **high < at).is_some() {
                live = live.saturating_sub(1);
            }
            while let Some((low, high, posting)) = begun.next_if(|(low, _, _)| *low == at) {
                live = live.saturating_add(1);
                lists.push(Range {
                    low: *low,
                    high: *high,
                    posting: *posting,
                });
            }
            let length = lists.len().saturating_sub(start);
            if length > live.saturating_mul(2).saturating_add(SHORT) {
                let block = start..lists.len();
                start = lists.len();
                let going_on = |range: &Range| range.high >= at;
                let going_on: Vec<Range> = lists
                    .get(block)
                    .unwrap_or_default()
                    .iter()
                    .copied()
                    .filter(going_on)
                    .collect();
                lists.extend(going_on);
                blocks.push((at, u32::try_from(start).unwrap_or(u32::MAX)));
            }
        }
        lists.shrink_to_fit();
        Self {
            blocks: blocks.into(),
            lists: lists.into(),
        }
    }

    /// The rules of the ranges that `key` lies in, and whether it lies inside, not at an end: there the
    /// value itself is inside, whatever other values have the key.
    pub(super) fn around(&self, key: u64, found: &mut impl FnMut(Posting, bool)) {
        let behind = self.blocks.partition_point(|(low, _)| *low <= key);
        let start = behind
            .checked_sub(1)
            .and_then(|block| self.blocks.get(block));
        let end = self.blocks.get(behind);
        let end = end.map_or(self.lists.len(), |(_, start)| *start as usize);
        let block = start.and_then(|(_, start)| self.lists.get(*start as usize..end));
        for range in block.unwrap_or_default() {
            if range.low > key {
                // Lists are in the order of lower ends.
                return;
            }
            if key <= range.high {
                found(range.posting, range.low < key && key < range.high);
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.blocks).saturating_add(size_of_val(&*self.lists))
    }

    /// How many ranges are looked at for a key.
    #[cfg(test)]
    fn looked_at(&self, key: u64) -> usize {
        let behind = self.blocks.partition_point(|(low, _)| *low <= key);
        let end = self.blocks.get(behind);
        let end = end.map_or(self.lists.len(), |(_, start)| *start as usize);
        let block = &self.lists[self.blocks[behind - 1].1 as usize..end];
        block.iter().filter(|range| range.low <= key).count()
    }
}

/// How many ranges share a point, counted without a tree: lower and upper ends, each sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    low: Vec<u64>,
    high: Vec<u64>,
}

impl Ends {
    pub(super) fn add(&mut self, low: u64, high: u64) {
        self.low.push(low);
        self.high.push(high);
    }

    pub(super) fn sort(&mut self) {
        self.low.sort_unstable();
        self.high.sort_unstable();
    }

    /// How many ranges a value in this one is likely to lie in, and of how many.
    pub(super) fn shared(&self, low: u64, high: u64) -> (usize, usize) {
        let at = |key: u64| {
            let begun = self.low.partition_point(|low| *low <= key);
            let ended = self.high.partition_point(|high| *high < key);
            begun.saturating_sub(ended)
        };
        let shared = match (low, high) {
            // Open to one side: half of all values lie in it, for all that is known.
            (u64::MIN, end) | (end, u64::MAX) => at(end).max(self.low.len() / 2),
            (low, high) => at(low).max(at(high)),
        };
        (shared, self.low.len())
    }
}

/// Kept for the one who files: whose range it is.
pub(super) type Draft = Vec<(u64, u64, Posting)>;

#[cfg(test)]
mod tests {
    use super::{Posting, Ranges, SHORT, text_key};
    use crate::hir::RuleId;
    use crate::index::Start;
    use crate::number::Number;
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn every_range_around_a_key_is_found(
            ends in prop::collection::vec((0..40_u64, 0..40_u64), 0..90),
            more in prop::collection::vec((1..9_u64, 1..4_u64), 0..90),
            key in 0..42_u64,
        ) {
            let narrow = more.iter().map(|(a, b)| (a * 4, a * 4 + b));
            let all: Vec<(u64, u64)> = ends.into_iter().chain(narrow).collect();
            let ranges = (0_u32..).zip(&all).filter(|(_, (low, high))| low <= high);
            let posting = |n: u32| Posting::new(RuleId(n), Start::HOLDS);
            let made: Vec<_> = ranges.clone().map(|(n, (a, b))| (*a, *b, posting(n))).collect();
            let count = made.len();
            let tree = Ranges::build(made);
            let mut found = Vec::new();
            tree.around(key, &mut |posting, inside| found.push((posting.rule().0, inside)));
            found.sort_unstable();
            let right: Vec<(u32, bool)> = ranges
                .filter(|(_, (low, high))| *low <= key && key <= *high)
                .map(|(n, (low, high))| (n, *low < key && key < *high))
                .collect();
            prop_assert!(tree.looked_at(key) <= right.len() * 2 + SHORT);
            prop_assert!(tree.lists.len() <= count * 2);
            prop_assert_eq!(found, right);
        }

        #[test]
        fn keys_keep_the_order(
            a in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,25})?",
            b in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,25})?",
            s in any::<String>(),
            t in any::<String>(),
        ) {
            let (a, b) = (Number::parse(&a).unwrap(), Number::parse(&b).unwrap());
            let keys = a.place().cmp(&b.place());
            prop_assert!(keys.is_eq() || keys == a.compare(b));
            let keys = text_key(&s).cmp(&text_key(&t));
            prop_assert!(keys.is_eq() || keys == s.cmp(&t));
        }
    }
}
