//! Messages: their recipient, their parts, and the reasons why they cannot be sent.

use std::borrow::Cow;

use crate::eval::scope::PathValue;
use crate::event::recipient::Recipient;
use crate::hir::{Requirement, Rule, Send, To};
use crate::json::document::Datum;
use crate::lookup::answer::Answer;
use crate::lookup::question::Question;
use crate::outcome::message::MessageParts;
use crate::outcome::message::{Channel, PartName};
use crate::outcome::sms;
use crate::outcome::{ActionKind, FailureReason, Message, PersonReference, Sent, StatusReason};
use crate::render;
use crate::text::percent;

use super::action::{ActionBuilder, ActionError, ActionOutcome, BuildState, requires_carrier};
use super::{ActionContext, Round, recipient};

impl Round<'_, '_> {
    pub(super) fn run_send(
        &mut self,
        context: ActionContext<'_>,
        send: &Send,
        position: Cow<'static, str>,
    ) -> ActionOutcome {
        if let Some(outcome) = self.unmet_condition(send.when.as_deref()) {
            return outcome;
        }
        let built = self.build(context.rule, |round, builder| round.compose(builder, send));
        let Some((message, error)) = built else {
            return ActionOutcome::Pending;
        };
        let kind = ActionKind::SendMessage(Sent {
            channel: send.channel,
            source: context.origin.shared_rule_url(context.texts),
            person: self.person_reference(context.rule),
        });
        let success = Some(StatusReason::Queued);
        self.result(context, position, kind, error, success, Some(message))
    }

    /// Builds the message. The checks are in the order in which their failures count: carrier, recipient,
    /// parts, length, media. Only the media check may ask a question of its own.
    fn compose(&mut self, builder: &mut ActionBuilder<'_>, send: &Send) -> Message {
        self.check_carrier(builder, send.channel);
        let to = self.address(builder, send);
        let mut message = Message {
            channel: send.channel,
            to,
            parts: MessageParts::default(),
            data: None,
            transactional: send.transactional,
            length: None,
        };
        let mut has_content = false;
        for (name, template) in &send.parts {
            let Some(text) = self.render_text(builder, *template) else {
                // A part that is pending or failed counts as content.
                has_content |= is_content(*name);
                continue;
            };
            let blank = text.trim_start().is_empty();
            match (send.channel, name) {
                (Channel::Email, PartName::Text | PartName::Html) => has_content |= !blank,
                (_, PartName::Media) if blank => {
                    builder.fail(ActionError::invalid("Rendered media URL is blank"));
                }
                // An mms may consist of its media alone, so its body may be blank.
                (Channel::Sms | Channel::Push, PartName::Body) if blank => {
                    builder.fail(ActionError::invalid("Rendered body is blank"));
                }
                (Channel::Email, PartName::Subject) if blank => {
                    builder.fail(ActionError::invalid("Rendered subject is blank"));
                }
                _ => {}
            }
            if !text.is_empty() {
                message.parts.push(*name, text);
            }
        }
        if send.channel == Channel::Email && !has_content {
            builder.fail(ActionError::invalid("Rendered body is blank"));
        }
        if let Some(entries) = &send.data {
            let data = self.object(builder, entries);
            // A partial object would be misleading.
            if builder.state == BuildState::Ok && data != "{}" {
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
                builder.fail(ActionError::invalid(format!(
                    "Rendered body takes {segments} segments, more than {most}"
                )));
            }
            message.length = Some(length);
        }
        // Last, as the only check that asks a question.
        if let Some(url) = message.part(PartName::Media) {
            self.check_media(builder, url);
        }
        message
    }

    /// Fails texts whose carrier lookup failed permanently, if the rule requires a carrier.
    fn check_carrier(&self, builder: &mut ActionBuilder<'_>, channel: Channel) {
        if matches!(channel, Channel::Sms | Channel::Mms)
            && requires_carrier(builder.rule)
            && let Some(Answer::LookupFailed(text)) = self.queue.carrier_answer()
        {
            let of = self.queue.carrier_of().map_or("", Recipient::value);
            builder.fail(ActionError::new(
                FailureReason::PermanentLookupFailureError,
                format!("Carrier Lookup for {of} failed with error {text}"),
            ));
        }
    }

    /// Returns the recipient, or `None` if that fails or is pending.
    fn address(&mut self, builder: &mut ActionBuilder<'_>, send: &Send) -> Option<Recipient> {
        let Some(to) = &send.to else {
            let found = recipient::addressee(send.channel, self.event.recipients());
            if found.is_none() {
                let error = recipient::missing_error(send.channel, self.event.recipients());
                builder.fail(ActionError::invalid(error));
            }
            return found;
        };
        let text = match to {
            To::Template(template) => self.render_text(builder, *template)?,
            To::Path(path) => match self.scope_for(builder).read(path, &[]) {
                PathValue::Datum(Datum::Text(text)) => render::single_line(&text),
                PathValue::Datum(Datum::Number(number)) => number.text().to_owned(),
                PathValue::Datum(Datum::Missing | Datum::Null) => String::new(),
                PathValue::Datum(_) => {
                    let path = path.words();
                    builder.fail(ActionError::invalid(format!(
                        "Recipient {path} is not a text"
                    )));
                    return None;
                }
                PathValue::Pending(need) => {
                    if builder.defer() {
                        self.ask(&need);
                    }
                    return None;
                }
                PathValue::Unavailable(need) => {
                    builder.fail(ActionError::unexpected(self.queue.reason(&need)));
                    return None;
                }
            },
        };
        // A missing value reads as an empty text.
        if text.trim().is_empty() {
            builder.fail(ActionError::invalid("Recipient is blank"));
            return None;
        }
        Some(Recipient::new(recipient::kind_of(send.channel, to), text))
    }

    fn check_media(&mut self, builder: &mut ActionBuilder<'_>, url: &str) {
        if builder.state != BuildState::Ok && builder.state != BuildState::Pending {
            return;
        }
        let question = Question::Media { url: url.into() };
        match self.queue.answer_or_ask(question) {
            Ok(None) => {
                builder.defer();
            }
            Ok(Some(Answer::Media(media))) => {
                if let Some(error) = self.rules.media.violation(media) {
                    builder.fail(ActionError::invalid(error));
                }
            }
            Ok(Some(Answer::Absent)) => builder.fail(ActionError::invalid("Media is not found")),
            Ok(Some(Answer::Unavailable(reason))) => {
                builder.fail(ActionError::unexpected(reason.clone()));
            }
            Ok(Some(_)) => {}
            Err(error) => builder.fail(ActionError::unexpected(error)),
        }
    }

    /// Returns the person that the rule requires.
    fn person_reference(&self, rule: &Rule) -> Option<PersonReference> {
        if !rule.requirements.contains(&Requirement::Person) {
            return None;
        }
        let Some(Answer::Person(person)) = self.queue.person_answer() else {
            return None;
        };
        let person_key: Box<str> = person.key()?.into();
        // URLs begin with the company, so a rule set without one has no URLs.
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
