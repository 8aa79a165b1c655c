//! Defines the meaning of rules: names are resolved, types are checked, and no positions in source
//! texts are left.

pub(crate) mod conformance;
pub(crate) mod contradiction;
pub(crate) mod pattern;
pub(crate) mod sample;
pub(crate) mod schema;

use std::sync::Arc;

use crate::event::path::Path;
use crate::json::document::Literal;
use crate::outcome::message::{Channel, PartName};
use crate::syntax::operator::{CompareOp, Is, Quantifier, TextOp};
use crate::time::Timestamp;

/// An event type that is declared or named by a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(pub(crate) u32);

/// The position of a rule in the rule set, in the order of the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RuleId(pub(crate) u32);

/// A template of the rule set: a part of a message, a value or a `template` declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TemplateId(pub(crate) u32);

/// Everything that the sources declare.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleSet {
    pub(crate) company: Option<Box<str>>,
    pub(crate) types: Arc<Vec<EventType>>,
    pub(crate) rules: Arc<Vec<Arc<Rule>>>,
    pub(crate) tests: Arc<Vec<Test>>,
}

#[derive(Clone, Debug)]
pub(crate) struct EventType {
    /// In lower case.
    pub(crate) name: Box<str>,
    /// `None` if a rule names the type and nothing declares it.
    pub(crate) declaration: Option<EventDeclaration>,
}

#[derive(Clone, Debug)]
pub(crate) struct EventDeclaration {
    /// `None` if the declaration has no body.
    pub(crate) fields: Option<schema::Fields>,
    pub(crate) description: Option<Box<str>>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<Box<str>>,
    /// The `id` clause, escaped as a path segment of a URL.
    pub(crate) own_id: Option<Box<str>>,
    pub(crate) on: On,
    pub(crate) active: Window,
    pub(crate) priority: i64,
    pub(crate) when: Option<Expr>,
    pub(crate) requirements: Box<[Requirement]>,
    pub(crate) is_final: bool,
    pub(crate) actions: Box<[Action]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum On {
    All,
    /// In source order, without duplicates.
    Types(Arc<[TypeId]>),
}

/// A half-open range: `from` is inclusive, `until` is exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

impl Window {
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Requirement {
    Person,
    Subscribed(Box<str>),
    CarrierSms,
    CarrierMms,
    Holds { expr: Expr, otherwise: Box<str> },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Send(Send),
    Do(Do),
    First(Box<[Self]>),
}

/// A message. Lowering has checked that the channel has these parts and needs no others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Send {
    pub(crate) channel: Channel,
    /// Boxed because it is rare and large.
    pub(crate) when: Option<Box<Expr>>,
    pub(crate) to: Option<To>,
    /// In the order of the JSON outcome, without duplicates. Does not contain `to` and `data`.
    pub(crate) parts: Box<[(PartName, TemplateId)]>,
    pub(crate) data: Option<Entries>,
    pub(crate) transactional: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum To {
    Path(Path),
    Template(TemplateId),
}

/// An action that the host performs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Do {
    pub(crate) name: Box<str>,
    pub(crate) when: Option<Box<Expr>>,
    pub(crate) params: Entries,
}

/// Keys and values in source order.
pub(crate) type Entries = Box<[(Box<str>, Value)]>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    Literal(Literal),
    Path(Path),
    Template(TemplateId),
    List(Box<[Self]>),
    Object(Box<[(Box<str>, Self)]>),
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Expr {
    /// Two or more.
    Or(Box<[Self]>),
    /// Two or more.
    And(Box<[Self]>),
    Not(Box<Self>),
    /// Binds the variable whose depth is the number of surrounding quantifiers.
    Quantifier {
        which: Quantifier,
        name: Box<str>,
        over: Operand,
        body: Box<Self>,
    },
    Test(Predicate),
}

/// A single test, the unit that rules share in the index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Predicate {
    /// A path alone, which holds if its value is `true`.
    Truth(Operand),
    Is {
        operand: Operand,
        negated: bool,
        what: Is,
    },
    Compare {
        left: Operand,
        op: CompareOp,
        right: Operand,
        ignoring_case: bool,
    },
    Between {
        operand: Operand,
        negated: bool,
        /// The lower and the upper bound. Boxed because they are rare and large.
        bounds: Box<[Operand; 2]>,
        ignoring_case: bool,
    },
    In {
        left: Operand,
        negated: bool,
        right: Operand,
        ignoring_case: bool,
    },
    Match {
        left: Operand,
        negated: bool,
        op: TextOp,
        right: Pattern,
        ignoring_case: bool,
    },
    TimeOfDay {
        at: Operand,
        zone: Zone,
        negated: bool,
        from: u32,
        until: u32,
    },
    Sample(Box<Sample>),
}

