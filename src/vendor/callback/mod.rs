//! Callbacks that report results and receipts to registered endpoints, as on Vibes' callbacks page.
//!
//! "The page" in this module is that page. The host sends the requests.

mod action;
mod fault;
mod reason;
mod receipt;
mod registration;
mod tracker;

use self::fault::parse_object;
use self::registration::read_constant;
use crate::event::Event;
use crate::json::form::JsonForm;
use crate::json::write::ObjectWriter;
use crate::outcome::result_id::derived_id;
use crate::outcome::{ActionResult, Outcome, StatusReason};
use crate::time::Timestamp;

pub use self::action::{CallbackAction, CallbackError, CallbackKind, ErrorCode};
pub use self::fault::{Fault, FaultCode, Faults};
pub use self::reason::{Reason, ReceiptKind};
pub use self::receipt::{Receipt, SentMessage, read_receipt};
pub use self::registration::{Registration, Request, read_registrations};
pub use self::tracker::ReceiptTracker;

/// A callback body, created by [`bodies`] or a [`ReceiptTracker`], or parsed with
/// [`Callback::from_json`].
///
/// `event_data` and `debug_data` are the texts of the event, byte for byte. They keep numbers of any
/// length and the order of keys.
///
/// ```
/// use pointsman::callback::{Callback, CallbackKind};
///
/// let body = r#"{"event_id": "k4a6", "callback_type": "event_processed",
///     "event_date": "2022-08-15T20:20:02Z",
///     "event_processed": {"event_id": "3b0e", "event_type": "order_shipped", "event_data": {},
///         "action": {"type": "routing", "status": "failed", "status_reason": "event_routing_failed",
///             "failure": {"reason": "no_route_rules_found_for_event"}}}}"#;
/// let callback = Callback::from_json(body)?;
/// assert_eq!(callback.action().kind(), CallbackKind::Routing);
/// assert_eq!(callback.action().failure_reason(), Some("no_route_rules_found_for_event"));
/// assert_eq!(callback.debug_data(), None);
/// # Ok::<(), pointsman::callback::Faults>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The complete body as received or written.
    json: Box<str>,
    event_id: Box<str>,
    event_type: Option<Box<str>>,
    event_date: Timestamp,
    processed: ProcessedEvent,
    action: CallbackAction,
}

/// The part of a body that describes the event.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ProcessedEvent {
    event_id: Box<str>,
    event_type: Box<str>,
    /// JSON text of an object.
    event_data: Box<str>,
    /// JSON text of an object.
    debug_data: Option<Box<str>>,
}

/// The `callback_type` of every body.
const CALLBACK_TYPE: &str = "event_processed";

/// Returns the callback bodies of an outcome in the order of its results.
///
/// Routing and every message have a body. The bodies for push and email are an extension of the page with
/// the same shape. Custom actions and duplicate events have none.
///
/// `event_date` is `now` in UTC and whole seconds. The `event_id` of a body is a UUID of version 5 in the
/// namespace `uuid5(NAMESPACE_OID, "pointsman")`, whose name is the JSON text
/// `["callback",RESULT_ID,TYPE,null,STATUS_REASON]`. The top-level `event_type` is `event_processed` for
/// messages and absent for routing, as in most examples of the page.
#[must_use]
pub fn bodies(event: &Event, outcome: &Outcome, now: Timestamp) -> Vec<Callback> {
    let processed = ProcessedEvent::of(event);
    let body = |result: &ActionResult| {
        let action = CallbackAction::of(result.action())?;
        let kind = action.kind();
        let reason = result.action().status_reason();
        let reason = reason.map(StatusReason::as_str);
        let name = [
            Some("callback"),
            Some(result.id()),
            Some(kind.as_str()),
            None,
            reason,
        ];
        Some(Callback::compose(
            derived_id(&name),
            kind == CallbackKind::SendMessage,
            now,
            processed.clone(),
            action,
            &result.action().to_json(),
        ))
    };
    outcome.results().iter().filter_map(body).collect()
}

/// Returns the requests that report an outcome.
///
/// They are in the order of the [`bodies`], and for each body in the order of the registrations that
/// match it. A duplicate event has no requests, and a rejected event has no outcome.
///
/// ```
/// use pointsman::callback::{self, Registration};
/// use pointsman::{Answers, Engine, SeededIds, Step};
///
/// let registration = Registration::from_json(r#"{"callback_type": "event_processed",
///     "destination": {"url": "https://example.com/callbacks", "method": "POST",
///         "content_type": "application/json"}}"#)?;
/// let engine = Engine::compile(r#"rule hello { on signup send sms { body "Hi" } }"#)?;
/// let bytes = br#"{"event_type": "signup", "event_data": {"mdn": "+13125550100"}}"#;
/// let event = engine.read(bytes, &mut SeededIds::new(1))?;
/// let now = "2026-11-20T10:00:00Z".parse()?;
/// if let Step::Done(outcome) = engine.route(&event, &Answers::new(now)) {
///     let requests = callback::requests(&event, &outcome, &[registration], now);
///     // One for routing, one for the message.
///     assert_eq!(requests.len(), 2);
///     assert_eq!(requests[0].url(), "https://example.com/callbacks");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn requests(
    event: &Event,
    outcome: &Outcome,
    registrations: &[Registration],
    now: Timestamp,
) -> Vec<Request> {
    bodies(event, outcome, now)
        .iter()
        .flat_map(|body| body.requests(registrations))
        .collect()
}

