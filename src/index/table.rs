//! From the hash of a key to the rules that are filed under it. Of keys it keeps hashes and short texts: a
//! rule offered for another key of the same hash is one rule too many, which the index may offer.
//!
//! With many rules, waiting for memory takes longer than all else that a lookup does, so it reads as few
//! places as can be: the marks, which are few enough to be at hand, and where they tell that there may be
//! something, one bucket.

use std::ops::Range;

use super::bucket::{Bucket, Record};
use super::key_hash::mix;
use super::{Posting, Start};
use crate::collections::fixed_hash::word;

pub(super) use super::bucket::Proof;

/// One open table for all keys of an engine, and the lists behind those of several rules or a long text.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Of each key two bits, both in one word, at a byte a key: of twenty keys that are not there, these
    /// tell nineteen.
    marks: Box<[u64]>,
    buckets: Box<[Bucket]>,
    /// The keys that no bucket near enough had room for, sorted.
    crowded: Box<[(u64, u32)]>,
    lists: Box<[Posting]>,
}

/// A rule and a key of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft {
    pub(super) key: u64,
    pub(super) posting: Posting,
    /// The text that the key is of. What is left of the rule's condition is what is left where that very
    /// text is found.
    pub(super) text: Option<Text>,
    /// What else it could be filed under: the form of that key, and its hash.
    pub(super) second: Option<(u32, u64)>,
}

/// The texts of keys.
#[derive(Debug, Default)]
pub(super) struct Words(String);

/// Where a text begins and ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text(usize, usize);

impl Words {
    pub(super) fn add(&mut self, text: &str) -> Option<Text> {
        let start = self.0.len();
        self.0.push_str(text);
        Some(Text(start, self.0.len()))
    }

    fn text(&self, text: Option<Text>) -> Option<&[u8]> {
        text.and_then(|Text(start, end)| self.0.as_bytes().get(start..end))
    }
}

/// Only texts up to so many bytes stand with their lists.
pub(super) const LONGEST: usize = 48;

/// From how many rules on, of one key and one form of another, they are filed under both.
const MANY: usize = 8;

/// In how many buckets a key may stand, from its own on: the most that a lookup looks at, whatever authors
/// write.
const REACH: usize = 6;

impl Table {
    pub(super) fn build(drafts: Vec<Draft>, words: &Words) -> Self {
        let mut entries = divide(drafts, words);
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
            let record = whole.unwrap_or_else(|| Record::List(write(group, &mut lists)));
            records.extend(group.first().map(|(key, ..)| (*key, record)));
        }
        // Half full.
        let sixths = records.iter().map(|(_, record)| record.sixths());
        let homes = sixths.sum::<usize>().div_ceil(3);
        let count = match homes {
            0 => 0,
            _ => homes.saturating_add(REACH - 1),
        };
        let mut table = Self {
            marks: vec![0; records.len().div_ceil(8)].into(),
            buckets: vec![Bucket::default(); count].into(),
            crowded: Box::default(),
            lists: Box::default(),
        };
        let mut crowded = Vec::new();
        for (key, record) in records {
            let place = scaled(key, table.marks.len());
            if let Some(marks) = table.marks.get_mut(place) {
                *marks |= mark(key);
            }
            if !table.put(key, record) {
                let start = match record {
                    Record::List(start) => start,
                    Record::Rule(proof, posting) => write(&[(key, proof, posting)], &mut lists),
                };
                crowded.push((key, start));
            }
        }
        table.crowded = crowded.into();
        table.lists = lists.into();
        table
    }

    /// To where there is room, unless another key looks like this one before.
    fn put(&mut self, key: u64, record: Record<'_>) -> bool {
        let near = self.near(key);
        for bucket in self.buckets.get_mut(near).unwrap_or_default() {
            if bucket.find(key).is_some() {
                return false;
            }
            if bucket.put(key, record) {
                return true;
            }
            bucket.pass();
        }
        false
    }

    /// Shows the rules filed under a key, unless they are proven to be another's.
    #[inline]
    pub(super) fn under(&self, key: u64, proof: Proof<'_>, show: &mut impl FnMut(Posting)) {
        let mark = mark(key);
        let marks = self.marks.get(scaled(key, self.marks.len()));
        if marks.is_some_and(|marks| marks & mark == mark) {
            self.marked(key, proof, show);
        }
    }

    #[inline(never)]
    fn marked(&self, key: u64, proof: Proof<'_>, show: &mut impl FnMut(Posting)) {
        for bucket in self.buckets.get(self.near(key)).unwrap_or_default() {
            if let Some(found) = bucket.find(key) {
                if let Some(start) = found.list() {
                    self.show(start, proof, show);
                } else if let Some(posting) = found.rule(proof) {
                    show(posting);
                }
                break;
            }
            if !bucket.is_passed() {
                return;
            }
        }
        if !self.crowded.is_empty()
            && let Ok(at) = self.crowded.binary_search_by_key(&key, |(key, _)| *key)
            && let Some((_, start)) = self.crowded.get(at)
        {
            self.show(*start, proof, show);
        }
    }

    fn show(&self, start: u32, proof: Proof<'_>, show: &mut impl FnMut(Posting)) {
        let list = self.lists.get(start as usize..).unwrap_or_default();
        for posting in behind_head(list, proof).unwrap_or_default() {
            show(*posting);
            if posting.closes() {
                return;
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.marks)
            .saturating_add(size_of_val(&*self.buckets))
            .saturating_add(size_of_val(&*self.crowded))
            .saturating_add(size_of_val(&*self.lists))
    }

    /// Where a key may stand; its own place has that many buckets behind it. INVARIANT: nothing is taken
    /// out, so the first bucket that was not passed ends a search.
    #[inline]
    fn near(&self, key: u64) -> Range<usize> {
        let home = scaled(key, self.buckets.len().saturating_sub(REACH - 1));
        home..home.saturating_add(REACH)
    }
}

