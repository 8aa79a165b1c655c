//! Explanations as text for people and as JSON for programs. Finds nothing out.

use std::fmt;

use super::condition::{Node, NodeKind, Seen};
use super::{Acted, Done, Explained, Explanation, Met, Required, Verdict};
use crate::eval::Truths;
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
        let mut lines = Lines::new(f);
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
        for explained in &self.rules {
            lines.out.write_str("\n")?;
            lines.explained(explained)?;
        }
        Ok(())
    }
}

impl Explanation {
    /// As one line of JSON, in the shape that the [reference](crate::reference) states.
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
        write::write_list(object.key("rules"), &self.rules, write_explained);
        object.end();
        out
    }
}

/// Writes lines; what comes from an event or a rule brings no control character along.
pub(super) struct Lines<'f, 'b> {
    out: &'f mut fmt::Formatter<'b>,
    /// The fields of a rule that were described: each is once.
    described: Vec<String>,
}

impl<'f, 'b> Lines<'f, 'b> {
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

    fn explained(&mut self, explained: &Explained) -> fmt::Result {
        self.described.clear();
        let name = &explained.rule;
        let verdict = verdict_text(&explained.verdict);
        self.line(0, &format!("{name} {verdict}"))?;
        for line in explained.description.iter().flat_map(|text| text.lines()) {
            self.line(1, line)?;
        }
        if let Some(window) = &explained.window {
            self.line(1, &format!("active {window}"))?;
        }
        for question in &explained.asks {
            self.line(1, &format!("asks {}", question.to_json()))?;
        }
        if explained.limited {
            self.line(
                1,
                "! a condition met the limit of evaluation steps: its rest is unknown",
            )?;
        }
        if let Some(when) = &explained.when {
            self.node(1, "when ", when)?;
        }
        for required in &explained.requirements {
            self.required(required)?;
        }
        for acted in &explained.actions {
            self.acted(acted)?;
        }
        Ok(())
    }

    fn required(&mut self, required: &Required) -> fmt::Result {
        let text = &required.text;
        self.line(
            1,
            &match &required.verdict {
                Met::Yes => format!("✓ require {text}"),
                Met::No { error } => format!("✗ require {text}: {error}"),
                Met::Undecided => format!("… require {text}: not known yet"),
                Met::NotLookedAt => format!("- require {text}"),
            },
        )?;
        match &required.when {
            Some(when) => self.node(2, "", when),
            None => Ok(()),
        }
    }

    fn acted(&mut self, acted: &Acted) -> fmt::Result {
        let text = &acted.text;
        self.line(
            1,
            &match &acted.verdict {
                Done::Yes => format!("✓ {text}"),
                Done::Failed { error } => format!("✗ {text} fails: {error}"),
                Done::LeftOut => format!("- {text}: left out"),
                Done::Undecided => format!("… {text}: not known yet"),
            },
        )?;
        if let Some(when) = &acted.when {
            self.node(2, "when ", when)?;
        }
        for missing in &acted.missing {
            self.line(2, missing)?;
        }
        Ok(())
    }

