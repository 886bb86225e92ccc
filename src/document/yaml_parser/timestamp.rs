//! Normalizes YAML timestamps to RFC 3339 text, as flagd's YAML reader does.
//!
//! Rollout fields have their own parser, `rollout::timestamp`: it accepts fewer forms and yields seconds.

use std::fmt::Write as _;

use crate::document::calendar::days_in_month;

/// Normalizes `2024-01-02`, `2024-1-2 15:04:05.5` and `2024-01-02T15:04:05+01:00`; `None` for any other text.
pub fn normalize_timestamp(text: &str) -> Option<String> {
    let year = text.get(..4)?;
    if !year.bytes().all(|b| b.is_ascii_digit()) || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    let mut parts = date.split('-').skip(1);
    let month = parse_up_to_two_digits(parts.next()?, 12)?;
    let day = parse_up_to_two_digits(parts.next()?, 31)?;
    let days = days_in_month(year.parse().ok()?, month.into());
    if parts.next().is_some() || month == 0 || !(1..=days).contains(&day.into()) {
        return None;
    }
    let mut out = format!("{year}-{month:02}-{day:02}T");
    if date.len() == text.len() {
        out.push_str("00:00:00Z");
    } else {
        append_time(&mut out, time, text.contains(' '))?;
    }
    Some(out)
}

/// The text that Go's `fmt.Sprint` makes of a timestamp: `2001-01-01 00:00:00 +0000 UTC`. A key has it in flagd.
pub fn timestamp_as_key(text: &str) -> Option<String> {
    let instant = normalize_timestamp(text)?;
    let (date, time) = instant.split_once('T')?;
    if let Some(time) = time.strip_suffix('Z') {
        return Some(format!("{date} {time} +0000 UTC"));
    }
    let (time, zone) = time.split_at(time.find(['+', '-'])?);
    let zone = zone.replace(':', "");
    Some(format!("{date} {time} {zone} {zone}"))
}

/// Appends `15:04:05.5` and its zone. A time after a space has no zone and is UTC.
fn append_time(out: &mut String, time: &str, spaced: bool) -> Option<()> {
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone_at);
    if spaced != zone.is_empty() {
        return None;
    }
    let mut parts = time.split(':');
    let (hour, minute) = (
        parse_up_to_two_digits(parts.next()?, 23)?,
        parse_up_to_two_digits(parts.next()?, 59)?,
    );
    let seconds = parts.next()?;
    let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let second = parse_up_to_two_digits(second, 59)?;
    if parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let _ = write!(out, "{hour:02}:{minute:02}:{second:02}");
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        let _ = write!(out, ".{fraction}");
    }
    out.push_str(match zone {
        "" | "Z" => "Z",
        _ => normalize_zone(zone)?,
    });
    Some(())
}

fn normalize_zone(zone: &str) -> Option<&str> {
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let whole = hours.len() == 2 && minutes.len() == 2;
    (whole
        && parse_up_to_two_digits(hours, 23).is_some()
        && parse_up_to_two_digits(minutes, 59).is_some())
    .then_some(if zone.ends_with("00:00") { "Z" } else { zone })
}

/// Parses a number of one or two digits up to `most`.
fn parse_up_to_two_digits(text: &str, most: u32) -> Option<u32> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|n| *n <= most)?;
    digits.then_some(number)
}
