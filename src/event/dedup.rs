//! Detects events that were sent twice by remembering their ids for a limited time.

use std::fmt;
use std::hash::RandomState;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use dashmap::{DashMap, Entry};

use crate::limits::Limits;
use crate::time::Timestamp;

/// A bounded set of event ids that lets a host carry out each event only once.
///
/// Claim an event after reading it and before routing it for the first time. The rounds of questions and
/// answers that follow belong to the same delivery and need no claim. If the claim fails, ignore the
/// event. Release an event that had no effect, because a lookup was unavailable or because the host
/// failed before it carried out any action. A second attempt is then not mistaken for a duplicate.
///
/// If several threads claim the same id at once, exactly one succeeds. Ids are kept in two generations of
/// half of [`Limits::remembered_ids`] each. When the younger generation is full, the older one is
/// dropped. At any time the set therefore holds at least the latest half of the limit and at most the
/// limit, give or take the threads that are claiming. A claim expires after
/// [`Limits::remembered_seconds`], measured by the `now` of the claims.
///
/// ```
/// use pointsman::{SeenEvents, Timestamp};
///
/// let seen = SeenEvents::default();
/// let now: Timestamp = "2026-11-20T10:00:00Z".parse()?;
/// assert!(seen.claim("zY5VnE7r", "2d4a2", now));
/// assert!(!seen.claim("zY5VnE7r", "2d4a2", now));
/// assert!(seen.claim("another", "2d4a2", now));
/// seen.release("zY5VnE7r", "2d4a2");
/// assert!(seen.claim("zY5VnE7r", "2d4a2", now));
/// # Ok::<(), pointsman::InvalidTimestamp>(())
/// ```
pub struct SeenEvents {
    claims: DashMap<Box<str>, IdClaim, RandomState>,
    /// The number of the younger generation. Claims of this and the previous generation are live.
    generation: AtomicU64,
    /// The number of claims in the younger generation.
    generation_len: AtomicUsize,
    /// The Unix second in which the younger generation started.
    generation_start: AtomicI64,
    /// Held by the thread that starts a new generation.
    rotation: Mutex<()>,
    /// The maximum number of claims in one generation.
    generation_capacity: usize,
    /// The lifetime of a claim in seconds.
    lifetime: i64,
}

#[derive(Clone, Copy)]
struct IdClaim {
    generation: u64,
    /// The Unix second of the claim.
    at: i64,
}

/// A power of two. Set explicitly because the default of the map queries the number of processors.
const SHARDS: usize = 32;

impl SeenEvents {
    /// Creates an empty set with the bounds in `limits`.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self::bounded(limits.remembered_ids, limits.remembered_seconds)
    }

    /// Creates an empty set for at most `capacity` claims that live for `lifetime` seconds each.
    pub(crate) fn bounded(capacity: usize, lifetime: u32) -> Self {
        Self {
            claims: DashMap::with_hasher_and_shard_amount(RandomState::new(), SHARDS),
            generation: AtomicU64::new(1),
            generation_len: AtomicUsize::new(0),
            generation_start: AtomicI64::new(i64::MIN),
            rotation: Mutex::new(()),
            generation_capacity: (capacity / 2).max(1),
            lifetime: i64::from(lifetime),
        }
    }

    /// Claims an event of a company. Returns `false` if a live claim on the event exists.
    #[must_use = "an event must not be carried out unless the claim succeeds"]
    pub fn claim(&self, company: &str, event_id: &str, now: Timestamp) -> bool {
        let now = now.unix_seconds();
        let key = key(company, event_id);
        // A duplicate must not start a new generation. The copy releases the lock of the map.
        let held = self.claims.get(&*key).map(|held| *held);
        let generation = self.generation.load(Ordering::SeqCst);
        if held.is_some_and(|held| self.is_live(held, generation, now)) {
            return false;
        }
        self.rotate_if_due(now);
        // The entry locks its shard until it is dropped, so the code below must not touch the map.
        // INVARIANT: the generation is read under that lock. A rotation sweeps this shard before the next
        // rotation can start, so a claim is at most one generation old when it enters the map.
        let is_new = match self.claims.entry(key) {
            Entry::Occupied(mut held) => {
                let generation = self.generation.load(Ordering::SeqCst);
                let is_live = self.is_live(*held.get(), generation, now);
                if !is_live {
                    held.insert(IdClaim {
                        generation,
                        at: now,
                    });
                }
                !is_live
            }
            Entry::Vacant(slot) => {
                let generation = self.generation.load(Ordering::SeqCst);
                slot.insert(IdClaim {
                    generation,
                    at: now,
                });
                true
            }
        };
        if is_new {
            self.generation_len.fetch_add(1, Ordering::SeqCst);
        }
        is_new
    }

    /// Withdraws a claim, so that the event can be claimed again. Only the successful claimant may call it.
    pub fn release(&self, company: &str, event_id: &str) {
        let Some((_, claim)) = self.claims.remove(&key(company, event_id)) else {
            return;
        };
        // Otherwise an event that is claimed and released repeatedly would evict all others.
        if claim.generation == self.generation.load(Ordering::SeqCst) {
            let decrement = |len: usize| len.checked_sub(1);
            let _ = self
                .generation_len
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, decrement);
        }
    }

    /// Returns the number of stored ids, including expired ones that are not yet removed.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.claims.len()
    }

    fn is_live(&self, claim: IdClaim, generation: u64, now: i64) -> bool {
        claim.generation.saturating_add(1) >= generation
            && now.saturating_sub(claim.at) < self.lifetime
    }

    fn is_due(&self, now: i64) -> bool {
        self.generation_len.load(Ordering::SeqCst) >= self.generation_capacity
            || now.saturating_sub(self.generation_start.load(Ordering::SeqCst)) >= self.lifetime
    }

    /// Starts a new generation and removes the older one if the younger one is full, or so old that every
    /// claim in the older one has expired.
    fn rotate_if_due(&self, now: i64) {
        if !self.is_due(now) {
            return;
        }
        // If another thread is rotating, there is no need to wait for it.
        let Ok(_rotation) = self.rotation.try_lock() else {
            return;
        };
        if !self.is_due(now) {
            return;
        }
        let generation = self.generation.load(Ordering::SeqCst).saturating_add(1);
        self.generation.store(generation, Ordering::SeqCst);
        self.generation_len.store(0, Ordering::SeqCst);
        self.generation_start.store(now, Ordering::SeqCst);
        self.claims
            .retain(|_, claim| claim.generation.saturating_add(1) >= generation);
    }
}

impl Default for SeenEvents {
    fn default() -> Self {
        Self::new(&Limits::default())
    }
}

impl fmt::Debug for SeenEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenEvents")
            .field("remembered", &self.remembered())
            .finish_non_exhaustive()
    }
}

/// Joins both texts without ambiguity: the length shows where the company ends.
fn key(company: &str, event_id: &str) -> Box<str> {
    format!("{}:{company}{event_id}", company.len()).into()
}
