//! Conditions as compact programs over shared tests.
//!
//! Equal tests of different rules are one test. The caller provides the truth of each test, so that
//! it is evaluated once per event.
//!
//! `not` is pushed down to the tests, so a program consists of *all*, *any* and tests with an
//! expected truth value. A test passes if it has
//! its expected value; an unknown test never passes.
//!
//! Some tests do not depend on the event and the time alone: those over answers of the host, and
//! quantifiers, whose step limit counts over the whole condition. They are left out if that cannot
//! exclude a rule that matches. Such a condition has to be evaluated in its original form if the
//! program is true.

use crate::collections::map::Map;
use crate::event::path::Root;
use crate::hir::{Expr, Operand, Predicate, Rule, RuleId, RuleSet};
use crate::json::document::Datum;

use super::compiled_test::{CompiledTest, TextPool};
use super::key_hash::FixedState;
use super::source::{SourceOrigin, ValueSourceId, ValueSources};

/// A test that one or more rules contain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedTest {
    /// The first rule with this test, and the position of the test in that rule's condition.
    rule: RuleId,
    place: u16,
    /// The source of its value, if that is a path of the event.
    pub(crate) source: Option<ValueSourceId>,
    compiled: CompiledTest,
}

/// The index of a test. Tests shared by several rules come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TestId(u32);

/// The result of a condition program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConditionResult {
    No,
    Yes,
    /// The original condition has to be evaluated.
    NeedsEvaluation,
}

/// The condition programs of all rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    tests: Vec<SharedTest>,
    words: Vec<u32>,
    /// Indexed by rule.
    starts: Vec<ConditionStart>,
    memos: u32,
    texts: TextPool,
}

/// The start of a condition program, or of its part that a key does not prove. A program of one
/// test is stored inline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConditionStart(u32);

impl ConditionStart {
    /// No condition, or a condition that is proven.
    pub(super) const HOLDS: Self = Self(u32::MAX);
    /// No part of the condition depends on the event alone.
    const UNDECIDED: Self = Self(u32::MAX - 1);
    /// In a list entry: not a rule, but a reference to a secondary key.
    pub(super) const SPLIT: Self = Self(u32::MAX - 2);
    /// The complete condition of the rule.
    pub(super) const WHOLE: Self = Self(u32::MAX - 3);
    /// In a list entry: not a rule, but the header of the text that the list is posted under.
    pub(super) const TEXT: Self = Self(u32::MAX - 4);
    /// In a list entry: not a rule, but the header of the first of two keys.
    pub(super) const FIRST: Self = Self(u32::MAX - 5);
    /// Flag: a part of the condition was left out.
    const PARTIAL: u32 = 1 << 31;
    /// Flag: the rest is a single test.
    const SINGLE: u32 = 1 << 30;

    /// Wraps the bits of a list entry that is not a rule.
    pub(super) const fn raw(bits: u32) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u32 {
        self.0
    }

    const fn is_offset(self) -> bool {
        self.0 < Self::FIRST.0 && self.0 & Self::SINGLE == 0
    }

    const fn at(self) -> u32 {
        self.0 & !(Self::PARTIAL | Self::SINGLE)
    }
}

/// One word: a test with the truth it must have, or the number of words of the parts that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConditionWord {
    Test(u32, bool),
    All(u32),
    Any(u32),
}

const PAYLOAD: u32 = (1 << 29) - 1;

impl ConditionWord {
    const fn pack(self) -> u32 {
        match self {
            Self::Test(test, expected) => (test & PAYLOAD) | ((expected as u32) << 29),
            Self::All(words) => (words & PAYLOAD) | (1 << 30),
            Self::Any(words) => (words & PAYLOAD) | (1 << 31),
        }
    }

    const fn unpack(word: u32) -> Self {
        match word >> 30 {
            0 => Self::Test(word & PAYLOAD, word & (1 << 29) != 0),
            1 => Self::All(word & PAYLOAD),
            _ => Self::Any(word & PAYLOAD),
        }
    }

