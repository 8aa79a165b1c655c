//! Each example is listed, runs to its end, prints something and reports no error.

use std::path::Path;
use std::process::Command;

const LIST: &str = include_str!("../../examples/README.md");

#[test]
fn each_example_is_listed_and_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let command = format!("//! cargo run --example {name}\n");
            assert!(text.contains(&command), "{name} does not say how to run it");
            let lines = text.lines().count();
            assert!((20..=60).contains(&lines), "{name} has {lines} lines");
            names.push(name);
        }
    }
    assert!(names.len() >= 9, "{names:?}");
    for name in names.iter().map(String::as_str).chain(["author"]) {
        let row = format!("| `{name}` | ");
        assert!(LIST.contains(&row), "examples/README.md lacks `{name}`");
    }
    for name in names {
        let output = Command::new(crate::author::example(&name))
            .current_dir(root)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*errors), (Some(0), ""), "{name}");
        assert!(!output.stdout.is_empty(), "{name} prints nothing");
    }
}
