//! The kinds of container a value can be in.

/// The container of a value; the outermost value is in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Nothing,
    List,
    Object,
}
