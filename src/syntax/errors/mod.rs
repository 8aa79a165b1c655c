//! Messages for text that does not parse: what is wrong, what was expected, what was probably meant.

mod expected;
mod mistakes;
pub(super) mod report;
mod site;
mod suggest;
