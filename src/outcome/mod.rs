//! What became of an event: the results, in order, and their JSON. Decides nothing.

pub(crate) mod media;
pub(crate) mod message;
pub(crate) mod result_id;
pub(crate) mod sms;

use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind};
use crate::json::write::{ObjectWriter, write_list};
use crate::outcome::result_id::{Origin, Passage, ResultId, RuleTexts};

pub use crate::outcome::message::{Channel, Encoding, Message, PartName, SmsLength};
pub use media::MediaGuidelines;

/// What became of one event: its results in an order that the same rules, event, answers and moment
/// always give, byte for byte.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub(crate) origin: Origin,
    pub(crate) incomplete: bool,
    pub(crate) event_id_generated: bool,
    pub(crate) truncated: bool,
    pub(crate) ignored: bool,
    pub(crate) results: Vec<ActionResult>,
}

/// One thing that came of an event: a routing result, a message or an action of the host's own.
#[derive(Clone, Debug)]
pub struct ActionResult {
    pub(crate) id: ResultId,
    pub(crate) rule: Option<RuleTexts>,
    pub(crate) action: Action,
    pub(crate) message: Option<Message>,
}

/// What was done: exactly what a callback body carries as `action`.
#[derive(Clone, Debug)]
pub struct Action {
    pub(crate) kind: ActionKind,
    pub(crate) status: Status,
    pub(crate) reason: Option<StatusReason>,
    pub(crate) origin: Origin,
    /// The rule that is the resource of this action.
    pub(crate) resource: Option<RuleTexts>,
    pub(crate) failure: Option<Failure>,
}

/// The kind of an action, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActionKind {
    /// A rule took the event, or none did.
    Routing,
    /// A message.
    SendMessage(Sent),
    /// An action of the host's own.
    Custom(Custom),
}

/// What a message's result says of its channel, its rule and its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub(crate) channel: Channel,
    pub(crate) source: Option<Passage>,
    pub(crate) person: Option<PersonReference>,
}

/// The person that a message goes to, as results name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonReference {
    pub(crate) person_key: Box<str>,
    pub(crate) resource_url: Option<Box<str>>,
}

/// An action of the host's own: its name, and what the rule gives along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    pub(crate) name: Box<str>,
    /// JSON text of an object; None where the action failed or gives nothing along.
    pub(crate) params: Option<Box<str>>,
}

/// How far an action got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Status {
    /// Under way.
    Processing,
    /// Done; only receipts tell.
    Success,
    /// Will not be done.
    Failed,
}

/// Why an action has its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatusReason {
    /// A rule took the event.
    AcceptedByEventTriggeredMessage,
    /// No rule took the event.
    EventRoutingFailed,
    /// The message is ready to be sent.
    Queued,
    /// The action failed.
    EventMessageActionFailed,
    /// The action failed for want of something that could not be looked up.
    UnexpectedError,
}

/// Why something failed, with the errors in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub(crate) reason: FailureReason,
    pub(crate) errors: Vec<FailureError>,
}

/// The documented reasons of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FailureReason {
    /// No rule listens to the event's type.
    NoRouteRulesFoundForEvent,
    /// Rules listen, and none took the event.
    NoRoutesAcceptedEvent,
    /// Something that the event or the host gave cannot be sent as it is.
    ValidationError,
    /// The carrier of a phone number cannot be found.
    PermanentLookupFailureError,
    /// An incentive pool is empty.
    NoAvailableCodes,
    /// Something could not be looked up.
    UnexpectedError,
}

/// One error of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureError {
    pub(crate) field: Option<Box<str>>,
    pub(crate) error: Box<str>,
    pub(crate) resource_url: Option<Box<str>>,
    pub(crate) refusal: Option<Refusal>,
}

/// Why a rule refused an event, or none was in question: the cause behind an error's text, which is the
/// same for some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Refusal {
    /// `require person`: there is no such person.
    PersonNotFound,
    /// `require subscribed`: the person is not on the list.
    NotSubscribed,
    /// `require carrier sms`: the carrier does not take sms.
    SmsNotSupported,
    /// `require carrier mms`: the carrier does not take mms.
    MmsNotSupported,
    /// `require … else`: the condition is not true.
    RequirementNotMet,
    /// What the requirement needs could not be looked up.
    Unavailable,
    /// No rule's `when` was true.
    NoFilterMatched,
}

