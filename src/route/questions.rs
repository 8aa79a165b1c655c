//! What was answered and what is still to be asked while one event is routed. Decides nothing by it.

use crate::eval::scope::{Known, Need, Scope};
use crate::event::Event;
use crate::event::recipient::Recipient;
use crate::json::document::Value;
use crate::lookup::answer::{Answer, Answers};
use crate::lookup::question::Question;

use super::recipient;

/// The questions of one event.
pub(super) struct Desk<'a> {
    event: &'a Event,
    data: Value<'a>,
    answers: &'a Answers,
    person_of: Option<&'a Recipient>,
    carrier_of: Option<&'a Recipient>,
    limit: usize,
    /// The distinct questions that were looked at, answered or not, besides person and carrier.
    seen: Vec<Question>,
    /// To be asked now.
    open: Vec<Question>,
    /// To be asked when nothing else is open.
    codes: Vec<Question>,
}

static ABSENT: Answer = Answer::Absent;

static TOO_MANY: &str = "the event asks more questions than the limit";

impl<'a> Desk<'a> {
    pub(super) fn new(
        event: &'a Event,
        data: Value<'a>,
        answers: &'a Answers,
        limit: usize,
    ) -> Self {
        let recipients = event.recipients();
        Self {
            event,
            data,
            answers,
            person_of: recipient::person(recipients),
            carrier_of: recipient::carrier(recipients),
            limit,
            seen: Vec::new(),
            open: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// What conditions and templates read.
    pub(super) fn scope(&self) -> Scope<'a> {
        scope_with(
            self.event,
            self.data,
            self.answers,
            self.person_answer(),
            self.carrier_answer(),
        )
    }

    /// What was answered about the person.
    pub(super) fn person_answer(&self) -> Option<&'a Answer> {
        person_answer(self.person_of, self.answers)
    }

    /// What was answered about the carrier.
    pub(super) fn carrier_answer(&self) -> Option<&'a Answer> {
        carrier_answer(self.carrier_of, self.answers)
    }

    /// The identifier that names the person.
    pub(super) const fn person_of(&self) -> Option<&'a Recipient> {
        self.person_of
    }

    /// The identifier that the carrier question is about.
    pub(super) const fn carrier_of(&self) -> Option<&'a Recipient> {
        self.carrier_of
    }

    pub(super) fn ask_person(&mut self) {
        if let Some(of) = self.person_of.cloned() {
            put(&mut self.open, Question::Person { of });
        }
    }

    pub(super) fn ask_carrier(&mut self) {
        if let Some(of) = self.carrier_of.cloned() {
            put(&mut self.open, Question::Carrier { of });
        }
    }

    /// What was answered to another question; where nothing was, it will be asked: codes when nothing
    /// else is open, all others now. Past the limit a question counts as one that cannot be answered.
    pub(super) fn consult(
        &mut self,
        question: Question,
    ) -> Result<Option<&'a Answer>, &'static str> {
        if !self.seen.contains(&question) {
            if self.seen.len() >= self.limit {
                return Err(TOO_MANY);
            }
            self.seen.push(question.clone());
        }
        let answer = self.answers.to(&question);
        if answer.is_none() {
            let list = match question {
                Question::Code { .. } => &mut self.codes,
                _ => &mut self.open,
            };
            put(list, question);
        }
        Ok(answer)
    }

    /// What was answered to a question that was consulted before.
    pub(super) fn answer(&self, question: &Question) -> Option<&'a Answer> {
        self.answers.to(question)
    }

    /// Why what is needed could not be looked up.
    pub(super) fn reason(&self, need: &Need) -> &'a str {
        let answer = match need {
            Need::Person => self.person_answer(),
            Need::Carrier => self.carrier_answer(),
            Need::Code(_) => None,
        };
        match answer {
            Some(Answer::Unavailable(reason)) => reason,
            _ => "",
        }
    }

    /// What to ask now, if there is anything.
    pub(super) fn questions(&mut self) -> Option<Vec<Question>> {
        let list = if self.open.is_empty() {
            &mut self.codes
        } else {
            &mut self.open
        };
        (!list.is_empty()).then(|| std::mem::take(list))
    }
}

/// What conditions read of an event with these answers.
pub(super) fn scope<'a>(event: &'a Event, data: Value<'a>, answers: &'a Answers) -> Scope<'a> {
    let recipients = event.recipients();
    let person = person_answer(recipient::person(recipients), answers);
    let carrier = carrier_answer(recipient::carrier(recipients), answers);
    scope_with(event, data, answers, person, carrier)
}

fn scope_with<'a>(
    event: &'a Event,
    data: Value<'a>,
    answers: &'a Answers,
    person: Option<&'a Answer>,
    carrier: Option<&'a Answer>,
) -> Scope<'a> {
    Scope {
        event,
        data,
        now: answers.now(),
        person: match person {
            None => Known::Open,
            Some(Answer::Person(person)) => Known::Value(Some(person.value())),
            Some(Answer::Unavailable(_)) => Known::Unavailable,
            Some(_) => Known::Value(None),
        },
        carrier: match carrier {
            None => Known::Open,
            Some(Answer::Carrier { sms, mms }) => Known::Value(Some((*sms, *mms))),
            Some(Answer::Unavailable(_)) => Known::Unavailable,
            Some(_) => Known::Value(None),
        },
    }
}

/// An event that names nobody is about nobody.
fn person_answer<'a>(of: Option<&Recipient>, answers: &'a Answers) -> Option<&'a Answer> {
    of.map_or(Some(&ABSENT), |of| answers.person_behind(of))
}

fn carrier_answer<'a>(of: Option<&Recipient>, answers: &'a Answers) -> Option<&'a Answer> {
    of.map_or(Some(&ABSENT), |of| answers.carrier_of(of))
}

fn put(list: &mut Vec<Question>, question: Question) {
    if !list.contains(&question) {
        list.push(question);
    }
}