    /// Returns the number of words including its parts.
    const fn width(self) -> u32 {
        match self {
            Self::Test(..) => 1,
            Self::All(words) | Self::Any(words) => words.saturating_add(1),
        }
    }
}

impl Conditions {
    /// Evaluates a rule's condition, or the part of it that starts at `start`, with the given
    /// truths.
    pub(crate) fn evaluate(
        &self,
        rule: RuleId,
        start: ConditionStart,
        truth: &mut impl FnMut(TestId) -> Option<bool>,
    ) -> ConditionResult {
        let start = match start {
            ConditionStart::WHOLE => self.start(rule),
            start => start,
        };
        if start == ConditionStart::HOLDS {
            return ConditionResult::Yes;
        }
        if start == ConditionStart::UNDECIDED {
            return ConditionResult::NeedsEvaluation;
        }
        let holds = match start.0 & ConditionStart::SINGLE {
            0 => {
                let words = self.words.get(start.at() as usize..);
                Self::holds(words.unwrap_or_default(), truth)
            }
            _ => match ConditionWord::unpack(start.at()) {
                ConditionWord::Test(test, expected) => truth(TestId(test)) == Some(expected),
                _ => false,
            },
        };
        match (holds, start.0 & ConditionStart::PARTIAL) {
            (false, _) => ConditionResult::No,
            (true, 0) => ConditionResult::Yes,
            _ => ConditionResult::NeedsEvaluation,
        }
    }

    /// Returns where the rule's complete condition starts.
    pub(crate) fn start(&self, rule: RuleId) -> ConditionStart {
        let start = self.starts.get(rule.0 as usize).copied();
        start.unwrap_or(ConditionStart::UNDECIDED)
    }

    /// Evaluates the program at the start of `words`. Recursion is limited by the nesting limit of
    /// conditions.
    fn holds(words: &[u32], truth: &mut impl FnMut(TestId) -> Option<bool>) -> bool {
        let Some((first, rest)) = words.split_first() else {
            return false;
        };
        let (every, count) = match ConditionWord::unpack(*first) {
            ConditionWord::Test(test, expected) => return truth(TestId(test)) == Some(expected),
            ConditionWord::All(count) => (true, count),
            ConditionWord::Any(count) => (false, count),
        };
        let mut left = rest.get(..count as usize).unwrap_or_default();
        while let Some((word, rest)) = left.split_first() {
            let (holds, inside) = match ConditionWord::unpack(*word) {
                ConditionWord::Test(test, expected) => (truth(TestId(test)) == Some(expected), 0),
                ConditionWord::All(count) | ConditionWord::Any(count) => {
                    (Self::holds(left, truth), count)
                }
            };
            if holds != every {
                return !every;
            }
            left = rest.get(inside as usize..).unwrap_or_default();
        }
        every
    }

    fn word(&self, at: u32) -> ConditionWord {
        ConditionWord::unpack(self.words.get(at as usize).copied().unwrap_or_default())
    }

    pub(crate) fn test(&self, id: TestId) -> Option<&SharedTest> {
        self.tests.get(id.0 as usize)
    }

    /// Returns the slot for a test's truth, `None` if only one rule contains the test and nothing
    /// needs to be kept.
    pub(crate) fn memo(&self, id: TestId) -> Option<usize> {
        (id.0 < self.memos).then_some(id.0 as usize)
    }

    /// Returns the number of slots for truths.
    pub(crate) const fn memos(&self) -> usize {
        self.memos as usize
    }

    /// Evaluates a test by the value at its path; an inner `None` means unknown. Returns `None` if
    /// the original test must be evaluated.
    pub(crate) fn compiled_truth(
        &self,
        test: &SharedTest,
        datum: &Datum<'_>,
    ) -> Option<Option<bool>> {
        test.compiled.truth(&self.texts, datum)
    }

