//! Validates the fields of a contact before a host saves it.

use std::fmt;

use crate::collections::map::Map;
use crate::json::document::{JsonKind, Value};
use crate::json::form::JsonForm;
use crate::json::kind_name::kind_name;
use crate::json::parse;
use crate::json::write;
use crate::json::write::ObjectWriter;
use crate::limits::Limits;
use crate::number::Number;
use crate::text::suggest;
use crate::time::{TimeZone, Timestamp};

/// The built-in action that saves a contact. It fails if any field is invalid, and then nothing is saved.
pub(crate) const SAVE: &str = "contact.save";

/// The fields of a contact, which are the keys of the built-in action `contact.save`.
pub(crate) const KEYS: [&str; 11] = [
    "firstname",
    "lastname",
    "email",
    "sms",
    "phone",
    "town",
    "timeZone",
    "languageCode",
    "profileInputs",
    "externalCustomerId",
    "confirmed",
];

/// The maximum number of characters in a first or last name.
const MAX_NAME_CHARS: usize = 60;

/// A valid contact with the fields of eSputnik's page "Generate event v2".
///
/// Hosts receive it from the built-in action `contact.save`. Phone numbers keep their spelling;
/// `phone_normalized` and `sms_normalized` follow them with a `+` and the digits only. Fields that are
/// null are omitted, and so is an `externalCustomerId` that is blank or the text `null`.
///
/// ```
/// use pointsman::Limits;
/// use pointsman::contact::{Contact, ContactFormats};
///
/// let text = r#"{"firstname": "Bob", "phone": "+1-541-754-3010"}"#;
/// let contact = Contact::from_json(text, &ContactFormats::default(), &Limits::default()).unwrap();
/// assert_eq!(
///     contact.to_json(),
///     r#"{"firstname":"Bob","phone":"+1-541-754-3010","phone_normalized":"+15417543010"}"#
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    json: Box<str>,
}

/// An error in one field of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    field: Box<str>,
    error: Box<str>,
}

/// The format of an additional field of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldFormat {
    /// A string.
    Text,
    /// A JSON number, or a string that contains one.
    Number,
    /// A date such as `2020-11-23`.
    Date,
}

/// The formats of the additional fields of an account by number (`profileInputId`).
///
/// Only the host knows these fields. An additional field without a format accepts any string, number or
/// bool.
///
/// ```
/// use pointsman::Limits;
/// use pointsman::contact::{Contact, ContactFormats, FieldFormat};
///
/// let formats = ContactFormats::default().with(10001, FieldFormat::Date);
/// let text = r#"{"profileInputs": [{"profileInputId": 10001, "value": "tomorrow"}]}"#;
/// let errors = Contact::from_json(text, &formats, &Limits::default()).unwrap_err();
/// assert_eq!(errors[0].field(), "profileInputs[0].value");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactFormats {
    /// Sorted by number.
    fields: Vec<(u64, FieldFormat)>,
}

impl ContactFormats {
    /// Sets the format of a field.
    #[must_use]
    pub fn with(mut self, field: u64, format: FieldFormat) -> Self {
        match self.fields.binary_search_by_key(&field, |(id, _)| *id) {
            Ok(at) => {
                if let Some((_, old)) = self.fields.get_mut(at) {
                    *old = format;
                }
            }
            Err(at) => self.fields.insert(at, (field, format)),
        }
        self
    }

    fn format_of(&self, field: u64) -> Option<FieldFormat> {
        let at = self.fields.binary_search_by_key(&field, |(id, _)| *id);
        self.fields.get(at.ok()?).map(|(_, format)| *format)
    }
}

impl Contact {
    /// Parses a contact from the JSON text of one object and checks all its fields.
    ///
    /// # Errors
    ///
    /// Returns every error in the order of the text. For a text that is not a JSON object, returns one
    /// error with an empty field.
    pub fn from_json(
        text: &str,
        formats: &ContactFormats,
        limits: &Limits,
    ) -> Result<Self, Vec<FieldError>> {
        read(text, formats, limits.json_depth)
    }

    /// Checks the parameters of `contact.save`, which are JSON that the engine has written itself.
    pub(crate) fn from_params(
        params: &str,
        formats: &ContactFormats,
    ) -> Result<Self, Vec<FieldError>> {
        read(params, formats, usize::MAX)
    }

    /// Returns the contact as one line of JSON. Fields keep their order and numbers their spelling.
    #[must_use]
    pub const fn to_json(&self) -> &str {
        &self.json
    }
}

impl FieldError {
    pub(crate) fn new(field: impl Into<Box<str>>, error: impl Into<Box<str>>) -> Self {
        Self {
            field: field.into(),
            error: error.into(),
        }
    }

    /// Returns the path of the field in the contact, such as `phone` or `profileInputs[0].value`.
    #[must_use]
    pub const fn field(&self) -> &str {
        &self.field
    }

    /// Returns the message, which reads as a sentence after the field: `is no email address`.
    #[must_use]
    pub const fn error(&self) -> &str {
        &self.error
    }

