//! Checks message templates and compiles them to flat programs. Only this folder names handlebars.

mod accessed_paths;
mod check;
mod compile;
mod expression;
mod helper;
mod includes;
mod literals;
mod names;
mod parsed;
pub(crate) mod program;
pub(crate) mod tags;
#[cfg(test)]
pub(crate) mod tests;
mod verify;

use std::sync::Arc;

pub(crate) use self::accessed_paths::AccessedPaths;
use self::check::TemplateChecker;
use self::compile::{CompiledTemplate, Facts};
use self::expression::TemplateError;
use self::includes::{Expanded, IncludeError};
pub(crate) use self::literals::{MOST_DECIMALS, is_currency};
use self::parsed::{ParsedTemplate, fault};
use self::program::{Instruction, Mode, Program};
use self::tags::{Tag, TagKind, TemplatePiece};
use crate::collections::map::Table;
use crate::diagnostic::{Code, DiagnosticBudget, Fault};
use crate::event::path::Root;
use crate::hir::{Rule, RuleSet, TemplateId, TemplateOwner, TemplatePart, TemplateSource};
use crate::limits::Limits;
use crate::outcome::message::PartName;
use crate::text::span::saturating_u32;

/// The programs of all templates of a rule set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programs {
    entries: Arc<Vec<CompiledEntry>>,
    /// Programs added later, one rule at a time.
    added: Vec<Arc<CompiledEntry>>,
    /// Whether the types of a rule turned comparisons in a declared template into comparisons of times.
    shares_times: bool,
}

#[derive(Clone, Debug, Default)]
struct CompiledEntry {
    program: Program,
    mode: Mode,
    facts: Facts,
}

impl Programs {
    /// Returns the program of a template; `None` for an id of another rule set.
    pub(crate) fn program(&self, id: TemplateId) -> Option<&Program> {
        self.entry(id).map(|entry| &entry.program)
    }

    /// Returns the program with its output mode. The mode also applies to the templates it includes.
    pub(crate) fn program_and_mode(&self, id: TemplateId) -> Option<(&Program, Mode)> {
        self.entry(id).map(|entry| (&entry.program, entry.mode))
    }

    /// Returns whether neither the template nor its includes read or take anything that the host
    /// provides.
    pub(crate) fn asks_nothing(&self, id: TemplateId) -> bool {
        self.entry(id).is_some_and(|entry| {
            let Facts {
                person,
                carrier,
                pools,
                ..
            } = &entry.facts;
            !person && !carrier && pools.is_empty()
        })
    }

    /// Returns whether the template or one of its includes reads the person.
    pub(crate) fn reads_person(&self, id: TemplateId) -> bool {
        self.entry(id).is_some_and(|entry| entry.facts.person)
    }

    /// Returns whether the template or one of its includes reads the capabilities of the carrier.
    pub(crate) fn reads_carrier(&self, id: TemplateId) -> bool {
        self.entry(id).is_some_and(|entry| entry.facts.carrier)
    }

    /// Returns whether the template or one of its includes reads the current time.
    pub(crate) fn reads_now(&self, id: TemplateId) -> bool {
        self.entry(id).is_some_and(|entry| entry.facts.now)
    }

    /// Returns whether the outcome of a rule may depend on the current time.
    pub(crate) fn rule_reads_now(&self, rule: &Rule) -> bool {
        let mut reads = rule.active.from.is_some() || rule.active.until.is_some();
        rule.visit_paths(&mut |path| reads |= path.root == Root::Now);
        rule.visit_templates(&mut |id| reads |= self.reads_now(id));
        reads
    }

    /// Returns the incentive pools from which the template and its includes take codes.
    pub(crate) fn pools(&self, id: TemplateId) -> &[Box<str>] {
        self.entry(id).map_or(&[], |entry| &entry.facts.pools)
    }

    fn entry(&self, id: TemplateId) -> Option<&CompiledEntry> {
        let at = id.0 as usize;
        self.entries.get(at).or_else(|| {
            let at = at.checked_sub(self.entries.len())?;
            self.added.get(at).map(|entry| &**entry)
        })
    }

    /// Returns the number of programs, which is the id of the next one.
    pub(crate) fn len(&self) -> usize {
        self.entries.len().saturating_add(self.added.len())
    }

    /// Appends programs that were compiled separately and renumbers their ids.
    pub(crate) fn add(&mut self, others: &Self) {
        let by = saturating_u32(self.len());
        for entry in others.entries.iter() {
            let mut entry = entry.clone();
            entry.program.shift_includes(by);
            self.added.push(Arc::new(entry));
        }
    }

    /// Returns the templates that a template includes directly, once per tag.
    pub(crate) fn included(&self, id: TemplateId) -> impl Iterator<Item = TemplateId> {
        let ops = self.program(id).map_or(&[][..], |program| &program.ops);
        ops.iter().filter_map(|op| match op {
            Instruction::Include(included) => Some(*included),
            _ => None,
        })
    }

