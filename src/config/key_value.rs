//! Keys and values of an option: parsing of `KEY=VALUE` arguments. The last value of a key wins.

use ecow::EcoString;

use crate::config::csv;

/// Keys and their values.
pub type KeyValues = Vec<(EcoString, EcoString)>;

/// Returns the pairs in one argument, each still `KEY=VALUE`.
///
/// As in flagd, only an argument with more than one `=` is split at commas: `k=a,b` is one pair.
///
/// # Errors
/// If the argument is not a CSV line; the error gives the reason.
pub fn split_argument(text: &str) -> Result<Vec<String>, &'static str> {
    if text.matches('=').count() > 1 {
        return csv::parse_record(text);
    }
    // flagd also strips an unpaired quotation mark, and so drops the last character of `k="v"`.
    let inside = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    Ok(vec![inside.unwrap_or(text).to_owned()])
}

/// Adds a pair, or replaces the value of an earlier pair with the same key.
pub fn insert_or_replace(pairs: &mut KeyValues, key: EcoString, value: EcoString) {
    match pairs.iter_mut().find(|(known, _)| *known == key) {
        Some(known) => known.1 = value,
        None => pairs.push((key, value)),
    }
}
