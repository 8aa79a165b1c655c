//! Reading the JSON of the callbacks' page member by member, every fault noted with its path. Knows what
//! no member means.

use std::borrow::Cow;
use std::fmt;

use crate::event::read_document;
use crate::event::rejection::{Rejection, RejectionCode};
use crate::json::document::{Document, JsonKind, Value};
use crate::json::kind_name::kind_name;
use crate::json::path::write_key;
use crate::json::write::ObjectWriter;
use crate::limits::Limits;
use crate::time::Timestamp;

/// What kind of fault a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultCode {
    /// Not JSON as RFC 8259 has it.
    InvalidJson,
    /// More open brackets than allowed.
    TooDeep,
    /// An object has one key twice.
    DuplicateKey,
    /// A member that has to be there is not, or is null.
    Missing,
    /// A member has a value that it may not have.
    Invalid,
    /// A member is not known, and is probably meant to be another.
    Unknown,
}

impl FaultCode {
    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::TooDeep => "too_deep",
            Self::DuplicateKey => "duplicate_key",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing that is wrong with a registration, a callback body or a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    code: FaultCode,
    line: Option<usize>,
    path: Option<Box<str>>,
    message: Box<str>,
}

/// Everything that is wrong with a text, in the order in which it was looked at; at least one fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Fault {
    /// The kind of fault.
    #[must_use]
    pub const fn code(&self) -> FaultCode {
        self.code
    }

    /// The line that the value stands in, from 1, where a text has one value a line.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        self.line
    }

    /// Where it is, as rules write paths: `destination.url`; the text as a whole has none.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// What is wrong, said of what the path names.
    #[must_use]
    pub const fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn on_line(self, line: usize) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }

    fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.string("code", self.code.as_str());
        if let Some(line) = self.line {
            object.raw("line", &line.to_string());
        }
        if let Some(path) = &self.path {
            object.string("path", path);
        }
        object.string("error", &self.message);
        object.end();
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(path) = &self.path {
            write!(f, "`{path}` ")?;
        }
        f.write_str(&self.message)
    }
}

impl Faults {
    /// The faults, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// A list of `{"code":"missing","path":"destination.url","error":"…"}`; `path` is left out where there
    /// is none, `line` stands before it where the text has one value a line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        crate::json::write::write_list(&mut out, &self.0, Fault::write_json);
        out
    }

    pub(super) fn or<T>(faults: Vec<Fault>, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(Self(faults)),
        }
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.0
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Reads a text as JSON. What carries an event's data may nest deeper than the event, by the two brackets
/// that callback bodies put around it.
pub(super) fn read(text: &str) -> Result<Document, Faults> {
    let depth = Limits::default().json_depth.saturating_add(2);
    read_document(text.as_bytes(), usize::MAX, depth)
        .map_err(|rejection| Faults(vec![of(&rejection)]))
}

/// An object that is being read.
pub(super) struct Form<'a, 'f> {
    value: Value<'a>,
    /// The object's own path, empty at the root.
    path: String,
    faults: &'f mut Vec<Fault>,
}

impl<'a, 'f> Form<'a, 'f> {
    /// `None`, and a fault, for what is no object.
    pub(super) fn new(value: Value<'a>, path: String, faults: &'f mut Vec<Fault>) -> Option<Self> {
        if value.is_object() {
            return Some(Self {
                value,
                path,
                faults,
            });
        }
        let found = kind_name(value);
        let (path, message) = match path.as_str() {
            "" => (None, format!("an object is expected, not {found}")),
            path => (Some(path.into()), format!("is an object, not {found}")),
        };
        faults.push(Fault {
            code: FaultCode::Invalid,
            line: None,
            path,
            message: message.into(),
        });
        None
    }

    pub(super) fn fault(&mut self, code: FaultCode, name: &str, message: impl Into<Box<str>>) {
        self.faults.push(Fault {
            code,
            line: None,
            path: Some(self.path_of(name).into()),
            message: message.into(),
        });
    }

