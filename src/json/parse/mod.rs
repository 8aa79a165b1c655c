//! Reads JSON text into a tape of nodes, completely or as far as a projection selects.
//!
//! # How to read the JSON reader
//!
//! There are three [`ReadMode`]s: the full document, a projection of a text that is validated
//! completely, and a projection of a text that the host has validated before.
//!
//! | pass | file | when |
//! | --- | --- | --- |
//! | fast path | `fast_path` | first, for untrusted text: SIMD, no error messages |
//! | validation | `validate` | called by the fast path for a container that is not selected |
//! | trusted reader | `trusted` | first, for trusted text: skips what is not selected (`skip_value`) and predicts the next key (`key_predictor`) |
//! | diagnosis | `diagnose` | after one of these gave up: byte by byte, reports the first error |
//!
//! Two shortcuts serve the fast path and validation: `plain_members` consumes members of the
//! simplest form, and `repeated_shape` consumes objects with the same keys as the one before. Both
//! stop, without an error, at anything else.
//!
//! The passes share `tape` (nodes and open containers), `duplicate_keys`, `strings`, `simd16`
//! (where strings and numbers end) and `simd64` (where brackets, commas and quotes are).
//!
//! INVARIANT: the fast path and diagnosis accept the same texts and build the same tape.
//!
//! INVARIANT: while a text is read, [`PADDING`] follows it, so that SIMD loads near its end need no
//! special case. No pass reads past the padding.

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

use self::diagnose::diagnose;
use self::fast_path::parse_fast;
use self::simd64::BLOCK;
pub(crate) use self::tape::ParseScratch;
use self::tape::Tape;
use self::trusted::parse_trusted;
use crate::json::document::{Document, JsonKind, TapeNode, unescape};
use crate::json::path::write_key;
use crate::json::projection::{EVENT, Projection, Selection};

/// How much of a text is kept, and how much of it is validated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadMode<'a> {
    Full,
    /// Keeps the projection and validates the whole text.
    Projected(&'a Projection),
    /// Keeps the projection of a text that was validated before, and skips the rest. On invalid
    /// text the result is unspecified, but never a panic.
    ProjectedTrusted(&'a Projection),
}

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonErrorKind {
    /// Not JSON by RFC 8259, or an escape is a lone surrogate.
    InvalidJson,
    /// More brackets are open at once than the limit allows.
    TooDeep,
    /// An object repeats a key.
    DuplicateKey,
}

/// Why a text was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) kind: JsonErrorKind,
    /// Byte offset of the error; the end of the text if more was expected.
    pub(crate) offset: usize,
    /// The reason, without the position.
    pub(crate) message: String,
    /// For a duplicate key: the path of the repeated key from the root, as rules write it.
    pub(crate) path: Option<String>,
}

/// Parses one JSON value with optional whitespace around it, and nothing else. `depth` is the limit
/// of open brackets.
///
/// Reports the first error in the text. A duplicate key is reported only if there is no other
/// error; then the first key that repeats one of its object. Keys are compared after unescaping.
/// The time is linear in the length of the text.
pub(crate) fn read(text: impl Into<String>, depth: usize) -> Result<Document, JsonError> {
    let text = text.into();
    let mut nodes = Vec::new();
    let mut memory = ParseScratch::default();
    let end = text.len();
    read_nodes(&text, end, ReadMode::Full, depth, &mut nodes, &mut memory)?;
    Ok(Document::new(text, nodes))
}

/// Parses `text` into an existing document and reuses its memory. The document is empty after an
/// error. Errors are those of [`read`], except that errors in trusted text may go unnoticed.
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
    kept.reserve(text.len().saturating_add(PADDING.len()));
    kept.push_str(text);
    kept.push_str(PADDING);
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

/// Follows a text while it is read, as SIMD loads read this many bytes at once. A zero byte ends
/// every value.
const PADDING: &str = {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    match std::str::from_utf8(&ZEROS) {
        Ok(text) => text,
        Err(_) => "",
    }
};

/// Parses `text` up to `end`. After `end` there are at most zeros.
fn read_nodes(
    text: &str,
    end: usize,
    mode: ReadMode<'_>,
    depth: usize,
    nodes: &mut Vec<TapeNode>,
    memory: &mut ParseScratch,
) -> Result<(), JsonError> {
    if u32::try_from(end).is_err() {
        return Err(json_error(0, "the text is longer than 4 GiB"));
    }
    let (selection, projection) = match mode {
        ReadMode::ProjectedTrusted(projection) => {
            let predictor = &mut memory.predictor;
            if parse_trusted(text, end, projection, depth, nodes, predictor).is_some() {
                return Ok(());
            }
            nodes.clear();
            (EVENT, Some(projection))
        }
        ReadMode::Full => (Selection::All, None),
        ReadMode::Projected(projection) => (EVENT, Some(projection)),
    };
    let mut tape = Tape::new(text, end, selection, projection, depth, nodes, memory);
    tape.reserve();
    let failed = matches!(mode, ReadMode::ProjectedTrusted(_));
    let result = fill(&mut tape, failed, depth);
    tape.return_memory(memory);
    result
}

fn fill(tape: &mut Tape<'_>, failed: bool, depth: usize) -> Result<(), JsonError> {
    if failed || parse_fast(tape).is_none() {
        // The diagnosing pass reports what is wrong, and where.
        tape.clear();
        tape.text = tape.text.get(..tape.end).unwrap_or_default();
        diagnose(tape).map_err(|json_error| match json_error.kind {
            JsonErrorKind::TooDeep => JsonError {
                message: format!("more than {depth} brackets are open at once"),
                ..json_error
            },
            _ => json_error,
        })?;
    }
    match tape.keys.first_duplicate() {
        None => Ok(()),
        Some(offset) => {
            let text = tape.text.get(..tape.end).unwrap_or_default();
            Err(duplicate(text, offset, depth))
        }
    }
}

#[cold]
fn duplicate(text: &str, offset: u32, depth: usize) -> JsonError {
    // Parse the full document, as the projection may not include the key.
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
    let path = match diagnose(&mut whole) {
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

/// Formats a character for a message: as itself if it is visible ASCII, else as its code point.
pub(crate) fn shown(c: char) -> String {
    if c.is_ascii_graphic() && c != '`' {
        format!("`{c}`")
    } else {
        format!("U+{:04X}", u32::from(c))
    }
}

#[cold]
fn json_error(offset: usize, message: &str) -> JsonError {
    JsonError {
        kind: JsonErrorKind::InvalidJson,
        offset,
        message: message.to_owned(),
        path: None,
    }
}

/// Returns the path of the key at an offset: `event_data.order["line-items"][0].id`.
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
