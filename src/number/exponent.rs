//! Exponents of decimal numbers: integers of any size.

use std::cmp::Ordering;

/// An integer of any size: the exponent in a JSON number may exceed every machine word.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Exponent {
    /// Up to [`Exponent::SMALL_DIGITS`] digits.
    Small(i128),
    /// More digits, without leading zeros, and the sign.
    Large { negative: bool, digits: Vec<u8> },
}

impl Exponent {
    const SMALL_DIGITS: usize = 30;
    /// Up to this many digits, sums use machine words.
    const WORD_DIGITS: usize = 18;

    /// Parses an exponent and adds `shift`.
    pub(super) fn sum(text: &str, shift: i64) -> Self {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let digits = digits.trim_start_matches('0');
        if digits.len() <= Self::WORD_DIGITS {
            let size = digits.bytes().fold(0_i128, |sum, digit| {
                sum.wrapping_mul(10).wrapping_add(i128::from(digit & 0xf))
            });
            let value = if negative { size.wrapping_neg() } else { size };
            return Self::Small(value.saturating_add(i128::from(shift)));
        }
        // INVARIANT: the exponent has more digits than `shift`, so the sum keeps its sign.
        let mut sum = digits.as_bytes().to_vec();
        if negative == (shift < 0) {
            add(&mut sum, shift.unsigned_abs());
        } else {
            subtract(&mut sum, shift.unsigned_abs());
        }
        let zeros = sum.iter().take_while(|digit| **digit == b'0').count();
        sum.drain(..zeros);
        if sum.len() <= Self::SMALL_DIGITS {
            let size = sum.iter().fold(0_i128, |total, digit| {
                total.wrapping_mul(10).wrapping_add(i128::from(digit & 0xf))
            });
            return Self::Small(if negative { size.wrapping_neg() } else { size });
        }
        Self::Large {
            negative,
            digits: sum,
        }
    }

    pub(super) const fn small(&self) -> Option<i128> {
        match self {
            Self::Small(value) => Some(*value),
            Self::Large { .. } => None,
        }
    }

    pub(super) const fn is_zero(&self) -> bool {
        matches!(self, Self::Small(0))
    }

    pub(super) const fn is_negative(&self) -> bool {
        match self {
            Self::Small(value) => *value < 0,
            Self::Large { negative, .. } => *negative,
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Small(value) => out.push_str(&value.to_string()),
            Self::Large { negative, digits } => {
                if *negative {
                    out.push('-');
                }
                out.extend(digits.iter().map(|digit| char::from(*digit)));
            }
        }
    }
}

impl Ord for Exponent {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_size = |a: &[u8], b: &[u8]| a.len().cmp(&b.len()).then_with(|| a.cmp(b));
        match (self, other) {
            (Self::Small(a), Self::Small(b)) => a.cmp(b),
            (Self::Large { negative, .. }, Self::Small(_)) => {
                if *negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (Self::Small(_), Self::Large { .. }) => other.cmp(self).reverse(),
            (
                Self::Large { negative, digits },
                Self::Large {
                    negative: other_negative,
                    digits: other_digits,
                },
            ) => match (negative, other_negative) {
                (true, true) => by_size(other_digits, digits),
                (false, false) => by_size(digits, other_digits),
                _ => other_negative.cmp(negative),
            },
        }
    }
}

impl PartialOrd for Exponent {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Adds a word to a sequence of decimal digits.
fn add(digits: &mut Vec<u8>, word: u64) {
    let mut carry = u128::from(word);
    for digit in digits.iter_mut().rev() {
        if carry == 0 {
            return;
        }
        carry = carry.wrapping_add(u128::from(*digit & 0xf));
        *digit = last_digit(carry);
        carry /= 10;
    }
    while carry > 0 {
        digits.insert(0, last_digit(carry));
        carry /= 10;
    }
}

/// Subtracts a word from a sequence of decimal digits. The word must not be greater.
fn subtract(digits: &mut [u8], word: u64) {
    let mut left = word;
    for digit in digits.iter_mut().rev() {
        if left == 0 {
            return;
        }
        let have = u64::from(*digit & 0xf);
        let take = left % 10;
        left /= 10;
        if have < take {
            left = left.wrapping_add(1);
        }
        *digit = last_digit(u128::from(have.wrapping_add(10).wrapping_sub(take)));
    }
}

/// Returns the last decimal digit as ASCII.
fn last_digit(number: u128) -> u8 {
    u8::try_from(number % 10).unwrap_or(0).saturating_add(b'0')
}
