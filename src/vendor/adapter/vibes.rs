//! Reads version 1 of Vibes' events and writes the reply to an accepted event.
//!
//! [`Event::from_json`] reads version 2.

use crate::event::id::IdSource;
use crate::event::rejection::Rejection;
use crate::event::{Event, MdnFormat};
use crate::json::parse::ReadMode;
use crate::limits::Limits;

use super::{CONTENT_TYPE, Reply, event_id_json};

/// The reply to an accepted event, with status 202.
///
/// The status does not promise a message. The reply depends only on the event, so a host can send it
/// before routing.
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
    /// Creates the reply to an event. A duplicate event receives the same reply.
    #[must_use]
    pub fn new(event: &Event) -> Self {
        Self {
            event_id: event.id().into(),
            json: event_id_json(event).into(),
        }
    }

    /// Returns the id of the event, as sent or generated.
    #[must_use]
    pub const fn event_id(&self) -> &str {
        &self.event_id
    }

    /// Returns `{"event_id":"…"}`.
    #[must_use]
    pub const fn to_json(&self) -> &str {
        &self.json
    }

    /// Returns the reply with its status and content type.
    #[must_use]
    pub fn reply(self) -> Reply {
        Reply {
            status: 202,
            content_type: CONTENT_TYPE,
            body: self.json,
        }
    }
}

/// Reads an event of API version 1, which does not accept phone numbers in the E.164 format.
pub(super) fn read_version_1(
    bytes: &[u8],
    limits: &Limits,
    ids: &mut dyn IdSource,
) -> Result<Event, Rejection> {
    Event::read(ReadMode::Full, MdnFormat::Digits, bytes, limits, ids)
}