    /// Returns whether a template includes others.
    pub(crate) fn includes(&self, id: TemplateId) -> bool {
        self.included(id).next().is_some()
    }

    /// Returns whether the program of a declared template depends on the types of the rules that
    /// include it.
    pub(crate) const fn shares_times(&self) -> bool {
        self.shares_times
    }
}

/// Appends to `templates` the declared templates that they include, directly or indirectly, in the
/// order of declaration. An undeclared name appends all of them: it may be a misspelling of any.
pub(crate) fn add_included(
    templates: &mut Vec<TemplateSource>,
    declared: &[TemplateSource],
    limits: &Limits,
) {
    if declared.is_empty() {
        return;
    }
    let mut by_name: Table<&str, usize> = Table::new();
    for (at, source) in declared.iter().enumerate() {
        if let TemplateOwner::Declaration { name } = &source.owner {
            by_name.or_insert_with(name, || at);
        }
    }
    let mut is_included = vec![false; declared.len()];
    let mut pending: Vec<&TemplateSource> = templates.iter().collect();
    while let Some(source) = pending.pop() {
        let (pieces, _) = tags::split(&source.text, limits);
        for piece in &pieces {
            let TemplatePiece::Tag(Tag {
                kind: TagKind::Partial { name, .. },
                ..
            }) = piece
            else {
                continue;
            };
            let Some(at) = by_name.value(&**name) else {
                is_included.fill(true);
                continue;
            };
            if let (Some(is_included), Some(source)) = (is_included.get_mut(*at), declared.get(*at))
                && !std::mem::replace(is_included, true)
            {
                pending.push(source);
            }
        }
    }
    let each = declared.iter().zip(is_included);
    templates.extend(
        each.filter(|(_, is_included)| *is_included)
            .map(|(source, _)| source.clone()),
    );
}

