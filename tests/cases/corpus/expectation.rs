//! Checks the lines of `--- expect` against the result of an event, or against the diagnostics of rules.

use pointsman::{Diagnostics, Engine};

use super::case_file::Section;
use super::json::Json;
use super::setup::{Reply, Routed};
use super::tokens::{Token, contains_words, optional_text, text, texts, tokens, value, word};
use super::{Failure, diagnostics};

/// Checks every line, up to the first that does not hold.
pub(super) fn check(
    section: &Section,
    built: &Result<Engine, Diagnostics>,
    routed: Option<&Routed>,
    failures: &mut Vec<Failure>,
) -> Result<(), String> {
    let mut check = Check {
        built,
        routed,
        results: match routed.map(|routed| &routed.reply) {
            Some(Reply::Done(outcome)) => outcome.list("results"),
            _ => &[],
        },
        next: 0,
        errors_expected: false,
        mentioned: Vec::new(),
    };
    let text = section.text()?;
    let mut is_empty = true;
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with("//") {
            continue;
        }
        is_empty = false;
        if let Err(message) = check.line(line) {
            let number = section.lines.get(index).map(|(number, _)| *number);
            let message = format!("{line}\n    {message}");
            failures.push(Failure::new(number.unwrap_or(section.line), message));
            return Ok(());
        }
    }
    match is_empty {
        true => Err("nothing is expected".into()),
        false => check.nothing_else(),
    }
}

struct Check<'a> {
    built: &'a Result<Engine, Diagnostics>,
    routed: Option<&'a Routed>,
    results: &'a [Json],
    /// The index of the result that the next line about a result is compared with.
    next: usize,
    errors_expected: bool,
    /// The properties of the whole outcome that a line was about, such as `incomplete`.
    mentioned: Vec<String>,
}

