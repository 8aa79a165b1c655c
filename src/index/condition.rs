//! Conditions as words over the tests they are made of, each test once however many rules write it.
//! Evaluates no test: whoever asks brings their truths.
//!
//! `not` is pushed down to the tests, so a condition is made of *every*, *some* and tests that are
//! wanted true or false; it is true exactly where this comes out, with unknown being neither. What is
//! no function of event and moment alone (a test over what the host answers, and a quantifier, whose
//! limit of steps runs through the whole condition) is left out where that asks too much of no event:
//! such a condition may then hold, and is evaluated as it is written.

use crate::collections::map::Map;
use crate::event::path::Root;
use crate::hir::{Expr, Operand, Predicate, Rule, RuleId, RuleSet};
use crate::json::document::Datum;

use super::compiled_test::{Quick, Words};
use super::key_hash::FixedState;
use super::source::{From, Sources, ValueSourceId};

/// A test of one or many rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Test {
    /// The first rule that writes it, and the how-manieth of that rule's tests it is.
    rule: RuleId,
    place: u16,
    /// What it looks at, if that is a path of the event.
    pub(crate) source: Option<ValueSourceId>,
    quick: Quick,
}

/// A test's place among all: those that several rules write come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TestId(u32);

/// What the tests say of a rule's condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConditionResult {
    No,
    Yes,
    /// It has to be evaluated as it is written.
    Perhaps,
}

/// The conditions of all rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    tests: Vec<Test>,
    words: Vec<u32>,
    /// By rule.
    starts: Vec<Start>,
    memos: u32,
    texts: Words,
}

/// Where the words of a condition begin, or of what is left of it once a key was found. One test stands
/// here itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Start(u32);

impl Start {
    /// No condition.
    pub(super) const HOLDS: Self = Self(u32::MAX);
    /// Nothing of it is a function of the event.
    const PERHAPS: Self = Self(u32::MAX - 1);
    /// In an entry of a list: not a rule, but how the list goes on.
    pub(super) const SPLIT: Self = Self(u32::MAX - 2);
    /// The rule's whole condition.
    pub(super) const WHOLE: Self = Self(u32::MAX - 3);
    /// In an entry of a list: not a rule, but the text that the list is filed under follows.
    pub(super) const TEXT: Self = Self(u32::MAX - 4);
    /// In an entry of a list: not a rule, but the first of two keys follows.
    pub(super) const FIRST: Self = Self(u32::MAX - 5);
    /// Beside the place: something was left out.
    const PARTLY: u32 = 1 << 31;
    /// The rest is the word of a test.
    const SINGLE: u32 = 1 << 30;

    /// Any bits, where an entry of a list is no rule.
    pub(super) const fn raw(bits: u32) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u32 {
        self.0
    }

    const fn is_place(self) -> bool {
        self.0 < Self::FIRST.0 && self.0 & Self::SINGLE == 0
    }

    const fn at(self) -> u32 {
        self.0 & !(Self::PARTLY | Self::SINGLE)
    }
}

/// One word: a test and the truth that is wanted of it, or how many words of parts follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Test(u32, bool),
    Every(u32),
    Some(u32),
}

const PAYLOAD: u32 = (1 << 29) - 1;

impl Word {
    const fn pack(self) -> u32 {
        match self {
            Self::Test(test, wanted) => (test & PAYLOAD) | ((wanted as u32) << 29),
            Self::Every(words) => (words & PAYLOAD) | (1 << 30),
            Self::Some(words) => (words & PAYLOAD) | (1 << 31),
        }
    }

    const fn unpack(word: u32) -> Self {
        match word >> 30 {
            0 => Self::Test(word & PAYLOAD, word & (1 << 29) != 0),
            1 => Self::Every(word & PAYLOAD),
            _ => Self::Some(word & PAYLOAD),
        }
    }

    /// With its parts.
    const fn width(self) -> u32 {
        match self {
            Self::Test(..) => 1,
            Self::Every(words) | Self::Some(words) => words.saturating_add(1),
        }
    }
}

