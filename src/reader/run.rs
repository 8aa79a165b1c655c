//! Goes along members of an object that nobody wants, as long as they are of the plainest kind. Knows
//! nothing of what is kept, and leaves all that is wrong to others.

use super::keys::{Keys, Seen};
use super::lanes::{ShortKey, short_key, short_number, short_string};

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

/// Goes along members without blanks whose values are short strings and numbers. `before` stands before
/// the first of them; a key that `wanted` has a bit for ends the run.
#[inline(never)]
pub(super) fn run<'a>(
    bytes: &[u8],
    mut rest: &'a [u8],
    mut before: u8,
    wanted: u64,
    keys: &mut Keys<'_>,
    seen: &mut Seen,
) -> Run<'a> {
    let mut inner = *seen;
    let mut members = 0_u32;
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
        let behind = match rest.first() {
            Some(first @ b'-'..=b'9') => short_number(rest, *first),
            Some(b'"') => short_string(rest),
            _ => None,
        };
        let Some(behind) = behind else {
            end = End::Value;
            break;
        };
        rest = behind;
        members = members.wrapping_add(1);
    }
    *seen = inner;
    Run { rest, end, members }
}
