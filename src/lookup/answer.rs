//! The answers of the host to the questions of an engine.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::question::Question;
use crate::collections::map::Map;
use crate::error::{Error, ErrorKind};
use crate::event::read_document;
use crate::event::recipient::Recipient;
use crate::json::document::{Document, JsonKind, Value};
use crate::limits::Limits;
use crate::text::suggest;
use crate::time::Timestamp;

/// An answer to one [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// The person's attributes.
    Person(Person),
    /// Whether the person is on the list.
    Subscribed(bool),
    /// The message types that the carrier supports.
    Carrier {
        /// Whether it supports sms.
        sms: bool,
        /// Whether it supports mms.
        mms: bool,
    },
    /// The carrier lookup failed permanently. Rules that require a carrier still accept the event, but
    /// their sms and mms fail with this text.
    LookupFailed(Box<str>),
    /// A code from the pool.
    Code(Box<str>),
    /// The content type and size of the media.
    Media(Media),
    /// The media was not checked. The message is sent as it is.
    Unchecked,
    /// There is no such person, list entry, carrier, code or media.
    Absent,
    /// The lookup is unavailable for this reason. A later attempt may succeed.
    Unavailable(Box<str>),
}

/// The attributes of a person: a JSON object that usually contains `person_key`.
#[derive(Clone)]
pub struct Person {
    document: Arc<Document>,
    node: u32,
}

/// The content type and size of media. Absent fields are not checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Media {
    /// The content type as sent by the server.
    pub content_type: Option<Box<str>>,
    /// The size in bytes.
    pub bytes: Option<u64>,
}

/// The current time and the answers of the host so far.
///
/// The order of the answers does not matter.
#[derive(Clone, Debug)]
pub struct Answers {
    now: Timestamp,
    given: Map<Question, Answer>,
    person: Option<Answer>,
    lists: Option<ListAnswer>,
    carrier: Option<Answer>,
    pools: Map<Box<str>, Answer>,
    /// The answer for pools that are not in `pools`.
    other_pools: Option<Answer>,
    media: Option<Answer>,
}

#[derive(Clone, Debug)]
enum ListAnswer {
    /// The lists that the person is on.
    Subscribed(Vec<Box<str>>),
    /// The same answer for every list.
    Any(Answer),
}

