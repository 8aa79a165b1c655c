//! Vibes' events: what version 1 takes, and what the platform answers. The format itself is that of
//! [`Event::from_json`]; knows no rule.

use crate::event::id::IdSource;
use crate::event::rejection::Rejection;
use crate::event::{Event, MdnForm};
use crate::json::parse::ReadMode;
use crate::limits::Limits;

use super::{CONTENT_TYPE, Reply, event_id_json};

/// The answer to an event that was taken: status 202, which promises no message.
///
/// It needs the checked event alone, so a host may answer before it routes.
///
/// ```
/// use pointsman::{Event, Limits, SeededIds};
/// use pointsman::adapter::vibes::Accepted;
///
/// let bytes = br#"{"event_id": "2d4a2", "event_type": "day_of_delivery", "event_data": {"person_key": "w2e2"}}"#;
/// let event = Event::from_json(bytes, &Limits::default(), &mut SeededIds::new(1))?;
/// let accepted = Accepted::new(&event);
/// assert_eq!(accepted.to_json(), r#"{"event_id":"2d4a2"}"#);
/// assert_eq!(accepted.reply().status(), 202);
/// # Ok::<(), pointsman::Rejection>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    event_id: Box<str>,
    json: Box<str>,
}

impl Accepted {
    /// The answer to that event; to one that was seen before it is the same.
    #[must_use]
    pub fn new(event: &Event) -> Self {
        Self {
            event_id: event.id().into(),
            json: event_id_json(event).into(),
        }
    }

    /// The event's id, as sent or generated.
    #[must_use]
    pub const fn event_id(&self) -> &str {
        &self.event_id
    }

    /// `{"event_id":"…"}`
    #[must_use]
    pub const fn to_json(&self) -> &str {
        &self.json
    }

    /// With its status and content type.
    #[must_use]
    pub fn reply(self) -> Reply {
        Reply {
            status: 202,
            content_type: CONTENT_TYPE,
            body: self.json,
        }
    }
}

/// Version 1 of the API takes no phone number in the E.164 format.
pub(super) fn read_version_1(
    bytes: &[u8],
    limits: &Limits,
    ids: &mut dyn IdSource,
) -> Result<Event, Rejection> {
    Event::read(ReadMode::Full, MdnForm::Digits, bytes, limits, ids)
}
