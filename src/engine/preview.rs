//! Compiles and renders single templates, without a rule.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::{Diagnostics, Severity, SourceText};
use crate::event::Event;
use crate::hir::{RuleSet, TemplateId, TemplateOwner, TemplatePart, TemplateSource};
use crate::limits::Limits;
use crate::lookup::answer::Answers;
use crate::lookup::question::Question;
use crate::outcome::FailureReason;
use crate::outcome::message::{Channel, PartName};
use crate::route;
use crate::route::render_template;
use crate::template;
use crate::template::Programs;
use crate::text::span::{Place, SourceId, Span, saturating_u32};

/// A compiled template, for previews in an editor and for texts that no rule sends.
///
/// The template language is that of rules, see the [reference](crate::reference). A template is immutable,
/// shared between threads and cheap to clone.
///
/// ```
/// use pointsman::preview::Template;
/// use pointsman::{Answers, Event, Limits, SeededIds};
///
/// let template = Template::compile("Hi {{first_name}}, {{#each items}}{{name}} x {{count}}; {{/each}}")?;
/// let bytes = br#"{"event_type": "order", "event_data": {"mdn": "+13125550100", "first_name": "Bob",
///     "items": [{"name": "Tea", "count": 2}, {"name": "Cup", "count": 1}]}}"#;
/// let event = Event::from_json(bytes, &Limits::default(), &mut SeededIds::new(1))?;
/// let answers = Answers::new("2026-11-20T10:00:00Z".parse()?);
/// assert_eq!(template.render(&event, &answers)?, "Hi Bob, Tea x 2; Cup x 1; ");
///
/// let faulty = Template::compile("Hi {{first_name}").unwrap_err();
/// assert!(faulty.to_string().contains("template:1:16"), "{faulty}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Template(Arc<CompiledTemplate>);

#[derive(Debug)]
struct CompiledTemplate {
    programs: Programs,
    limits: Limits,
    warnings: Diagnostics,
}

/// Options for compiling a [`Template`].
///
/// ```
/// use pointsman::outcome::{Channel, PartName};
/// use pointsman::preview::Template;
/// use pointsman::{Answers, Event, Limits, SeededIds};
///
/// let template = Template::builder()
///     .part(Channel::Email, PartName::Html)
///     .include("greeting", "Dear {{default name 'friend'}}")
///     .build("<p>{{> greeting}}</p>")?;
/// let bytes = br#"{"event_type": "t", "event_data": {"mdn": "5550100", "name": "A & B"}}"#;
/// let event = Event::from_json(bytes, &Limits::default(), &mut SeededIds::new(1))?;
/// let answers = Answers::new("2026-11-20T10:00:00Z".parse()?);
/// assert_eq!(template.render(&event, &answers)?, "<p>Dear A &amp; B</p>");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is compiled before `build`"]
pub struct TemplateBuilder {
    part: (Channel, PartName),
    missing_blank: bool,
    included: Vec<(Arc<str>, Arc<str>)>,
    limits: Limits,
}

/// The reason why a template was not rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unrendered {
    /// The template needs answers to these questions: add them and render again.
    ///
    /// The key of a code is derived from the event's id and the pool, with `null` for company and rule, so
    /// it differs from the key of every rule's message.
    Asks(Vec<Question>),
    /// The message would fail with this result.
    Failed {
        /// The failure reason of the result.
        reason: FailureReason,
        /// The error text of the result.
        error: Box<str>,
    },
}

impl Template {
    /// Compiles a template as the body of an SMS: line breaks are kept, nothing is escaped, and a missing
    /// token is an error. The text is called `template` in diagnostics.
    ///
    /// # Errors
    ///
    /// Returns all errors and warnings if the text has an error.
    pub fn compile(text: &str) -> Result<Self, Diagnostics> {
        Self::builder().build(text)
    }