impl Answers {
    /// Creates an empty set of answers. `now` is the time at which the event is routed.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            given: Map::new(),
            person: None,
            lists: None,
            carrier: None,
            pools: Map::new(),
            other_pools: None,
            media: None,
        }
    }

    /// Parses answers that apply to every question of a kind, as `test` blocks and `--answers` write them.
    ///
    /// | key | value |
    /// | --- | --- |
    /// | `person` | the attributes of the person, or null if there is no such person |
    /// | `subscribed` | the lists that the person is on |
    /// | `carrier` | `{"sms": true, "mms": false}`, where absent means false, or `{"lookup_failed": "TEXT"}` |
    /// | `codes` | a code by pool name, or null for an empty pool |
    /// | `media` | `{"content_type": "image/png", "bytes": 9000}` |
    ///
    /// `{"unavailable": "TEXT"}` instead of any value means that the lookup is unavailable. An absent key
    /// leaves its questions unanswered, except that media counts as unchecked. A repeated key is an error.
    ///
    /// ```
    /// use pointsman::{Answers, Timestamp};
    ///
    /// let now: Timestamp = "2026-11-20T10:00:00Z".parse()?;
    /// let answers = Answers::from_json(r#"{"carrier": {"sms": true}}"#, now);
    /// assert!(answers.is_ok());
    /// assert!(Answers::from_json(r#"{"carier": {}}"#, now).is_err());
    /// # Ok::<(), pointsman::InvalidTimestamp>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidAnswers`] if the text is not JSON, has a key that is not in the table, or
    /// has an invalid value.
    pub fn from_json(text: &str, now: Timestamp) -> Result<Self, Error> {
        let document = Arc::new(read(text)?);
        let root = document.root();
        if !root.is_object() {
            return Err(invalid("answers are not an object"));
        }
        let mut answers = Self::new(now);
        answers.media = Some(Answer::Unchecked);
        for (key, value) in root.members() {
            let key = key.string().unwrap_or_default();
            match (&*key, unavailable(value)) {
                ("person", Some(answer)) => answers.person = Some(answer),
                ("person", None) => answers.person = Some(read_person(&document, value)?),
                ("subscribed", Some(answer)) => answers.lists = Some(ListAnswer::Any(answer)),
                ("subscribed", None) => {
                    answers.lists = Some(ListAnswer::Subscribed(read_lists(value)?));
                }
                ("carrier", Some(answer)) => answers.carrier = Some(answer),
                ("carrier", None) => answers.carrier = Some(read_carrier(value)?),
                ("codes", Some(answer)) => answers.other_pools = Some(answer),
                ("codes", None) => answers.read_codes(value)?,
                ("media", Some(answer)) => answers.media = Some(answer),
                ("media", None) => answers.media = Some(Answer::Media(read_media(value)?)),
                (other, _) => return Err(unknown_key(other, "answers", &ANSWER_KEYS)),
            }
        }
        Ok(answers)
    }

    /// Returns the time at which the event is routed.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Adds the answer to a question, or replaces an earlier answer.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::MismatchedAnswer`] if the answer does not belong to the question, for example a
    /// code for a question about a person.
    pub fn answer(&mut self, question: Question, answer: Answer) -> Result<(), Error> {
        if !matches_question(&question, &answer) {
            return Err(Error::new(
                ErrorKind::MismatchedAnswer,
                format!(
                    "an answer of another kind was given to the question `{}`",
                    question.to_json()
                ),
            ));
        }
        self.given.insert(question, answer);
        Ok(())
    }

    /// Answers which person has the identifier `of`. `None` means that there is no such person.
    pub fn person(&mut self, of: Recipient, person: Option<Person>) {
        let answer = person.map_or(Answer::Absent, Answer::Person);
        self.given.insert(Question::Person { of }, answer);
    }

    /// Answers whether the person is on `list`.
    pub fn subscribed(&mut self, list: impl Into<Box<str>>, of: Recipient, is_on: bool) {
        let list = list.into();
        self.given
            .insert(Question::Subscribed { list, of }, Answer::Subscribed(is_on));
    }

    /// Answers which message types the carrier of `of` supports.
    pub fn carrier(&mut self, of: Recipient, sms: bool, mms: bool) {
        self.given
            .insert(Question::Carrier { of }, Answer::Carrier { sms, mms });
    }

    /// Returns the answer to this question, or else the answer to all questions of its kind.
    pub(crate) fn to(&self, question: &Question) -> Option<&Answer> {
        if let Some(answer) = self.given.value(question) {
            return Some(answer);
        }
        match question {
            Question::Person { .. } => self.person.as_ref(),
            Question::Subscribed { list, .. } => match self.lists.as_ref()? {
                ListAnswer::Subscribed(lists) if lists.contains(list) => Some(&ON_THE_LIST),
                ListAnswer::Subscribed(_) => Some(&NOT_ON_THE_LIST),
                ListAnswer::Any(answer) => Some(answer),
            },
            Question::Carrier { .. } => self.carrier.as_ref(),
            Question::Code { pool, .. } => self.pools.value(pool).or(self.other_pools.as_ref()),
            Question::Media { .. } => self.media.as_ref(),
        }
    }

    /// Returns the answer about the person with the identifier `of`.
    pub(crate) fn person_of(&self, of: &Recipient) -> Option<&Answer> {
        // Building a question allocates, and most events have no answers yet.
        if self.given.is_empty() {
            return self.person.as_ref();
        }
        self.to(&Question::Person { of: of.clone() })
    }

    /// Returns the answer about the carrier of `of`.
    pub(crate) fn carrier_of(&self, of: &Recipient) -> Option<&Answer> {
        if self.given.is_empty() {
            return self.carrier.as_ref();
        }
        self.to(&Question::Carrier { of: of.clone() })
    }

    fn read_codes(&mut self, value: Value<'_>) -> Result<(), Error> {
        if !value.is_object() {
            return Err(invalid("`codes` is not an object"));
        }
        for (pool, code) in value.members() {
            let pool = pool.string().unwrap_or_default();
            let answer = match (unavailable(code), code.string()) {
                (Some(answer), _) => answer,
                (None, Some(code)) => Answer::Code(code.into()),
                (None, None) if is_null(code) => Answer::Absent,
                (None, None) => {
                    return Err(invalid(format!(
                        "the code of pool `{pool}` is neither a string nor null"
                    )));
                }
            };
            self.pools.insert(pool.into(), answer);
        }
        Ok(())
    }
}

