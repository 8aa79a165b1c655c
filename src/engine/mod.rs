//! [`Engine`]: compiled rules, and everything a host does with them.

mod builder;
pub(crate) mod change;
pub(crate) mod companies;
pub(crate) mod live;
pub mod preview;

use std::sync::{Arc, OnceLock};

pub use self::builder::EngineBuilder;
pub(crate) use self::builder::visit_projected_paths;

use crate::collections::map::Table;
use crate::diagnostic::source_map::SourceMap;
use crate::diagnostic::{Diagnostics, Fault};
pub use crate::engine::change::Change;
pub use crate::engine::live::Reader;
use crate::error::{Error, ErrorKind};
use crate::eval::Needs;
pub use crate::event::EventBuffer;
use crate::event::dedup::SeenEvents;
use crate::event::id::IdSource;
use crate::event::rejection::{Rejection, RejectionCode};
use crate::event::{Event, MdnFormat};
use crate::explain;
use crate::explain::Explanation;
use crate::hir::{RuleId, TemplateSource};
pub use crate::index::Cost;
use crate::json::parse::ReadMode;
use crate::json::projection::ProjectionBuilder;
use crate::json::write;
use crate::limits::Limits;
use crate::lookup::answer::{Answer, Answers};
use crate::lookup::question::{PossibleQuestion, Question};
use crate::lower::Declared;
use crate::outcome::Outcome;
use crate::route;
use crate::route::Step;
use crate::ruleset::Rules;
use crate::testing::{self, TestHost, TestReport};
use crate::text::line_index::Position;
use crate::text::span::{Place, SourceId};
use crate::vendor::adapter::Adapter;

/// A compiled rule set: immutable, shared between threads, cheap to clone.
///
/// ```
/// use pointsman::{Answers, Engine, SeededIds, Step, Timestamp};
///
/// let engine = Engine::compile(r#"
///     company "zY5VnE7r"
///     rule hello {
///         on signed_up
///         send sms { body "Hi {{default name 'there'}}" }
///     }
/// "#)?;
/// let event = br#"{"event_type": "signed_up", "event_data": {"mdn": "+13125550100"}}"#;
/// let event = engine.read(event, &mut SeededIds::new(1))?;
/// let now: Timestamp = "2026-11-20T10:00:00Z".parse()?;
/// let Step::Done(outcome) = engine.route(&event, &Answers::new(now)) else {
///     unreachable!("these rules ask nothing");
/// };
/// let message = outcome.results()[1].message().unwrap();
/// assert_eq!(message.text(), Some("Hi there"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Engine(Arc<Compiled>);

/// Memory that [`Engine::route_in`] and [`Engine::matches`] reuse.
///
/// Create one per thread. It works with any engine.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    routing: route::RouteScratch,
    matched: Vec<RuleId>,
    needs: Needs,
}

impl Scratch {
    /// Returns the statistics of selecting rules for the last event.
    #[cfg(test)]
    pub(crate) const fn selection_stats(&self) -> crate::ruleset::select::SelectionStats {
        self.routing.selection.stats()
    }
}

impl Engine {
    /// Creates a builder without sources.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Compiles one source with the default settings. Its name in diagnostics is `rules`.
    ///
    /// # Errors
    ///
    /// Returns all errors and warnings if the text has an error.
    pub fn compile(text: impl Into<Arc<str>>) -> Result<Self, Diagnostics> {
        Self::builder().source("rules", text).build()
    }

