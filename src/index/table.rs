//! From the hash of a key to the rules that are filed under it. Keeps no key: a rule offered for a key
//! of the same hash is one rule too many, which the index may offer.

use super::Filed;

/// One open table for all keys of an engine, and the lists behind them.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// As many as a power of two, or none.
    slots: Box<[Slot]>,
    /// The keys that no slot near enough was free for, sorted.
    crowded: Box<[(u64, u32)]>,
    lists: Box<[Filed]>,
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

/// How far from its own place a key may stand: the most that a lookup looks at, whatever authors write.
const REACH: usize = 32;

impl Table {
    pub(super) fn build(mut entries: Vec<(u64, Filed)>) -> Self {
        entries.sort_unstable();
        entries.dedup();
        let mut lists: Vec<Filed> = Vec::with_capacity(entries.len());
        let mut starts: Vec<(u64, u32)> = Vec::new();
        for group in entries.chunk_by(|(a, _), (b, _)| a == b) {
            let start = u32::try_from(lists.len()).unwrap_or(u32::MAX);
            if let Some((key, _)) = group.first() {
                starts.push((*key, start));
            }
            lists.extend(group.iter().map(|(_, filed)| *filed));
            if let Some(last) = lists.last_mut() {
                *last = last.closing();
            }
        }
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
            match table
                .places(key)
                .find(|at| table.slots.get(*at).is_some_and(Slot::is_free))
            {
                Some(at) => {
                    if let Some(slot) = table.slots.get_mut(at) {
                        *slot = Slot {
                            tag: tag(key),
                            start,
                        };
                    }
                }
                None => crowded.push((key, start)),
            }
        }
        table.crowded = crowded.into();
        table
    }

    /// The rules filed under a key.
    pub(super) fn under(&self, key: u64) -> &[Filed] {
        let tag = tag(key);
        for at in self.places(key) {
            match self.slots.get(at) {
                Some(slot) if slot.is_free() => return &[],
                Some(slot) if slot.tag == tag => return list(&self.lists, slot.start),
                _ => {}
            }
        }
        match self.crowded.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(at) => self
                .crowded
                .get(at)
                .map_or(&[], |(_, start)| list(&self.lists, *start)),
            Err(_) => &[],
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
    use super::{Filed, Table};
    use crate::index::Start;

    fn rules(table: &Table, key: u64) -> Vec<u32> {
        table
            .under(key)
            .iter()
            .map(|filed| filed.rule().0)
            .collect()
    }

    #[test]
    fn every_key_finds_its_rules() {
        let entries = |count: u64, key: fn(u64) -> u64| -> Vec<(u64, Filed)> {
            let filed =
                |n: u64| Filed::new(crate::hir::RuleId(u32::try_from(n).unwrap()), Start::HOLDS);
            (0..count)
                .flat_map(|n| [(key(n), filed(n)), (key(n), filed(n + count))])
                .collect()
        };
        let spread: fn(u64) -> u64 = |n| super::super::hash::mix(n, 7);
        // All at one place: what finds no slot is found all the same.
        let one_place: fn(u64) -> u64 = |n| n;
        for key in [spread, one_place] {
            for count in [0, 1, 2, 3, 64, 1_000] {
                let table = Table::build(entries(count, key));
                for n in 0..count {
                    let (first, second) = (n as u32, (n + count) as u32);
                    assert_eq!(rules(&table, key(n)), [first, second]);
                }
                assert!(rules(&table, key(5_000)).is_empty());
            }
        }
    }
}
