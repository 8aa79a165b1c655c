//! The data that all engines get: objects like those of a city's parcel map, and three kinds of rules
//! over them, made from a seed or read from files. Knows no engine.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

/// splitmix64
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }

    /// From 0 up to, and without, 1.
    fn share(&mut self) -> f64 {
        self.below(1 << 53) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.share() * (high - low)
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}

/// What one rule asks of one field; all conditions of a rule have to hold.
pub enum Op {
    Equal(String),
    /// Both ends exclusive.
    Within(f64, f64),
    Prefix(String),
    Suffix(String),
    OneOf(Vec<String>),
    Present,
    NoneOf(Vec<String>),
}

pub struct Condition {
    /// Names joined by dots, from the object's root.
    pub field: String,
    pub op: Op,
}

pub type Rule = Vec<Condition>;

/// Objects and rules; the rules of a set are those of a larger one cut off.
pub struct Lots {
    /// Whole events, one JSON text each.
    pub events: Vec<String>,
    /// The same with the long part of the object first; empty where the file's objects cannot be cut.
    pub long_first: Vec<String>,
    pub source: String,
    fields: Vec<Fields>,
}

/// The part of an object that rules are about.
struct Fields {
    map: String,
    block: String,
    lot: String,
    from: String,
    to: String,
    street: String,
    kind: Option<&'static str>,
    odd: bool,
    x: f64,
}

const RECORDS: usize = 213_068;
const RECIPIENT: &str = r#""mdn":"+14155550100""#;

