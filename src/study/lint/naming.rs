//! How keys are spelled, where a convention is agreed on.

use crate::diag::Code;
use crate::diag::Report;
use crate::study::file::Subject;
use crate::study::lint::policy::Policy;

/// How the words of a key are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    /// `new-checkout-flow`
    Kebab,
    /// `new_checkout_flow`
    Snake,
    /// `NEW_CHECKOUT_FLOW`
    Screaming,
    /// `newCheckoutFlow`
    Camel,
    /// `NewCheckoutFlow`
    Pascal,
}

impl Convention {
    /// All of them, as they are called.
    pub const NAMES: [(&'static str, Convention); 5] = [
        ("kebab-case", Convention::Kebab),
        ("snake_case", Convention::Snake),
        ("SCREAMING_SNAKE_CASE", Convention::Screaming),
        ("camelCase", Convention::Camel),
        ("PascalCase", Convention::Pascal),
    ];

    /// What it is called.
    fn name(self) -> &'static str {
        let found = Convention::NAMES.iter().find(|(_, known)| *known == self);
        found.map_or("", |(name, _)| name)
    }

    /// `text` as the convention has it.
    fn spell(self, text: &str) -> String {
        let words = words(text);
        let spelled = words.iter().enumerate().map(|(at, word)| match self {
            Convention::Kebab | Convention::Snake => word.to_lowercase(),
            Convention::Screaming => word.to_uppercase(),
            Convention::Camel if at == 0 => word.to_lowercase(),
            Convention::Camel | Convention::Pascal => capital(word),
        });
        let spelled: Vec<String> = spelled.collect();
        spelled.join(match self {
            Convention::Kebab => "-",
            Convention::Snake | Convention::Screaming => "_",
            Convention::Camel | Convention::Pascal => "",
        })
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.flat_map(char::to_lowercase)).collect()
}

/// The words in a text: between separators, and where a capital follows a small letter or begins a word behind others.
fn words(text: &str) -> Vec<String> {
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

/// Reports a key that is spelled otherwise.
pub fn check(subject: &Subject<'_>, policy: &Policy, report: &mut Report) {
    let Some(naming) = &policy.naming else {
        return;
    };
    let key = &*subject.flag.key;
    let wanted = match naming.separator {
        None => naming.convention.spell(key),
        Some(separator) => {
            let parts = key
                .split(separator)
                .map(|part| naming.convention.spell(part));
            let parts: Vec<String> = parts.collect();
            parts.join(separator.encode_utf8(&mut [0; 4]))
        }
    };
    if wanted != key {
        let message = format!("flag `{key}` is not named in {}", naming.convention.name());
        let help = format!("call it `{wanted}`");
        report.warn(Code::Naming, subject.flag.place, message, help);
    }
}

#[cfg(test)]
mod tests {
    use super::Convention;

    #[test]
    fn keys_are_spelled_in_any_convention() {
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
            assert_eq!(Convention::Kebab.spell(text), kebab);
            assert_eq!(Convention::Camel.spell(text), camel);
        }
    }
}
