//! From the grammar's pairs to the tree: conditions, operands and paths. Resolves no name.

use super::ast::{
    At, Duration, Expr, ExprKind, Function, Name, Operand, OperandKind, Path, Sample, Segment,
    SegmentKind, Shift,
};
use super::grammar::{Pair, Rule};
use super::parser::{Parts, Read, Reader, at};
use crate::diagnostic::Code;
use crate::operator::{CompareOp, Is, Quantifier, TextOp};
use crate::span::Span;

impl Reader<'_> {
    pub(super) fn expr(&self, pair: Pair<'_>) -> Read<Expr> {
        let place = at(&pair);
        let arms = Parts::of(pair)
            .map(|conj| self.conj(conj))
            .collect::<Read<Vec<_>>>()?;
        Ok(joined(place, arms, ExprKind::Or))
    }

    fn conj(&self, pair: Pair<'_>) -> Read<Expr> {
        let place = at(&pair);
        let arms = Parts::of(pair)
            .map(|negation| self.negation(negation))
            .collect::<Read<Vec<_>>>()?;
        Ok(joined(place, arms, ExprKind::And))
    }

    fn negation(&self, pair: Pair<'_>) -> Read<Expr> {
        let place = at(&pair);
        let mut parts = Parts::of(pair);
        let mut nots = Vec::new();
        while let Some(not) = parts.next_if(Rule::kw_not) {
            nots.push(at(&not).0.start);
        }
        let mut expr = self.condition(self.next(&mut parts)?)?;
        for start in nots.into_iter().rev() {
            expr = Expr {
                at: At(Span::new(start, place.0.end)),
                kind: ExprKind::Not(Box::new(expr)),
            };
        }
        Ok(expr)
    }

    fn condition(&self, pair: Pair<'_>) -> Read<Expr> {
        let place = at(&pair);
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair);
        let first = self.next(&mut parts)?;
        let kind = match rule {
            Rule::group => ExprKind::Group(Box::new(self.expr(first)?)),
            Rule::quantifier => self.quantifier(&first, parts)?,
            Rule::sample => ExprKind::Sample(self.sample(&first, parts)?),
            _ => {
                let operand = self.operand(first)?;
                match parts.next() {
                    Some(tail) => self.tail(operand, tail)?,
                    None => ExprKind::Bare(operand),
                }
            }
        };
        Ok(Expr { at: place, kind })
    }

    fn quantifier(&self, word: &Pair<'_>, mut parts: Parts<'_>) -> Read<ExprKind> {
        let which = match word.as_str() {
            "any" => Quantifier::Any,
            "all" => Quantifier::All,
            _ => Quantifier::None,
        };
        let variable = self.next(&mut parts)?;
        let variable = Name {
            text: variable.as_str().trim_end().into(),
            at: at(&variable),
            quoted: false,
        };
        let over = self.term(self.next(&mut parts)?)?;
        let body = Box::new(self.expr(self.next(&mut parts)?)?);
        Ok(ExprKind::Quantifier {
            which,
            variable,
            over,
            body,
        })
    }

    fn sample(&self, first: &Pair<'_>, mut parts: Parts<'_>) -> Read<Sample> {
        let share = |pair: &Pair<'_>| super::ast::NumberText {
            text: pair.as_str().trim_end_matches('%').into(),
            at: at(pair),
        };
        let second = parts.next_if(Rule::share);
        let (from, until) = match &second {
            Some(second) => (Some(share(first)), share(second)),
            None => (None, share(first)),
        };
        Ok(Sample {
            from,
            until,
            by: self.path(self.next(&mut parts)?)?,
            salt: parts
                .next_if(Rule::string)
                .map(|salt| self.text(&salt))
                .transpose()?,
        })
    }

    fn tail(&self, left: Operand, pair: Pair<'_>) -> Read<ExprKind> {
        let mut parts = Parts::of(pair);
        let first = self.next(&mut parts)?;
        let ignoring_case = parts.next_if(Rule::ignoring).is_some();
        let (negated, tail) = if first.as_rule() == Rule::negated_tail {
            let mut inner = Parts::of(first);
            inner.next_if(Rule::kw_not);
            (true, self.next(&mut inner)?)
        } else {
            (false, first)
        };
        let rule = tail.as_rule();
        let mut parts = Parts::of(tail);
        Ok(match rule {
            Rule::is_tail => ExprKind::Is {
                operand: left,
                negated: parts.next_if(Rule::kw_not).is_some(),
                what: is(self.next(&mut parts)?.as_str()),
            },
            Rule::between_tail => ExprKind::Between {
                operand: left,
                negated,
                low: self.operand(self.next(&mut parts)?)?,
                high: self.operand(self.next(&mut parts)?)?,
                ignoring_case,
            },
            Rule::in_tail => ExprKind::In {
                left,
                negated,
                right: self.operand(self.next(&mut parts)?)?,
                ignoring_case,
            },
            Rule::text_tail => ExprKind::Match {
                left,
                negated,
                op: text_op(self.next(&mut parts)?.as_str()),
                right: self.operand(self.next(&mut parts)?)?,
                ignoring_case,
            },
            _ => ExprKind::Compare {
                left,
                op: compare_op(self.next(&mut parts)?.as_str()),
                right: self.operand(self.next(&mut parts)?)?,
                ignoring_case,
            },
        })
    }

    fn operand(&self, pair: Pair<'_>) -> Read<Operand> {
        let place = at(&pair);
        let mut parts = Parts::of(pair);
        let mut operand = self.term(self.next(&mut parts)?)?;
        operand.at = place;
        for shift in parts {
            let mut parts = Parts::of(shift);
            let sign = self.next(&mut parts)?;
            operand.shifts.push(Shift {
                minus: sign.as_str() == "-",
                duration: duration(&self.next(&mut parts)?),
            });
        }
        Ok(operand)
    }

    fn term(&self, pair: Pair<'_>) -> Read<Operand> {
        let place = at(&pair);
        let kind = match pair.as_rule() {
            Rule::list => {
                let elements = Parts::of(pair)
                    .map(|element| self.operand(element))
                    .collect::<Read<_>>()?;
                OperandKind::List(self.limited(elements, place)?)
            }
            Rule::call => self.call(pair)?,
            Rule::path => OperandKind::Path(self.path(pair)?),
            _ => self.scalar(&pair)?,
        };
        Ok(Operand {
            at: place,
            kind,
            shifts: Vec::new(),
        })
    }

    /// A string, number, duration or word.
    pub(super) fn scalar(&self, pair: &Pair<'_>) -> Read<OperandKind> {
        Ok(match pair.as_rule() {
            Rule::string => OperandKind::Text(self.text(pair)?),
            Rule::duration => OperandKind::Duration(duration(pair)),
            Rule::number => OperandKind::Number(self.number(pair)?.text),
            _ => match pair.as_str() {
                "null" => OperandKind::Null,
                word => OperandKind::Bool(word == "true"),
            },
        })
    }

    fn call(&self, pair: Pair<'_>) -> Read<OperandKind> {
        let mut parts = Parts::of(pair);
        let function = match self.next(&mut parts)?.as_str().trim_end_matches('(') {
            "count" => Function::Count,
            "length" => Function::Length,
            "number" => Function::Number,
            "time" => Function::Time,
            _ => Function::TimeOfDay,
        };
        let arguments = parts
            .map(|argument| self.operand(argument))
            .collect::<Read<_>>()?;
        Ok(OperandKind::Call {
            function,
            arguments,
        })
    }

    pub(super) fn path(&self, pair: Pair<'_>) -> Read<Path> {
        let place = at(&pair);
        let mut segments = Vec::new();
        for part in Parts::of(pair) {
            let span = Span::of(part.as_span().start(), part.as_span().end());
            let rule = part.as_rule();
            let kind = match rule {
                Rule::ident => SegmentKind::Name(part.as_str().into()),
                _ => {
                    let inner = self.next(&mut Parts::of(part))?;
                    match rule {
                        Rule::path_member => SegmentKind::Name(inner.as_str().into()),
                        Rule::path_key => SegmentKind::Key(self.text(&inner)?.value),
                        _ => SegmentKind::Index(inner.as_str().into()),
                    }
                }
            };
            segments.push(Segment { at: At(span), kind });
        }
        let most = self.limits.path_depth;
        if segments.len() > most {
            let message = format!(
                "a path has at most {most} segments, this one has {}",
                segments.len()
            );
            return Err(self.fault(Code::TooDeep, place.0, message));
        }
        Ok(Path {
            at: place,
            segments,
        })
    }
}

