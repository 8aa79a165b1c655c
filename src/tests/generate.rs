//! Rules, events and answers made by chance, for tests that hold the index to plain evaluation. Every
//! operator and every nesting; values that meet them and values that just miss.

use std::fmt::Write as _;

use crate::event::recipient::{Recipient, RecipientKind};
use crate::lookup::answer::{Answer, Answers, Person};
use crate::lookup::question::Question;
use crate::time::Timestamp;

/// Chance from a seed.
pub(crate) struct Dice(u64);

impl Dice {
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
/// Declared to be strings, so most tests over them are refused.
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

fn text(dice: &mut Dice) -> String {
    format!("\"{}\"", dice.pick(TEXTS))
}

fn literal(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => "null".to_owned(),
        1 => dice.pick(&["true", "false"]).to_owned(),
        2..=4 => dice.pick(NUMBERS).to_owned(),
        _ => text(dice),
    }
}

fn list(dice: &mut Dice, element: fn(&mut Dice) -> String) -> String {
    let elements: Vec<String> = (0..dice.below(4)).map(|_| element(dice)).collect();
    format!("[{}]", elements.join(", "))
}

/// A path: of the event, of an element of a quantifier's list, now and then of what the host answers.
fn path(dice: &mut Dice, variables: usize) -> String {
    if variables > 0 && !dice.one_in(3) {
        let variable = format!("v{}", dice.below(variables));
        return match dice.below(3) {
            0 => variable,
            1 => format!("{variable}.price"),
            _ => format!("{variable}.tags"),
        };
    }
    if dice.one_in(14) {
        return dice.pick(&["person.tier", "person.age"]).to_owned();
    }
    if dice.one_in(25) {
        return dice.pick(STRINGS).to_owned();
    }
    dice.pick(FIELDS).to_owned()
}

fn text_operator(dice: &mut Dice) -> &'static str {
    dice.pick(&["contains", "starts_with", "ends_with"])
}

fn test(dice: &mut Dice, variables: usize) -> String {
    let p = path(dice, variables);
    let not = dice.pick(&["", "", "not "]);
    let case = dice.pick(&["", "", " ignoring case"]);
    let order = dice.pick(&["<", "<=", ">", ">="]);
    let equality = dice.pick(&["==", "==", "!="]);
    match dice.below(30) {
        0..=3 => format!("{p} {equality} {}{case}", literal(dice)),
        4 => format!("{} {equality} {p}{case}", literal(dice)),
        5 => format!("{p} {order} {}", dice.pick(NUMBERS)),
        6 => {
            let other = dice.pick(&["<", "<=", ">", ">="]);
            let (low, high) = (dice.pick(NUMBERS), dice.pick(NUMBERS));
            format!("{p} {order} {low} and {p} {other} {high}")
        }
        7 => format!("{} {order} {p}", text(dice)),
        8 => format!(
            "{p} {} {}",
            dice.pick(&["==", "!=", "<", ">="]),
            path(dice, variables)
        ),
        9 => format!(
            "{p} between {} and {}",
            dice.pick(NUMBERS),
            dice.pick(NUMBERS)
        ),
        10 => match dice.below(3) {
            0 => format!("{p} between {} and {}", text(dice), text(dice)),
            1 => format!("{p} between n and {}", dice.pick(NUMBERS)),
            _ => format!("n between {p} and order.total"),
        },
        11 | 12 => format!("{p} {not}in {}{case}", list(dice, literal)),
        13 => format!("{p} {not}in tags{case}"),
        14 => format!("{} {not}in {p}{case}", literal(dice)),
        15 | 16 => format!("{p} {not}{} {}{case}", text_operator(dice), text(dice)),
        17 => format!(
            "{p} {not}{} {}{case}",
            text_operator(dice),
            list(dice, text)
        ),
        18 => match dice.below(3) {
            0 => format!(
                "{p} {not}{} {}{case}",
                text_operator(dice),
                path(dice, variables)
            ),
            1 => format!("{p} {not}contains {}{case}", literal(dice)),
            _ => format!("{p} {equality} {}", list(dice, literal)),
        },
        19 => format!("{p} {not}like \"{}\"{case}", dice.pick(PATTERNS)),
        20 => format!(
            "{p} {not}matches \"{}\"",
            dice.pick(&["^a", "b$", "[0-9]+", "(?i)city|chi"])
        ),
        21 => format!("{p} {not}in_network \"{}\"", dice.pick(NETWORKS)),
        22 | 23 => format!("{p} is {not}{}", dice.pick(WORDS)),
        24 if dice.one_in(4) => "carrier.sms".to_owned(),
        24 => p,
        25 => format!(
            "{}({p}) {order} {}",
            dice.pick(&["count", "length"]),
            dice.below(4)
        ),
        26 => format!("number({p}) {order} {}", dice.pick(NUMBERS)),
        27 => match dice.below(5) {
            0 => format!("time({p}) {order} \"2026-11-20\""),
            1 => format!("time({p}) {order} now - 2h"),
            2 => format!("time({p}) + 1h {equality} \"2026-11-20T11:00Z\""),
            3 => format!("now {order} \"2026-11-20T09:00Z\""),
            _ => format!("time_of_day({p}, \"America/Chicago\") between \"03:00\" and \"09:00\""),
        },
        28 => match dice.below(3) {
            0 => "sample 50% by person salt \"x\"".to_owned(),
            1 => "time_of_day(now, \"America/Chicago\") between \"03:00\" and \"09:00\"".to_owned(),
            _ => format!(
                "sample 50% by {} salt \"{}\"",
                dice.pick(FIELDS),
                dice.below(2)
            ),
        },
        _ => {
            let over = dice.pick(&["items", "tags", "order", "[1, \"a\", n]"]);
            let which = dice.pick(&["any", "all", "none"]);
            let body = condition(dice, 1, variables + 1);
            format!("{which} v{variables} in {over} ({body})")
        }
    }
}

