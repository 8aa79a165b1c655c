//! The way through a text that was checked before: what nobody wants is skipped, and which member comes
//! next is guessed from earlier texts. Of any other text it may take anything. Knows no rule.

#![expect(
    clippy::cast_possible_truncation,
    reason = "no text is longer than 32 bits can count: the reader sees to it"
)]

use super::lanes::{number_end, plain_end, plain_string, string_end};
use super::pass::{colon_end, word_end};
use super::skip::{skip_brackets, skip_members};
use super::strings::rest_of_string;
use super::tape::{Around, Tape};
use crate::bytes::{blanks_end, print_within};
use crate::uses::{Uses, Want};
use crate::value::{Kind, unescape};

/// What is kept from one text to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Habits {
    /// The containers around the innermost one.
    outer: Vec<Open>,
    /// By the number of a member that is wanted: that of the wanted one that came behind it last. Nothing
    /// but speed hangs on it: a wrong one, or one of other uses, is seen not to stand there.
    behind: Vec<u32>,
    /// Whether a text was read before: of memory for a single one nothing is kept.
    again: bool,
}

/// A container whose end has not come.
#[derive(Clone, Copy, Debug)]
struct Open {
    around: Around,
    /// What is wanted of what is inside; never a shell.
    inside: Want,
    /// Where its node is.
    node: u32,
    count: u32,
    /// How many members may still come of which something is wanted.
    wanted: u32,
    /// The number of the member that came last, or one that stands for the beginning.
    last: u32,
}

impl Habits {
    #[inline(always)]
    fn behind(&self, number: u32) -> u32 {
        let behind = self.behind.get(number as usize);
        behind.copied().unwrap_or_default()
    }

    #[cold]
    fn learn(&mut self, uses: &Uses, last: u32, number: u32) {
        if !self.again {
            return;
        }
        if self.behind.is_empty() {
            self.behind.resize(uses.all_numbers(), 0);
        }
        if let Some(behind) = self.behind.get_mut(last as usize) {
            *behind = number;
        }
    }
}

/// Reads the text of an event, with blanks around it and nothing else. Repeated keys are not looked for.
/// `None` where a flaw shows: what of the text was kept till then is not to be used.
pub(super) fn walk_trusted(tape: &mut Tape<'_>, uses: &Uses) -> Option<()> {
    let mut habits = std::mem::take(&mut tape.habits);
    habits.outer.clear();
    let mut walk = Walk { tape, uses, habits };
    let result = walk.walk();
    walk.habits.again = true;
    walk.tape.habits = walk.habits;
    result
}

struct Walk<'a, 't> {
    tape: &'a mut Tape<'t>,
    uses: &'a Uses,
    habits: Habits,
}

impl Walk<'_, '_> {
    fn walk(&mut self) -> Option<()> {
        let bytes = self.tape.text.as_bytes();
        let mut open = Open {
            around: Around::Nothing,
            inside: Want::Nothing,
            node: u32::MAX,
            count: 0,
            wanted: u32::MAX,
            last: 0,
        };
        let mut want = self.tape.want;
        let mut at = 0;
        'value: loop {
            // A value must begin here.
            let start = at;
            match *bytes.get(at)? {
                b'"' => {
                    let kind;
                    (at, kind) = string(bytes, at)?;
                    self.tape.scalar(want, kind, start, at);
                }
                b'-' | b'0'..=b'9' => {
                    at = number_end(bytes, at)?;
                    self.tape.scalar(want, Kind::Number, start, at);
                }
                bracket @ (b'{' | b'[') => match want {
                    Want::Nothing => at = skip_brackets(bytes, at)?,
                    _ => {
                        self.enter(&mut open, want, bracket, start)?;
                        at = blanks_end(bytes, at.wrapping_add(1));
                        match (open.around, *bytes.get(at)?) {
                            (Around::Object, b'}') | (_, b']') => {}
                            _ if open.inside == Want::Nothing => {
                                (at, open.count) = members_end(bytes, at)?;
                            }
                            (Around::Object, _) => {
                                (at, want) = self.key(at, &mut open)?;
                                continue 'value;
                            }
                            _ => {
                                want = self.element(&open);
                                if want != Want::Nothing {
                                    continue 'value;
                                }
                                (at, open.count) = members_end(bytes, at)?;
                            }
                        }
                        at = self.leave(&mut open, at)?;
                    }
                },
                b't' => {
                    at = word_end(bytes, at, *b"true")?;
                    self.tape.scalar(want, Kind::True, start, at);
                }
                b'f' => {
                    at = word_end(bytes, at, *b"false")?;
                    self.tape.scalar(want, Kind::False, start, at);
                }
                b'n' => {
                    at = word_end(bytes, at, *b"null")?;
                    self.tape.scalar(want, Kind::Null, start, at);
                }
                b' ' | b'\n' | b'\r' | b'\t' => {
                    at = blanks_end(bytes, at);
                    continue 'value;
                }
                _ => return None,
            }
            // A value has ended here, and perhaps containers with it.
            loop {
                at = blanks_end(bytes, at);
                open.count = open.count.wrapping_add(1);
                let Some(byte) = bytes.get(at) else {
                    return (open.around == Around::Nothing).then_some(());
                };
                if *byte == b',' {
                    if open.wanted == 0 {
                        let more;
                        (at, more) = skip_members(bytes, at)?;
                        open.count = open.count.wrapping_add(more);
                    } else if open.around == Around::Object {
                        at = blanks_end(bytes, at.wrapping_add(1));
                        (at, want) = self.key(at, &mut open)?;
                        continue 'value;
                    } else {
                        at = at.wrapping_add(1);
                        want = self.element(&open);
                        if want != Want::Nothing {
                            continue 'value;
                        }
                        let more;
                        (at, more) = members_end(bytes, at)?;
                        open.count = open.count.wrapping_add(more);
                    }
                }
                at = self.leave(&mut open, at)?;
            }
        }
    }
}

