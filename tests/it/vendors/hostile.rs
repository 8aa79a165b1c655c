//! Each adapter reads foreign, truncated and hostile texts. It rejects them and never panics.

use pointsman::adapter::Adapter;
use pointsman::callback::{Callback, FaultCode, Registration, read_receipt};
use pointsman::{Limits, SeededIds};
use proptest::prelude::*;

use super::{read, refused};

const EXAMPLES: [(&str, &[Adapter]); 6] = [
    (
        include_str!("../../fixtures/vibes/event.json"),
        &[Adapter::Vibes, Adapter::VibesV1],
    ),
    (
        include_str!("../../fixtures/esputnik/abandoned-cart.json"),
        &[Adapter::Esputnik],
    ),
    (
        include_str!("../../fixtures/esputnik/create-contact.json"),
        &[Adapter::Esputnik],
    ),
    (
        include_str!("../../fixtures/esputnik/password-recovery.json"),
        &[Adapter::Esputnik],
    ),
    (
        include_str!("../../fixtures/esputnik/contact-json-param.json"),
        &[],
    ),
    (
        include_str!("../../fixtures/carecloud/create-event-request.json"),
        &[Adapter::Carecloud],
    ),
];

#[test]
fn each_adapter_refuses_the_others_examples() {
    for (json, takers) in EXAMPLES {
        for adapter in Adapter::ALL {
            if takers.contains(&adapter) {
                assert!(read(adapter, json).is_ok(), "{adapter}");
                continue;
            }
            let path = match adapter {
                Adapter::Esputnik => ("missing_event_type", "eventTypeKey"),
                Adapter::Carecloud => ("missing_event", "event"),
                _ => ("missing_event_type", "event_type"),
            };
            assert_eq!(refused(adapter, json), (path.0.into(), path.1.into()));
        }
    }
}

#[test]
fn truncated_text_is_not_json() {
    for (json, _) in EXAMPLES {
        let json = json.trim_end();
        for end in 0..json.len() {
            let text = &json.as_bytes()[..end];
            for adapter in Adapter::ALL {
                let rejection = adapter
                    .read(text, &Limits::default(), &mut SeededIds::new(1))
                    .unwrap_err();
                assert_eq!(rejection.code().as_str(), "invalid_json");
                assert!(rejection.message().contains("at byte"), "{rejection}");
            }
        }
    }
}

#[test]
fn truncated_callbacks_have_one_error_at_their_end() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/vibes");
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let text = text.trim_end();
        for end in 0..text.len() {
            let broken = &text[..end];
            let faults = [
                Callback::from_json(broken).unwrap_err(),
                Registration::from_json(broken).unwrap_err(),
                read_receipt(broken).unwrap_err(),
            ];
            for faults in faults {
                let only: Vec<_> = faults.iter().collect();
                assert_eq!(only.len(), 1, "{faults}");
                assert_eq!(only[0].code(), FaultCode::InvalidJson);
                assert!(only[0].message().contains("at byte"), "{faults}");
            }
        }
    }
}

#[test]
fn names_parse_back_and_other_words_do_not() {
    for adapter in Adapter::ALL {
        assert_eq!(Adapter::from_name(adapter.name()), Some(adapter));
    }
    for name in ["", "Vibes", "vibes-v2", "mailchimp"] {
        assert_eq!(Adapter::from_name(name), None);
    }
}

/// Generates JSON with the keys of the three vendors in places where they do not belong.
fn json() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "event",
        "event_type",
        "event_data",
        "event_id",
        "debug_data",
        "mdn",
        "eventTypeKey",
        "keyValue",
        "params",
        "name",
        "value",
        "contactJson",
        "email",
        "externalCustomerId",
        "contactId",
        "event_type_id",
        "customer_id",
        "external_id",
        "state",
        "data",
        "property_records",
        "property_id",
        "property_value",
        "profileInputs",
        "profileInputId",
        "phone",
        "timeZone",
        "firstname",
    ]);
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-0.0e-5".to_owned()),
        Just("10001".to_owned()),
        Just("\"\"".to_owned()),
        Just("\"Etc/GMT+\u{e9}\"".to_owned()),
        Just("\"\\u0000\\ud83d\\ude00\"".to_owned()),
        Just("\"{\\\"phone\\\":[]}\"".to_owned()),
        name.clone().prop_map(|name| format!("\"{name}\"")),
        "\\PC{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let member = (name.clone(), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|list| format!("[{}]", list.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_json_does_not_make_a_reader_panic(json in json(), cut in 0_usize..400) {
        let cut = json.as_bytes().get(..cut).unwrap_or(json.as_bytes()).to_vec();
        for text in [json.as_bytes(), &cut] {
            for adapter in Adapter::ALL {
                match adapter.read(text, &Limits::default(), &mut SeededIds::new(1)) {
                    Ok(event) => {
                        let reply = adapter.accepted(&event);
                        prop_assert!(serde_json::from_str::<serde_json::Value>(reply.body()).is_ok());
                        let data = serde_json::from_str::<serde_json::Value>(event.event_data());
                        prop_assert!(data.is_ok_and(|data| data.is_object()));
                    }
                    Err(rejection) => {
                        let unplaced = ["event_too_large", "invalid_json", "too_deep", "not_an_object"];
                        let has_none = unplaced.contains(&rejection.code().as_str());
                        prop_assert_eq!(rejection.path().is_none(), has_none);
                        let reply = adapter.refused(&rejection);
                        prop_assert!(serde_json::from_str::<serde_json::Value>(reply.body()).is_ok());
                    }
                }
            }
        }
    }
}
