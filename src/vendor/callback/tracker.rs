//! Which receipts are to be told, and which were told before. Knows the time only as the caller tells it.

use super::Callback;
use super::receipt::{Receipt, SentMessage};
use crate::event::dedup::SeenEvents;
use crate::limits::Limits;
use crate::time::Timestamp;

/// Turns receipts into callbacks, each told once.
///
/// Receipts may come in any order, late and more than once, from any number of threads: the same receipts
/// give the same callbacks. A message that is not split gives one callback for each distinct reason. Of a
/// message in parts each part that fails gives one for each distinct reason, the last part one for each
/// reason of success, and nothing else is told. What the carrier says and what the handset says are apart. Of
/// receipts that differ in their time or code alone, the first to come is told.
///
/// What was told is remembered for [`Limits::remembered_receipt_seconds`] by the `now` of the calls, and
/// for so many callbacks as [`Limits::remembered_receipts`] says, in two generations like those of
/// [`SeenEvents`].
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
    /// By the ids of their callbacks, which name message, kind, part and reason.
    told: SeenEvents,
}

impl ReceiptTracker {
    /// With the bounds that `limits` sets.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            told: SeenEvents::bounded(
                limits.remembered_receipts,
                limits.remembered_receipt_seconds,
            ),
        }
    }

    /// The callback that a receipt for `message` gives, if it gives one that was not given before.
    ///
    /// Its `event_date` is the receipt's time, else `now`; its `event_id` is derived from the message, the
    /// kind, the part and the reason.
    pub fn callback(
        &self,
        receipt: &Receipt,
        message: &SentMessage,
        now: Timestamp,
    ) -> Option<Callback> {
        if !receipt.is_told() {
            return None;
        }
        let id = receipt.callback_id();
        self.told
            .claim("", &id, now)
            .then(|| receipt.body(id, message, now))
    }

    /// How many callbacks are remembered at the moment, those included that have grown too old and were
    /// not swept out yet.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.told.remembered()
    }
}

impl Default for ReceiptTracker {
    fn default() -> Self {
        Self::new(&Limits::default())
    }
}
