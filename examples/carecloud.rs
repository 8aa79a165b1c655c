//! Reads a `CareCloud` event, replies to it, routes it, and answers queries from a journal.
//!
//! ```text
//! cargo run --example carecloud
//! ```

use std::error::Error;

use pointsman::adapter::Adapter;
use pointsman::journal::{Journal, Query};
use pointsman::{Answers, Engine, SeededIds, Step, Timestamp};

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::compile(
        r#"rule welcome {
            on 8bed991c68a470e7aaeffbf048
            when properties.has_purchase == "true"
            do workflow.start { name: "first purchase", customer: customer_id }
        }"#,
    )?;
    let journal = Journal::default();
    let now: Timestamp = "2020-08-06T11:30:31Z".parse()?;

    // POST /events
    let body = br#"{
        "event": {"event_type_id": "8bed991c68a470e7aaeffbf048", "customer_id": "85bc5819e09dab95437552ce79"},
        "property_records": [{"property_id": "has_purchase", "property_value": "true"}]
    }"#;
    let event = engine.read_as(Adapter::Carecloud, body, &mut SeededIds::new(1))?;
    let reply = Adapter::Carecloud.accepted(&event);
    println!("{} {}", reply.status(), reply.body());
    if let Step::Done(outcome) = engine.route(&event, &Answers::new(now)) {
        println!("{}", outcome.to_json());
    }
    journal.record(&event, now);

    // GET /events?count=10&sort_field=created_at&sort_direction=DESC
    let query = Query::parse("count=10&sort_field=created_at&sort_direction=DESC")?;
    println!("{}", journal.list(&query).to_json());

    // GET /events/{event_id}/property-records
    if let Some(records) = journal.property_records(event.id()) {
        println!("{}", records.to_json());
    }
    Ok(())
}
