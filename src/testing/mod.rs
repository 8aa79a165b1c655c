//! Runs the `test` blocks of a rule set. Knows nothing of files and prints nothing: the report is data.

use std::fmt::Write;
use std::sync::Arc;

use crate::event::Event;
use crate::event::dedup::SeenEvents;
use crate::event::id::{IdSource, SeededIds};
use crate::event::rejection::Rejection;
use crate::explain;
use crate::hir::{Expectation, RuleId, Test, TestEvent};
use crate::json::compare;
use crate::json::document::Datum;
use crate::json::parse;
use crate::json::write;
use crate::lookup::answer::Answers;
use crate::lookup::question::Question;
use crate::outcome::{
    Action, ActionKind, ActionResult, FailureReason, Outcome, Status, StatusReason,
};
use crate::route;
use crate::route::{Standing, Step};
use crate::ruleset::Rules;
use crate::text::span::Place;
use crate::time::Timestamp;
use crate::vendor::adapter::Adapter;

/// What came of one `test` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    title: Box<str>,
    source: Box<str>,
    line: usize,
    column: usize,
    failures: Vec<TestFailure>,
    breaches: Vec<Box<str>>,
    accepted: Vec<Arc<str>>,
}

/// One expectation that did not come true, or what kept a test from being run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFailure {
    line: usize,
    column: usize,
    message: Box<str>,
    explanation: Option<Box<str>>,
}

impl TestReport {
    /// The test's title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The name of the source that it stands in.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The line that it begins in, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column that it begins in, in characters from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Whether everything came as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// What did not, in the order of the text.
    #[must_use]
    pub fn failures(&self) -> &[TestFailure] {
        &self.failures
    }

    /// Where events of this test break what their type declares, which fails no test: one line for each,
    /// which begins with the event's number where the test has several.
    ///
    /// ```
    /// use pointsman::Engine;
    ///
    /// let engine = Engine::compile(r#"
    ///     event hi { age: number }
    ///     rule hello { on hi when age > 17 do greet {} }
    ///     test "without an age" {
    ///         event { "event_type": "hi", "event_data": { "mdn": "13125550100", "age": "18" } }
    ///         expect hello skips
    ///     }
    /// "#)?;
    /// let report = &engine.run_tests()[0];
    /// assert!(report.passed());
    /// let breaches: Vec<&str> = report.breaches().collect();
    /// assert_eq!(breaches, ["event_data.age is declared number and is a string"]);
    /// # Ok::<(), pointsman::Diagnostics>(())
    /// ```
    pub fn breaches(&self) -> impl Iterator<Item = &str> {
        self.breaches.iter().map(|breach| &**breach)
    }

    /// The rules that took an event of this test, each once: what the test covers.
    pub fn accepted_rules(&self) -> impl Iterator<Item = &str> {
        self.accepted.iter().map(|rule| &**rule)
    }
}

impl TestFailure {
    /// The line of the expectation, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column of the expectation, in characters from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// What was expected, and what happened instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why the rule did what it did, where the expectation is about one.
    #[must_use]
    pub fn explanation(&self) -> Option<&str> {
        self.explanation.as_deref()
    }
}

/// What tests need of the engine beside its rules.
pub(crate) struct TestHost<'a> {
    /// Reads an event in the engine's own format, or in a vendor's.
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
        .map(|test| Trial::new(rules, host, test).run())
        .collect()
}

/// One test under way.
struct Trial<'a> {
    rules: &'a Rules,
    host: &'a TestHost<'a>,
    test: &'a Test,
    failures: Vec<TestFailure>,
    breaches: Vec<Box<str>>,
    accepted: Vec<Arc<str>>,
}

/// What came of one event.
enum Came {
    Rejected(Rejection),
    Ignored,
    Undecided(Vec<Question>),
    Done(Box<Event>, Outcome),
}

