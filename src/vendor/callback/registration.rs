//! Callback registrations, and the requests for the host to send.

use std::net::Ipv6Addr;

use super::fault::{Fault, Faults, parse, parse_object};
use super::{CALLBACK_TYPE, Callback};
use crate::json::document::Value;
use crate::json::form::JsonForm;
use crate::json::write;
use crate::json::write::ObjectWriter;
use crate::time::Timestamp;

/// A valid callback configuration in the format of the page.
///
/// ```
/// use pointsman::callback::Registration;
///
/// let text = r#"{
///     "callback_type": "event_processed",
///     "event_processed": {"event_type": "order_shipped"},
///     "destination": {"url": "http://example.com", "method": "GET", "content_type": "application/json"},
///     "start_date": "2017-02-01T00:00Z", "end_date": "2017-01-01T00:00Z"
/// }"#;
/// let faults = Registration::from_json(text).unwrap_err();
/// let paths: Vec<_> = faults.iter().map(|fault| fault.path().unwrap()).collect();
/// assert_eq!(paths, ["destination.url", "destination.method", "end_date"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    event_type: Option<Box<str>>,
    url: Box<str>,
    content_type: Box<str>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
}

/// An HTTP request for the host to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    url: Box<str>,
    content_type: Box<str>,
    body: Box<str>,
}

/// The only method that the page allows.
const METHOD: &str = "POST";

/// Parses registrations from a JSON list, a single JSON object, or one JSON object per line.
///
/// # Errors
///
/// Returns the errors of all registrations. In a list, paths start with the index, such as `[0]`. With one
/// object per line, each error has a line number.
pub fn read_registrations(text: &str) -> Result<Vec<Registration>, Faults> {
    let document = match parse(text) {
        Ok(document) => document,
        Err(_) if is_one_per_line(text) => return read_lines(text),
        Err(faults) => return Err(faults),
    };
    let root = document.root();
    let mut errors = Vec::new();
    let mut registrations = Vec::new();
    let mut read = |value: Value<'_>, path: String| {
        let form = JsonForm::new(value, path, &mut errors);
        registrations.extend(form.and_then(|mut form| Registration::read(&mut form)));
    };
    if root.is_list() {
        for (index, element) in root.elements().enumerate() {
            read(element, format!("[{index}]"));
        }
    } else {
        read(root, String::new());
    }
    Faults::or(errors, Some(registrations))
}

impl Registration {
    /// Parses one registration.
    ///
    /// If `event_processed` is absent or has no `event_type`, the registration matches every event. Dates
    /// are optional, and so are their seconds. Unknown members are ignored, unless the name is almost that
    /// of a known member.
    ///
    /// # Errors
    ///
    /// Returns all errors in the registration.
    pub fn from_json(text: &str) -> Result<Self, Faults> {
        parse_object(text, Self::read)
    }

    /// Returns the event type, or `None` if the registration matches every type.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// Returns the URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the HTTP method, which is always `POST`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        METHOD
    }

    /// Returns the content type of the requests as registered.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// Returns the inclusive start of the period in which the registration is active.
    #[must_use]
    pub const fn start_date(&self) -> Option<Timestamp> {
        self.start_date
    }

    /// Returns the exclusive end of the period in which the registration is active.
    #[must_use]
    pub const fn end_date(&self) -> Option<Timestamp> {
        self.end_date
    }

    /// Returns whether the event type and the date of a callback match. ASCII case is ignored.
    #[must_use]
    pub fn wants(&self, callback: &Callback) -> bool {
        let date = callback.event_date();
        self.event_type.as_deref().is_none_or(|event_type| {
            event_type.eq_ignore_ascii_case(callback.processed_event_type())
        }) && self.start_date.is_none_or(|start| start <= date)
            && self.end_date.is_none_or(|end| date < end)
    }

    /// Returns the request for a callback if the registration matches it.
    #[must_use]
    pub fn request(&self, callback: &Callback) -> Option<Request> {
        self.wants(callback).then(|| Request {
            url: self.url.clone(),
            content_type: self.content_type.clone(),
            body: callback.to_json().into(),
        })
    }

    fn read(form: &mut JsonForm<'_, '_>) -> Option<Self> {
        form.check_spelling(&[
            "callback_type",
            CALLBACK_TYPE,
            "destination",
            "start_date",
            "end_date",
        ]);
        read_constant(form, "callback_type", CALLBACK_TYPE);
        let event_type = form
            .optional_object(CALLBACK_TYPE)
            .and_then(|mut inner| read_event_type(&mut inner));
        let destination = form
            .object("destination")
            .and_then(|mut inner| read_destination(&mut inner));
        let start_date = form.optional_time("start_date");
        let end_date = form.optional_time("end_date");
        if let (Some(start), Some(end)) = (start_date, end_date)
            && start >= end
        {
            form.invalid("end_date", "is not after `start_date`");
        }
        let (url, content_type) = destination?;
        Some(Self {
            event_type,
            url,
            content_type,
            start_date,
            end_date,
        })
    }
}

