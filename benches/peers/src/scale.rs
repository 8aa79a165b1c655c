//! Measures scaling: a thousand times the rules, two threads, and changes to a live engine.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use pointsman::engine::Scratch;
use pointsman::{Engine, LiveEngine, SeededIds};
use serde::de::IgnoredAny;

use crate::data::Lots;
use crate::matching::{self, answers, compiled};
use crate::shared::lots::{wrap, written};
use crate::shared::shop;
use crate::table::{Row, Unit, compare, median, short};

/// Returns the number of matches of the first events.
pub fn sums(engine: &Engine, events: &[String]) -> Vec<usize> {
    let mut sums = vec![0];
    let (answers, mut ids, mut scratch) = (answers(), SeededIds::new(1), Scratch::default());
    for event in events {
        let event = engine.read(event.as_bytes(), &mut ids).expect("an event");
        let found = engine.matches(&event, &answers, &mut scratch).count();
        sums.push(sums[sums.len() - 1] + found);
    }
    sums
}

/// Compares a thousand rules with a million.
pub fn million(lots: &Lots) -> Vec<Row> {
    let events = &lots.normal.whole;
    let mut contenders = Vec::new();
    let mut all_sums = Vec::new();
    for (size, name) in [(1_000, "1,000"), (1_000_000, "1,000,000")] {
        let since = Instant::now();
        let engine = compiled(written(&crate::rules(lots, 'a', size)));
        all_sums.push((name, sums(&engine, events)));
        for mut contender in matching::pointsman(&engine, events, since) {
            contender.name = format!("{name} rules: {}", contender.name);
            contenders.push(contender);
        }
    }
    compare(
        "Set a, a thousand rules and a million",
        Unit::Rate,
        events.len(),
        &mut contenders,
        &|name, count| {
            let (size, _) = name.split_once(' ')?;
            let (_, sums) = all_sums.iter().find(|(known, _)| *known == size)?;
            Some(sums[count])
        },
    )
}

/// Compares the throughput of two threads with one.
pub struct Threads {
    pub what: &'static str,
    pub ratio: f64,
}

const ROUNDS: usize = 7;
const TURN: Duration = Duration::from_millis(200);

/// Shares one engine. Each thread has its own scratch and its own part of the events.
pub fn threads(lots: &Lots) -> Vec<Threads> {
    let events = lots.normal.whole.as_slice();
    let engine = compiled(written(&crate::rules(lots, 'a', 1_000)));
    let live = LiveEngine::new(engine.clone());
    let shop_engine = compiled(shop::rules(1_000));
    let shop_events = shop::events(2_000);
    let answers = answers();

    // Each creates the handler of one event for a thread.
    let floor = || {
        |event: &str| {
            black_box(serde_json::from_str::<IgnoredAny>(event).expect("JSON"));
        }
    };
    let matching = || {
        let (mut ids, mut scratch) = (SeededIds::new(1), Scratch::default());
        let (engine, answers) = (&engine, &answers);
        move |event: &str| {
            let event = engine.read(event.as_bytes(), &mut ids).expect("an event");
            black_box(engine.matches(&event, answers, &mut scratch).count());
        }
    };
    let through_live = || {
        let (mut ids, mut scratch) = (SeededIds::new(1), Scratch::default());
        let (live, answers) = (&live, &answers);
        move |event: &str| {
            let engine = live.engine();
            let event = engine.read(event.as_bytes(), &mut ids).expect("an event");
            black_box(engine.matches(&event, answers, &mut scratch).count());
        }
    };
    let through_reader = || {
        let (mut ids, mut scratch) = (SeededIds::new(1), Scratch::default());
        let (mut reader, answers) = (live.reader(), &answers);
        move |event: &str| {
            let engine = reader.engine();
            let event = engine.read(event.as_bytes(), &mut ids).expect("an event");
            black_box(engine.matches(&event, answers, &mut scratch).count());
        }
    };
    let routing = || {
        let (mut ids, mut scratch) = (SeededIds::new(1), Scratch::default());
        let (engine, answers) = (&shop_engine, &answers);
        move |event: &str| {
            let event = engine.read(event.as_bytes(), &mut ids).expect("an event");
            black_box(engine.route_in(&event, answers, &mut scratch));
        }
    };
    println!("\n**Two threads compared with one, sharing an engine**\n");
    println!("| what | one thread, thousand/s | two threads | ratio |");
    println!("| --- | --: | --: | --: |");
    vec![
        measured("floor: serde_json, `IgnoredAny`", events, &floor),
        measured("`read` and `matches`, a-rules", events, &matching),
        measured(
            "the same, a `LiveEngine` asked for each event",
            events,
            &through_live,
        ),
        measured(
            "the same, through a `Reader` of it",
            events,
            &through_reader,
        ),
        measured(
            "`read` and `route_in`, a shop's rules",
            &shop_events,
            &routing,
        ),
    ]
}

