//! Cuts a source into declarations before the grammar sees any. Knows strings, comments, brackets and
//! the words that begin a declaration; not what a declaration says.
//!
//! Every byte is looked at a bounded number of times, whatever the text: a declaration that is not
//! closed ends at the next line that begins like a declaration in column 1, and what is read again
//! after such an end is never read a third time.

use std::ops::Range;

use super::ast::Comment;
use super::brackets::Brackets;
use super::keyword::Keyword;
use super::lexer::{Kind, Scanner, Token};
use crate::diagnostic::{Code, Fault};
use crate::limits::Limits;
use crate::text::span::{Place, SourceId, Span};

/// The text of one declaration.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    pub(super) keyword: Keyword,
    /// Offset of its keyword.
    pub(super) offset: usize,
    /// From its keyword to its last byte.
    pub(super) text: &'a str,
    /// What stands where its name should.
    pub(super) name: Option<&'a str>,
    /// Absolute spans.
    pub(super) leading: Vec<Comment>,
    /// Relative spans.
    pub(super) inner: Vec<Comment>,
    /// Ranges of JSON, braces included; relative.
    pub(super) json: Vec<Range<usize>>,
    pub(super) after_blank: bool,
    /// Nothing was found wrong with it yet.
    pub(super) sound: bool,
}

