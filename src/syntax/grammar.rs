//! The parser generated from `grammar/rules.pest`, with its result in a compact tree of pairs.

use pest::error::{ErrorVariant, InputLocation};
use pest::{Parser, Token};

use crate::text::span::{Span, saturating_u32};

#[derive(pest_derive::Parser)]
#[grammar = "grammar/rules.pest"]
struct Grammar;

/// The place at which no rule of the grammar matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ParseStop {
    pub(super) offset: usize,
    /// Rules that would have matched there.
    pub(super) expected: Vec<Rule>,
    /// Rules that matched there although they must not.
    pub(super) refused: Vec<Rule>,
}

/// The pairs of one declaration, each followed by its descendants. Punctuation and most keywords carry
/// no information of their own and are left out.
#[derive(Debug, Default)]
pub(super) struct PairTree {
    pairs: Vec<FlatPair>,
    /// Indices of pairs whose end has not been reached yet.
    open: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct FlatPair {
    rule: Rule,
    start: u32,
    end: u32,
    /// Number of pairs from this one to its last descendant.
    count: u32,
}

/// A pair of the grammar with its descendants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'t> {
    text: &'t str,
    flat: FlatPair,
    inner: &'t [FlatPair],
}

/// The children of a pair.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairs<'t> {
    text: &'t str,
    rest: &'t [FlatPair],
}

impl PairTree {
    /// Parses the whole of `text` as one declaration of the given kind. Replaces the previous contents of
    /// the tree and reuses its memory.
    pub(super) fn parse<'t>(
        &'t mut self,
        kind: Rule,
        text: &'t str,
    ) -> Result<Pair<'t>, ParseStop> {
        let pairs = Grammar::parse(kind, text).map_err(stop)?;
        self.pairs.clear();
        self.open.clear();
        for token in pairs.tokens() {
            match token {
                Token::Start { rule, .. } | Token::End { rule, .. } if is_omitted(rule) => {}
                Token::Start { rule, pos } => {
                    self.open.push(self.pairs.len());
                    let at = saturating_u32(pos.pos());
                    self.pairs.push(FlatPair {
                        rule,
                        start: at,
                        end: at,
                        count: 1,
                    });
                }
                Token::End { pos, .. } => {
                    let length = self.pairs.len();
                    if let Some(at) = self.open.pop()
                        && let Some(flat) = self.pairs.get_mut(at)
                    {
                        flat.end = saturating_u32(pos.pos());
                        flat.count = saturating_u32(length.saturating_sub(at));
                    }
                }
            }
        }
        let mut whole = Pairs {
            text,
            rest: &self.pairs,
        };
        whole.next().ok_or(ParseStop {
            offset: 0,
            expected: Vec::new(),
            refused: Vec::new(),
        })
    }
}

fn stop(error: pest::error::Error<Rule>) -> ParseStop {
    let offset = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let (expected, refused) = match error.variant {
        ErrorVariant::ParsingError {
            positives,
            negatives,
        } => (positives, negatives),
        // The thread's stack is exhausted.
        ErrorVariant::CustomError { .. } => (Vec::new(), Vec::new()),
    };
    ParseStop {
        offset,
        expected,
        refused,
    }
}

impl<'t> Pair<'t> {
    pub(super) const fn rule(self) -> Rule {
        self.flat.rule
    }

    /// The text as the grammar matched it, with whitespace before an optional part that is not there.
    fn whole(self) -> &'t str {
        let range = self.flat.start as usize..self.flat.end as usize;
        self.text.get(range).unwrap_or("")
    }

    /// Returns the text from its first byte to the last byte of its last token.
    pub(super) fn text(self) -> &'t str {
        self.whole().trim_end_matches(WHITESPACE)
    }

    /// Returns the span of its text.
    pub(super) fn span(self) -> Span {
        let length = saturating_u32(self.text().len());
        Span::new(self.flat.start, self.flat.start.saturating_add(length))
    }

    pub(super) const fn parts(self) -> Pairs<'t> {
        Pairs {
            text: self.text,
            rest: self.inner,
        }
    }
}

impl<'t> Pairs<'t> {
    /// Returns the next one if it matched `rule`.
    pub(super) fn next_if(&mut self, rule: Rule) -> Option<Pair<'t>> {
        let is_next = self.rest.first().is_some_and(|flat| flat.rule == rule);
        is_next.then(|| self.next()).flatten()
    }
}

impl<'t> Iterator for Pairs<'t> {
    type Item = Pair<'t>;

    fn next(&mut self) -> Option<Pair<'t>> {
        let flat = *self.rest.first()?;
        let (all, rest) = self.rest.split_at_checked(flat.count as usize)?;
        self.rest = rest;
        Some(Pair {
            text: self.text,
            flat,
            inner: all.get(1..)?,
        })
    }

    /// The lower bound is small on purpose: reserving the upper bound would waste memory.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(!self.rest.is_empty()), Some(self.rest.len()))
    }
}

/// The characters between tokens, once comments are replaced by spaces.
pub(super) const WHITESPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Returns whether pairs of a rule carry no information.
const fn is_omitted(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::EOI
            | Rule::brace_open
            | Rule::brace_close
            | Rule::bracket_open
            | Rule::bracket_close
            | Rule::paren_open
            | Rule::paren_close
            | Rule::comma
            | Rule::colon
            | Rule::equals
            | Rule::dots
            | Rule::kw_company
            | Rule::kw_event
            | Rule::kw_const
            | Rule::kw_template
            | Rule::kw_rule
            | Rule::kw_test
            | Rule::kw_on
            | Rule::kw_id
            | Rule::kw_active
            | Rule::kw_priority
            | Rule::kw_when
            | Rule::kw_require
            | Rule::kw_final
            | Rule::kw_missing
            | Rule::kw_send
            | Rule::kw_do
            | Rule::kw_first
            | Rule::kw_to
            | Rule::kw_data
            | Rule::kw_transactional
            | Rule::kw_person
            | Rule::kw_subscribed
            | Rule::kw_carrier
            | Rule::kw_or
            | Rule::kw_and
            | Rule::kw_in
            | Rule::kw_is
            | Rule::kw_between
            | Rule::kw_sample
            | Rule::kw_by
            | Rule::kw_salt
            | Rule::kw_else
            | Rule::kw_at
            | Rule::kw_adapter
            | Rule::kw_answers
            | Rule::kw_expect
            | Rule::kw_refuses
            | Rule::kw_rejected
            | Rule::kw_sends
            | Rule::kw_fails
            | Rule::kw_does
    )
}
