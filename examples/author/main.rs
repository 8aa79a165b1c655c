//! The command line for authors of rules: checks, formats, routes, explains and tests rules. It reads
//! files, the clock and the terminal, which the library never does.

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

/// The reason why a command did not succeed.
#[derive(Debug)]
enum Failure {
    /// Invalid arguments, files or input: prints this line and exits with 2.
    Usage(String),
    /// The reader of the output closed it. This is not an error.
    Closed,
    /// The command has already printed the failure: exits with 1.
    Reported,
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
        // Print the output from before a failure.
        output.flush()?;
        done
    });
    match done {
        Ok(()) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(Failure::Reported) => ExitCode::from(1),
        Err(Failure::Usage(line)) => {
            output::print_failure(&line);
            ExitCode::from(2)
        }
    }
}
