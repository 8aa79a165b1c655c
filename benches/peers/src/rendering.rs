//! Compares rendering with template engines and with string concatenation, and the whole way from the
//! bytes of an event to one SMS.

use std::hint::black_box;
use std::time::Instant;

use pointsman::engine::{EventBuffer, Scratch};
use pointsman::preview::Template;
use pointsman::{Engine, Event, SeededIds, Step};
use serde_json::Value;

use crate::matching::{answers, compiled};
use crate::shared::messages::{self, EACH, FLAT, VIBES, rules};
use crate::table::{Contender, Row, Unit, compare};

pub const ALONE: &str = "Pointsman, the template by itself";
const FIXED: &str = "Pointsman, the same with a fixed text";
pub const ROUTE: &str = "Pointsman, `route_in` to the whole outcome";
pub const HANDLEBARS: &str = "handlebars, prepared context";
pub const TERA: &str = "tera, prepared context";
pub const PUSH_STR: &str = "`push_str` from a `Value`";
pub const OUTCOME: &str = "Pointsman, to the outcome";
pub const WIRED: &str = "serde_json `Value`, datalogic-rs, handlebars by hand";

const FLAT_FIXED: &str = "Hi Bob, your order arrives at 5:00 PM: https://example.com/orders/12345";
const EACH_JINJA: &str = "{% for p in products %}{{ p.name }} x {{ p.quantity }}, {% endfor %}";
const EACH_FIXED: &str = "Item 0 x 1, Item 1 x 2, Item 2 x 3, Item 3 x 4, Item 4 x 5, Item 5 x 6, \
    Item 6 x 7, Item 7 x 8, Item 8 x 9, Item 9 x 10, ";

fn one_sms<'a>(name: &str, engine: Engine, event: Event, wanted: &'a str) -> Contender<'a> {
    let (answers, mut scratch) = (answers(), Scratch::default());
    Contender::new(name, move |count| {
        let mut done = 0;
        for _ in 0..count {
            let step = engine.route_in(&event, &answers, &mut scratch);
            done += usize::from(sent(&step, wanted));
        }
        done
    })
}

/// Returns whether routing produced an SMS with this text.
fn sent(step: &Step, wanted: &str) -> bool {
    let Step::Done(outcome) = step else {
        return false;
    };
    let mut messages = outcome.results().iter().filter_map(|one| one.message());
    messages.any(|message| message.text() == Some(wanted))
}

fn texts<'a>(
    name: &str,
    wanted: &'a str,
    mut render: impl FnMut() -> String + 'a,
) -> Contender<'a> {
    Contender::new(name, move |count| {
        (0..count).filter(|_| black_box(render()) == wanted).count()
    })
}

fn by_hand_flat(data: &Value) -> String {
    let text = |name: &str| data[name].as_str().unwrap_or_default();
    let mut out = String::new();
    out.push_str("Hi ");
    out.push_str(text("first_name"));
    out.push_str(", your order arrives at ");
    out.push_str(text("delivery_time"));
    out.push_str(": ");
    out.push_str(text("order_url"));
    out
}

fn by_hand_each(data: &Value) -> String {
    let mut out = String::new();
    for product in data["products"].as_array().into_iter().flatten() {
        out.push_str(product["name"].as_str().unwrap_or_default());
        out.push_str(" x ");
        out.push_str(&product["quantity"].to_string());
        out.push_str(", ");
    }
    out
}

