//! From an event's type to the rules that may take it, in order. Evaluates no condition: it may offer
//! too many rules, never too few.

use std::cmp::Reverse;

use crate::hir::{On, RuleId, RuleSet, TypeId};
use crate::map::Map;

/// The rules by the types they listen to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    types: Map<Box<str>, TypeId>,
    /// By type: its rules without those of `on *`, in order.
    by_type: Vec<Vec<RuleId>>,
    /// The rules of `on *`, in order.
    any: Vec<RuleId>,
    /// By rule: its place among all of them, by priority and then by place. A table of its own, so that
    /// no other entry changes when one priority does.
    rank: Vec<u32>,
}

impl Index {
    pub(crate) fn build(set: &RuleSet) -> Self {
        let mut order: Vec<(RuleId, &crate::hir::Rule)> = (0_u32..)
            .map(RuleId)
            .zip(set.rules.iter().map(|rule| &**rule))
            .collect();
        // Stable: of equal priorities the place in the rule set decides.
        order.sort_by_key(|(_, rule)| Reverse(rule.priority));
        let mut index = Self {
            types: Map::new(),
            by_type: vec![Vec::new(); set.types.len()],
            any: Vec::new(),
            rank: vec![0; set.rules.len()],
        };
        for (id, ty) in (0_u32..).map(TypeId).zip(&set.types) {
            index.types.insert(ty.name.clone(), id);
        }
        for (rank, (id, rule)) in (0_u32..).zip(order) {
            if let Some(place) = index.rank.get_mut(id.0 as usize) {
                *place = rank;
            }
            match &rule.on {
                On::All => index.any.push(id),
                On::Types(types) => {
                    for ty in types {
                        if let Some(rules) = index.by_type.get_mut(ty.0 as usize) {
                            rules.push(id);
                        }
                    }
                }
            }
        }
        index
    }

    /// The type of that name, in lower case, if it is declared or a rule names it.
    pub(crate) fn type_of(&self, folded: &str) -> Option<TypeId> {
        self.types.value(folded).copied()
    }

    /// The rules that listen to a type, those of `on *` among them, in the order in which they are
    /// considered.
    pub(crate) fn candidates(&self, ty: Option<TypeId>) -> Candidates<'_> {
        let own = ty
            .and_then(|ty| self.by_type.get(ty.0 as usize))
            .map_or(&[][..], Vec::as_slice);
        Candidates {
            rank: &self.rank,
            own,
            any: &self.any,
        }
    }
}

/// Two ordered lists, merged.
#[derive(Clone, Debug)]
pub(crate) struct Candidates<'a> {
    rank: &'a [u32],
    own: &'a [RuleId],
    any: &'a [RuleId],
}

impl Candidates<'_> {
    fn rank(&self, id: RuleId) -> u32 {
        self.rank.get(id.0 as usize).copied().unwrap_or(u32::MAX)
    }
}

impl Iterator for Candidates<'_> {
    type Item = RuleId;

    fn next(&mut self) -> Option<RuleId> {
        let own_first = match (self.own.first(), self.any.first()) {
            (Some(own), Some(any)) => self.rank(*own) < self.rank(*any),
            (own, _) => own.is_some(),
        };
        let list = if own_first {
            &mut self.own
        } else {
            &mut self.any
        };
        let (first, rest) = list.split_first()?;
        *list = rest;
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hir::{EventType, Rule, Window};
    use std::sync::Arc;

    fn rule(name: &str, on: On, priority: i64) -> Arc<Rule> {
        Arc::new(Rule {
            name: name.into(),
            description: None,
            id: name.into(),
            on,
            active: Window::default(),
            priority,
            when: None,
            requirements: Box::new([]),
            is_final: false,
            actions: Box::new([]),
        })
    }

    #[test]
    fn rules_come_by_priority_then_by_place() {
        let ty = |name: &str| EventType {
            name: name.into(),
            declaration: None,
        };
        let on = |types: &[u32]| On::Types(types.iter().copied().map(TypeId).collect());
        let set = RuleSet {
            company: None,
            types: vec![ty("a"), ty("b")],
            rules: vec![
                rule("r0", on(&[0]), 0),
                rule("r1", On::All, 5),
                rule("r2", on(&[0, 1]), 9),
                rule("r3", On::All, 0),
                rule("r4", on(&[0]), 5),
                rule("r5", on(&[1]), -1),
            ],
            tests: Vec::new(),
        };
        let index = Index::build(&set);
        let of = |ty: &str| -> Vec<u32> {
            index
                .candidates(index.type_of(ty))
                .map(|rule| rule.0)
                .collect()
        };
        assert_eq!(of("a"), [2, 1, 4, 0, 3]);
        assert_eq!(of("b"), [2, 1, 3, 5]);
        assert_eq!(of("c"), [1, 3]);
    }
}
