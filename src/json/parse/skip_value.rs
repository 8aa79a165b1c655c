//! Skips unselected values in trusted JSON, 64 bytes at a time.
//!
//! On invalid text it may skip too much or too little.

use super::simd64::{BLOCK, BracketMasks, StringState, block};
use crate::json::projection::FieldSet;

/// Returns the bracket of a block that closes the container, given the number of open brackets
/// before the block.
#[inline(always)]
fn closing_bracket(brackets: BracketMasks, depth: &mut u32) -> Option<u32> {
    let BracketMasks { opening, closing } = brackets;
    // The carry finds the next bracket after each opening one, in this block or past it.
    let (next, opens) = (opening << 1).overflowing_add(!(opening | closing));
    let alone = closing & !next;
    let opens = opens || opening >> 63 != 0;
    if (opening & next) | (alone & alone.wrapping_sub(1)) == 0 {
        // All pairs are adjacent, except for one closing bracket and one opening bracket at the
        // end.
        *depth = depth.wrapping_sub(u32::from(alone != 0));
        if *depth == 0 {
            return Some(alone.trailing_zeros());
        }
        *depth = depth.wrapping_add(u32::from(opens));
        return None;
    }
    let mut left = opening | closing;
    while left != 0 {
        let lowest = left & left.wrapping_neg();
        let closes = u32::from(closing & lowest != 0);
        *depth = depth.wrapping_add(1).wrapping_sub(closes << 1);
        if *depth == 0 {
            return Some(lowest.trailing_zeros());
        }
        left ^= lowest;
    }
    None
}

/// Starts inside a container, outside strings. Returns the offset of its closing bracket and the
/// number of its own commas before that. `None` if the text ends first.
pub(super) fn skip_members(bytes: &[u8], start: usize) -> Option<(usize, u32)> {
    let mut at = start;
    let mut strings = StringState::default();
    let mut depth = 1_u32;
    let mut members = 0_u32;
    loop {
        let lanes = block(bytes, at)?;
        let outside = !strings.next(lanes.delimiters());
        let mut commas = lanes.commas() & outside;
        let mut left = lanes.brackets() & outside;
        while left != 0 {
            let first = left.trailing_zeros();
            let place = at.wrapping_add(first as usize);
            left &= left.wrapping_sub(1);
            if depth == 1 {
                members = members.wrapping_add((commas & !bits_above(first)).count_ones());
            }
            commas &= bits_above(first);
            if matches!(bytes.get(place)?, b'[' | b'{') {
                depth = depth.wrapping_add(1);
            } else {
                depth = depth.wrapping_sub(1);
                if depth == 0 {
                    return Some((place, members));
                }
            }
        }
        if depth == 1 {
            members = members.wrapping_add(commas.count_ones());
        }
        at = at.wrapping_add(BLOCK);
    }
}

/// Starts inside an object, outside strings. Returns the offset of the next comma that a selected
/// key may follow, or of the closing bracket, and the number of the object's commas before that.
/// `None` if the text ends first.
#[inline(never)]
pub(super) fn next_candidate(
    bytes: &[u8],
    start: usize,
    fields: &FieldSet,
) -> Option<(usize, u32)> {
    let mut at = start;
    let mut strings = StringState::default();
    let mut members = 0_u32;
    loop {
        let lanes = block(bytes, at)?;
        let mut outside = !strings.next(lanes.delimiters());
        let mut left = lanes.separators() & outside;
        while left != 0 {
            let first = left.trailing_zeros();
            let place = at.wrapping_add(first as usize);
            left &= left.wrapping_sub(1);
            let inside = outside & bits_above(first);
            (at, outside) = match *bytes.get(place)? {
                b',' => {
                    if fields.may_have_key_at(bytes, place.wrapping_add(1)) {
                        return Some((place, members));
                    }
                    members = members.wrapping_add(1);
                    continue;
                }
                b'[' => skip_container::<b'['>(bytes, at, inside, &mut strings)?,
                b'{' => skip_container::<b'{'>(bytes, at, inside, &mut strings)?,
                _ => return Some((place, members)),
            };
            left = block(bytes, at)?.separators() & outside;
        }
        at = at.wrapping_add(BLOCK);
    }
}

/// Skips a container by counting brackets of its own kind, starting in the block at `at`. Returns
/// the block in which it is closed and the positions after it. `outside` holds the positions
/// outside strings.
#[inline(never)]
fn skip_container<const BRACKET: u8>(
    bytes: &[u8],
    mut at: usize,
    mut outside: u64,
    strings: &mut StringState,
) -> Option<(usize, u64)> {
    let mut inner = *strings;
    let mut depth = 1;
    let mut lanes = block(bytes, at)?;
    loop {
        let brackets = lanes.brackets_of::<BRACKET>();
        if let Some(end) = closing_bracket(brackets.masked(outside), &mut depth) {
            *strings = inner;
            return Some((at, outside & bits_above(end)));
        }
        at = at.wrapping_add(BLOCK);
        lanes = block(bytes, at)?;
        outside = !inner.next(lanes.delimiters());
    }
}

