//! A bounded in-memory record of routed events that answers the queries of `CareCloud`'s `GET /events`.

mod query;

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::collections::map::Map;
use crate::event::Event;
use crate::event::recipient::RecipientKind;
use crate::json::document::{Document, JsonKind, Value};
use crate::json::parse;
use crate::json::write;
use crate::json::write::ObjectWriter;
use crate::limits::Limits;
use crate::number::Number;
use crate::time::Timestamp;

pub use self::query::{InvalidQuery, Query, SortDirection, SortField};

/// The latest events that a host has routed, from any vendor.
///
/// Use it to serve `CareCloud`'s `GET /events`. Threads may record and query concurrently. The journal
/// holds at most [`Limits::journal_events`] events and [`Limits::journal_bytes`] bytes of their texts, and
/// evicts the oldest events first. It always holds the newest event, whatever its size.
///
/// ```
/// use pointsman::{Limits, SeededIds, Timestamp};
/// use pointsman::adapter::Adapter;
/// use pointsman::journal::{Journal, Query};
///
/// let journal = Journal::default();
/// let bytes = br#"{"event": {"event_type_id": "8bed", "customer_id": "85bc"}}"#;
/// let event = Adapter::Carecloud.read(bytes, &Limits::default(), &mut SeededIds::new(1))?;
/// let now: Timestamp = "2017-06-20T16:59:49Z".parse().unwrap();
/// assert!(journal.record(&event, now));
/// let page = journal.list(&Query::parse("event_type_id=8bed&count=2").unwrap());
/// assert_eq!(page.total_items(), 1);
/// assert_eq!(page.events()[0].created_at(), "2017-06-20 16:59:49");
/// # Ok::<(), pointsman::Rejection>(())
/// ```
#[derive(Debug)]
pub struct Journal {
    max_events: usize,
    max_bytes: usize,
    state: Mutex<JournalState>,
}

#[derive(Debug, Default)]
struct JournalState {
    /// In order of arrival.
    events: VecDeque<Arc<JournalEntry>>,
    /// The number of events that arrived before each event, by its id.
    numbers: Map<Arc<str>, u64>,
    /// The number of evicted events.
    evicted: u64,
    bytes: usize,
}

/// One event of a journal.
#[derive(Clone, Debug)]
pub struct RecordedEvent(Arc<JournalEntry>);

#[derive(Debug)]
struct JournalEntry {
    event_id: Arc<str>,
    event_type: Box<str>,
    customer_id: Option<Box<str>>,
    external_id: Option<Box<str>>,
    secondary_external_id: Option<Box<str>>,
    /// `None` if the event has no `data`. Queries then return the text of `event_data`.
    data: Option<Box<str>>,
    /// An integer in its original spelling.
    state: Box<str>,
    created: Timestamp,
    event_data: Box<str>,
    /// Whether `event_data` has its properties in a member of their own.
    has_properties: bool,
}

/// The content of a journal at one time.
///
/// Use it to read several pages of one query: events recorded in the meantime do not shift the pages.
///
/// ```
/// use pointsman::journal::{Journal, Query};
///
/// let journal = Journal::default();
/// let snapshot = journal.snapshot();
/// let first = snapshot.list(&Query::default().count(100));
/// let second = snapshot.list(&Query::default().count(100).offset(100));
/// assert_eq!(first.total_items(), second.total_items());
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    events: Arc<[Arc<JournalEntry>]>,
}

/// One page of the events that match a query.
#[derive(Clone, Debug)]
pub struct Page {
    events: Vec<RecordedEvent>,
    total: usize,
}

/// The properties of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyRecords {
    /// Ids with values as JSON text.
    records: Vec<(Box<str>, Box<str>)>,
}

impl Journal {
    /// Creates an empty journal with the bounds in `limits`.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            max_events: limits.journal_events,
            max_bytes: limits.journal_bytes,
            state: Mutex::default(),
        }
    }

    /// Records an event that arrived at `now`. Returns `false` and changes nothing if the journal holds an
    /// event with the same id.
    pub fn record(&self, event: &Event, now: Timestamp) -> bool {
        // Build the entry before taking the lock, to hold the lock only briefly.
        let entry = Arc::new(JournalEntry::new(event, now));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.push(entry, self.max_events, self.max_bytes)
    }

    /// Returns the events that match a query.
    #[must_use]
    pub fn list(&self, query: &Query) -> Page {
        self.snapshot().list(query)
    }

    /// Returns the current content, for reading it page by page.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Snapshot {
            events: state.events.iter().map(Arc::clone).collect(),
        }
    }

    /// Returns the event with the given id.
    #[must_use]
    pub fn get(&self, event_id: &str) -> Option<RecordedEvent> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .find(event_id)
            .map(|entry| RecordedEvent(Arc::clone(entry)))
    }

    /// Returns the properties of the event with the given id.
    ///
    /// For an event from `CareCloud` they are its property records, for any other event the members of its
    /// `event_data`.
    #[must_use]
    pub fn property_records(&self, event_id: &str) -> Option<PropertyRecords> {
        self.get(event_id).map(|event| event.0.property_records())
    }

    /// Returns the number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.events.len()
    }

    /// Returns whether the journal is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self::new(&Limits::default())
    }
}

