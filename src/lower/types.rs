//! Static types of operands, from declarations, literals and functions.

use std::fmt;

use crate::hir::schema::{FieldType, Shape};
use crate::json::document::Literal;

/// A set of the kinds a value can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ValueKinds(u8);

impl ValueKinds {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOL: Self = Self(1 << 1);
    pub(super) const NUMBER: Self = Self(1 << 2);
    pub(super) const STRING: Self = Self(1 << 3);
    pub(super) const LIST: Self = Self(1 << 4);
    pub(super) const OBJECT: Self = Self(1 << 5);
    /// A timestamp: `now` or `time(…)`. A value of an event is never one by itself.
    pub(super) const TIME: Self = Self(1 << 6);
    /// Every kind of JSON value.
    pub(super) const JSON: Self = Self(0b11_1111);
    /// The kinds that `<`, `<=`, `>` and `>=` can order.
    pub(super) const ORDERED: Self = Self::NUMBER.or(Self::STRING).or(Self::TIME);

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Formats the kinds for messages, such as `a string or a number`. Null is omitted next to other kinds.
impl fmt::Display for ValueKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(ValueKinds, &str); 6] = [
            (ValueKinds::BOOL, "a bool"),
            (ValueKinds::NUMBER, "a number"),
            (ValueKinds::STRING, "a string"),
            (ValueKinds::TIME, "a timestamp"),
            (ValueKinds::LIST, "a list"),
            (ValueKinds::OBJECT, "an object"),
        ];
        if *self == Self::NULL {
            return f.write_str("null");
        }
        let mut first = true;
        for (_, name) in NAMES.iter().filter(|(kind, _)| self.meets(*kind)) {
            if !std::mem::take(&mut first) {
                f.write_str(" or ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// The types a path has in the event types of a rule.
#[derive(Clone, Debug)]
pub(super) struct Shapes<'a> {
    pub(super) known: Vec<&'a FieldType>,
    /// At least one of the event types does not declare it.
    pub(super) open: bool,
}

impl<'a> Shapes<'a> {
    /// The types of an undeclared path.
    pub(super) const fn any() -> Self {
        Self {
            known: Vec::new(),
            open: true,
        }
    }

    pub(super) fn kinds(&self) -> ValueKinds {
        // A required field can still be null: events can violate their declaration.
        let mut kinds = if self.open {
            ValueKinds::JSON
        } else {
            ValueKinds::NULL
        };
        for ty in &self.known {
            kinds = kinds.or(kinds_of(&ty.shape));
        }
        kinds
    }

    /// Adds the types of another path, for a value that can be either.
    pub(super) fn add(&mut self, other: &Self) {
        self.open |= other.open;
        for ty in &other.known {
            if !self.known.contains(ty) {
                self.known.push(ty);
            }
        }
    }

    pub(super) fn is_timestamp(&self) -> bool {
        self.known.iter().any(|ty| ty.shape == Shape::Timestamp)
    }

    /// Returns whether every declared type is a list.
    pub(super) fn are_lists(&self) -> bool {
        let is_list = |ty: &&FieldType| matches!(ty.shape, Shape::List(_) | Shape::Any);
        self.known.iter().all(is_list)
    }

    /// Returns a declared type other than `timestamp`.
    pub(super) fn beside_timestamp(&self) -> Option<&'a FieldType> {
        self.known
            .iter()
            .copied()
            .find(|ty| !matches!(ty.shape, Shape::Timestamp | Shape::Any))
    }

    /// Returns the types of the elements of a list.
    pub(super) fn elements(&self) -> Self {
        let mut elements = Self {
            known: Vec::new(),
            open: self.open,
        };
        for ty in &self.known {
            match &ty.shape {
                Shape::List(element) => elements.known.push(element),
                Shape::Any => elements.open = true,
                _ => {}
            }
        }
        elements
    }
}

fn kinds_of(shape: &Shape) -> ValueKinds {
    match shape {
        Shape::String | Shape::Secret => ValueKinds::STRING,
        Shape::Number => ValueKinds::NUMBER,
        Shape::Bool => ValueKinds::BOOL,
        // A timestamp field holds the text of a date, or epoch seconds.
        Shape::Timestamp => ValueKinds::STRING.or(ValueKinds::NUMBER),
        Shape::Any => ValueKinds::JSON,
        Shape::List(_) => ValueKinds::LIST,
        Shape::Object(_) => ValueKinds::OBJECT,
    }
}

pub(super) fn kinds_of_literal(literal: &Literal) -> ValueKinds {
    match literal {
        Literal::Null => ValueKinds::NULL,
        Literal::Bool(_) => ValueKinds::BOOL,
        Literal::Number(_) => ValueKinds::NUMBER,
        Literal::Text(_) => ValueKinds::STRING,
        Literal::Time(_) => ValueKinds::TIME,
        Literal::List(_) => ValueKinds::LIST,
    }
}