/// The right operand of a string operator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pattern {
    /// `starts_with`, `ends_with` or `contains` with any operand; in a list, any element may match.
    Operand(Operand),
    /// `like`
    Like(Arc<pattern::Like>),
    /// `matches`
    Regex(Arc<pattern::Regex>),
    /// `in_network`
    Network(pattern::Network),
}

/// The time zone of `time_of_day`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Zone {
    /// The name of an existing zone.
    Name(Box<str>),
    Path(Path),
}

/// A stable sample.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sample {
    /// A half-open range in units of 2^-64 of the whole; `until` may be 2^64.
    pub(crate) from: u128,
    pub(crate) until: u128,
    /// The path whose value is sampled; `by person` is `person.person_key`.
    pub(crate) by: Path,
    /// The name of the rule unless the rule specifies a salt.
    pub(crate) salt: Box<str>,
    /// The sample as written, for explanations: `10%..30%`.
    pub(crate) text: Box<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operand {
    Literal(Literal),
    /// A list with at least one element that is not a literal.
    List(Box<[Self]>),
    Path(Path),
    /// `count(x)` and `length(x)`
    Count(Box<Self>),
    /// `number(x)`
    Number(Box<Self>),
    /// `time(x)`, or a path declared as `timestamp`.
    Time(Box<Self>),
    /// A path declared as `[timestamp]` whose elements are compared as times.
    Times(Box<Self>),
    /// A time plus a number of seconds.
    Shift {
        operand: Box<Self>,
        seconds: i64,
    },
}

impl Rule {
    /// Returns the last segment of the rule's `resource_url`, escaped for a URL.
    pub(crate) fn id(&self) -> &str {
        self.own_id.as_deref().unwrap_or(&self.name)
    }

    /// Visits every path that the rule reads outside its templates.
    pub(crate) fn visit_paths(&self, visit: &mut dyn FnMut(&Path)) {
        if let Some(when) = &self.when {
            when.visit_paths(visit);
        }
        for requirement in &self.requirements {
            if let Requirement::Holds { expr, .. } = requirement {
                expr.visit_paths(visit);
            }
        }
        for action in &self.actions {
            action.visit_paths(visit);
        }
    }

    /// Visits every template that the rule renders directly, in source order within an action.
    pub(crate) fn visit_templates(&self, visit: &mut dyn FnMut(TemplateId)) {
        for action in &self.actions {
            action.visit_templates(visit);
        }
    }

    /// Visits the same templates, to renumber them.
    pub(crate) fn visit_templates_mut(&mut self, visit: &mut dyn FnMut(&mut TemplateId)) {
        for action in &mut self.actions {
            action.visit_templates_mut(visit);
        }
    }
}

