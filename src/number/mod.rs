//! Exact decimal numbers of any size, kept as their JSON text.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use self::exponent::Exponent;

mod exponent;
mod sort_key;
#[cfg(test)]
mod tests;

/// A number of a document: the text of one valid JSON number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number<'a> {
    text: &'a str,
}

/// A number of a rule, with its own text.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    text: Box<str>,
}

/// The most digits that [`Number::to_fixed`] writes on either side of the point.
pub(crate) const LONGEST_FIXED: u32 = 400;

/// Returns the end of the JSON number that starts at `start`, or the offset of the byte that makes
/// it invalid.
#[inline(always)]
pub(crate) fn end_of_number(bytes: &[u8], start: usize) -> Result<usize, usize> {
    let mut at = start;
    if bytes.get(at) == Some(&b'-') {
        at = at.wrapping_add(1);
    }
    at = match bytes.get(at) {
        Some(b'0') => {
            let next = at.wrapping_add(1);
            if bytes.get(next).is_some_and(u8::is_ascii_digit) {
                return Err(next);
            }
            next
        }
        // Most numbers have few digits before the point: a short loop predicts well.
        Some(b'1'..=b'9') => {
            at = at.wrapping_add(1);
            let most = at.wrapping_add(3);
            while at < most && bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at = at.wrapping_add(1);
            }
            if at == most {
                crate::text::swar::digits_end(bytes, at)
            } else {
                at
            }
        }
        _ => return Err(at),
    };
    if bytes.get(at) == Some(&b'.') {
        at = digits_end(bytes, at.wrapping_add(1))?;
    }
    match bytes.get(at) {
        Some(b'e' | b'E') => exponent_end(bytes, at.wrapping_add(1)),
        _ => Ok(at),
    }
}

fn exponent_end(bytes: &[u8], start: usize) -> Result<usize, usize> {
    match bytes.get(start) {
        Some(b'+' | b'-') => digits_end(bytes, start.wrapping_add(1)),
        _ => digits_end(bytes, start),
    }
}

/// Returns the end of one or more digits.
#[inline(always)]
fn digits_end(bytes: &[u8], start: usize) -> Result<usize, usize> {
    let end = crate::text::swar::digits_end(bytes, start);
    if end == start { Err(start) } else { Ok(end) }
}

impl<'a> Number<'a> {
    /// INVARIANT: `text` is one valid JSON number, checked by the reader or by [`Number::parse`].
    pub(crate) const fn from_valid(text: &'a str) -> Self {
        Self { text }
    }

