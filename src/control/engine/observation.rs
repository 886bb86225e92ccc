//! `Observation`: what the engine is told at a look, and `PostCondition`: the answer to `Verify`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::control::model::flag_state::Mark;
use crate::evidence::verdict::Assessment;

/// The facts that a look takes into account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation {
    /// True while the flag is killed.
    pub is_killed: bool,
    /// The author of a freeze of the environment, or of a pause of the flag: the exposure must not be widened.
    pub frozen: Option<Mark>,
    /// The difference of the definition from the pinned one.
    pub definition: Option<DefinitionChange>,
    /// The measurements, if there are any.
    pub evidence: Option<EntryEvidence>,
}

/// A definition that is not the pinned one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionChange {
    /// The difference, in words.
    pub what: String,
    /// A user whose variant changes.
    pub example: Option<String>,
}

/// The measurements since one entry into a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryEvidence {
    /// The entry of the stage that was measured.
    pub entry: u64,
    /// The end of the last interval, in milliseconds since 1970.
    pub until_ms: u64,
    /// The units of the share that were exposed in the stage.
    pub units: u64,
    /// The observed share, if exposures are counted.
    pub share: Option<ObservedShare>,
    /// The assessments of guardrails, by name.
    pub assessments: BTreeMap<String, Assessment>,
}

/// The observed share of the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedShare {
    /// The units with the release.
    pub exposed: u64,
    /// All units.
    pub total: u64,
}

/// The answer to `Verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostCondition {
    /// The change.
    pub change: u64,
    /// The shares that were found instead of the intended ones; `None` if those were found.
    pub mismatch: Option<String>,
}

/// The standard deviations that an observed share may be away from the intended one.
const DEVIATIONS: u128 = 5;

impl ObservedShare {
    /// Returns true if the share can be the intended one, given in thousandths of a percent: it is at most five standard
    /// deviations and a thousandth of the units away. In whole numbers, so that every machine says the same.
    pub fn can_be(self, weight: u32) -> bool {
        // Beyond a billion units fewer bits suffice, and the squares stay below 2^128.
        let shift = 24u32.saturating_sub(self.total.leading_zeros());
        let (exposed, total) = (self.exposed >> shift, self.total >> shift);
        let whole = 100_000u128;
        let (total, weight) = (u128::from(total), u128::from(weight));
        let expected = total * weight;
        let found = u128::from(exposed) * whole;
        let slack = total * whole / 1000;
        let off = found.abs_diff(expected).saturating_sub(slack);
        let variance = total * weight * whole.saturating_sub(weight);
        off * off <= DEVIATIONS * DEVIATIONS * variance
    }
}
