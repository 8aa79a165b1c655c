//! Conditions as trees: the values that each test saw, the truths it has and, where one is unknown, why.
//! The truths are those of evaluation. Secrets are masked and long values are cut.

use super::text::ConditionPrinter;
use crate::eval::scope::Scope;
use crate::eval::{Evaluation, Needs, OperandValue, Steps, TruthSet};
use crate::event::path::{Path, Root};
use crate::hir::schema;
use crate::hir::schema::{Field, FieldType, Finding, Shape};
use crate::hir::{Expr, Operand, Pattern, Predicate, Zone};
use crate::json::document::{Datum, JsonKind};
use crate::json::path::Segment;
use crate::json::write;
use crate::syntax::operator::Quantifier;

/// A condition or a part of one.
#[derive(Clone, Debug)]
pub(crate) struct ConditionNode {
    pub(crate) truths: TruthSet,
    pub(crate) kind: ConditionKind,
    /// The least number of tests whose results have to change to make it true. It ranks near misses; the
    /// count is approximate for quantifiers, which count an element that is not shown as one test.
    pub(crate) to_true: usize,
    /// The same to make it false.
    to_false: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum ConditionKind {
    All(Vec<ConditionNode>),
    Any(Vec<ConditionNode>),
    Not(Box<ConditionNode>),
    Test(TestNode),
}

/// A test or a quantifier.
#[derive(Clone, Debug)]
pub(crate) struct TestNode {
    /// `order.total >= 20`, or `any item in order.items`
    pub(crate) text: String,
    pub(crate) seen: Vec<SeenValue>,
    /// Reasons why the test is unknown, or which answers it waits for.
    pub(crate) causes: Vec<String>,
    /// `Some` for a quantifier.
    pub(crate) quantified: Option<QuantifiedList>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct QuantifiedList {
    /// `None` if the value is not a list.
    pub(crate) elements: Option<usize>,
    /// The elements that matter most, in order.
    pub(crate) shown: Vec<ShownElement>,
}

/// An operand with its value; secrets are masked and long values cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenValue {
    pub(crate) operand: String,
    pub(crate) value: String,
    /// The description in the field's declaration.
    pub(crate) description: Option<Box<str>>,
}

/// One element of a quantified list.
#[derive(Clone, Debug)]
pub(crate) struct ShownElement {
    pub(crate) index: usize,
    pub(crate) value: String,
    pub(crate) condition: ConditionNode,
}

/// The context in which a condition is explained.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConditionContext<'a> {
    pub(crate) scope: &'a Scope<'a>,
    /// The declared fields of the event's type. They decide which values are secret.
    pub(crate) fields: Option<&'a [Field]>,
    /// The rule's name.
    pub(crate) rule: &'a str,
    /// `Limits::evaluation_steps`
    pub(crate) steps: usize,
}

/// Builds the tree of a condition.
pub(crate) fn explain<'a>(expr: &'a Expr, context: ConditionContext<'a>) -> ConditionNode {
    // Bodies of quantifiers are evaluated once for their truths and again for the tree.
    let mut steps = Steps::new(context.steps.saturating_mul(4));
    let mut needs = Needs::default();
    TreeBuilder::new(context, &mut steps, &mut needs).node(expr)
}

/// Prints a condition; long lists are cut.
pub(crate) fn text(expr: &Expr, rule: &str) -> String {
    ConditionPrinter::new(rule, MAX_LIST_ELEMENTS).expr(expr)
}

/// Replaces the value of a secret.
const MASK: &str = "•••";
/// Characters shown of a value.
const MAX_VALUE_LENGTH: usize = 80;
/// Elements shown of a list in the rule's text.
const MAX_LIST_ELEMENTS: usize = 8;
/// Elements shown of a quantified list, each with its own tree.
const MAX_SHOWN_ELEMENTS: usize = 3;
/// Beyond this number of nodes quantifiers show no elements; nested ones would multiply.
const MAX_NODES: usize = 2_000;

