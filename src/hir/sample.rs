//! Computes stable samples: the part of the whole to which a value belongs.
//!
//! The function is a contract: a value that is in a share today is in that share in every later version.
//!
//! 1. The *hash* of a text is FNV-1a with 64 bits over its UTF-8 bytes (offset basis
//!    `0xcbf29ce484222325`, prime `0x100000001b3`). The text of a string is its value, of a bool `true`
//!    or `false`, of a number its digits as a whole number, without point, sign `+` or outer zeros, and
//!    `e` with the power of ten (`1.50` is `15e-1`, `0` is `0`); a whole number of at most 40 digits is
//!    written out instead (`1.2e3` is `1200`).
//! 2. `mix` is one step of splitmix64: `z = x + 0x9e3779b97f4a7c15`;
//!    `z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9`; `z = (z ^ (z >> 27)) * 0x94d049bb133111eb`;
//!    `z ^ (z >> 31)`, all modulo 2^64.
//! 3. The *point* of a value under a salt is `mix(hash(value) ^ mix(hash(salt)))`.
//! 4. The value is in the share `a%..b%` if `floor(a / 100 * 2^64) <= point < floor(b / 100 * 2^64)`.
//!
//! | salt | value | point |
//! | --- | --- | --- |
//! | (empty) | (empty) | `0xa0490b007fca3c4b` |
//! | `delivery_today` | `w2e2` | `0x71d1bb9393503b35` |
//! | `delivery_today` | `1` | `0x75e9914ab1140966` |
//! | `delivery_today` | `true` | `0x337ab811b3bd984b` |
//! | `spring` | `Zoë` | `0x54cc3af4671144ab` |

use crate::number::Number;

/// The whole (100%) in units of 2^-64.
pub(crate) const WHOLE: u128 = 1 << 64;

/// Parses a percentage between 0 and 100 as rules write it (`10`, `12.5`, `0.001`). Returns it in units
/// of 2^-64 of the whole, rounded down; exact for any number of decimals.
pub(crate) fn share(percent: &str) -> Option<u128> {
    let (whole, fraction) = match percent.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (percent, ""),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 2 {
        let all = whole == "100" && fraction.bytes().all(|byte| byte == b'0');
        return all.then_some(WHOLE);
    }
    // The decimals of the fraction: move the point two places to the left.
    let mut decimals: Vec<u8> = format!("{whole:0>2}{fraction}")
        .bytes()
        .map(|byte| byte.wrapping_sub(b'0'))
        .collect();
    // Doubling the decimals carries the next binary digit over the point.
    let mut units: u128 = 0;
    for _ in 0..64 {
        let mut carry = 0;
        for digit in decimals.iter_mut().rev() {
            let doubled = digit.wrapping_mul(2).wrapping_add(carry);
            carry = u8::from(doubled >= 10);
            *digit = doubled.wrapping_sub(carry.wrapping_mul(10));
        }
        units = (units << 1) | u128::from(carry);
    }
    Some(units)
}

/// Hashes the text of a value or of a salt.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Hashes a number; all spellings of a number have the same hash.
pub(crate) fn number_hash(number: Number<'_>) -> u64 {
    hash(&number_text(number))
}

/// Returns the point of a value under a salt, given the hashes of both.
pub(crate) const fn point(value: u64, salt: u64) -> u64 {
    mix(value ^ mix(salt))
}

fn number_text(number: Number<'_>) -> String {
    const WRITTEN_OUT: usize = 40;
    let text = number.canonical();
    let Some((digits, power)) = text.split_once('e') else {
        return text;
    };
    let length = digits.trim_start_matches('-').len();
    match power.parse::<usize>() {
        Ok(power) if length.saturating_add(power) <= WRITTEN_OUT => {
            format!("{digits}{}", "0".repeat(power))
        }
        _ => text,
    }
}

const fn mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use crate::number::Number;

    use super::{WHOLE, hash, number_text, point, share};

    #[test]
    fn shares_are_exact() {
        let cases = [
            ("0", Some(0)),
            ("0.0", Some(0)),
            ("50", Some(WHOLE / 2)),
            ("25.0", Some(WHOLE / 4)),
            ("12.5", Some(WHOLE / 8)),
            ("100", Some(WHOLE)),
            ("100.000", Some(WHOLE)),
            ("10", Some(0x1999_9999_9999_9999)),
            ("30", Some(0x4ccc_cccc_cccc_cccc)),
            ("007", share("7")),
            // 2^-64 is 0.00000000000000000542…%.
            ("0.000000000000000005", Some(0)),
            ("0.000000000000000006", Some(1)),
            ("99.999999999999999999999999", Some(WHOLE - 1)),
            ("100.000000000000000000000001", None),
            ("101", None),
            ("1000", None),
            ("-1", None),
            ("1e1", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("5.5.5", None),
            ("٣", None),
        ];
        for (text, expected) in cases {
            assert_eq!(share(text), expected, "{text}");
        }
    }

    #[test]
    fn hash_is_fnv_1a() {
        // The vectors of the FNV reference.
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn equal_numbers_have_equal_hashes() {
        let cases = [
            ("0", "0"),
            ("-0.00e7", "0"),
            ("1", "1"),
            ("1.0", "1"),
            ("1e0", "1"),
            ("10e-1", "1"),
            ("1.2e3", "1200"),
            ("-120E+1", "-1200"),
            ("1.50", "15e-1"),
            ("0.0015e+3", "15e-1"),
            ("9007199254740993", "9007199254740993"),
            ("1e39", "1000000000000000000000000000000000000000"),
            ("1e40", "1e40"),
            (
                "10e99999999999999999999999999999999999999999",
                "1e100000000000000000000000000000000000000000",
            ),
            (
                "10e-99999999999999999999999999999999999999999",
                "1e-99999999999999999999999999999999999999998",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(number_text(Number::from_valid(text)), expected, "{text}");
        }
    }

    #[test]
    fn points_match_the_documented_values() {
        let cases = [
            ("", "", 0xa049_0b00_7fca_3c4b),
            ("delivery_today", "w2e2", 0x71d1_bb93_9350_3b35),
            ("delivery_today", "1", 0x75e9_914a_b114_0966),
            ("delivery_today", "true", 0x337a_b811_b3bd_984b),
            ("spring", "Zoë", 0x54cc_3af4_6711_44ab),
        ];
        for (salt, value, expected) in cases {
            assert_eq!(point(hash(value), hash(salt)), expected, "{salt} {value}");
        }
    }

    #[test]
    fn values_are_distributed_evenly_and_independently_per_salt() {
        let tenth = share("10").unwrap();
        let salts = [hash("rule_a"), hash("rule_b")];
        let mut both = 0;
        let mut inside = [0; 2];
        for n in 0..20_000 {
            let value = hash(&format!("person-{n}"));
            let is_in = salts.map(|salt| u128::from(point(value, salt)) < tenth);
            for (count, is_in) in inside.iter_mut().zip(is_in) {
                *count += u32::from(is_in);
            }
            both += u32::from(is_in == [true; 2]);
        }
        // 2,000 and 200 are expected; four standard deviations are 170 and 56.
        assert!(
            inside.iter().all(|count| (1_830..2_170).contains(count)),
            "{inside:?}"
        );
        assert!((144..256).contains(&both), "{both}");
    }
}
