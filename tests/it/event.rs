//! Reading events: which are rejected, by which rejection, and which parts are kept unchanged.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pointsman::{Engine, Event, Limits, RecipientKind, Rejection, SeededIds};
use proptest::prelude::*;

fn read(text: impl AsRef<[u8]>) -> Result<Event, Rejection> {
    read_with(text.as_ref(), &Limits::default())
}

/// Reads an event whole, by engines whose rules use nothing, something and everything, and as trusted text
/// where it is valid. All must give the same.
fn read_with(text: &[u8], limits: &Limits) -> Result<Event, Rejection> {
    let read = Event::from_json(text, limits, &mut SeededIds::new(1));
    static USUAL: LazyLock<[Engine; 3]> = LazyLock::new(|| engines(&Limits::default()));
    let own = (*limits != Limits::default()).then(|| engines(limits));
    for engine in own.as_ref().unwrap_or(&USUAL) {
        same(&read, &engine.read(text, &mut SeededIds::new(1)), text);
        if read.is_ok() {
            same(
                &read,
                &engine.read_trusted(text, &mut SeededIds::new(1)),
                text,
            );
        }
    }
    read
}

fn engines(limits: &Limits) -> [Engine; 3] {
    [
        "",
        "rule r { on * when x == 1 and order.id is present do a.b { y: y.z, n: x[1].id } }",
        "rule r { on * do a.b { all: event_data } }",
    ]
    .map(|rules| {
        Engine::builder()
            .source("rules", rules)
            .open_registry(true)
            .limits(limits.clone())
            .build()
            .unwrap()
    })
}

fn same(whole: &Result<Event, Rejection>, other: &Result<Event, Rejection>, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    match (whole, other) {
        (Ok(whole), Ok(other)) => {
            assert_eq!(whole.id(), other.id(), "{text}");
            assert_eq!(whole.event_type(), other.event_type(), "{text}");
            assert_eq!(whole.event_data(), other.event_data(), "{text}");
            assert_eq!(whole.debug_data(), other.debug_data(), "{text}");
            for kind in RecipientKind::ALL {
                assert_eq!(whole.recipient(kind), other.recipient(kind), "{text}");
            }
        }
        (whole, other) => assert_eq!(
            whole.as_ref().err(),
            other.as_ref().err(),
            "whole on the left: {text}"
        ),
    }
}

fn refused(text: impl AsRef<[u8]>) -> Rejection {
    match read(text.as_ref()) {
        Ok(_) => panic!("taken: {}", String::from_utf8_lossy(text.as_ref())),
        Err(rejection) => rejection,
    }
}

