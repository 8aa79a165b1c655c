//! From a condition to what must be found in an event before it can be true. Counts and files nothing.
//!
//! INVARIANT: wherever a condition is true, or may be once questions are answered, one of the keys by
//! which its rule is filed is found. A test over a person, a carrier or the moment has no key; its other
//! side, if the event tells it, must still be a value of a kind with which the test is not unknown.

use std::borrow::Cow;

use crate::hir::pattern::{Like, Network};
use crate::hir::{Expr, Operand, Pattern, Predicate};
use crate::json::document::{Datum, Literal};
use crate::syntax::operator::{CompareOp, Is, TextOp};
use crate::text::case_fold::fold;

use super::key_hash;
use super::range;
use super::range::Kind;
use super::source::{Sources, ValueSourceId};
use super::text::searched;

/// How a condition can be filed.
#[derive(Clone, Debug)]
pub(super) enum Access<'r> {
    /// Under nothing: it has to be looked at always.
    Open,
    /// Under all of these; under none: it can never be true.
    Under(Vec<Key<'r>>),
    /// As any one of these is.
    One(Vec<Self>),
    /// As all of these are.
    Every(Vec<Self>),
}

/// What is looked for in an event.
#[derive(Clone, Debug)]
pub(super) struct Key<'r> {
    pub(super) source: ValueSourceId,
    pub(super) what: What<'r>,
    /// How many bits of choice there are at least, as far as its length tells.
    pub(super) rarity: u8,
    /// The text that is the value, its beginning or its end, where the key says all that is asked of it.
    pub(super) text: Option<Cow<'r, str>>,
}

#[derive(Clone, Debug)]
pub(super) enum What<'r> {
    /// In the table, by the hash of a value.
    Table(Op, u64),
    /// A beginning or an end of so many bytes.
    Edge(Op, u32, u64),
    /// An address, in a network of so many bits.
    Network(Network),
    /// Any of these kinds of value.
    Classes(u16),
    Range(Kind, u64, u64),
    /// A text within the value; whether both are folded.
    Within(bool, Cow<'r, str>),
}

/// How a value is looked up in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Equal,
    EqualFolded,
    /// It is a list that has an element equal to this.
    Member,
    MemberFolded,
    /// It is a list that has a list among its elements.
    MemberList,
    Begins,
    BeginsFolded,
    Ends,
    EndsFolded,
    Network,
    Class,
}

/// The kinds of value, a bit each.
pub(super) mod class {
    pub(in crate::index) const MISSING: u16 = 1;
    pub(in crate::index) const NULL: u16 = 1 << 1;
    pub(in crate::index) const BOOL: u16 = 1 << 2;
    pub(in crate::index) const NUMBER: u16 = 1 << 3;
    /// A string of white space or nothing.
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

    /// The kinds of a mask, one by one.
    pub(in crate::index) fn each(mask: u16) -> impl Iterator<Item = u16> {
        (0..9)
            .map(|bit| 1 << bit)
            .filter(move |class| mask & class != 0)
    }
}

/// How `expr` can be filed for being `wanted`. Recurses as deep as the rule nests its condition, which
/// is limited.
pub(super) fn access<'r>(expr: &'r Expr, wanted: bool, sources: &mut Sources) -> Access<'r> {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| access(part, wanted, sources))
                .collect();
            match matches!(expr, Expr::And(_)) == wanted {
                true => Access::One(narrowed(parts)),
                false => Access::Every(parts),
            }
        }
        Expr::Not(inner) => access(inner, !wanted, sources),
        Expr::Quantifier { over, .. } => classes(sources.intern(over), class::LIST),
        Expr::Test(predicate) => test(predicate, wanted, sources),
    }
}

