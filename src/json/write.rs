//! Writes JSON text. Numbers keep the spelling they were read with.

use std::fmt::{self, Write};

use crate::text::swar::{below_space, equal, first_special, is_plain_unquoted};

/// Writes `text` as a JSON string with quotes. Escapes control characters, DEL, U+2028 and U+2029,
/// so that no output line breaks.
pub(crate) fn write_string(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = text;
    while let Some(at) = first_special(rest, may_need_escape, needs_escape) {
        let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.write_str(plain)?;
        let mut chars = tail.chars();
        if let Some(c) = chars.next() {
            write_escaped(out, c)?;
        }
        rest = chars.as_str();
    }
    out.write_str(rest)?;
    out.write_char('"')
}

/// Appends the output of [`write_string`].
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.reserve(text.len().saturating_add(2));
    if is_plain_unquoted(text) {
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
    // Writing to a String cannot fail.
    let _ = write_string(out, text);
}

/// Appends an integer.
pub(crate) fn push_whole(out: &mut String, number: usize) {
    match u32::try_from(number)
        .ok()
        .and_then(|one| char::from_digit(one, 10))
    {
        Some(digit) => out.push(digit),
        // Writing to a String cannot fail.
        None => {
            let _ = write!(out, "{number}");
        }
    }
}

/// Returns `text` as a JSON string.
pub(crate) fn string(text: &str) -> String {
    let mut out = String::new();
    push_string(&mut out, text);
    out
}

/// Copies valid JSON without whitespace between tokens. Numbers and key order stay the same;
/// characters that output must not contain unescaped are escaped.
pub(crate) fn write_compact(out: &mut String, json: &str) {
    let mut in_string = false;
    let mut escaped = false;
    for c in json.chars() {
        if !in_string {
            in_string = c == '"';
            if !c.is_ascii_whitespace() {
                out.push(c);
            }
        } else if escaped {
            escaped = false;
            out.push(c);
        } else {
            in_string = c != '"';
            escaped = c == '\\';
            if needs_escape(c) && !escaped && in_string {
                // Writing to a String cannot fail.
                let _ = write_escaped(out, c);
            } else {
                out.push(c);
            }
        }
    }
}

/// Serializes a value without whitespace. Does not recurse, so any depth is safe.
pub(crate) fn written(value: &serde_json::Value) -> String {
    use serde_json::Value;
    /// The remaining contents of a container.
    enum RemainingItems<'a> {
        List(std::slice::Iter<'a, Value>),
        Object(serde_json::map::Iter<'a>),
    }
    let mut out = String::new();
    let mut open: Vec<RemainingItems<'_>> = Vec::new();
    let mut next = Some(value);
    loop {
        match next {
            Some(Value::Array(elements)) => {
                out.push('[');
                open.push(RemainingItems::List(elements.iter()));
            }
            Some(Value::Object(members)) => {
                out.push('{');
                open.push(RemainingItems::Object(members.iter()));
            }
            Some(Value::String(text)) => {
                push_string(&mut out, text);
            }
            Some(scalar) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "{scalar}");
            }
            None => {}
        }
        let first = out.ends_with(['[', '{']);
        let end = match open.last_mut() {
            None => return out,
            Some(RemainingItems::List(rest)) => {
                next = rest.next();
                ']'
            }
            Some(RemainingItems::Object(rest)) => {
                let member = rest.next();
                next = member.map(|(_, value)| value);
                if let Some((key, _)) = member {
                    if !first {
                        out.push(',');
                    }
                    push_string(&mut out, key);
                    out.push(':');
                }
                '}'
            }
        };
        if next.is_none() {
            out.push(end);
            open.pop();
        } else if end == ']' && !first {
            out.push(',');
        }
    }
}

/// Writes a JSON list.
pub(crate) fn write_list<T>(out: &mut String, items: &[T], mut write: impl FnMut(&T, &mut String)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}

fn needs_escape(c: char) -> bool {
    matches!(c, '"' | '\\' | '\u{7f}' | '\u{2028}' | '\u{2029}') || c.is_control()
}

/// Marks the bytes of a word that may start a character to escape: ASCII ones and the lead bytes
/// 0xC2 (U+0080 to U+00BF) and 0xE2 (U+2000 to U+2FFF).
const fn may_need_escape(word: u64) -> u64 {
    below_space(word)
        | equal(word, b'"')
        | equal(word, b'\\')
        | equal(word, 0x7f)
        | equal(word, 0xc2)
        | equal(word, 0xe2)
}

fn write_escaped(out: &mut impl Write, c: char) -> fmt::Result {
    match c {
        '"' => out.write_str("\\\""),
        '\\' => out.write_str("\\\\"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\u{8}' => out.write_str("\\b"),
        '\u{c}' => out.write_str("\\f"),
        c => write!(out, "\\u{:04x}", u32::from(c)),
    }
}

/// Writes one JSON object, member by member.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Writes the opening bracket.
    pub(crate) fn new(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    /// Writes a key that needs no escape and its colon. The caller appends the value to the
    /// returned buffer.
    #[inline(always)]
    pub(crate) fn key(&mut self, name: &'static str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }

    /// As [`ObjectWriter::key`], for a key that may need escapes.
    pub(crate) fn any_key(&mut self, name: &str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        push_string(self.out, name);
        self.out.push(':');
        self.out
    }

    #[inline]
    pub(crate) fn string(&mut self, name: &'static str, value: &str) -> &mut Self {
        push_string(self.key(name), value);
        self
    }

    /// Writes a member whose value needs no escape: a fixed name, an id or a path of RFC 3986.
    #[inline(always)]
    pub(crate) fn word(&mut self, name: &'static str, word: &str) -> &mut Self {
        let out = self.key(name);
        out.push('"');
        out.push_str(word);
        out.push('"');
        self
    }

    /// Writes a member whose value is already JSON text.
    #[inline]
    pub(crate) fn raw(&mut self, name: &'static str, json: &str) -> &mut Self {
        self.key(name).push_str(json);
        self
    }

    /// Writes the closing bracket.
    pub(crate) fn end(self) {
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_text_keeps_numbers_keys_and_strings() {
        let cases = [
            (
                "{ \"b\" : 1.50 ,\n\t\"a\" : [ 1e400 , null ] }",
                r#"{"b":1.50,"a":[1e400,null]}"#,
            ),
            (r#" "a \" b\\" "#, r#""a \" b\\""#),
            ("\"a\u{2028}b\u{7f}c é\"", r#""a\u2028b\u007fc é""#),
            (r#"["\u0041", "\n"]"#, r#"["\u0041","\n"]"#),
        ];
        for (json, compact) in cases {
            let mut out = String::new();
            write_compact(&mut out, json);
            assert_eq!(out, compact);
        }
    }
}
