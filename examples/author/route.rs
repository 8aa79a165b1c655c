//! `route`: what becomes of events, one line each.

use pointsman::adapter::Adapter;
use pointsman::callback::{self, Registration};
use pointsman::{Answers, Engine, Limits, Question, Rejection, SeededIds, SeenEvents, Step};

use crate::arguments::RouteArguments;
use crate::output::{self, Output, Progress};
use crate::{Failure, input, receipts};

/// What routes one event after the other.
struct Desk<'a> {
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
    input::only_once(read)?;
    let now = input::now(host)?;
    let ids = input::ids(host)?;
    let answers = input::answers(host, now)?;
    let registrations = input::registrations(arguments.registrations.as_deref())?;
    let engine = input::engine(&arguments.files, host.open)?;
    let bytes = input::bytes(&arguments.events)?;
    let events = split(&bytes);
    if let Some(note) = meant_as_one(&bytes, &events) {
        output::aside(&note);
    }
    // A run is one delivery after the other: none of its ids is forgotten before its end.
    let mut limits = Limits::default();
    limits.remembered_ids = limits.remembered_ids.max(2 * events.len() + 2);
    let mut desk = Desk {
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
        desk.event(event.text, line, output)?;
    }
    Ok(())
}

impl Desk<'_> {
    fn event(
        &mut self,
        text: &[u8],
        line: Option<usize>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let event = match self.engine.read_as(self.adapter, text, &mut self.ids) {
            Ok(event) => event,
            Err(rejection) => return self.beside(&rejected(&rejection, line), output),
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
                Err(_) => return self.beside(&Step::Ask(asked).to_json(&event), output),
            };
        if self.callbacks {
            for body in callback::bodies(&event, &outcome, self.answers.now()) {
                receipts::tell(&body, self.registrations.as_deref(), output)?;
            }
        } else {
            output.line(&outcome.to_json())?;
        }
        Ok(())
    }

    /// A line that is no outcome. Where the output is callbacks, it goes to standard error.
    fn beside(&self, line: &str, output: &mut Output) -> Result<(), Failure> {
        if self.callbacks {
            output::aside(line);
        } else {
            output.line(line)?;
        }
        Ok(())
    }
}

/// A rejected event as a line, with the line that it came from.
pub(crate) fn rejected(rejection: &Rejection, line: Option<usize>) -> String {
    let json = rejection.to_json();
    match (line, json.strip_suffix('}')) {
        (Some(line), Some(open)) => format!("{{\"rejected\":{open},\"line\":{line}}}}}"),
        _ => format!("{{\"rejected\":{json}}}"),
    }
}

/// The text of one value, and the line that it begins on.
pub(crate) struct Text<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) line: usize,
}

/// A text that is one JSON value is one; else each line that is not empty is one.
pub(crate) fn split(bytes: &[u8]) -> Vec<Text<'_>> {
    if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() {
        return vec![Text {
            text: input::without_last_break(bytes),
            line: 1,
        }];
    }
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    lines
        .map(|(text, line)| Text {
            text: text.strip_suffix(b"\r").unwrap_or(text),
            line,
        })
        .filter(|line| !line.text.trim_ascii().is_empty())
        .collect()
}

/// What to say of a text that was probably meant as one event, and is taken line by line as it is no
/// JSON: its first line is no whole object.
fn meant_as_one(bytes: &[u8], events: &[Text<'_>]) -> Option<String> {
    let first = events.first()?.text.trim_ascii();
    let whole = first.starts_with(b"{") && first.ends_with(b"}");
    if whole || events.len() < 2 {
        return None;
    }
    let fault = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).err()?;
    Some(format!(
        "the text is not one JSON value, so each line is taken as an event; \
         if it was meant as one event: {fault}"
    ))
}
