//! Finds all substrings that rules search for in one pass over a value.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::Posting;
use super::table::list;

/// An automaton over the substrings, and the postings of each.
#[derive(Clone, Debug)]
pub(super) struct SubstringSet {
    /// `None` if it exceeded its address space; then every substring counts as found.
    automaton: Option<AhoCorasick>,
    /// Indexed by substring: where its list starts.
    starts: Box<[u32]>,
    lists: Box<[Posting]>,
}

/// Longer texts are searched by a prefix of this length, which bounds the automaton states per
/// rule.
const LONGEST: usize = 32;

/// Returns the prefix by which a text is searched.
pub(super) fn searched<'t>(text: &Cow<'t, str>) -> Cow<'t, str> {
    let end = LONGEST.min(text.len());
    let is_whole = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=end).rev().find(is_whole).unwrap_or_default();
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.get(..end).unwrap_or(text).to_owned()),
    }
}

impl SubstringSet {
    /// The texts must not be empty.
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
                *last = last.as_last();
            }
        }
        // The only kind that is small and linear in the length of the texts.
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

    /// Calls `found` with the postings of all substrings of `value`; `hits` is scratch memory.
    ///
    /// The search is cut off after a number of matches: then all postings are returned, which is
    /// cheaper than to continue.
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

    use super::{Posting, SubstringSet, searched};
    use crate::hir::RuleId;
    use crate::index::ConditionStart;

    fn within(texts: &[&str], value: &str) -> Vec<u32> {
        let entries = (0_u32..).zip(texts).map(|(n, text)| {
            let text = searched(&Cow::Borrowed(*text));
            (text, Posting::new(RuleId(n), ConditionStart::HOLDS))
        });
        let texts = SubstringSet::build(entries.collect());
        let mut found = Vec::new();
        texts.within(value, &mut Vec::new(), &mut |posting| {
            found.push(posting.rule().0);
        });
        found.sort_unstable();
        found
    }

    #[test]
    fn overlapping_substrings_are_found() {
        let texts = ["he", "she", "hers", "his", "he", "grün"];
        assert_eq!(within(&texts, "ushers"), [0, 1, 2, 4]);
        assert_eq!(within(&texts, "so grün"), [5]);
        assert!(within(&texts, "").is_empty());
    }

    #[test]
    fn a_long_substring_is_found_by_its_prefix() {
        let long = format!("{}{}", "ü".repeat(40), "z".repeat(9));
        assert_eq!(within(&[&long], &format!("..{long}")), [0]);
        assert!(within(&[&long], "ü").is_empty());
    }

    #[test]
    fn too_many_matches_return_all_postings() {
        let texts: Vec<String> = (1..30).map(|n| "a".repeat(n)).collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.push("b");
        let found = within(&texts, &"a".repeat(10_000));
        assert_eq!(found.len(), 30, "the one that is not there, too");
    }
}
