//! Compares the output for rule files with the snapshots beside them.
//!
//! An input is a file `NAME.rules`. Lines `=== TITLE` divide it into several inputs, and divide its
//! snapshot in the same way.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use pointsman::diagnostic::Code;
use pointsman::{Engine, Limits};

use crate::files;

/// The diagnostics of rules, as authors see them.
pub(crate) const DIAGNOSTICS: Suite = Suite {
    folder: "ui",
    ending: ".stderr",
    output: diagnostics,
};

/// Rules in the canonical layout.
pub(crate) const FORMATTED: Suite = Suite {
    folder: "format",
    ending: ".formatted.rules",
    output: formatted,
};

/// A folder of inputs, and how to compute the snapshot of one.
pub(crate) struct Suite {
    /// The folder below `tests`. Its name begins the names of the tests.
    folder: &'static str,
    /// Replaces `.rules` in the name of a snapshot.
    ending: &'static str,
    /// Takes the name of the file and the text of one input.
    output: fn(&str, &str) -> Result<String, String>,
}

/// One part of a file, without the line breaks at its end.
#[derive(Debug, PartialEq)]
struct Part {
    /// `None` if the file is not divided.
    title: Option<String>,
    text: String,
}

impl Suite {
    /// Returns a test for each input, and one that finds snapshots without an input.
    pub(crate) fn trials(&'static self) -> Vec<Trial> {
        let mut trials = Vec::new();
        for path in self.inputs() {
            let inputs = parts(&files::read(&path)).unwrap_or_else(|error| panic!("{error}"));
            for (index, input) in inputs.into_iter().enumerate() {
                let name = files::test_name(&path, input.title.as_deref());
                let path = path.clone();
                let check = move || self.check(&path, &input, index).map_err(Failed::from);
                trials.push(Trial::test(name, check));
            }
        }
        let name = format!("{}::every_snapshot_has_its_input", self.folder);
        trials.push(Trial::test(name, || match self.stray_snapshots().first() {
            None => Ok(()),
            Some(path) => Err(format!("{} has no input", path.display()).into()),
        }));
        trials
    }

    /// Rewrites every snapshot, and removes those without an input.
    pub(crate) fn update(&self) {
        for path in self.inputs() {
            let inputs = parts(&files::read(&path)).unwrap_or_else(|error| panic!("{error}"));
            let outputs = inputs.into_iter().map(|input| Part {
                text: (self.output)(&files::name(&path), &input.text)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
                title: input.title,
            });
            let snapshot = joined(&outputs.collect::<Vec<_>>());
            let path = self.snapshot_of(&path);
            if fs::read_to_string(&path).ok().as_ref() != Some(&snapshot) {
                fs::write(&path, snapshot).unwrap();
                println!("updated {}", path.display());
            }
        }
        for path in self.stray_snapshots() {
            fs::remove_file(&path).unwrap();
            println!("removed {}", path.display());
        }
    }

    fn check(&self, path: &Path, input: &Part, index: usize) -> Result<(), String> {
        let snapshot = self.snapshot_of(path);
        let advice = "if the output is right, run `POINTSMAN_UPDATE=1 cargo test --test cases`";
        let text = fs::read_to_string(&snapshot)
            .map_err(|error| format!("{}: {error}; {advice}", snapshot.display()))?;
        let expected = parts(&text)?.into_iter().nth(index);
        let expected = expected.filter(|part| part.title == input.title);
        let expected = expected.map(|part| part.text).unwrap_or_default();
        let output = (self.output)(&files::name(path), &input.text)?;
        let output = output.trim_end_matches('\n');
        if output == expected {
            return Ok(());
        }
        let difference = difference(&expected, output);
        let input = &input.text;
        Err(format!(
            "{} differs:\n{difference}\nof the input\n{input}\n{advice}",
            snapshot.display()
        ))
    }

    /// Returns the paths of the inputs in the order of their names.
    fn inputs(&self) -> Vec<PathBuf> {
        let mut paths = files::below(self.folder);
        paths.retain(|path| {
            let name = files::name(path);
            name.ends_with(".rules") && !name.ends_with(self.ending)
        });
        assert!(!paths.is_empty(), "no inputs in tests/{}", self.folder);
        paths
    }

