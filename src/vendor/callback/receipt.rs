//! Delivery receipts of carriers and handsets, and the callback bodies that report them.

use std::borrow::Cow;

use super::action::{CallbackError, CallbackPerson, ErrorCode};
use super::fault::{Faults, parse_object};
use super::{Callback, CallbackAction, CallbackKind, ProcessedEvent, Reason, ReceiptKind};
use crate::event::Event;
use crate::json::form::JsonForm;
use crate::json::kind_name::kind_name;
use crate::json::write::{ObjectWriter, write_list};
use crate::outcome::message::Channel;
use crate::outcome::result_id::derived_id;
use crate::outcome::{ActionKind, ActionResult, Status};
use crate::time::Timestamp;

/// A delivery receipt from a carrier or a handset for a message or one of its parts.
///
/// ```
/// use pointsman::callback::{Receipt, ReceiptKind};
/// use pointsman::outcome::Status;
///
/// let receipt = Receipt::new(ReceiptKind::Carrier, "9f3edfe6", "rejected")
///     .of_part(2, 3)
///     .unwrap()
///     .with_error_code(23);
/// assert_eq!((receipt.part(), receipt.parts()), (2, 3));
/// assert_eq!(receipt.status(), Status::Failed);
/// assert!(receipt.is_documented());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    kind: ReceiptKind,
    message_id: Box<str>,
    part: u32,
    parts: u32,
    reason: Reason,
    time: Option<Timestamp>,
    error_code: Option<ErrorCode>,
}

/// A sent message with the data that callbacks for its receipts repeat.
///
/// A host stores it under the id of the result when it sends the message, and loads it when a receipt
/// arrives. Use [`SentMessage::to_json`] if that may be days later.
///
/// ```
/// use pointsman::callback::SentMessage;
/// use pointsman::{Answers, Engine, SeededIds, Step};
///
/// let engine = Engine::compile(r#"rule hello { on signup send sms { body "Hi" } }"#)?;
/// let bytes = br#"{"event_id": "1", "event_type": "signup", "event_data": {"mdn": "+13125550100"}}"#;
/// let event = engine.read(bytes, &mut SeededIds::new(1))?;
/// if let Step::Done(outcome) = engine.route(&event, &Answers::new("2026-11-20T10:00:00Z".parse()?)) {
///     // The first result is the routing result.
///     assert_eq!(SentMessage::of(&event, &outcome.results()[0]), None);
///     let sent = SentMessage::of(&event, &outcome.results()[1]).unwrap();
///     assert_eq!(SentMessage::from_json(&sent.to_json())?, sent);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    processed: ProcessedEvent,
    message_type: Box<str>,
    source: Option<Box<str>>,
    person: CallbackPerson,
}

/// Parses a receipt and its message from one JSON object with the members of [`Receipt::from_json`] and
/// [`SentMessage::from_json`].
///
/// # Errors
///
/// Returns all errors in the object.
pub fn read_receipt(text: &str) -> Result<(Receipt, SentMessage), Faults> {
    parse_object(text, |form| {
        let receipt = Receipt::read(form);
        let message = SentMessage::read(form);
        Some((receipt?, message?))
    })
}

impl Receipt {
    /// Creates a receipt for a message that is not split.
    ///
    /// `message_id` is the [id](ActionResult::id) of the result that contains the message. A reason that
    /// is not in the table of the page for this kind of receipt becomes [`Reason::Other`].
    #[must_use]
    pub fn new(kind: ReceiptKind, message_id: impl Into<Box<str>>, reason: &str) -> Self {
        Self {
            kind,
            message_id: message_id.into(),
            part: 1,
            parts: 1,
            reason: kind.reason(reason),
            time: None,
            error_code: None,
        }
    }

    /// Sets the part that the receipt is for, counted from 1. Returns `None` if `part` is 0 or greater than
    /// `parts`.
    #[must_use]
    pub fn of_part(self, part: u32, parts: u32) -> Option<Self> {
        (1..=parts).contains(&part).then_some(Self {
            part,
            parts,
            ..self
        })
    }

    /// Sets the time of the receipt.
    #[must_use]
    pub fn given_at(self, time: Timestamp) -> Self {
        Self {
            time: Some(time),
            ..self
        }
    }

    /// Sets the error code of the carrier.
    #[must_use]
    pub fn with_error_code(self, code: impl Into<ErrorCode>) -> Self {
        Self {
            error_code: Some(code.into()),
            ..self
        }
    }

