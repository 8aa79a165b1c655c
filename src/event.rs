//! An incoming event, checked: everything that needs no rules. Knows no rule and no vendor.

use std::sync::Arc;

use crate::recipient::Recipients;
use crate::value::{Document, Value};

/// A checked event.
#[derive(Clone, Debug)]
pub struct Event {
    id: Box<str>,
    id_generated: bool,
    event_type: Box<str>,
    folded_type: Box<str>,
    recipients: Recipients,
    data: Document,
    debug_data: Option<Arc<str>>,
}

impl Event {
    /// The event's id, as sent or generated.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the event came without an id.
    #[must_use]
    pub const fn id_generated(&self) -> bool {
        self.id_generated
    }

    /// The event's type as sent.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// The type in lower case.
    pub(crate) fn folded_type(&self) -> &str {
        &self.folded_type
    }

    pub(crate) const fn recipients(&self) -> &Recipients {
        &self.recipients
    }

    pub(crate) fn data(&self) -> Value<'_> {
        self.data.root()
    }

    /// The text of `event_data`, byte for byte as it came.
    #[must_use]
    pub fn event_data(&self) -> &str {
        self.data.root().raw()
    }

    /// The text of `debug_data`, byte for byte, if there was any.
    #[must_use]
    pub fn debug_data(&self) -> Option<&str> {
        self.debug_data.as_deref()
    }
}
