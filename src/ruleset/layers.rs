//! The rules of a rule set in order: the base, which was compiled as a whole, and an overlay of the rules
//! changed since. Selects the rules that can accept an event from both.

use std::cmp::Reverse;
use std::sync::Arc;

use super::select::{Candidate, SelectScratch, select};
use crate::collections::bitset::BitSet;
use crate::collections::map::Table;
use crate::eval::scope::Scope;
use crate::hir::{EventType, On, Rule, RuleId, RuleSet, TypeId};
use crate::index::{Cost, Index, SlotMap};
use crate::json::projection::Projection;
use crate::text::span::saturating_u32;
use crate::time::Timestamp;

use super::Rules;

/// The position of a rule in the sources: at a rule of the base, or inserted after one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order {
    /// The number of rules of the base up to here, including the one at this position.
    pub(crate) base: u32,
    pub(crate) source: u32,
    /// The number, from 1, of the insertion there; 0 for a rule of the base.
    pub(crate) ordinal: u32,
}

impl Order {
    pub(crate) const fn of_base(id: RuleId) -> Self {
        Self {
            base: id.0.saturating_add(1),
            source: 0,
            ordinal: 0,
        }
    }
}

/// A rule that was compiled after the base.
#[derive(Clone, Debug)]
struct AddedRule {
    rule: Arc<Rule>,
    order: Order,
}

/// The changes to the base.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlay {
    /// Rules that were removed, from the base or from `added`.
    removed: BitSet,
    /// Rules added to the base. Their ids continue those of the base.
    added: Vec<AddedRule>,
    names: Table<Arc<str>, Option<RuleId>>,
    /// Indexes of the added rules, from the largest to the smallest.
    layers: Vec<(Arc<IndexLayer>, Arc<SlotMap>)>,
    removed_count: usize,
}

/// An index of some added rules. Its types and rules have ids of their own.
#[derive(Debug)]
struct IndexLayer {
    set: RuleSet,
    index: Index,
    /// The id of each rule in the whole rule set, by its id in the layer.
    ids: Vec<RuleId>,
}

/// The least ratio between the sizes of successive layers. A larger ratio means fewer layers to query for
/// each event, and more rules to index again for each change.
const LAYER_RATIO: usize = 16;

impl Overlay {
    pub(crate) const fn is_empty(&self) -> bool {
        self.removed_count == 0 && self.added.is_empty()
    }

    /// Returns the number of changes: rules added and rules removed.
    pub(crate) const fn len(&self) -> usize {
        self.added.len().saturating_add(self.removed_count)
    }
}

impl IndexLayer {
    /// Indexes rules that are in source order.
    fn new(rules: &[(RuleId, Arc<Rule>)], types: &[EventType]) -> Self {
        let mut own_ids: Table<TypeId, TypeId> = Table::new();
        let mut own_types = Vec::new();
        let mut own_rules = Vec::with_capacity(rules.len());
        for (_, rule) in rules {
            let on = match &rule.on {
                On::All => On::All,
                On::Types(ids) => {
                    let own = ids.iter().map(|id| {
                        *own_ids.or_insert_with(*id, || {
                            let name = types.get(id.0 as usize).map(|ty| ty.name.clone());
                            own_types.push(EventType {
                                name: name.unwrap_or_default(),
                                declaration: None,
                            });
                            TypeId(saturating_u32(own_types.len().saturating_sub(1)))
                        })
                    });
                    On::Types(own.collect())
                }
            };
            own_rules.push(Arc::new(Rule {
                name: Arc::clone(&rule.name),
                description: None,
                own_id: None,
                on,
                active: rule.active,
                priority: rule.priority,
                when: rule.when.clone(),
                requirements: Box::default(),
                is_final: rule.is_final,
                actions: Box::default(),
            }));
        }
        let set = RuleSet {
            company: None,
            types: Arc::new(own_types),
            rules: Arc::new(own_rules),
            tests: Arc::default(),
        };
        Self {
            index: Index::build(&set),
            set,
            ids: rules.iter().map(|(id, _)| *id).collect(),
        }
    }

    fn id(&self, own: RuleId) -> Option<RuleId> {
        self.ids.get(own.0 as usize).copied()
    }
}

impl Rules {
    fn layers(&self) -> impl Iterator<Item = &IndexLayer> {
        self.overlay.layers.iter().map(|(layer, _)| &**layer)
    }

    fn base_count(&self) -> usize {
        self.set.rules.len()
    }

