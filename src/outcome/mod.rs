//! The outcome of routing an event: its results in order, and their JSON.

pub(crate) mod media;
pub(crate) mod message;
pub(crate) mod result_id;
pub(crate) mod sms;

use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind};
use crate::json::write::{ObjectWriter, write_list};
use crate::outcome::result_id::{OutcomeContext, ResultId, RuleRange, SharedStr};

pub use crate::outcome::message::{Channel, Encoding, Message, PartName, SmsLength};
pub use media::MediaGuidelines;

/// The outcome of routing one event.
///
/// The same rules, event, answers and time always produce the same JSON, byte for byte.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub(crate) context: OutcomeContext,
    pub(crate) incomplete: bool,
    pub(crate) event_id_generated: bool,
    pub(crate) truncated: bool,
    pub(crate) ignored: bool,
    pub(crate) results: Vec<ActionResult>,
}

/// One result of an event: a routing result, a message or a custom action.
#[derive(Clone, Debug)]
pub struct ActionResult {
    pub(crate) id: ResultId,
    pub(crate) rule: Option<RuleRange>,
    pub(crate) action: Action,
    pub(crate) message: Option<Message>,
}

/// The action of a result, as callback bodies carry it in `action`.
#[derive(Clone, Debug)]
pub struct Action {
    pub(crate) kind: ActionKind,
    pub(crate) status: Status,
    pub(crate) reason: Option<StatusReason>,
    pub(crate) context: OutcomeContext,
    /// The rule that `resource_url` refers to.
    pub(crate) resource: Option<RuleRange>,
    pub(crate) failure: Option<Failure>,
}

/// The kind of an action and the data specific to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActionKind {
    /// Whether a rule accepted the event.
    Routing,
    /// A message.
    SendMessage(Sent),
    /// A custom action, which the host carries out.
    Custom(Custom),
}

/// The channel, the rule and the person of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub(crate) channel: Channel,
    pub(crate) source: Option<SharedStr>,
    pub(crate) person: Option<PersonReference>,
}

/// The person that receives a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonReference {
    pub(crate) person_key: Box<str>,
    pub(crate) resource_url: Option<Box<str>>,
}

/// A custom action: its name and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    pub(crate) name: Box<str>,
    /// JSON text of an object, or `None` if the action failed or has no parameters.
    pub(crate) params: Option<Box<str>>,
}

/// The progress of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Status {
    /// In progress.
    Processing,
    /// Finished. Only receipts report it.
    Success,
    /// Failed for good.
    Failed,
}

/// The reason for the status of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatusReason {
    /// A rule accepted the event.
    AcceptedByEventTriggeredMessage,
    /// No rule accepted the event.
    EventRoutingFailed,
    /// The message is ready to be sent.
    Queued,
    /// The action failed.
    EventMessageActionFailed,
    /// The action failed because a lookup was unavailable.
    UnexpectedError,
}

/// The reason for a failure and its errors in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub(crate) reason: FailureReason,
    pub(crate) errors: Vec<FailureError>,
}

/// A reason for a failure, as documented on Vibes' callbacks page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FailureReason {
    /// No rule handles the event type.
    NoRouteRulesFoundForEvent,
    /// Rules handle the event type, but none accepted the event.
    NoRoutesAcceptedEvent,
    /// Data of the event or the host is invalid for the message.
    ValidationError,
    /// The carrier lookup failed permanently.
    PermanentLookupFailureError,
    /// An incentive pool is empty.
    NoAvailableCodes,
    /// A lookup was unavailable.
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

/// The cause of a routing error. Several causes share one documented error text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Refusal {
    /// `require person`: the person does not exist.
    PersonNotFound,
    /// `require subscribed`: the person is not on the list.
    NotSubscribed,
    /// `require carrier sms`: the carrier does not support sms.
    SmsNotSupported,
    /// `require carrier mms`: the carrier does not support mms.
    MmsNotSupported,
    /// `require … else`: the condition is not true.
    RequirementNotMet,
    /// A lookup for the requirement was unavailable.
    Unavailable,
    /// No `when` condition was true.
    NoFilterMatched,
}

impl Outcome {
    /// Creates the outcome of a duplicate event.
    pub(crate) fn ignored(event_id: &str, event_type: &str) -> Self {
        let rules = std::iter::empty();
        Self {
            context: OutcomeContext::new(&mut String::new(), None, event_id, event_type, rules),
            incomplete: false,
            event_id_generated: false,
            truncated: false,
            ignored: true,
            results: Vec::new(),
        }
    }

    /// Returns the id of the event.
    #[must_use]
    pub fn event_id(&self) -> &str {
        self.context.event_id()
    }

    /// Returns the type of the event as sent.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.context.event_type()
    }

    /// Returns the results: for each rule that accepted the event, the routing result and then its
    /// actions. If no rule accepted the event, a single result contains the reasons.
    #[must_use]
    pub fn results(&self) -> &[ActionResult] {
        &self.results
    }

    /// Returns whether a rule accepted the event.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.results.iter().any(|result| {
            result.action.reason == Some(StatusReason::AcceptedByEventTriggeredMessage)
        })
    }

    /// Returns whether the event is a duplicate, for which nothing was done.
    #[must_use]
    pub const fn is_ignored(&self) -> bool {
        self.ignored
    }

    /// Returns whether no rule accepted the event, but one might have if every lookup had been available.
    /// The host may route such an event again.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Returns whether the id of the event was generated.
    #[must_use]
    pub const fn event_id_generated(&self) -> bool {
        self.event_id_generated
    }

    /// Returns whether results were dropped because of a limit.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Returns one line of JSON with keys in a fixed order and without empty members.
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

    /// Appends [`Outcome::to_json`] to `out`, for hosts that write many lines.
    pub fn write_json(&self, out: &mut String) {
        const BYTES_PER_RESULT: usize = 512;
        let bytes = self.results.len().saturating_mul(BYTES_PER_RESULT);
        out.reserve(bytes.saturating_add(128));
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

/// Compares the texts, not the contexts that store them.
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

/// Compares the texts, not the contexts that store them.
impl PartialEq for ActionResult {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
            && self.rule() == other.rule()
            && self.action == other.action
            && self.message == other.message
    }
}

