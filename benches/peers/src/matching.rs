//! Compares matching: Pointsman, engines that index their rules, and engines that evaluate one
//! expression after another.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use pointsman::engine::{EngineBuilder, EventBuffer, Scratch};
use pointsman::{Answers, Engine, Limits, SeededIds};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::data::Events;
use crate::shared::lots::{Op, Rule, joined};
use crate::table::Contender;

/// The most rules that can be evaluated one by one within a turn.
const MOST_ONE_BY_ONE: usize = 1_000;
/// The limit for the fastest of these, and for a-tree.
const MOST_EXPRESSIONS: usize = 10_000;
/// The limit for sets b and c, where the results of quamina are wrong from a thousand rules on.
pub const MOST_QUAMINA: usize = 10_000;

pub const VALIDATED: &str = "Pointsman, `read_in` and `matches`";
pub const TRUSTED: &str = "Pointsman, `read_trusted_in` and `matches`";
pub const READ: &str = "Pointsman, `matches` on events that were read";
pub const QUAMINA: &str = "quamina";
pub const QUAMINA_BARE: &str = "quamina, on the bare objects";
pub const IGNORED: &str = "floor: serde_json, `IgnoredAny`";

/// The fields that the rules test, borrowed from the text of the event.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    event_data: Object<'a>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    properties: Properties<'a>,
    geometry: Geometry,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Properties<'a> {
    #[serde(borrow)]
    mapblklot: Option<&'a str>,
    block_num: Option<&'a str>,
    lot_num: Option<&'a str>,
    from_st: Option<&'a str>,
    to_st: Option<&'a str>,
    street: Option<&'a str>,
    st_type: Option<&'a str>,
    odd_even: Option<&'a str>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "firstCoordinates")]
    first: Option<Point>,
}

#[derive(Deserialize)]
struct Point {
    x: f64,
}

/// Splits rules, one per line, into sources. A source has at most 64 MiB by default, so a million need
/// several.
pub fn compiled(text: String) -> Engine {
    builder(text).build().expect("the rules compile")
}

/// Parses rules without compiling them: with a limit of zero rules, the build only reports their errors.
pub fn only_read(text: String) {
    let mut limits = Limits::default();
    limits.rules = 0;
    let read = builder(text).limits(limits).build();
    read.expect_err("no rule is allowed");
}

fn builder(text: String) -> EngineBuilder {
    const SOURCE_BYTES: usize = 32 << 20;
    let mut builder = Engine::builder().open_registry(true);
    let mut rest = text.as_str();
    for number in 0.. {
        let cut = rest.as_bytes().iter().skip(SOURCE_BYTES);
        let cut = cut.take_while(|byte| **byte != b'\n').count() + SOURCE_BYTES;
        let (source, after) = rest.split_at(cut.min(rest.len()));
        builder = builder.source(format!("bench{number}.rules"), source);
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    drop(text);
    builder
}

pub fn answers() -> Answers {
    Answers::new("2026-11-20T10:00:00Z".parse().expect("a time"))
}

/// Counts the names of the matching rules, and takes each name, so that it cannot be optimized away.
fn taken<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    names.map(black_box).count()
}

/// The three modes of Pointsman.
pub fn pointsman<'a>(engine: &Engine, events: &'a [String], since: Instant) -> Vec<Contender<'a>> {
    let validated = {
        let (engine, answers) = (engine.clone(), answers());
        let (mut ids, mut scratch) = (SeededIds::new(1), Scratch::default());
        let mut buffer = EventBuffer::default();
        Contender::new(VALIDATED, move |count| {
            let mut found = 0;
            for event in &events[..count] {
                let event = engine
                    .read_in(event.as_bytes(), &mut ids, &mut buffer)
                    .expect("an event");
                found += taken(engine.matches(event, &answers, &mut scratch));
            }
            found
        })
        .built(since)
    };
    let trusted = {
        let (engine, answers) = (engine.clone(), answers());
        let (mut ids, mut scratch) = (SeededIds::new(1), Scratch::default());
        let mut buffer = EventBuffer::default();
        Contender::new(TRUSTED, move |count| {
            let mut found = 0;
            for event in &events[..count] {
                let event = engine
                    .read_trusted_in(event.as_bytes(), &mut ids, &mut buffer)
                    .expect("an event");
                found += taken(engine.matches(event, &answers, &mut scratch));
            }
            found
        })
    };
    let read = {
        let (engine, answers) = (engine.clone(), answers());
        let (mut ids, mut scratch) = (SeededIds::new(1), Scratch::default());
        let events: Vec<_> = events
            .iter()
            .map(|event| engine.read(event.as_bytes(), &mut ids).expect("an event"))
            .collect();
        Contender::new(READ, move |count| {
            let mut found = 0;
            for event in &events[..count] {
                found += taken(engine.matches(event, &answers, &mut scratch));
            }
            found
        })
    };
    vec![validated, trusted, read]
}

