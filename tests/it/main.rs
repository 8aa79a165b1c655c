//! All integration tests, in one binary.

mod corpus;
mod event;
mod explain;
mod house;
mod reference;
mod regressions;
mod routing;
mod seen;
mod trial;
