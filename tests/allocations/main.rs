//! How often memory is allocated for one event: counts, which are the same on every machine. A test binary
//! of its own, as the counting allocator is that of the whole binary.

use allocation_counter::measure;
use pointsman::engine::Scratch;
use pointsman::{Answers, Engine, Event, SeededIds, Step};

const RULES: &str = r#"
company "shop"
rule flat {
    on flat
    when city == "Austin"
    send sms { body "Hi {{first_name}}, your order arrives at {{delivery_time}}: {{order_url}}" }
}
"#;

fn event(engine: &Engine, city: &str) -> Event {
    let json = format!(
        r#"{{"event_id": "2d4a2", "event_type": "flat", "event_data": {{"mdn": "+13125550100", "city": "{city}",
            "first_name": "Bob", "delivery_time": "4 pm", "order_url": "https://shop.example/o/1234"}}}}"#
    );
    engine
        .read(json.as_bytes(), &mut SeededIds::new(1))
        .unwrap()
}

fn allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

#[test]
fn an_event_costs_few_allocations_with_memory_used_again() {
    let engine = Engine::compile(RULES).unwrap();
    let answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    let mut scratch = Scratch::default();
    // City, the most that matching and routing may take, and how many results there are.
    for (city, most_matching, most_routing, results) in [("Austin", 0, 5, 2), ("Boston", 0, 4, 1)] {
        let event = event(&engine, city);
        let _ = engine.route_in(&event, &answers, &mut scratch);
        assert_eq!(
            engine.matches(&event, &answers, &mut scratch).count(),
            results - 1
        );
        let matching = allocations(|| {
            let _ = engine.matches(&event, &answers, &mut scratch).count();
        });
        let mut step = None;
        let routing = allocations(|| step = Some(engine.route_in(&event, &answers, &mut scratch)));
        let Some(Step::Done(outcome)) = step else {
            panic!("these rules ask nothing");
        };
        assert_eq!(outcome.results().len(), results, "{city}");
        assert!(matching <= most_matching, "{city}: {matching} to match");
        assert!(routing <= most_routing, "{city}: {routing} to route");
        let writing = allocations(|| drop(outcome.to_json()));
        assert!(writing <= 3, "{city}: {writing} to write");
    }
}
