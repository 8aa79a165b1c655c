//! What declarations say of the values that templates use. Knows no tag.

use crate::hir::schema;
use crate::hir::schema::{Field, FieldType, Finding, Shape};
use crate::json::path::Segment;
use crate::template::expression::is_name;
use crate::template::program::{Helper, Step};

/// What is known of a context under one of the declared types.
#[derive(Clone, Copy, Debug)]
pub(in crate::template) enum At<'a> {
    /// The `event_data` of a type.
    Fields(Option<&'a [Field]>),
    Type(&'a FieldType),
    Unknown,
}

/// What is known of an argument's value before there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Sort {
    Any,
    Text,
    Number,
    Bool,
    Time,
    List,
    Object,
}

impl Sort {
    pub(in crate::template) const fn of(shape: &Shape) -> Self {
        match shape {
            Shape::String | Shape::Secret => Self::Text,
            Shape::Number => Self::Number,
            Shape::Bool => Self::Bool,
            Shape::Timestamp => Self::Time,
            Shape::Any => Self::Any,
            Shape::List(_) => Self::List,
            Shape::Object(_) => Self::Object,
        }
    }

    pub(in crate::template) const fn described(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Bool => "a bool",
            Self::Time => "a timestamp",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

/// Whether a comparison of values of these sorts is never true.
pub(in crate::template) fn never_holds(helper: Helper, left: Sort, right: Sort) -> bool {
    let time = |sort| matches!(sort, Sort::Time | Sort::Text | Sort::Number);
    let comparable = match (left, right) {
        (Sort::Any, other) | (other, Sort::Any) => {
            return helper != Helper::Eq
                && helper != Helper::Ne
                && matches!(other, Sort::Bool | Sort::List | Sort::Object);
        }
        (Sort::Time, other) | (other, Sort::Time) => time(other),
        (left, right) => left == right,
    };
    match helper {
        Helper::Ne => false,
        Helper::Eq => !comparable,
        _ => !comparable || matches!(left, Sort::Bool | Sort::List | Sort::Object),
    }
}

pub(in crate::template) fn look<'a>(at: At<'a>, segments: &[Segment]) -> Finding<'a> {
    match at {
        At::Fields(fields) => schema::look_up(fields, segments),
        At::Type(ty) => schema::look_up_in(ty, segments),
        At::Unknown => Finding::Undeclared,
    }
}

/// The steps as the declaration takes them: a number is an element where a list is declared, and
/// otherwise a key.
pub(in crate::template) fn segments(at: At<'_>, steps: &[Step]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::with_capacity(steps.len());
    for step in steps {
        let list = match look(at, &segments) {
            Finding::Declared { ty, .. } => matches!(ty.shape, Shape::List(_)),
            _ => false,
        };
        segments.push(match step.index {
            Some(index) if list => Segment::Index(index),
            _ => Segment::Key(step.name.clone()),
        });
    }
    segments
}

/// The fields of what is there, if they are declared.
pub(in crate::template) fn fields<'a>(at: At<'a>, steps: &[Step]) -> Option<&'a [Field]> {
    match (at, steps) {
        (At::Fields(fields), []) => fields,
        _ => match look(at, &segments(at, steps)) {
            Finding::Declared { ty, .. } => match &ty.shape {
                Shape::Object(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        },
    }
}

/// The first field of what is there that a token can show.
pub(in crate::template) fn printable<'a>(at: At<'a>, steps: &[Step]) -> Option<&'a str> {
    let field = fields(at, steps)?.iter().find(|field| {
        let text = !matches!(Sort::of(&field.ty.shape), Sort::List | Sort::Object);
        text && !field.name.is_empty() && field.name.chars().all(is_name)
    })?;
    Some(&field.name)
}
