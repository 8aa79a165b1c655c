//! `CareCloud`'s `POST /events`: the event, its properties, and the answer. Knows no rule; what of it is
//! kept for the record is the journal's.

use std::borrow::Cow;

use crate::collections::map::Map;
use crate::event::id::IdSource;
use crate::event::recipient::{Recipient, RecipientKind, Recipients};
use crate::event::rejection::{Rejection, RejectionCode};
use crate::event::{Event, EventParts, check_type_at, read_document, root_object};
use crate::json::document::{JsonKind, Value};
use crate::json::kind_name::kind_name;
use crate::limits::Limits;

use super::{Faults, Reply, event_id_json};

/// Where the type stands.
pub(super) const TYPE_PATH: &str = "event.event_type_id";

pub(super) const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// Reads `{"event": {"event_type_id": …, "customer_id": …, …}, "property_records": […]}`.
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    ids: &mut dyn IdSource,
) -> Result<Event, Rejection> {
    let document = read_document(bytes, limits.event_bytes, limits.json_depth)?;
    let root = root_object(&document)?;
    let mut faults = Faults::default();
    let properties = collect_properties(root.member("property_records"), &mut faults);
    let Some(described) = faults.note(check_described(root.member("event"))) else {
        return Err(faults.settle().err().unwrap_or_else(|| missing_event("")));
    };
    let event_type = faults.note(check_type_at(TYPE_PATH, described.member("event_type_id")));
    let customer = faults.note(check_customer(described.member("customer_id")));
    check_details(described, &mut faults);
    faults.settle()?;
    let mut recipients = Recipients::default();
    if let Some(customer) = customer {
        recipients.add(Recipient::new(RecipientKind::CustomerId, customer));
    }
    let parts = EventParts {
        id: None,
        event_type: event_type.unwrap_or_default().into_owned(),
        recipients,
        event_data: event_data(described, &properties),
        debug_data: None,
        aside: Some(described.raw().into()),
    };
    Event::from_parts(parts, limits, ids)
}

/// `{"data":{"event_id":"…"}}`, status 201.
pub(super) fn accepted(event: &Event) -> Reply {
    Reply {
        status: 201,
        content_type: CONTENT_TYPE,
        body: format!("{{\"data\":{}}}", event_id_json(event)).into(),
    }
}

fn missing_event(instead: &str) -> Rejection {
    let message = match instead {
        "" => "there is no event".to_owned(),
        instead => format!("event is an object, not {instead}"),
    };
    Rejection::new(RejectionCode::MissingEvent, message).at("event")
}

fn check_described(value: Option<Value<'_>>) -> Result<Value<'_>, Rejection> {
    match value {
        Some(value) if value.is_object() => Ok(value),
        Some(value) => Err(missing_event(kind_name(value))),
        None => Err(missing_event("")),
    }
}

fn check_customer(value: Option<Value<'_>>) -> Result<Box<str>, Rejection> {
    let path = "event.customer_id";
    let Some(value) = value.filter(|value| value.kind() != JsonKind::Null) else {
        let message = "the event has no customer_id";
        return Err(Rejection::new(RejectionCode::MissingRecipient, message).at(path));
    };
    let message = match value.string() {
        None => format!("customer_id is a string, not {}", kind_name(value)),
        Some(text) if text.trim().is_empty() => "customer_id is blank".to_owned(),
        Some(text) => return Ok(text.into()),
    };
    Err(Rejection::new(RejectionCode::InvalidRecipient, message).at(path))
}

/// The members that may be left out: two ids, text, and a state in whole numbers. `data` is any JSON.
fn check_details(described: Value<'_>, faults: &mut Faults) {
    for (key, value) in described.members() {
        let name = key.string().unwrap_or_default();
        let (fits, wanted) = match &*name {
            "external_id" | "secondary_external_id" => (value.string().is_some(), "a string"),
            "state" => (
                value.number().is_some() && !value.raw().contains(['.', 'e', 'E']),
                "a whole number",
            ),
            _ => continue,
        };
        if fits || value.kind() == JsonKind::Null {
            continue;
        }
        let message = match (&*name, value.kind()) {
            ("state", JsonKind::Number) => format!("{name} is no whole number"),
            _ => format!("{name} is {wanted}, not {}", kind_name(value)),
        };
        let rejection = Rejection::new(RejectionCode::InvalidEventData, message);
        faults.add(rejection.at(format!("event.{name}")));
    }
}

/// A property: its id as JSON text, and its value.
type Property<'a> = (&'a str, Value<'a>);

fn collect_properties<'a>(value: Option<Value<'a>>, faults: &mut Faults) -> Vec<Property<'a>> {
    let Some(list) = value.filter(|value| value.kind() != JsonKind::Null) else {
        return Vec::new();
    };
    let mut invalid = |message: String, path: String| {
        faults.add(Rejection::new(RejectionCode::InvalidProperty, message).at(path));
    };
    if !list.is_list() {
        let message = format!("property_records is a list, not {}", kind_name(list));
        invalid(message, "property_records".to_owned());
        return Vec::new();
    }
    let mut properties = Vec::new();
    let mut repeats = Vec::new();
    let mut seen: Map<Cow<'a, str>, usize> = Map::new();
    for (index, record) in list.elements().enumerate() {
        match read_property(index, record) {
            Err((message, path)) => invalid(message, path),
            Ok((id, property)) => {
                match seen.value(&id) {
                    Some(first) => repeats.push((index, *first)),
                    None => {
                        seen.insert(id, index);
                    }
                }
                properties.push(property);
            }
        }
    }
    for (index, first) in repeats {
        let message = format!("property_records[{first}] has this property_id already");
        let path = format!("property_records[{index}].property_id");
        faults.add(Rejection::new(RejectionCode::DuplicateParam, message).at(path));
    }
    properties
}

/// What is wrong, and its path.
type Fault = (String, String);

fn read_property(index: usize, record: Value<'_>) -> Result<(Cow<'_, str>, Property<'_>), Fault> {
    let path = |member: &str| format!("property_records[{index}]{member}");
    if !record.is_object() {
        let message = format!("a property record is an object, not {}", kind_name(record));
        return Err((message, path("")));
    }
    let Some(id) = record.member("property_id") else {
        let message = "a property record has a property_id".to_owned();
        return Err((message, path(".property_id")));
    };
    let text = match id.string() {
        None => {
            let message = format!("property_id is a string, not {}", kind_name(id));
            return Err((message, path(".property_id")));
        }
        Some(text) if text.trim().is_empty() => {
            return Err(("property_id is blank".to_owned(), path(".property_id")));
        }
        Some(text) => text,
    };
    let Some(value) = record.member("property_value") else {
        let message = "a property record has a property_value".to_owned();
        return Err((message, path(".property_value")));
    };
    Ok((text, (id.raw(), value)))
}

/// `{"customer_id":…,"external_id":…,"properties":{…}}`, every value spelled as it came; what did not
/// come is left out.
fn event_data(described: Value<'_>, properties: &[Property<'_>]) -> String {
    let mut out = String::from("{");
    for name in ["customer_id", "external_id"] {
        if let Some(value) = described.member(name) {
            out.push_str(&format!("\"{name}\":{},", value.raw()));
        }
    }
    out.push_str("\"properties\":{");
    for (index, (id, value)) in properties.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(id);
        out.push(':');
        out.push_str(value.raw());
    }
    out.push_str("}}");
    out
}