impl Walk<'_, '_> {
    /// A container begins; `None` where too many are open.
    fn enter(&mut self, open: &mut Open, want: Want, bracket: u8, start: usize) -> Option<()> {
        if self.habits.outer.len() >= self.tape.depth {
            return None;
        }
        self.habits.outer.push(*open);
        let (around, kind) = match bracket {
            b'{' => (Around::Object, Kind::Object),
            _ => (Around::List, Kind::List),
        };
        *open = Open {
            around,
            inside: want,
            node: self.tape.nodes.len() as u32,
            count: 0,
            wanted: u32::MAX,
            last: 0,
        };
        match want {
            Want::Shell => open.inside = Want::Nothing,
            Want::Parts(node) if around == Around::Object => {
                open.wanted = self.uses.members(node) as u32;
                open.last = self.uses.beginning(node);
            }
            _ => {}
        }
        self.tape.push(kind, start, start, 0);
        Some(())
    }

    /// The innermost container ends with the bracket at that place: what is behind it.
    fn leave(&mut self, open: &mut Open, at: usize) -> Option<usize> {
        let bracket = match open.around {
            Around::Nothing => return None,
            Around::List => b']',
            Around::Object => b'}',
        };
        if self.tape.text.as_bytes().get(at) != Some(&bracket) {
            return None;
        }
        let end = at.wrapping_add(1);
        let next = self.tape.nodes.len() as u32;
        let node = self.tape.nodes.get_mut(open.node as usize)?;
        node.end = end as u32;
        node.next = next;
        node.count = open.count;
        *open = self.habits.outer.pop()?;
        Some(end)
    }

    /// What is wanted of the next element of a list: nothing only where that goes for all behind it, too.
    fn element(&self, open: &Open) -> Want {
        match open.inside {
            Want::Parts(node) => self.uses.element(node, open.count),
            inside => inside,
        }
    }

    /// Reads a key and its colon, to behind it, and tells what is wanted of the value.
    #[inline(always)]
    fn key(&mut self, at: usize, open: &mut Open) -> Option<(usize, Want)> {
        if let Want::Parts(node) = open.inside {
            let number = self.habits.behind(open.last);
            let rest = self.tape.text.as_bytes().get(at..)?;
            if let Some((want, length)) = self.uses.goes_on(node, number, rest) {
                let behind = at.wrapping_add(length);
                let end = behind.wrapping_sub(1);
                self.tape.push(Kind::String, at, end, number);
                open.wanted = open.wanted.saturating_sub(1);
                open.last = number;
                return Some((behind, want));
            }
        }
        self.other_key(at, open)
    }

    /// One that is not the one that was guessed.
    #[inline(never)]
    fn other_key(&mut self, at: usize, open: &mut Open) -> Option<(usize, Want)> {
        let bytes = self.tape.text.as_bytes();
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let inside = at.wrapping_add(1);
        let end = plain_end(bytes, inside);
        let (behind, kind, (want, number));
        if bytes.get(end) == Some(&b'"') {
            kind = Kind::String;
            behind = end.wrapping_add(1);
            (want, number) = match open.inside {
                Want::Parts(node) => {
                    let print = print_within(bytes, inside, end);
                    self.uses.member(node, print, bytes.get(inside..end)?)
                }
                inside => (inside, 0),
            };
        } else {
            kind = Kind::EscapedString;
            behind = rest_of_string(bytes, end).ok()?;
            (want, number) = match open.inside {
                Want::Parts(node) => {
                    let name = self.tape.text.get(inside..behind.wrapping_sub(1))?;
                    self.uses.member_called(node, &unescape(name))
                }
                inside => (inside, 0),
            };
        }
        if want != Want::Nothing {
            self.tape.push(kind, at, behind, number);
            open.wanted = open.wanted.saturating_sub(1);
            if number != 0 {
                self.habits.learn(self.uses, open.last, number);
                open.last = number;
            }
        }
        Some((colon_end(bytes, behind)?, want))
    }
}

/// Behind the string that begins at `at`, and what it is.
#[inline(always)]
fn string(bytes: &[u8], at: usize) -> Option<(usize, Kind)> {
    if let Some(behind) = plain_string(bytes.get(at..)?) {
        return Some((bytes.len().wrapping_sub(behind.len()), Kind::String));
    }
    let (end, escaped) = string_end(bytes, at.wrapping_add(1))?;
    let kind = if escaped {
        Kind::EscapedString
    } else {
        Kind::String
    };
    Some((end, kind))
}

/// From the first member of an object, or element of a list, that nobody wants, as those behind it: the
/// place of the bracket that closes it, and how many there are.
fn members_end(bytes: &[u8], at: usize) -> Option<(usize, u32)> {
    let (end, commas) = skip_members(bytes, at)?;
    Some((end, commas.wrapping_add(1)))
}
