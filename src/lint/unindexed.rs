//! Warns about rules that the index cannot narrow, so that they are evaluated for every event of their
//! type.

use crate::diagnostic::{Code, Fault};
use crate::lower::Lowered;

use crate::index::Index;

/// The number of such rules per event type that does not slow routing noticeably.
const MAX_UNINDEXED: usize = 64;

/// Adds a warning for each event type with many rules without an indexed condition.
pub(crate) fn unindexed(index: &Index, lowered: &Lowered, faults: &mut Vec<Fault>) {
    let types = lowered.rules.types.iter().map(|ty| Some(&*ty.name));
    for ((count, first), ty) in index.unindexed().zip(types.chain([None])) {
        let place = first.and_then(|first| lowered.rule_places.get(first.0 as usize));
        let (Some(place), true) = (place, count > MAX_UNINDEXED) else {
            continue;
        };
        let (on, events) = match ty {
            Some(ty) => (format!("on `{ty}`"), "event of the type"),
            None => ("on `*`".to_owned(), "event"),
        };
        faults.push(
            Fault::new(
                Code::NotIndexed,
                *place,
                format!(
                    "{count} rules {on}, starting with this one, have no condition that the index can use: \
                     each is evaluated for every {events}"
                ),
            )
            .help(
                "add a condition to each `when` that few events satisfy, such as `city == \"Chicago\"`; the \
                 index cannot use conditions on person, carrier or `now`, nor an `or` with such a condition",
            ),
        );
    }
}
