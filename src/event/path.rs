//! Resolved paths into an event, its person, its carrier and the variables of quantifiers.

use std::fmt;
use std::sync::Arc;

use super::recipient::RecipientKind;
use crate::json::path::{Segment, is_plain_name, write_segments};
use crate::text::reserved::is_reserved_in_paths;

/// The start of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Root {
    EventData,
    /// `event.id`
    EventId,
    /// `event.type`, in lower case
    EventType,
    /// `event.recipient.KIND`
    Recipient(RecipientKind),
    /// The attributes of the person, as answered by the host.
    Person,
    CarrierSms,
    CarrierMms,
    Now,
    /// The variable of a quantifier. The outermost quantifier of an expression is 0.
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

    /// Returns a path without segments.
    pub(crate) fn whole(root: Root) -> Self {
        Self::new(root, Arc::default())
    }

    /// Returns the shortest form that rules accept, without `event_data` where possible: `order.total`.
    pub(crate) fn words(&self) -> String {
        match (self.root, self.segments.split_first()) {
            (Root::EventData, Some((Segment::Key(first), rest)))
                if is_plain_name(first) && !is_reserved_in_paths(first) =>
            {
                let mut text = String::from(&**first);
                // Writing to a String cannot fail.
                let _ = write_segments(&mut text, rest);
                text
            }
            _ => self.to_string(),
        }
    }

    /// Returns whether the value comes from an answer about the person.
    pub(crate) fn needs_person(&self) -> bool {
        self.root == Root::Person
    }

    /// Returns whether the value comes from an answer about the carrier.
    pub(crate) const fn needs_carrier(&self) -> bool {
        matches!(self.root, Root::CarrierSms | Root::CarrierMms)
    }
}

/// Writes the full form, such as `event_data.order.total`, `person.tier` or `now`.
///
/// A path does not know the names of variables and writes them as `$0`. Callers that know the name write
/// it themselves.
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
