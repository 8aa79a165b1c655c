//! Lowers conditions: operators and their operands.

use super::names::RuleScope;
use super::operand::TypedOperand;
use super::types::{Shapes, ValueKinds};
use crate::diagnostic::{Code, Fault};
use crate::event::path::{Path, Root};
use crate::hir::sample;
use crate::hir::{Expr, Operand, Predicate, Sample};
use crate::json::document::Literal;
use crate::json::path::Segment;
use crate::syntax::ast;
use crate::syntax::ast::ExprKind;
use crate::syntax::operator::{CompareOp, Is, TextOp};
use crate::text::truncate::truncate;

impl<'a> RuleScope<'a, '_, '_> {
    /// Lowers a whole condition, of `when` or of a requirement. Returns `None` after reporting an error.
    pub(super) fn condition(&mut self, expr: &'a ast::Expr) -> Option<Expr> {
        let before = self.collector.errors();
        let condition = self.expr(expr, 0)?;
        if self.collector.errors() == before
            && let Some(reason) = crate::hir::contradiction::contradiction(
                &condition,
                &self.possible_types(&condition),
            )
        {
            let words = self.site.quote(expr.at);
            self.report(
                Fault::new(
                    Code::NeverMatches,
                    self.site.place(expr.at),
                    format!("`{words}` can never be true"),
                )
                .help(reason),
            );
        }
        Some(condition)
    }

    /// Returns the possible values of `event.type` if the condition reads it; empty means any type.
    fn possible_types(&self, condition: &Expr) -> Vec<Literal> {
        let mut reads = false;
        condition.visit_paths(&mut |path| reads |= path.root == Root::EventType);
        let types = self.types.iter().filter(|_| reads);
        types
            .filter_map(|id| self.declared.type_of(*id))
            .map(|event_type| Literal::Text(event_type.name.clone()))
            .collect()
    }

    /// `depth` counts the enclosing parentheses and `not`s. Between two of them there are at most one `or` and
    /// one `and`.
    fn expr(&mut self, expr: &'a ast::Expr, depth: usize) -> Option<Expr> {
        let most = self.declared.limits.expression_depth;
        if depth > most {
            let message = format!("nested more than {most} deep");
            self.fault(Code::TooDeep, expr.at, message);
            return None;
        }
        let deeper = depth.saturating_add(1);
        match &expr.kind {
            ExprKind::Group(inner) => return self.expr(inner, deeper),
            ExprKind::Or(arms) => {
                let arms: Vec<_> = arms.iter().map(|arm| self.expr(arm, depth)).collect();
                let mut flat = Vec::with_capacity(arms.len());
                for arm in arms.into_iter().collect::<Option<Vec<_>>>()? {
                    match arm {
                        Expr::Or(inner) => flat.extend(inner),
                        other => flat.push(other),
                    }
                }
                return Some(Expr::Or(flat.into()));
            }
            ExprKind::And(parts) => return self.and(parts, depth),
            ExprKind::Not(inner) => {
                let inner = self.expr(inner, deeper)?;
                return Some(Expr::Not(Box::new(inner)));
            }
            _ => {}
        }
        self.conditions = self.conditions.saturating_add(1);
        if self.conditions > self.declared.limits.rule_conditions {
            // Reported once for the whole rule.
            return None;
        }
        if let ExprKind::Quantifier {
            which,
            variable,
            over,
            body,
        } = &expr.kind
        {
            let (over, shapes) = self.over(over)?;
            let body = self.with_variable(variable, shapes, |scope| scope.expr(body, deeper))?;
            return Some(Expr::Quantifier {
                which: *which,
                name: variable.text.clone(),
                over,
                body: Box::new(body),
            });
        }
        self.test(expr).map(Expr::Test)
    }

