//! Why a test is unknown: what is missing and how far its path got, what is of the wrong kind, what does
//! not parse, whose answer is not there. Decides nothing.

use super::condition::Tree;
use crate::eval::Came;
use crate::eval::missing_path::dead_end;
use crate::eval::scope::{Known, Need};
use crate::event::path::{Path, Root};
use crate::hir::conformance::kind_word;
use crate::hir::{Operand, Pattern, Predicate, Sample, Zone};
use crate::json::document::Datum;
use crate::syntax::operator::{CompareOp, TextOp};

impl<'a> Tree<'a, '_> {
    /// Everything that keeps the test from being true or false.
    pub(super) fn causes(&mut self, predicate: &'a Predicate) -> Vec<String> {
        let mut causes = Vec::new();
        match predicate {
            Predicate::Truth(operand) | Predicate::Is { operand, .. } => {
                self.missing(operand, &mut causes);
                if causes.is_empty() {
                    self.want(
                        operand,
                        "a bool",
                        |came| matches!(came, Came::Datum(Datum::Bool(_))),
                        &mut causes,
                    );
                }
            }
            Predicate::Compare {
                left, op, right, ..
            } => {
                self.missing(left, &mut causes);
                self.missing(right, &mut causes);
                if causes.is_empty() {
                    let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
                    self.not_comparable(left, right, ordered, &mut causes);
                }
            }
            Predicate::Between {
                operand, bounds, ..
            } => {
                let [low, high] = &**bounds;
                for operand in [operand, low, high] {
                    self.missing(operand, &mut causes);
                }
                if causes.is_empty() {
                    self.not_comparable(operand, low, true, &mut causes);
                    self.not_comparable(operand, high, true, &mut causes);
                }
            }
            Predicate::In { left, right, .. } => {
                self.missing(left, &mut causes);
                self.missing(right, &mut causes);
                if causes.is_empty() {
                    self.want(right, "a list", Came::is_list, &mut causes);
                }
            }
            Predicate::Match {
                left, op, right, ..
            } => self.match_causes(left, *op, right, &mut causes),
            Predicate::TimeOfDay { at, zone, .. } => {
                self.missing(at, &mut causes);
                if causes.is_empty() && self.evaluation.operand(at).time().is_none() {
                    let text = self.name(at);
                    causes.push(format!("{text} is no timestamp"));
                }
                if let Zone::Path(path) = zone {
                    self.zone_causes(path, &mut causes);
                }
            }
            Predicate::Sample(sample) => self.sample_causes(sample, &mut causes),
        }
        causes.dedup();
        causes
    }

    /// Why there is no list to go over.
    pub(super) fn causes_of_list(&mut self, over: &'a Operand) -> Vec<String> {
        let mut causes = Vec::new();
        self.missing(over, &mut causes);
        if causes.is_empty() {
            self.want(over, "a list", Came::is_list, &mut causes);
        }
        causes
    }

    /// An operand in backticks.
    fn name(&self, operand: &Operand) -> String {
        format!("`{}`", self.style.operand(operand))
    }

    fn want(
        &mut self,
        operand: &'a Operand,
        wanted: &str,
        is: impl Fn(&Came<'a>) -> bool,
        causes: &mut Vec<String>,
    ) {
        let came = self.evaluation.operand(operand);
        if !is(&came) {
            causes.push(format!(
                "{} is {}, not {wanted}",
                self.name(operand),
                kind(&came)
            ));
        }
    }

    fn not_comparable(
        &mut self,
        left: &'a Operand,
        right: &'a Operand,
        ordered: bool,
        causes: &mut Vec<String>,
    ) {
        let (a, b) = (
            self.evaluation.operand(left),
            self.evaluation.operand(right),
        );
        if ordered {
            let comparable = match (a.datum(), b.datum()) {
                (Some(a), Some(b)) => crate::json::compare::order(&a, &b).is_some(),
                _ => false,
            };
            if !comparable {
                causes.push(format!(
                    "{} is {} and {} is {}: they have no order",
                    self.name(left),
                    kind(&a),
                    self.name(right),
                    kind(&b)
                ));
            }
        }
    }

    fn match_causes(
        &mut self,
        left: &'a Operand,
        op: TextOp,
        right: &'a Pattern,
        causes: &mut Vec<String>,
    ) {
        self.missing(left, causes);
        if let Pattern::Operand(right) = right {
            self.missing(right, causes);
        }
        if !causes.is_empty() {
            return;
        }
        let is_text = |came: &Came<'_>| came.text().is_some();
        let came = self.evaluation.operand(left);
        if op == TextOp::Contains && !is_text(&came) {
            let fits = |came: &Came<'_>| came.is_list();
            return self.want(left, "a string or a list", fits, causes);
        }
        self.want(left, "a string", is_text, causes);
        if let Pattern::Operand(right) = right {
            let came = self.evaluation.operand(right);
            if !came.is_list() {
                return self.want(right, "a string", is_text, causes);
            }
            let texts_alone = came
                .elements()
                .is_some_and(|mut elements| elements.all(|element| is_text(&element)));
            if !texts_alone {
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
        let came = self.evaluation.path(path);
        if came.text().and_then(crate::time::TimeZone::find).is_none() {
            causes.push(format!("`{}` is no time zone", self.style.path(path)));
        }
    }

    fn sample_causes(&mut self, sample: &'a Sample, causes: &mut Vec<String>) {
        self.missing_path(&sample.by, causes);
        if causes.is_empty() {
            let came = self.evaluation.path(&sample.by);
            causes.push(format!(
                "`{}` is {}: samples are of strings, numbers and bools",
                self.style.path(&sample.by),
                kind(&came)
            ));
        }
    }

    /// Why an operand came to nothing, if it did. Recurses as deep as the rule nests it, which is
    /// limited.
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
                    self.no_moment_among(inner, causes);
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
                let came = self.evaluation.operand(inner);
                let (name, kind) = (self.name(inner), kind(&came));
                causes.push(match operand {
                    Operand::Count(_) => {
                        format!("{name} is {kind}: only lists and strings are counted")
                    }
                    Operand::Number(_) => match came.text() {
                        Some(_) => format!("{name} is no number: {}", self.operand_text(inner)),
                        None => format!("{name} is {kind}, not a number or a string"),
                    },
                    Operand::Time(_) => match came {
                        Came::Datum(Datum::Text(_) | Datum::Number(_)) | Came::Number(_) => {
                            format!("{name} is no timestamp: {}", self.operand_text(inner))
                        }
                        _ => format!("{name} is {kind}, not a timestamp"),
                    },
                    _ => match came {
                        Came::Datum(Datum::Time(_)) => {
                            format!("{} leaves the years 0001 to 9999", self.name(operand))
                        }
                        _ => format!("{name} is {kind}, not a timestamp"),
                    },
                });
            }
        }
    }

    /// The first element of a list that is no point in time.
    fn no_moment_among(&mut self, list: &'a Operand, causes: &mut Vec<String>) {
        let came = self.evaluation.operand(list);
        let found = came
            .elements()
            .and_then(|mut elements| elements.position(|element| element.time().is_none()));
        if let Some(index) = found {
            let text = self.style.operand(list);
            causes.push(format!("`{text}[{index}]` is no timestamp"));
        }
    }

    /// Why a path came to nothing, and how far it got.
    fn missing_path(&mut self, path: &'a Path, causes: &mut Vec<String>) {
        let name = self.style.path(path);
        match self.evaluation.path(path) {
            Came::Open(need) => {
                causes.push(format!("`{name}`: {} is not known yet", subject(&need)));
            }
            Came::Unavailable(need) => {
                causes.push(format!(
                    "`{name}`: {} could not be looked up",
                    subject(&need)
                ));
            }
            Came::Datum(Datum::Missing) => {
                causes.push(match self.how_far(path) {
                    Some(how_far) => format!("`{name}` is missing: {how_far}"),
                    None => format!("`{name}` is missing"),
                });
            }
            _ => {}
        }
    }

    fn how_far(&mut self, path: &'a Path) -> Option<String> {
        let root = match path.root {
            Root::EventData => Some(self.setting.scope.data),
            Root::Person => match self.setting.scope.person {
                Known::Value(None) => return Some("there is no such person".to_owned()),
                Known::Value(person) => person,
                Known::Open | Known::Unavailable => None,
            },
            Root::Recipient(kind) if path.segments.is_empty() => {
                return Some(format!("the event has no {}", kind.name()));
            }
            Root::CarrierSms | Root::CarrierMms if path.segments.is_empty() => {
                return Some("there is no carrier".to_owned());
            }
            Root::Variable(depth) => match self.evaluation.variable(depth) {
                Came::Datum(Datum::Node(value)) => Some(value),
                came => {
                    let name = self.style.path(&Path::whole(path.root));
                    return (!came.is_missing()).then(|| format!("`{name}` is {}", kind(&came)));
                }
            },
            _ => None,
        };
        let (gone, why) = dead_end(root?, &path.segments)?;
        let gone = path.segments.get(..gone).unwrap_or_default();
        let gone = self.style.path(&Path::new(path.root, gone.into()));
        Some(match &*gone {
            "event_data" => format!("{gone} {why}"),
            _ => format!("`{gone}` {why}"),
        })
    }
}

fn kind(came: &Came<'_>) -> &'static str {
    match came {
        Came::Datum(datum) => kind_word(datum),
        Came::Number(_) => "a number",
        Came::List(_) => "a list",
        Came::Open(_) => "not answered yet",
        Came::Unavailable(_) => "not available",
    }
}

const fn subject(need: &Need) -> &'static str {
    match need {
        Need::Person => "the person",
        Need::Carrier => "the carrier",
        Need::Code(_) => "the code",
    }
}
