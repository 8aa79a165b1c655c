//! `test`: runs the `test` blocks of the rules and prints their results.

use pointsman::Engine;
use pointsman::testing::TestReport;

use crate::arguments::TestArguments;
use crate::output::{Output, Tone};
use crate::{Failure, input};

pub(crate) fn run(arguments: &TestArguments, output: &mut Output) -> Result<(), Failure> {
    input::reject_repeated_stdin(&arguments.files)?;
    let engine = input::engine(&arguments.files, false)?;
    let reports = engine.run_tests();
    for report in &reports {
        show(report, output)?;
    }
    if arguments.coverage {
        coverage(&engine, &reports, output)?;
    }
    let failed = reports.iter().filter(|report| !report.passed()).count();
    let passed = reports.len() - failed;
    output.line(&format!("{passed} passed, {failed} failed"))?;
    if failed > 0 {
        Err(Failure::Reported)
    } else {
        Ok(())
    }
}

fn show(report: &TestReport, output: &mut Output) -> Result<(), Failure> {
    let sign = if report.passed() {
        output.paint(Tone::Good, "✓")
    } else {
        output.paint(Tone::Bad, "✗")
    };
    output.line(&format!("{sign} {}", report.title()))?;
    for breach in report.breaches() {
        let line = format!("! {breach}");
        output.line(&format!("  {}", output.paint(Tone::Doubtful, &line)))?;
    }
    for failure in report.failures() {
        let place = format!(
            "{}:{}:{}",
            report.source(),
            failure.line(),
            failure.column()
        );
        output.line(&format!("  {}", output.paint(Tone::Quiet, &place)))?;
        for line in failure.message().lines() {
            output.line(&format!("  {line}"))?;
        }
        for line in failure.explanation().into_iter().flat_map(str::lines) {
            output.line(&format!("    {line}"))?;
        }
    }
    Ok(())
}

/// Prints in how many tests each rule accepted an event. Rules with none are not covered by the tests.
fn coverage(engine: &Engine, reports: &[TestReport], output: &mut Output) -> Result<(), Failure> {
    let mut covered = 0;
    let mut all = 0;
    for rule in engine.rule_names() {
        let tests = reports
            .iter()
            .filter(|report| report.accepted_rules().any(|name| name == rule))
            .count();
        all += 1;
        covered += usize::from(tests > 0);
        let line = match tests {
            0 => format!("{rule} accepts in no test"),
            1 => format!("{rule} accepts in 1 test"),
            _ => format!("{rule} accepts in {tests} tests"),
        };
        let tone = if tests > 0 {
            Tone::Quiet
        } else {
            Tone::Doubtful
        };
        output.line(&output.paint(tone, &line))?;
    }
    output.line(&format!(
        "{covered} of {all} rules accept an event in a test"
    ))?;
    Ok(())
}
