//! Actions of an accepted rule: alternatives, the host's own actions, and the values they pass on.

use std::borrow::Cow;

use crate::eval::scope::{Lookup, Need, PathValue, Scope};
use crate::event::contact;
use crate::event::contact::{Contact, FieldError};
use crate::event::path::Path;
use crate::hir;
use crate::hir::{Requirement, Rule, TemplateId, Value};
use crate::json::document::{Datum, Literal};
use crate::json::write;
use crate::json::write::ObjectWriter;
use crate::lookup::question::Question;
use crate::outcome::result_id::{ResultId, derived_id};
use crate::outcome::{
    Action, ActionKind, ActionResult, Custom, Failure, FailureError, FailureReason, Message,
    Status, StatusReason,
};
use crate::render;

use super::step_outcome::StepOutcome;
use super::{ActionContext, Round};

/// The outcome of one action.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every action has a result, which is moved on at once"
)]
pub(crate) enum ActionOutcome {
    /// The action's `when` is not true.
    LeftOut,
    /// The action depends on a question that is in the queue.
    Pending,
    Result(ActionResult),
}

/// The reason why an action fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ActionError {
    pub(super) reason: FailureReason,
    pub(super) error: Box<str>,
    /// Errors of a contact's fields; they replace `error`.
    pub(super) fields: Vec<FieldError>,
}

impl ActionError {
    pub(super) fn invalid(error: impl Into<Box<str>>) -> Self {
        Self::new(FailureReason::ValidationError, error)
    }

    pub(super) fn unexpected(error: impl Into<Box<str>>) -> Self {
        Self::new(FailureReason::UnexpectedError, error)
    }

    pub(super) fn new(reason: FailureReason, error: impl Into<Box<str>>) -> Self {
        Self {
            reason,
            error: error.into(),
            fields: Vec::new(),
        }
    }
}

/// Progress of building one action. Its parts are built in order, and the first one that fails decides
/// the failure, unless an earlier part is still pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BuildState {
    Ok,
    /// An earlier part may still fail. Later parts may ask questions all the same.
    Pending,
    /// As `Pending`, and a later part failed: no further question is worth asking.
    Blocked,
    Failed(ActionError),
}

/// Builds one action.
///
/// Codes are requested in a second pass, once the first has found nothing else missing. No code is
/// used up for a message that fails, and answers supplied early do not change the result.
pub(super) struct ActionBuilder<'r> {
    pub(super) rule: &'r Rule,
    pub(super) state: BuildState,
    with_codes: bool,
    /// Pools whose codes the first pass needs.
    pools: Vec<Box<str>>,
}

