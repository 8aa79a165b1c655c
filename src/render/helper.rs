//! Implements the helpers of templates.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::value::{TokenValue, Truth};
use super::write::too_long;
use super::{Failed, RenderFailure};
use crate::json::compare;
use crate::json::document::{Datum, Value};
use crate::number::Number;
use crate::template::program::Helper;
use crate::template::{MOST_DECIMALS, is_currency};
use crate::text::percent;
use crate::time::{TimeZone, Timestamp};

/// Calls a helper. A missing argument of a text helper makes the result missing. `most` is the maximum
/// length of a text in bytes.
pub(super) fn call<'a>(
    helper: Helper,
    values: &[TokenValue<'a>],
    blank: bool,
    most: usize,
) -> Result<TokenValue<'a>, RenderFailure> {
    let [first, rest @ ..] = values else {
        return Ok(TokenValue::Absent);
    };
    let second = rest.first().unwrap_or(&TokenValue::Absent);
    let third = rest.get(1).unwrap_or(&TokenValue::Absent);
    let fourth = rest.get(2).unwrap_or(&TokenValue::Absent);
    match helper {
        Helper::Default => return Ok(default(first, second).clone()),
        Helper::And => return Ok(all(values, Truth::False)),
        Helper::Or => return Ok(all(values, Truth::True)),
        _ => {}
    }
    if let Some(pending) = values.iter().find(|item| item.is_pending()) {
        return Ok(pending.clone());
    }
    let origin = first.origin();
    if let Some(truth) = condition(helper, first, second) {
        return Ok(TokenValue::truth_value(truth, origin));
    }
    if let Some(missing) = values.iter().find(|item| is_missing(item)) {
        return Ok(TokenValue::Value {
            datum: Datum::Missing,
            origin: missing.origin(),
        });
    }
    let text = match helper {
        Helper::Length => return length(first).map(|count| TokenValue::count(count, origin)),
        Helper::Upper => text(first)?.to_uppercase(),
        Helper::Lower => text(first)?.to_lowercase(),
        Helper::Capitalize => capitalize(&text(first)?),
        Helper::Title => title(&text(first)?),
        Helper::Trim => text(first)?.trim().to_owned(),
        Helper::Truncate => truncate(&text(first)?, whole(second)?, &option(third, "...")?),
        Helper::Replace => replace(&text(first)?, &text(second)?, &text(third)?, most)?,
        Helper::UrlEncode => url_encode(&text(first)?),
        Helper::Json => json(&first.view()),
        Helper::Join => {
            let between = text(second)?;
            join(&texts(first, blank)?, &between, &between, most)?
        }
        Helper::Sentence => join(&texts(first, blank)?, ", ", " and ", most)?,
        Helper::Plural => {
            let one = number(first)?.compare(Number::from_valid("1")) == Ordering::Equal;
            text(if one { second } else { third })?.into_owned()
        }
        Helper::Number => {
            let decimals = decimals(second)?;
            let written = fixed(first, number(first)?, decimals)?;
            grouped(&written, &option(third, "")?, &option(fourth, ".")?)
        }
        Helper::Currency => currency(first, second)?,
        Helper::Percent => {
            let shifted = number(first)?.shifted(2);
            let places = decimals(second)?.unwrap_or(0);
            fixed(first, shifted.as_number(), Some(places))? + "%"
        }
        Helper::Date => date(first, second, third)?,
        // Handled above or by the renderer.
        Helper::Default
        | Helper::Eq
        | Helper::Ne
        | Helper::Lt
        | Helper::Lte
        | Helper::Gt
        | Helper::Gte
        | Helper::And
        | Helper::Or
        | Helper::Not
        | Helper::Incentive => return Ok(TokenValue::Absent),
    };
    if text.len() > most {
        return Err(too_long(most));
    }
    Ok(TokenValue::text(text, origin))
}

