//! Lowers ASTs to the HIR: resolves every name and checks every type.

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
use self::source::{Collector, DeclarationSite};
use self::test_block::TestScope;
pub(crate) use self::test_block::{ReachableRules, UntimedTest};
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

/// The lowered sources, with what later stages need about their declarations.
#[derive(Debug)]
pub(crate) struct Lowered {
    /// Without the rules and tests that have errors.
    pub(crate) rules: RuleSet,
    /// The rules by name.
    pub(crate) names: Table<Arc<str>, RuleId>,
    /// Indexed by `TemplateId`.
    pub(crate) templates: Vec<TemplateSource>,
    /// The place of each rule's name, indexed by `RuleId`.
    pub(crate) rule_places: Vec<Place>,
    pub(crate) constants: Vec<ConstantUse>,
    /// The tests without a time, those with errors included.
    pub(crate) untimed_tests: Vec<UntimedTest>,
    /// Parsing found no error, so every declaration of the sources was seen.
    pub(crate) complete: bool,
    /// The extent of each rule with its description, indexed by `RuleId`.
    pub(crate) extents: Vec<Place>,
    /// The end of the last declaration of each source.
    pub(crate) ends: Vec<u32>,
    /// The declarations that rules refer to.
    pub(crate) declared: Declared,
}

/// A declared constant and whether a rule uses it.
#[derive(Debug)]
pub(crate) struct ConstantUse {
    pub(crate) name: Box<str>,
    pub(crate) place: Place,
    pub(crate) used: bool,
}

