//! The tree of the paths that rules read: an event is walked along it once, in place of following each
//! path. Looks no rule up.

use crate::map::Map;
use crate::path::{Root, Segment};
use crate::value::Value;

use super::hash::Fixed;
use super::source::{SourceId, Sources, path};

/// From how many keys on a node has a table of them.
const WIDE: usize = 8;

/// Paths of event data, as a tree, and the sources at their ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Members of an object that are on a path.
    keys: Vec<(Box<str>, u32)>,
    /// Places in `keys`, where they are many.
    table: Option<Map<Box<str>, usize, Fixed>>,
    /// Elements of a list that are on a path.
    elements: Vec<(u32, u32)>,
    ends: Vec<SourceId>,
}

const ROOT: u32 = 0;

impl Paths {
    pub(super) fn build(sources: &Sources) -> Self {
        let mut paths = Self {
            nodes: vec![Node::default()],
        };
        for (id, operand) in sources.iter() {
            if let Some(path) = path(operand)
                && path.root == Root::EventData
            {
                paths.add(&path.segments, id);
            }
        }
        paths
    }

    fn add(&mut self, segments: &[Segment], source: SourceId) {
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
    pub(crate) fn walk<'a>(&self, data: Value<'a>, show: &mut impl FnMut(SourceId, Value<'a>)) {
        self.visit(ROOT, data, show);
    }

    fn visit<'a>(&self, at: u32, value: Value<'a>, show: &mut impl FnMut(SourceId, Value<'a>)) {
        let Some(node) = self.nodes.get(at as usize) else {
            return;
        };
        for source in &node.ends {
            show(*source, value);
        }
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
