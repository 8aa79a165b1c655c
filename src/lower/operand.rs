//! Lowers operands, the values that conditions compare, with their possible kinds.

use super::declare;
use super::names::{Resolved, RuleScope};
use super::types::{Shapes, ValueKinds, kinds_of_literal};
use crate::diagnostic::{Code, Fault};
use crate::event::path::{Path, Root};
use crate::hir::Operand;
use crate::json::document::Literal;
use crate::number::{Decimal, Number};
use crate::syntax::ast;
use crate::text::span::Place;
use crate::text::truncate::truncate;
use crate::time::Timestamp;

/// An operand and its statically known type.
#[derive(Clone, Debug)]
pub(super) struct TypedOperand<'a> {
    pub(super) operand: Operand,
    pub(super) kinds: ValueKinds,
    /// The declared types, if the operand is a path to data from outside the rules.
    pub(super) shapes: Option<Shapes<'a>>,
    pub(super) at: ast::At,
    /// The declaration of the constant it was read from.
    pub(super) constant: Option<Place>,
}

impl TypedOperand<'_> {
    pub(super) const fn is_literal(&self) -> bool {
        matches!(self.operand, Operand::Literal(_))
    }

    pub(super) fn is_time(&self) -> bool {
        self.kinds == ValueKinds::TIME
    }

    /// Returns whether the operand is a list with at least one timestamp.
    pub(super) fn lists_time(&self) -> bool {
        let is_time = |element: &Operand| match element {
            Operand::Time(_) | Operand::Shift { .. } | Operand::Literal(Literal::Time(_)) => true,
            Operand::Path(path) => path.root == Root::Now,
            _ => false,
        };
        match &self.operand {
            Operand::List(elements) => elements.iter().any(is_time),
            Operand::Times(_) => true,
            _ => false,
        }
    }

    /// Returns whether at least one of the rule's event types does not declare it.
    pub(super) fn is_open(&self) -> bool {
        self.shapes.as_ref().is_some_and(|shapes| shapes.open)
    }
}

