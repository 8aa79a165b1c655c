//! One rule explained: its window, condition, requirements and actions. Decides nothing: what became of
//! each is routing's word.

use std::cmp::Reverse;
use std::sync::Arc;

use super::condition;
use super::condition::{Node, Setting};
use super::{Acted, Done, Explained, Explanation, Met, Required, Verdict};
use crate::eval;
use crate::eval::scope::Scope;
use crate::eval::{Needs, Steps};
use crate::event::Event;
use crate::hir::conformance;
use crate::hir::conformance::Breach;
use crate::hir::schema::Field;
use crate::hir::{
    Action, EventType, Expr, On, Requirement, Rule, RuleId, TemplateId, To, TypeId, Value, Window,
};
use crate::json::write;
use crate::lookup::answer::Answers;
use crate::render;
use crate::route;
use crate::route::{Judged, Judgement};
use crate::ruleset::Rules;

/// Breaches of a declaration that are told.
const MOST_BREACHES: usize = 20;

/// Explains an event: every rule of its type, or `only` one.
///
/// The rules are found by a walk over all of them, not by the index: so that what is told here can
/// witness against it.
pub(crate) fn explain(
    rules: &Rules,
    event: &Event,
    answers: &Answers,
    only: Option<RuleId>,
) -> Explanation {
    let ty = type_of(rules, event);
    let declaration = ty.and_then(|(_, ty)| ty.declaration.as_ref());
    let fields = declaration.and_then(|declaration| declaration.fields.as_deref());
    let listens = |rule: &Rule| match &rule.on {
        On::All => true,
        On::Types(types) => ty.is_some_and(|(id, _)| types.contains(&id)),
    };
    let mut listening: Vec<(RuleId, &Arc<Rule>)> = rules
        .in_order()
        .filter(|(id, rule)| listens(rule) || only == Some(*id))
        .collect();
    listening.sort_by_key(|(_, rule)| Reverse(rule.priority));
    let scope = route::scope(event, event.data(), answers);
    let telling = Telling {
        rules,
        event,
        answers,
        scope: &scope,
        fields,
    };
    let mut is_final = false;
    let mut explained = Vec::new();
    for (id, rule) in listening {
        let told = match listens(rule) {
            true => telling.rule(rule, is_final),
            false => of_other_type(rule),
        };
        is_final |= rule.is_final && told.verdict == Verdict::Accepts;
        if only.is_none_or(|only| only == id) {
            explained.push(told);
        }
    }
    explained.sort_by_key(Explained::rank);
    Explanation {
        event_id: event.id().into(),
        event_type: event.event_type().into(),
        description: declaration.and_then(|declaration| declaration.description.clone()),
        breaches: breaches(rules, event),
        rules: explained,
    }
}

/// Where an event breaks what its type declares: the first of it.
pub(crate) fn breaches(rules: &Rules, event: &Event) -> Vec<Breach> {
    type_of(rules, event)
        .and_then(|(_, ty)| ty.declaration.as_ref()?.fields.as_deref())
        .map_or_else(Vec::new, |fields| {
            conformance::breaches(fields, event.data(), MOST_BREACHES)
        })
}

fn type_of<'a>(rules: &'a Rules, event: &Event) -> Option<(TypeId, &'a EventType)> {
    let mut types = (0_u32..).map(TypeId).zip(rules.set.types.iter());
    types.find(|(_, ty)| *ty.name == *event.folded_type())
}

/// What telling of one event takes.
#[derive(Clone, Copy)]
struct Telling<'a> {
    rules: &'a Rules,
    event: &'a Event,
    answers: &'a Answers,
    scope: &'a Scope<'a>,
    fields: Option<&'a [Field]>,
}

impl<'a> Telling<'a> {
    fn rule(self, rule: &'a Arc<Rule>, behind_final: bool) -> Explained {
        let is_active = rule.active.holds(self.answers.now());
        let judged = route::judge(self.rules, self.event, self.answers, rule);
        let verdict = match judged.verdict() {
            _ if !is_active => Verdict::OutsideWindow,
            _ if behind_final => Verdict::NotConsidered,
            Judgement::Fine => Verdict::Accepts,
            Judgement::No => Verdict::Skips,
            Judgement::ForWant => Verdict::Incomplete,
            Judgement::Open => Verdict::Undecided,
            Judgement::Refused(error) => Verdict::Refuses {
                error: error.clone(),
            },
        };
        let when = rule.when.as_ref().map(|when| self.condition(rule, when));
        let misses = match verdict {
            Verdict::Refuses { .. } => 1,
            Verdict::Skips | Verdict::Incomplete => when.as_ref().map_or(0, |when| when.to_true),
            _ => 0,
        };
        let in_the_running = is_active && !behind_final;
        Explained {
            rule: Arc::clone(&rule.name),
            description: rule.description.clone(),
            window: (rule.active != Window::default()).then(|| window_text(rule.active)),
            requirements: self.requirements(rule, &judged),
            actions: match verdict {
                Verdict::Accepts => self.actions(rule, &judged),
                _ => Vec::new(),
            },
            asks: match in_the_running {
                true => judged.asks,
                false => Vec::new(),
            },
            limited: conditions(rule).any(|expr| self.is_limited(expr)),
            verdict,
            when,
            misses,
        }
    }

    fn condition(self, rule: &'a Rule, expr: &'a Expr) -> Node {
        condition::explain(expr, self.setting(rule))
    }

