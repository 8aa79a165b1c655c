//! An incoming event, checked: everything that needs no rules. Knows no rule and no vendor.

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
use crate::text::swar::are_digits;

/// A checked event.
///
/// It keeps the text that it was read from: numbers of any length, the order of keys and every blank of
/// `event_data` and `debug_data` come out as they came in.
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
    id: Words,
    id_generated: bool,
    event_type: Words,
    /// In lower case, where that is another; else empty.
    folded_type: String,
    recipients: Recipients,
    document: Document,
    /// The node of `document` that is `event_data`.
    data: u32,
    /// Of a document that holds what some uses name alone: which these are.
    pruned: Option<ProjectionId>,
    /// Of such a document the whole, once it was wanted; `None` where the text has a flaw.
    whole: OnceLock<Option<Box<Document>>>,
    debug_data: Option<Words>,
    aside: Option<Box<str>>,
}

/// ParseScratch for an event that is read into it: for hosts that read many, one after the other. Make one
/// per thread.
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
    /// The last one; of one that was refused it may be a part, and nobody gets to see it.
    event: Event,
    memory: ParseScratch,
}

/// A text that an event has.
#[derive(Clone, Debug, Default)]
struct Words {
    /// Where it stands in the document's text, if it does.
    place: Option<(u32, u32)>,
    own: String,
}

impl Words {
    fn of(text: impl Into<String>) -> Self {
        Self {
            place: None,
            own: text.into(),
        }
    }

    /// Becomes the value of a string.
    fn put(&mut self, value: Value<'_>) {
        self.own.clear();
        if value.kind() == JsonKind::String {
            let (start, end) = value.place();
            self.place = Some((start.saturating_add(1), end.saturating_sub(1)));
        } else {
            self.place = None;
            self.own.push_str(&value.string().unwrap_or_default());
        }
    }

    /// The text of a value, as it stands there.
    fn raw(value: Value<'_>) -> Self {
        Self {
            place: Some(value.place()),
            own: String::new(),
        }
    }

    fn text<'a>(&'a self, document: &'a Document) -> &'a str {
        match self.place {
            Some((start, end)) => {
                let range = start as usize..end as usize;
                document.text().get(range).unwrap_or_default()
            }
            None => &self.own,
        }
    }
}

/// What an adapter makes of a vendor's text; each part is checked by whoever made it.
#[derive(Debug)]
pub(crate) struct EventParts {
    /// `None`: one is generated.
    pub(crate) id: Option<String>,
    pub(crate) event_type: String,
    pub(crate) recipients: Recipients,
    /// The text of a JSON object.
    pub(crate) event_data: String,
    pub(crate) debug_data: Option<String>,
    /// See [`Event::aside`].
    pub(crate) aside: Option<Box<str>>,
}

/// How a phone number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MdnForm {
    /// Digits, with or without a `+` before them.
    International,
    /// Digits alone.
    Digits,
}

/// Characters of an event's id.
pub(crate) const LONGEST_ID: usize = 40;

