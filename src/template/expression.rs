//! What stands inside a tag: paths, literals, calls of helpers. Knows the spelling, not which helpers or
//! fields there are.
//!
//! Takes less than the grammar of handlebars does, and never anything else: what passes here means
//! there the same.

use std::ops::Range;

use crate::diagnostic::Code;

/// Something wrong in a template, by its place in the template's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) code: Code,
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Flaw {
    pub(crate) fn new(code: Code, at: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            at,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A helper or block with what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: Box<str>,
    pub(crate) name_at: Range<usize>,
    /// All of it, without braces or parentheses.
    pub(crate) at: Range<usize>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) options: Vec<Opt>,
    /// `as |item index|`
    pub(crate) parameters: Vec<Parameter>,
}

/// A block parameter and where it stands.
pub(crate) type Parameter = (Box<str>, Range<usize>);

/// `name=value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opt {
    pub(crate) name: Box<str>,
    pub(crate) at: Range<usize>,
    pub(crate) value: Argument,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) at: Range<usize>,
    pub(crate) kind: ArgumentKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArgumentKind {
    Path(Path),
    Text(Box<str>),
    /// The text of a JSON number of at most 15 digits.
    Number(Box<str>),
    Bool(bool),
    Null,
    Call(Box<Call>),
}

/// A path as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) at: Range<usize>,
    pub(crate) start: Start,
    pub(crate) steps: Vec<Step>,
}

/// How a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// With a name.
    Bare,
    /// `this`, `this.`, `./`, or a first name in brackets
    This,
    /// So many `../`
    Up(u16),
    /// `@root`
    Root,
    /// `@index` and its like, behind so many `../`; the name is the one step.
    Local(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: Box<str>,
    pub(crate) at: Range<usize>,
}

/// A place in a template's text, with the few moves that reading it takes.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'t> {
    pub(crate) text: &'t str,
    pub(crate) at: usize,
    /// Parentheses that may be open at once.
    pub(crate) depth: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn looks_at(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    pub(crate) fn eat(&mut self, text: &str) -> bool {
        let there = self.looks_at(text);
        if there {
            self.at = self.at.saturating_add(text.len());
        }
        there
    }

    /// Passes blanks as the grammar of handlebars knows them.
    pub(crate) fn blanks(&mut self) {
        self.run(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    pub(crate) fn run(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at = self.at.saturating_add(end);
        rest.get(..end).unwrap_or("")
    }

    /// The range from `start` to here.
    pub(crate) const fn since(&self, start: usize) -> Range<usize> {
        start..self.at
    }

    /// The character here, or the end of the text.
    pub(crate) fn here(&self) -> Range<usize> {
        let width = self.peek().map_or(0, char::len_utf8);
        self.at..self.at.saturating_add(width)
    }

    /// That something else stands here than what belongs here.
    pub(crate) fn unexpected(&self, expected: &str) -> Flaw {
        let message = match self.peek() {
            Some(c) => format!("`{c}` does not belong here: {expected} does"),
            None => format!("the template ends inside a tag, where {expected} belongs"),
        };
        Flaw::new(Code::TemplateSyntax, self.here(), message)
    }
}

/// A character of a name.
pub(crate) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | ':') || !c.is_ascii()
}

/// What a plain tag shows: a path, or a call of a helper.
pub(crate) fn token(cursor: &mut Cursor<'_>) -> Result<Argument, Flaw> {
    let start = cursor.at;
    if let Some(help) = foreign(cursor) {
        return Err(cursor.unexpected("a name").help(help));
    }
    match cursor.peek() {
        Some('(') => return parentheses(cursor),
        Some('"' | '\'') => {
            return Err(Flaw::new(
                Code::TemplateSyntax,
                cursor.here(),
                "a tag begins with a field or a helper, not with a string",
            ));
        }
        _ => {}
    }
    let path = path(cursor)?;
    cursor.blanks();
    if matches!(cursor.peek(), None | Some('}' | '~')) {
        return Ok(Argument {
            at: path.at.clone(),
            kind: ArgumentKind::Path(path),
        });
    }
    let name = helper_name(path)?;
    let call = call(cursor, name, start)?;
    Ok(Argument {
        at: call.at.clone(),
        kind: ArgumentKind::Call(Box::new(call)),
    })
}

