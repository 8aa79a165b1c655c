//! Validates a container outside the projection, including duplicate keys, without building nodes.

use super::duplicate_keys::{KeyFilter, KeyLog};
use super::plain_members::{ObjectsEnd, RunEnd, consume_plain_members, consume_plain_objects};
use super::simd16::{any_number_end, plain_end, plain_string, short_number, string_end};
use super::strings::rest_of_string;
use crate::text::swar::{key_hash_range, whitespace_end};

/// A container that is open in the skipped part.
#[derive(Clone, Copy, Debug)]
pub(super) struct SkippedLevel {
    is_object: bool,
    filter: KeyFilter,
}

/// Starts at a bracket. Returns the offset after the closing one, `None` if the text is invalid or
/// more than `depth_left` brackets are open at once.
#[inline(never)]
pub(super) fn validate_container(
    bytes: &[u8],
    start: usize,
    depth_left: usize,
    keys: &mut KeyLog<'_>,
    levels: &mut Vec<SkippedLevel>,
) -> Option<usize> {
    levels.clear();
    let place = |rest: &[u8]| bytes.len().wrapping_sub(rest.len());
    let mut rest = bytes.get(start..)?;
    let mut level = SkippedLevel {
        is_object: false,
        filter: keys.open(),
    };
    'value: loop {
        // A value must start here.
        match *rest.first()? {
            first @ b'-'..=b'9' => {
                rest = match short_number(rest, first) {
                    Some(rest_after) => rest_after,
                    None => bytes.get(any_number_end(bytes, place(rest))?..)?,
                }
            }
            b'"' => {
                rest = match plain_string(rest) {
                    Some(rest_after) => rest_after,
                    None => bytes.get(string_end(bytes, place(rest).wrapping_add(1))?.0..)?,
                }
            }
            bracket @ (b'{' | b'[') => 'container: {
                if levels.len() >= depth_left {
                    return None;
                }
                if bracket == b'{' {
                    let elements = !level.is_object && !levels.is_empty();
                    let (run, filter) = match consume_plain_objects(bytes, rest, elements, keys) {
                        ObjectsEnd::Open(run, filter) => (run, filter),
                        ObjectsEnd::Closed(rest_after) if levels.is_empty() => {
                            return Some(place(rest_after));
                        }
                        ObjectsEnd::Closed(rest_after) => {
                            rest = rest_after;
                            break 'container;
                        }
                    };
                    levels.push(level);
                    level = SkippedLevel {
                        is_object: true,
                        filter,
                    };
                    rest = run.rest;
                    if let RunEnd::Value = run.end {
                        continue 'value;
                    }
                    if run.members > 0 {
                        break 'container;
                    }
                    rest = bytes.get(whitespace_end(bytes, place(rest).wrapping_add(1))..)?;
                    if *rest.first()? != b'}' {
                        rest = bytes.get(key(bytes, place(rest), keys, &mut level.filter)?..)?;
                        continue 'value;
                    }
                } else {
                    levels.push(level);
                    level = SkippedLevel {
                        is_object: false,
                        filter: keys.open(),
                    };
                    rest = bytes.get(whitespace_end(bytes, place(rest).wrapping_add(1))..)?;
                    if *rest.first()? != b']' {
                        continue 'value;
                    }
                }
            }
            b't' => rest = bytes.get(literal_end(bytes, place(rest), *b"true")?..)?,
            b'f' => rest = bytes.get(literal_end(bytes, place(rest), *b"false")?..)?,
            b'n' => rest = bytes.get(literal_end(bytes, place(rest), *b"null")?..)?,
            b' ' | b'\n' | b'\r' | b'\t' => {
                rest = bytes.get(whitespace_end(bytes, place(rest))..)?;
                continue 'value;
            }
            _ => return None,
        }
        // A value ended here. Close the containers that end with it.
        loop {
            if level.is_object && rest.get(1) == Some(&b'"') {
                let run = consume_plain_members(bytes, rest, b',', 0, keys, &mut level.filter);
                rest = run.rest;
                if let RunEnd::Value = run.end {
                    continue 'value;
                }
            }
            let byte = *rest.first()?;
            if byte == b',' {
                rest = rest.get(1..)?;
                if level.is_object {
                    rest = bytes.get(key(bytes, place(rest), keys, &mut level.filter)?..)?;
                }
                continue 'value;
            }
            let closer = if level.is_object { b'}' } else { b']' };
            if byte == closer {
                rest = rest.get(1..)?;
                if level.is_object {
                    keys.close(&level.filter);
                }
                level = levels.pop()?;
                if levels.is_empty() {
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

/// Starts at a key, or whitespace before it. Returns the offset after its colon.
#[inline(always)]
fn key(bytes: &[u8], start: usize, keys: &mut KeyLog<'_>, filter: &mut KeyFilter) -> Option<usize> {
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
        keys.add(filter, inside, key_hash_range(bytes, inside, end));
    } else {
        at = rest_of_string(bytes, end).ok()?;
        keys.add_escaped(filter, inside);
    }
    colon_end(bytes, at)
}

/// Starts at a colon, or whitespace before it. Returns the offset after it.
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

/// Returns the offset after `word` if the text continues with it.
#[inline(always)]
pub(super) fn literal_end<const LENGTH: usize>(
    bytes: &[u8],
    start: usize,
    word: [u8; LENGTH],
) -> Option<usize> {
    let found = bytes.get(start..)?.first_chunk()?;
    (found == &word).then_some(start.wrapping_add(LENGTH))
}
