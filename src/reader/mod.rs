//! Reading JSON: one pass that checks the whole text and notes where every value stands. Knows no event
//! and no rule, and turns no value into anything.

use std::borrow::Cow;
use std::sync::Arc;

use crate::map::Map;
use crate::number::end_of_number;
use crate::path;
use crate::span::clamp;
use crate::value::{Document, Kind, Node, unescape};

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlawKind {
    /// It is not JSON as RFC 8259 has it, or an escape leaves a lone surrogate.
    InvalidJson,
    /// More brackets are open at once than allowed.
    TooDeep,
    /// An object has one key twice.
    DuplicateKey,
}

/// Why a text was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) kind: FlawKind,
    /// The byte at which it shows; the end of the text where more was to come.
    pub(crate) offset: usize,
    /// What is wrong, without the place.
    pub(crate) message: String,
    /// For a duplicate key: the key that comes again, as rules write a path, from the root on.
    pub(crate) path: Option<String>,
}

/// Reads one JSON value, with blanks around it and nothing else. `depth` brackets may be open at once.
///
/// The first flaw by place is the one told, but a duplicate key only where there is no other: then the
/// first key in the text that repeats one of its object. Keys are equal when they are equal after
/// unescaping. The time is linear in the text, whatever it holds.
pub(crate) fn read(text: Arc<str>, depth: usize) -> Result<Document, Flaw> {
    if u32::try_from(text.len()).is_err() {
        return Err(flaw(0, "the text is longer than 4 GiB"));
    }
    let mut tape = Tape::new(&text, depth);
    scan(text.as_bytes(), &mut tape)?;
    let Tape { nodes, repeat, .. } = tape;
    if let Some(offset) = repeat {
        return Err(Flaw {
            kind: FlawKind::DuplicateKey,
            offset: offset as usize,
            message: "this key is in its object already".to_owned(),
            path: Some(path_of_key(&text, &nodes, offset)),
        });
    }
    Ok(Document::new(text, nodes))
}

/// A character as a message names it: by its number, unless it is plain to see.
pub(crate) fn shown(c: char) -> String {
    if c.is_ascii_graphic() && c != '`' {
        format!("`{c}`")
    } else {
        format!("U+{:04X}", u32::from(c))
    }
}

/// The nodes so far and the containers that are open.
struct Tape<'a> {
    text: &'a str,
    depth: usize,
    nodes: Vec<Node>,
    open: Vec<Open>,
    /// The keys of all open objects, those of the innermost last.
    keys: Vec<Key>,
    /// Where the first key stands that its object has already.
    repeat: Option<u32>,
}

/// A container whose end has not come.
struct Open {
    node: usize,
    is_object: bool,
    count: u32,
    /// Where its keys begin in [`Tape::keys`].
    first_key: usize,
    /// Whether one of its keys has an escape.
    escaped: bool,
}

/// The inside of a key: a range of the text.
#[derive(Clone, Copy)]
struct Key {
    start: u32,
    end: u32,
    /// See [`print`].
    print: u32,
}

