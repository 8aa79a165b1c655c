//! Explains why a path has no value in a document.

use crate::json::document::Value;
use crate::json::kind_name::datum_kind_name;
use crate::json::parse;
use crate::json::path::Segment;
use crate::text::suggest;

/// Finds the first missing segment of a path. Returns its index and a description of the value before
/// it: ``has no `total`, but `Total` ``.
pub(crate) fn missing_segment(from: Value<'_>, segments: &[Segment]) -> Option<(usize, String)> {
    let mut at = from;
    for (gone, segment) in segments.iter().enumerate() {
        match at.follow(std::slice::from_ref(segment)) {
            Some(value) => at = value,
            None => return Some((gone, reason(at, segment))),
        }
    }
    None
}

/// Returns the key that differs from the first missing segment only in case. The document may lack
/// fields that no rule uses, so the object is parsed again from its text.
pub(crate) fn key_in_other_case(from: Value<'_>, segments: &[Segment]) -> Option<String> {
    const LONGEST: usize = 1 << 16;
    let (gone, _) = missing_segment(from, segments)?;
    let at = from.follow(segments.get(..gone)?)?;
    let Segment::Key(name) = segments.get(gone)? else {
        return None;
    };
    if !at.is_object() || at.raw().len() > LONGEST {
        return None;
    }
    // The nesting depth was checked when the document was parsed.
    let object = parse::read(at.raw(), usize::MAX).ok()?;
    keys(object.root()).find(|key| crate::text::case_fold::equal(key, name))
}

fn reason(at: Value<'_>, segment: &Segment) -> String {
    let kind = datum_kind_name(&at.datum());
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

/// Returns the key that was probably meant: one that differs in case, else a similar one.
fn near_key(object: Value<'_>, name: &str) -> Option<String> {
    let key_in_other_case = keys(object).find(|key| crate::text::case_fold::equal(key, name));
    key_in_other_case.or_else(|| {
        let keys: Vec<String> = keys(object).collect();
        suggest::nearest(name, keys.iter().map(|key| &**key)).map(str::to_owned)
    })
}

/// Returns the keys of an object, at most the first thousand.
fn keys(object: Value<'_>) -> impl Iterator<Item = String> {
    const LOOKED_AT: usize = 1_000;
    let members = object.members().take(LOOKED_AT);
    members.map(|(key, _)| key.string().unwrap_or_default().into_owned())
}

#[cfg(test)]
mod tests {
    use super::{key_in_other_case, missing_segment};
    use crate::json::parse;
    use crate::json::path::Segment;

    #[test]
    fn the_first_missing_segment_is_described() {
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
            let found = missing_segment(document.root(), &segments);
            let found = found.as_ref().map(|(gone, why)| (*gone, &**why));
            assert_eq!(found, expected);
        }
        let near = |segments: &[Segment]| key_in_other_case(document.root(), segments);
        assert_eq!(near(&[key("a"), key("b")]).as_deref(), Some("B"));
        for no_case in [&[key("x")][..], &[key("a"), Segment::Index(0)], &[key("a")]] {
            assert_eq!(near(no_case), None);
        }
    }
}