/// A block's name with what it is given, up to the end of its tag.
pub(crate) fn block(cursor: &mut Cursor<'_>) -> Result<Call, Flaw> {
    let start = cursor.at;
    let name = cursor.run(is_name);
    if name.is_empty() || matches!(cursor.peek(), Some('.' | '/' | '[')) {
        let _ = path(cursor);
        return Err(Flaw::new(
            Code::TemplateUnsupported,
            start..cursor.at.max(cursor.here().end),
            "a block is `each`, `if`, `unless` or `with`",
        )
        .help("write `{{#if x}}`, `{{#each x}}` or `{{#with x}}` with the field behind"));
    }
    let name = Step {
        name: name.into(),
        at: cursor.since(start),
    };
    call(cursor, name, start)
}

/// A path that stands where only the name of a helper can.
fn helper_name(path: Path) -> Result<Step, Flaw> {
    let at = path.at.clone();
    let mut steps = path.steps.into_iter();
    match (path.start, steps.next(), steps.next()) {
        (Start::Bare, Some(name), None) => Ok(name),
        _ => Err(Flaw::new(
            Code::HelperArguments,
            at,
            "a field takes no arguments, and a helper has a plain name",
        )),
    }
}

/// Arguments, options and block parameters behind a name.
fn call(cursor: &mut Cursor<'_>, name: Step, start: usize) -> Result<Call, Flaw> {
    let mut call = Call {
        name: name.name,
        name_at: name.at,
        at: start..start,
        arguments: Vec::new(),
        options: Vec::new(),
        parameters: Vec::new(),
    };
    call.at = cursor.since(start);
    loop {
        cursor.blanks();
        let begin = cursor.at;
        match cursor.peek() {
            None | Some('}' | '~' | ')') => return Ok(call),
            Some(c) if is_name(c) => {
                let mut ahead = cursor.clone();
                let word = ahead.run(is_name);
                let word_at = ahead.since(begin);
                ahead.blanks();
                if word == "as" && ahead.looks_at("|") {
                    *cursor = ahead;
                    call.parameters = parameters(cursor)?;
                    call.at = cursor.since(start);
                    cursor.blanks();
                    return Ok(call);
                }
                if matches!(word, "as" | "else") && ahead.peek() != Some('=') {
                    return Err(Flaw::new(
                        Code::TemplateSyntax,
                        word_at,
                        format!("`{word}` is a word of its own here"),
                    )
                    .help(if word == "as" {
                        "write `as |item|` to name the element".to_owned()
                    } else {
                        format!("write `this.{word}` for a field of that name")
                    }));
                }
                if !ahead.looks_at("==") && ahead.eat("=") {
                    ahead.blanks();
                    *cursor = ahead;
                    let value = argument(cursor)?;
                    call.options.push(Opt {
                        name: word.into(),
                        at: word_at,
                        value,
                    });
                } else {
                    call.arguments.push(argument(cursor)?);
                }
            }
            Some(_) => call.arguments.push(argument(cursor)?),
        }
        call.at = cursor.since(start);
    }
}

/// `|item index|`
fn parameters(cursor: &mut Cursor<'_>) -> Result<Vec<Parameter>, Flaw> {
    cursor.eat("|");
    let mut names = Vec::new();
    loop {
        cursor.blanks();
        if cursor.eat("|") && !names.is_empty() {
            return Ok(names);
        }
        let start = cursor.at;
        let name = cursor.run(is_name);
        if name.is_empty() || names.len() == 2 {
            cursor.at = start;
            return Err(cursor.unexpected(if names.is_empty() { "a name" } else { "`|`" }));
        }
        names.push((name.into(), cursor.since(start)));
    }
}

/// One argument.
fn argument(cursor: &mut Cursor<'_>) -> Result<Argument, Flaw> {
    let start = cursor.at;
    if let Some(help) = foreign(cursor) {
        return Err(cursor.unexpected("a name").help(help));
    }
    let kind = match cursor.peek() {
        Some('"' | '\'') => ArgumentKind::Text(string(cursor)?),
        Some('(') => return parentheses(cursor),
        Some('[') if looks_like_list(cursor.rest()) => {
            return Err(Flaw::new(
                Code::TemplateUnsupported,
                cursor.here(),
                "a list cannot be written in a template",
            )
            .help("a field or element of that name is `this.[0]`"));
        }
        Some('{') => {
            return Err(Flaw::new(
                Code::TemplateUnsupported,
                cursor.here(),
                "an object cannot be written in a template",
            ));
        }
        Some(c) if c.is_ascii_digit() || c == '-' => match number(cursor)? {
            Some(number) => ArgumentKind::Number(number),
            None => ArgumentKind::Path(path(cursor)?),
        },
        Some(_) => match word(cursor) {
            Some(literal) => literal,
            None => ArgumentKind::Path(path(cursor)?),
        },
        None => return Err(cursor.unexpected("an argument")),
    };
    if !matches!(kind, ArgumentKind::Path(_)) && matches!(cursor.peek(), Some('.' | '/' | '[')) {
        return Err(cursor.unexpected("a blank"));
    }
    Ok(Argument {
        at: cursor.since(start),
        kind,
    })
}

