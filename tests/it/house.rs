//! The rules of the house that a compiler does not know: who may import whom, what a file opens with,
//! how long it gets. Reads the project's own files, nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The entries of `src`, in order: each imports only from those before it.
const LAYERS: &[&str] = &[
    "text",
    "collections",
    "limits",
    "error",
    "number",
    "time",
    "json",
    "diagnostic",
    "event",
    "lookup",
    "outcome",
    "syntax",
    "hir",
    "lower",
    "template",
    "index",
    "eval",
    "render",
    "ruleset",
    "lint",
    "route",
    "explain",
    "vendor",
    "testing",
    "engine",
    "docs",
];

/// A word of code, and where alone it may stand.
const CONFINED: &[(&str, &[&str])] = &[
    ("pest", &["syntax/grammar.rs", "syntax/parser.rs"]),
    ("pest_derive", &["syntax/grammar.rs"]),
    (
        "handlebars",
        &["template/", "tests/differential_template.rs"],
    ),
    ("jiff", &["time.rs"]),
    ("u8x16", &["json/parse/simd16.rs", "json/parse/simd64.rs"]),
    ("HashMap", &["collections/map.rs"]),
    ("HashSet", &["collections/map.rs"]),
    ("dashmap", &["event/dedup.rs", "engine/companies.rs"]),
    ("eventTypeKey", &["vendor/adapter/"]),
    ("keyValue", &["vendor/adapter/"]),
    ("contactJson", &["vendor/adapter/"]),
    ("event_type_id", &["vendor/adapter/", "vendor/journal/"]),
    ("property_records", &["vendor/adapter/", "vendor/journal/"]),
    ("property_id", &["vendor/adapter/", "vendor/journal/"]),
    ("callback_type", &["vendor/callback/"]),
    ("error_code", &["vendor/callback/"]),
];

#[test]
fn src_has_few_entries() {
    let entries = fs::read_dir(root().join("src")).unwrap().count();
    assert!(entries <= 35, "{entries} entries directly under src");
}

