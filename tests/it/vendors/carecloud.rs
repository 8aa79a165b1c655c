//! `CareCloud`'s page on `POST /events`, row by row.

use pointsman::adapter::Adapter;
use pointsman::{Engine, RecipientKind, SeededIds};

use super::{engine, parse, read, refused, route, taken};

const REQUEST: &str = include_str!("../../fixtures/carecloud/create-event-request.json");
const RESPONSE: &str = include_str!("../../fixtures/carecloud/create-event-response.json");

#[test]
fn the_example_of_the_page_is_read() {
    let event = taken(Adapter::Carecloud, REQUEST);
    assert_eq!(event.event_type(), "8bed991c68a470e7aaeffbf048");
    assert!(event.id_generated());
    let customer = event.recipient(RecipientKind::CustomerId).unwrap();
    assert_eq!(customer.value(), "85bc5819e09dab95437552ce79");
    assert_eq!(
        event.event_data(),
        r#"{"customer_id":"85bc5819e09dab95437552ce79","external_id":"aaabbbccc","properties":{"has_purchase":"true"}}"#
    );
}

#[test]
fn text_stays_text_and_numbers_keep_their_spelling() {
    let json = r#"{"event":{"event_type_id":"t","customer_id":"c","external_id":null},
        "property_records":[{"property_id":"a-b","property_value":1.50},{"property_value":{ "x":1 },"property_id":"o"}]}"#;
    let event = taken(Adapter::Carecloud, json);
    assert_eq!(
        event.event_data(),
        r#"{"customer_id":"c","external_id":null,"properties":{"a-b":1.50,"o":{ "x":1 }}}"#
    );
    let engine =
        engine(r#"rule r { on t when properties["a-b"] == 1.5 do note { o: properties.o.x } }"#);
    assert_eq!(
        route(&engine, &event)["results"][1]["action"]["params"]["o"],
        1
    );
    let request = taken(Adapter::Carecloud, REQUEST);
    let typed = Engine::builder()
        .open_registry(true)
        .source(
            "r",
            r#"rule text { on * when properties.has_purchase == "true" do a {} }
                        rule bool { on * when properties.has_purchase == true do b {} }"#,
        )
        .build()
        .unwrap();
    let outcome = route(&typed, &request);
    assert_eq!(outcome["results"][0]["rule"], "text");
    assert_eq!(outcome["results"].as_array().unwrap().len(), 2);
}