/// Renders both templates with all contenders.
pub fn templates() -> Vec<Vec<Row>> {
    let mut all = Vec::new();
    let data: Value = serde_json::from_str(&messages::object()).expect("JSON");
    let text = messages::event();
    let hand_each: fn(&Value) -> String = by_hand_each;
    let cases = [
        (
            "Rendering, three fields",
            FLAT,
            FLAT,
            FLAT_FIXED,
            by_hand_flat as fn(&Value) -> String,
        ),
        (
            "Rendering, `each` over ten products",
            EACH,
            EACH_JINJA,
            EACH_FIXED,
            hand_each,
        ),
    ];
    for (title, template, jinja, wanted, by_hand) in cases {
        let read = |engine: &Engine| {
            let ids = &mut SeededIds::new(1);
            engine.read(text.as_bytes(), ids).expect("an event")
        };
        let engine = compiled(rules(template));
        let event = read(&engine);
        let fixed = compiled(rules(wanted));
        let fixed_event = read(&fixed);
        let alone = Template::compile(template).expect("a template");
        let limits = fixed.limits();
        let whole = Event::from_json(text.as_bytes(), limits, &mut SeededIds::new(1));
        let whole = whole.expect("an event");
        let moment = answers();

        let mut bars = handlebars::Handlebars::new();
        bars.register_escape_fn(handlebars::no_escape);
        bars.register_template_string("t", template)
            .expect("a template");
        let prepared = handlebars::Context::wraps(&data).expect("a context");
        let mut tera = tera::Tera::new();
        tera.add_raw_template("t.txt", jinja).expect("a template");
        let tera_context = tera::Context::from_serialize(&data).expect("a context");
        let mut jinja_env = minijinja::Environment::new();
        jinja_env.add_template("t.txt", jinja).expect("a template");
        let jinja_value = minijinja::Value::from(minijinja::value::Serde(&data));
        let jinja_template = jinja_env.get_template("t.txt").expect("a template");

        let mut contenders = vec![
            texts(ALONE, wanted, || {
                alone.render(&whole, &moment).unwrap_or_default()
            }),
            one_sms(ROUTE, engine, event, wanted),
            one_sms(FIXED, fixed, fixed_event, wanted),
            texts("handlebars, from a `Value`", wanted, || {
                bars.render("t", &data).unwrap_or_default()
            }),
            texts(HANDLEBARS, wanted, || {
                bars.render_with_context("t", &prepared).unwrap_or_default()
            }),
            texts(TERA, wanted, || {
                tera.render("t.txt", &tera_context).unwrap_or_default()
            }),
            texts("minijinja, prepared value", wanted, || {
                jinja_template
                    .render(jinja_value.clone())
                    .unwrap_or_default()
            }),
            texts(PUSH_STR, wanted, || by_hand(&data)),
        ];
        all.push(compare(
            title,
            Unit::Nanoseconds,
            20_000,
            &mut contenders,
            &|_, count| Some(count),
        ));
    }
    all
}

/// A documented Vibes event, one condition and one SMS.
pub fn end_to_end() -> Vec<Row> {
    let since = Instant::now();
    let engine = compiled(messages::vibes_rules());
    let answers = answers();
    let by_engine = |line: bool| {
        let (engine, answers) = (engine.clone(), answers.clone());
        let (mut ids, mut scratch) = (SeededIds::new(1), Scratch::default());
        let mut buffer = EventBuffer::default();
        let name = if line {
            "Pointsman, to the outcome as a line of JSON"
        } else {
            OUTCOME
        };
        Contender::new(name, move |count| {
            let mut done = 0;
            for _ in 0..count {
                let event = engine.read_in(VIBES.as_bytes(), &mut ids, &mut buffer);
                let event = event.expect("an event");
                let Step::Done(outcome) = engine.route_in(event, &answers, &mut scratch) else {
                    continue;
                };
                if line {
                    black_box(outcome.to_json());
                }
                let mut messages = outcome.results().iter().filter_map(|one| one.message());
                done += usize::from(messages.any(|message| message.text() == Some(FLAT_FIXED)));
            }
            done
        })
    };
    let logic = datalogic_rs::Engine::new();
    let condition = logic
        .compile(
            r#"{"and": [{"===": [{"var": "event_type"}, "day_of_delivery"]},
                {"===": [{"var": "event_data.first_name"}, "Bob"]},
                {"!==": [{"var": "event_data.delivery_time"}, null]}]}"#,
        )
        .expect("a rule");
    let mut bars = handlebars::Handlebars::new();
    bars.register_escape_fn(handlebars::no_escape);
    bars.register_template_string("t", FLAT)
        .expect("a template");
    let wired = Contender::new(WIRED, move |count| {
        let mut session = logic.session();
        let mut done = 0;
        for _ in 0..count {
            let event: Value = serde_json::from_slice(VIBES.as_bytes()).expect("JSON");
            let truth = session.eval_borrowed(&condition, &event).expect("a result");
            if truth.as_bool() == Some(true) {
                let text = bars.render("t", &event["event_data"]).unwrap_or_default();
                done += usize::from(black_box(text) == FLAT_FIXED);
            }
            session.reset();
        }
        done
    });
    let mut contenders = vec![by_engine(false).built(since), by_engine(true), wired];
    let title = "End to end: a documented Vibes event of 300 bytes, one condition, one sms";
    compare(
        title,
        Unit::Nanoseconds,
        20_000,
        &mut contenders,
        &|_, count| Some(count),
    )
}
