//! JSON: parsed into documents, compared, and written.

pub(crate) mod compare;
pub(crate) mod document;
pub(crate) mod form;
pub(crate) mod kind_name;
pub(crate) mod parse;
pub(crate) mod path;
pub(crate) mod projection;
pub(crate) mod write;
