//! Splits a template into fixed texts and tags, and removes the whitespace that belongs to tags.
//!
//! Runs before the parser of handlebars, which aborts or takes quadratic time on long input.

use std::ops::Range;

use super::expression::{
    Argument, ArgumentKind, Call, TagCursor, TemplateError, block, is_name, token,
};
use crate::limits::Limits;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplatePiece {
    Text(FixedText),
    Tag(Tag),
}

/// The text between two tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FixedText {
    pub(crate) at: Range<usize>,
    /// Without the backslashes of escapes and the whitespace that belongs to tags.
    pub(crate) value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Includes the braces.
    pub(crate) at: Range<usize>,
    /// `{{~`
    pub(crate) trim_before: bool,
    /// `~}}`
    pub(crate) trim_after: bool,
    pub(crate) kind: TagKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TagKind {
    Comment,
    /// `{{x}}` and `{{helper x}}`; with `raw`, `{{{x}}}` and `{{&x}}`.
    Token {
        shown: Argument,
        raw: bool,
    },
    /// `{{#name …}}`
    Open(Call),
    /// `{{else}}`
    Else,
    /// `{{else name …}}`
    ElseOpen(Call),
    /// `{{/name}}`
    Close {
        name: Box<str>,
    },
    /// `{{> name}}`
    Partial {
        name: Box<str>,
        name_at: Range<usize>,
        /// The tag is alone on its line, with whitespace before it.
        indented: bool,
    },
}

/// Splits a template into pieces and returns the errors of all its tags.
pub(crate) fn split(text: &str, limits: &Limits) -> (Vec<TemplatePiece>, Vec<TemplateError>) {
    let mut errors = Vec::new();
    if text.len() > limits.template_bytes {
        let message = format!("a template with more than {} bytes", limits.template_bytes);
        errors.push(TemplateError::too_large(0..0, message));
        return (Vec::new(), errors);
    }
    let mut pieces = Vec::new();
    let mut tags: usize = 0;
    let mut cursor = TagCursor {
        text,
        at: 0,
        depth: limits.expression_depth.min(DEEPEST),
    };
    loop {
        fixed(&mut cursor, &mut pieces);
        let start = cursor.at;
        if cursor.rest().is_empty() {
            break;
        }
        tags = tags.saturating_add(1);
        if tags > limits.template_tags {
            let message = format!("more than {} tags in one template", limits.template_tags);
            let at = start..start.saturating_add(2);
            errors.push(TemplateError::too_large(at, message));
            return (pieces, errors);
        }
        match tag(&mut cursor) {
            Ok(tag) => pieces.push(TemplatePiece::Tag(tag)),
            Err(error) => {
                errors.push(error);
                // Continue after the next closing braces.
                let Some((skipped, _)) = cursor.rest().split_once("}}") else {
                    return (pieces, errors);
                };
                cursor.at = cursor.at.saturating_add(skipped.len()).saturating_add(2);
                cursor.run(|c| c == '}');
            }
        }
    }
    trim_whitespace(text, &mut pieces);
    (pieces, errors)
}

/// Limits the nesting of parentheses, because the parser of handlebars is recursive.
const DEEPEST: usize = 64;

/// Reads fixed text up to the next tag or the end.
fn fixed(cursor: &mut TagCursor<'_>, pieces: &mut Vec<TemplatePiece>) {
    let start = cursor.at;
    let mut value = String::new();
    while let Some((before, _)) = cursor.rest().split_once("{{") {
        let backslashes = before
            .len()
            .saturating_sub(before.trim_end_matches('\\').len());
        cursor.at = cursor.at.saturating_add(before.len());
        match backslashes {
            0 => {
                value.push_str(before);
                return push_text(cursor.since(start), value, pieces);
            }
            // `\{{` and `\{{{{` are text.
            1 => {
                value.push_str(before.strip_suffix('\\').unwrap_or(before));
                let braces = if cursor.looks_at("{{{{") {
                    "{{{{"
                } else {
                    "{{"
                };
                cursor.eat(braces);
                value.push_str(braces);
            }
            // `\\{{x}}` is a backslash and a tag.
            _ => {
                value.push_str(before.strip_suffix('\\').unwrap_or(before));
                return push_text(cursor.since(start), value, pieces);
            }
        }
    }
    value.push_str(cursor.rest());
    cursor.at = cursor.text.len();
    push_text(cursor.since(start), value, pieces);
}

fn push_text(at: Range<usize>, value: String, pieces: &mut Vec<TemplatePiece>) {
    if !at.is_empty() {
        pieces.push(TemplatePiece::Text(FixedText { at, value }));
    }
}