/// What to write instead of what other languages have between values.
fn foreign(cursor: &Cursor<'_>) -> Option<String> {
    const SIGNS: [(&str, &str); 13] = [
        ("==", "eq"),
        ("!=", "ne"),
        ("<>", "ne"),
        ("<=", "lte"),
        (">=", "gte"),
        ("<", "lt"),
        (">", "gt"),
        ("=", "eq"),
        ("!", "not"),
        ("&&", "and"),
        ("||", "or"),
        ("|", ""),
        ("??", ""),
    ];
    let rest = cursor.rest();
    if rest.starts_with(',') {
        return Some("values are parted by blanks alone".to_owned());
    }
    if rest.starts_with(['“', '”', '„', '‘', '’', '‚']) {
        return Some("strings stand in straight quotes: `'there'`".to_owned());
    }
    let (sign, helper) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign))?;
    let behind = rest.trim_start_matches(|c| "=!<>&|?".contains(c));
    let left = word_before(cursor.text.get(..cursor.at).unwrap_or(""));
    let right = word_behind(behind);
    Some(match *helper {
        "" | "or" if *sign == "??" || right.starts_with(['"', '\'']) => {
            let right = if right.is_empty() { "'there'" } else { right };
            format!("write `{{{{default {} {right}}}}}`", left.unwrap_or("x"))
        }
        "" => {
            let left = left.unwrap_or("x");
            format!(
                "a helper stands before its value: `{{{{upper {left}}}}}`, `{{{{default {left} 'there'}}}}`"
            )
        }
        "not" => {
            let right = if right.is_empty() { "x" } else { right };
            format!("a condition is a helper: `{{{{#if (not {right})}}}}`")
        }
        helper => {
            let (left, right) = match left {
                Some(left) if !right.is_empty() => (left, right),
                _ if matches!(helper, "and" | "or") => ("x", "y"),
                _ => ("x", "1"),
            };
            format!("a condition is a helper: `{{{{#if ({helper} {left} {right})}}}}`")
        }
    })
}

/// A character of a plain path or number.
fn is_plain(c: char) -> bool {
    is_name(c) || matches!(c, '.' | '@' | '/')
}

/// The path or number that a text ends with, blanks behind it aside.
fn word_before(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let start = text.trim_end_matches(is_plain).len();
    let word = text.get(start..).unwrap_or("");
    let block = text.get(..start).unwrap_or("").ends_with(['#', '^']);
    (!word.is_empty() && !block).then_some(word)
}

/// The path, number or string that a text begins with, blanks before it aside; else nothing.
fn word_behind(text: &str) -> &str {
    let text = text.trim_start_matches(' ');
    let mut chars = text.chars();
    let end = match chars.next() {
        Some(quote @ ('"' | '\'')) => {
            let inside = chars.as_str();
            let length = inside.find(quote).map(|at| at.saturating_add(2));
            length.filter(|length| *length <= LONGEST_SHOWN)
        }
        _ => text.find(|c| !is_plain(c)),
    };
    text.get(..end.unwrap_or(0)).unwrap_or("")
}

/// Strings longer than that are not repeated in help.
const LONGEST_SHOWN: usize = 40;

/// `(helper …)`
fn parentheses(cursor: &mut Cursor<'_>) -> Result<Argument, Flaw> {
    let open = cursor.here();
    let Some(depth) = cursor.depth.checked_sub(1) else {
        return Err(Flaw::new(
            Code::TemplateTooLarge,
            open,
            "too many parentheses inside one another",
        ));
    };
    cursor.eat("(");
    cursor.blanks();
    let start = cursor.at;
    let name = helper_name(path(cursor)?)?;
    let outer = std::mem::replace(&mut cursor.depth, depth);
    let call = call(cursor, name, start);
    cursor.depth = outer;
    let call = call?;
    if let Some((_, at)) = call.parameters.first() {
        return Err(Flaw::new(
            Code::TemplateSyntax,
            at.clone(),
            "block parameters belong to `each` and `with`",
        ));
    }
    if !cursor.eat(")") {
        return Err(cursor.unexpected("`)`"));
    }
    Ok(Argument {
        at: cursor.since(open.start),
        kind: ArgumentKind::Call(Box::new(call)),
    })
}

