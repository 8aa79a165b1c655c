//! Formats rules: lays out a tree in the one canonical layout, with its comments.
//!
//! Indentation is four spaces a level, and each clause takes a line. At most one blank line in a row is
//! kept. Lines longer than 100 characters are broken where possible: conditions before `and` and `or`,
//! lists after each element. An object takes several lines if its first key was on a new line.

mod doc;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use self::doc::{Comma, Doc, Gap};
use crate::diagnostic::{Diagnostics, SourceText};
use crate::json::write;
use crate::limits::Limits;
use crate::syntax::ast::{
    Action, ActionKind, At, Clause, ClauseKind, Comment, DoEntry, Duration, Expectation, Expr,
    ExprKind, FieldDeclaration, File, Item, JsonText, KeyValue, MessagePart, MessagePartKind, Name,
    Operand, OperandKind, ParamValue, ParamValueKind, PathExpr, PathSegmentKind, RecipientExpr,
    Requirement, Sample, StringLiteral, TestItem, TestItemKind, Type, TypeKind,
};
use crate::syntax::string::RAW;
use crate::text::span::{SourceId, Span};

/// Formats rules in the one canonical layout and keeps their comments.
///
/// Formatting does not change the meaning, and formatting the result again changes nothing. Diagnostics
/// show `name` as the name of the source.
///
/// ```
/// let text = pointsman::format("shop.rules", "const metro=[ 'a' ]", &pointsman::Limits::default());
/// assert!(text.is_err());
///
/// let text = pointsman::format("shop.rules", "const metro=[ \"a\" ]", &pointsman::Limits::default())?;
/// assert_eq!(text, "const metro = [\"a\"]\n");
/// # Ok::<(), pointsman::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Returns the syntax errors. Names and types are not checked.
pub fn format(name: &str, text: &str, limits: &Limits) -> Result<String, Diagnostics> {
    let mut faults = Vec::new();
    let parsed = crate::syntax::parse(SourceId(0), text, limits, &mut faults);
    if faults.is_empty() {
        return Ok(file(&parsed));
    }
    let source = SourceText {
        name: Arc::from(name),
        text: Arc::from(text),
    };
    Err(Diagnostics::new(faults, &[source], limits))
}

