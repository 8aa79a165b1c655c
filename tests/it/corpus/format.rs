//! The format of the case files, as tests/corpus/README.md states it. Runs nothing.

/// One case: what stands between two lines that begin with `===`.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) line: usize,
    pub(super) title: String,
    pub(super) sections: Vec<Section>,
}

/// A `--- name arguments` line and the lines below it, each with its number.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) lines: Vec<(usize, String)>,
}

const SECTIONS: &[&str] = &[
    "rules",
    "limits",
    "open",
    "at",
    "answers",
    "event",
    "data",
    "expect",
    "table",
    "templates",
    "values",
    "segments",
    "rejections",
    "strings",
];

/// Sections whose rows are cases of their own.
pub(super) const TABLES: &[&str] = &[
    "table",
    "templates",
    "values",
    "segments",
    "rejections",
    "strings",
];

/// Reads a file of cases.
pub(super) fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        if let Some(title) = content.strip_prefix("=== ") {
            let title = title.trim().to_owned();
            if cases.iter().any(|case| case.title == title) {
                return Err(format!("line {line}: a second case `{title}`"));
            }
            cases.push(Case {
                line,
                title,
                sections: Vec::new(),
            });
        } else if let Some(head) = content.strip_prefix("--- ") {
            let (name, arguments) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
            if !SECTIONS.contains(&name) {
                return Err(format!("line {line}: no section is called `{name}`"));
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
        } else if !(content.trim().is_empty() || content.starts_with("//")) {
            return Err(format!("line {line}: `{content}` stands in no section"));
        }
    }
    for case in &cases {
        if case.sections.is_empty() {
            return Err(format!("line {}: a case without sections", case.line));
        }
    }
    Ok(cases)
}

impl Section {
    /// Its text as bytes, expanded, without the blank lines at its end.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, String> {
        let lines: Vec<&str> = self.lines.iter().map(|(_, line)| &**line).collect();
        expand(lines.join("\n").trim_end_matches('\n'))
    }

    /// Its text, expanded.
    pub(super) fn text(&self) -> Result<String, String> {
        String::from_utf8(self.bytes()?).map_err(|error| error.to_string())
    }

    /// Its rows: every line that is neither blank nor a comment, cut into `columns`.
    pub(super) fn rows(&self, columns: usize) -> impl Iterator<Item = (usize, Vec<String>)> {
        self.lines
            .iter()
            .filter(|(_, line)| !(line.trim().is_empty() || line.starts_with("//")))
            .map(move |(number, line)| (*number, cut(line, columns)))
    }
}

/// Cuts at the last lone ` | `s: all columns but the first are free of them.
fn cut(line: &str, columns: usize) -> Vec<String> {
    let bytes = line.as_bytes();
    let blank = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_none_or(|b| *b == b' ');
    let mut parts = Vec::new();
    let mut end = line.len();
    while parts.len() + 1 < columns {
        let bar = (0..end)
            .rev()
            .find(|at| bytes[*at] == b'|' && blank(at.checked_sub(1)) && blank(Some(at + 1)));
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

/// Puts in what `%{repeat N TEXT}` and `%{hex 00 ff}` stand for.
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
            return Err(format!("`%{{` without its end: {}", &rest[at..]));
        };
        let inner = &rest[at + 2..at + close];
        if let Some(bytes) = inner.strip_prefix("hex ") {
            for byte in bytes.split_whitespace() {
                out.push(u8::from_str_radix(byte, 16).map_err(|error| format!("{byte}: {error}"))?);
            }
        } else {
            let repeat = inner
                .strip_prefix("repeat ")
                .and_then(|inner| inner.split_once(' '));
            let Some((count, what)) = repeat else {
                return Err(format!("neither `repeat N TEXT` nor `hex …`: {inner}"));
            };
            let count: usize = count.parse().map_err(|error| format!("{count}: {error}"))?;
            out.extend_from_slice(&expand(what)?.repeat(count));
        }
        rest = &rest[at + close + 1..];
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// [`expand`], to text.
pub(super) fn expand_text(text: &str) -> Result<String, String> {
    String::from_utf8(expand(text)?).map_err(|error| error.to_string())
}

mod tests {
    use super::*;

    #[test]
    fn cases_and_their_sections() {
        let cases = parse("// notes\n\n=== one\n// more\n--- data TYPE\n{}\n\n=== two\n--- open\n");
        let cases = cases.unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!((cases[0].line, &*cases[0].title), (3, "one"));
        let section = &cases[0].sections[0];
        assert_eq!((&*section.name, &*section.arguments), ("data", "TYPE"));
        assert_eq!(section.text().unwrap(), "{}");
        assert_eq!(section.lines[0].0, 6);
    }

    #[test]
    fn faults_of_the_format_are_found() {
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

    #[test]
    fn rows_are_cut_from_the_right() {
        assert_eq!(cut("a | b | c", 3), ["a", "b", "c"]);
        assert_eq!(
            cut("{{#each x as |y|}} | {} | t", 3),
            ["{{#each x as |y|}}", "{}", "t"]
        );
        assert_eq!(cut("a || b | | error 1 x", 3), ["a || b", "", "error 1 x"]);
        assert_eq!(cut("a | b", 2), ["a", "b"]);
        assert_eq!(cut("a", 2), ["a"]);
    }

    #[test]
    fn macros() {
        assert_eq!(expand_text("a%{repeat 3 bc}d").unwrap(), "abcbcbcd");
        assert_eq!(
            expand_text("%{repeat 2 {{#if x}}}y").unwrap(),
            "{{#if x}}{{#if x}}y"
        );
        assert_eq!(expand("%{hex ff 0a}").unwrap(), [0xff, 0x0a]);
        assert_eq!(expand_text("%{repeat 2 %{hex 7b}x}").unwrap(), "{x{x");
        assert_eq!(expand_text("{\"a%\": \"%\"}").unwrap(), "{\"a%\": \"%\"}");
        assert!(expand("%{repeat x y}").is_err());
        assert!(expand("%{repeat 3 {").is_err());
    }
}
