//! All expressions of all tables in one engine, alone and in pairs, over the events of all rows: who
//! accepts has to follow from the parts by the tables of Kleene, whatever the index makes of the rules.

use pointsman::{Answers, Engine, Event, Limits, SeededIds, Timestamp};

use super::format::{Case, expand, expand_text};
use super::run::{accepted, build, event_of, json};

/// An expression that needs neither declarations nor answers, and the event of its row.
struct Row {
    expr: String,
    event: Vec<u8>,
}

/// How two expressions are joined: the text before, between and behind them, and what comes of their truths.
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
    // The guard stands behind the rows' expressions, as one of them.
    ("n == 1 and ((", ") or (", "))", or),
];

const GUARD: &str = "n == 1";

/// True, false, or unknown.
type Truth = Option<bool>;

pub(super) fn rows_of(cases: &[Case], rows: &mut Vec<(String, Vec<u8>)>) {
    for case in cases {
        let plain = case.sections.len() == 1 && case.sections[0].name == "table";
        for (_, row) in case
            .sections
            .iter()
            .filter(|_| plain)
            .flat_map(|one| one.rows(3))
        {
            let [expr, data, truth] = &*row else {
                continue;
            };
            if ["true", "false", "unknown"].contains(&&**truth) {
                let data = expand(data).unwrap();
                rows.push((expand_text(expr).unwrap(), event_of("t", &data)));
            }
        }
    }
}

/// Runs the mix; the first thing that does not follow is the error.
pub(super) fn run(rows: Vec<(String, Vec<u8>)>) -> Result<(), String> {
    // Long expressions and events say no more here, and take their time.
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|(expr, event)| expr.len() < 200 && event.len() < 1000)
        .map(|(expr, event)| Row { expr, event })
        .collect();
    let mut seed = 7;
    let pairs: Vec<(usize, usize, usize)> = (0..rows.len())
        .map(|at| {
            (
                at,
                draw(&mut seed, rows.len()),
                draw(&mut seed, JOINTS.len()),
            )
        })
        .collect();
    let engine = engine(&rows, &pairs)?;
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let answers = Answers::new(now);
    let mut scratch = Default::default();
    for _ in 0..150 {
        let row = &rows[draw(&mut seed, rows.len())];
        let event = engine
            .read(&row.event, &mut SeededIds::new(1))
            .map_err(|rejection| rejection.to_string())?;
        let taken = taken(&engine, &event, &answers)?;
        let matched: Vec<String> = engine
            .matches(&event, &answers, &mut scratch)
            .map(str::to_owned)
            .collect();
        if matched != taken {
            return Err("`matches` and `route` differ".into());
        }
        let takes = |name: String| taken.contains(&name);
        let truth = |at: usize| match (takes(format!("yes-{at}")), takes(format!("no-{at}"))) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
        for (index, (left, right, joint)) in pairs.iter().enumerate() {
            let (before, _, _, joined) = JOINTS[*joint];
            let guard = match before.starts_with(GUARD) {
                true => truth(rows.len()),
                false => Some(true),
            };
            let expected = and(guard, joined(truth(*left), truth(*right))) == Some(true);
            if takes(format!("pair-{index}")) != expected {
                let (left, right) = (&rows[*left].expr, &rows[*right].expr);
                return Err(format!(
                    "`{left}` and `{right}`, joined by {:?}, should be {expected} on {}",
                    JOINTS[*joint],
                    String::from_utf8_lossy(&row.event)
                ));
            }
        }
    }
    Ok(())
}

fn engine(rows: &[Row], pairs: &[(usize, usize, usize)]) -> Result<Engine, String> {
    let mut rules = String::new();
    let guard = GUARD.to_owned();
    let exprs = rows.iter().map(|row| &row.expr).chain([&guard]);
    for (index, expr) in exprs.enumerate() {
        rules += &format!("rule yes-{index} {{ on t when {expr}\ndo y {{}} }}\n");
        rules += &format!("rule no-{index} {{ on t when not ({expr})\ndo y {{}} }}\n");
    }
    for (index, (left, right, joint)) in pairs.iter().enumerate() {
        let (before, between, after, _) = JOINTS[*joint];
        let (left, right) = (&rows[*left].expr, &rows[*right].expr);
        rules += &format!(
            "rule pair-{index} {{ on t when {before}{left}\n{between}{right}\n{after} do y {{}} }}\n"
        );
    }
    let mut limits = Limits::default();
    limits.actions = usize::MAX;
    build(&[("mix.rules".into(), rules)], limits, false).map_err(|all| all.to_string())
}

/// The rules that accept, in their order.
fn taken(engine: &Engine, event: &Event, answers: &Answers) -> Result<Vec<String>, String> {
    let outcome = match engine.route(event, answers) {
        pointsman::Step::Done(outcome) => json(&outcome.to_json()),
        pointsman::Step::Ask(questions) => return Err(format!("asks {questions:?}")),
    };
    Ok(accepted(&outcome).into_iter().map(str::to_owned).collect())
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

/// The same numbers in every run.
pub(super) fn draw(seed: &mut u64, below: usize) -> usize {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap() % below
}
