//! Measures how long it takes until a changed rule is live, compared with rebuilding all rules.

#[expect(dead_code, reason = "shared by all benches")]
mod data;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use data::lots::{Lots, written};
use data::sizes;
use pointsman::{Engine, LiveEngine};

const SOURCE: &str = "bench.rules";

fn reload(criterion: &mut Criterion) {
    let lots = Lots::new(10_000);
    let mut group = criterion.benchmark_group("reload");
    group.sample_size(10);
    for count in sizes([1_000, 10_000, 100_000]) {
        // The rules, and a replacement with the same name for each.
        let text = written(&lots.rules('a', count));
        let other = written(&lots.rules('b', count));
        let others: Vec<&str> = other.lines().collect();
        let built = || {
            Engine::builder()
                .source(SOURCE, text.as_str())
                .open_registry(true)
                .build()
                .unwrap()
        };
        group.bench_function(BenchmarkId::new("all rules", count), |bencher| {
            bencher.iter_with_large_drop(built);
        });
        let engine = built();
        let live = LiveEngine::new(engine.clone());
        let mut turn = 0;
        let mut next = || {
            turn += 7_919;
            others[turn % others.len()]
        };
        // Always the first change of a fresh engine.
        group.bench_function(BenchmarkId::new("one rule", count), |bencher| {
            bencher.iter_batched(
                || live.swap(engine.clone()),
                |()| {
                    live.change(|change| change.put_rule(SOURCE, next()))
                        .unwrap();
                },
                BatchSize::PerIteration,
            );
        });
        // Consecutive changes, including the occasional full rebuild.
        group.bench_function(
            BenchmarkId::new("one rule after another", count),
            |bencher| {
                bencher.iter(|| {
                    live.change(|change| change.put_rule(SOURCE, next()))
                        .unwrap();
                });
            },
        );
    }
    group.finish();
}

criterion_group!(benches, reload);
criterion_main!(benches);
