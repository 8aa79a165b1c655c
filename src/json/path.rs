//! Segments of a path into JSON, and their spelling in rules.

use std::fmt;

use super::write::write_string;

/// One segment of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Segment {
    Key(Box<str>),
    Index(u32),
}

/// Returns whether `name` can follow a dot without brackets and quotes.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Appends `segments` as rules write them: `.order["line-items"][0].id`.
pub(crate) fn write_segments(out: &mut impl fmt::Write, segments: &[Segment]) -> fmt::Result {
    for segment in segments {
        write_segment(out, segment)?;
    }
    Ok(())
}

/// Writes one segment: `.name`, `["any name"]` or `[0]`.
pub(crate) fn write_segment(out: &mut impl fmt::Write, segment: &Segment) -> fmt::Result {
    match segment {
        Segment::Key(name) => write_key(out, name),
        Segment::Index(index) => write!(out, "[{index}]"),
    }
}

/// Writes one key: `.name` or `["any name"]`.
pub(crate) fn write_key(out: &mut impl fmt::Write, name: &str) -> fmt::Result {
    if is_plain_name(name) {
        write!(out, ".{name}")
    } else {
        out.write_char('[')?;
        write_string(out, name)?;
        out.write_char(']')
    }
}
