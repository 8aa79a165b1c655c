//! Which rules there are, in which order, and which of them may take an event: the rules that were
//! compiled together, and layers of those that were changed since. Compiles no rule and reads no text.

use std::cmp::Reverse;
use std::sync::Arc;

use super::select::{Candidate, Selection, select};
use crate::collections::bitset::BitSet;
use crate::collections::map::Table;
use crate::eval::scope::Scope;
use crate::hir::{EventType, On, Rule, RuleId, RuleSet, TypeId};
use crate::index::{Cost, Index, SlotMap};
use crate::json::projection::Projection;
use crate::text::span::clamp;
use crate::time::Timestamp;

use super::Rules;

/// A rule's place in the texts: that of a rule of the base, or behind one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order {
    /// How many rules of the base stand up to here, this one among them.
    pub(crate) base: u32,
    pub(crate) source: u32,
    /// 0 at the place of a rule of the base.
    pub(crate) behind: u32,
}

impl Order {
    pub(crate) const fn of_base(id: RuleId) -> Self {
        Self {
            base: id.0.saturating_add(1),
            source: 0,
            behind: 0,
        }
    }
}

/// A rule that was compiled after the base.
#[derive(Clone, Debug)]
struct Added {
    rule: Arc<Rule>,
    order: Order,
}

/// What is not as in the base.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// Rules that are no more, of the base and of those added.
    dead: BitSet,
    /// Their ids go on from those of the base.
    added: Vec<Added>,
    names: Table<Arc<str>, Option<RuleId>>,
    /// Of those added the ones that are, the larger layers first.
    layers: Vec<(Arc<Layer>, Arc<SlotMap>)>,
    gone: usize,
}

/// An index of its own for some rules. Its types and rules are numbered anew.
#[derive(Debug)]
struct Layer {
    set: RuleSet,
    index: Index,
    /// By the layer's own id.
    ids: Vec<RuleId>,
}

/// How many times as large a layer is as the one above it: the more, the fewer layers an event is put
/// to, and the more is indexed anew for a change.
const STEP: usize = 16;

impl Changes {
    pub(crate) const fn is_empty(&self) -> bool {
        self.gone == 0 && self.added.is_empty()
    }

    /// How many rules were put or taken away.
    pub(crate) const fn len(&self) -> usize {
        self.added.len().saturating_add(self.gone)
    }
}

