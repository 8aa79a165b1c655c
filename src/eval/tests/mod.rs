//! Builds events, operands and conditions for the tests of evaluation.

mod operators;
mod truths;

use crate::eval::scope::{Lookup, Scope};
use crate::eval::{Needs, Steps, TruthSet, evaluate};
use crate::event::Event;
use crate::event::id::SeededIds;
use crate::event::path::{Path, Root};
use crate::event::recipient::RecipientKind;
use crate::hir::{Expr, Operand, Pattern, Predicate};
use crate::json::document::{Datum, Document, Literal, Value};
use crate::json::parse;
use crate::json::path::Segment;
use crate::limits::Limits;
use crate::number::Decimal;
use crate::syntax::operator::{CompareOp, Is, Quantifier, TextOp};
use crate::time::Timestamp;

const TRUE: TruthSet = TruthSet::TRUE;
const FALSE: TruthSet = TruthSet::FALSE;
const UNKNOWN: TruthSet = TruthSet::UNKNOWN;
const OPEN: TruthSet = TruthSet::PENDING;

const DATA: &str = r#"{
    "mdn": "+13125550100",
    "yes": true, "no": false, "nil": null, "empty": "", "blank": " \t ",
    "city": "Chicago", "n": 20.50, "big": 9007199254740993, "text_n": "341", "escaped": "\u0033\u0034",
    "when": "2026-11-20T12:00:00+02:00", "epoch": 1795168800, "zone": "America/Chicago",
    "tags": ["a", "B", 3, null], "none": [],
    "object": { "a": 1, "b": [1, 2] }, "same": { "b": [1.0, 2e0], "a": 10e-1 },
    "items": [ { "price": 10, "brand": "x" }, { "price": 200 } ],
    "ip": "10.1.2.3", "odd": "Stra\u00dfe"
}"#;

fn document(text: &str) -> Document {
    parse::read(text, 128).unwrap()
}

fn event(data: &str) -> Event {
    let text = format!(r#"{{"event_id":"e","event_type":"T","event_data":{data}}}"#);
    Event::from_json(text.as_bytes(), &Limits::default(), &mut SeededIds::new(0)).unwrap()
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-20T10:00:00Z").unwrap()
}

fn scope(event: &Event) -> Scope<'_> {
    Scope {
        event,
        data: event.data(),
        now: now(),
        person: Lookup::Pending,
        carrier: Lookup::Pending,
    }
}

/// `order.items`, `person.tier`, `$0.price`, `now`
fn path(text: &str) -> Path {
    let mut names = text.split('.');
    let (root, first) = match names.next().unwrap() {
        "person" => (Root::Person, None),
        "carrier_sms" => (Root::CarrierSms, None),
        "now" => (Root::Now, None),
        "mdn_of_recipient" => (Root::Recipient(RecipientKind::Mdn), None),
        "email_of_recipient" => (Root::Recipient(RecipientKind::Email), None),
        "type" => (Root::EventType, None),
        "$0" => (Root::Variable(0), None),
        "$1" => (Root::Variable(1), None),
        name => (Root::EventData, Some(name)),
    };
    let segments = first
        .into_iter()
        .chain(names)
        .map(|name| match name.parse() {
            Ok(index) => Segment::Index(index),
            Err(_) => Segment::Key(name.into()),
        });
    Path::new(root, segments.collect())
}

fn p(text: &str) -> Operand {
    Operand::Path(path(text))
}

fn literal(value: Value<'_>) -> Literal {
    match value.datum() {
        Datum::Bool(value) => Literal::Bool(value),
        Datum::Number(number) => Literal::Number(Decimal::new(number)),
        Datum::Text(text) => Literal::Text((*text).into()),
        Datum::Node(list) => Literal::List(list.elements().map(literal).collect()),
        _ => Literal::Null,
    }
}

/// A literal, written as JSON.
fn l(json: &str) -> Operand {
    Operand::Literal(literal(document(json).root()))
}

