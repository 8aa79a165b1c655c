//! Receipts of carriers and handsets: what their reasons mean, which of them are reported, and in which
//! bodies. These are equal to the bodies of the page except for the id of the body.

use std::collections::BTreeSet;

use pointsman::callback::{
    Callback, ErrorCode, Reason, Receipt, ReceiptKind, ReceiptTracker, SentMessage, read_receipt,
};
use pointsman::outcome::Status;
use pointsman::{Answers, Engine, Limits, SeededIds, Step, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use ReceiptKind::{Carrier, Handset};
use Status::{Failed, Processing, Success};

#[test]
fn receipts_produce_the_bodies_of_the_page() {
    for (name, kind, error_code) in [
        ("carrier-receipt-sent", "carrier", None),
        ("carrier-receipt-rejected", "carrier", Some(23)),
        ("handset-receipt-delivered", "handset", None),
        ("handset-receipt-rejected", "handset", Some(23)),
    ] {
        let page = read(name);
        let (receipt, message) = read_receipt(&line_of(&page, kind, error_code)).unwrap();
        assert_eq!(
            SentMessage::from_json(&message.to_json()).as_ref(),
            Ok(&message)
        );
        let code = receipt.error_code().map(ErrorCode::as_json);
        assert_eq!(code, error_code.map(|_| "23"));
        let callback = ReceiptTracker::default()
            .callback(&receipt, &message, at("2026-11-20"))
            .expect(name);
        let mut body: Value = serde_json::from_str(&callback.to_json()).unwrap();
        assert_ne!(body["event_id"], page["event_id"]);
        body["event_id"] = page["event_id"].clone();
        assert_eq!(body, page, "{name}");
        assert_eq!(Callback::from_json(&callback.to_json()), Ok(callback));
    }
}

#[test]
fn every_reason_of_the_carriers_table_has_its_status() {
    let table = [
        ("sent", Success),
        ("rejected", Failed),
        ("unroutable", Failed),
        ("queued", Processing),
        ("expired", Failed),
        ("other_error", Failed),
    ];
    check_table(Carrier, &table);
}

#[test]
fn every_reason_of_the_handsets_table_has_its_status() {
    let table = [
        ("default_vibes_unknown", Processing),
        ("enroute", Processing),
        ("queued_on_aggregator", Processing),
        ("queued_on_carrier", Processing),
        ("delivered", Success),
        ("expired", Failed),
        ("deleted", Failed),
        ("undeliverable", Failed),
        ("accepted", Success),
        ("unknown", Failed),
        ("rejected", Failed),
        ("not_optin", Failed),
        ("pending", Processing),
        ("submission_error", Failed),
        ("submitted", Processing),
    ];
    check_table(Handset, &table);
}

fn check_table(kind: ReceiptKind, table: &[(&str, Status)]) {
    for (name, status) in table {
        let receipt = Receipt::new(kind, "m", name);
        assert!(receipt.is_documented(), "{name}");
        assert_eq!(receipt.status(), *status, "{name}");
        assert_eq!(receipt.reason().as_str(), *name);
    }
    let known = Reason::DOCUMENTED
        .iter()
        .filter(|reason| kind.status(reason).is_some());
    assert_eq!(known.count(), table.len());
}

#[test]
fn an_undocumented_reason_is_kept_and_does_not_set_the_status() {
    for (kind, name) in [
        (Carrier, "lost_at_sea"),
        // This one is only in the other table.
        (Carrier, "delivered"),
        (Handset, "sent"),
        // This is a reason of sending.
        (Handset, "UnexpectedError"),
        (Handset, "Delivered"),
    ] {
        let receipt = Receipt::new(kind, "m", name);
        assert_eq!(receipt.reason(), &Reason::Other(name.into()));
        assert!(!receipt.is_documented());
        assert_eq!(receipt.status(), Processing);
        let callback = report(&ReceiptTracker::default(), &receipt).unwrap();
        assert_eq!(callback.action().status_reason().unwrap().as_str(), name);
    }
    let unknown = Receipt::new(Handset, "m", "unknown");
    assert!(unknown.is_documented());
    assert_eq!(unknown.status(), Failed);
}

#[test]
fn error_codes_are_written_without_a_text_and_unchanged() {
    let tracker = ReceiptTracker::default();
    for (at, code) in ["23", "1e400", "-0", r#""E 23""#, "12345678901234567890123"]
        .iter()
        .enumerate()
    {
        let line = format!(
            r#"{{"kind": "carrier", "message_id": "m{at}", "reason": "rejected", "error_code": {code},
                "event": {EVENT}}}"#
        );
        let (receipt, message) = read_receipt(&line).unwrap();
        let callback = tracker.callback(&receipt, &message, at_second(0)).unwrap();
        let failure = format!(r#""failure":{{"errors":[{{"error_code":{code}}}]}}"#);
        assert!(
            callback.to_json().contains(&failure),
            "{}",
            callback.to_json()
        );
    }
    // There is no failure without a code, or without an error.
    for receipt in [
        Receipt::new(Carrier, "a", "rejected"),
        Receipt::new(Carrier, "a", "sent").with_error_code(0),
    ] {
        let callback = report(&tracker, &receipt).unwrap();
        assert!(!callback.to_json().contains("failure"));
        assert!(callback.action().errors().is_empty());
    }
}

#[test]
fn the_date_is_that_of_the_receipt_or_now_in_whole_utc_seconds() {
    let tracker = ReceiptTracker::default();
    let own = Receipt::new(Carrier, "a", "sent").given_at(at("2023-05-05T18:15:40.9+02:00"));
    let (own, now) = (
        report(&tracker, &own),
        report(&tracker, &Receipt::new(Carrier, "b", "sent")),
    );
    assert!(
        own.unwrap()
            .to_json()
            .contains(r#""event_date":"2023-05-05T16:15:40Z""#)
    );
    assert_eq!(now.unwrap().event_date(), at_second(0));
}

#[test]
fn carrier_receipts_have_the_event_type_and_handset_receipts_do_not() {
    let tracker = ReceiptTracker::default();
    let carrier = report(&tracker, &Receipt::new(Carrier, "a", "sent")).unwrap();
    let handset = report(&tracker, &Receipt::new(Handset, "a", "delivered")).unwrap();
    assert_eq!(carrier.event_type(), Some("event_processed"));
    assert_eq!(handset.event_type(), None);
}

#[test]
fn an_unsplit_message_gives_one_callback_for_each_reason() {
    let tracker = ReceiptTracker::default();
    let is_reported = |kind, reason| report(&tracker, &Receipt::new(kind, "m", reason)).is_some();
    for (kind, reasons) in [
        (Carrier, &["queued", "sent", "rejected", "lost_at_sea"][..]),
        (
            Handset,
            &["enroute", "submitted", "delivered", "accepted", "rejected"][..],
        ),
    ] {
        for reason in reasons {
            assert!(is_reported(kind, reason), "{reason}");
            assert!(!is_reported(kind, reason), "{reason} again");
        }
    }
}

#[test]
fn a_split_message_gives_a_callback_for_each_failed_part_and_one_success_for_the_last() {
    let tracker = ReceiptTracker::default();
    let is_reported = |part, reason| {
        let receipt = Receipt::new(Carrier, "m", reason).of_part(part, 3).unwrap();
        report(&tracker, &receipt).is_some()
    };
    assert!(!is_reported(1, "sent"));
    assert!(is_reported(3, "sent"));
    assert!(!is_reported(3, "sent"));
    assert!(!is_reported(2, "sent"));
    assert!(is_reported(2, "rejected"));
    assert!(is_reported(2, "expired"));
    assert!(is_reported(1, "rejected"));
    assert!(!is_reported(2, "rejected"));
    for part in 1..=3 {
        assert!(!is_reported(part, "queued"));
        assert!(!is_reported(part, "lost_at_sea"));
    }
}

#[test]
fn carriers_handsets_and_messages_are_tracked_separately() {
    let tracker = ReceiptTracker::default();
    let mut ids = BTreeSet::new();
    for message in ["m", "n"] {
        for kind in [Carrier, Handset] {
            for reason in ["rejected", "expired"] {
                for part in 1..=2 {
                    let receipt = Receipt::new(kind, message, reason)
                        .of_part(part, 2)
                        .unwrap();
                    ids.insert(report(&tracker, &receipt).unwrap().event_id().to_owned());
                }
            }
        }
    }
    assert_eq!(ids.len(), 16);
}

#[test]
fn the_id_of_a_callback_is_derived() {
    let receipt = Receipt::new(Carrier, "9f3edfe6-4273-5e2c-961d-878414ba9bd0", "rejected");
    let once = report(
        &ReceiptTracker::default(),
        &receipt.clone().of_part(2, 3).unwrap(),
    )
    .unwrap();
    let again = report(&ReceiptTracker::default(), &receipt.of_part(2, 3).unwrap()).unwrap();
    assert_eq!(once, again);
    // The reference shows this id.
    assert_eq!(once.event_id(), "d2827a1e-2b79-583b-a587-57b2dbbf7e5b");
}

#[test]
fn parts_are_numbered_from_one_to_the_last() {
    for (part, parts) in [(0, 0), (0, 1), (2, 1), (4, 3), (1, 0)] {
        assert!(
            Receipt::new(Carrier, "m", "sent")
                .of_part(part, parts)
                .is_none()
        );
    }
}

#[test]
fn reported_receipts_are_forgotten_with_age() {
    let mut limits = Limits::default();
    limits.remembered_receipt_seconds = 60;
    let tracker = ReceiptTracker::new(&limits);
    let is_reported = |seconds| {
        tracker
            .callback(
                &Receipt::new(Carrier, "m", "sent"),
                &message(),
                at_second(seconds),
            )
            .is_some()
    };
    assert!(is_reported(0));
    assert!(!is_reported(59));
    assert!(
        !is_reported(-600),
        "a clock that is set back expires nothing"
    );
    assert!(is_reported(60));
    assert!(!is_reported(61));
}

#[test]
fn the_memory_of_receipts_is_bounded() {
    let mut limits = Limits::default();
    limits.remembered_receipts = 100;
    let tracker = ReceiptTracker::new(&limits);
    for n in 0..10_000 {
        let receipt = Receipt::new(Handset, format!("m{n}"), "delivered");
        assert!(report(&tracker, &receipt).is_some());
        assert!(report(&tracker, &receipt).is_none());
        assert!(tracker.remembered() <= 100);
    }
    // Receipts that are not reported use no memory.
    let before = tracker.remembered();
    for n in 0..1_000 {
        let receipt = Receipt::new(Handset, format!("p{n}"), "delivered");
        assert!(report(&tracker, &receipt.of_part(1, 2).unwrap()).is_none());
    }
    assert_eq!(tracker.remembered(), before);
}

#[test]
fn one_of_many_threads_reports_a_receipt() {
    let tracker = ReceiptTracker::default();
    let reported: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let tracker = &tracker;
                scope.spawn(move || {
                    (0..500)
                        .filter(|step| {
                            let n = if thread % 2 == 0 { *step } else { 499 - *step };
                            let receipt = Receipt::new(Carrier, format!("m{n}"), "sent");
                            report(tracker, &receipt).is_some()
                        })
                        .count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(reported, 500);
}

/// Receipts of two messages. Whether a message is split, and into how many parts, belongs to the message.
fn receipts() -> impl Strategy<Value = Vec<Receipt>> {
    let reasons = [
        "sent",
        "queued",
        "rejected",
        "expired",
        "delivered",
        "accepted",
        "enroute",
        "unknown",
        "new",
    ];
    let one = (0..3_u32, 0..2_usize, 0..3_u32, 0..reasons.len());
    let one = one.prop_map(move |(message, kind, part, reason)| {
        let (kind, parts) = (ReceiptKind::ALL[kind], message + 1);
        let part = part % parts + 1;
        Receipt::new(kind, format!("m{message}"), reasons[reason])
            .of_part(part, parts)
            .unwrap()
            .given_at(at_second(i64::try_from(reason).unwrap()))
    });
    prop::collection::vec(one, 0..24)
}

proptest! {
    #[test]
    fn any_order_with_any_repeats_gives_the_same_callbacks(
        (first, second) in receipts().prop_flat_map(|first| {
            // All receipts, some of them two or three times, in another order.
            let times = prop::collection::vec(1..4_usize, first.len());
            let second = (Just(first.clone()), times).prop_map(|(all, times)| {
                all.into_iter()
                    .zip(times)
                    .flat_map(|(one, times)| vec![one; times])
                    .collect::<Vec<_>>()
            });
            (Just(first), second.prop_shuffle())
        })
    ) {
        let callbacks = |receipts: &[Receipt]| {
            let tracker = ReceiptTracker::default();
            let reported: Vec<String> = receipts
                .iter()
                .filter_map(|receipt| Some(report(&tracker, receipt)?.to_json()))
                .collect();
            let distinct: BTreeSet<String> = reported.iter().cloned().collect();
            assert_eq!(distinct.len(), reported.len(), "one was reported twice");
            distinct
        };
        let reported = callbacks(&first);
        // The expected callbacks, computed without the tracker.
        let expected: BTreeSet<(String, bool, u32, String)> = first
            .iter()
            .filter(|one| match one.status() {
                Failed => true,
                Success => one.part() == one.parts(),
                _ => one.parts() == 1,
            })
            .map(|one| {
                let is_carrier = one.kind() == Carrier;
                let reason = one.reason().as_str().to_owned();
                (one.message_id().to_owned(), is_carrier, one.part(), reason)
            })
            .collect();
        prop_assert_eq!(reported.len(), expected.len());
        prop_assert_eq!(callbacks(&second), reported);
    }
}

#[test]
fn a_message_is_remembered_from_its_result() {
    let engine = Engine::compile(
        r#"company "c" rule r { on t id "276" require person
            send sms { body "Hi" } send mms { media "{{x}}" } do note {} }"#,
    )
    .unwrap();
    let text = r#"{"event_id": "e", "event_type": "T", "debug_data": {},
        "event_data": {"mdn": "+13125550100", "n": 1.50}}"#;
    let event = engine
        .read(text.as_bytes(), &mut SeededIds::new(1))
        .unwrap();
    let answers = Answers::from_json(r#"{"person": {"person_key": "k"}}"#, at_second(0)).unwrap();
    let Step::Done(outcome) = engine.route(&event, &answers) else {
        panic!("questions are left");
    };
    let messages: Vec<_> = outcome
        .results()
        .iter()
        .map(|result| SentMessage::of(&event, result))
        .collect();
    // Routing, the sms, the failed mms, the host's own action.
    let there: Vec<bool> = messages.iter().map(Option::is_some).collect();
    assert_eq!(there, [false, true, false, false]);
    let receipt = Receipt::new(Handset, outcome.results()[1].id(), "delivered");
    let message = messages[1].as_ref().unwrap();
    let kept = message.to_json();
    assert_eq!(SentMessage::from_json(&kept).as_ref(), Ok(message));
    let callback = ReceiptTracker::default()
        .callback(&receipt, message, at_second(0))
        .unwrap();
    let body: Value = serde_json::from_str(&callback.to_json()).unwrap();
    assert_eq!(
        callback.event_data(),
        r#"{"mdn": "+13125550100", "n": 1.50}"#
    );
    assert_eq!(
        body["event_processed"]["action"]["sms"],
        json!({
            "source": {"url": "/companies/c/mobiledb/event_triggered_messages/276"},
            "person": {"person_key": "k", "url": "/companies/c/mobiledb/persons/k"}
        })
    );
    assert_eq!(callback.debug_data(), Some("{}"));
}

#[test]
fn lines_omit_unknown_members() {
    let line = format!(
        r#"{{"kind": "handset", "message_id": "m", "reason": "delivered", "event": {EVENT}, "note": 1}}"#
    );
    let (receipt, message) = read_receipt(&line).unwrap();
    assert_eq!(receipt, Receipt::new(Handset, "m", "delivered"));
    assert_eq!(Receipt::from_json(&line), Ok(receipt.clone()));
    assert_eq!(SentMessage::from_json(&line), Ok(message.clone()));
    let callback = ReceiptTracker::default().callback(&receipt, &message, at_second(0));
    let body: Value = serde_json::from_str(&callback.unwrap().to_json()).unwrap();
    assert_eq!(
        body["event_processed"]["action"],
        json!({"type": "send_message", "status": "success", "status_reason": "delivered",
            "message_type": "sms"})
    );
    assert_eq!(body["event_processed"].get("debug_data"), None);
}

#[test]
fn all_errors_of_a_line_are_reported() {
    let faults = |line: &str| {
        let faults = read_receipt(line).expect_err(line);
        faults
            .iter()
            .map(|fault| fault.path().unwrap_or("-").to_owned())
            .collect::<Vec<_>>()
    };
    let fine =
        format!(r#""kind": "carrier", "message_id": "m", "reason": "sent", "event": {EVENT}"#);
    assert!(read_receipt(&format!("{{{fine}}}")).is_ok());
    assert_eq!(faults("{}"), ["kind", "message_id", "reason", "event"]);
    assert_eq!(faults("[]"), ["-"]);
    assert_eq!(faults("{"), ["-"]);
    for (more, expected) in [
        (r#""part": 1"#, &["parts"][..]),
        (r#""parts": 2"#, &["part"]),
        (r#""part": 3, "parts": 2"#, &["part"]),
        (r#""part": 0, "parts": 1.5"#, &["part", "parts"]),
        (r#""part": "1", "parts": 4294967296"#, &["part", "parts"]),
        (
            r#""time": "noon", "error_code": {}"#,
            &["error_code", "time"],
        ),
        (
            r#""message_type": "fax", "source": 7, "person": 7"#,
            &["message_type", "source", "person"],
        ),
        (r#""person": {"person_key": 7}"#, &["person.person_key"]),
    ] {
        assert_eq!(faults(&format!("{{{fine}, {more}}}")), expected, "{more}");
    }
    assert!(read_receipt(&format!(r#"{{{fine}, "part": 2e0, "parts": 2.0}}"#)).is_ok());
    let line = r#"{"kind": "pigeon", "message_id": "", "reason": 1, "event": {"event_data": []}}"#;
    assert_eq!(
        faults(line),
        [
            "kind",
            "message_id",
            "reason",
            "event.event_id",
            "event.event_type",
            "event.event_data"
        ]
    );
}

const EVENT: &str = r#"{"event_id": "e", "event_type": "t", "event_data": {}}"#;

fn message() -> SentMessage {
    SentMessage::from_json(&format!(r#"{{"event": {EVENT}}}"#)).unwrap()
}

fn report(tracker: &ReceiptTracker, receipt: &Receipt) -> Option<Callback> {
    tracker.callback(receipt, &message(), at_second(0))
}

/// Returns the line of a receipt that produces a body of the page.
fn line_of(page: &Value, kind: &str, error_code: Option<i64>) -> String {
    let mut event = page["event_processed"].clone();
    let action = event.as_object_mut().unwrap().remove("action").unwrap();
    json!({
        "kind": kind,
        "message_id": "m",
        "part": 1,
        "parts": 1,
        "reason": action["status_reason"],
        "error_code": error_code,
        "time": page["event_date"],
        "event": event,
        "message_type": action["message_type"],
        "source": action["sms"]["source"]["url"],
        "person": action["sms"]["person"],
    })
    .to_string()
}

fn at_second(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + seconds).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn read(name: &str) -> Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vibes");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

mod command_line {
    //! `author receipts` and `author route --registrations`.

    use serde_json::{Value, json};

    use super::{line_of, read};
    use crate::author::{author, author_with, err, file, out};

    const AT: &str = "2023-05-05T16:15:40Z";

    fn registrations(url: &str) -> String {
        format!(
            r#"{{"callback_type": "event_processed", "destination": {{"url": "{url}",
                "method": "POST", "content_type": "application/json"}}}}"#
        )
    }

    #[test]
    fn receipts_become_bodies_and_bad_lines_become_errors() {
        let pages = ["carrier-receipt-rejected", "handset-receipt-delivered"].map(read);
        let lines = [
            line_of(&pages[0], "carrier", Some(23)),
            r#"{"kind": "carrier", "part": 2, "parts": 1, "reason": "sent"}"#.to_owned(),
            String::new(),
            line_of(&pages[0], "carrier", Some(23)),
            "nonsense".to_owned(),
            line_of(&pages[1], "handset", None).replace("\"delivered\"", "\"arrived\""),
            line_of(&pages[1], "handset", None),
        ];
        let done = author_with(&["receipts", "-", "--at", AT], &lines.join("\n"));
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        let mut found: Vec<Value> = out(&done)
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect();
        assert_eq!(found.len(), 5, "{}", out(&done));
        for (at, page) in [(0, &pages[0]), (4, &pages[1])] {
            found[at]["event_id"] = page["event_id"].clone();
            assert_eq!(&found[at], page);
        }
        assert_eq!(found[1]["line"], 2);
        assert_eq!(
            found[1]["error"],
            "`message_id` is missing; `part` is 2 of 1; `event` is missing"
        );
        assert_eq!(
            found[1]["faults"][1],
            json!({"code": "invalid", "path": "part", "error": "is 2 of 1"})
        );
        assert_eq!(found[2]["line"], 5);
        assert_eq!(found[2]["faults"][0]["code"], "invalid_json");
        assert_eq!(
            found[3]["event_processed"]["action"]["status_reason"],
            "arrived"
        );
        assert!(
            err(&done).contains("line 6: `arrived` is not a documented reason"),
            "{}",
            err(&done)
        );
    }

    #[test]
    fn receipts_and_routes_become_requests() {
        let page = read("handset-receipt-rejected");
        let url = "https://example.com/told";
        let registrations_file = file("registrations.json", &registrations(url));
        let line = line_of(&page, "handset", Some(23));
        let done = author_with(
            &[
                "receipts",
                "-",
                "--at",
                AT,
                "--registrations",
                &registrations_file,
            ],
            &line,
        );
        let request: Value = serde_json::from_str(&out(&done)).unwrap();
        assert_eq!(request["url"], url);
        assert_eq!(request["method"], "POST");
        assert_eq!(request["content_type"], "application/json");
        assert_eq!(
            request["body"]["event_processed"]["action"],
            page["event_processed"]["action"]
        );

        let event = r#"{"event_type":"parcel_lost","event_data":{"mdn":"+13125550100"}}"#;
        let rules = "examples/rules/delivery.rules";
        let base = ["route", rules, "--events", "-", "--at", AT, "--open"];
        let flags = ["--ids", "seed:1", "--registrations", &registrations_file];
        let done = author_with(&[&base[..], &flags].concat(), event);
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        let request: Value = serde_json::from_str(&out(&done)).unwrap();
        assert_eq!(request["url"], url);
        assert_eq!(
            request["body"]["event_processed"]["action"]["failure"]["reason"],
            "no_route_rules_found_for_event"
        );
    }

    #[test]
    fn unusable_input_is_one_line_and_exit_2() {
        let wrong = file(
            "wrong.json",
            &registrations("http://example.com").replace("POST", "PUT"),
        );
        let receipts = file("none.jsonl", "");
        for (arguments, said) in [
            (&["receipts"][..], "<FILE>"),
            (&["receipts", "no/such.jsonl"], "there is no such file"),
            (
                &["receipts", &receipts, "--at", "noon"],
                "is not a timestamp",
            ),
            (&["receipts", "-", "--registrations", "-"], "given twice"),
            (
                &["receipts", &receipts, "--registrations", &wrong],
                "`destination.url` is no URL that begins with `https://`: `http://example.com`; \
                 `destination.method` is `POST`, not `PUT`",
            ),
        ] {
            let done = author(arguments);
            assert_eq!(done.status.code(), Some(2), "{arguments:?}");
            assert_eq!(err(&done).lines().count(), 1, "{}", err(&done));
            assert!(err(&done).contains(said), "{}", err(&done));
            assert_eq!(out(&done), "");
        }
        let done = author(&["receipts", &receipts]);
        assert_eq!((done.status.code(), out(&done).as_str()), (Some(0), ""));
    }
}
