//! Tests that printed text parses to the same tree, and prints the same again.

use proptest::prelude::*;

use crate::syntax::ast::{Comment, File};
use crate::syntax::format::file as print;
use crate::syntax::tests::{GLANCE, parse_ok, parse_text};
use crate::tests::generate_syntax;

fn comments(file: &File) -> Vec<&str> {
    let of = |comment| Comment::text(comment);
    let mut all = Vec::new();
    for declaration in &file.declarations {
        all.extend(declaration.leading.iter().map(of));
        all.extend(declaration.inner.iter().map(of));
    }
    all.extend(file.trailing.iter().map(of));
    all
}

impl Comment {
    fn text(&self) -> &str {
        self.text.trim_end()
    }
}

fn assert_same(a: &File, b: &File, text: &str) {
    let shape = |file: &File| {
        file.declarations
            .iter()
            .map(|declaration| (declaration.item.clone(), declaration.description.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(shape(a), shape(b), "\n{text}");
}

/// Parses and prints a text; checks that nothing is lost and that printing again changes nothing.
fn canonical(text: &str) -> String {
    let before = parse_ok(text);
    let printed = print(&before);
    let after = parse_ok(&printed);
    assert_same(&before, &after, &printed);
    assert_eq!(comments(&before), comments(&after), "\n{printed}");
    assert_eq!(printed, print(&after), "from\n{text}");
    printed
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_trees_print_and_parse_back(file in generate_syntax::file()) {
        let text = print(&file);
        let (back, faults) = parse_text(&text);
        prop_assert_eq!(faults, [], "\n{}", text);
        assert_same(&file, &back, &text);
        prop_assert_eq!(&print(&back), &text);
    }

    #[test]
    fn comments_anywhere_stay_in_order(
        file in generate_syntax::file(),
        places in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8), 0..12),
    ) {
        let text = print(&file);
        let mut gaps: Vec<usize> = gaps(&text);
        if gaps.is_empty() {
            gaps.push(0);
        }
        let mut cuts: Vec<(usize, u8)> =
            places.iter().map(|(index, kind)| (*index.get(&gaps), *kind)).collect();
        cuts.sort_unstable();
        let mut commented = String::new();
        let mut from = 0;
        for (count, (at, kind)) in cuts.into_iter().enumerate() {
            commented.push_str(&text[from..at]);
            from = at;
            match kind {
                0 => commented.push_str(&format!("// {count}\n")),
                1 => commented.push_str(&format!("\n// {count} \r\n")),
                2 => commented.push_str(&format!("\n\n/// {count}\n\n\n")),
                _ => commented.push_str(&format!(" //// {count}\n  ")),
            }
        }
        commented.push_str(&text[from..]);
        canonical(&commented);
    }
}

/// Returns the offsets between tokens of a printed text at which a comment is allowed.
fn gaps(text: &str) -> Vec<usize> {
    let mut lexer = crate::syntax::lexer::Lexer::new(crate::text::span::SourceId(0), text);
    let mut faults = Vec::new();
    let mut gaps = Vec::new();
    let mut in_test = false;
    while let Some(token) = lexer.token(&mut faults) {
        let word = lexer.text(token);
        if token.column_one && word != "}" {
            in_test = word == "test";
        }
        let before = text[..token.start].chars().next_back();
        // Paths, `20%` and `count(` allow no space inside, and JSON allows no comments.
        if before.is_none_or(char::is_whitespace) && !in_test {
            gaps.push(token.start);
        }
    }
    gaps
}

/// Uses the inputs of `tests/format`. Their printed texts are snapshots beside them.
#[test]
fn inputs_print_and_parse_back() {
    for text in [
        GLANCE,
        include_str!("../../../tests/format/actions.rules"),
        include_str!("../../../tests/format/clauses.rules"),
        include_str!("../../../tests/format/constants.rules"),
        include_str!("../../../tests/format/events.rules"),
        include_str!("../../../tests/format/tests.rules"),
    ] {
        canonical(text);
    }
}

#[test]
fn line_breaks_of_any_kind() {
    for text in [
        GLANCE,
        include_str!("../../../tests/format/glance.formatted.rules"),
    ] {
        let expected = canonical(text);
        for other in ["\r\n", "\r"] {
            let file = parse_ok(&format!("\u{feff}{}", text.replace('\n', other)));
            assert_eq!(print(&file), expected);
        }
    }
}
