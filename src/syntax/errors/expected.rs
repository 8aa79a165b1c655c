//! What may stand at a place, in an author's words, and which words that could be. Knows the rules of
//! the grammar by name so that nobody else has to.

use crate::syntax::grammar::Rule;

/// One thing that may stand at a place.
#[derive(Clone, Copy, Debug)]
pub(in crate::syntax) struct Wanted {
    /// As a message names it. Empty: not worth a word among others.
    pub(in crate::syntax) phrase: &'static str,
    /// The words that it can begin with.
    pub(in crate::syntax) words: &'static [&'static str],
}

const CLAUSES: &[&str] = &[
    "on", "id", "active", "priority", "when", "require", "final", "missing", "send", "do", "first",
];
const PARTS: &[&str] = &[
    "to",
    "when",
    "body",
    "media",
    "subject",
    "title",
    "url",
    "text",
    "html",
    "data",
    "transactional",
];
const OPERATORS: &[&str] = &[
    "is",
    "in",
    "not",
    "between",
    "contains",
    "starts_with",
    "ends_with",
    "like",
    "matches",
    "in_network",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
];
const NEGATED: &[&str] = &[
    "contains",
    "starts_with",
    "ends_with",
    "like",
    "matches",
    "in_network",
];
pub(in crate::syntax) const IS: &[&str] = &[
    "present", "missing", "null", "blank", "string", "number", "bool", "list", "object",
];
const TYPES: &[&str] = &["string", "number", "bool", "timestamp", "secret", "any"];
const ITEMS: &[&str] = &["at", "adapter", "answers", "event", "expect"];
const CONDITIONS: &[&str] = &[
    "not", "any", "all", "none", "sample", "true", "false", "null",
];
const LITERALS: &[&str] = &["true", "false", "null"];

/// What an author knows a rule of the grammar as.
pub(in crate::syntax) const fn wanted(rule: Rule) -> Wanted {
    let (phrase, words): (&str, &[&str]) = match rule {
        Rule::clause => ("a clause", CLAUSES),
        Rule::part => ("a part of the message", PARTS),
        Rule::item => ("an item of a test such as `expect`", ITEMS),
        Rule::action => ("an action", &["send", "do", "first"]),
        Rule::tail => ("an operator", OPERATORS),
        Rule::quantifier_word | Rule::kw_sample => ("", CONDITIONS),
        Rule::text_operator => ("an operator", NEGATED),
        Rule::expr | Rule::conj | Rule::negation => ("a condition", CONDITIONS),
        Rule::operand | Rule::term => ("a value", LITERALS),
        Rule::value => ("a value", LITERALS),
        Rule::literal => ("a literal or a list of literals", LITERALS),
        Rule::listened => ("an event type", &[]),
        Rule::type_name | Rule::ident | Rule::dotted => ("a name", &[]),
        Rule::key | Rule::field | Rule::pair => ("a key", &[]),
        Rule::entry | Rule::entry_when => ("a key", &["when"]),
        Rule::field_type => ("a type", TYPES),
        Rule::string | Rule::plain | Rule::raw => ("a string", &[]),
        Rule::sent_body | Rule::sent_to => ("a string", &["to"]),
        Rule::number => ("a number", &[]),
        Rule::duration => ("a duration such as `2h`", &[]),
        Rule::share => ("a share such as `10%`", &[]),
        Rule::path => ("a field", &[]),
        Rule::list => ("a list", &[]),
        Rule::index => ("an index", &[]),
        Rule::json => ("a JSON object", &[]),
        Rule::is_word => ("a word such as `present`, `missing` or `blank`", IS),
        Rule::channel => (
            "`sms`, `mms`, `push` or `email`",
            &["sms", "mms", "push", "email"],
        ),
        Rule::carrier_word => ("`sms` or `mms`", &["sms", "mms"]),
        Rule::missing_word => ("`fail` or `blank`", &["fail", "blank"]),
        Rule::bool_word => ("`true` or `false`", &["true", "false"]),
        Rule::paren_open => ("`(`", &[]),
        Rule::paren_close => ("`)`", &[]),
        Rule::bracket_close => ("`]`", &[]),
        Rule::brace_open => ("`{`", &[]),
        Rule::brace_close => ("`}`", &[]),
        Rule::colon => ("`:`", &[]),
        Rule::comma => ("`,`", &[]),
        Rule::equals => ("`=`", &[]),
        Rule::star => ("`*`", &[]),
        Rule::kw_and => ("`and`", &["and"]),
        Rule::kw_or => ("`or`", &["or"]),
        Rule::kw_in => ("`in`", &["in"]),
        Rule::kw_between => ("", &["between"]),
        Rule::kw_ignoring => ("", &["ignoring"]),
        Rule::kw_case => ("`case`", &["case"]),
        Rule::kw_by => ("`by`", &["by"]),
        Rule::kw_else => ("`else`", &["else"]),
        Rule::kw_from => ("`from`", &["from"]),
        Rule::kw_until => ("`until`", &["until"]),
        Rule::kw_accepts => ("`accepts`", &["accepts"]),
        Rule::kw_refuses => ("`refuses`", &["refuses"]),
        Rule::kw_skips => ("`skips`", &["skips"]),
        Rule::kw_sends => ("`sends`", &["sends"]),
        Rule::kw_does => ("`does`", &["does"]),
        Rule::kw_nothing => ("`nothing else`", &["nothing"]),
        Rule::kw_ignored => ("`ignored`", &["ignored"]),
        Rule::kw_no_route_rules => ("`no_route_rules`", &["no_route_rules"]),
        Rule::kw_rejected => ("`rejected`", &["rejected"]),
        // Signs and words that stand beside something said better, or that nothing is expected by.
        _ => ("", &[]),
    };
    Wanted { phrase, words }
}

