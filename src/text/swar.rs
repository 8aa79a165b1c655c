//! Scans and hashes text eight bytes at a time (SIMD within a register).
//!
//! Many functions return a mask: a word whose high bits mark the bytes that match. A borrow or carry can
//! mark bytes above a marked one by mistake, but never below it, so only the lowest mark is reliable.

#![expect(
    clippy::cast_possible_truncation,
    reason = "a product is folded to its halves, and these to a hash"
)]

/// The lowest bit of every byte.
const LOW: u64 = 0x0101_0101_0101_0101;
/// The highest bit of every byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The values that [`mix`] combines with its arguments.
pub(crate) const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
pub(crate) const SECOND: u64 = 0xd6e8_feb8_6659_fd93;

/// Returns the eight bytes from `at` on, the first one lowest; zeros past the end.
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
    short_word(bytes.get(at..).unwrap_or_default())
}

/// Returns the bytes of a text shorter than a word, the first one lowest.
#[inline]
pub(crate) fn short_word(bytes: &[u8]) -> u64 {
    if let (Some(start), Some(end)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // The two may overlap.
        let end = u64::from(u32::from_le_bytes(*end));
        let shift = bytes.len().wrapping_sub(4).wrapping_mul(8) & 63;
        return u64::from(u32::from_le_bytes(*start)) | (end << shift);
    }
    match bytes {
        [a] => u64::from(*a),
        [a, b] => u64::from(u16::from_le_bytes([*a, *b])),
        [a, b, c, ..] => u64::from(u32::from_le_bytes([*a, *b, *c, 0])),
        [] => 0,
    }
}

/// Returns a word of eight equal bytes.
pub(crate) const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Marks the bytes that end the plain text of a string: a quote, a backslash, a control character, and
/// the zeros past the end.
#[inline(always)]
const fn specials(word: u64) -> u64 {
    let quote = word ^ all(b'"');
    let backslash = word ^ all(b'\\');
    (quote.wrapping_sub(LOW) & !quote
        | backslash.wrapping_sub(LOW) & !backslash
        | word.wrapping_sub(all(b' ')) & !word)
        & HIGH
}

/// Returns the number of bytes before the lowest mark.
#[inline(always)]
const fn before(marks: u64) -> usize {
    (marks.trailing_zeros() / 8) as usize
}

/// Returns the offset of the first byte from `start` on that ends the plain text of a string: a quote, a
/// backslash, a control character or the end.
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

/// Returns a hash of a key.
///
/// It is not keyed, so collisions can be crafted. Its users stop relying on the hash when too many keys
/// collide.
pub(crate) fn key_hash(key: &[u8]) -> u32 {
    key_hash_range(key, 0, key.len())
}

/// Returns the [`key_hash`] of the bytes from `start` to `end`.
#[inline(always)]
pub(crate) fn key_hash_range(bytes: &[u8], start: usize, end: usize) -> u32 {
    let length = end.wrapping_sub(start);
    let mixed = if length < 8 {
        let inside = !(u64::MAX << (length.wrapping_mul(8)));
        mix_short(word(bytes, start) & inside)
    } else {
        let before = if length > 16 {
            mix_long(bytes, start, end)
        } else {
            length as u64
        };
        // The two words may overlap.
        let from = start.max(end.saturating_sub(16));
        mix(before ^ word(bytes, from), word(bytes, end.wrapping_sub(8)))
    };
    mixed as u32
}

/// Hashes all but the last sixteen bytes, or fewer.
#[inline(never)]
fn mix_long(bytes: &[u8], start: usize, end: usize) -> u64 {
    let mut mixed = end.wrapping_sub(start) as u64;
    let mut at = start;
    while end.wrapping_sub(at) > 16 {
        mixed = mix(mixed ^ word(bytes, at), word(bytes, at.wrapping_add(8)));
        at = at.wrapping_add(16);
    }
    mixed
}

