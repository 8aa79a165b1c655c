//! Evaluates conditions: computes the truths that a condition may have and the answers of the host that
//! it depends on.
//!
//! A condition is true, false or unknown. Until the host answers a question, a test that reads the
//! answer may have any of the three truths. Evaluation therefore returns the *set* of truths that are
//! still possible. A test over an answer that could not be looked up is unknown.
//!
//! Only work inside quantifiers is charged in steps. Work outside quantifiers is limited by the number
//! of conditions of a rule, so the result does not depend on whether a truth is shared between rules or
//! computed for each.

pub(crate) mod missing_path;
mod operand;
mod predicate;
pub(crate) mod scope;
#[cfg(test)]
mod tests;

pub(crate) use self::operand::OperandValue;
use self::scope::{Need, Scope};
use crate::hir::{Expr, Operand, Predicate};
use crate::syntax::operator::Quantifier;

/// The set of truths that a condition may still have; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TruthSet(u8);

const T: u8 = 1;
const F: u8 = 2;
const U: u8 = 4;

impl TruthSet {
    pub(crate) const TRUE: Self = Self(T);
    pub(crate) const FALSE: Self = Self(F);
    pub(crate) const UNKNOWN: Self = Self(U);
    /// The set of all truths, for a test that is not answered yet.
    pub(crate) const PENDING: Self = Self(T | F | U);

    /// Converts a known truth; `None` is unknown.
    pub(crate) const fn of(truth: Option<bool>) -> Self {
        match truth {
            Some(true) => Self::TRUE,
            Some(false) => Self::FALSE,
            None => Self::UNKNOWN,
        }
    }

    /// Returns the truth if it is known; `None` for unknown and for several truths.
    pub(crate) const fn truth(self) -> Option<bool> {
        match self {
            Self::TRUE => Some(true),
            Self::FALSE => Some(false),
            _ => None,
        }
    }

    /// Returns whether the condition is certainly true.
    pub(crate) const fn holds(self) -> bool {
        self.0 == T
    }

    pub(crate) const fn may_hold(self) -> bool {
        self.0 & T != 0
    }

    /// Returns whether pending answers decide if the condition is true. A filter asks only for those.
    pub(crate) const fn is_undecided(self) -> bool {
        self.may_hold() && !self.holds()
    }

    /// Returns whether a single truth is left.
    pub(crate) const fn is_settled(self) -> bool {
        self.0.is_power_of_two()
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        let mut both = (a | b) & F;
        both |= a & b & T;
        if a & U != 0 && b & (T | U) != 0 || b & U != 0 && a & (T | U) != 0 {
            both |= U;
        }
        Self(both)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub(crate) const fn not(self) -> Self {
        let swapped = ((self.0 & T) << 1) | ((self.0 & F) >> 1);
        Self(swapped | (self.0 & U))
    }
}

/// The step budget of an evaluation. When it is used up, every remaining test is unknown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    left: usize,
    exceeded: bool,
}

impl Steps {
    /// Creates the budget for one condition from `Limits::evaluation_steps`.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            left: limit,
            exceeded: false,
        }
    }

    /// Returns whether the budget was exceeded and made some tests unknown.
    pub(crate) const fn exceeded(&self) -> bool {
        self.exceeded
    }

    const fn take(&mut self, count: usize) -> bool {
        match self.left.checked_sub(count) {
            Some(left) if !self.exceeded => self.left = left,
            _ => self.exceeded = true,
        }
        !self.exceeded
    }
}

/// The answers that a condition depends on, without duplicates, in the order of evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Pending answers that may decide whether the condition is true.
    pub(crate) pending: Vec<Need>,
    /// Failed lookups whose answers might have decided whether the condition is true.
    pub(crate) unavailable: Vec<Need>,
}

/// Evaluates a condition and adds to `needs` the answers that decide whether it is true: none for `city
/// == "x" and person.tier == "gold"` in another city.
pub(crate) fn evaluate(
    expr: &Expr,
    scope: &Scope<'_>,
    steps: &mut Steps,
    needs: &mut Needs,
) -> TruthSet {
    Evaluation::new(scope, steps, needs)
        .expr(expr, Goal::True)
        .current
}