/// All that may stand at a place, in one phrase: ``a clause or `}` ``.
pub(in crate::syntax) fn phrase(rules: &[Rule]) -> String {
    let has = |rule| rules.contains(&rule);
    let joined = has(Rule::kw_and) && has(Rule::kw_or);
    let condition = has(Rule::operand) && has(Rule::paren_open);
    let mut phrases: Vec<&str> = Vec::new();
    for rule in rules {
        // What is several things to the grammar is one to an author.
        let phrase = match rule {
            Rule::kw_and | Rule::kw_or if has(Rule::tail) => "an operator",
            Rule::kw_and | Rule::kw_or if joined => "`and` or `or`",
            Rule::kw_in if has(Rule::text_operator) => "an operator",
            Rule::operand | Rule::paren_open if condition => "a condition",
            Rule::ident if has(Rule::string) => "a field",
            rule => wanted(*rule).phrase,
        };
        if !phrase.is_empty() && !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    // The closing sign is the last thing one would want.
    phrases.sort_by_key(|phrase| matches!(*phrase, "`}`" | "`)`" | "`]`"));
    match phrases.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// What authors write for what they mean, where it is no slip of the finger.
pub(in crate::syntax) fn meant(word: &str) -> &'static [&'static str] {
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

/// What stands beside a number that is an amount.
pub(in crate::syntax) const CURRENCIES: [char; 7] = ['€', '£', '¥', '₴', '¢', '₽', '₹'];

/// What is written instead of a comparison in words behind `is`.
pub(in crate::syntax) fn comparative(word: &str) -> Option<&'static str> {
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

/// `5pm` and `9:30am` as `17:00` and `09:30`.
pub(in crate::syntax) fn clock(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (hour, afternoon) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(hour), _) => (hour, false),
        (_, Some(hour)) => (hour, true),
        _ => return None,
    };
    let hour: u8 = hour.parse().ok().filter(|hour| (1..=12).contains(hour))?;
    let hour = match (hour, afternoon) {
        (12, false) => 0,
        (12, true) => 12,
        (hour, false) => hour,
        (hour, true) => hour.saturating_add(12),
    };
    Some(format!("{hour:02}:00"))
}

/// How a list is written whose type goes on as `rest` says: ` of number`, `<string>`.
pub(in crate::syntax) fn list_type(rest: &str) -> String {
    let rest = rest.trim_start_matches([' ', '<', '(', '[']);
    let rest = rest.strip_prefix("of ").unwrap_or(rest).trim_start();
    if rest.starts_with('{') {
        return "a list of objects is `[{ … }]`".to_owned();
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or("");
    let small = word.to_ascii_lowercase();
    let types = wanted(Rule::field_type).words;
    let one = small.strip_suffix('s').unwrap_or(&small);
    let found = types.iter().find(|ty| **ty == small || **ty == one);
    let found = found.or_else(|| meant(one).iter().find(|ty| types.contains(ty)));
    match found {
        Some(ty) => format!("a list of this is `[{ty}]`"),
        None => "a list stands in brackets with the type of its elements: `[string]`".to_owned(),
    }
}
