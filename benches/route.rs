//! Measures how long it takes to find the rules for an event, by number of rules, with one scratch.

#[expect(dead_code, reason = "shared by all benches")]
mod data;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use data::lots::{Lots, written};
use data::{shop, sizes};
use pointsman::engine::Scratch;
use pointsman::{Answers, Engine, Event, SeededIds, Step, Timestamp};

fn answers() -> Answers {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    Answers::new(now)
}

fn compiled(rules: String) -> Engine {
    Engine::builder()
        .source("bench.rules", rules)
        .open_registry(true)
        .build()
        .unwrap()
}

fn read(engine: &Engine, lines: &[String]) -> Vec<Event> {
    let mut ids = SeededIds::new(1);
    lines
        .iter()
        .map(|line| engine.read(line.as_bytes(), &mut ids).unwrap())
        .collect()
}

fn route(criterion: &mut Criterion) {
    let answers = answers();
    let lines = shop::events(1_000);
    let mut group = criterion.benchmark_group("route");
    group.throughput(Throughput::Elements(lines.len() as u64));
    for count in [100, 5_000] {
        let engine = compiled(shop::rules(count));
        let events = read(&engine, &lines);
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

/// `read` and `matches` for lots of land. The rules of one set match one lot each, those of the other
/// use every kind of index. `LOTS_RULES=100000` sets the number of rules.
fn over_lots(criterion: &mut Criterion) {
    let answers = answers();
    let wanted: Option<usize> = std::env::var("LOTS_RULES")
        .ok()
        .map(|count| count.parse().unwrap());
    let counts = wanted.map_or_else(|| sizes([10, 1_000, 10_000]), |count| vec![count]);
    let made = Lots::new(20_000);
    let lines = made.events(1_000);
    let mut group = criterion.benchmark_group("lots");
    group.throughput(Throughput::Elements(lines.len() as u64));
    for set in ['a', 'b', 'c'] {
        for count in &counts {
            let engine = compiled(written(&made.rules(set, *count)));
            let each = engine.cost().bytes() / count;
            println!("set {set}, {count} rules: an index of {each} bytes a rule");
            let events = read(&engine, &lines);
            let mut scratch = Scratch::default();
            group.bench_function(BenchmarkId::new(set.to_string(), count), |bencher| {
                bencher.iter(|| {
                    events
                        .iter()
                        .map(|event| engine.matches(event, &answers, &mut scratch).count())
                        .sum::<usize>()
                });
            });
            let mut ids = SeededIds::new(1);
            group.bench_function(
                BenchmarkId::new(format!("{set} from bytes"), count),
                |bencher| {
                    bencher.iter(|| {
                        let found = lines.iter().map(|line| {
                            let event = engine.read(line.as_bytes(), &mut ids).unwrap();
                            engine.matches(&event, &answers, &mut scratch).count()
                        });
                        found.sum::<usize>()
                    });
                },
            );
        }
    }
    group.finish();
}

criterion_group!(benches, route, over_lots);
criterion_main!(benches);