    fn and(&mut self, parts: &'a [ast::Expr], depth: usize) -> Option<Expr> {
        let outer = self.guards.len();
        self.guards.extend(parts.iter().filter_map(guarded));
        let parts: Vec<_> = parts.iter().map(|part| self.expr(part, depth)).collect();
        self.guards.truncate(outer);
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts.into_iter().collect::<Option<Vec<_>>>()? {
            match part {
                Expr::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        Some(Expr::And(flat.into()))
    }

    /// Lowers the list of a quantifier, with the declared types of its elements.
    fn over(&mut self, over: &'a ast::Operand) -> Option<(Operand, Shapes<'a>)> {
        if let (ast::OperandKind::List(elements), []) = (&over.kind, over.shifts.as_slice()) {
            return self.over_list(elements);
        }
        let over = self.operand(over)?;
        if !over.kinds.meets(ValueKinds::LIST) {
            let words = self.site.quote(over.at);
            let message = format!("`{words}` is {}, not a list", over.kinds);
            self.fault(Code::NeverHolds, over.at, message);
            return None;
        }
        let shapes = match &over.shapes {
            Some(shapes) => shapes.elements(),
            None => Shapes::any(),
        };
        Some((over.operand, shapes))
    }

    /// Lowers a list written in the rule; each path in it contributes its declared type.
    fn over_list(&mut self, elements: &'a [ast::Operand]) -> Option<(Operand, Shapes<'a>)> {
        let elements: Vec<_> = elements.iter().map(|one| self.operand(one)).collect();
        let elements: Vec<TypedOperand<'a>> = elements.into_iter().collect::<Option<_>>()?;
        let mut shapes = Shapes {
            known: Vec::new(),
            // An empty list has no element types.
            open: elements.is_empty(),
        };
        for element in &elements {
            match &element.shapes {
                Some(found) => shapes.add(found),
                // Literals and functions have no declared type.
                None => shapes.open = true,
            }
        }
        Some((super::operand::list(elements), shapes))
    }

    fn test(&mut self, expr: &'a ast::Expr) -> Option<Predicate> {
        match &expr.kind {
            ExprKind::Sample(sample) => self.sample(sample, expr.at),
            ExprKind::Bare(operand) => self.truth(operand),
            ExprKind::Is {
                operand,
                negated,
                what,
            } => Some(Predicate::Is {
                operand: self.operand(operand)?.operand,
                negated: *negated,
                what: *what,
            }),
            ExprKind::Between {
                operand,
                negated,
                bounds,
                ignoring_case,
            } => {
                let [low, high] = &**bounds;
                if *ignoring_case {
                    self.refuse_ignoring_case("between", expr.at);
                }
                self.between(operand, *negated, low, high, expr.at)
            }
            ExprKind::Compare {
                left,
                op,
                right,
                ignoring_case,
            } => self.compare(left, *op, right, *ignoring_case, expr.at),
            ExprKind::In {
                left,
                negated,
                right,
                ignoring_case,
            } => self.is_in(left, *negated, right, *ignoring_case),
            ExprKind::Match {
                left,
                negated,
                op,
                right,
                ignoring_case,
            } => {
                let (left, right) = self.sides_of_match(left, *op, right)?;
                Some(Predicate::Match {
                    right: self.pattern(&left, *op, right, *ignoring_case)?,
                    left: left.operand,
                    negated: *negated,
                    op: *op,
                    ignoring_case: *ignoring_case,
                })
            }
            // `expr` handles this.
            ExprKind::Or(_)
            | ExprKind::And(_)
            | ExprKind::Not(_)
            | ExprKind::Group(_)
            | ExprKind::Quantifier { .. } => None,
        }
    }

    fn refuse_ignoring_case(&mut self, operator: &str, at: ast::At) {
        self.report(
            Fault::new(
                Code::Unexpected,
                self.site.place(at),
                format!("`ignoring case` does not go with `{operator}`"),
            )
            .help("it goes with `==`, `!=`, `in` and the operators on strings"),
        );
    }

    fn truth(&mut self, operand: &'a ast::Operand) -> Option<Predicate> {
        let operand = self.operand(operand)?;
        if !operand.kinds.meets(ValueKinds::BOOL) {
            let words = self.site.quote(operand.at);
            let code = if operand.is_literal() {
                Code::WrongLiteral
            } else {
                Code::NeverHolds
            };
            let help = match &operand.operand {
                Operand::Path(path) if path.root == Root::Person => {
                    "write `person is present`, or name one of its attributes"
                }
                Operand::Literal(Literal::Text(_) | Literal::Number(_)) => {
                    "repeat the comparison, or write `in` and a list: `city in [\"Austin\", \"Chicago\"]`"
                }
                _ => "compare it with something",
            };
            self.report(
                Fault::new(
                    code,
                    self.site.place(operand.at),
                    format!(
                        "`{words}` is not a condition by itself: it is {}",
                        operand.kinds
                    ),
                )
                .help(help),
            );
            return None;
        }
        Some(Predicate::Truth(operand.operand))
    }

    fn compare(
        &mut self,
        left: &'a ast::Operand,
        op: CompareOp,
        right: &'a ast::Operand,
        ignoring_case: bool,
        at: ast::At,
    ) -> Option<Predicate> {
        let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        if ignoring_case && !equality {
            self.refuse_ignoring_case(op.word(), at);
        }
        let (left_path, right_path) = (plain_path(left), plain_path(right));
        let left = self.operand(left);
        let right = self.operand(right);
        let (mut left, mut right) = left.zip(right)?;
        let with_null = left.kinds == ValueKinds::NULL || right.kinds == ValueKinds::NULL;
        if !with_null || !equality {
            left = self.timed(left)?;
            right = self.timed(right)?;
            if left.is_time() || right.is_time() {
                left = self.as_time_literal(left)?;
                right = self.as_time_literal(right)?;
            }
        }
        let mut kinds = left.kinds.and(right.kinds);
        if !with_null {
            // Any field can be null against its declaration, but two null fields are not what the author compares.
            kinds = kinds.without(ValueKinds::NULL);
        }
        // A comparison of two literals contradicts no declaration.
        let judged = !(left.is_literal() && right.is_literal());
        if judged && !equality && !kinds.meets(ValueKinds::ORDERED) {
            self.never(&left, &right, "never ordered", at)?;
        }
        if judged && op == CompareOp::Equal && kinds == ValueKinds::NONE {
            self.never(&left, &right, "never equal", at)?;
        }
        if judged && op == CompareOp::NotEqual {
            if kinds == ValueKinds::NONE {
                let message =
                    self.kinds_differ(&left, &right, "never equal, so `!=` is always true");
                self.fault(Code::NoEffect, at, message);
            } else if !with_null {
                for (side, path) in [(&left, left_path), (&right, right_path)] {
                    self.warn_across_types(side, path, at);
                }
            }
        }
        Some(Predicate::Compare {
            left: left.operand,
            op,
            right: right.operand,
            ignoring_case,
        })
    }

    /// Warns that `x != true` also holds for `"true"`, unless a declaration excludes other types or could not
    /// exist.
    fn warn_across_types(
        &mut self,
        side: &TypedOperand<'a>,
        path: Option<&ast::PathExpr>,
        at: ast::At,
    ) {
        let Operand::Path(resolved) = &side.operand else {
            return;
        };
        if resolved.root == Root::Person
            || self.has_unparsed_type
            || !side.is_open()
            || path.is_some_and(|path| self.guards.contains(&path))
        {
            return;
        }
        let words = self.site.quote(side.at);
        self.report(
            Fault::new(
                Code::AcrossTypes,
                self.site.place(at),
                format!(
                    "`{words}` can have any type, and `!=` is true for values of different types"
                ),
            )
            .help(format!(
                "declare the field, or test its type first: `{words} is string and …`"
            )),
        );
    }

    fn kinds_differ(
        &self,
        left: &TypedOperand<'a>,
        right: &TypedOperand<'a>,
        what: &str,
    ) -> String {
        format!(
            "`{}` is {} and `{}` {}: {what}",
            self.site.quote(left.at),
            left.kinds,
            self.site.quote(right.at),
            right.kinds,
        )
    }

    /// Reports a comparison that can never hold: an error, so `None`. If one side has no declared type it is
    /// only a warning; it is still certain, because no undeclared field is a timestamp.
    fn never(
        &mut self,
        left: &TypedOperand<'a>,
        right: &TypedOperand<'a>,
        what: &str,
        at: ast::At,
    ) -> Option<()> {
        let open = [left, right].into_iter().find(|side| side.is_open());
        let (code, message) = match open {
            Some(side) => {
                let words = self.site.quote(side.at);
                let message = format!("`{words}` is not a timestamp by itself: {what}");
                (Code::NoEffect, message)
            }
            None => (Code::NeverHolds, self.kinds_differ(left, right, what)),
        };
        let mut fault = Fault::new(code, self.site.place(at), message);
        for (side, other) in [(left, right), (right, left)] {
            let words = self.site.quote(side.at);
            let help = match (&side.operand, &other.operand) {
                (Operand::Path(_) | Operand::Literal(Literal::Number(_)), _) if other.is_time() => {
                    format!("write `time({words})`")
                }
                (Operand::Path(_), _)
                    if other.kinds.without(ValueKinds::NULL) == ValueKinds::NUMBER
                        && side.kinds.meets(ValueKinds::STRING) =>
                {
                    format!("write `number({words})` to read a number from a string")
                }
                (Operand::Literal(Literal::Text(text)), _)
                    if other.kinds.and(ValueKinds::JSON)
                        == ValueKinds::NUMBER.or(ValueKinds::NULL)
                        && crate::number::Number::parse(text).is_some() =>
                {
                    format!("write {text} without quotes")
                }
                (Operand::Path(_), Operand::Literal(_))
                    if side.kinds.without(ValueKinds::NULL) == ValueKinds::LIST =>
                {
                    format!("write `{words} contains …` to ask for an element")
                }
                _ => continue,
            };
            fault.help = Some(help);
        }
        self.report(fault);
        open.map(|_| ())
    }

    fn between(
        &mut self,
        operand: &'a ast::Operand,
        negated: bool,
        low: &'a ast::Operand,
        high: &'a ast::Operand,
        at: ast::At,
    ) -> Option<Predicate> {
        if let ast::OperandKind::Call {
            function: ast::Function::TimeOfDay,
            arguments,
        } = &operand.kind
        {
            return self.time_of_day(operand, arguments, negated, low, high);
        }
        let sides = [operand, low, high].map(|side| self.operand(side));
        let [Some(mut operand), Some(mut low), Some(mut high)] = sides else {
            return None;
        };
        operand = self.timed(operand)?;
        low = self.timed(low)?;
        high = self.timed(high)?;
        if operand.is_time() || low.is_time() || high.is_time() {
            operand = self.as_time_literal(operand)?;
            low = self.as_time_literal(low)?;
            high = self.as_time_literal(high)?;
        }
        for bound in [&low, &high] {
            let judged = !(operand.is_literal() && bound.is_literal());
            if judged && !operand.kinds.and(bound.kinds).meets(ValueKinds::ORDERED) {
                self.never(&operand, bound, "never ordered", at)?;
            }
        }
        Some(Predicate::Between {
            operand: operand.operand,
            negated,
            bounds: Box::new([low.operand, high.operand]),
            ignoring_case: false,
        })
    }

    /// Lowers both sides of a string operator. The left side of `contains` can also be a list.
    fn sides_of_match(
        &mut self,
        left: &'a ast::Operand,
        op: TextOp,
        right: &'a ast::Operand,
    ) -> Option<(TypedOperand<'a>, TypedOperand<'a>)> {
        if op != TextOp::Contains {
            let left = self.operand(left);
            return left.zip(self.operand(right));
        }
        let right = self.operand(right);
        let (left, right) = self.searched(left, right.as_ref()).zip(right)?;
        let written = matches!(
            left.operand,
            Operand::List(_) | Operand::Literal(Literal::List(_))
        );
        if !written && !left.lists_time() {
            return Some((left, right));
        }
        let (right, left) = self.timed_alike(right, left)?;
        Some((left, right))
    }

    fn is_in(
        &mut self,
        left: &'a ast::Operand,
        negated: bool,
        right: &'a ast::Operand,
        ignoring_case: bool,
    ) -> Option<Predicate> {
        let bare = plain_path(right);
        let left = self.operand(left);
        let right = self.searched(right, left.as_ref());
        let (left, right) = left.zip(right)?;
        let (left, right) = self.timed_alike(left, right)?;
        if !right.kinds.meets(ValueKinds::LIST) {
            let words = self.site.quote(right.at);
            let code = if right.is_literal() {
                Code::WrongLiteral
            } else {
                Code::NeverHolds
            };
            let mut fault = Fault::new(
                code,
                self.site.place(right.at),
                format!(
                    "expected a list after `in`, but `{words}` is {}",
                    right.kinds
                ),
            );
            if right.kinds.meets(ValueKinds::STRING) {
                fault = fault.help("use `contains` to search a string");
            }
            if let Some(constant) = right.constant {
                fault = fault.label(constant, "the constant");
            }
            self.report(fault);
            return None;
        }
        if let Some(path) = bare {
            self.warn_bare_name(path, &right);
        }
        self.check_elements(&left, &right)?;
        Some(Predicate::In {
            left: left.operand,
            negated,
            right: right.operand,
            ignoring_case,
        })
    }

    /// Warns about an undeclared name after `in`: it is more often a misspelled constant than a field.
    fn warn_bare_name(&mut self, path: &ast::PathExpr, right: &TypedOperand<'a>) {
        let [segment] = path.segments.as_slice() else {
            return;
        };
        let ast::PathSegmentKind::Name(name) = &segment.kind else {
            return;
        };
        let is_field =
            matches!(&right.operand, Operand::Path(path) if path.root == Root::EventData);
        if !is_field || self.has_unparsed_type || self.is_declared_field(name) {
            return;
        }
        let near = self.near_constant(name);
        self.report(
            Fault::new(
                Code::BareNameAfterIn,
                self.site.place(path.at),
                format!("`{name}` is neither a constant nor a declared field"),
            )
            .help(format!(
                "declare it, or write `event_data.{name}` for a field"
            ))
            .near(near),
        );
    }

    /// Checks that an element of the right side can equal the left side.
    fn check_elements(&mut self, left: &TypedOperand<'a>, right: &TypedOperand<'a>) -> Option<()> {
        let kinds = match (&right.operand, &right.shapes) {
            // Any element may be null.
            _ if left.kinds == ValueKinds::NULL => return Some(()),
            (Operand::Times(_), _) => return self.check_times(left, right),
            (Operand::Literal(Literal::List(elements)), _) if !left.is_literal() => elements
                .iter()
                .map(super::types::kinds_of_literal)
                .fold(ValueKinds::NONE, ValueKinds::or),
            (_, Some(shapes)) => shapes.elements().kinds().without(ValueKinds::NULL),
            _ => return Some(()),
        };
        // The empty list is reported separately.
        if kinds == ValueKinds::NONE || left.kinds.meets(kinds) {
            return Some(());
        }
        let words = self.site.quote(left.at);
        let message = format!(
            "`{words}` is {} and the elements of the list are {kinds}: never equal",
            left.kinds
        );
        let mut fault = Fault::new(Code::NeverHolds, self.site.place(left.at), message);
        if left.is_time() && right.shapes.is_some() {
            let list = self.site.quote(right.at);
            fault = fault.help(format!("write `any t in {list} (time(t) == {words})`"));
        }
        self.report(match right.constant {
            Some(constant) => fault.label(constant, "the constant"),
            None => fault,
        });
        None
    }

    /// Checks that a value can equal a timestamp in a list.
    pub(super) fn check_times(
        &mut self,
        value: &TypedOperand<'a>,
        list: &TypedOperand<'a>,
    ) -> Option<()> {
        if value.kinds.meets(ValueKinds::TIME) {
            return Some(());
        }
        let words = self.site.quote(value.at);
        let (code, message) = match value.is_open() {
            true => (
                Code::NoEffect,
                format!("`{words}` is not a timestamp by itself: never equal"),
            ),
            false => (
                Code::NeverHolds,
                format!(
                    "`{words}` is {} and the elements of `{}` are timestamps: never equal",
                    value.kinds,
                    self.site.quote(list.at)
                ),
            ),
        };
        let mut fault = Fault::new(code, self.site.place(value.at), message);
        if value.kinds.meets(ValueKinds::STRING.or(ValueKinds::NUMBER)) {
            fault = fault.help(format!("write `time({words})`"));
        }
        self.report(fault);
        value.is_open().then_some(())
    }

    fn sample(&mut self, sample: &'a ast::Sample, at: ast::At) -> Option<Predicate> {
        let from = match &sample.from {
            Some(from) => self.share(from),
            None => Some(0),
        };
        let until = self.share(&sample.until);
        let by = self.sample_by(&sample.by);
        let (from, until) = from.zip(until)?;
        if sample.from.is_some() && from >= until {
            self.fault(
                Code::InvalidShare,
                at,
                "the share is empty: its end is not after its start",
            );
            return None;
        }
        Some(Predicate::Sample(Box::new(Sample {
            from,
            until,
            by: by?,
            salt: match &sample.salt {
                Some(salt) => salt.value.clone(),
                None => self.name.into(),
            },
            text: match &sample.from {
                Some(from) => format!("{}%..{}%", from.text, sample.until.text).into(),
                None => format!("{}%", sample.until.text).into(),
            },
        })))
    }

    fn share(&mut self, share: &ast::NumberText) -> Option<u128> {
        let found = sample::share(&share.text);
        if found.is_none() {
            let message = format!("`{}%` is not between 0% and 100%", truncate(&share.text));
            self.fault(Code::InvalidShare, share.at, message);
        }
        found
    }

    fn sample_by(&mut self, by: &'a ast::PathExpr) -> Option<Path> {
        if let [segment] = by.segments.as_slice()
            && matches!(&segment.kind, ast::PathSegmentKind::Name(name) if **name == *"person")
        {
            let key = vec![Segment::Key("person_key".into())];
            return Some(Path::new(Root::Person, self.collector.same_segments(key)));
        }
        let typed = self.path(by, by.at)?;
        let words = self.site.quote(by.at);
        match typed.operand {
            Operand::Path(path) => {
                let scalars = ValueKinds::STRING
                    .or(ValueKinds::NUMBER)
                    .or(ValueKinds::BOOL);
                if typed.kinds.meets(scalars) {
                    return Some(path);
                }
                let message = format!(
                    "`by` expects a string or a number, but `{words}` is {}",
                    typed.kinds
                );
                self.fault(Code::NeverHolds, by.at, message);
            }
            _ => {
                let message = format!(
                    "`{words}` is a constant: every event would fall on the same side of the share"
                );
                self.fault(Code::WrongLiteral, by.at, message);
            }
        }
        None
    }
}

/// Returns the path if the operand is nothing but a path.
fn plain_path(operand: &ast::Operand) -> Option<&ast::PathExpr> {
    match &operand.kind {
        ast::OperandKind::Path(path) if operand.shifts.is_empty() => Some(path),
        _ => None,
    }
}

/// Returns the path whose kind the condition guarantees.
fn guarded(expr: &ast::Expr) -> Option<&ast::PathExpr> {
    let mut expr = expr;
    while let ExprKind::Group(inner) = &expr.kind {
        expr = inner;
    }
    match &expr.kind {
        ExprKind::Is {
            operand,
            negated: false,
            what: Is::String | Is::Number | Is::Bool | Is::List | Is::Object,
        } => plain_path(operand),
        _ => None,
    }
}
