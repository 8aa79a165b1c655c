//! Expands the includes of templates: finds cycles and checks depth and total size.

use super::compile::{Facts, Include};
use crate::collections::map::Table;
use crate::hir::TemplateId;
use crate::limits::Limits;

/// The properties of a template with everything it includes.
#[derive(Clone, Debug, Default)]
pub(super) struct Expanded {
    /// The maximum number of blocks and includes open at once.
    pub(super) depth: usize,
    /// The number of tags; an included template counts once per include.
    pub(super) tags: usize,
    pub(super) facts: Facts,
    /// The template can be run: it is in no cycle and exceeds no limit.
    pub(super) is_valid: bool,
}

/// The reason why a template cannot be included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IncludeError {
    /// The last template of the list includes the first.
    Cycle(Vec<TemplateId>),
    TooDeep,
    TooLarge,
}

/// A template as a node of the include graph.
#[derive(Clone, Copy, Debug)]
pub(super) struct IncludeNode<'a> {
    pub(super) includes: &'a [Include],
    /// The maximum number of blocks open at once.
    pub(super) depth: usize,
    pub(super) tags: usize,
    pub(super) facts: &'a Facts,
    /// The template itself has no errors.
    pub(super) is_valid: bool,
}

/// The maximum number of templates that the message about a cycle lists.
pub(super) const MAX_CYCLE_NAMES: usize = 32;

/// The maximum number of tags after expansion, as a multiple of the limit for one template.
const MAX_EXPANSION: usize = 16;

/// Expands every declared template, dependencies first. Calls `report` for each error, with the template
/// and the index of the include.
pub(super) fn expand_all(
    nodes: &[(TemplateId, IncludeNode<'_>)],
    limits: &Limits,
    report: &mut impl FnMut(TemplateId, usize, IncludeError),
) -> Table<TemplateId, Expanded> {
    let mut places: Table<TemplateId, usize> = Table::new();
    for (at, (id, _)) in nodes.iter().enumerate() {
        places.insert(*id, at);
    }
    let mut done: Table<TemplateId, Expanded> = Table::new();
    let mut broken: Table<TemplateId, ()> = Table::new();
    for (root, _) in nodes {
        // An explicit stack: the depth of includes is not limited yet.
        let mut stack: Vec<(TemplateId, usize)> = vec![(*root, 0)];
        let mut on_stack: Table<TemplateId, usize> = Table::new();
        on_stack.insert(*root, 0);
        while let Some((id, next)) = stack.last().copied() {
            let node = places.value(&id).and_then(|at| nodes.get(*at));
            let Some((_, node)) = node.filter(|_| !done.contains(&id)) else {
                stack.pop();
                on_stack.remove(&id);
                continue;
            };
            if let Some(include) = node.includes.get(next) {
                if let Some(last) = stack.last_mut() {
                    last.1 = next.saturating_add(1);
                }
                if let Some(at) = on_stack.value(&include.id) {
                    let cycle = stack.iter().skip(*at).map(|(id, _)| *id);
                    let cycle = cycle.take(MAX_CYCLE_NAMES.saturating_add(1)).collect();
                    report(id, next, IncludeError::Cycle(cycle));
                    broken.insert(id, ());
                } else if !done.contains(&include.id) {
                    on_stack.insert(include.id, stack.len());
                    stack.push((include.id, 0));
                }
                continue;
            }
            let mut expanded = expand(*node, &done, limits, &mut |at, trouble| {
                report(id, at, trouble);
            });
            expanded.is_valid &= !broken.contains(&id);
            done.insert(id, expanded);
            stack.pop();
            on_stack.remove(&id);
        }
    }
    done
}

/// Expands a template whose includes are all expanded.
pub(super) fn expand(
    node: IncludeNode<'_>,
    done: &Table<TemplateId, Expanded>,
    limits: &Limits,
    report: &mut impl FnMut(usize, IncludeError),
) -> Expanded {
    let mut expanded = Expanded {
        depth: node.depth,
        tags: node.tags,
        facts: node.facts.clone(),
        is_valid: node.is_valid,
    };
    let most = limits.template_tags.saturating_mul(MAX_EXPANSION);
    for (at, include) in node.includes.iter().enumerate() {
        let Some(part) = done.value(&include.id) else {
            expanded.is_valid = false;
            continue;
        };
        expanded.is_valid &= part.is_valid;
        if !expanded.is_valid {
            continue;
        }
        let depth = include.blocks.saturating_add(1).saturating_add(part.depth);
        let tags = expanded.tags.saturating_add(part.tags);
        if depth > limits.block_depth {
            report(at, IncludeError::TooDeep);
            expanded.is_valid = false;
        } else if tags > most {
            report(at, IncludeError::TooLarge);
            expanded.is_valid = false;
        } else {
            expanded.depth = expanded.depth.max(depth);
            expanded.tags = tags;
            add(&mut expanded.facts, &part.facts);
        }
    }
    expanded
}

/// Merges the facts of an included template.
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
