//! Tests of the HIR that lowering produces; the diagnostics are snapshots in `tests/ui`.

use std::fmt::Write;

use super::{Lowered, lower};
use crate::diagnostic::{Code, Fault};
use crate::hir::{Expr, Operand, Predicate, TemplateOwner};
use crate::json::document::Literal;
use crate::limits::Limits;
use crate::lint;
use crate::syntax;
use crate::template;
use crate::text::span::SourceId;

/// The inputs of `tests/ui/check`.
const FILES: [(&str, &str); 10] = [
    (
        "actions",
        include_str!("../../tests/ui/check/actions.rules"),
    ),
    ("cases", include_str!("../../tests/ui/check/cases.rules")),
    (
        "clauses",
        include_str!("../../tests/ui/check/clauses.rules"),
    ),
    (
        "constants",
        include_str!("../../tests/ui/check/constants.rules"),
    ),
    ("fields", include_str!("../../tests/ui/check/fields.rules")),
    ("lints", include_str!("../../tests/ui/check/lints.rules")),
    ("lost", include_str!("../../tests/ui/check/lost.rules")),
    (
        "patterns",
        include_str!("../../tests/ui/check/patterns.rules"),
    ),
    ("time", include_str!("../../tests/ui/check/time.rules")),
    ("types", include_str!("../../tests/ui/check/types.rules")),
];

fn read(text: &str, limits: &Limits) -> (Lowered, Vec<Fault>) {
    let mut faults = Vec::new();
    let outline = syntax::outline(SourceId(0), text, limits, &mut faults);
    let lowered = lower(&[outline], limits, &mut faults);
    // The diagnostics of templates have tests of their own.
    let programs = template::compile(&lowered.templates, &lowered.rules, limits, &mut Vec::new());
    lint::lint(&lowered, &programs, &mut faults);
    (lowered, faults)
}

/// Lowers rules that produce no diagnostic except the missing company.
fn sound(text: &str) -> Lowered {
    let text = format!("company \"c\" {text}");
    let (lowered, faults) = read(&text, &Limits::default());
    assert_eq!(faults, [], "{text}");
    lowered
}

fn when(text: &str) -> Expr {
    let lowered = sound(&format!(
        "event t {{ at: timestamp a: any b: any c: any d: any }} rule r {{ on t when {text} do x {{}} }}"
    ));
    let rule = lowered.rules.rules.first().expect("a rule");
    rule.when.clone().expect("a filter")
}

#[test]
fn timestamps_are_read_where_they_are_compared() {
    let Expr::Test(Predicate::Compare { left, right, .. }) = when("at > \"2026-01-01\"") else {
        panic!("a comparison");
    };
    assert!(matches!(left, Operand::Time(_)), "{left:?}");
    let Operand::Literal(Literal::Time(time)) = right else {
        panic!("{right:?}");
    };
    assert_eq!(time.to_string(), "2026-01-01T00:00:00Z");
    // Presence and string tests read the event's value, not a timestamp.
    let Expr::Test(Predicate::Is { operand, .. }) = when("at is present") else {
        panic!("a test of presence");
    };
    assert!(matches!(operand, Operand::Path(_)), "{operand:?}");
    // Durations are added to literals during lowering.
    let Expr::Test(Predicate::Compare { left, .. }) = when("\"2026-01-01\" + 1d < now") else {
        panic!("a comparison");
    };
    let Operand::Literal(Literal::Time(time)) = left else {
        panic!("{left:?}");
    };
    assert_eq!(time.to_string(), "2026-01-02T00:00:00Z");
}

#[test]
fn parentheses_leave_no_trace() {
    assert_eq!(when("(a and (b and c)) and d"), when("a and b and c and d"));
    assert_eq!(when("(a or (b or c)) or (d)"), when("a or b or c or d"));
    assert_ne!(when("(a and b) or c"), when("a and (b or c)"));
}

#[test]
fn rules_and_templates_in_the_order_written() {
    let lowered = sound(
        "template x \"{{> y}}\" template y \"\" rule b { on t send push { body \"2{{> x}}\" title \"1\" } } rule a { on T, u priority 3 do z {} }",
    );
    let names: Vec<_> = lowered.rules.rules.iter().map(|rule| &*rule.name).collect();
    assert_eq!(names, ["b", "a"]);
    let types: Vec<_> = lowered
        .rules
        .types
        .iter()
        .map(|found| &*found.name)
        .collect();
    assert_eq!(types, ["t", "u"]);
    let texts: Vec<_> = lowered
        .templates
        .iter()
        .map(|source| &*source.text)
        .collect();
    assert_eq!(texts, ["{{> y}}", "", "2{{> x}}", "1"]);
    let declared = |source: &&crate::hir::TemplateSource| {
        matches!(source.owner, TemplateOwner::Declaration { .. })
    };
    assert_eq!(lowered.templates.iter().filter(declared).count(), 2);
    assert_eq!(&*lowered.templates[2].literal, "\"2{{> x}}\"");
}

