//! Decodes string literals, and maps offsets in the value back to offsets in the literal.

use std::borrow::Cow;

/// The quotes of a raw string.
pub(crate) const RAW: &str = "\"\"\"";

/// An error in a literal, at a byte offset from its opening quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StringError {
    pub(crate) offset: usize,
    /// Length of the wrong part in bytes.
    pub(crate) length: usize,
    pub(crate) message: Cow<'static, str>,
}

/// Decodes a literal with its quotes, plain or raw.
pub(crate) fn decode(literal: &str) -> Result<String, StringError> {
    let mut out = String::with_capacity(literal.len());
    walk(literal, |_, chunk| {
        match chunk {
            StringChunk::Same(text) => out.push_str(text),
            StringChunk::Char(c) => out.push(c),
        }
        true
    })?;
    Ok(out)
}

/// Maps a byte offset in a value to one in its literal. An offset inside an escaped character maps to the
/// begin of the escape, and one past the end to the closing quote.
pub(crate) fn source_offset(literal: &str, value_offset: usize) -> usize {
    let quotes = if is_raw(literal) { RAW.len() } else { 1 };
    let mut found = literal.len().saturating_sub(quotes);
    let mut passed: usize = 0;
    // A literal with an error has no value, so any result will do.
    let _ = walk(literal, |at, chunk| {
        let length = match chunk {
            StringChunk::Same(text) => text.len(),
            StringChunk::Char(c) => c.len_utf8(),
        };
        let end = passed.saturating_add(length);
        if value_offset < end {
            found = match chunk {
                StringChunk::Same(_) => at.saturating_add(value_offset.saturating_sub(passed)),
                StringChunk::Char(_) => at,
            };
            return false;
        }
        passed = end;
        true
    });
    found
}

/// Returns whether a literal is written `"""…"""`.
pub(crate) fn is_raw(literal: &str) -> bool {
    literal.len() >= RAW.len().saturating_mul(2) && literal.starts_with(RAW)
}

/// A part of a literal and its contribution to the value.
enum StringChunk<'a> {
    /// Text that is the same in the value.
    Same(&'a str),
    /// An escape, or a line break.
    Char(char),
}

/// Passes the chunks of a literal to `each`, with their offsets in the literal, until it returns false.
fn walk<'a>(
    literal: &'a str,
    each: impl FnMut(usize, StringChunk<'a>) -> bool,
) -> Result<(), StringError> {
    if is_raw(literal) {
        walk_raw(literal, each);
        Ok(())
    } else {
        walk_plain(literal, each)
    }
}

fn walk_plain<'a>(
    literal: &'a str,
    mut each: impl FnMut(usize, StringChunk<'a>) -> bool,
) -> Result<(), StringError> {
    let inner = literal.strip_prefix('"').unwrap_or(literal);
    let mut rest = inner.strip_suffix('"').unwrap_or(inner);
    // Offset of the closing quote; the length of `rest` gives the current offset.
    let close = rest.len().saturating_add(1);
    loop {
        let stop = rest.find(|c: char| c == '\\' || c < ' ');
        let (plain, tail) = rest.split_at(stop.unwrap_or(rest.len()));
        if !plain.is_empty() && !each(close.saturating_sub(rest.len()), StringChunk::Same(plain)) {
            return Ok(());
        }
        let Some(first) = tail.chars().next() else {
            return Ok(());
        };
        let at = close.saturating_sub(tail.len());
        if first != '\\' {
            return Err(StringError {
                offset: at,
                length: first.len_utf8(),
                message: Cow::Owned(format!(
                    "strings cannot contain control characters; write `{}`",
                    escaped(first)
                )),
            });
        }
        let (c, length) = escape(tail).map_err(|(length, message)| StringError {
            offset: at,
            length,
            message,
        })?;
        if !each(at, StringChunk::Char(c)) {
            return Ok(());
        }
        rest = tail.get(length..).unwrap_or("");
    }
}

