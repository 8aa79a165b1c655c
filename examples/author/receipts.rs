//! `receipts`: the callbacks that delivery receipts come to, one receipt a line.

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
    input::only_once(read)?;
    let now = input::moment(arguments.at.as_deref())?;
    let registrations = input::registrations(arguments.registrations.as_deref())?;
    let bytes = input::bytes(&arguments.file)?;
    let lines = split(&bytes);
    // Nothing that was told in a run is told again in it.
    let mut limits = Limits::default();
    limits.remembered_receipts = limits.remembered_receipts.max(2 * lines.len() + 2);
    let tracker = ReceiptTracker::new(&limits);
    for line in &lines {
        let number = line.line;
        let Ok(text) = std::str::from_utf8(line.text) else {
            let said = "the text is not UTF-8";
            let fault = format!("[{{\"code\":\"invalid_json\",\"error\":\"{said}\"}}]");
            output.line(&wrong(number, said, &fault))?;
            continue;
        };
        match read_receipt(text) {
            Ok((receipt, message)) => {
                if !receipt.is_documented() {
                    let reason = receipt.reason().as_str().escape_debug();
                    let kind = receipt.kind();
                    output::aside(&format!(
                        "line {number}: `{reason}` is no documented reason of a {kind} receipt"
                    ));
                }
                if let Some(callback) = tracker.callback(&receipt, &message, now) {
                    tell(&callback, registrations.as_deref(), output)?;
                }
            }
            Err(faults) => output.line(&wrong(number, &faults.to_string(), &faults.to_json()))?,
        }
    }
    Ok(())
}

/// Prints a callback: its body, or its requests where there are registrations.
pub(crate) fn tell(
    callback: &Callback,
    registrations: Option<&[Registration]>,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(registrations) = registrations else {
        // The event's data is as it was sent, line breaks between its tokens included; inside strings
        // JSON has none, so a body without them says the same in one line.
        return Ok(output.line(&callback.to_json().replace(['\n', '\r'], ""))?);
    };
    for request in callback.requests(registrations) {
        output.line(&request.to_json())?;
    }
    Ok(())
}

/// A line for a receipt that cannot be read.
fn wrong(line: usize, error: &str, faults: &str) -> String {
    let error = serde_json::Value::from(error);
    format!("{{\"line\":{line},\"error\":{error},\"faults\":{faults}}}")
}
