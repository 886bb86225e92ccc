//! The engine of rollouts: policies, approvals, clocks, crashes, and every path through small plans.

mod approvals;
mod clocks;
mod crashes;
mod exploration;
mod policies;
mod rollbacks;
pub mod run;
mod search;