fn escaped(c: char) -> String {
    match c {
        '\t' => "\\t".to_owned(),
        c => format!("\\u{:04x}", u32::from(c)),
    }
}

/// Returns the character of the escape at the start of `text`, and the length of the escape.
fn escape(text: &str) -> Result<(char, usize), (usize, Cow<'static, str>)> {
    let c = match text.as_bytes().get(1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(text),
        Some(b'\'') => return Err((2, Cow::Borrowed("`'` needs no escape in a string"))),
        Some(_) => {
            let shown: String = text.chars().take(2).collect();
            let message = format!("unknown escape `{shown}`; write a backslash as `\\\\`");
            return Err((shown.len(), Cow::Owned(message)));
        }
        None => return Err((1, Cow::Borrowed("incomplete escape"))),
    };
    Ok((c, 2))
}

/// Decodes `\uXXXX`, and the second half of a surrogate pair.
fn unicode(text: &str) -> Result<(char, usize), (usize, Cow<'static, str>)> {
    const LENGTH: usize = 6;
    let Some(first) = four_digits(text) else {
        return Err((
            2,
            Cow::Borrowed("`\\u` must be followed by four hexadecimal digits"),
        ));
    };
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Ok((c, LENGTH));
    }
    let alone = || (LENGTH, Cow::Borrowed("unpaired half of a surrogate pair"));
    let second = text.get(LENGTH..).and_then(four_digits).ok_or_else(alone)?;
    match char::decode_utf16([first, second]).next() {
        Some(Ok(c)) => Ok((c, LENGTH.saturating_mul(2))),
        _ => Err(alone()),
    }
}

/// Returns the code unit of the `\uXXXX` at the start of `text`.
fn four_digits(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    // `from_str_radix` accepts a sign.
    digits
        .bytes()
        .all(|b| b.is_ascii_hexdigit())
        .then_some(())?;
    u16::from_str_radix(digits, 16).ok()
}

fn walk_raw<'a>(literal: &'a str, mut each: impl FnMut(usize, StringChunk<'a>) -> bool) {
    let lines = raw_lines(literal);
    let margin = margin(lines.iter().map(|&(_, line)| line));
    let mut first = true;
    let mut before = RAW.len();
    for (at, line) in lines {
        if !first && !each(before, StringChunk::Char('\n')) {
            return;
        }
        first = false;
        let cut = shared(margin, line).len();
        let kept = line.get(cut..).unwrap_or("");
        if !kept.is_empty() && !each(at.saturating_add(cut), StringChunk::Same(kept)) {
            return;
        }
        before = at.saturating_add(line.len());
    }
}

/// Returns the lines of a raw literal with their offsets in the literal. The lines of the opening and the
/// closing quotes are left out if they contain only whitespace.
fn raw_lines(literal: &str) -> Vec<(usize, &str)> {
    let inner = literal.strip_prefix(RAW).unwrap_or(literal);
    let inner = inner.strip_suffix(RAW).unwrap_or(inner);
    let mut lines = Vec::new();
    let mut at = RAW.len();
    let mut rest = inner;
    loop {
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        lines.push((at, line));
        let length = match tail.as_bytes() {
            [] => break,
            [b'\r', b'\n', ..] => 2,
            _ => 1,
        };
        at = at.saturating_add(end).saturating_add(length);
        rest = tail.get(length..).unwrap_or("");
    }
    if lines.last().is_some_and(|(_, line)| is_blank(line)) {
        lines.pop();
    }
    if lines.first().is_some_and(|(_, line)| is_blank(line)) && !lines.is_empty() {
        let opening = lines.first().is_some_and(|(at, _)| *at == RAW.len());
        if opening {
            lines.remove(0);
        }
    }
    lines
}

