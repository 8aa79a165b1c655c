//! Warns about the syntax of other template languages, which would be sent unchanged.

use super::dates;
use super::foreign_syntax;
use super::foreign_syntax::ForeignMeaning;
use super::value_type;
use super::value_type::ContextType;
use super::{CurrentTemplate, TemplateWalk};
use crate::collections::map::Table;
use crate::diagnostic::Code;
use crate::event::recipient::RecipientKind;
use crate::hir::TemplateId;
use crate::hir::schema;
use crate::hir::schema::Finding;
use crate::template::expression::{Argument, ArgumentKind, TagCursor, TemplateError, token};
use crate::template::names::TemplateNames;
use crate::template::program::Base;
use crate::template::tags::FixedText;
use crate::text::suggest;

/// The maximum number of warnings per part, includes included. Each costs a scan of the text.
const MOST_OF_ONE: usize = 100;

/// The maximum number of suggested tokens. Each compares the name with all fields.
const MOST_HELPED: usize = 1_000;

/// The progress of the search for foreign syntax.
#[derive(Debug)]
pub(super) struct ForeignSearch {
    /// The searched texts of declared templates, by their start.
    seen: Table<(TemplateId, usize), ()>,
    helped: usize,
}

impl ForeignSearch {
    pub(super) fn new() -> Self {
        Self {
            seen: Table::new(),
            helped: 0,
        }
    }
}

impl TemplateWalk<'_, '_> {
    /// Warns about placeholders and tags of other template languages in a fixed text.
    pub(super) fn foreign_text(
        &mut self,
        text: &FixedText,
        names: &TemplateNames,
        within: &CurrentTemplate<'_>,
    ) {
        // The host may replace placeholders in the values of its own actions.
        if !self.is_part {
            return;
        }
        let seen = &mut self.check.foreign_search.seen;
        if let Some(id) = within.declared
            && seen.insert((id, text.at.start), ()).is_some()
        {
            return;
        }
        let written = self.text(&text.at, within);
        let most = MOST_OF_ONE.saturating_sub(self.foreign_warnings);
        for found in foreign_syntax::find(written).into_iter().take(most) {
            self.foreign_warnings = self.foreign_warnings.saturating_add(1);
            let at = |end: usize| text.at.start.saturating_add(end);
            let words = written.get(found.at.clone()).unwrap_or("");
            let (what, help) = match found.meant {
                ForeignMeaning::Value(name) => ("token", self.token_for(name, names)),
                ForeignMeaning::If(name) => {
                    let name = name.unwrap_or("…");
                    ("tag", format!("write `{{{{#if {name}}}}} … {{{{/if}}}}`"))
                }
                ForeignMeaning::Each(name) => {
                    let name = name.unwrap_or("…");
                    (
                        "tag",
                        format!("write `{{{{#each {name}}}}} … {{{{/each}}}}`"),
                    )
                }
                ForeignMeaning::Part(ours) => ("tag", format!("write `{ours}`")),
            };
            let message = format!("`{words}` is not a {what} and is sent unchanged");
            let error = TemplateError::new(
                Code::ForeignToken,
                at(found.at.start)..at(found.at.end),
                message,
            );
            self.report(error.help(help), within);
        }
    }

    /// Suggests a token for a name in another template language.
    fn token_for(&mut self, name: &str, names: &TemplateNames) -> String {
        let helped = &mut self.check.foreign_search.helped;
        *helped = helped.saturating_add(1);
        if *helped > MOST_HELPED {
            return like("first_name");
        }
        let lower = name.to_lowercase();
        let name = if name.contains(char::is_lowercase) {
            name
        } else {
            &lower
        };
        let outer = format!("@root.{name}");
        for words in [name, &outer] {
            if self.reads(words, names) {
                return format!("write `{{{{{words}}}}}`");
            }
        }
        let (scope, steps) = self.locate(Base::Context(0), &[]).unwrap_or_default();
        let types = self.scopes.get(scope).map(|scope| &*scope.types);
        let types = types.unwrap_or_default();
        let declared = types
            .iter()
            .filter_map(|at| value_type::fields(*at, &steps));
        let mut known: Vec<&str> = declared.flat_map(schema::names).collect();
        if scope == 0 && steps.is_empty() {
            known.extend(RecipientKind::FIELDS.map(RecipientKind::name));
        }
        let bare = |name: &str| name.replace('_', "").to_lowercase();
        let alike = known.iter().find(|known| bare(known) == bare(name));
        let near = || suggest::nearest(name, known.iter().copied());
        match alike.copied().or_else(near) {
            Some(near) => format!("write `{{{{{near}}}}}`"),
            None => {
                let field = types
                    .iter()
                    .find_map(|at| value_type::printable(*at, &steps));
                like(field.unwrap_or("first_name"))
            }
        }
    }

    /// Returns whether a token with these words can have a value, according to the declarations.
    fn reads(&self, words: &str, names: &TemplateNames) -> bool {
        let mut cursor = TagCursor {
            text: words,
            at: 0,
            depth: 0,
        };
        let Ok(Argument {
            kind: ArgumentKind::Path(path),
            ..
        }) = token(&mut cursor)
        else {
            return false;
        };
        let Ok((base, steps)) = names.resolve(&path) else {
            return false;
        };
        let Some((scope, steps)) = self.locate(base, &steps) else {
            return true;
        };
        let types = self.scopes.get(scope).map(|scope| &*scope.types);
        let types = types.unwrap_or_default();
        let is_there = |at: &ContextType<'_>| {
            let found = value_type::look(*at, &value_type::segments(*at, &steps));
            matches!(found, Finding::Declared { .. } | Finding::Undeclared)
        };
        types.is_empty() || types.iter().any(is_there)
    }

    /// Warns about a date pattern that is probably wrong.
    pub(super) fn date_pattern(
        &mut self,
        argument: &Argument,
        text: &str,
        within: &CurrentTemplate<'_>,
    ) {
        if let Some(mistake) = dates::mistake(text) {
            let error = TemplateError::new(Code::DateFormat, argument.at.clone(), mistake.message);
            self.report(error.help(mistake.help), within);
        }
    }
}

fn like(field: &str) -> String {
    format!("write fields in two braces, such as `{{{{{field}}}}}`")
}
