//! Splits a source into tokens and collects its comments. Also recognizes lines that look like the begin
//! of a declaration, for recovery.

use super::ast::Comment;
use super::keyword::Keyword;
use super::string::RAW;
use crate::diagnostic::{Code, Fault};
use crate::text::span::{Place, SourceId, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Letters, digits, `_` and `-`.
    Word,
    /// A string with its quotes, also one with an error in it.
    String,
    Open(u8),
    Close(u8),
    /// Any other single character.
    Punct,
    /// A raw string without an end. The lexer has skipped to the next declaration.
    UnterminatedRaw,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// It is at the first column of its line.
    pub(super) column_one: bool,
    /// There is a blank line before it.
    pub(super) after_blank: bool,
}

/// A state of the lexer to return to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checkpoint {
    at: usize,
    line: usize,
    line_is_empty: bool,
    line_breaks: u32,
    comments: usize,
    has_error: bool,
}

#[derive(Debug)]
pub(super) struct Lexer<'a> {
    source: SourceId,
    text: &'a str,
    at: usize,
    /// Offset of the current line.
    line: usize,
    /// There is only whitespace on the line so far.
    line_is_empty: bool,
    /// Line breaks since the last token or comment.
    line_breaks: u32,
    /// Comments that no declaration has taken yet.
    pub(super) comments: Vec<Comment>,
    /// A token had an error. The caller resets it.
    pub(super) has_error: bool,
    /// There is no `*/` ahead.
    no_comment_end: bool,
    /// Number of bytes examined.
    #[cfg(test)]
    pub(super) work: std::cell::Cell<usize>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: SourceId, text: &'a str) -> Self {
        let begin = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            source,
            text,
            at: begin,
            line: begin,
            line_is_empty: true,
            line_breaks: 0,
            comments: Vec::new(),
            has_error: false,
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

    pub(super) const fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            at: self.at,
            line: self.line,
            line_is_empty: self.line_is_empty,
            line_breaks: self.line_breaks,
            comments: self.comments.len(),
            has_error: self.has_error,
        }
    }

    pub(super) fn restore(&mut self, checkpoint: Checkpoint) {
        self.at = checkpoint.at;
        self.line = checkpoint.line;
        self.line_is_empty = checkpoint.line_is_empty;
        self.line_breaks = checkpoint.line_breaks;
        self.comments.truncate(checkpoint.comments);
        self.has_error = checkpoint.has_error;
    }

    /// Continues at `at`, which is the start of a line.
    pub(super) fn restart(&mut self, at: usize) {
        self.at = at;
        self.line = at;
        self.line_is_empty = true;
        self.line_breaks = 0;
        let kept = self
            .comments
            .partition_point(|comment| (comment.span.start as usize) < at);
        self.comments.truncate(kept);
    }

    /// Returns the next token and collects the comments before it.
    pub(super) fn token(&mut self, faults: &mut Vec<Fault>) -> Option<Token> {
        loop {
            self.count_examined(1);
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
                    let fault = self.unexpected(self.at, 1, "`#` does not begin a comment");
                    faults.push(fault.help("comments begin with `//`"));
                    self.pass(length);
                }
                [first, ..] => {
                    let (kind, length) = self.measure(*first, rest, faults);
                    let token = Token {
                        kind,
                        start: self.at,
                        end: self.at.saturating_add(length),
                        column_one: self.line_is_empty && self.at == self.line,
                        after_blank: self.line_breaks > 1,
                    };
                    self.pass(length);
                    if kind == TokenKind::UnterminatedRaw {
                        self.restart(self.next_declaration_line(token.end, self.text.len()));
                    }
                    return Some(token);
                }
            }
        }
    }

    /// Skips the JSON object that `open` begins and returns the offset after it. If the object is not
    /// closed, the error is the offset of the next declaration, if there is one.
    pub(super) fn json(
        &mut self,
        open: Token,
        faults: &mut Vec<Fault>,
    ) -> Result<usize, Option<usize>> {
        let mut depth: usize = 1;
        self.at = open.end;
        loop {
            self.count_examined(1);
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
                    depth = depth.saturating_add(1);
                    self.pass(1);
                }
                [b'}', ..] => {
                    depth = depth.saturating_sub(1);
                    self.pass(1);
                    if depth == 0 {
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

    /// Returns whether the line at `at` looks like the start of a declaration. Outside a string such a
    /// line cannot be part of another declaration.
    pub(super) fn is_declaration_line(&self, at: usize) -> bool {
        let line = self.text.get(at..).unwrap_or("");
        let (word, rest) = split_word(line);
        self.count_examined(word.len());
        let Some(keyword) = Keyword::from_word(word) else {
            return false;
        };
        let trim = |text: &'a str| text.trim_start_matches([' ', '\t']);
        let rest = trim(rest);
        let (name, after) = split_word(rest);
        let after = trim(after);
        self.count_examined(line.len().saturating_sub(after.len()));
        let ends = |text: &str| {
            text.is_empty() || text.starts_with(['\r', '\n']) || text.starts_with("//")
        };
        match keyword {
            Keyword::Company | Keyword::Test => rest.starts_with('"'),
            Keyword::Rule | Keyword::Event => {
                !name.is_empty() && (after.starts_with('{') || ends(after))
            }
            Keyword::Const => !name.is_empty() && after.starts_with('='),
            Keyword::Template => !name.is_empty() && (after.starts_with('"') || ends(after)),
        }
    }

    /// Returns the word at `at`.
    pub(super) fn word_at(&self, at: usize) -> &'a str {
        split_word(self.text.get(at..).unwrap_or("")).0
    }

    /// Counts examined bytes, for the test that lexing is linear.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "only tests count"))]
    fn count_examined(&self, bytes: usize) {
        #[cfg(test)]
        self.work.set(self.work.get().saturating_add(bytes));
        let _ = bytes;
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn pass(&mut self, length: usize) {
        self.count_examined(length);
        self.at = self.at.saturating_add(length);
        self.line_is_empty = false;
        self.line_breaks = 0;
    }

    fn line_break(&mut self, length: usize) {
        self.at = self.at.saturating_add(length);
        self.line = self.at;
        self.line_is_empty = true;
        self.line_breaks = self.line_breaks.saturating_add(1);
    }

    fn comment(&mut self) {
        let length = line_length(self.rest());
        let end = self.at.saturating_add(length);
        self.comments.push(Comment {
            span: Span::of(self.at, end),
            text: self.slice(self.at, end).into(),
            own_line: self.line_is_empty,
            after_blank: self.line_breaks > 1,
        });
        self.pass(length);
    }

    fn block_comment(&mut self, faults: &mut Vec<Fault>) {
        let fault = self.unexpected(self.at, 2, "`/*` does not begin a comment");
        faults.push(fault.help("comments begin with `//` and end with the line"));
        let end = if self.no_comment_end {
            None
        } else {
            self.rest().find("*/")
        };
        if end.is_none() && !self.no_comment_end {
            self.count_examined(self.rest().len());
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

    /// Returns the kind and length of the token at the start of `rest`.
    fn measure(&mut self, first: u8, rest: &'a str, faults: &mut Vec<Fault>) -> (TokenKind, usize) {
        match first {
            b'{' | b'[' | b'(' => (TokenKind::Open(first), 1),
            b'}' | b']' | b')' => (TokenKind::Close(first), 1),
            b'"' if rest.starts_with(RAW) => self.raw(rest, faults),
            b'"' => (TokenKind::String, self.plain(rest, faults)),
            b if is_word_byte(b) => (TokenKind::Word, split_word(rest).0.len()),
            b'\'' => self.foreign(rest, &['\''], faults),
            _ => match rest.chars().next() {
                Some('“' | '”' | '„' | '‘' | '’') => {
                    self.foreign(rest, &['”', '“', '’', '‘'], faults)
                }
                c => (TokenKind::Punct, c.map_or(1, char::len_utf8)),
            },
        }
    }

    /// Returns the length of the plain string at the start of `rest`: to its closing quote, or to the end
    /// of the line.
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
            .help("end it with `\"`, or use `\"\"\"` for text of several lines"),
        );
        self.has_error = true;
        length
    }

    fn raw(&mut self, rest: &'a str, faults: &mut Vec<Fault>) -> (TokenKind, usize) {
        let inner = rest.get(RAW.len()..).unwrap_or("");
        let end = inner.find(RAW);
        self.count_examined(end.unwrap_or(inner.len()));
        if let Some(end) = end
            && !self.opens_another(inner, end)
        {
            return (
                TokenKind::String,
                end.saturating_add(RAW.len().saturating_mul(2)),
            );
        }
        faults.push(
            Fault::new(
                Code::UnclosedString,
                self.place(self.at, RAW.len()),
                "this text is never closed",
            )
            .help("end it with `\"\"\"`"),
        );
        self.has_error = true;
        (TokenKind::UnterminatedRaw, RAW.len())
    }

    /// Returns whether the quotes at `end` open the next text instead of closing this one: a declaration
    /// begins in between, and the quotes are after a word and at the end of their line.
    fn opens_another(&self, inner: &str, end: usize) -> bool {
        let text = inner.get(..end).unwrap_or("");
        let word = text.trim_end_matches([' ', '\t']);
        let after = inner.get(end.saturating_add(RAW.len())..).unwrap_or("");
        let after = after.trim_start_matches([' ', '\t']);
        let opens = word.len() < text.len()
            && word.bytes().last().is_some_and(is_word_byte)
            && (after.is_empty() || after.starts_with(['\r', '\n']));
        let begin = self.at.saturating_add(RAW.len());
        let end = begin.saturating_add(end);
        opens && self.next_declaration_line(begin, end) < end
    }

    /// Reports a string in quotes that the language does not have.
    fn foreign(
        &mut self,
        rest: &str,
        closers: &[char],
        faults: &mut Vec<Fault>,
    ) -> (TokenKind, usize) {
        let quote = rest.chars().next().map_or(1, char::len_utf8);
        let inner = rest.get(quote..).unwrap_or("");
        let end = inner.find(|c| closers.contains(&c) || c == '\r' || c == '\n');
        self.count_examined(end.unwrap_or(inner.len()));
        let (inner, after) = inner.split_at(end.unwrap_or(inner.len()));
        let Some(close) = after.chars().next().filter(|c| closers.contains(c)) else {
            return (TokenKind::Punct, quote);
        };
        let length = quote
            .saturating_add(inner.len())
            .saturating_add(close.len_utf8());
        let shown = crate::json::write::string(&inner.chars().take(60).collect::<String>());
        let fault = self.unexpected(self.at, length, "strings need double quotes");
        faults.push(fault.help(format!("write `{shown}`")));
        (TokenKind::String, length)
    }

    /// Returns the offset of the next line that looks like the start of a declaration, or `to` if there
    /// is none before it.
    fn next_declaration_line(&self, from: usize, to: usize) -> usize {
        let mut at = from;
        while let Some(found) = self
            .text
            .get(at..to)
            .and_then(|rest| rest.find(['\r', '\n']))
        {
            at = at.saturating_add(found).saturating_add(1);
            self.count_examined(found.saturating_add(1));
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
        self.has_error = true;
        Fault::new(Code::Unexpected, self.place(at, length), message)
    }
}

fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

/// Splits `text` after the word at its begin.
fn split_word(text: &str) -> (&str, &str) {
    let length = text.bytes().take_while(|b| is_word_byte(*b)).count();
    text.split_at(length)
}

/// Returns the number of bytes to the line break or the end.
fn line_length(text: &str) -> usize {
    text.find(['\r', '\n']).unwrap_or(text.len())
}
