//! The `action` of a callback body.

use super::reason::Reason;
use crate::json::document::JsonKind;
use crate::json::form::JsonForm;
use crate::json::kind_name::kind_name;
use crate::json::write::ObjectWriter;
use crate::outcome::{Action, ActionKind, Sent, Status};

/// The `action` of a callback body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackAction {
    pub(super) kind: CallbackKind,
    pub(super) status: Status,
    pub(super) reason: Option<Reason>,
    pub(super) resource_url: Option<Box<str>>,
    pub(super) message_type: Option<Box<str>>,
    pub(super) source: Option<Box<str>>,
    pub(super) person: CallbackPerson,
    pub(super) failure_reason: Option<Box<str>>,
    pub(super) errors: Vec<CallbackError>,
}

/// The kind of action that a callback reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CallbackKind {
    /// Whether a rule accepted the event.
    Routing,
    /// A message.
    SendMessage,
}

/// The person of a message. Bodies may omit the key, the URL or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CallbackPerson {
    pub(super) key: Option<Box<str>>,
    pub(super) url: Option<Box<str>>,
}

/// One error in the `failure` of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackError {
    pub(super) error: Option<Box<str>>,
    pub(super) resource_url: Option<Box<str>>,
    pub(super) code: Option<ErrorCode>,
}

/// An error code of a carrier: a number or a string in its original spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub(super) Box<str>);

impl CallbackKind {
    /// Returns the name used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Routing => "routing",
            Self::SendMessage => "send_message",
        }
    }
}

impl CallbackAction {
    /// Returns the kind of the action.
    #[must_use]
    pub const fn kind(&self) -> CallbackKind {
        self.kind
    }

    /// Returns the status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Returns the reason for the status.
    #[must_use]
    pub const fn status_reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// Returns the URL path of the rule that accepted the event.
    #[must_use]
    pub fn resource_url(&self) -> Option<&str> {
        self.resource_url.as_deref()
    }

    /// Returns the channel, such as `sms`. A message that failed before it was sent has none.
    #[must_use]
    pub fn message_type(&self) -> Option<&str> {
        self.message_type.as_deref()
    }

    /// Returns the URL path of the rule of the message.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// Returns the key of the person that receives the message.
    #[must_use]
    pub fn person_key(&self) -> Option<&str> {
        self.person.key.as_deref()
    }

    /// Returns the URL path of the person.
    #[must_use]
    pub fn person_url(&self) -> Option<&str> {
        self.person.url.as_deref()
    }

    /// Returns the reason for the failure. Bodies for receipts contain only error codes.
    #[must_use]
    pub fn failure_reason(&self) -> Option<&str> {
        self.failure_reason.as_deref()
    }

    /// Returns the errors in order.
    #[must_use]
    pub fn errors(&self) -> &[CallbackError] {
        &self.errors
    }

    /// Returns `None` for a custom action, which callbacks do not report.
    pub(super) fn of(action: &Action) -> Option<Self> {
        let (kind, sent) = match action.kind() {
            ActionKind::Routing => (CallbackKind::Routing, None),
            // Bodies of messages that failed before they were sent do not name their channel.
            ActionKind::SendMessage(_) if action.status() == Status::Failed => {
                (CallbackKind::SendMessage, None)
            }
            ActionKind::SendMessage(sent) => (CallbackKind::SendMessage, Some(sent)),
            ActionKind::Custom(_) => return None,
        };
        let failure = action.failure();
        let errors = failure.map(|failure| failure.errors()).unwrap_or_default();
        Some(Self {
            kind,
            status: action.status(),
            reason: action.status_reason().map(Reason::from),
            resource_url: action.resource_url().map(Into::into),
            message_type: sent.map(|sent| sent.channel().name().into()),
            source: sent.and_then(|sent| sent.source()).map(Into::into),
            person: sent.map(CallbackPerson::of).unwrap_or_default(),
            failure_reason: failure.map(|failure| failure.reason().as_str().into()),
            errors: errors
                .iter()
                .map(|error| CallbackError {
                    error: Some(error.error().into()),
                    resource_url: error.resource_url().map(Into::into),
                    code: None,
                })
                .collect(),
        })
    }