impl<'a> RuleScope<'a, '_, '_> {
    /// Lowers an operand. Returns `None` after reporting an error.
    pub(super) fn operand(&mut self, operand: &'a ast::Operand) -> Option<TypedOperand<'a>> {
        let mut typed = self.term(operand)?;
        if operand.shifts.is_empty() {
            return Some(typed);
        }
        typed = self.timed(typed)?;
        typed = self.as_time_literal(typed)?;
        let seconds = declare::seconds(&operand.shifts, self.site, self.collector)?;
        if !typed.is_time() {
            self.report(self.no_time(&typed));
            return None;
        }
        let shifted = match typed.operand {
            Operand::Literal(Literal::Time(time)) => {
                let place = self.site.place(operand.at);
                let time = declare::shifted(time, seconds, place, self.collector)?;
                Operand::Literal(Literal::Time(time))
            }
            operand => Operand::Shift {
                operand: Box::new(operand),
                seconds,
            },
        };
        Some(TypedOperand {
            operand: shifted,
            at: operand.at,
            ..typed
        })
    }

    /// Converts a path declared `timestamp` into a timestamp.
    pub(super) fn timed(&mut self, typed: TypedOperand<'a>) -> Option<TypedOperand<'a>> {
        let (Operand::Path(_), Some(shapes)) = (&typed.operand, &typed.shapes) else {
            return Some(typed);
        };
        if !shapes.is_timestamp() {
            return Some(typed);
        }
        if let Some(other) = shapes.beside_timestamp() {
            let words = self.site.quote(typed.at);
            self.report(
                Fault::new(
                    Code::MixedTypes,
                    self.site.place(typed.at),
                    format!(
                        "`{words}` is declared `timestamp` in one event type and `{other}` in another"
                    ),
                )
                .help(format!("write `time({words})`, or use the same type in both declarations")),
            );
            return None;
        }
        Some(TypedOperand {
            operand: Operand::Time(Box::new(typed.operand)),
            kinds: ValueKinds::TIME,
            shapes: None,
            ..typed
        })
    }

    /// Converts a string literal, or the strings of a list, into timestamps.
    pub(super) fn as_time_literal(&mut self, typed: TypedOperand<'a>) -> Option<TypedOperand<'a>> {
        let operand = match &typed.operand {
            Operand::Literal(literal) => Operand::Literal(self.time_literal(literal, &typed)?),
            Operand::List(elements) => {
                let mut out = Vec::with_capacity(elements.len());
                for element in elements {
                    out.push(match element {
                        Operand::Literal(literal) => {
                            Operand::Literal(self.time_literal(literal, &typed)?)
                        }
                        other => other.clone(),
                    });
                }
                Operand::List(out.into())
            }
            _ => return Some(typed),
        };
        let kinds = match &operand {
            Operand::Literal(literal) => kinds_of_literal(literal),
            _ => typed.kinds,
        };
        Some(TypedOperand {
            operand,
            kinds,
            ..typed
        })
    }

    fn time_literal(&mut self, literal: &Literal, typed: &TypedOperand<'a>) -> Option<Literal> {
        match literal {
            Literal::Text(text) => self.timestamp(text, typed).map(Literal::Time),
            Literal::List(elements) => {
                let times: Vec<_> = elements
                    .iter()
                    .map(|element| match element {
                        Literal::Text(text) => self.timestamp(text, typed).map(Literal::Time),
                        other => Some(other.clone()),
                    })
                    .collect();
                let times = times.into_iter().collect::<Option<_>>()?;
                Some(Literal::List(times))
            }
            other => Some(other.clone()),
        }
    }

    fn timestamp(&mut self, text: &str, typed: &TypedOperand<'a>) -> Option<Timestamp> {
        let found = Timestamp::parse(text);
        if found.is_none() {
            let place = self.site.place(typed.at);
            let fault = Fault::new(
                Code::InvalidTimestamp,
                place,
                format!("cannot compare `{}` with a timestamp", truncate(text)),
            )
            .help("write a date and time with an offset, such as `2026-01-31T09:00Z`, or a date");
            self.report(match typed.constant {
                Some(constant) => fault.label(constant, "the constant"),
                None => fault,
            });
        }
        found
    }

    /// Returns the error for an operand that is not a timestamp where one is required.
    pub(super) fn no_time(&self, typed: &TypedOperand<'a>) -> Fault {
        let words = self.site.quote(typed.at);
        let fault = Fault::new(
            Code::NotATime,
            self.site.place(typed.at),
            format!("`{words}` is not a timestamp"),
        );
        match &typed.operand {
            Operand::Path(_) => fault.help(format!(
                "write `time({words})`, or declare the field `timestamp`"
            )),
            _ => fault,
        }
    }

    fn term(&mut self, operand: &'a ast::Operand) -> Option<TypedOperand<'a>> {
        let at = operand.at;
        let literal = match &operand.kind {
            ast::OperandKind::Null => Literal::Null,
            ast::OperandKind::Bool(value) => Literal::Bool(*value),
            ast::OperandKind::Number(text) => declare::number(text, at, self.site, self.collector)?,
            ast::OperandKind::Text(text) => Literal::Text(text.value.clone()),
            ast::OperandKind::Duration(_) => {
                self.report(
                    Fault::new(
                        Code::WrongLiteral,
                        self.site.place(at),
                        "a duration cannot stand alone",
                    )
                    .help("compare two timestamps: `time(p) < now + 2h`"),
                );
                return None;
            }
            ast::OperandKind::List(elements) => return self.list(elements, at, false),
            ast::OperandKind::Path(path) => return self.path(path, path.at),
            ast::OperandKind::Call {
                function,
                arguments,
            } => return self.call(*function, arguments, at),
        };
        Some(typed(literal, at, None))
    }

    /// Lowers the list that is searched for `value`. Its elements are compared one by one, so those declared
    /// `timestamp` become timestamps; in a search for null they keep the event's value, as under `==`.
    pub(super) fn searched(
        &mut self,
        operand: &'a ast::Operand,
        value: Option<&TypedOperand<'a>>,
    ) -> Option<TypedOperand<'a>> {
        let timed = value.is_none_or(|value| value.kinds != ValueKinds::NULL);
        match &operand.kind {
            ast::OperandKind::List(elements) if operand.shifts.is_empty() => {
                self.list(elements, operand.at, timed)
            }
            _ => {
                let list = self.operand(operand)?;
                if timed { self.times(list) } else { Some(list) }
            }
        }
    }

    /// Converts the elements of a path declared `[timestamp]` into timestamps.
    fn times(&mut self, typed: TypedOperand<'a>) -> Option<TypedOperand<'a>> {
        let (Operand::Path(_), Some(shapes)) = (&typed.operand, &typed.shapes) else {
            return Some(typed);
        };
        let elements = shapes.elements();
        if !elements.is_timestamp() || !shapes.are_lists() {
            return Some(typed);
        }
        if let Some(other) = elements.beside_timestamp() {
            let words = self.site.quote(typed.at);
            self.report(
                Fault::new(
                    Code::MixedTypes,
                    self.site.place(typed.at),
                    format!(
                        "the elements of `{words}` are declared `timestamp` in one event type and `{other}` in another"
                    ),
                )
                .help(format!(
                    "write `any t in {words} (time(t) == …)`, or use the same type in both declarations"
                )),
            );
            return None;
        }
        Some(TypedOperand {
            operand: Operand::Times(Box::new(typed.operand)),
            kinds: ValueKinds::LIST,
            shapes: None,
            ..typed
        })
    }

    /// Converts both sides of a search to timestamps if either side has them.
    pub(super) fn timed_alike(
        &mut self,
        value: TypedOperand<'a>,
        list: TypedOperand<'a>,
    ) -> Option<(TypedOperand<'a>, TypedOperand<'a>)> {
        if value.kinds == ValueKinds::NULL {
            return Some((value, list));
        }
        let mut value = self.timed(value)?;
        if list.lists_time() {
            value = self.as_time_literal(value)?;
        }
        let list = if value.is_time() {
            self.as_time_literal(list)?
        } else {
            list
        };
        Some((value, list))
    }

    fn list(
        &mut self,
        elements: &'a [ast::Operand],
        at: ast::At,
        timed: bool,
    ) -> Option<TypedOperand<'a>> {
        let elements: Vec<_> = elements
            .iter()
            .map(|element| {
                let element = self.operand(element)?;
                if timed {
                    self.timed(element)
                } else {
                    Some(element)
                }
            })
            .collect();
        let elements: Vec<TypedOperand<'a>> = elements.into_iter().collect::<Option<_>>()?;
        Some(TypedOperand {
            operand: list(elements),
            kinds: ValueKinds::LIST,
            shapes: None,
            at,
            constant: None,
        })
    }

    pub(super) fn path(
        &mut self,
        path: &'a ast::PathExpr,
        at: ast::At,
    ) -> Option<TypedOperand<'a>> {
        Some(match self.resolve(path)? {
            Resolved::Constant { literal, place } => typed(literal.clone(), at, Some(place)),
            Resolved::Path(path, shapes) => TypedOperand {
                kinds: kinds_of_path(&path, &shapes),
                shapes: match path.root {
                    Root::Person if path.segments.is_empty() => None,
                    Root::EventData | Root::Variable(_) | Root::Person => Some(shapes),
                    _ => None,
                },
                operand: Operand::Path(path),
                at,
                constant: None,
            },
        })
    }

    fn call(
        &mut self,
        function: ast::Function,
        arguments: &'a [ast::Operand],
        at: ast::At,
    ) -> Option<TypedOperand<'a>> {
        let name = match function {
            ast::Function::Count => "count",
            ast::Function::Length => "length",
            ast::Function::Number => "number",
            ast::Function::Time => "time",
            ast::Function::TimeOfDay => {
                self.report(
                    Fault::new(
                        Code::InvalidTimeOfDay,
                        self.site.place(at),
                        "`time_of_day` can only be used with `between`",
                    )
                    .help(
                        "write `time_of_day(now, \"America/Chicago\") between \"09:00\" and \"21:00\"`",
                    ),
                );
                return None;
            }
        };
        let [argument] = arguments else {
            self.fault(
                Code::Unexpected,
                at,
                format!("`{name}` takes one argument, not {}", arguments.len()),
            );
            return None;
        };
        let argument = self.operand(argument)?;
        match function {
            ast::Function::Time => self.time(argument, at),
            ast::Function::Number => {
                self.check_argument(
                    name,
                    &argument,
                    ValueKinds::NUMBER.or(ValueKinds::STRING),
                    "a number or a numeric string",
                )?;
                self.number(argument, at)
            }
            _ => {
                self.check_argument(
                    name,
                    &argument,
                    ValueKinds::LIST.or(ValueKinds::STRING),
                    "a list or a string",
                )?;
                Some(call(Operand::Count, argument, ValueKinds::NUMBER, at))
            }
        }
    }

    fn check_argument(
        &mut self,
        name: &str,
        argument: &TypedOperand<'a>,
        kinds: ValueKinds,
        takes: &str,
    ) -> Option<()> {
        if argument.kinds.meets(kinds) {
            return Some(());
        }
        let words = self.site.quote(argument.at);
        self.fault(
            Code::NeverHolds,
            argument.at,
            format!(
                "`{name}` expects {takes}, but `{words}` is {}",
                argument.kinds
            ),
        );
        None
    }

    fn number(&mut self, argument: TypedOperand<'a>, at: ast::At) -> Option<TypedOperand<'a>> {
        let literal = match &argument.operand {
            Operand::Literal(Literal::Text(text)) => match Number::parse(text) {
                Some(number) => Literal::Number(Decimal::new(number)),
                None => {
                    let message = format!("`{}` is not a number", truncate(text));
                    self.fault(Code::WrongLiteral, argument.at, message);
                    return None;
                }
            },
            Operand::Literal(literal) => literal.clone(),
            _ => return Some(call(Operand::Number, argument, ValueKinds::NUMBER, at)),
        };
        Some(typed(literal, at, argument.constant))
    }

    fn time(&mut self, argument: TypedOperand<'a>, at: ast::At) -> Option<TypedOperand<'a>> {
        let time = match &argument.operand {
            Operand::Literal(Literal::Text(text)) => self.timestamp(text, &argument)?,
            Operand::Literal(Literal::Number(number)) => {
                match Timestamp::from_epoch(number.as_number()) {
                    Some(time) => time,
                    None => {
                        self.fault(
                            Code::InvalidTimestamp,
                            argument.at,
                            "the timestamp is outside the years 0001 to 9999",
                        );
                        return None;
                    }
                }
            }
            _ if argument.is_time() => return Some(TypedOperand { at, ..argument }),
            _ => {
                self.check_argument(
                    "time",
                    &argument,
                    ValueKinds::NUMBER.or(ValueKinds::STRING),
                    "a string or a number of seconds",
                )?;
                return Some(call(Operand::Time, argument, ValueKinds::TIME, at));
            }
        };
        Some(typed(Literal::Time(time), at, argument.constant))
    }
}

/// Builds a list operand, which is a literal if all elements are.
pub(super) fn list(elements: Vec<TypedOperand<'_>>) -> Operand {
    let literals: Option<Box<[Literal]>> = elements
        .iter()
        .map(|element| match &element.operand {
            Operand::Literal(literal) => Some(literal.clone()),
            _ => None,
        })
        .collect();
    match literals {
        Some(literals) => Operand::Literal(Literal::List(literals)),
        None => {
            let operands = elements.into_iter().map(|element| element.operand);
            Operand::List(operands.collect())
        }
    }
}

fn typed<'a>(literal: Literal, at: ast::At, constant: Option<Place>) -> TypedOperand<'a> {
    TypedOperand {
        kinds: kinds_of_literal(&literal),
        operand: Operand::Literal(literal),
        shapes: None,
        at,
        constant,
    }
}

fn call<'a>(
    function: impl FnOnce(Box<Operand>) -> Operand,
    argument: TypedOperand<'a>,
    kinds: ValueKinds,
    at: ast::At,
) -> TypedOperand<'a> {
    TypedOperand {
        operand: function(Box::new(argument.operand)),
        kinds,
        shapes: None,
        at,
        constant: None,
    }
}

pub(super) fn kinds_of_path(path: &Path, shapes: &Shapes<'_>) -> ValueKinds {
    match path.root {
        Root::EventId | Root::EventType => ValueKinds::STRING,
        Root::Recipient(_) => ValueKinds::STRING.or(ValueKinds::NULL),
        Root::CarrierSms | Root::CarrierMms => ValueKinds::BOOL.or(ValueKinds::NULL),
        Root::Now => ValueKinds::TIME,
        Root::EventData | Root::Person if path.segments.is_empty() => ValueKinds::OBJECT,
        Root::EventData | Root::Variable(_) | Root::Person => shapes.kinds(),
    }
}
