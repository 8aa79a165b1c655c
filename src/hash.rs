//! The fixed hash of the tables that only rules fill. Knows no table.

#![expect(
    clippy::cast_possible_truncation,
    reason = "a product is folded to its halves"
)]

use std::hash::{BuildHasherDefault, Hasher};

/// Builds [`Words`] for [`crate::map::Map`].
pub(crate) type Fixed = BuildHasherDefault<Words>;

pub(crate) const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
pub(crate) const SECOND: u64 = 0xd6e8_feb8_6659_fd93;

/// One word of two, all of whose bits depend on all of theirs; unless the first is [`FIRST`] or the
/// second [`SECOND`], which make it zero.
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let product = ((a ^ FIRST) as u128).wrapping_mul((b ^ SECOND) as u128);
    (product as u64) ^ ((product >> 64) as u64)
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
        let mut rest = bytes;
        let mut hash = self.0 ^ (bytes.len() as u64);
        while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
            hash = mix(hash, u64::from_le_bytes(*chunk));
            rest = tail;
        }
        let tail = rest
            .iter()
            .fold(0, |word, byte| (word << 8) | u64::from(*byte));
        self.0 = mix(hash, tail);
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
