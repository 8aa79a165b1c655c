//! Routes an event: decides which rules accept it, runs their actions, and collects the questions that
//! have to be answered first.
//!
//! One round has three phases:
//! 1. The index selects candidates. Each is traced: its `when`, then its requirements, up to the first step
//!    that does not pass. A `final` rule that accepts ends this phase.
//! 2. If a step is pending, the round returns its questions. An answer may change which rules accept, so no
//!    action runs before that.
//! 3. The actions of the accepted rules run. They may ask questions of their own, and results are returned
//!    once no question is left.
//!
//! Each round starts from scratch, with the event and the answers so far. No state is kept between rounds,
//! so neither the order of the answers nor lookups in advance can change an outcome.

mod action;
mod questions;
mod recipient;
mod require;
mod send;
mod standalone;
mod step_outcome;
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
use crate::outcome::result_id::{OutcomeContext, ResultId, RuleRange};
use crate::outcome::{
    Action, ActionKind, ActionResult, Failure, FailureError, FailureReason, Outcome, Refusal,
    Status, StatusReason,
};
use crate::ruleset::Rules;
use crate::ruleset::select::SelectScratch;

pub(crate) use self::action::ActionOutcome;
pub(crate) use self::standalone::{StandaloneError, render_template};
pub(crate) use self::step_outcome::StepOutcome;
pub(crate) use self::trace::{Exclusion, RuleTrace, TracedRule, trace_rules};

use self::questions::QuestionQueue;

/// Upper bound on the number of results to allocate room for in advance.
const MAX_RESULT_CAPACITY: usize = 16;

/// The result of one round of routing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a round either asks or is done")]
pub enum Step {
    /// Distinct questions without an answer. Answer them and route again.
    Ask(Vec<Question>),
    /// The outcome of the event.
    Done(Outcome),
}

impl Step {
    /// Returns one line of JSON: that of the outcome, or `{"event_id":…,"asks":[…]}`.
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

/// Memory for routing, reused between events.
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteScratch {
    pub(crate) selection: SelectScratch,
    accepted: Vec<RuleId>,
    text_buffer: String,
}

/// Routes one event by the rules that the index selects.
pub(crate) fn route(
    rules: &Rules,
    event: &Event,
    answers: &Answers,
    scratch: &mut RouteScratch,
) -> Step {
    let RouteScratch {
        selection,
        accepted,
        text_buffer,
    } = scratch;
    let round = Round::new(rules, event, answers, text_buffer);
    let candidates = rules.select(&round.scope, selection).iter();
    let listening = || rules.listens(event.folded_type(), answers.now());
    route_candidates(
        round,
        candidates.map(|candidate| (candidate.rule, candidate.holds)),
        accepted,
        listening,
    )
}

/// Routes one event by every rule that listens; the oracle for [`route`].
#[cfg(test)]
pub(crate) fn route_without_index(rules: &Rules, event: &Event, answers: &Answers) -> Step {
    let listening = || rules.listening(event.folded_type(), answers.now());
    let RouteScratch {
        accepted,
        text_buffer,
        ..
    } = &mut RouteScratch::default();
    route_candidates(
        Round::new(rules, event, answers, text_buffer),
        listening().map(|(rule, _)| (rule, false)),
        accepted,
        || listening().next().is_some(),
    )
}

/// Routes one event by these rules, in order; the flag of each is whether its `when` is known to be true.
fn route_candidates(
    mut round: Round<'_, '_>,
    candidates: impl Iterator<Item = (RuleId, bool)>,
    accepted: &mut Vec<RuleId>,
    listening: impl FnOnce() -> bool,
) -> Step {
    let rules = round.rules;
    accepted.clear();
    let mut refusals = Vec::new();
    let mut incomplete = false;
    for (id, when_holds) in candidates {
        let Some(rule) = rules.rule(id) else {
            continue;
        };
        let (_, outcome) = round.run_steps(rule, when_holds);
        match outcome {
            StepOutcome::Passed => {
                accepted.push(id);
                if rule.is_final {
                    break;
                }
            }
            StepOutcome::NotTrue | StepOutcome::Pending => {}
            StepOutcome::Unavailable(_) => incomplete = true,
            StepOutcome::Refused { refusal, error } => {
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
        }
    }
    if let Some(questions) = round.queue.take_questions() {
        return Step::Ask(questions);
    }
    // Refusals are reported only if no rule accepts: an accepted event has results of its own.
    if !accepted.is_empty() {
        return round.act(accepted);
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
    let origin = round.origin(&[]);
    let result = routing_result(&origin, None, Some(failure));
    Step::Done(Outcome {
        incomplete,
        ..round.outcome(origin, vec![result])
    })
}

/// Returns a routing result: of a rule that accepted the event, or the failure if none did.
fn routing_result(
    origin: &OutcomeContext,
    rule: Option<RuleRange>,
    failure: Option<Failure>,
) -> ActionResult {
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
            context: origin.clone(),
            resource: rule,
            failure,
        },
        message: None,
    }
}

/// Returns whether the rule's `when` is true with the answers so far.
pub(crate) fn matches(rules: &Rules, rule: &Rule, scope: &Scope<'_>, needs: &mut Needs) -> bool {
    rule.when.as_ref().is_none_or(|when| {
        let mut steps = Steps::new(rules.limits.evaluation_steps);
        eval::evaluate(when, scope, &mut steps, needs).holds()
    })
}

/// Returns what conditions read of an event with this data and these answers.
pub(crate) fn scope<'a>(event: &'a Event, data: Value<'a>, answers: &'a Answers) -> Scope<'a> {
    questions::scope(event, data, answers)
}

