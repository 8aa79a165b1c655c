//! Extracts access keys from conditions: what an event must have before a condition can be true.
//!
//! INVARIANT: if a condition is true, or may be true once questions are answered, an event has at
//! least one of the keys under which the rule is posted. A test over a person, a carrier or the
//! current time has no key; but if its other side comes from the event, that side must have a type
//! with which the test is not unknown.

use std::borrow::Cow;

use crate::hir::pattern::{Like, Network};
use crate::hir::{Expr, Operand, Pattern, Predicate};
use crate::json::document::{Datum, Literal};
use crate::syntax::operator::{CompareOp, Is, TextOp};
use crate::text::case_fold::fold;

use super::key_hash;
use super::range;
use super::range::RangeKind;
use super::source::{ValueSourceId, ValueSources};
use super::text::searched;

/// How a rule can be found by its condition.
#[derive(Clone, Debug)]
pub(super) enum Access<'r> {
    /// Indexed by no key: the rule is always considered.
    Unindexed,
    /// Indexed by these keys, all of which it is posted under. If there are none, the condition is never
    /// true.
    Keys(Vec<AccessKey<'r>>),
    /// Indexed by any one of these.
    AnyOf(Vec<Self>),
    /// Indexed by all of these together.
    AllOf(Vec<Self>),
}

/// Something that an event must have.
#[derive(Clone, Debug)]
pub(super) struct AccessKey<'r> {
    pub(super) source: ValueSourceId,
    pub(super) what: KeyKind<'r>,
    /// A lower bound for the key's selectivity in bits, estimated from the length of its text.
    pub(super) rarity: u8,
    /// The whole value, its prefix or its suffix, if the key is equivalent to the test.
    pub(super) text: Option<Cow<'r, str>>,
}

#[derive(Clone, Debug)]
pub(super) enum KeyKind<'r> {
    /// A hash table key, with the hash of a value.
    Table(KeyOp, u64),
    /// A prefix or suffix, with its length in bytes and its hash.
    Edge(KeyOp, u32, u64),
    /// An IP address in this network.
    Network(Network),
    /// A value of any of these classes.
    Classes(u16),
    Range(RangeKind, u64, u64),
    /// A substring; the flag is set if case is ignored.
    Within(bool, Cow<'r, str>),
}

/// How a value is looked up in the hash table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum KeyOp {
    Equal,
    EqualFolded,
    /// A list with an element equal to the value.
    Member,
    MemberFolded,
    /// A list with a list among its elements.
    MemberList,
    Begins,
    BeginsFolded,
    Ends,
    EndsFolded,
    Network,
    Class,
}

/// Classes of values, one bit each.
pub(super) mod class {
    pub(in crate::index) const MISSING: u16 = 1;
    pub(in crate::index) const NULL: u16 = 1 << 1;
    pub(in crate::index) const BOOL: u16 = 1 << 2;
    pub(in crate::index) const NUMBER: u16 = 1 << 3;
    /// A string that is empty or whitespace.
    pub(in crate::index) const BLANK: u16 = 1 << 4;
    /// Any other string.
    pub(in crate::index) const TEXT: u16 = 1 << 5;
    pub(in crate::index) const LIST: u16 = 1 << 6;
    pub(in crate::index) const OBJECT: u16 = 1 << 7;
    pub(in crate::index) const TIME: u16 = 1 << 8;
    pub(in crate::index) const ALL: u16 = (1 << 9) - 1;

    pub(in crate::index) const STRING: u16 = BLANK | TEXT;
    pub(in crate::index) const PRESENT: u16 = ALL ^ MISSING;
    pub(in crate::index) const ORDERED: u16 = NUMBER | STRING | TIME;

    /// Iterates over the classes of a mask.
    pub(in crate::index) fn each(mask: u16) -> impl Iterator<Item = u16> {
        (0..9)
            .map(|bit| 1 << bit)
            .filter(move |class| mask & class != 0)
    }
}

