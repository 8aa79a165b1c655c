//! [`Error`]: mistakes of the host program.
//!
//! Mistakes in rules are diagnostics, and mistakes in events are rejections.

use std::fmt;

/// A mistake of the host program, such as an answer that does not fit its question.
///
/// Programs match on [`Error::kind`]; the message is for people.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: Box<str>,
}

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The JSON of answers or of a person is invalid.
    InvalidAnswers,
    /// An answer does not fit its question.
    MismatchedAnswer,
    /// Questions were asked in more rounds than the limit, or a round was not answered.
    TooManyRounds,
    /// JSON from an event or a rule does not fit the type that the host requested.
    MismatchedType,
    /// Configuration JSON is invalid.
    InvalidConfiguration,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// Returns the kind of the error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Error {}
