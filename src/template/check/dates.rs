//! Patterns of dates that write something else than their author meant: letters of other programs, months
//! for minutes. Formats nothing.

/// What is wrong with a pattern, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) struct Slip {
    pub(in crate::template) message: String,
    pub(in crate::template) help: String,
}

/// What was probably not meant in a pattern that is one.
pub(in crate::template) fn slip(pattern: &str) -> Option<Slip> {
    if !pattern.contains('%') {
        let message = format!("`{pattern}` has no `%` and gives the same text for every date");
        let ours = translated(pattern).filter(|ours| ours.contains('%'));
        let help = match ours {
            Some(ours) => format!("write `{ours}`"),
            None => "like `%Y-%m-%d %H:%M`: year, month, day, hour, minute".to_owned(),
        };
        return Some(Slip { message, help });
    }
    let mixed = |wrong: &str, right: &str, what: &str| {
        pattern.contains(wrong).then(|| Slip {
            message: what.to_owned(),
            help: format!("write `{}`", pattern.replace(wrong, right)),
        })
    };
    let minutes = |(wrong, right)| mixed(wrong, right, "`%m` is the month; minutes are `%M`");
    let months = |(wrong, right)| mixed(wrong, right, "`%M` is the minute; months are `%m`");
    let minutes = MINUTES.iter().copied().find_map(minutes);
    minutes.or_else(|| MONTHS.iter().copied().find_map(months))
}

const MINUTES: &[(&str, &str)] = &[
    ("%H:%m", "%H:%M"),
    ("%-H:%m", "%-H:%M"),
    ("%I:%m", "%I:%M"),
    ("%-I:%m", "%-I:%M"),
    ("%k:%m", "%k:%M"),
    ("%l:%m", "%l:%M"),
];

const MONTHS: &[(&str, &str)] = &[
    ("%Y-%M", "%Y-%m"),
    ("%Y/%M", "%Y/%m"),
    ("%d.%M", "%d.%m"),
    ("%d/%M", "%d/%m"),
    ("%d-%M", "%d-%m"),
    ("%M/%d", "%m/%d"),
];

/// A pattern such as `YYYY-MM-DD` or `dd.MM.yyyy HH:mm` as one of ours, if all its letters are known.
fn translated(pattern: &str) -> Option<String> {
    let mut ours = String::new();
    let mut rest = pattern;
    let mut hour_before = false;
    while let Some(letter) = rest.chars().next() {
        let run = rest
            .len()
            .saturating_sub(rest.trim_start_matches(letter).len());
        rest = rest.get(run..)?;
        if !letter.is_ascii_alphabetic() {
            ours.extend(std::iter::repeat_n(
                letter,
                run.checked_div(letter.len_utf8())?,
            ));
            continue;
        }
        // Some programs have `MM` for minutes, others `mm` for months: what is beside it tells.
        let behind = rest.chars().find(char::is_ascii_alphabetic);
        let is_minute = hour_before || matches!(behind, Some('s' | 'S'));
        let directive = match (letter, run) {
            ('y' | 'Y', 4) | ('Y', 1) => "%Y",
            ('y' | 'Y', 2) => "%y",
            ('m' | 'M', 1 | 2) if is_minute => "%M",
            ('m' | 'M', 1 | 2) => "%m",
            ('m' | 'M', 3) => "%b",
            ('m' | 'M', 4) => "%B",
            ('d' | 'D', 1 | 2) => "%d",
            ('E' | 'd', 3) => "%a",
            ('E' | 'd', 4) => "%A",
            ('H', 1 | 2) => "%H",
            ('h', 1 | 2) => "%I",
            ('s' | 'S', 2) => "%S",
            ('a' | 'A', 1) => "%p",
            _ => return None,
        };
        hour_before = matches!(directive, "%H" | "%I");
        ours.push_str(directive);
    }
    Some(ours)
}

#[cfg(test)]
mod tests {
    use super::slip;

    #[test]
    fn letters_of_other_programs_are_translated() {
        for (theirs, ours) in [
            ("YYYY-MM-DD", "%Y-%m-%d"),
            ("dd.MM.yyyy HH:mm", "%d.%m.%Y %H:%M"),
            ("M/D/YY", "%m/%d/%y"),
            ("EEEE, d MMMM", "%A, %d %B"),
            ("hh:mm a", "%I:%M %p"),
            ("HH:mm:ss", "%H:%M:%S"),
            ("hh:MM a", "%I:%M %p"),
            ("mm/dd/yyyy", "%m/%d/%Y"),
            ("yyyy-mm-dd hh:mm", "%Y-%m-%d %I:%M"),
            ("HH.MM dd.mm.", "%H.%M %d.%m."),
            ("MM:SS", "%M:%S"),
            ("d mmm", "%d %b"),
            ("d.m.Y", "%d.%m.%Y"),
        ] {
            assert_eq!(slip(theirs).unwrap().help, format!("write `{ours}`"));
            assert_eq!(slip(ours), None, "{ours}");
        }
        for theirs in ["", "Do MMMM", "full", "at noon", "день"] {
            let slip = slip(theirs).unwrap();
            assert!(slip.message.contains("has no `%`"), "{theirs}");
            assert!(slip.help.starts_with("like "), "{theirs}");
        }
    }

    #[test]
    fn months_are_not_minutes() {
        for (wrong, right) in [
            ("%H:%m", "%H:%M"),
            ("%-I:%m %p", "%-I:%M %p"),
            ("%-H:%m", "%-H:%M"),
            ("%l:%m %P", "%l:%M %P"),
            ("%Y-%M-%d", "%Y-%m-%d"),
            ("%d.%M.%Y %H:%M", "%d.%m.%Y %H:%M"),
            ("%M/%d", "%m/%d"),
        ] {
            assert_eq!(slip(wrong).unwrap().help, format!("write `{right}`"));
        }
        for fine in [
            "%Y-%m-%d",
            "%d %b %H:%M",
            "%Y:%m:%d",
            "%H:%M:%S",
            "%d/%m",
            "%%",
            "%A",
            "%d.%m. %H:%M",
            "%M minutes",
            "ROI:%m/%Y",
        ] {
            assert_eq!(slip(fine), None, "{fine}");
        }
    }
}
