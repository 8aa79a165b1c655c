//! From a compiled template and what it reads to a text. Compiles nothing.

use crate::hir::TemplateId;
use crate::limits::Limits;
use crate::outcome::FailureReason;
use crate::scope::{Known, Need, Scope};
use crate::template::Programs;

/// What keeps a text from being rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RenderFailure {
    pub(crate) reason: FailureReason,
    pub(crate) message: String,
    /// What could not be looked up.
    pub(crate) unavailable: Option<Need>,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "templates without tokens cannot fail"
)]
pub(crate) fn render(
    programs: &Programs,
    id: TemplateId,
    _: &Scope<'_>,
    _: &dyn Fn(&str) -> Known<Option<String>>,
    _: &Limits,
    out: &mut String,
    _: &mut Vec<Need>,
) -> Result<(), RenderFailure> {
    out.push_str(programs.text(id));
    Ok(())
}

/// A text from an event as a part of one line: without control characters and line breaks.
pub(crate) fn single_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
