//! Reads events of `CareCloud`'s `POST /events` and writes its replies.

use crate::event::id::IdSource;
use crate::event::recipient::{Recipient, RecipientKind, Recipients};
use crate::event::rejection::{Rejection, RejectionCode};
use crate::event::{Event, EventParts, check_event_type, read_document, root_object};
use crate::json::document::{JsonKind, Value};
use crate::json::form;
use crate::json::kind_name::kind_name;
use crate::limits::Limits;

use super::named_values::{NamedValue, NamedValueList, write_named_values};
use super::{FirstRejection, Reply, event_id_json};

/// The path of the event type.
pub(super) const TYPE_PATH: &str = "event.event_type_id";

pub(super) const CONTENT_TYPE: &str = "application/json; charset=utf-8";

const PROPERTIES: NamedValueList = NamedValueList {
    list: "property_records",
    element: "a property record",
    name: "property_id",
    name_in_messages: "property_id",
    value: "property_value",
    allows_blank_names: false,
    advice_on_duplicates: "",
    code: RejectionCode::InvalidProperty,
};

/// Reads `{"event": {"event_type_id": …, "customer_id": …, …}, "property_records": […]}`.
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    ids: &mut dyn IdSource,
) -> Result<Event, Rejection> {
    let document = read_document(bytes, limits.event_bytes, limits.json_depth)?;
    let root = root_object(&document)?;
    let mut rejections = FirstRejection::default();
    let properties = PROPERTIES.read(root, &mut rejections);
    let Some(details) = rejections.check(check_event(root.member("event"))) else {
        return Err(rejections
            .into_result()
            .err()
            .unwrap_or_else(|| missing_event("")));
    };
    let event_type = rejections.check(check_event_type(TYPE_PATH, details.member("event_type_id")));
    let customer = rejections.check(check_customer(details.member("customer_id")));
    check_details(details, &mut rejections);
    rejections.into_result()?;
    let mut recipients = Recipients::default();
    if let Some(customer) = customer {
        recipients.add(Recipient::new(RecipientKind::CustomerId, customer));
    }
    let parts = EventParts {
        id: None,
        event_type: event_type.unwrap_or_default().into_owned(),
        recipients,
        event_data: event_data(details, &properties.unwrap_or_default()),
        debug_data: None,
        extra: Some(details.raw().into()),
    };
    Event::from_parts(parts, limits, ids)
}

/// Returns `{"data":{"event_id":"…"}}` with status 201.
pub(super) fn accepted(event: &Event) -> Reply {
    Reply {
        status: 201,
        content_type: CONTENT_TYPE,
        body: format!("{{\"data\":{}}}", event_id_json(event)).into(),
    }
}

fn missing_event(found: &str) -> Rejection {
    let message = match found {
        "" => "there is no event".to_owned(),
        found => format!("event is an object, not {found}"),
    };
    Rejection::new(RejectionCode::MissingEvent, message).at("event")
}

fn check_event(value: Option<Value<'_>>) -> Result<Value<'_>, Rejection> {
    match value {
        Some(value) if value.is_object() => Ok(value),
        Some(value) => Err(missing_event(kind_name(value))),
        None => Err(missing_event("")),
    }
}

fn check_customer(value: Option<Value<'_>>) -> Result<Box<str>, Rejection> {
    let path = "event.customer_id";
    let Some(value) = form::present(value) else {
        let message = "the event has no customer_id";
        return Err(Rejection::new(RejectionCode::MissingRecipient, message).at(path));
    };
    match form::non_blank_string(value) {
        Ok(text) => Ok(text.into()),
        Err(error) => {
            let message = format!("customer_id {error}");
            Err(Rejection::new(RejectionCode::InvalidRecipient, message).at(path))
        }
    }
}

/// Checks the optional members except `data`, which may be any JSON.
fn check_details(details: Value<'_>, rejections: &mut FirstRejection) {
    for (key, value) in details.members() {
        let name = key.string().unwrap_or_default();
        let error = match (&*name, value.kind()) {
            (_, JsonKind::Null) => None,
            ("external_id" | "secondary_external_id", _) => form::string(value).err(),
            ("state", JsonKind::Number) if value.raw().contains(['.', 'e', 'E']) => {
                Some("is no whole number".to_owned())
            }
            ("state", JsonKind::Number) => None,
            ("state", _) => Some(format!("is a whole number, not {}", kind_name(value))),
            _ => None,
        };
        if let Some(error) = error {
            let message = format!("{name} {error}");
            let rejection = Rejection::new(RejectionCode::InvalidEventData, message);
            rejections.add(rejection.at(format!("event.{name}")));
        }
    }
}

/// Returns `{"customer_id":…,"external_id":…,"properties":{…}}`, every value spelled as received.
/// Absent members stay absent.
fn event_data(details: Value<'_>, properties: &[NamedValue<'_>]) -> String {
    let mut out = String::from("{");
    for name in ["customer_id", "external_id"] {
        if let Some(value) = details.member(name) {
            out.push_str(&format!("\"{name}\":{},", value.raw()));
        }
    }
    out.push_str("\"properties\":");
    write_named_values(&mut out, properties.iter());
    out.push('}');
    out
}
