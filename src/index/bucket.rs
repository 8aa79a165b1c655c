//! Cache-line-sized buckets of the key table.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "widths and shifts are of few bits; a lookup goes through here"
)]

use super::Posting;
use crate::text::swar::short_word;

/// The records of up to three keys. The usual record, of a key with a short text and one rule, fits
/// completely: a lookup then reads one bucket and nothing else, whether it hits or misses.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Bucket {
    /// Indexed by record: the half of the key that does not select the bucket. Stored apart from the
    /// records, whose width varies, so that all tags are compared without a branch.
    tags: [u32; Self::MAX_RECORDS],
    /// Ten bits per record, the first record lowest: its [`RecordKind`], then in four bits where
    /// its words start. The highest bit is [`Bucket::OVERFLOWED`].
    heads: u32,
    /// The postings and proofs.
    words: [u32; Self::WORDS],
}

/// The input of a key's hash. It is stored with the postings, so that another key with the same
/// hash is not mistaken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyProof<'t> {
    None,
    Text(&'t [u8]),
    /// The first of two keys, which has its own proof.
    First(u64),
}

/// The content of a key: its only posting, or the start of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record<'t> {
    Rule(KeyProof<'t>, Posting),
    List(u32),
}

/// A record with a matching tag. The rest of its key is not compared yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundRecord<'b> {
    kind: RecordKind,
    /// The half of the key that is not the tag.
    half: u32,
    /// Its words and those after it.
    words: &'b [u32],
}

/// Three bits for the number of words, and three for the proof: the number of unused bytes in the
/// last word of a text, or a flag for anything else. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RecordKind(u32);

impl RecordKind {
    const BITS: u32 = 6;
    const OTHER: u32 = 1 << 5;
    const LIST: Self = Self(2 | Self::OTHER);
    const RULE: Self = Self(3 | Self::OTHER);
    const FIRST: Self = Self(4 | Self::OTHER);

    /// Returns the kind of a record for one posting, `None` if it does not fit a bucket.
    #[inline]
    const fn of(proof: KeyProof<'_>) -> Option<Self> {
        match proof {
            KeyProof::None => Some(Self::RULE),
            KeyProof::First(_) => Some(Self::FIRST),
            KeyProof::Text(text) if text.len() > Bucket::LONGEST_TEXT => None,
            KeyProof::Text(text) => {
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
    const MAX_RECORDS: usize = 3;
    const WORDS: usize = 12;
    /// The longest text that leaves room for a second record of the same size.
    const LONGEST_TEXT: usize = 16;
    /// Bits per head: its kind and where its words start.
    const BITS: u32 = RecordKind::BITS + 4;
    /// A key of this bucket, or of an earlier one, found no room here and is in a later one.
    const OVERFLOWED: u32 = 1 << 31;

    /// Returns the record with the tag of `key`. At most one record has that tag.
    #[inline]
    pub(super) fn find(&self, key: u64) -> Option<FoundRecord<'_>> {
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
        // A tag of zero may belong to a free record.
        (kind.0 != 0).then_some(FoundRecord { kind, half, words })
    }

    #[inline]
    const fn head(&self, place: u32) -> (RecordKind, usize) {
        let head = (self.heads & !Self::OVERFLOWED) >> (place * Self::BITS);
        let kind = RecordKind(head & ((1 << RecordKind::BITS) - 1));
        (kind, (head >> RecordKind::BITS & 15) as usize)
    }

    /// Appends a record if there is room.
    pub(super) fn insert(&mut self, key: u64, record: Record<'_>) -> bool {
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
        let head = kind.0 | (at as u32) << RecordKind::BITS;
        self.heads |= head << (count as u32 * Self::BITS);
        true
    }

    pub(super) const fn has_overflowed(&self) -> bool {
        self.heads & Self::OVERFLOWED != 0
    }

    pub(super) const fn set_overflowed(&mut self) {
        self.heads |= Self::OVERFLOWED;
    }
}

impl FoundRecord<'_> {
    /// Returns the start of the key's list, if it has one.
    #[inline]
    pub(super) fn list(&self) -> Option<u32> {
        let [half, start] = *self.words.first_chunk()?;
        (self.kind == RecordKind::LIST && half == self.half).then_some(start)
    }

    /// Returns the posting, unless it belongs to another key or is one of several.
    #[inline]
    pub(super) fn rule(&self, proof: KeyProof<'_>) -> Option<Posting> {
        let (rule, rest) = self.words.split_first_chunk()?;
        let is = match proof {
            _ if self.kind == RecordKind::RULE => rest.first() == Some(&self.half),
            _ if RecordKind::of(proof) != Some(self.kind) => false,
            KeyProof::None => false,
            KeyProof::Text(text) => quarters(text).zip(rest).all(|(word, own)| word == *own),
            KeyProof::First(key) => rest.first_chunk() == Some(&halves(key)),
        };
        is.then(|| Posting::of_words(*rule))
    }
}

impl Record<'_> {
    /// Returns `None` if the record does not fit a bucket.
    const fn kind(&self) -> Option<RecordKind> {
        match self {
            Self::List(_) => Some(RecordKind::LIST),
            Self::Rule(proof, _) => RecordKind::of(*proof),
        }
    }

    pub(super) const fn fits(&self) -> bool {
        self.kind().is_some()
    }