/// Returns how a rule is found if `expr` must evaluate to `expected`. Recursion is limited by the
/// nesting limit of conditions.
pub(super) fn access<'r>(expr: &'r Expr, expected: bool, sources: &mut ValueSources) -> Access<'r> {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| access(part, expected, sources))
                .collect();
            match matches!(expr, Expr::And(_)) == expected {
                true => Access::AnyOf(narrowed(parts)),
                false => Access::AllOf(parts),
            }
        }
        Expr::Not(inner) => access(inner, !expected, sources),
        Expr::Quantifier { over, .. } => classes(sources.intern(over), class::LIST),
        Expr::Test(predicate) => test(predicate, expected, sources),
    }
}

/// Replaces all ranges of one source by their intersection: `x > 3 and x < 5` is one range.
fn narrowed(parts: Vec<Access<'_>>) -> Vec<Access<'_>> {
    let mut others = Vec::with_capacity(parts.len());
    let mut ranges: Vec<(ValueSourceId, RangeKind, u64, u64)> = Vec::new();
    for part in parts {
        let range = match &part {
            Access::Keys(keys) => match &**keys {
                [
                    AccessKey {
                        source,
                        what: KeyKind::Range(kind, low, high),
                        ..
                    },
                ] => Some((*source, *kind, *low, *high)),
                _ => None,
            },
            _ => None,
        };
        let Some((source, kind, low, high)) = range else {
            others.push(part);
            continue;
        };
        let mut known = ranges.iter_mut();
        match known.find(|(at, other, ..)| (*at, *other) == (source, kind)) {
            Some((.., from, until)) => {
                *from = low.max(*from);
                *until = high.min(*until);
            }
            None => ranges.push((source, kind, low, high)),
        }
    }
    others.extend(ranges.into_iter().map(|(source, kind, low, high)| {
        if low <= high {
            under(source, KeyKind::Range(kind, low, high))
        } else {
            NEVER
        }
    }));
    others
}

fn under<'r>(source: ValueSourceId, what: KeyKind<'r>) -> Access<'r> {
    let rarity = match &what {
        KeyKind::Classes(_) => 0,
        KeyKind::Edge(_, length, _) => rarity(*length as usize),
        KeyKind::Within(_, text) => rarity(text.len()),
        _ => 3,
    };
    Access::Keys(vec![AccessKey {
        source,
        what,
        rarity,
        text: None,
    }])
}

/// There are few texts of one letter and many of six.
fn rarity(length: usize) -> u8 {
    u8::try_from(length.min(6)).unwrap_or_default()
}

fn classes<'r>(source: Option<ValueSourceId>, mask: u16) -> Access<'r> {
    source.map_or(Access::Unindexed, |source| {
        under(source, KeyKind::Classes(mask))
    })
}

/// Requires both sides to be of these classes.
fn either<'r>(
    left: Option<ValueSourceId>,
    left_mask: u16,
    right: Option<ValueSourceId>,
    right_mask: u16,
) -> Access<'r> {
    Access::AnyOf(vec![classes(left, left_mask), classes(right, right_mask)])
}

const NEVER: Access<'static> = Access::Keys(Vec::new());

