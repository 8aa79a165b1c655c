//! From the tree to its meaning: every name resolved, every type checked. Evaluates nothing.

mod action;
mod case;
mod condition;
mod daytime;
mod declare;
mod names;
mod one;
mod operand;
mod pattern;
mod rule;
mod sink;
#[cfg(test)]
mod tests;
pub(crate) mod texts;
mod types;

use std::sync::Arc;

use self::case::{ReadsNow, Subjects};
use self::declare::Constant;
pub(crate) use self::declare::Declared;
pub(crate) use self::one::{intern_types, lower_one};
use self::sink::{Sink, Site};
use crate::diagnostic::{Code, Fault, Severity};
use crate::hir::{
    EventDeclaration, On, Rule, RuleId, RuleSet, TemplateOwner, TemplateSource, TypeId,
};
use crate::limits::Limits;
use crate::map::Table;
use crate::path::Root;
use crate::span::{Place, Span};
use crate::suggest;
use crate::syntax::{
    self,
    ast::{self, Item},
};

/// What sources mean, and what is known of their declarations beside it.
#[derive(Debug)]
pub(crate) struct Lowered {
    /// Rules and tests with errors are left out.
    pub(crate) rules: RuleSet,
    /// By `TemplateId`.
    pub(crate) templates: Vec<TemplateSource>,
    /// Where each rule's name stands, by `RuleId`.
    pub(crate) rule_places: Vec<Place>,
    pub(crate) constants: Vec<ConstantUse>,
    /// Whether no error had been found before: every declaration of the sources was there to be seen.
    pub(crate) complete: bool,
    /// Where each rule stands with its description, by `RuleId`.
    pub(crate) extents: Vec<Place>,
    /// By source: where its last declaration ends.
    pub(crate) ends: Vec<u32>,
    /// What rules are lowered against.
    pub(crate) declared: Declared,
}

/// A constant that a rule set declares.
#[derive(Debug)]
pub(crate) struct ConstantUse {
    pub(crate) name: Box<str>,
    pub(crate) place: Place,
    pub(crate) used: bool,
}

/// Lowers sources read together. All that is wrong goes to `faults`; the meaning goes as far as it can.
pub(crate) fn lower(files: &[ast::File], limits: &Limits, faults: &mut Vec<Fault>) -> Lowered {
    let complete = faults
        .iter()
        .all(|fault| fault.code.severity() == Severity::Warning);
    let mut sink = Sink::new(faults, limits);
    let mut declared = Declared::new(limits);
    for name in files.iter().flat_map(|file| &file.lost) {
        declared.lost.insert(name.clone(), ());
        declared.lost.insert(declare::fold_type(name), ());
    }
    let company = declare_all(files, &mut declared, &mut sink);
    let rules = collect_rules(files, &mut declared, &mut sink);
    let declared = declared;
    let mut lowered = Lowered {
        rules: RuleSet {
            company,
            types: Arc::clone(&declared.types),
            ..RuleSet::default()
        },
        templates: Vec::new(),
        rule_places: Vec::new(),
        constants: Vec::new(),
        complete,
        extents: Vec::new(),
        ends: ends(files),
        declared: declared.clone(),
    };
    let tested = each(files).any(|(declaration, _)| matches!(declaration.item, Item::Test(_)));
    let known = lower_rules(&rules, tested, &declared, &mut sink, &mut lowered);
    drop(rules);
    lower_tests(files, &known, &mut sink, &mut lowered);
    lowered.templates = sink.templates;
    lowered.constants = declared
        .constants
        .iter()
        .zip(sink.used)
        .map(|(constant, used)| ConstantUse {
            name: constant.name.clone(),
            place: constant.place,
            // A faulty one cannot be used; that says nothing of the author's wish.
            used: used || constant.value.is_none(),
        })
        .collect();
    lowered
}

