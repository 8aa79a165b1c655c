//! Holds a parsed template and maps its positions to the rules.

use std::ops::Range;

use super::compile::CompiledTemplate;
use super::expression::TemplateError;
use super::includes::IncludeNode;
use super::tags::TemplatePiece;
use crate::diagnostic::Fault;
use crate::hir::{TemplatePart, TemplateSource};
use crate::outcome::message::{Channel, PartName};
use crate::text::span::{Place, Span, saturating_u32};

/// The pieces of a template and its program.
#[derive(Debug)]
pub(super) struct ParsedTemplate {
    pub(super) pieces: Vec<TemplatePiece>,
    pub(super) compiled: CompiledTemplate,
    /// The template has no errors.
    pub(super) is_valid: bool,
}

impl ParsedTemplate {
    pub(super) fn node(&self) -> IncludeNode<'_> {
        IncludeNode {
            includes: &self.compiled.includes,
            depth: self.compiled.depth,
            tags: self.compiled.tags,
            facts: &self.compiled.facts,
            is_valid: self.is_valid,
        }
    }
}

/// Returns whether the part is charged by SMS segments.
pub(super) const fn is_sms(part: TemplatePart) -> bool {
    matches!(part, TemplatePart::Part(Channel::Sms, PartName::Body))
}

/// Converts an error in a template to a diagnostic of the rules.
pub(super) fn fault(source: &TemplateSource, error: TemplateError) -> Fault {
    let mut fault = Fault::new(error.code, place(source, error.at), error.message);
    fault.help = error.help;
    fault
}

/// Maps a range of the template text to a place in the rules.
pub(super) fn place(source: &TemplateSource, at: Range<usize>) -> Place {
    let offset = |at| match &*source.literal {
        // A template outside of rules is its own source.
        "" => saturating_u32(at),
        literal => saturating_u32(crate::syntax::string::source_offset(literal, at)),
    };
    let span = Span::new(offset(at.start), offset(at.end.max(at.start)));
    Place::new(source.place.source, span.shifted(source.place.span.start))
}
