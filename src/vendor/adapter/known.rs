//! Remembers the event types that a host has received so far.

use std::sync::{Mutex, PoisonError};

use crate::collections::map::Map;
use crate::limits::Limits;

/// The event types received so far, for vendors where the first event of a type creates the type.
///
/// An engine with an open registry accepts events of any type and does not record them, so the host keeps
/// this set. ASCII case is ignored. At most [`Limits::known_types`] types are remembered. If several
/// threads add the same type at once, exactly one receives [`Learned::New`].
///
/// ```
/// use pointsman::adapter::{KnownTypes, Learned};
///
/// let types = KnownTypes::default();
/// assert_eq!(types.learn("abandoned_cart"), Learned::New);
/// assert_eq!(types.learn("Abandoned_Cart"), Learned::Known);
/// assert_eq!(types.names(), ["abandoned_cart"]);
/// ```
#[derive(Debug)]
pub struct KnownTypes {
    capacity: usize,
    types: Mutex<TypeSet>,
}

/// The result of [`KnownTypes::learn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Learned {
    /// The type is new and now remembered.
    New,
    /// The type was already known.
    Known,
    /// The type is new, but the set is full, so the type is not remembered.
    Full,
}

#[derive(Debug, Default)]
struct TypeSet {
    /// In lower case.
    folded: Map<Box<str>, ()>,
    /// In order of arrival, in the spelling of the first event.
    names: Vec<Box<str>>,
}

impl KnownTypes {
    /// Creates an empty set with the capacity in `limits`.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            capacity: limits.known_types,
            types: Mutex::default(),
        }
    }

    /// Adds an event type and returns whether it is new.
    pub fn learn(&self, event_type: &str) -> Learned {
        let folded = event_type.to_ascii_lowercase();
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        if types.folded.contains(&*folded) {
            Learned::Known
        } else if types.names.len() >= self.capacity {
            Learned::Full
        } else {
            types.folded.insert(folded.into(), ());
            types.names.push(event_type.into());
            Learned::New
        }
    }

    /// Returns the types in order of arrival, in the spelling of the first event.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        types.names.iter().map(|name| name.to_string()).collect()
    }
}

impl Default for KnownTypes {
    fn default() -> Self {
        Self::new(&Limits::default())
    }
}
