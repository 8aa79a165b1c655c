//! Finds the known name nearest to an unknown one, for "did you mean" suggestions.

/// Returns the name of `known` that is nearest to `word`, if at most a third of the letters differ.
///
/// An insertion, a deletion, a substitution and a swap of neighbours are one step each; a different letter
/// case is half a step. The first of equally near names wins.
///
/// Only the first thousand names are compared, and fewer if many are long and similar. Otherwise a
/// generated file with many errors would take time proportional to errors times names.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const MAX_NAMES: usize = 1_000;
    // Pairs of letters: about two hundred names of usual length, or sixteen of the longest.
    const MAX_COMPARISONS: usize = 65_536;
    // Limits the time for one name, which is the product of the lengths.
    const MAX_LENGTH: usize = 64;
    let word: Vec<char> = word.chars().take(MAX_LENGTH).collect();
    let most = (word.len() / 3).max(1).saturating_mul(2);
    let letters = letters(word.iter().copied());
    let mut rows = DistanceRows::default();
    let mut best: Option<(usize, &str)> = None;
    let mut left = MAX_COMPARISONS;
    for name in known.into_iter().take(MAX_NAMES) {
        // A character has at most four bytes.
        let shortest = name.len().div_ceil(4).min(MAX_LENGTH);
        if shortest.saturating_sub(word.len()).saturating_mul(2) > most {
            continue;
        }
        rows.other.clear();
        rows.other.extend(name.chars().take(MAX_LENGTH));
        if word.len().abs_diff(rows.other.len()).saturating_mul(2) > most {
            continue;
        }
        let others = self::letters(rows.other.iter().copied());
        // Every step removes at most one letter and adds at most one.
        let removed = (letters & !others).count_ones();
        let added = (others & !letters).count_ones();
        if (removed.max(added) as usize).saturating_mul(2) > most {
            continue;
        }
        // The distance compares every letter of one with every letter of the other.
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

/// Returns the set of letters that occur, ignoring case, hashed to 64 bits.
fn letters(word: impl Iterator<Item = char>) -> u64 {
    word.fold(0, |all, letter| {
        all | 1_u64.wrapping_shl(u32::from(letter.to_ascii_lowercase()))
    })
}

/// The rows of the distance matrix, reused from name to name.
#[derive(Debug, Default)]
struct DistanceRows {
    other: Vec<char>,
    before: Vec<usize>,
    last: Vec<usize>,
    row: Vec<usize>,
}

impl DistanceRows {
    /// Returns the optimal string alignment distance between `a` and the other word, in half steps.
    ///
    /// If the distance exceeds `most`, returns an arbitrary value above `most`.
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
            // Every alignment passes through at least one of any two consecutive rows.
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
    use super::{DistanceRows, letters, nearest};

    #[test]
    fn suggests_near_names_only() {
        let known = ["first_name", "delivery_time", "order_url", "mdn"];
        assert_eq!(nearest("frist_name", known), Some("first_name"));
        assert_eq!(nearest("First_Name", known), Some("first_name"));
        assert_eq!(nearest("order", known), None);
        assert_eq!(nearest("mnd", known), Some("mdn"));
        assert_eq!(nearest("xyz", known), None);
    }

    #[test]
    fn the_letter_filter_never_rejects_a_near_name() {
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
                let mut rows = DistanceRows {
                    other: b,
                    ..DistanceRows::default()
                };
                let full = rows.distance(&a, usize::MAX);
                assert!(full >= 2 * least as usize, "{one} {other}");
                for most in 0..6 {
                    // Stopping early does not change which side of the limit it is on.
                    assert_eq!(rows.distance(&a, most) <= most, full <= most);
                }
            }
        }
    }

    #[test]
    fn compares_few_long_similar_names() {
        let word = "x".repeat(60) + "word";
        let far = "drowx".repeat(12) + "dddd";
        let names = |count: usize| vec![far.as_str(); count].into_iter().chain([word.as_str()]);
        assert_eq!(nearest(&word, names(10)), Some(&*word));
        assert_eq!(nearest(&word, names(16)), None);
    }

    #[test]
    fn compares_the_first_thousand_names() {
        let names = |count: usize| vec!["stranger"; count].into_iter().chain(["first"]);
        assert_eq!(nearest("frist", names(999)), Some("first"));
        assert_eq!(nearest("frist", names(1_000)), None);
    }
}
