//! The `fanion` program: options, help, start-up errors and the healthcheck.

pub mod healthcheck;
pub mod help_and_version;
pub mod options;
pub mod start_errors;
