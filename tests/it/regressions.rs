//! Replays the inputs kept from fuzzing. Each of them once caused a failure, or nearly did.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/checks.rs"]
mod checks;

#[test]
fn rules() {
    replay("rules", checks::rules);
}

#[test]
fn template() {
    replay("template", checks::template);
}

#[test]
fn event() {
    replay("event", checks::event);
}

#[test]
fn route() {
    replay("route", checks::route);
}

#[test]
fn callback() {
    replay("callback", checks::callback);
}

#[test]
fn vendor() {
    replay("vendor", checks::vendor);
}

/// Runs a fuzz target on a thousand generated inputs, the same ones in every run.
#[test]
fn index_and_explanation_agree() {
    let mut state = 1_u64;
    for _ in 0..1_000 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state.to_be_bytes()[0]
        })
        .take(120)
        .collect();
        checks::route(&bytes);
    }
}

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/regressions")
        .join(target);
    let mut replayed = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        check(&fs::read(&path).unwrap());
        replayed += 1;
    }
    assert!(replayed > 0, "{} is empty", folder.display());
}
