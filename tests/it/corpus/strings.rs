//! `--- strings`: each row is a string that is tried in every place that a string can stand in.

use pointsman::{Engine, SeededIds};

use super::json::{Json, quoted};
use super::run::{State, What, json, route};

/// Tries one string, given as JSON.
pub(super) fn run(state: &State, row: &str) -> Result<(), String> {
    let Json::Text(text) = Json::parse(row)? else {
        return Err("no string".into());
    };
    let literal = quoted(&text);
    let rules = format!(
        r#"
        const s = {literal}
        const both = ["other", {literal}]
        rule compared {{
            on t
            when x == {literal} and x == s and x in [{literal}] and x in both and not (x != s)
                and x starts_with {literal} and x ends_with s and x contains {literal}
                and x == {literal} ignoring case and x contains s ignoring case
                and xs contains {literal} and any one in xs (one == s)
                and event_data[{literal}] == 1 and deep["a"][{literal}][0] == 2
                and x <= s and x between s and s and x is string
            do told {{ v: x, s: s, key: event_data[{literal}], {literal}: deep }}
        }}
        rule sent {{
            on t
            missing blank
            send push {{ to "d"  title "[{{{{x}}}}]"  body "[{{{{x}}}}]" }}
            send email {{ to "a@example.com"  subject "s"  html "[{{{{x}}}}]" }}
            do made {{ v: "[{{{{default y 'none'}}}}]" }}
        }}
        rule refused {{ on t  require n == 2 else {literal}  do never {{}} }}"#
    );
    let engine = Engine::compile(rules).map_err(|all| all.to_string())?;
    let event = format!(
        r#"{{"event_id":"e1","event_type":"t","event_data":{{"person_key":"k","x":{literal},"xs":[{literal}],"n":1,
        {literal}:1,"deep":{{"a":{{{literal}:[2]}}}}}},"debug_data":{{{literal}:{literal}}}}}"#
    );
    let event = engine
        .read(event.as_bytes(), &mut SeededIds::new(1))
        .map_err(|rejection| rejection.to_string())?;
    let What::Done(outcome) = route(&engine, &event, state)?.what else {
        return Err("no outcome".into());
    };
    let results = outcome
        .member("results")
        .map(Json::list)
        .unwrap_or_default();
    let [_, told, _, push, email, made] = results else {
        return Err(format!("not accepted by both: {outcome}"));
    };
    let params = Json::Object(vec![
        ("v".into(), Json::Text(text.clone())),
        ("s".into(), Json::Text(text.clone())),
        ("key".into(), Json::Number("1".into())),
        (text.clone(), json(&format!(r#"{{"a":{{{literal}:[2]}}}}"#))),
    ]);
    // A string that is `*` takes anything, and so do the members called so.
    params.takes(told.at(&["action", "params"]).ok_or("no params")?)?;
    let body = sent(&text, true);
    holds(push, "body", &format!("[{body}]"))?;
    holds(push, "title", &format!("[{}]", sent(&text, false)))?;
    holds(email, "html", &format!("[{}]", escaped(&body)))?;
    match made.at(&["action", "params", "v"]).and_then(Json::text) {
        Some("[none]") => Ok(()),
        other => Err(format!("a default gives {other:?}")),
    }
}

fn holds(result: &Json, part: &str, expected: &str) -> Result<(), String> {
    match result.at(&["message", part]).and_then(Json::text) {
        Some(got) if got == expected => Ok(()),
        got => Err(format!("{part}: expected {expected:?}, got {got:?}")),
    }
}

/// As a message carries it: without control characters, and with line breaks only where they may be.
fn sent(text: &str, breaks: bool) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| match c {
            // Unicode's two separators break lines as well.
            '\n' | '\u{2028}' | '\u{2029}' => breaks,
            c => *c == '\t' || !c.is_control(),
        })
        .collect()
}

/// As Handlebars escapes.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            '`' => out.push_str("&#x60;"),
            '=' => out.push_str("&#x3D;"),
            c => out.push(c),
        }
    }
    out
}