fn at(text: &str) -> Operand {
    Operand::Literal(Literal::Time(Timestamp::parse(text).unwrap()))
}

fn time(operand: Operand) -> Operand {
    Operand::Time(Box::new(operand))
}

fn number(operand: Operand) -> Operand {
    Operand::Number(Box::new(operand))
}

fn count(operand: Operand) -> Operand {
    Operand::Count(Box::new(operand))
}

fn shift(operand: Operand, seconds: i64) -> Operand {
    Operand::Shift {
        operand: Box::new(operand),
        seconds,
    }
}

fn compare(left: Operand, op: CompareOp, right: Operand) -> Predicate {
    Predicate::Compare {
        left,
        op,
        right,
        ignoring_case: false,
    }
}

fn eq(left: Operand, right: Operand) -> Predicate {
    compare(left, CompareOp::Equal, right)
}

fn lt(left: Operand, right: Operand) -> Predicate {
    compare(left, CompareOp::Less, right)
}

fn within(left: Operand, right: Operand) -> Predicate {
    Predicate::In {
        left,
        negated: false,
        right,
        ignoring_case: false,
    }
}

fn matching(left: Operand, op: TextOp, right: Operand) -> Predicate {
    matching_pattern(left, op, Pattern::Operand(right))
}

fn matching_pattern(left: Operand, op: TextOp, right: Pattern) -> Predicate {
    Predicate::Match {
        left,
        negated: false,
        op,
        right,
        ignoring_case: false,
    }
}

fn is(operand: Operand, what: Is) -> Predicate {
    Predicate::Is {
        operand,
        negated: false,
        what,
    }
}

fn ignoring_case(mut predicate: Predicate) -> Predicate {
    match &mut predicate {
        Predicate::Compare { ignoring_case, .. }
        | Predicate::In { ignoring_case, .. }
        | Predicate::Match { ignoring_case, .. } => *ignoring_case = true,
        _ => {}
    }
    predicate
}

fn t(predicate: Predicate) -> Expr {
    Expr::Test(predicate)
}

fn not(expr: Expr) -> Expr {
    Expr::Not(Box::new(expr))
}

fn and(arms: Vec<Expr>) -> Expr {
    Expr::And(arms.into())
}

fn or(arms: Vec<Expr>) -> Expr {
    Expr::Or(arms.into())
}

fn quantifier(which: Quantifier, over: Operand, body: Expr) -> Expr {
    Expr::Quantifier {
        which,
        name: "x".into(),
        over,
        body: Box::new(body),
    }
}

fn run(expr: &Expr, scope: &Scope<'_>) -> (TruthSet, Needs) {
    let mut steps = Steps::new(1_000_000);
    let mut needs = Needs::default();
    let truths = evaluate(expr, scope, &mut steps, &mut needs);
    assert!(!steps.exceeded());
    (truths, needs)
}

fn check(cases: Vec<(Predicate, TruthSet)>) {
    let event = event(DATA);
    let scope = scope(&event);
    for (predicate, expected) in cases {
        let name = format!("{predicate:?}");
        assert_eq!(run(&t(predicate.clone()), &scope).0, expected, "{name}");
        // Every negated form is the negation.
        let negated = match predicate {
            Predicate::Compare {
                left,
                op: CompareOp::Equal,
                right,
                ignoring_case,
            } => Predicate::Compare {
                left,
                op: CompareOp::NotEqual,
                right,
                ignoring_case,
            },
            mut other => {
                match &mut other {
                    Predicate::Is { negated, .. }
                    | Predicate::Between { negated, .. }
                    | Predicate::In { negated, .. }
                    | Predicate::Match { negated, .. }
                    | Predicate::TimeOfDay { negated, .. } => *negated = true,
                    _ => continue,
                }
                other
            }
        };
        assert_eq!(run(&t(negated), &scope).0, expected.not(), "not {name}");
    }
}
