//! `FlagState`: the runtime decisions about one flag. They are applied on top of the authored flag and never rewrite it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::document::rollout::fields::Rollout;

/// The runtime decisions about one flag: a kill, a pause, overridden rollout fields. A state without any is dropped.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FlagState {
    /// If set, all users get the safe variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killed: Option<Kill>,
    /// If set, changes other than kills are refused, and edits of its file wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<Mark>,
    /// Overridden fields of the flag's rollouts, by the index that the rollout had: see [`FlagState::place`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rollouts: BTreeMap<usize, RolloutOverride>,
}

/// The actor, the time and the reason of a decision.
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
    /// The actor that killed the flag, the time and the reason.
    #[serde(flatten)]
    pub mark: Mark,
}

/// The overridden fields of one rollout. Absent fields are those of the authored flag.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RolloutOverride {
    /// The variants that the rollout releases. They identify it after an edit of the file that moves it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// The share, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
    /// The names of rings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rings: Option<Vec<String>>,
    /// Targeting keys that always get the released variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// Targeting keys that never get the released variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deny: Option<Vec<String>>,
}

impl FlagState {
    /// Returns true if there is no decision.
    pub fn is_empty(&self) -> bool {
        *self == FlagState::default()
    }

    /// Finds the rollouts that the overrides belong to: the one at the index if it releases the same variants, or else
    /// the only one that does. Returns the overrides by their present index, and those whose rollout is gone.
    pub fn place(&self, rollouts: &[Rollout]) -> (BTreeMap<usize, &RolloutOverride>, Vec<usize>) {
        let released: Vec<Vec<&str>> = rollouts.iter().map(|r| r.release.variants()).collect();
        let mut placed = BTreeMap::new();
        let mut lost = Vec::new();
        for (&index, overridden) in &self.rollouts {
            match overridden.index_in(index, &released) {
                Some(now) => drop(placed.insert(now, overridden)),
                None => lost.push(index),
            }
        }
        (placed, lost)
    }
}

impl RolloutOverride {
    /// Returns true if no field is overridden.
    pub fn is_empty(&self) -> bool {
        let Self {
            of: _,
            percentage,
            rings,
            allow,
            deny,
        } = self;
        percentage.is_none() && rings.is_none() && allow.is_none() && deny.is_none()
    }

    fn index_in(&self, index: usize, released: &[Vec<&str>]) -> Option<usize> {
        let is_mine = |variants: &Vec<&str>| self.of.is_empty() || self.of == *variants;
        if released.get(index).is_some_and(is_mine) {
            return Some(index);
        }
        if self.of.is_empty() {
            return None;
        }
        let same = released.iter().enumerate();
        let mut same = same.filter(|(_, variants)| is_mine(variants));
        let (only, _) = same.next()?;
        same.next().is_none().then_some(only)
    }

    /// Overrides the fields that `later` has.
    pub fn merge(&mut self, later: RolloutOverride) {
        self.percentage = later.percentage.or(self.percentage);
        self.rings = later.rings.or(self.rings.take());
        self.allow = later.allow.or(self.allow.take());
        self.deny = later.deny.or(self.deny.take());
    }
}
