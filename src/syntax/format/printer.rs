//! Writes token after token of a declaration, with the comments that stood between them. Knows levels,
//! lines and widths, and no clause.

use std::ops::Range;

use super::flat;
use super::flat::Flat;
use crate::syntax::ast::{At, Comment, Name, Text};
use crate::syntax::string::RAW;

/// Characters of the longest line that is not broken.
const WIDTH: usize = 100;

/// Blanks of one level.
const STEP: usize = 4;

/// What goes before a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    Nothing,
    Blank,
    /// A line of its own; a blank line in the source stays.
    Line,
    /// The next line of the same thing.
    Wrap,
}

/// Prints token by token; comments come out between the tokens that they stood between.
#[derive(Debug)]
pub(super) struct Printer<'a> {
    out: String,
    /// Where the last line of `out` begins.
    line: usize,
    pub(super) indent: usize,
    /// The declaration as it was written; empty for a tree that was never text.
    pub(super) source: &'a str,
    /// Comments not yet printed.
    comments: &'a [Comment],
    /// Offset in the source behind what was printed last.
    pub(super) cursor: usize,
    /// A bracket was opened last.
    opened: bool,
}

impl<'a> Printer<'a> {
    pub(super) fn new(source: &'a str, comments: &'a [Comment]) -> Self {
        Self {
            out: String::new(),
            line: 0,
            indent: 0,
            source,
            comments,
            cursor: 0,
            opened: true,
        }
    }

    /// What was printed, the comments that are left behind it.
    pub(super) fn finish(mut self) -> String {
        self.flush(usize::MAX);
        self.out
    }

    // ---- tokens

    /// A token with a place in the source.
    pub(super) fn at(&mut self, gap: Gap, text: &str, at: At) {
        self.write(gap, text, at.0.range());
    }

    /// A word or sign without one: the next there is.
    pub(super) fn word(&mut self, gap: Gap, text: &str) {
        let start = self.next_token();
        self.write(gap, text, start..start.saturating_add(text.len()));
    }

    /// The first word of something that has a place.
    pub(super) fn first(&mut self, gap: Gap, text: &str, at: At) {
        let start = at.0.start as usize;
        self.write(gap, text, start..start.saturating_add(text.len()));
    }

    pub(super) fn write(&mut self, gap: Gap, text: &str, range: Range<usize>) {
        let broken = self.flush(range.start);
        match gap {
            Gap::Line => {
                let blank = !self.opened && self.has_blank_line(range.start);
                self.break_line(blank);
            }
            Gap::Wrap => self.break_line(false),
            _ if broken => {
                self.break_line(false);
                self.pad(1);
            }
            Gap::Blank => self.out.push(' '),
            Gap::Nothing => {}
        }
        self.out.push_str(text);
        if let Some(last) = text.rfind('\n') {
            let behind = text.len().saturating_sub(last).saturating_sub(1);
            self.line = self.out.len().saturating_sub(behind);
        }
        if !self.source.is_empty() {
            self.cursor = range.end;
        }
        self.opened = false;
    }

    /// A comma directly behind what was printed last, wherever one stood.
    pub(super) fn comma(&mut self) {
        self.out.push(',');
    }

    /// Begins a block or list: what follows stands one level deeper.
    pub(super) fn open(&mut self, gap: Gap, bracket: &str) {
        self.word(gap, bracket);
        self.indent = self.indent.saturating_add(1);
        self.opened = true;
    }

    /// Ends a block on a line of its own; right behind its begin if nothing stands in it.
    pub(super) fn close(&mut self, bracket: &str) {
        let start = self.next_token();
        self.flush(start);
        self.indent = self.indent.saturating_sub(1);
        let gap = if self.opened { Gap::Nothing } else { Gap::Wrap };
        self.write(gap, bracket, start..start.saturating_add(bracket.len()));
    }

