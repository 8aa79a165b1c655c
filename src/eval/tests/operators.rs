//! Tests the three truths of every operator.

use std::sync::Arc;

use super::{
    FALSE, OPEN, TRUE, UNKNOWN, at, check, compare, count, eq, event, ignoring_case, is, l, lt,
    matching, matching_pattern, number, p, path, run, scope, shift, t, time, within,
};
use crate::eval::TruthSet;
use crate::hir::pattern::{Like, Network, Regex};
use crate::hir::sample::WHOLE;
use crate::hir::{Operand, Pattern, Predicate, Sample, Zone};
use crate::syntax::operator::{CompareOp, Is, TextOp};

#[test]
fn equality() {
    check(vec![
        (eq(p("n"), l("20.5")), TRUE),
        (eq(p("n"), l("2050e-2")), TRUE),
        (eq(p("n"), l("20.500000000000000000001")), FALSE),
        (eq(p("big"), l("9007199254740992")), FALSE),
        (eq(p("n"), l("\"20.50\"")), FALSE),
        (eq(p("city"), l("\"Chicago\"")), TRUE),
        (eq(p("city"), l("\"chicago\"")), FALSE),
        (ignoring_case(eq(p("city"), l("\"CHICAGO\""))), TRUE),
        (ignoring_case(eq(p("odd"), l("\"STRAẞE\""))), TRUE),
        (ignoring_case(eq(p("odd"), l("\"strasse\""))), FALSE),
        (ignoring_case(eq(p("n"), l("20.5"))), TRUE),
        (eq(p("nil"), l("null")), TRUE),
        (eq(p("nil"), l("false")), FALSE),
        (eq(p("yes"), l("true")), TRUE),
        (eq(p("yes"), l("\"true\"")), FALSE),
        (eq(p("object"), p("same")), TRUE),
        (eq(p("object"), p("tags")), FALSE),
        (eq(p("object.b"), l("[1, 2]")), TRUE),
        (eq(p("object.b"), l("[2, 1]")), FALSE),
        (eq(p("object.b"), l("[1]")), FALSE),
        (eq(p("none"), l("[]")), TRUE),
        (eq(p("gone"), l("1")), UNKNOWN),
        (eq(p("gone"), p("gone")), UNKNOWN),
        (eq(p("city.name"), l("null")), UNKNOWN),
        (eq(p("tags.7"), l("1")), UNKNOWN),
        (eq(p("tags.0"), l("\"a\"")), TRUE),
        (eq(p("items.1.price"), l("200")), TRUE),
        (eq(p("type"), l("\"t\"")), TRUE),
        (eq(p("mdn_of_recipient"), p("mdn")), TRUE),
        (eq(p("email_of_recipient"), p("mdn")), UNKNOWN),
        // A list in the rule that contains a path.
        (
            eq(
                p("object.b"),
                Operand::List([l("1"), p("object.b.1")].into()),
            ),
            TRUE,
        ),
        (
            eq(p("object.b"), Operand::List([l("7"), p("gone")].into())),
            FALSE,
        ),
        (
            eq(p("object.b"), Operand::List([l("1"), p("gone")].into())),
            UNKNOWN,
        ),
        (eq(p("n"), Operand::List([p("n")].into())), FALSE),
    ]);
}

#[test]
fn order() {
    use CompareOp::{Greater, GreaterOrEqual, Less, LessOrEqual};
    check(vec![
        (compare(p("n"), Less, l("20.51")), TRUE),
        (compare(p("n"), Less, l("20.5")), FALSE),
        (compare(p("n"), LessOrEqual, l("20.5")), TRUE),
        (compare(p("n"), Greater, l("20.4")), TRUE),
        (compare(p("n"), GreaterOrEqual, l("21")), FALSE),
        (compare(p("city"), Less, l("\"Chicagp\"")), TRUE),
        (compare(p("n"), Less, l("\"30\"")), UNKNOWN),
        (compare(p("text_n"), Less, l("400")), UNKNOWN),
        (compare(p("yes"), Less, l("true")), UNKNOWN),
        (compare(p("nil"), Less, l("1")), UNKNOWN),
        (compare(p("tags"), Less, p("tags")), UNKNOWN),
        (compare(p("gone"), Less, l("1")), UNKNOWN),
        (between(p("n"), l("20"), l("21")), TRUE),
        (between(p("n"), l("20.5"), l("20.5")), TRUE),
        (between(p("n"), l("21"), l("20")), FALSE),
        // In Kleene logic, one bound can decide that a value is not between two bounds.
        (between(p("n"), l("30"), p("gone")), FALSE),
        (between(p("n"), l("10"), p("gone")), UNKNOWN),
        (between(p("gone"), l("1"), l("2")), UNKNOWN),
    ]);
}

