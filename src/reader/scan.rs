//! The scanner: from the first byte to the last, one value after the other. Knows nothing of what is
//! kept.

use super::strings::{rest_of_string, string_end};
use super::tape::{Around, Tape};
use super::{Flaw, FlawKind, flaw, shown};
use crate::bytes::{blanks_end, printed_end, skip_brackets, skip_string};
use crate::number::end_of_number;
use crate::uses::Want;
use crate::value::Kind;

/// Reads one value, with blanks around it and nothing else.
///
/// Of a `TRUSTED` text what is not wanted is skipped, and repeated keys are not looked for.
pub(super) fn scan<const TRUSTED: bool>(tape: &mut Tape<'_>) -> Result<(), Flaw> {
    let bytes = tape.text.as_bytes();
    let mut at = blanks_end(bytes, 0);
    'value: loop {
        // A value must begin here.
        let start = at;
        match bytes.get(at) {
            Some(b'"') => {
                if TRUSTED && tape.want == Want::Nothing {
                    at = skip_string(bytes, at).ok_or_else(|| unfinished(bytes))?;
                } else {
                    let (end, escaped) = string_end(bytes, at)?;
                    let kind = if escaped {
                        Kind::EscapedString
                    } else {
                        Kind::String
                    };
                    tape.scalar(kind, start, end);
                    at = end;
                }
            }
            Some(b'-' | b'0'..=b'9') => {
                at = end_of_number(bytes, at).map_err(|place| number_flaw(bytes, start, place))?;
                tape.scalar(Kind::Number, start, at);
            }
            Some(bracket @ (b'{' | b'[')) => {
                if TRUSTED && tape.want == Want::Nothing {
                    at = skip_brackets(bytes, at).ok_or_else(|| unfinished(bytes))?;
                } else {
                    if !tape.has_room() {
                        return Err(too_deep(at));
                    }
                    at = blanks_end(bytes, at.wrapping_add(1));
                    if *bracket == b'{' {
                        tape.enter(Around::Object, start);
                        if bytes.get(at) != Some(&b'}') {
                            at = key_end::<TRUSTED>(bytes, at, tape, "a key or `}`")?;
                            continue 'value;
                        }
                    } else {
                        tape.enter(Around::List, start);
                        if bytes.get(at) != Some(&b']') {
                            continue 'value;
                        }
                    }
                    at = at.wrapping_add(1);
                    tape.leave(at);
                }
            }
            Some(b't') => {
                at = word_end(tape.text, at, "true")?;
                tape.scalar(Kind::True, start, at);
            }
            Some(b'f') => {
                at = word_end(tape.text, at, "false")?;
                tape.scalar(Kind::False, start, at);
            }
            Some(b'n') => {
                at = word_end(tape.text, at, "null")?;
                tape.scalar(Kind::Null, start, at);
            }
            _ => return Err(expected("a value", tape.text, at)),
        }
        // A value has ended here, and perhaps containers with it.
        loop {
            at = blanks_end(bytes, at);
            tape.open.count = tape.open.count.wrapping_add(1);
            match (tape.open.around, bytes.get(at)) {
                (Around::Object, Some(b',')) => {
                    at = blanks_end(bytes, at.wrapping_add(1));
                    at = key_end::<TRUSTED>(bytes, at, tape, "a key")?;
                    continue 'value;
                }
                (Around::List, Some(b',')) => {
                    at = blanks_end(bytes, at.wrapping_add(1));
                    tape.element();
                    continue 'value;
                }
                (Around::Object, Some(b'}')) | (Around::List, Some(b']')) => {
                    at = at.wrapping_add(1);
                    tape.leave(at);
                }
                (Around::Nothing, None) => return Ok(()),
                (Around::Nothing, _) => return Err(expected("the end of the text", tape.text, at)),
                (Around::Object, _) => return Err(expected("`,` or `}`", tape.text, at)),
                (Around::List, _) => return Err(expected("`,` or `]`", tape.text, at)),
            }
        }
    }
}

/// Reads a key and its colon, to where the value must begin.
#[inline(always)]
fn key_end<const TRUSTED: bool>(
    bytes: &[u8],
    start: usize,
    tape: &mut Tape<'_>,
    wanted: &str,
) -> Result<usize, Flaw> {
    if bytes.get(start) != Some(&b'"') {
        return Err(expected(wanted, tape.text, start));
    }
    let inside = start.wrapping_add(1);
    let (mut end, print) = printed_end(bytes, inside);
    let escaped = bytes.get(end) != Some(&b'"');
    if escaped {
        end = rest_of_string(bytes, end)?.wrapping_sub(1);
    }
    tape.key(inside, end, print, escaped, !TRUSTED);
    let mut colon = end.wrapping_add(1);
    if bytes.get(colon) != Some(&b':') {
        colon = blanks_end(bytes, colon);
        if bytes.get(colon) != Some(&b':') {
            return Err(expected("`:`", tape.text, colon));
        }
    }
    Ok(blanks_end(bytes, colon.wrapping_add(1)))
}

#[inline(always)]
fn word_end(text: &str, start: usize, word: &str) -> Result<usize, Flaw> {
    let end = start.wrapping_add(word.len());
    if text.as_bytes().get(start..end) == Some(word.as_bytes()) {
        return Ok(end);
    }
    Err(wrong_word(text, start, word))
}

#[cold]
fn wrong_word(text: &str, start: usize, word: &str) -> Flaw {
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let same = rest.iter().zip(word.bytes()).take_while(|(a, b)| **a == *b);
    let place = start.wrapping_add(same.count());
    expected(&format!("`{word}`"), text, place)
}

#[cold]
fn too_deep(offset: usize) -> Flaw {
    Flaw {
        kind: FlawKind::TooDeep,
        offset,
        message: String::new(),
        path: None,
    }
}

#[cold]
fn unfinished(bytes: &[u8]) -> Flaw {
    flaw(bytes.len(), "the text ends too early")
}

#[cold]
fn expected(what: &str, text: &str, offset: usize) -> Flaw {
    let found = text.get(offset..).and_then(|rest| rest.chars().next());
    let message = match found {
        None => format!("expected {what}, but the text ends"),
        Some('\u{feff}') => format!("expected {what}, found a byte order mark"),
        Some(c) => format!("expected {what}, found {}", shown(c)),
    };
    flaw(offset, &message)
}

#[cold]
fn number_flaw(bytes: &[u8], start: usize, place: usize) -> Flaw {
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