/// Builds a tree.
pub(super) struct TreeBuilder<'a, 's> {
    pub(super) context: ConditionContext<'a>,
    pub(super) evaluation: Evaluation<'a, 's>,
    pub(super) printer: ConditionPrinter<'a>,
    /// Declarations of the variables of enclosing quantifiers.
    types: Vec<DeclaredValue<'a>>,
    nodes_left: usize,
}

impl<'a, 's> TreeBuilder<'a, 's> {
    fn new(context: ConditionContext<'a>, steps: &'s mut Steps, needs: &'s mut Needs) -> Self {
        Self {
            context,
            evaluation: Evaluation::new(context.scope, steps, needs),
            printer: ConditionPrinter::new(context.rule, MAX_LIST_ELEMENTS),
            types: Vec::new(),
            nodes_left: MAX_NODES,
        }
    }

    /// Recurses as deep as the rule nests its condition, which is limited.
    fn node(&mut self, expr: &'a Expr) -> ConditionNode {
        self.nodes_left = self.nodes_left.saturating_sub(1);
        match expr {
            Expr::And(arms) => {
                let arms: Vec<_> = arms.iter().map(|arm| self.node(arm)).collect();
                let truths = arms.iter().map(|arm| arm.truths);
                ConditionNode {
                    truths: truths.fold(TruthSet::TRUE, TruthSet::and),
                    to_true: total(arms.iter().map(|arm| arm.to_true)),
                    to_false: arms.iter().map(|arm| arm.to_false).min().unwrap_or(0),
                    kind: ConditionKind::All(arms),
                }
            }
            Expr::Or(arms) => {
                let arms: Vec<_> = arms.iter().map(|arm| self.node(arm)).collect();
                let truths = arms.iter().map(|arm| arm.truths);
                ConditionNode {
                    truths: truths.fold(TruthSet::FALSE, TruthSet::or),
                    to_true: arms.iter().map(|arm| arm.to_true).min().unwrap_or(0),
                    to_false: total(arms.iter().map(|arm| arm.to_false)),
                    kind: ConditionKind::Any(arms),
                }
            }
            Expr::Not(inner) => {
                let inner = self.node(inner);
                ConditionNode {
                    truths: inner.truths.not(),
                    to_true: inner.to_false,
                    to_false: inner.to_true,
                    kind: ConditionKind::Not(Box::new(inner)),
                }
            }
            Expr::Quantifier {
                which,
                name,
                over,
                body,
            } => {
                let truths = self.evaluation.condition(expr);
                self.quantifier(truths, *which, name, over, body)
            }
            Expr::Test(predicate) => self.test(predicate),
        }
    }

    fn test(&mut self, predicate: &'a Predicate) -> ConditionNode {
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
        // A test that is true or false needs no reason beyond its values.
        let causes = match truths.is_settled() && truths != TruthSet::UNKNOWN {
            true => Vec::new(),
            false => self.causes(predicate),
        };
        ConditionNode {
            truths,
            to_true: usize::from(truths != TruthSet::TRUE),
            to_false: usize::from(truths != TruthSet::FALSE),
            kind: ConditionKind::Test(TestNode {
                text: self.printer.predicate(predicate),
                seen,
                causes,
                quantified: None,
            }),
        }
    }

