//! Lowers `time_of_day(…) between …`: its timestamp, zone and bounds.

use super::names::RuleScope;
use super::types::ValueKinds;
use crate::diagnostic::{Code, Fault};
use crate::hir::{Operand, Predicate, Zone};
use crate::json::document::Literal;
use crate::syntax::ast;
use crate::text::suggest;
use crate::text::truncate::truncate;
use crate::time;

impl<'a> RuleScope<'a, '_, '_> {
    pub(super) fn time_of_day(
        &mut self,
        operand: &'a ast::Operand,
        arguments: &'a [ast::Operand],
        negated: bool,
        low: &'a ast::Operand,
        high: &'a ast::Operand,
    ) -> Option<Predicate> {
        if !operand.shifts.is_empty() {
            self.report(
                Fault::new(
                    Code::InvalidTimeOfDay,
                    self.site.place(operand.at),
                    "a time of day cannot be moved by a duration",
                )
                .help("move the timestamp: `time_of_day(now + 2h, …)`"),
            );
        }
        let bounds = [low, high].map(|bound| self.clock(bound));
        let [at, zone] = arguments else {
            self.report(
                Fault::new(
                    Code::InvalidTimeOfDay,
                    self.site.place(operand.at),
                    "`time_of_day` expects a timestamp and a time zone",
                )
                .help("write `time_of_day(now, \"America/Chicago\")`"),
            );
            return None;
        };
        let at = self.operand(at).and_then(|at| {
            let at = self.timed(at)?;
            let at = self.as_time_literal(at)?;
            if at.is_time() {
                return Some(at.operand);
            }
            self.report(self.no_time(&at));
            None
        });
        let zone = self.zone(zone);
        let [Some(from), Some(until)] = bounds else {
            return None;
        };
        Some(Predicate::TimeOfDay {
            at: at?,
            zone: zone?,
            negated,
            from,
            until,
        })
    }

    /// Lowers a time of day to seconds since midnight.
    fn clock(&mut self, bound: &'a ast::Operand) -> Option<u32> {
        let bound = self.operand(bound)?;
        if let Operand::Literal(Literal::Text(text)) = &bound.operand
            && let Some(seconds) = clock(text)
        {
            return Some(seconds);
        }
        let words = self.site.quote(bound.at);
        self.report(
            Fault::new(
                Code::InvalidTimeOfDay,
                self.site.place(bound.at),
                format!("invalid time of day `{words}`"),
            )
            .help("write \"09:00\" or \"09:00:30\", from 00:00 to 23:59:59"),
        );
        None
    }

    fn zone(&mut self, zone: &'a ast::Operand) -> Option<Zone> {
        let zone = self.operand(zone)?;
        match zone.operand {
            Operand::Literal(Literal::Text(name)) => {
                if time::TimeZone::find(&name).is_none() {
                    let names = time::TimeZone::names();
                    // Short zone names are similar without being misspellings: `CST` is not a misspelled `CET`.
                    let short = name.len() < 5 && name.bytes().all(|b| b.is_ascii_uppercase());
                    let near = suggest::nearest(&name, names.iter().map(String::as_str))
                        .filter(|_| !short);
                    self.report(
                        Fault::new(
                            Code::UnknownZone,
                            self.site.place(zone.at),
                            format!("unknown time zone `{}`", truncate(&name)),
                        )
                        .help("use an IANA name, such as \"America/Chicago\" or \"UTC\"")
                        .near(near),
                    );
                    return None;
                }
                Some(Zone::Name(name))
            }
            Operand::Path(path) if zone.kinds.meets(ValueKinds::STRING) => Some(Zone::Path(path)),
            _ => {
                let message = format!(
                    "expected a time zone as a string, but this is {}",
                    zone.kinds
                );
                self.fault(Code::WrongLiteral, zone.at, message);
                None
            }
        }
    }
}

/// Parses `HH:MM` or `HH:MM:SS` into seconds since midnight.
fn clock(text: &str) -> Option<u32> {
    let mut seconds = 0_u32;
    let mut count = 0_u32;
    for (field, below) in text.split(':').zip([24_u32, 60, 60, 0]) {
        let two_digits = field.len() == 2 && field.bytes().all(|b| b.is_ascii_digit());
        let value: u32 = field.parse().ok().filter(|v| two_digits && *v < below)?;
        seconds = seconds.saturating_mul(60).saturating_add(value);
        count = count.saturating_add(1);
    }
    match count {
        2 => seconds.checked_mul(60),
        3 => Some(seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn reads_times_of_day() {
        assert_eq!(clock("00:00"), Some(0));
        assert_eq!(clock("09:30"), Some(34_200));
        assert_eq!(clock("23:59:59"), Some(86_399));
        for wrong in [
            "24:00",
            "9:00",
            "09:60",
            "09",
            "09:00:00:00",
            "",
            "+9:00",
            "09:00 ",
        ] {
            assert_eq!(clock(wrong), None, "{wrong}");
        }
    }
}