fn measured<H: FnMut(&str)>(
    what: &'static str,
    events: &[String],
    handler: &(impl Fn() -> H + Sync),
) -> Threads {
    let (first, second) = events.split_at(events.len() / 2);
    let mut ones = Vec::new();
    let mut twos = Vec::new();
    for _ in 0..ROUNDS {
        ones.push(run(first, handler));
        let both = thread::scope(|scope| {
            let parts = [first, second].map(|part| scope.spawn(move || run(part, handler)));
            parts.map(|part| part.join().expect("a thread"))
        });
        twos.push(both.iter().sum());
    }
    let ratios: Vec<f64> = ones.iter().zip(&twos).map(|(one, two)| two / one).collect();
    let ratio = median(&ratios);
    let rates = [median(&ones), median(&twos)].map(|rate: f64| short(rate / 1e3));
    println!("| {what} | {} | {} | {ratio:.2} |", rates[0], rates[1]);
    Threads { what, ratio }
}

/// Returns the number of events per second.
fn run<H: FnMut(&str)>(events: &[String], handler: &impl Fn() -> H) -> f64 {
    let mut handle = handler();
    for event in events.iter().take(1_000) {
        handle(event);
    }
    let (start, mut handled) = (Instant::now(), 0);
    while start.elapsed() < TURN {
        // Reading the clock for each event would be too slow.
        let from = handled % events.len();
        let part = &events[from..events.len().min(from + 200)];
        for event in part {
            handle(event);
        }
        handled += part.len();
    }
    handled as f64 / start.elapsed().as_secs_f64()
}

/// Milliseconds for changing one rule in a live engine.
pub struct Reload {
    pub rules: usize,
    pub median: f64,
    pub worst: f64,
    /// A full rebuild.
    pub whole: f64,
}

const CHANGES: usize = 1_000;

/// Gives one rule after another a new condition, and checks that an event matches it.
pub fn reload(lots: &Lots, size: usize) -> Reload {
    let rules = crate::rules(lots, 'a', size);
    let text = written(&rules);
    let live = LiveEngine::new(compiled(text.clone()));
    let since = Instant::now();
    let builder = Engine::builder().source("bench0.rules", text);
    live.reload(builder.open_registry(true)).expect("rules");
    let whole = since.elapsed().as_secs_f64() * 1e3;
    let mut taken = Vec::new();
    let (answers, mut ids, mut scratch) = (answers(), SeededIds::new(1), Scratch::default());
    let mut right = 0;
    for number in 0..CHANGES {
        let at = number * 7_919 % size;
        let value = format!("changed {number}");
        let rule = format!(
            "rule r{at} {{ on lot when type == \"Feature\" and properties.MAPBLKLOT == \"{value}\" do crm.note {{}} }}\n"
        );
        let since = Instant::now();
        let change = live.change(|change| change.put_rule("bench0.rules", rule));
        taken.push(since.elapsed().as_secs_f64() * 1e3);
        change.expect("a rule");
        let event = wrap(&format!(
            r#"{{"type":"Feature","properties":{{"MAPBLKLOT":"{value}"}}}}"#
        ));
        let engine = live.engine();
        let event = engine.read(event.as_bytes(), &mut ids).expect("an event");
        right += engine.matches(&event, &answers, &mut scratch).count();
    }
    let usual = median(&taken);
    let worst = taken.iter().copied().fold(0.0, f64::max);
    println!("\n**One of {size} rules changed in a live engine, {CHANGES} times**\n");
    println!("| median | slowest | full rebuild | events that matched the new condition |");
    println!("| --: | --: | --: | --: |");
    let verdict = if right == CHANGES {
        "all"
    } else {
        "**wrong**: not all"
    };
    println!("| {usual:.3} ms | {worst:.1} ms | {whole:.0} ms | {verdict} |");
    Reload {
        rules: size,
        median: usual,
        worst,
        whole,
    }
}
