//! Numbers of canonical JSON: the text that ECMAScript gives a 64-bit float.

use std::fmt::Write as _;

/// The greatest exponent at which ECMAScript writes all digits of an integer.
const MAX_POINT: i32 = 21;
/// The least exponent at which ECMAScript writes a fraction without an exponent.
const MIN_POINT: i32 = -6;

/// Appends a number; returns false if it is infinite or not a number, which JSON cannot represent.
pub fn write_number(value: f64, out: &mut String) -> bool {
    if !value.is_finite() {
        return false;
    }
    if value < 0.0 {
        out.push('-');
    }
    let text = shortest(value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or(0);
    write_digits(&digits, exponent + 1, out);
    true
}

/// The shortest digits that read back to the number, with an exponent.
fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    // Between two such texts at the same distance, ECMAScript takes the even one, and Rust does not. With a number of
    // digits, Rust rounds to even as well.
    let digits = text.bytes().take_while(|byte| *byte != b'e').count();
    let even = format!("{value:.*e}", digits.saturating_sub(2));
    let is_same = even.parse() == Ok(value);
    if is_same { even } else { text }
}

/// Appends the digits of a number with the point after the first `point` digits.
fn write_digits(digits: &str, point: i32, out: &mut String) {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if point > MAX_POINT || point <= MIN_POINT {
        write_scientific(digits, point - 1, out);
    } else if point >= count {
        out.push_str(digits);
        out.push_str(&zeros(point - count));
    } else if point > 0 {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        let _ = write!(out, "{whole}.{fraction}");
    } else {
        let _ = write!(out, "0.{}{digits}", zeros(-point));
    }
}

fn write_scientific(digits: &str, exponent: i32, out: &mut String) {
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "{first}{point}{rest}e{sign}{}", exponent.abs());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The samples of RFC 8785, appendix B.
    const SAMPLES: [(u64, &str); 24] = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];

    #[test]
    fn numbers_are_those_of_rfc_8785() {
        for (bits, want) in SAMPLES {
            let mut text = String::new();
            assert!(write_number(f64::from_bits(bits), &mut text));
            assert_eq!(text, want, "{bits:016x}");
        }
    }

    #[test]
    fn infinity_and_nan_are_refused() {
        for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(!write_number(value, &mut String::new()));
        }
    }

    #[test]
    fn every_text_reads_back_to_the_same_number() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..100_000 {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let value = f64::from_bits(bits);
            let mut text = String::new();
            if write_number(value, &mut text) {
                assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(bits), "{text}");
            }
        }
    }
}
