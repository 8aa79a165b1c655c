//! Explains one rule: its window, condition, requirements and actions. The verdicts are those of routing.

use std::cmp::Reverse;
use std::sync::Arc;

use super::condition;
use super::condition::{ConditionContext, ConditionNode};
use super::{ExplainedVerdict, Explanation, RuleExplanation, StepExplanation};
use crate::eval;
use crate::eval::scope::Scope;
use crate::eval::{Needs, Steps};
use crate::event::Event;
use crate::hir::conformance;
use crate::hir::conformance::Violation;
use crate::hir::schema::Field;
use crate::hir::{Action, EventType, Expr, On, Requirement, Rule, RuleId, TypeId, Window};
use crate::json::write;
use crate::lookup::answer::Answers;
use crate::render;
use crate::route;
use crate::route::{ActionOutcome, Exclusion, RuleTrace, StepOutcome, TracedRule};
use crate::ruleset::Rules;

/// Upper bound on the violations reported for one event.
const MAX_BREACHES: usize = 20;

/// Explains an event: every rule of its type, or `only` one.
///
/// The rules are found by a scan, not by the index, so that an explanation can reveal errors of the index.
pub(crate) fn explain(
    rules: &Rules,
    event: &Event,
    answers: &Answers,
    only: Option<RuleId>,
) -> Explanation {
    let ty = type_of(rules, event);
    let declaration = ty.and_then(|(_, ty)| ty.declaration.as_ref());
    let listens = |rule: &Rule| match &rule.on {
        On::All => true,
        On::Types(types) => ty.is_some_and(|(id, _)| types.contains(&id)),
    };
    let in_order = rules.in_order().filter(|(_, rule)| listens(rule));
    let mut listening: Vec<(RuleId, &Arc<Rule>)> = in_order.collect();
    listening.sort_by_key(|(_, rule)| Reverse(rule.priority));
    let wanted = |id: RuleId| only.is_none_or(|only| only == id);
    let traced = route::trace_rules(rules, event, answers, listening.into_iter(), wanted);
    let scope = route::scope(event, event.data(), answers);
    let context = ExplainContext {
        rules,
        scope: &scope,
        fields: declaration.and_then(|declaration| declaration.fields.as_deref()),
    };
    let mut explained: Vec<RuleExplanation> =
        traced.into_iter().map(|rule| context.rule(rule)).collect();
    // A rule of another type is explained only on request.
    if let Some(rule) = only.and_then(|id| rules.rule(id))
        && !listens(rule)
    {
        explained.push(of_other_type(rule));
    }
    explained.sort_by_key(|rule| rule.rank);
    Explanation {
        event_id: event.id().into(),
        event_type: event.event_type().into(),
        description: declaration.and_then(|declaration| declaration.description.clone()),
        breaches: breaches(rules, event),
        rules: explained,
    }
}

/// Returns the first violations of the declaration of the event's type.
pub(crate) fn breaches(rules: &Rules, event: &Event) -> Vec<Violation> {
    type_of(rules, event)
        .and_then(|(_, ty)| ty.declaration.as_ref()?.fields.as_deref())
        .map_or_else(Vec::new, |fields| {
            conformance::violations(fields, event.data(), MAX_BREACHES)
        })
}

fn type_of<'a>(rules: &'a Rules, event: &Event) -> Option<(TypeId, &'a EventType)> {
    let mut types = (0_u32..).map(TypeId).zip(rules.set.types.iter());
    types.find(|(_, ty)| *ty.name == *event.folded_type())
}

/// The context in which the rules of one event are explained.
#[derive(Clone, Copy)]
struct ExplainContext<'a> {
    rules: &'a Rules,
    scope: &'a Scope<'a>,
    fields: Option<&'a [Field]>,
}

