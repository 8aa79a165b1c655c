//! Maps that cannot be iterated, an unkeyed hash, and sets of small integers.

pub(crate) mod bitset;
pub(crate) mod fixed_hash;
pub(crate) mod map;
