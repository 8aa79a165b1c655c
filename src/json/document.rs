//! JSON documents, stored as text plus a tape of nodes, and the literals that rules write.

use std::borrow::Cow;

use super::path::Segment;
use crate::number::{Decimal, Number};
use crate::text::span::saturating_u32;
use crate::text::swar;
use crate::time::Timestamp;

/// The kind of a tape node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonKind {
    Null,
    True,
    False,
    Number,
    /// A string without escapes: its value is the text between the quotes.
    String,
    /// A string with at least one escape.
    EscapedString,
    List,
    Object,
}

/// One value on the tape of a document. Nodes are in text order; a member of an object is a string
/// node (the key) followed by the nodes of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TapeNode {
    pub(crate) kind: JsonKind,
    /// The byte range in the text, including quotes and brackets.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Index of the first node after this one and its contents.
    pub(crate) next: u32,
    /// The number of elements or members in the text, even if the document leaves some out. For a
    /// key: its number in the projection, or 0 if there is none.
    pub(crate) count: u32,
}

/// A JSON value, stored as its text and a tape of nodes. Numbers keep their spelling and objects
/// their order. The tape of a projected document holds only the selected values; the counts of
/// lists and objects are still those of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    text: String,
    nodes: Vec<TapeNode>,
}

impl Document {
    /// INVARIANT: `nodes` describe `text`, which is valid JSON in the range of every node, and no
    /// object repeats a key. Only the reader builds documents.
    pub(crate) const fn new(text: String, nodes: Vec<TapeNode>) -> Self {
        Self { text, nodes }
    }

    /// Returns the text and the nodes, for the reader to fill again.
    pub(crate) const fn parts_mut(&mut self) -> (&mut String, &mut Vec<TapeNode>) {
        (&mut self.text, &mut self.nodes)
    }

    pub(crate) fn root(&self) -> Value<'_> {
        self.node(0)
    }

    /// Returns the value of a node; an index past the end gives a null value with empty text.
    pub(crate) const fn node(&self, index: u32) -> Value<'_> {
        Value {
            document: self,
            index,
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

const NOTHING: TapeNode = TapeNode {
    kind: JsonKind::Null,
    start: 0,
    end: 0,
    next: 0,
    count: 0,
};

/// One value of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    document: &'a Document,
    index: u32,
}

impl<'a> Value<'a> {
    fn node(self) -> TapeNode {
        self.document
            .nodes
            .get(self.index as usize)
            .copied()
            .unwrap_or(NOTHING)
    }

    pub(crate) fn kind(self) -> JsonKind {
        self.node().kind
    }

    /// Returns the index of its node.
    pub(crate) const fn index(self) -> u32 {
        self.index
    }