/// Evaluates a test outside quantifiers, without charging steps.
pub(crate) fn test(predicate: &Predicate, scope: &Scope<'_>, needs: &mut Needs) -> TruthSet {
    let mut steps = Steps::new(0);
    let mut evaluation = Evaluation::new(scope, &mut steps, needs);
    let found = evaluation.predicate(predicate);
    found.current
}

/// Evaluates a test outside quantifiers whose subject is already evaluated. The test must not read
/// answers of the host.
pub(crate) fn test_of<'a>(
    predicate: &'a Predicate,
    subject: &OperandValue<'a>,
    scope: &'a Scope<'a>,
    needs: &mut Needs,
) -> TruthSet {
    let mut steps = Steps::new(0);
    let mut evaluation = Evaluation::new(scope, &mut steps, needs);
    evaluation.predicate_of(predicate, subject).current
}

/// Evaluates an operand outside quantifiers.
pub(crate) fn operand<'a>(
    operand: &'a Operand,
    scope: &'a Scope<'a>,
    needs: &mut Needs,
) -> OperandValue<'a> {
    let mut steps = Steps::new(0);
    Evaluation::new(scope, &mut steps, needs).operand(operand)
}

/// The possible truths of a condition under two assumptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TruthPair {
    current: TruthSet,
    /// The truths if failed lookups could still be answered. Shows which conditions they affect.
    if_answered: TruthSet,
}

impl TruthPair {
    const UNKNOWN: Self = Self::settled(TruthSet::UNKNOWN);
    const FALSE: Self = Self::settled(TruthSet::FALSE);
    const TRUE: Self = Self::settled(TruthSet::TRUE);

    const fn settled(truths: TruthSet) -> Self {
        Self {
            current: truths,
            if_answered: truths,
        }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            current: self.current.and(other.current),
            if_answered: self.if_answered.and(other.if_answered),
        }
    }

    const fn or(self, other: Self) -> Self {
        Self {
            current: self.current.or(other.current),
            if_answered: self.if_answered.or(other.if_answered),
        }
    }

    const fn not(self) -> Self {
        Self {
            current: self.current.not(),
            if_answered: self.if_answered.not(),
        }
    }

    const fn negated_if(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }
}

/// The truth of a part that the whole condition depends on. `not` inverts it. The condition does not
/// distinguish between the other two truths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    True,
    False,
}

impl Goal {
    const fn inverted(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
        }
    }

    const fn is_decided(self, truths: TruthSet) -> bool {
        let truths = match self {
            Self::True => truths,
            Self::False => truths.not(),
        };
        !truths.is_undecided()
    }
}

/// A stack whose first element needs no allocation, because quantifiers are rarely nested.
#[derive(Debug)]
struct Variables<'a> {
    first: Option<OperandValue<'a>>,
    others: Vec<OperandValue<'a>>,
}

impl<'a> Variables<'a> {
    const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn at(&self, depth: u16) -> Option<&OperandValue<'a>> {
        match usize::from(depth).checked_sub(1) {
            None => self.first.as_ref(),
            Some(at) => self.others.get(at),
        }
    }

    fn push(&mut self, element: OperandValue<'a>) {
        match self.first {
            None => self.first = Some(element),
            Some(_) => self.others.push(element),
        }
    }

    fn pop(&mut self) {
        if self.others.pop().is_none() {
            self.first = None;
        }
    }
}

/// An evaluation in progress. Explanations evaluate conditions part by part with it.
#[derive(Debug)]
pub(crate) struct Evaluation<'a, 's> {
    scope: &'a Scope<'a>,
    /// The current elements of the surrounding quantifiers, outermost first.
    variables: Variables<'a>,
    steps: &'s mut Steps,
    needs: &'s mut Needs,
}

impl<'a, 's> Evaluation<'a, 's> {
    pub(crate) const fn new(
        scope: &'a Scope<'a>,
        steps: &'s mut Steps,
        needs: &'s mut Needs,
    ) -> Self {
        Self {
            scope,
            variables: Variables {
                first: None,
                others: Vec::new(),
            },
            steps,
            needs,
        }
    }

    /// Evaluates one test.
    pub(crate) fn truths(&mut self, predicate: &'a Predicate) -> TruthSet {
        self.predicate(predicate).current
    }

    /// Evaluates a condition like [`evaluate`], with the bound variables.
    pub(crate) fn condition(&mut self, expr: &'a Expr) -> TruthSet {
        self.expr(expr, Goal::True).current
    }

