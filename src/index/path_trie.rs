//! The tree of the paths that rules read: an event is walked along it once, in place of following each
//! path. Looks no rule up.

use crate::collections::map::Map;
use crate::event::path::Root;
use crate::json::document::{JsonKind, Value};
use crate::json::path::Segment;
use crate::json::projection::{EVENT, Projection, ProjectionId, Selection};
use crate::text::span::saturating_u32;

use super::key_hash::FixedState;
use super::source::{Sources, ValueSourceId, path};

/// From how many keys on a node has a table of them.
const WIDE: usize = 8;

/// Paths of event data, as a tree, and the sources at their ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathTrie {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Members of an object that are on a path.
    keys: Vec<(Box<str>, u32)>,
    /// Places in `keys`, where they are many.
    table: Option<Map<Box<str>, usize, FixedState>>,
    /// Elements of a list that are on a path.
    elements: Vec<(u32, u32)>,
    ends: Vec<ValueSourceId>,
}

const ROOT: u32 = 0;

/// The same paths by the numbers that uses give to members: in events that were read by these uses, no
/// key has to be compared once more.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlotMap {
    /// Of the uses; `None` where their numbers do not tell the paths.
    projection_id: Option<ProjectionId>,
    /// By number.
    slots: Vec<Slot>,
}

/// What a member of one number leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    /// The first source there, or [`NONE`].
    source: u32,
    /// The node of the paths, where there are more sources or paths go on; else [`NONE`].
    node: u32,
    /// Whether what is inside has numbers, if it is an object.
    is_numbered: bool,
}

const NONE: u32 = u32::MAX;

const NOWHERE: Slot = Slot {
    source: NONE,
    node: NONE,
    is_numbered: false,
};

