//! What of a text is kept: a node for each value that is wanted. Looks at no text but keys.

#![expect(
    clippy::cast_possible_truncation,
    reason = "no text is longer than 32 bits can count: the reader sees to it"
)]

use super::container::Container;
use super::duplicate_keys::{Key, Keys, Seen};
use super::key_predictor::KeyPredictor;
use super::plain_members::{End, Run, run};
use super::validate::Level;
use crate::json::document::{JsonKind, TapeNode, unescape};
use crate::json::projection::{Projection, Selection};

/// The nodes so far and the containers that are open.
#[derive(Debug)]
pub(super) struct Tape<'a> {
    pub(super) text: &'a str,
    /// Where it ends: zeros may stand behind that.
    pub(super) end: usize,
    /// What is wanted of the text.
    pub(super) want: Selection,
    projection: Option<&'a Projection>,
    pub(super) depth: usize,
    pub(super) nodes: &'a mut Vec<TapeNode>,
    /// The containers around the innermost one.
    outer: Vec<Open>,
    pub(super) keys: Keys<'a>,
    /// What is open in a part that nobody wants.
    pub(super) levels: Vec<Level>,
}

/// Memory for reading, used over and over.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParseScratch {
    outer: Vec<Open>,
    keys: Vec<Key>,
    levels: Vec<Level>,
    pub(super) habits: KeyPredictor,
}

/// A container whose end has not come. The scanner holds the innermost one itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) around: Container,
    /// What is wanted of what is inside; never a shell.
    inside: Selection,
    /// Where its node is; past the end where it has none.
    node: u32,
    pub(super) count: u32,
    seen: Seen,
}

impl<'a> Tape<'a> {
    /// For a text of which that is wanted, parts by `projection`.
    pub(super) fn new(
        text: &'a str,
        end: usize,
        want: Selection,
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
            want,
            projection,
            depth,
            nodes,
            outer,
            keys: Keys::new(text, keys),
            levels,
        }
    }

    /// Makes room for as much as most texts need.
    pub(super) fn make_room(&mut self) {
        // A guess: events have about one value in a dozen bytes.
        let whole = self.text.len() / 12;
        let nodes = if self.projection.is_none() {
            whole
        } else {
            whole.min(48)
        };
        self.nodes.reserve(nodes);
        self.outer.reserve(16);
        self.keys.make_room();
    }

    /// Gives the memory back.
    pub(super) fn give_back(self, memory: &mut ParseScratch) {
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

    /// Forgets all that was kept.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.outer.clear();
        self.keys.clear();
    }

    /// What is around the whole text, and what is wanted of that.
    pub(super) fn start(&self) -> (Open, Selection) {
        let open = Open {
            around: Container::Nothing,
            inside: Selection::Skip,
            node: u32::MAX,
            count: 0,
            seen: Seen::default(),
        };
        (open, self.want)
    }

    /// A value without anything inside.
    #[inline(always)]
    pub(super) fn scalar(&mut self, want: Selection, kind: JsonKind, start: usize, end: usize) {
        if want != Selection::Skip {
            self.push(kind, start, end, 0);
        }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, kind: JsonKind, start: usize, end: usize, count: u32) {
        self.nodes.push(TapeNode {
            kind,
            start: start as u32,
            end: end as u32,
            next: self.nodes.len().wrapping_add(1) as u32,
            count,
        });
    }

    /// For how many more open brackets the limit leaves room.
    #[inline(always)]
    pub(super) fn room(&self) -> usize {
        self.depth.saturating_sub(self.outer.len())
    }

    /// A container begins.
    #[inline(always)]
    pub(super) fn enter(
        &mut self,
        open: &mut Open,
        want: Selection,
        around: Container,
        start: usize,
    ) {
        self.outer.push(*open);
        *open = Open {
            around,
            inside: match want {
                Selection::Shape => Selection::Skip,
                want => want,
            },
            node: u32::MAX,
            count: 0,
            seen: self.keys.open(),
        };
        if want != Selection::Skip {
            open.node = self.nodes.len() as u32;
            let kind = match around {
                Container::Object => JsonKind::Object,
                _ => JsonKind::List,
            };
            self.push(kind, start, start, 0);
        }
    }

    /// The innermost container ends; `end` is behind its bracket.
    #[inline(always)]
    pub(super) fn leave(&mut self, open: &mut Open, end: usize) {
        if open.node != u32::MAX {
            let next = self.nodes.len() as u32;
            if let Some(node) = self.nodes.get_mut(open.node as usize) {
                node.end = end as u32;
                node.next = next;
                node.count = open.count;
            }
        }
        if open.around == Container::Object {
            self.keys.close(&open.seen);
        }
        if let Some(outer) = self.outer.pop() {
            *open = outer;
        }
    }

    /// What is wanted of the next element of a list.
    #[inline(always)]
    pub(super) fn element(&self, open: &Open) -> Selection {
        match (open.inside, self.projection) {
            (Selection::Fields(node), Some(projection)) => projection.element(node, open.count),
            (inside, _) => inside,
        }
    }

    /// Goes along members of the innermost object that are plain and not wanted. `before` stands before
    /// the first of them.
    #[inline(always)]
    pub(super) fn run(&mut self, open: &mut Open, at: usize, before: u8) -> Run<'a> {
        let bytes = self.text.as_bytes();
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.get(1) != Some(&b'"') {
            // Of a text in lines not even a look is worth it.
            return Run {
                rest,
                end: End::Any,
                members: 0,
            };
        }
        let wanted = match (open.inside, self.projection) {
            (Selection::Skip, _) => 0,
            (Selection::Fields(node), Some(projection)) => projection.prints(node),
            _ => return Run::before_key(rest, before),
        };
        let run = run(bytes, rest, before, wanted, &mut self.keys, &mut open.seen);
        open.count = open.count.wrapping_add(run.members);
        run
    }

    /// The next key of an object, its inside and its print, and what is wanted of its value.
    #[inline(always)]
    pub(super) fn key(
        &mut self,
        open: &mut Open,
        start: usize,
        end: usize,
        print: u32,
    ) -> Selection {
        self.keys.add(&mut open.seen, start, print);
        let (want, number) = match (open.inside, self.projection) {
            (Selection::Skip, _) => return Selection::Skip,
            (Selection::Fields(node), Some(projection)) => {
                let key = self.text.as_bytes().get(start..end);
                projection.member(node, print, key.unwrap_or_default())
            }
            (inside, _) => (inside, 0),
        };
        if want != Selection::Skip {
            let (start, end) = (start.wrapping_sub(1), end.wrapping_add(1));
            self.push(JsonKind::String, start, end, number);
        }
        want
    }

    /// As [`Tape::key`] for one with an escape.
    #[inline(always)]
    pub(super) fn escaped_key(&mut self, open: &mut Open, start: usize, end: usize) -> Selection {
        self.keys.add_escaped(&mut open.seen, start);
        self.wanted_escaped(open.inside, start, end)
    }

    #[inline(never)]
    fn wanted_escaped(&mut self, inside: Selection, start: usize, end: usize) -> Selection {
        let (want, number) = match (inside, self.projection) {
            (Selection::Fields(node), Some(projection)) => {
                let name = unescape(self.text.get(start..end).unwrap_or_default());
                projection.member_called(node, &name)
            }
            (inside, _) => (inside, 0),
        };
        if want != Selection::Skip {
            let (start, end) = (start.wrapping_sub(1), end.wrapping_add(1));
            self.push(JsonKind::EscapedString, start, end, number);
        }
        want
    }
}
