//! Builds the tree of conditions, operands and paths from the pairs of the grammar.

use super::ast::{
    At, Duration, Expr, ExprKind, Function, Name, Operand, OperandKind, PathExpr, PathSegment,
    PathSegmentKind, Sample, Shift,
};
use super::grammar::{Pair, Pairs, Rule};
use super::operator::{CompareOp, Is, Quantifier, TextOp};
use super::parser::{AstBuilder, BuildResult, all, at};
use crate::diagnostic::Code;
use crate::text::span::Span;

impl AstBuilder<'_> {
    pub(super) fn expr(&self, pair: Pair<'_>) -> BuildResult<Expr> {
        if let Some(conj) = only(pair) {
            return self.conj(conj);
        }
        Ok(Expr {
            at: at(pair),
            kind: ExprKind::Or(all(pair.parts(), |conj| self.conj(conj))?),
        })
    }

    fn conj(&self, pair: Pair<'_>) -> BuildResult<Expr> {
        if let Some(negation) = only(pair) {
            return self.negation(negation);
        }
        Ok(Expr {
            at: at(pair),
            kind: ExprKind::And(all(pair.parts(), |negation| self.negation(negation))?),
        })
    }

    fn negation(&self, pair: Pair<'_>) -> BuildResult<Expr> {
        let place = at(pair);
        let mut parts = pair.parts();
        let mut nots = Vec::new();
        while let Some(not) = parts.next_if(Rule::kw_not) {
            nots.push(at(not).0.start);
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

    fn condition(&self, pair: Pair<'_>) -> BuildResult<Expr> {
        let place = at(pair);
        let rule = pair.rule();
        let mut parts = pair.parts();
        let first = self.next(&mut parts)?;
        let kind = match rule {
            Rule::group => ExprKind::Group(Box::new(self.expr(first)?)),
            Rule::quantifier => self.quantifier(first, parts)?,
            Rule::sample => ExprKind::Sample(self.sample(first, parts)?),
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

    fn quantifier(&self, word: Pair<'_>, mut parts: Pairs<'_>) -> BuildResult<ExprKind> {
        let which = self.word(word, Quantifier::from_word)?;
        let variable = self.next(&mut parts)?;
        let variable = Name {
            text: variable.text().into(),
            at: at(variable),
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

    fn sample(&self, first: Pair<'_>, mut parts: Pairs<'_>) -> BuildResult<Sample> {
        let share = |pair: Pair<'_>| super::ast::NumberText {
            text: pair.text().trim_end_matches('%').into(),
            at: at(pair),
        };
        let second = parts.next_if(Rule::share);
        let (from, until) = match second {
            Some(second) => (Some(share(first)), share(second)),
            None => (None, share(first)),
        };
        Ok(Sample {
            from,
            until,
            by: self.path(self.next(&mut parts)?)?,
            salt: parts
                .next_if(Rule::string)
                .map(|salt| self.text(salt))
                .transpose()?,
        })
    }

    fn tail(&self, left: Operand, pair: Pair<'_>) -> BuildResult<ExprKind> {
        let mut parts = pair.parts();
        let first = self.next(&mut parts)?;
        let ignoring_case = parts.next_if(Rule::ignoring).is_some();
        let (negated, tail) = if first.rule() == Rule::negated_tail {
            let mut inner = first.parts();
            inner.next_if(Rule::kw_not);
            (true, self.next(&mut inner)?)
        } else {
            (false, first)
        };
        let rule = tail.rule();
        let mut parts = tail.parts();
        Ok(match rule {
            Rule::is_tail => ExprKind::Is {
                operand: left,
                negated: parts.next_if(Rule::kw_not).is_some(),
                what: self.word(self.next(&mut parts)?, Is::from_word)?,
            },
            Rule::between_tail => ExprKind::Between {
                operand: left,
                negated,
                bounds: Box::new([
                    self.operand(self.next(&mut parts)?)?,
                    self.operand(self.next(&mut parts)?)?,
                ]),
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
                op: self.word(self.next(&mut parts)?, TextOp::from_word)?,
                right: self.operand(self.next(&mut parts)?)?,
                ignoring_case,
            },
            _ => ExprKind::Compare {
                left,
                op: self.word(self.next(&mut parts)?, CompareOp::from_word)?,
                right: self.operand(self.next(&mut parts)?)?,
                ignoring_case,
            },
        })
    }

    fn operand(&self, pair: Pair<'_>) -> BuildResult<Operand> {
        let place = at(pair);
        let mut parts = pair.parts();
        let mut operand = self.term(self.next(&mut parts)?)?;
        operand.at = place;
        for shift in parts {
            let mut parts = shift.parts();
            let sign = self.next(&mut parts)?;
            operand.shifts.push(Shift {
                minus: sign.text() == "-",
                duration: duration(self.next(&mut parts)?),
            });
        }
        Ok(operand)
    }

    fn term(&self, pair: Pair<'_>) -> BuildResult<Operand> {
        let place = at(pair);
        let kind = match pair.rule() {
            Rule::list => {
                let elements = all(pair.parts(), |element| self.operand(element))?;
                OperandKind::List(self.limited(elements, place)?)
            }
            Rule::call => self.call(pair)?,
            Rule::path => OperandKind::Path(self.path(pair)?),
            _ => self.scalar(pair)?,
        };
        Ok(Operand {
            at: place,
            kind,
            shifts: Vec::new(),
        })
    }

    /// Builds a string, number, duration or word.
    pub(super) fn scalar(&self, pair: Pair<'_>) -> BuildResult<OperandKind> {
        Ok(match pair.rule() {
            Rule::string => OperandKind::Text(self.text(pair)?),
            Rule::duration => OperandKind::Duration(duration(pair)),
            Rule::number => OperandKind::Number(self.number(pair)?.text),
            _ => match pair.text() {
                "null" => OperandKind::Null,
                word => OperandKind::Bool(word == "true"),
            },
        })
    }

    fn call(&self, pair: Pair<'_>) -> BuildResult<OperandKind> {
        let mut parts = pair.parts();
        let function = self.word(self.next(&mut parts)?, |call| {
            Function::from_word(call.trim_end_matches('('))
        })?;
        let arguments = all(parts, |argument| self.operand(argument))?;
        Ok(OperandKind::Call {
            function,
            arguments,
        })
    }

    pub(super) fn path(&self, pair: Pair<'_>) -> BuildResult<PathExpr> {
        let place = at(pair);
        let mut segments = Vec::with_capacity(pair.parts().count());
        for part in pair.parts() {
            let span = part.span();
            let rule = part.rule();
            let kind = match rule {
                Rule::ident => PathSegmentKind::Name(part.text().into()),
                _ => {
                    let inner = self.next(&mut part.parts())?;
                    match rule {
                        Rule::path_member => PathSegmentKind::Name(inner.text().into()),
                        Rule::path_key => PathSegmentKind::Key(self.text(inner)?.value),
                        _ => PathSegmentKind::Index(inner.text().into()),
                    }
                }
            };
            segments.push(PathSegment { at: At(span), kind });
        }
        let most = self.limits.path_depth;
        if segments.len() > most {
            let message = format!(
                "a path can have at most {most} segments, this one has {}",
                segments.len()
            );
            return Err(self.fault(Code::TooDeep, place.0, message));
        }
        Ok(PathExpr {
            at: place,
            segments,
        })
    }
}

/// Returns the child of a pair that has only one.
fn only(pair: Pair<'_>) -> Option<Pair<'_>> {
    let mut parts = pair.parts();
    let first = parts.next()?;
    parts.next().is_none().then_some(first)
}

fn duration(pair: Pair<'_>) -> Duration {
    let mut digits = pair.text().to_owned();
    Duration {
        unit: digits.pop().unwrap_or('s'),
        digits: digits.into(),
        at: at(pair),
    }
}