impl Callback {
    /// Parses a body.
    ///
    /// Ids may be any text, and unknown members are ignored. `resource_url` and `url` are equivalent. The
    /// top-level `event_type` is optional. A reason that the page does not list becomes [`Reason::Other`];
    /// see [`Callback::is_documented`].
    ///
    /// # Errors
    ///
    /// Returns all errors in the body.
    pub fn from_json(text: &str) -> Result<Self, Faults> {
        parse_object(text, |form| Self::read(form, text))
    }

    /// Returns the id of the callback itself.
    #[must_use]
    pub fn event_id(&self) -> &str {
        &self.event_id
    }

    /// Returns the top-level `event_type`. The examples of the page disagree about its presence.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// Returns the time of the callback.
    #[must_use]
    pub const fn event_date(&self) -> Timestamp {
        self.event_date
    }

    /// Returns the id of the processed event.
    #[must_use]
    pub fn processed_event_id(&self) -> &str {
        &self.processed.event_id
    }

    /// Returns the type of the processed event.
    #[must_use]
    pub fn processed_event_type(&self) -> &str {
        &self.processed.event_type
    }

    /// Returns the data of the processed event as JSON text of an object.
    #[must_use]
    pub fn event_data(&self) -> &str {
        &self.processed.event_data
    }

    /// Returns the debug data of the processed event as JSON text of an object.
    #[must_use]
    pub fn debug_data(&self) -> Option<&str> {
        self.processed.debug_data.as_deref()
    }

    /// Returns the reported action.
    #[must_use]
    pub const fn action(&self) -> &CallbackAction {
        &self.action
    }

    /// Returns whether the page lists the `status_reason` of the action.
    #[must_use]
    pub fn is_documented(&self) -> bool {
        self.action
            .status_reason()
            .is_none_or(Reason::is_documented)
    }

    /// Returns one request for each registration that matches the callback.
    #[must_use]
    pub fn requests(&self, registrations: &[Registration]) -> Vec<Request> {
        registrations
            .iter()
            .filter_map(|registration| registration.request(self))
            .collect()
    }

    /// Returns the JSON text for the body of a request. A parsed callback returns its original text.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json.to_string()
    }

    fn compose(
        event_id: Box<str>,
        with_event_type: bool,
        event_date: Timestamp,
        processed: ProcessedEvent,
        action: CallbackAction,
        action_json: &str,
    ) -> Self {
        let event_type = with_event_type.then(|| CALLBACK_TYPE.into());
        let event_date = event_date.whole_second();
        let mut json = String::new();
        let mut object = ObjectWriter::new(&mut json);
        object
            .string("event_id", &event_id)
            .string("callback_type", CALLBACK_TYPE);
        if with_event_type {
            object.string("event_type", CALLBACK_TYPE);
        }
        object.string("event_date", &event_date.to_string());
        processed.write_json(object.key("event_processed"), Some(action_json));
        object.end();
        Self {
            json: json.into(),
            event_id,
            event_type,
            event_date,
            processed,
            action,
        }
    }

    fn read(form: &mut JsonForm<'_, '_>, text: &str) -> Option<Self> {
        let event_id = form.text("event_id");
        read_constant(form, "callback_type", CALLBACK_TYPE);
        let event_type = form.optional_text("event_type").map(Into::into);
        form.required("event_date");
        let event_date = form.optional_time("event_date");
        let mut inner = form.object("event_processed")?;
        let processed = ProcessedEvent::read(&mut inner);
        let mut action = inner.object("action")?;
        let action = CallbackAction::read(&mut action);
        Some(Self {
            json: text.trim_matches([' ', '\t', '\n', '\r']).into(),
            event_id: event_id?.into(),
            event_type,
            event_date: event_date?,
            processed: processed?,
            action: action?,
        })
    }
}

impl ProcessedEvent {
    fn of(event: &Event) -> Self {
        Self {
            event_id: event.id().into(),
            event_type: event.event_type().into(),
            event_data: event.event_data().into(),
            debug_data: event.debug_data().map(Into::into),
        }
    }

    fn read(form: &mut JsonForm<'_, '_>) -> Option<Self> {
        let event_id = form.text("event_id");
        let event_type = form.text("event_type");
        let event_data = form.object_text("event_data");
        let debug_data = form.optional_object_text("debug_data");
        Some(Self {
            event_id: event_id?.into(),
            event_type: event_type?.into(),
            event_data: event_data?,
            debug_data,
        })
    }

    fn write_json(&self, out: &mut String, action: Option<&str>) {
        let mut object = ObjectWriter::new(out);
        object
            .string("event_id", &self.event_id)
            .string("event_type", &self.event_type)
            .raw("event_data", &self.event_data);
        if let Some(debug_data) = &self.debug_data {
            object.raw("debug_data", debug_data);
        }
        if let Some(action) = action {
            object.raw("action", action);
        }
        object.end();
    }
}
