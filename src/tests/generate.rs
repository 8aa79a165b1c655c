//! Generates random rules, events and answers for comparing the index with plain evaluation: every
//! operator and nesting, with values that match and values that just miss.

use std::fmt::Write as _;

use crate::event::recipient::{Recipient, RecipientKind};
use crate::lookup::answer::{Answer, Answers, Person};
use crate::lookup::question::Question;
use crate::time::Timestamp;

/// A seeded random number generator.
pub(crate) struct TestRng(u64);

impl TestRng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }

    pub(crate) fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    pub(crate) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const FIELDS: &[&str] = &[
    "a",
    "b",
    "s",
    "n",
    "flag",
    "order.total",
    "order.city",
    "tags",
    "tags[0]",
    "items",
    "items[1].price",
    "ip",
    "moment",
    "event_data[\"line-items\"][0]",
];
/// Declared as strings, so most tests over them are compile errors.
const STRINGS: &[&str] = &["event.id", "event.type", "event.recipient.mdn"];
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "A",
    "ab",
    "abc",
    "Ab",
    "b",
    "abcabc",
    "Straße",
    "STRASSE",
    "ÄPFEL",
    "äpfel",
    "x y",
    "Order-17-EU",
    "10.1.2.3",
    "2001:db8::1",
    "341",
    "1e2",
    "2026-11-20T10:00:00Z",
    "2026-11-20",
    "a\\nb",
    "Chicago",
    "chicago",
];
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "1.0",
    "10e-1",
    "2",
    "2.5",
    "-1",
    "100",
    "1e2",
    "341",
    "9007199254740993",
    "9007199254740992",
    "0.1",
    "0.10000000000000001",
    "1e400",
    "-1e400",
    "1e-400",
    "1795168800",
];
const PATTERNS: &[&str] = &[
    "*",
    "a*",
    "*c",
    "a?c",
    "*b*",
    "abc",
    "?",
    "",
    "Order-*-EU",
    "*a*b*",
    "ä*",
    "*-1?-*",
    "*\\\\**",
];
const NETWORKS: &[&str] = &[
    "10.0.0.0/8",
    "10.1.2.3",
    "0.0.0.0/0",
    "2001:db8::/32",
    "::/0",
    "192.168.0.0/16",
    "10.1.2.2/31",
];
const WORDS: &[&str] = &[
    "present", "missing", "null", "blank", "string", "number", "bool", "list", "object",
];

fn text(rng: &mut TestRng) -> String {
    format!("\"{}\"", rng.pick(TEXTS))
}

fn literal(rng: &mut TestRng) -> String {
    match rng.below(8) {
        0 => "null".to_owned(),
        1 => rng.pick(&["true", "false"]).to_owned(),
        2..=4 => rng.pick(NUMBERS).to_owned(),
        _ => text(rng),
    }
}

fn list(rng: &mut TestRng, element: fn(&mut TestRng) -> String) -> String {
    let elements: Vec<String> = (0..rng.below(4)).map(|_| element(rng)).collect();
    format!("[{}]", elements.join(", "))
}

/// Generates a path of the event or of a quantifier's variable, sometimes of the host's answers.
fn path(rng: &mut TestRng, variables: usize) -> String {
    if variables > 0 && !rng.one_in(3) {
        let variable = format!("v{}", rng.below(variables));
        return match rng.below(3) {
            0 => variable,
            1 => format!("{variable}.price"),
            _ => format!("{variable}.tags"),
        };
    }
    if rng.one_in(14) {
        return rng.pick(&["person.tier", "person.age"]).to_owned();
    }
    if rng.one_in(25) {
        return rng.pick(STRINGS).to_owned();
    }
    rng.pick(FIELDS).to_owned()
}

fn text_operator(rng: &mut TestRng) -> &'static str {
    rng.pick(&["contains", "starts_with", "ends_with"])
}

