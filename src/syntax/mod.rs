//! From the text of a source to its tree. Knows how rules are written, not what they mean.

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
use self::grammar::Tree;
use self::keyword::Keyword;
use self::splitter::{Cutter, Piece};
use crate::diagnostic::{Code, Fault};
use crate::limits::Limits;
use crate::text::span::{Place, SourceId, Span, saturating_u32};

/// The deepest nesting that a host's limits can allow: parser and tree recurse, and stacks end.
const DEEPEST: usize = 64;

/// Reads a whole source. Every declaration that is well written comes into the tree; for every one that
/// is not, and for text between declarations, there is a fault.
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
    let mut quiet = Quiet::new(faults, limits);
    let mut cutter = Cutter::new(source, text, limits);
    let mut tree = Tree::default();
    while let Some(piece) = cutter.next(faults) {
        match read(source, &piece, limits, &mut tree, faults) {
            Some(item) => file.declarations.push(declared(piece, item)),
            None => file.lost.extend(piece.name.map(Into::into)),
        }
        quiet.hush(faults);
    }
    file.trailing = cutter.trailing();
    file
}

/// A source cut into its declarations. All but the rules are read: rules refer to them, wherever they
/// stand, and are read one at a time, for the trees of all of them together would take much memory.
#[derive(Debug)]
pub(crate) struct Outline<'t> {
    pub(crate) source: SourceId,
    /// Those that are no rules.
    pub(crate) declarations: Vec<Declaration>,
    /// Names of declarations of which it is known that they cannot be read.
    pub(crate) lost: Vec<Box<str>>,
    /// Where the last declaration ends.
    pub(crate) end: u32,
    rules: Vec<Piece<'t>>,
}

/// Cuts a source into its declarations. Faults of rules that come to light only when they are read are
/// for [`Outline::rules`] to tell.
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
    let mut quiet = Quiet::new(faults, limits);
    let mut cutter = Cutter::new(source, text, limits);
    let mut tree = Tree::default();
    while let Some(piece) = cutter.next(faults) {
        outline.end = saturating_u32(piece.offset.saturating_add(piece.text.len()));
        if piece.sound && piece.keyword == Keyword::Rule {
            outline.rules.push(piece);
        } else {
            match read(source, &piece, limits, &mut tree, faults) {
                Some(item) => outline.declarations.push(declared(piece, item)),
                None => outline.lost.extend(piece.name.map(Into::into)),
            }
        }
        quiet.hush(faults);
    }
    outline
}

impl Outline<'_> {
    /// How many rules there are to be read.
    pub(crate) const fn count(&self) -> usize {
        self.rules.len()
    }

    /// Reads the rules in their order; shows each, or the name of one that cannot be read.
    pub(crate) fn rules(
        &self,
        limits: &Limits,
        faults: &mut Vec<Fault>,
        mut show: impl FnMut(Result<&Declaration, Option<&str>>),
    ) {
        let mut quiet = Quiet::new(faults, limits);
        let mut tree = Tree::default();
        for piece in &self.rules {
            match read(self.source, piece, limits, &mut tree, faults) {
                Some(item) => show(Ok(&declared(piece.clone(), item))),
                None => show(Err(piece.name)),
            }
            quiet.hush(faults);
        }
    }
}

/// Whether a source is too large to be looked at, which is a fault.
fn is_too_large(source: SourceId, text: &str, limits: &Limits, faults: &mut Vec<Fault>) -> bool {
    let most = limits.source_bytes.min(u32::MAX as usize);
    let is_it = text.len() > most;
    if is_it {
        let message = format!(
            "a source has at most {most} bytes, this one has {}",
            text.len()
        );
        let place = Place::new(source, Span::new(0, 0));
        faults.push(Fault::new(Code::SourceTooLarge, place, message));
    }
    is_it
}

/// What a declaration says, unless there is a fault in it.
fn read(
    source: SourceId,
    piece: &Piece<'_>,
    limits: &Limits,
    tree: &mut Tree,
    faults: &mut Vec<Fault>,
) -> Option<Item> {
    if !piece.sound {
        return None;
    }
    let read = parser::declaration(source, piece, limits, tree);
    read.map_err(|fault| faults.push(fault)).ok()
}

fn declared(piece: Piece<'_>, item: Item) -> Declaration {
    Declaration {
        offset: saturating_u32(piece.offset),
        text: piece.text.into(),
        description: description(&piece.leading),
        leading: piece.leading,
        after_blank: piece.after_blank,
        inner: piece.inner,
        item,
    }
}

/// Faults of a source past the limit are counted and never shown: their texts need no memory.
struct Quiet {
    told: usize,
    counted: usize,
}

impl Quiet {
    fn new(faults: &[Fault], limits: &Limits) -> Self {
        let told = faults.len().saturating_add(limits.diagnostics);
        Self {
            told,
            counted: told,
        }
    }

    fn hush(&mut self, faults: &mut [Fault]) {
        for fault in faults.iter_mut().skip(self.counted) {
            fault.silence();
        }
        self.counted = self.told.max(faults.len());
    }
}

/// Where a declaration begins in its source, all `///` directly before it with it: without both nothing
/// is left that could describe another declaration.
pub(crate) fn start(declaration: &Declaration) -> u32 {
    let comments = declaration.leading.iter().rev();
    let described = comments.take_while(|comment| is_description(comment));
    described
        .last()
        .map_or(declaration.offset, |comment| comment.span.start)
}

/// Where a declaration ends in its source.
pub(crate) fn end(declaration: &Declaration) -> u32 {
    declaration
        .offset
        .saturating_add(saturating_u32(declaration.text.len()))
}

/// The `///` lines at the end of `comments`, without their slashes.
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

/// Whether a comment is a line of a description.
fn is_description(comment: &Comment) -> bool {
    comment.own_line && comment.text.starts_with("///") && !comment.text.starts_with("////")
}

fn line(comment: &Comment) -> &str {
    let text = comment.text.trim_start_matches('/');
    text.strip_prefix(' ').unwrap_or(text).trim_end()
}
