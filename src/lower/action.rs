//! Lowers actions: messages and their parts, host actions, and alternatives.

use std::sync::Arc;

use super::names::{Resolved, RuleScope, enumerate};
use super::operand::kinds_of_path;
use super::types::ValueKinds;
use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault};
use crate::event::contact;
use crate::hir::{
    Action, Do, Expr, Send, TemplateId, TemplateOwner, TemplatePart, TemplateSource, To, Value,
};
use crate::json::document::Literal;
use crate::outcome::message::{Channel, PartName};
use crate::syntax::ast;
use crate::text::span::Place;
use crate::text::suggest;
use crate::text::truncate::truncate;

/// Keys and values, in source order.
type Members = Box<[(Box<str>, Value)]>;

impl<'a> RuleScope<'a, '_, '_> {
    /// Returns `None` after reporting an error.
    pub(super) fn action(&mut self, action: &'a ast::Action, inside_first: bool) -> Option<Action> {
        match &action.kind {
            ast::ActionKind::Send {
                channel,
                parts,
                close,
            } => self.send(*channel, parts, *close).map(Action::Send),
            ast::ActionKind::Do { name, entries, .. } => self.act(name, entries).map(Action::Do),
            ast::ActionKind::First { actions, close } => {
                if inside_first {
                    self.report(
                        Fault::new(
                            Code::Unexpected,
                            self.site.place(action.at),
                            "`first` cannot contain another `first`",
                        )
                        .help("merge them into one `first`, with the actions in the order to try"),
                    );
                    return None;
                }
                if actions.is_empty() {
                    self.fault(Code::NotGiven, *close, "`first` has no action");
                    return None;
                }
                let actions: Vec<_> = actions
                    .iter()
                    .map(|action| self.action(action, true))
                    .collect();
                let actions = actions.into_iter().collect::<Option<_>>()?;
                Some(Action::First(actions))
            }
        }
    }

    fn send(
        &mut self,
        channel: Channel,
        parts: &'a [ast::MessagePart],
        close: ast::At,
    ) -> Option<Send> {
        let before = self.collector.errors();
        let mut send = Send {
            channel,
            when: None,
            to: None,
            parts: Box::default(),
            data: None,
            transactional: false,
        };
        let mut texts: Vec<(PartName, TemplateId)> = Vec::new();
        let mut seen: Vec<(&str, ast::At)> = Vec::new();
        for part in parts {
            let name = part_word(&part.kind);
            if !has_part(channel, name) {
                self.report(
                    Fault::new(
                        Code::UnknownKey,
                        self.site.place(part.at),
                        format!("{} has no `{name}`", a_message(channel)),
                    )
                    .help(format!("it has {}", enumerate(part_names(channel), "and"))),
                );
                // Its content is checked all the same.
            } else if let Some((_, first)) = seen.iter().find(|(seen, _)| *seen == name) {
                let first = self.site.place(*first);
                self.given_twice(name, part.at, first);
            }
            seen.push((name, part.at));
            match &part.kind {
                ast::MessagePartKind::When(expr) => send.when = self.condition(expr).map(Box::new),
                ast::MessagePartKind::To(to) => send.to = self.to(channel, to),
                ast::MessagePartKind::Text { name, text } => {
                    texts.push((
                        *name,
                        self.template(text, TemplatePart::Part(channel, *name)),
                    ));
                }
                ast::MessagePartKind::Data(pairs) => send.data = self.pairs(pairs),
                ast::MessagePartKind::Transactional(true) => send.transactional = true,
                ast::MessagePartKind::Transactional(false) => self.report(
                    Fault::new(
                        Code::WrongLiteral,
                        self.site.place(part.at),
                        "`transactional` can only be `true`",
                    )
                    .help("omit it for a message that is not transactional"),
                ),
            }
        }
        self.check_required(channel, &seen, close);
        if self.collector.errors() != before {
            return None;
        }
        texts.sort_by_key(|(name, _)| *name);
        send.parts = texts.into();
        Some(send)
    }

    fn check_required(&mut self, channel: Channel, seen: &[(&str, ast::At)], close: ast::At) {
        let has = |name: &str| seen.iter().any(|(seen, _)| *seen == name);
        let missing: &[&str] = match channel {
            Channel::Sms | Channel::Push if !has("body") => &["body"],
            Channel::Mms if !has("media") => &["media"],
            Channel::Email if !has("subject") => &["subject"],
            _ => &[],
        };
        for name in missing {
            let message = format!("{} needs a `{name}`", a_message(channel));
            self.fault(Code::NotGiven, close, message);
        }
        if channel == Channel::Email && !has("text") && !has("html") {
            self.fault(
                Code::NotGiven,
                close,
                "an email needs a `text`, an `html` or both",
            );
        }
    }

    pub(super) fn given_twice(&mut self, name: &str, at: ast::At, first: Place) {
        self.report(
            Fault::new(
                Code::GivenTwice,
                self.site.place(at),
                format!("`{name}` is given twice"),
            )
            .label(first, "first given here"),
        );
    }

    fn to(&mut self, channel: Channel, to: &'a ast::RecipientExpr) -> Option<To> {
        let path = match to {
            ast::RecipientExpr::Template(text) => {
                return Some(To::Template(self.template(text, TemplatePart::To(channel))));
            }
            ast::RecipientExpr::Path(path) => path,
        };
        match self.resolve(path)? {
            Resolved::Path(resolved, shapes) => {
                let kinds = kinds_of_path(&resolved, &shapes);
                if kinds.meets(ValueKinds::STRING.or(ValueKinds::NUMBER)) {
                    return Some(To::Path(resolved));
                }
                let words = self.site.quote(path.at);
                let message = format!("`to` expects a string, but `{words}` is {kinds}");
                self.fault(Code::NeverHolds, path.at, message);
            }
            Resolved::Constant { place, .. } => {
                self.report(
                    Fault::new(
                        Code::WrongLiteral,
                        self.site.place(path.at),
                        "`to` expects a field or a string, not a constant",
                    )
                    .label(place, "the constant"),
                );
            }
        }
        None
    }