fn condition(dice: &mut Dice, depth: usize, variables: usize) -> String {
    if depth == 0 || dice.one_in(3) {
        return test(dice, variables);
    }
    match dice.below(5) {
        0 => format!("not ({})", condition(dice, depth - 1, variables)),
        kind => {
            let parts: Vec<String> = (0..2 + dice.below(3))
                .map(|_| format!("({})", condition(dice, depth - 1, variables)))
                .collect();
            parts.join(if kind < 3 { " and " } else { " or " })
        }
    }
}

/// Tests of few fields by few values, connected: many rules share each.
fn crowded(dice: &mut Dice) -> String {
    const FEW: &[&str] = &["\"a\"", "\"ab\"", "\"abc\"", "\"Chicago\"", "\"10.1.2.3\""];
    let test = |dice: &mut Dice| {
        let path = dice.pick(&["s", "order.city", "a"]);
        let (one, two) = (dice.pick(FEW), dice.pick(FEW));
        match dice.below(12) {
            0..=3 => format!("{path} == {one}"),
            4 => format!("{path} in [{one}, {two}]"),
            5 => format!("{path} not in [{one}, {two}]"),
            6 => format!("{path} starts_with {one}"),
            7 => format!(
                "{path} ends_with {}",
                dice.pick(&["\"c\"", "\"o\"", "\"b\""])
            ),
            8 => format!("n > {} and {} >= n", dice.below(3), dice.below(4)),
            9 => format!("n between {} and {}", dice.below(2), dice.pick(NUMBERS)),
            10 => format!("tags contains {one}"),
            _ => dice
                .pick(&["flag", "b is present", "n == 1", "b is missing"])
                .to_owned(),
        }
    };
    let tests: Vec<String> = (0..1 + dice.below(4)).map(|_| test(dice)).collect();
    let with = if dice.one_in(5) { " or " } else { " and " };
    tests.join(with)
}

/// So many rules; each in a text of its own, as not every one of them compiles.
pub(crate) fn rules(dice: &mut Dice, count: usize) -> Vec<String> {
    (0..count)
        .map(|n| rule(dice, n, |dice| condition(dice, 3, 0)))
        .collect()
}

/// As many, most of which share their tests with others.
pub(crate) fn crowded_rules(dice: &mut Dice, count: usize) -> Vec<String> {
    let condition = |dice: &mut Dice| match dice.below(12) {
        0 => condition(dice, 2, 0),
        1 => format!("({}) and ({})", crowded(dice), condition(dice, 1, 0)),
        _ => crowded(dice),
    };
    (0..count).map(|n| rule(dice, n, condition)).collect()
}

/// The one type that is declared: where points in time are looked for among others.
pub(crate) const DECLARED: &str =
    "event stamped { ts: timestamp?, days: [timestamp]?, a: any?, n: number?, s: string? }";

/// Membership among points in time.
fn stamped(dice: &mut Dice) -> String {
    let not = dice.pick(&["", "", "not "]);
    let case = dice.pick(&["", "", " ignoring case"]);
    let moment = match dice.below(6) {
        0 => "ts".to_owned(),
        1 => "now".to_owned(),
        2 => "time(s)".to_owned(),
        3 => "null".to_owned(),
        _ => dice.pick(MOMENTS).to_owned(),
    };
    match dice.below(5) {
        0 | 1 => format!("days {not}contains {moment}{case}"),
        2 | 3 => format!("{moment} {not}in days{case}"),
        _ => format!(
            "ts {not}in [{}, {}]",
            dice.pick(MOMENTS),
            dice.pick(&["now", "time(s)"])
        ),
    }
}

/// How events and rules spell points in time, one of them in several ways.
const MOMENTS: &[&str] = &[
    "\"2026-11-20T10:00:00Z\"",
    "\"2026-11-20T10:00Z\"",
    "\"2026-11-20T11:00:00+01:00\"",
    "\"2026-11-20\"",
];

/// So many rules of the declared type.
pub(crate) fn stamped_rules(dice: &mut Dice, count: usize) -> Vec<String> {
    let rule = |n: usize| {
        let tests: Vec<String> = (0..1 + dice.below(3)).map(|_| stamped(dice)).collect();
        let when = tests.join(dice.pick(&[" and ", " or "]));
        format!("rule r{n} {{ on stamped when {when} do note {{ n: n }} }}")
    };
    (0..count).map(rule).collect()
}

