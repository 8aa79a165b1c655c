//! How far a path gets in a document, and what it meets there. Knows no expression and no template.

use crate::hir::conformance::kind_word;
use crate::json::document::Value;
use crate::json::parse;
use crate::json::path::Segment;
use crate::text::suggest;

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

/// The key that stands where the way through `segments` ends, equal to the one looked for but for the case
/// of its letters. Of a document that lacks what no rule uses, too: the object is read again from its text.
pub(crate) fn in_other_case(from: Value<'_>, segments: &[Segment]) -> Option<String> {
    const LONGEST: usize = 1 << 16;
    let (gone, _) = dead_end(from, segments)?;
    let at = from.follow(segments.get(..gone)?)?;
    let Segment::Key(name) = segments.get(gone)? else {
        return None;
    };
    if !at.is_object() || at.raw().len() > LONGEST {
        return None;
    }
    // How deep it may be was seen to when it was read first.
    let object = parse::read(at.raw(), usize::MAX).ok()?;
    keys(object.root()).find(|key| crate::text::case_fold::equal(key, name))
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
    let in_other_case = keys(object).find(|key| crate::text::case_fold::equal(key, name));
    in_other_case.or_else(|| {
        let keys: Vec<String> = keys(object).collect();
        suggest::nearest(name, keys.iter().map(|key| &**key)).map(str::to_owned)
    })
}

/// The keys of an object, of a wide one the first.
fn keys(object: Value<'_>) -> impl Iterator<Item = String> {
    const LOOKED_AT: usize = 1_000;
    let members = object.members().take(LOOKED_AT);
    members.map(|(key, _)| key.string().unwrap_or_default().into_owned())
}

#[cfg(test)]
mod tests {
    use super::{dead_end, in_other_case};
    use crate::json::parse;
    use crate::json::path::Segment;

    #[test]
    fn tells_where_and_why() {
        let document = parse::read(r#"{"a":{"B":[1],"ä":null}}"#, 128).unwrap();
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
        let near = |segments: &[Segment]| in_other_case(document.root(), segments);
        assert_eq!(near(&[key("a"), key("b")]).as_deref(), Some("B"));
        for no_case in [&[key("x")][..], &[key("a"), Segment::Index(0)], &[key("a")]] {
            assert_eq!(near(no_case), None);
        }
    }
}
