//! How far a path gets in a document, and what it meets there. Knows no expression and no template.

use crate::path::Segment;
use crate::promise::kind_word;
use crate::suggest;
use crate::value::Value;

/// Where the way through `segments` ends, if it ends before the last: how many were gone, and why not
/// the next, said of the value that stands there: ``has no `total`, but `Total` ``.
pub(crate) fn dead_end(from: Value<'_>, segments: &[Segment]) -> Option<(usize, String)> {
    let mut at = from;
    for (gone, segment) in segments.iter().enumerate() {
        match at.follow(std::slice::from_ref(segment)) {
            Some(value) => at = value,
            None => return Some((gone, reason(at, segment))),
        }
    }
    None
}

fn reason(at: Value<'_>, segment: &Segment) -> String {
    let kind = kind_word(&at.datum());
    match segment {
        Segment::Key(name) if at.is_object() => {
            let mut text = format!("has no `{}`", name.escape_debug());
            if let Some(near) = near_key(at, name) {
                text.push_str(&format!(", but `{}`", near.escape_debug()));
            }
            text
        }
        Segment::Key(_) => format!("is {kind}, not an object"),
        Segment::Index(_) if at.is_list() => match at.count() {
            0 => "is empty".to_owned(),
            1 => "has one element".to_owned(),
            count => format!("has {count} elements"),
        },
        Segment::Index(_) => format!("is {kind}, not a list"),
    }
}

/// The key of an object that was probably meant: in other letters first, then a slip.
fn near_key(object: Value<'_>, name: &str) -> Option<String> {
    // Of wide objects the first keys must do.
    const LOOKED_AT: usize = 1_000;
    let keys: Vec<_> = object
        .members()
        .take(LOOKED_AT)
        .map(|(key, _)| key.string().unwrap_or_default())
        .collect();
    let in_other_case = keys.iter().find(|key| crate::fold::equal(key, name));
    match in_other_case {
        Some(key) => Some(key.to_string()),
        None => suggest::nearest(name, keys.iter().map(|key| &**key)).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::dead_end;
    use crate::path::Segment;
    use crate::reader;

    #[test]
    fn tells_where_and_why() {
        let document = reader::read(r#"{"a":{"B":[1],"ä":null}}"#.into(), 128).unwrap();
        let key = |name: &str| Segment::Key(name.into());
        let cases = [
            (vec![key("a"), key("b")], Some((1, "has no `b`, but `B`"))),
            (vec![key("a"), key("Ä")], Some((1, "has no `Ä`, but `ä`"))),
            (vec![key("x"), key("y")], Some((0, "has no `x`, but `a`"))),
            (
                vec![key("a"), Segment::Index(0)],
                Some((1, "is an object, not a list")),
            ),
            (
                vec![key("a"), key("B"), Segment::Index(1)],
                Some((2, "has one element")),
            ),
            (
                vec![key("a"), key("B"), key("c")],
                Some((2, "is a list, not an object")),
            ),
            (vec![key("a"), key("B"), Segment::Index(0)], None),
            (vec![], None),
        ];
        for (segments, expected) in cases {
            let found = dead_end(document.root(), &segments);
            let found = found.as_ref().map(|(gone, why)| (*gone, &**why));
            assert_eq!(found, expected);
        }
    }
}
