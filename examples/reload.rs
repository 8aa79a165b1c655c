//! Changes rules one by one while another thread routes without waiting. Compiles only the changed rules.
//!
//! ```text
//! cargo run --example reload
//! ```

use std::error::Error;
use std::fmt::Write as _;
use std::thread;
use std::time::Instant;

use pointsman::engine::Scratch;
use pointsman::{Answers, Engine, LiveEngine, SeededIds};

const RULES: usize = 10_000;
const CHANGES: usize = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rules = String::new();
    for n in 0..RULES {
        writeln!(
            rules,
            "rule r{n} {{ on order when shop == \"s{n}\" do note {{}} }}"
        )?;
    }
    let begun = Instant::now();
    let live = LiveEngine::new(Engine::builder().source("shops.rules", rules).build()?);
    println!("{RULES} rules built in {:.1?}", begun.elapsed());

    let text = br#"{"event_type": "order", "event_data": {"mdn": "13125550100", "shop": "new"}}"#;
    let answers = Answers::new("2026-11-20T10:00:00Z".parse()?);
    thread::scope(|scope| {
        // Every routing thread has its own reader.
        let router = scope.spawn(|| {
            let (mut reader, mut scratch) = (live.reader(), Scratch::default());
            let mut routed = 0;
            loop {
                let engine = reader.engine();
                routed += 1;
                let event = engine.read(text, &mut SeededIds::new(1))?;
                if engine.matches(&event, &answers, &mut scratch).count() == CHANGES {
                    return Ok::<usize, pointsman::Rejection>(routed);
                }
            }
        });
        let mut times = Vec::with_capacity(CHANGES);
        for n in 0..CHANGES {
            let rule = format!("rule r{n} {{ on order when shop == \"new\" do note {{}} }}");
            let begun = Instant::now();
            live.change(|change| change.put_rule("shops.rules", rule))?;
            times.push(begun.elapsed());
        }
        times.sort();
        let (median, slowest) = (times.get(CHANGES / 2), times.last());
        println!("{CHANGES} changes: median {median:.1?}, slowest {slowest:.1?}");
        let routed = router.join().map_err(|_| "the router ended early")??;
        println!("{routed} events routed meanwhile");
        Ok(())
    })
}
