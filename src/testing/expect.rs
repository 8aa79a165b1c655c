//! Matches the results of an event with the expectations of a test, and describes both.

use std::collections::VecDeque;
use std::fmt::Write;

use super::TestRun;
use crate::hir::{Expectation, RuleId, TestEvent};
use crate::json::compare;
use crate::json::document::Datum;
use crate::json::parse;
use crate::json::write;
use crate::outcome::{Action, ActionKind, ActionResult, FailureReason, Status, StatusReason};
use crate::route::{Exclusion, RuleTrace, StepOutcome};

impl<'a> TestRun<'a> {
    /// Assigns a different result to each expectation, for as many as possible. Returns the owner of each
    /// result, and whether each expectation has a result.
    ///
    /// A maximum matching by augmenting paths: a broad expectation gives way to a narrow one.
    pub(super) fn assign(
        &self,
        event: &TestEvent,
        results: &[ActionResult],
    ) -> (Vec<Option<usize>>, Vec<bool>) {
        let fits: Vec<Vec<usize>> = event
            .expectations
            .iter()
            .map(|(_, expectation)| {
                let fitting = results
                    .iter()
                    .enumerate()
                    .filter(|(_, result)| self.fits(expectation, result));
                fitting.map(|(at, _)| at).collect()
            })
            .collect();
        let mut taken_by: Vec<Option<usize>> = vec![None; results.len()];
        let matched = (0..fits.len())
            .map(|expectation| augment(expectation, &fits, &mut taken_by))
            .collect();
        (taken_by, matched)
    }

    /// Returns whether the result alone meets the expectation.
    pub(super) fn fits(&self, expectation: &Expectation, result: &ActionResult) -> bool {
        let is_of = |rule: &RuleId| result.rule() == Some(self.name(*rule));
        match expectation {
            Expectation::Accepts(rule) => is_of(rule) && accepts(result),
            Expectation::Sends {
                rule,
                channel,
                body,
                to,
            } => {
                let Some(message) = result.message() else {
                    return false;
                };
                is_of(rule)
                    && result.action.status != Status::Failed
                    && message.channel() == *channel
                    && body
                        .as_deref()
                        .is_none_or(|body| message.text().unwrap_or_default() == body)
                    && to
                        .as_deref()
                        .is_none_or(|to| message.to().is_some_and(|found| found.value() == to))
            }
            Expectation::SendFails {
                rule,
                channel,
                error,
            } => {
                is_of(rule)
                    && result.action.status == Status::Failed
                    && result
                        .message()
                        .is_some_and(|message| message.channel() == *channel)
                    && error
                        .as_deref()
                        .is_none_or(|error| has_error(&result.action, error))
            }
            Expectation::Does { rule, name, params } => {
                let ActionKind::Custom(custom) = result.action.kind() else {
                    return false;
                };
                is_of(rule)
                    && result.action.status != Status::Failed
                    && custom.name() == &**name
                    && params
                        .as_deref()
                        .is_none_or(|params| self.has_params(custom.params(), params))
            }
            Expectation::NoRouteRules => {
                result.action.failure().map(|failure| failure.reason())
                    == Some(FailureReason::NoRouteRulesFoundForEvent)
            }
            Expectation::Refuses { .. }
            | Expectation::Skips(_)
            | Expectation::Ignored
            | Expectation::Rejected { .. }
            | Expectation::NothingElse => false,
        }
    }

    /// Returns whether `found` has every member of `expected` with an equal value.
    fn has_params(&self, found: &str, expected: &str) -> bool {
        let depth = self.rules.limits.json_depth;
        let (Ok(found), Ok(expected)) = (parse::read(found, depth), parse::read(expected, depth))
        else {
            return false;
        };
        expected.root().members().all(|(key, expected)| {
            let key = key.string().unwrap_or_default();
            let found = found.root().member(&key);
            let found = found.map_or(Datum::Missing, |value| value.datum());
            compare::equal(&found, &expected.datum()) == Some(true)
        })
    }

