//! Every rule set and template of the corpus with slips of the pen in it: characters lost, doubled, swapped, brought in.
//! Whatever comes of it, it comes without a panic, and what still parses keeps its layout and its sense.

use std::env;

use pointsman::{Answers, Engine, Limits, SeededIds, Timestamp};

use super::format::Case;
use super::json::quoted;
use super::mix::draw;
use super::run::event_of;

/// What slips in: what rules are made of, and what they are not.
const BITS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "'",
    "\\",
    "{{",
    "}}",
    "{{#if x}}",
    "{{/if}}",
    "{{else}}",
    "{{> a}}",
    "~",
    "//",
    "///",
    "\n",
    " ",
    "\r",
    "\t",
    "\0",
    "\u{feff}",
    "é",
    "😀",
    ",",
    ":",
    ".",
    "..",
    "=",
    "==",
    "!=",
    "<",
    ">",
    "+",
    "-",
    "*",
    "?",
    "%",
    "@",
    "&",
    "|",
    "0",
    "1e9999",
    "1e10000",
    "-0",
    "99999999999",
    "7d",
    "999999999d",
    "and ",
    "or ",
    "not ",
    "in ",
    "is ",
    "null",
    "when ",
    "final ",
    "send ",
    "do ",
    "first ",
    "rule ",
    "event ",
    "const ",
    "test ",
    "template ",
    "expect ",
    "person",
    "carrier",
    "now",
    "debug_data",
    "time(",
    "count(",
    "sample ",
    "10%",
    "ignoring case",
    "else",
    "on *",
];

pub(super) fn run(cases: &[Case]) -> Result<usize, String> {
    let rounds: usize = env::var("SLIPS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2);
    let mut seed = 11;
    let mut tried = 0;
    for case in cases {
        for section in case.sections.iter().filter(|one| one.name == "templates") {
            for (_, row) in section.rows(3) {
                for _ in 0..rounds {
                    let template = quoted(&slip(&row[0], &mut seed));
                    let rules = format!(
                        "rule r {{ on t missing blank send sms {{ body {template} }} send email {{ \
                         to \"a@example.com\" subject \"s\" html {template} }} do x {{ v: {template} }} }}"
                    );
                    check(&rules).map_err(|error| format!("{error}\n{rules}"))?;
                    tried += 1;
                }
            }
        }
        for section in case.sections.iter().filter(|one| one.name == "rules") {
            let Ok(text) = section.text() else {
                continue;
            };
            if text.len() > 4_000 {
                continue;
            }
            for _ in 0..rounds {
                let slipped = slip(&text, &mut seed);
                check(&slipped).map_err(|error| format!("{error}\n{slipped}"))?;
                tried += 1;
            }
        }
    }
    Ok(tried)
}

/// The text with one to three slips.
fn slip(text: &str, seed: &mut u64) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=draw(seed, 3) {
        let at = draw(seed, chars.len().max(1)).min(chars.len());
        let until = (at + 1 + draw(seed, 6)).min(chars.len());
        match draw(seed, 5) {
            0 => drop(chars.drain(at..until)),
            1 => {
                let again: Vec<char> = chars[at..until].to_vec();
                chars.splice(at..at, again);
            }
            2 if at + 1 < chars.len() => chars.swap(at, at + 1),
            3 => chars.truncate(at.max(1)),
            _ => {
                let bit = BITS[draw(seed, BITS.len())];
                chars.splice(at..at, bit.chars());
            }
        }
    }
    chars.into_iter().collect()
}

fn check(text: &str) -> Result<(), String> {
    let limits = Limits::default();
    let built = Engine::builder().source("a.rules", text).build();
    if let Err(all) = &built {
        // What is said has to be sayable.
        let _ = all.to_string();
        for one in all.iter() {
            let _ = one.to_json();
        }
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
        (Ok(engine), Ok(formatted)) => same(&engine, &formatted),
        (Err(_), Err(_)) => Ok(()),
        (Ok(_), Err(all)) => Err(format!("formatted, it has errors: {all}\n{once}\nof")),
        (Err(all), Ok(_)) => Err(format!("formatted, its errors are gone: {all}\n{once}\nof")),
    }
}

/// Both come to the same on an event of every type.
fn same(engine: &Engine, formatted: &Engine) -> Result<(), String> {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let answers = Answers::from_json(
        r#"{"person": null, "subscribed": [], "carrier": {"sms": true, "mms": true}, "codes": {"unavailable": "x"}}"#,
        now,
    );
    let answers = answers.unwrap();
    let data = br#"{"n": 1, "x": "a", "s": 5, "city": "x", "name": "<B>", "items": [{"name": "a"}, 2], "total": 20}"#;
    for ty in engine.event_types() {
        let Ok(event) = engine.read(&event_of(ty, data), &mut SeededIds::new(1)) else {
            continue;
        };
        let _ = engine.explain(&event, &answers).to_string();
        if engine.route(&event, &answers) != formatted.route(&event, &answers) {
            return Err("formatted, it routes differently".into());
        }
    }
    let reports = |engine: &Engine| -> Vec<bool> {
        engine
            .run_tests()
            .iter()
            .map(|report| report.passed())
            .collect()
    };
    if reports(engine) == reports(formatted) {
        Ok(())
    } else {
        Err("formatted, its tests come out differently".into())
    }
}
