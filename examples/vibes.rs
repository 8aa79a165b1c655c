//! Reads Vibes events in both versions of the API, replies to them, and routes them.
//!
//! ```text
//! cargo run --example vibes
//! ```

use std::error::Error;

use pointsman::adapter::Adapter;
use pointsman::{Answers, Engine, SeededIds, SeenEvents};

/// The second has a `+` in its number, which version 1 rejects. The third reuses an id.
const EVENTS: [&str; 3] = [
    r#"{"event_id": "2d4a2", "event_type": "day_of_delivery",
        "event_data": {"first_name": "Bob", "mdn": "13125550100", "delivery_time": "5:00 PM"}}"#,
    r#"{"event_type": "day_of_delivery", "event_data": {"mdn": "+13125550100"}}"#,
    r#"{"event_id": "2d4a2", "event_type": "DAY_OF_DELIVERY", "event_data": {"mdn": "13125550100"}}"#,
];

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::compile(
        r#"rule delivery {
            on day_of_delivery
            send sms { body "Hi {{first_name}}, your order arrives at {{delivery_time}}" }
        }"#,
    )?;
    let (seen, mut ids) = (SeenEvents::default(), SeededIds::new(1));
    for adapter in [Adapter::VibesV1, Adapter::Vibes] {
        println!("{adapter}");
        for text in EVENTS {
            let event = match engine.read_as(adapter, text.as_bytes(), &mut ids) {
                Ok(event) => event,
                Err(rejection) => {
                    let reply = adapter.refused(&rejection);
                    println!("  {} {}", reply.status(), reply.body());
                    continue;
                }
            };
            // The reply promises no message, so it can be sent before routing.
            let reply = adapter.accepted(&event);
            println!("  {} {}", reply.status(), reply.body());
            let answers = Answers::new("2026-11-20T10:00:00Z".parse()?);
            let outcome = engine.route_with(&event, answers, &seen, |_| Vec::new())?;
            println!("      {}", outcome.to_json());
        }
    }
    Ok(())
}
