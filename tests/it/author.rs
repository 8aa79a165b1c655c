//! The command line of rule authors: its flags, its output and its exit codes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

const DELIVERY: &str = "examples/rules/delivery.rules";
const CART: &str = "examples/rules/cart.rules";
const EVENTS: &str = "examples/events/delivery.jsonl";
const BOB: &str = "examples/answers/bob.json";
const AT: &str = "2026-11-20T14:00:00Z";

#[test]
fn a_malformed_event_over_several_lines_gets_a_note() {
    let text = "{\n  \"event_type\": \"t\",\n  \"event_data\": { \"mdn\": 12,, }\n}\n";
    let done = author_with(&["route", DELIVERY, "--events", "-", "--at", AT], text);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert_eq!(out(&done).lines().count(), 4);
    let note = err(&done);
    assert!(note.contains("each line is taken as an event"), "{note}");
    assert!(note.contains("line 3 column 29"), "{note}");
    // Several events, each on its own line, get no note.
    let lines = "{\"event_type\": 1}\n{\"event_type\"\n";
    let done = author_with(&["route", DELIVERY, "--events", "-", "--at", AT], lines);
    assert_eq!(err(&done), "");
}

#[test]
fn routes_every_line_of_the_example() {
    let done = author(&[
        "route",
        DELIVERY,
        "--events",
        EVENTS,
        "--answers",
        BOB,
        "--at",
        AT,
        "--ids",
        "seed:7",
    ]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let lines: Vec<serde_json::Value> = out(&done)
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let sent = std::fs::read_to_string(root().join(EVENTS)).unwrap();
    let sent = sent.lines().filter(|line| !line.trim().is_empty()).count();
    assert_eq!(lines.len(), sent);

    let ignored = lines
        .iter()
        .filter(|line| line["ignored"] == "duplicate_event_id")
        .count();
    assert_eq!(ignored, 1);
    let rejected: Vec<(String, u64)> = lines
        .iter()
        .filter_map(|line| line.get("rejected"))
        .map(|why| {
            (
                why["code"].as_str().unwrap().to_owned(),
                why["line"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("unknown_event_type", 21),
        ("missing_recipient", 22),
        ("invalid_mdn", 23),
        ("duplicate_key", 24),
        ("event_id_too_long", 25),
        ("invalid_event_type", 26),
        ("invalid_json", 27),
    ];
    assert_eq!(
        rejected,
        expected.map(|(code, line)| (code.to_owned(), line))
    );

    let first = &lines[0]["results"];
    assert_eq!(first[0]["rule"], "delivery_today");
    assert_eq!(
        first[1]["message"]["body"],
        "Hi Bob, parcel NW-1001 comes today from 09:00 to 11:00: https://northway.example/t/1001"
    );
    assert_eq!(first[2]["action"]["params"]["text"], "told about NW-1001");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_no_seed_new_ids() {
    let event = r#"{"event_type":"parcel_scanned","event_data":{"mdn":"+13125550100"}}"#;
    let base = ["route", DELIVERY, "--events", "-", "--at", AT];
    let seeded = |seed| author_with(&[&base[..], &["--ids", seed]].concat(), event);
    assert_eq!(out(&seeded("seed:7")), out(&seeded("seed:7")));
    assert_ne!(out(&seeded("seed:7")), out(&seeded("seed:8")));
    assert_ne!(
        out(&author_with(&base, event)),
        out(&author_with(&base, event))
    );
}

#[test]
fn one_value_over_many_lines_is_one_event() {
    let pretty = "{\n\"event_id\": \"a\",\n\"event_type\": \"parcel_scanned\",\n\n\"event_data\": {\"mdn\": 7}\n}\n";
    let done = author_with(&["route", DELIVERY, "--events", "-", "--at", AT], pretty);
    let line: serde_json::Value = serde_json::from_str(out(&done).trim()).unwrap();
    assert_eq!(line["rejected"]["code"], "invalid_recipient");
    assert_eq!(line["rejected"].get("line"), None);
}

#[test]
fn the_line_break_after_an_event_is_not_part_of_it() {
    let head = r#"{"event_type":"t","event_data":{"mdn":"13125550100","s":""#;
    let event = |bytes: usize| format!("{head}{}\"}}}}", "a".repeat(bytes - head.len() - 3));
    let rules = file("size.rules", "rule r { on t do x {} }");
    let largest = pointsman::Limits::default().event_bytes;
    for (text, taken) in [
        (event(largest), true),
        (event(largest) + "\n", true),
        (event(largest) + "\r\n", true),
        (event(largest) + " \n", false),
        (event(largest + 1), false),
    ] {
        for command in [["route", "--events"], ["explain", "--event"]] {
            let [command, flag] = command;
            let arguments = [command, &rules, flag, "-", "--at", AT, "--ids", "seed:7"];
            let done = author_with(&arguments, &text);
            let is_taken = !out(&done).contains("rejected");
            assert_eq!(is_taken, taken, "{command} {}", text.len());
        }
    }
}

#[test]
fn unanswered_questions_are_printed_as_a_line() {
    let event = r#"{"event_id":"a","event_type":"delivered","event_data":{"mdn":"+13125550100","parcel":{"number":"1"}}}"#;
    let done = author_with(&["route", DELIVERY, "--events", "-", "--at", AT], event);
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(
        out(&done),
        "{\"event_id\":\"a\",\"asks\":[{\"person\":{\"mdn\":\"+13125550100\"}}]}\n"
    );
}

#[test]
fn an_open_registry_accepts_any_type() {
    let event =
        r#"{"event_id":"a","event_type":"parcel_lost","event_data":{"mdn":"+13125550100"}}"#;
    let done = author_with(
        &["route", DELIVERY, "--events", "-", "--at", AT, "--open"],
        event,
    );
    assert!(
        out(&done).contains("no_route_rules_found_for_event"),
        "{}",
        out(&done)
    );
}

#[test]
fn events_of_vendors_are_read_by_their_adapters() {
    let rules = file(
        "cart.rules",
        "rule cart { on abandoned_cart do crm.note {} }",
    );
    let event = r#"{"eventTypeKey":"abandoned_cart","keyValue":"site@com.net"}"#;
    let base = ["route", &rules, "--events", "-", "--at", AT, "--adapter"];
    let done = author_with(&[&base[..], &["esputnik"]].concat(), event);
    assert!(out(&done).contains("crm.note"), "{}", out(&done));
    assert_usage(&author(&[&base[..], &["pigeon"]].concat()), "pigeon");
}

#[test]
fn a_cart_becomes_a_message_with_both_products() {
    let cart = "examples/events/abandoned-cart.json";
    let page = include_str!("../fixtures/esputnik/abandoned-cart.json");
    assert_eq!(std::fs::read_to_string(root().join(cart)).unwrap(), page);
    let flags = ["--adapter", "esputnik", "--open", "--events", cart];
    let done = author(&[&["route", CART][..], &flags].concat());
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let outcome: serde_json::Value = serde_json::from_str(&out(&done)).unwrap();
    let sms = &outcome["results"][1]["message"];
    assert_eq!(sms["channel"], "sms");
    assert_eq!(
        sms["body"],
        "Still in your cart:\nHair styler, 341 UAH\nMagnolia Nobile Парфумована вода, 2341 UAH\n"
    );
    assert_eq!(sms["encoding"], "ucs2");
    assert_eq!(sms["segments"], 2);
    let forced: Vec<&str> = sms["ucs2"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|c| c.as_str())
        .collect();
    assert_eq!(forced.concat(), "Парфумовнд");
    let letter = &outcome["results"][2]["message"];
    assert_eq!(letter["to"]["email"], "site@ukr.net");
    assert_eq!(letter["subject"], "2 products wait for you");
    for words in [
        "Hair styler</a>, 341 UAH",
        "Magnolia Nobile Парфумована вода</a>, 2341 UAH",
    ] {
        assert!(letter["html"].as_str().unwrap().contains(words), "{letter}");
    }
}

#[test]
fn callbacks_print_only_bodies() {
    let done = author(&[
        "route",
        DELIVERY,
        "--events",
        EVENTS,
        "--answers",
        BOB,
        "--at",
        AT,
        "--callbacks",
    ]);
    assert_eq!(done.status.code(), Some(0));
    let mut bodies = 0;
    for line in out(&done).lines() {
        let body: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(body["callback_type"], "event_processed");
        assert_eq!(body["event_date"], AT);
        bodies += 1;
    }
    assert!(bodies > 20, "{bodies} bodies");
    assert!(
        err(&done).contains("missing_recipient"),
        "rejected events are not lost"
    );
}

#[test]
fn the_example_rules_have_no_diagnostics_and_pass_their_tests() {
    for rules in [DELIVERY, CART] {
        for command in [
            &["check", rules, "--deny-warnings"][..],
            &["test", rules],
            &["fmt", rules, "--check"],
        ] {
            let done = author(command);
            assert_eq!(done.status.code(), Some(0), "{command:?}: {}", out(&done));
        }
    }
}

#[test]
fn all_mistakes_are_reported() {
    let done = author(&["check", "examples/rules/mistakes.rules", "--format", "json"]);
    assert_eq!(done.status.code(), Some(1));
    let mut codes = Vec::new();
    for line in out(&done).lines() {
        let one: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(one["file"], "examples/rules/mistakes.rules");
        assert!(one["line"].as_u64().unwrap() > 0 && one["column"].as_u64().unwrap() > 0);
        assert!(["error", "warning"].contains(&one["severity"].as_str().unwrap()));
        assert!(!one["message"].as_str().unwrap().is_empty());
        codes.push(one["code"].as_str().unwrap().to_owned());
    }
    for code in [
        "E0202", "E0407", "E0301", "E0206", "E0403", "E0103", "W0101",
    ] {
        assert!(
            codes.iter().any(|found| found == code),
            "{code} is not among {codes:?}"
        );
    }
    let people = author(&["check", "examples/rules/mistakes.rules"]);
    assert!(out(&people).contains("did you mean"), "{}", out(&people));
    assert!(!out(&people).contains('\u{1b}'), "colours in a pipe");
}

#[test]
fn warnings_fail_only_when_denied() {
    let rules = "company \"c\"\nconst unused = 1\nrule a { on b do c.d { e: 1 } }\n";
    let file = file("warning.rules", rules);
    let done = author(&["check", &file]);
    assert_eq!(done.status.code(), Some(0), "{}", out(&done));
    assert!(out(&done).contains("W0002"), "{}", out(&done));
    assert_eq!(
        author(&["check", &file, "--deny-warnings"]).status.code(),
        Some(1)
    );
}

#[test]
fn a_failing_test_exits_1_and_reports_what_happened() {
    let rules = "company \"c\"\nrule a { on b do c.d { e: 1 } }\ntest \"t\" {\n  event {\"event_type\":\"b\",\
                 \"event_data\":{\"mdn\":\"+13125550100\"}}\n  expect a sends sms\n}\n";
    let file = file("failing.rules", rules);
    let done = author(&["test", &file]);
    assert_eq!(done.status.code(), Some(1));
    assert!(
        out(&done).contains('t') && out(&done).contains("c.d"),
        "{}",
        out(&done)
    );
}

#[test]
fn tests_report_where_an_event_violates_its_declaration() {
    let rules = "company \"c\"\nevent b { n: number }\nrule a { on b when n == 1 do c.d {} }\ntest \"t\" {\n  \
                 event {\"event_type\":\"b\",\"event_data\":{\"mdn\":\"13125550100\",\"n\":\"x\"}}\n  \
                 expect a skips\n}\n";
    let done = author(&["test", &file("broken.rules", rules)]);
    assert_eq!(done.status.code(), Some(0), "{}", out(&done));
    assert_eq!(
        out(&done),
        "✓ t\n  ! event_data.n is declared number and is a string\n1 passed, 0 failed\n"
    );
}

#[test]
fn explain_names_the_cause() {
    let event = r#"{"event_id":"a","event_type":"delivery_failed","event_data":{"mdn":"+13125550100","attempt":1,
        "parcel":{"number":"1"},"reason":"nobody","tracking_url":"u"}}"#;
    let base = [
        "explain",
        DELIVERY,
        "--event",
        "-",
        "--at",
        AT,
        "--answers",
        BOB,
    ];
    let done = author_with(&base, event);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(
        out(&done).contains("second_attempt") && out(&done).contains("attempt"),
        "{}",
        out(&done)
    );
    let done = author_with(
        &[&base[..], &["--format", "json", "--rule", "second_attempt"]].concat(),
        event,
    );
    for line in out(&done).lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    let done = author_with(&[&base[..], &["--rule", "second_atempt"]].concat(), event);
    assert_usage(&done, "second_atempt");

    // A file of several events where one is expected, and a text that is not an event.
    let done = author(&["explain", DELIVERY, "--event", EVENTS]);
    assert!(out(&done).starts_with("rejected"), "{}", out(&done));
    assert!(out(&done).contains("head -n 1"), "{}", out(&done));
    let done = author(&["explain", DELIVERY, "--event", DELIVERY]);
    assert!(out(&done).starts_with("rejected"), "{}", out(&done));
    assert!(!out(&done).contains("head -n 1"), "{}", out(&done));
}

/// Compares the command lines in README with what they print.
#[test]
fn the_readme_shows_the_actual_output() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks: Vec<&str> = readme.split("```text\n").skip(1).collect();
    let block = |word: &str| {
        let found = blocks.iter().find(|block| block.starts_with(word));
        let block = found.unwrap_or_else(|| panic!("no block begins with {word}"));
        block.split("```").next().unwrap()
    };
    let rules = file("readme.rules", block("event out_for_delivery"));
    let done = author(&["test", &rules]);
    assert_eq!(done.status.code(), Some(0), "{}{}", out(&done), err(&done));

    let done = author(&["check", "examples/rules/mistakes.rules"]);
    for diagnostic in block("error[").split("\n\n") {
        assert!(out(&done).contains(diagnostic.trim_end()), "{diagnostic}");
    }

    let events = std::fs::read_to_string(root().join(EVENTS)).unwrap();
    let event = events.lines().find(|line| line.contains("d-011")).unwrap();
    let arguments = ["explain", DELIVERY, "--at", AT, "--event", "-"];
    let done = author_with(&arguments, event);
    let shown = block("event d-011");
    assert!(out(&done).contains(shown), "{shown}{}", out(&done));

    let count = events.lines().filter(|line| !line.is_empty()).count();
    assert!(readme.contains(&format!("routes {count} sample events")));
    let arguments = [
        "route",
        DELIVERY,
        "--events",
        EVENTS,
        "--answers",
        BOB,
        "--at",
        AT,
    ];
    let routed = out(&author(&arguments));
    for fragment in block("{\"event_id\"").split(['…', '\n']) {
        assert!(routed.contains(fragment), "{fragment}");
    }

    let hello = std::fs::read_to_string(root().join("examples/hello.rs")).unwrap();
    let program = hello.split_once("use pointsman").unwrap().1;
    assert!(readme.contains(program), "README shows another program");
    let printed = Command::new(example("hello")).output().unwrap();
    let shown = readme.split("```json\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap();
    let shown: String = shown.lines().map(str::trim_start).collect();
    assert_eq!(out(&printed), shown + "\n");

    let commands = readme.split("--example author -- ").skip(1);
    let commands: Vec<&str> = commands.filter_map(|rest| rest.lines().next()).collect();
    assert!(!commands.is_empty(), "{commands:?}");
    for command in commands {
        let done = author(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(done.status.code(), Some(0), "{command}: {}", err(&done));
        assert!(!out(&done).is_empty(), "{command}");
    }
}

#[test]
fn fmt_rewrites_a_file_once() {
    let file = file(
        "layout.rules",
        "company   \"c\"\nrule a{on b do c.d{e:1}} // why\n",
    );
    assert_eq!(author(&["fmt", &file, "--check"]).status.code(), Some(1));
    assert_eq!(author(&["fmt", &file]).status.code(), Some(0));
    let formatted = std::fs::read_to_string(&file).unwrap();
    assert!(formatted.contains("// why"), "{formatted}");
    assert_eq!(author(&["fmt", &file, "--check"]).status.code(), Some(0));
    let piped = author_with(
        &["fmt", "-"],
        "company   \"c\"\nrule a{on b do c.d{e:1}} // why\n",
    );
    assert_eq!(out(&piped), formatted);
    let broken = author_with(&["fmt", "-"], "rule a {");
    assert_eq!((broken.status.code(), out(&broken).as_str()), (Some(1), ""));
}

#[test]
fn errors_of_the_command_line_are_one_line_and_exit_2() {
    assert_usage(&author(&[]), "command");
    assert_usage(&author(&["fly"]), "fly");
    assert_usage(&author(&["check"]), "FILE");
    assert_usage(&author(&["check", DELIVERY, "--colour"]), "--colour");
    assert_usage(&author(&["check", "nowhere.rules"]), "nowhere.rules");
    assert_usage(&author(&["check", "examples"]), "examples");
    assert_usage(&author(&["check", "no\u{1b}\nfile"]), r"no\u{1b}\nfile");
    assert_usage(&author(&["fly\u{1b}"]), "fly");
    assert!(!err(&author(&["fly\u{1b}"])).contains('\u{1b}'));
    assert_usage(&author(&["check", "-", "-"]), "-");
    assert_usage(
        &author(&["route", DELIVERY, "--events", "nowhere.jsonl"]),
        "nowhere.jsonl",
    );
    assert_usage(
        &author(&["route", DELIVERY, "--events", EVENTS, "--at", "noon"]),
        "noon",
    );
    assert_usage(
        &author(&["route", DELIVERY, "--events", EVENTS, "--ids", "7"]),
        "seed:",
    );
    assert_usage(
        &author(&["route", DELIVERY, "--events", EVENTS, "--answers", DELIVERY]),
        DELIVERY,
    );
    let latin = file("latin.rules", "");
    std::fs::write(&latin, b"company \"\xe9\"").unwrap();
    assert_usage(&author(&["check", &latin]), "UTF-8");
}

#[test]
fn rules_with_errors_route_nothing() {
    let done = author(&[
        "route",
        "examples/rules/mistakes.rules",
        "--events",
        EVENTS,
        "--at",
        AT,
    ]);
    assert_eq!((done.status.code(), out(&done).as_str()), (Some(1), ""));
    assert!(err(&done).contains("E0202"), "{}", err(&done));
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    let many = "{\"event_type\":\"parcel_scanned\",\"event_data\":{\"mdn\":\"+13125550100\"}}\n"
        .repeat(5_000);
    let events = file("many.jsonl", &many);
    let mut child = Command::new(binary())
        .args(["route", DELIVERY, "--events", &events, "--at", AT])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), err(&done).as_str()), (Some(0), ""));
}

fn assert_usage(done: &Output, word: &str) {
    let message = err(done);
    assert_eq!(done.status.code(), Some(2), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains(word), "`{word}` is not in: {message}");
    assert_eq!(out(done), "");
}

pub(crate) fn author(arguments: &[&str]) -> Output {
    author_with(arguments, "")
}

pub(crate) fn author_with(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(binary())
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no input may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| example("author"))
}

/// Returns the path of an example as `cargo test` builds it, beside the folder of this test. When single
/// tests are run, cargo does not build the examples, so this does.
pub(crate) fn example(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let tests = std::env::current_exe().unwrap();
        let profile = tests.parent().and_then(Path::parent).unwrap();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--examples"]);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let built = build.current_dir(root()).status();
        let folder = profile.join("examples");
        let built = built.is_ok_and(|status| status.success());
        assert!(built || folder.exists(), "the examples are not built");
        folder
    });
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Writes a file for one test and returns its path.
pub(crate) fn file(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn out(done: &Output) -> String {
    String::from_utf8(done.stdout.clone()).unwrap()
}

pub(crate) fn err(done: &Output) -> String {
    String::from_utf8(done.stderr.clone()).unwrap()
}
