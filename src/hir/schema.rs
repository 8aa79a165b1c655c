//! What event types promise about their `event_data`. Knows no text and no rule; a promise that an event
//! breaks is not refused here, only found.

use std::fmt;

use crate::event::recipient::RecipientKind;
use crate::json::path::Segment;

/// The type of a declared field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FieldType {
    pub(crate) shape: Shape,
    /// May be missing or null.
    pub(crate) optional: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    String,
    Number,
    Bool,
    Timestamp,
    /// A string that is masked in explain, debug output and diagnostics.
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

/// The fields of an object, in the order declared; names are distinct.
pub(crate) type Fields = Box<[Field]>;

/// What a declaration says of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding<'a> {
    /// Declared; `optional` where it or anything on the way to it may be missing or null.
    Declared { ty: &'a FieldType, optional: bool },
    /// Inside something of any type: nothing is promised.
    Undeclared,
    /// No such field: the segment at `at` names none of these.
    Unknown { at: usize, fields: &'a [Field] },
    /// The segment at `at` steps into something that is no object or no list.
    NotAContainer { at: usize, ty: &'a FieldType },
}

static RECIPIENT: FieldType = FieldType {
    shape: Shape::String,
    optional: true,
};

/// Looks `segments` up in the fields of an event type; `None` for fields means that the type was
/// declared without a body and any `event_data` is allowed. Recipient fields are known without saying.
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

/// What the declaration says of the field at `segments`, or of the list that it is an element of.
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

/// The names of fields, for who looks for one that is much like another.
pub(crate) fn names(fields: &[Field]) -> impl Iterator<Item = &str> {
    fields.iter().map(|field| &*field.name)
}

/// Looks `segments` up from a type on, for a quantifier's variable or an `each`'s element.
pub(crate) fn look_up_in<'a>(ty: &'a FieldType, segments: &[Segment]) -> Finding<'a> {
    step(ty, segments, 0, ty.optional)
}

/// Looks `segments` up from a value on that is known to be there.
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
                // A list may end before the index.
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

/// As an author writes it: `string?`, `[number]`, `{ … }`.
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
