//! Tells authors of rules that nothing finds: those that every event of a type is put to. Changes
//! nothing of the index.

use crate::diagnostic::{Code, Fault};
use crate::lower::Lowered;

use crate::index::Index;

/// So many rules of a type may be evaluated for every event before it is worth a word.
const MANY: usize = 64;

/// Adds a warning for each event type with many rules of whose conditions nothing can be looked up.
pub(crate) fn unindexed(index: &Index, lowered: &Lowered, faults: &mut Vec<Fault>) {
    let types = lowered.rules.types.iter().map(|ty| Some(&*ty.name));
    for ((count, first), ty) in index.unindexed().zip(types.chain([None])) {
        let place = first.and_then(|first| lowered.rule_places.get(first.0 as usize));
        let (Some(place), true) = (place, count > MANY) else {
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
                    "{count} rules {on}, this one the first, have no condition that can be looked up: \
                     each is evaluated for every {events}"
                ),
            )
            .help(
                "let each `when` demand something of the event that few events have, such as \
                 `city == \"Chicago\"`; a test of person, carrier or `now` is not looked up, nor is an `or` \
                 with one as an arm",
            ),
        );
    }
}
