//! Tests a string in every place of the rule language where a string is allowed.

use pointsman::SeededIds;

use super::case_file::expand_text;
use super::json::{Json, quoted};
use super::setup::{Reply, Setup, json};

/// Tests one string, written as JSON.
pub(super) fn run(setup: &Setup, row: &str) -> Result<(), String> {
    let Json::Text(text) = Json::parse(&expand_text(row)?)? else {
        return Err("not a string".into());
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
            do note {{ v: x, s: s, key: event_data[{literal}], {literal}: deep }}
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
    let engine = setup.with_source("strings.rules", &rules).engine()?;
    let event = format!(
        r#"{{"event_id":"e1","event_type":"t","event_data":{{"person_key":"k","x":{literal},"xs":[{literal}],"n":1,
        {literal}:1,"deep":{{"a":{{{literal}:[2]}}}}}},"debug_data":{{{literal}:{literal}}}}}"#
    );
    let event = engine
        .read(event.as_bytes(), &mut SeededIds::new(1))
        .map_err(|rejection| rejection.to_string())?;
    let Reply::Done(outcome) = setup.route(&engine, &event)?.reply else {
        return Err("no outcome".into());
    };
    let [_, note, _, push, email, made] = outcome.list("results") else {
        return Err(format!("not accepted by both rules: {outcome}"));
    };
    // If the string is `*`, this accepts any value and more members.
    let params = Json::Object(vec![
        ("v".into(), Json::Text(text.clone())),
        ("s".into(), Json::Text(text.clone())),
        ("key".into(), Json::Number("1".into())),
        (text.clone(), json(&format!(r#"{{"a":{{{literal}:[2]}}}}"#))),
    ]);
    params.accepts(note.at(&["action", "params"]).ok_or("no params")?)?;
    let body = as_sent(&text, true);
    check_part(push, "body", &format!("[{body}]"))?;
    check_part(push, "title", &format!("[{}]", as_sent(&text, false)))?;
    check_part(email, "html", &format!("[{}]", escaped(&body)))?;
    match made.text_at(&["action", "params", "v"]) {
        Some("[none]") => Ok(()),
        other => Err(format!("a default gives {other:?}")),
    }
}

fn check_part(result: &Json, part: &str, expected: &str) -> Result<(), String> {
    match result.text_at(&["message", part]) {
        Some(got) if got == expected => Ok(()),
        got => Err(format!("{part}: expected {expected:?}, got {got:?}")),
    }
}

/// Returns the text without control characters, as messages carry it, and with line breaks only in parts
/// that may have several lines.
fn as_sent(text: &str, line_breaks: bool) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let is_kept = |c: &char| match c {
        // Unicode's two separators break lines as well.
        '\n' | '\u{2028}' | '\u{2029}' => line_breaks,
        c => *c == '\t' || !c.is_control(),
    };
    text.chars().filter(is_kept).collect()
}

/// Escapes as Handlebars does.
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
