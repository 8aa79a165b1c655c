//! What an index takes, in figures. Measures no time.

use std::fmt;

/// What the rules of an engine cost it: [`Engine::cost`](crate::Engine::cost).
///
/// The figures are taken while the engine is built; to ask for them costs nothing.
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
/// assert_eq!(cost.predicates(), 3, "`total > 20` is one");
/// assert_eq!(cost.always(), 1, "every order has to be told to `all`");
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
    /// With what further indexes take, of so many rules in all.
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

    /// How many rules there are.
    #[must_use]
    pub const fn rules(&self) -> usize {
        self.rules
    }

    /// How many different tests their conditions are made of, those inside quantifiers and those over
    /// what the host answers left out.
    #[must_use]
    pub const fn predicates(&self) -> usize {
        self.predicates
    }

    /// How many of these are written by several rules, and worked out once for an event.
    #[must_use]
    pub const fn shared_predicates(&self) -> usize {
        self.shared
    }

    /// How many paths (and counts, numbers and moments made of paths) they read.
    #[must_use]
    pub const fn sources(&self) -> usize {
        self.sources
    }

    /// Under how many keys rules are filed, each key counted for each rule and each event type.
    #[must_use]
    pub const fn keys(&self) -> usize {
        self.keys
    }

    /// How many rules are looked at for every event of a type of theirs: those without a `when`, and
    /// [those whose `when` has nothing to look up](Cost::without_access_predicate).
    #[must_use]
    pub const fn always(&self) -> usize {
        self.unconditional.saturating_add(self.unkeyed)
    }

    /// How many rules have a `when` of which no part can be looked up: each costs every event of its
    /// types an evaluation. A condition over the event that most events do not meet helps.
    #[must_use]
    pub const fn without_access_predicate(&self) -> usize {
        self.unkeyed
    }

    /// The bytes that the index takes beside the rules themselves.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let parts = self.parts.iter().map(|(_, bytes)| *bytes);
        parts.fold(0, usize::saturating_add)
    }

    /// The bytes by part, in a fixed order.
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
