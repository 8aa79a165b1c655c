//! Goes past strings, lists and objects that nobody wants, of a text that is known to be good. Of any
//! other text it may skip too much or too little, and no more than that.

use crate::bytes::{all, before, word, zeros};

/// From the quote that opens a string: the place behind the one that closes it. What stands between is
/// not looked at. `None` where the text ends before.
#[inline(always)]
pub(super) fn skip_string(bytes: &[u8], start: usize) -> Option<usize> {
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

/// From a bracket: the place behind the one that closes it. `None` where the text ends before.
pub(super) fn skip_brackets(bytes: &[u8], start: usize) -> Option<usize> {
    let mut state = State {
        depth: 1,
        in_string: 0,
    };
    let mut at = start.wrapping_add(1);
    loop {
        let rest = bytes.get(at..)?;
        let Some(block) = rest.first_chunk::<BLOCK>() else {
            return state
                .step_through(rest)
                .ok()
                .map(|end| at.wrapping_add(end));
        };
        let marks = Marks::of(block);
        let passed = if marks.backslash {
            state.step_through(rest)
        } else {
            state.pass(&marks, block)
        };
        match passed {
            Ok(end) => return Some(at.wrapping_add(end)),
            Err(length) => at = at.wrapping_add(length),
        }
    }
}

/// Bytes that are looked at together: one bit of a word for each.
const BLOCK: usize = 64;

/// Between two blocks.
struct State {
    /// Brackets open.
    depth: u32,
    /// All bits where a string goes on, else none.
    in_string: u64,
}

impl State {
    /// Where the last bracket closes, behind it; else how far to go on.
    #[inline(always)]
    fn pass(&mut self, marks: &Marks, block: &[u8; BLOCK]) -> Result<usize, usize> {
        let inside = up_to_next(marks.quotes) ^ self.in_string;
        self.in_string = 0_u64.wrapping_sub(inside >> 63);
        let brackets = marks.brackets & !inside;
        if brackets == 0 {
            return Err(BLOCK);
        }
        let closers = bit_of_closers(block);
        let closing = brackets & closers;
        let opening = brackets & !closers;
        let closed = closing.count_ones();
        if self.depth <= closed {
            let mut left = brackets;
            while left != 0 {
                let lowest = left & left.wrapping_neg();
                if closing & lowest == 0 {
                    self.depth = self.depth.wrapping_add(1);
                } else {
                    self.depth = self.depth.wrapping_sub(1);
                    if self.depth == 0 {
                        return Ok((lowest.trailing_zeros() as usize).wrapping_add(1));
                    }
                }
                left ^= lowest;
            }
        } else {
            let opened = opening.count_ones();
            self.depth = self.depth.wrapping_add(opened).wrapping_sub(closed);
        }
        Err(BLOCK)
    }

    /// As [`State::pass`], byte by byte: a block with backslashes, or the last bytes of the text.
    fn step_through(&mut self, bytes: &[u8]) -> Result<usize, usize> {
        let mut in_string = self.in_string != 0;
        let mut at = 0_usize;
        while at < BLOCK {
            let Some(byte) = bytes.get(at) else {
                break;
            };
            at = at.wrapping_add(1);
            match (byte, in_string) {
                (b'"', _) => in_string = !in_string,
                (b'\\', true) => at = at.wrapping_add(1),
                (b'{' | b'[', false) => self.depth = self.depth.wrapping_add(1),
                (b'}' | b']', false) => {
                    self.depth = self.depth.wrapping_sub(1);
                    if self.depth == 0 {
                        return Ok(at);
                    }
                }
                _ => {}
            }
        }
        self.in_string = if in_string { u64::MAX } else { 0 };
        Err(at)
    }
}

/// What is where in a block.
struct Marks {
    quotes: u64,
    /// Brackets of all four kinds; outside of strings nothing else but what JSON does not have.
    brackets: u64,
    backslash: bool,
}

impl Marks {
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Self {
        let (mut quotes, mut brackets, mut backslashes) = (0, 0, 0);
        for word in block.as_chunks::<8>().0 {
            let word = u64::from_le_bytes(*word);
            // The high bits of a word; they move down as the words that follow come in above them.
            quotes = quotes >> 1 | nonzeros(word ^ all(b'"'));
            brackets = brackets >> 1 | nonzeros((word | all(0x26)) ^ all(0x7f));
            let backslash = word ^ all(b'\\');
            backslashes |= backslash.wrapping_sub(all(1)) & !backslash;
        }
        Self {
            quotes: !in_order(quotes),
            brackets: !in_order(brackets),
            backslash: backslashes & all(0x80) != 0,
        }
    }
}

/// The bit that closing brackets have and opening ones do not, of all bytes.
#[inline(always)]
fn bit_of_closers(block: &[u8; BLOCK]) -> u64 {
    let words = block.as_chunks::<8>().0;
    in_order(words.iter().fold(0, |bits, word| {
        bits >> 1 | (u64::from_le_bytes(*word) & all(0x04)) << 5
    }))
}

/// The high bit of each byte that is not zero.
#[inline(always)]
const fn nonzeros(word: u64) -> u64 {
    ((word & all(0x7f)).wrapping_add(all(0x7f)) | word) & all(0x80)
}

/// Of eight bytes of eight bits: bit 3 of byte 5 becomes bit 5 of byte 3.
#[inline(always)]
const fn in_order(bits: u64) -> u64 {
    let swap = (bits ^ bits >> 7) & 0x00aa_00aa_00aa_00aa;
    let bits = bits ^ swap ^ swap << 7;
    let swap = (bits ^ bits >> 14) & 0x0000_cccc_0000_cccc;
    let bits = bits ^ swap ^ swap << 14;
    let swap = (bits ^ bits >> 28) & 0x0000_0000_f0f0_f0f0;
    bits ^ swap ^ swap << 28
}

/// From each odd bit that is set on, all bits below the next one that is.
#[inline(always)]
const fn up_to_next(bits: u64) -> u64 {
    let bits = bits ^ bits << 1;
    let bits = bits ^ bits << 2;
    let bits = bits ^ bits << 4;
    let bits = bits ^ bits << 8;
    let bits = bits ^ bits << 16;
    bits ^ bits << 32
}

#[cfg(test)]
mod tests {
    use super::*;

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
