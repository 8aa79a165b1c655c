//! Reads events of eSputnik's page "Generate event v2" and writes its replies.

use std::borrow::Cow;
use std::fmt::Write;

use crate::event::contact;
use crate::event::contact::{Contact, ContactFormats, FieldError};
use crate::event::id::IdSource;
use crate::event::recipient::{Recipient, RecipientKind, Recipients};
use crate::event::rejection::{Rejection, RejectionCode};
use crate::event::{Event, EventParts, read_document, root_object};
use crate::json::document::{JsonKind, Value};
use crate::json::form;
use crate::json::parse::shown;
use crate::limits::Limits;

use super::named_values::{NamedValue, NamedValueList, write_named_values};
use super::{CONTENT_TYPE, FirstRejection, Reply, event_id_json};

pub use super::velocity::{VelocityError, velocity_to_template};

/// The path of the event type.
pub(super) const TYPE_PATH: &str = "eventTypeKey";

/// The maximum number of characters in an eventTypeKey.
const MAX_TYPE_KEY_CHARS: usize = 100;
/// The maximum number of characters in a keyValue.
const MAX_KEY_VALUE_CHARS: usize = 300;

const KEY_PATH: &str = "keyValue";

const PARAMS: NamedValueList = NamedValueList {
    list: "params",
    element: "a param",
    name: "name",
    name_in_messages: "the name of a param",
    value: "value",
    allows_blank_names: true,
    advice_on_duplicates: "; each param has its own",
    code: RejectionCode::InvalidParams,
};

/// Characters that are forbidden in both keys.
const FORBIDDEN: [char; 14] = [
    '<', ';', '\u{2019}', '\\', '/', '|', '"', '`', '\'', '^', '?', '!', ',', '>',
];

/// The prefix of event types that encode a key in hexadecimal.
const ENCODED: &str = "x--";

/// The params that identify the contact, with the recipient kinds they map to.
const IDENTIFIERS: [(&str, RecipientKind); 5] = [
    ("contactId", RecipientKind::ContactId),
    ("externalCustomerId", RecipientKind::ExternalCustomerId),
    ("email", RecipientKind::Email),
    ("phone", RecipientKind::Phone),
    ("pushToken", RecipientKind::PushToken),
];

/// Returns the event type for an eventTypeKey.
///
/// A key that consists of lower-case ASCII letters, digits, `-` and `_` and does not start with `x--` is
/// used as the event type. Any other key becomes `x--` and its UTF-8 bytes in hexadecimal. Different keys
/// have different types, even if the case of types is ignored.
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

/// Returns the eventTypeKey for an event type of any case, or `None` if no key has this type.
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
    let mut rejections = FirstRejection::default();
    let type_key = rejections.check(check_type_key(root.member(TYPE_PATH)));
    let key = rejections.check(check_key_value(root.member(KEY_PATH)));
    let params = PARAMS.read(root, &mut rejections);
    let mut recipients = Recipients::default();
    if let Some(Some(key)) = &key {
        recipients.add(Recipient::new(RecipientKind::ContactKey, key.clone()));
    }
    if let (Some(key), Some(params)) = (&key, &params) {
        add_identifiers(params, key.is_some(), &mut recipients, &mut rejections);
    }
    for param in params.iter().flatten() {
        if param.name == "contactJson" {
            rejections.check(check_contact(param, formats, limits));
        }
    }
    rejections.into_result()?;
    let event_type = event_type_of_key(&type_key.unwrap_or_default());
    let mut event_data = String::new();
    let params = params.unwrap_or_default();
    write_named_values(
        &mut event_data,
        params.iter().filter(|param| !is_ignored(param)),
    );
    let parts = EventParts {
        id: None,
        event_type,
        recipients,
        event_data,
        debug_data: None,
        extra: None,
    };
    Event::from_parts(parts, limits, ids)
}

/// The page documents no body for accepted events. This one contains the event id.
pub(super) fn accepted(event: &Event) -> Reply {
    Reply {
        status: 200,
        content_type: CONTENT_TYPE,
        body: event_id_json(event).into(),
    }
}

