//! Which parts of an event are used: a tree of the paths that readers of it follow. Knows no rule, no
//! template and no text.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::path::Segment;
use crate::text::span::saturating_u32;
use crate::text::swar::{equal, key_hash, whitespace_end};

/// The parts of an event that are used, to look keys and indexes up while it is read.
///
/// It may hold more than what is used, never less: whoever follows a path that was added finds in a
/// pruned document what the whole one has there.
#[derive(Debug)]
pub(crate) struct Projection {
    nodes: Vec<FieldSet>,
    id: ProjectionId,
}

/// Tells uses apart: documents pruned by uses of one mark hold the same values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProjectionId(Uuid);

/// What is wanted of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    Skip,
    /// What it is and where it stands, but nothing inside of it.
    Shape,
    /// All of it.
    All,
    /// Itself, and of what is inside only what a node of the uses names.
    Fields(u32),
}

/// What is wanted of the text of an event.
pub(crate) const EVENT: Selection = Selection::Fields(0);

/// What is used inside a value.
#[derive(Debug, Default)]
pub(crate) struct FieldSet {
    members: Vec<ProjectedField>,
    /// How many members the nodes before this one have.
    before: u32,
    /// A number that no member has: it stands for the beginning of the node's members.
    beginning: u32,
    beginnings: PrefixFilter,
    /// Places in `members`, counted from 1, by the print of the key; 0 where there is none.
    slots: Vec<u32>,
    /// A bit for each member, by the print of its key.
    prints: u64,
    /// By index, ascending.
    elements: Vec<(u32, Selection)>,
}

#[derive(Debug)]
struct ProjectedField {
    print: u32,
    want: Selection,
    name: Box<str>,
    plain: EncodedKey,
}

/// A key with its quotes and its colon, as a text has it that writes neither blanks nor escapes there.
#[derive(Debug)]
struct EncodedKey {
    length: usize,
    /// Its first bytes; nothing that a text can hold where it is too long.
    head: u128,
    /// Which bits of these count.
    mask: u128,
    /// Its last bytes, where there are more than fit the head.
    tail: u128,
}

/// Bytes of a word that texts are compared by.
const WORD: usize = 16;

impl EncodedKey {
    fn of(name: &str) -> Self {
        let key = format!("\"{name}\":");
        let length = key.len();
        let mut head = [0; WORD];
        for (to, from) in head.iter_mut().zip(key.bytes()) {
            *to = from;
        }
        let spare = WORD.saturating_sub(length).saturating_mul(8);
        let mut plain = Self {
            length,
            head: u128::from_le_bytes(head),
            mask: u128::MAX
                .checked_shr(saturating_u32(spare))
                .unwrap_or_default(),
            tail: key
                .as_bytes()
                .last_chunk()
                .map_or(0, |tail| u128::from_le_bytes(*tail)),
        };
        let escaped = |byte| byte < b' ' || byte == b'"' || byte == b'\\';
        if length > WORD.saturating_mul(2) || name.bytes().any(escaped) {
            // Bytes that are in no UTF-8.
            plain.head = u128::MAX;
        }
        plain
    }

    /// Whether a text goes on with it. Where the end of the text is near, it is not said to.
    #[inline(always)]
    fn begins(&self, rest: &[u8]) -> bool {
        let Some(head) = rest.first_chunk() else {
            return false;
        };
        if (u128::from_le_bytes(*head) ^ self.head) & self.mask != 0 {
            return false;
        }
        if self.length <= WORD {
            return true;
        }
        let all = rest.get(..self.length);
        let tail = all.and_then(|all| all.last_chunk());
        tail.is_some_and(|tail| u128::from_le_bytes(*tail) == self.tail)
    }
}

/// How the keys of some members begin: a bit for the first three bytes behind the opening quote.
#[derive(Debug, Default)]
struct PrefixFilter([u64; 4]);

impl PrefixFilter {
    fn add(&mut self, name: &str) {
        match *name.as_bytes() {
            [one, two, three, ..] => self.set([one, two, three]),
            [one, two] => self.set([one, two, b'"']),
            // Behind the closing quote stands a colon, or a blank before it.
            [one] => {
                for behind in *b": \t\n\r" {
                    self.set([one, b'"', behind]);
                }
            }
            [] => self.0 = [u64::MAX; 4],
        }
    }

