//! Extracts the part of a source line that a diagnostic prints, and escapes text for terminals.

use std::borrow::Cow;
use std::fmt::Write;

use super::line_index::{LineIndex, floor_char_boundary};
use super::span::Span;

/// The part of one line around a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snippet {
    text: Box<str>,
    /// Characters before the span.
    lead: usize,
    /// Characters of the span.
    covered: usize,
    cut_before: bool,
    cut_after: bool,
}

/// A snippet as it is printed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SnippetLine {
    pub(crate) text: String,
    /// Characters before the underline.
    pub(crate) lead: usize,
    /// Characters to underline, at least one.
    pub(crate) width: usize,
}

/// The largest number of characters in a snippet.
const MAX_WIDTH: usize = 120;

/// The largest number of characters before the span.
const MAX_LEAD: usize = 60;

impl Snippet {
    /// Cuts the line around the start of `span`.
    pub(crate) fn new(index: &LineIndex<'_>, span: Span) -> Self {
        let text = index.text();
        let at = floor_char_boundary(text, span.start as usize);
        let (_, start) = index.line(at);
        let before = text.get(start..at).unwrap_or("");
        let from = before
            .char_indices()
            .rev()
            .nth(MAX_LEAD.saturating_sub(1))
            .map_or(0, |(index, _)| index);
        let lead = before.get(from..).unwrap_or("");
        let most = MAX_WIDTH.saturating_sub(lead.chars().count());
        let rest = text.get(at..).unwrap_or("");
        let end = rest
            .char_indices()
            .enumerate()
            .find(|(count, (_, c))| *count >= most || matches!(c, '\n' | '\r'))
            .map_or(rest.len(), |(_, (index, _))| index);
        let tail = rest.get(..end).unwrap_or("");
        let length = (span.end as usize).saturating_sub(at);
        let covered = tail
            .char_indices()
            .take_while(|(index, _)| *index < length)
            .count();
        Self {
            text: format!("{lead}{tail}").into(),
            lead: lead.chars().count(),
            covered,
            cut_before: from > 0,
            cut_after: !matches!(rest.as_bytes().get(end), None | Some(b'\n' | b'\r')),
        }
    }

    /// Returns the snippet escaped, with an ellipsis where the line was cut.
    pub(crate) fn to_line(&self) -> SnippetLine {
        let mut out = String::new();
        if self.cut_before {
            out.push('…');
        }
        let mut chars = self.text.chars();
        let mut push = |count: usize| {
            for c in chars.by_ref().take(count) {
                match c {
                    '\t' => out.push_str("    "),
                    c => push_escaped(&mut out, c),
                }
            }
            out.chars().count()
        };
        let lead = push(self.lead);
        let end = push(self.covered);
        push(usize::MAX);
        if self.cut_after {
            out.push('…');
        }
        SnippetLine {
            text: out,
            lead,
            width: end.saturating_sub(lead).max(1),
        }
    }
}

/// Escapes every character that could move a terminal's cursor, end a line or hide text. Cuts very long
/// texts.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    const MAX_LENGTH: usize = 2_000;
    let is_long = text.len() > MAX_LENGTH;
    if !is_long && !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(MAX_LENGTH));
    for (index, c) in text.chars().enumerate() {
        if index >= MAX_LENGTH {
            out.push('…');
            break;
        }
        push_escaped(&mut out, c);
    }
    Cow::Owned(out)
}

fn push_escaped(out: &mut String, c: char) {
    if is_unsafe(c) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", c.escape_default());
    } else {
        out.push(c);
    }
}

/// Returns whether a character is a control character, changes the direction of text or has no width.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::{LineIndex, Snippet, SnippetLine, Span, escape};

    fn snippet(text: &str, start: u32, end: u32) -> SnippetLine {
        Snippet::new(&LineIndex::new(text), Span::new(start, end)).to_line()
    }

    #[test]
    fn snippets_underline_their_span() {
        for (text, span, shown, lead, width) in [
            ("ab cd\nef", (3, 5), "ab cd", 3, 2),
            ("ab cd\nef", (3, 8), "ab cd", 3, 2),
            ("ab\n", (2, 2), "ab", 2, 1),
            ("", (0, 0), "", 0, 1),
            ("\tпривіт x", (1, 13), "    привіт x", 4, 6),
            (
                "a\u{1b}[31m\u{202e}b",
                (1, 2),
                "a\\u{1b}[31m\\u{202e}b",
                1,
                6,
            ),
        ] {
            let expected = SnippetLine {
                text: shown.to_owned(),
                lead,
                width,
            };
            assert_eq!(snippet(text, span.0, span.1), expected, "{text:?}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_span() {
        let text = format!("{}HERE{}", "a".repeat(500), "b".repeat(500));
        let line = snippet(&text, 500, 504);
        let expected = format!("…{}HERE{}…", "a".repeat(60), "b".repeat(56));
        assert_eq!(line.text, expected);
        assert_eq!((line.lead, line.width), (61, 4));
    }

    #[test]
    fn unsafe_characters_are_escaped() {
        assert_eq!(escape("`Привіт`"), "`Привіт`");
        assert_eq!(escape("a\nb\u{7}"), "a\\nb\\u{7}");
        assert_eq!(escape(&"x".repeat(3_000)).chars().count(), 2_001);
    }
}
