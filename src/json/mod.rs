//! JSON: reads it into documents, compares values and writes text.

pub(crate) mod compare;
pub(crate) mod document;
pub(crate) mod form;
pub(crate) mod kind_name;
pub(crate) mod parse;
pub(crate) mod path;
pub(crate) mod projection;
pub(crate) mod write;
