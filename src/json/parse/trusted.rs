//! The way through a text that was checked before: what nobody wants is skipped, and which member comes
//! next is guessed from earlier texts. Of any other text it may take anything. Knows no rule.

#![expect(
    clippy::cast_possible_truncation,
    reason = "no text is longer than 32 bits can count: the reader sees to it"
)]

use super::container::Container;
use super::key_predictor::{KeyPredictor, Open};
use super::simd16::{number_end, plain_end, plain_string, string_end};
use super::skip_value::{next_member, skip_members};
use super::strings::rest_of_string;
use super::validate::{colon_end, word_end};
use crate::json::document::{JsonKind, TapeNode, unescape};
use crate::json::projection;
use crate::json::projection::{EVENT, Projection, Selection};
use crate::text::swar::{key_hash_range, whitespace_end};

/// So many nodes most events have of what is used.
const FEW: usize = 32;

/// Reads the text of an event, with blanks around it and nothing else up to `end`, into `nodes`. Repeated keys are not
/// looked for. `None` where a flaw shows: what of the text was kept till then is not to be used.
pub(super) fn walk_trusted(
    text: &str,
    end: usize,
    projection: &Projection,
    depth: usize,
    nodes: &mut Vec<TapeNode>,
    habits: &mut KeyPredictor,
) -> Option<()> {
    habits.outer.clear();
    nodes.reserve(FEW);
    let mut walk = Walk {
        text,
        end,
        projection,
        depth,
        nodes,
        habits,
    };
    let result = walk.walk();
    habits.again = true;
    result
}

struct Walk<'a> {
    text: &'a str,
    /// Where it ends: behind that stand as many zeros as are looked at together.
    end: usize,
    projection: &'a Projection,
    /// So many brackets may be open at once.
    depth: usize,
    nodes: &'a mut Vec<TapeNode>,
    habits: &'a mut KeyPredictor,
}