/// Returns an event whose `event_data` has an mdn and these members.
fn with_data(members: &str) -> String {
    format!(r#"{{"event_type":"t","event_data":{{"mdn":"5550100",{members}}}}}"#)
}

#[test]
fn every_error_has_its_code_and_path() {
    let long_id = format!(
        r#"{{"event_id":"{}","event_type":"t","event_data":{{}}}}"#,
        "é".repeat(41)
    );
    let deep = with_data(&format!(r#""x":{}{}"#, "[".repeat(127), "]".repeat(127)));
    for (text, code, path) in [
        ("", "invalid_json", None),
        ("{", "invalid_json", None),
        ("\u{feff}{}", "invalid_json", None),
        (
            r#"{"event_type":"t","event_data":{"mdn":"5550100","x":"\ud800"}}"#,
            "invalid_json",
            None,
        ),
        (&deep, "too_deep", None),
        (
            r#"{"event_type":"t","event_type":"u"}"#,
            "duplicate_key",
            Some("event_type"),
        ),
        (
            r#"{"event_data":{"order":{"line-items":[{"id":1,"id":2}]}}}"#,
            "duplicate_key",
            Some(r#"event_data.order["line-items"][0].id"#),
        ),
        (
            r#"{"other thing":{"a":1,"\u0061":2}}"#,
            "duplicate_key",
            Some(r#"["other thing"].a"#),
        ),
        ("[]", "not_an_object", None),
        ("null", "not_an_object", None),
        ("{}", "missing_event_type", Some("event_type")),
        (
            r#"{"event_type":null}"#,
            "invalid_event_type",
            Some("event_type"),
        ),
        (
            r#"{"event_type":7}"#,
            "invalid_event_type",
            Some("event_type"),
        ),
        (
            r#"{"event_type":""}"#,
            "invalid_event_type",
            Some("event_type"),
        ),
        (
            r#"{"event_type":"day of"}"#,
            "invalid_event_type",
            Some("event_type"),
        ),
        (
            r#"{"event_type":"größe"}"#,
            "invalid_event_type",
            Some("event_type"),
        ),
        (
            r#"{"event_type":"a.b"}"#,
            "invalid_event_type",
            Some("event_type"),
        ),
        (
            r#"{"event_type":"t\n"}"#,
            "invalid_event_type",
            Some("event_type"),
        ),
        (
            r#"{"event_type":"t"}"#,
            "missing_event_data",
            Some("event_data"),
        ),
        (
            r#"{"event_type":"t","event_data":null}"#,
            "invalid_event_data",
            Some("event_data"),
        ),
        (
            r#"{"event_type":"t","event_data":[]}"#,
            "invalid_event_data",
            Some("event_data"),
        ),
        (
            r#"{"event_id":"","event_type":"t","event_data":{}}"#,
            "invalid_event_id",
            Some("event_id"),
        ),
        (
            r#"{"event_id":5,"event_type":"t","event_data":{}}"#,
            "invalid_event_id",
            Some("event_id"),
        ),
        (&long_id, "event_id_too_long", Some("event_id")),
        (
            r#"{"debug_data":"x","event_type":"t","event_data":{}}"#,
            "invalid_debug_data",
            Some("debug_data"),
        ),
        (
            r#"{"event_type":"t","event_data":{}}"#,
            "missing_recipient",
            Some("event_data"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":null,"person_key":null,"email":"a@b.cz"}}"#,
            "missing_recipient",
            Some("event_data"),
        ),
        (
            r#"{"event_type":"t","event_data":{"person_key":" \t\u00a0"}}"#,
            "invalid_recipient",
            Some("event_data.person_key"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":"5550100","person_id":5}}"#,
            "invalid_recipient",
            Some("event_data.person_id"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":""}}"#,
            "invalid_recipient",
            Some("event_data.mdn"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":5550100}}"#,
            "invalid_recipient",
            Some("event_data.mdn"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":"555010"}}"#,
            "invalid_mdn",
            Some("event_data.mdn"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":"+1234567890123456"}}"#,
            "invalid_mdn",
            Some("event_data.mdn"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":"++5550100"}}"#,
            "invalid_mdn",
            Some("event_data.mdn"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":"555-0100"}}"#,
            "invalid_mdn",
            Some("event_data.mdn"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":" 5550100"}}"#,
            "invalid_mdn",
            Some("event_data.mdn"),
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":"٥٥٥٠١٠٠"}}"#,
            "invalid_mdn",
            Some("event_data.mdn"),
        ),
    ] {
        let rejection = refused(text);
        assert_eq!(rejection.code().as_str(), code, "{text}: {rejection}");
        assert_eq!(rejection.path(), path, "{text}: {rejection}");
        // Without a path, the message names the place.
        assert_eq!(
            rejection.message().contains("(line "),
            path.is_none(),
            "{rejection}"
        );
        assert!(!rejection.message().ends_with('.'), "{rejection}");
    }
}

#[test]
fn the_first_error_in_the_documented_order_is_reported() {
    // Each text has the error of its line and those of all lines below.
    let rest = r#""event_type":"a b","event_data":[],"event_id":"","debug_data":7"#;
    for (text, code) in [
        (format!("[{}", "[".repeat(300_000)), "event_too_large"),
        (
            format!(r#"{{"x":01,"a":1,"a":2,"y":{},{rest}}}"#, "[".repeat(200)),
            "invalid_json",
        ),
        (
            format!(r#"{{"y":{},"x":01,"a":1,"a":2,{rest}}}"#, "[".repeat(200)),
            "too_deep",
        ),
        (format!(r#"{{"a":1,"a":2,{rest}}}"#), "duplicate_key"),
        (format!("[{{{rest}}}]"), "not_an_object"),
        (
            r#"{"event_data":[],"event_id":"","debug_data":7}"#.into(),
            "missing_event_type",
        ),
        (format!("{{{rest}}}"), "invalid_event_type"),
        (
            r#"{"event_type":"t","event_id":"","debug_data":7}"#.into(),
            "missing_event_data",
        ),
        (
            r#"{"event_type":"t","event_data":[],"event_id":"","debug_data":7}"#.into(),
            "invalid_event_data",
        ),
        (
            r#"{"event_type":"t","event_data":{},"event_id":"","debug_data":7}"#.into(),
            "invalid_event_id",
        ),
        (
            format!(
                r#"{{"event_type":"t","event_data":{{}},"event_id":"{}","debug_data":7}}"#,
                "x".repeat(41)
            ),
            "event_id_too_long",
        ),
        (
            r#"{"event_type":"t","event_data":{},"debug_data":7}"#.into(),
            "invalid_debug_data",
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":null}}"#.into(),
            "missing_recipient",
        ),
        (
            r#"{"event_type":"t","event_data":{"mdn":"x","person_key":""}}"#.into(),
            "invalid_recipient",
        ),
        (
            r#"{"event_type":"t","event_data":{"person_key":"x","mdn":"x"}}"#.into(),
            "invalid_mdn",
        ),
    ] {
        let rejection = refused(&text);
        let start: String = text.chars().take(80).collect();
        assert_eq!(rejection.code().as_str(), code, "{start}: {rejection}");
    }
}

#[test]
fn text_that_is_not_utf8_is_rejected_with_its_position() {
    let rejection = refused(b"{\n \"\xc3\xa9\": \"\xff\"}");
    assert_eq!(rejection.code().as_str(), "invalid_json");
    assert_eq!(
        rejection.message(),
        "the text is not UTF-8 at byte 10 (line 2, column 8)"
    );
    // An error before it is reported first.
    assert_eq!(
        refused(b"[1 2, \"\xff\"]").message().split(" at ").last(),
        Some("byte 3 (line 1, column 4)")
    );
    let deep = [&b"[".repeat(129)[..], b"\xff"].concat();
    assert_eq!(refused(deep).code().as_str(), "too_deep");
    // A repeated key is not reported first, and neither is a text that ends there.
    for text in [
        &b"{\"a\":1,\"a\":2} \xff"[..],
        b"[\"a\xff\"]",
        b"[1\xff",
        b"\"\\ud800\xff",
        b"tr\xff",
    ] {
        assert!(
            refused(text)
                .message()
                .starts_with("the text is not UTF-8 at "),
            "{text:?}"
        );
    }
    // Surrogates and overlong forms are not UTF-8.
    for text in [
        &b"\"\xed\xa0\x80\""[..],
        b"\"\xc0\xaf\"",
        b"\"\xf5\x80\x80\x80\"",
        b"\"\xe2\x82\"",
    ] {
        assert!(
            refused(text)
                .message()
                .starts_with("the text is not UTF-8 at byte 1 "),
            "{text:?}"
        );
    }
}

#[test]
fn positions_count_lines_and_characters() {
    for (text, place) in [
        ("x", "byte 0 (line 1, column 1)"),
        ("", "byte 0 (line 1, column 1)"),
        ("{\r\n\"é😀\": x", "byte 13 (line 2, column 7)"),
        ("{\n\n", "byte 3 (line 3, column 1)"),
        ("  []", "byte 2 (line 1, column 3)"),
        ("\u{feff}{}", "byte 0 (line 1, column 1)"),
    ] {
        let rejection = refused(text);
        assert!(rejection.message().ends_with(place), "{rejection}");
    }
}

#[test]
fn limits_apply_exactly() {
    let mut limits = Limits::default();
    let text = with_data(r#""x":[[1]]"#);
    let taken = |limits: &Limits, text: &str| {
        read_with(text.as_bytes(), limits).map_err(|r| r.code().as_str())
    };
    limits.event_bytes = text.len();
    assert!(taken(&limits, &text).is_ok());
    limits.event_bytes = text.len() - 1;
    assert_eq!(taken(&limits, &text).unwrap_err(), "event_too_large");
    limits = Limits::default();
    limits.json_depth = 4;
    assert!(taken(&limits, &text).is_ok());
    limits.json_depth = 3;
    assert_eq!(taken(&limits, &text).unwrap_err(), "too_deep");
    // The default allows 128 open brackets. Two of them are those of the event.
    let nested = |depth| {
        with_data(&format!(
            r#""x":{}{}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        ))
    };
    assert!(read(nested(126)).is_ok());
    assert_eq!(refused(nested(127)).code().as_str(), "too_deep");
    // The limit counts characters, not bytes.
    let id = "é".repeat(40);
    let text =
        format!(r#"{{"event_id":"{id}","event_type":"t","event_data":{{"mdn":"5550100"}}}}"#);
    assert_eq!(read(text).unwrap().id(), id);
}

#[test]
fn event_data_and_debug_data_are_kept_unchanged() {
    let data = "{ \"z\":1.50,\"a\" : 123456789012345678901234567890, \"mdn\":\"5550100\",\n\"e\":1E400,\"s\":\"\\u0041\\/\" }";
    let debug = "{\"b\": [ ] ,\"a\":{}}";
    let text = format!(
        r#" {{"debug_data":{debug},"more":[1],"event_data":{data},"event_type":"Day_Of-1"}} "#
    );
    let event = read(text).unwrap();
    assert_eq!(event.event_data(), data);
    assert_eq!(event.debug_data(), Some(debug));
    assert_eq!(event.event_type(), "Day_Of-1");
    for debug in ["", r#""debug_data":null,"#] {
        let event = read(format!(
            r#"{{{debug}"event_type":"t","event_data":{{"mdn":"5550100"}}}}"#
        ))
        .unwrap();
        assert_eq!(event.debug_data(), None);
    }
    let event =
        read(r#"{"debug_data":{},"event_type":"t","event_data":{"mdn":"5550100"}}"#).unwrap();
    assert_eq!(event.debug_data(), Some("{}"));
}

#[test]
fn an_id_is_generated_only_when_needed() {
    let mut count = 0;
    let mut ids = || {
        count += 1;
        format!("id-{count}")
    };
    let mut read = |text: &str| Event::from_json(text.as_bytes(), &Limits::default(), &mut ids);
    assert!(read(r#"{"event_type":"t","event_data":{}}"#).is_err());
    let event =
        read(r#"{"event_id":"mine","event_type":"t","event_data":{"mdn":"5550100"}}"#).unwrap();
    assert_eq!((event.id(), event.id_generated()), ("mine", false));
    let event =
        read(r#"{"event_id":null,"event_type":"t","event_data":{"mdn":"5550100"}}"#).unwrap();
    assert_eq!((event.id(), event.id_generated()), ("id-1", true));
    let event = read(r#"{"event_type":"t","event_data":{"mdn":"5550100"}}"#).unwrap();
    assert_eq!((event.id(), event.id_generated()), ("id-2", true));
}

#[test]
fn generated_ids_are_validated() {
    let text = br#"{"event_type":"t","event_data":{"mdn":"5550100"}}"#;
    for (id, code) in [
        (String::new(), "invalid_event_id"),
        ("x".repeat(41), "event_id_too_long"),
    ] {
        let rejection = Event::from_json(text, &Limits::default(), &mut || id.clone()).unwrap_err();
        assert_eq!(rejection.code().as_str(), code);
    }
}

#[test]
fn all_recipients_are_kept() {
    let event = read(
        r#"{"event_type":"t","event_data":{"vibes_device_id":"d1","mdn":"+13125550100","person_key":null,
            "external_person_id":"abc","person_id":" p "}}"#,
    )
    .unwrap();
    let value = |kind| event.recipient(kind).map(|recipient| recipient.value());
    assert_eq!(value(RecipientKind::VibesDeviceId), Some("d1"));
    assert_eq!(value(RecipientKind::Mdn), Some("+13125550100"));
    assert_eq!(value(RecipientKind::PersonKey), None);
    assert_eq!(value(RecipientKind::ExternalPersonId), Some("abc"));
    assert_eq!(value(RecipientKind::PersonId), Some(" p "));
    for mdn in ["5550100", "+5550100", "123456789012345", "+123456789012345"] {
        let text = format!(r#"{{"event_type":"t","event_data":{{"mdn":"{mdn}"}}}}"#);
        assert_eq!(
            read(text)
                .unwrap()
                .recipient(RecipientKind::Mdn)
                .unwrap()
                .value(),
            mdn
        );
    }
}

#[test]
fn a_rejection_is_one_line_of_json() {
    let rejection = refused("{\"event_type\":\"t\",\"event_data\":{\"a\\nb\":{\"x\":1,\"x\":2}}}");
    let json: serde_json::Value = serde_json::from_str(&rejection.to_json()).unwrap();
    assert_eq!(json["code"], "duplicate_key");
    assert_eq!(json["path"], r#"event_data["a\nb"].x"#);
    assert!(!rejection.to_json().contains('\n'));
    assert!(!rejection.to_string().contains('\n'));
    let error: &dyn std::error::Error = &rejection;
    assert!(error.to_string().starts_with("duplicate_key: "));
}

#[test]
fn hostile_texts_are_read_quickly() {
    // If the time grew with the square of the length, each of these would take hours.
    let mut limits = Limits::default();
    limits.event_bytes = 16 << 20;
    let [_, engine, _] = engines(&limits);
    let wide: Vec<_> = (0..300_000).map(|n| format!(r#""k{n}":0"#)).collect();
    let escaped: Vec<_> = (0..200_000).map(|n| format!(r#""\u006b{n}":0"#)).collect();
    let narrow: Vec<_> = (0..60)
        .map(|n| format!(r#""aaaaaaaa{n:02}bbbbbbbb":0"#))
        .collect();
    let narrow = vec![format!("{{{}}}", narrow.join(",")); 2_000];
    for members in [
        wide.join(","),
        escaped.join(","),
        format!(r#""x":[{}]"#, narrow.join(",")),
        format!(r#""x":[{}0]"#, "0,".repeat(2_000_000)),
        format!(r#""x":"{}""#, r"\n".repeat(2_000_000)),
        format!(r#""x":{}"#, "9".repeat(4_000_000)),
        format!(r#""x":{}1"#, " \n".repeat(2_000_000)),
    ] {
        let text = with_data(&members);
        assert!(Event::from_json(text.as_bytes(), &limits, &mut SeededIds::new(1)).is_ok());
        assert!(engine.read(text.as_bytes(), &mut SeededIds::new(1)).is_ok());
        assert!(
            engine
                .read_trusted(text.as_bytes(), &mut SeededIds::new(1))
                .is_ok()
        );
    }
}

/// Returns every JSON file in a folder and below it.
fn json_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "json") {
            found.push(path);
        }
    }
}

#[test]
fn foreign_json_files_read_as_serde_json_reads_them() {
    let Some(corpus) = std::env::var_os("POINTSMAN_CORPUS") else {
        println!("skipped: POINTSMAN_CORPUS names no folder");
        return;
    };
    let mut files = Vec::new();
    for folder in ["blns", "octokit-webhooks"] {
        json_files(&Path::new(&corpus).join(folder), &mut files);
    }
    assert!(!files.is_empty(), "no JSON in {}", corpus.display());
    for file in &files {
        let payload = std::fs::read_to_string(file).unwrap();
        let valid = serde_json::from_str::<serde_json::Value>(&payload);
        let event = read(with_data(&format!(r#""payload":{payload}"#)));
        match (valid, event) {
            (Ok(value), Ok(event)) => {
                let data: serde_json::Value = serde_json::from_str(event.event_data()).unwrap();
                assert_eq!(data["payload"], value, "{}", file.display());
            }
            (Err(_), Err(_)) => {}
            (valid, event) => panic!("{}: {:?} {:?}", file.display(), valid.err(), event.err()),
        }
        // A truncated payload is rejected at its end.
        for part in 1..8 {
            let cut = payload.floor_char_boundary(payload.trim_end().len() * part / 8);
            let rejection = refused(&payload[..cut]);
            assert_eq!(
                rejection.code().as_str(),
                "invalid_json",
                "{}",
                file.display()
            );
        }
    }
    println!("read {} files", files.len());
}

#[test]
fn hostile_strings_are_kept() {
    let Some(corpus) = std::env::var_os("POINTSMAN_CORPUS") else {
        println!("skipped: POINTSMAN_CORPUS names no folder");
        return;
    };
    let text = std::fs::read_to_string(Path::new(&corpus).join("blns/blns.json")).unwrap();
    let strings: Vec<String> = serde_json::from_str(&text).unwrap();
    for string in strings {
        let quoted = serde_json::to_string(&string).unwrap();
        let event = read(with_data(&format!(r#"{quoted}:{quoted},"_x":{quoted}"#)));
        let event = event.unwrap_or_else(|rejection| panic!("{quoted}: {rejection}"));
        let data: serde_json::Value = serde_json::from_str(event.event_data()).unwrap();
        assert_eq!(data["_x"], *string);
        // As an event type the string is accepted or rejected, but never changed.
        let text = format!(r#"{{"event_type":{quoted},"event_data":{{"person_key":"x"}}}}"#);
        let plain = !string.is_empty()
            && string
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        assert_eq!(read(text).is_ok(), plain, "{quoted}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Err(rejection) = read(&bytes) {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&rejection.to_json()).is_ok());
        }
    }

    #[test]
    fn accepted_events_have_the_documented_shape(
        event_type in "[a-zA-Z0-9_ -]{0,4}",
        id in "\\PC{0,45}",
        mdn in "\\+?[0-9]{5,17}",
    ) {
        let value = serde_json::json!({"event_type": event_type, "event_id": id, "event_data": {"mdn": mdn}});
        let digits = mdn.trim_start_matches('+').len();
        let good = !event_type.is_empty()
            && !event_type.contains(' ')
            && (1..=40).contains(&id.chars().count())
            && (7..=15).contains(&digits);
        let event = read(value.to_string());
        prop_assert_eq!(event.is_ok(), good, "{}", value);
        if let Ok(event) = event {
            prop_assert_eq!(event.id(), id);
            prop_assert_eq!(event.event_type(), event_type);
        }
    }
}
