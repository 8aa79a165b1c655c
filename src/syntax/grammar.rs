//! The grammar's parser, generated from `grammar/rules.pest`. Knows the shape of every declaration and
//! makes neither tree nor message.

use pest::error::{ErrorVariant, InputLocation};
use pest::{Parser, Token};

use crate::text::span::{Span, saturating_u32};

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

/// What the grammar found in one declaration: every pair that says something, each followed by those
/// inside of it. Signs and most words only mark a place and are left out.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Pairs that have begun and not ended, while the tree is made.
    open: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    rule: Rule,
    start: u32,
    end: u32,
    /// Nodes from this one to the last inside of it.
    count: u32,
}

/// A pair of the grammar with those inside of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'t> {
    text: &'t str,
    node: Node,
    inner: &'t [Node],
}

/// The pairs directly inside of a pair.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'t> {
    text: &'t str,
    rest: &'t [Node],
}

impl Tree {
    /// Parses the whole of `text` as one declaration of the given kind. What the tree held before is
    /// gone; its memory serves again.
    pub(super) fn parse<'t>(&'t mut self, kind: Rule, text: &'t str) -> Result<Pair<'t>, Stop> {
        let pairs = Grammar::parse(kind, text).map_err(stop)?;
        self.nodes.clear();
        self.open.clear();
        for token in pairs.tokens() {
            match token {
                Token::Start { rule, .. } | Token::End { rule, .. } if is_mark(rule) => {}
                Token::Start { rule, pos } => {
                    self.open.push(self.nodes.len());
                    let at = saturating_u32(pos.pos());
                    self.nodes.push(Node {
                        rule,
                        start: at,
                        end: at,
                        count: 1,
                    });
                }
                Token::End { pos, .. } => {
                    let length = self.nodes.len();
                    if let Some(at) = self.open.pop()
                        && let Some(node) = self.nodes.get_mut(at)
                    {
                        node.end = saturating_u32(pos.pos());
                        node.count = saturating_u32(length.saturating_sub(at));
                    }
                }
            }
        }
        let mut whole = Parts {
            text,
            rest: &self.nodes,
        };
        whole.next().ok_or(Stop {
            offset: 0,
            expected: Vec::new(),
            refused: Vec::new(),
        })
    }
}

fn stop(error: pest::error::Error<Rule>) -> Stop {
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
}

impl<'t> Pair<'t> {
    pub(super) const fn rule(self) -> Rule {
        self.node.rule
    }

    /// As the grammar counts it: with the blanks that stand before something optional that did not come.
    fn whole(self) -> &'t str {
        let range = self.node.start as usize..self.node.end as usize;
        self.text.get(range).unwrap_or("")
    }

    /// From its first byte to the last byte of its last token.
    pub(super) fn text(self) -> &'t str {
        self.whole().trim_end_matches(BLANKS)
    }

    /// Where its text stands.
    pub(super) fn span(self) -> Span {
        let length = saturating_u32(self.text().len());
        Span::new(self.node.start, self.node.start.saturating_add(length))
    }

    pub(super) const fn parts(self) -> Parts<'t> {
        Parts {
            text: self.text,
            rest: self.inner,
        }
    }
}

impl<'t> Parts<'t> {
    /// The next one if it is of that rule.
    pub(super) fn next_if(&mut self, rule: Rule) -> Option<Pair<'t>> {
        let is_next = self.rest.first().is_some_and(|node| node.rule == rule);
        is_next.then(|| self.next()).flatten()
    }
}

impl<'t> Iterator for Parts<'t> {
    type Item = Pair<'t>;

    fn next(&mut self) -> Option<Pair<'t>> {
        let node = *self.rest.first()?;
        let (all, rest) = self.rest.split_at_checked(node.count as usize)?;
        self.rest = rest;
        Some(Pair {
            text: self.text,
            node,
            inner: all.get(1..)?,
        })
    }

    /// As many as there are nodes at most: room for the most that can come would be too much room.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(!self.rest.is_empty()), Some(self.rest.len()))
    }
}

/// What may stand between tokens, once comments are blanks.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether a rule only marks a place.
const fn is_mark(rule: Rule) -> bool {
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
