//! Hashes of texts, prefixes, suffixes and values, for tables that only rules fill.
//!
//! The hash has no random seed: no event adds to these tables, and an index must come out the same
//! every time.

use std::hash::{Hash, Hasher};

pub(crate) use crate::collections::fixed_hash::{FixedHasher, FixedState};
use crate::collections::fixed_hash::{word, word_before};
use crate::json::document::{Datum, Literal};
use crate::number::Number;
use crate::text::span::saturating_u32;
use crate::text::swar::SECOND;
pub(crate) use crate::text::swar::mix;

/// Hashes prefixes or suffixes of a text incrementally, shorter ones first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edges<'t> {
    text: &'t [u8],
    /// The number of bytes hashed so far, a multiple of eight.
    taken: usize,
    hash: u64,
}

impl<'t> Edges<'t> {
    pub(crate) const fn of(text: &'t [u8]) -> Self {
        Self {
            text,
            taken: 0,
            hash: SECOND,
        }
    }

    /// Returns the hash of the first `length` bytes. The text must have that many.
    #[inline]
    pub(crate) fn beginning(&mut self, length: usize) -> u64 {
        while length.saturating_sub(self.taken) > 8 {
            self.hash = mix(self.hash, word(self.text, self.taken));
            self.taken = self.taken.saturating_add(8);
        }
        let past = unused(length.saturating_sub(self.taken));
        let left = word(self.text, self.taken).checked_shl(past);
        mix(self.hash, left.unwrap_or_default())
    }

    /// Returns the hash of the last `length` bytes. The text must have that many.
    #[inline]
    pub(crate) fn ending(&mut self, length: usize) -> u64 {
        let end = |taken: usize| self.text.len().saturating_sub(taken);
        while length.saturating_sub(self.taken) > 8 {
            self.hash = mix(self.hash, word_before(self.text, end(self.taken)));
            self.taken = self.taken.saturating_add(8);
        }
        let past = unused(length.saturating_sub(self.taken));
        let left = word_before(self.text, end(self.taken)).checked_shr(past);
        mix(self.hash, left.unwrap_or_default())
    }
}

/// Returns the number of unused bits in a word with this many bytes.
fn unused(bytes: usize) -> u32 {
    saturating_u32(8_usize.saturating_sub(bytes)).saturating_mul(8)
}

#[inline]
pub(crate) fn text(text: &[u8]) -> u64 {
    let mut words = FixedHasher::seeded(1);
    words.write(text);
    words.finish()
}

pub(crate) fn beginning(text: &str) -> u64 {
    Edges::of(text.as_bytes()).beginning(text.len())
}

pub(crate) fn ending(text: &str) -> u64 {
    Edges::of(text.as_bytes()).ending(text.len())
}

fn number(number: Number<'_>) -> u64 {
    let mut words = FixedHasher::seeded(2);
    number.hash(&mut words);
    words.finish()
}

/// Hashes a scalar. Equal values have equal hashes, independent of the spelling of numbers. `None`
/// for lists, objects and missing values.
pub(crate) fn datum(datum: &Datum<'_>) -> Option<u64> {
    Some(match datum {
        Datum::Null => mix(3, 0),
        Datum::Bool(value) => mix(4, u64::from(*value)),
        Datum::Number(value) => number(*value),
        Datum::Text(value) => text(value.as_bytes()),
        Datum::Time(value) => {
            let mut words = FixedHasher::seeded(5);
            value.hash(&mut words);
            words.finish()
        }
        Datum::Missing | Datum::Node(_) | Datum::List(_) => return None,
    })
}

/// Hashes a literal if it is a scalar.
pub(crate) fn literal(literal: &Literal) -> Option<u64> {
    datum(&literal.datum())
}

#[cfg(test)]
mod tests {
    use super::{Edges, beginning, datum, ending, literal, mix, text};
    use crate::json::document::{Datum, Literal};
    use crate::number::{Decimal, Number};
    use std::collections::BTreeSet;

    #[test]
    fn different_texts_have_different_hashes() {
        let all: Vec<String> = (0..3_000).map(|n| format!("{n}")).collect();
        let text = |value: &str| text(value.as_bytes());
        let hashes: [&dyn Fn(&str) -> u64; 3] = [&text, &beginning, &ending];
        for hash in hashes {
            let hashes: BTreeSet<u64> = all.iter().map(|text| hash(text)).collect();
            assert_eq!(hashes.len(), all.len());
            // The table takes the bucket from one half and the tag from the other.
            let halves: BTreeSet<u64> = hashes.iter().map(|hash| mix(*hash, 5) >> 48).collect();
            assert!(halves.len() > 2_800, "{}", halves.len());
        }
    }

    #[test]
    fn prefix_and_suffix_hashes_equal_those_of_whole_texts() {
        let text = "ab\u{e9}defgh\u{1f600}jklmnopqrst\0\0uvwxyz0123456789";
        for end in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            for start in (0..=end).filter(|at| text.is_char_boundary(*at)) {
                let inside = &text[start..end];
                let mut edges = Edges::of(&text.as_bytes()[start..]);
                let mut first = 0;
                for length in [inside.len() / 2, inside.len()] {
                    first = edges.beginning(length);
                }
                assert_eq!(first, beginning(inside));
                let mut edges = Edges::of(&text.as_bytes()[..end]);
                let mut last = 0;
                for length in [0, inside.len() / 2, inside.len()] {
                    last = edges.ending(length);
                }
                assert_eq!(last, ending(inside));
            }
        }
    }

    #[test]
    fn equal_values_have_equal_hashes() {
        let number = |text| Datum::Number(Number::parse(text).unwrap());
        for (a, b) in [("1", "1.0"), ("20", "2e1"), ("-0", "0"), ("0.10", "1e-1")] {
            assert_eq!(datum(&number(a)), datum(&number(b)), "{a} {b}");
            let written = Literal::Number(Decimal::new(Number::parse(a).unwrap()));
            assert_eq!(literal(&written), datum(&number(b)));
        }
        assert_ne!(datum(&number("1")), datum(&Datum::Text("1".into())));
        assert_eq!(literal(&Literal::List([].into())), None);
    }
}
