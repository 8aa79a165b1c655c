//! Reads the input of the commands: rule files, events, answers and the clock. Each error is one line.

use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use pointsman::callback::{Registration, read_registrations};
use pointsman::{Answers, Diagnostics, Engine, SeededIds, Timestamp};

use crate::arguments::HostArguments;
use crate::{Failure, output};

/// The file name that means standard input.
const STANDARD_INPUT: &str = "-";

pub(crate) fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == STANDARD_INPUT
}

/// Reads a file or standard input to its end.
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

/// Removes the last line break. It is not part of the event and must not count towards its size limit.
pub(crate) fn without_last_break(bytes: &[u8]) -> &[u8] {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    text.strip_suffix(b"\r").unwrap_or(text)
}

pub(crate) fn text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(file)?).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Failure::Usage(format!(
            "`{}` is not valid UTF-8 from byte {offset} on",
            file.display()
        ))
    })
}

/// Reads rule files. Their names are the paths as given.
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

/// Rejects a command line that reads standard input twice.
pub(crate) fn reject_repeated_stdin<'a>(
    files: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), Failure> {
    let times = files
        .into_iter()
        .filter(|file| is_standard_input(file))
        .count();
    if times > 1 {
        Err(Failure::Usage(
            "`-` is given twice, but standard input can be read only once".into(),
        ))
    } else {
        Ok(())
    }
}

/// Builds an engine from rule files, or returns their diagnostics.
pub(crate) fn build(files: &[PathBuf], open: bool) -> Result<Result<Engine, Diagnostics>, Failure> {
    let mut builder = Engine::builder().open_registry(open);
    for (name, text) in sources(files)? {
        builder = builder.source(name, text);
    }
    Ok(builder.build())
}

/// Builds an engine from rule files and prints their errors.
pub(crate) fn engine(files: &[PathBuf], open: bool) -> Result<Engine, Failure> {
    build(files, open)?.map_err(|found| {
        for diagnostic in &found {
            output::print_error_line(&diagnostic.to_string());
        }
        Failure::Reported
    })
}

/// Returns the value of `now` for a host.
pub(crate) fn now(host: &HostArguments) -> Result<Timestamp, Failure> {
    timestamp(host.at.as_deref())
}

/// Parses the given time, or else reads the clock.
pub(crate) fn timestamp(given: Option<&str>) -> Result<Timestamp, Failure> {
    if let Some(text) = given {
        return text.parse().map_err(|_| {
            Failure::Usage(format!(
                "`{text}` is not a timestamp; use e.g. 2026-11-20T10:00:00Z"
            ))
        });
    }
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_unix_seconds(seconds)
        .ok_or_else(|| Failure::Usage("the clock is out of range; use --at".into()))
}

/// Reads the answers, which apply to every event.
pub(crate) fn answers(host: &HostArguments, now: Timestamp) -> Result<Answers, Failure> {
    let (name, text) = match &host.answers {
        Some(file) => (file.display().to_string(), text(file)?),
        // Without a file there are no answers.
        None => (String::new(), "{}".to_owned()),
    };
    Answers::from_json(&text, now).map_err(|error| Failure::Usage(format!("`{name}`: {error}")))
}

/// Reads the registrations, if a file is given.
pub(crate) fn registrations(file: Option<&Path>) -> Result<Option<Vec<Registration>>, Failure> {
    let Some(file) = file else {
        return Ok(None);
    };
    match read_registrations(&text(file)?) {
        Ok(registrations) => Ok(Some(registrations)),
        Err(faults) => Err(Failure::Usage(format!("`{}`: {faults}", file.display()))),
    }
}

/// Returns the source of ids for events that have none.
pub(crate) fn ids(host: &HostArguments) -> Result<SeededIds, Failure> {
    let Some(given) = &host.ids else {
        // `RandomState` has random keys, so each run gets new ids.
        let fresh = std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish();
        return Ok(SeededIds::new(fresh));
    };
    given
        .strip_prefix("seed:")
        .and_then(|seed| seed.parse().ok())
        .map(SeededIds::new)
        .ok_or_else(|| Failure::Usage(format!("`{given}` is not a source of ids; use e.g. seed:7")))
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::IsADirectory => "it is a directory".into(),
        _ => error.to_string(),
    }
}
