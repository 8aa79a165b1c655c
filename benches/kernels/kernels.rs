//! Counts the instructions of common operations under callgrind. Unlike times, counts are nearly the
//! same on every run. `.ci/kernels` compares them with the file `counts`.

#[expect(dead_code, reason = "shared by all benches")]
#[path = "../data/mod.rs"]
mod data;

use std::hint::black_box;

use data::lots::{Lots, written};
use data::{messages, shop, webhook};
use gungraun::{
    Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use pointsman::engine::{EventBuffer, Scratch};
use pointsman::preview::Template;
use pointsman::{Answers, Engine, Event, Limits, Outcome, SeededIds, Step};

/// An engine, its input, and scratch memory that was used before.
struct Bench {
    engine: Engine,
    answers: Answers,
    lines: Vec<String>,
    events: Vec<Event>,
    scratch: Scratch,
    buffer: EventBuffer,
    ids: SeededIds,
}

impl Bench {
    /// Routes every line once, because the tables of a scratch grow on first use.
    fn new(rules: String, lines: Vec<String>) -> Self {
        let mut bench = Self {
            engine: compiled(rules),
            answers: answers(),
            lines,
            events: Vec::new(),
            scratch: Scratch::default(),
            buffer: EventBuffer::default(),
            ids: SeededIds::new(1),
        };
        for line in &bench.lines {
            let (line, ids, buffer) = (line.as_bytes(), &mut bench.ids, &mut bench.buffer);
            bench.engine.read_trusted_in(line, ids, buffer).unwrap();
        }
        for line in &bench.lines {
            let event = bench.engine.read(line.as_bytes(), &mut bench.ids).unwrap();
            bench.events.push(event);
        }
        bench.found();
        bench.outcomes();
        settle();
        bench
    }

    fn found(&mut self) -> usize {
        let (engine, answers, scratch) = (&self.engine, &self.answers, &mut self.scratch);
        let counts = self
            .events
            .iter()
            .map(|event| engine.matches(event, answers, scratch).count());
        counts.sum()
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let (engine, answers, scratch) = (&self.engine, &self.answers, &mut self.scratch);
        let route = |event| match engine.route_in(event, answers, scratch) {
            Step::Done(outcome) => outcome,
            Step::Ask(asked) => panic!("asked {asked:?}"),
        };
        self.events.iter().map(route).collect()
    }
}

fn answers() -> Answers {
    Answers::new("2026-11-20T10:00:00Z".parse().unwrap())
}

fn compiled(rules: String) -> Engine {
    Engine::builder()
        .source("bench.rules", rules)
        .open_registry(true)
        .build()
        .unwrap()
}

/// A hundred lots, and the given number of rules of a set.
fn lots(set: char, rules: usize) -> Bench {
    let made = Lots::new(5_000);
    let events = made.events(100);
    Bench::new(written(&made.rules(set, rules)), events)
}

fn wide() -> Bench {
    Bench::new(webhook::rules(), webhook::events(20))
}

/// A thousand rules of a shop, and a hundred events that match none of them.
fn in_vain() -> Bench {
    let mut bench = Bench::new(shop::rules(1_000), shop::events(200));
    let (engine, answers, scratch) = (&bench.engine, &bench.answers, &mut bench.scratch);
    bench
        .events
        .retain(|event| engine.matches(event, answers, scratch).count() == 0);
    bench.events.truncate(100);
    assert_eq!(bench.events.len(), 100);
    settle();
    bench
}

/// Makes the allocator merge its free lists, as it does before a large allocation. Otherwise the first
/// kernel that allocates would pay for it.
fn settle() {
    drop(black_box(Vec::<u8>::with_capacity(1 << 15)));
}

/// One event with one SMS, twenty times.
fn sms() -> Bench {
    let bench = Bench::new(messages::rules(messages::FLAT), vec![messages::event(); 20]);
    let outcome = bench.engine.route(&bench.events[0], &bench.answers);
    assert!(matches!(outcome, Step::Done(done) if done.is_accepted()));
    bench
}

/// A single template, and an event with every field.
struct Text {
    template: Template,
    event: Event,
    answers: Answers,
}

fn text(template: &str) -> Text {
    let json = messages::event();
    let mut ids = SeededIds::new(1);
    let text = Text {
        template: Template::compile(template).unwrap(),
        event: Event::from_json(json.as_bytes(), &Limits::default(), &mut ids).unwrap(),
        answers: answers(),
    };
    // One uncounted run, as in the other kernels.
    text.template.render(&text.event, &text.answers).unwrap();
    text
}

fn vibes() -> Bench {
    Bench::new(
        messages::vibes_rules(),
        vec![messages::VIBES.to_owned(); 20],
    )
}

fn routed() -> Vec<Outcome> {
    vibes().outcomes()
}

fn rules() -> String {
    written(&Lots::new(5_000).rules('a', 1_000))
}

// Kernels return their input, so that freeing it is not counted.

#[library_benchmark]
#[bench::lots(lots('a', 1_000))]
#[bench::wide(wide())]
fn read(mut bench: Bench) -> (Bench, usize) {
    let mut types = 0;
    for line in &bench.lines {
        let event = bench.engine.read(line.as_bytes(), &mut bench.ids).unwrap();
        types += black_box(&event).event_type().len();
    }
    (bench, types)
}

#[library_benchmark]
#[bench::lots(lots('a', 1_000))]
#[bench::wide(wide())]
fn read_trusted(mut bench: Bench) -> (Bench, usize) {
    let mut types = 0;
    for line in &bench.lines {
        let (line, ids, buffer) = (line.as_bytes(), &mut bench.ids, &mut bench.buffer);
        let event = bench.engine.read_trusted_in(line, ids, buffer).unwrap();
        types += black_box(event).event_type().len();
    }
    (bench, types)
}

#[library_benchmark]
#[bench::a_1000(lots('a', 1_000))]
#[bench::a_10000(lots('a', 10_000))]
#[bench::b_10000(lots('b', 10_000))]
#[bench::in_vain(in_vain())]
fn matches(mut bench: Bench) -> (Bench, usize) {
    let found = bench.found();
    (bench, found)
}

#[library_benchmark]
#[bench::flat(text(messages::FLAT))]
#[bench::each(text(messages::EACH))]
fn render(text: Text) -> (Text, Vec<String>) {
    let render = |_| text.template.render(&text.event, &text.answers).unwrap();
    let texts = (0..20).map(render).collect();
    (text, texts)
}

#[library_benchmark]
#[bench::one_sms(sms())]
fn route(mut bench: Bench) -> (Bench, Vec<Outcome>) {
    let outcomes = bench.outcomes();
    (bench, outcomes)
}

#[library_benchmark]
#[bench::outcome(routed())]
fn to_json(outcomes: Vec<Outcome>) -> (Vec<Outcome>, Vec<String>) {
    let lines = outcomes.iter().map(Outcome::to_json).collect();
    (outcomes, lines)
}

#[library_benchmark]
#[bench::vibes(vibes())]
fn end_to_end(mut bench: Bench) -> (Bench, usize) {
    let mut written = 0;
    for line in &bench.lines {
        let event = bench.engine.read(line.as_bytes(), &mut bench.ids).unwrap();
        if let Step::Done(outcome) =
            bench
                .engine
                .route_in(&event, &bench.answers, &mut bench.scratch)
        {
            written += black_box(outcome.to_json()).len();
        }
    }
    (bench, written)
}

#[library_benchmark]
#[bench::a_1000(rules())]
fn build(rules: String) -> Engine {
    compiled(rules)
}

// Changes twenty rules of a thousand, one by one.
#[library_benchmark]
#[bench::a_1000(compiled(rules()))]
fn change(mut engine: Engine) -> Engine {
    for number in 0..20 {
        let rule = format!(
            "rule r{} {{ on lot when properties.MAPBLKLOT == \"changed {number}\" do crm.note {{}} }}",
            number * 37
        );
        engine = engine
            .change()
            .put_rule("bench.rules", rule)
            .build()
            .unwrap();
    }
    engine
}

library_benchmark_group!(
    name = kernels,
    benchmarks = [
        read,
        read_trusted,
        matches,
        route,
        to_json,
        end_to_end,
        build,
        change,
        render
    ]
);
main!(
    config = LibraryBenchmarkConfig::default()
        .tool(Callgrind::with_args(["--cache-sim=no"]));
    library_benchmark_groups = kernels
);
