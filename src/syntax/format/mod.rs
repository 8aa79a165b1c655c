//! The one canonical layout: a tree printed, its comments kept. Parses nothing and changes no meaning.
//!
//! Four blanks a level, one clause a line, at most one blank line in a row, lines of at most 100
//! characters where what is broken can be: conditions before `and` and `or`, lists after each element.
//! An object stays on several lines if a line break followed its brace.

mod flat;
pub(crate) mod layout;
mod printer;
#[cfg(test)]
mod tests;

use self::flat::Flat;
use self::printer::{Gap, Printer};
use crate::syntax::ast::{
    Action, ActionKind, At, Clause, ClauseKind, Comment, Declaration, Entry, Expectation, Expr,
    ExprKind, Field, File, Item, JsonText, Name, Operand, OperandKind, Pair, Part, PartKind,
    Recipient, Requirement, Rule, Test, TestItem, TestItemKind, Text, Type, TypeKind, Value,
    ValueKind,
};

/// Prints a whole file. Printing what was parsed from the result gives the same text again.
pub(crate) fn file(file: &File) -> String {
    let mut out = String::new();
    let mut before_single = false;
    for declaration in &file.declarations {
        let text = self::declaration(declaration);
        let single = !text.contains('\n');
        let rest = trailing(&mut out, &declaration.leading);
        // Whoever stands on one line may stand close to its like.
        let asked = declaration.after_blank || rest.iter().any(|comment| comment.after_blank);
        let apart = !(asked || single && before_single);
        let mut first = true;
        for comment in rest {
            start_line(&mut out, comment.after_blank || first && apart);
            out.push_str(comment.text.trim_end());
            first = false;
        }
        let described = declaration
            .text
            .is_empty()
            .then_some(&declaration.description);
        for line in described
            .iter()
            .flat_map(|text| text.iter())
            .flat_map(|text| text.split('\n'))
        {
            start_line(&mut out, first && apart);
            out.push_str(format!("/// {line}").trim_end());
            first = false;
        }
        start_line(&mut out, declaration.after_blank || first && apart);
        out.push_str(&text);
        before_single = single;
    }
    for comment in trailing(&mut out, &file.trailing) {
        start_line(&mut out, comment.after_blank);
        out.push_str(comment.text.trim_end());
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Ends the line with the comments that stood on it, and gives the others.
fn trailing<'a>(out: &mut String, comments: &'a [Comment]) -> &'a [Comment] {
    let on_line = |comment: &&Comment| !comment.own_line;
    let count = match out.is_empty() {
        true => 0,
        false => comments.iter().take_while(on_line).count(),
    };
    let (first, rest) = comments.split_at_checked(count).unwrap_or((&[], comments));
    for comment in first {
        out.push(' ');
        out.push_str(comment.text.trim_end());
    }
    rest
}

fn start_line(out: &mut String, blank: bool) {
    if !out.is_empty() {
        out.push_str(if blank { "\n\n" } else { "\n" });
    }
}

fn declaration(declaration: &Declaration) -> String {
    let mut printer = Printer::new(&declaration.text, &declaration.inner);
    printer.item(&declaration.item);
    printer.finish()
}