/// Lowers all sources of an engine. Errors are added to `faults`; declarations without errors are lowered.
pub(crate) fn lower(outlines: &[Outline<'_>], limits: &Limits, faults: &mut Vec<Fault>) -> Lowered {
    let lost = outlines.iter().flat_map(|outline| &outline.lost);
    let mut lost: Vec<Box<str>> = lost.cloned().collect();
    let known = faults.len();
    let mut unread = UnparsedRules::default();
    let lowered = lower_all(outlines, &lost, false, limits, &mut unread, faults);
    if unread.faults.is_empty() {
        return lowered;
    }
    // A reference to a declaration that failed to parse is not a second error. All such names are known now,
    // so lower everything again with them.
    drop(lowered);
    faults.truncate(known);
    faults.append(&mut unread.faults);
    lost.append(&mut unread.names);
    lower_all(outlines, &lost, true, limits, &mut unread, faults)
}

/// Rules that failed to parse.
#[derive(Debug, Default)]
struct UnparsedRules {
    faults: Vec<Fault>,
    names: Vec<Box<str>>,
}

/// `lost` has the names of declarations that failed to parse. Lowering stops at the first rule that fails to
/// parse, unless this is the second run (`again`).
fn lower_all(
    outlines: &[Outline<'_>],
    lost: &[Box<str>],
    again: bool,
    limits: &Limits,
    unread: &mut UnparsedRules,
    faults: &mut Vec<Fault>,
) -> Lowered {
    let complete = faults
        .iter()
        .all(|fault| fault.code.severity() == Severity::Warning);
    let mut collector = Collector::new(faults, limits);
    let mut declared = Declared::new(limits);
    for name in lost {
        declared.unparsed.insert(name.clone(), ());
        declared.unparsed.insert(declare::fold_type(name), ());
    }
    let company = declare_all(outlines, lost, &mut declared, &mut collector);
    let count = outlines.iter().map(Outline::count);
    let count = count.fold(0, usize::saturating_add).min(limits.rules);
    let mut rules = RuleLowerer {
        tested: each(outlines).any(|(declaration, _)| matches!(declaration.item, Item::Test(_))),
        declared,
        lowered: Vec::with_capacity(count),
        places: Vec::with_capacity(count),
        extents: Vec::with_capacity(count),
        known: RuleNames {
            rules: Table::with_capacity(count),
            ..RuleNames::default()
        },
        read: 0,
    };
    collector.begin_all(limits);
    let mut is_read = true;
    for outline in outlines {
        outline.rules(limits, &mut unread.faults, |read| match read {
            Ok(declaration) => {
                if is_read || again {
                    rules.take(declaration, outline.source, &mut collector);
                }
            }
            Err(name) => {
                is_read = false;
                unread.names.extend(name.map(Into::into));
            }
        });
    }
    let RuleLowerer {
        declared,
        lowered,
        mut places,
        mut extents,
        known,
        ..
    } = rules;
    // The capacity is an estimate from the number of declarations; give back the rest.
    places.shrink_to_fit();
    extents.shrink_to_fit();
    let mut untimed_tests = Vec::new();
    let tests = lower_tests(
        outlines,
        &declared,
        &known,
        &lowered,
        &mut untimed_tests,
        &mut collector,
    );
    Lowered {
        rules: RuleSet {
            company,
            types: Arc::clone(&declared.types),
            rules: Arc::new(lowered),
            tests: Arc::new(tests),
        },
        names: known.rules,
        templates: collector.templates,
        rule_places: places,
        constants: declared
            .constants
            .iter()
            .zip(collector.used)
            .map(|(constant, used)| ConstantUse {
                name: constant.name.clone(),
                place: constant.place,
                // A constant with an error counts as used: the rules that use it may be affected too.
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

/// Returns all declarations except rules.
fn each<'a>(
    outlines: &'a [Outline<'_>],
) -> impl Iterator<Item = (&'a ast::Declaration, DeclarationSite<'a>)> {
    outlines.iter().flat_map(|outline| {
        outline.declarations.iter().map(|declaration| {
            (
                declaration,
                DeclarationSite::new(outline.source, declaration),
            )
        })
    })
}

/// Declares event types, constants and templates. Returns the company.
fn declare_all<'a>(
    outlines: &'a [Outline<'_>],
    lost: &[Box<str>],
    declared: &mut Declared,
    collector: &mut Collector<'_>,
) -> Option<Box<str>> {
    let mut company: Option<(Box<str>, Place)> = None;
    let mut event_places: Table<TypeId, Place> = Table::new();
    let mut template_places: Table<&'a str, Place> = Table::new();
    for (declaration, site) in each(outlines) {
        match &declaration.item {
            Item::Company(key) => {
                let place = site.place(key.at);
                if let Some((_, first)) = &company {
                    collector.report(
                        Fault::new(Code::Duplicate, place, "the company is given twice")
                            .label(*first, "first given here"),
                    );
                } else {
                    if key.value.trim().is_empty() {
                        let message = "a company key cannot be empty";
                        collector.report(Fault::new(Code::InvalidName, place, message));
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
                    .map(|fields| declare::fields(fields, site, collector));
                if is_repeated(
                    "event type",
                    &event.name,
                    id,
                    place,
                    &mut event_places,
                    collector,
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
            Item::Constant(constant) => declare_constant(constant, site, declared, collector),
            Item::Template(template) => {
                let name = &template.name;
                let place = site.place(name.at);
                let known = &mut template_places;
                if is_repeated("template", name, &*name.text, place, known, collector) {
                    continue;
                }
                collector.template(TemplateSource {
                    text: template.text.value.clone(),
                    place: site.place(template.text.at),
                    literal: site.text(template.text.at).into(),
                    owner: TemplateOwner::Declaration {
                        name: name.text.clone(),
                    },
                });
            }
            Item::Rule(_) | Item::Test(_) => {}
        }
    }
    // An include of a template that failed to parse is not a second error.
    for name in lost {
        if !template_places.contains(&**name) {
            collector.template(TemplateSource {
                text: Box::default(),
                place: Place::default(),
                literal: Box::default(),
                owner: TemplateOwner::Declaration { name: name.clone() },
            });
        }
    }
    company.map(|(key, _)| key)
}

/// Returns whether `key` was declared before, and reports it if so.
fn is_repeated<K: Copy + Eq + std::hash::Hash>(
    what: &str,
    name: &ast::Name,
    key: K,
    place: Place,
    known: &mut Table<K, Place>,
    collector: &mut Collector<'_>,
) -> bool {
    if let Some(first) = known.value(&key) {
        report_repeated(what, name, place, *first, collector);
        return true;
    }
    known.insert(key, place);
    false
}

fn report_repeated(
    what: &str,
    name: &ast::Name,
    place: Place,
    first: Place,
    collector: &mut Collector<'_>,
) {
    collector.report(
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
    site: DeclarationSite<'a>,
    declared: &mut Declared,
    collector: &mut Collector<'_>,
) {
    let name = &constant.name;
    let place = site.place(name.at);
    let is_well_named = declare::check_constant_name(name, site, collector);
    let value = declare::constant(&constant.value, site, collector);
    if let Some((_, first)) = declared.constant(&name.text) {
        collector.report(
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
    // A constant that must be renamed is not reported as unused too.
    collector.used.push(!is_well_named);
}

/// Lowers rules one by one.
#[derive(Debug)]
struct RuleLowerer {
    declared: Declared,
    /// The sources have tests, which need the names of all rules.
    tested: bool,
    lowered: Vec<Arc<Rule>>,
    places: Vec<Place>,
    extents: Vec<Place>,
    known: RuleNames,
    /// The number of rules so far, including those with errors.
    read: usize,
}

/// The names of all rules so far.
#[derive(Debug, Default)]
struct RuleNames {
    /// Rules without errors.
    rules: Table<Arc<str>, RuleId>,
    /// The places of the names of rules with errors.
    faulty: Table<Box<str>, Place>,
    /// All names, for suggestions in tests.
    names: Vec<Box<str>>,
}

impl RuleLowerer {
    /// Lowers the next rule.
    fn take(
        &mut self,
        declaration: &ast::Declaration,
        source: SourceId,
        collector: &mut Collector<'_>,
    ) {
        let Item::Rule(rule) = &declaration.item else {
            return;
        };
        let site = DeclarationSite::new(source, declaration);
        let name = &rule.name;
        let place = site.place(name.at);
        let most = self.declared.limits.rules;
        if self.read >= most {
            if self.read == most {
                let message = format!("more than {most} rules");
                collector.report(Fault::new(Code::TooManyRules, place, message));
            }
            self.read = most.saturating_add(1);
            return;
        }
        self.read = self.read.saturating_add(1);
        collector.begin(place);
        let known = &mut self.known;
        let id = known.rules.value(&*name.text);
        let first = match id.and_then(|id| self.places.get(id.0 as usize)) {
            None => known.faulty.value(&*name.text),
            first => first,
        };
        if let Some(first) = first {
            report_repeated("rule", name, place, *first, collector);
        }
        let is_repeated = first.is_some();
        for name in rule::names_of_types(rule) {
            let known = self.declared.types.len();
            self.declared.intern_type(&name.text);
            if self.declared.types.len() > known {
                nearby_type(&name.text, site.place(name.at), &self.declared, collector);
            }
        }
        if self.tested {
            known.names.push(name.text.clone());
        }
        let lowered = rule::lower(rule, declaration, &self.declared, site, collector);
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

/// Warns about an undeclared event type whose name is similar to a declared one.
fn nearby_type(name: &str, place: Place, declared: &Declared, collector: &mut Collector<'_>) {
    // Bounds the comparisons, which would otherwise dominate large rule sets.
    const MOST: usize = 1_000_000;
    let folded = declare::fold_type(name);
    let without_digits = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
    let base = without_digits(&folded);
    // Short names are similar without being misspellings.
    if folded.len() < 4 || collector.comparisons > MOST || declared.unparsed.contains(&folded) {
        return;
    }
    collector.comparisons = collector.comparisons.saturating_add(declared.types.len());
    let names = declared
        .types
        .iter()
        .filter(|event_type| event_type.declaration.is_some())
        .map(|event_type| &*event_type.name)
        // `order_2` is not a misspelled `order_1`.
        .filter(|other| without_digits(other) != base);
    if let Some(near) = suggest::nearest(&folded, names) {
        collector.report(
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
    known: &RuleNames,
    lowered: &[Arc<Rule>],
    untimed: &mut Vec<UntimedTest>,
    collector: &mut Collector<'_>,
) -> Vec<Test> {
    let subjects = TestScope {
        declared,
        rules: &known.rules,
        faulty: &known.faulty,
        names: &known.names,
        lowered,
    };
    collector.begin_all(&declared.limits);
    let mut tests = Vec::new();
    for (declaration, site) in each(outlines) {
        if let Item::Test(test) = &declaration.item {
            collector.begin(site.place(test.title.at));
            tests.extend(test_block::lower(test, &subjects, site, untimed, collector));
        }
    }
    tests
}
