//! eSputnik's "Generate event v2": its keys, parameters and contacts. Knows no rule and saves no contact.

use std::borrow::Cow;
use std::fmt::Write;

use crate::collections::map::Map;
use crate::event::contact;
use crate::event::contact::{Contact, ContactFormats, FieldError};
use crate::event::id::IdSource;
use crate::event::recipient::{Recipient, RecipientKind, Recipients};
use crate::event::rejection::{Rejection, RejectionCode};
use crate::event::{Event, EventParts, read_document, root_object};
use crate::json::document::{JsonKind, Value};
use crate::json::kind_name::kind_name;
use crate::json::parse::shown;
use crate::limits::Limits;

use super::{CONTENT_TYPE, Faults, Reply, event_id_json};

pub use super::velocity::{VelocityError, velocity_to_template};

/// Where the type stands.
pub(super) const TYPE_PATH: &str = "eventTypeKey";

/// Characters of an eventTypeKey.
const LONGEST_TYPE_KEY: usize = 100;
/// Characters of a keyValue.
const LONGEST_KEY: usize = 300;

/// The characters that neither key may hold.
const FORBIDDEN: [char; 14] = [
    '<', ';', '\u{2019}', '\\', '/', '|', '"', '`', '\'', '^', '?', '!', ',', '>',
];

/// What begins the types of keys that are no types themselves.
const ENCODED: &str = "x--";

/// The params that name the contact, and the kinds that they become.
const IDENTIFIERS: [(&str, RecipientKind); 5] = [
    ("contactId", RecipientKind::ContactId),
    ("externalCustomerId", RecipientKind::ExternalCustomerId),
    ("email", RecipientKind::Email),
    ("phone", RecipientKind::Phone),
    ("pushToken", RecipientKind::PushToken),
];

/// The event type that stands for an eventTypeKey.
///
/// A key of lower-case ASCII letters, digits, `-` and `_` alone that does not begin with `x--` is the type
/// itself. Any other becomes `x--` and the hexadecimal digits of its UTF-8. No two keys have one type,
/// also where case is no difference.
///
/// ```
/// use pointsman::adapter::esputnik::{event_type_of_key, key_of_event_type};
///
/// assert_eq!(event_type_of_key("abandoned_cart"), "abandoned_cart");
/// assert_eq!(event_type_of_key("Cart 1"), "x--436172742031");
/// assert_eq!(key_of_event_type("X--436172742031").as_deref(), Some("Cart 1"));
/// ```
#[must_use]
pub fn event_type_of_key(key: &str) -> String {
    if is_plain(key) {
        return key.to_owned();
    }
    let mut event_type = String::from(ENCODED);
    for byte in key.bytes() {
        // Writing to a String cannot fail.
        let _ = write!(event_type, "{byte:02x}");
    }
    event_type
}

/// The eventTypeKey as it was sent, from the event type that it became, whatever its case; `None` for a
/// type that no key becomes.
#[must_use]
pub fn key_of_event_type(event_type: &str) -> Option<String> {
    let folded = event_type.to_ascii_lowercase();
    let Some(digits) = folded.strip_prefix(ENCODED) else {
        return is_plain(&folded).then_some(folded);
    };
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut rest = digits;
    while !rest.is_empty() {
        let (pair, tail) = rest.split_at_checked(2)?;
        let plain = pair.bytes().all(|byte| byte.is_ascii_hexdigit());
        bytes.push(u8::from_str_radix(pair, 16).ok().filter(|_| plain)?);
        rest = tail;
    }
    let key = String::from_utf8(bytes).ok()?;
    (!key.is_empty() && event_type_of_key(&key) == folded).then_some(key)
}

fn is_plain(key: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !key.is_empty() && key.bytes().all(allowed) && !key.starts_with(ENCODED)
}

/// Reads `{"eventTypeKey": …, "keyValue": …, "params": [{"name": …, "value": …}]}`.
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    formats: &ContactFormats,
    ids: &mut dyn IdSource,
) -> Result<Event, Rejection> {
    let document = read_document(bytes, limits.esputnik_bytes, limits.json_depth)?;
    let root = root_object(&document)?;
    let mut faults = Faults::default();
    let type_key = faults.note(check_type_key(root.member("eventTypeKey")));
    let key = faults.note(check_key(root.member("keyValue")));
    let params = collect_params(root.member("params"), &mut faults);
    let mut recipients = Recipients::default();
    if let Some(Some(key)) = &key {
        recipients.add(Recipient::new(RecipientKind::ContactKey, key.clone()));
    }
    if let (Some(key), Some(params)) = (&key, &params) {
        add_identifiers(params, key.is_some(), &mut recipients, &mut faults);
    }
    for param in params.iter().flatten() {
        if param.name == "contactJson" {
            faults.note(check_contact(param, formats, limits));
        }
    }
    faults.settle()?;
    let event_type = event_type_of_key(&type_key.unwrap_or_default());
    let parts = EventParts {
        id: None,
        event_type,
        recipients,
        event_data: event_data(&params.unwrap_or_default()),
        debug_data: None,
        aside: None,
    };
    Event::from_parts(parts, limits, ids)
}

