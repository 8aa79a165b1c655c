//! The questions that only the host can answer.

use crate::event::recipient::Recipient;
use crate::json::write::ObjectWriter;

/// A question that [`Engine::route`](crate::Engine::route) needs answered to continue.
///
/// A host matches on the question, looks the answer up, and calls `route` again with the
/// [`Answers`](crate::Answers). The JSON is one of `{"person":R}`, `{"subscribed":"LIST","of":R}`,
/// `{"carrier":R}`, `{"code":"POOL","key":"…"}` and `{"media":"URL"}`, where `R` is a [`Recipient`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new question must be a compile error in every host"
)]
pub enum Question {
    /// Which person has this identifier?
    Person {
        /// The identifier of the person.
        of: Recipient,
    },
    /// Is the person on this list?
    Subscribed {
        /// The list, as the rule names it.
        list: Box<str>,
        /// The identifier of the person.
        of: Recipient,
    },
    /// Which message types does the carrier support?
    Carrier {
        /// The phone number, or the identifier of the person if the event has no phone number.
        of: Recipient,
    },
    /// Which code of this pool goes into the message? Asked last, when nothing else prevents sending it.
    Code {
        /// The pool, as the template names it.
        pool: Box<str>,
        /// Identifies the event, rule and pool. The host returns the same code for the same key.
        key: Box<str>,
    },
    /// What are the content type and size of the media at this URL?
    Media {
        /// The URL as rendered.
        url: Box<str>,
    },
}

impl Question {
    /// Returns the question as JSON text.
    ///
    /// ```
    /// use pointsman::{Question, Recipient, RecipientKind};
    ///
    /// let of = Recipient::new(RecipientKind::Mdn, "+13125550100");
    /// let question = Question::Subscribed { list: "news".into(), of };
    /// assert_eq!(question.to_json(), r#"{"subscribed":"news","of":{"mdn":"+13125550100"}}"#);
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    pub(crate) fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        match self {
            Self::Person { of } => of.write_json(object.key("person")),
            Self::Subscribed { list, of } => {
                object.string("subscribed", list);
                of.write_json(object.key("of"));
            }
            Self::Carrier { of } => of.write_json(object.key("carrier")),
            Self::Code { pool, key } => {
                object.string("code", pool).string("key", key);
            }
            Self::Media { url } => {
                object.string("media", url);
            }
        }
        object.end();
    }
}

/// A question that the rules for an event type may ask.
///
/// Hosts use it to look up answers in advance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PossibleQuestion {
    /// The person with the identifier of the recipient.
    Person,
    /// Whether the person is on this list.
    Subscribed(Box<str>),
    /// The message types that the carrier supports.
    Carrier,
    /// A code from this pool.
    Code(Box<str>),
    /// The content type and size of media.
    Media,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::recipient::RecipientKind;

    #[test]
    fn questions_are_written_as_json() {
        let of = || Recipient::new(RecipientKind::PersonKey, "w2\"e2");
        let cases = [
            (
                Question::Person { of: of() },
                r#"{"person":{"person_key":"w2\"e2"}}"#,
            ),
            (
                Question::Carrier { of: of() },
                r#"{"carrier":{"person_key":"w2\"e2"}}"#,
            ),
            (
                Question::Code {
                    pool: "spring".into(),
                    key: "k".into(),
                },
                r#"{"code":"spring","key":"k"}"#,
            ),
            (
                Question::Media {
                    url: "https://e.com/a.png".into(),
                },
                r#"{"media":"https://e.com/a.png"}"#,
            ),
        ];
        for (question, json) in cases {
            assert_eq!(question.to_json(), json);
        }
    }
}
