//! Tests each row of a table with a small rule set and an event of its own.

use pointsman::{Answers, Engine, Event, SeededIds};

use super::case_file::{Section, expand, expand_text};
use super::expectation::{check_encoding, check_failure, check_rejection};
use super::json::{Json, quoted};
use super::setup::{Reply, Setup, accepted, event_of, rejected};
use super::tokens::{Token, tokens, value, word};
use super::{Failure, diagnostics, string_places};
use crate::reading;

pub(super) fn run(setup: &Setup, section: &Section, failures: &mut Vec<Failure>) {
    let columns = match &*section.name {
        "strings" => 1,
        "segments" | "rejections" => 2,
        _ => 3,
    };
    for (line, row) in section.rows(columns) {
        let row: Vec<&str> = row.iter().map(|column| &**column).collect();
        let result = match (&*section.name, &*row) {
            ("strings", [text]) => string_places::run(setup, text),
            ("segments", [text, expected]) => segments(setup, text, expected),
            ("rejections", [event, expected]) => rejection(setup, event, expected),
            ("table", [expression, data, expected]) => truth(setup, expression, data, expected),
            ("templates", [text, data, expected]) => {
                template(setup, &section.arguments, text, data, expected)
            }
            ("values", [value, data, expected]) => parameter(setup, value, data, expected),
            _ => Err(format!("not {columns} columns")),
        };
        if let Err(message) = result {
            let message = format!("{}\n    {message}", row.join(" | "));
            failures.push(Failure::new(line, message));
        }
    }
    if section.name == "table"
        && let Err(message) = all_rows_in_one_engine(setup, section)
    {
        failures.push(Failure::new(section.line, message));
    }
}

fn read(engine: &Engine, data: &str) -> Result<Event, String> {
    let bytes = event_of("t", &expand(data)?);
    check_reading(engine, &bytes)?;
    let event = engine.read(&bytes, &mut SeededIds::new(1));
    event.map_err(|rejection| format!("the event is rejected: {rejection}"))
}

fn check_reading(engine: &Engine, bytes: &[u8]) -> Result<(), String> {
    let answers = Answers::new("2026-11-20T10:00:00Z".parse().unwrap());
    reading::check(engine, bytes, &SeededIds::new(1), &answers)
}

/// Routes an event that asks nothing.
fn outcome(setup: &Setup, engine: &Engine, data: &str) -> Result<Json, String> {
    match setup.route(engine, &read(engine, data)?)?.reply {
        Reply::Done(outcome) => Ok(outcome),
        Reply::Asks(questions) => Err(format!("asks {}", Json::List(questions))),
        _ => Err("no outcome".into()),
    }
}

/// Routes an event by the one rule of a row, and returns its outcome.
fn outcome_by(setup: &Setup, rules: &str, data: &str) -> Result<Json, String> {
    let engine = setup.with_source("row.rules", rules).engine()?;
    outcome(setup, &engine, data)
}

fn is_about_diagnostics(expected: &[Token]) -> bool {
    let verbs = ["error", "warning", "quiet"];
    matches!(expected.first(), Some(Token::Word(verb)) if verbs.contains(&&**verb))
}

/// Checks `error COLUMN WORD …`, `warning COLUMN WORD …` or `quiet WORD …`. The column is counted from
/// `offset` characters on in `line`, the line of the rules that holds the text of the row.
fn check_diagnostics(
    setup: &Setup,
    rules: &str,
    (line, offset): (&str, usize),
    expected: &[Token],
) -> Result<(), String> {
    let built = setup.with_source("row.rules", rules).build();
    let diagnostics = diagnostics::of(&built);
    let severity = word(expected, 0)?;
    if built.is_ok() == (severity == "error") {
        return Err(format!("got {}", diagnostics::summary(diagnostics)));
    }
    if severity == "quiet" {
        return match diagnostics::find(diagnostics, "warning", ("*", "*"), &expected[1..]) {
            Ok(()) => Err(format!("got {}", diagnostics::summary(diagnostics))),
            Err(_) => Ok(()),
        };
    }
    let column = shifted(word(expected, 1)?, offset)?;
    let line = if column == "*" { "*" } else { line };
    diagnostics::find(diagnostics, severity, (line, &column), &expected[2..])
}

fn shifted(range: &str, offset: usize) -> Result<String, String> {
    if range == "*" {
        return Ok("*".into());
    }
    let (from, until) = range.split_once("..").unwrap_or((range, range));
    let shift = |number: &str| match number.parse::<usize>() {
        Ok(number) => Ok(number + offset),
        Err(_) => Err(format!("not a column: {number}")),
    };
    Ok(format!("{}..{}", shift(from)?, shift(until)?))
}

fn truth(setup: &Setup, expression: &str, data: &str, expected: &str) -> Result<(), String> {
    let expression = expand_text(expression)?;
    let expected = tokens(expected)?;
    let accepting = format!("rule yes {{ on t\nwhen {expression}\ndo y {{}} }}");
    if is_about_diagnostics(&expected) {
        return check_diagnostics(setup, &accepting, ("2", "when ".len()), &expected);
    }
    let rules = format!(
        "{accepting}\n\
         rule no {{ on t\nwhen not ({expression})\ndo n {{}} }}\n\
         rule required {{ on t\nrequire {expression}\nelse \"refused\"\ndo r {{}} }}"
    );
    let outcome = outcome_by(setup, &rules, data)?;
    let accepted = accepted(&outcome);
    let got = truth_of(&accepted, "yes", "no")?;
    if accepted.contains(&"required") != (got == "true") {
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
        (true, true) => Err("both it and its negation are true".into()),
    }
}