    pub(super) fn invalid(&mut self, name: &str, message: impl Into<Box<str>>) {
        self.fault(FaultCode::Invalid, name, message);
    }

    /// The member of that name; null counts as left out.
    pub(super) fn optional(&self, name: &str) -> Option<Value<'a>> {
        self.value
            .member(name)
            .filter(|value| value.kind() != JsonKind::Null)
    }

    pub(super) fn required(&mut self, name: &str) -> Option<Value<'a>> {
        let found = self.optional(name);
        if found.is_none() {
            self.fault(FaultCode::Missing, name, "is missing");
        }
        found
    }

    pub(super) fn text(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.required(name)?;
        self.as_text(name, value)
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.optional(name)?;
        self.as_text(name, value)
    }

    pub(super) fn optional_time(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.optional_text(name)?;
        let time = Timestamp::parse(&text);
        if time.is_none() {
            let message = "is a time in RFC 3339, like `2017-01-01T00:00Z`, or a date";
            self.invalid(name, format!("{message}, not `{text}`"));
        }
        time
    }

    /// The text of an object, as it came.
    pub(super) fn object_text(&mut self, name: &str) -> Option<Box<str>> {
        let value = self.required(name)?;
        self.form(name, value)?;
        Some(value.raw().into())
    }

    pub(super) fn optional_object_text(&mut self, name: &str) -> Option<Box<str>> {
        self.optional(name)?;
        self.object_text(name)
    }

    pub(super) fn object(&mut self, name: &str) -> Option<Form<'a, '_>> {
        let value = self.required(name)?;
        self.form(name, value)
    }

    pub(super) fn optional_object(&mut self, name: &str) -> Option<Form<'a, '_>> {
        let value = self.optional(name)?;
        self.form(name, value)
    }

    /// The elements of a list, each as an object; none where there is no such member.
    pub(super) fn each(&mut self, name: &str, mut read: impl FnMut(&mut Form<'a, '_>)) {
        let Some(value) = self.optional(name) else {
            return;
        };
        if !value.is_list() {
            return self.invalid(name, format!("is a list, not {}", kind_name(value)));
        }
        let path = self.path_of(name);
        for (index, element) in value.elements().enumerate() {
            if let Some(mut form) = Form::new(element, format!("{path}[{index}]"), self.faults) {
                read(&mut form);
            }
        }
    }

    /// A fault for each member that is none of `known` and spelt nearly like one of them.
    pub(super) fn slips(&mut self, known: &[&str]) {
        let value = self.value;
        for (key, _) in value.members() {
            let name = key.string().unwrap_or_default();
            if known.contains(&&*name) {
                continue;
            }
            if let Some(near) = crate::text::suggest::nearest(&name, known.iter().copied()) {
                let message = format!("is not known; did you mean `{near}`?");
                self.fault(FaultCode::Unknown, &name, message);
            }
        }
    }

    fn form(&mut self, name: &str, value: Value<'a>) -> Option<Form<'a, '_>> {
        let path = self.path_of(name);
        Form::new(value, path, self.faults)
    }

    fn as_text(&mut self, name: &str, value: Value<'a>) -> Option<Cow<'a, str>> {
        let text = value.string();
        if text.is_none() {
            self.invalid(name, format!("is a string, not {}", kind_name(value)));
        }
        text
    }

    fn path_of(&self, name: &str) -> String {
        let mut out = self.path.clone();
        // Writing to a String cannot fail.
        let _ = write_key(&mut out, name);
        match out.strip_prefix('.') {
            Some(rest) => rest.to_owned(),
            None => out,
        }
    }
}

fn of(rejection: &Rejection) -> Fault {
    let (code, message) = match rejection.code() {
        RejectionCode::TooDeep => (FaultCode::TooDeep, rejection.message()),
        RejectionCode::DuplicateKey => (FaultCode::DuplicateKey, "is in its object twice"),
        _ => (FaultCode::InvalidJson, rejection.message()),
    };
    Fault {
        code,
        line: None,
        path: rejection.path().map(Into::into),
        message: message.into(),
    }
}
