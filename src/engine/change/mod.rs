//! Changes to an engine's rules, compiling only the rules that changed where that is enough.

mod source;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::source_map::{EditPoint, SourceMap};
use crate::diagnostic::{Code, Diagnostics, Fault, Severity, SourceText};
use crate::engine::{BuildCache, Engine, EngineBuilder, visit_projected_paths};
use crate::hir::{Rule, RuleId, TemplateId};
use crate::limits::Limits;
use crate::lower;
use crate::ruleset::Rules;
use crate::ruleset::layers::Order;
use crate::syntax;
use crate::syntax::ast::{Declaration, Item};
use crate::template;
use crate::template::AccessedPaths;
use crate::text::span::{Place, SourceId, Span, saturating_u32};

/// Steps that add, replace and remove rules and sources of an engine, begun by [`Engine::change`].
///
/// The steps apply in order, all of them or none. The result equals an engine built from the edited
/// sources, with the same errors. If the steps only add, replace or remove rules, only these rules are
/// compiled, however many others there are.
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
/// // The original engine is unchanged.
/// assert_eq!(engine.rule_names().collect::<Vec<_>>(), ["hello", "bye"]);
/// # Ok::<(), pointsman::Diagnostics>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is changed before `build`"]
pub struct Change {
    engine: Engine,
    pub(crate) steps: Vec<ChangeStep>,
}

#[derive(Clone, Debug)]
pub(crate) enum ChangeStep {
    PutRule { source: Arc<str>, text: Arc<str> },
    RemoveRule(Arc<str>),
    PutSource { source: Arc<str>, text: Arc<str> },
    RemoveSource(Arc<str>),
    Compact,
}

/// Upper bound on changed rules before a full build.
const MAX_CHANGES: usize = 4_096;
/// Number of changed rules that never requires a full build.
const MIN_CHANGES: usize = 256;

impl Change {
    pub(crate) const fn new(engine: Engine) -> Self {
        Self {
            engine,
            steps: Vec::new(),
        }
    }

    /// Adds or replaces one `rule` declaration, together with the `///` lines before it.
    ///
    /// A rule with the same name is replaced, whichever source it is in. Otherwise the rule is added after
    /// the last declaration of the given source, which is created if it does not exist.
    ///
    /// Other comments before the rule or after its last brace are dropped. Comments inside it are kept.
    pub fn put_rule(self, source: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        self.step(ChangeStep::PutRule {
            source: source.into(),
            text: text.into(),
        })
    }

    /// Removes a rule. Does nothing if no rule has this name.
    pub fn remove_rule(self, name: impl Into<Arc<str>>) -> Self {
        self.step(ChangeStep::RemoveRule(name.into()))
    }

    /// Replaces the source with this name, or adds it after all others.
    ///
    /// If the new text differs only in rules that were edited, removed, or added after other rules on
    /// lines of their own, only these rules are compiled. Otherwise everything is.
    pub fn put_source(self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        self.step(ChangeStep::PutSource {
            source: name.into(),
            text: text.into(),
        })
    }

    /// Removes a source, which compiles all others again. Does nothing if no source has this name.
    pub fn remove_source(self, name: impl Into<Arc<str>>) -> Self {
        self.step(ChangeStep::RemoveSource(name.into()))
    }

    /// Compiles everything again, changed or not.
    ///
    /// A host calls this at a quiet time, so that a later change does not have to.
    pub fn compact(self) -> Self {
        self.step(ChangeStep::Compact)
    }

    fn step(mut self, step: ChangeStep) -> Self {
        self.steps.push(step);
        self
    }

