//! Runs the `test` blocks of a rule set and returns their reports.

mod expect;
mod report;

use std::sync::Arc;

use self::expect::{accepts, counts, describe_result};
pub use self::report::{TestFailure, TestReport};
use crate::event::Event;
use crate::event::dedup::SeenEvents;
use crate::event::id::{IdSource, SeededIds};
use crate::event::rejection::Rejection;
use crate::explain;
use crate::hir::{Expectation, RuleId, Test, TestEvent};
use crate::lookup::answer::Answers;
use crate::lookup::question::Question;
use crate::outcome::Outcome;
use crate::route;
use crate::route::{RuleTrace, Step, StepOutcome};
use crate::ruleset::Rules;
use crate::text::span::Place;
use crate::time::Timestamp;
use crate::vendor::adapter::Adapter;

/// The functions of the engine that tests use besides its rules.
pub(crate) struct TestHost<'a> {
    /// Reads an event in the engine's own format or through an adapter.
    pub(crate) read: &'a ReadEvent<'a>,
    /// Returns the source, line and column of a place.
    pub(crate) locate: &'a dyn Fn(Place) -> (&'a str, usize, usize),
}

type ReadEvent<'a> =
    dyn Fn(Option<Adapter>, &[u8], &mut dyn IdSource) -> Result<Event, Rejection> + 'a;

/// Runs the `test` blocks, in the order of the rule set.
pub(crate) fn run<'a>(rules: &'a Rules, host: &'a TestHost<'a>) -> Vec<TestReport> {
    let tests = rules.set.tests.iter();
    tests
        .map(|test| TestRun::new(rules, host, test).run())
        .collect()
}

/// One test while it runs.
struct TestRun<'a> {
    rules: &'a Rules,
    host: &'a TestHost<'a>,
    test: &'a Test,
    failures: Vec<TestFailure>,
    breaches: Vec<Box<str>>,
    accepted: Vec<Arc<str>>,
}

/// The result of one event.
enum EventResult {
    Rejected(Rejection),
    Ignored,
    Undecided(Vec<Question>),
    Done(Box<Event>, Outcome),
}

impl<'a> TestRun<'a> {
    const fn new(rules: &'a Rules, host: &'a TestHost<'a>, test: &'a Test) -> Self {
        Self {
            rules,
            host,
            test,
            failures: Vec::new(),
            breaches: Vec::new(),
            accepted: Vec::new(),
        }
    }

    fn run(mut self) -> TestReport {
        // Without `at` the time is arbitrary. Rules that read it fail the test in `check`.
        let now = self.test.now.or(Timestamp::from_unix_seconds(0));
        let answers = now.map(|now| Answers::from_json(&self.test.answers, now));
        match answers {
            Some(Ok(answers)) => {
                let seen = SeenEvents::new(&self.rules.limits);
                // Seeded, so that reports are reproducible.
                let mut ids = SeededIds::new(0);
                for (number, event) in (1_usize..).zip(&self.test.events) {
                    let Some(result) = self.route(number, event, &answers, &seen, &mut ids) else {
                        break;
                    };
                    self.check(event, &answers, &result);
                }
            }
            Some(Err(error)) => self.fail(self.test.place, error.to_string(), None),
            None => {}
        }
        let (source, line, column) = (self.host.locate)(self.test.place);
        TestReport {
            title: self.test.title.clone(),
            source: source.into(),
            line,
            column,
            failures: self.failures,
            breaches: self.breaches,
            accepted: self.accepted,
        }
    }

