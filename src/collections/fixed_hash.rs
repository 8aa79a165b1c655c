//! The fixed hash of the tables that only rules fill. Knows no table.

#![expect(
    clippy::cast_possible_truncation,
    reason = "a product is folded to its halves"
)]

use std::hash::{BuildHasherDefault, Hasher};

/// Builds [`Words`] for [`crate::collections::map::Map`].
pub(crate) type Fixed = BuildHasherDefault<Words>;

pub(crate) const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
pub(crate) const SECOND: u64 = 0xd6e8_feb8_6659_fd93;

/// One word of two, all of whose bits depend on all of theirs; unless the first is [`FIRST`] or the
/// second [`SECOND`], which make it zero.
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let product = ((a ^ FIRST) as u128).wrapping_mul((b ^ SECOND) as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The bytes of a text that is shorter than a word, the first one lowest.
#[inline]
pub(crate) fn short_word(bytes: &[u8]) -> u64 {
    if let (Some(start), Some(end)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // They may overlap.
        let end = u64::from(u32::from_le_bytes(*end));
        let shift = bytes.len().wrapping_sub(4).wrapping_mul(8) & 63;
        return u64::from(u32::from_le_bytes(*start)) | (end << shift);
    }
    match bytes {
        [a] => u64::from(*a),
        [a, b] => u64::from(u16::from_le_bytes([*a, *b])),
        [a, b, c, ..] => u64::from(u32::from_le_bytes([*a, *b, *c, 0])),
        [] => 0,
    }
}

/// The eight bytes from `at` on, the first one lowest; zeros past the end.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => short_word(rest),
    }
}

/// The eight bytes before `end`, the last one highest; zeros before the start.
#[inline]
pub(crate) fn word_before(bytes: &[u8], end: usize) -> u64 {
    let start = bytes.get(..end).unwrap_or_default();
    match start.last_chunk() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => match start.len() {
            0 => 0,
            length => short_word(start) << (8_usize.wrapping_sub(length).wrapping_mul(8) & 63),
        },
    }
}

/// A hasher that takes eight bytes at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Words(u64);

impl Words {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }
}

impl Hasher for Words {
    fn finish(&self) -> u64 {
        mix(self.0, FIRST)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut hash = self.0 ^ (bytes.len() as u64);
        let Some(last) = bytes.last_chunk() else {
            self.0 = mix(hash, short_word(bytes));
            return;
        };
        let mut rest = bytes;
        while rest.len() > 8
            && let Some((chunk, tail)) = rest.split_first_chunk()
        {
            hash = mix(hash, u64::from_le_bytes(*chunk));
            rest = tail;
        }
        // May overlap the one before it.
        self.0 = mix(hash, u64::from_le_bytes(*last));
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = mix(self.0, value);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}