    fn template(&mut self, text: &'a ast::StringLiteral, part: TemplatePart) -> TemplateId {
        self.collector.template(TemplateSource {
            text: text.value.clone(),
            place: self.site.place(text.at),
            literal: self.site.text(text.at).into(),
            owner: TemplateOwner::Rule {
                types: Arc::clone(&self.types),
                part,
                blank: self.blank,
            },
        })
    }

    fn act(&mut self, name: &'a ast::Name, entries: &'a [ast::DoEntry]) -> Option<Do> {
        let before = self.collector.errors();
        let mut when: Option<(ast::At, Option<Expr>)> = None;
        let mut pairs = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry {
                ast::DoEntry::Pair(pair) => pairs.push(pair),
                ast::DoEntry::When { at, expr } => {
                    if let Some((first, _)) = when {
                        let first = self.site.place(first);
                        self.given_twice("when", *at, first);
                    }
                    when = Some((*at, self.condition(expr)));
                }
            }
        }
        if *name.text == *contact::SAVE {
            for pair in &pairs {
                self.check_contact_key(&pair.key);
            }
        }
        let params = self.pairs(pairs);
        if self.collector.errors() != before {
            return None;
        }
        Some(Do {
            name: name.text.clone(),
            when: when.and_then(|(_, expr)| expr).map(Box::new),
            params: params?,
        })
    }

    fn check_contact_key(&mut self, key: &ast::Name) {
        if contact::KEYS.contains(&&*key.text) {
            return;
        }
        let near = suggest::nearest(&key.text, contact::KEYS);
        let mut fault = Fault::new(
            Code::UnknownKey,
            self.site.place(key.at),
            format!("`contact.save` has no `{}`", truncate(&key.text)),
        )
        .near(near);
        if near.is_none() {
            fault = fault.help(format!("it has {}", contact::KEYS.join(", ")));
        }
        self.report(fault);
    }

    fn pairs(&mut self, pairs: impl IntoIterator<Item = &'a ast::KeyValue>) -> Option<Members> {
        let mut seen: Table<&str, Place> = Table::new();
        let mut out = Some(Vec::new());
        for pair in pairs {
            let place = self.site.place(pair.key.at);
            match seen.value(&*pair.key.text) {
                Some(first) => {
                    let first = *first;
                    self.given_twice(&truncate(&pair.key.text), pair.key.at, first);
                }
                None => {
                    seen.insert(&pair.key.text, place);
                }
            }
            match (self.value(&pair.value), &mut out) {
                (Some(value), Some(out)) => out.push((pair.key.text.clone(), value)),
                _ => out = None,
            }
        }
        out.map(Into::into)
    }

    fn value(&mut self, value: &'a ast::ParamValue) -> Option<Value> {
        let literal = match &value.kind {
            ast::ParamValueKind::Null => Literal::Null,
            ast::ParamValueKind::Bool(yes) => Literal::Bool(*yes),
            ast::ParamValueKind::Number(text) => {
                super::declare::number(text, value.at, self.site, self.collector)?
            }
            ast::ParamValueKind::Text(text) => {
                if text.value.contains("{{") {
                    return Some(Value::Template(self.template(text, TemplatePart::Value)));
                }
                Literal::Text(text.value.clone())
            }
            ast::ParamValueKind::Path(path) => match self.resolve(path)? {
                Resolved::Path(path, _) => return Some(Value::Path(path)),
                Resolved::Constant { literal, .. } => literal.clone(),
            },
            ast::ParamValueKind::List(elements) => {
                let elements: Vec<_> = elements.iter().map(|element| self.value(element)).collect();
                let elements = elements.into_iter().collect::<Option<_>>()?;
                return Some(Value::List(elements));
            }
            ast::ParamValueKind::Object(pairs) => return self.pairs(pairs).map(Value::Object),
        };
        Some(Value::Literal(literal))
    }
}

const fn part_word(part: &ast::MessagePartKind) -> &'static str {
    match part {
        ast::MessagePartKind::When(_) => "when",
        ast::MessagePartKind::To(_) => "to",
        ast::MessagePartKind::Text { name, .. } => name.name(),
        ast::MessagePartKind::Data(_) => "data",
        ast::MessagePartKind::Transactional(_) => "transactional",
    }
}

const fn part_names(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Sms => &["`to`", "`body`"],
        Channel::Mms => &["`to`", "`media`", "`body`", "`subject`"],
        Channel::Push => &["`to`", "`title`", "`body`, `url`", "`data`"],
        Channel::Email => &["`to`", "`subject`", "`text`, `html`", "`transactional`"],
    }
}

fn has_part(channel: Channel, name: &str) -> bool {
    match channel {
        Channel::Sms => matches!(name, "when" | "to" | "body"),
        Channel::Mms => matches!(name, "when" | "to" | "media" | "body" | "subject"),
        Channel::Push => matches!(name, "when" | "to" | "title" | "body" | "url" | "data"),
        Channel::Email => {
            matches!(
                name,
                "when" | "to" | "subject" | "text" | "html" | "transactional"
            )
        }
    }
}

const fn a_message(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "an sms",
        Channel::Mms => "an mms",
        Channel::Push => "a push",
        Channel::Email => "an email",
    }
}
