//! Lines and columns of a text, and the piece of a line that a message shows. Knows nothing of what is
//! wrong there.

use std::borrow::Cow;
use std::fmt::Write;

use super::span::{Span, clamp};

/// A place as people count: line and column from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Finds lines and columns of one text, each in a time that does not depend on the text's size.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    /// Where each line begins.
    starts: Vec<u32>,
    /// Characters before each block of bytes.
    counts: Vec<u32>,
}

/// Bytes of one block.
const BLOCK: usize = 1024;

/// Characters of a line that are shown.
const WIDTH: usize = 120;

/// Of these, so many before the place at most.
const BEFORE: usize = 60;

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        // A byte order mark is no character of the first line.
        let begin = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut starts = vec![begin];
        let mut counts = Vec::with_capacity(text.len().div_ceil(BLOCK).saturating_add(1));
        let mut before: u32 = 0;
        let mut last = 0;
        for (at, b) in text.bytes().enumerate() {
            if at % BLOCK == 0 {
                counts.push(before);
            }
            before = before.saturating_add(u32::from(is_first(b)));
            // Of CR LF the line feed ends the line, and a lone CR is known one byte late.
            if last == b'\r' && b != b'\n' {
                starts.push(clamp(at));
            }
            if b == b'\n' {
                starts.push(clamp(at).saturating_add(1));
            }
            last = b;
        }
        if last == b'\r' {
            starts.push(clamp(text.len()));
        }
        Self {
            text,
            starts,
            counts,
        }
    }

    /// The position of a byte offset; past the end: that of the end.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let offset = self.floor(offset as usize);
        let (line, start) = self.line(offset);
        let column = self
            .characters(offset)
            .saturating_sub(self.characters(start));
        Position {
            line: clamp(line),
            column: column.saturating_add(1),
        }
    }

    /// The part of a line around the begin of `span`, and what of it the span covers.
    pub(crate) fn excerpt(&self, span: Span) -> Excerpt {
        let at = self.floor(span.start as usize);
        let (_, start) = self.line(at);
        let before = self.text.get(start..at).unwrap_or("");
        let from = before
            .char_indices()
            .rev()
            .nth(BEFORE.saturating_sub(1))
            .map_or(0, |(index, _)| index);
        let lead = before.get(from..).unwrap_or("");
        let most = WIDTH.saturating_sub(lead.chars().count());
        let rest = self.text.get(at..).unwrap_or("");
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
        Excerpt {
            text: format!("{lead}{tail}").into(),
            lead: lead.chars().count(),
            covered,
            cut_before: from > 0,
            cut_after: !matches!(rest.as_bytes().get(end), None | Some(b'\n' | b'\r')),
        }
    }

    /// The number of the line that holds `offset`, and where it begins.
    fn line(&self, offset: usize) -> (usize, usize) {
        let line = self
            .starts
            .partition_point(|start| *start as usize <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied();
        (
            line.max(1),
            start.map_or(0, |start| start as usize).min(offset),
        )
    }

    fn characters(&self, offset: usize) -> u32 {
        let block = offset / BLOCK;
        let before = self.counts.get(block).copied();
        let rest = block.saturating_mul(BLOCK)..offset;
        let more = self.text.as_bytes().get(rest).unwrap_or_default();
        match before {
            Some(before) => {
                before.saturating_add(clamp(more.iter().filter(|b| is_first(**b)).count()))
            }
            // The offset is the end, and a block would begin there.
            None => match offset.checked_sub(1) {
                Some(last) => self.characters(last).saturating_add(
                    self.text
                        .as_bytes()
                        .get(last)
                        .map_or(0, |b| u32::from(is_first(*b))),
                ),
                None => 0,
            },
        }
    }

    /// The nearest offset from `offset` down that begins a character.
    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset = offset.saturating_sub(1);
        }
        offset
    }
}

/// Whether a byte of UTF-8 begins a character.
const fn is_first(b: u8) -> bool {
    b & 0b1100_0000 != 0b1000_0000
}

