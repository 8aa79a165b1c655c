//! Checks templates and their includes against the declared types of the events.

mod dates;
mod foreign_syntax;
mod foreign_warnings;
mod narrowing;
pub(super) mod sms_cost;
pub(super) mod value_type;

use std::ops::Range;

use self::foreign_warnings::ForeignSearch;
use self::narrowing::PresenceProof;
use self::sms_cost::FixedTexts;
use self::value_type::{ContextType, ValueKind, look, never_holds, printable, segments};
use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault};
use crate::event::path::Root;
use crate::hir::schema;
use crate::hir::schema::{Field, FieldType, Finding, Shape};
use crate::hir::{RuleSet, TemplateId, TemplatePart, TemplateSource, TypeId};
use crate::json::path::Segment;
use crate::template::expression::{
    Argument, ArgumentKind, Call, PathStart, TemplateError, WrittenPath,
};
use crate::template::helper;
use crate::template::helper::ParameterType;
use crate::template::includes::Expanded;
use crate::template::names::{TemplateNames, near_root};
use crate::template::parsed::{ParsedTemplate, fault, is_sms, place};
use crate::template::program::{Base, Helper, Mode, PathSegment};
use crate::template::tags::{Tag, TagKind, TemplatePiece};
use crate::text::span::Place;
use crate::text::suggest;
use crate::time::Timestamp;

/// Checks the templates of a rule set.
pub(super) struct TemplateChecker<'a> {
    rules: &'a RuleSet,
    sources: &'a [TemplateSource],
    declared: Table<TemplateId, &'a ParsedTemplate>,
    templates: Table<&'a str, TemplateId>,
    expanded: &'a Table<TemplateId, Expanded>,
    /// The diagnostics already reported for declared templates, which several rules may include.
    reported: Table<(Code, Place, Box<str>), ()>,
    foreign_search: ForeignSearch,
    /// Comparisons of fields declared as timestamps: the declared template (`None` for the template of
    /// the rule itself) and the start of the comparison.
    pub(super) times: Vec<(Option<TemplateId>, usize)>,
    /// Whether diagnostics of the current template will be shown.
    pub(super) shown: bool,
}

impl<'a> TemplateChecker<'a> {
    pub(super) fn new(
        rules: &'a RuleSet,
        sources: &'a [TemplateSource],
        declared: &'a [(TemplateId, ParsedTemplate)],
        expanded: &'a Table<TemplateId, Expanded>,
    ) -> Self {
        let mut check = Self {
            rules,
            sources,
            declared: Table::new(),
            templates: Table::new(),
            expanded,
            reported: Table::new(),
            foreign_search: ForeignSearch::new(),
            times: Vec::new(),
            shown: true,
        };
        for (id, parsed) in declared {
            check.declared.insert(*id, parsed);
            if let Some(crate::hir::TemplateOwner::Declaration { name }) =
                sources.get(id.0 as usize).map(|source| &source.owner)
                && !check.templates.contains(&**name)
            {
                check.templates.insert(name, *id);
            }
        }
        check
    }

    /// Checks the template of a rule. It and its includes have no errors.
    pub(super) fn template(
        &mut self,
        source: &TemplateSource,
        pieces: &[TemplatePiece],
        types: &[TypeId],
        part: TemplatePart,
        mode: Mode,
        faults: &mut Vec<Fault>,
    ) {
        let types: Vec<_> = types
            .iter()
            .filter_map(|id| {
                let event = self.rules.types.get(id.0 as usize)?;
                let fields = event.declaration.as_ref()?.fields.as_deref();
                Some((&*event.name, fields))
            })
            .collect();
        let root = CheckedContext {
            id: 0,
            each: false,
            alias: None,
            types: types
                .iter()
                .map(|(_, fields)| ContextType::Fields(*fields))
                .collect(),
        };
        let mut walk = TemplateWalk {
            check: self,
            mode,
            is_part: part != TemplatePart::Value,
            foreign_warnings: 0,
            types: types.iter().map(|(name, _)| *name).collect(),
            scopes: vec![root],
            next_scope: 1,
            proofs: Vec::new(),
            fixed: FixedTexts::default(),
            faults,
        };
        let text = CurrentTemplate {
            source,
            declared: None,
            include: None,
            fixed: true,
        };
        walk.pieces(pieces, &text);
        if is_sms(part) {
            walk.fixed.warn(source, walk.faults);
        }
    }
}

