//! The rows about contacts: those that arrive with an event, and those that a rule saves.

use pointsman::adapter::Adapter;
use pointsman::contact::{Contact, ContactFormats, FieldFormat};
use pointsman::{Engine, Limits, SeededIds};

use super::{parse, route, taken};

const CONTACT: &str = include_str!("../../fixtures/esputnik/create-contact.json");
const CONTACT_PARAM: &str = include_str!("../../fixtures/esputnik/contact-json-param.json");
const CONTACT_VALUE: &str = include_str!("../../fixtures/esputnik/contact-json-value.json");

fn formats() -> ContactFormats {
    ContactFormats::default()
        .with(10003, FieldFormat::Text)
        .with(10001, FieldFormat::Date)
        .with(10002, FieldFormat::Number)
}

fn check(json: &str) -> Result<String, Vec<(String, String)>> {
    match Contact::from_json(json, &formats(), &Limits::default()) {
        Ok(contact) => Ok(contact.to_json().to_owned()),
        Err(errors) => Err(errors
            .iter()
            .map(|error| (error.field().to_owned(), error.error().to_owned()))
            .collect()),
    }
}

fn fields(json: &str) -> Vec<String> {
    let errors = check(json).expect_err(json);
    errors.into_iter().map(|(field, _)| field).collect()
}

/// The value of the page, with its omissions filled in.
fn filled() -> serde_json::Value {
    let mut value = parse(CONTACT_VALUE);
    value["firstname"] = "Олена".into();
    value["lastname"] = "Shevchenko".into();
    value["sms"] = "+1-541-754-3010".into();
    value["town"] = "Kyiv".into();
    value["profileInputs"][0]["value"] = "2020-11-23".into();
    value
}

fn with_contact(value: serde_json::Value) -> String {
    let mut event = parse(CONTACT_PARAM);
    event["eventTypeKey"] = "t".into();
    event["keyValue"] = "k".into();
    event["params"][0]["value"] = value;
    event.to_string()
}

