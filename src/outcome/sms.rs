//! Computes the encoding and the number of segments of an sms.
//!
//! The tables are the default alphabet of 3GPP TS 23.038 (formerly GSM 03.38) and its extension table,
//! whose characters take two septets each.

use std::collections::BTreeSet;

use super::message::{Encoding, SmsLength};
use crate::text::swar::{all, equal, first_special};

/// The default alphabet in the order of its codes, without the escape code 0x1B.
#[rustfmt::skip]
const BASIC: [char; 127] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ',            'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The characters of the extension table, which follow an escape code.
const EXTENSION: [char; 10] = ['\u{c}', '^', '{', '}', '\\', '[', '~', ']', '|', '€'];

/// Returns the encoding, the number of segments and the distinct characters that are not in the default
/// alphabet. An empty text takes one segment.
pub(crate) fn measure(text: &str) -> SmsLength {
    if let Some((units, has_pairs)) = count_septets(text) {
        return SmsLength {
            encoding: Encoding::Gsm7,
            segments: match units {
                0..=160 => 1,
                _ if !has_pairs => units.div_ceil(153),
                // An escape pair must not straddle two segments.
                _ => segments(text.chars().filter_map(septets), 160, 153),
            },
            ucs2: Box::default(),
        };
    }
    let mut seen = BTreeSet::new();
    let forced = text.chars().filter(|c| septets(*c).is_none());
    SmsLength {
        encoding: Encoding::Ucs2,
        segments: segments(text.chars().map(char::len_utf16), 70, 67),
        ucs2: forced.filter(|c| seen.insert(*c)).collect(),
    }
}

/// Returns the number of septets of the text and whether any character takes two. Returns `None` if a
/// character is not in the default alphabet.
fn count_septets(text: &str) -> Option<(usize, bool)> {
    let mut units = text.len();
    let mut has_pairs = false;
    let mut rest = text;
    while let Some(at) = first_special(rest, special_bytes, |_| true) {
        let mut chars = rest.get(at..)?.chars();
        let c = chars.next()?;
        let width = septets(c)?;
        has_pairs |= width > 1;
        units = units.saturating_sub(c.len_utf8()).saturating_add(width);
        rest = chars.as_str();
    }
    Some((units, has_pairs))
}

/// Sets the high bit of every byte in `word` that may take more or less than one septet. May also set it
/// for other bytes.
const fn special_bytes(word: u64) -> u64 {
    const HIGH_BITS: u64 = all(0x80);
    // Carries into the high bit for 0x5B to 0x5F and 0x7B to 0x7F: braces, brackets and their neighbors.
    let braces = (word & !HIGH_BITS | all(0x20)).wrapping_add(all(0x05));
    // Carries into the high bit for the space and everything above it.
    let visible = (word & !HIGH_BITS).wrapping_add(all(0x60));
    (word | braces | !visible) & HIGH_BITS | equal(word, b'`')
}

/// The number of septets of each ASCII character, or 0 if it is not in the default alphabet.
const ASCII: [u8; 128] = {
    let mut widths = [0; 128];
    set_widths(&mut widths, &BASIC, 1);
    set_widths(&mut widths, &EXTENSION, 2);
    widths
};

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "evaluated at compile time"
)]
const fn set_widths(widths: &mut [u8; 128], characters: &[char], width: u8) {
    let mut at = 0;
    while at < characters.len() {
        if characters[at].is_ascii() {
            widths[characters[at] as usize] = width;
        }
        at += 1;
    }
}

/// Returns the number of septets of a character, or `None` if it is not in the default alphabet.
pub(crate) fn septets(c: char) -> Option<usize> {
    match ASCII.get(u32::from(c) as usize) {
        Some(0) => None,
        Some(width) => Some(usize::from(*width)),
        None if BASIC.contains(&c) => Some(1),
        None if EXTENSION.contains(&c) => Some(2),
        None => None,
    }
}