/// Returns the indentation that all lines share, except those that are only whitespace.
fn margin<'a>(lines: impl Iterator<Item = &'a str>) -> &'a str {
    let mut margin: Option<&str> = None;
    for line in lines.filter(|line| !is_blank(line)) {
        let text = line.trim_start_matches([' ', '\t']);
        let indent = line
            .get(..line.len().saturating_sub(text.len()))
            .unwrap_or("");
        margin = Some(match margin {
            None => indent,
            Some(margin) => shared(margin, indent),
        });
    }
    margin.unwrap_or("")
}

/// Returns the common prefix of both. Margins are ASCII, so it ends at a character boundary.
fn shared<'a>(a: &'a str, b: &str) -> &'a str {
    let length = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    a.get(..length).unwrap_or("")
}

fn is_blank(line: &str) -> bool {
    line.bytes().all(|b| b == b' ' || b == b'\t')
}

#[cfg(test)]
mod tests {
    use super::{decode, source_offset};

    #[test]
    fn decodes() {
        for (literal, value) in [
            (r#""""#, ""),
            (r#""a b""#, "a b"),
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#""\u00e9\ud83d\uDE00é""#, "é😀é"),
            (r#""""""""#, ""),
            (r#""""abc""""#, "abc"),
            (r#""""  abc  """"#, "abc  "),
            (r#""""   """"#, ""),
            ("\"\"\"\n\"\"\"", ""),
            ("\"\"\"\n\n\"\"\"", ""),
            ("\"\"\"\n\n\n\"\"\"", "\n"),
            ("\"\"\"\n   \n\"\"\"", "   "),
            ("\"\"\"  \n  a\n  \"\"\"", "a"),
            ("\"\"\"\n    a\n      b\n    \"\"\"", "a\n  b"),
            ("\"\"\"\n    a\n\n  b\"\"\"", "  a\n\nb"),
            ("\"\"\"a\n  b\"\"\"", "a\n  b"),
            ("\"\"\"\r\n\ta\r\t b\n\"\"\"", "a\n b"),
            ("\"\"\"\n\ta\n    b\n\"\"\"", "\ta\n    b"),
            (
                "\"\"\"\n  a\\n \" \"\" x\n \n   \n\"\"\"",
                "a\\n \" \"\" x\n\n ",
            ),
            ("\"\"\"\n  é\n  \u{2003}x\n\"\"\"", "é\n\u{2003}x"),
        ] {
            assert_eq!(decode(literal).as_deref(), Ok(value), "{literal:?}");
        }
    }

    #[test]
    fn errors_have_their_offset() {
        for (literal, offset, length) in [
            (r#""a\x""#, 2, 2),
            (r#""\u12""#, 1, 2),
            (r#""\u+123""#, 1, 2),
            (r#""é\ud800""#, 3, 6),
            (r#""\ud800\u0041""#, 1, 6),
            (r#""\udc00\ud800""#, 1, 6),
            ("\"a\tb\"", 2, 1),
            (r#""\é""#, 1, 3),
        ] {
            let error = decode(literal).unwrap_err();
            assert_eq!(
                (error.offset, error.length),
                (offset, length),
                "{literal:?}"
            );
        }
    }

    #[test]
    fn offsets_map_back_to_the_literal() {
        let plain = r#""a\nb\ud83d\ude00c""#;
        let value = decode(plain).unwrap();
        assert_eq!(value, "a\nb😀c");
        let back: Vec<usize> = (0..=value.len())
            .map(|at| source_offset(plain, at))
            .collect();
        assert_eq!(back, [1, 2, 4, 5, 5, 5, 5, 17, 18]);

        let raw = "\"\"\"\r\n    ab\r\n      c\n\n    \"\"\"";
        let value = decode(raw).unwrap();
        assert_eq!(value, "ab\n  c\n");
        let back: Vec<usize> = (0..=value.len()).map(|at| source_offset(raw, at)).collect();
        assert_eq!(back, [9, 10, 11, 17, 18, 19, 20, raw.len() - 3]);
    }
}
