//! "Did you mean": the closest known name to a misspelled one, by Levenshtein distance.

use strsim::levenshtein;

/// The number of characters of each word that are compared: bounds the work for long keys.
const COMPARED_CHARS: usize = 64;

/// Returns the candidate closest to `word`; at most a third of the characters of `word` may differ.
pub fn closest_match<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    let word = normalize(word);
    candidates
        .into_iter()
        .map(|candidate| (levenshtein(&word, &normalize(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The help for an unknown name: the closest candidate, or `otherwise` if none is close.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    match closest_match(word, candidates) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => otherwise(),
    }
}

/// The help for an unknown name among `candidates`: the closest one, or all of them.
pub fn suggest_one_of<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> String {
    let candidates = candidates.into_iter();
    did_you_mean(word, candidates.clone(), || {
        let all: Vec<&str> = candidates.collect();
        format!("write one of: {}", all.join(", "))
    })
}

/// The Levenshtein distance between two words: ASCII case is ignored, and the first 64 characters are compared.
pub fn edit_distance(a: &str, b: &str) -> usize {
    levenshtein(&normalize(a), &normalize(b))
}

fn normalize(word: &str) -> String {
    let chars = word.chars().take(COMPARED_CHARS);
    chars.map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_name_gets_a_suggestion() {
        let names = ["fractional", "starts_with", "ends_with"];
        assert_eq!(closest_match("fractionl", names), Some("fractional"));
        assert_eq!(closest_match("start_with", names), Some("starts_with"));
        assert_eq!(closest_match("FRACTIONAL", names), Some("fractional"));
        assert_eq!(closest_match("semver", names), None);
        let help = |word| did_you_mean(word, names, || "no operator".to_owned());
        assert_eq!(help("fractionl"), "did you mean `fractional`?");
        assert_eq!(help("semver"), "no operator");
    }

    #[test]
    fn transposition_is_two_edits_and_64_characters_are_compared() {
        assert_eq!(edit_distance("ab", "ba"), 2);
        assert_eq!(edit_distance("éA", "éa"), 0);
        let long = "x".repeat(64);
        assert_eq!(edit_distance(&format!("{long}a"), &format!("{long}bcd")), 0);
    }
}