    /// Parses exactly one JSON number, without whitespace.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let end = end_of_number(text.as_bytes(), 0).ok()?;
        (end == text.len()).then_some(Self { text })
    }

    /// Returns the original spelling.
    pub(crate) const fn text(self) -> &'a str {
        self.text
    }

    /// Compares by exact value, independent of spelling and size: `1`, `1.0` and `1e0` are equal,
    /// as are `0` and `-0`.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        if let (Some(a), Some(b)) = (
            SmallDecimal::read(self.text),
            SmallDecimal::read(other.text),
        ) {
            return a.compare(b);
        }
        let a = DecimalParts::read(self.text);
        let b = DecimalParts::read(other.text);
        match (a.sign(), b.sign()) {
            (Ordering::Less, Ordering::Less) => b.compare_magnitude(&a),
            (Ordering::Greater, Ordering::Greater) => a.compare_magnitude(&b),
            (one, two) => one.cmp(&two),
        }
    }

    /// Returns the canonical spelling: equal numbers have equal texts, different numbers different
    /// ones. `20` becomes `2e1`.
    pub(crate) fn canonical(self) -> String {
        let mut out = String::new();
        self.write_canonical(&mut out);
        out
    }

    /// Appends [`Number::canonical`] to a buffer.
    pub(crate) fn write_canonical(self, out: &mut String) {
        let parts = DecimalParts::read(self.text);
        if parts.is_zero() {
            out.push('0');
            return;
        }
        if parts.negative {
            out.push('-');
        }
        out.push_str(parts.whole);
        out.push_str(parts.fraction);
        let exponent = parts.exponent_of_last_digit();
        if !exponent.is_zero() {
            out.push('e');
            exponent.write(out);
        }
    }

    /// Returns the value if it is an integer that fits 64 bits, independent of spelling.
    pub(crate) fn to_i64(self) -> Option<i64> {
        let parts = DecimalParts::read(self.text);
        if parts.is_zero() {
            return Some(0);
        }
        // A number of 20 digits exceeds 64 bits; with fewer, no step can overflow 128 bits.
        let zeros = u32::try_from(parts.exponent_of_last_digit().small()?).ok()?;
        if zeros > 19 || parts.digit_count() > 19 {
            return None;
        }
        let digits = parts
            .digits()
            .try_fold(0_i128, |sum, digit| {
                sum.checked_mul(10)?.checked_add(i128::from(digit & 0xf))
            })?
            .checked_mul(10_i128.checked_pow(zeros)?)?;
        let value = if parts.negative {
            digits.checked_neg()?
        } else {
            digits
        };
        i64::try_from(value).ok()
    }

    /// Returns the number of decimals in the spelling: 2 for `1.50`, 0 for `1.5e3`, 3 for `1e-3`.
    pub(crate) fn decimals(self) -> u32 {
        let (_, fraction, exponent) = split(self.text);
        let shift = Exponent::sum(exponent, length(fraction).saturating_neg());
        if !shift.is_negative() {
            return 0;
        }
        shift
            .small()
            .and_then(i128::checked_neg)
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(u32::MAX)
    }

    /// Writes the number with exactly `decimals` decimals, rounded half away from zero, without an
    /// exponent and without a sign on zero. Returns `None` if more than [`LONGEST_FIXED`] digits
    /// are needed before or after the point: `1e9999` is short, its digits are not.
    pub(crate) fn to_fixed(self, decimals: u32) -> Option<String> {
        if decimals > LONGEST_FIXED {
            return None;
        }
        let parts = DecimalParts::read(self.text);
        let point = parts.point();
        if !parts.is_zero() && !point.is_negative() && point.small()? > i128::from(LONGEST_FIXED) {
            return None;
        }
        let mut digits = parts.rounded(&point, decimals);
        // At least one digit before the point.
        let places = usize::try_from(decimals).unwrap_or(usize::MAX);
        let missing = places.saturating_add(1).saturating_sub(digits.len());
        digits.splice(0..0, std::iter::repeat_n(b'0', missing));
        let negative = parts.negative && digits.iter().any(|digit| *digit != b'0');
        let before = digits.len().saturating_sub(places);
        let mut out = String::with_capacity(digits.len().saturating_add(2));
        if negative {
            out.push('-');
        }
        for (index, digit) in digits.iter().enumerate() {
            if index == before {
                out.push('.');
            }
            out.push(char::from(*digit));
        }
        Some(out)
    }

    /// Multiplies by a power of ten by changing the exponent; the digits stay the same.
    pub(crate) fn shifted(self, pow10: i32) -> Decimal {
        let (mantissa, exponent) = self.text.split_once(['e', 'E']).unwrap_or((self.text, "0"));
        let mut text = String::with_capacity(self.text.len().saturating_add(12));
        text.push_str(mantissa);
        let exponent = Exponent::sum(exponent, i64::from(pow10));
        if !exponent.is_zero() {
            text.push('e');
            exponent.write(&mut text);
        }
        Decimal { text: text.into() }
    }
}

impl PartialEq for Number<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.compare(*other) == Ordering::Equal
    }
}

impl Eq for Number<'_> {}

