//! Properties that must hold for any input. The fuzz targets run them on random bytes, and `cargo test`
//! on the inputs in `regressions/`.

use pointsman::adapter::Adapter;
use pointsman::adapter::esputnik::velocity_to_template;
use pointsman::callback::{Callback, Faults, ReceiptTracker, read_receipt, read_registrations};
use pointsman::contact::{Contact, ContactFormats};
use pointsman::engine::{EventBuffer, Scratch};
use pointsman::journal::{Journal, Query};
use pointsman::outcome::ActionKind;
use pointsman::{Answers, Engine, Event, Limits, Rejection, SeededIds, Step, Timestamp};

/// Any text either is a valid rule set or has diagnostics. Every diagnostic can be printed, and
/// formatting is idempotent.
pub(crate) fn rules(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(engine) = build(text) {
        route_some(&engine);
    }
    let limits = Limits::default();
    if let Ok(once) = pointsman::format("fuzz.rules", text, &limits) {
        let twice =
            pointsman::format("fuzz.rules", &once, &limits).expect("the layout can be read again");
        assert_eq!(once, twice, "laid out twice is laid out once");
        assert_eq!(
            build(text).is_some(),
            build(&once).is_some(),
            "the layout means the same"
        );
    }
}

/// Any text either is a valid template or has diagnostics. A valid one renders or fails within its limits.
pub(crate) fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if text.contains("\"\"\"") || text.ends_with('"') {
        return;
    }
    let rules = format!(
        "template part \"<{{{{this}}}}>\"\n\
         rule r {{ on t missing blank\n send email {{ to \"a@b.c\" subject \"s\" html \"\"\"{text}\"\"\" }}\n\
         send sms {{ body \"\"\"{text}\"\"\" }} }}"
    );
    if let Some(engine) = build(&rules) {
        route_some(&engine);
    }
}

/// Any bytes give an event or a rejection. An event is valid JSON for `serde_json` as well, and
/// callbacks repeat its data unchanged.
pub(crate) fn event(data: &[u8]) {
    let limits = Limits::default();
    let read = Event::from_json(data, &limits, &mut SeededIds::new(0));
    ingest(data, &read);
    let oracle = serde_json::from_slice::<serde_json::Value>(data);
    match read {
        Ok(event) => {
            let text = std::str::from_utf8(data).expect("an event is UTF-8");
            assert!(
                text.contains(event.event_data()),
                "event_data is carried as it came"
            );
            if let Ok(oracle) = oracle {
                let kept: serde_json::Value = serde_json::from_str(event.event_data()).unwrap();
                assert_eq!(Some(&kept), oracle.get("event_data"));
            }
        }
        Err(rejection) => {
            let json: serde_json::Value = serde_json::from_str(&rejection.to_json()).unwrap();
            assert!(json.is_object());
        }
    }
}

/// Any text parses as a callback body, registrations or a receipt, or has errors. What parses is
/// written back unchanged.
pub(crate) fn callback(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let again = |callback: Callback| {
        let read = Callback::from_json(&callback.to_json());
        assert_eq!(read, Ok(callback), "a body reads back");
    };
    let told = |faults: &Faults| {
        assert!(!faults.to_string().is_empty());
        let json: serde_json::Value = serde_json::from_str(&faults.to_json()).unwrap();
        assert!(json.as_array().is_some_and(|list| !list.is_empty()));
    };
    match Callback::from_json(text) {
        Ok(callback) => again(callback),
        Err(faults) => told(&faults),
    }
    let registrations = read_registrations(text);
    if let Err(faults) = &registrations {
        told(faults);
    }
    match read_receipt(text) {
        Ok((receipt, message)) => {
            let tracker = ReceiptTracker::default();
            if let Some(callback) = tracker.callback(&receipt, &message, now()) {
                for request in callback.requests(&registrations.unwrap_or_default()) {
                    assert!(serde_json::from_str::<serde_json::Value>(&request.to_json()).is_ok());
                }
                again(callback);
            }
            assert_eq!(
                tracker.callback(&receipt, &message, now()),
                None,
                "told twice"
            );
        }
        Err(faults) => told(&faults),
    }
}

