//! Goes past lists and objects that nobody wants, of a text that is known to be good. Of any other text it
//! may skip too much or too little, and no more than that.

use super::simd64::{BLOCK, Brackets, Strings, block};
use crate::json::projection::FieldSet;

/// The bracket of a block that closes the last that is open, where so many are open before it.
#[inline(always)]
fn end_of_all(brackets: Brackets, depth: &mut u32) -> Option<u32> {
    let Brackets { opening, closing } = brackets;
    // A carry finds the next bracket behind each one that opens, in the block or past it.
    let (behind, opens) = (opening << 1).overflowing_add(!(opening | closing));
    let alone = closing & !behind;
    let opens = opens || opening >> 63 != 0;
    if (opening & behind) | (alone & alone.wrapping_sub(1)) == 0 {
        // Pairs, among them perhaps one that closes what is open, behind all perhaps one that opens.
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

/// From inside of an object or a list, outside of strings: the place of the bracket that closes it, and
/// how many commas of its own come before that. `None` where the text ends before.
pub(super) fn skip_members(bytes: &[u8], start: usize) -> Option<(usize, u32)> {
    let mut at = start;
    let mut strings = Strings::default();
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
                members = members.wrapping_add((commas & !behind(first)).count_ones());
            }
            commas &= behind(first);
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

/// From inside of an object, outside of strings: the place of its next comma behind which the key of a
/// member that is wanted may stand, or of the bracket that closes it, and how many of its commas come
/// before that. `None` where the text ends before.
#[inline(never)]
pub(super) fn next_member(bytes: &[u8], start: usize, wanted: &FieldSet) -> Option<(usize, u32)> {
    let mut at = start;
    let mut strings = Strings::default();
    let mut members = 0_u32;
    loop {
        let lanes = block(bytes, at)?;
        let mut outside = !strings.next(lanes.delimiters());
        let mut left = lanes.separators() & outside;
        while left != 0 {
            let first = left.trailing_zeros();
            let place = at.wrapping_add(first as usize);
            left &= left.wrapping_sub(1);
            let inside = outside & behind(first);
            (at, outside) = match *bytes.get(place)? {
                b',' => {
                    if wanted.may_stand(bytes, place.wrapping_add(1)) {
                        return Some((place, members));
                    }
                    members = members.wrapping_add(1);
                    continue;
                }
                b'[' => past::<b'['>(bytes, at, inside, &mut strings)?,
                b'{' => past::<b'{'>(bytes, at, inside, &mut strings)?,
                _ => return Some((place, members)),
            };
            left = block(bytes, at)?.separators() & outside;
        }
        at = at.wrapping_add(BLOCK);
    }
}

/// Goes past what a bracket opens, by brackets of its kind alone, from these places on of the block at `at`:
/// the block in which it is closed, and the places behind that. What is inside of strings is no such place.
#[inline(never)]
fn past<const BRACKET: u8>(
    bytes: &[u8],
    mut at: usize,
    mut outside: u64,
    strings: &mut Strings,
) -> Option<(usize, u64)> {
    let mut inner = *strings;
    let mut depth = 1;
    let mut lanes = block(bytes, at)?;
    loop {
        let brackets = lanes.brackets_of::<BRACKET>();
        if let Some(end) = end_of_all(brackets.among(outside), &mut depth) {
            *strings = inner;
            return Some((at, outside & behind(end)));
        }
        at = at.wrapping_add(BLOCK);
        lanes = block(bytes, at)?;
        outside = !inner.next(lanes.delimiters());
    }
}

/// The places of a block behind that one.
#[inline(always)]
const fn behind(place: u32) -> u64 {
    (u64::MAX << 1).unbounded_shl(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::projection::{PathStep, Projection, ProjectionBuilder, Selection};

    #[test]
    fn members_are_counted_where_they_are_skipped() {
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

    /// The text as it is read.
    fn read(text: &str) -> Vec<u8> {
        [text.as_bytes(), &[0; BLOCK]].concat()
    }

    fn projection() -> Projection {
        let mut draft = ProjectionBuilder::new([]);
        for name in ["a", "ab", "city"] {
            draft.add([PathStep::Key(name)]);
        }
        draft.finish()
    }

    /// That of the data.
    fn wanted(projection: &Projection) -> &FieldSet {
        match projection.member_called(0, "event_data") {
            (Selection::Fields(node), _) => projection.node(node).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// As [`next_member`] by the plain way: byte for byte.
    fn plain_next(bytes: &[u8], wanted: &FieldSet) -> Option<(usize, u32)> {
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
                b',' if wanted.may_stand(bytes, at + 1) => return Some((at, members)),
                b',' => members += 1,
                _ => {}
            }
        }
        None
    }

    #[test]
    fn the_next_member_is_where_the_plain_way_says() {
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
        for wanted in [wanted(&projection), &FieldSet::default()] {
            let mut seed = 1_u64;
            let mut found = [0; 3];
            for _ in 0..20_000 {
                let mut text = String::new();
                let length = seed >> 58;
                for _ in 0..=length {
                    seed = seed
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    // All parts as often as one another, then mostly gaps, then mostly brackets.
                    let part = match text.len() % 3 {
                        0 => (seed >> 40) % parts.len() as u64,
                        1 => (seed >> 40) % 8 + 8,
                        _ => (seed >> 40) % 10,
                    };
                    text.push_str(parts[part as usize]);
                }
                let bytes = read(&text);
                let next = plain_next(&bytes, wanted);
                assert_eq!(next_member(&bytes, 0, wanted), next, "{text}");
                let kind = next.map_or(0, |(at, _)| 1 + usize::from(text.as_bytes()[at] == b','));
                found[kind] += 1;
            }
            assert!(found.iter().all(|times| *times > 1_000), "{found:?}");
        }
    }

    #[test]
    fn brackets_close_wherever_they_stand_in_a_block() {
        // What is around moves every kind of byte over the edges of blocks.
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
                let next = next_member(&read(&text), 0, wanted(&projection));
                assert_eq!(next, Some((end, 1)), "{text}");
                let next = next_member(&read(&text), 0, &FieldSet::default());
                assert_eq!(next, Some((text.len() - 1, 2)), "{text}");
                let cut = read(&text[..end]);
                assert_eq!(next_member(&cut, 0, wanted(&projection)), None, "{text}");
            }
        }
    }
}
