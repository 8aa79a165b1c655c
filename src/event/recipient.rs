//! The identifiers by which an event names its recipient.

use std::fmt;

/// A kind of identifier that names the recipient of messages.
///
/// The first five are fields of Vibes' event page. The others come from the eSputnik and `CareCloud`
/// adapters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RecipientKind {
    /// `external_person_id`
    ExternalPersonId,
    /// `person_key`
    PersonKey,
    /// `person_id`: a person key or a person id
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
    /// Every kind in order of precedence.
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

    /// The kinds that are fields of `event_data` in the documented event format. Every declared event
    /// type has these fields implicitly.
    pub(crate) const FIELDS: [Self; 5] = [
        Self::ExternalPersonId,
        Self::Mdn,
        Self::PersonId,
        Self::PersonKey,
        Self::VibesDeviceId,
    ];

    /// Returns the kind among [`RecipientKind::FIELDS`] with the given name.
    pub(crate) const fn field(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"external_person_id" => Self::ExternalPersonId,
            b"mdn" => Self::Mdn,
            b"person_id" => Self::PersonId,
            b"person_key" => Self::PersonKey,
            b"vibes_device_id" => Self::VibesDeviceId,
            _ => return None,
        })
    }

    /// Returns the name used in JSON and after `event.recipient.` in rules.
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

    /// Returns the kind with the given name.
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

/// An identifier of a recipient: a kind and a value.
///
/// Its JSON is an object with one key, such as `{"mdn":"+13125550100"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Recipient {
    kind: RecipientKind,
    value: String,
}

impl Recipient {
    /// Creates an identifier.
    #[must_use]
    pub fn new(kind: RecipientKind, value: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            value: value.into().into(),
        }
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> RecipientKind {
        self.kind
    }

    /// Returns the value as sent.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    pub(crate) fn write_json(&self, out: &mut String) {
        let mut object = crate::json::write::ObjectWriter::new(out);
        object.string(self.kind.name(), &self.value);
        object.end();
    }
}

/// The identifiers of one event, at most one of each kind.
#[derive(Clone, Debug)]
pub(crate) struct Recipients {
    /// The number of identifiers. Elements past it are kept for their memory only.
    count: usize,
    /// Stored inline because most events have only one.
    first: Recipient,
    others: Vec<Recipient>,
}

impl Recipients {
    /// Adds an identifier unless there is one of the same kind.
    pub(crate) fn add(&mut self, recipient: Recipient) {
        let Recipient { kind, value } = recipient;
        if let Some(slot) = self.next_slot(kind) {
            *slot = value;
        }
    }

    /// Like [`Recipients::add`], but reuses memory.
    pub(crate) fn add_text(&mut self, kind: RecipientKind, text: &str) {
        if let Some(slot) = self.next_slot(kind) {
            slot.clear();
            slot.push_str(text);
        }
    }

    /// Adds an identifier and returns its value to fill in. Returns `None` if the kind is present.
    fn next_slot(&mut self, kind: RecipientKind) -> Option<&mut String> {
        if self.count != 0 && self.of(kind).is_some() {
            return None;
        }
        let slot = match self.count.checked_sub(1) {
            None => &mut self.first,
            Some(other) => {
                if other == self.others.len() {
                    self.others.push(Recipient::new(kind, ""));
                }
                self.others.get_mut(other)?
            }
        };
        self.count = self.count.saturating_add(1);
        slot.kind = kind;
        Some(&mut slot.value)
    }

    pub(crate) const fn clear(&mut self) {
        self.count = 0;
    }

    pub(crate) fn of(&self, kind: RecipientKind) -> Option<&Recipient> {
        let others = self.count.checked_sub(1)?;
        if self.first.kind == kind {
            return Some(&self.first);
        }
        let mut others = self.others.iter().take(others);
        others.find(|recipient| recipient.kind == kind)
    }

    /// Returns the identifier whose kind comes first in `kinds`.
    pub(crate) fn first_of(&self, kinds: &[RecipientKind]) -> Option<&Recipient> {
        if self.count <= 1 {
            return self.iter().find(|one| kinds.contains(&one.kind));
        }
        kinds.iter().find_map(|kind| self.of(*kind))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Recipient> {
        let all = std::iter::once(&self.first).chain(&self.others);
        all.take(self.count)
    }
}

impl Default for Recipients {
    fn default() -> Self {
        Self {
            count: 0,
            first: Recipient {
                kind: RecipientKind::Mdn,
                value: String::new(),
            },
            others: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name() {
        for kind in RecipientKind::ALL {
            let field = RecipientKind::FIELDS.contains(&kind).then_some(kind);
            assert_eq!(RecipientKind::field(kind.name().as_bytes()), field);
        }
        assert_eq!(RecipientKind::field(b""), None);
    }

    #[test]
    fn cleared_identifiers_do_not_come_back() {
        use RecipientKind as K;
        let mut recipients = Recipients::default();
        for kinds in [
            &[K::Mdn, K::PersonKey, K::Email] as &[_],
            &[],
            &[K::PersonId],
            &[K::Email, K::Mdn],
        ] {
            recipients.clear();
            assert!(recipients.is_empty());
            for kind in kinds {
                recipients.add_text(*kind, kind.name());
                recipients.add_text(*kind, "again");
                recipients.add(Recipient::new(*kind, "once more"));
            }
            let all: Vec<_> = recipients
                .iter()
                .map(|one| (one.kind(), one.value()))
                .collect();
            let expected: Vec<_> = kinds.iter().map(|kind| (*kind, kind.name())).collect();
            assert_eq!(all, expected);
            for kind in K::ALL {
                assert_eq!(recipients.of(kind).is_some(), kinds.contains(&kind));
                assert_eq!(recipients.first_of(&[kind]), recipients.of(kind));
            }
        }
    }
}
