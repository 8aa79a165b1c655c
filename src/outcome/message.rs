//! Channels and rendered messages.

use crate::event::recipient::Recipient;
use crate::json::write;
use crate::json::write::{ObjectWriter, write_list};

/// A channel for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Channel {
    /// A text message.
    Sms,
    /// A message with media.
    Mms,
    /// A push notification.
    Push,
    /// An email.
    Email,
}

impl Channel {
    /// Returns the name used in rules and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Mms => "mms",
            Self::Push => "push",
            Self::Email => "email",
        }
    }
}

/// A text part of a message. The variants are in the order of the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PartName {
    /// `title` of a push
    Title,
    /// `media` of an mms: a URL
    Media,
    /// `body` of an sms, mms or push (in an mms after `media` and before `subject`)
    Body,
    /// `subject` of an mms or email
    Subject,
    /// `url` of a push
    Url,
    /// `text` of an email
    Text,
    /// `html` of an email
    Html,
}

impl PartName {
    /// Returns the name used in rules and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Media => "media",
            Self::Body => "body",
            Self::Subject => "subject",
            Self::Url => "url",
            Self::Text => "text",
            Self::Html => "html",
        }
    }
}

/// A rendered message, ready to be handed to a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub(crate) channel: Channel,
    pub(crate) to: Option<Recipient>,
    pub(crate) parts: MessageParts,
    /// JSON text of an object.
    pub(crate) data: Option<Box<str>>,
    pub(crate) transactional: bool,
    pub(crate) length: Option<SmsLength>,
}

/// The non-empty texts of a message in the order of the JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MessageParts {
    /// Stored inline because most messages have only one.
    first: Option<(PartName, String)>,
    others: Vec<(PartName, String)>,
}

impl MessageParts {
    pub(crate) fn push(&mut self, name: PartName, text: String) {
        match self.first {
            None => self.first = Some((name, text)),
            Some(_) => self.others.push((name, text)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &(PartName, String)> {
        self.first.iter().chain(&self.others)
    }
}

/// The encoding and the number of segments of an sms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsLength {
    pub(crate) encoding: Encoding,
    pub(crate) segments: usize,
    pub(crate) ucs2: Box<[char]>,
}

/// The encoding of an sms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Encoding {
    /// The default alphabet of GSM 03.38 with its extension table. One segment holds 160 septets, or 153
    /// in a message of several segments.
    Gsm7,
    /// UCS-2. One segment holds 70 units of 16 bits, or 67 in a message of several segments.
    Ucs2,
}

impl Message {
    /// Returns the channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Returns the recipient, or `None` if the event has no identifier that suits the channel.
    #[must_use]
    pub const fn to(&self) -> Option<&Recipient> {
        self.to.as_ref()
    }

    /// Returns a rendered part, or `None` if it is absent, empty or failed to render.
    #[must_use]
    pub fn part(&self, name: PartName) -> Option<&str> {
        self.parts
            .iter()
            .find(|(part, _)| *part == name)
            .map(|(_, text)| text.as_str())
    }

    /// Returns the `data` of a push as JSON text of an object, or `None` if it is empty.
    #[must_use]
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// Returns whether the email is transactional, that is, sent regardless of subscriptions.
    #[must_use]
    pub const fn is_transactional(&self) -> bool {
        self.transactional
    }

    /// Returns the encoding and the number of segments of an sms.
    #[must_use]
    pub const fn length(&self) -> Option<&SmsLength> {
        self.length.as_ref()
    }

    /// Returns the main text: the body, or for an email the text part or else the HTML part.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.channel {
            Channel::Email => self
                .part(PartName::Text)
                .or_else(|| self.part(PartName::Html)),
            _ => self.part(PartName::Body),
        }
    }

    pub(crate) fn write_json(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.word("channel", self.channel.name());
        if let Some(to) = &self.to {
            to.write_json(object.key("to"));
        }
        for (name, text) in self.parts.iter() {
            object.string(name.name(), text);
        }
        if let Some(data) = &self.data {
            object.raw("data", data);
        }
        if self.transactional {
            object.raw("transactional", "true");
        }
        if let Some(length) = &self.length {
            object.word("encoding", length.encoding.as_str());
            write::push_whole(object.key("segments"), length.segments);
            if !length.ucs2.is_empty() {
                write_list(object.key("ucs2"), &length.ucs2, |c, out| {
                    let mut buffer = [0; 4];
                    write::push_string(out, c.encode_utf8(&mut buffer));
                });
            }
        }
        object.end();
    }
}

impl SmsLength {
    /// Returns the encoding.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns the number of segments.
    #[must_use]
    pub const fn segments(&self) -> usize {
        self.segments
    }

    /// Returns the distinct characters that forced UCS-2, in order of appearance.
    #[must_use]
    pub const fn ucs2(&self) -> &[char] {
        &self.ucs2
    }
}

impl Encoding {
    /// Returns the name used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ucs2 => "ucs2",
        }
    }
}