impl Snapshot {
    /// Returns the events that match a query.
    #[must_use]
    pub fn list(&self, query: &Query) -> Page {
        let matches = |entry: &&Arc<JournalEntry>| match query.type_filter() {
            Some(event_type) => entry.event_type.eq_ignore_ascii_case(event_type),
            None => true,
        };
        let mut found: Vec<&Arc<JournalEntry>> = self.events.iter().filter(matches).collect();
        let descending = query.direction() == SortDirection::Descending;
        match query.field() {
            // The sort is stable: equal events stay in order of arrival in either direction.
            Some(field) => found.sort_by(|a, b| {
                let order = a.compare(b, field);
                if descending { order.reverse() } else { order }
            }),
            None if descending => found.reverse(),
            None => {}
        }
        let (count, offset) = query.range();
        let page = found.iter().skip(offset).take(count);
        Page {
            events: page.map(|entry| RecordedEvent(Arc::clone(entry))).collect(),
            total: found.len(),
        }
    }
}

impl Page {
    /// Returns the events of this page in order.
    #[must_use]
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// Returns the number of events on all pages of the query.
    #[must_use]
    pub const fn total_items(&self) -> usize {
        self.total
    }

    /// Returns `{"data":{"events":[…],"total_items":…}}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        let mut data = ObjectWriter::new(object.key("data"));
        write::write_list(data.key("events"), &self.events, |event, out| {
            event.0.write_json(out);
        });
        data.raw("total_items", &self.total.to_string());
        data.end();
        object.end();
        out
    }
}

impl RecordedEvent {
    /// Returns the id of the event.
    #[must_use]
    pub fn event_id(&self) -> &str {
        &self.0.event_id
    }

    /// Returns the type of the event as sent.
    #[must_use]
    pub fn event_type_id(&self) -> &str {
        &self.0.event_type
    }

    /// Returns the customer id, or for events of other vendors the first identifier in the order of
    /// [`RecipientKind::ALL`].
    #[must_use]
    pub fn customer_id(&self) -> Option<&str> {
        self.0.customer_id.as_deref()
    }

    /// Returns the time of recording in UTC, such as `2017-06-20 16:59:49`.
    #[must_use]
    pub fn created_at(&self) -> String {
        self.0.created_at()
    }

    /// Returns `{"data":{"event_id":…,"event_type_id":…,"customer_id":…,"external_id":…,"data":…,`
    /// `"created_at":…,"secondary_external_id":…,"state":…}}`, where `data` is a string that contains JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        self.0.write_json(object.key("data"));
        object.end();
        out
    }
}

impl PropertyRecords {
    /// Iterates over the ids of the properties and their values as JSON text, in the order of the event.
    pub fn records(&self) -> impl Iterator<Item = (&str, &str)> {
        self.records.iter().map(|(id, value)| (&**id, &**value))
    }

    /// Returns `{"data":{"property_records":[{"property_id":…,"property_value":…}],"total_items":…}}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        let mut data = ObjectWriter::new(object.key("data"));
        write::write_list(
            data.key("property_records"),
            &self.records,
            |record, out| {
                let (id, value) = record;
                let mut object = ObjectWriter::new(out);
                object.string("property_id", id);
                write::write_compact(object.key("property_value"), value);
                object.end();
            },
        );
        data.raw("total_items", &self.records.len().to_string());
        data.end();
        object.end();
        out
    }
}

impl JournalState {
    fn push(&mut self, entry: Arc<JournalEntry>, max_events: usize, max_bytes: usize) -> bool {
        if self.numbers.contains(&*entry.event_id) {
            return false;
        }
        let before = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        let number = self.evicted.saturating_add(before);
        self.numbers.insert(Arc::clone(&entry.event_id), number);
        self.bytes = self.bytes.saturating_add(entry.bytes());
        self.events.push_back(entry);
        let max_events = max_events.max(1);
        while self.events.len() > max_events || self.events.len() > 1 && self.bytes > max_bytes {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.numbers.remove(&*oldest.event_id);
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
            self.evicted = self.evicted.saturating_add(1);
        }
        true
    }

