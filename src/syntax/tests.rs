//! Tests of the splitter and the parser: recovery, limits, linear time, arbitrary text.

use proptest::prelude::*;

use super::ast::{ClauseKind, Declaration, File, Item, TestItemKind};
use super::format::file as print;
use super::parse;
use super::splitter::DeclarationSplitter;
use crate::diagnostic::{Code, Fault};
use crate::limits::Limits;
use crate::text::span::SourceId;

pub(super) const GLANCE: &str = include_str!("../../tests/format/glance.rules");

pub(super) fn parse_text(text: &str) -> (File, Vec<Fault>) {
    let mut faults = Vec::new();
    let file = parse(SourceId(0), text, &Limits::default(), &mut faults);
    (file, faults)
}

/// Parses a text without faults.
pub(super) fn parse_ok(text: &str) -> File {
    let (file, faults) = parse_text(text);
    assert_eq!(faults, [], "{text}");
    file
}

fn names(file: &File) -> Vec<&str> {
    file.declarations.iter().map(name).collect()
}

fn name(declaration: &Declaration) -> &str {
    match &declaration.item {
        Item::Company(text) => &text.value,
        Item::Event(event) => &event.name.text,
        Item::Constant(constant) => &constant.name.text,
        Item::Template(template) => &template.name.text,
        Item::Rule(rule) => &rule.name.text,
        Item::Test(test) => &test.title.value,
    }
}

#[test]
fn the_example_of_the_reference_parses() {
    let file = parse_ok(GLANCE);
    assert_eq!(
        names(&file),
        [
            "zY5VnE7r",
            "day_of_delivery",
            "order_shipped",
            "metro",
            "greeting",
            "delivery_today",
            "Bob is told the hour"
        ]
    );
    let descriptions: Vec<_> = file
        .declarations
        .iter()
        .filter_map(|declaration| declaration.description.as_deref())
        .collect();
    assert_eq!(
        descriptions,
        [
            "The day a parcel goes out. `?` marks a field that may be missing.",
            "Tell the customer when the parcel arrives."
        ]
    );
    let Some(Item::Rule(rule)) = file.declarations.get(5).map(|found| &found.item) else {
        panic!("the rule is there");
    };
    let clauses = rule.clauses.iter().map(|clause| {
        let declaration = &file.declarations[5];
        let text = &declaration.text[clause.at.0.range()];
        text.split_whitespace().next().unwrap()
    });
    assert_eq!(
        clauses.collect::<Vec<_>>(),
        [
            "on", "id", "active", "priority", "when", "require", "require", "require", "send",
            "send", "do"
        ]
    );
    let Some(ClauseKind::Id(id)) = rule.clauses.get(1).map(|clause| &clause.kind) else {
        panic!("the id is there");
    };
    assert_eq!(&*id.value, "276");
}

#[test]
fn strings_and_comments_hide_what_is_in_them() {
    let file = parse_ok(concat!(
        "template a \"rule b { } // \\\" event\" // rule c { \"\n",
        "template d \"\"\"\nrule e { on x }\n{{#if x}} ' \" // \"\"\" /// test \"\n",
        "const f = [\"]\", \"}\"] const g = -1.5e-3 company \"h\" event event event i{}",
    ));
    assert_eq!(names(&file), ["a", "d", "f", "g", "h", "event", "i"]);
}

#[test]
fn json_ends_at_its_closing_brace() {
    let deep = format!("{{\"a\": {}1{} }}", "[".repeat(5_000), "]".repeat(5_000));
    let deeper = format!("{}{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    let file = parse_ok(&format!(
        "test \"t\" {{ answers {deep} event {deeper} event {{ // no \u{e9} \"\\\"}}\" }} expect ignored }}"
    ));
    let Some(Item::Test(test)) = file.declarations.first().map(|found| &found.item) else {
        panic!("the test is there");
    };
    let json: Vec<&str> = test
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            TestItemKind::Answers(json) | TestItemKind::Event(json) => Some(&*json.text),
            _ => None,
        })
        .collect();
    assert_eq!(json, [&*deep, &*deeper, "{ // no \u{e9} \"\\\"}\" }"]);
    let declaration = file.declarations.first().unwrap();
    for item in &test.items {
        if let TestItemKind::Event(json) = &item.kind {
            assert_eq!(declaration.text.get(json.at.0.range()), Some(&*json.text));
        }
    }
}

/// Checks that `fits` parses and `exceeds` is rejected with `code`.
fn at_edge(code: Code, fits: &str, exceeds: &str) {
    parse_ok(fits);
    let (_, faults) = parse_text(exceeds);
    let codes: Vec<_> = faults.iter().map(|fault| fault.code).collect();
    assert_eq!(
        codes,
        [code],
        "{}",
        exceeds.chars().take(200).collect::<String>()
    );
}

