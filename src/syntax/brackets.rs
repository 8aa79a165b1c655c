//! Matches the brackets of one declaration and limits their depth. Brackets in strings and comments are
//! not passed to it.

use super::keyword::NEGATABLE;
use super::lexer::{Token, TokenKind};
use crate::diagnostic::{Code, Fault};
use crate::text::span::{Place, SourceId, Span};

/// An opening bracket without its closing one.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenBracket {
    pub(super) opener: u8,
    pub(super) at: usize,
    /// Depths outside it.
    depth: usize,
    blocks: usize,
}

/// The brackets that are open at some offset of a declaration.
#[derive(Debug)]
pub(super) struct BracketStack {
    source: SourceId,
    /// Maximum depth of values, conditions and types, and of blocks.
    limit: usize,
    stack: Vec<OpenBracket>,
    /// Number of braces on the stack.
    braces: usize,
    /// Number of open brackets that are not on the stack because there are too many.
    beyond: usize,
    depth: usize,
    blocks: usize,
    /// Number of consecutive `not` just before the next token, and the last of them.
    nots: usize,
    last_not: Option<Token>,
    previous: Option<Token>,
}

impl BracketStack {
    pub(super) const fn new(source: SourceId, limit: usize) -> Self {
        Self {
            source,
            limit,
            stack: Vec::new(),
            braces: 0,
            beyond: 0,
            depth: 0,
            blocks: 0,
            nots: 0,
            last_not: None,
            previous: None,
        }
    }

    pub(super) const fn open(&self) -> usize {
        self.stack.len().saturating_add(self.beyond)
    }

    pub(super) fn innermost(&self) -> Option<OpenBracket> {
        self.stack.last().copied()
    }

    /// Adds a token; returns a fault if brackets do not match or are too deep. `before` is the text of
    /// the token before it.
    pub(super) fn add(&mut self, token: Token, text: &str, before: &str) -> Option<Fault> {
        let previous = self.previous.replace(token);
        if token.kind == TokenKind::Word && text == "not" {
            self.nots = self.nots.saturating_add(1);
            self.last_not = Some(token);
            return None;
        }
        let mut nots = std::mem::take(&mut self.nots);
        if nots == 1 && token.kind == TokenKind::Word && NEGATABLE.contains(&text) {
            // In `x not in y` the `not` negates the operator and adds no depth.
            nots = 0;
        }
        let mut fault = None;
        if nots > 0 && self.depth.saturating_add(nots) > self.limit {
            fault = self.last_not.map(|last| self.too_deep(last));
        }
        match token.kind {
            TokenKind::Open(opener) => {
                let adjacent = previous.is_some_and(|last| last.end == token.start);
                let nesting = nesting(opener, before, adjacent);
                fault = fault.or(self.push(opener, token, nots, nesting));
            }
            TokenKind::Close(closer) => fault = fault.or(self.pop(closer, token)),
            _ => {}
        }
        fault
    }

    /// Closes the last brace, the contents of which were skipped as JSON.
    pub(super) fn close_json(&mut self) {
        self.drop_top();
    }

    fn push(&mut self, opener: u8, token: Token, nots: usize, nesting: Nesting) -> Option<Fault> {
        // A declaration this deep is an error anyway, so further brackets are only counted.
        if self.stack.len() > self.limit.saturating_mul(4) {
            self.beyond = self.beyond.saturating_add(1);
            return None;
        }
        self.stack.push(OpenBracket {
            opener,
            at: token.start,
            depth: self.depth,
            blocks: self.blocks,
        });
        self.braces = self.braces.saturating_add(usize::from(opener == b'{'));
        self.depth = self.depth.saturating_add(nots);
        let level = match nesting {
            Nesting::Block => &mut self.blocks,
            Nesting::Value => &mut self.depth,
            Nesting::Subscript => return None,
        };
        *level = level.saturating_add(1);
        (*level > self.limit).then(|| self.too_deep(token))
    }

    fn pop(&mut self, closer: u8, token: Token) -> Option<Fault> {
        if self.beyond > 0 {
            self.beyond = self.beyond.saturating_sub(1);
            return None;
        }
        let sign = char::from(closer);
        let stray = || self.fault(Code::Unopened, token.start, format!("unmatched `{sign}`"));
        let Some(&top) = self.stack.last() else {
            return Some(stray());
        };
        let opener = char::from(top.opener);
        if matches!((opener, sign), ('{', '}') | ('[', ']') | ('(', ')')) {
            self.drop_top();
            return None;
        }
        if closer == b'}' && self.braces > 0 {
            while self
                .innermost()
                .is_some_and(|bracket| bracket.opener != b'{')
            {
                self.drop_top();
            }
            self.drop_top();
            let message = format!("this `{opener}` is never closed");
            return Some(
                self.fault(Code::Unclosed, top.at, message)
                    .label(self.place(token.start), format!("found `{sign}` first")),
            );
        }
        if top.opener == b'{' {
            return Some(stray());
        }
        self.drop_top();
        let message = format!("`{sign}` does not close `{opener}`");
        Some(
            self.fault(Code::Unopened, token.start, message)
                .label(self.place(top.at), format!("the `{opener}` is here")),
        )
    }

    fn drop_top(&mut self) {
        if let Some(bracket) = self.stack.pop() {
            self.depth = bracket.depth;
            self.blocks = bracket.blocks;
            self.braces = self
                .braces
                .saturating_sub(usize::from(bracket.opener == b'{'));
        }
    }

    fn too_deep(&self, token: Token) -> Fault {
        let place = Place::new(self.source, Span::of(token.start, token.end));
        let limit = self.limit;
        Fault::new(
            Code::TooDeep,
            place,
            format!("nested more than {limit} levels deep"),
        )
    }

    fn place(&self, at: usize) -> Place {
        Place::new(self.source, Span::of(at, at.saturating_add(1)))
    }

    fn fault(&self, code: Code, at: usize, message: String) -> Fault {
        Fault::new(code, self.place(at), message)
    }
}

/// The construct that an opening bracket begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nesting {
    /// The clauses of a rule, the parts of a message.
    Block,
    /// A list, an object, a group or a type.
    Value,
    /// `[0]` or `["key"]` in a path, which adds no depth.
    Subscript,
}

fn nesting(opener: u8, before: &str, adjacent: bool) -> Nesting {
    let joined = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b']';
    match opener {
        b'{' if !matches!(before, ":" | "," | "[") => Nesting::Block,
        b'[' if adjacent && before.bytes().last().is_some_and(joined) => Nesting::Subscript,
        _ => Nesting::Value,
    }
}
