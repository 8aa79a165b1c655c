//! Evaluates conditions: which truths a condition may have, and which answers of the host it takes to
//! know. Knows no rule and no index; asks nobody.
//!
//! A condition is true, false or unknown. While the host has not answered a question, a test that reads
//! the answer may be any of the three: so evaluation gives the *set* of truths that are still
//! possible. A test over an answer that could not be looked up is unknown.
//!
//! Steps are counted inside quantifiers alone. What stands outside of them is limited by the number of
//! conditions that a rule may have, so that a truth worked out once and used by many rules, or worked
//! out again for each, comes to the same.

pub(crate) mod missing_path;
mod operand;
mod predicate;
pub(crate) mod scope;
#[cfg(test)]
mod tests;

pub(crate) use self::operand::Came;
use self::scope::{Need, Scope};
use crate::hir::{Expr, Operand, Predicate};
use crate::syntax::operator::Quantifier;

/// The truths that a condition may still have: never none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Truths(u8);

const T: u8 = 1;
const F: u8 = 2;
const U: u8 = 4;

impl Truths {
    pub(crate) const TRUE: Self = Self(T);
    pub(crate) const FALSE: Self = Self(F);
    pub(crate) const UNKNOWN: Self = Self(U);
    /// Not answered yet.
    pub(crate) const OPEN: Self = Self(T | F | U);

    /// A truth that is known, or `None` for unknown.
    pub(crate) const fn of(truth: Option<bool>) -> Self {
        match truth {
            Some(true) => Self::TRUE,
            Some(false) => Self::FALSE,
            None => Self::UNKNOWN,
        }
    }

    /// The truth, where only one is left; `None` also for unknown.
    pub(crate) const fn truth(self) -> Option<bool> {
        match self {
            Self::TRUE => Some(true),
            Self::FALSE => Some(false),
            _ => None,
        }
    }

    /// Whether it is true and nothing else.
    pub(crate) const fn holds(self) -> bool {
        self.0 == T
    }

    pub(crate) const fn may_hold(self) -> bool {
        self.0 & T != 0
    }

    /// Whether answers to come decide if it is true. A filter asks for them only then.
    pub(crate) const fn is_undecided(self) -> bool {
        self.may_hold() && !self.holds()
    }

    /// Whether only one truth is left.
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

/// What one evaluation may still do. Running out makes every test that is left unknown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    left: usize,
    exceeded: bool,
}

impl Steps {
    /// For one condition: `Limits::evaluation_steps`.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            left: limit,
            exceeded: false,
        }
    }

    /// Whether the limit was met: what was evaluated is unknown in part for that alone.
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

/// The host's answers that matter to a condition, each once, in the order met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Not answered yet, and the answer may decide whether the condition is true.
    pub(crate) open: Vec<Need>,
    /// Could not be looked up, and an answer might have decided whether the condition is true.
    pub(crate) unavailable: Vec<Need>,
}

/// The truths that `expr` may have. `needs` gains what its being true still depends on: nothing for
/// `city == "x" and person.tier == "gold"` in another city.
pub(crate) fn evaluate(
    expr: &Expr,
    scope: &Scope<'_>,
    steps: &mut Steps,
    needs: &mut Needs,
) -> Truths {
    Evaluation::new(scope, steps, needs)
        .expr(expr, Goal::True)
        .now
}

/// The truths of a test that stands outside of every quantifier; counts no steps.
pub(crate) fn test(predicate: &Predicate, scope: &Scope<'_>, needs: &mut Needs) -> Truths {
    let mut steps = Steps::new(0);
    let mut evaluation = Evaluation::new(scope, &mut steps, needs);
    let found = evaluation.predicate(predicate);
    found.now
}

/// The truths of a test that stands outside of every quantifier, of which no answer of the host is
/// read, with what it looks at first brought along.
pub(crate) fn test_of<'a>(
    predicate: &'a Predicate,
    subject: &Came<'a>,
    scope: &'a Scope<'a>,
    needs: &mut Needs,
) -> Truths {
    let mut steps = Steps::new(0);
    let mut evaluation = Evaluation::new(scope, &mut steps, needs);
    evaluation.predicate_of(predicate, subject).now
}

/// What an operand that stands outside of every quantifier comes to.
pub(crate) fn operand<'a>(
    operand: &'a Operand,
    scope: &'a Scope<'a>,
    needs: &mut Needs,
) -> Came<'a> {
    let mut steps = Steps::new(0);
    Evaluation::new(scope, &mut steps, needs).operand(operand)
}

/// The truths of a condition, twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    now: Truths,
    /// As if what could not be looked up were only not answered yet: tells what that mattered to.
    wide: Truths,
}

impl Found {
    const UNKNOWN: Self = Self::settled(Truths::UNKNOWN);
    const FALSE: Self = Self::settled(Truths::FALSE);
    const TRUE: Self = Self::settled(Truths::TRUE);

    const fn settled(truths: Truths) -> Self {
        Self {
            now: truths,
            wide: truths,
        }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            now: self.now.and(other.now),
            wide: self.wide.and(other.wide),
        }
    }

    const fn or(self, other: Self) -> Self {
        Self {
            now: self.now.or(other.now),
            wide: self.wide.or(other.wide),
        }
    }

    const fn not(self) -> Self {
        Self {
            now: self.now.not(),
            wide: self.wide.not(),
        }
    }

    const fn negated_if(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }
}

