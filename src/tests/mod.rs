//! Tests that need the library's internals.
//!
//! `generate` and `generate_syntax` make random inputs. `differential_*` compare a fast
//! implementation with a plain one on these inputs; `adversarial` counts the work for inputs
//! designed to be slow.

mod adversarial;
mod differential_change;
mod differential_index;
mod differential_template;
mod generate;
pub(crate) mod generate_syntax;
