//! From the hash of a key to the rules that are filed under it. Keeps no key but short texts: a rule
//! offered for another key of the same hash is one rule too many, which the index may offer.

use super::hash::mix;
use super::{Filed, Start};
use crate::hash::word;

/// One open table for all keys of an engine, and the lists behind them.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// As many as a power of two, or none.
    slots: Box<[Slot]>,
    /// The keys that no slot near enough was free for, sorted.
    crowded: Box<[(u64, u32)]>,
    lists: Box<[Filed]>,
}

/// A rule and a key of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft {
    pub(super) key: u64,
    pub(super) filed: Filed,
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

/// What a key is of: it stands before the list that is filed under the key, so that no other one of
/// the same hash is taken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Proof<'t> {
    None,
    Text(&'t [u8]),
    /// The first of two keys, proven itself.
    First(u64),
}

/// A key, by what its hash has besides its place, and where its list begins.
#[derive(Clone, Copy, Debug)]
struct Slot {
    tag: u32,
    start: u32,
}

const FREE: Slot = Slot {
    tag: 0,
    start: u32::MAX,
};

/// From how many rules on, of one key and one form of another, they are filed under both.
const MANY: usize = 8;

/// How far from its own place a key may stand: the most that a lookup looks at, whatever authors write.
const REACH: usize = 32;

impl Table {
    pub(super) fn build(drafts: Vec<Draft>, words: &Words) -> Self {
        let mut entries = divide(drafts, words);
        entries.sort_unstable();
        entries.dedup();
        let mut lists: Vec<Filed> = Vec::with_capacity(entries.len());
        let mut starts: Vec<(u64, u32)> = Vec::new();
        for group in entries.chunk_by(|(a, ..), (b, ..)| a == b) {
            let start = u32::try_from(lists.len()).unwrap_or(u32::MAX);
            let Some((key, proof, _)) = group.first() else {
                continue;
            };
            starts.push((*key, start));
            // Two of one hash prove nothing: then rules stand with their whole conditions.
            let is_proven = group.iter().all(|(_, other, _)| other == proof);
            if is_proven {
                head(*proof, &mut lists);
            }
            lists.extend(group.iter().map(|(_, proof, filed)| match proof {
                Proof::None => *filed,
                _ if is_proven => *filed,
                _ => filed.unproven(),
            }));
            if let Some(last) = lists.last_mut() {
                *last = last.closing();
            }
        }
        lists.shrink_to_fit();
        // At most three quarters full.
        let room = starts.len().saturating_add(starts.len() / 3);
        let mut table = Self {
            slots: match starts.len() {
                0 => Box::default(),
                _ => vec![FREE; room.saturating_add(1).next_power_of_two()].into(),
            },
            crowded: Box::default(),
            lists: lists.into(),
        };
        let mut crowded = Vec::new();
        for (key, start) in starts {
            // A free place, before which no other key looks like this one.
            let mut places = table.places(key).filter_map(|at| table.slots.get(at));
            let place = places.position(|slot| slot.is_free() || slot.tag == tag(key));
            let mut slot = table.places(key).nth(place.unwrap_or(REACH));
            let free = slot
                .take()
                .and_then(|at| table.slots.get_mut(at))
                .filter(|slot| slot.is_free());
            match free {
                Some(slot) => {
                    *slot = Slot {
                        tag: tag(key),
                        start,
                    };
                }
                None => crowded.push((key, start)),
            }
        }
        table.crowded = crowded.into();
        table
    }

    /// Shows the rules filed under a key, and now and then those of another that have no proof.
    #[inline]
    pub(super) fn under(&self, key: u64, proof: Proof<'_>, show: &mut impl FnMut(Filed)) {
        let tag = tag(key);
        for at in self.places(key) {
            match self.slots.get(at) {
                Some(slot) if slot.is_free() => return,
                Some(slot) if slot.tag == tag => {
                    self.show(slot.start, proof, show);
                    break;
                }
                _ => {}
            }
        }
        if !self.crowded.is_empty()
            && let Ok(at) = self.crowded.binary_search_by_key(&key, |(key, _)| *key)
            && let Some((_, start)) = self.crowded.get(at)
        {
            self.show(*start, proof, show);
        }
    }

