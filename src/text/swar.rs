//! Looks at text eight bytes at once: where strings, digits and blanks end. Knows no value.

#![expect(
    clippy::cast_possible_truncation,
    reason = "a product is folded to its halves, and these to a print"
)]

/// Of all bytes the lowest bit.
const LOW: u64 = 0x0101_0101_0101_0101;
/// Of all bytes the highest bit.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The eight bytes from `at` on, the first one lowest; zeros past the end of the text.
#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes
        .get(at..at.wrapping_add(8))
        .and_then(|chunk| chunk.first_chunk::<8>())
    {
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
pub(crate) const fn all(byte: u8) -> u64 {
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

/// A number that equal keys have in common and different ones seldom. Who makes keys with equal prints
/// on purpose gains nothing: those who go by prints give up on them where that happens too often.
pub(crate) fn print(key: &[u8]) -> u32 {
    print_within(key, 0, key.len())
}

/// The print of what stands from `start` to `end`.
#[inline(always)]
pub(crate) fn print_within(bytes: &[u8], start: usize, end: usize) -> u32 {
    let length = end.wrapping_sub(start);
    let mixed = if length < 8 {
        let inside = !(u64::MAX << (length.wrapping_mul(8)));
        fold_short(word(bytes, start) & inside)
    } else {
        let before = if length > 16 {
            fold_long(bytes, start, end)
        } else {
            length as u64
        };
        // The two may overlap.
        let from = start.max(end.saturating_sub(16));
        fold(before ^ word(bytes, from), word(bytes, end.wrapping_sub(8)))
    };
    mixed as u32
}

/// All but the last sixteen bytes, or less.
#[inline(never)]
fn fold_long(bytes: &[u8], start: usize, end: usize) -> u64 {
    let mut mixed = end.wrapping_sub(start) as u64;
    let mut at = start;
    while end.wrapping_sub(at) > 16 {
        mixed = fold(mixed ^ word(bytes, at), word(bytes, at.wrapping_add(8)));
        at = at.wrapping_add(16);
    }
    mixed
}

/// As [`fold`] of one word.
#[inline(always)]
const fn fold_short(word: u64) -> u64 {
    let product = (word as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The halves of a product, which hang on all bits of both.
#[inline(always)]
const fn fold(a: u64, b: u64) -> u64 {
    let a = a ^ 0x9e37_79b9_7f4a_7c15;
    let b = b ^ 0xd6e8_feb8_6659_fd93;
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Whether two texts are equal, for names: most have eight to sixteen bytes.
#[inline(always)]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() || a.len() > 16 {
        return a == b;
    }
    match (a.first_chunk::<8>(), b.first_chunk::<8>()) {
        // The two pieces may overlap.
        (Some(first), Some(other)) => first == other && a.last_chunk::<8>() == b.last_chunk::<8>(),
        _ => a == b,
    }
}

/// The high bit of each byte that is no digit. A carry may mark bytes above a marked one, never below: the
/// lowest mark is right.
#[inline(always)]
const fn no_digits(word: u64) -> u64 {
    /// What lifts everything above nine to the high bit.
    const LIFT: u64 = all(0x76);
    let word = word ^ all(b'0');
    (word.wrapping_add(LIFT) | word) & HIGH
}

/// Whether all bytes are digits, for numbers of phones: most have eight to sixteen.
#[inline]
pub(crate) fn are_digits(bytes: &[u8]) -> bool {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        // The two pieces may overlap.
        (Some(first), Some(last)) if bytes.len() <= 16 => {
            let [first, last] = [first, last].map(|piece| no_digits(u64::from_le_bytes(*piece)));
            first | last == 0
        }
        _ => bytes.iter().all(u8::is_ascii_digit),
    }
}

/// The first byte from `start` on that is no digit.
#[inline(always)]
pub(crate) fn digits_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let marks = no_digits(word(bytes, at));
        if marks != 0 {
            return at.wrapping_add(before(marks));
        }
        at = at.wrapping_add(8);
    }
}

/// The first byte from `start` on that is no blank.
#[inline(always)]
pub(crate) fn blanks_end(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start) {
        Some(byte) if *byte > b' ' => start,
        _ => some_blanks_end(bytes, start),
    }
}

fn some_blanks_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\n' | b'\r' | b'\t') => at = at.wrapping_add(1),
            _ => return at,
        }
        // Lines begin with many.
        loop {
            let others = word(bytes, at) ^ all(b' ');
            if others != 0 {
                at = at.wrapping_add(before(others));
                break;
            }
            at = at.wrapping_add(8);
        }
    }
}

/// The high bit of each byte that is this one. A borrow may mark bytes above a marked one, never below:
/// the lowest mark is right.
#[inline(always)]
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    let differs = word ^ all(byte);
    differs.wrapping_sub(LOW) & !differs & HIGH
}

/// The high bit of each byte that is less than a blank; with as much care as [`equal`].
#[inline(always)]
pub(crate) const fn below_blank(word: u64) -> u64 {
    word.wrapping_sub(all(b' ')) & !word & HIGH
}

/// Whether all bytes are of ASCII and no control characters. Of some words that is not seen.
#[inline(always)]
pub(crate) const fn is_plain_ascii(word: u64) -> bool {
    // DEL is lifted, what is below a blank borrows.
    (word | word.wrapping_add(LOW) | word.wrapping_sub(all(b' '))) & HIGH == 0
}