    /// Prints the comments before `offset`; whether there were any.
    fn flush(&mut self, offset: usize) -> bool {
        let mut any = false;
        while let Some((comment, rest)) = self.comments.split_first() {
            let start = comment.span.start as usize;
            if start >= offset {
                break;
            }
            if comment.own_line {
                let blank = !self.opened && self.has_blank_line(start);
                self.break_line(blank);
            } else {
                self.out.push(' ');
            }
            self.out.push_str(comment.text.trim_end());
            self.cursor = comment.span.end as usize;
            self.comments = rest;
            self.opened = false;
            any = true;
        }
        any
    }

    fn break_line(&mut self, blank: bool) {
        self.out.push_str(if blank { "\n\n" } else { "\n" });
        self.line = self.out.len();
        self.pad(self.indent);
    }

    fn pad(&mut self, levels: usize) {
        let blanks = levels.saturating_mul(STEP);
        self.out.extend(std::iter::repeat_n(' ', blanks));
    }

    fn has_blank_line(&self, before: usize) -> bool {
        let between = self.source.get(self.cursor..before).unwrap_or("");
        let breaks = between.bytes().filter(|b| *b == b'\n').count();
        let returns = between.bytes().filter(|b| *b == b'\r').count();
        breaks.max(returns) > 1
    }

    /// Where the next token of the source stands; commas are none.
    pub(super) fn next_token(&self) -> usize {
        let mut at = self.cursor;
        let mut comments = self.comments.iter();
        loop {
            let rest = self.source.get(at..).unwrap_or("");
            let token = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
            if !token.starts_with("//") {
                return at.saturating_add(rest.len()).saturating_sub(token.len());
            }
            match comments.next() {
                Some(comment) => at = (comment.span.end as usize).max(at),
                None => return at,
            }
        }
    }

    // ---- width

    /// Whether no comment stands in the range.
    fn is_bare(&self, start: usize, end: usize) -> bool {
        let passed = self
            .comments
            .partition_point(|comment| (comment.span.start as usize) < start);
        self.comments
            .get(passed)
            .is_none_or(|comment| comment.span.start as usize >= end)
    }

    /// `text` on what is left of the line, if it fits there and no comment stands in its range.
    pub(super) fn fit(&self, gap: Gap, flat: Flat<'_>, at: At) -> Option<String> {
        let column = match gap {
            Gap::Line | Gap::Wrap => self.indent.saturating_mul(STEP),
            Gap::Nothing | Gap::Blank => {
                let line = self.out.get(self.line..).unwrap_or("");
                line.chars().count().saturating_add(1)
            }
        };
        let range = at.0.range();
        let text = flat.text()?;
        let fits = column.saturating_add(text.chars().count()) <= WIDTH;
        (fits && self.is_bare(range.start, range.end)).then_some(text)
    }

    pub(super) fn flat(&self) -> Flat<'_> {
        Flat::new(self.source)
    }

    // ---- names and strings

    pub(super) fn name(&mut self, gap: Gap, name: &Name) {
        self.at(gap, &flat::name(self.source, name), name.at);
    }

    pub(super) fn text(&mut self, gap: Gap, text: &Text) {
        match flat::text(self.source, text) {
            Some(literal) => self.at(gap, &literal, text.at),
            None => {
                let margin = " ".repeat(self.indent.saturating_mul(STEP));
                self.at(gap, &raw(&text.value, &margin), text.at);
            }
        }
    }
}

/// A raw string over several lines, its text one level deeper than `margin`.
fn raw(value: &str, margin: &str) -> String {
    // Without a line of more than blanks there is no common margin to take off again.
    let blank = value
        .split('\n')
        .all(|line| line.trim_matches([' ', '\t']).is_empty());
    let mut out = RAW.to_owned();
    for line in value.split('\n') {
        out.push('\n');
        if !blank && !line.is_empty() {
            out.push_str(margin);
            out.extend(std::iter::repeat_n(' ', STEP));
        }
        out.push_str(line);
    }
    out.push('\n');
    out.push_str(margin);
    out.push_str(RAW);
    out
}
