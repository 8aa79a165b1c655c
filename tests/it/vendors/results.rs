//! The rows about the callbacks of routing and sending, as the page describes them in words. `fixtures` shows
//! that each body of the page is produced.

use pointsman::adapter::Adapter;
use pointsman::answer::Media;
use pointsman::callback::{self, Callback};
use pointsman::outcome::MediaGuidelines;
use pointsman::{Answer, Answers, Engine, Event, Outcome, Question, Step};
use serde_json::{Value, json};

use super::{engine, now, parse, taken};

const EVENT: &str = include_str!("../../fixtures/vibes/event.json");
const URL: &str = "/companies/zY5VnE7r/mobiledb/event_triggered_messages";

fn done(engine: &Engine, event: &Event, answers: &str) -> Outcome {
    let answers = Answers::from_json(answers, now()).unwrap();
    match engine.route(event, &answers) {
        Step::Done(outcome) => outcome,
        Step::Ask(questions) => panic!("asked {questions:?}"),
    }
}

/// Routes the event of the page by these rules and returns the actions of its results.
fn actions(rules: &str, answers: &str) -> Vec<Value> {
    let engine = engine(&format!("company \"zY5VnE7r\"\n{rules}"));
    let outcome = done(&engine, &taken(Adapter::Vibes, EVENT), answers);
    let outcome = parse(&outcome.to_json());
    let results = outcome["results"].as_array().unwrap().iter();
    results.map(|result| result["action"].clone()).collect()
}

/// Returns the callback bodies of the same results.
fn bodies(rules: &str, answers: &str) -> Vec<Callback> {
    let engine = engine(&format!("company \"zY5VnE7r\"\n{rules}"));
    let event = taken(Adapter::Vibes, EVENT);
    callback::bodies(&event, &done(&engine, &event, answers), now())
}

