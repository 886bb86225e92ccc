//! Flag evaluation without a network: `fractional`, JSONLogic, recorded flagd answers, limits.

pub mod allocations;
pub mod flagd_differences;
pub mod fractional_stickiness;
pub mod gherkin_testbed;
pub mod recorded_flagd_answers;
