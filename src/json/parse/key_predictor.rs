//! Predicts the next selected key of an event from the events read before.

use super::container::Container;
use crate::json::projection::{Projection, Selection};

/// State that is kept from one text to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyPredictor {
    /// The containers around the innermost one.
    pub(super) outer: Vec<TrustedContainer>,
    /// Indexed by member number: the number of the selected member that followed it last time. INVARIANT:
    /// this is only a hint. The reader compares the key, so a wrong entry, or one of another
    /// projection, costs time but no correctness.
    pub(super) next_number: Vec<u32>,
    /// True if a text was read before. Nothing is recorded for memory that is used once.
    pub(super) is_reused: bool,
}

/// A container that is open in trusted text.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrustedContainer {
    pub(super) container: Container,
    /// The selection for its contents; never [`Selection::Shape`].
    pub(super) selection: Selection,
    /// Index of its node.
    pub(super) node: u32,
    pub(super) count: u32,
    /// How many selected members may still follow.
    pub(super) remaining: u32,
    /// The number of the last selected member, or the start number of the field set.
    pub(super) last: u32,
}

impl KeyPredictor {
    #[inline(always)]
    pub(super) fn predict(&self, number: u32) -> u32 {
        let next_number = self.next_number.get(number as usize);
        next_number.copied().unwrap_or_default()
    }

    #[cold]
    pub(super) fn record(&mut self, projection: &Projection, last: u32, number: u32) {
        if !self.is_reused {
            return;
        }
        if self.next_number.is_empty() {
            self.next_number.resize(projection.number_count(), 0);
        }
        if let Some(next_number) = self.next_number.get_mut(last as usize) {
            *next_number = number;
        }
    }
}
