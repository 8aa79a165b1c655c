//! The shortest way from a rule and an event to what is to be done.
//!
//! ```text
//! cargo run --example hello
//! ```

use std::error::Error;

use pointsman::{Answers, Engine, SeededIds, Step};

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder()
        .source(
            "hello.rules",
            r#"rule hello { on signup send sms { body "Hi {{first_name}}" } }"#,
        )
        .build()?;
    let event = engine.read(
        br#"{"event_type": "signup", "event_data": {"mdn": "+13125550100", "first_name": "Bob"}}"#,
        &mut SeededIds::new(1),
    )?;
    match engine.route(&event, &Answers::new("2026-11-20T10:00:00Z".parse()?)) {
        Step::Done(outcome) => {
            for result in outcome.results() {
                if let Some(message) = result.message() {
                    println!(
                        "{}: {}",
                        message.channel().name(),
                        message.text().unwrap_or_default()
                    );
                }
            }
        }
        Step::Ask(questions) => println!("asked: {questions:?}"),
    }
    Ok(())
}
