//! Size and shape of an index, in numbers.

use std::fmt;

use crate::hir::RuleId;

use super::source::ValueSources;
use super::{Index, LookupPlan};

/// The cost of the rules of an engine, see [`Engine::cost`](crate::Engine::cost).
///
/// The numbers are collected while the engine is built, so reading them is free.
///
/// ```
/// let engine = pointsman::Engine::compile(r#"
///     company "zY5VnE7r"
///     rule metro  { on order when city == "Chicago" and total > 20 do crm.note {} }
///     rule austin { on order when city == "Austin" and total > 20 do crm.note {} }
///     rule all    { on order do crm.note {} }
/// "#)?;
/// let cost = engine.cost();
/// assert_eq!(cost.rules(), 3);
/// assert_eq!(cost.predicates(), 3, "`total > 20` is shared");
/// assert_eq!(cost.always(), 1, "`all` is considered for every order");
/// assert!(cost.bytes() > 0);
/// # Ok::<(), pointsman::Diagnostics>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub(super) rules: usize,
    pub(super) predicates: usize,
    pub(super) shared: usize,
    pub(super) sources: usize,
    pub(super) keys: usize,
    pub(super) unconditional: usize,
    pub(super) unkeyed: usize,
    pub(super) parts: Vec<(&'static str, usize)>,
}

impl Cost {
    /// Adds the cost of further indexes. `rules` is the number of rules in all.
    pub(crate) fn with<'a>(&self, others: impl Iterator<Item = &'a Self>, rules: usize) -> Self {
        let mut all = self.clone();
        all.rules = rules;
        for other in others {
            for (own, other) in [
                (&mut all.predicates, other.predicates),
                (&mut all.shared, other.shared),
                (&mut all.sources, other.sources),
                (&mut all.keys, other.keys),
                (&mut all.unconditional, other.unconditional),
                (&mut all.unkeyed, other.unkeyed),
            ] {
                *own = own.saturating_add(other);
            }
            for ((_, own), (_, other)) in all.parts.iter_mut().zip(&other.parts) {
                *own = own.saturating_add(*other);
            }
        }
        all
    }

    /// Returns the number of rules.
    #[must_use]
    pub const fn rules(&self) -> usize {
        self.rules
    }

    /// Returns the number of distinct tests in conditions, without those inside quantifiers and
    /// those over answers of the host.
    #[must_use]
    pub const fn predicates(&self) -> usize {
        self.predicates
    }

    /// Returns how many of these tests several rules contain. Each is evaluated once per event.
    #[must_use]
    pub const fn shared_predicates(&self) -> usize {
        self.shared
    }

    /// Returns the number of paths that rules read, and of counts, numbers and timestamps computed
    /// from paths.
    #[must_use]
    pub const fn sources(&self) -> usize {
        self.sources
    }

    /// Returns the number of keys under which rules are posted, counted per rule and event type.
    #[must_use]
    pub const fn keys(&self) -> usize {
        self.keys
    }

    /// Returns how many rules are considered for every event of their types: those without a
    /// `when`, and [those whose `when` has no access predicate](Cost::without_access_predicate).
    #[must_use]
    pub const fn always(&self) -> usize {
        self.unconditional.saturating_add(self.unkeyed)
    }

    /// Returns how many rules have a `when` of which no part can be looked up. Each of them is
    /// evaluated for every event of its types. To avoid that, add a condition over the event that
    /// most events do not meet.
    #[must_use]
    pub const fn without_access_predicate(&self) -> usize {
        self.unkeyed
    }

    /// Returns the size of the index in bytes, without the rules themselves.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let parts = self.parts.iter().map(|(_, bytes)| *bytes);
        parts.fold(0, usize::saturating_add)
    }

    /// Returns the size of each part in bytes, in a fixed order.
    pub fn parts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.parts.iter().map(|(name, bytes)| (*name, *bytes))
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes();
        let each = bytes.checked_div(self.rules).unwrap_or_default();
        writeln!(f, "rules {}", self.rules)?;
        writeln!(f, "  without `when` {}", self.unconditional)?;
        writeln!(f, "  without an access predicate {}", self.unkeyed)?;
        writeln!(f, "predicates {}, shared {}", self.predicates, self.shared)?;
        writeln!(f, "sources {}, keys {}", self.sources, self.keys)?;
        write!(f, "index {bytes} bytes, {each} a rule")?;
        for (name, bytes) in self.parts() {
            write!(f, "\n  {name} {bytes}")?;
        }
        Ok(())
    }
}

/// Returns the size of each part in bytes.
pub(super) fn size_of_parts(index: &Index, sources: &ValueSources) -> Vec<(&'static str, usize)> {
    let rules = |all: &[RuleId]| size_of_val(all);
    let plan = |plan: &LookupPlan| {
        size_of::<LookupPlan>()
            .saturating_add(size_of_val(&*plan.probes))
            .saturating_add(size_of_val(&*plan.missed))
            .saturating_add(size_of_val(&*plan.elsewhere))
            .saturating_add(size_of_val(&*plan.always))
            .saturating_add(plan.windows.bytes())
    };
    let own = |own: &Vec<RuleId>| size_of::<Vec<RuleId>>().saturating_add(rules(own));
    let order = index.by_type.iter().map(own).sum::<usize>();
    let order = order
        .saturating_add(rules(&index.any))
        .saturating_add(size_of_val(&*index.rank));
    let mut parts = vec![
        ("order", order),
        ("conditions", index.conditions.bytes()),
        ("sources", sources.bytes()),
        ("paths", index.path_trie.bytes()),
        ("plans", index.plans.iter().map(plan).sum()),
    ];
    parts.extend(index.structures.bytes());
    parts
}
