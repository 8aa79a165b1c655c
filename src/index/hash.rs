//! The fixed hash of the tables that only rules fill: of texts, of their beginnings and ends, of values.
//! Knows no table and no rule.

use std::hash::{Hash, Hasher};

use crate::hash::{FIRST, SECOND};
pub(crate) use crate::hash::{Fixed, Words, mix};
use crate::number::Number;
use crate::value::{Datum, Literal};

/// The hash of a beginning that grows: byte by byte, so that all beginnings of a text are hashed in
/// one go over it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rolling(u64);

impl Rolling {
    pub(crate) const START: Self = Self(SECOND);

    pub(crate) const fn push(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3))
    }

    pub(crate) const fn finish(self) -> u64 {
        mix(self.0, FIRST)
    }
}

pub(crate) fn text(text: &str) -> u64 {
    let mut words = Words::seeded(1);
    words.write(text.as_bytes());
    words.finish()
}

pub(crate) fn beginning(text: &str) -> u64 {
    text.bytes().fold(Rolling::START, Rolling::push).finish()
}

pub(crate) fn ending(text: &str) -> u64 {
    text.bytes()
        .rev()
        .fold(Rolling::START, Rolling::push)
        .finish()
}

fn number(number: Number<'_>) -> u64 {
    let mut words = Words::seeded(2);
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
        Datum::Text(value) => text(value),
        Datum::Time(value) => {
            let mut words = Words::seeded(5);
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
    use super::{beginning, datum, ending, literal, mix, text};
    use crate::number::{Decimal, Number};
    use crate::value::{Datum, Literal};
    use std::collections::BTreeSet;

    #[test]
    fn different_texts_have_different_hashes() {
        let all: Vec<String> = (0..3_000).map(|n| format!("{n}")).collect();
        for hash in [text, beginning, ending] {
            let hashes: BTreeSet<u64> = all.iter().map(|text| hash(text)).collect();
            assert_eq!(hashes.len(), all.len());
            // The table takes the place from the one half and the tag from the other.
            let halves: BTreeSet<u64> = hashes.iter().map(|hash| mix(*hash, 5) >> 48).collect();
            assert!(halves.len() > 2_800, "{}", halves.len());
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