/// Returns the positions of a block after `place`.
#[inline(always)]
const fn bits_above(place: u32) -> u64 {
    (u64::MAX << 1).unbounded_shl(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::projection::{PathStep, Projection, ProjectionBuilder, Selection};

    #[test]
    fn skipped_members_are_counted() {
        let member = r#","a,b\",":[1,{"c":2,"d":","},[3,4]],"e_Y":",}""#;
        for count in 0..40 {
            for before in 0..70 {
                let blanks = " ".repeat(before);
                let text = format!("{blanks}{}{blanks}}},1]", member.repeat(count));
                let found = skip_members(&read(&text), 0);
                let members = u32::try_from(count * 2).unwrap();
                assert_eq!(found, Some((text.len() - 4, members)), "{text}");
                assert_eq!(skip_members(&read(&text[..text.len() - 4]), 0), None);
            }
        }
    }

    /// Returns the text with its padding, as the reader sees it.
    fn read(text: &str) -> Vec<u8> {
        [text.as_bytes(), &[0; BLOCK]].concat()
    }

    fn projection() -> Projection {
        let mut builder = ProjectionBuilder::new([]);
        for name in ["a", "ab", "city"] {
            builder.add([PathStep::Key(name)]);
        }
        builder.finish()
    }

    /// Returns the field set of the event's data.
    fn fields(projection: &Projection) -> &FieldSet {
        match projection.member_by_name(0, "event_data") {
            (Selection::Fields(node), _) => projection.node(node).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// A byte-by-byte reference for [`next_candidate`].
    fn reference_next_candidate(bytes: &[u8], fields: &FieldSet) -> Option<(usize, u32)> {
        let (mut inside, mut escaped, mut members) = (false, false, 0);
        let (mut depth, mut bracket) = (0, b'[');
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = inside,
                b'"' => inside = !inside,
                _ if inside => {}
                _ if depth > 0 => {
                    depth += u32::from(*byte == bracket);
                    depth -= u32::from(*byte == bracket + 2);
                }
                b'[' | b'{' => (depth, bracket) = (1, *byte),
                b']' | b'}' => return Some((at, members)),
                b',' if fields.may_have_key_at(bytes, at + 1) => return Some((at, members)),
                b',' => members += 1,
                _ => {}
            }
        }
        None
    }

    #[test]
    fn the_next_candidate_is_that_of_the_reference() {
        let parts = [
            "[",
            "{",
            "]",
            "}",
            "[",
            "{",
            "]",
            "}",
            ",",
            "1",
            "\"a\"",
            "\"]\"",
            "\"{\\\"\"",
            "\"\\\\\"",
            "12345678",
            "\"longer than most of them\"",
            ",\"other\":",
            ",\n  \"abc_Y\":",
            ",\"city\":",
            ", \"ab\" :",
            ",\"\\u0061\":",
            ",\"c\\u0069ty\":",
        ];
        let projection = projection();
        for fields in [fields(&projection), &FieldSet::default()] {
            let mut seed = 1_u64;
            let mut found = [0; 3];
            for _ in 0..20_000 {
                let mut text = String::new();
                let length = seed >> 58;
                for _ in 0..=length {
                    seed = seed
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    // All parts equally often, then mostly separators, then mostly brackets.
                    let part = match text.len() % 3 {
                        0 => (seed >> 40) % parts.len() as u64,
                        1 => (seed >> 40) % 8 + 8,
                        _ => (seed >> 40) % 10,
                    };
                    text.push_str(parts[part as usize]);
                }
                let bytes = read(&text);
                let next = reference_next_candidate(&bytes, fields);
                assert_eq!(next_candidate(&bytes, 0, fields), next, "{text}");
                let kind = next.map_or(0, |(at, _)| 1 + usize::from(text.as_bytes()[at] == b','));
                found[kind] += 1;
            }
            assert!(found.iter().all(|times| *times > 1_000), "{found:?}");
        }
    }

    #[test]
    fn brackets_close_at_every_position_in_a_block() {
        // The padding around it moves every byte across the block boundaries.
        let inner = r#"{"a":[1,{"b]":"}{"}],"c\\":"\"]","d":[[]],"e_Y":true}"#;
        let projection = projection();
        for before in 0..130 {
            for (open, close) in [("[", "]"), ("{\"k\":", "}")] {
                let blanks = " ".repeat(before);
                let string = "x".repeat(before);
                let value = format!("{open}{blanks}[{inner},\"{string}\",{inner}]{blanks}{close}");
                let key = "\"k\":";
                let text = format!("{value}{blanks},{key}{value},\"city\":1}}");
                let end = text.len() - ",\"city\":1}".len();
                let next = next_candidate(&read(&text), 0, fields(&projection));
                assert_eq!(next, Some((end, 1)), "{text}");
                let next = next_candidate(&read(&text), 0, &FieldSet::default());
                assert_eq!(next, Some((text.len() - 1, 2)), "{text}");
                let cut = read(&text[..end]);
                assert_eq!(next_candidate(&cut, 0, fields(&projection)), None, "{text}");
            }
        }
    }
}