    /// Charges steps for other work; returns false if the budget is exceeded.
    pub(crate) const fn spend(&mut self, steps: usize) -> bool {
        self.steps.take(steps)
    }

    /// Binds the next variable, on entry to a quantifier.
    pub(crate) fn bind(&mut self, element: OperandValue<'a>) {
        self.variables.push(element);
    }

    /// Removes the last variable, on exit from a quantifier.
    pub(crate) fn unbind(&mut self) {
        self.variables.pop();
    }

    /// Recurses to the nesting depth of the condition, which is limited.
    fn expr(&mut self, expr: &'a Expr, goal: Goal) -> TruthPair {
        let open = self.needs.pending.len();
        let unavailable = self.needs.unavailable.len();
        let found = match expr {
            Expr::Or(arms) => self.any_of(arms.iter(), |this, arm| this.expr(arm, goal)),
            Expr::And(arms) => self
                .any_of(arms.iter(), |this, arm| this.expr(arm, goal).not())
                .not(),
            Expr::Not(inner) => self.expr(inner, goal.inverted()).not(),
            Expr::Quantifier {
                which, over, body, ..
            } => self.quantifier(*which, over, body, goal),
            Expr::Test(predicate) => self.predicate(predicate),
        };
        // The truth of this part no longer depends on these answers.
        if goal.is_decided(found.current) {
            self.needs.pending.truncate(open);
        }
        if goal.is_decided(found.if_answered) {
            self.needs.unavailable.truncate(unavailable);
        }
        found
    }

    fn quantifier(
        &mut self,
        which: Quantifier,
        over: &'a Operand,
        body: &'a Expr,
        goal: Goal,
    ) -> TruthPair {
        let value = self.operand(over);
        if let Some(found) = self.unanswered(&[&value]) {
            return found;
        }
        let Some(elements) = value.elements() else {
            return TruthPair::UNKNOWN;
        };
        // `all x` is evaluated as `not any not x`.
        let body_truth = |this: &mut Self, element: OperandValue<'a>, goal: Goal| {
            this.bind(element);
            let found = match this.charge(1) {
                true => this.expr(body, goal),
                false => TruthPair::UNKNOWN,
            };
            this.unbind();
            found
        };
        match which {
            Quantifier::Any => {
                self.any_of(elements, |this, element| body_truth(this, element, goal))
            }
            Quantifier::All => self
                .any_of(elements, |this, element| {
                    body_truth(this, element, goal).not()
                })
                .not(),
            Quantifier::None => self
                .any_of(elements, |this, element| {
                    body_truth(this, element, goal.inverted())
                })
                .not(),
        }
    }

    /// Returns whether any item is true. Stops at the first true item and when the budget is exceeded.
    fn any_of<I>(
        &mut self,
        items: impl Iterator<Item = I>,
        mut truth: impl FnMut(&mut Self, I) -> TruthPair,
    ) -> TruthPair {
        let mut any = TruthPair::FALSE;
        for item in items {
            any = any.or(truth(self, item));
            if any == TruthPair::TRUE {
                break;
            }
            if self.steps.exceeded() && !self.variables.is_empty() {
                return any.or(TruthPair::UNKNOWN);
            }
        }
        any
    }

    /// Charges steps inside a quantifier; returns false if the budget is exceeded.
    fn charge(&mut self, steps: usize) -> bool {
        self.variables.is_empty() || self.steps.take(steps)
    }

    /// Returns the possible truths of a test if one of its operands is not answered, and records the
    /// need.
    fn unanswered(&mut self, operands: &[&OperandValue<'a>]) -> Option<TruthPair> {
        let mut found = None;
        for value in operands {
            match value {
                OperandValue::Pending(need) => {
                    note(&mut self.needs.pending, need);
                    found = Some(TruthPair::settled(TruthSet::PENDING));
                }
                OperandValue::Unavailable(need) => {
                    note(&mut self.needs.unavailable, need);
                }
                _ => {}
            }
        }
        let unavailable = operands
            .iter()
            .any(|value| matches!(value, OperandValue::Unavailable(_)));
        if unavailable {
            found = Some(TruthPair {
                current: TruthSet::UNKNOWN,
                if_answered: TruthSet::PENDING,
            });
        }
        found
    }
}

fn note(needs: &mut Vec<Need>, need: &Need) {
    if !needs.contains(need) {
        needs.push(need.clone());
    }
}
