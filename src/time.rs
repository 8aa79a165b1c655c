//! Timestamps, time zones and their text forms.
//!
//! The only file that uses jiff. It reads no clock and no system files: zones come from the
//! database bundled with jiff.

use std::fmt;
use std::str::FromStr;

use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};

use crate::number::Number;

/// A point in time with nanosecond precision, in the years 0001 to 9999.
///
/// The library reads no clock: the host passes the current time in. The text form is RFC 3339 in
/// UTC.
///
/// ```
/// use pointsman::Timestamp;
///
/// let now: Timestamp = "2026-11-20T10:00:00+02:00".parse()?;
/// assert_eq!(now.to_string(), "2026-11-20T08:00:00Z");
/// assert_eq!(Timestamp::from_unix_seconds(now.unix_seconds()), Some(now));
/// # Ok::<(), pointsman::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp {
    seconds: i64,
    /// Counts forward, even before 1970.
    nanoseconds: u32,
}

/// The error for text that is not a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a timestamp: RFC 3339 with an offset, or a date, in the years 0001 to 9999")]
#[non_exhaustive]
pub struct InvalidTimestamp;

/// 0001-01-01T00:00:00Z
const FIRST_SECOND: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z
const LAST_SECOND: i64 = 253_402_300_799;
const SECONDS_PER_DAY: i64 = 86_400;
const NANOSECONDS_PER_SECOND: u32 = 1_000_000_000;

impl Timestamp {
    /// Returns the timestamp `seconds` after 1970-01-01T00:00:00Z, `None` outside the years 0001 to
    /// 9999.
    #[must_use]
    pub const fn from_unix_seconds(seconds: i64) -> Option<Self> {
        Self::from_unix(seconds, 0)
    }

    /// Returns the timestamp `seconds` and `nanoseconds` after 1970-01-01T00:00:00Z, as a host's
    /// clock reports it. Nanoseconds count forward. Returns `None` outside the years 0001 to 9999,
    /// or if `nanoseconds` is a second or more.
    #[must_use]
    pub const fn from_unix(seconds: i64, nanoseconds: u32) -> Option<Self> {
        if seconds < FIRST_SECOND || seconds > LAST_SECOND || nanoseconds >= NANOSECONDS_PER_SECOND
        {
            return None;
        }
        Some(Self {
            seconds,
            nanoseconds,
        })
    }

    /// Returns whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Returns the nanoseconds after [`Timestamp::unix_seconds`].
    #[must_use]
    pub const fn subsecond_nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Drops the fraction of a second.
    pub(crate) const fn whole_second(self) -> Self {
        Self {
            seconds: self.seconds,
            nanoseconds: 0,
        }
    }

