//! `route`: routes events and prints one line for each.

use pointsman::adapter::Adapter;
use pointsman::callback::{self, Registration};
use pointsman::{Answers, Engine, Limits, Question, Rejection, SeededIds, SeenEvents, Step};

use crate::arguments::RouteArguments;
use crate::output::{self, Output, Progress};
use crate::{Failure, input, receipts};

/// The state for routing one event after another.
struct Router<'a> {
    engine: &'a Engine,
    answers: Answers,
    ids: SeededIds,
    seen: SeenEvents,
    callbacks: bool,
    registrations: Option<Vec<Registration>>,
    adapter: Adapter,
}

pub(crate) fn run(arguments: &RouteArguments, output: &mut Output) -> Result<(), Failure> {
    let host = &arguments.host;
    let read = arguments
        .files
        .iter()
        .chain([&arguments.events])
        .chain(&host.answers)
        .chain(&arguments.registrations);
    input::reject_repeated_stdin(read)?;
    let now = input::now(host)?;
    let ids = input::ids(host)?;
    let answers = input::answers(host, now)?;
    let registrations = input::registrations(arguments.registrations.as_deref())?;
    let engine = input::engine(&arguments.files, host.open)?;
    let bytes = input::bytes(&arguments.events)?;
    let events = split(&bytes);
    if let Some(note) = single_event_hint(&bytes, &events) {
        output::print_error_line(&note);
    }
    // Large enough that no id is forgotten within a run.
    let mut limits = Limits::default();
    limits.remembered_ids = limits.remembered_ids.max(2 * events.len() + 2);
    let mut router = Router {
        engine: &engine,
        answers,
        ids,
        seen: SeenEvents::new(&limits),
        callbacks: arguments.callbacks || registrations.is_some(),
        registrations,
        adapter: host.adapter,
    };
    let mut progress = Progress::new();
    for (done, event) in events.iter().enumerate() {
        progress.at(done, events.len());
        let line = (events.len() > 1).then_some(event.line);
        router.event(event.text, line, output)?;
    }
    Ok(())
}

impl Router<'_> {
    fn event(
        &mut self,
        text: &[u8],
        line: Option<usize>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let event = match self.engine.read_as(self.adapter, text, &mut self.ids) {
            Ok(event) => event,
            Err(rejection) => return self.print_other(&rejected(&rejection, line), output),
        };
        let mut asked = Vec::new();
        let look_up = |questions: &[Question]| {
            asked = questions.to_vec();
            Vec::new()
        };
        let outcome =
            match self
                .engine
                .route_with(&event, self.answers.clone(), &self.seen, look_up)
            {
                Ok(outcome) => outcome,
                Err(error) if asked.is_empty() => return Err(Failure::Usage(error.to_string())),
                Err(_) => return self.print_other(&Step::Ask(asked).to_json(&event), output),
            };
        if self.callbacks {
            for body in callback::bodies(&event, &outcome, self.answers.now()) {
                receipts::print_callback(&body, self.registrations.as_deref(), output)?;
            }
        } else {
            output.line(&outcome.to_json())?;
        }
        Ok(())
    }

    /// Prints a rejection or questions. If the output is callbacks, they go to standard error.
    fn print_other(&self, line: &str, output: &mut Output) -> Result<(), Failure> {
        if self.callbacks {
            output::print_error_line(line);
        } else {
            output.line(line)?;
        }
        Ok(())
    }
}

/// Formats a rejection, with the line number of the event.
pub(crate) fn rejected(rejection: &Rejection, line: Option<usize>) -> String {
    let json = rejection.to_json();
    match (line, json.strip_suffix('}')) {
        (Some(line), Some(open)) => format!("{{\"rejected\":{open},\"line\":{line}}}}}"),
        _ => format!("{{\"rejected\":{json}}}"),
    }
}

/// The text of one event, and its line number.
pub(crate) struct Record<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) line: usize,
}

/// Splits the input into events: one if it is a single JSON value, otherwise one per line that is not
/// blank.
pub(crate) fn split(bytes: &[u8]) -> Vec<Record<'_>> {
    if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() {
        return vec![Record {
            text: input::without_last_break(bytes),
            line: 1,
        }];
    }
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    lines
        .map(|(text, line)| Record {
            text: text.strip_suffix(b"\r").unwrap_or(text),
            line,
        })
        .filter(|line| !line.text.trim_ascii().is_empty())
        .collect()
}

/// Returns a hint if the input was probably meant as one event but is read line by line, because it is
/// not valid JSON. The sign of it is a first line that is not a complete object.
fn single_event_hint(bytes: &[u8], events: &[Record<'_>]) -> Option<String> {
    let first = events.first()?.text.trim_ascii();
    let whole = first.starts_with(b"{") && first.ends_with(b"}");
    if whole || events.len() < 2 {
        return None;
    }
    let fault = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).err()?;
    Some(format!(
        "the input is not one JSON value, so each line is taken as an event; \
         if it is meant as one event: {fault}"
    ))
}
