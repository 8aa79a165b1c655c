//! A growable set of small integers, one bit each.

/// A set of `u32` values that uses one bit per value up to the largest.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitSet(Vec<u64>);

impl BitSet {
    pub(crate) fn contains(&self, value: u32) -> bool {
        let word = self.0.get((value / 64) as usize).copied();
        word.is_some_and(|word| word & (1 << (value % 64)) != 0)
    }

    pub(crate) fn insert(&mut self, value: u32) {
        let at = (value / 64) as usize;
        if self.0.len() <= at {
            self.0.resize(at.saturating_add(1), 0);
        }
        if let Some(word) = self.0.get_mut(at) {
            *word |= 1 << (value % 64);
        }
    }
}