impl<'a> Check<'a> {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let tokens = tokens(line)?;
        let verb = word(&tokens, 0)?;
        let rest = &tokens[1..];
        match verb {
            "error" | "warning" => {
                let place = word(rest, 0)?.split_once(':');
                let place = place.ok_or("a place is LINE:COLUMN")?;
                self.errors_expected |= verb == "error";
                diagnostics::find(diagnostics::of(self.built), verb, place, &rest[1..])
            }
            "no" => {
                let severity = word(rest, 0)?.trim_end_matches('s');
                let mut all = diagnostics::of(self.built).iter();
                match all.find(|one| one.severity().to_string() == severity) {
                    Some(found) => Err(format!("got {}", diagnostics::line(found))),
                    None => Ok(()),
                }
            }
            "test" => self.test(rest),
            "outcome" => {
                match self.reply()? {
                    Reply::Rejected(json) | Reply::Ignored(json) | Reply::Done(json) => {
                        value(rest, 0)?.accepts(json)?;
                    }
                    other @ Reply::Asks(_) => return Err(unexpected(other)),
                }
                self.mention(verb)
            }
            "asks" => self.asks(rest),
            "ignored" => match self.reply()? {
                Reply::Ignored(_) => self.mention(verb),
                other => Err(unexpected(other)),
            },
            "rejected" => match self.reply()? {
                Reply::Rejected(rejection) => {
                    let path = rest.get(1).map(|_| word(rest, 1)).transpose()?;
                    check_rejection(rejection, word(rest, 0)?, path)?;
                    self.mention(verb)
                }
                other => Err(unexpected(other)),
            },
            "incomplete" | "truncated" => match self.reply()? {
                Reply::Done(outcome) if outcome.member(verb) == Some(&Json::Bool(true)) => {
                    self.mention(verb)
                }
                other => Err(unexpected(other)),
            },
            "says" => match self.reply()? {
                Reply::Done(json) | Reply::Rejected(json)
                    if json.to_string().contains(text(rest, 0)?) =>
                {
                    Ok(())
                }
                other => Err(unexpected(other)),
            },
            "explain" => self.explanation(rest),
            "skips" | "refuses" => self.rule_explanation(verb, rest),
            "accepted" => {
                let (result, action) = self.take("routing", "processing")?;
                check_text("rule", word(rest, 0)?, result.member("rule"))?;
                let reason = "accepted_by_event_triggered_message";
                check_text("status_reason", reason, action.member("status_reason"))
            }
            "failed" => self.routing_failure(rest),
            "sms" | "mms" | "push" | "email" => self.message(verb, rest),
            "do" => self.action(rest),
            "to" | "part" | "encoding" | "is" => self.last_result(verb, rest),
            _ => Err(format!("no expectation begins with `{verb}`")),
        }
    }

    /// Checks that there is nothing that no line was about.
    fn nothing_else(&self) -> Result<(), String> {
        if let Err(errors) = self.built {
            return match self.errors_expected {
                true => Ok(()),
                false => Err(format!(
                    "the rules have errors: {}",
                    diagnostics::summary(errors)
                )),
            };
        }
        let mentioned = |name: &str| self.mentioned.iter().any(|other| other == name);
        match self.routed.map(|routed| &routed.reply) {
            None => Ok(()),
            Some(Reply::Done(_)) if mentioned("outcome") => Ok(()),
            Some(Reply::Done(outcome)) => {
                if let Some(result) = self.results.get(self.next) {
                    return Err(format!("not expected: {result}"));
                }
                let mut flags = ["incomplete", "truncated"].into_iter();
                match flags.find(|flag| outcome.member(flag).is_some() && !mentioned(flag)) {
                    Some(flag) => Err(format!("the outcome is {flag}")),
                    None => Ok(()),
                }
            }
            Some(other) if self.mentioned.is_empty() => Err(unexpected(other)),
            Some(_) => Ok(()),
        }
    }

    fn reply(&self) -> Result<&'a Reply, String> {
        match self.routed {
            Some(routed) => Ok(&routed.reply),
            None => Err("there is no event".into()),
        }
    }

    fn mention(&mut self, property: &str) -> Result<(), String> {
        self.mentioned.push(property.to_owned());
        Ok(())
    }

    fn test(&self, rest: &[Token]) -> Result<(), String> {
        let title = text(rest, 0)?;
        let engine = match self.built {
            Ok(engine) => engine,
            Err(errors) => return Err(diagnostics::summary(errors)),
        };
        let reports = engine.run_tests();
        let report = reports.iter().find(|report| report.title() == title);
        let report = report.ok_or("there is no such test")?;
        let failures: Vec<&str> = report.failures().iter().map(|one| one.message()).collect();
        match word(rest, 1)? {
            "passes" if report.passed() => Ok(()),
            "passes" => Err(format!("it fails: {}", failures.join("; "))),
            _ if report.passed() => Err("it passes".into()),
            _ => contains_words(&failures.join("; "), &rest[2..]),
        }
    }

    fn asks(&mut self, rest: &[Token]) -> Result<(), String> {
        let reply = self.reply()?;
        let Reply::Asks(questions) = reply else {
            return Err(unexpected(reply));
        };
        let mut left: Vec<&Json> = questions.iter().collect();
        for index in 0..rest.len() {
            let expected = value(rest, index)?;
            let found = left.iter().position(|one| expected.accepts(one).is_ok());
            left.remove(found.ok_or_else(|| unexpected(reply))?);
        }
        match left.first() {
            None => self.mention("asks"),
            Some(more) => Err(format!("asks {more} too")),
        }
    }

    fn rule_explanation(&self, verb: &str, rest: &[Token]) -> Result<(), String> {
        let rule = word(rest, 0)?;
        let rules = self.routed.map(|routed| &*routed.rules).unwrap_or_default();
        let found = rules.iter().find(|one| one.rule == rule);
        let found = found.ok_or(format!("explain does not mention `{rule}`"))?;
        let skips = verb == "skips" && found.verdict == "incomplete";
        let error = optional_text(rest, 1)?;
        let has_error = error.is_none() || found.error.as_deref() == error;
        match (found.verdict == verb || skips) && has_error {
            true => Ok(()),
            false => Err(format!("explain says {found:?}")),
        }
    }

    fn explanation(&self, rest: &[Token]) -> Result<(), String> {
        let routed = self.routed.ok_or("there is no event")?;
        for explanation in &routed.explanation {
            match word(rest, 0)? {
                "holds" => contains_words(explanation, &rest[1..])?,
                "hides" if explanation.contains(text(rest, 1)?) => {
                    return Err(format!("it says {explanation}"));
                }
                "hides" => {}
                other => return Err(format!("`explain {other}` is not an expectation")),
            }
        }
        Ok(())
    }

    /// Returns the next result and its action, which must have that type and status.
    fn take(&mut self, kind: &str, status: &str) -> Result<(&'a Json, &'a Json), String> {
        let Some(result) = self.results.get(self.next) else {
            return Err(match self.routed.map(|routed| &routed.reply) {
                Some(Reply::Done(_)) => "there are no more results".into(),
                Some(other) => unexpected(other),
                None => diagnostics::summary(diagnostics::of(self.built)),
            });
        };
        let has = |name: &str, text: &str| result.text_at(&["action", name]) == Some(text);
        match result.member("action") {
            Some(action) if has("type", kind) && has("status", status) => {
                self.next += 1;
                Ok((result, action))
            }
            _ => Err(format!("got {result}")),
        }
    }

    fn routing_failure(&mut self, rest: &[Token]) -> Result<(), String> {
        let (result, action) = self.take("routing", "failed")?;
        let reason = action.member("status_reason");
        check_text("status_reason", "event_routing_failed", reason)?;
        let failure = action.member("failure");
        let failure = failure.ok_or(format!("no failure: {result}"))?;
        check_text("reason", word(rest, 0)?, failure.member("reason"))?;
        let errors = failure.list("errors").iter();
        let errors: Vec<&str> = errors
            .filter_map(|error| error.text_at(&["error"]))
            .collect();
        let expected = texts(rest, 1)?;
        let fits = |(expected, error): (&&str, &&str)| *expected == "*" || expected == error;
        match expected.len() == errors.len() && expected.iter().zip(&errors).all(fits) {
            true => Ok(()),
            false => Err(format!("errors are {errors:?}")),
        }
    }

    fn message(&mut self, channel: &str, rest: &[Token]) -> Result<(), String> {
        let fails = rest.first() == Some(&Token::Word("fails".into()));
        let status = if fails { "failed" } else { "processing" };
        let (result, action) = self.take("send_message", status)?;
        check_text("channel", channel, result.at(&["message", "channel"]))?;
        if fails {
            return check_failure(action, &rest[1..]);
        }
        check_text("status_reason", "queued", action.member("status_reason"))?;
        check_text("message_type", channel, action.member("message_type"))?;
        let parts = ["body", "text", "html"].iter();
        let body = parts
            .filter_map(|part| result.at(&["message", part]))
            .next();
        match optional_text(rest, 0)? {
            Some(expected) => check_text("the body", expected, body),
            None => Ok(()),
        }
    }

    fn action(&mut self, rest: &[Token]) -> Result<(), String> {
        let fails = rest.get(1) == Some(&Token::Word("fails".into()));
        let status = if fails { "failed" } else { "processing" };
        let (_, action) = self.take("custom", status)?;
        check_text("name", word(rest, 0)?, action.member("name"))?;
        if fails {
            return check_failure(action, &rest[2..]);
        }
        let empty = Json::Object(Vec::new());
        value(rest, 1)?.accepts(action.member("params").unwrap_or(&empty))
    }

    fn last_result(&self, verb: &str, rest: &[Token]) -> Result<(), String> {
        let last = self.next.checked_sub(1).and_then(|at| self.results.get(at));
        let last = last.ok_or("there is no result before this line")?;
        match verb {
            "is" => value(rest, 0)?.accepts(&last.clone().without("id")),
            "to" => {
                let to = last.at(&["message", "to"]);
                value(rest, 0)?.accepts(to.ok_or(format!("no `to`: {last}"))?)
            }
            "part" => {
                let name = word(rest, 0)?;
                check_text(name, text(rest, 1)?, last.at(&["message", name]))
            }
            _ => check_encoding(last.member("message").ok_or("no message")?, rest),
        }
    }
}

