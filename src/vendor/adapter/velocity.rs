//! Translates the subset of Velocity on eSputnik's pages into a template.
//!
//! The template uses only the helpers `default` and `each`.

use std::fmt;

use crate::json::path::is_plain_name;
use crate::text::line_index::Position;

/// The error for Velocity that cannot be translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VelocityError {
    message: Box<str>,
    offset: usize,
    line: usize,
    column: usize,
}

impl VelocityError {
    /// Returns the message.
    #[must_use]
    pub const fn message(&self) -> &str {
        &self.message
    }

    /// Returns the byte offset of the error.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Returns the column in characters, counted from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for VelocityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            message,
            ..
        } = self;
        write!(f, "line {line}, column {column}: {message}")
    }
}

impl std::error::Error for VelocityError {}

/// Translates a text in Velocity into a template.
///
/// `root` is the path of the field of `event_data` to which `$data` refers (`items`, `order.items`). With
/// an empty root, `$data` is `event_data` itself. The translation covers references (`$x`, `$!x`, `${x}`,
/// `$!{x}`) followed by `.get('key')` and `.get(0)`, and `#foreach($x in …) … #end`. A name that no loop
/// binds is a field of `event_data`. A reference with `$!` renders a missing value as empty text; without
/// the `!`, the rule decides.
///
/// ```
/// use pointsman::adapter::esputnik::velocity_to_template;
///
/// let text = "#foreach($!item in $!data.get('array'))\n$!item.get('name')\n#end";
/// assert_eq!(
///     velocity_to_template(text, "items")?,
///     "{{#each items.array as |item|}}\n{{default item.name \"\"}}\n{{/each}}"
/// );
/// # Ok::<(), pointsman::adapter::esputnik::VelocityError>(())
/// ```
///
/// # Errors
///
/// Returns the first construct that cannot be translated: other directives, comments, escapes, properties
/// and methods, unquoted keys, unclosed loops, and a root that is not a path of plain names.
pub fn velocity_to_template(text: &str, root: &str) -> Result<String, VelocityError> {
    let mut translator = Translator {
        text,
        at: 0,
        root: read_root(root)?,
        loops: Vec::new(),
        out: String::new(),
        plain: String::new(),
    };
    translator
        .translate()
        .map_err(|TranslateError { offset, message }| {
            let position = Position::of(text.as_bytes(), offset);
            VelocityError {
                message,
                offset,
                line: position.line as usize,
                column: position.column as usize,
            }
        })?;
    Ok(translator.out)
}

/// The name of the reference to the root.
const DATA: &str = "data";

/// The directives of Velocity. A `#` before any other word is plain text.
const DIRECTIVES: [&str; 14] = [
    "if", "elseif", "else", "end", "foreach", "set", "include", "parse", "stop", "break",
    "evaluate", "define", "macro", "return",
];

/// Names with a special meaning at the start of a template path.
const RESERVED: [&str; 9] = [
    "event_data",
    "event",
    "person",
    "carrier",
    "now",
    "debug_data",
    "this",
    "true",
    "false",
];

fn read_root(root: &str) -> Result<Vec<Box<str>>, VelocityError> {
    if root.is_empty() {
        return Ok(Vec::new());
    }
    let names = root.split('.');
    let bad = |name: &str| !is_plain_name(name) || name == "this";
    if names.clone().any(bad) {
        return Err(VelocityError {
            message: "the root is a path of plain names, as `items` or `order.items`".into(),
            offset: 0,
            line: 1,
            column: 1,
        });
    }
    Ok(names.map(Into::into).collect())
}

struct TranslateError {
    offset: usize,
    message: Box<str>,
}

impl TranslateError {
    fn new(offset: usize, message: impl Into<Box<str>>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }
}

/// A `#foreach` without its `#end` so far.
struct OpenLoop {
    /// The name in Velocity.
    variable: Box<str>,
    /// The name in the template.
    parameter: Box<str>,
    /// The offset of the `#foreach`.
    offset: usize,
}

/// A reference such as `$!item.get('name')`.
struct Reference {
    /// The reference starts with `$!`.
    quiet: bool,
    name: Box<str>,
    steps: Vec<Box<str>>,
}

struct Translator<'a> {
    text: &'a str,
    at: usize,
    root: Vec<Box<str>>,
    loops: Vec<OpenLoop>,
    out: String,
    /// Plain text since the last tag that is not yet in `out`.
    plain: String,
}