/// Returns whether a parameter counts as absent: an `externalCustomerId` without content.
fn is_ignored(param: &NamedValue<'_>) -> bool {
    param.name == "externalCustomerId" && contact::is_ignored(param.value)
}

fn check_type_key(value: Option<Value<'_>>) -> Result<Box<str>, Rejection> {
    let Some(value) = value else {
        let message = "the event has no eventTypeKey";
        return Err(Rejection::new(RejectionCode::MissingEventType, message).at(TYPE_PATH));
    };
    let key = match form::string(value) {
        Ok(text) if text.is_empty() => Err("is empty".to_owned()),
        Ok(text) => check_key(text, MAX_TYPE_KEY_CHARS),
        Err(error) => Err(error),
    };
    key.map_err(|error| {
        let message = format!("{TYPE_PATH} {error}");
        Rejection::new(RejectionCode::InvalidEventTypeKey, message).at(TYPE_PATH)
    })
}

/// Returns `None` if the key is absent, null or blank.
fn check_key_value(value: Option<Value<'_>>) -> Result<Option<Box<str>>, Rejection> {
    let Some(value) = form::present(value) else {
        return Ok(None);
    };
    let key = match form::string(value) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => check_key(text, MAX_KEY_VALUE_CHARS).map(Some),
        Err(error) => Err(error),
    };
    key.map_err(|error| {
        let message = format!("{KEY_PATH} {error}");
        Rejection::new(RejectionCode::InvalidKeyValue, message).at(KEY_PATH)
    })
}

fn check_key(text: Cow<'_, str>, longest: usize) -> Result<Box<str>, String> {
    let forbidden = text
        .chars()
        .enumerate()
        .find(|(_, c)| FORBIDDEN.contains(c));
    if let Some((index, c)) = forbidden {
        let number = index.saturating_add(1);
        return Err(format!("may not hold {}, its character {number}", shown(c)));
    }
    let length = text.chars().count();
    if length > longest {
        return Err(format!("has {length} characters, {longest} are allowed"));
    }
    Ok(text.into())
}

/// Adds the identifiers among the params.
///
/// If there is a keyValue, it identifies the contact, and an invalid identifier is an ordinary param.
/// Otherwise an invalid identifier is an error.
fn add_identifiers(
    params: &[NamedValue<'_>],
    has_key: bool,
    recipients: &mut Recipients,
    rejections: &mut FirstRejection,
) {
    let mut has_invalid = false;
    for param in params {
        let named = |(name, _): &&(&str, RecipientKind)| *name == param.name;
        let Some((name, kind)) = IDENTIFIERS.iter().find(named) else {
            continue;
        };
        if param.value.kind() == JsonKind::Null || is_ignored(param) {
            continue;
        }
        match identifier(*kind, param.value) {
            Ok(text) => recipients.add(Recipient::new(*kind, text)),
            Err(_) if has_key => {}
            Err(error) => {
                has_invalid = true;
                let message = format!("{name} {error}");
                let rejection = Rejection::new(RejectionCode::InvalidRecipient, message);
                rejections.add(rejection.at(PARAMS.path(param.index, PARAMS.value)));
            }
        }
    }
    if recipients.is_empty() && !has_invalid {
        let names = IDENTIFIERS.map(|(name, _)| name).join(", ");
        let message = format!(
            "the event names no contact: it needs a keyValue, or among its params one of {names}"
        );
        rejections.add(Rejection::new(RejectionCode::MissingRecipient, message).at("params"));
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
    form::non_blank_string(value).map(Cow::into_owned)
}

/// Checks a contact, which is an object or a string that contains one.
fn check_contact(
    param: &NamedValue<'_>,
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
    // An error of the whole contact has an empty field.
    let named = |error: FieldError| match error.field() {
        "" => FieldError::new("contactJson", error.error()),
        _ => error,
    };
    let errors = errors.into_iter().map(named).collect();
    Err(Rejection::new(RejectionCode::InvalidContact, message)
        .at(PARAMS.path(param.index, PARAMS.value))
        .with_errors(errors))
}