    fn quantifier(
        &mut self,
        truths: TruthSet,
        which: Quantifier,
        name: &'a str,
        over: &'a Operand,
        body: &'a Expr,
    ) -> ConditionNode {
        let text = format!("{} {name} in {}", which.word(), self.printer.operand(over));
        let list = self.evaluation.operand(over);
        let Some(elements) = list.elements() else {
            let mut seen = Vec::new();
            self.see(over, &mut seen);
            let test = TestNode {
                text,
                seen,
                causes: self.causes_of_list(over),
                quantified: Some(QuantifiedList::default()),
            };
            return ConditionNode {
                truths,
                to_true: 1,
                to_false: 1,
                kind: ConditionKind::Test(test),
            };
        };
        let elements: Vec<OperandValue<'a>> = elements.collect();
        // Nested quantifiers evaluate their lists again for every element shown.
        let affordable = self.evaluation.spend(elements.len());
        let declared = self.declared_of(over);
        self.printer.variables.push(name);
        let mut found = Vec::with_capacity(elements.len());
        for element in &elements {
            if !affordable {
                break;
            }
            self.evaluation.bind(element.clone());
            found.push(self.evaluation.condition(body));
            self.evaluation.unbind();
        }
        let shown: Vec<ShownElement> = which_to_show(which, &found)
            .into_iter()
            .filter_map(|index| {
                if self.nodes_left == 0 {
                    return None;
                }
                let element = elements.get(index)?;
                self.evaluation.bind(element.clone());
                let declared = declared.element(index);
                let value = value_text(element, declared.holds_secret());
                self.types.push(declared);
                let condition = self.node(body);
                self.types.pop();
                self.evaluation.unbind();
                Some(ShownElement {
                    index,
                    value,
                    condition,
                })
            })
            .collect();
        self.printer.variables.pop();

        // An element that is not shown counts as one test.
        let not_true = found.iter().filter(|truths| !truths.holds()).count();
        let not_false = found
            .iter()
            .filter(|truths| **truths != TruthSet::FALSE)
            .count();
        let conditions = || shown.iter().map(|element| &element.condition);
        let nearest_true = conditions().map(|node| node.to_true).min().unwrap_or(1);
        let nearest_false = conditions().map(|node| node.to_false).min().unwrap_or(1);
        let (to_true, to_false) = match which {
            Quantifier::Any => (nearest_true, not_false),
            Quantifier::All => (not_true, nearest_false),
            Quantifier::None => (not_false, nearest_true),
        };
        let unless = |reached: TruthSet, distance: usize| match truths == reached {
            true => 0,
            false => distance.max(1),
        };
        ConditionNode {
            truths,
            to_true: unless(TruthSet::TRUE, to_true),
            to_false: unless(TruthSet::FALSE, to_false),
            kind: ConditionKind::Test(TestNode {
                text,
                seen: Vec::new(),
                causes: Vec::new(),
                quantified: Some(QuantifiedList {
                    elements: Some(elements.len()),
                    shown,
                }),
            }),
        }
    }

    /// Adds the values of all paths and functions in an operand, without duplicates.
    fn see(&mut self, operand: &'a Operand, seen: &mut Vec<SeenValue>) {
        match operand {
            Operand::Literal(_) => {}
            Operand::List(operands) => {
                for operand in operands.iter().take(MAX_LIST_ELEMENTS) {
                    self.see(operand, seen);
                }
            }
            Operand::Path(path) => self.see_path(path, seen),
            // The text is more informative than the number or timestamp it is parsed as.
            Operand::Number(inner) | Operand::Time(inner) | Operand::Times(inner) => {
                self.see(inner, seen);
            }
            Operand::Count(_) => {
                let value = self.operand_text(operand);
                add(seen, self.printer.operand(operand), value, None);
            }
            Operand::Shift { operand: inner, .. } => {
                self.see(inner, seen);
                if !self.declared_of(inner).holds_secret() {
                    let value = self.operand_text(operand);
                    add(seen, self.printer.operand(operand), value, None);
                }
            }
        }
    }

    fn see_path(&mut self, path: &'a Path, seen: &mut Vec<SeenValue>) {
        let value = self.evaluation.path(path);
        let root = self.declared_root(path.root);
        let value = value_text(&value, root.at(&path.segments).holds_secret());
        let description = root.description(&path.segments).map(Into::into);
        add(seen, self.printer.path(path), value, description);
    }

    /// Returns the value of an operand as text.
    pub(super) fn operand_text(&mut self, operand: &'a Operand) -> String {
        if self.declared_of(operand).holds_secret() {
            return MASK.to_owned();
        }
        value_text(&self.evaluation.operand(operand), false)
    }

