//! Carries out a case: builds its rules, reads its events, routes them. Compares nothing itself.

use pointsman::{
    Answers, Diagnostics, Engine, Event, Limits, Rejection, SeededIds, SeenEvents, Step, Timestamp,
    format,
};

use super::Failure;
use super::expect;
use super::format::{Case, Section, TABLES};
use super::json::Json;
use super::shape;
use super::table;
use crate::ways;

/// What is in force at some point of a case.
pub(super) struct State {
    pub(super) sources: Vec<(String, String)>,
    pub(super) limits: Limits,
    pub(super) open: bool,
    pub(super) now: Timestamp,
    pub(super) answers: String,
}

/// What came of routing an event.
pub(super) struct Came {
    pub(super) what: What,
    /// Of each rule of the type what explain says, in the order of the rule set.
    pub(super) verdicts: Vec<Verdict>,
    /// What explain says, for people and as JSON.
    pub(super) explained: [String; 2],
}

pub(super) enum What {
    Rejected(Json),
    Ignored(Json),
    Asks(Vec<Json>),
    Done(Json),
}

#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) rule: String,
    pub(super) verdict: String,
    pub(super) error: Option<String>,
    asks: Vec<Json>,
}

/// The event of a case, and whether its id was claimed for it.
struct Current {
    bytes: Vec<u8>,
    /// What its id was taken from.
    ids: SeededIds,
    event: Result<Event, Rejection>,
    claimed: Option<bool>,
}

/// Runs a case: how many cases it counts for, and what failed.
pub(super) fn run(case: &Case) -> (usize, Vec<Failure>) {
    let mut failures = Vec::new();
    let mut script = Script {
        state: State {
            sources: Vec::new(),
            limits: Limits::default(),
            open: false,
            now: "2026-11-20T10:00:00Z".parse().unwrap(),
            answers: "{}".into(),
        },
        built: None,
        seen: SeenEvents::default(),
        ids: SeededIds::new(1),
        current: None,
    };
    let mut tried = 0;
    for section in &case.sections {
        if TABLES.contains(&&*section.name) {
            tried += table::run(&script.state, section, &mut failures);
        } else if let Err(message) = script.carry_out(section, &mut failures) {
            failures.push(Failure::new(section.line, message));
        }
    }
    (tried.max(1), failures)
}

struct Script {
    state: State,
    built: Option<Result<Engine, Diagnostics>>,
    seen: SeenEvents,
    ids: SeededIds,
    current: Option<Current>,
}

impl Script {
    fn carry_out(&mut self, section: &Section, failures: &mut Vec<Failure>) -> Result<(), String> {
        let arguments = &*section.arguments;
        match &*section.name {
            "rules" => {
                let name = if arguments.is_empty() {
                    "case.rules"
                } else {
                    arguments
                };
                self.state.sources.push((name.into(), section.text()?));
            }
            "limits" => set_limits(&mut self.state.limits, &section.text()?)?,
            "open" => self.state.open = true,
            "at" => {
                let text = section.text()?;
                self.state.now = text
                    .trim()
                    .parse()
                    .map_err(|_| format!("no time: {text}"))?;
            }
            "answers" => self.state.answers = section.text()?,
            "event" => self.read(&section.bytes()?),
            "data" => {
                let event_type = if arguments.is_empty() { "t" } else { arguments };
                self.read(event_of(event_type, &section.bytes()?).as_slice());
                // Each is an event of its own, though all are called the same.
                self.seen = SeenEvents::default();
            }
            _ => {
                let came = match &mut self.current {
                    None => {
                        self.built();
                        None
                    }
                    Some(_) => Some(self.route()?),
                };
                let lines = section.text()?;
                let built = self.built.as_ref().unwrap();
                expect::check(section, &lines, built, came.as_ref(), failures);
            }
        }
        Ok(())
    }

    fn built(&mut self) -> &Result<Engine, Diagnostics> {
        let state = &self.state;
        self.built
            .get_or_insert_with(|| build(&state.sources, state.limits.clone(), state.open))
    }

    fn read(&mut self, bytes: &[u8]) {
        self.built();
        if let Some(Ok(engine)) = &self.built {
            self.current = Some(Current {
                bytes: bytes.to_vec(),
                ids: self.ids.clone(),
                event: engine.read(bytes, &mut self.ids),
                claimed: None,
            });
        }
    }

