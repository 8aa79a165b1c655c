//! The vendors' pages, row by row, with the examples of the pages.

mod carecloud;
mod contact;
mod esputnik;
mod hostile;
mod journal;
mod messages;
mod results;
mod table;
mod velocity;
mod vibes;

use pointsman::adapter::Adapter;
use pointsman::{Answers, Engine, Event, Limits, Rejection, SeededIds, Step, Timestamp};

const NOW: &str = "2026-11-20T10:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn read(adapter: Adapter, json: &str) -> Result<Event, Rejection> {
    adapter.read(json.as_bytes(), &Limits::default(), &mut SeededIds::new(1))
}

fn taken(adapter: Adapter, json: &str) -> Event {
    read(adapter, json).unwrap_or_else(|rejection| panic!("{rejection}: {json}"))
}

/// Returns the code and the path of the rejection.
fn refused(adapter: Adapter, json: &str) -> (String, String) {
    let rejection = read(adapter, json).expect_err(json);
    (
        rejection.code().to_string(),
        rejection.path().unwrap_or_default().to_owned(),
    )
}

fn engine(rules: &str) -> Engine {
    Engine::builder()
        .source("vendors.rules", rules)
        .open_registry(true)
        .build()
        .unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

fn route(engine: &Engine, event: &Event) -> serde_json::Value {
    match engine.route(event, &Answers::new(now())) {
        Step::Done(outcome) => parse(&outcome.to_json()),
        Step::Ask(questions) => panic!("asked {questions:?}"),
    }
}

fn parse(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[test]
fn tests_in_rule_files_read_events_in_vendor_formats() {
    let rules = r#"
        rule cart { on abandoned_cart do crm.note { name: items.array[0].name } }
        rule visit { on visit when properties.paid == "true" do crm.note {} }
        rule old { on old do crm.note {} }
        test "a cart" {
            adapter esputnik
            event { "eventTypeKey": "abandoned_cart", "keyValue": "k",
                    "params": [{ "name": "items", "value": { "array": [{ "name": "Hair styler" }] } }] }
            expect cart does crm.note { "name": "Hair styler" }
            event { "eventTypeKey": "abandoned!", "keyValue": "k" }
            expect rejected "invalid_event_type_key"
            event { "eventTypeKey": "unheard of", "keyValue": "k" }
            expect no_route_rules
        }
        test "a visit" {
            adapter carecloud
            event { "event": { "event_type_id": "visit", "customer_id": "c" },
                    "property_records": [{ "property_id": "paid", "property_value": "true" }] }
            expect visit accepts
        }
        test "an old number" {
            adapter vibes-v1
            event { "event_type": "old", "event_data": { "mdn": "+13125550100" } }
            expect rejected "invalid_mdn"
            event { "event_type": "old", "event_data": { "mdn": "13125550100" } }
            expect old accepts
        }"#;
    for report in engine(rules).run_tests() {
        assert!(
            report.passed(),
            "{}: {:?}",
            report.title(),
            report.failures()
        );
    }
}

#[test]
fn every_adapter_can_be_named_in_a_test() {
    for adapter in Adapter::ALL {
        let text = format!(
            "rule r {{ on t do x {{}} }} test \"t\" {{ adapter {adapter} event {{}} expect rejected }}"
        );
        let reports = engine(&text).run_tests();
        assert!(
            reports[0].passed(),
            "{adapter}: {:?}",
            reports[0].failures()
        );
    }
}
