//! The questions on the way to an outcome: when they are asked, and how hosts answer them.

use pointsman::{Answer, Answers, Engine, ErrorKind, Question, SeenEvents, Step};
use proptest::prelude::*;

use super::{EVENT, NO_FILTER, answers, brief, brief_outcome, engine, event, now, table};

#[test]
fn questions_are_asked_together_and_only_when_they_matter() {
    let person = r#"ask {"person":{"person_key":"pk"}}"#;
    let carrier = r#"ask {"carrier":{"mdn":"+13125550100"}}"#;
    let news = r#"ask {"subscribed":"news","of":{"person_key":"pk"}}"#;
    table(&[
        (
            "a filter that is false anyway asks nothing",
            r#"rule a { on hi when city == "Rome" and person.tier == "gold" do x {} }"#,
            "{}",
            &[NO_FILTER],
        ),
        (
            "a filter that is unknown anyway asks nothing",
            r#"rule a { on hi when nothing > 1 and person.tier == "gold" do x {} }"#,
            "{}",
            &[NO_FILTER],
        ),
        (
            "a filter that is true anyway asks nothing",
            r#"rule a { on hi when city == "Austin" or person.tier == "gold" do x {} }"#,
            "{}",
            &["a routes", "a does x {}"],
        ),
        (
            "a filter that depends on the answer asks",
            r#"rule a { on hi when city == "Austin" and person.tier == "gold" do x {} }"#,
            "{}",
            &[person],
        ),
        (
            "all rules ask at once, each question once, the first requirement of each",
            r#"rule a { on hi require person require subscribed "offers" do x {} }
               rule b { on hi require subscribed "news" require carrier sms do x {} }
               rule c { on hi require carrier mms do x {} }
               rule d { on hi when person.tier == "gold" require carrier sms do x {} }
               rule e { on hi when city == "Rome" require subscribed "never" do x {} }
               rule f { on hi require carrier.sms else "no" do x {} }"#,
            "{}",
            &[person, news, carrier],
        ),
        (
            "the second requirement is asked when the first is met",
            r#"rule a { on hi require person require subscribed "news" do x {} }"#,
            r#"{"person": {"person_key": "pk"}}"#,
            &[news],
        ),
        (
            "the second requirement is not asked when the first is not met",
            r#"rule a { on hi require person require subscribed "news" do x {} }"#,
            r#"{"person": null}"#,
            &["- routes FAILS no_routes_accepted_event: Person is not found"],
        ),
        (
            "nothing is asked after a final rule that accepts",
            "rule a { on hi final do x {} } rule b { on hi require person do x {} }",
            "{}",
            &["a routes", "a does x {}"],
        ),
        (
            "actions wait for the rules",
            "rule a { on hi do x { when carrier.sms } } rule b { on hi require person do x {} }",
            "{}",
            &[person],
        ),
        (
            "then actions ask for what their filters and values need",
            "rule a { on hi do x { when carrier.sms } do y { key: person.person_key } } rule b { on hi require person do x {} }",
            r#"{"person": {"person_key": "pk"}}"#,
            &[carrier],
        ),
        (
            "an alternative asks nothing while the one before is undecided",
            "rule a { on hi first { do x { when carrier.sms } do y { when person.vip } } }",
            "{}",
            &[carrier],
        ),
        (
            "media is looked up by its URL",
            r#"rule a { on hi send mms { media "https://e.com/b.png" } do x { when carrier.mms } }"#,
            "{}",
            // Answers in JSON leave media unchecked.
            &[carrier],
        ),
    ]);
    let engine = engine(r#"rule a { on hi send mms { media "https://e.com/b.png" } }"#);
    let event = event(&engine, EVENT);
    let step = engine.route(&event, &Answers::new(now()));
    assert_eq!(brief(&step), [r#"ask {"media":"https://e.com/b.png"}"#]);
    assert_eq!(
        step.to_json(&event),
        r#"{"event_id":"e1","asks":[{"media":"https://e.com/b.png"}]}"#
    );
}

#[test]
fn failed_lookups_are_unknown_and_reported_where_they_matter() {
    let down = r#"{"person": {"unavailable": "down"}}"#;
    table(&[
        (
            "a filter that needs it is not true, and might have been",
            r#"rule a { on hi when person.tier == "gold" do x {} }"#,
            down,
            &["incomplete", NO_FILTER],
        ),
        (
            "a filter that would not be true anyway",
            r#"rule a { on hi when person.tier == "gold" and city == "Rome" do x {} }"#,
            down,
            &[NO_FILTER],
        ),
        (
            "another rule accepts",
            r#"rule a { on hi when person.tier == "gold" do x {} } rule b { on hi do x {} }"#,
            down,
            &["b routes", "b does x {}"],
        ),
        (
            "a requirement that fails anyway keeps its own text",
            r#"rule a { on hi require person.tier == "gold" and city == "Rome" else "T" do x {} }"#,
            down,
            &["- routes FAILS no_routes_accepted_event: T"],
        ),
        (
            "an action that needs it fails with the host's text",
            r#"rule a { on hi do x { key: person.person_key } send sms { to person.mdn body "b" } do y { when person.vip } }"#,
            down,
            &[
                "a routes",
                "a does x {} FAILS UnexpectedError: down",
                "a sends sms \"b\" FAILS UnexpectedError: down",
            ],
        ),
    ]);
}

#[test]
fn questions_past_the_limit_count_as_unavailable() {
    let mut limits = pointsman::Limits::default();
    limits.questions = 2;
    let engine = Engine::builder()
        .source(
            "r",
            r#"rule a { on hi require subscribed "1" do x {} } rule b { on hi require subscribed "2" do x {} }
               rule c { on hi require subscribed "3" do x {} }"#,
        )
        .limits(limits)
        .build()
        .unwrap();
    let event = event(&engine, EVENT);
    let Step::Ask(questions) = engine.route(&event, &Answers::new(now())) else {
        panic!("two are asked");
    };
    assert_eq!(questions.len(), 2);
    assert_eq!(
        brief(&engine.route(&event, &answers(r#"{"subscribed": []}"#))),
        [
            "incomplete",
            "- routes FAILS no_routes_accepted_event: Person is not found | Person is not found | the event asks more questions than the limit"
        ]
    );
}

/// Rules that ask every kind of question, in every phase.
const ASKING: &str = r#"
    company "c"
    rule a { on hi when person.tier == "gold" require subscribed "news" require carrier sms
        send sms { body "a" } do x { key: person.person_key } }
    rule b { on hi require person require carrier mms
        first { send mms { media "https://e.com/a.png" } send sms { body "b" when carrier.sms } } }
    rule c { on * require subscribed "offers" require person.tier != "iron" else "iron" do y { when carrier.mms } }
"#;

fn look_up(question: &Question, seed: u8) -> Answer {
    let odd = |bit: u8| seed >> bit & 1 == 1;
    match question {
        _ if seed == 255 => Answer::Unavailable("down".into()),
        Question::Person { .. } if odd(0) => Answer::Absent,
        Question::Person { .. } => {
            let tier = if odd(1) { "gold" } else { "iron" };
            let person = format!(r#"{{"person_key": "k", "tier": "{tier}"}}"#);
            Answer::Person(pointsman::answer::Person::from_json(&person).unwrap())
        }
        Question::Subscribed { list, .. } => Answer::Subscribed(odd(2) == (&**list == "news")),
        Question::Carrier { .. } if odd(3) && odd(4) => Answer::LookupFailed("T".into()),
        Question::Carrier { .. } => Answer::Carrier {
            sms: odd(3),
            mms: !odd(4),
        },
        Question::Media { .. } if odd(5) => Answer::Media(pointsman::answer::Media::new("a/b", 1)),
        Question::Media { .. } => Answer::Unchecked,
        Question::Code { .. } => Answer::Absent,
    }
}

proptest! {
    /// Compares answers in rounds with answers of which some are given ahead, in some order.
    #[test]
    fn the_order_and_time_of_answers_do_not_change_the_outcome(seed: u8, ahead: u8, backwards: bool) {
        let engine = engine(ASKING);
        let event = event(&engine, EVENT);
        // All answers in rounds, as asked.
        let mut asked = Vec::new();
        let mut given = Answers::new(now());
        let outcome = loop {
            match engine.route(&event, &given) {
                Step::Done(outcome) => break outcome,
                Step::Ask(questions) => {
                    for question in questions {
                        prop_assert!(!asked.contains(&question), "asked twice: {question:?}");
                        given.answer(question.clone(), look_up(&question, seed)).unwrap();
                        asked.push(question);
                    }
                }
            }
        };
        // Some of these answers ahead, and some that were not asked for.
        let mut all = asked.clone();
        for question in every_question() {
            if !all.contains(&question) {
                all.push(question);
            }
        }
        if backwards {
            all.reverse();
        }
        let mut early = Answers::new(now());
        for (at, question) in all.iter().enumerate() {
            if ahead >> (at % 8) & 1 == 1 {
                early.answer(question.clone(), look_up(question, seed)).unwrap();
            }
        }
        let again = loop {
            match engine.route(&event, &early) {
                Step::Done(outcome) => break outcome,
                Step::Ask(questions) => {
                    for question in questions {
                        early.answer(question.clone(), look_up(&question, seed)).unwrap();
                    }
                }
            }
        };
        prop_assert_eq!(outcome.to_json(), again.to_json());
    }
}

fn every_question() -> Vec<Question> {
    let of = |kind: &str, value: &str| {
        let kind = pointsman::RecipientKind::from_name(kind).unwrap();
        pointsman::Recipient::new(kind, value)
    };
    let pk = || of("person_key", "pk");
    vec![
        Question::Person { of: pk() },
        Question::Carrier {
            of: of("mdn", "+13125550100"),
        },
        Question::Subscribed {
            list: "news".into(),
            of: pk(),
        },
        Question::Subscribed {
            list: "offers".into(),
            of: pk(),
        },
        Question::Media {
            url: "https://e.com/a.png".into(),
        },
    ]
}

#[test]
fn a_synchronous_host_answers_in_rounds() {
    let engine = engine(ASKING);
    let event = event(&engine, EVENT);
    let seen = SeenEvents::default();
    let mut rounds = 0;
    let mut lookup = |questions: &[Question]| {
        rounds += 1;
        questions
            .iter()
            .map(|question| look_up(question, 0))
            .collect()
    };
    let first = engine
        .route_with(&event, Answers::new(now()), &seen, &mut lookup)
        .unwrap();
    assert!(first.is_accepted());
    let second = engine
        .route_with(&event, Answers::new(now()), &seen, &mut lookup)
        .unwrap();
    assert_eq!(
        second.to_json(),
        r#"{"event_id":"e1","event_type":"Hi","ignored":"duplicate_event_id"}"#
    );
    assert!((1..=5).contains(&rounds), "{rounds}");
}

#[test]
fn a_claim_is_released_when_routing_does_not_complete() {
    let engine = engine("rule a { on hi require person do x {} }");
    let event = event(&engine, EVENT);
    let seen = SeenEvents::default();
    let route = |answer: fn() -> Vec<Answer>| {
        engine.route_with(&event, Answers::new(now()), &seen, |_| answer())
    };
    let incomplete = route(|| vec![Answer::Unavailable("down".into())]).unwrap();
    assert!(incomplete.is_incomplete());
    let mismatched = route(|| vec![Answer::Code("x".into())]).unwrap_err();
    assert_eq!(mismatched.kind(), ErrorKind::MismatchedAnswer);
    let none = route(Vec::new).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::MismatchedAnswer);
    let refused = route(|| vec![Answer::Absent]).unwrap();
    assert_eq!(
        brief_outcome(&refused),
        ["- routes FAILS no_routes_accepted_event: Person is not found"]
    );
    assert!(route(|| vec![Answer::Absent]).unwrap().is_ignored());
}

#[test]
fn questions_lists_what_the_rules_of_a_type_may_ask() {
    use pointsman::question::PossibleQuestion as P;
    let engine = engine(
        r#"event quiet rule a { on hi require subscribed "news" send mms { media "u" } }
           rule b { on other when person.vip require carrier sms do x {} }"#,
    );
    assert_eq!(
        engine.questions("HI"),
        [P::Subscribed("news".into()), P::Media]
    );
    assert_eq!(engine.questions("other"), [P::Person, P::Carrier]);
    assert_eq!(engine.questions("quiet"), []);
}

#[test]
fn threads_share_one_engine() {
    let engine = engine(ASKING);
    let event = event(&engine, EVENT);
    let given = answers(
        r#"{"person": {"person_key": "k", "tier": "gold"}, "subscribed": ["news"], "carrier": {"sms": true, "mms": true}}"#,
    );
    let expected = engine.route(&event, &given);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (engine, event, given, expected) = (engine.clone(), &event, &given, &expected);
            scope.spawn(move || {
                for _ in 0..50 {
                    assert_eq!(engine.route(event, given), *expected);
                }
            });
        }
    });
}
