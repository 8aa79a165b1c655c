//! Generates the rules and events of all benchmarks, the same on every run. Does not depend on Pointsman.

pub(crate) mod lots;
pub(crate) mod messages;
pub(crate) mod shop;
pub(crate) mod webhook;

/// Returns the sizes to measure; only the first for `--test`, which measures nothing.
pub(crate) fn sizes<const N: usize>(all: [usize; N]) -> Vec<usize> {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let count = if is_test { 1 } else { N };
    all.into_iter().take(count).collect()
}

/// splitmix64
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    /// Returns a random index below a length.
    fn place(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap_or_default()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.place(all.len())]
    }

    /// Returns a random number from 0 (included) to 1 (excluded).
    fn share(&mut self) -> f64 {
        self.below(1 << 53) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.share() * (high - low)
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            let other = self.place(last + 1);
            all.swap(last, other);
        }
    }
}
