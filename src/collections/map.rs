//! Hash maps that cannot be iterated, so that no random order reaches an output.

use std::borrow::Borrow;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};

use super::fixed_hash::FixedState;

/// A hash map. With the default state it is keyed at random, for keys that events supply.
///
/// The key protects against crafted collisions. It is the only randomness in the library, and no output
/// depends on it.
#[derive(Debug, Clone)]
#[expect(
    clippy::disallowed_types,
    reason = "this is the wrapper that hides iteration"
)]
pub(crate) struct Map<K, V, S = RandomState>(std::collections::HashMap<K, V, S>);

/// A hash map with an unkeyed hash, for keys that only rules supply.
pub(crate) type Table<K, V> = Map<K, V, FixedState>;

impl<K, V, S: Default> Default for Map<K, V, S> {
    fn default() -> Self {
        Self(Default::default())
    }
}

impl<K: Eq + Hash, V, S: BuildHasher + Default> Map<K, V, S> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Creates a map with room for `capacity` entries.
    #[expect(
        clippy::disallowed_types,
        reason = "this is the wrapper that hides iteration"
    )]
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(std::collections::HashMap::with_capacity_and_hasher(
            capacity,
            S::default(),
        ))
    }

    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    pub(crate) fn value<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    pub(crate) fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Returns the value of `key`, inserting the result of `make` if there is none.
    pub(crate) fn or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        self.0.entry(key).or_insert_with(make)
    }

    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.remove(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
