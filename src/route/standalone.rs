//! Renders one template for an event without a rule.

use crate::eval::scope::{Lookup, Need, Scope};
use crate::event::Event;
use crate::hir::TemplateId;
use crate::limits::Limits;
use crate::lookup::answer::Answers;
use crate::lookup::question::Question;
use crate::outcome::FailureReason;
use crate::outcome::result_id::derived_id;
use crate::render;
use crate::template::Programs;

use super::questions::QuestionQueue;

/// The reason why a template has no text, or not yet.
pub(crate) enum StandaloneError {
    Asks(Vec<Question>),
    Failed {
        reason: FailureReason,
        error: Box<str>,
    },
}

/// Renders a template and appends the text to `out`. On errors the appended text is unspecified.
pub(crate) fn render_template(
    programs: &Programs,
    id: TemplateId,
    limits: &Limits,
    event: &Event,
    answers: &Answers,
    out: &mut String,
) -> Result<(), StandaloneError> {
    if !programs.asks_nothing(id) {
        return render_with_answers(programs, id, limits, event, answers, out);
    }
    let scope = Scope {
        event,
        data: event.data(),
        now: answers.now(),
        person: Lookup::Pending,
        carrier: Lookup::Pending,
    };
    let codes = |_: &str| Lookup::Pending;
    render::render(programs, id, &scope, &codes, limits, out, &mut Vec::new()).map_err(|failure| {
        StandaloneError::Failed {
            reason: failure.reason,
            error: failure.message.into(),
        }
    })
}

fn render_with_answers(
    programs: &Programs,
    id: TemplateId,
    limits: &Limits,
    event: &Event,
    answers: &Answers,
    out: &mut String,
) -> Result<(), StandaloneError> {
    let mut queue = QuestionQueue::new(event, event.data(), answers, limits.questions);
    let scope = queue.scope();
    let code = |pool: &str| Question::Code {
        pool: pool.into(),
        key: derived_id(&[Some("code"), None, Some(event.id()), None, Some(pool)]),
    };
    let codes = |pool: &str| queue.code(&code(pool));
    let mut needs = Vec::new();
    render::render(programs, id, &scope, &codes, limits, out, &mut needs).map_err(|failure| {
        StandaloneError::Failed {
            reason: failure.reason,
            error: queue.render_error(&failure, code),
        }
    })?;
    for need in needs {
        match need {
            Need::Person => queue.ask_person(),
            Need::Carrier => queue.ask_carrier(),
            Need::Code(pool) => {
                queue
                    .answer_or_ask(code(&pool))
                    .map_err(|error| StandaloneError::Failed {
                        reason: FailureReason::UnexpectedError,
                        error: error.into(),
                    })?;
            }
        }
    }
    match queue.take_questions() {
        Some(questions) => Err(StandaloneError::Asks(questions)),
        None => Ok(()),
    }
}
