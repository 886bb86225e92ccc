//! Numbers as Go's `strconv` and `encoding/json` read and write them.

/// A parsed number.
#[derive(Debug, Clone, Copy)]
pub struct ParsedFloat {
    /// The value; infinite if it is out of range.
    pub value: f64,
    /// True if the value is too large for a float.
    pub out_of_range: bool,
}

/// `strconv.ParseFloat`: `None` if the text is not a number.
pub fn parse_float(text: &str) -> Option<ParsedFloat> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let lower = digits.to_ascii_lowercase();
    if lower == "inf" || lower == "infinity" {
        return Some(finite_or_named(sign * f64::INFINITY, true));
    }
    if text.eq_ignore_ascii_case("nan") {
        return Some(finite_or_named(f64::NAN, true));
    }
    let value = match lower.strip_prefix("0x") {
        Some(hex) => parse_hex(hex)?,
        None => parse_decimal(&lower)?,
    };
    Some(finite_or_named(sign * value, false))
}

fn finite_or_named(value: f64, named: bool) -> ParsedFloat {
    let out_of_range = value.is_infinite() && !named;
    ParsedFloat {
        value,
        out_of_range,
    }
}

fn parse_decimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = without_underscores(mantissa, false)?;
    is_mantissa(&digits, |c| c.is_ascii_digit()).then_some(())?;
    match exponent {
        None => digits.parse().ok(),
        Some(exponent) => format!("{digits}e{}", parse_exponent(exponent)?)
            .parse()
            .ok(),
    }
}

fn parse_hex(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let digits = without_underscores(mantissa, true)?;
    is_mantissa(&digits, |c| c.is_ascii_hexdigit()).then_some(())?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent: i32 = parse_exponent(exponent)?.parse().ok()?;
    Some(value * 2_f64.powi(exponent - 4 * i32::try_from(fraction.len()).ok()?))
}

fn is_mantissa(text: &str, digit: impl Fn(char) -> bool) -> bool {
    let points = text.matches('.').count();
    points <= 1 && text.len() > points && text.chars().all(|c| c == '.' || digit(c))
}

/// The exponent in decimal, with at most five digits: larger ones do not differ.
fn parse_exponent(text: &str) -> Option<String> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let digits = without_underscores(digits, false)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let digits = if digits.len() > 5 { "99999" } else { digits };
    Some(format!("{sign}0{digits}"))
}

/// Underscores may separate digits of a number with a base prefix only, and directly after that prefix.
fn without_underscores(text: &str, after_prefix: bool) -> Option<String> {
    if !text.contains('_') {
        return Some(text.to_owned());
    }
    if !after_prefix {
        return separated(text);
    }
    separated(text.strip_prefix('_').unwrap_or(text))
}

fn separated(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let alone = |at: usize| at > 0 && digit(at - 1) && digit(at + 1);
    let valid = (0..bytes.len()).all(|at| bytes[at] != b'_' || alone(at));
    valid.then(|| text.replace('_', ""))
}

/// `strconv.FormatFloat(n, 'f', -1, 64)`.
pub fn format_plain(n: f64) -> String {
    if n.is_nan() {
        "NaN".to_owned()
    } else if n.is_infinite() {
        (if n > 0.0 { "+Inf" } else { "-Inf" }).to_owned()
    } else {
        format!("{n}")
    }
}

/// A finite number as `encoding/json` writes it.
pub fn format_json(n: f64) -> String {
    let size = n.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        with_exponent(n, 1)
    } else {
        format!("{n}")
    }
}

/// A number as `fmt` writes it with `%v`.
pub fn format_verb_v(n: f64) -> String {
    let size = n.abs();
    let exponent = format!("{size:e}")
        .split_once('e')
        .map_or(0, |(_, e)| e.parse::<i32>().unwrap_or(0));
    if !n.is_finite() {
        format_plain(n)
    } else if size != 0.0 && !(-4..6).contains(&exponent) {
        with_exponent(n, 2)
    } else {
        format!("{n}")
    }
}

fn with_exponent(n: f64, digits: usize) -> String {
    let text = format!("{n:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ("-", exponent),
        None => ("+", exponent),
    };
    format!("{mantissa}e{sign}{exponent:0>digits$}")
}

/// A float converted to `int` on amd64: the least integer if it is out of range.
pub fn to_int(n: f64) -> i64 {
    // 2^63 is the first float that does not fit.
    let range = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;
    if !range.contains(&n) {
        return i64::MIN;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked above"
    )]
    let whole = n as i64;
    whole
}