/// The page shows no body for an event that was taken; ours names the event.
pub(super) fn accepted(event: &Event) -> Reply {
    Reply {
        status: 200,
        content_type: CONTENT_TYPE,
        body: event_id_json(event).into(),
    }
}

/// One parameter of an event.
#[derive(Debug)]
struct Param<'a> {
    name: Cow<'a, str>,
    /// The name as JSON text.
    raw_name: &'a str,
    value: Value<'a>,
    index: usize,
}

impl Param<'_> {
    fn path(&self, member: &str) -> String {
        format!("params[{}].{member}", self.index)
    }

    /// A customer's id that says nothing is no param at all.
    fn is_ignored(&self) -> bool {
        self.name == "externalCustomerId" && contact::is_ignored(self.value)
    }
}

fn check_type_key(value: Option<Value<'_>>) -> Result<Box<str>, Rejection> {
    let Some(value) = value else {
        let message = "the event has no eventTypeKey";
        return Err(Rejection::new(RejectionCode::MissingEventType, message).at(TYPE_PATH));
    };
    let refuse = |message: String| {
        Err(Rejection::new(RejectionCode::InvalidEventTypeKey, message).at(TYPE_PATH))
    };
    match value.string() {
        None => refuse(format!(
            "eventTypeKey is a string, not {}",
            kind_name(value)
        )),
        Some(text) if text.is_empty() => refuse("eventTypeKey is empty".to_owned()),
        Some(text) => match fault_of_key("eventTypeKey", &text, LONGEST_TYPE_KEY) {
            Some(fault) => refuse(fault),
            None => Ok(text.into()),
        },
    }
}

/// `None`: not set, as where it is null or blank.
fn check_key(value: Option<Value<'_>>) -> Result<Option<Box<str>>, Rejection> {
    let Some(value) = value.filter(|value| value.kind() != JsonKind::Null) else {
        return Ok(None);
    };
    let refuse = |message: String| {
        Err(Rejection::new(RejectionCode::InvalidKeyValue, message).at("keyValue"))
    };
    match value.string() {
        None => refuse(format!("keyValue is a string, not {}", kind_name(value))),
        Some(text) if text.trim().is_empty() => Ok(None),
        Some(text) => match fault_of_key("keyValue", &text, LONGEST_KEY) {
            Some(fault) => refuse(fault),
            None => Ok(Some(text.into())),
        },
    }
}

fn fault_of_key(name: &str, text: &str, longest: usize) -> Option<String> {
    let forbidden = text.chars().enumerate();
    if let Some((index, c)) = forbidden.into_iter().find(|(_, c)| FORBIDDEN.contains(c)) {
        let place = index.saturating_add(1);
        return Some(format!(
            "{name} may not hold {}, its character {place}",
            shown(c)
        ));
    }
    let length = text.chars().count();
    (length > longest).then(|| format!("{name} has {length} characters, {longest} are allowed"))
}

/// `None` where the list as a whole cannot be read; all faults are noted.
fn collect_params<'a>(value: Option<Value<'a>>, faults: &mut Faults) -> Option<Vec<Param<'a>>> {
    let Some(list) = value.filter(|value| value.kind() != JsonKind::Null) else {
        return Some(Vec::new());
    };
    let invalid = |message: String, path: String| {
        Rejection::new(RejectionCode::InvalidParams, message).at(path)
    };
    if !list.is_list() {
        let message = format!("params is a list, not {}", kind_name(list));
        faults.add(invalid(message, "params".to_owned()));
        return None;
    }
    let mut params = Vec::new();
    let mut seen: Map<Cow<'a, str>, usize> = Map::new();
    let mut whole = true;
    for (index, entry) in list.elements().enumerate() {
        match read_param(index, entry) {
            Err((message, path)) => {
                faults.add(invalid(message, path));
                whole = false;
            }
            Ok(param) => {
                if let Some(first) = seen.value(&param.name) {
                    let message =
                        format!("params[{first}] has this name already; each param has its own");
                    let rejection = Rejection::new(RejectionCode::DuplicateParam, message);
                    faults.add(rejection.at(param.path("name")));
                } else {
                    seen.insert(param.name.clone(), index);
                }
                params.push(param);
            }
        }
    }
    whole.then_some(params)
}

