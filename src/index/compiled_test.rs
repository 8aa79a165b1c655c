//! Compact forms of the usual tests, so that most tests are decided without reading their rule.

use crate::hir::{Operand, Pattern, Predicate};
use crate::json::document::{Datum, Literal};
use crate::syntax::operator::{CompareOp, TextOp};
use crate::text::swar::short_word;

use super::access_key::{class_of, classes_of};
use super::range;

/// A test of the value at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CompiledTest {
    /// No compact form.
    Other,
    Truth,
    /// The value is of one of these classes.
    Classes(u16),
    /// The value equals one of some texts, or none of them if the flag is set.
    Equal(TextRange, bool),
    Begins(TextRange, bool),
    Ends(TextRange, bool),
    /// The value is a number in this relation to the number with this sort key.
    Order(CompareOp, u64),
}

/// A range in the text pool: where it starts, and how many texts it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextRange {
    start: u32,
    count: u32,
}

/// The texts of all tests, each after its length in four bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct TextPool(Vec<u8>);

impl CompiledTest {
    /// Compiles a test over a path of event data.
    pub(super) fn of(predicate: &Predicate, pool: &mut TextPool) -> Self {
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
                (CompareOp::Equal | CompareOp::NotEqual, Literal::Text(_)) => pool
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
            } => pool.add(list).map(|texts| Self::Equal(texts, *negated)),
            Predicate::Match {
                negated,
                op,
                right: Pattern::Operand(Operand::Literal(literal)),
                ignoring_case: false,
                ..
            } => match op {
                TextOp::StartsWith => pool.add(literal).map(|texts| Self::Begins(texts, *negated)),
                TextOp::EndsWith => pool.add(literal).map(|texts| Self::Ends(texts, *negated)),
                _ => None,
            },
            _ => None,
        };
        short.unwrap_or(Self::Other)
    }

    /// Returns the family of a test. Tests of one family and path are rarely true together. `None`
    /// if nothing is known.
    pub(super) const fn family(self) -> Option<u8> {
        match self {
            Self::Equal(_, false) => Some(0),
            Self::Begins(_, false) => Some(1),
            Self::Ends(_, false) => Some(2),
            _ => None,
        }
    }

    /// Returns the result for a text, if the test compares texts.
    #[inline]
    pub(super) fn of_text(self, pool: &TextPool, text: &[u8]) -> Option<bool> {
        Some(match self {
            Self::Equal(texts, negated) => {
                pool.any(texts, |text_bytes| are_same(text_bytes, text)) != negated
            }
            Self::Begins(texts, negated) => {
                let begins = |text_bytes: &[u8]| {
                    let start = text.get(..text_bytes.len());
                    start.is_some_and(|start| are_same(text_bytes, start))
                };
                pool.any(texts, begins) != negated
            }
            Self::Ends(texts, negated) => {
                let ends = |text_bytes: &[u8]| {
                    let start = text.len().checked_sub(text_bytes.len());
                    let end = start.and_then(|start| text.get(start..));
                    end.is_some_and(|end| are_same(text_bytes, end))
                };
                pool.any(texts, ends) != negated
            }
            Self::Other | Self::Truth | Self::Classes(_) | Self::Order(..) => return None,
        })
    }

    /// Returns the result (an inner `None` means unknown), or `None` if the original test must be
    /// evaluated.
    pub(super) fn truth(self, pool: &TextPool, datum: &Datum<'_>) -> Option<Option<bool>> {
        if let Datum::Text(text) = datum
            && let Some(truth) = self.of_text(pool, text.as_bytes())
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
                Some((range::RangeKind::Number, key)) if key == other => None,
                Some((range::RangeKind::Number, key)) => Some(Some(match op {
                    CompareOp::Less | CompareOp::LessOrEqual => key < other,
                    _ => key > other,
                })),
                _ => Some(None),
            },
        }
    }
}

/// Compares two texts. Most are short and are compared without a call.
#[inline]
fn are_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && match (one.last_chunk::<8>(), other.last_chunk::<8>()) {
            (Some(a), Some(b)) => a == b && (one.len() == 8 || one == other),
            _ => short_word(one) == short_word(other),
        }
}

impl TextPool {
    /// Adds a text, or the texts of a list. Returns `None` if there is any other value.
    fn add(&mut self, literal: &Literal) -> Option<TextRange> {
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
        Some(TextRange { start, count })
    }

    fn any(&self, texts: TextRange, mut is: impl FnMut(&[u8]) -> bool) -> bool {
        let mut rest = self.0.get(texts.start as usize..).unwrap_or_default();
        for _ in 0..texts.count {
            let Some((length, after)) = rest.split_first_chunk::<4>() else {
                return false;
            };
            let length = u32::from_le_bytes(*length) as usize;
            let Some((text_bytes, after)) = after.split_at_checked(length) else {
                return false;
            };
            if is(text_bytes) {
                return true;
            }
            rest = after;
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