#[test]
fn limits_are_kept_to_the_edge() {
    let limits = Limits {
        rule_conditions: 3,
        rules: 2,
        ..Limits::default()
    };
    let codes = |text: &str| -> Vec<&str> {
        let (_, faults) = read(text, &limits);
        faults.iter().map(|fault| fault.code.as_str()).collect()
    };
    let rule = |name: &str, when: &str| format!("rule {name} {{ on t when {when} do x {{}} }} ");
    let three = rule("a", "a and b") + "";
    assert_eq!(codes(&format!("company \"c\" {three}")), [""; 0]);
    assert_eq!(codes(&rule("a", "a and (b or c)")), ["W0004"]);
    assert_eq!(codes(&rule("a", "a and (b or any i in l (i))")), ["E0109"]);
    let deep = |times: usize| "(b and ".repeat(times) + "a" + &")".repeat(times);
    let limits = Limits::default();
    let nested = |when: &str| {
        let (_, faults) = read(&rule("a", when), &limits);
        faults.iter().any(|fault| fault.code == Code::TooDeep)
    };
    assert!(!nested(&deep(32)) && nested(&deep(33)));
    assert!(!nested(&("not ".repeat(32) + "a")) && nested(&("not ".repeat(33) + "a")));
    let two = rule("a", "a") + &rule("b", "b");
    assert_eq!(codes(&two), ["W0004"]);
    assert_eq!(codes(&(two + &rule("c", "c"))), ["E0004", "W0004"]);
}

/// The time for a file full of errors must not grow with the product of errors and names: past the limit,
/// errors have no message and no similar names are searched.
#[test]
fn faults_past_the_limit_have_no_words() {
    let limits = Limits {
        diagnostics: 3,
        ..Limits::default()
    };
    let mut text = String::from("event t { total: number } const cities = [\"a\"]\n");
    for number in 0..6 {
        writeln!(
            text,
            "rule r{number} {{ on t when totl == 1 and citis == 2 do contact.save {{ frist_name: 1 }} }}"
        )
        .unwrap();
    }
    for number in 0..6 {
        writeln!(text, "test \"t{number}\" {{ event {{}} expect rr1 skips }}").unwrap();
    }
    let (_, faults) = read(&text, &limits);
    let told = |code: Code| -> Vec<bool> {
        let of_code = faults.iter().filter(|fault| fault.code == code);
        of_code
            .map(|fault| fault.help.is_some() && !fault.message.is_empty())
            .collect()
    };
    // Each rule has three conditions.
    assert_eq!(
        told(Code::UnknownKey),
        [true, false, false, false, false, false]
    );
    let fields = told(Code::UnknownField);
    assert_eq!((fields.len(), &fields[..3]), (12, &[true, true, false][..]));
    assert!(!fields[3..].contains(&true));
    // Tests are lowered after all rules, even if they come first in the source.
    assert_eq!(
        told(Code::UnknownRule),
        [true, true, true, false, false, false]
    );
}

/// Keywords, names and literals from which random rules are made.
const WORDS: [&str; 72] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "missing",
    "any",
    "all",
    "none",
    "between",
    "contains",
    "starts_with",
    "like",
    "matches",
    "in_network",
    "ignoring case",
    "sample 10% by",
    "count(",
    "number(",
    "time(",
    "time_of_day(now, \"UTC\")",
    "(",
    ")",
    "[",
    "]",
    ",",
    "+ 2h",
    "- 7d",
    "==",
    "!=",
    "<",
    ">",
    "now",
    "n",
    "s",
    "l",
    "o.x",
    "at",
    "item",
    "person.tier",
    "carrier.sms",
    "event.id",
    "mdn",
    "debug_data",
    "5",
    "\"x\"",
    "\"2026-01-01\"",
    "\"09:00\"",
    "true",
    "null",
    "metro",
    "[1, \"a\"]",
    "on t",
    "on *",
    "when",
    "require",
    "else \"no\"",
    "final",
    "priority 1",
    "id \"i\"",
    "active from \"2026-01-01\"",
    "do x { a: n }",
    "send sms { body \"{{s}}\" }",
    "send mms { media \"m\" }",
    "first {",
    "}",
    "{",
    "salt \"s\"",
    "missing blank",
    "2h",
    "object",
    "item (item > 5)",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_it_panic(words in proptest::collection::vec(0..WORDS.len(), 0..14)) {
        let words: Vec<_> = words.into_iter().map(|at| WORDS[at]).collect();
        let words = words.join(" ");
        let text = format!(
            "event t {{ n: number s: string l: [number] o: {{ x: bool }}? at: timestamp }} \
             const metro = [1] rule a {{ on t when {words} do x {{}} }} rule b {{ {words} }}"
        );
        let _ = read(&text, &Limits::default());
    }

    #[test]
    fn no_rule_with_a_hole_makes_it_panic(file in 0..FILES.len(), start in 0.0..1.0, length in 0_usize..60) {
        let (_, text) = FILES[file];
        let chars: Vec<char> = text.chars().collect();
        let start = (chars.len() as f64 * start) as usize;
        let end = (start + length).min(chars.len());
        let text: String = chars[..start].iter().chain(&chars[end..]).collect();
        let _ = read(&text, &Limits::default());
    }
}
