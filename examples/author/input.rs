//! What commands read: rule files, events, answers, the clock. Each fault is one line.

use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use pointsman::callback::{Registration, read_registrations};
use pointsman::{Answers, Diagnostics, Engine, SeededIds, Timestamp};

use crate::arguments::HostArguments;
use crate::{Failure, output};

/// The name that stands for standard input.
const STANDARD_INPUT: &str = "-";

pub(crate) fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == STANDARD_INPUT
}

/// The whole of a file, or of standard input.
pub(crate) fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if is_standard_input(file) {
        std::io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        fs::read(file).map(|read| bytes = read)
    };
    match read {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Failure::Usage(format!(
            "`{}` cannot be read: {}",
            file.display(),
            reason(&error)
        ))),
    }
}

/// The text of a file that is one event: what ends its last line is no part of the event, whose size is
/// limited.
pub(crate) fn without_last_break(bytes: &[u8]) -> &[u8] {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    text.strip_suffix(b"\r").unwrap_or(text)
}

pub(crate) fn text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(file)?).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Failure::Usage(format!(
            "`{}` is not UTF-8, from byte {offset} on",
            file.display()
        ))
    })
}

/// Rule files with their names as given.
pub(crate) fn sources(files: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    let named = |file: &PathBuf| {
        let name = if is_standard_input(file) {
            "<stdin>".to_owned()
        } else {
            file.display().to_string()
        };
        Ok((name, text(file)?))
    };
    files.iter().map(named).collect()
}

/// Standard input can be read once.
pub(crate) fn only_once<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Failure> {
    let times = files
        .into_iter()
        .filter(|file| is_standard_input(file))
        .count();
    if times > 1 {
        Err(Failure::Usage(
            "`-` is given twice; standard input can be read once".into(),
        ))
    } else {
        Ok(())
    }
}

/// These files as an engine, or what is wrong with them.
pub(crate) fn build(files: &[PathBuf], open: bool) -> Result<Result<Engine, Diagnostics>, Failure> {
    let mut builder = Engine::builder().open_registry(open);
    for (name, text) in sources(files)? {
        builder = builder.source(name, text);
    }
    Ok(builder.build())
}

/// The engine of these files; where they have errors, these are shown.
pub(crate) fn engine(files: &[PathBuf], open: bool) -> Result<Engine, Failure> {
    build(files, open)?.map_err(|found| {
        for diagnostic in &found {
            output::aside(&diagnostic.to_string());
        }
        Failure::Said
    })
}

/// What `now` is for a host.
pub(crate) fn now(host: &HostArguments) -> Result<Timestamp, Failure> {
    moment(host.at.as_deref())
}

/// What `now` is: as given, else what the clock says.
pub(crate) fn moment(given: Option<&str>) -> Result<Timestamp, Failure> {
    if let Some(text) = given {
        return text.parse().map_err(|_| {
            Failure::Usage(format!(
                "`{text}` is no time: write it like 2026-11-20T10:00:00Z"
            ))
        });
    }
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_unix_seconds(seconds)
        .ok_or_else(|| Failure::Usage("the clock is out of range: give --at".into()))
}

/// The answers that are given for every event, at that time.
pub(crate) fn answers(host: &HostArguments, now: Timestamp) -> Result<Answers, Failure> {
    let (name, text) = match &host.answers {
        Some(file) => (file.display().to_string(), text(file)?),
        // No file is one that answers nothing.
        None => (String::new(), "{}".to_owned()),
    };
    Answers::from_json(&text, now).map_err(|error| Failure::Usage(format!("`{name}`: {error}")))
}

/// The registrations of a file, if one is given.
pub(crate) fn registrations(file: Option<&Path>) -> Result<Option<Vec<Registration>>, Failure> {
    let Some(file) = file else {
        return Ok(None);
    };
    match read_registrations(&text(file)?) {
        Ok(registrations) => Ok(Some(registrations)),
        Err(faults) => Err(Failure::Usage(format!("`{}`: {faults}", file.display()))),
    }
}

/// The ids for events that come without one.
pub(crate) fn ids(host: &HostArguments) -> Result<SeededIds, Failure> {
    let Some(given) = &host.ids else {
        // Fresh each time: std keys its hashers at random.
        let fresh = std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish();
        return Ok(SeededIds::new(fresh));
    };
    given
        .strip_prefix("seed:")
        .and_then(|seed| seed.parse().ok())
        .map(SeededIds::new)
        .ok_or_else(|| {
            Failure::Usage(format!(
                "`{given}` is no source of ids: write it like seed:7"
            ))
        })
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".into(),
        ErrorKind::PermissionDenied => "not allowed".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}
