//! Resolves names inside one rule: a variable, a constant, a root or a field, in this order.

use std::sync::Arc;

use super::declare::Declared;
use super::source::{Collector, DeclarationSite};
use super::types::Shapes;
use crate::diagnostic::{Code, Fault};
use crate::event::path::{Path, Root};
use crate::event::recipient::RecipientKind;
use crate::hir::TypeId;
use crate::hir::schema;
use crate::hir::schema::{Field, FieldType, Finding};
use crate::json::document::Literal;
use crate::json::path::{Segment, write_key};
use crate::syntax::ast;
use crate::text::span::Place;
use crate::text::suggest;

/// The rule being lowered and the names that are in scope.
#[derive(Debug)]
pub(super) struct RuleScope<'a, 's, 'f> {
    pub(super) declared: &'a Declared,
    pub(super) site: DeclarationSite<'a>,
    pub(super) collector: &'s mut Collector<'f>,
    pub(super) name: &'a str,
    /// The event types the rule listens to; empty for `on *`.
    pub(super) types: Arc<[TypeId]>,
    /// The rule says `missing blank`.
    pub(super) blank: bool,
    /// Name and fields of each declared type.
    schemas: Vec<(&'a str, Option<&'a [Field]>)>,
    /// At least one of the types is not declared.
    open: bool,
    /// At least one of their declarations failed to parse, so its fields are unknown.
    pub(super) has_unparsed_type: bool,
    /// Variables of the enclosing quantifiers, outermost first.
    variables: Vec<Variable<'a>>,
    /// Paths whose kind another condition of the same conjunction tests.
    pub(super) guards: Vec<&'a ast::PathExpr>,
    /// The number of single conditions so far.
    pub(super) conditions: usize,
}

#[derive(Debug)]
struct Variable<'a> {
    name: &'a str,
    shapes: Shapes<'a>,
    used: bool,
}

