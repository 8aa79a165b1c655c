//! Compares Pointsman with other engines on the same data and one thread. Prints Markdown.

mod building;
mod data;
mod matching;
mod rendering;
mod scale;
#[expect(dead_code, reason = "shared by all benches")]
#[path = "../../data/mod.rs"]
mod shared;
mod summary;
mod table;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use crate::data::{Lots, fits};
use crate::matching::is_floor;
use crate::shared::lots::{Rule, written};
use crate::summary::{Form, Summary};
use crate::table::{Contender, Row, Unit, compare};

const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];
const EVENTS: usize = 20_000;
/// The number of pairs of rule and event that are checked by plain evaluation.
const PAIRS: usize = 20_000_000;

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    if let [flag, who, set, size] = words.as_slice()
        && flag == building::FLAG
    {
        return building::child(who, set, size);
    }
    let since = Instant::now();
    let machine = machine();
    println!("Machine: {machine}.");
    let sizes = setting("POINTSMAN_SIZES").map_or(SIZES.to_vec(), |text| {
        let size = |part: &str| part.trim().parse().expect("numbers with commas between");
        text.split(',').map(size).collect()
    });
    let count = setting("POINTSMAN_EVENTS").map(|text| text.parse().expect("a number"));
    let lots = match setting("POINTSMAN_CITYLOTS") {
        Some(file) => Lots::read(&file, count.unwrap_or(usize::MAX)),
        None => Lots::made(count.unwrap_or(EVENTS)),
    };
    let events = &lots.normal.whole;
    let bytes: usize = events.iter().map(String::len).sum();
    println!(
        "\nEvents: {}, {} of them, {} bytes each on average.",
        lots.source,
        events.len(),
        bytes / events.len(),
    );
    let mut summary = Summary::default();
    reading(&lots);
    for set in ['a', 'b', 'c'] {
        for size in &sizes {
            matching(&lots, set, *size, &mut summary);
        }
    }
    if let Some(folder) = setting("POINTSMAN_CORPUS") {
        summary.webhooks = webhooks(Path::new(&folder));
    } else {
        println!("\nSkipped webhooks: POINTSMAN_CORPUS is not a folder.");
    }
    summary.templates = rendering::templates();
    summary.end_to_end = rendering::end_to_end();
    let largest = sizes.iter().copied().max().unwrap_or(10);
    summary.builds = building::builds(largest);
    summary.threads = scale::threads(&lots);
    summary.reload = Some(scale::reload(&lots, largest));
    if largest >= 100_000 {
        summary.million = scale::million(&lots);
    }
    summary.print(&machine);
    println!("\nTotal time: {:.0} s.", since.elapsed().as_secs_f64());
}

fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// Returns the data from the folder, or generates it.
fn rules(lots: &Lots, set: char, size: usize) -> Vec<Rule> {
    lots.rules(setting("POINTSMAN_RULES").as_deref(), set, size)
}

/// Describes the machine and its load.
fn machine() -> String {
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
    format!("{model}, {cores} cores, {rustc}; load at the start {load}")
}

fn reading(lots: &Lots) {
    let events = &lots.normal.whole;
    let engine = matching::compiled(written(&lots.rules(None, 'a', 10)));
    let mut contenders = Vec::new();
    for trusted in [false, true] {
        let engine = engine.clone();
        let mut ids = pointsman::SeededIds::new(1);
        let name = [
            "Pointsman, `read` for ten a-rules",
            "Pointsman, `read_trusted`",
        ];
        let name = name[usize::from(trusted)];
        contenders.push(Contender::new(name, move |count| {
            for event in &events[..count] {
                let bytes = event.as_bytes();
                let event = if trusted {
                    engine.read_trusted(bytes, &mut ids)
                } else {
                    engine.read(bytes, &mut ids)
                };
                std::hint::black_box(event.expect("an event"));
            }
            0
        }));
    }
    contenders.extend(matching::floors(events));
    let title = "Reading, nothing else";
    compare(title, Unit::Rate, events.len(), &mut contenders, &|_, _| {
        None
    });
}

fn matching(lots: &Lots, set: char, size: usize, summary: &mut Summary) {
    let rules = rules(lots, set, size);
    let text = written(&rules);
    let events = &lots.normal.whole;
    let since = Instant::now();
    let engine = matching::compiled(text);
    let mut contenders = matching::pointsman(&engine, events, since);
    contenders.extend(matching::peers(set, &rules, &lots.normal));
    contenders.extend(matching::floors(events).into_iter().take(2));

    // The number of matches of the first events. Plain evaluation of as many pairs as time allows must
    // give the same number.
    let sums = scale::sums(&engine, events);
    let checked = (PAIRS / size).clamp(1, events.len());
    let mut plain = 0;
    for object in &lots.normal.bare[..checked] {
        let object: Value = serde_json::from_str(object).expect("JSON");
        plain += rules.iter().filter(|rule| fits(rule, &object)).count();
    }
    assert_eq!(
        sums[checked], plain,
        "Pointsman differs from plain evaluation: set {set}, {size} rules, {checked} events"
    );
    let expected = |name: &str, count: usize| (!is_floor(name)).then(|| sums[count]);
    let rows = compare(
        &format!("Set {set}, {size} rules (results of the first {checked} events checked plainly)"),
        Unit::Rate,
        events.len(),
        &mut contenders,
        &expected,
    );
    drop(contenders);
    let form = Form {
        set,
        size,
        long_first: false,
    };
    summary.matching.push((form, rows));

    let Some(long_first) = lots
        .long_first
        .as_ref()
        .filter(|_| set == 'a' && size <= 1_000)
    else {
        return;
    };
    let mut contenders = matching::pointsman(&engine, &long_first.whole, since);
    contenders[0].built = None;
    contenders.extend(matching::both_quaminas(set, &rules, long_first));
    contenders.extend(matching::floors(&long_first.whole).into_iter().take(2));
    let rows = compare(
        &format!("Set {set}, {size} rules, the long part of the object first"),
        Unit::Rate,
        events.len(),
        &mut contenders,
        &expected,
    );
    let form = Form {
        long_first: true,
        ..form
    };
    summary.matching.push((form, rows));
}

/// Reads real payloads: one folder per type, one file per action.
fn webhooks(folder: &Path) -> Vec<Row> {
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
        println!("\nSkipped webhooks: POINTSMAN_CORPUS contains no JSON files.");
        return Vec::new();
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
        &|name, count| (!is_floor(name)).then(|| sums[count]),
    )
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