/// The key's place among so many, by its upper bits.
#[expect(clippy::cast_possible_truncation, reason = "less than the count")]
fn scaled(key: u64, count: usize) -> usize {
    (u128::from(key).wrapping_mul(count as u128) >> 64) as usize
}

const fn mark(key: u64) -> u64 {
    (1 << (key & 63)) | (1 << (key >> 6 & 63))
}

/// The key of what has two keys.
pub(super) const fn both(first: u64, form: u32, second: u64) -> u64 {
    mix(mix(first, form as u64), second)
}

/// Files rules of crowded lists under two keys, and in the list but the form of the second: there it
/// takes one lookup more to find those of them that may hold. So a list of many is never looked through
/// for few, and nothing is filed twice.
fn divide(mut drafts: Vec<Draft>, words: &Words) -> Vec<(u64, Proof<'_>, Posting)> {
    let mut entries = Vec::with_capacity(drafts.len());
    drafts.sort_unstable_by_key(|draft| (draft.key, draft.second));
    for list in drafts.chunk_by(|a, b| a.key == b.key) {
        let form = |draft: &Draft| draft.second.map(|(form, _)| form);
        let text = |draft: &Draft| words.text(draft.text);
        let is_proven = list
            .first()
            .is_some_and(|first| list.iter().all(|draft| text(draft) == text(first)));
        for rules in list.chunk_by(|a, b| form(a) == form(b)) {
            let seconds = rules.chunk_by(|a, b| a.second == b.second);
            let largest = seconds.map(<[Draft]>::len).max().unwrap_or_default();
            let worth = is_proven && rules.len() >= MANY;
            let worth = worth && largest.saturating_mul(2) <= rules.len();
            let form = rules.first().and_then(form).filter(|_| worth);
            let proof = |draft: &Draft| text(draft).map_or(Proof::None, Proof::Text);
            if let (Some(form), Some(first)) = (form, rules.first()) {
                entries.push((first.key, proof(first), Posting::split(form)));
            }
            entries.extend(rules.iter().map(|draft| match (form, draft.second) {
                (Some(form), Some((_, second))) => {
                    let proof = match draft.text {
                        Some(_) => Proof::First(draft.key),
                        None => Proof::None,
                    };
                    (both(draft.key, form, second), proof, draft.posting)
                }
                _ => (draft.key, proof(draft), draft.posting),
            }));
        }
    }
    entries
}

