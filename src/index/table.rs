//! The hash table from access keys to postings.
//!
//! It stores hashes and short texts instead of keys. A hash collision returns a rule too many,
//! which the index allows.
//!
//! With many rules a lookup is dominated by memory latency, so it reads as few cache lines as
//! possible: the filter, which is small enough to stay in cache, and only on a filter hit one
//! bucket.

use std::ops::Range;

use super::bucket::{Bucket, Record};
use super::key_hash::mix;
use super::{ConditionStart, Posting};
use crate::collections::fixed_hash::word;

pub(super) use super::bucket::KeyProof;

/// One open-addressing table for all keys of an engine, and the lists for keys with several rules
/// or a long text.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyTable {
    /// A Bloom filter with two bits per key, both in one word, at one byte per key. It rejects
    /// nineteen of twenty absent keys.
    filter: Box<[u64]>,
    buckets: Box<[Bucket]>,
    /// The keys for which no bucket within reach had room, sorted.
    overflow: Box<[(u64, u32)]>,
    lists: Box<[Posting]>,
}

/// A posting to insert, with its key.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewPosting {
    pub(super) key: u64,
    pub(super) posting: Posting,
    /// The text of the key. The posting's `start` is valid only if this very text is found.
    pub(super) text: Option<KeyText>,
    /// An alternative key: the index of the secondary key, and its hash.
    pub(super) secondary: Option<(u32, u64)>,
}

/// The texts of keys.
#[derive(Debug, Default)]
pub(super) struct KeyTexts(String);

/// The byte range of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyText(usize, usize);

impl KeyTexts {
    pub(super) fn add(&mut self, text: &str) -> Option<KeyText> {
        let start = self.0.len();
        self.0.push_str(text);
        Some(KeyText(start, self.0.len()))
    }

    fn text(&self, text: Option<KeyText>) -> Option<&[u8]> {
        text.and_then(|KeyText(start, end)| self.0.as_bytes().get(start..end))
    }
}

/// Texts up to this length are stored with their lists.
pub(super) const LONGEST_TEXT: usize = 48;

/// At least this many rules with one key and the same form of secondary key are posted under both.
const LONG_LIST: usize = 8;

/// The number of buckets that may hold a key, which bounds every lookup.
const MAX_BUCKETS: usize = 6;