    pub(crate) fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object
            .string("field", &self.field)
            .string("error", &self.error);
        object.end();
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.error)
    }
}

/// Checks all fields of a contact and returns the contact as the host receives it.
pub(crate) fn validate(
    contact: Value<'_>,
    formats: &ContactFormats,
) -> Result<Contact, Vec<FieldError>> {
    if !contact.is_object() {
        let message = format!("is an object, not {}", kind_name(contact));
        return Err(vec![FieldError::new("", message)]);
    }
    let mut errors = Vec::new();
    let mut out = String::new();
    let mut object = ObjectWriter::new(&mut out);
    if let Some(mut form) = JsonForm::new(contact, String::new(), &mut errors) {
        for (key, value) in contact.members() {
            let name = key.string().unwrap_or_default();
            if !KEYS.contains(&&*name) {
                form.invalid_unquoted(&name, unknown(&name));
                continue;
            }
            if value.kind() == JsonKind::Null || name == "externalCustomerId" && is_ignored(value) {
                continue;
            }
            check(&mut form, &name, value, formats);
            write::write_compact(object.any_key(&name), value.raw());
            if let ("sms" | "phone", Some(phone)) = (&*name, value.string()) {
                let key = format!("{name}_normalized");
                write::push_string(object.any_key(&key), &normalized(&phone));
            }
        }
    }
    object.end();
    if errors.is_empty() {
        return Ok(Contact { json: out.into() });
    }
    let errors = errors.into_iter();
    Err(errors
        .map(|error| FieldError::new(error.path, error.message))
        .collect())
}

fn read(text: &str, formats: &ContactFormats, depth: usize) -> Result<Contact, Vec<FieldError>> {
    match parse::read(text, depth) {
        Ok(document) => validate(document.root(), formats),
        Err(error) => {
            let message = format!("is not read: {} at byte {}", error.message, error.offset);
            Err(vec![FieldError::new("", message)])
        }
    }
}

/// Returns whether a customer id has no content: null, blank, or the text `null`.
pub(crate) fn is_ignored(value: Value<'_>) -> bool {
    let is_empty = |text: &str| matches!(text.trim(), "" | "null");
    value.kind() == JsonKind::Null || value.string().is_some_and(|text| is_empty(&text))
}

fn check(form: &mut JsonForm<'_, '_>, name: &str, value: Value<'_>, formats: &ContactFormats) {
    match name {
        "profileInputs" => {
            let mut seen = Map::new();
            form.each(name, |input| check_additional(input, formats, &mut seen));
        }
        "confirmed" => {
            if !matches!(value.kind(), JsonKind::True | JsonKind::False) {
                form.invalid(name, format!("is a bool, not {}", kind_name(value)));
            }
        }
        _ => {
            let error = form.text(name).and_then(|text| check_text(name, &text));
            if let Some(error) = error {
                form.invalid(name, error);
            }
        }
    }
}

fn check_text(name: &str, text: &str) -> Option<String> {
    match name {
        "firstname" | "lastname" => {
            let length = text.chars().count();
            (length > MAX_NAME_CHARS)
                .then(|| format!("has {length} characters, {MAX_NAME_CHARS} are allowed"))
        }
        "email" => (!is_address(text)).then(|| "is no email address".to_owned()),
        "sms" | "phone" => (!is_phone(text)).then(|| {
            "is no phone number in the international format: 7 to 15 digits, a `+` before them or not, \
             with `-`, blanks and brackets between"
                .to_owned()
        }),
        "timeZone" => (!is_time_zone(text)).then(|| "is no known time zone".to_owned()),
        "languageCode" => {
            (!is_language(text)).then(|| "is no language code as `uk` or `en-US`".to_owned())
        }
        _ => None,
    }
}

/// Checks one element of `[{"profileInputId": 10001, "value": "2020-11-23"}]`.
fn check_additional(
    input: &mut JsonForm<'_, '_>,
    formats: &ContactFormats,
    seen: &mut Map<u64, ()>,
) {
    let id = read_field_id(input, seen);
    if let Some(value) = input.required("value") {
        let format = id.and_then(|id| formats.format_of(id));
        input.check("value", check_format(value, format));
    }
    let names = ["profileInputId", "value"];
    input.check_names(&names, |_| "is no part of an additional field".to_owned());
}

fn read_field_id(input: &mut JsonForm<'_, '_>, seen: &mut Map<u64, ()>) -> Option<u64> {
    let name = "profileInputId";
    let Some(value) = input.member(name) else {
        input.required(name);
        return None;
    };
    let number = value.number().and_then(|number| number.text().parse().ok());
    let id = input.check(name, number.ok_or_else(|| "is no whole number".to_owned()))?;
    if seen.insert(id, ()).is_some() {
        input.invalid(name, format!("names field {id} again"));
    }
    Some(id)
}

