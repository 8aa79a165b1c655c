//! "Did you mean": the known name nearest to an unknown one. Knows nothing of what the names name.

/// The name of `known` that is nearest to `word`, if it is near enough to be meant: at most a third of
/// the letters differ (insert, delete, change, swap of neighbours), letter case counting half a step.
/// Of equally near names the first wins.
///
/// Only the first thousand names are looked at, and fewer where many are long and alike: such rules are
/// made by programs, and a file full of faults must not take the product of its faults and its names.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LOOKED_AT: usize = 1_000;
    // Pairs of letters compared: some two hundred words as people write them, sixteen of the longest.
    const COMPARED: usize = 65_536;
    // Long words are no typing slips; and the distance costs the product of the lengths.
    const LONGEST: usize = 64;
    let word: Vec<char> = word.chars().take(LONGEST).collect();
    let most = (word.len() / 3).max(1).saturating_mul(2);
    let letters = letters(word.iter().copied());
    let mut rows = Rows::default();
    let mut best: Option<(usize, &str)> = None;
    let mut left = COMPARED;
    for name in known.into_iter().take(LOOKED_AT) {
        // A character takes four bytes at most.
        let shortest = name.len().div_ceil(4).min(LONGEST);
        if shortest.saturating_sub(word.len()).saturating_mul(2) > most {
            continue;
        }
        rows.other.clear();
        rows.other.extend(name.chars().take(LONGEST));
        if word.len().abs_diff(rows.other.len()).saturating_mul(2) > most {
            continue;
        }
        let others = self::letters(rows.other.iter().copied());
        // Every step takes away at most one letter, and brings at most one.
        let gone = (letters & !others).count_ones();
        let come = (others & !letters).count_ones();
        if (gone.max(come) as usize).saturating_mul(2) > most {
            continue;
        }
        // Every letter of one is held against every letter of the other.
        let Some(rest) = left.checked_sub(word.len().saturating_mul(rows.other.len())) else {
            break;
        };
        left = rest;
        let distance = rows.distance(&word, most);
        if distance <= most && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// The letters that occur, whatever their case, each as one of 64 bits.
fn letters(word: impl Iterator<Item = char>) -> u64 {
    word.fold(0, |all, letter| {
        all | 1_u64.wrapping_shl(u32::from(letter.to_ascii_lowercase()))
    })
}

/// Memory for distances, used again from name to name.
#[derive(Debug, Default)]
struct Rows {
    other: Vec<char>,
    before: Vec<usize>,
    last: Vec<usize>,
    row: Vec<usize>,
}

impl Rows {
    /// Damerau's distance over adjacent swaps between `a` and the other word, in half steps; something
    /// above `most` as soon as it is known to be above it.
    fn distance(&mut self, a: &[char], most: usize) -> usize {
        let Self {
            other: b,
            before,
            last,
            row,
        } = self;
        last.clear();
        last.extend((0..=b.len()).map(|n| n.saturating_mul(2)));
        let mut previous_a = None;
        let mut least_before = 0;
        for (i, &x) in a.iter().enumerate() {
            row.clear();
            let first = i.saturating_add(1).saturating_mul(2);
            row.push(first);
            let mut least_of_row = first;
            let mut previous_b = None;
            for (j, &y) in b.iter().enumerate() {
                let cost = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX);
                let above = cost(last, j.saturating_add(1)).saturating_add(2);
                let left = cost(row, j).saturating_add(2);
                let change = match x == y {
                    true => 0,
                    false if x.eq_ignore_ascii_case(&y) => 1,
                    false => 2,
                };
                let mut least = above.min(left).min(cost(last, j).saturating_add(change));
                if let (Some(px), Some(py), Some(k)) = (previous_a, previous_b, j.checked_sub(1))
                    && px == y
                    && py == x
                {
                    least = least.min(cost(before, k).saturating_add(2));
                }
                row.push(least);
                least_of_row = least_of_row.min(least);
                previous_b = Some(y);
            }
            // Every way to the end goes through one of two rows that follow each other.
            if least_of_row.min(least_before) > most {
                return usize::MAX;
            }
            least_before = least_of_row;
            previous_a = Some(x);
            std::mem::swap(before, last);
            std::mem::swap(last, row);
        }
        last.last().copied().unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rows, letters, nearest};

    #[test]
    fn finds_slips_and_leaves_strangers() {
        let known = ["first_name", "delivery_time", "order_url", "mdn"];
        assert_eq!(nearest("frist_name", known), Some("first_name"));
        assert_eq!(nearest("First_Name", known), Some("first_name"));
        assert_eq!(nearest("order", known), None);
        assert_eq!(nearest("mnd", known), Some("mdn"));
        assert_eq!(nearest("xyz", known), None);
    }

    #[test]
    fn letters_never_rule_out_what_is_near() {
        let mut words = vec![String::new()];
        for word in 0..84 {
            for letter in ["a", "A", "b", "ß"] {
                words.push(format!("{}{letter}", words[word]));
            }
        }
        for one in &words {
            for other in &words {
                let [a, b]: [Vec<char>; 2] = [one, other].map(|word| word.chars().collect());
                let (ours, theirs) = (letters(one.chars()), letters(other.chars()));
                let least = (ours & !theirs)
                    .count_ones()
                    .max((theirs & !ours).count_ones());
                let mut rows = Rows {
                    other: b,
                    ..Rows::default()
                };
                let whole = rows.distance(&a, usize::MAX);
                assert!(whole >= 2 * least as usize, "{one} {other}");
                for most in 0..6 {
                    // Given up or not, it is on the same side of the limit.
                    assert_eq!(rows.distance(&a, most) <= most, whole <= most);
                }
            }
        }
    }

    #[test]
    fn compares_few_of_long_names_that_are_alike() {
        let word = "x".repeat(60) + "word";
        let far = "drowx".repeat(12) + "dddd";
        let names = |count: usize| vec![far.as_str(); count].into_iter().chain([word.as_str()]);
        assert_eq!(nearest(&word, names(10)), Some(&*word));
        assert_eq!(nearest(&word, names(16)), None);
    }

    #[test]
    fn looks_at_the_first_thousand_names() {
        let names = |count: usize| vec!["stranger"; count].into_iter().chain(["first"]);
        assert_eq!(nearest("frist", names(999)), Some("first"));
        assert_eq!(nearest("frist", names(1_000)), None);
    }
}
