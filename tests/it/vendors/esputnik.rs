//! eSputnik's page "Generate event v2", row by row.

use pointsman::adapter::esputnik::{event_type_of_key, key_of_event_type};
use pointsman::adapter::{Adapter, KnownTypes, Learned};
use pointsman::journal::Journal;
use pointsman::{Engine, Event, Limits, RecipientKind, SeededIds};
use proptest::prelude::*;

use super::{engine, now, parse, read, refused, route, taken};

const CART: &str = include_str!("../../fixtures/esputnik/abandoned-cart.json");
const CONTACT: &str = include_str!("../../fixtures/esputnik/create-contact.json");
const PASSWORD: &str = include_str!("../../fixtures/esputnik/password-recovery.json");

fn event(json: &str) -> Event {
    taken(Adapter::Esputnik, json)
}

fn params(list: &str) -> String {
    format!(r#"{{"eventTypeKey":"t","params":{list}}}"#)
}

#[test]
fn params_become_event_data() {
    let cart = event(CART);
    let data = parse(cart.event_data());
    let page = parse(CART);
    assert_eq!(data["email"], page["params"][0]["value"]);
    assert_eq!(data["items"], page["params"][1]["value"]);
    assert_eq!(data.as_object().unwrap().len(), 2);
    // Values are any JSON, keep their spelling, and are never parsed out of a string.
    let json = r#"{"eventTypeKey":"t","keyValue":"k","params":[
        {"name":"n","value": 1.50 },{"value":"{\"a\":1}","name":"text"},{"name":"a b\u00e9","value":[1e400,{ "x" :null}]},
        {"name":"none","value":null,"more":1}]}"#;
    assert_eq!(
        event(json).event_data(),
        r#"{"n":1.50,"text":"{\"a\":1}","a b\u00e9":[1e400,{ "x" :null}],"none":null}"#
    );
    for none in [
        r#""keyValue":"k""#,
        r#""keyValue":"k","params":null"#,
        r#""keyValue":"k","params":[]"#,
    ] {
        let json = format!(r#"{{"eventTypeKey":"t",{none}}}"#);
        assert_eq!(event(&json).event_data(), "{}");
    }
    let many: Vec<String> = (0..500)
        .map(|n| format!(r#"{{"name":"p{n}","value":{n}}}"#))
        .collect();
    let json = format!(
        r#"{{"eventTypeKey":"t","keyValue":"k","params":[{}]}}"#,
        many.join(",")
    );
    assert_eq!(parse(event(&json).event_data())["p499"], 499);
}

#[test]
fn malformed_params_are_refused() {
    let cases = [
        (r#"{"a":1}"#, "invalid_params", "params"),
        (r#""x""#, "invalid_params", "params"),
        (
            r#"[{"name":"email","value":"a@b.c"},7]"#,
            "invalid_params",
            "params[1]",
        ),
        (r#"[{"value":1}]"#, "invalid_params", "params[0].name"),
        (
            r#"[{"name":7,"value":1}]"#,
            "invalid_params",
            "params[0].name",
        ),
        (r#"[{"name":"a"}]"#, "invalid_params", "params[0].value"),
        (
            r#"[{"name":"email","value":"a@b.c"},{"name":"\u0065mail","value":"x"}]"#,
            "duplicate_param",
            "params[1].name",
        ),
    ];
    for (list, code, path) in cases {
        assert_eq!(
            refused(Adapter::Esputnik, &params(list)),
            (code.into(), path.into()),
            "{list}"
        );
    }
}

#[test]
fn keys_have_lengths_and_forbidden_characters() {
    let with = |key: &str, value: &str| {
        serde_json::json!({"eventTypeKey": key, "keyValue": value}).to_string()
    };
    assert!(read(Adapter::Esputnik, &with(&"ж".repeat(100), &"ж".repeat(300))).is_ok());
    assert!(read(Adapter::Esputnik, &with("a key (1) & é #", "+38 050")).is_ok());
    let of_type = (
        "invalid_event_type_key".to_owned(),
        "eventTypeKey".to_owned(),
    );
    let of_key = ("invalid_key_value".to_owned(), "keyValue".to_owned());
    assert_eq!(
        refused(Adapter::Esputnik, &with(&"ж".repeat(101), "k")),
        of_type
    );
    assert_eq!(
        refused(Adapter::Esputnik, &with("t", &"ж".repeat(301))),
        of_key
    );
    for c in "<;\u{2019}\\/|\"`'^?!,>".chars() {
        for (json, expected) in [
            (with(&format!("ab{c}d"), "k"), &of_type),
            (with("t", &format!("éb{c}")), &of_key),
        ] {
            assert_eq!(refused(Adapter::Esputnik, &json), *expected, "{c:?}");
            // The message names the character and its position.
            let message = read(Adapter::Esputnik, &json)
                .unwrap_err()
                .message()
                .to_owned();
            let shown = format!("U+{:04X}", u32::from(c));
            let named = message.contains(&format!("`{c}`")) || message.contains(&shown);
            assert!(named && message.contains("character 3"), "{message}");
        }
    }
    let cases = [
        (r#"{"keyValue":"k"}"#, "missing_event_type", "eventTypeKey"),
        (
            r#"{"keyValue":"k","eventTypeKey":null}"#,
            "invalid_event_type_key",
            "eventTypeKey",
        ),
        (
            r#"{"keyValue":"k","eventTypeKey":""}"#,
            "invalid_event_type_key",
            "eventTypeKey",
        ),
        (
            r#"{"keyValue":7,"eventTypeKey":"t"}"#,
            "invalid_key_value",
            "keyValue",
        ),
    ];
    for (json, code, path) in cases {
        assert_eq!(refused(Adapter::Esputnik, json), (code.into(), path.into()));
    }
}

#[test]
fn keys_map_to_event_types_and_back() {
    let cases = [
        ("abandoned_cart", "abandoned_cart"),
        ("out-for-delivery2", "out-for-delivery2"),
        ("Cart", "x--43617274"),
        ("cart 1", "x--636172742031"),
        ("x--cart", "x--782d2d63617274"),
        ("x-cart", "x-cart"),
        ("é", "x--c3a9"),
    ];
    for (key, event_type) in cases {
        assert_eq!(event_type_of_key(key), event_type);
        assert_eq!(key_of_event_type(event_type).as_deref(), Some(key));
        let json = serde_json::json!({"eventTypeKey": key, "keyValue": "k"}).to_string();
        let event = event(&json);
        assert_eq!(event.event_type(), event_type);
        assert_eq!(key_of_event_type(event.event_type()).as_deref(), Some(key));
    }
    for no_key in [
        "", "x--", "x--4", "x--zz", "x--ff", "x--61", "x--+1", "a b", "é",
    ] {
        assert_eq!(key_of_event_type(no_key), None, "{no_key}");
    }
}

proptest! {
    #[test]
    fn different_keys_have_different_types(
        one in prop_oneof!["\\PC{1,20}", "[ aZx0_é-]{1,6}"],
        other in prop_oneof!["[xX][-]{1,3}[a-f0-9A-F]{0,8}", "[ aZx0_é-]{1,6}"],
    ) {
        for key in [&one, &other] {
            let event_type = event_type_of_key(key);
            prop_assert!(event_type.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
            prop_assert_eq!(key_of_event_type(&event_type), Some(key.clone()));
            prop_assert_eq!(key_of_event_type(&event_type.to_uppercase()), Some(key.clone()));
        }
        let folded = |key: &str| event_type_of_key(key).to_ascii_lowercase();
        prop_assert_eq!(one == other, folded(&one) == folded(&other));
    }
}

#[test]
fn a_new_key_creates_the_type() {
    let engine = engine("rule r { on abandoned_cart do note {} }");
    let types = KnownTypes::default();
    for (key, learned) in [
        ("abandoned_cart", Learned::New),
        ("New Type", Learned::New),
        ("new type", Learned::New),
        ("New Type", Learned::Known),
    ] {
        let json = serde_json::json!({"eventTypeKey": key, "keyValue": "k"}).to_string();
        let event = engine
            .read_as(Adapter::Esputnik, json.as_bytes(), &mut SeededIds::new(1))
            .unwrap();
        assert_eq!(types.learn(event.event_type()), learned, "{key}");
    }
    let names = types.names();
    let keys: Vec<_> = names
        .iter()
        .map(|name| key_of_event_type(name).unwrap())
        .collect();
    assert_eq!(keys, ["abandoned_cart", "New Type", "new type"]);
    // With a closed registry the rejection names the vendor's own field.
    let closed = Engine::compile("rule r { on abandoned_cart do note {} }").unwrap();
    let json = r#"{"eventTypeKey":"other","keyValue":"k"}"#;
    let rejection = closed
        .read_as(Adapter::Esputnik, json.as_bytes(), &mut SeededIds::new(1))
        .unwrap_err();
    assert_eq!(rejection.code().as_str(), "unknown_event_type");
    assert_eq!(rejection.path(), Some("eventTypeKey"));
}

#[test]
fn known_types_are_bounded_and_learned_once() {
    let mut limits = Limits::default();
    limits.known_types = 2;
    let types = KnownTypes::new(&limits);
    let learned = ["a", "b", "c", "A", "c"].map(|name| types.learn(name));
    use Learned::{Full, Known, New};
    assert_eq!(learned, [New, New, Full, Known, Full]);
    let types = KnownTypes::default();
    let news: usize = std::thread::scope(|scope| {
        let learn = || {
            (0..200)
                .filter(|n| types.learn(&format!("t{n}")) == New)
                .count()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(learn)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(news, 200);
}

#[test]
fn key_value_names_the_contact_and_never_the_event() {
    let mut ids = SeededIds::new(1);
    let limits = Limits::default();
    let first = Adapter::Esputnik
        .read(CART.as_bytes(), &limits, &mut ids)
        .unwrap();
    let second = Adapter::Esputnik
        .read(CART.as_bytes(), &limits, &mut ids)
        .unwrap();
    for cart in [&first, &second] {
        assert!(cart.id_generated());
        let key = cart.recipient(RecipientKind::ContactKey).unwrap();
        assert_eq!(key.value(), "site@com.net");
    }
    assert_ne!(first.id(), second.id());
    for unset in ["null", r#""""#, r#""  ""#] {
        let json = format!(
            r#"{{"eventTypeKey":"t","keyValue":{unset},"params":[{{"name":"email","value":"a@b.c"}}]}}"#
        );
        assert!(event(&json).recipient(RecipientKind::ContactKey).is_none());
    }
}

#[test]
fn without_key_value_a_param_names_the_contact() {
    let cases = [
        ("contactId", r#""17""#, RecipientKind::ContactId, "17"),
        (
            "contactId",
            "12345678901234567890",
            RecipientKind::ContactId,
            "12345678901234567890",
        ),
        (
            "externalCustomerId",
            r#""AV13760""#,
            RecipientKind::ExternalCustomerId,
            "AV13760",
        ),
        (
            "email",
            r#""site@ukr.net""#,
            RecipientKind::Email,
            "site@ukr.net",
        ),
        (
            "phone",
            r#""380501234567""#,
            RecipientKind::Phone,
            "380501234567",
        ),
        ("pushToken", r#""abc""#, RecipientKind::PushToken, "abc"),
    ];
    for (name, value, kind, expected) in cases {
        let event = event(&params(&format!(
            r#"[{{"name":"{name}","value":{value}}}]"#
        )));
        assert_eq!(event.recipient(kind).unwrap().value(), expected);
    }
    let missing = [
        "[]",
        "null",
        r#"[{"name":"Email","value":"a@b.c"}]"#,
        r#"[{"name":"email","value":null}]"#,
    ];
    for list in missing {
        assert_eq!(
            refused(Adapter::Esputnik, &params(list)),
            ("missing_recipient".into(), "params".into()),
            "{list}"
        );
    }
    for value in ["7", "1.5", "{}", r#"" ""#, "true"] {
        let list =
            format!(r#"[{{"name":"contactId","value":"1"}},{{"name":"phone","value":{value}}}]"#);
        assert_eq!(
            refused(Adapter::Esputnik, &params(&list)),
            ("invalid_recipient".into(), "params[1].value".into()),
            "{value}"
        );
        // With a `keyValue` the params need not name the contact.
        let json = format!(r#"{{"eventTypeKey":"t","keyValue":"k","params":{list}}}"#);
        let event = event(&json);
        assert!(event.recipient(RecipientKind::Phone).is_none());
        assert!(event.recipient(RecipientKind::ContactId).is_some());
    }
    for value in ["1.5", "-1", "1e3"] {
        let list = format!(r#"[{{"name":"contactId","value":{value}}}]"#);
        assert_eq!(
            refused(Adapter::Esputnik, &params(&list)).0,
            "invalid_recipient"
        );
    }
}

#[test]
fn an_empty_external_customer_id_is_ignored() {
    let rules = "rule r { on t when externalCustomerId is missing do note {} }";
    let engine = engine(rules);
    for value in [
        r#""""#,
        r#"" ""#,
        r#""   ""#,
        r#""\t\n""#,
        r#""null""#,
        "null",
    ] {
        let list = format!(r#"[{{"name":"externalCustomerId","value":{value}}}]"#);
        assert_eq!(
            refused(Adapter::Esputnik, &params(&list)).0,
            "missing_recipient",
            "{value}"
        );
        let json = format!(r#"{{"eventTypeKey":"t","keyValue":"k","params":{list}}}"#);
        let event = event(&json);
        assert_eq!(event.event_data(), "{}", "{value}");
        assert!(event.recipient(RecipientKind::ExternalCustomerId).is_none());
        assert_eq!(route(&engine, &event)["results"][0]["rule"], "r", "{value}");
    }
    let kept = event(&params(
        r#"[{"name":"externalCustomerId","value":"nullify"}]"#,
    ));
    assert!(kept.recipient(RecipientKind::ExternalCustomerId).is_some());
}

#[test]
fn content_is_at_most_20_kilobytes() {
    let of = |bytes: usize| {
        let json = r#"{"eventTypeKey":"t","keyValue":"k"}"#;
        format!("{json}{}", " ".repeat(bytes - json.len()))
    };
    assert!(read(Adapter::Esputnik, &of(20_480)).is_ok());
    assert_eq!(
        refused(Adapter::Esputnik, &of(20_481)),
        ("event_too_large".into(), String::new())
    );
    let mut limits = Limits::default();
    limits.esputnik_bytes = 30_000;
    let mut ids = SeededIds::new(1);
    assert!(
        Adapter::Esputnik
            .read(of(30_000).as_bytes(), &limits, &mut ids)
            .is_ok()
    );
    assert!(
        Adapter::Esputnik
            .read(of(30_001).as_bytes(), &limits, &mut ids)
            .is_err()
    );
}

#[test]
fn arrays_in_a_param_are_read_by_rules() {
    let engine = engine(
        r#"rule r { on abandoned_cart when any i in items.array (number(i.price) > 2000)
            do crm.note { first: items.array[0].name, brand: items.array[1].brand, none: items.array[2].name } }"#,
    );
    let outcome = route(&engine, &event(CART));
    let params = &outcome["results"][1]["action"]["params"];
    assert_eq!(params["first"], "Hair styler");
    assert_eq!(params["brand"], "Acqua Di Parma");
    assert_eq!(params["none"], serde_json::Value::Null);
}

#[test]
fn events_of_the_page_are_stored_for_history() {
    let journal = Journal::default();
    let mut ids = SeededIds::new(1);
    for json in [CART, CONTACT, PASSWORD] {
        let limits = Limits::default();
        let event = Adapter::Esputnik
            .read(json.as_bytes(), &limits, &mut ids)
            .unwrap();
        assert!(journal.record(&event, now()));
        let kept = journal.get(event.id()).unwrap();
        assert_eq!(kept.customer_id(), Some("site@com.net"));
        assert_eq!(parse(&kept.to_json())["data"]["data"], event.event_data());
    }
    assert_eq!(journal.len(), 3);
}

#[test]
fn orders_and_workflows_are_actions_of_the_host() {
    let engine = engine(
        r#"rule r { on abandoned_cart
            do order.save { key: event.recipient.contact_key, items: items.array }
            do workflow.start { name: "abandoned cart", by: event.type } }"#,
    );
    let outcome = route(&engine, &event(CART));
    let action = |at: usize| &outcome["results"][at]["action"];
    let page = parse(CART);
    assert_eq!(action(1)["name"], "order.save");
    assert_eq!(action(1)["params"]["key"], "site@com.net");
    assert_eq!(
        action(1)["params"]["items"],
        page["params"][1]["value"]["array"]
    );
    assert_eq!(action(2)["name"], "workflow.start");
    assert_eq!(action(2)["params"]["by"], "abandoned_cart");
}

#[test]
fn an_event_is_answered() {
    let reply = Adapter::Esputnik.accepted(&event(CART));
    assert_eq!(reply.status(), 200);
    assert!(parse(reply.body())["event_id"].is_string());
    let rejection = read(Adapter::Esputnik, "{}").unwrap_err();
    let reply = Adapter::Esputnik.refused(&rejection);
    assert_eq!(
        (reply.status(), reply.content_type()),
        (400, "application/json")
    );
    assert_eq!(parse(reply.body())["code"], "missing_event_type");
    assert_eq!(parse(reply.body())["path"], "eventTypeKey");
}

#[test]
fn the_first_error_code_is_reported() {
    let cases = [
        (
            r#"{"eventTypeKey":"a!","keyValue":"b!"}"#,
            "invalid_event_type_key",
        ),
        (r#"{"keyValue":"b!","params":7}"#, "missing_event_type"),
        (r#"{"eventTypeKey":"a!","params":[]}"#, "missing_recipient"),
        (
            r#"{"eventTypeKey":"t","params":[{"name":"a","value":1},{"name":"a","value":1}]}"#,
            "missing_recipient",
        ),
        (
            r#"{"eventTypeKey":"t","keyValue":"k","params":[{"name":"a","value":1},{"name":"a","value":1},7]}"#,
            "duplicate_param",
        ),
    ];
    for (json, code) in cases {
        assert_eq!(refused(Adapter::Esputnik, json).0, code, "{json}");
    }
}