impl Outcome {
    /// The event was seen before: no results.
    pub(crate) fn ignored(event_id: &str, event_type: &str) -> Self {
        let rules = std::iter::empty();
        Self {
            origin: Origin::new(&mut String::new(), None, event_id, event_type, rules),
            incomplete: false,
            event_id_generated: false,
            truncated: false,
            ignored: true,
            results: Vec::new(),
        }
    }

    /// The event's id.
    #[must_use]
    pub fn event_id(&self) -> &str {
        self.origin.event_id()
    }

    /// The event's type, as sent.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.origin.event_type()
    }

    /// The results: of each rule that took the event, in order, the routing result and then its
    /// actions; or the one result that says why none did.
    #[must_use]
    pub fn results(&self) -> &[ActionResult] {
        &self.results
    }

    /// Whether a rule took the event.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.results.iter().any(|result| {
            result.action.reason == Some(StatusReason::AcceptedByEventTriggeredMessage)
        })
    }

    /// Whether the event's id was claimed before: nothing was done.
    #[must_use]
    pub const fn is_ignored(&self) -> bool {
        self.ignored
    }

    /// Whether no rule took the event, and one might have if everything could have been looked up: the
    /// event may be tried again.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Whether the event came without an id.
    #[must_use]
    pub const fn event_id_generated(&self) -> bool {
        self.event_id_generated
    }

    /// Whether results past the limit were left out.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// As one line of JSON, keys always in the same order, what is empty left out.
    ///
    /// ```json
    /// {"event_id":"2d4a2","event_type":"day_of_delivery","results":[{"id":"…","rule":"…","action":{…}}]}
    /// {"event_id":"2d4a2","event_type":"day_of_delivery","ignored":"duplicate_event_id"}
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// [`Outcome::to_json`] behind what `out` holds, for hosts that write many lines.
    pub fn write_json(&self, out: &mut String) {
        const OF_RESULT: usize = 512;
        let room = self.results.len().saturating_mul(OF_RESULT);
        out.reserve(room.saturating_add(128));
        let mut object = ObjectWriter::new(out);
        object
            .string("event_id", self.event_id())
            .string("event_type", self.event_type());
        for (name, flag) in [
            ("incomplete", self.incomplete),
            ("event_id_generated", self.event_id_generated),
            ("truncated", self.truncated),
        ] {
            if flag {
                object.raw(name, "true");
            }
        }
        if self.ignored {
            object.word("ignored", "duplicate_event_id");
        }
        if !self.results.is_empty() {
            write_list(object.key("results"), &self.results, |result, out| {
                result.write_json(out);
            });
        }
        object.end();
    }
}

/// By what they tell; an id follows from the rest.
impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        let flags = |outcome: &Self| {
            [
                outcome.incomplete,
                outcome.event_id_generated,
                outcome.truncated,
                outcome.ignored,
            ]
        };
        self.event_id() == other.event_id()
            && self.event_type() == other.event_type()
            && flags(self) == flags(other)
            && self.results == other.results
    }
}

impl Eq for Outcome {}

/// As above.
impl PartialEq for ActionResult {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
            && self.rule() == other.rule()
            && self.action == other.action
            && self.message == other.message
    }
}

impl Eq for ActionResult {}

/// By what it tells, wherever it came from.
impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        (self.status, self.reason) == (other.status, other.reason)
            && self.resource_url() == other.resource_url()
            && self.kind == other.kind
            && self.failure == other.failure
    }
}

impl Eq for Action {}

