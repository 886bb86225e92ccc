//! Durations in plans: `15m`, `1h30m`, `7d`. Every number needs a unit.

const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// The longest duration: a year of 366 days.
pub const MAX_MILLIS: u64 = 366 * 86_400_000;

/// A pattern for durations, as JSON Schema writes it.
pub const PATTERN: &str = "^([0-9]+(ms|s|m|h|d|w))+$";

/// The milliseconds of a duration; `None` if it is invalid or longer than a year.
pub fn parse_millis(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit());
        let (unit, tail) = tail.split_at(end.unwrap_or(tail.len()));
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let part = number.parse::<u64>().ok()?.checked_mul(*scale)?;
        total = total.checked_add(part)?;
        rest = tail;
    }
    (!text.is_empty() && total <= MAX_MILLIS).then_some(total)
}

/// A duration in its largest unit that divides it, for instance `90m`.
pub fn format_millis(millis: u64) -> String {
    let mut units = UNITS.iter().rev().filter(|(name, _)| *name != "w");
    let found = units.find(|(_, scale)| millis > 0 && millis.is_multiple_of(*scale));
    match found {
        Some((name, scale)) => format!("{}{name}", millis / scale),
        None => "0s".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_plans_need_units() {
        for (text, want) in [
            ("15m", 900_000),
            ("1h30m", 5_400_000),
            ("7d", 604_800_000),
            ("500ms", 500),
            ("0s", 0),
            ("366d", MAX_MILLIS),
        ] {
            assert_eq!(parse_millis(text), Some(want), "{text}");
        }
        for text in [
            "",
            "5",
            "h",
            "-1h",
            "1.5h",
            "1y",
            "1h30",
            "367d",
            "9999999999999999w",
        ] {
            assert_eq!(parse_millis(text), None, "{text}");
        }
        for text in ["15m", "90m", "7d", "500ms", "0s", "36h"] {
            assert_eq!(format_millis(parse_millis(text).expect("valid")), text);
        }
    }
}
