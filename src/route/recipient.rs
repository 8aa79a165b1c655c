//! Selects which of an event's identifiers to look up and to send messages to.

use crate::event::contact::is_address;
use crate::event::path::{Path, Root};
use crate::event::recipient::{Recipient, RecipientKind, Recipients};
use crate::hir::To;
use crate::json::path::Segment;
use crate::outcome::message::Channel;

/// Kinds that identify a person, in the order of the documented event format.
const PERSON: [RecipientKind; 7] = [
    RecipientKind::ExternalPersonId,
    RecipientKind::PersonKey,
    RecipientKind::PersonId,
    RecipientKind::ContactKey,
    RecipientKind::ContactId,
    RecipientKind::ExternalCustomerId,
    RecipientKind::CustomerId,
];

const PHONE: [RecipientKind; 2] = [RecipientKind::Mdn, RecipientKind::Phone];
const DEVICE: [RecipientKind; 2] = [RecipientKind::VibesDeviceId, RecipientKind::PushToken];
const MAIL: [RecipientKind; 1] = [RecipientKind::Email];

/// Returns the identifier for the person lookup: one that identifies a person, else the phone, the
/// email address or the device.
pub(super) fn person(recipients: &Recipients) -> Option<&Recipient> {
    recipients
        .first_of(&PERSON)
        .or_else(|| recipients.first_of(&PHONE))
        .or_else(|| recipients.first_of(&MAIL))
        .or_else(|| recipients.first_of(&DEVICE))
}

/// Returns the identifier for the carrier lookup: the phone, else that of the person lookup.
pub(super) fn carrier(recipients: &Recipients) -> Option<&Recipient> {
    recipients.first_of(&PHONE).or_else(|| person(recipients))
}

/// Returns the recipient of a message whose rule has no `to`.
pub(super) fn addressee(channel: Channel, recipients: &Recipients) -> Option<Recipient> {
    let own: &[RecipientKind] = match channel {
        Channel::Sms | Channel::Mms => &PHONE,
        Channel::Push => &DEVICE,
        Channel::Email => &MAIL,
    };
    let address = || {
        // The keyValue of eSputnik may be an email address.
        recipients
            .of(RecipientKind::ContactKey)
            .filter(|key| channel == Channel::Email && is_address(key.value()))
            .map(|key| Recipient::new(RecipientKind::Email, key.value()))
    };
    recipients
        .first_of(own)
        .cloned()
        .or_else(address)
        .or_else(|| recipients.first_of(&PERSON).cloned())
}

/// Returns the error text of a message without a recipient.
pub(super) fn missing_error(channel: Channel, recipients: &Recipients) -> &'static str {
    let only_devices = !recipients.is_empty()
        && recipients
            .iter()
            .all(|recipient| DEVICE.contains(&recipient.kind()));
    match channel {
        Channel::Sms | Channel::Mms if only_devices => "Event has no mdn or person",
        _ => "Recipient is blank",
    }
}

/// Returns the kind of an explicit `to`: that of the recipient field it reads, else the default of the
/// channel.
pub(super) fn kind_of(channel: Channel, to: &To) -> RecipientKind {
    let named = match to {
        To::Path(path) => field(path),
        To::Template(_) => None,
    };
    named.unwrap_or(match channel {
        Channel::Sms | Channel::Mms => RecipientKind::Mdn,
        Channel::Push => RecipientKind::VibesDeviceId,
        Channel::Email => RecipientKind::Email,
    })
}

fn field(path: &Path) -> Option<RecipientKind> {
    match (&path.root, &*path.segments) {
        (Root::Recipient(kind), []) => Some(*kind),
        (Root::EventData, [Segment::Key(name)]) => RecipientKind::FIELDS
            .into_iter()
            .find(|kind| kind.name() == &**name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipients(kinds: &[RecipientKind]) -> Recipients {
        let mut recipients = Recipients::default();
        for kind in kinds {
            recipients.add(Recipient::new(*kind, kind.name()));
        }
        recipients
    }

    #[test]
    fn channels_prefer_their_own_identifier_over_the_person() {
        use RecipientKind as K;
        let all = [K::PersonId, K::ExternalPersonId, K::Mdn, K::VibesDeviceId];
        let cases: [(&[K], [Option<K>; 3]); 6] = [
            (
                &all,
                [
                    Some(K::Mdn),
                    Some(K::VibesDeviceId),
                    Some(K::ExternalPersonId),
                ],
            ),
            (&[K::PersonKey, K::PersonId], [Some(K::PersonKey); 3]),
            (&[K::Mdn], [Some(K::Mdn), None, None]),
            (&[K::VibesDeviceId], [None, Some(K::VibesDeviceId), None]),
            (&[K::Email], [None, None, Some(K::Email)]),
            (&[K::CustomerId], [Some(K::CustomerId); 3]),
        ];
        for (kinds, expected) in cases {
            let recipients = recipients(kinds);
            let found = [Channel::Sms, Channel::Push, Channel::Email]
                .map(|channel| addressee(channel, &recipients).map(|to| to.kind()));
            assert_eq!(found, expected, "{kinds:?}");
        }
    }

    #[test]
    fn a_contact_key_can_be_an_email_address() {
        let cases = [
            ("bob@example.com", K::Email),
            ("bob@example", K::ContactKey),
            ("@example.com", K::ContactKey),
            ("bob @example.com", K::ContactKey),
            ("380501234567", K::ContactKey),
        ];
        use RecipientKind as K;
        for (key, kind) in cases {
            let mut recipients = Recipients::default();
            recipients.add(Recipient::new(K::ContactKey, key));
            let to = addressee(Channel::Email, &recipients).unwrap();
            assert_eq!((to.kind(), to.value()), (kind, key));
        }
    }

    #[test]
    fn an_sms_without_a_phone_has_its_own_error() {
        use RecipientKind as K;
        let cases = [
            (Channel::Sms, K::VibesDeviceId, "Event has no mdn or person"),
            (Channel::Mms, K::VibesDeviceId, "Event has no mdn or person"),
            (Channel::Email, K::VibesDeviceId, "Recipient is blank"),
            (Channel::Push, K::Mdn, "Recipient is blank"),
            (Channel::Sms, K::Email, "Recipient is blank"),
        ];
        for (channel, kind, text) in cases {
            assert_eq!(missing_error(channel, &recipients(&[kind])), text);
        }
    }

    #[test]
    fn any_identifier_serves_for_the_person_lookup() {
        use RecipientKind as K;
        let cases: [(&[K], K, K); 4] = [
            (&[K::Mdn, K::PersonKey], K::PersonKey, K::Mdn),
            (&[K::Mdn], K::Mdn, K::Mdn),
            (&[K::VibesDeviceId], K::VibesDeviceId, K::VibesDeviceId),
            (&[K::PersonId, K::VibesDeviceId], K::PersonId, K::PersonId),
        ];
        for (kinds, of_person, of_carrier) in cases {
            let recipients = recipients(kinds);
            assert_eq!(person(&recipients).unwrap().kind(), of_person);
            assert_eq!(carrier(&recipients).unwrap().kind(), of_carrier);
        }
    }
}
