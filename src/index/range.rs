//! Ranges of numbers, texts and moments, and which of them a value lies in. Works on 64-bit keys that
//! keep the order and may join neighbours, so it may find a range too many, never one too few.

use crate::number::Number;
use crate::time::Timestamp;
use crate::value::{Datum, Literal};

use super::Filed;

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
        Datum::Number(number) => Some((Kind::Number, number_key(*number))),
        Datum::Text(text) => Some((Kind::Text, text_key(text))),
        Datum::Time(time) => Some((Kind::Time, time_key(*time))),
        _ => None,
    }
}

pub(super) fn literal_key(literal: &Literal) -> Option<(Kind, u64)> {
    key(&literal.datum())
}

/// By the nearest 64-bit float: rounding keeps the order.
fn number_key(number: Number<'_>) -> u64 {
    const SIGN: u64 = 1 << 63;
    // Zero has two spellings and one place.
    let float = number.text().parse::<f64>().unwrap_or_default() + 0.0;
    let bits = float.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
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

/// Closed ranges, each with the rule that is filed under it: a tree laid out in the order of their
/// lower ends, each node knowing the highest upper end below it.
#[derive(Clone, Debug)]
pub(super) struct Ranges {
    low: Box<[u64]>,
    high: Box<[u64]>,
    /// By node (the middle of a stretch): the highest of `high` in the stretch.
    highest: Box<[u64]>,
    filed: Box<[Filed]>,
}

impl Ranges {
    pub(super) fn build(mut ranges: Vec<(u64, u64, Filed)>) -> Self {
        ranges.sort_unstable_by_key(|(low, high, filed)| (*low, *high, *filed));
        ranges.dedup();
        let high: Box<[u64]> = ranges.iter().map(|(_, high, _)| *high).collect();
        let mut highest = vec![0; ranges.len()];
        raise(&high, &mut highest);
        Self {
            low: ranges.iter().map(|(low, _, _)| *low).collect(),
            high,
            highest: highest.into(),
            filed: ranges.iter().map(|(_, _, filed)| *filed).collect(),
        }
    }

    /// The rules of the ranges that `key` lies in.
    pub(super) fn around(&self, key: u64, found: &mut impl FnMut(Filed)) {
        self.visit(0, self.low.len(), key, found);
    }

    /// Recurses as deep as the tree is high: 32 at most.
    fn visit(&self, from: usize, until: usize, key: u64, found: &mut impl FnMut(Filed)) {
        let (mut from, until) = (from, until);
        while from < until {
            let middle = from.midpoint(until);
            let (Some(low), Some(high), Some(highest), Some(filed)) = (
                self.low.get(middle),
                self.high.get(middle),
                self.highest.get(middle),
                self.filed.get(middle),
            ) else {
                return;
            };
            if *highest < key {
                return;
            }
            self.visit(from, middle, key, found);
            if key < *low {
                return;
            }
            if key <= *high {
                found(*filed);
            }
            from = middle.saturating_add(1);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let words = size_of_val(&*self.low).saturating_mul(3);
        words.saturating_add(size_of_val(&*self.filed))
    }
}

/// Fills in the highest upper end of each stretch; gives that of all.
fn raise(high: &[u64], highest: &mut [u64]) -> u64 {
    let middle = high.len() / 2;
    let Some(own) = high.get(middle).copied() else {
        return 0;
    };
    let behind = middle.saturating_add(1);
    let left = match (high.get(..middle), highest.get_mut(..middle)) {
        (Some(high), Some(highest)) => raise(high, highest),
        _ => 0,
    };
    let right = match (high.get(behind..), highest.get_mut(behind..)) {
        (Some(high), Some(highest)) => raise(high, highest),
        _ => 0,
    };
    let most = own.max(left).max(right);
    if let Some(node) = highest.get_mut(middle) {
        *node = most;
    }
    most
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

    /// How many ranges a value in this one is likely to lie in.
    pub(super) fn shared(&self, low: u64, high: u64) -> usize {
        let at = |key: u64| {
            let begun = self.low.partition_point(|low| *low <= key);
            let ended = self.high.partition_point(|high| *high < key);
            begun.saturating_sub(ended)
        };
        match (low, high) {
            // Open to one side: half of all values lie in it, for all that is known.
            (u64::MIN, end) | (end, u64::MAX) => at(end).max(self.low.len() / 2),
            (low, high) => at(low).max(at(high)),
        }
    }
}

/// Kept for the one who files: whose range it is.
pub(super) type Draft = Vec<(u64, u64, Filed)>;

#[cfg(test)]
mod tests {
    use super::{Filed, Ranges, number_key, text_key};
    use crate::hir::RuleId;
    use crate::index::Start;
    use crate::number::Number;
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn every_range_around_a_key_is_found(
            ends in prop::collection::vec((0..40_u64, 0..40_u64), 0..60),
            key in 0..42_u64,
        ) {
            let ranges = (0_u32..).zip(&ends);
            let filed = |n: u32| Filed::new(RuleId(n), Start::HOLDS);
            let tree = Ranges::build(ranges.clone().map(|(n, (a, b))| (*a, *b, filed(n))).collect());
            let mut found = Vec::new();
            tree.around(key, &mut |filed| found.push(filed.rule().0));
            found.sort_unstable();
            let right: Vec<u32> = ranges
                .filter(|(_, (low, high))| *low <= key && key <= *high)
                .map(|(n, _)| n)
                .collect();
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
            let keys = number_key(a).cmp(&number_key(b));
            prop_assert!(keys.is_eq() || keys == a.compare(b));
            let keys = text_key(&s).cmp(&text_key(&t));
            prop_assert!(keys.is_eq() || keys == s.cmp(&t));
        }
    }
}
