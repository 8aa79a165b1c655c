//! Parses the text of a source into its syntax tree.

pub(crate) mod ast;
mod brackets;
mod errors;
mod expression;
pub(crate) mod format;
mod grammar;
mod keyword;
pub(crate) mod lexer;
pub(crate) mod operator;
mod parser;
mod splitter;
pub(crate) mod string;
#[cfg(test)]
mod tests;

use self::ast::{Comment, Declaration, File, Item};
use self::grammar::PairTree;
use self::keyword::Keyword;
use self::splitter::{DeclarationSplitter, RawDeclaration};
use crate::diagnostic::{Code, Fault};
use crate::limits::Limits;
use crate::text::span::{Place, SourceId, Span, saturating_u32};

/// Upper bound for `Limits::expression_depth`: the parser and the tree recurse, and stacks are finite.
const MAX_DEPTH: usize = 64;

/// Parses a whole source. Adds a fault for every declaration that does not parse and for text between
/// declarations; the others are in the tree.
pub(crate) fn parse(
    source: SourceId,
    text: &str,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> File {
    let mut file = File {
        declarations: Vec::new(),
        trailing: Vec::new(),
        lost: Vec::new(),
    };
    if is_too_large(source, text, limits, faults) {
        return file;
    }
    let mut limiter = FaultLimiter::new(faults, limits);
    let mut splitter = DeclarationSplitter::new(source, text, limits);
    let mut tree = PairTree::default();
    while let Some(raw) = splitter.next(faults) {
        match parse_item(source, &raw, limits, &mut tree, faults) {
            Some(item) => file.declarations.push(declaration(raw, item)),
            None => file.lost.extend(raw.name.map(Into::into)),
        }
        limiter.silence_rest(faults);
    }
    file.trailing = splitter.trailing();
    file
}

/// A source split into its declarations. All but the rules are parsed, because rules refer to them.
/// Rules are parsed one at a time: the trees of all of them would take too much memory.
#[derive(Debug)]
pub(crate) struct Outline<'t> {
    pub(crate) source: SourceId,
    /// All declarations that are not rules.
    pub(crate) declarations: Vec<Declaration>,
    /// Names of declarations that failed to parse so far.
    pub(crate) lost: Vec<Box<str>>,
    /// Offset of the end of the last declaration.
    pub(crate) end: u32,
    rules: Vec<RawDeclaration<'t>>,
}

/// Splits a source into its declarations. Faults inside rules are reported later, by [`Outline::rules`].
pub(crate) fn outline<'t>(
    source: SourceId,
    text: &'t str,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Outline<'t> {
    let mut outline = Outline {
        source,
        declarations: Vec::new(),
        lost: Vec::new(),
        end: 0,
        rules: Vec::new(),
    };
    if is_too_large(source, text, limits, faults) {
        return outline;
    }
    let mut limiter = FaultLimiter::new(faults, limits);
    let mut splitter = DeclarationSplitter::new(source, text, limits);
    let mut tree = PairTree::default();
    while let Some(raw) = splitter.next(faults) {
        outline.end = saturating_u32(raw.offset.saturating_add(raw.text.len()));
        if raw.is_ok && raw.keyword == Keyword::Rule {
            outline.rules.push(raw);
        } else {
            match parse_item(source, &raw, limits, &mut tree, faults) {
                Some(item) => outline.declarations.push(declaration(raw, item)),
                None => outline.lost.extend(raw.name.map(Into::into)),
            }
        }
        limiter.silence_rest(faults);
    }
    outline
}

