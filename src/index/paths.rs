//! The tree of the paths that a scope looks up, for events in which following each would cost more than
//! walking them once. Looks nothing up itself.

use std::hash::{Hash, Hasher};

use crate::map::Map;
use crate::path::{Root, Segment};
use crate::value::Value;

use super::hash::{Fixed, Words, mix};
use super::probe::Probe;
use super::source::{Sources, path};

/// From how many probes on a tree is made.
pub(super) const MANY: usize = 16;

/// Paths of event data, as a tree, and the probes at their ends.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    nodes: Vec<Node>,
    /// By the hash of node and segment; where two share one, the second stands in `crowded`.
    steps: Map<u64, u32, Fixed>,
    crowded: Vec<(u32, Segment, u32)>,
    /// Probes that are not in the tree: of other roots.
    aside: Box<[u32]>,
    /// Probes in the tree that find rules where the path is missing.
    missed: Box<[u32]>,
}

#[derive(Clone, Debug)]
struct Node {
    parent: u32,
    segment: Segment,
    /// Of the list's elements, those from here on are on no path.
    elements: u32,
    /// Whether members of an object are on a path.
    has_keys: bool,
    ends: Vec<u32>,
}

const ROOT: u32 = 0;

impl Paths {
    pub(super) fn build(probes: &[Probe], sources: &Sources) -> Self {
        let root = Node {
            parent: ROOT,
            segment: Segment::Index(0),
            elements: 0,
            has_keys: false,
            ends: Vec::new(),
        };
        let mut paths = Self {
            nodes: vec![root],
            steps: Map::new(),
            crowded: Vec::new(),
            aside: Box::default(),
            missed: Box::default(),
        };
        let (mut aside, mut missed) = (Vec::new(), Vec::new());
        for (place, probe) in (0_u32..).zip(probes) {
            let operand = sources.operand(probe.source);
            match operand.and_then(path) {
                Some(path) if path.root == Root::EventData => {
                    paths.add(&path.segments, place);
                    if probe.finds_missing() {
                        missed.push(place);
                    }
                }
                _ => aside.push(place),
            }
        }
        paths.aside = aside.into();
        paths.missed = missed.into();
        paths
    }

    fn add(&mut self, segments: &[Segment], probe: u32) {
        let mut at = ROOT;
        for segment in segments {
            at = match self.step(at, segment) {
                Some(next) => next,
                None => self.grow(at, segment),
            };
        }
        if let Some(node) = self.nodes.get_mut(at as usize) {
            node.ends.push(probe);
        }
    }

    fn grow(&mut self, at: u32, segment: &Segment) -> u32 {
        let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node {
            parent: at,
            segment: segment.clone(),
            elements: 0,
            has_keys: false,
            ends: Vec::new(),
        });
        if let Some(node) = self.nodes.get_mut(at as usize) {
            match segment {
                Segment::Index(index) => {
                    node.elements = node.elements.max(index.saturating_add(1));
                }
                Segment::Key(_) => node.has_keys = true,
            }
        }
        let hash = hash_of(at, segment);
        if self.steps.contains(&hash) {
            self.crowded.push((at, segment.clone(), next));
        } else {
            self.steps.insert(hash, next);
        }
        next
    }

    fn step(&self, at: u32, segment: &Segment) -> Option<u32> {
        self.next(at, hash_of(at, segment), |known| known == segment)
    }

    fn next(&self, at: u32, hash: u64, is: impl Fn(&Segment) -> bool) -> Option<u32> {
        let next = *self.steps.value(&hash)?;
        let node = self.nodes.get(next as usize)?;
        if node.parent == at && is(&node.segment) {
            return Some(next);
        }
        let crowded = self.crowded.iter();
        let mut same = crowded.filter(|(from, segment, _)| *from == at && is(segment));
        same.next().map(|(_, _, next)| *next)
    }

    /// Shows each probe whose path is there, with the value at its end. Recurses as deep as paths are
    /// long, which is limited.
    pub(crate) fn walk<'a>(&self, data: Value<'a>, show: &mut impl FnMut(u32, Value<'a>)) {
        self.visit(ROOT, data, show);
    }

    fn visit<'a>(&self, at: u32, value: Value<'a>, show: &mut impl FnMut(u32, Value<'a>)) {
        let Some(node) = self.nodes.get(at as usize) else {
            return;
        };
        for probe in &node.ends {
            show(*probe, value);
        }
        if node.has_keys && value.is_object() {
            for (key, member) in value.members() {
                let key = key.string().unwrap_or_default();
                let is =
                    |segment: &Segment| matches!(segment, Segment::Key(name) if **name == *key);
                if let Some(next) = self.next(at, hash_of_key(at, &key), is) {
                    self.visit(next, member, show);
                }
            }
        }
        if node.elements > 0 && value.is_list() {
            for (index, element) in (0..node.elements).zip(value.elements()) {
                if let Some(next) = self.step(at, &Segment::Index(index)) {
                    self.visit(next, element, show);
                }
            }
        }
    }

    /// The probes that no walk shows.
    pub(crate) fn aside(&self) -> &[u32] {
        &self.aside
    }

    /// The probes that have to be looked up where a walk has not shown them.
    pub(crate) fn missed(&self) -> &[u32] {
        &self.missed
    }

    pub(super) fn bytes(&self) -> usize {
        let nodes = self.nodes.len();
        nodes.saturating_mul(size_of::<Node>().saturating_add(56))
    }
}

fn hash_of(at: u32, segment: &Segment) -> u64 {
    match segment {
        Segment::Key(name) => hash_of_key(at, name),
        Segment::Index(index) => mix(u64::from(at), u64::from(*index) << 8),
    }
}

fn hash_of_key(at: u32, name: &str) -> u64 {
    let mut words = Words::default();
    name.hash(&mut words);
    mix(u64::from(at), words.finish())
}
