//! Builds the rules of a case and routes events by them, checking on the way what holds for every case.

use pointsman::{Answers, Diagnostics, Engine, Event, Limits, Rejection, Step, Timestamp, format};

use super::json::Json;
use super::{diagnostics, outcome_shape};

/// The rules, limits and answers in force at one point of a case.
#[derive(Clone)]
pub(super) struct Setup {
    /// Names and texts.
    pub(super) sources: Vec<(String, String)>,
    pub(super) limits: Limits,
    pub(super) open: bool,
    pub(super) now: Timestamp,
    pub(super) answers: String,
}

/// The result of routing an event.
pub(super) struct Routed {
    pub(super) reply: Reply,
    /// The explanation of each rule of the event type, in the order of the rule set.
    pub(super) rules: Vec<RuleExplanation>,
    /// The whole explanation, for people and as JSON.
    pub(super) explanation: [String; 2],
}

pub(super) enum Reply {
    Rejected(Json),
    Ignored(Json),
    Asks(Vec<Json>),
    Done(Json),
}

#[derive(Debug)]
pub(super) struct RuleExplanation {
    pub(super) rule: String,
    pub(super) verdict: String,
    pub(super) error: Option<String>,
    asks: Vec<Json>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            limits: Limits::default(),
            open: false,
            now: "2026-11-20T10:00:00Z".parse().unwrap(),
            answers: "{}".into(),
        }
    }
}

impl Setup {
    pub(super) fn with_source(&self, name: &str, text: &str) -> Self {
        let mut setup = self.clone();
        setup.sources.push((name.into(), text.into()));
        setup
    }

    pub(super) fn build(&self) -> Result<Engine, Diagnostics> {
        let builder = Engine::builder();
        let mut builder = builder.limits(self.limits.clone()).open_registry(self.open);
        for (name, text) in &self.sources {
            builder = builder.source(name.clone(), text.clone());
        }
        builder.build()
    }

    /// Builds rules that have no errors.
    pub(super) fn engine(&self) -> Result<Engine, String> {
        let errors = |all| format!("the rules have errors: {}", diagnostics::summary(&all));
        self.build().map_err(errors)
    }

    /// Builds the same rules in the canonical layout, which must be stable.
    pub(super) fn formatted_engine(&self) -> Result<Engine, String> {
        let mut setup = self.clone();
        for (name, text) in &mut setup.sources {
            let once = format(name, text, &self.limits).map_err(|all| all.to_string())?;
            let twice =
                format(name, &once, &self.limits).map_err(|all| format!("{all}\nof\n{once}"))?;
            if once != twice {
                return Err(format!(
                    "formatting is not stable:\n{once}\nbecame\n{twice}"
                ));
            }
            *text = once;
        }
        setup
            .engine()
            .map_err(|error| format!("formatted, {error}"))
    }

    pub(super) fn answers(&self) -> Result<Answers, String> {
        Answers::from_json(&self.answers, self.now).map_err(|error| format!("answers: {error}"))
    }

    /// Routes an event, and checks the result against the explanation.
    pub(super) fn route(&self, engine: &Engine, event: &Event) -> Result<Routed, String> {
        let answers = self.answers()?;
        let explanation = engine.explain(event, &answers);
        let explanation = [explanation.to_string(), explanation.to_json()];
        if explanation[0].contains(|c: char| c.is_control() && c != '\n') {
            return Err(format!("a control character in {:?}", explanation[0]));
        }
        let rules = json(&explanation[1]);
        let rules = rules.list("rules").iter().map(rule_explanation).collect();
        let step = engine.route(event, &answers);
        if engine.route(event, &answers) != step {
            return Err("routing the event again gives another result".into());
        }
        let reply = match step {
            Step::Ask(questions) => {
                Reply::Asks(questions.iter().map(|one| json(&one.to_json())).collect())
            }
            Step::Done(outcome) => Reply::Done(json(&outcome.to_json())),
        };
        let routed = Routed {
            reply,
            rules,
            explanation,
        };
        routed.check_against_explanation()?;
        Ok(routed)
    }

