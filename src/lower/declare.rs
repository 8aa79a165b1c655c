//! Lowers the declarations that rules refer to: event types, constants and templates.

use std::sync::Arc;

use super::source::{Collector, DeclarationSite};
use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault};
use crate::hir::schema;
use crate::hir::schema::{FieldType, Shape};
use crate::hir::{EventType, TypeId};
use crate::json::document::Literal;
use crate::limits::Limits;
use crate::number::{Decimal, Number};
use crate::syntax::ast;
use crate::text::reserved::{RESERVED, ROOTS};
use crate::text::span::Place;
use crate::text::truncate::truncate;
use crate::time::Timestamp;

/// Everything a rule can refer to, resolved.
///
/// INVARIANT: a rule lowers to the same result as long as the entries it refers to are the same.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(super) limits: Limits,
    pub(super) types: Arc<Vec<EventType>>,
    pub(super) type_ids: Table<Box<str>, TypeId>,
    pub(super) constants: Arc<Vec<Constant>>,
    pub(super) constant_ids: Arc<Table<Box<str>, usize>>,
    /// Names of declarations that failed to parse; event types also in lower case.
    pub(super) unparsed: Table<Box<str>, ()>,
}

#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) name: Box<str>,
    pub(super) place: Place,
    /// `None` if the declaration has an error, which has been reported.
    pub(super) value: Option<Literal>,
}

impl Declared {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            types: Arc::default(),
            type_ids: Table::new(),
            constants: Arc::default(),
            constant_ids: Arc::default(),
            unparsed: Table::new(),
        }
    }

    pub(crate) fn types(&self) -> Arc<Vec<EventType>> {
        Arc::clone(&self.types)
    }

    pub(super) fn type_of(&self, id: TypeId) -> Option<&EventType> {
        self.types.get(id.0 as usize)
    }

    pub(super) fn type_mut(&mut self, id: TypeId) -> Option<&mut EventType> {
        Arc::make_mut(&mut self.types).get_mut(id.0 as usize)
    }

    pub(super) fn type_id(&self, name: &str) -> Option<TypeId> {
        // Most names are already in lower case; skip the allocation.
        if name.bytes().any(|b| b.is_ascii_uppercase()) {
            return self.type_ids.value(&*fold_type(name)).copied();
        }
        self.type_ids.value(name).copied()
    }

    /// Returns the id of a type, and adds the type if it is new.
    pub(super) fn intern_type(&mut self, name: &str) -> TypeId {
        if let Some(id) = self.type_id(name) {
            return id;
        }
        let folded = fold_type(name);
        let id = TypeId(crate::text::span::saturating_u32(self.types.len()));
        Arc::make_mut(&mut self.types).push(EventType {
            name: folded.clone(),
            declaration: None,
        });
        self.type_ids.insert(folded, id);
        id
    }

    pub(super) fn constant(&self, name: &str) -> Option<(usize, &Constant)> {
        let at = *self.constant_ids.value(name)?;
        self.constants.get(at).map(|constant| (at, constant))
    }
}

/// Returns the description unless it is empty.
pub(super) fn description(written: Option<&str>) -> Option<Box<str>> {
    let text = written.filter(|text| !text.trim().is_empty());
    text.map(Into::into)
}

/// Folds ASCII case: event types are compared case-insensitively.
pub(super) fn fold_type(name: &str) -> Box<str> {
    name.to_ascii_lowercase().into()
}

/// Lowers the fields of an event type or of a nested object. A field declared twice keeps its first type.
pub(super) fn fields(
    fields: &[ast::FieldDeclaration],
    site: DeclarationSite<'_>,
    collector: &mut Collector<'_>,
) -> schema::Fields {
    let mut seen: Table<&str, Place> = Table::new();
    let mut out = Vec::with_capacity(fields.len());
    for field in fields {
        let name = &*field.name.text;
        let place = site.place(field.name.at);
        if let Some(first) = seen.value(name) {
            collector.report(
                Fault::new(
                    Code::Duplicate,
                    place,
                    format!("field `{name}` is declared twice"),
                )
                .label(*first, "first declared here"),
            );
            continue;
        }
        seen.insert(name, place);
        out.push(schema::Field {
            name: name.into(),
            ty: field_type(&field.ty, site, collector),
            description: description(field.description.as_deref()),
        });
    }
    out.into()
}

fn field_type(
    ty: &ast::Type,
    site: DeclarationSite<'_>,
    collector: &mut Collector<'_>,
) -> FieldType {
    FieldType {
        shape: match &ty.kind {
            ast::TypeKind::String => Shape::String,
            ast::TypeKind::Number => Shape::Number,
            ast::TypeKind::Bool => Shape::Bool,
            ast::TypeKind::Timestamp => Shape::Timestamp,
            ast::TypeKind::Secret => Shape::Secret,
            ast::TypeKind::Any => Shape::Any,
            ast::TypeKind::List(element) => {
                Shape::List(Box::new(field_type(element, site, collector)))
            }
            ast::TypeKind::Object(members) => Shape::Object(fields(members, site, collector)),
        },
        optional: ty.optional,
    }
}