/// A context of the template.
#[derive(Clone, Debug)]
struct CheckedContext<'a> {
    /// Distinguishes the elements of different `each` blocks.
    id: usize,
    each: bool,
    /// The outer context and path that a `with` block stands for.
    alias: Option<(usize, Vec<PathSegment>)>,
    types: Vec<ContextType<'a>>,
}

/// The template being checked.
struct CurrentTemplate<'s> {
    source: &'s TemplateSource,
    /// Its id, if it is a declared template.
    declared: Option<TemplateId>,
    /// The place in the template of the rule that includes it.
    include: Option<Place>,
    /// Whether its fixed texts are rendered for every event.
    fixed: bool,
}

/// An open block.
struct OpenBlock {
    scope: bool,
    /// The number of proofs before the block.
    before: usize,
    /// The number of proofs before the current arm.
    proofs: usize,
    /// The proofs of the `{{else}}` arm.
    otherwise: Vec<PresenceProof>,
}

struct TemplateWalk<'w, 'a> {
    check: &'w mut TemplateChecker<'a>,
    mode: Mode,
    /// Whether the template is a part of a message, which the host does not process further.
    is_part: bool,
    /// The number of warnings about foreign syntax.
    foreign_warnings: usize,
    types: Vec<&'a str>,
    scopes: Vec<CheckedContext<'a>>,
    next_scope: usize,
    proofs: Vec<PresenceProof>,
    fixed: FixedTexts,
    faults: &'w mut Vec<Fault>,
}