#[test]
fn folders_import_only_from_earlier_layers() {
    let mut errors = Vec::new();
    for (file, imported) in import_edges() {
        let (own, other) = (layer(&file), layer(&imported));
        match (own, other) {
            _ if file == "lib.rs" || top(&file) == top(&imported) => {}
            (Some(own), Some(other)) if other < own => {}
            (None, _) => errors.push(format!("{file} is in no layer")),
            _ => errors.push(format!(
                "{file} imports {imported}, which is not in an earlier layer"
            )),
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn files_do_not_import_each_other_in_cycles() {
    // A child may use the `mod.rs` of its own folder.
    let is_own_parent = |file: &str, imported: &str| {
        let folder = file.strip_suffix("/mod.rs").unwrap_or(file);
        let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        imported == format!("{parent}/mod.rs")
    };
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, imported) in import_edges() {
        if file != "lib.rs" && !is_own_parent(&file, &imported) {
            edges.entry(file).or_default().insert(imported);
        }
    }
    // Remove files that import nothing that is left or that nothing left imports, until only cycles
    // remain.
    loop {
        let before: usize = edges.values().map(BTreeSet::len).sum();
        let importing: BTreeSet<String> = edges.keys().cloned().collect();
        for imported in edges.values_mut() {
            imported.retain(|file| importing.contains(file));
        }
        let imported: BTreeSet<String> = edges.values().flatten().cloned().collect();
        edges.retain(|file, imports| !imports.is_empty() && imported.contains(file));
        if before == edges.values().map(BTreeSet::len).sum::<usize>() {
            break;
        }
    }
    let lines = edges.iter().map(|(file, to)| format!("{file} -> {to:?}"));
    let lines: Vec<_> = lines.collect();
    assert!(
        lines.is_empty(),
        "import cycles among:\n{}",
        lines.join("\n")
    );
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
fn only_the_line_index_counts_lines() {
    let mut faults = Vec::new();
    for (name, text) in sources() {
        // The formatter counts the blank lines between declarations, not positions.
        if name == "text/line_index.rs" || name.starts_with("syntax/format/") {
            continue;
        }
        for statement in code(&text).split([';', '{', '}']) {
            let after = statement.split_once(r"'\n'").map_or("", |(_, after)| after);
            if after.contains(".count()") {
                faults.push(format!("{name}: {}", statement.trim()));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "use `text::line_index` instead:\n{}",
        faults.join("\n")
    );
}

#[test]
fn keywords_are_listed_once() {
    let homes = ["syntax/", "text/reserved.rs", "tests/"];
    let is_home = |name: &str| homes.iter().any(|home| name.starts_with(home));
    for (name, text) in sources() {
        let lists = ["\"contains\",", "\"ends_with\",", "\"like\","];
        assert!(
            is_home(&name) || !lists.iter().all(|word| text.contains(word)),
            "{name} lists keywords; use `syntax/keyword.rs` or `text/reserved.rs`"
        );
    }
}

#[test]
fn only_template_code_looks_for_tags() {
    // `lower/action.rs` only asks whether a value is a template at all.
    let homes = ["template/", "vendor/adapter/velocity.rs", "lower/action.rs"];
    for (name, text) in sources() {
        let code = code(&text);
        let is_scanner = code.contains("\"{{\"");
        let is_test = name.contains("tests/") || name.ends_with("tests.rs");
        assert!(
            !is_scanner || is_test || homes.iter().any(|home| name.starts_with(home)),
            "{name} scans template text; ask `template` what a template reads and includes"
        );
    }
}

#[test]
fn files_open_with_a_sentence_and_stay_short() {
    for (name, text) in sources() {
        assert!(
            text.starts_with("//! ") || name == "lib.rs" && text.starts_with("#![doc"),
            "{name} does not open with a `//!` sentence"
        );
    }
    let mut files = Vec::new();
    for folder in ["src", "tests", "examples", "benches", "fuzz"] {
        collect(&root().join(folder), &mut files);
    }
    files.retain(|file| file.extension().is_some_and(|end| end == "rs"));
    for file in files {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 800, "{} has {lines} lines", file.display());
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
                .filter(|name| name.chars().any(char::is_uppercase))
                .count();
        }
    }
    assert!(
        (1..=25).contains(&names),
        "{names} types at the crate's root"
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
        "src", "grammar", "tests", "examples", "benches", "fuzz", ".ci",
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

fn top(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or_default()
}

fn layer(file: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == top(file))
}

/// Returns which file of `src` imports which other one, tests left out.
fn import_edges() -> BTreeSet<(String, String)> {
    let sources = sources();
    let modules: BTreeMap<Vec<&str>, &str> = sources
        .iter()
        .map(|(name, _)| (module_path(name), &**name))
        .collect();
    let mut edges = BTreeSet::new();
    for (name, text) in &sources {
        if name.starts_with("tests/") || name.ends_with("/tests.rs") || name.contains("/tests/") {
            continue;
        }
        let own = module_path(name);
        for path in paths(&code(text).replace("pub(in crate::", "pub(in ")) {
            let Some(mut absolute) = absolute(&own, &path, &modules) else {
                continue;
            };
            while !absolute.is_empty() && !modules.contains_key(&absolute) {
                absolute.pop();
            }
            let imported = modules[&absolute];
            if imported != name && imported != "lib.rs" {
                edges.insert((name.clone(), imported.to_owned()));
            }
        }
    }
    edges
}

/// Returns the module path of a file: `json/parse/mod.rs` is `[json, parse]`.
fn module_path(file: &str) -> Vec<&str> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').filter(|name| *name != "lib").collect()
}

/// Resolves a path against the module it is written in; `None` where it leaves the crate.
fn absolute<'a>(
    own: &[&'a str],
    path: &'a [String],
    modules: &BTreeMap<Vec<&'a str>, &str>,
) -> Option<Vec<&'a str>> {
    let mut names = path.iter().map(String::as_str).peekable();
    let mut base = match names.peek() {
        Some(&"crate") => Vec::new(),
        Some(&("self" | "super")) => own.to_vec(),
        Some(first) => {
            let child: Vec<_> = own.iter().copied().chain([*first]).collect();
            return modules
                .contains_key(&child)
                .then(|| own.iter().copied().chain(names).collect());
        }
        None => return None,
    };
    while let Some(&("crate" | "self" | "super")) = names.peek() {
        if names.next() == Some("super") {
            base.pop();
        }
    }
    base.extend(names);
    Some(base)
}

/// The text without comments and without its unit tests, which stand at the end and may use anything.
fn code(text: &str) -> String {
    let before = text
        .split("\n#[cfg(test)]\nmod tests {")
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

/// Returns the paths of every `use`, groups in braces opened up, and the other paths that begin with
/// `crate::` or `super::`.
fn paths(code: &str) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some((at, word)) = ["use ", "crate::", "super::"]
        .iter()
        .filter_map(|word| rest.find(word).map(|at| (at, *word)))
        .min()
    {
        let before = rest[..at].chars().next_back();
        let starts_word = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
        let start = if word == "use " { at + word.len() } else { at };
        rest = &rest[start..];
        if !starts_word {
            rest = &rest[1..];
        } else if word == "use " {
            let end = rest.find(';').unwrap_or(rest.len());
            open_up(&rest[..end], &mut Vec::new(), &mut found);
            rest = &rest[end..];
        } else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            let end = end.unwrap_or(rest.len());
            open_up(&rest[..end], &mut Vec::new(), &mut found);
            rest = &rest[end..];
        }
    }
    found
}

/// Adds the paths of one tree of imports: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn open_up(tree: &str, prefix: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let names: Vec<String> = head.split("::").map(str::trim).map(String::from).collect();
        let length = prefix.len();
        prefix.extend(names.into_iter().filter(|name| !name.is_empty()));
        let (mut depth, mut start) = (0, 0);
        let group = group.strip_suffix('}').unwrap_or(group);
        for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    if !group[start..at].trim().is_empty() {
                        open_up(&group[start..at], prefix, found);
                    }
                    start = at + 1;
                }
                _ => {}
            }
        }
        prefix.truncate(length);
    } else {
        let path = tree.split(" as ").next().unwrap_or_default();
        let names = path
            .split("::")
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let names = names.filter(|name| *name != "self" || prefix.is_empty());
        found.insert(
            prefix
                .iter()
                .cloned()
                .chain(names.map(String::from))
                .collect(),
        );
    }
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
        let made = [
            "target",
            "fuzz/corpus",
            "artifacts",
            "coverage",
            "Cargo.lock",
        ];
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
