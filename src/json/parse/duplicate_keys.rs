//! Detects duplicate keys in the objects that are open.
//!
//! Each object has a 128-bit filter over its key hashes. Only if the filter reports a possible
//! duplicate are the keys compared when the object closes.

#![expect(
    clippy::cast_possible_truncation,
    reason = "no text is longer than 32 bits can count: the reader sees to it"
)]

use std::borrow::Cow;

use super::simd16::plain_end;
use super::strings::rest_of_string;
use crate::collections::map::Map;
use crate::json::document::unescape;

/// A key of an open object: where its text starts, and its hash.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenKey {
    start: u32,
    /// See [`crate::text::swar::key_hash`].
    hash: u32,
}

/// The keys of all open objects, those of the innermost object last.
#[derive(Debug)]
pub(super) struct KeyLog<'a> {
    text: &'a str,
    keys: Vec<SeenKey>,
    /// Offset of the first key that already occurred in the same object.
    first_duplicate: Option<u32>,
    /// Index after the last key with an escape.
    escaped: u32,
}

/// A filter over the keys of one object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyFilter {
    /// Two bits for every key, taken from its hash.
    bits: [u64; 2],
    /// Index of the object's first key.
    first: u32,
    /// Not 0 once a key found both of its bits set.
    maybe_duplicate: u32,
}

/// Up to this number, keys are compared pairwise.
const MAX_PAIRWISE: usize = 16;

/// Up to this number, keys are compared without a hash map.
pub(super) const MAX_WITHOUT_MAP: usize = 256;

/// The number of false positives after which a hash map takes over.
const MAX_FALSE_HITS: u32 = 16;

/// Words of 64 bits: large enough that few of [`MAX_WITHOUT_MAP`] keys share a bit.
const FIELD_WORDS: usize = 64;

impl<'a> KeyLog<'a> {
    pub(super) const fn new(text: &'a str, memory: Vec<SeenKey>) -> Self {
        Self {
            text,
            keys: memory,
            first_duplicate: None,
            escaped: 0,
        }
    }

    pub(super) fn into_memory(mut self) -> Vec<SeenKey> {
        self.keys.clear();
        self.keys
    }

    /// Reserves memory for the keys of a typical event.
    pub(super) fn reserve(&mut self) {
        self.keys.reserve(64);
    }

    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.first_duplicate = None;
        self.escaped = 0;
    }

    /// Returns the number of keys of all open objects.
    #[inline(always)]
    pub(super) const fn count(&self) -> u32 {
        self.keys.len() as u32
    }

    /// Returns where the keys of the innermost object start, `None` if one may be a duplicate.
    pub(super) fn distinct_keys(&self, filter: &KeyFilter) -> Option<impl Iterator<Item = usize>> {
        let keys = self.keys.get(filter.first as usize..)?;
        (filter.maybe_duplicate == 0).then(|| keys.iter().map(|key| key.start as usize))
    }

    /// Creates the filter of an object that opens.
    pub(super) fn open(&self) -> KeyFilter {
        KeyFilter {
            first: self.keys.len() as u32,
            ..KeyFilter::default()
        }
    }

    /// Adds a key of the innermost object, by the start of its text and its hash.
    #[inline(always)]
    pub(super) fn add(&mut self, filter: &mut KeyFilter, start: usize, hash: u32) {
        let [one, two] = &mut filter.bits;
        let (bit_one, bit_two) = (1_u64 << (hash >> 26), 1_u64 << (hash >> 20 & 63));
        filter.maybe_duplicate |= u32::from(*one & bit_one != 0 && *two & bit_two != 0);
        *one |= bit_one;
        *two |= bit_two;
        self.keys.push(SeenKey {
            start: start as u32,
            hash,
        });
    }

    /// Adds a key with an escape. Its hash is unusable, as the same key can be spelled differently.
    #[inline(always)]
    pub(super) fn add_escaped(&mut self, filter: &mut KeyFilter, start: usize) {
        self.add(filter, start, 0);
        self.escaped = self.keys.len() as u32;
        filter.maybe_duplicate = 1;
    }

    /// Closes the innermost object and checks its keys if the filter reported a possible duplicate.
    #[inline(always)]
    pub(super) fn close(&mut self, filter: &KeyFilter) {
        if filter.maybe_duplicate != 0 {
            self.find_duplicate(filter.first);
        }
        self.keys.truncate(filter.first as usize);
    }

    /// Returns the offset of the quote that opens the first duplicate key.
    pub(super) const fn first_duplicate(&self) -> Option<u32> {
        self.first_duplicate
    }

    #[inline(never)]
    fn find_duplicate(&mut self, first: u32) {
        let keys = self.keys.get(first as usize..).unwrap_or_default();
        let found = if self.escaped > first || keys.len() > MAX_WITHOUT_MAP {
            self.duplicate_by_map(keys)
        } else if keys.len() > MAX_PAIRWISE {
            self.duplicate_by_bits(keys)
        } else {
            self.duplicate_by_pairs(keys)
        };
        if let Some(key) = found {
            let at = key.start.saturating_sub(1);
            self.first_duplicate = Some(self.first_duplicate.map_or(at, |first| first.min(at)));
        }
        self.escaped = self.escaped.min(first);
    }

    fn duplicate_by_pairs(&self, keys: &[SeenKey]) -> Option<SeenKey> {
        let mut known = keys;
        let mut last = None;
        // From the last key to the first, so that the earliest duplicate is found last.
        while let Some((key, before)) = known.split_last() {
            if before
                .iter()
                .any(|other| other.hash == key.hash && self.inside(*other) == self.inside(*key))
            {
                last = Some(*key);
            }
            known = before;
        }
        last
    }

    /// Compares only keys whose bit in a larger filter is already set. Falls back to a map after
    /// too many false positives.
    fn duplicate_by_bits(&self, keys: &[SeenKey]) -> Option<SeenKey> {
        let mut field = [0_u64; FIELD_WORDS];
        let mut false_hits_left = MAX_FALSE_HITS;
        for (index, key) in keys.iter().enumerate() {
            let word = (key.hash >> 6) as usize % FIELD_WORDS;
            let bit = 1_u64 << (key.hash % 64);
            let Some(word) = field.get_mut(word) else {
                continue;
            };
            if *word & bit == 0 {
                *word |= bit;
                continue;
            }
            let Some(left) = false_hits_left.checked_sub(1) else {
                return self.duplicate_by_map(keys);
            };
            false_hits_left = left;
            let name = self.inside(*key);
            let mut earlier = keys.iter().take(index);
            if earlier.any(|other| other.hash == key.hash && self.inside(*other) == name) {
                return Some(*key);
            }
        }
        None
    }

    fn duplicate_by_map(&self, keys: &[SeenKey]) -> Option<SeenKey> {
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

    fn inside(&self, key: SeenKey) -> &'a [u8] {
        let bytes = self.text.as_bytes();
        let start = key.start as usize;
        // INVARIANT: the key was parsed before, so it has an end.
        let end =
            rest_of_string(bytes, plain_end(bytes, start)).map_or(start, |end| end.wrapping_sub(1));
        bytes.get(start..end).unwrap_or_default()
    }
}
