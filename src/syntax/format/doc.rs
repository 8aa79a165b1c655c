//! A document to lay out: tokens, the gaps between them, and groups that take one line if they fit.
//!
//! The commands follow Wadler's pretty printer: a group is measured at infinite width, and its gaps
//! become line breaks if the result does not fit. Comments are not part of the document. They are
//! written between the tokens that surround them in the source, so every token must be added in
//! source order.

use std::borrow::Cow;

use crate::syntax::ast::{At, Comment};
use crate::syntax::string::RAW;

/// Characters of the longest line that is not broken.
const WIDTH: usize = 100;

/// Spaces of one level of indentation.
const STEP: usize = 4;

/// The space before a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    Nothing,
    Space,
    /// A line break that keeps a blank line of the source; a space on one line.
    SoftLine,
    /// Like `SoftLine`, but the group around it never takes one line.
    HardLine,
    /// A line break within one construct; a space on one line.
    Wrap,
}

/// When a comma is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comma {
    Always,
    /// In a group on one line.
    Flat,
    /// In a group on several lines.
    Broken,
}

#[derive(Debug)]
enum Command<'a> {
    /// Replaces the gap before the next token.
    Gap(Gap),
    /// A token, and its place in the source if the source spells it in another length.
    Token(Cow<'a, str>, Option<At>),
    /// A raw string of several lines: its value and its place.
    RawString(&'a str, At),
    Comma(Comma),
    /// An opening bracket, or the start of an indentation without one.
    Open(&'static str),
    Close(&'static str),
    Indent,
    Dedent,
    /// The commands before `end` take one line if they fit and no comment is in their range.
    Group {
        at: At,
        end: usize,
    },
}

/// The layout of one declaration.
#[derive(Debug)]
pub(super) struct Doc<'a> {
    /// The declaration as it was written; empty for a tree that was never text.
    pub(super) source: &'a str,
    commands: Vec<Command<'a>>,
}

impl<'a> Doc<'a> {
    pub(super) const fn new(source: &'a str) -> Self {
        Self {
            source,
            commands: Vec::new(),
        }
    }

    fn push(&mut self, command: Command<'a>) -> &mut Self {
        self.commands.push(command);
        self
    }

    /// Sets the gap before the next token; without one there is no space.
    pub(super) fn gap(&mut self, gap: Gap) -> &mut Self {
        self.push(Command::Gap(gap))
    }

    pub(super) fn token(&mut self, text: impl Into<Cow<'a, str>>) -> &mut Self {
        self.push(Command::Token(text.into(), None))
    }

    /// Adds a token that replaces the text at `at`.
    pub(super) fn token_at(&mut self, text: impl Into<Cow<'a, str>>, at: At) -> &mut Self {
        self.push(Command::Token(text.into(), Some(at)))
    }

    pub(super) fn raw_string(&mut self, value: &'a str, at: At) -> &mut Self {
        self.push(Command::RawString(value, at))
    }

    /// Adds a space and a word.
    pub(super) fn word(&mut self, text: impl Into<Cow<'a, str>>) -> &mut Self {
        self.gap(Gap::Space).token(text)
    }

    /// Adds a word on a line of its own.
    pub(super) fn line(&mut self, text: impl Into<Cow<'a, str>>) -> &mut Self {
        self.gap(Gap::HardLine).token(text)
    }

    pub(super) fn comma(&mut self, comma: Comma) -> &mut Self {
        self.push(Command::Comma(comma))
    }

    /// Adds `contents` between two brackets, one level deeper.
    pub(super) fn brackets(
        &mut self,
        open: &'static str,
        close: &'static str,
        contents: impl FnOnce(&mut Self),
    ) -> &mut Self {
        self.push(Command::Open(open));
        contents(self);
        self.push(Command::Close(close))
    }

    pub(super) fn indent(&mut self, contents: impl FnOnce(&mut Self)) -> &mut Self {
        self.push(Command::Indent);
        contents(self);
        self.push(Command::Dedent)
    }

    /// Adds `contents` as a group that takes the source at `at`.
    pub(super) fn group(&mut self, at: At, contents: impl FnOnce(&mut Self)) -> &mut Self {
        let index = self.commands.len();
        self.push(Command::Group { at, end: 0 });
        contents(self);
        let length = self.commands.len();
        if let Some(Command::Group { end, .. }) = self.commands.get_mut(index) {
            *end = length;
        }
        self
    }

    /// Lays the document out, with `comments` at their places.
    pub(super) fn print(&self, comments: &[Comment]) -> String {
        let mut printer = Printer {
            out: String::new(),
            line: 0,
            indent: 0,
            gap: Gap::Nothing,
            source: self.source,
            comments,
            cursor: 0,
            opened: true,
        };
        let mut index = 0;
        while let Some(command) = self.commands.get(index) {
            index = index.saturating_add(1);
            if let Command::Group { at, end } = command {
                let contents = self.commands.get(index..*end).unwrap_or(&[]);
                if let Some(text) = printer.fit(contents, *at) {
                    printer.token(&text, Some(*at));
                    index = *end;
                }
            } else {
                printer.command(command);
            }
        }
        printer.flush(usize::MAX);
        printer.out
    }
}

/// Returns the commands on one line, if they can take one.
fn flat(commands: &[Command<'_>]) -> Option<String> {
    let mut out = String::new();
    let mut gap = Gap::Nothing;
    let mut opened = "";
    for command in commands {
        let space = match (gap, opened) {
            (Gap::Nothing, _) | (Gap::SoftLine | Gap::Wrap, "(" | "[") => "",
            _ => " ",
        };
        match command {
            Command::Gap(Gap::HardLine) | Command::RawString(..) => return None,
            Command::Gap(next) => {
                gap = *next;
                continue;
            }
            Command::Comma(Comma::Broken)
            | Command::Group { .. }
            | Command::Indent
            | Command::Dedent => continue,
            Command::Comma(_) => {
                out.push(',');
                continue;
            }
            Command::Token(text, _) => {
                out.push_str(space);
                out.push_str(text);
                opened = "";
            }
            Command::Open(bracket) => {
                out.push_str(space);
                out.push_str(bracket);
                opened = bracket;
            }
            Command::Close(bracket) => {
                if *bracket == "}" && opened.is_empty() {
                    out.push(' ');
                }
                out.push_str(bracket);
                opened = "";
            }
        }
        gap = Gap::Nothing;
    }
    Some(out)
}

/// The state of printing a document.
#[derive(Debug)]
struct Printer<'a> {
    out: String,
    /// Offset in `out` of its last line.
    line: usize,
    indent: usize,
    /// The gap before the next token.
    gap: Gap,
    source: &'a str,
    /// Comments not yet printed.
    comments: &'a [Comment],
    /// Offset in the source after the last token or comment printed.
    cursor: usize,
    /// The last token was an opening bracket.
    opened: bool,
}

impl Printer<'_> {
    fn command(&mut self, command: &Command<'_>) {
        match command {
            Command::Gap(gap) => self.gap = *gap,
            Command::Token(text, at) => self.token(text, *at),
            Command::RawString(value, at) => {
                let margin = " ".repeat(self.indent.saturating_mul(STEP));
                self.token(&raw_string(value, &margin), Some(*at));
            }
            Command::Comma(Comma::Flat) | Command::Group { .. } => {}
            Command::Comma(_) => self.out.push(','),
            Command::Open(bracket) => {
                self.token(bracket, None);
                self.indent = self.indent.saturating_add(1);
                self.opened = true;
            }
            Command::Close(bracket) => {
                // Comments before the bracket belong to the inner level.
                self.flush(self.next_token());
                self.indent = self.indent.saturating_sub(1);
                self.gap = if self.opened { Gap::Nothing } else { Gap::Wrap };
                self.token(bracket, None);
            }
            Command::Indent => self.indent = self.indent.saturating_add(1),
            Command::Dedent => self.indent = self.indent.saturating_sub(1),
        }
    }

    /// Prints a token after the comments before it. Without a place it is the next one of the source.
    fn token(&mut self, text: &str, at: Option<At>) {
        let range = at.map_or_else(
            || {
                let start = self.next_token();
                start..start.saturating_add(text.len())
            },
            |at| at.0.range(),
        );
        let commented = self.flush(range.start);
        match std::mem::replace(&mut self.gap, Gap::Nothing) {
            Gap::SoftLine | Gap::HardLine => {
                let blank = !self.opened && self.has_blank_line(range.start);
                self.break_line(blank);
            }
            Gap::Wrap => self.break_line(false),
            _ if commented => {
                self.break_line(false);
                self.pad(1);
            }
            Gap::Space => self.out.push(' '),
            Gap::Nothing => {}
        }
        self.out.push_str(text);
        if let Some((_, last)) = text.rsplit_once('\n') {
            self.line = self.out.len().saturating_sub(last.len());
        }
        if !self.source.is_empty() {
            self.cursor = range.end;
        }
        self.opened = false;
    }

    /// Prints the comments before `offset`; returns whether there were any.
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
        let spaces = levels.saturating_mul(STEP);
        self.out.extend(std::iter::repeat_n(' ', spaces));
    }

    fn has_blank_line(&self, before: usize) -> bool {
        let between = self.source.get(self.cursor..before).unwrap_or("");
        let count = |byte| between.bytes().filter(|b| *b == byte).count();
        count(b'\n').max(count(b'\r')) > 1
    }

    /// Returns the offset of the next token of the source, commas left out.
    fn next_token(&self) -> usize {
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

    /// Returns the commands on one line, if that fits on the current line and no comment is in their
    /// range.
    fn fit(&self, commands: &[Command<'_>], at: At) -> Option<String> {
        let column = match self.gap {
            Gap::SoftLine | Gap::HardLine | Gap::Wrap => self.indent.saturating_mul(STEP),
            Gap::Nothing | Gap::Space => {
                let line = self.out.get(self.line..).unwrap_or("");
                line.chars().count().saturating_add(1)
            }
        };
        let text = flat(commands)?;
        let fits = column.saturating_add(text.chars().count()) <= WIDTH;
        let is_bare = |range: std::ops::Range<usize>| {
            let start = |comment: &Comment| comment.span.start as usize;
            let before = self.comments.partition_point(|c| start(c) < range.start);
            let next = self.comments.get(before);
            next.is_none_or(|comment| start(comment) >= range.end)
        };
        (fits && is_bare(at.0.range())).then_some(text)
    }
}

/// Lays out a raw string over several lines, its text one level deeper than `margin`.
fn raw_string(value: &str, margin: &str) -> String {
    // If all lines are whitespace, no common margin is removed again when the string is read.
    let blank = value.trim_matches([' ', '\t', '\n']).is_empty();
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
