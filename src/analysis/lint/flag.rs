//! Lints of a flag outside of its targeting rule: key, lifecycle, URLs in variants, one flag per ring, scalars, definitions.

pub mod duplicate_definition;
pub mod flag_per_ring;
pub mod key_naming;
pub mod lifecycle;
pub mod lossy_scalar;
pub mod metadata_value;
pub mod missing_variants;
pub mod rollout_growth;
pub mod unquoted_boolean;
pub mod variant_url;