/// Returns whether a constant can have this name, and reports an error if it cannot.
pub(super) fn check_constant_name(
    name: &ast::Name,
    site: DeclarationSite<'_>,
    collector: &mut Collector<'_>,
) -> bool {
    let text = &*name.text;
    let before = collector.errors();
    if ROOTS.contains(&text) {
        collector.report(
            Fault::new(
                Code::ConstantShadows,
                site.place(name.at),
                format!(
                    "a constant cannot be named `{text}`: the name already has a meaning in rules"
                ),
            )
            .help("choose another name"),
        );
    } else if RESERVED.contains(&text) {
        collector.report(Fault::new(
            Code::InvalidName,
            site.place(name.at),
            format!("a constant cannot be named `{text}`: it is a reserved word"),
        ));
    }
    collector.errors() == before
}

/// Lowers the value of a constant: a literal or a list of literals.
pub(super) fn constant(
    value: &ast::Operand,
    site: DeclarationSite<'_>,
    collector: &mut Collector<'_>,
) -> Option<Literal> {
    let literal = match &value.kind {
        ast::OperandKind::Null => Literal::Null,
        ast::OperandKind::Bool(value) => Literal::Bool(*value),
        ast::OperandKind::Number(text) => number(text, value.at, site, collector)?,
        ast::OperandKind::Text(text) => Literal::Text(text.value.clone()),
        ast::OperandKind::List(elements) => {
            let elements: Vec<_> = elements
                .iter()
                .map(|element| constant(element, site, collector))
                .collect();
            Literal::List(elements.into_iter().collect::<Option<_>>()?)
        }
        ast::OperandKind::Duration(_) => {
            collector.report(
                Fault::new(
                    Code::WrongLiteral,
                    site.place(value.at),
                    "a constant cannot be a duration",
                )
                .help("add a duration to a timestamp: `now - 7d`"),
            );
            return None;
        }
        ast::OperandKind::Path(_) | ast::OperandKind::Call { .. } => {
            collector.report(Fault::new(
                Code::WrongLiteral,
                site.place(value.at),
                "a constant must be a literal or a list of literals",
            ));
            return None;
        }
    };
    if value.shifts.is_empty() {
        return Some(literal);
    }
    let Literal::Text(text) = literal else {
        collector.report(Fault::new(
            Code::NotATime,
            site.place(value.at),
            "only a timestamp can be moved by a duration",
        ));
        return None;
    };
    let time = timestamp(&text, site.place(value.at), collector)?;
    let seconds = seconds(&value.shifts, site, collector)?;
    shifted(time, seconds, site.place(value.at), collector).map(Literal::Time)
}

pub(super) fn number(
    text: &str,
    at: ast::At,
    site: DeclarationSite<'_>,
    collector: &mut Collector<'_>,
) -> Option<Literal> {
    let number = Number::parse(text);
    if number.is_none() {
        collector.report(Fault::new(
            Code::InvalidNumber,
            site.place(at),
            format!("invalid number `{text}`"),
        ));
    }
    number.map(|number| Literal::Number(Decimal::new(number)))
}

pub(super) fn timestamp(
    text: &str,
    place: Place,
    collector: &mut Collector<'_>,
) -> Option<Timestamp> {
    let time = Timestamp::parse(text);
    if time.is_none() {
        collector.report(
            Fault::new(
                Code::InvalidTimestamp,
                place,
                format!("invalid timestamp `{}`", truncate(text)),
            )
            .help("write a date and time with an offset, such as `2026-01-31T09:00Z`, or a date"),
        );
    }
    time
}

/// Returns the sum of the durations after an operand, in seconds.
pub(super) fn seconds(
    shifts: &[ast::Shift],
    site: DeclarationSite<'_>,
    collector: &mut Collector<'_>,
) -> Option<i64> {
    let mut sum = Some(0_i64);
    for shift in shifts {
        let unit = match shift.duration.unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            _ => 86_400,
        };
        let seconds = shift
            .duration
            .digits
            .parse::<i64>()
            .ok()
            .and_then(|count| count.checked_mul(unit));
        let moved = sum.zip(seconds).and_then(|(sum, seconds)| {
            if shift.minus {
                sum.checked_sub(seconds)
            } else {
                sum.checked_add(seconds)
            }
        });
        if sum.is_some() && moved.is_none() {
            collector.report(Fault::new(
                Code::InvalidNumber,
                site.place(shift.duration.at),
                "the duration is too long",
            ));
        }
        sum = moved;
    }
    sum
}

pub(super) fn shifted(
    time: Timestamp,
    seconds: i64,
    place: Place,
    collector: &mut Collector<'_>,
) -> Option<Timestamp> {
    let moved = time.shift(seconds);
    if moved.is_none() {
        collector.report(Fault::new(
            Code::InvalidTimestamp,
            place,
            "the timestamp is outside the years 0001 to 9999",
        ));
    }
    moved
}
