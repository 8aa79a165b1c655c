//! Messages for text that does not parse: what is wrong, what was expected, what was probably meant.

pub(super) mod expected;
pub(super) mod report;
pub(super) mod suggest;