fn test<'r>(predicate: &'r Predicate, expected: bool, sources: &mut ValueSources) -> Access<'r> {
    match predicate {
        Predicate::Truth(operand) => match sources.intern(operand) {
            Some(source) if expected => equal(source, &Literal::Bool(true), false),
            Some(source) => equal(source, &Literal::Bool(false), false),
            None => Access::Unindexed,
        },
        Predicate::Is {
            operand,
            negated,
            what,
        } => {
            let mask = classes_of(*what);
            let mask = if expected == *negated {
                class::ALL ^ mask
            } else {
                mask
            };
            classes(sources.intern(operand), mask)
        }
        Predicate::Compare {
            left,
            op,
            right,
            ignoring_case,
        } => {
            let op = if expected { *op } else { op.opposite() };
            let (a, b) = (sources.intern(left), sources.intern(right));
            match (a, left, b, right) {
                (Some(source), _, None, Operand::Literal(literal)) => {
                    compare(source, op, literal, *ignoring_case)
                }
                (None, Operand::Literal(literal), Some(source), _) => {
                    compare(source, op.mirrored(), literal, *ignoring_case)
                }
                _ => {
                    let mask = match op {
                        CompareOp::Equal | CompareOp::NotEqual => class::PRESENT,
                        _ => class::ORDERED,
                    };
                    either(a, mask, b, mask)
                }
            }
        }
        Predicate::Between {
            operand,
            negated,
            bounds,
            ..
        } => match (sources.intern(operand), &**bounds) {
            (Some(source), [low, high]) => between(source, expected != *negated, low, high),
            (None, _) => Access::Unindexed,
        },
        Predicate::In {
            left,
            negated,
            right,
            ignoring_case,
        } => {
            let (a, b) = (sources.intern(left), sources.intern(right));
            match (a, left, b, right) {
                // The elements are converted to timestamps, so the list has no key under which a
                // text is found.
                (_, _, _, Operand::Times(inner)) => {
                    either(a, class::PRESENT, sources.intern(inner), class::LIST)
                }
                (Some(source), _, _, Operand::Literal(list)) if expected != *negated => {
                    one_of(source, list, *ignoring_case)
                }
                (_, Operand::Literal(literal), Some(source), _) if expected != *negated => {
                    member(source, literal, *ignoring_case)
                }
                _ => either(a, class::PRESENT, b, class::LIST),
            }
        }
        Predicate::Match {
            left,
            negated,
            op,
            right,
            ignoring_case,
        } => match (left, sources.intern(left)) {
            (Operand::Times(inner), _) => {
                classes(sources.intern(inner), class::STRING | class::LIST)
            }
            (_, Some(source)) => {
                text_match(source, expected != *negated, *op, right, *ignoring_case)
            }
            (_, None) => Access::Unindexed,
        },
        Predicate::TimeOfDay { at, .. } => {
            let mask = class::STRING | class::NUMBER | class::TIME;
            classes(sources.intern(at), mask)
        }
        Predicate::Sample(sample) => {
            let mask = class::STRING | class::NUMBER | class::BOOL;
            classes(sources.intern(&Operand::Path(sample.by.clone())), mask)
        }
    }
}

pub(super) const fn classes_of(what: Is) -> u16 {
    match what {
        Is::Present => class::PRESENT,
        Is::Missing => class::MISSING,
        Is::Null => class::NULL,
        Is::Blank => class::MISSING | class::NULL | class::BLANK,
        Is::String => class::STRING,
        Is::Number => class::NUMBER,
        Is::Bool => class::BOOL,
        Is::List => class::LIST,
        Is::Object => class::OBJECT,
    }
}

/// Returns the class of a value.
pub(super) fn class_of(datum: &Datum<'_>) -> u16 {
    match datum {
        Datum::Missing => class::MISSING,
        Datum::Null => class::NULL,
        Datum::Bool(_) => class::BOOL,
        Datum::Number(_) => class::NUMBER,
        Datum::Text(text) if text.chars().all(char::is_whitespace) => class::BLANK,
        Datum::Text(_) => class::TEXT,
        Datum::Time(_) => class::TIME,
        Datum::Node(value) if value.is_list() => class::LIST,
        Datum::Node(_) => class::OBJECT,
        Datum::List(_) => class::LIST,
    }
}

fn compare<'r>(
    source: ValueSourceId,
    op: CompareOp,
    literal: &'r Literal,
    ignoring_case: bool,
) -> Access<'r> {
    match op {
        CompareOp::Equal => equal(source, literal, ignoring_case),
        CompareOp::NotEqual => classes(Some(source), class::PRESENT),
        // Bounds are inclusive: adjacent numbers may share a sort key.
        CompareOp::Less | CompareOp::LessOrEqual => half_open(source, literal, true),
        CompareOp::Greater | CompareOp::GreaterOrEqual => half_open(source, literal, false),
    }
}

