//! Compares the reader with `serde_json`, the passes with one another, and checks error positions.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::duplicate_keys::MAX_WITHOUT_MAP;
use super::*;
use crate::json::document::Value;
use crate::json::path::Segment;
use crate::json::projection::{PathStep, ProjectionBuilder};

fn fails(text: &str) -> JsonError {
    read(text, 128).unwrap_err()
}

fn invalid_at(text: &str) -> usize {
    let json_error = fails(text);
    assert_eq!(json_error.kind, JsonErrorKind::InvalidJson, "{text}");
    json_error.offset
}

fn repeated(text: &str) -> String {
    let json_error = fails(text);
    assert_eq!(
        json_error.kind,
        JsonErrorKind::DuplicateKey,
        "{text}: {}",
        json_error.message
    );
    json_error.path.unwrap()
}

#[test]
fn values_keep_their_text_and_their_order() {
    let text = r#" {"b" : [1, -0.50e+3, "x\ny", {}], "a":{"c":null,"d":[]} , "é":true} "#;
    let document = read(text, 128).unwrap();
    let root = document.root();
    assert_eq!(root.raw(), text.trim());
    assert_eq!(root.count(), 3);
    let keys: Vec<_> = root
        .members()
        .map(|(key, _)| key.string().unwrap())
        .collect();
    assert_eq!(keys, ["b", "a", "é"]);
    let list = root.member("b").unwrap();
    let raws: Vec<_> = list.elements().map(|value| value.raw()).collect();
    assert_eq!(raws, ["1", "-0.50e+3", r#""x\ny""#, "{}"]);
    assert_eq!(list.element(2).unwrap().string().unwrap(), "x\ny");
    assert_eq!(
        root.member("a").unwrap().member("d").unwrap().kind(),
        JsonKind::List
    );
    assert_eq!(root.member("é").unwrap().kind(), JsonKind::True);
}

#[test]
fn errors_have_the_right_offset() {
    for (text, offset) in [
        ("", 0),
        ("  ", 2),
        ("nul", 3),
        ("nulL", 3),
        ("[1,]", 3),
        ("[1 2]", 3),
        ("[1", 2),
        ("[1}", 2),
        ("{,}", 1),
        (r#"{"a"}"#, 4),
        (r#"{"a":}"#, 5),
        (r#"{"a":1,}"#, 7),
        (r#"{"a":1 "b":2}"#, 7),
        (r#"{a:1}"#, 1),
        ("{} {}", 3),
        ("01", 1),
        ("-", 1),
        ("-01", 2),
        ("1.", 2),
        ("1.e3", 2),
        (".5", 0),
        ("+1", 0),
        ("1e", 2),
        ("1e+", 3),
        ("1e+x", 3),
        ("\"a\u{1}\"", 2),
        ("\"a\nb\"", 2),
        ("\"abcdefghijk", 12),
        (r#""\x""#, 2),
        (r#""\u12g4""#, 5),
        (r#""\u123"#, 6),
        (r#""ab\ud800""#, 3),
        (r#""ab\ud800x""#, 3),
        (r#""ab\ud800\n""#, 3),
        (r#""ab\ud800\u0041""#, 3),
        (r#""ab\ud800\ud800""#, 3),
        (r#""ab\udc00""#, 3),
        (r#""ab\ud800"#, 9),
        ("\u{feff}{}", 0),
        ("[\u{a0}1]", 1),
        ("NaN", 0),
        ("'a'", 0),
        ("[1]//", 3),
    ] {
        assert_eq!(invalid_at(text), offset, "{text}");
    }
}

#[test]
fn depth_counts_open_brackets() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(nested(128), 128).is_ok());
    let json_error = fails(&nested(129));
    assert_eq!(
        (json_error.kind, json_error.offset),
        (JsonErrorKind::TooDeep, 128)
    );
    // The first error in the text wins.
    let json_error = fails(&format!("{}x", "[".repeat(129)));
    assert_eq!(json_error.kind, JsonErrorKind::TooDeep);
    let json_error = fails(&format!("[x{}", "[".repeat(129)));
    assert_eq!(
        (json_error.kind, json_error.offset),
        (JsonErrorKind::InvalidJson, 1)
    );
    // Siblings do not add depth.
    assert!(read(format!("[{}[]]", "[[]],".repeat(1000)), 3).is_ok());
}

#[test]
fn the_first_duplicate_in_the_text_is_reported() {
    assert_eq!(repeated(r#"{"a":1,"a":2}"#), "a");
    assert_eq!(repeated(r#"{"a b":1,"a b":2}"#), r#"["a b"]"#);
    assert_eq!(
        repeated(r#"{"event_data":{"x":1,"order":{"line-items":[{"id":1,"n":2,"id":3}]}}}"#),
        r#"event_data.order["line-items"][0].id"#
    );
    // The outer duplicate comes before the inner one, although its object ends later.
    assert_eq!(repeated(r#"{"a":1,"a":{"x":1,"x":2}}"#), "a");
    assert_eq!(repeated(r#"{"a":{"x":1,"x":2},"a":1}"#), "a.x");
    assert_eq!(
        repeated(r#"[0,[{"x":1,"y":2}],[{"x":1,"x":2}]]"#),
        "[2][0].x"
    );
    assert_eq!(repeated(r#"{"abc":1,"a\u0062c":2}"#), "abc");
    assert_eq!(repeated(r#"{"a\/b":1,"a/b":2}"#), r#"["a/b"]"#);
    assert_eq!(repeated(r#"{"\ud83d\ude00":1,"😀":2}"#), r#"["😀"]"#);
    assert_eq!(repeated(r#"{"":1,"":2}"#), r#"[""]"#);
    // Equal text in another object, or of another length, is not a duplicate.
    assert!(read(r#"{"a":{"a":1},"b":{"a":1},"aa":{}, "A":1}"#, 9).is_ok());
    // Other errors take precedence.
    assert_eq!(invalid_at(r#"{"a":1,"a":2"#), 12);
    assert_eq!(invalid_at(r#"{"a":1,"a":2}]"#), 13);
}

#[test]
fn duplicates_are_found_in_objects_of_any_width() {
    // Keys with different hashes, and keys most of which share a hash.
    let shapes: [fn(usize) -> String; 2] =
        [|n| format!("k{n}"), |n| format!("key_{n:06}_end_of_key")];
    for key in shapes {
        for width in [
            2,
            8,
            40,
            MAX_WITHOUT_MAP - 1,
            MAX_WITHOUT_MAP,
            MAX_WITHOUT_MAP + 1,
            5_000,
        ] {
            let members: Vec<_> = (0..width).map(|n| format!("\"{}\":0", key(n))).collect();
            let text = format!("{{{}}}", members.join(","));
            assert!(read(text, 1).is_ok(), "{width}");
            for repeat in [0, width / 2, width - 1] {
                let text = format!("{{{},\"{}\":1}}", members.join(","), key(repeat));
                assert_eq!(repeated(&text), key(repeat));
                assert_eq!(text.rfind("\"k"), Some(fails(&text).offset));
            }
        }
    }
}

/// Keys of every length up to several loads, at every distance from the end of the text.
#[test]
fn keys_of_any_length_are_distinguished() {
    let letters = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOP";
    for length in 0..letters.len() - 1 {
        let key = &letters[..length];
        let longer = &letters[..=length];
        let other = format!("{}_", &letters[..length.saturating_sub(1)]);
        for value in ["0", "-12.5", "\"x\"", "[]", "{\"x\":{}}", "null"] {
            for suffix in 0..70 {
                let suffix = " ".repeat(suffix);
                let member = |key: &str| format!("\"{key}\":{value}");
                let [one, two, three] = [key, longer, &other].map(member);
                let good = format!("{{\"a\\n\":{{{one},{two},{three}}}}}{suffix}");
                check_fast_path_unpadded(&good);
                assert!(read(good.as_str(), 9).is_ok(), "{good}");
                for bad in [
                    format!("[{{{one},{two},{three},{one}}}]{suffix}"),
                    format!("[{{{one},{one}}}]{suffix}"),
                    format!("[{{{two},{three},{two}{suffix}}}]"),
                ] {
                    check_fast_path_unpadded(&bad);
                    assert_eq!(fails(&bad).kind, JsonErrorKind::DuplicateKey, "{bad}");
                }
            }
        }
    }
}

#[test]
fn an_escaped_letter_equals_the_letter() {
    for suffix in ["", FAR] {
        for text in [
            r#"{"x":1,"y":2,"z":3,"\u0078":4}"#,
            r#"{"\u0078":1,"y":2,"z":3,"x":4}"#,
            r#"{"a":{"x":1,"y":2,"\u0078":4},"b":1}"#,
            r#"{"a":[{"x":1},{"y":2,"\u0079":4}],"b":1}"#,
        ] {
            let text = format!("{text}{suffix}");
            check_fast_path_unpadded(&text);
            assert_eq!(fails(&text).kind, JsonErrorKind::DuplicateKey, "{text}");
        }
        for text in [
            r#"{"x":1,"y":2,"z":3,"\u0077":4}"#,
            r#"{"a":{"x":1,"y":2,"\u0062":4},"b":1,"x":{"x":0},"y":[{"y":1}]}"#,
        ] {
            let text = format!("{text}{suffix}");
            check_fast_path_unpadded(&text);
            assert!(read(text.as_str(), 9).is_ok(), "{text}");
        }
    }
}

/// Every byte after a value, and before and after a key, far from the end of the text.
#[test]
fn errors_beside_plain_members_are_found() {
    for value in ["1", "0", "-1", "10", "1.5", "\"\"", "\"abc\"", "{}", "[]"] {
        for bad in [
            "", "0", "1", "-", ".", "e", "E", "\"", ":", "x", "\u{1}", "\\", ",,", ";", "}", "]",
            "[", "{", " ,", ", ",
        ] {
            for text in [
                format!("{{\"a\":{value}{bad},\"b\":2}}"),
                format!("{{\"a\":{bad}{value},\"b\":2}}"),
                format!("{{\"a\"{bad}:{value},\"b\":2}}"),
                format!("{{\"a\":{value},{bad}\"b\":2}}"),
                format!("{{\"a\":{value},\"b\":2{bad}}}"),
                format!("{{{bad}\"a\":{value},\"b\":2}}"),
                format!("[{{\"a\":{value}}}{bad},{{\"b\":2}}]"),
            ] {
                check_against_serde_json(&text);
                check_projection(&text);
            }
        }
    }
}

/// The reading of `serde_json`, with an error for duplicate keys.
struct DistinctKeys;

impl<'de> Deserialize<'de> for DistinctKeys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for DistinctKeys {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some((key, _)) = map.next_entry::<String, Self>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("twice"));
            }
        }
        Ok(self)
    }
}

/// Converts a document to a `serde_json` value.
fn convert(value: Value<'_>) -> serde_json::Value {
    match value.kind() {
        JsonKind::List => value.elements().map(convert).collect(),
        JsonKind::Object => value
            .members()
            .map(|(key, value)| (key.string().unwrap().into_owned(), convert(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        JsonKind::String | JsonKind::EscapedString => value.string().unwrap().into(),
        _ => serde_json::from_str(value.raw()).unwrap(),
    }
}

/// Checks that the fast path accepts what the diagnosing pass accepts and builds the same tape,
/// near the end of the text and far from it.
fn check_fast_path(text: &str) {
    check_fast_path_unpadded(text);
    check_fast_path_unpadded(&format!("{text}{FAR}"));
}

/// More whitespace than the fast path looks ahead.
const FAR: &str = "                                                                ";

fn check_fast_path_unpadded(text: &str) {
    let padded = format!("{text}{PADDING}");
    for (depth, read) in [(3, text), (3, &padded), (100, text), (100, &padded)] {
        let [mut one, mut two, mut three] = [const { Vec::new() }; 3];
        let mut memory = ParseScratch::default();
        let mut tape = |read, selection, nodes| {
            Tape::new(read, text.len(), selection, None, depth, nodes, &mut memory)
        };
        let mut plain = tape(text, Selection::All, &mut one);
        let mut fast = tape(read, Selection::All, &mut two);
        let mut skipped = tape(read, Selection::Skip, &mut three);
        let good = diagnose(&mut plain).is_ok();
        assert_eq!(parse_fast(&mut fast).is_some(), good, "{text}");
        assert_eq!(parse_fast(&mut skipped).is_some(), good, "{text}");
        if good {
            assert_eq!(fast.nodes, plain.nodes, "{text}");
            assert!(skipped.nodes.is_empty(), "{text}");
            for other in [&fast, &skipped] {
                assert_eq!(
                    other.keys.first_duplicate(),
                    plain.keys.first_duplicate(),
                    "{text}"
                );
            }
        }
    }
}

/// Reads `text` with both parsers. They may differ only where the reader is stricter.
fn check_against_serde_json(text: &str) {
    check_fast_path(text);
    let ours = read(text, 100);
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    match (&ours, &theirs) {
        (Ok(document), Ok(value)) => assert_eq!(&convert(document.root()), value, "{text}"),
        (Ok(document), Err(error)) => {
            assert!(
                error.to_string().contains("out of range"),
                "{error}: {text}"
            );
            assert!(serde_json::from_str::<IgnoredAny>(text).is_ok());
            assert_eq!(document.root().raw(), text.trim());
        }
        (Err(json_error), Ok(_)) => {
            assert_eq!(
                json_error.kind,
                JsonErrorKind::DuplicateKey,
                "{}: {text}",
                json_error.message
            );
        }
        (Err(_), Err(_)) => {}
    }
    let is_duplicate = serde_json::from_str::<DistinctKeys>(text)
        .is_err_and(|error| error.to_string().starts_with("twice"));
    // The oracle stops at the first error, so it reports a duplicate before another error.
    if is_duplicate && theirs.is_ok() {
        let json_error = ours.as_ref().unwrap_err();
        assert_eq!(json_error.kind, JsonErrorKind::DuplicateKey, "{text}");
    } else if theirs.is_ok() {
        assert!(ours.is_ok(), "{text}");
    }
    if let Err(json_error) = ours {
        assert!(text.is_char_boundary(json_error.offset), "{text}");
    }
}

/// Reads `text` as an event's data, in full and projected. Errors and all values on the paths must
/// be the same.
fn check_projection(text: &str) {
    check_projection_before(text, "");
    check_projection_before(text, FAR);
}

fn check_projection_before(text: &str, suffix: &str) {
    let key = |name: &str| Segment::Key(name.into());
    let paths = [
        vec![key("a")],
        vec![key("b"), key("a")],
        vec![key("b"), Segment::Index(1), key("b")],
        vec![key("b"), Segment::Index(3)],
        vec![key("ab"), key("é")],
        vec![key(""), key(""), Segment::Index(0), Segment::Index(0)],
    ];
    check_projected_paths(&paths, text, suffix);
    // After an empty key anything may follow: with it in the projection, the prefix filter excludes
    // no key.
    check_projected_paths(&paths[..5], text, suffix);
}

fn check_projected_paths(paths: &[Vec<Segment>], text: &str, suffix: &str) {
    let mut builder = ProjectionBuilder::new([]);
    for path in paths {
        builder.add(path.iter().map(PathStep::from));
    }
    let projection = builder.finish();
    let text = format!("{{\"x\":[{text}],\"event_data\":{text}{suffix}}}");
    let whole = read(text.as_str(), 100);
    let mut memory = ParseScratch::default();
    // Reads into memory that holds an earlier document.
    let mut document = read("[[1],{\"a\":[2]}]", 9).unwrap();
    let mut read_again =
        |mode| read_into(&mut document, &text, mode, 100, &mut memory).map(|()| document.clone());
    let used = read_again(ReadMode::Projected(&projection));
    // Several times, as the key predictor records one text and uses it for the next.
    let trusted = [(); 3].map(|()| read_again(ReadMode::ProjectedTrusted(&projection)));
    let Ok(whole) = whole else {
        assert_eq!(whole.unwrap_err(), used.unwrap_err(), "{text}");
        return;
    };
    for pruned in [used].into_iter().chain(trusted).map(Result::unwrap) {
        let data = |document: &'_ Document| {
            let data = document.root().member("event_data").unwrap();
            let mut filter = vec![(data.kind(), data.raw().to_owned(), data.count())];
            for path in paths {
                for length in 1..=path.len() {
                    if let Some(value) = data.follow(&path[..length]) {
                        filter.push((value.kind(), value.raw().to_owned(), value.count()));
                        if length == path.len() {
                            let inside: Vec<_> =
                                value.elements().map(|value| value.raw()).collect();
                            let members =
                                value.members().map(|(key, value)| (key.raw(), value.raw()));
                            let members: Vec<_> = members.collect();
                            filter.push((value.kind(), format!("{inside:?} {members:?}"), 0));
                        }
                    }
                }
            }
            filter
        };
        assert_eq!(data(&whole), data(&pruned), "{text}");
    }
}

/// Similar keys are neighbors.
const MEMBERS: [&str; 19] = [
    "\"\":",
    "\"a\":",
    "\"b\":",
    "\"ab\":",
    "\"é\":",
    "\"\\u0061\":",
    "\"a\":",
    "\"b\" :",
    " \"b\":",
    "\"abcdefg\":",
    "\"abcdefx\":",
    "\"abcdefgh\":",
    "\"abcdefghijkx\":",
    "\"abcdefghijkl\":",
    "\"abcdefghijklm\":",
    "\"abcdefghijklmn\":",
    "\"abcdefghijklmno\":",
    "\"abcdefghijklmnop\":",
    "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\":",
];

const VALUES: [&str; 20] = [
    "0",
    "7",
    "-1",
    "-122.37293518655736",
    "37.80496981773548",
    "1e5",
    "12345678901234567890123456789012345",
    "\"\"",
    "\"abc\"",
    "\"long enough for one more lane and another\"",
    "\"with \\n\"",
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "[{\"a\":1,\"b\":2},{\"a\":1,\"b\":2},{\"a\":1,\"a\":2}]",
    "{\"a\":1}",
    "01",
    "1 ",
];

fn values() -> impl Strategy<Value = usize> {
    prop_oneof![9 => 0..5_usize, 1 => 0..VALUES.len()]
}

fn whitespace() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\r\n\t  ")]
}

fn strings() -> impl Strategy<Value = String> {
    let pattern = prop_oneof![
        "[ab]",
        "[ab]?",
        "[a-z_ .]{0,12}",
        "\\PC{0,3}",
        proptest::sample::select(vec![
            r"\u0061",
            r"\u00e9",
            "é",
            r"\n",
            r"\\",
            r#"\""#,
            r"\/",
            "/",
            r"\ud83d\ude00",
            "😀",
            r"\ud800",
            r"\udc00",
            r"\u000A",
            "\u{7f}",
            "\u{1}",
            "\u{feff}",
            "\u{2028}",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(pattern, 0..4).prop_map(|patterns| {
        let inside: String = patterns.concat();
        format!("\"{inside}\"")
    })
}

fn texts() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        proptest::sample::select(vec![
            "null",
            "true",
            "false",
            "0",
            "-0",
            "-1.50",
            "1e5",
            "1E+400",
            "18446744073709551616",
            "0.1e-7",
            "[]",
            "{}",
            "01",
            "1.",
            "nul",
        ])
        .prop_map(str::to_owned),
        "-?[0-9]{1,3}(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        strings(),
    ];
    scalar.prop_recursive(5, 60, 6, |inner| {
        let element = (whitespace(), inner.clone(), whitespace());
        let member = (
            whitespace(),
            strings(),
            whitespace(),
            whitespace(),
            inner,
            whitespace(),
        );
        prop_oneof![
            proptest::collection::vec(element, 0..6).prop_map(|elements| {
                let elements: Vec<_> = elements
                    .iter()
                    .map(|(a, value, b)| format!("{a}{value}{b}"))
                    .collect();
                format!("[{}]", elements.join(","))
            }),
            proptest::collection::vec(member, 0..6).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// Changes one character of a text: removes, duplicates or replaces it, or cuts the text there.
fn mutate(text: &str, (at, change, with): (usize, u8, char)) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at % chars.len().max(1);
    match change {
        0 if !chars.is_empty() => drop(chars.remove(at)),
        1 if !chars.is_empty() => chars.insert(at, chars[at]),
        2 if !chars.is_empty() => chars[at] = with,
        3 => chars.truncate(at),
        _ => chars.insert(at, with),
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Objects in a list with more or less similar shapes.
    #[test]
    fn similar_objects_of_a_list_are_distinguished(
        pool in 0..MEMBERS.len() - 2,
        shape in proptest::collection::vec((0..3_usize, values()), 1..4),
        changes in proptest::collection::vec((0..4, 0..4_usize, 0..3_usize, values()), 1..9),
        far in any::<bool>(),
    ) {
        let mut shape = shape;
        let mut objects = Vec::new();
        for (change, at, member, value) in changes {
            match change {
                0 => shape.insert(at.min(shape.len()), (member, value)),
                1 if at < shape.len() => drop(shape.remove(at)),
                2 if at < shape.len() => shape[at] = (member, value),
                _ => {}
            }
            let members: Vec<_> = shape
                .iter()
                .map(|(member, value)| format!("{}{}", MEMBERS[pool + member], VALUES[*value]))
                .collect();
            objects.push(format!("{{{}}}", members.join(",")));
        }
        let suffix = if far { FAR } else { "" };
        let text = format!("{{\"k\":[{}]{suffix}}}", objects.join(","));
        check_against_serde_json(&text);
        check_projection(&text);
    }

    #[test]
    fn it_agrees_with_serde_json(
        text in texts(),
        changes in proptest::collection::vec(
            (any::<usize>(), 0_u8..5, prop_oneof![
                proptest::sample::select(r#"{}[],:"\/utrfn0123456789+-.eE abxd '#"#.chars().collect::<Vec<_>>()),
                any::<char>(),
            ]),
            0..3,
        ),
    ) {
        check_against_serde_json(&text);
        check_projection(&text);
        let text = changes.into_iter().fold(text, |text, change| mutate(&text, change));
        check_against_serde_json(&text);
        check_projection(&text);
    }
}
