//! Reads trusted text: skips unselected values and predicts the next selected key from earlier
//! texts.
//!
//! On text that violates the contract the result is unspecified, but never a panic.

#![expect(
    clippy::cast_possible_truncation,
    reason = "no text is longer than 32 bits can count: the reader sees to it"
)]

use super::container::Container;
use super::key_predictor::{KeyPredictor, TrustedContainer};
use super::simd16::{number_end, plain_end, plain_string, string_end};
use super::skip_value::{next_candidate, skip_members};
use super::strings::rest_of_string;
use super::tape::{close_node, push_node};
use super::validate::{colon_end, literal_end};
use crate::json::document::{JsonKind, TapeNode, unescape};
use crate::json::projection;
use crate::json::projection::{EVENT, Projection, Selection};
use crate::text::swar::{key_hash_range, whitespace_end};

/// The number of nodes reserved, enough for the selected part of most events.
const TYPICAL_NODES: usize = 32;

/// Parses an event up to `end` into `nodes`. Does not look for duplicate keys. Returns `None` if
/// the text is found to be invalid; `nodes` are then incomplete.
pub(super) fn parse_trusted(
    text: &str,
    end: usize,
    projection: &Projection,
    depth: usize,
    nodes: &mut Vec<TapeNode>,
    predictor: &mut KeyPredictor,
) -> Option<()> {
    predictor.outer.clear();
    nodes.reserve(TYPICAL_NODES);
    let mut reader = TrustedReader {
        text,
        end,
        projection,
        depth,
        nodes,
        predictor,
    };
    let result = reader.read();
    predictor.is_reused = true;
    result
}

struct TrustedReader<'a> {
    text: &'a str,
    /// Length of the text. The padding follows it.
    end: usize,
    projection: &'a Projection,
    /// The limit of open brackets.
    depth: usize,
    nodes: &'a mut Vec<TapeNode>,
    predictor: &'a mut KeyPredictor,
}

impl<'a> TrustedReader<'a> {
    fn read(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut open = TrustedContainer {
            container: Container::Root,
            selection: Selection::Skip,
            node: u32::MAX,
            count: 0,
            remaining: u32::MAX,
            last: 0,
        };
        // The selection of the value that starts here; never `Skip`.
        let mut selection = EVENT;
        let mut at = 0;
        'value: loop {
            let start = at;
            match *bytes.get(at)? {
                b'"' => {
                    let kind;
                    (at, kind) = string(bytes, at)?;
                    self.push(kind, start, at, 0);
                }
                b'-' | b'0'..=b'9' => {
                    at = number_end(bytes, at)?;
                    self.push(JsonKind::Number, start, at, 0);
                }
                bracket @ (b'{' | b'[') => {
                    self.enter(&mut open, selection, bracket, start)?;
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    match (open.container, *bytes.get(at)?) {
                        (Container::Object, b'}') | (_, b']') => {}
                        (Container::Object, _) if open.selection != Selection::Skip => {
                            (at, selection) = self.first_key(at, &mut open)?;
                            if selection != Selection::Skip {
                                continue 'value;
                            }
                        }
                        _ => {
                            selection = self.element(&open);
                            if selection != Selection::Skip {
                                continue 'value;
                            }
                            let commas;
                            (at, commas) = skip_members(bytes, at)?;
                            open.count = commas.wrapping_add(1);
                        }
                    }
                    at = self.leave(&mut open, at)?;
                }
                b't' => {
                    at = literal_end(bytes, at, *b"true")?;
                    self.push(JsonKind::True, start, at, 0);
                }
                b'f' => {
                    at = literal_end(bytes, at, *b"false")?;
                    self.push(JsonKind::False, start, at, 0);
                }
                b'n' => {
                    at = literal_end(bytes, at, *b"null")?;
                    self.push(JsonKind::Null, start, at, 0);
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
                if open.container == Container::Root {
                    return (at == self.end).then_some(());
                }
                if bytes.get(at) == Some(&b',') {
                    if open.remaining == 0 {
                        let more;
                        (at, more) = skip_members(bytes, at)?;
                        open.count = open.count.wrapping_add(more);
                    } else if open.container == Container::Object {
                        (at, selection) = self.next_key(at, &mut open)?;
                        if selection != Selection::Skip {
                            continue 'value;
                        }
                    } else {
                        selection = self.element(&open);
                        if selection != Selection::Skip {
                            at = at.wrapping_add(1);
                            continue 'value;
                        }
                        let more;
                        (at, more) = skip_members(bytes, at)?;
                        open.count = open.count.wrapping_add(more);
                    }
                }
                at = self.leave(&mut open, at)?;
            }
        }
    }

