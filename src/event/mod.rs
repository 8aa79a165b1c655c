//! Reads an incoming event and makes every check that needs no rules.

pub mod contact;
pub(crate) mod dedup;
pub(crate) mod id;
pub(crate) mod path;
pub(crate) mod recipient;
pub mod rejection;

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind};
use crate::event::id::IdSource;
use crate::event::recipient::{Recipient, RecipientKind, Recipients};
use crate::event::rejection::{Rejection, RejectionCode};
use crate::json::document::{Document, JsonKind, Value};
use crate::json::kind_name::kind_name;
use crate::json::parse;
use crate::json::parse::{JsonError, JsonErrorKind, ParseScratch, ReadMode, shown};
use crate::json::projection::{Projection, ProjectionId};
use crate::limits::Limits;
use crate::text::line_index::Position;
use crate::text::swar::are_digits;

/// A valid event: the input of [`Engine::route`](crate::Engine::route).
///
/// An event keeps the text it was read from. Numbers of any length, the order of keys and the whitespace
/// of `event_data` and `debug_data` are preserved byte for byte.
///
/// ```
/// use pointsman::{Event, Limits, SeededIds};
///
/// let bytes = br#"{"event_id": "2d4a2", "event_type": "day_of_delivery",
///                  "event_data": {"first_name": "Bob", "mdn": "+13125550100"}}"#;
/// let event = Event::from_json(bytes, &Limits::default(), &mut SeededIds::new(1))?;
/// assert_eq!(event.id(), "2d4a2");
/// assert_eq!(event.event_data(), r#"{"first_name": "Bob", "mdn": "+13125550100"}"#);
/// # Ok::<(), pointsman::Rejection>(())
/// ```
#[derive(Clone)]
pub struct Event {
    id: TextRef,
    id_generated: bool,
    event_type: TextRef,
    /// The type in lower case, or empty if the type is lower case already.
    folded_type: String,
    recipients: Recipients,
    document: Document,
    /// The node of `event_data` in `document`.
    data: u32,
    /// The projection that limits `document`, if any.
    projection: Option<ProjectionId>,
    /// The complete document, read on first use if `document` is limited. `None` if its text is invalid.
    full: OnceLock<Option<Box<Document>>>,
    debug_data: Option<TextRef>,
    extra: Option<Box<str>>,
}

/// Reusable memory for reading events one after another.
///
/// A host that reads many events keeps one buffer per thread and saves the allocations of each read.
///
/// ```
/// use pointsman::engine::EventBuffer;
/// use pointsman::{Engine, SeededIds};
///
/// let engine = Engine::compile("rule big { on order when total > 20 do crm.note {} }")?;
/// let mut ids = SeededIds::new(1);
/// let mut buffer = EventBuffer::default();
/// for total in [19, 21] {
///     let text = format!(r#"{{"event_type": "order", "event_data": {{"mdn": "5550100", "total": {total}}}}}"#);
///     let event = engine.read_in(text.as_bytes(), &mut ids, &mut buffer)?;
///     assert_eq!(event.event_type(), "order");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct EventBuffer {
    /// The latest event. After a rejection its content is unspecified and not accessible.
    event: Event,
    scratch: ParseScratch,
}

/// The parts of an event that an adapter has read and checked.
#[derive(Debug)]
pub(crate) struct EventParts {
    /// `None` to generate an id.
    pub(crate) id: Option<String>,
    pub(crate) event_type: String,
    pub(crate) recipients: Recipients,
    /// JSON text of an object.
    pub(crate) event_data: String,
    pub(crate) debug_data: Option<String>,
    /// See [`Event::extra`].
    pub(crate) extra: Option<Box<str>>,
}

/// The accepted spelling of a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MdnFormat {
    /// Digits with an optional leading `+`.
    International,
    /// Digits only.
    Digits,
}

/// The maximum number of characters in an event id.
pub(crate) const MAX_ID_CHARS: usize = 40;

