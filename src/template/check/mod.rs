//! Templates against the declared types of the events they are rendered for, with everything included.
//! Makes no program.

mod dates;
mod foreign_syntax;
mod foreign_warnings;
mod narrowing;
pub(super) mod sms_cost;
pub(super) mod value_type;

use std::ops::Range;

use self::foreign_warnings::Slips;
use self::narrowing::Proof;
use self::sms_cost::Fixed;
use self::value_type::{At, Sort, look, never_holds, printable, segments};
use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault};
use crate::event::path::Root;
use crate::hir::schema;
use crate::hir::schema::{Field, FieldType, Finding, Shape};
use crate::hir::{RuleSet, TemplateId, TemplatePart, TemplateSource, TypeId};
use crate::json::path::Segment;
use crate::template::expression::{Argument, ArgumentKind, Call, Flaw, Path, Start};
use crate::template::helper;
use crate::template::helper::Wants;
use crate::template::includes::Whole;
use crate::template::names::{Names, near_root};
use crate::template::parsed::{Parsed, fault, is_sms, place};
use crate::template::program::{Base, Helper, Mode, Step};
use crate::template::tags::{Kind, Piece, Tag};
use crate::text::span::Place;
use crate::text::suggest;
use crate::time::Timestamp;

/// What all templates of a rule set are checked against.
pub(super) struct Check<'a> {
    rules: &'a RuleSet,
    sources: &'a [TemplateSource],
    declared: Table<TemplateId, &'a Parsed>,
    templates: Table<&'a str, TemplateId>,
    wholes: &'a Table<TemplateId, Whole>,
    /// What was told of declared templates: rules alike find the same in them.
    told: Table<(Code, Place, Box<str>), ()>,
    slips: Slips,
    /// Comparisons of fields declared as timestamps: where they begin, in which declared template or
    /// else in the rule's own.
    pub(super) times: Vec<(Option<TemplateId>, usize)>,
    /// Whether what is found in a rule's own template is shown to anybody.
    pub(super) shown: bool,
}

