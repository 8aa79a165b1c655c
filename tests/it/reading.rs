//! Reads an event in every way that the crate has: whole, by an engine, as trusted text, as a value, and into
//! reused memory. All of them must give the same.

use pointsman::engine::{EventBuffer, Scratch};
use pointsman::{Answers, Engine, Event, Rejection, SeededIds};

/// The event that was in reused memory before. It has more of everything.
const BEFORE: &str = r#"{"event_id":"b\u0065fore","event_type":"BEFORE","debug_data":{"d":1},"event_data":{"mdn":"5550100",
    "person_key":"before","external_person_id":"before","a":[[1,2],{"b":{"c":[null,"\n"]}}],"x":1,"y":2}}"#;

/// Reads `bytes` in all ways. The error names the way that differs.
pub(crate) fn check(
    engine: &Engine,
    bytes: &[u8],
    ids: &SeededIds,
    answers: &Answers,
) -> Result<(), String> {
    let line = |read: Result<&Event, &Rejection>| line(engine, answers, read);
    let ids = || ids.clone();
    let read = engine.read(bytes, &mut ids());
    let expected = line(read.as_ref());
    let differs = |way: &str, found: String| match found == expected {
        true => Ok(()),
        false => Err(format!(
            "`{way}` gives\n{found}\ninstead of\n{expected}\nfor {}",
            String::from_utf8_lossy(bytes)
        )),
    };
    let admitted = Event::from_json(bytes, engine.limits(), &mut ids());
    let admitted = admitted.and_then(|event| engine.admit(event));
    differs("from_json", line(admitted.as_ref()))?;
    let mut buffer = EventBuffer::default();
    let _ = engine.read_in(BEFORE.as_bytes(), &mut ids(), &mut buffer);
    let again = engine.read_in(bytes, &mut ids(), &mut buffer);
    differs("read_in", line(again.as_ref().copied()))?;
    let trusted = line(engine.read_trusted(bytes, &mut ids()).as_ref());
    let again = engine.read_trusted_in(bytes, &mut ids(), &mut buffer);
    let again = line(again.as_ref().copied());
    // The reader expects the members in the order of the last event, so read some events in between.
    for before in [bytes, bytes, BEFORE.as_bytes()] {
        let _ = engine.read_trusted_in(before, &mut ids(), &mut buffer);
    }
    let late = engine.read_trusted_in(bytes, &mut ids(), &mut buffer);
    let late = line(late.as_ref().copied());
    for again in [again, late] {
        if trusted != again {
            return Err(format!(
                "`read_trusted_in` gives\n{again}\ninstead of\n{trusted}"
            ));
        }
    }
    if !is_good(&read) {
        return Ok(());
    }
    differs("read_trusted", trusted)?;
    // Above 64 bits, the numbers of a value differ from those of the text.
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return Ok(());
    };
    let written = value.to_string();
    // The spelling of strings differs as well, so compare the data as values.
    let unspelt = |read: Result<&Event, &Rejection>| match read {
        Ok(event) => {
            let data: serde_json::Value = serde_json::from_str(event.event_data()).unwrap();
            let line = line(read);
            format!("{data} {}", line.split_once('\n').unwrap().1)
        }
        Err(_) => line(read),
    };
    let of_value = unspelt(engine.read_value(&value, &mut ids()).as_ref());
    let of_text = unspelt(engine.read(written.as_bytes(), &mut ids()).as_ref());
    match of_value == of_text {
        true => Ok(()),
        false => Err(format!(
            "`read_value` gives\n{of_value}\ninstead of\n{of_text}"
        )),
    }
}

/// Does the same as [`check`] for texts that differ from `bytes` in one byte. Most of them are not events.
pub(crate) fn check_broken(
    engine: &Engine,
    bytes: &[u8],
    ids: &SeededIds,
    answers: &Answers,
) -> Result<(), String> {
    const BYTES: &[u8] = b"\"{}[]:,\\ 0ex\n\xc3";
    // The positions are spread over the text and are the same in every run.
    let mut seed = bytes.len();
    for turn in 0..3 {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let at = (seed >> 33) % bytes.len().max(1);
        let with = BYTES[(seed >> 13) % BYTES.len()];
        let mut broken = bytes.to_vec();
        match turn {
            0 if at < broken.len() => drop(broken.remove(at)),
            1 if at < broken.len() => broken[at] = with,
            _ => broken.insert(at, with),
        }
        check(engine, &broken, ids, answers)?;
    }
    Ok(())
}

/// Returns whether a host may trust the text, even if the event is rejected for another reason.
fn is_good(read: &Result<Event, Rejection>) -> bool {
    !read.as_ref().is_err_and(|rejection| {
        let bad = [
            "event_too_large",
            "invalid_json",
            "too_deep",
            "duplicate_key",
        ];
        bad.contains(&rejection.code().as_str())
    })
}

fn line(engine: &Engine, answers: &Answers, read: Result<&Event, &Rejection>) -> String {
    let event = match read {
        Ok(event) => event,
        Err(rejection) => return rejection.to_json(),
    };
    let mut scratch = Scratch::default();
    let matches: Vec<_> = engine.matches(event, answers, &mut scratch).collect();
    format!(
        "{} {} {:?} {:?} {matches:?}\n{}\n{}",
        event.event_type(),
        event.id_generated(),
        event.event_data(),
        event.debug_data(),
        engine.route(event, answers).to_json(event),
        engine.explain(event, answers).to_json(),
    )
}
