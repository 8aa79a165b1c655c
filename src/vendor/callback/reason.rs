//! The reasons that callbacks and receipts give, and what each says of a message. Reads no JSON.

use std::fmt;

use crate::outcome::{Status, StatusReason};

/// A `status_reason`: those of the page, or another as it came.
///
/// The same word may stand in several of the page's tables; what it says of a message depends on the
/// table: [`ReceiptKind::status`].
///
/// ```
/// use pointsman::callback::Reason;
///
/// // `unknown` is in the page's table of handset receipts.
/// assert_eq!(Reason::from_name("unknown"), Reason::Unknown);
/// assert!(Reason::from_name("unknown").is_documented());
/// let new = Reason::from_name("lost_at_sea");
/// assert_eq!(new.as_str(), "lost_at_sea");
/// assert!(!new.is_documented());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// A rule took the event.
    AcceptedByEventTriggeredMessage,
    /// No rule took the event.
    EventRoutingFailed,
    /// The message waits: to be sent, or at the carrier for a final word.
    Queued,
    /// The message failed before it was sent.
    EventMessageActionFailed,
    /// Something went wrong that has no name of its own.
    UnexpectedError,
    /// The carrier has the message.
    Sent,
    /// The message was rejected.
    Rejected,
    /// There is no way to deliver the message.
    Unroutable,
    /// The message grew too old before it was delivered.
    Expired,
    /// The carrier's errors that have no name of their own.
    OtherError,
    /// Nothing is known yet.
    DefaultVibesUnknown,
    /// The message is on its way.
    Enroute,
    /// The aggregator has the message in its queue.
    QueuedOnAggregator,
    /// The carrier has the message in its queue.
    QueuedOnCarrier,
    /// The handset has the message.
    Delivered,
    /// The message was deleted on its way.
    Deleted,
    /// The message cannot be delivered.
    Undeliverable,
    /// The message was accepted on behalf of the handset.
    Accepted,
    /// The message is in an invalid state.
    Unknown,
    /// The number has not opted in.
    NotOptin,
    /// The message waits for submission.
    Pending,
    /// The message could not be submitted.
    SubmissionError,
    /// The message was submitted.
    Submitted,
    /// A reason that the page does not have.
    Other(Box<str>),
}

/// Who a receipt is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ReceiptKind {
    /// From the carrier: whether it took the message.
    Carrier,
    /// From the handset: whether the message arrived.
    Handset,
}

impl Reason {
    /// Every reason of the page.
    pub const DOCUMENTED: [Self; 23] = [
        Self::AcceptedByEventTriggeredMessage,
        Self::EventRoutingFailed,
        Self::Queued,
        Self::EventMessageActionFailed,
        Self::UnexpectedError,
        Self::Sent,
        Self::Rejected,
        Self::Unroutable,
        Self::Expired,
        Self::OtherError,
        Self::DefaultVibesUnknown,
        Self::Enroute,
        Self::QueuedOnAggregator,
        Self::QueuedOnCarrier,
        Self::Delivered,
        Self::Deleted,
        Self::Undeliverable,
        Self::Accepted,
        Self::Unknown,
        Self::NotOptin,
        Self::Pending,
        Self::SubmissionError,
        Self::Submitted,
    ];

    /// The reason of that name; one that the page does not have is [`Reason::Other`].
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::DOCUMENTED
            .into_iter()
            .find(|reason| reason.as_str() == name)
            .unwrap_or_else(|| Self::Other(name.into()))
    }

    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match self {
            Self::AcceptedByEventTriggeredMessage => "accepted_by_event_triggered_message",
            Self::EventRoutingFailed => "event_routing_failed",
            Self::Queued => "queued",
            Self::EventMessageActionFailed => "event_message_action_failed",
            Self::UnexpectedError => "UnexpectedError",
            Self::Sent => "sent",
            Self::Rejected => "rejected",
            Self::Unroutable => "unroutable",
            Self::Expired => "expired",
            Self::OtherError => "other_error",
            Self::DefaultVibesUnknown => "default_vibes_unknown",
            Self::Enroute => "enroute",
            Self::QueuedOnAggregator => "queued_on_aggregator",
            Self::QueuedOnCarrier => "queued_on_carrier",
            Self::Delivered => "delivered",
            Self::Deleted => "deleted",
            Self::Undeliverable => "undeliverable",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
            Self::NotOptin => "not_optin",
            Self::Pending => "pending",
            Self::SubmissionError => "submission_error",
            Self::Submitted => "submitted",
            Self::Other(name) => name,
        }
    }

    /// Whether the page has it.
    #[must_use]
    pub const fn is_documented(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

impl From<StatusReason> for Reason {
    fn from(reason: StatusReason) -> Self {
        Self::from_name(reason.as_str())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ReceiptKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Carrier, Self::Handset];

    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Carrier => "carrier",
            Self::Handset => "handset",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The reason of that name in this kind's table of the page; one that stands in the other table alone
    /// is [`Reason::Other`] too.
    #[must_use]
    pub fn reason(self, name: &str) -> Reason {
        let reason = Reason::from_name(name);
        match self.status(&reason) {
            Some(_) => reason,
            None => Reason::Other(name.into()),
        }
    }

    /// What a reason of this kind's table says of the message. The page says it of `sent`, `delivered` and
    /// `rejected`; the others are our reading. `None` for a reason that is not in the table.
    #[must_use]
    pub const fn status(self, reason: &Reason) -> Option<Status> {
        let status = match (self, reason) {
            (Self::Carrier, Reason::Sent) => Status::Success,
            (Self::Carrier, Reason::Queued) => Status::Processing,
            (
                Self::Carrier,
                Reason::Rejected | Reason::Unroutable | Reason::Expired | Reason::OtherError,
            ) => Status::Failed,
            (Self::Handset, Reason::Delivered | Reason::Accepted) => Status::Success,
            (
                Self::Handset,
                Reason::DefaultVibesUnknown
                | Reason::Enroute
                | Reason::QueuedOnAggregator
                | Reason::QueuedOnCarrier
                | Reason::Pending
                | Reason::Submitted,
            ) => Status::Processing,
            (
                Self::Handset,
                Reason::Rejected
                | Reason::Expired
                | Reason::Deleted
                | Reason::Undeliverable
                | Reason::Unknown
                | Reason::NotOptin
                | Reason::SubmissionError,
            ) => Status::Failed,
            _ => return None,
        };
        Some(status)
    }
}

impl fmt::Display for ReceiptKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
