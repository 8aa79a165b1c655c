//! Selects the parts of an event that rules read, so that the reader can skip the rest.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::path::Segment;
use crate::text::span::saturating_u32;
use crate::text::swar::{equal, key_hash, whitespace_end};

/// The selected parts of an event, as a tree of field sets.
///
/// A projection may select more than rules read, never less: following a path that was added gives
/// the same value in the projected document as in the full one.
#[derive(Debug)]
pub(crate) struct Projection {
    nodes: Vec<FieldSet>,
    id: ProjectionId,
}

/// Identifies a projection. Documents projected with equal ids hold the same values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProjectionId(Uuid);

/// The part of a value that is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    Skip,
    /// Its kind and position, without its contents.
    Shape,
    /// The value with all its contents.
    All,
    /// The value itself and, inside it, the members and elements of a field set.
    Fields(u32),
}

/// The selection for the text of an event.
pub(crate) const EVENT: Selection = Selection::Fields(0);

/// The selected members and elements of one value.
#[derive(Debug, Default)]
pub(crate) struct FieldSet {
    members: Vec<ProjectedField>,
    /// The number of members in the field sets before this one.
    number_offset: u32,
    /// A number that no member has. The key predictor uses it for the start of the object.
    start_number: u32,
    prefixes: PrefixFilter,
    /// Open-addressing table by key hash: indexes into `members`, counted from 1; 0 is a free slot.
    slots: Vec<u32>,
    /// A 64-bit filter with one bit per key hash.
    hash_bits: u64,
    /// Sorted by index.
    elements: Vec<(u32, Selection)>,
}

#[derive(Debug)]
struct ProjectedField {
    hash: u32,
    selection: Selection,
    name: Box<str>,
    encoded: EncodedKey,
}

/// A key with its quotes and its colon, as text without whitespace and escapes spells it.
#[derive(Debug)]
struct EncodedKey {
    length: usize,
    /// The first bytes. Bytes that UTF-8 cannot contain if the key is not eligible.
    head: u128,
    /// The bits of `head` to compare.
    mask: u128,
    /// The last bytes, if the key is longer than `head`.
    tail: u128,
}

