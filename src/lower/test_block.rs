//! Lowers `test` blocks: resolves names, validates JSON and reports missing items.

use std::sync::Arc;

use super::declare;
use super::declare::Declared;
use super::names::enumerate;
use super::source::{Collector, DeclarationSite};
use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault};
use crate::event::path::Root;
use crate::event::rejection::RejectionCode;
use crate::hir::{Action, Expectation, Expr, Requirement, Rule, RuleId, Test, TestEvent, TypeId};
use crate::json::document::Document;
use crate::json::parse;
use crate::json::parse::{JsonError, JsonErrorKind};
use crate::lookup::answer::Answers;
use crate::syntax::ast;
use crate::syntax::ast::TestItemKind;
use crate::text::span::{Place, Span};
use crate::text::suggest;
use crate::text::truncate::truncate;
use crate::time::Timestamp;

const ADAPTERS: [&str; 4] = ["vibes", "vibes-v1", "esputnik", "carecloud"];

const ANSWERS: [&str; 5] = ["person", "subscribed", "carrier", "codes", "media"];

/// The rules and declarations that tests refer to.
#[derive(Debug)]
pub(super) struct TestScope<'a> {
    pub(super) declared: &'a Declared,
    /// Rules without errors.
    pub(super) rules: &'a Table<Arc<str>, RuleId>,
    /// Rules with errors.
    pub(super) faulty: &'a Table<Box<str>, Place>,
    /// The names of all rules, for suggestions.
    pub(super) names: &'a [Box<str>],
    /// Indexed by `RuleId`.
    pub(super) lowered: &'a [Arc<Rule>],
}

/// A test without `at`. It is an error if one of its events can reach a rule that reads the time, which
/// is known once the templates are compiled.
#[derive(Debug)]
pub(crate) struct UntimedTest {
    pub(crate) place: Place,
    /// One entry per event that has a type.
    pub(crate) events: Vec<ReachableRules>,
}

/// The rules that an event of a test can reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReachableRules {
    /// Every rule: an adapter decides the type.
    Any,
    Type(TypeId),
    /// Only rules with `on *`: no rule and no declaration names the type.
    UnknownType,
}

/// Lowers a test. Returns `None` after reporting an error.
pub(super) fn lower<'a>(
    test: &'a ast::TestDeclaration,
    subjects: &TestScope<'a>,
    site: DeclarationSite<'a>,
    untimed: &mut Vec<UntimedTest>,
    collector: &mut Collector<'_>,
) -> Option<Test> {
    let before = collector.errors();
    let mut case = TestLowerer {
        subjects,
        site,
        collector,
        seen: Vec::new(),
        now: None,
        adapter: None,
        answers: None,
        events: Vec::new(),
        reached: Vec::new(),
        expects: false,
    };
    // The adapter applies to all events, also to those before it.
    for item in &test.items {
        if let TestItemKind::Adapter(name) = &item.kind {
            case.adapter(name, item.at);
        }
    }
    for item in &test.items {
        case.item(item);
    }
    case.check_given(test);
    let TestLowerer {
        now,
        adapter,
        answers,
        events,
        reached,
        seen,
        collector,
        ..
    } = case;
    if !seen.iter().any(|(name, _)| *name == "at") {
        untimed.push(UntimedTest {
            place: site.place(test.title.at),
            events: reached,
        });
    }
    if collector.errors() != before {
        return None;
    }
    Some(Test {
        title: test.title.value.clone(),
        now,
        adapter: adapter.map(Into::into),
        answers: answers.unwrap_or("{}").into(),
        events,
        place: site.place(test.title.at),
    })
}

#[derive(Debug)]
struct TestLowerer<'a, 's, 'f> {
    subjects: &'s TestScope<'a>,
    site: DeclarationSite<'a>,
    collector: &'s mut Collector<'f>,
    seen: Vec<(&'static str, ast::At)>,
    now: Option<Timestamp>,
    adapter: Option<&'a str>,
    answers: Option<&'a str>,
    events: Vec<TestEvent>,
    /// The rules that each event can reach.
    reached: Vec<ReachableRules>,
    expects: bool,
}

