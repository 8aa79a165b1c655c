//! Vendors' formats: adapters read events, callbacks report results, the journal answers queries.

pub mod adapter;
pub mod callback;
pub mod journal;