    fn set(&mut self, [one, two, three]: [u8; 3]) {
        let (word, bit) = Self::place(u32::from_le_bytes([b'"', one, two, three]));
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    /// The place of the bit for a key, by its first bytes with the quote.
    #[inline(always)]
    const fn place(start: u32) -> (usize, u32) {
        let mixed = (start >> 8).wrapping_mul(0x9e37_79b1) >> 24;
        ((mixed >> 6) as usize, mixed & 63)
    }
}

/// So many slots are looked at for one key, whatever key an event brings.
const REACH: usize = 16;

impl Projection {
    pub(crate) const fn id(&self) -> ProjectionId {
        self.id
    }

    /// What is used inside of a value of which [`Selection::Fields`] are wanted.
    #[inline]
    pub(crate) fn node(&self, node: u32) -> Option<&FieldSet> {
        self.nodes.get(node as usize)
    }

    /// As [`FieldSet::member`], of a node that there is.
    #[inline]
    pub(crate) fn member(&self, node: u32, print: u32, key: &[u8]) -> (Selection, u32) {
        match self.node(node) {
            Some(node) => node.member(print, key),
            None => (Selection::Skip, 0),
        }
    }

    /// As [`Projection::member`], of a key alone.
    pub(crate) fn member_called(&self, node: u32, name: &str) -> (Selection, u32) {
        self.member(node, key_hash(name.as_bytes()), name.as_bytes())
    }

    /// How many numbers there are, those of beginnings and 0 among them.
    pub(crate) fn all_numbers(&self) -> usize {
        let last = self.nodes.last();
        last.map_or(0, |node| node.beginning as usize)
            .saturating_add(1)
    }

    /// The greatest number of a member.
    pub(crate) fn numbers(&self) -> usize {
        let last = self.nodes.last();
        last.map_or(0, |node| {
            (node.before as usize).saturating_add(node.members.len())
        })
    }

    /// A bit for the print of each key, modulo 64, of whose member something is wanted.
    #[inline]
    pub(crate) fn prints(&self, node: u32) -> u64 {
        self.nodes.get(node as usize).map_or(0, |node| node.prints)
    }

    /// What is wanted of the element at that index. Before one that is wanted stands the shell of each
    /// that is not, so that a place in the list is a place in the document.
    pub(crate) fn element(&self, node: u32, index: u32) -> Selection {
        let Some(node) = self.nodes.get(node as usize) else {
            return Selection::Skip;
        };
        match node.elements.last() {
            Some((last, _)) if index <= *last => {}
            _ => return Selection::Skip,
        }
        let found = node.elements.binary_search_by_key(&index, |(at, _)| *at);
        found
            .ok()
            .and_then(|at| node.elements.get(at))
            .map_or(Selection::Shape, |(_, want)| *want)
    }
}

impl FieldSet {
    /// What is wanted of the member of that key, whose print is known, and the number of the member
    /// among all of them, from 1 on.
    #[inline]
    pub(crate) fn member(&self, print: u32, key: &[u8]) -> (Selection, u32) {
        let last = self.slots.len().wrapping_sub(1);
        let mut at = print as usize;
        for _ in 0..REACH {
            let Some(place) = self.slots.get(at & last) else {
                break;
            };
            let Some(member) = self.members.get((*place as usize).wrapping_sub(1)) else {
                break;
            };
            if member.print == print && member.name.as_bytes() == key {
                return (member.want, self.before.wrapping_add(*place));
            }
            at = at.wrapping_add(1);
        }
        (Selection::Skip, 0)
    }

    /// What is wanted of the member of that number, and how long its key is with quotes and colon, where
    /// `rest` goes on with these. `None` where it does not or they are not easy to tell.
    #[inline(always)]
    pub(crate) fn goes_on(&self, number: u32, rest: &[u8]) -> Option<(Selection, usize)> {
        let place = number.wrapping_sub(self.before).wrapping_sub(1);
        let ProjectedField { plain, want, .. } = self.members.get(place as usize)?;
        plain.begins(rest).then_some((*want, plain.length))
    }

    /// Whether the key of a member may stand at `at`, or behind blanks there: `false` only where none does.
    #[inline(always)]
    pub(crate) fn may_stand(&self, bytes: &[u8], mut at: usize) -> bool {
        if bytes.get(at) != Some(&b'"') {
            at = whitespace_end(bytes, at);
        }
        let Some(start @ [quote, ..]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>())
        else {
            return true;
        };
        let start = u32::from_le_bytes(*start);
        let (word, bit) = PrefixFilter::place(start);
        let word = self.beginnings.0.get(word).copied().unwrap_or_default();
        // An escape may stand for any byte.
        *quote != b'"' || word >> bit & 1 != 0 || equal(u64::from(start), b'\\') != 0
    }