/// Compiles all templates of a rule set and adds their errors and warnings to `faults`. After an error,
/// the programs must not be run.
pub(crate) fn compile(
    sources: &[TemplateSource],
    rules: &RuleSet,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Programs {
    let ids = || (0_u32..).map(TemplateId);
    let mut compiler = Compiler {
        limits,
        templates: Table::new(),
        known: Vec::new(),
        shown: true,
        shapes: Table::new(),
        faults,
    };
    for (id, source) in ids().zip(sources) {
        if let TemplateOwner::Declaration { name } = &source.owner {
            // The first definition wins; the duplicate is reported during lowering.
            if !compiler.templates.contains(&**name) {
                compiler.templates.insert(name, id);
                compiler.known.push(name);
            }
        }
    }
    let mut declared: Vec<(TemplateId, ParsedTemplate)> = Vec::new();
    for (id, source) in ids().zip(sources) {
        if matches!(source.owner, TemplateOwner::Declaration { .. }) {
            declared.push((id, compiler.parse(source)));
        }
    }
    let expanded = compiler.include(sources, &declared);
    let mut check = TemplateChecker::new(rules, sources, &declared, &expanded);
    let mut entries = Vec::with_capacity(sources.len());
    let mut shown = DiagnosticBudget::new(limits);
    let mut declarations = declared.iter();
    let mut times: Vec<(TemplateId, usize)> = Vec::new();
    let mut seen: Table<(TemplateId, usize), ()> = Table::new();
    for source in sources {
        let TemplateOwner::Rule { types, part, blank } = &source.owner else {
            if let Some((id, parsed)) = declarations.next() {
                let facts = expanded.value(id).map(|expansion| expansion.facts.clone());
                entries.push(CompiledEntry {
                    program: parsed.compiled.program.clone(),
                    mode: Mode::default(),
                    facts: facts.unwrap_or_default(),
                });
            }
            continue;
        };
        check.shown = shown.has_room(source.place, compiler.faults);
        compiler.shown = check.shown;
        let mut parsed = compiler.parse(source);
        let mode = mode(*part, *blank);
        let mut errors = Vec::new();
        let expansion = includes::expand(parsed.node(), &expanded, limits, &mut |at, error| {
            errors.push((at, error));
        });
        for (at, error) in errors {
            compiler.report_include_error(sources, source, &parsed.compiled, at, &error);
        }
        if parsed.is_valid && expansion.is_valid {
            check.template(source, &parsed.pieces, types, *part, mode, compiler.faults);
        }
        for (template, start) in check.times.drain(..) {
            match template {
                None => parsed.compiled.compare_times(start),
                Some(id) if seen.insert((id, start), ()).is_none() => times.push((id, start)),
                Some(_) => {}
            }
        }
        entries.push(CompiledEntry {
            program: parsed.compiled.program,
            mode,
            facts: expansion.facts,
        });
    }
    let shares_times = !times.is_empty();
    for (id, start) in times {
        let op = of_id(&declared, id).and_then(|parsed| parsed.compiled.comparison(start));
        if let (Some(op), Some(entry)) = (op, entries.get_mut(id.0 as usize)) {
            entry.program.compare_times(op);
        }
    }
    Programs {
        entries: Arc::new(entries),
        added: Vec::new(),
        shares_times,
    }
}

/// Finds a declared template by its id.
fn of_id(declared: &[(TemplateId, ParsedTemplate)], id: TemplateId) -> Option<&ParsedTemplate> {
    let at = declared.binary_search_by_key(&id, |(id, _)| *id).ok()?;
    declared.get(at).map(|(_, parsed)| parsed)
}

struct Compiler<'a> {
    limits: &'a Limits,
    templates: Table<&'a str, TemplateId>,
    known: Vec<&'a str>,
    /// Whether diagnostics of the current template will be shown.
    shown: bool,
    /// Shapes of the texts that handlebars accepted.
    shapes: Table<String, ()>,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Compiler<'a> {
    fn parse(&mut self, source: &'a TemplateSource) -> ParsedTemplate {
        let (pieces, mut errors) = tags::split(&source.text, self.limits);
        let mut parsed = ParsedTemplate {
            pieces,
            compiled: CompiledTemplate::default(),
            is_valid: errors.is_empty(),
        };
        let found = errors.len();
        parsed.compiled = compile::compile(
            &source.text,
            &parsed.pieces,
            &self.templates,
            if self.shown { &self.known } else { &[] },
            self.limits,
            &mut errors,
        );
        if !parsed.is_valid {
            // Blocks can seem unpaired because a tag was skipped. The includes and reads of the other
            // tags are exact.
            errors.truncate(found);
        }
        if errors.is_empty() && parsed.compiled.tags > 0 {
            let shape = verify::shape(&source.text, &parsed.pieces);
            if !self.shapes.contains(&*shape) {
                match verify::verify(&source.text) {
                    None => {
                        self.shapes.insert(shape, ());
                    }
                    Some(error) => errors.push(error),
                }
            }
        }
        parsed.is_valid = errors.is_empty();
        let found = errors.into_iter().map(|error| fault(source, error));
        self.faults.extend(found);
        parsed
    }

    /// Expands the includes of the declared templates.
    fn include(
        &mut self,
        sources: &[TemplateSource],
        declared: &[(TemplateId, ParsedTemplate)],
    ) -> Table<TemplateId, Expanded> {
        let nodes: Vec<_> = declared
            .iter()
            .map(|(id, parsed)| (*id, parsed.node()))
            .collect();
        let mut errors = Vec::new();
        let expanded = includes::expand_all(&nodes, self.limits, &mut |id, at, error| {
            errors.push((id, at, error));
        });
        for (id, at, error) in errors {
            let source = sources.get(id.0 as usize);
            if let (Some(source), Some(parsed)) = (source, of_id(declared, id)) {
                self.report_include_error(sources, source, &parsed.compiled, at, &error);
            }
        }
        expanded
    }

    /// Reports an include that is not possible.
    fn report_include_error(
        &mut self,
        sources: &[TemplateSource],
        source: &TemplateSource,
        compiled: &CompiledTemplate,
        include: usize,
        error: &IncludeError,
    ) {
        let Some(include) = compiled.includes.get(include) else {
            return;
        };
        let name = |id: &TemplateId| match sources.get(id.0 as usize).map(|source| &source.owner) {
            Some(TemplateOwner::Declaration { name }) => &**name,
            _ => "",
        };
        let included = name(&include.id);
        let error = match error {
            IncludeError::Cycle(ids) => {
                let mut names: Vec<&str> = ids
                    .iter()
                    .take(includes::MAX_CYCLE_NAMES)
                    .map(name)
                    .collect();
                if ids.len() > includes::MAX_CYCLE_NAMES {
                    names.push("…");
                }
                names.push(included);
                let message = format!(
                    "template `{included}` includes itself: {}",
                    names.join(" → ")
                );
                TemplateError::new(Code::TemplateCycle, include.at.clone(), message)
            }
            IncludeError::TooDeep => {
                let most = self.limits.block_depth;
                let message =
                    format!("including `{included}` nests more than {most} blocks and templates");
                TemplateError::too_large(include.at.clone(), message)
            }
            IncludeError::TooLarge => {
                let message =
                    format!("the template has too many tags once `{included}` is included");
                TemplateError::too_large(include.at.clone(), message)
            }
        };
        self.faults.push(fault(source, error));
    }
}

/// Returns the output mode of a part.
const fn mode(part: TemplatePart, blank: bool) -> Mode {
    let (escape, single_line, counts_as_blank) = match part {
        TemplatePart::To(_) => (false, true, true),
        TemplatePart::Part(_, PartName::Media) => (false, true, true),
        TemplatePart::Part(_, PartName::Subject | PartName::Title | PartName::Url) => {
            (false, true, false)
        }
        TemplatePart::Part(_, PartName::Html) => (true, false, false),
        TemplatePart::Part(..) | TemplatePart::Value => (false, false, false),
    };
    Mode {
        escape,
        single_line,
        blank: blank || counts_as_blank,
    }
}
