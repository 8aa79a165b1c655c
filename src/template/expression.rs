//! Parses the contents of a tag: paths, literals and helper calls.
//!
//! Accepts a subset of the grammar of handlebars: every accepted tag has the same meaning there.

use std::ops::Range;

use crate::diagnostic::Code;

/// An error in a template; its position is relative to the template text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateError {
    pub(crate) code: Code,
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl TemplateError {
    pub(crate) fn new(code: Code, at: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            at,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn syntax(at: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Code::TemplateSyntax, at, message)
    }

    pub(crate) fn unsupported(at: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Code::TemplateUnsupported, at, message)
    }

    pub(crate) fn arguments(at: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Code::HelperArguments, at, message)
    }

    pub(crate) fn too_large(at: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Code::TemplateTooLarge, at, message)
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A helper or block with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: Box<str>,
    pub(crate) name_at: Range<usize>,
    /// Without braces or parentheses.
    pub(crate) at: Range<usize>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) options: Vec<NamedArgument>,
    /// `as |item index|`
    pub(crate) parameters: Vec<Parameter>,
}

/// A block parameter and its position.
pub(crate) type Parameter = (Box<str>, Range<usize>);

/// `name=value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedArgument {
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
    Path(WrittenPath),
    Text(Box<str>),
    /// A JSON number of at most 15 digits.
    Number(Box<str>),
    Bool(bool),
    Null,
    Call(Box<Call>),
}

/// A path as written, before names are resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenPath {
    pub(crate) at: Range<usize>,
    pub(crate) start: PathStart,
    pub(crate) steps: Vec<PathName>,
}

/// The first part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathStart {
    /// A name.
    Bare,
    /// `this`, `this.`, `./`, or a first name in brackets.
    This,
    /// This number of `../`.
    Up(u16),
    /// `@root`.
    Root,
    /// `@index` and other loop variables after this number of `../`. The name is the only path segment.
    Local(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathName {
    pub(crate) name: Box<str>,
    pub(crate) at: Range<usize>,
}

/// A position in a template text.
#[derive(Clone, Debug)]
pub(crate) struct TagCursor<'t> {
    pub(crate) text: &'t str,
    pub(crate) at: usize,
    /// The number of parentheses that may still be opened.
    pub(crate) depth: usize,
}

impl<'t> TagCursor<'t> {
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

    /// Skips the characters that handlebars treats as whitespace.
    pub(crate) fn skip_whitespace(&mut self) {
        self.run(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    pub(crate) fn run(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at = self.at.saturating_add(end);
        rest.get(..end).unwrap_or("")
    }

    /// Returns the range from `start` to the current position.
    pub(crate) const fn since(&self, start: usize) -> Range<usize> {
        start..self.at
    }

    /// Returns the range of the current character; empty at the end of the text.
    pub(crate) fn here(&self) -> Range<usize> {
        let width = self.peek().map_or(0, char::len_utf8);
        self.at..self.at.saturating_add(width)
    }

    /// Creates an error about the current character.
    pub(crate) fn unexpected(&self, expected: &str) -> TemplateError {
        let message = match self.peek() {
            Some(c) => format!("expected {expected}, found `{c}`"),
            None => format!("expected {expected}, found the end of the template"),
        };
        TemplateError::syntax(self.here(), message)
    }
}

/// Returns whether a name may contain the character.
pub(crate) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | ':') || !c.is_ascii()
}

