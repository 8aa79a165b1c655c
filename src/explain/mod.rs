//! Why each rule did or did not take an event. Routes nothing: it says what evaluation and routing
//! found.
//!
//! The order of the rules and the JSON are in the language reference, chapter 12.

mod condition;
mod declared;
mod print;
mod rule;
mod text;
mod value;
mod why;

use std::sync::Arc;

use self::condition::Node;
pub(crate) use self::rule::{breaches, explain};
use crate::hir::conformance::Breach;
use crate::lookup::question::Question;

/// Why each rule of an event's type did or did not take it.
///
/// For people by `Display`, for programs by [`Explanation::to_json`]. It is worked out without the
/// engine's index, from the same conditions, answers and moment as the outcome. Secrets are masked.
#[derive(Clone, Debug)]
pub struct Explanation {
    event_id: Box<str>,
    event_type: Box<str>,
    /// What the declaration says of the type.
    description: Option<Box<str>>,
    /// Where the event breaks what its type's declaration promises.
    breaches: Vec<Breach>,
    rules: Vec<Explained>,
}

/// What became of one rule.
#[derive(Clone, Debug)]
struct Explained {
    rule: Arc<str>,
    description: Option<Box<str>>,
    verdict: Verdict,
    /// What this rule asks, while it is undecided.
    asks: Vec<Question>,
    window: Option<String>,
    when: Option<Node>,
    requirements: Vec<Required>,
    actions: Vec<Acted>,
    misses: usize,
    /// A condition met the limit of steps.
    limited: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Accepts,
    Undecided,
    Refuses {
        error: Box<str>,
    },
    Skips,
    /// Skips for want of what could not be looked up.
    Incomplete,
    NotConsidered,
    OutsideWindow,
    OtherType,
}

/// One requirement.
#[derive(Clone, Debug)]
struct Required {
    text: String,
    verdict: Met,
    when: Option<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Met {
    Yes,
    No {
        error: Box<str>,
    },
    Undecided,
    /// One before it refused.
    NotLookedAt,
}

/// One action of a rule that took the event.
#[derive(Clone, Debug)]
struct Acted {
    text: String,
    verdict: Done,
    when: Option<Node>,
    /// What its templates read and did not find.
    missing: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Done {
    Yes,
    Failed {
        error: Box<str>,
    },
    /// Its `when` is not true, or an alternative before it was kept.
    LeftOut,
    Undecided,
}

impl Explained {
    /// Accepted first, then near misses, then what was not in the running. Rules that are alike keep
    /// their order.
    fn rank(&self) -> (u8, usize) {
        match self.verdict {
            Verdict::Accepts => (0, 0),
            Verdict::Undecided => (1, 0),
            Verdict::Refuses { .. } | Verdict::Skips | Verdict::Incomplete => (2, self.misses),
            Verdict::NotConsidered => (3, 0),
            Verdict::OutsideWindow | Verdict::OtherType => (4, 0),
        }
    }
}

#[cfg(test)]
mod tests;
