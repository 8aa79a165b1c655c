//! Cuts a template into fixed texts and tags, and takes from the texts the blanks that belong to tags.
//! Knows no helper, field or block by name.
//!
//! Works before handlebars' parser, which aborts or takes quadratic time on what is too long.

use std::ops::Range;

use super::expression::{Argument, ArgumentKind, Call, Cursor, Flaw, block, is_name, token};
use crate::diagnostic::Code;
use crate::limits::Limits;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(Text),
    Tag(Tag),
}

/// A fixed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) at: Range<usize>,
    /// Without the backslashes of escapes and the blanks that belong to tags.
    pub(crate) value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// With its braces.
    pub(crate) at: Range<usize>,
    /// `{{~`
    pub(crate) trim_before: bool,
    /// `~}}`
    pub(crate) trim_after: bool,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Comment,
    /// `{{x}}`, `{{helper x}}`; raw: `{{{x}}}` and `{{&x}}`
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
        /// Stands alone on its line with blanks before it.
        indented: bool,
    },
}

/// The pieces of a template in order, and all that is wrong with its tags one by one.
pub(crate) fn cut(text: &str, limits: &Limits) -> (Vec<Piece>, Vec<Flaw>) {
    let mut flaws = Vec::new();
    if text.len() > limits.template_bytes {
        let message = format!("a template of more than {} bytes", limits.template_bytes);
        flaws.push(Flaw::new(Code::TemplateTooLarge, 0..0, message));
        return (Vec::new(), flaws);
    }
    let mut pieces = Vec::new();
    let mut tags: usize = 0;
    let mut cursor = Cursor {
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
            flaws.push(Flaw::new(Code::TemplateTooLarge, at, message));
            return (pieces, flaws);
        }
        match tag(&mut cursor) {
            Ok(tag) => pieces.push(Piece::Tag(tag)),
            Err(flaw) => {
                flaws.push(flaw);
                // The next tag is looked for behind the next closing braces.
                let Some((skipped, _)) = cursor.rest().split_once("}}") else {
                    return (pieces, flaws);
                };
                cursor.at = cursor.at.saturating_add(skipped.len()).saturating_add(2);
                cursor.run(|c| c == '}');
            }
        }
    }
    take_blanks(text, &mut pieces);
    (pieces, flaws)
}

/// What handlebars' parser, which recurses, is given of parentheses at the most.
const DEEPEST: usize = 64;

