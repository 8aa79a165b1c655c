//! What a lookup reads: as much memory as a processor fetches at once, with the records of several keys in
//! it. Knows neither where a key belongs nor which rules there are.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "widths and shifts are of few bits; a lookup goes through here"
)]

use super::Posting;
use crate::text::swar::short_word;

/// Records of keys. The usual one, of a key with a short text and one rule, is here whole: a lookup reads
/// one bucket and nothing else, whether it finds something or not.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Bucket {
    /// By record: what its key has besides its place. Apart from what differs in width, so that all are
    /// compared without a step that hangs on what stands here.
    tags: [u32; Self::MOST],
    /// Ten bits for each record, those of the first one lowest: its [`Kind`], and in four bits where its
    /// words begin. And [`Bucket::PASSED`].
    heads: u32,
    /// The rules and proofs.
    words: [u32; Self::WORDS],
}

/// What a key is of: it stands with the rules that are filed under the key, so that no other one of the
/// same hash is taken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Proof<'t> {
    None,
    Text(&'t [u8]),
    /// The first of two keys, proven itself.
    First(u64),
}

/// What is filed under a key: its only rule, or where the list of them begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record<'t> {
    Rule(Proof<'t>, Posting),
    List(u32),
}

/// A record of the tag that was looked for, not looked into yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'b> {
    kind: Kind,
    /// The half of the key that is not the tag.
    half: u32,
    /// Its own, and those behind.
    words: &'b [u32],
}

/// In three bits how many words a record has, in three more what it is of: of a text that has so many
/// bytes less than its words, or of something else. None is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind(u32);

impl Kind {
    const BITS: u32 = 6;
    const OTHER: u32 = 1 << 5;
    const LIST: Self = Self(2 | Self::OTHER);
    const RULE: Self = Self(3 | Self::OTHER);
    const FIRST: Self = Self(4 | Self::OTHER);

    /// That of the record of one rule, if such a one stands in a bucket.
    #[inline]
    const fn of(proof: Proof<'_>) -> Option<Self> {
        match proof {
            Proof::None => Some(Self::RULE),
            Proof::First(_) => Some(Self::FIRST),
            Proof::Text(text) if text.len() > Bucket::LONGEST => None,
            Proof::Text(text) => {
                let length = text.len() as u32;
                Some(Self(
                    (2 + length.div_ceil(4)) | ((length.wrapping_neg() & 3) << 3),
                ))
            }
        }
    }

    const fn width(self) -> usize {
        (self.0 & 7) as usize
    }
}

impl Bucket {
    const MOST: usize = 3;
    const WORDS: usize = 12;
    /// Texts up to so many bytes leave room for another such record.
    const LONGEST: usize = 16;
    /// Of a head: its kind and where its words begin.
    const BITS: u32 = Kind::BITS + 4;
    /// What belongs here, or before, found no room and stands behind.
    const PASSED: u32 = 1 << 31;

    /// The record of what looks like that key: there is no other one of its tag.
    #[inline]
    pub(super) fn find(&self, key: u64) -> Option<Found<'_>> {
        let [tag, half] = halves(key);
        let places = (0..).zip(&self.tags);
        let hits = places.fold(0, |hits, (place, own)| {
            hits | u32::from(*own == tag) << place
        });
        if hits == 0 {
            return None;
        }
        let (kind, at) = self.head(hits.trailing_zeros());
        let words = self.words.get(at..)?;
        // No record may be there, and the tag be zero.
        (kind.0 != 0).then_some(Found { kind, half, words })
    }

    #[inline]
    const fn head(&self, place: u32) -> (Kind, usize) {
        let head = (self.heads & !Self::PASSED) >> (place * Self::BITS);
        let kind = Kind(head & ((1 << Kind::BITS) - 1));
        (kind, (head >> Kind::BITS & 15) as usize)
    }

    /// Puts a record behind the others, if there is room.
    pub(super) fn put(&mut self, key: u64, record: Record<'_>) -> bool {
        let [tag, half] = halves(key);
        let heads = (0..).zip(&self.tags).map(|(place, _)| self.head(place));
        let taken = heads.take_while(|(kind, _)| kind.0 != 0);
        let (count, at) = taken.fold((0, 0), |(count, _), (kind, at)| {
            (count + 1, at + kind.width())
        });
        let own = self.tags.get_mut(count);
        let Some((kind, own)) = record.kind().zip(own) else {
            return false;
        };
        let Some(room) = self.words.get_mut(at..at + kind.width()) else {
            return false;
        };
        *own = tag;
        for (own, word) in room.iter_mut().zip(record.words(half)) {
            *own = word;
        }
        let head = kind.0 | (at as u32) << Kind::BITS;
        self.heads |= head << (count as u32 * Self::BITS);
        true
    }

    pub(super) const fn is_passed(&self) -> bool {
        self.heads & Self::PASSED != 0
    }

    pub(super) const fn pass(&mut self) {
        self.heads |= Self::PASSED;
    }
}

impl Found<'_> {
    /// Where the key's list begins, if it has one.
    #[inline]
    pub(super) fn list(&self) -> Option<u32> {
        let [half, start] = *self.words.first_chunk()?;
        (self.kind == Kind::LIST && half == self.half).then_some(start)
    }

    /// The rule, unless it is another key's or one of several.
    #[inline]
    pub(super) fn rule(&self, proof: Proof<'_>) -> Option<Posting> {
        let (rule, behind) = self.words.split_first_chunk()?;
        let is = match proof {
            _ if self.kind == Kind::RULE => behind.first() == Some(&self.half),
            _ if Kind::of(proof) != Some(self.kind) => false,
            Proof::None => false,
            Proof::Text(text) => quarters(text).zip(behind).all(|(word, own)| word == *own),
            Proof::First(key) => behind.first_chunk() == Some(&halves(key)),
        };
        is.then(|| Posting::of_words(*rule))
    }
}