/// Parses one tag; the cursor is at its opening braces.
fn tag(cursor: &mut TagCursor<'_>) -> Result<Tag, TemplateError> {
    let start = cursor.at;
    if cursor.looks_at("{{{{") {
        cursor.at = start.saturating_add(4);
        let at = cursor.since(start);
        // The contents of a raw block are not a template; continue after its end.
        if let Some(end) = end_after(cursor.rest(), "{{{{/") {
            cursor.at = cursor.at.saturating_add(end);
        }
        return Err(
            TemplateError::unsupported(at, "raw blocks are not supported")
                .help("write `\\{{` for literal braces"),
        );
    }
    if cursor.looks_at("{{!") {
        return comment(cursor);
    }
    let triple = cursor.eat("{{{");
    if !triple {
        cursor.eat("{{");
    }
    cursor.skip_whitespace();
    let trim_before = cursor.eat("~");
    cursor.skip_whitespace();
    let braces = triple || cursor.eat("{");
    cursor.skip_whitespace();
    let mut tag = Tag {
        at: start..start,
        trim_before,
        trim_after: false,
        kind: if braces {
            TagKind::Token {
                shown: token(cursor)?,
                raw: true,
            }
        } else {
            inside(cursor, start)?
        },
    };
    cursor.skip_whitespace();
    if braces {
        let tilde = cursor.looks_at("~") && triple;
        if tilde {
            cursor.eat("~");
            cursor.skip_whitespace();
            tag.trim_after = true;
        }
        if !cursor.eat("}") {
            return Err(cursor.unexpected("`}}}`"));
        }
        cursor.skip_whitespace();
    }
    if cursor.eat("~") {
        tag.trim_after = true;
        cursor.skip_whitespace();
    }
    if !cursor.eat("}}") {
        let expected = if braces { "`}}}`" } else { "`}}`" };
        return Err(cursor.unexpected(expected));
    }
    tag.at = cursor.since(start);
    Ok(tag)
}

/// Parses the contents of a tag with double braces. The first character decides its kind.
fn inside(cursor: &mut TagCursor<'_>, start: usize) -> Result<TagKind, TemplateError> {
    let sigil = cursor.peek().unwrap_or(' ');
    if matches!(sigil, '#' | '/' | '^' | '>' | '*' | '&') {
        cursor.at = cursor.here().end;
        cursor.skip_whitespace();
    }
    match sigil {
        '#' if cursor.eat("*") => Err(TemplateError::unsupported(
            cursor.since(start),
            "inline partials and decorators are not supported",
        )
        .help("declare the text outside the rules: `template NAME \"…\"`")),
        '#' if cursor.eat(">") => Err(TemplateError::unsupported(
            cursor.since(start),
            "partial blocks are not supported",
        )
        .help("declare a `template` and write `{{> NAME}}`")),
        '#' => Ok(TagKind::Open(block(cursor)?)),
        '/' => {
            let name = cursor.run(is_name);
            Ok(TagKind::Close { name: name.into() })
        }
        '^' if matches!(cursor.peek(), Some('}' | '~')) => Ok(TagKind::Else),
        '^' => Err(
            TemplateError::unsupported(cursor.since(start), "`{{^` is not supported")
                .help("write `{{#unless x}}`, or `{{else}}` inside a block"),
        ),
        '>' => partial(cursor),
        '*' => Err(TemplateError::unsupported(
            cursor.since(start),
            "decorators are not supported",
        )),
        '&' => {
            let bare = !cursor.looks_at("(");
            let shown = token(cursor)?;
            if bare && matches!(shown.kind, ArgumentKind::Call(_)) {
                return Err(TemplateError::unsupported(
                    shown.at,
                    "a helper after `&` is not supported",
                )
                .help("write `{{{helper x}}}`"));
            }
            Ok(TagKind::Token { shown, raw: true })
        }
        '!' => Err(TemplateError::syntax(
            start..cursor.here().end,
            "a comment begins with `{{!`, without a space or `~`",
        )),
        _ if cursor.looks_at("else") => otherwise(cursor),
        _ => Ok(TagKind::Token {
            shown: token(cursor)?,
            raw: false,
        }),
    }
}

/// `{{else}}`, `{{else if x}}`
fn otherwise(cursor: &mut TagCursor<'_>) -> Result<TagKind, TemplateError> {
    let start = cursor.at;
    let word = cursor.run(is_name);
    if word != "else" || matches!(cursor.peek(), Some('.' | '/' | '[')) {
        // Handlebars reads `{{elsewhere}}` as `{{else where}}`.
        let help = match word {
            "elseif" | "elseIf" => "write `{{else if x}}`".to_owned(),
            _ => format!("write `this.{word}` for a field of that name"),
        };
        return Err(TemplateError::unsupported(
            cursor.since(start),
            "a tag cannot begin with a name that starts with `else`".to_owned(),
        )
        .help(help));
    }
    cursor.skip_whitespace();
    if matches!(cursor.peek(), Some('}' | '~')) {
        return Ok(TagKind::Else);
    }
    Ok(TagKind::ElseOpen(block(cursor)?))
}

