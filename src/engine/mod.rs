//! The engine: rules compiled once, and every question that a host can put to them. Reads no files and
//! no clock.

mod builder;
pub(crate) mod change;
pub(crate) mod companies;
pub(crate) mod live;
pub mod preview;

use std::sync::{Arc, OnceLock};

pub use self::builder::EngineBuilder;
pub(crate) use self::builder::visit_projected_paths;

use crate::collections::map::Table;
use crate::diagnostic::source_map::Patched;
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

/// Rules, compiled: immutable, shared by threads, cheap to clone.
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

#[derive(Debug)]
struct Compiled {
    rules: Rules,
    open_registry: bool,
    texts: Patched,
    kept: Kept,
    cost: Cost,
    /// What was found about the rules that were changed last; None: everything was compiled.
    news: Option<Vec<Fault>>,
    told: OnceLock<Diagnostics>,
    warnings: OnceLock<Diagnostics>,
}

/// What is kept of compiling for when rules change.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) declared: Arc<Declared>,
    /// Those that are declared.
    pub(crate) templates: Arc<Vec<TemplateSource>>,
    pub(crate) projection_builder: Arc<ProjectionBuilder>,
    /// Where each rule of the base stands.
    pub(crate) extents: Arc<Vec<Place>>,
    pub(crate) source_ids: Arc<Table<Arc<str>, SourceId>>,
    /// By source.
    pub(crate) ends: Arc<Vec<End>>,
}

/// Where rules are added to a source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) offset: u32,
    /// The source has no declaration.
    pub(crate) is_bare: bool,
    /// How many rules there are up to here, those of the sources before among them.
    pub(crate) rules: u32,
}

/// Memory that [`Engine::route_in`] and [`Engine::matches`] use over and over: make one per thread. It
/// serves any engine.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    routing: route::RouteScratch,
    matched: Vec<RuleId>,
    needs: Needs,
}

impl Scratch {
    /// What selecting rules did for the last event.
    #[cfg(test)]
    pub(crate) const fn selection_stats(&self) -> crate::ruleset::select::SelectionStats {
        self.routing.selection.stats()
    }
}

impl Engine {
    /// Begins an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Compiles one source with the default settings; diagnostics call it `rules`.
    ///
    /// # Errors
    ///
    /// Every error in the text, and the warnings with them.
    pub fn compile(text: impl Into<Arc<str>>) -> Result<Self, Diagnostics> {
        Self::builder().source("rules", text).build()
    }

