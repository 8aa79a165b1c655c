//! Codes from incentive pools: they are requested last, and only for messages that are sent.

use pointsman::{Answer, Answers, Engine, Event, Question, SeededIds, Step};

const EVENT: &str = r#"{"event_id": "e1", "event_type": "hi", "event_data": {"mdn": "+13125550100", "name": "Bob"}}"#;

fn engine(rules: &str) -> (Engine, Event) {
    let engine = Engine::compile(rules).unwrap_or_else(|errors| panic!("{errors}"));
    let event = engine
        .read(EVENT.as_bytes(), &mut SeededIds::new(1))
        .unwrap();
    (engine, event)
}

fn answers(json: &str) -> Answers {
    Answers::from_json(json, "2026-11-20T10:00:00Z".parse().unwrap()).unwrap()
}

/// Returns the questions, those for codes without their keys.
fn questions(rules: &str, given: &str) -> Vec<String> {
    let (engine, event) = engine(rules);
    match engine.route(&event, &answers(given)) {
        Step::Ask(questions) => questions
            .iter()
            .map(|question| match question {
                Question::Code { pool, .. } => pool.to_string(),
                other => other.to_json(),
            })
            .collect(),
        Step::Done(_) => Vec::new(),
    }
}

/// Returns the text or the error of each result except routing.
fn texts(rules: &str, given: &str) -> Vec<String> {
    let (engine, event) = engine(rules);
    let Step::Done(outcome) = engine.route(&event, &answers(given)) else {
        panic!("{:?} is left", questions(rules, given));
    };
    outcome
        .results()
        .iter()
        .filter_map(
            |result| match (result.action().failure(), result.message()) {
                (Some(failure), _) => Some(format!(
                    "{}: {}",
                    failure.reason().as_str(),
                    failure.errors()[0].error()
                )),
                (None, Some(message)) => message.text().map(str::to_owned),
                (None, None) => None,
            },
        )
        .collect()
}

const TAKE: &str = r#"rule a { on hi send sms { body "Take {{incentive 'spring'}}, {{name}}" } }"#;

