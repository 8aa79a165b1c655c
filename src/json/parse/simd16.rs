//! Finds where strings, keys and numbers end, 16 bytes at a time.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "places in a window are small, and the compiler sees that they are inside of it"
)]

use std::num::{NonZeroU16, NonZeroU32};

use wide::u8x16;

use super::strings::rest_of_string;
use crate::number::end_of_number;
use crate::text::swar::key_hash_range;

/// The width of one SIMD load, in bytes.
const LANE: usize = 16;

/// Loads the bytes at `at`; zeros after the end of the text.
#[inline(always)]
fn lane(bytes: &[u8], at: usize) -> [u8; LANE] {
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<LANE>()) {
        Some(lane) => *lane,
        None => last_lane(bytes, at),
    }
}

#[cold]
#[inline(never)]
fn last_lane(bytes: &[u8], at: usize) -> [u8; LANE] {
    let rest = bytes.get(at..).unwrap_or_default();
    let mut lane = [0; LANE];
    for (to, from) in lane.iter_mut().zip(rest) {
        *to = *from;
    }
    lane
}

/// The bytes that one bounds check covers.
const WINDOW: usize = 32;

/// A key that is followed by its colon.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShortKey<'a> {
    pub(super) hash: u32,
    pub(super) length: usize,
    /// The text after its colon.
    pub(super) rest_after: &'a [u8],
}

/// Parses the key at the start of a text, after one byte that must be `before`. Returns `None` if
/// the key is long, has an escape or whitespace beside it, or is near the end of the text.
#[inline(always)]
pub(super) fn short_key(rest: &[u8], before: u8) -> Option<ShortKey<'_>> {
    let window = rest.first_chunk::<WINDOW>()?;
    if window[..2] != [before, b'"'] {
        return None;
    }
    let specials = specials(*window[2..].first_chunk()?);
    let Some(specials) = NonZeroU16::new(specials) else {
        let (length, hash) = longer_key(rest)?;
        let length = length as usize;
        let rest_after = rest.get(length + 4..)?;
        return Some(ShortKey {
            hash,
            length,
            rest_after,
        });
    };
    let length = specials.trailing_zeros() as usize;
    let end = length + 2;
    if window[end..end + 2] != *b"\":" {
        return None;
    }
    Some(ShortKey {
        hash: key_hash_range(window, 2, end),
        length,
        rest_after: &rest[end + 2..],
    })
}

/// Returns the length and the hash of a key that ends in the second or third load of [`short_key`].
#[inline(never)]
fn longer_key(rest: &[u8]) -> Option<(u32, u32)> {
    let window = rest.first_chunk::<{ WINDOW * 2 }>()?;
    let [second, third] = [LANE + 2, LANE * 2 + 2].map(|at| window[at..].first_chunk());
    let specials = u32::from(specials(*second?)) | u32::from(specials(*third?)) << LANE;
    let length = LANE as u32 + NonZeroU32::new(specials)?.trailing_zeros();
    let end = length as usize + 2;
    let ends = window[end..end + 2] == *b"\":";
    ends.then(|| (length, key_hash_range(window, 2, end)))
}

/// A few bytes to compare text with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BytePattern {
    text: [u8; LANE],
    length: usize,
    /// One bit for each byte after the pattern.
    beyond: u16,
}

impl BytePattern {
    /// Creates a pattern of the first bytes of a text, `None` if it is too long.
    pub(super) fn of(text: &[u8], length: usize) -> Option<Self> {
        let beyond = u16::MAX.unbounded_shl(u32::try_from(length).ok()?);
        (length <= LANE).then_some(Self {
            text: *text.first_chunk()?,
            length,
            beyond,
        })
    }

    /// Returns the text after the pattern, `None` if it does not match or the end of the text is
    /// near.
    #[inline(always)]
    pub(super) fn strip<'a>(&self, rest: &'a [u8]) -> Option<&'a [u8]> {
        let text = u8x16::from(*rest.first_chunk()?);
        let same = text.simd_eq(u8x16::from(self.text)).to_bitmask() as u16;
        if same | self.beyond != u16::MAX {
            return None;
        }
        rest.get(self.length..)
    }
}

/// Returns the text after a short number, a literal or a string without escapes. `None` for any
/// other value, or near the end of the text.
#[inline(always)]
pub(super) fn plain_value(rest: &[u8]) -> Option<&[u8]> {
    match rest.first()? {
        first @ b'-'..=b'9' => short_number(rest, *first),
        b'"' => plain_string(rest),
        b'n' => rest.strip_prefix(b"null"),
        b't' => rest.strip_prefix(b"true"),
        b'f' => rest.strip_prefix(b"false"),
        _ => None,
    }
}

/// Returns the bytes that end plain string text: quotes, backslashes and control characters.
#[inline(always)]
fn specials(lane: [u8; LANE]) -> u16 {
    let lane = u8x16::from(lane);
    let specials = lane.simd_eq(u8x16::splat(b'"'))
        | lane.simd_eq(u8x16::splat(b'\\'))
        | lane.min(u8x16::splat(0x1f)).simd_eq(lane);
    specials.to_bitmask() as u16
}

/// Returns the offset of the first quote, backslash or control character at or after `start`, or
/// the end of the text.
#[inline(always)]
pub(super) fn plain_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let specials = specials(lane(bytes, at));
        if specials != 0 {
            return at.wrapping_add(specials.trailing_zeros() as usize);
        }
        at = at.wrapping_add(LANE);
    }
}

