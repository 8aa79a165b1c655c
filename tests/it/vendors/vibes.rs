//! Vibes' page about events, row by row.

use pointsman::adapter::{Adapter, vibes::Accepted};
use pointsman::{Answers, Engine, Limits, RecipientKind, SeededIds, SeenEvents, Step};

use super::{engine, now, parse, read, refused, route, taken};

const EVENT: &str = include_str!("../../fixtures/vibes/event.json");
const ACCEPTED: &str = include_str!("../../fixtures/vibes/event-accepted.json");

fn with(member: &str, value: &str) -> String {
    let mut event = parse(EVENT);
    event[member] = parse(value);
    event.to_string()
}

fn without(member: &str) -> String {
    let mut event = parse(EVENT);
    event.as_object_mut().unwrap().remove(member);
    event.to_string()
}

#[test]
fn the_example_of_the_page_is_read() {
    let event = taken(Adapter::Vibes, EVENT);
    assert_eq!(event.id(), "2d4a2");
    assert_eq!(event.event_type(), "day_of_delivery");
    assert!(!event.id_generated());
    let person = event.recipient(RecipientKind::ExternalPersonId).unwrap();
    assert_eq!(person.value(), "abcd12345");
    assert_eq!(parse(event.event_data()), parse(EVENT)["event_data"]);
    assert_eq!(
        parse(event.debug_data().unwrap()),
        parse(EVENT)["debug_data"]
    );
}