    /// A number that no member has, for the beginning of these.
    pub(crate) const fn beginning(&self) -> u32 {
        self.beginning
    }

    /// How many members there are of which something is wanted.
    pub(crate) const fn members(&self) -> usize {
        self.members.len()
    }
}

/// A step of a path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PathStep<'a> {
    Key(&'a str),
    Index(u32),
    /// A member of an object, or an element where there is a list.
    Either(&'a str, u32),
}

impl<'a> From<&'a Segment> for PathStep<'a> {
    fn from(segment: &'a Segment) -> Self {
        match segment {
            Segment::Key(name) => Self::Key(name),
            Segment::Index(index) => Self::Index(*index),
        }
    }
}

/// Uses in the making.
#[derive(Clone, Debug)]
pub(crate) struct ProjectionBuilder {
    /// The first is the text of the event, the second its data.
    parts: Vec<PathNode>,
}

/// Two ways may lead to one part: where a step is of either kind.
#[derive(Clone, Debug, Default)]
struct PathNode {
    whole: bool,
    members: BTreeMap<Box<str>, u32>,
    elements: BTreeMap<u32, u32>,
}

const DATA: u32 = 1;

impl ProjectionBuilder {
    /// Holds what every event is checked for.
    pub(crate) fn new<'a>(recipient_fields: impl IntoIterator<Item = &'a str>) -> Self {
        let mut draft = Self {
            parts: vec![PathNode::default()],
        };
        for name in ["event_data", "event_type", "event_id", "debug_data"] {
            draft.step(0, PathStep::Key(name));
        }
        for name in recipient_fields {
            draft.add([PathStep::Key(name)]);
        }
        draft
    }

    /// Adds a path from the event's data on; what it leads to is used whole.
    pub(crate) fn add<'a>(&mut self, steps: impl IntoIterator<Item = PathStep<'a>>) {
        let mut at = DATA;
        for step in steps {
            if self.parts.get(at as usize).is_none_or(|part| part.whole) {
                return;
            }
            match self.step(at, step) {
                Some(next) => at = next,
                None => break,
            }
        }
        if let Some(part) = self.parts.get_mut(at as usize) {
            part.whole = true;
        }
    }

    /// Whether a path would add nothing. Where in doubt, it would.
    pub(crate) fn covers<'a>(&self, steps: impl IntoIterator<Item = PathStep<'a>>) -> bool {
        let mut at = DATA;
        for step in steps {
            let Some(part) = self.parts.get(at as usize) else {
                return false;
            };
            let member = |name: &str| part.members.get(name).copied();
            let next = match step {
                _ if part.whole => return true,
                PathStep::Key(name) => member(name),
                PathStep::Index(index) => part.elements.get(&index).copied(),
                PathStep::Either(name, index) => {
                    member(name).filter(|next| part.elements.get(&index) == Some(next))
                }
            };
            match next {
                Some(next) => at = next,
                None => return false,
            }
        }
        self.parts.get(at as usize).is_some_and(|part| part.whole)
    }

    /// The part that a step leads to; `None` where one of either kind would lead to two.
    fn step(&mut self, at: u32, step: PathStep<'_>) -> Option<u32> {
        let new = saturating_u32(self.parts.len());
        let part = self.parts.get_mut(at as usize)?;
        let (name, index) = match step {
            PathStep::Key(name) => (Some(name), None),
            PathStep::Index(index) => (None, Some(index)),
            PathStep::Either(name, index) => (Some(name), Some(index)),
        };
        let member = name.and_then(|name| part.members.get(name).copied());
        let element = index.and_then(|index| part.elements.get(&index).copied());
        let next = match (member, element) {
            (Some(one), Some(two)) if one != two => return None,
            (Some(known), _) | (_, Some(known)) => known,
            (None, None) => new,
        };
        if let (Some(name), None) = (name, member) {
            part.members.insert(name.into(), next);
        }
        if let (Some(index), None) = (index, element) {
            part.elements.insert(index, next);
        }
        if next == new {
            self.parts.push(PathNode::default());
        }
        Some(next)
    }

    /// The finished uses: the same for the same paths, in whatever order they were added.
    pub(crate) fn finish(&self) -> Projection {
        let mut parts = self.parts.clone();
        let mut tables = Vec::with_capacity(parts.len());
        for part in &mut parts {
            let table = lay(&part.members);
            part.whole |= table.is_none();
            tables.push(table.unwrap_or_default());
        }
        let mut finish = ProjectionWriter {
            parts: &parts,
            numbers: vec![None; parts.len()],
            order: Vec::new(),
            text: String::new(),
        };
        finish.number(0);
        let mut nodes = Vec::new();
        let (mut next, mut before) = (0, 0_u32);
        while let Some(at) = finish.order.get(next).copied() {
            next = next.saturating_add(1);
            let mut node = finish.node(at, tables.get_mut(at as usize));
            node.before = before;
            before = before.saturating_add(saturating_u32(node.members.len()));
            nodes.push(node);
        }
        for (node, beginning) in nodes.iter_mut().zip(before.saturating_add(1)..) {
            node.beginning = beginning;
        }
        Projection {
            nodes,
            id: ProjectionId(Uuid::new_v5(&Uuid::NAMESPACE_OID, finish.text.as_bytes())),
        }
    }
}

