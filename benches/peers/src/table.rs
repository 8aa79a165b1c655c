//! Running contenders in turn and writing down what came out. Knows nothing about engines.

use std::time::Instant;

/// Handles the first so many inputs and says how many results there were.
pub type Run<'a> = Box<dyn FnMut(usize) -> usize + 'a>;

pub struct Contender<'a> {
    pub name: String,
    /// Seconds that it took to make it ready, where that says something.
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
/// Seconds that a contender gets in a round.
const TURN: f64 = 0.05;

/// Which figure a table shows.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Thousand inputs in a second.
    Rate,
    /// Nanoseconds for an input.
    Nanoseconds,
}

/// Lets all contenders run in turn, round by round, and prints medians; ratios are those of speed, against
/// the first contender in the same round. `expected` says how many results the first so many inputs have;
/// the floors of reading (`floor`) have none.
pub fn compare(
    title: &str,
    unit: Unit,
    inputs: usize,
    contenders: &mut [Contender<'_>],
    expected: &dyn Fn(usize) -> usize,
    floor: &dyn Fn(&str) -> bool,
) {
    let mut turns = Vec::new();
    for contender in contenders.iter_mut() {
        // How many inputs fit into a turn. The first ones are not timed: some engines finish building
        // themselves while they match.
        let mut count = 8.min(inputs);
        (contender.run)(count);
        loop {
            let start = Instant::now();
            (contender.run)(count);
            let took = start.elapsed().as_secs_f64();
            if took > TURN / 4.0 || count == inputs {
                let fits = count as f64 * TURN / took.max(1e-9);
                turns.push((fits as usize).clamp(1, inputs));
                break;
            }
            count = (count * 4).min(inputs);
        }
    }
    let mut nanoseconds = vec![Vec::new(); contenders.len()];
    let mut results = vec![0; contenders.len()];
    for _ in 0..ROUNDS {
        for (at, contender) in contenders.iter_mut().enumerate() {
            // Short runs are repeated, so that a turn is long enough to be timed.
            let start = Instant::now();
            let mut passes = 0;
            while passes == 0 || start.elapsed().as_secs_f64() < TURN / 2.0 {
                results[at] = (contender.run)(turns[at]);
                passes += 1;
            }
            let handled = (passes * turns[at]) as f64;
            nanoseconds[at].push(start.elapsed().as_secs_f64() * 1e9 / handled);
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
        let own = &nanoseconds[at];
        let ratios: Vec<f64> = nanoseconds[0].iter().zip(own).map(|(a, b)| a / b).collect();
        let figure = match unit {
            Unit::Rate => 1e6 / median(own),
            Unit::Nanoseconds => median(own),
        };
        let wanted = expected(turns[at]);
        let verdict = if floor(&contender.name) {
            "–".to_owned()
        } else if results[at] == wanted {
            results[at].to_string()
        } else {
            format!("**wrong**: {}, right are {wanted}", results[at])
        };
        let built = contender
            .built
            .map_or(String::new(), |seconds| format!("{seconds:.2} s"));
        println!(
            "| {} | {} | {:.2} | {} | {verdict} | {built} |",
            contender.name,
            short(figure),
            median(&ratios),
            turns[at],
        );
    }
}

fn short(figure: f64) -> String {
    match figure {
        figure if figure < 10.0 => format!("{figure:.2}"),
        figure if figure < 100.0 => format!("{figure:.1}"),
        figure => format!("{figure:.0}"),
    }
}

fn median(all: &[f64]) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