/// Goes through a source from declaration to declaration.
#[derive(Debug)]
pub(super) struct Cutter<'a> {
    source: SourceId,
    scanner: Scanner<'a>,
    /// Deepest nesting of values, conditions and types.
    depth: usize,
    /// Up to here the text is being read again: lines in column 1 that begin with a declaration's word
    /// end what is open, even where the rest of the line looks like no declaration.
    again: usize,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(source: SourceId, text: &'a str, limits: &Limits) -> Self {
        Self {
            source,
            scanner: Scanner::new(source, text),
            depth: limits.expression_depth.min(super::DEEPEST),
            again: 0,
        }
    }

    /// The next declaration; what stands before it and is none becomes a fault.
    pub(super) fn next(&mut self, faults: &mut Vec<Fault>) -> Option<Piece<'a>> {
        loop {
            let before = faults.len();
            let token = self.scanner.token(faults)?;
            match self.keyword(token) {
                Some(keyword) => return Some(self.declaration(keyword, token, faults)),
                None => {
                    // One fault for all of it is enough.
                    faults.truncate(before);
                    self.stray(token, faults);
                }
            }
        }
    }

    /// Bytes looked at so far, each as often as it was.
    #[cfg(test)]
    pub(super) fn work(&self) -> usize {
        self.scanner.work.get()
    }

    /// The comments behind the last declaration.
    pub(super) fn trailing(self) -> Vec<Comment> {
        self.scanner.comments
    }

    fn keyword(&self, token: Token) -> Option<Keyword> {
        (token.kind == Kind::Word)
            .then(|| Keyword::of(self.scanner.text(token)))
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
    ) -> Piece<'a> {
        let leading = std::mem::take(&mut self.scanner.comments);
        let known = faults.len();
        let mut open = Open::new(keyword, Brackets::new(self.source, self.depth));
        let mut end = first.end;
        let mut name = None;
        self.scanner.flawed = false;
        let reached = loop {
            let mark = self.scanner.mark();
            let faulted = faults.len();
            let Some(token) = self.scanner.token(faults) else {
                break Reached::End;
            };
            if self.ends_before(&open, token) {
                self.scanner.back(mark);
                faults.truncate(faulted);
                break match open.brackets.open() {
                    0 => Reached::Whole,
                    _ => Reached::Boundary(token.start),
                };
            }
            if name.is_none() && matches!(token.kind, Kind::Word | Kind::Text) {
                name = Some(self.scanner.text(token));
            }
            let is_json = open.is_json(token);
            end = token.end;
            if token.kind == Kind::Lost {
                break Reached::Whole;
            }
            faults.extend(open.take(token, &self.scanner));
            if is_json {
                match self.scanner.json(token, faults) {
                    Ok(after) => {
                        open.brackets.close_json();
                        open.json.push(token.start..after);
                        end = after;
                    }
                    Err(boundary) => break boundary.map_or(Reached::End, Reached::Boundary),
                }
            }
            if open.is_complete(token, &self.scanner) {
                break Reached::Whole;
            }
        };
        open.faulty |= self.scanner.flawed;
        let inner = self.inner(first.start, end);
        self.close(&open, &reached, known, faults);
        let relative = |at: usize| at.saturating_sub(first.start);
        Piece {
            keyword,
            offset: first.start,
            text: self.scanner.slice(first.start, end),
            name,
            leading,
            inner,
            json: open
                .json
                .iter()
                .map(|range| relative(range.start)..relative(range.end))
                .collect(),
            after_blank: first.after_blank,
            sound: !open.faulty && open.brackets.open() == 0,
        }
    }

    /// Takes the comments of the declaration between the offsets, and leaves those behind it.
    fn inner(&mut self, start: usize, end: usize) -> Vec<Comment> {
        let comments = &mut self.scanner.comments;
        let count = comments.partition_point(|comment| (comment.span.start as usize) < end);
        let behind = comments.split_off(count);
        let mut inner = std::mem::replace(comments, behind);
        for comment in &mut inner {
            let range = comment.span.range();
            comment.span = Span::of(
                range.start.saturating_sub(start),
                range.end.saturating_sub(start),
            );
        }
        inner
    }

    /// Whether the declaration that is open ends before `token`.
    fn ends_before(&self, open: &Open, token: Token) -> bool {
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
            && (self.scanner.is_declaration_line(token.start)
                || inside && token.start < self.again && !open.is_item(keyword))
    }

    /// Reports what is still open where a declaration ends, and sets the scanner to where reading goes
    /// on: at the first line that may begin a declaration, also if it did not look like a whole one.
    fn close(&mut self, open: &Open, reached: &Reached, known: usize, faults: &mut Vec<Fault>) {
        let boundary = match reached {
            Reached::Whole => return,
            Reached::Boundary(at) => Some(*at),
            Reached::End => None,
        };
        if open.brackets.open() == 0 {
            return;
        }
        let candidate = open.candidate.filter(|at| *at >= self.again);
        let resume = candidate.or(boundary);
        if let Some(candidate) = candidate {
            self.again = boundary.unwrap_or(self.scanner.len());
            // What is wrong from there on is found again.
            let mut index: usize = 0;
            faults.retain(|fault| {
                index = index.saturating_add(1);
                index <= known || (fault.place.span.start as usize) < candidate
            });
        }
        if let Some(innermost) = open.brackets.innermost()
            && (!open.faulty || faults.len() == known)
        {
            let opener = char::from(innermost.opener);
            let mut fault = Fault::new(
                Code::Unclosed,
                self.place(innermost.at, innermost.at.saturating_add(1)),
                format!("this `{opener}` is never closed"),
            );
            if let Some(at) = resume {
                let word = self.scanner.word_at(at);
                let place = self.place(at, at.saturating_add(word.len()));
                fault = fault.label(place, "the next declaration begins here");
            }
            faults.push(fault);
        }
        if let Some(at) = resume {
            self.scanner.restart(at);
        }
    }

    /// Reports text outside of every declaration and passes over it.
    fn stray(&mut self, first: Token, faults: &mut Vec<Fault>) {
        let word = self.scanner.text(first);
        let place = self.place(first.start, first.end);
        let near = near_keyword(word);
        faults.push(match first.kind {
            Kind::Close(_) => Fault::new(
                Code::Unopened,
                place,
                format!("this `{word}` closes nothing"),
            ),
            Kind::Word if near.is_some() => Fault::new(
                Code::StrayText,
                place,
                format!("`{word}` begins no declaration"),
            )
            .near(near),
            Kind::Word if CLAUSES.contains(&word) => Fault::new(
                Code::StrayText,
                place,
                format!("`{word}` stands outside of every rule and test"),
            )
            .help("is there a `}` too many before it?"),
            _ => Fault::new(
                Code::StrayText,
                place,
                format!("{} stands outside of every declaration", shown(first, word)),
            )
            .help(
                "a declaration begins with `company`, `event`, `const`, `template`, `rule` or `test`",
            ),
        });
        if first.kind == Kind::Lost {
            return;
        }
        let mut deep: usize = usize::from(matches!(first.kind, Kind::Open(_)));
        let mut ignored = Vec::new();
        loop {
            let mark = self.scanner.mark();
            let Some(token) = self.scanner.token(&mut ignored) else {
                return;
            };
            ignored.clear();
            let ends = match (token.kind, self.keyword(token)) {
                (_, Some(_)) => deep == 0 || token.column_one,
                // A second declaration with a misspelt word deserves its own message.
                (Kind::Word, None) => {
                    deep == 0
                        && token.column_one
                        && near_keyword(self.scanner.text(token)).is_some()
                }
                _ => false,
            };
            if ends {
                self.scanner.back(mark);
                return;
            }
            match token.kind {
                Kind::Open(_) => deep = deep.saturating_add(1),
                Kind::Close(_) => deep = deep.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// How a declaration came to its end.
enum Reached {
    /// It is complete, or nothing of it is open where another begins.
    Whole,
    /// Something in it is open, and at this offset another begins.
    Boundary(usize),
    /// The text ends.
    End,
}

/// Words that begin clauses and items, for text that has lost its rule.
const CLAUSES: &[&str] = &[
    "on", "id", "active", "priority", "when", "require", "final", "missing", "send", "do", "first",
    "at", "answers", "adapter", "expect",
];

fn near_keyword(word: &str) -> Option<&'static str> {
    let meant = match word {
        "let" | "constant" | "var" | "define" => "const",
        "partial" => "template",
        "rules" | "route" => "rule",
        "type" | "schema" => "event",
        _ => return crate::text::suggest::nearest(word, Keyword::ALL.map(Keyword::word)),
    };
    Some(meant)
}

/// A token as a message shows it.
fn shown(token: Token, text: &str) -> String {
    match token.kind {
        Kind::Text | Kind::Lost => "a string".to_owned(),
        _ => format!("`{}`", text.chars().take(40).collect::<String>()),
    }
}

/// A declaration while it is read.
#[derive(Debug)]
struct Open {
    keyword: Keyword,
    brackets: Brackets,
    /// Tokens behind the keyword.
    tokens: usize,
    previous: Option<Token>,
    equals: bool,
    /// A constant's value has begun with something that is neither string nor list.
    value_begun: bool,
    json: Vec<Range<usize>>,
    /// The first line in column 1 with a declaration's word that did not look like one.
    candidate: Option<usize>,
    faulty: bool,
}

impl Open {
    const fn new(keyword: Keyword, brackets: Brackets) -> Self {
        Self {
            keyword,
            brackets,
            tokens: 0,
            previous: None,
            equals: false,
            value_begun: false,
            json: Vec::new(),
            candidate: None,
            faulty: false,
        }
    }

    /// In a test, every brace inside its own is JSON.
    fn is_json(&self, token: Token) -> bool {
        self.keyword == Keyword::Test && self.brackets.open() == 1 && token.kind == Kind::Open(b'{')
    }

    /// Takes the token in; a fault where brackets do not pair or nest too deep, the first of its
    /// declaration alone, for it brings others along.
    fn take(&mut self, token: Token, scanner: &Scanner<'_>) -> Option<Fault> {
        let text = scanner.text(token);
        let before = self.previous.map_or("", |last| scanner.text(last));
        self.tokens = self.tokens.saturating_add(1);
        self.previous = Some(token);
        self.equals |= text == "=";
        if token.column_one
            && self.brackets.open() > 0
            && let Some(keyword) = Keyword::of(text)
            && !self.is_item(keyword)
        {
            self.candidate = self.candidate.or(Some(token.start));
        }
        let fault = self.brackets.take(token, text, before)?;
        let first = !self.faulty;
        self.faulty = true;
        first.then_some(fault)
    }

    /// `event` inside a test.
    fn is_item(&self, keyword: Keyword) -> bool {
        self.keyword == Keyword::Test && keyword == Keyword::Event
    }

    /// Whether the declaration was complete before `token`: an event type without a body, a constant
    /// whose number or word has ended.
    fn was_complete(&self, token: Token) -> bool {
        let adjacent = self.previous.is_some_and(|last| last.end == token.start);
        let event = self.keyword == Keyword::Event && self.tokens == 1;
        self.brackets.open() == 0
            && (event && token.kind != Kind::Open(b'{') || self.value_begun && !adjacent)
    }

    /// Whether the declaration ends with `token`.
    fn is_complete(&mut self, token: Token, scanner: &Scanner<'_>) -> bool {
        if self.brackets.open() > 0 {
            return false;
        }
        let text = token.kind == Kind::Text;
        match self.keyword {
            Keyword::Company | Keyword::Template => text,
            Keyword::Event | Keyword::Rule | Keyword::Test => token.kind == Kind::Close(b'}'),
            Keyword::Const => {
                self.value_begun = self.equals && scanner.text(token) != "=";
                self.value_begun && (text || matches!(token.kind, Kind::Close(_)))
            }
        }
    }
}
