//! The parts of an event that an engine reads: never less than its rules use, in each way of reading.

use pointsman::engine::Scratch;
use pointsman::{Answers, Engine, Event, Limits, Rejection, SeededIds, Step, Timestamp};
use proptest::prelude::*;

use crate::reading;

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn engine(rules: &str) -> Engine {
    Engine::builder()
        .source("rules", rules)
        .open_registry(true)
        .build()
        .unwrap_or_else(|found| panic!("{found}\n{rules}"))
}

fn with_data(members: &str) -> String {
    format!(
        r#"{{"event_id":"e","event_type":"t","event_data":{{"mdn":"+13125550100",{members}}}}}"#
    )
}

fn line(engine: &Engine, event: Result<Event, Rejection>) -> String {
    let event = event.unwrap();
    let step = engine.route(&event, &Answers::new(now()));
    format!(
        "{}\n{}",
        step.to_json(&event),
        engine.explain(&event, &Answers::new(now())).to_json()
    )
}

/// Returns the outcome and the explanation, which must be the same in all ways of reading the event.
fn routed(engine: &Engine, text: &str) -> String {
    let ids = || SeededIds::new(1);
    let bytes = text.as_bytes();
    let whole = line(
        engine,
        Event::from_json(bytes, &Limits::default(), &mut ids()),
    );
    let stranger = self::engine("rule s { on * when z.z == 1 do a.b { c: z.y[3] } }");
    for (name, read) in [
        ("read", engine.read(bytes, &mut ids())),
        ("read_trusted", engine.read_trusted(bytes, &mut ids())),
        ("another's read", stranger.read(bytes, &mut ids())),
        (
            "another's read_trusted",
            stranger.read_trusted(bytes, &mut ids()),
        ),
    ] {
        assert_eq!(line(engine, read), whole, "{name}: {text}");
    }
    whole
}

#[test]
fn every_path_that_rules_use_is_read() {
    let rules = r#"
        template part "{{name}}{{../total}}{{@root.part}}"
        rule conditions { on t when a.b == 1 and list[2].x == "y" and any i in items (i.p > limit.n)
            require key["odd key"] is present else "no"
            do x.y {} }
        rule parameters { on t do x.y { v: order, w: [list[1], { deep: a }], t: "{{total}} {{items.1.p}}" } }
        rule blocks { on t missing blank do x.y { t: "{{#each items}}{{> part}}{{p}}{{/each}}{{#with a}}{{b}}{{/with}}" } }
        rule recipient { on t send email { to contact.mail subject "{{subject}}" text "{{@root.body.text}}" } }
    "#;
    let engine = engine(rules);
    let text = with_data(
        r#""unused":{"a":[1,{"b":"]}"}],"mdn":1},"a":{"unused":1,"b":1},"list":["z",{"q":[1]},{"x":"y"},4],
           "items":[{"p":1,"name":"one"},{"p":5,"name":"two"}],"limit":{"n":2,"m":3},"key":{"odd key":0},
           "order":{"id":1.50,"lines":[[],{}]},"total":7,"part":"P","contact":{"mail":"a@b.cz"},
           "subject":"s","b\u006fdy":{"text":"T"}"#,
    );
    let line = routed(&engine, &text);
    for expected in [
        r#""rule":"conditions""#,
        r#""v":{"id":1.50,"lines":[[],{}]},"w":[{"q":[1]},{"deep":{"unused":1,"b":1}}],"t":"7 5""#,
        r#""t":"one7P1two7P51""#,
        r#""text":"T""#,
    ] {
        assert!(line.contains(expected), "{expected}\n{line}");
    }
    // Paths that lead to other kinds of values than expected.
    for members in [
        r#""a":[{"b":1}],"list":{"2":{"x":"y"}},"items":{"1":{"p":8}},"total":[1,2]"#,
        r#""a":null,"list":[],"items":[],"limit":[2],"contact":{"mail":["a@b.cz"]}"#,
        r#""a":"b","list":[[[]],[],{}],"items":"1","body":"text""#,
        r#""a":{"b":{"b":1}},"list":[1,2],"items":[[5]],"limit":{"n":-1}"#,
    ] {
        routed(&engine, &with_data(members));
    }
}

