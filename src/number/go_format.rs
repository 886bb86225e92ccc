//! Formats numbers as Go's `strconv`, `fmt` and `encoding/json` do.

use std::fmt::Write as _;

/// Appends `number` as Go's `strconv.FormatFloat(number, 'f', -1, 64)` writes it: never an exponent.
pub fn write_decimal(out: &mut impl std::fmt::Write, number: f64) {
    let written = if number.is_infinite() {
        out.write_str(if number > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        write!(out, "{number}")
    };
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
}

/// Appends `number` as Go's `%v` prints it: with an exponent from 1e6 on, and below 1e-4.
pub fn write_general(out: &mut String, number: f64) {
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-4..1e6).contains(&magnitude) || !number.is_finite() {
        return write_decimal(out, number);
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    let _ = write!(out, "{digits}e{sign}{exponent:0>2}");
}

/// Appends `number` as Go's `encoding/json` writes it, or nothing and `false` if it has no JSON form.
pub fn write_json(out: &mut String, number: f64) -> bool {
    if !number.is_finite() {
        return false;
    }
    let magnitude = number.abs();
    let whole = truncate_to_i64(number);
    // Integers need no search for the shortest digits. Beyond the bound, not every integer is a float.
    if magnitude < 1e15 && whole as f64 == number && (whole != 0 || number.is_sign_positive()) {
        let _ = write!(out, "{whole}");
        return true;
    }
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        write_decimal(out, number);
        return true;
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => {
            let _ = write!(out, "{digits}e+{exponent}");
        }
        _ => out.push_str(&text),
    }
    true
}

/// Converts as Go's `int64(number)` does on amd64: out of range yields the smallest integer.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub fn truncate_to_i64(number: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_as_in_go() {
        for (number, want) in [
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1e-7, "1e-7"),
            (1e-6, "0.000001"),
            (-0.0, "-0"),
            (0.0, "0"),
            (-42.0, "-42"),
            (999_999_999_999_999.0, "999999999999999"),
            (1.5, "1.5"),
        ] {
            let mut out = String::new();
            assert!(write_json(&mut out, number));
            assert_eq!(out, want);
        }
    }
}
