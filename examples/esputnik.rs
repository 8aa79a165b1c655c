//! Reads eSputnik events. New event types are reported, and an invalid contact is not saved at all.
//!
//! ```text
//! cargo run --example esputnik
//! ```

use std::error::Error;

use pointsman::adapter::esputnik::key_of_event_type;
use pointsman::adapter::{Adapter, KnownTypes, Learned};
use pointsman::contact::{ContactFormats, FieldFormat};
use pointsman::{Answers, Engine, SeededIds, Step};

const RULES: &str = r#"rule save {
    on create_contact
    do contact.save { email: email, phone: phone, profileInputs: json.profileInputs }
}"#;

/// The second has an invalid phone and date, the third has a new type, and the fourth has no recipient.
const EVENTS: [&str; 4] = [
    r#"{"eventTypeKey": "create_contact", "keyValue": "site@com.net", "params": [
        {"name": "phone", "value": "380501234567"},
        {"name": "json", "value": {"profileInputs": [{"profileInputId": 10001, "value": "2020-11-23"}]}}]}"#,
    r#"{"eventTypeKey": "create_contact", "keyValue": "site@com.net", "params": [
        {"name": "phone", "value": "none"},
        {"name": "json", "value": {"profileInputs": [{"profileInputId": 10001, "value": "soon"}]}}]}"#,
    r#"{"eventTypeKey": "Cart (1)", "keyValue": "site@com.net"}"#,
    r#"{"eventTypeKey": "create_contact"}"#,
];

fn main() -> Result<(), Box<dyn Error>> {
    // The registry is open, because the first event of a type creates it. The formats of additional
    // fields are known only to the host.
    let engine = Engine::builder()
        .source("contacts.rules", RULES)
        .open_registry(true)
        .contacts(ContactFormats::default().with(10001, FieldFormat::Date))
        .build()?;
    let (types, mut ids) = (KnownTypes::default(), SeededIds::new(1));
    for text in EVENTS {
        let event = match engine.read_as(Adapter::Esputnik, text.as_bytes(), &mut ids) {
            Ok(event) => event,
            Err(rejection) => {
                let reply = Adapter::Esputnik.refused(&rejection);
                println!("{} {}", reply.status(), reply.body());
                continue;
            }
        };
        if types.learn(event.event_type()) == Learned::New {
            println!("new type: {:?}", key_of_event_type(event.event_type()));
        }
        match engine.route(&event, &Answers::new("2026-11-20T10:00:00Z".parse()?)) {
            Step::Done(outcome) => println!("{}", outcome.to_json()),
            Step::Ask(questions) => println!("look up first: {questions:?}"),
        }
    }
    Ok(())
}