    /// Evaluates a test of a text, if it has a compact form.
    #[inline]
    pub(crate) fn compiled_truth_of_text(&self, test: &SharedTest, text: &[u8]) -> Option<bool> {
        test.compiled.of_text(&self.texts, text)
    }

    /// Writes the program of an `and` without the parts at the positions `known`, which are true.
    pub(super) fn without(
        &mut self,
        start: ConditionStart,
        parts: usize,
        known: &[usize],
    ) -> ConditionStart {
        if start.0 & ConditionStart::PARTIAL != 0 || !start.is_offset() {
            return start;
        }
        let ConditionWord::All(words) = self.word(start.at()) else {
            return start;
        };
        let mut at = start.at().saturating_add(1);
        let end = at.saturating_add(words);
        let mut left: Vec<u32> = Vec::new();
        let mut place = 0_usize;
        while at < end {
            let next = at.saturating_add(self.word(at).width());
            if !known.contains(&place) {
                let part = self.words.get(at as usize..next as usize);
                left.extend_from_slice(part.unwrap_or_default());
            }
            place = place.saturating_add(1);
            at = next;
        }
        if place != parts {
            return start;
        }
        match &*left {
            [] => ConditionStart::HOLDS,
            [word] => ConditionStart(word | ConditionStart::SINGLE),
            _ => {
                let begin = u32::try_from(self.words.len()).unwrap_or(PAYLOAD);
                let count = u32::try_from(left.len()).unwrap_or(PAYLOAD);
                self.words.push(ConditionWord::All(count).pack());
                self.words.append(&mut left);
                ConditionStart(begin)
            }
        }
    }

    pub(super) const fn tests(&self) -> usize {
        self.tests.len()
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.tests)
            .saturating_add(size_of_val(&*self.words))
            .saturating_add(size_of_val(&*self.starts))
            .saturating_add(self.texts.bytes())
    }
}

impl SharedTest {
    /// Returns the original test.
    pub(crate) fn predicate<'r>(&self, set: &'r RuleSet) -> Option<&'r Predicate> {
        let when = set.rules.get(self.rule.0 as usize)?.when.as_ref()?;
        let mut left = self.place;
        nth(when, &mut left)
    }
}

/// Returns the test at a position, not counting tests inside quantifiers.
fn nth<'r>(expr: &'r Expr, left: &mut u16) -> Option<&'r Predicate> {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().find_map(|part| nth(part, left)),
        Expr::Not(inner) => nth(inner, left),
        Expr::Quantifier { .. } => None,
        Expr::Test(predicate) => match left.checked_sub(1) {
            Some(less) => {
                *left = less;
                None
            }
            None => Some(predicate),
        },
    }
}

/// Collects conditions and finds equal tests.
#[derive(Debug)]
pub(super) struct Interner<'r> {
    conditions: Conditions,
    known: Map<&'r Predicate, u32, FixedState>,
    /// Indexed by test: the number of rules that contain it.
    rule_counts: Vec<u32>,
}

impl<'r> Interner<'r> {
    /// Creates an interner with room for the tests of `rules` rules. Growing the map would rehash
    /// all tests.
    pub(super) fn new(rules: usize) -> Self {
        Self {
            conditions: Conditions::default(),
            known: Map::with_capacity(rules),
            rule_counts: Vec::new(),
        }
    }

    /// Adds the condition of the next rule.
    pub(super) fn add(&mut self, id: RuleId, rule: &'r Rule, sources: &mut ValueSources) {
        let start = match &rule.when {
            None => ConditionStart::HOLDS,
            Some(when) => {
                let begin = u32::try_from(self.conditions.words.len()).unwrap_or(PAYLOAD);
                let mut writer = ConditionWriter {
                    interner: self,
                    sources,
                    rule: id,
                    place: 0,
                    left_out: false,
                };
                match writer.write(when, true) {
                    false => ConditionStart::UNDECIDED,
                    true if writer.left_out => ConditionStart(begin | ConditionStart::PARTIAL),
                    true => ConditionStart(begin),
                }
            }
        };
        self.conditions.starts.push(start);
    }