    /// Returns the number of rules.
    pub(crate) fn count(&self) -> usize {
        let all = self.base_count().saturating_add(self.overlay.added.len());
        all.saturating_sub(self.overlay.removed_count)
    }

    pub(crate) fn rule(&self, id: RuleId) -> Option<&Arc<Rule>> {
        let at = id.0 as usize;
        self.set.rules.get(at).or_else(|| {
            let at = at.checked_sub(self.base_count())?;
            self.overlay.added.get(at).map(|added| &added.rule)
        })
    }

    /// Returns the name of a rule. Cheaper than looking up the rule.
    #[inline]
    pub(crate) fn name(&self, id: RuleId) -> Option<&str> {
        let name = self.names.get(id.0 as usize);
        let name = name.or_else(|| self.rule(id).map(|rule| &rule.name));
        name.map(|name| &**name)
    }

    fn exists(&self, id: RuleId) -> bool {
        !self.overlay.removed.contains(id.0)
    }

    pub(crate) fn order(&self, id: RuleId) -> Order {
        let added = (id.0 as usize).checked_sub(self.base_count());
        let added = added.and_then(|at| self.overlay.added.get(at));
        added.map_or(Order::of_base(id), |added| added.order)
    }

    /// Returns the rule with this name.
    pub(crate) fn named(&self, name: &str) -> Option<RuleId> {
        match self.overlay.names.value(name) {
            Some(changed) => *changed,
            None => self.ids.value(name).copied(),
        }
    }

    /// Returns the rule, or the one that has its name now if it was removed.
    pub(crate) fn current(&self, id: RuleId) -> Option<RuleId> {
        match self.exists(id) {
            true => Some(id),
            false => self.named(&self.rule(id)?.name),
        }
    }