#[test]
fn evaluation_steps_do_not_depend_on_the_way_of_reading() {
    // Wide objects cost steps inside of quantifiers. Members that were not read count, too.
    let rules = "rule r { on t when any i in items (i.p == wide.k7 or i.q == wide.k9) do x.y {} }";
    let wide: Vec<String> = (0..3_000).map(|n| format!("\"k{n}\":{n}")).collect();
    let items = vec!["{\"p\":1}"; 400].join(",");
    let text = with_data(&format!(
        r#""items":[{items},{{"p":7}}],"wide":{{{}}}"#,
        wide.join(",")
    ));
    let mut limits = Limits::default();
    let mut seen = Vec::new();
    for steps in [10, 1_000, 10_000, 30_000, 40_000, 100_000] {
        limits.evaluation_steps = steps;
        let build = Engine::builder()
            .source("rules", rules)
            .limits(limits.clone());
        let line = routed(&build.build().unwrap(), &text);
        seen.push(line.contains(r#""rule":"r","action""#));
    }
    assert_eq!(seen.first(), Some(&false));
    assert_eq!(seen.last(), Some(&true));
}

#[test]
fn an_event_can_be_routed_by_rules_it_was_not_read_for() {
    let old = engine("rule r { on t when a == 1 do x.y { v: b } }");
    let new = engine("rule r { on t when a == 1 do x.y { v: c.d } }");
    let text = with_data(r#""a":1,"b":2,"c":{"d":3}"#);
    let event = old.read(text.as_bytes(), &mut SeededIds::new(1)).unwrap();
    let step = |engine: &Engine, event: &Event| match engine.route(event, &Answers::new(now())) {
        Step::Done(outcome) => outcome.to_json(),
        Step::Ask(asked) => panic!("{asked:?}"),
    };
    assert!(step(&new, &event).contains(r#""params":{"v":3}"#));
    assert!(step(&old, &event).contains(r#""params":{"v":2}"#));
    assert!(step(&new, &event.clone()).contains(r#""params":{"v":3}"#));
}

#[test]
fn values_are_read_like_their_text() {
    let engine = engine("rule r { on t when a.b > 1 do x.y { v: a, w: \"{{list.0}}\" } }");
    let text = with_data(
        r#""a":{"b":2.50,"c\n":[true,null,"\u00e9\"",{}]},"list":[18446744073709551615]"#,
    );
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let event = engine.read_value(&value, &mut SeededIds::new(1)).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(event.event_data()).unwrap(),
        value["event_data"]
    );
    let written = line(&engine, Ok(event));
    assert!(
        written.contains(r#""w":"18446744073709551615""#),
        "{written}"
    );
    // Values are checked like bytes.
    for (value, code) in [
        (serde_json::json!([1, {"a": []}]), "not_an_object"),
        (serde_json::json!({"event_type": "t"}), "missing_event_data"),
        (
            serde_json::json!({"x": "y".repeat(300_000)}),
            "event_too_large",
        ),
        (
            (0..5_000).fold(serde_json::json!([]), |inner, _| {
                serde_json::Value::Array(vec![inner])
            }),
            "too_deep",
        ),
    ] {
        let rejection = engine
            .read_value(&value, &mut SeededIds::new(1))
            .unwrap_err();
        assert_eq!(rejection.code().as_str(), code);
        // Dropping the whole value at once would overflow the stack.
        let mut value = value;
        while let Some(inner) = value.get_mut(0).map(serde_json::Value::take) {
            value = inner;
        }
    }
}

/// Reads and uses a trusted text, which must end without a panic.
fn trust(engine: &Engine, bytes: &[u8]) {
    let answers = Answers::new(now());
    reading::check(engine, bytes, &SeededIds::new(1), &answers)
        .unwrap_or_else(|way| panic!("{way}"));
    let Ok(event) = engine.read_trusted(bytes, &mut SeededIds::new(1)) else {
        return;
    };
    let _ = engine.route(&event, &answers).to_json(&event);
    let mut scratch = Scratch::default();
    assert!(engine.matches(&event, &answers, &mut scratch).count() < 9);
    assert!(!engine.explain(&event, &answers).to_string().is_empty());
    assert!(text_of(bytes).contains(event.event_data()));
    assert!(
        event
            .debug_data()
            .is_none_or(|text| text_of(bytes).contains(text))
    );
}

fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const TRUSTED: &str = r#"
    rule r { on * when a.b == 1 or list[1].x == "y" do x.y { v: order, t: "{{#each items}}{{p}}{{/each}}" } }
    rule s { on * when any i in items (i.p == 1) do x.y {} }
"#;

const SAMPLE: &str = r#"{"debug_data":{"a":"}"},"event_type":"t","event_data":{"mdn":"5550100","u":[{"x":"\""},[]],
    "a":{"z":{},"b":1},"list":[[1],{"x":"y"}],"order":{"id":1,"n":["a\\"]},"items":[{"p":1},{}],"é":-1.5e3}}"#;

#[test]
fn malformed_trusted_text_does_no_harm() {
    let engine = engine(TRUSTED);
    for end in 0..SAMPLE.len() {
        trust(&engine, &SAMPLE.as_bytes()[..end]);
        trust(&engine, &SAMPLE.as_bytes()[end..]);
    }
    for text in [
        r#"{"event_type":"t","event_data":{"mdn":"5550100","a":{"b":1},"a":{"b":2},"u":[}]}}"#,
        r#"{"event_type":"t","event_type":"u","event_data":{"mdn":"5550100"},"event_data":{"mdn":"5550101"}}"#,
        r#"{"event_type":"t","event_data":{"mdn":"5550100","u":{]}]}}]"#,
        r#"{"event_type":"t","event_data":{"mdn":"5550100","u":[y_Y"],"é"]}}"#,
    ] {
        trust(&engine, text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_trusted_text_does_not_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            proptest::sample::select(r#"{}[],:"\u1-.ey _é"#.chars().collect::<Vec<_>>()),
            any::<char>(),
        ], any::<bool>()), 1..6),
        text in "[\\[\\]{}\",:\\\\a1 ]{0,40}",
    ) {
        let engine = engine(TRUSTED);
        let mut chars: Vec<char> = SAMPLE.chars().collect();
        for (at, with, replace) in changes {
            let at = at.index(chars.len());
            if replace {
                chars[at] = with;
            } else {
                chars.insert(at, with);
            }
        }
        let changed: String = chars.into_iter().collect();
        trust(&engine, changed.as_bytes());
        trust(&engine, text.as_bytes());
        trust(&engine, with_data(&format!("\"a\":{text},\"order\":{text}")).as_bytes());
    }
}