    /// Parses a receipt from a JSON object:
    ///
    /// | member | value |
    /// | --- | --- |
    /// | `kind` | `carrier` or `handset` |
    /// | `message_id` | the id of the result that contains the message |
    /// | `part`, `parts` | integers from 1, or both absent for a message that is not split |
    /// | `reason` | the `status_reason` |
    /// | `error_code` | a number or a string; optional |
    /// | `time` | a time in RFC 3339; optional |
    ///
    /// Other members are ignored, so that one object can contain a receipt and its message.
    ///
    /// # Errors
    ///
    /// Returns all errors in the object.
    pub fn from_json(text: &str) -> Result<Self, Faults> {
        parse_object(text, Self::read)
    }

    /// Returns the sender of the receipt.
    #[must_use]
    pub const fn kind(&self) -> ReceiptKind {
        self.kind
    }

    /// Returns the id of the result that contains the message.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// Returns the number of the part, counted from 1.
    #[must_use]
    pub const fn part(&self) -> u32 {
        self.part
    }

    /// Returns the number of parts of the message.
    #[must_use]
    pub const fn parts(&self) -> u32 {
        self.parts
    }

    /// Returns the reason.
    #[must_use]
    pub const fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Returns whether the page lists the reason for this kind of receipt.
    #[must_use]
    pub const fn is_documented(&self) -> bool {
        self.reason.is_documented()
    }

    /// Returns the status of the part. A reason that the page does not list means [`Status::Processing`].
    #[must_use]
    pub fn status(&self) -> Status {
        self.kind.status(&self.reason).unwrap_or(Status::Processing)
    }

    /// Returns the time of the receipt.
    #[must_use]
    pub const fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// Returns the error code of the carrier.
    #[must_use]
    pub const fn error_code(&self) -> Option<&ErrorCode> {
        self.error_code.as_ref()
    }

    /// Returns whether a callback reports the receipt: every failure, success of the last part, and progress
    /// of a message that is not split.
    pub(super) fn is_reported(&self) -> bool {
        match self.status() {
            Status::Failed => true,
            Status::Success => self.part == self.parts,
            Status::Processing => self.parts == 1,
        }
    }

    /// Returns the `event_id` of the callback: a UUID of version 5 whose name is the JSON text
    /// `["callback",MESSAGE_ID,KIND,"PART",REASON]`.
    pub(super) fn callback_id(&self) -> Box<str> {
        derived_id(&[
            Some("callback"),
            Some(&self.message_id),
            Some(self.kind.as_str()),
            Some(&self.part.to_string()),
            Some(self.reason.as_str()),
        ])
    }

    /// Returns the callback body. Its date is the time of the receipt, or else `now`.
    pub(super) fn body(&self, id: Box<str>, message: &SentMessage, now: Timestamp) -> Callback {
        let status = self.status();
        let code = self.error_code.clone().filter(|_| status == Status::Failed);
        let action = CallbackAction {
            kind: CallbackKind::SendMessage,
            status,
            reason: Some(self.reason.clone()),
            resource_url: None,
            message_type: Some(message.message_type.clone()),
            source: message.source.clone(),
            person: message.person.clone(),
            failure_reason: None,
            errors: code
                .into_iter()
                .map(|code| CallbackError {
                    error: None,
                    resource_url: None,
                    code: Some(code),
                })
                .collect(),
        };
        let json = action_json(&action);
        Callback::compose(
            id,
            self.kind == ReceiptKind::Carrier,
            self.time.unwrap_or(now),
            message.processed.clone(),
            action,
            &json,
        )
    }

    fn read(form: &mut JsonForm<'_, '_>) -> Option<Self> {
        let kind = form.parsed("kind", "`carrier` or `handset`", ReceiptKind::from_name);
        let message_id = read_nonempty(form, "message_id");
        let given = (form.optional("part"), form.optional("parts"));
        let (part, parts) = match given {
            (None, None) => (Some(1), Some(1)),
            _ => (read_count(form, "part"), read_count(form, "parts")),
        };
        if let (Some(part), Some(parts)) = (part, parts)
            && part > parts
        {
            form.invalid("part", format!("is {part} of {parts}"));
        }
        let reason = read_nonempty(form, "reason");
        let error_code = ErrorCode::read(form);
        let time = form.optional_time("time");
        let kind = kind?;
        Some(Self {
            kind,
            message_id: message_id?.into(),
            part: part?,
            parts: parts?,
            reason: kind.reason(&reason?),
            time,
            error_code,
        })
    }
}

