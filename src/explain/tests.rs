//! Tests of condition trees, printed as text.

use std::fmt;

use super::condition;
use super::condition::{ConditionContext, ConditionNode};
use super::print::LineWriter;
use super::text::ConditionPrinter;
use crate::eval::scope::{Lookup, Scope};
use crate::eval::{Needs, Steps, evaluate};
use crate::event::Event;
use crate::event::id::SeededIds;
use crate::hir::{Expr, RuleSet};
use crate::limits::Limits;
use crate::text::span::SourceId;
use crate::time::Timestamp;
use crate::{lower, syntax};

struct PrintedNode<'a>(&'a ConditionNode);

impl fmt::Display for PrintedNode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LineWriter::new(f).node(0, "", self.0)
    }
}

fn rules(text: &str) -> RuleSet {
    let limits = Limits::default();
    let mut faults = Vec::new();
    let outline = syntax::outline(SourceId(0), text, &limits, &mut faults);
    let lowered = lower::lower(&[outline], &limits, &mut faults);
    let errors = faults
        .iter()
        .filter(|fault| fault.code.as_str().starts_with('E'));
    let errors: Vec<_> = errors.map(|fault| &fault.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    lowered.rules
}

fn condition(declarations: &str, condition: &str) -> (RuleSet, Expr) {
    let text = format!("{declarations}\nrule r {{ on t when {condition} do x {{}} }}");
    let rules = rules(&text);
    let when = rules.rules[0].when.clone().unwrap();
    (rules, when)
}

fn event(data: &str) -> Event {
    let text = format!(
        r#"{{"event_id":"e","event_type":"t","event_data":{{"mdn":"+13125550100"{data}}}}}"#
    );
    Event::from_json(text.as_bytes(), &Limits::default(), &mut SeededIds::new(0)).unwrap()
}

/// Returns the tree of a condition over an event of type `t`, as text.
fn explain(declarations: &str, when: &str, data: &str) -> String {
    let (rules, when) = condition(declarations, when);
    let event = event(data);
    let scope = Scope {
        event: &event,
        data: event.data(),
        now: Timestamp::parse("2026-11-20T10:00:00Z").unwrap(),
        person: Lookup::Pending,
        carrier: Lookup::Unavailable,
    };
    let fields = rules.types.iter().find(|ty| &*ty.name == "t").unwrap();
    let fields = fields
        .declaration
        .as_ref()
        .and_then(|declared| declared.fields.as_deref());
    let node = condition::explain(
        &when,
        ConditionContext {
            scope: &scope,
            fields,
            rule: "r",
            steps: 10_000,
        },
    );
    let mut steps = Steps::new(10_000);
    let truths = evaluate(&when, &scope, &mut steps, &mut Needs::default());
    assert_eq!(node.truths, truths, "the tree has the truths of evaluation");
    assert_eq!(node.to_true == 0, truths.holds());
    PrintedNode(&node).to_string()
}

#[test]
fn printed_conditions_parse_to_the_same_condition() {
    let texts = [
        "order.total >= 20",
        "not opted_out or opted_out is missing",
        "(a == 1 or b == 2) and not (c == 3 and d is not blank)",
        "not a == 1",
        "event_data[\"line-items\"][0][\"unit price\"] == 1.50",
        "event_data.count == 1 and event_data.now is present",
        "x between 1 and 2e3",
        "x not between 1 and 2e3",
        "time_of_day(now, zone) not between \"09:00\" and \"21:00\"",
        "x not in [\"a\", null, true, [1]]",
        "x not contains \"a\\nb\" ignoring case",
        "s like \"Order-*-EU\" and s matches \"^a+$\" and ip in_network \"10.0.0.0/8\"",
        "any i in order.items (i.price > 100 and none j in i.parts (j == i.name))",
        "all x in [1, 2] (x < y)",
        "count(items) > 2 and number(total) <= 7 and time(t) < now + 2h",
        "time(t) > \"2026-01-01T00:00:00Z\" and now - 90s > time(u) - 7d",
        "time_of_day(now, \"America/Chicago\") between \"21:00\" and \"09:00\"",
        "time_of_day(now, zone) between \"09:00:30\" and \"21:00\"",
        "sample 10% by person",
        "sample 12.5%..30% by customer.id salt \"spring\"",
        "person.tier == \"gold\" and carrier.sms and event.type == \"t\" and event.recipient.mdn is present",
        "a in [b, \"c\"] ignoring case",
    ];
    for text in texts {
        let (_, expr) = condition("", text);
        let printed = ConditionPrinter::new("r", usize::MAX).expr(&expr);
        assert_eq!(printed, text);
        assert_eq!(condition("", &printed).1, expr);
    }
}

#[test]
fn a_tree_shows_the_values_each_test_read() {
    let tree = explain(
        "const metro = [\"Chicago\", \"Austin\"]",
        "order.total >= 20 and (city in metro or not vip)",
        r#","order":{"total":20.50},"city":"Boston","vip":true"#,
    );
    assert_eq!(
        tree,
        "\
✗ all of
  ✓ order.total >= 20
    order.total = 20.50
  ✗ any of
    ✗ city in [\"Chicago\", \"Austin\"]
      city = \"Boston\"
    ✗ not
      ✓ vip
        vip = true
"
    );
}

#[test]
fn an_unknown_test_states_its_cause() {
    let data = r#","order":{"Total":1,"items":[1,2],"none":[],"one":[1]},"n":5,"s":"5:00 PM","l":["a",1],"o":{},"nil":null"#;
    let cases = [
        (
            "order.total > 1",
            "`order.total` is missing: `order` has no `total`, but `Total`",
        ),
        (
            "oder.total > 1",
            "`oder.total` is missing: event_data has no `oder`, but `order`",
        ),
        ("zzz == 1", "`zzz` is missing: event_data has no `zzz`"),
        (
            "n.x == 1",
            "`n.x` is missing: `n` is a number, not an object",
        ),
        (
            "nil.x == 1",
            "`nil.x` is missing: `nil` is null, not an object",
        ),
        (
            "order.items[2] == 1",
            "`order.items[2]` is missing: `order.items` has 2 elements",
        ),
        (
            "order.one[2] == 1",
            "`order.one[2]` is missing: `order.one` has one element",
        ),
        (
            "order.none[0] == 1",
            "`order.none[0]` is missing: `order.none` is empty",
        ),
        (
            "order[0] == 1",
            "`order[0]` is missing: `order` is an object, not a list",
        ),
        (
            "event.recipient.email == \"a\"",
            "`event.recipient.email` is missing: the event has no email",
        ),
        ("person.x == 1", "`person.x`: the person is not known yet"),
        (
            "carrier.sms",
            "`carrier.sms`: the carrier could not be looked up",
        ),
        (
            "n > \"5\"",
            "`n` is a number and `\"5\"` is a string: they have no order",
        ),
        ("s", "`s` is a string, not a bool"),
        ("n in s", "`s` is a string, not a list"),
        ("n in [zzz, 1]", "`zzz` is missing: event_data has no `zzz`"),
        ("n starts_with \"a\"", "`n` is a number, not a string"),
        (
            "o contains \"a\"",
            "`o` is an object, not a string or a list",
        ),
        ("s contains n", "`n` is a number, not a string"),
        ("s contains l", "not every element of `l` is a string"),
        (
            "s like \"*\" and n like \"*\"",
            "`n` is a number, not a string",
        ),
        (
            "count(n) > 1",
            "`n` is a number: only lists and strings are counted",
        ),
        ("number(s) > 1", "`s` is no number: \"5:00 PM\""),
        ("number(l) > 1", "`l` is a list, not a number or a string"),
        ("time(s) < now", "`s` is no timestamp: \"5:00 PM\""),
        ("time(o) < now", "`o` is an object, not a timestamp"),
        ("any x in o (x == 1)", "`o` is an object, not a list"),
        (
            "any x in zzz (x == 1)",
            "`zzz` is missing: event_data has no `zzz`",
        ),
        (
            "any x in order.items (x.price == 1)",
            "`x.price` is missing: `x` is a number",
        ),
        (
            "sample 10% by o",
            "`o` is an object: samples are of strings, numbers and bools",
        ),
        (
            "time_of_day(now, s) between \"09:00\" and \"10:00\"",
            "`s` is no time zone",
        ),
    ];
    for (when, cause) in cases {
        let tree = explain("", when, data);
        assert!(
            tree.lines().any(|line| line.trim() == cause),
            "{when}: {cause}\n{tree}"
        );
    }
}

#[test]
fn quantifiers_show_the_deciding_elements() {
    let data = r#","items":[{"p":1},{"p":2},{"p":3},{"p":4},{"q":5},{"p":300}]"#;
    assert_eq!(
        explain("", "any i in items (i.p > 100)", data),
        "\
✓ any i in items, 6 elements
  [0] {\"p\":1}
    ✗ i.p > 100
      i.p = 1
  [4] {\"q\":5}
    ? i.p > 100
      `i.p` is missing: `i` has no `p`, but `q`
  [5] {\"p\":300}
    ✓ i.p > 100
      i.p = 300
  … 3 more
"
    );
    assert_eq!(
        explain(
            "",
            "all i in items (i.p > 100)",
            r#","items":[{"p":1},{"p":200}]"#
        ),
        "\
✗ all i in items, 2 elements
  [0] {\"p\":1}
    ✗ i.p > 100
      i.p = 1
  [1] {\"p\":200}
    ✓ i.p > 100
      i.p = 200
"
    );
    assert_eq!(
        explain("", "none i in items (i.p > 100)", r#","items":[]"#),
        "✓ none i in items, which is empty\n"
    );
}

#[test]
fn secrets_are_masked_everywhere() {
    let declared = "event t { pin: secret, card: { number: secret, kind: string }, \
                    cards: [{ number: secret }], pins: [secret] }";
    let data = r#","pin":"s3cret","card":{"number":"s3cret","kind":"visa"},"cards":[{"number":"s3cret"}],"pins":["s3cret"]"#;
    let cases = [
        "pin == \"1234\"",
        "card == card",
        "card.number == \"1\" and card.kind == \"visa\"",
        "any c in cards (c.number == \"1\" or c == c)",
        "any p in pins (p == \"1\")",
        "number(pin) > 1",
        "time(pin) < now",
        "count(pin) == 5",
        "time_of_day(now, pin) between \"09:00\" and \"10:00\"",
        "event_data == event_data",
        "pins contains pin",
        "sample 10% by pin",
    ];
    for when in cases {
        let tree = explain(declared, when, data);
        assert!(!tree.contains("s3cret"), "{when}\n{tree}");
        assert!(tree.contains("•••"), "{when}\n{tree}");
    }
    // Secrets are masked even if the event violates its declaration.
    let broken =
        r#","pin":{"inside":"s3cret"},"card":"s3cret","cards":"s3cret","pins":{"a":"s3cret"}"#;
    for when in cases {
        let tree = explain(declared, when, broken);
        assert!(!tree.contains("s3cret"), "{when}\n{tree}");
    }
    let tree = explain(declared, "card.kind == \"visa\" and pin is present", data);
    assert!(tree.contains("card.kind = \"visa\""), "{tree}");
}

#[test]
fn values_are_cut_and_control_characters_escaped() {
    let long = "x".repeat(10_000);
    let tree = explain(
        "",
        "a == b and c == d",
        &format!(
            r#","a":"\u001b[31m\u0007","b":"{long}","c":[{}1],"d":"\u2028""#,
            "1, ".repeat(500)
        ),
    );
    assert!(tree.len() < 600, "{tree}");
    assert!(!tree.contains('\u{1b}') && !tree.contains('\u{7}') && !tree.contains('\u{2028}'));
    assert!(tree.contains("c = a list of 501"), "{tree}");
    let numbers: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let tree = explain("", &format!("n in [{}]", numbers.join(", ")), "");
    assert!(
        tree.contains("[0, 1, 2, 3, 4, 5, 6, 7, … 42 more]"),
        "{tree}"
    );
}

#[test]
fn nested_quantifiers_stay_small() {
    let list: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let data = format!(r#","l":[{}]"#, list.join(","));
    let mut when = "a == 1".to_owned();
    for depth in 0..9 {
        when = format!("any x{depth} in l ({when})");
    }
    let (_, expr) = condition("", &when);
    let event = event(&data);
    let scope = Scope {
        event: &event,
        data: event.data(),
        now: Timestamp::from_unix_seconds(0).unwrap(),
        person: Lookup::Pending,
        carrier: Lookup::Pending,
    };
    let context = ConditionContext {
        scope: &scope,
        fields: None,
        rule: "r",
        steps: 10_000,
    };
    let text = PrintedNode(&condition::explain(&expr, context)).to_string();
    assert!(text.lines().count() < 20_000, "{}", text.lines().count());
}

#[test]
fn the_distance_counts_the_tests_that_have_to_change() {
    let distance = |when: &str| {
        let (_, expr) = condition("", when);
        let event = event(r#","a":1,"l":[1,2,3]"#);
        let scope = Scope {
            event: &event,
            data: event.data(),
            now: Timestamp::from_unix_seconds(0).unwrap(),
            person: Lookup::Pending,
            carrier: Lookup::Pending,
        };
        let context = ConditionContext {
            scope: &scope,
            fields: None,
            rule: "r",
            steps: 10_000,
        };
        condition::explain(&expr, context).to_true
    };
    let cases = [
        ("a == 1", 0),
        ("a == 2", 1),
        ("a == 2 and a == 3 and a == 1", 2),
        ("a == 2 and a == 3 or a == 4", 1),
        ("not (a == 1 and a > 0)", 1),
        ("not (a == 1 or a > 0)", 2),
        ("gone == 1 and person.x == 2", 2),
        ("any x in l (x == 7 and x == 8)", 2),
        ("all x in l (x == 1)", 2),
        ("none x in l (x < 3)", 2),
        ("none x in l (x > 3)", 0),
        ("any x in a (x == 1)", 1),
    ];
    for (when, expected) in cases {
        assert_eq!(distance(when), expected, "{when}");
    }
}
