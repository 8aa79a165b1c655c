//! Compares changed engines with engines built from the same texts, for random rules and changes.

use super::generate;
use super::generate::TestRng;
use crate::diagnostic::{Diagnostics, Severity, SourceText};
use crate::engine::change::{ChangeStep, apply, find, splice};
use crate::engine::{Engine, EngineBuilder, Scratch};
use crate::event::id::SeededIds;

/// Returns the number of changes to test. The variable is read when the tests are compiled.
fn changes() -> usize {
    option_env!("POINTSMAN_CHANGES").map_or(240, |changes| changes.parse().unwrap())
}

const SOURCES: &[&str] = &["declared", "a", "b", "c", "d"];
const TYPES: &[&str] = &["order", "visit", "typed", "hey", "ho", "*"];
const TEMPLATES: &[&str] = &[
    "template greeting \"Hi {{default name 'you'}}\"",
    "template greeting \"Hello {{default name 'you'}}{{> footer}}\"",
    "template footer \" from {{default shop 'us'}}\"",
    "template due \"{{#if (gt moment '2026-11-20T10:00:00Z')}}late{{else}}early{{/if}}\"",
];
const BODIES: &[&str] = &[
    "Hi {{default a 'x'}}",
    "{{> greeting}} {{default order.city 'nowhere'}}",
    "{{> footer}}",
    "{{> due}}",
    "{{date now '%H'}}",
    "{{default person.name 'somebody'}}",
    "{{code 'pool'}}",
    // These have errors.
    "{{> greting}}",
    "{{#if a}}",
];

fn declared(rng: &mut TestRng) -> String {
    let mut text = String::new();
    if !rng.one_in(4) {
        text.push_str("company \"key\"\n");
    }
    text.push_str("/// What it is.\nevent typed { a: string, moment: timestamp?, order: { city: string?, total: number? }? }\n");
    if rng.one_in(3) {
        text.push_str("event visit\n");
    }
    text.push_str(&format!(
        "const cities = [\"Chicago\", \"{}\"]\n",
        rng.pick(&["ab", "b"])
    ));
    text.push_str(TEMPLATES[rng.below(2)]);
    text.push('\n');
    text.push_str(TEMPLATES[2]);
    text.push('\n');
    if rng.one_in(2) {
        text.push_str(TEMPLATES[3]);
        text.push('\n');
    }
    if rng.one_in(6) {
        text.push_str("test \"t\" { event { \"event_type\": \"order\", \"event_data\": { \"mdn\": \"13125550100\", \"a\": \"ab\" } } expect r1 skips }\n");
    }
    text
}

/// Generates a rule, maybe with errors.
fn rule(rng: &mut TestRng, name: &str) -> String {
    let mut text = String::new();
    match rng.below(8) {
        0 => text.push_str("/// What it does.\n"),
        1 => text.push_str("// note\n\n/// One.\n///\n/// Two.\n"),
        2 => text.push_str("/// Apart.\n\n/// One.\n"),
        _ => {}
    }
    if rng.one_in(3) {
        let made = generate::rules(rng, 1).remove(0);
        text.push_str(&made.replacen("rule r0 ", &format!("rule {name} "), 1));
    } else {
        text.push_str(&format!("rule {name} {{ on {}", rng.pick(TYPES)));
        if rng.one_in(4) {
            text.push_str(&format!(" priority {}", rng.below(3)));
        }
        if !rng.one_in(4) {
            text.push_str(rng.pick(&[
                " when a == \"ab\"",
                " when a in cities",
                " when order.total > 20 or order.city in cities",
                " when s starts_with \"a\"",
                " when count(items) > 1",
                " when other.path is present",
                " when order.nothing == 1",
                " when a == ",
            ]));
        }
        if rng.one_in(8) {
            text.push_str(" final");
        }
        match rng.below(3) {
            0 => text.push_str(" do note { n: n }"),
            _ => text.push_str(&format!(" send sms {{ body \"{}\" }}", rng.pick(BODIES))),
        }
        text.push_str(" }");
    }
    match rng.below(8) {
        0 => text.push_str(" // behind"),
        1 => text.push_str("\n/// behind\n"),
        2 => text.push('\n'),
        _ => {}
    }
    text
}

fn name(rng: &mut TestRng) -> String {
    format!("r{}", rng.below(40))
}

