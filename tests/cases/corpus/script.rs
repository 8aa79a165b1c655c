//! Carries out a case: takes its sections in order and hands over what there is to check.

use pointsman::{Answers, Diagnostics, Engine, Event, Limits, Rejection, SeededIds, SeenEvents};

use super::case_file::{Case, Section};
use super::setup::{Reply, Routed, Setup, event_of, json, rejected};
use super::{Failure, expectation, rows};
use crate::reading;

/// The event of a case, and whether its id was claimed for it.
struct Current {
    bytes: Vec<u8>,
    /// The ids from which the event took its own.
    ids: SeededIds,
    event: Result<Event, Rejection>,
    is_claimed: Option<bool>,
}

struct Script {
    setup: Setup,
    built: Option<Result<Engine, Diagnostics>>,
    seen: SeenEvents,
    ids: SeededIds,
    current: Option<Current>,
}

pub(super) fn run(case: &Case) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut script = Script {
        setup: Setup::default(),
        built: None,
        seen: SeenEvents::default(),
        ids: SeededIds::new(1),
        current: None,
    };
    for section in &case.sections {
        if section.is_table() {
            rows::run(&script.setup, section, &mut failures);
        } else if let Err(message) = script.run(section, &mut failures) {
            failures.push(Failure::new(section.line, message));
        }
    }
    failures
}

impl Script {
    fn run(&mut self, section: &Section, failures: &mut Vec<Failure>) -> Result<(), String> {
        match &*section.name {
            "rules" => {
                let name = section.argument_or("case.rules");
                self.setup.sources.push((name.into(), section.text()?));
            }
            "limits" => set_limits(&mut self.setup.limits, &section.text()?)?,
            "open" => self.setup.open = true,
            "at" => {
                let text = section.text()?;
                let now = text.trim().parse();
                self.setup.now = now.map_err(|_| format!("not a timestamp: {text}"))?;
            }
            "answers" => self.setup.answers = section.text()?,
            "event" => self.read(section.bytes()?),
            "data" => {
                self.read(event_of(section.argument_or("t"), &section.bytes()?));
                // These events share an id, and none is a duplicate of the other.
                self.seen = SeenEvents::default();
            }
            _ => {
                let routed = self.route()?;
                let built = self.built.as_ref().ok_or("no rules")?;
                expectation::check(section, built, routed.as_ref(), failures)?;
            }
        }
        Ok(())
    }

    fn read(&mut self, bytes: Vec<u8>) {
        if let Ok(engine) = self.built.get_or_insert_with(|| self.setup.build()) {
            self.current = Some(Current {
                ids: self.ids.clone(),
                event: engine.read(&bytes, &mut self.ids),
                bytes,
                is_claimed: None,
            });
        }
    }

    /// Routes the last event. Without any, builds the rules.
    fn route(&mut self) -> Result<Option<Routed>, String> {
        let built = self.built.get_or_insert_with(|| self.setup.build());
        let (Ok(engine), Some(current)) = (built, &mut self.current) else {
            return Ok(None);
        };
        let answers = self.setup.answers()?;
        reading::check(engine, &current.bytes, &current.ids, &answers)?;
        reading::check_broken(engine, &current.bytes, &current.ids, &answers)?;
        let event = match &current.event {
            Ok(event) => event,
            Err(rejection) => {
                let reply = Reply::Rejected(rejected(rejection));
                return Ok(Some(Routed::without_rules(reply)));
            }
        };
        let now = self.setup.now;
        let company = engine.company().unwrap_or_default();
        let claim = || self.seen.claim(company, event.id(), now);
        if !*current.is_claimed.get_or_insert_with(claim) {
            let outcome = engine.route_with(event, Answers::new(now), &self.seen, |_| Vec::new());
            let outcome = outcome.map_err(|error| error.to_string())?;
            let reply = Reply::Ignored(json(&outcome.to_json()));
            return Ok(Some(Routed::without_rules(reply)));
        }
        let routed = self.setup.route(engine, event)?;
        let Ok(alone) = Event::from_json(&current.bytes, engine.limits(), &mut self.ids) else {
            return Err("the engine takes the event, and `Event::from_json` does not".into());
        };
        if alone.id() == event.id() {
            let formatted = self.setup.formatted_engine()?;
            self.setup
                .check_same_result((engine, event), (&formatted, &alone))?;
        }
        Ok(Some(routed))
    }
}

fn set_limits(limits: &mut Limits, text: &str) -> Result<(), String> {
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words = line.trim().split_once(' ');
        let (name, number) = words.ok_or("a limit is NAME NUMBER")?;
        let number = number.parse();
        let number = number.map_err(|error| format!("{line}: {error}"))?;
        let limit = match name {
            "declaration_bytes" => &mut limits.declaration_bytes,
            "expression_depth" => &mut limits.expression_depth,
            "rule_conditions" => &mut limits.rule_conditions,
            "list_elements" => &mut limits.list_elements,
            "event_bytes" => &mut limits.event_bytes,
            "json_depth" => &mut limits.json_depth,
            "render_steps" => &mut limits.render_steps,
            "render_bytes" => &mut limits.render_bytes,
            "sms_segments" => &mut limits.sms_segments,
            "evaluation_steps" => &mut limits.evaluation_steps,
            "actions" => &mut limits.actions,
            "errors" => &mut limits.errors,
            "questions" => &mut limits.questions,
            "rounds" => &mut limits.rounds,
            _ => return Err(format!("no limit is called `{name}` here")),
        };
        *limit = number;
    }
    Ok(())
}