fn test(rng: &mut TestRng, variables: usize) -> String {
    let p = path(rng, variables);
    let not = rng.pick(&["", "", "not "]);
    let case = rng.pick(&["", "", " ignoring case"]);
    let order = rng.pick(&["<", "<=", ">", ">="]);
    let equality = rng.pick(&["==", "==", "!="]);
    match rng.below(30) {
        0..=3 => format!("{p} {equality} {}{case}", literal(rng)),
        4 => format!("{} {equality} {p}{case}", literal(rng)),
        5 => format!("{p} {order} {}", rng.pick(NUMBERS)),
        6 => {
            let other = rng.pick(&["<", "<=", ">", ">="]);
            let (low, high) = (rng.pick(NUMBERS), rng.pick(NUMBERS));
            format!("{p} {order} {low} and {p} {other} {high}")
        }
        7 => format!("{} {order} {p}", text(rng)),
        8 => format!(
            "{p} {} {}",
            rng.pick(&["==", "!=", "<", ">="]),
            path(rng, variables)
        ),
        9 => format!(
            "{p} between {} and {}",
            rng.pick(NUMBERS),
            rng.pick(NUMBERS)
        ),
        10 => match rng.below(3) {
            0 => format!("{p} between {} and {}", text(rng), text(rng)),
            1 => format!("{p} between n and {}", rng.pick(NUMBERS)),
            _ => format!("n between {p} and order.total"),
        },
        11 | 12 => format!("{p} {not}in {}{case}", list(rng, literal)),
        13 => format!("{p} {not}in tags{case}"),
        14 => format!("{} {not}in {p}{case}", literal(rng)),
        15 | 16 => format!("{p} {not}{} {}{case}", text_operator(rng), text(rng)),
        17 => format!("{p} {not}{} {}{case}", text_operator(rng), list(rng, text)),
        18 => match rng.below(3) {
            0 => format!(
                "{p} {not}{} {}{case}",
                text_operator(rng),
                path(rng, variables)
            ),
            1 => format!("{p} {not}contains {}{case}", literal(rng)),
            _ => format!("{p} {equality} {}", list(rng, literal)),
        },
        19 => format!("{p} {not}like \"{}\"{case}", rng.pick(PATTERNS)),
        20 => format!(
            "{p} {not}matches \"{}\"",
            rng.pick(&["^a", "b$", "[0-9]+", "(?i)city|chi"])
        ),
        21 => format!("{p} {not}in_network \"{}\"", rng.pick(NETWORKS)),
        22 | 23 => format!("{p} is {not}{}", rng.pick(WORDS)),
        24 if rng.one_in(4) => "carrier.sms".to_owned(),
        24 => p,
        25 => format!(
            "{}({p}) {order} {}",
            rng.pick(&["count", "length"]),
            rng.below(4)
        ),
        26 => format!("number({p}) {order} {}", rng.pick(NUMBERS)),
        27 => match rng.below(5) {
            0 => format!("time({p}) {order} \"2026-11-20\""),
            1 => format!("time({p}) {order} now - 2h"),
            2 => format!("time({p}) + 1h {equality} \"2026-11-20T11:00Z\""),
            3 => format!("now {order} \"2026-11-20T09:00Z\""),
            _ => format!("time_of_day({p}, \"America/Chicago\") between \"03:00\" and \"09:00\""),
        },
        28 => match rng.below(3) {
            0 => "sample 50% by person salt \"x\"".to_owned(),
            1 => "time_of_day(now, \"America/Chicago\") between \"03:00\" and \"09:00\"".to_owned(),
            _ => format!(
                "sample 50% by {} salt \"{}\"",
                rng.pick(FIELDS),
                rng.below(2)
            ),
        },
        _ => {
            let over = rng.pick(&["items", "tags", "order", "[1, \"a\", n]"]);
            let which = rng.pick(&["any", "all", "none"]);
            let body = condition(rng, 1, variables + 1);
            format!("{which} v{variables} in {over} ({body})")
        }
    }
}

fn condition(rng: &mut TestRng, depth: usize, variables: usize) -> String {
    if depth == 0 || rng.one_in(3) {
        return test(rng, variables);
    }
    match rng.below(5) {
        0 => format!("not ({})", condition(rng, depth - 1, variables)),
        kind => {
            let parts: Vec<String> = (0..2 + rng.below(3))
                .map(|_| format!("({})", condition(rng, depth - 1, variables)))
                .collect();
            parts.join(if kind < 3 { " and " } else { " or " })
        }
    }
}

/// Generates tests of few fields and few values, so that many rules share each.
fn shared_test(rng: &mut TestRng) -> String {
    const FEW: &[&str] = &["\"a\"", "\"ab\"", "\"abc\"", "\"Chicago\"", "\"10.1.2.3\""];
    let test = |rng: &mut TestRng| {
        let path = rng.pick(&["s", "order.city", "a"]);
        let (one, two) = (rng.pick(FEW), rng.pick(FEW));
        match rng.below(12) {
            0..=3 => format!("{path} == {one}"),
            4 => format!("{path} in [{one}, {two}]"),
            5 => format!("{path} not in [{one}, {two}]"),
            6 => format!("{path} starts_with {one}"),
            7 => format!(
                "{path} ends_with {}",
                rng.pick(&["\"c\"", "\"o\"", "\"b\""])
            ),
            8 => format!("n > {} and {} >= n", rng.below(3), rng.below(4)),
            9 => format!("n between {} and {}", rng.below(2), rng.pick(NUMBERS)),
            10 => format!("tags contains {one}"),
            _ => rng
                .pick(&["flag", "b is present", "n == 1", "b is missing"])
                .to_owned(),
        }
    };
    let tests: Vec<String> = (0..1 + rng.below(4)).map(|_| test(rng)).collect();
    let with = if rng.one_in(5) { " or " } else { " and " };
    tests.join(with)
}