    /// Returns the nodes of its contents. The first one follows its own node.
    pub(crate) fn inside_nodes(self) -> &'a [TapeNode] {
        let nodes = &self.document.nodes;
        let inside = self.index.saturating_add(1) as usize..self.node().next as usize;
        nodes.get(inside).unwrap_or_default()
    }

    /// Returns whether it is a value of `document`.
    pub(crate) fn belongs_to(self, document: &Document) -> bool {
        std::ptr::eq(self.document, document)
    }

    /// Returns the value of another node of the same document.
    pub(crate) const fn at(self, index: u32) -> Self {
        self.document.node(index)
    }

    /// Returns its text, byte for byte.
    pub(crate) fn raw(self) -> &'a str {
        let node = self.node();
        self.document
            .text
            .get(node.start as usize..node.end as usize)
            .unwrap_or("")
    }

    /// Returns the value of a string.
    #[inline]
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        let Document { text, nodes } = self.document;
        let node = nodes.get(self.index as usize)?;
        match node.kind {
            JsonKind::String => {
                let inside = text.get(inner_range(node));
                Some(Cow::Borrowed(inside.unwrap_or_default()))
            }
            JsonKind::EscapedString => Some(Cow::Owned(unescape_node(text, node))),
            _ => None,
        }
    }

    /// Returns the offset of its first byte in the document's text.
    pub(crate) fn start(self) -> usize {
        self.node().start as usize
    }

    /// Returns its byte range in the document's text.
    pub(crate) fn byte_range(self) -> (u32, u32) {
        let node = self.node();
        (node.start, node.end)
    }

    /// Returns the text of a scalar that can be written without conversion: anything but null and
    /// strings with escapes.
    #[inline]
    pub(crate) fn simple_text(self) -> Option<&'a str> {
        let node = self.document.nodes.get(self.index as usize)?;
        let (start, end) = match node.kind {
            JsonKind::True => return Some("true"),
            JsonKind::False => return Some("false"),
            JsonKind::Number => (node.start, node.end),
            JsonKind::String => (node.start.wrapping_add(1), node.end.wrapping_sub(1)),
            JsonKind::Null | JsonKind::EscapedString | JsonKind::List | JsonKind::Object => {
                return None;
            }
        };
        self.document.text.get(start as usize..end as usize)
    }

    /// Returns the bytes of a string without escapes.
    #[inline]
    pub(crate) fn plain_text(self) -> Option<&'a [u8]> {
        let node = self.document.nodes.get(self.index as usize)?;
        let inside = node.start.wrapping_add(1) as usize..node.end.wrapping_sub(1) as usize;
        match node.kind {
            JsonKind::String => self.document.text.as_bytes().get(inside),
            _ => None,
        }
    }

    pub(crate) fn number(self) -> Option<Number<'a>> {
        (self.kind() == JsonKind::Number).then(|| Number::from_valid(self.raw()))
    }

    pub(crate) fn is_list(self) -> bool {
        self.kind() == JsonKind::List
    }

    pub(crate) fn is_object(self) -> bool {
        self.kind() == JsonKind::Object
    }

    /// Returns the number of elements or members in the text, including those that the document
    /// leaves out.
    pub(crate) fn count(self) -> u32 {
        self.node().count
    }

    /// Iterates over the elements of a list; empty for other kinds.
    pub(crate) fn elements(self) -> ListElements<'a> {
        ListElements {
            document: self.document,
            index: self.index.saturating_add(1),
            end: self.end_of(JsonKind::List),
        }
    }

    /// Iterates over the members of an object in text order; empty for other kinds.
    pub(crate) fn members(self) -> ObjectMembers<'a> {
        ObjectMembers {
            document: self.document,
            index: self.index.saturating_add(1),
            end: self.end_of(JsonKind::Object),
        }
    }

    /// Visits the members of an object in text order, with the name as bytes, until `visit` fails.
    /// Visits nothing for other kinds.
    #[inline(always)]
    pub(crate) fn visit_members<E>(
        self,
        mut visit: impl FnMut(&[u8], Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let Document { text, nodes } = self.document;
        let end = self.end_of(JsonKind::Object) as usize;
        let nodes = nodes.get(..end).unwrap_or_default();
        let mut at = self.index.wrapping_add(1) as usize;
        while let Some(key) = nodes.get(at) {
            at = at.wrapping_add(1);
            let Some(value) = nodes.get(at) else { break };
            let unescaped;
            let name = if key.kind == JsonKind::EscapedString {
                unescaped = unescape_node(text, key);
                unescaped.as_bytes()
            } else {
                text.as_bytes().get(inner_range(key)).unwrap_or_default()
            };
            visit(name, self.document.node(saturating_u32(at)))?;
            at = at.wrapping_add(1).max(value.next as usize);
        }
        Ok(())
    }

    /// Returns the node index at which its contents end, or 0 if it is of another kind.
    fn end_of(self, kind: JsonKind) -> u32 {
        let node = self.node();
        if node.kind == kind { node.next } else { 0 }
    }

    #[inline(never)]
    pub(crate) fn element(self, index: u32) -> Option<Self> {
        self.elements().nth(index as usize)
    }

    #[inline(never)]
    pub(crate) fn member(self, name: &str) -> Option<Self> {
        let object = self.document.nodes.get(self.index as usize)?;
        match object.kind {
            JsonKind::Object => self.member_of(object, name),
            _ => None,
        }
    }

    #[inline(always)]
    fn member_of(self, object: &TapeNode, name: &str) -> Option<Self> {
        let Document { text, nodes } = self.document;
        let nodes = nodes.get(..object.next as usize)?;
        // Includes the quotes.
        let length = name.len().wrapping_add(2);
        let mut at = self.index.wrapping_add(1);
        loop {
            let [key, value, ..] = nodes.get(at as usize..)? else {
                return None;
            };
            let matches = if key.kind == JsonKind::String {
                key.end.wrapping_sub(key.start) as usize == length && key_is(text, key, name)
            } else {
                escaped_key_is(text, key, name)
            };
            if matches {
                return Some(self.document.node(at.wrapping_add(1)));
            }
            at = at.wrapping_add(2).max(value.next);
        }
    }

    /// Returns an element of a list if there is a number, else a member of an object.
    #[inline(always)]
    pub(crate) fn inside(self, name: &str, number: Option<u32>) -> Option<Self> {
        let node = self.document.nodes.get(self.index as usize)?;
        match (node.kind, number) {
            (JsonKind::Object, _) => self.member_of(node, name),
            (JsonKind::List, Some(number)) => self.element(number),
            _ => None,
        }
    }

    /// Returns the value at the end of `segments`, if there is one.
    pub(crate) fn follow(self, segments: &[Segment]) -> Option<Self> {
        segments
            .iter()
            .try_fold(self, |value, segment| match segment {
                Segment::Key(name) => value.member(name),
                Segment::Index(index) => value.element(*index),
            })
    }

    /// Converts to a datum: scalars are unpacked, lists and objects stay nodes.
    #[inline]
    pub(crate) fn datum(self) -> Datum<'a> {
        let node = self.node();
        match node.kind {
            JsonKind::String => {
                let inside = node.start.wrapping_add(1) as usize..node.end.wrapping_sub(1) as usize;
                let text = self.document.text.get(inside);
                Datum::Text(Cow::Borrowed(text.unwrap_or_default()))
            }
            JsonKind::Null => Datum::Null,
            JsonKind::True => Datum::Bool(true),
            JsonKind::False => Datum::Bool(false),
            JsonKind::Number => Datum::Number(Number::from_valid(self.raw())),
            JsonKind::EscapedString => Datum::Text(self.string().unwrap_or_default()),
            JsonKind::List | JsonKind::Object => Datum::Node(self),
        }
    }
}

