//! Numbers as they are written: the token at a position, and the loss of digits when it becomes a 64-bit float.

use crate::diag::Position;

/// 2^53: above it, 64-bit floats cannot represent every integer.
pub const EXACT_INTEGER_LIMIT: f64 = 9_007_199_254_740_992.0;

/// The text behind a position. Positions that increase are found in linear time, on a single long line, too.
#[derive(Debug)]
pub struct TextCursor<'t> {
    lines: Vec<&'t str>,
    /// The last position, and its offset in the line.
    last: (Position, usize),
}

impl<'t> TextCursor<'t> {
    /// A cursor at the beginning of `text`.
    pub fn new(text: &'t str) -> TextCursor<'t> {
        TextCursor {
            lines: text.split('\n').collect(),
            last: (Position::START, 0),
        }
    }

    /// The rest of the line at a position.
    pub fn rest_of_line(&mut self, place: Position) -> &'t str {
        let index = |n: u32| usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
        let line = self.lines.get(index(place.line)).copied().unwrap_or("");
        let (last, offset) = self.last;
        let (column, from) = if last.line == place.line && last.column <= place.column {
            (last.column, offset)
        } else {
            (1, 0)
        };
        let start = line.get(from..).unwrap_or("");
        let skipped = usize::try_from(place.column.saturating_sub(column)).unwrap_or(usize::MAX);
        let Some((at, _)) = start.char_indices().nth(skipped) else {
            return "";
        };
        self.last = (place, from + at);
        start.get(at..).unwrap_or("")
    }

    /// The token of a number at a position; empty for an alias or a string in quotes, for instance.
    pub fn number_token(&mut self, place: Position) -> &'t str {
        leading_number(self.rest_of_line(place))
    }
}

fn leading_number(rest: &str) -> &str {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    rest.get(..end).unwrap_or("")
}

/// The number that a text is meant to be: `10,000` and `10_000` are 10000, `2,5` is 2.5, `10 %` is 10.
pub fn number_in_text(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('%').trim_end();
    let is_number = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
            && text.parse::<f64>().is_ok_and(f64::is_finite)
    };
    if is_number(text) {
        return Some(text.to_owned());
    }
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    for separator in [',', '.', '_', '\'', ' '] {
        let mut groups = text.split(separator);
        let first = groups.next().unwrap_or("");
        let is_first = (1..=3).contains(&first.len()) && digits(first);
        let mut groups = groups.peekable();
        if is_first && groups.peek().is_some() && groups.all(|g| g.len() == 3 && digits(g)) {
            return Some(text.replace(separator, ""));
        }
    }
    let decimal = text.replacen(',', ".", 1);
    is_number(&decimal).then_some(decimal)
}

/// Returns true if `value` has all digits of `literal`.
pub fn is_lossless(literal: &str, value: f64) -> bool {
    let plain = literal.replace('_', "");
    if plain.parse() != Ok(value) {
        // An octal or hexadecimal number, or another token.
        return value.abs() < EXACT_INTEGER_LIMIT;
    }
    significant_digits(&plain) == significant_digits(&format!("{value:e}"))
}

/// Returns the significant digits of a number: without exponent, leading and trailing zeros.
fn significant_digits(text: &str) -> String {
    let mantissa = text.split(['e', 'E']).next().unwrap_or("");
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}