impl<'a> TestLowerer<'a, '_, '_> {
    fn fault(&mut self, code: Code, at: ast::At, message: impl Into<String>) {
        self.collector
            .report(Fault::new(code, self.site.place(at), message));
    }

    fn once(&mut self, name: &'static str, at: ast::At) {
        if let Some((_, first)) = self.seen.iter().find(|(seen, _)| *seen == name) {
            let first = self.site.place(*first);
            self.collector.report(
                Fault::new(
                    Code::GivenTwice,
                    self.site.place(at),
                    format!("`{name}` is given twice"),
                )
                .label(first, "first given here"),
            );
        }
        self.seen.push((name, at));
    }

    fn item(&mut self, item: &'a ast::TestItem) {
        match &item.kind {
            TestItemKind::Adapter(_) => {}
            TestItemKind::Time(text) => {
                self.once("at", item.at);
                let place = self.site.place(text.at);
                self.now = declare::timestamp(&text.value, place, self.collector);
            }
            TestItemKind::Answers(json) => {
                self.once("answers", item.at);
                if let Some(document) = self.read(json, false) {
                    self.check_answers(&document, json);
                }
                self.answers = Some(&json.text);
            }
            TestItemKind::Event(json) => self.event(json),
            TestItemKind::Expect(expectation) => self.expect(expectation, item.at),
        }
    }

    fn adapter(&mut self, name: &'a ast::Name, at: ast::At) {
        self.once("adapter", at);
        if ADAPTERS.contains(&&*name.text) {
            self.adapter = Some(&name.text);
            return;
        }
        let near = suggest::nearest(&name.text, ADAPTERS);
        let mut fault = Fault::new(
            Code::UnknownAdapter,
            self.site.place(name.at),
            format!("unknown adapter `{}`", name.text),
        )
        .near(near);
        if near.is_none() {
            fault = fault.help(format!("the adapters are {}", enumerate(&ADAPTERS, "and")));
        }
        self.collector.report(fault);
    }

    fn event(&mut self, json: &'a ast::JsonText) {
        if let Some(document) = self.read(json, true) {
            let reach = self.reach(&document, json);
            self.reached.extend(reach);
        }
        self.events.push(TestEvent {
            json: json.text.clone(),
            expectations: Vec::new(),
        });
    }

    /// Parses JSON. Duplicate keys and excessive depth in an event are not errors here, because a test can
    /// expect the engine to reject the event for them.
    fn read(&mut self, json: &ast::JsonText, is_event: bool) -> Option<Document> {
        match parse::read(&*json.text, self.subjects.declared.limits.json_depth) {
            Ok(document) => Some(document),
            Err(flaw) if is_event && flaw.kind != JsonErrorKind::InvalidJson => None,
            Err(flaw) => {
                let message = describe(&flaw);
                let place = self.inside(json, flaw.offset);
                self.collector
                    .report(Fault::new(Code::InvalidJson, place, message));
                None
            }
        }
    }

    /// Returns the place of a byte of the test's JSON.
    fn inside(&self, json: &ast::JsonText, offset: usize) -> Place {
        let start = json
            .at
            .0
            .start
            .saturating_add(crate::text::span::saturating_u32(offset));
        let start = start.min(json.at.0.end);
        let end = start.saturating_add(1).min(json.at.0.end.max(start));
        self.site.place(ast::At(Span::new(start, end)))
    }

    fn check_answers(&mut self, document: &Document, json: &ast::JsonText) {
        let before = self.collector.errors();
        for (key, _) in document.root().members() {
            let name = key.string().unwrap_or_default();
            if ANSWERS.contains(&&*name) {
                continue;
            }
            let place = self.inside(json, key.start());
            let near = suggest::nearest(&name, ANSWERS);
            let mut fault = Fault::new(
                Code::UnknownKey,
                place,
                format!("answers have no `{}`", truncate(&name)),
            )
            .near(near);
            if near.is_none() {
                fault = fault.help(format!("they have {}", ANSWERS.join(", ")));
            }
            self.collector.report(fault);
        }
        if self.collector.errors() != before {
            return;
        }
        if let Some(now) = Timestamp::from_unix_seconds(0)
            && let Err(error) = Answers::from_json(&json.text, now)
        {
            let place = self.site.place(json.at);
            self.collector
                .report(Fault::new(Code::InvalidAnswers, place, error.to_string()));
        }
    }

