//! From the text of a source to its tree. Knows how rules are written, not what they mean.

pub(crate) mod ast;
