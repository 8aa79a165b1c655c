//! What a rule that took an event does: alternatives, actions of the host's own, and the values they
//! give along. Messages are next door.

use std::borrow::Cow;

use crate::eval::scope::{Known, Need, Reading, Scope};
use crate::event::contact;
use crate::event::contact::{Contact, FieldError};
use crate::event::path::Path;
use crate::hir;
use crate::hir::{Rule, TemplateId, Value};
use crate::json::document::{Datum, Literal};
use crate::json::write;
use crate::json::write::ObjectWriter;
use crate::lookup::answer::Answer;
use crate::lookup::question::Question;
use crate::outcome::result_id::{ResultId, derived_id};
use crate::outcome::{
    Action, ActionKind, ActionResult, Custom, Failure, FailureError, FailureReason, Status,
    StatusReason,
};
use crate::render;

use super::{Acting, Decision, Turn};

/// What came of an action.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every attempt has a result, and it moves on at once"
)]
pub(super) enum Attempt {
    /// Its `when` is not true.
    Nothing,
    /// Something has to be asked first, and was put on the desk.
    Open,
    Result(ActionResult),
}

/// What keeps an action from being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) reason: FailureReason,
    pub(super) error: Box<str>,
    /// Of a contact: what each of its fields has wrong, in place of `error`.
    pub(super) fields: Vec<FieldError>,
}

impl Fault {
    pub(super) fn invalid(error: impl Into<Box<str>>) -> Self {
        Self {
            reason: FailureReason::ValidationError,
            error: error.into(),
            fields: Vec::new(),
        }
    }

    pub(super) fn unexpected(error: impl Into<Box<str>>) -> Self {
        Self {
            reason: FailureReason::UnexpectedError,
            error: error.into(),
            fields: Vec::new(),
        }
    }

    fn of_contact(fields: Vec<FieldError>) -> Self {
        Self {
            reason: FailureReason::ValidationError,
            error: Box::default(),
            fields,
        }
    }
}

/// How far the making of one action has got. Its parts are made in order, and the first that cannot be
/// made decides: a fault ends it, unless something is open that stands before the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Fine,
    /// Something before may turn out to be a fault; what follows may be asked about all the same.
    Open,
    /// As before, and something after is a fault: nothing that follows is worth a question.
    Blocked,
    Failed(Fault),
}

/// The making of one action. Codes are taken in a second pass, when the first has found nothing else
/// missing: so none is asked for in vain, and what is known ahead changes no result.
pub(super) struct Making<'r> {
    pub(super) rule: &'r Rule,
    pub(super) progress: Progress,
    with_codes: bool,
    /// The pools whose codes the first pass found wanting.
    pools: Vec<Box<str>>,
}

