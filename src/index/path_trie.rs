//! The tree of the paths that rules read. An event is walked along it once, instead of following
//! each path.

use crate::collections::map::Map;
use crate::event::path::Root;
use crate::json::document::{JsonKind, Value};
use crate::json::path::Segment;
use crate::json::projection::{EVENT, Projection, ProjectionId, Selection};
use crate::text::span::saturating_u32;

use super::key_hash::FixedState;
use super::source::{ValueSourceId, ValueSources, path};

/// A node with more keys than this has a hash table.
const MAX_UNHASHED_KEYS: usize = 8;

/// Paths of event data, as a tree, with the sources at their ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathTrie {
    nodes: Vec<TrieNode>,
}

#[derive(Clone, Debug, Default)]
struct TrieNode {
    /// The object members on a path.
    keys: Vec<(Box<str>, u32)>,
    /// Indexes into `keys`, if there are many.
    table: Option<Map<Box<str>, usize, FixedState>>,
    /// The list elements on a path, sorted by index.
    elements: Vec<(u32, u32)>,
    ends: Vec<ValueSourceId>,
}

const ROOT: u32 = 0;

/// The tree by the member numbers of a projection: if an event was read with that projection, no
/// key has to be compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlotMap {
    /// The projection; `None` if its numbers do not identify the paths.
    projection_id: Option<ProjectionId>,
    /// Indexed by member number.
    slots: Vec<Slot>,
}

/// The end of a path that leads to one numbered member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    /// The first source that ends here, or [`NONE`].
    source: u32,
    /// The tree node if there are more sources or the path continues, else [`NONE`].
    node: u32,
    /// True if its own members are numbered, if it is an object.
    is_numbered: bool,
}

const NONE: u32 = u32::MAX;

const NO_SLOT: Slot = Slot {
    source: NONE,
    node: NONE,
    is_numbered: false,
};

impl PathTrie {
    pub(super) fn build(sources: &ValueSources) -> Self {
        let mut path_trie = Self {
            nodes: vec![TrieNode::default()],
        };
        for (id, operand) in sources.iter() {
            if let Some(path) = path(operand)
                && path.root == Root::EventData
            {
                path_trie.add(&path.segments, id);
            }
        }
        path_trie
    }

    fn add(&mut self, segments: &[Segment], source: ValueSourceId) {
        let mut at = ROOT;
        for segment in segments {
            let new = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            let Some(node) = self.nodes.get_mut(at as usize) else {
                return;
            };
            at = node.step_or_add(segment, new);
            if at == new {
                self.nodes.push(TrieNode::default());
            }
        }
        if let Some(node) = self.nodes.get_mut(at as usize) {
            node.ends.push(source);
        }
    }

    /// Calls `show` for each source whose path exists in the event, with its value. Recursion is
    /// limited by the length of paths.
    pub(crate) fn walk<'a>(
        &self,
        data: Value<'a>,
        show: &mut impl FnMut(ValueSourceId, Value<'a>),
    ) {
        self.visit(ROOT, data, show);
    }

    fn visit<'a>(
        &self,
        at: u32,
        value: Value<'a>,
        show: &mut impl FnMut(ValueSourceId, Value<'a>),
    ) {
        let Some(node) = self.nodes.get(at as usize) else {
            return;
        };
        for source in &node.ends {
            show(*source, value);
        }
        self.visit_inside(node, value, show);
    }

    fn visit_inside<'a>(
        &self,
        node: &TrieNode,
        value: Value<'a>,
        show: &mut impl FnMut(ValueSourceId, Value<'a>),
    ) {
        if !node.keys.is_empty() && value.is_object() {
            // Events of a type usually have their keys in the same order.
            let mut next = 0;
            for (key, member) in value.members() {
                if let Some(index) = node.index(&key.string().unwrap_or_default(), next)
                    && let Some((_, at)) = node.keys.get(index)
                {
                    next = index.saturating_add(1);
                    self.visit(*at, member, show);
                }
            }
        }
        if let Some((last, _)) = node.elements.last()
            && value.is_list()
        {
            let mut selected = node.elements.iter().peekable();
            for (index, element) in (0..=*last).zip(value.elements()) {
                if let Some((_, at)) = selected.next_if(|(selected, _)| *selected == index) {
                    self.visit(*at, element, show);
                }
            }
        }
    }

    /// Maps the member numbers of `projection` to the tree.
    pub(crate) fn slot_map(&self, projection: &Projection) -> SlotMap {
        let mut slots = SlotMap {
            projection_id: Some(projection.id()),
            slots: vec![NO_SLOT; projection.greatest_number().saturating_add(1)],
        };
        let data = match EVENT {
            Selection::Fields(node) => projection.member_by_name(node, "event_data").0,
            selection => selection,
        };
        if self
            .fill_slots(ROOT, data, projection, &mut slots)
            .is_none()
        {
            // An empty map: keys are compared instead.
            return SlotMap::default();
        }
        slots
    }

