//! The kind of a JSON value in words, for messages.

use super::document::{JsonKind, Value};

/// Returns the kind with its article, such as `a string`.
pub(crate) fn kind_name(value: Value<'_>) -> &'static str {
    match value.kind() {
        JsonKind::Null => "null",
        JsonKind::True | JsonKind::False => "a bool",
        JsonKind::Number => "a number",
        JsonKind::String | JsonKind::EscapedString => "a string",
        JsonKind::List => "a list",
        JsonKind::Object => "an object",
    }
}