impl Conditions {
    /// What a rule's condition, or the part of it that begins at `start`, comes to with these truths of
    /// tests.
    pub(crate) fn evaluate(
        &self,
        rule: RuleId,
        start: Start,
        truth: &mut impl FnMut(TestId) -> Option<bool>,
    ) -> ConditionResult {
        let start = match start {
            Start::WHOLE => self.start(rule),
            start => start,
        };
        if start == Start::HOLDS {
            return ConditionResult::Yes;
        }
        if start == Start::PERHAPS {
            return ConditionResult::Perhaps;
        }
        let holds = match start.0 & Start::SINGLE {
            0 => {
                let words = self.words.get(start.at() as usize..);
                Self::holds(words.unwrap_or_default(), truth)
            }
            _ => match Word::unpack(start.at()) {
                Word::Test(test, wanted) => truth(TestId(test)) == Some(wanted),
                _ => false,
            },
        };
        match (holds, start.0 & Start::PARTLY) {
            (false, _) => ConditionResult::No,
            (true, 0) => ConditionResult::Yes,
            _ => ConditionResult::Perhaps,
        }
    }

    /// Where the rule's whole condition begins.
    pub(crate) fn start(&self, rule: RuleId) -> Start {
        let start = self.starts.get(rule.0 as usize).copied();
        start.unwrap_or(Start::PERHAPS)
    }

    /// What the condition at the start of these words comes to. Recurses as deep as the rule nests its
    /// condition, which is limited.
    fn holds(words: &[u32], truth: &mut impl FnMut(TestId) -> Option<bool>) -> bool {
        let Some((first, behind)) = words.split_first() else {
            return false;
        };
        let (every, count) = match Word::unpack(*first) {
            Word::Test(test, wanted) => return truth(TestId(test)) == Some(wanted),
            Word::Every(count) => (true, count),
            Word::Some(count) => (false, count),
        };
        let mut left = behind.get(..count as usize).unwrap_or_default();
        while let Some((word, behind)) = left.split_first() {
            let (holds, inside) = match Word::unpack(*word) {
                Word::Test(test, wanted) => (truth(TestId(test)) == Some(wanted), 0),
                Word::Every(count) | Word::Some(count) => (Self::holds(left, truth), count),
            };
            if holds != every {
                return !every;
            }
            left = behind.get(inside as usize..).unwrap_or_default();
        }
        every
    }

    fn word(&self, at: u32) -> Word {
        Word::unpack(self.words.get(at as usize).copied().unwrap_or_default())
    }

    pub(crate) fn test(&self, id: TestId) -> Option<&Test> {
        self.tests.get(id.0 as usize)
    }

    /// Where the truth of a test is kept while one event is routed; `None`: only one rule writes it, so
    /// nobody asks again.
    pub(crate) fn memo(&self, id: TestId) -> Option<usize> {
        (id.0 < self.memos).then_some(id.0 as usize)
    }

    /// How many truths are kept while one event is routed.
    pub(crate) const fn memos(&self) -> usize {
        self.memos as usize
    }

    /// The truth of a test by the value at its path (its inner `None`: unknown); `None` where the test
    /// has to be evaluated as it is written.
    pub(crate) fn compiled_truth(&self, test: &Test, datum: &Datum<'_>) -> Option<Option<bool>> {
        test.quick.truth(&self.texts, datum)
    }

    /// The truth of a test of a text, where that is quickly told.
    #[inline]
    pub(crate) fn compiled_truth_of_text(&self, test: &Test, text: &[u8]) -> Option<bool> {
        test.quick.of_text(&self.texts, text)
    }

