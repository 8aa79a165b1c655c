//! Handlebars' own parser as judge: what passes ours has to pass it too. Knows only the text.

use handlebars::template::Template;

use super::expression::Flaw;
use super::tags::Piece;
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

/// The template with a letter for every fixed text and one field for every token that is a plain one:
/// handlebars takes either all templates of a shape or none. Messages differ in their words and fields and
/// seldom in their shape.
pub(super) fn shape(text: &str, pieces: &[Piece]) -> String {
    let mut shape = String::with_capacity(text.len().min(64));
    for piece in pieces {
        let at = match piece {
            Piece::Text(text) => &text.at,
            Piece::Tag(tag) => &tag.at,
        };
        let written = text.get(at.clone()).unwrap_or("");
        shape.push_str(match piece {
            Piece::Text(_) if !written.contains(['{', '}', '\\']) => "x",
            Piece::Tag(_) if is_plain(written) => "{{a}}",
            _ => written,
        });
    }
    shape
}

/// Whether a tag is a plain name or several joined by dots; `else` and what begins with it means more to
/// handlebars.
fn is_plain(tag: &str) -> bool {
    let inside = tag
        .strip_prefix("{{")
        .and_then(|tag| tag.strip_suffix("}}"));
    inside.is_some_and(|path| {
        !path.starts_with("else") && path.split('.').all(crate::json::path::is_plain_name)
    })
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

#[cfg(test)]
mod tests {
    use super::{shape, verify};
    use crate::limits::Limits;
    use crate::template::tags;

    #[test]
    fn handlebars_takes_all_texts_of_a_shape_or_none() {
        let shape_of = |text: &str| shape(text, &tags::cut(text, &Limits::default()).0);
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