impl<'a> Translator<'a> {
    fn translate(&mut self) -> Result<(), TranslateError> {
        while let Some(next) = self.rest().find(['$', '#', '\\']) {
            let (before, _) = self.rest().split_at(next);
            self.plain.push_str(before);
            self.skip(next);
            match self.peek() {
                Some('$') => self.translate_dollar()?,
                Some('#') => self.translate_hash()?,
                _ => self.translate_backslash()?,
            }
        }
        self.plain.push_str(self.rest());
        if let Some(open) = self.loops.last() {
            return Err(TranslateError::new(
                open.offset,
                "this `#foreach` has no `#end`",
            ));
        }
        self.write_plain(false);
        Ok(())
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn eat(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        if there {
            self.skip(text.len());
        }
        there
    }

    fn skip_whitespace(&mut self) {
        let rest = self.rest();
        self.skip(rest.len().saturating_sub(rest.trim_start().len()));
    }

    fn expect(&mut self, text: &str) -> Result<(), TranslateError> {
        match self.eat(text) {
            true => Ok(()),
            false => Err(TranslateError::new(
                self.at,
                format!("`{text}` was expected here"),
            )),
        }
    }

    /// Reads a letter or `_` and then letters, digits, `_` and `-`. Reads nothing if there is no name.
    fn name(&mut self) -> Option<&'a str> {
        let name = name_at(self.rest())?;
        self.skip(name.len());
        Some(name)
    }

    /// Translates a reference, or a dollar sign that is plain text.
    fn translate_dollar(&mut self) -> Result<(), TranslateError> {
        let start = self.at;
        match self.reference()? {
            Some(reference) => self.write_reference(start, &reference),
            None => {
                self.at = start;
                self.plain.push('$');
                self.skip(1);
                Ok(())
            }
        }
    }

    /// Reads a reference at a dollar sign. Returns `None` if the dollar sign starts no reference.
    fn reference(&mut self) -> Result<Option<Reference>, TranslateError> {
        self.skip(1);
        let quiet = self.eat("!");
        let brace = self.at;
        let braces = self.eat("{");
        let Some(name) = self.name() else {
            return match braces {
                true => Err(TranslateError::new(
                    self.at,
                    "a name stands here in a reference",
                )),
                false => Ok(None),
            };
        };
        let mut reference = Reference {
            quiet,
            name: name.into(),
            steps: Vec::new(),
        };
        while let Some(step) = self.step(braces)? {
            reference.steps.push(step);
        }
        if braces && !self.eat("}") {
            return match self.rest().is_empty() {
                true => Err(TranslateError::new(brace, "this brace is not closed")),
                false => Err(TranslateError::new(
                    self.at,
                    "`}` or `.get(…)` was expected here",
                )),
            };
        }
        Ok(Some(reference))
    }

    /// Reads `.get('key')` or `.get(0)`. A dot without a name after it is plain text.
    fn step(&mut self, braces: bool) -> Result<Option<Box<str>>, TranslateError> {
        let start = self.at;
        if self.rest().starts_with('[') {
            let message = "an index in brackets is not translated; write `.get(0)`";
            return Err(TranslateError::new(start, message));
        }
        if !self.eat(".") {
            return Ok(None);
        }
        let Some(name) = self.name() else {
            self.at = start;
            return match braces {
                true => Err(TranslateError::new(
                    start,
                    "`get` was expected behind this dot",
                )),
                false => Ok(None),
            };
        };
        self.skip_spaces_before_parenthesis();
        match (name, self.peek()) {
            ("get", Some('(')) => self.skip(1),
            (_, Some('(')) => {
                let message = format!("the method `{name}` is not translated; only `get` is");
                return Err(TranslateError::new(start, message));
            }
            _ => {
                let message = format!("`.{name}` is not translated; write `.get('{name}')`");
                return Err(TranslateError::new(start, message));
            }
        }
        self.skip_whitespace();
        let step = self.key_or_index()?;
        self.skip_whitespace();
        self.expect(")")?;
        Ok(Some(step))
    }

    /// Skips spaces between `get` and its parenthesis. Other spaces are plain text.
    fn skip_spaces_before_parenthesis(&mut self) {
        let trimmed = self.rest().trim_start_matches(' ');
        if trimmed.starts_with('(') {
            self.skip(self.rest().len().saturating_sub(trimmed.len()));
        }
    }