#[test]
fn a_code_is_requested_and_inserted() {
    assert_eq!(questions(TAKE, "{}"), ["spring"]);
    assert_eq!(
        texts(TAKE, r#"{"codes": {"spring": "S1"}}"#),
        ["Take S1, Bob"]
    );
    assert_eq!(
        texts(TAKE, r#"{"codes": {"spring": null}}"#),
        ["NoAvailableCodes: The referenced incentive pool is out of codes."]
    );
    assert_eq!(
        texts(TAKE, r#"{"codes": {"spring": {"unavailable": "down"}}}"#),
        ["UnexpectedError: down"]
    );
}

#[test]
fn no_code_is_requested_for_a_message_that_is_not_sent() {
    let insides = [
        r#"send sms { when name == "Al" body "{{incentive 'spring'}}" }"#,
        r#"send sms { body "{{incentive 'spring'}} {{nothing}}" }"#,
        r#"send sms { to nothing body "{{incentive 'spring'}}" }"#,
        r#"send email { subject "{{nothing}}" text "{{incentive 'spring'}}" }"#,
        r#"send email { to "a@b.cd" subject "{{incentive 'spring'}}" text "{{nothing}}" }"#,
        r#"send mms { media " " body "{{incentive 'spring'}}" }"#,
    ];
    for inside in insides {
        // An empty pool makes no difference either.
        let rules = format!("rule a {{ on hi {inside} }}");
        assert_eq!(questions(&rules, "{}"), [""; 0], "{inside}");
        assert_eq!(
            texts(&rules, "{}"),
            texts(&rules, r#"{"codes": {"spring": null}}"#),
            "{inside}"
        );
    }
    let media = r#"rule a { on hi send mms { media "u" body "{{incentive 'spring'}}" } }"#;
    assert_eq!(
        questions(media, r#"{"media": {"content_type": "a/b"}}"#),
        [""; 0]
    );
    assert_eq!(
        questions(media, r#"{"media": {"content_type": "image/png"}}"#),
        ["spring"]
    );
}

#[test]
fn codes_are_requested_after_all_other_questions() {
    let rules = r#"
        rule a { on hi send sms { body "{{incentive 'spring'}} {{incentive 'spring'}} {{incentive 'autumn'}}" } }
        rule b { on hi require carrier mms send sms { body "{{person.name}}" } }
        rule c { on hi do x { text: "{{incentive 'spring'}}" } }"#;
    let carrier = r#"{"carrier":{"mdn":"+13125550100"}}"#;
    let person = r#"{"person":{"mdn":"+13125550100"}}"#;
    assert_eq!(questions(rules, "{}"), [carrier]);
    assert_eq!(questions(rules, r#"{"carrier": {"mms": true}}"#), [person]);
    // One question for each rule and pool.
    assert_eq!(
        questions(
            rules,
            r#"{"carrier": {"mms": true}, "person": {"name": "Bob"}}"#
        ),
        ["spring", "autumn", "spring"]
    );
    assert_eq!(
        texts(
            rules,
            r#"{"carrier": {"mms": true}, "person": {"name": "Bob"}, "codes": {"spring": "S", "autumn": "A"}}"#
        ),
        ["S S A", "Bob"]
    );
}

#[test]
fn an_empty_pool_leads_to_the_next_alternative() {
    let rules = r#"rule a { on hi first {
        send sms { body "{{incentive 'spring'}}" }
        send sms { body "{{incentive 'autumn'}}" }
        send sms { body "Hi" } } }"#;
    assert_eq!(questions(rules, "{}"), ["spring"]);
    assert_eq!(
        questions(rules, r#"{"codes": {"spring": null}}"#),
        ["autumn"]
    );
    assert_eq!(
        texts(rules, r#"{"codes": {"spring": null, "autumn": null}}"#),
        ["Hi"]
    );
    assert_eq!(texts(rules, r#"{"codes": {"spring": "S"}}"#), ["S"]);
}

#[test]
fn the_key_depends_on_event_rule_and_pool() {
    let key = |rules: &str, given: &Answers| {
        let (engine, event) = engine(rules);
        match engine.route(&event, given) {
            Step::Ask(questions) => match &questions[0] {
                Question::Code { key, .. } => key.clone(),
                other => panic!("{other:?}"),
            },
            Step::Done(outcome) => panic!("{outcome:?}"),
        }
    };
    let first = key(TAKE, &answers("{}"));
    // uuid5(uuid5(NAMESPACE_OID, "pointsman"), '["code",null,"e1","a","spring"]')
    assert_eq!(&*first, "5349f0f0-43dc-5d36-ad91-397c7f152330");
    assert_eq!(key(TAKE, &answers(r#"{"person": null}"#)), first);
    assert_ne!(
        key(&TAKE.replace("rule a", "rule b"), &answers("{}")),
        first
    );
    assert_ne!(
        key(&TAKE.replace("spring", "autumn"), &answers("{}")),
        first
    );
}

#[test]
fn a_media_url_is_checked_with_its_code_inserted() {
    let rules = r#"rule a { on hi send mms { media "https://e.com/{{incentive 'spring'}}" } }"#;
    let (engine, event) = engine(rules);
    let mut given = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    let mut rounds = Vec::new();
    let outcome = loop {
        match engine.route(&event, &given) {
            Step::Done(outcome) => break outcome,
            Step::Ask(questions) => {
                for question in questions {
                    let answer = match &question {
                        Question::Code { .. } => Answer::Code("S".into()),
                        Question::Media { url } => {
                            rounds.push(url.to_string());
                            Answer::Absent
                        }
                        other => panic!("{other:?}"),
                    };
                    given.answer(question, answer).unwrap();
                }
            }
        }
    };
    assert_eq!(rounds, ["https://e.com/S"]);
    let failure = outcome.results()[1].action().failure().unwrap();
    assert_eq!(failure.errors()[0].error(), "Media is not found");
}
