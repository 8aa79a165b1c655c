//! Generates ids for events that were sent without one. The host supplies the randomness.

use uuid::fmt::Hyphenated;

/// A source of ids for events that were sent without one.
///
/// An id has 1 to 40 characters and is unique among the events of the company, for example a UUID. Any
/// closure that returns a `String` is a source:
///
/// ```
/// use pointsman::{Event, Limits};
///
/// let mut counter = 0;
/// let mut ids = || {
///     counter += 1;
///     format!("my-{counter}")
/// };
/// let bytes = br#"{"event_type": "order_shipped", "event_data": {"person_key": "w2e2"}}"#;
/// let event = Event::from_json(bytes, &Limits::default(), &mut ids)?;
/// assert_eq!(event.id(), "my-1");
/// assert!(event.id_generated());
/// # Ok::<(), pointsman::Rejection>(())
/// ```
pub trait IdSource {
    /// Returns the next id.
    fn next_id(&mut self) -> String;

    /// Appends the next id to `out`.
    ///
    /// The default implementation copies the result of [`IdSource::next_id`]. Override it to avoid one
    /// allocation per event.
    fn write_next_id(&mut self, out: &mut String) {
        out.push_str(&self.next_id());
    }
}

impl<F: FnMut() -> String> IdSource for F {
    fn next_id(&mut self) -> String {
        self()
    }
}

/// A source that derives ids from a seed: the same seed produces the same ids in the same order.
///
/// The ids have the format of random UUIDs (version 4). Use it in tests and replays, or seed it with
/// randomness of the host. The ids are predictable for anyone who knows the seed.
///
/// ```
/// use pointsman::{IdSource, SeededIds};
///
/// let mut ids = SeededIds::new(7);
/// let first = ids.next_id();
/// assert_eq!(first.len(), 36);
/// assert_ne!(first, ids.next_id());
/// assert_eq!(first, SeededIds::new(7).next_id());
/// ```
#[derive(Clone, Debug)]
pub struct SeededIds {
    state: u64,
}

impl SeededIds {
    /// Creates a source that starts at `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns the next output of `SplitMix64` (Steele, Lea and Flood, 2014). Its period is 2^64.
    const fn next_word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

impl IdSource for SeededIds {
    fn next_id(&mut self) -> String {
        let mut id = String::with_capacity(Hyphenated::LENGTH);
        self.write_next_id(&mut id);
        id
    }

    fn write_next_id(&mut self, out: &mut String) {
        let words = u128::from(self.next_word()) << 64 | u128::from(self.next_word());
        let id = uuid::Builder::from_random_bytes(words.to_be_bytes()).into_uuid();
        let mut text = [0; Hyphenated::LENGTH];
        out.push_str(id.hyphenated().encode_lower(&mut text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_match_splitmix64() {
        // The first outputs of the published algorithm for the seed 1234567.
        let mut ids = SeededIds::new(1_234_567);
        assert_eq!(ids.next_word(), 6_457_827_717_110_365_317);
        assert_eq!(ids.next_word(), 3_203_168_211_198_807_973);
        assert_eq!(ids.next_word(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn ids_have_the_format_of_random_uuids() {
        let mut ids = SeededIds::new(0);
        for _ in 0..100 {
            let id = ids.next_id();
            let lengths: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12]);
            assert_eq!(id.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&id.as_bytes()[19]));
        }
    }
}