impl Event {
    /// Reads an event in the format that Vibes documents for its events API, version 2.
    ///
    /// Makes every check that needs no rules. [`Engine::read`](crate::Engine::read) also checks the event
    /// type against the rules.
    ///
    /// `bytes` holds one JSON object in UTF-8 without a byte order mark. If the event is valid but has no
    /// id, the id is taken from `ids`.
    ///
    /// # Errors
    ///
    /// Returns the first error in the order of [`RejectionCode`].
    pub fn from_json(
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<Self, Rejection> {
        Self::read(ReadMode::Full, MdnFormat::International, bytes, limits, ids)
    }

    /// Reads as much of an event as `mode` asks for.
    pub(crate) fn read(
        mode: ReadMode<'_>,
        mdn_format: MdnFormat,
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<Self, Rejection> {
        let mut event = Self::empty();
        event.parse_into(
            mode,
            mdn_format,
            bytes,
            limits,
            ids,
            &mut ParseScratch::default(),
        )?;
        Ok(event)
    }

    /// Returns an event to parse into.
    fn empty() -> Self {
        Self {
            id: TextRef::default(),
            id_generated: false,
            event_type: TextRef::default(),
            folded_type: String::new(),
            recipients: Recipients::default(),
            document: Document::default(),
            data: 0,
            projection: None,
            full: OnceLock::new(),
            debug_data: None,
            extra: None,
        }
    }

    /// Parses `bytes` into this event. After an error its content is unspecified.
    fn parse_into(
        &mut self,
        mode: ReadMode<'_>,
        mdn_format: MdnFormat,
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
        scratch: &mut ParseScratch,
    ) -> Result<(), Rejection> {
        let depth = limits.json_depth;
        let text = decode(bytes, limits.event_bytes, depth)?;
        parse::read_into(&mut self.document, text, mode, depth, scratch)
            .map_err(|error| reject(error, bytes))?;
        let members = EventMembers::of(&self.document)?;
        let (event_type, classes) = check_type("event_type", members.event_type)?;
        let data = check_data(members.event_data)?;
        let id = check_id(members.event_id)?;
        let debug_data = check_debug_data(members.debug_data)?;
        self.recipients.clear();
        check_recipients(data, mdn_format, &mut self.recipients)?;
        fold_type(&event_type, classes, &mut self.folded_type);
        if let Some(event_type) = members.event_type {
            self.event_type.set(event_type);
        }
        self.data = data.index();
        self.debug_data = debug_data.map(TextRef::raw);
        match id {
            Some(id) => self.id.set(id),
            None => generate_id(&mut self.id, ids)?,
        }
        self.id_generated = id.is_none();
        self.projection = match mode {
            ReadMode::Full => None,
            ReadMode::Projected(projection) | ReadMode::ProjectedTrusted(projection) => {
                Some(projection.id())
            }
        };
        self.full.take();
        Ok(())
    }

    /// Builds an event from the parts that an adapter has read and checked.
    pub(crate) fn from_parts(
        parts: EventParts,
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<Self, Rejection> {
        let mut event = Self::empty();
        let EventParts {
            id,
            event_type,
            event_data,
            ..
        } = parts;
        event.document = parse::read(event_data.as_str(), limits.json_depth)
            .map_err(|error| reject(error, event_data.as_bytes()))?;
        check_data(Some(event.document.root()))?;
        event.id_generated = id.is_none();
        match id {
            Some(id) => event.id = TextRef::owned(id),
            None => generate_id(&mut event.id, ids)?,
        }
        fold_type(
            &event_type,
            byte_classes(&event_type),
            &mut event.folded_type,
        );
        event.event_type = TextRef::owned(event_type);
        event.recipients = parts.recipients;
        event.debug_data = parts.debug_data.map(TextRef::owned);
        event.extra = parts.extra;
        Ok(event)
    }

    /// Returns the id, as sent or generated.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.text(&self.document)
    }

    /// Returns whether the event was sent without an id and received a generated one.
    #[must_use]
    pub const fn id_generated(&self) -> bool {
        self.id_generated
    }

    /// Returns the event type as sent.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.event_type.text(&self.document)
    }

    /// Returns the event type in lower case.
    pub(crate) fn folded_type(&self) -> &str {
        if self.folded_type.is_empty() {
            self.event_type()
        } else {
            &self.folded_type
        }
    }

    pub(crate) const fn recipients(&self) -> &Recipients {
        &self.recipients
    }

    /// Returns the identifier of the given kind.
    #[must_use]
    pub fn recipient(&self, kind: RecipientKind) -> Option<&Recipient> {
        self.recipients.of(kind)
    }

    /// Returns the complete `event_data`. Reads the text again if only a part of it was read so far.
    pub(crate) fn data(&self) -> Value<'_> {
        let projected = self.document.node(self.data);
        if self.projection.is_none() {
            return projected;
        }
        let full = self.full.get_or_init(|| {
            // The first read has checked the nesting depth.
            let text = self.document.text();
            parse::read(text, usize::MAX).ok().map(Box::new)
        });
        full.as_ref()
            .and_then(|full| full.root().member("event_data"))
            .unwrap_or(projected)
    }