/// Only reads events.
pub fn floors(events: &[String]) -> Vec<Contender<'_>> {
    vec![
        Contender::new(IGNORED, |count| {
            for event in &events[..count] {
                black_box(serde_json::from_slice::<IgnoredAny>(event.as_bytes()).expect("JSON"));
            }
            0
        }),
        Contender::new("floor: serde_json, `Value`", |count| {
            for event in &events[..count] {
                black_box(serde_json::from_slice::<Value>(event.as_bytes()).expect("JSON"));
            }
            0
        }),
        Contender::new("floor: sonic-rs, `Value`", |count| {
            for event in &events[..count] {
                black_box(sonic_rs::from_slice::<sonic_rs::Value>(event.as_bytes()).expect("JSON"));
            }
            0
        }),
        Contender::new("floor: sonic-rs, `get` of one early field", |count| {
            for event in &events[..count] {
                black_box(sonic_rs::get(event.as_str(), ["event_type"]).expect("a field"));
            }
            0
        }),
    ]
}

pub fn is_floor(name: &str) -> bool {
    name.starts_with("floor")
}

/// Returns the peers that can handle this set of rules at this size.
pub fn peers<'a>(set: char, rules: &[Rule], given: &'a Events) -> Vec<Contender<'a>> {
    let mut all = both_quaminas(set, rules, given);
    let events = given.whole.as_slice();
    if rules.len() > MOST_EXPRESSIONS {
        return all;
    }
    if set == 'a' {
        all.push(a_tree(rules, events));
    }
    all.push(wirefilter(rules, events));
    if rules.len() > MOST_ONE_BY_ONE {
        return all;
    }
    all.push(datalogic(rules, events));
    all.push(zen(rules, events));
    all.push(cel(rules, events));
    all
}

/// Adds quamina on the events that all contenders get, and on the bare objects, where it can stop early.
pub fn both_quaminas<'a>(set: char, rules: &[Rule], given: &'a Events) -> Vec<Contender<'a>> {
    if set != 'a' && rules.len() > MOST_QUAMINA {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (name, inside, events) in [
        (QUAMINA, true, given.whole.as_slice()),
        (QUAMINA_BARE, false, given.bare.as_slice()),
    ] {
        let since = Instant::now();
        match quamina(rules, inside) {
            Ok(engine) => all.push(
                Contender::new(name, move |count| {
                    let handle = |event: &String| engine.matches_for_event(event.as_bytes());
                    let all = events[..count].iter().map(handle);
                    all.map(|found| found.map_or(0, |found| found.len())).sum()
                })
                .built(since),
            ),
            Err(error) => println!("\nskipped {name}: {error}"),
        }
    }
    all
}

/// Builds quamina with patterns for whole events (`inside`) or for bare objects.
pub fn quamina(rules: &[Rule], inside: bool) -> Result<quamina::Quamina<u32>, String> {
    let built = catch_unwind(AssertUnwindSafe(|| with_patterns(rules, inside)));
    built.unwrap_or_else(|_| Err("it panicked on these rules".to_owned()))
}

fn with_patterns(rules: &[Rule], inside: bool) -> Result<quamina::Quamina<u32>, String> {
    // The default of 10 MiB is too small for ten thousand rules.
    let mut engine = quamina::QuaminaBuilder::<u32>::new()
        .with_arena_byte_budget(4 << 30)
        .build()
        .map_err(|error| error.to_string())?;
    for (number, rule) in (0..).zip(rules) {
        let mut data = json!({});
        for condition in rule {
            let test = match &condition.op {
                Op::Equal(value) => json!([value]),
                Op::Within(low, high) => json!([{"numeric": [">", low, "<", high]}]),
                Op::Prefix(start) => json!([{"prefix": start}]),
                Op::Suffix(end) => json!([{"suffix": end}]),
                Op::OneOf(all) => json!(all),
                Op::Present => json!([{"exists": true}]),
                Op::NoneOf(all) => json!([{"anything-but": all}]),
            };
            let mut place = &mut data;
            for name in condition.field.split('.') {
                place = &mut place[name];
            }
            *place = test;
        }
        let pattern = if inside {
            json!({"event_data": data}).to_string()
        } else {
            data.to_string()
        };
        engine
            .add_pattern(number, &pattern)
            .map_err(|error| error.to_string())?;
    }
    Ok(engine)
}

