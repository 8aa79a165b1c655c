//! Slips in clauses, parts, actions and calls, with the words that help. Knows no operator.

use super::report::{Said, Spot, is_name};
use crate::diagnostic::Code;
use crate::syntax::grammar::Rule;

impl Spot<'_> {
    /// What stands where a clause goes on or the next one begins.
    pub(in crate::syntax) fn slip_in_a_clause(&self) -> Option<Said> {
        let told = |help: &str| Some(self.plain().help(help));
        let found = self.found;
        let digits = found.starts_with(|c: char| c.is_ascii_digit());
        let text = found.starts_with('"');
        if self.wants(Rule::clause) && self.wants(Rule::comma) && !self.wants(Rule::tail) {
            match found {
                "or" | "and" => return told("types are parted by commas: `on a, b`"),
                _ if is_name(found) && is_name(self.before) && self.near().is_none() => {
                    let before = self.before;
                    return told(&format!(
                        "one type holds no blanks, `{before}_{found}`; several are parted by commas"
                    ));
                }
                _ => {}
            }
        }
        if self.wants(Rule::clause) && matches!(found, "wait" | "delay" | "sleep" | "after") {
            return told("delays are the host's: tell it with a `do`");
        }
        if self.wants(Rule::clause) && self.before == "final" && matches!(found, "true" | "false") {
            return told("`final` stands alone");
        }
        if self.before == "priority" && self.wants(Rule::number) {
            return match found {
                ":" | "=" => told(&format!("leave the `{found}` out")),
                _ => told("a priority is a whole number, and higher goes first: `priority 10`"),
            };
        }
        if self.before == "active" && text {
            return told(
                "write `active from \"2026-01-31\" until \"2026-02-28\"`, or one of the two",
            );
        }
        if self.wants(Rule::share) && digits {
            return told(&format!("a share has its sign: `{found}%`"));
        }
        if self.wants(Rule::kw_by) && self.before.ends_with('%') {
            return told("say by what the share is taken: `sample 10% by person`");
        }
        None
    }

    /// What stands where a message or an action has its parts.
    pub(in crate::syntax) fn slip_in_an_action(&self) -> Option<Said> {
        let told = |help: &str| Some(self.plain().help(help));
        let found = self.found;
        let text = found.starts_with('"');
        if self.wants(Rule::part) && found == "+" {
            return told("a field stands inside the text: `\"Hi {{first_name}}\"`");
        }
        if self.wants(Rule::part) && text && self.before == "{" {
            return told("each text says what it is: `body \"…\"`");
        }
        if self.wants(Rule::string)
            && self.wants(Rule::path)
            && self.before == "to"
            && found.starts_with(|c: char| c.is_ascii_digit() || c == '+')
        {
            return told("a number to send to stands in double quotes: `\"+13125550100\"`");
        }
        if self.wants(Rule::channel) && is_name(found) && self.near().is_none() {
            return told("other channels are the host's: tell it with a `do`");
        }
        if self.wants(Rule::colon) && !matches!(found, ":" | "=" | "" | "}") && is_value(found) {
            return told("between key and value stands `:`");
        }
        if self.wants(Rule::brace_open) && found == "(" {
            return told("what belongs to it stands in `{ … }`");
        }
        if self.wants(Rule::action) && found == "else" && !self.wants(Rule::clause) {
            return told("leave `else` out: where one fails the next is tried");
        }
        if self.wants(Rule::brace_open) && found.starts_with('-') && self.adjacent {
            let message = "a name holds no `-` here";
            let help = "an action is called by words joined by dots: `crm.note`";
            return Some(Said::new(Code::InvalidName, message).help(help));
        }
        None
    }

    /// A name before a parenthesis that is no function's.
    pub(in crate::syntax) fn no_function(&self) -> Said {
        const FUNCTIONS: [&str; 5] = ["count", "length", "number", "time", "time_of_day"];
        let name = self.before;
        let said = Said::new(Code::Unexpected, format!("`{name}` is no function"));
        match (
            &*name.to_ascii_lowercase(),
            crate::text::suggest::nearest(name, FUNCTIONS),
        ) {
            ("now" | "today" | "date" | "sysdate" | "getdate" | "current_date", _) => {
                said.help("the time of the call is `now`, without parentheses")
            }
            (
                "lower" | "upper" | "lowercase" | "uppercase" | "tolower" | "toupper" | "lcase"
                | "ucase",
                _,
            ) => said.help("to compare whatever the case write `city == \"Wien\" ignoring case`"),
            (_, Some(near)) => said.help(format!("did you mean `{near}(…)`?")),
            (_, None) => {
                said.help("functions are `count`, `length`, `number`, `time` and `time_of_day`")
            }
        }
    }
}

fn is_value(found: &str) -> bool {
    found.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '"' | '[' | '{' | '_'))
}
