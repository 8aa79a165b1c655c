//! From the text of a source to its tree. Knows how rules are written, not what they mean.

pub(crate) mod ast;
mod blame;
mod brackets;
mod cut;
mod expression;
mod flat;
pub(crate) mod format;
#[cfg(test)]
mod format_tests;
mod grammar;
pub(crate) mod layout;
#[cfg(test)]
mod made;
mod parser;
mod printer;
mod scan;
mod slips;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod wanted;

use crate::diagnostic::{Code, Fault};
use crate::limits::Limits;
use crate::span::{Place, SourceId, Span, clamp};
use ast::{Comment, Declaration, File};
use cut::Cutter;
use grammar::Tree;

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
        source,
        declarations: Vec::new(),
        trailing: Vec::new(),
        lost: Vec::new(),
    };
    let most = limits.source_bytes.min(u32::MAX as usize);
    if text.len() > most {
        let message = format!(
            "a source has at most {most} bytes, this one has {}",
            text.len()
        );
        let place = Place::new(source, Span::new(0, 0));
        faults.push(Fault::new(Code::SourceTooLarge, place, message));
        return file;
    }
    let told = faults.len().saturating_add(limits.diagnostics);
    let mut counted = told;
    let mut cutter = Cutter::new(source, text, limits);
    let mut tree = Tree::default();
    while let Some(piece) = cutter.next(faults) {
        let read = if piece.sound {
            parser::declaration(source, &piece, limits, &mut tree)
                .map_err(|fault| faults.push(fault))
        } else {
            Err(())
        };
        match read {
            Ok(item) => file.declarations.push(Declaration {
                offset: clamp(piece.offset),
                text: piece.text.into(),
                description: description(&piece.leading),
                leading: piece.leading,
                after_blank: piece.after_blank,
                inner: piece.inner,
                item,
            }),
            Err(()) => file.lost.extend(piece.name.map(Into::into)),
        }
        // Faults past the limit are counted and never shown: their texts need no memory.
        for fault in faults.iter_mut().skip(counted) {
            fault.silence();
        }
        counted = told.max(faults.len());
    }
    file.trailing = cutter.trailing();
    file
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
        .saturating_add(clamp(declaration.text.len()))
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
