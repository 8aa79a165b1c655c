//! Generates wide events: webhooks of a code host about a pull request, with about ten kilobytes of members
//! that no rule reads.

use std::fmt::Write as _;

use super::Dice;

const URLS: [&str; 24] = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "trees",
];

fn user(dice: &mut Dice) -> String {
    let number = dice.below(90_000_000);
    let host = "https://api.code.example/users";
    format!(
        r#"{{"login":"user-{number}","id":{number},"node_id":"MDQ6VXNlcj{number}","avatar_url":"{host}/{number}?v=4","gravatar_id":"","url":"{host}/user-{number}","followers_url":"{host}/user-{number}/followers","following_url":"{host}/user-{number}/following{{/other_user}}","starred_url":"{host}/user-{number}/starred{{/owner}}{{/repo}}","type":"User","site_admin":false}}"#
    )
}

fn repository(dice: &mut Dice) -> String {
    let number = dice.below(900_000_000);
    let mut text = format!(
        r#"{{"id":{number},"name":"repo-{number}","full_name":"user/repo-{number}","private":false,"owner":{},"description":null,"fork":{}"#,
        user(dice),
        dice.below(2) == 0,
    );
    for name in URLS {
        let _ = write!(
            text,
            r#","{name}_url":"https://api.code.example/repos/user/repo-{number}/{name}{{/sha}}""#
        );
    }
    let _ = write!(
        text,
        r#","size":{},"score":{}.{:02},"topics":["rules","events"],"license":null,"default_branch":"main"}}"#,
        dice.below(9_999),
        dice.below(99),
        dice.below(99)
    );
    text
}

/// Returns events.
pub(crate) fn events(count: u64) -> Vec<String> {
    let mut dice = Dice(5);
    let event = |number| {
        let dice = &mut dice;
        let action = *dice.one_of(&["opened", "closed", "labeled", "edited"]);
        format!(
            r#"{{"event_type":"pull_request","event_data":{{"mdn":"+14155550100","action":"{action}","number":{number},"pull_request":{{"id":{},"state":"open","locked":false,"title":"Number {number}, and a \"quoted\" part","user":{},"body":"One line.\r\nAnother \u2013 with more in it,\tand a third.\r\n","merged_at":null,"head":{{"sha":"{:040x}","repo":{}}},"base":{{"sha":"{:040x}","repo":{}}},"additions":{},"deletions":{}}},"repository":{},"sender":{}}}}}"#,
            dice.below(900_000_000),
            user(dice),
            dice.below(u64::MAX),
            repository(dice),
            dice.below(u64::MAX),
            repository(dice),
            dice.below(999),
            dice.below(999),
            repository(dice),
            user(dice),
        )
    };
    (0..count).map(event).collect()
}

/// Returns rules for pull requests that were opened or closed.
pub(crate) fn rules() -> String {
    ["opened", "closed"]
        .map(|action| {
            format!("rule {action} {{ on * when action == \"{action}\" do crm.note {{}} }}\n")
        })
        .concat()
}