#[test]
fn statuses_and_reasons_match_the_page_and_custom_actions_give_no_callback() {
    let rules = r#"rule r {
        on day_of_delivery id "276"
        send sms { body "Hi {{first_name}}" }
        send sms { body "{{incentive 'spring'}}" }
        send sms { body "{{incentive 'autumn'}}" }
        do crm.note {}
    }"#;
    let answers = r#"{"codes": {"spring": null, "autumn": {"unavailable": "the shop is closed"}}}"#;
    let short = |action: &Value| {
        ["type", "status", "status_reason"]
            .map(|key| action[key].as_str().unwrap_or("-").to_owned())
    };
    let expected = [
        [
            "routing",
            "processing",
            "accepted_by_event_triggered_message",
        ],
        ["send_message", "processing", "queued"],
        ["send_message", "failed", "event_message_action_failed"],
        ["send_message", "failed", "UnexpectedError"],
    ];
    let actions = actions(rules, answers);
    assert_eq!(
        actions.iter().take(4).map(short).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(actions[4]["type"], "custom");
    assert_eq!(actions[0]["resource_url"], format!("{URL}/276"));
    let bodies = bodies(rules, answers);
    let reported = bodies.iter().map(|body| parse(&body.to_json()));
    let reported: Vec<Value> = reported
        .map(|body| body["event_processed"]["action"].clone())
        .collect();
    assert_eq!(reported, actions[..4]);
    let refused = "rule r { on day_of_delivery require person do crm.note {} }";
    let refused = self::actions(refused, r#"{"person": null}"#);
    assert_eq!(
        short(&refused[0]),
        ["routing", "failed", "event_routing_failed"]
    );
}

#[test]
fn the_top_level_event_type_is_written_only_for_messages() {
    let rules =
        r#"rule r { on day_of_delivery send sms { body "Hi" } send mms { media "{{none}}" } }"#;
    let bodies = bodies(rules, "{}");
    let types: Vec<_> = bodies.iter().map(Callback::event_type).collect();
    let message = Some("event_processed");
    assert_eq!(types, [None, message, message]);
    for body in &bodies {
        assert_eq!(
            parse(&body.to_json())["event_type"].as_str(),
            body.event_type()
        );
    }
}

#[test]
fn the_message_type_is_written_only_for_queued_messages() {
    let rules = r#"rule r { on day_of_delivery id "276" require person
        send sms { body "Hi" } send mms { media "{{order_url}}" }
        send sms { body "{{none}}" } send mms { media "{{none}}" } }"#;
    let actions = actions(rules, r#"{"person": {"person_key": "w2e2"}}"#);
    for (at, channel) in [(1, "sms"), (2, "mms")] {
        assert_eq!(actions[at]["message_type"], channel);
        let message = json!({
            "source": {"resource_url": format!("{URL}/276")},
            "person": {"person_key": "w2e2", "resource_url": "/companies/zY5VnE7r/mobiledb/persons/w2e2"}
        });
        assert_eq!(actions[at][channel], message);
    }
    for at in [3, 4] {
        assert_eq!(actions[at]["status"], "failed");
        for absent in ["message_type", "sms", "mms", "resource_url"] {
            assert!(actions[at].get(absent).is_none(), "{absent}");
        }
        assert_eq!(
            actions[at]["failure"]["errors"][0]["resource_url"],
            format!("{URL}/276")
        );
    }
}

#[test]
fn push_and_email_have_the_same_shape() {
    let rules = r#"rule r { on day_of_delivery id "276" require person
        send push { body "Hi" } send email { to "a@b.c" subject "s" text "t" } }"#;
    let actions = actions(rules, r#"{"person": {"person_key": "w2e2"}}"#);
    for (at, channel) in [(1, "push"), (2, "email")] {
        assert_eq!(actions[at]["message_type"], channel);
        assert_eq!(
            actions[at][channel]["source"]["resource_url"],
            format!("{URL}/276")
        );
        assert_eq!(actions[at][channel]["person"]["person_key"], "w2e2");
    }
    for body in bodies(rules, r#"{"person": {"person_key": "w2e2"}}"#) {
        assert_eq!(Callback::from_json(&body.to_json()), Ok(body));
    }
}

#[test]
fn failures_of_routing_have_the_texts_of_the_page() {
    let send = r#"send sms { body "Hi" }"#;
    let cases = [
        (
            "require person",
            r#"{"person": null}"#,
            "Person is not found",
        ),
        (
            r#"require subscribed "news""#,
            r#"{"subscribed": []}"#,
            "Person is not found",
        ),
        (
            "require carrier sms",
            r#"{"carrier": {"mms": true}}"#,
            "SMS is not supported by carrier",
        ),
        (
            "require carrier mms",
            r#"{"carrier": {"sms": true}}"#,
            "MMS is not supported by carrier",
        ),
    ];
    for (requirement, answers, error) in cases {
        let rules = format!(r#"rule r {{ on day_of_delivery id "276" {requirement} {send} }}"#);
        let failure = &actions(&rules, answers)[0]["failure"];
        assert_eq!(
            *failure,
            json!({"reason": "no_routes_accepted_event",
                "errors": [{"error": error, "resource_url": format!("{URL}/276")}]}),
            "{requirement}"
        );
    }
    let no_filter = format!("rule r {{ on day_of_delivery when nothing == 1 {send} }}");
    assert_eq!(
        actions(&no_filter, "{}")[0]["failure"],
        json!({"reason": "no_routes_accepted_event",
            "errors": [{"error": "Event did not match any filter"}]})
    );
    let no_rule = format!("rule r {{ on another {send} }}");
    assert_eq!(
        actions(&no_rule, "{}")[0]["failure"],
        json!({"reason": "no_route_rules_found_for_event"})
    );
}

#[test]
fn the_carrier_is_looked_up_by_mdn_or_else_by_person() {
    let engine = engine(r#"rule r { on t require carrier sms send sms { body "Hi" } }"#);
    for (data, asked) in [
        (
            r#"{"external_person_id":"abcd12345"}"#,
            r#"{"carrier":{"external_person_id":"abcd12345"}}"#,
        ),
        (
            r#"{"person_key":"k","mdn":"13125550100"}"#,
            r#"{"carrier":{"mdn":"13125550100"}}"#,
        ),
    ] {
        let event = taken(
            Adapter::Vibes,
            &format!(r#"{{"event_type":"t","event_data":{data}}}"#),
        );
        let Step::Ask(questions) = engine.route(&event, &Answers::new(now())) else {
            panic!("nothing is asked");
        };
        let questions: Vec<String> = questions.iter().map(Question::to_json).collect();
        assert_eq!(questions, [asked]);
    }
}

#[test]
fn a_failed_carrier_lookup_accepts_the_route_and_fails_its_messages() {
    let rules = r#"rule r { on day_of_delivery require carrier sms require carrier mms
        send sms { body "Hi" } send mms { media "{{order_url}}" } send push { body "Hi" } }"#;
    let actions = actions(
        rules,
        r#"{"carrier": {"lookup_failed": "no such carrier"}}"#,
    );
    assert_eq!(
        actions[0]["status_reason"],
        "accepted_by_event_triggered_message"
    );
    for at in [1, 2] {
        assert_eq!(actions[at]["status_reason"], "event_message_action_failed");
        assert_eq!(
            actions[at]["failure"]["reason"],
            "PermanentLookupFailureError"
        );
        assert_eq!(
            actions[at]["failure"]["errors"][0]["error"],
            "Carrier Lookup for abcd12345 failed with error no such carrier"
        );
    }
    assert_eq!(
        actions[3]["failure"],
        Value::Null,
        "a push needs no carrier"
    );
}

#[test]
fn failed_messages_have_the_texts_of_the_page() {
    let mms = r#"send mms { media "{{order_url}}" }"#;
    let cases = [
        (
            r#"send sms { body "{{incentive 'p'}}" }"#,
            r#"{"codes": {"p": null}}"#,
            [
                "NoAvailableCodes",
                "The referenced incentive pool is out of codes.",
            ],
        ),
        (
            r#"send mms { media "{{media_url}}" }"#,
            "{}",
            ["ValidationError", "Rendered media URL is blank"],
        ),
        (
            mms,
            r#"{"media": {"content_type": "application/pdf", "bytes": 9}}"#,
            [
                "ValidationError",
                "Content of type application/pdf are not allowed",
            ],
        ),
        (
            mms,
            r#"{"media": {"content_type": "image/png", "bytes": 524289}}"#,
            ["ValidationError", "Image size cannot exceed 0.5 megabytes"],
        ),
        (
            mms,
            r#"{"media": {"unavailable": "Reason for unexpected error."}}"#,
            ["UnexpectedError", "Reason for unexpected error."],
        ),
    ];
    for (send, answers, expected) in cases {
        let actions = actions(&format!("rule r {{ on day_of_delivery {send} }}"), answers);
        let failure = &actions[1]["failure"];
        assert_eq!(failure["reason"], expected[0], "{send}");
        assert_eq!(failure["errors"][0]["error"], expected[1], "{send}");
    }
}

#[test]
fn media_is_checked_against_guidelines_of_the_host() {
    let rules = r#"rule r { on day_of_delivery send mms { media "{{order_url}}" } }"#;
    let event = taken(Adapter::Vibes, EVENT);
    let of_page = MediaGuidelines::default();
    let wide = MediaGuidelines::new(["video/mp4"], 1 << 20);
    let status = |guidelines: &MediaGuidelines, content_type: &str, bytes| {
        let engine = Engine::builder()
            .source("r", rules)
            .media(guidelines.clone());
        let engine = engine.build().unwrap();
        let mut answers = Answers::new(now());
        let Step::Ask(questions) = engine.route(&event, &answers) else {
            panic!("the media is not asked about");
        };
        let media = Answer::Media(Media::new(content_type, bytes));
        answers.answer(questions[0].clone(), media).unwrap();
        match engine.route(&event, &answers) {
            Step::Done(outcome) => outcome.results()[1].action().status().as_str(),
            Step::Ask(_) => panic!("asked twice"),
        }
    };
    for (guidelines, content_type, bytes, expected) in [
        (&of_page, "image/png", 524_288, "processing"),
        (&of_page, "image/png", 524_289, "failed"),
        (&of_page, "IMAGE/Jpeg; q=1", 1, "processing"),
        (&of_page, "image/gif", 1, "processing"),
        (&of_page, "image/webp", 1, "failed"),
        (&of_page, "video/mp4", 1, "failed"),
        (&wide, "video/mp4", 9_000_000, "processing"),
        (&wide, "image/png", 1, "failed"),
    ] {
        assert_eq!(
            status(guidelines, content_type, bytes),
            expected,
            "{content_type} {bytes}"
        );
    }
}