fn a_tree<'a>(rules: &[Rule], events: &'a [String]) -> Contender<'a> {
    let since = Instant::now();
    let attributes = ["kind", "map"].map(a_tree::AttributeDefinition::string);
    let mut engine = a_tree::ATree::new(&attributes).expect("a tree");
    for (number, rule) in (0_u64..).zip(rules) {
        let text = joined(rule, " and ", |field, op| {
            let name = if field == "type" { "kind" } else { "map" };
            match op {
                Op::Equal(value) => format!("{name} = '{value}'"),
                _ => unreachable!("set a has equalities only"),
            }
        });
        engine.insert(&number, &text).expect("a rule");
    }
    Contender::new("a-tree behind a serde_json struct", move |count| {
        let mut found = 0;
        for event in &events[..count] {
            let event: Envelope<'_> = serde_json::from_str(event).expect("JSON");
            let data = event.event_data;
            let mut builder = engine.make_event();
            builder.with_string("kind", data.kind).expect("a value");
            let map = data.properties.mapblklot.unwrap_or_default();
            builder.with_string("map", map).expect("a value");
            let event = builder.build().expect("an event");
            found += engine.search(&event).expect("a search").matches().len();
        }
        found
    })
    .built(since)
}

/// It supports only integers, so coordinates are converted to 1e-7 degrees, counted from -200°.
fn degrees(x: f64) -> i32 {
    ((x + 200.0) * 1e7).floor() as i32
}

fn wirefilter<'a>(rules: &[Rule], events: &'a [String]) -> Contender<'a> {
    use wirefilter::{ExecutionContext, Scheme, Type};

    const TEXTS: [&str; 9] = [
        "type",
        "properties.MAPBLKLOT",
        "properties.BLOCK_NUM",
        "properties.LOT_NUM",
        "properties.FROM_ST",
        "properties.TO_ST",
        "properties.STREET",
        "properties.ST_TYPE",
        "properties.ODD_EVEN",
    ];
    const X: &str = "geometry.firstCoordinates.x";
    let since = Instant::now();
    let mut scheme = Scheme::new();
    for name in TEXTS {
        scheme.add_field(name.to_owned(), Type::Bytes).unwrap();
    }
    scheme.add_field(X.to_owned(), Type::Int).unwrap();
    // Leaked, because the filters borrow it and both live until the end of the run.
    let scheme: &'a Scheme = Box::leak(Box::new(scheme));
    let list = |all: &[String]| {
        let quoted: Vec<String> = all.iter().map(|one| format!("{one:?}")).collect();
        quoted.join(" ")
    };
    let filter = |rule: &Rule| {
        let text = joined(rule, " && ", |field, op| match op {
            Op::Equal(value) => format!("{field} == {value:?}"),
            // Both bounds are multiples of the unit, apart from rounding of doubles.
            Op::Within(low, high) => {
                let ends = [low, high].map(|x| ((x + 200.0) * 1e7).round() as i32);
                format!("{field} >= {} && {field} < {}", ends[0], ends[1])
            }
            Op::Prefix(start) => format!("{field} matches \"^{start}\""),
            Op::Suffix(end) => format!("{field} matches \"{end}$\""),
            Op::OneOf(all) => format!("{field} in {{{}}}", list(all)),
            Op::Present => format!("{field} != \"\""),
            Op::NoneOf(all) => format!("not {field} in {{{}}}", list(all)),
        });
        scheme.parse(&text).expect("a filter").compile()
    };
    let filters: Vec<_> = rules.iter().map(filter).collect();
    Contender::new(
        "wirefilter-engine behind a serde_json struct",
        move |count| {
            let mut found = 0;
            for event in &events[..count] {
                let event: Envelope<'a> = serde_json::from_str(event).expect("JSON");
                let data = event.event_data;
                let lot = data.properties;
                let texts = [
                    Some(data.kind),
                    lot.mapblklot,
                    lot.block_num,
                    lot.lot_num,
                    lot.from_st,
                    lot.to_st,
                    lot.street,
                    lot.st_type,
                    lot.odd_even,
                ];
                let mut context = ExecutionContext::new(scheme);
                for (name, text) in TEXTS.iter().zip(texts) {
                    let text = text.unwrap_or_default();
                    context.set_field_value(name, text).expect("a field");
                }
                let x = data.geometry.first.map_or(0, |first| degrees(first.x));
                context.set_field_value(X, x).expect("a field");
                for filter in &filters {
                    found += usize::from(filter.execute(&context).expect("the scheme"));
                }
            }
            found
        },
    )
    .built(since)
}

