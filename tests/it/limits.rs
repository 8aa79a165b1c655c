//! Every limit at its edge: the largest allowed size passes, the next does not.

use std::fs;
use std::path::Path;

use pointsman::answer::Person;
use pointsman::{
    Answer, Answers, Diagnostics, Engine, ErrorKind, Event, Limits, Outcome, Question, SeededIds,
    SeenEvents, Severity, Step,
};

/// The value to which the tests set limits.
const MOST: usize = 5;

#[test]
fn sources_are_limited() {
    let text = |bytes: usize| format!("//{}", "x".repeat(bytes - 2));
    edge("E0001", |limits| limits.source_bytes = 100, &text, 100);
    let text = |bytes: usize| format!("const c = \"{}\"", "x".repeat(bytes - 12));
    edge("E0002", |limits| limits.declaration_bytes = 100, &text, 100);
    let text = |rules: usize| -> String {
        (0..rules)
            .map(|n| format!("rule r{n} {{ on t do x {{}} }}"))
            .collect()
    };
    edge("E0004", |limits| limits.rules = MOST, &text, MOST);
}

#[test]
fn nesting_is_limited() {
    let nested = |open: &str, inside: &str, close: &str, depth: usize| {
        format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
    };
    let set = |limits: &mut Limits| limits.expression_depth = MOST;
    let group = |depth| rule("when", &nested("(", "a", ")", depth));
    edge("E0108", set, &group, MOST);
    let not = |depth| rule("when", &nested("not ", "a", "", depth));
    edge("E0108", set, &not, MOST);
    let quantifier = |depth| rule("when", &nested("any x in a (", "x == 1", ")", depth));
    edge("E0108", set, &quantifier, MOST);
    let function = |depth| {
        rule(
            "when",
            &format!("{} == 1", nested("number(", "a", ")", depth)),
        )
    };
    edge("E0108", set, &function, MOST);
    let list = |depth| rule("do y { a:", &format!("{} }}", nested("[", "1", "]", depth)));
    edge("E0108", set, &list, MOST);
    let object = |depth| {
        rule(
            "do y { a:",
            &format!("{} }}", nested("{ a: ", "1", "}", depth)),
        )
    };
    edge("E0108", set, &object, MOST);
    let constant = |depth| format!("const c = {}", nested("[", "1", "]", depth));
    edge("E0108", set, &constant, MOST);
    let types = |depth| format!("event t {{ a: {} }}", nested("[", "string", "]", depth));
    edge("E0108", set, &types, MOST);
    let fields = |depth| format!("event t {{ a: {} }}", nested("{ a: ", "string", "}", depth));
    edge("E0108", set, &fields, MOST);
    let token = |depth| {
        sms(&format!(
            "{{{{#if {}}}}}x{{{{/if}}}}",
            nested("(not ", "a", ")", depth)
        ))
    };
    edge("E0406", set, &token, MOST);
}

#[test]
fn counts_and_lengths_are_limited() {
    let conditions = |count: usize| rule("when", &vec!["a == 1"; count].join(" and "));
    edge(
        "E0109",
        |limits| limits.rule_conditions = MOST,
        &conditions,
        MOST,
    );
    let everywhere = |count: usize| {
        let required = "require a == 1 else \"e\" ".repeat(count - 2);
        format!("rule r {{ on t when a {required} do x {{ when b }} }}")
    };
    edge(
        "E0109",
        |limits| limits.rule_conditions = MOST,
        &everywhere,
        MOST,
    );
    let string = |bytes: usize| format!("const c = \"{}\"", "x".repeat(bytes - 2));
    edge("E0109", |limits| limits.string_bytes = 10, &string, 10);
    let raw = |bytes: usize| format!("const c = \"\"\"{}\"\"\"", "x".repeat(bytes - 6));
    edge("E0109", |limits| limits.string_bytes = 10, &raw, 10);
    let list = |count: usize| format!("const c = [{}]", vec!["1"; count].join(", "));
    edge("E0109", |limits| limits.list_elements = MOST, &list, MOST);
    let path = |names: usize| rule("when", &vec!["a"; names].join("."));
    edge("E0108", |limits| limits.path_depth = MOST, &path, MOST);
    let token = |names: usize| sms(&format!("{{{{{}}}}}", vec!["a"; names].join(".")));
    edge("E0406", |limits| limits.path_depth = MOST, &token, MOST);
}

