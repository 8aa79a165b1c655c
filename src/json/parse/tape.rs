//! Builds the node tape for the values that the projection selects.

#![expect(
    clippy::cast_possible_truncation,
    reason = "no text is longer than 32 bits can count: the reader sees to it"
)]

use super::container::Container;
use super::duplicate_keys::{KeyFilter, KeyLog, SeenKey};
use super::key_predictor::KeyPredictor;
use super::plain_members::{PlainRun, RunEnd, consume_plain_members};
use super::validate::SkippedLevel;
use crate::json::document::{JsonKind, TapeNode, unescape};
use crate::json::projection::{Projection, Selection};

/// The nodes written and the containers that are open.
#[derive(Debug)]
pub(super) struct Tape<'a> {
    pub(super) text: &'a str,
    /// Length of the text without padding.
    pub(super) end: usize,
    /// The selection for the whole text.
    pub(super) selection: Selection,
    projection: Option<&'a Projection>,
    pub(super) depth: usize,
    pub(super) nodes: &'a mut Vec<TapeNode>,
    /// The containers around the innermost one.
    outer: Vec<OpenContainer>,
    pub(super) keys: KeyLog<'a>,
    /// The containers that are open in an unselected part.
    pub(super) levels: Vec<SkippedLevel>,
}

/// Memory that the reader reuses from text to text.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParseScratch {
    outer: Vec<OpenContainer>,
    keys: Vec<SeenKey>,
    levels: Vec<SkippedLevel>,
    pub(super) predictor: KeyPredictor,
}

/// A container that is open. The parser holds the innermost one itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenContainer {
    pub(super) container: Container,
    /// The selection for its contents; never [`Selection::Shape`].
    selection: Selection,
    /// Index of its node; past the end if it has none.
    node: u32,
    pub(super) count: u32,
    filter: KeyFilter,
}

impl<'a> Tape<'a> {
    /// Creates the tape for a text; `projection` resolves the field sets of `selection`.
    pub(super) fn new(
        text: &'a str,
        end: usize,
        selection: Selection,
        projection: Option<&'a Projection>,
        depth: usize,
        nodes: &'a mut Vec<TapeNode>,
        memory: &mut ParseScratch,
    ) -> Self {
        let outer = std::mem::take(&mut memory.outer);
        let keys = std::mem::take(&mut memory.keys);
        let levels = std::mem::take(&mut memory.levels);
        Self {
            text,
            end,
            selection,
            projection,
            depth,
            nodes,
            outer,
            keys: KeyLog::new(text, keys),
            levels,
        }
    }

    /// Reserves memory for a typical text.
    pub(super) fn reserve(&mut self) {
        // Heuristic: events have about one value per dozen bytes.
        let whole = self.text.len() / 12;
        let nodes = if self.projection.is_none() {
            whole
        } else {
            whole.min(48)
        };
        self.nodes.reserve(nodes);
        self.outer.reserve(16);
        self.keys.reserve();
    }

    /// Returns the memory for the next text.
    pub(super) fn return_memory(self, memory: &mut ParseScratch) {
        let Self {
            mut outer,
            keys,
            mut levels,
            ..
        } = self;
        outer.clear();
        levels.clear();
        memory.outer = outer;
        memory.keys = keys.into_memory();
        memory.levels = levels;
    }

