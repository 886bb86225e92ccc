//! Counts of units: first exposures and first failures, once per unit and stage.

pub mod lane;
pub mod unit_record;
pub mod unit_sample;
