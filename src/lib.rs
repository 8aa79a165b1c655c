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

pub mod answer;
mod compare;

mod diagnostic;
mod error;
mod eval;
mod event;
mod excerpt;
mod fold;
mod hir;
mod id;
mod index;
mod json;
mod limits;
mod lint;
mod lower;
mod map;
mod message;
mod number;
mod operator;
pub mod outcome;
mod path;
mod pattern;
mod promise;
pub mod question;
mod reader;
mod recipient;
pub mod reference;
mod rejection;
mod sample;
mod schema;
mod scope;
mod seen;
mod sms;
mod span;
mod suggest;
mod syntax;
mod template;
mod time;
mod value;

pub use answer::{Answer, Answers};
pub use diagnostic::{Code, Diagnostic, Diagnostics, Label, Severity};
pub use error::{Error, ErrorKind};
pub use event::Event;
pub use id::{IdSource, SeededIds};
pub use limits::Limits;
pub use outcome::{Channel, Outcome, PartName};
pub use question::Question;
pub use recipient::{Recipient, RecipientKind};
pub use rejection::{Rejection, RejectionCode};
pub use seen::SeenEvents;
pub use time::{InvalidTimestamp, Timestamp};
