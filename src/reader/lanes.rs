//! Looks at text 16 bytes at once: where strings and numbers end, of which nothing is wrong. Knows no
//! value.

use wide::u8x16;

use super::strings::rest_of_string;
use crate::number::end_of_number;

/// Bytes that are looked at together.
const LANE: usize = 16;

/// The bytes from `at` on; zeros past the end of the text.
#[inline(always)]
fn lane(bytes: &[u8], at: usize) -> u8x16 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<LANE>()) {
        Some(lane) => u8x16::from(*lane),
        None => u8x16::from(last_lane(bytes, at)),
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

/// The first byte from `start` on that is not plain text of a string: a quote, a backslash, a control
/// character or the end.
#[inline(always)]
pub(super) fn plain_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let lane = lane(bytes, at);
        let specials = lane.simd_eq(u8x16::splat(b'"'))
            | lane.simd_eq(u8x16::splat(b'\\'))
            | lane.min(u8x16::splat(0x1f)).simd_eq(lane);
        let specials = specials.to_bitmask();
        if specials != 0 {
            return at.wrapping_add(specials.trailing_zeros() as usize);
        }
        at = at.wrapping_add(LANE);
    }
}

/// From behind a string's opening quote: the place behind its closing one, and whether it holds an
/// escape.
#[inline(always)]
pub(super) fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let at = plain_end(bytes, start);
    if bytes.get(at) == Some(&b'"') {
        return Some((at.wrapping_add(1), false));
    }
    Some((rest_of_string(bytes, at).ok()?, true))
}

/// The bytes from `at` on that are no digits.
#[inline(always)]
fn others(bytes: &[u8], at: usize) -> u32 {
    // Digits come out below ten, all else above.
    let digits = lane(bytes, at) ^ u8x16::splat(b'0');
    digits.max(u8x16::splat(10)).simd_eq(digits).to_bitmask()
}

/// Where the number that begins at `start` ends.
#[inline(always)]
pub(super) fn number_end(bytes: &[u8], start: usize) -> Option<usize> {
    let minus = usize::from(bytes.get(start) == Some(&b'-'));
    let first = start.wrapping_add(minus);
    let mut others = others(bytes, first);
    let whole = others.trailing_zeros() as usize;
    if whole.wrapping_sub(1) >= LANE || whole > 1 && bytes.get(first) == Some(&b'0') {
        return any_number_end(bytes, start);
    }
    let mut end = first.wrapping_add(whole);
    if bytes.get(end) == Some(&b'.') {
        let point = end;
        others &= others.wrapping_sub(1);
        if others == 0 {
            let second = first.wrapping_add(LANE);
            others = self::others(bytes, second);
            end = second.wrapping_add(others.trailing_zeros() as usize);
        } else {
            end = first.wrapping_add(others.trailing_zeros() as usize);
        }
        if others == 0 || end == point.wrapping_add(1) {
            return any_number_end(bytes, start);
        }
    }
    if bytes.get(end).is_some_and(|byte| byte | 0x20 == b'e') {
        return any_number_end(bytes, start);
    }
    Some(end)
}

/// Longer ones, those with an exponent, and those that are none.
#[inline(never)]
fn any_number_end(bytes: &[u8], start: usize) -> Option<usize> {
    end_of_number(bytes, start).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_the_plain_way_says() {
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
            for behind in [
                "",
                ",",
                "}",
                " ",
                "x",
                ".",
                "-",
                "\",\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ] {
                let text = format!("{number}{behind}");
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
        // Neighbours of the special bytes are plain.
        let plain = [
            0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xa2, 0xdc, 0x9f, 0xff, 0x30,
        ];
        assert_eq!(plain_end(&plain, 0), plain.len());
    }
}
