//! Rules that work, and probably not as meant: contradictions, rules that no event reaches, repetitions,
//! things never used. Says nothing where it is not certain.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::BuildHasher;

use crate::compare;
use crate::diagnostic::{Code, Fault};
use crate::fold;
use crate::hash::Fixed;
use crate::hir::{
    Action, Expr, On, Operand, Predicate, Requirement, Rule, RuleId, TemplateId, TemplateOwner,
    TemplateSource, TypeId, Window,
};
use crate::lower::{Lowered, texts};
use crate::map::Table;
use crate::operator::{CompareOp, Is, Quantifier, TextOp};
use crate::path::Root;
use crate::value::Literal;

/// Adds the warnings that need the whole rule set.
pub(crate) fn lint(lowered: &Lowered, faults: &mut Vec<Fault>) {
    unreachable(lowered, faults);
    duplicates(lowered, faults);
    // A declaration that could not be read may use or be what seems to be missing.
    if lowered.complete {
        unused(lowered, faults);
        company(lowered, faults);
    }
}

/// Why a condition can never hold, where that is certain from the condition and from the `types` that
/// `event.type` may be: their names in lower case, none for every type.
pub(crate) fn contradiction(expr: &Expr, types: &[Literal]) -> Option<String> {
    let inside = |expr| contradiction(expr, types);
    match expr {
        Expr::Or(arms) => {
            let mut reason = None;
            for arm in arms {
                reason = Some(inside(arm)?);
            }
            reason
        }
        Expr::And(parts) => {
            if let Some(reason) = parts.iter().find_map(inside) {
                return Some(reason);
            }
            together(parts, types)
        }
        Expr::Not(inner) => match &**inner {
            Expr::Not(inner) => inside(inner),
            Expr::Test(predicate) => by_itself(predicate, true, types),
            _ => None,
        },
        Expr::Quantifier { which, body, .. } => match which {
            // `all` and `none` hold for the empty list, whatever their condition.
            Quantifier::Any => inside(body),
            Quantifier::All | Quantifier::None => None,
        },
        Expr::Test(predicate) => alone(predicate).or_else(|| by_itself(predicate, false, types)),
    }
}

/// Why one test can never hold.
fn alone(predicate: &Predicate) -> Option<String> {
    match predicate {
        Predicate::Truth(Operand::Literal(Literal::Bool(false))) => {
            Some("`false` is never true".to_owned())
        }
        Predicate::In {
            right: Operand::Literal(Literal::List(elements)),
            negated: false,
            ..
        } if elements.is_empty() => Some("nothing is in an empty list".to_owned()),
        Predicate::Between {
            bounds,
            negated: false,
            ..
        } => match &**bounds {
            [Operand::Literal(low), Operand::Literal(high)] => (order(low, high)
                == Some(Ordering::Greater))
            .then(|| "the bounds of `between` are the wrong way round".to_owned()),
            _ => None,
        },
        Predicate::TimeOfDay {
            negated: false,
            from,
            until,
            ..
        } if from == until => Some("the window is empty: it ends as it begins".to_owned()),
        Predicate::Sample(sample) if sample.from >= sample.until => {
            Some("the share is empty".to_owned())
        }
        Predicate::Compare {
            left: Operand::Literal(left),
            op,
            right: Operand::Literal(right),
            ignoring_case: false,
        } => (!literals_compare(left, *op, right)).then(|| "it compares two literals".to_owned()),
        _ => None,
    }
}

fn literals_compare(left: &Literal, op: CompareOp, right: &Literal) -> bool {
    let order = || order(left, right);
    match op {
        CompareOp::Equal => compare::equal(&left.datum(), &right.datum()) != Some(false),
        CompareOp::NotEqual => compare::equal(&left.datum(), &right.datum()) != Some(true),
        CompareOp::Less => order() == Some(Ordering::Less),
        CompareOp::LessOrEqual => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        CompareOp::Greater => order() == Some(Ordering::Greater),
        CompareOp::GreaterOrEqual => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
    }
}

fn order(left: &Literal, right: &Literal) -> Option<Ordering> {
    compare::order(&left.datum(), &right.datum())
}

