//! Numbers as text, read and written exactly as Go's `strconv` and `encoding/json` do.
//!
//! flagd's answers depend on both: `"1_000" == 1000` holds there, `" 1 " == 1` does not, and a rule that
//! yields `1e21` selects the variant named `1e+21`.

use std::fmt::Write as _;

/// How a text failed to be a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseNumberError {
    /// No number at all.
    Syntax,
    /// A number beyond the largest float; the sign tells to which side.
    Range {
        /// Whether it lies below the smallest instead of above the largest.
        negative: bool,
    },
}

/// The number that Go's `strconv.ParseFloat(text, 64)` reads.
///
/// # Errors
/// `Syntax` if Go reads none, `Range` if the magnitude is too large for a float.
pub fn parse(text: &str) -> Result<f64, ParseNumberError> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let signed = |n: f64| if negative { -n } else { n };
    if digits.eq_ignore_ascii_case("inf") || digits.eq_ignore_ascii_case("infinity") {
        return Ok(signed(f64::INFINITY));
    }
    if text.eq_ignore_ascii_case("nan") {
        return Ok(f64::NAN);
    }
    let hexadecimal = matches!(digits.as_bytes(), [b'0', b'x' | b'X', _, ..]);
    let magnitude = if hexadecimal {
        parse_hexadecimal(digits)
    } else {
        parse_decimal(digits)
    }
    .ok_or(ParseNumberError::Syntax)?;
    if magnitude.is_infinite() {
        return Err(ParseNumberError::Range { negative });
    }
    Ok(signed(magnitude))
}

/// What `JSONLogic`'s arithmetic makes of a text: no number counts as 0, one out of range as infinite.
pub fn parse_or_zero(text: &str) -> f64 {
    match parse(text) {
        Ok(number) => number,
        Err(ParseNumberError::Syntax) => 0.0,
        Err(ParseNumberError::Range { negative: false }) => f64::INFINITY,
        Err(ParseNumberError::Range { negative: true }) => f64::NEG_INFINITY,
    }
}

fn parse_decimal(digits: &str) -> Option<f64> {
    let bytes = digits.as_bytes();
    let mantissa = scan_mantissa(bytes, 0, u8::is_ascii_digit);
    if mantissa.digit_count == 0 {
        return None;
    }
    let mut end = mantissa.end;
    if let Some(b'e' | b'E') = bytes.get(end) {
        end = scan_exponent(bytes, end + 1)?;
    }
    if end != bytes.len() {
        return None;
    }
    if !digits.contains('_') {
        return digits.parse().ok();
    }
    if !underscores_valid(digits) {
        return None;
    }
    digits.replace('_', "").parse().ok()
}

/// `0x1.8p-3`: Go wants the binary exponent, and rounds what does not fit to the nearest.
fn parse_hexadecimal(digits: &str) -> Option<f64> {
    let bytes = digits.as_bytes();
    let mantissa = scan_mantissa(bytes, 2, u8::is_ascii_hexdigit);
    if mantissa.digit_count == 0 || !matches!(bytes.get(mantissa.end), Some(b'p' | b'P')) {
        return None;
    }
    let end = scan_exponent(bytes, mantissa.end + 1)?;
    if end != bytes.len() || (digits.contains('_') && !underscores_valid(digits)) {
        return None;
    }
    let mut exponent: i32 = digits
        .get(mantissa.end + 1..)?
        .replace('_', "")
        .parse()
        .unwrap_or(i32::MAX / 2);
    let mut significand: u64 = 0;
    let mut fraction = false;
    for byte in bytes.get(2..mantissa.end)? {
        let Some(digit) = char::from(*byte).to_digit(16) else {
            fraction |= *byte == b'.';
            continue;
        };
        if significand >> 60 == 0 {
            significand = significand << 4 | u64::from(digit);
            exponent = exponent.saturating_sub(if fraction { 4 } else { 0 });
        } else {
            // Beyond 64 bits only "is anything there" matters for rounding.
            significand |= u64::from(digit != 0);
            exponent = exponent.saturating_add(if fraction { 0 } else { 4 });
        }
    }
    Some(ldexp(significand as f64, exponent))
}