impl<'a> Round<'a, '_> {
    /// Carries out one action; `position` is its place in the rule. Recurses as deep as rules nest
    /// `first`, which is limited.
    pub(super) fn run_action(
        &mut self,
        context: ActionContext<'_>,
        action: &hir::Action,
        position: Cow<'static, str>,
    ) -> ActionOutcome {
        match action {
            hir::Action::Send(send) => self.run_send(context, send, position),
            hir::Action::Do(custom) => self.run_custom(context, custom, position),
            hir::Action::First(alternatives) => {
                let mut last = ActionOutcome::LeftOut;
                for (index, alternative) in alternatives.iter().enumerate() {
                    let position = format!("{position}.{index}").into();
                    match self.run_action(context, alternative, position) {
                        ActionOutcome::LeftOut => {}
                        // The next alternative counts only if this one fails.
                        ActionOutcome::Pending => return ActionOutcome::Pending,
                        ActionOutcome::Result(result) => {
                            let failed = result.action.status == Status::Failed;
                            last = ActionOutcome::Result(result);
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

    /// Returns whether the action certainly has a result.
    pub(super) fn has_result(&mut self, action: &hir::Action) -> bool {
        match action {
            hir::Action::Send(send) => self.unmet_condition(send.when.as_deref()).is_none(),
            hir::Action::Do(custom) => self.unmet_condition(custom.when.as_deref()).is_none(),
            hir::Action::First(alternatives) => alternatives.iter().any(|one| self.has_result(one)),
        }
    }

    /// Returns the outcome of an action whose `when` does not hold; `None` if it holds.
    pub(super) fn unmet_condition(&mut self, when: Option<&hir::Expr>) -> Option<ActionOutcome> {
        match self.evaluate(when?) {
            StepOutcome::Passed => None,
            StepOutcome::Pending => Some(ActionOutcome::Pending),
            _ => Some(ActionOutcome::LeftOut),
        }
    }

    /// Builds an action in its two passes; `None` if a question has to be answered first.
    pub(super) fn build<'r, T>(
        &mut self,
        rule: &'r Rule,
        mut pass: impl FnMut(&mut Self, &mut ActionBuilder<'r>) -> T,
    ) -> Option<(T, Option<ActionError>)> {
        let mut builder = ActionBuilder {
            rule,
            state: BuildState::Ok,
            with_codes: false,
            pools: Vec::new(),
        };
        let mut built = pass(self, &mut builder);
        // The first pass rendered codes as pending, so its parts are built again once the codes are known.
        if builder.state == BuildState::Ok && !builder.pools.is_empty() {
            let pools = std::mem::take(&mut builder.pools);
            let mut pending = false;
            for pool in &pools {
                let question = self.code_question(rule, pool);
                match self.queue.answer_or_ask(question) {
                    Ok(answer) => pending |= answer.is_none(),
                    Err(error) => return Some((built, Some(ActionError::unexpected(error)))),
                }
            }
            if pending {
                return None;
            }
            builder.with_codes = true;
            built = pass(self, &mut builder);
        }
        match builder.state {
            BuildState::Ok => Some((built, None)),
            BuildState::Failed(error) => Some((built, Some(error))),
            BuildState::Pending | BuildState::Blocked => None,
        }
    }

    /// Renders one template; `None` if that fails or is pending.
    pub(super) fn render_text(
        &mut self,
        builder: &mut ActionBuilder<'_>,
        id: TemplateId,
    ) -> Option<String> {
        let mut out = String::new();
        let mut needs = Vec::new();
        let rules = self.rules;
        let failed = matches!(builder.state, BuildState::Failed(_));
        let scope = self.scope_for(builder);
        let codes = |pool: &str| match builder.with_codes && !failed {
            true => self.queue.code(&self.code_question(builder.rule, pool)),
            false => Lookup::Pending,
        };
        let rendered = render::render(
            &rules.programs,
            id,
            &scope,
            &codes,
            &rules.limits,
            &mut out,
            &mut needs,
        );
        if failed {
            return (rendered.is_ok() && needs.is_empty()).then_some(out);
        }
        if let Err(failure) = rendered {
            let reason = failure.reason;
            let code = |pool: &str| self.code_question(builder.rule, pool);
            let error = self.queue.render_error(&failure, code);
            builder.fail(ActionError::new(reason, error));
            return None;
        }
        self.record_needs(builder, &needs);
        needs.is_empty().then_some(out)
    }

    /// Queues what is needed; codes are only noted for the second pass.
    fn record_needs(&mut self, builder: &mut ActionBuilder<'_>, needs: &[Need]) {
        for need in needs {
            match need {
                Need::Code(pool) => {
                    if !builder.pools.contains(pool) {
                        builder.pools.push(pool.clone());
                    }
                }
                Need::Person | Need::Carrier => {
                    if builder.defer() {
                        self.ask(need);
                    }
                }
            }
        }
    }

    /// Returns what the next part may read. Once the send has failed that is only what the rule required,
    /// so that the result does not depend on what else was looked up in advance.
    pub(super) fn scope_for(&self, builder: &ActionBuilder<'_>) -> Scope<'a> {
        if !matches!(builder.state, BuildState::Failed(_)) {
            return self.scope;
        }
        let mut scope = self.scope;
        if !builder.rule.requirements.contains(&Requirement::Person) {
            scope.person = Lookup::Pending;
        }
        if !requires_carrier(builder.rule) {
            scope.carrier = Lookup::Pending;
        }
        scope
    }

    /// The key is the same for the same event, rule and pool, so that the host returns the same code when
    /// it is asked again.
    fn code_question(&self, rule: &Rule, pool: &str) -> Question {
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

    /// Returns the result of an action, with `success` as the reason of its status unless it failed.
    #[inline]
    pub(super) fn result(
        &self,
        context: ActionContext<'_>,
        position: Cow<'static, str>,
        kind: ActionKind,
        error: Option<ActionError>,
        success: Option<StatusReason>,
        message: Option<Message>,
    ) -> ActionOutcome {
        let (status, reason) = match error.as_ref().map(|error| error.reason) {
            None => (Status::Processing, success),
            Some(FailureReason::UnexpectedError) => {
                (Status::Failed, Some(StatusReason::UnexpectedError))
            }
            Some(_) => (Status::Failed, Some(StatusReason::EventMessageActionFailed)),
        };
        ActionOutcome::Result(ActionResult {
            id: ResultId::new(position),
            rule: Some(context.texts),
            action: Action {
                kind,
                status,
                reason,
                context: context.origin.clone(),
                resource: None,
                failure: error.map(|error| self.failure(context.rule, error)),
            },
            message,
        })
    }

    fn failure(&self, rule: &Rule, failed: ActionError) -> Failure {
        let error = |field: Option<Box<str>>, error: Box<str>| FailureError {
            field,
            error,
            resource_url: self.rules.resource_url(rule),
            refusal: None,
        };
        let errors = if failed.fields.is_empty() {
            vec![error(None, failed.error)]
        } else {
            let fields = failed.fields.iter();
            fields
                .map(|field| error(Some(field.field().into()), field.error().into()))
                .collect()
        };
        Failure {
            reason: failed.reason,
            errors,
        }
    }

    fn run_custom(
        &mut self,
        context: ActionContext<'_>,
        custom: &hir::Do,
        position: Cow<'static, str>,
    ) -> ActionOutcome {
        if let Some(outcome) = self.unmet_condition(custom.when.as_deref()) {
            return outcome;
        }
        let built = self.build(context.rule, |round, builder| {
            round.object(builder, &custom.params)
        });
        let Some((mut params, mut error)) = built else {
            return ActionOutcome::Pending;
        };
        // The params of this one action are checked; those of others are up to the host.
        if error.is_none() && *custom.name == *contact::SAVE {
            match Contact::from_params(&params, &self.rules.contacts) {
                Ok(contact) => params = contact.to_json().to_owned(),
                Err(fields) => {
                    error = Some(ActionError {
                        fields,
                        ..ActionError::invalid("")
                    });
                }
            }
        }
        let kind = ActionKind::Custom(Custom {
            name: custom.name.clone(),
            params: (error.is_none() && params != "{}").then(|| params.into()),
        });
        self.result(context, position, kind, error, None, None)
    }

    /// Returns the JSON text of an object with these entries.
    pub(super) fn object(
        &mut self,
        builder: &mut ActionBuilder<'_>,
        entries: &[(Box<str>, Value)],
    ) -> String {
        let mut out = String::new();
        self.write_object(builder, entries, &mut out);
        out
    }

    fn write_object(
        &mut self,
        builder: &mut ActionBuilder<'_>,
        entries: &[(Box<str>, Value)],
        out: &mut String,
    ) {
        let mut object = ObjectWriter::new(out);
        for (key, value) in entries {
            self.write_value(builder, value, object.any_key(key));
        }
        object.end();
    }

    /// Recurses as deep as the rule nests the value, which is limited.
    fn write_value(&mut self, builder: &mut ActionBuilder<'_>, value: &Value, out: &mut String) {
        match value {
            Value::Literal(literal) => write_literal(literal, out),
            Value::Path(path) => self.write_path(builder, path, out),
            Value::Template(id) => match self.render_text(builder, *id) {
                Some(text) => write::push_string(out, &text),
                None => out.push_str("null"),
            },
            Value::List(values) => {
                write::write_list(out, values, |value, out| {
                    self.write_value(builder, value, out);
                });
            }
            Value::Object(entries) => self.write_object(builder, entries, out),
        }
    }

    fn write_path(&mut self, builder: &mut ActionBuilder<'_>, path: &Path, out: &mut String) {
        match self.scope.read(path, &[]) {
            PathValue::Datum(datum) => return write_datum(&datum, out),
            PathValue::Pending(need) => self.record_needs(builder, &[need]),
            PathValue::Unavailable(need) => {
                builder.fail(ActionError::unexpected(self.queue.reason(&need)));
            }
        }
        out.push_str("null");
    }
}

impl ActionBuilder<'_> {
    /// Records a failure; the first one counts.
    pub(super) fn fail(&mut self, error: ActionError) {
        match self.state {
            BuildState::Ok => self.state = BuildState::Failed(error),
            BuildState::Pending => self.state = BuildState::Blocked,
            BuildState::Blocked | BuildState::Failed(_) => {}
        }
    }

    /// Records that a part is pending. Returns whether its question is worth asking.
    pub(super) fn defer(&mut self) -> bool {
        match self.state {
            BuildState::Ok | BuildState::Pending => {
                self.state = BuildState::Pending;
                true
            }
            BuildState::Blocked | BuildState::Failed(_) => false,
        }
    }
}

pub(super) fn requires_carrier(rule: &Rule) -> bool {
    let mut requirements = rule.requirements.iter();
    requirements.any(|one| matches!(one, Requirement::CarrierSms | Requirement::CarrierMms))
}

fn write_literal(literal: &Literal, out: &mut String) {
    match literal {
        Literal::List(values) => write::write_list(out, values, write_literal),
        other => write_datum(&other.datum(), out),
    }
}

/// Writes a missing value as null; numbers and nested values keep their spelling.
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
