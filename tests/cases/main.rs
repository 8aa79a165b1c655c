//! Runs the tests that are data, each under its own name: `cargo test ui::syntax::conditions` runs one file.
//!
//! With `POINTSMAN_UPDATE=1` it rewrites the snapshots first.

mod snapshot;

use std::env;
use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let suites = [&snapshot::DIAGNOSTICS, &snapshot::FORMATTED];
    if env::var_os("POINTSMAN_UPDATE").is_some_and(|value| value == "1") {
        suites.iter().for_each(|suite| suite.update());
    }
    let trials = suites.iter().flat_map(|suite| suite.trials()).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