    /// Reads and routes one event as a host does, with duplicates ignored. `None` ends the test.
    fn route(
        &mut self,
        number: usize,
        event: &TestEvent,
        answers: &Answers,
        seen: &SeenEvents,
        ids: &mut dyn IdSource,
    ) -> Option<EventResult> {
        let adapter = self.test.adapter.as_deref();
        let adapter = match adapter.map(|name| (name, Adapter::from_name(name))) {
            Some((name, None)) => {
                let message = format!("events of adapter `{name}` cannot be read here");
                self.fail(self.test.place, message, None);
                return None;
            }
            Some((_, adapter)) => adapter,
            None => None,
        };
        let read = (self.host.read)(adapter, event.json.as_bytes(), ids);
        let event = match read {
            Ok(event) => event,
            Err(rejection) => return Some(EventResult::Rejected(rejection)),
        };
        let prefix = match self.test.events.len() {
            0 | 1 => String::new(),
            _ => format!("event {number}: "),
        };
        for breach in explain::breaches(self.rules, &event) {
            let line = format!("{prefix}{} {}", breach.path, breach.message);
            self.breaches.push(line.into());
        }
        let company = self.rules.set.company.as_deref().unwrap_or_default();
        if !seen.claim(company, event.id(), answers.now()) {
            return Some(EventResult::Ignored);
        }
        let result = match route::route(
            self.rules,
            &event,
            answers,
            &mut route::RouteScratch::default(),
        ) {
            Step::Ask(questions) => {
                // As a host would, so that the event is routed if it occurs again.
                seen.release(company, event.id());
                EventResult::Undecided(questions)
            }
            Step::Done(outcome) => {
                if outcome.is_incomplete() {
                    seen.release(company, event.id());
                }
                for result in outcome.results().iter().filter(|result| accepts(result)) {
                    if let Some(rule) = result.rule()
                        && !self.accepted.iter().any(|known| **known == *rule)
                    {
                        self.accepted.push(rule.into());
                    }
                }
                EventResult::Done(Box::new(event), outcome)
            }
        };
        Some(result)
    }

    /// Compares the result of an event with what is expected.
    fn check(&mut self, event: &TestEvent, answers: &Answers, result: &EventResult) {
        let place = event
            .expectations
            .first()
            .map_or(self.test.place, |(place, _)| *place);
        match result {
            EventResult::Undecided(questions) => {
                let questions: Vec<String> = questions.iter().map(Question::to_json).collect();
                let message = format!(
                    "undecided: the answers do not cover the question {}",
                    questions.join(", ")
                );
                self.fail(place, message, None);
            }
            EventResult::Rejected(rejection) => {
                let is_named = |expectation: &Expectation| match expectation {
                    Expectation::Rejected { code } => {
                        let found = rejection.code().as_str();
                        code.as_deref().is_none_or(|code| code == found)
                    }
                    _ => false,
                };
                // A rejected event has no results, so `nothing else` is met if the rejection is expected.
                let nothing_else = event.expectations.iter().any(|(_, one)| is_named(one));
                let expected = |expectation: &Expectation| {
                    is_named(expectation)
                        || nothing_else && matches!(expectation, Expectation::NothingElse)
                };
                if event.expectations.is_empty() {
                    let message = format!("the event was rejected: {rejection}");
                    self.fail(place, message, None);
                }
                let instead = format!("the event was rejected ({}): {rejection}", rejection.code());
                self.check_each(event, expected, &instead);
            }
            EventResult::Ignored => {
                let expected = |expectation: &Expectation| {
                    matches!(expectation, Expectation::Ignored | Expectation::NothingElse)
                };
                let instead = "the event was ignored, as its id was seen before";
                self.check_each(event, expected, instead);
            }
            EventResult::Done(routed, outcome) => {
                if let Some(reader) = self.reads_now(routed) {
                    let message =
                        format!("rule `{reader}` reads the time: say when with `at \"…\"`");
                    self.fail(self.test.place, message, None);
                    return;
                }
                self.check_outcome(event, routed, answers, outcome);
            }
        }
    }

