//! Asks the parser of handlebars to accept every template that ours accepts.

use handlebars::template::Template;

use super::expression::TemplateError;
use super::tags::TemplatePiece;

/// Returns the error of handlebars for a text that was compiled without errors.
///
/// INVARIANT: length, number of tags and nesting were checked before. The parser is quadratic in the
/// first two and recurses for the third.
pub(super) fn verify(text: &str) -> Option<TemplateError> {
    let error = Template::compile(text).err()?;
    let (line, column) = error.pos().unwrap_or((1, 1));
    let at = offset(text, line, column);
    let width = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    Some(TemplateError::syntax(
        at..at.saturating_add(width),
        "Handlebars rejects this template",
    ))
}

/// Returns the template with every fixed text and every plain token replaced by a placeholder.
/// Handlebars accepts either all templates of one shape or none, and most messages share a few shapes.
pub(super) fn shape(text: &str, pieces: &[TemplatePiece]) -> String {
    let mut shape = String::with_capacity(text.len().min(64));
    for piece in pieces {
        let at = match piece {
            TemplatePiece::Text(text) => &text.at,
            TemplatePiece::Tag(tag) => &tag.at,
        };
        let written = text.get(at.clone()).unwrap_or("");
        shape.push_str(match piece {
            TemplatePiece::Text(_) if !written.contains(['{', '}', '\\']) => "x",
            TemplatePiece::Tag(_) if is_plain(written) => "{{a}}",
            _ => written,
        });
    }
    shape
}

/// Returns whether a tag is only names joined by dots. Names that begin with `else` have a special
/// meaning in handlebars.
fn is_plain(tag: &str) -> bool {
    let inside = tag
        .strip_prefix("{{")
        .and_then(|tag| tag.strip_suffix("}}"));
    inside.is_some_and(|path| {
        !path.starts_with("else") && path.split('.').all(crate::json::path::is_plain_name)
    })
}

/// Converts a line and a column in characters, both counted from 1, to a byte offset.
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

#[cfg(test)]
mod tests {
    use super::{shape, verify};
    use crate::limits::Limits;
    use crate::template::tags;

    #[test]
    fn handlebars_accepts_all_templates_of_a_shape_or_none() {
        let shape_of = |text: &str| shape(text, &tags::split(text, &Limits::default()).0);
        for (text, same) in [
            ("Hi {{name}}!", "Hello, {{a.b_2}}."),
            (
                "{{a}}{{b}} {{#if c}}d{{/if}}",
                "{{x}}{{y.z}}\n{{#if c}}other{{/if}}",
            ),
            (
                "{{default name 'x'}}: {{a}}",
                "{{default name 'x'}} {{this.b}}",
            ),
        ] {
            assert_eq!(shape_of(text), shape_of(same));
            assert!(verify(text).is_none() && verify(same).is_none(), "{text}");
        }
        for (text, other) in [
            ("{{a}}", "{{elsewhere}}"),
            ("{{a}}", "{{{a}}}"),
            ("{{a}}", "{{~a}}"),
            ("{{a}}", "{{ab c}}"),
            ("a{{b}}", "{{b}}"),
            ("a{{b}}", "a\\{{b}}"),
            ("a{{b}}", "a{ {{b}}"),
            ("{{#if a}}x{{/if}}", "{{#if b}}x{{/if}}"),
        ] {
            assert_ne!(shape_of(text), shape_of(other));
        }
    }
}