impl<'a> Check<'a> {
    pub(super) fn new(
        rules: &'a RuleSet,
        sources: &'a [TemplateSource],
        declared: &'a [(TemplateId, Parsed)],
        wholes: &'a Table<TemplateId, Whole>,
    ) -> Self {
        let mut check = Self {
            rules,
            sources,
            declared: Table::new(),
            templates: Table::new(),
            wholes,
            told: Table::new(),
            slips: Slips::new(),
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

    /// Checks a rule's template, which is sound, as are those it includes.
    pub(super) fn template(
        &mut self,
        source: &TemplateSource,
        pieces: &[Piece],
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
        let root = Scope {
            id: 0,
            each: false,
            alias: None,
            types: types
                .iter()
                .map(|(_, fields)| At::Fields(*fields))
                .collect(),
        };
        let mut walk = Walk {
            check: self,
            mode,
            is_part: part != TemplatePart::Value,
            slips: 0,
            types: types.iter().map(|(name, _)| *name).collect(),
            scopes: vec![root],
            next_scope: 1,
            proofs: Vec::new(),
            fixed: Fixed::default(),
            faults,
        };
        let text = Within {
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

/// A context.
#[derive(Clone, Debug)]
struct Scope<'a> {
    /// Tells the elements of one `each` from those of another.
    id: usize,
    each: bool,
    /// A `with` on a path: the scope and the path there.
    alias: Option<(usize, Vec<Step>)>,
    types: Vec<At<'a>>,
}

/// The template that is walked through.
struct Within<'s> {
    source: &'s TemplateSource,
    /// Which of the declared templates it is.
    declared: Option<TemplateId>,
    /// Where the rule's own template includes it.
    include: Option<Place>,
    /// Whether its texts are rendered whatever the event.
    fixed: bool,
}

/// An open block.
struct Open {
    scope: bool,
    /// How many proofs there were before the block.
    before: usize,
    /// How many there were before the part of it that is open.
    proofs: usize,
    /// What holds in the `{{else}}`.
    otherwise: Vec<Proof>,
}

struct Walk<'w, 'a> {
    check: &'w mut Check<'a>,
    mode: Mode,
    /// Whether it is a part of a message, which nobody replaces anything in.
    is_part: bool,
    /// How many placeholders of other programs were told.
    slips: usize,
    types: Vec<&'a str>,
    scopes: Vec<Scope<'a>>,
    next_scope: usize,
    proofs: Vec<Proof>,
    fixed: Fixed,
    faults: &'w mut Vec<Fault>,
}

impl<'a> Walk<'_, 'a> {
    /// Walks one template; recurses into those it includes, which are at most so many deep as blocks
    /// may be.
    fn pieces(&mut self, pieces: &[Piece], within: &Within<'_>) {
        let mut names = Names::default();
        let mut open: Vec<Open> = Vec::new();
        for piece in pieces {
            let tag = match piece {
                Piece::Text(text) => {
                    self.text_of_others(text, &names, within);
                    if within.fixed && open.is_empty() {
                        self.fixed.add(text, within.source, within.include);
                    }
                    continue;
                }
                Piece::Tag(tag) => tag,
            };
            match &tag.kind {
                Kind::Comment => {}
                Kind::Token { shown, raw } => self.token(tag, shown, *raw, &names, within),
                Kind::Open(call) => {
                    let proofs = self.proofs.len();
                    open.push(Open {
                        scope: false,
                        before: proofs,
                        proofs,
                        otherwise: Vec::new(),
                    });
                    self.enter(call, &mut open, &mut names, within);
                }
                Kind::Else => self.leave(&mut open, &mut names),
                Kind::ElseOpen(call) => {
                    self.leave(&mut open, &mut names);
                    if let Some(block) = open.last_mut() {
                        block.proofs = self.proofs.len();
                    }
                    self.enter(call, &mut open, &mut names, within);
                }
                Kind::Close { .. } => {
                    self.leave(&mut open, &mut names);
                    let kept = open.pop().map_or(0, |block| block.before);
                    self.proofs.truncate(kept);
                }
                Kind::Partial { name, indented, .. } => {
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
        within: &Within<'_>,
        outermost: bool,
    ) {
        if indented {
            let message =
                format!("the lines of `{name}` are not indented by what stands before it");
            self.tell(
                Flaw::new(Code::PartialIndent, tag.at.clone(), message)
                    .help("put the blanks into the template, or none before it"),
                within,
            );
        }
        let id = self.check.templates.value(name).copied();
        let Some(id) = id.filter(|id| self.check.wholes.value(id).is_some_and(|w| w.sound)) else {
            return;
        };
        let parsed = self.check.declared.value(&id).copied();
        let source = self.check.sources.get(id.0 as usize);
        if let (Some(parsed), Some(source)) = (parsed, source) {
            let inner = Within {
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

    /// Begins a part of a block.
    fn enter(&mut self, call: &Call, open: &mut [Open], names: &mut Names, within: &Within<'_>) {
        let Some(argument) = call.arguments.first() else {
            return;
        };
        let sort = self.argument(argument, Wants::Any, false, names, within);
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
        if &*call.name == "each" && !matches!(sort, Sort::Any | Sort::List | Sort::Object) {
            let message = "`each` goes through a list or an object, and this is neither";
            self.tell(
                Flaw::new(Code::NotAContainer, argument.at.clone(), message),
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

    /// Ends a part of a block; what holds behind its `{{else}}` is then known.
    fn leave(&mut self, open: &mut [Open], names: &mut Names) {
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

    /// The context that `each` or `with` makes of its argument.
    fn scope(&mut self, call: &Call, argument: &Argument, names: &Names) -> Scope<'a> {
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
        let unknown = || self.types.iter().map(|_| At::Unknown).collect();
        let Some((scope, steps)) = found else {
            return Scope {
                id,
                each,
                alias: None,
                types: unknown(),
            };
        };
        if !each {
            return Scope {
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
                        Shape::List(element) => At::Type(element),
                        _ => At::Unknown,
                    },
                    _ => At::Unknown,
                });
        Scope {
            id,
            each,
            alias: None,
            types: types.collect(),
        }
    }

    /// The scope that a path begins in and the path from there, a `with` taken for its path.
    fn locate(&self, base: Base, steps: &[Step]) -> Option<(usize, Vec<Step>)> {
        let mut at = match base {
            Base::Root(Root::EventData) => 0,
            Base::Context(up) => {
                let last = self.scopes.len().checked_sub(1)?;
                last.checked_sub(usize::from(up))?
            }
            _ => return None,
        };
        let mut steps = steps.to_vec();
        // A `with` names an outer scope, so this comes to an end.
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
        names: &Names,
        within: &Within<'_>,
    ) {
        if raw && self.mode.escape {
            let message =
                "this token goes into html as it is, with whatever markup the event holds";
            self.tell(
                Flaw::new(Code::Unescaped, tag.at.clone(), message)
                    .help("write it in two braces, and it is escaped"),
                within,
            );
        }
        let sort = self.argument(shown, Wants::Any, !self.mode.blank, names, within);
        let what = match sort {
            Sort::List => "a list",
            Sort::Object => "an object",
            _ => return,
        };
        let text = self.quoted(shown, within);
        let help = match (sort, &shown.kind) {
            (Sort::List, _) => format!(
                "go through it with `{{{{#each {text}}}}}`, or write `{{{{join {text} \", \"}}}}`"
            ),
            (_, ArgumentKind::Path(path)) => {
                let name = self.printable(path, names).unwrap_or("name");
                format!("write a field of it, like `{{{{{text}.{name}}}}}`")
            }
            _ => "write a field of it".to_owned(),
        };
        let message = format!("`{text}` is {what}, not a text");
        self.tell(
            Flaw::new(Code::TokenNotText, shown.at.clone(), message).help(help),
            within,
        );
    }

    /// A field that can be written of the object that a path names, where one is declared.
    fn printable(&self, path: &Path, names: &Names) -> Option<&'a str> {
        let (base, steps) = names.resolve(path).ok()?;
        let (scope, steps) = self.locate(base, &steps)?;
        let mut types = self.scopes.get(scope)?.types.iter();
        types.find_map(|at| printable(*at, &steps))
    }

    /// Checks an argument; `warns`: a missing value would fail the send.
    fn argument(
        &mut self,
        argument: &Argument,
        wants: Wants,
        warns: bool,
        names: &Names,
        within: &Within<'_>,
    ) -> Sort {
        let sort = match &argument.kind {
            ArgumentKind::Path(path) => self.path(path, warns, names, within),
            ArgumentKind::Call(call) => self.call(call, warns, names, within),
            ArgumentKind::Text(text) => {
                if wants == Wants::DatePattern {
                    self.date_pattern(argument, text, within);
                }
                return Sort::Text;
            }
            ArgumentKind::Number(_) => return Sort::Number,
            ArgumentKind::Bool(_) => return Sort::Bool,
            ArgumentKind::Null => return Sort::Any,
        };
        let wanted = match (wants, sort) {
            (_, Sort::Any)
            | (Wants::Any, _)
            | (Wants::Number, Sort::Number | Sort::Text | Sort::Time)
            | (Wants::Count | Wants::Decimals, Sort::Number)
            | (Wants::List | Wants::Length, Sort::List)
            | (Wants::Length, Sort::Text | Sort::Time)
            | (Wants::Time, Sort::Time | Sort::Text | Sort::Number) => return sort,
            (
                Wants::Text | Wants::Currency | Wants::DatePattern | Wants::Zone | Wants::Pool,
                sort,
            ) => {
                if !matches!(sort, Sort::List | Sort::Object) {
                    return sort;
                }
                "a text"
            }
            (Wants::Number | Wants::Count | Wants::Decimals, _) => "a number",
            (Wants::List, _) => "a list",
            (Wants::Length, _) => "a list or a text",
            (Wants::Time, _) => "a date",
        };
        let text = self.quoted(argument, within);
        let message = format!("`{text}` is not {wanted}");
        self.tell(
            Flaw::new(Code::HelperArguments, argument.at.clone(), message),
            within,
        );
        sort
    }

    fn call(&mut self, call: &Call, warns: bool, names: &Names, within: &Within<'_>) -> Sort {
        let Some(signature) = helper::find(&call.name) else {
            return Sort::Any;
        };
        let mut sorts = Vec::with_capacity(call.arguments.len());
        for (index, argument) in call.arguments.iter().enumerate() {
            let wants = signature
                .arguments
                .get(index)
                .copied()
                .unwrap_or(Wants::Any);
            let covered = signature.helper == Helper::Default && index == 0;
            let warns = warns && !covered && !signature.helper.is_condition();
            sorts.push(self.argument(argument, wants, warns, names, within));
        }
        for option in &call.options {
            let wants = signature
                .options
                .iter()
                .find(|(name, _)| **name == *option.name)
                .map_or(Wants::Any, |(_, wants)| *wants);
            self.argument(&option.value, wants, warns, names, within);
        }
        if let (true, [left, right]) = (signature.helper.is_comparison(), sorts.as_slice()) {
            self.comparison(call, signature.helper, (*left, *right), within);
        }
        match signature.helper {
            helper if helper.is_condition() => Sort::Bool,
            Helper::Length => Sort::Number,
            Helper::Default => sorts.first().copied().unwrap_or(Sort::Any),
            _ => Sort::Text,
        }
    }

    fn comparison(
        &mut self,
        call: &Call,
        helper: Helper,
        (left, right): (Sort, Sort),
        within: &Within<'_>,
    ) {
        if never_holds(helper, left, right) {
            let (left, right) = (left.described(), right.described());
            let message = format!("this never holds: {left} with {right}");
            self.tell(
                Flaw::new(Code::NeverHolds, call.at.clone(), message),
                within,
            );
        } else if left == Sort::Time || right == Sort::Time {
            self.check.times.push((within.declared, call.at.start));
            for argument in &call.arguments {
                if let ArgumentKind::Text(text) = &argument.kind
                    && Timestamp::parse(text).is_none()
                {
                    let message = "this is compared with a timestamp, and is none";
                    let flaw = Flaw::new(Code::InvalidTimestamp, argument.at.clone(), message);
                    self.tell(
                        flaw.help("write `2026-11-20T10:00:00Z`, or a date alone"),
                        within,
                    );
                }
            }
        }
    }

    fn path(&mut self, path: &Path, warns: bool, names: &Names, within: &Within<'_>) -> Sort {
        let Ok((base, steps)) = names.resolve(path) else {
            return Sort::Any;
        };
        match base {
            Base::Index(up) | Base::First(up) | Base::Last(up) | Base::Key(up) => {
                self.local(path, up, within);
                return match base {
                    Base::Index(_) => Sort::Number,
                    Base::Key(_) => Sort::Text,
                    _ => Sort::Bool,
                };
            }
            Base::Context(up) if usize::from(up) >= self.scopes.len() => {
                let message = "`../` goes past the root";
                let mut flaw = Flaw::new(Code::PastRoot, path.at.clone(), message);
                if path.start == Start::Up(up) {
                    flaw = flaw.help("leave it out: `if` and `unless` are no step down");
                }
                self.tell(flaw, within);
                return Sort::Any;
            }
            Base::Root(Root::EventData) | Base::Context(_) => {}
            Base::Root(Root::Person) if steps.is_empty() => return Sort::Object,
            Base::Root(Root::Now) => return Sort::Time,
            Base::Root(Root::CarrierSms | Root::CarrierMms) => return Sort::Bool,
            Base::Root(Root::EventId | Root::EventType | Root::Recipient(_)) => return Sort::Text,
            _ => return Sort::Any,
        }
        match self.locate(base, &steps) {
            // The event_data itself.
            Some((0, steps)) if steps.is_empty() => Sort::Object,
            Some((scope, steps)) => self.field(path, scope, &steps, warns, within),
            None => Sort::Any,
        }
    }

    fn local(&mut self, path: &Path, up: u16, within: &Within<'_>) {
        let outer = self.scopes.len().saturating_sub(usize::from(up));
        if !self.scopes.iter().take(outer).any(|scope| scope.each) {
            let text = self.text(&path.at, within);
            let message = format!("`{text}` stands in no `each`");
            self.tell(
                Flaw::new(Code::TemplateUnsupported, path.at.clone(), message),
                within,
            );
        }
    }

    /// Looks a path up under every declared type.
    fn field(
        &mut self,
        path: &Path,
        scope: usize,
        steps: &[Step],
        warns: bool,
        within: &Within<'_>,
    ) -> Sort {
        let Some(found) = self.scopes.get(scope) else {
            return Sort::Any;
        };
        let id = found.id;
        let findings: Vec<(Vec<Segment>, At<'a>)> = found
            .types
            .iter()
            .map(|at| (segments(*at, steps), *at))
            .collect();
        let mut lacking: Vec<&'a str> = Vec::new();
        let mut unknown: Option<Unknown<'a>> = None;
        let mut sort: Option<Sort> = None;
        let mut optional = false;
        for ((segments, at), name) in findings.iter().zip(self.types.clone()) {
            match look(*at, segments) {
                Finding::Declared { ty, optional: may } => {
                    let own = Sort::of(&ty.shape);
                    sort = Some(match sort {
                        Some(other) if other != own => Sort::Any,
                        _ => own,
                    });
                    optional |= may && !self.is_proven(id, steps, *at, segments);
                }
                Finding::Undeclared => sort = Some(Sort::Any),
                Finding::Unknown { at, fields } => {
                    lacking.push(name);
                    unknown.get_or_insert(Unknown {
                        at,
                        fields,
                        inside: None,
                    });
                }
                Finding::NotAContainer { at, ty } => {
                    lacking.push(name);
                    unknown.get_or_insert(Unknown {
                        at,
                        fields: &[],
                        inside: Some(ty),
                    });
                }
            }
        }
        if let Some(unknown) = unknown {
            let everywhere = lacking.len() == findings.len();
            self.lacking(path, steps, &unknown, &lacking, everywhere, within);
        }
        if warns && optional {
            let text = self.text(&path.at, within).to_owned();
            let message = format!("`{text}` may be missing, and then the send fails");
            let flaw = Flaw::new(Code::OptionalToken, path.at.clone(), message);
            self.tell(
                flaw.help(format!(
                    "write `{{{{default {text} \"…\"}}}}`, or put it inside `{{{{#if {text}}}}}`"
                )),
                within,
            );
        }
        sort.unwrap_or(Sort::Any)
    }

    /// Tells of a field that declared types lack.
    fn lacking(
        &mut self,
        path: &Path,
        steps: &[Step],
        unknown: &Unknown<'_>,
        lacking: &[&str],
        everywhere: bool,
        within: &Within<'_>,
    ) {
        // A `with` puts steps in front that are not in this path, and were told of where it stands.
        let behind = steps.len().saturating_sub(unknown.at);
        let step = path.steps.len().checked_sub(behind);
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
        let flaw = Flaw::new(code, at, format!("{message} in {}", lacking.join(", ")));
        let is_seen = self.check.shown || within.include.is_some();
        let near = (everywhere && is_seen)
            .then(|| suggest::nearest(name, schema::names(unknown.fields)))
            .flatten();
        let near = near.or_else(|| near_root(path, unknown.at));
        let flaw = match near {
            Some(near) if everywhere => flaw.help(format!("did you mean `{near}`?")),
            _ => flaw,
        };
        self.tell(flaw, within);
    }

    /// An argument as its author wrote it.
    fn quoted(&self, argument: &Argument, within: &Within<'_>) -> String {
        self.text(&argument.at, within).to_owned()
    }

    fn text<'t>(&self, at: &Range<usize>, within: &'t Within<'_>) -> &'t str {
        within.source.text.get(at.clone()).unwrap_or("")
    }

    fn tell(&mut self, flaw: Flaw, within: &Within<'_>) {
        let mut fault = fault(within.source, flaw);
        if let Some(include) = within.include {
            let key = (fault.code, fault.place, fault.message.clone().into());
            if self.check.told.insert(key, ()).is_some() {
                return;
            }
            fault = fault.label(include, "included here");
        }
        self.faults.push(fault);
    }
}

/// A step that names nothing.
struct Unknown<'a> {
    at: usize,
    /// What is there.
    fields: &'a [Field],
    /// What it would be inside of, where that is no object or no list.
    inside: Option<&'a FieldType>,
}
