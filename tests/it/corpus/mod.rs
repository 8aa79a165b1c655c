//! The language as data: every case of tests/corpus, run by the router and by `explain`, which is its
//! oracle. What the files hold is stated in tests/corpus/README.md.
//!
//! `SLIPS=100` tries more slips of the pen. `CORPUS=text` runs only the cases whose file or title holds that text.

mod expect;
mod format;
mod json;
mod mix;
mod run;
mod shape;
mod slips;
mod strings;
mod table;

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

/// What did not come as expected, at a line of the case's file.
#[derive(Debug)]
struct Failure {
    line: usize,
    message: String,
}

impl Failure {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}

#[test]
fn expressions_join_as_kleene_says() {
    let mut rows = Vec::new();
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        mix::rows_of(&format::parse(&text).unwrap(), &mut rows);
    }
    assert!(rows.len() > 500, "only {} expressions found", rows.len());
    if let Err(message) = mix::run(rows) {
        panic!("{message}");
    }
}

#[test]
fn slips_of_the_pen_do_no_harm() {
    let mut tried = 0;
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        match slips::run(&format::parse(&text).unwrap()) {
            Ok(count) => tried += count,
            Err(message) => panic!("{}: {message}", path.display()),
        }
    }
    assert!(tried > 300, "only {tried} tried");
}

/// The files of cases, in the order of their names.
fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "case"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn every_case_comes_out_as_the_reference_says() {
    let wanted = env::var("CORPUS").unwrap_or_default();
    let (mut count, mut report, mut failed) = (0_usize, String::new(), 0_usize);
    for path in files() {
        let name = path.file_name().unwrap().to_string_lossy();
        let text = fs::read_to_string(&path).unwrap();
        let cases = format::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for case in &cases {
            if !(name.contains(&wanted) || case.title.contains(&wanted)) {
                continue;
            }
            let (tried, failures) = run::run(case);
            count += tried;
            failed += failures.len();
            for failure in failures {
                let Failure { line, message } = failure;
                let title = &case.title;
                let _ = writeln!(report, "tests/corpus/{name}:{line}: {title}\n    {message}");
            }
        }
    }
    println!("{count} cases");
    assert!(failed == 0, "{failed} of {count} cases failed\n{report}");
    assert!(
        !wanted.is_empty() || count > 1000,
        "only {count} cases found"
    );
}