/// A rule's tree with the place that it has.
#[derive(Clone, Copy, Debug)]
struct Written<'a> {
    rule: &'a ast::Rule,
    declaration: &'a ast::Declaration,
    site: Site<'a>,
    /// Whether an earlier rule has its name.
    repeated: bool,
}

fn each(files: &[ast::File]) -> impl Iterator<Item = (&ast::Declaration, Site<'_>)> {
    files.iter().flat_map(|file| {
        file.declarations
            .iter()
            .map(|declaration| (declaration, Site::new(file.source, declaration)))
    })
}

/// Declares event types, constants and templates; gives the company.
fn declare_all<'a>(
    files: &'a [ast::File],
    declared: &mut Declared,
    sink: &mut Sink<'_>,
) -> Option<Box<str>> {
    let mut company: Option<(Box<str>, Place)> = None;
    let mut event_places: Table<TypeId, Place> = Table::new();
    let mut template_places: Table<&'a str, Place> = Table::new();
    for (declaration, site) in each(files) {
        match &declaration.item {
            Item::Company(key) => {
                let place = site.place(key.at);
                if let Some((_, first)) = &company {
                    sink.report(
                        Fault::new(Code::Duplicate, place, "the company is given twice")
                            .label(*first, "first given here"),
                    );
                } else {
                    if key.value.trim().is_empty() {
                        let message = "a company key cannot be blank";
                        sink.report(Fault::new(Code::InvalidName, place, message));
                    }
                    company = Some((key.value.clone(), place));
                }
            }
            Item::Event(event) => {
                let id = declared.intern_type(&event.name.text);
                let place = site.place(event.name.at);
                let fields = event
                    .fields
                    .as_ref()
                    .map(|fields| declare::fields(fields, site, sink));
                if is_repeated(
                    "event type",
                    &event.name,
                    id,
                    place,
                    &mut event_places,
                    sink,
                ) {
                    continue;
                }
                if let Some(event_type) = declared.type_mut(id) {
                    event_type.declaration = Some(EventDeclaration {
                        fields,
                        description: declaration.description.clone(),
                    });
                }
            }
            Item::Constant(constant) => declare_constant(constant, site, declared, sink),
            Item::Template(template) => {
                let name = &template.name;
                let place = site.place(name.at);
                let known = &mut template_places;
                if is_repeated("template", name, &*name.text, place, known, sink) {
                    continue;
                }
                sink.template(TemplateSource {
                    text: template.text.value.clone(),
                    place: site.place(template.text.at),
                    literal: site.words(template.text.at).into(),
                    owner: TemplateOwner::Declaration {
                        name: name.text.clone(),
                    },
                });
            }
            Item::Rule(_) | Item::Test(_) => {}
        }
    }
    // What includes a template that could not be read deserves no fault of its own.
    for file in files {
        for name in &file.lost {
            if !template_places.contains(&**name) {
                sink.template(TemplateSource {
                    text: Box::default(),
                    place: Place::new(file.source, Span::default()),
                    literal: Box::default(),
                    owner: TemplateOwner::Declaration { name: name.clone() },
                });
            }
        }
    }
    company.map(|(key, _)| key)
}

/// Whether `key` was declared before; reported where it was.
fn is_repeated<K: Copy + Eq + std::hash::Hash>(
    what: &str,
    name: &ast::Name,
    key: K,
    place: Place,
    known: &mut Table<K, Place>,
    sink: &mut Sink<'_>,
) -> bool {
    if let Some(first) = known.value(&key) {
        sink.report(
            Fault::new(
                Code::Duplicate,
                place,
                format!("{what} `{}` is declared twice", name.text),
            )
            .label(*first, "first declared here"),
        );
        return true;
    }
    known.insert(key, place);
    false
}

