//! How long an event takes to find its rules: with few rules and many, in one scratch.

mod lots;
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
                    matches!(engine.route_in(event, &answers, &mut scratch), Step::Done(done) if done.is_accepted())
                });
                accepted.count()
            });
        });
    }
    group.finish();
}

/// `matches` over lots of land, whose rules look for one lot, or for many by all that an index knows.
/// `LOTS_RULES=100000` names another number of rules.
fn over_lots(criterion: &mut Criterion) {
    let answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    let lines = lots::events(1_000);
    let mut group = criterion.benchmark_group("lots");
    group.throughput(Throughput::Elements(lines.len() as u64));
    let wanted = std::env::var("LOTS_RULES").ok();
    let counts = match &wanted {
        Some(count) => vec![count.parse().unwrap()],
        None => vec![10, 1_000, 10_000],
    };
    for set in ['a', 'b', 'c'] {
        for count in &counts {
            let engine = Engine::compile(lots::rules(set, *count)).unwrap();
            let each = engine.cost().bytes() as u64 / count;
            println!("set {set}, {count} rules: an index of {each} bytes a rule");
            let mut ids = SeededIds::new(1);
            let events: Vec<_> = lines
                .iter()
                .map(|line| engine.read(line.as_bytes(), &mut ids).unwrap())
                .collect();
            let mut scratch = Scratch::default();
            group.bench_function(BenchmarkId::new(set.to_string(), count), |bencher| {
                bencher.iter(|| {
                    events
                        .iter()
                        .map(|event| engine.matches(event, &answers, &mut scratch).count())
                        .sum::<usize>()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, route, over_lots);
criterion_main!(benches);
