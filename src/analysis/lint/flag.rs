//! Lints of a flag outside of its targeting rule: key, lifecycle, URLs in variants, one flag per ring.

pub mod flag_per_ring;
pub mod key_naming;
pub mod lifecycle;
pub mod variant_url;