    #[inline(always)]
    fn push(&mut self, kind: JsonKind, start: usize, end: usize, count: u32) {
        push_node(self.nodes, kind, start, end, count);
    }

    /// Opens a container; `None` if too many are open.
    #[inline(always)]
    fn enter(
        &mut self,
        open: &mut TrustedContainer,
        selection: Selection,
        bracket: u8,
        start: usize,
    ) -> Option<()> {
        if self.predictor.outer.len() >= self.depth {
            return None;
        }
        self.predictor.outer.push(*open);
        let (container, kind) = match bracket {
            b'{' => (Container::Object, JsonKind::Object),
            _ => (Container::List, JsonKind::List),
        };
        *open = TrustedContainer {
            container,
            selection,
            node: self.nodes.len() as u32,
            count: 0,
            remaining: u32::MAX,
            last: 0,
        };
        match selection {
            Selection::Shape => open.selection = Selection::Skip,
            Selection::Fields(node) if container == Container::Object => {
                let node = self.projection.node(node)?;
                open.remaining = node.members() as u32;
                open.last = node.start_number();
            }
            _ => {}
        }
        self.push(kind, start, start, 0);
        Some(())
    }

    /// Closes the innermost container, whose bracket must be at `at`. Returns the offset after it.
    #[inline(always)]
    fn leave(&mut self, open: &mut TrustedContainer, at: usize) -> Option<usize> {
        let bracket = match open.container {
            Container::Root => return None,
            Container::List => b']',
            Container::Object => b'}',
        };
        if self.text.as_bytes().get(at) != Some(&bracket) {
            return None;
        }
        let end = at.wrapping_add(1);
        close_node(self.nodes, open.node, end, open.count)?;
        *open = self.predictor.outer.pop()?;
        Some(end)
    }

    /// Returns the selection for the next element of a list. `Skip` means that no later element is
    /// selected either.
    #[inline(always)]
    fn element(&self, open: &TrustedContainer) -> Selection {
        match open.selection {
            Selection::Fields(node) => self.projection.element(node, open.count),
            selection => selection,
        }
    }

    /// Starts at the first key of an object. Returns the offset after the colon of the first
    /// selected key, and its selection; if there is none, the offset of the closing bracket and
    /// `Skip`.
    #[inline(always)]
    fn first_key(&mut self, at: usize, open: &mut TrustedContainer) -> Option<(usize, Selection)> {
        let Selection::Fields(node) = open.selection else {
            return self.read_key(at, open);
        };
        let node = self.projection.node(node)?;
        match self.predicted_key(node, at, open) {
            Some(found) => Some(found),
            None => self.find_selected_key(node, at, open),
        }
    }

    /// As [`TrustedReader::first_key`], starting at a comma.
    #[inline(always)]
    fn next_key(&mut self, at: usize, open: &mut TrustedContainer) -> Option<(usize, Selection)> {
        let bytes = self.text.as_bytes();
        let key = whitespace_end(bytes, at.wrapping_add(1));
        let Selection::Fields(node) = open.selection else {
            return self.read_key(key, open);
        };
        let node = self.projection.node(node)?;
        match self.predicted_key(node, key, open) {
            Some(found) => Some(found),
            None => self.skip_to_selected_key(node, at, open),
        }
    }

