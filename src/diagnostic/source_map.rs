//! The texts of sources of which parts were put anew, without copying the rest. Knows nothing of what
//! the texts say.

use std::sync::Arc;

use super::SourceText;
use crate::text::span::{Place, SourceId, Span, clamp};

/// Sources as they were given, with patches over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patched {
    sources: Arc<Vec<SourceText>>,
    /// By where they are.
    patches: Vec<Patch>,
}

/// Where a patch is: a part of a source as it was given, or, with an empty span, the how-manieth thing
/// that was put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) place: Place,
    pub(crate) behind: u32,
}

#[derive(Clone, Debug)]
struct Patch {
    spot: Spot,
    text: Arc<str>,
}

impl Patch {
    /// What comes behind it moves right by so much.
    fn moves(&self) -> i64 {
        let Span { start, end } = self.spot.place.span;
        let old = i64::from(end.saturating_sub(start));
        i64::from(clamp(self.text.len())).saturating_sub(old)
    }
}

impl Patched {
    pub(crate) fn new(sources: Vec<SourceText>) -> Self {
        Self {
            sources: Arc::new(sources),
            patches: Vec::new(),
        }
    }

    /// The text that a source was given with.
    pub(crate) fn given(&self, source: SourceId) -> &str {
        let source = self.sources.get(source.0 as usize);
        source.map_or("", |source| &source.text)
    }

    /// A new spot at an offset, behind what was put there so far.
    pub(crate) fn behind(&self, source: SourceId, offset: u32) -> Spot {
        let place = Place::new(source, Span::new(offset, offset));
        let there = self.of(source).filter(|patch| patch.spot.place == place);
        let last = there.map(|patch| patch.spot.behind).last();
        Spot {
            place,
            behind: last.unwrap_or(0).saturating_add(1),
        }
    }

    pub(crate) fn put(&mut self, spot: Spot, text: Arc<str>) {
        match self.patches.binary_search_by_key(&spot, |patch| patch.spot) {
            Ok(at) => {
                if let Some(patch) = self.patches.get_mut(at) {
                    patch.text = text;
                }
            }
            Err(at) => self.patches.insert(at, Patch { spot, text }),
        }
    }

    /// How long a source is now, in bytes.
    pub(crate) fn len(&self, source: SourceId) -> usize {
        let given = self.given(source).len();
        let moved = self
            .of(source)
            .map(Patch::moves)
            .fold(0, i64::saturating_add);
        let moves = usize::try_from(moved.unsigned_abs()).unwrap_or(usize::MAX);
        match moved < 0 {
            true => given.saturating_sub(moves),
            false => given.saturating_add(moves),
        }
    }

    /// Where a place of what was given is now; it lies in no patch.
    pub(crate) fn place(&self, place: Place) -> Place {
        let start = place.span.start;
        let before = |patch: &&Patch| patch.spot.place.span.end <= start;
        let moves = self.of(place.source).filter(before).map(Patch::moves);
        Place::new(place.source, moved(place.span, moves))
    }

    /// Where a span is now of what was put at a spot.
    pub(crate) fn place_in(&self, spot: Spot, span: Span) -> Place {
        let source = spot.place.source;
        let before = self.of(source).filter(|patch| patch.spot < spot);
        let start = i64::from(spot.place.span.start);
        let moves = before.map(Patch::moves).chain([start]);
        Place::new(source, moved(span, moves))
    }

    /// Where spots of a source, in order, are now: what was put there, or what was given.
    pub(crate) fn spans(&self, source: SourceId, spots: &[Spot]) -> Vec<Span> {
        let mut patches = self.of(source).peekable();
        let mut by = 0_i64;
        let span = |spot: &Spot| {
            while let Some(patch) = patches.next_if(|patch| patch.spot < *spot) {
                by = by.saturating_add(patch.moves());
            }
            let given = spot.place.span;
            match patches.peek().filter(|patch| patch.spot == *spot) {
                None => moved(given, [by].into_iter()),
                Some(patch) => {
                    let gap = patch
                        .text
                        .len()
                        .saturating_sub(patch.text.trim_start().len());
                    let put = Span::of(gap, patch.text.len()).shifted(given.start);
                    moved(put, [by].into_iter())
                }
            }
        };
        spots.iter().map(span).collect()
    }