    /// Checks that an event has the same result when another engine, or none, has read it, and with the
    /// formatted rules.
    pub(super) fn check_same_result(
        &self,
        (engine, event): (&Engine, &Event),
        (formatted, read_elsewhere): (&Engine, &Event),
    ) -> Result<(), String> {
        let answers = self.answers()?;
        let step = engine.route(event, &answers);
        if engine.route(read_elsewhere, &answers) != step {
            return Err("the event, read elsewhere, has another result".into());
        }
        if formatted.route(event, &answers) != step {
            return Err("by the formatted rules, the event has another result".into());
        }
        Ok(())
    }
}

impl Routed {
    /// Returns the reply to an event that no rule has seen.
    pub(super) fn without_rules(reply: Reply) -> Self {
        Self {
            reply,
            rules: Vec::new(),
            explanation: [String::new(), String::new()],
        }
    }

    /// Checks that the router and its oracle agree on the rules that accept, and on the questions.
    fn check_against_explanation(&self) -> Result<(), String> {
        let rules = &self.rules;
        match &self.reply {
            Reply::Done(outcome) => {
                outcome_shape::check(outcome)?;
                let mut accepted = accepted(outcome);
                let accepting = rules.iter().filter(|one| one.verdict == "accepts");
                let mut explained: Vec<&str> = accepting.map(|one| &*one.rule).collect();
                accepted.sort_unstable();
                explained.sort_unstable();
                match accepted == explained {
                    true => Ok(()),
                    false => Err(format!(
                        "route accepts by {accepted:?}, explain says {rules:?}"
                    )),
                }
            }
            Reply::Asks(questions) => {
                let is_explained = |question| rules.iter().any(|one| one.asks.contains(question));
                match questions.iter().find(|question| !is_explained(question)) {
                    None => Ok(()),
                    Some(question) => Err(format!("route asks {question}, explain says {rules:?}")),
                }
            }
            Reply::Rejected(_) | Reply::Ignored(_) => Ok(()),
        }
    }
}

/// Returns the rules that accepted, in the order of their results.
pub(super) fn accepted(outcome: &Json) -> Vec<&str> {
    const REASON: &str = "accepted_by_event_triggered_message";
    let results = outcome.list("results").iter();
    results
        .filter(|result| result.text_at(&["action", "status_reason"]) == Some(REASON))
        .filter_map(|result| result.text_at(&["rule"]))
        .collect()
}

fn rule_explanation(rule: &Json) -> RuleExplanation {
    let text = |name: &str| rule.text_at(&[name]).map(str::to_owned);
    RuleExplanation {
        rule: text("rule").unwrap_or_default(),
        verdict: text("verdict").unwrap_or_default(),
        error: text("error"),
        asks: rule.list("asks").to_vec(),
    }
}

pub(super) fn rejected(rejection: &Rejection) -> Json {
    Json::Object(vec![("rejected".into(), json(&rejection.to_json()))])
}

/// Parses JSON that the crate wrote.
pub(super) fn json(text: &str) -> Json {
    Json::parse(text).unwrap_or_else(|error| panic!("not JSON: {error}: {text}"))
}

/// Returns an event with this `event_data`, and with an `mdn` where that names no recipient.
pub(super) fn event_of(event_type: &str, data: &[u8]) -> Vec<u8> {
    const RECIPIENTS: [&str; 5] = [
        "\"mdn\"",
        "\"person_key\"",
        "\"person_id\"",
        "\"external_person_id\"",
        "\"vibes_device_id\"",
    ];
    let text = String::from_utf8_lossy(data);
    let head = format!(r#"{{"event_id":"e1","event_type":"{event_type}","event_data":"#);
    let mut event = head.into_bytes();
    match text.trim_start().strip_prefix('{') {
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