impl Event {
    /// Reads an event in the documented format of Vibes' events, API version 2, and makes every check
    /// that needs no rules.
    ///
    /// `bytes` is one JSON object in UTF-8 without a byte order mark. An id is taken from `ids` only for
    /// an event that passes all checks and has none.
    ///
    /// # Errors
    ///
    /// The first fault in the order of [`RejectionCode`]; see [`Rejection`].
    pub fn from_json(
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<Self, Rejection> {
        Self::read(ReadMode::Full, MdnForm::International, bytes, limits, ids)
    }

    /// Reads so much of an event, whose phone numbers are written in that form.
    pub(crate) fn read(
        mode: ReadMode<'_>,
        mdn_form: MdnForm,
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<Self, Rejection> {
        let mut event = Self::none();
        event.become_read(
            mode,
            mdn_form,
            bytes,
            limits,
            ids,
            &mut ParseScratch::default(),
        )?;
        Ok(event)
    }

    /// None yet: to be read into.
    fn none() -> Self {
        Self {
            id: Words::default(),
            id_generated: false,
            event_type: Words::default(),
            folded_type: String::new(),
            recipients: Recipients::default(),
            document: Document::default(),
            data: 0,
            pruned: None,
            whole: OnceLock::new(),
            debug_data: None,
            aside: None,
        }
    }

    /// Becomes the event that `bytes` are; where they are none, what it is then is not to be used.
    fn become_read(
        &mut self,
        mode: ReadMode<'_>,
        mdn_form: MdnForm,
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
        memory: &mut ParseScratch,
    ) -> Result<(), Rejection> {
        let depth = limits.json_depth;
        let text = checked(bytes, limits.event_bytes, depth)?;
        parse::read_into(&mut self.document, text, mode, depth, memory)
            .map_err(|flaw| refuse(flaw, bytes))?;
        let members = Members::of(&self.document)?;
        let (event_type, classes) = check_type("event_type", members.event_type)?;
        let data = check_data(members.event_data)?;
        let id = check_id(members.event_id)?;
        let debug_data = check_debug_data(members.debug_data)?;
        self.recipients.clear();
        check_recipients(data, mdn_form, &mut self.recipients)?;
        fold(&event_type, classes, &mut self.folded_type);
        if let Some(event_type) = members.event_type {
            self.event_type.put(event_type);
        }
        self.data = data.index();
        self.debug_data = debug_data.map(Words::raw);
        match id {
            Some(id) => self.id.put(id),
            None => generate_id(&mut self.id, ids)?,
        }
        self.id_generated = id.is_none();
        self.pruned = match mode {
            ReadMode::Full => None,
            ReadMode::Projected(projection) | ReadMode::ProjectedTrusted(projection) => {
                Some(projection.id())
            }
        };
        self.whole.take();
        Ok(())
    }

    /// Puts an event together from what an adapter has read and checked.
    pub(crate) fn from_parts(
        parts: EventParts,
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<Self, Rejection> {
        let mut event = Self::none();
        let EventParts {
            id,
            event_type,
            event_data,
            ..
        } = parts;
        event.document = parse::read(event_data.as_str(), limits.json_depth)
            .map_err(|flaw| refuse(flaw, event_data.as_bytes()))?;
        check_data(Some(event.document.root()))?;
        event.id_generated = id.is_none();
        match id {
            Some(id) => event.id = Words::of(id),
            None => generate_id(&mut event.id, ids)?,
        }
        fold(&event_type, classes(&event_type), &mut event.folded_type);
        event.event_type = Words::of(event_type);
        event.recipients = parts.recipients;
        event.debug_data = parts.debug_data.map(Words::of);
        event.aside = parts.aside;
        Ok(event)
    }

    /// The event's id, as sent or generated.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.text(&self.document)
    }

    /// Whether the event came without an id.
    #[must_use]
    pub const fn id_generated(&self) -> bool {
        self.id_generated
    }

    /// The event's type as sent.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.event_type.text(&self.document)
    }

    /// The type in lower case.
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

    /// The identifier of that kind, if the event has one.
    #[must_use]
    pub fn recipient(&self, kind: RecipientKind) -> Option<&Recipient> {
        self.recipients.of(kind)
    }

    /// Its data, all of it: read now where it was not read before.
    pub(crate) fn data(&self) -> Value<'_> {
        let kept = self.document.node(self.data);
        if self.pruned.is_none() {
            return kept;
        }
        let whole = self.whole.get_or_init(|| {
            // How deep it may be was seen to when the event was read.
            let text = self.document.text();
            parse::read(text, usize::MAX).ok().map(Box::new)
        });
        whole
            .as_ref()
            .and_then(|whole| whole.root().member("event_data"))
            .unwrap_or(kept)
    }