impl Printer<'_> {
    // ---- declarations

    fn item(&mut self, item: &Item) {
        match item {
            Item::Company(key) => {
                self.word(Gap::Nothing, "company");
                self.text(Gap::Blank, key);
            }
            Item::Event(event) => {
                self.word(Gap::Nothing, "event");
                self.name(Gap::Blank, &event.name);
                if let Some(fields) = &event.fields {
                    self.fields(Gap::Blank, fields);
                }
            }
            Item::Constant(constant) => {
                self.word(Gap::Nothing, "const");
                self.name(Gap::Blank, &constant.name);
                self.word(Gap::Blank, "=");
                self.operand(Gap::Blank, &constant.value);
            }
            Item::Template(template) => {
                self.word(Gap::Nothing, "template");
                self.name(Gap::Blank, &template.name);
                self.text(Gap::Blank, &template.text);
            }
            Item::Rule(rule) => self.rule(rule),
            Item::Test(test) => self.test(test),
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.word(Gap::Nothing, "rule");
        self.name(Gap::Blank, &rule.name);
        self.open(Gap::Blank, "{");
        for clause in &rule.clauses {
            self.clause(clause);
        }
        self.close("}");
    }

    fn fields(&mut self, gap: Gap, fields: &[Field]) {
        self.open(gap, "{");
        for field in fields {
            let description = field
                .description
                .as_deref()
                .filter(|_| self.source.is_empty());
            for line in description.iter().flat_map(|text| text.split('\n')) {
                self.word(Gap::Line, format!("/// {line}").trim_end());
            }
            self.name(Gap::Line, &field.name);
            self.word(Gap::Nothing, ":");
            self.field_type(Gap::Blank, &field.ty);
        }
        self.close("}");
    }

    fn field_type(&mut self, gap: Gap, ty: &Type) {
        let flat = self.flat().field_type(ty);
        if let Some(text) = self.fit(gap, flat, ty.at) {
            return self.at(gap, &text, ty.at);
        }
        match &ty.kind {
            TypeKind::List(element) => {
                self.word(gap, "[");
                self.field_type(Gap::Nothing, element);
                self.word(Gap::Nothing, "]");
            }
            TypeKind::Object(fields) => self.fields(gap, fields),
            kind => self.word(gap, flat::type_word(kind)),
        }
        if ty.optional {
            self.word(Gap::Nothing, "?");
        }
    }

    // ---- clauses

    fn clause(&mut self, clause: &Clause) {
        let at = clause.at;
        match &clause.kind {
            ClauseKind::OnAll => {
                self.first(Gap::Line, "on", at);
                self.word(Gap::Blank, "*");
            }
            ClauseKind::On(types) => {
                self.first(Gap::Line, "on", at);
                self.types(types);
            }
            ClauseKind::Id(id) => {
                self.first(Gap::Line, "id", at);
                self.text(Gap::Blank, id);
            }
            ClauseKind::Active { from, until } => {
                self.first(Gap::Line, "active", at);
                for (word, end) in [("from", from), ("until", until)] {
                    if let Some(end) = end {
                        self.word(Gap::Blank, word);
                        self.text(Gap::Blank, end);
                    }
                }
            }
            ClauseKind::Priority(number) => {
                self.first(Gap::Line, "priority", at);
                self.at(Gap::Blank, &number.text, number.at);
            }
            ClauseKind::When(expr) => {
                self.first(Gap::Line, "when", at);
                self.expr(Gap::Blank, expr);
            }
            ClauseKind::Require(requirement) => {
                self.first(Gap::Line, "require", at);
                self.requirement(requirement, at);
            }
            ClauseKind::Final => self.first(Gap::Line, "final", at),
            ClauseKind::Missing { blank } => {
                self.first(Gap::Line, "missing", at);
                self.word(Gap::Blank, if *blank { "blank" } else { "fail" });
            }
            ClauseKind::Action(action) => self.action(action),
        }
    }

    fn types(&mut self, types: &[Name]) {
        let names = types.iter().map(|name| flat::name(self.source, name));
        let line = names.collect::<Vec<_>>().join(", ");
        let start = self.cursor;
        let end = types.last().map_or(start, |name| name.at.0.end as usize);
        let at = At(crate::text::span::Span::of(start, end));
        let fits = self.fit(Gap::Blank, Flat::of(line), at).is_some();
        self.indent = self.indent.saturating_add(1);
        for (index, name) in types.iter().enumerate() {
            if index > 0 {
                self.comma();
            }
            let wraps = index > 0 && !fits;
            self.name(if wraps { Gap::Wrap } else { Gap::Blank }, name);
        }
        self.indent = self.indent.saturating_sub(1);
    }

    fn requirement(&mut self, requirement: &Requirement, at: At) {
        match requirement {
            Requirement::Person => self.word(Gap::Blank, "person"),
            Requirement::Subscribed(list) => {
                self.word(Gap::Blank, "subscribed");
                self.text(Gap::Blank, list);
            }
            Requirement::CarrierSms | Requirement::CarrierMms => {
                self.word(Gap::Blank, "carrier");
                let sms = *requirement == Requirement::CarrierSms;
                self.word(Gap::Blank, if sms { "sms" } else { "mms" });
            }
            Requirement::Holds { expr, otherwise } => {
                let flat = self.flat().requirement(expr, otherwise);
                let fits = self.fit(Gap::Blank, flat, at).is_some();
                self.expr(Gap::Blank, expr);
                self.indent = self.indent.saturating_add(1);
                self.word(if fits { Gap::Blank } else { Gap::Wrap }, "else");
                self.text(Gap::Blank, otherwise);
                self.indent = self.indent.saturating_sub(1);
            }
        }
    }

    // ---- actions

    fn action(&mut self, action: &Action) {
        match &action.kind {
            ActionKind::Send { channel, parts, .. } => {
                self.first(Gap::Line, "send", action.at);
                self.word(Gap::Blank, channel.name());
                self.open(Gap::Blank, "{");
                for part in parts {
                    self.part(part);
                }
                self.close("}");
            }
            ActionKind::Do {
                name,
                entries,
                close,
            } => {
                self.first(Gap::Line, "do", action.at);
                self.name(Gap::Blank, name);
                let flat = self.flat().entries(entries, self.cursor);
                let range = crate::text::span::Span::of(self.cursor, close.0.end as usize);
                match self.fit(Gap::Blank, flat, At(range)) {
                    Some(text) => {
                        let start = self.next_token();
                        let at = crate::text::span::Span::of(start, close.0.end as usize);
                        self.at(Gap::Blank, &text, At(at));
                    }
                    None => self.entries(entries),
                }
            }
            ActionKind::First { actions, .. } => {
                self.first(Gap::Line, "first", action.at);
                self.open(Gap::Blank, "{");
                for action in actions {
                    self.action(action);
                }
                self.close("}");
            }
        }
    }

    fn part(&mut self, part: &Part) {
        let at = part.at;
        match &part.kind {
            PartKind::When(expr) => {
                self.first(Gap::Line, "when", at);
                self.expr(Gap::Blank, expr);
            }
            PartKind::To(recipient) => {
                self.first(Gap::Line, "to", at);
                match recipient {
                    Recipient::Path(path) => {
                        self.at(Gap::Blank, &flat::path(self.source, path), path.at);
                    }
                    Recipient::Template(text) => self.text(Gap::Blank, text),
                }
            }
            PartKind::Text { name, text } => {
                self.first(Gap::Line, name.name(), at);
                self.text(Gap::Blank, text);
            }
            PartKind::Data(pairs) => {
                self.first(Gap::Line, "data", at);
                let flat = self.flat().pairs(pairs, self.cursor);
                let range = crate::text::span::Span::of(self.cursor, at.0.end as usize);
                match self.fit(Gap::Blank, flat, At(range)) {
                    Some(text) => {
                        let start = self.next_token();
                        let range = crate::text::span::Span::of(start, at.0.end as usize);
                        self.at(Gap::Blank, &text, At(range));
                    }
                    None => self.pairs(pairs),
                }
            }
            PartKind::Transactional(on) => {
                self.first(Gap::Line, "transactional", at);
                self.word(Gap::Blank, if *on { "true" } else { "false" });
            }
        }
    }

    fn entries(&mut self, entries: &[Entry]) {
        self.open(Gap::Blank, "{");
        for entry in entries {
            match entry {
                Entry::When { at, expr } => {
                    self.first(Gap::Line, "when", *at);
                    self.expr(Gap::Blank, expr);
                }
                Entry::Pair(pair) => self.pair(pair),
            }
        }
        self.close("}");
    }

    fn pairs(&mut self, pairs: &[Pair]) {
        self.open(Gap::Blank, "{");
        for pair in pairs {
            self.pair(pair);
        }
        self.close("}");
    }

    fn pair(&mut self, pair: &Pair) {
        self.name(Gap::Line, &pair.key);
        self.word(Gap::Nothing, ":");
        self.value(Gap::Blank, &pair.value);
    }

    fn value(&mut self, gap: Gap, value: &Value) {
        let flat = self.flat().value(value);
        if let Some(text) = self.fit(gap, flat, value.at) {
            return self.at(gap, &text, value.at);
        }
        match &value.kind {
            ValueKind::Text(text) => self.text(gap, text),
            ValueKind::List(values) => {
                self.open(gap, "[");
                for value in values {
                    self.value(Gap::Line, value);
                    self.comma();
                }
                self.close("]");
            }
            ValueKind::Object(pairs) => {
                // `pairs` opens behind a blank; in a list the object has its own line.
                self.open(gap, "{");
                for pair in pairs {
                    self.pair(pair);
                }
                self.close("}");
            }
            ValueKind::Path(path) => self.at(gap, &flat::path(self.source, path), path.at),
            ValueKind::Null => self.at(gap, "null", value.at),
            ValueKind::Bool(on) => self.at(gap, if *on { "true" } else { "false" }, value.at),
            ValueKind::Number(number) => self.at(gap, number, value.at),
        }
    }

    // ---- conditions

    fn expr(&mut self, gap: Gap, expr: &Expr) {
        let flat = self.flat().expr(expr);
        if let Some(text) = self.fit(gap, flat, expr.at) {
            return self.at(gap, &text, expr.at);
        }
        match &expr.kind {
            ExprKind::Or(arms) => self.arms(gap, arms, "or"),
            ExprKind::And(arms) => self.arms(gap, arms, "and"),
            ExprKind::Not(inner) => {
                self.first(gap, "not", expr.at);
                self.expr(Gap::Blank, inner);
            }
            ExprKind::Group(inner) => self.group(gap, inner),
            ExprKind::Quantifier {
                which,
                variable,
                over,
                body,
            } => {
                self.first(gap, which.word(), expr.at);
                self.name(Gap::Blank, variable);
                self.word(Gap::Blank, "in");
                self.operand(Gap::Blank, over);
                self.group(Gap::Blank, body);
            }
            ExprKind::Sample(sample) => {
                self.first(gap, "sample", expr.at);
                if let Some(from) = &sample.from {
                    self.at(Gap::Blank, &format!("{}%", from.text), from.at);
                    self.word(Gap::Nothing, "..");
                }
                let between = match sample.from {
                    Some(_) => Gap::Nothing,
                    None => Gap::Blank,
                };
                self.at(between, &format!("{}%", sample.until.text), sample.until.at);
                self.word(Gap::Blank, "by");
                self.at(
                    Gap::Blank,
                    &flat::path(self.source, &sample.by),
                    sample.by.at,
                );
                if let Some(salt) = &sample.salt {
                    self.word(Gap::Blank, "salt");
                    self.text(Gap::Blank, salt);
                }
            }
            ExprKind::Bare(operand) => self.operand(gap, operand),
            ExprKind::Is {
                operand,
                negated,
                what,
            } => {
                self.operand(gap, operand);
                self.word(Gap::Blank, "is");
                self.words(&[("not", *negated), (what.word(), true)]);
            }
            ExprKind::Between {
                operand,
                negated,
                bounds,
                ignoring_case,
            } => {
                let [low, high] = &**bounds;
                self.operand(gap, operand);
                self.words(&[("not", *negated), ("between", true)]);
                self.operand(Gap::Blank, low);
                self.word(Gap::Blank, "and");
                self.right(high, *ignoring_case);
            }
            ExprKind::Compare {
                left,
                op,
                right,
                ignoring_case,
            } => {
                self.operand(gap, left);
                self.word(Gap::Blank, op.sign());
                self.right(right, *ignoring_case);
            }
            ExprKind::In {
                left,
                negated,
                right,
                ignoring_case,
            } => {
                self.operand(gap, left);
                self.words(&[("not", *negated), ("in", true)]);
                self.right(right, *ignoring_case);
            }
            ExprKind::Match {
                left,
                negated,
                op,
                right,
                ignoring_case,
            } => {
                self.operand(gap, left);
                self.words(&[("not", *negated), (op.word(), true)]);
                self.right(right, *ignoring_case);
            }
        }
    }

    /// Those words that are there.
    fn words(&mut self, words: &[(&str, bool)]) {
        for (word, _) in words.iter().filter(|(_, there)| *there) {
            self.word(Gap::Blank, word);
        }
    }

    fn right(&mut self, operand: &Operand, ignoring_case: bool) {
        self.operand(Gap::Blank, operand);
        self.words(&[("ignoring", ignoring_case), ("case", ignoring_case)]);
    }

    fn arms(&mut self, gap: Gap, arms: &[Expr], word: &str) {
        for (index, arm) in arms.iter().enumerate() {
            // The arms of an arm stand deeper than its siblings.
            let joined = matches!(arm.kind, ExprKind::Or(_) | ExprKind::And(_));
            let deeper = usize::from(index > 0 || joined);
            self.indent = self.indent.saturating_add(deeper);
            if index == 0 {
                self.expr(gap, arm);
            } else {
                self.word(Gap::Wrap, word);
                self.expr(Gap::Blank, arm);
            }
            self.indent = self.indent.saturating_sub(deeper);
        }
    }

    fn group(&mut self, gap: Gap, inner: &Expr) {
        self.open(gap, "(");
        self.expr(Gap::Wrap, inner);
        self.close(")");
    }

    fn operand(&mut self, gap: Gap, operand: &Operand) {
        let flat = self.flat().operand(operand);
        if let Some(text) = self.fit(gap, flat, operand.at) {
            return self.at(gap, &text, operand.at);
        }
        match &operand.kind {
            OperandKind::List(elements) => {
                self.open(gap, "[");
                for element in elements {
                    self.operand(Gap::Line, element);
                    self.comma();
                }
                self.close("]");
            }
            OperandKind::Call {
                function,
                arguments,
            } => {
                self.first(
                    gap,
                    &format!("{}(", flat::function_word(*function)),
                    operand.at,
                );
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        self.comma();
                    }
                    let gap = if index > 0 { Gap::Blank } else { Gap::Nothing };
                    self.operand(gap, argument);
                }
                self.word(Gap::Nothing, ")");
            }
            OperandKind::Text(text) => self.text(gap, text),
            // One token, too long for the line or with a comment among its shifts.
            kind => self.word(gap, &self.flat().term(kind).whole()),
        }
        for shift in &operand.shifts {
            self.word(Gap::Blank, if shift.minus { "-" } else { "+" });
            let duration = &shift.duration;
            self.at(Gap::Blank, &flat::duration(duration), duration.at);
        }
    }

    // ---- tests

    fn test(&mut self, test: &Test) {
        self.word(Gap::Nothing, "test");
        self.text(Gap::Blank, &test.title);
        self.open(Gap::Blank, "{");
        for item in &test.items {
            self.test_item(item);
        }
        self.close("}");
    }

    fn test_item(&mut self, item: &TestItem) {
        let at = item.at;
        match &item.kind {
            TestItemKind::Moment(text) => {
                self.first(Gap::Line, "at", at);
                self.text(Gap::Blank, text);
            }
            TestItemKind::Adapter(name) => {
                self.first(Gap::Line, "adapter", at);
                self.name(Gap::Blank, name);
            }
            TestItemKind::Answers(json) => {
                self.first(Gap::Line, "answers", at);
                self.json(json);
            }
            TestItemKind::Event(json) => {
                self.first(Gap::Line, "event", at);
                self.json(json);
            }
            TestItemKind::Expect(expectation) => {
                self.first(Gap::Line, "expect", at);
                self.expectation(expectation);
            }
        }
    }

    fn expectation(&mut self, expectation: &Expectation) {
        let rule = match expectation {
            Expectation::Ignored => return self.word(Gap::Blank, "ignored"),
            Expectation::NoRouteRules => return self.word(Gap::Blank, "no_route_rules"),
            Expectation::NothingElse => {
                self.word(Gap::Blank, "nothing");
                return self.word(Gap::Blank, "else");
            }
            Expectation::Rejected { code } => {
                self.word(Gap::Blank, "rejected");
                return self.text_if("", code.as_ref());
            }
            Expectation::Accepts(rule)
            | Expectation::Skips(rule)
            | Expectation::Refuses { rule, .. }
            | Expectation::Sends { rule, .. }
            | Expectation::SendFails { rule, .. }
            | Expectation::Does { rule, .. } => rule,
        };
        self.name(Gap::Blank, rule);
        match expectation {
            Expectation::Refuses { error, .. } => {
                self.word(Gap::Blank, "refuses");
                self.text_if("", error.as_ref());
            }
            Expectation::Sends {
                channel, body, to, ..
            } => {
                self.word(Gap::Blank, "sends");
                self.word(Gap::Blank, channel.name());
                self.text_if("", body.as_ref());
                self.text_if("to", to.as_ref());
            }
            Expectation::SendFails { channel, error, .. } => {
                self.word(Gap::Blank, "sends");
                self.word(Gap::Blank, channel.name());
                self.word(Gap::Blank, "fails");
                self.text_if("", error.as_ref());
            }
            Expectation::Does { name, params, .. } => {
                self.word(Gap::Blank, "does");
                self.name(Gap::Blank, name);
                if let Some(params) = params {
                    self.json(params);
                }
            }
            Expectation::Skips(_) => self.word(Gap::Blank, "skips"),
            _ => self.word(Gap::Blank, "accepts"),
        }
    }

    fn text_if(&mut self, word: &str, text: Option<&Text>) {
        if let Some(text) = text {
            if !word.is_empty() {
                self.word(Gap::Blank, word);
            }
            self.text(Gap::Blank, text);
        }
    }

    /// JSON stays as it stands; only its line breaks become ours.
    fn json(&mut self, json: &JsonText) {
        let text = json.text.replace("\r\n", "\n").replace('\r', "\n");
        self.at(Gap::Blank, &text, json.at);
    }
}
