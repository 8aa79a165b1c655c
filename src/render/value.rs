//! Defines the values that a template computes with.

use std::borrow::Cow;

use crate::eval::scope::Need;
use crate::json::document::Datum;
use crate::number::Number;

/// A value and the text that the template has for it, for error messages.
#[derive(Clone, Debug)]
pub(super) enum TokenValue<'a> {
    Value {
        datum: Datum<'a>,
        origin: &'a str,
    },
    /// A loop index or a length.
    Count {
        text: Box<str>,
        origin: &'a str,
    },
    /// A condition that is neither true nor false.
    Unknown {
        origin: &'a str,
    },
    /// An option without a value.
    Absent,
    /// A code that is pending or failed; the rest of the text is rendered without it.
    Code,
    /// A question that the host has not answered yet.
    Pending(Need),
    /// A question that the host could not answer.
    Unavailable(Need),
}

/// The truth of a value in a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    Unknown,
}

impl<'a> TokenValue<'a> {
    pub(super) fn count(number: u64, origin: &'a str) -> Self {
        Self::Count {
            text: number.to_string().into(),
            origin,
        }
    }

    pub(super) const fn missing(origin: &'a str) -> Self {
        Self::Value {
            datum: Datum::Missing,
            origin,
        }
    }

    /// Replaces the text of the value.
    pub(super) fn named(self, origin: &'a str) -> Self {
        match self {
            Self::Value { datum, .. } => Self::Value { datum, origin },
            Self::Count { text, .. } => Self::Count { text, origin },
            Self::Unknown { .. } => Self::Unknown { origin },
            other => other,
        }
    }

    pub(super) fn text(text: impl Into<Cow<'a, str>>, origin: &'a str) -> Self {
        Self::Value {
            datum: Datum::Text(text.into()),
            origin,
        }
    }

    pub(super) const fn truth_value(truth: Truth, origin: &'a str) -> Self {
        match truth {
            Truth::Unknown => Self::Unknown { origin },
            truth => Self::Value {
                datum: Datum::Bool(matches!(truth, Truth::True)),
                origin,
            },
        }
    }

    /// Borrows the value; `Missing` for everything that is not a value.
    pub(super) fn view(&self) -> Datum<'_> {
        match self {
            Self::Value {
                datum: Datum::Text(text),
                ..
            } => Datum::Text(Cow::Borrowed(text)),
            Self::Value { datum, .. } => datum.clone(),
            Self::Count { text, .. } => Datum::Number(Number::from_valid(text)),
            _ => Datum::Missing,
        }
    }

    /// Returns the text that the template has for the value.
    pub(super) const fn origin(&self) -> &'a str {
        match self {
            Self::Value { origin, .. } | Self::Count { origin, .. } | Self::Unknown { origin } => {
                origin
            }
            _ => "",
        }
    }

    /// Missing, null, false, 0, "" and empty lists and objects are false.
    pub(super) fn truth(&self) -> Truth {
        let truth = match self.view() {
            Datum::Missing => match self {
                Self::Unknown { .. } => return Truth::Unknown,
                // A code is never empty.
                Self::Code => true,
                _ => false,
            },
            Datum::Null => false,
            Datum::Bool(value) => value,
            Datum::Number(number) => number.compare(Number::from_valid("0")).is_ne(),
            Datum::Text(text) => !text.is_empty(),
            Datum::Time(_) => true,
            Datum::Node(value) => value.count() > 0,
            Datum::List(list) => !list.is_empty(),
        };
        if truth { Truth::True } else { Truth::False }
    }

    /// Returns whether the value depends on the host or on the rest of the text.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self, Self::Code | Self::Pending(_) | Self::Unavailable(_))
    }
}