/// Checks a message against `ENCODING SEGMENTS ["CHARACTERS"]`.
pub(super) fn check_encoding(message: &Json, rest: &[Token]) -> Result<(), String> {
    check_text("encoding", word(rest, 0)?, message.member("encoding"))?;
    let expected = Json::Number(word(rest, 1)?.into());
    let segments = message.member("segments");
    if segments != Some(&expected) {
        return Err(format!("expected {expected} segments, got {segments:?}"));
    }
    // A list of characters, or `true` where the characters are not listed.
    let forcing = match message.text_at(&["ucs2"]) {
        Some(text) => text.to_owned(),
        None => message.list("ucs2").iter().filter_map(Json::text).collect(),
    };
    match optional_text(rest, 2)? {
        Some(expected) if expected != forcing => Err(format!(
            "expected {expected:?} to force UCS-2, got {forcing:?}"
        )),
        _ => Ok(()),
    }
}

/// Checks a failed action against `["ERROR"]` or `REASON ["ERROR"]`.
pub(super) fn check_failure(action: &Json, rest: &[Token]) -> Result<(), String> {
    let (reason, rest) = match rest.first() {
        Some(Token::Word(reason)) => (&**reason, &rest[1..]),
        _ => ("ValidationError", rest),
    };
    let status_reason = match reason {
        "UnexpectedError" => reason,
        _ => "event_message_action_failed",
    };
    check_text(
        "status_reason",
        status_reason,
        action.member("status_reason"),
    )
    .and_then(|()| check_text("reason", reason, action.at(&["failure", "reason"])))
    .map_err(|error| format!("{error} in {action}"))?;
    let [error] = action
        .member("failure")
        .map_or(&[][..], |one| one.list("errors"))
    else {
        return Err(format!("not one error: {action}"));
    };
    match optional_text(rest, 0)? {
        Some(expected) => check_text("error", expected, error.member("error")),
        None => Ok(()),
    }
}