    /// Parses RFC 3339 with an offset and optional seconds, or a date, which means midnight UTC.
    ///
    /// `T` may be `t` or a space, `Z` may be `z`. Digits after the nanosecond are ignored. A leap
    /// second (`:60`) is read as the second before it (`:59`). Whitespace around the text is not
    /// accepted.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut text = TimestampCursor(text.as_bytes());
        let year = text.digits(4)?;
        text.take(b'-')?;
        let month = text.digits(2)?;
        text.take(b'-')?;
        let day = text.digits(2)?;
        let midnight = days(year, month, day)?.checked_mul(SECONDS_PER_DAY)?;
        if text.0.is_empty() {
            return Self::from_unix(midnight, 0);
        }
        text.any(b"Tt ")?;
        let hour = text.digits(2).filter(|hour| *hour < 24)?;
        text.take(b':')?;
        let minute = text.digits(2).filter(|minute| *minute < 60)?;
        let (mut second, mut nanoseconds) = (0, 0);
        if text.take(b':').is_some() {
            second = text.digits(2).filter(|second| *second <= 60)?.min(59);
            if text.take(b'.').is_some() {
                nanoseconds = text.fraction()?;
            }
        }
        let offset = text.offset()?;
        if !text.0.is_empty() {
            return None;
        }
        let local = midnight.checked_add(clock(hour, minute, second)?)?;
        Self::from_unix(local.checked_sub(offset)?, nanoseconds)
    }

    /// Converts seconds since 1970, exactly, independent of the number's spelling. Rounds down to
    /// nanoseconds.
    pub(crate) fn from_epoch(number: Number<'_>) -> Option<Self> {
        let text = number.text();
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        let zeros = digits().take_while(|digit| *digit == b'0').count();
        if zeros == digits().count() {
            return Self::from_unix(0, 0);
        }
        // The position of the point after the first digit that is not zero. An exponent that
        // exceeds an i64 is as far out of range as the largest one.
        let exponent = exponent.parse().unwrap_or(match exponent.starts_with('-') {
            true => i64::MIN,
            false => i64::MAX,
        });
        let point = i64::try_from(whole.len())
            .ok()?
            .checked_sub(i64::try_from(zeros).ok()?)?
            .saturating_add(exponent);
        const LONGEST: i64 = 12;
        if point > LONGEST {
            return None;
        }
        // The value is below 10^12 seconds from here on.
        let mut digits = digits().skip(zeros);
        let mut seconds: i64 = 0;
        let mut nanoseconds: u32 = 0;
        let mut place = 0;
        while place < point {
            let digit = digits.next().unwrap_or(b'0');
            seconds = seconds
                .checked_mul(10)?
                .checked_add(i64::from(digit.wrapping_sub(b'0')))?;
            place = place.saturating_add(1);
        }
        for power in 0..9_i64 {
            let digit = match power < point.saturating_neg() {
                true => b'0',
                false => digits.next().unwrap_or(b'0'),
            };
            nanoseconds = nanoseconds
                .checked_mul(10)?
                .checked_add(u32::from(digit.wrapping_sub(b'0')))?;
        }
        if !negative {
            return Self::from_unix(seconds, nanoseconds);
        }
        if digits.any(|digit| digit != b'0') {
            nanoseconds = nanoseconds.saturating_add(1);
        }
        let borrowed = i64::from(nanoseconds > 0);
        Self::from_unix(
            seconds.checked_neg()?.checked_sub(borrowed)?,
            NANOSECONDS_PER_SECOND
                .checked_sub(nanoseconds)?
                .checked_rem(NANOSECONDS_PER_SECOND)?,
        )
    }

    /// Adds seconds; `None` outside the years 0001 to 9999.
    pub(crate) fn shift(self, seconds: i64) -> Option<Self> {
        Self::from_unix(self.seconds.checked_add(seconds)?, self.nanoseconds)
    }

    /// Returns the local time in a zone, in seconds since midnight: 0 to 86,399.
    pub(crate) fn second_of_day(self, zone: &TimeZone) -> u32 {
        let offset = i64::from(self.offset(zone).seconds());
        let local = self.seconds.saturating_add(offset);
        u32::try_from(local.rem_euclid(SECONDS_PER_DAY)).unwrap_or(0)
    }

    /// Formats the timestamp in a zone by a strftime pattern, with English names; `%c %x %X %r` as
    /// in the POSIX locale.
    ///
    /// # Errors
    ///
    /// An unknown or incomplete directive, or a text longer than 4 KiB. A pattern that is valid for
    /// one timestamp and zone is valid for all, except for the length.
    pub(crate) fn strftime(self, zone: &TimeZone, pattern: &str) -> Result<String, InvalidPattern> {
        const LONGEST: usize = 4 << 10;
        let fields = self.fields(zone);
        let date = fields.to_date().unwrap_or_default();
        let config = Config::new().custom(PosixCustom::new());
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((text, tail)) = rest.split_once('%') {
            out.push_str(text);
            let end = tail.find(|c: char| c.is_ascii_alphabetic() || c == '%' || !c.is_ascii());
            let Some((directive, tail)) = end.and_then(|end| {
                let last = tail.get(end..)?.chars().next()?;
                tail.split_at_checked(end.checked_add(last.len_utf8())?)
            }) else {
                return Err(InvalidPattern::new(&format!("%{tail}")));
            };
            rest = tail;
            match directive {
                // jiff writes two-digit years only for 1969 to 2068.
                "y" => push_short_year(&mut out, date.year()),
                "g" => push_short_year(&mut out, date.iso_week_date().year()),
                "D" | "x" => {
                    out.push_str(&format!("{:02}/{:02}/", date.month(), date.day()));
                    push_short_year(&mut out, date.year());
                }
                _ => {
                    let directive = format!("%{directive}");
                    match fields.to_string_with_config(&config, &directive) {
                        Ok(text) => out.push_str(&text),
                        Err(_) => return Err(InvalidPattern::new(&directive)),
                    }
                }
            }
            if out.len() > LONGEST {
                return Err(InvalidPattern::new(pattern));
            }
        }
        out.push_str(rest);
        if out.len() > LONGEST {
            return Err(InvalidPattern::new(pattern));
        }
        Ok(out)
    }

    /// jiff's timestamps end a day before its dates: `9999-12-31`, often used for "never", is only
    /// a date there.
    fn fields(self, zone: &TimeZone) -> BrokenDownTime {
        let nanoseconds = i32::try_from(self.nanoseconds).unwrap_or(0);
        if let Ok(timestamp) = jiff::Timestamp::new(self.seconds, nanoseconds) {
            return BrokenDownTime::from(&timestamp.to_zoned(zone.0.clone()));
        }
        let offset = self.offset(zone);
        let local = self.seconds.saturating_add(i64::from(offset.seconds()));
        let mut fields = BrokenDownTime::from(civil(local, nanoseconds));
        fields.set_offset(Some(offset));
        fields
    }

    fn offset(self, zone: &TimeZone) -> jiff::tz::Offset {
        let timestamp = jiff::Timestamp::from_second(self.seconds);
        zone.0.to_offset(timestamp.unwrap_or(jiff::Timestamp::MAX))
    }
}

