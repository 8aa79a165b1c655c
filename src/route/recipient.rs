//! Which of an event's identifiers names the person, the phone and the addressee of a channel. Looks
//! nobody up.

use crate::event::contact::is_address;
use crate::event::path::{Path, Root};
use crate::event::recipient::{Recipient, RecipientKind, Recipients};
use crate::hir::To;
use crate::json::path::Segment;
use crate::outcome::message::Channel;

/// The kinds that name a person, in the order of the documented event format.
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

/// The identifier behind which the host is asked for a person: one that names a person, else the
/// phone, the address or the device.
pub(super) fn person(recipients: &Recipients) -> Option<&Recipient> {
    recipients
        .first_of(&PERSON)
        .or_else(|| recipients.first_of(&PHONE))
        .or_else(|| recipients.first_of(&MAIL))
        .or_else(|| recipients.first_of(&DEVICE))
}

/// The identifier whose carrier is asked about: the phone, else the person.
pub(super) fn carrier(recipients: &Recipients) -> Option<&Recipient> {
    recipients.first_of(&PHONE).or_else(|| person(recipients))
}

/// Who a message of the channel goes to where the rule does not say.
pub(super) fn addressee(channel: Channel, recipients: &Recipients) -> Option<Recipient> {
    let own: &[RecipientKind] = match channel {
        Channel::Sms | Channel::Mms => &PHONE,
        Channel::Push => &DEVICE,
        Channel::Email => &MAIL,
    };
    let address = || {
        // eSputnik's keyValue may be an address.
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

/// Why nobody is there to send to.
pub(super) fn nobody(channel: Channel, recipients: &Recipients) -> &'static str {
    let device_alone = !recipients.is_empty()
        && recipients
            .iter()
            .all(|recipient| DEVICE.contains(&recipient.kind()));
    match channel {
        Channel::Sms | Channel::Mms if device_alone => "Event has no mdn or person",
        _ => "Recipient is blank",
    }
}

/// The kind that an explicit `to` names: that of the field, where it is a recipient field, else the
/// channel's own.
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
    fn each_channel_takes_its_own_and_else_the_person() {
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
    fn a_contact_key_may_be_an_address() {
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
    fn a_device_alone_is_nobody_to_text() {
        use RecipientKind as K;
        let cases = [
            (Channel::Sms, K::VibesDeviceId, "Event has no mdn or person"),
            (Channel::Mms, K::VibesDeviceId, "Event has no mdn or person"),
            (Channel::Email, K::VibesDeviceId, "Recipient is blank"),
            (Channel::Push, K::Mdn, "Recipient is blank"),
            (Channel::Sms, K::Email, "Recipient is blank"),
        ];
        for (channel, kind, text) in cases {
            assert_eq!(nobody(channel, &recipients(&[kind])), text);
        }
    }

    #[test]
    fn the_person_is_asked_for_behind_whatever_there_is() {
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
