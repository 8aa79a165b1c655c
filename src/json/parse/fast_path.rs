//! The fast path: parses valid text with SIMD. On invalid text it stops and reports no reason.

use super::container::Container;
use super::plain_members::{PlainRun, RunEnd};
use super::simd16::{number_end, plain_end, plain_string, string_end};
use super::strings::rest_of_string;
use super::tape::{OpenContainer, Tape};
use super::validate::{colon_end, literal_end, validate_container};
use crate::json::document::JsonKind;
use crate::json::projection::Selection;
use crate::text::swar::{key_hash_range, whitespace_end};

/// Parses one value with optional whitespace around it, and nothing else. Returns `None` if the
/// text is invalid; the tape is then incomplete.
pub(super) fn parse_fast(tape: &mut Tape<'_>) -> Option<()> {
    let bytes = tape.text.as_bytes();
    let place = |rest: &[u8]| bytes.len().wrapping_sub(rest.len());
    let (mut open, mut selection) = tape.start();
    let mut at = 0;
    'value: loop {
        // A value must start here.
        let start = at;
        match *bytes.get(at)? {
            b'"' => {
                let kind;
                (at, kind) = match plain_string(bytes.get(at..)?) {
                    Some(rest_after) => (place(rest_after), JsonKind::String),
                    None => match string_end(bytes, at.wrapping_add(1))? {
                        (end, true) => (end, JsonKind::EscapedString),
                        (end, false) => (end, JsonKind::String),
                    },
                };
                tape.scalar(selection, kind, start, at);
            }
            b'-' | b'0'..=b'9' => {
                at = number_end(bytes, at)?;
                tape.scalar(selection, JsonKind::Number, start, at);
            }
            b'{' | b'[' if selection == Selection::Skip => {
                let depth_left = tape.depth_left();
                at = validate_container(bytes, at, depth_left, &mut tape.keys, &mut tape.levels)?;
            }
            bracket @ (b'{' | b'[') => 'container: {
                if tape.depth_left() == 0 {
                    return None;
                }
                if bracket == b'{' {
                    tape.enter(&mut open, selection, Container::Object, start);
                    let run = tape.consume_plain_members(&mut open, start, b'{');
                    if let Some(next) = after(run, tape, &mut open, place) {
                        (at, selection) = next;
                        continue 'value;
                    }
                    if run.members > 0 {
                        at = place(run.rest);
                        // The loop below counts it.
                        open.count = open.count.wrapping_sub(1);
                        break 'container;
                    }
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    if bytes.get(at) != Some(&b'}') {
                        (at, selection) = key(bytes, at, tape, &mut open)?;
                        continue 'value;
                    }
                } else {
                    tape.enter(&mut open, selection, Container::List, start);
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    if bytes.get(at) != Some(&b']') {
                        selection = tape.element(&open);
                        continue 'value;
                    }
                }
                at = at.wrapping_add(1);
                tape.leave(&mut open, at);
            }
            b't' => {
                at = literal_end(bytes, at, *b"true")?;
                tape.scalar(selection, JsonKind::True, start, at);
            }
            b'f' => {
                at = literal_end(bytes, at, *b"false")?;
                tape.scalar(selection, JsonKind::False, start, at);
            }
            b'n' => {
                at = literal_end(bytes, at, *b"null")?;
                tape.scalar(selection, JsonKind::Null, start, at);
            }
            b' ' | b'\n' | b'\r' | b'\t' => {
                at = whitespace_end(bytes, at);
                continue 'value;
            }
            _ => return None,
        }
        // A value ended here. Close the containers that end with it.
        loop {
            at = whitespace_end(bytes, at);
            open.count = open.count.wrapping_add(1);
            if open.container == Container::Object && bytes.get(at) == Some(&b',') {
                let run = tape.consume_plain_members(&mut open, at, b',');
                if let Some(next) = after(run, tape, &mut open, place) {
                    (at, selection) = next;
                    continue 'value;
                }
                at = whitespace_end(bytes, place(run.rest));
            }
            match (open.container, bytes.get(at)) {
                (Container::Object, Some(b',')) => {
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    (at, selection) = key(bytes, at, tape, &mut open)?;
                    continue 'value;
                }
                (Container::List, Some(b',')) => {
                    at = at.wrapping_add(1);
                    selection = tape.element(&open);
                    continue 'value;
                }
                (Container::Object, Some(b'}')) | (Container::List, Some(b']')) => {
                    at = at.wrapping_add(1);
                    tape.leave(&mut open, at);
                }
                (Container::Root, _) if at == tape.end => return Some(()),
                _ => return None,
            }
        }
    }
}

/// Returns where the value after a run of plain members starts, and its selection. `None` if no
/// value comes next.
#[inline(always)]
fn after(
    run: PlainRun<'_>,
    tape: &mut Tape<'_>,
    open: &mut OpenContainer,
    place: impl Fn(&[u8]) -> usize,
) -> Option<(usize, Selection)> {
    match run.end {
        RunEnd::Other => None,
        RunEnd::Value => Some((place(run.rest), Selection::Skip)),
        RunEnd::Key(key) => {
            let start = place(run.rest).wrapping_add(2);
            let end = start.wrapping_add(key.length);
            let selection = tape.key(open, start, end, key.hash);
            Some((place(key.rest_after), selection))
        }
    }
}

/// Parses a key and its colon. Returns the offset after the colon and the selection of the value.
#[inline(always)]
fn key(
    bytes: &[u8],
    start: usize,
    tape: &mut Tape<'_>,
    open: &mut OpenContainer,
) -> Option<(usize, Selection)> {
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let inside = start.wrapping_add(1);
    let end = plain_end(bytes, inside);
    let (at, selection) = if bytes.get(end) == Some(&b'"') {
        let hash = key_hash_range(bytes, inside, end);
        let selection = tape.key(open, inside, end, hash);
        (end.wrapping_add(1), selection)
    } else {
        let at = rest_of_string(bytes, end).ok()?;
        (at, tape.escaped_key(open, inside, at.wrapping_sub(1)))
    };
    Some((colon_end(bytes, at)?, selection))
}
