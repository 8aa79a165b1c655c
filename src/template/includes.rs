//! Which templates include which: cycles, depth, and how much there is with everything included. Knows
//! no op and no field.

use super::compile::{Facts, Include};
use crate::collections::map::Table;
use crate::hir::TemplateId;
use crate::limits::Limits;

/// What is known of a template together with all that it includes.
#[derive(Clone, Debug, Default)]
pub(super) struct Whole {
    /// Blocks and inclusions open at once at its deepest point.
    pub(super) depth: usize,
    /// Tags, those of included templates counted each time.
    pub(super) tags: usize,
    pub(super) facts: Facts,
    /// Whether it can be run: no cycle below it, no limit passed.
    pub(super) sound: bool,
}

/// Something wrong with an inclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The template at the end of the list includes the one at its beginning.
    Cycle(Vec<TemplateId>),
    TooDeep,
    TooLarge,
}

/// A template as far as its inclusions go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    pub(super) includes: &'a [Include],
    /// Blocks open at once.
    pub(super) depth: usize,
    pub(super) tags: usize,
    pub(super) facts: &'a Facts,
    /// Without a flaw of its own.
    pub(super) sound: bool,
}

/// Templates of one cycle that are named: many cycles may be long.
pub(super) const CYCLE: usize = 32;

/// How many times over the tags of one template may stand in one with everything included.
const TIMES: usize = 16;

/// Works out every template that is declared, those that others include first; tells of each trouble
/// with the template and the index of the inclusion.
pub(super) fn whole(
    nodes: &[(TemplateId, Node<'_>)],
    limits: &Limits,
    tell: &mut impl FnMut(TemplateId, usize, Trouble),
) -> Table<TemplateId, Whole> {
    let mut places: Table<TemplateId, usize> = Table::new();
    for (at, (id, _)) in nodes.iter().enumerate() {
        places.insert(*id, at);
    }
    let mut done: Table<TemplateId, Whole> = Table::new();
    let mut broken: Table<TemplateId, ()> = Table::new();
    for (root, _) in nodes {
        // A walk by hand: how deep templates include one another is up to their author.
        let mut way: Vec<(TemplateId, usize)> = vec![(*root, 0)];
        let mut on_way: Table<TemplateId, usize> = Table::new();
        on_way.insert(*root, 0);
        while let Some((id, next)) = way.last().copied() {
            let node = places.value(&id).and_then(|at| nodes.get(*at));
            let Some((_, node)) = node.filter(|_| !done.contains(&id)) else {
                way.pop();
                on_way.remove(&id);
                continue;
            };
            if let Some(include) = node.includes.get(next) {
                if let Some(last) = way.last_mut() {
                    last.1 = next.saturating_add(1);
                }
                if let Some(at) = on_way.value(&include.id) {
                    let cycle = way.iter().skip(*at).map(|(id, _)| *id);
                    let cycle = cycle.take(CYCLE.saturating_add(1)).collect();
                    tell(id, next, Trouble::Cycle(cycle));
                    broken.insert(id, ());
                } else if !done.contains(&include.id) {
                    on_way.insert(include.id, way.len());
                    way.push((include.id, 0));
                }
                continue;
            }
            let mut whole = join(*node, &done, limits, &mut |at, trouble| {
                tell(id, at, trouble);
            });
            whole.sound &= !broken.contains(&id);
            done.insert(id, whole);
            way.pop();
            on_way.remove(&id);
        }
    }
    done
}

/// A template with what it includes, of which everything is known.
pub(super) fn join(
    node: Node<'_>,
    done: &Table<TemplateId, Whole>,
    limits: &Limits,
    tell: &mut impl FnMut(usize, Trouble),
) -> Whole {
    let mut whole = Whole {
        depth: node.depth,
        tags: node.tags,
        facts: node.facts.clone(),
        sound: node.sound,
    };
    let most = limits.template_tags.saturating_mul(TIMES);
    for (at, include) in node.includes.iter().enumerate() {
        let Some(part) = done.value(&include.id) else {
            whole.sound = false;
            continue;
        };
        whole.sound &= part.sound;
        if !whole.sound {
            continue;
        }
        let depth = include.blocks.saturating_add(1).saturating_add(part.depth);
        let tags = whole.tags.saturating_add(part.tags);
        if depth > limits.block_depth {
            tell(at, Trouble::TooDeep);
            whole.sound = false;
        } else if tags > most {
            tell(at, Trouble::TooLarge);
            whole.sound = false;
        } else {
            whole.depth = whole.depth.max(depth);
            whole.tags = tags;
            add(&mut whole.facts, &part.facts);
        }
    }
    whole
}

/// Adds what an included template reads.
fn add(facts: &mut Facts, part: &Facts) {
    facts.person |= part.person;
    facts.carrier |= part.carrier;
    facts.now |= part.now;
    for pool in &part.pools {
        if !facts.pools.contains(pool) {
            facts.pools.push(pool.clone());
        }
    }
}
