//! Reasons why a test is unknown: missing values, values of the wrong type, and lookups without an answer.

use super::condition::{TreeBuilder, operands};
use crate::eval::OperandValue;
use crate::eval::missing_path::missing_segment;
use crate::eval::scope::{Lookup, Need};
use crate::event::path::{Path, Root};
use crate::hir::{Operand, Pattern, Predicate, Sample, Zone};
use crate::json::document::Datum;
use crate::json::kind_name::datum_kind_name;
use crate::syntax::operator::{CompareOp, TextOp};

impl<'a> TreeBuilder<'a, '_> {
    /// Returns everything that keeps the test from being true or false.
    pub(super) fn causes(&mut self, predicate: &'a Predicate) -> Vec<String> {
        let mut causes = Vec::new();
        for operand in operands(predicate) {
            self.missing(operand, &mut causes);
        }
        match predicate {
            // The time and the zone are independent of each other.
            Predicate::TimeOfDay { at, zone, .. } => {
                if causes.is_empty() && self.evaluation.operand(at).time().is_none() {
                    causes.push(format!("{} is no timestamp", self.name(at)));
                }
                if let Zone::Path(path) = zone {
                    self.zone_causes(path, &mut causes);
                }
            }
            _ if !causes.is_empty() => {}
            Predicate::Truth(operand) | Predicate::Is { operand, .. } => {
                let is_bool =
                    |value: &OperandValue<'_>| matches!(value, OperandValue::Datum(Datum::Bool(_)));
                self.expect(operand, "a bool", is_bool, &mut causes);
            }
            Predicate::Compare {
                left, op, right, ..
            } => {
                if !matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
                    self.expect_order(left, right, &mut causes);
                }
            }
            Predicate::Between {
                operand, bounds, ..
            } => {
                for bound in &**bounds {
                    self.expect_order(operand, bound, &mut causes);
                }
            }
            Predicate::In { right, .. } => {
                self.expect(right, "a list", OperandValue::is_list, &mut causes);
            }
            Predicate::Match {
                left, op, right, ..
            } => self.match_causes(left, *op, right, &mut causes),
            Predicate::Sample(sample) => self.sample_causes(sample, &mut causes),
        }
        causes.dedup();
        causes
    }

    /// Returns the reasons why the operand of a quantifier is not a list.
    pub(super) fn causes_of_list(&mut self, over: &'a Operand) -> Vec<String> {
        let mut causes = Vec::new();
        self.missing(over, &mut causes);
        if causes.is_empty() {
            self.expect(over, "a list", OperandValue::is_list, &mut causes);
        }
        causes
    }

    /// Returns an operand in backticks.
    fn name(&self, operand: &Operand) -> String {
        format!("`{}`", self.printer.operand(operand))
    }

    /// Adds a cause unless the operand has the expected type.
    fn expect(
        &mut self,
        operand: &'a Operand,
        expected: &str,
        fits: impl Fn(&OperandValue<'a>) -> bool,
        causes: &mut Vec<String>,
    ) {
        let value = self.evaluation.operand(operand);
        if !fits(&value) {
            let (name, kind) = (self.name(operand), kind(&value));
            causes.push(format!("{name} is {kind}, not {expected}"));
        }
    }

    /// Adds a cause unless the operands can be ordered.
    fn expect_order(&mut self, left: &'a Operand, right: &'a Operand, causes: &mut Vec<String>) {
        let (a, b) = (
            self.evaluation.operand(left),
            self.evaluation.operand(right),
        );
        let is_ordered = match (a.datum(), b.datum()) {
            (Some(a), Some(b)) => crate::json::compare::order(&a, &b).is_some(),
            _ => false,
        };
        if !is_ordered {
            causes.push(format!(
                "{} is {} and {} is {}: they have no order",
                self.name(left),
                kind(&a),
                self.name(right),
                kind(&b)
            ));
        }
    }

    fn match_causes(
        &mut self,
        left: &'a Operand,
        op: TextOp,
        right: &'a Pattern,
        causes: &mut Vec<String>,
    ) {
        let is_text = |value: &OperandValue<'_>| value.text().is_some();
        let value = self.evaluation.operand(left);
        if op == TextOp::Contains && !is_text(&value) {
            return self.expect(left, "a string or a list", OperandValue::is_list, causes);
        }
        self.expect(left, "a string", is_text, causes);
        if let Pattern::Operand(right) = right {
            let value = self.evaluation.operand(right);
            if !value.is_list() {
                return self.expect(right, "a string", is_text, causes);
            }
            let all_texts = value
                .elements()
                .is_some_and(|mut elements| elements.all(|element| is_text(&element)));
            if !all_texts {
                causes.push(format!(
                    "not every element of {} is a string",
                    self.name(right)
                ));
            }
        }
    }

    fn zone_causes(&mut self, path: &'a Path, causes: &mut Vec<String>) {
        let before = causes.len();
        self.missing_path(path, causes);
        if causes.len() > before {
            return;
        }
        let value = self.evaluation.path(path);
        if value.text().and_then(crate::time::TimeZone::find).is_none() {
            causes.push(format!("`{}` is no time zone", self.printer.path(path)));
        }
    }

    fn sample_causes(&mut self, sample: &'a Sample, causes: &mut Vec<String>) {
        self.missing_path(&sample.by, causes);
        if causes.is_empty() {
            let value = self.evaluation.path(&sample.by);
            causes.push(format!(
                "`{}` is {}: samples are of strings, numbers and bools",
                self.printer.path(&sample.by),
                kind(&value)
            ));
        }
    }

    /// Adds the reasons why an operand is missing, if it is. Recurses as deep as the rule nests it, which
    /// is limited.
    fn missing(&mut self, operand: &'a Operand, causes: &mut Vec<String>) {
        let before = causes.len();
        match operand {
            Operand::Literal(_) => {}
            Operand::List(operands) => {
                for operand in operands {
                    self.missing(operand, causes);
                }
            }
            Operand::Path(path) => self.missing_path(path, causes),
            Operand::Times(inner) => {
                self.missing(inner, causes);
                if causes.len() == before {
                    self.not_a_timestamp_in(inner, causes);
                }
            }
            Operand::Count(inner)
            | Operand::Number(inner)
            | Operand::Time(inner)
            | Operand::Shift { operand: inner, .. } => {
                self.missing(inner, causes);
                if causes.len() > before || !self.evaluation.operand(operand).is_missing() {
                    return;
                }
                let value = self.evaluation.operand(inner);
                let (name, kind) = (self.name(inner), kind(&value));
                causes.push(match operand {
                    Operand::Count(_) => {
                        format!("{name} is {kind}: only lists and strings are counted")
                    }
                    Operand::Number(_) => match value.text() {
                        Some(_) => format!("{name} is no number: {}", self.operand_text(inner)),
                        None => format!("{name} is {kind}, not a number or a string"),
                    },
                    Operand::Time(_) => match value {
                        OperandValue::Datum(Datum::Text(_) | Datum::Number(_))
                        | OperandValue::Number(_) => {
                            format!("{name} is no timestamp: {}", self.operand_text(inner))
                        }
                        _ => format!("{name} is {kind}, not a timestamp"),
                    },
                    _ => match value {
                        OperandValue::Datum(Datum::Time(_)) => {
                            format!("{} leaves the years 0001 to 9999", self.name(operand))
                        }
                        _ => format!("{name} is {kind}, not a timestamp"),
                    },
                });
            }
        }
    }

    /// Adds the first element of a list that is not a timestamp.
    fn not_a_timestamp_in(&mut self, list: &'a Operand, causes: &mut Vec<String>) {
        let value = self.evaluation.operand(list);
        let found = value
            .elements()
            .and_then(|mut elements| elements.position(|element| element.time().is_none()));
        if let Some(index) = found {
            let text = self.printer.operand(list);
            causes.push(format!("`{text}[{index}]` is no timestamp"));
        }
    }

    /// Adds the reason why a path is missing, if it is, and the part of it that exists.
    fn missing_path(&mut self, path: &'a Path, causes: &mut Vec<String>) {
        let name = self.printer.path(path);
        match self.evaluation.path(path) {
            OperandValue::Pending(need) => {
                causes.push(format!("`{name}`: {} is not known yet", subject(&need)));
            }
            OperandValue::Unavailable(need) => {
                causes.push(format!(
                    "`{name}`: {} could not be looked up",
                    subject(&need)
                ));
            }
            OperandValue::Datum(Datum::Missing) => {
                causes.push(match self.how_far(path) {
                    Some(how_far) => format!("`{name}` is missing: {how_far}"),
                    None => format!("`{name}` is missing"),
                });
            }
            _ => {}
        }
    }

    /// Describes the part of a missing path that exists, and what is there instead of the rest.
    fn how_far(&mut self, path: &'a Path) -> Option<String> {
        let root = match path.root {
            Root::EventData => Some(self.context.scope.data),
            Root::Person => match self.context.scope.person {
                Lookup::Value(None) => return Some("there is no such person".to_owned()),
                Lookup::Value(person) => person,
                Lookup::Pending | Lookup::Unavailable => None,
            },
            Root::Recipient(kind) if path.segments.is_empty() => {
                return Some(format!("the event has no {}", kind.name()));
            }
            Root::CarrierSms | Root::CarrierMms if path.segments.is_empty() => {
                return Some("there is no carrier".to_owned());
            }
            Root::Variable(depth) => match self.evaluation.variable(depth) {
                OperandValue::Datum(Datum::Node(value)) => Some(value),
                value => {
                    let name = self.printer.path(&Path::whole(path.root));
                    return (!value.is_missing()).then(|| format!("`{name}` is {}", kind(&value)));
                }
            },
            _ => None,
        };
        let (length, why) = missing_segment(root?, &path.segments)?;
        let existing = path.segments.get(..length).unwrap_or_default();
        let existing = self.printer.path(&Path::new(path.root, existing.into()));
        Some(match &*existing {
            "event_data" => format!("{existing} {why}"),
            _ => format!("`{existing}` {why}"),
        })
    }
}

fn kind(value: &OperandValue<'_>) -> &'static str {
    match value {
        OperandValue::Datum(datum) => datum_kind_name(datum),
        OperandValue::Number(_) => "a number",
        OperandValue::List(_) => "a list",
        OperandValue::Pending(_) => "not answered yet",
        OperandValue::Unavailable(_) => "not available",
    }
}

const fn subject(need: &Need) -> &'static str {
    match need {
        Need::Person => "the person",
        Need::Carrier => "the carrier",
        Need::Code(_) => "the code",
    }
}
