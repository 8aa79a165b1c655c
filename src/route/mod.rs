//! From an event to its outcome: which rules take it, what they do, and what has to be asked first.
//! Knows no text of rules; calls no host.
//!
//! Everything is worked out anew in each round, from the event and the answers so far: there is no state
//! between rounds, so neither the order of answers nor what was looked up ahead can change an outcome.

mod action;
mod questions;
mod recipient;
mod require;
mod send;
mod standalone;
mod trace;

use std::borrow::Cow;

use crate::eval;
use crate::eval::scope::{Need, Scope};
use crate::eval::{Needs, Steps};
use crate::event::Event;
use crate::hir::{Expr, Rule, RuleId};
use crate::json::document::Value;
use crate::lookup::answer::Answers;
use crate::lookup::question::Question;
use crate::outcome::result_id::{Origin, ResultId, RuleTexts};
use crate::outcome::{
    Action, ActionKind, ActionResult, Failure, FailureError, FailureReason, Outcome, Refusal,
    Status, StatusReason,
};
use crate::ruleset::Rules;
use crate::ruleset::select::Selection;

pub(crate) use self::standalone::{Unrendered, render_alone};
pub(crate) use self::trace::{Judged, Judgement, judge};
pub(crate) use crate::ruleset::reads::{possible_questions, reads_now};

use self::action::Attempt;
use self::questions::Desk;

/// For how many results room is made before they are there.
const MOST_ROOM: usize = 16;

/// What a round of routing comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "there is nothing else that a round can come to"
)]
pub enum Step {
    /// Answer these, and route again: distinct questions, none of them answered yet.
    Ask(Vec<Question>),
    /// What became of the event.
    Done(Outcome),
}

impl Step {
    /// One line of JSON: the outcome's, or `{"event_id":…,"asks":[…]}`.
    #[must_use]
    pub fn to_json(&self, event: &Event) -> String {
        match self {
            Self::Done(outcome) => outcome.to_json(),
            Self::Ask(questions) => {
                let mut out = String::new();
                let mut object = crate::json::write::ObjectWriter::new(&mut out);
                object.string("event_id", event.id());
                crate::json::write::write_list(object.key("asks"), questions, Question::write_json);
                object.end();
                out
            }
        }
    }
}

/// Memory for routing, used over and over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) selection: Selection,
    accepted: Vec<RuleId>,
    texts: String,
}

/// Routes one event by the rules that the index finds.
pub(crate) fn route(rules: &Rules, event: &Event, answers: &Answers, memory: &mut Memory) -> Step {
    let Memory {
        selection,
        accepted,
        texts,
    } = memory;
    let turn = Turn::new(rules, event, answers, texts);
    let candidates = rules.select(&turn.scope, selection).iter();
    let listening = || rules.listens(event.folded_type(), answers.now());
    route_among(
        turn,
        candidates.map(|candidate| (candidate.rule, candidate.holds)),
        accepted,
        listening,
    )
}

/// Routes one event by all rules that listen: what [`route`] has to come to.
#[cfg(test)]
pub(crate) fn route_plainly(rules: &Rules, event: &Event, answers: &Answers) -> Step {
    let listening = || rules.listening(event.folded_type(), answers.now());
    let Memory {
        accepted, texts, ..
    } = &mut Memory::default();
    route_among(
        Turn::new(rules, event, answers, texts),
        listening().map(|(rule, _)| (rule, false)),
        accepted,
        || listening().next().is_some(),
    )
}

/// Routes one event by these rules, of each of which is said whether its `when` is known to be true.
fn route_among(
    mut turn: Turn<'_, '_>,
    candidates: impl Iterator<Item = (RuleId, bool)>,
    accepted: &mut Vec<RuleId>,
    listening: impl FnOnce() -> bool,
) -> Step {
    let rules = turn.rules;
    accepted.clear();
    let mut refusals = Vec::new();
    let mut incomplete = false;
    for (id, holds) in candidates {
        let Some(rule) = rules.rule(id) else {
            continue;
        };
        let verdict = match holds {
            true => turn.require_all(rule),
            false => turn.consider(rule),
        };
        match verdict {
            Verdict::Skipped { for_want } => incomplete |= for_want,
            Verdict::Refused { refusal, error } => {
                incomplete |= refusal == Refusal::Unavailable;
                if refusals.len() < rules.limits.errors {
                    refusals.push(FailureError {
                        field: None,
                        error,
                        resource_url: rules.resource_url(rule),
                        refusal: Some(refusal),
                    });
                }
            }
            Verdict::Accepted => {
                accepted.push(id);
                if rule.is_final {
                    break;
                }
            }
            Verdict::Open => {}
        }
    }
    if let Some(questions) = turn.desk.questions() {
        return Step::Ask(questions);
    }
    if !accepted.is_empty() {
        return turn.act(accepted);
    }
    let failure = if listening() {
        if refusals.is_empty() {
            refusals.push(FailureError {
                field: None,
                error: "Event did not match any filter".into(),
                resource_url: None,
                refusal: Some(Refusal::NoFilterMatched),
            });
        }
        Failure {
            reason: FailureReason::NoRoutesAcceptedEvent,
            errors: refusals,
        }
    } else {
        Failure {
            reason: FailureReason::NoRouteRulesFoundForEvent,
            errors: Vec::new(),
        }
    };
    let origin = turn.origin(&[]);
    let result = routing(&origin, None, Some(failure));
    Step::Done(Outcome {
        incomplete,
        ..turn.outcome(origin, vec![result])
    })
}

