//! Maps the names of event types to ids.

use crate::collections::map::Map;
use crate::hir::TypeId;

use super::key_hash;
use super::key_hash::FixedState;

/// A hash table of names with a bounded probe length.
#[derive(Clone, Debug, Default)]
pub(super) struct TypeNames {
    /// Indexed by id.
    names: Vec<Box<str>>,
    /// Ids, counted from 1, by the hash of the name; 0 is a free slot. The length is a power of
    /// two.
    slots: Box<[u32]>,
    /// The names for which no slot was free within reach.
    overflow: Map<Box<str>, TypeId, FixedState>,
}

/// The longest probe sequence.
const MAX_PROBES: usize = 16;

impl TypeNames {
    pub(super) fn build<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let names: Vec<Box<str>> = names.map(Box::from).collect();
        let size = names.len().saturating_mul(4).next_power_of_two();
        let mut built = Self {
            slots: vec![0; size].into(),
            names: Vec::new(),
            overflow: Map::new(),
        };
        for (id, name) in (0_u32..).zip(&names) {
            let mut probe_slots = probe_slots(&built.slots, name);
            let free = probe_slots.find(|at| built.slots.get(*at) == Some(&0));
            match free.and_then(|at| built.slots.get_mut(at)) {
                Some(slot) => *slot = id.saturating_add(1),
                None => {
                    built.overflow.insert(name.clone(), TypeId(id));
                }
            }
        }
        built.names = names;
        built
    }

    #[inline]
    pub(super) fn id(&self, name: &str) -> Option<TypeId> {
        for at in probe_slots(&self.slots, name) {
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
        if self.overflow.is_empty() {
            return None;
        }
        self.overflow.value(name).copied()
    }
}

/// Returns the slots in which a name may be.
#[inline]
fn probe_slots(slots: &[u32], name: &str) -> impl Iterator<Item = usize> + use<> {
    let mask = slots.len().wrapping_sub(1);
    let first = usize::try_from(key_hash::text(name.as_bytes()) >> 32).unwrap_or_default();
    (0..MAX_PROBES.min(slots.len())).map(move |step| first.wrapping_add(step) & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_found() {
        for count in [0, 1, 3, 1_000] {
            let all: Vec<String> = (0..count).map(|n| format!("type_{n}")).collect();
            let names = TypeNames::build(all.iter().map(String::as_str));
            for (id, name) in (0..).zip(&all) {
                assert_eq!(names.id(name), Some(TypeId(id)));
            }
            assert_eq!(names.id("type"), None);
            assert_eq!(names.id(""), None);
        }
    }

    #[test]
    fn colliding_names_are_found() {
        let all = (0..).map(|n: u32| format!("type_{n}"));
        let all = all.filter(|name| (key_hash::text(name.as_bytes()) >> 32) & 0x7f == 5);
        let all: Vec<String> = all.take(MAX_PROBES + 4).collect();
        let names = TypeNames::build(all.iter().map(String::as_str));
        assert_eq!((names.slots.len(), names.overflow.len()), (128, 4));
        for (id, name) in (0..).zip(&all) {
            assert_eq!(names.id(name), Some(TypeId(id)));
        }
    }
}
