//! Looks at text eight bytes at once: where strings, digits and blanks end. Knows no value.

/// Of all bytes the lowest bit.
const LOW: u64 = 0x0101_0101_0101_0101;
/// Of all bytes the highest bit.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The eight bytes from `at` on, the first one lowest; zeros past the end of the text.
#[inline(always)]
pub(crate) fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => last_word(bytes, at),
    }
}

#[cold]
fn last_word(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    let mut chunk = [0; 8];
    for (to, from) in chunk.iter_mut().zip(rest) {
        *to = *from;
    }
    u64::from_le_bytes(chunk)
}

/// Eight times the same byte.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The high bit of each byte that cannot stand in a string as it is: a quote, a backslash, a control
/// character, what is past the end. A borrow may mark bytes above a marked one, never below: the lowest
/// mark is right.
#[inline(always)]
const fn specials(word: u64) -> u64 {
    let quote = word ^ all(b'"');
    let backslash = word ^ all(b'\\');
    (quote.wrapping_sub(LOW) & !quote
        | backslash.wrapping_sub(LOW) & !backslash
        | word.wrapping_sub(all(b' ')) & !word)
        & HIGH
}

/// The high bit of each byte that is zero, and of no other.
const fn zeros(word: u64) -> u64 {
    !((word & !HIGH).wrapping_add(!HIGH) | word | !HIGH)
}

/// How many bytes stand before the lowest mark.
#[inline(always)]
const fn before(marks: u64) -> usize {
    (marks.trailing_zeros() / 8) as usize
}

/// The first byte from `start` on that is not plain text of a string: a quote, a backslash, a control
/// character or the end.
#[inline(always)]
pub(crate) fn plain_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let marks = specials(word(bytes, at));
        if marks != 0 {
            return at.wrapping_add(before(marks));
        }
        at = at.wrapping_add(8);
    }
}

/// As [`plain_end`], and the print of what stands before.
#[inline(always)]
pub(crate) fn printed_end(bytes: &[u8], start: usize) -> (usize, u32) {
    let mut at = start;
    let mut mixed = 0;
    loop {
        let word = word(bytes, at);
        let marks = specials(word);
        if marks != 0 {
            let plain = before(marks);
            let kept = word & (1_u64 << (plain.wrapping_mul(8) & 63)).wrapping_sub(1);
            return (at.wrapping_add(plain), settle(mix(mixed, kept)));
        }
        mixed = mix(mixed, word);
        at = at.wrapping_add(8);
    }
}

/// A number that equal keys have in common and different ones seldom. Who makes keys with equal prints
/// on purpose gains nothing: those who go by prints give up on them where that happens too often.
pub(crate) fn print(key: &[u8]) -> u32 {
    let mut at = 0_usize;
    let mut mixed = 0;
    while at.wrapping_add(8) <= key.len() {
        mixed = mix(mixed, word(key, at));
        at = at.wrapping_add(8);
    }
    settle(mix(mixed, word(key, at)))
}

#[inline(always)]
const fn mix(mixed: u64, word: u64) -> u64 {
    (mixed.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[inline(always)]
const fn settle(mixed: u64) -> u32 {
    ((mixed ^ mixed >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// The first byte from `start` on that is no digit.
#[inline(always)]
pub(crate) fn digits_end(bytes: &[u8], start: usize) -> usize {
    /// What lifts everything above nine to the high bit.
    const LIFT: u64 = all(0x76);
    let mut at = start;
    loop {
        let word = word(bytes, at) ^ all(b'0');
        // A carry may mark bytes above a marked one, never below: the lowest mark is right.
        let marks = (word.wrapping_add(LIFT) | word) & HIGH;
        if marks != 0 {
            return at.wrapping_add(before(marks));
        }
        at = at.wrapping_add(8);
    }
}

/// The first byte from `start` on that is no blank.
#[inline(always)]
pub(crate) fn blanks_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(b' ') => at = at.wrapping_add(1),
            Some(b'\n' | b'\r' | b'\t') => at = indent_end(bytes, at.wrapping_add(1)),
            _ => return at,
        }
    }
}

/// The first byte from `start` on that is no space.
#[inline]
fn indent_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let others = word(bytes, at) ^ all(b' ');
        if others != 0 {
            return at.wrapping_add(before(others));
        }
        at = at.wrapping_add(8);
    }
}

/// From the quote that opens a string: the place behind the one that closes it. What stands between is
/// not looked at. `None` where the text ends before.
#[inline(always)]
pub(crate) fn skip_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start.wrapping_add(1);
    // Most are short.
    for _ in 0..4 {
        let word = word(bytes, at);
        let marks = zeros(word ^ all(b'"')) | zeros(word ^ all(b'\\'));
        if marks != 0 {
            at = at.wrapping_add(before(marks));
            if bytes.get(at) == Some(&b'"') {
                return Some(at.wrapping_add(1));
            }
            return skip_long_string(bytes, at);
        }
        at = at.wrapping_add(8);
    }
    skip_long_string(bytes, at)
}

