//! "Did you mean": the known name nearest to an unknown one. Knows nothing of what the names name.

/// The name of `known` that is nearest to `word`, if it is near enough to be meant: at most a third of
/// the letters differ (insert, delete, change, swap of neighbours), letter case counting half a step.
/// Of equally near names the first wins.
///
/// Only the first thousand names are looked at: where there are more, rules are made by programs, and a
/// file full of faults must not take the product of its faults and its names.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LOOKED_AT: usize = 1_000;
    // Long words are no typing slips; and the distance costs the product of the lengths.
    const LONGEST: usize = 64;
    let word: Vec<char> = word.chars().take(LONGEST).collect();
    let most = (word.len() / 3).max(1).saturating_mul(2);
    let letters = letters(word.iter().copied());
    let mut best: Option<(usize, &str)> = None;
    for name in known.into_iter().take(LOOKED_AT) {
        let length = name.chars().take(LONGEST).count();
        let others = self::letters(name.chars().take(LONGEST));
        // Every step takes away at most one letter, and brings at most one.
        let gone = (letters & !others).count_ones();
        let come = (others & !letters).count_ones();
        let least = word
            .len()
            .abs_diff(length)
            .max(gone.max(come) as usize)
            .saturating_mul(2);
        if least > most {
            continue;
        }
        let other: Vec<char> = name.chars().take(LONGEST).collect();
        let distance = distance(&word, &other);
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

/// Damerau's distance over adjacent swaps, in half steps.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).map(|n| n.saturating_mul(2)).collect();
    let mut previous_a = None;
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i.saturating_add(1).saturating_mul(2));
        let mut previous_b = None;
        for (j, &y) in b.iter().enumerate() {
            let cost = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX);
            let above = cost(&last, j.saturating_add(1)).saturating_add(2);
            let left = cost(&row, j).saturating_add(2);
            let change = match x == y {
                true => 0,
                false if x.eq_ignore_ascii_case(&y) => 1,
                false => 2,
            };
            let mut least = above.min(left).min(cost(&last, j).saturating_add(change));
            if let (Some(px), Some(py), Some(k)) = (previous_a, previous_b, j.checked_sub(1))
                && px == y
                && py == x
            {
                least = least.min(cost(&before, k).saturating_add(2));
            }
            row.push(least);
            previous_b = Some(y);
        }
        previous_a = Some(x);
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{distance, letters, nearest};

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
                assert!(distance(&a, &b) >= 2 * least as usize, "{one} {other}");
            }
        }
    }

    #[test]
    fn looks_at_the_first_thousand_names() {
        let names = |count: usize| vec!["stranger"; count].into_iter().chain(["first"]);
        assert_eq!(nearest("frist", names(999)), Some("first"));
        assert_eq!(nearest("frist", names(1_000)), None);
    }
}