static ON_THE_LIST: Answer = Answer::Subscribed(true);
static NOT_ON_THE_LIST: Answer = Answer::Subscribed(false);

/// The keys of the JSON that [`Answers::from_json`] parses.
pub(crate) const ANSWER_KEYS: [&str; 5] = ["person", "subscribed", "carrier", "codes", "media"];

impl Person {
    /// Parses the attributes of a person from a JSON object.
    ///
    /// Rules read them as `person.NAME`. The string `person_key` identifies the person in results.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidAnswers`] if the text is not a JSON object or repeats a key.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let document = Arc::new(read(text)?);
        let root = document.root();
        if !root.is_object() {
            return Err(invalid("a person is not an object"));
        }
        let node = root.index();
        Ok(Self { document, node })
    }

    /// Creates a person from a value of the host that serializes to a JSON object.
    ///
    /// ```
    /// use pointsman::answer::Person;
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct Customer {
    ///     person_key: &'static str,
    ///     tier: &'static str,
    /// }
    ///
    /// let person = Person::of(&Customer { person_key: "w2e2", tier: "gold" })?;
    /// assert_eq!(person.to_json(), r#"{"person_key":"w2e2","tier":"gold"}"#);
    /// # Ok::<(), pointsman::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidAnswers`] if the value does not serialize to a JSON object.
    pub fn of<T: Serialize + ?Sized>(attributes: &T) -> Result<Self, Error> {
        let text = serde_json::to_string(attributes).map_err(|error| invalid(error.to_string()))?;
        Self::from_json(&text)
    }

    /// Returns `person_key` if it is a string.
    #[must_use]
    pub fn key(&self) -> Option<Cow<'_, str>> {
        self.value().member("person_key")?.string()
    }

    /// Returns the attributes as JSON text, exactly as given.
    #[must_use]
    pub fn to_json(&self) -> &str {
        self.value().raw()
    }

    pub(crate) fn value(&self) -> Value<'_> {
        self.document.node(self.node)
    }
}

impl PartialEq for Person {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl Eq for Person {}

/// Writes only the key, because attributes may be personal data.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("person_key", &self.key())
            .finish_non_exhaustive()
    }
}

impl Media {
    /// Creates a description of media from its content type and its size in bytes.
    #[must_use]
    pub fn new(content_type: impl Into<Box<str>>, bytes: u64) -> Self {
        Self {
            content_type: Some(content_type.into()),
            bytes: Some(bytes),
        }
    }
}

const fn matches_question(question: &Question, answer: &Answer) -> bool {
    match answer {
        Answer::Absent | Answer::Unavailable(_) => true,
        Answer::Person(_) => matches!(question, Question::Person { .. }),
        Answer::Subscribed(_) => matches!(question, Question::Subscribed { .. }),
        Answer::Carrier { .. } | Answer::LookupFailed(_) => {
            matches!(question, Question::Carrier { .. })
        }
        Answer::Code(_) => matches!(question, Question::Code { .. }),
        Answer::Media(_) | Answer::Unchecked => matches!(question, Question::Media { .. }),
    }
}

fn read(text: &str) -> Result<Document, Error> {
    let depth = Limits::default().json_depth;
    read_document(text.as_bytes(), usize::MAX, depth).map_err(|error| match error.path() {
        Some(path) => invalid(format!("`{path}`: {}", error.message())),
        None => invalid(error.message()),
    })
}

/// Reads `{"unavailable": "TEXT"}`.
fn unavailable(value: Value<'_>) -> Option<Answer> {
    let text = value.member("unavailable")?.string()?;
    (value.count() == 1).then(|| Answer::Unavailable(text.into()))
}