    /// Creates a builder, for other parts of messages and other options.
    pub fn builder() -> TemplateBuilder {
        TemplateBuilder {
            part: (Channel::Sms, PartName::Body),
            missing_blank: false,
            included: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Returns the warnings about the text.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.0.warnings
    }

    /// Renders the text for an event.
    ///
    /// # Errors
    ///
    /// Returns [`Unrendered::Asks`] if questions must be answered first, and [`Unrendered::Failed`] if a
    /// message would fail.
    pub fn render(&self, event: &Event, answers: &Answers) -> Result<String, Unrendered> {
        let mut out = String::new();
        self.render_in(event, answers, &mut out)?;
        Ok(out)
    }

    /// Appends the text for an event to `out`. On errors `out` is unchanged.
    ///
    /// # Errors
    ///
    /// As [`Template::render`].
    pub fn render_in(
        &self,
        event: &Event,
        answers: &Answers,
        out: &mut String,
    ) -> Result<(), Unrendered> {
        let CompiledTemplate {
            programs, limits, ..
        } = &*self.0;
        let before = out.len();
        render_template(programs, TemplateId(0), limits, event, answers, out).map_err(
            |unrendered| {
                out.truncate(before);
                match unrendered {
                    route::StandaloneError::Asks(questions) => Unrendered::Asks(questions),
                    route::StandaloneError::Failed { reason, error } => {
                        Unrendered::Failed { reason, error }
                    }
                }
            },
        )
    }
}

impl TemplateBuilder {
    /// Sets the part of a message that the template is for.
    ///
    /// `html` is escaped; the subject, the title, `url` and `media` are single lines; only the body of an
    /// SMS gets warnings about its length.
    pub const fn part(mut self, channel: Channel, name: PartName) -> Self {
        self.part = (channel, name);
        self
    }

    /// Sets whether a missing token is rendered as nothing, as with `missing blank`, instead of failing.
    pub const fn missing_blank(mut self, blank: bool) -> Self {
        self.missing_blank = blank;
        self
    }

    /// Adds a template that others include by its name: `{{> name}}`. Replaces an earlier one with the
    /// same name.
    pub fn include(mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        self.included.retain(|(known, _)| *known != name);
        self.included.push((name, text.into()));
        self
    }

    /// Sets the limits for compiling and rendering.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Compiles a template.
    ///
    /// # Errors
    ///
    /// Returns all errors and warnings if the text or an included template has an error. In diagnostics the
    /// text is called `template`, and included templates have their own names.
    pub fn build(self, text: &str) -> Result<Template, Diagnostics> {
        let (channel, name) = self.part;
        let own = TemplateOwner::Rule {
            types: Arc::default(),
            part: TemplatePart::Part(channel, name),
            blank: self.missing_blank,
        };
        let mut texts = vec![SourceText {
            name: "template".into(),
            text: text.into(),
        }];
        let mut owners = vec![own];
        for (name, text) in &self.included {
            texts.push(SourceText {
                name: Arc::clone(name),
                text: Arc::clone(text),
            });
            owners.push(TemplateOwner::Declaration {
                name: (**name).into(),
            });
        }
        let sources: Vec<TemplateSource> = (0_u32..)
            .map(SourceId)
            .zip(texts.iter().zip(owners))
            .map(|(id, (source, owner))| TemplateSource {
                text: (*source.text).into(),
                place: Place::new(id, Span::new(0, saturating_u32(source.text.len()))),
                literal: Box::default(),
                owner,
            })
            .collect();
        let mut faults = Vec::new();
        let no_rules = RuleSet::default();
        let programs = template::compile(&sources, &no_rules, &self.limits, &mut faults);
        let diagnostics = Diagnostics::new(faults, &texts, &self.limits);
        let is_error = |severity| severity == Severity::Error;
        if diagnostics.iter().any(|one| is_error(one.severity())) {
            return Err(diagnostics);
        }
        Ok(Template(Arc::new(CompiledTemplate {
            programs,
            limits: self.limits,
            warnings: diagnostics,
        })))
    }
}

/// Formats the error text, or the questions as JSON.
impl fmt::Display for Unrendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asks(questions) => {
                let asks: Vec<String> = questions.iter().map(Question::to_json).collect();
                write!(f, "the template asks {}", asks.join(" "))
            }
            Self::Failed { error, .. } => f.write_str(error),
        }
    }
}

impl std::error::Error for Unrendered {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::id::SeededIds;
    use crate::lookup::answer::{Answer, Person};

    fn event() -> Event {
        let bytes = br#"{"event_id": "e", "event_type": "t", "event_data": {"mdn": "5550100", "s": "a\nb", "n": 1.50}}"#;
        Event::from_json(bytes, &Limits::default(), &mut SeededIds::new(1)).unwrap()
    }

