//! What only the host can know, as values. Asks nothing itself and knows no answer.

use crate::event::recipient::Recipient;
use crate::json::write::ObjectWriter;

/// A question that [`Engine::route`](crate::Engine::route) cannot go on without.
///
/// The match arms are what a host owes. In JSON, with `R` an object of one key, the recipient's kind:
/// `{"person":R}`, `{"subscribed":"LIST","of":R}`, `{"carrier":R}`, `{"code":"POOL","key":"…"}`,
/// `{"media":"URL"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a host must see at compile time when there is something new to answer"
)]
pub enum Question {
    /// Who is behind this identifier?
    Person {
        /// The identifier that names the person.
        of: Recipient,
    },
    /// Is the person on this list?
    Subscribed {
        /// The list, as the rule names it.
        list: Box<str>,
        /// The identifier that names the person.
        of: Recipient,
    },
    /// What does the carrier take?
    Carrier {
        /// The phone number; of an event without one, the identifier that names the person.
        of: Recipient,
    },
    /// A code from this pool, please: asked only when nothing else keeps the message from being sent.
    Code {
        /// The pool, as the template names it.
        pool: Box<str>,
        /// The same for the same event, rule and pool: give the same code for the same key.
        key: Box<str>,
    },
    /// What is behind this URL?
    Media {
        /// The URL as rendered.
        url: Box<str>,
    },
}

impl Question {
    /// As JSON text.
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

/// What the rules of an event type may ask, whatever the event: for hosts that look things up ahead.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PossibleQuestion {
    /// The person behind the recipient.
    Person,
    /// Membership of this list.
    Subscribed(Box<str>),
    /// What the carrier takes.
    Carrier,
    /// A code from this pool.
    Code(Box<str>),
    /// What is behind a media URL.
    Media,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::recipient::RecipientKind;

    #[test]
    fn every_question_has_its_json() {
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
