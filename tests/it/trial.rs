//! `test` blocks: which results meet an expectation, and what a failing one reports.

use pointsman::Engine;

const RULES: &str = r#"
event hi
rule greet {
    on hi
    when city != "Rome"
    require person
    do x { n: n, o: { b: 1, a: [n] } }
    send sms { body "B" }
    send sms { body "C" }
    send mms { media " " body "M" }
}
rule last { on hi when city == "Last" final do y {} }
rule late { on hi when city == "Last" do y {} }
rule winter { on hi active until "2020-01-01" do y {} }
rule other { on bye do y {} }
"#;

/// Returns the failures of a test with this body.
fn failures(inside: &str) -> Vec<String> {
    let text = format!("{RULES}\ntest \"t\" {{ {inside} }}");
    let engine = Engine::compile(text).unwrap_or_else(|errors| panic!("{errors}\n{inside}"));
    let reports = engine.run_tests();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].passed(), reports[0].failures().is_empty());
    reports[0]
        .failures()
        .iter()
        .map(|failure| failure.message().to_owned())
        .collect()
}

fn case(city: &str, expectations: &str) -> String {
    format!(
        r#"at "2026-11-20T10:00:00Z" answers {{ "person": {{ "person_key": "k" }} }}
        event {{ "event_type": "hi", "event_id": "e", "event_data": {{ "mdn": "13125550100", "city": "{city}", "n": 20.0 }} }}
        {expectations}"#
    )
}