impl ActionResult {
    /// A name for this result that the same event, routed again, gives again: a UUID of version 5 in the
    /// namespace `uuid5(NAMESPACE_OID, "pointsman")` whose name is the JSON text
    /// `["result",COMPANY,EVENT_ID,RULE,POSITION]`, written without blanks, `null` for a company or rule
    /// that is not there. The position is `"routing"` for a routing result, else the action's place in
    /// its rule, counted from 0, with a dot and the place in it for the alternatives of a `first`:
    /// `"0"`, `"1"`, `"2.0"`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.text(&self.action.origin, self.rule())
    }

    /// The rule that it is of; a routing failure is of none.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.rule.map(|rule| self.action.origin.rule_name(rule))
    }

    /// What was done.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// The message, also of one that failed.
    #[must_use]
    pub const fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        let id = object.key("id");
        id.push('"');
        self.id.push(&self.action.origin, self.rule(), id);
        id.push('"');
        if let Some(rule) = self.rule() {
            object.word("rule", rule);
        }
        self.action.write_json(object.key("action"));
        if let Some(message) = &self.message {
            message.write_json(object.key("message"));
        }
        object.end();
    }
}

impl Action {
    /// Routing, a message or an action of the host's own.
    #[must_use]
    pub const fn kind(&self) -> &ActionKind {
        &self.kind
    }

    /// How far it got.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Why; an action of the host's own has a reason only when it failed.
    #[must_use]
    pub const fn status_reason(&self) -> Option<StatusReason> {
        self.reason
    }

    /// The rule that took the event, as a resource.
    #[must_use]
    pub fn resource_url(&self) -> Option<&str> {
        self.origin.rule_url(self.resource?)
    }

    /// Why it failed, if it did.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// As JSON text, as callback bodies carry it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    pub(crate) fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.word("type", self.kind.name());
        object.word("status", self.status.as_str());
        if let Some(reason) = self.reason {
            object.word("status_reason", reason.as_str());
        }
        if let Some(url) = self.resource_url() {
            object.word("resource_url", url);
        }
        match &self.kind {
            ActionKind::Routing => {}
            ActionKind::SendMessage(sent) => {
                // A send that fails before the queue says nothing of its channel, as documented.
                if self.status != Status::Failed {
                    sent.write_json(&mut object);
                }
            }
            ActionKind::Custom(custom) => {
                object.string("name", &custom.name);
                if let Some(params) = &custom.params {
                    object.raw("params", params);
                }
            }
        }
        if let Some(failure) = &self.failure {
            failure.write_json(object.key("failure"));
        }
        object.end();
    }
}

impl ActionKind {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Routing => "routing",
            Self::SendMessage(_) => "send_message",
            Self::Custom(_) => "custom",
        }
    }
}

impl Sent {
    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// The rule, as a resource.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_ref().map(Passage::text)
    }

    /// The person, where the rule requires one.
    #[must_use]
    pub const fn person(&self) -> Option<&PersonReference> {
        self.person.as_ref()
    }

    fn write_json(&self, object: &mut ObjectWriter<'_>) {
        object.word("message_type", self.channel.name());
        if self.source.is_none() && self.person.is_none() {
            return;
        }
        let mut inner = ObjectWriter::new(object.key(self.channel.name()));
        if let Some(url) = self.source() {
            write_url(inner.key("source"), url);
        }
        if let Some(person) = &self.person {
            let mut reference = ObjectWriter::new(inner.key("person"));
            reference.string("person_key", &person.person_key);
            if let Some(url) = &person.resource_url {
                reference.string("resource_url", url);
            }
            reference.end();
        }
        inner.end();
    }
}

impl PersonReference {
    /// The person's key.
    #[must_use]
    pub fn person_key(&self) -> &str {
        &self.person_key
    }

    /// The person, as a resource.
    #[must_use]
    pub fn resource_url(&self) -> Option<&str> {
        self.resource_url.as_deref()
    }
}

impl Custom {
    /// The action's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the rule gives along: JSON text of an object, numbers spelled as in the event or the rule.
    #[must_use]
    pub fn params(&self) -> &str {
        self.params.as_deref().unwrap_or("{}")
    }

