//! What operands come to: values read, counted, read as numbers or moments. Compares nothing.

use std::borrow::Cow;

use super::Evaluation;
use super::scope::{Need, Reading};
use crate::event::path::{Path, Root};
use crate::hir::Operand;
use crate::json::document;
use crate::json::document::{Datum, Literal, Value};
use crate::json::path::Segment;
use crate::number::Number;
use crate::time::Timestamp;

/// What an operand comes to.
#[derive(Clone, Debug)]
pub(crate) enum Came<'a> {
    Datum(Datum<'a>),
    /// A number that stands in no document: a count, or one read from a text.
    Number(Box<str>),
    /// A list that the rule writes, with what its elements come to.
    List(Vec<Self>),
    /// The host has not been asked yet.
    Open(Need),
    /// The host could not look it up.
    Unavailable(Need),
}

/// The elements of a list of any kind.
#[derive(Debug)]
pub(crate) enum Elements<'a> {
    OfDocument(document::ListElements<'a>),
    OfLiterals(std::slice::Iter<'a, Literal>),
    Written(std::vec::IntoIter<Came<'a>>),
}

impl<'a> Iterator for Elements<'a> {
    type Item = Came<'a>;

    fn next(&mut self) -> Option<Came<'a>> {
        match self {
            Self::OfDocument(values) => Some(Came::Datum(values.next()?.datum())),
            Self::OfLiterals(literals) => Some(Came::Datum(literals.next()?.datum())),
            Self::Written(elements) => elements.next(),
        }
    }
}

impl<'a> Came<'a> {
    pub(crate) const MISSING: Self = Self::Datum(Datum::Missing);

    /// As a datum; `None` for written lists and for what is not answered.
    pub(crate) fn datum(&self) -> Option<Datum<'_>> {
        match self {
            // No copy of the text.
            Self::Datum(Datum::Text(text)) => Some(Datum::Text(Cow::Borrowed(text))),
            Self::Datum(datum) => Some(datum.clone()),
            Self::Number(text) => Some(Datum::Number(Number::from_valid(text))),
            Self::List(_) | Self::Open(_) | Self::Unavailable(_) => None,
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

    /// Its elements, if it is a list.
    pub(crate) fn elements(self) -> Option<Elements<'a>> {
        match self {
            Self::Datum(Datum::Node(value)) if value.is_list() => {
                Some(Elements::OfDocument(value.elements()))
            }
            Self::Datum(Datum::List(literals)) => Some(Elements::OfLiterals(literals.iter())),
            Self::List(elements) => Some(Elements::Written(elements.into_iter())),
            _ => None,
        }
    }

    /// How much work a look at all of it is, in steps.
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

    /// The value of `segments` behind it.
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
    /// Recurses as deep as the rule nests its operand, which is limited.
    pub(crate) fn operand(&mut self, operand: &'a Operand) -> Came<'a> {
        match operand {
            Operand::Literal(literal) => Came::Datum(literal.datum()),
            Operand::List(operands) => Came::List(
                operands
                    .iter()
                    .map(|operand| self.operand(operand))
                    .collect(),
            ),
            Operand::Path(path) => self.path(path),
            Operand::Count(inner) => match self.operand(inner) {
                unanswered @ (Came::Open(_) | Came::Unavailable(_)) => unanswered,
                came => came.count().map_or(Came::MISSING, |count| {
                    Came::Number(count.to_string().into())
                }),
            },
            Operand::Number(inner) => match self.operand(inner) {
                unanswered @ (Came::Open(_) | Came::Unavailable(_)) => unanswered,
                came => came.into_number(),
            },
            Operand::Time(inner) => match self.operand(inner) {
                unanswered @ (Came::Open(_) | Came::Unavailable(_)) => unanswered,
                came => came
                    .time()
                    .map_or(Came::MISSING, |time| Came::Datum(Datum::Time(time))),
            },
            Operand::Times(inner) => {
                let came = self.operand(inner);
                self.times(came)
            }
            Operand::Shift { operand, seconds } => match self.operand(operand) {
                unanswered @ (Came::Open(_) | Came::Unavailable(_)) => unanswered,
                Came::Datum(Datum::Time(time)) => time
                    .shift(*seconds)
                    .map_or(Came::MISSING, |time| Came::Datum(Datum::Time(time))),
                _ => Came::MISSING,
            },
        }
    }

    /// The elements of a list as points in time, those that are none missing; anything else as it is.
    fn times(&mut self, came: Came<'a>) -> Came<'a> {
        if !came.is_list() {
            return came;
        }
        if !self.charge(came.count().unwrap_or_default()) {
            return Came::MISSING;
        }
        let time = |element: Came<'a>| match element.time() {
            Some(time) => Came::Datum(Datum::Time(time)),
            None => Came::MISSING,
        };
        Came::List(came.elements().into_iter().flatten().map(time).collect())
    }

    /// What the quantifier's variable of that depth is at.
    pub(crate) fn variable(&self, depth: u16) -> Came<'a> {
        self.variables.at(depth).cloned().unwrap_or(Came::MISSING)
    }

    pub(crate) fn path(&mut self, path: &'a Path) -> Came<'a> {
        if let Root::Variable(depth) = path.root {
            let variable = self.variable(depth);
            if let Came::Datum(Datum::Node(value)) = &variable {
                self.charge_for_way(*value, &path.segments);
            }
            return variable.follow(&path.segments);
        }
        if path.root == Root::EventData {
            self.charge_for_way(self.scope.data, &path.segments);
        }
        match self.scope.read(path, &[]) {
            Reading::Datum(datum) => Came::Datum(datum),
            Reading::Open(need) => Came::Open(need),
            Reading::Unavailable(need) => Came::Unavailable(need),
        }
    }

    /// Finding a member takes time by their number: wide objects cost steps where a quantifier looks
    /// into them again and again.
    fn charge_for_way(&mut self, from: Value<'a>, segments: &[Segment]) {
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