/// Returns the text after a string. `None` if it has an escape or is near the end of the text.
#[inline(always)]
pub(super) fn plain_string(rest: &[u8]) -> Option<&[u8]> {
    let window = rest.first_chunk::<WINDOW>()?;
    match NonZeroU16::new(specials(*window[1..].first_chunk()?)) {
        Some(specials) => {
            let length = specials.trailing_zeros() as usize;
            (window[length + 1] == b'"').then(|| &rest[length + 2..])
        }
        None => rest_of_plain_string(&rest[1 + LANE..]),
    }
}

/// As [`plain_string`], starting inside the string.
#[inline(always)]
fn rest_of_plain_string(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let window = rest.first_chunk::<WINDOW>()?;
        let low = u32::from(specials(*window.first_chunk()?));
        let high = u32::from(specials(*window.last_chunk()?));
        if let Some(specials) = NonZeroU32::new(low | high << LANE) {
            let length = specials.trailing_zeros() as usize;
            return (window[length] == b'"').then(|| &rest[length + 1..]);
        }
        rest = &rest[WINDOW..];
    }
}

/// Starts after the opening quote. Returns the offset after the closing quote, and whether the
/// string has an escape.
#[inline(always)]
pub(super) fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let at = plain_end(bytes, start);
    if bytes.get(at) == Some(&b'"') {
        return Some((at.wrapping_add(1), false));
    }
    Some((rest_of_string(bytes, at).ok()?, true))
}

/// Returns the bytes that are not digits.
#[inline(always)]
fn non_digits(lane: [u8; LANE]) -> u32 {
    // Digits map to values below ten, all other bytes above.
    let digits = u8x16::from(lane) ^ u8x16::splat(b'0');
    digits.max(u8x16::splat(10)).simd_eq(digits).to_bitmask()
}

/// Returns the offset after the number that starts at `start`.
#[inline(always)]
pub(super) fn number_end(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    match short_number(rest, *rest.first()?) {
        Some(rest_after) => Some(bytes.len().wrapping_sub(rest_after.len())),
        None => any_number_end(bytes, start),
    }
}

/// Returns the text after a number whose first byte is `first`. `None` if it is invalid, is long,
/// has an exponent or is near the end of the text.
#[inline(always)]
pub(super) fn short_number(rest: &[u8], first: u8) -> Option<&[u8]> {
    if first == b'-' {
        let rest = rest.get(1..)?;
        return short_digits(rest, *rest.first()?);
    }
    match rest {
        [_, rest_after @ ..] if matches!(rest_after, [b',' | b'}', ..]) => {
            first.is_ascii_digit().then_some(rest_after)
        }
        _ => short_digits(rest, first),
    }
}

/// As [`short_number`], without a sign.
#[inline(always)]
fn short_digits(rest: &[u8], first: u8) -> Option<&[u8]> {
    let window = rest.first_chunk::<WINDOW>()?;
    let low = non_digits(*window.first_chunk()?);
    let high = non_digits(*window.last_chunk()?);
    let non_digits = NonZeroU32::new(low | high << LANE)?;
    let mut end = non_digits.trailing_zeros() as usize;
    if end != 1 && (end == 0 || first == b'0') {
        return None;
    }
    if window[end] == b'.' {
        let point = end;
        let non_digits = NonZeroU32::new(non_digits.get() & (non_digits.get() - 1))?;
        end = non_digits.trailing_zeros() as usize;
        if end == point + 1 {
            return None;
        }
    }
    (window[end] | 0x20 != b'e').then(|| &rest[end..])
}

/// Handles long numbers, numbers with an exponent, and invalid ones.
#[inline(never)]
pub(super) fn any_number_end(bytes: &[u8], start: usize) -> Option<usize> {
    end_of_number(bytes, start).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_the_scalar_code_says() {
        let digits = ["", "0", "00", "7", "10", "01", "123", "1234567890123456"];
        let mut numbers: Vec<String> = Vec::new();
        for sign in ["", "-"] {
            for whole in digits {
                for point in ["", "."] {
                    for fraction in digits {
                        for exponent in ["", "e5", "E+05", "e", "e-", "E12345678901234567890"] {
                            numbers.push(format!("{sign}{whole}{point}{fraction}{exponent}"));
                        }
                    }
                }
            }
        }
        for length in 1..70 {
            let digits = "12345678".repeat(9);
            numbers.push(digits[..length].to_owned());
            numbers.push(format!("1.{}", &digits[..length]));
            numbers.push(format!("{}.5", &digits[..length]));
        }
        for number in numbers {
            for suffix in [
                "",
                ",",
                "}",
                " ",
                "x",
                ".",
                "-",
                "\",\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ] {
                let text = format!("{number}{suffix}");
                assert_eq!(
                    number_end(text.as_bytes(), 0),
                    end_of_number(text.as_bytes(), 0).ok(),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn plain_text_ends_at_the_first_special_byte() {
        for special in [b'"', b'\\', 0, 0x1f] {
            for place in 0..40 {
                let mut bytes = vec![0xff_u8; 40];
                bytes[place] = special;
                if place < 39 {
                    bytes[39] = b'"';
                }
                assert_eq!(plain_end(&bytes, 0), place);
            }
        }
        // Neighbors of the special bytes are plain.
        let plain = [
            0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xa2, 0xdc, 0x9f, 0xff, 0x30,
        ];
        assert_eq!(plain_end(&plain, 0), plain.len());
    }
}
