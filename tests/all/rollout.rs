//! Rollout fields of a flag: percentage, rings, prerequisites, ramps, stickiness.

pub mod every_protocol;
pub mod migration;
pub mod percentage;
pub mod stickiness;