fn read_person(document: &Arc<Document>, value: Value<'_>) -> Result<Answer, Error> {
    if is_null(value) {
        return Ok(Answer::Absent);
    }
    if !value.is_object() {
        return Err(invalid("`person` is neither an object nor null"));
    }
    Ok(Answer::Person(Person {
        document: Arc::clone(document),
        node: value.index(),
    }))
}

fn read_lists(value: Value<'_>) -> Result<Vec<Box<str>>, Error> {
    let message = "`subscribed` is not a list of names";
    if !value.is_list() {
        return Err(invalid(message));
    }
    value
        .elements()
        .map(|name| match name.string() {
            Some(name) => Ok(name.into()),
            None => Err(invalid(message)),
        })
        .collect()
}

fn read_carrier(value: Value<'_>) -> Result<Answer, Error> {
    if !value.is_object() {
        return Err(invalid("`carrier` is not an object"));
    }
    let (mut sms, mut mms) = (false, false);
    for (key, member) in value.members() {
        let key = key.string().unwrap_or_default();
        match &*key {
            "sms" => sms = read_bool(member, "carrier.sms")?,
            "mms" => mms = read_bool(member, "carrier.mms")?,
            "lookup_failed" => {
                let text = read_text(member, "carrier.lookup_failed")?;
                if value.count() != 1 {
                    return Err(invalid("`carrier.lookup_failed` does not stand alone"));
                }
                return Ok(Answer::LookupFailed(text));
            }
            other => {
                return Err(unknown_key(
                    other,
                    "carrier",
                    &["sms", "mms", "lookup_failed"],
                ));
            }
        }
    }
    Ok(Answer::Carrier { sms, mms })
}

fn read_bool(value: Value<'_>, name: &str) -> Result<bool, Error> {
    match value.kind() {
        JsonKind::True => Ok(true),
        JsonKind::False => Ok(false),
        _ => Err(invalid(format!("`{name}` is neither true nor false"))),
    }
}

fn read_text(value: Value<'_>, name: &str) -> Result<Box<str>, Error> {
    let text = value.string().map(Into::into);
    text.ok_or_else(|| invalid(format!("`{name}` is not a string")))
}

fn read_media(value: Value<'_>) -> Result<Media, Error> {
    if !value.is_object() {
        return Err(invalid("`media` is not an object"));
    }
    let mut media = Media::default();
    for (key, value) in value.members() {
        let key = key.string().unwrap_or_default();
        match &*key {
            "content_type" => media.content_type = Some(read_text(value, "media.content_type")?),
            "bytes" => {
                let bytes = value.number().and_then(|number| number.text().parse().ok());
                let bytes = bytes.ok_or_else(|| invalid("`media.bytes` is no whole number"))?;
                media.bytes = Some(bytes);
            }
            other => return Err(unknown_key(other, "media", &["content_type", "bytes"])),
        }
    }
    Ok(media)
}

fn is_null(value: Value<'_>) -> bool {
    value.kind() == JsonKind::Null
}

fn unknown_key(key: &str, parent: &str, known: &[&str]) -> Error {
    let mut message = format!("unknown key `{key}` in {parent}");
    match suggest::nearest(key, known.iter().copied()) {
        Some(near) => message.push_str(&format!("; did you mean `{near}`?")),
        None => message.push_str(&format!("; known are {}", known.join(", "))),
    }
    invalid(message)
}

