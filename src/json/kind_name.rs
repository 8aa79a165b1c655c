//! Names the kinds of JSON values in words, for messages.

use super::document::{Datum, Value};

/// Returns the kind with its article, such as `a string`.
pub(crate) fn kind_name(value: Value<'_>) -> &'static str {
    datum_kind_name(&value.datum())
}

/// As [`kind_name`], for a datum, which may also be missing or a timestamp.
pub(crate) fn datum_kind_name(datum: &Datum<'_>) -> &'static str {
    match datum {
        Datum::Missing => "missing",
        Datum::Null => "null",
        Datum::Bool(_) => "a bool",
        Datum::Number(_) => "a number",
        Datum::Text(_) => "a string",
        Datum::Time(_) => "a timestamp",
        Datum::Node(value) if value.is_object() => "an object",
        Datum::Node(_) | Datum::List(_) => "a list",
    }
}
