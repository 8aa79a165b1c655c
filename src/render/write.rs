//! Writes fixed texts and tokens to a part: escapes, removes control characters and enforces the length
//! limit.

use super::{Failed, RenderFailure};
use crate::template::program::{Mode, PlainText};
use crate::text::swar::{below_space, equal, first_special, is_plain};

pub(super) struct PartWriter<'r> {
    out: &'r mut String,
    mode: Mode,
    /// The maximum length of `out`.
    end: usize,
    most: usize,
    /// The last character was a carriage return, written as a line feed. A line feed after it belongs
    /// to the same line break.
    after_return: bool,
}

impl<'r> PartWriter<'r> {
    pub(super) const fn new(out: &'r mut String, mode: Mode, most: usize) -> Self {
        let end = out.len().saturating_add(most);
        Self {
            out,
            mode,
            end,
            most,
            after_return: false,
        }
    }

    /// Reserves memory for the fixed text and some tokens.
    pub(super) fn make_room(&mut self, fixed: usize) {
        const TOKENS: usize = 128;
        let room = fixed.saturating_add(TOKENS);
        if self.out.capacity() == 0 {
            *self.out = String::with_capacity(room);
        } else {
            self.out.reserve(room);
        }
    }

    /// Returns whether fixed text can be copied unchanged.
    #[inline(always)]
    pub(super) const fn takes_text(&self, plain: PlainText) -> bool {
        let as_it_is = match plain {
            PlainText::Always => true,
            PlainText::InLines => !self.mode.single_line,
            PlainText::No => false,
        };
        as_it_is && !self.after_return
    }

    /// Returns whether the text of a token can be copied unchanged.
    #[inline(always)]
    pub(super) fn takes_token(&self, text: &str, raw: bool) -> bool {
        !(self.mode.escape && !raw || self.after_return) && is_plain(text)
    }

    /// Copies text unchanged.
    #[inline(always)]
    pub(super) fn piece(&mut self, text: &str) -> Result<(), RenderFailure> {
        self.out.push_str(text);
        self.check()
    }

    /// Writes fixed text.
    pub(super) fn text(&mut self, text: &str) -> Result<(), RenderFailure> {
        self.push(text, false)
    }

    /// Writes the text of a token; with `raw`, without escaping.
    pub(super) fn token(&mut self, text: &str, raw: bool) -> Result<(), RenderFailure> {
        self.push(text, self.mode.escape && !raw)
    }

    #[inline(never)]
    fn push(&mut self, text: &str, escape: bool) -> Result<(), RenderFailure> {
        let mut rest = text;
        if self.after_return {
            self.after_return = text.is_empty();
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        let single_line = self.mode.single_line;
        let stops = |c: char| is_special(c, escape, single_line);
        let marks = |word| special_marks(word, escape);
        while let Some(at) = first_special(rest, marks, stops) {
            let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.out.push_str(plain);
            let mut chars = tail.chars();
            let c = chars.next().unwrap_or_default();
            rest = chars.as_str();
            match c {
                '\r' if !single_line => {
                    self.out.push('\n');
                    self.after_return = rest.is_empty();
                    rest = rest.strip_prefix('\n').unwrap_or(rest);
                }
                c => self.out.push_str(replacement(c)),
            }
            if self.out.len() > self.end {
                break;
            }
        }
        self.out.push_str(rest);
        self.check()
    }

    #[inline]
    fn check(&self) -> Result<(), RenderFailure> {
        if self.out.len() > self.end {
            return Err(too_long(self.most));
        }
        Ok(())
    }
}

/// Creates the error for a text that exceeds the limit.
pub(super) fn too_long(most: usize) -> RenderFailure {
    Failed::invalid(format!("Rendered text is longer than {most} bytes"))
}

/// Returns whether a character is not copied unchanged.
pub(super) fn is_special(c: char, escape: bool, single_line: bool) -> bool {
    match c {
        '\t' => false,
        '\n' => single_line,
        // Unicode line separators.
        '\u{2028}' | '\u{2029}' => single_line,
        '<' | '>' | '"' | '&' | '\'' | '`' | '=' => escape,
        c => c.is_control(),
    }
}

/// Returns a mask of the bytes in `word` that may begin a special character. It includes the lead bytes
/// of U+0080 to U+00BF and of U+2000 to U+2FFF.
fn special_marks(word: u64, escape: bool) -> u64 {
    let plain = below_space(word) | equal(word, 0x7f) | equal(word, 0xc2) | equal(word, 0xe2);
    if !escape {
        return plain;
    }
    let escaped = b"<>\"&'`=".iter().map(|byte| equal(word, *byte));
    escaped.fold(plain, |marks, more| marks | more)
}

/// Escapes like Handlebars; removes all other special characters.
const fn replacement(c: char) -> &'static str {
    match c {
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '&' => "&amp;",
        '\'' => "&#x27;",
        '`' => "&#x60;",
        '=' => "&#x3D;",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::PartWriter;
    use crate::template::program::Mode;

    fn written(mode: Mode, texts: &[&str]) -> String {
        let mut out = String::from("before ");
        let mut writer = PartWriter::new(&mut out, mode, 100);
        for text in texts {
            writer.token(text, false).unwrap();
        }
        out.split_off(7)
    }

    #[test]
    fn line_breaks_become_line_feeds_across_writes() {
        let mode = Mode::default();
        let cases: &[(&[&str], &str)] = &[
            (&["a\r\nb\rc\nd"], "a\nb\nc\nd"),
            (&["a\r", "\nb"], "a\nb"),
            (&["a\r", "", "\nb"], "a\nb"),
            (&["a\r", "b\n"], "a\nb\n"),
            (&["a\r", "\r", "\n\n"], "a\n\n\n"),
            (
                &["tab\tstays, bell\u{7} and \u{85}\u{9b} go"],
                "tab\tstays, bell and  go",
            ),
            (&["a\u{2028}b"], "a\u{2028}b"),
        ];
        for (texts, expected) in cases {
            assert_eq!(written(mode, texts), *expected, "{texts:?}");
        }
    }

    #[test]
    fn single_line_parts_have_no_line_breaks() {
        let mode = Mode {
            single_line: true,
            ..Mode::default()
        };
        assert_eq!(written(mode, &["a\r\nb\rc\nd\u{2028}e", "\n"]), "abcde");
    }

    #[test]
    fn html_is_escaped_and_length_is_limited() {
        let mode = Mode {
            escape: true,
            ..Mode::default()
        };
        assert_eq!(
            written(mode, &["<a href=\"x\">'&`é"]),
            "&lt;a href&#x3D;&quot;x&quot;&gt;&#x27;&amp;&#x60;é"
        );
        let mut out = String::from("12345");
        let mut writer = PartWriter::new(&mut out, mode, 5);
        writer.text("abc").unwrap();
        writer.token("<", true).unwrap();
        assert!(writer.token("<", false).is_err());
    }
}
