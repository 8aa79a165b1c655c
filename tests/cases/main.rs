//! Runs the tests that are data. Each has a name: `cargo test ui::syntax::conditions` runs those of one file.
//!
//! With `POINTSMAN_UPDATE=1` it rewrites the snapshots first.

mod corpus;
mod files;
#[path = "../it/reading.rs"]
mod reading;
mod snapshot;

use std::collections::BTreeSet;
use std::env;
use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let suites = [&snapshot::DIAGNOSTICS, &snapshot::FORMATTED];
    if env::var_os("POINTSMAN_UPDATE").is_some_and(|value| value == "1") {
        suites.iter().for_each(|suite| suite.update());
    }
    let mut trials = corpus::runner_trials();
    trials.extend(corpus::trials());
    trials.extend(suites.iter().flat_map(|suite| suite.trials()));
    trials.push(snapshot::code_trial());
    let mut names = BTreeSet::new();
    for trial in &trials {
        assert!(
            names.insert(trial.name()),
            "two tests are called {}",
            trial.name()
        );
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