impl<'a> Tape<'a> {
    fn new(text: &'a str, depth: usize) -> Self {
        Self {
            text,
            depth,
            // A guess: events have about one value in a dozen bytes.
            nodes: Vec::with_capacity(text.len() / 12),
            open: Vec::with_capacity(16),
            keys: Vec::with_capacity(64),
            repeat: None,
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let next = clamp(self.nodes.len().wrapping_add(1));
        self.nodes.push(Node {
            kind,
            start: clamp(start),
            end: clamp(end),
            next,
            count: 0,
        });
    }

    fn open(&mut self, kind: Kind, start: usize) -> Result<(), Flaw> {
        if self.open.len() >= self.depth {
            return Err(self.too_deep(start));
        }
        self.open.push(Open {
            node: self.nodes.len(),
            is_object: kind == Kind::Object,
            count: 0,
            first_key: self.keys.len(),
            escaped: false,
        });
        self.push(kind, start, start);
        Ok(())
    }

    #[cold]
    fn too_deep(&self, offset: usize) -> Flaw {
        Flaw {
            kind: FlawKind::TooDeep,
            offset,
            message: format!("more than {} brackets are open at once", self.depth),
            path: None,
        }
    }

    fn key(&mut self, start: usize, end: usize, escaped: bool) {
        let kind = if escaped {
            Kind::EscapedString
        } else {
            Kind::String
        };
        self.push(kind, start, end);
        let inside = start.wrapping_add(1)..end.wrapping_sub(1);
        self.keys.push(Key {
            start: clamp(inside.start),
            end: clamp(inside.end),
            print: print(self.text.as_bytes().get(inside).unwrap_or_default()),
        });
        if escaped && let Some(open) = self.open.last_mut() {
            open.escaped = true;
        }
    }

    /// Ends the innermost container; `end` is behind its bracket.
    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let next = clamp(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(open.node) {
            node.end = clamp(end);
            node.next = next;
            node.count = open.count;
        }
        if open.is_object {
            if open.count > 1
                && let Some(at) = self.repeated_key(&open)
            {
                self.repeat = Some(self.repeat.map_or(at, |first| first.min(at)));
            }
            self.keys.truncate(open.first_key);
        }
    }

    /// The first key of an object that an earlier one equals.
    fn repeated_key(&self, object: &Open) -> Option<u32> {
        let keys = self.keys.get(object.first_key..)?;
        let found = if object.escaped || keys.len() > NARROW {
            self.repeat_among_many(keys)
        } else {
            self.repeat_among_few(keys)
        };
        found.map(|key| key.start.saturating_sub(1))
    }

    /// Looks again only at keys whose mark in a small field of bits another has set, and gives up on
    /// the field where that happens too often to be chance.
    fn repeat_among_few(&self, keys: &[Key]) -> Option<Key> {
        let mut field = [0_u64; FIELD_WORDS];
        let mut patience = PATIENCE;
        for (index, key) in keys.iter().enumerate() {
            let word = (key.print >> 6) as usize % FIELD_WORDS;
            let bit = 1_u64 << (key.print % 64);
            let Some(word) = field.get_mut(word) else {
                continue;
            };
            if *word & bit == 0 {
                *word |= bit;
                continue;
            }
            let Some(left) = patience.checked_sub(1) else {
                return self.repeat_among_many(keys);
            };
            patience = left;
            let name = self.inside(*key);
            let mut earlier = keys.iter().take(index);
            if earlier.any(|other| other.print == key.print && self.inside(*other) == name) {
                return Some(*key);
            }
        }
        None
    }

    fn repeat_among_many(&self, keys: &[Key]) -> Option<Key> {
        let mut seen: Map<Cow<'_, [u8]>, ()> = Map::with_capacity(keys.len());
        keys.iter().copied().find(|key| {
            let inside = self.inside(*key);
            let name = match std::str::from_utf8(inside) {
                Ok(text) if text.contains('\\') => Cow::Owned(unescape(text).into_bytes()),
                _ => Cow::Borrowed(inside),
            };
            seen.insert(name, ()).is_some()
        })
    }

    fn inside(&self, key: Key) -> &'a [u8] {
        let range = key.start as usize..key.end as usize;
        self.text.as_bytes().get(range).unwrap_or_default()
    }
}

/// So many keys are looked at without a table.
const NARROW: usize = 256;

/// So many keys of an object may seem to come again before a table decides.
const PATIENCE: u32 = 16;

/// 64 marks each: enough that of [`NARROW`] keys few share one.
const FIELD_WORDS: usize = 64;

/// A number that equal keys have in common and different ones seldom. Who makes keys with equal prints
/// on purpose gains nothing: see [`PATIENCE`].
fn print(key: &[u8]) -> u32 {
    let ends = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(23)
        }
        _ => key
            .iter()
            .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)),
    };
    let mixed = (ends ^ (key.len() as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}

fn scan(bytes: &[u8], tape: &mut Tape<'_>) -> Result<(), Flaw> {
    let mut at = skip_blanks(bytes, 0);
    'value: loop {
        // A value must begin here.
        let start = at;
        match bytes.get(at) {
            Some(b'"') => {
                let (end, escaped) = string_end(bytes, at)?;
                let kind = if escaped {
                    Kind::EscapedString
                } else {
                    Kind::String
                };
                tape.push(kind, start, end);
                at = end;
            }
            Some(b'-' | b'0'..=b'9') => {
                at = end_of_number(bytes, at).map_err(|place| number_flaw(bytes, start, place))?;
                tape.push(Kind::Number, start, at);
            }
            Some(b'{') => {
                tape.open(Kind::Object, at)?;
                at = skip_blanks(bytes, at.wrapping_add(1));
                if bytes.get(at) != Some(&b'}') {
                    at = key_end(bytes, at, tape, "a key or `}`")?;
                    continue 'value;
                }
                at = at.wrapping_add(1);
                tape.close(at);
            }
            Some(b'[') => {
                tape.open(Kind::List, at)?;
                at = skip_blanks(bytes, at.wrapping_add(1));
                if bytes.get(at) != Some(&b']') {
                    continue 'value;
                }
                at = at.wrapping_add(1);
                tape.close(at);
            }
            Some(b't') => at = word(bytes, at, "true", Kind::True, tape)?,
            Some(b'f') => at = word(bytes, at, "false", Kind::False, tape)?,
            Some(b'n') => at = word(bytes, at, "null", Kind::Null, tape)?,
            _ => return Err(expected("a value", tape.text, at)),
        }
        // A value has ended here, and perhaps containers with it.
        loop {
            at = skip_blanks(bytes, at);
            let Some(open) = tape.open.last_mut() else {
                return match bytes.get(at) {
                    None => Ok(()),
                    Some(_) => Err(expected("the end of the text", tape.text, at)),
                };
            };
            open.count = open.count.wrapping_add(1);
            match (bytes.get(at), open.is_object) {
                (Some(b','), true) => {
                    at = skip_blanks(bytes, at.wrapping_add(1));
                    at = key_end(bytes, at, tape, "a key")?;
                    continue 'value;
                }
                (Some(b','), false) => {
                    at = skip_blanks(bytes, at.wrapping_add(1));
                    continue 'value;
                }
                (Some(b'}'), true) | (Some(b']'), false) => {
                    at = at.wrapping_add(1);
                    tape.close(at);
                }
                (_, true) => return Err(expected("`,` or `}`", tape.text, at)),
                (_, false) => return Err(expected("`,` or `]`", tape.text, at)),
            }
        }
    }
}

