//! Static analysis of rules: diff, reachability, explanations.

pub mod diff;
pub mod diff_sampling;
pub mod explain;
pub mod reachability;
