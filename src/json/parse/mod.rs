//! Reading JSON: one pass that checks the whole text and notes where every value stands, or those that
//! are used. Knows no event and no rule, and turns no value into anything.

mod container;
mod diagnose;
mod duplicate_keys;
mod fast_path;
mod key_predictor;
mod plain_members;
mod repeated_shape;
mod simd16;
mod simd64;
mod skip_value;
mod strings;
mod tape;
#[cfg(test)]
mod tests;
mod trusted;
mod validate;

use self::diagnose::scan;
use self::fast_path::walk;
use self::simd64::BLOCK;
pub(crate) use self::tape::ParseScratch;
use self::tape::Tape;
use self::trusted::walk_trusted;
use crate::json::document::{Document, JsonKind, TapeNode, unescape};
use crate::json::path::write_key;
use crate::json::projection::{EVENT, Projection, Selection};

/// What is taken from a text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadMode<'a> {
    Full,
    /// What is used of an event; the text is checked whole.
    Projected(&'a Projection),
    /// What is used of an event, from a text that was checked before: what is not used is skipped.
    ProjectedTrusted(&'a Projection),
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonErrorKind {
    /// It is not JSON as RFC 8259 has it, or an escape leaves a lone surrogate.
    InvalidJson,
    /// More brackets are open at once than allowed.
    TooDeep,
    /// An object has one key twice.
    DuplicateKey,
}

/// Why a text was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) kind: JsonErrorKind,
    /// The byte at which it shows; the end of the text where more was to come.
    pub(crate) offset: usize,
    /// What is wrong, without the place.
    pub(crate) message: String,
    /// For a duplicate key: the key that comes again, as rules write a path, from the root on.
    pub(crate) path: Option<String>,
}

/// Reads one JSON value, with blanks around it and nothing else. `depth` brackets may be open at once.
///
/// The first flaw by place is the one told, but a duplicate key only where there is no other: then the
/// first key in the text that repeats one of its object. Keys are equal when they are equal after
/// unescaping. The time is linear in the text, whatever it holds.
pub(crate) fn read(text: impl Into<String>, depth: usize) -> Result<Document, JsonError> {
    let text = text.into();
    let mut nodes = Vec::new();
    let mut memory = ParseScratch::default();
    let end = text.len();
    read_nodes(&text, end, ReadMode::Full, depth, &mut nodes, &mut memory)?;
    Ok(Document::new(text, nodes))
}

/// Reads `text` into a document that was read before, whose memory is used again. It holds nothing where
/// there is a flaw; these are those of [`read`], but of a trusted text they may not be seen.
pub(crate) fn read_into(
    document: &mut Document,
    text: &str,
    mode: ReadMode<'_>,
    depth: usize,
    memory: &mut ParseScratch,
) -> Result<(), JsonError> {
    let (kept, nodes) = document.parts_mut();
    kept.clear();
    nodes.clear();
    kept.reserve(text.len().saturating_add(BEHIND.len()));
    kept.push_str(text);
    kept.push_str(BEHIND);
    let result = read_nodes(kept, text.len(), mode, depth, nodes, memory);
    match &result {
        Ok(()) => kept.truncate(text.len()),
        Err(_) => {
            kept.clear();
            nodes.clear();
        }
    }
    result
}

/// What stands behind a text while it is read: so many bytes are looked at together. No value goes on with
/// any of them.
const BEHIND: &str = {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    match std::str::from_utf8(&ZEROS) {
        Ok(text) => text,
        Err(_) => "",
    }
};

/// Reads `text` up to `end`: what is behind that are zeros, if anything.
fn read_nodes(
    text: &str,
    end: usize,
    mode: ReadMode<'_>,
    depth: usize,
    nodes: &mut Vec<TapeNode>,
    memory: &mut ParseScratch,
) -> Result<(), JsonError> {
    if u32::try_from(end).is_err() {
        return Err(flaw(0, "the text is longer than 4 GiB"));
    }
    let (want, projection) = match mode {
        ReadMode::ProjectedTrusted(projection) => {
            let habits = &mut memory.habits;
            if walk_trusted(text, end, projection, depth, nodes, habits).is_some() {
                return Ok(());
            }
            nodes.clear();
            (EVENT, Some(projection))
        }
        ReadMode::Full => (Selection::All, None),
        ReadMode::Projected(projection) => (EVENT, Some(projection)),
    };
    let mut tape = Tape::new(text, end, want, projection, depth, nodes, memory);
    tape.make_room();
    let has_flaw = matches!(mode, ReadMode::ProjectedTrusted(_));
    let result = fill(&mut tape, has_flaw, depth);
    tape.give_back(memory);
    result
}

fn fill(tape: &mut Tape<'_>, has_flaw: bool, depth: usize) -> Result<(), JsonError> {
    if has_flaw || walk(tape).is_none() {
        // The plain way tells what is wrong, and where.
        tape.clear();
        tape.text = tape.text.get(..tape.end).unwrap_or_default();
        scan(tape).map_err(|flaw| match flaw.kind {
            JsonErrorKind::TooDeep => JsonError {
                message: format!("more than {depth} brackets are open at once"),
                ..flaw
            },
            _ => flaw,
        })?;
    }
    match tape.keys.repeat() {
        None => Ok(()),
        Some(offset) => {
            let text = tape.text.get(..tape.end).unwrap_or_default();
            Err(duplicate(text, offset, depth))
        }
    }
}

#[cold]
fn duplicate(text: &str, offset: u32, depth: usize) -> JsonError {
    // The way to the key may not have been kept.
    let (mut nodes, mut memory) = (Vec::new(), ParseScratch::default());
    let mut whole = Tape::new(
        text,
        text.len(),
        Selection::All,
        None,
        depth,
        &mut nodes,
        &mut memory,
    );
    let path = match scan(&mut whole) {
        Ok(()) => path_of_key(text, whole.nodes, offset),
        Err(_) => String::new(),
    };
    JsonError {
        kind: JsonErrorKind::DuplicateKey,
        offset: offset as usize,
        message: "this key is in its object already".to_owned(),
        path: Some(path),
    }
}

/// A character as a message names it: by its number, unless it is plain to see.
pub(crate) fn shown(c: char) -> String {
    if c.is_ascii_graphic() && c != '`' {
        format!("`{c}`")
    } else {
        format!("U+{:04X}", u32::from(c))
    }
}

#[cold]
fn flaw(offset: usize, message: &str) -> JsonError {
    JsonError {
        kind: JsonErrorKind::InvalidJson,
        offset,
        message: message.to_owned(),
        path: None,
    }
}

/// How a path names the key at a byte: `event_data.order["line-items"][0].id`.
fn path_of_key(text: &str, nodes: &[TapeNode], offset: u32) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(container) = nodes.get(at) {
        at = at.saturating_add(1);
        let mut found = false;
        for index in 0..container.count {
            let Some(first) = nodes.get(at) else { break };
            if container.kind == JsonKind::Object {
                let value = first.next as usize;
                if nodes.get(value).is_some_and(|value| value.end > offset) {
                    let inside = first.start.saturating_add(1)..first.end.saturating_sub(1);
                    let name = text.get(inside.start as usize..inside.end as usize);
                    // Writing to a String cannot fail.
                    let _ = write_key(&mut out, &unescape(name.unwrap_or_default()));
                    found = first.start != offset;
                    at = value;
                    break;
                }
                at = nodes
                    .get(value)
                    .map_or(nodes.len(), |node| node.next as usize);
            } else if first.end > offset {
                out.push_str(&format!("[{index}]"));
                found = true;
                break;
            } else {
                at = first.next as usize;
            }
        }
        if !found {
            break;
        }
    }
    match out.strip_prefix('.') {
        Some(path) => path.to_owned(),
        None => out,
    }
}
