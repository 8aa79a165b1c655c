//! Message templates: checked, and compiled to flat programs. The only place that names handlebars.
//! Renders nothing.

mod accessed_paths;
mod check;
mod compile;
mod expression;
mod helper;
mod includes;
mod names;
mod parsed;
pub(crate) mod program;
pub(crate) mod tags;
#[cfg(test)]
pub(crate) mod tests;
mod verify;

use std::sync::Arc;

pub(crate) use self::accessed_paths::Reads;
use self::check::Check;
use self::compile::{Facts, Lowered};
pub(crate) use self::compile::{MOST_DECIMALS, is_currency};
use self::expression::Flaw;
use self::includes::{Trouble, Whole};
use self::parsed::{Parsed, fault};
use self::program::{Mode, Program};
use crate::collections::map::Table;
use crate::diagnostic::{Code, DiagnosticBudget, Fault};
use crate::hir::{RuleSet, TemplateId, TemplateOwner, TemplatePart, TemplateSource};
use crate::limits::Limits;
use crate::outcome::message::PartName;
use crate::text::span::saturating_u32;

/// The programs of all templates of a rule set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programs {
    entries: Arc<Vec<Entry>>,
    /// Those that were added later.
    added: Vec<Arc<Entry>>,
    /// Whether a rule's types made comparisons in a declared template ones of times.
    shares_times: bool,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    program: Program,
    mode: Mode,
    facts: Facts,
}

impl Programs {
    /// A template's program; an id of another rule set gives none.
    pub(crate) fn program(&self, id: TemplateId) -> Option<&Program> {
        self.entry(id).map(|entry| &entry.program)
    }

    /// With how its texts are written; what it includes follows it.
    pub(crate) fn program_and_mode(&self, id: TemplateId) -> Option<(&Program, Mode)> {
        self.entry(id).map(|entry| (&entry.program, entry.mode))
    }

    /// Whether neither it nor what it includes reads or takes anything that the host is asked for.
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

    /// Whether it or what it includes reads the person.
    pub(crate) fn reads_person(&self, id: TemplateId) -> bool {
        self.entry(id).is_some_and(|entry| entry.facts.person)
    }

    /// Whether it or what it includes reads the carrier's abilities.
    pub(crate) fn reads_carrier(&self, id: TemplateId) -> bool {
        self.entry(id).is_some_and(|entry| entry.facts.carrier)
    }

    /// Whether it or what it includes reads the present moment.
    pub(crate) fn reads_now(&self, id: TemplateId) -> bool {
        self.entry(id).is_some_and(|entry| entry.facts.now)
    }

    /// The incentive pools that it or what it includes takes codes from.
    pub(crate) fn pools(&self, id: TemplateId) -> &[Box<str>] {
        self.entry(id).map_or(&[], |entry| &entry.facts.pools)
    }

    fn entry(&self, id: TemplateId) -> Option<&Entry> {
        let at = id.0 as usize;
        self.entries.get(at).or_else(|| {
            let at = at.checked_sub(self.entries.len())?;
            self.added.get(at).map(|entry| &**entry)
        })
    }

    /// How many there are: the id of the next one.
    pub(crate) fn len(&self) -> usize {
        self.entries.len().saturating_add(self.added.len())
    }

    /// Adds programs that were compiled on their own; their ids go on from those there are.
    pub(crate) fn add(&mut self, others: &Self) {
        let by = saturating_u32(self.len());
        for entry in others.entries.iter() {
            let mut entry = entry.clone();
            entry.program.shift_includes(by);
            self.added.push(Arc::new(entry));
        }
    }

    /// Whether a template includes others.
    pub(crate) fn includes(&self, id: TemplateId) -> bool {
        let includes = |program: &Program| {
            let mut ops = program.ops.iter();
            ops.any(|op| matches!(op, program::Op::Include(_)))
        };
        self.program(id).is_some_and(includes)
    }

    /// Whether what a declared template does hangs on the types of the rules that include it.
    pub(crate) const fn shares_times(&self) -> bool {
        self.shares_times
    }
}

