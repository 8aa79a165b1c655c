//! Compares numbers with integer arithmetic, and spellings of one value with each other.

use std::hash::{BuildHasher, RandomState};

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Number<'_> {
    Number::parse(text).unwrap_or_else(|| panic!("{text} is no number"))
}

fn fixed(text: &str, decimals: u32) -> Option<String> {
    number(text).to_fixed(decimals)
}

#[test]
fn only_json_numbers_parse() {
    for text in [
        "0",
        "-0",
        "10",
        "1.50",
        "1e5",
        "1E+05",
        "-1.5e-3",
        "0e0",
        "1e99999999999",
    ] {
        assert_eq!(number(text).text(), text);
    }
    for text in [
        "", "-", "+1", "01", "-01", ".5", "1.", "1e", "1e+", "1.e1", "1 ", " 1", "1,0", "0x1",
        "1_0", "NaN", "Infinity", "--1", "1e1.5", "١",
    ] {
        assert!(Number::parse(text).is_none(), "{text}");
    }
}

#[test]
fn numbers_compare_by_exact_value() {
    let far = format!("1e{}", "9".repeat(60));
    let farther = format!("1e1{}", "0".repeat(60));
    let deep = format!("1e-{}", "9".repeat(60));
    let deeper = format!("1e-1{}", "0".repeat(60));
    let negative = format!("-{far}");
    let long = format!("1{}", "0".repeat(500));
    let longer = format!("1{}1", "0".repeat(499));
    let rising = [
        &negative,
        "-1e400",
        "-9007199254740993",
        "-9007199254740992",
        "-1.5",
        "-1",
        "-1e-400",
        "0",
        &deeper,
        &deep,
        "1e-401",
        "1e-400",
        "0.1",
        "0.10000000000000000000000000000000001",
        "0.11",
        "1",
        "2",
        "10",
        "9007199254740992",
        "9007199254740993",
        "18446744073709551616",
        "18446744073709551617",
        "1e400",
        &long,
        &longer,
        &far,
        &farther,
    ];
    for (index, a) in rising.iter().enumerate() {
        for (other, b) in rising.iter().enumerate() {
            assert_eq!(number(a).compare(number(b)), index.cmp(&other), "{a} {b}");
        }
    }
}

#[test]
fn different_spellings_are_equal() {
    let nines = "9".repeat(40);
    let even = format!("1{}", "0".repeat(40));
    for spellings in [
        vec![
            "0",
            "-0",
            "0.0",
            "0e5",
            "-0.00e-9",
            "0e99999999999999999999999999999999999999999",
        ],
        vec!["1", "1.0", "1e0", "10e-1", "0.1e1", "0.001E+3", "1000e-3"],
        vec!["-120", "-1.2e2", "-120.000", "-0.12e3"],
        vec!["0.1", "1e-1", "0.10", "10e-2"],
        vec!["1e400", "10e399", "0.1e401", "1000E397"],
        vec![
            &*format!("10e{nines}"),
            &*format!("1e{even}"),
            &*format!("0.1e1{}1", "0".repeat(39)),
        ],
        vec![
            &*format!("0.1e-{nines}"),
            &*format!("1e-{even}"),
            &*format!("10e-1{}1", "0".repeat(39)),
        ],
        // Around the sizes at which the representation of an exponent changes.
        vec![
            "1e1000000000000000000",
            "10e999999999999999999",
            "100e999999999999999998",
        ],
        vec![
            "1e-1000000000000000000",
            "0.1e-999999999999999999",
            "0.01e-999999999999999998",
        ],
        vec![
            "1e1000000000000000000000000000000",
            "10e999999999999999999999999999999",
            "0.1e1000000000000000000000000000001",
        ],
    ] {
        let state = RandomState::new();
        for a in &spellings {
            for b in &spellings {
                assert_eq!(number(a), number(b), "{a} {b}");
                assert_eq!(number(a).canonical(), number(b).canonical(), "{a} {b}");
                assert_eq!(
                    state.hash_one(number(a)),
                    state.hash_one(number(b)),
                    "{a} {b}"
                );
            }
        }
        assert_eq!(
            number(&number(spellings[0]).canonical()),
            number(spellings[0])
        );
    }
}

#[test]
fn canonical_spellings() {
    for (text, canonical) in [
        ("0.00", "0"),
        ("20", "2e1"),
        ("-1.50", "-15e-1"),
        ("123", "123"),
        ("1e9999", "1e9999"),
    ] {
        assert_eq!(number(text).canonical(), canonical);
    }
}

