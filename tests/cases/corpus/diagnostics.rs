//! Looks for a diagnostic by its severity, its place and words of its text.

use pointsman::{Diagnostic, Diagnostics, Engine};

use super::json::Json;
use super::setup::json;
use super::tokens::{Token, contains_words};

/// Returns the errors of rules, or the warnings of rules without errors.
pub(super) fn of(built: &Result<Engine, Diagnostics>) -> &Diagnostics {
    match built {
        Ok(engine) => engine.warnings(),
        Err(diagnostics) => diagnostics,
    }
}

/// Checks that there is a diagnostic of `severity` at `line` and `column` whose code, message or help
/// contain all words. A line or column is a number, a range `3..7`, or `*` for any.
pub(super) fn find(
    diagnostics: &Diagnostics,
    severity: &str,
    (line, column): (&str, &str),
    words: &[Token],
) -> Result<(), String> {
    let fits = |one: &Diagnostic| {
        let fields = json(&one.to_json());
        let number = |name: &str| match fields.member(name) {
            Some(Json::Number(number)) => number.parse().unwrap_or(0),
            _ => 0,
        };
        let parts = ["code", "message", "help"];
        let text = parts.map(|part| fields.text_at(&[part]).unwrap_or_default());
        fields.text_at(&["severity"]) == Some(severity)
            && is_within(line, number("line"))
            && is_within(column, number("column"))
            && contains_words(&text.join(" "), words).is_ok()
    };
    match diagnostics.iter().any(fits) {
        true => Ok(()),
        false => Err(format!("got {}", summary(diagnostics))),
    }
}

/// Returns all of them on one line.
pub(super) fn summary(diagnostics: &Diagnostics) -> String {
    let all: Vec<String> = diagnostics.iter().map(line).collect();
    match all.is_empty() {
        true => "no diagnostics".into(),
        false => all.join("; "),
    }
}

/// Returns a diagnostic on one line.
pub(super) fn line(one: &Diagnostic) -> String {
    let fields = json(&one.to_json());
    let part = |name: &str| fields.member(name).map(Json::to_string).unwrap_or_default();
    let place = [part("file"), part("line"), part("column")].join(":");
    [part("code"), place, part("message"), part("help")].join(" ")
}

fn is_within(range: &str, number: usize) -> bool {
    if range == "*" {
        return true;
    }
    let (from, until) = range.split_once("..").unwrap_or((range, range));
    from.parse().is_ok_and(|from: usize| from <= number)
        && until.parse().is_ok_and(|until: usize| number <= until)
}

pub(super) mod tests {
    use super::is_within;

    pub(crate) fn ranges_include_both_ends() {
        assert!(is_within("*", 7) && is_within("7", 7) && is_within("5..7", 7));
        assert!(!is_within("6", 7) && !is_within("8..9", 7) && !is_within("x", 7));
    }
}