/// The meaning of a path.
#[derive(Debug)]
pub(super) enum Resolved<'a> {
    Path(Path, Shapes<'a>),
    Constant { literal: &'a Literal, place: Place },
}

impl<'a, 's, 'f> RuleScope<'a, 's, 'f> {
    pub(super) fn new(
        declared: &'a Declared,
        site: DeclarationSite<'a>,
        collector: &'s mut Collector<'f>,
        name: &'a str,
        types: Arc<[TypeId]>,
        blank: bool,
    ) -> Self {
        let mut schemas = Vec::new();
        let mut open = types.is_empty();
        let mut has_unparsed_type = false;
        for event_type in types.iter().filter_map(|id| declared.type_of(*id)) {
            match &event_type.declaration {
                Some(declaration) => {
                    schemas.push((&*event_type.name, declaration.fields.as_deref()));
                }
                None => {
                    open = true;
                    has_unparsed_type |= declared.unparsed.contains(&event_type.name);
                }
            }
        }
        Self {
            declared,
            site,
            collector,
            name,
            types,
            blank,
            schemas,
            open,
            has_unparsed_type,
            variables: Vec::new(),
            guards: Vec::new(),
            conditions: 0,
        }
    }

    pub(super) fn fault(&mut self, code: Code, at: ast::At, message: impl Into<String>) {
        self.report(Fault::new(code, self.site.place(at), message));
    }

    pub(super) fn report(&mut self, fault: Fault) {
        self.collector.report(fault);
    }

    /// Calls `body` with `variable` bound to the elements of a list.
    pub(super) fn with_variable<T>(
        &mut self,
        variable: &'a ast::Name,
        shapes: Shapes<'a>,
        body: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        self.variables.push(Variable {
            name: &variable.text,
            shapes,
            used: false,
        });
        let out = body(self);
        let is_used = self.variables.pop().is_none_or(|variable| variable.used);
        // A body with errors may have been meant to use the variable.
        if out.is_some() && !is_used {
            let message = format!("`{}` is never used", variable.text);
            self.fault(Code::NoEffect, variable.at, message);
        }
        out
    }

    /// Resolves a path. Returns `None` after reporting an error.
    pub(super) fn resolve(&mut self, path: &'a ast::PathExpr) -> Option<Resolved<'a>> {
        let first = match &path.segments.first()?.kind {
            ast::PathSegmentKind::Name(first) | ast::PathSegmentKind::Key(first) => first,
            ast::PathSegmentKind::Index(_) => return None,
        };
        let rest = || segments(path, 1);
        if let Some(depth) = self
            .variables
            .iter()
            .rposition(|variable| *variable.name == **first)
        {
            return self.variable(depth, path, rest());
        }
        if let Some((at, constant)) = self.declared.constant(first) {
            if let Some(used) = self.collector.used.get_mut(at) {
                *used = true;
            }
            self.check_shadow(first, constant.place, path);
            let Some(literal) = constant.value.as_ref() else {
                self.collector.count_silent_error();
                return None;
            };
            return self.constant(literal, constant.place, path, &rest());
        }
        match &**first {
            "event" => self.event(path, &rest()),
            "person" => Some(self.resolved(Root::Person, rest(), Shapes::any())),
            "carrier" => self.carrier(path, &rest()),
            "now" => self.scalar(Root::Now, path, &rest(), 1),
            "event_data" => self.field(path, rest(), 1),
            "debug_data" => {
                self.debug_data(path, 0);
                None
            }
            _ if self.declared.unparsed.contains(&**first) && !self.is_declared_field(first) => {
                self.collector.count_silent_error();
                None
            }
            _ => self.field(path, segments(path, 0), 0),
        }
    }

    /// Returns whether a bare name is a declared field of one of the rule's types, or a recipient field.
    pub(super) fn is_declared_field(&self, name: &str) -> bool {
        is_recipient_field(name)
            || self
                .schemas
                .iter()
                .filter_map(|(_, fields)| *fields)
                .any(|fields| fields.iter().any(|field| *field.name == *name))
    }

    fn variable(
        &mut self,
        depth: usize,
        path: &ast::PathExpr,
        rest: Vec<Segment>,
    ) -> Option<Resolved<'a>> {
        let variable = self.variables.get_mut(depth)?;
        variable.used = true;
        let shapes = variable.shapes.clone();
        let owner = format!("`{}`", variable.name);
        let findings: Vec<_> = shapes
            .known
            .iter()
            .map(|ty| (owner.as_str(), schema::look_up_in(ty, &rest)))
            .collect();
        let shapes = self.judge(&findings, shapes.open, path, 1)?;
        let root = Root::Variable(u16::try_from(depth).ok()?);
        Some(self.resolved(root, rest, shapes))
    }

    /// Reports a constant that shadows a field: the author may have meant either.
    fn check_shadow(&mut self, name: &str, constant: Place, path: &ast::PathExpr) {
        let hidden = if is_recipient_field(name) {
            Some("every event")
        } else {
            self.schemas
                .iter()
                .find(|(_, fields)| {
                    fields.is_some_and(|fields| fields.iter().any(|field| *field.name == *name))
                })
                .map(|(event_type, _)| *event_type)
        };
        if let Some(hidden) = hidden {
            let place = self.place_of(path, 0);
            self.report(
                Fault::new(
                    Code::ConstantShadows,
                    place,
                    format!("`{name}` is both a constant and a field of {hidden}"),
                )
                .label(constant, "the constant")
                .help(format!(
                    "rename the constant, or write `event_data.{name}` for the field"
                )),
            );
        }
    }

    fn constant(
        &mut self,
        literal: &'a Literal,
        place: Place,
        path: &ast::PathExpr,
        rest: &[Segment],
    ) -> Option<Resolved<'a>> {
        let mut literal = literal;
        for (at, segment) in rest.iter().enumerate() {
            let next = match (literal, segment) {
                (Literal::List(elements), Segment::Index(index)) => elements.get(*index as usize),
                _ => None,
            };
            match next {
                Some(next) => literal = next,
                None => {
                    let at = self.place_of(path, at.saturating_add(1));
                    self.report(
                        Fault::new(Code::NotAContainer, at, "the constant has no such element")
                            .label(place, "the constant"),
                    );
                    return None;
                }
            }
        }
        Some(Resolved::Constant { literal, place })
    }

    fn event(&mut self, path: &ast::PathExpr, rest: &[Segment]) -> Option<Resolved<'a>> {
        const MEMBERS: [&str; 3] = ["id", "type", "recipient"];
        let member = match rest.first() {
            Some(Segment::Key(name)) => &**name,
            _ => "",
        };
        let rest_after = rest.get(1..).unwrap_or_default();
        match member {
            "id" => self.scalar(Root::EventId, path, rest_after, 2),
            "type" => self.scalar(Root::EventType, path, rest_after, 2),
            "recipient" => self.recipient(path, rest_after),
            "debug_data" => {
                self.debug_data(path, 1);
                None
            }
            _ => {
                let place = self.place_of(path, 1);
                let near = suggest::nearest(member, MEMBERS);
                let mut fault = Fault::new(
                    Code::UnknownMember,
                    place,
                    "`event` has `id`, `type` and `recipient`",
                )
                .near(near);
                if near.is_none() && !member.is_empty() {
                    fault = fault.help(format!(
                        "write `event_data.{member}` for the field, or `event_data.event` for a field named `event`"
                    ));
                }
                self.report(fault);
                None
            }
        }
    }

    fn recipient(&mut self, path: &ast::PathExpr, rest: &[Segment]) -> Option<Resolved<'a>> {
        let name = match rest.first() {
            Some(Segment::Key(name)) => &**name,
            _ => "",
        };
        let rest_after = rest.get(1..).unwrap_or_default();
        if let Some(kind) = RecipientKind::from_name(name) {
            return self.scalar(Root::Recipient(kind), path, rest_after, 3);
        }
        let names = RecipientKind::ALL.map(RecipientKind::name);
        let near = suggest::nearest(name, names);
        let message = if name.is_empty() {
            "`event.recipient` needs the kind of identifier".to_owned()
        } else {
            format!("unknown recipient kind `{name}`")
        };
        let mut fault = Fault::new(Code::UnknownRecipient, self.place_of(path, 2), message);
        fault = match near {
            Some(_) => fault.near(near),
            None => fault.help(format!("the kinds are {}", names.join(", "))),
        };
        self.report(fault);
        None
    }

    fn carrier(&mut self, path: &ast::PathExpr, rest: &[Segment]) -> Option<Resolved<'a>> {
        let rest_after = rest.get(1..).unwrap_or_default();
        match rest.first() {
            Some(Segment::Key(name)) if **name == *"sms" => {
                self.scalar(Root::CarrierSms, path, rest_after, 2)
            }
            Some(Segment::Key(name)) if **name == *"mms" => {
                self.scalar(Root::CarrierMms, path, rest_after, 2)
            }
            _ => {
                let place = self.place_of(path, 1);
                self.report(Fault::new(
                    Code::UnknownMember,
                    place,
                    "`carrier` has `sms` and `mms`",
                ));
                None
            }
        }
    }

    /// Resolves a root that has no members.
    fn scalar(
        &mut self,
        root: Root,
        path: &ast::PathExpr,
        rest_after: &[Segment],
        at: usize,
    ) -> Option<Resolved<'a>> {
        if rest_after.is_empty() {
            let shapes = Shapes {
                known: Vec::new(),
                open: false,
            };
            return Some(self.resolved(root, Vec::new(), shapes));
        }
        let place = self.place_of(path, at);
        let root = Path::whole(root);
        self.report(Fault::new(
            Code::NotAContainer,
            place,
            format!("`{root}` has no members"),
        ));
        None
    }

    fn debug_data(&mut self, path: &ast::PathExpr, at: usize) {
        let place = self.place_of(path, at);
        self.report(
            Fault::new(
                Code::DebugData,
                place,
                "rules cannot read `debug_data`",
            )
            .help("put the data that rules need into `event_data`; `event_data.debug_data` reads a field of that name"),
        );
    }

    /// `skipped` is the number of written segments before the field's own.
    fn field(
        &mut self,
        path: &ast::PathExpr,
        segments: Vec<Segment>,
        skipped: usize,
    ) -> Option<Resolved<'a>> {
        let findings: Vec<_> = self
            .schemas
            .iter()
            .map(|(name, fields)| (*name, schema::look_up(*fields, &segments)))
            .collect();
        let shapes = self.judge(&findings, self.open, path, skipped)?;
        if shapes.known.is_empty()
            && let Some(help) = literal_meant(path)
        {
            let words = written_segment(path, 0);
            let message = format!("this reads a field named `{words}`");
            let place = self.site.place(path.at);
            let help = format!("{help}; a field of that name is `event_data.{words}`");
            self.report(Fault::new(Code::ForeignLiteral, place, message).help(help));
        }
        Some(self.resolved(Root::EventData, segments, shapes))
    }

    /// Combines the declarations of several types: an error if none has the path, a warning if some lack it.
    fn judge(
        &mut self,
        findings: &[(&str, Finding<'a>)],
        open: bool,
        path: &ast::PathExpr,
        skipped: usize,
    ) -> Option<Shapes<'a>> {
        let mut shapes = Shapes {
            known: Vec::new(),
            open,
        };
        let mut found = findings.is_empty();
        let mut lacking: Vec<&str> = Vec::new();
        let mut fault = None;
        for (owner, finding) in findings {
            let (at, code, fields) = match *finding {
                Finding::Declared { ty, .. } => {
                    found = true;
                    if !shapes.known.contains(&ty) {
                        shapes.known.push(ty);
                    }
                    continue;
                }
                Finding::Undeclared => {
                    found = true;
                    shapes.open = true;
                    continue;
                }
                Finding::Unknown { at, fields } => (at, Code::UnknownField, Ok(fields)),
                Finding::NotAContainer { at, ty } => (at, Code::NotAContainer, Err(ty)),
            };
            lacking.push(owner);
            fault = fault.or(Some((at, code, fields)));
        }
        let (Some((at, code, fields)), false) = (fault, self.has_unparsed_type) else {
            return Some(shapes);
        };
        let segment = at.saturating_add(skipped);
        let place = self.place_of(path, segment);
        if !found {
            let (message, near) = match fields {
                Ok(fields) => (
                    self.unknown(path, at, skipped),
                    self.near_field(path, segment, fields),
                ),
                Err(ty) => (self.no_container(path, at, skipped, ty), None),
            };
            let near = near.or_else(|| self.near_name(path, segment));
            let message = format!("{message} in {}", enumerate(&lacking, "or"));
            let fault = Fault::new(code, place, message);
            self.report(match literal_meant(path) {
                Some(help) => fault.help(help),
                None => fault.near(near),
            });
            return None;
        }
        let has = if lacking.len() == 1 { "has" } else { "have" };
        let words = written(path, skipped, at);
        self.report(Fault::new(
            Code::FieldInSomeTypes,
            place,
            format!("{} {has} no field `{words}`", enumerate(&lacking, "and")),
        ));
        Some(shapes)
    }

    fn unknown(&self, path: &ast::PathExpr, at: usize, skipped: usize) -> String {
        let name = written_segment(path, at.saturating_add(skipped));
        match at.checked_sub(1) {
            None => format!("no field `{name}`"),
            Some(before) => format!("no field `{name}` in `{}`", written(path, skipped, before)),
        }
    }

    fn no_container(
        &self,
        path: &ast::PathExpr,
        at: usize,
        skipped: usize,
        ty: &FieldType,
    ) -> String {
        let before = match at.checked_sub(1) {
            Some(before) => written(path, skipped, before),
            None => written(path, 0, 0),
        };
        let name = written_segment(path, at.saturating_add(skipped));
        format!("`{before}` is `{ty}`, there is no `{name}`")
    }

    /// Returns a declared field with a similar name.
    fn near_field(&self, path: &ast::PathExpr, at: usize, fields: &'a [Field]) -> Option<&'a str> {
        match &path.segments.get(at)?.kind {
            ast::PathSegmentKind::Name(name) | ast::PathSegmentKind::Key(name) => {
                self.collector.nearest(name, schema::names(fields))
            }
            ast::PathSegmentKind::Index(_) => None,
        }
    }

    /// Returns a constant or root with a similar name.
    fn near_name(&self, path: &ast::PathExpr, at: usize) -> Option<&'a str> {
        if at > 0 {
            return None;
        }
        let name = match path.segments.first().map(|segment| &segment.kind) {
            Some(ast::PathSegmentKind::Name(name)) => &**name,
            _ => return None,
        };
        let fields = RecipientKind::FIELDS.map(RecipientKind::name);
        self.collector
            .nearest(name, fields)
            .or_else(|| self.near_constant(name))
            .or_else(|| self.collector.nearest(name, crate::text::reserved::ROOTS))
            .filter(|near| *near != "debug_data")
    }

    /// Returns a constant with a similar name.
    pub(super) fn near_constant(&self, name: &str) -> Option<&'a str> {
        let constants = self.declared.constants.iter();
        self.collector
            .nearest(name, constants.map(|constant| &*constant.name))
    }

    fn resolved(&mut self, root: Root, segments: Vec<Segment>, shapes: Shapes<'a>) -> Resolved<'a> {
        let segments = self.collector.same_segments(segments);
        Resolved::Path(Path::new(root, segments), shapes)
    }

    /// Returns the place of a segment, or of the whole path if there is no such segment.
    fn place_of(&self, path: &ast::PathExpr, segment: usize) -> Place {
        let at = path.segments.get(segment).map_or(path.at, |found| found.at);
        self.site.place(at)
    }
}

