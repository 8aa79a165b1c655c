//! Sections whose rows are cases of their own: each row becomes a small rule set and an event.

use pointsman::{Answers, Engine, Event, SeededIds};

use super::Failure;
use super::expect::{self, Token, tokens, word};
use super::format::{Section, expand, expand_text};
use super::json::{Json, quoted};
use super::run::{
    State, What, accepted, build, event_of, json, reformatted, rejected, route, same_route,
};
use super::strings;
use crate::ways;

/// Runs the rows of a table; how many there are.
pub(super) fn run(state: &State, section: &Section, failures: &mut Vec<Failure>) -> usize {
    let columns = match &*section.name {
        "strings" => 1,
        "segments" | "rejections" => 2,
        _ => 3,
    };
    let mut count = 0;
    for (line, row) in section.rows(columns) {
        count += 1;
        let result = match &*row {
            _ if row.len() != columns => Err(format!("not {columns} columns")),
            [expr, data, expected] => match &*section.name {
                "table" => truth(state, expr, data, expected),
                "templates" => template(state, &section.arguments, expr, data, expected),
                _ => do_value(state, expr, data, expected),
            },
            [first, expected] => match &*section.name {
                "segments" => segments(state, first, expected),
                _ => rejection(state, first, expected),
            },
            [text] => expand_text(text).and_then(|text| strings::run(state, &text)),
            _ => Err("no row".into()),
        };
        if let Err(message) = result {
            failures.push(Failure::new(
                line,
                format!("{}\n    {message}", row.join(" | ")),
            ));
        }
    }
    if section.name == "table"
        && let Err(message) = together(state, section)
    {
        failures.push(Failure::new(section.line, message));
    }
    count
}

/// The rules given, and these.
fn engine_of(state: &State, rules: &str) -> Result<Engine, String> {
    let mut sources = state.sources.clone();
    sources.push(("row.rules".into(), rules.into()));
    build(&sources, state.limits.clone(), state.open).map_err(|all| expect::all_in_short(&all))
}

fn event(engine: &Engine, data: &str) -> Result<Event, String> {
    let bytes = event_of("t", &expand(data)?);
    hold_ways(engine, &bytes)?;
    engine
        .read(&bytes, &mut SeededIds::new(1))
        .map_err(|rejection| format!("the event is rejected: {rejection}"))
}

fn hold_ways(engine: &Engine, bytes: &[u8]) -> Result<(), String> {
    let answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    ways::hold(engine, bytes, &SeededIds::new(1), &answers)
}

/// What came of the one event, if it came to an outcome.
fn outcome(engine: &Engine, state: &State, data: &str) -> Result<Json, String> {
    match route(engine, &event(engine, data)?, state)?.what {
        What::Done(outcome) => Ok(outcome),
        What::Asks(questions) => Err(format!("asks {}", Json::List(questions))),
        _ => Err("no outcome".into()),
    }
}

/// `error COLUMN WORD …` and `warning …`: the column is counted from `offset` characters on, in the one
/// line that holds what is tried.
fn said(
    state: &State,
    rules: &str,
    line: &str,
    offset: usize,
    expected: &[Token],
) -> Result<(), String> {
    let severity = word(expected, 0)?;
    if severity == "quiet" {
        let engine = engine_of(state, rules)?;
        let warnings: Vec<_> = engine.warnings().iter().collect();
        return match expect::find(&warnings, "warning", "*", "*", &expected[1..]) {
            Ok(()) => Err(expect::all_of(&warnings)),
            Err(_) => Ok(()),
        };
    }
    let column = shifted(word(expected, 1)?, offset)?;
    let mut sources = state.sources.clone();
    sources.push(("row.rules".into(), rules.into()));
    let built = build(&sources, state.limits.clone(), state.open);
    let diagnostics = match (&built, severity) {
        (Ok(_), "error") => return Err("the rules have no errors".into()),
        (Err(all), "warning") => return Err(expect::all_in_short(all)),
        (Ok(engine), _) => engine.warnings().iter().collect::<Vec<_>>(),
        (Err(all), _) => all.iter().collect(),
    };
    let line = if column == "*" { "*" } else { line };
    expect::find(&diagnostics, severity, line, &column, &expected[2..])
}

