//! Validates JSON strings: where they end, and what is wrong in them.

use super::{JsonError, json_error};
use crate::text::swar::plain_end;

/// Starts at the first special byte of a string. Returns the offset after the closing quote.
#[inline(never)]
pub(super) fn rest_of_string(bytes: &[u8], start: usize) -> Result<usize, JsonError> {
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(at.wrapping_add(1)),
            Some(b'\\') => at = escape_end(bytes, at)?,
            Some(byte) => {
                let message = format!("a string holds the control character U+{byte:04X} as it is");
                return Err(json_error(at, &message));
            }
            None => return Err(json_error(bytes.len(), "the text ends inside a string")),
        }
        at = plain_end(bytes, at);
    }
}

/// Starts at a backslash. Returns the offset after the escape, or after both escapes of a surrogate
/// pair.
fn escape_end(bytes: &[u8], start: usize) -> Result<usize, JsonError> {
    let letter = start.wrapping_add(1);
    match bytes.get(letter) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(letter.wrapping_add(1)),
        Some(b'u') => {
            let (unit, end) = code_unit(bytes, letter.wrapping_add(1))?;
            match unit {
                0xd800..0xdc00 => low_surrogate_end(bytes, start, end),
                0xdc00..0xe000 => Err(lone_surrogate(start, unit)),
                _ => Ok(end),
            }
        }
        Some(_) => Err(json_error(
            letter,
            r#"a backslash in a string must stand before one of `"\/bfnrtu`"#,
        )),
        None => Err(json_error(letter, "the text ends inside a string")),
    }
}

/// Parses the low surrogate that must follow a high one. The high one's escape starts at `high` and
/// ends at `start`.
fn low_surrogate_end(bytes: &[u8], high: usize, start: usize) -> Result<usize, JsonError> {
    let lone = || {
        let unit = code_unit(bytes, high.wrapping_add(2)).map_or(0xd800, |(unit, _)| unit);
        Err(lone_surrogate(high, unit))
    };
    let letter = start.wrapping_add(1);
    match (bytes.get(start), bytes.get(letter)) {
        (Some(b'\\'), Some(b'u')) => {
            let (unit, end) = code_unit(bytes, letter.wrapping_add(1))?;
            match unit {
                0xdc00..0xe000 => Ok(end),
                _ => lone(),
            }
        }
        (Some(b'\\'), None) | (None, _) => {
            Err(json_error(bytes.len(), "the text ends inside a string"))
        }
        _ => lone(),
    }
}

fn lone_surrogate(offset: usize, unit: u16) -> JsonError {
    let message = format!("the escape `\\u{unit:04x}` is half of a character: a lone surrogate");
    json_error(offset, &message)
}

/// Parses the four digits after `\u`. Returns the code unit and the offset after it.
fn code_unit(bytes: &[u8], start: usize) -> Result<(u16, usize), JsonError> {
    let mut unit = 0_u16;
    let mut at = start;
    for _ in 0..4 {
        let digit = match bytes.get(at) {
            Some(byte @ b'0'..=b'9') => byte & 0xf,
            Some(byte @ (b'a'..=b'f' | b'A'..=b'F')) => (byte & 0xf).wrapping_add(9),
            Some(_) => return Err(json_error(at, "four hexadecimal digits must follow `\\u`")),
            None => return Err(json_error(at, "the text ends inside a string")),
        };
        unit = unit << 4 | u16::from(digit);
        at = at.wrapping_add(1);
    }
    Ok((unit, at))
}