    /// What the rule gives along, as a type of the host's own.
    ///
    /// ```
    /// use pointsman::{Answers, Engine, SeededIds, Step};
    /// use pointsman::outcome::ActionKind;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Note {
    ///     text: String,
    ///     total: f64,
    /// }
    ///
    /// let engine = Engine::compile(
    ///     r#"rule note { on order do crm.note { text: "sold", total: total } }"#,
    /// )?;
    /// let event = br#"{"event_type": "order", "event_data": {"mdn": "+13125550100", "total": 19.5}}"#;
    /// let event = engine.read(event, &mut SeededIds::new(1))?;
    /// let now = "2026-11-20T10:00:00Z".parse()?;
    /// let Step::Done(outcome) = engine.route(&event, &Answers::new(now)) else {
    ///     unreachable!("these rules ask nothing");
    /// };
    /// for result in outcome.results() {
    ///     if let ActionKind::Custom(custom) = result.action().kind() {
    ///         let note: Note = custom.params_as()?;
    ///         assert_eq!((note.text.as_str(), note.total), ("sold", 19.5));
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MismatchedType`] where they do not fit the type.
    pub fn params_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(self.params()).map_err(|error| {
            let message = format!("the parameters of `{}` do not fit: {error}", self.name);
            Error::new(ErrorKind::MismatchedType, message)
        })
    }
}

impl Failure {
    /// The reason.
    #[must_use]
    pub const fn reason(&self) -> FailureReason {
        self.reason
    }

    /// The errors, in order.
    #[must_use]
    pub fn errors(&self) -> &[FailureError] {
        &self.errors
    }

    fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.word("reason", self.reason.as_str());
        if !self.errors.is_empty() {
            write_list(object.key("errors"), &self.errors, |error, out| {
                let mut object = ObjectWriter::new(out);
                if let Some(field) = &error.field {
                    object.string("field", field);
                }
                object.string("error", &error.error);
                if let Some(url) = &error.resource_url {
                    object.string("resource_url", url);
                }
                object.end();
            });
        }
        object.end();
    }
}

impl FailureError {
    /// The field of a contact that is not as it should be.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The text.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// The rule, as a resource.
    #[must_use]
    pub fn resource_url(&self) -> Option<&str> {
        self.resource_url.as_deref()
    }

    /// The cause, of routing errors.
    #[must_use]
    pub const fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }
}

impl Status {
    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

impl StatusReason {
    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AcceptedByEventTriggeredMessage => "accepted_by_event_triggered_message",
            Self::EventRoutingFailed => "event_routing_failed",
            Self::Queued => "queued",
            Self::EventMessageActionFailed => "event_message_action_failed",
            Self::UnexpectedError => "UnexpectedError",
        }
    }
}

impl FailureReason {
    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoRouteRulesFoundForEvent => "no_route_rules_found_for_event",
            Self::NoRoutesAcceptedEvent => "no_routes_accepted_event",
            Self::ValidationError => "ValidationError",
            Self::PermanentLookupFailureError => "PermanentLookupFailureError",
            Self::NoAvailableCodes => "NoAvailableCodes",
            Self::UnexpectedError => "UnexpectedError",
        }
    }
}

fn write_url(out: &mut String, url: &str) {
    let mut object = ObjectWriter::new(out);
    object.word("resource_url", url);
    object.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::recipient::{Recipient, RecipientKind};
    use crate::outcome::message::Parts;

    fn origin() -> Origin {
        let rules = std::iter::once(("r", "276"));
        Origin::new(&mut String::new(), Some("c"), "2d4a2", "Day", rules)
    }

    fn outcome(results: Vec<ActionResult>) -> Outcome {
        Outcome {
            origin: origin(),
            incomplete: false,
            event_id_generated: false,
            truncated: false,
            ignored: false,
            results,
        }
    }

    #[test]
    fn keys_stand_in_their_order_and_empty_parts_are_left_out() {
        let origin = origin();
        let rule = origin.next_rule(None, "r".len(), "276".len());
        let mut parts = Parts::default();
        parts.push(PartName::Body, "Hi \u{2014} \"Bob\"".into());
        let sent = ActionResult {
            id: ResultId::new("0".into()),
            rule: Some(rule),
            action: Action {
                kind: ActionKind::SendMessage(Sent {
                    channel: Channel::Sms,
                    source: origin.rule_url_apart(rule),
                    person: Some(PersonReference {
                        person_key: "w2".into(),
                        resource_url: None,
                    }),
                }),
                status: Status::Processing,
                reason: Some(StatusReason::Queued),
                origin: origin.clone(),
                resource: None,
                failure: None,
            },
            message: Some(Message {
                channel: Channel::Sms,
                to: Some(Recipient::new(RecipientKind::Mdn, "+13125550100")),
                parts,
                data: None,
                transactional: false,
                length: Some(SmsLength {
                    encoding: Encoding::Ucs2,
                    segments: 1,
                    ucs2: Box::new(['\u{2014}']),
                }),
            }),
        };
        let custom = ActionResult {
            id: ResultId::new("1".into()),
            rule: Some(rule),
            action: Action {
                kind: ActionKind::Custom(Custom {
                    name: "crm.note".into(),
                    params: Some(r#"{"total":1e400}"#.into()),
                }),
                status: Status::Processing,
                reason: None,
                origin,
                resource: None,
                failure: None,
            },
            message: None,
        };
        assert_eq!(
            outcome(vec![sent, custom]).to_json(),
            "{\"event_id\":\"2d4a2\",\"event_type\":\"Day\",\"results\":[\
             {\"id\":\"3908d3cd-cb87-5e5f-9890-ca120aecd17e\",\"rule\":\"r\",\"action\":{\"type\":\"send_message\",\"status\":\"processing\",\
             \"status_reason\":\"queued\",\"message_type\":\"sms\",\"sms\":{\"source\":{\"resource_url\":\
             \"/companies/c/mobiledb/event_triggered_messages/276\"},\"person\":{\"person_key\":\"w2\"}}},\
             \"message\":{\"channel\":\"sms\",\"to\":{\"mdn\":\"+13125550100\"},\"body\":\"Hi \u{2014} \
             \\\"Bob\\\"\",\"encoding\":\"ucs2\",\"segments\":1,\"ucs2\":[\"\u{2014}\"]}},\
             {\"id\":\"0677bf64-3d83-5462-9594-754f4d8fa3b1\",\"rule\":\"r\",\"action\":{\"type\":\"custom\",\"status\":\"processing\",\
             \"name\":\"crm.note\",\"params\":{\"total\":1e400}}}]}"
        );
    }

    #[test]
    fn failures_name_their_errors_and_the_rule_of_each() {
        let rule = origin().next_rule(None, "r".len(), "276".len());
        let failed = ActionResult {
            id: ResultId::new("routing".into()),
            rule: None,
            action: Action {
                kind: ActionKind::Routing,
                status: Status::Failed,
                reason: Some(StatusReason::EventRoutingFailed),
                origin: origin(),
                resource: None,
                failure: Some(Failure {
                    reason: FailureReason::NoRoutesAcceptedEvent,
                    errors: vec![FailureError {
                        field: None,
                        error: "Person is not found".into(),
                        resource_url: origin().rule_url(rule).map(Into::into),
                        refusal: Some(Refusal::NotSubscribed),
                    }],
                }),
            },
            message: None,
        };
        let mut outcome = outcome(vec![failed]);
        outcome.incomplete = true;
        outcome.event_id_generated = true;
        outcome.truncated = true;
        assert_eq!(
            outcome.to_json(),
            "{\"event_id\":\"2d4a2\",\"event_type\":\"Day\",\"incomplete\":true,\
             \"event_id_generated\":true,\"truncated\":true,\"results\":[{\"id\":\"eb09d944-c63f-5333-bbfc-57d400e16ff1\",\"action\":\
             {\"type\":\"routing\",\"status\":\"failed\",\"status_reason\":\"event_routing_failed\",\
             \"failure\":{\"reason\":\"no_routes_accepted_event\",\"errors\":[{\"error\":\
             \"Person is not found\",\"resource_url\":\
             \"/companies/c/mobiledb/event_triggered_messages/276\"}]}}}]}"
        );
        assert_eq!(
            Outcome::ignored("2d4a2", "Day").to_json(),
            r#"{"event_id":"2d4a2","event_type":"Day","ignored":"duplicate_event_id"}"#
        );
    }
}