fn shifted(range: &str, offset: usize) -> Result<String, String> {
    if range == "*" {
        return Ok("*".into());
    }
    let (from, until) = range.split_once("..").unwrap_or((range, range));
    let shift = |number: &str| match number.parse::<usize>() {
        Ok(number) => Ok(number + offset),
        Err(_) => Err(format!("no column: {number}")),
    };
    Ok(format!("{}..{}", shift(from)?, shift(until)?))
}

fn truth(state: &State, expr: &str, data: &str, expected: &str) -> Result<(), String> {
    let expr = expand_text(expr)?;
    let expected = tokens(expected)?;
    if ["error", "warning", "quiet"].contains(&word(&expected, 0)?) {
        let rules = format!("rule yes {{ on t\nwhen {expr}\ndo y {{}} }}");
        return said(state, &rules, "2", "when ".len(), &expected);
    }
    let rules = format!(
        "rule yes {{ on t\nwhen {expr}\ndo y {{}} }}\n\
         rule no {{ on t\nwhen not ({expr})\ndo n {{}} }}\n\
         rule held {{ on t\nrequire {expr}\nelse \"refused\"\ndo h {{}} }}"
    );
    let engine = engine_of(state, &rules)?;
    let outcome = outcome(&engine, state, data)?;
    let accepted = accepted(&outcome);
    let got = truth_of(&accepted, "yes", "no")?;
    if accepted.contains(&"held") != (got == "true") {
        return Err(format!(
            "as a filter it is {got}, as a requirement it is not"
        ));
    }
    match word(&expected, 0)? {
        expected if expected == got => Ok(()),
        expected => Err(format!("expected {expected}, got {got}")),
    }
}

fn truth_of(accepted: &[&str], yes: &str, no: &str) -> Result<&'static str, String> {
    match (accepted.contains(&yes), accepted.contains(&no)) {
        (true, false) => Ok("true"),
        (false, true) => Ok("false"),
        (false, false) => Ok("unknown"),
        (true, true) => Err("both it and its negation hold".into()),
    }
}

/// All expressions of a table as rules of one engine, so that they share its index: every event has to
/// come out of it as each did alone, and as explain says.
fn together(state: &State, section: &Section) -> Result<(), String> {
    let mut rules = String::new();
    let mut rows = Vec::new();
    for (line, row) in section.rows(3) {
        let [expr, data, expected] = &*row else {
            continue;
        };
        if ["true", "false", "unknown"].contains(&&**expected) {
            let expr = expand_text(expr)?;
            rules += &format!(
                "rule yes-{line} {{ on t when {expr}\ndo y {{}} }}\n\
                 rule no-{line} {{ on t when not ({expr})\ndo n {{}} }}\n"
            );
            rows.push((line, data.clone(), expected.clone()));
        }
    }
    let mut limits = state.limits.clone();
    limits.actions = usize::MAX;
    let mut sources = state.sources.clone();
    sources.push(("rows.rules".into(), rules));
    let engine = build(&sources, limits, state.open)
        .map_err(|all| format!("all rows together: {}", expect::all_in_short(&all)))?;
    let formatted = reformatted(&sources, engine.limits(), state.open)?;
    let other = engine_of(state, "rule other { on t do y {} }")?;
    for (line, data, expected) in rows {
        let read_elsewhere = event(&other, &data)?;
        same_route(
            (&engine, &event(&engine, &data)?),
            (&formatted, &read_elsewhere),
            state,
        )?;
        let outcome = outcome(&engine, state, &data)
            .map_err(|error| format!("all rows together, on the event of line {line}: {error}"))?;
        let accepted = accepted(&outcome);
        let got = truth_of(&accepted, &format!("yes-{line}"), &format!("no-{line}"))?;
        if got != expected {
            return Err(format!(
                "all rows together, line {line} is {got} and not {expected}"
            ));
        }
    }
    Ok(())
}

