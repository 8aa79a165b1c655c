//! The rule language and the JSON around it, in full: what may be written, what it means, and every
//! choice that was ours to make. Holds no code.
#![doc = include_str!("reference.md")]
