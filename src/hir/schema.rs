//! Defines the declared fields of event types and looks up paths in them.

use std::fmt;

use crate::event::recipient::RecipientKind;
use crate::json::path::Segment;

/// The type of a declared field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FieldType {
    pub(crate) shape: Shape,
    /// The value may be missing or null.
    pub(crate) optional: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    String,
    Number,
    Bool,
    Timestamp,
    /// A string that is masked in explanations, debug output and diagnostics.
    Secret,
    Any,
    List(Box<FieldType>),
    Object(Fields),
}

/// A declared field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    pub(crate) ty: FieldType,
    pub(crate) description: Option<Box<str>>,
}

/// The fields of an object in the order of declaration; names are unique.
pub(crate) type Fields = Box<[Field]>;

/// The result of looking up a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding<'a> {
    /// A declared field. `optional` if it or a value on the path to it may be missing or null.
    Declared { ty: &'a FieldType, optional: bool },
    /// Inside a value of any type, about which nothing is declared.
    Undeclared,
    /// The segment at `at` names none of `fields`.
    Unknown { at: usize, fields: &'a [Field] },
    /// The segment at `at` is inside a value that is neither an object nor a list.
    NotAContainer { at: usize, ty: &'a FieldType },
}

static RECIPIENT: FieldType = FieldType {
    shape: Shape::String,
    optional: true,
};

/// Looks up `segments` in the fields of an event type. `None` means that the type was declared without
/// a body, so that its `event_data` may contain anything. Recipient fields need no declaration.
pub(crate) fn look_up<'a>(fields: Option<&'a [Field]>, segments: &[Segment]) -> Finding<'a> {
    let Some(fields) = fields else {
        return Finding::Undeclared;
    };
    let Some((Segment::Key(first), rest)) = segments.split_first() else {
        return Finding::Undeclared;
    };
    if let Some(field) = fields.iter().find(|field| field.name == *first) {
        return step(&field.ty, rest, 1, field.ty.optional);
    }
    if RecipientKind::FIELDS
        .iter()
        .any(|kind| kind.name() == &**first)
    {
        return step(&RECIPIENT, rest, 1, true);
    }
    Finding::Unknown { at: 0, fields }
}

/// Returns the description of the field at `segments`, or of the list whose element it is.
pub(crate) fn description<'a>(fields: &'a [Field], segments: &[Segment]) -> Option<&'a str> {
    let (Segment::Key(first), mut rest) = segments.split_first()? else {
        return None;
    };
    let field = fields.iter().find(|field| field.name == *first)?;
    let mut ty = &field.ty;
    while let (Shape::List(element), Some((Segment::Index(_), behind))) =
        (&ty.shape, rest.split_first())
    {
        (ty, rest) = (element, behind);
    }
    match &ty.shape {
        _ if rest.is_empty() => field.description.as_deref(),
        Shape::Object(fields) => description(fields, rest),
        _ => None,
    }
}

/// Returns the names of fields, for "did you mean".
pub(crate) fn names(fields: &[Field]) -> impl Iterator<Item = &str> {
    fields.iter().map(|field| &*field.name)
}

/// Looks up `segments` from a type, for a variable of a quantifier or an element of `each`.
pub(crate) fn look_up_in<'a>(ty: &'a FieldType, segments: &[Segment]) -> Finding<'a> {
    step(ty, segments, 0, ty.optional)
}

/// Looks up `segments` from a value that is known to be present.
pub(crate) fn look_up_present<'a>(ty: &'a FieldType, segments: &[Segment]) -> Finding<'a> {
    step(ty, segments, 0, false)
}

fn step<'a>(ty: &'a FieldType, segments: &[Segment], at: usize, optional: bool) -> Finding<'a> {
    let mut ty = ty;
    let mut optional = optional;
    for (offset, segment) in segments.iter().enumerate() {
        let at = at.saturating_add(offset);
        match (&ty.shape, segment) {
            (Shape::Any, _) => return Finding::Undeclared,
            (Shape::List(element), Segment::Index(_)) => {
                // The index may be past the end of the list.
                optional = true;
                ty = element;
            }
            (Shape::Object(fields), Segment::Key(name)) => {
                let Some(field) = fields.iter().find(|field| field.name == *name) else {
                    return Finding::Unknown { at, fields };
                };
                optional |= field.ty.optional;
                ty = &field.ty;
            }
            _ => return Finding::NotAContainer { at, ty },
        }
    }
    Finding::Declared { ty, optional }
}

/// Formats a type as authors write it: `string?`, `[number]`, `{ … }`.
impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            Shape::String => f.write_str("string")?,
            Shape::Number => f.write_str("number")?,
            Shape::Bool => f.write_str("bool")?,
            Shape::Timestamp => f.write_str("timestamp")?,
            Shape::Secret => f.write_str("secret")?,
            Shape::Any => f.write_str("any")?,
            Shape::List(element) => write!(f, "[{element}]")?,
            Shape::Object(_) => f.write_str("{ … }")?,
        }
        if self.optional {
            f.write_str("?")
        } else {
            Ok(())
        }
    }
}