/// The event around an object.
fn wrap(members: &str) -> String {
    format!(r#"{{"event_type":"lot","event_data":{{{RECIPIENT},{members}}}}}"#)
}

impl Lots {
    pub fn made(count: usize) -> Self {
        let mut dice = Dice(20_261_120);
        let fields = records(&mut dice);
        let mut events = Vec::new();
        let mut long_first = Vec::new();
        for record in fields.iter().take(count) {
            let (properties, geometry) = object(record, &mut dice);
            events.push(wrap(&format!(
                r#""type":"Feature",{properties},{geometry}"#
            )));
            long_first.push(wrap(&format!(
                r#"{geometry},{properties},"type":"Feature""#
            )));
        }
        Self {
            events,
            long_first,
            source: "made by this program".to_owned(),
            fields,
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
            fields: records(&mut Dice(20_261_120)),
        }
    }

    /// So many rules of a set: `a`, two equalities; `b`, ranges, prefixes, suffixes, lists, presence and
    /// exclusions in turn; `c`, those without ranges.
    pub fn rules(&self, set: char, count: usize) -> Vec<Rule> {
        let mut dice = Dice(7 + u64::from(u32::from(set)));
        if set == 'a' {
            let mut seen = HashSet::new();
            let mut maps: Vec<String> = self
                .fields
                .iter()
                .map(|record| record.map.clone())
                .filter(|map| seen.insert(map.clone()))
                .collect();
            dice.shuffle(&mut maps);
            while maps.len() < count {
                let map = format!("{}", 100_000_000 + dice.below(900_000_000));
                if seen.insert(map.clone()) {
                    maps.push(map);
                }
            }
            maps.truncate(count);
            return maps
                .into_iter()
                .map(|map| {
                    vec![
                        equal("type", "Feature"),
                        equal("properties.MAPBLKLOT", &map),
                    ]
                })
                .collect();
        }
        (0..count)
            .map(|number| {
                let kind = if set == 'b' {
                    number % 6
                } else {
                    1 + number % 5
                };
                self.rule(kind, &mut dice)
            })
            .collect()
    }

    fn rule(&self, kind: usize, dice: &mut Dice) -> Rule {
        let all = &self.fields;
        let side = |dice: &mut Dice| equal("properties.ODD_EVEN", dice.one_of::<&str>(&["E", "O"]));
        let block = |dice: &mut Dice| {
            let block = &dice.one_of(all).block;
            condition("properties.BLOCK_NUM", Op::Prefix(block[..2].to_owned()))
        };
        match kind {
            0 => {
                let x = dice.one_of(all).x;
                let rounded = |x: f64| format!("{x:.7}").parse().unwrap();
                let within = Op::Within(rounded(x - 5e-5), rounded(x + 5e-5));
                vec![condition("geometry.firstCoordinates.x", within), side(dice)]
            }
            1 => vec![
                condition(
                    "properties.MAPBLKLOT",
                    Op::Prefix(dice.one_of(all).map[..5].to_owned()),
                ),
                equal("properties.ST_TYPE", dice.one_of::<&str>(&["ST", "AVE"])),
            ],
            2 => {
                let street = &dice.one_of(all).street;
                let end = &street[street.len().saturating_sub(4)..];
                vec![
                    condition("properties.STREET", Op::Suffix(end.to_owned())),
                    equal("properties.LOT_NUM", &dice.one_of(all).lot),
                ]
            }
            3 => {
                let mut blocks: Vec<String> =
                    (0..4).map(|_| dice.one_of(all).block.clone()).collect();
                blocks.sort();
                blocks.dedup();
                vec![
                    condition("properties.BLOCK_NUM", Op::OneOf(blocks)),
                    side(dice),
                ]
            }
            4 => vec![
                condition("properties.TO_ST", Op::Present),
                equal("properties.FROM_ST", &dice.one_of(all).from),
                block(dice),
            ],
            _ => {
                let mut streets: Vec<String> =
                    (0..2).map(|_| dice.one_of(all).street.clone()).collect();
                streets.sort();
                streets.dedup();
                vec![
                    condition("properties.STREET", Op::NoneOf(streets)),
                    equal("properties.LOT_NUM", &dice.one_of(all).lot),
                    block(dice),
                ]
            }
        }
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

fn condition(field: &str, op: Op) -> Condition {
    Condition {
        field: field.to_owned(),
        op,
    }
}

fn equal(field: &str, value: &str) -> Condition {
    condition(field, Op::Equal(value.to_owned()))
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

fn records(dice: &mut Dice) -> Vec<Fields> {
    const SYLLABLES: [&str; 40] = [
        "AL", "BA", "CAR", "DEL", "EN", "FAR", "GUE", "HER", "IS", "JUN", "KIR", "LO", "MON", "NO",
        "OR", "PAC", "QUIN", "RO", "SAN", "TUR", "UL", "VAL", "WEB", "YOR", "CLE", "MENT", "GEA",
        "RY", "TO", "SUT", "TER", "BUSH", "PINE", "POLK", "GREEN", "WICH", "TAY", "LOR", "STOCK",
        "TON",
    ];
    const KINDS: [Option<&str>; 12] = [
        Some("AVE"),
        Some("AVE"),
        Some("AVE"),
        Some("AVE"),
        Some("AVE"),
        Some("AVE"),
        Some("DR"),
        Some("BLVD"),
        Some("WAY"),
        Some("CT"),
        Some("LN"),
        None,
    ];
    let mut seen = HashSet::new();
    let mut streets: Vec<String> = (4..49).map(|n| format!("{n}TH")).collect();
    while streets.len() < 1_800 {
        let parts = 2 + dice.below(3) / 2;
        let name: String = (0..parts).map(|_| *dice.one_of(&SYLLABLES)).collect();
        if seen.insert(name.clone()) {
            streets.push(name);
        }
    }
    // A few streets are long: the first ones come up more often.
    let street = |dice: &mut Dice| {
        let at = dice.share().powi(3) * streets.len() as f64;
        streets[at as usize].clone()
    };
    let mut maps = Vec::new();
    while maps.len() < RECORDS {
        let lot = 1 + (dice.exponential(40.0) as usize).min(998);
        let map = format!("{:04}{lot:03}", 1 + dice.below(8_716));
        // Flats of one house share a lot.
        let shared = if dice.share() < 0.72 {
            1
        } else {
            2 + (dice.exponential(3.0) as usize).min(198)
        };
        for _ in 0..shared.min(RECORDS - maps.len()) {
            maps.push(map.clone());
        }
    }
    dice.shuffle(&mut maps);
    let record = |map: String| {
        let from = 1 + dice.exponential(1_200.0) as usize;
        let to = if dice.share() < 0.9 {
            from
        } else {
            from + 2 * (1 + dice.below(20))
        };
        Fields {
            block: map[..4].to_owned(),
            lot: map[4..].to_owned(),
            from: from.to_string(),
            to: to.to_string(),
            street: street(dice),
            kind: if dice.share() < 0.55 {
                Some("ST")
            } else {
                *dice.one_of(&KINDS)
            },
            odd: dice.below(2) == 0,
            x: dice.between(-122.513, -122.366),
            map,
        }
    };
    maps.into_iter().map(record).collect()
}

/// The two long members of an object: its properties, and its outline.
fn object(record: &Fields, dice: &mut Dice) -> (String, String) {
    let kind = record
        .kind
        .map_or("null".to_owned(), |kind| format!("\"{kind}\""));
    let properties = format!(
        r#""properties":{{"MAPBLKLOT":"{}","BLKLOT":"{}","BLOCK_NUM":"{}","LOT_NUM":"{}","FROM_ST":"{}","TO_ST":"{}","STREET":"{}","ST_TYPE":{kind},"ODD_EVEN":"{}"}}"#,
        record.map,
        record.map,
        record.block,
        record.lot,
        record.from,
        record.to,
        record.street,
        if record.odd { "O" } else { "E" },
    );
    let corners = match dice.share() {
        share if share < 0.50 => 5,
        share if share < 0.64 => 6,
        share if share < 0.72 => 7,
        share if share < 0.78 => 8,
        _ => 9 + ((2.45 + 0.8 * dice.normal()).exp() as usize).min(391),
    };
    let y = dice.between(37.7085, 37.8085);
    let mut points = vec![(record.x, y)];
    for _ in 2..corners {
        points.push((
            record.x + dice.between(-3e-4, 3e-4),
            y + dice.between(-3e-4, 3e-4),
        ));
    }
    points.push((record.x, y));
    let points: Vec<String> = points
        .iter()
        .map(|(x, y)| format!(r#"{{"x":{x},"y":{y},"z":0}}"#))
        .collect();
    let geometry = format!(
        r#""geometry":{{"type":"Polygon","coordinates":[{}],"firstCoordinates":{}}}"#,
        points.join(","),
        points[0],
    );
    (properties, geometry)
}