/// A part of one line, and what of it is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Excerpt {
    text: Box<str>,
    /// Characters before what is meant.
    lead: usize,
    /// Characters that are meant.
    covered: usize,
    cut_before: bool,
    cut_after: bool,
}

impl Excerpt {
    /// The text as shown, in one line; the width before the mark, and the mark's width.
    pub(crate) fn shown(&self) -> (String, usize, usize) {
        let mut out = String::new();
        if self.cut_before {
            out.push('…');
        }
        let mut ends = [0, 0];
        for (index, c) in self.text.chars().enumerate() {
            if index == self.lead {
                ends[0] = out.chars().count();
            }
            if index == self.lead.saturating_add(self.covered) {
                ends[1] = out.chars().count();
            }
            match c {
                '\t' => out.push_str("    "),
                c => write_safe(&mut out, c),
            }
        }
        let total = self.text.chars().count();
        let width = out.chars().count();
        if total <= self.lead {
            ends[0] = width;
        }
        if total <= self.lead.saturating_add(self.covered) {
            ends[1] = width;
        }
        if self.cut_after {
            out.push('…');
        }
        let [start, end] = ends;
        (out, start, end.saturating_sub(start).max(1))
    }
}

/// `text` with everything escaped that could move a terminal's cursor, end a line or hide what stands
/// there; very long texts are cut.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    const MOST: usize = 2_000;
    let long = text.len() > MOST;
    if !long && !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(MOST));
    for (index, c) in text.chars().enumerate() {
        if index >= MOST {
            out.push('…');
            break;
        }
        write_safe(&mut out, c);
    }
    Cow::Owned(out)
}

fn write_safe(out: &mut String, c: char) {
    if is_unsafe(c) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", c.escape_default());
    } else {
        out.push(c);
    }
}

/// Control characters, and those of Unicode that turn the direction of text or have no width.
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
    use super::{Lines, Position, safe};
    use crate::text::span::Span;

    #[test]
    fn positions() {
        let lines = Lines::new("\u{feff}aé\r\nb\rc\n\nд");
        for (offset, line, column) in [
            (3, 1, 1),
            (4, 1, 2),
            (5, 1, 2),
            (6, 1, 3),
            (8, 2, 1),
            (10, 3, 1),
            (12, 4, 1),
            (13, 5, 1),
            (15, 5, 2),
            (99, 5, 2),
        ] {
            assert_eq!(
                lines.position(offset),
                Position { line, column },
                "{offset}"
            );
        }
        assert_eq!(Lines::new("").position(0), Position { line: 1, column: 1 });
        assert_eq!(
            Lines::new("a\r").position(2),
            Position { line: 2, column: 1 }
        );
    }

    #[test]
    fn positions_far_into_a_line() {
        let text = "жx".repeat(3_000);
        let lines = Lines::new(&text);
        let columns = text.char_indices().enumerate();
        for (count, (offset, _)) in columns {
            let position = lines.position(u32::try_from(offset).unwrap());
            assert_eq!(position.column as usize, count + 1);
        }
        let end = lines.position(u32::try_from(text.len()).unwrap());
        assert_eq!(end.column, 6_001);
        let full = "a".repeat(2_048);
        assert_eq!(Lines::new(&full).position(2_048).column, 2_049);
    }

    #[test]
    fn excerpts_mark_their_place() {
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
            let found = Lines::new(text).excerpt(Span::new(span.0, span.1)).shown();
            assert_eq!(found, (shown.to_owned(), lead, width), "{text:?}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(500), "b".repeat(500));
        let (shown, lead, width) = Lines::new(&text).excerpt(Span::new(500, 504)).shown();
        assert_eq!(shown, format!("…{}HERE{}…", "a".repeat(60), "b".repeat(56)));
        assert_eq!((lead, width), (61, 4));
    }

    #[test]
    fn texts_are_made_safe() {
        assert_eq!(safe("`Привіт`"), "`Привіт`");
        assert_eq!(safe("a\nb\u{7}"), "a\\nb\\u{7}");
        assert_eq!(safe(&"x".repeat(3_000)).chars().count(), 2_001);
    }
}