    /// As [`TrustedReader::next_key`], after a wrong prediction in an object with unselected
    /// members.
    #[inline(never)]
    fn skip_to_selected_key(
        &mut self,
        node: &projection::FieldSet,
        at: usize,
        open: &mut TrustedContainer,
    ) -> Option<(usize, Selection)> {
        let bytes = self.text.as_bytes();
        let next = at.wrapping_add(1);
        if node.may_have_key_at(bytes, next) {
            return self.find_selected_key(node, whitespace_end(bytes, next), open);
        }
        let (at, commas) = next_candidate(bytes, at, node)?;
        open.count = open.count.wrapping_add(commas);
        if bytes.get(at) != Some(&b',') {
            return Some((at, Selection::Skip));
        }
        self.find_selected_key(node, whitespace_end(bytes, at.wrapping_add(1)), open)
    }

    /// As [`TrustedReader::first_key`], for an object with unselected members.
    #[inline(never)]
    fn find_selected_key(
        &mut self,
        node: &projection::FieldSet,
        mut at: usize,
        open: &mut TrustedContainer,
    ) -> Option<(usize, Selection)> {
        let bytes = self.text.as_bytes();
        loop {
            if let Some(found) = self.predicted_key(node, at, open) {
                return Some(found);
            }
            let (end_of_key, selection) = self.read_key(at, open)?;
            if selection != Selection::Skip {
                return Some((end_of_key, selection));
            }
            let (end, commas) = next_candidate(bytes, end_of_key, node)?;
            open.count = open.count.wrapping_add(commas).wrapping_add(1);
            if bytes.get(end) != Some(&b',') {
                return Some((end, Selection::Skip));
            }
            at = whitespace_end(bytes, end.wrapping_add(1));
        }
    }

    /// Matches the predicted key and its colon. Returns the offset after the colon and the
    /// selection.
    #[inline(always)]
    fn predicted_key(
        &mut self,
        node: &projection::FieldSet,
        at: usize,
        open: &mut TrustedContainer,
    ) -> Option<(usize, Selection)> {
        let number = self.predictor.predict(open.last);
        let rest = self.text.as_bytes().get(at..)?;
        let (selection, length) = node.match_encoded_key(number, rest)?;
        let end_of_key = at.wrapping_add(length);
        self.push(JsonKind::String, at, end_of_key.wrapping_sub(1), number);
        open.remaining = open.remaining.saturating_sub(1);
        open.last = number;
        Some((end_of_key, selection))
    }

    /// Parses a key and its colon. Returns the offset after the colon and the selection of the
    /// value.
    #[inline(never)]
    fn read_key(&mut self, at: usize, open: &mut TrustedContainer) -> Option<(usize, Selection)> {
        let bytes = self.text.as_bytes();
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let inner = at.wrapping_add(1);
        let end = plain_end(bytes, inner);
        let (end_of_key, kind, (selection, number));
        if bytes.get(end) == Some(&b'"') {
            kind = JsonKind::String;
            end_of_key = end.wrapping_add(1);
            (selection, number) = match open.selection {
                Selection::Fields(node) => {
                    let hash = key_hash_range(bytes, inner, end);
                    self.projection.member(node, hash, bytes.get(inner..end)?)
                }
                selection => (selection, 0),
            };
        } else {
            kind = JsonKind::EscapedString;
            end_of_key = rest_of_string(bytes, end).ok()?;
            (selection, number) = match open.selection {
                Selection::Fields(node) => {
                    let name = self.text.get(inner..end_of_key.wrapping_sub(1))?;
                    self.projection.member_by_name(node, &unescape(name))
                }
                selection => (selection, 0),
            };
        }
        if selection != Selection::Skip {
            self.push(kind, at, end_of_key, number);
            open.remaining = open.remaining.saturating_sub(1);
            if number != 0 {
                self.predictor.record(self.projection, open.last, number);
                open.last = number;
            }
        }
        Some((colon_end(bytes, end_of_key)?, selection))
    }
}

/// Returns the offset after the string that starts at `at`, and its kind.
#[inline(always)]
fn string(bytes: &[u8], at: usize) -> Option<(usize, JsonKind)> {
    if let Some(rest) = plain_string(bytes.get(at..)?) {
        return Some((bytes.len().wrapping_sub(rest.len()), JsonKind::String));
    }
    let (end, escaped) = string_end(bytes, at.wrapping_add(1))?;
    let kind = if escaped {
        JsonKind::EscapedString
    } else {
        JsonKind::String
    };
    Some((end, kind))
}