impl<'a> Turn<'a, '_> {
    /// Carries out one action; `position` is its place in the rule. Recurses as deep as rules nest
    /// `first`, which is limited.
    pub(super) fn attempt(
        &mut self,
        acting: Acting<'_>,
        action: &hir::Action,
        position: Cow<'static, str>,
    ) -> Attempt {
        match action {
            hir::Action::Send(send) => self.attempt_send(acting, send, position),
            hir::Action::Do(own) => self.attempt_own(acting, own, position),
            hir::Action::First(alternatives) => {
                let mut last = Attempt::Nothing;
                for (place, alternative) in alternatives.iter().enumerate() {
                    match self.attempt(acting, alternative, format!("{position}.{place}").into()) {
                        Attempt::Nothing => {}
                        // What follows matters only if this one fails.
                        Attempt::Open => return Attempt::Open,
                        Attempt::Result(result) => {
                            let failed = result.action.status == Status::Failed;
                            last = Attempt::Result(result);
                            if !failed {
                                break;
                            }
                        }
                    }
                }
                last
            }
        }
    }

    /// Whether the action has a result, whatever it is.
    pub(super) fn may_act(&mut self, action: &hir::Action) -> bool {
        match action {
            hir::Action::Send(send) => self.wants(send.when.as_deref()) == Some(true),
            hir::Action::Do(own) => self.wants(own.when.as_deref()) == Some(true),
            hir::Action::First(alternatives) => alternatives.iter().any(|one| self.may_act(one)),
        }
    }

    /// Whether an action's `when` holds; `None` while that has to be asked about.
    pub(super) fn wants(&mut self, when: Option<&hir::Expr>) -> Option<bool> {
        match when.map(|when| self.decide(when)) {
            None | Some(Decision::Yes) => Some(true),
            Some(Decision::No | Decision::ForWant(_)) => Some(false),
            Some(Decision::Open) => None,
        }
    }

    /// Makes an action in its two passes; `Err`: something has to be asked first.
    pub(super) fn make<'r, T>(
        &mut self,
        rule: &'r Rule,
        mut pass: impl FnMut(&mut Self, &mut Making<'r>) -> T,
    ) -> Result<(T, Option<Fault>), StillOpen> {
        let mut making = Making {
            rule,
            progress: Progress::Fine,
            with_codes: false,
            pools: Vec::new(),
        };
        let mut made = pass(self, &mut making);
        if making.progress == Progress::Fine && !making.pools.is_empty() {
            let pools = std::mem::take(&mut making.pools);
            let mut open = false;
            for pool in &pools {
                let question = self.code(rule, pool);
                match self.desk.consult(question) {
                    Ok(Some(_)) => {}
                    Ok(None) => open = true,
                    Err(error) => return Ok((made, Some(Fault::unexpected(error)))),
                }
            }
            if open {
                return Err(StillOpen);
            }
            making.with_codes = true;
            made = pass(self, &mut making);
        }
        match making.progress {
            Progress::Fine => Ok((made, None)),
            Progress::Failed(fault) => Ok((made, Some(fault))),
            Progress::Open | Progress::Blocked => Err(StillOpen),
        }
    }

    /// Renders one text; `None` where it cannot be made, or not yet.
    pub(super) fn text(&mut self, making: &mut Making<'_>, id: TemplateId) -> Option<String> {
        let mut out = String::new();
        let mut needs = Vec::new();
        let rules = self.rules;
        if matches!(making.progress, Progress::Failed(_)) {
            // For the message of a failed send: only what depends on no question that need not have
            // been asked, so that the result is the same whatever is known ahead.
            let scope = self.settled_scope(making.rule);
            let rendered = render::render(
                &rules.programs,
                id,
                &scope,
                &|_| Known::Open,
                &rules.limits,
                &mut out,
                &mut needs,
            );
            return (rendered.is_ok() && needs.is_empty()).then_some(out);
        }
        let rendered = {
            let codes = |pool: &str| match making.with_codes {
                true => self.known_code(making.rule, pool),
                false => Known::Open,
            };
            render::render(
                &rules.programs,
                id,
                &self.scope,
                &codes,
                &rules.limits,
                &mut out,
                &mut needs,
            )
        };
        if let Err(failure) = rendered {
            let error = match &failure.unavailable {
                Some(Need::Code(pool)) => self.code_reason(making.rule, pool),
                Some(need) => self.desk.reason(need).into(),
                None => failure.message.into(),
            };
            making.fail(Fault {
                reason: failure.reason,
                error,
                fields: Vec::new(),
            });
            return None;
        }
        self.note(making, &needs);
        needs.is_empty().then_some(out)
    }

    /// Puts on the desk what is missing, and notes the pools whose codes are.
    fn note(&mut self, making: &mut Making<'_>, needs: &[Need]) {
        for need in needs {
            match need {
                Need::Code(pool) => {
                    if !making.pools.contains(pool) {
                        making.pools.push(pool.clone());
                    }
                }
                Need::Person | Need::Carrier => {
                    if making.open() {
                        self.ask(need);
                    }
                }
            }
        }
    }

    /// What a part may read, as things stand.
    pub(super) fn scope_for(&self, making: &Making<'_>) -> Scope<'a> {
        match making.progress {
            Progress::Failed(_) => self.settled_scope(making.rule),
            _ => self.scope,
        }
    }

    /// What is known for sure once the rule has accepted: the same whatever was looked up ahead.
    fn settled_scope(&self, rule: &Rule) -> Scope<'a> {
        let requires = |wanted: fn(&hir::Requirement) -> bool| rule.requirements.iter().any(wanted);
        let person = requires(|requirement| matches!(requirement, hir::Requirement::Person));
        let carrier = requires(|requirement| {
            matches!(
                requirement,
                hir::Requirement::CarrierSms | hir::Requirement::CarrierMms
            )
        });
        Scope {
            person: if person {
                self.scope.person
            } else {
                Known::Open
            },
            carrier: if carrier {
                self.scope.carrier
            } else {
                Known::Open
            },
            ..self.scope
        }
    }

    /// The same key for the same event, rule and pool, so that a host gives the same code again.
    fn code(&self, rule: &Rule, pool: &str) -> Question {
        Question::Code {
            pool: pool.into(),
            key: derived_id(&[
                Some("code"),
                self.rules.set.company.as_deref(),
                Some(self.event.id()),
                Some(&rule.name),
                Some(pool),
            ]),
        }
    }

    fn known_code(&self, rule: &Rule, pool: &str) -> Known<Option<String>> {
        match self.desk.answer(&self.code(rule, pool)) {
            None => Known::Open,
            Some(Answer::Code(code)) => Known::Value(Some(code.to_string())),
            Some(Answer::Unavailable(_)) => Known::Unavailable,
            Some(_) => Known::Value(None),
        }
    }

    fn code_reason(&self, rule: &Rule, pool: &str) -> Box<str> {
        match self.desk.answer(&self.code(rule, pool)) {
            Some(Answer::Unavailable(reason)) => reason.clone(),
            _ => Box::default(),
        }
    }

    pub(super) fn failure(&self, rule: &Rule, fault: Fault) -> Failure {
        let error = |field: Option<Box<str>>, error: Box<str>| FailureError {
            field,
            error,
            resource_url: self.rules.resource_url(rule),
            refusal: None,
        };
        let errors = if fault.fields.is_empty() {
            vec![error(None, fault.error)]
        } else {
            let of_field =
                |fault: &FieldError| error(Some(fault.field().into()), fault.error().into());
            fault.fields.iter().map(of_field).collect()
        };
        Failure {
            reason: fault.reason,
            errors,
        }
    }

    /// An action of the host's own.
    fn attempt_own(
        &mut self,
        acting: Acting<'_>,
        own: &hir::Do,
        position: Cow<'static, str>,
    ) -> Attempt {
        let rule = acting.rule;
        match self.wants(own.when.as_deref()) {
            Some(true) => {}
            Some(false) => return Attempt::Nothing,
            None => return Attempt::Open,
        }
        let made = self.make(rule, |turn, making| turn.object(making, &own.params));
        let Ok((mut params, mut fault)) = made else {
            return Attempt::Open;
        };
        if fault.is_none() && *own.name == *contact::SAVE {
            match Contact::from_params(&params, &self.rules.contacts) {
                Ok(contact) => params = contact.to_json().to_owned(),
                Err(fields) => fault = Some(Fault::of_contact(fields)),
            }
        }
        let params = (fault.is_none() && params != "{}").then(|| params.into());
        let (status, reason) = status_of(fault.as_ref(), None);
        Attempt::Result(ActionResult {
            id: ResultId::new(position),
            rule: Some(acting.texts),
            action: Action {
                kind: ActionKind::Custom(Custom {
                    name: own.name.clone(),
                    params,
                }),
                status,
                reason,
                origin: acting.origin.clone(),
                resource: None,
                failure: fault.map(|fault| self.failure(rule, fault)),
            },
            message: None,
        })
    }

    /// JSON text of the object that these entries make.
    pub(super) fn object(
        &mut self,
        making: &mut Making<'_>,
        entries: &[(Box<str>, Value)],
    ) -> String {
        let mut out = String::new();
        self.write_object(making, entries, &mut out);
        out
    }

    fn write_object(
        &mut self,
        making: &mut Making<'_>,
        entries: &[(Box<str>, Value)],
        out: &mut String,
    ) {
        let mut object = ObjectWriter::new(out);
        for (key, value) in entries {
            self.write_value(making, value, object.any_key(key));
        }
        object.end();
    }

    /// Recurses as deep as the rule nests the value, which is limited.
    fn write_value(&mut self, making: &mut Making<'_>, value: &Value, out: &mut String) {
        match value {
            Value::Literal(literal) => write_literal(literal, out),
            Value::Path(path) => self.write_path(making, path, out),
            Value::Template(id) => match self.text(making, *id) {
                Some(text) => write::push_string(out, &text),
                None => out.push_str("null"),
            },
            Value::List(values) => {
                write::write_list(out, values, |value, out| {
                    self.write_value(making, value, out);
                });
            }
            Value::Object(entries) => self.write_object(making, entries, out),
        }
    }

    fn write_path(&mut self, making: &mut Making<'_>, path: &Path, out: &mut String) {
        match self.scope.read(path, &[]) {
            Reading::Datum(datum) => write_datum(&datum, out),
            Reading::Open(need) => {
                self.note(making, &[need]);
                out.push_str("null");
            }
            Reading::Unavailable(need) => {
                making.fail(Fault::unexpected(self.desk.reason(&need)));
                out.push_str("null");
            }
        }
    }
}

