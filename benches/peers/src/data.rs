//! The data for all contenders: lots of land and rules about them, generated or read from files.

use std::path::Path;

use serde_json::Value;

use crate::shared::lots::{self, Condition, Op, Rule, wrap};

/// JSON texts: whole events, and the objects inside.
pub struct Events {
    pub whole: Vec<String>,
    pub bare: Vec<String>,
}

impl Events {
    fn about(bare: Vec<String>) -> Self {
        let whole = bare.iter().map(|object| wrap(object)).collect();
        Self { whole, bare }
    }
}

/// Objects and rules.
pub struct Lots {
    pub normal: Events,
    /// With the long part of the object first. `None` if the objects of the file cannot be split.
    pub long_first: Option<Events>,
    pub source: String,
    made: lots::Lots,
}

impl Lots {
    pub fn made(count: usize) -> Self {
        let made = lots::Lots::new(lots::CITY);
        let (normal, long_first) = made.objects(count);
        Self {
            normal: Events::about(normal),
            long_first: Some(Events::about(long_first)),
            source: "made by this program".to_owned(),
            made,
        }
    }

    /// Reads objects from a file, one per line.
    pub fn read(file: &str, count: usize) -> Self {
        let text = std::fs::read_to_string(file).expect("POINTSMAN_CITYLOTS is a file");
        let normal: Vec<String> = text
            .lines()
            .take(count)
            .map(|line| line.trim().to_owned())
            .collect();
        let turned = normal.iter().map(|object| {
            let members = object.strip_prefix('{')?.strip_suffix('}')?;
            let (before, after) = members.split_once(r#","geometry":"#)?;
            Some(format!(r#"{{"geometry":{after},{before}}}"#))
        });
        Self {
            long_first: turned.collect::<Option<_>>().map(Events::about),
            normal: Events::about(normal),
            source: "POINTSMAN_CITYLOTS".to_owned(),
            made: lots::Lots::new(lots::CITY),
        }
    }

    /// Returns the rules of a set, from the folder if it has a file for them.
    pub fn rules(&self, folder: Option<&str>, set: char, count: usize) -> Vec<Rule> {
        let read = folder.and_then(|folder| read_rules(folder, set, count));
        read.unwrap_or_else(|| self.made.rules(set, count))
    }
}

/// Reads rules from a file, one per line: `{"all": [{"f": FIELD, "op": OP, "v": VALUE}, …]}`.
fn read_rules(folder: &str, set: char, count: usize) -> Option<Vec<Rule>> {
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

/// Returns whether an object matches a rule, by plain evaluation. All engines are compared with this.
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
