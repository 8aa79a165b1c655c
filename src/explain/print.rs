//! Prints explanations, as text for people and as JSON for programs.

use std::fmt;

use super::condition::{ConditionKind, ConditionNode, QuantifiedList, SeenValue};
use super::{ExplainedVerdict, Explanation, RuleExplanation, StepExplanation};
use crate::eval::TruthSet;
use crate::json::write;
use crate::json::write::ObjectWriter;
use crate::lookup::question::Question;

/// ```text
/// event 2d4a2 of type day_of_delivery
///
/// delivery_today refuses: Person is not found
///   when ✓ all of
///     ✓ order.total >= 20
///       order.total = 20.0
///     ✓ city in ["Chicago", "Austin"]
///       city = "Chicago"
///   ✗ require person: Person is not found
/// ```
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = LineWriter::new(f);
        let (id, ty) = (&self.event_id, &self.event_type);
        lines.line(0, &format!("event {id} of type {ty}"))?;
        for line in self.description.iter().flat_map(|text| text.lines()) {
            lines.line(1, line)?;
        }
        for breach in &self.breaches {
            lines.line(1, &format!("! {} {}", breach.path, breach.message))?;
            for line in breach.description.iter().flat_map(|text| text.lines()) {
                lines.line(2, line)?;
            }
        }
        if self.rules.is_empty() {
            lines.line(1, "no rule listens to this type")?;
        }
        for rule in &self.rules {
            lines.out.write_str("\n")?;
            lines.rule(rule)?;
        }
        Ok(())
    }
}

impl fmt::Display for ExplainedVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)?;
        f.write_str(self.error.as_deref().unwrap_or_default())
    }
}

impl Explanation {
    /// Returns one line of JSON, as described in the [reference](crate::reference).
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object.string("event_id", &self.event_id);
        object.string("event_type", &self.event_type);
        if let Some(description) = &self.description {
            object.string("description", description);
        }
        if !self.breaches.is_empty() {
            write::write_list(object.key("breaches"), &self.breaches, |breach, out| {
                let mut object = ObjectWriter::new(out);
                object.string("path", &breach.path);
                object.string("error", &breach.message);
                object.end();
            });
        }
        write::write_list(object.key("rules"), &self.rules, write_rule);
        object.end();
        out
    }
}

/// Writes lines and escapes the control characters in them.
pub(super) struct LineWriter<'f, 'b> {
    out: &'f mut fmt::Formatter<'b>,
    /// Fields whose description was printed for the current rule; each is printed once.
    described: Vec<String>,
}

impl<'f, 'b> LineWriter<'f, 'b> {
    pub(super) const fn new(out: &'f mut fmt::Formatter<'b>) -> Self {
        Self {
            out,
            described: Vec::new(),
        }
    }

    fn line(&mut self, depth: usize, text: &str) -> fmt::Result {
        let indent = if text.is_empty() { 0 } else { depth };
        for _ in 0..indent {
            self.out.write_str("  ")?;
        }
        for c in text.chars() {
            if c.is_control() {
                write!(self.out, "{}", c.escape_default())?;
            } else {
                fmt::Write::write_char(self.out, c)?;
            }
        }
        self.out.write_str("\n")
    }

    fn rule(&mut self, rule: &RuleExplanation) -> fmt::Result {
        self.described.clear();
        self.line(0, &format!("{} {}", rule.rule, rule.verdict))?;
        for line in rule.description.iter().flat_map(|text| text.lines()) {
            self.line(1, line)?;
        }
        if let Some(window) = &rule.window {
            self.line(1, &format!("active {window}"))?;
        }
        for question in &rule.asks {
            self.line(1, &format!("asks {}", question.to_json()))?;
        }
        if rule.limited {
            self.line(
                1,
                "! a condition met the limit of evaluation steps: its rest is unknown",
            )?;
        }
        if let Some(when) = &rule.when {
            self.node(1, "when ", when)?;
        }
        for step in &rule.requirements {
            self.step("require ", "", step)?;
        }
        for step in &rule.actions {
            self.step("", "when ", step)?;
        }
        Ok(())
    }

