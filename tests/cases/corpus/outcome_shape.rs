//! Checks the shape that every outcome line has: which keys there are, and in which order.

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

const OUTCOME: &[&str] = &[
    "event_id",
    "event_type",
    "incomplete",
    "event_id_generated",
    "truncated",
    "results",
];

pub(super) fn check(outcome: &Json) -> Result<(), String> {
    check_keys(outcome, OUTCOME)?;
    let mut ids: Vec<&str> = Vec::new();
    for result in outcome.list("results") {
        check_keys(result, &["id", "rule", "action", "message"])?;
        let id = result.text_at(&["id"]).unwrap_or_default();
        if id.is_empty() || ids.contains(&id) {
            return Err(format!("a result has no id, or that of another: {id}"));
        }
        ids.push(id);
        check_action(result.member("action").ok_or("no action")?)?;
        let sends = result.text_at(&["action", "type"]) == Some("send_message");
        match result.member("message") {
            Some(message) if sends => check_message(message)?,
            None if !sends => {}
            _ => {
                return Err(format!(
                    "a message without a send, or the reverse: {result}"
                ));
            }
        }
    }
    Ok(())
}

fn check_action(action: &Json) -> Result<(), String> {
    check_keys(action, ACTION)?;
    let failed = action.text_at(&["status"]) == Some("failed");
    let failure = action.member("failure");
    if failed != failure.is_some() || failed && action.member("message_type").is_some() {
        return Err(format!(
            "a failure without its reason, or the reverse: {action}"
        ));
    }
    let Some(failure) = failure else {
        return Ok(());
    };
    check_keys(failure, &["reason", "errors"])?;
    let errors = failure.list("errors").iter();
    errors
        .into_iter()
        .try_for_each(|error| check_keys(error, &["error", "resource_url"]))
}

fn check_message(message: &Json) -> Result<(), String> {
    let parts: &[&str] = match message.text_at(&["channel"]) {
        Some("sms") => &["channel", "to", "body", "encoding", "segments", "ucs2"],
        Some("mms") => &["channel", "to", "media", "body", "subject"],
        Some("push") => &["channel", "to", "title", "body", "url", "data"],
        Some("email") => &["channel", "to", "subject", "text", "html", "transactional"],
        _ => return Err(format!("a message of an unknown channel: {message}")),
    };
    check_keys(message, parts)?;
    match message.member("to") {
        Some(Json::Object(to)) if to.len() == 1 => Ok(()),
        None => Ok(()),
        Some(_) => Err(format!("`to` does not have one key: {message}")),
    }
}

/// Checks that the keys of `object` are among `all`, in the same order.
fn check_keys(object: &Json, all: &[&str]) -> Result<(), String> {
    let Json::Object(members) = object else {
        return Err(format!("not an object: {object}"));
    };
    let mut left = all.iter();
    match members.iter().find(|(key, _)| !left.any(|one| one == key)) {
        None => Ok(()),
        Some((key, _)) => Err(format!(
            "`{key}` is out of order or unknown, of {all:?}: {object}"
        )),
    }
}

pub(super) mod tests {
    use super::{Json, check_keys};

    pub(crate) fn keys_out_of_order_are_found() {
        let object = Json::parse(r#"{"a":1,"c":2}"#).unwrap();
        assert!(check_keys(&object, &["a", "b", "c"]).is_ok());
        assert!(check_keys(&object, &["c", "a"]).is_err());
        assert!(check_keys(&object, &["a", "b"]).is_err());
    }
}