    /// Writes what is left of a condition whose root is an `and` once some of its parts are known to be
    /// true: the parts by their places.
    pub(super) fn without(&mut self, start: Start, parts: usize, known: &[usize]) -> Start {
        if start.0 & Start::PARTLY != 0 || !start.is_place() {
            return start;
        }
        let Word::Every(words) = self.word(start.at()) else {
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
            [] => Start::HOLDS,
            [word] => Start(word | Start::SINGLE),
            _ => {
                let begin = u32::try_from(self.words.len()).unwrap_or(PAYLOAD);
                let count = u32::try_from(left.len()).unwrap_or(PAYLOAD);
                self.words.push(Word::Every(count).pack());
                self.words.append(&mut left);
                Start(begin)
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

impl Test {
    /// The test itself, as its rule writes it.
    pub(crate) fn predicate<'r>(&self, set: &'r RuleSet) -> Option<&'r Predicate> {
        let when = set.rules.get(self.rule.0 as usize)?.when.as_ref()?;
        let mut left = self.place;
        nth(when, &mut left)
    }
}

/// The test of that place outside of quantifiers.
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

/// Takes conditions in.
#[derive(Debug)]
pub(super) struct Interner<'r> {
    conditions: Conditions,
    known: Map<&'r Predicate, u32, FixedState>,
    /// By test: how many rules write it.
    uses: Vec<u32>,
}

impl<'r> Interner<'r> {
    /// For so many rules: a table of tests that grows looks at all of them again.
    pub(super) fn new(rules: usize) -> Self {
        Self {
            conditions: Conditions::default(),
            known: Map::with_capacity(rules),
            uses: Vec::new(),
        }
    }

    /// Takes the next rule's condition in.
    pub(super) fn add(&mut self, id: RuleId, rule: &'r Rule, sources: &mut Sources) {
        let start = match &rule.when {
            None => Start::HOLDS,
            Some(when) => {
                let begin = u32::try_from(self.conditions.words.len()).unwrap_or(PAYLOAD);
                let mut writer = Writer {
                    interner: self,
                    sources,
                    rule: id,
                    place: 0,
                    left_out: false,
                };
                match writer.write(when, true) {
                    false => Start::PERHAPS,
                    true if writer.left_out => Start(begin | Start::PARTLY),
                    true => Start(begin),
                }
            }
        };
        self.conditions.starts.push(start);
    }

