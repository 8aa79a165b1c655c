//! Damages the rule sets and templates of the corpus by a few characters. Nothing may panic, and what still
//! parses must mean the same once it is formatted.

use std::env;

use pointsman::{Answers, Engine, Limits, SeededIds};

use super::case_file::Case;
use super::joined::draw;
use super::json::quoted;
use super::setup::{Setup, event_of};

/// Texts to insert, with `·` between them: pieces of rules, and characters that rules do not contain.
const PIECES: &str = "{·}·(·)·[·]·\"·\"\"\"·'·\\·{{·}}·{{#if x}}·{{/if}}·{{else}}·{{> a}}·~·//·///·\n· ·\r·\
    \t·\0·\u{feff}·é·😀·,·:·.·..·=·==·!=·<·>·+·-·*·?·%·@·&·|·0·1e9999·1e10000·-0·99999999999·7d·999999999d·\
    and ·or ·not ·in ·is ·null·when ·final ·send ·do ·first ·rule ·event ·const ·test ·template ·expect ·\
    person·carrier·now·debug_data·time(·count(·sample ·10%·ignoring case·else·on *";

/// Tests damaged rules and templates of every case, `TYPOS` of each (2 by default). Returns their number.
pub(super) fn run(cases: &[Case]) -> Result<usize, String> {
    let rounds = env::var("TYPOS").ok().and_then(|text| text.parse().ok());
    let rounds: usize = rounds.unwrap_or(2);
    let mut seed = 11;
    let mut tested = 0;
    for section in cases.iter().flat_map(|case| &case.sections) {
        let texts = match &*section.name {
            "templates" => section
                .rows(3)
                .map(|(_, mut row)| row.swap_remove(0))
                .collect(),
            "rules" => section
                .text()
                .ok()
                .filter(|text| text.len() <= 4_000)
                .into_iter()
                .collect(),
            _ => Vec::new(),
        };
        for text in texts
            .iter()
            .flat_map(|text| std::iter::repeat_n(text, rounds))
        {
            let mut rules = damaged(text, &mut seed);
            if section.name == "templates" {
                let template = quoted(&rules);
                rules = format!(
                    "rule r {{ on t missing blank send sms {{ body {template} }} send email {{ \
                     to \"a@example.com\" subject \"s\" html {template} }} do x {{ v: {template} }} }}"
                );
            }
            check(&rules).map_err(|error| format!("{error}\n{rules}"))?;
            tested += 1;
        }
    }
    Ok(tested)
}

/// Returns the text with one to three errors in it.
fn damaged(text: &str, seed: &mut u64) -> String {
    let pieces: Vec<&str> = PIECES.split('·').collect();
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=draw(seed, 3) {
        let at = draw(seed, chars.len().max(1)).min(chars.len());
        let end = (at + 1 + draw(seed, 6)).min(chars.len());
        match draw(seed, 5) {
            0 => drop(chars.drain(at..end)),
            1 => {
                let again: Vec<char> = chars[at..end].to_vec();
                chars.splice(at..at, again);
            }
            2 if at + 1 < chars.len() => chars.swap(at, at + 1),
            3 => chars.truncate(at.max(1)),
            _ => drop(chars.splice(at..at, pieces[draw(seed, pieces.len())].chars())),
        }
    }
    chars.into_iter().collect()
}

fn check(text: &str) -> Result<(), String> {
    let limits = Limits::default();
    let built = Engine::builder().source("a.rules", text).build();
    if let Err(errors) = &built {
        // Neither output may panic.
        let _ = errors.to_string();
        errors.iter().for_each(|error| drop(error.to_json()));
    }
    let Ok(once) = pointsman::format("a.rules", text, &limits) else {
        return match built {
            Ok(_) => Err("it builds, and cannot be formatted".into()),
            Err(_) => Ok(()),
        };
    };
    match pointsman::format("a.rules", &once, &limits) {
        Ok(twice) if twice == once => {}
        Ok(twice) => {
            return Err(format!(
                "formatting is not stable:\n{once}\nbecame\n{twice}\nof"
            ));
        }
        Err(all) => return Err(format!("formatted, it does not parse: {all}\n{once}\nof")),
    }
    let formatted = Engine::builder().source("a.rules", once.clone()).build();
    match (built, formatted) {
        (Ok(engine), Ok(formatted)) => check_same_results(&engine, &formatted),
        (Err(_), Err(_)) => Ok(()),
        (Ok(_), Err(all)) => Err(format!("formatted, it has errors: {all}\n{once}\nof")),
        (Err(all), Ok(_)) => Err(format!("formatted, its errors are gone: {all}\n{once}\nof")),
    }
}

/// Checks that both engines give the same result for an event of every type, and the same test reports.
fn check_same_results(engine: &Engine, formatted: &Engine) -> Result<(), String> {
    let answers = Answers::from_json(
        r#"{"person": null, "subscribed": [], "carrier": {"sms": true, "mms": true}, "codes": {"unavailable": "x"}}"#,
        Setup::default().now,
    );
    let answers = answers.map_err(|error| error.to_string())?;
    let data = br#"{"n": 1, "x": "a", "s": 5, "city": "x", "name": "<B>", "items": [{"name": "a"}, 2], "total": 20}"#;
    for event_type in engine.event_types() {
        let event = event_of(event_type, data);
        let Ok(event) = engine.read(&event, &mut SeededIds::new(1)) else {
            continue;
        };
        let _ = engine.explain(&event, &answers).to_string();
        if engine.route(&event, &answers) != formatted.route(&event, &answers) {
            return Err("formatted, it routes differently".into());
        }
    }
    let passed = |engine: &Engine| -> Vec<bool> {
        let reports = engine.run_tests();
        reports.iter().map(|report| report.passed()).collect()
    };
    match passed(engine) == passed(formatted) {
        true => Ok(()),
        false => Err("formatted, its tests have other results".into()),
    }
}
