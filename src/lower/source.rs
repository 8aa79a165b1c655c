//! Shared state of lowering: the declaration's source, and the collected diagnostics, templates and
//! patterns.

use std::sync::Arc;

use crate::collections::map::Table;
use crate::diagnostic::{DiagnosticBudget, Fault};
use crate::hir::pattern::{Like, LikeError, Regex, RegexError};
use crate::hir::{TemplateId, TemplateSource, TypeId};
use crate::json::path::Segment;
use crate::limits::Limits;
use crate::syntax::ast;
use crate::text::span::{Place, SourceId};

/// The text of the declaration being lowered, and its place in the sources.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeclarationSite<'a> {
    source: SourceId,
    offset: u32,
    text: &'a str,
}

impl<'a> DeclarationSite<'a> {
    pub(super) const fn new(source: SourceId, declaration: &'a ast::Declaration) -> Self {
        Self {
            source,
            offset: declaration.offset,
            text: &declaration.text,
        }
    }

    /// Converts a span of the declaration into a place in the source.
    pub(super) const fn place(&self, at: ast::At) -> Place {
        Place::new(self.source, at.0.shifted(self.offset))
    }

    /// Returns the text of a span.
    pub(super) fn text(&self, at: ast::At) -> &'a str {
        self.text.get(at.0.range()).unwrap_or("")
    }

    /// Returns the text of a span on one line, truncated for messages.
    pub(super) fn quote(&self, at: ast::At) -> String {
        let words = self.text(at);
        let mut line = String::with_capacity(words.len().min(64));
        for word in words.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            if line.len() > 64 {
                break;
            }
        }
        crate::text::truncate::truncate(&line)
    }
}

/// Collects the results of lowering.
#[derive(Debug)]
pub(super) struct Collector<'f> {
    faults: &'f mut Vec<Fault>,
    errors: usize,
    pub(super) templates: Vec<TemplateSource>,
    /// Whether each constant is used.
    pub(super) used: Vec<bool>,
    patterns: PatternCache,
    /// Interned segments: equal paths of different rules share them.
    segments: Table<Arc<[Segment]>, Arc<[Segment]>>,
    /// The event types of the previous rule, shared with the next if they are equal.
    types: Arc<[TypeId]>,
    /// The number of names compared in the search for similar ones.
    pub(super) comparisons: usize,
    shown: DiagnosticBudget,
    /// The limit of diagnostics has been reached, so messages are not built.
    is_over_limit: bool,
}

/// Compiled patterns, shared by the rules that use the same text.
#[derive(Debug, Default)]
struct PatternCache {
    likes: Table<(Box<str>, bool), Arc<Like>>,
    regexes: Table<(Box<str>, bool), Arc<Regex>>,
}

impl<'f> Collector<'f> {
    pub(super) fn new(faults: &'f mut Vec<Fault>, limits: &Limits) -> Self {
        Self {
            faults,
            errors: 0,
            templates: Vec::new(),
            used: Vec::new(),
            patterns: PatternCache::default(),
            segments: Table::new(),
            types: Arc::default(),
            comparisons: 0,
            shown: DiagnosticBudget::new(limits),
            is_over_limit: false,
        }
    }

    /// Starts again at the first declaration of the sources.
    pub(super) fn begin_all(&mut self, limits: &Limits) {
        self.shown = DiagnosticBudget::new(limits);
    }

    /// Starts the declaration at `place`.
    pub(super) fn begin(&mut self, place: Place) {
        self.is_over_limit = !self.shown.has_room(place, self.faults);
    }

    /// Returns the most similar of `names`, unless the message would not be shown.
    pub(super) fn nearest<'n>(
        &self,
        word: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        if self.is_over_limit {
            return None;
        }
        crate::text::suggest::nearest(word, names)
    }

    pub(super) fn report(&mut self, mut fault: Fault) {
        if self.is_over_limit {
            fault.silence();
        }
        if fault.code.severity() == crate::diagnostic::Severity::Error {
            self.errors = self.errors.saturating_add(1);
        }
        self.faults.push(fault);
    }

    /// Counts an error without a message: it follows from an error already reported.
    pub(super) fn count_silent_error(&mut self) {
        self.errors = self.errors.saturating_add(1);
    }

    /// Returns the number of errors so far.
    pub(super) const fn errors(&self) -> usize {
        self.errors
    }

    /// Interns the segments of a path.
    pub(super) fn same_segments(&mut self, segments: Vec<Segment>) -> Arc<[Segment]> {
        if let Some(known) = self.segments.value(&*segments) {
            return Arc::clone(known);
        }
        let segments: Arc<[Segment]> = segments.into();
        let key = Arc::clone(&segments);
        self.segments.insert(key, Arc::clone(&segments));
        segments
    }

    /// Interns the event types of a rule if they equal those of the previous rule.
    pub(super) fn same_types(&mut self, types: Vec<TypeId>) -> Arc<[TypeId]> {
        if *self.types != *types {
            self.types = types.into();
        }
        Arc::clone(&self.types)
    }

    pub(super) fn template(&mut self, source: TemplateSource) -> TemplateId {
        let id = TemplateId(crate::text::span::saturating_u32(self.templates.len()));
        self.templates.push(source);
        id
    }

    pub(super) fn like(&mut self, text: &str, ignoring_case: bool) -> Result<Arc<Like>, LikeError> {
        let key = (Box::from(text), ignoring_case);
        if let Some(found) = self.patterns.likes.value(&key) {
            return Ok(Arc::clone(found));
        }
        let like = Arc::new(Like::new(text, ignoring_case)?);
        self.patterns.likes.insert(key, Arc::clone(&like));
        Ok(like)
    }

    pub(super) fn regex(
        &mut self,
        text: &str,
        ignoring_case: bool,
        bytes: usize,
    ) -> Result<Arc<Regex>, RegexError> {
        let key = (Box::from(text), ignoring_case);
        if let Some(found) = self.patterns.regexes.value(&key) {
            return Ok(Arc::clone(found));
        }
        let regex = Arc::new(Regex::new(text, ignoring_case, bytes)?);
        self.patterns.regexes.insert(key, Arc::clone(&regex));
        Ok(regex)
    }
}