    /// Prints a requirement or an action with its condition and missing values.
    fn step(&mut self, prefix: &str, when_prefix: &str, step: &StepExplanation) -> fmt::Result {
        let (mark, text) = (step.verdict.mark, &step.text);
        self.line(1, &format!("{mark} {prefix}{text}{}", step.verdict))?;
        if let Some(when) = &step.when {
            self.node(2, when_prefix, when)?;
        }
        step.missing.iter().try_for_each(|text| self.line(2, text))
    }

    /// Recurses as deep as the rule nests its condition, which is limited.
    pub(super) fn node(&mut self, depth: usize, prefix: &str, node: &ConditionNode) -> fmt::Result {
        let (mark, inner_depth) = (truth_words(node.truths).0, depth.saturating_add(1));
        match &node.kind {
            ConditionKind::All(arms) => {
                self.line(depth, &format!("{prefix}{mark} all of"))?;
                arms.iter()
                    .try_for_each(|arm| self.node(inner_depth, "", arm))
            }
            ConditionKind::Any(arms) => {
                self.line(depth, &format!("{prefix}{mark} any of"))?;
                arms.iter()
                    .try_for_each(|arm| self.node(inner_depth, "", arm))
            }
            ConditionKind::Not(inner) => {
                self.line(depth, &format!("{prefix}{mark} not"))?;
                self.node(inner_depth, "", inner)
            }
            ConditionKind::Test(test) => {
                let list = test.quantified.as_ref();
                let count = match list.and_then(|list| list.elements) {
                    None => String::new(),
                    Some(0) => ", which is empty".to_owned(),
                    Some(1) => ", one element".to_owned(),
                    Some(count) => format!(", {count} elements"),
                };
                self.line(depth, &format!("{prefix}{mark} {}{count}", test.text))?;
                self.reasons(inner_depth, &test.seen, &test.causes)?;
                list.map_or(Ok(()), |list| self.elements(inner_depth, list))
            }
        }
    }

    fn elements(&mut self, depth: usize, list: &QuantifiedList) -> fmt::Result {
        for element in &list.shown {
            self.line(depth, &format!("[{}] {}", element.index, element.value))?;
            self.node(depth.saturating_add(1), "", &element.condition)?;
        }
        let all = list.elements.unwrap_or_default();
        match all.saturating_sub(list.shown.len()) {
            more if more > 0 && !list.shown.is_empty() => {
                self.line(depth, &format!("… {more} more"))
            }
            _ => Ok(()),
        }
    }

    fn reasons(&mut self, depth: usize, seen: &[SeenValue], causes: &[String]) -> fmt::Result {
        // A cause that names the operand replaces the line `operand = missing`.
        let is_shown = |seen: &&SeenValue| {
            let name = format!("`{}`", seen.operand);
            !causes
                .iter()
                .any(|cause| seen.value == "missing" && cause.contains(&name))
        };
        let all = seen;
        for seen in all.iter().filter(is_shown) {
            self.line(depth, &format!("{} = {}", seen.operand, seen.value))?;
        }
        for cause in causes {
            self.line(depth, cause)?;
        }
        for seen in all {
            self.description(depth, seen)?;
        }
        Ok(())
    }

    /// Prints a description: `city: delivery city`.
    fn description(&mut self, depth: usize, seen: &SeenValue) -> fmt::Result {
        let Some(description) = &seen.description else {
            return Ok(());
        };
        if self.described.contains(&seen.operand) {
            return Ok(());
        }
        self.described.push(seen.operand.clone());
        let mut lines = description.lines();
        let first = lines.next().unwrap_or_default();
        self.line(depth, &format!("{}: {first}", seen.operand))?;
        lines.try_for_each(|line| self.line(depth.saturating_add(1), line))
    }
}