/// Why one test cannot hold, or cannot be false where `negated`.
fn by_itself(predicate: &Predicate, negated: bool, types: &[Literal]) -> Option<String> {
    let mut bounds = Bounds::of(subject(predicate)?, types);
    bounds.add(predicate, negated);
    bounds.conflict()
}

/// Why tests that have to hold together cannot.
fn together(parts: &[Expr], types: &[Literal]) -> Option<String> {
    // So few are found faster by looking at them all.
    const FEW: usize = 16;
    let mut all: Vec<(&Operand, Bounds<'_>)> = Vec::new();
    let mut places: Table<&Operand, usize> = Table::new();
    for part in parts {
        let (predicate, negated) = match part {
            Expr::Test(predicate) => (predicate, false),
            Expr::Not(inner) => match &**inner {
                Expr::Test(predicate) => (predicate, true),
                _ => continue,
            },
            _ => continue,
        };
        let Some(operand) = subject(predicate) else {
            continue;
        };
        let at = if parts.len() <= FEW {
            let known = all.iter().position(|(known, _)| *known == operand);
            known.unwrap_or(all.len())
        } else {
            *places.or_insert_with(operand, || all.len())
        };
        if at == all.len() {
            all.push((operand, Bounds::of(operand, types)));
        }
        if let Some((_, bounds)) = all.get_mut(at) {
            bounds.add(predicate, negated);
        }
    }
    all.iter().find_map(|(_, bounds)| bounds.conflict())
}

/// What a test is about, if that is not a literal.
fn subject(predicate: &Predicate) -> Option<&Operand> {
    let operand = match predicate {
        Predicate::Compare {
            left: Operand::Literal(_),
            right,
            ..
        } => right,
        Predicate::Truth(operand)
        | Predicate::Is { operand, .. }
        | Predicate::Between { operand, .. } => operand,
        Predicate::Compare { left, .. }
        | Predicate::In { left, .. }
        | Predicate::Match { left, .. } => left,
        Predicate::TimeOfDay { .. } | Predicate::Sample(_) => return None,
    };
    (!matches!(operand, Operand::Literal(_) | Operand::List(_))).then_some(operand)
}

/// Kinds of values, missing among them, as a set.
type Kinds = u8;
const MISSING: Kinds = 1;
const NULL: Kinds = 1 << 1;
const BOOL: Kinds = 1 << 2;
const NUMBER: Kinds = 1 << 3;
const STRING: Kinds = 1 << 4;
const LIST: Kinds = 1 << 5;
const OBJECT: Kinds = 1 << 6;
const TIME: Kinds = 1 << 7;
const ANY: Kinds = Kinds::MAX;

/// What has to be so of one operand for all of its tests to hold.
#[derive(Debug)]
struct Bounds<'a> {
    kinds: Kinds,
    /// The least and the greatest value, and whether it is allowed itself.
    low: Option<(&'a Literal, bool)>,
    high: Option<(&'a Literal, bool)>,
    /// What it has to be one of.
    among: Option<Vec<&'a Literal>>,
    not: Vec<&'a Literal>,
    /// What it has to be one of but for case, each time that it is asked.
    folded: Vec<Table<Cow<'a, str>, ()>>,
    /// Two bounds of kinds that have no order between them.
    apart: bool,
    /// It is the event's type: one of these, and in lower case.
    types: Option<&'a [Literal]>,
}

impl<'a> Bounds<'a> {
    /// What is so of an operand before any test.
    fn of(operand: &Operand, types: &'a [Literal]) -> Self {
        let is_type = matches!(operand, Operand::Path(path) if path.root == Root::EventType);
        Self {
            kinds: if is_type { STRING } else { ANY },
            low: None,
            high: None,
            among: (is_type && !types.is_empty()).then(|| types.iter().collect()),
            not: Vec::new(),
            folded: Vec::new(),
            apart: false,
            types: is_type.then_some(types),
        }
    }

    /// Narrows by a test that holds, or that is false where `negated`: a rule wants the whole to be
    /// true, and `not` of something unknown is not true.
    fn add(&mut self, predicate: &'a Predicate, negated: bool) {
        match predicate {
            Predicate::Truth(_) => self.only(vec![if negated { &FALSE } else { &TRUE }]),
            Predicate::Is {
                negated: inner,
                what,
                ..
            } => self.is(*what, negated != *inner),
            Predicate::Compare {
                op,
                right: Operand::Literal(literal),
                ignoring_case: false,
                ..
            } => self.compare(*op, literal, negated),
            Predicate::Compare {
                left: Operand::Literal(literal),
                op,
                ignoring_case: false,
                ..
            } => self.compare(op.mirrored(), literal, negated),
            Predicate::Compare {
                left: Operand::Literal(literal),
                op: CompareOp::Equal,
                ignoring_case: true,
                ..
            }
            | Predicate::Compare {
                op: CompareOp::Equal,
                right: Operand::Literal(literal),
                ignoring_case: true,
                ..
            } if !negated => self.only_folded(std::slice::from_ref(literal)),
            Predicate::Between {
                negated: inner,
                bounds,
                ..
            } if negated == *inner => {
                if let [Operand::Literal(low), Operand::Literal(high)] = &**bounds {
                    self.compare(CompareOp::GreaterOrEqual, low, false);
                    self.compare(CompareOp::LessOrEqual, high, false);
                }
            }
            Predicate::In {
                negated: inner,
                right: Operand::Literal(Literal::List(elements)),
                ignoring_case: false,
                ..
            } => {
                self.kinds &= !MISSING;
                if negated == *inner {
                    self.only(elements.iter().collect());
                } else {
                    self.not.extend(elements);
                }
            }
            Predicate::In {
                negated: inner,
                right: Operand::Literal(Literal::List(elements)),
                ignoring_case: true,
                ..
            } if negated == *inner => self.only_folded(elements),
            Predicate::Match { op, .. } => {
                self.kinds &= match op {
                    TextOp::Contains => STRING | LIST,
                    _ => STRING,
                };
            }
            _ => {}
        }
    }

    fn compare(&mut self, op: CompareOp, literal: &'a Literal, negated: bool) {
        let op = if negated { op.opposite() } else { op };
        match op {
            CompareOp::Equal => self.only(vec![literal]),
            CompareOp::NotEqual => {
                self.kinds &= !MISSING;
                self.not.push(literal);
            }
            CompareOp::Less | CompareOp::LessOrEqual => {
                self.kinds &= kind_of(literal) & (NUMBER | STRING | TIME);
                let new = (literal, op == CompareOp::LessOrEqual);
                self.high = Some(self.tighter(self.high, new, Ordering::Less));
            }
            CompareOp::Greater | CompareOp::GreaterOrEqual => {
                self.kinds &= kind_of(literal) & (NUMBER | STRING | TIME);
                let new = (literal, op == CompareOp::GreaterOrEqual);
                self.low = Some(self.tighter(self.low, new, Ordering::Greater));
            }
        }
    }

    /// The narrower of two bounds on one side.
    fn tighter(
        &mut self,
        old: Option<(&'a Literal, bool)>,
        new: (&'a Literal, bool),
        narrower: Ordering,
    ) -> (&'a Literal, bool) {
        let Some(old) = old else {
            return new;
        };
        match order(new.0, old.0) {
            None => {
                self.apart = true;
                old
            }
            Some(Ordering::Equal) => (old.0, old.1 && new.1),
            Some(order) if order == narrower => new,
            Some(_) => old,
        }
    }

    fn only(&mut self, literals: Vec<&'a Literal>) {
        self.kinds &= literals.iter().fold(0, |all, one| all | kind_of(one));
        match &mut self.among {
            None => self.among = Some(literals),
            Some(among) => {
                // Sets keep this linear where two long lists meet.
                let mut set: Table<&Literal, ()> = Table::new();
                for literal in literals {
                    set.insert(literal, ());
                }
                among.retain(|one| set.contains(one));
            }
        }
    }

    /// One of `literals`, whatever its case, if all of them have one.
    fn only_folded(&mut self, literals: &'a [Literal]) {
        let mut set = Table::new();
        for literal in literals {
            let Literal::Text(text) = literal else {
                return;
            };
            set.insert(fold::fold(text), ());
        }
        self.kinds &= STRING;
        self.folded.push(set);
    }

    fn is(&mut self, what: Is, not: bool) {
        let kinds = match what {
            Is::Present => ANY & !MISSING,
            Is::Missing => MISSING,
            Is::Null => NULL,
            // Whether a string is blank is its own affair.
            Is::Blank if not => ANY & !(MISSING | NULL),
            Is::Blank => MISSING | NULL | STRING,
            Is::String => STRING,
            Is::Number => NUMBER,
            Is::Bool => BOOL,
            Is::List => LIST,
            Is::Object => OBJECT,
        };
        self.kinds &= if not && what != Is::Blank {
            !kinds
        } else {
            kinds
        };
    }

    fn conflict(&self) -> Option<String> {
        if self.kinds == 0 || self.apart {
            return Some("no value is of all the kinds that its parts need".to_owned());
        }
        if let (Some((low, with_low)), Some((high, with_high))) = (self.low, self.high) {
            match order(low, high) {
                Some(Ordering::Greater) => return Some(no_value("lies between its bounds")),
                Some(Ordering::Equal) if !(with_low && with_high) => {
                    return Some(no_value("lies between its bounds"));
                }
                _ => {}
            }
        }
        let among = self.among.as_ref()?;
        let mut not: Table<&Literal, ()> = Table::new();
        for literal in &self.not {
            not.insert(literal, ());
        }
        let possible = among.iter().any(|one| {
            kind_of(one) & self.kinds != 0
                && !not.contains(one)
                && self.low.is_none_or(|(low, with)| match order(one, low) {
                    Some(Ordering::Greater) => true,
                    Some(Ordering::Equal) => with,
                    _ => false,
                })
                && self.high.is_none_or(|(high, with)| match order(one, high) {
                    Some(Ordering::Less) => true,
                    Some(Ordering::Equal) => with,
                    _ => false,
                })
                && self.folded.iter().all(|set| match one {
                    Literal::Text(text) => set.contains(&*fold::fold(text)),
                    _ => false,
                })
                && (self.types.is_none() || is_lower(one))
        });
        if possible {
            return None;
        }
        Some(match self.types {
            None => no_value("is all that its parts need at once"),
            Some([Literal::Text(only)]) => {
                format!("in this rule `event.type` is always `{only}`, in lower case")
            }
            Some([]) => "`event.type` is in lower case".to_owned(),
            Some(_) => "`event.type` is one of the types behind `on`, in lower case".to_owned(),
        })
    }
}

fn is_lower(literal: &Literal) -> bool {
    match literal {
        Literal::Text(text) => !text.bytes().any(|byte| byte.is_ascii_uppercase()),
        _ => true,
    }
}

fn no_value(what: &str) -> String {
    format!("no value {what}")
}

static TRUE: Literal = Literal::Bool(true);
static FALSE: Literal = Literal::Bool(false);

const fn kind_of(literal: &Literal) -> Kinds {
    match literal {
        Literal::Null => NULL,
        Literal::Bool(_) => BOOL,
        Literal::Number(_) => NUMBER,
        Literal::Text(_) => STRING,
        Literal::Time(_) => TIME,
        Literal::List(_) => LIST,
    }
}

/// Finds rules behind a `final` one that takes all their events.
fn unreachable(lowered: &Lowered, faults: &mut Vec<Fault>) {
    let rules = &lowered.rules.rules;
    if !rules.iter().any(|rule| rule.is_final) {
        return;
    }
    let mut order: Vec<(usize, &Rule)> = rules.iter().map(|rule| &**rule).enumerate().collect();
    order.sort_by_key(|(at, rule)| (std::cmp::Reverse(rule.priority), *at));
    let mut finals = Finals::default();
    for (at, rule) in order {
        let id = RuleId(crate::span::clamp(at));
        match finals.hiding(rule) {
            Some(by) => report_unreachable(lowered, rule, id, by, faults),
            None if rule.is_final && rule.requirements.is_empty() => finals.add(rule, id),
            None => {}
        }
    }
}

/// A type (none for `on *`) and a filter's number (none where there is no filter).
type Taken = (Option<TypeId>, Option<usize>);

/// The `final` rules so far that accept whatever their filter lets through.
#[derive(Debug, Default)]
struct Finals<'a> {
    filters: Table<&'a Expr, usize>,
    by: Table<Taken, Vec<(Window, RuleId)>>,
}

impl<'a> Finals<'a> {
    /// Windows kept of one type and filter: enough for what people write, and no more work for more.
    const MOST: usize = 16;

    fn add(&mut self, rule: &'a Rule, id: RuleId) {
        let count = self.filters.len();
        let filter = rule.when.as_ref();
        let filter = filter.map(|filter| *self.filters.or_insert_with(filter, || count));
        let mut add = |event_type| {
            let windows = self.by.or_insert_with((event_type, filter), Vec::new);
            if windows.len() < Self::MOST {
                windows.push((rule.active, id));
            }
        };
        match &rule.on {
            On::All => add(None),
            On::Types(types) => types.iter().for_each(|id| add(Some(*id))),
        }
    }

    /// A final rule that takes all of the rule's events; of several, the one for its first type.
    fn hiding(&self, rule: &Rule) -> Option<RuleId> {
        if self.by.is_empty() {
            return None;
        }
        let mut filters: Vec<Option<usize>> = vec![None];
        if let Some(when) = &rule.when {
            // Also what holds whenever the whole holds.
            let parts: &[Expr] = match when {
                Expr::And(parts) => parts,
                _ => &[],
            };
            let known = std::iter::once(when).chain(parts);
            let known = known.filter_map(|filter| self.filters.value(filter));
            filters.extend(known.map(|known| Some(*known)));
        }
        let of = |event_type: Option<TypeId>| {
            filters.iter().find_map(|filter| {
                let windows = self.by.value(&(event_type, *filter))?;
                let covering = windows
                    .iter()
                    .find(|(window, _)| covers(window, &rule.active));
                covering.map(|(_, id)| *id)
            })
        };
        if let Some(id) = of(None) {
            return Some(id);
        }
        match &rule.on {
            On::All => None,
            On::Types(types) => {
                let mut first = None;
                for event_type in types.iter() {
                    let id = of(Some(*event_type))?;
                    first = first.or(Some(id));
                }
                first
            }
        }
    }
}

fn covers(outer: &Window, inner: &Window) -> bool {
    let from = match (outer.from, inner.from) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => outer <= inner,
    };
    let until = match (outer.until, inner.until) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => outer >= inner,
    };
    from && until
}

fn report_unreachable(
    lowered: &Lowered,
    rule: &Rule,
    id: RuleId,
    by: RuleId,
    faults: &mut Vec<Fault>,
) {
    let places = &lowered.rule_places;
    let (Some(place), Some(first)) = (places.get(id.0 as usize), places.get(by.0 as usize)) else {
        return;
    };
    let hider = lowered.rules.rules.get(by.0 as usize);
    let name = hider.map_or("", |rule| &*rule.name);
    faults.push(
        Fault::new(
            Code::Unreachable,
            *place,
            format!(
                "rule `{}` is never reached: `{name}` goes before it and takes all its events",
                rule.name
            ),
        )
        .label(*first, "this rule is `final`")
        .help("give it a higher `priority`, or the other a filter"),
    );
}

/// What makes two rules do the same for the same events.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Deed<'a> {
    types: Option<Cow<'a, [TypeId]>>,
    active: Window,
    when: Option<&'a Expr>,
    requirements: &'a [Requirement],
    actions: Cow<'a, [Action]>,
}

