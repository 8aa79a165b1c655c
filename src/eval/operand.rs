//! Evaluates operands: reads, counts and converts values.

use std::borrow::Cow;

use super::Evaluation;
use super::scope::{Need, PathValue};
use crate::event::path::{Path, Root};
use crate::hir::Operand;
use crate::json::document;
use crate::json::document::{Datum, Literal, Value};
use crate::json::path::Segment;
use crate::number::Number;
use crate::time::Timestamp;

/// The value of an operand.
#[derive(Clone, Debug)]
pub(crate) enum OperandValue<'a> {
    Datum(Datum<'a>),
    /// A computed number, for example a count.
    Number(Box<str>),
    /// A list written in the rule, with the values of its elements.
    List(Vec<Self>),
    /// A question that the host has not answered yet.
    Pending(Need),
    /// A question that the host could not answer.
    Unavailable(Need),
}

/// The elements of a list.
#[derive(Debug)]
pub(crate) enum OperandElements<'a> {
    Document(document::ListElements<'a>),
    Literals(std::slice::Iter<'a, Literal>),
    Written(std::vec::IntoIter<OperandValue<'a>>),
}

impl<'a> Iterator for OperandElements<'a> {
    type Item = OperandValue<'a>;

    fn next(&mut self) -> Option<OperandValue<'a>> {
        match self {
            Self::Document(values) => Some(OperandValue::Datum(values.next()?.datum())),
            Self::Literals(literals) => Some(OperandValue::Datum(literals.next()?.datum())),
            Self::Written(elements) => elements.next(),
        }
    }
}

impl<'a> OperandValue<'a> {
    pub(crate) const MISSING: Self = Self::Datum(Datum::Missing);

    /// Returns the value; `None` for lists written in the rule and for values that are not answered.
    pub(crate) fn datum(&self) -> Option<Datum<'_>> {
        match self {
            // Borrows the text.
            Self::Datum(Datum::Text(text)) => Some(Datum::Text(Cow::Borrowed(text))),
            Self::Datum(datum) => Some(datum.clone()),
            Self::Number(text) => Some(Datum::Number(Number::from_valid(text))),
            Self::List(_) | Self::Pending(_) | Self::Unavailable(_) => None,
        }
    }

    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self, Self::Datum(Datum::Missing))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Datum(Datum::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_list(&self) -> bool {
        match self {
            Self::Datum(Datum::Node(value)) => value.is_list(),
            Self::Datum(Datum::List(_)) | Self::List(_) => true,
            _ => false,
        }
    }

    /// Returns the elements of a list.
    pub(crate) fn elements(self) -> Option<OperandElements<'a>> {
        match self {
            Self::Datum(Datum::Node(value)) if value.is_list() => {
                Some(OperandElements::Document(value.elements()))
            }
            Self::Datum(Datum::List(literals)) => Some(OperandElements::Literals(literals.iter())),
            Self::List(elements) => Some(OperandElements::Written(elements.into_iter())),
            _ => None,
        }
    }

    /// Returns the number of steps that a test of the whole value costs.
    pub(super) fn weight(&self) -> usize {
        const BYTES_PER_STEP: usize = 64;
        match self {
            Self::Datum(Datum::Text(text)) => text.len() / BYTES_PER_STEP,
            Self::Datum(Datum::Node(value)) => value.raw().len() / BYTES_PER_STEP,
            Self::Datum(Datum::List(literals)) => literals.len() / 8,
            Self::List(elements) => elements.iter().map(Self::weight).sum(),
            _ => 0,
        }
    }

    /// `count(x)` and `length(x)`
    fn count(&self) -> Option<usize> {
        match self {
            Self::Datum(Datum::Text(text)) => Some(text.chars().count()),
            Self::Datum(Datum::Node(value)) if value.is_list() => Some(value.count() as usize),
            Self::Datum(Datum::List(literals)) => Some(literals.len()),
            Self::List(elements) => Some(elements.len()),
            _ => None,
        }
    }

    /// `number(x)`
    fn into_number(self) -> Self {
        match self {
            Self::Datum(Datum::Number(_)) | Self::Number(_) => self,
            Self::Datum(Datum::Text(text)) => match (Number::parse(&text), &text) {
                (Some(_), Cow::Borrowed(text)) => {
                    Self::Datum(Datum::Number(Number::from_valid(text)))
                }
                (Some(_), Cow::Owned(text)) => Self::Number(text.as_str().into()),
                (None, _) => Self::MISSING,
            },
            _ => Self::MISSING,
        }
    }

    /// `time(x)`
    pub(crate) fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Datum(Datum::Time(time)) => Some(*time),
            Self::Datum(Datum::Text(text)) => Timestamp::parse(text),
            Self::Datum(Datum::Number(number)) => Timestamp::from_epoch(*number),
            Self::Number(text) => Timestamp::from_epoch(Number::from_valid(text)),
            _ => None,
        }
    }

    /// Follows a path from the value.
    fn follow(self, segments: &[Segment]) -> Self {
        let Some((first, rest)) = segments.split_first() else {
            return self;
        };
        match (self, first) {
            (Self::Datum(Datum::Node(value)), _) => match value.follow(segments) {
                Some(value) => Self::Datum(value.datum()),
                None => Self::MISSING,
            },
            (list, Segment::Index(index)) => list
                .elements()
                .and_then(|mut elements| elements.nth(*index as usize))
                .map_or(Self::MISSING, |element| element.follow(rest)),
            (_, Segment::Key(_)) => Self::MISSING,
        }
    }
}