fn datalogic<'a>(rules: &[Rule], events: &'a [String]) -> Contender<'a> {
    let since = Instant::now();
    let engine = datalogic_rs::Engine::new();
    let logic = |rule: &Rule| {
        let parts: Vec<Value> = rule
            .iter()
            .map(|condition| {
                let var = json!({"var": format!("event_data.{}", condition.field)});
                match &condition.op {
                    Op::Equal(value) => json!({"===": [var, value]}),
                    Op::Within(low, high) => json!({"<": [low, var, high]}),
                    Op::Prefix(start) => json!({"starts_with": [var, start]}),
                    Op::Suffix(end) => json!({"ends_with": [var, end]}),
                    Op::OneOf(all) => json!({"in": [var, all]}),
                    Op::Present => json!({"!==": [var, null]}),
                    Op::NoneOf(all) => json!({"!": [{"in": [var, all]}]}),
                }
            })
            .collect();
        let text = json!({ "and": parts }).to_string();
        engine.compile(&text).expect("a rule")
    };
    let all: Vec<_> = rules.iter().map(logic).collect();
    Contender::new("datalogic-rs", move |count| {
        let mut session = engine.session();
        let mut found = 0;
        for event in &events[..count] {
            let event = datalogic_rs::ParsedData::from_json(event).expect("JSON");
            for rule in &all {
                let truth = session.eval_borrowed(rule, &event).expect("a result");
                found += usize::from(truth.as_bool() == Some(true));
            }
            session.reset();
        }
        found
    })
    .built(since)
}

fn zen<'a>(rules: &[Rule], events: &'a [String]) -> Contender<'a> {
    use zen_expression::{Variable, compile_expression, vm::VM};

    let since = Instant::now();
    let compile = |rule: &Rule| {
        let text = joined(rule, " and ", |field, op| {
            let field = format!("event_data.{field}");
            match op {
                Op::Equal(value) => format!("{field} == {value:?}"),
                Op::Within(low, high) => format!("{field} > {low} and {field} < {high}"),
                Op::Prefix(start) => format!("startsWith({field}, {start:?})"),
                Op::Suffix(end) => format!("endsWith({field}, {end:?})"),
                Op::OneOf(all) => format!("{field} in {all:?}"),
                Op::Present => format!("{field} != null"),
                Op::NoneOf(all) => format!("{field} not in {all:?}"),
            }
        });
        compile_expression(&text).expect("a rule")
    };
    let all: Vec<_> = rules.iter().map(compile).collect();
    Contender::new("zen-expression behind a serde_json `Value`", move |count| {
        let mut machine = VM::new();
        let mut found = 0;
        for event in &events[..count] {
            let event: Value = serde_json::from_str(event).expect("JSON");
            let event = Variable::from(event);
            for rule in &all {
                let truth = rule.evaluate_with(event.clone(), &mut machine);
                found += usize::from(matches!(truth, Ok(Variable::Bool(true))));
            }
        }
        found
    })
    .built(since)
}

fn cel<'a>(rules: &[Rule], events: &'a [String]) -> Contender<'a> {
    let since = Instant::now();
    let env = Arc::new(cel::Env::stdlib());
    let compile = |rule: &Rule| {
        let text = joined(rule, " && ", |field, op| {
            let field = format!("event_data.{field}");
            match op {
                Op::Equal(value) => format!("{field} == {value:?}"),
                Op::Within(low, high) => format!("{field} > {low} && {field} < {high}"),
                Op::Prefix(start) => format!("{field}.startsWith({start:?})"),
                Op::Suffix(end) => format!("{field}.endsWith({end:?})"),
                Op::OneOf(all) => format!("{field} in {all:?}"),
                Op::Present => format!("has({field})"),
                Op::NoneOf(all) => format!("!({field} in {all:?})"),
            }
        });
        env.compile(&text).expect("a rule")
    };
    let all: Vec<_> = rules.iter().map(compile).collect();
    Contender::new("cel behind a serde_json `Value`", move |count| {
        let mut found = 0;
        for event in &events[..count] {
            let mut event: BTreeMap<String, Value> = serde_json::from_str(event).expect("JSON");
            let data = event.remove("event_data").unwrap_or_default();
            let mut context = cel::Context::with_env(env.clone());
            let data = cel::to_value(data).expect("a value");
            context.add_variable_from_value("event_data", data);
            for rule in &all {
                let truth = rule.execute(&context);
                found += usize::from(matches!(truth, Ok(cel::Value::Bool(true))));
            }
        }
        found
    })
    .built(since)
}
