//! A record of routed events, as `CareCloud`'s `GET /events` shows it: bounded, in memory, read by one kind
//! of query. Routes nothing and reads no clock.

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

/// The latest events that a host has routed, of any vendor.
///
/// Threads record and query at once; nobody sees an event half recorded. It holds at most
/// [`Limits::journal_events`] events and, the newest apart, [`Limits::journal_bytes`] bytes of their
/// texts; the oldest goes first.
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
    most_events: usize,
    most_bytes: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// In the order of arrival.
    events: VecDeque<Arc<Entry>>,
    /// The number of each event by its id: how many events had come before it.
    numbers: Map<Arc<str>, u64>,
    /// How many events have left.
    gone: u64,
    bytes: usize,
}

/// One event of a journal.
#[derive(Clone, Debug)]
pub struct RecordedEvent(Arc<Entry>);

#[derive(Debug)]
struct Entry {
    event_id: Arc<str>,
    event_type: Box<str>,
    customer_id: Option<Box<str>>,
    external_id: Option<Box<str>>,
    secondary_external_id: Option<Box<str>>,
    /// Where it was given; else it is the text of `event_data`.
    data: Option<Box<str>>,
    /// A whole number as spelled.
    state: Box<str>,
    created: Timestamp,
    event_data: Box<str>,
    /// Whether `event_data` keeps properties apart from the rest.
    has_properties: bool,
}

/// What a journal held at one moment: pages of it, laid end to end, give each event once, whatever is
/// recorded meanwhile.
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
    events: Arc<[Arc<Entry>]>,
}

/// The answer to a query.
#[derive(Clone, Debug)]
pub struct Page {
    events: Vec<RecordedEvent>,
    total: usize,
}

/// The properties of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyRecords {
    /// Ids, and values as JSON text.
    records: Vec<(Box<str>, Box<str>)>,
}

impl Journal {
    /// With the bounds that `limits` sets.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            most_events: limits.journal_events,
            most_bytes: limits.journal_bytes,
            held: Mutex::default(),
        }
    }

    /// Records an event that came at `now`; `false` for one whose id it holds already, which changes
    /// nothing.
    pub fn record(&self, event: &Event, now: Timestamp) -> bool {
        // Everything is made before the lock is taken: the event is there as a whole or not at all.
        let entry = Arc::new(Entry::new(event, now));
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(entry, self.most_events, self.most_bytes)
    }

    /// The events that a query asks for, of those held at this moment.
    #[must_use]
    pub fn list(&self, query: &Query) -> Page {
        self.snapshot().list(query)
    }

    /// What is held at this moment, for reading page by page.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Snapshot {
            events: held.events.iter().map(Arc::clone).collect(),
        }
    }

    /// The event of that id.
    #[must_use]
    pub fn get(&self, event_id: &str) -> Option<RecordedEvent> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.of(event_id)
            .map(|entry| RecordedEvent(Arc::clone(entry)))
    }

    /// The properties of the event of that id: of an event that `CareCloud` sent its property records, of
    /// any other the members of its `event_data`.
    #[must_use]
    pub fn property_records(&self, event_id: &str) -> Option<PropertyRecords> {
        self.get(event_id).map(|event| event.0.property_records())
    }

    /// How many events are held.
    #[must_use]
    pub fn len(&self) -> usize {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.events.len()
    }

    /// Whether no event is held.
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
    /// The events that a query asks for.
    #[must_use]
    pub fn list(&self, query: &Query) -> Page {
        let wanted = |entry: &&Arc<Entry>| match query.wanted_type() {
            Some(wanted) => entry.event_type.eq_ignore_ascii_case(wanted),
            None => true,
        };
        let mut found: Vec<&Arc<Entry>> = self.events.iter().filter(wanted).collect();
        let descending = query.direction() == SortDirection::Descending;
        match query.field() {
            // The sort is stable: what is equal stays in the order of arrival, in either direction.
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
    /// The events of this page, in order.
    #[must_use]
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// How many events the query found, on all its pages.
    #[must_use]
    pub const fn total_items(&self) -> usize {
        self.total
    }

    /// `{"data":{"events":[…],"total_items":…}}`
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
    /// The event's id.
    #[must_use]
    pub fn event_id(&self) -> &str {
        &self.0.event_id
    }

    /// The event's type, as sent.
    #[must_use]
    pub fn event_type_id(&self) -> &str {
        &self.0.event_type
    }

    /// Whom it is about: the customer's id, of other vendors the first of the event's identifiers in the
    /// order of [`RecipientKind::ALL`].
    #[must_use]
    pub fn customer_id(&self) -> Option<&str> {
        self.0.customer_id.as_deref()
    }

    /// When it was recorded, in UTC: `2017-06-20 16:59:49`.
    #[must_use]
    pub fn created_at(&self) -> String {
        self.0.created_at()
    }

    /// `{"data":{"event_id":…,"event_type_id":…,"customer_id":…,"external_id":…,"data":…,"created_at":…,`
    /// `"secondary_external_id":…,"state":…}}`, where `data` is JSON as text.
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
    /// The ids of the properties and their values as JSON text, in the order of the event.
    pub fn records(&self) -> impl Iterator<Item = (&str, &str)> {
        self.records.iter().map(|(id, value)| (&**id, &**value))
    }

    /// `{"data":{"property_records":[{"property_id":…,"property_value":…}],"total_items":…}}`
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

impl Held {
    fn push(&mut self, entry: Arc<Entry>, most_events: usize, most_bytes: usize) -> bool {
        if self.numbers.contains(&*entry.event_id) {
            return false;
        }
        let before = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        let number = self.gone.saturating_add(before);
        self.numbers.insert(Arc::clone(&entry.event_id), number);
        self.bytes = self.bytes.saturating_add(entry.bytes());
        self.events.push_back(entry);
        let most_events = most_events.max(1);
        while self.events.len() > most_events || self.events.len() > 1 && self.bytes > most_bytes {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.numbers.remove(&*oldest.event_id);
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
            self.gone = self.gone.saturating_add(1);
        }
        true
    }

    fn of(&self, event_id: &str) -> Option<&Arc<Entry>> {
        let number = *self.numbers.value(event_id)?;
        let place = usize::try_from(number.checked_sub(self.gone)?).ok()?;
        self.events.get(place)
    }
}

impl Entry {
    fn new(event: &Event, now: Timestamp) -> Self {
        let customer = event
            .recipient(RecipientKind::CustomerId)
            .or_else(|| event.recipients().first_of(&RecipientKind::ALL));
        let aside = event.aside().and_then(read);
        let text = |name: &str| {
            let value = aside.as_ref()?.root().member(name)?;
            value.string().map(Into::into)
        };
        let given = |name: &str| {
            let value = aside.as_ref()?.root().member(name)?;
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
            has_properties: aside.is_some(),
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
        let document = read(&self.event_data);
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

/// Reads text again that was read before, so that no limit applies.
fn read(text: &str) -> Option<Document> {
    parse::read(text, usize::MAX).ok()
}
