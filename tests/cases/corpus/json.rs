//! JSON values as the corpus compares them: numbers by their text, keys in any order, `"*"` for any value.
//!
//! They share no code with the crate's reader and writer, which they judge.

use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Parses the whole of `text`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (value, rest) = Self::parse_prefix(text)?;
        match rest.trim() {
            "" => Ok(value),
            _ => Err(format!("more text after the JSON value: {rest}")),
        }
    }

    /// Parses the value at the start of `text` and returns the rest of the text with it.
    pub(super) fn parse_prefix(text: &str) -> Result<(Self, &str), String> {
        let text = text.trim_start();
        match text.chars().next() {
            Some('{') => {
                let mut members = Vec::new();
                let rest = items(&text[1..], '}', |text| {
                    let (key, rest) = string(text.trim_start())?;
                    let rest = rest.trim_start();
                    let rest = rest.strip_prefix(':').ok_or(format!("no colon: {rest}"))?;
                    let (value, rest) = Self::parse_prefix(rest)?;
                    members.push((key, value));
                    Ok(rest)
                })?;
                Ok((Self::Object(members), rest))
            }
            Some('[') => {
                let mut elements = Vec::new();
                let rest = items(&text[1..], ']', |text| {
                    let (value, rest) = Self::parse_prefix(text)?;
                    elements.push(value);
                    Ok(rest)
                })?;
                Ok((Self::List(elements), rest))
            }
            Some('"') => string(text).map(|(text, rest)| (Self::Text(text), rest)),
            _ => {
                let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
                let (word, rest) = text.split_at(end.unwrap_or(text.len()));
                let value = match word {
                    "null" => Self::Null,
                    "true" => Self::Bool(true),
                    "false" => Self::Bool(false),
                    _ if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                        Self::Number(word.into())
                    }
                    _ => return Err(format!("not a JSON value: {text}")),
                };
                Ok((value, rest))
            }
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                let found = members.iter().find(|(key, _)| key == name);
                found.map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Returns the value at the end of a path of members.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, name| value.member(name))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the string at the end of a path of members.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).and_then(Self::text)
    }

    /// Returns the elements of the list that is the member `name`, none if there is no such list.
    pub(super) fn list(&self, name: &str) -> &[Self] {
        match self.member(name) {
            Some(Self::List(elements)) => elements,
            _ => &[],
        }
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        if let Self::Object(members) = &mut self {
            members.retain(|(key, _)| key != name);
        }
        self
    }

    /// Checks that `actual` is as this expectation says; the error names the path where it is not.
    pub(super) fn accepts(&self, actual: &Self) -> Result<(), String> {
        self.accepts_at(actual, "")
    }

    fn accepts_at(&self, actual: &Self, path: &str) -> Result<(), String> {
        match (self, actual) {
            (Self::Text(text), _) if text == "*" => Ok(()),
            (Self::List(expected), Self::List(elements)) if expected.len() == elements.len() => {
                for (index, (expected, element)) in expected.iter().zip(elements).enumerate() {
                    expected.accepts_at(element, &format!("{path}[{index}]"))?;
                }
                Ok(())
            }
            (Self::Object(expected), Self::Object(members)) => {
                for (key, value) in expected.iter().filter(|(key, _)| key != "*") {
                    let Some(member) = actual.member(key) else {
                        return Err(format!("at `{path}`: no `{key}` in {actual}"));
                    };
                    value.accepts_at(member, &format!("{path}.{key}"))?;
                }
                let more = members.iter().find(|(key, _)| self.member(key).is_none());
                match more {
                    Some((key, _)) if self.member("*").is_none() => {
                        Err(format!("at `{path}`: `{key}` not expected in {actual}"))
                    }
                    _ => Ok(()),
                }
            }
            _ if self == actual => Ok(()),
            _ => Err(format!("at `{path}`: expected {self}, got {actual}")),
        }
    }
}

/// Calls `item` for each of the items before `close`, and returns the text after it.
fn items<'t>(
    text: &'t str,
    close: char,
    mut item: impl FnMut(&'t str) -> Result<&'t str, String>,
) -> Result<&'t str, String> {
    let mut rest = text.trim_start();
    if let Some(after) = rest.strip_prefix(close) {
        return Ok(after);
    }
    loop {
        rest = item(rest)?.trim_start();
        if let Some(after) = rest.strip_prefix(close) {
            return Ok(after);
        }
        rest = rest
            .strip_prefix(',')
            .ok_or(format!("neither a comma nor `{close}`: {rest}"))?;
    }
}

/// Parses the string at the start of `text` and returns the rest of the text with it.
fn string(text: &str) -> Result<(String, &str), String> {
    let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
    match strings.next() {
        Some(Ok(string)) => Ok((string, &text[strings.byte_offset()..])),
        Some(Err(error)) => Err(format!("{error}: {text}")),
        None => Err("a string is missing".into()),
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) => f.write_str(text),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(elements) => {
                let elements: Vec<String> = elements.iter().map(Self::to_string).collect();
                write!(f, "[{}]", elements.join(", "))
            }
            Self::Object(members) => {
                let members = members.iter();
                let members = members.map(|(key, value)| format!("{}: {value}", quoted(key)));
                write!(f, "{{{}}}", members.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Returns `text` as a string literal, both of JSON and of the rule language.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

pub(super) mod tests {
    use super::Json;

    pub(crate) fn numbers_compare_by_text_and_keys_in_any_order() {
        let expected = Json::parse(r#"{"a": 1.50, "b": ["x", null]}"#).unwrap();
        let accepts = |text: &str| expected.accepts(&Json::parse(text).unwrap()).is_ok();
        assert!(accepts(r#"{"b":["x",null],"a":1.50}"#));
        for other in [
            r#"{"b":["x",null],"a":1.5}"#,
            r#"{"b":["x"],"a":1.50}"#,
            r#"{"b":["x",null]}"#,
            r#"{"b":["x",null],"a":1.50,"c":1}"#,
            r#"{"b":["x",false],"a":1.50}"#,
        ] {
            assert!(!accepts(other), "{other}");
        }
    }

    pub(crate) fn stars_accept_any_value_and_more_members() {
        let expected = Json::parse(r#"{"a": "*", "*": "*"}"#).unwrap();
        let accepts = |text: &str| expected.accepts(&Json::parse(text).unwrap()).is_ok();
        assert!(accepts(r#"{"a": [1, {}], "b": 2}"#));
        assert!(accepts(r#"{"a": null}"#));
        assert!(!accepts(r#"{"b": 2}"#));
    }

    pub(crate) fn strings_have_escapes() {
        let text = Json::parse(r#""\u00e9\ud83d\ude00\n\"\/""#).unwrap();
        assert_eq!(text, Json::Text("é😀\n\"/".into()));
        assert_eq!(Json::parse(&text.to_string()).unwrap(), text);
        let bad = [
            r#""\ud800""#,
            r#""\x""#,
            r#""abc"#,
            "[1",
            "{\"a\" 1}",
            "[1] 2",
        ];
        for bad in bad {
            assert!(Json::parse(bad).is_err(), "{bad}");
        }
    }
}
