//! Keys and values of an option: parsing of `KEY=VALUE` arguments. The last value of a key wins.

use ecow::EcoString;

use crate::config::csv;

/// Keys and their values.
pub type KeyValues = Vec<(EcoString, EcoString)>;

/// The pairs in one argument, not yet split.
///
/// Only an argument with more than one `=` is a line of several pairs, as in flagd: `k=a,b` is one.
///
/// # Errors
/// If the argument is not a CSV line; the error gives the reason.
pub fn split_argument(text: &str) -> Result<Vec<String>, &'static str> {
    if text.matches('=').count() > 1 {
        return csv::parse_record(text);
    }
    // flagd also takes off a lonely quotation mark and so loses the end of `k="v"`.
    let inside = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    Ok(vec![inside.unwrap_or(text).to_owned()])
}

/// Adds a pair, in the place of an earlier one with its key.
pub fn insert_or_replace(pairs: &mut KeyValues, key: EcoString, value: EcoString) {
    match pairs.iter_mut().find(|(known, _)| *known == key) {
        Some(known) => known.1 = value,
        None => pairs.push((key, value)),
    }
}
