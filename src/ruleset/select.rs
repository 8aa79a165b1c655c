//! Selects the rules that can accept an event: looks up its values in the index, and evaluates each test of
//! the rules found at most once. Leaves tests that depend on the host's answers undecided.

use crate::eval;
use crate::eval::scope::Scope;
use crate::eval::{Needs, OperandValue};
use crate::hir::{RuleId, RuleSet};
use crate::index::{
    ConditionResult, Hits, Index, LookupPlan, Posting, Probe, SlotMap, TestId, TypeScope,
    ValueSourceId,
};
use crate::json::document::{Datum, Value};

/// A rule whose `when` is true or undecided for the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    rank: u32,
    pub(crate) rule: RuleId,
    /// The `when` is true; otherwise it has to be evaluated in full.
    pub(crate) holds: bool,
}

/// Memory for selecting, reused between events.
#[derive(Clone, Debug, Default)]
pub(crate) struct SelectScratch {
    cache: EventCache,
    hits: Hits,
    candidates: Vec<Candidate>,
    /// Candidates from several indexes.
    merged: Vec<Candidate>,
}

/// The values and truths that were found for one event.
#[derive(Clone, Debug, Default)]
struct EventCache {
    /// The generation, one for each event. Entries of other generations belong to other events, possibly of
    /// another engine.
    generation: u32,
    /// By shared test: the generation and the truth.
    truths: Vec<(u32, Option<bool>)>,
    /// By source: the generation and the node of the value in the document. For a source that is derived
    /// from a path, the value of that path.
    values: Vec<(u32, u32)>,
    /// The sources that have a value.
    found: Vec<ValueSourceId>,
    needs: Needs,
    stats: SelectionStats,
}

impl Candidate {
    /// Returns the candidate with another id for its rule.
    pub(crate) const fn with_rule(self, rule: RuleId) -> Self {
        Self { rule, ..self }
    }
}

/// Counts of the work of selecting for one event, for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SelectionStats {
    /// Keys that were looked up.
    pub(crate) lookups: u64,
    /// Rules that were checked, with repetitions.
    pub(crate) rules: u64,
    /// Tests that were evaluated.
    pub(crate) tests: u64,
}

impl SelectScratch {
    /// Returns the counts for the last event.
    #[cfg(test)]
    pub(crate) const fn stats(&self) -> SelectionStats {
        self.cache.stats
    }

    /// Takes the empty buffer for merged candidates; [`Self::set_merged`] returns it.
    pub(crate) fn take_merged(&mut self) -> Vec<Candidate> {
        let mut merged = std::mem::take(&mut self.merged);
        merged.clear();
        merged
    }

    pub(crate) fn set_merged(&mut self, merged: Vec<Candidate>) -> &[Candidate] {
        self.merged = merged;
        &self.merged
    }
}

impl EventCache {
    fn begin(&mut self, index: &Index) {
        self.generation = match self.generation.checked_add(1) {
            Some(generation) => generation,
            None => {
                // The counter wrapped; drop the entries of earlier generations.
                *self = Self::default();
                1
            }
        };
        // Allocated at full size, not grown: zeroed memory costs nothing until it is used.
        if self.truths.len() < index.conditions().memos() {
            self.truths = vec![(0, None); index.conditions().memos()];
        }
        if self.values.len() < index.sources().len() {
            self.values = vec![(0, 0); index.sources().len()];
        }
        self.found.clear();
        self.stats = SelectionStats::default();
    }
}

/// Returns the rules that can accept the event, in routing order: all rules whose `when` is true or may
/// still become true, and possibly others.
pub(crate) fn select<'s>(
    set: &RuleSet,
    index: &Index,
    slots: &SlotMap,
    scope: &Scope<'_>,
    selection: &'s mut SelectScratch,
) -> &'s [Candidate] {
    let SelectScratch {
        cache,
        hits,
        candidates,
        ..
    } = selection;
    cache.begin(index);
    hits.clear();
    candidates.clear();
    let mut query = EventQuery {
        set,
        index,
        scope,
        cache,
    };
    query.find_values(slots);
    let ty = index.type_of(scope.event.folded_type());
    for (of, plan) in index.plans(ty) {
        query.look_up(of, plan, hits);
        for posting in &plan.always {
            query.check(*posting, candidates);
        }
    }
    index.lookup_second_keys(|source| query.value(source), hits);
    if hits.several.len() > 1 {
        hits.several.sort_unstable();
        hits.several.dedup_by_key(|posting| posting.rule());
    }
    for posting in hits.once.iter().chain(&hits.several) {
        query.check(*posting, candidates);
    }
    if candidates.len() > 1 {
        candidates.sort_unstable_by_key(|candidate| (candidate.rank, candidate.holds));
        // Keys with equal hashes can return a rule twice; keep the candidate that still has to be evaluated.
        candidates.dedup_by_key(|candidate| candidate.rank);
    }
    cache.stats.lookups = hits.lookups;
    candidates
}

/// The query of one event.
struct EventQuery<'a, 's> {
    set: &'a RuleSet,
    index: &'a Index,
    scope: &'a Scope<'a>,
    cache: &'s mut EventCache,
}