impl SentMessage {
    /// Returns the message of a result, or `None` if the result has no queued message.
    #[must_use]
    pub fn of(event: &Event, result: &ActionResult) -> Option<Self> {
        let action = result.action();
        let ActionKind::SendMessage(sent) = action.kind() else {
            return None;
        };
        if action.status() == Status::Failed {
            return None;
        }
        Some(Self {
            processed: ProcessedEvent::of(event),
            message_type: sent.channel().name().into(),
            source: sent.source().map(Into::into),
            person: CallbackPerson::of(sent),
        })
    }

    /// Parses a message from a JSON object:
    ///
    /// | member | value |
    /// | --- | --- |
    /// | `event` | `event_id`, `event_type`, `event_data`, and optionally `debug_data` |
    /// | `message_type` | `sms`, `mms`, `push` or `email`; `sms` if absent |
    /// | `source` | the URL path of the rule; optional |
    /// | `person` | `person_key`, and `url` or `resource_url`; all optional |
    ///
    /// # Errors
    ///
    /// Returns all errors in the object.
    pub fn from_json(text: &str) -> Result<Self, Faults> {
        parse_object(text, Self::read)
    }

    /// Returns JSON text that [`SentMessage::from_json`] parses.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        self.processed.write_json(object.key("event"), None);
        object.string("message_type", &self.message_type);
        if let Some(source) = &self.source {
            object.string("source", source);
        }
        if self.person.is_some() {
            self.person.write_json(object.key("person"));
        }
        object.end();
        out
    }

    fn read(form: &mut JsonForm<'_, '_>) -> Option<Self> {
        let processed = form
            .object("event")
            .and_then(|mut event| ProcessedEvent::read(&mut event));
        let channels = [Channel::Sms, Channel::Mms, Channel::Push, Channel::Email];
        let names = channels.map(Channel::name);
        let expected = format!("one of {}", names.join(", "));
        let message_type = form.optional_parsed("message_type", &expected, |text| {
            names.into_iter().find(|name| *name == text)
        });
        let source = form.optional_text("source").map(Into::into);
        let person = form
            .optional_object("person")
            .map(|mut person| CallbackPerson::read(&mut person));
        Some(Self {
            processed: processed?,
            message_type: message_type.unwrap_or(Channel::Sms.name()).into(),
            source,
            person: person.unwrap_or_default(),
        })
    }
}

fn read_nonempty<'a>(form: &mut JsonForm<'a, '_>, name: &str) -> Option<Cow<'a, str>> {
    let text = form.text(name)?;
    if text.is_empty() {
        form.invalid(name, "is empty");
        return None;
    }
    Some(text)
}

fn read_count(form: &mut JsonForm<'_, '_>, name: &str) -> Option<u32> {
    let value = form.required(name)?;
    let count = value.number().and_then(|number| number.to_i64());
    let count = count.and_then(|count| u32::try_from(count).ok());
    let count = count.filter(|count| *count > 0).ok_or_else(|| {
        let found = value
            .number()
            .map_or_else(|| kind_name(value), |number| number.text());
        format!("is a whole number from 1, not {found}")
    });
    form.check(name, count)
}

/// Writes the action of a body for a receipt. It has `url` instead of `resource_url`, and its failure
/// contains only codes.
fn action_json(action: &CallbackAction) -> String {
    let mut out = String::new();
    let mut object = ObjectWriter::new(&mut out);
    object
        .string("type", action.kind.as_str())
        .string("status", action.status.as_str());
    if let Some(reason) = &action.reason {
        object.string("status_reason", reason.as_str());
    }
    if let Some(name) = &action.message_type {
        object.string("message_type", name);
        if action.source.is_some() || action.person.is_some() {
            let mut message = ObjectWriter::new(object.any_key(name));
            if let Some(url) = &action.source {
                let mut source = ObjectWriter::new(message.key("source"));
                source.string("url", url);
                source.end();
            }
            if action.person.is_some() {
                action.person.write_json(message.key("person"));
            }
            message.end();
        }
    }
    if !action.errors.is_empty() {
        let mut failure = ObjectWriter::new(object.key("failure"));
        write_list(failure.key("errors"), &action.errors, |error, out| {
            let mut object = ObjectWriter::new(out);
            if let Some(code) = &error.code {
                object.raw("error_code", code.as_json());
            }
            object.end();
        });
        failure.end();
    }
    object.end();
    out
}