/// Returns the date and time `seconds` after 1970-01-01T00:00:00 on the same clock, saturating at
/// the end of 9999.
fn civil(seconds: i64, nanoseconds: i32) -> jiff::civil::DateTime {
    jiff::civil::date(1970, 1, 1)
        .at(0, 0, 0, 0)
        .saturating_add(jiff::SignedDuration::new(seconds, nanoseconds))
}

/// Writes RFC 3339 in UTC, with a fraction only if it is not zero: `2026-11-20T10:00:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = civil(self.seconds, 0);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            utc.year(),
            utc.month(),
            utc.day(),
            utc.hour(),
            utc.minute(),
            utc.second()
        )?;
        if self.nanoseconds > 0 {
            let digits = format!("{:09}", self.nanoseconds);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// Parses RFC 3339 with an offset and optional seconds, or a date, which means midnight UTC.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        Self::parse(text).ok_or(InvalidTimestamp)
    }
}

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeZone(jiff::tz::TimeZone);

impl TimeZone {
    pub(crate) const UTC: Self = Self(jiff::tz::TimeZone::UTC);

    /// Finds the zone named `name` (`America/Chicago`), ignoring ASCII case.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let zone = jiff::tz::TimeZoneDatabase::bundled().get(name).ok()?;
        // `Etc/Unknown` means that the zone is not known; jiff treats it as UTC.
        (!zone.is_unknown()).then_some(Self(zone))
    }

    /// Returns the names of all zones, for "did you mean" suggestions.
    pub(crate) fn names() -> Vec<String> {
        let database = jiff::tz::TimeZoneDatabase::bundled();
        database
            .available()
            .map(|name| name.as_str().to_owned())
            .collect()
    }
}

/// The error for a date pattern, with the invalid directive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{directive}` is no part of a date pattern")]
pub(crate) struct InvalidPattern {
    directive: Box<str>,
}

impl InvalidPattern {
    fn new(directive: &str) -> Self {
        Self {
            directive: directive.into(),
        }
    }
}

fn push_short_year(out: &mut String, year: i16) {
    out.push_str(&format!("{:02}", year.rem_euclid(100)));
}