fn declare_constant<'a>(
    constant: &'a ast::Constant,
    site: Site<'a>,
    declared: &mut Declared,
    sink: &mut Sink<'_>,
) {
    let name = &constant.name;
    let place = site.place(name.at);
    let is_well_named = declare::check_constant_name(name, site, sink);
    let value = declare::constant(&constant.value, site, sink);
    if let Some((_, first)) = declared.constant(&name.text) {
        sink.report(
            Fault::new(
                Code::Duplicate,
                place,
                format!("constant `{}` is declared twice", name.text),
            )
            .label(first.place, "first declared here"),
        );
        return;
    }
    let at = declared.constants.len();
    Arc::make_mut(&mut declared.constant_ids).insert(name.text.clone(), at);
    Arc::make_mut(&mut declared.constants).push(Constant {
        name: name.text.clone(),
        place,
        value,
    });
    // One that has to be renamed is not told to be unused as well.
    sink.used.push(!is_well_named);
}

/// Where the last declaration of each file ends.
fn ends(files: &[ast::File]) -> Vec<u32> {
    let end = |file: &ast::File| file.declarations.last().map_or(0, syntax::end);
    files.iter().map(end).collect()
}

/// Finds all rules and makes their event types known.
fn collect_rules<'a>(
    files: &'a [ast::File],
    declared: &mut Declared,
    sink: &mut Sink<'_>,
) -> Vec<Written<'a>> {
    let most = each(files).count().min(declared.limits.rules);
    let mut rules = Vec::with_capacity(most);
    let mut places: Table<&str, Place> = Table::with_capacity(most);
    for (declaration, site) in each(files) {
        let Item::Rule(rule) = &declaration.item else {
            continue;
        };
        let name = &rule.name;
        let place = site.place(name.at);
        if rules.len() >= declared.limits.rules {
            let message = format!("more than {} rules", declared.limits.rules);
            sink.report(Fault::new(Code::TooManyRules, place, message));
            break;
        }
        let repeated = is_repeated("rule", name, &*name.text, place, &mut places, sink);
        for name in rule::names_of_types(rule) {
            let known = declared.types.len();
            declared.intern_type(&name.text);
            if declared.types.len() > known {
                nearby_type(&name.text, site.place(name.at), declared, sink);
            }
        }
        rules.push(Written {
            rule,
            declaration,
            site,
            repeated,
        });
    }
    rules
}

/// Warns where a type that nothing declares is called much like one that something does.
fn nearby_type(name: &str, place: Place, declared: &Declared, sink: &mut Sink<'_>) {
    // Comparing every type with every other one must not take over the time of large rule sets.
    const MOST: usize = 1_000_000;
    let folded = declare::fold_type(name);
    let without_digits = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
    let base = without_digits(&folded);
    // Short names are near to each other by nature.
    if folded.len() < 4 || sink.looks > MOST || declared.lost.contains(&folded) {
        return;
    }
    sink.looks = sink.looks.saturating_add(declared.types.len());
    let names = declared
        .types
        .iter()
        .filter(|event_type| event_type.declaration.is_some())
        .map(|event_type| &*event_type.name)
        // `order_2` is no slip of `order_1`.
        .filter(|other| without_digits(other) != base);
    if let Some(near) = suggest::nearest(&folded, names) {
        sink.report(
            Fault::new(
                Code::NearbyType,
                place,
                format!("event type `{}` is not declared", declare::brief(name)),
            )
            .near(Some(near)),
        );
    }
}

/// What tests need to know of the rules, owning what `Subjects` borrows.
#[derive(Debug)]
struct Known<'a> {
    declared: &'a Declared,
    rules: Table<&'a str, Option<RuleId>>,
    names: Vec<&'a str>,
    now: ReadsNow<'a>,
}

