//! Runs contenders in turn and prints their results. Independent of the engines.

use std::time::Instant;

/// Processes the first `n` inputs and returns the number of results.
pub type Run<'a> = Box<dyn FnMut(usize) -> usize + 'a>;

pub struct Contender<'a> {
    pub name: String,
    /// Seconds to build it, if meaningful.
    pub built: Option<f64>,
    pub run: Run<'a>,
}

impl<'a> Contender<'a> {
    pub fn new(name: &str, run: impl FnMut(usize) -> usize + 'a) -> Self {
        Self {
            name: name.to_owned(),
            built: None,
            run: Box::new(run),
        }
    }

    pub fn built(mut self, since: Instant) -> Self {
        self.built = Some(since.elapsed().as_secs_f64());
        self
    }
}

const ROUNDS: usize = 9;
/// Seconds per contender and round, and the uncounted seconds before, which load its tables into the
/// caches.
const TURN: f64 = 0.06;
const WARM_UP: f64 = 0.02;

/// The unit of a table.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Thousands of inputs per second.
    Rate,
    /// Nanoseconds per input.
    Nanoseconds,
}

/// The measurements of a contender.
pub struct Row {
    pub name: String,
    /// Whether its results were correct.
    pub wrong: bool,
    /// Time per input, by round.
    nanoseconds: Vec<f64>,
}

impl Row {
    /// Thousands of inputs per second.
    pub fn rate(&self) -> f64 {
        1e6 / self.nanoseconds()
    }

    pub fn nanoseconds(&self) -> f64 {
        median(&self.nanoseconds)
    }

    /// The speed relative to another contender in the same round.
    pub fn against(&self, other: &Self) -> f64 {
        let both = self.nanoseconds.iter().zip(&other.nanoseconds);
        median(&both.map(|(own, other)| other / own).collect::<Vec<_>>())
    }
}

/// Runs all contenders in turn, each round starting with a different one, and prints medians. Ratios
/// compare the speed with the first contender in the same round. `expected` returns the number of
/// results for the first `n` inputs; baselines have none.
pub fn compare(
    title: &str,
    unit: Unit,
    inputs: usize,
    contenders: &mut [Contender<'_>],
    expected: &dyn Fn(&str, usize) -> Option<usize>,
) -> Vec<Row> {
    let turns: Vec<usize> = contenders.iter_mut().map(|one| turn(one, inputs)).collect();
    let mut rows: Vec<Row> = contenders
        .iter()
        .map(|contender| Row {
            name: contender.name.clone(),
            wrong: false,
            nanoseconds: Vec::new(),
        })
        .collect();
    let mut results = vec![0; contenders.len()];
    for round in 0..ROUNDS {
        for place in 0..contenders.len() {
            let at = (place + round) % contenders.len();
            let run = &mut contenders[at].run;
            // Repeat short runs, so that a turn is long enough.
            let mut repeated = |seconds: f64| {
                let start = Instant::now();
                let mut handled = 0;
                while handled == 0 || start.elapsed().as_secs_f64() < seconds {
                    results[at] = run(turns[at]);
                    handled += turns[at];
                }
                start.elapsed().as_secs_f64() * 1e9 / handled as f64
            };
            repeated(WARM_UP);
            rows[at].nanoseconds.push(repeated(TURN));
        }
    }
    let unit_name = match unit {
        Unit::Rate => "thousand/s",
        Unit::Nanoseconds => "ns",
    };
    println!("\n**{title}**\n");
    println!("| who | {unit_name} | speed against the first | inputs | results | built in |");
    println!("| --- | --: | --: | --: | --: | --: |");
    for (at, contender) in contenders.iter().enumerate() {
        let verdict = match expected(&contender.name, turns[at]) {
            None => "–".to_owned(),
            Some(wanted) if results[at] == wanted => wanted.to_string(),
            Some(wanted) => {
                rows[at].wrong = true;
                format!("**wrong**: {}, right are {wanted}", results[at])
            }
        };
        let figure = match unit {
            Unit::Rate => rows[at].rate(),
            Unit::Nanoseconds => rows[at].nanoseconds(),
        };
        let built = contender
            .built
            .map_or(String::new(), |seconds| format!("{seconds:.2} s"));
        println!(
            "| {} | {} | {:.2} | {} | {verdict} | {built} |",
            contender.name,
            short(figure),
            rows[at].against(&rows[0]),
            turns[at],
        );
    }
    rows
}

/// Returns how many inputs fit into half a turn. The first inputs are not timed, because some engines
/// finish building while they match.
fn turn(contender: &mut Contender<'_>, inputs: usize) -> usize {
    let mut count = 8.min(inputs);
    (contender.run)(count);
    loop {
        // Takes the best of several, because an interruption would shorten the turn.
        let mut took = f64::MAX;
        for _ in 0..3 {
            let start = Instant::now();
            (contender.run)(count);
            took = took.min(start.elapsed().as_secs_f64());
        }
        if took > TURN / 8.0 || count == inputs {
            let fits = count as f64 * TURN / 2.0 / took.max(1e-9);
            return (fits as usize).clamp(1, inputs);
        }
        count = (count * 4).min(inputs);
    }
}

/// Formats a number with significant digits only.
pub fn short(figure: f64) -> String {
    match figure {
        figure if figure < 10.0 => format!("{figure:.2}"),
        figure if figure < 100.0 => format!("{figure:.1}"),
        figure => format!("{figure:.0}"),
    }
}

pub fn median(all: &[f64]) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