/// Generates a new text for a source, with some rules edited, removed or added.
fn edited(rng: &mut TestRng, engine: &Engine) -> Option<ChangeStep> {
    let mut texts = engine.source_map().texts();
    let at = rng.below(texts.len());
    let inside = |(name, texts): (String, &Vec<SourceText>)| {
        let found = find(&name, texts, engine)?;
        (found.0 == at).then_some((name, found.1))
    };
    for _ in 0..1 + rng.below(2) {
        let names: Vec<String> = engine.rule_names().map(Into::into).collect();
        let all = names.into_iter().filter_map(|name| inside((name, &texts)));
        let all: Vec<_> = all.collect();
        let (name, span) = all.get(rng.below(all.len().max(1)))?;
        let known = texts[at].text[span.range()].to_owned();
        let text = match rng.below(5) {
            0 => String::new(),
            1 => format!("{known}{}{}", rng.pick(&["\n", "\n\n", " ", "\n// x\n"]), {
                let name = self::name(rng);
                rule(rng, &name)
            }),
            2 => format!("{} {known}", rng.pick(&["// x\n", "\n", ""])),
            _ if rng.one_in(2) => rule(rng, name),
            // Only with its description.
            _ => {
                let text = rule(rng, name);
                let begin = text.find("rule ").unwrap_or_default();
                let end = text.rfind('}').unwrap_or_default();
                format!("/// It.\n{}", &text[begin..=end])
            }
        };
        splice(&mut texts, at, *span, text.trim_end());
    }
    let source = texts.swap_remove(at);
    Some(ChangeStep::PutSource {
        source: source.name,
        text: source.text,
    })
}

fn step(rng: &mut TestRng, engine: &Engine) -> ChangeStep {
    if rng.one_in(3)
        && let Some(step) = edited(rng, engine)
    {
        return step;
    }
    let source = rng.pick(SOURCES).into();
    match rng.below(40) {
        0 => ChangeStep::Compact,
        1 => ChangeStep::RemoveSource(rng.pick(&["b", "c", "d"]).into()),
        2 => ChangeStep::PutSource {
            source: "declared".into(),
            text: declared(rng).into(),
        },
        3 => ChangeStep::PutSource {
            source,
            text: self::source(rng, 5).into(),
        },
        4..=10 => ChangeStep::RemoveRule(name(rng).into()),
        _ => {
            let name = name(rng);
            ChangeStep::PutRule {
                source,
                text: rule(rng, &name).into(),
            }
        }
    }
}

/// Generates a source of random rules.
fn source(rng: &mut TestRng, rules: usize) -> String {
    let mut text = String::new();
    for _ in 0..rules {
        let name = name(rng);
        let rule = rule(rng, &name);
        if rng.one_in(3) {
            text.push_str("// between\n");
        }
        text.push_str(&rule);
        text.push_str(if rule.contains("// behind") {
            "\n"
        } else {
            rng.pick(&["\n", " ", "\n\n"])
        });
    }
    text
}

fn builder(texts: Vec<SourceText>) -> EngineBuilder {
    let mut builder = Engine::builder().open_registry(true);
    for source in texts {
        builder = builder.source(source.name, source.text);
    }
    builder
}

/// Builds an engine of random rules, leaving out those with errors.
fn base(rng: &mut TestRng) -> Engine {
    let mut texts = vec![SourceText {
        name: "declared".into(),
        text: declared(rng).replace("test", "// test").into(),
    }];
    let mut taken = Vec::new();
    for (name, rules) in [("a", 14), ("b", 6), ("c", 0)] {
        let mut text = String::from(rng.pick(&["", "// head\n", "/// head\n\n"]));
        for _ in 0..rules {
            let name = self::name(rng);
            let rule = rule(rng, &name);
            if taken.contains(&name) {
                continue;
            }
            let with = [text.as_str(), &rule, "\n"].concat();
            let mut tried = texts.clone();
            tried.push(SourceText {
                name: "a".into(),
                text: with.as_str().into(),
            });
            if builder(tried).build().is_ok() {
                text = with;
                taken.push(name);
            }
        }
        texts.push(SourceText {
            name: name.into(),
            text: text.into(),
        });
    }
    builder(texts).build().unwrap()
}

/// Returns the errors, with their places only after a single step.
///
/// After several failing steps the places can differ, because a text may lack what an earlier step added.
fn errors(diagnostics: &Diagnostics, steps: usize) -> Vec<String> {
    let errors = diagnostics
        .iter()
        .filter(|found| found.severity() == Severity::Error);
    let messages = errors.map(|error| match steps {
        1 => error.to_string(),
        _ => format!("{} {:?}", error.message(), error.help()),
    });
    let mut messages: Vec<String> = messages.collect();
    messages.sort();
    messages
}

