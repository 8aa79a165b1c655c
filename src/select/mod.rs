//! Which rules may take an event: looks up in the index what the event has, and works out each test of
//! the rules found at most once. Decides nothing that hangs on the host's answers.

use crate::eval::{self, Came, Needs};
use crate::hir::{Operand, RuleId, RuleSet};
use crate::index::{Index, Offers, Plan, Probe, SourceId, TestId, Verdict};
use crate::path::Root;
use crate::scope::Scope;
use crate::value::{Datum, Value};

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
    /// Counts events: what is stamped with another one is of another event, maybe of another engine.
    event: u32,
    /// By shared test: the event and the truth.
    truths: Vec<(u32, Option<bool>)>,
    /// By source: the event and where in its document the value is.
    values: Vec<(u32, Option<u32>)>,
    offers: Offers,
    candidates: Vec<Candidate>,
    needs: Needs,
    work: Work,
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
        self.work
    }

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
            self.values = vec![(0, None); index.sources().len()];
        }
        self.offers.clear();
        self.candidates.clear();
        self.work = Work::default();
    }
}

/// The rules that may take the event, in the order in which they are considered: all of those whose
/// `when` is true or may still become true, and of the others only some.
pub(crate) fn select<'s>(
    set: &RuleSet,
    index: &Index,
    scope: &Scope<'_>,
    selection: &'s mut Selection,
) -> &'s [Candidate] {
    selection.begin(index);
    let mut offers = std::mem::take(&mut selection.offers);
    let mut candidates = std::mem::take(&mut selection.candidates);
    let mut pass = Pass {
        set,
        index,
        scope,
        selection,
    };
    let ty = index.type_of(scope.event.folded_type());
    for (of, plan) in index.plans(ty) {
        let mut look = |probe: &Probe, datum: &Datum<'_>| index.look(of, probe, datum, &mut offers);
        match &plan.paths {
            None => {
                for probe in &plan.probes {
                    pass.probe(probe, &mut look);
                }
            }
            Some(paths) => pass.walk(paths, plan, &mut look),
        }
        for rule in &plan.always {
            pass.judge(*rule, &mut candidates);
        }
    }
    offers.several.sort_unstable();
    offers.several.dedup();
    for rule in offers.once.iter().chain(&offers.several) {
        pass.judge(*rule, &mut candidates);
    }
    candidates.sort_unstable_by_key(|candidate| candidate.rank);
    selection.work.lookups = offers.lookups;
    selection.offers = offers;
    selection.candidates = candidates;
    &selection.candidates
}

/// One event.
struct Pass<'a, 's> {
    set: &'a RuleSet,
    index: &'a Index,
    scope: &'a Scope<'a>,
    selection: &'s mut Selection,
}

impl<'a> Pass<'a, '_> {
    fn probe(&mut self, probe: &Probe, look: &mut impl FnMut(&Probe, &Datum<'_>)) {
        match self.index.sources().operand(probe.source) {
            Some(Operand::Path(path)) if path.root == Root::EventData => {
                look(probe, &datum_of(self.value(probe.source)));
            }
            Some(operand) => {
                let came = eval::operand(operand, self.scope, &mut self.selection.needs);
                if let Some(datum) = came.datum() {
                    look(probe, &datum);
                }
            }
            None => {}
        }
    }

    /// All probes of a plan, in one walk over the event.
    fn walk(
        &mut self,
        paths: &crate::index::Paths,
        plan: &Plan,
        look: &mut impl FnMut(&Probe, &Datum<'_>),
    ) {
        paths.walk(self.scope.data, &mut |place, value| {
            let Some(probe) = plan.probes.get(place as usize) else {
                return;
            };
            self.note(probe.source, Some(value.index()));
            match self.index.sources().operand(probe.source) {
                Some(Operand::Path(_)) => look(probe, &value.datum()),
                _ => self.probe(probe, look),
            }
        });
        for place in paths.aside() {
            if let Some(probe) = plan.probes.get(*place as usize) {
                self.probe(probe, look);
            }
        }
        for place in paths.missed() {
            if let Some(probe) = plan.probes.get(*place as usize)
                && self.noted(probe.source).is_none()
            {
                self.note(probe.source, None);
                look(probe, &Datum::Missing);
            }
        }
    }

    /// The value at a path of event data, followed once for an event.
    fn value(&mut self, source: SourceId) -> Option<Value<'a>> {
        let data = self.scope.data;
        if let Some(place) = self.noted(source) {
            return place.map(|place| data.at(place));
        }
        let found = match self.index.sources().operand(source) {
            Some(Operand::Path(path)) => data.follow(&path.segments),
            _ => None,
        };
        self.note(source, found.map(Value::index));
        found
    }

    fn noted(&self, source: SourceId) -> Option<Option<u32>> {
        let (event, place) = self.selection.values.get(source.0 as usize)?;
        (*event == self.selection.event).then_some(*place)
    }

    fn note(&mut self, source: SourceId, place: Option<u32>) {
        if let Some(value) = self.selection.values.get_mut(source.0 as usize) {
            *value = (self.selection.event, place);
        }
    }

    fn judge(&mut self, rule: RuleId, candidates: &mut Vec<Candidate>) {
        self.selection.work.rules = self.selection.work.rules.saturating_add(1);
        let conditions = self.index.conditions();
        let verdict = conditions.judge(rule, &mut |test| self.truth(test));
        if verdict == Verdict::No {
            return;
        }
        let now = self.scope.now;
        let listens = |rule: &RuleId| {
            let rule = self.set.rules.get(rule.0 as usize);
            rule.is_some_and(|rule| rule.active.holds(now))
        };
        if listens(&rule) {
            candidates.push(Candidate {
                rank: self.index.rank(rule),
                rule,
                holds: verdict == Verdict::Yes,
            });
        }
    }

    fn truth(&mut self, test: TestId) -> Option<bool> {
        let memo = self.index.conditions().memo(test);
        let known = memo.and_then(|memo| {
            let (event, truth) = self.selection.truths.get(memo)?;
            (*event == self.selection.event).then_some(*truth)
        });
        if let Some(truth) = known {
            return truth;
        }
        let truth = self.evaluate(test);
        if let Some(memo) = memo
            && let Some(place) = self.selection.truths.get_mut(memo)
        {
            *place = (self.selection.event, truth);
        }
        truth
    }

    fn evaluate(&mut self, test: TestId) -> Option<bool> {
        let test = self.index.conditions().test(test)?;
        self.selection.work.tests = self.selection.work.tests.saturating_add(1);
        let predicate = test.predicate(self.set)?;
        let truths = match test.source {
            Some(source) => {
                let subject = Came::Datum(datum_of(self.value(source)));
                let needs = &mut self.selection.needs;
                eval::test_of(predicate, &subject, self.scope, needs)
            }
            None => eval::test(predicate, self.scope, &mut self.selection.needs),
        };
        truths.truth()
    }
}

fn datum_of(value: Option<Value<'_>>) -> Datum<'_> {
    value.map_or(Datum::Missing, Value::datum)
}

#[cfg(test)]
mod differential;
#[cfg(test)]
mod made;
#[cfg(test)]
mod nasty;