impl Layer {
    /// From rules in the order of the texts.
    fn new(rules: &[(RuleId, Arc<Rule>)], types: &[EventType]) -> Self {
        let mut known: Table<TypeId, TypeId> = Table::new();
        let mut own_types = Vec::new();
        let mut own_rules = Vec::with_capacity(rules.len());
        for (_, rule) in rules {
            let on = match &rule.on {
                On::All => On::All,
                On::Types(ids) => {
                    let own = ids.iter().map(|id| {
                        *known.or_insert_with(*id, || {
                            let name = types.get(id.0 as usize).map(|ty| ty.name.clone());
                            own_types.push(EventType {
                                name: name.unwrap_or_default(),
                                declaration: None,
                            });
                            TypeId(clamp(own_types.len().saturating_sub(1)))
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
    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.changes.layers.iter().map(|(layer, _)| &**layer)
    }

    fn in_base(&self) -> usize {
        self.set.rules.len()
    }

    /// How many rules there are.
    pub(crate) fn count(&self) -> usize {
        let all = self.in_base().saturating_add(self.changes.added.len());
        all.saturating_sub(self.changes.gone)
    }

    pub(crate) fn rule(&self, id: RuleId) -> Option<&Arc<Rule>> {
        let at = id.0 as usize;
        self.set.rules.get(at).or_else(|| {
            let at = at.checked_sub(self.in_base())?;
            self.changes.added.get(at).map(|added| &added.rule)
        })
    }

    /// The name of a rule, for less than the rule itself.
    #[inline]
    pub(crate) fn name(&self, id: RuleId) -> Option<&str> {
        let name = self.names.get(id.0 as usize);
        let name = name.or_else(|| self.rule(id).map(|rule| &rule.name));
        name.map(|name| &**name)
    }

    fn is_alive(&self, id: RuleId) -> bool {
        !self.changes.dead.contains(id.0)
    }

    pub(crate) fn order(&self, id: RuleId) -> Order {
        let added = (id.0 as usize).checked_sub(self.in_base());
        let added = added.and_then(|at| self.changes.added.get(at));
        added.map_or(Order::of_base(id), |added| added.order)
    }

    /// The rule of that name.
    pub(crate) fn named(&self, name: &str) -> Option<RuleId> {
        match self.changes.names.value(name) {
            Some(changed) => *changed,
            None => self.ids.value(name).copied(),
        }
    }

    /// The rule that is called now as that one was, or is.
    pub(crate) fn current(&self, id: RuleId) -> Option<RuleId> {
        match self.is_alive(id) {
            true => Some(id),
            false => self.named(&self.rule(id)?.name),
        }
    }

    /// The rules in the order of the texts.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (RuleId, &Arc<Rule>)> {
        let changes = &self.changes;
        let added = (clamp(self.in_base())..).map(RuleId).zip(&changes.added);
        let mut added: Vec<_> = added.filter(|(id, _)| self.is_alive(*id)).collect();
        added.sort_unstable_by_key(|(_, added)| added.order);
        let mut added = added.into_iter().peekable();
        let base = (0_u32..).map(RuleId).zip(self.set.rules.iter());
        let mut base = base.filter(|(id, _)| self.is_alive(*id)).peekable();
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

    /// Whether the type is declared or a rule names it.
    pub(crate) fn knows(&self, folded_type: &str) -> bool {
        if self.changes.is_empty() {
            return self.index.type_of(folded_type).is_some();
        }
        let in_layer = |layer: &Layer| {
            let own = layer.index.type_of(folded_type);
            own.is_some_and(|own| {
                let rules = layer.index.own(own).iter();
                rules
                    .filter_map(|id| layer.id(*id))
                    .any(|id| self.is_alive(id))
            })
        };
        let in_base = self.index.type_of(folded_type).is_some_and(|ty| {
            let declared = self.set.types.get(ty.0 as usize);
            declared.is_some_and(|ty| ty.declaration.is_some())
                || self.index.own(ty).iter().any(|id| self.is_alive(*id))
        });
        in_base || self.layers().any(in_layer)
    }

    /// The types that are declared, as they come, then those that rules name, by name.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        let (declared, mut named): (Vec<_>, Vec<_>) = self
            .set
            .types
            .iter()
            .partition(|ty| ty.declaration.is_some());
        named.retain(|ty| self.changes.is_empty() || self.knows(&ty.name));
        named.sort_unstable_by_key(|ty| &*ty.name);
        declared.into_iter().chain(named).map(|ty| &*ty.name)
    }

    /// The rules that listen to a type, in the order in which they are considered.
    pub(crate) fn candidates(&self, folded_type: &str) -> Vec<RuleId> {
        let ty = self.index.type_of(folded_type);
        let mut all: Vec<RuleId> = self.index.candidates(ty).collect();
        if self.changes.is_empty() {
            return all;
        }
        for layer in self.layers() {
            let ty = layer.index.type_of(folded_type);
            all.extend(layer.index.candidates(ty).filter_map(|own| layer.id(own)));
        }
        all.retain(|id| self.is_alive(*id));
        all.sort_by_key(|id| self.rank(*id));
        all
    }

    fn rank(&self, id: RuleId) -> (Reverse<i64>, Order) {
        let priority = self.rule(id).map_or(0, |rule| rule.priority);
        (Reverse(priority), self.order(id))
    }

    /// Whether any rule listens to the type at that moment.
    pub(crate) fn listens(&self, folded_type: &str, now: Timestamp) -> bool {
        let ty = self.index.type_of(folded_type);
        let in_base = self.index.listens(ty, now);
        if self.changes.is_empty() {
            return in_base;
        }
        let holds = |id: RuleId| {
            self.is_alive(id) && self.rule(id).is_some_and(|rule| rule.active.holds(now))
        };
        // The windows of a type are merged: who was taken away cannot be told from them. Nearly always
        // the first rule looked at decides.
        let listens = |layer: &Layer| {
            let ty = layer.index.type_of(folded_type);
            let mut all = layer.index.candidates(ty).filter_map(|own| layer.id(own));
            layer.index.listens(ty, now) && all.any(holds)
        };
        (in_base && self.index.candidates(ty).any(holds)) || self.layers().any(listens)
    }

    /// The rules that may take the event, in the order in which they are considered.
    pub(crate) fn select<'s>(
        &self,
        scope: &Scope<'_>,
        selection: &'s mut Selection,
    ) -> &'s [Candidate] {
        if self.changes.is_empty() {
            return select(&self.set, &self.index, &self.slots, scope, selection);
        }
        let mut merged = selection.take_merged();
        let base = select(&self.set, &self.index, &self.slots, scope, selection).iter();
        merged.extend(base.filter(|found| self.is_alive(found.rule)));
        let mut is_mixed = false;
        for (layer, slots) in &self.changes.layers {
            let before = merged.len();
            let found = select(&layer.set, &layer.index, slots, scope, selection).iter();
            let found = found.filter_map(|found| Some(found.of(layer.id(found.rule)?)));
            merged.extend(found.filter(|found| self.is_alive(found.rule)));
            is_mixed |= 0 < before && before < merged.len();
        }
        if is_mixed {
            // Each part is in order, which this sort makes use of.
            merged.sort_by_key(|found| self.rank(found.rule));
        }
        selection.merged(merged)
    }

    /// What the rules cost.
    pub(crate) fn cost(&self) -> Cost {
        let layers = self.layers().map(|layer| layer.index.cost());
        self.index.cost().with(layers, self.count())
    }

    /// Takes a rule away.
    pub(crate) fn remove(&mut self, id: RuleId) {
        if let (true, Some(rule)) = (self.is_alive(id), self.rule(id)) {
            let name = Arc::clone(&rule.name);
            self.changes.dead.insert(id.0);
            self.changes.gone = self.changes.gone.saturating_add(1);
            self.changes.names.insert(name, None);
        }
    }

    /// Adds rules at their places, which are free.
    pub(crate) fn add(&mut self, rules: Vec<(Rule, Order)>) {
        if rules.is_empty() {
            return;
        }
        let mut fresh = Vec::with_capacity(rules.len());
        for (rule, order) in rules {
            let all = self.in_base().saturating_add(self.changes.added.len());
            let id = RuleId(clamp(all));
            let rule = Arc::new(rule);
            let name = Arc::clone(&rule.name);
            self.changes.names.insert(name, Some(id));
            self.changes.added.push(Added { rule, order });
            fresh.push(id);
        }
        while let Some((layer, _)) = self.changes.layers.last()
            && layer.ids.len() < fresh.len().saturating_mul(STEP)
        {
            fresh.extend(&layer.ids);
            self.changes.layers.pop();
        }
        fresh.retain(|id| self.is_alive(*id));
        fresh.sort_unstable_by_key(|id| self.order(*id));
        let rules = fresh
            .iter()
            .filter_map(|id| Some((*id, Arc::clone(self.rule(*id)?))));
        let rules: Vec<_> = rules.collect();
        let layer = Layer::new(&rules, &self.set.types);
        let slots = layer.index.path_trie().slot_map(&self.projection);
        self.changes.layers.push((Arc::new(layer), Arc::new(slots)));
    }

    /// Has events read for these uses.
    pub(crate) fn read_for(&mut self, projection: Projection) {
        self.slots = Arc::new(self.index.path_trie().slot_map(&projection));
        for (layer, slots) in &mut self.changes.layers {
            *slots = Arc::new(layer.index.path_trie().slot_map(&projection));
        }
        self.projection = Arc::new(projection);
    }
}
