//! Measures the time and memory to compile rules. Each engine runs in its own process, so that earlier
//! allocations do not count.

use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use crate::data::Lots;
use crate::matching::{MOST_QUAMINA, QUAMINA, compiled, only_read, quamina};
use crate::shared::lots::written;
use crate::table::short;

pub const FLAG: &str = "--build";
const POINTSMAN: &str = "Pointsman";

/// The measurements reported by a child process.
pub struct Build {
    pub who: &'static str,
    pub set: char,
    pub size: usize,
    pub seconds: f64,
    /// The part of these seconds spent on parsing, if known.
    pub reading: f64,
    /// Bytes of text per rule.
    pub text: usize,
    /// Growth of the process in bytes per rule, without the text of the rule.
    pub kept: usize,
    /// The same at the peak.
    pub peak: usize,
    /// Bytes of the index, if the engine reports them.
    pub index: usize,
}

/// Measures all engines that can handle this many rules, from a tenth of the largest size to ten times it.
pub fn builds(largest: usize) -> Vec<Build> {
    let mut all = Vec::new();
    for (set, size) in [
        ('a', largest / 10),
        ('a', largest),
        ('a', largest * 10),
        ('b', largest),
    ] {
        for who in [POINTSMAN, QUAMINA] {
            // Its results for set b are wrong at smaller sizes, and ten times the rules of set a take a
            // minute.
            let most = if set == 'a' { 100_000 } else { MOST_QUAMINA };
            if size > 0 && (who == POINTSMAN || size <= most) {
                all.extend(run(who, set, size));
            }
        }
    }
    println!("\n**From text to an engine, each in its own process**\n");
    println!(
        "| who | rules | seconds | µs a rule | of it reading | text of a rule | memory a rule | at the peak | index a rule |"
    );
    println!("| --- | --- | --: | --: | --: | --: | --: | --: | --: |");
    for build in &all {
        let bytes = |count: usize| match count {
            0 => "–".to_owned(),
            count => format!("{count} B"),
        };
        println!(
            "| {} | {} {} | {:.2} | {} | {} | {} | {} | {} | {} |",
            build.who,
            build.set,
            build.size,
            build.seconds,
            short(build.seconds * 1e6 / build.size as f64),
            match build.reading {
                0.0 => "–".to_owned(),
                reading => format!("{:.0} %", reading * 100.0 / build.seconds),
            },
            bytes(build.text),
            bytes(build.kept),
            bytes(build.peak),
            bytes(build.index),
        );
    }
    all
}

fn run(who: &'static str, set: char, size: usize) -> Option<Build> {
    let program = std::env::current_exe().expect("this program");
    let out = Command::new(program)
        .args([FLAG, who, &set.to_string(), &size.to_string()])
        .output()
        .expect("this program runs");
    let told = String::from_utf8_lossy(&out.stdout);
    let figures: Vec<f64> = told.split_whitespace().flat_map(str::parse).collect();
    let [seconds, reading, text, kept, peak, index] = figures.as_slice() else {
        println!("\nskipped {who} at {size} rules of set {set}: it did not finish");
        return None;
    };
    let each = |bytes: &f64| (bytes / size as f64) as usize;
    Some(Build {
        who,
        set,
        size,
        seconds: *seconds,
        reading: *reading,
        text: each(text),
        kept: each(kept),
        peak: each(peak),
        index: each(index),
    })
}

/// Builds the engine, matches some events, because some engines finish building then, and prints the
/// measurements.
pub fn child(who: &str, set: &str, size: &str) {
    let set = set.chars().next().expect("a set");
    let lots = Lots::made(8);
    let rules = crate::rules(&lots, set, size.parse().expect("a number"));
    let text = written(&rules);
    let length = text.len();
    let (before, _) = memory();
    let since = Instant::now();
    let (seconds, after, index);
    if who == POINTSMAN {
        let engine = compiled(text);
        crate::scale::sums(&engine, &lots.normal.whole);
        (seconds, after) = (since.elapsed().as_secs_f64(), memory());
        index = engine.cost().bytes();
    } else {
        drop(text);
        let engine = quamina(&rules, true).expect("an engine");
        for event in &lots.normal.whole {
            black_box(engine.matches_for_event(event.as_bytes()).expect("matches"));
        }
        (seconds, after) = (since.elapsed().as_secs_f64(), memory());
        index = 0;
    }
    let (kept, peak) = (
        after.0.saturating_sub(before),
        after.1.saturating_sub(before),
    );
    let mut reading = 0.0;
    if who == POINTSMAN {
        let text = written(&rules);
        let since = Instant::now();
        only_read(text);
        reading = since.elapsed().as_secs_f64();
    }
    println!("{seconds} {reading} {length} {kept} {peak} {index}");
}

/// Returns the current and peak memory of the process in bytes. `None` without `/proc`.
fn memory() -> (usize, usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes << 10)
    };
    (field("VmRSS:").unwrap_or(0), field("VmHWM:").unwrap_or(0))
}
