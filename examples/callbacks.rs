//! A host that reports the results of an event: an outcome becomes requests to everyone who registered.
//! They are printed here; a real host would send them.
//!
//! ```text
//! cargo run --example callbacks
//! ```

use std::error::Error;

use pointsman::callback::{self, read_registrations};
use pointsman::{Answers, Engine, SeededIds, Step};

const RULES: &str = r#"
company "northway"
rule shipped { on order_shipped id "276" send sms { body "Order {{order.number}} is on its way" } }
"#;

/// One registration per line. The second is for another event type.
const REGISTRATIONS: &str = r#"
{"callback_type": "event_processed", "destination": {"url": "https://example.com/all", "method": "POST", "content_type": "application/json"}}
{"callback_type": "event_processed", "event_processed": {"event_type": "order_returned"}, "destination": {"url": "https://example.com/returned", "method": "POST", "content_type": "application/json"}, "start_date": "2026-01-01T00:00Z"}
"#;

const EVENT: &[u8] = br#"{"event_id": "1", "event_type": "order_shipped",
    "event_data": {"mdn": "+13125550100", "order": {"number": "A-17", "total": 20.0}}}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder().source("shipped.rules", RULES).build()?;
    let registrations = read_registrations(REGISTRATIONS)?;
    let event = engine.read(EVENT, &mut SeededIds::new(1))?;
    let now = "2026-11-20T10:00:00Z".parse()?;
    if let Step::Done(outcome) = engine.route(&event, &Answers::new(now)) {
        for request in callback::requests(&event, &outcome, &registrations, now) {
            println!("{} {}", request.method(), request.url());
            println!("{}", request.body());
        }
    }
    Ok(())
}
