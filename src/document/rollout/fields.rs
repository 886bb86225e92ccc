//! `RolloutFields`: the parsed rollout fields of one flag (kill, rollouts, prerequisites, lifecycle).

use std::sync::Arc;

use ecow::EcoString;

use crate::diag::Position;
use crate::document::rollout::bucketing::Bucketing;
use crate::document::rollout::lifecycle::Lifecycle;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::model::RolloutPlan;
use crate::document::rollout::ramp::Ramp;
use crate::document::rollout::ring::Rings;
use crate::document::syntax_tree::Node;

/// The rollout fields of one flag.
#[derive(Debug, Clone, Default)]
pub struct RolloutFields {
    /// The position of `kill: true`.
    pub kill_position: Option<Position>,
    /// `safeVariant`: the variant for contexts that must not get the released variant; the default variant if `None`.
    pub safe_variant: Option<EcoString>,
    /// The releases; the first one that matches a context decides.
    pub rollouts: Vec<Rollout>,
    /// The prerequisites.
    pub requires: Vec<Prerequisite>,
    /// Owner, purpose and expiry.
    pub lifecycle: Lifecycle,
    /// The rings of the document.
    pub rings: Arc<Rings>,
    /// `targeting` as written: it decides for contexts that no rollout matches.
    pub targeting: Option<Node>,
    /// True if a field is invalid; the flag returns an error unless it is killed.
    pub faulty: bool,
}

/// One release of a variant.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// The position.
    pub position: Position,
    /// The released variant or variants.
    pub release: Release,
    /// The share of all other units; with a ramp, its final share.
    pub percentage: Percentage,
    /// The growth of the share with time.
    pub ramp: Option<Ramp>,
    /// Names of rings that are included regardless of the share.
    pub rings: Vec<EcoString>,
    /// Segments that are included regardless of the share.
    pub segments: Vec<EcoString>,
    /// Targeting keys that always get the released variant.
    pub allow: Vec<EcoString>,
    /// Targeting keys that never get the released variant.
    pub deny: Vec<EcoString>,
    /// The condition for eligibility.
    pub when: Option<Node>,
    /// Shares by region, in the order of the rollout.
    pub regions: Vec<RegionPercentage>,
    /// The bucketing of units.
    pub bucketing: Bucketing,
    /// The plan by which a control plane lets the release grow.
    pub plan: Option<Arc<RolloutPlan>>,
}

/// The variant or variants of a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// This variant.
    Variant(EcoString),
    /// One of these variants by weight, independent of the bucket that decides on participation.
    Split(Vec<(EcoString, u32)>),
}

impl Release {
    /// The names of the variants.
    pub fn variants(&self) -> Vec<&str> {
        match self {
            Release::Variant(name) => vec![name],
            Release::Split(weights) => weights.iter().map(|(name, _)| &**name).collect(),
        }
    }
}

/// A flag and the variant that it must yield.
#[derive(Debug, Clone)]
pub struct Prerequisite {
    /// The position.
    pub position: Position,
    /// The key of the other flag.
    pub flag: EcoString,
    /// The variant.
    pub variant: EcoString,
}

/// The percentage of a region in a geographic rollout.
#[derive(Debug, Clone)]
pub struct RegionPercentage {
    /// The position.
    pub position: Position,
    /// The values of the attribute `region` that belong to this region.
    pub names: Vec<EcoString>,
    /// The share of the units in the region.
    pub percentage: Percentage,
}
