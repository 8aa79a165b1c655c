//! Builds an engine from rule sources and settings.

use crate::collections::map::Table;
use crate::diagnostic::source_map::SourceMap;
use crate::diagnostic::{Code, Diagnostics, Fault, Severity, SourceText};
use crate::engine::change::end_of_line;
use crate::event::contact::ContactFormats;
use crate::event::path::Root;
use crate::event::recipient::RecipientKind;
use crate::hir::{Rule, RuleSet, TemplateOwner};
use crate::index::Index;
use crate::json::projection;
use crate::json::projection::ProjectionBuilder;
use crate::limits::Limits;
use crate::lint;
use crate::lower;
use crate::outcome::media::MediaGuidelines;
use crate::ruleset::Rules;
use crate::ruleset::layers::Overlay;
use crate::syntax;
use crate::template;
use crate::template::{AccessedPaths, Programs};
use crate::text::span::{Place, SourceId, Span, saturating_u32};
use std::sync::{Arc, OnceLock};

use super::{BuildCache, Compiled, Engine, SourceEnd};

/// Collects the sources and settings of an [`Engine`].
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is compiled before `build`"]
pub struct EngineBuilder {
    pub(super) sources: Vec<SourceText>,
    pub(super) limits: Limits,
    pub(super) open_registry: bool,
    pub(super) media: MediaGuidelines,
    pub(super) contacts: ContactFormats,
}

impl EngineBuilder {
    /// Adds a source. The name appears in diagnostics; sources are compiled together, in this order.
    pub fn source(mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        self.sources.push(SourceText {
            name: name.into(),
            text: text.into(),
        });
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Accepts events of any type, even if no declaration and no rule names it.
    pub const fn open_registry(mut self, open: bool) -> Self {
        self.open_registry = open;
        self
    }

    /// Sets which media an MMS may contain.
    pub fn media(mut self, guidelines: MediaGuidelines) -> Self {
        self.media = guidelines;
        self
    }

    /// Sets the additional fields of contacts, for `do contact.save` and for adapters.
    pub fn contacts(mut self, formats: ContactFormats) -> Self {
        self.contacts = formats;
        self
    }

    /// Compiles the sources.
    ///
    /// # Errors
    ///
    /// Returns the errors and warnings of all sources if any source has an error.
    pub fn build(self) -> Result<Engine, Diagnostics> {
        let mut faults = Vec::new();
        check_names(&self.sources, &mut faults);
        let outlines: Vec<syntax::Outline<'_>> = (0_u32..)
            .map(SourceId)
            .zip(&self.sources)
            .map(|(id, source)| syntax::outline(id, &source.text, &self.limits, &mut faults))
            .collect();
        let mut lowered = lower::lower(&outlines, &self.limits, &mut faults);
        // Frees their memory before the templates and the index are built.
        drop(outlines);
        let programs = template::compile(
            &lowered.templates,
            &lowered.rules,
            &self.limits,
            &mut faults,
        );
        lint::lint(&lowered, &programs, &mut faults);
        let mut templates = std::mem::take(&mut lowered.templates);
        templates.retain(|source| matches!(source.owner, TemplateOwner::Declaration { .. }));
        let is_error = |fault: &Fault| fault.code.severity() == Severity::Error;
        let is_broken = faults.iter().any(is_error);
        let index = (!is_broken).then(|| Index::build(&lowered.rules));
        if let Some(index) = &index {
            lint::unindexed::unindexed(index, &lowered, &mut faults);
        }
        let diagnostics = Diagnostics::new(faults, &self.sources, &self.limits);
        let Some(index) = index else {
            return Err(diagnostics);
        };
        let projection_builder = projection_of(&lowered.rules, &programs);
        let projection = projection_builder.finish();
        let mut source_ids = Table::with_capacity(self.sources.len());
        for (id, source) in (0_u32..).map(SourceId).zip(&self.sources) {
            source_ids.insert(Arc::clone(&source.name), id);
        }
        let source_ends = source_ends(&self.sources, &lowered.ends, &lowered.extents);
        let names = lowered.rules.rules.iter();
        let names = names.map(|rule| Arc::clone(&rule.name)).collect();
        Ok(Engine(Arc::new(Compiled {
            cache: BuildCache {
                declared: Arc::new(lowered.declared),
                templates: Arc::new(templates),
                projection_builder: Arc::new(projection_builder),
                rule_places: Arc::new(lowered.extents),
                source_ids: Arc::new(source_ids),
                source_ends: Arc::new(source_ends),
            },
            cost: index.cost().clone(),
            rules: Rules {
                set: lowered.rules,
                ids: Arc::new(lowered.names),
                names,
                overlay: Overlay::default(),
                programs,
                slots: Arc::new(index.path_trie().slot_map(&projection)),
                index: Arc::new(index),
                projection: Arc::new(projection),
                limits: self.limits,
                media: self.media,
                contacts: self.contacts,
            },
            open_registry: self.open_registry,
            source_map: SourceMap::new(self.sources),
            change_warnings: None,
            change_diagnostics: OnceLock::new(),
            warnings: OnceLock::from(diagnostics),
        })))
    }
}

/// Collects the paths of event data that the rules and their templates read.
fn projection_of(set: &RuleSet, programs: &Programs) -> ProjectionBuilder {
    let mut projection = ProjectionBuilder::new(RecipientKind::FIELDS.map(RecipientKind::name));
    let mut reads = AccessedPaths::default();
    for rule in set.rules.iter() {
        visit_projected_paths(rule, programs, &mut reads, &mut |steps| {
            projection.add(steps.iter().copied());
        });
    }
    projection
}

/// Visits the paths of event data that a rule and its templates read. `reads` skips templates that were
/// visited before.
pub(crate) fn visit_projected_paths(
    rule: &Rule,
    programs: &Programs,
    reads: &mut AccessedPaths,
    visit: &mut dyn FnMut(&[projection::PathStep<'_>]),
) {
    rule.visit_paths(&mut |path| {
        if path.root == Root::EventData {
            let steps: Vec<_> = path
                .segments
                .iter()
                .map(projection::PathStep::from)
                .collect();
            visit(&steps);
        }
    });
    rule.visit_templates(&mut |id| {
        reads.visit(programs, id, &mut |steps| {
            let steps = steps.iter().map(|step| match step.index {
                Some(index) => projection::PathStep::Either(&step.name, index),
                None => projection::PathStep::Key(&step.name),
            });
            visit(&steps.collect::<Vec<_>>());
        });
    });
}

fn source_ends(sources: &[SourceText], ends: &[u32], rule_places: &[Place]) -> Vec<SourceEnd> {
    let ids = (0_u32..).map(SourceId).zip(sources).zip(ends);
    ids.map(|((id, source), end)| SourceEnd {
        offset: end_of_line(&source.text, *end),
        has_no_declaration: *end == 0,
        rules: saturating_u32(rule_places.partition_point(|place| place.source <= id)),
    })
    .collect()
}

/// Checks that no two sources share a name, which would make diagnostics ambiguous.
fn check_names(sources: &[SourceText], faults: &mut Vec<Fault>) {
    let mut names: Table<Arc<str>, ()> = Table::new();
    for (at, source) in sources.iter().enumerate() {
        if names.insert(Arc::clone(&source.name), ()).is_some() {
            let place = Place::new(SourceId(saturating_u32(at)), Span::default());
            faults.push(Fault::new(
                Code::DuplicateSource,
                place,
                format!("duplicate source name `{}`", source.name),
            ));
        }
    }
}
