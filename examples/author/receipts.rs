//! `receipts`: prints the callbacks for delivery receipts, one receipt per line.

use pointsman::Limits;
use pointsman::callback::{Callback, ReceiptTracker, Registration, read_receipt};

use crate::arguments::ReceiptsArguments;
use crate::output::{self, Output};
use crate::route::split;
use crate::{Failure, input};

pub(crate) fn run(arguments: &ReceiptsArguments, output: &mut Output) -> Result<(), Failure> {
    let read = [&arguments.file]
        .into_iter()
        .chain(&arguments.registrations);
    input::reject_repeated_stdin(read)?;
    let now = input::timestamp(arguments.at.as_deref())?;
    let registrations = input::registrations(arguments.registrations.as_deref())?;
    let bytes = input::bytes(&arguments.file)?;
    let lines = split(&bytes);
    // Large enough that no callback is repeated within a run.
    let mut limits = Limits::default();
    limits.remembered_receipts = limits.remembered_receipts.max(2 * lines.len() + 2);
    let tracker = ReceiptTracker::new(&limits);
    for line in &lines {
        let number = line.line;
        let Ok(text) = std::str::from_utf8(line.text) else {
            let said = "the text is not UTF-8";
            let fault = format!("[{{\"code\":\"invalid_json\",\"error\":\"{said}\"}}]");
            output.line(&invalid_line(number, said, &fault))?;
            continue;
        };
        match read_receipt(text) {
            Ok((receipt, message)) => {
                if !receipt.is_documented() {
                    let reason = receipt.reason().as_str().escape_debug();
                    let kind = receipt.kind();
                    output::print_error_line(&format!(
                        "line {number}: `{reason}` is not a documented reason of a {kind} receipt"
                    ));
                }
                if let Some(callback) = tracker.callback(&receipt, &message, now) {
                    print_callback(&callback, registrations.as_deref(), output)?;
                }
            }
            Err(faults) => output.line(&invalid_line(
                number,
                &faults.to_string(),
                &faults.to_json(),
            ))?,
        }
    }
    Ok(())
}

/// Prints the body of a callback, or its requests if there are registrations.
pub(crate) fn print_callback(
    callback: &Callback,
    registrations: Option<&[Registration]>,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(registrations) = registrations else {
        // The event's data can have line breaks between its tokens. JSON strings cannot contain any, so
        // removing them keeps the meaning.
        return Ok(output.line(&callback.to_json().replace(['\n', '\r'], ""))?);
    };
    for request in callback.requests(registrations) {
        output.line(&request.to_json())?;
    }
    Ok(())
}

/// Formats the output line for an invalid receipt.
fn invalid_line(line: usize, error: &str, faults: &str) -> String {
    let error = serde_json::Value::from(error);
    format!("{{\"line\":{line},\"error\":{error},\"faults\":{faults}}}")
}