impl Record<'_> {
    /// `None`: it fits no bucket.
    const fn kind(&self) -> Option<Kind> {
        match self {
            Self::List(_) => Some(Kind::LIST),
            Self::Rule(proof, _) => Kind::of(*proof),
        }
    }

    pub(super) const fn fits(&self) -> bool {
        self.kind().is_some()
    }

    /// How many sixths of a bucket it takes among others of its width.
    pub(super) fn sixths(&self) -> usize {
        let width = self.kind().map_or(Bucket::WORDS, Kind::width);
        6 / (Bucket::WORDS / width).clamp(1, Bucket::MOST)
    }

    /// What stands in a bucket, with zeros behind it.
    fn words(&self, half: u32) -> [u32; 6] {
        let (rule, proof) = match *self {
            Self::List(start) => return [half, start, 0, 0, 0, 0],
            Self::Rule(proof, rule) => (rule.words(), proof),
        };
        let (other, text) = match proof {
            Proof::None => ([half, 0], None),
            Proof::First(key) => (halves(key), None),
            Proof::Text(text) => ([0, 0], Some(quarters(text))),
        };
        let [id, start] = rule;
        let [low, high] = other;
        let mut words = [id, start, low, high, 0, 0];
        let behind = words.iter_mut().skip(rule.len());
        for (own, word) in behind.zip(text.into_iter().flatten()) {
            *own = word;
        }
        words
    }
}

/// The words of a text; for one of the same length they tell whether it is the same.
#[inline]
fn quarters(text: &[u8]) -> impl Iterator<Item = u32> {
    text.chunks(4).map(
        |part| match part.first_chunk().or_else(|| text.last_chunk()) {
            // The last one may overlap the one before it.
            Some(part) => u32::from_le_bytes(*part),
            None => short_word(part) as u32,
        },
    )
}

/// The lower one, which is a key's tag, and the upper one, which tells its place.
const fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Proof, Record};
    use crate::hir::RuleId;
    use crate::index::{Posting, Start};

    fn rule(id: u32) -> Posting {
        Posting::new(RuleId(id), Start::HOLDS)
    }

    #[test]
    fn a_bucket_is_a_line_of_memory() {
        assert_eq!(size_of::<Bucket>(), 64);
        assert_eq!(align_of::<Bucket>(), 64);
    }

    #[test]
    fn as_many_go_in_as_there_is_room_for() {
        let text = "0123456789abcdefg".as_bytes();
        for length in 0..=text.len() {
            let proof = Proof::Text(&text[..length]);
            let record = Record::Rule(proof, rule(7));
            let mut bucket = Bucket::default();
            let count = (1..).take_while(|key| bucket.put(*key, record)).count();
            let room = match length {
                0..=8 => 3,
                9..=16 => 2,
                _ => 0,
            };
            assert_eq!((count, record.fits()), (room, length <= 16), "{length}");
            for key in 1..=count as u64 {
                let found = bucket.find(key).unwrap();
                assert_eq!((found.rule(proof), found.list()), (Some(rule(7)), None));
                // Any other text, be it that with a byte changed, more or less.
                let mut other = text[..length].to_vec();
                for at in 0..length {
                    other[at] ^= 1;
                    assert_eq!(found.rule(Proof::Text(&other)), None, "{length} {at}");
                    other[at] ^= 1;
                }
                other.push(0);
                assert_eq!(found.rule(Proof::Text(&other)), None);
                if length > 0 {
                    assert_eq!(found.rule(Proof::Text(&text[..length - 1])), None);
                }
                for other in [Proof::None, Proof::First(key)] {
                    assert_eq!(found.rule(other), None);
                }
                // What is not proven is found by whatever has the key.
                let mut bare = Bucket::default();
                assert!(bare.put(key, Record::Rule(Proof::None, rule(8))));
                let found = bare.find(key).unwrap();
                for other in [Proof::None, Proof::First(key), proof] {
                    assert_eq!(found.rule(other), Some(rule(8)));
                }
            }
            assert!(bucket.find(0).is_none() && bucket.find(4).is_none());
        }
    }

    #[test]
    fn records_of_all_kinds_stand_side_by_side() {
        let key = |tag: u64| tag | 9 << 32;
        let kinds = [
            Record::List(u32::MAX),
            Record::Rule(Proof::None, rule(1)),
            Record::Rule(Proof::First(u64::MAX - 1), rule(2)),
            Record::Rule(Proof::Text(b""), rule(3)),
            Record::Rule(Proof::Text(b"eight by"), rule(4)),
        ];
        for a in kinds {
            for b in kinds {
                for c in kinds {
                    let mut bucket = Bucket::default();
                    // A tag of zero is one like others.
                    for (tag, record) in (0..).zip([a, b, c]) {
                        assert!(bucket.put(key(tag), record));
                    }
                    assert!(!bucket.put(key(3), a));
                    bucket.pass();
                    for (tag, record) in (0..).zip([a, b, c]) {
                        let found = bucket.find(key(tag)).unwrap();
                        match record {
                            Record::List(start) => assert_eq!(found.list(), Some(start)),
                            Record::Rule(proof, rule) => assert_eq!(found.rule(proof), Some(rule)),
                        }
                        // Another key of that tag.
                        let found = bucket.find(tag).unwrap();
                        assert_eq!((found.list(), found.rule(Proof::None)), (None, None));
                    }
                    assert!(bucket.find(key(3)).is_none());
                }
            }
        }
    }
}
