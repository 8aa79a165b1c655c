//! The keywords of the language, listed once for all that read or suggest them.

use super::operator::words;
pub(super) use crate::text::reserved::{FUNCTIONS, RESERVED};

words! {
    /// The word that begins a declaration.
    pub(super) enum Keyword {
        Company = "company",
        Event = "event",
        Const = "const",
        Template = "template",
        Rule = "rule",
        Test = "test",
    }
}

/// Words that begin a clause of a rule.
pub(super) const CLAUSES: &[&str] = &[
    "on", "id", "active", "priority", "when", "require", "final", "missing", "send", "do", "first",
];

pub(super) const ACTIONS: &[&str] = &["send", "do", "first"];

pub(super) const CHANNELS: &[&str] = &["sms", "mms", "push", "email"];

/// Words that begin a part of a message.
pub(super) const PARTS: &[&str] = &[
    "to",
    "when",
    "body",
    "media",
    "subject",
    "title",
    "url",
    "text",
    "html",
    "data",
    "transactional",
];

/// Words that begin an item of a test.
pub(super) const TEST_ITEMS: &[&str] = &["at", "adapter", "answers", "event", "expect"];

pub(super) const TYPES: &[&str] = &["string", "number", "bool", "timestamp", "secret", "any"];

/// Words that begin a condition and no path.
pub(super) const CONDITIONS: &[&str] = &[
    "not", "any", "all", "none", "sample", "true", "false", "null",
];

pub(super) const LITERALS: &[&str] = &["true", "false", "null"];

/// Operators that can follow `not`.
pub(super) const NEGATABLE: &[&str] = &[
    "in",
    "between",
    "contains",
    "starts_with",
    "ends_with",
    "like",
    "matches",
    "in_network",
];

/// All that can follow the left operand of a condition.
pub(super) const OPERATORS: &[&str] = &[
    "is",
    "in",
    "not",
    "between",
    "contains",
    "starts_with",
    "ends_with",
    "like",
    "matches",
    "in_network",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
];
