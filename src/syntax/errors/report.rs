//! Reports text that does not parse in terms an author of rules knows.

use super::mistakes;
use super::site::{ErrorSite, Message};
use crate::diagnostic::{Code, Fault};
use crate::syntax::grammar::ParseStop;
use crate::syntax::splitter::RawDeclaration;
use crate::text::span::{Place, SourceId, Span};

/// Returns the fault for the place at which the grammar stopped.
pub(in crate::syntax) fn fault(
    stop: &ParseStop,
    declaration: &RawDeclaration<'_>,
    source: SourceId,
    offset: u32,
) -> Fault {
    let site = ErrorSite::new(stop, declaration);
    let message = if stop.expected.is_empty() && stop.refused.is_empty() {
        Message::new(
            Code::TooDeep,
            "this is nested too deeply for the stack of the thread",
        )
    } else {
        mistakes::recognize(&site).unwrap_or_else(|| site.plain())
    };
    let (start, text) = match message.is_before {
        true => (site.before_offset, site.before),
        false => (site.offset, site.found),
    };
    let span = Span::of(start, start.saturating_add(text.len()));
    let place = Place::new(source, span.shifted(offset));
    let mut fault = Fault::new(message.code, place, message.text);
    fault.help = message.help;
    fault
}
