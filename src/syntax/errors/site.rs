//! The place at which the grammar stopped, and the plain message for it.

use super::expected::phrase;
use super::suggest;
use crate::diagnostic::Code;
use crate::syntax::grammar::{ParseStop, Rule, WHITESPACE};
use crate::syntax::keyword::Keyword;
use crate::syntax::lexer::{Lexer, Token, TokenKind};
use crate::syntax::splitter::RawDeclaration;
use crate::text::span::SourceId;

/// A message under construction.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) code: Code,
    pub(super) text: String,
    pub(super) help: Option<String>,
    /// The message is about the token before the one at which the grammar stopped.
    pub(super) is_before: bool,
}

/// The place at which the grammar stopped.
#[derive(Debug)]
pub(super) struct ErrorSite<'a> {
    pub(super) keyword: Keyword,
    pub(super) expected: &'a [Rule],
    /// Rules that matched although they must not.
    pub(super) refused: &'a [Rule],
    pub(super) offset: usize,
    /// The text there: a word, a string, an operator; empty at the end of the declaration.
    pub(super) found: &'a str,
    /// The token before it.
    pub(super) before: &'a str,
    pub(super) before_offset: usize,
    /// There is no space between the two.
    pub(super) adjacent: bool,
    /// The declaration's text after `found`.
    pub(super) rest: &'a str,
}

impl Message {
    pub(super) fn new(code: Code, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            help: None,
            is_before: false,
        }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    pub(super) fn before(self) -> Self {
        Self {
            is_before: true,
            ..self
        }
    }
}

impl<'a> ErrorSite<'a> {
    pub(super) fn new(stop: &'a ParseStop, declaration: &RawDeclaration<'a>) -> Self {
        let text = declaration.text;
        let last = last_token(text, stop.offset);
        // Inside a path the grammar stops at a space.
        let token = text.get(stop.offset..).unwrap_or("");
        let token = token.trim_start_matches(WHITESPACE);
        let offset = text.len().saturating_sub(token.len());
        let found = token_at(text, offset);
        Self {
            keyword: declaration.keyword,
            expected: &stop.expected,
            refused: &stop.refused,
            offset,
            found,
            before: last.map_or("", |last| text.get(last.start..last.end).unwrap_or("")),
            before_offset: last.map_or(0, |last| last.start),
            adjacent: last.is_some_and(|last| last.end == offset),
            rest: token.get(found.len()..).unwrap_or(""),
        }
    }

    pub(super) fn expects(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    pub(super) fn expects_any(&self, rules: &[Rule]) -> bool {
        rules.iter().any(|rule| self.expects(*rule))
    }

    /// Returns whether the grammar stopped only because of a reserved word.
    pub(super) fn is_reserved_word(&self) -> bool {
        self.expected.is_empty() && self.refused.contains(&Rule::reserved)
    }

    /// Returns a message with what was expected and found, and the nearest word that is possible.
    pub(super) fn plain(&self) -> Message {
        let expected = phrase(self.expected);
        let found = self.shown();
        let mut message = match &*expected {
            "" => Message::new(Code::Unexpected, format!("unexpected {found}")),
            expected => self.expected(expected),
        };
        message.help = self.suggestion();
        message
    }

    pub(super) fn expected(&self, expected: &str) -> Message {
        let text = format!("expected {expected}, found {}", self.shown());
        Message::new(Code::Unexpected, text)
    }

    /// Returns what was found as a message shows it.
    pub(super) fn shown(&self) -> String {
        const MOST: usize = 40;
        if self.found.is_empty() {
            let name = match self.keyword {
                Keyword::Company => "declaration",
                Keyword::Const => "constant",
                keyword => keyword.word(),
            };
            return format!("the end of the {name}");
        }
        if self.found.starts_with('"') {
            return "a string".to_owned();
        }
        let mut shown: String = self.found.chars().take(MOST).collect();
        if shown.len() < self.found.len() {
            shown.push('…');
        }
        format!("`{shown}`")
    }

    pub(super) fn suggestion(&self) -> Option<String> {
        let near = self.near()?;
        Some(format!("did you mean `{near}`?"))
    }

    /// Returns the word that is possible here and probably meant.
    pub(super) fn near(&self) -> Option<&'static str> {
        suggest::near(self.found, self.expected)
    }
}

/// Returns the last token before `offset`.
fn last_token(text: &str, offset: usize) -> Option<Token> {
    let mut lexer = Lexer::new(SourceId::default(), text.get(..offset)?);
    std::iter::from_fn(|| lexer.token(&mut Vec::new())).last()
}

/// Returns the text at `offset`: a word or number, a string, an operator or one other character.
fn token_at(text: &str, offset: usize) -> &str {
    let rest = text.get(offset..).unwrap_or("");
    let length = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let is_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | '%');
    let is_sign = |c: char| "=!<>&|~*/^".contains(c);
    let unsigned = rest.trim_start_matches(['+', '-', '.']);
    let is_numeric = rest.len().saturating_sub(unsigned.len()) < 2
        && unsigned.starts_with(|c: char| c.is_ascii_digit());
    let end = match rest.chars().next() {
        None => 0,
        Some(_) if is_numeric => length(is_number),
        Some('"') => {
            let token = Lexer::new(SourceId::default(), rest).token(&mut Vec::new());
            let string = token.filter(|token| token.kind == TokenKind::String);
            string.map_or(1, |token| token.end)
        }
        Some(c) if is_word(c) && c != '-' => length(is_word),
        Some(c) if is_sign(c) => length(is_sign),
        Some(c) => c.len_utf8(),
    };
    rest.get(..end).unwrap_or("")
}
