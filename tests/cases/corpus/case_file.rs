//! Parses files of cases; `tests/corpus/README.md` defines the format.

/// The lines from a title to the next.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) title: String,
    pub(super) sections: Vec<Section>,
}

/// A line `--- NAME ARGUMENTS` and the lines below it, each with its number.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) lines: Vec<(usize, String)>,
}

/// Sections that are steps of a case.
const STEPS: &[&str] = &[
    "rules", "limits", "open", "at", "answers", "event", "data", "expect",
];

/// Sections in which every row is tested alone.
const TABLES: &[&str] = &[
    "table",
    "templates",
    "values",
    "segments",
    "rejections",
    "strings",
];

/// Parses a file.
pub(super) fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        if let Some(title) = content.strip_prefix("=== ") {
            let title = title.trim().to_owned();
            if cases.iter().any(|case| case.title == title) {
                return Err(format!("line {line}: a second case `{title}`"));
            }
            let sections = Vec::new();
            cases.push(Case { title, sections });
        } else if let Some(head) = content.strip_prefix("--- ") {
            let (name, arguments) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
            if !STEPS.contains(&name) && !TABLES.contains(&name) {
                return Err(format!("line {line}: `{name}` is not a section"));
            }
            let Some(case) = cases.last_mut() else {
                return Err(format!("line {line}: a section outside of a case"));
            };
            case.sections.push(Section {
                line,
                name: name.to_owned(),
                arguments: arguments.trim().to_owned(),
                lines: Vec::new(),
            });
        } else if let Some(section) = cases.last_mut().and_then(|case| case.sections.last_mut()) {
            section.lines.push((line, content.to_owned()));
        } else if !content.trim().is_empty() && !content.starts_with("//") {
            return Err(format!("line {line}: `{content}` is outside of a section"));
        }
    }
    match cases.iter().find(|case| case.sections.is_empty()) {
        Some(case) => Err(format!("the case `{}` has no sections", case.title)),
        None => Ok(cases),
    }
}

impl Section {
    pub(super) fn is_table(&self) -> bool {
        TABLES.contains(&&*self.name)
    }

    pub(super) fn argument_or<'a>(&'a self, default: &'a str) -> &'a str {
        match &*self.arguments {
            "" => default,
            arguments => arguments,
        }
    }

    /// Returns the text as bytes, expanded, without the line breaks at its end.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, String> {
        let lines: Vec<&str> = self.lines.iter().map(|(_, line)| &**line).collect();
        expand(lines.join("\n").trim_end_matches('\n'))
    }

    /// Returns the text, expanded.
    pub(super) fn text(&self) -> Result<String, String> {
        String::from_utf8(self.bytes()?).map_err(|error| error.to_string())
    }

    /// Returns the rows: every line that is neither empty nor a comment, split into `columns`.
    pub(super) fn rows(&self, columns: usize) -> impl Iterator<Item = (usize, Vec<String>)> {
        let rows = self.lines.iter();
        let rows = rows.filter(|(_, line)| !(line.trim().is_empty() || line.starts_with("//")));
        rows.map(move |(number, line)| (*number, split(line, columns)))
    }
}

/// Splits at the last ` | `s, so that only the first column may contain one.
fn split(line: &str, columns: usize) -> Vec<String> {
    let bytes = line.as_bytes();
    let is_space = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_none_or(|b| *b == b' ');
    let mut parts = Vec::new();
    let mut end = line.len();
    while parts.len() + 1 < columns {
        let bar = (0..end)
            .rev()
            .find(|at| bytes[*at] == b'|' && is_space(at.checked_sub(1)) && is_space(Some(at + 1)));
        let Some(bar) = bar else {
            break;
        };
        parts.push(line[bar + 1..end].trim().to_owned());
        end = bar;
    }
    parts.push(line[..end].trim().to_owned());
    parts.reverse();
    parts
}

/// Replaces `%{repeat N TEXT}` and `%{hex 00 ff}`.
pub(super) fn expand(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("%{") {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let mut depth = 0_usize;
        let close = rest[at..].char_indices().find(|(_, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            *c == '}' && depth == 0
        });
        let Some((close, _)) = close else {
            return Err(format!("`%{{` is not closed: {}", &rest[at..]));
        };
        let inner = &rest[at + 2..at + close];
        if let Some(bytes) = inner.strip_prefix("hex ") {
            for byte in bytes.split_whitespace() {
                out.push(u8::from_str_radix(byte, 16).map_err(|error| format!("{byte}: {error}"))?);
            }
        } else {
            let repeat = inner.strip_prefix("repeat ");
            let Some((count, unit)) = repeat.and_then(|inner| inner.split_once(' ')) else {
                return Err(format!("neither `repeat N TEXT` nor `hex …`: {inner}"));
            };
            let count: usize = count.parse().map_err(|error| format!("{count}: {error}"))?;
            out.extend_from_slice(&expand(unit)?.repeat(count));
        }
        rest = &rest[at + close + 1..];
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// Does the same as [`expand`] where the result has to be UTF-8.
pub(super) fn expand_text(text: &str) -> Result<String, String> {
    String::from_utf8(expand(text)?).map_err(|error| error.to_string())
}

pub(super) mod tests {
    use super::{expand, expand_text, parse, split};

    pub(crate) fn cases_have_sections() {
        let cases = parse("// notes\n\n=== one\n// more\n--- data TYPE\n{}\n\n=== two\n--- open\n");
        let cases = cases.unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[0].title, "one");
        let section = &cases[0].sections[0];
        assert_eq!((&*section.name, &*section.arguments), ("data", "TYPE"));
        assert_eq!(section.text().unwrap(), "{}");
        assert_eq!(section.lines[0].0, 6);
    }

    pub(crate) fn malformed_files_are_refused() {
        for bad in [
            "=== a\n--- nope\n",
            "--- rules\n",
            "stray\n",
            "=== a\n--- open\n=== a\n--- open\n",
            "=== a\n",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    pub(crate) fn rows_are_split_from_the_right() {
        let each = ["{{#each x as |y|}}", "{}", "t"];
        assert_eq!(split("a | b | c", 3), ["a", "b", "c"]);
        assert_eq!(split("{{#each x as |y|}} | {} | t", 3), each);
        assert_eq!(
            split("a || b | | error 1 x", 3),
            ["a || b", "", "error 1 x"]
        );
        assert_eq!(split("a | b", 2), ["a", "b"]);
        assert_eq!(split("a", 2), ["a"]);
    }

    pub(crate) fn macros_are_expanded() {
        assert_eq!(expand_text("a%{repeat 3 bc}d").unwrap(), "abcbcbcd");
        let nested = "%{repeat 2 {{#if x}}}y";
        assert_eq!(expand_text(nested).unwrap(), "{{#if x}}{{#if x}}y");
        assert_eq!(expand("%{hex ff 0a}").unwrap(), [0xff, 0x0a]);
        assert_eq!(expand_text("%{repeat 2 %{hex 7b}x}").unwrap(), "{x{x");
        assert_eq!(expand_text("{\"a%\": \"%\"}").unwrap(), "{\"a%\": \"%\"}");
        assert!(expand("%{repeat x y}").is_err());
        assert!(expand("%{repeat 3 {").is_err());
    }
}