    /// Returns the first rule that reads the time, if the test sets none.
    fn reads_now(&self, event: &Event) -> Option<&'a str> {
        if self.test.now.is_some() {
            return None;
        }
        let rules = self.rules;
        rules
            .candidates(event.folded_type())
            .into_iter()
            .filter_map(|id| rules.rule(id))
            .find(|rule| rules.programs.rule_reads_now(rule))
            .map(|rule| &*rule.name)
    }

    /// Fails every expectation that is not met by an event without results.
    fn check_each(
        &mut self,
        event: &TestEvent,
        expected: impl Fn(&Expectation) -> bool,
        instead: &str,
    ) {
        for (place, expectation) in &event.expectations {
            if !expected(expectation) {
                self.fail_expectation(*place, expectation, instead, None);
            }
        }
    }

    /// Compares the results with the expectations. Those about a rule's verdict trace the rule; the others
    /// take a result each, so that `nothing else` can report what is left.
    fn check_outcome(
        &mut self,
        event: &TestEvent,
        routed: &Event,
        answers: &Answers,
        outcome: &Outcome,
    ) {
        let results = outcome.results();
        let (taken_by, matched) = self.assign(event, results);
        for ((place, expectation), matched) in event.expectations.iter().zip(matched) {
            let trace = |rule: RuleId| self.trace(routed, answers, rule);
            let instead = match expectation {
                Expectation::Refuses { rule, error } => {
                    let trace = trace(*rule);
                    let is_met = match trace.verdict() {
                        Ok(StepOutcome::Refused { error: found, .. }) => {
                            error.as_ref().is_none_or(|error| found == error)
                        }
                        _ => false,
                    };
                    (!is_met).then(|| self.describe_verdict(&trace))
                }
                Expectation::Skips(rule) => match trace(*rule) {
                    trace if trace.skips() => None,
                    trace => Some(self.describe_verdict(&trace)),
                },
                Expectation::NothingElse => {
                    let left: Vec<String> = results
                        .iter()
                        .zip(&taken_by)
                        .filter(|(result, taken)| taken.is_none() && counts(result))
                        .map(|(result, _)| match result.rule() {
                            Some(rule) => format!("{rule} {}", describe_result(result)),
                            None => describe_result(result),
                        })
                        .collect();
                    (!left.is_empty()).then(|| format!("there is more: {}", left.join("; ")))
                }
                Expectation::Ignored | Expectation::Rejected { .. } => {
                    Some("the event was routed".to_owned())
                }
                _ if matched => None,
                Expectation::NoRouteRules => Some("there are rules that listen to it".to_owned()),
                Expectation::Accepts(rule)
                | Expectation::Sends { rule, .. }
                | Expectation::SendFails { rule, .. }
                | Expectation::Does { rule, .. } => {
                    Some(self.instead(expectation, *rule, &trace(*rule), results))
                }
            };
            if let Some(instead) = instead {
                let explanation = expectation.rule().and_then(|rule| {
                    let rule = self.rules.current(rule)?;
                    let explanation = explain::explain(self.rules, routed, answers, Some(rule));
                    Some(explanation.to_string().into())
                });
                self.fail_expectation(*place, expectation, &instead, explanation);
            }
        }
    }

    /// Traces a rule as routing evaluates it.
    fn trace(&self, event: &Event, answers: &Answers, rule: RuleId) -> RuleTrace {
        let rules = self.rules;
        // INVARIANT: no test refers to a rule that was removed without a successor of the same name.
        let current = rules.current(rule).unwrap_or(rule);
        let listening = rules.listening(event.folded_type(), answers.now());
        let traced = route::trace_rules(rules, event, answers, listening, |id| id == current);
        let trace = traced.into_iter().next().map(|traced| traced.trace);
        trace.unwrap_or(RuleTrace::OTHER_TYPE)
    }

    fn fail_expectation(
        &mut self,
        place: Place,
        expectation: &Expectation,
        instead: &str,
        explanation: Option<Box<str>>,
    ) {
        let message = format!("expected {}; instead {instead}", self.describe(expectation));
        self.fail(place, message, explanation);
    }

    fn fail(&mut self, place: Place, message: String, explanation: Option<Box<str>>) {
        let (_, line, column) = (self.host.locate)(place);
        self.failures.push(TestFailure {
            line,
            column,
            message: message.into(),
            explanation,
        });
    }
}
