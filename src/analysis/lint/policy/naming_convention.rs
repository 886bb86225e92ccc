//! Naming conventions of flag keys, such as kebab-case, and the conversion of a key to one.

/// A naming convention: the case of words, and how they are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamingConvention {
    /// `new-checkout-flow`
    Kebab,
    /// `new_checkout_flow`
    Snake,
    /// `NEW_CHECKOUT_FLOW`
    ScreamingSnake,
    /// `newCheckoutFlow`
    Camel,
    /// `NewCheckoutFlow`
    Pascal,
}

impl NamingConvention {
    /// All conventions with their names.
    pub const NAMES: [(&'static str, NamingConvention); 5] = [
        ("kebab-case", NamingConvention::Kebab),
        ("snake_case", NamingConvention::Snake),
        ("SCREAMING_SNAKE_CASE", NamingConvention::ScreamingSnake),
        ("camelCase", NamingConvention::Camel),
        ("PascalCase", NamingConvention::Pascal),
    ];

    /// The name of the convention.
    pub fn name(self) -> &'static str {
        let found = NamingConvention::NAMES
            .iter()
            .find(|(_, known)| *known == self);
        found.map_or("", |(name, _)| name)
    }

    /// Converts a text to the convention.
    pub fn convert(self, text: &str) -> String {
        let words = split_words(text);
        let spelled = words.iter().enumerate().map(|(at, word)| match self {
            NamingConvention::Kebab | NamingConvention::Snake => word.to_lowercase(),
            NamingConvention::ScreamingSnake => word.to_uppercase(),
            NamingConvention::Camel if at == 0 => word.to_lowercase(),
            NamingConvention::Camel | NamingConvention::Pascal => capitalize(word),
        });
        let spelled: Vec<String> = spelled.collect();
        spelled.join(match self {
            NamingConvention::Kebab => "-",
            NamingConvention::Snake | NamingConvention::ScreamingSnake => "_",
            NamingConvention::Camel | NamingConvention::Pascal => "",
        })
    }
}

fn capitalize(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.flat_map(char::to_lowercase)).collect()
}

/// Splits a text into words at separators, between a lower-case letter or digit and an upper-case letter, and before
/// the last of several upper-case letters if a lower-case letter follows.
fn split_words(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let begins = letter.is_uppercase()
            && (before.is_some_and(|c| c.is_lowercase() || c.is_ascii_digit())
                || before.is_some_and(|c| c.is_uppercase())
                    && after.is_some_and(|c| c.is_lowercase()));
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(*letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::NamingConvention;

    #[test]
    fn keys_are_converted_to_every_convention() {
        for (text, kebab, camel) in [
            ("enable_dark_mode", "enable-dark-mode", "enableDarkMode"),
            (
                "FEATURE_enhanced_search",
                "feature-enhanced-search",
                "featureEnhancedSearch",
            ),
            (
                "newHTTPServer2Go",
                "new-http-server2-go",
                "newHttpServer2Go",
            ),
            ("--x--", "x", "x"),
            ("", "", ""),
        ] {
            assert_eq!(NamingConvention::Kebab.convert(text), kebab);
            assert_eq!(NamingConvention::Camel.convert(text), camel);
        }
    }
}