/// Compiles all templates of a rule set and adds what is wrong with them to `faults`. With an error
/// among them the programs are not to be run.
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
            // Of two templates of one name the first counts; that there are two is told elsewhere.
            if !compiler.templates.contains(&**name) {
                compiler.templates.insert(name, id);
                compiler.known.push(name);
            }
        }
    }
    let mut declared: Vec<(TemplateId, Parsed)> = Vec::new();
    for (id, source) in ids().zip(sources) {
        if matches!(source.owner, TemplateOwner::Declaration { .. }) {
            declared.push((id, compiler.parse(source)));
        }
    }
    let wholes = compiler.include(sources, &declared);
    let mut check = Check::new(rules, sources, &declared, &wholes);
    let mut entries = Vec::with_capacity(sources.len());
    let mut shown = DiagnosticBudget::new(limits);
    let mut declarations = declared.iter();
    let mut times: Vec<(TemplateId, usize)> = Vec::new();
    let mut seen: Table<(TemplateId, usize), ()> = Table::new();
    for source in sources {
        let TemplateOwner::Rule { types, part, blank } = &source.owner else {
            if let Some((id, parsed)) = declarations.next() {
                let facts = wholes.value(id).map(|whole| whole.facts.clone());
                entries.push(Entry {
                    program: parsed.lowered.program.clone(),
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
        let mut told = Vec::new();
        let whole = includes::join(parsed.node(), &wholes, limits, &mut |at, trouble| {
            told.push((at, trouble));
        });
        for (at, trouble) in told {
            compiler.trouble(sources, source, &parsed.lowered, at, &trouble);
        }
        if parsed.sound && whole.sound {
            check.template(source, &parsed.pieces, types, *part, mode, compiler.faults);
        }
        for (template, start) in check.times.drain(..) {
            match template {
                None => parsed.lowered.compare_times(start),
                Some(id) if seen.insert((id, start), ()).is_none() => times.push((id, start)),
                Some(_) => {}
            }
        }
        entries.push(Entry {
            program: parsed.lowered.program,
            mode,
            facts: whole.facts,
        });
    }
    let shares_times = !times.is_empty();
    for (id, start) in times {
        let op = of_id(&declared, id).and_then(|parsed| parsed.lowered.comparison(start));
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

/// Of templates by their ids.
fn of_id(declared: &[(TemplateId, Parsed)], id: TemplateId) -> Option<&Parsed> {
    let at = declared.binary_search_by_key(&id, |(id, _)| *id).ok()?;
    declared.get(at).map(|(_, parsed)| parsed)
}

struct Compiler<'a> {
    limits: &'a Limits,
    templates: Table<&'a str, TemplateId>,
    known: Vec<&'a str>,
    /// Whether what is found in the template at work is shown to anybody.
    shown: bool,
    /// Of texts that handlebars has taken.
    shapes: Table<String, ()>,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Compiler<'a> {
    fn parse(&mut self, source: &'a TemplateSource) -> Parsed {
        let (pieces, mut flaws) = tags::cut(&source.text, self.limits);
        let mut parsed = Parsed {
            pieces,
            lowered: Lowered::default(),
            sound: flaws.is_empty(),
        };
        if parsed.sound {
            parsed.lowered = compile::lower(
                &source.text,
                &parsed.pieces,
                &self.templates,
                if self.shown { &self.known } else { &[] },
                self.limits,
                &mut flaws,
            );
        }
        if flaws.is_empty() && parsed.lowered.tags > 0 {
            let shape = verify::shape(&source.text, &parsed.pieces);
            if !self.shapes.contains(&*shape) {
                match verify::verify(&source.text) {
                    None => {
                        self.shapes.insert(shape, ());
                    }
                    Some(flaw) => flaws.push(flaw),
                }
            }
        }
        parsed.sound = flaws.is_empty();
        let found = flaws.into_iter().map(|flaw| fault(source, flaw));
        self.faults.extend(found);
        parsed
    }

    /// Works out what the declared templates include.
    fn include(
        &mut self,
        sources: &[TemplateSource],
        declared: &[(TemplateId, Parsed)],
    ) -> Table<TemplateId, Whole> {
        let nodes: Vec<_> = declared
            .iter()
            .map(|(id, parsed)| (*id, parsed.node()))
            .collect();
        let mut told = Vec::new();
        let wholes = includes::whole(&nodes, self.limits, &mut |id, at, trouble| {
            told.push((id, at, trouble));
        });
        for (id, at, trouble) in told {
            let source = sources.get(id.0 as usize);
            if let (Some(source), Some(parsed)) = (source, of_id(declared, id)) {
                self.trouble(sources, source, &parsed.lowered, at, &trouble);
            }
        }
        wholes
    }

    /// Tells of an inclusion that cannot be.
    fn trouble(
        &mut self,
        sources: &[TemplateSource],
        source: &TemplateSource,
        lowered: &Lowered,
        include: usize,
        trouble: &Trouble,
    ) {
        let Some(include) = lowered.includes.get(include) else {
            return;
        };
        let name = |id: &TemplateId| match sources.get(id.0 as usize).map(|source| &source.owner) {
            Some(TemplateOwner::Declaration { name }) => &**name,
            _ => "",
        };
        let included = name(&include.id);
        let flaw = match trouble {
            Trouble::Cycle(ids) => {
                let mut way: Vec<&str> = ids.iter().take(includes::CYCLE).map(name).collect();
                if ids.len() > includes::CYCLE {
                    way.push("…");
                }
                way.push(included);
                let message = format!("template `{included}` includes itself: {}", way.join(" → "));
                Flaw::new(Code::TemplateCycle, include.at.clone(), message)
            }
            Trouble::TooDeep => {
                let most = self.limits.block_depth;
                let message = format!(
                    "with `{included}` included more than {most} blocks and templates stand inside one \
                     another"
                );
                Flaw::new(Code::TemplateTooLarge, include.at.clone(), message)
            }
            Trouble::TooLarge => {
                let message = format!("with `{included}` included the template has too many tags");
                Flaw::new(Code::TemplateTooLarge, include.at.clone(), message)
            }
        };
        self.faults.push(fault(source, flaw));
    }
}

/// How a part's texts are written.
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
