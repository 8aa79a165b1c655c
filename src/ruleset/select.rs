//! Which rules may take an event: looks up in the index what the event has, and works out each test of
//! the rules found at most once. Decides nothing that hangs on the host's answers.

use crate::eval;
use crate::eval::scope::Scope;
use crate::eval::{Came, Needs};
use crate::hir::{RuleId, RuleSet};
use crate::index::{
    ConditionResult, Hits, Index, Plan, Posting, Probe, SlotMap, TestId, TypeScope, ValueSourceId,
};
use crate::json::document::{Datum, Value};

/// A rule that takes the event as far as its `when` is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    rank: u32,
    pub(crate) rule: RuleId,
    /// Its `when` is true; else it has to be evaluated as it is written.
    pub(crate) holds: bool,
}

/// Memory for selecting, used over and over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    known: Known,
    hits: Hits,
    candidates: Vec<Candidate>,
    /// For rules that are in several indexes.
    merged: Vec<Candidate>,
}

/// What is known of one event.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Counts events: what is stamped with another one is of another event, maybe of another engine.
    event: u32,
    /// By shared test: the event and the truth.
    truths: Vec<(u32, Option<bool>)>,
    /// By source: the event and where in its document the value is, or the value of the path that the
    /// source is made of.
    values: Vec<(u32, u32)>,
    /// The sources that the event has.
    found: Vec<ValueSourceId>,
    needs: Needs,
    work: Work,
}

impl Candidate {
    /// The same for the rule that has another id elsewhere.
    pub(crate) const fn of(self, rule: RuleId) -> Self {
        Self { rule, ..self }
    }
}

/// What selecting did for one event, for tests that count it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Keys looked up.
    pub(crate) lookups: u64,
    /// Rules looked at, each time.
    pub(crate) rules: u64,
    /// Tests evaluated.
    pub(crate) tests: u64,
}

impl Selection {
    /// What the last event cost.
    #[cfg(test)]
    pub(crate) const fn work(&self) -> Work {
        self.known.work
    }

    /// Room, empty, for what several selections come to; given back by [`Self::merged`].
    pub(crate) fn take_merged(&mut self) -> Vec<Candidate> {
        let mut merged = std::mem::take(&mut self.merged);
        merged.clear();
        merged
    }

    pub(crate) fn merged(&mut self, merged: Vec<Candidate>) -> &[Candidate] {
        self.merged = merged;
        &self.merged
    }
}

impl Known {
    fn begin(&mut self, index: &Index) {
        self.event = match self.event.checked_add(1) {
            Some(event) => event,
            None => {
                // Stamps begin anew, so the old ones have to go.
                *self = Self::default();
                1
            }
        };
        // Made whole, not grown: memory that is zero from the start costs nothing until it is used.
        if self.truths.len() < index.conditions().memos() {
            self.truths = vec![(0, None); index.conditions().memos()];
        }
        if self.values.len() < index.sources().len() {
            self.values = vec![(0, 0); index.sources().len()];
        }
        self.found.clear();
        self.work = Work::default();
    }
}

/// The rules that may take the event, in the order in which they are considered: all of those whose
/// `when` is true or may still become true, and of the others only some.
pub(crate) fn select<'s>(
    set: &RuleSet,
    index: &Index,
    slots: &SlotMap,
    scope: &Scope<'_>,
    selection: &'s mut Selection,
) -> &'s [Candidate] {
    let Selection {
        known,
        hits,
        candidates,
        ..
    } = selection;
    known.begin(index);
    hits.clear();
    candidates.clear();
    let mut pass = Pass {
        set,
        index,
        scope,
        known,
    };
    pass.walk(slots);
    let ty = index.type_of(scope.event.folded_type());
    for (of, plan) in index.plans(ty) {
        pass.look(of, plan, hits);
        for posting in &plan.always {
            pass.judge(*posting, candidates);
        }
    }
    index.lookup_second_keys(|source| pass.value(source), hits);
    if hits.several.len() > 1 {
        hits.several.sort_unstable();
        hits.several.dedup_by_key(|posting| posting.rule());
    }
    for posting in hits.once.iter().chain(&hits.several) {
        pass.judge(*posting, candidates);
    }
    if candidates.len() > 1 {
        candidates.sort_unstable_by_key(|candidate| (candidate.rank, candidate.holds));
        // Two keys of one hash may offer a rule twice; then the offer that is still to be evaluated counts.
        candidates.dedup_by_key(|candidate| candidate.rank);
    }
    known.work.lookups = hits.lookups;
    candidates
}

/// One event.
struct Pass<'a, 's> {
    set: &'a RuleSet,
    index: &'a Index,
    scope: &'a Scope<'a>,
    known: &'s mut Known,
}

impl<'a> Pass<'a, '_> {
    /// Notes where the event has what rules read.
    fn walk(&mut self, slots: &SlotMap) {
        let Known {
            event,
            values,
            found,
            ..
        } = &mut *self.known;
        let show = &mut |source: ValueSourceId, value: Value<'_>| {
            if let Some(place) = values.get_mut(source.0 as usize) {
                *place = (*event, value.index());
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

    /// Looks up what the event has for the probes of a plan.
    fn look(&mut self, scope: TypeScope, plan: &Plan, hits: &mut Hits) {
        let probes = &plan.probes;
        if probes.is_empty() {
            return;
        }
        if probes.len() <= self.known.found.len().saturating_mul(2) {
            for probe in probes {
                if let Some(value) = self.value(probe.source) {
                    self.probe(scope, probe, Some(value), hits);
                }
            }
        } else {
            for at in 0..self.known.found.len() {
                if let Some(source) = self.known.found.get(at)
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

    /// Looks up what comes of the value at a probe's path.
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
            let came = eval::operand(operand, self.scope, &mut self.known.needs);
            if let Some(datum) = came.datum() {
                self.index.lookup(scope, probe, &datum, hits);
            }
        }
    }

    /// The value at a source's path, if the event has it.
    fn value(&self, source: ValueSourceId) -> Option<Value<'a>> {
        let (event, place) = self.known.values.get(source.0 as usize)?;
        (*event == self.known.event).then(|| self.scope.data.at(*place))
    }

    fn judge(&mut self, posting: Posting, candidates: &mut Vec<Candidate>) {
        self.known.work.rules = self.known.work.rules.saturating_add(1);
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
        let known = memo.and_then(|memo| {
            let (event, truth) = self.known.truths.get(memo)?;
            (*event == self.known.event).then_some(*truth)
        });
        if let Some(truth) = known {
            return truth;
        }
        let truth = self.evaluate(test);
        if let Some(memo) = memo
            && let Some(place) = self.known.truths.get_mut(memo)
        {
            *place = (self.known.event, truth);
        }
        truth
    }

    fn evaluate(&mut self, test: TestId) -> Option<bool> {
        let conditions = self.index.conditions();
        let test = conditions.test(test)?;
        self.known.work.tests = self.known.work.tests.saturating_add(1);
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
                let subject = Came::Datum(datum);
                let needs = &mut self.known.needs;
                eval::test_of(predicate, &subject, self.scope, needs)
            }
            None => eval::test(predicate, self.scope, &mut self.known.needs),
        };
        truths.truth()
    }
}

fn datum_of(value: Option<Value<'_>>) -> Datum<'_> {
    value.map_or(Datum::Missing, Value::datum)
}
