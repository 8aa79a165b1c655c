//! What everyone gets: lots of land and rules over them, made or read from files. Knows no engine.

use std::path::Path;

use serde_json::Value;

use crate::shared::lots::{self, Condition, Op, Rule, wrap};

/// Objects and rules.
pub struct Lots {
    /// Whole events, one JSON text each.
    pub events: Vec<String>,
    /// The same with the long part of the object first; empty where the file's objects cannot be cut.
    pub long_first: Vec<String>,
    pub source: String,
    made: lots::Lots,
}

impl Lots {
    pub fn made(count: usize) -> Self {
        let made = lots::Lots::new(lots::CITY);
        let (events, long_first) = made.events(count);
        Self {
            events,
            long_first,
            source: "made by this program".to_owned(),
            made,
        }
    }

    /// Objects of a file, one on a line.
    pub fn read(file: &str, count: usize) -> Self {
        let text = std::fs::read_to_string(file).expect("POINTSMAN_CITYLOTS is a file");
        let mut events = Vec::new();
        let mut long_first = Vec::new();
        for line in text.lines().take(count) {
            let members = line.trim().strip_prefix('{').expect("an object a line");
            let members = members.strip_suffix('}').expect("an object a line");
            events.push(wrap(members));
            if let Some((before, after)) = members.split_once(r#","geometry":"#) {
                long_first.push(wrap(&format!(r#""geometry":{after},{before}"#)));
            }
        }
        if long_first.len() != events.len() {
            long_first.clear();
        }
        Self {
            events,
            long_first,
            source: "POINTSMAN_CITYLOTS".to_owned(),
            made: lots::Lots::new(lots::CITY),
        }
    }

    /// So many rules of a set, made here.
    pub fn rules(&self, set: char, count: usize) -> Vec<Rule> {
        self.made.rules(set, count)
    }
}

/// The rules of a file, one on a line: `{"all": [{"f": FIELD, "op": OP, "v": VALUE}, …]}`.
pub fn read_rules(folder: &str, set: char, count: usize) -> Option<Vec<Rule>> {
    let file = Path::new(folder).join(format!("rules-{set}-{count}.jsonl"));
    let text = std::fs::read_to_string(file).ok()?;
    let string = |value: &Value| value.as_str().expect("a string").to_owned();
    let strings = |value: &Value| value.as_array().unwrap().iter().map(string).collect();
    let condition = |part: &Value| {
        let value = &part["v"];
        let op = match part["op"].as_str().expect("an operator") {
            "eq" => Op::Equal(string(value)),
            "range" => Op::Within(value[0].as_f64().unwrap(), value[1].as_f64().unwrap()),
            "prefix" => Op::Prefix(string(value)),
            "suffix" => Op::Suffix(string(value)),
            "in" => Op::OneOf(strings(value)),
            "exists" => Op::Present,
            "nin" => Op::NoneOf(strings(value)),
            other => panic!("unknown operator {other}"),
        };
        Condition {
            field: string(&part["f"]),
            op,
        }
    };
    let rule = |line: &str| {
        let rule: Value = serde_json::from_str(line).expect("a rule a line");
        rule["all"]
            .as_array()
            .unwrap()
            .iter()
            .map(condition)
            .collect()
    };
    Some(text.lines().map(rule).collect())
}

/// Whether an object fits a rule, in the plainest way: what all engines are compared with.
pub fn fits(rule: &Rule, data: &Value) -> bool {
    rule.iter().all(|condition| {
        let value = condition
            .field
            .split('.')
            .try_fold(data, |value, name| value.get(name));
        let Some(value) = value else {
            return false;
        };
        let text = value.as_str();
        match &condition.op {
            Op::Equal(other) => text == Some(other),
            Op::Within(low, high) => value.as_f64().is_some_and(|x| *low < x && x < *high),
            Op::Prefix(start) => text.is_some_and(|text| text.starts_with(start)),
            Op::Suffix(end) => text.is_some_and(|text| text.ends_with(end)),
            Op::OneOf(all) => text.is_some_and(|text| all.iter().any(|one| one == text)),
            Op::Present => true,
            Op::NoneOf(all) => text.is_some_and(|text| all.iter().all(|one| one != text)),
        }
    })
}
