//! A host that turns delivery receipts into callbacks. The receipts arrive out of order and one of them
//! twice; each callback is made once.
//!
//! ```text
//! cargo run --example receipts
//! ```

use std::collections::HashMap;
use std::error::Error;

use pointsman::callback::{Receipt, ReceiptTracker, SentMessage};
use pointsman::{Answers, Engine, SeededIds, Step};

const RULES: &str = r#"rule hello { on signup send sms { body "Welcome {{name}}" } }"#;

const EVENT: &[u8] = br#"{"event_id": "1", "event_type": "signup",
    "event_data": {"mdn": "+13125550100", "name": "Bob"}}"#;

/// Receipts as a gateway would report them, without the id of the message.
const RECEIPTS: [&str; 5] = [
    r#""kind": "handset", "part": 1, "parts": 2, "reason": "delivered""#,
    r#""kind": "handset", "part": 2, "parts": 2, "reason": "expired", "error_code": 23"#,
    r#""kind": "carrier", "part": 2, "parts": 2, "reason": "sent""#,
    r#""kind": "handset", "part": 2, "parts": 2, "reason": "expired", "error_code": 23"#,
    r#""kind": "carrier", "part": 1, "parts": 2, "reason": "sent""#,
];

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder().source("hello.rules", RULES).build()?;
    let event = engine.read(EVENT, &mut SeededIds::new(1))?;
    let now = "2026-11-20T10:00:00Z".parse()?;
    let Step::Done(outcome) = engine.route(&event, &Answers::new(now)) else {
        return Err("these rules have no questions".into());
    };
    // Messages are stored by the id of their result, which the gateway returns with each receipt.
    let mut sent = HashMap::new();
    let mut id = "";
    for result in outcome.results() {
        if let Some(message) = SentMessage::of(&event, result) {
            id = result.id();
            sent.insert(id, message);
        }
    }
    let tracker = ReceiptTracker::default();
    for text in RECEIPTS {
        let receipt = Receipt::from_json(&format!(r#"{{"message_id": "{id}", {text}}}"#))?;
        if let Some(message) = sent.get(receipt.message_id())
            && let Some(callback) = tracker.callback(&receipt, message, now)
        {
            println!("{}", callback.to_json());
        }
    }
    Ok(())
}