/// An engine reads the same event from the text, or the same rejection. Trusted reading of valid text
/// agrees.
fn ingest(data: &[u8], whole: &Result<Event, Rejection>) {
    let engine = build(
        "rule r { on * when a.b == 1 and list[1].x is present do x.y { v: order.id, t: \"{{items.0.p}}\" } }",
    )
    .expect("an engine");
    let answers = Answers::new(now());
    let line = |read: &Result<Event, Rejection>| match read {
        Ok(event) => {
            let explained = engine.explain(event, &answers).to_json();
            engine.route(event, &answers).to_json(event) + event.event_data() + &explained
        }
        Err(rejection) => rejection.to_json(),
    };
    let expected = line(whole);
    let read = engine.read(data, &mut SeededIds::new(0));
    assert_eq!(line(&read), expected, "read for the rules");
    let mut buffer = EventBuffer::default();
    let before =
        br#"{"event_type":"B","event_data":{"mdn":"5550100","a":{"b":[1]},"items":[{"p":[]}]}}"#;
    for data in [data, before, data] {
        let _ = engine.read_in(data, &mut SeededIds::new(0), &mut buffer);
    }
    let again = engine.read_in(data, &mut SeededIds::new(0), &mut buffer);
    assert_eq!(line(&again.cloned()), expected, "read again");
    let trusted = engine.read_trusted(data, &mut SeededIds::new(0));
    let trusted = line(&trusted);
    for data in [data, before, data] {
        let _ = engine.read_trusted_in(data, &mut SeededIds::new(0), &mut buffer);
    }
    let again = engine.read_trusted_in(data, &mut SeededIds::new(0), &mut buffer);
    assert_eq!(line(&again.cloned()), trusted, "read again, trusting");
    if whole.is_ok() {
        assert_eq!(trusted, expected, "read trusting");
    }
}