/// Asserts that a host cannot distinguish the engines.
fn compare(
    changed: &Engine,
    fresh: &Engine,
    rng: &mut TestRng,
    scratch: &mut Scratch,
    context: &str,
) {
    let names = |engine: &Engine| -> Vec<String> { engine.rule_names().map(Into::into).collect() };
    assert_eq!(names(changed), names(fresh), "{context}");
    let types = |engine: &Engine| -> Vec<String> { engine.event_types().map(Into::into).collect() };
    assert_eq!(types(changed), types(fresh), "{context}");
    assert_eq!(changed.company(), fresh.company());
    assert_eq!(changed.cost().rules(), fresh.cost().rules());
    assert_eq!(
        changed.warnings().to_string(),
        fresh.warnings().to_string(),
        "{context}"
    );
    for ty in TYPES {
        assert_eq!(changed.questions(ty), fresh.questions(ty), "{context}");
    }
    let tests = |engine: &Engine| -> Vec<String> {
        engine
            .run_tests()
            .iter()
            .map(|report| format!("{report:?}"))
            .collect()
    };
    assert_eq!(tests(changed), tests(fresh), "{context}");
    for n in 0..4 {
        let text = generate::event(rng, n).replace(
            "\"order\"",
            match n {
                0 => "\"typed\"",
                1 => "\"hey\"",
                _ => "\"order\"",
            },
        );
        let answers = generate::answers(rng);
        let read = |engine: &Engine| {
            engine
                .read(text.as_bytes(), &mut SeededIds::new(1))
                .unwrap()
        };
        let event = read(changed);
        let other = read(fresh);
        let matched = |engine: &Engine, scratch: &mut Scratch| -> Vec<String> {
            let found = engine.matches(&event, &answers, scratch);
            found.map(Into::into).collect()
        };
        assert_eq!(
            matched(changed, scratch),
            matched(fresh, scratch),
            "{context}\n{text}"
        );
        // Events that another engine read are routed alike.
        let routed = changed.route_in(&other, &answers, scratch);
        let expected = fresh.route(&other, &answers);
        assert_eq!(routed, expected, "{context}\n{text}");
        assert_eq!(routed.to_json(&event), expected.to_json(&other));
        assert_eq!(
            changed.explain(&event, &answers).to_string(),
            fresh.explain(&event, &answers).to_string(),
            "{context}\n{text}"
        );
        let name = name(rng);
        let explained = |engine: &Engine| {
            let explained = engine.explain_rule(&event, &answers, &name);
            explained.map(|explained| explained.to_string())
        };
        assert_eq!(explained(changed), explained(fresh), "{context}\n{text}");
    }
}

#[test]
fn changed_engines_equal_engines_built_from_the_same_texts() {
    let mut scratch = Scratch::default();
    let (mut built, mut failed, mut incremental, mut sources, mut layers) = (0, 0, 0, 0, 0);
    let mut all_sources = 0;
    let mut done = 0;
    for seed in 0_u64.. {
        if done >= changes() {
            break;
        }
        let mut rng = TestRng::new(seed);
        let mut engine = base(&mut rng);
        for turn in 0..30 {
            let steps: Vec<ChangeStep> = (0..1 + rng.below(2))
                .map(|_| step(&mut rng, &engine))
                .collect();
            let context = format!(
                "seed {seed}, turn {turn}: {steps:?}\n{:?}",
                engine.source_map().texts()
            );
            let mut texts = engine.source_map().texts();
            for step in &steps {
                apply(step, &mut texts, &engine);
            }
            let count = steps.len();
            let is_source = matches!(steps[..], [ChangeStep::PutSource { .. }]);
            let mut change = engine.change();
            change.steps = steps;
            done += 1;
            match (change.build(), builder(texts).build()) {
                (Ok(changed), Ok(_)) => {
                    let fresh = builder(changed.source_map().texts()).build().unwrap();
                    compare(&changed, &fresh, &mut rng, &mut scratch, &context);
                    let all = changed.warnings().to_string();
                    let own = |found: &String| all.contains(found.as_str());
                    let change_warnings: Vec<String> =
                        changed.news().iter().map(ToString::to_string).collect();
                    assert!(
                        change_warnings.iter().all(own),
                        "{change_warnings:#?}\n{all}\n{context}"
                    );
                    let is_incremental = !changed.rules().overlay.is_empty();
                    incremental += usize::from(is_incremental);
                    sources += usize::from(is_incremental && is_source);
                    all_sources += usize::from(is_source);
                    layers = layers.max(changed.rules().overlay.len());
                    built += 1;
                    engine = changed;
                }
                (Err(found), Err(expected)) => {
                    assert_eq!(errors(&found, count), errors(&expected, count), "{context}");
                    failed += 1;
                }
                (found, expected) => {
                    let messages = |result: Result<Engine, Diagnostics>| match result {
                        Ok(_) => "no errors".to_owned(),
                        Err(found) => found.to_string(),
                    };
                    panic!(
                        "{}\nbut built afresh:\n{}\n{context}",
                        messages(found),
                        messages(expected)
                    );
                }
            }
        }
    }
    // The comparison would be pointless if nothing changed, or if every change compiled everything.
    println!(
        "{built} built, {failed} failed, {incremental} incremental, {sources} of {all_sources} whole sources, {layers} at once"
    );
    assert!(incremental * 3 > built && failed * 10 > built && sources * 50 > built && layers > 10);
}
