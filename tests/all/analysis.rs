//! Static analysis of rules: diff, reachability, explanations, and the severities and texts of lint.

pub mod diff;
pub mod diff_sampling;
pub mod explain;
pub mod mistake_corpus;
pub mod planted_faults;
pub mod reachability;
