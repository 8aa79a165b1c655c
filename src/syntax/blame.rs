//! Says in an author's words what is wrong where the grammar could not go on.

use super::cut::Piece;
use super::grammar::Stop;
use crate::diagnostic::{Code, Fault};
use crate::span::{Place, SourceId, Span};

/// The fault for a place at which the grammar stopped.
pub(super) fn fault(stop: &Stop, piece: &Piece<'_>, source: SourceId, offset: u32) -> Fault {
    let rest = piece.text.get(stop.offset..).unwrap_or("");
    let end = rest.chars().next().map_or(0, char::len_utf8);
    let span = Span::of(stop.offset, stop.offset.saturating_add(end));
    let message = match rest.chars().next() {
        Some(c) => format!("`{}` does not fit here", c.escape_debug()),
        None => "the declaration is not complete".to_owned(),
    };
    Fault::new(
        Code::Unexpected,
        Place::new(source, span.shifted(offset)),
        message,
    )
}
