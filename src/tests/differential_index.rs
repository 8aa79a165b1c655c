//! Compares routing with the index with plain evaluation of every rule, on random rules and events.

use super::generate;
use super::generate::TestRng;
use crate::diagnostic::Severity;
use crate::engine::{Engine, Scratch};
use crate::eval::Needs;
use crate::event::Event;
use crate::event::id::SeededIds;
use crate::lookup::answer::Answers;
use crate::route;
use crate::route::Step;

/// The number of pairs of rule and event. Set the variable at compile time to run more.
fn pairs() -> usize {
    option_env!("POINTSMAN_PAIRS").map_or(30_000, |pairs| pairs.parse().unwrap())
}

/// Builds an engine from the rules that compile, and returns their number.
fn engine(rules: Vec<String>) -> (Engine, usize) {
    let mut kept = rules;
    loop {
        let mut builder = Engine::builder()
            .open_registry(true)
            .source("declared", generate::DECLARED);
        for rule in &kept {
            let name = rule.split_whitespace().nth(1).unwrap().to_owned();
            builder = builder.source(name, rule.as_str());
        }
        match builder.build() {
            Ok(engine) => return (engine, kept.len()),
            Err(diagnostics) => {
                let before = kept.len();
                kept.retain(|rule| {
                    let name = rule.split_whitespace().nth(1).unwrap();
                    !diagnostics.iter().any(|diagnostic| {
                        diagnostic.severity() == Severity::Error && diagnostic.source_name() == name
                    })
                });
                assert!(kept.len() < before, "{diagnostics}");
            }
        }
    }
}

/// Returns the names of the matching rules, without the index.
fn plain_matches<'e>(engine: &'e Engine, event: &Event, answers: &Answers) -> Vec<&'e str> {
    let rules = engine.rules();
    let scope = route::scope(event, event.data_for(&rules.projection), answers);
    rules
        .listening(event.folded_type(), answers.now())
        .filter(|(_, rule)| route::matches(rules, rule, &scope, &mut Needs::default()))
        .map(|(_, rule)| &*rule.name)
        .collect()
}

fn rule_text<'a>(rules: &'a [String], name: &str) -> &'a str {
    let named = |rule: &&String| rule.split_whitespace().nth(1) == Some(name);
    rules.iter().find(named).map_or("", String::as_str)
}

#[test]
fn the_index_finds_what_plain_evaluation_finds() {
    const RULES: usize = 60;
    const EVENTS: usize = 25;
    let mut scratch = Scratch::default();
    let (mut generated, mut compiled, mut matched, mut offered, mut asked) = (0, 0, 0, 0, 0);
    let (mut pair_count, mut engines, mut numbered) = (0, 0, 0);
    for seed in 0_u64.. {
        if pair_count >= pairs() {
            break;
        }
        let mut rng = TestRng::new(seed);
        // Few rules, many rules, many rules with shared tests, or rules on a declared type.
        let has_declared_type = rng.one_in(8);
        let rules = match rng.below(3) {
            _ if has_declared_type => generate::timestamp_rules(&mut rng, RULES),
            0 => generate::rules(&mut rng, 6),
            1 => generate::rules(&mut rng, RULES),
            _ => generate::shared_test_rules(&mut rng, RULES * 2),
        };
        let count = rules.len();
        let (engine, kept) = engine(rules.clone());
        generated += count;
        compiled += kept;
        engines += 1;
        numbered += usize::from(engine.rules().slots.projection_id().is_some());
        for n in 0..EVENTS {
            let text = match has_declared_type {
                true => generate::timestamp_event(&mut rng, n),
                false => generate::event(&mut rng, n),
            };
            let answers = generate::answers(&mut rng);
            // Reads the event projected, projected and trusted, or in full.
            let mut ids = SeededIds::new(seed);
            let event = match n % 4 {
                0 => engine.read(text.as_bytes(), &mut ids),
                1 => engine.read_trusted(text.as_bytes(), &mut ids),
                _ => Event::from_json(text.as_bytes(), engine.limits(), &mut ids),
            }
            .unwrap();
            let plain = plain_matches(&engine, &event, &answers);
            let found: Vec<&str> = engine.matches(&event, &answers, &mut scratch).collect();
            if plain != found {
                let other = |name: &&str| plain.contains(name) != found.contains(name);
                let first = plain.iter().chain(&found).find(|name| other(name));
                let rule = first.map_or("(the order)", |name| rule_text(&rules, name));
                panic!("seed {seed}: {plain:?} is plain, {found:?} found\n{rule}\n{text}");
            }
            matched += found.len();
            offered += usize::try_from(scratch.selection_stats().rules).unwrap();
            let routed = engine.route_in(&event, &answers, &mut scratch);
            let plainly = route::route_without_index(engine.rules(), &event, &answers);
            assert_eq!(routed, plainly, "seed {seed}\n{}\n{text}", rules.join("\n"));
            assert_eq!(routed.to_json(&event), plainly.to_json(&event));
            asked += usize::from(matches!(routed, Step::Ask(_)));
            pair_count += kept;
        }
    }
    // Guard: the test must not pass because rules do not compile, match or ask, or because all are
    // always considered.
    println!(
        "{generated} made, {compiled} compiled, {pair_count} pairs, {offered} offered, {matched} matched, {asked} asked"
    );
    assert!(
        compiled * 10 > generated * 8,
        "{compiled} of {generated} compile"
    );
    assert!(matched > pair_count / 20 && matched < pair_count / 2);
    assert!(
        offered < pair_count * 3 / 5,
        "{offered} of {pair_count} looked at"
    );
    assert!(asked > 0);
    // Otherwise keys are compared instead of member numbers.
    assert!(numbered * 10 > engines * 8, "{numbered} of {engines}");
}