    fn setting(self, rule: &'a Rule) -> Setting<'a> {
        Setting {
            scope: self.scope,
            fields: self.fields,
            rule: &rule.name,
            steps: self.rules.limits.evaluation_steps,
        }
    }

    /// What the templates of an action would write and do not find, each once.
    fn missing(self, action: &Action) -> Vec<String> {
        let mut templates = Vec::new();
        collect_templates(action, &mut templates);
        let mut missing = Vec::new();
        for template in templates {
            let Rules {
                programs, limits, ..
            } = self.rules;
            for token in render::missing_tokens(programs, template, self.scope, limits) {
                if !missing.contains(&token) {
                    missing.push(token);
                }
            }
        }
        missing
    }

    fn is_limited(self, expr: &Expr) -> bool {
        let mut steps = Steps::new(self.rules.limits.evaluation_steps);
        eval::evaluate(expr, self.scope, &mut steps, &mut Needs::default());
        steps.exceeded()
    }

    fn requirements(self, rule: &'a Rule, judged: &Judged) -> Vec<Required> {
        let told = rule.requirements.iter().enumerate();
        told.map(|(place, requirement)| {
            let (text, when) = match requirement {
                Requirement::Person => ("person".to_owned(), None),
                Requirement::Subscribed(list) => {
                    (format!("subscribed {}", write::string(list)), None)
                }
                Requirement::CarrierSms => ("carrier sms".to_owned(), None),
                Requirement::CarrierMms => ("carrier mms".to_owned(), None),
                Requirement::Holds { expr, .. } => (
                    condition::text(expr, &rule.name),
                    Some(self.condition(rule, expr)),
                ),
            };
            let verdict = match judged.requirements.get(place) {
                None => Met::NotLookedAt,
                Some(Judgement::Fine) => Met::Yes,
                Some(Judgement::Refused(error)) => Met::No {
                    error: error.clone(),
                },
                Some(Judgement::No | Judgement::ForWant | Judgement::Open) => Met::Undecided,
            };
            Required {
                text,
                verdict,
                when,
            }
        })
        .collect()
    }

    fn actions(self, rule: &'a Rule, judged: &Judged) -> Vec<Acted> {
        let told = rule.actions.iter().zip(&judged.actions);
        told.map(|(action, judgement)| Acted {
            text: action_text(action),
            verdict: match judgement {
                Judgement::Fine => Done::Yes,
                Judgement::No | Judgement::ForWant => Done::LeftOut,
                Judgement::Refused(error) => Done::Failed {
                    error: error.clone(),
                },
                Judgement::Open => Done::Undecided,
            },
            when: when_of(action).map(|when| self.condition(rule, when)),
            missing: match judgement {
                Judgement::No | Judgement::ForWant => Vec::new(),
                _ => self.missing(action),
            },
        })
        .collect()
    }
}

fn of_other_type(rule: &Rule) -> Explained {
    Explained {
        rule: Arc::clone(&rule.name),
        description: rule.description.clone(),
        verdict: Verdict::OtherType,
        asks: Vec::new(),
        window: None,
        when: None,
        requirements: Vec::new(),
        actions: Vec::new(),
        misses: 0,
        limited: false,
    }
}

/// All conditions of a rule, wherever they stand.
fn conditions(rule: &Rule) -> impl Iterator<Item = &Expr> {
    let required = rule
        .requirements
        .iter()
        .filter_map(|requirement| match requirement {
            Requirement::Holds { expr, .. } => Some(expr),
            _ => None,
        });
    let acted = rule.actions.iter().flat_map(when_of_any);
    rule.when.iter().chain(required).chain(acted)
}

/// Recurses as deep as rules nest `first`, which is limited.
fn when_of_any(action: &Action) -> Vec<&Expr> {
    match action {
        Action::First(alternatives) => alternatives.iter().flat_map(when_of_any).collect(),
        action => when_of(action).into_iter().collect(),
    }
}

fn when_of(action: &Action) -> Option<&Expr> {
    match action {
        Action::Send(send) => send.when.as_deref(),
        Action::Do(own) => own.when.as_deref(),
        Action::First(_) => None,
    }
}

/// Recurses as deep as rules nest `first`, which is limited.
fn action_text(action: &Action) -> String {
    match action {
        Action::Send(send) => format!("send {}", send.channel.name()),
        Action::Do(own) => format!("do {}", own.name),
        Action::First(alternatives) => {
            let texts: Vec<String> = alternatives.iter().map(action_text).collect();
            format!("first of: {}", texts.join(", "))
        }
    }
}

/// Recurses as deep as rules nest `first`, which is limited.
fn collect_templates(action: &Action, out: &mut Vec<TemplateId>) {
    match action {
        Action::Send(send) => {
            if let Some(To::Template(template)) = &send.to {
                out.push(*template);
            }
            out.extend(send.parts.iter().map(|(_, template)| *template));
            for (_, value) in send.data.iter().flat_map(|data| data.iter()) {
                collect_from_value(value, out);
            }
        }
        Action::Do(own) => {
            for (_, value) in &own.params {
                collect_from_value(value, out);
            }
        }
        Action::First(alternatives) => {
            for alternative in alternatives {
                collect_templates(alternative, out);
            }
        }
    }
}

/// Recurses as deep as the rule nests the value, which is limited.
fn collect_from_value(value: &Value, out: &mut Vec<TemplateId>) {
    match value {
        Value::Literal(_) | Value::Path(_) => {}
        Value::Template(template) => out.push(*template),
        Value::List(values) => {
            for value in values {
                collect_from_value(value, out);
            }
        }
        Value::Object(entries) => {
            for (_, value) in entries {
                collect_from_value(value, out);
            }
        }
    }
}

fn window_text(window: Window) -> String {
    let from = window.from.map(|from| format!("from {from}"));
    let until = window.until.map(|until| format!("until {until}"));
    let ends: Vec<String> = from.into_iter().chain(until).collect();
    ends.join(" ")
}
