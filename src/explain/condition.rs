//! A condition as a tree: what every test saw, what became of it and, where that is unknown, why.
//! Decides nothing: the truths are those of evaluation.

use super::declared::Declared;
use super::text::Style;
use super::value;
use super::value::MASK;
use crate::eval::scope::Scope;
use crate::eval::{Came, Evaluation, Needs, Steps, Truths};
use crate::event::path::{Path, Root};
use crate::hir::schema::Field;
use crate::hir::{Expr, Operand, Pattern, Predicate, Zone};
use crate::json::document::Datum;
use crate::syntax::operator::Quantifier;

/// A condition or a part of one.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) truths: Truths,
    pub(crate) kind: NodeKind,
    /// The fewest tests that would have to come out otherwise to make it true.
    pub(crate) to_true: usize,
    /// The same to make it false.
    to_false: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Quantifier {
        /// `any item in order.items`
        text: String,
        seen: Vec<Seen>,
        causes: Vec<String>,
        /// None: not over a list.
        elements: Option<usize>,
        /// The elements that matter most, in order; not all of them.
        turns: Vec<Turn>,
    },
    Test {
        text: String,
        seen: Vec<Seen>,
        /// Why it is unknown, or whose answer it waits for.
        causes: Vec<String>,
    },
}

/// An operand and the value it had; secrets masked, long values cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) operand: String,
    pub(crate) value: String,
    /// What the declaration says of the field.
    pub(crate) description: Option<Box<str>>,
}

/// One element that a quantifier went over.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub(crate) index: usize,
    pub(crate) value: String,
    pub(crate) condition: Node,
}

/// What explaining a condition needs to know besides it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) scope: &'a Scope<'a>,
    /// What the event's type declares; tells which values are secret.
    pub(crate) fields: Option<&'a [Field]>,
    /// The rule's name.
    pub(crate) rule: &'a str,
    /// `Limits::evaluation_steps`
    pub(crate) steps: usize,
}

/// The tree of a condition.
pub(crate) fn explain<'a>(expr: &'a Expr, setting: Setting<'a>) -> Node {
    // Bodies of quantifiers are gone through once for the truth and again for the tree.
    let mut steps = Steps::new(setting.steps.saturating_mul(4));
    let mut needs = Needs::default();
    Tree::new(setting, &mut steps, &mut needs).node(expr)
}

/// A condition as text, long lists cut.
pub(crate) fn text(expr: &Expr, rule: &str) -> String {
    let mut style = Style {
        variables: Vec::new(),
        salt: rule,
        elements: SHOWN_ELEMENTS,
    };
    style.expr(expr)
}

/// Elements of a written list that are shown.
const SHOWN_ELEMENTS: usize = 8;
/// Elements of a list that a quantifier went over, each with its own tree.
const SHOWN_TURNS: usize = 3;
/// Past so many nodes quantifiers show no elements. Nested ones would multiply.
const MOST_NODES: usize = 2_000;

/// A tree under construction.
pub(super) struct Tree<'a, 's> {
    pub(super) setting: Setting<'a>,
    pub(super) evaluation: Evaluation<'a, 's>,
    pub(super) style: Style<'a>,
    /// What is declared of the quantifiers' variables around.
    types: Vec<Declared<'a>>,
    nodes_left: usize,
}

impl<'a, 's> Tree<'a, 's> {
    fn new(setting: Setting<'a>, steps: &'s mut Steps, needs: &'s mut Needs) -> Self {
        Self {
            setting,
            evaluation: Evaluation::new(setting.scope, steps, needs),
            style: Style {
                variables: Vec::new(),
                salt: setting.rule,
                elements: SHOWN_ELEMENTS,
            },
            types: Vec::new(),
            nodes_left: MOST_NODES,
        }
    }

    /// Recurses as deep as the rule nests its condition, which is limited.
    fn node(&mut self, expr: &'a Expr) -> Node {
        self.nodes_left = self.nodes_left.saturating_sub(1);
        match expr {
            Expr::And(arms) => {
                let arms: Vec<Node> = arms.iter().map(|arm| self.node(arm)).collect();
                Node {
                    truths: arms
                        .iter()
                        .fold(Truths::TRUE, |all, arm| all.and(arm.truths)),
                    to_true: arms
                        .iter()
                        .map(|arm| arm.to_true)
                        .fold(0, usize::saturating_add),
                    to_false: arms.iter().map(|arm| arm.to_false).min().unwrap_or(0),
                    kind: NodeKind::All(arms),
                }
            }
            Expr::Or(arms) => {
                let arms: Vec<Node> = arms.iter().map(|arm| self.node(arm)).collect();
                Node {
                    truths: arms
                        .iter()
                        .fold(Truths::FALSE, |any, arm| any.or(arm.truths)),
                    to_true: arms.iter().map(|arm| arm.to_true).min().unwrap_or(0),
                    to_false: arms
                        .iter()
                        .map(|arm| arm.to_false)
                        .fold(0, usize::saturating_add),
                    kind: NodeKind::Any(arms),
                }
            }
            Expr::Not(inner) => {
                let inner = self.node(inner);
                Node {
                    truths: inner.truths.not(),
                    to_true: inner.to_false,
                    to_false: inner.to_true,
                    kind: NodeKind::Not(Box::new(inner)),
                }
            }
            Expr::Quantifier {
                which,
                name,
                over,
                body,
            } => self.quantifier(*which, name, over, body, expr),
            Expr::Test(predicate) => self.test(predicate),
        }
    }