impl<'a> Evaluation<'a, '_> {
    /// Recurses to the nesting depth of the operand, which is limited.
    pub(crate) fn operand(&mut self, operand: &'a Operand) -> OperandValue<'a> {
        match operand {
            Operand::Literal(literal) => OperandValue::Datum(literal.datum()),
            Operand::List(operands) => OperandValue::List(
                operands
                    .iter()
                    .map(|operand| self.operand(operand))
                    .collect(),
            ),
            Operand::Path(path) => self.path(path),
            Operand::Count(inner) => match self.operand(inner) {
                unanswered @ (OperandValue::Pending(_) | OperandValue::Unavailable(_)) => {
                    unanswered
                }
                value => value.count().map_or(OperandValue::MISSING, |count| {
                    OperandValue::Number(count.to_string().into())
                }),
            },
            Operand::Number(inner) => match self.operand(inner) {
                unanswered @ (OperandValue::Pending(_) | OperandValue::Unavailable(_)) => {
                    unanswered
                }
                value => value.into_number(),
            },
            Operand::Time(inner) => match self.operand(inner) {
                unanswered @ (OperandValue::Pending(_) | OperandValue::Unavailable(_)) => {
                    unanswered
                }
                value => value.time().map_or(OperandValue::MISSING, |time| {
                    OperandValue::Datum(Datum::Time(time))
                }),
            },
            Operand::Times(inner) => {
                let value = self.operand(inner);
                self.times(value)
            }
            Operand::Shift { operand, seconds } => match self.operand(operand) {
                unanswered @ (OperandValue::Pending(_) | OperandValue::Unavailable(_)) => {
                    unanswered
                }
                OperandValue::Datum(Datum::Time(time)) => {
                    time.shift(*seconds).map_or(OperandValue::MISSING, |time| {
                        OperandValue::Datum(Datum::Time(time))
                    })
                }
                _ => OperandValue::MISSING,
            },
        }
    }

    /// Converts the elements of a list to times; elements that are not times are missing. Returns other
    /// values unchanged.
    fn times(&mut self, value: OperandValue<'a>) -> OperandValue<'a> {
        if !value.is_list() {
            return value;
        }
        if !self.charge(value.count().unwrap_or_default()) {
            return OperandValue::MISSING;
        }
        let time = |element: OperandValue<'a>| match element.time() {
            Some(time) => OperandValue::Datum(Datum::Time(time)),
            None => OperandValue::MISSING,
        };
        OperandValue::List(value.elements().into_iter().flatten().map(time).collect())
    }

    /// Returns the current element of the quantifier at this depth.
    pub(crate) fn variable(&self, depth: u16) -> OperandValue<'a> {
        self.variables
            .at(depth)
            .cloned()
            .unwrap_or(OperandValue::MISSING)
    }

    pub(crate) fn path(&mut self, path: &'a Path) -> OperandValue<'a> {
        if let Root::Variable(depth) = path.root {
            let variable = self.variable(depth);
            if let OperandValue::Datum(Datum::Node(value)) = &variable {
                self.charge_for_search(*value, &path.segments);
            }
            return variable.follow(&path.segments);
        }
        if path.root == Root::EventData {
            self.charge_for_search(self.scope.data, &path.segments);
        }
        match self.scope.read(path, &[]) {
            PathValue::Datum(datum) => OperandValue::Datum(datum),
            PathValue::Pending(need) => OperandValue::Pending(need),
            PathValue::Unavailable(need) => OperandValue::Unavailable(need),
        }
    }

    /// Charges the search through wide objects, because a quantifier may repeat it for every element.
    fn charge_for_search(&mut self, from: Value<'a>, segments: &[Segment]) {
        const MEMBERS_PER_STEP: u32 = 64;
        if self.variables.is_empty() {
            return;
        }
        let mut at = Some(from);
        for segment in segments {
            let Some(value) = at else { return };
            self.charge((value.count() / MEMBERS_PER_STEP) as usize);
            at = value.follow(std::slice::from_ref(segment));
        }
    }
}
