//! Finds the placeholders and tags of other template languages in fixed texts.

use std::ops::Range;

/// A placeholder or tag of another template language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) struct ForeignTag<'t> {
    pub(in crate::template) at: Range<usize>,
    pub(in crate::template) meant: ForeignMeaning<'t>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) enum ForeignMeaning<'t> {
    /// The value of this name.
    Value(&'t str),
    /// A condition on this name, if it is a single name.
    If(Option<&'t str>),
    /// A loop over this name, if it is a single name.
    Each(Option<&'t str>),
    /// The end of a block or an `else`, with our equivalent.
    Part(&'static str),
}

/// Opening and closing brackets of placeholders; longer ones precede their prefixes.
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

/// Words of tags that end a block or an arm of it, with our equivalents.
const PARTS: &[(&str, &str)] = &[
    ("else", "{{else}}"),
    ("elsif", "{{else if …}}"),
    ("elif", "{{else if …}}"),
    ("elseif", "{{else if …}}"),
    ("endif", "{{/if}}"),
    ("endunless", "{{/unless}}"),
    ("endfor", "{{/each}}"),
];

/// The maximum distance in characters to the closing bracket.
const LONGEST: usize = 64;

/// Finds all placeholders and tags in a fixed text.
pub(in crate::template) fn find(text: &str) -> Vec<ForeignTag<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((next, rest)) = opened(text, at) {
        let before = text.get(..next).unwrap_or("");
        let Some((length, meant)) = tag(rest).or_else(|| value(before, rest)) else {
            // All opening brackets begin with an ASCII byte.
            at = next.saturating_add(1);
            continue;
        };
        at = next.saturating_add(length);
        found.push(ForeignTag {
            at: next..at,
            meant,
        });
    }
    found
}

/// Returns the next position from `at` that can open a placeholder, and the text from there.
fn opened(text: &str, at: usize) -> Option<(usize, &str)> {
    let rest = text.get(at..)?;
    let next = rest.find(['<', '$', '#', '{', '[', '*', '%'])?;
    Some((at.saturating_add(next), rest.get(next..)?))
}

/// Parses a placeholder at the start of `text`; returns its length and its name.
fn value<'t>(before: &str, text: &'t str) -> Option<(usize, ForeignMeaning<'t>)> {
    let (open, close) = BRACKETS.iter().find(|(open, _)| text.starts_with(open))?;
    let braces = *close == "}";
    // Two braces are our syntax, even after a backslash.
    if braces && before.ends_with('{') {
        return None;
    }
    let (inside, after) = until(text.strip_prefix(open)?, close)?;
    if braces && after.starts_with('}') {
        return None;
    }
    // `50%% off %%` contains spaces; merge fields do not.
    let name = if *open == "%%" { inside } else { inside.trim() };
    let length = open.len().saturating_add(inside.len());
    is_name(name).then_some((
        length.saturating_add(close.len()),
        ForeignMeaning::Value(name),
    ))
}

/// Parses a tag of Liquid or Jinja at the start of `text`.
fn tag(text: &str) -> Option<(usize, ForeignMeaning<'_>)> {
    let (inside, _) = until(text.strip_prefix("{%")?, "%}")?;
    let mut words = inside
        .trim_matches(['-', ' ', '\t', '\n'])
        .split_whitespace();
    let word = words.next()?;
    let rest: Vec<&str> = words.collect();
    let single = |words: &[&'_ str]| words.len() == 1;
    let meant = match word {
        "if" | "unless" => ForeignMeaning::If(
            rest.first()
                .copied()
                .filter(|name| single(&rest) && is_name(name)),
        ),
        "for" => ForeignMeaning::Each(match rest.as_slice() {
            [_, "in", list] if is_name(list) => Some(*list),
            _ => None,
        }),
        _ => {
            let (_, ours) = PARTS.iter().find(|(theirs, _)| *theirs == word)?;
            ForeignMeaning::Part(ours)
        }
    };
    Some((inside.len().saturating_add(4), meant))
}

/// Splits `text` at the next `close`, unless that is too far away.
fn until<'t>(text: &'t str, close: &str) -> Option<(&'t str, &'t str)> {
    let end = text.char_indices().nth(LONGEST);
    let near = end.map_or(Some(text), |(end, _)| text.get(..end))?;
    let (inside, _) = near.split_once(close)?;
    Some((
        inside,
        text.get(inside.len().saturating_add(close.len())..)?,
    ))
}

/// Returns whether `text` is one or more names joined by dots, where a name consists of letters, digits
/// and `_`.
fn is_name(text: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    !text.starts_with(char::is_numeric) && text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{ForeignMeaning, find};

    fn found(text: &str) -> Vec<(&str, ForeignMeaning<'_>)> {
        let found = find(text).into_iter();
        found
            .map(|one| (text.get(one.at).unwrap(), one.meant))
            .collect()
    }

    #[test]
    fn foreign_placeholders_are_found() {
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
            let meant = ForeignMeaning::Value("first_name");
            assert_eq!(found(&text), [(written, meant)], "{text}");
            let text = format!("{written}{written}");
            assert_eq!(found(&text).len(), 2, "{text}");
        }
        assert_eq!(
            found("{a}{b.c} {ім_я}"),
            [
                ("{a}", ForeignMeaning::Value("a")),
                ("{b.c}", ForeignMeaning::Value("b.c")),
                ("{ім_я}", ForeignMeaning::Value("ім_я")),
            ]
        );
    }

    #[test]
    fn foreign_tags_are_found() {
        for (text, meant) in [
            ("{% if name %}", ForeignMeaning::If(Some("name"))),
            ("{%- if a.b -%}", ForeignMeaning::If(Some("a.b"))),
            ("{% if a > 3 %}", ForeignMeaning::If(None)),
            ("{% for i in items %}", ForeignMeaning::Each(Some("items"))),
            ("{% for i in (1..3) %}", ForeignMeaning::Each(None)),
            ("{% else %}", ForeignMeaning::Part("{{else}}")),
            ("{% endfor %}", ForeignMeaning::Part("{{/each}}")),
        ] {
            assert_eq!(found(text), [(text, meant)]);
        }
    }

    #[test]
    fn other_uses_of_the_same_characters_are_ignored() {
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
