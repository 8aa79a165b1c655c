//! Shortcut for unselected members of the simplest form: no whitespace, no escapes, scalar values.
//!
//! Consumes as many as there are and stops at anything else, without deciding whether that is
//! valid.

use super::duplicate_keys::{KeyFilter, KeyLog};
use super::repeated_shape::{KeySequence, consume_repeated_objects};
use super::simd16::{ShortKey, plain_value, short_key};

/// How often to retry the repeated-shape shortcut within one list.
const MAX_SHAPE_MISSES: u32 = 4;

/// The end of a run of plain members.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlainRun<'a> {
    /// The text that was not consumed.
    pub(super) rest: &'a [u8],
    pub(super) end: RunEnd<'a>,
    /// The number of members consumed, without one whose value comes next.
    pub(super) members: u32,
}

/// The token after a run.
#[derive(Clone, Copy, Debug)]
pub(super) enum RunEnd<'a> {
    /// Anything else: whatever can follow a value, or the bracket at which the run was to start.
    Other,
    /// A value that is not selected.
    Value,
    /// A byte and a quote, then this key, which may be selected. It is not in the key log yet.
    Key(ShortKey<'a>),
}

/// The end of a run of objects.
#[derive(Clone, Copy, Debug)]
pub(super) enum ObjectsEnd<'a> {
    /// The last object was consumed completely; the rest of the text.
    Closed(&'a [u8]),
    /// The last object continues with something that is not plain.
    Open(PlainRun<'a>, KeyFilter),
}

impl<'a> PlainRun<'a> {
    /// Creates an empty run that ends at the first key, for objects with all members selected.
    #[inline(always)]
    pub(super) fn before_key(rest: &'a [u8], before: u8) -> Self {
        Self {
            rest,
            end: short_key(rest, before).map_or(RunEnd::Other, RunEnd::Key),
            members: 0,
        }
    }
}

/// Consumes members without whitespace whose values are short numbers, literals or strings without
/// escapes. `before` is the byte before the first key. A key whose bit is set in `selected_bits` ends the
/// run.
#[inline(never)]
pub(super) fn consume_plain_members<'a>(
    bytes: &[u8],
    rest: &'a [u8],
    before: u8,
    selected_bits: u64,
    keys: &mut KeyLog<'_>,
    filter: &mut KeyFilter,
) -> PlainRun<'a> {
    members(bytes, rest, before, selected_bits, keys, filter)
}

/// Consumes unselected objects of plain members, starting at an opening bracket. With `elements`,
/// continues over list elements that are separated by a comma only.
#[inline(never)]
pub(super) fn consume_plain_objects<'a>(
    bytes: &[u8],
    mut rest: &'a [u8],
    elements: bool,
    keys: &mut KeyLog<'_>,
) -> ObjectsEnd<'a> {
    let mut failures = 0_u32;
    loop {
        let mut filter = keys.open();
        let run = members(bytes, rest, b'{', 0, keys, &mut filter);
        let [b'}', rest_after @ ..] = run.rest else {
            return ObjectsEnd::Open(run, filter);
        };
        if matches!(run.end, RunEnd::Value) || run.members == 0 {
            return ObjectsEnd::Open(run, filter);
        }
        let [b',', next @ ..] = rest_after else {
            keys.close(&filter);
            return ObjectsEnd::Closed(rest_after);
        };
        let shape = if elements && next.first() == Some(&b'{') && failures < MAX_SHAPE_MISSES {
            KeySequence::of(bytes, keys, &filter)
        } else {
            None
        };
        keys.close(&filter);
        let (rest_after, more) = match shape {
            Some(shape) => consume_repeated_objects(next, &shape),
            None if elements && next.first() == Some(&b'{') => (next, true),
            None => (rest_after, false),
        };
        if !more {
            return ObjectsEnd::Closed(rest_after);
        }
        failures = failures.wrapping_add(1);
        rest = rest_after;
    }
}

#[inline(always)]
fn members<'a>(
    bytes: &[u8],
    mut rest: &'a [u8],
    mut before: u8,
    selected_bits: u64,
    keys: &mut KeyLog<'_>,
    filter: &mut KeyFilter,
) -> PlainRun<'a> {
    let mut inner = *filter;
    let first = keys.count();
    let mut end = RunEnd::Other;
    while let Some(key) = short_key(rest, before) {
        if selected_bits >> (key.hash % 64) & 1 != 0 {
            end = RunEnd::Key(key);
            break;
        }
        let start = bytes.len().wrapping_sub(rest.len()).wrapping_add(2);
        keys.add(&mut inner, start, key.hash);
        rest = key.rest_after;
        before = b',';
        let Some(rest_after) = plain_value(rest) else {
            end = RunEnd::Value;
            break;
        };
        rest = rest_after;
    }
    *filter = inner;
    let begun = u32::from(matches!(end, RunEnd::Value));
    let members = keys.count().wrapping_sub(first).wrapping_sub(begun);
    PlainRun { rest, end, members }
}
