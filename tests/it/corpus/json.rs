//! JSON as the corpus compares it: numbers by their text, keys in any order, wildcards. Independent of
//! the crate's own reader, which it judges.

use std::fmt::{self, Write};

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
    /// The whole of `text`, blanks around it allowed.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (value, rest) = Self::parse_prefix(text)?;
        if rest.trim().is_empty() {
            Ok(value)
        } else {
            Err(format!("more text after the JSON value: {rest}"))
        }
    }

    /// The value that `text` begins with, and what comes after it.
    pub(super) fn parse_prefix(text: &str) -> Result<(Self, &str), String> {
        let text = text.trim_start();
        let Some(first) = text.chars().next() else {
            return Err("no JSON value".into());
        };
        match first {
            '{' => {
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
            '[' => {
                let mut elements = Vec::new();
                let rest = items(&text[1..], ']', |text| {
                    let (value, rest) = Self::parse_prefix(text)?;
                    elements.push(value);
                    Ok(rest)
                })?;
                Ok((Self::List(elements), rest))
            }
            '"' => string(text).map(|(text, rest)| (Self::Text(text), rest)),
            _ => {
                let end = text
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)))
                    .unwrap_or(text.len());
                let (word, rest) = text.split_at(end);
                let value = match word {
                    "null" => Self::Null,
                    "true" => Self::Bool(true),
                    "false" => Self::Bool(false),
                    _ if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                        Self::Number(word.into())
                    }
                    _ => return Err(format!("no JSON value: {text}")),
                };
                Ok((value, rest))
            }
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value at the end of a path of members.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, name| value.member(name))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        if let Self::Object(members) = &mut self {
            members.retain(|(key, _)| key != name);
        }
        self
    }

    /// Whether this, an expectation, takes `got`; if not, where it does not.
    pub(super) fn takes(&self, got: &Self) -> Result<(), String> {
        self.takes_at(got, "")
    }

    fn takes_at(&self, got: &Self, path: &str) -> Result<(), String> {
        let differs = || Err(format!("at `{path}`: expected {self}, got {got}"));
        match (self, got) {
            (Self::Text(text), _) if text == "*" => Ok(()),
            (Self::List(expected), Self::List(elements)) => {
                if expected.len() != elements.len() {
                    return differs();
                }
                let pairs = expected.iter().zip(elements).enumerate();
                for (index, (expected, element)) in pairs {
                    expected.takes_at(element, &format!("{path}[{index}]"))?;
                }
                Ok(())
            }
            (Self::Object(expected), Self::Object(members)) => {
                let open = expected.iter().any(|(key, _)| key == "*");
                for (key, value) in expected.iter().filter(|(key, _)| key != "*") {
                    let Some(member) = got.member(key) else {
                        return Err(format!("at `{path}`: no `{key}` in {got}"));
                    };
                    value.takes_at(member, &format!("{path}.{key}"))?;
                }
                for (key, _) in members {
                    if !open && self.member(key).is_none() {
                        return Err(format!("at `{path}`: `{key}` not expected in {got}"));
                    }
                }
                Ok(())
            }
            _ if self == got => Ok(()),
            _ => differs(),
        }
    }
}

/// The items up to `close`, parted by commas; what comes after it.
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

fn string(text: &str) -> Result<(String, &str), String> {
    let mut chars = text.char_indices();
    if chars.next().map(|(_, c)| c) != Some('"') {
        return Err(format!("no string: {text}"));
    }
    let mut units: Vec<u16> = Vec::new();
    let mut buffer = [0; 2];
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let text_of = String::from_utf16(&units).map_err(|error| error.to_string())?;
                return Ok((text_of, &text[at + 1..]));
            }
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                    let unit = u16::from_str_radix(&digits, 16);
                    units.push(unit.map_err(|error| format!("\\u{digits}: {error}"))?);
                }
                Some(c) => {
                    let c = match c {
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        '"' | '\\' | '/' => c,
                        _ => return Err(format!("no escape: \\{c}")),
                    };
                    units.extend_from_slice(c.encode_utf16(&mut buffer));
                }
                None => break,
            },
            c => units.extend_from_slice(c.encode_utf16(&mut buffer)),
        }
    }
    Err(format!("a string without end: {text}"))
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) => f.write_str(text),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(elements) => {
                f.write_char('[')?;
                for (index, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if index > 0 { ", " } else { "" })?;
                }
                f.write_char(']')
            }
            Self::Object(members) => {
                f.write_char('{')?;
                for (index, (key, value)) in members.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{}: {value}", quoted(key))?;
                }
                f.write_char('}')
            }
        }
    }
}

/// `text` as a string of JSON, and of the rule language.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text_and_keys_have_no_order() {
        let expected = Json::parse(r#"{"a": 1.50, "b": ["x", null]}"#).unwrap();
        assert!(
            expected
                .takes(&Json::parse(r#"{"b":["x",null],"a":1.50}"#).unwrap())
                .is_ok()
        );
        for other in [
            r#"{"b":["x",null],"a":1.5}"#,
            r#"{"b":["x"],"a":1.50}"#,
            r#"{"b":["x",null]}"#,
            r#"{"b":["x",null],"a":1.50,"c":1}"#,
            r#"{"b":["x",false],"a":1.50}"#,
        ] {
            let other = Json::parse(other).unwrap();
            assert!(expected.takes(&other).is_err(), "{other}");
        }
    }

    #[test]
    fn stars_take_anything_and_further_members() {
        let expected = Json::parse(r#"{"a": "*", "*": "*"}"#).unwrap();
        let takes = |text: &str| expected.takes(&Json::parse(text).unwrap()).is_ok();
        assert!(takes(r#"{"a": [1, {}], "b": 2}"#));
        assert!(takes(r#"{"a": null}"#));
        assert!(!takes(r#"{"b": 2}"#));
    }

    #[test]
    fn escapes() {
        let text = Json::parse(r#""\u00e9\ud83d\ude00\n\"\/""#).unwrap();
        assert_eq!(text, Json::Text("é😀\n\"/".into()));
        assert_eq!(Json::parse(&text.to_string()).unwrap(), text);
        for bad in [
            r#""\ud800""#,
            r#""\x""#,
            r#""abc"#,
            "[1",
            "{\"a\" 1}",
            "[1] 2",
        ] {
            assert!(Json::parse(bad).is_err(), "{bad}");
        }
    }
}
