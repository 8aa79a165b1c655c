//! An asynchronous host that looks up all questions of a round concurrently, each in its own task. The
//! lookups only yield here; a real host would call its services.
//!
//! ```text
//! cargo run --example asynchronous
//! ```

use std::error::Error;

use pointsman::answer::Person;
use pointsman::{Answer, Answers, Engine, Event, Outcome, Question, SeededIds, Step, Timestamp};
use tokio::task::{JoinSet, yield_now};

const RULES: &str = r#"
rule vip { on signup when person.tier == "gold" do gift.send { to: person.person_key } }
rule offer { on signup require subscribed "offers" send sms { body "Welcome {{person.name}}" } }
"#;
const EVENT: &[u8] = br#"{"event_type": "signup", "event_data": {"mdn": "+13125550100"}}"#;
const BOB: &str = r#"{"person_key": "w2e2", "name": "Bob", "tier": "gold"}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let engine = Engine::compile(RULES)?;
        let event = engine.read(EVENT, &mut SeededIds::new(1))?;
        let outcome = route(&engine, &event, "2026-11-20T10:00:00Z".parse()?).await?;
        println!("{}", outcome.to_json());
        Ok(())
    })
}

/// Terminates, because every round asks new questions and their number is limited.
async fn route(engine: &Engine, event: &Event, now: Timestamp) -> Result<Outcome, Box<dyn Error>> {
    let mut answers = Answers::new(now);
    loop {
        let questions = match engine.route(event, &answers) {
            Step::Done(outcome) => return Ok(outcome),
            Step::Ask(questions) => questions,
        };
        println!("concurrent questions: {}", questions.len());
        let mut lookups = JoinSet::new();
        for question in questions {
            lookups.spawn(look_up(question));
        }
        while let Some(found) = lookups.join_next().await {
            let (question, answer) = found?;
            answers.answer(question, answer)?;
        }
    }
}

async fn look_up(question: Question) -> (Question, Answer) {
    yield_now().await;
    let answer = match &question {
        Question::Person { .. } => Person::from_json(BOB).map_or(Answer::Absent, Answer::Person),
        Question::Subscribed { list, .. } => Answer::Subscribed(&**list == "offers"),
        _ => Answer::Unavailable("this host cannot look that up".into()),
    };
    (question, answer)
}