impl Action {
    fn visit_paths(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::First(actions) => {
                for action in actions {
                    action.visit_paths(visit);
                }
            }
            Self::Send(send) => {
                if let Some(when) = &send.when {
                    when.visit_paths(visit);
                }
                if let Some(To::Path(path)) = &send.to {
                    visit(path);
                }
                for (_, value) in send.data.iter().flatten() {
                    value.visit_paths(visit);
                }
            }
            Self::Do(act) => {
                if let Some(when) = &act.when {
                    when.visit_paths(visit);
                }
                for (_, value) in &act.params {
                    value.visit_paths(visit);
                }
            }
        }
    }

    /// Shows every template that the action renders, in the order written.
    pub(crate) fn visit_templates(&self, visit: &mut dyn FnMut(TemplateId)) {
        match self {
            Self::First(actions) => {
                for action in actions {
                    action.visit_templates(visit);
                }
            }
            Self::Send(send) => {
                if let Some(To::Template(id)) = &send.to {
                    visit(*id);
                }
                for (_, id) in &send.parts {
                    visit(*id);
                }
                for (_, value) in send.data.iter().flatten() {
                    value.visit_templates(visit);
                }
            }
            Self::Do(act) => {
                for (_, value) in &act.params {
                    value.visit_templates(visit);
                }
            }
        }
    }

    pub(crate) fn visit_templates_mut(&mut self, visit: &mut dyn FnMut(&mut TemplateId)) {
        match self {
            Self::First(actions) => {
                for action in actions {
                    action.visit_templates_mut(visit);
                }
            }
            Self::Send(send) => {
                if let Some(To::Template(id)) = &mut send.to {
                    visit(id);
                }
                for (_, id) in &mut send.parts {
                    visit(id);
                }
                for (_, value) in send.data.iter_mut().flatten() {
                    value.visit_templates_mut(visit);
                }
            }
            Self::Do(act) => {
                for (_, value) in &mut act.params {
                    value.visit_templates_mut(visit);
                }
            }
        }
    }
}

impl Value {
    fn visit_paths(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::Path(path) => visit(path),
            Self::List(elements) => {
                for element in elements {
                    element.visit_paths(visit);
                }
            }
            Self::Object(members) => {
                for (_, member) in members {
                    member.visit_paths(visit);
                }
            }
            Self::Literal(_) | Self::Template(_) => {}
        }
    }

    fn visit_templates(&self, visit: &mut dyn FnMut(TemplateId)) {
        match self {
            Self::Template(id) => visit(*id),
            Self::List(elements) => {
                for element in elements {
                    element.visit_templates(visit);
                }
            }
            Self::Object(members) => {
                for (_, member) in members {
                    member.visit_templates(visit);
                }
            }
            Self::Literal(_) | Self::Path(_) => {}
        }
    }

    fn visit_templates_mut(&mut self, visit: &mut dyn FnMut(&mut TemplateId)) {
        match self {
            Self::Template(id) => visit(id),
            Self::List(elements) => {
                for element in elements {
                    element.visit_templates_mut(visit);
                }
            }
            Self::Object(members) => {
                for (_, member) in members {
                    member.visit_templates_mut(visit);
                }
            }
            Self::Literal(_) | Self::Path(_) => {}
        }
    }
}

impl Expr {
    /// Visits every path that the condition reads.
    pub(crate) fn visit_paths(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::Or(parts) | Self::And(parts) => {
                for part in parts {
                    part.visit_paths(visit);
                }
            }
            Self::Not(inner) => inner.visit_paths(visit),
            Self::Quantifier { over, body, .. } => {
                over.visit_paths(visit);
                body.visit_paths(visit);
            }
            Self::Test(predicate) => predicate.visit_paths(visit),
        }
    }
}

impl Predicate {
    /// Returns the first operand; `None` for a sample, which has only a path.
    pub(crate) const fn subject(&self) -> Option<&Operand> {
        match self {
            Self::Truth(operand) | Self::Is { operand, .. } | Self::Between { operand, .. } => {
                Some(operand)
            }
            Self::Compare { left, .. } | Self::In { left, .. } | Self::Match { left, .. } => {
                Some(left)
            }
            Self::TimeOfDay { at, .. } => Some(at),
            Self::Sample(_) => None,
        }
    }