    /// Returns the conditions, with parts in source order, and the number of rules per test.
    pub(super) fn finish(mut self) -> (Conditions, Vec<u32>) {
        self.number_shared_first();
        let conditions = &mut self.conditions;
        let Conditions { words, starts, .. } = &mut *conditions;
        for start in starts {
            let single = words
                .get(start.at() as usize)
                .filter(|word| *word >> 30 == 0);
            if let Some(word) = single.filter(|_| start.is_offset()) {
                *start = ConditionStart(
                    word | start.0 & ConditionStart::PARTIAL | ConditionStart::SINGLE,
                );
            }
        }
        (self.conditions, self.rule_counts)
    }
}

impl Conditions {
    /// Moves tests to the front that are likely to fail and cheap. A test for one of many values
    /// fails more often than a test for one of two.
    pub(super) fn arrange(&mut self, rule_counts: &[u32]) {
        let mut families: Map<(ValueSourceId, u8), u32, FixedState> = Map::new();
        let family = |test: &SharedTest| Some((test.source?, test.compiled.family()?));
        for (test, rule_counts) in self.tests.iter().zip(rule_counts) {
            if let Some(family) = family(test) {
                let sum = families.or_insert_with(family, || 0);
                *sum = sum.saturating_add(*rule_counts);
            }
        }
        // The expected cost, scaled by 256, until one event fails the test.
        let cost = |word: &u32| {
            let number = (word & PAYLOAD) as usize;
            let expected = word & (1 << 29) != 0;
            let (Some(test), Some(rule_counts)) = (self.tests.get(number), rule_counts.get(number))
            else {
                return u64::MAX;
            };
            let of = family(test).filter(|_| expected);
            let sum = of.and_then(|of| families.value(&of));
            let passes = sum.map_or(250, |sum| {
                let sum = u64::from(*sum).saturating_add(4);
                u64::from(*rule_counts)
                    .saturating_mul(256)
                    .checked_div(sum)
                    .unwrap_or(256)
            });
            let once = if *rule_counts > 1 { 1 } else { 4_u64 };
            let fails = 257_u64.saturating_sub(passes);
            once.saturating_mul(1 << 16)
                .checked_div(fails)
                .unwrap_or(u64::MAX)
        };
        let mut at = 0;
        while let Some(word) = self.words.get(at) {
            let ConditionWord::All(count) = ConditionWord::unpack(*word) else {
                at = at.saturating_add(1);
                continue;
            };
            at = at.saturating_add(1);
            let parts = at..at.saturating_add(count as usize);
            if let Some(parts) = self.words.get_mut(parts)
                && parts.iter().all(|part| part >> 30 == 0)
            {
                parts.sort_by_key(cost);
                at = at.saturating_add(count as usize);
            }
        }
        self.words.shrink_to_fit();
        self.tests.shrink_to_fit();
        self.texts.shrink();
    }
}

impl Interner<'_> {
    /// Renumbers the tests, so that the number decides whether a truth is kept.
    fn number_shared_first(&mut self) {
        let conditions = &mut self.conditions;
        let shared = |rule_counts: &&u32| **rule_counts > 1;
        let memos = self.rule_counts.iter().filter(shared).count();
        conditions.memos = u32::try_from(memos).unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0_u32..)
            .zip(&self.rule_counts)
            .map(|(test, _)| test)
            .collect();
        // Stable, so that tests of one rule stay adjacent.
        order.sort_by_key(|test| {
            let rule_counts = self.rule_counts.get(*test as usize).copied();
            rule_counts.unwrap_or_default() < 2
        });
        let mut numbers = vec![0; order.len()];
        for (new, old) in (0_u32..).zip(&order) {
            if let Some(number) = numbers.get_mut(*old as usize) {
                *number = new;
            }
        }
        for word in &mut conditions.words {
            if let ConditionWord::Test(test, expected) = ConditionWord::unpack(*word) {
                let number = numbers.get(test as usize).copied();
                *word = ConditionWord::Test(number.unwrap_or_default(), expected).pack();
            }
        }
        let old = |of: &u32| *of as usize;
        conditions.tests = order
            .iter()
            .filter_map(|of| conditions.tests.get(old(of)).copied())
            .collect();
        self.rule_counts = order
            .iter()
            .filter_map(|of| self.rule_counts.get(old(of)).copied())
            .collect();
    }
}

