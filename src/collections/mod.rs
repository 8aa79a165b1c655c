//! Maps that cannot be iterated, fixed hashes, and sets of small integers.

pub(crate) mod bitset;
pub(crate) mod fixed_hash;
pub(crate) mod map;