    fn route(&mut self) -> Result<Came, String> {
        let (Some(Ok(engine)), Some(current)) = (&self.built, &mut self.current) else {
            return Err("no engine and no event".into());
        };
        let answers = Answers::from_json(&self.state.answers, self.state.now)
            .map_err(|error| format!("answers: {error}"))?;
        ways::hold(engine, &current.bytes, &current.ids, &answers)?;
        ways::hold_broken(engine, &current.bytes, &current.ids, &answers)?;
        let event = match &current.event {
            Ok(event) => event,
            Err(rejection) => {
                return Ok(Came {
                    what: What::Rejected(rejected(rejection)),
                    verdicts: Vec::new(),
                    explained: [String::new(), String::new()],
                });
            }
        };
        let company = engine.company().unwrap_or_default();
        let claimed = *current
            .claimed
            .get_or_insert_with(|| self.seen.claim(company, event.id(), self.state.now));
        if !claimed {
            let outcome =
                engine.route_with(event, Answers::new(self.state.now), &self.seen, |_| {
                    Vec::new()
                });
            let outcome = outcome.map_err(|error| error.to_string())?;
            return Ok(Came {
                what: What::Ignored(json(&outcome.to_json())),
                verdicts: Vec::new(),
                explained: [String::new(), String::new()],
            });
        }
        let came = route(engine, event, &self.state)?;
        let Ok(alone) = Event::from_json(&current.bytes, engine.limits(), &mut self.ids) else {
            return Err("taken by the engine, and not without it".into());
        };
        if alone.id() == event.id() {
            let state = &self.state;
            let formatted = reformatted(&state.sources, &state.limits, state.open)?;
            same_route((engine, event), (&formatted, &alone), state)?;
        }
        Ok(came)
    }
}

/// Builds the rules.
pub(super) fn build(
    sources: &[(String, String)],
    limits: Limits,
    open: bool,
) -> Result<Engine, Diagnostics> {
    let mut builder = Engine::builder().limits(limits).open_registry(open);
    for (name, text) in sources {
        builder = builder.source(name.clone(), text.clone());
    }
    builder.build()
}

/// The same rules in the canonical layout, which has to be stable and to mean the same.
pub(super) fn reformatted(
    sources: &[(String, String)],
    limits: &Limits,
    open: bool,
) -> Result<Engine, String> {
    let mut formatted = Vec::new();
    for (name, text) in sources {
        let once = format(name, text, limits).map_err(|all| all.to_string())?;
        let twice = format(name, &once, limits).map_err(|all| format!("{all}\nof\n{once}"))?;
        if once != twice {
            return Err(format!(
                "formatting is not stable:\n{once}\nbecame\n{twice}"
            ));
        }
        formatted.push((name.clone(), once));
    }
    build(&formatted, limits.clone(), open)
        .map_err(|all| format!("as formatted, the rules have errors:\n{all}"))
}

/// Routes an event, and holds what came of it to what explain says.
pub(super) fn route(engine: &Engine, event: &Event, state: &State) -> Result<Came, String> {
    let answers = Answers::from_json(&state.answers, state.now)
        .map_err(|error| format!("answers: {error}"))?;
    let explanation = engine.explain(event, &answers);
    let for_people = explanation.to_string();
    if for_people.contains(|c: char| c.is_control() && c != '\n') {
        return Err(format!("a control character in {for_people:?}"));
    }
    let explained = [for_people, explanation.to_json()];
    let explanation = json(&explained[1]);
    let verdicts = explanation
        .member("rules")
        .map(|rules| rules.list().iter().map(verdict).collect())
        .unwrap_or_default();
    let step = engine.route(event, &answers);
    if engine.route(event, &answers) != step {
        return Err("routed twice, an event came out differently".into());
    }
    let what = match step {
        Step::Ask(questions) => What::Asks(questions.iter().map(|q| json(&q.to_json())).collect()),
        Step::Done(outcome) => What::Done(json(&outcome.to_json())),
    };
    let came = Came {
        what,
        verdicts,
        explained,
    };
    came.agrees()?;
    Ok(came)
}

