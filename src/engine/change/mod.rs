//! Changes of an engine's rules: which of them have to be compiled, and the new engine made of them and
//! of what stays. Reads no files and routes nothing.

mod source;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::source_map::{Patched, Spot};
use crate::diagnostic::{Code, Diagnostics, Fault, Severity, SourceText};
use crate::engine::{Engine, EngineBuilder, Kept, visit_projected_paths};
use crate::hir::{Rule, RuleId, TemplateId};
use crate::limits::Limits;
use crate::lower;
use crate::ruleset::Rules;
use crate::ruleset::layers::Order;
use crate::syntax;
use crate::syntax::ast::{Declaration, Item};
use crate::template;
use crate::template::Reads;
use crate::text::span::{Place, SourceId, Span, clamp};

/// Rules and sources to be put into an engine or taken out of it: begun by [`Engine::change`].
///
/// Steps are applied in their order, all of them or none. What follows from them is what a build of all
/// the sources as they are then would give, and errors are those that it would find; but where only
/// rules are put and taken away, only these rules are compiled, however many others there are.
///
/// ```
/// use pointsman::Engine;
///
/// let engine = Engine::builder()
///     .source("a.rules", "rule hello { on hi do greet {} } rule bye { on bye do wave {} }")
///     .build()?;
/// let changed = engine
///     .change()
///     .put_rule("a.rules", "rule hello { on hi, hey do greet {} }")
///     .remove_rule("bye")
///     .put_rule("a.rules", "rule ask { on help do answer {} }")
///     .build()?;
/// assert_eq!(changed.rule_names().collect::<Vec<_>>(), ["hello", "ask"]);
/// assert_eq!(
///     changed.source("a.rules").as_deref(),
///     Some("rule hello { on hi, hey do greet {} } \n\nrule ask { on help do answer {} }")
/// );
/// // The engine that was changed is as it was.
/// assert_eq!(engine.rule_names().collect::<Vec<_>>(), ["hello", "bye"]);
/// # Ok::<(), pointsman::Diagnostics>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is changed before `build`"]
pub struct Change {
    engine: Engine,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    PutRule { source: Arc<str>, text: Arc<str> },
    RemoveRule(Arc<str>),
    PutSource { source: Arc<str>, text: Arc<str> },
    RemoveSource(Arc<str>),
    Compact,
}

/// Of so many rules changed since all were compiled together, everything is compiled again.
const MOST_CHANGES: usize = 4_096;
/// And so many may be in any case.
const FEW_CHANGES: usize = 256;

impl Change {
    pub(crate) const fn new(engine: Engine) -> Self {
        Self {
            engine,
            steps: Vec::new(),
        }
    }

    /// Puts one `rule` declaration, with the `///` before it: in the place of the rule of that name,
    /// wherever it stands, or else behind the last declaration of that source. A source that is not there
    /// is added.
    ///
    /// Other comments before the rule or behind its last brace are left out; those inside stay.
    pub fn put_rule(self, source: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        self.step(Step::PutRule {
            source: source.into(),
            text: text.into(),
        })
    }

    /// Takes a rule away; where there is none of that name, nothing.
    pub fn remove_rule(self, name: impl Into<Arc<str>>) -> Self {
        self.step(Step::RemoveRule(name.into()))
    }

    /// Puts a whole source: in the place of that of the same name, or else behind all others.
    ///
    /// Where the source is the same but for rules that say something else, are gone, or were added behind
    /// others on lines of their own, only these are compiled; else everything is.
    pub fn put_source(self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        self.step(Step::PutSource {
            source: name.into(),
            text: text.into(),
        })
    }

    /// Takes a source away, so that everything else is compiled again; where there is none of that name,
    /// nothing.
    pub fn remove_source(self, name: impl Into<Arc<str>>) -> Self {
        self.step(Step::RemoveSource(name.into()))
    }