    /// Reads the action and records all its errors.
    pub(super) fn read(form: &mut JsonForm<'_, '_>) -> Option<Self> {
        let kinds = [CallbackKind::Routing, CallbackKind::SendMessage];
        let kind = form.parsed("type", "`routing` or `send_message`", |text| {
            kinds.into_iter().find(|kind| kind.as_str() == text)
        });
        let statuses = [Status::Processing, Status::Success, Status::Failed];
        let expected = "`processing`, `success` or `failed`";
        let status = form.parsed("status", expected, |text| {
            statuses.into_iter().find(|status| status.as_str() == text)
        });
        let reason = form.text("status_reason");
        let resource_url = form.optional_text("resource_url").map(Into::into);
        let message_type = form.optional_text("message_type");
        let (mut source, mut person) = (None, CallbackPerson::default());
        if let Some(name) = &message_type
            && let Some(mut message) = form.optional_object(name)
        {
            source = message
                .optional_object("source")
                .and_then(|mut source| read_url(&mut source));
            if let Some(mut found) = message.optional_object("person") {
                person = CallbackPerson::read(&mut found);
            }
        }
        let (mut failure_reason, mut errors) = (None, Vec::new());
        if let Some(mut failure) = form.optional_object("failure") {
            failure_reason = failure.optional_text("reason").map(Into::into);
            failure.each("errors", |error| errors.push(CallbackError::read(error)));
        }
        Some(Self {
            kind: kind?,
            status: status?,
            reason: reason.map(|name| Reason::from_name(&name)),
            resource_url,
            message_type: message_type.map(Into::into),
            source,
            person,
            failure_reason,
            errors,
        })
    }
}

impl CallbackPerson {
    pub(super) fn of(sent: &Sent) -> Self {
        let person = sent.person();
        let url = person.and_then(|person| person.resource_url());
        Self {
            key: person.map(|person| person.person_key().into()),
            url: url.map(Into::into),
        }
    }

    pub(super) const fn is_some(&self) -> bool {
        self.key.is_some() || self.url.is_some()
    }

    /// Writes the person in the format of bodies for receipts.
    pub(super) fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        if let Some(key) = &self.key {
            object.string("person_key", key);
        }
        if let Some(url) = &self.url {
            object.string("url", url);
        }
        object.end();
    }

    pub(super) fn read(form: &mut JsonForm<'_, '_>) -> Self {
        Self {
            key: form.optional_text("person_key").map(Into::into),
            url: read_url(form),
        }
    }
}

impl CallbackError {
    /// Returns the error text. Bodies for receipts have none.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Returns the URL path of the rule.
    #[must_use]
    pub fn resource_url(&self) -> Option<&str> {
        self.resource_url.as_deref()
    }

    /// Returns the error code of the carrier, which only bodies for receipts contain.
    #[must_use]
    pub const fn error_code(&self) -> Option<&ErrorCode> {
        self.code.as_ref()
    }

    fn read(form: &mut JsonForm<'_, '_>) -> Self {
        Self {
            error: form.optional_text("error").map(Into::into),
            resource_url: read_url(form),
            code: ErrorCode::read(form),
        }
    }
}

impl ErrorCode {
    /// Returns the JSON text: a number in its original spelling, or a string with its quotes.
    #[must_use]
    pub const fn as_json(&self) -> &str {
        &self.0
    }

    pub(super) fn read(form: &mut JsonForm<'_, '_>) -> Option<Self> {
        let name = "error_code";
        let value = form.optional(name)?;
        if matches!(
            value.kind(),
            JsonKind::Number | JsonKind::String | JsonKind::EscapedString
        ) {
            return Some(Self(value.raw().into()));
        }
        form.invalid(
            name,
            format!("is a number or a string, not {}", kind_name(value)),
        );
        None
    }
}

impl From<i64> for ErrorCode {
    fn from(number: i64) -> Self {
        Self(number.to_string().into())
    }
}

impl From<&str> for ErrorCode {
    fn from(text: &str) -> Self {
        Self(crate::json::write::string(text).into())
    }
}

/// Reads the URL path, which bodies for receipts call `url` and all others `resource_url`.
fn read_url(form: &mut JsonForm<'_, '_>) -> Option<Box<str>> {
    let resource_url = form.optional_text("resource_url");
    let url = form.optional_text("url");
    resource_url.or(url).map(Into::into)
}
