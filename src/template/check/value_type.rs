//! Determines the types of the values that templates use, from the declarations.

use crate::hir::schema;
use crate::hir::schema::{Field, FieldType, Finding, Shape};
use crate::json::path::Segment;
use crate::template::expression::is_name;
use crate::template::program::{Helper, PathSegment};

/// The declared type of a context for one event type.
#[derive(Clone, Copy, Debug)]
pub(in crate::template) enum ContextType<'a> {
    /// The `event_data` of an event type.
    Fields(Option<&'a [Field]>),
    Type(&'a FieldType),
    Unknown,
}

/// The statically known type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum ValueKind {
    Any,
    Text,
    Number,
    Bool,
    Time,
    List,
    Object,
}

impl ValueKind {
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

/// Returns whether a comparison of values of these types is never true.
pub(in crate::template) fn never_holds(helper: Helper, left: ValueKind, right: ValueKind) -> bool {
    let time = |sort| matches!(sort, ValueKind::Time | ValueKind::Text | ValueKind::Number);
    let comparable = match (left, right) {
        (ValueKind::Any, other) | (other, ValueKind::Any) => {
            return helper != Helper::Eq
                && helper != Helper::Ne
                && matches!(other, ValueKind::Bool | ValueKind::List | ValueKind::Object);
        }
        (ValueKind::Time, other) | (other, ValueKind::Time) => time(other),
        (left, right) => left == right,
    };
    match helper {
        Helper::Ne => false,
        Helper::Eq => !comparable,
        _ => !comparable || matches!(left, ValueKind::Bool | ValueKind::List | ValueKind::Object),
    }
}

pub(in crate::template) fn look<'a>(at: ContextType<'a>, segments: &[Segment]) -> Finding<'a> {
    match at {
        ContextType::Fields(fields) => schema::look_up(fields, segments),
        ContextType::Type(ty) => schema::look_up_in(ty, segments),
        ContextType::Unknown => Finding::Undeclared,
    }
}

/// Converts path segments to the declared form: a number is an index in a list and a key otherwise.
pub(in crate::template) fn segments(at: ContextType<'_>, steps: &[PathSegment]) -> Vec<Segment> {
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

/// Returns the declared fields of the object at a path.
pub(in crate::template) fn fields<'a>(
    at: ContextType<'a>,
    steps: &[PathSegment],
) -> Option<&'a [Field]> {
    match (at, steps) {
        (ContextType::Fields(fields), []) => fields,
        _ => match look(at, &segments(at, steps)) {
            Finding::Declared { ty, .. } => match &ty.shape {
                Shape::Object(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        },
    }
}

/// Returns the first declared scalar field of the object at a path.
pub(in crate::template) fn printable<'a>(
    at: ContextType<'a>,
    steps: &[PathSegment],
) -> Option<&'a str> {
    let field = fields(at, steps)?.iter().find(|field| {
        let text = !matches!(
            ValueKind::of(&field.ty.shape),
            ValueKind::List | ValueKind::Object
        );
        text && !field.name.is_empty() && field.name.chars().all(is_name)
    })?;
    Some(&field.name)
}
