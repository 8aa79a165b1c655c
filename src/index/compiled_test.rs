//! Tests in few words: the usual kinds of test over a path of the event, so that no rule has to be looked
//! at to know their truth. Finds no value and asks nobody.

use crate::hir::{Operand, Pattern, Predicate};
use crate::json::document::{Datum, Literal};
use crate::syntax::operator::{CompareOp, TextOp};
use crate::text::swar::short_word;

use super::access_key::{class_of, classes_of};
use super::range;

/// What a test asks of the value at its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quick {
    /// Something that has no short form.
    Other,
    Truth,
    /// It is of one of these kinds.
    Classes(u16),
    /// It is (or is not) one of some texts.
    Equal(Texts, bool),
    Begins(Texts, bool),
    Ends(Texts, bool),
    /// It is a number of that order to one with this key.
    Order(CompareOp, u64),
}

/// Where texts begin, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Texts {
    start: u32,
    count: u32,
}

/// The texts of all tests, each behind its length in four bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Words(Vec<u8>);

impl Quick {
    /// The short form of a test over a path of event data.
    pub(super) fn of(predicate: &Predicate, words: &mut Words) -> Self {
        let short = match predicate {
            Predicate::Truth(_) => Some(Self::Truth),
            Predicate::Is { negated, what, .. } => {
                let mask = classes_of(*what);
                Some(Self::Classes(if *negated { !mask } else { mask }))
            }
            Predicate::Compare {
                op,
                right: Operand::Literal(literal),
                ignoring_case: false,
                ..
            } => match (op, literal) {
                (CompareOp::Equal | CompareOp::NotEqual, Literal::Text(_)) => words
                    .add(literal)
                    .map(|texts| Self::Equal(texts, *op == CompareOp::NotEqual)),
                (CompareOp::Equal | CompareOp::NotEqual, _) => None,
                (_, Literal::Number(_)) => {
                    range::literal_key(literal).map(|(_, key)| Self::Order(*op, key))
                }
                _ => None,
            },
            Predicate::In {
                negated,
                right: Operand::Literal(list),
                ignoring_case: false,
                ..
            } => words.add(list).map(|texts| Self::Equal(texts, *negated)),
            Predicate::Match {
                negated,
                op,
                right: Pattern::Operand(Operand::Literal(literal)),
                ignoring_case: false,
                ..
            } => match op {
                TextOp::StartsWith => words
                    .add(literal)
                    .map(|texts| Self::Begins(texts, *negated)),
                TextOp::EndsWith => words.add(literal).map(|texts| Self::Ends(texts, *negated)),
                _ => None,
            },
            _ => None,
        };
        short.unwrap_or(Self::Other)
    }

    /// Tests of one family (over one path) are seldom true together; `None`: nothing is known of that.
    pub(super) const fn family(self) -> Option<u8> {
        match self {
            Self::Equal(_, false) => Some(0),
            Self::Begins(_, false) => Some(1),
            Self::Ends(_, false) => Some(2),
            _ => None,
        }
    }

    /// The test's truth of a text, if it asks for texts.
    #[inline]
    pub(super) fn of_text(self, words: &Words, text: &[u8]) -> Option<bool> {
        Some(match self {
            Self::Equal(texts, negated) => words.any(texts, |word| are_same(word, text)) != negated,
            Self::Begins(texts, negated) => {
                let begins = |word: &[u8]| {
                    let start = text.get(..word.len());
                    start.is_some_and(|start| are_same(word, start))
                };
                words.any(texts, begins) != negated
            }
            Self::Ends(texts, negated) => {
                let ends = |word: &[u8]| {
                    let start = text.len().checked_sub(word.len());
                    let end = start.and_then(|start| text.get(start..));
                    end.is_some_and(|end| are_same(word, end))
                };
                words.any(texts, ends) != negated
            }
            Self::Other | Self::Truth | Self::Classes(_) | Self::Order(..) => return None,
        })
    }

    /// The test's truth (its inner `None`: unknown), unless the test itself has to be asked.
    pub(super) fn truth(self, words: &Words, datum: &Datum<'_>) -> Option<Option<bool>> {
        if let Datum::Text(text) = datum
            && let Some(truth) = self.of_text(words, text.as_bytes())
        {
            return Some(Some(truth));
        }
        match self {
            Self::Other => None,
            Self::Truth => Some(match datum {
                Datum::Bool(truth) => Some(*truth),
                _ => None,
            }),
            Self::Classes(mask) => Some(Some(mask & class_of(datum) != 0)),
            Self::Equal(_, negated) => Some(match datum {
                Datum::Missing => None,
                _ => Some(negated),
            }),
            Self::Begins(..) | Self::Ends(..) => Some(None),
            Self::Order(op, other) => match range::key(datum) {
                Some((range::Kind::Number, key)) if key == other => None,
                Some((range::Kind::Number, key)) => Some(Some(match op {
                    CompareOp::Less | CompareOp::LessOrEqual => key < other,
                    _ => key > other,
                })),
                _ => Some(None),
            },
        }
    }
}

/// Whether two texts are one: most are short, and compared without a call.
#[inline]
fn are_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && match (one.last_chunk::<8>(), other.last_chunk::<8>()) {
            (Some(a), Some(b)) => a == b && (one.len() == 8 || one == other),
            _ => short_word(one) == short_word(other),
        }
}

impl Words {
    /// Adds the text, or the texts of a list; `None` where there is anything else.
    fn add(&mut self, literal: &Literal) -> Option<Texts> {
        let texts = match literal {
            Literal::List(elements) => elements,
            literal => std::slice::from_ref(literal),
        };
        let start = u32::try_from(self.0.len()).ok()?;
        for text in texts {
            let Literal::Text(text) = text else {
                self.0.truncate(start as usize);
                return None;
            };
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            self.0.extend(length.to_le_bytes());
            self.0.extend(text.as_bytes());
        }
        let count = u32::try_from(texts.len()).ok()?;
        Some(Texts { start, count })
    }

    fn any(&self, texts: Texts, mut is: impl FnMut(&[u8]) -> bool) -> bool {
        let mut rest = self.0.get(texts.start as usize..).unwrap_or_default();
        for _ in 0..texts.count {
            let Some((length, behind)) = rest.split_first_chunk::<4>() else {
                return false;
            };
            let length = u32::from_le_bytes(*length) as usize;
            let Some((word, behind)) = behind.split_at_checked(length) else {
                return false;
            };
            if is(word) {
                return true;
            }
            rest = behind;
        }
        false
    }

    pub(super) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }
}
