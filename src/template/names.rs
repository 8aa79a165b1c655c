//! What the names of a template stand for: block parameters, roots, the fields of a context. Knows no
//! declared type.

use super::expression::{Flaw, Path, Start};
use super::program::{Base, Step};
use crate::diagnostic::Code;
use crate::event::path::Root;
use crate::event::recipient::RecipientKind;

/// The contexts open in one template, the innermost last, each with its block parameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    contexts: Vec<Vec<Box<str>>>,
}

impl Names {
    pub(super) fn open(&mut self, parameters: Vec<Box<str>>) {
        self.contexts.push(parameters);
    }

    pub(super) fn close(&mut self) {
        self.contexts.pop();
    }

    /// Resolves a path: the first name is a block parameter, a root, or a field of the context.
    pub(super) fn resolve(&self, path: &Path) -> Result<(Base, Box<[Step]>), Flaw> {
        let steps = |skip: usize| {
            let rest = path.steps.iter().skip(skip);
            rest.map(|step| Step::new(&step.name)).collect()
        };
        match path.start {
            Start::This => Ok((Base::Context(0), steps(0))),
            Start::Up(up) => Ok((Base::Context(up), steps(0))),
            Start::Root => Ok((Base::Root(Root::EventData), steps(0))),
            Start::Local(up) => Ok((local(path, up)?, Box::default())),
            Start::Bare => {
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

fn local(path: &Path, up: u16) -> Result<Base, Flaw> {
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
                Flaw::new(Code::UnknownMember, path.at.clone(), message),
                crate::text::suggest::nearest(name, known),
                "@",
            ))
        }
    }
}

/// What every event has beside its declared fields, for a path whose step `at` names nothing.
pub(super) fn near_root(path: &Path, at: usize) -> Option<&'static str> {
    if at > 0 || path.start != Start::Bare {
        return None;
    }
    let fields = RecipientKind::FIELDS.map(RecipientKind::name);
    let roots = ["event", "person", "carrier", "now"];
    crate::text::suggest::nearest(&path.steps.first()?.name, fields.into_iter().chain(roots))
}

/// The root that a path begins with, and how many of its names belong to it.
fn root(path: &Path, first: &str) -> Result<Option<(Root, usize)>, Flaw> {
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
            let message = "`debug_data` is carried through and cannot be read";
            return Err(Flaw::new(Code::DebugData, path.at.clone(), message)
                .help("what messages need belongs into event_data"));
        }
        _ => None,
    };
    if let Some((_, taken)) = found
        && let Some(step) = path.steps.get(taken)
    {
        let message = format!(
            "there is no `{}` inside a text, number or moment",
            step.name
        );
        return Err(
            Flaw::new(Code::UnknownMember, step.at.clone(), message).help(field_help(first))
        );
    }
    Ok(found)
}

fn recipient(path: &Path) -> Result<Root, Flaw> {
    let Some(step) = path.steps.get(2) else {
        return Err(Flaw::new(
            Code::UnknownMember,
            path.at.clone(),
            "`event.recipient` is no value of its own",
        )
        .help("write `event.recipient.mdn` or another kind of identifier"));
    };
    RecipientKind::from_name(&step.name)
        .map(Root::Recipient)
        .ok_or_else(|| {
            let message = format!("there is no recipient of the kind `{}`", step.name);
            near(
                Flaw::new(Code::UnknownRecipient, step.at.clone(), message),
                crate::text::suggest::nearest(
                    &step.name,
                    RecipientKind::ALL.map(RecipientKind::name),
                ),
                "event.recipient.",
            )
        })
}

fn member(path: &Path, root: &str, members: &[&'static str]) -> Flaw {
    let flaw = |at, message: String| Flaw::new(Code::UnknownMember, at, message);
    match path.steps.get(1) {
        Some(step) => {
            let message = format!("`{root}` has no `{}`", step.name);
            let nearest = crate::text::suggest::nearest(&step.name, members.iter().copied());
            match nearest {
                Some(_) => near(flaw(step.at.clone(), message), nearest, &format!("{root}.")),
                None => flaw(step.at.clone(), message).help(field_help(root)),
            }
        }
        None => {
            let written: Vec<String> = members
                .iter()
                .map(|name| format!("`{root}.{name}`"))
                .collect();
            let message = format!("`{root}` is no value of its own");
            flaw(path.at.clone(), message).help(format!(
                "write {}; {}",
                written.join(", "),
                field_help(root)
            ))
        }
    }
}

fn field_help(root: &str) -> String {
    format!("a field called `{root}` is `event_data.{root}`, or `this.{root}` inside a block")
}

fn near(flaw: Flaw, nearest: Option<&str>, before: &str) -> Flaw {
    match nearest {
        Some(name) => flaw.help(format!("did you mean `{before}{name}`?")),
        None => flaw,
    }
}
