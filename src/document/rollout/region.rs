//! Shares by region.

use ecow::EcoString;

use crate::diag::Position;
use crate::document::rollout::percentage::Percentage;

/// One stop of a geographic rollout.
#[derive(Debug, Clone)]
pub struct RegionPercentage {
    /// Where it stands.
    pub position: Position,
    /// The values of the attribute `region` that belong to it.
    pub names: Vec<EcoString>,
    /// The share of its units.
    pub percentage: Percentage,
}