/// Returns the number of bytes that a helper processes, by which its work is charged.
pub(super) fn work(helper: Helper, values: &[TokenValue<'_>]) -> usize {
    let whole = matches!(
        helper,
        Helper::Json | Helper::Join | Helper::Sentence | Helper::Eq | Helper::Ne
    );
    let bytes = |item: &TokenValue<'_>| match item.view() {
        Datum::Text(text) => text.len(),
        Datum::Node(value) if whole => value.raw().len(),
        Datum::Number(number) => number.text().len(),
        _ => 0,
    };
    values.iter().map(bytes).fold(0, usize::saturating_add)
}

fn not_a(item: &TokenValue<'_>, what: &str) -> RenderFailure {
    Failed::invalid(format!("Token {} is not {what}", item.origin()))
}

fn is_missing(item: &TokenValue<'_>) -> bool {
    match item {
        TokenValue::Absent => false,
        item => matches!(item.view(), Datum::Missing | Datum::Null),
    }
}

fn default<'i, 'a>(item: &'i TokenValue<'a>, otherwise: &'i TokenValue<'a>) -> &'i TokenValue<'a> {
    if item.is_pending() {
        return item;
    }
    match item.view() {
        Datum::Missing | Datum::Null => otherwise,
        Datum::Text(text) if text.trim().is_empty() => otherwise,
        _ => item,
    }
}

/// Computes Kleene's `and` (`decisive` is false) or `or` (`decisive` is true). Pending values count
/// only if no other value decides.
fn all<'a>(values: &[TokenValue<'a>], decisive: Truth) -> TokenValue<'a> {
    let origin = values.first().map_or("", TokenValue::origin);
    let pending = |item: &&TokenValue<'a>| {
        matches!(item, TokenValue::Pending(_) | TokenValue::Unavailable(_))
    };
    let settled = || values.iter().filter(|item| !pending(item));
    if settled().any(|item| item.truth() == decisive) {
        return TokenValue::truth_value(decisive, origin);
    }
    if let Some(pending) = values.iter().find(pending) {
        return pending.clone();
    }
    if settled().any(|item| item.truth() == Truth::Unknown) {
        return TokenValue::Unknown { origin };
    }
    TokenValue::truth_value(not(decisive), origin)
}

const fn not(truth: Truth) -> Truth {
    match truth {
        Truth::True => Truth::False,
        Truth::False => Truth::True,
        Truth::Unknown => Truth::Unknown,
    }
}

/// Compares two values read as times; unknown if either is not a time.
pub(super) fn compare_times<'a>(
    helper: Helper,
    left: &TokenValue<'a>,
    right: &TokenValue<'a>,
) -> TokenValue<'a> {
    if let Some(pending) = [left, right].into_iter().find(|item| item.is_pending()) {
        return pending.clone();
    }
    let time = |item: &TokenValue<'a>| {
        let time = time_of(&item.view());
        TokenValue::Value {
            datum: time.map_or(Datum::Missing, Datum::Time),
            origin: item.origin(),
        }
    };
    let truth = condition(helper, &time(left), &time(right));
    TokenValue::truth_value(truth.unwrap_or(Truth::Unknown), left.origin())
}

/// Evaluates a condition; `None` if the helper is not a condition.
fn condition(helper: Helper, first: &TokenValue<'_>, second: &TokenValue<'_>) -> Option<Truth> {
    let truth = |holds: bool| if holds { Truth::True } else { Truth::False };
    let equal = || match sides(first, second) {
        Some((left, right)) => compare::equal(&left, &right).map_or(Truth::Unknown, truth),
        None => Truth::Unknown,
    };
    let order = |holds: fn(Ordering) -> bool| match sides(first, second) {
        Some((left, right)) => {
            let order = compare::order(&left, &right);
            order.map_or(Truth::Unknown, |order| truth(holds(order)))
        }
        None => Truth::Unknown,
    };
    Some(match helper {
        Helper::Not => not(first.truth()),
        Helper::Eq => equal(),
        Helper::Ne => not(equal()),
        Helper::Lt => order(Ordering::is_lt),
        Helper::Lte => order(Ordering::is_le),
        Helper::Gt => order(Ordering::is_gt),
        Helper::Gte => order(Ordering::is_ge),
        _ => return None,
    })
}

