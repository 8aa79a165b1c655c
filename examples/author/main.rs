//! The rule author's command line: checks, formats, tries out, explains and tests rules. All reading of
//! files, clocks and terminals is here; what rules mean is the library's.

mod arguments;
mod check;
mod explain;
mod format;
mod input;
mod output;
mod receipts;
mod route;
mod test;

use std::process::ExitCode;

use arguments::Command;
use output::Output;

/// What a command could not do: one line for a person, and the exit code.
#[derive(Debug)]
enum Failure {
    /// Arguments, files or input that cannot be used: exit 2.
    Usage(String),
    /// Whoever reads the output went away: nobody is left to tell.
    Closed,
    /// Said already, by lines of the command: exit 1.
    Said,
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Usage(format!("the output cannot be written: {error}")),
        }
    }
}

fn main() -> ExitCode {
    let done = arguments::parse().and_then(|command| {
        let mut output = Output::new();
        let done = match command {
            Command::Check(arguments) => check::run(&arguments, &mut output),

            Command::Fmt(arguments) => format::run(&arguments, &mut output),
            Command::Route(arguments) => route::run(&arguments, &mut output),
            Command::Explain(arguments) => explain::run(&arguments, &mut output),
            Command::Test(arguments) => test::run(&arguments, &mut output),
            Command::Receipts(arguments) => receipts::run(&arguments, &mut output),
        };
        // What was said before a failure is said.
        output.flush()?;
        done
    });
    match done {
        Ok(()) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(Failure::Said) => ExitCode::from(1),
        Err(Failure::Usage(line)) => {
            output::complain(&line);
            ExitCode::from(2)
        }
    }
}