/// Returns the mark of a truth and its name in JSON.
const fn truth_words(truths: TruthSet) -> (&'static str, &'static str) {
    match truths {
        TruthSet::TRUE => ("✓", "true"),
        TruthSet::FALSE => ("✗", "false"),
        TruthSet::UNKNOWN => ("?", "unknown"),
        _ => ("…", "open"),
    }
}

fn write_rule(rule: &RuleExplanation, out: &mut String) {
    let mut object = ObjectWriter::new(out);
    object.string("rule", &rule.rule);
    if let Some(description) = &rule.description {
        object.string("description", description);
    }
    write_verdict(&mut object, &rule.verdict);
    let (_, misses) = rule.rank;
    if misses > 0 {
        object.raw("misses", &misses.to_string());
    }
    if !rule.asks.is_empty() {
        write::write_list(object.key("asks"), &rule.asks, Question::write_json);
    }
    if let Some(window) = &rule.window {
        object.string("window", window);
    }
    if rule.limited {
        object.raw("limited", "true");
    }
    if let Some(when) = &rule.when {
        write_node(when, object.key("when"));
    }
    for (name, step_name, steps) in [
        ("requires", "requirement", &rule.requirements),
        ("actions", "action", &rule.actions),
    ] {
        if !steps.is_empty() {
            write::write_list(object.key(name), steps, |step, out| {
                write_step(step_name, step, out);
            });
        }
    }
    object.end();
}

fn write_verdict(object: &mut ObjectWriter<'_>, verdict: &ExplainedVerdict) {
    object.string("verdict", verdict.word);
    if let Some(error) = &verdict.error {
        object.string("error", error);
    }
}

/// Writes a requirement or an action; `name` is the member with its text.
fn write_step(name: &'static str, step: &StepExplanation, out: &mut String) {
    let mut object = ObjectWriter::new(out);
    object.string(name, &step.text);
    write_verdict(&mut object, &step.verdict);
    if let Some(when) = &step.when {
        write_node(when, object.key("when"));
    }
    if !step.missing.is_empty() {
        write_strings(&step.missing, object.key("missing"));
    }
    object.end();
}

/// Recurses as deep as the rule nests its condition, which is limited.
fn write_node(node: &ConditionNode, out: &mut String) {
    let mut object = ObjectWriter::new(out);
    object.string("is", truth_words(node.truths).1);
    match &node.kind {
        ConditionKind::All(arms) => write::write_list(object.key("all"), arms, write_node),
        ConditionKind::Any(arms) => write::write_list(object.key("any"), arms, write_node),
        ConditionKind::Not(inner) => write_node(inner, object.key("not")),
        ConditionKind::Test(test) => {
            let name = match &test.quantified {
                None => "test",
                Some(_) => "quantifier",
            };
            object.string(name, &test.text);
            write_reasons(&mut object, &test.seen, &test.causes);
            if let Some(list) = &test.quantified {
                write_elements(&mut object, list);
            }
        }
    }
    object.end();
}

fn write_elements(object: &mut ObjectWriter<'_>, list: &QuantifiedList) {
    if let Some(elements) = list.elements {
        object.raw("elements", &elements.to_string());
    }
    if !list.shown.is_empty() {
        write::write_list(object.key("shown"), &list.shown, |element, out| {
            let mut object = ObjectWriter::new(out);
            object.raw("index", &element.index.to_string());
            object.string("value", &element.value);
            write_node(&element.condition, object.key("condition"));
            object.end();
        });
    }
}

fn write_reasons(object: &mut ObjectWriter<'_>, seen: &[SeenValue], causes: &[String]) {
    if !seen.is_empty() {
        let mut values = ObjectWriter::new(object.key("seen"));
        for seen in seen {
            write::push_string(values.any_key(&seen.operand), &seen.value);
        }
        values.end();
    }
    if !causes.is_empty() {
        write_strings(causes, object.key("why"));
    }
}

fn write_strings(texts: &[String], out: &mut String) {
    write::write_list(out, texts, |text, out| {
        write::push_string(out, text);
    });
}