fn equal<'r>(source: ValueSourceId, literal: &'r Literal, ignoring_case: bool) -> Access<'r> {
    let mut access = equal_to(source, literal, ignoring_case);
    if let Access::Keys(keys) = &mut access {
        for key in keys {
            match literal {
                Literal::Text(text) => {
                    key.rarity = rarity(text.len());
                    key.text = (!ignoring_case).then_some(Cow::Borrowed(&**text));
                }
                Literal::Bool(_) | Literal::Null => key.rarity = 1,
                _ => {}
            }
        }
    }
    access
}

fn equal_to(source: ValueSourceId, literal: &Literal, ignoring_case: bool) -> Access<'static> {
    match (literal, key_hash::literal(literal)) {
        (Literal::Text(text), _) if ignoring_case => {
            let hash = key_hash::text(fold(text).as_bytes());
            under(source, KeyKind::Table(KeyOp::EqualFolded, hash))
        }
        (_, Some(hash)) => under(source, KeyKind::Table(KeyOp::Equal, hash)),
        (_, None) => under(source, KeyKind::Classes(class::LIST)),
    }
}

/// Matches the values up to a literal, or from it.
fn half_open(source: ValueSourceId, literal: &Literal, up_to: bool) -> Access<'static> {
    match range::literal_key(literal) {
        Some((kind, key)) if up_to => under(source, KeyKind::Range(kind, u64::MIN, key)),
        Some((kind, key)) => under(source, KeyKind::Range(kind, key, u64::MAX)),
        // Other types have no order.
        None => NEVER,
    }
}

fn between<'r>(
    source: ValueSourceId,
    inside: bool,
    low: &'r Operand,
    high: &'r Operand,
) -> Access<'r> {
    let end = |operand: &'r Operand, up_to: bool| match operand {
        Operand::Literal(literal) => half_open(source, literal, up_to),
        _ => classes(Some(source), class::ORDERED),
    };
    if !inside {
        return Access::AllOf(vec![end(low, true), end(high, false)]);
    }
    if let (Operand::Literal(low), Operand::Literal(high)) = (low, high) {
        return match (range::literal_key(low), range::literal_key(high)) {
            (Some((kind, low)), Some((other, high))) if kind == other && low <= high => {
                under(source, KeyKind::Range(kind, low, high))
            }
            _ => NEVER,
        };
    }
    Access::AnyOf(vec![end(low, false), end(high, true)])
}

fn one_of<'r>(source: ValueSourceId, list: &'r Literal, ignoring_case: bool) -> Access<'r> {
    let Literal::List(elements) = list else {
        return NEVER;
    };
    let keys = elements
        .iter()
        .flat_map(|element| match equal(source, element, ignoring_case) {
            Access::Keys(keys) => keys,
            _ => Vec::new(),
        })
        .collect();
    Access::Keys(keys)
}

/// Matches lists with `literal` among their elements.
fn member(source: ValueSourceId, literal: &Literal, ignoring_case: bool) -> Access<'static> {
    let what = match (literal, key_hash::literal(literal)) {
        (Literal::Text(text), _) if ignoring_case => {
            KeyKind::Table(KeyOp::MemberFolded, key_hash::text(fold(text).as_bytes()))
        }
        (_, Some(hash)) => KeyKind::Table(KeyOp::Member, hash),
        (_, None) => KeyKind::Table(KeyOp::MemberList, 0),
    };
    under(source, what)
}

fn text_match<'r>(
    source: ValueSourceId,
    holds: bool,
    op: TextOp,
    right: &'r Pattern,
    ignoring_case: bool,
) -> Access<'r> {
    let strings = || classes(Some(source), class::STRING);
    match right {
        Pattern::Operand(Operand::Literal(literal)) if holds => {
            let texts: Vec<&str> = match literal {
                Literal::List(elements) => elements.iter().filter_map(text).collect(),
                literal => text(literal).into_iter().collect(),
            };
            let texts = texts.into_iter().map(|text| folded(text, ignoring_case));
            match op {
                TextOp::Contains => {
                    let within = texts.map(|text| within(source, ignoring_case, &text));
                    let mut all: Vec<_> = within.collect();
                    all.push(member(source, literal, ignoring_case));
                    Access::AllOf(all)
                }
                _ => edges(source, op == TextOp::StartsWith, ignoring_case, texts),
            }
        }
        Pattern::Operand(_) => match op {
            TextOp::Contains => classes(Some(source), class::STRING | class::LIST),
            _ => strings(),
        },
        Pattern::Like(like) if holds => like_keys(source, like),
        Pattern::Network(network) if holds => under(source, KeyKind::Network(*network)),
        Pattern::Like(_) | Pattern::Network(_) | Pattern::Regex(_) => strings(),
    }
}

