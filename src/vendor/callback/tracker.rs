//! Selects the receipts that need a callback and drops repeated ones.

use super::Callback;
use super::receipt::{Receipt, SentMessage};
use crate::event::dedup::SeenEvents;
use crate::limits::Limits;
use crate::time::Timestamp;

/// Turns receipts into callbacks and returns each callback only once.
///
/// Receipts may arrive late, repeatedly, in any order and from several threads; the resulting callbacks
/// are the same. A message that is not split has one callback for each distinct reason. A message in parts
/// has one for each distinct reason of every failed part and for each success reason of the last part.
/// Carrier and handset receipts are counted separately. If receipts differ only in time or error code, the
/// first one is reported.
///
/// Callbacks are remembered for [`Limits::remembered_receipt_seconds`], measured by the `now` of the
/// calls, and at most [`Limits::remembered_receipts`] of them, in two generations as in [`SeenEvents`].
///
/// ```
/// use pointsman::callback::{ReceiptTracker, read_receipt};
///
/// let line = r#"{"kind": "handset", "message_id": "9f3edfe6", "reason": "delivered",
///     "event": {"event_id": "3b0e", "event_type": "order_shipped", "event_data": {}}}"#;
/// let (receipt, message) = read_receipt(line)?;
/// let tracker = ReceiptTracker::default();
/// let now = "2023-05-05T16:15:40Z".parse().unwrap();
/// assert!(tracker.callback(&receipt, &message, now).is_some());
/// assert!(tracker.callback(&receipt, &message, now).is_none());
/// # Ok::<(), pointsman::callback::Faults>(())
/// ```
#[derive(Debug)]
pub struct ReceiptTracker {
    /// The ids of the callbacks, which are derived from message, kind, part and reason.
    reported: SeenEvents,
}

impl ReceiptTracker {
    /// Creates an empty tracker with the bounds in `limits`.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            reported: SeenEvents::bounded(
                limits.remembered_receipts,
                limits.remembered_receipt_seconds,
            ),
        }
    }

    /// Returns the callback for a receipt unless the receipt needs none or the callback was returned before.
    ///
    /// `event_date` is the time of the receipt, or else `now`. `event_id` is derived from the message, the
    /// kind, the part and the reason.
    pub fn callback(
        &self,
        receipt: &Receipt,
        message: &SentMessage,
        now: Timestamp,
    ) -> Option<Callback> {
        if !receipt.is_reported() {
            return None;
        }
        let id = receipt.callback_id();
        self.reported
            .claim("", &id, now)
            .then(|| receipt.body(id, message, now))
    }

    /// Returns the number of remembered callbacks, including expired ones that are not yet removed.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.reported.remembered()
    }
}

impl Default for ReceiptTracker {
    fn default() -> Self {
        Self::new(&Limits::default())
    }
}
