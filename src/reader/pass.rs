//! Goes past a list or an object that nobody wants and finds out whether it is good, its keys among that.
//! Knows nothing of what is kept.

use super::keys::{Keys, Seen};
use super::lanes::{number_end, plain_end, string_end};
use super::strings::rest_of_string;
use crate::bytes::{blanks_end, print_within};

/// What is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    is_object: bool,
    seen: Seen,
}

/// From a bracket: the place behind the one that closes it. `None` where there is a flaw before that,
/// or more than `room` brackets are open at once.
pub(super) fn pass(
    bytes: &[u8],
    start: usize,
    room: usize,
    keys: &mut Keys<'_>,
    outer: &mut Vec<Level>,
) -> Option<usize> {
    outer.clear();
    let mut at = start;
    let mut here = Level {
        is_object: false,
        seen: keys.open(),
    };
    'value: loop {
        // A value must begin here.
        match *bytes.get(at)? {
            b'"' => (at, _) = string_end(bytes, at.wrapping_add(1))?,
            b'-' | b'0'..=b'9' => at = number_end(bytes, at)?,
            bracket @ (b'{' | b'[') => {
                if outer.len() >= room {
                    return None;
                }
                outer.push(here);
                here = Level {
                    is_object: bracket == b'{',
                    seen: keys.open(),
                };
                at = at.wrapping_add(1);
                if here.is_object {
                    at = blanks_end(bytes, at);
                    if bytes.get(at) != Some(&b'}') {
                        at = key(bytes, at, keys, &mut here.seen)?;
                        continue 'value;
                    }
                } else {
                    at = blanks_end(bytes, at);
                    if bytes.get(at) != Some(&b']') {
                        continue 'value;
                    }
                }
            }
            b't' => at = word_end(bytes, at, *b"true")?,
            b'f' => at = word_end(bytes, at, *b"false")?,
            b'n' => at = word_end(bytes, at, *b"null")?,
            b' ' | b'\n' | b'\r' | b'\t' => {
                at = blanks_end(bytes, at);
                continue 'value;
            }
            _ => return None,
        }
        // A value has ended here, and perhaps containers with it.
        loop {
            let byte = *bytes.get(at)?;
            if byte == b',' {
                at = at.wrapping_add(1);
                if here.is_object {
                    at = key(bytes, at, keys, &mut here.seen)?;
                }
                continue 'value;
            }
            let closer = if here.is_object { b'}' } else { b']' };
            if byte == closer {
                at = at.wrapping_add(1);
                if here.is_object {
                    keys.close(&here.seen);
                }
                here = outer.pop()?;
                if outer.is_empty() {
                    return Some(at);
                }
            } else {
                let end = blanks_end(bytes, at);
                if end == at {
                    return None;
                }
                at = end;
            }
        }
    }
}

/// From a key, or blanks before it: the place behind its colon.
#[inline(always)]
fn key(bytes: &[u8], start: usize, keys: &mut Keys<'_>, seen: &mut Seen) -> Option<usize> {
    let mut at = start;
    if bytes.get(at) != Some(&b'"') {
        at = blanks_end(bytes, at);
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
    }
    let inside = at.wrapping_add(1);
    let end = plain_end(bytes, inside);
    at = end.wrapping_add(1);
    if bytes.get(end) == Some(&b'"') {
        keys.add(seen, inside, end, print_within(bytes, inside, end));
    } else {
        at = rest_of_string(bytes, end).ok()?;
        keys.add_escaped(seen, inside, at.wrapping_sub(1));
    }
    colon_end(bytes, at)
}

/// From a colon, or blanks before it: the place behind it.
#[inline(always)]
pub(super) fn colon_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    if bytes.get(at) != Some(&b':') {
        at = blanks_end(bytes, at);
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
