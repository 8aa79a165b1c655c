//! The fixed hash of the tables that only rules fill: of texts, of their beginnings and ends, of values.
//! Knows no table and no rule.

use std::hash::{Hash, Hasher};

pub(crate) use crate::collections::fixed_hash::{FixedHasher, FixedState};
use crate::collections::fixed_hash::{word, word_before};
use crate::json::document::{Datum, Literal};
use crate::number::Number;
use crate::text::span::saturating_u32;
use crate::text::swar::SECOND;
pub(crate) use crate::text::swar::mix;

/// The hashes of beginnings (or ends) of a text, shorter ones before longer ones: all of them in one go
/// over the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edges<'t> {
    text: &'t [u8],
    /// How many bytes are in the hash, a multiple of eight.
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

    /// Of the first so many bytes; the text has them.
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

    /// Of the last so many.
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

/// How many bits of a word are not of so many bytes.
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

/// Equal scalars have equal hashes, however a number is spelt; `None` for lists, objects and what is
/// missing.
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

/// The hash of what a rule writes, if it is a scalar.
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
            // The table takes the place from the one half and the tag from the other.
            let halves: BTreeSet<u64> = hashes.iter().map(|hash| mix(*hash, 5) >> 48).collect();
            assert!(halves.len() > 2_800, "{}", halves.len());
        }
    }

    #[test]
    fn edges_of_a_text_are_the_texts_themselves() {
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