fn text(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

fn folded(text: &str, ignoring_case: bool) -> Cow<'_, str> {
    if ignoring_case {
        fold(text)
    } else {
        Cow::Borrowed(text)
    }
}

fn within<'r>(source: ValueSourceId, is_folded: bool, text: &Cow<'r, str>) -> Access<'r> {
    if text.is_empty() {
        return classes(Some(source), class::STRING);
    }
    under(source, KeyKind::Within(is_folded, searched(text)))
}

fn edge<'r>(
    source: ValueSourceId,
    begins: bool,
    is_folded: bool,
    text: Cow<'r, str>,
) -> AccessKey<'r> {
    let what = match (begins, is_folded) {
        _ if text.is_empty() => KeyKind::Classes(class::STRING),
        (true, _) => {
            let op = if is_folded {
                KeyOp::BeginsFolded
            } else {
                KeyOp::Begins
            };
            KeyKind::Edge(op, length(&text), key_hash::beginning(&text))
        }
        (false, _) => {
            let op = if is_folded {
                KeyOp::EndsFolded
            } else {
                KeyOp::Ends
            };
            KeyKind::Edge(op, length(&text), key_hash::ending(&text))
        }
    };
    AccessKey {
        source,
        what,
        rarity: rarity(text.len()),
        text: (!is_folded && !text.is_empty()).then_some(text),
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// Drops each text that has another one of the list as its prefix (or suffix), so that no value
/// matches two of them.
fn edges<'r>(
    source: ValueSourceId,
    begins: bool,
    is_folded: bool,
    texts: impl Iterator<Item = Cow<'r, str>>,
) -> Access<'r> {
    let turned = |text: Cow<'r, str>| match begins {
        true => text.into_owned(),
        false => text.chars().rev().collect(),
    };
    let mut texts: Vec<String> = texts.map(turned).collect();
    texts.sort_unstable();
    texts.dedup_by(|text, shorter| text.starts_with(shorter.as_str()));
    let texts = texts.into_iter().map(|text| match begins {
        true => text,
        false => text.chars().rev().collect(),
    });
    Access::Keys(
        texts
            .map(|text| edge(source, begins, is_folded, Cow::Owned(text)))
            .collect(),
    )
}

/// The pattern requires more than this prefix or suffix, so the key is not equivalent to the test.
fn like_edge<'r>(
    source: ValueSourceId,
    begins: bool,
    is_folded: bool,
    text: &'r str,
) -> Access<'r> {
    let mut key = edge(source, begins, is_folded, Cow::Borrowed(text));
    key.text = None;
    Access::Keys(vec![key])
}

fn like_keys<'r>(source: ValueSourceId, like: &'r Like) -> Access<'r> {
    let is_folded = like.ignoring_case();
    let parts = like.parts();
    if let Some(text) = parts.whole {
        let op = match is_folded {
            true => KeyOp::EqualFolded,
            false => KeyOp::Equal,
        };
        return under(source, KeyKind::Table(op, key_hash::text(text.as_bytes())));
    }
    let mut accesses = vec![classes(Some(source), class::STRING)];
    if let Some(text) = parts.begins {
        accesses.push(like_edge(source, true, is_folded, text));
    }
    if let Some(text) = parts.ends {
        accesses.push(like_edge(source, false, is_folded, text));
    }
    for text in parts.within {
        accesses.push(within(source, is_folded, &Cow::Borrowed(text)));
    }
    Access::AnyOf(accesses)
}
