//! Reasoning about flags: what is wrong with them beyond what loading finds.

pub mod lint;
pub mod refs;