impl<'a> TemplateWalk<'_, 'a> {
    /// Checks one template and recurses into its includes, whose depth is limited.
    fn pieces(&mut self, pieces: &[TemplatePiece], within: &CurrentTemplate<'_>) {
        let mut names = TemplateNames::default();
        let mut open: Vec<OpenBlock> = Vec::new();
        for piece in pieces {
            let tag = match piece {
                TemplatePiece::Text(text) => {
                    self.foreign_text(text, &names, within);
                    if within.fixed && open.is_empty() {
                        self.fixed.add(text, within.source, within.include);
                    }
                    continue;
                }
                TemplatePiece::Tag(tag) => tag,
            };
            match &tag.kind {
                TagKind::Comment => {}
                TagKind::Token { shown, raw } => self.token(tag, shown, *raw, &names, within),
                TagKind::Open(call) => {
                    let proofs = self.proofs.len();
                    open.push(OpenBlock {
                        scope: false,
                        before: proofs,
                        proofs,
                        otherwise: Vec::new(),
                    });
                    self.enter(call, &mut open, &mut names, within);
                }
                TagKind::Else => self.leave(&mut open, &mut names),
                TagKind::ElseOpen(call) => {
                    self.leave(&mut open, &mut names);
                    if let Some(block) = open.last_mut() {
                        block.proofs = self.proofs.len();
                    }
                    self.enter(call, &mut open, &mut names, within);
                }
                TagKind::Close { .. } => {
                    self.leave(&mut open, &mut names);
                    let kept = open.pop().map_or(0, |block| block.before);
                    self.proofs.truncate(kept);
                }
                TagKind::Partial { name, indented, .. } => {
                    self.partial(tag, name, *indented, within, open.is_empty());
                }
            }
        }
    }

    fn partial(
        &mut self,
        tag: &Tag,
        name: &str,
        indented: bool,
        within: &CurrentTemplate<'_>,
        outermost: bool,
    ) {
        if indented {
            let message = format!("the whitespace before `{name}` indents only its first line");
            self.report(
                TemplateError::new(Code::PartialIndent, tag.at.clone(), message).help(
                    "indent the lines inside the template, or remove the whitespace before the tag",
                ),
                within,
            );
        }
        let id = self.check.templates.value(name).copied();
        let Some(id) = id.filter(|id| {
            self.check
                .expanded
                .value(id)
                .is_some_and(|expanded| expanded.is_valid)
        }) else {
            return;
        };
        let parsed = self.check.declared.value(&id).copied();
        let source = self.check.sources.get(id.0 as usize);
        if let (Some(parsed), Some(source)) = (parsed, source) {
            let inner = CurrentTemplate {
                source,
                declared: Some(id),
                include: Some(
                    within
                        .include
                        .unwrap_or(place(within.source, tag.at.clone())),
                ),
                fixed: within.fixed && outermost,
            };
            self.pieces(&parsed.pieces, &inner);
        }
    }

    /// Begins an arm of a block.
    fn enter(
        &mut self,
        call: &Call,
        open: &mut [OpenBlock],
        names: &mut TemplateNames,
        within: &CurrentTemplate<'_>,
    ) {
        let Some(argument) = call.arguments.first() else {
            return;
        };
        let kind = self.argument(argument, ParameterType::Any, false, names, within);
        let mut holds = Vec::new();
        let mut fails = Vec::new();
        self.prove(argument, true, names, &mut holds);
        self.prove(argument, false, names, &mut fails);
        if &*call.name == "unless" {
            std::mem::swap(&mut holds, &mut fails);
        }
        let Some(block) = open.last_mut() else {
            return;
        };
        block.otherwise = fails;
        self.proofs.append(&mut holds);
        if !matches!(&*call.name, "each" | "with") {
            return;
        }
        if &*call.name == "each"
            && !matches!(kind, ValueKind::Any | ValueKind::List | ValueKind::Object)
        {
            let message = "`each` needs a list or an object";
            self.report(
                TemplateError::new(Code::NotAContainer, argument.at.clone(), message),
                within,
            );
        }
        let scope = self.scope(call, argument, names);
        self.scopes.push(scope);
        block.scope = true;
        names.open(
            call.parameters
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
        );
    }

    /// Ends an arm of a block and adds the proofs of its `{{else}}`.
    fn leave(&mut self, open: &mut [OpenBlock], names: &mut TemplateNames) {
        let Some(block) = open.last_mut() else {
            return;
        };
        if std::mem::take(&mut block.scope) {
            self.scopes.pop();
            names.close();
        }
        self.proofs.truncate(block.proofs);
        self.proofs.append(&mut block.otherwise);
    }

    /// Returns the context that an `each` or `with` block opens.
    fn scope(
        &mut self,
        call: &Call,
        argument: &Argument,
        names: &TemplateNames,
    ) -> CheckedContext<'a> {
        let id = self.next_scope;
        self.next_scope = id.saturating_add(1);
        let each = &*call.name == "each";
        let found = match &argument.kind {
            ArgumentKind::Path(path) => names
                .resolve(path)
                .ok()
                .and_then(|(base, steps)| self.locate(base, &steps)),
            _ => None,
        };
        let unknown = || self.types.iter().map(|_| ContextType::Unknown).collect();
        let Some((scope, steps)) = found else {
            return CheckedContext {
                id,
                each,
                alias: None,
                types: unknown(),
            };
        };
        if !each {
            return CheckedContext {
                id,
                each,
                alias: Some((scope, steps)),
                types: unknown(),
            };
        }
        let types = self.scopes.get(scope).map(|scope| scope.types.as_slice());
        let types =
            types
                .unwrap_or_default()
                .iter()
                .map(|at| match look(*at, &segments(*at, &steps)) {
                    Finding::Declared { ty, .. } => match &ty.shape {
                        Shape::List(element) => ContextType::Type(element),
                        _ => ContextType::Unknown,
                    },
                    _ => ContextType::Unknown,
                });
        CheckedContext {
            id,
            each,
            alias: None,
            types: types.collect(),
        }
    }

    /// Returns the context in which a path begins and the path from there, with `with` blocks resolved.
    fn locate(&self, base: Base, steps: &[PathSegment]) -> Option<(usize, Vec<PathSegment>)> {
        let mut at = match base {
            Base::Root(Root::EventData) => 0,
            Base::Context(up) => {
                let last = self.scopes.len().checked_sub(1)?;
                last.checked_sub(usize::from(up))?
            }
            _ => return None,
        };
        let mut steps = steps.to_vec();
        // A `with` block refers to an outer context, so the loop ends.
        while let Some((outer, before)) = self.scopes.get(at)?.alias.as_ref() {
            let mut whole = before.clone();
            whole.append(&mut steps);
            steps = whole;
            at = *outer;
        }
        Some((at, steps))
    }

    fn token(
        &mut self,
        tag: &Tag,
        shown: &Argument,
        raw: bool,
        names: &TemplateNames,
        within: &CurrentTemplate<'_>,
    ) {
        if raw && self.mode.escape {
            let message = "this token is not escaped: markup in the event becomes part of the html";
            self.report(
                TemplateError::new(Code::Unescaped, tag.at.clone(), message)
                    .help("use two braces to escape it"),
                within,
            );
        }
        let kind = self.argument(shown, ParameterType::Any, !self.mode.blank, names, within);
        let what = match kind {
            ValueKind::List => "a list",
            ValueKind::Object => "an object",
            _ => return,
        };
        let text = self.quoted(shown, within);
        let help = match (kind, &shown.kind) {
            (ValueKind::List, _) => {
                format!("use `{{{{#each {text}}}}}` or `{{{{join {text} \", \"}}}}`")
            }
            (_, ArgumentKind::Path(path)) => {
                let name = self.printable(path, names).unwrap_or("name");
                format!("write one of its fields, such as `{{{{{text}.{name}}}}}`")
            }
            _ => "write one of its fields".to_owned(),
        };
        let message = format!("`{text}` is {what}, not text");
        self.report(
            TemplateError::new(Code::TokenNotText, shown.at.clone(), message).help(help),
            within,
        );
    }

    /// Returns a declared scalar field of the object at a path.
    fn printable(&self, path: &WrittenPath, names: &TemplateNames) -> Option<&'a str> {
        let (base, steps) = names.resolve(path).ok()?;
        let (scope, steps) = self.locate(base, &steps)?;
        let mut types = self.scopes.get(scope)?.types.iter();
        types.find_map(|at| printable(*at, &steps))
    }

    /// Checks an argument. With `warns`, warns about a value that may be missing.
    fn argument(
        &mut self,
        argument: &Argument,
        wants: ParameterType,
        warns: bool,
        names: &TemplateNames,
        within: &CurrentTemplate<'_>,
    ) -> ValueKind {
        let kind = match &argument.kind {
            ArgumentKind::Path(path) => self.path(path, warns, names, within),
            ArgumentKind::Call(call) => self.call(call, warns, names, within),
            ArgumentKind::Text(text) => {
                if wants == ParameterType::DatePattern {
                    self.date_pattern(argument, text, within);
                }
                return ValueKind::Text;
            }
            ArgumentKind::Number(_) => return ValueKind::Number,
            ArgumentKind::Bool(_) => return ValueKind::Bool,
            ArgumentKind::Null => return ValueKind::Any,
        };
        let wanted = match (wants, kind) {
            (_, ValueKind::Any)
            | (ParameterType::Any, _)
            | (ParameterType::Number, ValueKind::Number | ValueKind::Text | ValueKind::Time)
            | (ParameterType::Count | ParameterType::Decimals, ValueKind::Number)
            | (ParameterType::List | ParameterType::Length, ValueKind::List)
            | (ParameterType::Length, ValueKind::Text | ValueKind::Time)
            | (ParameterType::Time, ValueKind::Time | ValueKind::Text | ValueKind::Number) => {
                return kind;
            }
            (
                ParameterType::Text
                | ParameterType::Currency
                | ParameterType::DatePattern
                | ParameterType::Zone
                | ParameterType::Pool,
                kind,
            ) => {
                if !matches!(kind, ValueKind::List | ValueKind::Object) {
                    return kind;
                }
                "text"
            }
            (ParameterType::Number | ParameterType::Count | ParameterType::Decimals, _) => {
                "a number"
            }
            (ParameterType::List, _) => "a list",
            (ParameterType::Length, _) => "a list or text",
            (ParameterType::Time, _) => "a date",
        };
        let text = self.quoted(argument, within);
        let message = format!("`{text}` is not {wanted}");
        self.report(
            TemplateError::arguments(argument.at.clone(), message),
            within,
        );
        kind
    }

    fn call(
        &mut self,
        call: &Call,
        warns: bool,
        names: &TemplateNames,
        within: &CurrentTemplate<'_>,
    ) -> ValueKind {
        let Some(signature) = helper::find(&call.name) else {
            return ValueKind::Any;
        };
        let mut kinds = Vec::with_capacity(call.arguments.len());
        for (index, argument) in call.arguments.iter().enumerate() {
            let wants = signature
                .arguments
                .get(index)
                .copied()
                .unwrap_or(ParameterType::Any);
            let covered = signature.helper == Helper::Default && index == 0;
            let warns = warns && !covered && !signature.helper.is_condition();
            kinds.push(self.argument(argument, wants, warns, names, within));
        }
        for option in &call.options {
            let wants = signature
                .options
                .iter()
                .find(|(name, _)| **name == *option.name)
                .map_or(ParameterType::Any, |(_, wants)| *wants);
            self.argument(&option.value, wants, warns, names, within);
        }
        if let (true, [left, right]) = (signature.helper.is_comparison(), kinds.as_slice()) {
            self.comparison(call, signature.helper, (*left, *right), within);
        }
        match signature.helper {
            helper if helper.is_condition() => ValueKind::Bool,
            Helper::Length => ValueKind::Number,
            Helper::Default => kinds.first().copied().unwrap_or(ValueKind::Any),
            _ => ValueKind::Text,
        }
    }

    fn comparison(
        &mut self,
        call: &Call,
        helper: Helper,
        (left, right): (ValueKind, ValueKind),
        within: &CurrentTemplate<'_>,
    ) {
        if never_holds(helper, left, right) {
            let (left, right) = (left.described(), right.described());
            let message = format!("this is never true: {left} is compared with {right}");
            self.report(
                TemplateError::new(Code::NeverHolds, call.at.clone(), message),
                within,
            );
        } else if left == ValueKind::Time || right == ValueKind::Time {
            self.check.times.push((within.declared, call.at.start));
            for argument in &call.arguments {
                if let ArgumentKind::Text(text) = &argument.kind
                    && Timestamp::parse(text).is_none()
                {
                    let message = "cannot compare this with a timestamp";
                    let error =
                        TemplateError::new(Code::InvalidTimestamp, argument.at.clone(), message);
                    self.report(
                        error.help("write a timestamp such as `2026-11-20T10:00:00Z`, or a date"),
                        within,
                    );
                }
            }
        }
    }

    fn path(
        &mut self,
        path: &WrittenPath,
        warns: bool,
        names: &TemplateNames,
        within: &CurrentTemplate<'_>,
    ) -> ValueKind {
        let Ok((base, steps)) = names.resolve(path) else {
            return ValueKind::Any;
        };
        match base {
            Base::Index(up) | Base::First(up) | Base::Last(up) | Base::Key(up) => {
                self.local(path, up, within);
                return match base {
                    Base::Index(_) => ValueKind::Number,
                    Base::Key(_) => ValueKind::Text,
                    _ => ValueKind::Bool,
                };
            }
            Base::Context(up) if usize::from(up) >= self.scopes.len() => {
                let message = "`../` goes past the root";
                let mut error = TemplateError::new(Code::PastRoot, path.at.clone(), message);
                if path.start == PathStart::Up(up) {
                    error = error.help("remove it: `if` and `unless` do not open a context");
                }
                self.report(error, within);
                return ValueKind::Any;
            }
            Base::Root(Root::EventData) | Base::Context(_) => {}
            Base::Root(Root::Person) if steps.is_empty() => return ValueKind::Object,
            Base::Root(Root::Now) => return ValueKind::Time,
            Base::Root(Root::CarrierSms | Root::CarrierMms) => return ValueKind::Bool,
            Base::Root(Root::EventId | Root::EventType | Root::Recipient(_)) => {
                return ValueKind::Text;
            }
            _ => return ValueKind::Any,
        }
        match self.locate(base, &steps) {
            // The event data itself.
            Some((0, steps)) if steps.is_empty() => ValueKind::Object,
            Some((scope, steps)) => self.field(path, scope, &steps, warns, within),
            None => ValueKind::Any,
        }
    }

    fn local(&mut self, path: &WrittenPath, up: u16, within: &CurrentTemplate<'_>) {
        let outer = self.scopes.len().saturating_sub(usize::from(up));
        if !self.scopes.iter().take(outer).any(|scope| scope.each) {
            let text = self.text(&path.at, within);
            let message = format!("`{text}` is available only inside `each`");
            self.report(TemplateError::unsupported(path.at.clone(), message), within);
        }
    }

    /// Looks up a path in every declared type.
    fn field(
        &mut self,
        path: &WrittenPath,
        scope: usize,
        steps: &[PathSegment],
        warns: bool,
        within: &CurrentTemplate<'_>,
    ) -> ValueKind {
        let Some(found) = self.scopes.get(scope) else {
            return ValueKind::Any;
        };
        let id = found.id;
        let findings: Vec<(Vec<Segment>, ContextType<'a>)> = found
            .types
            .iter()
            .map(|at| (segments(*at, steps), *at))
            .collect();
        let mut lacking_types: Vec<&'a str> = Vec::new();
        let mut unknown: Option<UndeclaredSegment<'a>> = None;
        let mut kind: Option<ValueKind> = None;
        let mut optional = false;
        for ((segments, at), name) in findings.iter().zip(self.types.clone()) {
            match look(*at, segments) {
                Finding::Declared { ty, optional: may } => {
                    let own = ValueKind::of(&ty.shape);
                    kind = Some(match kind {
                        Some(other) if other != own => ValueKind::Any,
                        _ => own,
                    });
                    optional |= may && !self.is_proven(id, steps, *at, segments);
                }
                Finding::Undeclared => kind = Some(ValueKind::Any),
                Finding::Unknown { at, fields } => {
                    lacking_types.push(name);
                    unknown.get_or_insert(UndeclaredSegment {
                        at,
                        fields,
                        inside: None,
                    });
                }
                Finding::NotAContainer { at, ty } => {
                    lacking_types.push(name);
                    unknown.get_or_insert(UndeclaredSegment {
                        at,
                        fields: &[],
                        inside: Some(ty),
                    });
                }
            }
        }
        if let Some(unknown) = unknown {
            let everywhere = lacking_types.len() == findings.len();
            self.report_undeclared(path, steps, &unknown, &lacking_types, everywhere, within);
        }
        if warns && optional {
            let text = self.text(&path.at, within).to_owned();
            let message = format!("`{text}` may be missing, which makes the send fail");
            let error = TemplateError::new(Code::OptionalToken, path.at.clone(), message);
            self.report(
                error.help(format!(
                    "write `{{{{default {text} \"…\"}}}}`, or put it inside `{{{{#if {text}}}}}`"
                )),
                within,
            );
        }
        kind.unwrap_or(ValueKind::Any)
    }

    /// Reports a field that some declared types lack.
    fn report_undeclared(
        &mut self,
        path: &WrittenPath,
        steps: &[PathSegment],
        unknown: &UndeclaredSegment<'_>,
        lacking_types: &[&str],
        everywhere: bool,
        within: &CurrentTemplate<'_>,
    ) {
        // A `with` block adds segments that are not in this path and were reported there.
        let from_end = steps.len().saturating_sub(unknown.at);
        let step = path.steps.len().checked_sub(from_end);
        let Some(at) = step
            .and_then(|step| path.steps.get(step))
            .map(|step| step.at.clone())
        else {
            return;
        };
        let name = steps.get(unknown.at).map_or("", |step| &step.name);
        let message = match unknown.inside {
            Some(ty) => format!("no `{name}` inside a `{ty}`"),
            None => format!("no field `{name}`"),
        };
        let code = match (everywhere, unknown.inside) {
            (false, _) => Code::FieldInSomeTypes,
            (true, None) => Code::TemplateField,
            (true, Some(_)) => Code::NotAContainer,
        };
        let error = TemplateError::new(
            code,
            at,
            format!("{message} in {}", lacking_types.join(", ")),
        );
        let is_seen = self.check.shown || within.include.is_some();
        let near = (everywhere && is_seen)
            .then(|| suggest::nearest(name, schema::names(unknown.fields)))
            .flatten();
        let near = near.or_else(|| near_root(path, unknown.at));
        let error = match near {
            Some(near) if everywhere => error.help(format!("did you mean `{near}`?")),
            _ => error,
        };
        self.report(error, within);
    }

    /// Returns an argument as written.
    fn quoted(&self, argument: &Argument, within: &CurrentTemplate<'_>) -> String {
        self.text(&argument.at, within).to_owned()
    }

    fn text<'t>(&self, at: &Range<usize>, within: &'t CurrentTemplate<'_>) -> &'t str {
        within.source.text.get(at.clone()).unwrap_or("")
    }

    fn report(&mut self, error: TemplateError, within: &CurrentTemplate<'_>) {
        let mut fault = fault(within.source, error);
        if let Some(include) = within.include {
            let key = (fault.code, fault.place, fault.message.clone().into());
            if self.check.reported.insert(key, ()).is_some() {
                return;
            }
            fault = fault.label(include, "included here");
        }
        self.faults.push(fault);
    }
}

/// A path segment that is not declared.
struct UndeclaredSegment<'a> {
    at: usize,
    /// The fields declared there.
    fields: &'a [Field],
    /// The type of the value before it, if that is neither an object nor a list.
    inside: Option<&'a FieldType>,
}