    /// Has everything compiled again, changed or not: at a time of the host's choice, in place of the
    /// change at which it would be due.
    pub fn compact(self) -> Self {
        self.step(Step::Compact)
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Makes the engine with these changes; the one that they began with stays as it is.
    ///
    /// What it costs: putting or removing a rule compiles that rule, and now and then puts rules that
    /// were changed before into a common index (of 16 at most one in 16 times, of 256 one in 256 times).
    /// Everything is compiled, which takes as long as [`EngineBuilder::build`],
    ///
    /// - when more rules were changed than a 16th of all (but at least 256, and at most 4,096) since
    ///   that was done last;
    /// - when something other than rules changes: events, constants, templates, tests, the company;
    /// - when a rule that reads the time is put, or one is removed, of which a `test` may speak;
    /// - when a rule uses a declared template that compares fields which its events declare as
    ///   timestamps: all rules that use the template share what it does.
    ///
    /// # Errors
    ///
    /// What is wrong with the rules that were put, and the warnings about them; where everything is
    /// compiled, all there is.
    pub fn build(self) -> Result<Engine, Diagnostics> {
        if let Some(result) = Quick::new(&self.engine).run(&self.engine, &self.steps) {
            return result;
        }
        let mut texts = self.engine.patched().texts();
        for step in &self.steps {
            apply(step, &mut texts, &self.engine);
        }
        let mut builder: EngineBuilder = self.engine.settings();
        for source in texts {
            builder = builder.source(source.name, source.text);
        }
        builder.build()
    }
}

/// A rule as it was put.
#[derive(Debug)]
struct Put {
    name: Box<str>,
    spot: Spot,
    order: Order,
    /// Its number among the texts that were put.
    number: SourceId,
    declaration: Declaration,
}

/// Compiling only what was put.
struct Quick {
    texts: Patched,
    rules: Rules,
    kept: Kept,
    puts: Vec<Put>,
    /// By number.
    units: Vec<Unit>,
    faults: Vec<Fault>,
}

/// Where a text went.
#[derive(Clone, Copy, Debug)]
struct Unit {
    spot: Spot,
    /// So much stands before it there.
    before: u32,
    /// So much of its beginning was left out.
    left_out: u32,
}

impl Unit {
    fn place(&self, span: Span, texts: &Patched) -> Place {
        let moved = |at: u32| at.saturating_add(self.before).saturating_sub(self.left_out);
        texts.place_in(self.spot, Span::new(moved(span.start), moved(span.end)))
    }
}

/// Numbers of texts that were put, as ids of sources that do not exist.
const PUT: u32 = 1 << 31;

/// Everything has to be compiled.
struct Whole;

impl Quick {
    fn new(engine: &Engine) -> Self {
        Self {
            texts: engine.patched().clone(),
            rules: engine.rules().clone(),
            kept: engine.kept().clone(),
            puts: Vec::new(),
            units: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn run(mut self, engine: &Engine, steps: &[Step]) -> Option<Result<Engine, Diagnostics>> {
        let had = self.rules.count();
        for step in steps {
            self.step(step).ok()?;
        }
        let compiled = self.compile(had).ok()?;
        let faults = std::mem::take(&mut self.faults);
        let faults = faults.into_iter().map(|fault| self.placed(fault)).collect();
        Some(match compiled {
            true => Ok(engine.changed(self.rules, self.texts, self.kept, faults)),
            false => {
                let limits = &self.rules.limits;
                Err(Diagnostics::new(faults, &self.texts.texts(), limits))
            }
        })
    }

    fn step(&mut self, step: &Step) -> Result<(), Whole> {
        match step {
            Step::PutRule { source, text } => {
                let source = *self.kept.source_ids.value(&**source).ok_or(Whole)?;
                self.put(source, text, None)
            }
            Step::RemoveRule(name) => self.remove(name),
            Step::PutSource { source, text } => self.put_source(source, text),
            Step::RemoveSource(_) | Step::Compact => Err(Whole),
        }
    }

    /// Puts a rule; a new one to the end of the source, or to the place that is given for it, behind the
    /// gap that goes with that.
    fn put(
        &mut self,
        source: SourceId,
        text: &str,
        new: Option<(Spot, Order, &str)>,
    ) -> Result<(), Whole> {
        let number = SourceId(PUT | clamp(self.units.len()));
        let text = text.trim_start();
        let mut faults = Vec::new();
        let read = read_rule(number, text, &self.rules.limits, &mut faults);
        let name = read
            .as_ref()
            .map_or_else(Option::as_ref, |(_, name)| Some(name));
        let part = part(&read, text);
        let at = self.puts.iter().position(|put| Some(&put.name) == name);
        let place = match (at.map(|at| self.puts.swap_remove(at)), name) {
            (Some(put), _) => Some((put.spot, put.order)),
            (None, Some(name)) => self.rules.named(name).map(|id| self.stands(id)),
            (None, None) => None,
        };
        let (spot, order) = match (place, new) {
            (Some(_), Some(_)) => return Err(Whole),
            (Some(place), None) => place,
            (None, Some((spot, order, _))) => (spot, order),
            (None, None) => self.behind(source)?,
        };
        if let Some(name) = name {
            self.remove_named(name)?;
        }
        let piece = text.get(part.range()).unwrap_or_default();
        let before = match new {
            Some((_, _, gap)) => gap,
            None => gap(self.texts.given(spot.place.source), spot, piece),
        };
        self.units.push(Unit {
            spot,
            before: clamp(before.len()),
            left_out: part.start,
        });
        self.texts.put(spot, [before, piece].concat().into());
        self.faults.append(&mut faults);
        if let Ok((declaration, name)) = read {
            self.puts.push(Put {
                name,
                spot,
                order,
                number,
                declaration,
            });
        }
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), Whole> {
        if let Some(at) = self.puts.iter().position(|put| *put.name == *name) {
            let put = self.puts.swap_remove(at);
            self.texts.put(put.spot, Arc::from(""));
        } else if let Some(id) = self.rules.named(name) {
            let (spot, _) = self.stands(id);
            self.remove_named(name)?;
            self.texts.put(spot, Arc::from(""));
        }
        Ok(())
    }

    fn remove_named(&mut self, name: &str) -> Result<(), Whole> {
        let Some(id) = self.rules.named(name) else {
            return Ok(());
        };
        if self.rules.programs.shares_times()
            && self.rules.rule(id).is_some_and(|rule| self.includes(rule))
        {
            return Err(Whole);
        }
        self.rules.remove(id);
        Ok(())
    }

    fn includes(&self, rule: &Rule) -> bool {
        let mut includes = false;
        rule.visit_templates(&mut |id| includes |= self.rules.programs.includes(id));
        includes
    }

    /// Where a rule stands.
    fn stands(&self, id: RuleId) -> (Spot, Order) {
        let order = self.rules.order(id);
        let place = self.place_of(order);
        let behind = order.behind;
        (Spot { place, behind }, order)
    }

    /// Where in what was given rules of that order are put: in the place of a rule, behind one, or behind
    /// everything of a source.
    fn place_of(&self, order: Order) -> Place {
        let base = order.base.checked_sub(1);
        let base = base
            .and_then(|at| self.kept.extents.get(at as usize))
            .copied();
        if order.behind == 0 {
            return base.unwrap_or_default();
        }
        let source = SourceId(order.source);
        let end = self.kept.ends.get(order.source as usize);
        let at = match (base, end) {
            (_, Some(end)) if end.rules == order.base => end.offset,
            (Some(base), _) => base.span.end,
            _ => 0,
        };
        Place::new(source, Span::new(at, at))
    }

    /// A new place for a rule of a source.
    fn behind(&self, source: SourceId) -> Result<(Spot, Order), Whole> {
        let end = self.kept.ends.get(source.0 as usize).ok_or(Whole)?;
        let given = self.texts.given(source);
        // What comments describe depends on what stands before: where nothing does, they are looked at
        // together with the rest.
        if end.is_bare && given.contains("///") {
            return Err(Whole);
        }
        let spot = self.texts.behind(source, end.offset);
        let order = Order {
            base: end.rules,
            source: source.0,
            behind: spot.behind,
        };
        Ok((spot, order))
    }

    /// Compiles what was put; false where it has errors.
    fn compile(&mut self, had: usize) -> Result<bool, Whole> {
        let count = self.rules.count().saturating_add(self.puts.len());
        let mut touched: BTreeSet<SourceId> = BTreeSet::new();
        touched.extend(self.puts.iter().map(|put| put.spot.place.source));
        let most = self.rules.limits.source_bytes.min(u32::MAX as usize);
        let changes = self.rules.overlay.len().saturating_add(self.puts.len());
        if (count > had && count > self.rules.limits.rules)
            || touched.iter().any(|source| self.texts.len(*source) > most)
            || changes > (count / 16).clamp(FEW_CHANGES, MOST_CHANGES)
        {
            return Err(Whole);
        }
        // Stable results, whatever the order of the steps.
        self.puts.sort_by_key(|put| put.order);
        let mut rules = Vec::with_capacity(self.puts.len());
        for put in std::mem::take(&mut self.puts) {
            if let Some(rule) = self.compile_rule(&put)? {
                rules.push((rule, put.order));
            }
        }
        if self.faults.iter().any(is_error) {
            return Ok(false);
        }
        self.read_what(&rules);
        self.rules.add(rules);
        self.check_tests()?;
        Ok(true)
    }

    fn compile_rule(&mut self, put: &Put) -> Result<Option<Rule>, Whole> {
        let Item::Rule(written) = &put.declaration.item else {
            return Ok(None);
        };
        let declared = &mut self.kept.declared;
        let (declaration, number, faults) = (&put.declaration, put.number, &mut self.faults);
        lower::intern_types(written, declaration, number, declared, faults);
        self.rules.set.types = declared.types();
        let templates = &self.kept.templates;
        let one = lower::lower_one(written, declaration, number, declared, templates, faults);
        if one.reads_now && !self.rules.set.tests.is_empty() {
            return Err(Whole);
        }
        let limits = &self.rules.limits;
        let programs = template::compile(&one.templates, &self.rules.set, limits, faults);
        if one.includes && (programs.shares_times() || self.rules.programs.shares_times()) {
            return Err(Whole);
        }
        let Some(mut rule) = one.rule else {
            return Ok(None);
        };
        let by = clamp(self.rules.programs.len());
        rule.visit_templates_mut(&mut |id| *id = TemplateId(id.0.saturating_add(by)));
        self.rules.programs.add(&programs);
        Ok(Some(rule))
    }

    /// Has events read for what the rules use.
    fn read_what(&mut self, rules: &[(Rule, Order)]) {
        let mut projection_builder = Arc::clone(&self.kept.projection_builder);
        let mut reads = Reads::default();
        for (rule, _) in rules {
            visit_projected_paths(rule, &self.rules.programs, &mut reads, &mut |steps| {
                if !projection_builder.covers(steps.iter().copied()) {
                    Arc::make_mut(&mut projection_builder).add(steps.iter().copied());
                }
            });
        }
        if !Arc::ptr_eq(&projection_builder, &self.kept.projection_builder) {
            self.rules.set_projection(projection_builder.finish());
            self.kept.projection_builder = projection_builder;
        }
    }

    /// No test may speak of a rule that is no more.
    fn check_tests(&self) -> Result<(), Whole> {
        let is_gone = |id: RuleId| self.rules.current(id).is_none();
        let mut tests = self.rules.set.tests.iter();
        match tests.any(|test| test.rules().any(is_gone)) {
            true => Err(Whole),
            false => Ok(()),
        }
    }

    /// A fault with the places that it has in the sources as they are now.
    fn placed(&self, mut fault: Fault) -> Fault {
        let places = fault.labels.iter_mut().map(|(place, _)| place);
        for place in places.chain([&mut fault.place]) {
            let number = place.source.0.checked_sub(PUT);
            *place = match number.and_then(|number| self.units.get(number as usize)) {
                Some(unit) => unit.place(place.span, &self.texts),
                None => self.texts.place(*place),
            };
        }
        fault
    }
}

fn is_error(fault: &Fault) -> bool {
    fault.code.severity() == Severity::Error
}

/// The one rule of a text and its name. Where it is none, the faults say why; a name may be known still.
fn read_rule(
    source: SourceId,
    text: &str,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Result<(Declaration, Box<str>), Option<Box<str>>> {
    let file = syntax::parse(source, text, limits, faults);
    let mut name = file.lost.into_iter().next();
    let mut declarations = file.declarations.into_iter();
    let first = declarations.next();
    let second = declarations.next();
    let rule = match &first {
        Some(declaration) => match &declaration.item {
            Item::Rule(rule) => Some(rule.name.text.clone()),
            _ => None,
        },
        None => None,
    };
    name = name.or_else(|| rule.clone());
    if faults.iter().any(is_error) {
        return Err(name);
    }
    match (first, rule, second) {
        (Some(declaration), Some(rule), None) => Ok((declaration, rule)),
        (first, rule, second) => {
            let other = if rule.is_some() { second } else { first };
            let at = other.map_or(0, |other| other.offset);
            let place = Place::new(source, Span::new(at, at));
            faults.push(Fault::new(
                Code::Unexpected,
                place,
                "one rule is put at a time",
            ));
            Err(None)
        }
    }
}

/// What of a text is put: the rule and what describes it; all of it where it is none.
fn part(read: &Result<(Declaration, Box<str>), Option<Box<str>>>, text: &str) -> Span {
    match read {
        Ok((declaration, _)) => Span::new(syntax::start(declaration), syntax::end(declaration)),
        Err(_) => Span::of(0, text.len()),
    }
}

/// What has to stand between a spot and the text that is put there.
fn gap(given: &str, spot: Spot, text: &str) -> &'static str {
    let start = spot.place.span.start as usize;
    let before = given.get(..start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if spot.behind > 0 {
        return if start == 0 && spot.behind == 1 {
            ""
        } else {
            "\n\n"
        };
    }
    // A description has a line of its own.
    let is_alone = line.trim().is_empty() || !text.starts_with("//");
    if is_alone { "" } else { "\n" }
}

/// Where rules are added to a text: behind the line in which its last declaration ends.
pub(crate) fn end_of_line(text: &str, end: u32) -> u32 {
    let behind = text.get(end as usize..).unwrap_or_default();
    let line = match end {
        0 => behind.len(),
        _ => behind.find('\n').unwrap_or(behind.len()),
    };
    end.saturating_add(clamp(line))
}

/// Applies a step to texts of which nothing is known.
pub(crate) fn apply(step: &Step, texts: &mut Vec<SourceText>, engine: &Engine) {
    match step {
        Step::Compact => {}
        Step::RemoveSource(name) => texts.retain(|source| source.name != *name),
        Step::PutSource { source, text } => put_source(source, Arc::clone(text), texts),
        Step::RemoveRule(name) => {
            if let Some((source, span)) = find(name, texts, engine) {
                splice(texts, source, span, "");
            }
        }
        Step::PutRule { source, text } => {
            let text = text.trim_start();
            let limits = engine.limits();
            let read = read_rule(SourceId(0), text, limits, &mut Vec::new());
            let name = read
                .as_ref()
                .map_or_else(Option::as_ref, |(_, name)| Some(name));
            let text = text.get(part(&read, text).range()).unwrap_or_default();
            let found = name.and_then(|name| find(name, texts, engine));
            if found.is_none() && !texts.iter().any(|known| known.name == *source) {
                put_source(source, Arc::from(""), texts);
            }
            let (at, span, behind) = match found {
                Some((at, span)) => (at, span, 0),
                None => {
                    let at = texts.iter().position(|known| known.name == *source);
                    let at = at.unwrap_or_default();
                    let known = texts.get(at).map_or("", |known| &known.text);
                    let file = syntax::parse(SourceId(0), known, limits, &mut Vec::new());
                    let end = file.declarations.last().map_or(0, syntax::end);
                    let end = end_of_line(known, end);
                    (at, Span::new(end, end), 1)
                }
            };
            let place = Place::new(SourceId(0), span);
            let known = texts.get(at).map_or("", |known| &known.text);
            let before = gap(known, Spot { place, behind }, text);
            splice(texts, at, span, &[before, text].concat());
        }
    }
}

fn put_source(name: &Arc<str>, text: Arc<str>, texts: &mut Vec<SourceText>) {
    match texts.iter_mut().find(|known| known.name == *name) {
        Some(known) => known.text = text,
        None => texts.push(SourceText {
            name: Arc::clone(name),
            text,
        }),
    }
}

/// Where a rule of that name stands.
pub(crate) fn find(name: &str, texts: &[SourceText], engine: &Engine) -> Option<(usize, Span)> {
    texts.iter().enumerate().find_map(|(at, source)| {
        let id = SourceId(0);
        let file = syntax::parse(id, &source.text, engine.limits(), &mut Vec::new());
        let mut declarations = file.declarations.iter();
        let found = declarations.find(|declaration| match &declaration.item {
            Item::Rule(rule) => *rule.name.text == *name,
            _ => false,
        })?;
        Some((at, Span::new(syntax::start(found), syntax::end(found))))
    })
}

pub(crate) fn splice(texts: &mut [SourceText], source: usize, span: Span, text: &str) {
    if let Some(known) = texts.get_mut(source) {
        let before = known.text.get(..span.start as usize).unwrap_or_default();
        let behind = known.text.get(span.end as usize..).unwrap_or_default();
        known.text = [before, text, behind].concat().into();
    }
}