fn invalid(message: impl Into<Box<str>>) -> Error {
    Error::new(ErrorKind::InvalidAnswers, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::recipient::RecipientKind;

    fn now() -> Timestamp {
        Timestamp::from_unix_seconds(0).unwrap()
    }

    fn mdn() -> Recipient {
        Recipient::new(RecipientKind::Mdn, "+13125550100")
    }

    fn questions() -> [Question; 5] {
        [
            Question::Person { of: mdn() },
            Question::Subscribed {
                list: "news".into(),
                of: mdn(),
            },
            Question::Carrier { of: mdn() },
            Question::Code {
                pool: "spring".into(),
                key: "k".into(),
            },
            Question::Media { url: "u".into() },
        ]
    }

    fn read(text: &str) -> [Option<Answer>; 5] {
        let answers = Answers::from_json(text, now()).unwrap();
        questions().map(|question| answers.to(&question).cloned())
    }

    fn unavailable() -> Option<Answer> {
        Some(Answer::Unavailable("down".into()))
    }

    #[test]
    fn absent_keys_leave_questions_open_except_media() {
        assert_eq!(
            read("{}"),
            [None, None, None, None, Some(Answer::Unchecked)]
        );
    }

    #[test]
    fn every_kind_of_answer_is_parsed() {
        let person = Person::from_json(r#"{"person_key":"w2","tier":1.50}"#).unwrap();
        assert_eq!(
            read(
                r#"{"person":{"person_key":"w2","tier":1.50},"subscribed":["offers","news"],
                    "carrier":{"sms":true},"codes":{"spring":"S1"},
                    "media":{"content_type":"image/png","bytes":9000}}"#
            ),
            [
                Some(Answer::Person(person)),
                Some(Answer::Subscribed(true)),
                Some(Answer::Carrier {
                    sms: true,
                    mms: false
                }),
                Some(Answer::Code("S1".into())),
                Some(Answer::Media(Media::new("image/png", 9000))),
            ]
        );
        assert_eq!(
            read(
                r#"{"person":null,"subscribed":[],"carrier":{"lookup_failed":"T"},"codes":{"spring":null}}"#
            ),
            [
                Some(Answer::Absent),
                Some(Answer::Subscribed(false)),
                Some(Answer::LookupFailed("T".into())),
                Some(Answer::Absent),
                Some(Answer::Unchecked),
            ]
        );
    }

    #[test]
    fn any_value_may_be_unavailable() {
        let down = r#"{"unavailable":"down"}"#;
        assert_eq!(
            read(&format!(
                r#"{{"person":{down},"subscribed":{down},"carrier":{down},"codes":{down},"media":{down}}}"#
            )),
            [(); 5].map(|()| unavailable())
        );
        let pools = format!(r#"{{"codes":{{"spring":{down}}}}}"#);
        assert_eq!(read(&pools)[3], unavailable());
    }

    #[test]
    fn invalid_answers_are_rejected() {
        let cases = [
            ("[]", "answers are not an object"),
            (
                r#"{"carier":{}}"#,
                "unknown key `carier` in answers; did you mean `carrier`?",
            ),
            (r#"{"person":1}"#, "`person` is neither an object nor null"),
            (
                r#"{"subscribed":"a"}"#,
                "`subscribed` is not a list of names",
            ),
            (
                r#"{"subscribed":[1]}"#,
                "`subscribed` is not a list of names",
            ),
            (r#"{"carrier":null}"#, "`carrier` is not an object"),
            (
                r#"{"carrier":{"sms":1}}"#,
                "`carrier.sms` is neither true nor false",
            ),
            (
                r#"{"carrier":{"lookup_failed":"x","sms":true}}"#,
                "`carrier.lookup_failed` does not stand alone",
            ),
            (
                r#"{"codes":{"a":1}}"#,
                "the code of pool `a` is neither a string nor null",
            ),
            (
                r#"{"media":{"bytes":-1}}"#,
                "`media.bytes` is no whole number",
            ),
            (
                r#"{"person":{"name":1,"name":2}}"#,
                "`person.name`: this key is in its object already",
            ),
            (
                "{\n",
                "expected a key or `}`, but the text ends at byte 2 (line 2, column 1)",
            ),
        ];
        for (text, message) in cases {
            let error = Answers::from_json(text, now()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidAnswers);
            assert_eq!(error.to_string(), message, "{text}");
        }
    }

    #[test]
    fn an_answer_to_one_question_takes_precedence_over_its_kind() {
        let mut answers = Answers::from_json(r#"{"carrier":{"sms":true}}"#, now()).unwrap();
        let [_, _, carrier, ..] = questions();
        answers.answer(carrier.clone(), Answer::Absent).unwrap();
        assert_eq!(answers.to(&carrier), Some(&Answer::Absent));
    }

    #[test]
    fn an_answer_must_match_its_question() {
        let mut answers = Answers::new(now());
        for (at, question) in questions().into_iter().enumerate() {
            let code = answers.answer(question.clone(), Answer::Code("c".into()));
            assert_eq!(code.is_ok(), at == 3, "{question:?}");
            assert!(answers.answer(question.clone(), Answer::Absent).is_ok());
        }
    }
}