/// Any bytes give an event or a rejection with each adapter. An event has a reply and can be recorded.
/// Any text parses as a contact, a query or a Velocity template, or has errors. A translated template
/// compiles.
pub(crate) fn vendor(data: &[u8]) {
    let json = |text: &str| -> serde_json::Value {
        serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
    };
    let limits = Limits::default();
    for adapter in Adapter::ALL {
        match adapter.read(data, &limits, &mut SeededIds::new(0)) {
            Ok(event) => {
                assert!(json(adapter.accepted(&event).body()).is_object());
                let journal = Journal::default();
                assert!(journal.record(&event, now()));
                let kept = journal.get(event.id()).expect("what was recorded is held");
                assert!(json(&kept.to_json())["data"]["data"].is_string());
                let records = journal.property_records(event.id());
                assert!(records.is_some_and(|records| json(&records.to_json()).is_object()));
            }
            Err(rejection) => {
                let refused = json(adapter.refused(&rejection).body());
                assert_eq!(refused["code"], rejection.code().as_str());
            }
        }
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Contact::from_json(text, &ContactFormats::default(), &limits) {
        Ok(contact) => assert!(json(contact.to_json()).is_object()),
        Err(errors) => assert!(!errors.is_empty()),
    }
    if let Ok(query) = Query::parse(text) {
        assert_eq!(Journal::default().list(&query).total_items(), 0);
    }
    if let Ok(template) = velocity_to_template(text, "items")
        && text.len() < 4_000
        && text.matches('$').count() < 100
        && text.matches("#foreach").count() <= limits.block_depth
    {
        let body = serde_json::Value::from(format!("-{template}"));
        let rules = format!("rule r {{ on t missing blank send sms {{ body {body} }} }}");
        assert!(build(&rules).is_some(), "{template} does not compile");
    }
}

/// The index finds the same rules as evaluating every rule, for rules and an event derived from the bytes.
pub(crate) fn route(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut rules = String::new();
    for number in 0..=bytes.below(6) {
        let condition = condition(&mut bytes, 0, false);
        let final_word = if bytes.below(8) == 0 { "final" } else { "" };
        let priority = bytes.below(3);
        rules.push_str(&format!(
            "rule r{number} {{ on t priority {priority} {final_word} when {condition} {} }}\n",
            action(&mut bytes)
        ));
    }
    let event = event_text(&mut bytes);
    let Some(engine) = build(&rules) else { return };
    agree(&engine, &rules, &event);
}

/// A sequence of choices made from the bytes. After the end, every choice is the first one.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn below(&mut self, end: u8) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                first % end
            }
            None => 0,
        }
    }

    fn one_of(&mut self, all: &[&'static str]) -> &'static str {
        let end = u8::try_from(all.len()).unwrap_or(u8::MAX);
        all[usize::from(self.below(end))]
    }
}

const PATHS: [&str; 9] = [
    "a",
    "b.c",
    "b",
    "items",
    "items[0]",
    "items[1].p",
    "tags",
    "moment",
    "event.id",
];

const VALUES: [&str; 16] = [
    "0",
    "1",
    "1.0",
    "10e-1",
    "-2.5",
    "9007199254740993",
    "\"\"",
    "\"a\"",
    "\"ab\"",
    "\"A\"",
    "\"ba\"",
    "\"10.0.0.7\"",
    "true",
    "false",
    "null",
    "\"2026-01-01T00:00:00Z\"",
];

const PATTERNS: [&str; 6] = ["\"a*\"", "\"*a\"", "\"?b\"", "\"*\"", "\"a\"", "\"*b*a*\""];

/// Returns an action that cannot fail and reads the event.
fn action(bytes: &mut Bytes<'_>) -> &'static str {
    bytes.one_of(&[
        "do x.y { n: 1 }",
        "do x.y { v: b, w: [items[1].q, tags[0]] }",
        "missing blank do x.y { t: \"{{b.c}}{{#each items}}{{p}}{{../a}}{{this.q}}{{/each}}{{#if tags}}+{{/if}}\" }",
        "missing blank do x.y { t: \"{{#with items.0}}{{p}}{{/with}}{{len items}}\" }",
        "do x.y { all: event_data }",
    ])
}

fn condition(bytes: &mut Bytes<'_>, depth: u8, in_items: bool) -> String {
    if depth < 4 {
        let inner = |bytes: &mut Bytes<'_>| condition(bytes, depth + 1, in_items);
        match bytes.below(8) {
            1 => return format!("({} and {})", inner(bytes), inner(bytes)),
            2 => return format!("({} or {})", inner(bytes), inner(bytes)),
            3 => return format!("not ({})", inner(bytes)),
            4 if !in_items => {
                let which = bytes.one_of(&["any", "all", "none"]);
                let body = condition(bytes, depth + 1, true);
                return format!("{which} x in items ({body})");
            }
            _ => {}
        }
    }
    let path = match in_items {
        true => bytes.one_of(&["x", "x.p", "x.q", "a"]),
        false => bytes.one_of(&PATHS),
    };
    let case = bytes.one_of(&["", "", " ignoring case"]);
    match bytes.below(14) {
        0 => format!("{path} == {}{case}", bytes.one_of(&VALUES)),
        1 => format!("{path} != {}{case}", bytes.one_of(&VALUES)),
        2 => {
            let sign = bytes.one_of(&["<", "<=", ">", ">="]);
            format!("{path} {sign} {}", bytes.one_of(&VALUES))
        }
        3 => {
            let not = bytes.one_of(&["", "not "]);
            let (low, high) = (bytes.one_of(&VALUES), bytes.one_of(&VALUES));
            format!("{path} {not}between {low} and {high}")
        }
        4 => {
            let not = bytes.one_of(&["", "not "]);
            let (one, two) = (bytes.one_of(&VALUES), bytes.one_of(&VALUES));
            format!("{path} {not}in [{one}, {two}]{case}")
        }
        5 => {
            let not = bytes.one_of(&["", "not "]);
            let word = bytes.one_of(&["starts_with", "ends_with", "contains"]);
            format!(
                "{path} {not}{word} {}{case}",
                bytes.one_of(&["\"a\"", "\"ab\"", "\"\"", "[\"a\", \"b\"]"])
            )
        }
        6 => format!("{path} like {}{case}", bytes.one_of(&PATTERNS)),
        7 => format!(
            "{path} matches \"{}\"{case}",
            bytes.one_of(&["a", "^a", "b$", "a.", "^$"])
        ),
        8 => {
            let not = bytes.one_of(&["", "not "]);
            let what = bytes.one_of(&[
                "present", "missing", "null", "blank", "string", "number", "list",
            ]);
            format!("{path} is {not}{what}")
        }
        9 => format!("count({path}) >= {}", bytes.one_of(&["0", "1", "2"])),
        10 => format!("number({path}) < {}", bytes.one_of(&["0", "1", "2"])),
        11 => format!("time({path}) < now + 2h"),
        12 => format!("{path} in_network \"10.0.0.0/8\""),
        _ => path.to_owned(),
    }
}

fn event_text(bytes: &mut Bytes<'_>) -> String {
    let mut data = String::from("\"mdn\":\"+13125550100\"");
    let value = |bytes: &mut Bytes<'_>| bytes.one_of(&VALUES);
    for name in ["a", "tags", "moment"] {
        match bytes.below(4) {
            0 => {}
            1 => data.push_str(&format!(",\"{name}\":[{},{}]", value(bytes), value(bytes))),
            _ => data.push_str(&format!(",\"{name}\":{}", value(bytes))),
        }
    }
    match bytes.below(3) {
        0 => {}
        1 => data.push_str(&format!(",\"b\":{}", value(bytes))),
        _ => data.push_str(&format!(",\"b\":{{\"c\":{}}}", value(bytes))),
    }
    let items: Vec<String> = (0..bytes.below(4))
        .map(|_| match bytes.below(2) {
            0 => value(bytes).to_owned(),
            _ => format!("{{\"p\":{},\"q\":{}}}", value(bytes), value(bytes)),
        })
        .collect();
    data.push_str(&format!(",\"items\":[{}]", items.join(",")));
    format!("{{\"event_id\":\"a\",\"event_type\":\"t\",\"event_data\":{{{data}}}}}")
}

/// Builds an engine from one source. Checks that diagnostics can be printed and are valid JSON.
fn build(text: &str) -> Option<Engine> {
    let built = Engine::builder()
        .source("fuzz.rules", text)
        .open_registry(true)
        .build();
    let (engine, found) = match &built {
        Ok(engine) => (Some(engine.clone()), engine.warnings().iter()),
        Err(found) => (None, found.iter()),
    };
    assert!(
        engine.is_some() || found.clone().next().is_some(),
        "no engine and no diagnostics"
    );
    for diagnostic in found {
        assert!(!diagnostic.to_string().is_empty());
        let json = diagnostic.to_json();
        assert!(
            serde_json::from_str::<serde_json::Value>(&json).is_ok(),
            "{json}"
        );
    }
    engine
}

/// Routes an event of each of the first types, with all questions answered.
fn route_some(engine: &Engine) {
    let answers = Answers::from_json(ANSWERS, now()).expect("answers");
    let types: Vec<String> = engine.event_types().take(4).map(str::to_owned).collect();
    for event_type in types.iter().map(String::as_str).chain(["other"]) {
        let text =
            format!("{{\"event_id\":\"a\",\"event_type\":\"{event_type}\",\"event_data\":{DATA}}}");
        // A quoted name may be longer than an event type is allowed to be.
        let Ok(event) = engine.read(text.as_bytes(), &mut SeededIds::new(0)) else {
            continue;
        };
        let step = engine.route(&event, &answers);
        let line = step.to_json(&event);
        assert!(
            serde_json::from_str::<serde_json::Value>(&line).is_ok(),
            "{line}"
        );
        assert_eq!(
            step,
            engine.route(&event, &answers),
            "routing twice gave different outcomes"
        );
        let explanation = engine.explain(&event, &answers);
        assert!(!explanation.to_string().is_empty());
        let json = explanation.to_json();
        assert!(
            serde_json::from_str::<serde_json::Value>(&json).is_ok(),
            "{json}"
        );
    }
}

const ANSWERS: &str = r#"{"person": {"person_key": "k", "name": "Bob"}, "subscribed": ["a"],
    "carrier": {"sms": true, "mms": true}, "codes": {"a": "1"}}"#;

const DATA: &str = r#"{"mdn":"+13125550100","a":"text","b":{"c":1.50,"d":[1,2,3]},"s":"<i>","n":-0.5,"t":true,
    "items":[{"p":1,"name":"x"},{"p":2,"name":"\u00e4"}],"when":"2026-11-20T10:00:00Z","e":"","z":null}"#;

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().expect("a time")
}

