//! Placeholders and tags of other template languages in fixed texts, which nothing would replace. Knows
//! no tag of ours.

use std::ops::Range;

/// What other template languages would replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) struct Foreign<'t> {
    pub(in crate::template) at: Range<usize>,
    pub(in crate::template) meant: Meant<'t>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) enum Meant<'t> {
    /// A value of this name.
    Value(&'t str),
    /// A condition on this name, if there is a single one.
    If(Option<&'t str>),
    /// A loop over this name, if there is a single one.
    Each(Option<&'t str>),
    /// The end of a block, or another part of it.
    Part(&'static str),
}

/// What stands before a name, and what behind it. The longer of those that begin alike come first.
const BRACKETS: &[(&str, &str)] = &[
    ("<%=", "%>"),
    ("<%-", "%>"),
    ("<%", "%>"),
    ("${", "}"),
    ("#{", "}"),
    ("{$", "}"),
    ("{", "}"),
    ("[[", "]]"),
    ("*|", "|*"),
    ("%%", "%%"),
];

/// Within how many characters a closing one is looked for.
const LONGEST: usize = 64;

/// All there is in a fixed text, as its author wrote it.
pub(in crate::template) fn find(text: &str) -> Vec<Foreign<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((next, rest)) = opened(text, at) {
        let before = text.get(..next).unwrap_or("");
        let Some((length, meant)) = tag(rest).or_else(|| value(before, rest)) else {
            // Every opening begins with a byte of ASCII.
            at = next.saturating_add(1);
            continue;
        };
        at = next.saturating_add(length);
        found.push(Foreign {
            at: next..at,
            meant,
        });
    }
    found
}

/// The next place from `at` on where one may begin, and the text from there.
fn opened(text: &str, at: usize) -> Option<(usize, &str)> {
    let rest = text.get(at..)?;
    let next = rest.find(['<', '$', '#', '{', '[', '*', '%'])?;
    Some((at.saturating_add(next), rest.get(next..)?))
}

/// The value that `text` begins with: how long that is, and its name.
fn value<'t>(before: &str, text: &'t str) -> Option<(usize, Meant<'t>)> {
    let (open, close) = BRACKETS.iter().find(|(open, _)| text.starts_with(open))?;
    let braces = *close == "}";
    // Two braces are ours, also where a backslash makes text of them.
    if braces && before.ends_with('{') {
        return None;
    }
    let (inside, behind) = until(text.strip_prefix(open)?, close)?;
    if braces && behind.starts_with('}') {
        return None;
    }
    // `50%% off %%` has blanks, a merge field has none.
    let name = if *open == "%%" { inside } else { inside.trim() };
    let length = open.len().saturating_add(inside.len());
    is_name(name).then_some((length.saturating_add(close.len()), Meant::Value(name)))
}

/// The tag of Liquid, Jinja and their like that `text` begins with.
fn tag(text: &str) -> Option<(usize, Meant<'_>)> {
    let (inside, _) = until(text.strip_prefix("{%")?, "%}")?;
    let mut words = inside
        .trim_matches(['-', ' ', '\t', '\n'])
        .split_whitespace();
    let word = words.next()?;
    let rest: Vec<&str> = words.collect();
    let single = |words: &[&'_ str]| words.len() == 1;
    let meant = match word {
        "if" | "unless" => Meant::If(
            rest.first()
                .copied()
                .filter(|name| single(&rest) && is_name(name)),
        ),
        "for" => Meant::Each(match rest.as_slice() {
            [_, "in", list] if is_name(list) => Some(*list),
            _ => None,
        }),
        "else" => Meant::Part("{{else}}"),
        "elsif" | "elif" | "elseif" => Meant::Part("{{else if …}}"),
        "endif" => Meant::Part("{{/if}}"),
        "endunless" => Meant::Part("{{/unless}}"),
        "endfor" => Meant::Part("{{/each}}"),
        _ => return None,
    };
    Some((inside.len().saturating_add(4), meant))
}

/// What stands before a closing one that is not far away, and what behind it.
fn until<'t>(text: &'t str, close: &str) -> Option<(&'t str, &'t str)> {
    let end = text.char_indices().nth(LONGEST);
    let near = end.map_or(Some(text), |(end, _)| text.get(..end))?;
    let (inside, _) = near.split_once(close)?;
    Some((
        inside,
        text.get(inside.len().saturating_add(close.len())..)?,
    ))
}

/// Letters, digits, `_` and single dots between them, the first one no digit.
fn is_name(text: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    !text.starts_with(char::is_numeric) && text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{Meant, find};

    fn found(text: &str) -> Vec<(&str, Meant<'_>)> {
        let found = find(text).into_iter();
        found
            .map(|one| (text.get(one.at).unwrap(), one.meant))
            .collect()
    }

    #[test]
    fn names_in_brackets_of_others_are_found() {
        for written in [
            "{first_name}",
            "{ first_name }",
            "${first_name}",
            "#{first_name}",
            "{$first_name}",
            "%%first_name%%",
            "[[first_name]]",
            "[[ first_name ]]",
            "<%= first_name %>",
            "<%first_name%>",
            "*|first_name|*",
        ] {
            let text = format!("Hi {written}, € {{}}");
            let meant = Meant::Value("first_name");
            assert_eq!(found(&text), [(written, meant)], "{text}");
            let text = format!("{written}{written}");
            assert_eq!(found(&text).len(), 2, "{text}");
        }
        assert_eq!(
            found("{a}{b.c} {ім_я}"),
            [
                ("{a}", Meant::Value("a")),
                ("{b.c}", Meant::Value("b.c")),
                ("{ім_я}", Meant::Value("ім_я")),
            ]
        );
    }

    #[test]
    fn tags_of_others_are_found() {
        for (text, meant) in [
            ("{% if name %}", Meant::If(Some("name"))),
            ("{%- if a.b -%}", Meant::If(Some("a.b"))),
            ("{% if a > 3 %}", Meant::If(None)),
            ("{% for i in items %}", Meant::Each(Some("items"))),
            ("{% for i in (1..3) %}", Meant::Each(None)),
            ("{% else %}", Meant::Part("{{else}}")),
            ("{% endfor %}", Meant::Part("{{/each}}")),
        ] {
            assert_eq!(found(text), [(text, meant)]);
        }
    }

    #[test]
    fn other_uses_of_the_same_characters_are_left_alone() {
        for text in [
            "",
            "a { color: red } b",
            "p{margin:0}",
            "{\"id\": 1}",
            "{}",
            "{ }",
            "{1}",
            "{a b}",
            "{a,b}",
            "{a-b}",
            "{.a}",
            "{a..b}",
            "\\{{a}}",
            "\\{{{a}}}",
            "{{a}}",
            "$5 {$}",
            "$5",
            "costs $ {",
            "100%% sure, 50%% off",
            "50%%",
            "%%1%%",
            "% a %",
            "[a] [b]",
            "[[1]]",
            "[[a, b]]",
            "a[[",
            "<b>bold</b>",
            "<% if (a) { %>",
            "2 * 3 | 4 * 5",
            "*a* *|*",
            "curl -X POST {host",
            "#1 #{",
            "{% raw %}",
            "{% a",
            "50% {",
            "{",
            "й{",
            "}{",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