#[test]
fn event_type_is_required_checked_folded_and_echoed() {
    let path = ("event_type".to_owned(),);
    let code = |json: String| refused(Adapter::Vibes, &json);
    assert_eq!(
        code(without("event_type")),
        ("missing_event_type".into(), path.0.clone())
    );
    for bad in [r#""""#, "null", "7", r#""a b""#, r#""día""#, r#""a.b""#] {
        assert_eq!(
            code(with("event_type", bad)),
            ("invalid_event_type".into(), path.0.clone()),
            "{bad}"
        );
    }
    let engine = Engine::compile("rule r { on day_of_delivery do note {} }").unwrap();
    let event = with("event_type", r#""DAY_of_Delivery""#);
    let event = engine
        .read(event.as_bytes(), &mut SeededIds::new(1))
        .unwrap();
    let outcome = route(&engine, &event);
    assert_eq!(outcome["event_type"], "DAY_of_Delivery");
    assert_eq!(outcome["results"][0]["rule"], "r");
}

#[test]
fn event_types_are_set_up_before_the_call() {
    let rules = "event declared\nrule r { on listened do note {} }";
    let closed = Engine::compile(rules).unwrap();
    let open = engine(rules);
    let try_type = |engine: &Engine, name: &str| {
        let json = with("event_type", &format!("\"{name}\""));
        engine
            .read_as(Adapter::Vibes, json.as_bytes(), &mut SeededIds::new(1))
            .map(|event| route(engine, &event)["results"][0]["action"]["failure"]["reason"].clone())
            .map_err(|rejection| rejection.code().to_string())
    };
    let no_rules = serde_json::json!("no_route_rules_found_for_event");
    assert_eq!(try_type(&closed, "listened"), Ok(serde_json::Value::Null));
    assert_eq!(try_type(&closed, "declared"), Ok(no_rules.clone()));
    assert_eq!(
        try_type(&closed, "other"),
        Err("unknown_event_type".to_owned())
    );
    assert_eq!(try_type(&open, "other"), Ok(no_rules));
}

#[test]
fn event_data_is_any_object_and_is_kept_unchanged() {
    let data =
        r#"{ "mdn" : "+13125550100", "z":1.50,"a":[1e400, 12345678901234567890], "é":null }"#;
    let json = format!(r#"{{"event_type":"t","event_data":{data}}}"#);
    assert_eq!(taken(Adapter::Vibes, &json).event_data(), data);
    let code = |json: &str| refused(Adapter::Vibes, json).0;
    assert_eq!(code(&without("event_data")), "missing_event_data");
    assert_eq!(code(&with("event_data", "[]")), "invalid_event_data");
    assert_eq!(code(&with("event_data", "null")), "invalid_event_data");
    let twice = r#"{"event_type":"t","event_data":{"mdn":"+13125550100","a":{"b":1,"b":2}}}"#;
    assert_eq!(
        refused(Adapter::Vibes, twice),
        ("duplicate_key".into(), "event_data.a.b".into())
    );
    let deep = format!(
        r#"{{"event_type":"t","event_data":{{"a":{}"#,
        "[".repeat(127)
    );
    assert_eq!(code(&deep), "too_deep");
}

#[test]
fn one_identifier_is_required_and_all_are_kept() {
    let data = |data: &str| format!(r#"{{"event_type":"t","event_data":{data}}}"#);
    let all = data(
        r#"{"vibes_device_id":"d","mdn":"13125550100","person_id":"p","person_key":"k","external_person_id":"e"}"#,
    );
    let event = taken(Adapter::Vibes, &all);
    for (kind, value) in [
        (RecipientKind::VibesDeviceId, "d"),
        (RecipientKind::Mdn, "13125550100"),
        (RecipientKind::PersonId, "p"),
        (RecipientKind::PersonKey, "k"),
        (RecipientKind::ExternalPersonId, "e"),
    ] {
        assert_eq!(event.recipient(kind).unwrap().value(), value);
        let alone = data(&format!(r#"{{"{}":"{value}"}}"#, kind.name()));
        assert!(read(Adapter::Vibes, &alone).is_ok(), "{alone}");
    }
    let cases = [
        ("{}", "missing_recipient", "event_data"),
        (r#"{"mdn":null}"#, "missing_recipient", "event_data"),
        (r#"{"email":"a@b.c"}"#, "missing_recipient", "event_data"),
        (
            r#"{"person_id":7}"#,
            "invalid_recipient",
            "event_data.person_id",
        ),
        (
            r#"{"person_key":"k","mdn":" "}"#,
            "invalid_recipient",
            "event_data.mdn",
        ),
        (r#"{"mdn":"555"}"#, "invalid_mdn", "event_data.mdn"),
    ];
    for (json, code, path) in cases {
        assert_eq!(
            refused(Adapter::Vibes, &data(json)),
            (code.into(), path.into()),
            "{json}"
        );
    }
}

#[test]
fn event_id_is_optional_and_at_most_40_characters() {
    for json in [without("event_id"), with("event_id", "null")] {
        let event = taken(Adapter::Vibes, &json);
        assert!(event.id_generated());
        assert_eq!(event.id().len(), 36);
    }
    let forty = "é".repeat(40);
    assert_eq!(
        taken(Adapter::Vibes, &with("event_id", &format!("\"{forty}\""))).id(),
        forty
    );
    let cases = [
        (format!("\"{}\"", "é".repeat(41)), "event_id_too_long"),
        ("\"\"".to_owned(), "invalid_event_id"),
        ("7".to_owned(), "invalid_event_id"),
    ];
    for (value, code) in cases {
        let found = refused(Adapter::Vibes, &with("event_id", &value));
        assert_eq!(found, (code.into(), "event_id".into()));
    }
    let engine = engine("rule r { on day_of_delivery do note {} }");
    let generated = route(&engine, &taken(Adapter::Vibes, &without("event_id")));
    assert_eq!(generated["event_id_generated"], true);
    assert!(
        route(&engine, &taken(Adapter::Vibes, EVENT))
            .get("event_id_generated")
            .is_none()
    );
}

#[test]
fn a_reused_event_id_is_ignored_per_company_and_answered_the_same() {
    let engine = engine(r#"company "zY5VnE7r" rule r { on day_of_delivery do note {} }"#);
    let seen = SeenEvents::default();
    let event = taken(Adapter::Vibes, EVENT);
    let deliver = |event| {
        let answers = Answers::new(now());
        let outcome = engine.route_with(event, answers, &seen, |_| Vec::new());
        parse(&outcome.unwrap().to_json())
    };
    assert_eq!(deliver(&event)["results"].as_array().unwrap().len(), 2);
    let other = taken(
        Adapter::Vibes,
        &with("event_data", r#"{"mdn":"+13125550100"}"#),
    );
    let again = deliver(&other);
    assert_eq!(again["ignored"], "duplicate_event_id");
    assert!(again.get("results").is_none());
    assert_eq!(Accepted::new(&event), Accepted::new(&other));
    assert!(seen.claim("another company", event.id(), now()));
}

#[test]
fn debug_data_is_kept_and_rules_cannot_read_it() {
    let data = r#"{ "field":{"deep":[1.50]}}"#;
    let rest = without("debug_data");
    let json = rest.replacen('{', &format!(r#"{{"debug_data":{data},"#), 1);
    assert_eq!(taken(Adapter::Vibes, &json).debug_data(), Some(data));
    assert_eq!(
        taken(Adapter::Vibes, &with("debug_data", "{}")).debug_data(),
        Some("{}")
    );
    for absent in [with("debug_data", "null"), without("debug_data")] {
        assert_eq!(taken(Adapter::Vibes, &absent).debug_data(), None);
    }
    assert_eq!(
        refused(Adapter::Vibes, &with("debug_data", "[]")),
        ("invalid_debug_data".into(), "debug_data".into())
    );
    let errors = Engine::compile(r#"rule r { on t when debug_data.field == "x" do n {} }"#);
    assert!(errors.unwrap_err().to_string().contains("debug_data"));
}

#[test]
fn version_1_refuses_e164_numbers() {
    let json = |mdn: &str| format!(r#"{{"event_type":"t","event_data":{{"mdn":"{mdn}"}}}}"#);
    let cases = [
        ("+13125550100", true, false),
        ("13125550100", true, true),
        ("1234567", true, true),
        ("+1234567", true, false),
        ("123456789012345", true, true),
        ("123456", false, false),
        ("1234567890123456", false, false),
        ("+", false, false),
        ("++13125550100", false, false),
        ("1312555010x", false, false),
        ("1 312 555 0100", false, false),
    ];
    for (mdn, second, first) in cases {
        for (adapter, passes) in [(Adapter::Vibes, second), (Adapter::VibesV1, first)] {
            match read(adapter, &json(mdn)) {
                Ok(_) => assert!(passes, "{adapter} {mdn}"),
                Err(rejection) => {
                    assert!(!passes, "{adapter} {mdn}");
                    assert_eq!(rejection.code().as_str(), "invalid_mdn");
                    assert_eq!(rejection.path(), Some("event_data.mdn"));
                }
            }
        }
    }
    // A rejected event claims no id.
    let mut ids = || -> String { panic!("an id was taken") };
    let json = json("+13125550100");
    let limits = Limits::default();
    assert!(
        Adapter::VibesV1
            .read(json.as_bytes(), &limits, &mut ids)
            .is_err()
    );
    assert!(
        taken(Adapter::VibesV1, EVENT)
            .recipient(RecipientKind::Mdn)
            .is_none()
    );
}

#[test]
fn an_event_is_accepted_with_202_and_its_id_before_routing() {
    let event = taken(
        Adapter::Vibes,
        &with("event_id", r#""ABCD-GUID-12352234234-ABCD""#),
    );
    let accepted = Accepted::new(&event);
    assert_eq!(accepted.event_id(), "ABCD-GUID-12352234234-ABCD");
    assert_eq!(parse(accepted.to_json()), parse(ACCEPTED));
    let reply = Adapter::Vibes.accepted(&event);
    assert_eq!(
        (reply.status(), reply.content_type()),
        (202, "application/json")
    );
    assert_eq!(parse(reply.body()), parse(ACCEPTED));
    let generated = taken(Adapter::VibesV1, &without("event_id"));
    let reply = Adapter::VibesV1.accepted(&generated);
    assert_eq!(parse(reply.body())["event_id"], generated.id());
}

fn message_to(data: &str, send: &str) -> serde_json::Value {
    let engine = engine(&format!("rule r {{ on t send {send} }}"));
    let json = format!(r#"{{"event_type":"t","event_data":{data}}}"#);
    let outcome = route(&engine, &taken(Adapter::Vibes, &json));
    let result = &outcome["results"][1];
    match result["action"].get("failure") {
        None => result["message"]["to"].clone(),
        Some(failure) => serde_json::json!([failure["reason"], failure["errors"][0]["error"]]),
    }
}

#[test]
fn each_channel_takes_its_own_identifier() {
    const SMS: &str = r#"sms { body "x" }"#;
    const MMS: &str = r#"mms { media "https://example.com/a.png" }"#;
    const PUSH: &str = r#"push { body "x" }"#;
    const EMAIL: &str = r#"email { subject "x" text "x" }"#;
    let all = r#"{"vibes_device_id":"d","mdn":"13125550100","person_id":"p","person_key":"k","external_person_id":"e"}"#;
    let person = r#"{"vibes_device_id":"d","person_id":"p","person_key":"k"}"#;
    let alone = r#"{"vibes_device_id":"d"}"#;
    let nobody = r#"["ValidationError","Event has no mdn or person"]"#;
    let cases = [
        (all, SMS, r#"{"mdn":"13125550100"}"#),
        (all, PUSH, r#"{"vibes_device_id":"d"}"#),
        (all, EMAIL, r#"{"external_person_id":"e"}"#),
        (person, SMS, r#"{"person_key":"k"}"#),
        (person, PUSH, r#"{"vibes_device_id":"d"}"#),
        (r#"{"person_id":"p"}"#, PUSH, r#"{"person_id":"p"}"#),
        (alone, SMS, nobody),
        (alone, PUSH, r#"{"vibes_device_id":"d"}"#),
        (alone, EMAIL, r#"["ValidationError","Recipient is blank"]"#),
    ];
    for (data, send, expected) in cases {
        assert_eq!(message_to(data, send), parse(expected), "{data} {send}");
    }
    let engine = engine(&format!("rule r {{ on t send {MMS} }}"));
    let json = format!(r#"{{"event_type":"t","event_data":{alone}}}"#);
    let outcome = route(&engine, &taken(Adapter::Vibes, &json));
    let failure = &outcome["results"][1]["action"]["failure"];
    assert_eq!(failure["errors"][0]["error"], "Event has no mdn or person");
}

#[test]
fn a_person_id_of_either_kind_is_looked_up_and_the_answer_has_the_key() {
    let engine = engine(r#"company "c" rule r { on t require person send sms { body "x" } }"#);
    let json = r#"{"event_type":"t","event_data":{"person_id":"17"}}"#;
    let event = taken(Adapter::Vibes, json);
    let asked = match engine.route(&event, &Answers::new(now())) {
        Step::Ask(questions) => questions[0].to_json(),
        Step::Done(outcome) => panic!("{}", outcome.to_json()),
    };
    assert_eq!(asked, r#"{"person":{"person_id":"17"}}"#);
    let answers = Answers::from_json(r#"{"person":{"person_key":"w2e2"}}"#, now()).unwrap();
    let Step::Done(outcome) = engine.route(&event, &answers) else {
        panic!("all is answered");
    };
    let person = &parse(&outcome.to_json())["results"][1]["action"]["sms"]["person"];
    assert_eq!(person["person_key"], "w2e2");
}
