//! What authors write who know other programs, and which is sent as it stands. Warns, and knows no
//! program.

use super::super::dates;
use super::super::expression::{Argument, Flaw, is_name};
use super::super::foreign::{self, Meant};
use super::super::sorts::{At, printable};
use super::super::tags::Text;
use super::{Walk, Within};
use crate::diagnostic::Code;
use crate::recipient::RecipientKind;
use crate::schema;
use crate::suggest;

impl Walk<'_, '_> {
    /// Tells of what other template languages would replace in a fixed text.
    pub(super) fn text_of_others(&mut self, text: &Text, within: &Within<'_>) {
        // What a host does with the values of its own actions is its affair.
        if !self.is_part {
            return;
        }
        let written = self.text(&text.at, within);
        for found in foreign::find(written) {
            let at = |end: usize| text.at.start.saturating_add(end);
            let words = written.get(found.at.clone()).unwrap_or("");
            let (what, help) = match found.meant {
                Meant::Value(name) => ("token", self.token_for(name)),
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
    fn token_for(&self, name: &str) -> String {
        let lower = name.to_lowercase();
        let name = if name.contains(char::is_lowercase) {
            name
        } else {
            &lower
        };
        let first = name.split('.').next().unwrap_or(name);
        let outermost = self.scopes.first();
        let types = outermost
            .map(|scope| scope.types.as_slice())
            .unwrap_or_default();
        let declared = types.iter().filter_map(|at| match at {
            At::Fields(fields) => *fields,
            _ => None,
        });
        let fields: Vec<&str> = declared.flat_map(schema::names).collect();
        let is_known = fields.is_empty() || fields.contains(&first);
        if is_known && name.chars().all(|c| c == '.' || is_name(c)) {
            return format!("write `{{{{{name}}}}}`");
        }
        let recipient = RecipientKind::FIELDS.map(RecipientKind::name);
        let known = || fields.iter().copied().chain(recipient);
        let bare = |name: &str| name.replace('_', "").to_lowercase();
        let alike = known().find(|known| bare(known) == bare(name));
        match alike.or_else(|| suggest::nearest(name, known())) {
            Some(near) => format!("write `{{{{{near}}}}}`"),
            None => {
                let field = types.iter().find_map(|at| printable(*at, &[]));
                let field = field.unwrap_or("first_name");
                format!("a field of the event stands in two braces, like `{{{{{field}}}}}`")
            }
        }
    }

    /// Tells of a pattern that does not write what its author means.
    pub(super) fn date_pattern(&mut self, argument: &Argument, text: &str, within: &Within<'_>) {
        if let Some(slip) = dates::slip(text) {
            let flaw = Flaw::new(Code::DateFormat, argument.at.clone(), slip.message);
            self.tell(flaw.help(slip.help), within);
        }
    }
}
