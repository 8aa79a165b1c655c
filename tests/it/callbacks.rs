//! The callbacks page of Vibes, row by row: configurations, bodies as they are read, and requests. That
//! the bodies of routing and sending come out of routing is shown by `fixtures`, those of receipts by
//! `receipts`.

use pointsman::callback::{
    self, Callback, CallbackKind, FaultCode, Faults, Reason, ReceiptKind, Registration,
    read_registrations,
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
const CONFIGURATIONS: [&str; 2] = ["config-all-events", "config-one-event-type"];

/// A configuration that is fine, to be changed.
const FINE: &str = r#"{
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
fn configurations_as_printed_have_one_fault_at_the_url() {
    for name in CONFIGURATIONS {
        let text = read(name);
        let faults = Registration::from_json(&text).unwrap_err();
        assert_eq!(paths(&faults), ["destination.url"], "{name}");
        let faults = read_registrations(&text).unwrap_err();
        assert_eq!(paths(&faults), ["destination.url"], "{name}");

        let url = "https://example.com/told";
        let text = text.replace("YOUR_DESTINATION_URL_W_HTTPS", url);
        let registration = Registration::from_json(&text).unwrap();
        assert_eq!(registration.url(), url);
        assert_eq!(registration.method(), "POST");
        assert_eq!(registration.content_type(), "application/json");
        let wanted = (name == "config-one-event-type").then_some("order_shipped");
        assert_eq!(registration.event_type(), wanted);
        assert_eq!(registration.start_date(), Some(at("2017-01-01T00:00:00Z")));
        assert_eq!(registration.end_date(), Some(at("2017-02-01T00:00:00Z")));
    }
}

#[test]
fn a_registration_with_three_faults_lists_three() {
    let text = FINE
        .replace("https://example.com/told", "http://example.com/told")
        .replace("POST", "GET")
        .replace("2017-02-01T00:00Z", "2016-02-01T00:00Z");
    let faults = Registration::from_json(&text).unwrap_err();
    assert_eq!(
        paths(&faults),
        ["destination.url", "destination.method", "end_date"]
    );
    assert_eq!(
        faults.to_string(),
        "`destination.url` is no URL that begins with `https://`: `http://example.com/told`; \
         `destination.method` is `POST`, not `GET`; `end_date` is not after `start_date`"
    );
    let json: Value = serde_json::from_str(&faults.to_json()).unwrap();
    assert_eq!(json[1]["path"], "destination.method");
    assert_eq!(json[1]["code"], "invalid");
    assert_eq!(json[1]["error"], "is `POST`, not `GET`");
}

#[test]
fn a_registration_names_each_fault_by_its_path() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            r#""event_processed","#,
            r#""person_updated","#,
            &["callback_type"],
        ),
        (
            r#""callback_type": "event_processed","#,
            "",
            &["callback_type"],
        ),
        (
            r#"{"event_type": "order_shipped"}"#,
            "7",
            &["event_processed"],
        ),
        (r#""order_shipped""#, "7", &["event_processed.event_type"]),
        (
            r#""order_shipped""#,
            r#""""#,
            &["event_processed.event_type"],
        ),
        (
            r#""order_shipped""#,
            r#""order shipped""#,
            &["event_processed.event_type"],
        ),
        (
            r#""event_type":"#,
            r#""event_tpye":"#,
            &["event_processed.event_tpye"],
        ),
        (
            r#""url": "https://example.com/told","#,
            "",
            &["destination.url"],
        ),
        (r#""method": "POST","#, "", &["destination.method"]),
        ("POST", "post", &["destination.method"]),
        (
            "application/json",
            "text/xml",
            &["destination.content_type"],
        ),
        (
            "application/json",
            "application/jsonx",
            &["destination.content_type"],
        ),
        (
            "application/json",
            r"application/json\r\nX: y",
            &["destination.content_type"],
        ),
        (
            r#", "content_type": "application/json""#,
            "",
            &["destination.content_type"],
        ),
        ("2017-01-01T00:00Z", "2017-02-01T00:00Z", &["end_date"]),
        ("2017-01-01T00:00Z", "soon", &["start_date"]),
        (r#""2017-02-01T00:00Z""#, "1485907200", &["end_date"]),
        ("2017-02-01T00:00Z", "2017-02-30T00:00Z", &["end_date"]),
        ("start_date", "start_dat", &["start_dat"]),
        (
            "destination",
            "destinations",
            &["destinations", "destination"],
        ),
        (
            r#"{"url": "https://example.com/told", "method": "POST", "content_type": "application/json"}"#,
            r#""https://example.com/told""#,
            &["destination"],
        ),
        (
            r#"{"url": "https://example.com/told", "method": "POST", "content_type": "application/json"}"#,
            "{}",
            &[
                "destination.url",
                "destination.method",
                "destination.content_type",
            ],
        ),
        (
            "2017-01-01T00:00Z",
            r#"2017-01-01T00:00Z", "end_date": "2017-02-01"#,
            &["end_date"],
        ),
    ];
    for (old, new, expected) in cases {
        assert!(FINE.contains(old), "{old}");
        let text = FINE.replacen(old, new, 1);
        let faults = Registration::from_json(&text).expect_err(&text);
        assert_eq!(&paths(&faults), expected, "{text}");
    }
    for (text, code) in [
        ("", FaultCode::InvalidJson),
        ("{", FaultCode::InvalidJson),
        ("[]", FaultCode::Invalid),
        ("null", FaultCode::Invalid),
    ] {
        let faults = Registration::from_json(text).unwrap_err();
        let only: Vec<_> = faults
            .iter()
            .map(|fault| (fault.code(), fault.path()))
            .collect();
        assert_eq!(only, [(code, None)], "{text}");
    }
}

#[test]
fn destinations_are_https_urls_with_a_host() {
    for url in [
        "https://example.com",
        "HTTPS://example.com:8443/a/b?c=d#e",
        "https://example.com.",
        "https://callbacks_in.example.com/%20",
        "https://127.0.0.1/x",
        "https://[::1]:443/x",
        "https://user:pass@example.com/",
        "https://bücher.example/straße",
        "https://example.com:/",
    ] {
        let text = FINE.replace("https://example.com/told", url);
        let registration = Registration::from_json(&text).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(registration.url(), url);
    }
    for url in [
        "",
        "example.com",
        "//example.com",
        "https:example.com",
        "https:/example.com",
        "ftp://example.com",
        "http://example.com",
        "https://",
        "https:///path",
        "https://?q",
        "https://#f",
        "https://:443/",
        "https://user@",
        "https://example..com",
        "https://.example.com",
        "https://-/",
        "https://exa mple.com",
        "https://example.com/a b",
        " https://example.com",
        "https://example.com/<x>",
        "https://example.com:70000/",
        "https://example.com:0/",
        "https://example.com:https/",
        "https://[::1/",
        "https://[zz]/",
        "https://::1/",
        "https://[::1]x/",
        "https://example.com/\\u0000",
        "https://example.com\\\\@evil.example/",
    ] {
        let text = FINE.replace("https://example.com/told", url);
        let faults = Registration::from_json(&text).expect_err(url);
        assert_eq!(paths(&faults), ["destination.url"], "{url}");
    }
}

#[test]
fn content_types_are_of_json() {
    for content_type in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        "application/vnd.example+json",
    ] {
        let text = FINE.replace("application/json", content_type);
        let registration = Registration::from_json(&text).expect(content_type);
        assert_eq!(registration.content_type(), content_type);
    }
    for content_type in [
        "",
        "json",
        "text/plain",
        "application/+json",
        "application/xml; json",
    ] {
        let text = FINE.replace("application/json", content_type);
        let faults = Registration::from_json(&text).expect_err(content_type);
        assert_eq!(
            paths(&faults),
            ["destination.content_type"],
            "{content_type}"
        );
    }
}

