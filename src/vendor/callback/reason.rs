//! The reasons in callbacks and receipts, and the message status that each implies.

use std::fmt;

use crate::outcome::{Status, StatusReason};

/// A `status_reason` of a callback or a receipt.
///
/// Several tables of the page list the same word. Its meaning for a message depends on the table; see
/// [`ReceiptKind::status`].
///
/// ```
/// use pointsman::callback::Reason;
///
/// // The table of handset receipts lists `unknown`.
/// assert_eq!(Reason::from_name("unknown"), Reason::Unknown);
/// assert!(Reason::from_name("unknown").is_documented());
/// let new = Reason::from_name("lost_at_sea");
/// assert_eq!(new.as_str(), "lost_at_sea");
/// assert!(!new.is_documented());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// A rule accepted the event.
    AcceptedByEventTriggeredMessage,
    /// No rule accepted the event.
    EventRoutingFailed,
    /// The message waits to be sent, or waits at the carrier for its final status.
    Queued,
    /// The message failed before it was sent.
    EventMessageActionFailed,
    /// An error without a more specific reason occurred.
    UnexpectedError,
    /// The carrier has the message.
    Sent,
    /// The message was rejected.
    Rejected,
    /// No route to the recipient exists.
    Unroutable,
    /// The message expired before delivery.
    Expired,
    /// A carrier error without a more specific reason occurred.
    OtherError,
    /// The status is not known yet.
    DefaultVibesUnknown,
    /// The message is on its way.
    Enroute,
    /// The aggregator has the message in its queue.
    QueuedOnAggregator,
    /// The carrier has the message in its queue.
    QueuedOnCarrier,
    /// The handset has the message.
    Delivered,
    /// The message was deleted before delivery.
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
    /// A reason that the page does not list.
    Other(Box<str>),
}

/// The sender of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ReceiptKind {
    /// The carrier reports whether it accepted the message.
    Carrier,
    /// The handset reports whether the message arrived.
    Handset,
}

impl Reason {
    /// Every reason that the page lists.
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

    /// Returns the reason with the given name, or [`Reason::Other`] if the page does not list it.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::DOCUMENTED
            .into_iter()
            .find(|reason| reason.as_str() == name)
            .unwrap_or_else(|| Self::Other(name.into()))
    }

    /// Returns the name used in JSON.
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

    /// Returns whether the page lists the reason.
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
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Carrier, Self::Handset];

    /// Returns the name used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Carrier => "carrier",
            Self::Handset => "handset",
        }
    }

    /// Returns the kind with the given name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Returns the reason with the given name in the table of this kind.
    ///
    /// A reason that only the other table lists becomes [`Reason::Other`].
    #[must_use]
    pub fn reason(self, name: &str) -> Reason {
        let reason = Reason::from_name(name);
        match self.status(&reason) {
            Some(_) => reason,
            None => Reason::Other(name.into()),
        }
    }

    /// Returns the message status that a reason in the table of this kind implies, or `None` if the table
    /// does not list the reason.
    ///
    /// The page defines it for `sent`, `delivered` and `rejected`. The others are an interpretation of this
    /// crate.
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
