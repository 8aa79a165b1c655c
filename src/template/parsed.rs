//! A template as parsed, and where its parts are in the rules.

use std::ops::Range;

use super::compile::Lowered;
use super::expression::Flaw;
use super::includes::Node;
use super::tags::Piece;
use crate::diagnostic::Fault;
use crate::hir::{TemplatePart, TemplateSource};
use crate::outcome::message::{Channel, PartName};
use crate::text::span::{Place, Span, saturating_u32};

/// A template's pieces and its program.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) pieces: Vec<Piece>,
    pub(super) lowered: Lowered,
    /// Without a flaw.
    pub(super) sound: bool,
}

impl Parsed {
    pub(super) fn node(&self) -> Node<'_> {
        Node {
            includes: &self.lowered.includes,
            depth: self.lowered.depth,
            tags: self.lowered.tags,
            facts: &self.lowered.facts,
            sound: self.sound,
        }
    }
}

/// Whether a text is counted in segments.
pub(super) const fn is_sms(part: TemplatePart) -> bool {
    matches!(part, TemplatePart::Part(Channel::Sms, PartName::Body))
}

/// A flaw with its place in the rules.
pub(super) fn fault(source: &TemplateSource, flaw: Flaw) -> Fault {
    let mut fault = Fault::new(flaw.code, place(source, flaw.at), flaw.message);
    fault.help = flaw.help;
    fault
}

/// Where a range of a template's text stands in the rules.
pub(super) fn place(source: &TemplateSource, at: Range<usize>) -> Place {
    let offset = |at| match &*source.literal {
        // A template by itself is its own source.
        "" => saturating_u32(at),
        literal => saturating_u32(crate::syntax::string::source_offset(literal, at)),
    };
    let span = Span::new(offset(at.start), offset(at.end.max(at.start)));
    Place::new(source.place.source, span.shifted(source.place.span.start))
}