/// Compiles the expressions of all rows into one engine, where they share an index. Each event must have
/// the same result as in an engine of its own.
fn all_rows_in_one_engine(setup: &Setup, section: &Section) -> Result<(), String> {
    let mut rules = String::new();
    let mut rows = Vec::new();
    for (line, row) in section.rows(3) {
        if let [expression, data, expected] = &*row
            && ["true", "false", "unknown"].contains(&&**expected)
        {
            let expression = expand_text(expression)?;
            rules += &format!(
                "rule yes-{line} {{ on t when {expression}\ndo y {{}} }}\n\
                 rule no-{line} {{ on t when not ({expression})\ndo n {{}} }}\n"
            );
            rows.push((line, data.clone(), expected.clone()));
        }
    }
    let mut all = setup.with_source("rows.rules", &rules);
    all.limits.actions = usize::MAX;
    let in_all = |error| format!("all rows in one engine: {error}");
    let engine = all.engine().map_err(in_all)?;
    let formatted = all.formatted_engine().map_err(in_all)?;
    let other = setup.with_source("row.rules", "rule other { on t do y {} }");
    let other = other.engine()?;
    for (line, data, expected) in rows {
        let in_all = |error| format!("all rows in one engine, line {line}: {error}");
        let event = read(&engine, &data)?;
        let read_elsewhere = read(&other, &data)?;
        setup
            .check_same_result((&engine, &event), (&formatted, &read_elsewhere))
            .map_err(in_all)?;
        let outcome = outcome(setup, &engine, &data).map_err(in_all)?;
        let (yes, no) = (format!("yes-{line}"), format!("no-{line}"));
        let got = truth_of(&accepted(&outcome), &yes, &no)?;
        if got != expected {
            return Err(in_all(format!("expected {expected}, got {got}")));
        }
    }
    Ok(())
}

fn template(
    setup: &Setup,
    arguments: &str,
    text: &str,
    data: &str,
    expected: &str,
) -> Result<(), String> {
    let text = expand_text(text)?;
    let text = match text.starts_with('"') {
        true => text,
        false => quoted(&text),
    };
    let mut words = arguments.split_whitespace();
    let channel = words.next().unwrap_or("sms");
    let part = words.next().unwrap_or("body");
    let missing = words.collect::<Vec<_>>().join(" ");
    // The other parts that such a message must have.
    let others = match (channel, part) {
        ("email", "subject") => "to \"a@example.com\" text \"t\"",
        ("email", _) => "to \"a@example.com\" subject \"s\"",
        ("push", "body") => "to \"d\"",
        ("push", _) => "to \"d\" body \"b\"",
        ("mms", part) if part != "media" => "media \"m\"",
        _ => "",
    };
    let rules =
        format!("rule r {{ on t {missing}\nsend {channel} {{ {others} {part}\n{text}\n}} }}");
    let expected = tokens(&expand_text(expected)?)?;
    if is_about_diagnostics(&expected) {
        return check_diagnostics(setup, &rules, ("3", 1), &expected);
    }
    let outcome = outcome_by(setup, &rules, data)?;
    let [_, result] = outcome.list("results") else {
        return Err(format!("not two results: {outcome}"));
    };
    if expected.first() == Some(&Token::Word("fails".into())) {
        return check_failure(result.member("action").ok_or("no action")?, &expected[1..]);
    }
    let is_queued = result.text_at(&["action", "status_reason"]) == Some("queued");
    match result.at(&["message", part]) {
        Some(got) if is_queued => value(&expected, 0)?.accepts(got),
        _ => Err(format!("got {result}")),
    }
}

fn parameter(setup: &Setup, value: &str, data: &str, expected: &str) -> Result<(), String> {
    let rules = format!("rule r {{ on t\ndo x {{ v: {} }} }}", expand_text(value)?);
    let outcome = outcome_by(setup, &rules, data)?;
    let result = outcome.list("results").get(1);
    match result.and_then(|result| result.at(&["action", "params", "v"])) {
        Some(got) => Json::parse(expected)?.accepts(got),
        None => Err(format!("got {outcome}")),
    }
}

fn segments(setup: &Setup, text: &str, expected: &str) -> Result<(), String> {
    let rules = "rule r { on t send sms { body \"{{t}}\" } }";
    let outcome = outcome_by(setup, rules, &format!("{{\"t\": {text}}}"))?;
    let result = outcome.list("results").get(1);
    let message = result.and_then(|result| result.member("message"));
    let message = message.ok_or(format!("no message: {outcome}"))?;
    check_encoding(message, &tokens(expected)?).map_err(|error| format!("{error}, in {message}"))
}

fn rejection(setup: &Setup, text: &str, expected: &str) -> Result<(), String> {
    let engine = match setup.sources.is_empty() {
        true => setup
            .with_source("row.rules", "rule r { on t do x {} }")
            .engine()?,
        false => setup.engine()?,
    };
    let expected = tokens(expected)?;
    let code = word(&expected, 0)?;
    let bytes = expand(text)?;
    check_reading(&engine, &bytes)?;
    match engine.read(&bytes, &mut SeededIds::new(1)) {
        Ok(_) if code == "taken" => Ok(()),
        Ok(_) => Err("it is taken".into()),
        Err(rejection) if code == "taken" => Err(format!("it is rejected: {rejection}")),
        Err(rejection) => {
            let path = expected.get(1).map(|_| word(&expected, 1)).transpose()?;
            check_rejection(&rejected(&rejection), code, path)
        }
    }
}

pub(super) mod tests {
    use super::shifted;

    pub(crate) fn columns_are_shifted() {
        assert_eq!(shifted("3", 5).unwrap(), "8..8");
        assert_eq!(shifted("1..4", 5).unwrap(), "6..9");
        assert_eq!(shifted("*", 5).unwrap(), "*");
        assert!(shifted("x", 5).is_err());
    }
}
