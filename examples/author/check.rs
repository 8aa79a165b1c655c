//! `check`: prints every diagnostic of the rules.

use pointsman::{Diagnostic, Severity};

use crate::arguments::{CheckArguments, Layout};
use crate::output::{Output, Tone};
use crate::{Failure, input};

pub(crate) fn run(arguments: &CheckArguments, output: &mut Output) -> Result<(), Failure> {
    input::reject_repeated_stdin(&arguments.files)?;
    let built = input::build(&arguments.files, false)?;
    let found = match &built {
        Ok(engine) => engine.warnings(),
        Err(found) => found,
    };
    for diagnostic in found {
        match arguments.format {
            Layout::Human => {
                output.line(&show(diagnostic, output))?;
                output.line("")?;
            }
            Layout::Json => output.line(&diagnostic.to_json())?,
        }
    }
    if found.left_out() > 0 && arguments.format == Layout::Human {
        output.line(&format!("and {} more", found.left_out()))?;
    }
    let count = |severity| {
        found
            .iter()
            .filter(|diagnostic| diagnostic.severity() == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if arguments.format == Layout::Human {
        let counts = format!(
            "{}, {}",
            counted(errors, "error"),
            counted(warnings, "warning")
        );
        output.line(&counts)?;
    }
    if built.is_err() || warnings > 0 && arguments.deny_warnings {
        Err(Failure::Reported)
    } else {
        Ok(())
    }
}

/// Formats a diagnostic for people and colors its severity.
pub(crate) fn show(diagnostic: &Diagnostic, output: &Output) -> String {
    let text = diagnostic.to_string();
    let tone = match diagnostic.severity() {
        Severity::Error => Tone::Bad,
        _ => Tone::Doubtful,
    };
    match text.split_once(':') {
        Some((head, rest)) => format!("{}:{rest}", output.paint(tone, head)),
        None => text,
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