/// Whether handlebars would take the bracket for a list rather than for a name.
fn looks_like_list(text: &str) -> bool {
    let inside = text.strip_prefix('[').unwrap_or(text).trim_start();
    inside.starts_with(|c: char| {
        c.is_ascii_digit() || matches!(c, '"' | '\'' | '[' | '{' | '-' | ']' | ',')
    }) || ["true", "false", "null"]
        .iter()
        .any(|word| inside.starts_with(word))
}

/// `true`, `false` and `null`, where nothing of a name follows.
fn word(cursor: &mut Cursor<'_>) -> Option<ArgumentKind> {
    let mut ahead = cursor.clone();
    let literal = match ahead.run(is_name) {
        "true" => ArgumentKind::Bool(true),
        "false" => ArgumentKind::Bool(false),
        "null" => ArgumentKind::Null,
        _ => return None,
    };
    *cursor = ahead;
    Some(literal)
}

/// A number literal; `None` where what begins with a digit is a name.
fn number(cursor: &mut Cursor<'_>) -> Result<Option<Box<str>>, Flaw> {
    let start = cursor.at;
    let mut ahead = cursor.clone();
    ahead.eat("-");
    let whole = ahead.run(|c| c.is_ascii_digit());
    let mut fraction = "";
    let mut point = false;
    if ahead.looks_at(".") && !whole.is_empty() {
        ahead.eat(".");
        point = true;
        fraction = ahead.run(|c| c.is_ascii_digit());
    }
    let mut exponent = ahead.clone();
    if !whole.is_empty() && (exponent.eat("e") || exponent.eat("E")) {
        if !exponent.eat("-") {
            exponent.eat("+");
        }
        let digits = exponent.run(|c| c.is_ascii_digit());
        if !digits.is_empty() && !exponent.peek().is_some_and(is_name) {
            return Err(Flaw::new(
                Code::TemplateUnsupported,
                exponent.since(start),
                "a number in a template has no exponent",
            )
            .help("write its digits out"));
        }
    }
    if whole.is_empty() || ahead.peek().is_some_and(is_name) {
        return Ok(None);
    }
    let at = ahead.since(start);
    let text = ahead.text.get(at.clone()).unwrap_or("");
    let zeros = whole.len() > 1 && whole.starts_with('0');
    if zeros || (point && fraction.is_empty()) {
        return Err(Flaw::new(
            Code::TemplateSyntax,
            at,
            format!("`{text}` is no number as JSON writes it"),
        ));
    }
    if whole.len().saturating_add(fraction.len()) > 15 {
        return Err(Flaw::new(
            Code::TemplateUnsupported,
            at,
            "a number in a template has at most 15 digits",
        ));
    }
    *cursor = ahead;
    Ok(Some(text.into()))
}

/// A string in double or single quotes, with JSON's escapes.
fn string(cursor: &mut Cursor<'_>) -> Result<Box<str>, Flaw> {
    let start = cursor.at;
    let quote = cursor.peek().unwrap_or('"');
    let single = quote == '\'';
    cursor.at = cursor.here().end;
    let mut json = String::from('"');
    loop {
        let here = cursor.here();
        let Some(c) = cursor.peek() else {
            return Err(Flaw::new(
                Code::TemplateSyntax,
                start..start.saturating_add(1),
                "this string does not end",
            ));
        };
        cursor.at = here.end;
        match c {
            c if c == quote => break,
            '"' => json.push_str("\\\""),
            '\\' => {
                let next = cursor.here();
                match cursor.peek() {
                    Some('"' | '\'') if single => {
                        return Err(Flaw::new(
                            Code::TemplateSyntax,
                            here.start..next.end,
                            "no quote is escaped in a string of single quotes",
                        )
                        .help("write the string in the other quotes, or the quote as `\\u0027`"));
                    }
                    Some(c) => json.extend(['\\', c]),
                    None => {}
                }
                cursor.at = next.end;
            }
            c if c.is_control() && c.is_ascii() && c != '\u{7f}' => {
                return Err(Flaw::new(
                    Code::TemplateSyntax,
                    here,
                    "a line break or control character inside a string",
                )
                .help("write `\\n` for a line break, `\\t` for a tab"));
            }
            c => json.push(c),
        }
    }
    json.push('"');
    match serde_json::from_str::<String>(&json) {
        Ok(text) => Ok(text.into()),
        Err(_) => Err(Flaw::new(
            Code::TemplateSyntax,
            cursor.since(start),
            "a string with an escape that JSON does not have",
        )),
    }
}