/// As [`mix`], of one word.
#[inline(always)]
const fn mix_short(word: u64) -> u64 {
    let product = (word as u128).wrapping_mul(FIRST as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Combines two words into one whose bits depend on all bits of both.
///
/// The result is zero if the first word is [`FIRST`] or the second is [`SECOND`].
#[inline(always)]
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let product = ((a ^ FIRST) as u128).wrapping_mul((b ^ SECOND) as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Compares two names. Fastest for eight to sixteen bytes, the usual length.
#[inline(always)]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() || a.len() > 16 {
        return a == b;
    }
    match (a.first_chunk::<8>(), b.first_chunk::<8>()) {
        // The two chunks may overlap.
        (Some(first), Some(other)) => first == other && a.last_chunk::<8>() == b.last_chunk::<8>(),
        _ => a == b,
    }
}

/// Marks the bytes that are not digits.
#[inline(always)]
const fn non_digits(word: u64) -> u64 {
    /// Added to a value above nine, it sets the high bit.
    const LIFT: u64 = all(0x76);
    let word = word ^ all(b'0');
    (word.wrapping_add(LIFT) | word) & HIGH
}

/// Returns whether all bytes are digits. Fastest for eight to sixteen bytes, as in phone numbers.
#[inline]
pub(crate) fn are_digits(bytes: &[u8]) -> bool {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        // The two chunks may overlap.
        (Some(first), Some(last)) if bytes.len() <= 16 => {
            let [first, last] = [first, last].map(|piece| non_digits(u64::from_le_bytes(*piece)));
            first | last == 0
        }
        _ => bytes.iter().all(u8::is_ascii_digit),
    }
}

/// Returns the offset of the first byte from `start` on that is not a digit.
#[inline(always)]
pub(crate) fn digits_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let marks = non_digits(word(bytes, at));
        if marks != 0 {
            return at.wrapping_add(before(marks));
        }
        at = at.wrapping_add(8);
    }
}

/// Returns the offset of the first byte from `start` on that is not JSON whitespace.
#[inline(always)]
pub(crate) fn whitespace_end(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start) {
        Some(byte) if *byte > b' ' => start,
        _ => long_whitespace_end(bytes, start),
    }
}

fn long_whitespace_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\n' | b'\r' | b'\t') => at = at.wrapping_add(1),
            _ => return at,
        }
        // Indentation has many spaces in a row.
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

/// Marks the bytes that equal `byte`.
#[inline(always)]
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    let differs = word ^ all(byte);
    differs.wrapping_sub(LOW) & !differs & HIGH
}

/// Marks the bytes below a space: the control characters.
#[inline(always)]
pub(crate) const fn below_space(word: u64) -> u64 {
    word.wrapping_sub(all(b' ')) & !word & HIGH
}

/// Returns whether all bytes are ASCII and not control characters. May return false for some such words.
#[inline(always)]
pub(crate) const fn is_plain_ascii(word: u64) -> bool {
    // Adding sets the high bit for DEL, subtracting sets it below a space.
    (word | word.wrapping_add(LOW) | word.wrapping_sub(all(b' '))) & HIGH == 0
}

/// Returns the eight bytes from `at` on; spaces past the end of the text.
#[expect(clippy::cast_possible_truncation, reason = "counts are at most eight")]
#[inline(always)]
fn padded(bytes: &[u8], at: usize) -> u64 {
    let there = bytes.len().wrapping_sub(at);
    if there >= 8 {
        return word(bytes, at);
    }
    // Shifts the last eight bytes, or builds a shorter text from chunks that may overlap.
    let bits = |count: usize| (count as u32).wrapping_mul(8);
    let spaces = all(b' ').unbounded_shl(bits(there));
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
    text | spaces
}

/// Returns whether a text is ASCII without control characters. May return false for some such texts.
#[inline]
pub(crate) fn is_plain(text: &str) -> bool {
    is_plain_by(text, is_plain_ascii)
}