    /// Returns the rules that the event can reach; `None` for an event without a type.
    fn reach(&mut self, document: &Document, json: &ast::JsonText) -> Option<ReachableRules> {
        if !matches!(self.adapter, None | Some("vibes" | "vibes-v1")) {
            return Some(ReachableRules::Any);
        }
        let key = document.root().member("event_type")?;
        let name = key.string()?;
        if let Some(id) = self.subjects.declared.type_id(&name) {
            return Some(ReachableRules::Type(id));
        }
        let place = self.inside(json, key.start());
        super::nearby_type(&name, place, self.subjects.declared, self.collector);
        Some(ReachableRules::UnknownType)
    }

    fn expect(&mut self, expectation: &'a ast::Expectation, at: ast::At) {
        self.expects = true;
        let lowered = self.expectation(expectation);
        let place = self.site.place(at);
        match (self.events.last_mut(), lowered) {
            (Some(event), Some(lowered)) => {
                event.expectations.push((place, lowered));
                self.check_possible(expectation, at);
            }
            (Some(_), None) => {}
            (None, _) => self.collector.report(
                Fault::new(
                    Code::NotGiven,
                    place,
                    "there is no event before this `expect`",
                )
                .help("an `expect` refers to the event before it; add an `event` first"),
            ),
        }
    }

    fn expectation(&mut self, expectation: &'a ast::Expectation) -> Option<Expectation> {
        let text = |text: &Option<ast::StringLiteral>| text.as_ref().map(|text| text.value.clone());
        Some(match expectation {
            ast::Expectation::Accepts(rule) => Expectation::Accepts(self.rule(rule)?),
            ast::Expectation::Skips(rule) => Expectation::Skips(self.rule(rule)?),
            ast::Expectation::Refuses { rule, error } => Expectation::Refuses {
                rule: self.rule(rule)?,
                error: text(error),
            },
            ast::Expectation::Sends {
                rule,
                channel,
                body,
                to,
            } => Expectation::Sends {
                rule: self.rule(rule)?,
                channel: *channel,
                body: text(body),
                to: text(to),
            },
            ast::Expectation::SendFails {
                rule,
                channel,
                error,
            } => Expectation::SendFails {
                rule: self.rule(rule)?,
                channel: *channel,
                error: text(error),
            },
            ast::Expectation::Does { rule, name, params } => {
                let rule = self.rule(rule);
                if let Some(params) = params {
                    self.read(params, false)?;
                }
                Expectation::Does {
                    rule: rule?,
                    name: name.text.clone(),
                    params: params.as_ref().map(|params| params.text.clone()),
                }
            }
            ast::Expectation::Ignored => Expectation::Ignored,
            ast::Expectation::NoRouteRules => Expectation::NoRouteRules,
            ast::Expectation::Rejected { code } => {
                if let Some(code) = code {
                    self.check_rejection(code);
                }
                Expectation::Rejected { code: text(code) }
            }
            ast::Expectation::NothingElse => Expectation::NothingElse,
        })
    }

    /// Resolves a rule. Returns `None` if there is none, or if it has errors of its own.
    fn rule(&mut self, name: &ast::Name) -> Option<RuleId> {
        let subjects = self.subjects;
        if let Some(id) = subjects.rules.value(&*name.text) {
            return Some(*id);
        }
        if subjects.faulty.contains(&*name.text) || subjects.declared.unparsed.contains(&*name.text)
        {
            self.collector.count_silent_error();
            return None;
        }
        let names = subjects.names.iter().map(|name| &**name);
        let near = self.collector.nearest(&name.text, names);
        self.collector.report(
            Fault::new(
                Code::UnknownRule,
                self.site.place(name.at),
                format!("unknown rule `{}`", name.text),
            )
            .near(near),
        );
        None
    }