#[test]
fn limits_are_exact() {
    let nested = |open: &str, n: usize, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    for make in [
        &|n| {
            format!(
                "rule r {{ on x when {} }}",
                nested("(", n, "a[0] not in b", ")")
            ) as String
        },
        &|n| {
            format!(
                "rule r {{ on x send sms {{ when {} }} }}",
                nested("(", n, "a", ")")
            )
        },
        &|n| format!("rule r {{ on x when {}a }}", "not ".repeat(n)),
        &|n| {
            format!(
                "rule r {{ on x when not (not (b)) and {}a }}",
                "not ".repeat(n)
            )
        },
        &|n| format!("rule r {{ on x when {} }}", nested("not(", n / 2, "a", ")")),
        &|n| {
            format!(
                "rule r {{ on x when {} == 1 }}",
                nested("count(", n, "a", ")")
            )
        },
        &|n| format!("const c = {}", nested("[", n, "1", "]")),
        &|n| format!("rule r {{ do x {{ a: {} }} }}", nested("[", n, "1", "]")),
        &|n| format!("rule r {{ do x {{ a: {} }} }}", nested("{a:", n, "1", "}")),
        &|n| format!("event e {{ a: {} }}", nested("[", n, "any", "]")),
        &|n| format!("event e {{ a: {} }}", nested("{a:", n, "any", "}")),
    ] as [&dyn Fn(usize) -> String; 11]
    {
        at_edge(Code::TooDeep, &make(32), &make(34));
    }
    let path = |n: usize| format!("rule r {{ on x when {}a }}", "a.".repeat(n - 1));
    at_edge(Code::TooDeep, &path(16), &path(17));
    let list = |n| format!("const c = [{}]", "1,".repeat(n));
    at_edge(Code::TooLong, &list(4_096), &list(4_097));
    let text = |n: usize| format!("const c = \"{}\"", "a".repeat(n - 2));
    at_edge(Code::TooLong, &text(64 << 10), &text((64 << 10) + 1));
    let exponent = |n| format!("const c = 1e-000{n}");
    at_edge(Code::InvalidNumber, &exponent(9_999), &exponent(10_000));
    let length = |n: usize| format!("rule r {{ on x //{}\n}}", "a".repeat(n - 18));
    at_edge(
        Code::DeclarationTooLarge,
        &length(128 << 10),
        &length((128 << 10) + 1),
    );
}

#[test]
fn nesting_is_allowed_up_to_the_limit() {
    let text = |n: usize| format!("rule r {{ on x when {}a{} }}", "(".repeat(n), ")".repeat(n));
    at_edge(Code::TooDeep, &text(32), &text(33));
    let nots = |n: usize| format!("rule r {{ on x when {}a }}", "not ".repeat(n));
    at_edge(Code::TooDeep, &nots(32), &nots(33));
}

#[test]
fn the_maximum_depth_fits_a_small_stack() {
    let limits = Limits {
        expression_depth: usize::MAX,
        ..Limits::default()
    };
    for text in [
        format!(
            "rule r {{ on x when {}a{} }}",
            "not(".repeat(32),
            ")".repeat(32)
        ),
        format!(
            "rule r {{ on x when {}a{} }}",
            "any i in x (".repeat(64),
            ")".repeat(64)
        ),
        format!("rule r {{ {}{} }}", "first{".repeat(63), "}".repeat(63)),
        format!(
            "rule r {{ do x {{ a: {}1{} }} }}",
            "[{a:".repeat(32),
            "}]".repeat(32)
        ),
    ] {
        let limits = limits.clone();
        let small = std::thread::Builder::new().stack_size(2 << 20);
        let thread = small.spawn(move || {
            let mut faults = Vec::new();
            let file = parse(SourceId(0), &text, &limits, &mut faults);
            assert_eq!(faults, [], "{text}");
            drop(super::format::file(&file));
        });
        thread.unwrap().join().unwrap();
    }
}