/// Generates rules, each as a separate text, because some do not compile.
pub(crate) fn rules(rng: &mut TestRng, count: usize) -> Vec<String> {
    (0..count)
        .map(|n| rule(rng, n, |rng| condition(rng, 3, 0)))
        .collect()
}

/// Generates rules most of which share their tests with others.
pub(crate) fn shared_test_rules(rng: &mut TestRng, count: usize) -> Vec<String> {
    let condition = |rng: &mut TestRng| match rng.below(12) {
        0 => condition(rng, 2, 0),
        1 => format!("({}) and ({})", shared_test(rng), condition(rng, 1, 0)),
        _ => shared_test(rng),
    };
    (0..count).map(|n| rule(rng, n, condition)).collect()
}

/// The only declared type; its fields include timestamps.
pub(crate) const DECLARED: &str =
    "event stamped { ts: timestamp?, days: [timestamp]?, a: any?, n: number?, s: string? }";

/// Generates a membership test over timestamps.
fn timestamp_test(rng: &mut TestRng) -> String {
    let not = rng.pick(&["", "", "not "]);
    let case = rng.pick(&["", "", " ignoring case"]);
    let timestamp = match rng.below(6) {
        0 => "ts".to_owned(),
        1 => "now".to_owned(),
        2 => "time(s)".to_owned(),
        3 => "null".to_owned(),
        _ => rng.pick(TIMESTAMPS).to_owned(),
    };
    match rng.below(5) {
        0 | 1 => format!("days {not}contains {timestamp}{case}"),
        2 | 3 => format!("{timestamp} {not}in days{case}"),
        _ => format!(
            "ts {not}in [{}, {}]",
            rng.pick(TIMESTAMPS),
            rng.pick(&["now", "time(s)"])
        ),
    }
}

/// Timestamps as events and rules spell them, one of them in several spellings.
const TIMESTAMPS: &[&str] = &[
    "\"2026-11-20T10:00:00Z\"",
    "\"2026-11-20T10:00Z\"",
    "\"2026-11-20T11:00:00+01:00\"",
    "\"2026-11-20\"",
];

/// Generates rules on the declared type.
pub(crate) fn timestamp_rules(rng: &mut TestRng, count: usize) -> Vec<String> {
    let rule = |n: usize| {
        let tests: Vec<String> = (0..1 + rng.below(3)).map(|_| timestamp_test(rng)).collect();
        let when = tests.join(rng.pick(&[" and ", " or "]));
        format!("rule r{n} {{ on stamped when {when} do note {{ n: n }} }}")
    };
    (0..count).map(rule).collect()
}

/// Generates an event of the declared type that mostly conforms to its declaration.
pub(crate) fn timestamp_event(rng: &mut TestRng, n: usize) -> String {
    let timestamp = |rng: &mut TestRng| match rng.below(8) {
        0 => literal(rng),
        1 => "1795168800".to_owned(),
        _ => rng.pick(TIMESTAMPS).to_owned(),
    };
    let days = match rng.one_in(8) {
        true => value(rng, 1),
        false => list(rng, timestamp),
    };
    let (ts, s) = (timestamp(rng), rng.pick(TIMESTAMPS));
    format!(
        "{{\"event_type\": \"stamped\", \"event_id\": \"e{n}\", \"event_data\": {{\
         \"mdn\": \"+13125550100\", \"ts\": {ts}, \"days\": {days}, \"s\": {s}}}}}"
    )
}

