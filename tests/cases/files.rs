//! Finds the files of the tests, and names tests after them.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the files in a folder of `tests` and in the folders below it, in the order of their names.
pub(crate) fn below(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(&root().join(folder), &mut files);
    files.sort();
    files
}

/// Returns `folder::file::title`, where the title keeps its letters and digits and all else becomes `_`.
pub(crate) fn test_name(path: &Path, title: Option<&str>) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path).with_extension("");
    let parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    let mut parts: Vec<String> = parts.map(|part| part.into_owned()).collect();
    if let Some(title) = title {
        let words = title.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        parts.push(words.join("_").to_lowercase());
    }
    parts.join("::")
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}
