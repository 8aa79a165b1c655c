//! All integration tests, in one binary.

mod author;
mod corpus;
mod event;
mod explain;
mod house;
mod reference;
mod regressions;
mod routing;
mod seen;
mod trial;
