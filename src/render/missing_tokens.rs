//! Records the tokens without a value, for explanations.

use crate::eval::missing_path::missing_segment;
use crate::json::document::Value;
use crate::json::path::Segment;
use crate::template::program::{PathSegment, TokenPath};

/// The tokens without a value.
#[derive(Default)]
pub(super) struct MissingTokenLog<'a> {
    /// The tokens read so far without a value, with the reason.
    reasons: Vec<(&'a str, String)>,
    pub(super) missing: Vec<String>,
}

impl<'a> MissingTokenLog<'a> {
    /// Records the reason why a path has no value.
    pub(super) fn add_reason(&mut self, path: &'a TokenPath, from: Option<Value<'_>>) {
        self.reasons.retain(|(token, _)| *token != &*path.text);
        let end = from.and_then(|from| missing_segment(from, &segments(path)));
        if let Some((gone, why)) = end {
            let last = match path.steps.get(..gone).and_then(<[PathSegment]>::last) {
                Some(step) => format!("`{}`", step.name),
                None => "the context".to_owned(),
            };
            self.reasons.push((&path.text, format!("{last} {why}")));
        }
    }

    /// Records a token that was to be written and has no value.
    pub(super) fn add_missing(&mut self, token: &str) {
        const MOST: usize = 100;
        let end = self.reasons.iter().find(|(known, _)| *known == token);
        let text = match end {
            Some((_, end)) => format!("`{token}` is missing: {end}"),
            None => format!("`{token}` is missing or null"),
        };
        if self.missing.len() < MOST && !self.missing.contains(&text) {
            self.missing.push(text);
        }
    }
}

/// Returns the segments of a path as a document takes them.
pub(super) fn segments(path: &TokenPath) -> Vec<Segment> {
    let segment = |step: &PathSegment| match step.index {
        Some(index) => Segment::Index(index),
        None => Segment::Key(step.name.clone()),
    };
    path.steps.iter().map(segment).collect()
}