fn between(operand: Operand, low: Operand, high: Operand) -> Predicate {
    Predicate::Between {
        operand,
        negated: false,
        bounds: Box::new([low, high]),
        ignoring_case: false,
    }
}

#[test]
fn membership() {
    check(vec![
        (within(p("city"), l(r#"["Austin", "Chicago"]"#)), TRUE),
        (within(p("city"), l(r#"["Austin"]"#)), FALSE),
        (within(p("city"), l("[]")), FALSE),
        (ignoring_case(within(p("city"), l(r#"["CHICAGO"]"#))), TRUE),
        (within(p("n"), l("[1, 20.5]")), TRUE),
        (within(l("3"), p("tags")), TRUE),
        (within(p("nil"), p("tags")), TRUE),
        (within(l("4"), p("tags")), FALSE),
        (within(p("gone"), l("[1]")), UNKNOWN),
        (within(p("gone"), l("[]")), UNKNOWN),
        (within(p("city"), p("city")), UNKNOWN),
        (within(p("city"), p("object")), UNKNOWN),
        (within(p("city"), p("gone")), UNKNOWN),
        (
            within(
                p("city"),
                Operand::List([p("gone"), l("\"Chicago\"")].into()),
            ),
            TRUE,
        ),
        (
            within(
                p("city"),
                Operand::List([p("gone"), l("\"Austin\"")].into()),
            ),
            UNKNOWN,
        ),
        (matching(p("tags"), TextOp::Contains, l("\"a\"")), TRUE),
        (matching(p("tags"), TextOp::Contains, l("\"b\"")), FALSE),
        (
            ignoring_case(matching(p("tags"), TextOp::Contains, l("\"b\""))),
            TRUE,
        ),
        (matching(p("tags"), TextOp::Contains, l("3.0")), TRUE),
        (matching(p("tags"), TextOp::Contains, l("null")), TRUE),
        (matching(p("tags"), TextOp::Contains, p("gone")), UNKNOWN),
        (matching(p("none"), TextOp::Contains, p("gone")), UNKNOWN),
        (matching(p("object"), TextOp::Contains, l("\"a\"")), UNKNOWN),
    ]);
}

#[test]
fn text_operators() {
    use TextOp::{Contains, EndsWith, Like as LikeOp, Matches, StartsWith};
    let like = |text| Pattern::Like(Arc::new(Like::new(text, false).unwrap()));
    let regex = |text| Pattern::Regex(Arc::new(Regex::new(text, false, 1 << 20).unwrap()));
    let network = |text| Pattern::Network(Network::parse(text).unwrap());
    check(vec![
        (matching(p("city"), StartsWith, l("\"Chi\"")), TRUE),
        (matching(p("city"), StartsWith, l("\"chi\"")), FALSE),
        (
            ignoring_case(matching(p("city"), StartsWith, l("\"chi\""))),
            TRUE,
        ),
        (matching(p("city"), EndsWith, l("\"cago\"")), TRUE),
        (
            ignoring_case(matching(p("city"), EndsWith, l("\"CAGO\""))),
            TRUE,
        ),
        (matching(p("city"), Contains, l("\"ica\"")), TRUE),
        (matching(p("city"), Contains, l("\"\"")), TRUE),
        (
            ignoring_case(matching(p("odd"), Contains, l("\"AẞE\""))),
            TRUE,
        ),
        (matching(p("city"), Contains, l(r#"["zz", "ica"]"#)), TRUE),
        (matching(p("city"), Contains, l(r#"["zz"]"#)), FALSE),
        (matching(p("city"), Contains, l("[]")), FALSE),
        (matching(p("city"), Contains, p("tags")), TRUE),
        (matching(p("city"), StartsWith, p("tags")), UNKNOWN),
        (
            matching(
                p("city"),
                StartsWith,
                Operand::List([p("gone"), l("\"C\"")].into()),
            ),
            TRUE,
        ),
        (
            matching(p("city"), StartsWith, Operand::List([p("gone")].into())),
            UNKNOWN,
        ),
        (matching(p("city"), StartsWith, l("1")), UNKNOWN),
        (matching(p("city"), StartsWith, p("gone")), UNKNOWN),
        (matching(p("n"), StartsWith, l("\"2\"")), UNKNOWN),
        (matching(p("tags"), StartsWith, l("\"a\"")), UNKNOWN),
        (matching(p("gone"), Contains, l("\"a\"")), UNKNOWN),
        (matching_pattern(p("city"), LikeOp, like("Ch?c*")), TRUE),
        (matching_pattern(p("city"), LikeOp, like("ch*")), FALSE),
        (matching_pattern(p("n"), LikeOp, like("*")), UNKNOWN),
        (matching_pattern(p("city"), Matches, regex("^C.*o$")), TRUE),
        (matching_pattern(p("city"), Matches, regex("z")), FALSE),
        (matching_pattern(p("gone"), Matches, regex(".*")), UNKNOWN),
        (
            matching_pattern(p("ip"), TextOp::InNetwork, network("10.0.0.0/8")),
            TRUE,
        ),
        (
            matching_pattern(p("ip"), TextOp::InNetwork, network("192.168.0.0/16")),
            FALSE,
        ),
        (
            matching_pattern(p("city"), TextOp::InNetwork, network("10.0.0.0/8")),
            FALSE,
        ),
        (
            matching_pattern(p("n"), TextOp::InNetwork, network("10.0.0.0/8")),
            UNKNOWN,
        ),
    ]);
}

#[test]
fn type_tests_are_never_unknown() {
    let kinds = [
        Is::Present,
        Is::Missing,
        Is::Null,
        Is::Blank,
        Is::String,
        Is::Number,
        Is::Bool,
        Is::List,
        Is::Object,
    ];
    let cases = [
        ("city", "p---s----"),
        ("empty", "p--bs----"),
        ("blank", "p--bs----"),
        ("nil", "p-nb-----"),
        ("gone", "-m-b-----"),
        ("city.x", "-m-b-----"),
        ("n", "p----#---"),
        ("yes", "p-----?--"),
        ("tags", "p------l-"),
        ("object", "p-------o"),
        ("now", "p--------"),
    ];
    for (name, expected) in cases {
        let cases = kinds.into_iter().zip(expected.chars());
        check(
            cases
                .map(|(kind, c)| (is(p(name), kind), TruthSet::of(Some(c != '-'))))
                .collect(),
        );
    }
    check(vec![
        (Predicate::Truth(p("yes")), TRUE),
        (Predicate::Truth(p("no")), FALSE),
        (Predicate::Truth(p("city")), UNKNOWN),
        (Predicate::Truth(p("nil")), UNKNOWN),
        (Predicate::Truth(p("gone")), UNKNOWN),
    ]);
}

#[test]
fn functions() {
    check(vec![
        (eq(count(p("tags")), l("4")), TRUE),
        (eq(count(p("none")), l("0")), TRUE),
        (eq(count(p("odd")), l("6")), TRUE),
        (eq(count(l("[1, 2]")), l("2")), TRUE),
        (eq(count(p("n")), l("4")), UNKNOWN),
        (eq(count(p("object")), l("2")), UNKNOWN),
        (eq(count(p("gone")), l("0")), UNKNOWN),
        (lt(count(p("tags")), l("4.5")), TRUE),
        (lt(number(p("text_n")), l("342")), TRUE),
        (eq(number(p("escaped")), l("34")), TRUE),
        (eq(number(p("n")), l("20.5")), TRUE),
        (eq(number(count(p("tags"))), l("4")), TRUE),
        (lt(number(p("city")), l("1")), UNKNOWN),
        (lt(number(p("empty")), l("1")), UNKNOWN),
        (lt(number(p("yes")), l("1")), UNKNOWN),
        (lt(number(p("gone")), l("1")), UNKNOWN),
        (eq(time(p("when")), at("2026-11-20T10:00:00Z")), TRUE),
        (eq(time(p("when")), p("now")), TRUE),
        (eq(time(p("epoch")), time(p("when"))), TRUE),
        (lt(time(p("when")), shift(p("now"), 1)), TRUE),
        (lt(shift(time(p("when")), 1), p("now")), FALSE),
        (lt(time(p("city")), p("now")), UNKNOWN),
        (lt(time(p("gone")), p("now")), UNKNOWN),
        (lt(p("when"), p("now")), UNKNOWN),
        (eq(p("when"), p("now")), UNKNOWN),
        (
            within(
                time(p("when")),
                Operand::List([at("2026-01-01"), p("now")].into()),
            ),
            TRUE,
        ),
        (lt(shift(p("now"), i64::MAX), p("now")), UNKNOWN),
        (lt(shift(p("when"), 1), p("now")), UNKNOWN),
    ]);
}

fn time_of_day(at: Operand, zone: Zone, from: u32, until: u32) -> Predicate {
    Predicate::TimeOfDay {
        at,
        zone,
        negated: false,
        from,
        until,
    }
}

#[test]
fn times_of_day() {
    let chicago = || Zone::Name("America/Chicago".into());
    let clock = |hour: u32, minute: u32| (hour * 60 + minute) * 60;
    let (day, night) = ((clock(9, 0), clock(21, 0)), (clock(21, 0), clock(9, 0)));
    // Standard time is six hours behind UTC; from 2026-03-08T08:00Z the difference is five hours.
    let cases = [
        ("2026-11-20T14:59:59Z", FALSE),
        ("2026-11-20T15:00:00Z", TRUE),
        ("2026-11-21T02:59:59Z", TRUE),
        ("2026-11-21T03:00:00Z", FALSE),
        ("2026-03-07T14:30:00Z", FALSE),
        ("2026-03-08T14:30:00Z", TRUE),
        ("2026-11-01T14:30:00Z", FALSE),
        ("2026-10-31T14:30:00Z", TRUE),
    ];
    for (moment, expected) in cases {
        check(vec![
            (time_of_day(at(moment), chicago(), day.0, day.1), expected),
            (
                time_of_day(at(moment), chicago(), night.0, night.1),
                expected.not(),
            ),
            (time_of_day(at(moment), chicago(), 0, clock(24, 0)), TRUE),
            (
                time_of_day(at(moment), chicago(), clock(9, 0), clock(9, 0)),
                FALSE,
            ),
        ]);
    }
    // The hour that spring skips and the hour that autumn repeats.
    let (two, three) = (clock(2, 0), clock(3, 0));
    check(vec![
        (
            time_of_day(at("2026-03-08T07:59:59Z"), chicago(), two, three),
            FALSE,
        ),
        (
            time_of_day(at("2026-03-08T08:00:00Z"), chicago(), two, three),
            FALSE,
        ),
        (
            time_of_day(at("2026-11-01T06:30:00Z"), chicago(), clock(1, 0), two),
            TRUE,
        ),
        (
            time_of_day(at("2026-11-01T07:30:00Z"), chicago(), clock(1, 0), two),
            TRUE,
        ),
        (
            time_of_day(p("now"), Zone::Path(path("zone")), 0, clock(5, 0)),
            TRUE,
        ),
        (
            time_of_day(p("now"), Zone::Path(path("city")), 0, 1),
            UNKNOWN,
        ),
        (time_of_day(p("now"), Zone::Path(path("n")), 0, 1), UNKNOWN),
        (
            time_of_day(p("now"), Zone::Path(path("gone")), 0, 1),
            UNKNOWN,
        ),
        (time_of_day(p("when"), chicago(), 0, clock(5, 0)), TRUE),
        (time_of_day(p("city"), chicago(), 0, 1), UNKNOWN),
    ]);
}

#[test]
fn samples() {
    let sample = |by: &str, from, until| {
        Predicate::Sample(Box::new(Sample {
            from,
            until,
            by: path(by),
            salt: "delivery_today".into(),
            text: "".into(),
        }))
    };
    // The documentation of `hir::sample` lists the point of `1` under this salt.
    let point = 0x75e9_914a_b114_0966;
    let data = r#"{"mdn": "13125550100", "text": "1", "number": 1.0, "yes": true, "list": [], "nil": null}"#;
    let event = event(data);
    let scope = scope(&event);
    let cases = [
        (sample("text", 0, point), FALSE),
        (sample("text", point, point + 1), TRUE),
        (sample("text", point, WHOLE), TRUE),
        (sample("number", point, point + 1), TRUE),
        (sample("text", 0, WHOLE), TRUE),
        (sample("text", 0, 0), FALSE),
        (
            sample("yes", 0x337a_b811_b3bd_984b, 0x337a_b811_b3bd_984c),
            TRUE,
        ),
        (sample("list", 0, WHOLE), UNKNOWN),
        (sample("nil", 0, WHOLE), UNKNOWN),
        (sample("gone", 0, WHOLE), UNKNOWN),
        (sample("person.person_key", 0, WHOLE), OPEN),
    ];
    for (predicate, expected) in cases {
        assert_eq!(
            run(&t(predicate.clone()), &scope).0,
            expected,
            "{predicate:?}"
        );
    }
}
