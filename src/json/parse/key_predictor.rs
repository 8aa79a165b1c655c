//! Predicts the next selected key of an event from the events read before.

use super::container::Container;
use crate::json::projection::{Projection, Selection};

/// What is kept from one text to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyPredictor {
    /// The containers around the innermost one.
    pub(super) outer: Vec<Open>,
    /// By the number of a member that is wanted: that of the wanted one that came behind it last. Nothing
    /// but speed hangs on it: a wrong one, or one of other uses, is seen not to stand there.
    pub(super) behind: Vec<u32>,
    /// Whether a text was read before: of memory for a single one nothing is kept.
    pub(super) again: bool,
}

/// A container whose end has not come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) around: Container,
    /// What is wanted of what is inside; never a shell.
    pub(super) inside: Selection,
    /// Where its node is.
    pub(super) node: u32,
    pub(super) count: u32,
    /// How many members may still come of which something is wanted.
    pub(super) wanted: u32,
    /// The number of the member that came last, or one that stands for the beginning.
    pub(super) last: u32,
}

impl KeyPredictor {
    #[inline(always)]
    pub(super) fn behind(&self, number: u32) -> u32 {
        let behind = self.behind.get(number as usize);
        behind.copied().unwrap_or_default()
    }

    #[cold]
    pub(super) fn learn(&mut self, projection: &Projection, last: u32, number: u32) {
        if !self.again {
            return;
        }
        if self.behind.is_empty() {
            self.behind.resize(projection.all_numbers(), 0);
        }
        if let Some(behind) = self.behind.get_mut(last as usize) {
            *behind = number;
        }
    }
}
