//! Routing as a host sees it: which outcome follows from rules, an event and answers.

mod lookups;

use pointsman::outcome::ActionKind;
use pointsman::{Answers, Engine, Event, Outcome, SeededIds, Step, Timestamp};
use proptest::prelude::*;

const NOW: &str = "2026-11-20T10:00:00Z";

const EVENT: &str = r#"{"event_id": "e1", "event_type": "Hi", "event_data": {
    "mdn": "+13125550100", "person_key": "pk", "city": "Austin", "n": 1.50, "big": 1e400,
    "list": [ 1, {"b": 2.0, "a": null} ], "blank": " ", "url": "https://e.com/a.png"}}"#;

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn engine(rules: &str) -> Engine {
    Engine::compile(rules).unwrap_or_else(|errors| panic!("{errors}\n{rules}"))
}

fn event(engine: &Engine, json: &str) -> Event {
    engine
        .read(json.as_bytes(), &mut SeededIds::new(1))
        .unwrap_or_else(|rejection| panic!("{rejection}"))
}

fn answers(json: &str) -> Answers {
    Answers::from_json(json, now()).unwrap_or_else(|error| panic!("{error}"))
}

fn route(rules: &str, answers_json: &str) -> Vec<String> {
    route_event(rules, EVENT, answers_json)
}

fn route_event(rules: &str, json: &str, answers_json: &str) -> Vec<String> {
    let engine = engine(rules);
    brief(&engine.route(&event(&engine, json), &answers(answers_json)))
}

/// One line for each result or question.
fn brief(step: &Step) -> Vec<String> {
    match step {
        Step::Ask(questions) => questions
            .iter()
            .map(|question| format!("ask {}", question.to_json()))
            .collect(),
        Step::Done(outcome) => brief_outcome(outcome),
    }
}

fn brief_outcome(outcome: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    for (flag, name) in [
        (outcome.is_incomplete(), "incomplete"),
        (outcome.is_truncated(), "truncated"),
        (outcome.is_ignored(), "ignored"),
    ] {
        if flag {
            lines.push(name.to_owned());
        }
    }
    for result in outcome.results() {
        let action = result.action();
        let mut line = result.rule().unwrap_or("-").to_owned();
        match action.kind() {
            ActionKind::Routing => line.push_str(" routes"),
            ActionKind::SendMessage(sent) => {
                line = format!("{line} sends {}", sent.channel().name());
                let message = result.message().unwrap();
                if let Some(text) = message.text() {
                    line = format!("{line} {text:?}");
                }
                if let Some(to) = message.to() {
                    line = format!("{line} to {} {}", to.kind(), to.value());
                }
                if let Some(person) = sent.person() {
                    line = format!("{line} for {}", person.person_key());
                }
            }
            ActionKind::Custom(custom) => {
                line = format!("{line} does {} {}", custom.name(), custom.params());
            }
            _ => {}
        }
        if let Some(failure) = action.failure() {
            let errors: Vec<&str> = failure.errors().iter().map(|error| error.error()).collect();
            line = format!(
                "{line} FAILS {}: {}",
                failure.reason().as_str(),
                errors.join(" | ")
            );
        }
        lines.push(line);
    }
    lines
}

/// Tests a table of names, rules, answers and results of [`EVENT`].
fn table(cases: &[(&str, &str, &str, &[&str])]) {
    for (name, rules, answers, expected) in cases {
        assert_eq!(route(rules, answers), *expected, "{name}");
    }
}

const NO_FILTER: &str = "- routes FAILS no_routes_accepted_event: Event did not match any filter";