impl Request {
    /// Returns the URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the HTTP method, which is always `POST`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        METHOD
    }

    /// Returns the content type as registered.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// Returns the body as JSON text.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Returns one line `{"url":…,"method":"POST","content_type":…,"body":{…}}` for logs and queues.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object
            .string("url", &self.url)
            .string("method", METHOD)
            .string("content_type", &self.content_type);
        write::write_compact(object.key("body"), &self.body);
        object.end();
        out
    }
}

/// Reads a member that has only one valid value.
pub(super) fn read_constant(form: &mut JsonForm<'_, '_>, name: &str, constant: &str) {
    let expected = format!("`{constant}`");
    form.parsed(name, &expected, |text| (text == constant).then_some(()));
}

fn read_event_type(form: &mut JsonForm<'_, '_>) -> Option<Box<str>> {
    let name = "event_type";
    form.check_spelling(&[name]);
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    form.optional_parsed(name, "letters, digits, `-` and `_`", |text| {
        let is_valid = !text.is_empty() && text.chars().all(allowed);
        is_valid.then(|| text.into())
    })
}

/// Returns the URL and the content type.
fn read_destination(form: &mut JsonForm<'_, '_>) -> Option<(Box<str>, Box<str>)> {
    form.check_spelling(&["url", "method", "content_type"]);
    let url = form.text("url");
    if let Some(error) = url.as_deref().and_then(url_error) {
        form.invalid("url", error);
    }
    read_constant(form, "method", METHOD);
    let content_type = form.parsed("content_type", "a content type of JSON", |text| {
        is_json_type(text).then(|| text.into())
    });
    Some((url?.into(), content_type?))
}

/// Returns the reason why a text is not an https URL with a host.
fn url_error(url: &str) -> Option<String> {
    let error = |what: &str| Some(format!("{what}: `{url}`"));
    let parts = url.split_once("://");
    let Some((_, rest)) = parts.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("https")) else {
        return error("is no URL that begins with `https://`");
    };
    let forbidden = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    };
    if let Some(c) = url.chars().find(|c| forbidden(*c)) {
        return Some(format!("holds U+{:04X}, which no URL does", u32::from(c)));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // The text before the last `@` is user information.
    let location = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match location.find(']') {
        Some(end) => location.split_at_checked(end.saturating_add(1)),
        None => location
            .find(':')
            .and_then(|end| location.split_at_checked(end)),
    }
    .unwrap_or((location, ""));
    if host.is_empty() {
        return error("has no host");
    }
    if !is_host(host) {
        return error("has a host that is none");
    }
    let is_port = match port.strip_prefix(':') {
        Some(digits) => {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && (digits.is_empty() || digits.parse::<u16>().is_ok_and(|port| port > 0))
        }
        None => port.is_empty(),
    };
    if !is_port {
        return error("has a port that is none");
    }
    None
}

/// Accepts an IPv6 address in brackets or a name of labels. Labels may contain letters outside ASCII.
fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        return inner
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let labels = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        label.chars().any(char::is_alphanumeric)
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    labels.split('.').all(is_label)
}

/// Accepts `application/json` and `application/TYPE+json` with any parameters.
fn is_json_type(text: &str) -> bool {
    // The text becomes an HTTP header.
    if text.chars().any(char::is_control) {
        return false;
    }
    let essence = text.split(';').next().unwrap_or_default();
    let essence = essence.trim_matches([' ', '\t']).to_ascii_lowercase();
    let Some(subtype) = essence.strip_prefix("application/") else {
        return false;
    };
    let subtype = match subtype.strip_suffix("+json") {
        Some(prefix) => prefix,
        None if subtype == "json" => subtype,
        None => return false,
    };
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
    !subtype.is_empty() && subtype.chars().all(is_token)
}

/// Returns whether a text that is not JSON has one object per line. An empty text has no registrations.
fn is_one_per_line(text: &str) -> bool {
    let mut lines = lines(text).map(|(_, line)| line).peekable();
    lines.peek().is_none() || lines.any(|line| line.starts_with('{') && parse(line).is_ok())
}

fn read_lines(text: &str) -> Result<Vec<Registration>, Faults> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut registrations = Vec::new();
    for (number, line) in lines(text) {
        match Registration::from_json(line) {
            Ok(registration) => registrations.push(registration),
            Err(of_line) => {
                let of_line = of_line.into_faults().into_iter();
                faults.extend(of_line.map(|fault| fault.on_line(number)));
            }
        }
    }
    Faults::or(faults, Some(registrations))
}

/// Returns the lines that are not blank, with their numbers from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines().map(str::trim))
        .filter(|(_, line)| !line.is_empty())
}
