//! Equality and order of JSON values, as conditions and templates define them.

use std::cmp::Ordering;

use super::document::{Datum, Literal, Value};

/// Compares two values as JSON: numbers by exact value, strings by code point, objects regardless
/// of key order. Values of different types are never equal. Returns `None` (unknown) if a value is
/// missing, or if one is a timestamp and the other is not.
pub(crate) fn equal(left: &Datum<'_>, right: &Datum<'_>) -> Option<bool> {
    if matches!(left, Datum::Missing) || matches!(right, Datum::Missing) {
        return None;
    }
    if matches!(left, Datum::Time(_)) != matches!(right, Datum::Time(_)) {
        return None;
    }
    // Explicit stack: nested values must not recurse.
    let mut open: Vec<(Datum<'_>, Datum<'_>)> = Vec::new();
    if !equal_outside(left, right, &mut open) {
        return Some(false);
    }
    while let Some((left, right)) = open.pop() {
        if !equal_outside(&left, &right, &mut open) {
            return Some(false);
        }
    }
    Some(true)
}

/// Returns the order of two numbers, two strings (by code point) or two timestamps, `None` for
/// anything else.
pub(crate) fn order(left: &Datum<'_>, right: &Datum<'_>) -> Option<Ordering> {
    match (left, right) {
        (Datum::Number(left), Datum::Number(right)) => Some(left.compare(*right)),
        (Datum::Text(left), Datum::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Datum::Time(left), Datum::Time(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Compares scalars completely and containers without their contents, which it pushes to `open`.
fn equal_outside<'a>(
    left: &Datum<'a>,
    right: &Datum<'a>,
    open: &mut Vec<(Datum<'a>, Datum<'a>)>,
) -> bool {
    match (left, right) {
        (Datum::Null, Datum::Null) => true,
        (Datum::Bool(left), Datum::Bool(right)) => left == right,
        (Datum::Number(left), Datum::Number(right)) => left.compare(*right) == Ordering::Equal,
        (Datum::Text(left), Datum::Text(right)) => left == right,
        (Datum::Time(left), Datum::Time(right)) => left == right,
        (Datum::Node(left), Datum::Node(right)) => equal_nodes(*left, *right, open),
        (Datum::List(left), Datum::List(right)) => {
            open.extend(
                left.iter()
                    .map(Literal::datum)
                    .zip(right.iter().map(Literal::datum)),
            );
            left.len() == right.len()
        }
        (Datum::Node(node), Datum::List(list)) | (Datum::List(list), Datum::Node(node)) => {
            open.extend(
                node.elements()
                    .map(Value::datum)
                    .zip(list.iter().map(Literal::datum)),
            );
            node.is_list() && node.count() as usize == list.len()
        }
        _ => false,
    }
}

fn equal_nodes<'a>(
    left: Value<'a>,
    right: Value<'a>,
    open: &mut Vec<(Datum<'a>, Datum<'a>)>,
) -> bool {
    if left.kind() != right.kind() || left.count() != right.count() {
        return false;
    }
    if left.is_list() {
        open.extend(
            left.elements()
                .map(Value::datum)
                .zip(right.elements().map(Value::datum)),
        );
        return true;
    }
    let sorted = |object: Value<'a>| {
        let mut members: Vec<_> = object
            .members()
            .map(|(key, value)| (key.string().unwrap_or_default(), value))
            .collect();
        members.sort_by(|(left, _), (right, _)| left.cmp(right));
        members
    };
    sorted(left)
        .into_iter()
        .zip(sorted(right))
        .all(|((left_key, left), (right_key, right))| {
            open.push((left.datum(), right.datum()));
            left_key == right_key
        })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::cmp::Ordering;

    use super::{equal, order};
    use crate::json::document::Datum;

    fn text(text: &str) -> Datum<'_> {
        Datum::Text(Cow::Borrowed(text))
    }

    #[test]
    fn missing_is_unknown_and_types_differ() {
        assert_eq!(equal(&Datum::Missing, &Datum::Missing), None);
        assert_eq!(equal(&Datum::Null, &Datum::Missing), None);
        assert_eq!(equal(&Datum::Null, &Datum::Null), Some(true));
        assert_eq!(equal(&Datum::Bool(true), &text("true")), Some(false));
        assert_eq!(equal(&text("a"), &text("a")), Some(true));
        assert_eq!(order(&text("a"), &Datum::Bool(true)), None);
        assert_eq!(order(&Datum::Bool(false), &Datum::Bool(true)), None);
        // By code point, not by UTF-16 unit.
        assert_eq!(order(&text("\u{ffff}"), &text("😀")), Some(Ordering::Less));
    }
}
