//! The kinds of container that a value can be in.

/// The container of a value; the outermost value is in `Root`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Root,
    List,
    Object,
}