/// Writes the program of one condition.
struct ConditionWriter<'i, 'r, 's> {
    interner: &'i mut Interner<'r>,
    sources: &'s mut ValueSources,
    rule: RuleId,
    place: u16,
    left_out: bool,
}

impl<'r> ConditionWriter<'_, 'r, '_> {
    /// Writes `expr` for an expected truth value. Writes nothing and returns `false` if any event
    /// may give that value.
    fn write(&mut self, expr: &'r Expr, expected: bool) -> bool {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => {
                self.connect(parts, expected, matches!(expr, Expr::And(_)) == expected)
            }
            Expr::Not(inner) => self.write(inner, !expected),
            Expr::Quantifier { .. } => {
                self.left_out = true;
                false
            }
            Expr::Test(predicate) => {
                let place = self.place;
                self.place = self.place.saturating_add(1);
                if !is_pure(predicate) || place == u16::MAX {
                    self.left_out = true;
                    return false;
                }
                let test = self.intern(predicate, place);
                self.push(ConditionWord::Test(test, expected));
                true
            }
        }
    }

    fn connect(&mut self, parts: &'r [Expr], expected: bool, every: bool) -> bool {
        let words = &self.interner.conditions.words;
        let begin = words.len();
        self.push(ConditionWord::All(0));
        let mut written = 0_usize;
        for part in parts {
            // Visit every part, because positions count all tests.
            if self.write(part, expected) {
                written = written.saturating_add(1);
            }
        }
        let words = &mut self.interner.conditions.words;
        if written == 0 || !every && written < parts.len() {
            words.truncate(begin);
            return false;
        }
        let rest = words.len().saturating_sub(begin).saturating_sub(1);
        let count = u32::try_from(rest).unwrap_or(PAYLOAD);
        if let Some(word) = words.get_mut(begin) {
            *word = match every {
                true => ConditionWord::All(count).pack(),
                false => ConditionWord::Any(count).pack(),
            };
        }
        true
    }

    fn push(&mut self, word: ConditionWord) {
        self.interner.conditions.words.push(word.pack());
    }

    fn intern(&mut self, predicate: &'r Predicate, place: u16) -> u32 {
        let Interner {
            conditions,
            known,
            rule_counts,
        } = &mut *self.interner;
        let (rule, sources) = (self.rule, &mut *self.sources);
        let test = *known.or_insert_with(predicate, || {
            let test = u32::try_from(conditions.tests.len()).unwrap_or(PAYLOAD);
            let source = predicate.subject().and_then(|subject| {
                let is_path = matches!(subject, Operand::Path(_));
                let source = is_path.then(|| sources.intern(subject)).flatten();
                source.filter(|source| sources.from(*source) == SourceOrigin::Data)
            });
            conditions.tests.push(SharedTest {
                rule,
                place,
                source,
                compiled: match source {
                    Some(_) => CompiledTest::of(predicate, &mut conditions.texts),
                    None => CompiledTest::Other,
                },
            });
            rule_counts.push(0);
            test
        });
        if let Some(rule_counts) = rule_counts.get_mut(test as usize) {
            *rule_counts = rule_counts.saturating_add(1);
        }
        test
    }
}

/// Returns whether the test depends only on the event and the time.
fn is_pure(predicate: &Predicate) -> bool {
    let mut pure = true;
    predicate.visit_paths(&mut |path| {
        pure &= !matches!(
            path.root,
            Root::Person | Root::CarrierSms | Root::CarrierMms | Root::Variable(_)
        );
    });
    pure
}
