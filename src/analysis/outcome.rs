//! What a caller sees of a flag.

use ecow::EcoString;

use crate::analysis::format;
use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::ruleset::CompiledFlag;
use crate::value::OwnedValue;

/// What a caller sees.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A variant and its value.
    Variant(EcoString, OwnedValue),
    /// The caller's own default counts: the flag is disabled, or names no variant.
    CallerDefault,
    /// An error.
    Error(ErrorCode),
    /// Whatever an expression is that cannot be reasoned about, by its index.
    Opaque(usize),
}

/// What a caller sees of a decision.
pub fn outcome_of_decision(flag: &CompiledFlag, decision: Decision) -> Outcome {
    match decision {
        Decision::Variant(index, _) => {
            let index = usize::from(index);
            match flag
                .variant_names
                .get(index)
                .zip(flag.variant_values.get(index))
            {
                Some((name, value)) => Outcome::Variant(name.clone(), value.clone()),
                None => Outcome::Error(ErrorCode::General),
            }
        }
        Decision::Disabled | Decision::NoDefault => Outcome::CallerDefault,
        Decision::Error(code) => Outcome::Error(code),
    }
}

impl Outcome {
    /// The outcome in a word: the variant's name, an error code, or `(caller's default)`.
    pub fn name(&self) -> String {
        match self {
            Outcome::Variant(name, _) => name.to_string(),
            Outcome::CallerDefault => "(caller's default)".to_owned(),
            Outcome::Error(code) => code.as_str().to_owned(),
            Outcome::Opaque(_) => "?".to_owned(),
        }
    }

    /// The name of the variant, if it is one.
    pub fn variant_name(&self) -> Option<&str> {
        match self {
            Outcome::Variant(name, _) => Some(name),
            Outcome::CallerDefault | Outcome::Error(_) | Outcome::Opaque(_) => None,
        }
    }

    /// The transition to another outcome in words: with values where the names are the same.
    pub fn format_transition(&self, other: &Outcome) -> String {
        match (self, other) {
            (Outcome::Variant(a, before), Outcome::Variant(b, after)) if a == b => {
                let (before, after) = (format::format_value(before), format::format_value(after));
                format!("{a} {before}→{after}")
            }
            _ => format!("{}→{}", self.name(), other.name()),
        }
    }
}
