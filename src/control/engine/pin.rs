//! `DefinitionPin`: the hash of what makes the cohorts of a rollout, and of its plan.

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

/// The hashes that a running rollout keeps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionPin {
    /// The hash of variants, release, seed, unit, dialect and condition.
    pub cohort: String,
    /// The hash of the plan.
    pub plan: String,
}

/// The SHA-256 of a text, in hexadecimal.
pub fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().fold(String::new(), |mut hex, byte| {
        for digit in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(u32::from(digit), 16));
        }
        hex
    })
}