    /// Returns `event_data` with at least the values that `projection` selects.
    pub(crate) fn data_for(&self, projection: &Projection) -> Value<'_> {
        if self.projection == Some(projection.id()) {
            self.document.node(self.data)
        } else {
            self.data()
        }
    }

    /// Returns whether the keys of `value` carry the numbers of the given projection.
    pub(crate) fn is_numbered(&self, value: Value<'_>, projection_id: ProjectionId) -> bool {
        self.projection == Some(projection_id) && value.belongs_to(&self.document)
    }

    /// Returns the JSON text of `event_data` exactly as received.
    #[must_use]
    pub fn event_data(&self) -> &str {
        self.document.node(self.data).raw()
    }

    /// Deserializes `event_data` into a type of the host.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::MismatchedType`] if the data does not fit the type.
    pub fn event_data_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(self.event_data()).map_err(|error| {
            let message = format!("event_data does not fit: {error}");
            Error::new(ErrorKind::MismatchedType, message)
        })
    }

    /// Returns the JSON text of `debug_data` exactly as received.
    #[must_use]
    pub fn debug_data(&self) -> Option<&str> {
        let text = self.debug_data.as_ref()?;
        Some(text.text(&self.document))
    }

    /// Returns the JSON object that an adapter kept for the journal. Rules cannot read it.
    pub(crate) fn extra(&self) -> Option<&str> {
        self.extra.as_deref()
    }
}

impl EventBuffer {
    /// Reads an event into the buffer.
    pub(crate) fn read(
        &mut self,
        mode: ReadMode<'_>,
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<&Event, Rejection> {
        let Self { event, scratch } = self;
        event.parse_into(mode, MdnFormat::International, bytes, limits, ids, scratch)?;
        Ok(event)
    }
}

impl Default for EventBuffer {
    fn default() -> Self {
        Self {
            event: Event::empty(),
            scratch: ParseScratch::default(),
        }
    }
}

/// Omits the data because it may contain secrets.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id())
            .field("event_type", &self.event_type())
            .finish_non_exhaustive()
    }
}

/// Parses JSON and checks its size, encoding and nesting depth and that no object repeats a key.
pub(crate) fn read_document(
    bytes: &[u8],
    max_bytes: usize,
    depth: usize,
) -> Result<Document, Rejection> {
    let text = decode(bytes, max_bytes, depth)?;
    parse::read(text, depth).map_err(|error| reject(error, bytes))
}

/// Checks the length and the encoding.
fn decode(bytes: &[u8], max_bytes: usize, depth: usize) -> Result<&str, Rejection> {
    // Offsets into the text have 32 bits.
    let max_bytes = max_bytes.min(u32::MAX as usize);
    if bytes.len() > max_bytes {
        let message = format!(
            "the event has {} bytes, {max_bytes} are allowed",
            bytes.len()
        );
        return Err(rejection_at(
            RejectionCode::EventTooLarge,
            &message,
            bytes,
            max_bytes,
        ));
    }
    // The fast check does not report the position of an error.
    simdutf8::basic::from_utf8(bytes)
        .or_else(|_| std::str::from_utf8(bytes))
        .map_err(|fault| reject_encoding(bytes, fault.valid_up_to(), depth))
}

