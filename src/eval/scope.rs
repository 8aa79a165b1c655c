//! Holds what paths can read while one event is routed: the event, the current time and the answers of
//! the host so far.

use std::borrow::Cow;

use crate::event::Event;
use crate::event::path::{Path, Root};
use crate::json::document::{Datum, Value};
use crate::time::Timestamp;

/// An answer of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup<T> {
    /// Not answered yet.
    Pending,
    Value(T),
    /// Asked, and the lookup failed.
    Unavailable,
}

/// The kind of answer that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Person,
    Carrier,
    /// A code from this pool.
    Code(Box<str>),
}

/// The inputs of conditions and templates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) event: &'a Event,
    /// The event data, limited to the fields that rules use.
    pub(crate) data: Value<'a>,
    pub(crate) now: Timestamp,
    /// The attributes of the person; `None` if there is no such person.
    pub(crate) person: Lookup<Option<Value<'a>>>,
    /// Whether the carrier supports SMS and MMS; `None` if the host reported that there is no answer.
    pub(crate) carrier: Lookup<Option<(bool, bool)>>,
}

/// The value at a path.
#[derive(Clone, Debug)]
pub(crate) enum PathValue<'a> {
    Datum(Datum<'a>),
    /// A question that the host has not answered yet.
    Pending(Need),
    /// A question that the host could not answer.
    Unavailable(Need),
}

impl<'a> Scope<'a> {
    /// Reads a path. `variables` holds the elements of quantifiers.
    pub(crate) fn read(&self, path: &Path, variables: &[Value<'a>]) -> PathValue<'a> {
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
                Lookup::Pending => return PathValue::Pending(Need::Person),
                Lookup::Unavailable => return PathValue::Unavailable(Need::Person),
                Lookup::Value(person) => follow(person, path),
            },
            Root::CarrierSms | Root::CarrierMms => match self.carrier {
                Lookup::Pending => return PathValue::Pending(Need::Carrier),
                Lookup::Unavailable => return PathValue::Unavailable(Need::Carrier),
                Lookup::Value(None) => Datum::Missing,
                Lookup::Value(Some((sms, mms))) => {
                    let able = if path.root == Root::CarrierSms {
                        sms
                    } else {
                        mms
                    };
                    plain(path, || Datum::Bool(able))
                }
            },
        };
        PathValue::Datum(datum)
    }
}

fn follow<'a>(from: Option<Value<'a>>, path: &Path) -> Datum<'a> {
    match from.and_then(|value| value.follow(&path.segments)) {
        Some(value) => value.datum(),
        None => Datum::Missing,
    }
}

/// Returns a scalar. It has no members, so a longer path is missing.
fn plain<'a>(path: &Path, datum: impl FnOnce() -> Datum<'a>) -> Datum<'a> {
    if path.segments.is_empty() {
        datum()
    } else {
        Datum::Missing
    }
}
