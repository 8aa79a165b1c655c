//! Measures the way from the bytes of an event to its outcome as JSON, with a thousand rules and with one.

#[expect(dead_code, reason = "shared by all benches")]
mod data;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use data::{messages, shop};
use pointsman::engine::Scratch;
use pointsman::{Answers, Engine, SeededIds, Step, Timestamp};

fn end_to_end(criterion: &mut Criterion) {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let answers = Answers::new(now);
    let cases = [
        ("bytes to line", shop::rules(1_000), shop::events(1_000)),
        (
            "one sms",
            messages::vibes_rules(),
            vec![messages::VIBES.to_owned()],
        ),
    ];
    let mut group = criterion.benchmark_group("end to end");
    for (name, rules, lines) in cases {
        let engine = Engine::builder()
            .source("bench.rules", rules)
            .open_registry(true)
            .build()
            .unwrap();
        let mut scratch = Scratch::default();
        group.throughput(Throughput::Elements(lines.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut ids = SeededIds::new(1);
                let mut written = 0;
                for line in &lines {
                    let event = engine.read(line.as_bytes(), &mut ids).unwrap();
                    match engine.route_in(&event, &answers, &mut scratch) {
                        Step::Done(outcome) => written += outcome.to_json().len(),
                        Step::Ask(asked) => panic!("asked {asked:?}"),
                    }
                }
                written
            });
        });
    }
    group.finish();
}

criterion_group!(benches, end_to_end);
criterion_main!(benches);
