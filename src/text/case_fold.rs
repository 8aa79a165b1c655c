//! Unicode simple case folding, and comparisons that ignore case.
//!
//! Simple folding maps one character to one character (`ẞ` to `ß`, never to `ss`), so a prefix stays a
//! prefix and `?` in a pattern matches one character. The tables come from `unicode-case-mapping`: std has
//! none for folding, and lower-casing differs (`Σ`, `ς` and `σ` fold to the same character).

use std::borrow::Cow;

/// Folds every character of `text`. Borrows if nothing changes.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    match text.char_indices().find(|(_, c)| fold_char(*c) != *c) {
        None => Cow::Borrowed(text),
        Some((at, _)) => {
            let (same, rest) = text.split_at_checked(at).unwrap_or(("", text));
            let mut out = String::with_capacity(text.len());
            out.push_str(same);
            out.extend(rest.chars().map(fold_char));
            Cow::Owned(out)
        }
    }
}

/// Folds one character.
pub(crate) fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    unicode_case_mapping::case_folded(c)
        .and_then(|folded| char::from_u32(folded.get()))
        .unwrap_or(c)
}

/// Returns whether the texts are equal, ignoring case.
pub(crate) fn equal(a: &str, b: &str) -> bool {
    a.chars().map(fold_char).eq(b.chars().map(fold_char))
}

/// Returns whether `text` starts with `prefix`, ignoring case.
pub(crate) fn starts_with(text: &str, prefix: &str) -> bool {
    let mut chars = text.chars().map(fold_char);
    prefix.chars().all(|c| chars.next() == Some(fold_char(c)))
}

/// Returns whether `text` ends with `suffix`, ignoring case.
pub(crate) fn ends_with(text: &str, suffix: &str) -> bool {
    let mut chars = text.chars().rev().map(fold_char);
    suffix
        .chars()
        .rev()
        .all(|c| chars.next() == Some(fold_char(c)))
}

/// Returns whether `text` contains `part`, ignoring case. Takes time linear in both.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    fold(text).contains(&*fold(part))
}

#[cfg(test)]
mod tests {
    use super::{contains, ends_with, equal, fold, fold_char, starts_with};
    use std::borrow::Cow;

    #[test]
    fn folding_maps_one_character_to_one_character() {
        assert_eq!(fold("ΣΊΣΥΦΟΣ"), fold("σίσυφος"));
        assert_eq!(fold("STRAẞE"), "straße");
        assert_eq!(fold("K"), "k", "the Kelvin sign");
        assert!(matches!(fold("nothing to do ß"), Cow::Borrowed(_)));
        assert_eq!(fold("abC"), "abc");
        // The dotted capital I has no simple folding, so it differs from the ASCII letter.
        assert_ne!(fold("İ"), fold("i"));
    }

    #[test]
    fn folding_is_idempotent() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            assert_eq!(fold_char(fold_char(c)), fold_char(c), "{c:?}");
        }
    }

    #[test]
    fn comparisons_ignore_case() {
        assert!(equal("Königsallee", "KÖNIGSALLEE"));
        assert!(!equal("ss", "ß"));
        assert!(!equal("a", "ab"));
        assert!(starts_with("ÄPFEL", "äp") && starts_with("x", "") && !starts_with("ä", "äp"));
        assert!(ends_with("ÄPFEL", "Fel") && ends_with("x", "") && !ends_with("el", "fel"));
        assert!(contains("grÜN ist", "ün I") && !contains("grün", "grn") && contains("", ""));
    }
}
