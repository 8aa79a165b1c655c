//! How long an event takes to find its rules: with few rules and many, in one scratch.

mod made;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pointsman::engine::Scratch;
use pointsman::{Answers, Engine, SeededIds, Step, Timestamp};

fn route(criterion: &mut Criterion) {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let answers = Answers::new(now);
    let lines = made::events(1_000);
    let mut group = criterion.benchmark_group("route");
    group.throughput(Throughput::Elements(lines.len() as u64));
    for count in [100, 5_000] {
        let engine = Engine::builder()
            .source("bench.rules", made::rules(count))
            .open_registry(true)
            .build()
            .unwrap();
        let mut ids = SeededIds::new(1);
        let events: Vec<_> = lines
            .iter()
            .map(|line| engine.read(line.as_bytes(), &mut ids).unwrap())
            .collect();
        let mut scratch = Scratch::default();
        group.bench_function(BenchmarkId::new("match", count), |bencher| {
            bencher.iter(|| {
                events
                    .iter()
                    .map(|event| engine.matches(event, &answers, &mut scratch).count())
                    .sum::<usize>()
            });
        });
        group.bench_function(BenchmarkId::new("outcome", count), |bencher| {
            bencher.iter(|| {
                let accepted = events.iter().filter(|event| {
                    matches!(engine.route(event, &answers), Step::Done(done) if done.is_accepted())
                });
                accepted.count()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, route);
criterion_main!(benches);
