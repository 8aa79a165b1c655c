//! The shape that every outcome line has, whatever the case: which keys, in which order.

use super::json::Json;

const ACTION: &[&str] = &[
    "type",
    "status",
    "status_reason",
    "resource_url",
    "message_type",
    "sms",
    "mms",
    "push",
    "email",
    "name",
    "params",
    "failure",
];

/// Holds an outcome to its shape.
pub(super) fn check(outcome: &Json) -> Result<(), String> {
    ordered(
        outcome,
        &[
            "event_id",
            "event_type",
            "incomplete",
            "event_id_generated",
            "truncated",
            "results",
        ],
    )?;
    let results = outcome
        .member("results")
        .map(Json::list)
        .unwrap_or_default();
    let mut ids: Vec<&str> = Vec::new();
    for result in results {
        ordered(result, &["id", "rule", "action", "message"])?;
        let id = result.member("id").and_then(Json::text).unwrap_or_default();
        if id.is_empty() || ids.contains(&id) {
            return Err(format!("the id of a result is empty or not its own: {id}"));
        }
        ids.push(id);
        let action = result.member("action").ok_or("no action")?;
        check_action(action)?;
        let sends = action.member("type").and_then(Json::text) == Some("send_message");
        match result.member("message") {
            Some(message) if sends => check_message(message)?,
            None if !sends => {}
            _ => {
                return Err(format!(
                    "every send has a message, nothing else has: {result}"
                ));
            }
        }
    }
    Ok(())
}

fn check_action(action: &Json) -> Result<(), String> {
    ordered(action, ACTION)?;
    let failed = action.member("status").and_then(Json::text) == Some("failed");
    let Some(failure) = action.member("failure") else {
        return if failed {
            Err(format!("fails without why: {action}"))
        } else {
            Ok(())
        };
    };
    if !failed || action.member("message_type").is_some() {
        return Err(format!("a failure and no failure: {action}"));
    }
    ordered(failure, &["reason", "errors"])?;
    for error in failure.member("errors").map(Json::list).unwrap_or_default() {
        ordered(error, &["error", "resource_url"])?;
    }
    Ok(())
}

fn check_message(message: &Json) -> Result<(), String> {
    let parts: &[&str] = match message.member("channel").and_then(Json::text) {
        Some("sms") => &["channel", "to", "body", "encoding", "segments", "ucs2"],
        Some("mms") => &["channel", "to", "media", "body", "subject"],
        Some("push") => &["channel", "to", "title", "body", "url", "data"],
        Some("email") => &["channel", "to", "subject", "text", "html", "transactional"],
        _ => return Err(format!("a message of no channel: {message}")),
    };
    ordered(message, parts)?;
    match message.member("to").map(keys).transpose()? {
        Some(to) if to.len() != 1 => Err(format!("`to` has one key: {message}")),
        _ => Ok(()),
    }
}

/// Every key is among `all`, in their order.
fn ordered(object: &Json, all: &[&str]) -> Result<(), String> {
    let mut left = all.iter();
    for key in keys(object)? {
        if !left.any(|one| *one == key) {
            return Err(format!(
                "`{key}` is out of order or unknown, of {all:?}: {object}"
            ));
        }
    }
    Ok(())
}

fn keys(object: &Json) -> Result<Vec<&str>, String> {
    match object {
        Json::Object(members) => Ok(members.iter().map(|(key, _)| &**key).collect()),
        other => Err(format!("no object: {other}")),
    }
}

mod tests {
    use super::*;

    #[test]
    fn keys_out_of_order_are_found() {
        let object = Json::parse(r#"{"a":1,"c":2}"#).unwrap();
        assert!(ordered(&object, &["a", "b", "c"]).is_ok());
        assert!(ordered(&object, &["c", "a"]).is_err());
        assert!(ordered(&object, &["a", "b"]).is_err());
    }
}
