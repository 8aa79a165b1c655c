//! Evaluates single tests: the operators over the values of their operands.

use super::operand::OperandValue;
use super::{Evaluation, TruthPair, TruthSet};
use crate::hir::sample;
use crate::hir::{Pattern, Predicate, Sample, Zone};
use crate::json::compare;
use crate::json::document::Datum;
use crate::syntax::operator::{CompareOp, Is, TextOp};
use crate::text::case_fold;
use crate::time;

impl<'a> Evaluation<'a, '_> {
    pub(super) fn predicate(&mut self, predicate: &'a Predicate) -> TruthPair {
        let subject = match predicate {
            Predicate::Sample(sample) => self.path(&sample.by),
            _ => match predicate.subject() {
                Some(subject) => self.operand(subject),
                None => OperandValue::MISSING,
            },
        };
        self.predicate_of(predicate, &subject)
    }

    /// Evaluates a test whose subject is already evaluated.
    pub(super) fn predicate_of(
        &mut self,
        predicate: &'a Predicate,
        subject: &OperandValue<'a>,
    ) -> TruthPair {
        match predicate {
            Predicate::Truth(_) => self.answered(&[subject], || match subject {
                OperandValue::Datum(Datum::Bool(truth)) => Some(*truth),
                _ => None,
            }),
            Predicate::Is { negated, what, .. } => self
                .answered(&[subject], || Some(is(subject, *what)))
                .negated_if(*negated),
            Predicate::Compare {
                op,
                right,
                ignoring_case,
                ..
            } => {
                let right = self.operand(right);
                self.compare(subject, *op, &right, *ignoring_case)
            }
            Predicate::Between {
                negated,
                bounds,
                ignoring_case,
                ..
            } => {
                let [low, high] = &**bounds;
                let (low, high) = (self.operand(low), self.operand(high));
                let op = CompareOp::LessOrEqual;
                let above = self.compare(&low, op, subject, *ignoring_case);
                let below = self.compare(subject, op, &high, *ignoring_case);
                above.and(below).negated_if(*negated)
            }
            Predicate::In {
                negated,
                right,
                ignoring_case,
                ..
            } => {
                let right = self.operand(right);
                self.member(subject, right, *ignoring_case)
                    .negated_if(*negated)
            }
            Predicate::Match {
                negated,
                op,
                right,
                ignoring_case,
                ..
            } => {
                let found = match right {
                    Pattern::Operand(right) => {
                        let right = self.operand(right);
                        self.text_test(subject, *op, right, *ignoring_case)
                    }
                    pattern => self.pattern(subject, pattern),
                };
                found.negated_if(*negated)
            }
            Predicate::TimeOfDay {
                zone,
                negated,
                from,
                until,
                ..
            } => self
                .time_of_day(subject, zone, *from, *until)
                .negated_if(*negated),
            Predicate::Sample(sample) => self.sample(subject, sample),
        }
    }

    /// Evaluates a test if all operands are answered. Inside quantifiers, charges steps by the size of
    /// the operands.
    fn answered(
        &mut self,
        operands: &[&OperandValue<'a>],
        truth: impl FnOnce() -> Option<bool>,
    ) -> TruthPair {
        if let Some(found) = self.unanswered(operands) {
            return found;
        }
        let weight = operands.iter().map(|value| value.weight()).sum::<usize>();
        if !self.charge(weight.saturating_add(1)) {
            return TruthPair::UNKNOWN;
        }
        TruthPair::settled(TruthSet::of(truth()))
    }

    fn compare(
        &mut self,
        left: &OperandValue<'a>,
        op: CompareOp,
        right: &OperandValue<'a>,
        ignoring_case: bool,
    ) -> TruthPair {
        match op {
            CompareOp::Equal | CompareOp::NotEqual => {
                let weight = left.weight().min(right.weight());
                if !self.charge(weight.saturating_add(1)) {
                    return TruthPair::UNKNOWN;
                }
                self.equal(left, right, ignoring_case)
                    .negated_if(op == CompareOp::NotEqual)
            }
            _ if !can_be_ordered(left) || !can_be_ordered(right) => TruthPair::UNKNOWN,
            _ => self.answered(&[left, right], || {
                let order = compare::order(&left.datum()?, &right.datum()?)?;
                Some(match op {
                    CompareOp::Less => order.is_lt(),
                    CompareOp::LessOrEqual => order.is_le(),
                    CompareOp::Greater => order.is_gt(),
                    _ => order.is_ge(),
                })
            }),
        }
    }

    /// Lists written in the rule are compared element by element, because an element may not be
    /// answered yet.
    fn equal(
        &mut self,
        left: &OperandValue<'a>,
        right: &OperandValue<'a>,
        ignoring_case: bool,
    ) -> TruthPair {
        if left.is_missing() || right.is_missing() {
            return TruthPair::UNKNOWN;
        }
        if let Some(found) = self.unanswered(&[left, right]) {
            return found;
        }
        let is_written = |value: &OperandValue<'_>| matches!(value, OperandValue::List(_));
        if !is_written(left) && !is_written(right) {
            let (Some(left), Some(right)) = (left.datum(), right.datum()) else {
                return TruthPair::UNKNOWN;
            };
            return TruthPair::settled(TruthSet::of(equal_data(&left, &right, ignoring_case)));
        }
        let (Some(left), Some(right)) = (left.clone().elements(), right.clone().elements()) else {
            return TruthPair::FALSE;
        };
        let (left, right): (Vec<_>, Vec<_>) = (left.collect(), right.collect());
        if left.len() != right.len() {
            return TruthPair::FALSE;
        }
        // `ignoring case` applies to the two values compared, not to the elements of lists.
        left.iter()
            .zip(&right)
            .fold(TruthPair::TRUE, |all, (left, right)| {
                all.and(self.equal(left, right, false))
            })
    }

    /// `left in right`
    fn member(
        &mut self,
        left: &OperandValue<'a>,
        right: OperandValue<'a>,
        ignoring_case: bool,
    ) -> TruthPair {
        if left.is_missing() {
            return TruthPair::UNKNOWN;
        }
        if let Some(found) = self.unanswered(&[&right]) {
            return found;
        }
        self.any_equal(left, right, ignoring_case)
    }

    fn any_equal(
        &mut self,
        value: &OperandValue<'a>,
        list: OperandValue<'a>,
        ignoring_case: bool,
    ) -> TruthPair {
        let weight = value.weight().saturating_add(list.weight());
        if !self.charge(weight.saturating_add(1)) {
            return TruthPair::UNKNOWN;
        }
        // Fast path for the most common case, in which everything is answered.
        if let (OperandValue::Datum(Datum::List(literals)), OperandValue::Datum(value)) =
            (&list, value)
        {
            let found = literals
                .iter()
                .try_fold(Some(false), |any, literal| {
                    match equal_data(value, &literal.datum(), ignoring_case) {
                        Some(true) => Err(()),
                        Some(false) => Ok(any),
                        None => Ok(None),
                    }
                })
                .unwrap_or(Some(true));
            return TruthPair::settled(TruthSet::of(found));
        }
        match list.elements() {
            Some(elements) => self.any_of(elements, |this, element| {
                this.equal(value, &element, ignoring_case)
            }),
            None => TruthPair::UNKNOWN,
        }
    }

    /// `contains`, `starts_with` and `ends_with`
    fn text_test(
        &mut self,
        left: &OperandValue<'a>,
        op: TextOp,
        right: OperandValue<'a>,
        ignoring_case: bool,
    ) -> TruthPair {
        if let Some(found) = self.unanswered(&[left]) {
            return found;
        }
        if op == TextOp::Contains && left.is_list() {
            if right.is_missing() {
                return TruthPair::UNKNOWN;
            }
            return self.any_equal(&right, left.clone(), ignoring_case);
        }
        let Some(text) = left.text() else {
            return TruthPair::UNKNOWN;
        };
        if !right.is_list() {
            return self.part(text, left, op, &right, ignoring_case);
        }
        match right.elements() {
            Some(elements) => self.any_of(elements, |this, element| {
                this.part(text, left, op, &element, ignoring_case)
            }),
            None => TruthPair::UNKNOWN,
        }
    }

    fn part(
        &mut self,
        text: &str,
        left: &OperandValue<'a>,
        op: TextOp,
        right: &OperandValue<'a>,
        ignoring_case: bool,
    ) -> TruthPair {
        self.answered(&[left, right], || {
            let part = right.text()?;
            Some(match (op, ignoring_case) {
                (TextOp::StartsWith, false) => text.starts_with(part),
                (TextOp::StartsWith, true) => case_fold::starts_with(text, part),
                (TextOp::EndsWith, false) => text.ends_with(part),
                (TextOp::EndsWith, true) => case_fold::ends_with(text, part),
                (_, false) => text.contains(part),
                (_, true) => case_fold::contains(text, part),
            })
        })
    }

    fn pattern(&mut self, left: &OperandValue<'a>, pattern: &Pattern) -> TruthPair {
        self.answered(&[left], || {
            let text = left.text()?;
            match pattern {
                Pattern::Operand(_) => None,
                Pattern::Like(like) => Some(like.matches(text)),
                Pattern::Regex(regex) => Some(regex.matches(text)),
                Pattern::Network(network) => Some(network.contains(text)),
            }
        })
    }

    fn time_of_day(
        &mut self,
        at: &OperandValue<'a>,
        zone: &'a Zone,
        from: u32,
        until: u32,
    ) -> TruthPair {
        let name = match zone {
            Zone::Name(name) => OperandValue::Datum(Datum::Text(std::borrow::Cow::Borrowed(name))),
            Zone::Path(path) => self.path(path),
        };
        self.answered(&[at, &name], || {
            let zone = time::TimeZone::find(name.text()?)?;
            let second = at.time()?.second_of_day(&zone);
            Some(match from <= until {
                // Equal bounds form an empty range.
                true => from <= second && second < until,
                false => from <= second || second < until,
            })
        })
    }

    fn sample(&mut self, value: &OperandValue<'a>, sample: &Sample) -> TruthPair {
        self.answered(&[value], || {
            let value = value_hash(value)?;
            let point = u128::from(sample::point(value, sample::hash(&sample.salt)));
            Some(sample.from <= point && point < sample.until)
        })
    }
}

