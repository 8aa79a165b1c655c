//! Parts of a tree printed on one line. Knows no width and no comment.

use crate::json::write;
use crate::syntax::ast::{
    Duration, Entry, Expr, ExprKind, Function, Name, Operand, OperandKind, Pair, Path, SegmentKind,
    Text, Type, TypeKind, Value, ValueKind,
};
use crate::syntax::string::RAW;

/// Collects one line; knows when what it was given takes several.
#[derive(Debug)]
pub(super) struct Flat<'a> {
    source: &'a str,
    out: String,
    /// Something has to stand on several lines.
    tall: bool,
}

impl<'a> Flat<'a> {
    pub(super) const fn new(source: &'a str) -> Self {
        Self {
            source,
            out: String::new(),
            tall: false,
        }
    }

    pub(super) const fn of(out: String) -> Self {
        Self {
            source: "",
            out,
            tall: false,
        }
    }

    /// The line, if it is one.
    pub(super) fn text(self) -> Option<String> {
        (!self.tall).then_some(self.out)
    }

    /// The line, such as it is.
    pub(super) fn whole(self) -> String {
        self.out
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Whether a line break stands in the source between the offsets, as between a brace and what
    /// follows it.
    fn is_broken(&self, start: usize, end: usize) -> bool {
        let between = self.source.get(start..end).unwrap_or("");
        between.contains(['\n', '\r'])
    }

    // ---- types

    pub(super) fn field_type(mut self, ty: &Type) -> Self {
        self.push_type(ty);
        self
    }

    fn push_type(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::List(element) => {
                self.push("[");
                self.push_type(element);
                self.push("]");
            }
            TypeKind::Object(fields) => {
                let first = fields.first().map(|field| field.name.at.0.start as usize);
                self.tall |= first
                    .is_some_and(|first| self.is_broken(ty.at.0.start as usize, first))
                    || fields.iter().any(|field| field.description.is_some());
                self.braces(fields, |flat, field| {
                    flat.push_name(&field.name);
                    flat.push(": ");
                    flat.push_type(&field.ty);
                });
            }
            kind => self.push(type_word(kind)),
        }
        if ty.optional {
            self.push("?");
        }
    }