/// The bytes from `at` on, eight at the most; blanks past the end of the text.
#[expect(clippy::cast_possible_truncation, reason = "no count is over eight")]
#[inline(always)]
fn padded(bytes: &[u8], at: usize) -> u64 {
    let there = bytes.len().wrapping_sub(at);
    if there >= 8 {
        return word(bytes, at);
    }
    // The last eight, or fewer by two pieces that may lie one over the other.
    let bits = |count: usize| (count as u32).wrapping_mul(8);
    let blanks = all(b' ').unbounded_shl(bits(there));
    let text = if bytes.len() >= 8 {
        word(bytes, bytes.len().wrapping_sub(8)).unbounded_shr(bits(8_usize.wrapping_sub(there)))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let [first, last] = [first, last].map(|piece| u64::from(u32::from_le_bytes(*piece)));
        let text = first | last.unbounded_shl(bits(bytes.len().wrapping_sub(4)));
        text.unbounded_shr(bits(at))
    } else {
        let piece = |place: usize| {
            let byte = bytes.get(place).map_or(0, |byte| u64::from(*byte));
            byte.unbounded_shl(bits(place))
        };
        (piece(0) | piece(1) | piece(2)).unbounded_shr(bits(at))
    };
    text | blanks
}

/// Whether a text is of ASCII without control characters. Of some such texts that is not seen.
#[inline]
pub(crate) fn is_plain(text: &str) -> bool {
    is_plain_by(text, is_plain_ascii)
}

/// Whether a text is plain and has no quote and no backslash, with as much care.
#[inline]
pub(crate) fn is_plain_inside(text: &str) -> bool {
    is_plain_by(text, |word| {
        is_plain_ascii(word) && equal(word, b'"') | equal(word, b'\\') == 0
    })
}

#[inline(always)]
fn is_plain_by(text: &str, is_plain: impl Fn(u64) -> bool) -> bool {
    let mut bytes = text.as_bytes();
    let Some(last) = bytes.last_chunk::<8>() else {
        return is_plain(padded(bytes, 0));
    };
    // The last eight may overlap those before.
    let last = is_plain(u64::from_le_bytes(*last));
    while let Some((chunk, rest)) = bytes.split_first_chunk::<8>() {
        if !is_plain(u64::from_le_bytes(*chunk)) {
            return false;
        }
        bytes = rest;
    }
    last
}

/// Where the first character is of which `special` is true. `marks` marks of eight bytes, by their high
/// bits, each that may begin such a character, none inside of one and no blank; what it marks above the
/// lowest one is not looked at.
#[inline(always)]
pub(crate) fn first_special(
    text: &str,
    marks: impl Fn(u64) -> u64,
    special: impl Fn(char) -> bool,
) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0_usize;
    while at < bytes.len() {
        let marked = marks(padded(bytes, at));
        if marked == 0 {
            at = at.wrapping_add(8);
            continue;
        }
        at = at.wrapping_add(before(marked));
        if text.get(at..)?.chars().next().is_some_and(&special) {
            return Some(at);
        }
        at = at.wrapping_add(1);
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
            "abcdefghijklmnopq",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "é€😀",
        ] {
            for behind in ["\"", "\":1}", "\\n", "\": [1, 2, 3]", "\u{1}"] {
                let text = format!("{key}{behind}");
                let found = print_within(text.as_bytes(), 0, key.len());
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
    fn equal_names_are_the_same_and_no_others() {
        let name: Vec<u8> = (b'a'..=b'z').collect();
        for length in 0..=name.len() {
            let one = &name[..length];
            let equal = one.to_vec();
            assert!(same(one, &equal));
            for shorter in 0..length {
                assert!(!same(one, &name[..shorter]) && !same(&name[..shorter], one));
            }
            for at in 0..length {
                let mut other = one.to_vec();
                other[at] ^= 0x20;
                assert!(!same(one, &other), "{length} {at}");
            }
        }
    }

    #[test]
    fn plain_texts_are_known() {
        for length in 0..20 {
            for plain in ["a", "Z", "!", "~", "]"] {
                let text = plain.repeat(length);
                assert!(is_plain(&text) && is_plain_inside(&text), "{text}");
                for other in [
                    "\"", "\\", "\n", "\u{0}", "\u{7f}", "\u{80}", "é", "\u{2028}",
                ] {
                    for behind in [0, 3, 9] {
                        let text = format!("{text}{other}{}", plain.repeat(behind));
                        assert!(!is_plain_inside(&text), "{text:?}");
                        let ours = matches!(other, "\"" | "\\");
                        assert!(!is_plain(&text) || ours, "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn special_characters_are_found_wherever_they_stand() {
        let marks = |word| equal(word, b'x') | equal(word, 0xc2) | below_blank(word);
        let special = |c: char| matches!(c, 'x' | '\u{80}' | '\n');
        for length in 0..20 {
            for plain in ["a", " ", "w", "y", "\u{a0}", "é", "😀", "!"] {
                let before = plain.repeat(length);
                assert_eq!(first_special(&before, marks, special), None, "{before}");
                for found in ["x", "\u{80}", "\n"] {
                    for behind in ["", "a", "xx", "abcdefgh", "é\n"] {
                        let text = format!("{before}{found}{behind}");
                        let at = first_special(&text, marks, special);
                        assert_eq!(at, Some(before.len()), "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn digits_alone_are_digits() {
        for length in 0..20 {
            let digits = "01234567899876543210".as_bytes()[..length].to_vec();
            assert!(are_digits(&digits));
            for place in 0..length {
                for other in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                    let mut bytes = digits.clone();
                    bytes[place] = other;
                    assert!(!are_digits(&bytes), "{bytes:?}");
                }
            }
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
