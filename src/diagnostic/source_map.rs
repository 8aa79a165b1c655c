//! Sources with edits on top, and the conversion of places in the originals to places in the result.
//!
//! The originals are shared and never copied, so that changing one of many rules costs the same however
//! large its source is. The edited text is only assembled when it is asked for.

use std::sync::Arc;

use super::SourceText;
use crate::text::span::{Place, SourceId, Span, saturating_u32};

/// The original sources and the edits made to them.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceMap {
    sources: Arc<Vec<SourceText>>,
    /// Sorted by their points.
    edits: Vec<Edit>,
}

/// The point of an edit: the span of an original that it replaces, or an empty span where it inserts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EditPoint {
    pub(crate) place: Place,
    /// The number, from 1, of the insertion at this offset; 0 for a replacement.
    pub(crate) ordinal: u32,
}

#[derive(Clone, Debug)]
struct Edit {
    point: EditPoint,
    text: Arc<str>,
}

impl Edit {
    /// Returns by how many bytes the edit moves the text after it to the right.
    fn shift(&self) -> i64 {
        let Span { start, end } = self.point.place.span;
        let old = i64::from(end.saturating_sub(start));
        i64::from(saturating_u32(self.text.len())).saturating_sub(old)
    }
}

impl SourceMap {
    pub(crate) fn new(sources: Vec<SourceText>) -> Self {
        Self {
            sources: Arc::new(sources),
            edits: Vec::new(),
        }
    }

    /// Returns the original text of a source.
    pub(crate) fn original(&self, source: SourceId) -> &str {
        let source = self.sources.get(source.0 as usize);
        source.map_or("", |source| &source.text)
    }

    /// Returns a new point at an offset, after all insertions made there so far.
    pub(crate) fn insertion_point(&self, source: SourceId, offset: u32) -> EditPoint {
        let place = Place::new(source, Span::new(offset, offset));
        let here = self
            .edits_of(source)
            .filter(|edit| edit.point.place == place);
        let last = here.map(|edit| edit.point.ordinal).last();
        EditPoint {
            place,
            ordinal: last.unwrap_or(0).saturating_add(1),
        }
    }

    /// Sets the text at a point, replacing an earlier edit there.
    pub(crate) fn set(&mut self, point: EditPoint, text: Arc<str>) {
        match self.edits.binary_search_by_key(&point, |edit| edit.point) {
            Ok(at) => {
                if let Some(edit) = self.edits.get_mut(at) {
                    edit.text = text;
                }
            }
            Err(at) => self.edits.insert(at, Edit { point, text }),
        }
    }

    /// Returns the length of a source in bytes, edits included.
    pub(crate) fn len(&self, source: SourceId) -> usize {
        let original = self.original(source).len();
        let shift = self
            .edits_of(source)
            .map(Edit::shift)
            .fold(0, i64::saturating_add);
        let by = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
        match shift < 0 {
            true => original.saturating_sub(by),
            false => original.saturating_add(by),
        }
    }

    /// Converts a place in an original. The place must not overlap an edit.
    pub(crate) fn place(&self, place: Place) -> Place {
        let start = place.span.start;
        let before = |edit: &&Edit| edit.point.place.span.end <= start;
        let shifts = self.edits_of(place.source).filter(before).map(Edit::shift);
        Place::new(place.source, shifted(place.span, shifts))
    }

    /// Converts a span of the text that was set at a point.
    pub(crate) fn place_in(&self, point: EditPoint, span: Span) -> Place {
        let source = point.place.source;
        let before = self.edits_of(source).filter(|edit| edit.point < point);
        let start = i64::from(point.place.span.start);
        let shifts = before.map(Edit::shift).chain([start]);
        Place::new(source, shifted(span, shifts))
    }

    /// Returns where the texts at the points of one source are now, without leading whitespace.
    ///
    /// The points must be sorted. A point without an edit has the original text.
    pub(crate) fn spans(&self, source: SourceId, points: &[EditPoint]) -> Vec<Span> {
        let mut edits = self.edits_of(source).peekable();
        let mut by = 0_i64;
        let span = |point: &EditPoint| {
            while let Some(edit) = edits.next_if(|edit| edit.point < *point) {
                by = by.saturating_add(edit.shift());
            }
            let original = point.place.span;
            match edits.peek().filter(|edit| edit.point == *point) {
                None => shifted(original, [by].into_iter()),
                Some(Edit { text, .. }) => {
                    let gap = text.len().saturating_sub(text.trim_start().len());
                    let span = Span::of(gap, text.len()).shifted(original.start);
                    shifted(span, [by].into_iter())
                }
            }
        };
        points.iter().map(span).collect()
    }