#[test]
fn optional_members_may_be_omitted() {
    for json in [
        r#"{"event":{"event_type_id":"t","customer_id":"c"}}"#,
        r#"{"event":{"event_type_id":"t","customer_id":"c","secondary_external_id":null,"data":null,"state":null},"property_records":null}"#,
        r#"{"event":{"event_type_id":"t","customer_id":"c","secondary_external_id":"s","data":"{}","state":2,"more":{}},"property_records":[]}"#,
    ] {
        let event = taken(Adapter::Carecloud, json);
        assert_eq!(event.event_data(), r#"{"customer_id":"c","properties":{}}"#);
    }
}

#[test]
fn mandatory_members_are_checked() {
    let event = |members: &str| format!(r#"{{"event":{{{members}}}}}"#);
    let records = |list: &str| {
        format!(
            r#"{{"event":{{"event_type_id":"t","customer_id":"c"}},"property_records":{list}}}"#
        )
    };
    let cases = [
        ("{}".to_owned(), "missing_event", "event"),
        (r#"{"event":null}"#.to_owned(), "missing_event", "event"),
        (r#"{"event":[]}"#.to_owned(), "missing_event", "event"),
        (
            event(r#""customer_id":"c""#),
            "missing_event_type",
            "event.event_type_id",
        ),
        (
            event(r#""customer_id":"c","event_type_id":null"#),
            "invalid_event_type",
            "event.event_type_id",
        ),
        (
            event(r#""customer_id":"c","event_type_id":"a b""#),
            "invalid_event_type",
            "event.event_type_id",
        ),
        (
            event(r#""event_type_id":"t""#),
            "missing_recipient",
            "event.customer_id",
        ),
        (
            event(r#""event_type_id":"t","customer_id":null"#),
            "missing_recipient",
            "event.customer_id",
        ),
        (
            event(r#""event_type_id":"t","customer_id":7"#),
            "invalid_recipient",
            "event.customer_id",
        ),
        (
            event(r#""event_type_id":"t","customer_id":" ""#),
            "invalid_recipient",
            "event.customer_id",
        ),
        (
            event(r#""event_type_id":"t","customer_id":"c","external_id":7"#),
            "invalid_event_data",
            "event.external_id",
        ),
        (
            event(r#""event_type_id":"t","customer_id":"c","secondary_external_id":[]"#),
            "invalid_event_data",
            "event.secondary_external_id",
        ),
        (
            event(r#""event_type_id":"t","customer_id":"c","state":"1""#),
            "invalid_event_data",
            "event.state",
        ),
        (
            event(r#""event_type_id":"t","customer_id":"c","state":1.5"#),
            "invalid_event_data",
            "event.state",
        ),
        (records("{}"), "invalid_property", "property_records"),
        (records("[7]"), "invalid_property", "property_records[0]"),
        (
            records(r#"[{"property_value":1}]"#),
            "invalid_property",
            "property_records[0].property_id",
        ),
        (
            records(r#"[{"property_id":1,"property_value":1}]"#),
            "invalid_property",
            "property_records[0].property_id",
        ),
        (
            records(r#"[{"property_id":" ","property_value":1}]"#),
            "invalid_property",
            "property_records[0].property_id",
        ),
        (
            records(r#"[{"property_id":"a"}]"#),
            "invalid_property",
            "property_records[0].property_value",
        ),
        (
            records(
                r#"[{"property_id":"a","property_value":1},{"property_id":"b","property_value":1},{"property_id":"\u0061","property_value":1}]"#,
            ),
            "duplicate_param",
            "property_records[2].property_id",
        ),
        (
            r#"{"property_records":7}"#.to_owned(),
            "missing_event",
            "event",
        ),
    ];
    for (json, code, path) in cases {
        assert_eq!(
            refused(Adapter::Carecloud, &json),
            (code.into(), path.into()),
            "{json}"
        );
    }
}

#[test]
fn an_event_is_answered_with_201_and_its_id() {
    let mut ids = || "85c7c9d1ccf6c6dfed34edc8d2".to_owned();
    let limits = pointsman::Limits::default();
    let event = Adapter::Carecloud
        .read(REQUEST.as_bytes(), &limits, &mut ids)
        .unwrap();
    let reply = Adapter::Carecloud.accepted(&event);
    assert_eq!(reply.status(), 201);
    assert_eq!(reply.content_type(), "application/json; charset=utf-8");
    assert_eq!(parse(reply.body()), parse(RESPONSE));
    let rejection = read(Adapter::Carecloud, "{}").unwrap_err();
    let reply = Adapter::Carecloud.refused(&rejection);
    assert_eq!(
        (reply.status(), reply.content_type()),
        (400, "application/json; charset=utf-8")
    );
}

#[test]
fn events_trigger_workflows() {
    let engine = Engine::compile(
        r#"rule start { on 8bed991c68a470e7aaeffbf048 when properties.has_purchase == "true"
             do workflow.start { customer: customer_id, by: event.recipient.customer_id } }"#,
    )
    .unwrap();
    let event = engine
        .read_as(
            Adapter::Carecloud,
            REQUEST.as_bytes(),
            &mut SeededIds::new(1),
        )
        .unwrap();
    let outcome = route(&engine, &event);
    let action = &outcome["results"][1]["action"];
    assert_eq!(action["name"], "workflow.start");
    assert_eq!(action["params"]["customer"], "85bc5819e09dab95437552ce79");
    assert_eq!(action["params"]["by"], "85bc5819e09dab95437552ce79");
    let other = REQUEST.replace("8bed", "9bed");
    let rejection = engine
        .read_as(Adapter::Carecloud, other.as_bytes(), &mut SeededIds::new(1))
        .unwrap_err();
    assert_eq!(rejection.path(), Some("event.event_type_id"));
}
