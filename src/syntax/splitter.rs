//! Splits a source into declarations before the grammar parses them one by one.
//!
//! The time is linear for any text: a declaration that is not closed ends at the next line that looks
//! like a declaration in column 1, and text that is lexed again after such an end is never lexed a third
//! time.

use std::ops::Range;

use super::ast::Comment;
use super::brackets::BracketStack;
use super::keyword::{CLAUSES, Keyword, TEST_ITEMS};
use super::lexer::{Lexer, Token, TokenKind};
use crate::diagnostic::{Code, Fault};
use crate::limits::Limits;
use crate::text::span::{Place, SourceId, Span};

/// The text of one declaration.
#[derive(Clone, Debug)]
pub(super) struct RawDeclaration<'a> {
    pub(super) keyword: Keyword,
    /// Offset of its keyword.
    pub(super) offset: usize,
    /// From its keyword to its last byte.
    pub(super) text: &'a str,
    /// The token in place of its name.
    pub(super) name: Option<&'a str>,
    /// Comments before it, with absolute spans.
    pub(super) leading: Vec<Comment>,
    /// Comments inside, with relative spans.
    pub(super) inner: Vec<Comment>,
    /// Relative ranges of JSON, with the braces.
    pub(super) json: Vec<Range<usize>>,
    pub(super) after_blank: bool,
    /// No fault was found yet.
    pub(super) is_ok: bool,
}

/// Iterates over the declarations of a source.
#[derive(Debug)]
pub(super) struct DeclarationSplitter<'a> {
    source: SourceId,
    lexer: Lexer<'a>,
    /// Maximum depth of values, conditions and types.
    depth: usize,
    /// Text before this offset is lexed for the second time: a keyword in column 1 ends the open
    /// declaration, even if the rest of the line does not look like a declaration.
    reread_until: usize,
}

impl<'a> DeclarationSplitter<'a> {
    pub(super) fn new(source: SourceId, text: &'a str, limits: &Limits) -> Self {
        Self {
            source,
            lexer: Lexer::new(source, text),
            depth: limits.expression_depth.min(super::MAX_DEPTH),
            reread_until: 0,
        }
    }