/// `{{> name}}`
fn partial(cursor: &mut TagCursor<'_>) -> Result<TagKind, TemplateError> {
    let start = cursor.at;
    let name = cursor.run(|c| is_name(c) || matches!(c, '@' | '/' | '.'));
    let name_at = cursor.since(start);
    if name.is_empty() {
        let at = start..cursor.here().end;
        return Err(
            TemplateError::unsupported(at, "expected the name of a template")
                .help("write `{{> NAME}}`"),
        );
    }
    cursor.skip_whitespace();
    if !matches!(cursor.peek(), None | Some('}' | '~')) {
        let at = cursor.here();
        return Err(TemplateError::unsupported(at, "a partial takes no arguments").help(
            "it reads the fields of the surrounding context; change the context with `{{#with x}}`",
        ));
    }
    Ok(TagKind::Partial {
        name: name.into(),
        name_at,
        indented: false,
    })
}

/// `{{! note }}` and `{{!-- note --}}`
fn comment(cursor: &mut TagCursor<'_>) -> Result<Tag, TemplateError> {
    let start = cursor.at;
    cursor.eat("{{!");
    let after = cursor.at;
    cursor.skip_whitespace();
    let long = cursor.looks_at("--");
    let blank = cursor.at > after;
    cursor.at = after;
    let short_end = end_after(cursor.rest(), "}}");
    let end = if long {
        cursor.skip_whitespace();
        cursor.eat("--");
        let skipped = cursor.at.saturating_sub(after);
        let long_end = end_after(cursor.rest(), "--}}").map(|end| end.saturating_add(skipped));
        let broken = cursor.looks_at("}}") || cursor.looks_at("-}}");
        cursor.at = after;
        if long_end.is_some() && (broken || blank && long_end != short_end) {
            // Handlebars would continue the comment to the next `--}}`, wherever that is.
            return Err(TemplateError::syntax(
                start..cursor.at,
                "it is not clear where this comment ends",
            )
            .help("write `{{!-- note --}}`, or a `{{! note }}` that does not begin with `--`"));
        }
        long_end.or(short_end)
    } else {
        short_end
    };
    let Some(end) = end else {
        return Err(TemplateError::syntax(
            start..after,
            "this comment is not closed",
        ));
    };
    cursor.at = after.saturating_add(end);
    Ok(Tag {
        at: cursor.since(start),
        trim_before: false,
        trim_after: false,
        kind: TagKind::Comment,
    })
}

/// Returns the offset after the first `end`.
fn end_after(text: &str, end: &str) -> Option<usize> {
    text.find(end).map(|at| at.saturating_add(end.len()))
}

/// Removes the whitespace next to `~`, and the line of a tag that is alone on it. A partial that is
/// alone keeps the text before it, because its lines are not indented.
fn trim_whitespace(source: &str, pieces: &mut [TemplatePiece]) {
    let mut all = false;
    let mut line = false;
    let mut before: Option<&mut FixedText> = None;
    for piece in pieces {
        match piece {
            TemplatePiece::Text(text) => {
                if all {
                    text.value = text.value.trim_start().to_owned();
                } else if line {
                    let rest = text.value.trim_start_matches([' ', '\t']);
                    let rest = rest
                        .strip_prefix("\r\n")
                        .or_else(|| rest.strip_prefix('\n'))
                        .unwrap_or(rest);
                    text.value = rest.to_owned();
                }
                all = false;
                line = false;
                before = Some(text);
            }
            TemplatePiece::Tag(tag) => {
                all = tag.trim_after;
                line =
                    !matches!(tag.kind, TagKind::Token { .. }) && is_alone_on_line(source, &tag.at);
                if let Some(text) = before.take() {
                    let kept = if tag.trim_before {
                        text.value.trim_end()
                    } else {
                        text.value.as_str()
                    };
                    let short = kept.trim_end_matches([' ', '\t']);
                    let kept = match &mut tag.kind {
                        TagKind::Partial { indented, .. } if line => {
                            *indented = short.len() < kept.len();
                            kept
                        }
                        _ if line => short,
                        _ => kept,
                    };
                    let length = kept.len();
                    text.value.truncate(length);
                }
            }
        }
    }
}

/// Returns whether the lines of a tag contain only whitespace beside it.
fn is_alone_on_line(source: &str, at: &Range<usize>) -> bool {
    let blank = [' ', '\t'];
    let before = source.get(..at.start).unwrap_or("").trim_end_matches(blank);
    let after = source.get(at.end..).unwrap_or("");
    let ends = after.is_empty() || after.trim_start_matches(blank).starts_with(['\n', '\r']);
    ends && (before.is_empty() || before.ends_with(['\n', '\r']))
}