    /// Its data as far as it is used.
    pub(crate) fn data_for(&self, projection: &Projection) -> Value<'_> {
        if self.pruned == Some(projection.id()) {
            self.document.node(self.data)
        } else {
            self.data()
        }
    }

    /// Whether the value is of a document that was pruned by the uses of that mark, so that its keys have
    /// the numbers of these uses.
    pub(crate) fn is_numbered(&self, value: Value<'_>, projection_id: ProjectionId) -> bool {
        self.pruned == Some(projection_id) && value.is_of(&self.document)
    }

    /// The text of `event_data`, byte for byte as it came.
    #[must_use]
    pub fn event_data(&self) -> &str {
        self.document.node(self.data).raw()
    }

    /// The `event_data` as a type of the host's own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MismatchedType`] where it does not fit the type.
    pub fn event_data_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(self.event_data()).map_err(|error| {
            let message = format!("event_data does not fit: {error}");
            Error::new(ErrorKind::MismatchedType, message)
        })
    }

    /// The text of `debug_data`, byte for byte, if there was any.
    #[must_use]
    pub fn debug_data(&self) -> Option<&str> {
        let words = self.debug_data.as_ref()?;
        Some(words.text(&self.document))
    }

    /// What came with the event and is neither `event_data` nor `debug_data`: JSON text of an object that
    /// an adapter kept for the record. No rule reads it.
    pub(crate) fn aside(&self) -> Option<&str> {
        self.aside.as_deref()
    }
}

impl EventBuffer {
    /// Reads an event into it.
    pub(crate) fn read(
        &mut self,
        mode: ReadMode<'_>,
        bytes: &[u8],
        limits: &Limits,
        ids: &mut dyn IdSource,
    ) -> Result<&Event, Rejection> {
        let Self { event, memory } = self;
        event.become_read(mode, MdnForm::International, bytes, limits, ids, memory)?;
        Ok(event)
    }
}

impl Default for EventBuffer {
    fn default() -> Self {
        Self {
            event: Event::none(),
            memory: ParseScratch::default(),
        }
    }
}

/// Without its data: what of that is secret, only the rules know.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id())
            .field("event_type", &self.event_type())
            .finish_non_exhaustive()
    }
}

/// Reads a vendor's text as JSON: not too large, UTF-8, well-formed, not too deep, no key twice.
pub(crate) fn read_document(
    bytes: &[u8],
    most_bytes: usize,
    depth: usize,
) -> Result<Document, Rejection> {
    let text = checked(bytes, most_bytes, depth)?;
    parse::read(text, depth).map_err(|flaw| refuse(flaw, bytes))
}

/// The text that bytes are, if it is not too long.
fn checked(bytes: &[u8], most_bytes: usize, depth: usize) -> Result<&str, Rejection> {
    // Places in the text are kept in 32 bits.
    let most_bytes = most_bytes.min(u32::MAX as usize);
    if bytes.len() > most_bytes {
        let message = format!(
            "the event has {} bytes, {most_bytes} are allowed",
            bytes.len()
        );
        return Err(placed(
            RejectionCode::EventTooLarge,
            &message,
            bytes,
            most_bytes,
        ));
    }
    // A quick look at all of it first; only where that fails does the place matter.
    simdutf8::basic::from_utf8(bytes)
        .or_else(|_| std::str::from_utf8(bytes))
        .map_err(|fault| refuse_encoding(bytes, fault.valid_up_to(), depth))
}

/// Not UTF-8 from `end` on; but a flaw before that comes first.
fn refuse_encoding(bytes: &[u8], end: usize, depth: usize) -> Rejection {
    let valid = bytes
        .get(..end)
        .and_then(|text| std::str::from_utf8(text).ok());
    if let Err(flaw) = parse::read(valid.unwrap_or_default(), depth)
        && flaw.kind != JsonErrorKind::DuplicateKey
        && flaw.offset < end
    {
        return refuse(flaw, bytes);
    }
    placed(
        RejectionCode::InvalidJson,
        "the text is not UTF-8",
        bytes,
        end,
    )
}

fn refuse(flaw: JsonError, bytes: &[u8]) -> Rejection {
    let code = match flaw.kind {
        JsonErrorKind::InvalidJson => RejectionCode::InvalidJson,
        JsonErrorKind::TooDeep => RejectionCode::TooDeep,
        JsonErrorKind::DuplicateKey => RejectionCode::DuplicateKey,
    };
    match flaw.path {
        Some(path) => Rejection::new(code, flaw.message).at(path),
        None => placed(code, &flaw.message, bytes, flaw.offset),
    }
}