#[test]
fn without_an_event_type_all_events_are_told() {
    let callback = body("routing-accepted");
    for inner in [
        "",
        r#""event_processed": {},"#,
        r#""event_processed": null,"#,
        r#""event_processed": {"event_type": null},"#,
    ] {
        let text = format!(
            r#"{{"callback_type": "event_processed", {inner} "destination": {{"url":
            "https://example.com", "method": "POST", "content_type": "application/json"}}}}"#
        );
        let registration = Registration::from_json(&text).expect(&text);
        assert_eq!(registration.event_type(), None);
        assert!(registration.wants(&callback), "{text}");
    }
}

#[test]
fn event_types_are_compared_without_regard_to_case() {
    let callback = body("routing-accepted");
    for (wanted, wants) in [
        ("day_of_delivery", true),
        ("Day_Of_Delivery", true),
        ("day-of-delivery", false),
        ("event_processed", false),
    ] {
        let text = FINE
            .replace("order_shipped", wanted)
            .replace("2017-02-01", "2027-02-01");
        let registration = Registration::from_json(&text).unwrap();
        assert_eq!(registration.wants(&callback), wants, "{wanted}");
    }
}

#[test]
fn the_window_is_by_the_callbacks_date_and_its_end_is_not_in_it() {
    // The body's date is 2022-08-15T20:02:36Z.
    let callback = body("routing-accepted");
    for (start, end, wants) in [
        ("2022-08-15T20:02:36Z", "2022-08-15T20:02:37Z", true),
        ("2022-08-15T20:02:36.5Z", "2022-08-15T20:02:37Z", false),
        ("2022-08-15T20:02:37Z", "2023-01-01", false),
        ("2017-01-01T00:00Z", "2022-08-15T20:02:36Z", false),
        ("2017-01-01T00:00Z", "2022-08-15T20:03Z", true),
        ("2022-08-15T22:02+02:00", "2022-08-15T22:03+02:00", true),
    ] {
        let text = FINE
            .replace("order_shipped", "day_of_delivery")
            .replace("2017-01-01T00:00Z", start)
            .replace("2017-02-01T00:00Z", end);
        let registration = Registration::from_json(&text).unwrap();
        assert_eq!(registration.wants(&callback), wants, "{start} {end}");
    }
    for (left_out, wants) in [("start_date", false), ("end_date", true)] {
        let text = FINE
            .replace("order_shipped", "day_of_delivery")
            .replace(left_out, "note");
        let registration = Registration::from_json(&text).unwrap();
        assert_eq!(registration.wants(&callback), wants, "{left_out}");
    }
}

