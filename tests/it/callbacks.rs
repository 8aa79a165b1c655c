//! The callbacks page of Vibes: bodies as they are read, and requests. `fixtures` shows that routing and
//! sending produce the bodies of the page, `receipts` that receipts do.

use pointsman::callback::{
    self, Callback, CallbackKind, Faults, Reason, ReceiptKind, Registration, read_registrations,
};
use pointsman::outcome::Status;
use pointsman::{Answers, Engine, Event, Outcome, SeededIds, SeenEvents, Step, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

const BODIES: [&str; 18] = [
    "carrier-receipt-rejected",
    "carrier-receipt-sent",
    "handset-receipt-delivered",
    "handset-receipt-rejected",
    "routing-accepted",
    "routing-failed-mms-not-supported",
    "routing-failed-no-route-rules",
    "routing-failed-not-on-subscription-list",
    "routing-failed-person-not-found",
    "routing-failed-sms-not-supported",
    "send-failed-carrier-lookup",
    "send-failed-media-content-type",
    "send-failed-media-too-big",
    "send-failed-media-url-blank",
    "send-failed-no-incentive-codes",
    "send-failed-unexpected",
    "send-queued-mms",
    "send-queued-sms",
];
pub(crate) const CONFIGURATIONS: [&str; 2] = ["config-all-events", "config-one-event-type"];

/// A valid configuration, from which tests derive others.
pub(crate) const VALID: &str = r#"{
    "callback_type": "event_processed",
    "event_processed": {"event_type": "order_shipped"},
    "destination": {"url": "https://example.com/told", "method": "POST", "content_type": "application/json"},
    "start_date": "2017-01-01T00:00Z",
    "end_date": "2017-02-01T00:00Z"
}"#;

#[test]
fn every_example_of_the_page_has_its_test() {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("event"))
        .collect();
    files.sort();
    let mut known: Vec<String> = BODIES
        .iter()
        .chain(&CONFIGURATIONS)
        .map(|name| format!("{name}.json"))
        .collect();
    known.sort();
    assert_eq!(files, known);
}

#[test]
fn requests_go_to_each_matching_registration() {
    let (event, outcome) = routed();
    let all = VALID.replace(r#"{"event_type": "order_shipped"}"#, "{}");
    let registrations = [
        VALID.to_owned(),
        all.replace("example.com", "all.example"),
        VALID.replace("order_shipped", "order_returned"),
        VALID.replace("application/json", "application/json; charset=utf-8"),
    ]
    .map(|text| Registration::from_json(&text).unwrap());
    let now = at("2017-01-15T10:00:00.7Z");
    let requests = callback::requests(&event, &outcome, &registrations, now);
    let bodies = callback::bodies(&event, &outcome, now);
    // One body for routing and one for the message, none for the host's own action.
    assert_eq!(bodies.len(), 2);
    let expected: Vec<(&str, &str, &str, String)> = bodies
        .iter()
        .flat_map(|body| {
            [
                ("https://example.com/told", "application/json"),
                ("https://all.example/told", "application/json"),
                (
                    "https://example.com/told",
                    "application/json; charset=utf-8",
                ),
            ]
            .map(|(url, content_type)| (url, "POST", content_type, body.to_json()))
        })
        .collect();
    let found: Vec<(&str, &str, &str, String)> = requests
        .iter()
        .map(|one| {
            (
                one.url(),
                one.method(),
                one.content_type(),
                one.body().to_owned(),
            )
        })
        .collect();
    assert_eq!(found, expected);

    let line = requests[0].to_json();
    assert!(!line.contains('\n'));
    let json: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["method"], "POST");
    assert_eq!(
        json["body"],
        serde_json::from_str::<Value>(requests[0].body()).unwrap()
    );

    for outside in ["2016-12-31T23:59:59Z", "2017-02-01T00:00:00Z"] {
        assert_eq!(
            callback::requests(&event, &outcome, &registrations, at(outside)),
            []
        );
    }
}