/// Something has to be asked first, and was put on the desk.
pub(super) struct StillOpen;

impl Making<'_> {
    /// Notes a fault; of several the first counts.
    pub(super) fn fail(&mut self, fault: Fault) {
        match self.progress {
            Progress::Fine => self.progress = Progress::Failed(fault),
            Progress::Open => self.progress = Progress::Blocked,
            Progress::Blocked | Progress::Failed(_) => {}
        }
    }

    /// Notes that something is open; whether it is worth a question.
    pub(super) fn open(&mut self) -> bool {
        match self.progress {
            Progress::Fine | Progress::Open => {
                self.progress = Progress::Open;
                true
            }
            Progress::Blocked | Progress::Failed(_) => false,
        }
    }
}

/// The status of an action that failed or did not, with the reason of one that did not.
pub(super) const fn status_of(
    fault: Option<&Fault>,
    fine: Option<StatusReason>,
) -> (Status, Option<StatusReason>) {
    match fault {
        None => (Status::Processing, fine),
        Some(Fault {
            reason: FailureReason::UnexpectedError,
            ..
        }) => (Status::Failed, Some(StatusReason::UnexpectedError)),
        Some(_) => (Status::Failed, Some(StatusReason::EventMessageActionFailed)),
    }
}

fn write_literal(literal: &Literal, out: &mut String) {
    match literal {
        Literal::List(values) => write::write_list(out, values, write_literal),
        other => write_datum(&other.datum(), out),
    }
}

/// What is missing is null; numbers and what is inside lists and objects stay as spelled.
fn write_datum(datum: &Datum<'_>, out: &mut String) {
    match datum {
        Datum::Missing | Datum::Null => out.push_str("null"),
        Datum::Bool(true) => out.push_str("true"),
        Datum::Bool(false) => out.push_str("false"),
        Datum::Number(number) => out.push_str(number.text()),
        Datum::Text(text) => write::push_string(out, text),
        Datum::Time(time) => write::push_string(out, &time.to_string()),
        Datum::Node(value) => write::write_compact(out, value.raw()),
        Datum::List(values) => write::write_list(out, values, write_literal),
    }
}
