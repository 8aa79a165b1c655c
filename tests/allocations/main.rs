//! Counts the allocations for one event. The counts are the same on every machine. This is a test binary of
//! its own because the counting allocator serves the whole binary.

use allocation_counter::measure;
use pointsman::engine::{EventBuffer, Scratch};
use pointsman::{Answers, Engine, Event, IdSource, Rejection, SeededIds, Step};

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
fn an_event_costs_few_allocations_with_reused_memory() {
    let engine = Engine::compile(RULES).unwrap();
    let answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    let mut scratch = Scratch::default();
    // The city, the most allocations that matching and routing may take, and the number of results.
    for (city, most_matching, most_routing, results) in [("Austin", 0, 4, 2), ("Boston", 0, 4, 1)] {
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
        assert!(writing <= 1, "{city}: {writing} to write");
    }
}

/// Reads and matches events in memory that was used for an event of another length, type and id.
#[test]
fn events_are_read_and_matched_without_allocating() {
    let rules = r#"
        rule one { on flat when city == "Austin" do crm.note {} }
        rule two { on flat when items[0].price > 20 and items[0].sku in ["a", "b"] do crm.note {} }
        rule three { on flat when lot.name starts_with "4" and lot.x between -123 and -122 do crm.note {} }
        rule four { on * do crm.note {} }
        rule five { on flat when any item in items (item.price > 20 and item.sku in ["b"]) do crm.note {} }
    "#;
    let engine = Engine::compile(rules).unwrap();
    let answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    let events = [
        r#"{"event_id":"2d4a2","event_type":"flat","event_data":{"mdn":"+13125550100","city":"Austin"}}"#,
        r#"{"event_type":"FLAT","event_data":{"person_key":"k","mdn":"5550100","lot":{"name":"46TH","x":-122.37293518655736},
            "geometry":{"coordinates":[{"x":1,"y":2},{"x":-1.5e3,"y":[{"z":{"z":[]}}]}]},"items":[{"price":20.5,"sku":"b"},{}]}}"#,
        r#"{"event_type":"flat","debug_data":{"a":"b"},"event_data":{"external_person_id":"e\u0066","vibes_device_id":"d"}}"#,
    ];
    let mut buffer = EventBuffer::default();
    let mut scratch = Scratch::default();
    let mut ids = SeededIds::new(1);
    type Read = for<'b> fn(
        &Engine,
        &[u8],
        &mut dyn IdSource,
        &'b mut EventBuffer,
    ) -> Result<&'b Event, Rejection>;
    for (way, read) in [
        ("validated", Engine::read_in as Read),
        ("trusted", Engine::read_trusted_in),
    ] {
        let mut turn = |bytes: &str| {
            let event = read(&engine, bytes.as_bytes(), &mut ids, &mut buffer).unwrap();
            engine.matches(event, &answers, &mut scratch).count()
        };
        assert_eq!(events.map(&mut turn), [2, 4, 1]);
        for event in events {
            let mut found = 0;
            // An escaped text is unescaped once.
            let most = u64::from(event.contains("\\u")) * 2;
            let total = allocations(|| found = turn(event));
            assert!(total <= most, "{way}: {total} for {event}");
            assert!(found > 0);
        }
    }
}
