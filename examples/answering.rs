//! A host that answers the engine's questions and skips duplicate events. The lookups are hard-coded
//! here; a real host would query its directory.
//!
//! ```text
//! cargo run --example answering
//! ```

use std::error::Error;

use pointsman::answer::Person;
use pointsman::{Answer, Answers, Engine, Question, SeededIds, SeenEvents};

const RULES: &str = r#"
rule welcome {
    on signup
    require person
    require carrier sms
    send sms { body "Welcome {{person.name}}, here is {{incentive 'welcome'}}" }
}
"#;

const EVENTS: [&str; 3] = [
    r#"{"event_id": "1", "event_type": "signup", "event_data": {"mdn": "+13125550100"}}"#,
    r#"{"event_id": "2", "event_type": "signup", "event_data": {"mdn": "+13125550199"}}"#,
    r#"{"event_id": "1", "event_type": "signup", "event_data": {"mdn": "+13125550100"}}"#,
];

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder().source("welcome.rules", RULES).build()?;
    let (seen, mut ids) = (SeenEvents::default(), SeededIds::new(1));
    for text in EVENTS {
        let event = engine.read(text.as_bytes(), &mut ids)?;
        let answers = Answers::new("2026-11-20T10:00:00Z".parse()?);
        let outcome = engine.route_with(&event, answers, &seen, |asked| {
            asked.iter().map(look_up).collect()
        })?;
        println!("{}", outcome.to_json());
    }
    Ok(())
}

fn look_up(question: &Question) -> Answer {
    match question {
        Question::Person { of } if of.value() == "+13125550100" => {
            let found = Person::from_json(r#"{"person_key": "w2e2", "name": "Bob"}"#);
            found.map_or(Answer::Absent, Answer::Person)
        }
        Question::Person { .. } => Answer::Absent,
        Question::Subscribed { list, .. } => Answer::Subscribed(&**list == "offers"),
        Question::Carrier { .. } => Answer::Carrier {
            sms: true,
            mms: false,
        },
        // The same key always gets the same code, so asking again uses up no other.
        Question::Code { pool, key } => Answer::Code(format!("{pool}-{key:.8}").into()),
        Question::Media { .. } => Answer::Unchecked,
    }
}