impl<'a> Deed<'a> {
    fn new(rule: &'a Rule, same: &[TemplateId]) -> Self {
        Self {
            types: match &rule.on {
                On::All => None,
                On::Types(types) if types.is_sorted() => Some(Cow::Borrowed(types)),
                On::Types(types) => {
                    let mut types = types.to_vec();
                    types.sort_unstable();
                    Some(Cow::Owned(types))
                }
            },
            active: rule.active,
            when: rule.when.as_ref(),
            requirements: &rule.requirements,
            actions: with_templates(rule, same),
        }
    }
}

/// Finds rules that listen, filter, require and act alike.
fn duplicates(lowered: &Lowered, faults: &mut Vec<Fault>) {
    let rules = &lowered.rules.rules;
    let same = same_templates(&lowered.templates);
    let hasher = Fixed::default();
    // Most rules are like no other, which their hashes tell; only the rest is held to one another.
    let mut hashes: Vec<(u64, usize)> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| (hasher.hash_one(Deed::new(rule, &same)), at))
        .collect();
    hashes.sort_unstable();
    for alike in hashes.chunk_by(|(one, _), (other, _)| one == other) {
        if alike.len() < 2 {
            continue;
        }
        let mut seen: Table<Deed<'_>, usize> = Table::new();
        for (_, at) in alike {
            if let Some(rule) = rules.get(*at) {
                let first = *seen.or_insert_with(Deed::new(rule, &same), || *at);
                if first < *at {
                    report_duplicate(lowered, *at, first, faults);
                }
            }
        }
    }
}