impl<'a> Walk<'a> {
    fn walk(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut open = Open {
            around: Container::Nothing,
            inside: Selection::Skip,
            node: u32::MAX,
            count: 0,
            wanted: u32::MAX,
            last: 0,
        };
        // Of the value that begins here; never nothing.
        let mut want = EVENT;
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
                    self.enter(&mut open, want, bracket, start)?;
                    at = whitespace_end(bytes, at.wrapping_add(1));
                    match (open.around, *bytes.get(at)?) {
                        (Container::Object, b'}') | (_, b']') => {}
                        (Container::Object, _) if open.inside != Selection::Skip => {
                            (at, want) = self.first_key(at, &mut open)?;
                            if want != Selection::Skip {
                                continue 'value;
                            }
                        }
                        _ => {
                            want = self.element(&open);
                            if want != Selection::Skip {
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
                    at = word_end(bytes, at, *b"true")?;
                    self.push(JsonKind::True, start, at, 0);
                }
                b'f' => {
                    at = word_end(bytes, at, *b"false")?;
                    self.push(JsonKind::False, start, at, 0);
                }
                b'n' => {
                    at = word_end(bytes, at, *b"null")?;
                    self.push(JsonKind::Null, start, at, 0);
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
                if open.around == Container::Nothing {
                    return (at == self.end).then_some(());
                }
                if bytes.get(at) == Some(&b',') {
                    if open.wanted == 0 {
                        let more;
                        (at, more) = skip_members(bytes, at)?;
                        open.count = open.count.wrapping_add(more);
                    } else if open.around == Container::Object {
                        (at, want) = self.next_key(at, &mut open)?;
                        if want != Selection::Skip {
                            continue 'value;
                        }
                    } else {
                        want = self.element(&open);
                        if want != Selection::Skip {
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
        self.nodes.push(TapeNode {
            kind,
            start: start as u32,
            end: end as u32,
            next: self.nodes.len().wrapping_add(1) as u32,
            count,
        });
    }

    /// A container begins; `None` where too many are open.
    #[inline(always)]
    fn enter(&mut self, open: &mut Open, want: Selection, bracket: u8, start: usize) -> Option<()> {
        if self.habits.outer.len() >= self.depth {
            return None;
        }
        self.habits.outer.push(*open);
        let (around, kind) = match bracket {
            b'{' => (Container::Object, JsonKind::Object),
            _ => (Container::List, JsonKind::List),
        };
        *open = Open {
            around,
            inside: want,
            node: self.nodes.len() as u32,
            count: 0,
            wanted: u32::MAX,
            last: 0,
        };
        match want {
            Selection::Shape => open.inside = Selection::Skip,
            Selection::Fields(node) if around == Container::Object => {
                let node = self.projection.node(node)?;
                open.wanted = node.members() as u32;
                open.last = node.beginning();
            }
            _ => {}
        }
        self.push(kind, start, start, 0);
        Some(())
    }

    /// The innermost container ends with the bracket at that place: what is behind it.
    #[inline(always)]
    fn leave(&mut self, open: &mut Open, at: usize) -> Option<usize> {
        let bracket = match open.around {
            Container::Nothing => return None,
            Container::List => b']',
            Container::Object => b'}',
        };
        if self.text.as_bytes().get(at) != Some(&bracket) {
            return None;
        }
        let end = at.wrapping_add(1);
        let next = self.nodes.len() as u32;
        let node = self.nodes.get_mut(open.node as usize)?;
        node.end = end as u32;
        node.next = next;
        node.count = open.count;
        *open = self.habits.outer.pop()?;
        Some(end)
    }

    /// What is wanted of the next element of a list: nothing only where that goes for all behind it, too.
    #[inline(always)]
    fn element(&self, open: &Open) -> Selection {
        match open.inside {
            Selection::Fields(node) => self.projection.element(node, open.count),
            inside => inside,
        }
    }

    /// From the first key of an object, to behind the colon of the first of which something is wanted, and
    /// that; where nothing is wanted, to the bracket that closes the object.
    #[inline(always)]
    fn first_key(&mut self, at: usize, open: &mut Open) -> Option<(usize, Selection)> {
        let Selection::Fields(node) = open.inside else {
            return self.other_key(at, open);
        };
        let node = self.projection.node(node)?;
        match self.guessed_key(node, at, open) {
            Some(found) => Some(found),
            None => self.wanted_key(node, at, open),
        }
    }

    /// As [`Walk::first_key`], from a comma.
    #[inline(always)]
    fn next_key(&mut self, at: usize, open: &mut Open) -> Option<(usize, Selection)> {
        let bytes = self.text.as_bytes();
        let key = whitespace_end(bytes, at.wrapping_add(1));
        let Selection::Fields(node) = open.inside else {
            return self.other_key(key, open);
        };
        let node = self.projection.node(node)?;
        match self.guessed_key(node, key, open) {
            Some(found) => Some(found),
            None => self.passed_keys(node, at, open),
        }
    }

    /// As [`Walk::next_key`], where not all members are wanted and the next is another than was guessed.
    #[inline(never)]
    fn passed_keys(
        &mut self,
        node: &projection::FieldSet,
        at: usize,
        open: &mut Open,
    ) -> Option<(usize, Selection)> {
        let bytes = self.text.as_bytes();
        let next = at.wrapping_add(1);
        if node.may_stand(bytes, next) {
            return self.wanted_key(node, whitespace_end(bytes, next), open);
        }
        let (at, passed) = next_member(bytes, at, node)?;
        open.count = open.count.wrapping_add(passed);
        if bytes.get(at) != Some(&b',') {
            return Some((at, Selection::Skip));
        }
        self.wanted_key(node, whitespace_end(bytes, at.wrapping_add(1)), open)
    }

    /// As [`Walk::first_key`], of an object of whose members not all are wanted.
    #[inline(never)]
    fn wanted_key(
        &mut self,
        node: &projection::FieldSet,
        mut at: usize,
        open: &mut Open,
    ) -> Option<(usize, Selection)> {
        let bytes = self.text.as_bytes();
        loop {
            if let Some(found) = self.guessed_key(node, at, open) {
                return Some(found);
            }
            let (behind, want) = self.other_key(at, open)?;
            if want != Selection::Skip {
                return Some((behind, want));
            }
            let (end, passed) = next_member(bytes, behind, node)?;
            open.count = open.count.wrapping_add(passed).wrapping_add(1);
            if bytes.get(end) != Some(&b',') {
                return Some((end, Selection::Skip));
            }
            at = whitespace_end(bytes, end.wrapping_add(1));
        }
    }

    /// The key that came last time, and its colon: what is behind it, and what is wanted of the value.
    #[inline(always)]
    fn guessed_key(
        &mut self,
        node: &projection::FieldSet,
        at: usize,
        open: &mut Open,
    ) -> Option<(usize, Selection)> {
        let number = self.habits.behind(open.last);
        let rest = self.text.as_bytes().get(at..)?;
        let (want, length) = node.goes_on(number, rest)?;
        let behind = at.wrapping_add(length);
        self.push(JsonKind::String, at, behind.wrapping_sub(1), number);
        open.wanted = open.wanted.saturating_sub(1);
        open.last = number;
        Some((behind, want))
    }

    /// Reads a key and its colon, to behind it, and tells what is wanted of the value.
    #[inline(never)]
    fn other_key(&mut self, at: usize, open: &mut Open) -> Option<(usize, Selection)> {
        let bytes = self.text.as_bytes();
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let inside = at.wrapping_add(1);
        let end = plain_end(bytes, inside);
        let (behind, kind, (want, number));
        if bytes.get(end) == Some(&b'"') {
            kind = JsonKind::String;
            behind = end.wrapping_add(1);
            (want, number) = match open.inside {
                Selection::Fields(node) => {
                    let print = key_hash_range(bytes, inside, end);
                    self.projection.member(node, print, bytes.get(inside..end)?)
                }
                inside => (inside, 0),
            };
        } else {
            kind = JsonKind::EscapedString;
            behind = rest_of_string(bytes, end).ok()?;
            (want, number) = match open.inside {
                Selection::Fields(node) => {
                    let name = self.text.get(inside..behind.wrapping_sub(1))?;
                    self.projection.member_called(node, &unescape(name))
                }
                inside => (inside, 0),
            };
        }
        if want != Selection::Skip {
            self.push(kind, at, behind, number);
            open.wanted = open.wanted.saturating_sub(1);
            if number != 0 {
                self.habits.learn(self.projection, open.last, number);
                open.last = number;
            }
        }
        Some((colon_end(bytes, behind)?, want))
    }
}

/// Behind the string that begins at `at`, and what it is.
#[inline(always)]
fn string(bytes: &[u8], at: usize) -> Option<(usize, JsonKind)> {
    if let Some(behind) = plain_string(bytes.get(at..)?) {
        return Some((bytes.len().wrapping_sub(behind.len()), JsonKind::String));
    }
    let (end, escaped) = string_end(bytes, at.wrapping_add(1))?;
    let kind = if escaped {
        JsonKind::EscapedString
    } else {
        JsonKind::String
    };
    Some((end, kind))
}