/// Prints a whole file. Parsing and printing the result gives the same text again.
pub(crate) fn file(file: &File) -> String {
    let mut out = String::new();
    let mut after_one_line = false;
    for declaration in &file.declarations {
        let mut doc = Doc::new(&declaration.text);
        doc.item(&declaration.item);
        let text = doc.print(&declaration.inner);
        let one_line = !text.contains('\n');
        let leading = trailing(&mut out, &declaration.leading);
        // A blank line is added unless the source has one or both declarations take one line.
        let has_blank =
            declaration.after_blank || leading.iter().any(|comment| comment.after_blank);
        let apart = !(has_blank || one_line && after_one_line);
        let mut first = true;
        for comment in leading {
            start_line(&mut out, comment.after_blank || first && apart);
            out.push_str(comment.text.trim_end());
            first = false;
        }
        for line in description(&declaration.description, &declaration.text) {
            start_line(&mut out, first && apart);
            out.push_str(&line);
            first = false;
        }
        start_line(&mut out, declaration.after_blank || first && apart);
        out.push_str(&text);
        after_one_line = one_line;
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

/// Ends the last line with the comments that were on it, and returns the other ones.
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

/// Returns the lines of a description in a tree that was never text. In any other tree they are among
/// the comments.
fn description(text: &Option<Box<str>>, source: &str) -> Vec<String> {
    let text = text.as_deref().filter(|_| source.is_empty());
    let lines = text.iter().flat_map(|text| text.split('\n'));
    lines
        .map(|line| format!("/// {line}").trim_end().to_owned())
        .collect()
}

/// The document of a tree. A function whose construct may follow a space or a line break leaves that
/// gap to its caller.
impl<'a> Doc<'a> {
    fn item(&mut self, item: &'a Item) {
        match item {
            Item::Company(key) => self.token("company").text(key),
            Item::Event(event) => {
                self.token("event").name(&event.name);
                match &event.fields {
                    Some(fields) => self.gap(Gap::Space).fields(fields, event.name.at.0.end),
                    None => self,
                }
            }
            Item::Constant(constant) => {
                self.token("const").name(&constant.name).word("=");
                self.gap(Gap::Space).operand(&constant.value)
            }
            Item::Template(template) => self
                .token("template")
                .name(&template.name)
                .text(&template.text),
            Item::Rule(rule) => self
                .token("rule")
                .name(&rule.name)
                .block(&rule.clauses, Self::clause),
            Item::Test(test) => self
                .token("test")
                .text(&test.title)
                .block(&test.items, Self::test_item),
        };
    }

    /// Adds things that each take a line, in braces after a space.
    fn block<T>(&mut self, things: &'a [T], add: impl Fn(&mut Self, &'a T)) -> &mut Self {
        self.gap(Gap::Space).brackets("{", "}", |doc| {
            for thing in things {
                add(doc, thing);
            }
        })
    }

    /// Adds things in braces: on one line with commas between them, or each on a line.
    fn braces<T>(
        &mut self,
        things: &'a [T],
        gap: Gap,
        add: impl Fn(&mut Self, &'a T, Gap),
    ) -> &mut Self {
        self.brackets("{", "}", |doc| {
            for (index, thing) in things.iter().enumerate() {
                if index > 0 {
                    doc.comma(Comma::Flat);
                }
                add(doc, thing, gap);
            }
        })
    }

    /// Adds the elements of a list; on several lines each ends with a comma.
    fn list<T>(
        &mut self,
        elements: &'a [T],
        add: for<'d> fn(&'d mut Self, &'a T) -> &'d mut Self,
    ) -> &mut Self {
        self.brackets("[", "]", |doc| {
            for (index, element) in elements.iter().enumerate() {
                let is_last = index.saturating_add(1) == elements.len();
                add(doc.gap(Gap::SoftLine), element);
                doc.comma(if is_last {
                    Comma::Broken
                } else {
                    Comma::Always
                });
            }
        })
    }

    /// Returns the gap before the entries of braces that open at `start` or after: the source decides
    /// whether they take several lines.
    fn entry_gap(&self, start: u32, first: Option<&Name>) -> Gap {
        let first = first.map_or(start, |first| first.at.0.start);
        let between = self.source.get(start as usize..first as usize);
        match between.is_some_and(|between| between.contains(['\n', '\r'])) {
            true => Gap::HardLine,
            false => Gap::SoftLine,
        }
    }

    // ---- types

    fn fields(&mut self, fields: &'a [FieldDeclaration], start: u32) -> &mut Self {
        let is_described = fields.iter().any(|field| field.description.is_some());
        let gap = match is_described {
            true => Gap::HardLine,
            false => self.entry_gap(start, fields.first().map(|field| &field.name)),
        };
        self.braces(fields, gap, |doc, field, gap| {
            for line in description(&field.description, doc.source) {
                doc.line(line);
            }
            doc.gap(gap).bare_name(&field.name).token(":");
            doc.gap(Gap::Space).field_type(&field.ty);
        })
    }

    fn field_type(&mut self, ty: &'a Type) -> &mut Self {
        self.group(ty.at, |doc| {
            match &ty.kind {
                TypeKind::List(element) => doc.token("[").field_type(element).token("]"),
                TypeKind::Object(fields) => doc.fields(fields, ty.at.0.start),
                TypeKind::String => doc.token("string"),
                TypeKind::Number => doc.token("number"),
                TypeKind::Bool => doc.token("bool"),
                TypeKind::Timestamp => doc.token("timestamp"),
                TypeKind::Secret => doc.token("secret"),
                TypeKind::Any => doc.token("any"),
            };
            if ty.optional {
                doc.token("?");
            }
        })
    }

    // ---- clauses

    fn clause(&mut self, clause: &'a Clause) {
        match &clause.kind {
            ClauseKind::OnAll => self.line("on").word("*"),
            ClauseKind::On(types) => self.line("on").types(types, clause.at),
            ClauseKind::Id(id) => self.line("id").text(id),
            ClauseKind::Active { from, until } => self
                .line("active")
                .text_after("from", from.as_ref())
                .text_after("until", until.as_ref()),
            ClauseKind::Priority(number) => self.line("priority").word(&*number.text),
            ClauseKind::When(expr) => self.when(expr),
            ClauseKind::Require(requirement) => {
                self.line("require").requirement(requirement, clause.at)
            }
            ClauseKind::Final => self.line("final"),
            ClauseKind::Missing { blank } => {
                self.line("missing")
                    .word(if *blank { "blank" } else { "fail" })
            }
            ClauseKind::Action(action) => {
                self.action(action);
                self
            }
        };
    }

    fn when(&mut self, expr: &'a Expr) -> &mut Self {
        self.line("when").gap(Gap::Space).expr(expr)
    }

    fn types(&mut self, types: &'a [Name], clause: At) -> &mut Self {
        let start = clause.0.start.saturating_add(2);
        let at = At(Span::new(start, clause.0.end));
        self.gap(Gap::Space).group(at, |doc| {
            doc.indent(|doc| {
                for (index, name) in types.iter().enumerate() {
                    if index > 0 {
                        doc.comma(Comma::Always).gap(Gap::Wrap);
                    }
                    doc.bare_name(name);
                }
            });
        })
    }

    fn requirement(&mut self, requirement: &'a Requirement, at: At) -> &mut Self {
        match requirement {
            Requirement::Person => self.word("person"),
            Requirement::Subscribed(list) => self.word("subscribed").text(list),
            Requirement::CarrierSms => self.word("carrier").word("sms"),
            Requirement::CarrierMms => self.word("carrier").word("mms"),
            Requirement::Holds { expr, otherwise } => self.gap(Gap::Space).group(at, |doc| {
                doc.expr(expr).indent(|doc| {
                    doc.gap(Gap::Wrap).token("else").text(otherwise);
                });
            }),
        }
    }

    // ---- actions

    fn action(&mut self, action: &'a Action) {
        match &action.kind {
            ActionKind::Send { channel, parts, .. } => self
                .line("send")
                .word(channel.name())
                .block(parts, Self::part),
            ActionKind::Do {
                name,
                entries,
                close,
            } => {
                let at = Span::new(name.at.0.end, close.0.end);
                self.line("do").name(name).gap(Gap::Space);
                self.group(At(at), |doc| doc.entries(entries, at.start))
            }
            ActionKind::First { actions, .. } => self.line("first").block(actions, Self::action),
        };
    }

    fn part(&mut self, part: &'a MessagePart) {
        match &part.kind {
            MessagePartKind::When(expr) => self.when(expr),
            MessagePartKind::To(RecipientExpr::Path(path)) => {
                self.line("to").gap(Gap::Space).path(path)
            }
            MessagePartKind::To(RecipientExpr::Template(text)) => self.line("to").text(text),
            MessagePartKind::Text { name, text } => self.line(name.name()).text(text),
            MessagePartKind::Data(pairs) => {
                let start = part.at.0.start.saturating_add(4);
                let at = At(Span::new(start, part.at.0.end));
                self.line("data").gap(Gap::Space);
                self.group(at, |doc| {
                    doc.pairs(pairs, start);
                })
            }
            MessagePartKind::Transactional(on) => self.line("transactional").word(bool_word(*on)),
        };
    }

    fn entries(&mut self, entries: &'a [DoEntry], start: u32) {
        let first = entries.iter().find_map(|entry| match entry {
            DoEntry::Pair(pair) => Some(&pair.key),
            DoEntry::When { .. } => None,
        });
        let gap = self.entry_gap(start, first);
        self.braces(entries, gap, |doc, entry, gap| match entry {
            DoEntry::When { expr, .. } => {
                doc.when(expr);
            }
            DoEntry::Pair(pair) => doc.pair(pair, gap),
        });
    }

    fn pairs(&mut self, pairs: &'a [KeyValue], start: u32) -> &mut Self {
        let gap = self.entry_gap(start, pairs.first().map(|pair| &pair.key));
        self.braces(pairs, gap, Self::pair)
    }

    fn pair(&mut self, pair: &'a KeyValue, gap: Gap) {
        self.gap(gap).bare_name(&pair.key).token(":");
        self.gap(Gap::Space).value(&pair.value);
    }

    fn value(&mut self, value: &'a ParamValue) -> &mut Self {
        self.group(value.at, |doc| {
            match &value.kind {
                ParamValueKind::Null => doc.token("null"),
                ParamValueKind::Bool(on) => doc.token(bool_word(*on)),
                ParamValueKind::Number(number) => doc.token(&**number),
                ParamValueKind::Text(text) => doc.bare_text(text),
                ParamValueKind::Path(path) => doc.path(path),
                ParamValueKind::List(values) => doc.list(values, Self::value),
                ParamValueKind::Object(pairs) => doc.pairs(pairs, value.at.0.start),
            };
        })
    }

    // ---- conditions

    fn expr(&mut self, expr: &'a Expr) -> &mut Self {
        self.group(expr.at, |doc| {
            match &expr.kind {
                ExprKind::Or(arms) => doc.arms(arms, "or"),
                ExprKind::And(arms) => doc.arms(arms, "and"),
                ExprKind::Not(inner) => doc.token("not").gap(Gap::Space).expr(inner),
                ExprKind::Group(inner) => doc.parentheses(inner),
                ExprKind::Quantifier {
                    which,
                    variable,
                    over,
                    body,
                } => {
                    doc.token(which.word()).name(variable).word("in");
                    doc.gap(Gap::Space).operand(over);
                    doc.gap(Gap::Space).parentheses(body)
                }
                ExprKind::Sample(sample) => doc.sample(sample),
                ExprKind::Bare(operand) => doc.operand(operand),
                ExprKind::Is {
                    operand,
                    negated,
                    what,
                } => {
                    doc.operand(operand).word("is");
                    doc.operator(*negated, what.word())
                }
                ExprKind::Between {
                    operand,
                    negated,
                    bounds,
                    ignoring_case,
                } => {
                    let [low, high] = &**bounds;
                    doc.operand(operand).operator(*negated, "between");
                    doc.gap(Gap::Space).operand(low).word("and");
                    doc.right(high, *ignoring_case)
                }
                ExprKind::Compare {
                    left,
                    op,
                    right,
                    ignoring_case,
                } => {
                    let left = doc.operand(left).word(op.word());
                    left.right(right, *ignoring_case)
                }
                ExprKind::In {
                    left,
                    negated,
                    right,
                    ignoring_case,
                } => {
                    let left = doc.operand(left).operator(*negated, "in");
                    left.right(right, *ignoring_case)
                }
                ExprKind::Match {
                    left,
                    negated,
                    op,
                    right,
                    ignoring_case,
                } => {
                    let left = doc.operand(left).operator(*negated, op.word());
                    left.right(right, *ignoring_case)
                }
            };
        })
    }

    fn operator(&mut self, negated: bool, word: &'static str) -> &mut Self {
        if negated {
            self.word("not");
        }
        self.word(word)
    }

    fn right(&mut self, operand: &'a Operand, ignoring_case: bool) -> &mut Self {
        self.gap(Gap::Space).operand(operand);
        if ignoring_case {
            self.word("ignoring").word("case");
        }
        self
    }

    fn arms(&mut self, arms: &'a [Expr], word: &'static str) -> &mut Self {
        for (index, arm) in arms.iter().enumerate() {
            if index > 0 {
                self.indent(|doc| {
                    doc.gap(Gap::Wrap).token(word).gap(Gap::Space).expr(arm);
                });
            } else if matches!(arm.kind, ExprKind::Or(_) | ExprKind::And(_)) {
                // Arms of an arm are one level deeper than the arms of this condition.
                self.indent(|doc| {
                    doc.expr(arm);
                });
            } else {
                self.expr(arm);
            }
        }
        self
    }

    fn parentheses(&mut self, inner: &'a Expr) -> &mut Self {
        self.brackets("(", ")", |doc| {
            doc.gap(Gap::Wrap).expr(inner);
        })
    }

    fn sample(&mut self, sample: &'a Sample) -> &mut Self {
        self.token("sample").gap(Gap::Space);
        if let Some(from) = &sample.from {
            self.token(format!("{}%", from.text)).token("..");
        }
        self.token(format!("{}%", sample.until.text)).word("by");
        self.gap(Gap::Space).path(&sample.by);
        self.text_after("salt", sample.salt.as_ref())
    }

    fn operand(&mut self, operand: &'a Operand) -> &mut Self {
        self.group(operand.at, |doc| {
            match &operand.kind {
                OperandKind::Null => doc.token("null"),
                OperandKind::Bool(on) => doc.token(bool_word(*on)),
                OperandKind::Number(number) => doc.token(&**number),
                OperandKind::Text(text) => doc.bare_text(text),
                OperandKind::Duration(found) => doc.token(duration(found)),
                OperandKind::List(elements) => doc.list(elements, Self::operand),
                OperandKind::Path(path) => doc.path(path),
                OperandKind::Call {
                    function,
                    arguments,
                } => {
                    doc.token(format!("{}(", function.word()));
                    for (index, argument) in arguments.iter().enumerate() {
                        if index > 0 {
                            doc.comma(Comma::Always).gap(Gap::Space);
                        }
                        doc.operand(argument);
                    }
                    doc.token(")")
                }
            };
            for shift in &operand.shifts {
                doc.word(if shift.minus { "-" } else { "+" });
                doc.word(duration(&shift.duration));
            }
        })
    }

    // ---- tests

    fn test_item(&mut self, item: &'a TestItem) {
        match &item.kind {
            TestItemKind::Time(text) => self.line("at").text(text),
            TestItemKind::Adapter(name) => self.line("adapter").name(name),
            TestItemKind::Answers(json) => self.line("answers").json(json),
            TestItemKind::Event(json) => self.line("event").json(json),
            TestItemKind::Expect(expectation) => self.line("expect").expectation(expectation),
        };
    }

    fn expectation(&mut self, expectation: &'a Expectation) -> &mut Self {
        match expectation {
            Expectation::Ignored => self.word("ignored"),
            Expectation::NoRouteRules => self.word("no_route_rules"),
            Expectation::NothingElse => self.word("nothing").word("else"),
            Expectation::Rejected { code } => self.word("rejected").text_if(code.as_ref()),
            Expectation::Accepts(rule) => self.name(rule).word("accepts"),
            Expectation::Skips(rule) => self.name(rule).word("skips"),
            Expectation::Refuses { rule, error } => {
                self.name(rule).word("refuses").text_if(error.as_ref())
            }
            Expectation::Sends {
                rule,
                channel,
                body,
                to,
            } => {
                self.name(rule).word("sends").word(channel.name());
                self.text_if(body.as_ref()).text_after("to", to.as_ref())
            }
            Expectation::SendFails {
                rule,
                channel,
                error,
            } => {
                self.name(rule).word("sends").word(channel.name());
                self.word("fails").text_if(error.as_ref())
            }
            Expectation::Does { rule, name, params } => {
                self.name(rule).word("does").name(name);
                match params {
                    Some(params) => self.json(params),
                    None => self,
                }
            }
        }
    }

    /// Adds JSON as it is, with `\n` as its line breaks.
    fn json(&mut self, json: &JsonText) -> &mut Self {
        let text = json.text.replace("\r\n", "\n").replace('\r', "\n");
        self.gap(Gap::Space).token_at(text, json.at)
    }

    // ---- names and strings

    fn name(&mut self, name: &'a Name) -> &mut Self {
        self.gap(Gap::Space).bare_name(name)
    }

    /// Adds a name as it is written, quotes included.
    fn bare_name(&mut self, name: &'a Name) -> &mut Self {
        if !name.quoted {
            return self.token(&*name.text);
        }
        match self.written(name.at) {
            Some(literal) => self.token(literal),
            None => self.token(write::string(&name.text)),
        }
    }

    fn text(&mut self, text: &'a StringLiteral) -> &mut Self {
        self.gap(Gap::Space).bare_text(text)
    }

    fn text_if(&mut self, text: Option<&'a StringLiteral>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self,
        }
    }

    fn text_after(&mut self, word: &'static str, text: Option<&'a StringLiteral>) -> &mut Self {
        match text {
            Some(text) => self.word(word).text(text),
            None => self,
        }
    }

    /// Adds a string: a plain one as it is written, a raw one on one line if it was on one line.
    fn bare_text(&mut self, text: &'a StringLiteral) -> &mut Self {
        let literal = self.written(text.at);
        let value = &*text.value;
        if !text.raw {
            let literal = literal.map(Cow::Borrowed);
            return self.token_at(
                literal.unwrap_or_else(|| write::string(value).into()),
                text.at,
            );
        }
        let is_line = !literal.is_some_and(|literal| literal.contains(['\n', '\r']))
            && !value.contains('\n')
            && !value.ends_with('"')
            && (value.is_empty() || !value.trim_matches([' ', '\t']).is_empty());
        match is_line {
            true => self.token_at(format!("{RAW}{value}{RAW}"), text.at),
            false => self.raw_string(value, text.at),
        }
    }

    fn path(&mut self, path: &'a PathExpr) -> &mut Self {
        if let Some(written) = self.written(path.at) {
            return self.token(written);
        }
        let mut out = String::new();
        for segment in &path.segments {
            match &segment.kind {
                PathSegmentKind::Name(name) if out.is_empty() => out.push_str(name),
                PathSegmentKind::Name(name) => out.extend([".", name]),
                PathSegmentKind::Key(key) => out.extend(["[", &write::string(key), "]"]),
                PathSegmentKind::Index(index) => out.extend(["[", index, "]"]),
            }
        }
        self.token(out)
    }

    /// Returns the text at `at`, unless the tree was never text.
    fn written(&self, at: At) -> Option<&'a str> {
        let text = self.source.get(at.0.range());
        text.filter(|text| !text.is_empty())
    }
}

fn duration(duration: &Duration) -> String {
    format!("{}{}", duration.digits, duration.unit)
}

const fn bool_word(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
