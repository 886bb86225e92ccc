//! The patterns that plain flagd can test: a literal text at the beginning, at the end, or as a whole.

use serde_json::Value;
use serde_json::json;

/// Characters with a meaning in regular expressions.
const META: &str = "\\^$.|?*+()[]{}";

/// The rule that tests an attribute with a pattern; `None` if flagd has no operator for it.
pub fn rule(attribute: &Value, pattern: &str) -> Option<Value> {
    let (rest, at_start) = match pattern.strip_prefix('^') {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let (rest, at_end) = match rest.strip_suffix('$') {
        Some(rest) if !rest.ends_with('\\') => (rest, true),
        _ => (rest, false),
    };
    let literal = unescape(rest)?;
    if !is_text_only(&literal) {
        return None;
    }
    match (at_start, at_end) {
        (true, true) => Some(json!({ "===": [attribute, literal] })),
        (true, false) => Some(json!({ "starts_with": [attribute, literal] })),
        (false, true) => Some(json!({ "ends_with": [attribute, literal] })),
        // `in` would also search lists.
        (false, false) => None,
    }
}

/// The text that a pattern without operators matches.
fn unescape(pattern: &str) -> Option<String> {
    let mut literal = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => literal.push(characters.next().filter(|next| META.contains(*next))?),
            other if META.contains(other) => return None,
            other => literal.push(other),
        }
    }
    Some(literal)
}

/// Returns true if neither a number nor a boolean contains the text when it is written as text: flagd's operators see
/// texts only.
fn is_text_only(literal: &str) -> bool {
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.');
    !literal.chars().all(is_of_number) && !"true".contains(literal) && !"false".contains(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_patterns_become_operators_of_flagd() {
        let check = |pattern: &str, want: Option<Value>| {
            assert_eq!(rule(&json!({"var": "a"}), pattern), want, "{pattern}");
        };
        let var = || json!({"var": "a"});
        check(
            "^internal-",
            Some(json!({"starts_with": [var(), "internal-"]})),
        );
        check(
            "@example\\.com$",
            Some(json!({"ends_with": [var(), "@example.com"]})),
        );
        check("^dev$", Some(json!({"===": [var(), "dev"]})));
        for other in [
            "dev", "^4", "^tru", "^a.c$", "^a|b$", "a\\$", "^\\d", "", "^", "$",
        ] {
            check(other, None);
        }
    }
}
