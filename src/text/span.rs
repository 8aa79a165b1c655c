//! Places in text: byte ranges and the source they lie in. Knows nothing of what the text says.

/// A half-open range of bytes.
///
/// In the tree of one declaration spans are relative to the declaration's first byte, so that a
/// declaration can be kept as it is when text before it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// From `usize` offsets; offsets past 4 GiB saturate (sources are limited far below).
    pub(crate) fn of(start: usize, end: usize) -> Self {
        Self {
            start: clamp(start),
            end: clamp(end),
        }
    }

    /// The span moved right by `by` bytes.
    pub(crate) const fn shifted(self, by: u32) -> Self {
        Self {
            start: self.start.saturating_add(by),
            end: self.end.saturating_add(by),
        }
    }

    pub(crate) const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A `usize` offset as `u32`, saturating.
pub(crate) fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Which of the sources read together, in the order given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SourceId(pub(crate) u32);

/// A span in one source, counted from the source's first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) source: SourceId,
    pub(crate) span: Span,
}

impl Place {
    pub(crate) const fn new(source: SourceId, span: Span) -> Self {
        Self { source, span }
    }
}
