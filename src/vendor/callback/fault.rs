//! The errors of registrations, callback bodies and receipts.

use std::fmt;

use crate::event::read_document;
use crate::event::rejection::{Rejection, RejectionCode};
use crate::json::document::Document;
use crate::json::form::{FormError, FormErrorKind, JsonForm};
use crate::json::write::{ObjectWriter, write_list};
use crate::limits::Limits;

/// The kind of a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultCode {
    /// The text is not JSON according to RFC 8259.
    InvalidJson,
    /// The text nests lists and objects too deeply.
    TooDeep,
    /// An object contains the same key twice.
    DuplicateKey,
    /// A required member is absent or null.
    Missing,
    /// The value of a member is not allowed there.
    Invalid,
    /// A member is unknown and its name is close to a known one.
    Unknown,
}

impl FaultCode {
    /// Returns the name used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::TooDeep => "too_deep",
            Self::DuplicateKey => "duplicate_key",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
        }
    }
}

/// One error in a registration, a callback body or a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    code: FaultCode,
    line: Option<usize>,
    path: Option<Box<str>>,
    message: Box<str>,
}

/// All errors of a text in the order in which they were found; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Fault {
    /// Returns the kind of the error.
    #[must_use]
    pub const fn code(&self) -> FaultCode {
        self.code
    }

    /// Returns the line, counted from 1, of a text that holds one value per line.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        self.line
    }

    /// Returns the path of the value as rules write it, such as `destination.url`.
    ///
    /// An error of the whole text has no path.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Returns the message, which reads as a sentence after the path: `is missing`.
    #[must_use]
    pub const fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn on_line(self, line: usize) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }

    fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.string("code", self.code.as_str());
        if let Some(line) = self.line {
            object.raw("line", &line.to_string());
        }
        if let Some(path) = &self.path {
            object.string("path", path);
        }
        object.string("error", &self.message);
        object.end();
    }
}

impl From<FormError> for Fault {
    fn from(error: FormError) -> Self {
        Self {
            code: match error.kind {
                FormErrorKind::Missing => FaultCode::Missing,
                FormErrorKind::Invalid => FaultCode::Invalid,
                FormErrorKind::Unknown => FaultCode::Unknown,
            },
            line: None,
            path: Some(error.path)
                .filter(|path| !path.is_empty())
                .map(Into::into),
            message: error.message,
        }
    }
}

impl From<Rejection> for Fault {
    fn from(rejection: Rejection) -> Self {
        let (code, message) = match rejection.code() {
            RejectionCode::TooDeep => (FaultCode::TooDeep, rejection.message()),
            RejectionCode::DuplicateKey => (FaultCode::DuplicateKey, "is in its object twice"),
            _ => (FaultCode::InvalidJson, rejection.message()),
        };
        Self {
            code,
            line: None,
            path: rejection.path().map(Into::into),
            message: message.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(path) = &self.path {
            write!(f, "`{path}` ")?;
        }
        f.write_str(&self.message)
    }
}

impl Faults {
    /// Iterates over the errors in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// Returns a JSON list of objects such as
    /// `{"code":"missing","path":"destination.url","error":"…"}`.
    ///
    /// `path` is absent from errors of the whole text. `line` precedes it if the text holds one value
    /// per line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write_list(&mut out, &self.0, Fault::write_json);
        out
    }

    /// Returns the value if there is one and no error was found.
    pub(super) fn or<T>(errors: Vec<impl Into<Fault>>, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            _ => Err(Self(errors.into_iter().map(Into::into).collect())),
        }
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.0
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Parses a text as JSON.
pub(super) fn parse(text: &str) -> Result<Document, Faults> {
    // A callback body wraps the data of an event in two more objects.
    let depth = Limits::default().json_depth.saturating_add(2);
    read_document(text.as_bytes(), usize::MAX, depth)
        .map_err(|rejection| Faults(vec![rejection.into()]))
}

/// Parses a text that is one object and reads its members.
pub(super) fn parse_object<T>(
    text: &str,
    read: impl FnOnce(&mut JsonForm<'_, '_>) -> Option<T>,
) -> Result<T, Faults> {
    let document = parse(text)?;
    let mut errors = Vec::new();
    let value = JsonForm::new(document.root(), String::new(), &mut errors)
        .and_then(|mut form| read(&mut form));
    Faults::or(errors, value)
}