/// Rejects bytes that are valid UTF-8 only up to `end`. A JSON error before `end` takes precedence.
fn reject_encoding(bytes: &[u8], end: usize, depth: usize) -> Rejection {
    let valid = bytes
        .get(..end)
        .and_then(|text| std::str::from_utf8(text).ok());
    if let Err(error) = parse::read(valid.unwrap_or_default(), depth)
        && error.kind != JsonErrorKind::DuplicateKey
        && error.offset < end
    {
        return reject(error, bytes);
    }
    rejection_at(
        RejectionCode::InvalidJson,
        "the text is not UTF-8",
        bytes,
        end,
    )
}

fn reject(error: JsonError, bytes: &[u8]) -> Rejection {
    let code = match error.kind {
        JsonErrorKind::InvalidJson => RejectionCode::InvalidJson,
        JsonErrorKind::TooDeep => RejectionCode::TooDeep,
        JsonErrorKind::DuplicateKey => RejectionCode::DuplicateKey,
    };
    match error.path {
        Some(path) => Rejection::new(code, error.message).at(path),
        None => rejection_at(code, &error.message, bytes, error.offset),
    }
}

/// Returns a rejection whose message ends in a position: the byte from 0, the line and the column from 1.
/// Columns count characters.
fn rejection_at(code: RejectionCode, message: &str, bytes: &[u8], offset: usize) -> Rejection {
    let Position { line, column } = Position::of(bytes, offset);
    let place = format!("{message} at byte {offset} (line {line}, column {column})");
    Rejection::new(code, place)
}

/// Returns the root if it is an object.
pub(crate) fn root_object(document: &Document) -> Result<Value<'_>, Rejection> {
    let root = document.root();
    if root.is_object() {
        return Ok(root);
    }
    let message = format!("an event is a JSON object, not {}", kind_name(root));
    let text = document.text();
    let start = text.len().saturating_sub(text.trim_start().len());
    Err(rejection_at(
        RejectionCode::NotAnObject,
        &message,
        text.as_bytes(),
        start,
    ))
}

/// A text that is either a range of the document or owned.
#[derive(Clone, Debug, Default)]
struct TextRef {
    /// The byte range in the text of the document. `None` if `owned` holds the text.
    range: Option<(u32, u32)>,
    owned: String,
}

impl TextRef {
    fn owned(text: impl Into<String>) -> Self {
        Self {
            range: None,
            owned: text.into(),
        }
    }

    /// Refers to the value of a JSON string from now on.
    fn set(&mut self, value: Value<'_>) {
        self.owned.clear();
        if value.kind() == JsonKind::String {
            let (start, end) = value.byte_range();
            self.range = Some((start.saturating_add(1), end.saturating_sub(1)));
        } else {
            self.range = None;
            self.owned.push_str(&value.string().unwrap_or_default());
        }
    }

    /// Returns a reference to the JSON text of a value.
    fn raw(value: Value<'_>) -> Self {
        Self {
            range: Some(value.byte_range()),
            owned: String::new(),
        }
    }

    fn text<'a>(&'a self, document: &'a Document) -> &'a str {
        match self.range {
            Some((start, end)) => {
                let range = start as usize..end as usize;
                document.text().get(range).unwrap_or_default()
            }
            None => &self.owned,
        }
    }
}

/// The members of an event that are checked, including null values.
#[derive(Default)]
struct EventMembers<'a> {
    event_type: Option<Value<'a>>,
    event_data: Option<Value<'a>>,
    event_id: Option<Value<'a>>,
    debug_data: Option<Value<'a>>,
}

impl<'a> EventMembers<'a> {
    fn of(document: &'a Document) -> Result<Self, Rejection> {
        let root = root_object(document)?;
        let mut members = Self::default();
        root.visit_members(|name, value| {
            let slot = match name {
                b"event_type" => &mut members.event_type,
                b"event_data" => &mut members.event_data,
                b"event_id" => &mut members.event_id,
                b"debug_data" => &mut members.debug_data,
                _ => return Ok(()),
            };
            *slot = Some(value);
            Ok(())
        })?;
        Ok(members)
    }
}

