//! Conditions as text, in the one spelling that explain shows. Evaluates nothing.

use std::fmt::Write;

use crate::event::path::{Path, Root};
use crate::hir::{Expr, Operand, Pattern, Predicate, Sample, Zone};
use crate::json::document::Literal;
use crate::json::path::{Segment, write_segments};
use crate::json::write;

/// How conditions are written.
#[derive(Clone, Debug)]
pub(crate) struct Style<'a> {
    /// The names of the quantifiers' variables around, outermost first.
    pub(crate) variables: Vec<&'a str>,
    /// The salt that goes without saying: the rule's name.
    pub(crate) salt: &'a str,
    /// Elements of a list that are written; the rest is counted.
    pub(crate) elements: usize,
}

impl<'a> Style<'a> {
    /// A whole condition. Recurses as deep as the rule nests it, which is limited.
    pub(crate) fn expr(&mut self, expr: &'a Expr) -> String {
        match expr {
            Expr::Or(arms) => {
                let arms: Vec<String> = arms.iter().map(|arm| self.expr(arm)).collect();
                arms.join(" or ")
            }
            Expr::And(arms) => {
                let arms: Vec<String> = arms
                    .iter()
                    .map(|arm| self.inside(arm, matches!(arm, Expr::Or(_))))
                    .collect();
                arms.join(" and ")
            }
            Expr::Not(inner) => {
                let grouped = matches!(**inner, Expr::Or(_) | Expr::And(_));
                format!("not {}", self.inside(inner, grouped))
            }
            Expr::Quantifier {
                which,
                name,
                over,
                body,
            } => {
                let over = self.operand(over);
                self.variables.push(name);
                let body = self.expr(body);
                self.variables.pop();
                format!("{} {name} in {over} ({body})", which.word())
            }
            Expr::Test(predicate) => self.predicate(predicate),
        }
    }

    fn inside(&mut self, expr: &'a Expr, grouped: bool) -> String {
        let text = self.expr(expr);
        if grouped { format!("({text})") } else { text }
    }

    /// One test.
    pub(crate) fn predicate(&self, predicate: &Predicate) -> String {
        match predicate {
            Predicate::Truth(operand) => self.operand(operand),
            Predicate::Is {
                operand,
                negated,
                what,
            } => format!(
                "{} is {}{}",
                self.operand(operand),
                not(*negated),
                what.word()
            ),
            Predicate::Compare {
                left,
                op,
                right,
                ignoring_case,
            } => format!(
                "{} {} {}{}",
                self.operand(left),
                op.sign(),
                self.operand(right),
                ignoring(*ignoring_case)
            ),
            Predicate::Between {
                operand,
                negated,
                bounds,
                ignoring_case,
            } => {
                let [low, high] = &**bounds;
                format!(
                    "{} {}between {} and {}{}",
                    self.operand(operand),
                    not(*negated),
                    self.operand(low),
                    self.operand(high),
                    ignoring(*ignoring_case)
                )
            }
            Predicate::In {
                left,
                negated,
                right,
                ignoring_case,
            } => format!(
                "{} {}in {}{}",
                self.operand(left),
                not(*negated),
                self.operand(right),
                ignoring(*ignoring_case)
            ),
            Predicate::Match {
                left,
                negated,
                op,
                right,
                ignoring_case,
            } => format!(
                "{} {}{} {}{}",
                self.operand(left),
                not(*negated),
                op.word(),
                self.pattern(right),
                ignoring(*ignoring_case)
            ),
            Predicate::TimeOfDay {
                at,
                zone,
                negated,
                from,
                until,
            } => {
                let zone = match zone {
                    Zone::Name(name) => write::string(name),
                    Zone::Path(path) => self.path(path),
                };
                format!(
                    "time_of_day({}, {zone}) {}between {} and {}",
                    self.operand(at),
                    not(*negated),
                    clock(*from),
                    clock(*until)
                )
            }
            Predicate::Sample(sample) => self.sample(sample),
        }
    }