#[test]
fn violated_declarations_are_reported_and_fail_no_test() {
    let rules = r#"
        event hi { n: number, tags: [string]? }
        rule a { on hi when n == 1 do y {} }
        test "one event" {
            event { "event_type": "HI", "event_data": { "mdn": "1234567", "n": "five", "tags": ["a", 1] } }
            expect a skips
        }
        test "two events" {
            event { "event_type": "hi", "event_id": "1", "event_data": { "mdn": "1234567", "n": 1 } }
            event { "event_type": "hi", "event_id": "2", "event_data": { "mdn": "1234567" } }
            expect a accepts
        }
        test "refused" {
            event { "event_type": "hi", "event_data": { "n": "five" } }
            expect rejected
        }"#;
    let engine = Engine::compile(rules).unwrap();
    let reports = engine.run_tests();
    let told: Vec<(bool, Vec<&str>)> = reports
        .iter()
        .map(|report| (report.passed(), report.breaches().collect()))
        .collect();
    let expected = [
        (
            true,
            vec![
                "event_data.n is declared number and is a string",
                "event_data.tags[1] is declared string and is a number",
            ],
        ),
        (
            false,
            vec!["event 2: event_data.n is declared number and is missing"],
        ),
        (true, vec![]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn met_expectations_pass() {
    let passing = [
        r#"expect greet accepts"#,
        r#"expect greet does x { "n": 20 }"#,
        r#"expect greet does x { "o": { "a": [2e1], "b": 1.0 } }"#,
        r#"expect greet does x"#,
        r#"expect greet sends sms "C" expect greet sends sms "B""#,
        // An expectation that accepts any result leaves those that another needs.
        r#"expect greet sends sms expect greet sends sms "B""#,
        r#"expect greet sends sms expect greet sends sms "C""#,
        r#"expect greet sends sms "B" to "13125550100""#,
        r#"expect greet sends mms fails"#,
        r#"expect greet sends mms fails "Rendered media URL is blank""#,
        r#"expect last skips expect late skips"#,
        r#"expect nothing else
           expect greet sends sms expect greet sends sms expect greet does x
           expect greet sends mms fails expect greet accepts"#,
    ];
    for expectations in passing {
        assert_eq!(
            failures(&case("Austin", expectations)),
            [""; 0],
            "{expectations}"
        );
    }
    let refused =
        r#"expect greet refuses expect greet refuses "Person is not found" expect nothing else"#;
    let case = case("Austin", refused).replace(r#"{ "person_key": "k" }"#, "null");
    assert_eq!(failures(&case), [""; 0]);
}

#[test]
fn unmet_expectations_report_what_happened() {
    let failing: &[(&str, &str, &str)] = &[
        (
            "Rome",
            "expect greet accepts",
            "expected greet accepts; instead its `when` is not true",
        ),
        (
            "Rome",
            "expect greet refuses \"x\"",
            "expected greet refuses \"x\"; instead its `when` is not true",
        ),
        (
            "Austin",
            "expect greet skips",
            "expected greet skips; instead it accepted",
        ),
        (
            "Austin",
            "expect greet refuses",
            "expected greet refuses; instead it accepted",
        ),
        (
            "Austin",
            "expect last accepts",
            "expected last accepts; instead its `when` is not true",
        ),
        (
            "Austin",
            "expect winter accepts",
            "expected winter accepts; instead it does not listen to the event, or not at this time",
        ),
        (
            "Last",
            "expect late accepts",
            "expected late accepts; instead `last` is final and accepted before it",
        ),
        (
            "Austin",
            "expect ignored",
            "expected ignored; instead the event was routed",
        ),
        (
            "Austin",
            "expect rejected",
            "expected rejected; instead the event was routed",
        ),
        (
            "Austin",
            "expect no_route_rules",
            "expected no_route_rules; instead there are rules that listen to it",
        ),
    ];
    for (city, expectations, message) in failing {
        assert_eq!(failures(&case(city, expectations)), [*message]);
    }
    let texts = r#"sent sms "B" to "13125550100"; sent sms "C" to "13125550100""#;
    let media = r#"failed to send mms: "Rendered media URL is blank""#;
    let act = r#"did x {"n":20.0,"o":{"b":1,"a":[20.0]}}"#;
    let all = format!("{act}; {texts}; {media}");
    for (expectation, instead) in [
        (r#"greet sends sms "D""#, texts),
        (r#"greet sends sms "B" to "1""#, texts),
        (r#"greet sends mms"#, media),
        (r#"greet sends sms fails"#, texts),
        (r#"greet sends mms fails "x""#, media),
        (r#"greet does x { "n": 21 }"#, act),
        (r#"greet does x { "none": null }"#, act),
        ("greet does y", &all),
        ("greet sends push", &all),
    ] {
        assert_eq!(
            failures(&case("Austin", &format!("expect {expectation}"))),
            [format!("expected {expectation}; instead it {instead}")]
        );
    }
    // Two expectations cannot share a result.
    assert_eq!(
        failures(&case("Austin", "expect greet accepts expect greet accepts")),
        ["expected greet accepts; instead every such result is expected elsewhere"]
    );
    assert_eq!(
        failures(&case(
            "Austin",
            "expect greet accepts expect greet sends sms expect nothing else"
        )),
        [format!(
            "expected nothing else; instead there is more: greet {act}; \
             greet sent sms \"C\" to \"13125550100\"; greet {media}"
        )]
    );
}

#[test]
fn several_events_are_routed_one_after_the_other() {
    let event = r#"event { "event_type": "HI", "event_id": "e", "event_data": { "mdn": "13125550100", "city": "Rome" } }"#;
    let other = event.replace(r#""e""#, r#""f""#);
    assert_eq!(
        failures(&format!(
            r#"at "2026-11-20" {event} expect greet skips {event} expect ignored expect nothing else {other} expect greet skips"#
        )),
        [""; 0]
    );
    assert_eq!(
        failures(&format!(
            r#"at "2026-11-20" {event} {event} expect greet skips"#
        )),
        ["expected greet skips; instead the event was ignored, as its id was seen before"]
    );
}

#[test]
fn events_may_be_rejected_or_undecided() {
    let bad = r#"at "2026-11-20" event { "event_type": "hi", "event_data": {} }"#;
    assert_eq!(failures(&format!("{bad} expect rejected")), [""; 0]);
    assert_eq!(
        failures(&format!("{bad} expect rejected \"missing_recipient\"")),
        [""; 0]
    );
    let wrong = failures(&format!("{bad} expect rejected \"invalid_mdn\""));
    assert!(
        wrong[0].starts_with(
            "expected rejected \"invalid_mdn\"; instead the event was rejected (missing_recipient): "
        ),
        "{wrong:?}"
    );
    let unexpected = failures(&format!("{bad} expect greet accepts"));
    assert!(unexpected[0].starts_with("expected greet accepts; instead the event was rejected"));
    let undecided = failures(
        r#"at "2026-11-20" event { "event_type": "hi", "event_data": { "mdn": "13125550100", "city": "x" } } expect greet accepts"#,
    );
    assert_eq!(
        undecided,
        ["undecided: the answers do not cover the question {\"person\":{\"mdn\":\"13125550100\"}}"]
    );
}

#[test]
fn a_report_has_its_position() {
    let engine = Engine::builder()
        .source(
            "a.rules",
            "rule a { on hi do x {} }\n\n  test \"one\" {\n    event { \"event_type\": \"hi\", \"event_data\": { \"mdn\": \"13125550100\" } }\n    expect a accepts\n    expect a skips\n  }",
        )
        .build()
        .unwrap();
    let report = &engine.run_tests()[0];
    assert_eq!(
        (
            report.title(),
            report.source(),
            report.line(),
            report.column()
        ),
        ("one", "a.rules", 3, 8)
    );
    let failure = &report.failures()[0];
    assert_eq!((failure.line(), failure.column()), (6, 5));
    assert_eq!(report.accepted_rules().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn line_endings_and_a_byte_order_mark_do_not_move_reported_places() {
    let text = "rule a { on hi do x {} }\n\n  test \"one\" {\n    event { \"event_type\": \"hi\", \"event_data\": { \"mdn\": \"13125550100\" } }\n    expect a skips\n  }\n";
    for line_end in ["\n", "\r", "\r\n"] {
        for mark in ["", "\u{feff}"] {
            // The mark must not move columns of the first line either.
            for head in [
                "\n",
                "test \"first\" { event { \"event_type\": \"hi\", \"event_data\": { \"mdn\": \"13125550100\" } } expect a skips }\n",
            ] {
                let text = format!("{mark}{}", [head, text].concat().replace('\n', line_end));
                let reports = Engine::compile(text).unwrap().run_tests();
                let report = reports.last().unwrap();
                assert_eq!((report.line(), report.column()), (4, 8));
                let failure = &report.failures()[0];
                assert_eq!((failure.line(), failure.column()), (6, 5));
                if reports.len() > 1 {
                    let failure = &reports[0].failures()[0];
                    assert_eq!((failure.line(), failure.column()), (1, 85));
                }
            }
        }
    }
}

#[test]
fn a_failing_expectation_explains_its_rule() {
    let text = format!(
        "{RULES}\ntest \"t\" {{ {} }}",
        case("Rome", "expect greet accepts expect ignored")
    );
    let reports = Engine::compile(text).unwrap().run_tests();
    let [about_rule, about_event] = reports[0].failures() else {
        panic!("both fail");
    };
    let explanation = about_rule.explanation().unwrap();
    assert!(explanation.contains("city != \"Rome\""), "{explanation}");
    assert_eq!(about_event.explanation(), None);
}

#[test]
fn the_documented_format_can_be_named() {
    let inside = case("Austin", "expect greet accepts").replace("event {", "adapter vibes event {");
    assert_eq!(failures(&inside), [""; 0]);
}