#[test]
fn ignored_events_give_no_requests() {
    let registration = Registration::from_json(VALID).unwrap();
    let engine = engine();
    let event = order_shipped(&engine);
    let seen = SeenEvents::default();
    let now = at("2017-01-15T10:00:00Z");
    let counts = [(); 2].map(|()| {
        let outcome = engine
            .route_with(&event, Answers::new(now), &seen, |_| Vec::new())
            .unwrap();
        callback::requests(&event, &outcome, std::slice::from_ref(&registration), now).len()
    });
    assert_eq!(counts, [2, 0]);
}

#[test]
fn all_eighteen_bodies_are_read_and_written_back() {
    for name in BODIES {
        let text = read(name);
        let page: Value = serde_json::from_str(&text).unwrap();
        let callback = Callback::from_json(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        let written: Value = serde_json::from_str(&callback.to_json()).unwrap();
        assert_eq!(written, page, "{name}");
        assert!(callback.is_documented(), "{name}");
        assert_eq!(
            Callback::from_json(&callback.to_json()),
            Ok(callback.clone())
        );

        // Every part was read, not only kept.
        let processed = &page["event_processed"];
        assert_eq!(callback.event_id(), page["event_id"]);
        assert_eq!(callback.event_type(), page["event_type"].as_str());
        assert_eq!(
            callback.event_date().to_string(),
            page["event_date"].as_str().unwrap()
        );
        assert_eq!(callback.processed_event_id(), processed["event_id"]);
        assert_eq!(callback.processed_event_type(), processed["event_type"]);
        assert_eq!(
            serde_json::from_str::<Value>(callback.event_data()).unwrap(),
            processed["event_data"]
        );
        let debug_data = callback
            .debug_data()
            .map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(debug_data.as_ref(), processed.get("debug_data"), "{name}");
        let (action, shown) = (callback.action(), &processed["action"]);
        assert_eq!(action.kind().as_str(), shown["type"]);
        assert_eq!(action.status().as_str(), shown["status"]);
        assert_eq!(
            action.status_reason().unwrap().as_str(),
            shown["status_reason"]
        );
        assert_eq!(action.resource_url(), shown["resource_url"].as_str());
        assert_eq!(action.message_type(), shown["message_type"].as_str());
        let message = &shown[action.message_type().unwrap_or("none")];
        let url = |value: &Value| {
            let url = value.get("resource_url").or(value.get("url"));
            url.map(|url| url.as_str().unwrap().to_owned())
        };
        assert_eq!(
            action.source().map(str::to_owned),
            url(&message["source"]),
            "{name}"
        );
        assert_eq!(
            action.person_url().map(str::to_owned),
            url(&message["person"])
        );
        assert_eq!(
            action.person_key(),
            message["person"]["person_key"].as_str()
        );
        let failure = &shown["failure"];
        assert_eq!(action.failure_reason(), failure["reason"].as_str());
        let errors = failure["errors"]
            .as_array()
            .map_or(&[][..], |errors| errors);
        assert_eq!(action.errors().len(), errors.len());
        for (error, shown) in action.errors().iter().zip(errors) {
            assert_eq!(error.error(), shown["error"].as_str());
            assert_eq!(error.resource_url(), shown["resource_url"].as_str());
            let code = error.error_code().map(|code| code.as_json().to_owned());
            assert_eq!(code, shown.get("error_code").map(Value::to_string));
        }
    }
}

#[test]
fn the_top_level_event_type_may_be_absent_or_of_the_callback_or_of_the_event() {
    let text = read("send-queued-sms");
    for (value, expected) in [
        (
            r#""event_type": "event_processed""#,
            Some("event_processed"),
        ),
        (
            r#""event_type": "day_of_delivery""#,
            Some("day_of_delivery"),
        ),
        (r#""note": 1"#, None),
    ] {
        let text = text.replacen(r#""event_type": "event_processed""#, value, 1);
        let callback = Callback::from_json(&text).unwrap();
        assert_eq!(callback.event_type(), expected);
        assert_eq!(callback.processed_event_type(), "day_of_delivery");
        assert_eq!(callback.action().kind(), CallbackKind::SendMessage);
        assert_eq!(callback.action().status(), Status::Processing);
    }
}

#[test]
fn absent_debug_data_stays_absent_and_empty_stays_empty() {
    for (sent, kept) in [
        (r#", "debug_data": {}"#, Some("{}")),
        (r#", "debug_data": {"a": 1.50}"#, Some(r#"{"a": 1.50}"#)),
        ("", None),
        (r#", "debug_data": null"#, None),
    ] {
        let engine = engine();
        let text = format!(
            r#"{{"event_id": "e", "event_type": "order_shipped",
                "event_data": {{"mdn": "+13125550100"}}{sent}}}"#
        );
        let event = engine
            .read(text.as_bytes(), &mut SeededIds::new(1))
            .unwrap();
        let outcome = done(&engine, &event);
        for made in callback::bodies(&event, &outcome, at("2017-01-15")) {
            let read = Callback::from_json(&made.to_json()).unwrap();
            assert_eq!(read.debug_data(), kept);
            assert_eq!(read, made);
        }
    }
}

#[test]
fn produced_bodies_read_back_unchanged() {
    let (event, outcome) = routed();
    let bodies = callback::bodies(&event, &outcome, at("2017-01-15T10:00:00.9Z"));
    assert_eq!(bodies[0].event_date(), at("2017-01-15T10:00:00Z"));
    for made in bodies {
        assert_eq!(Callback::from_json(&made.to_json()), Ok(made));
    }
    let engine = Engine::compile(
        r#"company "c" rule r { on order_shipped require person send sms { body "{{name}}" } }
        rule s { on order_shipped require subscribed "l" do note {} }
        rule t { on order_shipped send mms { media "{{url}}" } }"#,
    )
    .unwrap();
    let event = order_shipped(&engine);
    let now = at("2017-01-15");
    let answers = r#"{"person": {"person_key": "k"}, "subscribed": []}"#;
    let answers = Answers::from_json(answers, now).unwrap();
    let Step::Done(outcome) = engine.route(&event, &answers) else {
        panic!("questions are left");
    };
    let bodies = callback::bodies(&event, &outcome, now);
    assert!(bodies.iter().any(|body| !body.action().errors().is_empty()));
    for made in bodies {
        assert_eq!(Callback::from_json(&made.to_json()), Ok(made));
    }
}

#[test]
fn data_of_the_deepest_event_reads_back() {
    let engine = engine();
    let open = "[".repeat(126);
    let close = "]".repeat(126);
    let text = format!(
        r#"{{"event_id": "e", "event_type": "order_shipped",
            "event_data": {{"mdn": "+13125550100", "deep": {open}{close}}}}}"#
    );
    let event = engine
        .read(text.as_bytes(), &mut SeededIds::new(1))
        .unwrap();
    let bodies = callback::bodies(&event, &done(&engine, &event), at("2017-01-15"));
    assert!(Callback::from_json(&bodies[0].to_json()).is_ok());
}

#[test]
fn undocumented_reasons_are_kept_and_differ_from_unknown() {
    let text = read("handset-receipt-rejected");
    let reason = |name: &str| {
        let text = text.replace(r#""rejected""#, &format!("{name:?}"));
        let callback = Callback::from_json(&text).unwrap();
        let written: Value = serde_json::from_str(&callback.to_json()).unwrap();
        assert_eq!(written["event_processed"]["action"]["status_reason"], name);
        let reason = callback.action().status_reason().unwrap().clone();
        assert_eq!(reason.is_documented(), callback.is_documented());
        reason
    };
    assert_eq!(reason("unknown"), Reason::Unknown);
    assert!(reason("unknown").is_documented());
    assert_eq!(reason("Unknown"), Reason::Other("Unknown".into()));
    assert!(!reason("lost_at_sea").is_documented());
    assert_eq!(reason("lost_at_sea").as_str(), "lost_at_sea");
}

#[test]
fn every_documented_reason_has_its_name() {
    let mut names: Vec<&str> = Reason::DOCUMENTED.iter().map(Reason::as_str).collect();
    for reason in &Reason::DOCUMENTED {
        assert_eq!(&Reason::from_name(reason.as_str()), reason);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Reason::DOCUMENTED.len());
    assert_eq!(
        ReceiptKind::from_name("carrier"),
        Some(ReceiptKind::Carrier)
    );
    assert_eq!(ReceiptKind::from_name("Handset"), None);
}

#[test]
fn error_codes_are_kept_unchanged() {
    let text = read("carrier-receipt-rejected");
    for code in [
        "23",
        "023.0e1",
        "1e400",
        "12345678901234567890123",
        r#""E-23""#,
        r#""\u0041""#,
    ] {
        let came = text.replace(r#""error_code": 23"#, &format!(r#""error_code": {code}"#));
        let Ok(callback) = Callback::from_json(&came) else {
            assert_eq!(code, "023.0e1", "a number has no leading zero");
            continue;
        };
        let error = &callback.action().errors()[0];
        assert_eq!(error.error_code().unwrap().as_json(), code);
        assert!(
            callback
                .to_json()
                .contains(&format!(r#""error_code": {code}"#))
        );
    }
}

#[test]
fn all_errors_of_a_body_are_reported() {
    let text = r#"{"event_id": 7, "callback_type": "person_updated", "event_date": "today",
        "event_processed": {"event_type": "t", "event_data": [], "debug_data": "x",
            "action": {"type": "custom", "status": "done",
                "failure": {"errors": [{"error": 1}, 2, {"error_code": []}]}}}}"#;
    let faults = Callback::from_json(text).unwrap_err();
    let expected = [
        "event_id",
        "callback_type",
        "event_date",
        "event_processed.event_id",
        "event_processed.event_data",
        "event_processed.debug_data",
        "event_processed.action.type",
        "event_processed.action.status",
        "event_processed.action.status_reason",
        "event_processed.action.failure.errors[0].error",
        "event_processed.action.failure.errors[1]",
        "event_processed.action.failure.errors[2].error_code",
    ];
    assert_eq!(paths(&faults), expected);
    for text in ["", "7", "{}", "{\"event_id\": \"a\", \"event_id\": \"b\"}"] {
        assert!(Callback::from_json(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_does_not_panic(text in ".{0,60}", at in 0..900_usize, with in "[\\PC{}\\[\\]\",:]{0,3}") {
        let mut texts = vec![text];
        for name in ["config-one-event-type", "carrier-receipt-rejected"] {
            let mut mutated = read(name);
            if mutated.is_char_boundary(at) {
                mutated.insert_str(at, &with);
            }
            texts.push(mutated);
        }
        for text in &texts {
            if let Ok(callback) = Callback::from_json(text) {
                prop_assert_eq!(Callback::from_json(&callback.to_json()), Ok(callback));
            }
            for faults in [Registration::from_json(text).err(), read_registrations(text).err()] {
                prop_assert!(faults.is_none_or(|faults| faults.iter().count() > 0));
            }
            let _ = callback::read_receipt(text);
        }
    }
}

fn engine() -> Engine {
    let rules = r#"rule r { on order_shipped send sms { body "Hi" } do note {} }"#;
    Engine::compile(rules).unwrap()
}

fn order_shipped(engine: &Engine) -> Event {
    let text = br#"{"event_id": "2d4a2", "event_type": "Order_Shipped",
        "event_data": {"mdn": "+13125550100", "total": 1.50}}"#;
    engine.read(text, &mut SeededIds::new(1)).unwrap()
}

fn done(engine: &Engine, event: &Event) -> Outcome {
    match engine.route(event, &Answers::new(at("2017-01-15"))) {
        Step::Done(outcome) => outcome,
        Step::Ask(questions) => panic!("questions are left: {questions:?}"),
    }
}

fn routed() -> (Event, Outcome) {
    let engine = engine();
    let event = order_shipped(&engine);
    let outcome = done(&engine, &event);
    (event, outcome)
}

pub(crate) fn paths(faults: &Faults) -> Vec<&str> {
    faults
        .iter()
        .map(|fault| fault.path().unwrap_or("-"))
        .collect()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vibes")
}

pub(crate) fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap()
}
