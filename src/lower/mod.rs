//! From the tree to its meaning: every name resolved, every type checked. Evaluates nothing.

mod action;
mod condition;
mod declare;
mod names;
mod operand;
mod pattern;
mod rule;
mod single_rule;
mod source;
mod test_block;
#[cfg(test)]
mod tests;
mod time_of_day;
mod types;

use std::sync::Arc;

use self::declare::Constant;
pub(crate) use self::declare::Declared;
pub(crate) use self::single_rule::{intern_types, lower_one};
use self::source::{Sink, Site};
use self::test_block::Subjects;
pub(crate) use self::test_block::{Reach, UntimedTest};
use crate::collections::map::Table;
use crate::diagnostic::{Code, Fault, Severity};
use crate::hir::{
    EventDeclaration, Rule, RuleId, RuleSet, TemplateOwner, TemplateSource, Test, TypeId,
};
use crate::limits::Limits;
use crate::syntax;
use crate::syntax::ast::Item;
use crate::syntax::{Outline, ast};
use crate::text::span::{Place, SourceId, Span, saturating_u32};
use crate::text::suggest;

/// What sources mean, and what is known of their declarations beside it.
#[derive(Debug)]
pub(crate) struct Lowered {
    /// Rules and tests with errors are left out.
    pub(crate) rules: RuleSet,
    /// The rules by name.
    pub(crate) names: Table<Arc<str>, RuleId>,
    /// By `TemplateId`.
    pub(crate) templates: Vec<TemplateSource>,
    /// Where each rule's name stands, by `RuleId`.
    pub(crate) rule_places: Vec<Place>,
    pub(crate) constants: Vec<ConstantUse>,
    /// The tests without a time, those with errors included.
    pub(crate) untimed_tests: Vec<UntimedTest>,
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
pub(crate) fn lower(outlines: &[Outline<'_>], limits: &Limits, faults: &mut Vec<Fault>) -> Lowered {
    let lost = outlines.iter().flat_map(|outline| &outline.lost);
    let mut lost: Vec<Box<str>> = lost.cloned().collect();
    let known = faults.len();
    let mut unread = Unread::default();
    let lowered = lower_all(outlines, &lost, false, limits, &mut unread, faults);
    if unread.faults.is_empty() {
        return lowered;
    }
    // What refers to a declaration that could not be read deserves no second fault: now that all of these
    // are known, everything is looked at once more.
    drop(lowered);
    faults.truncate(known);
    faults.append(&mut unread.faults);
    lost.append(&mut unread.names);
    lower_all(outlines, &lost, true, limits, &mut unread, faults)
}

/// Rules that could not be read.
#[derive(Debug, Default)]
struct Unread {
    faults: Vec<Fault>,
    names: Vec<Box<str>>,
}

/// `lost` are the names of declarations that are known not to be readable. At the first rule that cannot
/// be read, lowering ends, unless this is done `again`.
fn lower_all(
    outlines: &[Outline<'_>],
    lost: &[Box<str>],
    again: bool,
    limits: &Limits,
    unread: &mut Unread,
    faults: &mut Vec<Fault>,
) -> Lowered {
    let complete = faults
        .iter()
        .all(|fault| fault.code.severity() == Severity::Warning);
    let mut sink = Sink::new(faults, limits);
    let mut declared = Declared::new(limits);
    for name in lost {
        declared.lost.insert(name.clone(), ());
        declared.lost.insert(declare::fold_type(name), ());
    }
    let company = declare_all(outlines, lost, &mut declared, &mut sink);
    let count = outlines.iter().map(Outline::count);
    let count = count.fold(0, usize::saturating_add).min(limits.rules);
    let mut rules = Rules {
        tested: each(outlines).any(|(declaration, _)| matches!(declaration.item, Item::Test(_))),
        declared,
        lowered: Vec::with_capacity(count),
        places: Vec::with_capacity(count),
        extents: Vec::with_capacity(count),
        known: Known {
            rules: Table::with_capacity(count),
            ..Known::default()
        },
        read: 0,
    };
    sink.begin_all(limits);
    let mut is_read = true;
    for outline in outlines {
        outline.rules(limits, &mut unread.faults, |read| match read {
            Ok(declaration) => {
                if is_read || again {
                    rules.take(declaration, outline.source, &mut sink);
                }
            }
            Err(name) => {
                is_read = false;
                unread.names.extend(name.map(Into::into));
            }
        });
    }
    let Rules {
        declared,
        lowered,
        mut places,
        mut extents,
        known,
        ..
    } = rules;
    // Of few rules much room may have been asked for.
    places.shrink_to_fit();
    extents.shrink_to_fit();
    let mut untimed_tests = Vec::new();
    let tests = lower_tests(
        outlines,
        &declared,
        &known,
        &lowered,
        &mut untimed_tests,
        &mut sink,
    );
    Lowered {
        rules: RuleSet {
            company,
            types: Arc::clone(&declared.types),
            rules: Arc::new(lowered),
            tests: Arc::new(tests),
        },
        names: known.rules,
        templates: sink.templates,
        rule_places: places,
        constants: declared
            .constants
            .iter()
            .zip(sink.used)
            .map(|(constant, used)| ConstantUse {
                name: constant.name.clone(),
                place: constant.place,
                // A faulty one cannot be used; that says nothing of the author's wish.
                used: used || constant.value.is_none(),
            })
            .collect(),
        untimed_tests,
        complete,
        extents,
        ends: outlines.iter().map(|outline| outline.end).collect(),
        declared,
    }
}

/// The declarations that are no rules.
fn each<'a>(outlines: &'a [Outline<'_>]) -> impl Iterator<Item = (&'a ast::Declaration, Site<'a>)> {
    outlines.iter().flat_map(|outline| {
        outline
            .declarations
            .iter()
            .map(|declaration| (declaration, Site::new(outline.source, declaration)))
    })
}

/// Declares event types, constants and templates; gives the company.
fn declare_all<'a>(
    outlines: &'a [Outline<'_>],
    lost: &[Box<str>],
    declared: &mut Declared,
    sink: &mut Sink<'_>,
) -> Option<Box<str>> {
    let mut company: Option<(Box<str>, Place)> = None;
    let mut event_places: Table<TypeId, Place> = Table::new();
    let mut template_places: Table<&'a str, Place> = Table::new();
    for (declaration, site) in each(outlines) {
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
                        description: declare::description(declaration.description.as_deref()),
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
    for name in lost {
        if !template_places.contains(&**name) {
            sink.template(TemplateSource {
                text: Box::default(),
                place: Place::default(),
                literal: Box::default(),
                owner: TemplateOwner::Declaration { name: name.clone() },
            });
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
        report_repeated(what, name, place, *first, sink);
        return true;
    }
    known.insert(key, place);
    false
}

fn report_repeated(what: &str, name: &ast::Name, place: Place, first: Place, sink: &mut Sink<'_>) {
    sink.report(
        Fault::new(
            Code::Duplicate,
            place,
            format!("{what} `{}` is declared twice", name.text),
        )
        .label(first, "first declared here"),
    );
}

fn declare_constant<'a>(
    constant: &'a ast::ConstantDeclaration,
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

/// Rules being lowered, one after the other.
#[derive(Debug)]
struct Rules {
    declared: Declared,
    /// Whether there are tests, which need the names of all rules.
    tested: bool,
    lowered: Vec<Arc<Rule>>,
    places: Vec<Place>,
    extents: Vec<Place>,
    known: Known,
    /// How many were read, those with errors among them.
    read: usize,
}

/// What is known of all rules.
#[derive(Debug, Default)]
struct Known {
    /// Those without errors.
    rules: Table<Arc<str>, RuleId>,
    /// Where those with errors have their names.
    faulty: Table<Box<str>, Place>,
    /// For tests: all names.
    names: Vec<Box<str>>,
}

impl Rules {
    /// Takes the next rule.
    fn take(&mut self, declaration: &ast::Declaration, source: SourceId, sink: &mut Sink<'_>) {
        let Item::Rule(rule) = &declaration.item else {
            return;
        };
        let site = Site::new(source, declaration);
        let name = &rule.name;
        let place = site.place(name.at);
        let most = self.declared.limits.rules;
        if self.read >= most {
            if self.read == most {
                let message = format!("more than {most} rules");
                sink.report(Fault::new(Code::TooManyRules, place, message));
            }
            self.read = most.saturating_add(1);
            return;
        }
        self.read = self.read.saturating_add(1);
        sink.begin(place);
        let known = &mut self.known;
        let id = known.rules.value(&*name.text);
        let first = match id.and_then(|id| self.places.get(id.0 as usize)) {
            None => known.faulty.value(&*name.text),
            first => first,
        };
        if let Some(first) = first {
            report_repeated("rule", name, place, *first, sink);
        }
        let is_repeated = first.is_some();
        for name in rule::names_of_types(rule) {
            let known = self.declared.types.len();
            self.declared.intern_type(&name.text);
            if self.declared.types.len() > known {
                nearby_type(&name.text, site.place(name.at), &self.declared, sink);
            }
        }
        if self.tested {
            known.names.push(name.text.clone());
        }
        let lowered = rule::lower(rule, declaration, &self.declared, site, sink);
        if is_repeated {
            return;
        }
        let Some(rule) = lowered else {
            known.faulty.insert(name.text.clone(), place);
            return;
        };
        let id = RuleId(saturating_u32(self.lowered.len()));
        known.rules.insert(Arc::clone(&rule.name), id);
        self.lowered.push(Arc::new(rule));
        self.places.push(place);
        let span = Span::new(syntax::start(declaration), syntax::end(declaration));
        self.extents.push(Place::new(source, span));
    }
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
                format!(
                    "event type `{}` is not declared",
                    crate::text::truncate::truncate(name)
                ),
            )
            .near(Some(near)),
        );
    }
}

fn lower_tests(
    outlines: &[Outline<'_>],
    declared: &Declared,
    known: &Known,
    lowered: &[Arc<Rule>],
    untimed: &mut Vec<UntimedTest>,
    sink: &mut Sink<'_>,
) -> Vec<Test> {
    let subjects = Subjects {
        declared,
        rules: &known.rules,
        faulty: &known.faulty,
        names: &known.names,
        lowered,
    };
    sink.begin_all(&declared.limits);
    let mut tests = Vec::new();
    for (declaration, site) in each(outlines) {
        if let Item::Test(test) = &declaration.item {
            sink.begin(site.place(test.title.at));
            tests.extend(test_block::lower(test, &subjects, site, untimed, sink));
        }
    }
    tests
}
