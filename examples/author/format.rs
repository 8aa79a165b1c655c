//! `fmt`: rule files in the one layout.

use std::fs;

use pointsman::{Limits, format};

use crate::arguments::FormatArguments;
use crate::output::{self, Output};
use crate::{Failure, input};

pub(crate) fn run(arguments: &FormatArguments, output: &mut Output) -> Result<(), Failure> {
    input::only_once(&arguments.files)?;
    let mut fine = true;
    // All of them are read before any is written, so that a wrong name changes nothing.
    let sources = input::sources(&arguments.files)?;
    for (file, (name, text)) in arguments.files.iter().zip(sources) {
        let laid_out = match format(&name, &text, &Limits::default()) {
            Ok(laid_out) => laid_out,
            Err(found) => {
                output::aside(&found.to_string());
                fine = false;
                continue;
            }
        };
        if arguments.check {
            if laid_out != text {
                output.line(&std::format!("{name} would change"))?;
                fine = false;
            }
        } else if input::is_standard_input(file) {
            output.text(&laid_out)?;
        } else if laid_out != text {
            fs::write(file, laid_out).map_err(|error| {
                Failure::Usage(std::format!("`{name}` cannot be written: {error}"))
            })?;
        }
    }
    if fine { Ok(()) } else { Err(Failure::Said) }
}
