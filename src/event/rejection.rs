//! Why an event was not taken: the codes, and what is said with them. Checks nothing itself.

use std::fmt;

use super::contact::FieldError;
use crate::json::write::{ObjectWriter, write_list};

/// What kind of fault an event was refused for.
///
/// The order of the members is the order of precedence: an event with several faults is refused for the
/// first of them. Only `invalid_json` and `too_deep` go by their place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RejectionCode {
    /// More bytes than [`Limits::event_bytes`](crate::Limits::event_bytes).
    EventTooLarge,
    /// Not JSON as RFC 8259 has it, not UTF-8, or with a lone surrogate.
    InvalidJson,
    /// More open brackets than [`Limits::json_depth`](crate::Limits::json_depth).
    TooDeep,
    /// An object has one key twice.
    DuplicateKey,
    /// JSON, but no object.
    NotAnObject,
    /// There is no `event_type`.
    MissingEventType,
    /// `event_type` is no string of letters, digits, `-` and `_`.
    InvalidEventType,
    /// There is no `event_data`.
    MissingEventData,
    /// `event_data` is no object.
    InvalidEventData,
    /// `event_id` is empty or no string.
    InvalidEventId,
    /// `event_id` has more than 40 characters.
    EventIdTooLong,
    /// `debug_data` is no object.
    InvalidDebugData,
    /// `event_data` names no recipient.
    MissingRecipient,
    /// A recipient identifier is blank or no string.
    InvalidRecipient,
    /// A phone number has the wrong form.
    InvalidMdn,
    /// An adapter: the key of the event type is empty, too long or has a forbidden character.
    InvalidEventTypeKey,
    /// An adapter: the key of the contact is too long or has a forbidden character.
    InvalidKeyValue,
    /// An adapter: a parameter or property is given twice.
    DuplicateParam,
    /// An adapter: the parameters are no list of names and values.
    InvalidParams,
    /// An adapter: the contact that comes with the event has faults.
    InvalidContact,
    /// An adapter: the part that describes the event is missing.
    MissingEvent,
    /// An adapter: a property record lacks its id or its value.
    InvalidProperty,
    /// Neither declared nor listened to by any rule, in a closed registry.
    UnknownEventType,
}

impl RejectionCode {
    /// Every code, in order of precedence.
    pub const ALL: [Self; 23] = [
        Self::EventTooLarge,
        Self::InvalidJson,
        Self::TooDeep,
        Self::DuplicateKey,
        Self::NotAnObject,
        Self::MissingEventType,
        Self::InvalidEventType,
        Self::MissingEventData,
        Self::InvalidEventData,
        Self::InvalidEventId,
        Self::EventIdTooLong,
        Self::InvalidDebugData,
        Self::MissingRecipient,
        Self::InvalidRecipient,
        Self::InvalidMdn,
        Self::InvalidEventTypeKey,
        Self::InvalidKeyValue,
        Self::DuplicateParam,
        Self::InvalidParams,
        Self::InvalidContact,
        Self::MissingEvent,
        Self::InvalidProperty,
        Self::UnknownEventType,
    ];

    /// The code in JSON and behind `expect rejected` in rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventTooLarge => "event_too_large",
            Self::InvalidJson => "invalid_json",
            Self::TooDeep => "too_deep",
            Self::DuplicateKey => "duplicate_key",
            Self::NotAnObject => "not_an_object",
            Self::MissingEventType => "missing_event_type",
            Self::InvalidEventType => "invalid_event_type",
            Self::MissingEventData => "missing_event_data",
            Self::InvalidEventData => "invalid_event_data",
            Self::InvalidEventId => "invalid_event_id",
            Self::EventIdTooLong => "event_id_too_long",
            Self::InvalidDebugData => "invalid_debug_data",
            Self::MissingRecipient => "missing_recipient",
            Self::InvalidRecipient => "invalid_recipient",
            Self::InvalidMdn => "invalid_mdn",
            Self::InvalidEventTypeKey => "invalid_event_type_key",
            Self::InvalidKeyValue => "invalid_key_value",
            Self::DuplicateParam => "duplicate_param",
            Self::InvalidParams => "invalid_params",
            Self::InvalidContact => "invalid_contact",
            Self::MissingEvent => "missing_event",
            Self::InvalidProperty => "invalid_property",
            Self::UnknownEventType => "unknown_event_type",
        }
    }

    /// The code of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for RejectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an event was refused before any rule saw it.
///
/// A host answers its caller with it. The text says what is wrong in words; the path says where, as
/// rules write paths; where there is no path the text names the byte, the line and the column.
///
/// ```
/// use pointsman::{Event, Limits, SeededIds};
///
/// let bytes = br#"{"event_type": "order_shipped", "event_data": {"mdn": "555"}}"#;
/// let rejection = Event::from_json(bytes, &Limits::default(), &mut SeededIds::new(1)).unwrap_err();
/// assert_eq!(rejection.code().as_str(), "invalid_mdn");
/// assert_eq!(rejection.path(), Some("event_data.mdn"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    code: RejectionCode,
    message: Box<str>,
    path: Option<Box<str>>,
    errors: Vec<FieldError>,
}

impl Rejection {
    pub(crate) fn new(code: RejectionCode, message: impl Into<Box<str>>) -> Self {
        Self {
            code,
            message: message.into(),
            path: None,
            errors: Vec::new(),
        }
    }

    /// With the path of what is wrong.
    pub(crate) fn at(self, path: impl Into<Box<str>>) -> Self {
        Self {
            path: Some(path.into()),
            ..self
        }
    }

    /// With the faults of the fields inside what is wrong.
    pub(crate) fn because(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// The kind of fault.
    #[must_use]
    pub const fn code(&self) -> RejectionCode {
        self.code
    }

    /// What is wrong, in words.
    #[must_use]
    pub const fn message(&self) -> &str {
        &self.message
    }

    /// Where it is, as rules write paths: `event_data.order["line-items"][0].id`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Every fault of a contact that was refused; of other kinds none.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// One line of JSON: `{"code":"missing_recipient","error":"…","path":"event_data"}`; `path` is left
    /// out where there is none. A refused contact has `"errors":[{"field":"phone","error":"…"}]` behind
    /// it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object
            .string("code", self.code.as_str())
            .string("error", &self.message);
        if let Some(path) = &self.path {
            object.string("path", path);
        }
        if !self.errors.is_empty() {
            write_list(object.key("errors"), &self.errors, FieldError::write_json);
        }
        object.end();
        out
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {} (`{path}`)", self.code, self.message),
            None => write!(f, "{}: {}", self.code, self.message),
        }
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_in_order_and_are_found_by_name() {
        assert!(RejectionCode::ALL.is_sorted());
        for code in RejectionCode::ALL {
            assert_eq!(RejectionCode::from_name(code.as_str()), Some(code));
        }
        assert_eq!(RejectionCode::from_name("nope"), None);
    }

    #[test]
    fn json_leaves_out_what_there_is_not() {
        let plain = Rejection::new(RejectionCode::TooDeep, "say \"when\"");
        assert_eq!(
            plain.to_json(),
            r#"{"code":"too_deep","error":"say \"when\""}"#
        );
        assert_eq!(plain.to_string(), "too_deep: say \"when\"");
        let placed = plain.at("event_data[\"a b\"]");
        let json = r#"{"code":"too_deep","error":"say \"when\"","path":"event_data[\"a b\"]"}"#;
        assert_eq!(placed.to_json(), json);
    }
}