impl<'a> Trial<'a> {
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
        let now = self.test.now.or(Timestamp::from_unix_seconds(0));
        let answers = now.map(|now| Answers::from_json(&self.test.answers, now));
        match answers {
            Some(Ok(answers)) => {
                let seen = SeenEvents::new(&self.rules.limits);
                let mut ids = SeededIds::new(0);
                for (number, event) in (1_usize..).zip(&self.test.events) {
                    let Some(came) = self.route(number, event, &answers, &seen, &mut ids) else {
                        break;
                    };
                    self.judge(event, &answers, &came);
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

    fn route(
        &mut self,
        number: usize,
        event: &TestEvent,
        answers: &Answers,
        seen: &SeenEvents,
        ids: &mut dyn IdSource,
    ) -> Option<Came> {
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
            Err(rejection) => return Some(Came::Rejected(rejection)),
        };
        let head = match self.test.events.len() {
            0 | 1 => String::new(),
            _ => format!("event {number}: "),
        };
        for breach in explain::breaches(self.rules, &event) {
            let line = format!("{head}{} {}", breach.path, breach.message);
            self.breaches.push(line.into());
        }
        let company = self.rules.set.company.as_deref().unwrap_or_default();
        if !seen.claim(company, event.id(), answers.now()) {
            return Some(Came::Ignored);
        }
        let came = match route::route(self.rules, &event, answers, &mut route::Memory::default()) {
            Step::Ask(questions) => {
                seen.release(company, event.id());
                Came::Undecided(questions)
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
                Came::Done(Box::new(event), outcome)
            }
        };
        Some(came)
    }

    /// Holds what came against what is expected.
    fn judge(&mut self, event: &TestEvent, answers: &Answers, came: &Came) {
        let place = event
            .expectations
            .first()
            .map_or(self.test.place, |(place, _)| *place);
        match came {
            Came::Undecided(questions) => {
                let questions: Vec<String> = questions.iter().map(Question::to_json).collect();
                let message = format!(
                    "undecided: the answers do not cover the question {}",
                    questions.join(", ")
                );
                self.fail(place, message, None);
            }
            Came::Rejected(rejection) => {
                let said = |expectation: &Expectation| matches!(expectation, Expectation::Rejected { code } if code.as_deref().is_none_or(|code| code == rejection.code().as_str()));
                // A refused event has no results: once the refusal is expected, nothing else came.
                let nothing_else = event.expectations.iter().any(|(_, one)| said(one));
                let expected = |expectation: &Expectation| {
                    said(expectation)
                        || nothing_else && matches!(expectation, Expectation::NothingElse)
                };
                if event.expectations.is_empty() {
                    let message = format!("the event was rejected: {rejection}");
                    self.fail(place, message, None);
                }
                self.each(event, expected, || {
                    format!("the event was rejected ({}): {rejection}", rejection.code())
                });
            }
            Came::Ignored => {
                let expected = |expectation: &Expectation| {
                    matches!(expectation, Expectation::Ignored | Expectation::NothingElse)
                };
                self.each(event, expected, || {
                    "the event was ignored, as its id was seen before".to_owned()
                });
            }
            Came::Done(routed, outcome) => {
                if let Some(reader) = self.reads_now(routed) {
                    let message =
                        format!("rule `{reader}` reads the time: say when with `at \"…\"`");
                    self.fail(self.test.place, message, None);
                    return;
                }
                self.judge_outcome(event, routed, answers, outcome);
            }
        }
    }

    /// The first rule that depends on the moment, where the test gives none.
    fn reads_now(&self, event: &Event) -> Option<&'a str> {
        if self.test.now.is_some() {
            return None;
        }
        let rules = self.rules;
        rules
            .candidates(event.folded_type())
            .into_iter()
            .filter_map(|id| rules.rule(id))
            .find(|rule| route::reads_now(rules, rule))
            .map(|rule| &*rule.name)
    }

    /// For events without results: every expectation that is not as `expected` fails.
    fn each(
        &mut self,
        event: &TestEvent,
        expected: impl Fn(&Expectation) -> bool,
        instead: impl Fn() -> String,
    ) {
        for (place, expectation) in &event.expectations {
            if !expected(expectation) {
                let message = failed(&self.describe(expectation), &instead());
                self.fail(*place, message, None);
            }
        }
    }

    fn judge_outcome(
        &mut self,
        event: &TestEvent,
        routed: &Event,
        answers: &Answers,
        outcome: &Outcome,
    ) {
        let results = outcome.results();
        let (taken_by, matched) = self.assign(event, results);
        for ((place, expectation), matched) in event.expectations.iter().zip(matched) {
            let fault = match expectation {
                Expectation::Refuses { rule, error } => {
                    let standing = self.standing(routed, answers, *rule);
                    match (&standing, error) {
                        (Standing::Refused(found), Some(error)) if found == error => None,
                        (Standing::Refused(_), None) => None,
                        _ => Some(self.stands(&standing)),
                    }
                }
                Expectation::Skips(rule) => {
                    let standing = self.standing(routed, answers, *rule);
                    (standing != Standing::Skipped).then(|| self.stands(&standing))
                }
                Expectation::NothingElse => {
                    let left: Vec<String> = results
                        .iter()
                        .zip(&taken_by)
                        .filter(|(result, taken)| taken.is_none() && counts(result))
                        .map(|(result, _)| match result.rule() {
                            Some(rule) => format!("{rule} {}", deed(result)),
                            None => deed(result),
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
                    let standing = self.standing(routed, answers, *rule);
                    Some(self.instead(expectation, *rule, &standing, results))
                }
            };
            if let Some(instead) = fault {
                let message = failed(&self.describe(expectation), &instead);
                let explanation = rule_of(expectation).and_then(|rule| {
                    let rule = self.rules.current(rule)?;
                    let explanation = explain::explain(self.rules, routed, answers, Some(rule));
                    Some(explanation.to_string().into())
                });
                self.fail(*place, message, explanation);
            }
        }
    }

    /// Gives every expectation that takes a result one that no other takes, as many as can be: by
    /// augmenting paths, so that an expectation that is content with much leaves room for one that is not.
    fn assign(
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

    fn fits(&self, expectation: &Expectation, result: &ActionResult) -> bool {
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

    /// Whether `found` has every member of `expected`, with an equal value.
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

    fn standing(&self, event: &Event, answers: &Answers, rule: RuleId) -> Standing {
        let rules = self.rules;
        // INVARIANT: no test speaks of a rule that is no more.
        let rule = rules.current(rule).unwrap_or(rule);
        route::standing(rules, event, answers, rule)
    }

    fn name(&self, rule: RuleId) -> &'a str {
        let rule = self.rules.rule(rule);
        rule.map_or("", |rule| &rule.name)
    }

    /// As the expectation is written.
    fn describe(&self, expectation: &Expectation) -> String {
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

    /// What a rule did instead of what was expected of it: where it did such a thing, that alone.
    fn instead(
        &self,
        expectation: &Expectation,
        rule: RuleId,
        standing: &Standing,
        results: &[ActionResult],
    ) -> String {
        if *standing != Standing::Accepted {
            return self.stands(standing);
        }
        if results.iter().any(|result| self.fits(expectation, result)) {
            return "every such result is expected elsewhere".to_owned();
        }
        let name = self.name(rule);
        let done = || {
            let own = results.iter().filter(|result| result.rule() == Some(name));
            own.filter(|result| !accepts(result))
        };
        let alike: Vec<String> = done()
            .filter(|result| is_alike(expectation, result))
            .map(deed)
            .collect();
        let told = match alike.is_empty() {
            true => done().map(deed).collect(),
            false => alike,
        };
        match told.as_slice() {
            [] => "it accepted and did nothing".to_owned(),
            deeds => format!("it {}", deeds.join("; ")),
        }
    }

    fn stands(&self, standing: &Standing) -> String {
        match standing {
            Standing::Deaf => "it does not listen to the event, or not at this time".to_owned(),
            Standing::Behind(rule) => {
                format!("`{}` is final and accepted before it", self.name(*rule))
            }
            Standing::Skipped => "its `when` is not true".to_owned(),
            Standing::Refused(error) => format!("it refused with {}", write::string(error)),
            Standing::Accepted => "it accepted".to_owned(),
            Standing::Open => "it is undecided".to_owned(),
        }
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

/// Finds a result for `expectation`, moving others to another of theirs if need be.
fn augment(expectation: usize, fits: &[Vec<usize>], taken_by: &mut [Option<usize>]) -> bool {
    // How a result was come to: the expectation that would take it.
    let mut wanted_by: Vec<Option<usize>> = vec![None; taken_by.len()];
    let mut queue = std::collections::VecDeque::from([expectation]);
    while let Some(current) = queue.pop_front() {
        for &result in fits.get(current).into_iter().flatten() {
            let Some(wanted) = wanted_by.get_mut(result) else {
                continue;
            };
            if wanted.is_some() {
                continue;
            }
            *wanted = Some(current);
            match taken_by.get(result).copied().flatten() {
                Some(other) => queue.push_back(other),
                None => {
                    hand_over(result, expectation, fits, &wanted_by, taken_by);
                    return true;
                }
            }
        }
    }
    false
}

/// Follows the path back: each expectation on it takes the result it wanted, and leaves the one it had
/// to the expectation before.
fn hand_over(
    free: usize,
    first: usize,
    fits: &[Vec<usize>],
    wanted_by: &[Option<usize>],
    taken_by: &mut [Option<usize>],
) {
    let mut free = free;
    // The path is no longer than there are expectations.
    for _ in 0..fits.len() {
        let Some(taker) = wanted_by.get(free).copied().flatten() else {
            return;
        };
        let had = taken_by.iter().position(|taken| *taken == Some(taker));
        if let Some(place) = taken_by.get_mut(free) {
            *place = Some(taker);
        }
        match had {
            Some(result) if taker != first => free = result,
            _ => return,
        }
    }
}

fn accepts(result: &ActionResult) -> bool {
    result.action.status_reason() == Some(StatusReason::AcceptedByEventTriggeredMessage)
}

/// Whether `expect nothing else` minds the result: that no route accepted is what `refuses` and `skips`
/// say, which take no result.
fn counts(result: &ActionResult) -> bool {
    result.action.failure().map(|failure| failure.reason())
        != Some(FailureReason::NoRoutesAcceptedEvent)
}

fn has_error(action: &Action, error: &str) -> bool {
    action
        .failure()
        .is_some_and(|failure| failure.errors().iter().any(|found| found.error() == error))
}

const fn rule_of(expectation: &Expectation) -> Option<RuleId> {
    match expectation {
        Expectation::Accepts(rule)
        | Expectation::Skips(rule)
        | Expectation::Refuses { rule, .. }
        | Expectation::Sends { rule, .. }
        | Expectation::SendFails { rule, .. }
        | Expectation::Does { rule, .. } => Some(*rule),
        Expectation::Ignored
        | Expectation::NoRouteRules
        | Expectation::Rejected { .. }
        | Expectation::NothingElse => None,
    }
}

/// What a failure says.
fn failed(expected: &str, instead: &str) -> String {
    format!("expected {expected}; instead {instead}")
}

/// Whether the result is of the kind that is expected: the same channel, or the same action.
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

/// What was done, as one tells of it.
fn deed(result: &ActionResult) -> String {
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
