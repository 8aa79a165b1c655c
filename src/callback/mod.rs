//! Callback bodies: what a platform tells its customer about each result, as the callbacks page of Vibes
//! shows them. Sends nothing and knows no rule.

use crate::event::Event;
use crate::json::ObjectWriter;
use crate::outcome::{Action, ActionKind, Outcome, derived_id};
use crate::time::Timestamp;

/// One callback body.
///
/// `event_data` and `debug_data` are the text that came with the event, byte for byte: numbers of any
/// length and the order of keys come out as they came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    event_id: Box<str>,
    event_type: Option<&'static str>,
    event_date: Timestamp,
    processed: Processed,
}

/// What the body says of the event and of what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Processed {
    event_id: Box<str>,
    event_type: Box<str>,
    event_data: Box<str>,
    debug_data: Option<Box<str>>,
    /// JSON text of an object.
    action: Box<str>,
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
    outcome
        .results()
        .iter()
        .filter_map(|result| {
            let action = result.action();
            let event_type = match action.kind() {
                ActionKind::Routing => None,
                ActionKind::SendMessage(_) => Some(CALLBACK_TYPE),
                ActionKind::Custom(_) => return None,
            };
            Some(Callback {
                event_id: callback_id(result.id(), action),
                event_type,
                event_date: now.whole_second(),
                processed: Processed {
                    event_id: event.id().into(),
                    event_type: event.event_type().into(),
                    event_data: event.event_data().into(),
                    debug_data: event.debug_data().map(Into::into),
                    action: action.to_json().into(),
                },
            })
        })
        .collect()
}

impl Callback {
    /// The body's own id.
    #[must_use]
    pub fn event_id(&self) -> &str {
        &self.event_id
    }

    /// When it came to be.
    #[must_use]
    pub const fn event_date(&self) -> Timestamp {
        self.event_date
    }

    /// The type of the event that it is about.
    #[must_use]
    pub fn processed_event_type(&self) -> &str {
        &self.processed.event_type
    }

    /// As JSON text, the body of a request.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object
            .string("event_id", &self.event_id)
            .string("callback_type", CALLBACK_TYPE);
        if let Some(event_type) = self.event_type {
            object.string("event_type", event_type);
        }
        object.string("event_date", &self.event_date.to_string());
        self.processed.write_json(object.key("event_processed"));
        object.end();
        out
    }
}

impl Processed {
    fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object
            .string("event_id", &self.event_id)
            .string("event_type", &self.event_type)
            .raw("event_data", &self.event_data);
        if let Some(debug_data) = &self.debug_data {
            object.raw("debug_data", debug_data);
        }
        object.raw("action", &self.action);
        object.end();
    }
}

fn callback_id(result: &str, action: &Action) -> Box<str> {
    derived_id(&[
        Some("callback"),
        Some(result),
        Some(action.kind().name()),
        None,
        action.status_reason().map(|reason| reason.as_str()),
    ])
}
