//! The lines of `--- expect`: compares what came of an event, of rules and of their tests.

use pointsman::{Diagnostic, Diagnostics, Engine};

use super::Failure;
use super::format::Section;
use super::json::Json;
use super::run::{Came, What, json};

/// A word or a JSON value of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Value(Json),
}

/// Compares; what differs is added to `failures`.
pub(super) fn check(
    section: &Section,
    text: &str,
    built: &Result<Engine, Diagnostics>,
    came: Option<&Came>,
    failures: &mut Vec<Failure>,
) {
    let mut check = Check {
        built,
        came,
        results: results(came),
        next: 0,
        errors_expected: false,
        said: Vec::new(),
    };
    let mut lines = 0;
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with("//") {
            continue;
        }
        lines += 1;
        let number = section
            .lines
            .get(index)
            .map_or(section.line, |(number, _)| *number);
        if let Err(message) = check.line(line) {
            failures.push(Failure::new(number, format!("{line}\n    {message}")));
            return;
        }
    }
    if lines == 0 {
        failures.push(Failure::new(section.line, "nothing is expected"));
    } else if let Err(message) = check.rest() {
        failures.push(Failure::new(section.line, message));
    }
}

fn results(came: Option<&Came>) -> &[Json] {
    match came.map(|came| &came.what) {
        Some(What::Done(outcome)) => outcome
            .member("results")
            .map(Json::list)
            .unwrap_or_default(),
        _ => &[],
    }
}

struct Check<'a> {
    built: &'a Result<Engine, Diagnostics>,
    came: Option<&'a Came>,
    results: &'a [Json],
    /// The result that the next line about a result takes.
    next: usize,
    errors_expected: bool,
    /// What was said about the whole: `incomplete` and the like.
    said: Vec<String>,
}