impl Hash for Number<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let parts = DecimalParts::read(self.text);
        if parts.is_zero() {
            state.write_u8(b'0');
            return;
        }
        state.write_u8(if parts.negative { b'-' } else { b'+' });
        // Digit by digit, because equal numbers may place the point differently.
        parts.digits().for_each(|digit| state.write_u8(digit));
        parts.exponent_of_last_digit().hash(state);
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl Decimal {
    pub(crate) fn new(number: Number<'_>) -> Self {
        Self {
            text: number.text.into(),
        }
    }

    pub(crate) fn as_number(&self) -> Number<'_> {
        Number { text: &self.text }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self {
            text: value.to_string().into(),
        }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.as_number() == other.as_number()
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_number().hash(state);
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A number without exponent whose digits fit 64 bits: the usual case.
#[derive(Clone, Copy)]
struct SmallDecimal {
    digits: i64,
    decimals: u32,
}

impl SmallDecimal {
    /// 18 bytes hold at most 18 digits, and 10^18 fits 64 bits.
    const LONGEST: usize = 18;

    fn read(text: &str) -> Option<Self> {
        if text.len() > Self::LONGEST {
            return None;
        }
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut digits = 0_i64;
        let mut decimals = 0_u32;
        let mut is_fraction = 0_u32;
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => {
                    digits = digits.wrapping_mul(10).wrapping_add(i64::from(byte & 0xf));
                    decimals = decimals.wrapping_add(is_fraction);
                }
                b'.' => is_fraction = 1,
                _ => return None,
            }
        }
        let digits = if negative {
            digits.wrapping_neg()
        } else {
            digits
        };
        Some(Self { digits, decimals })
    }

    fn compare(self, other: Self) -> Ordering {
        if self.decimals == other.decimals {
            return self.digits.cmp(&other.digits);
        }
        let scale = |digits: i64, by: u32| {
            // 18 digits and 17 zeros fit 128 bits.
            i128::from(digits).wrapping_mul(10_i128.wrapping_pow(by))
        };
        let a = scale(self.digits, other.decimals.saturating_sub(self.decimals));
        let b = scale(other.digits, self.decimals.saturating_sub(other.decimals));
        a.cmp(&b)
    }
}

/// A number split into its parts: `0.DIGITS` times ten to the power of the point. The first and the
/// last digit are not zero; zero has no digits.
struct DecimalParts<'a> {
    negative: bool,
    /// The significant digits before the point.
    whole: &'a str,
    /// The significant digits after the point.
    fraction: &'a str,
    /// The exponent as written.
    exponent: &'a str,
    /// Added to the exponent, it gives the position of the point.
    shift: i64,
}

/// Returns the digits before and after the point and the exponent, without the sign.
fn split(text: &str) -> (&str, &str, &str) {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    (whole, fraction, exponent)
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

impl<'a> DecimalParts<'a> {
    fn read(text: &'a str) -> Self {
        let (whole, fraction, exponent) = split(text);
        let mut whole = whole.trim_start_matches('0');
        let mut fraction = fraction;
        let shift = if whole.is_empty() {
            let digits = fraction.trim_start_matches('0');
            let zeros = length(fraction).saturating_sub(length(digits));
            fraction = digits;
            zeros.saturating_neg()
        } else {
            length(whole)
        };
        fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            whole = whole.trim_end_matches('0');
        }
        Self {
            negative: text.starts_with('-'),
            whole,
            fraction,
            exponent,
            shift,
        }
    }

    const fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    /// Compares with zero.
    const fn sign(&self) -> Ordering {
        match (self.is_zero(), self.negative) {
            (true, _) => Ordering::Equal,
            (false, true) => Ordering::Less,
            (false, false) => Ordering::Greater,
        }
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes())
    }

    fn digit_count(&self) -> i64 {
        length(self.whole).saturating_add(length(self.fraction))
    }

    fn point(&self) -> Exponent {
        Exponent::sum(self.exponent, self.shift)
    }

    fn exponent_of_last_digit(&self) -> Exponent {
        Exponent::sum(self.exponent, self.shift.saturating_sub(self.digit_count()))
    }

    /// Compares absolute values; neither may be zero.
    fn compare_magnitude(&self, other: &Self) -> Ordering {
        self.point()
            .cmp(&other.point())
            .then_with(|| self.digits().cmp(other.digits()))
    }

    /// Returns the digits of the value times ten to the power of `decimals`, rounded to an integer.
    fn rounded(&self, point: &Exponent, decimals: u32) -> Vec<u8> {
        // A number whose point is too far left for a machine word rounds to zero.
        let Some(kept) = point
            .small()
            .and_then(|point| point.checked_add(i128::from(decimals)))
            .and_then(|kept| usize::try_from(kept).ok())
        else {
            return Vec::new();
        };
        let mut digits: Vec<u8> = self
            .digits()
            .chain(std::iter::repeat(b'0'))
            .take(if self.is_zero() { 0 } else { kept })
            .collect();
        if self.digits().nth(kept).is_some_and(|digit| digit >= b'5') {
            increment(&mut digits);
        }
        digits
    }
}

/// Adds one to a sequence of decimal digits.
fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit = digit.saturating_add(1);
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}