/// Reads a key and its colon, to where the value must begin.
fn key_end(bytes: &[u8], start: usize, tape: &mut Tape<'_>, wanted: &str) -> Result<usize, Flaw> {
    if bytes.get(start) != Some(&b'"') {
        return Err(expected(wanted, tape.text, start));
    }
    let (end, escaped) = string_end(bytes, start)?;
    tape.key(start, end, escaped);
    let colon = skip_blanks(bytes, end);
    if bytes.get(colon) != Some(&b':') {
        return Err(expected("`:`", tape.text, colon));
    }
    Ok(skip_blanks(bytes, colon.wrapping_add(1)))
}

fn word(
    bytes: &[u8],
    start: usize,
    word: &str,
    kind: Kind,
    tape: &mut Tape<'_>,
) -> Result<usize, Flaw> {
    let end = start.wrapping_add(word.len());
    if bytes.get(start..end) == Some(word.as_bytes()) {
        tape.push(kind, start, end);
        return Ok(end);
    }
    let rest = bytes.get(start..).unwrap_or_default();
    let same = rest.iter().zip(word.bytes()).take_while(|(a, b)| **a == *b);
    let place = start.wrapping_add(same.count());
    Err(expected(&format!("`{word}`"), tape.text, place))
}

fn skip_blanks(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at = at.wrapping_add(1);
    }
    at
}

/// From a string's opening quote: the place behind its closing one, and whether it holds an escape.
fn string_end(bytes: &[u8], start: usize) -> Result<(usize, bool), Flaw> {
    let mut at = start.wrapping_add(1);
    let mut escaped = false;
    loop {
        at = plain_end(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok((at.wrapping_add(1), escaped)),
            Some(b'\\') => {
                escaped = true;
                at = escape_end(bytes, at)?;
            }
            Some(byte) => {
                let message = format!("a string holds the control character U+{byte:04X} as it is");
                return Err(flaw(at, &message));
            }
            None => return Err(flaw(at, "the text ends inside a string")),
        }
    }
}

/// The first byte from `start` on that is not plain text of a string: a quote, a backslash, a control
/// character or the end. Looks at eight bytes at once.
fn plain_end(bytes: &[u8], start: usize) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    const BLANKS: u64 = u64::from_le_bytes([b' '; 8]);
    let mut rest = bytes.get(start..).unwrap_or_default();
    let mut at = start;
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        // The high bit of each byte that is zero after the xor, or below 0x20. A borrow may mark bytes
        // above a marked one, never below: the lowest mark is right.
        let quote = word ^ QUOTES;
        let backslash = word ^ BACKSLASHES;
        let marks = (quote.wrapping_sub(LOW) & !quote
            | backslash.wrapping_sub(LOW) & !backslash
            | word.wrapping_sub(BLANKS) & !word)
            & HIGH;
        if marks != 0 {
            return at.wrapping_add((marks.trailing_zeros() / 8) as usize);
        }
        at = at.wrapping_add(8);
        rest = tail;
    }
    let plain = |byte: &&u8| **byte >= 0x20 && **byte != b'"' && **byte != b'\\';
    at.wrapping_add(rest.iter().take_while(plain).count())
}

