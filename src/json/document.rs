//! Values: JSON documents kept as their own text, and the plain values that rules are written with.
//! Knows no rule and no event.

use std::borrow::Cow;

use super::path::Segment;
use crate::number::{Decimal, Number};
use crate::text::span::saturating_u32;
use crate::text::swar;
use crate::time::Timestamp;

/// What a node of a document is.
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

/// One value of a document. Nodes stand in the order of the text; an object's members are a string
/// node (the key) followed by the value's nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TapeNode {
    pub(crate) kind: JsonKind,
    /// Byte range in the text, quotes and brackets included.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Index of the first node after this one and all that it holds.
    pub(crate) next: u32,
    /// Elements of a list, members of an object: as many as the text has, also where the document
    /// leaves some out. Of a key: the member's number in the uses that the document was pruned by, 0
    /// where there are none.
    pub(crate) count: u32,
}

/// A JSON value, kept as its text and an index into it. Numbers keep their spelling, objects their
/// order. The index may leave out what is not used: then lists and objects tell how much is inside of
/// them, but hold only a part of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    text: String,
    nodes: Vec<TapeNode>,
}

impl Document {
    /// INVARIANT: `nodes` describe `text`, which is valid JSON at every node's range, and keys of an
    /// object are distinct; only the reader makes them.
    pub(crate) const fn new(text: String, nodes: Vec<TapeNode>) -> Self {
        Self { text, nodes }
    }

    /// What it is made of, to be made anew by the reader.
    pub(crate) const fn parts_mut(&mut self) -> (&mut String, &mut Vec<TapeNode>) {
        (&mut self.text, &mut self.nodes)
    }

    pub(crate) fn root(&self) -> Value<'_> {
        self.node(0)
    }

    /// The value at a node; an index past the end gives a null value of empty text.
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

    /// Where it stands in the document's nodes.
    pub(crate) const fn index(self) -> u32 {
        self.index
    }

    /// The nodes inside of it, the first of which is the one behind its own.
    pub(crate) fn inside_nodes(self) -> &'a [TapeNode] {
        let nodes = &self.document.nodes;
        let inside = self.index.saturating_add(1) as usize..self.node().next as usize;
        nodes.get(inside).unwrap_or_default()
    }

    /// Whether it is of that document.
    pub(crate) fn is_of(self, document: &Document) -> bool {
        std::ptr::eq(self.document, document)
    }

    /// The value that stands there in the same document.
    pub(crate) const fn at(self, index: u32) -> Self {
        self.document.node(index)
    }

    /// The text it was read from, byte for byte.
    pub(crate) fn raw(self) -> &'a str {
        let node = self.node();
        self.document
            .text
            .get(node.start as usize..node.end as usize)
            .unwrap_or("")
    }

    /// The value of a string.
    #[inline]
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        let Document { text, nodes } = self.document;
        let node = nodes.get(self.index as usize)?;
        match node.kind {
            JsonKind::String => {
                let inside = text.get(inside(node));
                Some(Cow::Borrowed(inside.unwrap_or_default()))
            }
            JsonKind::EscapedString => Some(Cow::Owned(unescape_node(text, node))),
            _ => None,
        }
    }

    /// Offset of its first byte in the document's text.
    pub(crate) fn start(self) -> usize {
        self.node().start as usize
    }

    /// From where to where it stands in the document's text.
    pub(crate) fn place(self) -> (u32, u32) {
        let node = self.node();
        (node.start, node.end)
    }

    /// The text of a scalar that stands in the document as it is to be written: not null, and no string
    /// with escapes.
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

    /// The bytes of a string without escapes.
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

    /// Number of elements or members, those that the document leaves out among them.
    pub(crate) fn count(self) -> u32 {
        self.node().count
    }

    /// The elements of a list; none of anything else.
    pub(crate) fn elements(self) -> ListElements<'a> {
        ListElements {
            document: self.document,
            index: self.index.saturating_add(1),
            end: self.end_of(JsonKind::List),
        }
    }

    /// The members of an object in the order of the text; none of anything else.
    pub(crate) fn members(self) -> ObjectMembers<'a> {
        ObjectMembers {
            document: self.document,
            index: self.index.saturating_add(1),
            end: self.end_of(JsonKind::Object),
        }
    }

    /// Visits the members of an object in the order of the text, each by its name as bytes, until an
    /// error comes back; none of anything else.
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
                text.as_bytes().get(inside(key)).unwrap_or_default()
            };
            visit(name, self.document.node(saturating_u32(at)))?;
            at = at.wrapping_add(1).max(value.next as usize);
        }
        Ok(())
    }

    /// Behind its last node where it is of that kind, else before its first.
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
        // A key with its quotes.
        let length = name.len().wrapping_add(2);
        let mut at = self.index.wrapping_add(1);
        loop {
            let [key, value, ..] = nodes.get(at as usize..)? else {
                return None;
            };
            let is_it = if key.kind == JsonKind::String {
                key.end.wrapping_sub(key.start) as usize == length && key_is(text, key, name)
            } else {
                escaped_key_is(text, key, name)
            };
            if is_it {
                return Some(self.document.node(at.wrapping_add(1)));
            }
            at = at.wrapping_add(2).max(value.next);
        }
    }

    /// An element of a list where there is a number, else a member of an object.
    #[inline(always)]
    pub(crate) fn inside(self, name: &str, number: Option<u32>) -> Option<Self> {
        let node = self.document.nodes.get(self.index as usize)?;
        match (node.kind, number) {
            (JsonKind::Object, _) => self.member_of(node, name),
            (JsonKind::List, Some(number)) => self.element(number),
            _ => None,
        }
    }

    /// The value at the end of `segments`, if there is one.
    pub(crate) fn follow(self, segments: &[Segment]) -> Option<Self> {
        segments
            .iter()
            .try_fold(self, |value, segment| match segment {
                Segment::Key(name) => value.member(name),
                Segment::Index(index) => value.element(*index),
            })
    }

    /// As a datum: scalars unpacked, lists and objects as they are.
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

/// Whether a key without escapes, as long as that, is called that.
#[inline(always)]
fn key_is(text: &str, key: &TapeNode, name: &str) -> bool {
    let called = text.as_bytes().get(inside(key));
    swar::same(called.unwrap_or_default(), name.as_bytes())
}

#[cold]
fn escaped_key_is(text: &str, key: &TapeNode, name: &str) -> bool {
    key.kind == JsonKind::EscapedString && unescape_node(text, key) == name
}

/// What stands between the quotes of a string.
#[inline]
const fn inside(string: &TapeNode) -> std::ops::Range<usize> {
    string.start.wrapping_add(1) as usize..string.end.wrapping_sub(1) as usize
}

#[cold]
fn unescape_node(text: &str, string: &TapeNode) -> String {
    unescape(text.get(inside(string)).unwrap_or_default())
}

/// Iterates the elements of a list.
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

/// Iterates the members of an object: key and value.
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
        // Nothing is inside of a key.
        let value = self.document.node(self.index.wrapping_add(1));
        self.index = value.node().next.max(self.index.saturating_add(1));
        Some((key, value))
    }
}

/// The text of a JSON string's inside, escapes resolved. The text has been checked before; what could
/// not have passed the check comes out as U+FFFD.
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

/// Reads the four digits behind `\u`, and a second `\uXXXX` where the first is a high surrogate.
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

/// A value as a rule writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Box<str>),
    /// A string that stands where a timestamp is compared.
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

/// What an operand or a token comes to.
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
    /// A list that a rule writes.
    List(&'a [Literal]),
}
