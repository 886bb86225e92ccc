//! `Timestamp`: a YAML timestamp, parsed as flagd's YAML reader does with Go's `time.Parse`.
//!
//! Rollout fields have their own parser, `rollout::timestamp`: it accepts fewer forms and yields seconds.

use crate::document::calendar::days_in_month;

/// A timestamp: `2024-01-02`, `2024-1-2 15:04:05.5` or `2024-01-02T15:04:05+01:00`.
#[derive(Debug)]
pub struct Timestamp {
    /// `2024-01-02`
    date: String,
    /// `15:04:05.5`
    time: String,
    /// The minutes east of UTC.
    offset: i32,
}

impl Timestamp {
    /// Parses a timestamp; `None` for any other text.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let (year, rest) = text.split_at_checked(4)?;
        if !year.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (month, rest) = split_number(rest.strip_prefix('-')?, 12)?;
        let (day, rest) = split_number(rest.strip_prefix('-')?, 31)?;
        let days = days_in_month(year.parse().ok()?, month.into());
        if month == 0 || !(1..=days).contains(&day.into()) {
            return None;
        }
        let (time, offset) = match rest.chars().next() {
            None => ("00:00:00".to_owned(), 0),
            Some('T' | 't') => {
                let (time, zone) = parse_time(rest.get(1..)?)?;
                (time, parse_zone(zone)?)
            }
            // A time behind spaces is UTC.
            Some(' ') => match parse_time(rest.trim_start_matches(' '))? {
                (time, "") => (time, 0),
                _ => return None,
            },
            Some(_) => return None,
        };
        Some(Timestamp {
            date: format!("{year}-{month:02}-{day:02}"),
            time,
            offset,
        })
    }

    /// The timestamp in RFC 3339; `None` if it has an offset of 24 hours or more, for which flagd rejects the document.
    pub fn to_rfc3339(&self) -> Option<String> {
        let Timestamp { date, time, offset } = self;
        match offset {
            0 => Some(format!("{date}T{time}Z")),
            -1439..=1439 => Some(format!("{date}T{time}{}", self.zone(":"))),
            _ => None,
        }
    }

    /// The text that Go's `fmt.Sprint` makes of it: `2001-01-01 00:00:00 +0000 UTC`. A key has it in flagd.
    pub fn to_key(&self) -> String {
        let Timestamp { date, time, offset } = self;
        if *offset == 0 {
            return format!("{date} {time} +0000 UTC");
        }
        let zone = self.zone("");
        format!("{date} {time} {zone} {zone}")
    }

    fn zone(&self, separator: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs();
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }
}

/// Splits `15:4:5.50Z` into `15:04:05.5` and the text behind it.
fn parse_time(text: &str) -> Option<(String, &str)> {
    let (hour, rest) = split_number(text, 23)?;
    let (minute, rest) = split_number(rest.strip_prefix(':')?, 59)?;
    let (second, rest) = split_number(rest.strip_prefix(':')?, 59)?;
    let mut time = format!("{hour:02}:{minute:02}:{second:02}");
    let digits = rest.strip_prefix(['.', ',']).unwrap_or("");
    let zone = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let fraction = digits.strip_suffix(zone).unwrap_or("");
    if fraction.is_empty() {
        return Some((time, rest));
    }
    // Go keeps nanoseconds.
    let nanoseconds = fraction.get(..9).unwrap_or(fraction);
    let nanoseconds = nanoseconds.trim_end_matches('0');
    if !nanoseconds.is_empty() {
        time.push('.');
        time.push_str(nanoseconds);
    }
    Some((time, zone))
}

/// The offset of `Z` or `+01:00` in minutes. Go accepts up to `24:60`.
fn parse_zone(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, _) = split_number(hours, 24).filter(|(_, rest)| rest.is_empty())?;
    let (minutes, _) = split_number(minutes, 60).filter(|(_, rest)| rest.is_empty())?;
    let offset = i32::from(hours) * 60 + i32::from(minutes);
    Some(if text.starts_with('-') {
        -offset
    } else {
        offset
    })
}

/// Splits a number of one or two digits, up to `most`, from the text behind it.
fn split_number(text: &str, most: u8) -> Option<(u8, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    let number = number.parse().ok().filter(|n| *n <= most)?;
    Some((number, rest))
}

/// The text that a date becomes as a value; `None` if `text` is no date, or remains as it is written.
pub fn normalize_timestamp(text: &str) -> Option<String> {
    Timestamp::parse(text)?.to_rfc3339()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_have_the_forms_that_go_parses() {
        for (text, want) in [
            ("2024-01-01", "2024-01-01T00:00:00Z"),
            ("2024-1-2 3:4:5.50", "2024-01-02T03:04:05.5Z"),
            ("2024-01-01   10:00:00", "2024-01-01T10:00:00Z"),
            ("2024-01-01t10:00:00,5Z", "2024-01-01T10:00:00.5Z"),
            (
                "2024-01-01T10:00:00.12345678919Z",
                "2024-01-01T10:00:00.123456789Z",
            ),
            ("2024-01-01T10:00:00+01:60", "2024-01-01T10:00:00+02:00"),
            ("2024-01-01T10:00:00-00:00", "2024-01-01T10:00:00Z"),
            ("2024-01-01T10:00:00-23:59", "2024-01-01T10:00:00-23:59"),
        ] {
            assert_eq!(normalize_timestamp(text).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_timestamps() {
        for text in [
            "2024-02-30",
            "2024-01-001",
            "2024-01-01 ",
            "2024-01-01T10:00:00",
            "2024-01-01 10:00:00Z",
            "2024-01-01T10:00:01.Z",
            "2024-01-01T10:00:01.+01:00",
            "2024-01-01T10:00:60Z",
            "2024-01-01T10:00:00+1:00",
            "2024-01-01T10:00:00+25:00",
            "2024-01-01T10:00:00z",
            "24-01-01",
        ] {
            assert!(Timestamp::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_offset_of_a_day_has_a_key_and_no_rfc_3339() {
        let timestamp = Timestamp::parse("2024-01-01T10:00:00+23:60").expect("Go parses it");
        assert_eq!(timestamp.to_rfc3339(), None);
        assert_eq!(timestamp.to_key(), "2024-01-01 10:00:00 +2400 +2400");
    }
}
