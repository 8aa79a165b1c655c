//! Who an event is about: the kinds of identifier and the ones that an event carries. Knows no channel.

use std::fmt;

/// A kind of identifier that names the recipient of an event's messages.
///
/// The first five are the fields of Vibes' event page; the others come with the eSputnik and
/// `CareCloud` adapters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RecipientKind {
    /// `external_person_id`
    ExternalPersonId,
    /// `person_key`
    PersonKey,
    /// `person_id`: holds a person key or a person id
    PersonId,
    /// `mdn`: a phone number
    Mdn,
    /// `vibes_device_id`: a device for push messages
    VibesDeviceId,
    /// eSputnik's `keyValue`
    ContactKey,
    /// eSputnik's `contactId`
    ContactId,
    /// eSputnik's `externalCustomerId`
    ExternalCustomerId,
    /// eSputnik's `email`
    Email,
    /// eSputnik's `phone`
    Phone,
    /// eSputnik's `pushToken`
    PushToken,
    /// `CareCloud`'s `customer_id`
    CustomerId,
}

impl RecipientKind {
    /// Every kind, in the order in which they are looked at.
    pub const ALL: [Self; 12] = [
        Self::ExternalPersonId,
        Self::PersonKey,
        Self::PersonId,
        Self::Mdn,
        Self::VibesDeviceId,
        Self::ContactKey,
        Self::ContactId,
        Self::ExternalCustomerId,
        Self::Email,
        Self::Phone,
        Self::PushToken,
        Self::CustomerId,
    ];

    /// The kinds that are fields of `event_data` by the documented event format, and that every
    /// declared event type has without saying so.
    pub(crate) const FIELDS: [Self; 5] = [
        Self::ExternalPersonId,
        Self::Mdn,
        Self::PersonId,
        Self::PersonKey,
        Self::VibesDeviceId,
    ];

    /// The name in JSON and behind `event.recipient.` in rules.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExternalPersonId => "external_person_id",
            Self::PersonKey => "person_key",
            Self::PersonId => "person_id",
            Self::Mdn => "mdn",
            Self::VibesDeviceId => "vibes_device_id",
            Self::ContactKey => "contact_key",
            Self::ContactId => "contact_id",
            Self::ExternalCustomerId => "external_customer_id",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::PushToken => "push_token",
            Self::CustomerId => "customer_id",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for RecipientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One identifier: a kind and its value. In JSON an object of one key: `{"mdn":"+13125550100"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Recipient {
    kind: RecipientKind,
    value: String,
}

impl Recipient {
    /// An identifier of that kind.
    #[must_use]
    pub fn new(kind: RecipientKind, value: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            value: value.into().into(),
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> RecipientKind {
        self.kind
    }

    /// Its value, as sent.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    pub(crate) fn write_json(&self, out: &mut String) {
        let mut object = crate::json::ObjectWriter::new(out);
        object.string(self.kind.name(), &self.value);
        object.end();
    }
}

/// The identifiers that one event carries: at most one of each kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recipients {
    /// Most events have one alone.
    first: Option<Recipient>,
    others: Vec<Recipient>,
    /// Memory of those that were cleared away.
    spare: Vec<String>,
}

impl Recipients {
    /// Adds one; a kind that is there already keeps its first value.
    pub(crate) fn add(&mut self, recipient: Recipient) {
        if self.of(recipient.kind).is_some() {
            return;
        }
        match &self.first {
            None => self.first = Some(recipient),
            Some(_) => self.others.push(recipient),
        }
    }

    /// As [`Recipients::add`], in memory that was used before.
    pub(crate) fn add_text(&mut self, kind: RecipientKind, text: &str) {
        let mut value = self.spare.pop().unwrap_or_default();
        value.push_str(text);
        self.add(Recipient { kind, value });
    }

    pub(crate) fn clear(&mut self) {
        for mut recipient in self.first.take().into_iter().chain(self.others.drain(..)) {
            recipient.value.clear();
            self.spare.push(recipient.value);
        }
    }

    pub(crate) fn of(&self, kind: RecipientKind) -> Option<&Recipient> {
        self.iter().find(|recipient| recipient.kind == kind)
    }

    /// The first there is, in the order of `kinds`.
    pub(crate) fn first_of(&self, kinds: &[RecipientKind]) -> Option<&Recipient> {
        if self.others.is_empty() {
            return self.first.as_ref().filter(|one| kinds.contains(&one.kind));
        }
        kinds.iter().find_map(|kind| self.of(*kind))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Recipient> {
        self.first.iter().chain(&self.others)
    }
}