/// An event comes to the same also where another engine, or none, has read it, and where the rules were
/// formatted.
pub(super) fn same_route(
    (engine, event): (&Engine, &Event),
    (other, read_elsewhere): (&Engine, &Event),
    state: &State,
) -> Result<(), String> {
    let answers = Answers::from_json(&state.answers, state.now).unwrap();
    let step = engine.route(event, &answers);
    if engine.route(read_elsewhere, &answers) != step {
        return Err("the event, read elsewhere, comes out differently".into());
    }
    if other.route(event, &answers) != step {
        return Err("by the formatted rules, the event comes out differently".into());
    }
    Ok(())
}

impl Came {
    /// The router and its oracle have to agree on who accepts, and on what has to be asked.
    fn agrees(&self) -> Result<(), String> {
        let verdicts = &self.verdicts;
        match &self.what {
            What::Done(outcome) => {
                shape::check(outcome)?;
                let mut accepted = accepted(outcome);
                let mut said = self.with_verdict("accepts");
                accepted.sort_unstable();
                said.sort_unstable();
                if accepted == said {
                    return Ok(());
                }
                Err(format!(
                    "route accepts by {accepted:?}, explain says {verdicts:?}"
                ))
            }
            What::Asks(questions) => {
                let asked =
                    |question: &Json| verdicts.iter().any(|rule| rule.asks.contains(question));
                match questions.iter().find(|question| !asked(question)) {
                    None => Ok(()),
                    Some(question) => {
                        Err(format!("route asks {question}, explain says {verdicts:?}"))
                    }
                }
            }
            _ => Ok(()),
        }
    }

    fn with_verdict(&self, verdict: &str) -> Vec<&str> {
        let rules = self.verdicts.iter();
        rules
            .filter(|rule| rule.verdict == verdict)
            .map(|rule| &*rule.rule)
            .collect()
    }
}

/// The rules that accepted, in the order of their results.
pub(super) fn accepted(outcome: &Json) -> Vec<&str> {
    let results = outcome
        .member("results")
        .map(Json::list)
        .unwrap_or_default();
    results
        .iter()
        .filter(|result| {
            let reason = result.at(&["action", "status_reason"]).and_then(Json::text);
            reason == Some("accepted_by_event_triggered_message")
        })
        .filter_map(|result| result.member("rule").and_then(Json::text))
        .collect()
}

fn verdict(rule: &Json) -> Verdict {
    let text = |name: &str| rule.member(name).and_then(Json::text).map(str::to_owned);
    Verdict {
        rule: text("rule").unwrap_or_default(),
        verdict: text("verdict").unwrap_or_default(),
        error: text("error"),
        asks: rule
            .member("asks")
            .map(Json::list)
            .unwrap_or_default()
            .to_vec(),
    }
}

pub(super) fn rejected(rejection: &Rejection) -> Json {
    Json::Object(vec![("rejected".into(), json(&rejection.to_json()))])
}

/// JSON that the crate wrote.
pub(super) fn json(text: &str) -> Json {
    Json::parse(text).unwrap_or_else(|error| panic!("not JSON: {error}: {text}"))
}

/// An event with this `event_data`, and an mdn in it where it names no recipient.
pub(super) fn event_of(event_type: &str, data: &[u8]) -> Vec<u8> {
    const RECIPIENTS: [&str; 5] = [
        "\"mdn\"",
        "\"person_key\"",
        "\"person_id\"",
        "\"external_person_id\"",
        "\"vibes_device_id\"",
    ];
    let text = String::from_utf8_lossy(data);
    let mut event =
        format!(r#"{{"event_id":"e1","event_type":"{event_type}","event_data":"#).into_bytes();
    let members = text.trim_start().strip_prefix('{');
    match members {
        Some(members) if !RECIPIENTS.iter().any(|recipient| text.contains(recipient)) => {
            let comma = if members.trim() == "}" { "" } else { "," };
            event.extend_from_slice(format!(r#"{{"mdn":"+13125550100"{comma}"#).as_bytes());
            let brace = data.iter().position(|byte| *byte == b'{').unwrap();
            event.extend_from_slice(&data[brace + 1..]);
        }
        _ => event.extend_from_slice(data),
    }
    event.push(b'}');
    event
}

fn set_limits(limits: &mut Limits, text: &str) -> Result<(), String> {
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (name, number) = line
            .trim()
            .split_once(' ')
            .ok_or("a limit is NAME NUMBER")?;
        let number = number
            .parse()
            .map_err(|error| format!("{number}: {error}"))?;
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
