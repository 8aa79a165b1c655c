//! What rules can read and ask, whatever the event. Evaluates nothing.

use std::collections::BTreeSet;

use crate::event::path::{Path, Root};
use crate::hir::{
    Action, Expr, Operand, Pattern, Predicate, Requirement, Rule, TemplateId, To, Value, Zone,
};
use crate::lookup::question::PossibleQuestion;
use crate::outcome::message::PartName;

use super::Rules;

/// What the rules of a type can ask, each question once, in the order of [`PossibleQuestion`].
pub(crate) fn possible_questions(rules: &Rules, folded_type: &str) -> Vec<PossibleQuestion> {
    let mut found = BTreeSet::new();
    for id in rules.candidates(folded_type) {
        if let Some(rule) = rules.rule(id) {
            let mut reader = Reader {
                rules,
                found: &mut found,
                reads_now: false,
            };
            reader.rule(rule);
        }
    }
    found.into_iter().collect()
}

/// Whether anything of the rule depends on the moment.
pub(crate) fn reads_now(rules: &Rules, rule: &Rule) -> bool {
    let mut found = BTreeSet::new();
    let mut reader = Reader {
        rules,
        found: &mut found,
        reads_now: rule.active.from.is_some() || rule.active.until.is_some(),
    };
    reader.rule(rule);
    reader.reads_now
}

struct Reader<'a> {
    rules: &'a Rules,
    found: &'a mut BTreeSet<PossibleQuestion>,
    reads_now: bool,
}

/// Recurses as deep as rules nest, which is limited.
impl Reader<'_> {
    fn rule(&mut self, rule: &Rule) {
        self.when(rule.when.as_ref());
        for requirement in &rule.requirements {
            let question = match requirement {
                Requirement::Person => PossibleQuestion::Person,
                Requirement::Subscribed(list) => PossibleQuestion::Subscribed(list.clone()),
                Requirement::CarrierSms | Requirement::CarrierMms => PossibleQuestion::Carrier,
                Requirement::Holds { expr, .. } => {
                    self.expr(expr);
                    continue;
                }
            };
            self.found.insert(question);
        }
        for action in &rule.actions {
            self.action(action);
        }
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::Send(send) => {
                self.when(send.when.as_deref());
                match &send.to {
                    Some(To::Path(path)) => self.path(path),
                    Some(To::Template(id)) => self.template(*id),
                    None => {}
                }
                for (name, id) in &send.parts {
                    if *name == PartName::Media {
                        self.found.insert(PossibleQuestion::Media);
                    }
                    self.template(*id);
                }
                for (_, value) in send.data.iter().flatten() {
                    self.value(value);
                }
            }
            Action::Do(own) => {
                self.when(own.when.as_deref());
                for (_, value) in &own.params {
                    self.value(value);
                }
            }
            Action::First(alternatives) => {
                for alternative in alternatives {
                    self.action(alternative);
                }
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Literal(_) => {}
            Value::Path(path) => self.path(path),
            Value::Template(id) => self.template(*id),
            Value::List(values) => {
                for value in values {
                    self.value(value);
                }
            }
            Value::Object(entries) => {
                for (_, value) in entries {
                    self.value(value);
                }
            }
        }
    }

    fn template(&mut self, id: TemplateId) {
        let programs = &self.rules.programs;
        if programs.reads_person(id) {
            self.found.insert(PossibleQuestion::Person);
        }
        if programs.reads_carrier(id) {
            self.found.insert(PossibleQuestion::Carrier);
        }
        for pool in programs.pools(id) {
            self.found.insert(PossibleQuestion::Code(pool.clone()));
        }
        self.reads_now |= programs.reads_now(id);
    }

    fn when(&mut self, when: Option<&Expr>) {
        if let Some(when) = when {
            self.expr(when);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Or(arms) | Expr::And(arms) => {
                for arm in arms {
                    self.expr(arm);
                }
            }
            Expr::Not(inner) => self.expr(inner),
            Expr::Quantifier { over, body, .. } => {
                self.operand(over);
                self.expr(body);
            }
            Expr::Test(predicate) => self.predicate(predicate),
        }
    }

    fn predicate(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::Truth(operand) | Predicate::Is { operand, .. } => self.operand(operand),
            Predicate::Compare { left, right, .. } | Predicate::In { left, right, .. } => {
                self.operand(left);
                self.operand(right);
            }
            Predicate::Between {
                operand, bounds, ..
            } => {
                self.operand(operand);
                for bound in &**bounds {
                    self.operand(bound);
                }
            }
            Predicate::Match { left, right, .. } => {
                self.operand(left);
                if let Pattern::Operand(right) = right {
                    self.operand(right);
                }
            }
            Predicate::TimeOfDay { at, zone, .. } => {
                self.operand(at);
                if let Zone::Path(path) = zone {
                    self.path(path);
                }
            }
            Predicate::Sample(sample) => self.path(&sample.by),
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Literal(_) => {}
            Operand::List(operands) => {
                for operand in operands {
                    self.operand(operand);
                }
            }
            Operand::Path(path) => self.path(path),
            Operand::Count(inner)
            | Operand::Number(inner)
            | Operand::Time(inner)
            | Operand::Times(inner) => self.operand(inner),
            Operand::Shift { operand, .. } => self.operand(operand),
        }
    }

    fn path(&mut self, path: &Path) {
        if path.asks_person() {
            self.found.insert(PossibleQuestion::Person);
        }
        if path.asks_carrier() {
            self.found.insert(PossibleQuestion::Carrier);
        }
        self.reads_now |= path.root == Root::Now;
    }
}