/// Numbers the parts that have parts of their own, the outer ones first, and writes down what they are.
struct ProjectionWriter<'a> {
    parts: &'a [PathNode],
    numbers: Vec<Option<u32>>,
    order: Vec<u32>,
    text: String,
}

impl ProjectionWriter<'_> {
    fn number(&mut self, at: u32) -> u32 {
        let next = saturating_u32(self.order.len());
        match self.numbers.get_mut(at as usize) {
            Some(Some(number)) => *number,
            Some(none) => {
                *none = Some(next);
                self.order.push(at);
                next
            }
            None => 0,
        }
    }

    fn want(&mut self, at: u32) -> Selection {
        let want = match self.parts.get(at as usize) {
            Some(part) if part.whole => Selection::All,
            Some(part) if !part.members.is_empty() || !part.elements.is_empty() => {
                Selection::Fields(self.number(at))
            }
            _ => Selection::Shape,
        };
        self.text.push_str(&format!("{want:?};"));
        want
    }

    fn node(&mut self, at: u32, table: Option<&mut HashSlots>) -> FieldSet {
        let mut node = FieldSet::default();
        let Some(part) = self.parts.get(at as usize) else {
            return node;
        };
        if let Some(table) = table {
            node.slots = std::mem::take(&mut table.slots);
        }
        for (name, next) in &part.members {
            self.text.push_str(&format!("{}:{name}=", name.len()));
            let print = key_hash(name.as_bytes());
            node.prints |= 1 << (print % 64);
            node.beginnings.add(name);
            node.members.push(ProjectedField {
                print,
                want: self.want(*next),
                plain: EncodedKey::of(name),
                name: name.clone(),
            });
        }
        for (index, next) in &part.elements {
            self.text.push_str(&format!("[{index}]="));
            node.elements.push((*index, self.want(*next)));
        }
        self.text.push('\n');
        node
    }
}

#[derive(Debug, Default)]
struct HashSlots {
    slots: Vec<u32>,
}

