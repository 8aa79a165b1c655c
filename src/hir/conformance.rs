//! Finds the fields of an event that do not conform to the declaration of its type.

use super::schema::{Field, FieldType, Shape};
use crate::event::path::{Path, Root};
use crate::json::document::{Datum, Value};
use crate::json::kind_name::datum_kind_name;
use crate::json::path::Segment;
use crate::time::Timestamp;

/// A field that does not conform to its declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The path as written in rules: `event_data.order.total`.
    pub(crate) path: String,
    /// `is declared number and is a string`
    pub(crate) message: String,
    /// The description in the declaration.
    pub(crate) description: Option<Box<str>>,
}

/// Returns the first `most` violations in the order of declaration.
pub(crate) fn violations(fields: &[Field], data: Value<'_>, most: usize) -> Vec<Violation> {
    let mut check = ConformanceCheck {
        at: Vec::new(),
        description: None,
        found: Vec::new(),
        most,
    };
    check.fields(fields, data);
    check.found
}

struct ConformanceCheck<'a> {
    at: Vec<Segment>,
    /// The description of the current field.
    description: Option<&'a str>,
    found: Vec<Violation>,
    most: usize,
}

impl<'a> ConformanceCheck<'a> {
    fn fields(&mut self, fields: &'a [Field], object: Value<'_>) {
        let outer = self.description;
        for field in fields {
            let value = object.member(&field.name);
            self.description = field.description.as_deref();
            self.at.push(Segment::Key(field.name.clone()));
            self.value(&field.ty, value);
            self.at.pop();
        }
        self.description = outer;
    }

    /// Recurses to the nesting depth of the declaration, which is limited.
    fn value(&mut self, ty: &'a FieldType, value: Option<Value<'_>>) {
        if self.found.len() >= self.most {
            return;
        }
        let datum = value.map_or(Datum::Missing, Value::datum);
        let keeps = match (&ty.shape, &datum) {
            (_, Datum::Missing | Datum::Null) => ty.optional,
            (Shape::Any, _)
            | (Shape::String | Shape::Secret, Datum::Text(_))
            | (Shape::Number, Datum::Number(_))
            | (Shape::Bool, Datum::Bool(_)) => true,
            (Shape::Timestamp, Datum::Text(text)) => Timestamp::parse(text).is_some(),
            (Shape::Timestamp, Datum::Number(number)) => Timestamp::from_epoch(*number).is_some(),
            (Shape::List(element), Datum::Node(list)) if list.is_list() => {
                for (index, value) in (0..).zip(list.elements()) {
                    if self.found.len() >= self.most {
                        break;
                    }
                    self.at.push(Segment::Index(index));
                    self.value(element, Some(value));
                    self.at.pop();
                }
                true
            }
            (Shape::Object(fields), Datum::Node(object)) if object.is_object() => {
                self.fields(fields, *object);
                true
            }
            _ => false,
        };
        if !keeps {
            let path = Path::new(Root::EventData, self.at.as_slice().into());
            let what = match (&ty.shape, &datum) {
                (Shape::Timestamp, Datum::Text(_) | Datum::Number(_)) => "no timestamp",
                _ => datum_kind_name(&datum),
            };
            self.found.push(Violation {
                path: path.to_string(),
                message: format!("is declared {ty} and is {what}"),
                description: self.description.map(Into::into),
            });
        }
    }
}