/// What is wrong, and its path.
type Fault = (String, String);

fn read_param(index: usize, entry: Value<'_>) -> Result<Param<'_>, Fault> {
    let path = |member: &str| format!("params[{index}]{member}");
    if !entry.is_object() {
        let message = format!("a param is an object, not {}", kind_name(entry));
        return Err((message, path("")));
    }
    let Some(name) = entry.member("name") else {
        return Err(("a param has a name".to_owned(), path(".name")));
    };
    let Some(text) = name.string() else {
        let message = format!("the name of a param is a string, not {}", kind_name(name));
        return Err((message, path(".name")));
    };
    let Some(value) = entry.member("value") else {
        return Err(("a param has a value".to_owned(), path(".value")));
    };
    Ok(Param {
        name: text,
        raw_name: name.raw(),
        value,
        index,
    })
}

/// Adds the identifiers among the params. With a keyValue the contact is named, and a param that cannot
/// name one is a param like any other; without it such a param is a fault.
fn add_identifiers(
    params: &[Param<'_>],
    has_key: bool,
    recipients: &mut Recipients,
    faults: &mut Faults,
) {
    let mut unusable = false;
    for param in params {
        let named = |(name, _): &&(&str, RecipientKind)| *name == param.name;
        let Some((name, kind)) = IDENTIFIERS.iter().find(named) else {
            continue;
        };
        if param.value.kind() == JsonKind::Null || param.is_ignored() {
            continue;
        }
        match identifier(*kind, param.value) {
            Ok(text) => recipients.add(Recipient::new(*kind, text)),
            Err(_) if has_key => {}
            Err(fault) => {
                unusable = true;
                let message = format!("{name} {fault}");
                let rejection = Rejection::new(RejectionCode::InvalidRecipient, message);
                faults.add(rejection.at(param.path("value")));
            }
        }
    }
    if recipients.is_empty() && !unusable {
        let names = IDENTIFIERS.map(|(name, _)| name).join(", ");
        let message = format!(
            "the event names no contact: it needs a keyValue, or among its params one of {names}"
        );
        faults.add(Rejection::new(RejectionCode::MissingRecipient, message).at("params"));
    }
}

fn identifier(kind: RecipientKind, value: Value<'_>) -> Result<String, String> {
    if kind == RecipientKind::ContactId && value.kind() == JsonKind::Number {
        let whole = value.raw().bytes().all(|byte| byte.is_ascii_digit());
        return match whole {
            true => Ok(value.raw().to_owned()),
            false => Err("is no whole number".to_owned()),
        };
    }
    match value.string() {
        None => Err(format!("is a string, not {}", kind_name(value))),
        Some(text) if text.trim().is_empty() => Err("is blank".to_owned()),
        Some(text) => Ok(text.into_owned()),
    }
}

/// An object, or a string that holds one.
fn check_contact(
    param: &Param<'_>,
    formats: &ContactFormats,
    limits: &Limits,
) -> Result<(), Rejection> {
    let checked = match param.value.string() {
        Some(text) => Contact::from_json(&text, formats, limits),
        None => contact::validate(param.value, formats),
    };
    let Err(errors) = checked else {
        return Ok(());
    };
    let message = match &*errors {
        [error] if error.field().is_empty() => format!("contactJson {}", error.error()),
        [_] => "contactJson has a fault".to_owned(),
        errors => format!("contactJson has {} faults", errors.len()),
    };
    // What is wrong with the whole has the param's own name.
    let named = |error: FieldError| match error.field() {
        "" => FieldError::new("contactJson", error.error()),
        _ => error,
    };
    let errors = errors.into_iter().map(named).collect();
    Err(Rejection::new(RejectionCode::InvalidContact, message)
        .at(param.path("value"))
        .because(errors))
}

/// JSON text of an object of the params, names and values spelled as they came.
fn event_data(params: &[Param<'_>]) -> String {
    let mut out = String::from("{");
    for param in params.iter().filter(|param| !param.is_ignored()) {
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(param.raw_name);
        out.push(':');
        out.push_str(param.value.raw());
    }
    out.push('}');
    out
}