    fn braces<T>(&mut self, things: &[T], mut push: impl FnMut(&mut Self, &T)) {
        if things.is_empty() {
            return self.push("{}");
        }
        self.push("{ ");
        for (index, thing) in things.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            push(self, thing);
        }
        self.push(" }");
    }

    fn brackets<T>(&mut self, things: &[T], mut push: impl FnMut(&mut Self, &T)) {
        self.push("[");
        for (index, thing) in things.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            push(self, thing);
        }
        self.push("]");
    }

    // ---- actions

    /// The entries of a `do` whose brace opens behind `cursor`.
    pub(super) fn entries(mut self, entries: &[Entry], cursor: usize) -> Self {
        let mut pairs = Vec::new();
        for entry in entries {
            match entry {
                Entry::Pair(pair) => pairs.push(pair),
                Entry::When { .. } => self.tall = true,
            }
        }
        self.push_pairs(&pairs, cursor);
        self
    }

    pub(super) fn pairs(mut self, pairs: &[Pair], cursor: usize) -> Self {
        self.push_pairs(&pairs.iter().collect::<Vec<_>>(), cursor);
        self
    }

    fn push_pairs(&mut self, pairs: &[&Pair], start: usize) {
        let first = pairs.first().map(|pair| pair.key.at.0.start as usize);
        self.tall |= first.is_some_and(|first| self.is_broken(start, first));
        self.braces(pairs, |flat, pair| {
            flat.push_name(&pair.key);
            flat.push(": ");
            flat.push_value(&pair.value);
        });
    }

    pub(super) fn value(mut self, value: &Value) -> Self {
        self.push_value(value);
        self
    }

    fn push_value(&mut self, value: &Value) {
        match &value.kind {
            ValueKind::Null => self.push("null"),
            ValueKind::Bool(on) => self.push(if *on { "true" } else { "false" }),
            ValueKind::Number(number) => self.push(number),
            ValueKind::Text(text) => self.push_text(text),
            ValueKind::Path(found) => self.push(&path(self.source, found)),
            ValueKind::List(values) => self.brackets(values, Self::push_value),
            ValueKind::Object(pairs) => {
                let pairs: Vec<_> = pairs.iter().collect();
                self.push_pairs(&pairs, value.at.0.start as usize);
            }
        }
    }

    // ---- conditions

    pub(super) fn requirement(mut self, expr: &Expr, otherwise: &Text) -> Self {
        self.push_expr(expr);
        self.push(" else ");
        self.push_text(otherwise);
        self
    }

    pub(super) fn expr(mut self, expr: &Expr) -> Self {
        self.push_expr(expr);
        self
    }

    fn push_expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Or(arms) => self.arms(arms, " or "),
            ExprKind::And(arms) => self.arms(arms, " and "),
            ExprKind::Not(inner) => {
                self.push("not ");
                self.push_expr(inner);
            }
            ExprKind::Group(inner) => self.group(inner),
            ExprKind::Quantifier {
                which,
                variable,
                over,
                body,
            } => {
                self.push(which.word());
                self.push(" ");
                self.push(&variable.text);
                self.push(" in ");
                self.push_operand(over);
                self.push(" ");
                self.group(body);
            }
            ExprKind::Sample(sample) => {
                self.push("sample ");
                if let Some(from) = &sample.from {
                    self.push(&format!("{}%..", from.text));
                }
                self.push(&format!("{}% by ", sample.until.text));
                self.push(&path(self.source, &sample.by));
                if let Some(salt) = &sample.salt {
                    self.push(" salt ");
                    self.push_text(salt);
                }
            }
            ExprKind::Bare(operand) => self.push_operand(operand),
            ExprKind::Is {
                operand,
                negated,
                what,
            } => {
                self.push_operand(operand);
                self.push(" is");
                self.push_operator(*negated, what.word());
            }
            ExprKind::Between {
                operand,
                negated,
                bounds,
                ignoring_case,
            } => {
                let [low, high] = &**bounds;
                self.push_operand(operand);
                self.push_operator(*negated, "between");
                self.push(" ");
                self.push_operand(low);
                self.push(" and");
                self.right(high, *ignoring_case);
            }
            ExprKind::Compare {
                left,
                op,
                right,
                ignoring_case,
            } => {
                self.push_operand(left);
                self.push_operator(false, op.sign());
                self.right(right, *ignoring_case);
            }
            ExprKind::In {
                left,
                negated,
                right,
                ignoring_case,
            } => {
                self.push_operand(left);
                self.push_operator(*negated, "in");
                self.right(right, *ignoring_case);
            }
            ExprKind::Match {
                left,
                negated,
                op,
                right,
                ignoring_case,
            } => {
                self.push_operand(left);
                self.push_operator(*negated, op.word());
                self.right(right, *ignoring_case);
            }
        }
    }

    fn push_operator(&mut self, negated: bool, word: &str) {
        self.push(if negated { " not " } else { " " });
        self.push(word);
    }

    fn right(&mut self, operand: &Operand, ignoring_case: bool) {
        self.push(" ");
        self.push_operand(operand);
        if ignoring_case {
            self.push(" ignoring case");
        }
    }

    fn arms(&mut self, arms: &[Expr], word: &str) {
        for (index, arm) in arms.iter().enumerate() {
            if index > 0 {
                self.push(word);
            }
            self.push_expr(arm);
        }
    }

    fn group(&mut self, inner: &Expr) {
        self.push("(");
        self.push_expr(inner);
        self.push(")");
    }

    pub(super) fn operand(mut self, operand: &Operand) -> Self {
        self.push_operand(operand);
        self
    }

    fn push_operand(&mut self, operand: &Operand) {
        self.push_term(&operand.kind);
        for shift in &operand.shifts {
            self.push(if shift.minus { " - " } else { " + " });
            self.push(&duration(&shift.duration));
        }
    }

    pub(super) fn term(mut self, kind: &OperandKind) -> Self {
        self.push_term(kind);
        self
    }

    fn push_term(&mut self, kind: &OperandKind) {
        match kind {
            OperandKind::Null => self.push("null"),
            OperandKind::Bool(on) => self.push(if *on { "true" } else { "false" }),
            OperandKind::Number(number) => self.push(number),
            OperandKind::Text(text) => self.push_text(text),
            OperandKind::Duration(found) => self.push(&duration(found)),
            OperandKind::List(elements) => self.brackets(elements, Self::push_operand),
            OperandKind::Path(found) => self.push(&path(self.source, found)),
            OperandKind::Call {
                function,
                arguments,
            } => {
                self.push(function_word(*function));
                self.push("(");
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        self.push(", ");
                    }
                    self.push_operand(argument);
                }
                self.push(")");
            }
        }
    }

    // ---- names and strings

    fn push_name(&mut self, found: &Name) {
        self.push(&name(self.source, found));
    }

    fn push_text(&mut self, found: &Text) {
        match text(self.source, found) {
            Some(literal) => self.push(&literal),
            None => self.tall = true,
        }
    }
}