/// Returns what to write instead of a bare name that is a literal in other languages.
fn literal_meant(path: &ast::PathExpr) -> Option<&'static str> {
    let [segment] = path.segments.as_slice() else {
        return None;
    };
    let ast::PathSegmentKind::Name(name) = &segment.kind else {
        return None;
    };
    let is = |word| name.eq_ignore_ascii_case(word);
    if is("true") {
        Some("write `true`")
    } else if is("false") {
        Some("write `false`")
    } else if is("null") {
        Some("write `null`")
    } else if is("none") || is("nil") || is("undefined") {
        Some("write `is missing`, or `== null` for a null that is there")
    } else {
        None
    }
}

/// Returns the segments of a path after the first `skipped`.
fn segments(path: &ast::PathExpr, skipped: usize) -> Vec<Segment> {
    let segments = path.segments.iter().skip(skipped);
    segments
        .map(|segment| match &segment.kind {
            ast::PathSegmentKind::Name(name) | ast::PathSegmentKind::Key(name) => {
                Segment::Key(name.clone())
            }
            // An index too large for `u32` is past the end of any list, so it reads as missing.
            ast::PathSegmentKind::Index(digits) => {
                Segment::Index(digits.parse().unwrap_or(u32::MAX))
            }
        })
        .collect()
}