    /// Returns the warnings about the rules.
    ///
    /// After a [`Change`] the first call takes as long as a full build, because many warnings concern
    /// several rules. [`Engine::news`] returns at once.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        self.0.warnings.get_or_init(|| {
            let built = self.rebuild().build();
            built.map_or_else(|errors| errors, |engine| engine.warnings().clone())
        })
    }

    /// Returns the warnings about the rules that the last [`Change`] added or replaced, each on its own.
    ///
    /// After a full build these are all [`Engine::warnings`].
    #[must_use]
    pub fn news(&self) -> &Diagnostics {
        let Some(warnings) = &self.0.change_warnings else {
            return self.warnings();
        };
        let texts = || self.0.source_map.texts();
        let diagnostics = || Diagnostics::new(warnings.clone(), &texts(), self.limits());
        self.0.change_diagnostics.get_or_init(diagnostics)
    }

    /// Begins a change of the rules.
    pub fn change(&self) -> Change {
        Change::new(self.clone())
    }

    /// Returns the names of the sources, in order.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.0.source_map.names()
    }

    /// Returns the text of a source, with all changes.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<Arc<str>> {
        let id = self.0.cache.source_ids.value(name)?;
        Some(self.0.source_map.text(*id))
    }

    /// Returns the company key, if the rules declare one.
    #[must_use]
    pub fn company(&self) -> Option<&str> {
        self.0.rules.set.company.as_deref()
    }

    /// Returns the names of the rules, in source order.
    pub fn rule_names(&self) -> impl Iterator<Item = &str> {
        self.0.rules.in_order().map(|(_, rule)| &*rule.name)
    }

    /// Returns the event types in lower case: declared types in source order, then the others that rules
    /// name, sorted.
    pub fn event_types(&self) -> impl Iterator<Item = &str> {
        self.0.rules.types()
    }

    /// Returns the limits that the engine was built with.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.rules.limits
    }

    /// Reads an event in the documented format and validates it, including its type.
    ///
    /// The whole text is validated, but only the fields that the rules use are extracted. This is faster
    /// than [`Event::from_json`] followed by [`Engine::admit`], with the same result. Another engine can
    /// route the event too; it reads further fields from the event's text.
    ///
    /// # Errors
    ///
    /// Returns the first fault in the order of [`RejectionCode`]. The event type is checked last.
    pub fn read(&self, bytes: &[u8], ids: &mut dyn IdSource) -> Result<Event, Rejection> {
        self.read_in_mode(ReadMode::Projected(&self.0.rules.projection), bytes, ids)
    }

    /// Reads an event that the host has already validated, skipping what no rule uses.
    ///
    /// The text must be one JSON value (RFC 8259) without unpaired surrogates or duplicate keys, nested at
    /// most [`Limits::json_depth`] deep. For such a text the result equals that of [`Engine::read`]. For
    /// any other text the result is a rejection or an event with unspecified fields, so never pass text
    /// from an untrusted sender.
    ///
    /// ```
    /// use pointsman::{Engine, SeededIds};
    ///
    /// let engine = Engine::compile("rule big { on order when total > 20 do crm.note {} }")?;
    /// let text = r#"{"event_type": "order", "event_data": {"mdn": "5550100", "total": 21, "rest": [1, 2]}}"#;
    /// let event = engine.read_trusted(text.as_bytes(), &mut SeededIds::new(1))?;
    /// assert_eq!(event.event_data(), r#"{"mdn": "5550100", "total": 21, "rest": [1, 2]}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::read`], except that faults in unused fields are not detected.
    pub fn read_trusted(&self, bytes: &[u8], ids: &mut dyn IdSource) -> Result<Event, Rejection> {
        self.read_in_mode(
            ReadMode::ProjectedTrusted(&self.0.rules.projection),
            bytes,
            ids,
        )
    }

    /// Reads an event like [`Engine::read`] into a reused buffer, without allocating in the long run.
    ///
    /// The event is valid until the next one is read into the buffer.
    ///
    /// # Errors
    ///
    /// As [`Engine::read`].
    pub fn read_in<'b>(
        &self,
        bytes: &[u8],
        ids: &mut dyn IdSource,
        buffer: &'b mut EventBuffer,
    ) -> Result<&'b Event, Rejection> {
        let event = buffer.read(
            ReadMode::Projected(&self.0.rules.projection),
            bytes,
            self.limits(),
            ids,
        )?;
        self.check_type(event)?;
        Ok(event)
    }

    /// Reads an event like [`Engine::read_trusted`] into a reused buffer.
    ///
    /// This is fastest if the events read into one buffer have their members in the same order.
    ///
    /// # Errors
    ///
    /// As [`Engine::read_trusted`].
    pub fn read_trusted_in<'b>(
        &self,
        bytes: &[u8],
        ids: &mut dyn IdSource,
        buffer: &'b mut EventBuffer,
    ) -> Result<&'b Event, Rejection> {
        let event = buffer.read(
            ReadMode::ProjectedTrusted(&self.0.rules.projection),
            bytes,
            self.limits(),
            ids,
        )?;
        self.check_type(event)?;
        Ok(event)
    }

    /// Reads an event that the host has already parsed.
    ///
    /// The value is serialized, and the resulting text is read by [`Engine::read`]; places in rejections
    /// refer to that text. Numbers are written by `serde_json`: with its feature `arbitrary_precision` they
    /// keep their original digits, without it numbers beyond 64 bits are rounded and 1.50 becomes 1.5. Keys
    /// are sorted unless the feature `preserve_order` is enabled.
    ///
    /// ```
    /// use pointsman::{Engine, SeededIds};
    ///
    /// let engine = Engine::compile("rule big { on order when total > 20 do crm.note {} }")?;
    /// let value: serde_json::Value =
    ///     serde_json::from_str(r#"{"event_type": "order", "event_data": {"mdn": "5550100", "total": 21}}"#)?;
    /// let event = engine.read_value(&value, &mut SeededIds::new(1))?;
    /// assert_eq!(event.event_data(), r#"{"mdn":"5550100","total":21}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::read`].
    pub fn read_value(
        &self,
        value: &serde_json::Value,
        ids: &mut dyn IdSource,
    ) -> Result<Event, Rejection> {
        self.read(write::written(value).as_bytes(), ids)
    }

    fn read_in_mode(
        &self,
        mode: ReadMode<'_>,
        bytes: &[u8],
        ids: &mut dyn IdSource,
    ) -> Result<Event, Rejection> {
        let form = MdnFormat::International;
        let event = Event::read(mode, form, bytes, self.limits(), ids)?;
        self.check_type(&event)?;
        Ok(event)
    }

    /// Checks that the type of an event that was read elsewhere is known to this engine.
    ///
    /// # Errors
    ///
    /// Returns [`RejectionCode::UnknownEventType`] if it is not, unless the registry is open.
    pub fn admit(&self, event: Event) -> Result<Event, Rejection> {
        self.check_type(&event)?;
        Ok(event)
    }

    fn check_type(&self, event: &Event) -> Result<(), Rejection> {
        let known = self.0.rules.knows_type(event.folded_type());
        if known || self.0.open_registry {
            Ok(())
        } else {
            Err(Rejection::new(
                RejectionCode::UnknownEventType,
                format!(
                    "event type `{}` is neither declared nor listened to by any rule",
                    event.event_type()
                ),
            )
            .at("event_type"))
        }
    }

    /// Routes an event as far as the answers allow. The result depends on nothing but the arguments.
    ///
    /// If the step asks questions, look them up, add the answers and call this again. Each round asks only
    /// unanswered questions, and an event asks at most [`Limits::questions`] besides its person and
    /// carrier, so the rounds end.
    #[must_use]
    pub fn route(&self, event: &Event, answers: &Answers) -> Step {
        self.route_in(event, answers, &mut Scratch::default())
    }

    /// Routes an event like [`Engine::route`], reusing the memory of `scratch`.
    #[must_use]
    pub fn route_in(&self, event: &Event, answers: &Answers, scratch: &mut Scratch) -> Step {
        route::route(&self.0.rules, event, answers, &mut scratch.routing)
    }

    /// Claims an event and routes it to the end, for synchronous hosts.
    ///
    /// `lookup` returns one answer per question, in order. An event whose id was claimed before is ignored.
    /// The claim is released if the outcome is incomplete and on errors and panics of `lookup`, so that a
    /// retry is not mistaken for a duplicate.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::MismatchedAnswer`] if an answer does not fit its question or the number of
    /// answers differs, and [`ErrorKind::TooManyRounds`] after [`Limits::rounds`].
    pub fn route_with(
        &self,
        event: &Event,
        mut answers: Answers,
        seen: &SeenEvents,
        mut lookup: impl FnMut(&[Question]) -> Vec<Answer>,
    ) -> Result<Outcome, Error> {
        let company = self.company().unwrap_or_default();
        if !seen.claim(company, event.id(), answers.now()) {
            return Ok(Outcome::ignored(event.id(), event.event_type()));
        }
        let mut claim = EventClaim {
            seen,
            company,
            event_id: event.id(),
            keep: false,
        };
        for round in 0..=self.limits().rounds {
            let questions = match self.route(event, &answers) {
                Step::Done(outcome) => {
                    claim.keep = !outcome.is_incomplete();
                    return Ok(outcome);
                }
                Step::Ask(_) if round == self.limits().rounds => break,
                Step::Ask(questions) => questions,
            };
            let given = lookup(&questions);
            if given.len() != questions.len() {
                return Err(Error::new(
                    ErrorKind::MismatchedAnswer,
                    format!(
                        "{} questions were asked and {} answers given",
                        questions.len(),
                        given.len()
                    ),
                ));
            }
            for (question, answer) in questions.into_iter().zip(given) {
                answers.answer(question, answer)?;
            }
        }
        Err(Error::new(
            ErrorKind::TooManyRounds,
            format!("asked in more than {} rounds", self.limits().rounds),
        ))
    }

    /// Returns the names of the rules whose `when` is true, in evaluation order, for hosts with their own
    /// actions.
    ///
    /// Requirements and actions are not evaluated. A condition on a person or carrier that is not among
    /// the answers is not true.
    pub fn matches<'e>(
        &'e self,
        event: &Event,
        answers: &Answers,
        scratch: &'e mut Scratch,
    ) -> impl Iterator<Item = &'e str> {
        let rules = &self.0.rules;
        let Scratch {
            routing,
            matched,
            needs,
        } = &mut *scratch;
        matched.clear();
        let scope = route::scope(event, event.data_for(&rules.projection), answers);
        for candidate in rules.select(&scope, &mut routing.selection) {
            let holds = candidate.holds
                || rules.rule(candidate.rule).is_some_and(|rule| {
                    needs.pending.clear();
                    needs.unavailable.clear();
                    route::matches(rules, rule, &scope, needs)
                });
            if holds {
                matched.push(candidate.rule);
            }
        }
        scratch.matched.iter().filter_map(|id| rules.name(*id))
    }

    /// Returns the questions that rules of an event type can ask, for hosts that look things up ahead.
    ///
    /// Each question occurs once, in a fixed order.
    #[must_use]
    pub fn questions(&self, event_type: &str) -> Vec<PossibleQuestion> {
        crate::ruleset::reads::possible_questions(&self.0.rules, &event_type.to_ascii_lowercase())
    }

    /// Explains why each rule of the event's type accepts the event or not, the nearest miss first.
    ///
    /// This evaluates every rule and does not use the index that routing uses.
    ///
    /// ```
    /// use pointsman::{Answers, Engine, SeededIds, Timestamp};
    ///
    /// let engine = Engine::compile(r#"rule big { on order when total >= 20 do crm.note {} }"#)?;
    /// let event = br#"{"event_type": "order", "event_data": {"mdn": "+13125550100", "total": 19.5}}"#;
    /// let event = engine.read(event, &mut SeededIds::new(1))?;
    /// let answers = Answers::new("2026-11-20T10:00:00Z".parse()?);
    /// let explanation = engine.explain(&event, &answers).to_string();
    /// assert!(explanation.contains("✗ total >= 20\n    total = 19.5"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn explain(&self, event: &Event, answers: &Answers) -> Explanation {
        explain::explain(&self.0.rules, event, answers, None)
    }

    /// Explains why one rule accepts an event or not. Returns `None` if there is no such rule.
    #[must_use]
    pub fn explain_rule(
        &self,
        event: &Event,
        answers: &Answers,
        rule: &str,
    ) -> Option<Explanation> {
        let id = self.0.rules.named(rule)?;
        Some(explain::explain(&self.0.rules, event, answers, Some(id)))
    }

    /// Returns what the rules cost: predicates, memory, and rules evaluated for every event of a type.
    ///
    /// Rules that a [`Change`] removed are included until the next full build, except in [`Cost::rules`].
    #[must_use]
    pub fn cost(&self) -> &Cost {
        &self.0.cost
    }

    /// Reads an event in a vendor's format and validates it, including its type.
    ///
    /// If the vendor creates event types implicitly, build the engine with an open registry.
    ///
    /// ```
    /// use pointsman::adapter::Adapter;
    /// use pointsman::{Engine, SeededIds};
    ///
    /// let engine = Engine::compile("rule cart { on abandoned_cart do crm.note {} }")?;
    /// let bytes = br#"{"eventTypeKey": "abandoned_cart", "keyValue": "site@com.net"}"#;
    /// let event = engine.read_as(Adapter::Esputnik, bytes, &mut SeededIds::new(1))?;
    /// assert_eq!(event.event_type(), "abandoned_cart");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Adapter::read`], then as [`Engine::admit`].
    pub fn read_as(
        &self,
        adapter: Adapter,
        bytes: &[u8],
        ids: &mut dyn IdSource,
    ) -> Result<Event, Rejection> {
        if adapter == Adapter::Vibes {
            return self.read(bytes, ids);
        }
        let formats = &self.0.rules.contacts;
        let event = adapter.read_with(bytes, self.limits(), formats, ids)?;
        self.admit(event)
            .map_err(|rejection| rejection.at(adapter.type_path()))
    }

    /// Runs the `test` blocks, in source order.
    ///
    /// ```
    /// use pointsman::Engine;
    ///
    /// let engine = Engine::compile(r#"
    ///     rule hello { on hi when city == "Austin" do greet {} }
    ///     test "Austin is greeted" {
    ///         event { "event_type": "hi", "event_data": { "mdn": "13125550100", "city": "Austin" } }
    ///         expect hello accepts
    ///         expect hello does greet
    ///         expect nothing else
    ///     }
    /// "#)?;
    /// assert!(engine.run_tests().iter().all(|report| report.passed()));
    /// # Ok::<(), pointsman::Diagnostics>(())
    /// ```
    #[must_use]
    pub fn run_tests(&self) -> Vec<TestReport> {
        testing::run(
            &self.0.rules,
            &TestHost {
                read: &|adapter, bytes, ids| match adapter {
                    Some(adapter) => self.read_as(adapter, bytes, ids),
                    None => self.read(bytes, ids),
                },
                locate: &|place| self.locate(place),
            },
        )
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.0.rules
    }

    pub(crate) fn source_map(&self) -> &SourceMap {
        &self.0.source_map
    }

    pub(crate) fn build_cache(&self) -> &BuildCache {
        &self.0.cache
    }

    /// Returns a builder with the same settings and no sources.
    pub(crate) fn settings(&self) -> EngineBuilder {
        let rules = &self.0.rules;
        EngineBuilder {
            sources: Vec::new(),
            limits: rules.limits.clone(),
            open_registry: self.0.open_registry,
            media: rules.media.clone(),
            contacts: rules.contacts.clone(),
        }
    }

    /// Returns an engine with the same settings and changed rules.
    pub(crate) fn changed(
        &self,
        rules: Rules,
        source_map: SourceMap,
        cache: BuildCache,
        change_warnings: Vec<Fault>,
    ) -> Self {
        Self(Arc::new(Compiled {
            cost: rules.cost(),
            rules,
            open_registry: self.0.open_registry,
            source_map,
            cache,
            change_warnings: Some(change_warnings),
            change_diagnostics: OnceLock::new(),
            warnings: OnceLock::new(),
        }))
    }

    /// Returns a builder for a full build of the same rules.
    fn rebuild(&self) -> EngineBuilder {
        EngineBuilder {
            sources: self.0.source_map.texts(),
            ..self.settings()
        }
    }

    /// Returns the source name, line and column of a place.
    fn locate(&self, place: Place) -> (&str, usize, usize) {
        let name = self.sources().nth(place.source.0 as usize);
        let place = self.0.source_map.place(place);
        let text = self.0.source_map.text(place.source);
        let position = Position::of(text.as_bytes(), place.span.start as usize);
        (
            name.unwrap_or_default(),
            position.line as usize,
            position.column as usize,
        )
    }
}

