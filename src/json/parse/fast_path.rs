//! The fast way through a good text. Of a text with a flaw it tells no more than that it has one. Knows
//! nothing of what is kept.

use super::container::Container;
use super::plain_members::{End, Run};
use super::simd16::{number_end, plain_end, plain_string, string_end};
use super::strings::rest_of_string;
use super::tape::{Open, Tape};
use super::validate::{colon_end, pass, word_end};
use crate::json::document::JsonKind;
use crate::json::projection::Selection;
use crate::text::swar::{key_hash_range, whitespace_end};

/// Reads one value, with blanks around it and nothing else. `None` where there is a flaw: what of the
/// text was kept till then is not to be used.
pub(super) fn walk(tape: &mut Tape<'_>) -> Option<()> {
    let bytes = tape.text.as_bytes();
    let place = |rest: &[u8]| bytes.len().wrapping_sub(rest.len());
    let (mut open, mut want) = tape.start();
    let mut at = 0;
    'value: loop {
        // A value must begin here.
        let start = at;
        match *bytes.get(at)? {
            b'"' => {
                let kind;
                (at, kind) = match plain_string(bytes.get(at..)?) {
                    Some(behind) => (place(behind), JsonKind::String),
                    None => match string_end(bytes, at.wrapping_add(1))? {
                        (end, true) => (end, JsonKind::EscapedString),
                        (end, false) => (end, JsonKind::String),
                    },
                };
                tape.scalar(want, kind, start, at);
            }
            b'-' | b'0'..=b'9' => {
                at = number_end(bytes, at)?;
                tape.scalar(want, JsonKind::Number, start, at);
            }
            b'{' | b'[' if want == Selection::Skip => {
                let room = tape.room();
                at = pass(bytes, at, room, &mut tape.keys, &mut tape.levels)?;
            }
            bracket @ (b'{' | b'[') => 'container: {
                if tape.room() == 0 {
                    return None;
                }
                if bracket == b'{' {
                    tape.enter(&mut open, want, Container::Object, start);
                    let run = tape.run(&mut open, start, b'{');
                    if let Some(next) = after(run, tape, &mut open, place) {
                        (at, want) = next;
                        continue 'value;
                    }
                    if run.members > 0 {
                        at = place(run.rest);
                        // Which is counted below.
                        open.count = open.count.wrapping_sub(1);
                        break 'container;
                    }
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    if bytes.get(at) != Some(&b'}') {
                        (at, want) = key(bytes, at, tape, &mut open)?;
                        continue 'value;
                    }
                } else {
                    tape.enter(&mut open, want, Container::List, start);
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    if bytes.get(at) != Some(&b']') {
                        want = tape.element(&open);
                        continue 'value;
                    }
                }
                at = at.wrapping_add(1);
                tape.leave(&mut open, at);
            }
            b't' => {
                at = word_end(bytes, at, *b"true")?;
                tape.scalar(want, JsonKind::True, start, at);
            }
            b'f' => {
                at = word_end(bytes, at, *b"false")?;
                tape.scalar(want, JsonKind::False, start, at);
            }
            b'n' => {
                at = word_end(bytes, at, *b"null")?;
                tape.scalar(want, JsonKind::Null, start, at);
            }
            b' ' | b'\n' | b'\r' | b'\t' => {
                at = whitespace_end(bytes, at);
                continue 'value;
            }
            _ => return None,
        }
        // A value has ended here, and perhaps containers with it.
        loop {
            at = whitespace_end(bytes, at);
            open.count = open.count.wrapping_add(1);
            if open.around == Container::Object && bytes.get(at) == Some(&b',') {
                let run = tape.run(&mut open, at, b',');
                if let Some(next) = after(run, tape, &mut open, place) {
                    (at, want) = next;
                    continue 'value;
                }
                at = whitespace_end(bytes, place(run.rest));
            }
            match (open.around, bytes.get(at)) {
                (Container::Object, Some(b',')) => {
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    (at, want) = key(bytes, at, tape, &mut open)?;
                    continue 'value;
                }
                (Container::List, Some(b',')) => {
                    at = at.wrapping_add(1);
                    want = tape.element(&open);
                    continue 'value;
                }
                (Container::Object, Some(b'}')) | (Container::List, Some(b']')) => {
                    at = at.wrapping_add(1);
                    tape.leave(&mut open, at);
                }
                (Container::Nothing, _) if at == tape.end => return Some(()),
                _ => return None,
            }
        }
    }
}

/// What a run ends before: the place of the next value, and what is wanted of it. `None` where no value
/// comes next.
#[inline(always)]
fn after(
    run: Run<'_>,
    tape: &mut Tape<'_>,
    open: &mut Open,
    place: impl Fn(&[u8]) -> usize,
) -> Option<(usize, Selection)> {
    match run.end {
        End::Any => None,
        End::Value => Some((place(run.rest), Selection::Skip)),
        End::Key(key) => {
            let start = place(run.rest).wrapping_add(2);
            let end = start.wrapping_add(key.length);
            let want = tape.key(open, start, end, key.print);
            Some((place(key.behind), want))
        }
    }
}

/// Reads a key and its colon, to behind it, and tells what is wanted of the value.
#[inline(always)]
fn key(
    bytes: &[u8],
    start: usize,
    tape: &mut Tape<'_>,
    open: &mut Open,
) -> Option<(usize, Selection)> {
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let inside = start.wrapping_add(1);
    let end = plain_end(bytes, inside);
    let (at, want) = if bytes.get(end) == Some(&b'"') {
        let print = key_hash_range(bytes, inside, end);
        let want = tape.key(open, inside, end, print);
        (end.wrapping_add(1), want)
    } else {
        let at = rest_of_string(bytes, end).ok()?;
        (at, tape.escaped_key(open, inside, at.wrapping_sub(1)))
    };
    Some((colon_end(bytes, at)?, want))
}
