//! Engines that are swapped while threads route, and the engines of many companies.

use std::sync::atomic::{AtomicBool, Ordering};

use pointsman::{Answers, Companies, Engine, LiveEngine, SeededIds, Step};

const EVENT: &[u8] = br#"{"event_type": "hi", "event_data": {"mdn": "13125550100"}}"#;

fn rules(name: &str) -> String {
    format!("rule {name} {{ on hi do {name} {{}} do {name} {{}} }}")
}

/// Returns the rules that the results name.
fn named(engine: &Engine) -> Vec<String> {
    let event = engine.read(EVENT, &mut SeededIds::new(1)).unwrap();
    let answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    let Step::Done(outcome) = engine.route(&event, &answers) else {
        panic!("nothing is asked");
    };
    let named = outcome.results().iter().filter_map(|result| result.rule());
    named.map(str::to_owned).collect()
}

#[test]
fn an_engine_in_use_is_not_changed_by_a_swap() {
    let engines = ["a", "b"].map(|name| Engine::compile(rules(name)).unwrap());
    let live = LiveEngine::new(engines[0].clone());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let engine = live.engine();
                    let named = named(&engine);
                    assert!(named == ["a"; 3] || named == ["b"; 3], "{named:?}");
                }
            });
        }
        for turn in 0..200 {
            live.swap(engines[turn % 2].clone());
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(named(&live.engine()), ["b"; 3]);
}

#[test]
fn rules_with_errors_do_not_replace_the_old_ones() {
    let live = LiveEngine::new(Engine::compile(rules("a")).unwrap());
    let broken = Engine::builder().source("r", "rule b { on hi }");
    assert!(live.reload(broken).is_err());
    assert_eq!(named(&live.engine()), ["a"; 3]);
    live.reload(Engine::builder().source("r", rules("b")))
        .unwrap();
    assert_eq!(named(&live.engine()), ["b"; 3]);
}

#[test]
fn readers_see_whole_changes_and_end_with_the_last() {
    const CHANGES: usize = 300;
    let version = |n: usize| format!("rule a {{ on hi do n{n} {{}} do n{n} {{}} }}");
    let live = LiveEngine::new(Engine::compile(version(0)).unwrap());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut reader = live.reader();
                    let mut last = 0;
                    while !done.load(Ordering::Acquire) {
                        let seen = acted(reader.engine());
                        // Both actions belong to one version of the rule, and versions never go back.
                        assert_eq!(seen[0], seen[1]);
                        assert!(seen[0] >= last, "{seen:?} after {last}");
                        last = seen[0];
                    }
                    acted(reader.engine())[0]
                })
            })
            .collect();
        for n in 1..=CHANGES {
            live.change(|change| change.put_rule("rules", version(n)))
                .unwrap();
        }
        done.store(true, Ordering::Release);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), CHANGES);
        }
    });
}

#[test]
fn concurrent_changes_are_all_kept() {
    let live = LiveEngine::new(Engine::compile(rules("a")).unwrap());
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let live = &live;
            scope.spawn(move || {
                for n in 0..40 {
                    let name = format!("w{writer}_{n}");
                    live.change(|change| change.put_rule("rules", rules(&name)))
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(live.engine().rule_names().count(), 121);
}

#[test]
fn a_change_with_errors_keeps_the_old_engine() {
    let live = LiveEngine::new(Engine::compile(rules("a")).unwrap());
    let errors = live
        .change(|change| {
            change
                .remove_rule("a")
                .put_rule("rules", "rule b {\n  on hi\n  do b { n: nothing( } }")
        })
        .unwrap_err();
    let error = errors.iter().next().unwrap();
    assert_eq!((error.source_name(), error.line()), ("rules", 5));
    assert_eq!(named(&live.engine()), ["a"; 3]);
}

/// Returns the numbers of the versions that acted.
fn acted(engine: &Engine) -> Vec<usize> {
    let event = engine.read(EVENT, &mut SeededIds::new(1)).unwrap();
    let answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    let Step::Done(outcome) = engine.route(&event, &answers) else {
        panic!("nothing is asked");
    };
    let text = outcome.to_json();
    let numbers = text.split("\"name\":\"n").skip(1);
    numbers
        .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn each_company_has_its_engine() {
    let companies = Companies::new();
    let engine = |company: &str, rule: &str| {
        Engine::compile(format!("company \"{company}\" {}", rules(rule))).unwrap()
    };
    companies.insert(engine("one", "a"));
    companies.insert(engine("two", "b"));
    let live = companies.live("one").unwrap();
    companies.insert(engine("one", "c"));
    // A holder of the company's `LiveEngine` sees the new engine.
    assert_eq!(named(&live.engine()), ["c"; 3]);
    assert_eq!(named(&companies.engine("two").unwrap()), ["b"; 3]);
    companies.remove("two");
    assert!(companies.engine("two").is_none());
}