/// Returns whether a text is plain as in [`is_plain`], without a quote or a backslash. May also return
/// false for some such texts.
#[inline]
pub(crate) fn is_plain_unquoted(text: &str) -> bool {
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
    // The last chunk may overlap the one before it.
    let last = is_plain(u64::from_le_bytes(*last));
    while let Some((chunk, rest)) = bytes.split_first_chunk::<8>() {
        if !is_plain(u64::from_le_bytes(*chunk)) {
            return false;
        }
        bytes = rest;
    }
    last
}

/// Returns the offset of the first character for which `special` is true.
///
/// `marks` marks the bytes of a word that can begin such a character. It must not mark continuation bytes
/// or spaces. Only its lowest mark is used.
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
    fn runs_of_digits_and_spaces_end_at_the_first_other_byte() {
        for length in 0..20 {
            for end in ["", "\"", "x", ":", "/", "\u{0}", "é"] {
                let at = |byte: &str| format!("{}{end}", byte.repeat(length)).into_bytes();
                assert_eq!(digits_end(&at("7"), 0), length);
                assert_eq!(digits_end(&at("0"), 0), length);
                assert_eq!(whitespace_end(&at(" "), 0), length);
                let broken = [b"\n", at(" ").as_slice()].concat();
                assert_eq!(whitespace_end(&broken, 0), length + 1);
            }
        }
        assert_eq!(whitespace_end(b" \t\r\n\n      \n 1", 0), 13);
    }

    #[test]
    fn key_hashes_do_not_depend_on_the_text_after_the_key() {
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
            for after in ["\"", "\":1}", "\\n", "\": [1, 2, 3]", "\u{1}"] {
                let text = format!("{key}{after}");
                let found = key_hash_range(text.as_bytes(), 0, key.len());
                assert_eq!(found, key_hash(key.as_bytes()), "{text}");
            }
        }
        assert_ne!(key_hash(b"a"), key_hash(b"b"));
        assert_ne!(key_hash(b"abcdefgh1"), key_hash(b"abcdefgh2"));
        // Keys that differ at the end also differ in the low bits.
        let low = |n: u8| key_hash(&[b'f', b'i', b'e', b'l', b'd', b'_', b'0', n]) & 0x3f;
        let distinct: std::collections::BTreeSet<u32> = (b'0'..=b'9').map(low).collect();
        assert!(distinct.len() > 5, "{distinct:?}");
    }

    #[test]
    fn only_equal_names_are_the_same() {
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
    fn plain_texts_are_recognized() {
        for length in 0..20 {
            for plain in ["a", "Z", "!", "~", "]"] {
                let text = plain.repeat(length);
                assert!(is_plain(&text) && is_plain_unquoted(&text), "{text}");
                for other in [
                    "\"", "\\", "\n", "\u{0}", "\u{7f}", "\u{80}", "é", "\u{2028}",
                ] {
                    for after in [0, 3, 9] {
                        let text = format!("{text}{other}{}", plain.repeat(after));
                        assert!(!is_plain_unquoted(&text), "{text:?}");
                        let ours = matches!(other, "\"" | "\\");
                        assert!(!is_plain(&text) || ours, "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn special_characters_are_found_at_every_offset() {
        let marks = |word| equal(word, b'x') | equal(word, 0xc2) | below_space(word);
        let special = |c: char| matches!(c, 'x' | '\u{80}' | '\n');
        for length in 0..20 {
            for plain in ["a", " ", "w", "y", "\u{a0}", "é", "😀", "!"] {
                let before = plain.repeat(length);
                assert_eq!(first_special(&before, marks, special), None, "{before}");
                for found in ["x", "\u{80}", "\n"] {
                    for after in ["", "a", "xx", "abcdefgh", "é\n"] {
                        let text = format!("{before}{found}{after}");
                        let at = first_special(&text, marks, special);
                        assert_eq!(at, Some(before.len()), "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn are_digits_accepts_only_digits() {
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
    fn digits_end_at_the_first_other_byte() {
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
