//! `fmt`: rewrites rule files in the canonical layout.

use std::fs;

use pointsman::{Limits, format};

use crate::arguments::FormatArguments;
use crate::output::{self, Output};
use crate::{Failure, input};

pub(crate) fn run(arguments: &FormatArguments, output: &mut Output) -> Result<(), Failure> {
    input::reject_repeated_stdin(&arguments.files)?;
    let mut success = true;
    // Read all files before writing any, so that a wrong name changes nothing.
    let sources = input::sources(&arguments.files)?;
    for (file, (name, text)) in arguments.files.iter().zip(sources) {
        let laid_out = match format(&name, &text, &Limits::default()) {
            Ok(laid_out) => laid_out,
            Err(found) => {
                output::print_error_line(&found.to_string());
                success = false;
                continue;
            }
        };
        if arguments.check {
            if laid_out != text {
                output.line(&std::format!("{name} would change"))?;
                success = false;
            }
        } else if input::is_standard_input(file) {
            output.text(&laid_out)?;
        } else if laid_out != text {
            fs::write(file, laid_out).map_err(|error| {
                Failure::Usage(std::format!("`{name}` cannot be written: {error}"))
            })?;
        }
    }
    if success {
        Ok(())
    } else {
        Err(Failure::Reported)
    }
}