impl Eq for ActionResult {}

/// Compares the texts, not the contexts that store them.
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
    /// Returns an id that is the same whenever the same event is routed again.
    ///
    /// It is a UUID of version 5 in the namespace `uuid5(NAMESPACE_OID, "pointsman")`. Its name is the
    /// JSON text `["result",COMPANY,EVENT_ID,RULE,POSITION]` without whitespace, with `null` for an absent
    /// company or rule. The position is `"routing"`, or the index of the action in its rule, followed for
    /// the alternatives of a `first` by a dot and the index of the alternative: `"0"`, `"1"`, `"2.0"`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.text(&self.action.context, self.rule())
    }

    /// Returns the rule of the result. A routing failure has none.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.rule.map(|rule| self.action.context.rule_name(rule))
    }

    /// Returns the action.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// Returns the message, even if it failed.
    #[must_use]
    pub const fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        let id = object.key("id");
        id.push('"');
        self.id.push(&self.action.context, self.rule(), id);
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
    /// Returns the kind of the action.
    #[must_use]
    pub const fn kind(&self) -> &ActionKind {
        &self.kind
    }

    /// Returns the status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Returns the reason for the status. A custom action has one only if it failed.
    #[must_use]
    pub const fn status_reason(&self) -> Option<StatusReason> {
        self.reason
    }

    /// Returns the URL path of the rule that accepted the event.
    #[must_use]
    pub fn resource_url(&self) -> Option<&str> {
        self.context.rule_url(self.resource?)
    }

    /// Returns the failure of a failed action.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Returns the JSON text that callback bodies contain.
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
                // As documented, a message that fails before it is queued does not name its channel.
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
    /// Returns the name used in JSON.
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
    /// Returns the channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Returns the URL path of the rule.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_ref().map(SharedStr::text)
    }

    /// Returns the person if the rule requires one.
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
    /// Returns the key of the person.
    #[must_use]
    pub fn person_key(&self) -> &str {
        &self.person_key
    }

    /// Returns the URL path of the person.
    #[must_use]
    pub fn resource_url(&self) -> Option<&str> {
        self.resource_url.as_deref()
    }
}

impl Custom {
    /// Returns the name of the action.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the parameters as JSON text of an object. Numbers keep their spelling.
    #[must_use]
    pub fn params(&self) -> &str {
        self.params.as_deref().unwrap_or("{}")
    }

    /// Deserializes the parameters into a type of the host.
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
    /// Returns [`ErrorKind::MismatchedType`] if they do not fit the type.
    pub fn params_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(self.params()).map_err(|error| {
            let message = format!("the parameters of `{}` do not fit: {error}", self.name);
            Error::new(ErrorKind::MismatchedType, message)
        })
    }
}

impl Failure {
    /// Returns the reason.
    #[must_use]
    pub const fn reason(&self) -> FailureReason {
        self.reason
    }

    /// Returns the errors in order.
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
    /// Returns the invalid field of a contact.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Returns the error text.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// Returns the URL path of the rule.
    #[must_use]
    pub fn resource_url(&self) -> Option<&str> {
        self.resource_url.as_deref()
    }

    /// Returns the cause of a routing error.
    #[must_use]
    pub const fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }
}

impl Status {
    /// Returns the name used in JSON.
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
    /// Returns the name used in JSON.
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
    /// Returns the name used in JSON.
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
    use crate::outcome::message::MessageParts;

    fn context() -> OutcomeContext {
        let rules = std::iter::once(("r", "276"));
        OutcomeContext::new(&mut String::new(), Some("c"), "2d4a2", "Day", rules)
    }

    fn outcome(results: Vec<ActionResult>) -> Outcome {
        Outcome {
            context: context(),
            incomplete: false,
            event_id_generated: false,
            truncated: false,
            ignored: false,
            results,
        }
    }

    #[test]
    fn keys_keep_their_order_and_empty_members_are_omitted() {
        let context = context();
        let rule = context.next_rule(None, "r".len(), "276".len());
        let mut parts = MessageParts::default();
        parts.push(PartName::Body, "Hi \u{2014} \"Bob\"".into());
        let sent = ActionResult {
            id: ResultId::new("0".into()),
            rule: Some(rule),
            action: Action {
                kind: ActionKind::SendMessage(Sent {
                    channel: Channel::Sms,
                    source: context.shared_rule_url(rule),
                    person: Some(PersonReference {
                        person_key: "w2".into(),
                        resource_url: None,
                    }),
                }),
                status: Status::Processing,
                reason: Some(StatusReason::Queued),
                context: context.clone(),
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
                context,
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
    fn failures_list_their_errors_with_rules() {
        let rule = context().next_rule(None, "r".len(), "276".len());
        let failed = ActionResult {
            id: ResultId::new("routing".into()),
            rule: None,
            action: Action {
                kind: ActionKind::Routing,
                status: Status::Failed,
                reason: Some(StatusReason::EventRoutingFailed),
                context: context(),
                resource: None,
                failure: Some(Failure {
                    reason: FailureReason::NoRoutesAcceptedEvent,
                    errors: vec![FailureError {
                        field: None,
                        error: "Person is not found".into(),
                        resource_url: context().rule_url(rule).map(Into::into),
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
