//! The keys of open objects, and the first that comes again in its object. Knows no value.

#![expect(
    clippy::cast_possible_truncation,
    reason = "no text is longer than 32 bits can count: the reader sees to it"
)]

use std::borrow::Cow;

use super::simd16::plain_end;
use super::strings::rest_of_string;
use crate::collections::map::Map;
use crate::json::document::unescape;

/// The inside of a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    start: u32,
    /// See [`crate::text::swar::key_hash`].
    print: u32,
}

/// The keys of all open objects, those of the innermost last.
#[derive(Debug)]
pub(super) struct Keys<'a> {
    text: &'a str,
    keys: Vec<Key>,
    /// Where the first key stands that its object has already.
    repeat: Option<u32>,
    /// The place in `keys` behind the last one with an escape.
    escaped: u32,
}

/// What tells quickly that no key of an object comes again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// A bit in each for every key, by its print.
    marks: [u64; 2],
    /// Where the object's keys begin.
    first: u32,
    /// Not 0 where both bits of a key were there before it.
    doubt: u32,
}

/// So many keys are compared with one another.
const FEW: usize = 16;

/// So many keys are looked at without a table.
pub(super) const NARROW: usize = 256;

/// So many keys of an object may seem to come again before a table decides.
const PATIENCE: u32 = 16;

/// 64 marks each: enough that of [`NARROW`] keys few share one.
const FIELD_WORDS: usize = 64;

impl<'a> Keys<'a> {
    pub(super) const fn new(text: &'a str, memory: Vec<Key>) -> Self {
        Self {
            text,
            keys: memory,
            repeat: None,
            escaped: 0,
        }
    }

    pub(super) fn into_memory(mut self) -> Vec<Key> {
        self.keys.clear();
        self.keys
    }

    /// Makes room for as many as most events have open at once.
    pub(super) fn make_room(&mut self) {
        self.keys.reserve(64);
    }

    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.repeat = None;
        self.escaped = 0;
    }

    /// How many keys there are of open objects.
    #[inline(always)]
    pub(super) const fn count(&self) -> u32 {
        self.keys.len() as u32
    }

    /// Where the insides of the keys of the innermost object begin. `None` where one may come again.
    pub(super) fn distinct(&self, seen: &Seen) -> Option<impl Iterator<Item = usize>> {
        let keys = self.keys.get(seen.first as usize..)?;
        (seen.doubt == 0).then(|| keys.iter().map(|key| key.start as usize))
    }

    /// For an object that opens.
    pub(super) fn open(&self) -> Seen {
        Seen {
            first: self.keys.len() as u32,
            ..Seen::default()
        }
    }

    /// The next key of the innermost object: where its inside begins, and its print.
    #[inline(always)]
    pub(super) fn add(&mut self, seen: &mut Seen, start: usize, print: u32) {
        let [one, two] = &mut seen.marks;
        let (mark_one, mark_two) = (1_u64 << (print >> 26), 1_u64 << (print >> 20 & 63));
        seen.doubt |= u32::from(*one & mark_one != 0 && *two & mark_two != 0);
        *one |= mark_one;
        *two |= mark_two;
        self.keys.push(Key {
            start: start as u32,
            print,
        });
    }

    /// The next key has an escape: another spelling of it would have another print.
    #[inline(always)]
    pub(super) fn add_escaped(&mut self, seen: &mut Seen, start: usize) {
        self.add(seen, start, 0);
        self.escaped = self.keys.len() as u32;
        seen.doubt = 1;
    }

    /// The innermost object has closed.
    #[inline(always)]
    pub(super) fn close(&mut self, seen: &Seen) {
        if seen.doubt != 0 {
            self.check(seen.first);
        }
        self.keys.truncate(seen.first as usize);
    }

    /// Where the first key stands that its object has already: its quote.
    pub(super) const fn repeat(&self) -> Option<u32> {
        self.repeat
    }

    #[inline(never)]
    fn check(&mut self, first: u32) {
        let keys = self.keys.get(first as usize..).unwrap_or_default();
        let found = if self.escaped > first || keys.len() > NARROW {
            self.repeat_among_many(keys)
        } else if keys.len() > FEW {
            self.repeat_among_some(keys)
        } else {
            self.repeat_among_few(keys)
        };
        if let Some(key) = found {
            let at = key.start.saturating_sub(1);
            self.repeat = Some(self.repeat.map_or(at, |first| first.min(at)));
        }
        self.escaped = self.escaped.min(first);
    }

    fn repeat_among_few(&self, keys: &[Key]) -> Option<Key> {
        let mut known = keys;
        let mut last = None;
        // From the end on, so that the earliest is found last.
        while let Some((key, before)) = known.split_last() {
            if before
                .iter()
                .any(|other| other.print == key.print && self.inside(*other) == self.inside(*key))
            {
                last = Some(*key);
            }
            known = before;
        }
        last
    }

    /// Looks again only at keys whose mark in a field of bits another has set, and gives up on the
    /// field where that happens too often to be chance.
    fn repeat_among_some(&self, keys: &[Key]) -> Option<Key> {
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
        let bytes = self.text.as_bytes();
        let start = key.start as usize;
        // It was read before: it has an end.
        let end =
            rest_of_string(bytes, plain_end(bytes, start)).map_or(start, |end| end.wrapping_sub(1));
        bytes.get(start..end).unwrap_or_default()
    }
}