    fn stray_snapshots(&self) -> Vec<PathBuf> {
        let expected: Vec<PathBuf> = self
            .inputs()
            .iter()
            .map(|path| self.snapshot_of(path))
            .collect();
        let mut paths = files::below(self.folder);
        paths.retain(|path| files::name(path).ends_with(self.ending) && !expected.contains(path));
        paths
    }

    fn snapshot_of(&self, input: &Path) -> PathBuf {
        let name = files::name(input);
        let stem = name.strip_suffix(".rules").unwrap_or(&name);
        input.with_file_name(format!("{stem}{}", self.ending))
    }
}

/// Codes about limits or several sources, which one short text cannot have. `tests/it` and the corpus test
/// them.
const WITHOUT_SNAPSHOT: [&str; 6] = ["E0001", "E0002", "E0003", "E0004", "E0005", "E0109"];

/// Returns a test that each code of a diagnostic is in a snapshot.
pub(crate) fn code_trial() -> Trial {
    Trial::test("ui::every_code_has_a_snapshot", || {
        let mut paths = files::below(DIAGNOSTICS.folder);
        paths.retain(|path| files::name(path).ends_with(DIAGNOSTICS.ending));
        let snapshots: String = paths.iter().map(|path| files::read(path)).collect();
        for code in Code::ALL.iter().map(|code| code.as_str()) {
            let is_expected = !WITHOUT_SNAPSHOT.contains(&code);
            if snapshots.contains(&format!("[{code}]: ")) != is_expected {
                let verb = if is_expected { "lacks" } else { "now has" };
                return Err(format!("tests/ui {verb} a snapshot with {code}").into());
            }
        }
        Ok(())
    })
}

/// Returns what an author is shown: the errors, or the warnings of rules without errors.
fn diagnostics(name: &str, text: &str) -> Result<String, String> {
    match Engine::builder().source(name, text).build() {
        Ok(engine) => Ok(engine.warnings().to_string()),
        Err(diagnostics) => Ok(diagnostics.to_string()),
    }
}

/// Returns the canonical layout, which has to be stable.
fn formatted(name: &str, text: &str) -> Result<String, String> {
    let format = |text: &str| {
        pointsman::format(name, text, &Limits::default()).map_err(|errors| errors.to_string())
    };
    let once = format(text)?;
    if format(&once)? != once {
        return Err(format!("formatting is not stable:\n{once}"));
    }
    if once.ends_with("\n\n") || !once.ends_with('\n') {
        return Err("the text does not end in one line break".into());
    }
    Ok(once)
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(title) = line.strip_prefix("=== ") {
            let title = Some(title.trim().to_owned());
            if parts.iter().any(|other: &Part| other.title == title) {
                return Err(format!("two inputs have the title of `{}`", line.trim()));
            }
            let text = String::new();
            parts.push(Part { title, text });
            continue;
        }
        if parts.is_empty() {
            let (title, text) = (None, String::new());
            parts.push(Part { title, text });
        }
        if let Some(part) = parts.last_mut() {
            part.text.push_str(line);
        }
    }
    for part in &mut parts {
        let length = part.text.trim_end_matches('\n').len();
        part.text.truncate(length);
    }
    Ok(parts)
}

/// The reverse of [`parts`].
fn joined(parts: &[Part]) -> String {
    let parts = parts.iter().map(|part| {
        let title = part.title.iter().map(|title| format!("=== {title}\n"));
        let text = part.text.trim_end_matches('\n');
        let end = if text.is_empty() { "" } else { "\n" };
        format!("{}{text}{end}", title.collect::<String>())
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// Returns the lines in which two texts differ, `-` before those expected and `+` before the others.
fn difference(expected: &str, output: &str) -> String {
    let (expected, output): (Vec<_>, Vec<_>) =
        (expected.lines().collect(), output.lines().collect());
    let pairs = expected.iter().zip(&output);
    let before = pairs.take_while(|(one, other)| one == other).count();
    let (expected, output) = (&expected[before..], &output[before..]);
    let pairs = expected.iter().rev().zip(output.iter().rev());
    let after = pairs.take_while(|(one, other)| one == other).count();
    let removed = expected[..expected.len() - after]
        .iter()
        .map(|line| format!("-{line}"));
    let added = output[..output.len() - after]
        .iter()
        .map(|line| format!("+{line}"));
    removed.chain(added).collect::<Vec<_>>().join("\n")
}
