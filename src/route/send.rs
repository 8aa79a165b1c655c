//! Messages: who they go to, what they say, and what keeps them from being sent. Sends nothing.

use std::borrow::Cow;

use crate::eval::scope::Reading;
use crate::event::recipient::Recipient;
use crate::hir::{Requirement, Rule, Send, To};
use crate::json::document::Datum;
use crate::lookup::answer::Answer;
use crate::lookup::question::Question;
use crate::outcome::message::Parts;
use crate::outcome::message::{Channel, PartName};
use crate::outcome::result_id::ResultId;
use crate::outcome::sms;
use crate::outcome::{
    Action, ActionKind, ActionResult, FailureReason, Message, PersonReference, Sent, StatusReason,
};
use crate::render;
use crate::text::percent;

use super::action::{Attempt, Fault, Making, Progress, status_of};
use super::{Acting, Turn, recipient};

impl Turn<'_, '_> {
    pub(super) fn attempt_send(
        &mut self,
        acting: Acting<'_>,
        send: &Send,
        position: Cow<'static, str>,
    ) -> Attempt {
        let rule = acting.rule;
        match self.wants(send.when.as_deref()) {
            Some(true) => {}
            Some(false) => return Attempt::Nothing,
            None => return Attempt::Open,
        }
        let made = self.make(rule, |turn, making| turn.compose(making, send));
        let Ok((message, fault)) = made else {
            return Attempt::Open;
        };
        let (status, reason) = status_of(fault.as_ref(), Some(StatusReason::Queued));
        Attempt::Result(ActionResult {
            id: ResultId::new(position),
            rule: Some(acting.texts),
            action: Action {
                kind: ActionKind::SendMessage(Sent {
                    channel: send.channel,
                    source: acting.origin.rule_url_apart(acting.texts),
                    person: self.person_named(rule),
                }),
                status,
                reason,
                origin: acting.origin.clone(),
                resource: None,
                failure: fault.map(|fault| self.failure(rule, fault)),
            },
            message: Some(message),
        })
    }

    /// The checks stand in the order in which their faults count: carrier, recipient, the parts in
    /// theirs, length, media. Only the last may cost a question of its own.
    fn compose(&mut self, making: &mut Making<'_>, send: &Send) -> Message {
        self.check_carrier(making, send.channel);
        let to = self.address(making, send);
        let mut message = Message {
            channel: send.channel,
            to,
            parts: Parts::default(),
            data: None,
            transactional: send.transactional,
            length: None,
        };
        let mut said_something = false;
        for (name, template) in &send.parts {
            let Some(text) = self.text(making, *template) else {
                // Not blank as far as is known.
                said_something |= is_content(*name);
                continue;
            };
            let blank = text.trim_start().is_empty();
            match (send.channel, name) {
                (Channel::Email, PartName::Text | PartName::Html) => said_something |= !blank,
                (_, PartName::Media) if blank => {
                    making.fail(Fault::invalid("Rendered media URL is blank"));
                }
                // An mms says what it has to say by its media.
                (Channel::Sms | Channel::Push, PartName::Body) if blank => {
                    making.fail(Fault::invalid("Rendered body is blank"));
                }
                (Channel::Email, PartName::Subject) if blank => {
                    making.fail(Fault::invalid("Rendered subject is blank"));
                }
                _ => {}
            }
            if !text.is_empty() {
                message.parts.push(*name, text);
            }
        }
        if send.channel == Channel::Email && !said_something {
            making.fail(Fault::invalid("Rendered body is blank"));
        }
        if let Some(entries) = &send.data {
            let data = self.object(making, entries);
            // Half an object would say something else than was meant.
            if making.progress == Progress::Fine && data != "{}" {
                message.data = Some(data.into());
            }
        }
        if send.channel == Channel::Sms
            && let Some(body) = message.part(PartName::Body)
        {
            let length = sms::measure(body);
            let most = self.rules.limits.sms_segments;
            if length.segments > most {
                let segments = length.segments;
                making.fail(Fault::invalid(format!(
                    "Rendered body takes {segments} segments, more than {most}"
                )));
            }
            message.length = Some(length);
        }
        if let Some(url) = message.part(PartName::Media) {
            self.check_media(making, url);
        }
        message
    }