/// The width of one comparison, in bytes.
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
        let mut encoded = Self {
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
            // These bytes never occur in UTF-8.
            encoded.head = u128::MAX;
        }
        encoded
    }

    /// Returns whether `rest` starts with this key. May return `false` near the end of the text.
    #[inline(always)]
    fn is_prefix_of(&self, rest: &[u8]) -> bool {
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

/// A Bloom filter over the first three bytes of the keys, after the opening quote.
#[derive(Debug, Default)]
struct PrefixFilter([u64; 4]);

impl PrefixFilter {
    fn add(&mut self, name: &str) {
        match *name.as_bytes() {
            [one, two, three, ..] => self.set([one, two, three]),
            [one, two] => self.set([one, two, b'"']),
            // The closing quote is followed by a colon, with or without whitespace.
            [one] => {
                for next in *b": \t\n\r" {
                    self.set([one, b'"', next]);
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

    /// Returns the word and the bit for a key, given its first four bytes including the quote.
    #[inline(always)]
    const fn place(start: u32) -> (usize, u32) {
        let mixed = (start >> 8).wrapping_mul(0x9e37_79b1) >> 24;
        ((mixed >> 6) as usize, mixed & 63)
    }
}

/// The longest probe sequence, so that no event can make a lookup slow.
const MAX_PROBES: usize = 16;

impl Projection {
    pub(crate) const fn id(&self) -> ProjectionId {
        self.id
    }

    /// Returns the field set of a [`Selection::Fields`].
    #[inline]
    pub(crate) fn node(&self, node: u32) -> Option<&FieldSet> {
        self.nodes.get(node as usize)
    }

    /// Looks up a member of a field set, see [`FieldSet::member`].
    #[inline]
    pub(crate) fn member(&self, node: u32, hash: u32, key: &[u8]) -> (Selection, u32) {
        match self.node(node) {
            Some(node) => node.member(hash, key),
            None => (Selection::Skip, 0),
        }
    }

    /// Looks up a member by name alone.
    pub(crate) fn member_by_name(&self, node: u32, name: &str) -> (Selection, u32) {
        self.member(node, key_hash(name.as_bytes()), name.as_bytes())
    }

    /// Returns the number of member numbers, including 0 and the start numbers.
    pub(crate) fn number_count(&self) -> usize {
        let last = self.nodes.last();
        last.map_or(0, |node| node.start_number as usize)
            .saturating_add(1)
    }

    /// Returns the greatest member number.
    pub(crate) fn greatest_number(&self) -> usize {
        let last = self.nodes.last();
        last.map_or(0, |node| {
            (node.number_offset as usize).saturating_add(node.members.len())
        })
    }

    /// Returns the 64-bit filter of key hashes of a field set.
    #[inline]
    pub(crate) fn hash_bits(&self, node: u32) -> u64 {
        self.nodes
            .get(node as usize)
            .map_or(0, |node| node.hash_bits)
    }

    /// Returns the selection for a list element. An unselected element before a selected one gets
    /// the selection `Shape`, so that indexes stay those of the text.
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
            .map_or(Selection::Shape, |(_, selection)| *selection)
    }
}

impl FieldSet {
    /// Looks up a member by key and key hash. Returns its selection and its number, counted from 1
    /// over all field sets; number 0 if the key is not selected.
    #[inline]
    pub(crate) fn member(&self, hash: u32, key: &[u8]) -> (Selection, u32) {
        let last = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize;
        for _ in 0..MAX_PROBES {
            let Some(place) = self.slots.get(at & last) else {
                break;
            };
            let Some(member) = self.members.get((*place as usize).wrapping_sub(1)) else {
                break;
            };
            if member.hash == hash && member.name.as_bytes() == key {
                return (member.selection, self.number_offset.wrapping_add(*place));
            }
            at = at.wrapping_add(1);
        }
        (Selection::Skip, 0)
    }

    /// Returns the selection of the numbered member and the length of its encoded key if `rest`
    /// starts with that key. Returns `None` if it does not, or if a comparison is not cheap.
    #[inline(always)]
    pub(crate) fn match_encoded_key(&self, number: u32, rest: &[u8]) -> Option<(Selection, usize)> {
        let place = number.wrapping_sub(self.number_offset).wrapping_sub(1);
        let ProjectedField {
            encoded, selection, ..
        } = self.members.get(place as usize)?;
        encoded
            .is_prefix_of(rest)
            .then_some((*selection, encoded.length))
    }

    /// Returns `false` only if no selected key starts at `at`, after optional whitespace.
    #[inline(always)]
    pub(crate) fn may_have_key_at(&self, bytes: &[u8], mut at: usize) -> bool {
        if bytes.get(at) != Some(&b'"') {
            at = whitespace_end(bytes, at);
        }
        let Some(start @ [quote, ..]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>())
        else {
            return true;
        };
        let start = u32::from_le_bytes(*start);
        let (word, bit) = PrefixFilter::place(start);
        let word = self.prefixes.0.get(word).copied().unwrap_or_default();
        // An escape can decode to any character.
        *quote != b'"' || word >> bit & 1 != 0 || equal(u64::from(start), b'\\') != 0
    }

    /// Returns the number for the start of the object. No member has it.
    pub(crate) const fn start_number(&self) -> u32 {
        self.start_number
    }

    /// Returns the number of selected members.
    pub(crate) const fn members(&self) -> usize {
        self.members.len()
    }
}

/// One step of a projected path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PathStep<'a> {
    Key(&'a str),
    Index(u32),
    /// A member of an object, or an element if the value is a list.
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

/// Collects paths and builds a [`Projection`].
#[derive(Clone, Debug)]
pub(crate) struct ProjectionBuilder {
    /// Node 0 is the text of the event, node 1 its data.
    path_nodes: Vec<PathNode>,
}

/// A node of the path tree. Two edges lead to one node if a path step is [`PathStep::Either`].
#[derive(Clone, Debug, Default)]
struct PathNode {
    all: bool,
    members: BTreeMap<Box<str>, u32>,
    elements: BTreeMap<u32, u32>,
}

const DATA: u32 = 1;

impl ProjectionBuilder {
    /// Creates a builder that selects the fields checked for every event.
    pub(crate) fn new<'a>(recipient_fields: impl IntoIterator<Item = &'a str>) -> Self {
        let mut builder = Self {
            path_nodes: vec![PathNode::default()],
        };
        for name in ["event_data", "event_type", "event_id", "debug_data"] {
            builder.step(0, PathStep::Key(name));
        }
        for name in recipient_fields {
            builder.add([PathStep::Key(name)]);
        }
        builder
    }

    /// Adds a path that starts at the event's data. The value at its end is selected with all its
    /// contents.
    pub(crate) fn add<'a>(&mut self, steps: impl IntoIterator<Item = PathStep<'a>>) {
        let mut at = DATA;
        for step in steps {
            if self
                .path_nodes
                .get(at as usize)
                .is_none_or(|path_node| path_node.all)
            {
                return;
            }
            match self.step(at, step) {
                Some(next) => at = next,
                None => break,
            }
        }
        if let Some(path_node) = self.path_nodes.get_mut(at as usize) {
            path_node.all = true;
        }
    }

    /// Returns whether a path is already selected. May return `false` for a selected path.
    pub(crate) fn covers<'a>(&self, steps: impl IntoIterator<Item = PathStep<'a>>) -> bool {
        let mut at = DATA;
        for step in steps {
            let Some(path_node) = self.path_nodes.get(at as usize) else {
                return false;
            };
            let member = |name: &str| path_node.members.get(name).copied();
            let next = match step {
                _ if path_node.all => return true,
                PathStep::Key(name) => member(name),
                PathStep::Index(index) => path_node.elements.get(&index).copied(),
                PathStep::Either(name, index) => {
                    member(name).filter(|next| path_node.elements.get(&index) == Some(next))
                }
            };
            match next {
                Some(next) => at = next,
                None => return false,
            }
        }
        self.path_nodes
            .get(at as usize)
            .is_some_and(|path_node| path_node.all)
    }

    /// Returns the node after a step, `None` if the two edges of [`PathStep::Either`] lead to
    /// different nodes.
    fn step(&mut self, at: u32, step: PathStep<'_>) -> Option<u32> {
        let new = saturating_u32(self.path_nodes.len());
        let path_node = self.path_nodes.get_mut(at as usize)?;
        let (name, index) = match step {
            PathStep::Key(name) => (Some(name), None),
            PathStep::Index(index) => (None, Some(index)),
            PathStep::Either(name, index) => (Some(name), Some(index)),
        };
        let member = name.and_then(|name| path_node.members.get(name).copied());
        let element = index.and_then(|index| path_node.elements.get(&index).copied());
        let next = match (member, element) {
            (Some(one), Some(two)) if one != two => return None,
            (Some(known), _) | (_, Some(known)) => known,
            (None, None) => new,
        };
        if let (Some(name), None) = (name, member) {
            path_node.members.insert(name.into(), next);
        }
        if let (Some(index), None) = (index, element) {
            path_node.elements.insert(index, next);
        }
        if next == new {
            self.path_nodes.push(PathNode::default());
        }
        Some(next)
    }

    /// Builds the projection. It does not depend on the order in which paths were added.
    pub(crate) fn finish(&self) -> Projection {
        let mut path_nodes = self.path_nodes.clone();
        let mut slot_tables = Vec::with_capacity(path_nodes.len());
        for path_node in &mut path_nodes {
            let slot_table = hash_slots(&path_node.members);
            path_node.all |= slot_table.is_none();
            slot_tables.push(slot_table.unwrap_or_default());
        }
        let mut finish = ProjectionWriter {
            path_nodes: &path_nodes,
            numbers: vec![None; path_nodes.len()],
            order: Vec::new(),
            text: String::new(),
        };
        finish.assign_number(0);
        let mut nodes = Vec::new();
        let (mut next, mut number_offset) = (0, 0_u32);
        while let Some(at) = finish.order.get(next).copied() {
            next = next.saturating_add(1);
            let mut node = finish.node(at, slot_tables.get_mut(at as usize));
            node.number_offset = number_offset;
            number_offset = number_offset.saturating_add(saturating_u32(node.members.len()));
            nodes.push(node);
        }
        for (node, start_number) in nodes.iter_mut().zip(number_offset.saturating_add(1)..) {
            node.start_number = start_number;
        }
        Projection {
            nodes,
            id: ProjectionId(Uuid::new_v5(&Uuid::NAMESPACE_OID, finish.text.as_bytes())),
        }
    }
}

/// Numbers the nodes that have children, parents first, and serializes the tree for the id.
struct ProjectionWriter<'a> {
    path_nodes: &'a [PathNode],
    numbers: Vec<Option<u32>>,
    order: Vec<u32>,
    text: String,
}

impl ProjectionWriter<'_> {
    fn assign_number(&mut self, at: u32) -> u32 {
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

    fn selection(&mut self, at: u32) -> Selection {
        let selection = match self.path_nodes.get(at as usize) {
            Some(path_node) if path_node.all => Selection::All,
            Some(path_node) if !path_node.members.is_empty() || !path_node.elements.is_empty() => {
                Selection::Fields(self.assign_number(at))
            }
            _ => Selection::Shape,
        };
        self.text.push_str(&format!("{selection:?};"));
        selection
    }

    fn node(&mut self, at: u32, slot_table: Option<&mut HashSlots>) -> FieldSet {
        let mut node = FieldSet::default();
        let Some(path_node) = self.path_nodes.get(at as usize) else {
            return node;
        };
        if let Some(slot_table) = slot_table {
            node.slots = std::mem::take(&mut slot_table.slots);
        }
        for (name, next) in &path_node.members {
            self.text.push_str(&format!("{}:{name}=", name.len()));
            let hash = key_hash(name.as_bytes());
            node.hash_bits |= 1 << (hash % 64);
            node.prefixes.add(name);
            node.members.push(ProjectedField {
                hash,
                selection: self.selection(*next),
                encoded: EncodedKey::of(name),
                name: name.clone(),
            });
        }
        for (index, next) in &path_node.elements {
            self.text.push_str(&format!("[{index}]="));
            node.elements.push((*index, self.selection(*next)));
        }
        self.text.push('\n');
        node
    }
}

#[derive(Debug, Default)]
struct HashSlots {
    slots: Vec<u32>,
}

/// Builds the hash table of a field set, with no name further than [`MAX_PROBES`] from its first
/// slot. Returns `None` if too many names share a hash.
fn hash_slots(members: &BTreeMap<Box<str>, u32>) -> Option<HashSlots> {
    if members.is_empty() {
        return Some(HashSlots::default());
    }
    [4, 8, 16].into_iter().find_map(|room| {
        let size = members.len().saturating_mul(room).next_power_of_two();
        let mut slots = vec![0_u32; size];
        for (place, name) in (1..).zip(members.keys()) {
            let first = key_hash(name.as_bytes()) as usize;
            let reach = (first..).take(MAX_PROBES);
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
        let mut builder = ProjectionBuilder::new(["mdn"]);
        for path in paths {
            builder.add(path.iter().copied());
        }
        builder.finish()
    }

    fn member(projection: &Projection, of: Selection, name: &str) -> Selection {
        let Selection::Fields(node) = of else {
            panic!("{of:?} has no parts")
        };
        projection.member_by_name(node, name).0
    }

    fn element(projection: &Projection, of: Selection, index: u32) -> Selection {
        let Selection::Fields(node) = of else {
            panic!("{of:?} has no parts")
        };
        projection.element(node, index)
    }

    #[test]
    fn the_value_at_the_end_of_a_path_is_selected_completely() {
        use PathStep::{Index, Key};
        let projection = projection(&[
            &[Key("order"), Key("total")],
            &[Key("items"), Index(2), Key("sku")],
            &[Key("address")],
            &[Key("address"), Key("city")],
        ]);
        for (name, selection) in [
            ("event_type", Selection::Shape),
            ("event_id", Selection::Shape),
            ("debug_data", Selection::Shape),
            ("other", Selection::Skip),
        ] {
            assert_eq!(member(&projection, EVENT, name), selection, "{name}");
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
    fn encoded_keys_match_exactly() {
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
            let (selection, number) = projection.member_by_name(data, name);
            assert_eq!(selection, Selection::All);
            let matched = |rest: &str| {
                projection
                    .node(data)
                    .unwrap()
                    .match_encoded_key(number, rest.as_bytes())
            };
            let is_encodable = name.len() <= 29 && !name.contains(['"', '\\', '\u{1}']);
            let length = name.len() + 3;
            let found = is_encodable.then_some((Selection::All, length));
            let rest = " 1, and more than a word";
            assert_eq!(matched(&format!("\"{name}\":{rest}")), found, "{name}");
            for other in names {
                if other != name {
                    assert_eq!(
                        matched(&format!("\"{other}\":{rest}")),
                        None,
                        "{name} {other}"
                    );
                }
            }
            for other in [
                format!("\"{name}\" :{rest}"),
                format!("\"{name}_\":{rest}"),
                format!("\"{name}{rest}"),
                format!("{name}\":{rest}"),
                String::new(),
            ] {
                assert_eq!(matched(&other), None, "{name} {other}");
            }
            let root = projection.node(0).unwrap();
            let text = format!("\"{name}\":{rest}");
            assert_eq!(root.match_encoded_key(number, text.as_bytes()), None);
        }
    }

    #[test]
    fn every_spelling_of_a_selected_key_passes_the_filter() {
        use PathStep::Key;
        let names = ["", "a", "ab", "abc", "abcd", "é", "x\"y", "\\", "\u{1}b"];
        for name in names {
            let projection = projection(&[&[Key(name)]]);
            let Selection::Fields(data) = member(&projection, EVENT, "event_data") else {
                panic!("the data has parts")
            };
            let node = projection.node(data).unwrap();
            let encoded = serde_json::to_string(name).unwrap();
            let mut keys = vec![encoded.clone()];
            // With each character written as an escape.
            for (at, c) in name.char_indices() {
                let [number_offset, after] = [&name[..at], &name[at + c.len_utf8()..]]
                    .map(|path_node| serde_json::to_string(path_node).unwrap());
                let [number_offset, after] =
                    [&number_offset, &after].map(|path_node| &path_node[1..path_node.len() - 1]);
                keys.push(format!("\"{number_offset}\\u{:04x}{after}\"", u32::from(c)));
            }
            for key in keys {
                for blanks in ["", " ", "\t", "\n", "\r\n        "] {
                    for colon in [":", " :", "\t:", "\n:", "\r:"] {
                        for value in ["1", "\"x\"", ""] {
                            let text = format!(",{blanks}{key}{colon}{value}");
                            assert!(node.may_have_key_at(text.as_bytes(), 1), "{name}: {text}");
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
        let found = others.map(|name| node.may_have_key_at(format!("\"{name}\":1").as_bytes(), 0));
        assert_eq!(found, [false; 6], "most other keys are excluded");
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
            numbers.extend(names.map(|member| projection.member_by_name(node, &member.name).1));
        }
        let all = u32::try_from(projection.greatest_number()).unwrap();
        assert_eq!(numbers, (1..=all).collect::<Vec<_>>());
        let prefixes: Vec<_> = projection
            .nodes
            .iter()
            .map(FieldSet::start_number)
            .collect();
        let rest = all + 1..projection.number_count().try_into().unwrap();
        assert_eq!(prefixes, rest.collect::<Vec<_>>());
        assert_eq!(projection.member_by_name(0, "other"), (Selection::Skip, 0));
    }

    #[test]
    fn a_step_of_either_kind_leads_to_one_node() {
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
            "two nodes are merged"
        );
    }

    #[test]
    fn the_id_depends_only_on_the_paths() {
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
        let mut builder = ProjectionBuilder::new(["mdn"]);
        for name in &names {
            builder.add([PathStep::Key(name)]);
        }
        let projection = builder.finish();
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