impl<'a> EventQuery<'a, '_> {
    /// Records where the event has the values that rules read.
    fn find_values(&mut self, slots: &SlotMap) {
        let EventCache {
            generation,
            values,
            found,
            ..
        } = &mut *self.cache;
        let show = &mut |source: ValueSourceId, value: Value<'_>| {
            if let Some(place) = values.get_mut(source.0 as usize) {
                *place = (*generation, value.index());
                found.push(source);
            }
        };
        let (path_trie, data) = (self.index.path_trie(), self.scope.data);
        match slots.projection_id() {
            Some(projection_id) if self.scope.event.is_numbered(data, projection_id) => {
                path_trie.visit_numbered(slots, data, show);
            }
            _ => path_trie.walk(data, show),
        }
    }

    /// Runs the probes of a plan on the values of the event.
    fn look_up(&mut self, scope: TypeScope, plan: &LookupPlan, hits: &mut Hits) {
        let probes = &plan.probes;
        if probes.is_empty() {
            return;
        }
        if probes.len() <= self.cache.found.len().saturating_mul(2) {
            for probe in probes {
                if let Some(value) = self.value(probe.source) {
                    self.probe(scope, probe, Some(value), hits);
                }
            }
        } else {
            for at in 0..self.cache.found.len() {
                if let Some(source) = self.cache.found.get(at)
                    && let Ok(place) = probes.binary_search_by_key(source, |probe| probe.source)
                    && let Some(probe) = probes.get(place)
                {
                    self.probe(scope, probe, self.value(probe.source), hits);
                }
            }
        }
        let others = plan.missed.iter().chain(&plan.elsewhere);
        for probe in others.filter_map(|place| probes.get(*place as usize)) {
            if self.value(probe.source).is_none() {
                self.probe(scope, probe, None, hits);
            }
        }
    }

    /// Looks up the value of a probe's source.
    #[inline]
    fn probe(
        &mut self,
        scope: TypeScope,
        probe: &Probe,
        value: Option<Value<'a>>,
        hits: &mut Hits,
    ) {
        if probe.is_plain()
            && let Some(text) = value.and_then(Value::plain_text)
        {
            self.index.lookup_text(scope, probe, text, hits);
        } else if probe.is_path() {
            self.index.lookup(scope, probe, &datum_of(value), hits);
        } else if let Some(operand) = self.index.sources().operand(probe.source) {
            let came = eval::operand(operand, self.scope, &mut self.cache.needs);
            if let Some(datum) = came.datum() {
                self.index.lookup(scope, probe, &datum, hits);
            }
        }
    }

    /// Returns the value at the path of a source, if the event has one.
    fn value(&self, source: ValueSourceId) -> Option<Value<'a>> {
        let (generation, place) = self.cache.values.get(source.0 as usize)?;
        (*generation == self.cache.generation).then(|| self.scope.data.at(*place))
    }

    /// Adds the rule to the candidates if it is active and its `when` is true or undecided.
    fn check(&mut self, posting: Posting, candidates: &mut Vec<Candidate>) {
        self.cache.stats.rules = self.cache.stats.rules.saturating_add(1);
        let conditions = self.index.conditions();
        let result =
            conditions.evaluate(posting.rule(), posting.start, &mut |test| self.truth(test));
        if result == ConditionResult::No {
            return;
        }
        let rule = posting.rule();
        let listens = || {
            let rule = self.set.rules.get(rule.0 as usize);
            rule.is_some_and(|rule| rule.active.holds(self.scope.now))
        };
        if !posting.has_window() || listens() {
            candidates.push(Candidate {
                rank: self.index.rank(rule),
                rule,
                holds: result == ConditionResult::Yes,
            });
        }
    }

    fn truth(&mut self, test: TestId) -> Option<bool> {
        let memo = self.index.conditions().memo(test);
        let cached = memo.and_then(|memo| {
            let (generation, truth) = self.cache.truths.get(memo)?;
            (*generation == self.cache.generation).then_some(*truth)
        });
        if let Some(truth) = cached {
            return truth;
        }
        let truth = self.evaluate(test);
        if let Some(memo) = memo
            && let Some(place) = self.cache.truths.get_mut(memo)
        {
            *place = (self.cache.generation, truth);
        }
        truth
    }

    fn evaluate(&mut self, test: TestId) -> Option<bool> {
        let conditions = self.index.conditions();
        let test = conditions.test(test)?;
        self.cache.stats.tests = self.cache.stats.tests.saturating_add(1);
        let value = test.source.and_then(|source| self.value(source));
        if let Some(text) = value.and_then(Value::plain_text)
            && let Some(truth) = conditions.compiled_truth_of_text(test, text)
        {
            return Some(truth);
        }
        let subject = test.source.map(|_| datum_of(value));
        if let Some(datum) = &subject
            && let Some(truth) = conditions.compiled_truth(test, datum)
        {
            return truth;
        }
        let predicate = test.predicate(self.set)?;
        let truths = match subject {
            Some(datum) => {
                let subject = OperandValue::Datum(datum);
                let needs = &mut self.cache.needs;
                eval::test_of(predicate, &subject, self.scope, needs)
            }
            None => eval::test(predicate, self.scope, &mut self.cache.needs),
        };
        truths.truth()
    }
}

fn datum_of(value: Option<Value<'_>>) -> Datum<'_> {
    value.map_or(Datum::Missing, Value::datum)
}
