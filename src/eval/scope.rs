//! What a path reads while one event is routed: the event, the moment, and what the host has answered
//! so far. Evaluates no condition and asks nothing itself.

use std::borrow::Cow;

use crate::event::Event;
use crate::event::path::{Path, Root};
use crate::json::document::{Datum, Value};
use crate::time::Timestamp;

/// Something the host was or will be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known<T> {
    /// Not answered yet.
    Open,
    Value(T),
    /// Asked, and could not be looked up.
    Unavailable,
}

/// What an answer is missing for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Person,
    Carrier,
    /// A code from this pool.
    Code(Box<str>),
}

/// Everything that conditions and templates read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) event: &'a Event,
    /// Its data, as far as it is used here.
    pub(crate) data: Value<'a>,
    pub(crate) now: Timestamp,
    /// The person's attributes, an object; `None`: there is no such person.
    pub(crate) person: Known<Option<Value<'a>>>,
    /// Whether the carrier takes sms and mms; `None`: the lookup failed for good.
    pub(crate) carrier: Known<Option<(bool, bool)>>,
}

/// What reading a path gives.
#[derive(Clone, Debug)]
pub(crate) enum Reading<'a> {
    Datum(Datum<'a>),
    /// The host has not been asked yet.
    Open(Need),
    /// The host could not look it up.
    Unavailable(Need),
}

impl<'a> Scope<'a> {
    /// Reads a path; a quantifier's variable is looked up in `variables`.
    pub(crate) fn read(&self, path: &Path, variables: &[Value<'a>]) -> Reading<'a> {
        let datum = match path.root {
            Root::EventData => follow(Some(self.data), path),
            Root::Variable(depth) => follow(variables.get(usize::from(depth)).copied(), path),
            Root::EventId => plain(path, || Datum::Text(Cow::Borrowed(self.event.id()))),
            Root::EventType => plain(path, || {
                Datum::Text(Cow::Borrowed(self.event.folded_type()))
            }),
            Root::Recipient(kind) => match self.event.recipients().of(kind) {
                Some(found) => plain(path, || Datum::Text(Cow::Borrowed(found.value()))),
                None => Datum::Missing,
            },
            Root::Now => plain(path, || Datum::Time(self.now)),
            Root::Person => match self.person {
                Known::Open => return Reading::Open(Need::Person),
                Known::Unavailable => return Reading::Unavailable(Need::Person),
                Known::Value(person) => follow(person, path),
            },
            Root::CarrierSms | Root::CarrierMms => match self.carrier {
                Known::Open => return Reading::Open(Need::Carrier),
                Known::Unavailable => return Reading::Unavailable(Need::Carrier),
                Known::Value(None) => Datum::Missing,
                Known::Value(Some((sms, mms))) => {
                    let able = if path.root == Root::CarrierSms {
                        sms
                    } else {
                        mms
                    };
                    plain(path, || Datum::Bool(able))
                }
            },
        };
        Reading::Datum(datum)
    }
}

fn follow<'a>(from: Option<Value<'a>>, path: &Path) -> Datum<'a> {
    match from.and_then(|value| value.follow(&path.segments)) {
        Some(value) => value.datum(),
        None => Datum::Missing,
    }
}

/// A scalar has nothing inside: a path through it is missing.
fn plain<'a>(path: &Path, datum: impl FnOnce() -> Datum<'a>) -> Datum<'a> {
    if path.segments.is_empty() {
        datum()
    } else {
        Datum::Missing
    }
}