    /// What no rule asks is not checked: only rules that require a carrier look at one.
    fn check_carrier(&self, making: &mut Making<'_>, channel: Channel) {
        let texts = matches!(channel, Channel::Sms | Channel::Mms);
        let required = making.rule.requirements.iter().any(|requirement| {
            matches!(
                requirement,
                Requirement::CarrierSms | Requirement::CarrierMms
            )
        });
        if texts
            && required
            && let Some(Answer::LookupFailed(text)) = self.desk.carrier_answer()
        {
            let of = self.desk.carrier_of().map_or("", Recipient::value);
            making.fail(Fault {
                reason: FailureReason::PermanentLookupFailureError,
                error: format!("Carrier Lookup for {of} failed with error {text}").into(),
                fields: Vec::new(),
            });
        }
    }

    /// Who the message goes to; blank is nobody.
    fn address(&mut self, making: &mut Making<'_>, send: &Send) -> Option<Recipient> {
        let Some(to) = &send.to else {
            let found = recipient::addressee(send.channel, self.event.recipients());
            if found.is_none() {
                let nobody = recipient::nobody(send.channel, self.event.recipients());
                making.fail(Fault::invalid(nobody));
            }
            return found;
        };
        let text = match to {
            To::Template(template) => self.text(making, *template)?,
            To::Path(path) => match self.scope_for(making).read(path, &[]) {
                Reading::Datum(Datum::Text(text)) => render::single_line(&text),
                Reading::Datum(Datum::Number(number)) => number.text().to_owned(),
                Reading::Datum(Datum::Missing | Datum::Null) => String::new(),
                Reading::Datum(_) => {
                    let path = path.words();
                    making.fail(Fault::invalid(format!("Recipient {path} is not a text")));
                    return None;
                }
                Reading::Open(need) => {
                    if making.open() {
                        self.ask(&need);
                    }
                    return None;
                }
                Reading::Unavailable(need) => {
                    making.fail(Fault::unexpected(self.desk.reason(&need)));
                    return None;
                }
            },
        };
        if text.trim().is_empty() {
            making.fail(Fault::invalid("Recipient is blank"));
            return None;
        }
        Some(Recipient::new(recipient::kind_of(send.channel, to), text))
    }

    fn check_media(&mut self, making: &mut Making<'_>, url: &str) {
        if making.progress != Progress::Fine && making.progress != Progress::Open {
            return;
        }
        let question = Question::Media { url: url.into() };
        match self.desk.consult(question) {
            Ok(None) => {
                making.open();
            }
            Ok(Some(Answer::Media(media))) => {
                if let Some(fault) = self.rules.media.fault(media) {
                    making.fail(Fault::invalid(fault));
                }
            }
            Ok(Some(Answer::Absent)) => making.fail(Fault::invalid("Media is not found")),
            Ok(Some(Answer::Unavailable(reason))) => making.fail(Fault::unexpected(reason.clone())),
            Ok(Some(_)) => {}
            Err(error) => making.fail(Fault::unexpected(error)),
        }
    }

    /// The person, where the rule requires one.
    fn person_named(&self, rule: &Rule) -> Option<PersonReference> {
        if !rule.requirements.contains(&Requirement::Person) {
            return None;
        }
        let Some(Answer::Person(person)) = self.desk.person_answer() else {
            return None;
        };
        let person_key: Box<str> = person.key()?.into();
        let company = self.rules.set.company.as_deref();
        let resource_url = company.map(|company| {
            let mut url = String::from("/companies/");
            percent::push_segment(&mut url, company);
            url.push_str("/mobiledb/persons/");
            percent::push_segment(&mut url, &person_key);
            url.into()
        });
        Some(PersonReference {
            person_key,
            resource_url,
        })
    }
}

const fn is_content(name: PartName) -> bool {
    matches!(name, PartName::Text | PartName::Html)
}
