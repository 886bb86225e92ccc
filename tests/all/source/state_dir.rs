//! The state directory, which keeps the last good flags across restarts.

pub mod corruption;
pub mod freshness;
pub mod restart;
pub mod write_failure;
