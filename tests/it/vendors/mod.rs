//! What the pages of the vendors say, row by row, with their own examples.

mod carecloud;
mod contact;
mod esputnik;
mod hostile;
mod journal;
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

/// Code and path of the rejection.
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
