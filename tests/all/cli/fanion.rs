//! The `fanion` program: options, help, start-up errors, the start log and the healthcheck.

pub mod healthcheck;
pub mod help_and_version;
pub mod operator_injection;
pub mod options;
pub mod service_manager;
pub mod start_errors;
pub mod start_log;