/// The text of an event of the declared type, which keeps its promises mostly.
pub(crate) fn stamped_event(dice: &mut Dice, n: usize) -> String {
    let moment = |dice: &mut Dice| match dice.below(8) {
        0 => literal(dice),
        1 => "1795168800".to_owned(),
        _ => dice.pick(MOMENTS).to_owned(),
    };
    let days = match dice.one_in(8) {
        true => value(dice, 1),
        false => list(dice, moment),
    };
    let (ts, s) = (moment(dice), dice.pick(MOMENTS));
    format!(
        "{{\"event_type\": \"stamped\", \"event_id\": \"e{n}\", \"event_data\": {{\
         \"mdn\": \"+13125550100\", \"ts\": {ts}, \"days\": {days}, \"s\": {s}}}}}"
    )
}

fn rule(dice: &mut Dice, n: usize, condition: impl Fn(&mut Dice) -> String) -> String {
    let mut text = format!("rule r{n} {{ on ");
    text.push_str(match dice.below(8) {
        0 => "*",
        1 => "order, visit",
        2 => "visit",
        3 => "order, t1, t2, t3, t4, t5, t6, t7, t8, t9",
        _ => "order",
    });
    if dice.one_in(4) {
        write!(text, " priority {}", dice.below(3)).unwrap();
    }
    if dice.one_in(5) {
        text.push_str(dice.pick(&[
            " active from \"2026-11-20T11:00Z\"",
            " active until \"2026-11-20T11:00Z\"",
            " active from \"2026-11-20T09:00Z\" until \"2026-11-20T11:00Z\"",
        ]));
    }
    if !dice.one_in(12) {
        write!(text, " when {}", condition(dice)).unwrap();
    }
    if dice.one_in(6) {
        text.push_str(dice.pick(&[
            " require person",
            " require carrier sms",
            " require subscribed \"l\"",
            " require n > 1 else \"few\"",
            " require person.age > 3 else \"young\"",
        ]));
    }
    if dice.one_in(20) {
        text.push_str(" final");
    }
    text.push_str(" do note { n: n } }");
    text
}

fn value(dice: &mut Dice, depth: usize) -> String {
    match dice.below(if depth == 0 { 8 } else { 11 }) {
        0 => "null".to_owned(),
        1 => dice.pick(&["true", "false"]).to_owned(),
        2..=4 => dice.pick(NUMBERS).to_owned(),
        5 => "\"\\u0061b\"".to_owned(),
        6 | 7 => text(dice),
        8 => object(dice, &["price", "tags", "city", "total"], depth - 1),
        _ => {
            let elements: Vec<String> =
                (0..dice.below(4)).map(|_| value(dice, depth - 1)).collect();
            format!("[{}]", elements.join(", "))
        }
    }
}

fn object(dice: &mut Dice, keys: &[&str], depth: usize) -> String {
    let mut members = Vec::new();
    for key in keys {
        if !dice.one_in(4) {
            members.push(format!("\"{key}\": {}", value(dice, depth)));
        }
    }
    format!("{{{}}}", members.join(", "))
}

/// An event's text.
pub(crate) fn event(dice: &mut Dice, n: usize) -> String {
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
        if dice.one_in(5) {
            continue;
        }
        let value = match key {
            "tags" if !dice.one_in(3) => list(dice, literal),
            "items" if !dice.one_in(3) => {
                let keys = ["price", "tags"];
                let items: Vec<String> =
                    (0..dice.below(4)).map(|_| object(dice, &keys, 1)).collect();
                format!("[{}]", items.join(", "))
            }
            "ip" if !dice.one_in(3) => dice.pick(&["\"10.1.2.3\"", "\"2001:db8::7\""]).to_owned(),
            "moment" if !dice.one_in(3) => "\"2026-11-20T10:00:00Z\"".to_owned(),
            _ => value(dice, 2),
        };
        members.push(format!("\"{key}\": {value}"));
    }
    if !dice.one_in(4) {
        let order = match dice.one_in(5) {
            true => value(dice, 1),
            false => object(dice, &["total", "city"], 1),
        };
        members.push(format!("\"order\": {order}"));
    }
    format!(
        "{{\"event_type\": \"{}\", \"event_id\": \"e{n}\", \"event_data\": {{{}}}}}",
        dice.pick(&["order", "Order", "visit", "t3", "other"]),
        members.join(", ")
    )
}

/// What the host may have answered by now.
pub(crate) fn answers(dice: &mut Dice) -> Answers {
    let now = [
        "2026-11-20T08:30:00Z",
        "2026-11-20T10:00:00Z",
        "2026-11-20T11:00:00Z",
    ];
    let now: Timestamp = dice.pick(&now).parse().unwrap();
    let mut answers = Answers::new(now);
    let of = || Recipient::new(RecipientKind::Mdn, "+13125550100");
    let person = r#"{"person_key": "w2e2", "tier": "ab", "age": 2.5}"#;
    match dice.below(4) {
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
    match dice.below(3) {
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
