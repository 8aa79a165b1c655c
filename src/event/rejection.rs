//! The reasons for which an event is rejected before any rule runs.

use std::fmt;

use super::contact::FieldError;
use crate::json::write::{ObjectWriter, write_list};

/// The kind of error for which an event was rejected.
///
/// The variants are in order of precedence: an event with several errors is rejected for the first of
/// them. Only between `invalid_json` and `too_deep` does the position in the text decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RejectionCode {
    /// The event has more bytes than [`Limits::event_bytes`](crate::Limits::event_bytes).
    EventTooLarge,
    /// The text is not JSON according to RFC 8259, is not UTF-8, or contains a lone surrogate.
    InvalidJson,
    /// Lists and objects nest deeper than [`Limits::json_depth`](crate::Limits::json_depth).
    TooDeep,
    /// An object contains the same key twice.
    DuplicateKey,
    /// The text is JSON but not an object.
    NotAnObject,
    /// `event_type` is missing.
    MissingEventType,
    /// `event_type` is not a string of letters, digits, `-` and `_`.
    InvalidEventType,
    /// `event_data` is missing.
    MissingEventData,
    /// `event_data` is not an object.
    InvalidEventData,
    /// `event_id` is empty or not a string.
    InvalidEventId,
    /// `event_id` has more than 40 characters.
    EventIdTooLong,
    /// `debug_data` is not an object.
    InvalidDebugData,
    /// `event_data` contains no recipient identifier.
    MissingRecipient,
    /// A recipient identifier is blank or not a string.
    InvalidRecipient,
    /// A phone number has the wrong format.
    InvalidMdn,
    /// From an adapter: the key of the event type is empty, too long or has a forbidden character.
    InvalidEventTypeKey,
    /// From an adapter: the key of the contact is too long or has a forbidden character.
    InvalidKeyValue,
    /// From an adapter: a parameter or property occurs twice.
    DuplicateParam,
    /// From an adapter: the parameters are not a list of names and values.
    InvalidParams,
    /// From an adapter: the contact in the event is invalid.
    InvalidContact,
    /// From an adapter: the object that describes the event is missing.
    MissingEvent,
    /// From an adapter: a property record is invalid, for example without id or value.
    InvalidProperty,
    /// The registry is closed, and the event type is neither declared nor handled by any rule.
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

    /// Returns the name used in JSON and after `expect rejected` in rules.
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

    /// Returns the code with the given name.
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

/// The reason for which an event was rejected before any rule ran.
///
/// A host returns it to the sender of the event, for example as the JSON of [`Rejection::to_json`]. The
/// path locates the error as rules write paths. An error without a path names the byte, the line and the
/// column in its message.
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

    /// Sets the path of the invalid value.
    pub(crate) fn at(self, path: impl Into<Box<str>>) -> Self {
        Self {
            path: Some(path.into()),
            ..self
        }
    }

    /// Sets the errors of the fields inside the invalid value.
    pub(crate) fn with_errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// Returns the kind of the error.
    #[must_use]
    pub const fn code(&self) -> RejectionCode {
        self.code
    }

    /// Returns the message.
    #[must_use]
    pub const fn message(&self) -> &str {
        &self.message
    }

    /// Returns the path of the invalid value, such as `event_data.order["line-items"][0].id`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Returns all errors of a rejected contact. Empty for other codes.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Returns one line of JSON such as
    /// `{"code":"missing_recipient","error":"…","path":"event_data"}`.
    ///
    /// `path` is absent if the error has none. A rejected contact adds
    /// `"errors":[{"field":"phone","error":"…"}]`.
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
    fn codes_are_sorted_and_found_by_name() {
        assert!(RejectionCode::ALL.is_sorted());
        for code in RejectionCode::ALL {
            assert_eq!(RejectionCode::from_name(code.as_str()), Some(code));
        }
        assert_eq!(RejectionCode::from_name("nope"), None);
    }

    #[test]
    fn json_omits_absent_members() {
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