#[test]
fn whole_numbers() {
    for (text, value) in [
        ("0", Some(0)),
        ("-0.0e7", Some(0)),
        ("12", Some(12)),
        ("1.20e1", Some(12)),
        ("-3e2", Some(-300)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("10000000000000000000000", None),
        ("1e9999", None),
        ("1.5", None),
        ("1e-1", None),
        ("1e-99999999999999999999999999999999999999", None),
        ("1e99999999999999999999999999999999999999", None),
    ] {
        assert_eq!(number(text).to_i64(), value, "{text}");
    }
}

#[test]
fn decimals_are_counted_as_written() {
    for (text, decimals) in [
        ("1", 0),
        ("1.50", 2),
        ("1.5e3", 0),
        ("1.5e1", 0),
        ("1.55e1", 1),
        ("1e-3", 3),
        ("0.00", 2),
        ("1e-99999999999999999999999999999999999999999", u32::MAX),
        ("1e99999999999999999999999999999999999999999", 0),
    ] {
        assert_eq!(number(text).decimals(), decimals, "{text}");
    }
}

#[test]
fn rounding_goes_half_away_from_zero() {
    for (text, decimals, expected) in [
        ("1234.5", 2, "1234.50"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("2.4999999999999999999999999999", 0, "2"),
        ("0.125", 2, "0.13"),
        ("1.005", 2, "1.01"),
        ("-0.004", 2, "0.00"),
        ("-0.005", 2, "-0.01"),
        ("0.5", 0, "1"),
        ("0.49", 0, "0"),
        ("0.05", 0, "0"),
        ("9.995", 2, "10.00"),
        ("999.9", 0, "1000"),
        ("0", 2, "0.00"),
        ("-0", 0, "0"),
        ("0e99999", 1, "0.0"),
        ("1e3", 1, "1000.0"),
        ("12e-1", 3, "1.200"),
        ("1e-9999", 2, "0.00"),
        (
            "1e-99999999999999999999999999999999999999999999999",
            2,
            "0.00",
        ),
        ("0.0009", 3, "0.001"),
        ("20.00", 0, "20"),
    ] {
        assert_eq!(fixed(text, decimals).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn numbers_with_too_many_digits_are_not_written() {
    assert_eq!(fixed("1e9999", 0), None);
    assert_eq!(
        fixed("-1e99999999999999999999999999999999999999999999", 0),
        None
    );
    assert_eq!(fixed("1", LONGEST_FIXED + 1), None);
    assert_eq!(fixed("1e400", 0), None);
    assert_eq!(fixed("9.9e399", 400).unwrap().len(), 801);
    assert_eq!(fixed(&"9".repeat(400), 0), Some("9".repeat(400)));
    assert_eq!(fixed(&"9".repeat(401), 0), None);
}

#[test]
fn shifting_moves_the_point() {
    for (text, by, expected) in [
        ("0.256", 2, "25.6"),
        ("1.5e3", -3, "1.5"),
        ("-7", 0, "-7"),
        (
            "1e99999999999999999999999999999999999999999",
            1,
            "1e100000000000000000000000000000000000000000",
        ),
    ] {
        assert_eq!(number(text).shifted(by).as_number(), number(expected));
    }
    assert_eq!(number("0.2560").shifted(2).to_string(), "0.2560e2");
    assert_eq!(number("1.5e3").shifted(-3).to_string(), "1.5");
    assert_eq!(number("0.2560").shifted(2).as_number().decimals(), 2);
    assert_eq!(
        number("0.256")
            .shifted(2)
            .as_number()
            .to_fixed(0)
            .as_deref(),
        Some("26")
    );
}

/// Spells `digits` times ten to the power of `-decimals` with the point at another position.
fn spelling(digits: i64, decimals: i32, point: usize, zeros: usize, capital: bool) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let mut text = digits.unsigned_abs().to_string();
    text.push_str(&"0".repeat(zeros));
    let mut exponent = -(decimals as i64) - zeros as i64;
    let split = point.min(text.len());
    let (mut whole, fraction) = (text[..split].to_owned(), text[split..].to_owned());
    exponent += fraction.len() as i64;
    if whole.trim_start_matches('0').is_empty() {
        whole = "0".to_owned();
    }
    let mut out = format!("{sign}{whole}");
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(&fraction);
    }
    if exponent != 0 || capital {
        out.push(if capital { 'E' } else { 'e' });
        out.push_str(&exponent.to_string());
    }
    out
}

prop_compose! {
    fn spelt()(
        digits in prop_oneof![-20_i64..20, -2000_i64..2000, any::<i64>()],
        decimals in 0_i32..12,
        point in 0_usize..22,
        zeros in 0_usize..4,
        capital in any::<bool>(),
    ) -> (i64, i32, String) {
        (digits, decimals, spelling(digits, decimals, point, zeros, capital))
    }
}

fn scaled(digits: i64, decimals: i32) -> i128 {
    i128::from(digits) * 10_i128.pow(11 - decimals as u32)
}

proptest! {
    #[test]
    fn comparing_agrees_with_whole_numbers(a in spelt(), b in spelt()) {
        let expected = scaled(a.0, a.1).cmp(&scaled(b.0, b.1));
        prop_assert_eq!(number(&a.2).compare(number(&b.2)), expected, "{} {}", a.2, b.2);
        let same = number(&a.2).canonical() == number(&b.2).canonical();
        prop_assert_eq!(same, expected == Ordering::Equal, "{} {}", a.2, b.2);
    }

    #[test]
    fn spellings_of_one_value_are_equal(a in spelt(), point in 0_usize..22, zeros in 0_usize..4) {
        let other = spelling(a.0, a.1, point, zeros, false);
        prop_assert_eq!(number(&a.2), number(&other));
        let state = RandomState::new();
        prop_assert_eq!(state.hash_one(number(&a.2)), state.hash_one(number(&other)));
        prop_assert_eq!(number(&a.2).to_fixed(5), number(&other).to_fixed(5));
        prop_assert_eq!(number(&a.2).to_i64(), number(&other).to_i64());
    }

    #[test]
    fn rounding_agrees_with_whole_numbers(a in spelt(), decimals in 0_u32..11) {
        let unit = 10_i128.pow(11 - decimals);
        let value = scaled(a.0, a.1);
        let size = (value.abs() + unit / 2) / unit;
        let places = decimals as usize;
        let mut text = format!("{size:0width$}", width = places + 1);
        if places > 0 {
            text.insert(text.len() - places, '.');
        }
        if value < 0 && size > 0 {
            text.insert(0, '-');
        }
        prop_assert_eq!(number(&a.2).to_fixed(decimals), Some(text), "{}", a.2);
    }
}
