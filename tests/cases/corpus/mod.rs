//! The language as data: the cases of `tests/corpus`, each run by the router and by `explain`, its oracle.

mod case_file;
mod diagnostics;
mod expectation;
mod joined;
mod json;
mod outcome_shape;
mod rows;
mod script;
mod setup;
mod string_places;
mod tokens;
mod typos;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

use libtest_mimic::{Failed, Trial};

use crate::files;
use case_file::Case;

struct CorpusFile {
    path: PathBuf,
    cases: Vec<Case>,
}

static CORPUS: LazyLock<Vec<CorpusFile>> = LazyLock::new(|| {
    let mut paths = files::below("corpus");
    paths.retain(|path| files::name(path).ends_with(".case"));
    let parsed = paths.into_iter().map(|path| {
        let cases = case_file::parse(&files::read(&path));
        let cases = cases.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        CorpusFile { path, cases }
    });
    parsed.collect()
});

/// An expectation that does not hold, at a line of its file.
#[derive(Debug)]
struct Failure {
    line: usize,
    message: String,
}

impl Failure {
    fn new(line: usize, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { line, message }
    }
}

/// Returns a test for each case, called `corpus::FILE::TITLE`, and the tests over all cases.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![Trial::test("corpus::the_files_are_found", || {
        let count = CORPUS.iter().map(|file| file.cases.len()).sum();
        at_least(500, count)
    })];
    for file in CORPUS.iter() {
        for case in &file.cases {
            let name = files::test_name(&file.path, Some(&case.title));
            trials.push(Trial::test(name, || run(file, case)));
        }
    }
    trials.push(Trial::test(
        "corpus::joined_expressions_follow_kleene",
        || {
            let cases = CORPUS.iter().flat_map(|file| &file.cases);
            at_least(500, joined::run(cases)?)
        },
    ));
    trials.push(Trial::test("corpus::typos_do_no_harm", || {
        let mut tested = 0;
        for file in CORPUS.iter() {
            let of_file = typos::run(&file.cases);
            tested += of_file.map_err(|error| format!("{}: {error}", file.path.display()))?;
        }
        at_least(300, tested)
    }));
    trials
}

/// Returns the tests of this runner itself.
pub(crate) fn runner_trials() -> Vec<Trial> {
    macro_rules! trials {
        ($($test:path,)*) => {
            vec![$(Trial::test(concat!("runner::", stringify!($test)), || {
                $test();
                Ok(())
            }),)*]
        };
    }
    trials![
        case_file::tests::cases_have_sections,
        case_file::tests::macros_are_expanded,
        case_file::tests::malformed_files_are_refused,
        case_file::tests::rows_are_split_from_the_right,
        diagnostics::tests::ranges_include_both_ends,
        json::tests::numbers_compare_by_text_and_keys_in_any_order,
        json::tests::stars_accept_any_value_and_more_members,
        json::tests::strings_have_escapes,
        outcome_shape::tests::keys_out_of_order_are_found,
        rows::tests::columns_are_shifted,
        tokens::tests::lines_are_words_and_values,
    ]
}

fn run(file: &CorpusFile, case: &Case) -> Result<(), Failed> {
    let failures = script::run(case);
    let mut report = String::new();
    for Failure { line, message } in &failures {
        let _ = writeln!(report, "{}:{line}: {message}", file.path.display());
    }
    match failures.is_empty() {
        true => Ok(()),
        false => Err(report.into()),
    }
}

/// Fails where a change of the format would leave next to nothing to test.
fn at_least(expected: usize, count: usize) -> Result<(), Failed> {
    match count >= expected {
        true => Ok(()),
        false => Err(format!("only {count} found").into()),
    }
}