/// Writes the list of one key.
fn write(group: &[(u64, Proof<'_>, Posting)], lists: &mut Vec<Posting>) -> u32 {
    let start = u32::try_from(lists.len()).unwrap_or(u32::MAX);
    let first = group.first().map_or(Proof::None, |(_, proof, _)| *proof);
    // Two of one hash prove nothing: then rules stand with their whole conditions.
    let is_proven = group.iter().all(|(_, proof, _)| *proof == first);
    if is_proven {
        head(first, lists);
    }
    lists.extend(group.iter().map(|(_, proof, posting)| match proof {
        Proof::None => *posting,
        _ if is_proven => *posting,
        _ => posting.unproven(),
    }));
    if let Some(last) = lists.last_mut() {
        *last = last.closing();
    }
    start
}

/// Writes what a list begins with.
fn head(proof: Proof<'_>, lists: &mut Vec<Posting>) {
    match proof {
        Proof::None => {}
        Proof::Text(text) => {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            lists.push(Posting::other(length, Start::TEXT));
            let words = (0..text.len()).step_by(8).map(|at| word(text, at));
            lists.extend(words.map(|word| Posting::raw(word.to_le_bytes())));
        }
        Proof::First(key) => {
            lists.push(Posting::other(1, Start::FIRST));
            lists.push(Posting::raw(key.to_le_bytes()));
        }
    }
}

/// The rules of a list, unless it is another's.
fn behind_head<'l>(list: &'l [Posting], proof: Proof<'_>) -> Option<&'l [Posting]> {
    let (first, rest) = list.split_first()?;
    match (first.start, proof) {
        (Start::TEXT, Proof::Text(text)) => {
            if first.rule as usize != text.len() {
                return None;
            }
            let (words, rest) = rest.split_at_checked(text.len().div_ceil(8))?;
            let mut parts = (0..text.len()).step_by(8).zip(words);
            let is = parts.all(|(at, own)| word(text, at).to_le_bytes() == own.bytes());
            is.then_some(rest)
        }
        (Start::FIRST, Proof::First(key)) => {
            let (word, rest) = rest.split_first()?;
            (word.bytes() == key.to_le_bytes()).then_some(rest)
        }
        (Start::TEXT | Start::FIRST, _) => None,
        _ => Some(list),
    }
}

/// The list that begins at `start`, up to the entry that closes it.
pub(super) fn list(lists: &[Posting], start: u32) -> &[Posting] {
    let rest = lists.get(start as usize..).unwrap_or_default();
    let end = rest.iter().position(|posting| posting.closes());
    end.and_then(|end| rest.get(..=end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Draft, LONGEST, Posting, Proof, REACH, Table, Words, both, mix};
    use crate::index::Start;

    fn rules(table: &Table, key: u64) -> Vec<u32> {
        let mut rules = Vec::new();
        table.under(key, Proof::None, &mut |posting| {
            rules.push(posting.rule().0)
        });
        rules
    }

    fn draft(key: u64, rule: u64, second: Option<(u32, u64)>) -> Draft {
        let rule = crate::hir::RuleId(u32::try_from(rule).unwrap());
        Draft {
            key,
            posting: Posting::new(rule, Start::HOLDS),
            text: None,
            second,
        }
    }

    fn build(drafts: Vec<Draft>) -> Table {
        Table::build(drafts, &Words::default())
    }

    #[test]
    fn a_text_is_found_by_itself_and_not_by_its_hash() {
        let mut words = Words::default();
        let texts = ["", "a", "eight by", "more than eight", "a", "x", "y"];
        // The last two have one hash.
        let keys = [1, 2, 3, 4, 2, 5, 5];
        let mut drafts = Vec::new();
        for (rule, (text, key)) in (0..).zip(texts.iter().zip(keys)) {
            let text = words.add(text);
            let draft = draft(key, rule, None);
            drafts.push(Draft { text, ..draft });
        }
        let table = Table::build(drafts, &words);
        let found = |key, proof| {
            let mut found = Vec::new();
            let mut show = |posting: Posting| found.push((posting.rule().0, posting.start));
            table.under(key, proof, &mut show);
            found
        };
        let left = Start::HOLDS;
        assert_eq!(found(1, Proof::Text(b"")), [(0, left)]);
        assert_eq!(found(2, Proof::Text(b"a")), [(1, left), (4, left)]);
        assert_eq!(found(3, Proof::Text(b"eight by")), [(2, left)]);
        assert_eq!(found(4, Proof::Text(b"more than eight")), [(3, left)]);
        for other in ["", "more than eigh", "more than eighT", "more than eight "] {
            assert_eq!(found(3, Proof::Text(other.as_bytes())), []);
        }
        assert_eq!(found(4, Proof::First(4)), []);
        assert_eq!(found(4, Proof::None), []);
        let whole = Start::WHOLE;
        assert_eq!(found(5, Proof::Text(b"x")), [(5, whole), (6, whole)]);
    }

    #[test]
    fn every_key_finds_its_rules() {
        let entries = |count: u64, key: fn(u64) -> u64| -> Vec<Draft> {
            (0..count)
                .flat_map(|n| [draft(key(n), n, None), draft(key(n), n + count, None)])
                .collect()
        };
        let spread: fn(u64) -> u64 = |n| mix(n, 7);
        // All at one place: what finds no slot is found all the same.
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
    fn keys_that_look_alike_are_found_both() {
        // One place and one tag.
        let keys: Vec<u64> = (0..200).map(|n| (n << 40) | 77).collect();
        let drafts = (0..).zip(&keys).map(|(rule, key)| draft(*key, rule, None));
        let table = build(drafts.collect());
        for (rule, key) in (0..).zip(&keys) {
            assert_eq!(rules(&table, *key), [rule]);
        }
        // What is in the table by its tag alone is not found by it.
        assert!(rules(&table, 77 | 300 << 40).is_empty());
    }

    #[test]
    fn texts_of_all_lengths_are_found_alone_and_in_lists() {
        let text = "The quick brown fox jumps over the lazy dog, at 5.";
        for copies in [1, 2, 9] {
            let mut words = Words::default();
            let mut drafts = Vec::new();
            for length in 0..=LONGEST as u64 {
                for copy in 0..copies {
                    let draft = draft(mix(length, 3), length * 10 + copy, None);
                    let text = words.add(&text[..length as usize]);
                    drafts.push(Draft { text, ..draft });
                }
            }
            let table = Table::build(drafts, &words);
            let found = |key: u64, text: &str| {
                let mut found = Vec::new();
                let proof = Proof::Text(text.as_bytes());
                table.under(mix(key, 3), proof, &mut |posting| {
                    assert_eq!(posting.start, Start::HOLDS);
                    found.push(u64::from(posting.rule().0));
                });
                found
            };
            for length in 0..=LONGEST {
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
    fn what_hostile_authors_write_is_found_and_looked_for_in_few_buckets() {
        // All at one place, with texts; and besides with one tag.
        for key in [|n: u64| n + 1, |n: u64| 77 | n << 33] {
            for length in [1, 12, 30] {
                let text = |n: u64| format!("{n:0length$}");
                let mut words = Words::default();
                let texts = (0..500).map(|n| (n, words.add(&text(n))));
                let drafts = texts.collect::<Vec<_>>().into_iter().map(|(n, text)| {
                    let draft = draft(key(n), n, None);
                    Draft { text, ..draft }
                });
                let table = Table::build(drafts.collect(), &words);
                for n in 0..500 {
                    let mut found = Vec::new();
                    let text = text(n);
                    let proof = Proof::Text(text.as_bytes());
                    table.under(key(n), proof, &mut |posting| found.push(posting.rule().0));
                    assert_eq!(found, [n as u32]);
                    table.under(key(n), Proof::Text(b"?"), &mut |_| panic!("not proven"));
                }
                assert_eq!(table.near(key(499)).len(), REACH);
                assert!(table.crowded.len() > 400, "{}", table.crowded.len());
            }
        }
    }

    #[test]
    fn a_table_takes_few_bytes_a_key_and_crowds_none() {
        for (length, most) in [(4, 50), (8, 50), (16, 70), (17, 90)] {
            let mut words = Words::default();
            let drafts: Vec<Draft> = (0..10_000)
                .map(|n| Draft {
                    text: words.add(&format!("{n:0length$}")),
                    ..draft(mix(n, 7), n, None)
                })
                .collect();
            let table = Table::build(drafts, &words);
            assert!(table.crowded.is_empty());
            let bytes = table.bytes() / 10_000;
            assert!(bytes < most, "{length}: {bytes}");
        }
    }

    #[test]
    fn a_crowded_list_is_divided_by_a_second_key() {
        let second = |n: u64| (!n.is_multiple_of(3)).then_some((n as u32 % 3, n / 12));
        let table = build((0..300).map(|n| draft(9, n, second(n))).collect());
        let mut splits = Vec::new();
        table.under(9, Proof::None, &mut |posting| {
            splits.extend(posting.as_split())
        });
        assert_eq!(splits, [(1, true), (2, true)]);
        assert_eq!(rules(&table, 9).len(), 100 + 2);
        assert_eq!(rules(&table, both(9, 1, 2)), [25, 28, 31, 34]);
        // Where all have one second key, that divides nothing.
        let table = build((0..300).map(|n| draft(9, n, Some((1, 5)))).collect());
        assert_eq!(rules(&table, 9).len(), 300);
    }
}
