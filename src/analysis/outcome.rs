//! The outcome of a flag: a variant and its value, the caller's default, or an error.

use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::ruleset::CompiledFlag;
use crate::value::OwnedValue;

/// The result of a flag's evaluation as a caller sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A variant and its value.
    Variant(EcoString, OwnedValue),
    /// The caller uses its own default: the flag is disabled, or has no default variant.
    CallerDefault,
    /// An error.
    Error(ErrorCode),
    /// The result of an opaque expression, by its index.
    Opaque(usize),
}

impl Outcome {
    /// The outcome of a flag's decision.
    pub fn from_decision(flag: &CompiledFlag, decision: Decision) -> Outcome {
        match decision {
            Decision::Variant(index, _) => {
                let index = usize::from(index);
                let name = flag.variant_names.get(index);
                match name.zip(flag.variant_values.get(index)) {
                    Some((name, value)) => Outcome::Variant(name.clone(), value.clone()),
                    None => Outcome::Error(ErrorCode::General),
                }
            }
            Decision::Disabled | Decision::NoDefault => Outcome::CallerDefault,
            Decision::Error(code) => Outcome::Error(code),
        }
    }

    /// The outcome as text: the variant's name, an error code, or `(caller's default)`.
    pub fn name(&self) -> String {
        match self {
            Outcome::Variant(name, _) => name.to_string(),
            Outcome::CallerDefault => "(caller's default)".to_owned(),
            Outcome::Error(code) => code.as_str().to_owned(),
            Outcome::Opaque(_) => "?".to_owned(),
        }
    }

    /// The name of the variant; `None` for other outcomes.
    pub fn variant_name(&self) -> Option<&str> {
        match self {
            Outcome::Variant(name, _) => Some(name),
            Outcome::CallerDefault | Outcome::Error(_) | Outcome::Opaque(_) => None,
        }
    }
}