    fn key_or_index(&mut self) -> Result<Box<str>, TranslateError> {
        let start = self.at;
        let quote = match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                let end = self.rest().find(|c: char| !c.is_ascii_digit());
                let digits = self.rest().get(..end.unwrap_or(self.rest().len()));
                let digits = digits.unwrap_or_default();
                self.skip(digits.len());
                return match digits.parse::<u32>() {
                    Ok(index) => Ok(index.to_string().into()),
                    Err(_) => Err(TranslateError::new(start, "an index is at most 4294967295")),
                };
            }
            Some(quote @ ('\'' | '"')) => quote,
            _ => {
                return Err(TranslateError::new(
                    start,
                    "a key in quotes or an index was expected here",
                ));
            }
        };
        self.skip(1);
        let Some((key, _)) = self.rest().split_once(quote) else {
            return Err(TranslateError::new(start, "this quote is not closed"));
        };
        if key.is_empty() {
            let message = "a key stands between two single quotes: `.get('name')`";
            return Err(TranslateError::new(start, message));
        }
        let impossible =
            |c: char| matches!(c, ']' | '\\') || quote == '"' && matches!(c, '$' | '#');
        if let Some(at) = key.find(impossible) {
            let message = "no template can name a key with this character";
            return Err(TranslateError::new(self.at.saturating_add(at), message));
        }
        if key == "this" {
            let message = "no template can name the key `this`";
            return Err(TranslateError::new(start, message));
        }
        self.skip(key.len().saturating_add(quote.len_utf8()));
        Ok(key.into())
    }

    /// Translates a directive, or a hash sign that is plain text.
    fn translate_hash(&mut self) -> Result<(), TranslateError> {
        let start = self.at;
        self.skip(1);
        if self.rest().starts_with(['#', '*']) || self.rest().starts_with("[[") {
            let message = "comments and raw texts are not translated";
            return Err(TranslateError::new(start, message));
        }
        let braces = self.eat("{");
        let word = self.name().unwrap_or_default();
        match word {
            "foreach" if !braces => self.foreach(start),
            "end" if !braces => match self.loops.pop() {
                None => Err(TranslateError::new(start, "this `#end` closes nothing")),
                Some(_) => {
                    self.tag("/each", false);
                    Ok(())
                }
            },
            word if DIRECTIVES.contains(&word) || !word.is_empty() && self.peek() == Some('(') => {
                let message = format!("`#{word}` is not translated; only `#foreach` is");
                Err(TranslateError::new(start, message))
            }
            // Plain text such as a color, a number or a hashtag.
            _ => {
                self.at = start.saturating_add(1);
                self.plain.push('#');
                Ok(())
            }
        }
    }

    /// Translates the header of a loop: `($!item in $!data.get('array'))`.
    fn foreach(&mut self, start: usize) -> Result<(), TranslateError> {
        self.skip_whitespace();
        self.expect("(")?;
        self.skip_whitespace();
        let at = self.at;
        let variable = self.expected_reference()?;
        if !variable.steps.is_empty() {
            return Err(TranslateError::new(
                at,
                "a loop binds a plain name, as `$item`",
            ));
        }
        self.skip_whitespace();
        let at = self.at;
        if self.name() != Some("in") {
            return Err(TranslateError::new(at, "`in` was expected here"));
        }
        self.skip_whitespace();
        let at = self.at;
        let list = self.expected_reference()?;
        self.skip_whitespace();
        self.expect(")")?;
        let list = self.path(at, &list)?;
        let parameter = self.parameter(&variable.name);
        self.tag(&format!("#each {list} as |{parameter}|"), false);
        self.loops.push(OpenLoop {
            variable: variable.name,
            parameter,
            offset: start,
        });
        Ok(())
    }

    fn expected_reference(&mut self) -> Result<Reference, TranslateError> {
        let start = self.at;
        let error = || TranslateError::new(start, "a reference was expected here, as `$item`");
        if self.peek() != Some('$') {
            return Err(error());
        }
        self.reference()?.ok_or_else(error)
    }

    /// Returns a block parameter for the variable of a loop that has no other meaning in the template.
    fn parameter(&self, variable: &str) -> Box<str> {
        let mut name = variable.replace('-', "_");
        let is_reserved = |name: &str| {
            RESERVED.contains(&name)
                || name.starts_with("else")
                || matches!(name, "as" | "null")
                || self.loops.iter().any(|open| *open.parameter == *name)
        };
        while is_reserved(&name) {
            name.insert(0, '_');
        }
        name.into()
    }

    fn write_reference(&mut self, at: usize, reference: &Reference) -> Result<(), TranslateError> {
        let path = self.path(at, reference)?;
        match reference.quiet {
            true => self.tag(&format!("default {path} \"\""), true),
            false => self.tag(&path, true),
        }
        Ok(())
    }

    /// Returns the template path of a reference.
    fn path(&self, at: usize, reference: &Reference) -> Result<String, TranslateError> {
        let bound = self.loops.iter().rev();
        let bound = bound.map(|open| (&open.variable, &open.parameter));
        let own = [reference.name.clone()];
        let (mut out, names): (String, &[Box<str>]) = match bound
            .clone()
            .find(|(variable, _)| **variable == reference.name)
        {
            Some((_, parameter)) => (parameter.to_string(), &[]),
            None if *reference.name == *DATA => (String::from("@root"), &self.root),
            None => (String::from("@root"), &own),
        };
        if own.iter().any(|name| &**name == "this") && out == "@root" {
            return Err(TranslateError::new(
                at,
                "no template can name the field `this`",
            ));
        }
        for step in names.iter().chain(&reference.steps) {
            match is_plain_name(step) && &**step != "this" {
                true => out.extend([".", step]),
                false => out.extend([".[", step, "]"]),
            }
        }
        // Outside loops, `@root.` is not needed before a name without special meaning.
        let short = out.strip_prefix("@root.").filter(|short| {
            let first = short.split('.').next().unwrap_or_default();
            let plain = is_plain_name(first) && !RESERVED.contains(&first);
            self.loops.is_empty() && plain && !first.starts_with("else") && first != "null"
        });
        Ok(short.map_or_else(|| out.clone(), str::to_owned))
    }

    fn translate_backslash(&mut self) -> Result<(), TranslateError> {
        let start = self.at;
        let backslashes = self
            .rest()
            .len()
            .saturating_sub(self.rest().trim_start_matches('\\').len());
        self.skip(backslashes);
        if self.rest().starts_with(['$', '#']) || self.rest().starts_with("{{") {
            return Err(TranslateError::new(start, "escapes are not translated"));
        }
        self.plain.extend(std::iter::repeat_n('\\', backslashes));
        Ok(())
    }

    /// Writes a tag. `is_token` is false for the tags of blocks, whose lines handlebars may trim.
    fn tag(&mut self, inside: &str, is_token: bool) {
        // A brace next to a tag would become part of it. A space separates the two, and `~` removes the
        // space from the output. After a tag only tokens need it.
        let brace_before = self.plain.ends_with('{');
        let brace_after = is_token && self.rest().starts_with('}');
        self.write_plain(brace_before);
        self.out.push_str("{{");
        if brace_before {
            self.out.push('~');
        }
        self.out.push_str(inside);
        if brace_after {
            self.out.push('~');
        }
        self.out.push_str("}}");
        if brace_after {
            self.plain.push(' ');
        }
    }

    /// Writes the pending plain text and escapes braces that would start a tag. Appends a space if
    /// `with_space` is set.
    fn write_plain(&mut self, with_space: bool) {
        let plain = std::mem::take(&mut self.plain);
        let mut rest = &*plain;
        while let Some((text, _)) = rest.split_once("{{") {
            self.out.push_str(text);
            let braces = if rest
                .get(text.len()..)
                .is_some_and(|rest| rest.starts_with("{{{{"))
            {
                "{{{{"
            } else {
                "{{"
            };
            self.out.push('\\');
            self.out.push_str(braces);
            rest = rest
                .get(text.len().saturating_add(braces.len())..)
                .unwrap_or_default();
        }
        self.out.push_str(rest);
        if with_space {
            self.out.push(' ');
        }
    }
}

