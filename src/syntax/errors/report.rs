//! Says in an author's words what is wrong where the grammar could not go on, and what was meant if that
//! can be told.

use super::expected::{CURRENCIES, IS, clock, comparative, list_type, meant, phrase, wanted};
use crate::diagnostic::{Code, Fault};
use crate::syntax::grammar::{Rule, Stop};
use crate::syntax::keyword::Keyword;
use crate::syntax::lexer::{Kind, Scanner, Token};
use crate::syntax::splitter::Piece;
use crate::text::span::{Place, SourceId, Span};

/// The fault for a place at which the grammar stopped.
pub(in crate::syntax) fn fault(
    stop: &Stop,
    piece: &Piece<'_>,
    source: SourceId,
    offset: u32,
) -> Fault {
    let spot = Spot::new(stop, piece);
    let said = if stop.expected.is_empty() && stop.refused.is_empty() {
        Said::new(
            Code::TooDeep,
            "this nests too deep for the stack of the thread",
        )
    } else {
        spot.mistake().unwrap_or_else(|| spot.plain())
    };
    let (start, text) = if said.before {
        (spot.before_at, spot.before)
    } else {
        (spot.offset, spot.found)
    };
    let span = Span::of(start, start.saturating_add(text.len()));
    let mut fault = Fault::new(
        said.code,
        Place::new(source, span.shifted(offset)),
        said.message,
    );
    fault.help = said.help;
    fault
}

/// A message in the making.
#[derive(Debug)]
pub(in crate::syntax) struct Said {
    code: Code,
    message: String,
    help: Option<String>,
    /// It is about the token before the one at which the grammar stopped.
    before: bool,
}

impl Said {
    pub(in crate::syntax) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: None,
            before: false,
        }
    }

    pub(in crate::syntax) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The place at which the grammar stopped.
#[derive(Debug)]
pub(in crate::syntax) struct Spot<'a> {
    keyword: Keyword,
    expected: &'a [Rule],
    refused: &'a [Rule],
    offset: usize,
    /// What stands there: a word, a string, a run of signs; nothing at the end.
    pub(in crate::syntax) found: &'a str,
    /// The token before it.
    pub(in crate::syntax) before: &'a str,
    before_at: usize,
    /// Nothing stands between the two.
    pub(in crate::syntax) adjacent: bool,
    /// All that follows what stands there.
    rest: &'a str,
}

impl<'a> Spot<'a> {
    fn new(stop: &'a Stop, piece: &Piece<'a>) -> Self {
        let last = last_token(piece.text, stop.offset);
        // Inside a path the grammar stops at a blank.
        let rest = piece.text.get(stop.offset..).unwrap_or("");
        let token = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let offset = piece.text.len().saturating_sub(token.len());
        let found = token_at(piece.text, offset);
        Self {
            rest: token.get(found.len()..).unwrap_or(""),
            keyword: piece.keyword,
            expected: &stop.expected,
            refused: &stop.refused,
            offset,
            found,
            before: last.map_or("", |last| {
                piece.text.get(last.start..last.end).unwrap_or("")
            }),
            before_at: last.map_or(0, |last| last.start),
            adjacent: last.is_some_and(|last| last.end == offset),
        }
    }

    pub(in crate::syntax) fn wants(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    fn wants_any(&self, rules: &[Rule]) -> bool {
        rules.iter().any(|rule| self.wants(*rule))
    }

    /// What was expected and what was found, with the nearest word that would have fitted.
    pub(in crate::syntax) fn plain(&self) -> Said {
        let expected = phrase(self.expected);
        let found = self.found();
        let message = if expected.is_empty() {
            format!("{found} does not fit here")
        } else {
            format!("expected {expected}, found {found}")
        };
        let mut said = Said::new(Code::Unexpected, message);
        said.help = self.suggestion();
        said
    }

    /// What stands there, as a message names it.
    fn found(&self) -> String {
        const MOST: usize = 40;
        if self.found.is_empty() {
            return format!("the end of the {}", self.kind());
        }
        if self.found.starts_with('"') {
            return "a string".to_owned();
        }
        let mut shown: String = self.found.chars().take(MOST).collect();
        if shown.len() < self.found.len() {
            shown.push('…');
        }
        format!("`{shown}`")
    }

    const fn kind(&self) -> &'static str {
        match self.keyword {
            Keyword::Company => "line",
            Keyword::Event => "event",
            Keyword::Const => "constant",
            Keyword::Template => "template",
            Keyword::Rule => "rule",
            Keyword::Test => "test",
        }
    }

