//! Command lines of `fanion`, `fanion-control`, `flagctl` and `flag-lint`: arguments, input, output and exit codes.

pub mod fanion;
#[cfg(feature = "control")]
pub mod fanion_control;
pub mod flag_lint;
pub mod flagctl;
pub mod heap_release;
pub mod input;
pub mod json_node;
pub mod lint_report;
pub mod output;
mod termination_signal;
pub mod version;
mod worker_runtime;
