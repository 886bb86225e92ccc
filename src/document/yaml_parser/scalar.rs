//! Resolves plain YAML scalars to null, booleans, numbers or strings, exactly as flagd's YAML reader does.
//!
//! That reader mixes YAML 1.1 and 1.2: `on` and `yes` are strings, `010` is 8, `1_000` is 1000, and a bare date
//! becomes a string in RFC 3339.

use crate::document::syntax_tree::NodeKind;
use crate::document::yaml_parser::timestamp::normalize_timestamp;
use crate::number;

/// A scalar as it is written.
#[derive(Debug, Clone, Copy)]
pub struct Scalar<'t> {
    /// The characters.
    pub text: &'t str,
    /// True if it has no quotes and is no block.
    pub plain: bool,
    /// The tag.
    pub tag: Option<&'t str>,
}

impl<'t> Scalar<'t> {
    /// A scalar; the tag `!` changes nothing.
    pub fn new(text: &'t str, plain: bool, tag: Option<&'t str>) -> Scalar<'t> {
        Scalar {
            text,
            plain,
            tag: tag.filter(|tag| *tag != "!"),
        }
    }
}

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

fn parse_number(text: &str) -> Option<f64> {
    parse_go_integer(text).map(|n| n as f64).or_else(|| {
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

/// The integer that a scalar stands for. As in Go, it has 64 bits with or without a sign; other integers are floats.
pub fn parse_integer(text: &str) -> Option<i128> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    parse_go_integer(&text.replace('_', "")).filter(|_| is_number)
}

fn parse_go_integer(text: &str) -> Option<i128> {
    let (sign, digits, most) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?, 1 << 63),
        b'+' => (1, text.get(1..)?, i64::MAX.into()),
        _ => (1, text, u64::MAX.into()),
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
        // A sign behind the prefix is accepted by a second attempt of flagd's reader.
        let signed = text.starts_with("0b") || text.starts_with("0o");
        let number = i64::from_str_radix(digits, radix).ok().filter(|_| signed);
        return number.map(i128::from);
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    (magnitude <= most).then_some(sign * magnitude)
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
            ("0b-11", number(-3.0)),
            ("-0b-11", text("-0b-11")),
            ("-0", number(0.0)),
            ("-0.0", number(-0.0)),
            ("-0xFFFFFFFFFFFFFFFF", text("-0xFFFFFFFFFFFFFFFF")),
            ("+0xFFFFFFFFFFFFFFFF", text("+0xFFFFFFFFFFFFFFFF")),
            ("0xFFFFFFFFFFFFFFFF", number(18_446_744_073_709_551_615.0)),
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
