//! Percent-encoding according to RFC 3986.

use std::borrow::Cow;

/// Appends `text` with everything but letters, digits and `-._~` encoded as `%XX`.
pub(crate) fn push(out: &mut String, text: &str) {
    push_kept(out, text, |_| false);
}

/// Appends `text` as one path segment, keeping the characters that RFC 3986 allows in segments.
pub(crate) fn push_segment(out: &mut String, text: &str) {
    push_kept(out, text, |byte| b"!$&'()*+,;=:@".contains(&byte));
}

/// Returns `text` as one path segment.
pub(crate) fn segment(text: &str) -> Cow<'_, str> {
    if text.bytes().all(is_unreserved) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    push_segment(&mut out, text);
    Cow::Owned(out)
}

fn push_kept(out: &mut String, text: &str, kept: impl Fn(u8) -> bool) {
    if text.bytes().all(is_unreserved) {
        out.push_str(text);
        return;
    }
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| {
        DIGITS
            .get(usize::from(nibble))
            .copied()
            .map_or('0', char::from)
    };
    for byte in text.bytes() {
        if is_unreserved(byte) || kept(byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', digit(byte >> 4), digit(byte & 0xf)]);
        }
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::{push, push_segment};

    #[test]
    fn allowed_characters_are_kept() {
        for (text, whole, segment) in [
            ("zY5-a_b.~", "zY5-a_b.~", "zY5-a_b.~"),
            (":key@x", "%3Akey%40x", ":key@x"),
            ("a/b c", "a%2Fb%20c", "a%2Fb%20c"),
            ("ü?#%", "%C3%BC%3F%23%25", "%C3%BC%3F%23%25"),
            ("\u{1}\n", "%01%0A", "%01%0A"),
            ("", "", ""),
        ] {
            let mut out = String::new();
            push(&mut out, text);
            assert_eq!(out, whole);
            out.clear();
            push_segment(&mut out, text);
            assert_eq!(out, segment);
            assert_eq!(super::segment(text), segment);
        }
    }
}
