//! Goes past a list or an object that nobody wants and finds out whether it is good, its keys among that.
//! Knows nothing of what is kept.

use super::duplicate_keys::{Keys, Seen};
use super::plain_members::{End, Objects, run, run_objects};
use super::simd16::{any_number_end, plain_end, plain_string, short_number, string_end};
use super::strings::rest_of_string;
use crate::text::swar::{key_hash_range, whitespace_end};

/// What is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    is_object: bool,
    seen: Seen,
}

/// From a bracket: the place behind the one that closes it. `None` where there is a flaw before that,
/// or more than `room` brackets are open at once.
#[inline(never)]
pub(super) fn pass(
    bytes: &[u8],
    start: usize,
    room: usize,
    keys: &mut Keys<'_>,
    outer: &mut Vec<Level>,
) -> Option<usize> {
    outer.clear();
    let place = |rest: &[u8]| bytes.len().wrapping_sub(rest.len());
    let mut rest = bytes.get(start..)?;
    let mut here = Level {
        is_object: false,
        seen: keys.open(),
    };
    'value: loop {
        // A value must begin here.
        match *rest.first()? {
            first @ b'-'..=b'9' => {
                rest = match short_number(rest, first) {
                    Some(behind) => behind,
                    None => bytes.get(any_number_end(bytes, place(rest))?..)?,
                }
            }
            b'"' => {
                rest = match plain_string(rest) {
                    Some(behind) => behind,
                    None => bytes.get(string_end(bytes, place(rest).wrapping_add(1))?.0..)?,
                }
            }
            bracket @ (b'{' | b'[') => 'container: {
                if outer.len() >= room {
                    return None;
                }
                if bracket == b'{' {
                    let elements = !here.is_object && !outer.is_empty();
                    let (run, seen) = match run_objects(bytes, rest, elements, keys) {
                        Objects::Open(run, seen) => (run, seen),
                        Objects::Closed(behind) if outer.is_empty() => return Some(place(behind)),
                        Objects::Closed(behind) => {
                            rest = behind;
                            break 'container;
                        }
                    };
                    outer.push(here);
                    here = Level {
                        is_object: true,
                        seen,
                    };
                    rest = run.rest;
                    if let End::Value = run.end {
                        continue 'value;
                    }
                    if run.members > 0 {
                        break 'container;
                    }
                    rest = bytes.get(whitespace_end(bytes, place(rest).wrapping_add(1))..)?;
                    if *rest.first()? != b'}' {
                        rest = bytes.get(key(bytes, place(rest), keys, &mut here.seen)?..)?;
                        continue 'value;
                    }
                } else {
                    outer.push(here);
                    here = Level {
                        is_object: false,
                        seen: keys.open(),
                    };
                    rest = bytes.get(whitespace_end(bytes, place(rest).wrapping_add(1))..)?;
                    if *rest.first()? != b']' {
                        continue 'value;
                    }
                }
            }
            b't' => rest = bytes.get(word_end(bytes, place(rest), *b"true")?..)?,
            b'f' => rest = bytes.get(word_end(bytes, place(rest), *b"false")?..)?,
            b'n' => rest = bytes.get(word_end(bytes, place(rest), *b"null")?..)?,
            b' ' | b'\n' | b'\r' | b'\t' => {
                rest = bytes.get(whitespace_end(bytes, place(rest))..)?;
                continue 'value;
            }
            _ => return None,
        }
        // A value has ended here, and perhaps containers with it.
        loop {
            if here.is_object && rest.get(1) == Some(&b'"') {
                let run = run(bytes, rest, b',', 0, keys, &mut here.seen);
                rest = run.rest;
                if let End::Value = run.end {
                    continue 'value;
                }
            }
            let byte = *rest.first()?;
            if byte == b',' {
                rest = rest.get(1..)?;
                if here.is_object {
                    rest = bytes.get(key(bytes, place(rest), keys, &mut here.seen)?..)?;
                }
                continue 'value;
            }
            let closer = if here.is_object { b'}' } else { b']' };
            if byte == closer {
                rest = rest.get(1..)?;
                if here.is_object {
                    keys.close(&here.seen);
                }
                here = outer.pop()?;
                if outer.is_empty() {
                    return Some(place(rest));
                }
            } else {
                let end = whitespace_end(bytes, place(rest));
                if end == place(rest) {
                    return None;
                }
                rest = bytes.get(end..)?;
            }
        }
    }
}

/// From a key, or blanks before it: the place behind its colon.
#[inline(always)]
fn key(bytes: &[u8], start: usize, keys: &mut Keys<'_>, seen: &mut Seen) -> Option<usize> {
    let mut at = start;
    if bytes.get(at) != Some(&b'"') {
        at = whitespace_end(bytes, at);
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
    }
    let inside = at.wrapping_add(1);
    let end = plain_end(bytes, inside);
    at = end.wrapping_add(1);
    if bytes.get(end) == Some(&b'"') {
        keys.add(seen, inside, key_hash_range(bytes, inside, end));
    } else {
        at = rest_of_string(bytes, end).ok()?;
        keys.add_escaped(seen, inside);
    }
    colon_end(bytes, at)
}

/// From a colon, or blanks before it: the place behind it.
#[inline(always)]
pub(super) fn colon_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    if bytes.get(at) != Some(&b':') {
        at = whitespace_end(bytes, at);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
    }
    Some(at.wrapping_add(1))
}

/// The place behind a word, if that is the word.
#[inline(always)]
pub(super) fn word_end<const LENGTH: usize>(
    bytes: &[u8],
    start: usize,
    word: [u8; LENGTH],
) -> Option<usize> {
    let found = bytes.get(start..)?.first_chunk()?;
    (found == &word).then_some(start.wrapping_add(LENGTH))
}