/// Returns the days since 1970-01-01 if the date exists.
fn days(year: u32, month: u32, day: u32) -> Option<i64> {
    let date = jiff::civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()?;
    let since = jiff::civil::date(1970, 1, 1).until(date).ok()?;
    Some(i64::from(since.get_days()))
}

fn clock(hour: u32, minute: u32, second: u32) -> Option<i64> {
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    Some(i64::from(minutes.checked_mul(60)?.checked_add(second)?))
}

/// The rest of the text of a timestamp.
struct TimestampCursor<'a>(&'a [u8]);

impl TimestampCursor<'_> {
    fn take(&mut self, byte: u8) -> Option<()> {
        self.any(&[byte]).map(|_| ())
    }

    fn any(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0_u32, |value, digit| {
            let digit = char::from(*digit).to_digit(10)?;
            value.checked_mul(10)?.checked_add(digit)
        })
    }

    /// Parses one or more digits as a fraction of a second, in nanoseconds.
    fn fraction(&mut self) -> Option<u32> {
        let count = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count == 0 {
            return None;
        }
        let kept = count.min(9);
        let mut value = self.digits(kept)?;
        for _ in kept..9 {
            value = value.checked_mul(10)?;
        }
        let cut = count.saturating_sub(kept);
        self.0 = self.0.get(cut..)?;
        Some(value)
    }

    /// Parses `Z` or `±hh:mm` as seconds east of UTC.
    fn offset(&mut self) -> Option<i64> {
        let sign = self.any(b"Zz+-")?;
        if sign.eq_ignore_ascii_case(&b'z') {
            return Some(0);
        }
        let hours = self.digits(2).filter(|hours| *hours < 24)?;
        self.take(b':')?;
        let minutes = self.digits(2).filter(|minutes| *minutes < 60)?;
        let seconds = clock(hours, minutes, 0)?;
        match sign {
            b'-' => seconds.checked_neg(),
            _ => Some(seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TimeZone, Timestamp};
    use crate::number::Number;

    #[test]
    fn parses() {
        let cases = [
            ("2017-01-01T00:00Z", Some("2017-01-01T00:00:00Z")),
            ("2017-01-01", Some("2017-01-01T00:00:00Z")),
            ("2017-01-01T00:00:00Z", Some("2017-01-01T00:00:00Z")),
            ("2017-01-01t00:00:00z", Some("2017-01-01T00:00:00Z")),
            ("2017-01-01 00:00:00Z", Some("2017-01-01T00:00:00Z")),
            ("2017-01-01T02:30:15+02:30", Some("2017-01-01T00:00:15Z")),
            ("2017-01-01T00:00-00:00", Some("2017-01-01T00:00:00Z")),
            ("2016-12-31T23:59:60Z", Some("2016-12-31T23:59:59Z")),
            ("2016-12-31T23:59:60.25Z", Some("2016-12-31T23:59:59.25Z")),
            ("2017-01-01T00:00:00.000Z", Some("2017-01-01T00:00:00Z")),
            ("2017-01-01T00:00:00.5000Z", Some("2017-01-01T00:00:00.5Z")),
            (
                "2017-01-01T00:00:00.12345678999999999999Z",
                Some("2017-01-01T00:00:00.123456789Z"),
            ),
            ("2024-02-29", Some("2024-02-29T00:00:00Z")),
            ("2023-02-29", None),
            ("2000-02-29", Some("2000-02-29T00:00:00Z")),
            ("1900-02-29", None),
            ("0001-01-01", Some("0001-01-01T00:00:00Z")),
            ("0000-12-31", None),
            ("0000-12-31T23:30:00-01:00", Some("0001-01-01T00:30:00Z")),
            ("0001-01-01T00:30:00+01:00", None),
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z")),
            ("9999-12-31T23:59:59-00:01", None),
            (
                "9999-12-31T23:59:59.999999999Z",
                Some("9999-12-31T23:59:59.999999999Z"),
            ),
            ("10000-01-01", None),
            ("2017-01-01T00:00", None),
            ("2017-01-01T00:00:00", None),
            ("2017-01-01T24:00:00Z", None),
            ("2017-01-01T23:60:00Z", None),
            ("2017-01-01T23:59:61Z", None),
            ("2017-01-01T00:00:00.Z", None),
            ("2017-01-01T00:00.5Z", None),
            ("2017-01-01T00:00:00+24:00", None),
            ("2017-01-01T00:00:00+0100", None),
            ("2017-01-01T00:00:00+01", None),
            ("2017-13-01", None),
            ("2017-00-01", None),
            ("2017-01-32", None),
            ("2017-1-1", None),
            ("+2017-01-01", None),
            ("2017-01-01T", None),
            ("2017-01-01Z", None),
            (" 2017-01-01", None),
            ("2017-01-01 ", None),
            ("2017-01-01T00:00:00Z ", None),
            ("2017-01-01T00:00:00ZZ", None),
            ("２017-01-01", None),
            ("", None),
            ("5:00 PM", None),
        ];
        for (text, expected) in cases {
            let found = Timestamp::parse(text).map(|timestamp| timestamp.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn reads_epoch_seconds() {
        let cases = [
            ("0", Some("1970-01-01T00:00:00Z")),
            ("-0", Some("1970-01-01T00:00:00Z")),
            ("0.000e99999999999999999999", Some("1970-01-01T00:00:00Z")),
            ("1767225600", Some("2026-01-01T00:00:00Z")),
            ("1767225600.5", Some("2026-01-01T00:00:00.5Z")),
            ("1.7672256e9", Some("2026-01-01T00:00:00Z")),
            ("17672256e2", Some("2026-01-01T00:00:00Z")),
            (
                "1767225600123456789e-9",
                Some("2026-01-01T00:00:00.123456789Z"),
            ),
            ("0.0000000019", Some("1970-01-01T00:00:00.000000001Z")),
            ("0.001", Some("1970-01-01T00:00:00.001Z")),
            ("1e-9", Some("1970-01-01T00:00:00.000000001Z")),
            ("1e-99999999999999999999", Some("1970-01-01T00:00:00Z")),
            (
                "-1e-99999999999999999999",
                Some("1969-12-31T23:59:59.999999999Z"),
            ),
            ("-0.5", Some("1969-12-31T23:59:59.5Z")),
            ("-1", Some("1969-12-31T23:59:59Z")),
            ("-1.25", Some("1969-12-31T23:59:58.75Z")),
            ("-1.0000000001", Some("1969-12-31T23:59:58.999999999Z")),
            ("-62135596800", Some("0001-01-01T00:00:00Z")),
            ("-62135596800.1", None),
            ("253402300799.999", Some("9999-12-31T23:59:59.999Z")),
            ("253402300800", None),
            ("1767225600000", None),
            ("1e400", None),
            ("-1e400", None),
            ("1e99999999999999999999", None),
        ];
        for (text, expected) in cases {
            let found = Timestamp::from_epoch(Number::from_valid(text));
            assert_eq!(found.map(|t| t.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn texts_and_timestamps_are_one_to_one() {
        let span = i128::from(super::LAST_SECOND) - i128::from(super::FIRST_SECOND);
        for step in 0..20_000_i128 {
            let seconds = i128::from(super::FIRST_SECOND) + span * step / 19_999;
            let nanoseconds = u32::try_from(step * 50_003 % 1_000_000_000).unwrap();
            let seconds = i64::try_from(seconds).unwrap();
            let timestamp = Timestamp::from_unix(seconds, nanoseconds).unwrap();
            assert_eq!(Timestamp::parse(&timestamp.to_string()), Some(timestamp));
            let written = timestamp.strftime(&TimeZone::UTC, "%FT%T%.fZ").unwrap();
            assert_eq!(written, timestamp.to_string());
        }
        assert_eq!(Timestamp::from_unix(0, 1_000_000_000), None);
    }

    #[test]
    fn shifts_stay_within_the_valid_years() {
        let timestamp = |text| Timestamp::parse(text).unwrap();
        let last = timestamp("9999-12-31T23:59:59.5Z");
        assert_eq!(last.shift(0), Some(last));
        assert_eq!(last.shift(1), None);
        assert_eq!(last.shift(i64::MAX), None);
        assert_eq!(
            timestamp("2026-03-01").shift(-86_400),
            Some(timestamp("2026-02-28"))
        );
        assert_eq!(timestamp("0001-01-01").shift(-1), None);
        assert!(timestamp("2026-01-01") < timestamp("2026-01-01T00:00:00.000000001Z"));
    }

    #[test]
    fn returns_the_wall_clock_around_daylight_saving_changes() {
        let chicago = TimeZone::find("America/Chicago").unwrap();
        let cases = [
            // Clocks go forward on 2026-03-08 at 02:00.
            ("2026-03-08T07:59:59Z", (1, 59, 59)),
            ("2026-03-08T08:00:00Z", (3, 0, 0)),
            // Clocks go back on 2026-11-01 at 02:00: the hour from 1 to 2 occurs twice.
            ("2026-11-01T06:30:00Z", (1, 30, 0)),
            ("2026-11-01T07:30:00Z", (1, 30, 0)),
            ("2026-11-01T08:00:00Z", (2, 0, 0)),
            ("0001-01-01T00:00:00Z", (18, 9, 24)),
            ("9999-12-31T23:59:59Z", (17, 59, 59)),
        ];
        for (text, (hour, minute, second)) in cases {
            let found = Timestamp::parse(text).unwrap().second_of_day(&chicago);
            assert_eq!(found, (hour * 60 + minute) * 60 + second, "{text}");
        }
        let before_1970 = Timestamp::parse("1969-12-31T23:59:59.9Z").unwrap();
        assert_eq!(before_1970.second_of_day(&TimeZone::UTC), 86_399);
    }

    #[test]
    fn finds_zones() {
        assert_eq!(TimeZone::find("utc"), Some(TimeZone::UTC));
        assert_eq!(
            TimeZone::find("america/chicago"),
            TimeZone::find("America/Chicago")
        );
        for name in ["", "Mars/Olympus", "Etc/Unknown", "+02:00", "../etc/passwd"] {
            assert_eq!(TimeZone::find(name), None, "{name}");
        }
        assert!(TimeZone::names().iter().any(|name| name == "Europe/Prague"));
    }

    #[test]
    fn formats_by_pattern() {
        let timestamp = Timestamp::parse("2026-03-08T08:05:09.25Z").unwrap();
        let chicago = TimeZone::find("America/Chicago").unwrap();
        let cases = [
            ("%d %b %H:%M", "08 Mar 03:05"),
            (
                "%A, %B %-d, %Y at %-I:%M %p",
                "Sunday, March 8, 2026 at 3:05 AM",
            ),
            ("%F %T %z %Z %:z", "2026-03-08 03:05:09 -0500 CDT -05:00"),
            ("%y %g %D %x", "26 26 03/08/26 03/08/26"),
            ("%c", "Sun Mar  8 03:05:09 2026"),
            ("100%% Straße %.3f", "100% Straße .250"),
            ("no directive", "no directive"),
            ("", ""),
        ];
        for (pattern, expected) in cases {
            assert_eq!(
                timestamp.strftime(&chicago, pattern).as_deref(),
                Ok(expected)
            );
        }
        let never = Timestamp::parse("9999-12-31T23:59:59.5Z").unwrap();
        assert_eq!(
            never.strftime(&chicago, "%F %T%.f %z %a").as_deref(),
            Ok("9999-12-31 17:59:59.5 -0600 Fri")
        );
        let old = Timestamp::parse("1905-06-07").unwrap();
        assert_eq!(
            old.strftime(&TimeZone::UTC, "%D").as_deref(),
            Ok("06/07/05")
        );
        for pattern in [
            "%",
            "50% off",
            "%d %",
            "%ü",
            "%K",
            "%-",
            "%999d",
            &"%A".repeat(2_000),
        ] {
            assert!(timestamp.strftime(&chicago, pattern).is_err(), "{pattern}");
        }
        let error = timestamp.strftime(&chicago, "%d %K").unwrap_err();
        assert_eq!(error.to_string(), "`%K` is no part of a date pattern");
    }
}