/// Puts what all ranges of a source have in common in their place: `x > 3 and x < 5` is one range.
fn narrowed(parts: Vec<Access<'_>>) -> Vec<Access<'_>> {
    let mut others = Vec::with_capacity(parts.len());
    let mut ranges: Vec<(ValueSourceId, Kind, u64, u64)> = Vec::new();
    for part in parts {
        let range = match &part {
            Access::Under(keys) => match &**keys {
                [
                    Key {
                        source,
                        what: What::Range(kind, low, high),
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
            under(source, What::Range(kind, low, high))
        } else {
            NEVER
        }
    }));
    others
}

fn under<'r>(source: ValueSourceId, what: What<'r>) -> Access<'r> {
    let rarity = match &what {
        What::Classes(_) => 0,
        What::Edge(_, length, _) => rarity(*length as usize),
        What::Within(_, text) => rarity(text.len()),
        _ => 3,
    };
    Access::Under(vec![Key {
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
    source.map_or(Access::Open, |source| under(source, What::Classes(mask)))
}

/// Both sides have to be of such kinds.
fn either<'r>(
    left: Option<ValueSourceId>,
    left_mask: u16,
    right: Option<ValueSourceId>,
    right_mask: u16,
) -> Access<'r> {
    Access::One(vec![classes(left, left_mask), classes(right, right_mask)])
}

const NEVER: Access<'static> = Access::Under(Vec::new());

fn test<'r>(predicate: &'r Predicate, wanted: bool, sources: &mut Sources) -> Access<'r> {
    match predicate {
        Predicate::Truth(operand) => match sources.intern(operand) {
            Some(source) if wanted => equal(source, &Literal::Bool(true), false),
            Some(source) => equal(source, &Literal::Bool(false), false),
            None => Access::Open,
        },
        Predicate::Is {
            operand,
            negated,
            what,
        } => {
            let mask = classes_of(*what);
            let mask = if wanted == *negated {
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
            let op = if wanted { *op } else { op.opposite() };
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
            (Some(source), [low, high]) => between(source, wanted != *negated, low, high),
            (None, _) => Access::Open,
        },
        Predicate::In {
            left,
            negated,
            right,
            ignoring_case,
        } => {
            let (a, b) = (sources.intern(left), sources.intern(right));
            match (a, left, b, right) {
                // The elements are no texts there: the list has no key by which moments are found.
                (_, _, _, Operand::Times(inner)) => {
                    either(a, class::PRESENT, sources.intern(inner), class::LIST)
                }
                (Some(source), _, _, Operand::Literal(list)) if wanted != *negated => {
                    one_of(source, list, *ignoring_case)
                }
                (_, Operand::Literal(literal), Some(source), _) if wanted != *negated => {
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
            (_, Some(source)) => matched(source, wanted != *negated, *op, right, *ignoring_case),
            (_, None) => Access::Open,
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

/// The kind of a value.
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
        // Ends count as inside: numbers next to each other may have one place.
        CompareOp::Less | CompareOp::LessOrEqual => half(source, literal, true),
        CompareOp::Greater | CompareOp::GreaterOrEqual => half(source, literal, false),
    }
}

fn equal<'r>(source: ValueSourceId, literal: &'r Literal, ignoring_case: bool) -> Access<'r> {
    let mut access = equal_to(source, literal, ignoring_case);
    if let Access::Under(keys) = &mut access {
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
            under(source, What::Table(Op::EqualFolded, hash))
        }
        (_, Some(hash)) => under(source, What::Table(Op::Equal, hash)),
        (_, None) => under(source, What::Classes(class::LIST)),
    }
}

/// The values up to a literal, or from it on.
fn half(source: ValueSourceId, literal: &Literal, up_to: bool) -> Access<'static> {
    match range::literal_key(literal) {
        Some((kind, key)) if up_to => under(source, What::Range(kind, u64::MIN, key)),
        Some((kind, key)) => under(source, What::Range(kind, key, u64::MAX)),
        // Nothing else has an order.
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
        Operand::Literal(literal) => half(source, literal, up_to),
        _ => classes(Some(source), class::ORDERED),
    };
    if !inside {
        return Access::Every(vec![end(low, true), end(high, false)]);
    }
    if let (Operand::Literal(low), Operand::Literal(high)) = (low, high) {
        return match (range::literal_key(low), range::literal_key(high)) {
            (Some((kind, low)), Some((other, high))) if kind == other && low <= high => {
                under(source, What::Range(kind, low, high))
            }
            _ => NEVER,
        };
    }
    Access::One(vec![end(low, false), end(high, true)])
}

