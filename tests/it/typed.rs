//! Values that the host converts from and to its own types.

use pointsman::answer::Person;
use pointsman::outcome::ActionKind;
use pointsman::{Answers, Engine, ErrorKind, SeededIds, Step};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Customer {
    person_key: &'static str,
    points: u64,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Note {
    points: u64,
}

#[derive(Debug, Deserialize)]
struct Other {
    #[expect(dead_code, reason = "read by nobody: it never fits")]
    points: String,
}

#[test]
fn persons_parameters_and_event_data_deserialize_into_types_of_the_host() {
    let engine = Engine::compile(
        "rule note { on order when person.points > 9007199254740992 do note { points: person.points } }",
    )
    .unwrap();
    let event = br#"{"event_type":"order","event_data":{"mdn":"+13125550100","points":7}}"#;
    let event = engine.read(event, &mut SeededIds::new(1)).unwrap();
    assert_eq!(event.event_data_as::<Note>().unwrap(), Note { points: 7 });
    let error = event.event_data_as::<Other>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MismatchedType);

    let customer = Customer {
        person_key: "w2e2",
        points: 9_007_199_254_740_993,
    };
    let mut answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    let Step::Ask(questions) = engine.route(&event, &answers) else {
        panic!("the person is asked about");
    };
    for question in questions {
        let person = Person::of(&customer).unwrap();
        answers
            .answer(question, pointsman::Answer::Person(person))
            .unwrap();
    }
    let Step::Done(outcome) = engine.route(&event, &answers) else {
        panic!("all was answered");
    };
    let ActionKind::Custom(custom) = outcome.results()[1].action().kind() else {
        panic!("{}", outcome.to_json());
    };
    let exact = Note {
        points: 9_007_199_254_740_993,
    };
    assert_eq!(custom.params_as::<Note>().unwrap(), exact);
    let error = custom.params_as::<Other>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MismatchedType);
    assert!(error.to_string().contains("`note`"), "{error}");
}

#[test]
fn a_person_is_an_object() {
    let error = Person::of(&["w2e2"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidAnswers);
}