impl Outline<'_> {
    /// Returns the number of rules to parse.
    pub(crate) const fn count(&self) -> usize {
        self.rules.len()
    }

    /// Parses the rules in order and passes each to `show`, or its name if it does not parse.
    pub(crate) fn rules(
        &self,
        limits: &Limits,
        faults: &mut Vec<Fault>,
        mut show: impl FnMut(Result<&Declaration, Option<&str>>),
    ) {
        let mut limiter = FaultLimiter::new(faults, limits);
        let mut tree = PairTree::default();
        for raw in &self.rules {
            match parse_item(self.source, raw, limits, &mut tree, faults) {
                Some(item) => show(Ok(&declaration(raw.clone(), item))),
                None => show(Err(raw.name)),
            }
            limiter.silence_rest(faults);
        }
    }
}

/// Returns whether a source is too large to parse, and adds a fault if so.
fn is_too_large(source: SourceId, text: &str, limits: &Limits, faults: &mut Vec<Fault>) -> bool {
    let most = limits.source_bytes.min(u32::MAX as usize);
    let is_too_large = text.len() > most;
    if is_too_large {
        let message = format!(
            "a source can have at most {most} bytes, this one has {}",
            text.len()
        );
        let place = Place::new(source, Span::new(0, 0));
        faults.push(Fault::new(Code::SourceTooLarge, place, message));
    }
    is_too_large
}

/// Parses a declaration; returns nothing if there is a fault in it.
fn parse_item(
    source: SourceId,
    raw: &RawDeclaration<'_>,
    limits: &Limits,
    tree: &mut PairTree,
    faults: &mut Vec<Fault>,
) -> Option<Item> {
    if !raw.is_ok {
        return None;
    }
    let parsed = parser::declaration(source, raw, limits, tree);
    parsed.map_err(|fault| faults.push(fault)).ok()
}

fn declaration(raw: RawDeclaration<'_>, item: Item) -> Declaration {
    Declaration {
        offset: saturating_u32(raw.offset),
        text: raw.text.into(),
        description: description(&raw.leading),
        leading: raw.leading,
        after_blank: raw.after_blank,
        inner: raw.inner,
        item,
    }
}

/// Drops the texts of faults beyond the limit, which are counted but never shown.
struct FaultLimiter {
    /// Number of faults that keep their texts.
    shown: usize,
    /// Number of faults processed so far.
    processed: usize,
}

impl FaultLimiter {
    fn new(faults: &[Fault], limits: &Limits) -> Self {
        let shown = faults.len().saturating_add(limits.diagnostics);
        Self {
            shown,
            processed: shown,
        }
    }

    fn silence_rest(&mut self, faults: &mut [Fault]) {
        for fault in faults.iter_mut().skip(self.processed) {
            fault.silence();
        }
        self.processed = self.shown.max(faults.len());
    }
}

/// Returns the offset at which a declaration begins in its source. Its `///` lines belong to it, so that
/// removing it leaves no lines that would describe the next declaration.
pub(crate) fn start(declaration: &Declaration) -> u32 {
    let comments = declaration.leading.iter().rev();
    let described = comments.take_while(|comment| is_description(comment));
    described
        .last()
        .map_or(declaration.offset, |comment| comment.span.start)
}

/// Returns the offset at which a declaration ends in its source.
pub(crate) fn end(declaration: &Declaration) -> u32 {
    declaration
        .offset
        .saturating_add(saturating_u32(declaration.text.len()))
}

/// Returns the `///` lines at the end of `comments`, without their slashes.
fn description(comments: &[Comment]) -> Option<Box<str>> {
    let mut first = comments.len();
    for (index, comment) in comments.iter().enumerate().rev() {
        if !is_description(comment) {
            break;
        }
        first = index;
        if comment.after_blank {
            break;
        }
    }
    let lines: Vec<&str> = comments.iter().skip(first).map(line).collect();
    (!lines.is_empty()).then(|| lines.join("\n").into())
}

/// Returns whether a comment is a line of a description.
fn is_description(comment: &Comment) -> bool {
    comment.own_line && comment.text.starts_with("///") && !comment.text.starts_with("////")
}

fn line(comment: &Comment) -> &str {
    let text = comment.text.trim_start_matches('/');
    text.strip_prefix(' ').unwrap_or(text).trim_end()
}