    /// Visits every path that the test reads.
    pub(crate) fn visit_paths(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::Truth(operand) | Self::Is { operand, .. } => operand.visit_paths(visit),
            Self::Compare { left, right, .. } | Self::In { left, right, .. } => {
                left.visit_paths(visit);
                right.visit_paths(visit);
            }
            Self::Between {
                operand, bounds, ..
            } => {
                operand.visit_paths(visit);
                for bound in &**bounds {
                    bound.visit_paths(visit);
                }
            }
            Self::Match { left, right, .. } => {
                left.visit_paths(visit);
                if let Pattern::Operand(right) = right {
                    right.visit_paths(visit);
                }
            }
            Self::TimeOfDay { at, zone, .. } => {
                at.visit_paths(visit);
                if let Zone::Path(path) = zone {
                    visit(path);
                }
            }
            Self::Sample(sample) => visit(&sample.by),
        }
    }
}

impl Operand {
    /// Visits every path that the operand reads.
    pub(crate) fn visit_paths(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::Literal(_) => {}
            Self::Path(path) => visit(path),
            Self::List(elements) => {
                for element in elements {
                    element.visit_paths(visit);
                }
            }
            Self::Count(operand)
            | Self::Number(operand)
            | Self::Time(operand)
            | Self::Times(operand)
            | Self::Shift { operand, .. } => operand.visit_paths(visit),
        }
    }
}

/// A `test` block.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) title: Box<str>,
    pub(crate) now: Option<Timestamp>,
    pub(crate) adapter: Option<Box<str>>,
    /// Valid JSON; `{}` if the test has no answers.
    pub(crate) answers: Box<str>,
    pub(crate) events: Vec<TestEvent>,
    pub(crate) place: crate::text::span::Place,
}

impl Test {
    /// Returns the rules named by expectations.
    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleId> {
        let expectations = self.events.iter().flat_map(|event| &event.expectations);
        expectations.filter_map(|(_, expectation)| expectation.rule())
    }
}

/// An event of a test and its expectations.
#[derive(Clone, Debug)]
pub(crate) struct TestEvent {
    /// A JSON object, which may still be rejected as an event.
    pub(crate) json: Box<str>,
    pub(crate) expectations: Vec<(crate::text::span::Place, Expectation)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Expectation {
    Accepts(RuleId),
    Refuses {
        rule: RuleId,
        error: Option<Box<str>>,
    },
    Skips(RuleId),
    Sends {
        rule: RuleId,
        channel: Channel,
        body: Option<Box<str>>,
        to: Option<Box<str>>,
    },
    SendFails {
        rule: RuleId,
        channel: Channel,
        error: Option<Box<str>>,
    },
    Does {
        rule: RuleId,
        name: Box<str>,
        params: Option<Box<str>>,
    },
    Ignored,
    NoRouteRules,
    Rejected {
        code: Option<Box<str>>,
    },
    NothingElse,
}

impl Expectation {
    /// Returns the rule that the expectation names.
    pub(crate) const fn rule(&self) -> Option<RuleId> {
        match self {
            Self::Accepts(rule)
            | Self::Skips(rule)
            | Self::Refuses { rule, .. }
            | Self::Sends { rule, .. }
            | Self::SendFails { rule, .. }
            | Self::Does { rule, .. } => Some(*rule),
            Self::Ignored | Self::NoRouteRules | Self::Rejected { .. } | Self::NothingElse => None,
        }
    }
}

/// The text of a template and its place in the rules. The only type of the HIR with a position, because
/// the template compiler reports its own errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateSource {
    pub(crate) text: Box<str>,
    /// The string literal including its quotes.
    pub(crate) place: crate::text::span::Place,
    /// The string literal as written, including its quotes, for `syntax::string::source_offset`. Empty
    /// for a template outside of rules, which is its own source.
    pub(crate) literal: Box<str>,
    pub(crate) owner: TemplateOwner,
}

/// The declaration that contains a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateOwner {
    /// `template NAME "…"`. Where it is included, the outer template determines escaping and types.
    Declaration { name: Box<str> },
    /// A part or a value of a rule.
    Rule {
        /// The event types whose fields it may read; empty for `on *`.
        types: Arc<[TypeId]>,
        part: TemplatePart,
        /// `missing blank`
        blank: bool,
    },
}

/// The role of a template in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TemplatePart {
    Part(Channel, PartName),
    To(Channel),
    /// A value of `do` or of `data`.
    Value,
}
