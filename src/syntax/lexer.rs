//! Goes through a source token by token: words, strings, brackets, signs; comments are laid aside. Knows
//! which line looks like the begin of a declaration, and nothing else of the language.

use super::ast::Comment;
use super::keyword::Keyword;
use super::string::RAW;
use crate::diagnostic::{Code, Fault};
use crate::text::span::{Place, SourceId, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, digits, `_` and `-`.
    Word,
    /// A string, quotes included; also one with a fault in it.
    Text,
    Open(u8),
    Close(u8),
    /// One character of anything else.
    Mark,
    /// A raw string without an end. The scanner has gone on to the next declaration.
    Lost,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The first thing of its line, without a blank before it.
    pub(super) column_one: bool,
    /// A blank line stands before it.
    pub(super) after_blank: bool,
}

/// A place to come back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    at: usize,
    line: usize,
    fresh: bool,
    breaks: u32,
    comments: usize,
    flawed: bool,
}

#[derive(Debug)]
pub(super) struct Scanner<'a> {
    source: SourceId,
    text: &'a str,
    at: usize,
    /// Where the line begins.
    line: usize,
    /// Nothing but blanks on the line so far.
    fresh: bool,
    /// Line breaks since the last token or comment.
    breaks: u32,
    /// Comments passed and not yet taken.
    pub(super) comments: Vec<Comment>,
    /// A token that was read has a fault; set back by whom it concerns.
    pub(super) flawed: bool,
    /// No `*/` is left ahead.
    no_comment_end: bool,
    /// Bytes looked at.
    #[cfg(test)]
    pub(super) work: std::cell::Cell<usize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(source: SourceId, text: &'a str) -> Self {
        let begin = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            source,
            text,
            at: begin,
            line: begin,
            fresh: true,
            breaks: 0,
            comments: Vec::new(),
            flawed: false,
            no_comment_end: false,
            #[cfg(test)]
            work: std::cell::Cell::new(0),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn text(&self, token: Token) -> &'a str {
        self.slice(token.start, token.end)
    }

    pub(super) const fn mark(&self) -> Mark {
        Mark {
            at: self.at,
            line: self.line,
            fresh: self.fresh,
            breaks: self.breaks,
            comments: self.comments.len(),
            flawed: self.flawed,
        }
    }

    pub(super) fn back(&mut self, mark: Mark) {
        self.at = mark.at;
        self.line = mark.line;
        self.fresh = mark.fresh;
        self.breaks = mark.breaks;
        self.comments.truncate(mark.comments);
        self.flawed = mark.flawed;
    }

    /// Goes on at `at`, which is the begin of a line.
    pub(super) fn restart(&mut self, at: usize) {
        self.at = at;
        self.line = at;
        self.fresh = true;
        self.breaks = 0;
        let kept = self
            .comments
            .partition_point(|comment| (comment.span.start as usize) < at);
        self.comments.truncate(kept);
    }

    /// The next token; comments before it are laid aside.
    pub(super) fn token(&mut self, faults: &mut Vec<Fault>) -> Option<Token> {
        loop {
            self.looked(1);
            let rest = self.rest();
            match rest.as_bytes() {
                [] => return None,
                [b' ' | b'\t', ..] => self.at = self.at.saturating_add(1),
                [b'\r', b'\n', ..] => self.line_break(2),
                [b'\r' | b'\n', ..] => self.line_break(1),
                [b'/', b'/', ..] => self.comment(),
                [b'/', b'*', ..] => self.block_comment(faults),
                [b'#', ..] => {
                    let length = line_length(rest);
                    let fault = self.unexpected(self.at, 1, "`#` begins no comment");
                    faults.push(fault.help("comments begin with `//`"));
                    self.pass(length);
                }
                [first, ..] => {
                    let (kind, length) = self.measure(*first, rest, faults);
                    let token = Token {
                        kind,
                        start: self.at,
                        end: self.at.saturating_add(length),
                        column_one: self.fresh && self.at == self.line,
                        after_blank: self.breaks > 1,
                    };
                    self.pass(length);
                    if kind == Kind::Lost {
                        self.restart(self.next_declaration_line(token.end, self.text.len()));
                    }
                    return Some(token);
                }
            }
        }
    }

    /// Passes over the JSON object that `open` begins and gives the offset behind it. Without an end:
    /// where the next declaration begins, if any does.
    pub(super) fn json(
        &mut self,
        open: Token,
        faults: &mut Vec<Fault>,
    ) -> Result<usize, Option<usize>> {
        let mut deep: usize = 1;
        self.at = open.end;
        loop {
            self.looked(1);
            let rest = self.rest();
            match rest.as_bytes() {
                [] => return Err(None),
                [b'\r', b'\n', ..] => self.line_break(2),
                [b'\r' | b'\n', ..] => self.line_break(1),
                [b'"', ..] => {
                    let length = self.plain(rest, faults);
                    self.pass(length);
                }
                [b'{', ..] => {
                    deep = deep.saturating_add(1);
                    self.pass(1);
                }
                [b'}', ..] => {
                    deep = deep.saturating_sub(1);
                    self.pass(1);
                    if deep == 0 {
                        return Ok(self.at);
                    }
                }
                [first, ..] if self.at == self.line && first.is_ascii_lowercase() => {
                    if self.is_declaration_line(self.at) {
                        return Err(Some(self.at));
                    }
                    self.pass(1);
                }
                [b' ' | b'\t', ..] => self.at = self.at.saturating_add(1),
                _ => {
                    let length = rest.find(['\r', '\n', '"', '{', '}']);
                    self.pass(length.unwrap_or(rest.len()));
                }
            }
        }
    }

    /// Whether the line that begins at `at` looks like the begin of a declaration: it cannot be part of
    /// another one outside of a string.
    pub(super) fn is_declaration_line(&self, at: usize) -> bool {
        let line = self.text.get(at..).unwrap_or("");
        let (word, rest) = split_word(line);
        self.looked(word.len());
        let Some(keyword) = Keyword::of(word) else {
            return false;
        };
        let blanks = |text: &'a str| text.trim_start_matches([' ', '\t']);
        let rest = blanks(rest);
        let (name, behind) = split_word(rest);
        let behind = blanks(behind);
        self.looked(line.len().saturating_sub(behind.len()));
        let ends = |text: &str| {
            text.is_empty() || text.starts_with(['\r', '\n']) || text.starts_with("//")
        };
        match keyword {
            Keyword::Company | Keyword::Test => rest.starts_with('"'),
            Keyword::Rule | Keyword::Event => {
                !name.is_empty() && (behind.starts_with('{') || ends(behind))
            }
            Keyword::Const => !name.is_empty() && behind.starts_with('='),
            Keyword::Template => !name.is_empty() && (behind.starts_with('"') || ends(behind)),
        }
    }

    /// The word that begins at `at`.
    pub(super) fn word_at(&self, at: usize) -> &'a str {
        split_word(self.text.get(at..).unwrap_or("")).0
    }

    /// Counts what is looked at, for the test that it is linear.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "only tests count"))]
    fn looked(&self, bytes: usize) {
        #[cfg(test)]
        self.work.set(self.work.get().saturating_add(bytes));
        let _ = bytes;
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn pass(&mut self, length: usize) {
        self.looked(length);
        self.at = self.at.saturating_add(length);
        self.fresh = false;
        self.breaks = 0;
    }

    fn line_break(&mut self, length: usize) {
        self.at = self.at.saturating_add(length);
        self.line = self.at;
        self.fresh = true;
        self.breaks = self.breaks.saturating_add(1);
    }

    fn comment(&mut self) {
        let length = line_length(self.rest());
        let end = self.at.saturating_add(length);
        self.comments.push(Comment {
            span: Span::of(self.at, end),
            text: self.slice(self.at, end).into(),
            own_line: self.fresh,
            after_blank: self.breaks > 1,
        });
        self.pass(length);
    }

    fn block_comment(&mut self, faults: &mut Vec<Fault>) {
        let fault = self.unexpected(self.at, 2, "`/*` begins no comment");
        faults.push(fault.help("comments begin with `//` and end with the line"));
        let end = if self.no_comment_end {
            None
        } else {
            self.rest().find("*/")
        };
        if end.is_none() && !self.no_comment_end {
            self.looked(self.rest().len());
        }
        self.no_comment_end = end.is_none();
        let length = end.map_or(2, |end| end.saturating_add(2));
        let passed = self.rest().get(..length).unwrap_or("");
        let last = passed.rfind(['\r', '\n']);
        let at = self.at;
        self.pass(length);
        if let Some(last) = last {
            self.line = at.saturating_add(last).saturating_add(1);
        }
    }

    /// The kind and length of the token that `rest` begins with.
    fn measure(&mut self, first: u8, rest: &'a str, faults: &mut Vec<Fault>) -> (Kind, usize) {
        match first {
            b'{' | b'[' | b'(' => (Kind::Open(first), 1),
            b'}' | b']' | b')' => (Kind::Close(first), 1),
            b'"' if rest.starts_with(RAW) => self.raw(rest, faults),
            b'"' => (Kind::Text, self.plain(rest, faults)),
            b if is_word_byte(b) => (Kind::Word, split_word(rest).0.len()),
            b'\'' => self.foreign(rest, &['\''], faults),
            _ => match rest.chars().next() {
                Some('“' | '”' | '„' | '‘' | '’') => {
                    self.foreign(rest, &['”', '“', '’', '‘'], faults)
                }
                c => (Kind::Mark, c.map_or(1, char::len_utf8)),
            },
        }
    }

    /// The length of the plain string that `rest` begins with: to its closing quote, else to the end of
    /// the line.
    fn plain(&mut self, rest: &str, faults: &mut Vec<Fault>) -> usize {
        let mut bytes = rest.bytes().enumerate().skip(1);
        while let Some((at, b)) = bytes.next() {
            match b {
                b'"' => return at.saturating_add(1),
                b'\\'
                    if !matches!(
                        rest.as_bytes().get(at.saturating_add(1)),
                        Some(b'\r' | b'\n')
                    ) =>
                {
                    bytes.next();
                }
                b'\r' | b'\n' => break,
                _ => {}
            }
        }
        let length = line_length(rest);
        faults.push(
            Fault::new(
                Code::UnclosedString,
                self.place(self.at, 1),
                "this string is not closed on its line",
            )
            .help("end it with `\"`, or write `\"\"\"` around a text of several lines"),
        );
        self.flawed = true;
        length
    }

    fn raw(&mut self, rest: &'a str, faults: &mut Vec<Fault>) -> (Kind, usize) {
        let inner = rest.get(RAW.len()..).unwrap_or("");
        let end = inner.find(RAW);
        self.looked(end.unwrap_or(inner.len()));
        if let Some(end) = end
            && !self.opens_another(inner, end)
        {
            return (Kind::Text, end.saturating_add(RAW.len().saturating_mul(2)));
        }
        faults.push(
            Fault::new(
                Code::UnclosedString,
                self.place(self.at, RAW.len()),
                "this text is never closed",
            )
            .help("end it with `\"\"\"`"),
        );
        self.flawed = true;
        (Kind::Lost, RAW.len())
    }

    /// Whether the quotes at `end` that seem to close the text rather open the next one: a declaration
    /// begins within the text, a word stands before the quotes and nothing behind them.
    fn opens_another(&self, inner: &str, end: usize) -> bool {
        let text = inner.get(..end).unwrap_or("");
        let word = text.trim_end_matches([' ', '\t']);
        let behind = inner.get(end.saturating_add(RAW.len())..).unwrap_or("");
        let behind = behind.trim_start_matches([' ', '\t']);
        let opens = word.len() < text.len()
            && word.bytes().last().is_some_and(is_word_byte)
            && (behind.is_empty() || behind.starts_with(['\r', '\n']));
        let begin = self.at.saturating_add(RAW.len());
        let end = begin.saturating_add(end);
        opens && self.next_declaration_line(begin, end) < end
    }

    /// A string in quotes that the language does not have.
    fn foreign(&mut self, rest: &str, closers: &[char], faults: &mut Vec<Fault>) -> (Kind, usize) {
        let quote = rest.chars().next().map_or(1, char::len_utf8);
        let inner = rest.get(quote..).unwrap_or("");
        let end = inner.find(|c| closers.contains(&c) || c == '\r' || c == '\n');
        self.looked(end.unwrap_or(inner.len()));
        let (inner, behind) = inner.split_at(end.unwrap_or(inner.len()));
        let Some(close) = behind.chars().next().filter(|c| closers.contains(c)) else {
            return (Kind::Mark, quote);
        };
        let length = quote
            .saturating_add(inner.len())
            .saturating_add(close.len_utf8());
        let shown = crate::json::write::string(&inner.chars().take(60).collect::<String>());
        let fault = self.unexpected(self.at, length, "strings stand in double quotes");
        faults.push(fault.help(format!("write `{shown}`")));
        (Kind::Text, length)
    }

    /// The begin of the next line between the offsets that looks like the begin of a declaration; else
    /// `to`.
    fn next_declaration_line(&self, from: usize, to: usize) -> usize {
        let mut at = from;
        while let Some(found) = self
            .text
            .get(at..to)
            .and_then(|rest| rest.find(['\r', '\n']))
        {
            at = at.saturating_add(found).saturating_add(1);
            self.looked(found.saturating_add(1));
            if self.is_declaration_line(at) {
                return at;
            }
        }
        to
    }

    fn place(&self, at: usize, length: usize) -> Place {
        Place::new(self.source, Span::of(at, at.saturating_add(length)))
    }

    fn unexpected(&mut self, at: usize, length: usize, message: &str) -> Fault {
        self.flawed = true;
        Fault::new(Code::Unexpected, self.place(at, length), message)
    }
}

fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

/// The word that `text` begins with, and what follows.
fn split_word(text: &str) -> (&str, &str) {
    let length = text.bytes().take_while(|b| is_word_byte(*b)).count();
    text.split_at(length)
}

/// Bytes to the line break or the end.
fn line_length(text: &str) -> usize {
    text.find(['\r', '\n']).unwrap_or(text.len())
}