    /// Returns the rules in source order.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (RuleId, &Arc<Rule>)> {
        let overlay = &self.overlay;
        let added = (saturating_u32(self.base_count())..)
            .map(RuleId)
            .zip(&overlay.added);
        let mut added: Vec<_> = added.filter(|(id, _)| self.exists(*id)).collect();
        added.sort_unstable_by_key(|(_, added)| added.order);
        let mut added = added.into_iter().peekable();
        let base = (0_u32..).map(RuleId).zip(self.set.rules.iter());
        let mut base = base.filter(|(id, _)| self.exists(*id)).peekable();
        std::iter::from_fn(move || {
            let next = base.peek().map(|(id, _)| Order::of_base(*id));
            let is_added = added
                .peek()
                .is_some_and(|(_, added)| next.is_none_or(|next| added.order < next));
            match is_added {
                true => added.next().map(|(id, added)| (id, &added.rule)),
                false => base.next(),
            }
        })
    }

    /// Returns whether the type is declared or a rule names it.
    pub(crate) fn knows_type(&self, folded_type: &str) -> bool {
        if self.overlay.is_empty() {
            return self.index.type_of(folded_type).is_some();
        }
        let in_layer = |layer: &IndexLayer| {
            let own = layer.index.type_of(folded_type);
            own.is_some_and(|own| {
                let rules = layer.index.own(own).iter();
                rules
                    .filter_map(|id| layer.id(*id))
                    .any(|id| self.exists(id))
            })
        };
        let in_base = self.index.type_of(folded_type).is_some_and(|ty| {
            let declared = self.set.types.get(ty.0 as usize);
            declared.is_some_and(|ty| ty.declaration.is_some())
                || self.index.own(ty).iter().any(|id| self.exists(*id))
        });
        in_base || self.layers().any(in_layer)
    }

    /// Returns the declared types in source order, then the other types that rules name, sorted.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        let (declared, mut named): (Vec<_>, Vec<_>) = self
            .set
            .types
            .iter()
            .partition(|ty| ty.declaration.is_some());
        named.retain(|ty| self.overlay.is_empty() || self.knows_type(&ty.name));
        named.sort_unstable_by_key(|ty| &*ty.name);
        declared.into_iter().chain(named).map(|ty| &*ty.name)
    }

    /// Returns the rules that listen to a type, in routing order.
    pub(crate) fn candidates(&self, folded_type: &str) -> Vec<RuleId> {
        let ty = self.index.type_of(folded_type);
        let mut all: Vec<RuleId> = self.index.candidates(ty).collect();
        if self.overlay.is_empty() {
            return all;
        }
        for layer in self.layers() {
            let ty = layer.index.type_of(folded_type);
            all.extend(layer.index.candidates(ty).filter_map(|own| layer.id(own)));
        }
        all.retain(|id| self.exists(*id));
        all.sort_by_key(|id| self.rank(*id));
        all
    }

    fn rank(&self, id: RuleId) -> (Reverse<i64>, Order) {
        let priority = self.rule(id).map_or(0, |rule| rule.priority);
        (Reverse(priority), self.order(id))
    }

    /// Returns whether any rule listens to the type at this time.
    pub(crate) fn listens(&self, folded_type: &str, now: Timestamp) -> bool {
        let ty = self.index.type_of(folded_type);
        let in_base = self.index.listens(ty, now);
        if self.overlay.is_empty() {
            return in_base;
        }
        let holds = |id: RuleId| {
            self.exists(id) && self.rule(id).is_some_and(|rule| rule.active.holds(now))
        };
        // The index merges the windows of a type, and cannot exclude removed rules from them. The first
        // rule nearly always decides.
        let listens = |layer: &IndexLayer| {
            let ty = layer.index.type_of(folded_type);
            let mut all = layer.index.candidates(ty).filter_map(|own| layer.id(own));
            layer.index.listens(ty, now) && all.any(holds)
        };
        (in_base && self.index.candidates(ty).any(holds)) || self.layers().any(listens)
    }

    /// Returns the rules that can accept the event, in routing order.
    pub(crate) fn select<'s>(
        &self,
        scope: &Scope<'_>,
        selection: &'s mut SelectScratch,
    ) -> &'s [Candidate] {
        if self.overlay.is_empty() {
            return select(&self.set, &self.index, &self.slots, scope, selection);
        }
        let mut merged = selection.take_merged();
        let base = select(&self.set, &self.index, &self.slots, scope, selection).iter();
        merged.extend(base.filter(|found| self.exists(found.rule)));
        let mut is_mixed = false;
        for (layer, slots) in &self.overlay.layers {
            let before = merged.len();
            let found = select(&layer.set, &layer.index, slots, scope, selection).iter();
            let found = found.filter_map(|found| Some(found.with_rule(layer.id(found.rule)?)));
            merged.extend(found.filter(|found| self.exists(found.rule)));
            is_mixed |= 0 < before && before < merged.len();
        }
        if is_mixed {
            // Each part is sorted, which makes this sort fast.
            merged.sort_by_key(|found| self.rank(found.rule));
        }
        selection.set_merged(merged)
    }

    /// Returns the cost of the rules.
    pub(crate) fn cost(&self) -> Cost {
        let layers = self.layers().map(|layer| layer.index.cost());
        self.index.cost().with(layers, self.count())
    }

    /// Removes a rule.
    pub(crate) fn remove(&mut self, id: RuleId) {
        if let (true, Some(rule)) = (self.exists(id), self.rule(id)) {
            let name = Arc::clone(&rule.name);
            self.overlay.removed.insert(id.0);
            self.overlay.removed_count = self.overlay.removed_count.saturating_add(1);
            self.overlay.names.insert(name, None);
        }
    }

    /// Adds rules at positions that are free.
    pub(crate) fn add(&mut self, rules: Vec<(Rule, Order)>) {
        if rules.is_empty() {
            return;
        }
        let mut fresh = Vec::with_capacity(rules.len());
        for (rule, order) in rules {
            let all = self.base_count().saturating_add(self.overlay.added.len());
            let id = RuleId(saturating_u32(all));
            let rule = Arc::new(rule);
            let name = Arc::clone(&rule.name);
            self.overlay.names.insert(name, Some(id));
            self.overlay.added.push(AddedRule { rule, order });
            fresh.push(id);
        }
        while let Some((layer, _)) = self.overlay.layers.last()
            && layer.ids.len() < fresh.len().saturating_mul(LAYER_RATIO)
        {
            fresh.extend(&layer.ids);
            self.overlay.layers.pop();
        }
        fresh.retain(|id| self.exists(*id));
        fresh.sort_unstable_by_key(|id| self.order(*id));
        let rules = fresh
            .iter()
            .filter_map(|id| Some((*id, Arc::clone(self.rule(*id)?))));
        let rules: Vec<_> = rules.collect();
        let layer = IndexLayer::new(&rules, &self.set.types);
        let slots = layer.index.path_trie().slot_map(&self.projection);
        self.overlay.layers.push((Arc::new(layer), Arc::new(slots)));
    }

    /// Replaces the projection used to read events.
    pub(crate) fn set_projection(&mut self, projection: Projection) {
        self.slots = Arc::new(self.index.path_trie().slot_map(&projection));
        for (layer, slots) in &mut self.overlay.layers {
            *slots = Arc::new(layer.index.path_trie().slot_map(&projection));
        }
        self.projection = Arc::new(projection);
    }
}
