//! Routing as a host sees it: outcomes, the questions on the way to them, and what must not change them.

use pointsman::{Answers, Engine, Event, SeededIds, SeenEvents, Step, Timestamp};

const NOW: &str = "2026-11-20T10:00:00Z";

fn engine(rules: &str) -> Engine {
    Engine::compile(rules).unwrap_or_else(|errors| panic!("{errors}"))
}

fn event(engine: &Engine, json: &str) -> Event {
    engine
        .read(json.as_bytes(), &mut SeededIds::new(1))
        .unwrap_or_else(|rejection| panic!("{rejection}"))
}

fn answers(json: &str) -> Answers {
    Answers::from_json(json, NOW.parse().unwrap()).unwrap()
}

fn bare() -> Answers {
    Answers::new(NOW.parse::<Timestamp>().unwrap())
}

/// The outcome's JSON with the ids of results taken out, or the questions'.
fn route(rules: &str, json: &str, given: &str) -> String {
    let engine = engine(rules);
    let event = event(&engine, json);
    without_ids(&engine.route(&event, &answers(given)).to_json(&event))
}

fn without_ids(json: &str) -> String {
    let mut out = String::new();
    let mut rest = json;
    while let Some((before, after)) = rest.split_once(r#""id":""#) {
        out.push_str(before);
        let (_, after) = after.split_once(r#"","#).unwrap_or(("", after));
        rest = after;
        // A result may be all there is of an object: then a comma is left over.
    }
    out.push_str(rest);
    out
}

const EVENT: &str = r#"{"event_id":"e1","event_type":"Hi","event_data":{"mdn":"+13125550100","city":"Austin","n":1.50}}"#;

#[test]
fn the_first_look() {
    let json = route(
        r#"company "c" rule a { on hi do note { n: n, city: city, none: nothing, fix: 2.50 } }"#,
        EVENT,
        "{}",
    );
    assert_eq!(
        json,
        r#"{"event_id":"e1","event_type":"Hi","results":[{"rule":"a","action":{"type":"routing","status":"processing","status_reason":"accepted_by_event_triggered_message","resource_url":"/companies/c/mobiledb/event_triggered_messages/a"}},{"rule":"a","action":{"type":"custom","status":"processing","name":"note","params":{"n":1.50,"city":"Austin","none":null,"fix":2.50}}}]}"#
    );
    let _ = (bare(), SeenEvents::default());
    let _ = matches!(Step::Ask(Vec::new()), Step::Ask(_));
}