/// A name as it is written, quotes kept.
pub(super) fn name(source: &str, name: &Name) -> String {
    match (name.quoted, source.get(name.at.0.range())) {
        (false, _) => name.text.as_ref().to_owned(),
        (true, Some(literal)) if !literal.is_empty() => literal.to_owned(),
        (true, _) => write::string(&name.text),
    }
}

/// A string's literal where it takes one line: a plain one as it was written, a raw one if its text
/// allows it and it stood on one line before.
pub(super) fn text(source: &str, text: &Text) -> Option<String> {
    let literal = source.get(text.at.0.range()).unwrap_or("");
    if !text.raw {
        return Some(match literal {
            "" => write::string(&text.value),
            literal => literal.to_owned(),
        });
    }
    let value = &*text.value;
    let is_line = !literal.contains(['\n', '\r'])
        && !value.contains('\n')
        && !value.ends_with('"')
        && (value.is_empty() || !value.trim_matches([' ', '\t']).is_empty());
    is_line.then(|| format!("{RAW}{value}{RAW}"))
}

/// A path as it is written.
pub(super) fn path(source: &str, path: &Path) -> String {
    if let Some(written) = source.get(path.at.0.range())
        && !written.is_empty()
    {
        return written.to_owned();
    }
    let mut out = String::new();
    for segment in &path.segments {
        match &segment.kind {
            SegmentKind::Name(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            SegmentKind::Key(key) => {
                out.push('[');
                out.push_str(&write::string(key));
                out.push(']');
            }
            SegmentKind::Index(index) => {
                out.push('[');
                out.push_str(index);
                out.push(']');
            }
        }
    }
    out
}

pub(super) fn duration(duration: &Duration) -> String {
    format!("{}{}", duration.digits, duration.unit)
}

pub(super) const fn function_word(function: Function) -> &'static str {
    match function {
        Function::Count => "count",
        Function::Length => "length",
        Function::Number => "number",
        Function::Time => "time",
        Function::TimeOfDay => "time_of_day",
    }
}

/// The word of a type that is one.
pub(super) const fn type_word(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::String => "string",
        TypeKind::Number => "number",
        TypeKind::Bool => "bool",
        TypeKind::Timestamp => "timestamp",
        TypeKind::Secret => "secret",
        TypeKind::Any | TypeKind::List(_) | TypeKind::Object(_) => "any",
    }
}