fn one_of<'r>(source: ValueSourceId, list: &'r Literal, ignoring_case: bool) -> Access<'r> {
    let Literal::List(elements) = list else {
        return NEVER;
    };
    let keys = elements
        .iter()
        .flat_map(|element| match equal(source, element, ignoring_case) {
            Access::Under(keys) => keys,
            _ => Vec::new(),
        })
        .collect();
    Access::Under(keys)
}

/// Lists that have `literal` among their elements.
fn member(source: ValueSourceId, literal: &Literal, ignoring_case: bool) -> Access<'static> {
    let what = match (literal, key_hash::literal(literal)) {
        (Literal::Text(text), _) if ignoring_case => {
            What::Table(Op::MemberFolded, key_hash::text(fold(text).as_bytes()))
        }
        (_, Some(hash)) => What::Table(Op::Member, hash),
        (_, None) => What::Table(Op::MemberList, 0),
    };
    under(source, what)
}

fn matched<'r>(
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
                    Access::Every(all)
                }
                _ => edges(source, op == TextOp::StartsWith, ignoring_case, texts),
            }
        }
        Pattern::Operand(_) => match op {
            TextOp::Contains => classes(Some(source), class::STRING | class::LIST),
            _ => strings(),
        },
        Pattern::Like(like) if holds => alike(source, like),
        Pattern::Network(network) if holds => under(source, What::Network(*network)),
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
    under(source, What::Within(is_folded, searched(text)))
}

fn edge<'r>(source: ValueSourceId, begins: bool, is_folded: bool, text: Cow<'r, str>) -> Key<'r> {
    let what = match (begins, is_folded) {
        _ if text.is_empty() => What::Classes(class::STRING),
        (true, _) => {
            let op = if is_folded {
                Op::BeginsFolded
            } else {
                Op::Begins
            };
            What::Edge(op, length(&text), key_hash::beginning(&text))
        }
        (false, _) => {
            let op = if is_folded { Op::EndsFolded } else { Op::Ends };
            What::Edge(op, length(&text), key_hash::ending(&text))
        }
    };
    Key {
        source,
        what,
        rarity: rarity(text.len()),
        text: (!is_folded && !text.is_empty()).then_some(text),
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// A text that begins (or ends) another one of the list stands for it, so that no value is found under
/// two of them.
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
    Access::Under(
        texts
            .map(|text| edge(source, begins, is_folded, Cow::Owned(text)))
            .collect(),
    )
}

/// More is asked than this beginning or end.
fn like_edge<'r>(
    source: ValueSourceId,
    begins: bool,
    is_folded: bool,
    text: &'r str,
) -> Access<'r> {
    let mut key = edge(source, begins, is_folded, Cow::Borrowed(text));
    key.text = None;
    Access::Under(vec![key])
}

fn alike<'r>(source: ValueSourceId, like: &'r Like) -> Access<'r> {
    let is_folded = like.ignoring_case();
    let parts = like.parts();
    if let Some(text) = parts.whole {
        let op = match is_folded {
            true => Op::EqualFolded,
            false => Op::Equal,
        };
        return under(source, What::Table(op, key_hash::text(text.as_bytes())));
    }
    let mut ways = vec![classes(Some(source), class::STRING)];
    if let Some(text) = parts.begins {
        ways.push(like_edge(source, true, is_folded, text));
    }
    if let Some(text) = parts.ends {
        ways.push(like_edge(source, false, is_folded, text));
    }
    for text in parts.within {
        ways.push(within(source, is_folded, &Cow::Borrowed(text)));
    }
    Access::One(ways)
}