    fn show(&self, start: u32, proof: Proof<'_>, show: &mut impl FnMut(Filed)) {
        let list = self.lists.get(start as usize..).unwrap_or_default();
        for filed in behind_head(list, proof).unwrap_or_default() {
            show(*filed);
            if filed.closes() {
                return;
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.slots)
            .saturating_add(size_of_val(&*self.crowded))
            .saturating_add(size_of_val(&*self.lists))
    }

    /// Where a key may stand. INVARIANT: keys are never taken out, so a free place ends a search.
    fn places(&self, key: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().wrapping_sub(1);
        let home = usize::try_from(key >> 32).unwrap_or_default();
        let reach = REACH.min(self.slots.len());
        (0..reach).map(move |step| home.wrapping_add(step) & mask)
    }
}

/// The key of what has two keys.
pub(super) const fn both(first: u64, form: u32, second: u64) -> u64 {
    mix(mix(first, form as u64), second)
}

/// Files rules of crowded lists under two keys, and in the list but the form of the second: there it
/// takes one lookup more to find those of them that may hold. So a list of many is never looked through
/// for few, and nothing is filed twice.
fn divide(mut drafts: Vec<Draft>, words: &Words) -> Vec<(u64, Proof<'_>, Filed)> {
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
                entries.push((first.key, proof(first), Filed::split(form)));
            }
            entries.extend(rules.iter().map(|draft| match (form, draft.second) {
                (Some(form), Some((_, second))) => {
                    let proof = match draft.text {
                        Some(_) => Proof::First(draft.key),
                        None => Proof::None,
                    };
                    (both(draft.key, form, second), proof, draft.filed)
                }
                _ => (draft.key, proof(draft), draft.filed),
            }));
        }
    }
    entries
}

/// Writes what a list begins with.
fn head(proof: Proof<'_>, lists: &mut Vec<Filed>) {
    match proof {
        Proof::None => {}
        Proof::Text(text) => {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            lists.push(Filed::other(length, Start::TEXT));
            let words = (0..text.len()).step_by(8).map(|at| word(text, at));
            lists.extend(words.map(|word| Filed::raw(word.to_le_bytes())));
        }
        Proof::First(key) => {
            lists.push(Filed::other(1, Start::FIRST));
            lists.push(Filed::raw(key.to_le_bytes()));
        }
    }
}

/// The rules of a list, unless it is another's.
fn behind_head<'l>(list: &'l [Filed], proof: Proof<'_>) -> Option<&'l [Filed]> {
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

impl Slot {
    const fn is_free(&self) -> bool {
        self.start == u32::MAX
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the other half tells the place"
)]
const fn tag(key: u64) -> u32 {
    key as u32
}

/// The list that begins at `start`, up to the entry that closes it.
pub(super) fn list(lists: &[Filed], start: u32) -> &[Filed] {
    let rest = lists.get(start as usize..).unwrap_or_default();
    let end = rest.iter().position(|filed| filed.closes());
    end.and_then(|end| rest.get(..=end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Draft, Filed, Proof, Table, Words, both};
    use crate::index::Start;

    fn rules(table: &Table, key: u64) -> Vec<u32> {
        let mut rules = Vec::new();
        table.under(key, Proof::None, &mut |filed| rules.push(filed.rule().0));
        rules
    }

    fn draft(key: u64, rule: u64, second: Option<(u32, u64)>) -> Draft {
        let rule = crate::hir::RuleId(u32::try_from(rule).unwrap());
        Draft {
            key,
            filed: Filed::new(rule, Start::HOLDS),
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
            let mut show = |filed: Filed| found.push((filed.rule().0, filed.start));
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
        let spread: fn(u64) -> u64 = |n| super::super::hash::mix(n, 7);
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
            assert!(rules(&table, *key).contains(&rule));
        }
    }

    #[test]
    fn a_crowded_list_is_divided_by_a_second_key() {
        let second = |n: u64| (!n.is_multiple_of(3)).then_some((n as u32 % 3, n / 12));
        let table = build((0..300).map(|n| draft(9, n, second(n))).collect());
        let mut splits = Vec::new();
        table.under(9, Proof::None, &mut |filed| splits.extend(filed.as_split()));
        assert_eq!(splits, [(1, true), (2, true)]);
        assert_eq!(rules(&table, 9).len(), 100 + 2);
        assert_eq!(rules(&table, both(9, 1, 2)), [25, 28, 31, 34]);
        // Where all have one second key, that divides nothing.
        let table = build((0..300).map(|n| draft(9, n, Some((1, 5)))).collect());
        assert_eq!(rules(&table, 9).len(), 300);
    }
}
