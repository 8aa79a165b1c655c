//! Resolves the names in a template: block parameters, roots and the fields of the context.

use super::expression::{PathStart, TemplateError, WrittenPath};
use super::program::{Base, PathSegment};
use crate::diagnostic::Code;
use crate::event::path::Root;
use crate::event::recipient::RecipientKind;

/// The open contexts of a template with their block parameters, innermost last.
#[derive(Clone, Debug, Default)]
pub(super) struct TemplateNames {
    contexts: Vec<Vec<Box<str>>>,
}

impl TemplateNames {
    pub(super) fn open(&mut self, parameters: Vec<Box<str>>) {
        self.contexts.push(parameters);
    }

    pub(super) fn close(&mut self) {
        self.contexts.pop();
    }

    /// Resolves a path. Its first name is a block parameter, a root or a field of the context.
    pub(super) fn resolve(
        &self,
        path: &WrittenPath,
    ) -> Result<(Base, Box<[PathSegment]>), TemplateError> {
        let steps = |skip: usize| {
            let rest = path.steps.iter().skip(skip);
            rest.map(|step| PathSegment::new(&step.name)).collect()
        };
        match path.start {
            PathStart::This => Ok((Base::Context(0), steps(0))),
            PathStart::Up(up) => Ok((Base::Context(up), steps(0))),
            PathStart::Root => Ok((Base::Root(Root::EventData), steps(0))),
            PathStart::Local(up) => Ok((local(path, up)?, Box::default())),
            PathStart::Bare => {
                let first = path.steps.first().map_or("", |step| &step.name);
                if let Some(parameter) = self.parameter(first) {
                    return Ok((parameter, steps(1)));
                }
                match root(path, first)? {
                    Some((root, taken)) => Ok((Base::Root(root), steps(taken))),
                    None => Ok((Base::Context(0), steps(0))),
                }
            }
        }
    }

    fn parameter(&self, name: &str) -> Option<Base> {
        let contexts = self.contexts.iter().rev().zip(0_u16..);
        contexts
            .filter_map(|(parameters, up)| {
                match parameters
                    .iter()
                    .position(|parameter| **parameter == *name)?
                {
                    0 => Some(Base::Context(up)),
                    _ => Some(Base::Position(up)),
                }
            })
            .next()
    }
}

fn local(path: &WrittenPath, up: u16) -> Result<Base, TemplateError> {
    let name = path.steps.first().map_or("", |step| &step.name);
    match name {
        "index" => Ok(Base::Index(up)),
        "first" => Ok(Base::First(up)),
        "last" => Ok(Base::Last(up)),
        "key" => Ok(Base::Key(up)),
        _ => {
            let known = ["index", "first", "last", "key", "root"];
            let message = format!("there is no `@{name}`");
            Err(near(
                TemplateError::new(Code::UnknownMember, path.at.clone(), message),
                crate::text::suggest::nearest(name, known),
                "@",
            ))
        }
    }
}

/// Suggests a root or recipient field for a path whose segment `at` is unknown.
pub(super) fn near_root(path: &WrittenPath, at: usize) -> Option<&'static str> {
    if at > 0 || path.start != PathStart::Bare {
        return None;
    }
    let fields = RecipientKind::FIELDS.map(RecipientKind::name);
    let roots = ["event", "person", "carrier", "now"];
    crate::text::suggest::nearest(&path.steps.first()?.name, fields.into_iter().chain(roots))
}

/// Returns the root at the start of a path and the number of names that it uses.
fn root(path: &WrittenPath, first: &str) -> Result<Option<(Root, usize)>, TemplateError> {
    let second = path.steps.get(1).map(|step| &*step.name);
    let found = match (first, second) {
        ("event_data", _) => return Ok(Some((Root::EventData, 1))),
        ("person", _) => return Ok(Some((Root::Person, 1))),
        ("now", _) => Some((Root::Now, 1)),
        ("event", Some("id")) => Some((Root::EventId, 2)),
        ("event", Some("type")) => Some((Root::EventType, 2)),
        ("event", Some("recipient")) => Some((recipient(path)?, 3)),
        ("carrier", Some("sms")) => Some((Root::CarrierSms, 2)),
        ("carrier", Some("mms")) => Some((Root::CarrierMms, 2)),
        ("event", _) => return Err(member(path, "event", &["id", "type", "recipient"])),
        ("carrier", _) => return Err(member(path, "carrier", &["sms", "mms"])),
        ("debug_data", _) => {
            let message = "`debug_data` is passed through and cannot be read";
            return Err(
                TemplateError::new(Code::DebugData, path.at.clone(), message)
                    .help("put what messages need into `event_data`"),
            );
        }
        _ => None,
    };
    if let Some((_, taken)) = found
        && let Some(step) = path.steps.get(taken)
    {
        let message = format!("there is no `{}` in a string, number or time", step.name);
        return Err(
            TemplateError::new(Code::UnknownMember, step.at.clone(), message)
                .help(field_help(first)),
        );
    }
    Ok(found)
}

fn recipient(path: &WrittenPath) -> Result<Root, TemplateError> {
    let Some(step) = path.steps.get(2) else {
        return Err(TemplateError::new(
            Code::UnknownMember,
            path.at.clone(),
            "`event.recipient` is not a value",
        )
        .help("write `event.recipient.mdn` or another recipient field"));
    };
    RecipientKind::from_name(&step.name)
        .map(Root::Recipient)
        .ok_or_else(|| {
            let message = format!("there is no kind of recipient `{}`", step.name);
            near(
                TemplateError::new(Code::UnknownRecipient, step.at.clone(), message),
                crate::text::suggest::nearest(
                    &step.name,
                    RecipientKind::ALL.map(RecipientKind::name),
                ),
                "event.recipient.",
            )
        })
}

fn member(path: &WrittenPath, root: &str, members: &[&'static str]) -> TemplateError {
    let error = |at, message: String| TemplateError::new(Code::UnknownMember, at, message);
    match path.steps.get(1) {
        Some(step) => {
            let message = format!("`{root}` has no `{}`", step.name);
            let nearest = crate::text::suggest::nearest(&step.name, members.iter().copied());
            match nearest {
                Some(_) => near(
                    error(step.at.clone(), message),
                    nearest,
                    &format!("{root}."),
                ),
                None => error(step.at.clone(), message).help(field_help(root)),
            }
        }
        None => {
            let written: Vec<String> = members
                .iter()
                .map(|name| format!("`{root}.{name}`"))
                .collect();
            let message = format!("`{root}` is not a value");
            error(path.at.clone(), message).help(format!(
                "write {}; {}",
                written.join(", "),
                field_help(root)
            ))
        }
    }
}

fn field_help(root: &str) -> String {
    format!(
        "for a field named `{root}`, write `event_data.{root}`, or `this.{root}` inside a block"
    )
}

fn near(error: TemplateError, nearest: Option<&str>, before: &str) -> TemplateError {
    match nearest {
        Some(name) => error.help(format!("did you mean `{before}{name}`?")),
        None => error,
    }
}
