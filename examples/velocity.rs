//! Translates a Velocity email into a template of the rule language. Unsupported directives are errors with
//! their position.
//!
//! ```text
//! cargo run --example velocity
//! ```

use std::error::Error;

use pointsman::adapter::Adapter;
use pointsman::adapter::esputnik::velocity_to_template;
use pointsman::{Answers, Engine, SeededIds, Step};

const EMAIL: &str = "${name}, you forgot:
#foreach($!item in $!data.get('array'))
- $!item.get('name') for $!item.get('price')
#end";

const EVENT: &[u8] = br#"{
    "eventTypeKey": "abandoned_cart", "keyValue": "site@com.net",
    "params": [
        {"name": "name", "value": "Olena"},
        {"name": "items", "value": {"array": [{"name": "Hair styler", "price": "341"}, {"name": "Soap"}]}}
    ]
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    // `$data` is the field `items` of the event's data.
    let template = velocity_to_template(EMAIL, "items")?;
    println!("{template}\n");
    let engine = Engine::compile(format!(
        r#"rule remind {{
            on abandoned_cart
            send email {{ subject "Your cart" text """{template}""" }}
        }}"#
    ))?;
    let event = engine.read_as(Adapter::Esputnik, EVENT, &mut SeededIds::new(1))?;
    if let Step::Done(outcome) =
        engine.route(&event, &Answers::new("2026-11-20T10:00:00Z".parse()?))
    {
        for result in outcome.results() {
            println!(
                "{}",
                result
                    .message()
                    .and_then(|message| message.text())
                    .unwrap_or_default()
            );
        }
    }
    for text in ["Hi $!item.get(''name')", "Hi\n#if($name) $name #end"] {
        if let Err(error) = velocity_to_template(text, "") {
            println!("{error}");
        }
    }
    Ok(())
}
