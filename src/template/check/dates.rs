//! Detects date patterns that are probably wrong: the letters of other languages, or months in place of
//! minutes.

/// A probable mistake and its correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) struct PatternMistake {
    pub(in crate::template) message: String,
    pub(in crate::template) help: String,
}

/// Returns the probable mistake in a valid pattern.
pub(in crate::template) fn mistake(pattern: &str) -> Option<PatternMistake> {
    if !pattern.contains('%') {
        let message = format!("`{pattern}` has no `%` and gives the same text for every date");
        let ours = translated(pattern).filter(|ours| ours.contains('%'));
        let help = match ours {
            Some(ours) => format!("write `{ours}`"),
            None => "for example `%Y-%m-%d %H:%M`: year, month, day, hour, minute".to_owned(),
        };
        return Some(PatternMistake { message, help });
    }
    let (wrong, right, message) = SWAPPED.iter().find(|(wrong, ..)| pattern.contains(wrong))?;
    Some(PatternMistake {
        message: (*message).to_owned(),
        help: format!("write `{}`", pattern.replace(wrong, right)),
    })
}

const NOT_MINUTE: &str = "`%m` is the month; minutes are `%M`";
const NOT_MONTH: &str = "`%M` is the minute; months are `%m`";

/// Combinations of directives that swap months and minutes, with their correction.
const SWAPPED: &[(&str, &str, &str)] = &[
    ("%H:%m", "%H:%M", NOT_MINUTE),
    ("%-H:%m", "%-H:%M", NOT_MINUTE),
    ("%I:%m", "%I:%M", NOT_MINUTE),
    ("%-I:%m", "%-I:%M", NOT_MINUTE),
    ("%k:%m", "%k:%M", NOT_MINUTE),
    ("%l:%m", "%l:%M", NOT_MINUTE),
    ("%Y-%M", "%Y-%m", NOT_MONTH),
    ("%Y/%M", "%Y/%m", NOT_MONTH),
    ("%d.%M", "%d.%m", NOT_MONTH),
    ("%d/%M", "%d/%m", NOT_MONTH),
    ("%d-%M", "%d-%m", NOT_MONTH),
    ("%M/%d", "%m/%d", NOT_MONTH),
];

/// Translates a pattern such as `YYYY-MM-DD` or `dd.MM.yyyy HH:mm`, if all its letters are known.
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
        // Some programs write minutes as `MM`, others months as `mm`; the neighbouring fields decide.
        let after = rest.chars().find(char::is_ascii_alphabetic);
        let is_minute = hour_before || matches!(after, Some('s' | 'S'));
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
    use super::mistake;

    #[test]
    fn patterns_of_other_languages_are_translated() {
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
            assert_eq!(mistake(theirs).unwrap().help, format!("write `{ours}`"));
            assert_eq!(mistake(ours), None, "{ours}");
        }
        for theirs in ["", "Do MMMM", "full", "at noon", "день"] {
            let mistake = mistake(theirs).unwrap();
            assert!(mistake.message.contains("has no `%`"), "{theirs}");
            assert!(mistake.help.starts_with("for example "), "{theirs}");
        }
    }

    #[test]
    fn swapped_months_and_minutes_are_found() {
        for (wrong, right) in [
            ("%H:%m", "%H:%M"),
            ("%-I:%m %p", "%-I:%M %p"),
            ("%-H:%m", "%-H:%M"),
            ("%l:%m %P", "%l:%M %P"),
            ("%Y-%M-%d", "%Y-%m-%d"),
            ("%d.%M.%Y %H:%M", "%d.%m.%Y %H:%M"),
            ("%M/%d", "%m/%d"),
        ] {
            assert_eq!(mistake(wrong).unwrap().help, format!("write `{right}`"));
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
            assert_eq!(mistake(fine), None, "{fine}");
        }
    }
}
