//! Strings as rules write them: from the literal to its value, and from a place in the value back to
//! the literal. Knows nothing of what the text is for.

use std::borrow::Cow;

/// The quotes of a raw string.
pub(crate) const RAW: &str = "\"\"\"";

/// What is wrong in a literal, at a byte offset counted from its opening quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) offset: usize,
    /// Bytes of the flawed part.
    pub(crate) length: usize,
    pub(crate) message: Cow<'static, str>,
}

/// The value of a literal, quotes included, plain or raw.
pub(crate) fn decode(literal: &str) -> Result<String, Flaw> {
    let mut out = String::with_capacity(literal.len());
    walk(literal, |_, piece| {
        match piece {
            Piece::Same(text) => out.push_str(text),
            Piece::Char(c) => out.push(c),
        }
        true
    })?;
    Ok(out)
}

/// The byte offset in the literal of a byte offset in its value. An offset inside a character that is
/// escaped is the escape's begin; one past the end is the closing quote.
pub(crate) fn source_offset(literal: &str, value_offset: usize) -> usize {
    let quotes = if is_raw(literal) { RAW.len() } else { 1 };
    let mut found = literal.len().saturating_sub(quotes);
    let mut passed: usize = 0;
    // A literal with a flaw never became a value; what was walked of it serves as well.
    let _ = walk(literal, |at, piece| {
        let length = match piece {
            Piece::Same(text) => text.len(),
            Piece::Char(c) => c.len_utf8(),
        };
        let end = passed.saturating_add(length);
        if value_offset < end {
            found = match piece {
                Piece::Same(_) => at.saturating_add(value_offset.saturating_sub(passed)),
                Piece::Char(_) => at,
            };
            return false;
        }
        passed = end;
        true
    });
    found
}

/// Whether a literal is written `"""…"""`.
pub(crate) fn is_raw(literal: &str) -> bool {
    literal.len() >= RAW.len().saturating_mul(2) && literal.starts_with(RAW)
}

/// A part of a literal as it comes into the value.
enum Piece<'a> {
    /// Byte for byte.
    Same(&'a str),
    /// An escape, or a line break.
    Char(char),
}

/// Goes through the literal's value piece by piece, each with its offset in the literal, until `each`
/// says that it has seen enough.
fn walk<'a>(literal: &'a str, each: impl FnMut(usize, Piece<'a>) -> bool) -> Result<(), Flaw> {
    if is_raw(literal) {
        walk_raw(literal, each);
        Ok(())
    } else {
        walk_plain(literal, each)
    }
}

fn walk_plain<'a>(
    literal: &'a str,
    mut each: impl FnMut(usize, Piece<'a>) -> bool,
) -> Result<(), Flaw> {
    let inner = literal.strip_prefix('"').unwrap_or(literal);
    let mut rest = inner.strip_suffix('"').unwrap_or(inner);
    // The closing quote's offset: what is left tells how far we are.
    let close = rest.len().saturating_add(1);
    loop {
        let stop = rest.find(|c: char| c == '\\' || c < ' ');
        let (plain, tail) = rest.split_at(stop.unwrap_or(rest.len()));
        if !plain.is_empty() && !each(close.saturating_sub(rest.len()), Piece::Same(plain)) {
            return Ok(());
        }
        let Some(first) = tail.chars().next() else {
            return Ok(());
        };
        let at = close.saturating_sub(tail.len());
        if first != '\\' {
            return Err(Flaw {
                offset: at,
                length: first.len_utf8(),
                message: Cow::Owned(format!(
                    "a string holds no control character; write `{}`",
                    escaped(first)
                )),
            });
        }
        let (c, length) = escape(tail).map_err(|(length, message)| Flaw {
            offset: at,
            length,
            message,
        })?;
        if !each(at, Piece::Char(c)) {
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

/// The character that the escape at the begin of `text` stands for, and the escape's length.
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
            let message = format!("`{shown}` is no escape; a backslash itself is written `\\\\`");
            return Err((shown.len(), Cow::Owned(message)));
        }
        None => return Err((1, Cow::Borrowed("the escape is not complete"))),
    };
    Ok((c, 2))
}

/// Reads `\uXXXX`, and the second half where the first is a high surrogate.
fn unicode(text: &str) -> Result<(char, usize), (usize, Cow<'static, str>)> {
    const LENGTH: usize = 6;
    let Some(first) = four_digits(text) else {
        return Err((2, Cow::Borrowed("`\\u` takes four hexadecimal digits")));
    };
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Ok((c, LENGTH));
    }
    let alone = || {
        (
            LENGTH,
            Cow::Borrowed("half of a surrogate pair stands alone"),
        )
    };
    let second = text.get(LENGTH..).and_then(four_digits).ok_or_else(alone)?;
    match char::decode_utf16([first, second]).next() {
        Some(Ok(c)) => Ok((c, LENGTH.saturating_mul(2))),
        _ => Err(alone()),
    }
}

/// The digits of the `\uXXXX` that `text` begins with.
fn four_digits(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    // `from_str_radix` would take a sign.
    digits
        .bytes()
        .all(|b| b.is_ascii_hexdigit())
        .then_some(())?;
    u16::from_str_radix(digits, 16).ok()
}

fn walk_raw<'a>(literal: &'a str, mut each: impl FnMut(usize, Piece<'a>) -> bool) {
    let lines = raw_lines(literal);
    let margin = margin(lines.iter().map(|&(_, line)| line));
    let mut first = true;
    let mut before = RAW.len();
    for (at, line) in lines {
        if !first && !each(before, Piece::Char('\n')) {
            return;
        }
        first = false;
        let cut = shared(margin, line).len();
        let kept = line.get(cut..).unwrap_or("");
        if !kept.is_empty() && !each(at.saturating_add(cut), Piece::Same(kept)) {
            return;
        }
        before = at.saturating_add(line.len());
    }
}

/// The lines of a raw literal that count, each with its offset in the literal: the one behind the
/// opening quotes and the one before the closing quotes only where they hold more than blanks.
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

/// The blanks that all lines with more than blanks begin with.
fn margin<'a>(lines: impl Iterator<Item = &'a str>) -> &'a str {
    let mut margin: Option<&str> = None;
    for line in lines.filter(|line| !is_blank(line)) {
        let text = line.trim_start_matches([' ', '\t']);
        let blanks = line
            .get(..line.len().saturating_sub(text.len()))
            .unwrap_or("");
        margin = Some(match margin {
            None => blanks,
            Some(margin) => shared(margin, blanks),
        });
    }
    margin.unwrap_or("")
}

/// The longest text that both begin with. Both begin with ASCII as far as they agree with `a`.
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
    fn flaws_have_their_place() {
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
            let flaw = decode(literal).unwrap_err();
            assert_eq!((flaw.offset, flaw.length), (offset, length), "{literal:?}");
        }
    }

    #[test]
    fn offsets_go_back() {
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
