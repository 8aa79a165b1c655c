//! Reads events in the formats of vendors and writes the replies that their APIs document.

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

/// A vendor format in which events can be read.
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
    /// Vibes' events, API version 1, with phone numbers without a `+`.
    VibesV1,
    /// eSputnik's "Generate event v2".
    Esputnik,
    /// `CareCloud`'s `POST /events`.
    Carecloud,
}

/// An HTTP reply to the sender of an event. The host sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    content_type: &'static str,
    body: Box<str>,
}

impl Adapter {
    /// Every adapter.
    pub const ALL: [Self; 4] = [Self::Vibes, Self::VibesV1, Self::Esputnik, Self::Carecloud];

    /// Returns the name used on the command line and after `adapter` in tests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vibes => "vibes",
            Self::VibesV1 => "vibes-v1",
            Self::Esputnik => "esputnik",
            Self::Carecloud => "carecloud",
        }
    }

    /// Returns the adapter with the given name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|adapter| adapter.name() == name)
    }

    /// Reads an event in the format of the vendor and makes every check that needs no rules.
    ///
    /// If the event is valid but has no id, the id is taken from `ids`.
    ///
    /// # Errors
    ///
    /// Returns the first error in the order of
    /// [`RejectionCode`](crate::event::rejection::RejectionCode). Its path refers to the document of the
    /// vendor, such as `params[1].name`.
    pub fn read(
        self,
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<Event, Rejection> {
        self.read_with(bytes, limits, &ContactFormats::default(), ids)
    }

    /// Like [`Adapter::read`], but checks the additional fields of contacts against `formats`.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Adapter::read`].
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

    /// Returns the reply of the vendor to a valid event. It does not depend on routing.
    #[must_use]
    pub fn accepted(self, event: &Event) -> Reply {
        match self {
            Self::Vibes | Self::VibesV1 => vibes::Accepted::new(event).reply(),
            Self::Esputnik => esputnik::accepted(event),
            Self::Carecloud => carecloud::accepted(event),
        }
    }

    /// Returns the reply to a rejected event: status 400 and the rejection as JSON.
    ///
    /// Only eSputnik documents this status, for invalid contacts. For everything else it is a choice of
    /// this crate.
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

    /// Returns the path of the event type in the document of the vendor.
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
    /// Returns the HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the content type.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// Returns the body as JSON text.
    #[must_use]
    pub const fn body(&self) -> &str {
        &self.body
    }
}

const CONTENT_TYPE: &str = "application/json";

/// Returns `{"event_id":"…"}`.
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