    fn find(&self, event_id: &str) -> Option<&Arc<JournalEntry>> {
        let number = *self.numbers.value(event_id)?;
        let index = usize::try_from(number.checked_sub(self.evicted)?).ok()?;
        self.events.get(index)
    }
}

impl JournalEntry {
    fn new(event: &Event, now: Timestamp) -> Self {
        let customer = event
            .recipient(RecipientKind::CustomerId)
            .or_else(|| event.recipients().first_of(&RecipientKind::ALL));
        let extra = event.extra().and_then(parse_again);
        let text = |name: &str| {
            let value = extra.as_ref()?.root().member(name)?;
            value.string().map(Into::into)
        };
        let given = |name: &str| {
            let value = extra.as_ref()?.root().member(name)?;
            (value.kind() != JsonKind::Null).then_some(value)
        };
        let as_text = |value: Value<'_>| match value.string() {
            Some(text) => text.into(),
            None => {
                let mut out = String::new();
                write::write_compact(&mut out, value.raw());
                out.into()
            }
        };
        Self {
            event_id: event.id().into(),
            event_type: event.event_type().into(),
            customer_id: customer.map(|customer| customer.value().into()),
            external_id: text("external_id"),
            secondary_external_id: text("secondary_external_id"),
            data: given("data").map(as_text),
            state: given("state").map_or("1", Value::raw).into(),
            created: now.whole_second(),
            event_data: event.event_data().into(),
            has_properties: extra.is_some(),
        }
    }

    fn bytes(&self) -> usize {
        let parts = [
            &*self.event_id,
            &self.event_type,
            self.customer_id.as_deref().unwrap_or_default(),
            self.external_id.as_deref().unwrap_or_default(),
            self.secondary_external_id.as_deref().unwrap_or_default(),
            self.data.as_deref().unwrap_or_default(),
            &self.state,
            &self.event_data,
        ];
        let text = |sum: usize, part: &str| sum.saturating_add(part.len());
        parts.into_iter().fold(size_of::<Self>(), text)
    }

    fn compare(&self, other: &Self, field: SortField) -> Ordering {
        match field {
            SortField::EventId => self.event_id.cmp(&other.event_id),
            SortField::EventTypeId => self.event_type.cmp(&other.event_type),
            SortField::CustomerId => self.customer_id.cmp(&other.customer_id),
            SortField::ExternalId => self.external_id.cmp(&other.external_id),
            SortField::SecondaryExternalId => {
                self.secondary_external_id.cmp(&other.secondary_external_id)
            }
            SortField::CreatedAt => self.created.cmp(&other.created),
            SortField::State => match (Number::parse(&self.state), Number::parse(&other.state)) {
                (Some(state), Some(other)) => state.compare(other),
                _ => Ordering::Equal,
            },
        }
    }

    fn created_at(&self) -> String {
        let text = self.created.to_string();
        text.trim_end_matches('Z').replace('T', " ")
    }

    fn write_json(&self, out: &mut String) {
        let optional = |object: &mut ObjectWriter<'_>, name: &'static str, text: Option<&str>| {
            match text {
                Some(text) => object.string(name, text),
                None => object.raw(name, "null"),
            };
        };
        let mut object = ObjectWriter::new(out);
        object
            .string("event_id", &self.event_id)
            .string("event_type_id", &self.event_type);
        optional(&mut object, "customer_id", self.customer_id.as_deref());
        optional(&mut object, "external_id", self.external_id.as_deref());
        object
            .string("data", self.data.as_deref().unwrap_or(&self.event_data))
            .string("created_at", &self.created_at());
        let secondary = self.secondary_external_id.as_deref();
        optional(&mut object, "secondary_external_id", secondary);
        object.raw("state", &self.state);
        object.end();
    }

    fn property_records(&self) -> PropertyRecords {
        let document = parse_again(&self.event_data);
        let root = document.as_ref().map(Document::root);
        let properties = match self.has_properties {
            true => root.and_then(|root| root.member("properties")),
            false => root,
        };
        let members = properties.into_iter().flat_map(Value::members);
        let records = members.map(|(key, value)| {
            let id = key.string().unwrap_or_default();
            (id.into(), value.raw().into())
        });
        PropertyRecords {
            records: records.collect(),
        }
    }
}

/// Parses text that has passed the limits before.
fn parse_again(text: &str) -> Option<Document> {
    parse::read(text, usize::MAX).ok()
}
