//! The statistics of a rollout: whether the treatment is worse than the control, with a bound on the chance of error
//! that holds however often one looks.
//!
//! Everything here is a pure function of counts. Times are given by the caller, mathematics comes from `libm` and runs
//! in a fixed order, so a recorded series gives the same bits on every machine. `docs/statistics.md` derives each test.
//!
//! [`guardrail::look`] is the entry for the control plane and for `flagctl evidence replay`.

pub mod verdict;
pub mod arm_counts;
pub mod log_math;
pub mod state_values;
pub mod alpha;
pub mod data_guard;
pub mod e_process;
pub mod guardrail;
pub mod counting;
pub mod detection;
pub mod simulation;
pub mod threshold_rule;
