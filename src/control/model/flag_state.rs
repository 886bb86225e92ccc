//! `FlagState`: what was decided about one flag while it runs. It overlays the authored flag and never rewrites it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

/// What was decided about one flag. A state without decisions is dropped.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FlagState {
    /// Everybody gets the safe variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killed: Option<Kill>,
    /// Nobody may widen the exposure, and edits of its file wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<Mark>,
    /// Overridden fields of the flag's rollouts, by index.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rollouts: BTreeMap<usize, RolloutOverride>,
}

/// Who decided something, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    /// The name of the actor.
    pub by: String,
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// The reason that the actor gave.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// A kill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kill {
    /// The safe variant at that time; without one, callers get the default in their code.
    pub variant: Option<String>,
    /// Who killed the flag.
    #[serde(flatten)]
    pub mark: Mark,
}

/// The overridden fields of one rollout. Absent fields are those of the authored flag.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RolloutOverride {
    /// The share, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
    /// The names of rings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rings: Option<Vec<String>>,
    /// Targeting keys that always get the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// Targeting keys that never get the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deny: Option<Vec<String>>,
}

impl FlagState {
    /// Returns true if nothing was decided.
    pub fn is_empty(&self) -> bool {
        *self == FlagState::default()
    }
}

impl RolloutOverride {
    /// Returns true if no field is overridden.
    pub fn is_empty(&self) -> bool {
        *self == RolloutOverride::default()
    }

    /// Overrides the fields that `later` has.
    pub fn merge(&mut self, later: RolloutOverride) {
        self.percentage = later.percentage.or(self.percentage);
        self.rings = later.rings.or(self.rings.take());
        self.allow = later.allow.or(self.allow.take());
        self.deny = later.deny.or(self.deny.take());
    }
}
