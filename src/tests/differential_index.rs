//! Routing by the index against routing by plain evaluation of every rule, on rules and events made by
//! chance.

use super::generate;
use super::generate::Dice;
use crate::diagnostic::Severity;
use crate::engine::{Engine, Scratch};
use crate::eval::Needs;
use crate::event::Event;
use crate::event::id::SeededIds;
use crate::lookup::answer::Answers;
use crate::route;
use crate::route::Step;

/// Pairs of rule and event; more of them where the variable says so while the tests are compiled.
fn pairs() -> usize {
    option_env!("POINTSMAN_PAIRS").map_or(30_000, |pairs| pairs.parse().unwrap())
}

/// The engine of those of the rules that compile, and how many.
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

/// The names of the rules that match, without the index.
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
    let (mut made, mut compiled, mut matched, mut offered, mut asked) = (0, 0, 0, 0, 0);
    let (mut done, mut engines, mut numbered) = (0, 0, 0);
    for seed in 0_u64.. {
        if done >= pairs() {
            break;
        }
        let mut dice = Dice::new(seed);
        // Few rules, many, many of which each shares its tests with others, and some of a declared type.
        let is_stamped = dice.one_in(8);
        let rules = match dice.below(3) {
            _ if is_stamped => generate::stamped_rules(&mut dice, RULES),
            0 => generate::rules(&mut dice, 6),
            1 => generate::rules(&mut dice, RULES),
            _ => generate::crowded_rules(&mut dice, RULES * 2),
        };
        let count = rules.len();
        let (engine, kept) = engine(rules.clone());
        made += count;
        compiled += kept;
        engines += 1;
        numbered += usize::from(engine.rules().slots.projection_id().is_some());
        for n in 0..EVENTS {
            let text = match is_stamped {
                true => generate::stamped_event(&mut dice, n),
                false => generate::event(&mut dice, n),
            };
            let answers = generate::answers(&mut dice);
            // Read as far as the rules use it, in either way, or whole.
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
            done += kept;
        }
    }
    // The test could not fail if rules did not compile, match, ask, or if all were offered always.
    println!(
        "{made} made, {compiled} compiled, {done} pairs, {offered} offered, {matched} matched, {asked} asked"
    );
    assert!(compiled * 10 > made * 8, "{compiled} of {made} compile");
    assert!(matched > done / 20 && matched < done / 2);
    assert!(offered < done * 3 / 5, "{offered} of {done} looked at");
    assert!(asked > 0);
    // Where the numbers of members do not tell the paths, their keys are compared.
    assert!(numbered * 10 > engines * 8, "{numbered} of {engines}");
}
