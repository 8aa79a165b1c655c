//! Lowers the right side of string operators: substrings, wildcards, regular expressions and networks.

use super::names::RuleScope;
use super::operand::TypedOperand;
use super::types::ValueKinds;
use crate::diagnostic::{Code, Fault};
use crate::hir::pattern;
use crate::hir::pattern::{LikeError, Network, RegexError};
use crate::hir::{Operand, Pattern};
use crate::json::document::Literal;
use crate::syntax::operator::TextOp;
use crate::text::truncate::truncate;

impl<'a> RuleScope<'a, '_, '_> {
    pub(super) fn pattern(
        &mut self,
        left: &TypedOperand<'a>,
        op: TextOp,
        right: TypedOperand<'a>,
        ignoring_case: bool,
    ) -> Option<Pattern> {
        let takes = match op {
            TextOp::Contains => ValueKinds::STRING.or(ValueKinds::LIST),
            _ => ValueKinds::STRING,
        };
        if !left.kinds.meets(takes) {
            let words = self.site.quote(left.at);
            let message = format!(
                "`{}` expects {takes}, but `{words}` is {}",
                op.word(),
                left.kinds
            );
            self.fault(Code::NeverHolds, left.at, message);
            return None;
        }
        if matches!(op, TextOp::Contains | TextOp::StartsWith | TextOp::EndsWith) {
            self.check_part(left, op, &right)?;
            return Some(Pattern::Operand(right.operand));
        }
        let Operand::Literal(Literal::Text(text)) = &right.operand else {
            self.fault(
                Code::WrongLiteral,
                right.at,
                format!("expected a string or a constant after `{}`", op.word()),
            );
            return None;
        };
        match op {
            TextOp::Like => self.like(text, ignoring_case, &right),
            TextOp::Matches => self.regex(text, ignoring_case, &right),
            _ => match Network::parse(text) {
                Some(network) => Some(Pattern::Network(network)),
                None => {
                    let message = format!("invalid network `{}`", truncate(text));
                    let help = "write \"10.0.0.0/8\", \"2001:db8::/32\" or an address";
                    self.pattern_fault(Code::InvalidNetwork, &right, message, help);
                    None
                }
            },
        }
    }

    /// Checks the right side of `contains`, `starts_with` or `ends_with`.
    fn check_part(
        &mut self,
        left: &TypedOperand<'a>,
        op: TextOp,
        right: &TypedOperand<'a>,
    ) -> Option<()> {
        if op == TextOp::Contains && left.kinds.meets(ValueKinds::LIST) {
            return self.check_membership(left, right);
        }
        let fits = match &right.operand {
            Operand::Literal(Literal::List(elements)) => elements
                .iter()
                .all(|element| matches!(element, Literal::Text(_))),
            _ => right.kinds.meets(ValueKinds::STRING.or(ValueKinds::LIST)),
        };
        if fits {
            return Some(());
        }
        let code = if right.is_literal() {
            Code::WrongLiteral
        } else {
            Code::NeverHolds
        };
        let words = self.site.quote(right.at);
        let message = match right.kinds {
            ValueKinds::LIST => format!("expected a list of strings after `{}`", op.word()),
            kinds => format!(
                "expected a string or a list of strings after `{}`, but `{words}` is {kinds}",
                op.word()
            ),
        };
        self.fault(code, right.at, message);
        None
    }

    /// Checks that an element of the list on the left can equal the right side.
    fn check_membership(
        &mut self,
        left: &TypedOperand<'a>,
        right: &TypedOperand<'a>,
    ) -> Option<()> {
        if matches!(left.operand, Operand::Times(_)) {
            return self.check_times(right, left);
        }
        let Some(shapes) = &left.shapes else {
            return Some(());
        };
        let elements = shapes.elements().kinds().without(ValueKinds::NULL);
        if left.kinds.meets(ValueKinds::STRING)
            || elements == ValueKinds::NONE
            || right.kinds == ValueKinds::NULL
            || right.kinds.meets(elements)
        {
            return Some(());
        }
        let words = [left.at, right.at].map(|at| self.site.quote(at));
        let [list, value] = &words;
        let message = format!(
            "`{value}` is {} and the elements of `{list}` are {elements}: never equal",
            right.kinds
        );
        let mut fault = Fault::new(Code::NeverHolds, self.site.place(right.at), message);
        if right.is_time() {
            fault = fault.help(format!("write `any t in {list} (time(t) == {value})`"));
        }
        self.report(fault);
        None
    }

    fn pattern_fault(&mut self, code: Code, right: &TypedOperand<'a>, message: String, help: &str) {
        let mut fault = Fault::new(code, self.site.place(right.at), message);
        if !help.is_empty() {
            fault = fault.help(help);
        }
        self.report(match right.constant {
            Some(constant) => fault.label(constant, "the constant"),
            None => fault,
        });
    }

    fn like(
        &mut self,
        text: &str,
        ignoring_case: bool,
        right: &TypedOperand<'a>,
    ) -> Option<Pattern> {
        let (message, help) = match self.collector.like(text, ignoring_case) {
            Ok(like) => {
                if let Some(ours) = pattern::without_sql(text) {
                    let message = format!(
                        "`{}` has no wildcard: `%` matches only itself",
                        truncate(text)
                    );
                    let help = format!("write `{}`, or compare with `==`", truncate(&ours));
                    self.pattern_fault(Code::ForeignWildcard, right, message, &help);
                }
                return Some(Pattern::Like(like));
            }
            Err(LikeError::LoneEscape) => (
                "the pattern ends with a single `\\`".to_owned(),
                "write `\\\\` for a backslash, and double each of them in \"…\"",
            ),
            Err(LikeError::TooLong) => (
                format!(
                    "more than {} characters, including a `?`, between two `*`",
                    pattern::WINDOW
                ),
                "",
            ),
        };
        self.pattern_fault(Code::InvalidPattern, right, message, help);
        None
    }

    fn regex(
        &mut self,
        text: &str,
        ignoring_case: bool,
        right: &TypedOperand<'a>,
    ) -> Option<Pattern> {
        let bytes = self.declared.limits.regex_bytes;
        let (message, help) = match self.collector.regex(text, ignoring_case, bytes) {
            Ok(regex) => return Some(Pattern::Regex(regex)),
            Err(RegexError::Syntax(reason)) => (
                format!("`{}` is no regular expression: {reason}", truncate(text)),
                if text.contains('\\') {
                    "in \"…\" every `\\` stands twice; in \"\"\"…\"\"\" once"
                } else {
                    ""
                },
            ),
            Err(RegexError::TooLarge(bytes)) => (
                format!("the regular expression takes more than {bytes} bytes"),
                "repeat less: `{1000}` stands for so many copies",
            ),
        };
        self.pattern_fault(Code::InvalidRegex, right, message, help);
        None
    }
}
