//! Every error text for JSON that a host or a vendor sends, compared with a stored file.
//!
//! The file holds one case per paragraph: `> READER JSON`, then one line per error, or `ok`.
//! With `POINTSMAN_UPDATE=1` the test rewrites the file first.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use pointsman::adapter::Adapter;
use pointsman::callback::{Callback, Faults, Registration, read_receipt, read_registrations};
use pointsman::contact::{Contact, ContactFormats, FieldFormat};
use pointsman::{Answers, Limits};

use super::{now, read};

#[test]
fn error_texts_match_the_stored_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/input-errors.txt");
    let stored = fs::read_to_string(&file).unwrap();
    let mut found = String::new();
    for case in stored.lines().filter_map(|line| line.strip_prefix("> ")) {
        if !found.is_empty() {
            found.push('\n');
        }
        let (reader, json) = case.split_once(' ').unwrap();
        let errors = errors(reader, json);
        writeln!(found, "> {case}\n{}", errors.join("\n")).unwrap();
    }
    if env::var_os("POINTSMAN_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&file, &found).unwrap();
    } else {
        for (found, stored) in found.split("\n\n").zip(stored.split("\n\n")) {
            assert_eq!(found.trim_end(), stored.trim_end());
        }
        assert_eq!(found, stored);
    }
}

fn errors(reader: &str, json: &str) -> Vec<String> {
    let limits = Limits::default();
    let found = match reader {
        "contact" => {
            let formats = ContactFormats::default()
                .with(10001, FieldFormat::Date)
                .with(10002, FieldFormat::Number)
                .with(10003, FieldFormat::Text);
            let contact = Contact::from_json(json, &formats, &limits);
            contact.map(drop).map_err(|errors| {
                let lines = errors.iter().map(ToString::to_string);
                lines.collect()
            })
        }
        "esputnik" | "carecloud" => {
            let event = read(Adapter::from_name(reader).unwrap(), json);
            event.map(drop).map_err(|error| vec![error.to_json()])
        }
        "registration" => lines(Registration::from_json(json)),
        "registrations" => lines(read_registrations(json)),
        "receipt" => lines(read_receipt(json)),
        "callback" => lines(Callback::from_json(json)),
        "answers" => {
            let answers = Answers::from_json(json, now());
            answers.map(drop).map_err(|error| vec![error.to_string()])
        }
        _ => panic!("no reader `{reader}`"),
    };
    found.err().unwrap_or_else(|| vec!["ok".to_owned()])
}

/// One line per fault: its code and its text.
fn lines<T>(found: Result<T, Faults>) -> Result<(), Vec<String>> {
    let line = |faults: Faults| {
        let lines = faults
            .iter()
            .map(|fault| format!("{}: {fault}", fault.code().as_str()));
        lines.collect()
    };
    found.map(drop).map_err(line)
}