#[test]
fn rules_and_event_decide_the_outcome() {
    table(&[
        (
            "nobody listens",
            "event hi rule a { on other do x {} }",
            "{}",
            &["- routes FAILS no_route_rules_found_for_event: "],
        ),
        (
            "a rule outside its window does not exist",
            r#"rule a { on hi active until "2026-11-20T10:00:00Z" do x {} }"#,
            "{}",
            &["- routes FAILS no_route_rules_found_for_event: "],
        ),
        (
            "a window includes its start",
            r#"rule a { on hi active from "2026-11-20T10:00:00Z" do x {} }"#,
            "{}",
            &["a routes", "a does x {}"],
        ),
        (
            "no filter matches",
            r#"rule a { on hi when city == "Rome" do x {} } rule b { on hi when missing_one > 1 do x {} }"#,
            "{}",
            &[NO_FILTER],
        ),
        (
            "rules are ordered by priority, then by position, with those for every type among them",
            "rule a { on hi do x {} } rule b { on * priority 5 do x {} }
             rule c { on hi priority 9 do x {} } rule d { on * do x {} }",
            "{}",
            &[
                "c routes",
                "c does x {}",
                "b routes",
                "b does x {}",
                "a routes",
                "a does x {}",
                "d routes",
                "d does x {}",
            ],
        ),
        (
            "no rule follows a final rule that accepts",
            "rule a { on hi final when city == \"Rome\" do x {} }
             rule b { on hi final do x {} } rule c { on hi do x {} }",
            "{}",
            &["b routes", "b does x {}"],
        ),
        (
            "values keep their spelling",
            "const c = [1.50, \"x\"]
             rule a { on hi do x { n: n, big: big, list: list, none: nothing, deep: list[1].b, c: c,
                 o: { k: [n, 2.50] }, id: event.id, type: event.type, now: now } }",
            "{}",
            &[
                "a routes",
                r#"a does x {"n":1.50,"big":1e400,"list":[1,{"b":2.0,"a":null}],"none":null,"deep":2.0,"c":[1.50,"x"],"o":{"k":[1.50,2.50]},"id":"e1","type":"hi","now":"2026-11-20T10:00:00Z"}"#,
            ],
        ),
        (
            "an action is omitted if its own filter is not true",
            "rule a { on hi do x { when n > 1 } do y { when n > 2 } do z { when nothing > 2 } }",
            "{}",
            &["a routes", "a does x {}"],
        ),
        (
            "the first alternative that does not fail is taken",
            r#"rule a { on hi
                first { do x { when n > 2 } send push { body "p" } send sms { body "s" } do y {} }
                first { do x { when n > 2 } }
                first { send email { subject "s" text "t" to nothing } send email { subject "s" text "u" to blank } } }"#,
            "{}",
            &[
                "a routes",
                "a sends push \"p\" to person_key pk",
                "a sends email \"u\" FAILS ValidationError: Recipient is blank",
            ],
        ),
        (
            "errors are in the order of the rules",
            r#"rule a { on hi require n > 5 else "too small" do x {} }
               rule b { on hi priority 1 require nothing > 5 else "unknown refuses" do x {} }
               rule c { on hi when city == "Rome" require n > 9 else "never" do x {} }
               rule d { on hi require n > 1 else "fine" require n > 6 else "first that fails" require n > 7 else "not seen" do x {} }"#,
            "{}",
            &[
                "- routes FAILS no_routes_accepted_event: unknown refuses | too small | first that fails",
            ],
        ),
        (
            "refusals are not reported once a rule accepts",
            r#"rule a { on hi require n > 5 else "too small" do x {} } rule b { on hi do x {} }"#,
            "{}",
            &["b routes", "b does x {}"],
        ),
    ]);
}

