//! How one rule stands to an event, step by step, for explaining it. Decides as routing does, and changes
//! no outcome.

use crate::event::Event;
use crate::hir::Rule;
use crate::lookup::answer::Answers;
use crate::lookup::question::Question;
use crate::outcome::Status;

use super::action::Attempt;
use super::{Acting, Turn, Verdict, position};
use crate::ruleset::Rules;

/// What one step of a rule came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The condition holds, the requirement is met, the action is done.
    Fine,
    /// The condition is not true, the action left out.
    No,
    /// The condition is not true for want of what could not be looked up.
    ForWant,
    /// The requirement refuses, the action fails.
    Refused(Box<str>),
    /// It hangs on what has to be asked first.
    Open,
}

/// A rule that listens to the event, judged apart from all others.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) when: Judgement,
    /// As many as were looked at: none after the first that is not met.
    pub(crate) requirements: Vec<Judgement>,
    /// Of a rule that accepts: each action.
    pub(crate) actions: Vec<Judgement>,
    /// What this rule has to ask next.
    pub(crate) asks: Vec<Question>,
}

impl Judged {
    /// What the rule as a whole came to: its `when`, then the last requirement that was looked at.
    pub(crate) fn verdict(&self) -> &Judgement {
        match self.when {
            Judgement::Fine => self.requirements.last().unwrap_or(&self.when),
            _ => &self.when,
        }
    }
}

/// Judges one rule.
pub(crate) fn judge(rules: &Rules, event: &Event, answers: &Answers, rule: &Rule) -> Judged {
    let mut texts = String::new();
    let mut turn = Turn::new(rules, event, answers, &mut texts);
    let mut judged = Judged {
        when: turn.judge_condition(rule),
        requirements: Vec::new(),
        actions: Vec::new(),
        asks: Vec::new(),
    };
    if judged.when == Judgement::Fine {
        for requirement in &rule.requirements {
            let judgement = match turn.require(requirement) {
                Verdict::Accepted => Judgement::Fine,
                Verdict::Refused { error, .. } => Judgement::Refused(error),
                Verdict::Skipped { .. } => Judgement::No,
                Verdict::Open => Judgement::Open,
            };
            let is_met = judgement == Judgement::Fine;
            judged.requirements.push(judgement);
            if !is_met {
                break;
            }
        }
    }
    if *judged.verdict() == Judgement::Fine {
        let origin = turn.origin(&[]);
        let acting = Acting {
            rule,
            origin: &origin,
            // Results are looked at here, and then gone.
            texts: origin.next_rule(None, 0, 0),
        };
        for (place, action) in rule.actions.iter().enumerate() {
            judged
                .actions
                .push(match turn.attempt(acting, action, position(place)) {
                    Attempt::Nothing => Judgement::No,
                    Attempt::Open => Judgement::Open,
                    Attempt::Result(result) if result.action.status == Status::Failed => {
                        let failure = result.action.failure;
                        let errors = failure.iter().flat_map(|failure| &failure.errors);
                        let errors: Vec<&str> = errors.map(|error| &*error.error).collect();
                        Judgement::Refused(errors.join("; ").into())
                    }
                    Attempt::Result(_) => Judgement::Fine,
                });
        }
    }
    judged.asks = turn.desk.questions().unwrap_or_default();
    judged
}

impl Turn<'_, '_> {
    fn judge_condition(&mut self, rule: &Rule) -> Judgement {
        use super::Decision;
        match rule.when.as_ref().map(|when| self.decide(when)) {
            None | Some(Decision::Yes) => Judgement::Fine,
            Some(Decision::No) => Judgement::No,
            Some(Decision::ForWant(_)) => Judgement::ForWant,
            Some(Decision::Open) => Judgement::Open,
        }
    }
}
