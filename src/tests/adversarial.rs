//! Rules and events designed to be slow. Counts the work of the index and compares it with the
//! rules that match and the size of the event. Measures no time.

use std::fmt::Write as _;

use crate::diagnostic::Code;
use crate::engine::{Engine, Scratch};
use crate::event::id::SeededIds;
use crate::lookup::answer::Answers;
use crate::ruleset::select::SelectionStats;

/// Builds an engine with one rule on `order` per condition.
fn engine(conditions: impl IntoIterator<Item = String>) -> Engine {
    let mut text = "company \"c\"\n".to_owned();
    for (n, condition) in conditions.into_iter().enumerate() {
        writeln!(
            text,
            "rule r{n} {{ on order when {condition} do note {{}} }}"
        )
        .unwrap();
    }
    Engine::compile(text).unwrap()
}

/// Returns the number of rules that match, and the work to find them.
fn matched(engine: &Engine, data: &str) -> (usize, SelectionStats) {
    let text =
        format!("{{\"event_type\":\"order\",\"event_data\":{{\"mdn\":\"+13125550100\",{data}}}}}");
    let event = engine
        .read(text.as_bytes(), &mut SeededIds::new(1))
        .unwrap();
    let answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    let mut scratch = Scratch::default();
    // Twice with the same scratch memory: leftovers of the first run must not change the second.
    let first = engine.matches(&event, &answers, &mut scratch).count();
    let second = engine.matches(&event, &answers, &mut scratch).count();
    assert_eq!(first, second);
    (first, scratch.selection_stats())
}

