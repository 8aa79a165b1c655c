//! Requirements of a rule: met, refused with a reason, or pending.

use crate::hir::Requirement;
use crate::lookup::answer::Answer;
use crate::lookup::question::Question;
use crate::outcome::Refusal;

use super::Round;
use super::step_outcome::StepOutcome;

impl Round<'_, '_> {
    /// Checks one requirement; never returns `NotTrue` or `Unavailable`.
    pub(super) fn require(&mut self, requirement: &Requirement) -> StepOutcome {
        match requirement {
            Requirement::Person => match self.queue.person_answer() {
                None => {
                    self.queue.ask_person();
                    StepOutcome::Pending
                }
                Some(Answer::Person(_)) => StepOutcome::Passed,
                Some(answer) => refuse(answer, Refusal::PersonNotFound, "Person is not found"),
            },
            Requirement::Subscribed(list) => self.require_subscription(list),
            Requirement::CarrierSms => self.require_carrier(
                |sms, _| sms,
                Refusal::SmsNotSupported,
                "SMS is not supported by carrier",
            ),
            Requirement::CarrierMms => self.require_carrier(
                |_, mms| mms,
                Refusal::MmsNotSupported,
                "MMS is not supported by carrier",
            ),
            Requirement::Holds { expr, otherwise } => match self.evaluate(expr) {
                StepOutcome::NotTrue => StepOutcome::Refused {
                    refusal: Refusal::RequirementNotMet,
                    error: otherwise.clone(),
                },
                StepOutcome::Unavailable(error) => StepOutcome::Refused {
                    refusal: Refusal::Unavailable,
                    error,
                },
                outcome => outcome,
            },
        }
    }

    fn require_subscription(&mut self, list: &str) -> StepOutcome {
        // The documented text is the same as for a missing person.
        let (refusal, text) = (Refusal::NotSubscribed, "Person is not found");
        let Some(of) = self.queue.person_of() else {
            return refuse(&Answer::Absent, refusal, text);
        };
        let question = Question::Subscribed {
            list: list.into(),
            of: of.clone(),
        };
        match self.queue.answer_or_ask(question) {
            Ok(None) => StepOutcome::Pending,
            Ok(Some(Answer::Subscribed(true))) => StepOutcome::Passed,
            Ok(Some(answer)) => refuse(answer, refusal, text),
            Err(error) => StepOutcome::Refused {
                refusal: Refusal::Unavailable,
                error: error.into(),
            },
        }
    }

    /// A permanently failed lookup meets the requirement: the rule accepts and its sends fail.
    fn require_carrier(
        &mut self,
        supports: fn(bool, bool) -> bool,
        refusal: Refusal,
        text: &str,
    ) -> StepOutcome {
        match self.queue.carrier_answer() {
            None => {
                self.queue.ask_carrier();
                StepOutcome::Pending
            }
            Some(Answer::LookupFailed(_)) => StepOutcome::Passed,
            Some(Answer::Carrier { sms, mms }) if supports(*sms, *mms) => StepOutcome::Passed,
            Some(answer) => refuse(answer, refusal, text),
        }
    }
}

/// Refuses with `text`, or with the host's reason if the lookup was unavailable.
fn refuse(answer: &Answer, refusal: Refusal, text: &str) -> StepOutcome {
    match answer {
        Answer::Unavailable(reason) => StepOutcome::Refused {
            refusal: Refusal::Unavailable,
            error: reason.clone(),
        },
        _ => StepOutcome::Refused {
            refusal,
            error: text.into(),
        },
    }
}
