//! The diagnosing pass: reads byte by byte and reports what is wrong and where.
//!
//! It runs after the fast path or the trusted reader has rejected a text. It accepts the same texts
//! and builds the same tape.

use super::container::Container;
use super::strings::rest_of_string;
use super::tape::{OpenContainer, Tape};
use super::{JsonError, JsonErrorKind, json_error, shown};
use crate::json::document::JsonKind;
use crate::json::projection::Selection;
use crate::number::end_of_number;
use crate::text::swar::{key_hash_range, plain_end, whitespace_end};

/// The token expected next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ExpectedToken {
    Value,
    FirstKey,
    Key,
}

/// Parses one value with optional whitespace around it, and nothing else.
pub(super) fn diagnose(tape: &mut Tape<'_>) -> Result<(), JsonError> {
    let bytes = tape.text.as_bytes();
    let (mut open, mut selection) = tape.start();
    let mut at = whitespace_end(bytes, 0);
    let mut expected_token = ExpectedToken::Value;
    'next: loop {
        if expected_token != ExpectedToken::Value {
            (at, selection) = key_end(bytes, at, tape, &mut open, expected_token)?;
        }
        // A value must start here.
        let start = at;
        match bytes.get(at) {
            Some(b'"') => {
                at = plain_end(bytes, at.wrapping_add(1));
                let kind = if bytes.get(at) == Some(&b'"') {
                    JsonKind::String
                } else {
                    JsonKind::EscapedString
                };
                at = rest_of_string(bytes, at)?;
                tape.scalar(selection, kind, start, at);
            }
            Some(b'-' | b'0'..=b'9') => {
                at = end_of_number(bytes, at).map_err(|place| number_flaw(bytes, start, place))?;
                tape.scalar(selection, JsonKind::Number, start, at);
            }
            Some(bracket @ (b'{' | b'[')) => {
                if tape.depth_left() == 0 {
                    return Err(too_deep(at));
                }
                at = whitespace_end(bytes, at.wrapping_add(1));
                if *bracket == b'{' {
                    tape.enter(&mut open, selection, Container::Object, start);
                    if bytes.get(at) != Some(&b'}') {
                        expected_token = ExpectedToken::FirstKey;
                        continue 'next;
                    }
                } else {
                    tape.enter(&mut open, selection, Container::List, start);
                    if bytes.get(at) != Some(&b']') {
                        selection = tape.element(&open);
                        expected_token = ExpectedToken::Value;
                        continue 'next;
                    }
                }
                at = at.wrapping_add(1);
                tape.leave(&mut open, at);
            }
            Some(b't') => {
                at = expect_literal(tape.text, at, "true")?;
                tape.scalar(selection, JsonKind::True, start, at);
            }
            Some(b'f') => {
                at = expect_literal(tape.text, at, "false")?;
                tape.scalar(selection, JsonKind::False, start, at);
            }
            Some(b'n') => {
                at = expect_literal(tape.text, at, "null")?;
                tape.scalar(selection, JsonKind::Null, start, at);
            }
            _ => return Err(expected("a value", tape.text, at)),
        }
        // A value ended here. Close the containers that end with it.
        loop {
            at = whitespace_end(bytes, at);
            open.count = open.count.wrapping_add(1);
            match (open.container, bytes.get(at)) {
                (Container::Object, Some(b',')) => {
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    expected_token = ExpectedToken::Key;
                    continue 'next;
                }
                (Container::List, Some(b',')) => {
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    selection = tape.element(&open);
                    expected_token = ExpectedToken::Value;
                    continue 'next;
                }
                (Container::Object, Some(b'}')) | (Container::List, Some(b']')) => {
                    at = at.wrapping_add(1);
                    tape.leave(&mut open, at);
                }
                (Container::Root, None) => return Ok(()),
                (Container::Root, _) => {
                    return Err(expected("the end of the text", tape.text, at));
                }
                (Container::Object, _) => return Err(expected("`,` or `}`", tape.text, at)),
                (Container::List, _) => return Err(expected("`,` or `]`", tape.text, at)),
            }
        }
    }
}

/// Parses a key and its colon. Returns the start of the value.
fn key_end(
    bytes: &[u8],
    start: usize,
    tape: &mut Tape<'_>,
    open: &mut OpenContainer,
    expected_token: ExpectedToken,
) -> Result<(usize, Selection), JsonError> {
    if bytes.get(start) != Some(&b'"') {
        let what = match expected_token {
            ExpectedToken::FirstKey => "a key or `}`",
            _ => "a key",
        };
        return Err(expected(what, tape.text, start));
    }
    let inside = start.wrapping_add(1);
    let mut end = plain_end(bytes, inside);
    let selection = if bytes.get(end) == Some(&b'"') {
        let hash = key_hash_range(bytes, inside, end);
        tape.key(open, inside, end, hash)
    } else {
        end = rest_of_string(bytes, end)?.wrapping_sub(1);
        tape.escaped_key(open, inside, end)
    };
    let mut at = end.wrapping_add(1);
    if bytes.get(at) != Some(&b':') {
        at = whitespace_end(bytes, at);
        if bytes.get(at) != Some(&b':') {
            return Err(expected("`:`", tape.text, at));
        }
    }
    Ok((whitespace_end(bytes, at.wrapping_add(1)), selection))
}

fn expect_literal(text: &str, start: usize, word: &str) -> Result<usize, JsonError> {
    let end = start.wrapping_add(word.len());
    if text.as_bytes().get(start..end) == Some(word.as_bytes()) {
        return Ok(end);
    }
    Err(literal_error(text, start, word))
}

#[cold]
fn literal_error(text: &str, start: usize, word: &str) -> JsonError {
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let same = rest.iter().zip(word.bytes()).take_while(|(a, b)| **a == *b);
    let place = start.wrapping_add(same.count());
    expected(&format!("`{word}`"), text, place)
}

#[cold]
fn too_deep(offset: usize) -> JsonError {
    JsonError {
        kind: JsonErrorKind::TooDeep,
        offset,
        message: String::new(),
        path: None,
    }
}

#[cold]
fn expected(what: &str, text: &str, offset: usize) -> JsonError {
    let found = text.get(offset..).and_then(|rest| rest.chars().next());
    let message = match found {
        None => format!("expected {what}, but the text ends"),
        Some('\u{feff}') => format!("expected {what}, found a byte order mark"),
        Some(c) => format!("expected {what}, found {}", shown(c)),
    };
    json_error(offset, &message)
}

#[cold]
fn number_flaw(bytes: &[u8], start: usize, place: usize) -> JsonError {
    let zero = match bytes.get(start) {
        Some(b'-') => start.wrapping_add(1),
        _ => start,
    };
    let message = match bytes.get(place) {
        None => "the text ends inside a number",
        Some(b'0'..=b'9') if place == zero.wrapping_add(1) => "a number may not begin with a zero",
        Some(_) => "a number lacks a digit here",
    };
    json_error(place, message)
}
