//! Handlebars' own parser as judge: what passes ours has to pass it too. Knows only the text.

use handlebars::template::Template;

use super::expression::Flaw;
use crate::diagnostic::Code;

/// What handlebars refuses of a text that was cut and lowered without a flaw, at the place it tells.
///
/// INVARIANT: length, number of tags and nesting were checked before: the parser is quadratic in the
/// first two and recurses for the third.
pub(super) fn verify(text: &str) -> Option<Flaw> {
    let error = Template::compile(text).err()?;
    let (line, column) = error.pos().unwrap_or((1, 1));
    let at = offset(text, line, column);
    let width = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    Some(Flaw::new(
        Code::TemplateSyntax,
        at..at.saturating_add(width),
        "Handlebars does not take this template",
    ))
}

/// The byte offset of a line and column, both counted from 1, the column in characters.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let above: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let rest = text.get(above..).unwrap_or("");
    let inside = rest
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(rest.len(), |(at, _)| at);
    above.saturating_add(inside)
}