#[test]
fn regular_expressions_are_limited() {
    let built = |repeated: usize| {
        let text = rule("when", &format!("a matches \"x{{{repeated}}}\""));
        codes(build(&text, |limits| limits.regex_bytes = 20_000))
    };
    assert_eq!(built(10), [""; 0]);
    assert_eq!(built(1_000), ["E0306"]);
}

#[test]
fn templates_are_limited() {
    let bytes = |bytes: usize| sms(&"x".repeat(bytes));
    edge("E0406", |limits| limits.template_bytes = 50, &bytes, 50);
    let tags = |tags: usize| sms(&"{{a}}".repeat(tags));
    edge("E0406", |limits| limits.template_tags = MOST, &tags, MOST);
    let blocks = |depth: usize| {
        sms(&format!(
            "{}x{}",
            "{{#if a}}".repeat(depth),
            "{{/if}}".repeat(depth)
        ))
    };
    edge("E0406", |limits| limits.block_depth = MOST, &blocks, MOST);
    let arms = |arms: usize| {
        sms(&format!(
            "{{{{#if a}}}}{}{{{{/if}}}}",
            "{{else if a}}".repeat(arms)
        ))
    };
    edge("E0406", |limits| limits.else_ifs = MOST, &arms, MOST);
}

#[test]
fn diagnostics_are_limited() {
    let wrong = |count: usize| "rule r { on }\n".repeat(count);
    let found = build(&wrong(MOST), |limits| limits.diagnostics = MOST).unwrap_err();
    assert_eq!((found.iter().count(), found.left_out()), (MOST, 0));
    let found = build(&wrong(MOST + 3), |limits| limits.diagnostics = MOST).unwrap_err();
    assert_eq!((found.iter().count(), found.left_out()), (MOST, 3));
}