    /// Returns the share of a bucket that it takes among records of its width, in sixths.
    pub(super) fn sixths(&self) -> usize {
        let width = self.kind().map_or(Bucket::WORDS, RecordKind::width);
        6 / (Bucket::WORDS / width).clamp(1, Bucket::MAX_RECORDS)
    }

    /// Returns its words, padded with zeros.
    fn words(&self, half: u32) -> [u32; 6] {
        let (rule, proof) = match *self {
            Self::List(start) => return [half, start, 0, 0, 0, 0],
            Self::Rule(proof, rule) => (rule.words(), proof),
        };
        let (other, text) = match proof {
            KeyProof::None => ([half, 0], None),
            KeyProof::First(key) => (halves(key), None),
            KeyProof::Text(text) => ([0, 0], Some(quarters(text))),
        };
        let [id, start] = rule;
        let [low, high] = other;
        let mut words = [id, start, low, high, 0, 0];
        let rest = words.iter_mut().skip(rule.len());
        for (own, word) in rest.zip(text.into_iter().flatten()) {
            *own = word;
        }
        words
    }
}

/// Returns the words of a text. Two texts of equal length are equal if their words are.
#[inline]
fn quarters(text: &[u8]) -> impl Iterator<Item = u32> {
    text.chunks(4).map(
        |part| match part.first_chunk().or_else(|| text.last_chunk()) {
            // The last word may overlap the one before it.
            Some(part) => u32::from_le_bytes(*part),
            None => short_word(part) as u32,
        },
    )
}

/// Returns the lower half, which is the tag of a key, and the upper half, which selects its bucket.
const fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

#[cfg(test)]
mod tests {
    use super::{Bucket, KeyProof, Record};
    use crate::hir::RuleId;
    use crate::index::{ConditionStart, Posting};

    fn rule(id: u32) -> Posting {
        Posting::new(RuleId(id), ConditionStart::HOLDS)
    }

    #[test]
    fn a_bucket_is_one_cache_line() {
        assert_eq!(size_of::<Bucket>(), 64);
        assert_eq!(align_of::<Bucket>(), 64);
    }

    #[test]
    fn a_bucket_holds_as_many_records_as_fit() {
        let text = "0123456789abcdefg".as_bytes();
        for length in 0..=text.len() {
            let proof = KeyProof::Text(&text[..length]);
            let record = Record::Rule(proof, rule(7));
            let mut bucket = Bucket::default();
            let count = (1..).take_while(|key| bucket.insert(*key, record)).count();
            let room = match length {
                0..=8 => 3,
                9..=16 => 2,
                _ => 0,
            };
            assert_eq!((count, record.fits()), (room, length <= 16), "{length}");
            for key in 1..=count as u64 {
                let found = bucket.find(key).unwrap();
                assert_eq!((found.rule(proof), found.list()), (Some(rule(7)), None));
                // Any other text: one byte changed, one more or one less.
                let mut other = text[..length].to_vec();
                for at in 0..length {
                    other[at] ^= 1;
                    assert_eq!(found.rule(KeyProof::Text(&other)), None, "{length} {at}");
                    other[at] ^= 1;
                }
                other.push(0);
                assert_eq!(found.rule(KeyProof::Text(&other)), None);
                if length > 0 {
                    assert_eq!(found.rule(KeyProof::Text(&text[..length - 1])), None);
                }
                for other in [KeyProof::None, KeyProof::First(key)] {
                    assert_eq!(found.rule(other), None);
                }
                // A record without a proof matches any text with its key.
                let mut bare = Bucket::default();
                assert!(bare.insert(key, Record::Rule(KeyProof::None, rule(8))));
                let found = bare.find(key).unwrap();
                for other in [KeyProof::None, KeyProof::First(key), proof] {
                    assert_eq!(found.rule(other), Some(rule(8)));
                }
            }
            assert!(bucket.find(0).is_none() && bucket.find(4).is_none());
        }
    }

    #[test]
    fn records_of_different_kinds_share_a_bucket() {
        let key = |tag: u64| tag | 9 << 32;
        let kinds = [
            Record::List(u32::MAX),
            Record::Rule(KeyProof::None, rule(1)),
            Record::Rule(KeyProof::First(u64::MAX - 1), rule(2)),
            Record::Rule(KeyProof::Text(b""), rule(3)),
            Record::Rule(KeyProof::Text(b"eight by"), rule(4)),
        ];
        for a in kinds {
            for b in kinds {
                for c in kinds {
                    let mut bucket = Bucket::default();
                    // A tag of zero is valid.
                    for (tag, record) in (0..).zip([a, b, c]) {
                        assert!(bucket.insert(key(tag), record));
                    }
                    assert!(!bucket.insert(key(3), a));
                    bucket.set_overflowed();
                    for (tag, record) in (0..).zip([a, b, c]) {
                        let found = bucket.find(key(tag)).unwrap();
                        match record {
                            Record::List(start) => assert_eq!(found.list(), Some(start)),
                            Record::Rule(proof, rule) => assert_eq!(found.rule(proof), Some(rule)),
                        }
                        // Another key with the same tag.
                        let found = bucket.find(tag).unwrap();
                        assert_eq!((found.list(), found.rule(KeyProof::None)), (None, None));
                    }
                    assert!(bucket.find(key(3)).is_none());
                }
            }
        }
    }
}