/// A rejection whose text names a place: the byte counted from 0, line and column from 1, the column in
/// characters.
fn placed(code: RejectionCode, message: &str, bytes: &[u8], offset: usize) -> Rejection {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line = memchr::memchr_iter(b'\n', before).count().saturating_add(1);
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at.saturating_add(1));
    // A character begins at every byte that continues none.
    let begins = |byte: &&u8| **byte & 0xc0 != 0x80;
    let last = before.get(start..).unwrap_or_default();
    let column = last.iter().filter(begins).count().saturating_add(1);
    let place = format!("{message} at byte {offset} (line {line}, column {column})");
    Rejection::new(code, place)
}

/// The object that the whole text is.
pub(crate) fn root_object(document: &Document) -> Result<Value<'_>, Rejection> {
    let root = document.root();
    if root.is_object() {
        return Ok(root);
    }
    let message = format!("an event is a JSON object, not {}", kind_name(root));
    let text = document.text();
    let start = text.len().saturating_sub(text.trim_start().len());
    Err(placed(
        RejectionCode::NotAnObject,
        &message,
        text.as_bytes(),
        start,
    ))
}

/// The members of an event that count; null stands for itself here.
#[derive(Default)]
struct Members<'a> {
    event_type: Option<Value<'a>>,
    event_data: Option<Value<'a>>,
    event_id: Option<Value<'a>>,
    debug_data: Option<Value<'a>>,
}

impl<'a> Members<'a> {
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

/// A type in lower case, where that is another; else nothing.
fn fold(event_type: &str, classes: u8, folded: &mut String) {
    folded.clear();
    if classes & UPPER_CASE != 0 {
        folded.push_str(event_type);
        folded.make_ascii_lowercase();
    }
}

/// What kinds of bytes a type has, one bit each.
fn classes(event_type: &str) -> u8 {
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

/// The type of an event, found at `path`: letters, digits, `-` and `_`.
pub(crate) fn check_type_at<'a>(
    path: &str,
    value: Option<Value<'a>>,
) -> Result<Cow<'a, str>, Rejection> {
    check_type(path, value).map(|(event_type, _)| event_type)
}

/// As above, with the kinds of bytes that it has.
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
    let classes = classes(&text);
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
    if text.len() <= LONGEST_ID {
        return Ok(());
    }
    let length = text.chars().count();
    if length > LONGEST_ID {
        let message = format!("event_id has {length} characters, {LONGEST_ID} are allowed");
        return Err(Rejection::new(RejectionCode::EventIdTooLong, message));
    }
    Ok(())
}

/// Takes the next id of the source. One that breaks its promise is a fault like any other: no event goes
/// on with an id that a later reader would refuse.
fn generate_id(id: &mut Words, ids: &mut dyn IdSource) -> Result<(), Rejection> {
    id.place = None;
    id.own.clear();
    ids.write_next_id(&mut id.own);
    check_id_text(&id.own).map_err(|rejection| {
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

/// The identifiers in `event_data`. Of several faults the first in the text is told, but a phone number
/// of the wrong form only where there is no other.
fn check_recipients(
    data: Value<'_>,
    mdn_form: MdnForm,
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
        && !is_mdn(mdn.value(), mdn_form)
    {
        let message = match mdn_form {
            MdnForm::International => {
                "mdn is a phone number of 7 to 15 digits, with or without a `+` before them"
            }
            MdnForm::Digits => {
                "mdn is a phone number of 7 to 15 digits; version 1 takes no `+` before them"
            }
        };
        return Err(Rejection::new(RejectionCode::InvalidMdn, message).at("event_data.mdn"));
    }
    Ok(())
}

fn is_blank(text: &str) -> bool {
    // What begins with such a byte need not be looked at by characters.
    let is_seen = text.as_bytes().first().is_some_and(u8::is_ascii_graphic);
    !is_seen && text.chars().all(char::is_whitespace)
}

/// Whether `text` is 7 to 15 digits, or a `+` and those where the form allows it.
fn is_mdn(text: &str, form: MdnForm) -> bool {
    let digits = match form {
        MdnForm::International => text.strip_prefix('+').unwrap_or(text),
        MdnForm::Digits => text,
    };
    (7..=15).contains(&digits.len()) && are_digits(digits.as_bytes())
}
