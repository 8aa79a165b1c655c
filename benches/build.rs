//! Measures building an engine from the rules of a shop, with templates, and from rules about lots of land,
//! with one condition and one action each.

#[expect(dead_code, reason = "shared by all benches")]
mod data;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use data::lots::{Lots, written};
use data::{shop, sizes};
use pointsman::{Engine, Limits};

fn build(criterion: &mut Criterion) {
    let lots = Lots::new(10_000);
    let mut group = criterion.benchmark_group("build");
    group.sample_size(10);
    for count in sizes([1_000, 10_000, 100_000]) {
        let sets = [
            ("rules", shop::rules(count)),
            ("lots a", written(&lots.rules('a', count))),
            ("lots b", written(&lots.rules('b', count))),
        ];
        group.throughput(Throughput::Elements(count as u64));
        for (name, rules) in &sets {
            // With a limit of zero rules, the build only parses them and reports errors. The difference to
            // a full build is the cost of compiling.
            group.bench_with_input(
                BenchmarkId::new(format!("{name}, read only"), count),
                rules,
                |bencher, rules| {
                    let mut limits = Limits::default();
                    limits.rules = 0;
                    bencher.iter(|| {
                        let builder = Engine::builder().source("bench.rules", rules.as_str());
                        builder.limits(limits.clone()).build().unwrap_err()
                    });
                },
            );
            group.bench_with_input(BenchmarkId::new(*name, count), rules, |bencher, rules| {
                bencher.iter(|| {
                    Engine::builder()
                        .source("bench.rules", rules.as_str())
                        .open_registry(true)
                        .build()
                        .unwrap()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, build);
criterion_main!(benches);
