//! A text for an event without a rule around it. Knows no message.

use crate::eval::scope::{Known, Need, Scope};
use crate::event::Event;
use crate::hir::TemplateId;
use crate::limits::Limits;
use crate::lookup::answer::{Answer, Answers};
use crate::lookup::question::Question;
use crate::outcome::FailureReason;
use crate::outcome::result_id::derived_id;
use crate::render;
use crate::template::Programs;

use super::questions::Desk;

/// Why there is no text, or not yet.
pub(crate) enum Unrendered {
    Asks(Vec<Question>),
    Failed {
        reason: FailureReason,
        error: Box<str>,
    },
}

/// Renders a template behind what `out` holds. What it leaves there is of no use where it fails.
pub(crate) fn render_alone(
    programs: &Programs,
    id: TemplateId,
    limits: &Limits,
    event: &Event,
    answers: &Answers,
    out: &mut String,
) -> Result<(), Unrendered> {
    if !programs.asks_nothing(id) {
        return render_asking(programs, id, limits, event, answers, out);
    }
    let scope = Scope {
        event,
        data: event.data(),
        now: answers.now(),
        person: Known::Open,
        carrier: Known::Open,
    };
    let codes = |_: &str| Known::Open;
    render::render(programs, id, &scope, &codes, limits, out, &mut Vec::new()).map_err(|failure| {
        Unrendered::Failed {
            reason: failure.reason,
            error: failure.message.into(),
        }
    })
}

/// As [`render_alone`], with what the host answered.
fn render_asking(
    programs: &Programs,
    id: TemplateId,
    limits: &Limits,
    event: &Event,
    answers: &Answers,
    out: &mut String,
) -> Result<(), Unrendered> {
    let mut desk = Desk::new(event, event.data(), answers, limits.questions);
    let scope = desk.scope();
    let code = |pool: &str| Question::Code {
        pool: pool.into(),
        key: derived_id(&[Some("code"), None, Some(event.id()), None, Some(pool)]),
    };
    let codes = |pool: &str| match answers.to(&code(pool)) {
        None => Known::Open,
        Some(Answer::Code(code)) => Known::Value(Some(code.to_string())),
        Some(Answer::Unavailable(_)) => Known::Unavailable,
        Some(_) => Known::Value(None),
    };
    let mut needs = Vec::new();
    let rendered = render::render(programs, id, &scope, &codes, limits, out, &mut needs);
    if let Err(failure) = rendered {
        let error = match &failure.unavailable {
            Some(Need::Code(pool)) => match answers.to(&code(pool)) {
                Some(Answer::Unavailable(reason)) => reason.clone(),
                _ => Box::default(),
            },
            Some(need) => desk.reason(need).into(),
            None => failure.message.into(),
        };
        let reason = failure.reason;
        return Err(Unrendered::Failed { reason, error });
    }
    for need in needs {
        match need {
            Need::Person => desk.ask_person(),
            Need::Carrier => desk.ask_carrier(),
            Need::Code(pool) => {
                desk.consult(code(&pool))
                    .map_err(|error| Unrendered::Failed {
                        reason: FailureReason::UnexpectedError,
                        error: error.into(),
                    })?;
            }
        }
    }
    match desk.questions() {
        Some(questions) => Err(Unrendered::Asks(questions)),
        None => Ok(()),
    }
}