    pub(super) fn name(&self, rule: RuleId) -> &'a str {
        let rule = self.rules.rule(rule);
        rule.map_or("", |rule| &rule.name)
    }

    /// Describes an expectation as it is written.
    pub(super) fn describe(&self, expectation: &Expectation) -> String {
        let mut out = String::new();
        let text = |text: &Option<Box<str>>| match text {
            Some(text) => format!(" {}", write::string(text)),
            None => String::new(),
        };
        let _ = match expectation {
            Expectation::Accepts(rule) => write!(out, "{} accepts", self.name(*rule)),
            Expectation::Refuses { rule, error } => {
                write!(out, "{} refuses{}", self.name(*rule), text(error))
            }
            Expectation::Skips(rule) => write!(out, "{} skips", self.name(*rule)),
            Expectation::Sends {
                rule,
                channel,
                body,
                to,
            } => {
                let (rule, channel) = (self.name(*rule), channel.name());
                let to = match to {
                    Some(to) => format!(" to {}", write::string(to)),
                    None => String::new(),
                };
                write!(out, "{rule} sends {channel}{}{to}", text(body))
            }
            Expectation::SendFails {
                rule,
                channel,
                error,
            } => {
                let (rule, channel) = (self.name(*rule), channel.name());
                write!(out, "{rule} sends {channel} fails{}", text(error))
            }
            Expectation::Does { rule, name, params } => {
                let params = params.as_deref().unwrap_or_default();
                write!(out, "{} does {name} {params}", self.name(*rule))
            }
            Expectation::Ignored => write!(out, "ignored"),
            Expectation::NoRouteRules => write!(out, "no_route_rules"),
            Expectation::Rejected { code } => write!(out, "rejected{}", text(code)),
            Expectation::NothingElse => write!(out, "nothing else"),
        };
        out.trim_end().to_owned()
    }

    /// Describes what a rule did instead; its results of the expected kind alone, if there are any.
    pub(super) fn instead(
        &self,
        expectation: &Expectation,
        rule: RuleId,
        trace: &RuleTrace,
        results: &[ActionResult],
    ) -> String {
        if !trace.accepts() {
            return self.describe_verdict(trace);
        }
        if results.iter().any(|result| self.fits(expectation, result)) {
            return "every such result is expected elsewhere".to_owned();
        }
        let own = Some(self.name(rule));
        let own = results.iter().filter(|result| result.rule() == own);
        let done: Vec<&ActionResult> = own.filter(|result| !accepts(result)).collect();
        let alike = done.iter().filter(|result| is_alike(expectation, result));
        let mut described: Vec<String> = alike.map(|result| describe_result(result)).collect();
        if described.is_empty() {
            described = done.iter().map(|result| describe_result(result)).collect();
        }
        match described.is_empty() {
            true => "it accepted and did nothing".to_owned(),
            false => format!("it {}", described.join("; ")),
        }
    }

    pub(super) fn describe_verdict(&self, trace: &RuleTrace) -> String {
        match trace.verdict() {
            Ok(StepOutcome::Passed) => "it accepted".to_owned(),
            Ok(StepOutcome::NotTrue | StepOutcome::Unavailable(_)) => {
                "its `when` is not true".to_owned()
            }
            Ok(StepOutcome::Refused { error, .. }) => {
                format!("it refused with {}", write::string(error))
            }
            Ok(StepOutcome::Pending) => "it is undecided".to_owned(),
            Err(Exclusion::AfterFinal(rule)) => {
                format!("`{}` is final and accepted before it", self.name(rule))
            }
            Err(Exclusion::OtherType | Exclusion::OutsideWindow) => {
                "it does not listen to the event, or not at this time".to_owned()
            }
        }
    }
}

