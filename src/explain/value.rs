//! Values as text that may be shown: cut, control characters escaped, secrets masked. Reads no path.

use crate::hir::schema::{Field, FieldType, Shape};
use crate::json::document::{Datum, JsonKind};
use crate::json::write;

/// What stands for a secret.
pub(super) const MASK: &str = "•••";

/// Characters of a value that are shown.
const LONGEST: usize = 80;

/// A value as JSON, cut where it is long.
pub(super) fn text(datum: &Datum<'_>) -> String {
    match datum {
        Datum::Missing => "missing".to_owned(),
        Datum::Null => "null".to_owned(),
        Datum::Bool(value) => value.to_string(),
        Datum::Number(number) => cut(number.text()),
        Datum::Text(text) => match text.char_indices().nth(LONGEST) {
            None => write::string(text),
            Some((end, _)) => {
                format!("{}…", write::string(text.get(..end).unwrap_or_default()))
            }
        },
        Datum::Time(time) => time.to_string(),
        Datum::Node(node) => {
            let count = node.count();
            match (
                node.kind() == JsonKind::Object,
                node.raw().chars().nth(LONGEST).is_none(),
            ) {
                (_, true) => printable(node.raw()),
                (true, false) => format!("an object of {count}"),
                (false, false) => format!("a list of {count}"),
            }
        }
        Datum::List(literals) => format!("a list of {}", literals.len()),
    }
}

/// Whether a value of this type may hold a secret. Recurses as deep as the declaration nests, which is
/// limited.
pub(super) fn holds_secret(ty: &FieldType) -> bool {
    match &ty.shape {
        Shape::Secret => true,
        Shape::List(element) => holds_secret(element),
        Shape::Object(fields) => fields_hold_secret(fields),
        Shape::String | Shape::Number | Shape::Bool | Shape::Timestamp | Shape::Any => false,
    }
}

pub(super) fn fields_hold_secret(fields: &[Field]) -> bool {
    fields.iter().any(|field| holds_secret(&field.ty))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// JSON text on one line: line breaks and tabs stand between its tokens alone.
fn printable(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}
