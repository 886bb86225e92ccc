//! `Exposure`: who gets a release in a stage.

use crate::document::rollout::percentage::Percentage;

/// The units that get a release.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct Exposure {
    /// The share of all other units, in thousandths of a percent.
    pub percentage: Percentage,
    /// The names of rings that get the release at any share.
    pub rings: Vec<String>,
    /// Shares by region, in the order of the rollout.
    pub regions: Vec<RegionExposure>,
    /// The released variant, if the stage names one.
    pub variant: Option<String>,
}

/// The share of one or several regions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct RegionExposure {
    /// The values of the attribute `region`.
    pub names: Vec<String>,
    /// The share, in thousandths of a percent.
    pub percentage: Percentage,
}

impl Exposure {
    /// The largest share in any region.
    pub fn largest_share(&self) -> Percentage {
        let regions = self.regions.iter().map(|region| region.percentage);
        regions.fold(self.percentage, Percentage::max)
    }

    /// The share in a region; `None` stands for all regions without a share of their own.
    pub fn share_of(&self, region: Option<&str>) -> Percentage {
        let own = |name: &str| {
            let mut regions = self.regions.iter();
            regions.find(|region| region.names.iter().any(|known| known == name))
        };
        let own = region.and_then(own);
        own.map_or(self.percentage, |region| region.percentage)
    }

    /// The same exposure with every share limited to `share`.
    pub fn limited_to(&self, share: Percentage) -> Exposure {
        let mut limited = self.clone();
        limited.percentage = limited.percentage.min(share);
        for region in &mut limited.regions {
            region.percentage = region.percentage.min(share);
        }
        limited
    }
}
