//! Pairs the brackets of one declaration and counts how deep they nest. Knows no clause; a bracket in a
//! string or comment never comes here.

use super::lexer::{Kind, Token};
use crate::diagnostic::{Code, Fault};
use crate::text::span::{Place, SourceId, Span};

/// A bracket that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) opener: u8,
    pub(super) at: usize,
    /// Nesting around it.
    depth: usize,
    blocks: usize,
}

/// The brackets open at some point of a declaration.
#[derive(Debug)]
pub(super) struct Brackets {
    source: SourceId,
    /// Deepest nesting of values, conditions and types, and of blocks.
    limit: usize,
    stack: Vec<Frame>,
    /// Braces among the stack.
    braces: usize,
    /// Brackets open beyond those that the stack keeps.
    beyond: usize,
    depth: usize,
    blocks: usize,
    /// One `not` after the other, not yet followed by anything else; and the last of them.
    nots: usize,
    last_not: Option<Token>,
    previous: Option<Token>,
}

impl Brackets {
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

    pub(super) fn innermost(&self) -> Option<Frame> {
        self.stack.last().copied()
    }

    /// Takes a token in; a fault where brackets do not pair or nest too deep. `text` is the token's,
    /// `before` the text of the one before it.
    pub(super) fn take(&mut self, token: Token, text: &str, before: &str) -> Option<Fault> {
        let previous = self.previous.replace(token);
        if token.kind == Kind::Word && text == "not" {
            self.nots = self.nots.saturating_add(1);
            self.last_not = Some(token);
            return None;
        }
        let mut nots = std::mem::take(&mut self.nots);
        if nots == 1 && token.kind == Kind::Word && NEGATED.contains(&text) {
            // `x not in y` negates the operator and nests nothing.
            nots = 0;
        }
        let mut fault = None;
        if nots > 0 && self.depth.saturating_add(nots) > self.limit {
            fault = self.last_not.map(|last| self.too_deep(last));
        }
        match token.kind {
            Kind::Open(opener) => {
                let adjacent = previous.is_some_and(|last| last.end == token.start);
                let nesting = nesting(opener, before, adjacent);
                fault = fault.or(self.push(opener, token, nots, nesting));
            }
            Kind::Close(closer) => fault = fault.or(self.pop(closer, token)),
            _ => {}
        }
        fault
    }

    /// Closes the brace taken in last, whose inside was passed over as JSON.
    pub(super) fn close_json(&mut self) {
        self.drop_top();
    }

    fn push(&mut self, opener: u8, token: Token, nots: usize, nesting: Nesting) -> Option<Fault> {
        // A declaration this deep is lost; its brackets are only counted from here on.
        if self.stack.len() > self.limit.saturating_mul(4) {
            self.beyond = self.beyond.saturating_add(1);
            return None;
        }
        self.stack.push(Frame {
            opener,
            at: token.start,
            depth: self.depth,
            blocks: self.blocks,
        });
        self.braces = self.braces.saturating_add(usize::from(opener == b'{'));
        self.depth = self.depth.saturating_add(nots);
        let now = match nesting {
            Nesting::Block => &mut self.blocks,
            Nesting::Value => &mut self.depth,
            Nesting::Subscript => return None,
        };
        *now = now.saturating_add(1);
        (*now > self.limit).then(|| self.too_deep(token))
    }

    fn pop(&mut self, closer: u8, token: Token) -> Option<Fault> {
        if self.beyond > 0 {
            self.beyond = self.beyond.saturating_sub(1);
            return None;
        }
        let sign = char::from(closer);
        let stray = || {
            self.fault(
                Code::Unopened,
                token.start,
                format!("this `{sign}` closes nothing"),
            )
        };
        let Some(&top) = self.stack.last() else {
            return Some(stray());
        };
        let opener = char::from(top.opener);
        if matches!((opener, sign), ('{', '}') | ('[', ']') | ('(', ')')) {
            self.drop_top();
            return None;
        }
        if closer == b'}' && self.braces > 0 {
            while self.innermost().is_some_and(|frame| frame.opener != b'{') {
                self.drop_top();
            }
            self.drop_top();
            let message = format!("this `{opener}` is never closed");
            return Some(
                self.fault(Code::Unclosed, top.at, message)
                    .label(self.place(token.start), format!("`{sign}` comes first")),
            );
        }
        if top.opener == b'{' {
            return Some(stray());
        }
        self.drop_top();
        let message = format!("`{sign}` does not close `{opener}`");
        Some(
            self.fault(Code::Unopened, token.start, message)
                .label(self.place(top.at), format!("the `{opener}` stands here")),
        )
    }

    fn drop_top(&mut self) {
        if let Some(frame) = self.stack.pop() {
            self.depth = frame.depth;
            self.blocks = frame.blocks;
            self.braces = self
                .braces
                .saturating_sub(usize::from(frame.opener == b'{'));
        }
    }

    fn too_deep(&self, token: Token) -> Fault {
        let place = Place::new(self.source, Span::of(token.start, token.end));
        let limit = self.limit;
        Fault::new(
            Code::TooDeep,
            place,
            format!("nested more than {limit} deep"),
        )
    }

    fn place(&self, at: usize) -> Place {
        Place::new(self.source, Span::of(at, at.saturating_add(1)))
    }

    fn fault(&self, code: Code, at: usize, message: String) -> Fault {
        Fault::new(code, self.place(at), message)
    }
}

/// What an opening bracket begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nesting {
    /// The clauses of a rule, the parts of a message.
    Block,
    /// A list, an object, a group, a type: what counts against the limit.
    Value,
    /// `[0]` and `["key"]` of a path, where nothing nests.
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

/// Operators that `not` may stand before.
const NEGATED: &[&str] = &[
    "in",
    "between",
    "contains",
    "starts_with",
    "ends_with",
    "like",
    "matches",
    "in_network",
];
