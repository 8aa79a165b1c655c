//! See `vendor` in `checks.rs`.
#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code, reason = "each target is a program of its own and uses one check")]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::vendor(data));