    fn test(&mut self, predicate: &'a Predicate) -> Node {
        let truths = self.evaluation.truths(predicate);
        let mut seen = Vec::new();
        for operand in operands(predicate) {
            self.see(operand, &mut seen);
        }
        match predicate {
            Predicate::TimeOfDay {
                zone: Zone::Path(path),
                ..
            } => self.see_path(path, &mut seen),
            Predicate::Sample(sample) => self.see_path(&sample.by, &mut seen),
            _ => {}
        }
        let causes = match truths.is_settled() && truths != Truths::UNKNOWN {
            true => Vec::new(),
            false => self.causes(predicate),
        };
        Node {
            truths,
            to_true: usize::from(truths != Truths::TRUE),
            to_false: usize::from(truths != Truths::FALSE),
            kind: NodeKind::Test {
                text: self.style.predicate(predicate),
                seen,
                causes,
            },
        }
    }

    fn quantifier(
        &mut self,
        which: Quantifier,
        name: &'a str,
        over: &'a Operand,
        body: &'a Expr,
        whole: &'a Expr,
    ) -> Node {
        let truths = self.evaluation.condition(whole);
        let text = format!("{} {name} in {}", which.word(), self.style.operand(over));
        let mut seen = Vec::new();
        let came = self.evaluation.operand(over);
        let Some(elements) = came.elements() else {
            self.see(over, &mut seen);
            let causes = self.causes_of_list(over);
            return Node {
                truths,
                to_true: 1,
                to_false: 1,
                kind: NodeKind::Quantifier {
                    text,
                    seen,
                    causes,
                    elements: None,
                    turns: Vec::new(),
                },
            };
        };
        let elements: Vec<Came<'a>> = elements.collect();
        // Nested quantifiers go through their lists again for every element shown.
        let affordable = self.evaluation.spend(elements.len());
        let declared = self.declared_of(over);
        self.style.variables.push(name);
        let mut found = Vec::with_capacity(elements.len());
        for element in &elements {
            if !affordable {
                break;
            }
            self.evaluation.bind(element.clone());
            found.push(self.evaluation.condition(body));
            self.evaluation.unbind();
        }
        let turns: Vec<Turn> = which_to_show(which, &found)
            .into_iter()
            .filter_map(|index| {
                if self.nodes_left == 0 {
                    return None;
                }
                let element = elements.get(index)?;
                self.evaluation.bind(element.clone());
                let of_element = declared.element(index);
                let value = self.came_text(element, of_element.holds_secret());
                self.types.push(of_element);
                let condition = self.node(body);
                self.types.pop();
                self.evaluation.unbind();
                Some(Turn {
                    index,
                    value,
                    condition,
                })
            })
            .collect();
        self.style.variables.pop();

        // Elements without a tree of their own count as one test each.
        let not_true = found.iter().filter(|truths| !truths.holds()).count();
        let not_false = found
            .iter()
            .filter(|truths| **truths != Truths::FALSE)
            .count();
        let least = |distance: fn(&Node) -> usize, otherwise: usize| {
            turns
                .iter()
                .map(|turn| distance(&turn.condition))
                .min()
                .unwrap_or(otherwise)
        };
        let nearest_true = least(|node| node.to_true, 1);
        let nearest_false = least(|node| node.to_false, 1);
        let (to_true, to_false) = match which {
            Quantifier::Any => (nearest_true, not_false),
            Quantifier::All => (not_true, nearest_false),
            Quantifier::None => (not_false, nearest_true),
        };
        let is = |wanted: Truths| truths == wanted;
        Node {
            truths,
            to_true: if is(Truths::TRUE) { 0 } else { to_true.max(1) },
            to_false: if is(Truths::FALSE) {
                0
            } else {
                to_false.max(1)
            },
            kind: NodeKind::Quantifier {
                text,
                seen,
                causes: Vec::new(),
                elements: Some(elements.len()),
                turns,
            },
        }
    }

    /// Adds the values of all paths and functions in an operand, each once.
    fn see(&mut self, operand: &'a Operand, seen: &mut Vec<Seen>) {
        match operand {
            Operand::Literal(_) => {}
            Operand::List(operands) => {
                for operand in operands.iter().take(SHOWN_ELEMENTS) {
                    self.see(operand, seen);
                }
            }
            Operand::Path(path) => self.see_path(path, seen),
            // The text before it was read as a number or a moment tells more.
            Operand::Number(inner) | Operand::Time(inner) | Operand::Times(inner) => {
                self.see(inner, seen);
            }
            Operand::Count(inner) => {
                let value = match self.is_secret_operand(inner) {
                    true => MASK.to_owned(),
                    false => {
                        let came = self.evaluation.operand(operand);
                        self.came_text(&came, false)
                    }
                };
                add(seen, self.style.operand(operand), value, None);
            }
            Operand::Shift { operand: inner, .. } => {
                self.see(inner, seen);
                if !self.is_secret_operand(inner) {
                    let came = self.evaluation.operand(operand);
                    let value = self.came_text(&came, false);
                    add(seen, self.style.operand(operand), value, None);
                }
            }
        }
    }