/// What the whole condition wants to know of a part of it. `not` turns the one into the other; which of
/// the two other truths it has otherwise matters to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    True,
    False,
}

impl Goal {
    const fn turned(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
        }
    }

    const fn is_decided(self, truths: Truths) -> bool {
        let truths = match self {
            Self::True => truths,
            Self::False => truths.not(),
        };
        !truths.is_undecided()
    }
}

/// A stack, the first of which takes no memory of its own: quantifiers seldom stand in each other.
#[derive(Debug)]
struct Variables<'a> {
    first: Option<Came<'a>>,
    others: Vec<Came<'a>>,
}

impl<'a> Variables<'a> {
    const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn at(&self, depth: u16) -> Option<&Came<'a>> {
        match usize::from(depth).checked_sub(1) {
            None => self.first.as_ref(),
            Some(at) => self.others.get(at),
        }
    }

    fn push(&mut self, element: Came<'a>) {
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

/// One evaluation under way. Explain walks conditions with it in its own way.
#[derive(Debug)]
pub(crate) struct Evaluation<'a, 's> {
    scope: &'a Scope<'a>,
    /// The elements that the quantifiers around are at, outermost first.
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

    /// The truths of one test, whatever it is part of.
    pub(crate) fn truths(&mut self, predicate: &'a Predicate) -> Truths {
        self.predicate(predicate).now
    }

    /// The truths of a condition, as [`evaluate`] gives them, where variables are bound.
    pub(crate) fn condition(&mut self, expr: &'a Expr) -> Truths {
        self.expr(expr, Goal::True).now
    }

    /// Takes steps for work besides evaluation; whether there were enough.
    pub(crate) const fn spend(&mut self, steps: usize) -> bool {
        self.steps.take(steps)
    }

    /// Binds the next variable: a quantifier goes in.
    pub(crate) fn bind(&mut self, element: Came<'a>) {
        self.variables.push(element);
    }

    /// A quantifier goes out.
    pub(crate) fn unbind(&mut self) {
        self.variables.pop();
    }

    /// Recurses as deep as the rule nests its condition, which is limited.
    fn expr(&mut self, expr: &'a Expr, goal: Goal) -> Found {
        let open = self.needs.open.len();
        let unavailable = self.needs.unavailable.len();
        let found = match expr {
            Expr::Or(arms) => self.any_of(arms.iter(), |this, arm| this.expr(arm, goal)),
            Expr::And(arms) => self
                .any_of(arms.iter(), |this, arm| this.expr(arm, goal).not())
                .not(),
            Expr::Not(inner) => self.expr(inner, goal.turned()).not(),
            Expr::Quantifier {
                which, over, body, ..
            } => self.quantifier(*which, over, body, goal),
            Expr::Test(predicate) => self.predicate(predicate),
        };
        // What this part has come to does not hang on these any more.
        if goal.is_decided(found.now) {
            self.needs.open.truncate(open);
        }
        if goal.is_decided(found.wide) {
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
    ) -> Found {
        let came = self.operand(over);
        if let Some(found) = self.unanswered(&[&came]) {
            return found;
        }
        let Some(elements) = came.elements() else {
            return Found::UNKNOWN;
        };
        // `all` is: not any that is not.
        let turn = |this: &mut Self, element: Came<'a>, goal: Goal| {
            this.bind(element);
            let found = match this.charge(1) {
                true => this.expr(body, goal),
                false => Found::UNKNOWN,
            };
            this.unbind();
            found
        };
        match which {
            Quantifier::Any => self.any_of(elements, |this, element| turn(this, element, goal)),
            Quantifier::All => self
                .any_of(elements, |this, element| turn(this, element, goal).not())
                .not(),
            Quantifier::None => self
                .any_of(elements, |this, element| turn(this, element, goal.turned()))
                .not(),
        }
    }

    /// Whether any of the items is true; the rest is not looked at where one is, or where the limit of
    /// steps is met.
    fn any_of<I>(
        &mut self,
        items: impl Iterator<Item = I>,
        mut truth: impl FnMut(&mut Self, I) -> Found,
    ) -> Found {
        let mut any = Found::FALSE;
        for item in items {
            any = any.or(truth(self, item));
            if any == Found::TRUE {
                break;
            }
            if self.steps.exceeded() && !self.variables.is_empty() {
                return any.or(Found::UNKNOWN);
            }
        }
        any
    }

    /// Whether so many steps inside a quantifier may still be done.
    fn charge(&mut self, steps: usize) -> bool {
        self.variables.is_empty() || self.steps.take(steps)
    }

    /// What a test over operands of which one is not answered may be; notes whose answer it is.
    fn unanswered(&mut self, operands: &[&Came<'a>]) -> Option<Found> {
        let mut found = None;
        for came in operands {
            match came {
                Came::Open(need) => {
                    note(&mut self.needs.open, need);
                    found = Some(Found::settled(Truths::OPEN));
                }
                Came::Unavailable(need) => {
                    note(&mut self.needs.unavailable, need);
                }
                _ => {}
            }
        }
        let unavailable = operands
            .iter()
            .any(|came| matches!(came, Came::Unavailable(_)));
        if unavailable {
            found = Some(Found {
                now: Truths::UNKNOWN,
                wide: Truths::OPEN,
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
