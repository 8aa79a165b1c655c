//! Events in the words of a vendor: read from what its API takes, answered in what it answers. Knows no
//! rule and sends nothing.

mod carecloud;
pub mod esputnik;
mod known;
mod named_values;
mod velocity;
pub mod vibes;

use std::fmt;

use crate::event::Event;
use crate::event::contact::ContactFormats;
use crate::event::id::IdSource;
use crate::event::rejection::Rejection;
use crate::json::write::ObjectWriter;
use crate::limits::Limits;

pub use self::known::{KnownTypes, Learned};

/// A vendor whose events can be read.
///
/// ```
/// use pointsman::{Limits, SeededIds};
/// use pointsman::adapter::Adapter;
///
/// let adapter = Adapter::from_name("carecloud").unwrap();
/// let bytes = br#"{"event": {"event_type_id": "8bed", "customer_id": "85bc"}}"#;
/// let event = adapter.read(bytes, &Limits::default(), &mut SeededIds::new(1))?;
/// assert_eq!(event.event_type(), "8bed");
/// assert_eq!(adapter.accepted(&event).status(), 201);
/// # Ok::<(), pointsman::Rejection>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Adapter {
    /// Vibes' events, API version 2: the format of [`Event::from_json`].
    Vibes,
    /// Vibes' events, API version 1: phone numbers without a `+`.
    VibesV1,
    /// eSputnik's "Generate event v2".
    Esputnik,
    /// `CareCloud`'s `POST /events`.
    Carecloud,
}

/// What to answer to whoever sent an event, as values: the host writes them to its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    content_type: &'static str,
    body: Box<str>,
}

impl Adapter {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Vibes, Self::VibesV1, Self::Esputnik, Self::Carecloud];

    /// Its name, on the command line and behind `adapter` in tests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vibes => "vibes",
            Self::VibesV1 => "vibes-v1",
            Self::Esputnik => "esputnik",
            Self::Carecloud => "carecloud",
        }
    }

    /// The adapter of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|adapter| adapter.name() == name)
    }

    /// Reads an event in the vendor's words and makes every check that needs no rules.
    ///
    /// An id is taken from `ids` only for an event that passes and has none.
    ///
    /// # Errors
    ///
    /// The first fault in the order of [`RejectionCode`](crate::event::rejection::RejectionCode); its path is one of the
    /// vendor's document: `params[1].name`.
    pub fn read(
        self,
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<Event, Rejection> {
        self.read_with(bytes, limits, &ContactFormats::default(), ids)
    }

    /// As [`Adapter::read`], where the host knows what additional fields of contacts hold.
    ///
    /// # Errors
    ///
    /// As [`Adapter::read`].
    pub fn read_with(
        self,
        bytes: &[u8],
        limits: &Limits,
        formats: &ContactFormats,
        ids: &mut dyn IdSource,
    ) -> Result<Event, Rejection> {
        match self {
            Self::Vibes => Event::from_json(bytes, limits, ids),
            Self::VibesV1 => vibes::read_version_1(bytes, limits, ids),
            Self::Esputnik => esputnik::read(bytes, limits, formats, ids),
            Self::Carecloud => carecloud::read(bytes, limits, ids),
        }
    }

    /// What the vendor answers to an event that was taken, routed or not.
    #[must_use]
    pub fn accepted(self, event: &Event) -> Reply {
        match self {
            Self::Vibes | Self::VibesV1 => vibes::Accepted::new(event).reply(),
            Self::Esputnik => esputnik::accepted(event),
            Self::Carecloud => carecloud::accepted(event),
        }
    }

    /// What to answer to an event that was refused: status 400 and the rejection as JSON. The status is
    /// documented for contacts with faults alone; for all else it is a choice.
    #[must_use]
    pub fn refused(self, rejection: &Rejection) -> Reply {
        let content_type = match self {
            Self::Carecloud => carecloud::CONTENT_TYPE,
            Self::Vibes | Self::VibesV1 | Self::Esputnik => CONTENT_TYPE,
        };
        Reply {
            status: 400,
            content_type,
            body: rejection.to_json().into(),
        }
    }

    /// Where the type of an event stands in the vendor's document.
    pub(crate) const fn type_path(self) -> &'static str {
        match self {
            Self::Vibes | Self::VibesV1 => "event_type",
            Self::Esputnik => esputnik::TYPE_PATH,
            Self::Carecloud => carecloud::TYPE_PATH,
        }
    }
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Reply {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The content type.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// The body: JSON text.
    #[must_use]
    pub const fn body(&self) -> &str {
        &self.body
    }
}

const CONTENT_TYPE: &str = "application/json";

/// `{"event_id":"…"}`
fn event_id_json(event: &Event) -> String {
    let mut out = String::new();
    let mut object = ObjectWriter::new(&mut out);
    object.string("event_id", event.id());
    object.end();
    out
}

/// Keeps the rejection to return: the first by the order of codes, then by the order of checks.
#[derive(Debug, Default)]
struct FirstRejection(Option<Rejection>);

impl FirstRejection {
    fn add(&mut self, rejection: Rejection) {
        let precedes = |kept: &Rejection| rejection.code() < kept.code();
        if self.0.as_ref().is_none_or(precedes) {
            self.0 = Some(rejection);
        }
    }

    /// Returns the value of a check, or adds its rejection.
    fn check<T>(&mut self, checked: Result<T, Rejection>) -> Option<T> {
        checked.map_err(|rejection| self.add(rejection)).ok()
    }

    fn into_result(self) -> Result<(), Rejection> {
        self.0.map_or(Ok(()), Err)
    }
}