    fn declared_root(&self, root: Root) -> DeclaredValue<'a> {
        match root {
            Root::EventData => DeclaredValue::Data(self.context.fields),
            Root::Variable(depth) => {
                let declared = self.types.get(usize::from(depth));
                declared.cloned().unwrap_or(DeclaredValue::Nothing)
            }
            _ => DeclaredValue::Nothing,
        }
    }

    /// Returns what is declared of an operand's value. Recurses as deep as the rule nests it, which is
    /// limited.
    fn declared_of(&self, operand: &Operand) -> DeclaredValue<'a> {
        match operand {
            Operand::Literal(_) => DeclaredValue::Nothing,
            Operand::List(operands) => {
                let elements = operands.iter().map(|operand| self.declared_of(operand));
                DeclaredValue::Written(elements.collect())
            }
            Operand::Path(path) => self.declared_root(path.root).at(&path.segments),
            Operand::Count(inner)
            | Operand::Number(inner)
            | Operand::Time(inner)
            | Operand::Times(inner)
            | Operand::Shift { operand: inner, .. } => match self.declared_of(inner).holds_secret()
            {
                true => DeclaredValue::Secret,
                false => DeclaredValue::Nothing,
            },
        }
    }
}

/// The declaration of one value.
///
/// It decides whether the value may be shown. A value that contains a secret, or is derived from one, is
/// masked as a whole.
#[derive(Clone, Debug)]
enum DeclaredValue<'a> {
    Nothing,
    /// All of `event_data`; `None` if its fields are not declared.
    Data(Option<&'a [Field]>),
    Type(&'a FieldType),
    /// A list in the rule's text.
    Written(Vec<Self>),
    /// Derived from a secret, or inside one.
    Secret,
}

impl<'a> DeclaredValue<'a> {
    /// Returns whether the value may be or contain a secret. Recurses as deep as rules nest lists, which
    /// is limited.
    fn holds_secret(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Data(fields) => fields.is_some_and(fields_hold_secret),
            Self::Type(ty) => type_holds_secret(ty),
            Self::Written(elements) => elements.iter().any(Self::holds_secret),
            Self::Secret => true,
        }
    }

    /// Returns the declaration of the value at a path inside this one.
    fn at(&self, segments: &[Segment]) -> Self {
        let Some((first, rest)) = segments.split_first() else {
            return self.clone();
        };
        let finding = match self {
            Self::Data(fields) => schema::look_up(*fields, segments),
            Self::Type(ty) => schema::look_up_in(ty, segments),
            Self::Written(elements) => {
                return match first {
                    Segment::Index(index) => elements
                        .get(*index as usize)
                        .map_or(Self::Nothing, |element| element.at(rest)),
                    Segment::Key(_) => Self::Nothing,
                };
            }
            Self::Nothing | Self::Secret => return self.clone(),
        };
        match finding {
            Finding::Declared { ty, .. } => Self::Type(ty),
            // An event that violates its declaration may have a value inside a secret.
            Finding::NotAContainer { ty, .. } if type_holds_secret(ty) => Self::Secret,
            _ => Self::Nothing,
        }
    }

    /// Returns the description of the field at a path inside this value. Recurses as deep as rules nest
    /// lists, which is limited.
    fn description(&self, segments: &[Segment]) -> Option<&'a str> {
        match self {
            Self::Data(fields) => schema::description((*fields)?, segments),
            Self::Type(ty) => match &ty.shape {
                Shape::Object(fields) => schema::description(fields, segments),
                _ => None,
            },
            Self::Written(elements) => match segments.split_first()? {
                (Segment::Index(index), rest) => elements.get(*index as usize)?.description(rest),
                _ => None,
            },
            Self::Nothing | Self::Secret => None,
        }
    }

    /// Returns the declaration of an element of this value.
    fn element(&self, index: usize) -> Self {
        match self {
            Self::Written(elements) => elements.get(index).cloned().unwrap_or(Self::Nothing),
            Self::Type(ty) => match &ty.shape {
                Shape::List(element) => Self::Type(element),
                // An event that violates its declaration may have a list there.
                _ if type_holds_secret(ty) => Self::Secret,
                _ => Self::Nothing,
            },
            Self::Secret => Self::Secret,
            Self::Data(_) | Self::Nothing => Self::Nothing,
        }
    }
}

