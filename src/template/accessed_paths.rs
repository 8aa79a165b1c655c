//! Collects the paths of the event data that programs read, through blocks and included templates.

use super::Programs;
use super::program::{Base, Instruction, PathSegment};
use crate::collections::map::Table;
use crate::event::path::Root;
use crate::hir::TemplateId;

/// Visits programs, each at most once per nesting level.
#[derive(Debug, Default)]
pub(crate) struct AccessedPaths {
    /// The visited templates with the number of contexts open around them.
    done: Table<(TemplateId, u16), ()>,
    open: Vec<(TemplateId, u16)>,
}

impl AccessedPaths {
    /// Calls `visit` with every path that a template and its includes read from the event data. The
    /// path is empty if they read all of it. Paths relative to a context inside a block are left out:
    /// the path to that context covers them.
    pub(crate) fn visit(
        &mut self,
        programs: &Programs,
        id: TemplateId,
        visit: &mut dyn FnMut(&[PathSegment]),
    ) {
        self.open.push((id, 0));
        while let Some((id, outer)) = self.open.pop() {
            if self.done.insert((id, outer), ()).is_none() {
                self.walk(programs, id, outer, visit);
            }
        }
    }

    /// Instructions follow the nesting of blocks, so contexts can be counted.
    fn walk(
        &mut self,
        programs: &Programs,
        id: TemplateId,
        outer: u16,
        visit: &mut dyn FnMut(&[PathSegment]),
    ) {
        let Some(program) = programs.program(id) else {
            return;
        };
        let mut contexts = outer;
        for op in &program.ops {
            match *op {
                Instruction::Each { .. } | Instruction::With { .. } => {
                    contexts = contexts.saturating_add(1);
                }
                Instruction::Next { .. } | Instruction::Leave => {
                    contexts = contexts.saturating_sub(1);
                }
                Instruction::Include(id) => self.open.push((id, contexts)),
                Instruction::Path(index) | Instruction::Token { path: index, .. } => {
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

    /// Returns the paths that `text` reads, given a template named `part`.
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
        AccessedPaths::default().visit(&programs, TemplateId(1), &mut |steps| {
            let names: Vec<&str> = steps.iter().map(|step| &*step.name).collect();
            found.push(names.join("."));
        });
        found
    }

    #[test]
    fn paths_are_collected_through_blocks_and_includes() {
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