impl<'a> Check<'a> {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let tokens = tokens(line)?;
        let Some(Token::Word(verb)) = tokens.first() else {
            return Err("no expectation".into());
        };
        let rest = &tokens[1..];
        match &**verb {
            "error" | "warning" => self.diagnostic(verb, rest),
            "no" => self.none(rest),
            "test" => self.test(rest),
            "outcome" => self.whole(rest),
            "asks" => self.asks(rest),
            "ignored" => match self.what()? {
                What::Ignored(_) => self.note(verb),
                other => Err(format!("got {}", shown(other))),
            },
            "rejected" => self.rejected(rest),
            "incomplete" | "truncated" => match self.what()? {
                What::Done(outcome) if outcome.member(verb) == Some(&Json::Bool(true)) => {
                    self.note(verb)
                }
                other => Err(format!("got {}", shown(other))),
            },
            "explain" => self.explain(rest),
            "says" => match self.what()? {
                What::Done(json) | What::Rejected(json)
                    if json.to_string().contains(text(rest, 0)?) =>
                {
                    Ok(())
                }
                other => Err(format!("got {}", shown(other))),
            },
            "skips" | "refuses" => self.verdict(verb, rest),
            "accepted" => {
                let rule = word(rest, 0)?;
                let (result, action) = self.take("routing", "processing")?;
                same("rule", rule, result.member("rule"))?;
                let reason = "accepted_by_event_triggered_message";
                same("status_reason", reason, action.member("status_reason"))
            }
            "failed" => self.failed(rest),
            "sms" | "mms" | "push" | "email" => self.message(verb, rest),
            "do" => self.action(rest),
            "to" | "part" | "encoding" | "is" => self.about_last(verb, rest),
            _ => Err(format!("no expectation begins with `{verb}`")),
        }
    }

    /// What no line has spoken of must not be there.
    fn rest(&self) -> Result<(), String> {
        if let Err(diagnostics) = self.built {
            if !self.errors_expected {
                return Err(all_in_short(diagnostics));
            }
            return Ok(());
        }
        let Some(came) = self.came else {
            return Ok(());
        };
        let said = |what: &str| self.said.iter().any(|said| said == what);
        match &came.what {
            What::Done(outcome) => {
                if self.next < self.results.len() && !said("outcome") {
                    return Err(format!("not expected: {}", self.results[self.next]));
                }
                for what in ["incomplete", "truncated"] {
                    if outcome.member(what).is_some() && !said(what) && !said("outcome") {
                        return Err(format!("the outcome is {what}"));
                    }
                }
                Ok(())
            }
            other if self.said.is_empty() => Err(format!("not expected: {}", shown(other))),
            _ => Ok(()),
        }
    }

    fn what(&self) -> Result<&'a What, String> {
        match self.came {
            Some(came) => Ok(&came.what),
            None => Err("there is no event".into()),
        }
    }

    fn note(&mut self, what: &str) -> Result<(), String> {
        self.said.push(what.to_owned());
        Ok(())
    }

    fn diagnostics(&self) -> Vec<&'a Diagnostic> {
        match self.built {
            Ok(engine) => engine.warnings().iter().collect(),
            Err(diagnostics) => diagnostics.iter().collect(),
        }
    }

    fn diagnostic(&mut self, severity: &str, rest: &[Token]) -> Result<(), String> {
        let (line, column) = word(rest, 0)?
            .split_once(':')
            .ok_or("a place is LINE:COLUMN")?;
        self.errors_expected |= severity == "error";
        find(&self.diagnostics(), severity, line, column, &rest[1..])
    }

    fn none(&self, rest: &[Token]) -> Result<(), String> {
        let severity = word(rest, 0)?.trim_end_matches('s');
        let mut all = self.diagnostics().into_iter();
        match all.find(|one| one.severity().to_string() == severity) {
            Some(found) => Err(format!("got {}", in_short(found))),
            None => Ok(()),
        }
    }

    fn test(&self, rest: &[Token]) -> Result<(), String> {
        let title = text(rest, 0)?;
        let engine = match self.built {
            Ok(engine) => engine,
            Err(diagnostics) => return Err(all_in_short(diagnostics)),
        };
        let reports = engine.run_tests();
        let report = reports.iter().find(|report| report.title() == title);
        let report = report.ok_or("there is no such test")?;
        let failures: Vec<&str> = report.failures().iter().map(|one| one.message()).collect();
        match word(rest, 1)? {
            "passes" if report.passed() => Ok(()),
            "passes" => Err(format!("it fails: {}", failures.join("; "))),
            "fails" if report.passed() => Err("it passes".into()),
            _ => holds_words(&failures.join("; "), &rest[2..]),
        }
    }

    fn whole(&mut self, rest: &[Token]) -> Result<(), String> {
        let expected = value(rest, 0)?;
        match self.what()? {
            What::Rejected(got) | What::Ignored(got) | What::Done(got) => expected.takes(got)?,
            other @ What::Asks(_) => return Err(format!("got {}", shown(other))),
        }
        self.note("outcome")
    }

    fn asks(&mut self, rest: &[Token]) -> Result<(), String> {
        let What::Asks(questions) = self.what()? else {
            return Err(format!("got {}", shown(self.what()?)));
        };
        let mut left: Vec<&Json> = questions.iter().collect();
        for index in 0..rest.len() {
            let expected = value(rest, index)?;
            let found = left
                .iter()
                .position(|question| expected.takes(question).is_ok());
            let found = found.ok_or(format!("got {}", shown(self.what()?)))?;
            left.remove(found);
        }
        match left.first() {
            None => self.note("asks"),
            Some(more) => Err(format!("asks {more} too")),
        }
    }

    fn rejected(&mut self, rest: &[Token]) -> Result<(), String> {
        match self.what()? {
            What::Rejected(got) => {
                rejection(got, word(rest, 0)?, rest.get(1).map(|_| word(rest, 1)))?;
                self.note("rejected")
            }
            other => Err(format!("got {}", shown(other))),
        }
    }

    fn verdict(&self, verb: &str, rest: &[Token]) -> Result<(), String> {
        let rule = word(rest, 0)?;
        let verdicts = self.came.map(|came| &*came.verdicts).unwrap_or_default();
        let verdict = verdicts.iter().find(|verdict| verdict.rule == rule);
        let verdict = verdict.ok_or(format!("explain does not speak of `{rule}`"))?;
        let skips = verb == "skips" && verdict.verdict == "incomplete";
        if verdict.verdict != verb && !skips {
            return Err(format!("explain says {verdict:?}"));
        }
        match rest.get(1) {
            Some(_) if verdict.error.as_deref() != Some(text(rest, 1)?) => {
                Err(format!("explain says {verdict:?}"))
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, rest: &[Token]) -> Result<(), String> {
        let came = self.came.ok_or("there is no event")?;
        for said in &came.explained {
            match word(rest, 0)? {
                "holds" => holds_words(said, &rest[1..])?,
                "hides" if said.contains(text(rest, 1)?) => return Err(format!("it says {said}")),
                "hides" => {}
                other => return Err(format!("`explain {other}` is no expectation")),
            }
        }
        Ok(())
    }

    /// The next result, which has to be of that type and status.
    fn take(&mut self, kind: &str, status: &str) -> Result<(&'a Json, &'a Json), String> {
        let Some(result) = self.results.get(self.next) else {
            return Err(match self.came {
                Some(came) if !matches!(came.what, What::Done(_)) => {
                    format!("got {}", shown(&came.what))
                }
                None if self.built.is_err() => {
                    self.diagnostics().iter().map(|one| in_short(one)).collect()
                }
                _ => "there are no more results".into(),
            });
        };
        let action = result
            .member("action")
            .ok_or(format!("no action: {result}"))?;
        let is =
            |name: &str, wanted: &str| action.member(name).and_then(Json::text) == Some(wanted);
        if !is("type", kind) || !is("status", status) {
            return Err(format!("got {result}"));
        }
        self.next += 1;
        Ok((result, action))
    }

    fn failed(&mut self, rest: &[Token]) -> Result<(), String> {
        let (result, action) = self.take("routing", "failed")?;
        same(
            "status_reason",
            "event_routing_failed",
            action.member("status_reason"),
        )?;
        let failure = action
            .member("failure")
            .ok_or(format!("no failure: {result}"))?;
        same("reason", word(rest, 0)?, failure.member("reason"))?;
        let errors = failure.member("errors").map(Json::list).unwrap_or_default();
        let got: Vec<&str> = errors
            .iter()
            .filter_map(|error| error.member("error").and_then(Json::text))
            .collect();
        let mut expected = Vec::new();
        for index in 1..rest.len() {
            expected.push(text(rest, index)?);
        }
        let fits = expected.len() == got.len()
            && expected
                .iter()
                .zip(&got)
                .all(|(expected, got)| *expected == "*" || expected == got);
        if fits {
            Ok(())
        } else {
            Err(format!("errors are {got:?}"))
        }
    }

    fn message(&mut self, channel: &str, rest: &[Token]) -> Result<(), String> {
        if rest.first() == Some(&Token::Word("fails".into())) {
            let (result, action) = self.take("send_message", "failed")?;
            same("channel", channel, result.at(&["message", "channel"]))?;
            return failure(action, &rest[1..]);
        }
        let (result, action) = self.take("send_message", "processing")?;
        same("status_reason", "queued", action.member("status_reason"))?;
        same("message_type", channel, action.member("message_type"))?;
        same("channel", channel, result.at(&["message", "channel"]))?;
        if rest.is_empty() {
            return Ok(());
        }
        let body = ["body", "text", "html"]
            .iter()
            .find_map(|part| result.at(&["message", part]));
        same("the body", text(rest, 0)?, body)
    }

    fn action(&mut self, rest: &[Token]) -> Result<(), String> {
        let name = word(rest, 0)?;
        if rest.get(1) == Some(&Token::Word("fails".into())) {
            let (_, action) = self.take("custom", "failed")?;
            same("name", name, action.member("name"))?;
            return failure(action, &rest[2..]);
        }
        let (_, action) = self.take("custom", "processing")?;
        same("name", name, action.member("name"))?;
        let empty = Json::Object(Vec::new());
        let params = action.member("params").unwrap_or(&empty);
        value(rest, 1)?.takes(params)
    }

    fn about_last(&self, verb: &str, rest: &[Token]) -> Result<(), String> {
        let last = self.next.checked_sub(1).and_then(|at| self.results.get(at));
        let last = last.ok_or("there is no result before this line")?;
        match verb {
            "is" => value(rest, 0)?.takes(&last.clone().without("id")),
            "to" => {
                let to = last
                    .at(&["message", "to"])
                    .ok_or(format!("no `to`: {last}"))?;
                value(rest, 0)?.takes(to)
            }
            "part" => {
                let name = word(rest, 0)?;
                same(name, text(rest, 1)?, last.at(&["message", name]))
            }
            _ => {
                let message = last.member("message").ok_or("no message")?;
                let forced = rest.get(2).map(|_| text(rest, 2)).transpose()?;
                encoding(message, word(rest, 0)?, word(rest, 1)?, forced)
            }
        }
    }
}

/// Holds a message's encoding, segments and forcing characters to what is expected.
pub(super) fn encoding(
    message: &Json,
    encoding: &str,
    segments: &str,
    forced: Option<&str>,
) -> Result<(), String> {
    same("encoding", encoding, message.member("encoding"))?;
    if message.member("segments") != Some(&Json::Number(segments.into())) {
        return Err(format!(
            "expected {segments} segments, got {:?}",
            message.member("segments")
        ));
    }
    let got = match message.member("ucs2") {
        None => String::new(),
        Some(Json::Text(text)) => text.clone(),
        Some(list) => list.list().iter().filter_map(Json::text).collect(),
    };
    match forced {
        Some(forced) if forced != got => Err(format!("expected {forced:?} to force, got {got:?}")),
        _ => Ok(()),
    }
}

/// `["ERROR"]` or `REASON ["ERROR"]` of a failed action.
pub(super) fn failure(action: &Json, rest: &[Token]) -> Result<(), String> {
    let (reason, rest) = match rest.first() {
        Some(Token::Word(reason)) => (&**reason, &rest[1..]),
        _ => ("ValidationError", rest),
    };
    let status_reason = match reason {
        "UnexpectedError" => reason,
        _ => "event_message_action_failed",
    };
    same(
        "status_reason",
        status_reason,
        action.member("status_reason"),
    )
    .map_err(|error| format!("{error} in {action}"))?;
    let failure = action
        .member("failure")
        .ok_or(format!("no failure: {action}"))?;
    same("reason", reason, failure.member("reason"))
        .map_err(|error| format!("{error} in {failure}"))?;
    let errors = failure.member("errors").map(Json::list).unwrap_or_default();
    let [error] = errors else {
        return Err(format!("not one error: {failure}"));
    };
    match rest.first() {
        None => Ok(()),
        Some(_) => same("error", text(rest, 0)?, error.member("error")),
    }
}

/// Holds a rejection to its code and path. Codes about the whole text have no path.
pub(super) fn rejection(
    got: &Json,
    code: &str,
    path: Option<Result<&str, String>>,
) -> Result<(), String> {
    let code_got = got.at(&["rejected", "code"]).and_then(Json::text);
    if code_got != Some(code) {
        return Err(format!("got {got}"));
    }
    let path_got = got.at(&["rejected", "path"]).and_then(Json::text);
    let whole = [
        "event_too_large",
        "invalid_json",
        "too_deep",
        "not_an_object",
    ]
    .contains(&code);
    match path.transpose()? {
        Some(path) if path_got != Some(path) => Err(format!("got {got}")),
        None if whole && path_got.is_some() => Err(format!("got {got}")),
        _ => Ok(()),
    }
}

/// Finds a diagnostic of that severity in the range of lines and columns that holds every word.
pub(super) fn find(
    diagnostics: &[&Diagnostic],
    severity: &str,
    line: &str,
    column: &str,
    words: &[Token],
) -> Result<(), String> {
    let fits = |one: &&&Diagnostic| {
        let shape = json(&one.to_json());
        let at = |name: &str| match shape.member(name) {
            Some(Json::Number(number)) => number.parse().unwrap_or(0),
            _ => 0,
        };
        let said = ["code", "message", "help"]
            .map(|part| shape.member(part).and_then(Json::text).unwrap_or_default())
            .join(" ");
        shape.member("severity").and_then(Json::text) == Some(severity)
            && within(line, at("line"))
            && within(column, at("column"))
            && holds_words(&said, words).is_ok()
    };
    if diagnostics.iter().any(|one| fits(&one)) {
        return Ok(());
    }
    Err(all_of(diagnostics))
}

/// All of them, on one line.
pub(super) fn all_of(diagnostics: &[&Diagnostic]) -> String {
    let all: Vec<String> = diagnostics.iter().map(|one| in_short(one)).collect();
    match all.is_empty() {
        true => "got none".into(),
        false => format!("got {}", all.join("; ")),
    }
}

fn within(range: &str, number: usize) -> bool {
    if range == "*" {
        return true;
    }
    let (from, until) = range.split_once("..").unwrap_or((range, range));
    from.parse().is_ok_and(|from: usize| from <= number)
        && until.parse().is_ok_and(|until: usize| number <= until)
}

fn holds_words(said: &str, words: &[Token]) -> Result<(), String> {
    let said = said.to_lowercase();
    for word in words {
        let word = match word {
            Token::Word(word) | Token::Value(Json::Text(word)) => word,
            Token::Value(other) => return Err(format!("no word: {other}")),
        };
        if !said.contains(&word.to_lowercase()) {
            return Err(format!("`{word}` is not in: {said}"));
        }
    }
    Ok(())
}

/// What is wrong with rules, on one line.
pub(super) fn all_in_short(all: &Diagnostics) -> String {
    let errors: Vec<String> = all.iter().map(in_short).collect();
    format!("the rules have errors: {}", errors.join("; "))
}

/// A diagnostic on one line.
pub(super) fn in_short(one: &Diagnostic) -> String {
    let shape = json(&one.to_json());
    let part = |name: &str| {
        shape
            .member(name)
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    format!(
        "{} {}:{}:{} {} {}",
        part("code"),
        part("file"),
        part("line"),
        part("column"),
        part("message"),
        part("help")
    )
}

fn shown(what: &What) -> String {
    match what {
        What::Rejected(json) | What::Ignored(json) | What::Done(json) => json.to_string(),
        What::Asks(questions) => format!("asks {}", Json::List(questions.clone())),
    }
}

fn same(what: &str, expected: &str, got: Option<&Json>) -> Result<(), String> {
    match got.and_then(Json::text) {
        Some(got) if expected == "*" || expected == got => Ok(()),
        _ => {
            let got = got.map_or("nothing".into(), ToString::to_string);
            Err(format!("{what}: expected {expected:?}, got {got}"))
        }
    }
}

/// Cuts a line into words and JSON values.
pub(super) fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        if rest.starts_with(['"', '{', '[']) {
            // `[0].a` is a path: the word of a rejection, and no list of its own.
            match Json::parse_prefix(rest) {
                Ok((value, after)) if after.is_empty() || after.starts_with(' ') => {
                    tokens.push(Token::Value(value));
                    rest = after.trim_start();
                    continue;
                }
                Err(error) if rest.starts_with('"') || rest.starts_with('{') => return Err(error),
                _ => {}
            }
        }
        let end = word_end(rest);
        tokens.push(Token::Word(rest[..end].to_owned()));
        rest = rest[end..].trim_start();
    }
    Ok(tokens)
}

