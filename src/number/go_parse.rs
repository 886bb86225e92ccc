//! Parses numbers as Go's `strconv.ParseFloat` does: underscores, hexadecimal floats, infinities.

/// The reason why a text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseNumberError {
    /// Not the syntax of a number.
    Syntax,
    /// A magnitude beyond the largest float.
    Range {
        /// True if the number is negative.
        negative: bool,
    },
}

/// Parses a number as Go's `strconv.ParseFloat(text, 64)` does.
///
/// # Errors
/// `Syntax` if the text is not a number in Go, `Range` if the magnitude is too large for a float.
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

/// Parses an operand of `JSONLogic`'s arithmetic: 0 if the text is not a number, infinite if it is out of range.
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

/// Parses `0x1.8p-3`: the binary exponent is required, and excess digits are rounded to nearest.
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
            // Beyond 64 bits a digit only matters for rounding: it sets the sticky bit.
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

/// Returns true if every underscore is between two digits; a base prefix counts as a digit.
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
}
