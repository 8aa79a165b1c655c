//! Where findings, template texts and patterns go while declarations are lowered. Judges nothing.

use std::sync::Arc;

use crate::collections::map::Table;
use crate::diagnostic::{Fault, Shown};
use crate::hir::pattern::{Like, LikeError, Regex, RegexError};
use crate::hir::{TemplateId, TemplateSource, TypeId};
use crate::json::path::Segment;
use crate::limits::Limits;
use crate::syntax::ast;
use crate::text::span::{Place, SourceId};

/// The declaration at work: which source, where in it, and its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    source: SourceId,
    offset: u32,
    text: &'a str,
}

impl<'a> Site<'a> {
    pub(super) const fn new(source: SourceId, declaration: &'a ast::Declaration) -> Self {
        Self {
            source,
            offset: declaration.offset,
            text: &declaration.text,
        }
    }

    /// A place in the declaration as a place in the source.
    pub(super) const fn place(&self, at: ast::At) -> Place {
        Place::new(self.source, at.0.shifted(self.offset))
    }

    /// What the author wrote there.
    pub(super) fn words(&self, at: ast::At) -> &'a str {
        self.text.get(at.0.range()).unwrap_or("")
    }

    /// The same, on one line and short enough for a message.
    pub(super) fn quote(&self, at: ast::At) -> String {
        let words = self.words(at);
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

/// What lowering gathers.
#[derive(Debug)]
pub(super) struct Sink<'f> {
    faults: &'f mut Vec<Fault>,
    errors: usize,
    pub(super) templates: Vec<TemplateSource>,
    /// By constant: whether anything uses it.
    pub(super) used: Vec<bool>,
    patterns: Patterns,
    /// Paths of different rules that are the same have the same segments.
    segments: Table<Arc<[Segment]>, Arc<[Segment]>>,
    /// What the last rule listens to.
    types: Arc<[TypeId]>,
    /// Names compared while looking for near ones.
    pub(super) looks: usize,
    shown: Shown,
    /// What is found is shown to nobody: enough was found before it.
    unseen: bool,
}

/// Equal patterns of different rules are compiled once.
#[derive(Debug, Default)]
struct Patterns {
    likes: Table<(Box<str>, bool), Arc<Like>>,
    regexes: Table<(Box<str>, bool), Arc<Regex>>,
}

impl<'f> Sink<'f> {
    pub(super) fn new(faults: &'f mut Vec<Fault>, limits: &Limits) -> Self {
        Self {
            faults,
            errors: 0,
            templates: Vec::new(),
            used: Vec::new(),
            patterns: Patterns::default(),
            segments: Table::new(),
            types: Arc::default(),
            looks: 0,
            shown: Shown::new(limits),
            unseen: false,
        }
    }

    /// Begins with the first of declarations that come in the order of the sources.
    pub(super) fn begin_all(&mut self, limits: &Limits) {
        self.shown = Shown::new(limits);
    }

    /// Begins with the next one, which stands there.
    pub(super) fn begin(&mut self, place: Place) {
        self.unseen = !self.shown.begin(place, self.faults);
    }

    /// The nearest of `names`, where anybody will see it.
    pub(super) fn nearest<'n>(
        &self,
        word: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        if self.unseen {
            return None;
        }
        crate::text::suggest::nearest(word, names)
    }

    pub(super) fn report(&mut self, mut fault: Fault) {
        if self.unseen {
            fault.silence();
        }
        if fault.code.severity() == crate::diagnostic::Severity::Error {
            self.errors = self.errors.saturating_add(1);
        }
        self.faults.push(fault);
    }

    /// Counts as an error: what cannot be told, because something it refers to has been reported.
    pub(super) fn give_up(&mut self) {
        self.errors = self.errors.saturating_add(1);
    }

    /// Errors reported so far, and things given up.
    pub(super) const fn errors(&self) -> usize {
        self.errors
    }

    /// The segments of a path, in memory that all paths share that have them.
    pub(super) fn same_segments(&mut self, segments: Vec<Segment>) -> Arc<[Segment]> {
        if let Some(known) = self.segments.value(&*segments) {
            return Arc::clone(known);
        }
        let segments: Arc<[Segment]> = segments.into();
        let key = Arc::clone(&segments);
        self.segments.insert(key, Arc::clone(&segments));
        segments
    }

    /// The types of a rule, in memory that it shares with the rule before where that has the same.
    pub(super) fn same_types(&mut self, types: Vec<TypeId>) -> Arc<[TypeId]> {
        if *self.types != *types {
            self.types = types.into();
        }
        Arc::clone(&self.types)
    }

    pub(super) fn template(&mut self, source: TemplateSource) -> TemplateId {
        let id = TemplateId(crate::text::span::clamp(self.templates.len()));
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
