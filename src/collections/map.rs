//! The only home of hash tables. None of them can be iterated, so no random order reaches an output.

use std::borrow::Borrow;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};

use super::fixed_hash::Fixed;

/// A table that events fill: keyed with std's random state against made-up collisions, the one
/// randomness in the library, on which no output depends.
#[derive(Debug, Clone)]
#[expect(
    clippy::disallowed_types,
    reason = "this is the wrapper that hides iteration"
)]
pub(crate) struct Map<K, V, S = RandomState>(std::collections::HashMap<K, V, S>);

/// A table that only rules fill, with a fixed hash.
pub(crate) type Table<K, V> = Map<K, V, Fixed>;

impl<K, V, S: Default> Default for Map<K, V, S> {
    fn default() -> Self {
        Self(Default::default())
    }
}

impl<K: Eq + Hash, V, S: BuildHasher + Default> Map<K, V, S> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With room for so many.
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

    /// The value under `key`, made by `make` where there is none yet.
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