impl KeyTable {
    pub(super) fn build(new_postings: Vec<NewPosting>, key_texts: &KeyTexts) -> Self {
        let mut entries = split_long_lists(new_postings, key_texts);
        entries.sort_unstable();
        entries.dedup();
        let mut lists = Vec::new();
        let mut records: Vec<(u64, Record<'_>)> = Vec::with_capacity(entries.len());
        for group in entries.chunk_by(|(a, ..), (b, ..)| a == b) {
            let record = match group {
                [(_, proof, posting)] => Some(Record::Rule(*proof, *posting)),
                _ => None,
            };
            let whole = record.filter(Record::fits);
            let record = whole.unwrap_or_else(|| Record::List(write_list(group, &mut lists)));
            records.extend(group.first().map(|(key, ..)| (*key, record)));
        }
        // Half full.
        let sixths = records.iter().map(|(_, record)| record.sixths());
        let homes = sixths.sum::<usize>().div_ceil(3);
        let count = match homes {
            0 => 0,
            _ => homes.saturating_add(MAX_BUCKETS - 1),
        };
        let mut table = Self {
            filter: vec![0; records.len().div_ceil(8)].into(),
            buckets: vec![Bucket::default(); count].into(),
            overflow: Box::default(),
            lists: Box::default(),
        };
        let mut overflow = Vec::new();
        for (key, record) in records {
            let place = scaled(key, table.filter.len());
            if let Some(filter) = table.filter.get_mut(place) {
                *filter |= filter_bits(key);
            }
            if !table.insert(key, record) {
                let start = match record {
                    Record::List(start) => start,
                    Record::Rule(proof, posting) => {
                        write_list(&[(key, proof, posting)], &mut lists)
                    }
                };
                overflow.push((key, start));
            }
        }
        table.overflow = overflow.into();
        table.lists = lists.into();
        table
    }

    /// Inserts a record into the first bucket with room, unless an earlier bucket has a key with
    /// the same tag.
    fn insert(&mut self, key: u64, record: Record<'_>) -> bool {
        let bucket_range = self.bucket_range(key);
        for bucket in self.buckets.get_mut(bucket_range).unwrap_or_default() {
            if bucket.find(key).is_some() {
                return false;
            }
            if bucket.insert(key, record) {
                return true;
            }
            bucket.set_overflowed();
        }
        false
    }

    /// Calls `show` with the postings of a key, unless the proof shows that they belong to another
    /// key.
    #[inline]
    pub(super) fn find(&self, key: u64, proof: KeyProof<'_>, show: &mut impl FnMut(Posting)) {
        let filter_bits = filter_bits(key);
        let filter = self.filter.get(scaled(key, self.filter.len()));
        if filter.is_some_and(|filter| filter & filter_bits == filter_bits) {
            self.find_in_buckets(key, proof, show);
        }
    }

    #[inline(never)]
    fn find_in_buckets(&self, key: u64, proof: KeyProof<'_>, show: &mut impl FnMut(Posting)) {
        for bucket in self.buckets.get(self.bucket_range(key)).unwrap_or_default() {
            if let Some(found) = bucket.find(key) {
                if let Some(start) = found.list() {
                    self.show(start, proof, show);
                } else if let Some(posting) = found.rule(proof) {
                    show(posting);
                }
                break;
            }
            if !bucket.has_overflowed() {
                return;
            }
        }
        if !self.overflow.is_empty()
            && let Ok(at) = self.overflow.binary_search_by_key(&key, |(key, _)| *key)
            && let Some((_, start)) = self.overflow.get(at)
        {
            self.show(*start, proof, show);
        }
    }

    fn show(&self, start: u32, proof: KeyProof<'_>, show: &mut impl FnMut(Posting)) {
        let list = self.lists.get(start as usize..).unwrap_or_default();
        for posting in after_header(list, proof).unwrap_or_default() {
            show(*posting);
            if posting.is_last() {
                return;
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.filter)
            .saturating_add(size_of_val(&*self.buckets))
            .saturating_add(size_of_val(&*self.overflow))
            .saturating_add(size_of_val(&*self.lists))
    }

    /// Returns the buckets that may hold a key. INVARIANT: nothing is removed, so a search ends at
    /// the first bucket that did not overflow.
    #[inline]
    fn bucket_range(&self, key: u64) -> Range<usize> {
        let home = scaled(key, self.buckets.len().saturating_sub(MAX_BUCKETS - 1));
        home..home.saturating_add(MAX_BUCKETS)
    }
}

/// Scales the key's upper bits to an index below `count`.
#[expect(clippy::cast_possible_truncation, reason = "less than the count")]
fn scaled(key: u64, count: usize) -> usize {
    (u128::from(key).wrapping_mul(count as u128) >> 64) as usize
}

const fn filter_bits(key: u64) -> u64 {
    (1 << (key & 63)) | (1 << (key >> 6 & 63))
}

/// Combines a primary and a secondary key.
pub(super) const fn combined_key(first: u64, form: u32, second: u64) -> u64 {
    mix(mix(first, form as u64), second)
}

/// Splits long lists by secondary key. The list itself then holds only the form of the secondary
/// key, and one more lookup finds the rules that may match. So a long list is never scanned for a
/// few rules, and nothing is posted twice.
fn split_long_lists(
    mut new_postings: Vec<NewPosting>,
    key_texts: &KeyTexts,
) -> Vec<(u64, KeyProof<'_>, Posting)> {
    let mut entries = Vec::with_capacity(new_postings.len());
    new_postings.sort_unstable_by_key(|new_posting| (new_posting.key, new_posting.secondary));
    for list in new_postings.chunk_by(|a, b| a.key == b.key) {
        let form = |new_posting: &NewPosting| new_posting.secondary.map(|(form, _)| form);
        let text = |new_posting: &NewPosting| key_texts.text(new_posting.text);
        let is_proven = list.first().is_some_and(|first| {
            list.iter()
                .all(|new_posting| text(new_posting) == text(first))
        });
        for rules in list.chunk_by(|a, b| form(a) == form(b)) {
            let by_secondary = rules.chunk_by(|a, b| a.secondary == b.secondary);
            let largest = by_secondary
                .map(<[NewPosting]>::len)
                .max()
                .unwrap_or_default();
            let worth = is_proven && rules.len() >= LONG_LIST;
            let worth = worth && largest.saturating_mul(2) <= rules.len();
            let form = rules.first().and_then(form).filter(|_| worth);
            let proof =
                |new_posting: &NewPosting| text(new_posting).map_or(KeyProof::None, KeyProof::Text);
            if let (Some(form), Some(first)) = (form, rules.first()) {
                entries.push((first.key, proof(first), Posting::split(form)));
            }
            entries.extend(
                rules
                    .iter()
                    .map(|new_posting| match (form, new_posting.secondary) {
                        (Some(form), Some((_, second))) => {
                            let proof = match new_posting.text {
                                Some(_) => KeyProof::First(new_posting.key),
                                None => KeyProof::None,
                            };
                            (
                                combined_key(new_posting.key, form, second),
                                proof,
                                new_posting.posting,
                            )
                        }
                        _ => (new_posting.key, proof(new_posting), new_posting.posting),
                    }),
            );
        }
    }
    entries
}

/// Writes the list of one key.
fn write_list(group: &[(u64, KeyProof<'_>, Posting)], lists: &mut Vec<Posting>) -> u32 {
    let start = u32::try_from(lists.len()).unwrap_or(u32::MAX);
    let first = group.first().map_or(KeyProof::None, |(_, proof, _)| *proof);
    // If two texts share the hash, neither proves anything: the rules keep their complete
    // conditions.
    let is_proven = group.iter().all(|(_, proof, _)| *proof == first);
    if is_proven {
        write_header(first, lists);
    }
    lists.extend(group.iter().map(|(_, proof, posting)| match proof {
        KeyProof::None => *posting,
        _ if is_proven => *posting,
        _ => posting.unproven(),
    }));
    if let Some(last) = lists.last_mut() {
        *last = last.as_last();
    }
    start
}

/// Writes the header of a list.
fn write_header(proof: KeyProof<'_>, lists: &mut Vec<Posting>) {
    match proof {
        KeyProof::None => {}
        KeyProof::Text(text) => {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            lists.push(Posting::other(length, ConditionStart::TEXT));
            let words = (0..text.len()).step_by(8).map(|at| word(text, at));
            lists.extend(words.map(|word| Posting::raw(word.to_le_bytes())));
        }
        KeyProof::First(key) => {
            lists.push(Posting::other(1, ConditionStart::FIRST));
            lists.push(Posting::raw(key.to_le_bytes()));
        }
    }
}

/// Returns the postings of a list, `None` if its header shows that it belongs to another key.
fn after_header<'l>(list: &'l [Posting], proof: KeyProof<'_>) -> Option<&'l [Posting]> {
    let (first, rest) = list.split_first()?;
    match (first.start, proof) {
        (ConditionStart::TEXT, KeyProof::Text(text)) => {
            if first.rule as usize != text.len() {
                return None;
            }
            let (words, rest) = rest.split_at_checked(text.len().div_ceil(8))?;
            let mut parts = (0..text.len()).step_by(8).zip(words);
            let is = parts.all(|(at, own)| word(text, at).to_le_bytes() == own.bytes());
            is.then_some(rest)
        }
        (ConditionStart::FIRST, KeyProof::First(key)) => {
            let (word, rest) = rest.split_first()?;
            (word.bytes() == key.to_le_bytes()).then_some(rest)
        }
        (ConditionStart::TEXT | ConditionStart::FIRST, _) => None,
        _ => Some(list),
    }
}

/// Returns the list that starts at `start`, up to its last entry.
pub(super) fn list(lists: &[Posting], start: u32) -> &[Posting] {
    let rest = lists.get(start as usize..).unwrap_or_default();
    let end = rest.iter().position(|posting| posting.is_last());
    end.and_then(|end| rest.get(..=end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{
        KeyProof, KeyTable, KeyTexts, LONGEST_TEXT, MAX_BUCKETS, NewPosting, Posting, combined_key,
        mix,
    };
    use crate::index::ConditionStart;

    fn rules(table: &KeyTable, key: u64) -> Vec<u32> {
        let mut rules = Vec::new();
        table.find(key, KeyProof::None, &mut |posting| {
            rules.push(posting.rule().0);
        });
        rules
    }

    fn new_posting(key: u64, rule: u64, secondary: Option<(u32, u64)>) -> NewPosting {
        let rule = crate::hir::RuleId(u32::try_from(rule).unwrap());
        NewPosting {
            key,
            posting: Posting::new(rule, ConditionStart::HOLDS),
            text: None,
            secondary,
        }
    }

    fn build(new_postings: Vec<NewPosting>) -> KeyTable {
        KeyTable::build(new_postings, &KeyTexts::default())
    }

    #[test]
    fn a_text_is_found_by_content_not_only_by_hash() {
        let mut key_texts = KeyTexts::default();
        let texts = ["", "a", "eight by", "more than eight", "a", "x", "y"];
        // The last two texts share a hash.
        let keys = [1, 2, 3, 4, 2, 5, 5];
        let mut new_postings = Vec::new();
        for (rule, (text, key)) in (0..).zip(texts.iter().zip(keys)) {
            let text = key_texts.add(text);
            let new_posting = new_posting(key, rule, None);
            new_postings.push(NewPosting {
                text,
                ..new_posting
            });
        }
        let table = KeyTable::build(new_postings, &key_texts);
        let found = |key, proof| {
            let mut found = Vec::new();
            let mut show = |posting: Posting| found.push((posting.rule().0, posting.start));
            table.find(key, proof, &mut show);
            found
        };
        let left = ConditionStart::HOLDS;
        assert_eq!(found(1, KeyProof::Text(b"")), [(0, left)]);
        assert_eq!(found(2, KeyProof::Text(b"a")), [(1, left), (4, left)]);
        assert_eq!(found(3, KeyProof::Text(b"eight by")), [(2, left)]);
        assert_eq!(found(4, KeyProof::Text(b"more than eight")), [(3, left)]);
        for other in ["", "more than eigh", "more than eighT", "more than eight "] {
            assert_eq!(found(3, KeyProof::Text(other.as_bytes())), []);
        }
        assert_eq!(found(4, KeyProof::First(4)), []);
        assert_eq!(found(4, KeyProof::None), []);
        let whole = ConditionStart::WHOLE;
        assert_eq!(found(5, KeyProof::Text(b"x")), [(5, whole), (6, whole)]);
    }

    #[test]
    fn every_key_finds_its_rules() {
        let entries = |count: u64, key: fn(u64) -> u64| -> Vec<NewPosting> {
            (0..count)
                .flat_map(|n| {
                    [
                        new_posting(key(n), n, None),
                        new_posting(key(n), n + count, None),
                    ]
                })
                .collect()
        };
        let spread: fn(u64) -> u64 = |n| mix(n, 7);
        // All in one bucket: keys without room are still found.
        let one_place: fn(u64) -> u64 = |n| n;
        for key in [spread, one_place] {
            for count in [0, 1, 2, 3, 64, 1_000] {
                let table = build(entries(count, key));
                for n in 0..count {
                    let (first, second) = (n as u32, (n + count) as u32);
                    assert_eq!(rules(&table, key(n)), [first, second]);
                }
                assert!(rules(&table, key(5_000)).is_empty());
            }
        }
    }

    #[test]
    fn keys_with_equal_tags_are_all_found() {
        // One bucket and one tag.
        let keys: Vec<u64> = (0..200).map(|n| (n << 40) | 77).collect();
        let new_postings = (0..)
            .zip(&keys)
            .map(|(rule, key)| new_posting(*key, rule, None));
        let table = build(new_postings.collect());
        for (rule, key) in (0..).zip(&keys) {
            assert_eq!(rules(&table, *key), [rule]);
        }
        // A tag match alone is not enough.
        assert!(rules(&table, 77 | 300 << 40).is_empty());
    }

    #[test]
    fn texts_of_all_lengths_are_found_as_single_records_and_in_lists() {
        let text = "The quick brown fox jumps over the lazy dog, at 5.";
        for copies in [1, 2, 9] {
            let mut key_texts = KeyTexts::default();
            let mut new_postings = Vec::new();
            for length in 0..=LONGEST_TEXT as u64 {
                for copy in 0..copies {
                    let new_posting = new_posting(mix(length, 3), length * 10 + copy, None);
                    let text = key_texts.add(&text[..length as usize]);
                    new_postings.push(NewPosting {
                        text,
                        ..new_posting
                    });
                }
            }
            let table = KeyTable::build(new_postings, &key_texts);
            let found = |key: u64, text: &str| {
                let mut found = Vec::new();
                let proof = KeyProof::Text(text.as_bytes());
                table.find(mix(key, 3), proof, &mut |posting| {
                    assert_eq!(posting.start, ConditionStart::HOLDS);
                    found.push(u64::from(posting.rule().0));
                });
                found
            };
            for length in 0..=LONGEST_TEXT {
                let key = length as u64;
                let all: Vec<u64> = (0..copies).map(|copy| key * 10 + copy).collect();
                assert_eq!(found(key, &text[..length]), all);
                assert!(found(key, &text[..length + 1]).is_empty());
                let shifted = found(key, &text[1..=length]);
                assert_eq!(shifted.is_empty(), length > 0);
            }
        }
    }

    #[test]
    fn colliding_keys_are_found_with_bounded_probing() {
        // All in one bucket, with texts; then also with one tag.
        for key in [|n: u64| n + 1, |n: u64| 77 | n << 33] {
            for length in [1, 12, 30] {
                let text = |n: u64| format!("{n:0length$}");
                let mut key_texts = KeyTexts::default();
                let texts = (0..500).map(|n| (n, key_texts.add(&text(n))));
                let new_postings = texts.collect::<Vec<_>>().into_iter().map(|(n, text)| {
                    let new_posting = new_posting(key(n), n, None);
                    NewPosting {
                        text,
                        ..new_posting
                    }
                });
                let table = KeyTable::build(new_postings.collect(), &key_texts);
                for n in 0..500 {
                    let mut found = Vec::new();
                    let text = text(n);
                    let proof = KeyProof::Text(text.as_bytes());
                    table.find(key(n), proof, &mut |posting| found.push(posting.rule().0));
                    assert_eq!(found, [n as u32]);
                    table.find(key(n), KeyProof::Text(b"?"), &mut |_| panic!("not proven"));
                }
                assert_eq!(table.bucket_range(key(499)).len(), MAX_BUCKETS);
                assert!(table.overflow.len() > 400, "{}", table.overflow.len());
            }
        }
    }

    #[test]
    fn a_table_is_small_and_has_no_overflow() {
        for (length, most) in [(4, 50), (8, 50), (16, 70), (17, 90)] {
            let mut key_texts = KeyTexts::default();
            let new_postings: Vec<NewPosting> = (0..10_000)
                .map(|n| NewPosting {
                    text: key_texts.add(&format!("{n:0length$}")),
                    ..new_posting(mix(n, 7), n, None)
                })
                .collect();
            let table = KeyTable::build(new_postings, &key_texts);
            assert!(table.overflow.is_empty());
            let bytes = table.bytes() / 10_000;
            assert!(bytes < most, "{length}: {bytes}");
        }
    }

    #[test]
    fn a_long_list_is_split_by_a_secondary_key() {
        let second = |n: u64| (!n.is_multiple_of(3)).then_some((n as u32 % 3, n / 12));
        let table = build((0..300).map(|n| new_posting(9, n, second(n))).collect());
        let mut splits = Vec::new();
        table.find(9, KeyProof::None, &mut |posting| {
            splits.extend(posting.as_split());
        });
        assert_eq!(splits, [(1, true), (2, true)]);
        assert_eq!(rules(&table, 9).len(), 100 + 2);
        assert_eq!(rules(&table, combined_key(9, 1, 2)), [25, 28, 31, 34]);
        // A secondary key that all rules share does not split the list.
        let table = build((0..300).map(|n| new_posting(9, n, Some((1, 5)))).collect());
        assert_eq!(rules(&table, 9).len(), 300);
    }
}