    fn suggestion(&self) -> Option<String> {
        let near = self.near()?;
        Some(format!("did you mean `{near}`?"))
    }

    /// The word that would have fitted and is meant by what stands there.
    pub(in crate::syntax) fn near(&self) -> Option<&'static str> {
        let fitting = || self.expected.iter().flat_map(|rule| wanted(*rule).words);
        let fits = |text: &str| {
            let first = text.split(' ').next();
            first.is_some_and(|first| fitting().any(|word| *word == first))
        };
        if let Some(meant) = meant(self.found).iter().find(|text| fits(text)) {
            return Some(meant);
        }
        let bare = |word: &str| word.to_ascii_lowercase().replace(['-', '_'], "");
        let found = bare(self.found);
        let same = fitting().find(|word| bare(word) == found && !found.is_empty());
        let is_word = self
            .found
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let near = || {
            let words = fitting()
                .copied()
                .filter(|word| word.starts_with(char::is_alphabetic));
            (is_word && self.found.len() > 1)
                .then(|| crate::text::suggest::nearest(self.found, words))
                .flatten()
        };
        // A correct word in the wrong place was not misspelt.
        same.copied()
            .or_else(near)
            .filter(|word| *word != self.found)
    }

    /// The mistakes that deserve words of their own.
    fn mistake(&self) -> Option<Said> {
        self.odd_character()
            .or_else(|| self.slip_in_a_clause())
            .or_else(|| self.slip_in_an_action())
            .or_else(|| self.in_a_name())
            .or_else(|| self.in_a_path())
            .or_else(|| self.clause_in_a_condition())
            .or_else(|| self.behind_a_condition())
            .or_else(|| self.before_a_brace())
            .or_else(|| self.in_place_of_a_value())
            .or_else(|| self.in_place_of_a_string())
            .or_else(|| self.elsewhere())
    }

    fn odd_character(&self) -> Option<Said> {
        let c = self.found.chars().next()?;
        if c.is_ascii_graphic() || c.is_alphanumeric() {
            return None;
        }
        let code = u32::from(c);
        let message = format!("the character U+{code:04X} has no meaning here");
        let said = Said::new(Code::Unexpected, message);
        Some(if let Some(near) = self.near() {
            said.help(format!("write `{near}`"))
        } else if CURRENCIES.contains(&c) {
            said.help("a number stands alone, without its currency")
        } else if c.is_whitespace() {
            said.help("it only looks like a blank; write a plain one")
        } else {
            said.help("outside of strings and comments only ASCII is written")
        })
    }

    fn in_a_name(&self) -> Option<Said> {
        let named = self.wants_any(&[Rule::brace_open, Rule::equals, Rule::colon, Rule::string]);
        let goes_on = self.found.starts_with(['-', '.', '/', '$', '@']) && self.adjacent;
        if named && goes_on && is_name(self.before) {
            let sign = self.found.chars().next().unwrap_or('-');
            let said = Said::new(Code::InvalidName, format!("a name holds no `{sign}` here"));
            return Some(if self.wants(Rule::colon) {
                said.help("a key of any other spelling stands in quotes: `\"line-items\":`")
            } else if self.keyword == Keyword::Rule {
                said.help("names of rules are made of letters, digits, `_` and `-`")
            } else {
                said.help("such names are made of letters, digits and `_`")
            });
        }
        let name = self.wants_any(&[Rule::type_name, Rule::ident, Rule::dotted]);
        if name && self.found.starts_with('"') && !self.wants(Rule::string) {
            let message = "expected a name, found a string";
            return Some(Said::new(Code::Unexpected, message).help("names take no quotes"));
        }
        let digit = self.found.starts_with(|c: char| c.is_ascii_digit());
        if name && digit && !self.wants(Rule::string) {
            let message = format!("`{}` cannot be a name here", self.found);
            let help = "such names begin with a letter or `_`";
            return Some(Said::new(Code::InvalidName, message).help(help));
        }
        if self.wants(Rule::listened) {
            let said = self.plain();
            return Some(match self.before {
                "," => said.help("the last event type takes no comma behind it"),
                _ => said.help("a type spelt like a clause stands in quotes: `on \"final\"`"),
            });
        }
        if self.refused.contains(&Rule::reserved) && self.expected.is_empty() {
            return Some(self.reserved());
        }
        None
    }

    fn reserved(&self) -> Said {
        let word = self.found;
        let message = format!("`{word}` is a word of the language and names no field here");
        Said::new(Code::Unexpected, message)
            .help(format!("a field of that name is `event_data.{word}`"))
    }

    fn in_a_path(&self) -> Option<Said> {
        let blanks = "a path holds no blanks";
        let inside = self.wants_any(&[Rule::index, Rule::path_key]) && !self.wants(Rule::tail);
        let digits = self.found.bytes().all(|b| b.is_ascii_digit());
        if inside && self.adjacent && self.found == "(" && is_name(self.before) {
            return Some(self.no_function());
        }
        if inside && self.adjacent && digits && self.found.starts_with('0') {
            let said = Said::new(
                Code::InvalidNumber,
                format!(
                    "`{}` is no index: a leading zero is not allowed",
                    self.found
                ),
            );
            let number = match self.found.trim_start_matches('0') {
                "" => "0",
                number => number,
            };
            return Some(said.help(format!("write `[{number}]`; indices count from 0")));
        }
        if inside {
            let said = Said::new(
                Code::Unexpected,
                format!("expected an index or a quoted name, found {}", self.found()),
            );
            return Some(if !self.adjacent {
                said.help(blanks)
            } else if is_name(self.found) {
                said.help(format!("write `[\"{}\"]` or `.{}`", self.found, self.found))
            } else {
                said.help("write `[0]` or `[\"name\"]`; indices count from 0")
            });
        }
        if self.before == "." && self.wants(Rule::ident) {
            let said = Said::new(
                Code::Unexpected,
                format!("expected a name behind the dot, found {}", self.found()),
            );
            return Some(match (self.adjacent, digits) {
                (false, _) => said.help(blanks),
                (true, true) => said.help(format!("an index is written `[{}]`", self.found)),
                (true, false) => {
                    said.help("any other spelling stands in brackets: `[\"unit price\"]`")
                }
            });
        }
        if self.wants(Rule::tail) && !self.adjacent && self.found.starts_with(['.', '[']) {
            let message = format!("{} does not go on with the path", self.found());
            return Some(Said::new(Code::Unexpected, message).help(blanks));
        }
        None
    }

    /// `when n == 1 and do x {}`: to the grammar `do` is a field there.
    fn clause_in_a_condition(&self) -> Option<Said> {
        let clause = matches!(
            self.before,
            "send" | "do" | "require" | "when" | "on" | "active" | "priority" | "missing"
        );
        let clause = clause && is_name(self.found) && !is_operator(self.found);
        let part = self.wants(Rule::part)
            && wanted(Rule::part).words.contains(&self.before)
            && self.found.starts_with('"');
        if !self.wants(Rule::tail) || !(clause || part) {
            return None;
        }
        let message = format!("expected a condition, found `{}`", self.before);
        let mut said = Said::new(Code::Unexpected, message)
            .help("something is missing before it, or an `and` or `or` is one too many");
        said.before = true;
        Some(said)
    }

    /// Names that stand where a brace belongs.
    fn before_a_brace(&self) -> Option<Said> {
        if !self.wants(Rule::brace_open) {
            return None;
        }
        let help = match (self.before, self.found) {
            (_, ":" | "=" | ";" | ",") => return None,
            ("sms" | "mms" | "push" | "email", _) => {
                "the parts of a message stand in braces: `send sms { body \"…\" }`"
            }
            ("first", _) => {
                "its actions stand in braces: `first { send mms { … } send sms { … } }`"
            }
            (_, "on" | "when" | "send" | "do" | "require" | "}" | "") => {
                "what belongs to it stands in `{ … }`, also where that is nothing"
            }
            (before, found) if is_name(before) && is_name(found) => "a name holds no blanks",
            _ => return None,
        };
        Some(self.plain().help(help))
    }

    fn behind_a_condition(&self) -> Option<Said> {
        if !self.wants(Rule::kw_and) && !self.wants(Rule::sign) {
            return None;
        }
        let told =
            |message: &str, help: &str| Some(Said::new(Code::Unexpected, message).help(help));
        let found = self.found;
        if !self.wants(Rule::tail) && self.wants(Rule::kw_or) && is_operator(found) {
            return match self.before {
                ")" => told(
                    &format!("`{found}` cannot follow a group"),
                    "parentheses group conditions, never operands",
                ),
                _ => told(
                    &format!("`{found}` cannot follow a whole comparison"),
                    "comparisons do not chain: join two with `and`",
                ),
            };
        }
        let asked = match self.before {
            "carrier" if self.wants(Rule::carrier_word) => Some("`sms` or `mms`"),
            "subscribed" if self.wants(Rule::string) => Some("the name of a list in double quotes"),
            _ => None,
        };
        if let Some(asked) = asked.filter(|_| is_name(found) && !is_operator(found)) {
            let message = format!("expected {asked}, found `{found}`");
            let mut said = Said::new(Code::Unexpected, message);
            said.help = self.suggestion();
            return Some(said);
        }
        match found {
            "(" if matches!(
                self.before,
                "count" | "length" | "number" | "time" | "time_of_day"
            ) =>
            {
                told(
                    "expected an operator, found `(`",
                    "between a function and its parenthesis stands no blank",
                )
            }
            "(" if is_name(self.before) => Some(self.no_function()),
            "ignoring" => told(
                "`ignoring case` has no comparison before it",
                "it belongs to the one comparison it follows: `city == \"Wien\" ignoring case`",
            ),
            "/" if self.before.bytes().all(|b| b.is_ascii_digit()) => told(
                "`/` computes nothing",
                "a date stands in double quotes, the year first: `\"2026-01-31\"`",
            ),
            ":" if self.before.bytes().all(|b| b.is_ascii_digit()) => told(
                "`:` stands in no number",
                "a time of day stands in double quotes: `\"09:30\"`",
            ),
            "," if self.before.ends_with(|c: char| c.is_ascii_digit())
                && self.adjacent
                && self.rest.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                let group = self.rest.find(|c: char| !c.is_ascii_digit());
                let group = self.rest.get(..group.unwrap_or(self.rest.len()));
                let number = format!("{}{}", self.before, group.unwrap_or(""));
                let message = "digits are not grouped";
                Some(Said::new(Code::InvalidNumber, message).help(format!("write `{number}`")))
            }
            "*" | "/" | "%" | "^" | "**" => told(
                &format!("`{found}` computes nothing"),
                "there is no arithmetic but adding durations to times",
            ),
            "," if self.wants(Rule::clause) => told("clauses take no commas", "leave the `,` out"),
            ";" => told("nothing ends with `;` here", "leave the `;` out"),
            "then" => told(
                "`then` is no word of the language",
                "leave it out: what is to be done follows the conditions",
            ),
            "else" if self.wants(Rule::clause) => told(
                "`else` belongs to `require` alone",
                "what else is to be done is another rule, or stands in `first { … }`",
            ),
            _ if self.wants(Rule::tail) && self.in_capitals() => {
                let word = self.before.to_ascii_lowercase();
                let mut said = Said::new(
                    Code::Unexpected,
                    format!("`{}` is written small", self.before),
                )
                .help(format!("did you mean `{word}`?"));
                said.before = true;
                Some(said)
            }
            word if self.wants(Rule::tail)
                && is_name(word)
                && is_name(self.before)
                && self.near().is_none()
                && !self.wants(Rule::kw_else) =>
            {
                let name = format!("{} {word}", self.before);
                Some(
                    self.plain()
                        .help(if matches!(self.before, "if" | "where" | "unless") {
                            format!("leave `{}` out", self.before)
                        } else {
                            format!(
                                "two conditions are joined by `and` or `or`; \
                         a field with a blank in its name is `event_data[\"{name}\"]`"
                            )
                        }),
                )
            }
            _ if self.wants(Rule::kw_else) && self.near().is_none() => Some(
                Said::new(
                    Code::Unexpected,
                    format!(
                        "expected `else` and the error text of the refusal, found {}",
                        self.found()
                    ),
                )
                .help("a condition is required so: `require CONDITION else \"TEXT\"`"),
            ),
            _ => None,
        }
    }

    /// Whether the word before is one that begins a condition, in other letters.
    fn in_capitals(&self) -> bool {
        let small = self.before.to_ascii_lowercase();
        small != self.before && wanted(Rule::expr).words.contains(&&*small)
    }

    fn in_place_of_a_value(&self) -> Option<Said> {
        let found = self.found;
        if self.wants(Rule::duration) && !self.wants(Rule::operand) {
            let expected = format!("expected a duration such as `2h`, found {}", self.found());
            let said = Said::new(Code::Unexpected, expected);
            // To the scanner `unit-` is a word.
            return Some(
                if self.before.starts_with(|c: char| c.is_ascii_digit()) && self.adjacent {
                    said.help("a date stands in double quotes: `\"2026-01-31\"`")
                } else if self.before.len() > 1 && self.before.ends_with('-') && self.adjacent {
                    let name = format!("{}{found}", self.before);
                    said.help(format!(
                        "a field with `-` in its name stands in brackets: `event_data[\"{name}\"]`"
                    ))
                } else if found.starts_with(|c: char| c.is_ascii_digit())
                    && (found.ends_with(|c: char| c.is_ascii_alphabetic())
                        || self
                            .rest
                            .trim_start()
                            .starts_with(|c: char| c.is_ascii_alphabetic()))
                {
                    said.help(
                        "durations are in `s`, `m`, `h` or `d`, without a blank: a week is `7d`",
                    )
                } else if found.bytes().all(|b| b.is_ascii_digit()) {
                    said.help("a duration is a number and one of `s`, `m`, `h`, `d` without a blank between")
                } else {
                    said.help("there is no arithmetic but adding durations to times")
                },
            );
        }
        let value = self.wants_any(&[
            Rule::operand,
            Rule::negation,
            Rule::expr,
            Rule::value,
            Rule::literal,
            Rule::number,
            Rule::kw_not,
        ]);
        if !value || self.wants(Rule::is_word) {
            return None;
        }
        if let Some(said) = self.number() {
            return Some(said);
        }
        let told =
            |message: &str, help: &str| Some(Said::new(Code::Unexpected, message).help(help));
        match found {
            "-" | "+" => told(
                &format!("`{found}` stands before no value"),
                "there is no arithmetic but adding durations to times",
            ),
            "any" | "all" | "none" if self.before == "contains" => told(
                &format!("expected a value, found `{found}`"),
                match found {
                    "any" => {
                        "`contains` takes a list, and any of its elements will do: `x contains [\"a\", \"b\"]`"
                    }
                    "all" => "ask for each: `x contains \"a\" and x contains \"b\"`",
                    _ => "write `not contains`",
                },
            ),
            "$" | "@" => told(
                &format!("expected {}, found `{found}`", phrase(self.expected)),
                match self.rest.starts_with(|c: char| c.is_ascii_digit()) {
                    true => "a number stands alone, without its currency",
                    false => "a field stands by its name alone",
                },
            ),
            "{" if self.rest.starts_with('{') && !self.wants(Rule::value) => told(
                &format!("expected {}, found `{{{{`", phrase(self.expected)),
                "a field stands by its name alone; braces are for texts",
            ),
            "(" if matches!(self.before, "in" | "contains" | "=") => told(
                &format!("expected {}, found `(`", phrase(self.expected)),
                "a list stands in brackets: `[1, 2]`",
            ),
            "(" => told(
                &format!("expected {}, found `(`", phrase(self.expected)),
                "parentheses group conditions, never operands",
            ),
            word if RESERVED.contains(&word)
                && self.wants_any(&[Rule::operand, Rule::negation, Rule::value]) =>
            {
                Some(self.reserved())
            }
            word if self.wants(Rule::literal) && is_name(word) && self.near().is_none() => told(
                &format!("expected a literal or a list of literals, found `{word}`"),
                "text stands in double quotes; a constant names no field and no other constant",
            ),
            _ => None,
        }
    }

    /// What begins like a number and is none.
    fn number(&self) -> Option<Said> {
        let text = self.found;
        let signless = text.trim_start_matches(['+', '-', '.']);
        if !signless.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let said = Said::new(Code::InvalidNumber, format!("`{text}` is no number"));
        let first_zero = signless.len() > 1
            && signless.starts_with('0')
            && signless.bytes().all(|b| b.is_ascii_digit());
        Some(if text.starts_with('.') || text.starts_with("-.") {
            said.help(format!("write `{}`", text.replacen('.', "0.", 1)))
        } else if text.starts_with('+') {
            said.help("a number has no `+` before it")
        } else if let Some(time) = clock(text) {
            said.help(format!("a time of day is written `\"{time}\"`"))
        } else if text.ends_with('%') {
            said.help("shares are written behind `sample` alone; 10% of one is `0.1`")
        } else if first_zero {
            said.help("a number begins with `0` only before its point")
        } else if signless.contains('_') {
            said.help("digits are not grouped")
        } else {
            said.help(
                "numbers are written as in JSON, durations as `90s`, `30m`, `2h` or `7d`, \
                 anything else in quotes",
            )
        })
    }

    fn in_place_of_a_string(&self) -> Option<Said> {
        if !self.wants(Rule::string) || self.wants_any(&[Rule::tail, Rule::operand, Rule::ident]) {
            return None;
        }
        let said = Said::new(
            Code::Unexpected,
            format!("expected a string, found {}", self.found()),
        );
        match self.found {
            ":" | "=" => Some(said.help(format!(
                "no `{}` stands between `{}` and its text",
                self.found, self.before
            ))),
            word if is_name(word) || word.starts_with(|c: char| c.is_ascii_digit()) => {
                Some(said.help(format!("a string stands in double quotes: `\"{word}\"`")))
            }
            _ => None,
        }
    }

    fn elsewhere(&self) -> Option<Said> {
        let told = |help: &str| Some(self.plain().help(help));
        match self.found {
            found
                if self.wants(Rule::entry)
                    && (is_operator(found) || found == "+" || found == "-") =>
            {
                told("a value is a literal, a list, an object, a field or a template")
            }
            sign @ (":" | "=") if self.wants(Rule::string) => told(&format!(
                "no `{sign}` stands between `{}` and its text",
                self.before
            )),
            "=" if self.wants(Rule::colon) => told("between key and value stands `:`"),
            ":" if self.wants(Rule::equals) => told("between name and value stands `=`"),
            ":" if self.wants_any(&[Rule::brace_open, Rule::negation]) => told("leave the `:` out"),
            ";" => told("leave the `;` out"),
            "," if self.wants_any(&[Rule::clause, Rule::item]) => told("leave the `,` out"),
            _ if self.wants(Rule::comma) && self.wants(Rule::bracket_close) => {
                told("a `,` parts the elements of a list")
            }
            "true" | "false" if self.wants(Rule::is_word) => {
                told("compare with `==`, or let the field stand alone")
            }
            found if self.wants(Rule::is_word) && is_operator(found) => told(
                "`is` goes before words alone; write `in`, `not in`, `!=` and their like without it",
            ),
            found
                if self.wants(Rule::is_word)
                    && found.starts_with(|c: char| c == '"' || c.is_ascii_digit()) =>
            {
                told("compare with `==` or `!=`")
            }
            found if self.wants(Rule::part) && is_name(found) && self.near().is_none() => told(
                "parts are `to`, `body`, `media`, `subject`, `title`, `url`, `text`, `html` and `data`, \
                 as the channel has them",
            ),
            found if self.wants(Rule::is_word) && comparative(found).is_some() => {
                told(comparative(found).unwrap_or_default())
            }
            "," | "&" | "&&" if self.wants(Rule::kw_and) && !self.wants(Rule::kw_or) => {
                told("the bounds are joined by `and`: `x between 1 and 2`")
            }
            found if self.before == "not" && IS.contains(&found) => {
                told(&format!("write `is not {found}`"))
            }
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "=" | "equal" | "equals"
                if self.before == "not" =>
            {
                told(match self.found {
                    "<" => "write `>=`, or `not` before the whole comparison",
                    "<=" => "write `>`, or `not` before the whole comparison",
                    ">" => "write `<=`, or `not` before the whole comparison",
                    ">=" => "write `<`, or `not` before the whole comparison",
                    "!=" => "write `==`, or `not` before the whole comparison",
                    _ => "write `!=`, or `not` before the whole comparison",
                })
            }
            "else" if self.expected.is_empty() => {
                told("leave it out: this requirement refuses with a text of its own")
            }
            "array" | "list" | "List" | "Array" if self.wants(Rule::field_type) => {
                told(&list_type(self.rest))
            }
            "object" | "map" if self.wants(Rule::field_type) => {
                told("an object is written with its fields: `{ name: string }`")
            }
            "else" if self.wants(Rule::clause) => told("`else` belongs to `require` alone"),
            _ => None,
        }
    }
}

