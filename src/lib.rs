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

pub mod adapter;
pub mod answer;
mod bytes;
pub mod callback;
mod change;
mod companies;
mod compare;
pub mod contact;
mod dead_end;
pub mod diagnostic;
mod docs;
pub mod engine;
mod error;
mod eval;
mod event;
mod excerpt;
mod explain;
mod fold;
mod hash;
mod hir;
mod id;
mod index;
pub mod journal;
mod json;
mod limits;
mod lint;
mod live;
mod lower;
mod map;
mod message;
mod number;
mod operator;
mod origin;
pub mod outcome;
mod patch;
mod path;
mod pattern;
mod percent;
pub mod preview;
mod promise;
pub mod question;
mod reader;
mod recipient;
pub mod rejection;
mod render;
pub mod route;
mod sample;
mod schema;
mod scope;
mod seen;
mod select;
mod sms;
mod span;
mod suggest;
mod syntax;
mod template;
mod time;
pub mod trial;
mod uses;
mod value;

pub use answer::{Answer, Answers};
pub use companies::Companies;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use docs::{reference, vendors};
pub use engine::Engine;
pub use error::{Error, ErrorKind};
pub use event::Event;
pub use explain::Explanation;
pub use id::{IdSource, SeededIds};
pub use limits::Limits;
pub use live::LiveEngine;
pub use outcome::Outcome;
pub use question::Question;
pub use recipient::{Recipient, RecipientKind};
pub use rejection::Rejection;
pub use route::Step;
pub use seen::SeenEvents;
pub use syntax::layout::format;
pub use time::{InvalidTimestamp, Timestamp};
