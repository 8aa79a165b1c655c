//! All integration tests, in one binary.

mod house;
mod reference;