/// The words that no path begins with.
const RESERVED: &[&str] = &[
    "and",
    "or",
    "in",
    "is",
    "between",
    "contains",
    "starts_with",
    "ends_with",
    "like",
    "matches",
    "in_network",
    "ignoring",
    "else",
];

fn is_operator(text: &str) -> bool {
    let word = RESERVED.contains(&text) && !matches!(text, "and" | "or" | "else" | "ignoring");
    word || matches!(text, "==" | "!=" | "<" | "<=" | ">" | ">=" | "=" | "not")
}

pub(in crate::syntax) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// The last token before `offset`.
fn last_token(text: &str, offset: usize) -> Option<Token> {
    let before = text.get(..offset)?;
    let mut scanner = Scanner::new(SourceId::default(), before);
    let mut faults = Vec::new();
    let mut last = None;
    while let Some(token) = scanner.token(&mut faults) {
        faults.clear();
        last = Some(token);
    }
    last
}

/// What stands at `offset`: a word or number, a string, a run of signs, one other character.
fn token_at(text: &str, offset: usize) -> &str {
    let rest = text.get(offset..).unwrap_or("");
    let length = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let is_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | '%');
    let is_sign = |c: char| "=!<>&|~*/^".contains(c);
    let signless = rest.trim_start_matches(['+', '-', '.']);
    let numeric = rest.len().saturating_sub(signless.len()) < 2
        && signless.starts_with(|c: char| c.is_ascii_digit());
    let end = match rest.chars().next() {
        None => 0,
        Some(_) if numeric => length(is_number),
        Some('"') => {
            let mut scanner = Scanner::new(SourceId::default(), rest);
            scanner
                .token(&mut Vec::new())
                .map_or(1, |token| match token.kind {
                    Kind::Text => token.end,
                    _ => 1,
                })
        }
        Some(c) if is_word(c) && c != '-' => length(is_word),
        Some(c) if is_sign(c) => length(is_sign),
        Some(c) => c.len_utf8(),
    };
    rest.get(..end).unwrap_or("")
}