/// Parses the contents of a plain tag: a path or a helper call.
pub(crate) fn token(cursor: &mut TagCursor<'_>) -> Result<Argument, TemplateError> {
    let start = cursor.at;
    if let Some(help) = foreign(cursor) {
        return Err(cursor.unexpected("a name").help(help));
    }
    match cursor.peek() {
        Some('(') => return parentheses(cursor),
        Some('"' | '\'') => {
            return Err(TemplateError::syntax(
                cursor.here(),
                "a tag must begin with a field or a helper, not with a string",
            ));
        }
        _ => {}
    }
    let path = path(cursor)?;
    cursor.skip_whitespace();
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

/// Parses the name and the arguments of a block, up to the end of its tag.
pub(crate) fn block(cursor: &mut TagCursor<'_>) -> Result<Call, TemplateError> {
    let start = cursor.at;
    let name = cursor.run(is_name);
    if name.is_empty() || matches!(cursor.peek(), Some('.' | '/' | '[')) {
        let _ = path(cursor);
        return Err(TemplateError::unsupported(
            start..cursor.at.max(cursor.here().end),
            "blocks are `each`, `if`, `unless` and `with`",
        )
        .help(
            "write the field after the kind of block: `{{#if x}}`, `{{#each x}}` or `{{#with x}}`",
        ));
    }
    let name = PathName {
        name: name.into(),
        at: cursor.since(start),
    };
    call(cursor, name, start)
}

/// Converts a path to the name of a helper, if it is a single name.
fn helper_name(path: WrittenPath) -> Result<PathName, TemplateError> {
    let at = path.at.clone();
    let mut steps = path.steps.into_iter();
    match (path.start, steps.next(), steps.next()) {
        (PathStart::Bare, Some(name), None) => Ok(name),
        _ => Err(TemplateError::arguments(
            at,
            "only a helper takes arguments, and its name is a single word",
        )),
    }
}

/// Parses the arguments, options and block parameters after a name.
fn call(cursor: &mut TagCursor<'_>, name: PathName, start: usize) -> Result<Call, TemplateError> {
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
        cursor.skip_whitespace();
        let begin = cursor.at;
        match cursor.peek() {
            None | Some('}' | '~' | ')') => return Ok(call),
            Some(c) if is_name(c) => {
                let mut ahead = cursor.clone();
                let word = ahead.run(is_name);
                let word_at = ahead.since(begin);
                ahead.skip_whitespace();
                if word == "as" && ahead.looks_at("|") {
                    *cursor = ahead;
                    call.parameters = parameters(cursor)?;
                    call.at = cursor.since(start);
                    cursor.skip_whitespace();
                    return Ok(call);
                }
                if matches!(word, "as" | "else") && ahead.peek() != Some('=') {
                    return Err(TemplateError::syntax(
                        word_at,
                        format!("`{word}` is a keyword here"),
                    )
                    .help(if word == "as" {
                        "write `as |item|` to name the element".to_owned()
                    } else {
                        format!("write `this.{word}` for a field of that name")
                    }));
                }
                if !ahead.looks_at("==") && ahead.eat("=") {
                    ahead.skip_whitespace();
                    *cursor = ahead;
                    let value = argument(cursor)?;
                    call.options.push(NamedArgument {
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
fn parameters(cursor: &mut TagCursor<'_>) -> Result<Vec<Parameter>, TemplateError> {
    cursor.eat("|");
    let mut names = Vec::new();
    loop {
        cursor.skip_whitespace();
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

/// Parses one argument.
fn argument(cursor: &mut TagCursor<'_>) -> Result<Argument, TemplateError> {
    let start = cursor.at;
    if let Some(help) = foreign(cursor) {
        return Err(cursor.unexpected("a name").help(help));
    }
    let kind = match cursor.peek() {
        Some('"' | '\'') => ArgumentKind::Text(string(cursor)?),
        Some('(') => return parentheses(cursor),
        Some('[') if looks_like_list(cursor.rest()) => {
            return Err(TemplateError::unsupported(
                cursor.here(),
                "templates have no list literals",
            )
            .help("for a field or an element, write `this.[0]`"));
        }
        Some('{') => {
            return Err(TemplateError::unsupported(
                cursor.here(),
                "templates have no object literals",
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
        return Err(cursor.unexpected("a space"));
    }
    Ok(Argument {
        at: cursor.since(start),
        kind,
    })
}

/// Suggests a replacement for an operator of another language at the current position.
fn foreign(cursor: &TagCursor<'_>) -> Option<String> {
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
        return Some("separate values with spaces".to_owned());
    }
    if rest.starts_with(['“', '”', '„', '‘', '’', '‚']) {
        return Some("use straight quotes: `'there'`".to_owned());
    }
    let (sign, helper) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign))?;
    let after = rest.trim_start_matches(|c| "=!<>&|?".contains(c));
    let left = word_before(cursor.text.get(..cursor.at).unwrap_or(""));
    let right = word_after(after);
    Some(match *helper {
        "" | "or" if *sign == "??" || right.starts_with(['"', '\'']) => {
            let right = if right.is_empty() { "'there'" } else { right };
            format!("write `{{{{default {} {right}}}}}`", left.unwrap_or("x"))
        }
        "" => {
            let left = left.unwrap_or("x");
            format!(
                "write the helper before its value: `{{{{upper {left}}}}}`, `{{{{default {left} 'there'}}}}`"
            )
        }
        "not" => {
            let right = if right.is_empty() { "x" } else { right };
            format!("write conditions with helpers: `{{{{#if (not {right})}}}}`")
        }
        helper => {
            let (left, right) = match left {
                Some(left) if !right.is_empty() => (left, right),
                _ if matches!(helper, "and" | "or") => ("x", "y"),
                _ => ("x", "1"),
            };
            format!("write conditions with helpers: `{{{{#if ({helper} {left} {right})}}}}`")
        }
    })
}

/// Returns whether a path or a number may contain the character.
fn is_plain(c: char) -> bool {
    is_name(c) || matches!(c, '.' | '@' | '/')
}

/// Returns the path or number at the end of `text`, ignoring whitespace after it.
fn word_before(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let start = text.trim_end_matches(is_plain).len();
    let word = text.get(start..).unwrap_or("");
    let block = text.get(..start).unwrap_or("").ends_with(['#', '^']);
    (!word.is_empty() && !block).then_some(word)
}

/// Returns the path, number or string at the start of `text`, ignoring spaces before it; empty if there
/// is none.
fn word_after(text: &str) -> &str {
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

/// The maximum length of a string that a help text repeats.
const LONGEST_SHOWN: usize = 40;

/// `(helper …)`
fn parentheses(cursor: &mut TagCursor<'_>) -> Result<Argument, TemplateError> {
    let open = cursor.here();
    let Some(depth) = cursor.depth.checked_sub(1) else {
        return Err(TemplateError::too_large(
            open,
            "too many nested parentheses",
        ));
    };
    cursor.eat("(");
    cursor.skip_whitespace();
    let start = cursor.at;
    let name = helper_name(path(cursor)?)?;
    let outer = std::mem::replace(&mut cursor.depth, depth);
    let call = call(cursor, name, start);
    cursor.depth = outer;
    let call = call?;
    if let Some((_, at)) = call.parameters.first() {
        return Err(TemplateError::syntax(
            at.clone(),
            "only `each` and `with` have block parameters",
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

/// Returns whether handlebars would read the bracket as a list instead of a name.
fn looks_like_list(text: &str) -> bool {
    let inside = text.strip_prefix('[').unwrap_or(text).trim_start();
    inside.starts_with(|c: char| {
        c.is_ascii_digit() || matches!(c, '"' | '\'' | '[' | '{' | '-' | ']' | ',')
    }) || ["true", "false", "null"]
        .iter()
        .any(|word| inside.starts_with(word))
}

/// Parses `true`, `false` or `null`, unless it is the start of a longer name.
fn word(cursor: &mut TagCursor<'_>) -> Option<ArgumentKind> {
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

/// Parses a number; `None` if the text is a name that begins with a digit.
fn number(cursor: &mut TagCursor<'_>) -> Result<Option<Box<str>>, TemplateError> {
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
            return Err(TemplateError::unsupported(
                exponent.since(start),
                "numbers in templates have no exponent",
            )
            .help("write all digits"));
        }
    }
    if whole.is_empty() || ahead.peek().is_some_and(is_name) {
        return Ok(None);
    }
    let at = ahead.since(start);
    let text = ahead.text.get(at.clone()).unwrap_or("");
    let zeros = whole.len() > 1 && whole.starts_with('0');
    if zeros || (point && fraction.is_empty()) {
        return Err(TemplateError::syntax(
            at,
            format!("`{text}` is not a valid JSON number"),
        ));
    }
    if whole.len().saturating_add(fraction.len()) > 15 {
        return Err(TemplateError::unsupported(
            at,
            "numbers in templates have at most 15 digits",
        ));
    }
    *cursor = ahead;
    Ok(Some(text.into()))
}

/// Parses a string in double or single quotes with the escapes of JSON.
fn string(cursor: &mut TagCursor<'_>) -> Result<Box<str>, TemplateError> {
    let start = cursor.at;
    let quote = cursor.peek().unwrap_or('"');
    let single = quote == '\'';
    cursor.at = cursor.here().end;
    let mut json = String::from('"');
    loop {
        let here = cursor.here();
        let Some(c) = cursor.peek() else {
            return Err(TemplateError::syntax(
                start..start.saturating_add(1),
                "this string is not closed",
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
                        return Err(TemplateError::syntax(
                            here.start..next.end,
                            "quotes cannot be escaped in a string with single quotes",
                        )
                        .help(
                            "use double quotes around the string, or write the quote as `\\u0027`",
                        ));
                    }
                    Some(c) => json.extend(['\\', c]),
                    None => {}
                }
                cursor.at = next.end;
            }
            c if c.is_control() && c.is_ascii() && c != '\u{7f}' => {
                return Err(TemplateError::syntax(
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
        Err(_) => Err(TemplateError::syntax(
            cursor.since(start),
            "JSON has no such escape in strings",
        )),
    }
}

/// Parses a path.
pub(crate) fn path(cursor: &mut TagCursor<'_>) -> Result<WrittenPath, TemplateError> {
    let begin = cursor.at;
    let start = if cursor.eat("@") {
        return local(cursor, begin);
    } else if cursor.eat("./") {
        PathStart::This
    } else {
        let mut up: u16 = 0;
        while cursor.eat("../") {
            up = up.saturating_add(1);
        }
        match up {
            0 => PathStart::Bare,
            up => PathStart::Up(up),
        }
    };
    if let Some(c @ ('.' | '@')) = cursor.peek() {
        let error = TemplateError::syntax(begin..cursor.here().end, "expected a name");
        let dots = cursor.looks_at("..");
        return Err(match (start, c) {
            (PathStart::Up(_), '@') => error.help("write `@../index`"),
            (PathStart::Bare, '.') if !dots => error.help("write `this` for the whole value"),
            _ => error.help("write `../this` for the whole outer value"),
        });
    }
    let mut path = WrittenPath {
        at: begin..begin,
        start,
        steps: Vec::new(),
    };
    steps(cursor, &mut path)?;
    path.at = cursor.since(begin);
    Ok(path)
}

/// `@root`, `@index`, `@../index`
fn local(cursor: &mut TagCursor<'_>, begin: usize) -> Result<WrittenPath, TemplateError> {
    let mut up: u16 = 0;
    while cursor.eat("../") {
        up = up.saturating_add(1);
    }
    let start = cursor.at;
    let name = cursor.run(is_name);
    let mut path = WrittenPath {
        at: begin..begin,
        start: PathStart::Local(up),
        steps: Vec::new(),
    };
    if name == "root" && up == 0 {
        path.start = PathStart::Root;
        if cursor.eat(".") || cursor.eat("/") {
            steps(cursor, &mut path)?;
        }
    } else if name.is_empty() {
        return Err(cursor.unexpected("`index`, `first`, `last`, `key` or `root`"));
    } else {
        path.steps.push(PathName {
            name: name.into(),
            at: cursor.since(start),
        });
        if matches!(cursor.peek(), Some('.' | '/' | '[')) {
            return Err(cursor.unexpected("a space or the end of the tag"));
        }
    }
    path.at = cursor.since(begin);
    Ok(path)
}

/// Parses names and brackets separated by dots or slashes.
fn steps(cursor: &mut TagCursor<'_>, path: &mut WrittenPath) -> Result<(), TemplateError> {
    let mut first = true;
    loop {
        let start = cursor.at;
        if cursor.eat("[") {
            let name = cursor.run(|c| c != ']');
            if !cursor.eat("]") {
                return Err(TemplateError::syntax(
                    start..start.saturating_add(1),
                    "this bracket is not closed",
                ));
            }
            if name == "this" {
                return Err(reserved(cursor.since(start)));
            }
            if first && path.start == PathStart::Bare {
                path.start = PathStart::This;
            }
            path.steps.push(PathName {
                name: name.into(),
                at: cursor.since(start),
            });
        } else {
            let name = cursor.run(is_name);
            match name {
                "" => return Err(cursor.unexpected("a name")),
                "this" if first && path.start == PathStart::Bare => path.start = PathStart::This,
                // Handlebars drops the word `this` anywhere in a path.
                "this" if !first => return Err(reserved(cursor.since(start))),
                "this" => {}
                name => path.steps.push(PathName {
                    name: name.into(),
                    at: cursor.since(start),
                }),
            }
        }
        first = false;
        if cursor.looks_at("[") {
            return Err(
                TemplateError::syntax(cursor.here(), "a bracket needs a dot before it")
                    .help("write `items.[0]`"),
            );
        }
        if !(cursor.eat(".") || cursor.eat("/")) {
            return Ok(());
        }
    }
}

fn reserved(at: Range<usize>) -> TemplateError {
    TemplateError::unsupported(at, "templates cannot read a field named `this`")
}
