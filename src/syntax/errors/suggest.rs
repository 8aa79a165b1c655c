//! Guesses what a word that does not fit was meant to be.

use super::expected::words;
use crate::syntax::grammar::Rule;
use crate::syntax::keyword::TYPES;
use crate::text::suggest::nearest;

/// Returns the word that is possible at a place and probably meant by `found`.
pub(super) fn near(found: &str, expected: &[Rule]) -> Option<&'static str> {
    let possible = || expected.iter().flat_map(|rule| words(*rule)).copied();
    let fits = |text: &&&str| {
        let first = text.split(' ').next();
        first.is_some_and(|first| possible().any(|word| word == first))
    };
    if let Some(synonym) = synonyms(found).iter().find(fits) {
        return Some(synonym);
    }
    let bare = |word: &str| word.to_ascii_lowercase().replace(['-', '_'], "");
    let bare_found = bare(found);
    let same = possible().find(|word| bare(word) == bare_found && !bare_found.is_empty());
    let is_word = found
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let nearest = || {
        let words = possible().filter(|word| word.starts_with(char::is_alphabetic));
        let is_long = is_word && found.len() > 1;
        is_long.then(|| nearest(found, words)).flatten()
    };
    // A keyword in the wrong place is not a misspelling.
    same.or_else(nearest).filter(|word| *word != found)
}

/// Returns the words of the language for a word that other languages use.
fn synonyms(word: &str) -> &'static [&'static str] {
    match word {
        "=" | "===" | "eq" | "equals" | "equal" => &["=="],
        "!==" | "<>" | "><" | "ne" | "neq" | "=!" | "/=" | "≠" => &["!="],
        "=<" | "lte" | "le" | "≤" => &["<="],
        "=>" | "gte" | "ge" | "≥" => &[">="],
        "gt" | "above" | "over" | "after" | "greater" | "more" => &[">"],
        "lt" | "below" | "under" | "before" | "less" => &["<"],
        "&&" | "&" | "∧" | "plus" => &["and"],
        "||" | "|" | "∨" => &["or"],
        "!" | "¬" => &["not"],
        "does" | "doesnt" | "doesn" => &["not contains"],
        "=~" | "~" | "~=" | "regex" | "regexp" | "match" => &["matches"],
        "includes" | "has" | "include" => &["contains"],
        "begins_with" | "starts" | "begins" | "prefix" => &["starts_with"],
        "ends" | "suffix" => &["ends_with"],
        "within" | "∈" => &["in"],
        "glob" => &["like"],
        "exists" | "exist" | "defined" => &["is present", "present"],
        "isnt" | "isn" => &["is not"],
        "empty" => &["is blank", "blank"],
        "undefined" | "absent" | "unset" => &["is missing", "missing"],
        "nil" | "None" | "none" => &["null"],
        "if" | "where" | "filter" | "condition" | "unless" => &["when"],
        "requires" | "needs" | "need" | "assert" | "check" => &["require"],
        "stop" | "last" | "break" | "exit" => &["final"],
        "prio" | "order" | "rank" => &["priority"],
        "event" | "events" | "type" | "types" | "for" | "listen" => &["on"],
        "from" => &["active from"],
        "until" => &["active until"],
        "to" | "till" => &["until"],
        "sms" => &["send sms"],
        "mms" => &["send mms"],
        "push" => &["send push"],
        "email" => &["send email", "email"],
        "call" | "run" | "emit" | "action" => &["do"],
        "message" | "msg" | "message_body" | "content" | "template" => &["body"],
        "recipient" | "receiver" => &["to"],
        "image" | "picture" => &["media"],
        "link" => &["url"],
        "now" => &["at"],
        "mail" | "e-mail" => &["email", "send email"],
        "text" => &["sms"],
        "notification" => &["push", "send push"],
        "int" | "integer" | "float" | "double" | "decimal" | "numeric" => &["number"],
        "boolean" => &["bool"],
        "str" | "String" => &["string"],
        "date" | "datetime" | "time" => &["timestamp"],
        "array" => &["list"],
        "map" | "dict" | "hash" => &["object"],
        "accept" | "accepted" => &["accepts"],
        "refuse" | "refused" | "rejects" => &["refuses"],
        "skip" | "skipped" => &["skips"],
        "send" | "sent" => &["sends"],
        "do" => &["does"],
        _ => &[],
    }
}

/// Returns whether a character written beside a number marks an amount of money.
pub(super) const fn is_currency(c: char) -> bool {
    matches!(c, '€' | '£' | '¥' | '₴' | '¢' | '₽' | '₹')
}

