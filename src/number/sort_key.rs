//! Maps numbers to 64-bit keys that preserve their order.

use super::Number;

/// The number of significant digits in a key; further digits are ignored.
const SIGNIFICANT_DIGITS: u32 = 16;
/// The bits for these digits.
const DIGIT_BITS: u32 = 54;
/// The offset of the point's position in a key. Positions up to this far before the first digit are
/// representable, and almost as far after it.
const POINT_OFFSET: i64 = 256;
const LAST: i64 = 511;
const SIGN: u64 = 1 << 63;
/// Exponents saturate here: no text has as many digits.
const EXPONENT_LIMIT: i64 = 1 << 40;

impl Number<'_> {
    /// Returns the sort key. A greater number never has a smaller key, and equal numbers have equal
    /// keys. Numbers that differ only after sixteen digits share a key, as do huge numbers, and
    /// tiny numbers and zero.
    pub(crate) fn sort_key(self) -> u64 {
        let bytes = self.text.as_bytes();
        let is_negative = bytes.first() == Some(&b'-');
        let mut digits = LeadingDigits::default();
        let start = zeros_end(bytes, usize::from(is_negative));
        let mut at = digits.take(bytes, start);
        let mut point = distance(start, at);
        if bytes.get(at) == Some(&b'.') {
            let after_point = at.wrapping_add(1);
            at = after_point;
            if digits.count == 0 {
                at = zeros_end(bytes, at);
                point = distance(at, after_point);
            }
            at = digits.take(bytes, at);
        }
        if at < bytes.len() {
            let exponent = bytes.get(at.wrapping_add(1)..).unwrap_or_default();
            point = point.saturating_add(read_exponent(exponent));
        }
        if digits.count == 0 || point <= -POINT_OFFSET {
            return SIGN;
        }
        let place = match u64::try_from(point.saturating_add(POINT_OFFSET).min(LAST)) {
            Ok(LAST_POSITION..) | Err(_) => LAST_POSITION << DIGIT_BITS,
            Ok(place) => (place << DIGIT_BITS) | digits.filled(),
        };
        if is_negative {
            !(place | SIGN)
        } else {
            place | SIGN
        }
    }
}

const LAST_POSITION: u64 = LAST.cast_unsigned();

/// The first digits of a number, starting at the first that is not zero.
#[derive(Clone, Copy, Debug, Default)]
struct LeadingDigits {
    value: u64,
    count: u32,
}

impl LeadingDigits {
    /// Reads digits starting at `at` and keeps the significant ones. Returns their end.
    #[inline]
    fn take(&mut self, bytes: &[u8], mut at: usize) -> usize {
        if self.count <= SIGNIFICANT_DIGITS - 8
            && let Some(eight) = eight_digits(bytes, at)
        {
            self.value = self.value.wrapping_mul(100_000_000).wrapping_add(eight);
            self.count = self.count.wrapping_add(8);
            at = at.wrapping_add(8);
        }
        while let Some(byte @ b'0'..=b'9') = bytes.get(at) {
            if self.count < SIGNIFICANT_DIGITS {
                let digit = u64::from(byte & 0xf);
                self.value = self.value.wrapping_mul(10).wrapping_add(digit);
                self.count = self.count.wrapping_add(1);
            }
            at = at.wrapping_add(1);
        }
        at
    }

    /// Returns the value padded with zeros to all significant digits.
    fn filled(self) -> u64 {
        let missing = SIGNIFICANT_DIGITS.saturating_sub(self.count);
        self.value.wrapping_mul(10_u64.wrapping_pow(missing))
    }
}

/// Parses the eight bytes at `at` if all are digits.
#[inline]
fn eight_digits(bytes: &[u8], at: usize) -> Option<u64> {
    let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    let high = word.wrapping_add(0x4646_4646_4646_4646);
    let low = word.wrapping_sub(0x3030_3030_3030_3030);
    if (high | low) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    // Combine digits to pairs, pairs to fours, fours to eight.
    let pairs = low.wrapping_mul(10).wrapping_add(low >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff)
}

fn zeros_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at) == Some(&b'0') {
        at = at.wrapping_add(1);
    }
    at
}

/// Returns `to - from`.
fn distance(from: usize, to: usize) -> i64 {
    let place = |at| i64::try_from(at).unwrap_or(EXPONENT_LIMIT);
    place(to).saturating_sub(place(from))
}

fn read_exponent(text: &[u8]) -> i64 {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let value = digits.fold(0_i64, |sum, digit| {
        let digit = i64::from(digit & 0xf);
        sum.saturating_mul(10)
            .saturating_add(digit)
            .min(EXPONENT_LIMIT)
    });
    if text.first() == Some(&b'-') {
        value.saturating_neg()
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    fn key(text: &str) -> u64 {
        Number::parse(text).unwrap().sort_key()
    }

    #[test]
    fn sort_keys_preserve_the_order() {
        let rising = [
            "-1e9999",
            "-12345678901234567890",
            "-1234567890123456",
            "-123456789",
            "-12345678.5",
            "-12345678",
            "-100",
            "-1.5",
            "-1",
            "-0.5",
            "-0.05",
            "-1e-200",
            "0",
            "1e-200",
            "0.00001",
            "0.000012345678",
            "0.5",
            "0.99999999",
            "1",
            "1.00000001",
            "9",
            "10",
            "99.9",
            "12345678",
            "12345678.00000001",
            "123456789012345",
            "1234567890123456",
            "12345678901234567",
            "1e200",
            "1e9999",
        ];
        for pair in rising.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn equal_numbers_have_equal_sort_keys() {
        for (one, other) in [
            ("0", "-0.000e5"),
            ("100", "1e2"),
            ("100", "0.00001e7"),
            ("-12.5", "-125e-1"),
            ("12345678", "1.2345678e7"),
            ("0.1", "0.10"),
            ("1e-400", "0"),
            ("5", "0.0000000000000000000000000000000000000005e40"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        let many = format!("0.{}1e5001", "0".repeat(5000));
        assert_eq!(key(&many), key("1"));
    }

    #[test]
    fn close_numbers_may_share_a_key_but_never_swap() {
        let text = "122.37293518655736";
        let numbers: Vec<String> = (0..text.len())
            .flat_map(|end| (0..10).map(move |digit| format!("{}{digit}", &text[..=end])))
            .filter(|text| Number::parse(text).is_some())
            .collect();
        for one in &numbers {
            for other in &numbers {
                let of = |text: &str| {
                    Number::parse(text)
                        .unwrap()
                        .compare(Number::parse(other).unwrap())
                };
                let order = key(one).cmp(&key(other));
                assert!(
                    order == of(one) || order == Ordering::Equal,
                    "{one} {other}"
                );
            }
        }
    }
}
