//! The kind of a JSON value in words, for messages.

use super::document::{Kind, Value};

/// Returns the kind with its article, such as `a string`.
pub(crate) fn kind_name(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Null => "null",
        Kind::True | Kind::False => "a bool",
        Kind::Number => "a number",
        Kind::String | Kind::EscapedString => "a string",
        Kind::List => "a list",
        Kind::Object => "an object",
    }
}