/// Writes the type in lower case to `folded`, or leaves it empty if the type is lower case already.
fn fold_type(event_type: &str, classes: u8, folded: &mut String) {
    folded.clear();
    if classes & UPPER_CASE != 0 {
        folded.push_str(event_type);
        folded.make_ascii_lowercase();
    }
}

/// Returns the union of the classes of all bytes, one bit per class.
fn byte_classes(event_type: &str) -> u8 {
    event_type.bytes().fold(0, |all, byte| {
        let class = CLASSES.get(usize::from(byte));
        all | class.copied().unwrap_or(NOT_ALLOWED)
    })
}

const UPPER_CASE: u8 = 1;
const NOT_ALLOWED: u8 = 2;

const CLASSES: [u8; 256] = {
    let mut classes = [NOT_ALLOWED; 256];
    let mut rest: &mut [u8] = &mut classes;
    let mut byte = 0_u8;
    while let Some((class, tail)) = rest.split_first_mut() {
        if byte.is_ascii_uppercase() {
            *class = UPPER_CASE;
        } else if is_allowed(byte) {
            *class = 0;
        }
        rest = tail;
        byte = byte.wrapping_add(1);
    }
    classes
};

const fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Checks that the event type at `path` consists of letters, digits, `-` and `_`.
pub(crate) fn check_event_type<'a>(
    path: &str,
    value: Option<Value<'a>>,
) -> Result<Cow<'a, str>, Rejection> {
    check_type(path, value).map(|(event_type, _)| event_type)
}

/// Like [`check_event_type`], but also returns the byte classes of the type.
fn check_type<'a>(path: &str, value: Option<Value<'a>>) -> Result<(Cow<'a, str>, u8), Rejection> {
    let Some(value) = value else {
        let message = format!("the event has no {}", last_name(path));
        return Err(Rejection::new(RejectionCode::MissingEventType, message).at(path));
    };
    let refuse =
        |message: String| Err(Rejection::new(RejectionCode::InvalidEventType, message).at(path));
    let Some(text) = value.string() else {
        return refuse(format!(
            "{} is a string, not {}",
            last_name(path),
            kind_name(value)
        ));
    };
    if text.is_empty() {
        return refuse(format!("{} is empty", last_name(path)));
    }
    let classes = byte_classes(&text);
    if classes & NOT_ALLOWED == 0 {
        return Ok((text, classes));
    }
    let allowed = |c: char| u8::try_from(c).is_ok_and(is_allowed);
    if let Some((index, c)) = text.chars().enumerate().find(|(_, c)| !allowed(*c)) {
        return refuse(format!(
            "{} holds letters, digits, `-` and `_`, but its character {} is {}",
            last_name(path),
            index.saturating_add(1),
            shown(c),
        ));
    }
    Ok((text, classes))
}

fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn check_data(value: Option<Value<'_>>) -> Result<Value<'_>, Rejection> {
    let path = "event_data";
    let Some(value) = value else {
        let message = "the event has no event_data";
        return Err(Rejection::new(RejectionCode::MissingEventData, message).at(path));
    };
    if value.is_object() {
        return Ok(value);
    }
    let message = format!("event_data is an object, not {}", kind_name(value));
    Err(Rejection::new(RejectionCode::InvalidEventData, message).at(path))
}

fn check_id(value: Option<Value<'_>>) -> Result<Option<Value<'_>>, Rejection> {
    let Some(value) = value.filter(|value| value.kind() != JsonKind::Null) else {
        return Ok(None);
    };
    let path = "event_id";
    let Some(text) = value.string() else {
        let message = format!("event_id is a string, not {}", kind_name(value));
        return Err(Rejection::new(RejectionCode::InvalidEventId, message).at(path));
    };
    check_id_text(&text).map_err(|rejection| rejection.at(path))?;
    Ok(Some(value))
}

fn check_id_text(text: &str) -> Result<(), Rejection> {
    if text.is_empty() {
        return Err(Rejection::new(
            RejectionCode::InvalidEventId,
            "event_id is empty",
        ));
    }
    if text.len() <= MAX_ID_CHARS {
        return Ok(());
    }
    let length = text.chars().count();
    if length > MAX_ID_CHARS {
        let message = format!("event_id has {length} characters, {MAX_ID_CHARS} are allowed");
        return Err(Rejection::new(RejectionCode::EventIdTooLong, message));
    }
    Ok(())
}

/// Takes the next id from the source and checks it, because a later reader would reject an invalid id.
fn generate_id(id: &mut TextRef, ids: &mut dyn IdSource) -> Result<(), Rejection> {
    id.range = None;
    id.owned.clear();
    ids.write_next_id(&mut id.owned);
    check_id_text(&id.owned).map_err(|rejection| {
        let message = format!("the source of ids gave a bad one: {}", rejection.message());
        Rejection::new(rejection.code(), message).at("event_id")
    })
}

fn check_debug_data(value: Option<Value<'_>>) -> Result<Option<Value<'_>>, Rejection> {
    match value {
        None => Ok(None),
        Some(value) if value.kind() == JsonKind::Null => Ok(None),
        Some(value) if value.is_object() => Ok(Some(value)),
        Some(value) => {
            let message = format!("debug_data is an object, not {}", kind_name(value));
            Err(Rejection::new(RejectionCode::InvalidDebugData, message).at("debug_data"))
        }
    }
}

/// Collects the identifiers in `event_data`.
///
/// Reports the first error in the text, except that an invalid phone number comes last.
fn check_recipients(
    data: Value<'_>,
    mdn_format: MdnFormat,
    recipients: &mut Recipients,
) -> Result<(), Rejection> {
    data.visit_members(|name, value| {
        let Some(kind) = RecipientKind::field(name) else {
            return Ok(());
        };
        if value.kind() == JsonKind::Null {
            return Ok(());
        }
        let refuse = |message: String| {
            let path = format!("event_data.{}", kind.name());
            Err(Rejection::new(RejectionCode::InvalidRecipient, message).at(path))
        };
        match value.string() {
            None => return refuse(format!("{kind} is a string, not {}", kind_name(value))),
            Some(text) if is_blank(&text) => {
                return refuse(format!("{kind} is blank"));
            }
            Some(text) => recipients.add_text(kind, &text),
        }
        Ok(())
    })?;
    if recipients.is_empty() {
        let names = RecipientKind::FIELDS.map(RecipientKind::name).join(", ");
        let message = format!("event_data names no recipient: it needs one of {names}");
        return Err(Rejection::new(RejectionCode::MissingRecipient, message).at("event_data"));
    }
    if let Some(mdn) = recipients.of(RecipientKind::Mdn)
        && !is_mdn(mdn.value(), mdn_format)
    {
        let message = match mdn_format {
            MdnFormat::International => {
                "mdn is a phone number of 7 to 15 digits, with or without a `+` before them"
            }
            MdnFormat::Digits => {
                "mdn is a phone number of 7 to 15 digits; version 1 takes no `+` before them"
            }
        };
        return Err(Rejection::new(RejectionCode::InvalidMdn, message).at("event_data.mdn"));
    }
    Ok(())
}

fn is_blank(text: &str) -> bool {
    // Most texts begin with a visible ASCII character. Skip the Unicode check for them.
    let starts_visibly = text.as_bytes().first().is_some_and(u8::is_ascii_graphic);
    !starts_visibly && text.chars().all(char::is_whitespace)
}

/// Returns whether `text` is 7 to 15 digits, with a leading `+` where the format allows it.
fn is_mdn(text: &str, format: MdnFormat) -> bool {
    let digits = match format {
        MdnFormat::International => text.strip_prefix('+').unwrap_or(text),
        MdnFormat::Digits => text,
    };
    (7..=15).contains(&digits.len()) && are_digits(digits.as_bytes())
}