/// Returns the hash by which a string, number or bool is sampled.
pub(crate) fn value_hash(value: &OperandValue<'_>) -> Option<u64> {
    match value.datum()? {
        Datum::Text(text) => Some(sample::hash(&text)),
        Datum::Number(number) => Some(sample::number_hash(number)),
        Datum::Bool(true) => Some(sample::hash("true")),
        Datum::Bool(false) => Some(sample::hash("false")),
        _ => None,
    }
}

fn equal_data(left: &Datum<'_>, right: &Datum<'_>, ignoring_case: bool) -> Option<bool> {
    match (left, right) {
        (Datum::Text(left), Datum::Text(right)) if ignoring_case => {
            Some(case_fold::equal(left, right))
        }
        _ => compare::equal(left, right),
    }
}

/// Returns whether the value can be ordered, or could be once it is answered.
fn can_be_ordered(value: &OperandValue<'_>) -> bool {
    match value {
        OperandValue::Datum(datum) => {
            matches!(datum, Datum::Number(_) | Datum::Text(_) | Datum::Time(_))
        }
        OperandValue::Number(_) | OperandValue::Pending(_) | OperandValue::Unavailable(_) => true,
        OperandValue::List(_) => false,
    }
}

fn is(value: &OperandValue<'_>, what: Is) -> bool {
    let Some(datum) = value.datum() else {
        return matches!(what, Is::Present | Is::List);
    };
    match what {
        Is::Present => !matches!(datum, Datum::Missing),
        Is::Missing => matches!(datum, Datum::Missing),
        Is::Null => matches!(datum, Datum::Null),
        Is::Blank => match datum {
            Datum::Missing | Datum::Null => true,
            Datum::Text(text) => text.chars().all(char::is_whitespace),
            _ => false,
        },
        Is::String => matches!(datum, Datum::Text(_)),
        Is::Number => matches!(datum, Datum::Number(_)),
        Is::Bool => matches!(datum, Datum::Bool(_)),
        Is::List => value.is_list(),
        Is::Object => matches!(datum, Datum::Node(value) if value.is_object()),
    }
}