/// Returns hostile texts of about `size` bytes each.
fn hostile(size: usize) -> Vec<String> {
    let times = |unit: &str| unit.repeat(size / unit.len());
    let mut texts: Vec<String> = [
        "(",
        "{",
        "[",
        "}",
        "\"",
        "\"\"\"",
        "'",
        "“",
        "/*",
        "//",
        "#",
        "\\",
        "\n",
        "\r",
        "not ",
        "rule ",
        "rule",
        "a ",
        "é",
        "\u{feff}",
        "\"\n",
        "\"\"\"\n",
        "'\n",
        "/*\n",
        "rule a {\n",
        "rule a b {\n",
        "event {\n",
        "test \"x\" {\n",
        "test \"x\" { event {\n",
        "rul a {}\n",
        "rul {\n",
        "const a = [\n",
        "rule a { send sms { body \"\"\"\n",
        "rule a { body \"\"\"\nrule b {\n x \"\"\"\n",
        "template a \"\"\"\n",
        "rule a { when ((\n}\n",
        "rule a {}",
        "event a ",
        "company ",
        "const a = 1 + ",
        "template x \"\"\"\nrule y {\n ",
        "test \"a\" {\nevent a {\n",
        "rule a {\nrule\n",
        "event a // b\n",
        "= ",
        "- ",
        "/* */ ",
    ]
    .iter()
    .map(|unit| times(unit))
    .collect();
    for head in [
        "rule r { when ",
        "rule r { on x send sms { body ",
        "const c = ",
        "event e { a: ",
        "test \"t\" { event ",
        "test \"t\" { event { \"a\": ",
        "template t \"\"\"",
        "rule r {\n",
    ] {
        for unit in [
            "(",
            "{",
            "[",
            "not ",
            "\"",
            "a.",
            "a and ",
            "[{a:",
            "}\n",
            "x\nrule q\n",
        ] {
            texts.push(format!("{head}{}", times(unit)));
        }
    }
    texts
}

#[test]
fn splitting_is_linear_for_any_text() {
    let size = 1 << 16;
    for text in hostile(size) {
        let mut splitter = DeclarationSplitter::new(SourceId(0), &text, &Limits::default());
        let mut faults = Vec::new();
        while splitter.next(&mut faults).is_some() {
            faults.clear();
        }
        let work = splitter.work();
        let shown: String = text.chars().take(60).collect();
        assert!(
            work <= text.len() * 12,
            "{work} for {} of {shown:?}",
            text.len()
        );
    }
}

#[test]
fn hostile_texts_only_produce_faults() {
    for text in hostile(1 << 13) {
        let (file, faults) = parse_text(&text);
        let _ = print(&file);
        for fault in &faults {
            let range = fault.place.span.range();
            assert!(
                range.end <= text.len() && text.get(range).is_some(),
                "{fault:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_handled(text in "\\PC{0,80}") {
        parse_text(&text);
    }

    #[test]
    fn random_tokens_are_handled(
        words in prop::collection::vec(prop::sample::select(SOUP), 0..60),
    ) {
        let text = words.concat();
        let (file, faults) = parse_text(&text);
        for fault in &faults {
            prop_assert!(text.get(fault.place.span.range()).is_some(), "{:?} in {:?}", fault, text);
            prop_assert!(!fault.message.is_empty());
        }
        // Declarations that parse can be printed and parsed again.
        let printed = print(&file);
        let (again, left) = parse_text(&printed);
        prop_assert_eq!(left, [], "{}", printed);
        prop_assert_eq!(names(&again), names(&file));
        prop_assert_eq!(print(&again), printed);
    }

    #[test]
    fn mutations_damage_few_declarations(
        cut in any::<prop::sample::Index>(),
        length in 0..30_usize,
        word in prop::sample::select(SOUP),
    ) {
        let start = cut.index(GLANCE.len());
        let end = (start + length).min(GLANCE.len());
        let (Some(head), Some(tail)) = (GLANCE.get(..start), GLANCE.get(end..)) else {
            return Ok(());
        };
        let text = format!("{head}{word}{tail}");
        let (file, faults) = parse_text(&text);
        for fault in &faults {
            prop_assert!(text.get(fault.place.span.range()).is_some());
        }
        // Recovery limits the damage of one mutation.
        prop_assert!(file.declarations.len() >= 4, "{:?} in {}", faults, text);
    }
}

/// Tokens of the language and some that it does not have.
const SOUP: &[&str] = &[
    " ",
    " ",
    " ",
    "\n",
    "\n",
    "rule ",
    "event ",
    "test ",
    "const ",
    "template ",
    "company ",
    "a",
    "b",
    "x1",
    "when ",
    "on ",
    "require ",
    "send ",
    "sms ",
    "do ",
    "first ",
    "body ",
    "to ",
    "{",
    "}",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"t\"",
    "\"\"\"",
    "//",
    "// c\n",
    "/// d\n",
    "=",
    "==",
    "!=",
    "<",
    ",",
    ":",
    ".",
    "-",
    "+",
    "1",
    "0.5",
    "1e9",
    "7d",
    "10%",
    "..",
    "and ",
    "or ",
    "not ",
    "in ",
    "is ",
    "missing ",
    "between ",
    "contains ",
    "ignoring case ",
    "any ",
    "sample ",
    "by ",
    "else ",
    "expect ",
    "accepts ",
    "answers ",
    "\"a\": 1",
    "string",
    "?",
    "é",
    "\r\n",
    "\u{feff}",
    "'",
    "#",
    "/*",
    "*/",
    "*",
    "\\",
    "count(",
    "time_of_day(",
    "final ",
    "person ",
];