/// From a backslash: the place behind the escape, or behind both of a pair of surrogates.
fn escape_end(bytes: &[u8], start: usize) -> Result<usize, Flaw> {
    let letter = start.wrapping_add(1);
    match bytes.get(letter) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(letter.wrapping_add(1)),
        Some(b'u') => {
            let (unit, end) = code_unit(bytes, letter.wrapping_add(1))?;
            match unit {
                0xd800..0xdc00 => low_surrogate_end(bytes, start, end),
                0xdc00..0xe000 => Err(lone_surrogate(start, unit)),
                _ => Ok(end),
            }
        }
        Some(_) => Err(flaw(
            letter,
            r#"a backslash in a string must stand before one of `"\/bfnrtu`"#,
        )),
        None => Err(flaw(letter, "the text ends inside a string")),
    }
}

/// What must follow a high surrogate whose escape began at `high` and ended at `start`.
fn low_surrogate_end(bytes: &[u8], high: usize, start: usize) -> Result<usize, Flaw> {
    let lone = || {
        let unit = code_unit(bytes, high.wrapping_add(2)).map_or(0xd800, |(unit, _)| unit);
        Err(lone_surrogate(high, unit))
    };
    let letter = start.wrapping_add(1);
    match (bytes.get(start), bytes.get(letter)) {
        (Some(b'\\'), Some(b'u')) => {
            let (unit, end) = code_unit(bytes, letter.wrapping_add(1))?;
            match unit {
                0xdc00..0xe000 => Ok(end),
                _ => lone(),
            }
        }
        (Some(b'\\'), None) | (None, _) => Err(flaw(bytes.len(), "the text ends inside a string")),
        _ => lone(),
    }
}

fn lone_surrogate(offset: usize, unit: u16) -> Flaw {
    let message = format!("the escape `\\u{unit:04x}` is half of a character: a lone surrogate");
    flaw(offset, &message)
}

/// The four digits behind `\u` and the place behind them.
fn code_unit(bytes: &[u8], start: usize) -> Result<(u16, usize), Flaw> {
    let mut unit = 0_u16;
    let mut at = start;
    for _ in 0..4 {
        let digit = match bytes.get(at) {
            Some(byte @ b'0'..=b'9') => byte & 0xf,
            Some(byte @ (b'a'..=b'f' | b'A'..=b'F')) => (byte & 0xf).wrapping_add(9),
            Some(_) => return Err(flaw(at, "four hexadecimal digits must follow `\\u`")),
            None => return Err(flaw(at, "the text ends inside a string")),
        };
        unit = unit << 4 | u16::from(digit);
        at = at.wrapping_add(1);
    }
    Ok((unit, at))
}

#[cold]
fn flaw(offset: usize, message: &str) -> Flaw {
    Flaw {
        kind: FlawKind::InvalidJson,
        offset,
        message: message.to_owned(),
        path: None,
    }
}

#[cold]
fn expected(what: &str, text: &str, offset: usize) -> Flaw {
    let found = text.get(offset..).and_then(|rest| rest.chars().next());
    let message = match found {
        None => format!("expected {what}, but the text ends"),
        Some('\u{feff}') => format!("expected {what}, found a byte order mark"),
        Some(c) => format!("expected {what}, found {}", shown(c)),
    };
    flaw(offset, &message)
}

#[cold]
fn number_flaw(bytes: &[u8], start: usize, place: usize) -> Flaw {
    let zero = match bytes.get(start) {
        Some(b'-') => start.wrapping_add(1),
        _ => start,
    };
    let message = match bytes.get(place) {
        None => "the text ends inside a number",
        Some(b'0'..=b'9') if place == zero.wrapping_add(1) => "a number may not begin with a zero",
        Some(_) => "a number lacks a digit here",
    };
    flaw(place, message)
}

/// How a path names the key at a byte: `event_data.order["line-items"][0].id`.
fn path_of_key(text: &str, nodes: &[Node], offset: u32) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(container) = nodes.get(at) {
        at = at.saturating_add(1);
        let mut found = false;
        for index in 0..container.count {
            let Some(first) = nodes.get(at) else { break };
            if container.kind == Kind::Object {
                let value = first.next as usize;
                if nodes.get(value).is_some_and(|value| value.end > offset) {
                    let inside = first.start.saturating_add(1)..first.end.saturating_sub(1);
                    let name = text.get(inside.start as usize..inside.end as usize);
                    // Writing to a String cannot fail.
                    let _ = path::write_key(&mut out, &unescape(name.unwrap_or_default()));
                    found = first.start != offset;
                    at = value;
                    break;
                }
                at = nodes
                    .get(value)
                    .map_or(nodes.len(), |node| node.next as usize);
            } else if first.end > offset {
                out.push_str(&format!("[{index}]"));
                found = true;
                break;
            } else {
                at = first.next as usize;
            }
        }
        if !found {
            break;
        }
    }
    match out.strip_prefix('.') {
        Some(path) => path.to_owned(),
        None => out,
    }
}

#[cfg(test)]
mod tests;