/// The event routes to the same outcome, no matter how and by which engine it was read.
fn read_otherwise(engine: &Engine, rules: &str, text: &str, answers: &Answers, outcome: &str) {
    let ids = || SeededIds::new(0);
    let bytes = text.as_bytes();
    let others =
        build("rule other { on t when b.d == 1 do x.y { v: items[2].p } }").expect("rules");
    for (how, read) in [
        (
            "whole",
            Event::from_json(bytes, &Limits::default(), &mut ids()),
        ),
        ("trusting", engine.read_trusted(bytes, &mut ids())),
        ("by another", others.read(bytes, &mut ids())),
    ] {
        let event = read.expect("an event");
        let step = engine.route(&event, answers);
        assert_eq!(step.to_json(&event), outcome, "read {how}\n{rules}{text}");
    }
    // `serde_json` may change the spelling of numbers.
    let value = serde_json::from_str(text).expect("JSON");
    let event = engine.read_value(&value, &mut ids()).expect("an event");
    let Step::Done(parsed) = engine.route(&event, answers) else {
        panic!("these rules have no questions:\n{rules}");
    };
    let accepted = |json: &str| json.matches("accepted_by_event_triggered_message").count();
    assert_eq!(
        accepted(&parsed.to_json()),
        accepted(outcome),
        "{rules}{text}"
    );
}

