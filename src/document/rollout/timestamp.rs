//! Timestamps in rollout fields: parses RFC 3339 or a date to seconds since 1970, and formats them.

use crate::document::calendar::civil_from_days;
use crate::document::calendar::days_from_civil;
use crate::document::calendar::days_in_month;

/// Seconds since 1970 in UTC of `2026-06-01`, `2026-06-01T08:00Z`, `2026-06-01T08:00:00+02:00`; fractions of a second
/// are dropped. `None` for other forms and for days that do not exist.
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let seconds = parse_date(date)? * 86_400;
    match rest.as_bytes() {
        [] => Some(seconds),
        [b'T' | b't' | b' ', ..] => Some(seconds + parse_time(rest.get(1..)?)?),
        _ => None,
    }
}

/// Days since 1970 of `2026-06-01`.
pub fn parse_date(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day) = (
        parse_digits(year)?,
        parse_digits(month)?,
        parse_digits(day)?,
    );
    let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    exists.then(|| days_from_civil(year, month, day))
}

/// Seconds of `08:00:00+02:00`; negative or beyond a day if the offset crosses midnight.
fn parse_time(text: &str) -> Option<i64> {
    let at = text.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = text.split_at(at);
    let clock = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let offset = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        ("+", offset) => parse_clock(offset, 2)?,
        ("-", offset) => -parse_clock(offset, 2)?,
        _ => return None,
    };
    Some(parse_clock(clock, 3)? - offset)
}

/// Seconds of `08:00` or `08:00:00`, with at most `most` parts.
fn parse_clock(clock: &str, most: usize) -> Option<i64> {
    let parts: Vec<&str> = clock.split(':').collect();
    if !(2..=most).contains(&parts.len()) || parts.iter().any(|part| part.len() != 2) {
        return None;
    }
    let mut total = 0;
    for (part, (unit, below)) in parts.iter().zip([(3600, 24), (60, 60), (1, 60)]) {
        total += parse_digits(part).filter(|n| *n < below)? * unit;
    }
    Some(total)
}

/// `2026-06-01T08:00:00Z`
pub fn format_rfc3339(seconds: i64) -> String {
    let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn parse_digits(text: &str) -> Option<i64> {
    let all = text.bytes().all(|b| b.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::format_rfc3339;
    use super::parse_timestamp;

    #[test]
    fn timestamps_are_parsed_as_rfc_3339() {
        for (text, want) in [
            ("1970-01-01", 0),
            ("1970-01-01T00:00:01Z", 1),
            ("2000-02-29", 951_782_400),
            ("2026-06-01", 1_780_272_000),
            ("2026-06-01T08:00Z", 1_780_300_800),
            ("2026-06-01T08:00:00.250Z", 1_780_300_800),
            ("2026-06-01T10:00:00+02:00", 1_780_300_800),
            ("2026-05-31T23:30:00-08:30", 1_780_300_800),
            ("2100-03-01", 4_107_542_400),
        ] {
            assert_eq!(parse_timestamp(text), Some(want), "{text}");
        }
    }

    #[test]
    fn formatted_timestamp_parses_back() {
        for days in (-50_000..80_000).step_by(13) {
            let seconds = days * 86_400 + 45_296;
            assert_eq!(parse_timestamp(&format_rfc3339(seconds)), Some(seconds));
        }
        assert_eq!(format_rfc3339(1_780_300_800), "2026-06-01T08:00:00Z");
    }

    #[test]
    fn invalid_timestamps_are_rejected() {
        for text in [
            "",
            "tomorrow",
            "2026",
            "2026-6-1",
            "2026-13-01",
            "2025-02-29",
            "2100-02-29",
            "2026-06-01T08",
            "2026-06-01T08:00",
            "2026-06-01T24:00Z",
            "2026-06-01T08:00+0200",
            "2026-06-01X08:00Z",
            "+026-06-01",
            "2026-06-0ü",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
    }
}
