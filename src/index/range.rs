//! Finds the ranges of numbers, texts or timestamps that contain a value.
//!
//! It works on 64-bit keys that preserve the order but may merge neighbors, so it may return a
//! range too many, never one too few.

use crate::json::document::{Datum, Literal};
use crate::time::Timestamp;

use super::Posting;

/// The types with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum RangeKind {
    Number,
    Text,
    Time,
}

impl RangeKind {
    pub(super) const fn slot(self) -> usize {
        match self {
            Self::Number => 0,
            Self::Text => 1,
            Self::Time => 2,
        }
    }
}

/// Returns the type and the sort key of a value. A greater value never has a smaller key.
pub(super) fn key(datum: &Datum<'_>) -> Option<(RangeKind, u64)> {
    match datum {
        Datum::Number(number) => Some((RangeKind::Number, number.sort_key())),
        Datum::Text(text) => Some((RangeKind::Text, text_key(text))),
        Datum::Time(time) => Some((RangeKind::Time, time_key(*time))),
        _ => None,
    }
}

pub(super) fn literal_key(literal: &Literal) -> Option<(RangeKind, u64)> {
    key(&literal.datum())
}

/// The first eight bytes.
fn text_key(text: &str) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}

/// The second.
fn time_key(time: Timestamp) -> u64 {
    time.unix_seconds().cast_unsigned() ^ (1 << 63)
}

/// Inclusive ranges with their postings, in blocks. A block lists all ranges that contain a key of
/// it. A new block starts when the list exceeds twice the number of ranges that are still open. So
/// all lists together have at most twice as many entries as there are ranges, and a lookup reads at
/// most about twice as many entries as it returns.
#[derive(Clone, Debug)]
pub(super) struct Ranges {
    /// Indexed by block: its lowest key, and where its list starts.
    blocks: Box<[(u64, u32)]>,
    lists: Box<[RangePosting]>,
}

#[derive(Clone, Copy, Debug)]
struct RangePosting {
    low: u64,
    high: u64,
    posting: Posting,
}

/// A block may always have this many entries.
const SHORT: usize = 12;

impl Ranges {
    pub(super) fn build(mut ranges: Vec<(u64, u64, Posting)>) -> Self {
        ranges.sort_unstable();
        ranges.dedup();
        let mut ends: Vec<u64> = ranges.iter().map(|(_, high, _)| *high).collect();
        ends.sort_unstable();
        let (mut starts, mut ends_left) = (ranges.iter().peekable(), ends.iter().peekable());
        let mut blocks = vec![(0, 0)];
        let mut lists: Vec<RangePosting> = Vec::with_capacity(ranges.len());
        // The start of the last block's list, and the number of its ranges that are open.
        let (mut start, mut live) = (0_usize, 0_usize);
        loop {
            // The next key at which a range starts or after which one ends.
            let next_low = starts.peek().map(|(low, _, _)| *low);
            let after = ends_left.peek().and_then(|high| high.checked_add(1));
            let Some(at) = next_low.into_iter().chain(after).min() else {
                break;
            };
            while ends_left.next_if(|high| **high < at).is_some() {
                live = live.saturating_sub(1);
            }
            while let Some((low, high, posting)) = starts.next_if(|(low, _, _)| *low == at) {
                live = live.saturating_add(1);
                lists.push(RangePosting {
                    low: *low,
                    high: *high,
                    posting: *posting,
                });
            }
            let length = lists.len().saturating_sub(start);
            if length > live.saturating_mul(2).saturating_add(SHORT) {
                let block = start..lists.len();
                start = lists.len();
                let open = |range: &RangePosting| range.high >= at;
                let open: Vec<RangePosting> = lists
                    .get(block)
                    .unwrap_or_default()
                    .iter()
                    .copied()
                    .filter(open)
                    .collect();
                lists.extend(open);
                blocks.push((at, u32::try_from(start).unwrap_or(u32::MAX)));
            }
        }
        lists.shrink_to_fit();
        Self {
            blocks: blocks.into(),
            lists: lists.into(),
        }
    }

    /// Calls `found` with each range that contains `key`, and whether it contains it strictly. If
    /// so, every value with this key is inside the range.
    pub(super) fn containing(&self, key: u64, found: &mut impl FnMut(Posting, bool)) {
        let after = self.blocks.partition_point(|(low, _)| *low <= key);
        let start = after
            .checked_sub(1)
            .and_then(|block| self.blocks.get(block));
        let end = self.blocks.get(after);
        let end = end.map_or(self.lists.len(), |(_, start)| *start as usize);
        let block = start.and_then(|(_, start)| self.lists.get(*start as usize..end));
        for range in block.unwrap_or_default() {
            if range.low > key {
                // Lists are sorted by lower bound.
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

    /// Returns how many ranges a lookup reads.
    #[cfg(test)]
    fn looked_at(&self, key: u64) -> usize {
        let after = self.blocks.partition_point(|(low, _)| *low <= key);
        let end = self.blocks.get(after);
        let end = end.map_or(self.lists.len(), |(_, start)| *start as usize);
        let block = &self.lists[self.blocks[after - 1].1 as usize..end];
        block.iter().filter(|range| range.low <= key).count()
    }
}

/// Estimates how many ranges share a point from sorted lower and upper bounds.
#[derive(Clone, Debug, Default)]
pub(super) struct RangeBounds {
    low: Vec<u64>,
    high: Vec<u64>,
}

impl RangeBounds {
    pub(super) fn add(&mut self, low: u64, high: u64) {
        self.low.push(low);
        self.high.push(high);
    }

    pub(super) fn sort(&mut self) {
        self.low.sort_unstable();
        self.high.sort_unstable();
    }

    /// Returns how many ranges a value inside this one is expected to be in, and the number of all
    /// ranges.
    pub(super) fn shared(&self, low: u64, high: u64) -> (usize, usize) {
        let at = |key: u64| {
            let starts = self.low.partition_point(|low| *low <= key);
            let ends_left = self.high.partition_point(|high| *high < key);
            starts.saturating_sub(ends_left)
        };
        let shared = match (low, high) {
            // Unbounded on one side: assume that half of all values are in it.
            (u64::MIN, end) | (end, u64::MAX) => at(end).max(self.low.len() / 2),
            (low, high) => at(low).max(at(high)),
        };
        (shared, self.low.len())
    }
}

/// Ranges with their postings, as collected by the builder.
pub(super) type RangeEntries = Vec<(u64, u64, Posting)>;

#[cfg(test)]
mod tests {
    use super::{Posting, Ranges, SHORT, text_key};
    use crate::hir::RuleId;
    use crate::index::ConditionStart;
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
            let posting = |n: u32| Posting::new(RuleId(n), ConditionStart::HOLDS);
            let made: Vec<_> = ranges.clone().map(|(n, (a, b))| (*a, *b, posting(n))).collect();
            let count = made.len();
            let tree = Ranges::build(made);
            let mut found = Vec::new();
            tree.containing(key, &mut |posting, inside| found.push((posting.rule().0, inside)));
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
            let keys = a.sort_key().cmp(&b.sort_key());
            prop_assert!(keys.is_eq() || keys == a.compare(b));
            let keys = text_key(&s).cmp(&text_key(&t));
            prop_assert!(keys.is_eq() || keys == s.cmp(&t));
        }
    }
}
