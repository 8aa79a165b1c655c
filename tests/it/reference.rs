//! Compares the tables of the reference and of CONTRIBUTING.md with the code and Cargo.toml.

const REFERENCE: &str = include_str!("../../src/docs/language.md");

#[test]
fn every_code_has_its_row() {
    let rows = REFERENCE
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let written: Vec<&str> = rows
        .map(|(first, _)| first)
        .filter(|name| is_code(name))
        .collect();
    let registered: Vec<&str> = pointsman::diagnostic::Code::ALL
        .iter()
        .map(|code| code.as_str())
        .collect();
    assert_eq!(written, registered);
}

#[test]
fn every_limit_has_its_row() {
    let all = format!("{:?}", pointsman::Limits::default());
    let fields = all.trim_start_matches("Limits { ").trim_end_matches(" }");
    for field in fields.split(", ") {
        let (name, value) = field.split_once(": ").unwrap();
        let row = format!("| `{name}` | {} |", grouped(value));
        assert!(
            REFERENCE.contains(&row),
            "the reference lacks the row {row}"
        );
    }
}

#[test]
fn the_tutorial_passes_its_test() {
    let blocks = REFERENCE.split("```text\n").skip(1);
    let complete = blocks.filter_map(|rest| rest.split("```").next());
    let complete: Vec<&str> = complete.filter(|text| text.contains("\ntest \"")).collect();
    assert_eq!(complete.len(), 1, "{complete:?}");
    let engine = pointsman::Engine::compile(complete[0]).unwrap();
    assert!(engine.warnings().iter().next().is_none());
    let reports = engine.run_tests();
    assert!(reports.len() == 1 && reports[0].passed(), "{reports:?}");
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = include_str!("../../Cargo.toml");
    let reasons = include_str!("../../CONTRIBUTING.md");
    let mut named = 0;
    for section in manifest
        .split("\n[")
        .filter(|text| text.contains("dependencies]\n"))
    {
        for line in section.lines().skip(1) {
            let Some((name, _)) = line.split_once(" = ") else {
                continue;
            };
            named += 1;
            assert!(
                reasons.contains(&format!("`{name}`")),
                "CONTRIBUTING.md says nothing of `{name}`"
            );
        }
    }
    assert!(named > 10, "the dependencies were not found");
}

#[test]
fn every_file_named_in_contributing_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = include_str!("../../CONTRIBUTING.md");
    let mut named = 0;
    for path in text.split('`') {
        let folders = [
            "src/",
            "tests/",
            "examples/",
            "benches/",
            "fuzz/",
            "grammar/",
        ];
        let is_path = folders.iter().any(|folder| path.starts_with(folder));
        let is_placeholder = path.contains("TARGET") || path.contains("/target/");
        if !is_path || is_placeholder {
            continue;
        }
        named += 1;
        assert!(
            root.join(path).exists(),
            "CONTRIBUTING.md names {path}, which does not exist"
        );
    }
    assert!(named > 40, "{named} paths");
}

fn is_code(name: &str) -> bool {
    name.len() == 5 && name.starts_with(['E', 'W']) && name[1..].bytes().all(|b| b.is_ascii_digit())
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
