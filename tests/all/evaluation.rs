//! Flag evaluation without a network: `fractional`, JSONLogic, recorded flagd answers, limits.

pub mod allocations;
pub mod context_attributes;
pub mod flagd_differences;
pub mod fractional;
pub mod fractional_stickiness;
pub mod gherkin_testbed;
pub mod jsonlogic_suite;
pub mod list_operations;
pub mod oracle;
pub mod recorded_flagd_answers;
pub mod step_limit;