    /// Warns about an expectation that no action of the rule can meet.
    fn check_possible(&mut self, expectation: &ast::Expectation, at: ast::At) {
        let (name, what) = match expectation {
            ast::Expectation::Sends { rule, channel, .. }
            | ast::Expectation::SendFails { rule, channel, .. } => {
                (rule, ExpectedBehavior::Sends(channel.name()))
            }
            ast::Expectation::Does { rule, name, .. } => (rule, ExpectedBehavior::Does(&name.text)),
            ast::Expectation::Refuses { rule, error } => (
                rule,
                ExpectedBehavior::Refuses(error.as_ref().map(|error| &*error.value)),
            ),
            _ => return,
        };
        let id = self.subjects.rules.value(&*name.text);
        let Some(rule) = id.and_then(|id| self.subjects.lowered.get(id.0 as usize)) else {
            return;
        };
        if what.is_done_by(rule) {
            return;
        }
        let (deed, near) = match what {
            ExpectedBehavior::Sends(channel) => (format!("sends no {channel}"), None),
            ExpectedBehavior::Does(wanted) => {
                let near = suggest::nearest(wanted, rule.actions.iter().flat_map(done));
                (format!("does no `{wanted}`"), near)
            }
            ExpectedBehavior::Refuses(None) => {
                ("refuses nothing: it has no `require`".to_owned(), None)
            }
            ExpectedBehavior::Refuses(Some(error)) => {
                (format!("never refuses with `{}`", truncate(error)), None)
            }
        };
        let message = format!("rule `{}` {deed}", name.text);
        self.collector
            .report(Fault::new(Code::NeverDone, self.site.place(at), message).near(near));
    }

    fn check_rejection(&mut self, code: &ast::StringLiteral) {
        if RejectionCode::from_name(&code.value).is_some() {
            return;
        }
        let names = RejectionCode::ALL.map(RejectionCode::as_str);
        let near = suggest::nearest(&code.value, names);
        let message = format!("events are not rejected with `{}`", truncate(&code.value));
        self.collector
            .report(Fault::new(Code::UnknownKey, self.site.place(code.at), message).near(near));
    }

    fn check_given(&mut self, test: &ast::TestDeclaration) {
        if self.events.is_empty() {
            self.fault(Code::NotGiven, test.title.at, "the test has no event");
        } else if !self.expects {
            self.fault(Code::NoEffect, test.title.at, "the test expects nothing");
        }
    }
}

/// A behavior that a test expects of a rule.
#[derive(Clone, Copy, Debug)]
enum ExpectedBehavior<'a> {
    Sends(&'a str),
    Does(&'a str),
    Refuses(Option<&'a str>),
}

impl ExpectedBehavior<'_> {
    fn is_done_by(self, rule: &Rule) -> bool {
        let acts = |action: &Action| match (self, action) {
            (Self::Sends(channel), Action::Send(send)) => send.channel.name() == channel,
            (Self::Does(name), Action::Do(act)) => *act.name == *name,
            _ => false,
        };
        match self {
            Self::Sends(_) | Self::Does(_) => rule.actions.iter().any(|action| match action {
                Action::First(actions) => actions.iter().any(acts),
                action => acts(action),
            }),
            Self::Refuses(None) => !rule.requirements.is_empty(),
            // An unavailable answer refuses with the host's own text.
            Self::Refuses(Some(error)) => rule.requirements.iter().any(|one| match one {
                Requirement::Holds { expr, otherwise } => **otherwise == *error || asks(expr),
                _ => true,
            }),
        }
    }
}

/// Returns whether the condition reads an answer of the host.
fn asks(expr: &Expr) -> bool {
    let mut asks = false;
    expr.visit_paths(&mut |path| {
        asks |= matches!(
            path.root,
            Root::Person | Root::CarrierSms | Root::CarrierMms
        );
    });
    asks
}

/// Returns the names of an action's host actions.
fn done(action: &Action) -> Vec<&str> {
    match action {
        Action::Do(act) => vec![&act.name],
        Action::First(actions) => actions.iter().flat_map(done).collect(),
        Action::Send(_) => Vec::new(),
    }
}

fn describe(flaw: &JsonError) -> String {
    match (flaw.kind, &flaw.path) {
        (JsonErrorKind::DuplicateKey, Some(path)) => format!("{}: `{path}`", flaw.message),
        _ => flaw.message.clone(),
    }
}
