//! Converts byte offsets of a text to lines and columns.
//!
//! This is the only place that counts lines. LF, CR and CR LF each end a line, and a byte order mark at
//! the start is not part of the first line.

use super::span::saturating_u32;

/// A line and a column, both from 1. Columns count characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Position {
    /// Returns the position of a byte offset in a text that need not be UTF-8.
    ///
    /// Reads the text up to the offset. For several positions in one text, use a [`LineIndex`].
    pub(crate) fn of(bytes: &[u8], offset: usize) -> Self {
        let offset = offset.min(bytes.len());
        let (mut line, mut start) = (1, first_line_start(bytes).min(offset));
        for next in line_starts(bytes).take_while(|start| *start <= offset) {
            line = usize::saturating_add(line, 1);
            start = next;
        }
        let characters = count_characters(bytes.get(start..offset).unwrap_or_default());
        Self {
            line: saturating_u32(line),
            column: characters.saturating_add(1),
        }
    }
}

/// The line starts of one text, so that a position is found without reading the text again.
#[derive(Debug)]
pub(crate) struct LineIndex<'a> {
    text: &'a str,
    line_starts: Vec<u32>,
    /// The number of characters before each block of [`BLOCK`] bytes. The last entry counts them all.
    characters: Vec<u32>,
}

/// Bytes per block.
const BLOCK: usize = 1024;

impl<'a> LineIndex<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let starts = [first_line_start(bytes)].into_iter();
        let mut characters = vec![0];
        let mut before: u32 = 0;
        for block in bytes.chunks(BLOCK) {
            before = before.saturating_add(count_characters(block));
            characters.push(before);
        }
        Self {
            text,
            line_starts: starts
                .chain(line_starts(bytes))
                .map(saturating_u32)
                .collect(),
            characters,
        }
    }

    pub(crate) const fn text(&self) -> &'a str {
        self.text
    }

    /// Returns the position of a byte offset. Offsets past the end have the position of the end.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let offset = floor_char_boundary(self.text, offset as usize);
        let (line, start) = self.line(offset);
        let column = self
            .characters_before(offset)
            .saturating_sub(self.characters_before(start));
        Position {
            line: saturating_u32(line),
            column: column.saturating_add(1),
        }
    }

    /// Returns the number of the line that contains `offset`, and the offset of its start.
    pub(crate) fn line(&self, offset: usize) -> (usize, usize) {
        let line = self
            .line_starts
            .partition_point(|start| *start as usize <= offset);
        let start = self.line_starts.get(line.saturating_sub(1)).copied();
        // A byte order mark lies before the start of line 1.
        let start = start.map_or(0, |start| start as usize).min(offset);
        (line.max(1), start)
    }

    fn characters_before(&self, offset: usize) -> u32 {
        let block = offset / BLOCK;
        let before = self.characters.get(block).copied().unwrap_or_default();
        let rest = block.saturating_mul(BLOCK)..offset;
        let rest = self.text.as_bytes().get(rest).unwrap_or_default();
        before.saturating_add(count_characters(rest))
    }
}

/// Returns the nearest character boundary at or before `offset`.
pub(super) fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset = offset.saturating_sub(1);
    }
    offset
}

fn first_line_start(bytes: &[u8]) -> usize {
    let byte_order_mark = "\u{feff}";
    match bytes.starts_with(byte_order_mark.as_bytes()) {
        true => byte_order_mark.len(),
        false => 0,
    }
}

/// Returns the start of every line but the first.
fn line_starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let ends = memchr::memchr2_iter(b'\n', b'\r', bytes).map(|at| at.saturating_add(1));
    // The CR of a CR LF does not end the line; its LF does.
    ends.filter(|end| {
        let is_cr = bytes.get(end.saturating_sub(1)) == Some(&b'\r');
        !(is_cr && bytes.get(*end) == Some(&b'\n'))
    })
}

/// Counts the bytes that begin a character of UTF-8.
fn count_characters(bytes: &[u8]) -> u32 {
    let is_continuation = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    saturating_u32(bytes.iter().filter(|byte| !is_continuation(**byte)).count())
}

#[cfg(test)]
mod tests {
    use super::{LineIndex, Position};

    #[test]
    fn every_line_ending_ends_a_line() {
        let text = "\u{feff}aé\r\nb\rc\n\nд";
        let index = LineIndex::new(text);
        for (offset, line, column) in [
            (0, 1, 1),
            (3, 1, 1),
            (4, 1, 2),
            (6, 1, 3),
            (8, 2, 1),
            (10, 3, 1),
            (12, 4, 1),
            (13, 5, 1),
            (15, 5, 2),
            (99, 5, 2),
        ] {
            let expected = Position { line, column };
            assert_eq!(index.position(offset), expected, "{offset}");
            let once = Position::of(text.as_bytes(), offset as usize);
            assert_eq!(once, expected, "{offset}");
        }
        // Inside of `é` the index rounds down to the character.
        assert_eq!(index.position(5), Position { line: 1, column: 2 });
        let index = LineIndex::new("");
        assert_eq!(index.position(0), Position { line: 1, column: 1 });
        let index = LineIndex::new("a\r");
        assert_eq!(index.position(2), Position { line: 2, column: 1 });
    }

    #[test]
    fn columns_are_right_far_into_a_line() {
        let text = "жx".repeat(3_000);
        let index = LineIndex::new(&text);
        let columns = text.char_indices().enumerate();
        for (count, (offset, _)) in columns {
            let position = index.position(u32::try_from(offset).unwrap());
            assert_eq!(position.column as usize, count + 1);
        }
        let end = index.position(u32::try_from(text.len()).unwrap());
        assert_eq!(end.column, 6_001);
        let full = "a".repeat(2_048);
        assert_eq!(LineIndex::new(&full).position(2_048).column, 2_049);
    }
}