    /// Builds the engine with these changes. The original engine stays as it is.
    ///
    /// Adding or removing a rule compiles that rule, and occasionally merges rules that were changed
    /// earlier into one index: 16 rules in at most one of 16 changes, 256 rules in one of 256.
    /// Everything is compiled, which takes as long as [`EngineBuilder::build`],
    ///
    /// - when more than a 16th of all rules (at least 256, at most 4,096) changed since the last full
    ///   build;
    /// - when something other than a rule changes: an event, a constant, a template, a test, the company;
    /// - when there are `test` blocks, and a rule is added that reads the time or one is removed that a
    ///   test names;
    /// - when a rule includes a declared template that compares fields which the rule's events declare as
    ///   timestamps, because all rules share that template's compiled form.
    ///
    /// # Errors
    ///
    /// Returns the errors and warnings of the rules that were added; after a full build, those of all
    /// sources.
    pub fn build(self) -> Result<Engine, Diagnostics> {
        let incremental = IncrementalBuild::new(&self.engine);
        if let Ok(result) = incremental.run(&self.engine, &self.steps) {
            return result;
        }
        let mut texts = self.engine.source_map().texts();
        for step in &self.steps {
            apply(step, &mut texts, &self.engine);
        }
        EngineBuilder {
            sources: texts,
            ..self.engine.settings()
        }
        .build()
    }
}

