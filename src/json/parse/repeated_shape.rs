//! Fast path for arrays of objects with identical key sequences.
//!
//! Compares each key with that of the previous object, so no hashing and no duplicate check is
//! needed. Stops at anything else.

use super::duplicate_keys::{KeyFilter, KeyLog};
use super::simd16::{BytePattern, plain_value, short_key};

/// The most members of an object that are compared this way.
const MAX_MEMBERS: usize = 8;

/// The keys of an object without duplicates.
#[derive(Debug, Default)]
pub(super) struct KeySequence {
    patterns: [BytePattern; MAX_MEMBERS],
    count: usize,
}

impl KeySequence {
    /// Returns the keys of the innermost object after all its members were consumed, `None` if they
    /// are too long or too many.
    pub(super) fn of(bytes: &[u8], keys: &KeyLog<'_>, filter: &KeyFilter) -> Option<Self> {
        let mut shape = Self::default();
        let mut before = b'{';
        for start in keys.distinct_keys(filter)? {
            let rest = bytes.get(start.wrapping_sub(2)..)?;
            let key = short_key(rest, before)?;
            *shape.patterns.get_mut(shape.count)? =
                BytePattern::of(rest, key.length.wrapping_add(4))?;
            shape.count = shape.count.wrapping_add(1);
            before = b',';
        }
        Some(shape)
    }
}

/// Starts at the bracket of an object. Returns the text after the last object with these keys, and
/// whether another object follows after a comma.
#[inline(never)]
pub(super) fn consume_repeated_objects<'a>(
    mut rest: &'a [u8],
    shape: &KeySequence,
) -> (&'a [u8], bool) {
    let patterns = shape.patterns.get(..shape.count).unwrap_or_default();
    while let Some(rest_after) = object_end(rest, patterns) {
        match rest_after {
            [b',', next @ ..] if next.first() == Some(&b'{') => rest = next,
            _ => return (rest_after, false),
        }
    }
    (rest, true)
}

#[inline(always)]
fn object_end<'a>(mut rest: &'a [u8], patterns: &[BytePattern]) -> Option<&'a [u8]> {
    for pattern in patterns {
        rest = plain_value(pattern.strip(rest)?)?;
    }
    rest.strip_prefix(b"}")
}