fn report_duplicate(lowered: &Lowered, at: usize, first: usize, faults: &mut Vec<Fault>) {
    let (rules, places) = (&lowered.rules.rules, &lowered.rule_places);
    if let (Some(rule), Some(other)) = (rules.get(at), rules.get(first))
        && let (Some(place), Some(first_place)) = (places.get(at), places.get(first))
    {
        let message = format!(
            "rule `{}` does the same as `{}`: both act",
            rule.name, other.name
        );
        faults.push(
            Fault::new(Code::DuplicateRule, *place, message).label(*first_place, "the other rule"),
        );
    }
}

/// For every template the first one of the same text that renders alike.
fn same_templates(templates: &[TemplateSource]) -> Vec<TemplateId> {
    let mut first: Table<(&str, bool), TemplateId> = Table::new();
    let id_of = |at: usize| TemplateId(crate::span::clamp(at));
    let each = templates.iter().enumerate();
    each.map(|(at, source)| match &source.owner {
        TemplateOwner::Declaration { .. } => id_of(at),
        TemplateOwner::Rule { blank, .. } => {
            *first.or_insert_with((&source.text, *blank), || id_of(at))
        }
    })
    .collect()
}

/// The rule's actions with each template replaced by the one that `same` gives for it.
fn with_templates<'a>(rule: &'a Rule, same: &[TemplateId]) -> Cow<'a, [Action]> {
    let first = |id: TemplateId| same.get(id.0 as usize).copied().unwrap_or(id);
    let mut as_it_is = true;
    rule.visit_templates(&mut |id| as_it_is &= first(id) == id);
    let mut actions = Cow::Borrowed(&*rule.actions);
    if !as_it_is {
        for action in actions.to_mut() {
            action.visit_templates_mut(&mut |id| *id = first(*id));
        }
    }
    actions
}