/// `tested`: there are tests, and what they need to know is noted.
fn lower_rules<'a>(
    rules: &[Written<'a>],
    tested: bool,
    declared: &'a Declared,
    sink: &mut Sink<'_>,
    lowered: &mut Lowered,
) -> Known<'a> {
    let mut known = Known {
        declared,
        rules: Table::new(),
        names: Vec::new(),
        now: ReadsNow::default(),
    };
    lowered.rule_places.reserve_exact(rules.len());
    let templates_with_now = declared_templates_reading_now(&sink.templates);
    let mut meant = Vec::with_capacity(rules.len());
    sink.begin_all(&declared.limits);
    for written in rules {
        sink.begin(written.site.place(written.rule.name.at));
        let name = &*written.rule.name.text;
        let rule = rule::lower(
            written.rule,
            written.declaration,
            declared,
            written.site,
            sink,
        );
        let mut id = None;
        if let (Some(rule), false) = (rule, written.repeated) {
            let rule_id = RuleId(crate::span::clamp(meant.len()));
            id = Some(rule_id);
            if tested && reads_now(&rule, &sink.templates, &templates_with_now) {
                note_now(&rule, name, &mut known.now);
            }
            meant.push(Arc::new(rule));
            let place = written.site.place(written.rule.name.at);
            lowered.rule_places.push(place);
            let span = Span::new(
                syntax::start(written.declaration),
                syntax::end(written.declaration),
            );
            lowered.extents.push(Place::new(place.source, span));
        }
        if tested {
            known.names.push(name);
            if !written.repeated {
                known.rules.insert(name, id);
            }
        }
    }
    lowered.rules.rules = Arc::new(meant);
    known
}

fn note_now<'a>(rule: &Rule, name: &'a str, now: &mut ReadsNow<'a>) {
    now.first = now.first.or(Some(name));
    match &rule.on {
        On::All => now.all = now.all.or(Some(name)),
        On::Types(types) => {
            for id in types {
                now.of_type.or_insert_with(*id, || name);
            }
        }
    }
}

/// Whether the rule's outcome may depend on the time.
fn reads_now(rule: &Rule, templates: &[TemplateSource], with_now: &Table<Box<str>, ()>) -> bool {
    let mut reads = rule.active.from.is_some() || rule.active.until.is_some();
    rule.visit_paths(&mut |path| reads |= path.root == Root::Now);
    rule.visit_templates(&mut |id| {
        if let Some(source) = templates.get(id.0 as usize) {
            reads |= text_reads_now(&source.text, with_now);
        }
    });
    reads
}

fn text_reads_now(text: &str, with_now: &Table<Box<str>, ()>) -> bool {
    texts::reads_now(text) || texts::included(text).any(|name| with_now.contains(name))
}

/// The names of declared templates that read `now`, themselves or through others.
fn declared_templates_reading_now(templates: &[TemplateSource]) -> Table<Box<str>, ()> {
    let named = || {
        templates.iter().filter_map(|source| match &source.owner {
            TemplateOwner::Declaration { name } => Some((&**name, &*source.text)),
            TemplateOwner::Rule { .. } => None,
        })
    };
    let mut including: Table<&str, Vec<&str>> = Table::new();
    let mut found: Table<Box<str>, ()> = Table::new();
    let mut open: Vec<&str> = Vec::new();
    for (name, text) in named() {
        for included in texts::included(text) {
            including.or_insert_with(included, Vec::new).push(name);
        }
        if texts::reads_now(text) {
            open.push(name);
        }
    }
    while let Some(name) = open.pop() {
        if found.insert(name.into(), ()).is_none()
            && let Some(outer) = including.value(name)
        {
            open.extend(outer);
        }
    }
    found
}

fn lower_tests<'a>(
    files: &'a [ast::File],
    known: &Known<'a>,
    sink: &mut Sink<'_>,
    lowered: &mut Lowered,
) {
    let subjects = Subjects {
        declared: known.declared,
        rules: &known.rules,
        names: &known.names,
        lowered: &lowered.rules.rules,
        now: &known.now,
    };
    sink.begin_all(&known.declared.limits);
    let mut tests = Vec::new();
    for (declaration, site) in each(files) {
        if let Item::Test(test) = &declaration.item {
            sink.begin(site.place(test.title.at));
            tests.extend(case::lower(test, &subjects, site, sink));
        }
    }
    lowered.rules.tests = Arc::new(tests);
}