    /// Returns all sources with their edits.
    pub(crate) fn texts(&self) -> Vec<SourceText> {
        let ids = (0_u32..).map(SourceId).zip(self.sources.iter());
        ids.map(|(id, source)| SourceText {
            name: Arc::clone(&source.name),
            text: self.text(id),
        })
        .collect()
    }

    /// Returns the text of a source with its edits.
    pub(crate) fn text(&self, source: SourceId) -> Arc<str> {
        let Some(original) = self.sources.get(source.0 as usize) else {
            return Arc::from("");
        };
        if self.edits_of(source).next().is_none() {
            return Arc::clone(&original.text);
        }
        let mut text = String::with_capacity(self.len(source));
        let mut copied = 0;
        for edit in self.edits_of(source) {
            let span = edit.point.place.span;
            let between = copied..span.start as usize;
            text.push_str(original.text.get(between).unwrap_or_default());
            text.push_str(&edit.text);
            copied = span.end as usize;
        }
        text.push_str(original.text.get(copied..).unwrap_or_default());
        text.into()
    }

    /// Returns the names of the sources, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| &*source.name)
    }

    fn edits_of(&self, source: SourceId) -> impl Iterator<Item = &Edit> {
        let is_earlier = |edit: &Edit| edit.point.place.source < source;
        let start = self.edits.partition_point(is_earlier);
        let rest = self.edits.get(start..).unwrap_or_default();
        rest.iter()
            .take_while(move |edit| edit.point.place.source == source)
    }
}

fn shifted(span: Span, shifts: impl Iterator<Item = i64>) -> Span {
    let by = shifts.fold(0, i64::saturating_add);
    let moved = |at: u32| {
        let at = i64::from(at).saturating_add(by).max(0);
        u32::try_from(at).unwrap_or(u32::MAX)
    };
    Span::new(moved(span.start), moved(span.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source_map(texts: &[&str]) -> SourceMap {
        let source = |text: &&str| SourceText {
            name: "s".into(),
            text: (*text).into(),
        };
        SourceMap::new(texts.iter().map(source).collect())
    }

    fn replacement(source: u32, start: u32, end: u32) -> EditPoint {
        EditPoint {
            place: Place::new(SourceId(source), Span::new(start, end)),
            ordinal: 0,
        }
    }

    #[test]
    fn edits_shift_the_text_after_them() {
        let mut map = source_map(&["one two three", "other"]);
        map.set(replacement(0, 4, 7), "zwei und".into());
        map.set(replacement(0, 0, 3), "".into());
        let end = map.insertion_point(SourceId(0), 13);
        map.set(end, " four".into());
        let next = map.insertion_point(SourceId(0), 13);
        map.set(next, " five".into());
        assert_eq!(&*map.text(SourceId(0)), " zwei und three four five");
        assert_eq!(map.len(SourceId(0)), 25);
        assert_eq!(&*map.text(SourceId(1)), "other");
        let three = Place::new(SourceId(0), Span::new(8, 13));
        assert_eq!(map.place(three).span.range(), 10..15);
        let und = map.place_in(replacement(0, 4, 7), Span::new(5, 8));
        assert_eq!(und.span.range(), 6..9);
        let five = map.place_in(next, Span::new(1, 5));
        assert_eq!(five.span.range(), 21..25);
        let points = [replacement(0, 4, 7), replacement(0, 8, 13), end, next];
        let spans = map.spans(SourceId(0), &points);
        let text = map.text(SourceId(0));
        let words: Vec<&str> = spans.iter().map(|span| &text[span.range()]).collect();
        assert_eq!(words, ["zwei und", "three", "four", "five"]);
        map.set(end, "".into());
        assert_eq!(&*map.text(SourceId(0)), " zwei und three five");
    }
}