/// A word ends at a blank that is not inside of quotes: `event_data["a b"]` is one.
fn word_end(text: &str) -> usize {
    let mut quoted = false;
    let end = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ' ' && !quoted
    });
    end.map_or(text.len(), |(at, _)| at)
}

pub(super) fn word(tokens: &[Token], index: usize) -> Result<&str, String> {
    match tokens.get(index) {
        Some(Token::Word(word)) => Ok(word),
        other => Err(format!("a word is expected, got {other:?}")),
    }
}

pub(super) fn value(tokens: &[Token], index: usize) -> Result<&Json, String> {
    match tokens.get(index) {
        Some(Token::Value(value)) => Ok(value),
        other => Err(format!("a JSON value is expected, got {other:?}")),
    }
}

pub(super) fn text(tokens: &[Token], index: usize) -> Result<&str, String> {
    value(tokens, index)?
        .text()
        .ok_or("a string is expected".into())
}

mod tests {
    use super::*;

    #[test]
    fn lines_are_words_and_values() {
        let line = r#"failed x "a b" {"c": [1]} event_data["a b"].c [0].a"#;
        let expected = [
            Token::Word("failed".into()),
            Token::Word("x".into()),
            Token::Value(Json::Text("a b".into())),
            Token::Value(Json::parse(r#"{"c":[1]}"#).unwrap()),
            Token::Word(r#"event_data["a b"].c"#.into()),
            Token::Word("[0].a".into()),
        ];
        assert_eq!(tokens(line).unwrap(), expected);
        assert!(tokens(r#"sms "never closed"#).is_err());
    }

    #[test]
    fn ranges() {
        assert!(within("*", 7) && within("7", 7) && within("5..7", 7));
        assert!(!within("6", 7) && !within("8..9", 7) && !within("x", 7));
    }
}
