//! What programs read of an event's data: the paths that begin there, through blocks and included
//! templates. Knows no event.

use super::Programs;
use super::program::{Base, Op, Step};
use crate::collections::map::Table;
use crate::event::path::Root;
use crate::hir::TemplateId;

/// Walks programs, each in each place once.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// Templates with how many contexts were open where they were included.
    done: Table<(TemplateId, u16), ()>,
    open: Vec<(TemplateId, u16)>,
}

impl Reads {
    /// Shows every path from the event's data on that a template reads, and those that it includes: an
    /// empty one where they read all of it. What contexts inside of blocks hold was read by such a path
    /// before.
    pub(crate) fn visit(
        &mut self,
        programs: &Programs,
        id: TemplateId,
        visit: &mut dyn FnMut(&[Step]),
    ) {
        self.open.push((id, 0));
        while let Some((id, outer)) = self.open.pop() {
            if self.done.insert((id, outer), ()).is_none() {
                self.walk(programs, id, outer, visit);
            }
        }
    }

    /// Ops stand as blocks nest: a context that an op opens, a later one closes.
    fn walk(
        &mut self,
        programs: &Programs,
        id: TemplateId,
        outer: u16,
        visit: &mut dyn FnMut(&[Step]),
    ) {
        let Some(program) = programs.program(id) else {
            return;
        };
        let mut contexts = outer;
        for op in &program.ops {
            match *op {
                Op::Each { .. } | Op::With { .. } => contexts = contexts.saturating_add(1),
                Op::Next { .. } | Op::Leave => contexts = contexts.saturating_sub(1),
                Op::Include(id) => self.open.push((id, contexts)),
                Op::Path(index) | Op::Token { path: index, .. } => {
                    let Some(path) = program.paths.get(index as usize) else {
                        continue;
                    };
                    match path.base {
                        Base::Root(Root::EventData) => visit(&path.steps),
                        Base::Context(up) if up == contexts => visit(&path.steps),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::hir::{RuleSet, TemplateOwner, TemplatePart, TemplateSource};
    use crate::limits::Limits;
    use crate::outcome::message::{Channel, PartName};
    use crate::template::compile;

    fn source(text: &str, owner: TemplateOwner) -> TemplateSource {
        TemplateSource {
            text: text.into(),
            place: crate::text::span::Place::default(),
            literal: format!("\"{text}\"").into(),
            owner,
        }
    }

    /// The paths that `text` reads, with a template `part` at hand.
    fn reads(part: &str, text: &str) -> Vec<String> {
        let sources = [
            source(
                part,
                TemplateOwner::Declaration {
                    name: "part".into(),
                },
            ),
            source(
                text,
                TemplateOwner::Rule {
                    types: [].into(),
                    part: TemplatePart::Part(Channel::Sms, PartName::Body),
                    blank: false,
                },
            ),
        ];
        let mut faults = Vec::new();
        let limits = Limits::default();
        let programs = compile(&sources, &RuleSet::default(), &limits, &mut faults);
        faults.retain(|fault| fault.code.as_str().starts_with('E'));
        assert_eq!(
            faults.iter().map(|fault| fault.code).collect::<Vec<Code>>(),
            []
        );
        let mut found = Vec::new();
        Reads::default().visit(&programs, TemplateId(1), &mut |steps| {
            let names: Vec<&str> = steps.iter().map(|step| &*step.name).collect();
            found.push(names.join("."));
        });
        found
    }

    #[test]
    fn paths_are_told_through_blocks_and_inclusions() {
        for (part, text, paths) in [
            (
                "",
                "{{a}} {{event_data.b.c}} {{person.x}} {{now}}",
                vec!["a", "b.c"],
            ),
            ("", "{{json this}}", vec![""]),
            (
                "",
                "{{#if a}}{{b}}{{else if c}}{{d}}{{/if}}",
                vec!["a", "b", "c", "d"],
            ),
            (
                "",
                "{{#each items}}{{name}}{{this}}{{../a}}{{@root.b}}{{else}}{{c}}{{/each}}{{d}}",
                vec!["items", "a", "b", "c", "d"],
            ),
            (
                "",
                "{{#with a as |x|}}{{b}}{{x.c}}{{/with}}{{b}}",
                vec!["a", "b"],
            ),
            ("{{a}}", "{{> part}}", vec!["a"]),
            (
                "{{a}}{{../b}}{{@root.c}}",
                "{{#each items}}{{> part}}{{/each}}",
                vec!["items", "b", "c"],
            ),
            (
                "{{a}}",
                "{{#each items}}{{> part}}{{/each}}{{> part}}{{> part}}",
                vec!["items", "a"],
            ),
            (
                "{{currency a.b 'USD'}}",
                "{{default a.0.c 'x'}}{{> part}}",
                vec!["a.0.c", "a.b"],
            ),
        ] {
            assert_eq!(reads(part, text), paths, "{text}");
        }
    }
}
