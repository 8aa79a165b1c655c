//! Explains why each rule does or does not accept an event, from the traces of routing and the values that
//! its conditions read.
//!
//! The order of the rules and the JSON are documented under "Explanation" in the formats reference.

mod condition;
mod print;
mod rule;
mod text;
mod why;

use std::sync::Arc;

use self::condition::ConditionNode;
pub(crate) use self::rule::{breaches, explain};
use crate::hir::conformance::Violation;
use crate::lookup::question::Question;

/// Explains why each rule of an event's type does or does not accept it.
///
/// `Display` prints it for people, [`Explanation::to_json`] for programs. It is computed without the
/// engine's index, from the same conditions, answers and time as the outcome. Secrets are masked.
#[derive(Clone, Debug)]
pub struct Explanation {
    event_id: Box<str>,
    event_type: Box<str>,
    /// The description in the type's declaration.
    description: Option<Box<str>>,
    /// Violations of the type's declaration.
    breaches: Vec<Violation>,
    rules: Vec<RuleExplanation>,
}

#[derive(Clone, Debug)]
struct RuleExplanation {
    rule: Arc<str>,
    description: Option<Box<str>>,
    verdict: ExplainedVerdict,
    /// The position among all rules; rules of equal rank keep their order. Accepted rules come first, then
    /// near misses, then rules that were not evaluated.
    rank: (u8, usize),
    /// The questions that the rule asks while it is undecided.
    asks: Vec<Question>,
    window: Option<String>,
    when: Option<ConditionNode>,
    requirements: Vec<StepExplanation>,
    actions: Vec<StepExplanation>,
    /// A condition reached the limit of evaluation steps.
    limited: bool,
}

/// A requirement, or an action of a rule that accepted the event.
#[derive(Clone, Debug)]
struct StepExplanation {
    text: String,
    verdict: ExplainedVerdict,
    when: Option<ConditionNode>,
    /// Values that the action's templates read but that are missing.
    missing: Vec<String>,
}

/// The verdict on a rule, a requirement or an action, in both notations.
#[derive(Clone, Debug)]
struct ExplainedVerdict {
    /// `✓`, `✗`, `…` or `-`; empty for a rule.
    mark: &'static str,
    /// The value in JSON.
    word: &'static str,
    /// The text for people, which the error follows.
    text: &'static str,
    error: Option<Box<str>>,
}

#[cfg(test)]
mod tests;
