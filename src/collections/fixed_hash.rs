//! The unkeyed hash of tables that only rules fill, so that their layout is the same in every process.

use std::hash::{BuildHasherDefault, Hasher};

use crate::text::swar::{FIRST, mix, short_word};

/// Builds [`FixedHasher`]s for [`crate::collections::map::Map`].
pub(crate) type FixedState = BuildHasherDefault<FixedHasher>;

/// Returns the eight bytes from `at` on, the first one lowest; zeros past the end.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => short_word(rest),
    }
}

/// Returns the eight bytes before `end`, the last one highest; zeros before the start.
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

/// A hasher that processes eight bytes at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FixedHasher(u64);

impl FixedHasher {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }
}

impl Hasher for FixedHasher {
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
        // The last chunk may overlap the one before it.
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