    /// Fills the slots below a node. Returns `None` if two nodes share a number or one has none.
    /// Recursion is limited by the length of paths.
    fn fill_slots(
        &self,
        at: u32,
        selection: Selection,
        projection: &Projection,
        slots: &mut SlotMap,
    ) -> Option<()> {
        let Selection::Fields(part) = selection else {
            return (at != ROOT).then_some(());
        };
        for (name, next) in &self.nodes.get(at as usize)?.keys {
            let (selection, number) = projection.member_by_name(part, name);
            let node = self.nodes.get(*next as usize)?;
            let slot = slots.slots.get_mut(number as usize)?;
            if number == 0 || *slot != NO_SLOT {
                return None;
            }
            let continues =
                node.ends.len() > 1 || !node.keys.is_empty() || !node.elements.is_empty();
            *slot = Slot {
                source: node.ends.first().map_or(NONE, |source| source.0),
                node: if continues { *next } else { NONE },
                is_numbered: matches!(selection, Selection::Fields(_)),
            };
            self.fill_slots(*next, selection, projection, slots)?;
        }
        Some(())
    }

    /// As [`PathTrie::walk`], for a document whose keys have the numbers of the slots.
    pub(crate) fn visit_numbered<'a>(
        &self,
        slots: &SlotMap,
        data: Value<'a>,
        show: &mut impl FnMut(ValueSourceId, Value<'a>),
    ) {
        for source in self.nodes.first().map_or(&[][..], |root| &root.ends) {
            show(*source, data);
        }
        let nodes = data.inside_nodes();
        let first = data.index().wrapping_add(1);
        let mut at = 0;
        // Keys and values alternate, even across the borders of nested objects.
        while let Some([key, value]) = nodes.get(at..).and_then(<[_]>::first_chunk) {
            let after = value.next.wrapping_sub(first) as usize;
            let index = first.wrapping_add(saturating_u32(at)).wrapping_add(1);
            let inside = at.wrapping_add(2);
            at = after.max(inside);
            let Some(slot) = slots.slots.get(key.count as usize) else {
                continue;
            };
            if slot.source != NONE {
                show(ValueSourceId(slot.source), data.at(index));
            }
            if slot.node != NONE
                && let Some(node) = self.nodes.get(slot.node as usize)
            {
                for source in node.ends.iter().skip(1) {
                    show(*source, data.at(index));
                }
                if slot.is_numbered && value.kind == JsonKind::Object {
                    at = inside;
                } else {
                    self.visit_inside(node, data.at(index), show);
                }
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let node = |node: &TrieNode| {
            let keys = node.keys.iter().map(|(key, _)| key.len());
            let each = size_of::<(Box<str>, u32)>().saturating_add(match &node.table {
                Some(_) => size_of::<(Box<str>, usize)>().saturating_mul(2),
                None => 0,
            });
            size_of::<TrieNode>()
                .saturating_add(keys.sum())
                .saturating_add(node.keys.len().saturating_mul(each))
                .saturating_add(size_of_val(&*node.elements))
                .saturating_add(size_of_val(&*node.ends))
        };
        self.nodes.iter().map(node).fold(0, usize::saturating_add)
    }
}

impl SlotMap {
    /// Returns the projection, `None` if no numbers are usable.
    pub(crate) const fn projection_id(&self) -> Option<ProjectionId> {
        self.projection_id
    }
}

impl TrieNode {
    /// Returns the index of a key; tries `next` first, its index if events and rules have the same
    /// order.
    fn index(&self, key: &str, next: usize) -> Option<usize> {
        if self.keys.get(next).is_some_and(|(name, _)| **name == *key) {
            return Some(next);
        }
        match &self.table {
            Some(table) => table.value(key).copied(),
            None => self.keys.iter().position(|(name, _)| **name == *key),
        }
    }

    /// Returns the child for a segment; adds `new` if there is none.
    fn step_or_add(&mut self, segment: &Segment, new: u32) -> u32 {
        match segment {
            Segment::Key(name) => {
                let known = self.index(name, 0).and_then(|index| self.keys.get(index));
                if let Some((_, at)) = known {
                    return *at;
                }
                if let Some(table) = &mut self.table {
                    table.insert(name.clone(), self.keys.len());
                }
                self.keys.push((name.clone(), new));
                if self.table.is_none() && self.keys.len() > MAX_UNHASHED_KEYS {
                    let mut table = Map::new();
                    for (index, (name, _)) in self.keys.iter().enumerate() {
                        table.insert(name.clone(), index);
                    }
                    self.table = Some(table);
                }
            }
            Segment::Index(index) => {
                match self
                    .elements
                    .binary_search_by_key(index, |(index, _)| *index)
                {
                    Ok(position) => return self.elements.get(position).map_or(new, |(_, at)| *at),
                    Err(position) => self.elements.insert(position, (*index, new)),
                }
            }
        }
        new
    }
}
