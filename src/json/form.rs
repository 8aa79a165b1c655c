//! Checks a JSON object member by member and collects every error with its path.

use std::borrow::Cow;

use super::document::{JsonKind, Value};
use super::kind_name::kind_name;
use super::path::write_key;
use crate::text::suggest;
use crate::time::Timestamp;

/// One error in an object that a host or a vendor sent.
#[derive(Debug)]
pub(crate) struct FormError {
    pub(crate) kind: FormErrorKind,
    /// As rules write paths; empty for the object itself.
    pub(crate) path: String,
    /// A predicate whose subject is the path, such as `is missing`.
    pub(crate) message: Box<str>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum FormErrorKind {
    /// A required member is absent or null.
    Missing,
    /// A value has the wrong kind or content.
    Invalid,
    /// An unknown member whose name is close to a known one.
    Unknown,
}

/// A JSON object under inspection. Its methods return the members and record what is wrong with them.
///
/// Null counts as absent, except in [`JsonForm::member`].
pub(crate) struct JsonForm<'a, 'e> {
    value: Value<'a>,
    /// The path of the object, empty at the root.
    path: String,
    errors: &'e mut Vec<FormError>,
}

/// Returns the value of a member unless the member is absent or null.
pub(crate) fn present(member: Option<Value<'_>>) -> Option<Value<'_>> {
    member.filter(|value| value.kind() != JsonKind::Null)
}

/// Returns the text of a string, or a message such as `is a string, not a number`.
pub(crate) fn string(value: Value<'_>) -> Result<Cow<'_, str>, String> {
    value
        .string()
        .ok_or_else(|| format!("is a string, not {}", kind_name(value)))
}

/// Like [`string`], but also rejects text that is empty or only whitespace.
pub(crate) fn non_blank_string(value: Value<'_>) -> Result<Cow<'_, str>, String> {
    match string(value)? {
        text if text.trim().is_empty() => Err("is blank".to_owned()),
        text => Ok(text),
    }
}

impl<'a, 'e> JsonForm<'a, 'e> {
    /// Returns `None` and records an error if `value` is not an object.
    pub(crate) fn new(
        value: Value<'a>,
        path: String,
        errors: &'e mut Vec<FormError>,
    ) -> Option<Self> {
        if value.is_object() {
            return Some(Self {
                value,
                path,
                errors,
            });
        }
        let found = kind_name(value);
        let message = match path.is_empty() {
            true => format!("an object is expected, not {found}"),
            false => format!("is an object, not {found}"),
        };
        errors.push(FormError {
            kind: FormErrorKind::Invalid,
            path,
            message: message.into(),
        });
        None
    }

    /// Returns a member even if it is null.
    pub(crate) fn member(&self, name: &str) -> Option<Value<'a>> {
        self.value.member(name)
    }

    pub(crate) fn optional(&self, name: &str) -> Option<Value<'a>> {
        present(self.member(name))
    }

    pub(crate) fn required(&mut self, name: &str) -> Option<Value<'a>> {
        let value = self.optional(name);
        if value.is_none() {
            self.error(FormErrorKind::Missing, name, "is missing");
        }
        value
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.required(name)?;
        self.check(name, string(value))
    }

    pub(crate) fn optional_text(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.optional(name)?;
        self.check(name, string(value))
    }

    /// Parses a string. `expected` completes the message `is …, not TEXT`.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.required(name)?;
        self.optional_parsed(name, expected, parse)
    }

    pub(crate) fn optional_parsed<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.optional_text(name)?;
        let value = parse(&text).ok_or_else(|| format!("is {expected}, not `{text}`"));
        self.check(name, value)
    }

    pub(crate) fn optional_time(&mut self, name: &str) -> Option<Timestamp> {
        let expected = "a time in RFC 3339, like `2017-01-01T00:00Z`, or a date";
        self.optional_parsed(name, expected, Timestamp::parse)
    }

    /// Returns the JSON text of an object.
    pub(crate) fn object_text(&mut self, name: &str) -> Option<Box<str>> {
        let object = self.object(name)?;
        Some(object.value.raw().into())
    }

    pub(crate) fn optional_object_text(&mut self, name: &str) -> Option<Box<str>> {
        let object = self.optional_object(name)?;
        Some(object.value.raw().into())
    }

    pub(crate) fn object(&mut self, name: &str) -> Option<JsonForm<'a, '_>> {
        self.required(name)?;
        self.optional_object(name)
    }

    pub(crate) fn optional_object(&mut self, name: &str) -> Option<JsonForm<'a, '_>> {
        let value = self.optional(name)?;
        let path = self.path_of(name);
        JsonForm::new(value, path, self.errors)
    }

    /// Calls `read` for each element of an optional list of objects.
    pub(crate) fn each(&mut self, name: &str, mut read: impl FnMut(&mut JsonForm<'a, '_>)) {
        let Some(value) = self.optional(name) else {
            return;
        };
        if !value.is_list() {
            return self.invalid(name, format!("is a list, not {}", kind_name(value)));
        }
        let path = self.path_of(name);
        for (index, element) in value.elements().enumerate() {
            let path = format!("{path}[{index}]");
            if let Some(mut form) = JsonForm::new(element, path, self.errors) {
                read(&mut form);
            }
        }
    }

    /// Records an error for each member that is not in `known` but is spelled almost like one of them.
    pub(crate) fn check_spelling(&mut self, known: &[&str]) {
        let value = self.value;
        for (key, _) in value.members() {
            let name = key.string().unwrap_or_default();
            if known.contains(&&*name) {
                continue;
            }
            if let Some(near) = suggest::nearest(&name, known.iter().copied()) {
                let message = format!("is not known; did you mean `{near}`?");
                self.error(FormErrorKind::Unknown, &name, message);
            }
        }
    }

    /// Calls `unknown` for each member that is not in `known` and records the message it returns.
    ///
    /// The path ends in the name as it is, without quotes or brackets.
    pub(crate) fn check_names(&mut self, known: &[&str], unknown: impl Fn(&str) -> String) {
        let value = self.value;
        for (key, _) in value.members() {
            let name = key.string().unwrap_or_default();
            if !known.contains(&&*name) {
                self.invalid_unquoted(&name, unknown(&name));
            }
        }
    }

    pub(crate) fn invalid(&mut self, name: &str, message: impl Into<Box<str>>) {
        self.error(FormErrorKind::Invalid, name, message);
    }

    /// Records an error at a path that ends in the name as it is, without quotes or brackets.
    pub(crate) fn invalid_unquoted(&mut self, name: &str, message: impl Into<Box<str>>) {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        self.errors.push(FormError {
            kind: FormErrorKind::Invalid,
            path,
            message: message.into(),
        });
    }

    /// Returns the value of a check, or records its message.
    pub(crate) fn check<T>(&mut self, name: &str, checked: Result<T, String>) -> Option<T> {
        checked.map_err(|message| self.invalid(name, message)).ok()
    }

    fn error(&mut self, kind: FormErrorKind, name: &str, message: impl Into<Box<str>>) {
        let path = self.path_of(name);
        self.errors.push(FormError {
            kind,
            path,
            message: message.into(),
        });
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
