//! The requirements of a rule: met, refused with its reason, or still to be asked about. Knows nothing
//! of messages.

use crate::hir::Requirement;
use crate::lookup::answer::Answer;
use crate::lookup::question::Question;
use crate::outcome::Refusal;

use super::{Decision, Turn, Verdict};

impl Turn<'_, '_> {
    /// `Verdict::Accepted`: the requirement is met.
    pub(super) fn require(&mut self, requirement: &Requirement) -> Verdict {
        match requirement {
            Requirement::Person => match self.desk.person_answer() {
                None => {
                    self.desk.ask_person();
                    Verdict::Open
                }
                Some(Answer::Person(_)) => Verdict::Accepted,
                Some(answer) => refuse(answer, Refusal::PersonNotFound, "Person is not found"),
            },
            Requirement::Subscribed(list) => self.subscribed(list),
            Requirement::CarrierSms => self.carrier(
                |sms, _| sms,
                Refusal::SmsNotSupported,
                "SMS is not supported by carrier",
            ),
            Requirement::CarrierMms => self.carrier(
                |_, mms| mms,
                Refusal::MmsNotSupported,
                "MMS is not supported by carrier",
            ),
            Requirement::Holds { expr, otherwise } => match self.decide(expr) {
                Decision::Yes => Verdict::Accepted,
                Decision::No => Verdict::Refused {
                    refusal: Refusal::RequirementNotMet,
                    error: otherwise.clone(),
                },
                Decision::ForWant(error) => Verdict::Refused {
                    refusal: Refusal::Unavailable,
                    error,
                },
                Decision::Open => Verdict::Open,
            },
        }
    }

    /// The documented text is that of a person who is not found.
    fn subscribed(&mut self, list: &str) -> Verdict {
        let (refusal, text) = (Refusal::NotSubscribed, "Person is not found");
        let Some(of) = self.desk.person_of() else {
            return refuse(&Answer::Absent, refusal, text);
        };
        let question = Question::Subscribed {
            list: list.into(),
            of: of.clone(),
        };
        match self.desk.consult(question) {
            Ok(None) => Verdict::Open,
            Ok(Some(Answer::Subscribed(true))) => Verdict::Accepted,
            Ok(Some(answer)) => refuse(answer, refusal, text),
            Err(error) => Verdict::Refused {
                refusal: Refusal::Unavailable,
                error: error.into(),
            },
        }
    }

    /// A lookup that failed for good does not refuse: the route is taken, and the sends fail.
    fn carrier(&mut self, able: fn(bool, bool) -> bool, refusal: Refusal, text: &str) -> Verdict {
        match self.desk.carrier_answer() {
            None => {
                self.desk.ask_carrier();
                Verdict::Open
            }
            Some(Answer::LookupFailed(_)) => Verdict::Accepted,
            Some(Answer::Carrier { sms, mms }) if able(*sms, *mms) => Verdict::Accepted,
            Some(answer) => refuse(answer, refusal, text),
        }
    }
}

/// Refuses with the text, or with the host's where it could not look something up.
fn refuse(answer: &Answer, refusal: Refusal, text: &str) -> Verdict {
    match answer {
        Answer::Unavailable(reason) => Verdict::Refused {
            refusal: Refusal::Unavailable,
            error: reason.clone(),
        },
        _ => Verdict::Refused {
            refusal,
            error: text.into(),
        },
    }
}
