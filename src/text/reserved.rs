//! Words of the rule language that have a fixed meaning at the beginning of a path.

/// Keywords that cannot name a constant, a variable or the first field of a path.
pub(crate) const RESERVED: [&str; 21] = [
    "and",
    "or",
    "not",
    "true",
    "false",
    "null",
    "in",
    "is",
    "any",
    "all",
    "none",
    "between",
    "contains",
    "starts_with",
    "ends_with",
    "like",
    "matches",
    "in_network",
    "ignoring",
    "sample",
    "else",
];

/// The roots of paths. A path that begins with any other name reads the event's data.
pub(crate) const ROOTS: [&str; 6] = [
    "event",
    "person",
    "carrier",
    "now",
    "event_data",
    "debug_data",
];

/// Functions of operands; a field of the same name needs `event_data` before it in explanations.
pub(crate) const FUNCTIONS: [&str; 5] = ["count", "length", "number", "time", "time_of_day"];

/// Returns whether `word` cannot begin a path into the event's data unless `event_data` is before it.
pub(crate) fn is_reserved_in_paths(word: &str) -> bool {
    RESERVED.contains(&word) || ROOTS.contains(&word) || FUNCTIONS.contains(&word)
}
