//! Resolves plain YAML scalars to null, booleans, numbers or strings, exactly as flagd's YAML reader does.
//!
//! That reader mixes YAML 1.1 and 1.2: `on` and `yes` are strings, `010` is 8, `1_000` is 1000, and a bare date
//! becomes a string in RFC 3339.

use crate::document::syntax_tree::NodeKind;
use crate::document::yaml_parser::timestamp::normalize_timestamp;
use crate::number;

/// The value of an unquoted scalar.
pub fn resolve_plain_scalar(text: &str) -> NodeKind {
    match normalize_timestamp(text) {
        Some(instant) => NodeKind::Text(instant.into()),
        None => resolve_untimed_scalar(text),
    }
}

/// The value of a scalar with a tag other than `!!timestamp`: the same, without timestamps.
pub fn resolve_untimed_scalar(text: &str) -> NodeKind {
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
        Some(b'0'..=b'9' | b'+' | b'-') => parse_number(&text.replace('_', "")),
        _ => None,
    };
    number.map_or_else(|| NodeKind::Text(text.into()), NodeKind::Number)
}

/// The value of a scalar with the tag `!!int`.
pub fn resolve_integer(text: &str) -> Option<f64> {
    parse_integer(&text.replace('_', ""))
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
    }
}
