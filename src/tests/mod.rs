//! Tests that need the library's insides: random rules and events, adversarial inputs, and comparisons of
//! each fast implementation with a plain one.

mod adversarial;
mod differential_change;
mod differential_index;
mod differential_template;
mod generate;
pub(crate) mod generate_syntax;
