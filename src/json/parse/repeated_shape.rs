//! Goes along objects of a list that have the same plain keys in the same order as the one before them.
//! Knows nothing of what is kept, and leaves all that is wrong to others.

use super::duplicate_keys::{Keys, Seen};
use super::simd16::{Piece, plain_value, short_key};

/// So many members an object may have.
const MOST: usize = 8;

/// The keys of an object that has none twice.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pieces: [Piece; MOST],
    count: usize,
}

impl Shape {
    /// That of the innermost object, whose members were all gone along. `None` where it is not simple.
    pub(super) fn of(bytes: &[u8], keys: &Keys<'_>, seen: &Seen) -> Option<Self> {
        let mut shape = Self::default();
        let mut before = b'{';
        for start in keys.distinct(seen)? {
            let rest = bytes.get(start.wrapping_sub(2)..)?;
            let key = short_key(rest, before)?;
            *shape.pieces.get_mut(shape.count)? = Piece::of(rest, key.length.wrapping_add(4))?;
            shape.count = shape.count.wrapping_add(1);
            before = b',';
        }
        Some(shape)
    }
}

/// From the bracket of an object on: what follows the last one of that shape, and whether that is the
/// bracket of one more object, with a comma before it.
#[inline(never)]
pub(super) fn run_alike<'a>(mut rest: &'a [u8], shape: &Shape) -> (&'a [u8], bool) {
    let pieces = shape.pieces.get(..shape.count).unwrap_or_default();
    while let Some(behind) = object_end(rest, pieces) {
        match behind {
            [b',', next @ ..] if next.first() == Some(&b'{') => rest = next,
            _ => return (behind, false),
        }
    }
    (rest, true)
}

#[inline(always)]
fn object_end<'a>(mut rest: &'a [u8], pieces: &[Piece]) -> Option<&'a [u8]> {
    for piece in pieces {
        rest = plain_value(piece.strip(rest)?)?;
    }
    rest.strip_prefix(b"}")
}
