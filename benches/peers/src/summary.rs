//! Prints the summary: one table of all matching rows, and one that compares Pointsman with its peers.

use crate::building::Build;
use crate::matching::{IGNORED, QUAMINA, QUAMINA_BARE, READ, TRUSTED, VALIDATED, is_floor};
use crate::rendering::{ALONE, HANDLEBARS, OUTCOME, PUSH_STR, ROUTE, TERA, WIRED};
use crate::scale::{Reload, Threads};
use crate::table::{Row, short};

/// The rules and events of a row.
#[derive(Clone, Copy)]
pub struct Form {
    pub set: char,
    pub size: usize,
    pub long_first: bool,
}

impl Form {
    fn name(self) -> String {
        let long = if self.long_first { ", long first" } else { "" };
        format!("{} {}{long}", self.set, grouped(self.size))
    }
}

/// The results of all sections.
#[derive(Default)]
pub struct Summary {
    pub matching: Vec<(Form, Vec<Row>)>,
    pub webhooks: Vec<Row>,
    pub templates: Vec<Vec<Row>>,
    pub end_to_end: Vec<Row>,
    pub builds: Vec<Build>,
    pub threads: Vec<Threads>,
    pub reload: Option<Reload>,
    pub million: Vec<Row>,
}

fn row<'a>(rows: &'a [Row], name: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.name == name)
}

/// Formats a number with thousands separators.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Summary {
    pub fn print(&self, machine: &str) {
        println!(
            "\n## In short\n\nOn {machine}. Matching, thousand events/s, of all columns in one run:\n"
        );
        self.print_matching();
        println!("\nComparison:\n\n| what | Pointsman | compared with | theirs | ratio |");
        println!("| --- | --: | --- | --: | --: |");
        for (form, rows) in &self.matching {
            self.print_form(*form, rows);
        }
        rates("webhooks, validated", &self.webhooks, VALIDATED, IGNORED);
        for (what, rows) in ["three fields", "`each` over ten products"]
            .iter()
            .zip(&self.templates)
        {
            for peer in [HANDLEBARS, TERA, PUSH_STR] {
                times(&format!("rendering {what}"), rows, ALONE, peer);
            }
            for peer in [HANDLEBARS, TERA, PUSH_STR] {
                times(
                    &format!("rendering {what}, with the whole outcome"),
                    rows,
                    ROUTE,
                    peer,
                );
            }
        }
        times("a small event to one sms", &self.end_to_end, OUTCOME, WIRED);
        for way in [VALIDATED, TRUSTED, READ] {
            let name = |size: &str| format!("{size} rules: {way}");
            let what = format!("1,000,000 a-rules, {}", short_way(way));
            let (million, thousand) = (name("1,000,000"), name("1,000"));
            if let (Some(own), Some(other)) =
                (row(&self.million, &million), row(&self.million, &thousand))
            {
                line(
                    &what,
                    &thousands(own),
                    "itself with 1,000",
                    &thousands(other),
                    own.against(other),
                );
            }
        }
        for own in self.builds.iter().filter(|build| build.who != QUAMINA) {
            let same = |build: &&Build| {
                build.who == QUAMINA && build.set == own.set && build.size == own.size
            };
            let Some(other) = self.builds.iter().find(same) else {
                continue;
            };
            let rules = format!("{} {}-rules", grouped(own.size), own.set);
            let seconds = |build: &Build| format!("{:.2} s", build.seconds);
            let ratio = other.seconds / own.seconds;
            line(
                &format!("building {rules}"),
                &seconds(own),
                QUAMINA,
                &seconds(other),
                ratio,
            );
            let bytes = |build: &Build| format!("{} B", build.kept);
            let ratio = other.kept as f64 / own.kept.max(1) as f64;
            line(
                &format!("memory a rule, {rules}"),
                &bytes(own),
                QUAMINA,
                &bytes(other),
                ratio,
            );
        }
        if let Some(reload) = &self.reload {
            let what = format!("one rule of {} changed, median", grouped(reload.rules));
            let own = format!("{:.3} ms", reload.median);
            let whole = format!("{:.0} ms", reload.whole);
            line(
                &what,
                &own,
                "full rebuild",
                &whole,
                reload.whole / reload.median,
            );
            let own = format!("{:.1} ms", reload.worst);
            line(
                "the same, worst",
                &own,
                "full rebuild",
                &whole,
                reload.whole / reload.worst,
            );
        }
        for threads in &self.threads {
            line(
                &format!("two threads: {}", threads.what),
                "",
                "one thread",
                "",
                threads.ratio,
            );
        }
    }

    fn print_matching(&self) {
        let mut names: Vec<&str> = Vec::new();
        for row in self.matching.iter().flat_map(|(_, rows)| rows) {
            if !names.contains(&row.name.as_str()) {
                names.push(&row.name);
            }
        }
        let heads: Vec<String> = self.matching.iter().map(|(form, _)| form.name()).collect();
        println!("| who | {} |", heads.join(" | "));
        println!("| --- |{}", " --: |".repeat(heads.len()));
        for name in names {
            let cell = |(_, rows): &(Form, Vec<Row>)| match row(rows, name) {
                None => "–".to_owned(),
                Some(row) if row.wrong => format!("{} **wrong**", short(row.rate())),
                Some(row) => short(row.rate()),
            };
            let cells: Vec<String> = self.matching.iter().map(cell).collect();
            println!("| {name} | {} |", cells.join(" | "));
        }
    }

    fn print_form(&self, form: Form, rows: &[Row]) {
        let name = form.name();
        if form.set == 'a' {
            rates(&format!("{name}, trusted"), rows, TRUSTED, QUAMINA);
            rates(&format!("{name}, trusted"), rows, TRUSTED, QUAMINA_BARE);
        }
        rates(&format!("{name}, validated"), rows, VALIDATED, IGNORED);
        // The best contender with correct results.
        let peers = rows.iter().filter(|row| {
            !row.wrong
                && !is_floor(&row.name)
                && ![VALIDATED, TRUSTED, READ].contains(&row.name.as_str())
        });
        let best = peers.max_by(|a, b| a.rate().total_cmp(&b.rate()));
        if let Some(best) = best.filter(|best| form.set != 'a' || !best.name.starts_with(QUAMINA)) {
            rates(&format!("{name}, validated"), rows, VALIDATED, &best.name);
        }
    }
}

fn short_way(way: &str) -> &'static str {
    match way {
        VALIDATED => "validated",
        TRUSTED => "trusted",
        _ => "already read",
    }
}

fn thousands(row: &Row) -> String {
    format!("{} k/s", short(row.rate()))
}

fn rates(what: &str, rows: &[Row], own: &str, peer: &str) {
    if let (Some(own), Some(other)) = (row(rows, own), row(rows, peer)) {
        let mut theirs = thousands(other);
        if other.wrong {
            theirs.push_str(", wrong");
        }
        line(what, &thousands(own), peer, &theirs, own.against(other));
    }
}

fn times(what: &str, rows: &[Row], own: &str, peer: &str) {
    if let (Some(own), Some(other)) = (row(rows, own), row(rows, peer)) {
        let time = |row: &Row| format!("{} ns", short(row.nanoseconds()));
        line(what, &time(own), peer, &time(other), own.against(other));
    }
}

fn line(what: &str, own: &str, peer: &str, theirs: &str, ratio: f64) {
    println!("| {what} | {own} | {peer} | {theirs} | {ratio:.2} |");
}