/// An accepted rule whose actions are carried out.
#[derive(Clone, Copy)]
struct ActionContext<'r> {
    rule: &'r Rule,
    origin: &'r OutcomeContext,
    texts: RuleRange,
}

/// Returns the index of an action in its rule, as text.
fn position(index: usize) -> Cow<'static, str> {
    const FIRST: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
    match FIRST.get(index) {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(index.to_string()),
    }
}

/// One round for one event.
struct Round<'a, 'm> {
    rules: &'a Rules,
    event: &'a Event,
    scope: Scope<'a>,
    queue: QuestionQueue<'a>,
    /// Buffer for the texts that the results share.
    text_buffer: &'m mut String,
}

impl<'a, 'm> Round<'a, 'm> {
    fn new(
        rules: &'a Rules,
        event: &'a Event,
        answers: &'a Answers,
        text_buffer: &'m mut String,
    ) -> Self {
        let data = event.data_for(&rules.projection);
        let queue = QuestionQueue::new(event, data, answers, rules.limits.questions);
        Self {
            rules,
            event,
            scope: queue.scope(),
            queue,
            text_buffer,
        }
    }

    /// Evaluates a condition and queues the questions that it depends on.
    fn evaluate(&mut self, expr: &Expr) -> StepOutcome {
        let mut steps = Steps::new(self.rules.limits.evaluation_steps);
        let mut needs = Needs::default();
        let truths = eval::evaluate(expr, &self.scope, &mut steps, &mut needs);
        if truths.holds() {
            StepOutcome::Passed
        } else if truths.may_hold() {
            for need in &needs.pending {
                self.ask(need);
            }
            StepOutcome::Pending
        } else if let Some(need) = needs.unavailable.first() {
            StepOutcome::Unavailable(self.queue.reason(need).into())
        } else {
            StepOutcome::NotTrue
        }
    }

    fn ask(&mut self, need: &Need) {
        match need {
            Need::Person => self.queue.ask_person(),
            Need::Carrier => self.queue.ask_carrier(),
            // The action that needs a code asks for it, once it needs nothing else.
            Need::Code(_) => {}
        }
    }

    /// Runs the actions of the accepted rules. Returns the outcome, or the questions to ask first.
    fn act(mut self, accepted: &[RuleId]) -> Step {
        let rules = self.rules;
        let accepted_rules = || accepted.iter().filter_map(|id| rules.rule(*id));
        let capacity = accepted_rules().map(|rule| rule.actions.len().saturating_add(1));
        let capacity = capacity.fold(0, usize::saturating_add);
        let mut results = Vec::with_capacity(capacity.min(MAX_RESULT_CAPACITY));
        let mut actions = 0_usize;
        let mut truncated = false;
        let origin = self.origin(accepted);
        let mut texts = None;
        for rule in accepted_rules() {
            let own = origin.next_rule(texts, rule.name.len(), rule.id().len());
            texts = Some(own);
            let context = ActionContext {
                rule,
                origin: &origin,
                texts: own,
            };
            results.push(routing_result(&origin, texts, None));
            for (index, action) in rule.actions.iter().enumerate() {
                if truncated {
                    break;
                }
                // An action that is left out does not count, so look for one with a result.
                if actions >= rules.limits.actions {
                    truncated = self.has_result(action);
                    continue;
                }
                // A pending action does not stop the others: one round asks for all that they need.
                let outcome = self.run_action(context, action, position(index));
                if let ActionOutcome::Result(result) = outcome {
                    results.push(result);
                    actions = actions.saturating_add(1);
                }
            }
        }
        if let Some(questions) = self.queue.take_questions() {
            return Step::Ask(questions);
        }
        Step::Done(Outcome {
            truncated,
            ..self.outcome(origin, results)
        })
    }

    /// Returns what the results of these rules share.
    fn origin(&mut self, accepted: &[RuleId]) -> OutcomeContext {
        let rules = self.rules;
        let accepted_rules = accepted.iter().filter_map(|id| rules.rule(*id));
        OutcomeContext::new(
            self.text_buffer,
            rules.set.company.as_deref(),
            self.event.id(),
            self.event.event_type(),
            accepted_rules.map(|rule| (&*rule.name, rule.id())),
        )
    }

    fn outcome(&self, origin: OutcomeContext, results: Vec<ActionResult>) -> Outcome {
        Outcome {
            context: origin,
            incomplete: false,
            event_id_generated: self.event.id_generated(),
            truncated: false,
            ignored: false,
            results,
        }
    }
}
