//! What is declared of the values that a condition looks at: whether a secret is among them. Reads no
//! event.

use super::value;
use crate::hir::schema;
use crate::hir::schema::{Field, FieldType, Finding, Shape};
use crate::json::path::Segment;

/// What is declared of one value.
#[derive(Clone, Debug)]
pub(super) enum Declared<'a> {
    Nothing,
    /// The whole of `event_data`; `None` where its fields are not declared.
    Data(Option<&'a [Field]>),
    Type(&'a FieldType),
    /// A list that the rule writes.
    Written(Vec<Self>),
    /// Made of a secret, or inside of one.
    Secret,
}

impl<'a> Declared<'a> {
    /// Whether the value is, or may hold, a secret. Recurses as deep as rules nest lists, which is limited.
    pub(super) fn holds_secret(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Data(fields) => fields.is_some_and(value::fields_hold_secret),
            Self::Type(ty) => value::holds_secret(ty),
            Self::Written(elements) => elements.iter().any(Self::holds_secret),
            Self::Secret => true,
        }
    }

    /// Of the value at a path from here.
    pub(super) fn at(&self, segments: &[Segment]) -> Self {
        let Some((first, rest)) = segments.split_first() else {
            return self.clone();
        };
        match self {
            Self::Nothing => Self::Nothing,
            Self::Data(fields) => Self::found(schema::look_up(*fields, segments)),
            Self::Type(ty) => Self::found(schema::look_up_in(ty, segments)),
            Self::Written(elements) => match first {
                Segment::Index(index) => elements
                    .get(*index as usize)
                    .map_or(Self::Nothing, |element| element.at(rest)),
                Segment::Key(_) => Self::Nothing,
            },
            Self::Secret => Self::Secret,
        }
    }

    /// What the declaration says of the field at a path from here. Recurses as deep as rules nest lists,
    /// which is limited.
    pub(super) fn description(&self, segments: &[Segment]) -> Option<&'a str> {
        match self {
            Self::Data(fields) => schema::description((*fields)?, segments),
            Self::Type(ty) => match &ty.shape {
                Shape::Object(fields) => schema::description(fields, segments),
                _ => None,
            },
            Self::Written(elements) => match segments.split_first()? {
                (Segment::Index(index), rest) => elements.get(*index as usize)?.description(rest),
                _ => None,
            },
            Self::Nothing | Self::Secret => None,
        }
    }

    /// Of an element of the list that the value is.
    pub(super) fn element(&self, index: usize) -> Self {
        match self {
            Self::Written(elements) => elements.get(index).cloned().unwrap_or(Self::Nothing),
            Self::Type(ty) => match &ty.shape {
                Shape::List(element) => Self::Type(element),
                // An event that breaks its promise may hold a list there.
                _ if value::holds_secret(ty) => Self::Secret,
                _ => Self::Nothing,
            },
            Self::Secret => Self::Secret,
            Self::Data(_) | Self::Nothing => Self::Nothing,
        }
    }

    fn found(finding: Finding<'a>) -> Self {
        match finding {
            Finding::Declared { ty, .. } => Self::Type(ty),
            // An event that breaks its promise may hold something inside a secret.
            Finding::NotAContainer { ty, .. } if value::holds_secret(ty) => Self::Secret,
            _ => Self::Nothing,
        }
    }
}