/// Returns whether a key without escapes, of the same length, equals `name`.
#[inline(always)]
fn key_is(text: &str, key: &TapeNode, name: &str) -> bool {
    let inner = text.as_bytes().get(inner_range(key));
    swar::same(inner.unwrap_or_default(), name.as_bytes())
}

#[cold]
fn escaped_key_is(text: &str, key: &TapeNode, name: &str) -> bool {
    key.kind == JsonKind::EscapedString && unescape_node(text, key) == name
}

/// Returns the range between the quotes of a string.
#[inline]
const fn inner_range(string: &TapeNode) -> std::ops::Range<usize> {
    string.start.wrapping_add(1) as usize..string.end.wrapping_sub(1) as usize
}

#[cold]
fn unescape_node(text: &str, string: &TapeNode) -> String {
    unescape(text.get(inner_range(string)).unwrap_or_default())
}

/// An iterator over the elements of a list.
#[derive(Clone, Debug)]
pub(crate) struct ListElements<'a> {
    document: &'a Document,
    index: u32,
    end: u32,
}

impl<'a> Iterator for ListElements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if self.index >= self.end {
            return None;
        }
        let value = self.document.node(self.index);
        self.index = value.node().next.max(self.index.saturating_add(1));
        Some(value)
    }
}

/// An iterator over the members of an object, as key and value.
#[derive(Clone, Debug)]
pub(crate) struct ObjectMembers<'a> {
    document: &'a Document,
    index: u32,
    end: u32,
}

impl<'a> Iterator for ObjectMembers<'a> {
    type Item = (Value<'a>, Value<'a>);

    fn next(&mut self) -> Option<(Value<'a>, Value<'a>)> {
        if self.index >= self.end {
            return None;
        }
        let key = self.document.node(self.index);
        // A key has no contents: its value is the next node.
        let value = self.document.node(self.index.wrapping_add(1));
        self.index = value.node().next.max(self.index.saturating_add(1));
        Some((key, value))
    }
}

/// Resolves the escapes in the text between the quotes of a JSON string. The text is already
/// validated; an invalid escape becomes U+FFFD.
pub(crate) fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, tail)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut chars = tail.chars();
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let (c, left) = unescape_unicode(chars.as_str());
                out.push(c);
                rest = left;
                continue;
            }
            Some(c) => out.push(c),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

/// Parses the four digits after `\u` and, after a high surrogate, a second `\uXXXX`.
fn unescape_unicode(text: &str) -> (char, &str) {
    let (high, rest) = four_digits(text);
    if (0xd800..0xdc00).contains(&high)
        && let Some(tail) = rest.strip_prefix("\\u")
    {
        let (low, rest) = four_digits(tail);
        let c = char::decode_utf16([high, low]).next().and_then(Result::ok);
        return (c.unwrap_or('\u{fffd}'), rest);
    }
    (char::from_u32(u32::from(high)).unwrap_or('\u{fffd}'), rest)
}

fn four_digits(text: &str) -> (u16, &str) {
    match text.split_at_checked(4) {
        Some((digits, rest)) => (u16::from_str_radix(digits, 16).unwrap_or(0xfffd), rest),
        None => (0xfffd, ""),
    }
}

/// A literal in a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Box<str>),
    /// A string that is compared with a timestamp.
    Time(Timestamp),
    List(Box<[Self]>),
}

impl Literal {
    pub(crate) fn datum(&self) -> Datum<'_> {
        match self {
            Self::Null => Datum::Null,
            Self::Bool(value) => Datum::Bool(*value),
            Self::Number(value) => Datum::Number(value.as_number()),
            Self::Text(value) => Datum::Text(Cow::Borrowed(value)),
            Self::Time(value) => Datum::Time(*value),
            Self::List(values) => Datum::List(values),
        }
    }
}

/// The value of an operand or of a template expression.
#[derive(Clone, Debug)]
pub(crate) enum Datum<'a> {
    Missing,
    Null,
    Bool(bool),
    Number(Number<'a>),
    Text(Cow<'a, str>),
    Time(Timestamp),
    /// A list or an object of a document.
    Node(Value<'a>),
    /// A list literal of a rule.
    List(&'a [Literal]),
}
