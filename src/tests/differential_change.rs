//! Changed engines against engines built anew from the same texts, on rules and steps made by chance.

use super::generate;
use super::generate::Dice;
use crate::diagnostic::{Diagnostics, Severity, SourceText};
use crate::engine::change::{ChangeStep, apply, find, splice};
use crate::engine::{Engine, EngineBuilder, Scratch};
use crate::event::id::SeededIds;

/// How many changes are made; more of them where the variable says so while the tests are compiled.
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

fn declared(dice: &mut Dice) -> String {
    let mut text = String::new();
    if !dice.one_in(4) {
        text.push_str("company \"key\"\n");
    }
    text.push_str("/// What it is.\nevent typed { a: string, moment: timestamp?, order: { city: string?, total: number? }? }\n");
    if dice.one_in(3) {
        text.push_str("event visit\n");
    }
    text.push_str(&format!(
        "const cities = [\"Chicago\", \"{}\"]\n",
        dice.pick(&["ab", "b"])
    ));
    text.push_str(TEMPLATES[dice.below(2)]);
    text.push('\n');
    text.push_str(TEMPLATES[2]);
    text.push('\n');
    if dice.one_in(2) {
        text.push_str(TEMPLATES[3]);
        text.push('\n');
    }
    if dice.one_in(6) {
        text.push_str("test \"t\" { event { \"event_type\": \"order\", \"event_data\": { \"mdn\": \"13125550100\", \"a\": \"ab\" } } expect r1 skips }\n");
    }
    text
}

