//! What a plain YAML scalar means: exactly what flagd's YAML reader takes it for.
//!
//! That reader mixes YAML 1.1 and 1.2: `on` and `yes` are strings, `010` is 8, `1_000` is 1000, and a bare date
//! becomes a string in RFC 3339.

use std::fmt::Write as _;

use ecow::EcoString;

use crate::document::syntax_tree::NodeKind;
use crate::number;

/// The value of an unquoted scalar.
pub fn resolve_plain_scalar(text: &str) -> NodeKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return NodeKind::Null,
        "true" | "True" | "TRUE" => return NodeKind::Bool(true),
        "false" | "False" | "FALSE" => return NodeKind::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return NodeKind::Number(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return NodeKind::Number(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return NodeKind::Number(f64::NAN),
        _ => {}
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => number::parse(text).ok(),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            if let Some(instant) = normalize_timestamp(text) {
                return NodeKind::Text(instant.into());
            }
            parse_number(&text.replace('_', ""))
        }
        _ => None,
    };
    number.map_or_else(|| NodeKind::Text(text.into()), NodeKind::Number)
}

/// The key of a mapping: whatever it is, its text.
pub fn key_text(text: &str) -> EcoString {
    match resolve_plain_scalar(text) {
        NodeKind::Null => "<nil>".into(),
        NodeKind::Bool(b) => if b { "true" } else { "false" }.into(),
        NodeKind::Number(n) => {
            let mut key = String::new();
            number::write_general(&mut key, n);
            key.into()
        }
        NodeKind::Text(text) => text,
        NodeKind::List(_) | NodeKind::Map(_) => text.into(),
    }
}

fn parse_number(text: &str) -> Option<f64> {
    parse_integer(text).or_else(|| {
        let unsigned = text.trim_start_matches(['+', '-']);
        let decimal = unsigned
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
        if decimal {
            number::parse(text).ok()
        } else {
            None
        }
    })
}

fn parse_integer(text: &str) -> Option<f64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1.0, text.get(1..)?),
        b'+' => (1.0, text.get(1..)?),
        _ => (1.0, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    Some(sign * magnitude as f64)
}

/// `2024-01-02`, `2024-1-2 15:04:05.5` and `2024-01-02T15:04:05+01:00` as RFC 3339; `None` for anything else.
fn normalize_timestamp(text: &str) -> Option<String> {
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
    let day = parse_up_to_two_digits(parts.next()?, days_in_month(year.parse().ok()?, month))?;
    if parts.next().is_some() || month == 0 || day == 0 {
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

/// Appends `15:04:05.5` and its zone; without a date and time in one word there is no zone, it is UTC.
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

/// A number of one or two digits up to `most`.
fn parse_up_to_two_digits(text: &str, most: u32) -> Option<u32> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|n| *n <= most)?;
    digits.then_some(number)
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_scalars_are_typed_as_in_flagd() {
        let text = |s: &str| format!("{:?}", NodeKind::Text(s.into()));
        let number = |n: f64| format!("{:?}", NodeKind::Number(n));
        for (plain, want) in [
            ("on", text("on")),
            ("yes", text("yes")),
            ("010", number(8.0)),
            ("09", number(9.0)),
            ("1_000", number(1000.0)),
            ("0x1F", number(31.0)),
            ("-0b11", number(-3.0)),
            ("0o17", number(15.0)),
            ("1e3", number(1000.0)),
            (".5", number(0.5)),
            ("1.2.3", text("1.2.3")),
            ("-", text("-")),
            ("2024-01-01", text("2024-01-01T00:00:00Z")),
            ("2024-02-30", text("2024-02-30")),
            ("2024-1-2 3:4:5.50", text("2024-01-02T03:04:05.5Z")),
            (
                "2024-01-02T03:04:05+01:00",
                text("2024-01-02T03:04:05+01:00"),
            ),
        ] {
            assert_eq!(
                format!("{:?}", resolve_plain_scalar(plain)),
                want,
                "{plain}"
            );
        }
        assert_eq!(&*key_text("1.50"), "1.5");
        assert_eq!(&*key_text("~"), "<nil>");
        assert_eq!(&*key_text("True"), "true");
    }
}