/// Returns the two values to compare. If one is a time, the other is read as a time.
fn sides<'i>(
    first: &'i TokenValue<'_>,
    second: &'i TokenValue<'_>,
) -> Option<(Datum<'i>, Datum<'i>)> {
    if matches!(first, TokenValue::Unknown { .. }) || matches!(second, TokenValue::Unknown { .. }) {
        return None;
    }
    Some(match (first.view(), second.view()) {
        (left @ Datum::Time(_), right) => (left, Datum::Time(time_of(&right)?)),
        (left, right @ Datum::Time(_)) => (Datum::Time(time_of(&left)?), right),
        sides => sides,
    })
}

fn time_of(datum: &Datum<'_>) -> Option<Timestamp> {
    match datum {
        Datum::Time(time) => Some(*time),
        Datum::Text(text) => Timestamp::parse(text),
        Datum::Number(number) => Timestamp::from_epoch(*number),
        _ => None,
    }
}

/// Returns the text of a scalar.
fn text<'i>(item: &'i TokenValue<'_>) -> Result<Cow<'i, str>, RenderFailure> {
    scalar(item.view()).ok_or_else(|| not_a(item, "a text"))
}

fn scalar(datum: Datum<'_>) -> Option<Cow<'_, str>> {
    match datum {
        Datum::Text(text) => Some(text),
        Datum::Number(number) => Some(Cow::Borrowed(number.text())),
        Datum::Bool(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
        Datum::Time(time) => Some(Cow::Owned(time.to_string())),
        Datum::Missing | Datum::Null | Datum::Node(_) | Datum::List(_) => None,
    }
}

fn option<'i>(
    item: &'i TokenValue<'_>,
    otherwise: &'static str,
) -> Result<Cow<'i, str>, RenderFailure> {
    match item {
        TokenValue::Absent => Ok(Cow::Borrowed(otherwise)),
        item => text(item),
    }
}

/// Returns a number, or the number that a string contains.
fn number<'i>(item: &'i TokenValue<'_>) -> Result<Number<'i>, RenderFailure> {
    let number = match item.view() {
        Datum::Number(number) => Some(number),
        Datum::Text(Cow::Borrowed(text)) => Number::parse(text),
        _ => None,
    };
    number.ok_or_else(|| not_a(item, "a number"))
}

fn whole(item: &TokenValue<'_>) -> Result<usize, RenderFailure> {
    let number = match item.view() {
        Datum::Number(number) => number
            .to_i64()
            .and_then(|count| usize::try_from(count).ok()),
        _ => None,
    };
    number.ok_or_else(|| not_a(item, "a whole number"))
}

fn decimals(item: &TokenValue<'_>) -> Result<Option<u32>, RenderFailure> {
    if matches!(item, TokenValue::Absent) {
        return Ok(None);
    }
    match u32::try_from(whole(item)?) {
        Ok(decimals) if decimals <= MOST_DECIMALS => Ok(Some(decimals)),
        _ => Err(not_a(item, "a number of decimals")),
    }
}

/// Formats a number with `decimals` decimals, or with as many as it has.
fn fixed(
    item: &TokenValue<'_>,
    number: Number<'_>,
    decimals: Option<u32>,
) -> Result<String, RenderFailure> {
    number
        .to_fixed(decimals.unwrap_or_else(|| number.decimals()))
        .ok_or_else(|| Failed::invalid(format!("Token {} is too long a number", item.origin())))
}

/// Adds separators to a number formatted by `to_fixed`.
fn grouped(written: &str, group: &str, point: &str) -> String {
    let (sign, digits) = match written.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", written),
    };
    let (before, after) = match digits.split_once('.') {
        Some((before, after)) => (before, Some(after)),
        None => (digits, None),
    };
    let mut out = String::from(sign);
    for (index, digit) in before.chars().enumerate() {
        let left = before.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            out.push_str(group);
        }
        out.push(digit);
    }
    if let Some(after) = after {
        out.push_str(point);
        out.push_str(after);
    }
    out
}

