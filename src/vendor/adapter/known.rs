//! The event types that a host has met so far. Knows no vendor and no rule.

use std::sync::{Mutex, PoisonError};

use crate::collections::map::Map;
use crate::limits::Limits;

/// The event types that have come so far, for vendors where the first event of a type creates it.
///
/// An engine with an open registry takes events of any type; what types there are is the host's to keep.
/// Types are told apart without regard to ASCII case. At most [`Limits::known_types`] are remembered. Of
/// any number of threads that bring one type at once, exactly one is told that it is new.
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
    most: usize,
    types: Mutex<Types>,
}

/// What came of an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Learned {
    /// It had not come before, and is remembered from now on.
    New,
    /// It had.
    Known,
    /// It had not, and there is no room for it: it will not be known next time either.
    Full,
}

#[derive(Debug, Default)]
struct Types {
    known: Map<Box<str>, ()>,
    /// In the order in which they came, as they were first written.
    names: Vec<Box<str>>,
}

impl KnownTypes {
    /// With the bound that `limits` sets, and no type known.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            most: limits.known_types,
            types: Mutex::default(),
        }
    }

    /// Notes an event type, and says whether it is new.
    pub fn learn(&self, event_type: &str) -> Learned {
        let folded = event_type.to_ascii_lowercase();
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        if types.known.contains(&*folded) {
            Learned::Known
        } else if types.names.len() >= self.most {
            Learned::Full
        } else {
            types.known.insert(folded.into(), ());
            types.names.push(event_type.into());
            Learned::New
        }
    }

    /// The types in the order in which they came, spelled as they first came.
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
