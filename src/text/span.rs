//! Byte ranges of text, and the sources that contain them.

/// A half-open range of bytes.
///
/// In the syntax tree of a declaration, spans are relative to the first byte of the declaration, so that
/// changing the text before it does not change the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Creates a span from `usize` offsets. Offsets past 4 GiB saturate; sources are much smaller.
    pub(crate) fn of(start: usize, end: usize) -> Self {
        Self {
            start: saturating_u32(start),
            end: saturating_u32(end),
        }
    }

    /// Returns the span moved right by `by` bytes.
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

/// Converts a `usize` to `u32`, saturating.
pub(crate) fn saturating_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// The index of a source among those compiled together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SourceId(pub(crate) u32);

/// A span of a source, relative to its first byte.
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
