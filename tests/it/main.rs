//! All integration tests, in one binary.

mod author;
mod callbacks;
mod codes;
mod event;
mod examples;
mod explain;
mod fixtures;
mod house;
mod ingest;
mod limits;
mod live;
mod reading;
mod receipts;
mod reference;
mod registrations;
mod regressions;
mod routing;
mod seen;
mod trial;
mod typed;
mod vendors;