#[test]
fn unmet_requirements_refuse_with_their_text() {
    let refused = |text: &str| format!("- routes FAILS no_routes_accepted_event: {text}");
    let taken = ["a routes".to_owned(), "a does x {}".to_owned()];
    let person = r#"{"person": {"person_key": "pk", "tier": "gold"}}"#;
    let cases: &[(&str, &str, Option<&str>)] = &[
        ("person", person, None),
        ("person", r#"{"person": null}"#, Some("Person is not found")),
        ("subscribed \"l\"", r#"{"subscribed": ["k", "l"]}"#, None),
        (
            "subscribed \"l\"",
            r#"{"subscribed": ["k"]}"#,
            Some("Person is not found"),
        ),
        ("carrier sms", r#"{"carrier": {"sms": true}}"#, None),
        (
            "carrier sms",
            r#"{"carrier": {"mms": true}}"#,
            Some("SMS is not supported by carrier"),
        ),
        ("carrier mms", r#"{"carrier": {"mms": true}}"#, None),
        (
            "carrier mms",
            r#"{"carrier": {"sms": true}}"#,
            Some("MMS is not supported by carrier"),
        ),
        (
            "carrier mms",
            r#"{"carrier": {"lookup_failed": "x"}}"#,
            None,
        ),
        ("person.tier == \"gold\" else \"T\"", person, None),
        ("person.tier == \"silver\" else \"T\"", person, Some("T")),
        ("person.nothing == \"silver\" else \"T\"", person, Some("T")),
        (
            "person.tier == \"gold\" else \"T\"",
            r#"{"person": null}"#,
            Some("T"),
        ),
        (
            "carrier.sms else \"T\"",
            r#"{"carrier": {"lookup_failed": "x"}}"#,
            Some("T"),
        ),
    ];
    for (requirement, answers, refusal) in cases {
        let rules = format!("rule a {{ on hi require {requirement} do x {{}} }}");
        let expected = match refusal {
            Some(text) => vec![refused(text)],
            None => taken.to_vec(),
        };
        assert_eq!(route(&rules, answers), expected, "{requirement} {answers}");
    }
    // A failed lookup refuses with the text of the host.
    for requirement in [
        "person",
        "subscribed \"l\"",
        "carrier sms",
        "carrier mms",
        "person.tier == \"gold\" else \"T\"",
        "carrier.sms else \"T\"",
    ] {
        let rules = format!("rule a {{ on hi require {requirement} do x {{}} }}");
        let down = r#"{"unavailable": "down"}"#;
        let answers = format!(r#"{{"person": {down}, "subscribed": {down}, "carrier": {down}}}"#);
        assert_eq!(
            route(&rules, &answers),
            ["incomplete".to_owned(), refused("down")],
            "{requirement}"
        );
    }
}

#[test]
fn messages_are_queued_or_fail_with_a_reason() {
    let long = "x".repeat(1_531);
    let sms = format!(r#"rule a {{ on hi send sms {{ body "{long}" }} }}"#);
    let too_long = format!(
        "a sends sms {long:?} to mdn +13125550100 FAILS ValidationError: Rendered body takes 11 segments, more than 10"
    );
    let down = r#"{"media": {"unavailable": "down"}}"#;
    table(&[
        (
            "each channel has its own recipient",
            r#"rule a { on hi send sms { body "b" } send mms { media "u" body "b" } send push { body "b" }
                send email { subject "s" text "t" html "h" } send email { subject "s" html "h" } }"#,
            "{}",
            &[
                "a routes",
                "a sends sms \"b\" to mdn +13125550100",
                "a sends mms \"b\" to mdn +13125550100",
                "a sends push \"b\" to person_key pk",
                "a sends email \"t\" to person_key pk",
                "a sends email \"h\" to person_key pk",
            ],
        ),
        (
            "`to` names another, by the field's kind or the channel's",
            r#"rule a { on hi send sms { to person_key body "b" } send sms { to city body "b" }
                send sms { to n body "b" } send push { to "d1" body "b" } send email { to "a@b.cd" subject "s" text "t" }
                send sms { to event.recipient.mdn body "b" } send sms { to blank body "b" } send sms { to list body "b" } }"#,
            "{}",
            &[
                "a routes",
                "a sends sms \"b\" to person_key pk",
                "a sends sms \"b\" to mdn Austin",
                "a sends sms \"b\" to mdn 1.50",
                "a sends push \"b\" to vibes_device_id d1",
                "a sends email \"t\" to email a@b.cd",
                "a sends sms \"b\" to mdn +13125550100",
                "a sends sms \"b\" FAILS ValidationError: Recipient is blank",
                "a sends sms \"b\" FAILS ValidationError: Recipient list is not a text",
            ],
        ),
        (
            "parts that are blank after rendering",
            r#"rule a { on hi send sms { body " " } send mms { media " " body "b" } send mms { media "u" body " " } send push { body "" }
                send email { subject " " text "t" } send email { subject "s" text " " html "" } send email { subject "s" text " " html "h" } }"#,
            "{}",
            &[
                "a routes",
                "a sends sms \" \" to mdn +13125550100 FAILS ValidationError: Rendered body is blank",
                "a sends mms \"b\" to mdn +13125550100 FAILS ValidationError: Rendered media URL is blank",
                "a sends mms \" \" to mdn +13125550100",
                "a sends push to person_key pk FAILS ValidationError: Rendered body is blank",
                "a sends email \"t\" to person_key pk FAILS ValidationError: Rendered subject is blank",
                "a sends email \" \" to person_key pk FAILS ValidationError: Rendered body is blank",
                "a sends email \" \" to person_key pk",
            ],
        ),
        (
            "media is checked against the guidelines",
            r#"rule a { on hi send mms { media "u" } }"#,
            r#"{"media": {"content_type": "application/pdf", "bytes": 1}}"#,
            &[
                "a routes",
                "a sends mms to mdn +13125550100 FAILS ValidationError: Content of type application/pdf are not allowed",
            ],
        ),
        (
            "media that could not be looked up",
            r#"rule a { on hi send mms { media "u" } }"#,
            down,
            &[
                "a routes",
                "a sends mms to mdn +13125550100 FAILS UnexpectedError: down",
            ],
        ),
        (
            "a text of too many segments",
            &sms,
            "{}",
            &["a routes", &too_long],
        ),
        (
            "a failed carrier lookup fails the texts of rules that require a carrier",
            r#"rule a { on hi require carrier sms send sms { body "b" } send mms { media " " } send push { body "b" } }
               rule b { on hi send sms { body "b" } }"#,
            r#"{"carrier": {"lookup_failed": "null is unknown"}}"#,
            &[
                "a routes",
                "a sends sms \"b\" to mdn +13125550100 FAILS PermanentLookupFailureError: Carrier Lookup for +13125550100 failed with error null is unknown",
                "a sends mms to mdn +13125550100 FAILS PermanentLookupFailureError: Carrier Lookup for +13125550100 failed with error null is unknown",
                "a sends push \"b\" to person_key pk",
                "b routes",
                "b sends sms \"b\" to mdn +13125550100",
            ],
        ),
        (
            "only a rule that requires a person names one",
            r#"rule a { on hi require person send sms { body "b" } } rule b { on hi when person.person_key == "k2" send sms { body "b" } }"#,
            r#"{"person": {"person_key": "k2"}}"#,
            &[
                "a routes",
                "a sends sms \"b\" to mdn +13125550100 for k2",
                "b routes",
                "b sends sms \"b\" to mdn +13125550100",
            ],
        ),
    ]);
    let device = r#"{"event_type": "hi", "event_data": {"vibes_device_id": "d1"}}"#;
    assert_eq!(
        route_event(
            r#"rule a { on hi send sms { body "b" } send push { body "b" } send email { subject "s" text "t" } }"#,
            device,
            "{}"
        ),
        [
            "a routes",
            "a sends sms \"b\" FAILS ValidationError: Event has no mdn or person",
            "a sends push \"b\" to vibes_device_id d1",
            "a sends email \"t\" FAILS ValidationError: Recipient is blank",
        ]
    );
    let person = r#"{"event_type": "hi", "event_data": {"external_person_id": "x1"}}"#;
    assert_eq!(
        route_event(
            r#"rule a { on hi require carrier sms send sms { body "b" } }"#,
            person,
            r#"{"carrier": {"lookup_failed": "T"}}"#
        ),
        [
            "a routes",
            "a sends sms \"b\" to external_person_id x1 FAILS PermanentLookupFailureError: Carrier Lookup for x1 failed with error T",
        ]
    );
}

#[test]
fn the_outcome_is_one_line_of_json() {
    let engine = engine(
        r#"company "c" rule a { on hi id "276" require person send sms { body "Hi \u2014" } do x { n: n } }"#,
    );
    let event = event(&engine, EVENT);
    let Step::Done(outcome) =
        engine.route(&event, &answers(r#"{"person": {"person_key": "w2e2"}}"#))
    else {
        panic!("nothing is asked");
    };
    let ids: Vec<&str> = outcome.results().iter().map(|result| result.id()).collect();
    let json = outcome.to_json();
    assert_eq!(
        json,
        format!(
            "{{\"event_id\":\"e1\",\"event_type\":\"Hi\",\"results\":[\
             {{\"id\":\"{}\",\"rule\":\"a\",\"action\":{{\"type\":\"routing\",\"status\":\"processing\",\
             \"status_reason\":\"accepted_by_event_triggered_message\",\
             \"resource_url\":\"/companies/c/mobiledb/event_triggered_messages/276\"}}}},\
             {{\"id\":\"{}\",\"rule\":\"a\",\"action\":{{\"type\":\"send_message\",\"status\":\"processing\",\
             \"status_reason\":\"queued\",\"message_type\":\"sms\",\"sms\":{{\"source\":{{\"resource_url\":\
             \"/companies/c/mobiledb/event_triggered_messages/276\"}},\"person\":{{\"person_key\":\"w2e2\",\
             \"resource_url\":\"/companies/c/mobiledb/persons/w2e2\"}}}}}},\"message\":{{\"channel\":\"sms\",\
             \"to\":{{\"mdn\":\"+13125550100\"}},\"body\":\"Hi \u{2014}\",\"encoding\":\"ucs2\",\"segments\":1,\
             \"ucs2\":[\"\u{2014}\"]}}}},\
             {{\"id\":\"{}\",\"rule\":\"a\",\"action\":{{\"type\":\"custom\",\"status\":\"processing\",\
             \"name\":\"x\",\"params\":{{\"n\":1.50}}}}}}]}}",
            ids[0], ids[1], ids[2]
        )
    );
    // Computed by hand: uuid5(uuid5(NAMESPACE_OID, "pointsman"), '["result","c","e1","a","0"]').
    assert_eq!(ids[1], "07f208c3-8b2f-54be-a1ff-b83d6c7ac009");
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len());
}

#[test]
fn results_past_the_limit_are_omitted_and_reported() {
    let mut limits = pointsman::Limits::default();
    limits.actions = 3;
    let rules = "rule a { on hi do x {} do y {} do z {} } rule b { on hi do x { when n > 5 } }";
    let outcome = |rules: &str| {
        let engine = Engine::builder()
            .source("r", rules)
            .limits(limits.clone())
            .build()
            .unwrap();
        brief(&engine.route(&event(&engine, EVENT), &answers("{}")))
    };
    let kept = [
        "a routes",
        "a does x {}",
        "a does y {}",
        "a does z {}",
        "b routes",
    ];
    assert_eq!(outcome(rules), kept);
    let rules = rules.replace("n > 5", "n > 1");
    assert_eq!(outcome(&rules)[0], "truncated");
    assert_eq!(outcome(&rules)[1..], kept);
}

#[test]
fn errors_past_the_limit_are_omitted() {
    let rules: String = (0..120)
        .map(|n| format!("rule r{n} {{ on hi require n > 9 else \"no {n}\" do x {{}} }}\n"))
        .collect();
    let engine = engine(&rules);
    let Step::Done(outcome) = engine.route(&event(&engine, EVENT), &answers("{}")) else {
        panic!("nothing is asked");
    };
    let errors = outcome.results()[0].action().failure().unwrap().errors();
    assert_eq!(errors.len(), 100);
    assert_eq!(errors[99].error(), "no 99");
}

#[test]
fn event_types_are_known_from_declarations_and_rules() {
    let source = r#"event declared rule a { on hi active until "2020-01-01" do x {} } rule b { on * do x {} }"#;
    let closed = engine(source);
    let open = Engine::builder()
        .source("r", source)
        .open_registry(true)
        .build()
        .unwrap();
    let json =
        |ty: &str| format!(r#"{{"event_type": "{ty}", "event_data": {{"mdn": "13125550100"}}}}"#);
    for (ty, known) in [("Declared", true), ("HI", true), ("other", false)] {
        let read = closed.read(json(ty).as_bytes(), &mut SeededIds::new(1));
        match read {
            Ok(_) => assert!(known, "{ty}"),
            Err(rejection) => {
                assert!(!known, "{ty}");
                assert_eq!(rejection.code().as_str(), "unknown_event_type");
            }
        }
        let event = open
            .read(json(ty).as_bytes(), &mut SeededIds::new(1))
            .unwrap();
        assert_eq!(
            brief(&open.route(&event, &answers("{}"))),
            ["b routes", "b does x {}"],
            "{ty}"
        );
    }
}

#[test]
fn matches_lists_rules_without_their_actions() {
    let engine = engine(
        r#"rule a { on hi when n > 1 do x {} } rule b { on hi priority 1 require person do x {} }
           rule c { on hi when person.tier == "gold" do x {} } rule d { on hi when n > 9 do x {} }"#,
    );
    let event = event(&engine, EVENT);
    let mut scratch = pointsman::engine::Scratch::default();
    let matched = |answers: &Answers, scratch: &mut _| -> Vec<String> {
        engine
            .matches(&event, answers, scratch)
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(matched(&Answers::new(now()), &mut scratch), ["b", "a"]);
    let gold = answers(r#"{"person": {"tier": "gold"}}"#);
    assert_eq!(matched(&gold, &mut scratch), ["b", "a", "c"]);
}

proptest! {
    #[test]
    fn the_order_of_keys_does_not_change_the_outcome(order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle()) {
        let fields = [
            r#""mdn": "+13125550100""#, r#""person_key": "pk""#, r#""city": "Austin""#,
            r#""n": 1.50"#, r#""o": {"a": 1, "b": 2}"#, r#""l": [1, 2]"#,
        ];
        let rules = r#"rule a { on hi when o == o and n > 1 and any x in l (x == 2)
            require carrier sms send sms { body "b" } do x { n: n, b: o.b } } rule b { on * send push { body "p" } }"#;
        let json = |order: &[usize], data_first: bool| {
            let data: Vec<&str> = order.iter().map(|at| fields[*at]).collect();
            let data = format!(r#""event_data": {{{}}}"#, data.join(", "));
            let rest = r#""event_type": "Hi", "event_id": "e1""#;
            if data_first { format!("{{{data}, {rest}}}") } else { format!("{{{rest}, {data}}}") }
        };
        let engine = engine(rules);
        let outcome = |json: &str| engine.route(&event(&engine, json), &answers(r#"{"carrier": {"sms": true}}"#));
        prop_assert_eq!(
            outcome(&json(&[0, 1, 2, 3, 4, 5], false)),
            outcome(&json(&order, order[0] % 2 == 0))
        );
    }
}