/// A routing result: of the rule that took the event, or why none did.
fn routing(origin: &Origin, rule: Option<RuleTexts>, failure: Option<Failure>) -> ActionResult {
    let (status, reason) = match failure {
        Some(_) => (Status::Failed, StatusReason::EventRoutingFailed),
        None => (
            Status::Processing,
            StatusReason::AcceptedByEventTriggeredMessage,
        ),
    };
    ActionResult {
        id: ResultId::new(Cow::Borrowed("routing")),
        rule,
        action: Action {
            kind: ActionKind::Routing,
            status,
            reason: Some(reason),
            origin: origin.clone(),
            resource: rule,
            failure,
        },
        message: None,
    }
}

/// How one rule stands to an event, with all answers there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It listens to other types, or not at this moment.
    Deaf,
    /// A `final` rule before it has accepted.
    Behind(RuleId),
    /// Its `when` is not true.
    Skipped,
    Refused(Box<str>),
    Accepted,
    /// It hangs on what has to be asked first.
    Open,
}

/// How `wanted` stands to an event.
pub(crate) fn standing(
    rules: &Rules,
    event: &Event,
    answers: &Answers,
    wanted: RuleId,
) -> Standing {
    let mut texts = String::new();
    let mut turn = Turn::new(rules, event, answers, &mut texts);
    let mut last = None;
    for (id, rule) in rules.listening(event.folded_type(), answers.now()) {
        if id != wanted && (last.is_some() || !rule.is_final) {
            continue;
        }
        if id == wanted
            && let Some(last) = last
        {
            return Standing::Behind(last);
        }
        let standing = match turn.consider(rule) {
            Verdict::Skipped { .. } => Standing::Skipped,
            Verdict::Refused { error, .. } => Standing::Refused(error),
            Verdict::Accepted => Standing::Accepted,
            Verdict::Open => Standing::Open,
        };
        if id == wanted {
            return standing;
        }
        if standing == Standing::Accepted {
            last = Some(id);
        }
    }
    Standing::Deaf
}

/// Whether the rule's `when` is true as far as is known.
pub(crate) fn matches(rules: &Rules, rule: &Rule, scope: &Scope<'_>, needs: &mut Needs) -> bool {
    rule.when.as_ref().is_none_or(|when| {
        let mut steps = Steps::new(rules.limits.evaluation_steps);
        eval::evaluate(when, scope, &mut steps, needs).holds()
    })
}

/// What conditions read of an event with this data and these answers.
pub(crate) fn scope<'a>(event: &'a Event, data: Value<'a>, answers: &'a Answers) -> Scope<'a> {
    questions::scope(event, data, answers)
}

/// What a rule makes of an event.
enum Verdict {
    /// Its `when` is not true; `for_want`: it might be if everything could have been looked up.
    Skipped {
        for_want: bool,
    },
    Refused {
        refusal: Refusal,
        error: Box<str>,
    },
    Accepted,
    /// Something has to be asked first, and was put on the desk.
    Open,
}

/// Whether a condition holds.
enum Decision {
    Yes,
    No,
    /// Not true for want of what could not be looked up, and why.
    ForWant(Box<str>),
    /// Something has to be asked first, and was put on the desk.
    Open,
}

/// A rule that carries out its actions.
#[derive(Clone, Copy)]
struct Acting<'r> {
    rule: &'r Rule,
    origin: &'r Origin,
    texts: RuleTexts,
}

/// The place of an action in its rule, as text.
fn position(place: usize) -> Cow<'static, str> {
    const FIRST: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
    match FIRST.get(place) {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(place.to_string()),
    }
}

