//! The guides that are compiled into the crate's documentation, so that their links and examples are checked.

pub mod reference {
    //! The rule language, its JSON formats and its command line, in full.
    //!
    //! - [`language`]: what a rule file may contain and what it means. Start here to write rules.
    //! - [`formats`]: the JSON that goes in and comes out, how ids are derived, and the vendors' formats.
    //! - [`command_line`]: the commands of `author`, their flags and exit codes.
    //!
    //! The language is a contract. A rule file that this version accepts keeps its meaning in every later
    //! version of the same major number. The hashes, ids and JSON shapes described here are part of that
    //! promise. The wording of diagnostics is not.

    #[doc = include_str!("language.md")]
    pub mod language {}

    #[doc = include_str!("formats.md")]
    pub mod formats {}

    #[doc = include_str!("command_line.md")]
    pub mod command_line {}
}

#[doc = include_str!("vendors.md")]
pub mod vendors {}
