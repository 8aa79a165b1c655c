//! Measures rendering of a constant text, three fields, a loop, an email with a loop, and helpers: as a
//! message routed by `route_in`, and as a single template.

#[expect(dead_code, reason = "shared by all benches")]
mod data;

use criterion::{Criterion, criterion_group, criterion_main};
use data::messages;
use pointsman::engine::Scratch;
use pointsman::preview::Template;
use pointsman::{Answers, Engine, Event, Limits, SeededIds, Step, Timestamp};

const RULES: &str = r#"
company "bench"
template line "{{quantity}} x {{name}} at {{currency price 'USD'}}"
rule short { on short send sms { body "Hi {{first_name}}, {{order.id}} is on its way" } }
rule mail {
    on mail
    send email {
        to "{{email}}"
        subject "Your order {{order.id}}"
        html """
            <p>Hello {{default first_name 'there'}}</p>
            <ul>
            {{#each items}}
            <li>{{> line}}{{#if @last}}.{{else}},{{/if}}</li>
            {{/each}}
            </ul>
            <p>Together {{number order.total decimals=2 group=","}}</p>
        """
    }
}
rule helpers {
    on helpers
    send sms {
        body "{{upper first_name}} {{truncate note 20}} {{date order.at '%d %b %H:%M' tz='America/Chicago'}} {{percent share}} {{url_encode note}}"
    }
}
"#;

fn render(criterion: &mut Criterion) {
    let engine = Engine::builder()
        .source("bench.rules", RULES)
        .build()
        .unwrap();
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let answers = Answers::new(now);
    let items: Vec<String> = (0..20)
        .map(|n| {
            format!(
                "{{\"name\":\"Item <{n}>\",\"price\":{n}.50,\"quantity\":{}}}",
                n + 1
            )
        })
        .collect();
    let mut group = criterion.benchmark_group("render");
    let mut measure = |name: &str, engine: &Engine, json: &str| {
        let event = engine
            .read(json.as_bytes(), &mut SeededIds::new(1))
            .unwrap();
        group.bench_function(name, |bencher| {
            let mut scratch = Scratch::default();
            bencher.iter(|| match engine.route_in(&event, &answers, &mut scratch) {
                Step::Done(outcome) => outcome.results().len(),
                Step::Ask(asked) => panic!("asked {asked:?}"),
            });
        });
    };
    for name in ["short", "mail", "helpers"] {
        let json = format!(
            "{{\"event_type\":\"{name}\",\"event_data\":{{\"mdn\":\"+13125550100\",\"email\":\"bob@example.com\",\
             \"first_name\":\"Bob\",\"note\":\"leave it with the neighbour, please\",\"share\":0.256,\"order\":\
             {{\"id\":\"A-1\",\"total\":1234.5,\"at\":\"2026-11-20T10:00:00Z\"}},\"items\":[{}]}}}}",
            items.join(",")
        );
        measure(name, &engine, &json);
    }
    for (name, body) in [("three fields", messages::FLAT), ("each", messages::EACH)] {
        let engine = Engine::compile(messages::rules(body)).unwrap();
        measure(name, &engine, &messages::event());
    }
    for (name, text) in [
        ("three fields alone", messages::FLAT),
        ("each alone", messages::EACH),
    ] {
        let template = Template::compile(text).unwrap();
        let ids = &mut SeededIds::new(1);
        let event = messages::event();
        let event = Event::from_json(event.as_bytes(), &Limits::default(), ids).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| template.render(&event, &answers).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