    /// The conditions, their parts in the order written, and of each test how many rules write it.
    pub(super) fn finish(mut self) -> (Conditions, Vec<u32>) {
        self.put_shared_first();
        let conditions = &mut self.conditions;
        let Conditions { words, starts, .. } = &mut *conditions;
        for start in starts {
            let single = words
                .get(start.at() as usize)
                .filter(|word| *word >> 30 == 0);
            if let Some(word) = single.filter(|_| start.is_place()) {
                *start = Start(word | start.0 & Start::PARTLY | Start::SINGLE);
            }
        }
        (self.conditions, self.uses)
    }
}

impl Conditions {
    /// Puts the tests first that are likely to fail and cost little: what is written of one value of many
    /// fails more often than what is written of one of two.
    pub(super) fn arrange(&mut self, uses: &[u32]) {
        let mut families: Map<(ValueSourceId, u8), u32, FixedState> = Map::new();
        let family = |test: &Test| Some((test.source?, test.quick.family()?));
        for (test, uses) in self.tests.iter().zip(uses) {
            if let Some(family) = family(test) {
                let sum = families.or_insert_with(family, || 0);
                *sum = sum.saturating_add(*uses);
            }
        }
        // In parts of 256, what it costs to let one event in that amount fail.
        let cost = |word: &u32| {
            let number = (word & PAYLOAD) as usize;
            let wanted = word & (1 << 29) != 0;
            let (Some(test), Some(uses)) = (self.tests.get(number), uses.get(number)) else {
                return u64::MAX;
            };
            let of = family(test).filter(|_| wanted);
            let sum = of.and_then(|of| families.value(&of));
            let passes = sum.map_or(250, |sum| {
                let sum = u64::from(*sum).saturating_add(4);
                u64::from(*uses)
                    .saturating_mul(256)
                    .checked_div(sum)
                    .unwrap_or(256)
            });
            let once = if *uses > 1 { 1 } else { 4_u64 };
            let fails = 257_u64.saturating_sub(passes);
            once.saturating_mul(1 << 16)
                .checked_div(fails)
                .unwrap_or(u64::MAX)
        };
        let mut at = 0;
        while let Some(word) = self.words.get(at) {
            let Word::Every(count) = Word::unpack(*word) else {
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
    /// Numbers the tests anew, so that a number tells whether a truth is kept.
    fn put_shared_first(&mut self) {
        let conditions = &mut self.conditions;
        let shared = |uses: &&u32| **uses > 1;
        let memos = self.uses.iter().filter(shared).count();
        conditions.memos = u32::try_from(memos).unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0_u32..).zip(&self.uses).map(|(test, _)| test).collect();
        // Stable, so tests of one rule stay side by side.
        order.sort_by_key(|test| {
            let uses = self.uses.get(*test as usize).copied();
            uses.unwrap_or_default() < 2
        });
        let mut numbers = vec![0; order.len()];
        for (new, old) in (0_u32..).zip(&order) {
            if let Some(number) = numbers.get_mut(*old as usize) {
                *number = new;
            }
        }
        for word in &mut conditions.words {
            if let Word::Test(test, wanted) = Word::unpack(*word) {
                let number = numbers.get(test as usize).copied();
                *word = Word::Test(number.unwrap_or_default(), wanted).pack();
            }
        }
        let old = |of: &u32| *of as usize;
        conditions.tests = order
            .iter()
            .filter_map(|of| conditions.tests.get(old(of)).copied())
            .collect();
        self.uses = order
            .iter()
            .filter_map(|of| self.uses.get(old(of)).copied())
            .collect();
    }
}

/// Writes one condition.
struct Writer<'i, 'r, 's> {
    interner: &'i mut Interner<'r>,
    sources: &'s mut Sources,
    rule: RuleId,
    place: u16,
    left_out: bool,
}

impl<'r> Writer<'_, 'r, '_> {
    /// Writes `expr` as wanted; false, and nothing written, where it may be as wanted for any event.
    fn write(&mut self, expr: &'r Expr, wanted: bool) -> bool {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => {
                self.connect(parts, wanted, matches!(expr, Expr::And(_)) == wanted)
            }
            Expr::Not(inner) => self.write(inner, !wanted),
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
                self.push(Word::Test(test, wanted));
                true
            }
        }
    }

    fn connect(&mut self, parts: &'r [Expr], wanted: bool, every: bool) -> bool {
        let words = &self.interner.conditions.words;
        let begin = words.len();
        self.push(Word::Every(0));
        let mut written = 0_usize;
        for part in parts {
            // Also behind one that may hold always: places are counted in all of them.
            if self.write(part, wanted) {
                written = written.saturating_add(1);
            }
        }
        let words = &mut self.interner.conditions.words;
        if written == 0 || !every && written < parts.len() {
            words.truncate(begin);
            return false;
        }
        let behind = words.len().saturating_sub(begin).saturating_sub(1);
        let count = u32::try_from(behind).unwrap_or(PAYLOAD);
        if let Some(word) = words.get_mut(begin) {
            *word = match every {
                true => Word::Every(count).pack(),
                false => Word::Some(count).pack(),
            };
        }
        true
    }

    fn push(&mut self, word: Word) {
        self.interner.conditions.words.push(word.pack());
    }

    fn intern(&mut self, predicate: &'r Predicate, place: u16) -> u32 {
        let Interner {
            conditions,
            known,
            uses,
        } = &mut *self.interner;
        let (rule, sources) = (self.rule, &mut *self.sources);
        let test = *known.or_insert_with(predicate, || {
            let test = u32::try_from(conditions.tests.len()).unwrap_or(PAYLOAD);
            let source = predicate.subject().and_then(|subject| {
                let is_path = matches!(subject, Operand::Path(_));
                let source = is_path.then(|| sources.intern(subject)).flatten();
                source.filter(|source| sources.from(*source) == From::Data)
            });
            conditions.tests.push(Test {
                rule,
                place,
                source,
                quick: match source {
                    Some(_) => Quick::of(predicate, &mut conditions.texts),
                    None => Quick::Other,
                },
            });
            uses.push(0);
            test
        });
        if let Some(uses) = uses.get_mut(test as usize) {
            *uses = uses.saturating_add(1);
        }
        test
    }
}

/// Whether event and moment alone tell what it comes to.
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
