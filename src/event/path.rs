//! Paths into an event and its surroundings, with every name resolved. Does not read any value.

use std::fmt;
use std::sync::Arc;

use super::recipient::RecipientKind;
use crate::json::path::{Segment, is_plain_name, write_segments};

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Root {
    EventData,
    /// `event.id`
    EventId,
    /// `event.type`, in lower case
    EventType,
    /// `event.recipient.mdn` and its like
    Recipient(RecipientKind),
    /// What the host answered about the person.
    Person,
    CarrierSms,
    CarrierMms,
    Now,
    /// A quantifier's variable; the outermost quantifier of the expression is 0.
    Variable(u16),
}

/// A resolved path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Path {
    pub(crate) root: Root,
    pub(crate) segments: Arc<[Segment]>,
}

impl Path {
    pub(crate) const fn new(root: Root, segments: Arc<[Segment]>) -> Self {
        Self { root, segments }
    }

    /// All that is there.
    pub(crate) fn whole(root: Root) -> Self {
        Self::new(root, Arc::default())
    }

    /// As rules write it, without `event_data` where it goes without saying: `order.total`.
    pub(crate) fn words(&self) -> String {
        match (self.root, self.segments.split_first()) {
            (Root::EventData, Some((Segment::Key(first), rest)))
                if is_plain_name(first) && !TAKEN.contains(&&**first) =>
            {
                let mut text = String::from(&**first);
                // Writing to a String cannot fail.
                let _ = write_segments(&mut text, rest);
                text
            }
            _ => self.to_string(),
        }
    }

    /// Whether reading it needs what the host answers about the person.
    pub(crate) fn asks_person(&self) -> bool {
        self.root == Root::Person
    }

    /// Whether reading it needs what the host answers about the carrier.
    pub(crate) const fn asks_carrier(&self) -> bool {
        matches!(self.root, Root::CarrierSms | Root::CarrierMms)
    }
}

/// Words that a path does not begin with: reserved ones and the roots.
const TAKEN: &[&str] = &[
    "all",
    "and",
    "any",
    "between",
    "carrier",
    "contains",
    "count",
    "debug_data",
    "else",
    "ends_with",
    "event",
    "event_data",
    "false",
    "ignoring",
    "in",
    "in_network",
    "is",
    "length",
    "like",
    "matches",
    "none",
    "not",
    "now",
    "null",
    "number",
    "or",
    "person",
    "sample",
    "starts_with",
    "time",
    "time_of_day",
    "true",
];

/// As rules write it in full: `event_data.order.total`, `person.tier`, `now`. A quantifier's variable
/// has no name of its own here and prints as `$0`; who knows its name writes it himself.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.root {
            Root::EventData => f.write_str("event_data")?,
            Root::EventId => f.write_str("event.id")?,
            Root::EventType => f.write_str("event.type")?,
            Root::Recipient(kind) => write!(f, "event.recipient.{}", kind.name())?,
            Root::Person => f.write_str("person")?,
            Root::CarrierSms => f.write_str("carrier.sms")?,
            Root::CarrierMms => f.write_str("carrier.mms")?,
            Root::Now => f.write_str("now")?,
            Root::Variable(depth) => write!(f, "${depth}")?,
        }
        write_segments(f, &self.segments)
    }
}