/// One round for one event.
struct Turn<'a, 'm> {
    rules: &'a Rules,
    event: &'a Event,
    scope: Scope<'a>,
    desk: Desk<'a>,
    /// Memory for the texts that results share.
    texts: &'m mut String,
}

impl<'a, 'm> Turn<'a, 'm> {
    fn new(
        rules: &'a Rules,
        event: &'a Event,
        answers: &'a Answers,
        texts: &'m mut String,
    ) -> Self {
        let data = event.data_for(&rules.projection);
        let desk = Desk::new(event, data, answers, rules.limits.questions);
        Self {
            rules,
            event,
            scope: desk.scope(),
            desk,
            texts,
        }
    }

    fn consider(&mut self, rule: &Rule) -> Verdict {
        match rule.when.as_ref().map(|when| self.decide(when)) {
            None | Some(Decision::Yes) => {}
            Some(Decision::No) => return Verdict::Skipped { for_want: false },
            Some(Decision::ForWant(_)) => return Verdict::Skipped { for_want: true },
            Some(Decision::Open) => return Verdict::Open,
        }
        self.require_all(rule)
    }

    fn require_all(&mut self, rule: &Rule) -> Verdict {
        for requirement in &rule.requirements {
            match self.require(requirement) {
                Verdict::Accepted => {}
                other => return other,
            }
        }
        Verdict::Accepted
    }

    /// Evaluates a condition, and puts on the desk what it cannot be decided without.
    fn decide(&mut self, expr: &Expr) -> Decision {
        let mut steps = Steps::new(self.rules.limits.evaluation_steps);
        let mut needs = Needs::default();
        let truths = eval::evaluate(expr, &self.scope, &mut steps, &mut needs);
        if truths.holds() {
            Decision::Yes
        } else if truths.may_hold() {
            for need in &needs.open {
                self.ask(need);
            }
            Decision::Open
        } else if let Some(want) = needs.unavailable.first() {
            Decision::ForWant(self.desk.reason(want).into())
        } else {
            Decision::No
        }
    }

    fn ask(&mut self, need: &Need) {
        match need {
            Need::Person => self.desk.ask_person(),
            Need::Carrier => self.desk.ask_carrier(),
            // Codes are asked for by the message that wants them, when all else is there.
            Need::Code(_) => {}
        }
    }

    /// The results of the rules that took the event, or what has to be asked first.
    fn act(mut self, accepted: &[RuleId]) -> Step {
        let rules = self.rules;
        let taking = || accepted.iter().filter_map(|id| rules.rule(*id));
        let wanted = taking().map(|rule| rule.actions.len().saturating_add(1));
        let wanted = wanted.fold(0, usize::saturating_add);
        let mut results = Vec::with_capacity(wanted.min(MOST_ROOM));
        let mut actions = 0_usize;
        let mut truncated = false;
        let origin = self.origin(accepted);
        let mut texts = None;
        for rule in taking() {
            let own = origin.next_rule(texts, rule.name.len(), rule.id().len());
            texts = Some(own);
            let acting = Acting {
                rule,
                origin: &origin,
                texts: own,
            };
            results.push(routing(&origin, texts, None));
            for (place, action) in rule.actions.iter().enumerate() {
                if truncated {
                    break;
                }
                if actions >= rules.limits.actions {
                    truncated = self.may_act(action);
                    continue;
                }
                match self.attempt(acting, action, position(place)) {
                    Attempt::Nothing | Attempt::Open => {}
                    Attempt::Result(result) => {
                        results.push(result);
                        actions = actions.saturating_add(1);
                    }
                }
            }
        }
        if let Some(questions) = self.desk.questions() {
            return Step::Ask(questions);
        }
        Step::Done(Outcome {
            truncated,
            ..self.outcome(origin, results)
        })
    }

    /// What the results of these rules have in common.
    fn origin(&mut self, accepted: &[RuleId]) -> Origin {
        let rules = self.rules;
        let taking = accepted.iter().filter_map(|id| rules.rule(*id));
        Origin::new(
            self.texts,
            rules.set.company.as_deref(),
            self.event.id(),
            self.event.event_type(),
            taking.map(|rule| (&*rule.name, rule.id())),
        )
    }

    fn outcome(&self, origin: Origin, results: Vec<ActionResult>) -> Outcome {
        Outcome {
            origin,
            incomplete: false,
            event_id_generated: self.event.id_generated(),
            truncated: false,
            ignored: false,
            results,
        }
    }
}
