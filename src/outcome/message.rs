//! Channels, and messages with their parts as rendered. Renders and sends nothing.

use crate::event::recipient::Recipient;
use crate::json::write;
use crate::json::write::{ObjectWriter, write_list};

/// A channel of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Channel {
    /// A text message.
    Sms,
    /// A message with media.
    Mms,
    /// A push notification.
    Push,
    /// A mail.
    Email,
}

impl Channel {
    /// Its name in rules and in JSON.
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

/// A part of a message that is text, in the order in which JSON names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PartName {
    /// `title` of a push
    Title,
    /// `media` of an mms: a URL
    Media,
    /// `body` of an sms, mms or push (behind `media`, before `subject` in an mms)
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
    /// Its name in rules and in JSON.
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

/// A message with its parts as rendered: what a sender needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub(crate) channel: Channel,
    pub(crate) to: Option<Recipient>,
    pub(crate) parts: Parts,
    /// JSON text of an object.
    pub(crate) data: Option<Box<str>>,
    pub(crate) transactional: bool,
    pub(crate) length: Option<SmsLength>,
}

/// The texts of a message in the order of the JSON; none of them empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Most messages have one alone.
    first: Option<(PartName, String)>,
    others: Vec<(PartName, String)>,
}

impl Parts {
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

/// What an sms takes to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsLength {
    pub(crate) encoding: Encoding,
    pub(crate) segments: usize,
    pub(crate) ucs2: Box<[char]>,
}

/// The alphabet of an sms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Encoding {
    /// The default alphabet of GSM 03.38 with its extension: 160 characters, 153 in each of several.
    Gsm7,
    /// 16-bit units: 70, 67 in each of several.
    Ucs2,
}

impl Message {
    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Who it goes to; None where nobody of the channel's kind was named.
    #[must_use]
    pub const fn to(&self) -> Option<&Recipient> {
        self.to.as_ref()
    }

    /// A part as rendered; None where it is empty, could not be rendered, or the message has none.
    #[must_use]
    pub fn part(&self, name: PartName) -> Option<&str> {
        self.parts
            .iter()
            .find(|(part, _)| *part == name)
            .map(|(_, text)| text.as_str())
    }

    /// `data` of a push: JSON text of an object; None where nothing is in it.
    #[must_use]
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// Whether the mail is marked as one that is owed, whatever the person subscribed to.
    #[must_use]
    pub const fn is_transactional(&self) -> bool {
        self.transactional
    }

    /// What an sms takes to be sent.
    #[must_use]
    pub const fn length(&self) -> Option<&SmsLength> {
        self.length.as_ref()
    }

    /// The whole text: the body; of a mail the text, else the html.
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
    /// The alphabet.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The number of segments.
    #[must_use]
    pub const fn segments(&self) -> usize {
        self.segments
    }

    /// The distinct characters that forced ucs2, in order of appearance.
    #[must_use]
    pub const fn ucs2(&self) -> &[char] {
        &self.ucs2
    }
}

impl Encoding {
    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ucs2 => "ucs2",
        }
    }
}
