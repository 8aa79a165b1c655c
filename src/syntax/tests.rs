//! What parses, what does not, and where the faults are.

use super::ast::{ClauseKind, Declaration, File, Item};
use super::parse;
use crate::diagnostic::Fault;
use crate::limits::Limits;
use crate::span::SourceId;

pub(super) const GLANCE: &str = include_str!("../../tests/syntax/glance.rules");

pub(super) fn read(text: &str) -> (File, Vec<Fault>) {
    let mut faults = Vec::new();
    let file = parse(SourceId(0), text, &Limits::default(), &mut faults);
    (file, faults)
}

/// The text without a fault.
pub(super) fn sound(text: &str) -> File {
    let (file, faults) = read(text);
    assert_eq!(faults, [], "{text}");
    file
}

/// Each fault as `line:column code message (help)`.
fn told(text: &str) -> Vec<String> {
    let (_, faults) = read(text);
    faults
        .iter()
        .map(|fault| {
            let before = text.get(..fault.place.span.start as usize).unwrap();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            let help = fault.help.iter().map(|help| format!(" ({help})"));
            let code = fault.code.as_str();
            format!(
                "{line}:{column} {code} {}{}",
                fault.message,
                help.collect::<String>()
            )
        })
        .collect()
}

fn names(file: &File) -> Vec<&str> {
    file.declarations.iter().map(name).collect()
}

fn name(declaration: &Declaration) -> &str {
    match &declaration.item {
        Item::Company(text) => &text.value,
        Item::Event(event) => &event.name.text,
        Item::Constant(constant) => &constant.name.text,
        Item::Template(template) => &template.name.text,
        Item::Rule(rule) => &rule.name.text,
        Item::Test(test) => &test.title.value,
    }
}

#[test]
fn the_language_at_a_glance() {
    let file = sound(GLANCE);
    assert_eq!(
        names(&file),
        [
            "zY5VnE7r",
            "day_of_delivery",
            "order_shipped",
            "metro",
            "greeting",
            "delivery_today",
            "Bob is told the hour"
        ]
    );
    let descriptions: Vec<_> = file
        .declarations
        .iter()
        .filter_map(|declaration| declaration.description.as_deref())
        .collect();
    assert_eq!(
        descriptions,
        [
            "The day a parcel goes out. `?` marks a field that may be missing.",
            "Tell the customer when the parcel arrives."
        ]
    );
    let Some(Item::Rule(rule)) = file.declarations.get(5).map(|found| &found.item) else {
        panic!("the rule is there");
    };
    let clauses = rule.clauses.iter().map(|clause| {
        let declaration = &file.declarations[5];
        let text = &declaration.text[clause.at.0.range()];
        text.split_whitespace().next().unwrap()
    });
    assert_eq!(
        clauses.collect::<Vec<_>>(),
        [
            "on", "id", "active", "priority", "when", "require", "require", "require", "send",
            "send", "do"
        ]
    );
    let Some(ClauseKind::Id(id)) = rule.clauses.get(1).map(|clause| &clause.kind) else {
        panic!("the id is there");
    };
    assert_eq!(&*id.value, "276");
}