/// Applies a step to source texts, independently of any compiled state.
pub(crate) fn apply(step: &ChangeStep, texts: &mut Vec<SourceText>, engine: &Engine) {
    match step {
        ChangeStep::Compact => {}
        ChangeStep::RemoveSource(name) => texts.retain(|source| source.name != *name),
        ChangeStep::PutSource { source, text } => put_source(source, Arc::clone(text), texts),
        ChangeStep::RemoveRule(name) => {
            if let Some((source, span)) = find(name, texts, engine) {
                splice(texts, source, span, "");
            }
        }
        ChangeStep::PutRule { source, text } => {
            let text = text.trim_start();
            let limits = engine.limits();
            let parsed = parse_rule(SourceId(0), text, limits, &mut Vec::new());
            let name = rule_name(&parsed);
            let text = text.get(kept_part(&parsed, text).range()).unwrap_or("");
            let found = name.and_then(|name| find(name, texts, engine));
            if found.is_none() && !texts.iter().any(|known| known.name == *source) {
                put_source(source, Arc::from(""), texts);
            }
            let (at, span, ordinal) = match found {
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
            let separator = separator(known, EditPoint { place, ordinal }, text);
            splice(texts, at, span, &[separator, text].concat());
        }
    }
}

/// Returns the source and the span of the rule with this name.
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

/// Replaces a span of one source.
pub(crate) fn splice(texts: &mut [SourceText], source: usize, span: Span, text: &str) {
    if let Some(known) = texts.get_mut(source) {
        let before = known.text.get(..span.start as usize).unwrap_or_default();
        let after = known.text.get(span.end as usize..).unwrap_or_default();
        known.text = [before, text, after].concat().into();
    }
}

/// Returns the offset at which rules are added to a text: the end of the line in which its last
/// declaration ends, or the end of the text if it has no declaration.
pub(crate) fn end_of_line(text: &str, last_end: u32) -> u32 {
    let rest = text.get(last_end as usize..).unwrap_or_default();
    let line = match last_end {
        0 => rest.len(),
        _ => rest.find('\n').unwrap_or(rest.len()),
    };
    last_end.saturating_add(saturating_u32(line))
}

/// A build that compiles only the rules that were added or replaced.
struct IncrementalBuild {
    source_map: SourceMap,
    rules: Rules,
    cache: BuildCache,
    put_rules: Vec<PutRule>,
    /// Every text that was put, by its number.
    placed_texts: Vec<PlacedText>,
    faults: Vec<Fault>,
}

/// A parsed rule that replaces another one or is added.
#[derive(Debug)]
struct PutRule {
    name: Box<str>,
    point: EditPoint,
    order: Order,
    /// The provisional id of its text, see [`PROVISIONAL`].
    source: SourceId,
    declaration: Declaration,
}

/// The position of an inserted text. Converts places in it to places in the edited sources.
#[derive(Clone, Copy, Debug)]
struct PlacedText {
    point: EditPoint,
    /// Bytes of the separator before the text.
    separator: u32,
    /// Bytes that were dropped at the start of the text.
    dropped: u32,
}

impl PlacedText {
    fn place(&self, span: Span, source_map: &SourceMap) -> Place {
        let moved = |at: u32| {
            at.saturating_add(self.separator)
                .saturating_sub(self.dropped)
        };
        source_map.place_in(self.point, Span::new(moved(span.start), moved(span.end)))
    }
}

/// Marks the provisional ids under which texts are compiled before their places in the sources are
/// final. The remaining bits are an index into [`IncrementalBuild::placed_texts`].
const PROVISIONAL: u32 = 1 << 31;

/// The reason to give up an incremental build: the changes can affect more than the rules they name.
struct NeedsFullBuild;

impl IncrementalBuild {
    fn new(engine: &Engine) -> Self {
        Self {
            source_map: engine.source_map().clone(),
            rules: engine.rules().clone(),
            cache: engine.build_cache().clone(),
            put_rules: Vec::new(),
            placed_texts: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn run(
        mut self,
        engine: &Engine,
        steps: &[ChangeStep],
    ) -> Result<Result<Engine, Diagnostics>, NeedsFullBuild> {
        let count_before = self.rules.count();
        for step in steps {
            self.step(step)?;
        }
        let is_compiled = self.compile(count_before)?;
        let faults = std::mem::take(&mut self.faults);
        let faults = faults.into_iter().map(|fault| self.placed(fault)).collect();
        Ok(match is_compiled {
            true => Ok(engine.changed(self.rules, self.source_map, self.cache, faults)),
            false => {
                let limits = &self.rules.limits;
                Err(Diagnostics::new(faults, &self.source_map.texts(), limits))
            }
        })
    }

    fn step(&mut self, step: &ChangeStep) -> Result<(), NeedsFullBuild> {
        match step {
            ChangeStep::PutRule { source, text } => {
                let source = self.cache.source_ids.value(&**source);
                self.put(*source.ok_or(NeedsFullBuild)?, text, None)
            }
            ChangeStep::RemoveRule(name) => self.remove(name),
            ChangeStep::PutSource { source, text } => self.put_source(source, text),
            ChangeStep::RemoveSource(_) | ChangeStep::Compact => Err(NeedsFullBuild),
        }
    }

    /// Puts a rule at its place, or at the end of the source if it is new.
    ///
    /// `new_at` gives another place for a new rule, and the separator before it.
    fn put(
        &mut self,
        source: SourceId,
        text: &str,
        new_at: Option<(EditPoint, Order, &str)>,
    ) -> Result<(), NeedsFullBuild> {
        let id = SourceId(PROVISIONAL | saturating_u32(self.placed_texts.len()));
        let text = text.trim_start();
        let mut faults = Vec::new();
        let parsed = parse_rule(id, text, &self.rules.limits, &mut faults);
        let name = rule_name(&parsed);
        let part = kept_part(&parsed, text);
        let earlier = self
            .put_rules
            .iter()
            .position(|put| Some(&*put.name) == name);
        let earlier = earlier.map(|at| self.put_rules.swap_remove(at));
        let old_place = match (earlier, name) {
            (Some(put), _) => Some((put.point, put.order)),
            (None, Some(name)) => self.rules.named(name).map(|id| self.place_of(id)),
            (None, None) => None,
        };
        let (point, order) = match (old_place, new_at) {
            (Some(_), Some(_)) => return Err(NeedsFullBuild),
            (Some(place), None) => place,
            (None, Some((point, order, _))) => (point, order),
            (None, None) => self.place_at_end(source)?,
        };
        if let Some(name) = name {
            self.remove_compiled(name)?;
        }
        let piece = text.get(part.range()).unwrap_or_default();
        let separator = match new_at {
            Some((_, _, separator)) => separator,
            None => {
                let original = self.source_map.original(point.place.source);
                separator(original, point, piece)
            }
        };
        self.placed_texts.push(PlacedText {
            point,
            separator: saturating_u32(separator.len()),
            dropped: part.start,
        });
        self.source_map
            .set(point, [separator, piece].concat().into());
        self.faults.append(&mut faults);
        if let Ok((declaration, name)) = parsed {
            self.put_rules.push(PutRule {
                name,
                point,
                order,
                source: id,
                declaration,
            });
        }
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), NeedsFullBuild> {
        if let Some(at) = self.put_rules.iter().position(|put| *put.name == *name) {
            let put = self.put_rules.swap_remove(at);
            self.source_map.set(put.point, Arc::from(""));
        } else if let Some(id) = self.rules.named(name) {
            let (point, _) = self.place_of(id);
            self.remove_compiled(name)?;
            self.source_map.set(point, Arc::from(""));
        }
        Ok(())
    }

    /// Removes a rule from the rule set, not from its source.
    fn remove_compiled(&mut self, name: &str) -> Result<(), NeedsFullBuild> {
        let Some(id) = self.rules.named(name) else {
            return Ok(());
        };
        if self.rules.programs.shares_times()
            && self.rules.rule(id).is_some_and(|rule| self.includes(rule))
        {
            return Err(NeedsFullBuild);
        }
        self.rules.remove(id);
        Ok(())
    }

    /// Returns whether a template of the rule includes a declared one.
    fn includes(&self, rule: &Rule) -> bool {
        let mut includes = false;
        rule.visit_templates(&mut |id| includes |= self.rules.programs.includes(id));
        includes
    }

    fn place_of(&self, id: RuleId) -> (EditPoint, Order) {
        let order = self.rules.order(id);
        let place = self.original_place(order);
        let ordinal = order.ordinal;
        (EditPoint { place, ordinal }, order)
    }

    /// Returns the place in the original sources of rules with this order: the span of a rule, or the
    /// offset after a rule or at the end of a source.
    fn original_place(&self, order: Order) -> Place {
        let base = order.base.checked_sub(1);
        let base = base
            .and_then(|at| self.cache.rule_places.get(at as usize))
            .copied();
        if order.ordinal == 0 {
            return base.unwrap_or_default();
        }
        let source = SourceId(order.source);
        let end = self.cache.source_ends.get(order.source as usize);
        let at = match (base, end) {
            (_, Some(end)) if end.rules == order.base => end.offset,
            (Some(base), _) => base.span.end,
            _ => 0,
        };
        Place::new(source, Span::new(at, at))
    }

    /// Returns a new place at the end of a source.
    fn place_at_end(&self, source: SourceId) -> Result<(EditPoint, Order), NeedsFullBuild> {
        let end = self.cache.source_ends.get(source.0 as usize);
        let end = end.ok_or(NeedsFullBuild)?;
        let original = self.source_map.original(source);
        // A `///` comment in a source without declarations would describe the new rule.
        if end.has_no_declaration && original.contains("///") {
            return Err(NeedsFullBuild);
        }
        let point = self.source_map.insertion_point(source, end.offset);
        let order = Order {
            base: end.rules,
            source: source.0,
            ordinal: point.ordinal,
        };
        Ok((point, order))
    }

    /// Compiles the rules that were put. Returns false if they have errors.
    fn compile(&mut self, count_before: usize) -> Result<bool, NeedsFullBuild> {
        let count = self.rules.count().saturating_add(self.put_rules.len());
        let mut touched: BTreeSet<SourceId> = BTreeSet::new();
        touched.extend(self.put_rules.iter().map(|put| put.point.place.source));
        let max_bytes = self.rules.limits.source_bytes.min(u32::MAX as usize);
        let is_too_large = |source: &SourceId| self.source_map.len(*source) > max_bytes;
        let changes = self.rules.overlay.len();
        let changes = changes.saturating_add(self.put_rules.len());
        // A full build reports which limit is exceeded.
        if (count > count_before && count > self.rules.limits.rules)
            || touched.iter().any(is_too_large)
            || changes > (count / 16).clamp(MIN_CHANGES, MAX_CHANGES)
        {
            return Err(NeedsFullBuild);
        }
        // The result must not depend on the order of the steps.
        self.put_rules.sort_by_key(|put| put.order);
        let mut rules = Vec::with_capacity(self.put_rules.len());
        for put in std::mem::take(&mut self.put_rules) {
            if let Some(rule) = self.compile_rule(&put)? {
                rules.push((rule, put.order));
            }
        }
        if self.faults.iter().any(is_error) {
            return Ok(false);
        }
        self.extend_projection(&rules);
        self.rules.add(rules);
        self.check_tests()?;
        Ok(true)
    }

    fn compile_rule(&mut self, put: &PutRule) -> Result<Option<Rule>, NeedsFullBuild> {
        let Item::Rule(rule) = &put.declaration.item else {
            return Ok(None);
        };
        let declared = &mut self.cache.declared;
        let (declaration, source, faults) = (&put.declaration, put.source, &mut self.faults);
        lower::intern_types(rule, declaration, source, declared, faults);
        self.rules.set.types = declared.types();
        let (rule, mut templates) = lower::lower_one(rule, declaration, source, declared, faults);
        let own = templates.len();
        let limits = &self.rules.limits;
        template::add_included(&mut templates, &self.cache.templates, limits);
        let programs = template::compile(&templates, &self.rules.set, limits, faults);
        let includes = own < templates.len();
        if includes && (programs.shares_times() || self.rules.programs.shares_times()) {
            return Err(NeedsFullBuild);
        }
        let Some(mut rule) = rule else {
            return Ok(None);
        };
        // Tests of such a rule need `at`, which only a full build checks.
        if !self.rules.set.tests.is_empty() && programs.rule_reads_now(&rule) {
            return Err(NeedsFullBuild);
        }
        let by = saturating_u32(self.rules.programs.len());
        rule.visit_templates_mut(&mut |id| *id = TemplateId(id.0.saturating_add(by)));
        self.rules.programs.add(&programs);
        Ok(Some(rule))
    }

    /// Adds the paths that the rules read to the projection of events.
    fn extend_projection(&mut self, rules: &[(Rule, Order)]) {
        let mut projection = Arc::clone(&self.cache.projection_builder);
        let mut reads = AccessedPaths::default();
        for (rule, _) in rules {
            visit_projected_paths(rule, &self.rules.programs, &mut reads, &mut |steps| {
                if !projection.covers(steps.iter().copied()) {
                    Arc::make_mut(&mut projection).add(steps.iter().copied());
                }
            });
        }
        if !Arc::ptr_eq(&projection, &self.cache.projection_builder) {
            self.rules.set_projection(projection.finish());
            self.cache.projection_builder = projection;
        }
    }

    /// Checks that no test names a rule that was removed.
    fn check_tests(&self) -> Result<(), NeedsFullBuild> {
        let is_removed = |id: RuleId| self.rules.current(id).is_none();
        let mut tests = self.rules.set.tests.iter();
        match tests.any(|test| test.rules().any(is_removed)) {
            true => Err(NeedsFullBuild),
            false => Ok(()),
        }
    }

    /// Converts the places of a fault to places in the edited sources.
    fn placed(&self, mut fault: Fault) -> Fault {
        let places = fault.labels.iter_mut().map(|(place, _)| place);
        for place in places.chain([&mut fault.place]) {
            let number = place.source.0.checked_sub(PROVISIONAL);
            let text = number.and_then(|number| self.placed_texts.get(number as usize));
            *place = match text {
                Some(text) => text.place(place.span, &self.source_map),
                None => self.source_map.place(*place),
            };
        }
        fault
    }
}

fn is_error(fault: &Fault) -> bool {
    fault.code.severity() == Severity::Error
}

/// A rule and its name; or, if the text is not one valid rule, the name it may have nevertheless.
type ParsedRule = Result<(Declaration, Box<str>), Option<Box<str>>>;

/// Parses a text that must be exactly one rule.
fn parse_rule(
    source: SourceId,
    text: &str,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> ParsedRule {
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
            let message = "expected exactly one rule";
            faults.push(Fault::new(Code::Unexpected, place, message));
            Err(None)
        }
    }
}

fn rule_name(parsed: &ParsedRule) -> Option<&str> {
    match parsed {
        Ok((_, name)) => Some(name),
        Err(name) => name.as_deref(),
    }
}

/// Returns the part of a text that is kept: the rule and its description, or everything if it is not a
/// valid rule.
fn kept_part(parsed: &ParsedRule, text: &str) -> Span {
    match parsed {
        Ok((declaration, _)) => Span::new(syntax::start(declaration), syntax::end(declaration)),
        Err(_) => Span::of(0, text.len()),
    }
}

/// Returns what must separate a text from what comes before it at an edit point.
fn separator(original: &str, point: EditPoint, text: &str) -> &'static str {
    let start = point.place.span.start as usize;
    if point.ordinal > 0 {
        let is_first = start == 0 && point.ordinal == 1;
        return if is_first { "" } else { "\n\n" };
    }
    let before = original.get(..start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    // A description starts on its own line.
    let is_alone = line.trim().is_empty() || !text.starts_with("//");
    if is_alone { "" } else { "\n" }
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
