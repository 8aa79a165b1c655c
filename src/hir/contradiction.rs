//! Detects conditions that can never be true.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::collections::map::Table;
use crate::event::path::Root;
use crate::hir::{Expr, Operand, Predicate};
use crate::json::compare;
use crate::json::document::Literal;
use crate::syntax::operator::{CompareOp, Is, Quantifier, TextOp};
use crate::text::case_fold;

/// Returns why a condition can never be true, if that is certain.
///
/// `types` are the possible values of `event.type`, in lower case; empty if any type is possible.
pub(crate) fn contradiction(expr: &Expr, types: &[Literal]) -> Option<String> {
    let inside = |expr| contradiction(expr, types);
    match expr {
        Expr::Or(arms) => {
            let mut reason = None;
            for arm in arms {
                reason = Some(inside(arm)?);
            }
            reason
        }
        Expr::And(parts) => {
            if let Some(reason) = parts.iter().find_map(inside) {
                return Some(reason);
            }
            conjunction(parts, types)
        }
        Expr::Not(inner) => match &**inner {
            Expr::Not(inner) => inside(inner),
            Expr::Test(predicate) => lone_bounds(predicate, true, types),
            _ => None,
        },
        Expr::Quantifier { which, body, .. } => match which {
            // `all` and `none` are true for an empty list, whatever their condition.
            Quantifier::Any => inside(body),
            Quantifier::All | Quantifier::None => None,
        },
        Expr::Test(predicate) => {
            single_test(predicate).or_else(|| lone_bounds(predicate, false, types))
        }
    }
}

/// Returns why a test can never be true for any value of its operand.
fn single_test(predicate: &Predicate) -> Option<String> {
    match predicate {
        Predicate::Truth(Operand::Literal(Literal::Bool(false))) => {
            Some("`false` is never true".to_owned())
        }
        Predicate::In {
            right: Operand::Literal(Literal::List(elements)),
            negated: false,
            ..
        } if elements.is_empty() => Some("an empty list contains nothing".to_owned()),
        Predicate::Between {
            bounds,
            negated: false,
            ..
        } => match &**bounds {
            [Operand::Literal(low), Operand::Literal(high)] => (order(low, high)
                == Some(Ordering::Greater))
            .then(|| "the lower bound of `between` is greater than the upper bound".to_owned()),
            _ => None,
        },
        Predicate::TimeOfDay {
            negated: false,
            from,
            until,
            ..
        } if from == until => {
            Some("the window is empty: it starts and ends at the same time".to_owned())
        }
        Predicate::Sample(sample) if sample.from >= sample.until => {
            Some("the sampled share is empty".to_owned())
        }
        Predicate::Compare {
            left: Operand::Literal(left),
            op,
            right: Operand::Literal(right),
            ignoring_case: false,
        } => (!literals_compare(left, *op, right))
            .then(|| "both sides are literals, and the comparison is false".to_owned()),
        _ => None,
    }
}

fn literals_compare(left: &Literal, op: CompareOp, right: &Literal) -> bool {
    let order = || order(left, right);
    match op {
        CompareOp::Equal => compare::equal(&left.datum(), &right.datum()) != Some(false),
        CompareOp::NotEqual => compare::equal(&left.datum(), &right.datum()) != Some(true),
        CompareOp::Less => order() == Some(Ordering::Less),
        CompareOp::LessOrEqual => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        CompareOp::Greater => order() == Some(Ordering::Greater),
        CompareOp::GreaterOrEqual => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
    }
}

fn order(left: &Literal, right: &Literal) -> Option<Ordering> {
    compare::order(&left.datum(), &right.datum())
}

/// Returns why no value of the operand makes one test true, or false if `negated`.
fn lone_bounds(predicate: &Predicate, negated: bool, types: &[Literal]) -> Option<String> {
    let mut bounds = Bounds::of(subject(predicate)?, types);
    bounds.add(predicate, negated);
    bounds.conflict()
}