/// A fixed text up to the next tag or the end.
fn fixed(cursor: &mut Cursor<'_>, pieces: &mut Vec<Piece>) {
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
            // `\{{` is no tag, and `\{{{{` is none either.
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
            // `\\{{x}}` is a backslash before a tag.
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

fn push_text(at: Range<usize>, value: String, pieces: &mut Vec<Piece>) {
    if !at.is_empty() {
        pieces.push(Piece::Text(Text { at, value }));
    }
}

/// One tag; the cursor is at its opening braces.
fn tag(cursor: &mut Cursor<'_>) -> Result<Tag, Flaw> {
    let start = cursor.at;
    if cursor.looks_at("{{{{") {
        cursor.at = start.saturating_add(4);
        let at = cursor.since(start);
        // What is inside is no template; the search goes on behind its end.
        if let Some(end) = end_behind(cursor.rest(), "{{{{/") {
            cursor.at = cursor.at.saturating_add(end);
        }
        return Err(unsupported(at, "raw blocks are not supported")
            .help("write `\\{{` for braces that are text"));
    }
    if cursor.looks_at("{{!") {
        return comment(cursor);
    }
    let triple = cursor.eat("{{{");
    if !triple {
        cursor.eat("{{");
    }
    cursor.blanks();
    let trim_before = cursor.eat("~");
    cursor.blanks();
    let braces = triple || cursor.eat("{");
    cursor.blanks();
    let mut tag = Tag {
        at: start..start,
        trim_before,
        trim_after: false,
        kind: if braces {
            Kind::Token {
                shown: token(cursor)?,
                raw: true,
            }
        } else {
            inside(cursor, start)?
        },
    };
    cursor.blanks();
    if braces {
        let tilde = cursor.looks_at("~") && triple;
        if tilde {
            cursor.eat("~");
            cursor.blanks();
            tag.trim_after = true;
        }
        if !cursor.eat("}") {
            return Err(cursor.unexpected("`}}}`"));
        }
        cursor.blanks();
    }
    if cursor.eat("~") {
        tag.trim_after = true;
        cursor.blanks();
    }
    if !cursor.eat("}}") {
        let expected = if braces { "`}}}`" } else { "`}}`" };
        return Err(cursor.unexpected(expected));
    }
    tag.at = cursor.since(start);
    Ok(tag)
}

/// What stands between double braces, by its first character.
fn inside(cursor: &mut Cursor<'_>, start: usize) -> Result<Kind, Flaw> {
    let sigil = cursor.peek().unwrap_or(' ');
    if matches!(sigil, '#' | '/' | '^' | '>' | '*' | '&') {
        cursor.at = cursor.here().end;
        cursor.blanks();
    }
    match sigil {
        '#' if cursor.eat("*") => Err(unsupported(
            cursor.since(start),
            "inline partials and decorators are not supported",
        )
        .help("declare the text with `template NAME \"…\"` beside the rules")),
        '#' if cursor.eat(">") => Err(unsupported(
            cursor.since(start),
            "partial blocks are not supported",
        )
        .help("write `{{> NAME}}` for a template declared beside the rules")),
        '#' => Ok(Kind::Open(block(cursor)?)),
        '/' => {
            let name = cursor.run(is_name);
            Ok(Kind::Close { name: name.into() })
        }
        '^' if matches!(cursor.peek(), Some('}' | '~')) => Ok(Kind::Else),
        '^' => Err(unsupported(cursor.since(start), "`{{^` is not supported")
            .help("write `{{#unless x}}`, or `{{else}}` inside a block")),
        '>' => partial(cursor),
        '*' => Err(unsupported(
            cursor.since(start),
            "decorators are not supported",
        )),
        '&' => {
            let bare = !cursor.looks_at("(");
            let shown = token(cursor)?;
            if bare && matches!(shown.kind, ArgumentKind::Call(_)) {
                return Err(
                    unsupported(shown.at, "a helper behind `&` is not supported")
                        .help("write `{{{helper x}}}`"),
                );
            }
            Ok(Kind::Token { shown, raw: true })
        }
        '!' => Err(Flaw::new(
            Code::TemplateSyntax,
            start..cursor.here().end,
            "a comment begins with `{{!`, without blank or `~`",
        )),
        _ if cursor.looks_at("else") => otherwise(cursor),
        _ => Ok(Kind::Token {
            shown: token(cursor)?,
            raw: false,
        }),
    }
}

/// `{{else}}`, `{{else if x}}`
fn otherwise(cursor: &mut Cursor<'_>) -> Result<Kind, Flaw> {
    let start = cursor.at;
    let word = cursor.run(is_name);
    if word != "else" || matches!(cursor.peek(), Some('.' | '/' | '[')) {
        // To handlebars `{{elsewhere}}` is `{{else where}}`.
        let help = match word {
            "elseif" | "elseIf" => "write `{{else if x}}`".to_owned(),
            _ => format!("write `this.{word}` for a field of that name"),
        };
        return Err(unsupported(
            cursor.since(start),
            format!("a tag cannot begin with a name like `{word}`"),
        )
        .help(help));
    }
    cursor.blanks();
    if matches!(cursor.peek(), Some('}' | '~')) {
        return Ok(Kind::Else);
    }
    Ok(Kind::ElseOpen(block(cursor)?))
}

/// `{{> name}}`
fn partial(cursor: &mut Cursor<'_>) -> Result<Kind, Flaw> {
    let start = cursor.at;
    let name = cursor.run(|c| is_name(c) || matches!(c, '@' | '/' | '.'));
    let name_at = cursor.since(start);
    if name.is_empty() {
        let at = start..cursor.here().end;
        return Err(
            unsupported(at, "a template is included by its plain name").help("write `{{> NAME}}`")
        );
    }
    cursor.blanks();
    if !matches!(cursor.peek(), None | Some('}' | '~')) {
        let at = cursor.here();
        return Err(unsupported(at, "a partial takes no arguments")
            .help("it reads the same fields as the place where it stands; `{{#with x}}` around it changes them"));
    }
    Ok(Kind::Partial {
        name: name.into(),
        name_at,
        indented: false,
    })
}

/// `{{! note }}` and `{{!-- note --}}`
fn comment(cursor: &mut Cursor<'_>) -> Result<Tag, Flaw> {
    let start = cursor.at;
    cursor.eat("{{!");
    let behind = cursor.at;
    cursor.blanks();
    let long = cursor.looks_at("--");
    let blank = cursor.at > behind;
    cursor.at = behind;
    let short_end = end_behind(cursor.rest(), "}}");
    let end = if long {
        cursor.blanks();
        cursor.eat("--");
        let skipped = cursor.at.saturating_sub(behind);
        let long_end = end_behind(cursor.rest(), "--}}").map(|end| end.saturating_add(skipped));
        let broken = cursor.looks_at("}}") || cursor.looks_at("-}}");
        cursor.at = behind;
        if long_end.is_some() && (broken || blank && long_end != short_end) {
            // Here handlebars would go on to the next `--}}`, wherever it stands.
            return Err(Flaw::new(
                Code::TemplateSyntax,
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
        return Err(Flaw::new(
            Code::TemplateSyntax,
            start..behind,
            "this comment is not closed",
        ));
    };
    cursor.at = behind.saturating_add(end);
    Ok(Tag {
        at: cursor.since(start),
        trim_before: false,
        trim_after: false,
        kind: Kind::Comment,
    })
}

/// The offset right behind `end`.
fn end_behind(text: &str, end: &str) -> Option<usize> {
    text.find(end).map(|at| at.saturating_add(end.len()))
}

fn unsupported(at: Range<usize>, message: impl Into<String>) -> Flaw {
    Flaw::new(Code::TemplateUnsupported, at, message)
}

/// Takes away the blanks around `~`, and around tags that stand alone on their line with the line's
/// break. A partial alone on its line keeps what stands before it: no line of it is indented.
fn take_blanks(source: &str, pieces: &mut [Piece]) {
    let mut all = false;
    let mut line = false;
    let mut before: Option<&mut Text> = None;
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
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
            Piece::Tag(tag) => {
                all = tag.trim_after;
                line = !matches!(tag.kind, Kind::Token { .. }) && alone(source, &tag.at);
                if let Some(text) = before.take() {
                    let kept = if tag.trim_before {
                        text.value.trim_end()
                    } else {
                        text.value.as_str()
                    };
                    let short = kept.trim_end_matches([' ', '\t']);
                    let kept = match &mut tag.kind {
                        Kind::Partial { indented, .. } if line => {
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

/// Whether nothing but blanks stands beside a tag on its line, or on its lines.
fn alone(source: &str, at: &Range<usize>) -> bool {
    let blank = [' ', '\t'];
    let before = source.get(..at.start).unwrap_or("").trim_end_matches(blank);
    let behind = source.get(at.end..).unwrap_or("");
    let ends = behind.is_empty() || behind.trim_start_matches(blank).starts_with(['\n', '\r']);
    ends && (before.is_empty() || before.ends_with(['\n', '\r']))
}
