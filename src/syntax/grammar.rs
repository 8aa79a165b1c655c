//! The grammar's parser, generated from `grammar/rules.pest`. Knows the shape of every declaration and
//! makes neither tree nor message.

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};

/// What the grammar found, token by token.
pub(super) type Pair<'a> = pest::iterators::Pair<'a, Rule>;
pub(super) type Pairs<'a> = pest::iterators::Pairs<'a, Rule>;

#[derive(pest_derive::Parser)]
#[grammar = "grammar/rules.pest"]
struct Grammar;

/// Where the grammar could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) offset: usize,
    /// What would have fitted there.
    pub(super) expected: Vec<Rule>,
    /// What stood there and must not.
    pub(super) refused: Vec<Rule>,
}

/// Parses the whole of `text` as one declaration of the given kind.
pub(super) fn parse(kind: Rule, text: &str) -> Result<Pair<'_>, Stop> {
    let mut pairs = Grammar::parse(kind, text).map_err(|error| {
        let offset = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        let (expected, refused) = match error.variant {
            ErrorVariant::ParsingError {
                positives,
                negatives,
            } => (positives, negatives),
            // The thread's stack was at its end.
            ErrorVariant::CustomError { .. } => (Vec::new(), Vec::new()),
        };
        Stop {
            offset,
            expected,
            refused,
        }
    })?;
    pairs.next().ok_or(Stop {
        offset: 0,
        expected: Vec::new(),
        refused: Vec::new(),
    })
}

/// From the pair's first byte to the last byte of its last token: the grammar also counts the blanks and
/// comments that stood before something optional that did not come.
pub(super) fn extent(pair: &Pair<'_>) -> (usize, usize) {
    let start = pair.as_span().start();
    let mut last = pair.clone();
    loop {
        // A path is one token; its brackets are not in its parts.
        if last.as_rule() == Rule::path {
            return (start, last.as_span().end());
        }
        let mut inner = last.clone().into_inner();
        match inner.next_back() {
            Some(end) if end.as_rule() == Rule::EOI => match inner.next_back() {
                Some(token) => last = token,
                None => return (start, start),
            },
            Some(token) => last = token,
            None => return (start, last.as_span().end()),
        }
    }
}