/// A rule of that name, maybe with errors.
fn rule(dice: &mut Dice, name: &str) -> String {
    let mut text = String::new();
    match dice.below(8) {
        0 => text.push_str("/// What it does.\n"),
        1 => text.push_str("// note\n\n/// One.\n///\n/// Two.\n"),
        2 => text.push_str("/// Apart.\n\n/// One.\n"),
        _ => {}
    }
    if dice.one_in(3) {
        let made = generate::rules(dice, 1).remove(0);
        text.push_str(&made.replacen("rule r0 ", &format!("rule {name} "), 1));
    } else {
        text.push_str(&format!("rule {name} {{ on {}", dice.pick(TYPES)));
        if dice.one_in(4) {
            text.push_str(&format!(" priority {}", dice.below(3)));
        }
        if !dice.one_in(4) {
            text.push_str(dice.pick(&[
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
        if dice.one_in(8) {
            text.push_str(" final");
        }
        match dice.below(3) {
            0 => text.push_str(" do note { n: n }"),
            _ => text.push_str(&format!(" send sms {{ body \"{}\" }}", dice.pick(BODIES))),
        }
        text.push_str(" }");
    }
    match dice.below(8) {
        0 => text.push_str(" // behind"),
        1 => text.push_str("\n/// behind\n"),
        2 => text.push('\n'),
        _ => {}
    }
    text
}

fn name(dice: &mut Dice) -> String {
    format!("r{}", dice.below(40))
}

/// A source in which some rules are other, gone or new.
fn edited(dice: &mut Dice, engine: &Engine) -> Option<ChangeStep> {
    let mut texts = engine.source_map().texts();
    let at = dice.below(texts.len());
    let inside = |(name, texts): (String, &Vec<SourceText>)| {
        let found = find(&name, texts, engine)?;
        (found.0 == at).then_some((name, found.1))
    };
    for _ in 0..1 + dice.below(2) {
        let names: Vec<String> = engine.rule_names().map(Into::into).collect();
        let all = names.into_iter().filter_map(|name| inside((name, &texts)));
        let all: Vec<_> = all.collect();
        let (name, span) = all.get(dice.below(all.len().max(1)))?;
        let known = texts[at].text[span.range()].to_owned();
        let text = match dice.below(5) {
            0 => String::new(),
            1 => format!(
                "{known}{}{}",
                dice.pick(&["\n", "\n\n", " ", "\n// x\n"]),
                {
                    let name = self::name(dice);
                    rule(dice, &name)
                }
            ),
            2 => format!("{} {known}", dice.pick(&["// x\n", "\n", ""])),
            _ if dice.one_in(2) => rule(dice, name),
            // With its description only.
            _ => {
                let text = rule(dice, name);
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

fn step(dice: &mut Dice, engine: &Engine) -> ChangeStep {
    if dice.one_in(3)
        && let Some(step) = edited(dice, engine)
    {
        return step;
    }
    let source = dice.pick(SOURCES).into();
    match dice.below(40) {
        0 => ChangeStep::Compact,
        1 => ChangeStep::RemoveSource(dice.pick(&["b", "c", "d"]).into()),
        2 => ChangeStep::PutSource {
            source: "declared".into(),
            text: declared(dice).into(),
        },
        3 => ChangeStep::PutSource {
            source,
            text: self::source(dice, 5).into(),
        },
        4..=10 => ChangeStep::RemoveRule(name(dice).into()),
        _ => {
            let name = name(dice);
            ChangeStep::PutRule {
                source,
                text: rule(dice, &name).into(),
            }
        }
    }
}

/// A source of rules that compile, taken by themselves.
fn source(dice: &mut Dice, rules: usize) -> String {
    let mut text = String::new();
    for _ in 0..rules {
        let name = name(dice);
        let rule = rule(dice, &name);
        if dice.one_in(3) {
            text.push_str("// between\n");
        }
        text.push_str(&rule);
        text.push_str(if rule.contains("// behind") {
            "\n"
        } else {
            dice.pick(&["\n", " ", "\n\n"])
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

/// An engine of those rules that compile.
fn base(dice: &mut Dice) -> Engine {
    let mut texts = vec![SourceText {
        name: "declared".into(),
        text: declared(dice).replace("test", "// test").into(),
    }];
    let mut taken = Vec::new();
    for (name, rules) in [("a", 14), ("b", 6), ("c", 0)] {
        let mut text = String::from(dice.pick(&["", "// head\n", "/// head\n\n"]));
        for _ in 0..rules {
            let name = self::name(dice);
            let rule = rule(dice, &name);
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

/// The errors; with their places where one step was made: of several that fail, the later ones may stand
/// elsewhere in a text to which the earlier ones were never added.
fn errors(diagnostics: &Diagnostics, steps: usize) -> Vec<String> {
    let errors = diagnostics
        .iter()
        .filter(|found| found.severity() == Severity::Error);
    let told = errors.map(|error| match steps {
        1 => error.to_string(),
        _ => format!("{} {:?}", error.message(), error.help()),
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

/// Everything that a host can see of both engines.
fn compare(changed: &Engine, anew: &Engine, dice: &mut Dice, scratch: &mut Scratch, what: &str) {
    let names = |engine: &Engine| -> Vec<String> { engine.rule_names().map(Into::into).collect() };
    assert_eq!(names(changed), names(anew), "{what}");
    let types = |engine: &Engine| -> Vec<String> { engine.event_types().map(Into::into).collect() };
    assert_eq!(types(changed), types(anew), "{what}");
    assert_eq!(changed.company(), anew.company());
    assert_eq!(changed.cost().rules(), anew.cost().rules());
    assert_eq!(
        changed.warnings().to_string(),
        anew.warnings().to_string(),
        "{what}"
    );
    for ty in TYPES {
        assert_eq!(changed.questions(ty), anew.questions(ty), "{what}");
    }
    let tests = |engine: &Engine| -> Vec<String> {
        engine
            .run_tests()
            .iter()
            .map(|report| format!("{report:?}"))
            .collect()
    };
    assert_eq!(tests(changed), tests(anew), "{what}");
    for n in 0..4 {
        let text = generate::event(dice, n).replace(
            "\"order\"",
            match n {
                0 => "\"typed\"",
                1 => "\"hey\"",
                _ => "\"order\"",
            },
        );
        let answers = generate::answers(dice);
        let read = |engine: &Engine| {
            engine
                .read(text.as_bytes(), &mut SeededIds::new(1))
                .unwrap()
        };
        let event = read(changed);
        let other = read(anew);
        let matched = |engine: &Engine, scratch: &mut Scratch| -> Vec<String> {
            let found = engine.matches(&event, &answers, scratch);
            found.map(Into::into).collect()
        };
        assert_eq!(
            matched(changed, scratch),
            matched(anew, scratch),
            "{what}\n{text}"
        );
        // What another engine read, too.
        let routed = changed.route_in(&other, &answers, scratch);
        let expected = anew.route(&other, &answers);
        assert_eq!(routed, expected, "{what}\n{text}");
        assert_eq!(routed.to_json(&event), expected.to_json(&other));
        assert_eq!(
            changed.explain(&event, &answers).to_string(),
            anew.explain(&event, &answers).to_string(),
            "{what}\n{text}"
        );
        let name = name(dice);
        let explained = |engine: &Engine| {
            let explained = engine.explain_rule(&event, &answers, &name);
            explained.map(|explained| explained.to_string())
        };
        assert_eq!(explained(changed), explained(anew), "{what}\n{text}");
    }
}

#[test]
fn a_changed_engine_is_one_built_anew() {
    let mut scratch = Scratch::default();
    let (mut good, mut bad, mut quick, mut sources, mut layers) = (0, 0, 0, 0, 0);
    let mut all_sources = 0;
    let mut done = 0;
    for seed in 0_u64.. {
        if done >= changes() {
            break;
        }
        let mut dice = Dice::new(seed);
        let mut engine = base(&mut dice);
        for turn in 0..30 {
            let steps: Vec<ChangeStep> = (0..1 + dice.below(2))
                .map(|_| step(&mut dice, &engine))
                .collect();
            let what = format!(
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
                    let anew = builder(changed.source_map().texts()).build().unwrap();
                    compare(&changed, &anew, &mut dice, &mut scratch, &what);
                    let all = changed.warnings().to_string();
                    let own = |found: &String| all.contains(found.as_str());
                    let news: Vec<String> =
                        changed.news().iter().map(ToString::to_string).collect();
                    assert!(news.iter().all(own), "{news:#?}\n{all}\n{what}");
                    let is_quick = !changed.rules().overlay.is_empty();
                    quick += usize::from(is_quick);
                    sources += usize::from(is_quick && is_source);
                    all_sources += usize::from(is_source);
                    layers = layers.max(changed.rules().overlay.len());
                    good += 1;
                    engine = changed;
                }
                (Err(found), Err(expected)) => {
                    assert_eq!(errors(&found, count), errors(&expected, count), "{what}");
                    bad += 1;
                }
                (found, expected) => {
                    let told = |result: Result<Engine, Diagnostics>| match result {
                        Ok(_) => "fine".to_owned(),
                        Err(found) => found.to_string(),
                    };
                    panic!("{}\nbut anew:\n{}\n{what}", told(found), told(expected));
                }
            }
        }
    }
    // The test could not fail if nothing were changed, or everything compiled each time.
    println!(
        "{good} good, {bad} bad, {quick} quick, {sources} of {all_sources} whole sources, {layers} at once"
    );
    assert!(quick * 3 > good && bad * 10 > good && sources * 50 > good && layers > 10);
}