fn currency(amount: &TokenValue<'_>, code: &TokenValue<'_>) -> Result<String, RenderFailure> {
    let name = text(code)?;
    if !is_currency(&name) {
        return Err(not_a(code, "a currency"));
    }
    // The number of decimals according to ISO 4217.
    let decimals = match &*name {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    };
    let symbol = match &*name {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        "UAH" => "₴",
        "CZK" => "Kč",
        _ => "",
    };
    let written = grouped(&fixed(amount, number(amount)?, Some(decimals))?, ",", ".");
    let (sign, digits) = match written.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", written.as_str()),
    };
    Ok(match symbol {
        "" => format!("{sign}{name} {digits}"),
        symbol => format!("{sign}{symbol}{digits}"),
    })
}

fn date(
    at: &TokenValue<'_>,
    pattern: &TokenValue<'_>,
    zone: &TokenValue<'_>,
) -> Result<String, RenderFailure> {
    let time = time_of(&at.view()).ok_or_else(|| not_a(at, "a date"))?;
    let zone = match zone {
        TokenValue::Absent => TimeZone::UTC,
        zone => TimeZone::find(&text(zone)?).ok_or_else(|| not_a(zone, "a time zone"))?,
    };
    time.strftime(&zone, &text(pattern)?)
        .map_err(|_| not_a(pattern, "a date pattern"))
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        begins = c.is_whitespace();
    }
    out
}

/// Truncates a text to `most` characters including `end`. If `end` is longer than that, it is left out.
fn truncate(text: &str, most: usize, end: &str) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    match most.checked_sub(end.chars().count()) {
        Some(kept) => text.chars().take(kept).chain(end.chars()).collect(),
        None => text.chars().take(most).collect(),
    }
}

fn replace(text: &str, from: &str, to: &str, most: usize) -> Result<String, RenderFailure> {
    if from.is_empty() {
        return Ok(text.to_owned());
    }
    let count = text.matches(from).count();
    let length = text
        .len()
        .saturating_sub(count.saturating_mul(from.len()))
        .saturating_add(count.saturating_mul(to.len()));
    if length > most {
        return Err(too_long(most));
    }
    Ok(text.replace(from, to))
}

fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    percent::push(&mut out, text);
    out
}

/// Writes compact JSON; keeps numbers and strings as the event spells them.
fn json(datum: &Datum<'_>) -> String {
    match datum {
        Datum::Node(value) => compact(value.raw()),
        Datum::Text(text) => crate::json::write::string(text),
        Datum::Time(time) => crate::json::write::string(&time.to_string()),
        Datum::Number(number) => number.text().to_owned(),
        Datum::Bool(value) => value.to_string(),
        Datum::Missing | Datum::Null | Datum::List(_) => "null".to_owned(),
    }
}

fn compact(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut inside = false;
    let mut escaped = false;
    for c in raw.chars() {
        if inside {
            inside = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            inside = c == '"';
        }
        out.push(c);
    }
    out
}

fn length(item: &TokenValue<'_>) -> Result<u64, RenderFailure> {
    match item.view() {
        Datum::Text(text) => Ok(text.chars().map(|_| 1).sum()),
        Datum::Node(value) if value.is_list() => Ok(value.count().into()),
        _ => Err(not_a(item, "a list or a text")),
    }
}

/// Returns the texts of a list. With `blank`, null elements are skipped.
fn texts<'i>(item: &'i TokenValue<'_>, blank: bool) -> Result<Vec<Cow<'i, str>>, RenderFailure> {
    let list = match item.view() {
        Datum::Node(value) if value.is_list() => value,
        _ => return Err(not_a(item, "a list")),
    };
    list.elements()
        .map(Value::datum)
        .filter(|element| !blank || !matches!(element, Datum::Null))
        .map(|element| scalar(element).ok_or_else(|| not_a(item, "a list of texts")))
        .collect()
}

