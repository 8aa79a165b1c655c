//! What authors write who know other programs, and which is sent as it stands. Warns, and knows no
//! program.

use super::dates;
use super::foreign_syntax;
use super::foreign_syntax::Meant;
use super::value_type;
use super::value_type::At;
use super::{Walk, Within};
use crate::collections::map::Table;
use crate::diagnostic::Code;
use crate::event::recipient::RecipientKind;
use crate::hir::TemplateId;
use crate::hir::schema;
use crate::hir::schema::Finding;
use crate::template::expression::{Argument, ArgumentKind, Cursor, Flaw, token};
use crate::template::names::Names;
use crate::template::program::Base;
use crate::template::tags::Text;
use crate::text::suggest;

/// So many are told of one message's part with all that it includes: where each stands takes a look
/// through the text, and nobody reads so many.
const MOST_OF_ONE: usize = 100;

/// Of so many it is found out what to write instead, which takes a look at all fields.
const MOST_HELPED: usize = 1_000;

/// What was found in texts so far.
#[derive(Debug)]
pub(super) struct Slips {
    /// The texts of declared templates, by where they begin: each was looked through once.
    seen: Table<(TemplateId, usize), ()>,
    helped: usize,
}

impl Slips {
    pub(super) fn new() -> Self {
        Self {
            seen: Table::new(),
            helped: 0,
        }
    }
}

impl Walk<'_, '_> {
    /// Tells of what other template languages would replace in a fixed text.
    pub(super) fn text_of_others(&mut self, text: &Text, names: &Names, within: &Within<'_>) {
        // What a host does with the values of its own actions is its affair.
        if !self.is_part {
            return;
        }
        let seen = &mut self.check.slips.seen;
        if let Some(id) = within.declared
            && seen.insert((id, text.at.start), ()).is_some()
        {
            return;
        }
        let written = self.text(&text.at, within);
        let most = MOST_OF_ONE.saturating_sub(self.slips);
        for found in foreign_syntax::find(written).into_iter().take(most) {
            self.slips = self.slips.saturating_add(1);
            let at = |end: usize| text.at.start.saturating_add(end);
            let words = written.get(found.at.clone()).unwrap_or("");
            let (what, help) = match found.meant {
                Meant::Value(name) => ("token", self.token_for(name, names)),
                Meant::If(name) => {
                    let name = name.unwrap_or("…");
                    ("tag", format!("write `{{{{#if {name}}}}} … {{{{/if}}}}`"))
                }
                Meant::Each(name) => {
                    let name = name.unwrap_or("…");
                    (
                        "tag",
                        format!("write `{{{{#each {name}}}}} … {{{{/each}}}}`"),
                    )
                }
                Meant::Part(ours) => ("tag", format!("write `{ours}`")),
            };
            let message = format!("`{words}` is no {what} and is sent as it stands");
            let flaw = Flaw::new(
                Code::ForeignToken,
                at(found.at.start)..at(found.at.end),
                message,
            );
            self.tell(flaw.help(help), within);
        }
    }

    /// How a token is written for a name of another program.
    fn token_for(&mut self, name: &str, names: &Names) -> String {
        let helped = &mut self.check.slips.helped;
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

    /// Whether a token of these words reads what may be there, for all that is declared.
    fn reads(&self, words: &str, names: &Names) -> bool {
        let mut cursor = Cursor {
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
        let is_there = |at: &At<'_>| {
            let found = value_type::look(*at, &value_type::segments(*at, &steps));
            matches!(found, Finding::Declared { .. } | Finding::Undeclared)
        };
        types.is_empty() || types.iter().any(is_there)
    }

    /// Tells of a pattern that does not write what its author means.
    pub(super) fn date_pattern(&mut self, argument: &Argument, text: &str, within: &Within<'_>) {
        if let Some(slip) = dates::slip(text) {
            let flaw = Flaw::new(Code::DateFormat, argument.at.clone(), slip.message);
            self.tell(flaw.help(slip.help), within);
        }
    }
}

fn like(field: &str) -> String {
    format!("a field stands in two braces, like `{{{{{field}}}}}`")
}
