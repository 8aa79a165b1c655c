//! Goes past lists and objects that nobody wants, of a text that is known to be good. Of any other text it
//! may skip too much or too little, and no more than that.

use super::blocks::{BLOCK, Strings, block};

/// From a bracket: the place behind the one that closes it. `None` where the text ends before.
pub(super) fn skip_brackets(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start.wrapping_add(1);
    let mut strings = Strings::default();
    let mut depth = 1_u32;
    loop {
        let block = block(bytes, at)?;
        let brackets = block.brackets();
        let outside = !strings.next(block.delimiters());
        let opening = brackets.opening & outside;
        let closing = brackets.closing & outside;
        // A carry finds the next bracket behind each one that opens, in the block or past it.
        let (behind, opens) = (opening << 1).overflowing_add(!(opening | closing));
        let alone = closing & !behind;
        let opens = opens || opening >> 63 != 0;
        if (opening & behind) | (alone & alone.wrapping_sub(1)) == 0 {
            // Pairs, among them perhaps one that closes what is open, behind all perhaps one that opens.
            depth = depth.wrapping_sub(u32::from(alone != 0));
            if depth == 0 {
                return Some(
                    at.wrapping_add(alone.trailing_zeros() as usize)
                        .wrapping_add(1),
                );
            }
            depth = depth.wrapping_add(u32::from(opens));
        } else {
            let mut left = opening | closing;
            while left != 0 {
                let lowest = left & left.wrapping_neg();
                let closes = u32::from(closing & lowest != 0);
                depth = depth.wrapping_add(1).wrapping_sub(closes << 1);
                if depth == 0 {
                    let place = lowest.trailing_zeros() as usize;
                    return Some(at.wrapping_add(place).wrapping_add(1));
                }
                left ^= lowest;
            }
        }
        at = at.wrapping_add(BLOCK);
    }
}

/// From inside of an object or a list, outside of strings: the place of the bracket that closes it, and
/// how many commas of its own come before that. `None` where the text ends before.
pub(super) fn skip_members(bytes: &[u8], start: usize) -> Option<(usize, u32)> {
    let mut at = start;
    let mut strings = Strings::default();
    let mut depth = 1_u32;
    let mut members = 0_u32;
    loop {
        let block = block(bytes, at)?;
        let brackets = block.brackets();
        let commas = block.commas();
        let outside = !strings.next(block.delimiters());
        let closing = brackets.closing & outside;
        let opening = brackets.opening & outside;
        let mut commas = commas & outside;
        let mut left = opening | closing;
        while left != 0 {
            let lowest = left & left.wrapping_neg();
            let before = lowest.wrapping_sub(1);
            if depth == 1 {
                members = members.wrapping_add((commas & before).count_ones());
            }
            commas &= !before;
            let closes = u32::from(closing & lowest != 0);
            depth = depth.wrapping_add(1).wrapping_sub(closes << 1);
            if depth == 0 {
                let place = lowest.trailing_zeros() as usize;
                return Some((at.wrapping_add(place), members));
            }
            left ^= lowest;
        }
        if depth == 1 {
            members = members.wrapping_add(commas.count_ones());
        }
        at = at.wrapping_add(BLOCK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_counted_where_they_are_skipped() {
        let member = r#","a,b\",":[1,{"c":2,"d":","},[3,4]],"e_Y":",}""#;
        for count in 0..40 {
            for before in 0..70 {
                let blanks = " ".repeat(before);
                let text = format!("{blanks}{}{blanks}}},1]", member.repeat(count));
                let found = skip_members(text.as_bytes(), 0);
                let members = u32::try_from(count * 2).unwrap();
                assert_eq!(found, Some((text.len() - 4, members)), "{text}");
                assert_eq!(skip_members(&text.as_bytes()[..text.len() - 4], 0), None);
            }
        }
    }

    #[test]
    fn brackets_are_skipped_whole() {
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
    }

    /// The end by the plain way: byte for byte.
    fn plain_end(bytes: &[u8]) -> Option<usize> {
        let (mut depth, mut inside, mut escaped) = (0, false, false);
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = inside,
                b'"' => inside = !inside,
                b'[' | b'{' if !inside => depth += 1,
                b']' | b'}' if !inside => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    #[test]
    fn brackets_of_any_order_end_where_the_plain_way_says() {
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
        ];
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            let mut text = "[".to_owned();
            let length = seed >> 58;
            for _ in 0..=length {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                // All parts as often as one another, then mostly gaps, then mostly brackets.
                let few = [15, 7, 14][text.len() % 3];
                text.push_str(parts[(seed >> 40) as usize & few]);
            }
            let end = plain_end(text.as_bytes());
            assert_eq!(skip_brackets(text.as_bytes(), 0), end, "{text}");
        }
    }

    #[test]
    fn brackets_close_wherever_they_stand_in_a_block() {
        // What is around moves every kind of byte over the edges of blocks.
        let inner = r#"{"a":[1,{"b]":"}{"}],"c\\":"\"]","d":[[]],"e_Y":true}"#;
        for before in 0..130 {
            for (open, close) in [("[", "]"), ("{\"k\":", "}")] {
                let blanks = " ".repeat(before);
                let string = "x".repeat(before);
                let text =
                    format!("{open}{blanks}[{inner},\"{string}\",{inner}]{blanks}{close}]}}\"");
                let end = text.len() - 3;
                assert_eq!(skip_brackets(text.as_bytes(), 0), Some(end), "{text}");
                let cut = &text.as_bytes()[..end - 1];
                assert_eq!(skip_brackets(cut, 0), None, "{text}");
            }
        }
    }
}
