//! What became of an event: the results, in order, and their JSON. Decides nothing.

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
