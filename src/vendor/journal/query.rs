//! Parses queries of a journal.

use std::fmt;

use crate::text::suggest;

/// A query for events of a journal, as in the query string of `CareCloud`'s `GET /events`.
///
/// The default query selects the first 100 events in order of arrival.
///
/// ```
/// use pointsman::journal::{Query, SortDirection, SortField};
///
/// let parsed = Query::parse("?event_type_id=8bed&count=2&sort_field=created_at&sort_direction=DESC")?;
/// let built = Query::default()
///     .event_type_id("8bed")
///     .count(2)
///     .sort_field(SortField::CreatedAt)
///     .sort_direction(SortDirection::Descending);
/// assert_eq!(parsed, built);
/// # Ok::<(), pointsman::journal::InvalidQuery>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Query {
    count: usize,
    offset: usize,
    sort_field: Option<SortField>,
    sort_direction: SortDirection,
    event_type_id: Option<Box<str>>,
}

/// The field by which events are sorted.
///
/// Text is compared by code points, and null sorts before any text. Equal events stay in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortField {
    /// `event_id`
    EventId,
    /// `event_type_id`
    EventTypeId,
    /// `customer_id`
    CustomerId,
    /// `external_id`
    ExternalId,
    /// `secondary_external_id`
    SecondaryExternalId,
    /// `created_at`, in whole seconds
    CreatedAt,
    /// `state`, as a number
    State,
}

/// The direction of sorting. Without a sort field it applies to the order of arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are no other directions")]
pub enum SortDirection {
    /// `ASC`
    #[default]
    Ascending,
    /// `DESC`
    Descending,
}

/// The error for an invalid query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidQuery {
    parameter: Box<str>,
    message: Box<str>,
}

/// The names of all parameters.
const PARAMETERS: [&str; 5] = [
    "count",
    "offset",
    "sort_field",
    "sort_direction",
    "event_type_id",
];

impl Query {
    /// Parses a percent-encoded query string such as `count=2&offset=4`, with or without a leading `?`.
    ///
    /// # Errors
    ///
    /// Returns the first parameter that is unknown, repeated, badly encoded or has an invalid value. `count`
    /// and `offset` must be non-negative integers, `sort_field` the name of a [`SortField`], and
    /// `sort_direction` one of `ASC` and `DESC`.
    pub fn parse(text: &str) -> Result<Self, InvalidQuery> {
        let text = text.strip_prefix('?').unwrap_or(text);
        let mut pairs = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let invalid = || InvalidQuery::new(name, "is not percent-encoded UTF-8");
            pairs.push((
                decode(name).ok_or_else(invalid)?,
                decode(value).ok_or_else(invalid)?,
            ));
        }
        Self::from_pairs(
            pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
    }

    /// Reads parameters that the host has already decoded.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Query::parse`].
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidQuery> {
        let mut query = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in pairs {
            if seen.contains(&name) {
                return Err(InvalidQuery::new(name, "is given twice"));
            }
            match name {
                "count" => query.count = whole_number(name, value)?,
                "offset" => query.offset = whole_number(name, value)?,
                "sort_field" => query.sort_field = Some(sort_field(name, value)?),
                "sort_direction" => query.sort_direction = sort_direction(name, value)?,
                "event_type_id" => query.event_type_id = Some(value.into()),
                _ => return Err(unknown(name)),
            }
            seen.push(name);
        }
        Ok(query)
    }

    /// Sets the maximum number of events on the page. With 0 the page contains only the total.
    pub const fn count(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    /// Skips the first `offset` events.
    pub const fn offset(mut self, offset: usize) -> Self {
        self.offset = offset;
        self
    }

    /// Sorts by a field.
    pub const fn sort_field(mut self, field: SortField) -> Self {
        self.sort_field = Some(field);
        self
    }

    /// Sets the direction of sorting.
    pub const fn sort_direction(mut self, direction: SortDirection) -> Self {
        self.sort_direction = direction;
        self
    }

    /// Selects only events of the given type. ASCII case is ignored.
    pub fn event_type_id(mut self, event_type: impl Into<Box<str>>) -> Self {
        self.event_type_id = Some(event_type.into());
        self
    }

    pub(super) const fn range(&self) -> (usize, usize) {
        (self.count, self.offset)
    }

    pub(super) const fn field(&self) -> Option<SortField> {
        self.sort_field
    }

    pub(super) const fn direction(&self) -> SortDirection {
        self.sort_direction
    }

    pub(super) fn type_filter(&self) -> Option<&str> {
        self.event_type_id.as_deref()
    }
}

impl Default for Query {
    fn default() -> Self {
        Self {
            count: 100,
            offset: 0,
            sort_field: None,
            sort_direction: SortDirection::Ascending,
            event_type_id: None,
        }
    }
}

impl SortField {
    /// Every field in the order of the JSON of an event.
    pub const ALL: [Self; 7] = [
        Self::EventId,
        Self::EventTypeId,
        Self::CustomerId,
        Self::ExternalId,
        Self::CreatedAt,
        Self::SecondaryExternalId,
        Self::State,
    ];

    /// Returns the name used in queries and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EventId => "event_id",
            Self::EventTypeId => "event_type_id",
            Self::CustomerId => "customer_id",
            Self::ExternalId => "external_id",
            Self::SecondaryExternalId => "secondary_external_id",
            Self::CreatedAt => "created_at",
            Self::State => "state",
        }
    }

    /// Returns the field with the given name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

impl InvalidQuery {
    fn new(parameter: &str, message: impl Into<Box<str>>) -> Self {
        Self {
            parameter: parameter.into(),
            message: message.into(),
        }
    }

    /// Returns the name of the parameter as written.
    #[must_use]
    pub const fn parameter(&self) -> &str {
        &self.parameter
    }

    /// Returns the message, which reads as a sentence after the parameter: `is given twice`.
    #[must_use]
    pub const fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for InvalidQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.parameter.escape_debug(), self.message)
    }
}

impl std::error::Error for InvalidQuery {}

fn whole_number(name: &str, value: &str) -> Result<usize, InvalidQuery> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(InvalidQuery::new(name, "is no whole number from 0 on"));
    }
    value
        .parse()
        .map_err(|_| InvalidQuery::new(name, "is too large"))
}

fn sort_field(name: &str, value: &str) -> Result<SortField, InvalidQuery> {
    SortField::from_name(value).ok_or_else(|| {
        let names = SortField::ALL.map(SortField::name);
        InvalidQuery::new(name, format!("is none of {}", names.join(", ")))
    })
}

fn sort_direction(name: &str, value: &str) -> Result<SortDirection, InvalidQuery> {
    match value {
        "ASC" => Ok(SortDirection::Ascending),
        "DESC" => Ok(SortDirection::Descending),
        _ => Err(InvalidQuery::new(name, "is neither ASC nor DESC")),
    }
}

fn unknown(name: &str) -> InvalidQuery {
    let message = match suggest::nearest(name, PARAMETERS) {
        Some(near) => format!("is no parameter; did you mean `{near}`?"),
        None => format!("is no parameter; there are {}", PARAMETERS.join(", ")),
    };
    InvalidQuery::new(name, message)
}

/// Decodes percent-encoded UTF-8, in which a `+` is a space.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}
