//! Compiled patterns of string operators: `like`, `matches`, `in_network`. Knows no rule.

use std::hash::{Hash, Hasher};

/// A compiled `like` pattern; equal to another of the same text and case rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Like {
    text: Box<str>,
    ignoring_case: bool,
}

/// A compiled regular expression; equal to another of the same text and case rule.
#[derive(Clone, Debug)]
pub(crate) struct Regex {
    text: Box<str>,
    ignoring_case: bool,
    regex: regex::Regex,
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ignoring_case == other.ignoring_case
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.ignoring_case.hash(state);
    }
}

/// An IPv4 or IPv6 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network {
    /// IPv4 addresses in their own right, not mapped.
    address: std::net::IpAddr,
    prefix: u8,
}