/// Returns the help for a comparison in words after `is`.
pub(super) fn comparison(word: &str) -> Option<&'static str> {
    Some(match word {
        "greater" | "more" | "above" | "over" | "after" | "bigger" | "larger" => {
            "compare with `>` or `>=`: `total > 5`"
        }
        "less" | "below" | "under" | "before" | "smaller" | "fewer" => {
            "compare with `<` or `<=`: `total < 5`"
        }
        "least" | "at" => "compare with `>=` or `<=`: `total >= 5`",
        "equal" | "equals" | "exactly" => "compare with `==`: `total == 5`",
        "one" => "write `in`: `city in [\"Austin\", \"Chicago\"]`",
        _ => return None,
    })
}

/// Returns the help for an operator after `not`.
pub(super) fn negation(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "<" => "write `>=`, or put `not` before the whole comparison",
        "<=" => "write `>`, or put `not` before the whole comparison",
        ">" => "write `<=`, or put `not` before the whole comparison",
        ">=" => "write `<`, or put `not` before the whole comparison",
        "!=" => "write `==`, or put `not` before the whole comparison",
        "==" | "=" | "equal" | "equals" => "write `!=`, or put `not` before the whole comparison",
        _ => return None,
    })
}

/// Returns the help for text that begins like a number but is not one.
pub(super) fn number(text: &str) -> String {
    let unsigned = text.trim_start_matches(['+', '-', '.']);
    let has_leading_zero = unsigned.len() > 1
        && unsigned.starts_with('0')
        && unsigned.bytes().all(|b| b.is_ascii_digit());
    if text.starts_with('.') || text.starts_with("-.") {
        format!("write `{}`", text.replacen('.', "0.", 1))
    } else if text.starts_with('+') {
        "remove the `+`".to_owned()
    } else if let Some(time) = clock(text) {
        format!("write times of day as `\"{time}\"`")
    } else if text.ends_with('%') {
        "percentages can only follow `sample`; 10% of a value is `0.1`".to_owned()
    } else if has_leading_zero {
        "remove the leading zeros".to_owned()
    } else if unsigned.contains('_') {
        "digits cannot be grouped".to_owned()
    } else {
        "write numbers as in JSON, durations as `90s`, `30m`, `2h` or `7d`, and text in double quotes"
            .to_owned()
    }
}

/// Rewrites `5pm` as `17:00`.
fn clock(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (hour, afternoon) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(hour), _) => (hour, 0),
        (_, Some(hour)) => (hour, 12),
        _ => return None,
    };
    let hour: u8 = hour.parse().ok().filter(|hour| (1..=12).contains(hour))?;
    let hour = (hour % 12).saturating_add(afternoon);
    Some(format!("{hour:02}:00"))
}

/// Returns the help for a list type whose element type is `rest`: ` of number`, `<string>`.
pub(super) fn list_type(rest: &str) -> String {
    let rest = rest.trim_start_matches([' ', '<', '(', '[']);
    let rest = rest.strip_prefix("of ").unwrap_or(rest).trim_start();
    if rest.starts_with('{') {
        return "write a list of objects as `[{ … }]`".to_owned();
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or("");
    let lower = word.to_ascii_lowercase();
    let singular = lower.strip_suffix('s').unwrap_or(&lower);
    let found = TYPES.iter().find(|ty| **ty == lower || **ty == singular);
    let found = found.or_else(|| synonyms(singular).iter().find(|ty| TYPES.contains(ty)));
    match found {
        Some(ty) => format!("write this list type as `[{ty}]`"),
        None => "write a list type as its element type in brackets: `[string]`".to_owned(),
    }
}

/// Returns the help for a call of a function that does not exist.
pub(super) fn function(name: &str) -> String {
    match &*name.to_ascii_lowercase() {
        "now" | "today" | "date" | "sysdate" | "getdate" | "current_date" => {
            "the current time is `now`, without parentheses".to_owned()
        }
        "lower" | "upper" | "lowercase" | "uppercase" | "tolower" | "toupper" | "lcase"
        | "ucase" => {
            "to ignore the case of letters, write `city == \"Wien\" ignoring case`".to_owned()
        }
        _ => match nearest(name, crate::syntax::keyword::FUNCTIONS) {
            Some(near) => format!("did you mean `{near}(…)`?"),
            None => {
                "the functions are `count`, `length`, `number`, `time` and `time_of_day`".to_owned()
            }
        },
    }
}
