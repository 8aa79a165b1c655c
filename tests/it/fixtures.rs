//! Routing produces the callback bodies of Vibes' pages, equal to the JSON of the page except for ids, dates
//! and the top-level `event_type`, about which the examples of the page disagree.

use pointsman::callback;
use pointsman::{Answers, Engine, SeededIds, Step};
use serde_json::Value;

use crate::reading;

/// A body of the page, with the rules and answers that produce it.
struct BodyCase {
    file: &'static str,
    rules: &'static str,
    answers: &'static str,
}

const CASES: &[BodyCase] = &[
    BodyCase {
        file: "routing-accepted",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id" send sms { body "Hi" } }"#,
        answers: "{}",
    },
    BodyCase {
        file: "routing-failed-no-route-rules",
        rules: r#"event day_of_delivery rule r { on another do note {} }"#,
        answers: "{}",
    },
    BodyCase {
        file: "routing-failed-person-not-found",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id" require person do note {} }"#,
        answers: r#"{"person": null}"#,
    },
    BodyCase {
        file: "routing-failed-not-on-subscription-list",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id"
            require person require subscribed "delivery-updates" do note {} }"#,
        answers: r#"{"person": {"person_key": "k"}, "subscribed": ["offers"]}"#,
    },
    BodyCase {
        file: "routing-failed-sms-not-supported",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id" require carrier sms
            send sms { body "Hi" } }"#,
        answers: r#"{"carrier": {"sms": false, "mms": true}}"#,
    },
    BodyCase {
        file: "routing-failed-mms-not-supported",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id" require carrier mms
            send mms { media "https://example.com/a.png" } }"#,
        answers: r#"{"carrier": {"sms": true, "mms": false}}"#,
    },
    BodyCase {
        file: "send-queued-sms",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id" require person
            send sms { body "Hi {{first_name}}" } }"#,
        answers: r#"{"person": {"person_key": "w2e2127r-w413-841w-8t40-480b85dc6t3e"}}"#,
    },
    BodyCase {
        file: "send-queued-mms",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id" require person
            send mms { media "{{order_url}}" body "Your parcel" } }"#,
        answers: r#"{"person": {"person_key": "w2e2127r-w413-841w-8t40-480b85dc6t3e"}}"#,
    },
    BodyCase {
        file: "send-failed-carrier-lookup",
        rules: r#"rule r { on et127_no_incentive_codes id "276" require carrier sms
            send sms { body "Hi {{something}}" } }"#,
        answers: r#"{"carrier": {"lookup_failed": "null is not a mobile phone number or its carrier [null] is currently not supported"}}"#,
    },
    BodyCase {
        file: "send-failed-media-url-blank",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id"
            send mms { media "{{media_url}}" body "Your parcel" } }"#,
        answers: "{}",
    },
    BodyCase {
        file: "send-failed-media-content-type",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id"
            send mms { media "{{media_url}}" body "Your parcel" } }"#,
        answers: r#"{"media": {"content_type": "application/pdf", "bytes": 9000}}"#,
    },
    BodyCase {
        file: "send-failed-media-too-big",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id"
            send mms { media "{{media_url}}" body "Your parcel" } }"#,
        answers: r#"{"media": {"content_type": "image/png", "bytes": 524289}}"#,
    },
    BodyCase {
        file: "send-failed-no-incentive-codes",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id"
            send sms { body "Take {{incentive 'spring'}}" } }"#,
        answers: r#"{"codes": {"spring": null}}"#,
    },
    BodyCase {
        file: "send-failed-unexpected",
        rules: r#"rule r { on day_of_delivery id ":event_triggered_message_id"
            send sms { body "Take {{incentive 'spring'}}" } }"#,
        answers: r#"{"codes": {"unavailable": "Reason for unexpected error."}}"#,
    },
];

#[test]
fn routing_produces_the_bodies_of_the_page() {
    for case in CASES {
        let page = read(case.file);
        let processed = &page["event_processed"];
        // The page names the company only in some of its resource URLs.
        let company = if page.to_string().contains("/companies/zY5VnE7r/") {
            "zY5VnE7r"
        } else {
            ":company_key"
        };
        let rules = format!("company {company:?}\n{}", case.rules);
        let engine = Engine::compile(rules).unwrap_or_else(|errors| panic!("{errors}"));
        let mut sent = processed.clone();
        sent.as_object_mut().unwrap().remove("action");
        let sent = sent.to_string();
        let now = page["event_date"].as_str().unwrap().parse().unwrap();
        let answers = Answers::from_json(case.answers, now).unwrap();
        let ids = SeededIds::new(1);
        for hold in [reading::check, reading::check_broken] {
            hold(&engine, sent.as_bytes(), &ids, &answers).unwrap();
        }
        let event = engine.read(sent.as_bytes(), &mut ids.clone()).unwrap();
        let Step::Done(outcome) = engine.route(&event, &answers) else {
            panic!("{}: questions are left", case.file);
        };
        let bodies: Vec<String> = callback::bodies(&event, &outcome, now)
            .iter()
            .map(callback::Callback::to_json)
            .collect();
        // The result of routing is first. A send follows it.
        let of_kind = bodies
            .iter()
            .map(|body| serde_json::from_str(body).unwrap())
            .find(|body: &Value| {
                body["event_processed"]["action"]["type"] == processed["action"]["type"]
            });
        let mut body = of_kind.unwrap_or_else(|| panic!("{}: {bodies:?}", case.file));
        let top_level = body.as_object_mut().unwrap().remove("event_type");
        let mut page = page;
        let shown = page.as_object_mut().unwrap().remove("event_type");
        if shown.is_some() {
            assert_eq!(top_level, shown, "{}", case.file);
        }
        assert_eq!(body["event_date"], page["event_date"], "{}", case.file);
        for one in [&mut body, &mut page] {
            one.as_object_mut().unwrap().remove("event_id");
        }
        assert_eq!(body, page, "{}", case.file);
    }
}

#[test]
fn every_routing_and_sending_body_of_the_page_has_its_case() {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("routing-") || name.starts_with("send-"))
        .collect();
    files.sort();
    let mut cases: Vec<String> = CASES
        .iter()
        .map(|case| format!("{}.json", case.file))
        .collect();
    cases.sort();
    assert_eq!(files, cases);
}

#[test]
fn bodies_contain_the_event_data_unchanged() {
    let engine = Engine::compile("rule r { on hi do note {} }").unwrap();
    let event = br#"{"event_type": "HI", "event_data": {"z": 1.50, "mdn": "13125550100",
        "a": 123456789012345678901234567890}, "debug_data": {}, "event_id": "e"}"#;
    let event = engine.read(event, &mut SeededIds::new(1)).unwrap();
    let now = "2026-11-20T10:00:00.9Z".parse().unwrap();
    let Step::Done(outcome) = engine.route(&event, &Answers::new(now)) else {
        panic!("nothing is asked");
    };
    let bodies = callback::bodies(&event, &outcome, now);
    // One body for routing, none for the host's own action.
    assert_eq!(bodies.len(), 1);
    let json = bodies[0].to_json();
    assert!(
        json.contains(r#""event_date":"2026-11-20T10:00:00Z""#),
        "{json}"
    );
    assert!(json.contains(r#""event_type":"HI","event_data":{"z": 1.50, "mdn": "13125550100","#));
    assert!(json.contains(r#"123456789012345678901234567890},"debug_data":{},"action":{"#));
    let again = callback::bodies(&event, &outcome, now);
    assert_eq!(bodies, again);
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vibes")
}

fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}
