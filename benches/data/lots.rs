//! Generates objects that resemble a city's parcel map, mostly coordinates, and three sets of rules about
//! them.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::Dice;

/// A condition on one field. A rule matches if all of its conditions hold.
pub(crate) enum Op {
    Equal(String),
    /// Both bounds are exclusive.
    Within(f64, f64),
    Prefix(String),
    Suffix(String),
    OneOf(Vec<String>),
    Present,
    NoneOf(Vec<String>),
}

pub(crate) struct Condition {
    /// Names joined by dots, from the root of the object.
    pub(crate) field: String,
    pub(crate) op: Op,
}

pub(crate) type Rule = Vec<Condition>;

/// A generator of lots. A smaller set of rules is a prefix of a larger one.
pub(crate) struct Lots(Vec<Fields>);

/// The properties of an object that the rules test.
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

/// The number of lots in a city.
pub(crate) const CITY: usize = 213_068;
const RECIPIENT: &str = r#""mdn":"+14155550100""#;

/// Wraps an object into an event.
pub(crate) fn wrap(object: &str) -> String {
    let members = object.strip_prefix('{').expect("an object");
    format!(r#"{{"event_type":"lot","event_data":{{{RECIPIENT},{members}}}"#)
}

impl Lots {
    /// Creates a generator with the given number of different lots.
    pub(crate) fn new(count: usize) -> Self {
        Self(records(count, &mut Dice(20_261_120)))
    }

    /// Returns objects as JSON, with the long part last and with the long part first.
    pub(crate) fn objects(&self, count: usize) -> (Vec<String>, Vec<String>) {
        let mut dice = Dice(3);
        let both = |record| {
            let (properties, geometry) = object(record, &mut dice);
            (
                format!(r#"{{"type":"Feature",{properties},{geometry}}}"#),
                format!(r#"{{{geometry},{properties},"type":"Feature"}}"#),
            )
        };
        self.0.iter().take(count).map(both).unzip()
    }

    /// Returns events about the lots.
    pub(crate) fn events(&self, count: usize) -> Vec<String> {
        let (objects, _) = self.objects(count);
        objects.iter().map(|object| wrap(object)).collect()
    }

    /// Returns the rules of a set. Set `a` has two equalities; `b` alternates between ranges, prefixes,
    /// suffixes, lists, presence and exclusions; `c` is `b` without ranges.
    pub(crate) fn rules(&self, set: char, count: usize) -> Vec<Rule> {
        let mut dice = Dice(7 + u64::from(u32::from(set)));
        if set == 'a' {
            let mut seen = HashSet::new();
            let mut maps: Vec<String> = self
                .0
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
        let all = &self.0;
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

/// Returns the rules in Pointsman's language.
pub(crate) fn written(rules: &[Rule]) -> String {
    let mut text = String::new();
    for (number, rule) in rules.iter().enumerate() {
        let when = joined(rule, " and ", |field, op| match op {
            Op::Equal(value) => format!("{field} == {value:?}"),
            Op::Within(low, high) => format!("{field} > {low} and {field} < {high}"),
            Op::Prefix(start) => format!("{field} starts_with {start:?}"),
            Op::Suffix(end) => format!("{field} ends_with {end:?}"),
            Op::OneOf(all) => format!("{field} in {all:?}"),
            Op::Present => format!("{field} is present"),
            Op::NoneOf(all) => format!("{field} not in {all:?}"),
        });
        writeln!(
            text,
            "rule r{number} {{ on lot when {when} do crm.note {{}} }}"
        )
        .unwrap();
    }
    text
}

pub(crate) fn joined(rule: &Rule, with: &str, write: impl Fn(&str, &Op) -> String) -> String {
    let parts: Vec<String> = rule
        .iter()
        .map(|condition| write(&condition.field, &condition.op))
        .collect();
    parts.join(with)
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

fn records(count: usize, dice: &mut Dice) -> Vec<Fields> {
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
    // A few streets are long, so the first ones occur more often.
    let street = |dice: &mut Dice| {
        let at = dice.share().powi(3) * streets.len() as f64;
        streets[at as usize].clone()
    };
    let mut maps = Vec::new();
    while maps.len() < count {
        let lot = 1 + (dice.exponential(40.0) as usize).min(998);
        let map = format!("{:04}{lot:03}", 1 + dice.below(8_716));
        // Apartments in one building share a lot.
        let shared = if dice.share() < 0.72 {
            1
        } else {
            2 + (dice.exponential(3.0) as usize).min(198)
        };
        for _ in 0..shared.min(count - maps.len()) {
            maps.push(map.clone());
        }
    }
    dice.shuffle(&mut maps);
    let record = |map: String| {
        let from = 1 + dice.exponential(1_200.0) as u64;
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

/// Returns the two long members of an object: its properties and its outline.
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