impl<'a> ExplainContext<'a> {
    fn rule(self, traced: TracedRule<'a>) -> RuleExplanation {
        let TracedRule { rule, trace, .. } = traced;
        let (group, verdict) = rule_verdict(&trace);
        let when = rule.when.as_ref().map(|when| self.condition(rule, when));
        let misses = match trace.verdict() {
            Ok(StepOutcome::Refused { .. }) => 1,
            Ok(StepOutcome::NotTrue | StepOutcome::Unavailable(_)) => {
                when.as_ref().map_or(0, |when| when.to_true)
            }
            _ => 0,
        };
        let requirements = rule.requirements.iter().enumerate();
        // Without an outcome, as for a rule that does not accept, an action is not shown.
        let actions = rule.actions.iter().zip(&traced.actions);
        RuleExplanation {
            rule: Arc::clone(&rule.name),
            description: rule.description.clone(),
            verdict,
            rank: (group, misses),
            asks: traced.questions,
            window: (rule.active != Window::default()).then(|| window_text(rule.active)),
            when,
            requirements: requirements
                .map(|(index, one)| self.requirement(rule, one, trace.requirement(index)))
                .collect(),
            actions: actions
                .map(|(action, outcome)| self.action(rule, action, outcome))
                .collect(),
            limited: conditions(rule).any(|expr| self.is_limited(expr)),
        }
    }

    fn condition(self, rule: &'a Rule, expr: &'a Expr) -> ConditionNode {
        let context = ConditionContext {
            scope: self.scope,
            fields: self.fields,
            rule: &rule.name,
            steps: self.rules.limits.evaluation_steps,
        };
        condition::explain(expr, context)
    }

    /// Returns whether routing reaches the limit of evaluation steps. The tree has a larger budget, so this
    /// takes an evaluation of its own.
    fn is_limited(self, expr: &Expr) -> bool {
        let mut steps = Steps::new(self.rules.limits.evaluation_steps);
        eval::evaluate(expr, self.scope, &mut steps, &mut Needs::default());
        steps.exceeded()
    }

    fn requirement(
        self,
        rule: &'a Rule,
        requirement: &'a Requirement,
        outcome: Option<&StepOutcome>,
    ) -> StepExplanation {
        let (mark, word, text) = match outcome {
            Some(StepOutcome::Passed) => ("✓", "met", ""),
            Some(StepOutcome::Refused { .. }) => ("✗", "refuses", ": "),
            Some(_) => ("…", "undecided", ": not known yet"),
            None => ("-", "not_looked_at", ""),
        };
        let (requirement, when) = match requirement {
            Requirement::Person => ("person".to_owned(), None),
            Requirement::Subscribed(list) => (format!("subscribed {}", write::string(list)), None),
            Requirement::CarrierSms => ("carrier sms".to_owned(), None),
            Requirement::CarrierMms => ("carrier mms".to_owned(), None),
            Requirement::Holds { expr, .. } => (
                condition::text(expr, &rule.name),
                Some(self.condition(rule, expr)),
            ),
        };
        StepExplanation {
            text: requirement,
            verdict: ExplainedVerdict {
                mark,
                word,
                text,
                error: outcome.and_then(refusal_error),
            },
            when,
            missing: Vec::new(),
        }
    }

    fn action(
        self,
        rule: &'a Rule,
        action: &'a Action,
        outcome: &ActionOutcome,
    ) -> StepExplanation {
        let failure = match outcome {
            ActionOutcome::Result(result) => result.action.failure(),
            ActionOutcome::LeftOut | ActionOutcome::Pending => None,
        };
        let (mark, word, text) = match (outcome, failure) {
            (ActionOutcome::Result(_), None) => ("✓", "done", ""),
            (ActionOutcome::Result(_), Some(_)) => ("✗", "fails", " fails: "),
            (ActionOutcome::LeftOut, _) => ("-", "left_out", ": left out"),
            (ActionOutcome::Pending, _) => ("…", "undecided", ": not known yet"),
        };
        let error = failure.map(|failure| {
            let errors = failure.errors().iter().map(|error| error.error());
            errors.collect::<Vec<_>>().join("; ").into()
        });
        StepExplanation {
            text: action_text(action),
            verdict: ExplainedVerdict {
                mark,
                word,
                text,
                error,
            },
            when: when_of(action).map(|when| self.condition(rule, when)),
            missing: match outcome {
                ActionOutcome::LeftOut => Vec::new(),
                _ => self.missing(action),
            },
        }
    }