fn template(
    state: &State,
    arguments: &str,
    text: &str,
    data: &str,
    expected: &str,
) -> Result<(), String> {
    let text = expand_text(text)?;
    let text = if text.starts_with('"') {
        text
    } else {
        quoted(&text)
    };
    let mut words = arguments.split_whitespace();
    let channel = words.next().unwrap_or("sms");
    let part = words.next().unwrap_or("body");
    let missing: Vec<&str> = words.collect();
    let others = match (channel, part) {
        ("email", "subject") => "to \"a@example.com\" text \"t\"",
        ("email", _) => "to \"a@example.com\" subject \"s\"",
        ("push", "body") => "to \"d\"",
        ("push", _) => "to \"d\" body \"b\"",
        ("mms", "media") => "",
        ("mms", _) => "media \"m\"",
        _ => "",
    };
    let rules = format!(
        "rule r {{ on t {}\nsend {channel} {{ {others} {part}\n{text}\n}} }}",
        missing.join(" ")
    );
    let expected = tokens(&expand_text(expected)?)?;
    if let Some(Token::Word(verb)) = expected.first()
        && ["error", "warning"].contains(&&**verb)
    {
        return said(state, &rules, "3", 1, &expected);
    }
    let engine = engine_of(state, &rules)?;
    let outcome = outcome(&engine, state, data)?;
    let results = outcome
        .member("results")
        .map(Json::list)
        .unwrap_or_default();
    let [_, result] = results else {
        return Err(format!("not two results: {outcome}"));
    };
    if expected.first() == Some(&Token::Word("fails".into())) {
        let action = result.member("action").ok_or("no action")?;
        return expect::failure(action, &expected[1..]);
    }
    let expected = expect::value(&expected, 0)?;
    let got = result.at(&["message", part]);
    let queued = result.at(&["action", "status_reason"]).and_then(Json::text) == Some("queued");
    match got {
        Some(got) if queued => expected.takes(got),
        _ => Err(format!("got {result}")),
    }
}

fn do_value(state: &State, text: &str, data: &str, expected: &str) -> Result<(), String> {
    let rules = format!("rule r {{ on t\ndo x {{ v: {} }} }}", expand_text(text)?);
    let engine = engine_of(state, &rules)?;
    let outcome = outcome(&engine, state, data)?;
    let results = outcome
        .member("results")
        .map(Json::list)
        .unwrap_or_default();
    let got = results
        .get(1)
        .and_then(|result| result.at(&["action", "params", "v"]));
    match got {
        Some(got) => Json::parse(expected)?.takes(got),
        None => Err(format!("got {outcome}")),
    }
}

fn segments(state: &State, text: &str, expected: &str) -> Result<(), String> {
    let engine = engine_of(state, "rule r { on t send sms { body \"{{t}}\" } }")?;
    let outcome = outcome(&engine, state, &format!("{{\"t\": {text}}}"))?;
    let results = outcome
        .member("results")
        .map(Json::list)
        .unwrap_or_default();
    let message = results.get(1).and_then(|result| result.member("message"));
    let message = message.ok_or(format!("no message: {outcome}"))?;
    let expected = tokens(expected)?;
    let forced = expected
        .get(2)
        .map(|_| expect::text(&expected, 2))
        .transpose()?;
    expect::encoding(message, word(&expected, 0)?, word(&expected, 1)?, forced)
        .map_err(|error| format!("{error}, in {message}"))
}

fn rejection(state: &State, text: &str, expected: &str) -> Result<(), String> {
    let engine = if state.sources.is_empty() {
        engine_of(state, "rule r { on t do x {} }")?
    } else {
        build(&state.sources, state.limits.clone(), state.open)
            .map_err(|all| expect::all_in_short(&all))?
    };
    let expected = tokens(expected)?;
    let code = word(&expected, 0)?;
    let bytes = expand(text)?;
    hold_ways(&engine, &bytes)?;
    match engine.read(&bytes, &mut SeededIds::new(1)) {
        Ok(_) if code == "taken" => Ok(()),
        Ok(_) => Err("it is taken".into()),
        Err(rejection) if code == "taken" => Err(format!("it is rejected: {rejection}")),
        Err(rejection) => {
            let path = expected.get(1).map(|_| word(&expected, 1));
            // What a host reads must be JSON too.
            json(&rejection.to_json());
            expect::rejection(&rejected(&rejection), code, path)
        }
    }
}

mod tests {
    use super::*;

    #[test]
    fn columns_are_shifted() {
        assert_eq!(shifted("3", 5).unwrap(), "8..8");
        assert_eq!(shifted("1..4", 5).unwrap(), "6..9");
        assert_eq!(shifted("*", 5).unwrap(), "*");
        assert!(shifted("x", 5).is_err());
    }
}