fn is_recipient_field(name: &str) -> bool {
    RecipientKind::FIELDS.iter().any(|kind| kind.name() == name)
}

/// Returns the segments `from..=from + last` of a path as written, without a leading dot.
fn written(path: &ast::PathExpr, from: usize, last: usize) -> String {
    let mut out = String::new();
    let take = last.saturating_add(1);
    for segment in path.segments.iter().skip(from).take(take) {
        // Writing to a String cannot fail.
        let _ = match &segment.kind {
            ast::PathSegmentKind::Name(name) | ast::PathSegmentKind::Key(name) => {
                write_key(&mut out, name)
            }
            ast::PathSegmentKind::Index(digits) => {
                out.push('[');
                out.push_str(digits);
                out.push(']');
                Ok(())
            }
        };
    }
    out.strip_prefix('.').map(str::to_owned).unwrap_or(out)
}

fn written_segment(path: &ast::PathExpr, at: usize) -> String {
    written(path, at, 0)
}

/// Joins names as `a`, `a or b`, `a, b or c`; long lists are cut short.
pub(super) fn enumerate(names: &[&str], word: &str) -> String {
    const MOST: usize = 4;
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] if names.len() <= MOST => {
            format!("{} {word} {last}", most.join(", "))
        }
        _ => {
            let shown = names.get(..MOST).unwrap_or(names);
            let more = names.len().saturating_sub(MOST);
            format!("{} {word} {more} more", shown.join(", "))
        }
    }
}
