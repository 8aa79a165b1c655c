//! Operations on plain text: spans, positions, snippets, similar names, bytes.

pub(crate) mod case_fold;
pub(crate) mod line_index;
pub(crate) mod percent;
pub(crate) mod reserved;
pub(crate) mod snippet;
pub(crate) mod span;
pub(crate) mod suggest;
pub(crate) mod swar;
pub(crate) mod truncate;