fn skip_long_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at = at.wrapping_add(memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?);
        if bytes.get(at)? == &b'"' {
            return Some(at.wrapping_add(1));
        }
        at = at.wrapping_add(2);
    }
}

/// From a bracket: the place behind the one that closes it. Strings between are skipped, all else is
/// not looked at. `None` where the text ends before.
pub(crate) fn skip_brackets(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    while at < bytes.len() {
        let word = word(bytes, at);
        // Outside of strings nothing else comes to 0x7f: only letters that no word of JSON has.
        let brackets = zeros((word | all(0x26)) ^ all(0x7f));
        let mut marks = brackets | zeros(word ^ all(b'"'));
        let mut next = at.wrapping_add(8);
        while marks != 0 {
            let place = at.wrapping_add(before(marks));
            match bytes.get(place)? {
                b'"' => {
                    next = skip_string(bytes, place)?;
                    break;
                }
                b'{' | b'[' => depth = depth.wrapping_add(1),
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(place.wrapping_add(1));
                    }
                }
                _ => {}
            }
            marks &= marks.wrapping_sub(1);
        }
        at = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_ends_at_the_first_special_byte() {
        for special in [b'"', b'\\', 0, 0x1f] {
            for place in 0..20 {
                let mut bytes = vec![0xff_u8; 20];
                bytes[place] = special;
                if place < 19 {
                    bytes[19] = b'"';
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

    #[test]
    fn runs_end_where_they_end() {
        for length in 0..20 {
            for end in ["", "\"", "x", ":", "/", "\u{0}", "é"] {
                let at = |byte: &str| format!("{}{end}", byte.repeat(length)).into_bytes();
                assert_eq!(digits_end(&at("7"), 0), length);
                assert_eq!(digits_end(&at("0"), 0), length);
                assert_eq!(blanks_end(&at(" "), 0), length);
                let broken = [b"\n", at(" ").as_slice()].concat();
                assert_eq!(blanks_end(&broken, 0), length + 1);
            }
        }
        assert_eq!(blanks_end(b" \t\r\n\n      \n 1", 0), 13);
    }

    #[test]
    fn prints_go_by_the_text_alone() {
        for key in [
            "",
            "a",
            "abcdefg",
            "abcdefgh",
            "abcdefghi",
            "abcdefghijklmnop",
            "é€😀",
        ] {
            for behind in ["\"", "\":1}", "\\n", "\": [1, 2, 3]", "\u{1}"] {
                let text = format!("{key}{behind}");
                let (end, found) = printed_end(text.as_bytes(), 0);
                assert_eq!(end, key.len());
                assert_eq!(found, print(key.as_bytes()), "{text}");
            }
        }
        assert_ne!(print(b"a"), print(b"b"));
        assert_ne!(print(b"abcdefgh1"), print(b"abcdefgh2"));
        // What differs at the end differs in the low bits, too.
        let low = |n: u8| print(&[b'f', b'i', b'e', b'l', b'd', b'_', b'0', n]) & 0x3f;
        let distinct: std::collections::BTreeSet<u32> = (b'0'..=b'9').map(low).collect();
        assert!(distinct.len() > 5, "{distinct:?}");
    }

    #[test]
    fn brackets_and_strings_are_skipped_whole() {
        for (text, rest) in [
            ("[]", 0),
            ("{},", 1),
            (r#"[1,[2,{"a":"]}"}],"\"]",null]]"#, 1),
            (r#"{"a":"\\"}}"#, 1),
            (
                r#"{"a":"long enough to leave the first few words behind \" } ] and on"}, 1"#,
                3,
            ),
            ("[[[[[[[[[[[[]]]]]]]]]]]]x", 1),
        ] {
            let end = skip_brackets(text.as_bytes(), 0);
            assert_eq!(end, Some(text.len() - rest), "{text}");
        }
        for text in ["[", "{\"a", "{\"a\\", "[[]", "{\"a\":\"b\\\"}", "[\"]"] {
            assert_eq!(skip_brackets(text.as_bytes(), 0), None, "{text}");
        }
        for length in 0..80 {
            let text = format!("\"{}\\\"x\" rest", "a".repeat(length));
            assert_eq!(skip_string(text.as_bytes(), 0), Some(length + 5));
            assert_eq!(skip_string(&text.as_bytes()[..length + 4], 0), None);
        }
    }

    #[test]
    fn digits_end_at_the_first_byte_that_is_none() {
        for other in (0..=255_u8).filter(|byte| !byte.is_ascii_digit()) {
            for place in 0..20 {
                let mut bytes = *b"01234567899876543210";
                bytes[place] = other;
                assert_eq!(digits_end(&bytes, 0), place, "{other:#x}");
            }
        }
        assert_eq!(digits_end(b"01234567899876543210", 3), 20);
    }
}
