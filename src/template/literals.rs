//! Checks literal arguments against the parameters of helpers.

use super::expression::{Argument, ArgumentKind, TemplateError};
use super::helper::ParameterType;
use crate::diagnostic::Code;
use crate::number::Number;
use crate::time::{TimeZone, Timestamp};

/// The maximum number of decimals that a template may ask for.
pub(crate) const MOST_DECIMALS: u32 = 100;

/// Checks that a literal fits the parameter of a helper. Paths and calls are checked against declared
/// types later.
pub(super) fn literal_fits(argument: &Argument, wants: ParameterType) -> Result<(), TemplateError> {
    let error = |message: String| Err(TemplateError::arguments(argument.at.clone(), message));
    let text = match &argument.kind {
        ArgumentKind::Path(_) | ArgumentKind::Call(_) => {
            return match wants {
                ParameterType::Pool => {
                    error("the name of an incentive pool must be a string".to_owned())
                }
                _ => Ok(()),
            };
        }
        ArgumentKind::Text(text) => Some(&**text),
        _ => None,
    };
    let number = match &argument.kind {
        ArgumentKind::Number(text) => Number::parse(text),
        _ => None,
    };
    match (wants, text) {
        (ParameterType::Any, _) | (ParameterType::Text, Some(_)) => Ok(()),
        (ParameterType::Text, None) if matches!(argument.kind, ArgumentKind::Null) => {
            error("expected a string".to_owned())
        }
        (ParameterType::Text, None) => Ok(()),
        (ParameterType::Number, Some(text)) if Number::parse(text).is_some() => Ok(()),
        (ParameterType::Number, _) if number.is_some() => Ok(()),
        (ParameterType::Number, _) => error("expected a number".to_owned()),
        (ParameterType::Count, _) => match number.and_then(Number::to_i64) {
            Some(count) if (0..=i64::from(u32::MAX)).contains(&count) => Ok(()),
            _ => error("expected a whole number".to_owned()),
        },
        (ParameterType::Decimals, _) => match number.and_then(Number::to_i64) {
            Some(count) if (0..=i64::from(MOST_DECIMALS)).contains(&count) => Ok(()),
            _ => error(format!(
                "expected a number of decimals up to {MOST_DECIMALS}"
            )),
        },
        (ParameterType::List, _) => error("expected a list".to_owned()),
        (ParameterType::Length, Some(_)) => Ok(()),
        (ParameterType::Length, None) => error("expected a list or a string".to_owned()),
        (ParameterType::Time, Some(text)) if Timestamp::parse(text).is_some() => Ok(()),
        (ParameterType::Time, _) if number.and_then(Timestamp::from_epoch).is_some() => Ok(()),
        (ParameterType::Time, _) => error("expected a date".to_owned()),
        (ParameterType::Currency, Some(text)) if is_currency(text) => Ok(()),
        (ParameterType::Currency, _) => {
            error("expected a currency code of three capital letters".to_owned())
        }
        (ParameterType::DatePattern, Some(text)) => date_pattern(text).or_else(error),
        (ParameterType::DatePattern, None) => {
            error("expected a date pattern such as `%d %b`".to_owned())
        }
        (ParameterType::Zone, Some(text)) => match TimeZone::find(text) {
            Some(_) => Ok(()),
            None => Err(no_zone(argument, text)),
        },
        (ParameterType::Zone, None) => error("expected a time zone".to_owned()),
        (ParameterType::Pool, Some(text)) if !text.trim().is_empty() => Ok(()),
        (ParameterType::Pool, _) => error("expected the name of an incentive pool".to_owned()),
    }
}

fn no_zone(argument: &Argument, text: &str) -> TemplateError {
    let message = format!("there is no time zone `{text}`");
    let error = TemplateError::new(Code::UnknownZone, argument.at.clone(), message);
    let names = TimeZone::names();
    match crate::text::suggest::nearest(text, names.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// Checks a date pattern on one time; a pattern that can format one time can format all.
fn date_pattern(text: &str) -> Result<(), String> {
    match Timestamp::from_unix_seconds(0).map(|moment| moment.strftime(&TimeZone::UTC, text)) {
        Some(Err(invalid)) => Err(invalid.to_string()),
        _ => Ok(()),
    }
}

/// Returns whether `text` has the form of an ISO 4217 code: three capital letters.
pub(crate) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}
