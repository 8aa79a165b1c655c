//! The outcome of one step of a rule.

use crate::outcome::Refusal;

/// The outcome of one step of a rule: a condition or a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StepOutcome {
    /// The condition is true or the requirement is met.
    Passed,
    /// The condition is not true.
    NotTrue,
    /// The condition is not true because a lookup was unavailable; holds the host's reason.
    Unavailable(Box<str>),
    /// The requirement is not met.
    Refused { refusal: Refusal, error: Box<str> },
    /// The step depends on a question that is in the queue.
    Pending,
}
