//! `CareCloud`'s page on `GET /events`, row by row.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use pointsman::adapter::Adapter;
use pointsman::journal::{Journal, Query, SortDirection, SortField};
use pointsman::{Event, Limits, Timestamp};
use proptest::prelude::*;

use super::{parse, taken};

const ONE: &str = include_str!("../../fixtures/carecloud/get-event-response.json");
const LIST: &str = include_str!("../../fixtures/carecloud/list-events-response.json");

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn event(id: &str, members: &str) -> Event {
    let json = format!(r#"{{"event":{{"customer_id":"85bc5819e09dab95437552ce79",{members}}}}}"#);
    let mut ids = || id.to_owned();
    Adapter::Carecloud
        .read(json.as_bytes(), &Limits::default(), &mut ids)
        .unwrap()
}

/// Returns the two events that the page shows.
fn pages_events() -> [(Event, Timestamp); 2] {
    let of = |id: &str, external: &str| {
        let members = format!(
            r#""event_type_id":"8bed991c68a470e7aaeffbf048","external_id":"{external}","data":"{{\"test\":10,\"test2\":20}}""#
        );
        event(id, &members)
    };
    [
        (
            of("8bed991c68a470e7aaeffbf048", "157613"),
            at("2017-06-20T16:59:49.7Z"),
        ),
        (
            of("8bda8a4854394325e2748a5005", "3624"),
            at("2018-04-20T17:58:04+02:00"),
        ),
    ]
}

fn ids(journal: &Journal, query: &str) -> Vec<String> {
    let page = journal.list(&Query::parse(query).unwrap());
    page.events()
        .iter()
        .map(|event| event.event_id().to_owned())
        .collect()
}

#[test]
fn events_are_listed_as_on_the_page() {
    let journal = Journal::default();
    for (event, now) in pages_events() {
        assert!(journal.record(&event, now));
    }
    for n in 0..112 {
        let event = event(
            &format!("e{n}"),
            r#""event_type_id":"8BED991c68a470e7aaeffbf048""#,
        );
        journal.record(&event, at("2020-01-01"));
    }
    journal.record(
        &event("other", r#""event_type_id":"other""#),
        at("2020-01-01"),
    );
    let query = Query::parse("event_type_id=8bed991c68a470e7aaeffbf048&count=2").unwrap();
    let page = journal.list(&query);
    assert_eq!(parse(&page.to_json()), parse(LIST));
    assert_eq!(page.total_items(), 114);
}

#[test]
fn one_event_is_answered_as_on_the_page() {
    let journal = Journal::default();
    for (event, now) in pages_events() {
        journal.record(&event, now);
    }
    let found = journal.get("8bed991c68a470e7aaeffbf048").unwrap();
    assert_eq!(parse(&found.to_json()), parse(ONE));
    // The keys have the order of the page, too.
    let keys = [
        "event_id",
        "event_type_id",
        "customer_id",
        "external_id",
        "data",
        "created_at",
        "secondary_external_id",
        "state",
    ];
    let json = found.to_json();
    let inside = json.strip_prefix(r#"{"data":"#).unwrap();
    let places = keys.map(|key| inside.find(&format!("\"{key}\":")).unwrap());
    assert!(places.is_sorted());
    assert!(journal.get("8bed").is_none());
    assert!(journal.property_records("8bed").is_none());
}

#[test]
fn data_state_and_ids_have_defaults() {
    let journal = Journal::default();
    let given = r#""event_type_id":"t","secondary_external_id":"s","state":-20,"data":{"a": 1.50}"#;
    journal.record(&event("given", given), at("2020-01-01"));
    journal.record(&event("bare", r#""event_type_id":"t""#), at("2020-01-01"));
    let shown = |id: &str| parse(&journal.get(id).unwrap().to_json())["data"].clone();
    assert_eq!(shown("given")["state"], -20);
    assert_eq!(shown("given")["secondary_external_id"], "s");
    assert_eq!(shown("given")["data"], r#"{"a":1.50}"#);
    assert_eq!(shown("bare")["state"], 1);
    assert_eq!(shown("bare")["external_id"], serde_json::Value::Null);
    assert_eq!(
        shown("bare")["secondary_external_id"],
        serde_json::Value::Null
    );
    assert_eq!(
        shown("bare")["data"],
        r#"{"customer_id":"85bc5819e09dab95437552ce79","properties":{}}"#
    );
}

#[test]
fn property_records_are_listed_with_their_count() {
    let journal = Journal::default();
    let json = include_str!("../../fixtures/carecloud/create-event-request.json");
    let created = taken(Adapter::Carecloud, json);
    journal.record(&created, at("2020-01-01"));
    let records = journal.property_records(created.id()).unwrap();
    assert_eq!(
        parse(&records.to_json()),
        parse(
            r#"{"data":{"property_records":[{"property_id":"has_purchase","property_value":"true"}],"total_items":1}}"#
        )
    );
    let records: Vec<_> = records.records().collect();
    assert_eq!(records, [("has_purchase", "\"true\"")]);
    // For other vendors, properties are the members of `event_data`.
    let json = include_str!("../../fixtures/vibes/event.json");
    journal.record(&taken(Adapter::Vibes, json), at("2020-01-01"));
    let records = journal.property_records("2d4a2").unwrap();
    assert_eq!(parse(&records.to_json())["data"]["total_items"], 4);
}

#[test]
fn events_of_any_adapter_are_recorded() {
    let journal = Journal::default();
    let json = include_str!("../../fixtures/vibes/event.json");
    let delivery = taken(Adapter::Vibes, json);
    assert!(journal.record(&delivery, at("2020-01-01")));
    let shown = parse(&journal.get("2d4a2").unwrap().to_json());
    assert_eq!(shown["data"]["event_type_id"], "day_of_delivery");
    assert_eq!(shown["data"]["customer_id"], "abcd12345");
    assert_eq!(shown["data"]["data"], delivery.event_data());
    // An id is recorded only once.
    assert!(!journal.record(&delivery, at("2021-01-01")));
    assert_eq!(journal.len(), 1);
    assert_eq!(
        journal.get("2d4a2").unwrap().created_at(),
        "2020-01-01 00:00:00"
    );
}

#[test]
fn sorting_is_by_every_field_with_ties_by_arrival() {
    let journal = Journal::default();
    let rows = [
        (
            "b",
            r#""event_type_id":"t2","external_id":"x","state":10"#,
            "2020-01-02",
        ),
        (
            "d",
            r#""event_type_id":"t1","external_id":"z","secondary_external_id":"q","state":9"#,
            "2020-01-01",
        ),
        ("a", r#""event_type_id":"t2","state":-1"#, "2020-01-03"),
        (
            "c",
            r#""event_type_id":"t1","external_id":"x","secondary_external_id":"p""#,
            "2020-01-01T00:00:00.5Z",
        ),
    ];
    for (id, members, now) in rows {
        journal.record(&event(id, members), at(now));
    }
    let cases = [
        ("", "bdac"),
        ("sort_direction=ASC", "bdac"),
        ("sort_direction=DESC", "cadb"),
        ("sort_field=event_id", "abcd"),
        ("sort_field=event_id&sort_direction=DESC", "dcba"),
        ("sort_field=event_type_id", "dcba"),
        ("sort_field=event_type_id&sort_direction=DESC", "badc"),
        ("sort_field=customer_id&sort_direction=DESC", "bdac"),
        ("sort_field=external_id", "abcd"),
        ("sort_field=secondary_external_id", "bacd"),
        ("sort_field=created_at", "dcba"),
        ("sort_field=created_at&sort_direction=DESC", "abdc"),
        ("sort_field=state", "acdb"),
        ("count=2&offset=1", "da"),
        ("offset=3", "c"),
        ("offset=4", ""),
        ("count=0", ""),
        ("event_type_id=T1&sort_direction=DESC", "cd"),
    ];
    for (query, expected) in cases {
        let expected: Vec<String> = expected.chars().map(String::from).collect();
        assert_eq!(ids(&journal, query), expected, "{query}");
    }
    let none = journal.list(&Query::parse("count=0").unwrap());
    assert_eq!(none.to_json(), r#"{"data":{"events":[],"total_items":4}}"#);
}

#[test]
fn count_is_100_by_default() {
    let journal = Journal::default();
    for n in 0..130 {
        journal.record(
            &event(&format!("e{n}"), r#""event_type_id":"t""#),
            at("2020-01-01"),
        );
    }
    let page = journal.list(&Query::default());
    assert_eq!((page.events().len(), page.total_items()), (100, 130));
    assert_eq!(page.events()[0].event_id(), "e0");
}

#[test]
fn a_malformed_query_is_an_error() {
    let cases = [
        ("count=-1", "count"),
        ("count=1.5", "count"),
        ("count=", "count"),
        ("count", "count"),
        ("count=%2B1", "count"),
        ("count=99999999999999999999999", "count"),
        ("offset=-1", "offset"),
        ("offset=1e2", "offset"),
        ("sort_field=color", "sort_field"),
        ("sort_field=Event_Id", "sort_field"),
        ("sort_direction=asc", "sort_direction"),
        ("sort_direction=UP", "sort_direction"),
        ("sort_feild=state", "sort_feild"),
        ("count=1&count=2", "count"),
        ("event_type_id=%zz", "event_type_id"),
        ("event_type_id=%f", "event_type_id"),
        ("event_type_id=%ff", "event_type_id"),
    ];
    for (query, parameter) in cases {
        let error = Query::parse(query).expect_err(query);
        assert_eq!(error.parameter(), parameter, "{query}: {error}");
    }
    let near = Query::parse("sort_feild=state").unwrap_err().to_string();
    assert!(near.contains("sort_field"), "{near}");
    assert_eq!(
        Query::parse("?sort%5Ffield=state&&event_type_id=a+b%20c&sort_direction=DESC").unwrap(),
        Query::default()
            .sort_field(SortField::State)
            .event_type_id("a b c")
            .sort_direction(SortDirection::Descending)
    );
}

#[test]
fn the_oldest_event_is_dropped_first() {
    let mut limits = Limits::default();
    limits.journal_events = 3;
    let journal = Journal::new(&limits);
    for n in 0..5 {
        journal.record(
            &event(&format!("e{n}"), r#""event_type_id":"t""#),
            at("2020-01-01"),
        );
    }
    assert_eq!(ids(&journal, ""), ["e2", "e3", "e4"]);
    assert!(journal.get("e1").is_none());
    assert_eq!(journal.get("e3").unwrap().event_id(), "e3");
    // An event that was dropped can be recorded again.
    assert!(journal.record(&event("e0", r#""event_type_id":"t""#), at("2020-01-01")));
    assert_eq!(ids(&journal, ""), ["e3", "e4", "e0"]);
    limits.journal_bytes = 3_000;
    limits.journal_events = 1_000;
    let journal = Journal::new(&limits);
    for n in 0..50 {
        journal.record(
            &event(&format!("e{n}"), r#""event_type_id":"t""#),
            at("2020-01-01"),
        );
    }
    assert!((2..40).contains(&journal.len()), "{}", journal.len());
    assert!(journal.get("e49").is_some());
    let large = format!(r#""event_type_id":"t","data":"{}""#, "x".repeat(9_000));
    journal.record(&event("large", &large), at("2020-01-01"));
    assert_eq!(ids(&journal, ""), ["large"]);
}

#[test]
fn pages_of_a_snapshot_give_each_event_once_while_others_write() {
    let mut limits = Limits::default();
    limits.journal_events = 400;
    let journal = Journal::new(&limits);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (journal, stop) = (&journal, &stop);
            scope.spawn(move || {
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    let event = event(&format!("{writer}-{n}"), r#""event_type_id":"t""#);
                    journal.record(&event, at("2020-01-01"));
                    n += 1;
                }
            });
        }
        // The writers stop when this thread is done, even if it panics.
        let _end = SetOnDrop(&stop);
        while journal.len() < 50 {
            std::thread::yield_now();
        }
        for round in 0..30 {
            let snapshot = journal.snapshot();
            let mut seen = Vec::new();
            loop {
                let query = Query::default().count(7 + round).offset(seen.len());
                let query = match round % 3 {
                    0 => query,
                    1 => query.sort_field(SortField::EventId),
                    _ => query.sort_direction(SortDirection::Descending),
                };
                let page = snapshot.list(&query);
                assert!(seen.len() <= page.total_items(), "pages go on past the end");
                if page.events().is_empty() {
                    assert_eq!(seen.len(), page.total_items());
                    break;
                }
                for event in page.events() {
                    // No event is partly recorded.
                    assert!(parse(&event.to_json())["data"]["data"].is_string());
                    seen.push(event.event_id().to_owned());
                }
            }
            let distinct: BTreeSet<_> = seen.iter().collect();
            assert_eq!(distinct.len(), seen.len());
            assert!(seen.len() <= 400);
        }
    });
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

proptest! {
    #[test]
    fn all_pages_together_are_the_whole_list(
        rows in prop::collection::vec(("[ab]", prop::option::of("[xy]"), 0_i32..3), 0..20),
        size in 1_usize..6,
        field in prop::option::of(prop::sample::select(SortField::ALL.to_vec())),
        descending: bool,
    ) {
        let journal = Journal::default();
        for (n, (ty, external, state)) in rows.iter().enumerate() {
            let external = external.as_ref().map_or("null".to_owned(), |text| format!("\"{text}\""));
            let members = format!(r#""event_type_id":"{ty}","external_id":{external},"state":{state}"#);
            journal.record(&event(&format!("{n:02}"), &members), at("2020-01-01"));
        }
        let mut query = Query::default();
        if let Some(field) = field {
            query = query.sort_field(field);
        }
        if descending {
            query = query.sort_direction(SortDirection::Descending);
        }
        let snapshot = journal.snapshot();
        journal.record(&event("late", r#""event_type_id":"a""#), at("2020-01-01"));
        let list = |query: &Query| -> Vec<String> {
            let page = snapshot.list(query);
            page.events().iter().map(|event| event.event_id().to_owned()).collect()
        };
        let whole = list(&query);
        prop_assert_eq!(whole.len(), rows.len());
        let pages: Vec<String> = (0..=rows.len())
            .step_by(size)
            .flat_map(|offset| list(&query.clone().count(size).offset(offset)))
            .collect();
        prop_assert_eq!(pages, whole);
    }
}
