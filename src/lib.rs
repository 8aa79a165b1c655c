#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]
#![warn(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::dbg_macro,
    clippy::iter_over_hash_type
)]

pub mod diagnostic;
pub mod engine;
pub mod outcome;
pub mod testing;

mod collections;
mod docs;
mod error;
mod eval;
mod event;
mod explain;
mod hir;
mod index;
mod json;
mod limits;
mod lint;
mod lookup;
mod lower;
mod number;
mod render;
mod route;
mod ruleset;
mod syntax;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod vendor;

// Engines, and what they report about rules.
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use engine::companies::Companies;
pub use engine::live::LiveEngine;
pub use engine::{Engine, preview};
pub use error::{Error, ErrorKind};
pub use explain::Explanation;
pub use limits::Limits;
pub use syntax::format::format;

// Events.
pub use event::dedup::SeenEvents;
pub use event::id::{IdSource, SeededIds};
pub use event::recipient::{Recipient, RecipientKind};
pub use event::rejection::Rejection;
pub use event::{Event, contact, rejection};
pub use time::{InvalidTimestamp, Timestamp};

// Routing: its steps, the questions to the host, and the outcome.
pub use lookup::answer::{Answer, Answers};
pub use lookup::question::Question;
pub use lookup::{answer, question};
pub use outcome::Outcome;
pub use route::Step;

// The formats of vendors.
pub use vendor::{adapter, callback, journal};

// Documentation pages.
pub use docs::{reference, vendors};