    fn pattern(&self, pattern: &Pattern) -> String {
        match pattern {
            Pattern::Operand(operand) => self.operand(operand),
            Pattern::Like(like) => write::string(like.text()),
            Pattern::Regex(regex) => write::string(regex.text()),
            Pattern::Network(network) => write::string(&network.to_string()),
        }
    }

    fn sample(&self, sample: &Sample) -> String {
        let by = match (&sample.by.root, &*sample.by.segments) {
            (Root::Person, [Segment::Key(key)]) if &**key == "person_key" => "person".to_owned(),
            _ => self.path(&sample.by),
        };
        let mut text = format!("sample {} by {by}", sample.text);
        if *sample.salt != *self.salt {
            let _ = write!(text, " salt {}", write::string(&sample.salt));
        }
        text
    }

    /// An operand. Recurses as deep as the rule nests it, which is limited.
    pub(crate) fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Literal(literal) => self.literal(literal),
            Operand::List(operands) => self.list(
                operands.len(),
                operands.iter().map(|operand| self.operand(operand)),
            ),
            Operand::Path(path) => self.path(path),
            // No function that an author could write.
            Operand::Times(inner) => self.operand(inner),
            Operand::Count(inner) => format!("count({})", self.operand(inner)),
            Operand::Number(inner) => format!("number({})", self.operand(inner)),
            Operand::Time(inner) => format!("time({})", self.operand(inner)),
            Operand::Shift { operand, seconds } => {
                let sign = if *seconds < 0 { '-' } else { '+' };
                format!(
                    "{} {sign} {}",
                    self.operand(operand),
                    duration(seconds.unsigned_abs())
                )
            }
        }
    }

    fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Null => "null".to_owned(),
            Literal::Bool(value) => value.to_string(),
            Literal::Number(value) => value.as_number().text().to_owned(),
            Literal::Text(value) => write::string(value),
            Literal::Time(value) => write::string(&value.to_string()),
            Literal::List(values) => {
                self.list(values.len(), values.iter().map(|value| self.literal(value)))
            }
        }
    }

    fn list(&self, count: usize, elements: impl Iterator<Item = String>) -> String {
        let mut shown: Vec<String> = elements.take(self.elements).collect();
        let left = count.saturating_sub(shown.len());
        if left > 0 {
            shown.push(format!("… {left} more"));
        }
        format!("[{}]", shown.join(", "))
    }

    /// As an author writes it: a field without `event_data.` where that means the same.
    pub(crate) fn path(&self, path: &Path) -> String {
        let mut text = match (path.root, path.segments.split_first()) {
            (Root::Variable(depth), _) => {
                let name = self.variables.get(usize::from(depth));
                (*name.unwrap_or(&"?")).to_owned()
            }
            (Root::EventData, Some((Segment::Key(first), _)))
                if !self.variables.contains(&&**first) =>
            {
                return path.words();
            }
            (root, _) => Path::whole(root).to_string(),
        };
        let _ = write_segments(&mut text, &path.segments);
        text
    }
}

const fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}

const fn ignoring(case: bool) -> &'static str {
    if case { " ignoring case" } else { "" }
}

/// In the largest unit that leaves no rest.
fn duration(seconds: u64) -> String {
    for (unit, size) in [('d', 86_400), ('h', 3_600), ('m', 60)] {
        let count = seconds.checked_div(size).unwrap_or(0);
        if count > 0 && seconds.is_multiple_of(size) {
            return format!("{count}{unit}");
        }
    }
    format!("{seconds}s")
}

/// `"09:00"`, with seconds where there are any.
fn clock(second: u32) -> String {
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    match second % 60 {
        0 => format!("\"{hour:02}:{minute:02}\""),
        second => format!("\"{hour:02}:{minute:02}:{second:02}\""),
    }
}
