//! Reads the exposure from the fields of a rollout, and writes it into them.

use crate::document::rollout::fields::RegionPercentage;
use crate::document::rollout::fields::Release;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::plan::exposure::Exposure;
use crate::document::rollout::plan::exposure::RegionExposure;

/// The exposure that the fields of a rollout describe.
pub fn exposure_of(rollout: &Rollout) -> Exposure {
    let regions = rollout.regions.iter().map(|region| RegionExposure {
        names: region.names.iter().map(ToString::to_string).collect(),
        percentage: region.percentage,
    });
    Exposure {
        percentage: rollout.percentage,
        rings: rollout.rings.iter().map(ToString::to_string).collect(),
        regions: regions.collect(),
        variant: None,
    }
}

/// Writes an exposure into the fields of a rollout.
pub fn write_exposure(exposure: &Exposure, rollout: &mut Rollout) {
    rollout.percentage = exposure.percentage;
    rollout.ramp = None;
    rollout.rings = exposure.rings.iter().map(Into::into).collect();
    let position = rollout.position;
    let regions = exposure.regions.iter().map(|region| RegionPercentage {
        position,
        names: region.names.iter().map(Into::into).collect(),
        percentage: region.percentage,
    });
    rollout.regions = regions.collect();
    if let Some(variant) = &exposure.variant {
        rollout.release = Release::Variant(variant.into());
    }
}
