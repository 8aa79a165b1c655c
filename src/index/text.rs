//! Texts that a value must hold somewhere, all searched for at once. Knows no rule but those filed
//! under a text.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::Posting;
use super::table::list;

/// An automaton over the texts, and the rules filed under each.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    /// `None`: it would have grown past what it can address; then every text counts as found.
    automaton: Option<AhoCorasick>,
    /// By text: where its list begins.
    starts: Box<[u32]>,
    lists: Box<[Posting]>,
}

/// A longer text is searched for by its beginning: so a rule costs a bounded number of states.
const LONGEST: usize = 32;

/// The beginning of a text by which it is searched for.
pub(super) fn searched<'t>(text: &Cow<'t, str>) -> Cow<'t, str> {
    let end = LONGEST.min(text.len());
    let is_whole = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=end).rev().find(is_whole).unwrap_or_default();
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.get(..end).unwrap_or(text).to_owned()),
    }
}

impl Texts {
    /// None of the texts may be empty.
    pub(super) fn build(mut texts: Vec<(Cow<'_, str>, Posting)>) -> Self {
        texts.sort_unstable();
        texts.dedup();
        let mut lists: Vec<Posting> = Vec::with_capacity(texts.len());
        let (mut starts, mut patterns) = (Vec::new(), Vec::new());
        for group in texts.chunk_by(|(a, _), (b, _)| a == b) {
            let Some((text, _)) = group.first() else {
                continue;
            };
            patterns.push(text.as_bytes());
            starts.push(u32::try_from(lists.len()).unwrap_or(u32::MAX));
            lists.extend(group.iter().map(|(_, posting)| *posting));
            if let Some(last) = lists.last_mut() {
                *last = last.closing();
            }
        }
        // The one kind whose size is linear in the texts and small.
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::Standard)
            .build(patterns);
        Self {
            automaton: automaton.ok(),
            starts: starts.into(),
            lists: lists.into(),
        }
    }

    /// The rules of the texts that `value` holds; `hits` is scratch.
    ///
    /// A value in which texts are found again and again is not searched to its end: past so many finds
    /// all rules are offered, which is cheaper than to go on.
    pub(super) fn within(&self, value: &str, hits: &mut Vec<u32>, found: &mut impl FnMut(Posting)) {
        hits.clear();
        let most = value.len().saturating_add(self.starts.len());
        let all = match &self.automaton {
            Some(automaton) => {
                let places = automaton.find_overlapping_iter(value).take(most);
                hits.extend(places.map(|place| place.pattern().as_u32()));
                hits.len() >= most
            }
            None => true,
        };
        if all {
            for posting in &self.lists {
                found(*posting);
            }
            return;
        }
        hits.sort_unstable();
        hits.dedup();
        for hit in &*hits {
            if let Some(start) = self.starts.get(*hit as usize) {
                for posting in list(&self.lists, *start) {
                    found(*posting);
                }
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let automaton = self.automaton.as_ref();
        automaton
            .map_or(0, AhoCorasick::memory_usage)
            .saturating_add(size_of_val(&*self.starts))
            .saturating_add(size_of_val(&*self.lists))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{Posting, Texts, searched};
    use crate::hir::RuleId;
    use crate::index::Start;

    fn within(texts: &[&str], value: &str) -> Vec<u32> {
        let entries = (0_u32..).zip(texts).map(|(n, text)| {
            let text = searched(&Cow::Borrowed(*text));
            (text, Posting::new(RuleId(n), Start::HOLDS))
        });
        let texts = Texts::build(entries.collect());
        let mut found = Vec::new();
        texts.within(value, &mut Vec::new(), &mut |posting| {
            found.push(posting.rule().0);
        });
        found.sort_unstable();
        found
    }

    #[test]
    fn texts_within_texts_are_found() {
        let texts = ["he", "she", "hers", "his", "he", "grün"];
        assert_eq!(within(&texts, "ushers"), [0, 1, 2, 4]);
        assert_eq!(within(&texts, "so grün"), [5]);
        assert!(within(&texts, "").is_empty());
    }

    #[test]
    fn a_long_text_is_found_by_its_beginning() {
        let long = format!("{}{}", "ü".repeat(40), "z".repeat(9));
        assert_eq!(within(&[&long], &format!("..{long}")), [0]);
        assert!(within(&[&long], "ü").is_empty());
    }

    #[test]
    fn what_is_found_everywhere_is_offered_whole() {
        let texts: Vec<String> = (1..30).map(|n| "a".repeat(n)).collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.push("b");
        let found = within(&texts, &"a".repeat(10_000));
        assert_eq!(found.len(), 30, "the one that is not there, too");
    }
}
