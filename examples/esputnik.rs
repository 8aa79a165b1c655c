//! An event in eSputnik's words: its type is learned, its rules written with a text in Velocity.
//!
//! ```text
//! cargo run --example esputnik
//! ```

use std::error::Error;

use pointsman::adapter::esputnik::{key_of_event_type, velocity_to_template};
use pointsman::adapter::{Adapter, KnownTypes, Learned};
use pointsman::{Answers, Engine, SeededIds, Step};

const LETTER: &str = "You forgot:
#foreach($!item in $!data.get('array'))
- $!item.get('name') for $!item.get('price')
#end";

fn main() -> Result<(), Box<dyn Error>> {
    let template = velocity_to_template(LETTER, "items")?;
    let rules = format!(
        r#"rule remind {{
            on abandoned_cart
            send email {{ subject "Your cart" text """{template}""" }}
        }}"#
    );
    // The first event of a type creates it, so the registry is open.
    let engine = Engine::builder()
        .source("cart.rules", rules)
        .open_registry(true)
        .build()?;
    let types = KnownTypes::default();

    let bytes = br#"{
        "eventTypeKey": "abandoned_cart", "keyValue": "site@com.net",
        "params": [{"name": "items", "value": {"array": [{"name": "Hair styler", "price": "341"}]}}]
    }"#;
    let mut ids = SeededIds::new(1);
    let event = match engine.read_as(Adapter::Esputnik, bytes, &mut ids) {
        Ok(event) => event,
        Err(rejection) => {
            let reply = Adapter::Esputnik.refused(&rejection);
            println!("{} {}", reply.status(), reply.body());
            return Ok(());
        }
    };
    if types.learn(event.event_type()) == Learned::New {
        println!("a new type: {:?}", key_of_event_type(event.event_type()));
    }
    match engine.route(&event, &Answers::new("2026-11-20T10:00:00Z".parse()?)) {
        Step::Done(outcome) => println!("{}", outcome.to_json()),
        Step::Ask(questions) => println!("asked: {questions:?}"),
    }
    Ok(())
}