    fn answers() -> Answers {
        Answers::new("2026-11-20T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn rendering_continues_after_its_questions_are_answered() {
        let template = Template::compile("{{person.tier}} {{incentive 'spring'}} {{n}}").unwrap();
        let (event, mut answers) = (event(), answers());
        let mut out = String::from("kept ");
        let mut asked = Vec::new();
        while let Err(Unrendered::Asks(questions)) = template.render_in(&event, &answers, &mut out)
        {
            assert_eq!(out, "kept ");
            for question in questions {
                asked.push(question.to_json());
                let answer = match &question {
                    Question::Person { .. } => {
                        Answer::Person(Person::from_json(r#"{"tier": "gold"}"#).unwrap())
                    }
                    _ => Answer::Code("X1".into()),
                };
                answers.answer(question, answer).unwrap();
            }
        }
        assert_eq!(out, "kept gold X1 1.50");
        let key = crate::outcome::result_id::derived_id(&[
            Some("code"),
            None,
            Some("e"),
            None,
            Some("spring"),
        ]);
        let code = format!(r#"{{"code":"spring","key":"{key}"}}"#);
        assert_eq!(asked, [r#"{"person":{"mdn":"5550100"}}"#, &code]);
    }

    #[test]
    fn failures_have_the_reason_and_text_of_a_result() {
        let (event, answers) = (event(), answers());
        let failed = |reason, error: &str| {
            let error = error.into();
            Err(Unrendered::Failed { reason, error })
        };
        let mut out = String::from("kept");
        let template = Template::compile("a {{b}}").unwrap();
        assert_eq!(
            template.render_in(&event, &answers, &mut out),
            failed(FailureReason::ValidationError, "Token b is missing")
        );
        assert_eq!(out, "kept");
        let template = Template::compile("{{incentive 'p'}}{{carrier.sms}}").unwrap();
        for (json, reason, error) in [
            (
                r#"{"carrier": {"unavailable": "down"}, "codes": {"p": "x"}}"#,
                FailureReason::UnexpectedError,
                "down",
            ),
            (
                r#"{"carrier": {}, "codes": {"p": null}}"#,
                FailureReason::NoAvailableCodes,
                "The referenced incentive pool is out of codes.",
            ),
            (
                r#"{"carrier": {}, "codes": {"unavailable": "closed"}}"#,
                FailureReason::UnexpectedError,
                "closed",
            ),
        ] {
            let answers = Answers::from_json(json, answers.now()).unwrap();
            assert_eq!(
                template.render(&event, &answers).map(|_| ()),
                failed(reason, error)
            );
        }
    }

    #[test]
    fn parts_are_rendered_as_in_messages() {
        let (event, answers) = (event(), answers());
        for (part, expected) in [
            ((Channel::Sms, PartName::Body), "a\nb<"),
            ((Channel::Email, PartName::Subject), "ab<"),
            ((Channel::Email, PartName::Html), "a\nb&lt;"),
        ] {
            let template = Template::builder()
                .part(part.0, part.1)
                .missing_blank(true)
                .include("x", "never seen {{")
                .include("x", "{{s}}{{gone}}")
                .build("{{> x}}{{lower '<'}}")
                .unwrap();
            assert_eq!(
                template.render(&event, &answers).as_deref(),
                Ok(expected),
                "{part:?}"
            );
        }
    }

    #[test]
    fn diagnostics_name_the_template_that_contains_the_error() {
        let faults = Template::builder()
            .include("line", "ok\n{{nope name}}")
            .build("a \\ \"b\"\n{{> lone}} {{> line}}")
            .unwrap_err()
            .to_string();
        assert!(faults.contains("template:2:5"), "{faults}");
        assert!(faults.contains("line:2:3"), "{faults}");
        let long = "й".repeat(80);
        let template = Template::compile(&long).unwrap();
        let codes: Vec<_> = template.warnings().iter().map(|one| one.code()).collect();
        assert_eq!(codes.len(), 2, "{codes:?}");
        let limits = Limits {
            template_bytes: 10,
            ..Limits::default()
        };
        let built = Template::builder().limits(limits).build("more than ten");
        assert!(built.is_err());
    }
}