/// Finds constants and templates that nothing uses.
fn unused(lowered: &Lowered, faults: &mut Vec<Fault>) {
    for constant in lowered.constants.iter().filter(|constant| !constant.used) {
        faults.push(Fault::new(
            Code::UnusedConstant,
            constant.place,
            format!("constant `{}` is never used", constant.name),
        ));
    }
    let mut used: Table<&str, ()> = Table::new();
    for source in &lowered.templates {
        for name in texts::included(&source.text) {
            // One that includes itself is a cycle, and no use.
            let own =
                matches!(&source.owner, TemplateOwner::Declaration { name: own } if **own == *name);
            if !own {
                used.insert(name, ());
            }
        }
    }
    for source in &lowered.templates {
        if let TemplateOwner::Declaration { name } = &source.owner
            && !used.contains(&**name)
        {
            faults.push(Fault::new(
                Code::UnusedTemplate,
                source.place,
                format!("template `{name}` is never used"),
            ));
        }
    }
}

/// Says that results will have no `resource_url`.
fn company(lowered: &Lowered, faults: &mut Vec<Fault>) {
    if lowered.rules.company.is_none()
        && let Some(first) = lowered.rule_places.first()
    {
        faults.push(
            Fault::new(
                Code::NoCompany,
                *first,
                "no company is given: results will have no `resource_url`",
            )
            .help("add `company \"KEY\"`, once in all the sources"),
        );
    }
}
