//! Merges the active windows of many rules, to decide quickly whether any rule listens.

use crate::hir::Window;
use crate::time::Timestamp;

/// Disjoint windows with gaps between them, sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows(Box<[Window]>);

impl Windows {
    pub(super) fn merge(mut windows: Vec<Window>) -> Self {
        // `None` sorts first, which is right for the start of a window.
        windows.sort_unstable_by_key(|window| window.from);
        let mut merged: Vec<Window> = Vec::new();
        for window in windows {
            if matches!((window.from, window.until), (Some(from), Some(until)) if until <= from) {
                continue;
            }
            match merged.last_mut() {
                Some(last) if last.until.is_none_or(|until| window.from <= Some(until)) => {
                    last.until = match (last.until, window.until) {
                        (Some(a), Some(b)) => Some(a.max(b)),
                        _ => None,
                    };
                }
                _ => merged.push(window),
            }
        }
        Self(merged.into())
    }

    pub(super) fn hold(&self, now: Timestamp) -> bool {
        let ended = |window: &Window| window.until.is_some_and(|until| until <= now);
        let next = self.0.partition_point(ended);
        self.0.get(next).is_some_and(|window| window.holds(now))
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Windows;
    use crate::hir::Window;
    use crate::time::Timestamp;
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn merged_windows_hold_where_any_holds(
            ends in prop::collection::vec((any::<Option<u8>>(), any::<Option<u8>>()), 0..8),
            now in any::<u8>(),
        ) {
            let at = |second: u8| Timestamp::from_unix_seconds(i64::from(second / 16)).unwrap();
            let windows: Vec<Window> = ends
                .into_iter()
                .map(|(from, until)| Window { from: from.map(at), until: until.map(at) })
                .collect();
            let any = windows.iter().any(|window| window.holds(at(now)));
            prop_assert_eq!(Windows::merge(windows).hold(at(now)), any);
        }
    }
}
