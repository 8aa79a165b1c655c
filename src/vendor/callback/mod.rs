//! Callbacks: what a platform tells its customer about each result and each receipt, and who registered
//! to be told, as the callbacks page of Vibes shows them. Sends nothing and knows no rule.

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

/// One callback body, made by [`bodies`], by a [`ReceiptTracker`], or read with [`Callback::from_json`].
///
/// `event_data` and `debug_data` are the text that came with the event, byte for byte: numbers of any
/// length and the order of keys come out as they came in.
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
    /// The whole body: as it came, or as it was written.
    json: Box<str>,
    event_id: Box<str>,
    event_type: Option<Box<str>>,
    event_date: Timestamp,
    processed: Processed,
    action: CallbackAction,
}

/// What a body says of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Processed {
    event_id: Box<str>,
    event_type: Box<str>,
    /// JSON text of an object.
    event_data: Box<str>,
    /// JSON text of an object.
    debug_data: Option<Box<str>>,
}

/// The `callback_type` of every body.
const CALLBACK_TYPE: &str = "event_processed";

/// The callback bodies of an outcome, in the order of its results: of routing, and of each message
/// (those by push and email are an extension, shaped alike). Actions of the host's own give none; neither
/// does an event that was ignored.
///
/// `now` becomes `event_date`, in UTC and whole seconds. The body's own `event_id` is derived from the
/// result: a UUID of version 5 in the namespace `uuid5(NAMESPACE_OID, "pointsman")` whose name is the JSON
/// text `["callback",RESULT_ID,TYPE,null,STATUS_REASON]`. The top-level `event_type` is
/// `event_processed` for messages and absent for routing, as most of the page's examples have it.
#[must_use]
pub fn bodies(event: &Event, outcome: &Outcome, now: Timestamp) -> Vec<Callback> {
    let processed = Processed::of(event);
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

/// The requests that tell of an outcome: each of its [`bodies`], in order, for each registration that
/// wants it, in theirs. An event that was ignored gives none, and one that was rejected has no outcome.
///
/// ```
/// use pointsman::callback::{self, Registration};
/// use pointsman::{Answers, Engine, SeededIds, Step};
///
/// let registration = Registration::from_json(r#"{"callback_type": "event_processed",
///     "destination": {"url": "https://example.com/told", "method": "POST",
///         "content_type": "application/json"}}"#)?;
/// let engine = Engine::compile(r#"rule hello { on signup send sms { body "Hi" } }"#)?;
/// let bytes = br#"{"event_type": "signup", "event_data": {"mdn": "+13125550100"}}"#;
/// let event = engine.read(bytes, &mut SeededIds::new(1))?;
/// let now = "2026-11-20T10:00:00Z".parse()?;
/// if let Step::Done(outcome) = engine.route(&event, &Answers::new(now)) {
///     let requests = callback::requests(&event, &outcome, &[registration], now);
///     // One for routing, one for the message.
///     assert_eq!(requests.len(), 2);
///     assert_eq!(requests[0].url(), "https://example.com/told");
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
    /// Reads a body.
    ///
    /// Ids are any text, and members that the page does not have are no fault. `resource_url` and `url`
    /// are the same. The top-level `event_type` may be absent. Reasons that the page does not have are
    /// kept as [`Reason::Other`]; [`Callback::is_documented`] tells.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the body.
    pub fn from_json(text: &str) -> Result<Self, Faults> {
        parse_object(text, |form| Self::read(form, text))
    }

    /// The body's own id.
    #[must_use]
    pub fn event_id(&self) -> &str {
        &self.event_id
    }

    /// The top-level `event_type`, of which the page's own examples disagree.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// When it came to be.
    #[must_use]
    pub const fn event_date(&self) -> Timestamp {
        self.event_date
    }

    /// The id of the event that it is about.
    #[must_use]
    pub fn processed_event_id(&self) -> &str {
        &self.processed.event_id
    }

    /// The type of the event that it is about.
    #[must_use]
    pub fn processed_event_type(&self) -> &str {
        &self.processed.event_type
    }

    /// The data of the event that it is about: JSON text of an object.
    #[must_use]
    pub fn event_data(&self) -> &str {
        &self.processed.event_data
    }

    /// The debug data of that event, if there was any: JSON text of an object.
    #[must_use]
    pub fn debug_data(&self) -> Option<&str> {
        self.processed.debug_data.as_deref()
    }

    /// What was done.
    #[must_use]
    pub const fn action(&self) -> &CallbackAction {
        &self.action
    }

    /// Whether the page has the action's `status_reason`.
    #[must_use]
    pub fn is_documented(&self) -> bool {
        self.action
            .status_reason()
            .is_none_or(Reason::is_documented)
    }

    /// The requests that carry it: one for each registration that wants it, in their order.
    #[must_use]
    pub fn requests(&self, registrations: &[Registration]) -> Vec<Request> {
        registrations
            .iter()
            .filter_map(|registration| registration.request(self))
            .collect()
    }

    /// As JSON text, the body of a request. Of a body that was read: the text that came.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json.to_string()
    }

    fn compose(
        event_id: Box<str>,
        with_event_type: bool,
        event_date: Timestamp,
        processed: Processed,
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
        let processed = Processed::read(&mut inner);
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

impl Processed {
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
