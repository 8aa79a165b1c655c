//! Values on their way through a template. Knows no helper.

use std::borrow::Cow;

use crate::eval::scope::Need;
use crate::json::document::Datum;
use crate::number::Number;

/// A value, with the text that the author wrote for it.
#[derive(Clone, Debug)]
pub(super) enum Item<'a> {
    Value {
        datum: Datum<'a>,
        origin: &'a str,
    },
    /// A number that was counted here.
    Whole {
        text: Box<str>,
        origin: &'a str,
    },
    /// A condition that is neither true nor false.
    Unknown {
        origin: &'a str,
    },
    /// An option that was not given.
    Absent,
    /// A code that is not there yet, or never will be: the text around it goes on without it.
    Code,
    /// The host has not been asked yet.
    Open(Need),
    /// The host could not look it up.
    Unavailable(Need),
}

/// What a condition makes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    Unknown,
}

impl<'a> Item<'a> {
    pub(super) fn whole(number: u64, origin: &'a str) -> Self {
        Self::Whole {
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

    /// The same value by another name.
    pub(super) fn named(self, origin: &'a str) -> Self {
        match self {
            Self::Value { datum, .. } => Self::Value { datum, origin },
            Self::Whole { text, .. } => Self::Whole { text, origin },
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

    /// The value, borrowed; missing where there is none.
    pub(super) fn view(&self) -> Datum<'_> {
        match self {
            Self::Value {
                datum: Datum::Text(text),
                ..
            } => Datum::Text(Cow::Borrowed(text)),
            Self::Value { datum, .. } => datum.clone(),
            Self::Whole { text, .. } => Datum::Number(Number::from_valid(text)),
            _ => Datum::Missing,
        }
    }

    /// As the author wrote it.
    pub(super) const fn origin(&self) -> &'a str {
        match self {
            Self::Value { origin, .. } | Self::Whole { origin, .. } | Self::Unknown { origin } => {
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
                // A code is a text, whatever it says.
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

    /// Whether what it is depends on the host, or on what comes of the rest.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self, Self::Code | Self::Open(_) | Self::Unavailable(_))
    }
}
