//! Prints conditions in the one form that explanations show.

use std::fmt::Write;

use crate::event::path::{Path, Root};
use crate::hir::{Expr, Operand, Pattern, Predicate, Sample, Zone};
use crate::json::document::Literal;
use crate::json::path::{Segment, write_segments};
use crate::json::write;

/// Prints conditions of one rule.
#[derive(Clone, Debug)]
pub(crate) struct ConditionPrinter<'a> {
    /// The variables of enclosing quantifiers, outermost first.
    pub(crate) variables: Vec<&'a str>,
    /// The rule's name, which is the default salt of a sample.
    rule: &'a str,
    /// Elements printed of a list; the others are counted.
    max_elements: usize,
}

impl<'a> ConditionPrinter<'a> {
    pub(crate) const fn new(rule: &'a str, max_elements: usize) -> Self {
        Self {
            variables: Vec::new(),
            rule,
            max_elements,
        }
    }

    /// Prints a condition. Recurses as deep as the rule nests it, which is limited.
    pub(crate) fn expr(&mut self, expr: &'a Expr) -> String {
        match expr {
            Expr::Or(arms) => {
                let arms: Vec<String> = arms.iter().map(|arm| self.expr(arm)).collect();
                arms.join(" or ")
            }
            Expr::And(arms) => {
                let print = |arm: &'a Expr| self.grouped_if(matches!(arm, Expr::Or(_)), arm);
                let arms: Vec<String> = arms.iter().map(print).collect();
                arms.join(" and ")
            }
            Expr::Not(inner) => {
                let grouped = matches!(**inner, Expr::Or(_) | Expr::And(_));
                format!("not {}", self.grouped_if(grouped, inner))
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

    fn grouped_if(&mut self, grouped: bool, expr: &'a Expr) -> String {
        let text = self.expr(expr);
        if grouped { format!("({text})") } else { text }
    }

    /// Prints one test.
    pub(crate) fn predicate(&self, predicate: &Predicate) -> String {
        let (mut text, ignoring_case) = match predicate {
            Predicate::Truth(operand) => (self.operand(operand), false),
            Predicate::Is {
                operand,
                negated,
                what,
            } => {
                let (operand, not) = (self.operand(operand), not(*negated));
                (format!("{operand} is {not}{}", what.word()), false)
            }
            Predicate::Compare {
                left,
                op,
                right,
                ignoring_case,
            } => {
                let (left, right) = (self.operand(left), self.operand(right));
                (format!("{left} {} {right}", op.word()), *ignoring_case)
            }
            Predicate::Between {
                operand,
                negated,
                bounds,
                ignoring_case,
            } => {
                let (operand, not) = (self.operand(operand), not(*negated));
                let [low, high] = &**bounds;
                let (low, high) = (self.operand(low), self.operand(high));
                let text = format!("{operand} {not}between {low} and {high}");
                (text, *ignoring_case)
            }
            Predicate::In {
                left,
                negated,
                right,
                ignoring_case,
            } => {
                let (left, right) = (self.operand(left), self.operand(right));
                let text = format!("{left} {}in {right}", not(*negated));
                (text, *ignoring_case)
            }
            Predicate::Match {
                left,
                negated,
                op,
                right,
                ignoring_case,
            } => {
                let (left, right) = (self.operand(left), self.pattern(right));
                let text = format!("{left} {}{} {right}", not(*negated), op.word());
                (text, *ignoring_case)
            }
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
                let (at, not) = (self.operand(at), not(*negated));
                let (from, until) = (clock(*from), clock(*until));
                let text = format!("time_of_day({at}, {zone}) {not}between {from} and {until}");
                (text, false)
            }
            Predicate::Sample(sample) => (self.sample(sample), false),
        };
        if ignoring_case {
            text.push_str(" ignoring case");
        }
        text
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
        // `by person` is lowered to this path.
        let by = match (&sample.by.root, &*sample.by.segments) {
            (Root::Person, [Segment::Key(key)]) if &**key == "person_key" => "person".to_owned(),
            _ => self.path(&sample.by),
        };
        let mut text = format!("sample {} by {by}", sample.text);
        if *sample.salt != *self.rule {
            let _ = write!(text, " salt {}", write::string(&sample.salt));
        }
        text
    }

    /// Prints an operand. Recurses as deep as the rule nests it, which is limited.
    pub(crate) fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Literal(literal) => self.literal(literal),
            Operand::List(operands) => self.list(operands, |operand| self.operand(operand)),
            Operand::Path(path) => self.path(path),
            // Added by lowering; the language has no such function.
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
            Literal::List(values) => self.list(values, |value| self.literal(value)),
        }
    }

    fn list<T>(&self, elements: &[T], print: impl Fn(&T) -> String) -> String {
        let mut shown: Vec<String> = elements.iter().take(self.max_elements).map(print).collect();
        let more = elements.len().saturating_sub(shown.len());
        if more > 0 {
            shown.push(format!("… {more} more"));
        }
        format!("[{}]", shown.join(", "))
    }

    /// Prints a path. A field omits `event_data.` unless a variable has the same name.
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

/// Prints a duration in the largest unit that divides it.
fn duration(seconds: u64) -> String {
    for (unit, size) in [('d', 86_400), ('h', 3_600), ('m', 60)] {
        let count = seconds.checked_div(size).unwrap_or(0);
        if count > 0 && seconds.is_multiple_of(size) {
            return format!("{count}{unit}");
        }
    }
    format!("{seconds}s")
}

/// Prints a time of day: `"09:00"`, with seconds unless they are zero.
fn clock(second: u32) -> String {
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    match second % 60 {
        0 => format!("\"{hour:02}:{minute:02}\""),
        second => format!("\"{hour:02}:{minute:02}:{second:02}\""),
    }
}
