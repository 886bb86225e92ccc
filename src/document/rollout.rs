//! Rollout fields besides `targeting`, and their expansion to plain flagd targeting.
//!
//! `parse` reads the fields of one flag while its document is parsed. `expand` turns the fields of all flags into rules
//! after documents are merged, because a prerequisite may be in another source. Later stages process rules only: all
//! protocols, and all providers that use flag sync, evaluate the same rule. Reference: `docs/rollout.md`.

pub mod bucketing;
pub mod expand;
pub(super) mod expansion_cost;
pub mod fields;
pub mod jsonlogic_builder;
pub mod lifecycle;
mod metadata;
pub(super) mod parse;
pub mod percentage;
pub mod plan;
pub mod ramp;
pub mod ring;
pub mod timestamp;

pub use crate::document::rollout::fields::Prerequisite;
pub use crate::document::rollout::fields::RegionPercentage;
pub use crate::document::rollout::fields::Release;
pub use crate::document::rollout::fields::Rollout;
pub use crate::document::rollout::fields::RolloutFields;
