//! How long rules take to become an engine.

#[expect(dead_code, reason = "this bench reads no events")]
mod made;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pointsman::Engine;

fn build(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("build");
    group.sample_size(10);
    for count in [100, 1_000, 5_000] {
        let rules = made::rules(count);
        group.throughput(Throughput::Elements(count));
        group.bench_with_input(
            BenchmarkId::new("rules", count),
            &rules,
            |bencher, rules| {
                bencher.iter(|| {
                    Engine::builder()
                        .source("bench.rules", rules.as_str())
                        .build()
                        .unwrap()
                });
            },
        );
    }
    group.finish();
}

criterion_group!(benches, build);
criterion_main!(benches);
