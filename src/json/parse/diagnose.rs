//! The plain way through a text, byte after byte: it tells what is wrong, and where. Knows nothing of what
//! is kept.

use super::container::Container;
use super::strings::rest_of_string;
use super::tape::{Open, Tape};
use super::{JsonError, JsonErrorKind, flaw, shown};
use crate::json::document::JsonKind;
use crate::json::projection::Selection;
use crate::number::end_of_number;
use crate::text::swar::{key_hash_range, plain_end, whitespace_end};

/// What must come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comes {
    Value,
    FirstKey,
    Key,
}

/// Reads one value, with blanks around it and nothing else.
pub(super) fn scan(tape: &mut Tape<'_>) -> Result<(), JsonError> {
    let bytes = tape.text.as_bytes();
    let (mut open, mut want) = tape.start();
    let mut at = whitespace_end(bytes, 0);
    let mut comes = Comes::Value;
    'next: loop {
        if comes != Comes::Value {
            (at, want) = key_end(bytes, at, tape, &mut open, comes)?;
        }
        // A value must begin here.
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
                tape.scalar(want, kind, start, at);
            }
            Some(b'-' | b'0'..=b'9') => {
                at = end_of_number(bytes, at).map_err(|place| number_flaw(bytes, start, place))?;
                tape.scalar(want, JsonKind::Number, start, at);
            }
            Some(bracket @ (b'{' | b'[')) => {
                if tape.room() == 0 {
                    return Err(too_deep(at));
                }
                at = whitespace_end(bytes, at.wrapping_add(1));
                if *bracket == b'{' {
                    tape.enter(&mut open, want, Container::Object, start);
                    if bytes.get(at) != Some(&b'}') {
                        comes = Comes::FirstKey;
                        continue 'next;
                    }
                } else {
                    tape.enter(&mut open, want, Container::List, start);
                    if bytes.get(at) != Some(&b']') {
                        want = tape.element(&open);
                        comes = Comes::Value;
                        continue 'next;
                    }
                }
                at = at.wrapping_add(1);
                tape.leave(&mut open, at);
            }
            Some(b't') => {
                at = word_end(tape.text, at, "true")?;
                tape.scalar(want, JsonKind::True, start, at);
            }
            Some(b'f') => {
                at = word_end(tape.text, at, "false")?;
                tape.scalar(want, JsonKind::False, start, at);
            }
            Some(b'n') => {
                at = word_end(tape.text, at, "null")?;
                tape.scalar(want, JsonKind::Null, start, at);
            }
            _ => return Err(expected("a value", tape.text, at)),
        }
        // A value has ended here, and perhaps containers with it.
        loop {
            at = whitespace_end(bytes, at);
            open.count = open.count.wrapping_add(1);
            match (open.around, bytes.get(at)) {
                (Container::Object, Some(b',')) => {
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    comes = Comes::Key;
                    continue 'next;
                }
                (Container::List, Some(b',')) => {
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    want = tape.element(&open);
                    comes = Comes::Value;
                    continue 'next;
                }
                (Container::Object, Some(b'}')) | (Container::List, Some(b']')) => {
                    at = at.wrapping_add(1);
                    tape.leave(&mut open, at);
                }
                (Container::Nothing, None) => return Ok(()),
                (Container::Nothing, _) => {
                    return Err(expected("the end of the text", tape.text, at));
                }
                (Container::Object, _) => return Err(expected("`,` or `}`", tape.text, at)),
                (Container::List, _) => return Err(expected("`,` or `]`", tape.text, at)),
            }
        }
    }
}

/// Reads a key and its colon, to where the value must begin.
fn key_end(
    bytes: &[u8],
    start: usize,
    tape: &mut Tape<'_>,
    open: &mut Open,
    comes: Comes,
) -> Result<(usize, Selection), JsonError> {
    if bytes.get(start) != Some(&b'"') {
        let what = match comes {
            Comes::FirstKey => "a key or `}`",
            _ => "a key",
        };
        return Err(expected(what, tape.text, start));
    }
    let inside = start.wrapping_add(1);
    let mut end = plain_end(bytes, inside);
    let want = if bytes.get(end) == Some(&b'"') {
        let print = key_hash_range(bytes, inside, end);
        tape.key(open, inside, end, print)
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
    Ok((whitespace_end(bytes, at.wrapping_add(1)), want))
}

fn word_end(text: &str, start: usize, word: &str) -> Result<usize, JsonError> {
    let end = start.wrapping_add(word.len());
    if text.as_bytes().get(start..end) == Some(word.as_bytes()) {
        return Ok(end);
    }
    Err(wrong_word(text, start, word))
}

#[cold]
fn wrong_word(text: &str, start: usize, word: &str) -> JsonError {
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
    flaw(offset, &message)
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
    flaw(place, message)
}
