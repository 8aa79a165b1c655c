//! Joins expressions of different tables in pairs. Which joined rules accept an event must follow from the
//! two parts by Kleene's logic, whatever the index makes of the rules.

use std::collections::BTreeSet;

use pointsman::{Answers, Engine, Event, SeededIds, Step};

use super::case_file::{Case, expand, expand_text};
use super::setup::{Setup, accepted, event_of, json};

/// An expression that needs neither declarations nor answers, and the event of its row.
struct Row {
    expression: String,
    event: Vec<u8>,
}

/// True, false, or unknown.
type Truth = Option<bool>;

/// The text before, between and after two expressions, and the truth of the whole.
type Joint = (
    &'static str,
    &'static str,
    &'static str,
    fn(Truth, Truth) -> Truth,
);

const JOINTS: &[Joint] = &[
    ("(", ") and (", ")", and),
    ("(", ") or (", ")", or),
    ("not (", ") and (", ")", |a, b| and(not(a), b)),
    ("(", ") or not (", ")", |a, b| or(a, not(b))),
    ("not ((", ") and (", "))", |a, b| not(and(a, b))),
    ("not ((", ") or (", "))", |a, b| not(or(a, b))),
    ("n == 1 and ((", ") or (", "))", or),
];

/// The condition before the last joint. Its truth is that of the expression after all rows.
const GUARD: &str = "n == 1";

/// Tests the expressions of all tables that need nothing but their event. Returns how many there are.
pub(super) fn run<'a>(cases: impl Iterator<Item = &'a Case>) -> Result<usize, String> {
    let rows = rows(cases)?;
    let mut seed = 7;
    let pairs: Vec<(usize, usize, usize)> = (0..rows.len())
        .map(|left| {
            let right = draw(&mut seed, rows.len());
            (left, right, draw(&mut seed, JOINTS.len()))
        })
        .collect();
    let engine = engine(&rows, &pairs)?;
    let answers = Answers::new(Setup::default().now);
    let mut scratch = Default::default();
    for _ in 0..150 {
        let row = &rows[draw(&mut seed, rows.len())];
        let event = engine
            .read(&row.event, &mut SeededIds::new(1))
            .map_err(|rejection| rejection.to_string())?;
        let accepting = accepting(&engine, &event, &answers)?;
        let matches = engine.matches(&event, &answers, &mut scratch);
        if !matches.eq(accepting.iter().map(String::as_str)) {
            return Err("`matches` and `route` differ".into());
        }
        let accepting: BTreeSet<String> = accepting.into_iter().collect();
        let accepts = |name: String| accepting.contains(&name);
        let truth = |at: usize| match (accepts(format!("yes-{at}")), accepts(format!("no-{at}"))) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
        for (index, (left, right, joint)) in pairs.iter().enumerate() {
            let (before, between, after, joined) = JOINTS[*joint];
            let guard = match before.starts_with(GUARD) {
                true => truth(rows.len()),
                false => Some(true),
            };
            let expected = and(guard, joined(truth(*left), truth(*right))) == Some(true);
            if accepts(format!("pair-{index}")) != expected {
                let (left, right) = (&rows[*left].expression, &rows[*right].expression);
                let event = String::from_utf8_lossy(&row.event);
                return Err(format!(
                    "`{before}{left}{between}{right}{after}` should be {expected} on {event}"
                ));
            }
        }
    }
    Ok(rows.len())
}

fn rows<'a>(cases: impl Iterator<Item = &'a Case>) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for case in cases {
        let [table] = &*case.sections else {
            continue;
        };
        if table.name != "table" {
            continue;
        }
        for (_, row) in table.rows(3) {
            if let [expression, data, truth] = &*row
                && ["true", "false", "unknown"].contains(&&**truth)
            {
                let expression = expand_text(expression)?;
                let event = event_of("t", &expand(data)?);
                // Long expressions and events take their time and add nothing here.
                if expression.len() < 200 && event.len() < 1000 {
                    rows.push(Row { expression, event });
                }
            }
        }
    }
    Ok(rows)
}

fn engine(rows: &[Row], pairs: &[(usize, usize, usize)]) -> Result<Engine, String> {
    let mut rules = String::new();
    let expressions = rows.iter().map(|row| &*row.expression).chain([GUARD]);
    for (index, expression) in expressions.enumerate() {
        rules += &format!("rule yes-{index} {{ on t when {expression}\ndo y {{}} }}\n");
        rules += &format!("rule no-{index} {{ on t when not ({expression})\ndo n {{}} }}\n");
    }
    for (index, (left, right, joint)) in pairs.iter().enumerate() {
        let (before, between, after, _) = JOINTS[*joint];
        let (left, right) = (&rows[*left].expression, &rows[*right].expression);
        rules += &format!(
            "rule pair-{index} {{ on t when {before}{left}\n{between}{right}\n{after} do y {{}} }}\n"
        );
    }
    let mut setup = Setup::default().with_source("joined.rules", &rules);
    setup.limits.actions = usize::MAX;
    setup.engine()
}

/// Returns the names of the rules that accept, in their order.
fn accepting(engine: &Engine, event: &Event, answers: &Answers) -> Result<Vec<String>, String> {
    match engine.route(event, answers) {
        Step::Done(outcome) => {
            let outcome = json(&outcome.to_json());
            Ok(accepted(&outcome).into_iter().map(str::to_owned).collect())
        }
        Step::Ask(questions) => Err(format!("asks {questions:?}")),
    }
}

fn and(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Truth, b: Truth) -> Truth {
    not(and(not(a), not(b)))
}

fn not(a: Truth) -> Truth {
    a.map(|a| !a)
}

/// Draws a number below `below`; the same seed gives the same numbers in every run.
pub(super) fn draw(seed: &mut u64, below: usize) -> usize {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap() % below
}