/// A path.
pub(crate) fn path(cursor: &mut Cursor<'_>) -> Result<Path, Flaw> {
    let begin = cursor.at;
    let start = if cursor.eat("@") {
        return local(cursor, begin);
    } else if cursor.eat("./") {
        Start::This
    } else {
        let mut up: u16 = 0;
        while cursor.eat("../") {
            up = up.saturating_add(1);
        }
        match up {
            0 => Start::Bare,
            up => Start::Up(up),
        }
    };
    if let Some(c @ ('.' | '@')) = cursor.peek() {
        let flaw = Flaw::new(
            Code::TemplateSyntax,
            begin..cursor.here().end,
            "no name follows",
        );
        let dots = cursor.looks_at("..");
        return Err(match (start, c) {
            (Start::Up(_), '@') => flaw.help("write `@../index`"),
            (Start::Bare, '.') if !dots => flaw.help("write `this` for the whole value"),
            _ => flaw.help("write `../this` for the whole outer value"),
        });
    }
    let mut path = Path {
        at: begin..begin,
        start,
        steps: Vec::new(),
    };
    steps(cursor, &mut path)?;
    path.at = cursor.since(begin);
    Ok(path)
}

/// `@root`, `@index`, `@../index`
fn local(cursor: &mut Cursor<'_>, begin: usize) -> Result<Path, Flaw> {
    let mut up: u16 = 0;
    while cursor.eat("../") {
        up = up.saturating_add(1);
    }
    let start = cursor.at;
    let name = cursor.run(is_name);
    let mut path = Path {
        at: begin..begin,
        start: Start::Local(up),
        steps: Vec::new(),
    };
    if name == "root" && up == 0 {
        path.start = Start::Root;
        if cursor.eat(".") || cursor.eat("/") {
            steps(cursor, &mut path)?;
        }
    } else if name.is_empty() {
        return Err(cursor.unexpected("`index`, `first`, `last`, `key` or `root`"));
    } else {
        path.steps.push(Step {
            name: name.into(),
            at: cursor.since(start),
        });
        if matches!(cursor.peek(), Some('.' | '/' | '[')) {
            return Err(cursor.unexpected("a blank or the end of the tag"));
        }
    }
    path.at = cursor.since(begin);
    Ok(path)
}

/// Names and brackets with dots or slashes between them.
fn steps(cursor: &mut Cursor<'_>, path: &mut Path) -> Result<(), Flaw> {
    let mut first = true;
    loop {
        let start = cursor.at;
        if cursor.eat("[") {
            let name = cursor.run(|c| c != ']');
            if !cursor.eat("]") {
                return Err(Flaw::new(
                    Code::TemplateSyntax,
                    start..start.saturating_add(1),
                    "this bracket is not closed",
                ));
            }
            if name == "this" {
                return Err(reserved(cursor.since(start)));
            }
            if first && path.start == Start::Bare {
                path.start = Start::This;
            }
            path.steps.push(Step {
                name: name.into(),
                at: cursor.since(start),
            });
        } else {
            let name = cursor.run(is_name);
            match name {
                "" => return Err(cursor.unexpected("a name")),
                "this" if first && path.start == Start::Bare => path.start = Start::This,
                // Handlebars leaves the word out of any path, wherever it stands.
                "this" if !first => return Err(reserved(cursor.since(start))),
                "this" => {}
                name => path.steps.push(Step {
                    name: name.into(),
                    at: cursor.since(start),
                }),
            }
        }
        first = false;
        if cursor.looks_at("[") {
            return Err(Flaw::new(
                Code::TemplateSyntax,
                cursor.here(),
                "a dot stands before a bracket in templates",
            )
            .help("write `items.[0]`"));
        }
        if !(cursor.eat(".") || cursor.eat("/")) {
            return Ok(());
        }
    }
}

fn reserved(at: Range<usize>) -> Flaw {
    Flaw::new(
        Code::TemplateUnsupported,
        at,
        "a field called `this` cannot be read by a template",
    )
}
