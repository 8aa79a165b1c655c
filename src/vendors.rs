//! What the vendors' pages ask for, row by row, and the test that shows each row. Holds no code.
#![doc = include_str!("vendors.md")]