/// Returns why the tests of an `and` cannot all be true.
fn conjunction(parts: &[Expr], types: &[Literal]) -> Option<String> {
    // For few parts a linear search is faster than a table.
    const FEW: usize = 16;
    let mut all: Vec<(&Operand, Bounds<'_>)> = Vec::new();
    let mut places: Table<&Operand, usize> = Table::new();
    for part in parts {
        let (predicate, negated) = match part {
            Expr::Test(predicate) => (predicate, false),
            Expr::Not(inner) => match &**inner {
                Expr::Test(predicate) => (predicate, true),
                _ => continue,
            },
            _ => continue,
        };
        let Some(operand) = subject(predicate) else {
            continue;
        };
        let at = if parts.len() <= FEW {
            let known = all.iter().position(|(known, _)| *known == operand);
            known.unwrap_or(all.len())
        } else {
            *places.or_insert_with(operand, || all.len())
        };
        if at == all.len() {
            all.push((operand, Bounds::of(operand, types)));
        }
        if let Some((_, bounds)) = all.get_mut(at) {
            bounds.add(predicate, negated);
        }
    }
    all.iter().find_map(|(_, bounds)| bounds.conflict())
}

/// Returns the operand that a test restricts, unless it is a literal.
fn subject(predicate: &Predicate) -> Option<&Operand> {
    let operand = match predicate {
        Predicate::Compare {
            left: Operand::Literal(_),
            right,
            ..
        } => right,
        Predicate::Truth(operand)
        | Predicate::Is { operand, .. }
        | Predicate::Between { operand, .. } => operand,
        Predicate::Compare { left, .. }
        | Predicate::In { left, .. }
        | Predicate::Match { left, .. } => left,
        Predicate::TimeOfDay { .. } | Predicate::Sample(_) => return None,
    };
    (!matches!(operand, Operand::Literal(_) | Operand::List(_))).then_some(operand)
}

/// A set of value types, including "missing".
type Kinds = u8;
const MISSING: Kinds = 1;
const NULL: Kinds = 1 << 1;
const BOOL: Kinds = 1 << 2;
const NUMBER: Kinds = 1 << 3;
const STRING: Kinds = 1 << 4;
const LIST: Kinds = 1 << 5;
const OBJECT: Kinds = 1 << 6;
const TIME: Kinds = 1 << 7;
const ANY: Kinds = Kinds::MAX;

/// The values of one operand that satisfy all its tests.
#[derive(Debug)]
struct Bounds<'a> {
    kinds: Kinds,
    /// The bounds, each with whether it is inclusive.
    low: Option<(&'a Literal, bool)>,
    high: Option<(&'a Literal, bool)>,
    /// The only possible values, if there is such a list.
    among: Option<Vec<&'a Literal>>,
    not: Vec<&'a Literal>,
    /// One set per test that ignores case; the value must be in each of them.
    folded: Vec<Table<Cow<'a, str>, ()>>,
    /// Two bounds have types that cannot be ordered.
    incomparable: bool,
    /// The types that the event can have, if the operand is `event.type`.
    types: Option<&'a [Literal]>,
}

impl<'a> Bounds<'a> {
    /// Returns the bounds of an operand before any test.
    fn of(operand: &Operand, types: &'a [Literal]) -> Self {
        let is_type = matches!(operand, Operand::Path(path) if path.root == Root::EventType);
        Self {
            kinds: if is_type { STRING } else { ANY },
            low: None,
            high: None,
            among: (is_type && !types.is_empty()).then(|| types.iter().collect()),
            not: Vec::new(),
            folded: Vec::new(),
            incomparable: false,
            types: is_type.then_some(types),
        }
    }

    /// Narrows the bounds by a test that must be true, or false if `negated`.
    ///
    /// An unknown test is not enough in either case: `not` of an unknown condition is not true.
    fn add(&mut self, predicate: &'a Predicate, negated: bool) {
        match predicate {
            Predicate::Truth(_) => self.only(vec![if negated { &FALSE } else { &TRUE }]),
            Predicate::Is {
                negated: inner,
                what,
                ..
            } => self.restrict_kind(*what, negated != *inner),
            Predicate::Compare {
                op,
                right: Operand::Literal(literal),
                ignoring_case: false,
                ..
            } => self.compare(*op, literal, negated),
            Predicate::Compare {
                left: Operand::Literal(literal),
                op,
                ignoring_case: false,
                ..
            } => self.compare(op.mirrored(), literal, negated),
            Predicate::Compare {
                left: Operand::Literal(literal),
                op: CompareOp::Equal,
                ignoring_case: true,
                ..
            }
            | Predicate::Compare {
                op: CompareOp::Equal,
                right: Operand::Literal(literal),
                ignoring_case: true,
                ..
            } if !negated => self.only_folded(std::slice::from_ref(literal)),
            Predicate::Between {
                negated: inner,
                bounds,
                ..
            } if negated == *inner => {
                if let [Operand::Literal(low), Operand::Literal(high)] = &**bounds {
                    self.compare(CompareOp::GreaterOrEqual, low, false);
                    self.compare(CompareOp::LessOrEqual, high, false);
                }
            }
            Predicate::In {
                negated: inner,
                right: Operand::Literal(Literal::List(elements)),
                ignoring_case: false,
                ..
            } => {
                self.kinds &= !MISSING;
                if negated == *inner {
                    self.only(elements.iter().collect());
                } else {
                    self.not.extend(elements);
                }
            }
            Predicate::In {
                negated: inner,
                right: Operand::Literal(Literal::List(elements)),
                ignoring_case: true,
                ..
            } if negated == *inner => self.only_folded(elements),
            Predicate::Match { op, .. } => {
                self.kinds &= match op {
                    TextOp::Contains => STRING | LIST,
                    _ => STRING,
                };
            }
            _ => {}
        }
    }

    fn compare(&mut self, op: CompareOp, literal: &'a Literal, negated: bool) {
        let op = if negated { op.opposite() } else { op };
        match op {
            CompareOp::Equal => self.only(vec![literal]),
            CompareOp::NotEqual => {
                self.kinds &= !MISSING;
                self.not.push(literal);
            }
            CompareOp::Less | CompareOp::LessOrEqual => {
                self.kinds &= kind_of(literal) & (NUMBER | STRING | TIME);
                let new = (literal, op == CompareOp::LessOrEqual);
                self.high = Some(self.tighter(self.high, new, Ordering::Less));
            }
            CompareOp::Greater | CompareOp::GreaterOrEqual => {
                self.kinds &= kind_of(literal) & (NUMBER | STRING | TIME);
                let new = (literal, op == CompareOp::GreaterOrEqual);
                self.low = Some(self.tighter(self.low, new, Ordering::Greater));
            }
        }
    }

    /// Returns the narrower of two bounds on one side.
    fn tighter(
        &mut self,
        old: Option<(&'a Literal, bool)>,
        new: (&'a Literal, bool),
        narrower: Ordering,
    ) -> (&'a Literal, bool) {
        let Some(old) = old else {
            return new;
        };
        match order(new.0, old.0) {
            None => {
                self.incomparable = true;
                old
            }
            Some(Ordering::Equal) => (old.0, old.1 && new.1),
            Some(order) if order == narrower => new,
            Some(_) => old,
        }
    }

    fn only(&mut self, literals: Vec<&'a Literal>) {
        self.kinds &= literals.iter().fold(0, |all, one| all | kind_of(one));
        match &mut self.among {
            None => self.among = Some(literals),
            Some(among) => {
                // A set keeps this linear for two long lists.
                let mut set: Table<&Literal, ()> = Table::new();
                for literal in literals {
                    set.insert(literal, ());
                }
                among.retain(|one| set.contains(one));
            }
        }
    }

    /// Requires one of `literals`, ignoring case, if all of them are strings.
    fn only_folded(&mut self, literals: &'a [Literal]) {
        let mut set = Table::new();
        for literal in literals {
            let Literal::Text(text) = literal else {
                return;
            };
            set.insert(case_fold::fold(text), ());
        }
        self.kinds &= STRING;
        self.folded.push(set);
    }

    fn restrict_kind(&mut self, what: Is, not: bool) {
        let kinds = match what {
            Is::Present => ANY & !MISSING,
            Is::Missing => MISSING,
            Is::Null => NULL,
            // A string may be blank or not.
            Is::Blank if not => ANY & !(MISSING | NULL),
            Is::Blank => MISSING | NULL | STRING,
            Is::String => STRING,
            Is::Number => NUMBER,
            Is::Bool => BOOL,
            Is::List => LIST,
            Is::Object => OBJECT,
        };
        self.kinds &= if not && what != Is::Blank {
            !kinds
        } else {
            kinds
        };
    }

    fn conflict(&self) -> Option<String> {
        if self.kinds == 0 || self.incomparable {
            return Some("the conditions require values of different types".to_owned());
        }
        if let (Some((low, with_low)), Some((high, with_high))) = (self.low, self.high) {
            match order(low, high) {
                Some(Ordering::Greater) => {
                    return Some("no value lies between the bounds".to_owned());
                }
                Some(Ordering::Equal) if !(with_low && with_high) => {
                    return Some("no value lies between the bounds".to_owned());
                }
                _ => {}
            }
        }
        let among = self.among.as_ref()?;
        let mut not: Table<&Literal, ()> = Table::new();
        for literal in &self.not {
            not.insert(literal, ());
        }
        let possible = among.iter().any(|one| {
            kind_of(one) & self.kinds != 0
                && !not.contains(one)
                && self.low.is_none_or(|(low, with)| match order(one, low) {
                    Some(Ordering::Greater) => true,
                    Some(Ordering::Equal) => with,
                    _ => false,
                })
                && self.high.is_none_or(|(high, with)| match order(one, high) {
                    Some(Ordering::Less) => true,
                    Some(Ordering::Equal) => with,
                    _ => false,
                })
                && self.folded.iter().all(|set| match one {
                    Literal::Text(text) => set.contains(&*case_fold::fold(text)),
                    _ => false,
                })
                && (self.types.is_none() || is_lower(one))
        });
        if possible {
            return None;
        }
        Some(match self.types {
            None => "no value satisfies all conditions at once".to_owned(),
            Some([Literal::Text(only)]) => {
                format!("in this rule `event.type` is always `{only}`, in lower case")
            }
            Some([]) => "`event.type` is always in lower case".to_owned(),
            Some(_) => "`event.type` is one of the types after `on`, in lower case".to_owned(),
        })
    }
}

fn is_lower(literal: &Literal) -> bool {
    match literal {
        Literal::Text(text) => !text.bytes().any(|byte| byte.is_ascii_uppercase()),
        _ => true,
    }
}

static TRUE: Literal = Literal::Bool(true);
static FALSE: Literal = Literal::Bool(false);

const fn kind_of(literal: &Literal) -> Kinds {
    match literal {
        Literal::Null => NULL,
        Literal::Bool(_) => BOOL,
        Literal::Number(_) => NUMBER,
        Literal::Text(_) => STRING,
        Literal::Time(_) => TIME,
        Literal::List(_) => LIST,
    }
}