    fn see_path(&mut self, path: &'a Path, seen: &mut Vec<Seen>) {
        let came = self.evaluation.path(path);
        let value = self.came_text(&came, self.is_secret(path));
        let description = self.description(path).map(Into::into);
        add(seen, self.style.path(path), value, description);
    }

    fn came_text(&self, came: &Came<'_>, is_secret: bool) -> String {
        if is_secret {
            return masked(came);
        }
        match came {
            Came::List(elements) => format!("a list of {}", elements.len()),
            Came::Open(_) => "not answered yet".to_owned(),
            Came::Unavailable(_) => "not available".to_owned(),
            came => value::text(&came.datum().unwrap_or(Datum::Missing)),
        }
    }

    /// The value of an operand for a message about it.
    pub(super) fn operand_text(&mut self, operand: &'a Operand) -> String {
        if self.is_secret_operand(operand) {
            return MASK.to_owned();
        }
        let came = self.evaluation.operand(operand);
        self.came_text(&came, false)
    }

    fn is_secret_operand(&self, operand: &Operand) -> bool {
        self.declared_of(operand).holds_secret()
    }

    /// Whether a secret stands at the path or in what it reads.
    pub(super) fn is_secret(&self, path: &Path) -> bool {
        self.declared(path).holds_secret()
    }

    /// What is declared of the value at a path.
    fn declared(&self, path: &Path) -> Declared<'a> {
        self.declared_root(path.root).at(&path.segments)
    }

    fn description(&self, path: &Path) -> Option<&'a str> {
        self.declared_root(path.root).description(&path.segments)
    }

    fn declared_root(&self, root: Root) -> Declared<'a> {
        match root {
            Root::EventData => Declared::Data(self.setting.fields),
            Root::Variable(depth) => {
                let declared = self.types.get(usize::from(depth));
                declared.cloned().unwrap_or(Declared::Nothing)
            }
            _ => Declared::Nothing,
        }
    }

    /// What is declared of what an operand comes to. Recurses as deep as the rule nests it, which is
    /// limited.
    fn declared_of(&self, operand: &Operand) -> Declared<'a> {
        match operand {
            Operand::Literal(_) => Declared::Nothing,
            Operand::List(operands) => {
                let elements = operands.iter().map(|operand| self.declared_of(operand));
                Declared::Written(elements.collect())
            }
            Operand::Path(path) => self.declared(path),
            Operand::Count(inner)
            | Operand::Number(inner)
            | Operand::Time(inner)
            | Operand::Times(inner)
            | Operand::Shift { operand: inner, .. } => match self.declared_of(inner).holds_secret()
            {
                true => Declared::Secret,
                false => Declared::Nothing,
            },
        }
    }
}

/// The operands of a test, in the order written.
fn operands(predicate: &Predicate) -> Vec<&Operand> {
    match predicate {
        Predicate::Truth(operand) | Predicate::Is { operand, .. } => vec![operand],
        Predicate::Compare { left, right, .. } | Predicate::In { left, right, .. } => {
            vec![left, right]
        }
        Predicate::Between {
            operand, bounds, ..
        } => {
            let [low, high] = &**bounds;
            vec![operand, low, high]
        }
        Predicate::Match {
            left,
            right: Pattern::Operand(right),
            ..
        } => vec![left, right],
        Predicate::Match { left, .. } => vec![left],
        Predicate::TimeOfDay { at, .. } => vec![at],
        Predicate::Sample(_) => Vec::new(),
    }
}

fn add(seen: &mut Vec<Seen>, operand: String, value: String, description: Option<Box<str>>) {
    if !seen.iter().any(|seen| seen.operand == operand) {
        seen.push(Seen {
            operand,
            value,
            description,
        });
    }
}

/// Whether there is something is no secret.
fn masked(came: &Came<'_>) -> String {
    match came {
        Came::Datum(datum @ (Datum::Missing | Datum::Null)) => value::text(datum),
        _ => MASK.to_owned(),
    }
}

/// The elements that tell most about what a quantifier came to: those that decided it, else those that
/// were nearest to.
fn which_to_show(which: Quantifier, found: &[Truths]) -> Vec<usize> {
    let rank = |truths: &Truths| {
        let truths = match which {
            Quantifier::Any | Quantifier::None => *truths,
            Quantifier::All => truths.not(),
        };
        if truths.holds() {
            0
        } else if truths.is_settled() {
            u8::from(truths == Truths::FALSE).saturating_add(2)
        } else {
            1
        }
    };
    let mut indices: Vec<usize> = (0..found.len()).collect();
    indices.sort_by_key(|index| found.get(*index).map(rank));
    indices.truncate(SHOWN_TURNS);
    indices.sort_unstable();
    indices
}