    /// What is probably not meant in the rules.
    ///
    /// Of an engine that came of a [`Change`] these are worked out when they are first asked for, which
    /// takes as long as a whole build: many a warning is about rules together.
    /// [`Engine::news`] is there at once.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        self.0.warnings.get_or_init(|| {
            let built = self.whole().build();
            built.map_or_else(|found| found, |engine| engine.warnings().clone())
        })
    }

    /// What is probably not meant in the rules that the last [`Change`] put, each of them taken by itself.
    /// Where everything was compiled, these are all [`Engine::warnings`].
    #[must_use]
    pub fn news(&self) -> &Diagnostics {
        let Some(news) = &self.0.news else {
            return self.warnings();
        };
        let told = || Diagnostics::new(news.clone(), &self.0.texts.texts(), self.limits());
        self.0.told.get_or_init(told)
    }

    /// Begins a change of these rules.
    pub fn change(&self) -> Change {
        Change::new(self.clone())
    }

    /// The names of the sources, in order.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.0.texts.names()
    }

    /// A source as it is after all changes.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<Arc<str>> {
        let id = self.0.kept.source_ids.value(name)?;
        Some(self.0.texts.text(*id))
    }

    /// The company key, if the rules name one.
    #[must_use]
    pub fn company(&self) -> Option<&str> {
        self.0.rules.set.company.as_deref()
    }

    /// The names of the rules, in the order of the rule set.
    pub fn rule_names(&self) -> impl Iterator<Item = &str> {
        self.0.rules.in_order().map(|(_, rule)| &*rule.name)
    }

    /// The event types in lower case: those that are declared, in their order, and then those that rules
    /// name, by name.
    pub fn event_types(&self) -> impl Iterator<Item = &str> {
        self.0.rules.types()
    }

    /// The limits it was built with.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.rules.limits
    }

    /// Reads an event in the documented format and makes every check, the registry's among them.
    ///
    /// The whole text is checked, but only what the rules use is taken out of it: that is what makes this
    /// faster than [`Event::from_json`] and [`Engine::admit`], which come to the same. Another engine
    /// routes the event as well; what it uses besides is read from the event's text then.
    ///
    /// # Errors
    ///
    /// Why the event is refused: the first fault by the order of [`RejectionCode`], the registry's last.
    pub fn read(&self, bytes: &[u8], ids: &mut dyn IdSource) -> Result<Event, Rejection> {
        self.read_in_mode(ReadMode::Projected(&self.0.rules.projection), bytes, ids)
    }

    /// Reads an event whose text the host has checked already: skips what no rule uses.
    ///
    /// Checked means: one JSON value as RFC 8259 has it, no half of a surrogate pair in it, no key twice
    /// in an object, no more brackets open than [`Limits::json_depth`]. Of such a text it makes the same
    /// event as [`Engine::read`], or the same rejection. Of any other text it makes a rejection or an
    /// event that may lack or hold what another reader would see otherwise: so never give it what comes
    /// from a stranger.
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
    /// As [`Engine::read`], except that faults in what no rule uses are not seen.
    pub fn read_trusted(&self, bytes: &[u8], ids: &mut dyn IdSource) -> Result<Event, Rejection> {
        self.read_in_mode(
            ReadMode::ProjectedTrusted(&self.0.rules.projection),
            bytes,
            ids,
        )
    }

    /// [`Engine::read`] with memory of the caller's, for hosts that read many events: in the long run
    /// nothing is allocated. The event can be looked at until the next one is read into the buffer.
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

    /// [`Engine::read_trusted`] with memory of the caller's, as [`Engine::read_in`]. It is at its fastest
    /// where one buffer gets events whose members come in the same order.
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

    /// Reads an event that the host has parsed already.
    ///
    /// The value is written out as text, which is read as by [`Engine::read`] and becomes the event's own:
    /// places in rejections are places there. Numbers are what `serde_json` writes for them. In a build
    /// with its feature `arbitrary_precision` that is the text that the number was parsed from; without it
    /// numbers that do not fit into 64 bits were rounded when the value was parsed, and 1.50 comes as 1.5.
    /// Keys come in the order in which the value holds them: sorted, unless the feature `preserve_order`
    /// is on.
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

    /// Checks that the type of an event, read elsewhere, is known here.
    ///
    /// # Errors
    ///
    /// [`RejectionCode::UnknownEventType`], unless the registry is open.
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

    /// Routes an event as far as the answers go: a total function of its inputs, without memory.
    ///
    /// Look up what it asks, add the answers, call again. Each round asks only what was not answered
    /// yet, and no event asks more than [`Limits::questions`] beside its person and its carrier: so
    /// rounds come to an end.
    #[must_use]
    pub fn route(&self, event: &Event, answers: &Answers) -> Step {
        self.route_in(event, answers, &mut Scratch::default())
    }

    /// [`Engine::route`] with memory of the caller's, for hosts that route many events.
    #[must_use]
    pub fn route_in(&self, event: &Event, answers: &Answers, scratch: &mut Scratch) -> Step {
        route::route(&self.0.rules, event, answers, &mut scratch.routing)
    }

    /// Claims an event and routes it to its end, for hosts that look things up on the spot: `lookup`
    /// gives one answer for each question, in their order.
    ///
    /// An event whose id was claimed before is ignored. The claim is taken back where the outcome is
    /// incomplete, and on errors and panics of `lookup`, so that another attempt is not taken for a
    /// repeat.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MismatchedAnswer`] where an answer does not fit its question or answers and questions
    /// differ in number; [`ErrorKind::TooManyRounds`] past [`Limits::rounds`].
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
        let mut claim = Claim {
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

    /// The names of the rules whose `when` is true, in the order in which rules are considered, without
    /// their requirements and actions: for hosts with actions of their own.
    ///
    /// What a `when` reads of person and carrier has to be among the answers; what is not is not true.
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
                    needs.open.clear();
                    needs.unavailable.clear();
                    route::matches(rules, rule, &scope, needs)
                });
            if holds {
                matched.push(candidate.rule);
            }
        }
        scratch.matched.iter().filter_map(|id| rules.name(*id))
    }

    /// What the rules of an event type can ask, each question once, in a fixed order: for hosts that
    /// look things up ahead.
    #[must_use]
    pub fn questions(&self, event_type: &str) -> Vec<PossibleQuestion> {
        route::possible_questions(&self.0.rules, &event_type.to_ascii_lowercase())
    }

    /// Why each rule of the event's type does or does not take it, the nearest miss first.
    ///
    /// It is worked out from the rules themselves, without the index that routing goes by.
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

    /// Why one rule does or does not take an event: [`Engine::explain`] for it alone. `None` where there
    /// is no such rule.
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

    /// What the rules cost: predicates, memory, and how many rules every event of their type is put to.
    ///
    /// After a [`Change`] the rules that are no more cost what they did, until everything is compiled
    /// again; only [`Cost::rules`] leaves them out.
    #[must_use]
    pub fn cost(&self) -> &Cost {
        &self.0.cost
    }

    /// Reads an event in a vendor's words and makes every check, the registry's among them.
    ///
    /// Where the vendor creates a type with its first event, build the engine with an open registry.
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
    /// As [`Adapter::read`]; last, what [`Engine::admit`] refuses.
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

    /// Runs the `test` blocks, in the order of the rule set.
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

    pub(crate) fn patched(&self) -> &Patched {
        &self.0.texts
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.0.kept
    }

    /// An engine of the same settings, without a source.
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

    fn whole(&self) -> EngineBuilder {
        EngineBuilder {
            sources: self.0.texts.texts(),
            ..self.settings()
        }
    }

    /// The same with other rules; `news` is what was found about them.
    pub(crate) fn changed(
        &self,
        rules: Rules,
        texts: Patched,
        kept: Kept,
        news: Vec<Fault>,
    ) -> Self {
        Self(Arc::new(Compiled {
            cost: rules.cost(),
            rules,
            open_registry: self.0.open_registry,
            texts,
            kept,
            news: Some(news),
            told: OnceLock::new(),
            warnings: OnceLock::new(),
        }))
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// Source, line and column (in characters, from 1) of a place.
    pub(crate) fn locate(&self, place: Place) -> (&str, usize, usize) {
        let name = self.sources().nth(place.source.0 as usize);
        let place = self.0.texts.place(place);
        let text = self.0.texts.text(place.source);
        let position = Position::of(text.as_bytes(), place.span.start as usize);
        (
            name.unwrap_or_default(),
            position.line as usize,
            position.column as usize,
        )
    }
}

/// A claim that is taken back unless it is to be kept.
struct Claim<'a> {
    seen: &'a SeenEvents,
    company: &'a str,
    event_id: &'a str,
    keep: bool,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.keep {
            self.seen.release(self.company, self.event_id);
        }
    }
}
