//! Durations in the syntax of Go, for instance `1h30m`, `1.5s`, `500ms`.
//!
//! flagd uses Go's `time.ParseDuration`. The crate `humantime` differs from it: it accepts days, months and years, and
//! spaces between the parts, which Go refuses.

use std::time::Duration;

const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("\u{b5}s", 1e-6),
    ("\u{3bc}s", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// The longest duration, a hundred years: adding it to the current time does not overflow.
const MAX_DURATION: Duration = Duration::from_secs(876_000 * 3600);

/// Parses a duration; `0` needs no unit. Returns `None` if it is invalid, negative, infinite or longer than a hundred
/// years.
pub fn parse(text: &str) -> Option<Duration> {
    let seconds = parse_seconds(text)?;
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    (duration <= MAX_DURATION).then_some(duration)
}

/// Returns the help for an invalid duration.
pub fn invalid_help(text: &str) -> String {
    if text.parse::<f64>().is_ok_and(|number| number > 0.0) {
        // flagd reads a bare number from a variable or a file as nanoseconds.
        return format!("the unit is missing, write {text}s for seconds");
    }
    if parse_seconds(text).is_some() {
        return "must be at most 876000h (100 years)".to_owned();
    }
    "must be a duration such as 30s, 10m or 1h30m".to_owned()
}

fn parse_seconds(text: &str) -> Option<f64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    if text == "0" {
        return Some(0.0);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, tail) = rest.split_at(digits?);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, tail) = tail.split_at(end.unwrap_or(tail.len()));
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
        seconds += number.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    (!text.is_empty()).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_as_in_go() {
        for (text, millis) in [
            ("0", 0),
            ("+0", 0),
            ("1.5s", 1500),
            ("1h0m2s", 3_602_000),
            ("500ms", 500),
            (".5s", 500),
            ("876000h", 3_153_600_000_000),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "", "+", "5", "s", "-1s", "1x", "1s2", "inf", "1..5s", "876001h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        let endless = format!("{}h", "9".repeat(400));
        assert_eq!(parse(&endless), None);
    }

    #[test]
    fn invalid_duration_gets_a_hint() {
        for (text, want) in [
            ("600", "write 600s"),
            ("1.5", "write 1.5s"),
            ("1000000h", "at most 876000h"),
            ("soon", "such as 30s"),
            ("-1s", "such as 30s"),
            ("", "such as 30s"),
        ] {
            assert!(
                invalid_help(text).contains(want),
                "{text}: {}",
                invalid_help(text)
            );
        }
    }
}