    /// The sources as they are now.
    pub(crate) fn texts(&self) -> Vec<SourceText> {
        let ids = (0_u32..).map(SourceId).zip(self.sources.iter());
        ids.map(|(id, source)| SourceText {
            name: Arc::clone(&source.name),
            text: self.text(id),
        })
        .collect()
    }

    /// A source as it is now.
    pub(crate) fn text(&self, source: SourceId) -> Arc<str> {
        let Some(given) = self.sources.get(source.0 as usize) else {
            return Arc::from("");
        };
        if self.of(source).next().is_none() {
            return Arc::clone(&given.text);
        }
        let mut text = String::with_capacity(self.len(source));
        let mut done = 0;
        for patch in self.of(source) {
            let span = patch.spot.place.span;
            let between = done..span.start as usize;
            text.push_str(given.text.get(between).unwrap_or_default());
            text.push_str(&patch.text);
            done = span.end as usize;
        }
        text.push_str(given.text.get(done..).unwrap_or_default());
        text.into()
    }

    /// The names of the sources, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| &*source.name)
    }

    fn of(&self, source: SourceId) -> impl Iterator<Item = &Patch> {
        let is_before = |patch: &Patch| patch.spot.place.source < source;
        let begin = self.patches.partition_point(is_before);
        let rest = self.patches.get(begin..).unwrap_or_default();
        rest.iter()
            .take_while(move |patch| patch.spot.place.source == source)
    }
}

fn moved(span: Span, moves: impl Iterator<Item = i64>) -> Span {
    let by = moves.fold(0, i64::saturating_add);
    let moved = |at: u32| {
        let at = i64::from(at).saturating_add(by).max(0);
        u32::try_from(at).unwrap_or(u32::MAX)
    };
    Span::new(moved(span.start), moved(span.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(texts: &[&str]) -> Patched {
        let source = |text: &&str| SourceText {
            name: "s".into(),
            text: (*text).into(),
        };
        Patched::new(texts.iter().map(source).collect())
    }

    fn spot(source: u32, start: u32, end: u32) -> Spot {
        Spot {
            place: Place::new(SourceId(source), Span::new(start, end)),
            behind: 0,
        }
    }

    #[test]
    fn patches_move_what_is_behind_them() {
        let mut all = patched(&["one two three", "other"]);
        all.put(spot(0, 4, 7), "zwei und".into());
        all.put(spot(0, 0, 3), "".into());
        let end = all.behind(SourceId(0), 13);
        all.put(end, " four".into());
        let next = all.behind(SourceId(0), 13);
        all.put(next, " five".into());
        assert_eq!(&*all.text(SourceId(0)), " zwei und three four five");
        assert_eq!(all.len(SourceId(0)), 25);
        assert_eq!(&*all.text(SourceId(1)), "other");
        let three = Place::new(SourceId(0), Span::new(8, 13));
        assert_eq!(all.place(three).span.range(), 10..15);
        let und = all.place_in(spot(0, 4, 7), Span::new(5, 8));
        assert_eq!(und.span.range(), 6..9);
        let five = all.place_in(next, Span::new(1, 5));
        assert_eq!(five.span.range(), 21..25);
        let spots = [spot(0, 4, 7), spot(0, 8, 13), end, next];
        let spans = all.spans(SourceId(0), &spots);
        let text = all.text(SourceId(0));
        let words: Vec<&str> = spans.iter().map(|span| &text[span.range()]).collect();
        assert_eq!(words, ["zwei und", "three", "four", "five"]);
        all.put(end, "".into());
        assert_eq!(&*all.text(SourceId(0)), " zwei und three five");
    }
}
