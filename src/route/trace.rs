//! Traces of rules: how far each one gets for an event. Routing, explanations and tests share them.

use std::sync::Arc;

use crate::event::Event;
use crate::hir::{Rule, RuleId};
use crate::lookup::answer::Answers;
use crate::lookup::question::Question;
use crate::ruleset::Rules;

use super::action::ActionOutcome;
use super::step_outcome::StepOutcome;
use super::{ActionContext, Round, position};

/// How far one rule gets.
///
/// The steps are the `when` and then the requirements, in order. The first step that does not pass ends
/// the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleTrace {
    /// Routing does not evaluate the rule for this reason. Its steps are traced anyway.
    exclusion: Option<Exclusion>,
    /// The number of steps that passed.
    passed: usize,
    /// The outcome of the step after those; `Passed` if there is none.
    outcome: StepOutcome,
}

/// A reason why routing does not evaluate a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exclusion {
    /// The rule listens to other event types.
    OtherType,
    /// The rule is not active at this time.
    OutsideWindow,
    /// This `final` rule accepted the event first.
    AfterFinal(RuleId),
}

/// A rule with its trace and everything that an explanation shows besides.
pub(crate) struct TracedRule<'r> {
    pub(crate) rule: &'r Arc<Rule>,
    pub(crate) trace: RuleTrace,
    /// The outcomes of the actions, if the rule accepts the event.
    pub(crate) actions: Vec<ActionOutcome>,
    /// The questions that the rule would ask next, if routing evaluates it.
    pub(crate) questions: Vec<Question>,
}

impl RuleTrace {
    pub(crate) const OTHER_TYPE: Self = Self {
        exclusion: Some(Exclusion::OtherType),
        passed: 0,
        outcome: StepOutcome::NotTrue,
    };

    /// Returns `Passed` if the rule accepts the event, else the outcome of the step that did not pass, or
    /// the reason why routing evaluates no step.
    pub(crate) fn verdict(&self) -> Result<&StepOutcome, Exclusion> {
        match self.exclusion {
            None => Ok(&self.outcome),
            Some(exclusion) => Err(exclusion),
        }
    }

    pub(crate) fn accepts(&self) -> bool {
        matches!(self.verdict(), Ok(StepOutcome::Passed))
    }

    /// Returns whether the rule's `when` is not true.
    pub(crate) fn skips(&self) -> bool {
        let outcome = self.verdict();
        matches!(
            outcome,
            Ok(StepOutcome::NotTrue | StepOutcome::Unavailable(_))
        )
    }

    /// Returns the outcome of a requirement; `None` if an earlier step did not pass.
    pub(crate) fn requirement(&self, index: usize) -> Option<&StepOutcome> {
        match self.passed.checked_sub(index.saturating_add(1))? {
            0 => Some(&self.outcome),
            _ => Some(&StepOutcome::Passed),
        }
    }
}

/// Traces the wanted ones among the rules that listen to the event's type, in routing order.
///
/// Each rule gets a round of its own, so that its questions do not depend on other rules.
pub(crate) fn trace_rules<'r>(
    rules: &Rules,
    event: &Event,
    answers: &Answers,
    listening: impl Iterator<Item = (RuleId, &'r Arc<Rule>)>,
    wanted: impl Fn(RuleId) -> bool,
) -> Vec<TracedRule<'r>> {
    let mut text_buffer = String::new();
    let mut final_rule = None;
    let mut traced = Vec::new();
    for (id, rule) in listening {
        let is_wanted = wanted(id);
        if !is_wanted && (final_rule.is_some() || !rule.is_final) {
            continue;
        }
        // Rules that are not wanted matter only if they are final and accept the event.
        let mut round = Round::new(rules, event, answers, &mut text_buffer);
        let (passed, outcome) = round.run_steps(rule, false);
        let trace = RuleTrace {
            exclusion: match rule.active.holds(answers.now()) {
                true => final_rule.map(Exclusion::AfterFinal),
                false => Some(Exclusion::OutsideWindow),
            },
            passed,
            outcome,
        };
        if rule.is_final && trace.accepts() {
            final_rule = Some(id);
        }
        if is_wanted {
            let actions = match trace.accepts() {
                true => round.trace_actions(rule),
                false => Vec::new(),
            };
            let questions = match trace.exclusion {
                Some(_) => Vec::new(),
                None => round.queue.take_questions().unwrap_or_default(),
            };
            traced.push(TracedRule {
                rule,
                trace,
                actions,
                questions,
            });
        }
    }
    traced
}

impl Round<'_, '_> {
    /// Runs the steps of one rule until one does not pass. Returns how many passed, and the outcome of the
    /// last one. With `when_holds` the `when` is known to be true and is not evaluated.
    pub(super) fn run_steps(&mut self, rule: &Rule, when_holds: bool) -> (usize, StepOutcome) {
        if !when_holds && let Some(when) = &rule.when {
            let outcome = self.evaluate(when);
            if !matches!(outcome, StepOutcome::Passed) {
                return (0, outcome);
            }
        }
        let mut passed = 1_usize;
        for requirement in &rule.requirements {
            let outcome = self.require(requirement);
            if !matches!(outcome, StepOutcome::Passed) {
                return (passed, outcome);
            }
            passed = passed.saturating_add(1);
        }
        (passed, StepOutcome::Passed)
    }

    fn trace_actions(&mut self, rule: &Rule) -> Vec<ActionOutcome> {
        let origin = self.origin(&[]);
        let context = ActionContext {
            rule,
            origin: &origin,
            // The results are read for their status only.
            texts: origin.next_rule(None, 0, 0),
        };
        let actions = rule.actions.iter().enumerate();
        actions
            .map(|(index, action)| self.run_action(context, action, position(index)))
            .collect()
    }
}