impl PathTrie {
    pub(super) fn build(sources: &Sources) -> Self {
        let mut path_trie = Self {
            nodes: vec![Node::default()],
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
                self.nodes.push(Node::default());
            }
        }
        if let Some(node) = self.nodes.get_mut(at as usize) {
            node.ends.push(source);
        }
    }

    /// Shows each source whose path is there, with the value at its end. Recurses as deep as paths are
    /// long, which is limited.
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
        node: &Node,
        value: Value<'a>,
        show: &mut impl FnMut(ValueSourceId, Value<'a>),
    ) {
        if !node.keys.is_empty() && value.is_object() {
            // Events of a type have their keys in one order most of the time.
            let mut next = 0;
            for (key, member) in value.members() {
                if let Some(place) = node.place(&key.string().unwrap_or_default(), next)
                    && let Some((_, at)) = node.keys.get(place)
                {
                    next = place.saturating_add(1);
                    self.visit(*at, member, show);
                }
            }
        }
        if let Some((last, _)) = node.elements.last()
            && value.is_list()
        {
            let mut wanted = node.elements.iter().peekable();
            for (index, element) in (0..=*last).zip(value.elements()) {
                if let Some((_, at)) = wanted.next_if(|(wanted, _)| *wanted == index) {
                    self.visit(*at, element, show);
                }
            }
        }
    }

    /// The ways by the numbers of `projection`.
    pub(crate) fn slot_map(&self, projection: &Projection) -> SlotMap {
        let mut slots = SlotMap {
            projection_id: Some(projection.id()),
            slots: vec![NOWHERE; projection.numbers().saturating_add(1)],
        };
        let data = match EVENT {
            Selection::Fields(node) => projection.member_called(node, "event_data").0,
            want => want,
        };
        if self.note(ROOT, data, projection, &mut slots).is_none() {
            // Keys are compared then.
            return SlotMap::default();
        }
        slots
    }

    /// Notes the ways from a node on. `None` where two nodes have one number, or one has none. Recurses
    /// as deep as paths are long, which is limited.
    fn note(
        &self,
        at: u32,
        want: Selection,
        projection: &Projection,
        slots: &mut SlotMap,
    ) -> Option<()> {
        let Selection::Fields(part) = want else {
            return (at != ROOT).then_some(());
        };
        for (name, next) in &self.nodes.get(at as usize)?.keys {
            let (want, number) = projection.member_called(part, name);
            let node = self.nodes.get(*next as usize)?;
            let way = slots.slots.get_mut(number as usize)?;
            if number == 0 || *way != NOWHERE {
                return None;
            }
            let is_more = node.ends.len() > 1 || !node.keys.is_empty() || !node.elements.is_empty();
            *way = Slot {
                source: node.ends.first().map_or(NONE, |source| source.0),
                node: if is_more { *next } else { NONE },
                is_numbered: matches!(want, Selection::Fields(_)),
            };
            self.note(*next, want, projection, slots)?;
        }
        Some(())
    }

    /// As [`PathTrie::walk`] in a value whose keys have the numbers of the ways.
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
        // Keys and values take turns, also where an object begins or ends.
        while let Some([key, value]) = nodes.get(at..).and_then(<[_]>::first_chunk) {
            let behind = value.next.wrapping_sub(first) as usize;
            let place = first.wrapping_add(saturating_u32(at)).wrapping_add(1);
            let inside = at.wrapping_add(2);
            at = behind.max(inside);
            let Some(way) = slots.slots.get(key.count as usize) else {
                continue;
            };
            if way.source != NONE {
                show(ValueSourceId(way.source), data.at(place));
            }
            if way.node != NONE
                && let Some(node) = self.nodes.get(way.node as usize)
            {
                for source in node.ends.iter().skip(1) {
                    show(*source, data.at(place));
                }
                if way.is_numbered && value.kind == JsonKind::Object {
                    at = inside;
                } else {
                    self.visit_inside(node, data.at(place), show);
                }
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let node = |node: &Node| {
            let keys = node.keys.iter().map(|(key, _)| key.len());
            let each = size_of::<(Box<str>, u32)>().saturating_add(match &node.table {
                Some(_) => size_of::<(Box<str>, usize)>().saturating_mul(2),
                None => 0,
            });
            size_of::<Node>()
                .saturating_add(keys.sum())
                .saturating_add(node.keys.len().saturating_mul(each))
                .saturating_add(size_of_val(&*node.elements))
                .saturating_add(size_of_val(&*node.ends))
        };
        self.nodes.iter().map(node).fold(0, usize::saturating_add)
    }
}

impl SlotMap {
    /// Of which uses; `None`: of none.
    pub(crate) const fn projection_id(&self) -> Option<ProjectionId> {
        self.projection_id
    }
}

impl Node {
    /// The place of a key; `next` is where it stands if events and rules have one order.
    fn place(&self, key: &str, next: usize) -> Option<usize> {
        if self.keys.get(next).is_some_and(|(name, _)| **name == *key) {
            return Some(next);
        }
        match &self.table {
            Some(table) => table.value(key).copied(),
            None => self.keys.iter().position(|(name, _)| **name == *key),
        }
    }

    /// The node behind a segment; `new` if there is none yet.
    fn step_or_add(&mut self, segment: &Segment, new: u32) -> u32 {
        match segment {
            Segment::Key(name) => {
                let known = self.place(name, 0).and_then(|place| self.keys.get(place));
                if let Some((_, at)) = known {
                    return *at;
                }
                if let Some(table) = &mut self.table {
                    table.insert(name.clone(), self.keys.len());
                }
                self.keys.push((name.clone(), new));
                if self.table.is_none() && self.keys.len() > WIDE {
                    let mut table = Map::new();
                    for (place, (name, _)) in self.keys.iter().enumerate() {
                        table.insert(name.clone(), place);
                    }
                    self.table = Some(table);
                }
            }
            Segment::Index(index) => {
                match self
                    .elements
                    .binary_search_by_key(index, |(index, _)| *index)
                {
                    Ok(place) => return self.elements.get(place).map_or(new, |(_, at)| *at),
                    Err(place) => self.elements.insert(place, (*index, new)),
                }
            }
        }
        new
    }
}
