//! What can be told of a template text without compiling it: which templates it includes, whether it
//! reads `now`. Where in doubt, both say yes.

/// The names of the templates that `text` includes.
pub(crate) fn included(text: &str) -> impl Iterator<Item = &str> {
    tags(text).filter_map(|tag| {
        let name = tag.strip_prefix('>')?.trim();
        let end = name.find(|c: char| c.is_whitespace()).unwrap_or(name.len());
        name.get(..end).filter(|name| !name.is_empty())
    })
}

/// Whether a tag of `text` has the word `now` in it.
pub(crate) fn reads_now(text: &str) -> bool {
    let is_word =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '@' | '/' | '-' | '\'' | '"');
    tags(text).any(|tag| tag.split(|c| !is_word(c)).any(|word| word == "now"))
}

/// What stands between `{{` and `}}`, without blanks and marks of whitespace control; no comments.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, inside) = rest.split_once("{{")?;
            if let Some(comment) = inside.trim_start_matches('~').strip_prefix("!--") {
                rest = comment.split_once("--").map_or("", |(_, behind)| behind);
                continue;
            }
            let (tag, behind) = inside.split_once("}}")?;
            rest = behind;
            let tag = tag.trim_matches(['~', '{', '}']).trim();
            if !tag.starts_with('!') {
                return Some(tag);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{included, reads_now};

    #[test]
    fn finds_included_templates() {
        let text = "{{> greeting}} {{~>footer ~}} {{! {{> no}} {{!-- }} {{> none}} --}} {{first_name}} {{>";
        let names: Vec<_> = included(text).collect();
        assert_eq!(names, ["greeting", "footer"]);
    }

    #[test]
    fn finds_now() {
        assert!(reads_now("at {{date now \"%H\"}}"));
        assert!(reads_now("{{now}}"));
        assert!(!reads_now(
            "buy now, {{first_name}} {{order.now}} {{nowhere}} {{default x 'now'}}"
        ));
    }
}