    /// Drops all nodes and keys.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.outer.clear();
        self.keys.clear();
    }

    /// Returns the state before the first value: the root container and the selection.
    pub(super) fn start(&self) -> (OpenContainer, Selection) {
        let open = OpenContainer {
            container: Container::Root,
            selection: Selection::Skip,
            node: u32::MAX,
            count: 0,
            filter: KeyFilter::default(),
        };
        (open, self.selection)
    }

    /// Writes a value without contents.
    #[inline(always)]
    pub(super) fn scalar(
        &mut self,
        selection: Selection,
        kind: JsonKind,
        start: usize,
        end: usize,
    ) {
        if selection != Selection::Skip {
            self.push(kind, start, end, 0);
        }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, kind: JsonKind, start: usize, end: usize, count: u32) {
        push_node(self.nodes, kind, start, end, count);
    }

    /// Returns how many more brackets the limit allows to open.
    #[inline(always)]
    pub(super) fn depth_left(&self) -> usize {
        self.depth.saturating_sub(self.outer.len())
    }

    /// Opens a container.
    #[inline(always)]
    pub(super) fn enter(
        &mut self,
        open: &mut OpenContainer,
        selection: Selection,
        container: Container,
        start: usize,
    ) {
        self.outer.push(*open);
        *open = OpenContainer {
            container,
            selection: match selection {
                Selection::Shape => Selection::Skip,
                selection => selection,
            },
            node: u32::MAX,
            count: 0,
            filter: self.keys.open(),
        };
        if selection != Selection::Skip {
            open.node = self.nodes.len() as u32;
            let kind = match container {
                Container::Object => JsonKind::Object,
                _ => JsonKind::List,
            };
            self.push(kind, start, start, 0);
        }
    }

    /// Closes the innermost container; `end` is the offset after its bracket.
    #[inline(always)]
    pub(super) fn leave(&mut self, open: &mut OpenContainer, end: usize) {
        if open.node != u32::MAX {
            close_node(self.nodes, open.node, end, open.count);
        }
        if open.container == Container::Object {
            self.keys.close(&open.filter);
        }
        if let Some(outer) = self.outer.pop() {
            *open = outer;
        }
    }

    /// Returns the selection for the next element of a list.
    #[inline(always)]
    pub(super) fn element(&self, open: &OpenContainer) -> Selection {
        match (open.selection, self.projection) {
            (Selection::Fields(node), Some(projection)) => projection.element(node, open.count),
            (selection, _) => selection,
        }
    }

    /// Consumes plain, unselected members of the innermost object. `before` is the byte before the
    /// first key.
    #[inline(always)]
    pub(super) fn consume_plain_members(
        &mut self,
        open: &mut OpenContainer,
        at: usize,
        before: u8,
    ) -> PlainRun<'a> {
        let bytes = self.text.as_bytes();
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.get(1) != Some(&b'"') {
            // Pretty-printed JSON never matches the shortcut; skip the attempt.
            return PlainRun {
                rest,
                end: RunEnd::Other,
                members: 0,
            };
        }
        let selected_bits = match (open.selection, self.projection) {
            (Selection::Skip, _) => 0,
            (Selection::Fields(node), Some(projection)) => projection.hash_bits(node),
            _ => return PlainRun::before_key(rest, before),
        };
        let run = consume_plain_members(
            bytes,
            rest,
            before,
            selected_bits,
            &mut self.keys,
            &mut open.filter,
        );
        open.count = open.count.wrapping_add(run.members);
        run
    }

    /// Adds the next key of an object, by its range and its hash. Returns the selection for its
    /// value.
    #[inline(always)]
    pub(super) fn key(
        &mut self,
        open: &mut OpenContainer,
        start: usize,
        end: usize,
        hash: u32,
    ) -> Selection {
        self.keys.add(&mut open.filter, start, hash);
        let (selection, number) = match (open.selection, self.projection) {
            (Selection::Skip, _) => return Selection::Skip,
            (Selection::Fields(node), Some(projection)) => {
                let key = self.text.as_bytes().get(start..end);
                projection.member(node, hash, key.unwrap_or_default())
            }
            (selection, _) => (selection, 0),
        };
        if selection != Selection::Skip {
            let (start, end) = (start.wrapping_sub(1), end.wrapping_add(1));
            self.push(JsonKind::String, start, end, number);
        }
        selection
    }

    /// As [`Tape::key`], for a key with an escape.
    #[inline(always)]
    pub(super) fn escaped_key(
        &mut self,
        open: &mut OpenContainer,
        start: usize,
        end: usize,
    ) -> Selection {
        self.keys.add_escaped(&mut open.filter, start);
        self.select_escaped_key(open.selection, start, end)
    }

    #[inline(never)]
    fn select_escaped_key(&mut self, selection: Selection, start: usize, end: usize) -> Selection {
        let (selection, number) = match (selection, self.projection) {
            (Selection::Fields(node), Some(projection)) => {
                let name = unescape(self.text.get(start..end).unwrap_or_default());
                projection.member_by_name(node, &name)
            }
            (selection, _) => (selection, 0),
        };
        if selection != Selection::Skip {
            let (start, end) = (start.wrapping_sub(1), end.wrapping_add(1));
            self.push(JsonKind::EscapedString, start, end, number);
        }
        selection
    }
}

/// Appends a node that has no contents yet.
#[inline(always)]
pub(super) fn push_node(
    nodes: &mut Vec<TapeNode>,
    kind: JsonKind,
    start: usize,
    end: usize,
    count: u32,
) {
    nodes.push(TapeNode {
        kind,
        start: start as u32,
        end: end as u32,
        next: nodes.len().wrapping_add(1) as u32,
        count,
    });
}

/// Completes the node of a container. `end` is the offset after its bracket.
#[inline(always)]
pub(super) fn close_node(nodes: &mut [TapeNode], index: u32, end: usize, count: u32) -> Option<()> {
    let next = nodes.len() as u32;
    let node = nodes.get_mut(index as usize)?;
    node.end = end as u32;
    node.next = next;
    node.count = count;
    Some(())
}
