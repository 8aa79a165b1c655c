//! From the name of an event type to its id. Knows no rule.

use crate::collections::map::Map;
use crate::hir::TypeId;

use super::key_hash;
use super::key_hash::FixedState;

/// Names by their hashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// By id.
    names: Vec<Box<str>>,
    /// Ids, counted from 1, by the hash of the name; 0 where there is none. As many as a power of two.
    slots: Box<[u32]>,
    /// The names that no slot near enough was free for.
    crowded: Map<Box<str>, TypeId, FixedState>,
}

/// So many slots are looked at.
const REACH: usize = 16;

impl Names {
    pub(super) fn build<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let names: Vec<Box<str>> = names.map(Box::from).collect();
        let size = names.len().saturating_mul(4).next_power_of_two();
        let mut built = Self {
            slots: vec![0; size].into(),
            names: Vec::new(),
            crowded: Map::new(),
        };
        for (id, name) in (0_u32..).zip(&names) {
            let mut places = places(&built.slots, name);
            let free = places.find(|at| built.slots.get(*at) == Some(&0));
            match free.and_then(|at| built.slots.get_mut(at)) {
                Some(slot) => *slot = id.saturating_add(1),
                None => {
                    built.crowded.insert(name.clone(), TypeId(id));
                }
            }
        }
        built.names = names;
        built
    }

    #[inline]
    pub(super) fn id(&self, name: &str) -> Option<TypeId> {
        for at in places(&self.slots, name) {
            let place = self.slots.get(at).copied().unwrap_or_default();
            let Some(id) = place.checked_sub(1) else {
                break;
            };
            if self
                .names
                .get(id as usize)
                .is_some_and(|own| **own == *name)
            {
                return Some(TypeId(id));
            }
        }
        if self.crowded.is_empty() {
            return None;
        }
        self.crowded.value(name).copied()
    }
}

/// Where a name may stand.
#[inline]
fn places(slots: &[u32], name: &str) -> impl Iterator<Item = usize> + use<> {
    let mask = slots.len().wrapping_sub(1);
    let first = usize::try_from(key_hash::text(name.as_bytes()) >> 32).unwrap_or_default();
    (0..REACH.min(slots.len())).map(move |step| first.wrapping_add(step) & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_and_no_other() {
        for count in [0, 1, 3, 1_000] {
            let all: Vec<String> = (0..count).map(|n| format!("type_{n}")).collect();
            let names = Names::build(all.iter().map(String::as_str));
            for (id, name) in (0..).zip(&all) {
                assert_eq!(names.id(name), Some(TypeId(id)));
            }
            assert_eq!(names.id("type"), None);
            assert_eq!(names.id(""), None);
        }
    }

    #[test]
    fn names_of_one_slot_are_found_all() {
        let all = (0..).map(|n: u32| format!("type_{n}"));
        let all = all.filter(|name| (key_hash::text(name.as_bytes()) >> 32) & 0x7f == 5);
        let all: Vec<String> = all.take(REACH + 4).collect();
        let names = Names::build(all.iter().map(String::as_str));
        assert_eq!((names.slots.len(), names.crowded.len()), (128, 4));
        for (id, name) in (0..).zip(&all) {
            assert_eq!(names.id(name), Some(TypeId(id)));
        }
    }
}