/// Returns the name at the start of a text.
fn name_at(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    if !first.is_ascii_alphabetic() && first != '_' {
        return None;
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
    text.get(..end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_template(text: &str) -> String {
        velocity_to_template(text, "items").unwrap()
    }

    #[test]
    fn references_become_tokens() {
        let cases = [
            ("Hi ${email}!", "Hi {{email}}!"),
            ("$!email", "{{default email \"\"}}"),
            ("$!{email}x", "{{default email \"\"}}x"),
            ("$email.", "{{email}}."),
            ("$!data", "{{default items \"\"}}"),
            (
                "$!data.get('array').get(0).get('name')",
                "{{default items.array.[0].name \"\"}}",
            ),
            ("$!{data.get( \"a b\" )}", "{{default items.[a b] \"\"}}"),
            ("$!item.get ('ImageUrl')", "{{default item.ImageUrl \"\"}}"),
            ("$!event.get('x')", "{{default @root.event.x \"\"}}"),
            ("${line-items}", "{{@root.[line-items]}}"),
            ("${elsewhere} $null", "{{@root.elsewhere}} {{@root.null}}"),
        ];
        for (text, template) in cases {
            assert_eq!(to_template(text), template, "{text}");
        }
        assert_eq!(
            velocity_to_template("$!data.get('password')", "").unwrap(),
            "{{default password \"\"}}"
        );
        assert_eq!(velocity_to_template("$data", "").unwrap(), "{{@root}}");
        assert_eq!(
            velocity_to_template("$data", "order.items").unwrap(),
            "{{order.items}}"
        );
    }

    #[test]
    fn plain_text_that_resembles_velocity_is_kept() {
        for text in [
            "costs $5, $ 5 or $",
            "#ff0000 #1 # #",
            "a { b } c }} \\ \\n",
            "$!5",
        ] {
            assert_eq!(to_template(text), text);
        }
        assert_eq!(
            to_template("{{x}} {{{y}}} {{{{{{z"),
            "\\{{x}} \\{{{y}}} \\{{{{\\{{z"
        );
        assert_eq!(to_template("a{$x}b"), "a{ {{~x~}} }b");
    }

    #[test]
    fn loops_bind_their_variable() {
        let text = "#foreach($a in $data)#foreach ( $!b in $!{a.get('b')} )$b$a$c#end$b#end$a";
        assert_eq!(
            to_template(text),
            "{{#each items as |a|}}{{#each a.b as |b|}}{{b}}{{a}}{{@root.c}}{{/each}}\
             {{@root.b}}{{/each}}{{a}}"
        );
        let shadowed = "#foreach($now in $x)#foreach($now in $now.get('y'))$now#end#end";
        assert_eq!(
            to_template(shadowed),
            "{{#each x as |_now|}}{{#each _now.y as |__now|}}{{__now}}{{/each}}{{/each}}"
        );
    }

    #[test]
    fn unsupported_constructs_are_errors_with_positions() {
        let cases = [
            ("é\n$!x.get(''tags_weight')", 2, 9, "single quotes"),
            ("$x.name", 1, 3, ".get('name')"),
            ("$x.size()", 1, 3, "size"),
            ("$x[0]", 1, 3, "brackets"),
            ("$x.get(", 1, 8, "a key"),
            ("$x.get('a", 1, 8, "not closed"),
            ("$x.get('a'", 1, 11, "`)`"),
            ("$x.get('a]')", 1, 10, "character"),
            ("$x.get(99999999999)", 1, 8, "index"),
            ("$x.get('this')", 1, 8, "this"),
            ("$this", 1, 1, "this"),
            ("${", 1, 3, "a name"),
            ("${x", 1, 2, "not closed"),
            ("${x|y}", 1, 4, "`}`"),
            ("a #if($x) b #end", 1, 3, "#if"),
            ("#set($x = 1)", 1, 1, "#set"),
            ("#{end}", 1, 1, "#end"),
            ("#mine(1)", 1, 1, "#mine"),
            ("## note", 1, 1, "comments"),
            ("#* note *#", 1, 1, "comments"),
            ("#end", 1, 1, "closes nothing"),
            ("x #foreach($a in $b)", 1, 3, "no `#end`"),
            ("#foreach $a", 1, 10, "`(`"),
            ("#foreach(a in $b)#end", 1, 10, "reference"),
            ("#foreach($a of $b)#end", 1, 13, "`in`"),
            ("#foreach($a in [1..3])#end", 1, 16, "reference"),
            ("#foreach($a.get(0) in $b)#end", 1, 10, "plain name"),
            ("\\$x", 1, 1, "escapes"),
            ("a\\\\{{", 1, 2, "escapes"),
        ];
        for (text, line, column, words) in cases {
            let error = velocity_to_template(text, "").expect_err(text);
            assert_eq!(
                (error.line(), error.column()),
                (line, column),
                "{text}: {error}"
            );
            assert!(error.message().contains(words), "{text}: {error}");
        }
        for root in ["a..b", "a-b", ".", "this", "a[0]"] {
            assert!(velocity_to_template("", root).is_err(), "{root}");
        }
    }
}
