//! Names the rules of the grammar as authors know them, and the words that each can begin with.

use crate::syntax::grammar::Rule;
use crate::syntax::keyword::{
    ACTIONS, CHANNELS, CLAUSES, CONDITIONS, LITERALS, OPERATORS, PARTS, TEST_ITEMS, TYPES,
};
use crate::syntax::operator::{Is, TextOp};

/// Returns how a message names a rule, and the words that it can begin with. A rule that another one
/// describes better has an empty name.
const fn describe(rule: Rule) -> (&'static str, &'static [&'static str]) {
    match rule {
        Rule::clause => ("a clause", CLAUSES),
        Rule::part => ("a message part", PARTS),
        Rule::item => ("a test item such as `expect`", TEST_ITEMS),
        Rule::action => ("an action", ACTIONS),
        Rule::tail => ("an operator", OPERATORS),
        Rule::quantifier_word | Rule::kw_sample => ("", CONDITIONS),
        Rule::text_operator => ("an operator", TextOp::WORDS),
        Rule::expr | Rule::conj | Rule::negation => ("a condition", CONDITIONS),
        Rule::operand | Rule::term | Rule::value => ("a value", LITERALS),
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
        Rule::share => ("a percentage such as `10%`", &[]),
        Rule::path => ("a field", &[]),
        Rule::list => ("a list", &[]),
        Rule::index => ("an index", &[]),
        Rule::json => ("a JSON object", &[]),
        Rule::is_word => ("a word such as `present`, `missing` or `blank`", Is::WORDS),
        Rule::channel => ("`sms`, `mms`, `push` or `email`", CHANNELS),
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
        _ => ("", &[]),
    }
}

/// Returns the words that a rule of the grammar can begin with.
pub(super) const fn words(rule: Rule) -> &'static [&'static str] {
    describe(rule).1
}

/// Returns everything that is possible at a place, in one phrase: ``a clause or `}` ``.
pub(super) fn phrase(rules: &[Rule]) -> String {
    let has = |rule| rules.contains(&rule);
    let is_joined = has(Rule::kw_and) && has(Rule::kw_or);
    let is_condition = has(Rule::operand) && has(Rule::paren_open);
    let mut phrases: Vec<&str> = Vec::new();
    for rule in rules {
        // Several rules of the grammar can be one thing to an author.
        let phrase = match rule {
            Rule::kw_and | Rule::kw_or if has(Rule::tail) => "an operator",
            Rule::kw_and | Rule::kw_or if is_joined => "`and` or `or`",
            Rule::kw_in if has(Rule::text_operator) => "an operator",
            Rule::operand | Rule::paren_open if is_condition => "a condition",
            Rule::ident if has(Rule::string) => "a field",
            rule => describe(*rule).0,
        };
        if !phrase.is_empty() && !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    // A closing bracket is the least likely intent, so it comes last.
    phrases.sort_by_key(|phrase| matches!(*phrase, "`}`" | "`)`" | "`]`"));
    match phrases.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