/// Finds a result for `expectation`, by breadth-first search; other expectations may have to change theirs.
fn augment(expectation: usize, fits: &[Vec<usize>], taken_by: &mut [Option<usize>]) -> bool {
    // By result: the expectation that would take it.
    let mut wanted_by: Vec<Option<usize>> = vec![None; taken_by.len()];
    let mut queue = VecDeque::from([expectation]);
    while let Some(current) = queue.pop_front() {
        for &result in fits.get(current).into_iter().flatten() {
            let Some(wanted @ None) = wanted_by.get_mut(result) else {
                continue;
            };
            *wanted = Some(current);
            let Some(owner) = taken_by.get(result).copied().flatten() else {
                hand_over(result, &wanted_by, taken_by);
                return true;
            };
            queue.push_back(owner);
        }
    }
    false
}

/// Gives a free result to the expectation that wants it, the result that one had to the next, and so on.
fn hand_over(free: usize, wanted_by: &[Option<usize>], taken_by: &mut [Option<usize>]) {
    let mut next = Some(free);
    while let Some(result) = next {
        let taker = wanted_by.get(result).copied().flatten();
        next = taken_by
            .iter()
            .position(|owner| owner.is_some() && *owner == taker);
        if let Some(owner) = taken_by.get_mut(result) {
            *owner = taker;
        }
    }
}

/// Returns whether the result is that a rule accepted the event.
pub(super) fn accepts(result: &ActionResult) -> bool {
    result.action.status_reason() == Some(StatusReason::AcceptedByEventTriggeredMessage)
}

/// Returns whether the result counts for `expect nothing else`. That no rule accepted the event does not:
/// `refuses` and `skips` state it without taking a result.
pub(super) fn counts(result: &ActionResult) -> bool {
    result.action.failure().map(|failure| failure.reason())
        != Some(FailureReason::NoRoutesAcceptedEvent)
}

/// Returns whether the action failed with exactly this error, possibly among others.
fn has_error(action: &Action, error: &str) -> bool {
    action
        .failure()
        .is_some_and(|failure| failure.errors().iter().any(|found| found.error() == error))
}

/// Returns whether the result is of the expected kind: the same channel or the same action.
fn is_alike(expectation: &Expectation, result: &ActionResult) -> bool {
    match (expectation, result.action.kind()) {
        (
            Expectation::Sends { channel, .. } | Expectation::SendFails { channel, .. },
            ActionKind::SendMessage(sent),
        ) => sent.channel() == *channel,
        (Expectation::Does { name, .. }, ActionKind::Custom(custom)) => custom.name() == &**name,
        _ => false,
    }
}

/// Describes a result, as in "it sent sms …".
pub(super) fn describe_result(result: &ActionResult) -> String {
    let errors = || match result.action.failure() {
        Some(failure) => failure
            .errors()
            .iter()
            .map(|error| write::string(error.error()))
            .collect::<Vec<_>>()
            .join(", "),
        None => String::new(),
    };
    let failed = result.action.status == Status::Failed;
    match result.action.kind() {
        ActionKind::Routing if failed => match result.action.failure() {
            Some(failure) => format!("the routing failed: {}", failure.reason().as_str()),
            None => "the routing failed".to_owned(),
        },
        ActionKind::Routing => "accepted".to_owned(),
        ActionKind::SendMessage(sent) if failed => {
            format!("failed to send {}: {}", sent.channel().name(), errors())
        }
        ActionKind::SendMessage(sent) => {
            let message = result.message();
            let text = message.and_then(|message| message.text());
            let to = message.and_then(|message| message.to());
            format!(
                "sent {} {} to {}",
                sent.channel().name(),
                write::string(text.unwrap_or_default()),
                write::string(to.map_or("", |to| to.value()))
            )
        }
        ActionKind::Custom(custom) if failed => {
            format!("failed to do {}: {}", custom.name(), errors())
        }
        ActionKind::Custom(custom) => format!("did {} {}", custom.name(), custom.params()),
    }
}