fn joined(at: At, mut arms: Vec<Expr>, join: fn(Vec<Expr>) -> ExprKind) -> Expr {
    match (arms.pop(), arms.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            arms.extend(last);
            Expr {
                at,
                kind: join(arms),
            }
        }
    }
}

fn duration(pair: &Pair<'_>) -> Duration {
    let mut digits = pair.as_str().to_owned();
    Duration {
        unit: digits.pop().unwrap_or('s'),
        digits: digits.into(),
        at: at(pair),
    }
}

fn is(word: &str) -> Is {
    match word {
        "present" => Is::Present,
        "missing" => Is::Missing,
        "null" => Is::Null,
        "blank" => Is::Blank,
        "string" => Is::String,
        "number" => Is::Number,
        "bool" => Is::Bool,
        "list" => Is::List,
        _ => Is::Object,
    }
}

fn text_op(word: &str) -> TextOp {
    match word {
        "contains" => TextOp::Contains,
        "starts_with" => TextOp::StartsWith,
        "ends_with" => TextOp::EndsWith,
        "like" => TextOp::Like,
        "matches" => TextOp::Matches,
        _ => TextOp::InNetwork,
    }
}

fn compare_op(sign: &str) -> CompareOp {
    match sign {
        "==" => CompareOp::Equal,
        "!=" => CompareOp::NotEqual,
        "<" => CompareOp::Less,
        "<=" => CompareOp::LessOrEqual,
        ">" => CompareOp::Greater,
        _ => CompareOp::GreaterOrEqual,
    }
}