/// Checks a rejection. The codes about the whole text have no path.
pub(super) fn check_rejection(got: &Json, code: &str, path: Option<&str>) -> Result<(), String> {
    const WHOLE: [&str; 4] = [
        "event_too_large",
        "invalid_json",
        "too_deep",
        "not_an_object",
    ];
    let path_got = got.text_at(&["rejected", "path"]);
    let is_path = match path {
        Some(_) => path == path_got,
        None => path_got.is_none() || !WHOLE.contains(&code),
    };
    match is_path && got.text_at(&["rejected", "code"]) == Some(code) {
        true => Ok(()),
        false => Err(format!("got {got}")),
    }
}

fn unexpected(reply: &Reply) -> String {
    match reply {
        Reply::Rejected(json) | Reply::Ignored(json) | Reply::Done(json) => format!("got {json}"),
        Reply::Asks(questions) => format!("it asks {}", Json::List(questions.clone())),
    }
}

fn check_text(name: &str, expected: &str, got: Option<&Json>) -> Result<(), String> {
    match got.and_then(Json::text) {
        Some(got) if expected == "*" || expected == got => Ok(()),
        _ => {
            let got = got.map_or("nothing".into(), Json::to_string);
            Err(format!("{name}: expected {expected:?}, got {got}"))
        }
    }
}