/// Counts the segments of a message: one if everything fits in `single` units, or else as many of `each`
/// units as needed without splitting a character.
fn segments(units: impl Iterator<Item = usize> + Clone, single: usize, each: usize) -> usize {
    if units.clone().fold(0, usize::saturating_add) <= single {
        return 1;
    }
    let mut count: usize = 1;
    let mut filled: usize = 0;
    for width in units {
        filled = filled.saturating_add(width);
        if filled > each {
            count = count.saturating_add(1);
            filled = width;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{BASIC, EXTENSION, measure, septets};
    use crate::outcome::message::Encoding::{Gsm7, Ucs2};

    #[test]
    fn tables_contain_each_character_once() {
        let mut all: Vec<char> = BASIC.iter().chain(&EXTENSION).copied().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 137);
        // The table has no entry for the escape code 0x1b.
        let code = |c| {
            let at = BASIC.iter().position(|b| *b == c).unwrap();
            if at < 0x1b { at } else { at + 1 }
        };
        for (c, expected) in [
            ('@', 0x00),
            ('\n', 0x0a),
            ('\r', 0x0d),
            ('Δ', 0x10),
            ('Ξ', 0x1a),
            ('Æ', 0x1c),
            ('É', 0x1f),
            (' ', 0x20),
            ('¤', 0x24),
            ('A', 0x41),
            ('§', 0x5f),
            ('¿', 0x60),
            ('z', 0x7a),
            ('à', 0x7f),
        ] {
            assert_eq!(code(c), expected, "{c}");
        }
    }

    #[test]
    fn segments_are_counted_at_their_limits() {
        let cases = [
            (String::new(), Gsm7, 1),
            ("a".repeat(160), Gsm7, 1),
            ("a".repeat(161), Gsm7, 2),
            ("a".repeat(306), Gsm7, 2),
            ("a".repeat(307), Gsm7, 3),
            ("a".repeat(459), Gsm7, 3),
            ("a".repeat(460), Gsm7, 4),
            ("€".repeat(80), Gsm7, 1),
            ("€".repeat(81), Gsm7, 2),
            // A segment holds 76 pairs; the 153rd septet stays unused.
            ("€".repeat(152), Gsm7, 2),
            ("€".repeat(153), Gsm7, 3),
            (format!("{}€", "a".repeat(158)), Gsm7, 1),
            (format!("{}€", "a".repeat(159)), Gsm7, 2),
            // The pair does not straddle segments: 152 and 1 unused, then 2 + 152.
            (format!("{}€{}", "a".repeat(152), "a".repeat(151)), Gsm7, 2),
            (format!("{}€{}", "a".repeat(152), "a".repeat(152)), Gsm7, 3),
            ("д".repeat(70), Ucs2, 1),
            ("д".repeat(71), Ucs2, 2),
            ("д".repeat(134), Ucs2, 2),
            ("д".repeat(135), Ucs2, 3),
            ("😀".repeat(35), Ucs2, 1),
            ("😀".repeat(36), Ucs2, 2),
            // A segment holds 33 surrogate pairs.
            ("😀".repeat(66), Ucs2, 2),
            ("😀".repeat(67), Ucs2, 3),
            (format!("{}😀{}", "д".repeat(66), "д".repeat(65)), Ucs2, 2),
            (format!("{}😀{}", "д".repeat(66), "д".repeat(66)), Ucs2, 3),
            // Extension characters are single units in UCS-2.
            (format!("д{}", "€".repeat(69)), Ucs2, 1),
        ];
        for (text, encoding, segments) in cases {
            let length = measure(&text);
            assert_eq!(
                (length.encoding, length.segments),
                (encoding, segments),
                "{text}"
            );
        }
    }

    #[test]
    fn fast_and_slow_counts_agree_for_every_character() {
        for c in (0..0x300).chain(0x20a0..0x20b0).filter_map(char::from_u32) {
            for length in [0, 1, 7, 150, 158, 159, 160, 310] {
                let text = format!("{}{c}{}", "a".repeat(length), "é[".repeat(length / 50));
                let Some(own) = septets(c) else {
                    assert_eq!(measure(&text).encoding, Ucs2, "{c:?}");
                    continue;
                };
                let mut filled = vec![0];
                let widths = [vec![1; length], vec![own], [1, 2].repeat(length / 50)].concat();
                for width in &widths {
                    match filled.last_mut() {
                        Some(last) if *last + width <= 153 => *last += width,
                        _ => filled.push(*width),
                    }
                }
                let alone = widths.iter().sum::<usize>() <= 160;
                let length = measure(&text);
                assert_eq!(length.encoding, Gsm7, "{c:?}");
                assert_eq!(
                    length.segments,
                    if alone { 1 } else { filled.len() },
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn characters_that_force_ucs2_are_listed_once_in_order() {
        assert_eq!(
            *measure("Ціна: 5 € — Ціна ç").ucs2,
            ['Ц', 'і', 'н', 'а', '—', 'ç']
        );
        assert!(measure("Hi {Bob}, [€5] ~ ^ | \\ \n\r").ucs2.is_empty());
        assert_eq!(*measure("a\tb").ucs2, ['\t']);
        assert_eq!(septets('`'), None);
        assert_eq!(septets('Ç'), Some(1));
    }
}