#[test]
fn names_phones_and_additional_fields_are_checked() {
    assert!(
        check(&format!(
            r#"{{"firstname":"{0}","lastname":"{0}"}}"#,
            "ж".repeat(60)
        ))
        .is_ok()
    );
    let long = format!(r#"{{"firstname":"{0}","lastname":"{0}"}}"#, "ж".repeat(61));
    assert_eq!(fields(&long), ["firstname", "lastname"]);
    assert!(check(&long).unwrap_err()[0].1.contains("61 characters"));
    assert_eq!(
        check(r#"{"phone":"+1-541-754-3010","sms":"380501234567"}"#).unwrap(),
        r#"{"phone":"+1-541-754-3010","phone_normalized":"+15417543010","sms":"380501234567","sms_normalized":"+380501234567"}"#
    );
    assert_eq!(
        fields(r#"{"phone":"none","sms":380501234567}"#),
        ["phone", "sms"]
    );
    let additional = |id: &str, value: &str| {
        format!(r#"{{"profileInputs":[{{"profileInputId":{id},"value":{value}}}]}}"#)
    };
    for (id, value, fits) in [
        ("10001", r#""2020-11-23""#, true),
        ("10001", r#""2020-02-30""#, false),
        ("10001", r#""2020-11-23T10:00Z""#, false),
        ("10001", r#""23.11.2020""#, false),
        ("10001", "20201123", false),
        ("10002", "1.50", true),
        ("10002", r#""1e3""#, true),
        ("10002", r#""one""#, false),
        ("10002", "true", false),
        ("10003", r#""any""#, true),
        ("10003", "1", false),
        ("10004", "1", true),
        ("10004", "true", true),
        ("10004", "[]", false),
        ("10004", "null", false),
    ] {
        let found = check(&additional(id, value));
        match found {
            Ok(_) => assert!(fits, "{id} {value}"),
            Err(errors) => {
                assert!(!fits, "{id} {value}");
                assert_eq!(errors[0].0, "profileInputs[0].value");
            }
        }
    }
    for id in [r#""10001""#, "1.5", "-1", "null"] {
        assert_eq!(
            fields(&additional(id, r#""x""#)),
            ["profileInputs[0].profileInputId"]
        );
    }
    let twice =
        r#"{"profileInputs":[{"profileInputId":1,"value":1},{"profileInputId":1,"value":2},7,{}]}"#;
    assert_eq!(
        fields(twice),
        [
            "profileInputs[1].profileInputId",
            "profileInputs[2]",
            "profileInputs[3].profileInputId",
            "profileInputs[3].value"
        ]
    );
    assert_eq!(fields(r#"{"profileInputs":{}}"#), ["profileInputs"]);
}

#[test]
fn the_other_contact_fields_are_checked() {
    assert!(check(r#"{"timeZone":"Etc/GMT+03","languageCode":"uk","email":"site@ukr.net","confirmed":false,"town":"Kyiv"}"#).is_ok());
    assert_eq!(
        fields(
            r#"{"timeZone":"Kyiv time","languageCode":"ukrainian","email":"site","confirmed":"no","town":7}"#
        ),
        ["timeZone", "languageCode", "email", "confirmed", "town"]
    );
    assert_eq!(
        check(r#"{"phone":null,"email":null,"externalCustomerId":"null"}"#).unwrap(),
        "{}"
    );
    let unknown = check(r#"{"firstName":"Bob"}"#).unwrap_err();
    assert_eq!(unknown[0].0, "firstName");
    assert!(unknown[0].1.contains("`firstname`"), "{unknown:?}");
    for no_object in ["[]", "7", "{", ""] {
        assert_eq!(fields(no_object), [""]);
    }
}

#[test]
fn valid_contact_json_lets_the_event_pass() {
    for value in [filled(), filled().to_string().into()] {
        let event = taken(Adapter::Esputnik, &with_contact(value.clone()));
        assert_eq!(parse(event.event_data())["contactJson"], value);
    }
}

#[test]
fn invalid_contact_json_is_answered_with_400_and_all_errors() {
    let engine = Engine::builder()
        .source("r", "rule r { on t do note {} }")
        .contacts(formats())
        .build()
        .unwrap();
    let mut bad = filled();
    bad["firstname"] = "x".repeat(61).into();
    bad["sms"] = "none".into();
    bad["profileInputs"][0]["value"] = "tomorrow".into();
    for value in [bad.clone(), bad.to_string().into()] {
        let json = with_contact(value);
        let rejection = engine
            .read_as(Adapter::Esputnik, json.as_bytes(), &mut SeededIds::new(1))
            .unwrap_err();
        assert_eq!(rejection.code().as_str(), "invalid_contact");
        assert_eq!(rejection.path(), Some("params[0].value"));
        let reply = Adapter::Esputnik.refused(&rejection);
        assert_eq!(reply.status(), 400);
        let body = parse(reply.body());
        assert_eq!(body["code"], "invalid_contact");
        let named: Vec<_> = body["errors"].as_array().unwrap().iter().collect();
        let fields: Vec<_> = named
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        assert_eq!(fields.len(), 3);
        for field in ["firstname", "sms", "profileInputs[0].value"] {
            assert!(fields.contains(&field), "{field}");
        }
        assert!(named.iter().all(|error| error["error"].is_string()));
    }
    for broken in [
        serde_json::json!("..."),
        serde_json::json!(7),
        serde_json::json!(null),
        serde_json::json!("[]"),
    ] {
        let json = with_contact(broken);
        let rejection = engine
            .read_as(Adapter::Esputnik, json.as_bytes(), &mut SeededIds::new(1))
            .unwrap_err();
        assert_eq!(rejection.code().as_str(), "invalid_contact");
        assert_eq!(rejection.errors().len(), 1);
        assert_eq!(rejection.errors()[0].field(), "contactJson");
    }
}

const SAVE: &str = r#"company "c"
    rule save {
        on create_contact
        do contact.save { email: email, phone: phone, externalCustomerId: externalCustomerId,
                          firstname: firstname, profileInputs: json.profileInputs }
        do crm.note {}
    }"#;

fn saving() -> Engine {
    Engine::builder()
        .source("r", SAVE)
        .contacts(formats())
        .build()
        .unwrap()
}

#[test]
fn contact_save_of_a_valid_contact_is_one_result_with_the_contact() {
    let outcome = route(&saving(), &taken(Adapter::Esputnik, CONTACT));
    let action = &outcome["results"][1]["action"];
    assert_eq!(action["name"], "contact.save");
    assert_eq!(action["status"], "processing");
    assert_eq!(
        action["params"].to_string(),
        parse(
            r#"{"email":"site@ukr.net","phone":"380501234567","phone_normalized":"+380501234567",
                "externalCustomerId":"AV13760",
                "profileInputs":[{"profileInputId":10001,"value":"2020-11-23"}]}"#
        )
        .to_string()
    );
    assert_eq!(outcome["results"].as_array().unwrap().len(), 3);
}

#[test]
fn an_invalid_contact_save_writes_nothing_and_lists_all_errors() {
    let mut event = parse(CONTACT);
    event["params"][1]["value"] = "none".into();
    event["params"][3]["value"]["profileInputs"][0]["value"] = "soon".into();
    let outcome = route(&saving(), &taken(Adapter::Esputnik, &event.to_string()));
    let action = &outcome["results"][1]["action"];
    assert_eq!(action["status"], "failed");
    assert_eq!(action["status_reason"], "event_message_action_failed");
    assert!(action.get("params").is_none());
    assert_eq!(action["failure"]["reason"], "ValidationError");
    let errors = action["failure"]["errors"].as_array().unwrap();
    let fields: Vec<_> = errors
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["phone", "profileInputs[0].value"]);
    assert!(errors.iter().all(|error| error["error"].is_string()));
    // The failure of one action does not stop the others.
    assert_eq!(outcome["results"][2]["action"]["status"], "processing");
}

#[test]
fn contact_save_falls_back_inside_first() {
    let engine = Engine::compile(
        r#"rule save { on t first { do contact.save { phone: phone } do crm.note { why: "no phone" } } }"#,
    )
    .unwrap();
    let json = r#"{"event_type":"t","event_data":{"person_key":"k","phone":"none"}}"#;
    let outcome = route(&engine, &taken(Adapter::Vibes, json));
    assert_eq!(outcome["results"][1]["action"]["name"], "crm.note");
}

#[test]
fn contact_save_refuses_other_keys() {
    let errors =
        Engine::compile("rule r { on t do contact.save { firstName: name } }").unwrap_err();
    let text = errors.to_string();
    assert!(
        text.contains("firstName") && text.contains("firstname"),
        "{text}"
    );
}