fn check_format(value: Value<'_>, format: Option<FieldFormat>) -> Result<(), String> {
    let text = value.string();
    let (fits, expected) = match format {
        None if value.is_list() || value.is_object() => {
            let found = kind_name(value);
            return Err(format!("is a string, a number or a bool, not {found}"));
        }
        None => return Ok(()),
        Some(FieldFormat::Text) => (text.is_some(), "string"),
        Some(FieldFormat::Number) => {
            let is_number = |text: &str| Number::parse(text).is_some();
            let fits =
                value.kind() == JsonKind::Number || text.is_some_and(|text| is_number(&text));
            (fits, "number")
        }
        Some(FieldFormat::Date) => {
            let is_date = |text: &str| text.len() == 10 && Timestamp::parse(text).is_some();
            let fits = text.is_some_and(|text| is_date(&text));
            (fits, "date as `2020-11-23`")
        }
    };
    fits.then_some(())
        .ok_or_else(|| format!("is no {expected}"))
}

fn unknown(name: &str) -> String {
    match suggest::nearest(name, KEYS) {
        Some(near) => format!("is no field of a contact; did you mean `{near}`?"),
        None => "is no field of a contact".to_owned(),
    }
}

/// Returns whether `text` has one `@`, a domain with a dot and no whitespace. That is enough to tell an
/// address from a customer key.
pub(crate) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let dotted = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    let is_forbidden = |c: char| c.is_whitespace() || c.is_control();
    !local.is_empty() && !local.contains('@') && dotted && !text.contains(is_forbidden)
}

/// Accepts an optional `+` and 7 to 15 digits, with `-`, spaces and pairs of parentheses between them.
fn is_phone(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let mut digits: usize = 0;
    let mut open = false;
    for c in rest.chars() {
        match c {
            '0'..='9' => digits = digits.saturating_add(1),
            '(' if !open => open = true,
            ')' if open => open = false,
            '-' | ' ' => {}
            _ => return false,
        }
    }
    let bounded = rest.starts_with(|c: char| c.is_ascii_digit() || c == '(')
        && rest.ends_with(|c: char| c.is_ascii_digit() || c == ')');
    (7..=15).contains(&digits) && bounded && !open
}

/// Returns a `+` and the digits of `phone`.
fn normalized(phone: &str) -> String {
    let mut out = String::from("+");
    out.extend(phone.chars().filter(char::is_ascii_digit));
    out
}

/// Accepts a zone of the IANA database, or one of its fixed offsets with two digits (`Etc/GMT+03`).
fn is_time_zone(text: &str) -> bool {
    let fixed = |text: &str| {
        let (sign, digits) = text.split_at_checked(1)?;
        let max_hours = match sign {
            "+" => 12,
            "-" => 14,
            _ => return None,
        };
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        Some(plain && digits.parse::<u8>().is_ok_and(|hours| hours <= max_hours))
    };
    TimeZone::find(text).is_some() || text.strip_prefix("Etc/GMT").and_then(fixed) == Some(true)
}

/// Accepts two or three letters and then groups of up to eight letters and digits, each after `-` or `_`.
fn is_language(text: &str) -> bool {
    let mut groups = text.split(['-', '_']);
    let language = groups.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && groups.all(|group| {
            (1..=8).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_follow_the_international_format() {
        for text in [
            "+1-541-754-3010",
            "380501234567",
            "+38 (050) 123-45-67",
            "(380) 501234567",
            "1234567",
            "123456789012345",
        ] {
            assert!(is_phone(text), "{text}");
        }
        for text in [
            "",
            "+",
            "123456",
            "1234567890123456",
            "++380501234567",
            "380501234567-",
            "-380501234567",
            "38(050",
            "38)050(1234567",
            "((380)) 501234567",
            "380501234567x12",
            "+1.541.754.3010",
            "３８０５０１２３４５６７",
        ] {
            assert!(!is_phone(text), "{text}");
        }
    }

    #[test]
    fn zones_languages_and_addresses_are_validated() {
        for text in [
            "Etc/GMT+03",
            "Etc/GMT-14",
            "Etc/GMT+3",
            "Europe/Kyiv",
            "UTC",
        ] {
            assert!(is_time_zone(text), "{text}");
        }
        for text in [
            "Etc/GMT+13",
            "Etc/GMT-15",
            "Etc/GMT+3x",
            "Etc/GMT+003",
            "Kyiv",
            "",
        ] {
            assert!(!is_time_zone(text), "{text}");
        }
        for text in ["uk", "en-US", "zh_Hans_CN", "ces"] {
            assert!(is_language(text), "{text}");
        }
        for text in ["", "u", "ukrainian", "uk-", "-uk", "uk-ukrainian1"] {
            assert!(!is_language(text), "{text}");
        }
        for text in ["site@ukr.net", "a+b@c.d.e"] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "site",
            "@ukr.net",
            "site@net",
            "si te@ukr.net",
            "s@.net",
            "s@net.",
            "s@t@net.com",
            "s\u{7f}@net.com",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }
}
