//! The operator `$fanion.matches`: tests a text with a regular expression, in time linear in the text.
//!
//! flagd has no regular expressions: flag sync sends rules with this operator only to peers that take dialects.

use regex_lite::Regex;
use regex_lite::RegexBuilder;

use crate::number;
use crate::rule::error::EvalError;
use crate::rule::scope::Scope;
use crate::value::Value;

/// The name of the operator. Arguments: the value, and the pattern, which is a constant.
pub const PATTERN_OPERATOR: &str = "$fanion.matches";

/// The sizes of compiled patterns, in bytes: a pattern is charged by the smallest of these that holds it.
const SIZES: [usize; 6] = [1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10];
/// A step takes at most about 10 ns. A byte of text visits each state of the pattern, and a state has 24 to 48 bytes.
const PATTERN_BYTES_PER_STEP: usize = 32;
/// The deepest nesting of groups.
const MAX_NESTING: u32 = 32;

/// A compiled regular expression.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    steps_per_byte: usize,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// If it is no regular expression, has look-around or back-references, or is too large.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let mut failure = String::new();
        for size in SIZES {
            let mut builder = RegexBuilder::new(text);
            match builder.size_limit(size).nest_limit(MAX_NESTING).build() {
                Ok(regex) => {
                    let steps_per_byte = size / PATTERN_BYTES_PER_STEP;
                    return Ok(Pattern {
                        regex,
                        steps_per_byte,
                    });
                }
                Err(error) => failure = error.to_string(),
            }
        }
        Err(failure)
    }

    /// Returns true if a part of a text matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Returns true if a value is a text, a number or a boolean that matches when it is written as text.
    ///
    /// # Errors
    /// If the text is too long for the evaluation's budget.
    pub fn test_value(&self, value: Value<'_>, scope: &Scope<'_, '_>) -> Result<bool, EvalError> {
        let mut spelled = String::new();
        let text = match value {
            Value::Text(text) => text,
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
            Value::Number(number) => {
                number::write_decimal(&mut spelled, number);
                &spelled
            }
            Value::Null | Value::List(_) | Value::Map(_) => return Ok(false),
        };
        scope.spend_steps(text.len().saturating_mul(self.steps_per_byte))?;
        Ok(self.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_need_more_than_linear_time_are_refused() {
        for refused in [
            "(a)\\1",
            "(?=a)",
            "(?<!a)b",
            "(",
            "a{1000}{1000}",
            "\\p{Greek}",
        ] {
            assert!(Pattern::parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn patterns_match_a_part_of_the_text_unless_anchored() {
        for (pattern, text, want) in [
            ("b", "abc", true),
            ("^b", "abc", false),
            ("^[a-z]+@example\\.com$", "ann@example.com", true),
            ("^[a-z]+@example\\.com$", "ann@example_com", false),
            ("^(?:a|b)\\d{2}$", "b42", true),
            ("^\\d$", "٣", false),
            ("a$", "a\n", false),
        ] {
            let compiled = Pattern::parse(pattern).expect("a pattern");
            assert_eq!(compiled.is_match(text), want, "{pattern} {text}");
        }
    }
}
