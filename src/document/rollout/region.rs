//! Shares by region.

use ecow::EcoString;

use crate::diag::Place;
use crate::document::rollout::share::Share;

/// One stop of a geographic rollout.
#[derive(Debug, Clone)]
pub struct Region {
    /// Where it stands.
    pub place: Place,
    /// The values of the attribute `region` that belong to it.
    pub names: Vec<EcoString>,
    /// The share of its units.
    pub percentage: Share,
}
