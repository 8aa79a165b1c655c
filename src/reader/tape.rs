//! What of a text is kept: a node for each value that is wanted. Looks at no text but keys.

use super::keys::{Keys, Seen};
use crate::bytes::print;
use crate::span::clamp;
use crate::uses::{Uses, Want};
use crate::value::{Kind, Node, unescape};

/// The nodes so far and the containers that are open.
#[derive(Debug)]
pub(super) struct Tape<'a> {
    pub(super) text: &'a str,
    uses: Option<&'a Uses>,
    depth: usize,
    pub(super) nodes: Vec<Node>,
    /// The containers around the innermost one.
    outer: Vec<Open>,
    pub(super) keys: Keys<'a>,
    /// What is wanted of the value that comes next.
    pub(super) want: Want,
    /// The innermost container.
    pub(super) open: Open,
}

/// What a value stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    Nothing,
    List,
    Object,
}

/// A container whose end has not come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) around: Around,
    /// What is wanted of what is inside; never a shell.
    inside: Want,
    /// Where its node is; past the end where it has none.
    node: u32,
    pub(super) count: u32,
    seen: Seen,
}

impl<'a> Tape<'a> {
    /// For a text of which that is wanted, parts by `uses`.
    pub(super) fn new(text: &'a str, want: Want, uses: Option<&'a Uses>, depth: usize) -> Self {
        // A guess: events have about one value in a dozen bytes.
        let whole = text.len() / 12;
        Self {
            text,
            uses,
            depth,
            nodes: Vec::with_capacity(if uses.is_none() { whole } else { whole.min(48) }),
            outer: Vec::with_capacity(16),
            keys: Keys::new(text),
            want,
            open: Open {
                around: Around::Nothing,
                inside: Want::Nothing,
                node: u32::MAX,
                count: 0,
                seen: Seen::default(),
            },
        }
    }

    /// A value without anything inside.
    #[inline(always)]
    pub(super) fn scalar(&mut self, kind: Kind, start: usize, end: usize) {
        if self.want != Want::Nothing {
            self.push(kind, start, end);
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let next = clamp(self.nodes.len().wrapping_add(1));
        self.nodes.push(Node {
            kind,
            start: clamp(start),
            end: clamp(end),
            next,
            count: 0,
        });
    }

    /// Whether the limit of open brackets leaves room for one more.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.outer.len() < self.depth
    }

    /// A container begins.
    #[inline(always)]
    pub(super) fn enter(&mut self, around: Around, start: usize) {
        let node = match self.want {
            Want::Nothing => u32::MAX,
            _ => clamp(self.nodes.len()),
        };
        if self.want != Want::Nothing {
            let kind = match around {
                Around::Object => Kind::Object,
                _ => Kind::List,
            };
            self.push(kind, start, start);
        }
        let inner = Open {
            around,
            inside: match self.want {
                Want::Shell => Want::Nothing,
                want => want,
            },
            node,
            count: 0,
            seen: self.keys.open(),
        };
        self.outer.push(std::mem::replace(&mut self.open, inner));
        self.element();
    }

    /// The innermost container ends; `end` is behind its bracket.
    #[inline(always)]
    pub(super) fn leave(&mut self, end: usize) {
        if self.open.node != u32::MAX {
            let next = clamp(self.nodes.len());
            if let Some(node) = self.nodes.get_mut(self.open.node as usize) {
                node.end = clamp(end);
                node.next = next;
                node.count = self.open.count;
            }
        }
        if self.open.around == Around::Object {
            self.keys.close(&self.open.seen);
        }
        if let Some(outer) = self.outer.pop() {
            self.open = outer;
        }
    }

    /// An element of the innermost list comes next.
    #[inline(always)]
    pub(super) fn element(&mut self) {
        self.want = self.open.inside;
        if let (Want::Parts(node), Some(uses)) = (self.open.inside, self.uses) {
            self.want = uses.element(node, self.open.count);
        }
    }

    /// A key of the innermost object: its inside, its print where it has no escape, and whether it is to
    /// be looked for a second time.
    #[inline(always)]
    pub(super) fn key(
        &mut self,
        start: usize,
        end: usize,
        print: u32,
        escaped: bool,
        distinct: bool,
    ) {
        if distinct {
            self.keys
                .add(&mut self.open.seen, start, end, print, escaped);
        }
        self.want = self.open.inside;
        if self.want != Want::Nothing {
            self.wanted_key(start, end, print, escaped);
        }
    }

    #[inline]
    fn wanted_key(&mut self, start: usize, end: usize, print: u32, escaped: bool) {
        if let (Want::Parts(node), Some(uses)) = (self.want, self.uses) {
            self.want = if escaped {
                escaped_member(uses, node, self.text.get(start..end).unwrap_or_default())
            } else {
                let key = self.text.as_bytes().get(start..end);
                uses.member(node, print, key.unwrap_or_default())
            };
        }
        if self.want != Want::Nothing {
            let kind = if escaped {
                Kind::EscapedString
            } else {
                Kind::String
            };
            self.push(kind, start.wrapping_sub(1), end.wrapping_add(1));
        }
    }
}

#[cold]
fn escaped_member(uses: &Uses, node: u32, key: &str) -> Want {
    let name = unescape(key);
    uses.member(node, print(name.as_bytes()), name.as_bytes())
}