/// Returns whether a value of this type may contain a secret. Recurses as deep as the declaration nests,
/// which is limited.
fn type_holds_secret(ty: &FieldType) -> bool {
    match &ty.shape {
        Shape::Secret => true,
        Shape::List(element) => type_holds_secret(element),
        Shape::Object(fields) => fields_hold_secret(fields),
        Shape::String | Shape::Number | Shape::Bool | Shape::Timestamp | Shape::Any => false,
    }
}

fn fields_hold_secret(fields: &[Field]) -> bool {
    fields.iter().any(|field| type_holds_secret(&field.ty))
}

/// Returns the operands of a test, in source order.
pub(super) fn operands(predicate: &Predicate) -> Vec<&Operand> {
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

fn add(seen: &mut Vec<SeenValue>, operand: String, value: String, description: Option<Box<str>>) {
    if !seen.iter().any(|seen| seen.operand == operand) {
        seen.push(SeenValue {
            operand,
            value,
            description,
        });
    }
}

fn total(distances: impl Iterator<Item = usize>) -> usize {
    distances.fold(0, usize::saturating_add)
}

/// Selects the elements that explain the result of a quantifier best: those that decided it, else those
/// that came closest.
fn which_to_show(which: Quantifier, found: &[TruthSet]) -> Vec<usize> {
    let rank = |truths: &TruthSet| {
        let truths = match which {
            Quantifier::Any | Quantifier::None => *truths,
            Quantifier::All => truths.not(),
        };
        if truths.holds() {
            0
        } else if truths.is_settled() {
            u8::from(truths == TruthSet::FALSE).saturating_add(2)
        } else {
            1
        }
    };
    let mut indices: Vec<usize> = (0..found.len()).collect();
    indices.sort_by_key(|index| found.get(*index).map(rank));
    indices.truncate(MAX_SHOWN_ELEMENTS);
    indices.sort_unstable();
    indices
}

/// Prints a value. Of a secret only its presence is shown.
fn value_text(value: &OperandValue<'_>, is_secret: bool) -> String {
    match value {
        OperandValue::Datum(datum @ (Datum::Missing | Datum::Null)) => datum_text(datum),
        _ if is_secret => MASK.to_owned(),
        OperandValue::List(elements) => format!("a list of {}", elements.len()),
        OperandValue::Pending(_) => "not answered yet".to_owned(),
        OperandValue::Unavailable(_) => "not available".to_owned(),
        value => datum_text(&value.datum().unwrap_or(Datum::Missing)),
    }
}

fn datum_text(datum: &Datum<'_>) -> String {
    match datum {
        Datum::Missing => "missing".to_owned(),
        Datum::Null => "null".to_owned(),
        Datum::Bool(value) => value.to_string(),
        Datum::Number(number) => cut(number.text(), str::to_owned),
        Datum::Text(text) => cut(text, write::string),
        Datum::Time(time) => time.to_string(),
        Datum::Node(node) => {
            let count = node.count();
            let is_short = node.raw().chars().nth(MAX_VALUE_LENGTH).is_none();
            match node.kind() {
                _ if is_short => single_line(node.raw()),
                JsonKind::Object => format!("an object of {count}"),
                _ => format!("a list of {count}"),
            }
        }
        Datum::List(literals) => format!("a list of {}", literals.len()),
    }
}

fn cut(text: &str, print: fn(&str) -> String) -> String {
    match text.char_indices().nth(MAX_VALUE_LENGTH) {
        None => print(text),
        Some((end, _)) => format!("{}…", print(text.get(..end).unwrap_or_default())),
    }
}

/// Prints JSON text on one line. Line breaks and tabs occur only between its tokens.
fn single_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}