#[test]
fn registrations_are_a_list_or_one_or_one_a_line() {
    let line = FINE.replace('\n', " ");
    let other = line.replace("order_shipped", "day_of_delivery");
    let types = |text: &str| -> Vec<String> {
        let found = read_registrations(text).unwrap_or_else(|why| panic!("{why}"));
        let of = |one: &Registration| one.event_type().unwrap_or_default().to_owned();
        found.iter().map(of).collect()
    };
    let both = ["order_shipped", "day_of_delivery"];
    assert_eq!(types(FINE), ["order_shipped"]);
    assert_eq!(types(&format!("[{FINE},{other}]")), both);
    assert_eq!(types(&format!("{line}\n\n{other}\r\n")), both);
    for nothing in ["", "\n \n", "[]"] {
        assert_eq!(types(nothing), [""; 0]);
    }

    let wrong = line.replace("https", "http").replace("POST", "PUT");
    let faults = read_registrations(&format!("[{FINE},{wrong}, 7]")).unwrap_err();
    assert_eq!(
        paths(&faults),
        ["[1].destination.url", "[1].destination.method", "[2]"]
    );
    let faults = read_registrations(&format!("{line}\n\n{wrong}\nno\n")).unwrap_err();
    let places: Vec<_> = faults
        .iter()
        .map(|fault| (fault.line().unwrap(), fault.path()))
        .collect();
    assert_eq!(
        places,
        [
            (3, Some("destination.url")),
            (3, Some("destination.method")),
            (4, None)
        ]
    );
    // A text over many lines that breaks off is one fault, not one a line.
    let faults = read_registrations(&FINE[..FINE.len() - 1]).unwrap_err();
    assert_eq!(faults.iter().count(), 1);
    assert!(faults.to_string().contains("line 7"), "{faults}");
}

#[test]
fn requests_go_to_each_registration_that_wants_them() {
    let (event, outcome) = routed();
    let all = FINE.replace(r#"{"event_type": "order_shipped"}"#, "{}");
    let registrations = [
        FINE.to_owned(),
        all.replace("example.com", "all.example"),
        FINE.replace("order_shipped", "order_returned"),
        FINE.replace("application/json", "application/json; charset=utf-8"),
    ]
    .map(|text| Registration::from_json(&text).unwrap());
    let now = at("2017-01-15T10:00:00.7Z");
    let requests = callback::requests(&event, &outcome, &registrations, now);
    let bodies = callback::bodies(&event, &outcome, now);
    // Routing and one message; the host's own action gives none.
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
    let registration = Registration::from_json(FINE).unwrap();
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

        // Every part of it was read, not only kept.
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
fn the_top_level_event_type_may_be_absent_the_callbacks_or_the_events() {
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
fn the_bodies_that_are_made_read_back_as_they_are() {
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
fn undocumented_reasons_are_kept_and_told_apart_from_unknown() {
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
fn error_codes_are_kept_as_they_came() {
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
fn a_body_with_faults_names_them_all() {
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
    fn no_text_does_harm(text in ".{0,60}", at in 0..900_usize, with in "[\\PC{}\\[\\]\",:]{0,3}") {
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

fn body(name: &str) -> Callback {
    Callback::from_json(&read(name)).unwrap()
}

fn paths(faults: &Faults) -> Vec<&str> {
    faults
        .iter()
        .map(|fault| fault.path().unwrap_or("-"))
        .collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vibes")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap()
}