/// Matching, routing and explaining agree about one event.
fn agree(engine: &Engine, rules: &str, text: &str) {
    let event = match engine.read(text.as_bytes(), &mut SeededIds::new(0)) {
        Ok(event) => event,
        Err(rejection) => panic!("{rejection} for {text}"),
    };
    let answers = Answers::new(now());
    let Step::Done(outcome) = engine.route(&event, &answers) else {
        panic!("these rules have no questions:\n{rules}");
    };
    let accepted: Vec<&str> = outcome
        .results()
        .iter()
        .filter(|result| matches!(result.action().kind(), ActionKind::Routing))
        .filter_map(|result| result.rule())
        .collect();
    let json = engine.explain(&event, &answers).to_json();
    let explanation: serde_json::Value = serde_json::from_str(&json).expect("explain is JSON");
    let explained: Vec<&str> = explanation["rules"]
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter(|rule| rule["verdict"] == "accepts")
        .filter_map(|rule| rule["rule"].as_str())
        .collect();
    assert_eq!(
        accepted, explained,
        "routing and explaining differ\n{rules}{text}"
    );
    read_otherwise(engine, rules, text, &answers, &outcome.to_json());
    let mut scratch = Scratch::default();
    let matched: Vec<&str> = engine.matches(&event, &answers, &mut scratch).collect();
    if rules.contains(" final ") {
        assert!(
            matched.starts_with(&accepted),
            "{matched:?} {accepted:?}\n{rules}{text}"
        );
    } else {
        assert_eq!(
            matched, accepted,
            "matching and routing differ\n{rules}{text}"
        );
    }
}
