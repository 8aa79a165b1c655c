//! Pointsman beside other engines: the same data, one thread, taking turns. Prints Markdown.

mod data;
mod matching;
mod rendering;
#[expect(dead_code, reason = "shared by all benches")]
#[path = "../../data/mod.rs"]
mod shared;
mod table;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use crate::data::{Lots, fits, read_rules};
use crate::shared::lots::written;
use crate::table::{Contender, Unit, compare};

const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];
const EVENTS: usize = 5_000;
/// Pairs of rule and event that are checked in the plainest way.
const PAIRS: usize = 20_000_000;

fn main() {
    machine();
    let count = setting("POINTSMAN_EVENTS").map_or(EVENTS, |text| text.parse().expect("a number"));
    let sizes = setting("POINTSMAN_SIZES").map_or(SIZES.to_vec(), |text| {
        let size = |part: &str| part.trim().parse().expect("numbers with commas between");
        text.split(',').map(size).collect()
    });
    let lots = setting("POINTSMAN_CITYLOTS")
        .map_or_else(|| Lots::made(count), |file| Lots::read(&file, count));
    let bytes: usize = lots.events.iter().map(String::len).sum();
    println!(
        "\nEvents: {}, {} of them, {} bytes each on average.",
        lots.source,
        lots.events.len(),
        bytes / lots.events.len(),
    );
    reading(&lots);
    for set in ['a', 'b', 'c'] {
        for size in &sizes {
            matching(&lots, set, *size);
        }
    }
    rendering::templates();
    rendering::end_to_end();
    match setting("POINTSMAN_CORPUS") {
        Some(folder) => webhooks(Path::new(&folder)),
        None => println!("\nWebhooks are left out: POINTSMAN_CORPUS names no folder."),
    }
}

fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// What it runs on, and how busy that is.
fn machine() {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown CPU", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let rustc = std::process::Command::new("rustc").arg("-V").output();
    let rustc = rustc.map_or(String::new(), |out| {
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    });
    println!("Machine: {model}, {cores} cores, {rustc}; load at the start: {load}.");
}

fn reading(lots: &Lots) {
    let engine = matching::compiled(written(&lots.rules('a', 10)));
    let mut contenders = matching::floors(&lots.events);
    let read = {
        let engine = engine.clone();
        let mut ids = pointsman::SeededIds::new(1);
        Contender::new("Pointsman, `read` for ten a-rules", move |count| {
            for event in &lots.events[..count] {
                std::hint::black_box(engine.read(event.as_bytes(), &mut ids).expect("an event"));
            }
            0
        })
    };
    contenders.insert(0, read);
    let events = lots.events.len();
    let title = "Reading, nothing else";
    compare(title, Unit::Rate, events, &mut contenders, &|_| 0, &|_| {
        true
    });
}

fn matching(lots: &Lots, set: char, size: usize) {
    let rules = match setting("POINTSMAN_RULES") {
        Some(folder) => match read_rules(&folder, set, size) {
            Some(rules) => rules,
            None => {
                println!("\nSet {set}, {size} rules: left out, POINTSMAN_RULES has no such file.");
                return;
            }
        },
        None => lots.rules(set, size),
    };
    let text = written(&rules);
    let since = Instant::now();
    let engine = matching::compiled(text);
    let mut contenders = matching::pointsman(&engine, &lots.events, since);
    contenders.extend(matching::peers(set, &rules, &lots.events));
    contenders.extend(matching::floors(&lots.events).into_iter().take(2));

    // How many matches the first so many events have. The plain evaluation of as many pairs as there is
    // time for has to come to the same.
    let mut sums = vec![0];
    let mut scratch = pointsman::engine::Scratch::default();
    let (answers, mut ids) = (matching::answers(), pointsman::SeededIds::new(1));
    for event in &lots.events {
        let event = engine.read(event.as_bytes(), &mut ids).expect("an event");
        let found = engine.matches(&event, &answers, &mut scratch).count();
        sums.push(sums[sums.len() - 1] + found);
    }
    let checked = (PAIRS / size).clamp(1, lots.events.len());
    let mut plain = 0;
    for event in &lots.events[..checked] {
        let event: Value = serde_json::from_str(event).expect("JSON");
        let fitting = rules.iter().filter(|rule| fits(rule, &event["event_data"]));
        plain += fitting.count();
    }
    assert_eq!(
        sums[checked], plain,
        "Pointsman differs from plain evaluation: set {set}, {size} rules, {checked} events"
    );
    compare(
        &format!("Set {set}, {size} rules (results of the first {checked} events checked plainly)"),
        Unit::Rate,
        lots.events.len(),
        &mut contenders,
        &|count| sums[count],
        &matching::is_floor,
    );

    if set == 'a' && size <= 1_000 && !lots.long_first.is_empty() {
        let mut contenders = matching::pointsman(&engine, &lots.long_first, since);
        contenders[0].built = None;
        contenders.extend(
            matching::peers(set, &rules, &lots.long_first)
                .into_iter()
                .filter(|contender| contender.name == "quamina"),
        );
        contenders.extend(matching::floors(&lots.long_first).into_iter().take(2));
        compare(
            &format!("Set {set}, {size} rules, the long part of the object first"),
            Unit::Rate,
            lots.long_first.len(),
            &mut contenders,
            &|count| sums[count],
            &matching::is_floor,
        );
    }
}

/// Real payloads: a folder for each type, a file for each action.
fn webhooks(folder: &Path) {
    let mut files = Vec::new();
    collect(folder, &mut files);
    let mut events = Vec::new();
    for file in files {
        let kind = file.parent().and_then(Path::file_name).unwrap_or_default();
        let text = fs::read_to_string(&file).expect("a file");
        let members = text.trim().strip_prefix('{').filter(|rest| rest.len() > 2);
        let Some(members) = members.filter(|rest| rest.len() < 200_000) else {
            continue;
        };
        events.push(format!(
            r#"{{"event_type":"{}","event_data":{{"mdn":"+14155550100",{members}}}"#,
            kind.to_string_lossy(),
        ));
    }
    if events.is_empty() {
        println!("\nWebhooks are left out: there are no JSON files in POINTSMAN_CORPUS.");
        return;
    }
    let rules = ["opened", "created", "completed", "deleted", "published"].map(|action| {
        format!("rule {action} {{ on * when action == \"{action}\" do crm.note {{}} }}\n")
    });
    let engine = matching::compiled(rules.concat());
    let mut sums = vec![0];
    for event in &events {
        let event: Value = serde_json::from_str(event).expect("JSON");
        let action = event["event_data"]["action"].as_str().unwrap_or_default();
        let fits = ["opened", "created", "completed", "deleted", "published"].contains(&action);
        sums.push(sums[sums.len() - 1] + usize::from(fits));
    }
    let mut contenders = matching::pointsman(&engine, &events, Instant::now());
    contenders[0].built = None;
    contenders.extend(matching::floors(&events));
    compare(
        &format!("Webhooks, {} files, five rules", events.len()),
        Unit::Rate,
        events.len(),
        &mut contenders,
        &|count| sums[count],
        &matching::is_floor,
    );
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "json") {
            files.push(path);
        }
    }
}