    /// Returns the values that the templates of an action read but that are missing, without duplicates.
    fn missing(self, action: &Action) -> Vec<String> {
        let Rules {
            programs, limits, ..
        } = self.rules;
        let mut missing = Vec::new();
        action.visit_templates(&mut |template| {
            for token in render::missing_tokens(programs, template, self.scope, limits) {
                if !missing.contains(&token) {
                    missing.push(token);
                }
            }
        });
        missing
    }
}

/// Returns the verdict on a rule with its group in the order of rules.
fn rule_verdict(trace: &RuleTrace) -> (u8, ExplainedVerdict) {
    let (group, word, text) = match trace.verdict() {
        Ok(StepOutcome::Passed) => (0, "accepts", "accepts"),
        Ok(StepOutcome::Pending) => (1, "undecided", "is undecided"),
        Ok(StepOutcome::Refused { .. }) => (2, "refuses", "refuses: "),
        Ok(StepOutcome::NotTrue) => (2, "skips", "skips: its condition is not true"),
        Ok(StepOutcome::Unavailable(_)) => (
            2,
            "incomplete",
            "skips: its condition is not true for want of what could not be looked up",
        ),
        Err(Exclusion::AfterFinal(_)) => (
            3,
            "not_considered",
            "is not considered: a final rule before it took the event",
        ),
        Err(Exclusion::OutsideWindow) => (4, "outside_window", "is outside its window"),
        Err(Exclusion::OtherType) => (4, "other_type", "listens to other types"),
    };
    let verdict = ExplainedVerdict {
        mark: "",
        word,
        text,
        error: trace.verdict().ok().and_then(refusal_error),
    };
    (group, verdict)
}

fn refusal_error(outcome: &StepOutcome) -> Option<Box<str>> {
    match outcome {
        StepOutcome::Refused { error, .. } => Some(error.clone()),
        _ => None,
    }
}

fn of_other_type(rule: &Rule) -> RuleExplanation {
    let (group, verdict) = rule_verdict(&RuleTrace::OTHER_TYPE);
    RuleExplanation {
        rule: Arc::clone(&rule.name),
        description: rule.description.clone(),
        verdict,
        rank: (group, 0),
        asks: Vec::new(),
        window: None,
        when: None,
        requirements: Vec::new(),
        actions: Vec::new(),
        limited: false,
    }
}

/// Returns all conditions of a rule, including those of its requirements and actions.
fn conditions(rule: &Rule) -> impl Iterator<Item = &Expr> {
    let required = rule
        .requirements
        .iter()
        .filter_map(|requirement| match requirement {
            Requirement::Holds { expr, .. } => Some(expr),
            _ => None,
        });
    let acted = rule.actions.iter().flat_map(when_of_any);
    rule.when.iter().chain(required).chain(acted)
}

/// Recurses as deep as rules nest `first`, which is limited.
fn when_of_any(action: &Action) -> Vec<&Expr> {
    match action {
        Action::First(alternatives) => alternatives.iter().flat_map(when_of_any).collect(),
        action => when_of(action).into_iter().collect(),
    }
}

fn when_of(action: &Action) -> Option<&Expr> {
    match action {
        Action::Send(send) => send.when.as_deref(),
        Action::Do(custom) => custom.when.as_deref(),
        Action::First(_) => None,
    }
}

/// Recurses as deep as rules nest `first`, which is limited.
fn action_text(action: &Action) -> String {
    match action {
        Action::Send(send) => format!("send {}", send.channel.name()),
        Action::Do(custom) => format!("do {}", custom.name),
        Action::First(alternatives) => {
            let texts: Vec<String> = alternatives.iter().map(action_text).collect();
            format!("first of: {}", texts.join(", "))
        }
    }
}

fn window_text(window: Window) -> String {
    let from = window.from.map(|from| format!("from {from}"));
    let until = window.until.map(|until| format!("until {until}"));
    let ends: Vec<String> = from.into_iter().chain(until).collect();
    ends.join(" ")
}
