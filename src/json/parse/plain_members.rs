//! Goes along members of an object that nobody wants, as long as they are of the plainest kind. Knows
//! nothing of what is kept, and leaves all that is wrong to others.

use super::duplicate_keys::{Keys, Seen};
use super::repeated_shape::{Shape, run_alike};
use super::simd16::{ShortKey, plain_value, short_key};

/// So many times objects of a list are hoped to go on as one of them is.
const PATIENCE: u32 = 4;

/// A run that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    /// What was not gone along.
    pub(super) rest: &'a [u8],
    pub(super) end: End<'a>,
    /// Members that lie behind, without one whose value comes next.
    pub(super) members: u32,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub(super) enum End<'a> {
    /// Anything: what can follow a value, or the bracket with which the run was to begin.
    Any,
    /// A value that nobody wants.
    Value,
    /// A byte and a quote, and behind them this key, which may be wanted. It was not added to the keys.
    Key(ShortKey<'a>),
}

/// What follows objects.
#[derive(Clone, Copy, Debug)]
pub(super) enum Objects<'a> {
    /// The last one was gone along whole, and this follows.
    Closed(&'a [u8]),
    /// The last one goes on with what is not plain.
    Open(Run<'a>, Seen),
}

impl<'a> Run<'a> {
    /// One that ends with its first key, where all are wanted.
    #[inline(always)]
    pub(super) fn before_key(rest: &'a [u8], before: u8) -> Self {
        Self {
            rest,
            end: short_key(rest, before).map_or(End::Any, End::Key),
            members: 0,
        }
    }
}

/// Goes along members without blanks whose values are short numbers, words and strings without escapes.
/// `before` stands before the first of them; a key that `wanted` has a bit for ends the run.
#[inline(never)]
pub(super) fn run<'a>(
    bytes: &[u8],
    rest: &'a [u8],
    before: u8,
    wanted: u64,
    keys: &mut Keys<'_>,
    seen: &mut Seen,
) -> Run<'a> {
    members(bytes, rest, before, wanted, keys, seen)
}

/// Goes along objects that nobody wants, from the bracket of one on: as far as they have plain members
/// alone, and, where they are `elements` of a list, nothing but a comma is between them.
#[inline(never)]
pub(super) fn run_objects<'a>(
    bytes: &[u8],
    mut rest: &'a [u8],
    elements: bool,
    keys: &mut Keys<'_>,
) -> Objects<'a> {
    let mut failures = 0_u32;
    loop {
        let mut seen = keys.open();
        let run = members(bytes, rest, b'{', 0, keys, &mut seen);
        let [b'}', behind @ ..] = run.rest else {
            return Objects::Open(run, seen);
        };
        if matches!(run.end, End::Value) || run.members == 0 {
            return Objects::Open(run, seen);
        }
        let [b',', next @ ..] = behind else {
            keys.close(&seen);
            return Objects::Closed(behind);
        };
        let shape = if elements && next.first() == Some(&b'{') && failures < PATIENCE {
            Shape::of(bytes, keys, &seen)
        } else {
            None
        };
        keys.close(&seen);
        let (behind, more) = match shape {
            Some(shape) => run_alike(next, &shape),
            None if elements && next.first() == Some(&b'{') => (next, true),
            None => (behind, false),
        };
        if !more {
            return Objects::Closed(behind);
        }
        failures = failures.wrapping_add(1);
        rest = behind;
    }
}

#[inline(always)]
fn members<'a>(
    bytes: &[u8],
    mut rest: &'a [u8],
    mut before: u8,
    wanted: u64,
    keys: &mut Keys<'_>,
    seen: &mut Seen,
) -> Run<'a> {
    let mut inner = *seen;
    let first = keys.count();
    let mut end = End::Any;
    while let Some(key) = short_key(rest, before) {
        if wanted >> (key.print % 64) & 1 != 0 {
            end = End::Key(key);
            break;
        }
        let start = bytes.len().wrapping_sub(rest.len()).wrapping_add(2);
        keys.add(&mut inner, start, key.print);
        rest = key.behind;
        before = b',';
        let Some(behind) = plain_value(rest) else {
            end = End::Value;
            break;
        };
        rest = behind;
    }
    *seen = inner;
    let begun = u32::from(matches!(end, End::Value));
    let members = keys.count().wrapping_sub(first).wrapping_sub(begun);
    Run { rest, end, members }
}