    /// Recurses as deep as the rule nests its condition, which is limited.
    pub(super) fn node(&mut self, depth: usize, lead: &str, node: &Node) -> fmt::Result {
        let mark = mark(node.truths);
        let inside = depth.saturating_add(1);
        match &node.kind {
            NodeKind::All(arms) | NodeKind::Any(arms) => {
                let word = match node.kind {
                    NodeKind::All(_) => "all of",
                    _ => "any of",
                };
                self.line(depth, &format!("{lead}{mark} {word}"))?;
                arms.iter().try_for_each(|arm| self.node(inside, "", arm))
            }
            NodeKind::Not(inner) => {
                self.line(depth, &format!("{lead}{mark} not"))?;
                self.node(inside, "", inner)
            }
            NodeKind::Test { text, seen, causes } => {
                self.line(depth, &format!("{lead}{mark} {text}"))?;
                self.reasons(inside, seen, causes)
            }
            NodeKind::Quantifier {
                text,
                seen,
                causes,
                elements,
                turns,
            } => {
                let count = elements.map_or(String::new(), |count| match count {
                    0 => ", which is empty".to_owned(),
                    1 => ", one element".to_owned(),
                    count => format!(", {count} elements"),
                });
                self.line(depth, &format!("{lead}{mark} {text}{count}"))?;
                self.reasons(inside, seen, causes)?;
                for turn in turns {
                    self.line(inside, &format!("[{}] {}", turn.index, turn.value))?;
                    self.node(inside.saturating_add(1), "", &turn.condition)?;
                }
                match elements.map(|count| count.saturating_sub(turns.len())) {
                    Some(more) if more > 0 && !turns.is_empty() => {
                        self.line(inside, &format!("… {more} more"))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn reasons(&mut self, depth: usize, seen: &[Seen], causes: &[String]) -> fmt::Result {
        // That something is missing is said better by its cause.
        let told = |seen: &&Seen| {
            let name = format!("`{}`", seen.operand);
            !causes
                .iter()
                .any(|cause| seen.value == "missing" && cause.contains(&name))
        };
        let all = seen;
        for seen in all.iter().filter(told) {
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

    /// `city: where it is sent to`
    fn description(&mut self, depth: usize, seen: &Seen) -> fmt::Result {
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

fn verdict_text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accepts => "accepts".to_owned(),
        Verdict::Undecided => "is undecided".to_owned(),
        Verdict::Refuses { error } => format!("refuses: {error}"),
        Verdict::Skips => "skips: its condition is not true".to_owned(),
        Verdict::Incomplete => {
            "skips: its condition is not true for want of what could not be looked up".to_owned()
        }
        Verdict::NotConsidered => {
            "is not considered: a final rule before it took the event".to_owned()
        }
        Verdict::OutsideWindow => "is outside its window".to_owned(),
        Verdict::OtherType => "listens to other types".to_owned(),
    }
}

const fn mark(truths: Truths) -> &'static str {
    match truths {
        Truths::TRUE => "✓",
        Truths::FALSE => "✗",
        Truths::UNKNOWN => "?",
        _ => "…",
    }
}

fn write_explained(explained: &Explained, out: &mut String) {
    let mut object = ObjectWriter::new(out);
    object.string("rule", &explained.rule);
    if let Some(description) = &explained.description {
        object.string("description", description);
    }
    let (verdict, error) = match &explained.verdict {
        Verdict::Accepts => ("accepts", None),
        Verdict::Undecided => ("undecided", None),
        Verdict::Refuses { error } => ("refuses", Some(&**error)),
        Verdict::Skips => ("skips", None),
        Verdict::Incomplete => ("incomplete", None),
        Verdict::NotConsidered => ("not_considered", None),
        Verdict::OutsideWindow => ("outside_window", None),
        Verdict::OtherType => ("other_type", None),
    };
    write_verdict(&mut object, verdict, error);
    if explained.misses > 0 {
        object.raw("misses", &explained.misses.to_string());
    }
    if !explained.asks.is_empty() {
        write::write_list(object.key("asks"), &explained.asks, Question::write_json);
    }
    if let Some(window) = &explained.window {
        object.string("window", window);
    }
    if explained.limited {
        object.raw("limited", "true");
    }
    if let Some(when) = &explained.when {
        write_node(when, object.key("when"));
    }
    if !explained.requirements.is_empty() {
        write::write_list(
            object.key("requires"),
            &explained.requirements,
            write_required,
        );
    }
    if !explained.actions.is_empty() {
        write::write_list(object.key("actions"), &explained.actions, write_acted);
    }
    object.end();
}

fn write_verdict(object: &mut ObjectWriter<'_>, verdict: &str, error: Option<&str>) {
    object.string("verdict", verdict);
    if let Some(error) = error {
        object.string("error", error);
    }
}

fn write_required(required: &Required, out: &mut String) {
    let mut object = ObjectWriter::new(out);
    object.string("requirement", &required.text);
    let (verdict, error) = match &required.verdict {
        Met::Yes => ("met", None),
        Met::No { error } => ("refuses", Some(&**error)),
        Met::Undecided => ("undecided", None),
        Met::NotLookedAt => ("not_looked_at", None),
    };
    write_verdict(&mut object, verdict, error);
    if let Some(when) = &required.when {
        write_node(when, object.key("when"));
    }
    object.end();
}

fn write_acted(acted: &Acted, out: &mut String) {
    let mut object = ObjectWriter::new(out);
    object.string("action", &acted.text);
    let (verdict, error) = match &acted.verdict {
        Done::Yes => ("done", None),
        Done::Failed { error } => ("fails", Some(&**error)),
        Done::LeftOut => ("left_out", None),
        Done::Undecided => ("undecided", None),
    };
    write_verdict(&mut object, verdict, error);
    if let Some(when) = &acted.when {
        write_node(when, object.key("when"));
    }
    if !acted.missing.is_empty() {
        write_strings(&acted.missing, object.key("missing"));
    }
    object.end();
}

/// Recurses as deep as the rule nests its condition, which is limited.
fn write_node(node: &Node, out: &mut String) {
    let mut object = ObjectWriter::new(out);
    let is = match node.truths {
        Truths::TRUE => "true",
        Truths::FALSE => "false",
        Truths::UNKNOWN => "unknown",
        _ => "open",
    };
    object.string("is", is);
    match &node.kind {
        NodeKind::All(arms) => write::write_list(object.key("all"), arms, write_node),
        NodeKind::Any(arms) => write::write_list(object.key("any"), arms, write_node),
        NodeKind::Not(inner) => write_node(inner, object.key("not")),
        NodeKind::Test { text, seen, causes } => {
            object.string("test", text);
            write_reasons(&mut object, seen, causes);
        }
        NodeKind::Quantifier {
            text,
            seen,
            causes,
            elements,
            turns,
        } => {
            object.string("quantifier", text);
            write_reasons(&mut object, seen, causes);
            if let Some(elements) = elements {
                object.raw("elements", &elements.to_string());
            }
            if !turns.is_empty() {
                write::write_list(object.key("shown"), turns, |turn, out| {
                    let mut object = ObjectWriter::new(out);
                    object.raw("index", &turn.index.to_string());
                    object.string("value", &turn.value);
                    write_node(&turn.condition, object.key("condition"));
                    object.end();
                });
            }
        }
    }
    object.end();
}

fn write_reasons(object: &mut ObjectWriter<'_>, seen: &[Seen], causes: &[String]) {
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
