//! Checks that the documented table of the vendors' requirements names existing tests, and names them all.

use std::collections::BTreeSet;
use std::process::Command;

const TABLE: &str = include_str!("../../../src/docs/vendors.md");

#[test]
fn every_row_names_existing_tests() {
    let tests = tests();
    let mut rows = 0;
    for row in rows_of(TABLE) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, here, shown] = cells[..] else {
            panic!("a row has three cells: {row}");
        };
        assert!(!here.is_empty(), "{row}");
        let names: Vec<&str> = shown
            .split(", ")
            .map(|name| name.trim_matches('`'))
            .collect();
        for name in names {
            assert!(tests.contains(name), "there is no test `{name}`: {row}");
        }
        rows += 1;
    }
    assert!(rows > 50, "{rows} rows");
}

#[test]
fn every_test_of_a_vendors_page_has_its_row() {
    let named: BTreeSet<&str> = TABLE.split('`').collect();
    let pages = [
        "vibes",
        "results",
        "esputnik",
        "contact",
        "carecloud",
        "journal",
    ];
    // Tests that go beyond the pages.
    let beyond = [
        "vendors::contact::contact_save_falls_back_inside_first",
        "vendors::esputnik::an_event_is_answered",
        "vendors::esputnik::the_first_error_code_is_reported",
    ];
    for test in tests() {
        let of_page = pages
            .iter()
            .any(|page| test.starts_with(&format!("vendors::{page}::")));
        if of_page && !beyond.contains(&&*test) {
            assert!(named.contains(&*test), "no row names `{test}`");
        }
    }
}

#[test]
fn every_example_of_a_page_is_used() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    for folder in ["tests/it", "tests/it/vendors"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    for vendor in ["carecloud", "esputnik", "vibes"] {
        for entry in std::fs::read_dir(root.join("tests/fixtures").join(vendor)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let used = [format!("\"{name}\""), format!("{vendor}/{name}.json\"")];
            assert!(
                used.iter().any(|used| sources.contains(used)),
                "{vendor}/{name}"
            );
        }
    }
}

/// Returns the rows of all tables, without the headers.
fn rows_of(text: &str) -> impl Iterator<Item = &str> {
    let head = |line: &&str| line.starts_with("| ---") || line.ends_with("| shown by |");
    text.lines()
        .filter(|line| line.starts_with('|'))
        .filter(move |line| !head(line))
}

/// Returns the full name of every test of this binary.
fn tests() -> BTreeSet<String> {
    let binary = std::env::current_exe().unwrap();
    let listed = Command::new(binary).arg("--list").output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let names = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    names.map(str::to_owned).collect()
}
