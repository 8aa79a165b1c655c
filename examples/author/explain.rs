//! `explain`: prints why each rule accepted an event or not.

use crate::arguments::{ExplainArguments, Layout};
use crate::output::{Output, Tone};
use crate::route::rejected;
use crate::{Failure, input};

pub(crate) fn run(arguments: &ExplainArguments, output: &mut Output) -> Result<(), Failure> {
    let host = &arguments.host;
    let read = arguments
        .files
        .iter()
        .chain([&arguments.event])
        .chain(&host.answers);
    input::reject_repeated_stdin(read)?;
    let now = input::now(host)?;
    let mut ids = input::ids(host)?;
    let answers = input::answers(host, now)?;
    let engine = input::engine(&arguments.files, host.open)?;
    if let Some(name) = &arguments.rule
        && !engine.rule_names().any(|known| known == name)
    {
        return Err(Failure::Usage(format!("there is no rule `{name}`")));
    }
    let bytes = input::bytes(&arguments.event)?;
    let text = input::without_last_break(&bytes);
    let event = match engine.read_as(host.adapter, text, &mut ids) {
        Ok(event) => event,
        Err(rejection) => {
            let line = match arguments.format {
                Layout::Json => rejected(&rejection, None),
                Layout::Human => format!("{}: {rejection}", output.paint(Tone::Bad, "rejected")),
            };
            output.line(&line)?;
            let mut lines = bytes.split(|byte| *byte == b'\n');
            let is_event = |line: &[u8]| engine.read_as(host.adapter, line, &mut ids).is_ok();
            if arguments.format == Layout::Human && lines.any(is_event) {
                output.line(
                    "`explain` takes one event, but the file has one per line; pick one of them:",
                )?;
                output.line("head -n 1 EVENTS | author explain FILE --event -")?;
            }
            return Ok(());
        }
    };
    let explanation = match &arguments.rule {
        Some(name) => engine.explain_rule(&event, &answers, name),
        None => Some(engine.explain(&event, &answers)),
    };
    // `None` only for an unknown rule, which is reported above.
    if let Some(explanation) = explanation {
        match arguments.format {
            Layout::Json => output.line(&explanation.to_json())?,
            Layout::Human => {
                for line in explanation.to_string().lines() {
                    output.line(&colored(line, output))?;
                }
            }
        }
    }
    Ok(())
}

/// Colors a line of an explanation by the sign that it begins with.
fn colored(line: &str, output: &Output) -> String {
    let text = line.trim_start();
    let tone = match text.trim_start_matches("when ").chars().next() {
        Some('✓') => Tone::Good,
        Some('✗') => Tone::Bad,
        Some('?' | '…' | '!') => Tone::Doubtful,
        Some('-') => Tone::Quiet,
        _ => return line.to_owned(),
    };
    let indent = line.len() - text.len();
    format!("{}{}", &line[..indent], output.paint(tone, text))
}
