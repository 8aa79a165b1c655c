//! The callbacks page of Vibes: how callbacks are registered.

use pointsman::callback::{Callback, FaultCode, Registration, read_registrations};
use serde_json::Value;

use crate::callbacks::{CONFIGURATIONS, VALID, at, paths, read};

#[test]
fn printed_configurations_have_one_error_at_the_url() {
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
        let event_type = (name == "config-one-event-type").then_some("order_shipped");
        assert_eq!(registration.event_type(), event_type);
        assert_eq!(registration.start_date(), Some(at("2017-01-01T00:00:00Z")));
        assert_eq!(registration.end_date(), Some(at("2017-02-01T00:00:00Z")));
    }
}

#[test]
fn a_registration_lists_all_its_errors() {
    let text = VALID
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
fn each_error_of_a_registration_has_its_path() {
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
        assert!(VALID.contains(old), "{old}");
        let text = VALID.replacen(old, new, 1);
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
        let text = VALID.replace("https://example.com/told", url);
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
        let text = VALID.replace("https://example.com/told", url);
        let faults = Registration::from_json(&text).expect_err(url);
        assert_eq!(paths(&faults), ["destination.url"], "{url}");
    }
}

#[test]
fn content_types_must_be_json() {
    for content_type in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        "application/vnd.example+json",
    ] {
        let text = VALID.replace("application/json", content_type);
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
        let text = VALID.replace("application/json", content_type);
        let faults = Registration::from_json(&text).expect_err(content_type);
        assert_eq!(
            paths(&faults),
            ["destination.content_type"],
            "{content_type}"
        );
    }
}

#[test]
fn without_an_event_type_all_events_match() {
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
fn event_types_are_compared_ignoring_case() {
    let callback = body("routing-accepted");
    for (event_type, wants) in [
        ("day_of_delivery", true),
        ("Day_Of_Delivery", true),
        ("day-of-delivery", false),
        ("event_processed", false),
    ] {
        let text = VALID
            .replace("order_shipped", event_type)
            .replace("2017-02-01", "2027-02-01");
        let registration = Registration::from_json(&text).unwrap();
        assert_eq!(registration.wants(&callback), wants, "{event_type}");
    }
}

#[test]
fn the_window_applies_to_the_callback_date_and_excludes_its_end() {
    // The date of the body is 2022-08-15T20:02:36Z.
    let callback = body("routing-accepted");
    for (start, end, wants) in [
        ("2022-08-15T20:02:36Z", "2022-08-15T20:02:37Z", true),
        ("2022-08-15T20:02:36.5Z", "2022-08-15T20:02:37Z", false),
        ("2022-08-15T20:02:37Z", "2023-01-01", false),
        ("2017-01-01T00:00Z", "2022-08-15T20:02:36Z", false),
        ("2017-01-01T00:00Z", "2022-08-15T20:03Z", true),
        ("2022-08-15T22:02+02:00", "2022-08-15T22:03+02:00", true),
    ] {
        let text = VALID
            .replace("order_shipped", "day_of_delivery")
            .replace("2017-01-01T00:00Z", start)
            .replace("2017-02-01T00:00Z", end);
        let registration = Registration::from_json(&text).unwrap();
        assert_eq!(registration.wants(&callback), wants, "{start} {end}");
    }
    for (left_out, wants) in [("start_date", false), ("end_date", true)] {
        let text = VALID
            .replace("order_shipped", "day_of_delivery")
            .replace(left_out, "note");
        let registration = Registration::from_json(&text).unwrap();
        assert_eq!(registration.wants(&callback), wants, "{left_out}");
    }
}

#[test]
fn registrations_are_one_or_a_list_or_one_per_line() {
    let line = VALID.replace('\n', " ");
    let other = line.replace("order_shipped", "day_of_delivery");
    let types = |text: &str| -> Vec<String> {
        let found = read_registrations(text).unwrap_or_else(|why| panic!("{why}"));
        let of = |one: &Registration| one.event_type().unwrap_or_default().to_owned();
        found.iter().map(of).collect()
    };
    let both = ["order_shipped", "day_of_delivery"];
    assert_eq!(types(VALID), ["order_shipped"]);
    assert_eq!(types(&format!("[{VALID},{other}]")), both);
    assert_eq!(types(&format!("{line}\n\n{other}\r\n")), both);
    for nothing in ["", "\n \n", "[]"] {
        assert_eq!(types(nothing), [""; 0]);
    }

    let wrong = line.replace("https", "http").replace("POST", "PUT");
    let faults = read_registrations(&format!("[{VALID},{wrong}, 7]")).unwrap_err();
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
    // A truncated text over several lines is one error, not one for each line.
    let faults = read_registrations(&VALID[..VALID.len() - 1]).unwrap_err();
    assert_eq!(faults.iter().count(), 1);
    assert!(faults.to_string().contains("line 7"), "{faults}");
}

fn body(name: &str) -> Callback {
    Callback::from_json(&read(name)).unwrap()
}