/// `value * 2^exponent` without an intermediate overflow.
fn ldexp(mut value: f64, exponent: i32) -> f64 {
    let mut left = exponent.clamp(-4000, 4000);
    while left != 0 {
        let step = left.clamp(-1000, 1000);
        value *= f64::powi(2.0, step);
        left -= step;
    }
    value
}

struct Mantissa {
    digit_count: usize,
    end: usize,
}

fn scan_mantissa(bytes: &[u8], start: usize, is_digit: fn(&u8) -> bool) -> Mantissa {
    let (mut digits, mut point) = (0, false);
    let mut end = start;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'_' => {}
            b'.' if !point => point = true,
            _ if is_digit(byte) => digits += 1,
            _ => break,
        }
        end += 1;
    }
    Mantissa {
        digit_count: digits,
        end,
    }
}

/// The end of an exponent whose digits, with an optional sign, start at `start`.
fn scan_exponent(bytes: &[u8], mut start: usize) -> Option<usize> {
    if matches!(bytes.get(start), Some(b'+' | b'-')) {
        start += 1;
    }
    if !bytes.get(start)?.is_ascii_digit() {
        return None;
    }
    let digits = bytes.get(start..)?;
    let len = digits
        .iter()
        .take_while(|b| b.is_ascii_digit() || **b == b'_')
        .count();
    Some(start + len)
}

/// Whether every underscore stands between two digits; a base prefix counts as a digit.
fn underscores_valid(digits: &str) -> bool {
    let prefixed = matches!(digits.as_bytes(), [b'0', b'x' | b'X', ..]);
    let body = if prefixed { &digits[2..] } else { digits };
    let mut last = if prefixed { '0' } else { '^' };
    for c in body.chars() {
        let digit = c.is_ascii_digit() || (prefixed && c.is_ascii_hexdigit());
        if (c == '_' && last != '0') || (c != '_' && !digit && last == '_') {
            return false;
        }
        last = match c {
            '_' => '_',
            _ if digit => '0',
            _ => '!',
        };
    }
    last != '_'
}

/// The whole part of `number` as Go's `int64(number)` has it on amd64: out of range is the smallest integer.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub fn truncate_to_i64(number: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// Appends `number` as Go's `strconv.FormatFloat(number, 'f', -1, 64)` writes it: never an exponent.
pub fn write_decimal(out: &mut impl std::fmt::Write, number: f64) {
    let written = if number.is_infinite() {
        out.write_str(if number > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        write!(out, "{number}")
    };
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
}

/// Appends `number` as Go's `%v` prints it: an exponent from a million on, or below a ten-thousandth.
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
    // Integers have no shortest form to search for; beyond this, not every integer is a float.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parsed_as_in_go() {
        let cases = [
            ("1_000", Ok(1000.0)),
            ("_1", Err(ParseNumberError::Syntax)),
            ("1_", Err(ParseNumberError::Syntax)),
            ("1__0", Err(ParseNumberError::Syntax)),
            (" 1", Err(ParseNumberError::Syntax)),
            ("0x1p4", Ok(16.0)),
            ("0x_1.8p1", Ok(3.0)),
            ("0xff", Err(ParseNumberError::Syntax)),
            (".5", Ok(0.5)),
            ("5.", Ok(5.0)),
            (".", Err(ParseNumberError::Syntax)),
            ("1e", Err(ParseNumberError::Syntax)),
            ("+iNf", Ok(f64::INFINITY)),
            ("+nan", Err(ParseNumberError::Syntax)),
            ("1e400", Err(ParseNumberError::Range { negative: false })),
            ("-1e400", Err(ParseNumberError::Range { negative: true })),
            ("1e-400", Ok(0.0)),
        ];
        for (text, want) in cases {
            assert_eq!(parse(text), want, "{text}");
        }
    }

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
