//! Questions and answers of one event while it is routed.

use crate::eval::scope::{Lookup, Need, Scope};
use crate::event::Event;
use crate::event::recipient::Recipient;
use crate::json::document::Value;
use crate::lookup::answer::{Answer, Answers};
use crate::lookup::question::Question;
use crate::render::Failed;

use super::recipient;

/// The questions of one event: which were answered, and which to ask next.
pub(super) struct QuestionQueue<'a> {
    event: &'a Event,
    data: Value<'a>,
    answers: &'a Answers,
    person_of: Option<&'a Recipient>,
    carrier_of: Option<&'a Recipient>,
    limit: usize,
    /// Distinct questions of the event, answered or not, except person and carrier. Counts towards `limit`.
    seen: Vec<Question>,
    /// Questions to ask now.
    open: Vec<Question>,
    /// Code questions, to ask once nothing else is open. A host may use up a code by issuing it.
    codes: Vec<Question>,
}

static ABSENT: Answer = Answer::Absent;

static TOO_MANY: &str = "the event asks more questions than the limit";

impl<'a> QuestionQueue<'a> {
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

    /// Returns what conditions and templates read.
    pub(super) fn scope(&self) -> Scope<'a> {
        scope_with(
            self.event,
            self.data,
            self.answers,
            self.person_answer(),
            self.carrier_answer(),
        )
    }

    pub(super) fn person_answer(&self) -> Option<&'a Answer> {
        person_answer(self.person_of, self.answers)
    }

    pub(super) fn carrier_answer(&self) -> Option<&'a Answer> {
        carrier_answer(self.carrier_of, self.answers)
    }

    /// Returns the identifier that the person question is about.
    pub(super) const fn person_of(&self) -> Option<&'a Recipient> {
        self.person_of
    }

    /// Returns the identifier that the carrier question is about.
    pub(super) const fn carrier_of(&self) -> Option<&'a Recipient> {
        self.carrier_of
    }

    pub(super) fn ask_person(&mut self) {
        if let Some(of) = self.person_of.cloned() {
            push_new(&mut self.open, Question::Person { of });
        }
    }

    pub(super) fn ask_carrier(&mut self) {
        if let Some(of) = self.carrier_of.cloned() {
            push_new(&mut self.open, Question::Carrier { of });
        }
    }

    /// Returns the answer to a question, or queues the question if there is none.
    ///
    /// Beyond the limit a question counts as unavailable, with the error text returned here.
    pub(super) fn answer_or_ask(
        &mut self,
        question: Question,
    ) -> Result<Option<&'a Answer>, &'static str> {
        // Answered questions count as well, so that the limit does not depend on what was asked in advance.
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
            push_new(list, question);
        }
        Ok(answer)
    }

    /// Returns the code for a code question, as templates read it.
    pub(super) fn code(&self, question: &Question) -> Lookup<Option<String>> {
        match self.answers.to(question) {
            None => Lookup::Pending,
            Some(Answer::Code(code)) => Lookup::Value(Some(code.to_string())),
            Some(Answer::Unavailable(_)) => Lookup::Unavailable,
            Some(_) => Lookup::Value(None),
        }
    }

    /// Returns the host's reason why the person or the carrier could not be looked up.
    pub(super) fn reason(&self, need: &Need) -> &'a str {
        reason(match need {
            Need::Person => self.person_answer(),
            Need::Carrier => self.carrier_answer(),
            Need::Code(_) => None,
        })
    }

    /// Returns the error text of a failed rendering; `code` builds the question for a pool.
    pub(super) fn render_error(
        &self,
        failure: &Failed,
        code: impl Fn(&str) -> Question,
    ) -> Box<str> {
        match &failure.unavailable {
            Some(Need::Code(pool)) => reason(self.answers.to(&code(pool))).into(),
            Some(need) => self.reason(need).into(),
            None => failure.message.clone().into(),
        }
    }

    /// Takes the questions to ask now, if there are any.
    pub(super) fn take_questions(&mut self) -> Option<Vec<Question>> {
        let list = if self.open.is_empty() {
            &mut self.codes
        } else {
            &mut self.open
        };
        (!list.is_empty()).then(|| std::mem::take(list))
    }
}

/// Returns what conditions read of an event with these answers.
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
            None => Lookup::Pending,
            Some(Answer::Person(person)) => Lookup::Value(Some(person.value())),
            Some(Answer::Unavailable(_)) => Lookup::Unavailable,
            Some(_) => Lookup::Value(None),
        },
        carrier: match carrier {
            None => Lookup::Pending,
            Some(Answer::Carrier { sms, mms }) => Lookup::Value(Some((*sms, *mms))),
            Some(Answer::Unavailable(_)) => Lookup::Unavailable,
            Some(_) => Lookup::Value(None),
        },
    }
}

/// Without an identifier there is no person to look up.
fn person_answer<'a>(of: Option<&Recipient>, answers: &'a Answers) -> Option<&'a Answer> {
    of.map_or(Some(&ABSENT), |of| answers.person_of(of))
}

fn carrier_answer<'a>(of: Option<&Recipient>, answers: &'a Answers) -> Option<&'a Answer> {
    of.map_or(Some(&ABSENT), |of| answers.carrier_of(of))
}

fn reason(answer: Option<&Answer>) -> &str {
    match answer {
        Some(Answer::Unavailable(reason)) => reason,
        _ => "",
    }
}

fn push_new(list: &mut Vec<Question>, question: Question) {
    if !list.contains(&question) {
        list.push(question);
    }
}