fn join(
    texts: &[Cow<'_, str>],
    between: &str,
    last: &str,
    most: usize,
) -> Result<String, RenderFailure> {
    let mut out = String::new();
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            let ends = index.saturating_add(1) == texts.len();
            out.push_str(if ends { last } else { between });
        }
        out.push_str(text);
        if out.len() > most {
            return Err(too_long(most));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use crate::render::tests::{Setting, check};

    #[test]
    fn text_helpers() {
        let data = r#"{
            "s": "hello wORLD", "u": "éß ñ", "pad": "  x \n", "n": 12, "yes": true, "long": "The quick brown fox jumps",
            "q": "a b/c?ü~-._!", "l": ["a", "b", "c"], "two": ["a", "b"], "one": ["a"], "none": [], "mixed": [1, "x", true],
            "holes": ["a", null, "b"], "deep": [["a"]], "o": {"k" : [1 , 2.50], "s": "a \" b \\" }, "emoji": "👍🏽abc"
        }"#;
        check(
            &[
                (
                    "{{upper s}} {{lower s}} {{capitalize s}} {{title s}} {{capitalize u}}",
                    data,
                    "HELLO WORLD hello world Hello wORLD Hello WORLD Éß ñ",
                ),
                (
                    "[{{trim pad}}] {{upper n}} {{upper yes}} {{upper u}}",
                    data,
                    "[x] 12 TRUE ÉSS Ñ",
                ),
                (
                    "{{truncate long 9}}|{{truncate long 9 end=''}}|{{truncate long 9 end='…'}}|{{truncate long 25}}|{{truncate long 2}}|{{truncate long 0}}|{{truncate long 3}}",
                    data,
                    "The qu...|The quick|The quic…|The quick brown fox jumps|Th||...",
                ),
                ("{{truncate emoji 3 end=''}}", data, "👍🏽a"),
                (
                    "{{replace s 'l' 'L'}} {{replace s '' 'x'}} {{replace s ' ' ''}}",
                    data,
                    "heLLo wORLD hello wORLD hellowORLD",
                ),
                ("{{url_encode q}}", data, "a%20b%2Fc%3F%C3%BC~-._%21"),
                (
                    "{{json o}} {{json s}} {{json n}} {{json yes}} {{json l}}",
                    data,
                    r#"{"k":[1,2.50],"s":"a \" b \\"} "hello wORLD" 12 true ["a","b","c"]"#,
                ),
                (
                    "{{join l ', '}} {{join none ', '}} {{join one ', '}} {{join mixed '-'}}",
                    data,
                    "a, b, c  a 1-x-true",
                ),
                (
                    "{{sentence l}}; {{sentence two}}; {{sentence one}}; {{sentence none}}",
                    data,
                    "a, b and c; a and b; a; ",
                ),
                ("{{join s ','}}", data, "!Token s is not a list"),
                (
                    "{{join holes ','}}",
                    data,
                    "!Token holes is not a list of texts",
                ),
                (
                    "{{sentence deep}}",
                    data,
                    "!Token deep is not a list of texts",
                ),
                (
                    "{{length l}} {{length s}} {{length emoji}} {{length none}}",
                    data,
                    "3 11 5 0",
                ),
                ("{{length o}}", data, "!Token o is not a list or a text"),
                ("{{length n}}", data, "!Token n is not a list or a text"),
                (
                    "{{truncate long s}}",
                    data,
                    "!Token s is not a whole number",
                ),
                (
                    "{{upper (truncate long 9)}} {{length (upper s)}}",
                    data,
                    "THE QU... 11",
                ),
            ],
            &Setting::default(),
        );
        let mut blank = Setting::default();
        blank.blank = true;
        check(
            &[("{{join holes ','}} {{join x ','}}.", data, "a,b .")],
            &blank,
        );
    }

    #[test]
    fn number_helpers() {
        let data = r#"{
            "n": 1234.5, "t": "1234567.891", "neg": -1234.565, "big": 123456789012345678901234567890.125, "e": 1.5e3, "tiny": 1e-3,
            "one": 1.0, "two": 2, "ones": "1", "share": 0.256, "s": "many", "huge": 1e999999999, "zero": -0.001, "code": "EUR", "bad": "eur"
        }"#;
        check(
            &[
                (
                    "{{number n}} {{number t}} {{number e}} {{number tiny}} {{number one}}",
                    data,
                    "1234.5 1234567.891 1500 0.001 1.0",
                ),
                (
                    "{{number n decimals=2 group=',' point='.'}} {{number t group=' ' decimals=0}} {{number neg decimals=2 point=','}}",
                    data,
                    "1,234.50 1 234 568 -1234,57",
                ),
                (
                    "{{number big decimals=2 group=','}}",
                    data,
                    "123,456,789,012,345,678,901,234,567,890.13",
                ),
                (
                    "{{currency n 'USD'}} {{currency n 'EUR'}} {{currency n 'GBP'}} {{currency n 'JPY'}} {{currency n 'UAH'}} {{currency n 'CZK'}}",
                    data,
                    "$1,234.50 €1,234.50 £1,234.50 ¥1,235 ₴1,234.50 Kč1,234.50",
                ),
                (
                    "{{currency n 'CHF'}} {{currency neg 'USD'}} {{currency n 'KWD'}} {{currency zero 'USD'}} {{currency neg 'CHF'}}",
                    data,
                    "CHF 1,234.50 -$1,234.57 KWD 1,234.500 $0.00 -CHF 1,234.57",
                ),
                (
                    "{{currency n code}} {{currency '5' 'USD'}}",
                    data,
                    "€1,234.50 $5.00",
                ),
                ("{{currency n bad}}", data, "!Token bad is not a currency"),
                (
                    "{{percent share}} {{percent share decimals=1}} {{percent '0.005' decimals=2}} {{percent 1}}",
                    data,
                    "26% 25.6% 0.50% 100%",
                ),
                (
                    "{{plural one 'item' 'items'}} {{plural two 'item' 'items'}} {{plural ones 'a' 'b'}} {{plural 0 'a' 'b'}}",
                    data,
                    "item items a b",
                ),
                ("{{number s}}", data, "!Token s is not a number"),
                ("{{plural s 'a' 'b'}}", data, "!Token s is not a number"),
                ("{{number huge}}", data, "!Token huge is too long a number"),
                ("{{number n decimals=two}}", data, "1234.50"),
                (
                    "{{number n decimals=n}}",
                    data,
                    "!Token n is not a whole number",
                ),
            ],
            &Setting::default(),
        );
    }

    #[test]
    fn dates() {
        let data = r#"{"t": "2026-07-01T17:05:00Z", "e": 1782925500, "d": "2026-07-01", "s": "soon", "zone": "Europe/Prague", "p": "%"}"#;
        check(
            &[
                (
                    "{{date t '%d %b %H:%M'}} {{date t '%H:%M' tz='America/Chicago'}} {{date t '%H:%M' tz=zone}}",
                    data,
                    "01 Jul 17:05 12:05 19:05",
                ),
                (
                    "{{date e '%Y-%m-%d %H:%M'}} {{date d '%d.%m.'}} {{date now '%F'}}",
                    data,
                    "2026-07-01 17:05 01.07. 2026-11-20",
                ),
                ("{{date s '%d'}}", data, "!Token s is not a date"),
                ("{{date t '%d' tz=s}}", data, "!Token s is not a time zone"),
                ("{{date t p}}", data, "!Token p is not a date pattern"),
                (
                    "{{#if (lt t now)}}past{{/if}} {{#if (gt now '2026-11-20')}}later{{/if}} {{#if (lt e now)}}x{{/if}}",
                    data,
                    "past later x",
                ),
            ],
            &Setting::default(),
        );
    }
}