/// Lays names out by their prints, none further than [`REACH`] from its slot. `None` where that cannot
/// be: too many names with one print.
fn lay(members: &BTreeMap<Box<str>, u32>) -> Option<HashSlots> {
    if members.is_empty() {
        return Some(HashSlots::default());
    }
    [4, 8, 16].into_iter().find_map(|room| {
        let size = members.len().saturating_mul(room).next_power_of_two();
        let mut slots = vec![0_u32; size];
        for (place, name) in (1..).zip(members.keys()) {
            let first = key_hash(name.as_bytes()) as usize;
            let reach = (first..).take(REACH);
            let mut free = reach.map(|at| at & size.wrapping_sub(1));
            let at = free.find(|at| slots.get(*at) == Some(&0))?;
            *slots.get_mut(at)? = place;
        }
        Some(HashSlots { slots })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projection(paths: &[&[PathStep<'static>]]) -> Projection {
        let mut draft = ProjectionBuilder::new(["mdn"]);
        for path in paths {
            draft.add(path.iter().copied());
        }
        draft.finish()
    }

    fn member(projection: &Projection, of: Selection, name: &str) -> Selection {
        let Selection::Fields(node) = of else {
            panic!("{of:?} has no parts")
        };
        projection.member_called(node, name).0
    }

    fn element(projection: &Projection, of: Selection, index: u32) -> Selection {
        let Selection::Fields(node) = of else {
            panic!("{of:?} has no parts")
        };
        projection.element(node, index)
    }

    #[test]
    fn what_a_path_leads_to_is_wanted_whole() {
        use PathStep::{Index, Key};
        let projection = projection(&[
            &[Key("order"), Key("total")],
            &[Key("items"), Index(2), Key("sku")],
            &[Key("address")],
            &[Key("address"), Key("city")],
        ]);
        for (name, want) in [
            ("event_type", Selection::Shape),
            ("event_id", Selection::Shape),
            ("debug_data", Selection::Shape),
            ("other", Selection::Skip),
        ] {
            assert_eq!(member(&projection, EVENT, name), want, "{name}");
        }
        let data = member(&projection, EVENT, "event_data");
        assert_eq!(member(&projection, data, "mdn"), Selection::All);
        assert_eq!(member(&projection, data, "address"), Selection::All);
        assert_eq!(member(&projection, data, "addres"), Selection::Skip);
        let order = member(&projection, data, "order");
        assert_eq!(member(&projection, order, "total"), Selection::All);
        assert_eq!(member(&projection, order, "id"), Selection::Skip);
        assert_eq!(element(&projection, order, 0), Selection::Skip);
        let items = member(&projection, data, "items");
        assert_eq!(element(&projection, items, 0), Selection::Shape);
        assert_eq!(element(&projection, items, 3), Selection::Skip);
        let third = element(&projection, items, 2);
        assert_eq!(member(&projection, third, "sku"), Selection::All);
    }

    #[test]
    fn a_text_goes_on_with_a_key_or_it_does_not() {
        use PathStep::Key;
        let names = [
            "",
            "a",
            "ab",
            "é",
            "city",
            "twelve_bytes",
            "thirteen_byte",
            "fourteen_bytes",
            "as_long_as_two_words_with_it",
            "as_long_as_two_words_with_it_",
            "as_long_as_two_words_of_it",
            "longer_than_two_words_even_without_it",
            "\"",
            "a\\",
            "\u{1}",
        ];
        let paths = names.map(|name| [Key(name)]);
        let paths: Vec<&[PathStep<'_>]> = paths.iter().map(<[_; 1]>::as_slice).collect();
        let projection = projection(&paths);
        let Selection::Fields(data) = member(&projection, EVENT, "event_data") else {
            panic!("the data has parts")
        };
        for name in names {
            let (want, number) = projection.member_called(data, name);
            assert_eq!(want, Selection::All);
            let told = |rest: &str| {
                projection
                    .node(data)
                    .unwrap()
                    .goes_on(number, rest.as_bytes())
            };
            let easy = name.len() <= 29 && !name.contains(['"', '\\', '\u{1}']);
            let length = name.len() + 3;
            let found = easy.then_some((Selection::All, length));
            let behind = " 1, and more than a word";
            assert_eq!(told(&format!("\"{name}\":{behind}")), found, "{name}");
            for other in names {
                if other != name {
                    assert_eq!(
                        told(&format!("\"{other}\":{behind}")),
                        None,
                        "{name} {other}"
                    );
                }
            }
            for other in [
                format!("\"{name}\" :{behind}"),
                format!("\"{name}_\":{behind}"),
                format!("\"{name}{behind}"),
                format!("{name}\":{behind}"),
                String::new(),
            ] {
                assert_eq!(told(&other), None, "{name} {other}");
            }
            let root = projection.node(0).unwrap();
            let text = format!("\"{name}\":{behind}");
            assert_eq!(root.goes_on(number, text.as_bytes()), None);
        }
    }

    #[test]
    fn no_way_to_write_a_wanted_key_is_ruled_out() {
        use PathStep::Key;
        let names = ["", "a", "ab", "abc", "abcd", "é", "x\"y", "\\", "\u{1}b"];
        for name in names {
            let projection = projection(&[&[Key(name)]]);
            let Selection::Fields(data) = member(&projection, EVENT, "event_data") else {
                panic!("the data has parts")
            };
            let node = projection.node(data).unwrap();
            let plain = serde_json::to_string(name).unwrap();
            let mut keys = vec![plain.clone()];
            // Each character told by an escape.
            for (at, c) in name.char_indices() {
                let [before, after] = [&name[..at], &name[at + c.len_utf8()..]]
                    .map(|part| serde_json::to_string(part).unwrap());
                let [before, after] = [&before, &after].map(|part| &part[1..part.len() - 1]);
                keys.push(format!("\"{before}\\u{:04x}{after}\"", u32::from(c)));
            }
            for key in keys {
                for blanks in ["", " ", "\t", "\n", "\r\n        "] {
                    for colon in [":", " :", "\t:", "\n:", "\r:"] {
                        for value in ["1", "\"x\"", ""] {
                            let text = format!(",{blanks}{key}{colon}{value}");
                            assert!(node.may_stand(text.as_bytes(), 1), "{name}: {text}");
                        }
                    }
                }
            }
        }
        let projection = projection(&[&[Key("city")], &[Key("street")]]);
        let Selection::Fields(data) = member(&projection, EVENT, "event_data") else {
            panic!("the data has parts")
        };
        let node = projection.node(data).unwrap();
        let others = ["geometry", "coordinates", "firstCoordinates", "c", "s", ""];
        let told = others.map(|name| node.may_stand(format!("\"{name}\":1").as_bytes(), 0));
        assert_eq!(told, [false; 6], "it rules most of them out");
    }

    #[test]
    fn each_member_has_a_number_of_its_own() {
        use PathStep::{Index, Key};
        let projection = projection(&[
            &[Key("order"), Key("total")],
            &[Key("items"), Index(2), Key("sku")],
            &[Key("address"), Key("city")],
            &[Key("city")],
        ]);
        let mut numbers = Vec::new();
        for (node, of) in (0..).zip(&projection.nodes) {
            let names = of.members.iter();
            numbers.extend(names.map(|member| projection.member_called(node, &member.name).1));
        }
        let all = u32::try_from(projection.numbers()).unwrap();
        assert_eq!(numbers, (1..=all).collect::<Vec<_>>());
        let beginnings: Vec<_> = projection.nodes.iter().map(FieldSet::beginning).collect();
        let behind = all + 1..projection.all_numbers().try_into().unwrap();
        assert_eq!(beginnings, behind.collect::<Vec<_>>());
        assert_eq!(projection.member_called(0, "other"), (Selection::Skip, 0));
    }

    #[test]
    fn steps_of_either_kind_lead_to_one_place() {
        use PathStep::{Either, Index, Key};
        let projection = projection(&[
            &[Key("a"), Either("0", 0), Key("x")],
            &[Key("b"), Key("1"), Key("x")],
            &[Key("b"), Index(1), Key("y")],
            &[Key("b"), Either("1", 1), Key("z")],
        ]);
        let data = member(&projection, EVENT, "event_data");
        let a = member(&projection, data, "a");
        assert_eq!(member(&projection, a, "0"), element(&projection, a, 0));
        assert_eq!(
            member(&projection, element(&projection, a, 0), "x"),
            Selection::All,
            "below both"
        );
        assert_eq!(
            member(&projection, data, "b"),
            Selection::All,
            "two places made one"
        );
    }

    #[test]
    fn the_mark_goes_by_the_paths_alone() {
        use PathStep::Key;
        let one: &[PathStep<'_>] = &[Key("a"), Key("b")];
        let two: &[PathStep<'_>] = &[Key("a"), Key("c")];
        let three: &[PathStep<'_>] = &[Key("ab")];
        assert_eq!(
            projection(&[one, two]).id(),
            projection(&[two, one, two]).id()
        );
        assert_ne!(projection(&[one]).id(), projection(&[two]).id());
        assert_ne!(projection(&[one, three]).id(), projection(&[one]).id());
        let all: &[PathStep<'_>] = &[];
        assert_eq!(projection(&[all, one]).id(), projection(&[all]).id());
    }

    #[test]
    fn any_number_of_members_is_found() {
        let names: Vec<String> = (0..20_000)
            .map(|n| format!("attribute_{n:05}_of_it"))
            .collect();
        let mut draft = ProjectionBuilder::new(["mdn"]);
        for name in &names {
            draft.add([PathStep::Key(name)]);
        }
        let projection = draft.finish();
        let data = member(&projection, EVENT, "event_data");
        for name in &names {
            assert_eq!(member(&projection, data, name), Selection::All);
        }
        assert_eq!(
            member(&projection, data, "attribute_20000_of_it"),
            Selection::Skip
        );
    }
}
