//! What a host program did wrong. Not for rule authors, whose faults are diagnostics, and not for
//! events, which are rejected.

use std::fmt;

/// A fault of the program that uses the crate: an answer that does not fit its question, answers that
/// cannot be read, questions that never end.
///
/// The kind is for programs, the message for people.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: Box<str>,
}

/// What went wrong, for programs to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The JSON of answers, or of a person, is not what it should be.
    InvalidAnswers,
    /// An answer does not fit the question that it was given for.
    MismatchedAnswer,
    /// Questions were asked in more rounds than the limit, or a round was not answered.
    TooManyRounds,
    /// JSON that an event or a rule gives does not fit the type that the host wants it as.
    MismatchedType,
    /// Configuration JSON is not what it should be.
    InvalidConfiguration,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What went wrong, for programs.
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
