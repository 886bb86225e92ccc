//! Rollout fields of a flag: percentage, rings, prerequisites, ramps, stickiness.

pub mod decision_order;
pub mod diagnostics;
pub mod every_protocol;
pub mod flag_metadata;
pub mod hash_dialect;
pub mod kill_switch;
pub mod migration;
pub mod misplaced_fields;
pub mod percentage;
pub mod prerequisites;
pub mod rings_and_segments;
pub mod stickiness;
pub mod stickiness_diagnostics;