fn rule(rng: &mut TestRng, n: usize, condition: impl Fn(&mut TestRng) -> String) -> String {
    let mut text = format!("rule r{n} {{ on ");
    text.push_str(match rng.below(8) {
        0 => "*",
        1 => "order, visit",
        2 => "visit",
        3 => "order, t1, t2, t3, t4, t5, t6, t7, t8, t9",
        _ => "order",
    });
    if rng.one_in(4) {
        write!(text, " priority {}", rng.below(3)).unwrap();
    }
    if rng.one_in(5) {
        text.push_str(rng.pick(&[
            " active from \"2026-11-20T11:00Z\"",
            " active until \"2026-11-20T11:00Z\"",
            " active from \"2026-11-20T09:00Z\" until \"2026-11-20T11:00Z\"",
        ]));
    }
    if !rng.one_in(12) {
        write!(text, " when {}", condition(rng)).unwrap();
    }
    if rng.one_in(6) {
        text.push_str(rng.pick(&[
            " require person",
            " require carrier sms",
            " require subscribed \"l\"",
            " require n > 1 else \"few\"",
            " require person.age > 3 else \"young\"",
        ]));
    }
    if rng.one_in(20) {
        text.push_str(" final");
    }
    text.push_str(" do note { n: n } }");
    text
}

fn value(rng: &mut TestRng, depth: usize) -> String {
    match rng.below(if depth == 0 { 8 } else { 11 }) {
        0 => "null".to_owned(),
        1 => rng.pick(&["true", "false"]).to_owned(),
        2..=4 => rng.pick(NUMBERS).to_owned(),
        5 => "\"\\u0061b\"".to_owned(),
        6 | 7 => text(rng),
        8 => object(rng, &["price", "tags", "city", "total"], depth - 1),
        _ => {
            let elements: Vec<String> = (0..rng.below(4)).map(|_| value(rng, depth - 1)).collect();
            format!("[{}]", elements.join(", "))
        }
    }
}

fn object(rng: &mut TestRng, keys: &[&str], depth: usize) -> String {
    let mut members = Vec::new();
    for key in keys {
        if !rng.one_in(4) {
            members.push(format!("\"{key}\": {}", value(rng, depth)));
        }
    }
    format!("{{{}}}", members.join(", "))
}

/// Generates an event.
pub(crate) fn event(rng: &mut TestRng, n: usize) -> String {
    let mut members = vec!["\"mdn\": \"+13125550100\"".to_owned()];
    for key in [
        "a",
        "b",
        "s",
        "n",
        "flag",
        "tags",
        "items",
        "ip",
        "moment",
        "line-items",
    ] {
        if rng.one_in(5) {
            continue;
        }
        let value = match key {
            "tags" if !rng.one_in(3) => list(rng, literal),
            "items" if !rng.one_in(3) => {
                let keys = ["price", "tags"];
                let items: Vec<String> = (0..rng.below(4)).map(|_| object(rng, &keys, 1)).collect();
                format!("[{}]", items.join(", "))
            }
            "ip" if !rng.one_in(3) => rng.pick(&["\"10.1.2.3\"", "\"2001:db8::7\""]).to_owned(),
            "moment" if !rng.one_in(3) => "\"2026-11-20T10:00:00Z\"".to_owned(),
            _ => value(rng, 2),
        };
        members.push(format!("\"{key}\": {value}"));
    }
    if !rng.one_in(4) {
        let order = match rng.one_in(5) {
            true => value(rng, 1),
            false => object(rng, &["total", "city"], 1),
        };
        members.push(format!("\"order\": {order}"));
    }
    format!(
        "{{\"event_type\": \"{}\", \"event_id\": \"e{n}\", \"event_data\": {{{}}}}}",
        rng.pick(&["order", "Order", "visit", "t3", "other"]),
        members.join(", ")
    )
}

/// Generates the answers that the host may have given so far.
pub(crate) fn answers(rng: &mut TestRng) -> Answers {
    let now = [
        "2026-11-20T08:30:00Z",
        "2026-11-20T10:00:00Z",
        "2026-11-20T11:00:00Z",
    ];
    let now: Timestamp = rng.pick(&now).parse().unwrap();
    let mut answers = Answers::new(now);
    let of = || Recipient::new(RecipientKind::Mdn, "+13125550100");
    let person = r#"{"person_key": "w2e2", "tier": "ab", "age": 2.5}"#;
    match rng.below(4) {
        0 => {}
        1 => answers.person(of(), Some(Person::from_json(person).unwrap())),
        2 => answers.person(of(), None),
        _ => answers
            .answer(
                Question::Person { of: of() },
                Answer::Unavailable("down".into()),
            )
            .unwrap(),
    }
    match rng.below(3) {
        0 => {}
        1 => answers.carrier(of(), true, false),
        _ => answers
            .answer(
                Question::Carrier { of: of() },
                Answer::Unavailable("late".into()),
            )
            .unwrap(),
    }
    answers
}
