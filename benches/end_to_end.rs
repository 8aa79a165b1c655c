//! From the bytes of an event to the line of its outcome, over a thousand rules.

mod made;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pointsman::{Answers, Engine, SeededIds, Step, Timestamp};

fn end_to_end(criterion: &mut Criterion) {
    let engine = Engine::builder()
        .source("bench.rules", made::rules(1_000))
        .open_registry(true)
        .build()
        .unwrap();
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let answers = Answers::new(now);
    let lines = made::events(1_000);
    let mut group = criterion.benchmark_group("end to end");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("bytes to line", |bencher| {
        bencher.iter(|| {
            let mut ids = SeededIds::new(1);
            let mut written = 0;
            for line in &lines {
                let event = engine.read(line.as_bytes(), &mut ids).unwrap();
                match engine.route(&event, &answers) {
                    Step::Done(outcome) => written += outcome.to_json().len(),
                    Step::Ask(asked) => panic!("asked {asked:?}"),
                }
            }
            written
        });
    });
    group.finish();
}

criterion_group!(benches, end_to_end);
criterion_main!(benches);
