//! The common mistakes, as tables: what was expected, the token before, the text found → the message.
//!
//! The first row that matches wins. A row with only a help keeps the plain message "expected …, found …".

use super::expected::{phrase, words};
use super::site::{ErrorSite, Message};
use super::suggest;
use crate::diagnostic::Code;
use crate::syntax::grammar::Rule;
use crate::syntax::keyword::{CONDITIONS, FUNCTIONS, Keyword, RESERVED};
use crate::syntax::operator::Is;

const ARITHMETIC: &str =
    "the only arithmetic is adding a duration to a time or subtracting one from it";
const DURATIONS: &str = "write durations in `s`, `m`, `h` or `d` without a space: a week is `7d`";
const CURRENCY: &str = "write numbers without a currency sign";
const GROUPS: &str = "parentheses group conditions, not values";
const PATH_SPACES: &str = "paths cannot contain spaces";

/// Returns the message for a mistake that deserves more than "expected …, found …".
pub(super) fn recognize(site: &ErrorSite<'_>) -> Option<Message> {
    const TABLES: [fn(&ErrorSite<'_>) -> Option<Message>; 8] = [
        odd_character,
        in_a_clause,
        in_a_name,
        in_a_path,
        after_a_condition,
        before_a_brace,
        in_place_of_a_value,
        elsewhere,
    ];
    TABLES.iter().find_map(|table| table(site))
}

fn unexpected(text: impl Into<String>, help: impl Into<String>) -> Message {
    Message::new(Code::Unexpected, text).help(help)
}

fn odd_character(site: &ErrorSite<'_>) -> Option<Message> {
    let c = site.found.chars().next()?;
    if c.is_ascii_graphic() || c.is_alphanumeric() {
        return None;
    }
    let help = match site.near() {
        Some(near) => format!("write `{near}`"),
        None if suggest::is_currency(c) => CURRENCY.to_owned(),
        None if c.is_whitespace() => "replace it with a normal space".to_owned(),
        None => "only ASCII is allowed outside strings and comments".to_owned(),
    };
    let code = u32::from(c);
    Some(unexpected(
        format!("unexpected character U+{code:04X}"),
        help,
    ))
}

/// Clauses, message parts and actions.
fn in_a_clause(site: &ErrorSite<'_>) -> Option<Message> {
    let (before, found) = (site.before, site.found);
    let expects = |rule| site.expects(rule);
    let is_string = found.starts_with('"');
    let is_clause = expects(Rule::clause);
    let is_after_type = is_clause && expects(Rule::comma) && !expects(Rule::tail);
    let is_priority = before == "priority" && expects(Rule::number);
    let help = match (before, found) {
        (_, "or" | "and") if is_after_type => "separate event types with `,`: `on a, b`",
        _ if is_after_type && is_name(before) && is_name(found) && site.near().is_none() => {
            return Some(site.plain().help(format!(
                "event types cannot contain spaces: write `{before}_{found}`, or separate two types \
                 with `,`"
            )));
        }
        (_, "wait" | "delay" | "sleep" | "after") if is_clause => {
            "rules cannot wait; pass the delay to the host with a `do`"
        }
        ("final", "true" | "false") if is_clause => "`final` takes no value",
        ("priority", ":" | "=") if is_priority => return Some(remove(site)),
        ("priority", _) if is_priority => {
            "write an integer; higher priorities go first: `priority 10`"
        }
        ("active", _) if is_string => {
            "write `active from \"2026-01-31\" until \"2026-02-28\"`, or only one of the two"
        }
        _ if expects(Rule::share) && starts_with_digit(found) => {
            let help = format!("write the percent sign: `{found}%`");
            return Some(site.plain().help(help));
        }
        _ if expects(Rule::kw_by) && before.ends_with('%') => {
            "state the field to sample by: `sample 10% by person`"
        }
        (_, "+") if expects(Rule::part) => "write fields inside the text: `\"Hi {{first_name}}\"`",
        ("{", _) if is_string && expects(Rule::part) => {
            "name the part before its text: `body \"…\"`"
        }
        ("to", _)
            if expects(Rule::string)
                && expects(Rule::path)
                && (starts_with_digit(found) || found.starts_with('+')) =>
        {
            "put phone numbers in double quotes: `\"+13125550100\"`"
        }
        _ if expects(Rule::channel) && is_name(found) && site.near().is_none() => {
            "for any other channel use a `do`, which the host carries out"
        }
        _ if expects(Rule::colon) && (is_value(found) || found == "=") => {
            "write `:` between key and value"
        }
        (_, "(") if expects(Rule::brace_open) => "use braces: `{ … }`",
        (_, "else") if expects(Rule::action) && !is_clause => {
            "remove `else`: if one action fails, the next is tried"
        }
        _ if expects(Rule::brace_open) && found.starts_with('-') && site.adjacent => {
            let message = Message::new(Code::InvalidName, "this name cannot contain `-`");
            return Some(message.help("join the words of an action with dots: `crm.note`"));
        }
        _ => return None,
    };
    Some(site.plain().help(help))
}

fn in_a_name(site: &ErrorSite<'_>) -> Option<Message> {
    let (before, found) = (site.before, site.found);
    let is_after_name =
        site.expects_any(&[Rule::brace_open, Rule::equals, Rule::colon, Rule::string]);
    let continues = found.starts_with(['-', '.', '/', '$', '@']) && site.adjacent;
    if is_after_name && continues && is_name(before) {
        let sign = found.chars().next().unwrap_or('-');
        let text = format!("this name cannot contain `{sign}`");
        let help = match site.keyword {
            _ if site.expects(Rule::colon) => "put other keys in quotes: `\"line-items\":`",
            Keyword::Rule => "rule names can contain letters, digits, `_` and `-`",
            _ => "such names can contain letters, digits and `_`",
        };
        return Some(Message::new(Code::InvalidName, text).help(help));
    }
    let is_name = site.expects_any(&[Rule::type_name, Rule::ident, Rule::dotted]);
    if is_name && !site.expects(Rule::string) {
        if found.starts_with('"') {
            let text = "expected a name, found a string";
            return Some(unexpected(text, "write names without quotes"));
        }
        if starts_with_digit(found) {
            let message = Message::new(Code::InvalidName, format!("invalid name `{found}`"));
            return Some(message.help("such names begin with a letter or `_`"));
        }
    }
    if site.expects(Rule::listened) {
        return Some(site.plain().help(match before {
            "," => "remove the `,` after the last event type",
            _ => "quote event types that are also keywords: `on \"final\"`",
        }));
    }
    site.is_reserved_word().then(|| reserved(found))
}

fn reserved(word: &str) -> Message {
    let text = format!("`{word}` is a reserved word and cannot name a field here");
    unexpected(
        text,
        format!("to read a field of that name, write `event_data.{word}`"),
    )
}

fn in_a_path(site: &ErrorSite<'_>) -> Option<Message> {
    let (before, found) = (site.before, site.found);
    if site.expects_any(&[Rule::index, Rule::path_key]) && !site.expects(Rule::tail) {
        if site.adjacent && found == "(" && is_name(before) {
            return Some(unknown_function(before));
        }
        if site.adjacent && is_digits(found) && found.starts_with('0') {
            let text = format!("invalid index `{found}`: leading zeros are not allowed");
            let number = match found.trim_start_matches('0') {
                "" => "0",
                number => number,
            };
            let help = format!("write `[{number}]`; indices start at 0");
            return Some(Message::new(Code::InvalidNumber, text).help(help));
        }
        let message = site.expected("an index or a quoted name");
        return Some(match site.adjacent {
            false => message.help(PATH_SPACES),
            true if is_name(found) => message.help(format!("write `[\"{found}\"]` or `.{found}`")),
            true => message.help("write `[0]` or `[\"name\"]`; indices start at 0"),
        });
    }
    if before == "." && site.expects(Rule::ident) {
        let message = site.expected("a name after the `.`");
        return Some(match site.adjacent {
            false => message.help(PATH_SPACES),
            true if is_digits(found) => message.help(format!("write the index as `[{found}]`")),
            true => message.help("put other names in brackets: `[\"unit price\"]`"),
        });
    }
    if site.expects(Rule::tail) && !site.adjacent && found.starts_with(['.', '[']) {
        let text = format!("{} does not continue the path", site.shown());
        return Some(unexpected(text, PATH_SPACES));
    }
    None
}

fn unknown_function(name: &str) -> Message {
    unexpected(
        format!("unknown function `{name}`"),
        suggest::function(name),
    )
}

fn after_a_condition(site: &ErrorSite<'_>) -> Option<Message> {
    let (before, found) = (site.before, site.found);
    let expects = |rule| site.expects(rule);
    let (is_clause, is_tail) = (expects(Rule::clause), expects(Rule::tail));
    // In `when n == 1 and do x {}` the grammar takes `do` for a field.
    let is_action = is_name(found)
        && !is_operator(found)
        && matches!(
            before,
            "send" | "do" | "require" | "when" | "on" | "active" | "priority" | "missing"
        );
    let is_part =
        expects(Rule::part) && words(Rule::part).contains(&before) && found.starts_with('"');
    if is_tail && (is_action || is_part) {
        let text = format!("expected a condition, found `{before}`");
        let help = "a condition is missing before it, or there is an extra `and` or `or`";
        return Some(unexpected(text, help).before());
    }
    if !expects(Rule::kw_and) && !expects(Rule::sign) {
        return None;
    }
    if !is_tail && expects(Rule::kw_or) && is_operator(found) {
        return Some(match before {
            ")" => unexpected(format!("`{found}` cannot follow a group"), GROUPS),
            _ => unexpected(
                format!("`{found}` cannot follow a complete comparison"),
                "comparisons do not chain: join two of them with `and`",
            ),
        });
    }
    let required = match before {
        "carrier" if expects(Rule::carrier_word) => "`sms` or `mms`",
        "subscribed" if expects(Rule::string) => "the name of a list in double quotes",
        _ => "",
    };
    if !required.is_empty() && is_name(found) && !is_operator(found) {
        let mut message = site.expected(required);
        message.help = site.suggestion();
        return Some(message);
    }
    Some(match found {
        "(" if FUNCTIONS.contains(&before) => unexpected(
            "expected an operator, found `(`",
            "remove the space between the function and its parenthesis",
        ),
        "(" if is_name(before) => unknown_function(before),
        "ignoring" => unexpected(
            "`ignoring case` has no comparison before it",
            "it applies to the comparison before it: `city == \"Wien\" ignoring case`",
        ),
        "/" if is_digits(before) => unexpected(
            "`/` is not an operator",
            "put dates in double quotes, the year first: `\"2026-01-31\"`",
        ),
        ":" if is_digits(before) => unexpected(
            "numbers cannot contain `:`",
            "put times of day in double quotes: `\"09:30\"`",
        ),
        "," if site.adjacent
            && before.ends_with(|c: char| c.is_ascii_digit())
            && starts_with_digit(site.rest) =>
        {
            let end = site.rest.find(|c: char| !c.is_ascii_digit());
            let group = site.rest.get(..end.unwrap_or(site.rest.len()));
            let number = format!("{before}{}", group.unwrap_or(""));
            Message::new(Code::InvalidNumber, "digits cannot be grouped")
                .help(format!("write `{number}`"))
        }
        "*" | "/" | "%" | "^" | "**" => {
            unexpected(format!("`{found}` is not an operator"), ARITHMETIC)
        }
        "," if is_clause => unexpected("clauses are not separated by commas", "remove the `,`"),
        ";" => unexpected("unexpected `;`", "remove the `;`"),
        "then" => unexpected(
            "`then` is not a keyword",
            "remove it: the actions follow the conditions",
        ),
        "else" if is_clause => unexpected(
            "`else` can only follow `require`",
            "write another rule for the other case, or use `first { … }`",
        ),
        _ if is_tail && is_capitalized_condition(before) => {
            let help = format!("did you mean `{}`?", before.to_ascii_lowercase());
            unexpected(format!("`{before}` must be in lower case"), help).before()
        }
        _ if is_tail
            && is_name(before)
            && is_name(found)
            && site.near().is_none()
            && !expects(Rule::kw_else) =>
        {
            site.plain().help(match before {
                "if" | "where" | "unless" => format!("remove the `{before}`"),
                _ => format!(
                    "join conditions with `and` or `or`; write a field with a space in its name as \
                     `event_data[\"{before} {found}\"]`"
                ),
            })
        }
        _ if expects(Rule::kw_else) && site.near().is_none() => site
            .expected("`else` and an error text")
            .help("write `require CONDITION else \"TEXT\"`"),
        _ => return None,
    })
}

fn is_capitalized_condition(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower != word && CONDITIONS.contains(&&*lower)
}

fn before_a_brace(site: &ErrorSite<'_>) -> Option<Message> {
    if !site.expects(Rule::brace_open) {
        return None;
    }
    let help = match (site.before, site.found) {
        (_, ":" | "=" | ";" | ",") => return None,
        ("sms" | "mms" | "push" | "email", _) => {
            "put the parts of a message in braces: `send sms { body \"…\" }`"
        }
        ("first", _) => "put its actions in braces: `first { send mms { … } send sms { … } }`",
        (_, "on" | "when" | "send" | "do" | "require" | "}" | "") => {
            "add braces: `{ … }`; they are required even if they are empty"
        }
        (before, found) if is_name(before) && is_name(found) => "names cannot contain spaces",
        _ => return None,
    };
    Some(site.plain().help(help))
}

fn in_place_of_a_value(site: &ErrorSite<'_>) -> Option<Message> {
    let (before, found) = (site.before, site.found);
    let expects = |rule| site.expects(rule);
    if expects(Rule::duration) && !expects(Rule::operand) {
        let starts_with_letter = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
        let has_unit = found.ends_with(|c: char| c.is_ascii_alphabetic())
            || starts_with_letter(site.rest.trim_start());
        let message = site.expected("a duration such as `2h`");
        return Some(if starts_with_digit(before) && site.adjacent {
            message.help("put dates in double quotes: `\"2026-01-31\"`")
        } else if before.len() > 1 && before.ends_with('-') && site.adjacent {
            // To the lexer `unit-` is a word.
            message.help(format!(
                "write a field with `-` in its name as `event_data[\"{before}{found}\"]`"
            ))
        } else if starts_with_digit(found) && has_unit || is_digits(found) {
            message.help(DURATIONS)
        } else {
            message.help(ARITHMETIC)
        });
    }
    let is_value = site.expects_any(&[
        Rule::operand,
        Rule::negation,
        Rule::expr,
        Rule::value,
        Rule::literal,
        Rule::number,
        Rule::kw_not,
    ]);
    if !is_value || expects(Rule::is_word) {
        return None;
    }
    if starts_with_digit(found.trim_start_matches(['+', '-', '.'])) {
        let message = Message::new(Code::InvalidNumber, format!("invalid number `{found}`"));
        return Some(message.help(suggest::number(found)));
    }
    let expected = |help: &str| Some(site.expected(&phrase(site.expected)).help(help));
    match found {
        "-" | "+" => Some(unexpected(
            format!("`{found}` cannot precede a value"),
            ARITHMETIC,
        )),
        "any" | "all" | "none" if before == "contains" => {
            let help = match found {
                "any" => {
                    "`contains` accepts a list and looks for any of its elements: `x contains [\"a\", \"b\"]`"
                }
                "all" => "test each of them: `x contains \"a\" and x contains \"b\"`",
                _ => "write `not contains`",
            };
            Some(site.expected("a value").help(help))
        }
        "$" | "@" if starts_with_digit(site.rest) => expected(CURRENCY),
        "$" | "@" => expected("write the field's name without a sign"),
        "{" if site.rest.starts_with('{') && !expects(Rule::value) => Some(unexpected(
            format!("expected {}, found `{{{{`", phrase(site.expected)),
            "write the field's name without braces; they are for texts only",
        )),
        "(" if matches!(before, "in" | "contains" | "=") => {
            expected("put lists in brackets: `[1, 2]`")
        }
        "(" => expected(GROUPS),
        word if is_reserved_in_conditions(word)
            && site.expects_any(&[Rule::operand, Rule::negation, Rule::value]) =>
        {
            Some(reserved(word))
        }
        word if expects(Rule::literal) && is_name(word) && site.near().is_none() => {
            Some(site.expected("a literal or a list of literals").help(
                "put text in double quotes; constants cannot refer to fields or other constants",
            ))
        }
        _ => None,
    }
}

fn elsewhere(site: &ErrorSite<'_>) -> Option<Message> {
    let (before, found) = (site.before, site.found);
    let expects = |rule| site.expects(rule);
    let is_string =
        expects(Rule::string) && !site.expects_any(&[Rule::tail, Rule::operand, Rule::ident]);
    if is_string && matches!(found, ":" | "=") {
        let help = format!("remove the `{found}` between `{before}` and its text");
        return Some(site.expected("a string").help(help));
    }
    if is_string && (is_name(found) || starts_with_digit(found)) {
        let help = format!("put strings in double quotes: `\"{found}\"`");
        return Some(site.expected("a string").help(help));
    }
    let is_state = expects(Rule::is_word);
    let help = match found {
        _ if expects(Rule::entry) && (is_operator(found) || found == "+" || found == "-") => {
            "a value is a literal, a list, an object, a field or a template"
        }
        ":" | "=" if expects(Rule::string) => {
            let help = format!("remove the `{found}` between `{before}` and its text");
            return Some(site.plain().help(help));
        }
        ":" if expects(Rule::equals) => "write `=` between name and value",
        ":" if site.expects_any(&[Rule::brace_open, Rule::negation]) => return Some(remove(site)),
        ";" => return Some(remove(site)),
        "," if site.expects_any(&[Rule::clause, Rule::item]) => return Some(remove(site)),
        _ if expects(Rule::comma) && expects(Rule::bracket_close) => {
            "separate list elements with `,`"
        }
        "true" | "false" if is_state => "compare with `==`, or write the field alone",
        _ if is_state && is_operator(found) => {
            "write operators such as `in`, `not in` and `!=` without `is`"
        }
        _ if is_state && (found.starts_with('"') || starts_with_digit(found)) => {
            "compare with `==` or `!=`"
        }
        _ if expects(Rule::part) && is_name(found) && site.near().is_none() => {
            "depending on the channel the parts are `to`, `body`, `media`, `subject`, `title`, `url`, \
             `text`, `html` and `data`"
        }
        _ if is_state && suggest::comparison(found).is_some() => {
            suggest::comparison(found).unwrap_or_default()
        }
        "," | "&" | "&&" if expects(Rule::kw_and) && !expects(Rule::kw_or) => {
            "join the bounds with `and`: `x between 1 and 2`"
        }
        _ if before == "not" && Is::from_word(found).is_some() => {
            return Some(site.plain().help(format!("write `is not {found}`")));
        }
        _ if before == "not" && suggest::negation(found).is_some() => {
            suggest::negation(found).unwrap_or_default()
        }
        "else" if site.expected.is_empty() => {
            "remove it: this requirement has an error text of its own"
        }
        "array" | "list" | "List" | "Array" if expects(Rule::field_type) => {
            return Some(site.plain().help(suggest::list_type(site.rest)));
        }
        "object" | "map" if expects(Rule::field_type) => {
            "write an object type as its fields: `{ name: string }`"
        }
        "else" if expects(Rule::clause) => "`else` can only follow `require`",
        _ => return None,
    };
    Some(site.plain().help(help))
}

fn remove(site: &ErrorSite<'_>) -> Message {
    site.plain().help(format!("remove the `{}`", site.found))
}

/// Returns whether a condition can neither begin with `word` nor read a field of that name.
fn is_reserved_in_conditions(word: &str) -> bool {
    RESERVED.contains(&word) && !CONDITIONS.contains(&word)
}

fn is_operator(text: &str) -> bool {
    let is_word =
        is_reserved_in_conditions(text) && !matches!(text, "and" | "or" | "else" | "ignoring");
    is_word || matches!(text, "==" | "!=" | "<" | "<=" | ">" | ">=" | "=" | "not")
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn is_value(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '"' | '[' | '{' | '_'))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}