#[test]
fn rendering_is_limited() {
    let fails = |size: usize, template: &str, set: fn(&mut Limits)| {
        let data = format!(
            r#""n": [{}], "s": "{}""#,
            vec!["1"; size].join(","),
            "x".repeat(size)
        );
        let outcome = route(
            &format!("{} missing blank }}", sms(template).trim_end_matches('}')),
            &data,
            set,
        );
        outcome.to_json().contains(r#""status":"failed""#)
    };
    let bytes = |limits: &mut Limits| limits.render_bytes = 100;
    assert!(!fails(100, "{{s}}", bytes));
    assert!(fails(101, "{{s}}", bytes));
    let segments = |limits: &mut Limits| limits.sms_segments = 2;
    assert!(!fails(306, "{{s}}", segments));
    assert!(fails(307, "{{s}}", segments));
    // Each iteration is a step, and so is the text in it.
    let steps = |limits: &mut Limits| limits.render_steps = 100;
    let most = (1..200)
        .find(|size| fails(*size, "{{#each n}}x{{/each}}", steps))
        .unwrap();
    assert!((25..100).contains(&most), "{most}");
    assert!((most..200).all(|size| fails(size, "{{#each n}}x{{/each}}", steps)));
    assert!(
        fails(200, "x{{#each n}}{{/each}}", steps),
        "turns that write nothing count"
    );
}

#[test]
fn evaluation_is_limited() {
    let rules = "rule r { on t when all x in n (x == 1) do y {} }";
    let accepts = |elements: usize, steps: usize| {
        let data = format!(r#""n": [{}]"#, vec!["1"; elements].join(","));
        let limits = |limits: &mut Limits| limits.evaluation_steps = steps;
        route(rules, &data, limits).is_accepted()
    };
    let needed = |elements: usize| (0..1_000).find(|steps| accepts(elements, *steps)).unwrap();
    assert!(needed(10) < needed(11));
    assert!((0..needed(10)).all(|steps| !accepts(10, steps)));
    assert!(accepts(10, needed(10) + 1));
}

#[test]
fn results_are_limited() {
    let rules = |count: usize| {
        format!(
            "rule r {{ on t {} }} rule s {{ on t do y {{}} }}",
            "do x {} ".repeat(count)
        )
    };
    let set = |limits: &mut Limits| limits.actions = MOST;
    let within = route(&rules(MOST - 1), "", set);
    assert_eq!(
        (within.results().len(), within.is_truncated()),
        (MOST + 2, false)
    );
    let over = route(&rules(MOST), "", set);
    assert_eq!(
        (over.results().len(), over.is_truncated()),
        (MOST + 2, true)
    );
    assert!(over.to_json().contains(r#""truncated":true,"results""#));

    let rules = |count: usize| -> String {
        (0..count)
            .map(|n| format!("rule r{n} {{ on t require a else \"no {n}\" do x {{}} }}"))
            .collect()
    };
    let told = |count: usize| {
        let outcome = route(&rules(count), "", |limits| limits.errors = MOST);
        outcome.to_json().matches(r#"{"error":"#).count()
    };
    assert_eq!((told(MOST), told(MOST + 1)), (MOST, MOST));
}

#[test]
fn rounds_are_limited() {
    let rules = "rule r { on t require person require subscribed \"l\" do x {} }";
    let asked = |most: usize| {
        let engine = build(rules, |limits| limits.rounds = most).unwrap();
        let mut rounds = 0;
        let lookup = |questions: &[Question]| {
            rounds += 1;
            vec![
                match questions {
                    [Question::Person { .. }] => {
                        Answer::Person(Person::from_json("{}").unwrap())
                    }
                    _ => Answer::Subscribed(true),
                };
                questions.len()
            ]
        };
        let routed = engine.route_with(
            &event(&engine, ""),
            answers(),
            &SeenEvents::default(),
            lookup,
        );
        (rounds, routed.map_err(|error| error.kind()).err())
    };
    assert_eq!(asked(2), (2, None));
    assert_eq!(
        asked(1),
        (1, Some(ErrorKind::TooManyRounds)),
        "nothing is looked up that cannot be used any more"
    );
}

/// Checks that every limit is set by some test.
#[test]
fn every_limit_is_tested() {
    let mut texts = String::new();
    read(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"),
        &mut texts,
    );
    let shown = format!("{:?}", Limits::default());
    let names: Vec<&str> = shown
        .trim_start_matches("Limits {")
        .split(',')
        .filter_map(|field| field.split_once(':'))
        .map(|(name, _)| name.trim())
        .collect();
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(
            texts.contains(&format!("limits.{name} = ")),
            "no test sets `{name}`"
        );
    }
}

fn read(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// Checks that rules of the size `most` have no error, and that the next size has only this one.
fn edge(code: &str, set: fn(&mut Limits), text: &dyn Fn(usize) -> String, most: usize) {
    let within = text(most);
    assert_eq!(codes(build(&within, set)), [""; 0], "{within}");
    let over = text(most + 1);
    assert_eq!(codes(build(&over, set)), [code], "{over}");
}

fn build(text: &str, set: impl Fn(&mut Limits)) -> Result<Engine, Diagnostics> {
    let mut limits = Limits::default();
    set(&mut limits);
    Engine::builder().source("r", text).limits(limits).build()
}

fn codes(built: Result<Engine, Diagnostics>) -> Vec<&'static str> {
    let found = built.err();
    found
        .iter()
        .flatten()
        .filter(|found| found.severity() == Severity::Error)
        .map(|found| found.code().as_str())
        .collect()
}

fn rule(clause: &str, rest: &str) -> String {
    format!("rule r {{ on t do x {{}} {clause} {rest} }}")
}

fn sms(body: &str) -> String {
    format!("rule r {{ on t send sms {{ body \"{body}\" }} }}")
}

fn route(rules: &str, data: &str, set: impl Fn(&mut Limits)) -> Outcome {
    let engine = build(rules, set).unwrap_or_else(|found| panic!("{found}"));
    match engine.route(&event(&engine, data), &answers()) {
        Step::Done(outcome) => outcome,
        Step::Ask(questions) => panic!("{questions:?}"),
    }
}

fn event(engine: &Engine, data: &str) -> Event {
    let more = if data.is_empty() { "" } else { "," };
    let event =
        format!(r#"{{"event_type":"t","event_data":{{"mdn":"+13125550100"{more}{data}}}}}"#);
    engine
        .read(event.as_bytes(), &mut SeededIds::new(1))
        .unwrap()
}

fn answers() -> Answers {
    Answers::new("2026-11-20T10:00:00Z".parse().unwrap())
}