    /// Returns the next declaration. Any other text before it becomes a fault.
    pub(super) fn next(&mut self, faults: &mut Vec<Fault>) -> Option<RawDeclaration<'a>> {
        loop {
            let before = faults.len();
            let token = self.lexer.token(faults)?;
            match self.keyword(token) {
                Some(keyword) => return Some(self.declaration(keyword, token, faults)),
                None => {
                    // One fault covers all of the text.
                    faults.truncate(before);
                    self.stray(token, faults);
                }
            }
        }
    }

    /// Returns the number of bytes examined so far, with repetitions.
    #[cfg(test)]
    pub(super) fn work(&self) -> usize {
        self.lexer.work.get()
    }

    /// Returns the comments after the last declaration.
    pub(super) fn trailing(self) -> Vec<Comment> {
        self.lexer.comments
    }

    fn keyword(&self, token: Token) -> Option<Keyword> {
        (token.kind == TokenKind::Word)
            .then(|| Keyword::from_word(self.lexer.text(token)))
            .flatten()
    }

    fn place(&self, start: usize, end: usize) -> Place {
        Place::new(self.source, Span::of(start, end))
    }

    fn declaration(
        &mut self,
        keyword: Keyword,
        first: Token,
        faults: &mut Vec<Fault>,
    ) -> RawDeclaration<'a> {
        let leading = std::mem::take(&mut self.lexer.comments);
        let known = faults.len();
        let mut open = OpenDeclaration::new(keyword, BracketStack::new(self.source, self.depth));
        let mut end = first.end;
        let mut name = None;
        self.lexer.has_error = false;
        let reached = loop {
            let checkpoint = self.lexer.checkpoint();
            let faulted = faults.len();
            let Some(token) = self.lexer.token(faults) else {
                break DeclarationEnd::EndOfText;
            };
            if self.ends_before(&open, token) {
                self.lexer.restore(checkpoint);
                faults.truncate(faulted);
                break match open.brackets.open() {
                    0 => DeclarationEnd::Complete,
                    _ => DeclarationEnd::Boundary(token.start),
                };
            }
            if name.is_none() && matches!(token.kind, TokenKind::Word | TokenKind::String) {
                name = Some(self.lexer.text(token));
            }
            let is_json = open.is_json(token);
            end = token.end;
            if token.kind == TokenKind::UnterminatedRaw {
                break DeclarationEnd::Complete;
            }
            faults.extend(open.add(token, &self.lexer));
            if is_json {
                match self.lexer.json(token, faults) {
                    Ok(after) => {
                        open.brackets.close_json();
                        open.json.push(token.start..after);
                        end = after;
                    }
                    Err(boundary) => {
                        break boundary.map_or(DeclarationEnd::EndOfText, DeclarationEnd::Boundary);
                    }
                }
            }
            if open.is_complete(token, &self.lexer) {
                break DeclarationEnd::Complete;
            }
        };
        open.has_fault |= self.lexer.has_error;
        let inner = self.inner(first.start, end);
        self.close(&open, &reached, known, faults);
        let relative = |at: usize| at.saturating_sub(first.start);
        RawDeclaration {
            keyword,
            offset: first.start,
            text: self.lexer.slice(first.start, end),
            name,
            leading,
            inner,
            json: open
                .json
                .iter()
                .map(|range| relative(range.start)..relative(range.end))
                .collect(),
            after_blank: first.after_blank,
            is_ok: !open.has_fault && open.brackets.open() == 0,
        }
    }

    /// Takes the comments between the offsets and leaves those after them.
    fn inner(&mut self, start: usize, end: usize) -> Vec<Comment> {
        let comments = &mut self.lexer.comments;
        let count = comments.partition_point(|comment| (comment.span.start as usize) < end);
        let after = comments.split_off(count);
        let mut inner = std::mem::replace(comments, after);
        for comment in &mut inner {
            let range = comment.span.range();
            comment.span = Span::of(
                range.start.saturating_sub(start),
                range.end.saturating_sub(start),
            );
        }
        inner
    }

    /// Returns whether the open declaration ends before `token`.
    fn ends_before(&self, open: &OpenDeclaration, token: Token) -> bool {
        if open.was_complete(token) {
            return true;
        }
        let Some(keyword) = self.keyword(token) else {
            return false;
        };
        let inside = open.brackets.open() > 0;
        if !inside && open.tokens > 0 {
            return true;
        }
        token.column_one
            && (self.lexer.is_declaration_line(token.start)
                || inside && token.start < self.reread_until && !open.is_item(keyword))
    }

    /// Reports an open bracket at the end of a declaration, and moves the lexer to the first line that
    /// could begin a declaration, even if the rest of that line did not look like one.
    fn close(
        &mut self,
        open: &OpenDeclaration,
        reached: &DeclarationEnd,
        known: usize,
        faults: &mut Vec<Fault>,
    ) {
        let boundary = match reached {
            DeclarationEnd::Complete => return,
            DeclarationEnd::Boundary(at) => Some(*at),
            DeclarationEnd::EndOfText => None,
        };
        if open.brackets.open() == 0 {
            return;
        }
        let candidate = open.candidate.filter(|at| *at >= self.reread_until);
        let resume = candidate.or(boundary);
        if let Some(candidate) = candidate {
            self.reread_until = boundary.unwrap_or(self.lexer.len());
            // Errors after that offset are found when it is read again.
            let mut index: usize = 0;
            faults.retain(|fault| {
                index = index.saturating_add(1);
                index <= known || (fault.place.span.start as usize) < candidate
            });
        }
        if let Some(innermost) = open.brackets.innermost()
            && (!open.has_fault || faults.len() == known)
        {
            let opener = char::from(innermost.opener);
            let mut fault = Fault::new(
                Code::Unclosed,
                self.place(innermost.at, innermost.at.saturating_add(1)),
                format!("this `{opener}` is never closed"),
            );
            if let Some(at) = resume {
                let word = self.lexer.word_at(at);
                let place = self.place(at, at.saturating_add(word.len()));
                fault = fault.label(place, "the next declaration begins here");
            }
            faults.push(fault);
        }
        if let Some(at) = resume {
            self.lexer.restart(at);
        }
    }

    /// Reports text outside any declaration and skips it.
    fn stray(&mut self, first: Token, faults: &mut Vec<Fault>) {
        let word = self.lexer.text(first);
        let place = self.place(first.start, first.end);
        let near = near_keyword(word);
        let is_clause = CLAUSES.contains(&word) || TEST_ITEMS.contains(&word);
        faults.push(match first.kind {
            TokenKind::Close(_) => Fault::new(
                Code::Unopened,
                place,
                format!("unmatched `{word}`"),
            ),
            TokenKind::Word if near.is_some() => Fault::new(
                Code::StrayText,
                place,
                format!("unknown declaration `{word}`"),
            )
            .near(near),
            TokenKind::Word if is_clause => Fault::new(
                Code::StrayText,
                place,
                format!("`{word}` is outside any rule or test"),
            )
            .help("check for an extra `}` before it"),
            _ => Fault::new(
                Code::StrayText,
                place,
                format!("{} is outside any declaration", shown(first, word)),
            )
            .help(
                "a declaration begins with `company`, `event`, `const`, `template`, `rule` or `test`",
            ),
        });
        if first.kind == TokenKind::UnterminatedRaw {
            return;
        }
        let mut depth: usize = usize::from(matches!(first.kind, TokenKind::Open(_)));
        let mut ignored = Vec::new();
        loop {
            let checkpoint = self.lexer.checkpoint();
            let Some(token) = self.lexer.token(&mut ignored) else {
                return;
            };
            ignored.clear();
            let ends = match (token.kind, self.keyword(token)) {
                (_, Some(_)) => depth == 0 || token.column_one,
                // Another declaration with a misspelt keyword gets its own message.
                (TokenKind::Word, None) => {
                    depth == 0 && token.column_one && near_keyword(self.lexer.text(token)).is_some()
                }
                _ => false,
            };
            if ends {
                self.lexer.restore(checkpoint);
                return;
            }
            match token.kind {
                TokenKind::Open(_) => depth = depth.saturating_add(1),
                TokenKind::Close(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// The reason why a declaration ends.
enum DeclarationEnd {
    /// It is complete, or has no open bracket where the next one begins.
    Complete,
    /// It has an open bracket, and at this offset the next one begins.
    Boundary(usize),
    EndOfText,
}

fn near_keyword(word: &str) -> Option<&'static str> {
    let keyword = match word {
        "let" | "constant" | "var" | "define" => "const",
        "partial" => "template",
        "rules" | "route" => "rule",
        "type" | "schema" => "event",
        _ => return crate::text::suggest::nearest(word, Keyword::WORDS.iter().copied()),
    };
    Some(keyword)
}

/// Returns a token as a message shows it.
fn shown(token: Token, text: &str) -> String {
    match token.kind {
        TokenKind::String | TokenKind::UnterminatedRaw => "a string".to_owned(),
        _ => format!("`{}`", text.chars().take(40).collect::<String>()),
    }
}

/// A declaration whose end has not been reached.
#[derive(Debug)]
struct OpenDeclaration {
    keyword: Keyword,
    brackets: BracketStack,
    /// Number of tokens after the keyword.
    tokens: usize,
    previous: Option<Token>,
    equals: bool,
    /// A constant's value has begun, and is neither a string nor a list.
    value_begun: bool,
    json: Vec<Range<usize>>,
    /// The first line with a keyword in column 1 that did not look like a declaration.
    candidate: Option<usize>,
    has_fault: bool,
}

impl OpenDeclaration {
    const fn new(keyword: Keyword, brackets: BracketStack) -> Self {
        Self {
            keyword,
            brackets,
            tokens: 0,
            previous: None,
            equals: false,
            value_begun: false,
            json: Vec::new(),
            candidate: None,
            has_fault: false,
        }
    }

    /// Returns whether a token begins JSON: in a test, every brace inside its own does.
    fn is_json(&self, token: Token) -> bool {
        self.keyword == Keyword::Test
            && self.brackets.open() == 1
            && token.kind == TokenKind::Open(b'{')
    }

    /// Adds a token; returns a fault if brackets do not match or are nested too deeply. Only the first such fault
    /// of a declaration is returned, because it causes others.
    fn add(&mut self, token: Token, lexer: &Lexer<'_>) -> Option<Fault> {
        let text = lexer.text(token);
        let before = self.previous.map_or("", |last| lexer.text(last));
        self.tokens = self.tokens.saturating_add(1);
        self.previous = Some(token);
        self.equals |= text == "=";
        if token.column_one
            && self.brackets.open() > 0
            && let Some(keyword) = Keyword::from_word(text)
            && !self.is_item(keyword)
        {
            self.candidate = self.candidate.or(Some(token.start));
        }
        let fault = self.brackets.add(token, text, before)?;
        let first = !self.has_fault;
        self.has_fault = true;
        first.then_some(fault)
    }

    /// Returns whether a keyword is `event` inside a test.
    fn is_item(&self, keyword: Keyword) -> bool {
        self.keyword == Keyword::Test && keyword == Keyword::Event
    }

    /// Returns whether the declaration was complete before `token`: an event type without a body, or a
    /// constant whose number or word has ended.
    fn was_complete(&self, token: Token) -> bool {
        let adjacent = self.previous.is_some_and(|last| last.end == token.start);
        let event = self.keyword == Keyword::Event && self.tokens == 1;
        self.brackets.open() == 0
            && (event && token.kind != TokenKind::Open(b'{') || self.value_begun && !adjacent)
    }

    /// Returns whether the declaration ends with `token`.
    fn is_complete(&mut self, token: Token, lexer: &Lexer<'_>) -> bool {
        if self.brackets.open() > 0 {
            return false;
        }
        let text = token.kind == TokenKind::String;
        match self.keyword {
            Keyword::Company | Keyword::Template => text,
            Keyword::Event | Keyword::Rule | Keyword::Test => token.kind == TokenKind::Close(b'}'),
            Keyword::Const => {
                self.value_begun = self.equals && lexer.text(token) != "=";
                self.value_begun && (text || matches!(token.kind, TokenKind::Close(_)))
            }
        }
    }
}