#[derive(Debug)]
struct Compiled {
    rules: Rules,
    open_registry: bool,
    source_map: SourceMap,
    cache: BuildCache,
    cost: Cost,
    /// The warnings about the rules of the last change; `None` after a full build.
    change_warnings: Option<Vec<Fault>>,
    change_diagnostics: OnceLock<Diagnostics>,
    warnings: OnceLock<Diagnostics>,
}

/// The results of a build that an incremental build reuses.
#[derive(Clone, Debug)]
pub(crate) struct BuildCache {
    pub(crate) declared: Arc<Declared>,
    /// The declared templates.
    pub(crate) templates: Arc<Vec<TemplateSource>>,
    pub(crate) projection_builder: Arc<ProjectionBuilder>,
    /// The place of every rule of the base, in the original sources.
    pub(crate) rule_places: Arc<Vec<Place>>,
    pub(crate) source_ids: Arc<Table<Arc<str>, SourceId>>,
    pub(crate) source_ends: Arc<Vec<SourceEnd>>,
}

/// The place in a source at which new rules are added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceEnd {
    /// The offset in the original source.
    pub(crate) offset: u32,
    pub(crate) has_no_declaration: bool,
    /// The number of rules in this source and all before it.
    pub(crate) rules: u32,
}

/// A claimed event id, released on drop unless `keep` is set.
struct EventClaim<'a> {
    seen: &'a SeenEvents,
    company: &'a str,
    event_id: &'a str,
    keep: bool,
}

impl Drop for EventClaim<'_> {
    fn drop(&mut self) {
        if !self.keep {
            self.seen.release(self.company, self.event_id);
        }
    }
}
