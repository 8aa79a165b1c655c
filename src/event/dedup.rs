//! Which events were seen before: claims on event ids, bounded in number and in age. Knows no rule, and
//! the time only as the caller tells it.

use std::fmt;
use std::hash::RandomState;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use dashmap::{DashMap, Entry};

use crate::limits::Limits;
use crate::time::Timestamp;

/// The event ids that a host has taken, so that an event sent twice is carried out once.
///
/// Claim an event after it was read and before it is routed for the first time; the rounds of questions
/// and answers that follow belong to the same delivery and claim nothing. Who loses the claim ignores the
/// event. An event that came to nothing, because something could not be looked up or because the host
/// failed before it had carried out any action, may be released, so that a second attempt is not taken
/// for a repeat.
///
/// Of any number of threads that claim one id at once, exactly one wins. The ids are remembered in two
/// generations of half of [`Limits::remembered_ids`] each: when the younger is full, the older is
/// forgotten. So at least the younger half of the limit is remembered at any time and at most the limit,
/// give or take the threads that claim at the same moment. A claim counts for
/// [`Limits::remembered_seconds`] by the `now` of its claimants.
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
    claims: DashMap<Box<str>, Claim, RandomState>,
    /// The younger of the two generations that count.
    generation: AtomicU64,
    /// How many claims it has.
    filled: AtomicUsize,
    /// The second in which it began.
    began: AtomicI64,
    /// Held by the one thread that begins a new generation.
    turning: Mutex<()>,
    /// Claims of one generation.
    most: usize,
    /// Seconds for which a claim counts.
    age: i64,
}

#[derive(Clone, Copy)]
struct Claim {
    generation: u64,
    /// The second in which it was made.
    at: i64,
}

/// A power of two. Chosen here, for the map's own choice asks the system for its processors.
const SHARDS: usize = 32;

impl SeenEvents {
    /// With the bounds that `limits` sets.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self::bounded(limits.remembered_ids, limits.remembered_seconds)
    }

    /// For so many claims, each for so many seconds.
    pub(crate) fn bounded(claims: usize, seconds: u32) -> Self {
        Self {
            claims: DashMap::with_hasher_and_shard_amount(RandomState::new(), SHARDS),
            generation: AtomicU64::new(1),
            filled: AtomicUsize::new(0),
            began: AtomicI64::new(i64::MIN),
            turning: Mutex::new(()),
            most: (claims / 2).max(1),
            age: i64::from(seconds),
        }
    }

    /// Claims an event of a company; `true` for the one who may carry it out, `false` if it was claimed
    /// before and still counts.
    #[must_use = "who does not win the claim must not carry out the event"]
    pub fn claim(&self, company: &str, event_id: &str, now: Timestamp) -> bool {
        let now = now.unix_seconds();
        let key = key(company, event_id);
        // Only who brings a new id may push out old ones. The copy lets the lock go at once.
        let held = self.claims.get(&*key).map(|held| *held);
        let generation = self.generation.load(Ordering::SeqCst);
        if held.is_some_and(|held| self.counts(held, generation, now)) {
            return false;
        }
        self.turn_if_due(now);
        // The entry locks its part of the map until it is dropped: nothing in here touches the map.
        // INVARIANT: the generation is read under that lock. A turn sweeps this part too before the next
        // turn can begin, so a claim is at most one generation old when it comes to stand in the map.
        let won = match self.claims.entry(key) {
            Entry::Occupied(mut held) => {
                let generation = self.generation.load(Ordering::SeqCst);
                let lost = self.counts(*held.get(), generation, now);
                if !lost {
                    held.insert(Claim {
                        generation,
                        at: now,
                    });
                }
                !lost
            }
            Entry::Vacant(place) => {
                let generation = self.generation.load(Ordering::SeqCst);
                place.insert(Claim {
                    generation,
                    at: now,
                });
                true
            }
        };
        if won {
            self.filled.fetch_add(1, Ordering::SeqCst);
        }
        won
    }

    /// Takes a claim back: the event may come again. Only for the one who won it.
    pub fn release(&self, company: &str, event_id: &str) {
        let Some((_, claim)) = self.claims.remove(&key(company, event_id)) else {
            return;
        };
        // Else an event that is claimed and released again and again would push out all others.
        if claim.generation == self.generation.load(Ordering::SeqCst) {
            let less = |filled: usize| filled.checked_sub(1);
            let _ = self
                .filled
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        }
    }

    /// How many ids are kept at the moment, those included that have grown too old and were not swept
    /// out yet.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.claims.len()
    }

    fn counts(&self, claim: Claim, generation: u64, now: i64) -> bool {
        claim.generation.saturating_add(1) >= generation && now.saturating_sub(claim.at) < self.age
    }

    fn is_due(&self, now: i64) -> bool {
        self.filled.load(Ordering::SeqCst) >= self.most
            || now.saturating_sub(self.began.load(Ordering::SeqCst)) >= self.age
    }

    /// Begins a new generation where the younger one is full, or so old that nothing in the older one
    /// counts any more, and sweeps out the older one.
    fn turn_if_due(&self, now: i64) {
        if !self.is_due(now) {
            return;
        }
        // Where another thread is at it, there is nothing to wait for.
        let Ok(_turning) = self.turning.try_lock() else {
            return;
        };
        if !self.is_due(now) {
            return;
        }
        let generation = self.generation.load(Ordering::SeqCst).saturating_add(1);
        self.generation.store(generation, Ordering::SeqCst);
        self.filled.store(0, Ordering::SeqCst);
        self.began.store(now, Ordering::SeqCst);
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

/// One text for both, no two pairs alike: the length tells where the company ends.
fn key(company: &str, event_id: &str) -> Box<str> {
    format!("{}:{company}{event_id}", company.len()).into()
}
