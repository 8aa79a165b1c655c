//! The rules of the house that a compiler does not know: who may import whom, what a file opens with,
//! how long it gets. Reads the project's own files, nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every file or folder at the top of `src`, by layer. A layer names itself and those above it in
/// this table; what is new has to find its place here.
const LAYERS: &[&[&str]] = &[
    &[
        "answer",
        "bytes",
        "compare",
        "contact",
        "dead_end",
        "diagnostic",
        "docs",
        "error",
        "event",
        "excerpt",
        "fold",
        "hash",
        "id",
        "json",
        "limits",
        "map",
        "message",
        "number",
        "operator",
        "origin",
        "outcome",
        "patch",
        "path",
        "pattern",
        "percent",
        "promise",
        "question",
        "reader",
        "recipient",
        "rejection",
        "sample",
        "schema",
        "seen",
        "sms",
        "span",
        "suggest",
        "time",
        "uses",
        "value",
    ],
    &["syntax"],
    &["hir", "lint", "lower"],
    &["index", "template"],
    &[
        "change",
        "companies",
        "engine",
        "eval",
        "explain",
        "live",
        "preview",
        "render",
        "route",
        "scope",
        "select",
    ],
    &["adapter", "callback", "journal"],
    &["trial"],
];

/// A word of code, and where alone it may stand.
const CONFINED: &[(&str, &[&str])] = &[
    ("pest", &["syntax/grammar.rs", "syntax/parser.rs"]),
    ("pest_derive", &["syntax/grammar.rs"]),
    ("handlebars", &["template/"]),
    ("jiff", &["time.rs"]),
    ("u8x16", &["reader/blocks.rs", "reader/lanes.rs"]),
    ("HashMap", &["map.rs"]),
    ("HashSet", &["map.rs"]),
    ("dashmap", &["seen.rs", "companies.rs"]),
    ("eventTypeKey", &["adapter/"]),
    ("keyValue", &["adapter/"]),
    ("contactJson", &["adapter/"]),
    ("event_type_id", &["adapter/", "journal/"]),
    ("property_records", &["adapter/", "journal/"]),
    ("property_id", &["adapter/", "journal/"]),
    ("callback_type", &["callback/"]),
    ("error_code", &["callback/"]),
];

#[test]
fn imports_point_down() {
    let mut faults = Vec::new();
    for (name, text) in sources() {
        let module = name.split(['/', '.']).next().unwrap_or_default();
        if module == "lib" {
            continue;
        }
        let Some(own) = layer(module) else {
            faults.push(format!("{name}: `{module}` is in no layer of this test"));
            continue;
        };
        for other in imports(&code(&text)) {
            match layer(&other) {
                Some(there) if there <= own => {}
                Some(_) => faults.push(format!("{name}: `{module}` looks up at `{other}`")),
                None if other.chars().all(|c| c.is_lowercase() || c == '_') => {
                    faults.push(format!("{name}: `{other}` is in no layer of this test"));
                }
                None => faults.push(format!("{name}: takes `{other}` from the crate's root")),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn crates_and_tables_stay_in_their_files() {
    let mut faults = Vec::new();
    for (name, text) in sources() {
        let code = code(&text);
        let words: BTreeSet<&str> = code
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        for (word, homes) in CONFINED {
            if words.contains(word) && !homes.iter().any(|home| name.starts_with(home)) {
                faults.push(format!("{name}: `{word}` belongs in {homes:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_open_with_a_sentence_and_stay_short() {
    for (name, text) in sources() {
        assert!(
            text.starts_with("//! ") || name == "lib.rs" && text.starts_with("#![doc"),
            "{name} does not open with a `//!` sentence"
        );
        let lines = text.lines().count();
        assert!(lines <= 800, "{name} has {lines} lines");
    }
}

#[test]
fn the_root_stays_small() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let code = code(&text);
    let mut names = 0;
    for statement in code.split(';') {
        if let Some(list) = statement.trim().strip_prefix("pub use ")
            // Pages of documentation, not names to import.
            && !list.starts_with("docs::")
        {
            assert!(!list.contains('*'), "a glob at the root: {list}");
            names += list
                .split(',')
                .filter(|name| name.chars().any(char::is_alphanumeric))
                .count();
        }
    }
    assert!(
        (1..=25).contains(&names),
        "{names} names at the crate's root"
    );
}

#[test]
fn codes_are_unique() {
    let mut seen = BTreeSet::new();
    for code in pointsman::diagnostic::Code::ALL {
        let text = code.as_str();
        assert!(seen.insert(text), "{text} stands for two things");
        let digits = text.strip_prefix(['E', 'W']).unwrap_or_default();
        assert!(
            digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()),
            "{text}"
        );
    }
}

#[test]
fn the_project_stands_alone() {
    // Spelt in pieces, so that this file does not find itself.
    let words = [
        concat!("/wo", "rk/"),
        concat!("../sh", "ared"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
    ];
    let mut files = Vec::new();
    for folder in [
        "src", "grammar", "tests/it", "examples", "benches", "fuzz", ".ci",
    ] {
        collect(&root().join(folder), &mut files);
    }
    for file in [
        "Cargo.toml",
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        ".clippy.toml",
    ] {
        files.push(root().join(file));
    }
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        for word in words {
            assert!(!text.contains(word), "{}: `{word}`", file.display());
        }
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The text without comments and without its unit tests, which stand at the end and may use anything.
fn code(text: &str) -> String {
    let before = text
        .split("\n#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let lines = before
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines
        .map(|line| line.split(" // ").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first name of every path that begins with `crate::`, groups in braces opened up.
fn imports(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(first_name(rest));
            continue;
        };
        let mut depth = 0_i32;
        let mut start = true;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if c.is_whitespace() => {}
                _ if start => {
                    names.insert(first_name(group.get(at..).unwrap_or_default()));
                    start = false;
                }
                _ => {}
            }
        }
    }
    names
}

fn first_name(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of `src`, by their names below it.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    files.retain(|file| file.extension().is_some_and(|end| end == "rs"));
    assert!(files.len() > 20, "the sources were not found");
    let named = |file: PathBuf| {
        let name = file
            .strip_prefix(&src)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        (name, fs::read_to_string(&file).unwrap())
    };
    files.into_iter().map(named).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let made = ["target", "corpus", "artifacts", "coverage", "Cargo.lock"];
        if made.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