#[test]
fn one_of_many_equal_rules_is_found_by_its_own_value() {
    let rules =
        |count: usize| engine((0..count).map(|n| format!("kind == \"k\" and city == \"c{n}\"")));
    for count in [10, 2_000] {
        let (found, work) = matched(&rules(count), r#""kind": "k", "city": "c7""#);
        assert_eq!(found, 1);
        // A rule found by its stored text is not compared again.
        assert_eq!((work.lookups, work.rules, work.tests), (1, 1, 1));
    }
}

#[test]
fn a_common_value_does_not_cause_a_list_scan() {
    // 40 rules per value of `x`, 35 values of `y`: each pair once.
    let pairs = |second: fn(usize) -> String| {
        let of = move |n: usize| format!("x == \"v{:02}\" and {}", n % 40, second(n / 40));
        engine((0..1_400).map(of))
    };
    let by_value = pairs(|n| format!("y == {n}"));
    let (found, work) = matched(&by_value, r#""x": "v07", "y": 9.0"#);
    assert_eq!((found, work.rules, work.lookups), (1, 1, 2));
    let (found, work) = matched(&by_value, r#""x": "v07""#);
    assert_eq!((found, work.rules, work.lookups), (0, 0, 1));
    let by_beginning = pairs(|n| format!("y starts_with \"{n:02}\""));
    let (found, work) = matched(&by_beginning, r#""x": "v07", "y": "09 and more""#);
    assert_eq!((found, work.rules), (1, 1));
    let by_end = pairs(|n| format!("y ends_with \"{n:02}\" and z is present"));
    let (found, work) = matched(&by_end, r#""x": "v07", "y": "up to 09", "z": null"#);
    assert_eq!((found, work.rules), (1, 1));
    // A test that all of them share divides nothing and costs no lookup.
    let same = pairs(|_| "y == 3".to_owned());
    let (found, work) = matched(&same, r#""x": "v07", "y": 3"#);
    assert_eq!((found, work.rules, work.lookups), (35, 35, 1));
}

#[test]
fn nested_ranges_are_not_scanned() {
    // Nested, disjoint, and many that end before the value.
    let nested = (0..500).map(|n| format!("x between {n} and {}", 2_000 - n));
    let narrow = (0..500).map(|n| format!("x between {n}.2 and {n}.3"));
    let early = (0..500).map(|n| format!("x between 0 and 1900.{n:03}"));
    let engine = engine(nested.chain(narrow).chain(early));
    let (found, work) = matched(&engine, r#""x": 1950"#);
    assert_eq!((found, work.rules), (51, 51));
    let (found, work) = matched(&engine, r#""x": 77.25"#);
    assert_eq!((found, work.rules), (78 + 1 + 500, 78 + 1 + 500));
    // No test is needed strictly inside a range; at a bound the value itself decides.
    assert_eq!(work.tests, 0);
    let (found, work) = matched(&engine, r#""x": 1950.000000000000000001"#);
    assert_eq!((found, work.rules, work.tests), (50, 51, 1));
}

#[test]
fn all_rules_in_one_bucket_share_their_tests() {
    // All rules share two tests, and a third one fails.
    let rules = (0..2_000).map(|_| "a == 1 and b == 2 and c == 3".to_owned());
    let engine = engine(rules);
    let (found, work) = matched(&engine, r#""a": 1, "b": 2, "c": 4"#);
    assert_eq!(found, 0);
    assert!(work.tests <= 3, "each test once: {work:?}");
    let (found, work) = matched(&engine, r#""a": 1, "b": 2, "c": 3"#);
    assert_eq!((found, work.rules, work.tests), (2_000, 2_000, 3));
}

#[test]
fn a_wide_or_is_considered_once() {
    let arms = |n: usize| {
        let arms: Vec<String> = (0..200).map(|arm| format!("f{arm} == {n}")).collect();
        arms.join(" or ")
    };
    let engine = engine((0..50).map(arms));
    let all: Vec<String> = (0..200).map(|arm| format!("\"f{arm}\": 7")).collect();
    let (found, work) = matched(&engine, &all.join(","));
    assert_eq!(
        (found, work.rules),
        (1, 1),
        "found by each arm, looked at once"
    );
    assert_eq!(work.lookups, 200);
    let (found, work) = matched(&engine, r#""f3": 8, "x": 1"#);
    assert_eq!(
        (found, work.rules, work.lookups),
        (1, 1, 1),
        "what is not there is not looked up"
    );
}

#[test]
fn a_long_list_costs_one_lookup() {
    let list = |n: usize| {
        let elements: Vec<String> = (0..1_000).map(|m| format!("{}", n * 1_000 + m)).collect();
        format!("n in [{}]", elements.join(", "))
    };
    let engine = engine((0..20).map(list));
    let (found, work) = matched(&engine, r#""n": 7.0e3"#);
    assert_eq!((found, work.lookups, work.rules), (1, 1, 1));
}

#[test]
fn like_patterns_are_found_by_their_substrings() {
    let engine = engine((0..3_000).map(|n| format!("s like \"*word{n:04}*\"")));
    let (found, work) = matched(&engine, r#""s": "so word0007 and word2999""#);
    assert_eq!((found, work.rules), (2, 2));
    // A text that matches everywhere is not searched to the end.
    let engine = self::engine((1..40).map(|n| format!("s contains \"{}\"", "a".repeat(n))));
    let long = format!("\"s\": \"{}\"", "a".repeat(50_000));
    let (found, work) = matched(&engine, &long);
    assert_eq!((found, work.rules, work.tests), (39, 39, 39));
}

#[test]
fn prefixes_and_suffixes_cost_one_lookup_per_length() {
    let prefixes = (0..1_000).map(|n| format!("s starts_with \"{n:03}\""));
    let suffixes = (0..1_000).map(|n| format!("s ends_with \"{n:03}\""));
    let engine = engine(prefixes.chain(suffixes));
    let long = format!("\"s\": \"123{}456\"", "x".repeat(100_000));
    let (found, work) = matched(&engine, &long);
    assert_eq!((found, work.rules, work.lookups), (2, 2, 2));
    // Nested prefixes: each length is looked up once, each rule found once.
    let nested = |n: usize| {
        let list: Vec<String> = (n..n + 50)
            .map(|m| format!("\"{}\"", "a".repeat(m)))
            .collect();
        format!("s starts_with [{}]", list.join(", "))
    };
    let engine = self::engine((1..40).map(nested));
    let (found, work) = matched(&engine, &format!("\"s\": \"{}\"", "a".repeat(1_000)));
    assert_eq!((found, work.rules, work.lookups), (39, 39, 39));
}

#[test]
fn a_range_is_found_by_a_value_inside_it() {
    let engine = engine((0..5_000).map(|n| format!("x between {n} and {n}.5 and y == 1")));
    let (found, work) = matched(&engine, r#""x": 77.25, "y": 1"#);
    assert_eq!((found, work.rules), (1, 1));
    let (found, work) = matched(&engine, r#""x": 77.75, "y": 1"#);
    assert_eq!((found, work.rules), (0, 0));
    // Two half-open ranges are one range.
    let engine = self::engine((0..5_000).map(|n| format!("x > {n} and y == 1 and {n}.5 >= x")));
    let (found, work) = matched(&engine, r#""x": 77.25, "y": 1"#);
    assert_eq!((found, work.rules), (1, 1));
}

#[test]
fn wide_events_and_many_paths_are_walked_once() {
    let engine = engine((0..3_000).map(|n| format!("wide.f{n} == 1")));
    let members: Vec<String> = (0..3_000).map(|n| format!("\"g{n}\": 1")).collect();
    let data = format!("\"wide\": {{{}, \"f5\": 1}}", members.join(","));
    let (found, work) = matched(&engine, &data);
    assert_eq!((found, work.rules, work.lookups), (1, 1, 1));
}

#[test]
fn missing_values_find_rules() {
    let engine = engine((0..100).map(|n| format!("f{n} is missing and city == \"c{}\"", n % 50)));
    let (found, work) = matched(&engine, r#""city": "c3", "f3": 1"#);
    assert_eq!((found, work.rules), (1, 2));
    let engine = self::engine((0..100).map(|n| format!("f{n} is missing")));
    let (found, work) = matched(&engine, r#""f3": 1, "f4": null"#);
    assert_eq!((found, work.rules), (98, 98));
}

#[test]
fn lists_of_equal_elements_find_a_rule_once() {
    let engine = engine((0..500).map(|n| format!("tags contains \"t{n}\"")));
    let tags = vec!["\"t7\""; 5_000];
    let (found, work) = matched(&engine, &format!("\"tags\": [{}]", tags.join(",")));
    assert_eq!((found, work.rules, work.lookups), (1, 1, 1));
}

#[test]
fn many_unindexed_rules_cause_a_warning() {
    let warnings_for = |count: usize, condition: &str| {
        let engine = engine((0..count).map(|n| condition.replace('#', &n.to_string())));
        let warnings = engine.warnings().iter();
        let texts = warnings.filter(|warning| warning.code() == Code::NotIndexed);
        texts.map(ToString::to_string).collect::<Vec<_>>()
    };
    let tier = "person.tier == \"t#\"";
    assert!(warnings_for(64, tier).is_empty(), "few cost little");
    let warnings = warnings_for(65, tier);
    assert_eq!(warnings.len(), 1, "one for a type: {warnings:?}");
    assert!(warnings[0].contains("65 rules on `order`, starting with this one"));
    let arm = "person.tier == \"t#\" or city == \"c\"";
    assert_eq!(warnings_for(65, arm).len(), 1);
    let both = "person.tier == \"t#\" and city == \"c\"";
    assert!(warnings_for(65, both).is_empty());
}

#[test]
fn rules_on_many_types_stay_linear() {
    let types: Vec<String> = (0..300).map(|n| format!("t{n}")).collect();
    let list: Vec<String> = (0..2_000).map(|n| n.to_string()).collect();
    let rule = format!(
        "company \"c\" rule r {{ on {} when n in [{}] do note {{}} }}",
        types.join(", "),
        list.join(", ")
    );
    let engine = Engine::compile(rule.as_str()).unwrap();
    assert!(engine.cost().bytes() < rule.len() * 12, "{}", engine.cost());
    assert_eq!(engine.cost().without_access_predicate(), 1);
}

#[test]
fn the_index_is_small() {
    let count = 3_000;
    let rules = (0..count).map(|n| format!("kind == \"k\" and city == \"c{n}\""));
    let cost = engine(rules).cost().clone();
    assert!(cost.bytes() / count < 110, "{cost}");
    assert_eq!(
        (cost.predicates(), cost.shared_predicates()),
        (count + 1, 1)
    );
    let words = engine((0..count).map(|n| format!("s contains \"word {n}\"")))
        .cost()
        .clone();
    assert!(words.bytes() / count < 300, "{words}");
}
