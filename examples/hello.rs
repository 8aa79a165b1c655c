//! Compiles one rule, reads one event, and prints the outcome.
//!
//! ```text
//! cargo run --example hello
//! ```

use pointsman::{Answers, Engine, SeededIds, Step};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::compile(r#"rule hi { on signup send sms { body "Hi {{first_name}}" } }"#)?;
    let event = engine.read(
        br#"{"event_id": "e1", "event_type": "signup",
             "event_data": {"mdn": "+13125550100", "first_name": "Bob"}}"#,
        &mut SeededIds::new(1),
    )?;
    match engine.route(&event, &Answers::new("2026-11-20T10:00:00Z".parse()?)) {
        Step::Done(outcome) => println!("{}", outcome.to_json()),
        Step::Ask(questions) => println!("look up first: {questions:?}"),
    }
    Ok(())
}
